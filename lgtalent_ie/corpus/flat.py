"""A document as rows of flat tables, which analysts can join: every table has `document`, the id.

documents      one row each: published, model, length, text (of HTML pages), warnings (codes), the
               further columns of the input (`input_…` where a name is taken), other_columns (JSON)
sections       kind, start, end
mentions       mention, label, start, end, text, score
organizations  organization, name, aliases, mentions
dates          mention, text, type, value, first, last, mod, relative
counts         mention, start, end, text, value, min, max, unit, dimension, bound, currency,
               counted, counted_start, counted_end
quotes         quote, start, end, text, kind, continues, score, cue, speaker (the phrase), name,
               title, affiliation, mention
relations      type, head, head_text, head_organization, tail, tail_text, tail_organization,
               start, end, score
facts          one row for each actor of a fact: fact, kind, actor, name, event, date, first, last,
               year, place, people, counts, partners, start, end, score
links          organization, entity, name, score

Offsets are code points into the text, half-open. `year` is that of the fact's own date, else of
publication. `people` is the sum of the fact's counted persons, of a range the lower end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import msgspec

from lgtalent_ie.corpus.sources import Source, arrow
from lgtalent_ie.records.dates_calendar import days_covered
from lgtalent_ie.schema import Count, Document, Fact

if TYPE_CHECKING:
    import pyarrow as pa

Cells = dict[str, Any]
Tables = dict[str, list[Cells]]

OWN_PREFIX = "input_"
OTHER_COLUMNS = "other_columns"
DOCUMENT_COLUMNS = (
    "document", "published", "model", "length", "text", "warnings", OTHER_COLUMNS,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Further:
    """A column of the input that travels along: its name there and in `documents`, and its type.

    `type` is an Arrow type, None for text.
    """

    name: str
    column: str
    type: Any


def schemas(further: Sequence[Further] = ()) -> dict[str, pa.Schema]:
    """Names and types of the columns of every table, so that an empty one has them too.

    `further` are the input's own columns (`further_columns`).
    """
    pa = arrow()
    text, number, real, day, yes = pa.string(), pa.int64(), pa.float64(), pa.date32(), pa.bool_()
    several = pa.list_(text)
    span = [("start", number), ("end", number)]
    columns = {
        "documents": [
            ("published", day), ("model", text), ("length", number), ("text", text),
            ("warnings", several),
        ],
        "sections": [("kind", text), *span],
        "mentions": [
            ("mention", text), ("label", text), *span, ("text", text), ("score", real),
        ],
        "organizations": [
            ("organization", text), ("name", text), ("aliases", several), ("mentions", several),
        ],
        "dates": [
            ("mention", text), ("text", text), ("type", text), ("value", text), ("first", day),
            ("last", day), ("mod", text), ("relative", yes),
        ],
        "counts": [
            ("mention", text), *span, ("text", text), ("value", real), ("min", real),
            ("max", real), ("unit", text), ("dimension", text), ("bound", text),
            ("currency", text), ("counted", text), ("counted_start", number),
            ("counted_end", number),
        ],
        "quotes": [
            ("quote", text), *span, ("text", text), ("kind", text), ("continues", text),
            ("score", real), ("cue", text), ("speaker", text), ("name", text), ("title", text),
            ("affiliation", text), ("mention", text),
        ],
        "relations": [
            ("type", text), ("head", text), ("head_text", text), ("head_organization", text),
            ("tail", text), ("tail_text", text), ("tail_organization", text), *span,
            ("score", real),
        ],
        "facts": [
            ("fact", text), ("kind", text), ("actor", text), ("name", text), ("event", text),
            ("date", text), ("first", day), ("last", day), ("year", number), ("place", text),
            ("people", real), ("counts", several), ("partners", several), *span, ("score", real),
        ],
        "links": [("organization", text), ("entity", text), ("name", text), ("score", real)],
    }  # fmt: skip
    named = {name: [("document", text), *some] for name, some in columns.items()}
    named["documents"] += [(f.column, f.type or text) for f in further]
    named["documents"].append((OTHER_COLUMNS, text))
    return {name: pa.schema(some) for name, some in named.items()}


def further_columns(sources: Iterable[Source], used: Iterable[str]) -> tuple[Further, ...]:
    """The columns of all sources beside those used, in order, with the Arrow types they agree in.

    A column is text where a source has no types or two have different ones.
    """
    types: dict[str, Any] = {}
    for source in sources:
        for name, kind in source.columns or ():
            types[name] = kind if types.get(name, kind) == kind else None
    taken = {*DOCUMENT_COLUMNS, *types}
    further = []
    for name, kind in types.items():
        column = name
        while column in DOCUMENT_COLUMNS or (column != name and column in taken):
            column = OWN_PREFIX + column
        taken.add(column)
        if name not in used:
            further.append(Further(name, column, kind))
    return tuple(further)


def flatten(name: str, document: Document) -> Tables:
    """The rows of a document by table; `name` is its id.

    >>> text = "한빛전자는 지난해 연구원 10명을 채용했다."
    >>> [fact] = flatten("a", extract(text, published="2024-03-02"))["facts"]
    >>> fact["kind"], fact["name"], fact["year"], fact["people"]
    ('hire', '한빛전자', 2023, 10.0)
    """
    tables: dict[str, Iterable[Cells]] = {
        "documents": [document_cells(document)],
        "sections": map(plain, document.sections),
        "mentions": ({"mention": m.id, **plain(m)} for m in document.mentions),
        "organizations": ({"organization": o.id, **plain(o)} for o in document.organizations),
        "dates": date_rows(document),
        "counts": map(count_cells, document.counts),
        "quotes": quote_rows(document),
        "relations": relation_rows(document),
        "facts": fact_rows(document),
        "links": map(plain, document.links or ()),
    }
    return {table: [{"document": name, **row} for row in rows] for table, rows in tables.items()}


def plain(record: Any) -> Cells:
    """The fields of a record as they stand."""
    return {field: getattr(record, field) for field in record.__dataclass_fields__}


def document_cells(document: Document) -> Cells:
    return {
        "published": as_day(document.published), "model": document.model,
        "length": len(document.text), "text": document.text if document.extracted else None,
        "warnings": [warning.code for warning in document.warnings],
    }  # fmt: skip


def date_rows(document: Document) -> Iterator[Cells]:
    texts = {m.id: m.text for m in document.mentions}
    for d in document.dates:
        days = {"first": as_day(d.first), "last": as_day(d.last)}
        yield plain(d) | {"text": texts.get(d.mention or "")} | days


def count_cells(count: Count) -> Cells:
    of = count.of
    return plain(count) | {
        "value": as_real(count.value), "min": as_real(count.min), "max": as_real(count.max),
        "counted": of and of.text, "counted_start": of and of.start, "counted_end": of and of.end,
    }  # fmt: skip


def quote_rows(document: Document) -> Iterator[Cells]:
    for quote in document.quotes:
        speaker = quote.speaker
        who = {name: speaker and getattr(speaker, name)
               for name in ("name", "title", "affiliation", "mention")}  # fmt: skip
        yield plain(quote) | who | {
            "quote": quote.id, "cue": quote.cue and quote.cue.text,
            "speaker": speaker and speaker.text,
        }  # fmt: skip


def relation_rows(document: Document) -> Iterator[Cells]:
    texts = {m.id: m.text for m in document.mentions}
    owners = {m: o.id for o in document.organizations for m in o.mentions}
    for r in document.relations:
        yield plain(r) | {
            "head_text": texts.get(r.head), "head_organization": owners.get(r.head),
            "tail_text": texts.get(r.tail), "tail_organization": owners.get(r.tail),
        }  # fmt: skip


def fact_rows(document: Document) -> Iterator[Cells]:
    texts = {m.id: m.text for m in document.mentions}
    names = {o.id: o.name for o in document.organizations}
    counts = {c.mention: c for c in document.counts}
    for number, fact in enumerate(document.facts, 1):
        first, last = days_of(fact)
        when = first or as_day(document.published)
        about = plain(fact) | {
            "fact": f"f{number}", "event": texts.get(fact.event or ""),
            "place": texts.get(fact.place or ""), "first": first, "last": last,
            "year": when and when.year, "people": people(fact, counts),
            "partners": [names[partner] for partner in fact.partners if partner in names],
        }  # fmt: skip
        for actor in fact.actors or (None,):
            yield about | {"actor": actor, "name": names.get(actor or "")}


def days_of(fact: Fact) -> tuple[date | None, date | None]:
    days = days_covered(fact.date) if fact.date else None
    return (as_day(days[0]), as_day(days[1])) if days else (None, None)


def people(fact: Fact, counts: Mapping[str | None, Count]) -> float | None:
    """The persons that a fact counts; None where it counts none."""
    found = [counts[c] for c in fact.counts if c in counts and counts[c].dimension == "person"]
    numbers = [c.value if c.value is not None else c.min if c.min is not None else c.max
               for c in found]  # fmt: skip
    known = [as_real(n) for n in numbers if n is not None]
    return sum(n for n in known if n is not None) if known else None


def as_day(iso: str | None) -> date | None:
    """A day; None where the value is none of Python's years."""
    try:
        return date.fromisoformat(iso) if iso else None
    except ValueError:
        return None


def as_real(number: float | None) -> float | None:
    """A number as the tables hold it; None for one that is too large."""
    try:
        return None if number is None else float(number)
    except OverflowError:
        return None


def further_cells(columns: Mapping[str, Any], further: Sequence[Further]) -> Cells:
    """The input's own columns of a row as cells of `documents`; nothing is left out.

    What has no column of its own (a key of JSON that was not among the first rows) goes into
    `other_columns` as JSON.
    """
    cells: Cells = {}
    others = dict(columns)
    for f in further:
        value = others.pop(f.name, None)
        cells[f.column] = as_string(value) if f.type is None else value
    if others:
        cells[OTHER_COLUMNS] = as_string(others)
    return cells


def as_string(value: Any) -> str | None:
    """Text as it is, anything else as JSON."""
    if value is None or isinstance(value, str):
        return value
    return msgspec.json.encode(value, enc_hook=str).decode()


def as_batches(rows: Tables, named: Mapping[str, pa.Schema]) -> dict[str, bytes]:
    """Rows by table as Arrow streams, which travel between processes; empty tables are left out."""
    pa = arrow()
    batches = {}
    for table, cells in rows.items():
        if cells:
            batch = pa.RecordBatch.from_pylist(cells, schema=named[table])
            sink = pa.BufferOutputStream()
            with pa.ipc.new_stream(sink, batch.schema) as writer:
                writer.write_batch(batch)
            batches[table] = sink.getvalue().to_pybytes()
    return batches
