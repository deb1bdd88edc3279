"""`lgtalent annotate agree`: how well annotators agree, and what they disagree about."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
import msgspec

from lgtalent_ie.annotation.annotators import read_folders
from lgtalent_ie.annotation.merging import heading_clash
from lgtalent_ie.cli_output import open_output
from lgtalent_ie.evaluation.agreement import agreement
from lgtalent_ie.evaluation.disagreements import disagreement_table, disagreements, to_lines

INCOMPLETE = 1


def run(
    folders: Sequence[Path],
    texts: Sequence[Path],
    as_json: bool,
    list_disagreements: bool,
    output: Path | None,
) -> int:
    """Print the agreement; 1 where a document was not compared, for not all marked it, else 0."""
    from rich.console import Console

    from lgtalent_ie.evaluation.agreement_tables import agreement_tables

    marked = read_folders(folders, texts)
    for document, marks in marked.documents.items():
        if document not in marked.texts:
            click.echo(f"no text: {document}", err=True)
        if clash := heading_clash(marks):
            click.echo(f"differs: {clash}", err=True)
    disputed = [
        item
        for document, marks in marked.documents.items()
        for item in disagreements(marks, marked.texts.get(document))
    ]
    # Written before anything is printed: a pipe that is closed early must not cost the file.
    if output is not None:
        with open_output(output) as stream:
            stream.writelines(to_lines(disputed))
    found = agreement(marked.documents, marked.texts, marked.missing)
    console = Console()
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(found.to_dict())))
    else:
        for table in agreement_tables(found):
            console.print(table)
    if list_disagreements:
        console.print(disagreement_table(disputed))
    for line in marked.missing:
        click.echo(f"not compared: {line}", err=True)
    return INCOMPLETE if marked.missing else 0
