"""The commands of `lgtalent` over many extracted documents."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lgtalent_ie.cli_output import open_output
from lgtalent_ie.errors import InputError

if TYPE_CHECKING:
    from lgtalent_ie.schema import Document


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE.jsonl…",
                type=click.Path(exists=True, dir_okay=False, path_type=Path))  # fmt: skip
@click.option("--tables", type=click.Path(file_okay=False, path_type=Path), metavar="FOLDER",
              help="Write flat tables as Parquet.")  # fmt: skip
@click.option("--graphml", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="Write organisations and their relations as a graph.")  # fmt: skip
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path),
              help="Write the facts to a file instead of standard output.")  # fmt: skip
def timeline(
    files: tuple[Path, ...], tables: Path | None, graphml: Path | None, output: Path | None
) -> None:
    """Merge what `lgtalent extract` wrote: one fact a line, with all documents that tell it."""
    import msgspec

    from lgtalent_ie.corpus.timeline import merge
    from lgtalent_ie.corpus.timeline_tables import write_graphml, write_parquet

    merged = merge(pair for file in files for pair in read_documents(file))
    if tables is not None:
        write_parquet(merged, tables)
    if graphml is not None:
        write_graphml(merged, graphml)
    names = {o.id: o.name for o in merged.organizations}
    with open_output(output) as stream:
        for fact in merged.facts:
            row = msgspec.to_builtins(fact)
            for role in ("actors", "partners"):
                row[role] = [names[o] for o in row[role]]
            stream.write(msgspec.json.encode(row).decode() + "\n")


def read_documents(path: Path) -> Iterator[tuple[str, Document]]:
    """The documents of a file of `lgtalent extract`; InputError with the line of a bad one."""
    import msgspec

    from lgtalent_ie.schema import Document

    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            where = f"{path}, line {number}"
            accepted, remedy = "a line that `lgtalent extract` wrote", "extract it again"
            try:
                row = msgspec.json.decode(line)
                name, length = row["id"], int(row["length"])
            except (msgspec.DecodeError, KeyError, TypeError, ValueError) as error:
                raise InputError(f"{where}: {error!r}", accepted, remedy) from error
            try:
                # The records carry the words they need; the text itself is not looked at.
                yield str(name), Document.from_dict(row, row.get("text") or " " * length)
            except InputError as error:
                raise InputError(f"{where}: {error.given}", accepted, remedy) from error
