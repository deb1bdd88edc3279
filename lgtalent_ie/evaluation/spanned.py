"""Gold records that name mentions by their span, so that several annotators' records compare.

Ids are an annotator's own; spans are everybody's. `to_spans` goes one way and `from_spans` back,
with new ids in text order. The same forms are what a decision on a disagreement may hold.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date
from itertools import pairwise
from typing import Literal

import msgspec

from lgtalent_ie import schema
from lgtalent_ie.errors import DataError
from lgtalent_ie.evaluation.gold import (
    ACCEPTED,
    GoldCount,
    GoldDate,
    GoldDocument,
    GoldFact,
    GoldMention,
    GoldOrganization,
    GoldQuote,
    GoldRelation,
    Offsets,
    faults,
)

RecordKind = Literal[
    "mentions", "organizations", "dates", "counts", "quotes", "relations", "facts"
]  # fmt: skip


class SpanMention(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A labelled span."""

    label: schema.Label
    start: int
    end: int

    @property
    def span(self) -> Offsets:
        return self.start, self.end


class SpanOrganization(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One organisation; `name` is the one of its mentions that carries the canonical name."""

    name: Offsets
    mentions: tuple[Offsets, ...]


class SpanDate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The value of the DATE or TIME at `mention`."""

    mention: Offsets
    type: schema.DateType
    value: str
    mod: schema.Mod | None = None


class SpanCount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The value of the QUANTITY at `mention`."""

    mention: Offsets
    value: int | float | None
    min: int | float | None
    max: int | float | None
    unit: str | None
    bound: schema.Bound
    dimension: schema.Dimension
    currency: str | None = None
    of: Offsets | None = None


class SpanQuote(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Reported speech; `name` is the name mention, `continues` the content of an earlier quote."""

    start: int
    end: int
    kind: schema.QuoteKind
    cue: Offsets | None = None
    speaker: Offsets | None = None
    name: Offsets | None = None
    continues: Offsets | None = None

    @property
    def span(self) -> Offsets:
        return self.start, self.end


class SpanRelation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """(type, head, tail)."""

    type: str
    head: Offsets
    tail: Offsets


class SpanFact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A talent record."""

    kind: schema.FactKind
    actors: tuple[Offsets, ...]
    start: int
    end: int
    event: Offsets | None = None
    date: str | None = None
    place: Offsets | None = None
    counts: tuple[Offsets, ...] = ()
    partners: tuple[Offsets, ...] = ()


Record = SpanMention | SpanOrganization | SpanDate | SpanCount | SpanQuote | SpanRelation | SpanFact
RECORD_CLASSES: dict[RecordKind, type[Record]] = {
    "mentions": SpanMention,
    "organizations": SpanOrganization,
    "dates": SpanDate,
    "counts": SpanCount,
    "quotes": SpanQuote,
    "relations": SpanRelation,
    "facts": SpanFact,
}


@dataclass(frozen=True, slots=True)
class Spanned:
    """All records of one document, mentions and quotes in text order."""

    mentions: tuple[SpanMention, ...] = ()
    organizations: tuple[SpanOrganization, ...] = ()
    dates: tuple[SpanDate, ...] = ()
    counts: tuple[SpanCount, ...] = ()
    quotes: tuple[SpanQuote, ...] = ()
    relations: tuple[SpanRelation, ...] = ()
    facts: tuple[SpanFact, ...] = ()


def to_spans(gold: GoldDocument) -> Spanned:
    """The records of `gold` with spans for ids.

    Raises DataError where a record names a mention that is not there or two mentions overlap.

    >>> to_spans(load_gold("annotations/gold/article.json")).dates[0]
    SpanDate(mention=(17, 19), type='DATE', value='2023-06-21', mod=None)
    """
    for wrong in faults(gold):
        raise DataError(f"{gold.document}: {wrong}", *ACCEPTED)
    ordered = sorted(gold.mentions, key=lambda m: (m.start, m.end))
    check_flat(gold.document, ((m.start, m.end) for m in ordered))
    at = {m.id: (m.start, m.end) for m in gold.mentions}
    places = [(q.start, q.end) for q in gold.quotes]

    def spans(ids: Iterable[str]) -> tuple[Offsets, ...]:
        return tuple(sorted({at[i] for i in ids}))

    def span(mention_id: str | None) -> Offsets | None:
        return None if mention_id is None else at[mention_id]

    return Spanned(
        tuple(SpanMention(m.label, m.start, m.end) for m in ordered),
        tuple(SpanOrganization(at[o.name_mention], spans(o.mentions)) for o in gold.organizations),
        tuple(SpanDate(at[d.mention], d.type, d.value, d.mod) for d in gold.dates),
        tuple(
            SpanCount(
                at[c.mention], c.value, c.min, c.max, c.unit, c.bound, c.dimension, c.currency,
                c.of,
            )
            for c in gold.counts
        ),
        tuple(
            SpanQuote(
                q.start, q.end, q.kind, q.cue, q.speaker, span(q.name_mention),
                None if q.continues is None else places[q.continues],
            )
            for q in sorted(gold.quotes, key=lambda q: (q.start, q.end))
        ),
        tuple(SpanRelation(r.type, at[r.head], at[r.tail]) for r in gold.relations),
        tuple(
            SpanFact(
                f.kind, spans(f.actors), f.start, f.end, span(f.event), f.date, span(f.place),
                spans(f.counts), spans(f.partners),
            )
            for f in gold.facts
        ),
    )  # fmt: skip


def from_spans(
    spans: Spanned, like: GoldDocument, annotators: tuple[str, ...], marked: date
) -> GoldDocument:
    """A gold document of the same text as `like`, mentions numbered from m1 in text order.

    Every span that a record names has to be one of `spans.mentions`, and every `continues` an
    earlier quote. Raises DataError where the result is no gold document: a KeyError here is a bug
    of the caller, a fault of the records is one of the marks.
    """
    ordered = sorted(spans.mentions, key=lambda m: m.span)
    check_flat(like.document, (m.span for m in ordered))
    ids = {m.span: f"m{n}" for n, m in enumerate(ordered, 1)}
    quotes = sorted(spans.quotes, key=lambda q: q.span)
    places = {q.span: n for n, q in enumerate(quotes)}

    def name(span: Offsets | None) -> str | None:
        return None if span is None else ids[span]

    def names(of: Iterable[Offsets]) -> tuple[str, ...]:
        return tuple(ids[span] for span in of)

    gold = msgspec.structs.replace(
        like,
        annotators=annotators,
        marked=marked,
        mentions=tuple(GoldMention(ids[m.span], m.label, m.start, m.end) for m in ordered),
        organizations=tuple(
            GoldOrganization(ids[o.name], names(sorted(o.mentions)))
            for o in sorted(spans.organizations, key=lambda o: min(o.mentions))
        ),
        dates=tuple(
            GoldDate(ids[d.mention], d.type, d.value, d.mod)
            for d in sorted(spans.dates, key=lambda d: d.mention)
        ),
        counts=tuple(
            GoldCount(
                ids[c.mention], c.value, c.min, c.max, c.unit, c.bound, c.dimension, c.currency,
                c.of,
            )
            for c in sorted(spans.counts, key=lambda c: c.mention)
        ),
        quotes=tuple(
            GoldQuote(
                q.start, q.end, q.kind, q.cue, q.speaker, name(q.name),
                None if q.continues is None else places[q.continues],
            )
            for q in quotes
        ),
        relations=tuple(
            GoldRelation(r.type, ids[r.head], ids[r.tail])
            for r in sorted(spans.relations, key=lambda r: (r.head, r.tail, r.type))
        ),
        facts=tuple(
            GoldFact(
                f.kind, names(f.actors), f.start, f.end, name(f.event), f.date, name(f.place),
                names(f.counts), names(f.partners),
            )
            for f in sorted(spans.facts, key=lambda f: (f.start, f.end, f.kind))
        ),
    )  # fmt: skip
    for wrong in faults(gold):
        raise DataError(f"{like.document}: {wrong}", *ACCEPTED)
    return gold


def check_flat(document: str, spans: Iterable[Offsets]) -> None:
    """DataError where two of the sorted spans overlap: mentions are flat."""
    for (start, end), (next_start, next_end) in pairwise(spans):
        if next_start < end:
            raise DataError(
                f"{document}: mentions at {start}..{end} and {next_start}..{next_end} overlap",
                "mentions that do not overlap", "keep one of the two",
            )  # fmt: skip


def extent(record: Record) -> Offsets:
    """Where a record stands: its own span, else that of the first mention it names."""
    match record:
        case SpanMention() | SpanQuote() | SpanFact():
            return record.start, record.end
        case SpanOrganization():
            return min(record.mentions)
        case SpanDate() | SpanCount():
            return record.mention
        case SpanRelation():
            return min(record.head, record.tail)


def describe(record: Record, text: str | None) -> str:
    """A record in one line for people; offsets stand where the words are not known.

    >>> describe(SpanRelation("event:host", (3, 8), (0, 2)), "한빛 인재의 밤")
    'event:host: 인재의 밤 → 한빛'
    """

    def words(span: Offsets) -> str:
        return f"{span[0]}..{span[1]}" if text is None else text[slice(*span)]

    match record:
        case SpanMention():
            return f"{record.label} {words(record.span)}"
        case SpanOrganization():
            others = " | ".join(words(span) for span in record.mentions)
            return f"{words(record.name)}: {others}"
        case SpanRelation():
            return f"{record.type}: {words(record.head)} → {words(record.tail)}"
        case SpanDate():
            return " ".join(filter(None, (words(record.mention), record.type, record.value,
                                          record.mod)))  # fmt: skip
    skipped = {"start", "end", "mention"}
    place = extent(record)
    said = []
    for field in record.__struct_fields__:
        value = getattr(record, field)
        if field in skipped or value in (None, ()):
            continue
        if field in ("actors", "counts", "partners"):
            value = " | ".join(words(span) for span in value)
        elif isinstance(value, tuple):
            value = words(value)
        said.append(f"{field}={value}")
    # A fact rests on whole sentences: where they are says more than their words.
    where = f"{place[0]}..{place[1]}" if isinstance(record, SpanFact) else words(place)
    return f"{where} {' '.join(said)}"


def kinds() -> tuple[RecordKind, ...]:
    """The kinds of record, in the order in which one rests on another."""
    assert {field.name for field in fields(Spanned)} == set(RECORD_CLASSES)
    return tuple(RECORD_CLASSES)
