"""How tables are read."""

from __future__ import annotations

from importlib.resources import files

import pytest

from lgtalent_ie.tables import read_table, rows_of

TABLES = [
    (package, table.name.removesuffix(".tsv"))
    for package in ("lgtalent_ie", "lgtalent_ie.records", "lgtalent_ie.training")
    for table in (files(package) / "tables").iterdir()
    if table.name.endswith(".tsv")
]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("", ()),
        ("# word\tclass\n", ()),
        ("# word\tclass\n말\treport\n", (("말", "report"),)),
        ("# word\tclass\tnote\n말\n", (("말", "", ""),)),
        ("# word\n\n말\n   \n뜻\n", (("말",), ("뜻",))),
        ("# word\n말\n# the rest\n뜻", (("말",), ("뜻",))),
        ("# word\n#39;\n", (("#39;",),)),
        ("# word\tclass\n만 \t length\n", (("만 ", " length"),)),
        ("# word\tclass\r\n말\treport\r\n", (("말", "report"),)),
    ],
)
def test_rows(text: str, rows: tuple[tuple[str, ...], ...]) -> None:
    assert rows_of(text) == rows


@pytest.mark.parametrize(("package", "name"), TABLES)
def test_every_table_has_a_header_and_rows_of_its_width(package: str, name: str) -> None:
    header = (files(package) / "tables" / f"{name}.tsv").read_text("utf-8").splitlines()[0]
    assert header.startswith("# ")
    assert {len(row) for row in read_table(package, name)} == {len(header.split("\t"))}


def test_a_table_that_is_not_there_is_an_error() -> None:
    with pytest.raises(FileNotFoundError):
        read_table("lgtalent_ie", "no_such_table")
