"""A text with its marks: what every format of other tools is written from and read into.

Offsets are code points, half-open. Other tools count otherwise: browsers and Java count UTF-16 code
units, some programs bytes of UTF-8. `convert` turns both into code points, and `check_surface`
finds out which it must have been where a file says what stands at its offsets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Literal

import msgspec

from lgtalent_ie import schema
from lgtalent_ie.errors import DataError
from lgtalent_ie.evaluation.gold import (
    GoldCount,
    GoldDate,
    GoldDocument,
    GoldFact,
    GoldMention,
    GoldOrganization,
    GoldQuote,
    GoldRelation,
    Offsets,
    check_text,
    faults,
    text_sha256,
)
from lgtalent_ie.schema import Document

OffsetUnit = Literal["character", "utf16", "byte"]

LABELS: tuple[str, ...] = schema.LABELS
GUIDELINES = 1
# What a format may lose: records, scores of mentions and relations, and what is known of the marks.
RECORDS = ("organizations", "dates", "counts", "quotes", "relations", "facts")
LOSABLE = (*RECORDS, "mention ids", "scores", "published", "origin", "text")


@dataclass(frozen=True, slots=True)
class Marked:
    """A document's marks and the text they were made on.

    `notes` are for a person to read: what the file held that the marks do not hold, and what may
    no longer be right since the marks were changed elsewhere; each names its file.
    """

    gold: GoldDocument
    text: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Origin:
    """Who marked, when, by which version of the guidelines: for formats that do not say so."""

    annotators: tuple[str, ...]
    marked: date
    guidelines: int = GUIDELINES


def from_mentions(
    name: str,
    text: str,
    mentions: Sequence[GoldMention],
    relations: Sequence[GoldRelation],
    origin: Origin,
    published: date | None = None,
    where: str | None = None,
) -> Marked:
    """The marks of a format that carries mentions and relations alone.

    `where` is what errors name, the document where it is None.

    Raises DataError where a span is reversed, empty or outside the text, two mentions overlap, or
    a relation names a mention that is not there.

    >>> marks = (GoldMention("m1", "ORG", 0, 2),)
    >>> from_mentions("a", "한빛 채용", marks, (), Origin(("kim",), date(2026, 1, 5))).gold.length
    5
    """
    gold = GoldDocument(
        1, name, text_sha256(text), len(text), published, origin.guidelines, origin.annotators,
        origin.marked, tuple(mentions), relations=tuple(relations),
    )  # fmt: skip
    return checked(Marked(gold, text), where or name)


def checked(marked: Marked, where: str) -> Marked:
    """The same; DataError, which names `where`, where the marks cannot be of the text."""
    if any(mark in marked.gold.document for mark in "/\\\0"):
        raise DataError(
            f"{where}: a document named {marked.gold.document!r}", "the name of a file",
            "name it without a folder",
        )  # fmt: skip
    check_same_text(marked.gold, marked.text, where)
    accepted = "marks that lie in the text and do not overlap"
    for wrong in faults(marked.gold):
        raise DataError(f"{where}: {wrong}", accepted, "correct the file and read it again")
    ordered = sorted(marked.gold.mentions, key=lambda m: (m.start, m.end))
    for first, second in pairwise(ordered):
        if second.start < first.end:
            raise DataError(
                f"{where}: mentions {first.id!r} at {first.start}..{first.end} and {second.id!r} "
                f"at {second.start}..{second.end} overlap",
                accepted, "keep one of the two",
            )  # fmt: skip
    return marked


def check_same_text(gold: GoldDocument, text: str, where: str) -> None:
    """DataError, which names `where`, where `text` is not the text that the gold was marked on.

    Where its length is that of the text in UTF-16 code units or bytes, the error says so.
    """
    try:
        check_text(gold, text)
    except DataError as error:
        if gold.sha256 == text_sha256(text):
            for unit in ("utf16", "byte"):
                if gold.length == counted([len(text)], text, unit)[0]:
                    raise DataError(
                        f"{where}: length {gold.length} of a text of {len(text)} code points",
                        "length and offsets in code points",
                        f"it counts {unit} units: read it with --offsets {unit}",
                    ) from error
        raise DataError(f"{where}: {error.given}", error.accepted, error.remedy) from error


def from_document(document: Document, name: str, origin: Origin) -> Marked:
    """What was extracted, as marks with scores: a pre-annotation for people to correct."""
    by_id = {mention.id: mention for mention in document.mentions}
    organizations = {o.id: o for o in document.organizations}

    def named(ids: Iterable[str]) -> tuple[str, ...]:
        """Organisation ids as ids of the mention that carries the name."""
        return tuple(name_mention(organizations[i]) if i in organizations else i for i in ids)

    def name_mention(o: schema.Organization) -> str:
        return next((m for m in o.mentions if by_id[m].text == o.name), o.mentions[0])

    def speaker_name(speaker: schema.Speaker | None) -> str | None:
        """The mention whose words are the name, if there is a name: an office alone is none."""
        if speaker is None or speaker.name is None:
            return None
        own = (speaker.mention, *by_id)
        return next((m for m in own if m in by_id and by_id[m].text == speaker.name), None)

    places = {quote.id: at for at, quote in enumerate(document.quotes)}
    gold = GoldDocument(
        format=1,
        document=name,
        sha256=text_sha256(document.text),
        length=len(document.text),
        published=None if document.published is None else date.fromisoformat(document.published),
        guidelines=origin.guidelines,
        annotators=origin.annotators,
        marked=origin.marked,
        mentions=tuple(
            GoldMention(m.id, m.label, m.start, m.end, m.score) for m in document.mentions
        ),
        organizations=tuple(
            GoldOrganization(name_mention(o), o.mentions) for o in document.organizations
        ),
        dates=tuple(
            GoldDate(d.mention, d.type, d.value, d.mod) for d in document.dates if d.mention
        ),
        counts=tuple(
            GoldCount(
                c.mention, c.value, c.min, c.max, c.unit, c.bound, c.dimension, c.currency,
                None if c.of is None else (c.of.start, c.of.end),
            )
            for c in document.counts
            if c.mention
        ),
        quotes=tuple(
            GoldQuote(
                q.start, q.end, q.kind,
                None if q.cue is None else (q.cue.start, q.cue.end),
                None if q.speaker is None else (q.speaker.start, q.speaker.end),
                speaker_name(q.speaker),
                None if q.continues is None else places[q.continues],
            )
            for q in document.quotes
        ),
        relations=tuple(
            GoldRelation(r.type, r.head, r.tail, r.score) for r in document.relations
        ),
        facts=tuple(
            GoldFact(
                f.kind, named(f.actors), f.start, f.end, f.event, f.date, f.place, f.counts,
                named(f.partners),
            )
            for f in document.facts
        ),
    )  # fmt: skip
    return Marked(gold, document.text)


def without_scores(gold: GoldDocument) -> GoldDocument:
    """The marks as a person leaves them: no score on anything."""
    return msgspec.structs.replace(
        gold,
        mentions=tuple(msgspec.structs.replace(m, score=None) for m in gold.mentions),
        relations=tuple(msgspec.structs.replace(r, score=None) for r in gold.relations),
    )


def convert(offsets: Sequence[int], text: str, unit: OffsetUnit) -> list[int]:
    """Offsets counted in UTF-16 code units or UTF-8 bytes, as code points.

    Raises DataError where one lies outside the text or within a character.

    >>> convert([0, 3], "한빛", "byte")
    [0, 1]
    """
    if unit == "character":
        return list(offsets)
    place = _places(text, unit)
    for offset in offsets:
        if offset not in place:
            raise DataError(
                f"offset {offset} in {unit} units", f"ends of characters from 0 to {max(place)}",
                "check what the tool counts",
            )  # fmt: skip
    return [place[offset] for offset in offsets]


def counted(offsets: Sequence[int], text: str, unit: OffsetUnit) -> list[int]:
    """Offsets in code points, as the UTF-16 code units or UTF-8 bytes before them.

    >>> counted([0, 1], "한빛", "byte")
    [0, 3]
    """
    if unit == "character":
        return list(offsets)
    units = list(_places(text, unit))
    return [units[offset] for offset in offsets]


def _places(text: str, unit: OffsetUnit) -> dict[int, int]:
    """Units before a character → code points before it, in order, the end of the text included."""
    place = {0: 0}
    at = 0
    for number, character in enumerate(text, 1):
        at += len(encoded(character, unit)) // (2 if unit == "utf16" else 1)
        place[at] = number
    return place


def encoded(text: str, unit: OffsetUnit) -> bytes:
    return text.encode("utf-16-le" if unit == "utf16" else "utf-8", "surrogatepass")


def placed(
    spans: Sequence[tuple[int, int]], text: str, unit: OffsetUnit, where: Sequence[str]
) -> list[Offsets]:
    """A file's spans in code points, each checked; `where` is the place of each in the file.

    Raises DataError, which names the place, where a span is reversed, empty, outside the text or
    ends within a character, and where two overlap.

    >>> placed([(0, 6)], "한빛", "byte", ["a.ann, line 1"])
    [(0, 2)]
    """
    place = None if unit == "character" else _places(text, unit)
    found: list[Offsets] = []
    for (start, end), line in zip(spans, where, strict=True):
        given = f"{line}: span {start}..{end}"
        if place is None and 0 <= start < end <= len(text):
            found.append((start, end))
        elif place is not None and start < end and start in place and end in place:
            found.append((place[start], place[end]))
        elif start >= end:
            raise DataError(f"{given}, reversed or empty", "start < end", "correct the file")
        elif place is None:
            raise DataError(
                f"{given}, of a text of {len(text)} code points", "offsets in code points",
                "correct the file, or read it with --offsets utf16 or --offsets byte where its "
                "tool counts those",
            )  # fmt: skip
        else:
            raise DataError(
                f"{given} in {unit} units", f"ends of characters from 0 to {max(place)}",
                "check what the tool counts",
            )  # fmt: skip
    order = sorted(range(len(found)), key=found.__getitem__)
    for first, second in pairwise(order):
        if found[second][0] < found[first][1]:
            raise DataError(
                f"{where[second]}: span {spans[second][0]}..{spans[second][1]} overlaps "
                f"{spans[first][0]}..{spans[first][1]} of {where[first]}",
                "mentions that do not overlap", "keep one of the two",
            )  # fmt: skip
    return found


def check_surface(
    spans: Sequence[tuple[int, int]],
    surfaces: Sequence[str],
    text: str,
    where: str | Sequence[str],
    plain: Callable[[str], str] = str,
) -> None:
    """DataError where not every span holds the words that its file says it holds.

    `where` is the file, or the place of each span in it. `plain` makes alike what the tool may
    write otherwise, such as line breaks as blanks. Where UTF-16 code units or bytes would explain
    all of the surfaces, the error says so.
    """
    wanted = [plain(words) for words in surfaces]
    standing = [text[slice(*span)] for span in spans]
    wrong = next((n for n, words in enumerate(standing) if plain(words) != wanted[n]), None)
    if wrong is None:
        return
    flat = [offset for span in spans for offset in span]
    remedy = "correct the file"
    for unit in ("utf16", "byte"):
        try:
            points = convert(flat, text, unit)
        except DataError:
            continue
        found = [text[a:b] for a, b in zip(points[::2], points[1::2], strict=True)]
        if [plain(words) for words in found] == wanted:
            remedy = f"its offsets count {unit} units: read it with --offsets {unit}"
    start, end = spans[wrong]
    place = where if isinstance(where, str) else where[wrong]
    raise DataError(
        f"{place}: {surfaces[wrong]!r} at {start}..{end}, where the text has {standing[wrong]!r}",
        "offsets in code points, half-open", remedy,
    )  # fmt: skip


def check_label(label: str, where: str) -> schema.Label:
    """The label; DataError, which names `where`, for one that the guidelines do not have."""
    for known in schema.LABELS:
        if label == known:
            return known
    raise DataError(f"{where}: label {label!r}", ", ".join(LABELS), "rename it or leave it out")
