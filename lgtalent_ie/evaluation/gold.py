"""Stand-off gold of one document: read, checked, and as the Document it asks for.

The form of a gold file is described in `annotations/README.md`. It holds offsets only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from lgtalent_ie import schema
from lgtalent_ie.errors import DataError
from lgtalent_ie.schema import Document, Mention

Offsets = tuple[int, int]
_Pointer = tuple[str, tuple[Offsets | None, ...], tuple[str | None, ...], tuple[schema.Label, ...]]
_Sha256 = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
ACCEPTED = ("a gold file of format 1", "see annotations/README.md")
_FileName = Annotated[str, msgspec.Meta(pattern=r"^[^/\\\x00]+$")]


class GoldMention(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A labelled span; `score` is that of a model whose marks nobody has looked at yet."""

    id: str
    label: schema.Label
    start: int
    end: int
    score: float | None = None


class GoldOrganization(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One organisation: its mentions, one of which carries the canonical name."""

    name_mention: str
    mentions: tuple[str, ...]


class GoldDate(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The value of a DATE or TIME mention."""

    mention: str
    type: schema.DateType
    value: str
    mod: schema.Mod | None = None


class GoldCount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The value of a QUANTITY mention; `of` is the span of what is counted."""

    mention: str
    value: int | float | None
    min: int | float | None
    max: int | float | None
    unit: str | None
    bound: schema.Bound
    dimension: schema.Dimension
    currency: str | None = None
    of: Offsets | None = None


class GoldQuote(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Reported speech; `continues` is the index of an earlier quote of the same file."""

    start: int
    end: int
    kind: schema.QuoteKind
    cue: Offsets | None = None
    speaker: Offsets | None = None
    name_mention: str | None = None
    continues: int | None = None


class GoldRelation(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """(type, head, tail) between mentions; `score` as a mention's."""

    type: str
    head: str
    tail: str
    score: float | None = None


class GoldFact(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A talent record; organisations and the rest are named by one of their mentions."""

    kind: schema.FactKind
    actors: tuple[str, ...]
    start: int
    end: int
    event: str | None = None
    date: str | None = None
    place: str | None = None
    counts: tuple[str, ...] = ()
    partners: tuple[str, ...] = ()


class GoldDocument(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One gold file. `text` is there where the marks may carry it; else the text lies elsewhere."""

    format: Literal[1]
    document: _FileName
    sha256: _Sha256
    length: int
    published: date | None
    guidelines: int
    annotators: tuple[str, ...]
    marked: date
    mentions: tuple[GoldMention, ...]
    organizations: tuple[GoldOrganization, ...] = ()
    dates: tuple[GoldDate, ...] = ()
    counts: tuple[GoldCount, ...] = ()
    quotes: tuple[GoldQuote, ...] = ()
    relations: tuple[GoldRelation, ...] = ()
    facts: tuple[GoldFact, ...] = ()
    text: str | None = None


def load_gold(path: str | Path) -> GoldDocument:
    """Read one gold file.

    Raises DataError with the file and the field where it is not of the format, where a span does
    not lie in the text, or where a record names a mention that is not there or of another label.

    >>> load_gold("annotations/gold/article.json").mentions[0]
    GoldMention(id='m1', label='ORG', start=0, end=4)
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise DataError(f"{path}: {error}", *ACCEPTED) from error
    return decode_gold(content, str(path))


def load_gold_lines(path: str | Path) -> Iterator[GoldDocument]:
    """Read a file with one gold document a line; DataError as `load_gold`, with the line."""
    try:
        lines = Path(path).read_bytes().split(b"\n")
    except OSError as error:
        raise DataError(f"{path}: {error}", *ACCEPTED) from error
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield decode_gold(line, f"{path}, line {number}")


def decode_gold(content: bytes, where: str) -> GoldDocument:
    """A gold document from its JSON; DataError, which names `where`, as `load_gold`."""
    try:
        gold = msgspec.json.decode(content, type=GoldDocument)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DataError(f"{where}: {error}", *ACCEPTED) from error
    for wrong in faults(gold):
        raise DataError(f"{where}: {wrong}", *ACCEPTED)
    if gold.text is not None:
        check_text(gold, gold.text)
    return gold


def faults(gold: GoldDocument) -> Iterator[str]:
    """What the types do not say: spans within the text, references to what is there."""
    mentions = {mention.id: mention for mention in gold.mentions}
    if len(mentions) < len(gold.mentions):
        yield "an id twice - at `$.mentions`"
    for where, offsets, ids, labels in _pointers(gold):
        for start, end in filter(None, offsets):
            if not 0 <= start < end <= gold.length:
                yield f"span {start}..{end} outside 0..{gold.length} or empty - at `$.{where}`"
        for mention_id in filter(None, ids):
            if mention_id not in mentions:
                yield f"no mention {mention_id!r} - at `$.{where}`"
            elif labels and (label := mentions[mention_id].label) not in labels:
                yield f"mention {mention_id!r} is {label}, not {labels} - at `$.{where}`"
    owned: set[str] = set()
    for at, organization in enumerate(gold.organizations):
        own = set(organization.mentions)
        if organization.name_mention not in own or own & owned:
            yield f"a mention of two, or a name that is no mention - at `$.organizations[{at}]`"
        owned |= own
    for at, quote in enumerate(gold.quotes):
        if quote.continues is not None and not 0 <= quote.continues < at:
            yield f"no earlier quote {quote.continues} - at `$.quotes[{at}].continues`"


def _pointers(gold: GoldDocument) -> Iterator[_Pointer]:
    """(record, its spans, its mention ids, the labels those may have; any where empty)."""
    for at, m in enumerate(gold.mentions):
        yield f"mentions[{at}]", ((m.start, m.end),), (), ()
    for at, o in enumerate(gold.organizations):
        yield f"organizations[{at}]", (), o.mentions, ("ORG",)
    for at, d in enumerate(gold.dates):
        yield f"dates[{at}]", (), (d.mention,), ("DATE", "TIME")
    for at, c in enumerate(gold.counts):
        yield f"counts[{at}]", (c.of,), (c.mention,), ("QUANTITY",)
    for at, q in enumerate(gold.quotes):
        yield f"quotes[{at}]", ((q.start, q.end), q.cue, q.speaker), (q.name_mention,), ()
    for at, r in enumerate(gold.relations):
        yield f"relations[{at}]", (), (r.head, r.tail), ()
    for at, f in enumerate(gold.facts):
        yield f"facts[{at}]", ((f.start, f.end),), (f.event, f.place, *f.counts), ()
        yield f"facts[{at}]", (), f.actors + f.partners, ("ORG",)


def check_text(gold: GoldDocument, text: str) -> None:
    """Raise DataError where `text` is not the text that the gold was marked on."""
    found = text_sha256(text)
    if len(text) != gold.length or found != gold.sha256:
        raise DataError(
            f"{gold.document}: a text of {len(text)} characters, sha256 {found[:12]}…",
            f"the text marked, {gold.length} characters, sha256 {gold.sha256[:12]}…",
            "give the text as it was marked, every blank and line end included",
        )


def text_sha256(text: str) -> str:
    """SHA-256 of the text's UTF-8 in hexadecimal; a lone surrogate counts as three bytes."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def as_document(gold: GoldDocument, text: str) -> Document:
    """The gold as the document it asks for; DataError where `text` is not the text marked."""
    check_text(gold, text)
    marked = {
        m.id: Mention(m.id, m.label, m.start, m.end, text[m.start : m.end], 1.0)
        for m in gold.mentions
    }
    owner = {m: f"o{n}" for n, o in enumerate(gold.organizations, 1) for m in o.mentions}

    def span(offsets: Offsets | None) -> schema.Span | None:
        return schema.Span(*offsets, text[offsets[0] : offsets[1]]) if offsets else None

    def count(c: GoldCount) -> schema.Count:
        number = marked[c.mention]
        start, end = number.start, number.end
        if c.of:
            start, end = min(start, c.of[0]), max(end, c.of[1])
        return schema.Count(
            c.mention, start, end, text[start:end], c.value, c.min, c.max, c.unit, c.dimension,
            c.bound, c.currency, span(c.of),
        )  # fmt: skip

    def speaker(q: GoldQuote) -> schema.Speaker | None:
        named = marked[q.name_mention] if q.name_mention else None
        where = q.speaker or ((named.start, named.end) if named else None)
        if where is None:
            return None
        name = named.text if named else None
        return schema.Speaker(*where, text[slice(*where)], name, None, None, q.name_mention)

    def quote(at: int, q: GoldQuote) -> schema.Quote:
        content = q.start, q.end, text[q.start : q.end]
        before = None if q.continues is None else f"q{q.continues + 1}"
        return schema.Quote(f"q{at}", *content, q.kind, before, 1.0, span(q.cue), speaker(q))

    def fact(f: GoldFact) -> schema.Fact:
        actors, partners = (tuple(owner.get(i, i) for i in ids) for ids in (f.actors, f.partners))
        where = f.start, f.end, 1.0
        return schema.Fact(f.kind, actors, f.event, f.date, f.place, f.counts, partners, *where)

    return Document(
        text,
        "gold",
        iso(gold.published),
        mentions=tuple(marked.values()),
        organizations=tuple(
            schema.Organization(f"o{n}", marked[o.name_mention].text, (), o.mentions)
            for n, o in enumerate(gold.organizations, 1)
        ),
        dates=tuple(schema.Date(d.mention, d.type, d.value, mod=d.mod) for d in gold.dates),
        counts=tuple(map(count, gold.counts)),
        quotes=tuple(quote(at, q) for at, q in enumerate(gold.quotes, 1)),
        relations=tuple(schema.Relation(r.type, r.head, r.tail, 0, 0, 1.0) for r in gold.relations),
        facts=tuple(map(fact, gold.facts)),
    )


def iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
