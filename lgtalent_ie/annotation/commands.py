"""What `lgtalent annotate export`, `import` and `serve` do; see `cli_annotate`."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import cast

import click

from lgtalent_ie.annotation.export import (
    Exported,
    Selection,
    export_articles,
    export_gold,
    sha256_of_gold,
    without_marks,
    write_export,
)
from lgtalent_ie.annotation.formats import standoff
from lgtalent_ie.annotation.importing import import_marks, lines, read_exported
from lgtalent_ie.annotation.marked import LOSABLE, OffsetUnit, Origin
from lgtalent_ie.annotation.tools import format_named
from lgtalent_ie.corpus.readers import STDIN, Item, read_items
from lgtalent_ie.errors import DataError, InputError

CONFIG_SUFFIX = ".config.xml"


def run_export(
    inputs: Sequence[str],
    form: str,
    output: Path,
    selection: Selection | None,
    marked: Sequence[Path],
    bare: bool,
    gold: Path | None,
    texts: Sequence[Path],
    published: str | None,
    published_from: Path | None,
    model: str | None,
    device: str,
    user_dictionary: Path | None,
) -> int:
    """Write the export; 1 where an article was left out because it could not be read, else 0."""
    from lgtalent_ie.cli import read_dates_table

    failed = 0

    def tell(message: str, is_failure: bool) -> None:
        nonlocal failed
        failed += is_failure
        click.echo(f"lgtalent: {message}", err=True)

    loses = format_named(form).LOSES
    exported: Iterable[Exported]
    if gold is not None:
        exported = export_gold(gold, texts, selection, tell)
    else:
        from lgtalent_ie.extractor import Extractor, check_published

        check_published(published)
        items = readable_twice(inputs, read_dates_table(published_from) if published_from else {})
        before = sha256_of_gold(marked)
        extractor = Extractor(model, device, user_dictionary)
        exported = export_articles(extractor, items, selection, published, before, tell)
    listed = list_choices(without_marks(exported) if bare else exported)
    number, beside = write_export(listed, form, output)
    click.echo(f"{number} documents in {output}", err=True)
    if form == "label_studio":
        from lgtalent_ie.annotation.formats.label_studio import labelling_config

        config = output.with_name(output.name + CONFIG_SUFFIX)
        config.write_text(labelling_config(), encoding="utf-8")
        click.echo(f"labelling configuration in {config}", err=True)
    lost = ", ".join(what for what in LOSABLE if what in loses)
    said = f"{form} does not keep {lost}" if lost else f"{form} keeps everything"
    click.echo(f"{said}; all is in {beside}: import with --exported {beside}", err=True)
    return int(bool(failed))


def list_choices(exported: Iterable[Exported]) -> Iterator[Exported]:
    """The same; each that was chosen is printed: name, uncertainty, likeness to one before it."""
    for e in exported:
        if e.choice is not None:
            name = e.marked.gold.document
            click.echo(f"{name}\t{e.choice.uncertainty:.3f}\t{e.choice.likeness:.3f}")
        yield e


def readable_twice(inputs: Sequence[str], dates: dict[str, str]) -> Callable[[], Iterable[Item]]:
    """The articles of the arguments, as often as asked for; standard input is kept."""
    given = sys.stdin.buffer.read() if STDIN in inputs else b""
    return lambda: read_items(inputs, io.BytesIO(given), dates)


def run_import(
    path: Path,
    form: str,
    output: Path,
    exported: Path | None,
    annotators: Sequence[str],
    day: date | None,
    offsets: str | None,
    with_text: bool,
    replace: bool,
) -> int:
    """Write gold files and print the findings; 1 where one needs a person, 2 with no document."""
    keep_origin = not annotators
    if keep_origin and "origin" in format_named(form).LOSES:
        raise InputError(
            f"{form}, which does not say who marked", "--annotator NAME", "name the annotator"
        )
    origin = Origin(tuple(annotators) or ("unknown",), day or date.today())
    was = read_exported(exported) if exported else None
    unit = cast("OffsetUnit | None", offsets)
    found = import_marks(form, path, origin, was, unit, keep_origin)
    for line in lines(found.findings):
        click.echo(line)
    if found.documents:
        names = [marked.gold.document for marked in found.documents]
        there = [name for name in names if (output / f"{name}.json").exists()]
        if there and not replace:
            raise DataError(
                f"{output / there[0]}.json, which is there already", "a folder without it",
                "choose another folder, or --replace",
            )  # fmt: skip
        standoff.write(found.documents, output, with_text=with_text)
    click.echo(
        f"{len(found.documents)} documents in {output}; {len(found.findings)} findings, of which "
        f"{len(found.conflicts)} need a person", err=True,
    )  # fmt: skip
    if not found.documents:
        return 2
    return int(bool(found.conflicts))


def run_serve(
    host: str,
    port: int,
    offsets: str,
    model: str | None,
    device: str,
    user_dictionary: Path | None,
) -> None:
    """Load the model, then answer until interrupted."""
    from lgtalent_ie.annotation.backend import serve
    from lgtalent_ie.extractor import Extractor

    serve(Extractor(model, device, user_dictionary), host, port, cast("OffsetUnit", offsets))
