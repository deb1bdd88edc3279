"""How the tables of words and rules are read; the tables of the page lie beside this file."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def read_table(package: str, name: str) -> tuple[tuple[str, ...], ...]:
    """The rows of `tables/<name>.tsv` of a package.

    >>> read_table("lgtalent_ie.records", "bounds")[0]
    ('약', 'before', 'approx', '지원자가 약 [300명]이다')
    """
    return rows_of((files(package) / "tables" / f"{name}.tsv").read_text("utf-8"))


def rows_of(text: str) -> tuple[tuple[str, ...], ...]:
    r"""The rows of a table as tuples of cells, all as wide as the header line.

    The first line is the header; later lines that are blank or begin with `# ` are no rows. Cells
    stand as written, for a blank may be what a cell is about (`만 `); those left out at the end of
    a row are empty.

    >>> rows_of("# word\tclass\nnoun\t1\n# more\nverb\n")
    (('noun', '1'), ('verb', ''))
    """
    lines = text.splitlines()
    width = lines[0].count("\t") + 1 if lines else 0
    rows = (line.split("\t") for line in lines[1:] if line.strip() and not line.startswith("# "))
    return tuple((*row, *[""] * (width - len(row))) for row in rows)
