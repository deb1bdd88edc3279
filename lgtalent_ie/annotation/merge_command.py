"""`lgtalent annotate merge`: annotators' folders made into one folder of gold files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
import msgspec

from lgtalent_ie.annotation.annotators import read_folders
from lgtalent_ie.annotation.decisions import check_known, read_decisions
from lgtalent_ie.annotation.merging import merge, unresolved, unresolved_error
from lgtalent_ie.cli_output import open_output
from lgtalent_ie.errors import InputError
from lgtalent_ie.evaluation.disagreements import disagreements
from lgtalent_ie.evaluation.gold import GoldDocument

INCOMPLETE = 1


def run(
    folders: Sequence[Path],
    out: Path,
    texts: Sequence[Path],
    decisions: Path | None,
    prefer: str | None,
    majority: bool,
) -> int:
    """Write the merged files; 1 where a document was left out, for not all marked it, else 0.

    Nothing is written where a disagreement is left, or a decision is about none.
    """
    marked = read_folders(folders, texts)
    decided = {} if decisions is None else read_decisions(decisions)
    given = [(marks, marked.texts.get(document)) for document, marks in marked.documents.items()]
    check_known(decided, {item.id for marks, text in given for item in disagreements(marks, text)})
    left = [
        item for marks, text in given for item in unresolved(marks, text, decided, prefer, majority)
    ]
    if left:
        raise unresolved_error(left, marked.annotators)
    made = [merge(marks, text, decided, prefer, majority) for marks, text in given]
    for merged in made:
        write_gold(merged.gold, out / f"{merged.gold.document}.json")
        for line in merged.dropped:
            click.echo(f"{merged.gold.document}: {line}", err=True)
    click.echo(f"{len(made)} documents in {out}", err=True)
    for line in marked.missing:
        click.echo(f"not merged: {line}", err=True)
    return INCOMPLETE if marked.missing else 0


def write_gold(gold: GoldDocument, path: Path) -> None:
    """One gold file, a record a line."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"{path.parent}: {error}", "a folder to write to", "choose another"
        ) from error
    fields = []
    for name, value in msgspec.to_builtins(gold).items():
        if isinstance(value, tuple) and value and isinstance(value[0], dict):
            fields.append(f'"{name}": [\n' + ",\n".join(map(_line, value)) + "\n]")
        else:
            fields.append(f'"{name}": {_line(value)}')
    with open_output(path) as stream:
        stream.write("{\n" + ",\n".join(fields) + "\n}\n")


def _line(value: object) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=0).decode()
