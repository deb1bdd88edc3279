"""This project's own format: stand-off JSON, one file a document or one line each.

The form is described in `annotations/README.md`. It holds every record; whether it holds the text
too is up to the writer, for an article belongs to its publisher.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from lgtalent_ie.annotation.files import (
    decoded,
    read_named,
    text_beside,
    to_write,
    utf8,
    write_named,
)
from lgtalent_ie.annotation.marked import Marked, OffsetUnit, Origin, checked, convert
from lgtalent_ie.errors import DataError
from lgtalent_ie.evaluation.gold import ACCEPTED, GoldDocument, Offsets

LOSES: frozenset[str] = frozenset()
SUFFIX = ".json"


def write(documents: Iterable[Marked], path: Path, with_text: bool = True) -> None:
    """Write `<document>.json` files to the folder `path`, or lines to a path ending in .jsonl.

    Raises DataError where there is no document, two of a folder have one name, or marks cannot be
    of their text.
    """
    rows = (
        (marked.gold.document, as_object(marked, with_text)) for marked in to_write(documents, path)
    )
    write_named(path, rows, SUFFIX, dumped)


def as_object(marked: Marked, with_text: bool) -> dict[str, Any]:
    text = marked.text if with_text else None
    content: dict[str, Any] = msgspec.to_builtins(msgspec.structs.replace(marked.gold, text=text))
    return content


def dumped(content: dict[str, Any], where: str) -> bytes:
    """The JSON object with a line for each record, so that two versions compare line by line."""
    fields = []
    for name, value in content.items():
        line = json.dumps(value, ensure_ascii=False)
        if isinstance(value, list | tuple) and value and isinstance(value[0], dict):
            records = (json.dumps(record, ensure_ascii=False) for record in value)
            line = "[\n" + ",\n".join(records) + "\n]"
        fields.append(f"{json.dumps(name)}: {line}")
    return utf8("{\n" + ",\n".join(fields) + "\n}\n", where)


def read(
    path: Path, origin: Origin, offsets: OffsetUnit = "character", texts: Sequence[Path] = ()
) -> list[Marked]:
    """Read a folder of *.json, one such file, or a .jsonl file with a document a line.

    A text that is not inside is `<document>.txt`, looked for in the folders `texts` and then beside
    the file. `origin` is not used: every document says who marked it.

    Raises DataError, with the file and the line or the JSON path, where a file is not of the
    format, its text is not found or another than the one marked, or mentions overlap.
    """
    return [
        marked_of(content, where, offsets, [*texts, path if path.is_dir() else path.parent])
        for where, content in read_named(path, SUFFIX)
    ]


def marked_of(content: bytes, where: str, unit: OffsetUnit, texts: Sequence[Path]) -> Marked:
    gold = decoded(content, GoldDocument, where, ACCEPTED[0])
    text = gold.text if gold.text is not None else text_beside(gold.document, texts, where)
    if unit != "character":
        gold = in_code_points(gold, text, unit, where)
    return checked(Marked(msgspec.structs.replace(gold, text=None), text), where)


def in_code_points(gold: GoldDocument, text: str, unit: OffsetUnit, where: str) -> GoldDocument:
    """The gold, all of whose offsets count `unit`, with code points."""
    spans = [(m.start, m.end) for m in gold.mentions]
    spans += [c.of for c in gold.counts if c.of]
    for q in gold.quotes:
        spans += [(q.start, q.end), *filter(None, (q.cue, q.speaker))]
    spans += [(f.start, f.end) for f in gold.facts]
    given = sorted({offset for span in spans for offset in span})
    try:
        point = dict(zip(given, convert(given, text, unit), strict=True))
    except DataError as error:
        raise DataError(f"{where}: {error.given}", error.accepted, error.remedy) from error

    def span(offsets: Offsets | None) -> Offsets | None:
        return offsets and (point[offsets[0]], point[offsets[1]])

    replace = msgspec.structs.replace
    return replace(
        gold,
        length=len(text),
        mentions=tuple(replace(m, start=point[m.start], end=point[m.end]) for m in gold.mentions),
        counts=tuple(replace(c, of=span(c.of)) for c in gold.counts),
        quotes=tuple(
            replace(
                q, start=point[q.start], end=point[q.end], cue=span(q.cue), speaker=span(q.speaker)
            )
            for q in gold.quotes
        ),
        facts=tuple(replace(f, start=point[f.start], end=point[f.end]) for f in gold.facts),
    )
