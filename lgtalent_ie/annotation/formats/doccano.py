"""doccano JSON lines: entities and relations (1.8 and later), `label` triples (before) on reading.

doccano's page counts the UTF-16 code units of a browser (its annotator adds up `String.length`;
with *grapheme mode* set it counts grapheme clusters, which this module does not read). So files
written here count them too, and `read` expects them; a file made by a program that counts code
points is read with `offsets="character"`. The two differ only behind characters such as emoji.

Fields that doccano does not know become metadata of the document and come back on export: the
other records travel there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from lgtalent_ie.annotation.carried import FIELD, carried, put_back, read_carried
from lgtalent_ie.annotation.files import as_json, decoded, file_name, lines_of, to_write, write_file
from lgtalent_ie.annotation.marked import (
    Marked,
    OffsetUnit,
    Origin,
    check_label,
    counted,
    from_mentions,
    placed,
)
from lgtalent_ie.errors import DataError
from lgtalent_ie.evaluation.gold import GoldMention, GoldRelation

LOSES: frozenset[str] = frozenset(("scores", "origin"))
ACCEPTED = "a JSON line as doccano exports it"


class _Entity(msgspec.Struct):
    id: int
    label: str
    start_offset: int
    end_offset: int


class _Relation(msgspec.Struct):
    from_id: int
    to_id: int
    type: str


class _Row(msgspec.Struct):
    text: str
    id: int | None = None
    entities: list[_Entity] | None = None
    relations: list[_Relation] | None = None
    label: list[tuple[int, int, str]] | None = None
    labels: list[tuple[int, int, str]] | None = None
    comments: list[Any] | None = msgspec.field(default=None, name="Comments")
    document: str | None = None
    lgtalent: dict[str, Any] | None = None


def write(documents: Iterable[Marked], path: Path, offsets: OffsetUnit = "utf16") -> None:
    """Write one JSON line for each document; `offsets` is the unit to count.

    Raises DataError where there is no document, a text is empty (doccano refuses it), or marks
    cannot be of their text.
    """
    lines: list[bytes] = []
    number = 0
    for marked in to_write(documents, path):
        lines.append(as_json(row_of(marked, number, offsets), marked.gold.document) + b"\n")
        number += len(marked.gold.mentions) + len(marked.gold.relations)
    write_file(path, b"".join(lines))


def row_of(marked: Marked, number: int, unit: OffsetUnit) -> dict[str, Any]:
    """The line of a document; `number` is the first id, for ids are one for the whole file."""
    gold = marked.gold
    if not marked.text:
        raise DataError(f"{gold.document}: an empty text", "a text", "leave it out")
    flat = counted([at for m in gold.mentions for at in (m.start, m.end)], marked.text, unit)
    ids = {m.id: number + at for at, m in enumerate(gold.mentions)}
    return {
        "text": marked.text,
        "entities": [
            {"id": ids[m.id], "label": m.label, "start_offset": start, "end_offset": end}
            for m, start, end in zip(gold.mentions, flat[::2], flat[1::2], strict=True)
        ],
        "relations": [
            {"id": at, "from_id": ids[r.head], "to_id": ids[r.tail], "type": r.type}
            for at, r in enumerate(gold.relations, number + len(ids))
        ],
        "document": gold.document,
        FIELD: carried(gold),
    }


def read(path: Path, origin: Origin, offsets: OffsetUnit = "utf16") -> list[Marked]:
    """Read a file that doccano exported; comments of annotators come back in `Marked.notes`.

    Raises DataError, with the file and the line, where one is not of the form, a label is none of
    the nine, spans are reversed, overlap or lie outside the text, or a relation names an entity
    that is not there.
    """
    found = [marked_of(line, where, path.stem, origin, offsets) for where, line in lines_of(path)]
    if not found:
        raise DataError(f"{path}, empty", ACCEPTED, "check the path")
    return found


def marked_of(line: bytes, where: str, stem: str, origin: Origin, unit: OffsetUnit) -> Marked:
    row = decoded(line, _Row, where, ACCEPTED)
    forms = [name for name in ("entities", "label", "labels") if getattr(row, name) is not None]
    if len(forms) != 1:
        raise DataError(
            f"{where}: {' and '.join(forms) or 'no entities'}",
            "`entities` with `relations`, or `label` with [start, end, label]",
            "export the project as JSONL again",
        )
    [field] = forms
    triples = row.label or row.labels or []
    entities = row.entities or [_Entity(n, t[2], t[0], t[1]) for n, t in enumerate(triples)]
    places = [f"{where}, $.{field}[{at}]" for at in range(len(entities))]
    spans = placed([(e.start_offset, e.end_offset) for e in entities], row.text, unit, places)
    ids = {e.id: f"m{number}" for number, e in enumerate(entities, 1)}
    if len(ids) < len(entities):
        raise DataError(f"{where}: an entity id twice", "an id for each", "export again")
    mentions = [
        GoldMention(ids[e.id], check_label(e.label, place), *span)
        for e, span, place in zip(entities, spans, places, strict=True)
    ]
    relations = list(relations_of(row.relations or (), ids, where))
    written = read_carried(row.lgtalent, f"{where}, $.{FIELD}")
    number = where.rpartition(" ")[2] if row.id is None else row.id
    name = file_name(row.document) if row.document else f"{stem}-{number}"
    found = from_mentions(name, row.text, mentions, relations, origin, where=where)
    notes = tuple(f"{where}: comment: {comment}" for comment in row.comments or ())
    return put_back(Marked(found.gold, found.text, notes), written, where)


def relations_of(
    relations: Iterable[_Relation], ids: dict[int, str], where: str
) -> Iterator[GoldRelation]:
    for at, relation in enumerate(relations):
        for end in (relation.from_id, relation.to_id):
            if end not in ids:
                raise DataError(
                    f"{where}: no entity {end} - at `$.relations[{at}]`",
                    "ids of entities of the same line", "export the project again",
                )  # fmt: skip
        yield GoldRelation(relation.type, ids[relation.from_id], ids[relation.to_id])
