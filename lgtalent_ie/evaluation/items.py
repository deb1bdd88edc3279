"""What of two documents is compared, record type by record type.

An item stands under a key that is the same on both sides exactly where the two agree, so that
scoring is the intersection of two sets of keys.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from lgtalent_ie.evaluation.gold import Offsets
from lgtalent_ie.evaluation.scores import RECORD_TYPES
from lgtalent_ie.schema import Document, Mention

# A record as far as it is compared: start, end, what it says, its label or type. A bare tuple, for
# there are a hundred of them in a document.
Item = tuple[int, int, str, str | None]
Items = dict[Hashable, Item]
Keys = set[Hashable]
Names = dict[str, Hashable]
# Type, and what head and tail name.
RelationKey = tuple[str, Hashable, Hashable]


@dataclass(frozen=True, slots=True)
class Side:
    """One document: the items of each record type, and the keys of parts of records by row.

    `relations` has for each key the spans of head and tail, and the score, of the best relation.
    """

    items: dict[str, Items]
    parts: dict[str, Keys]
    relations: dict[RelationKey, tuple[Offsets, Offsets, float]]
    organizations: dict[Offsets, str]
    names: Names


PARTS = (
    "dates.month", "dates.year", "counts.value", "counts.unit", "counts.bound", "speakers.span",
    "speakers.name",
)  # fmt: skip

# A record whose mention is not there agrees with nothing.
NOWHERE = Mention("", "ORG", -1, -1, "", 0.0)

# Durations and repeated times have no year and month of their own.
CALENDAR = ("DATE", "TIME")

# Year, and month where it is one: `2023-10`, `XXXX-XX`; not the 15 of `2023-W15`.
YEAR_MONTH = re.compile(r"([\dX]{4})(-(?:\d\d|XX))?(?![\dX])(.*)")


def compared(gold: Document, document: Document) -> tuple[Side, Side]:
    """Both documents as what is compared of them, gold first."""
    document = as_marked(gold, document)
    named = {(q.start, q.end) for q in gold.quotes if q.speaker and q.speaker.name}
    by_span = organization_by_span(gold)
    by_text = {plain(gold.text[start:end]): own for (start, end), own in by_span.items()}
    wanted = _side(gold, _names(gold, by_span, by_text), by_span, named)
    found = organization_by_span(document)
    sides = wanted, _side(document, _names(document, by_span, by_text), found, named)
    facts = _facts(gold, document, (sides[0].names, sides[1].names))
    for side, own in zip(sides, facts, strict=True):
        side.items["facts"] = own
    return sides


def as_marked(gold: Document, document: Document) -> Document:
    """The document without indirect speech where gold has none: guidelines 1 do not ask for it."""
    if any(quote.kind == "indirect" for quote in gold.quotes):
        return document
    return replace(document, quotes=tuple(q for q in document.quotes if q.kind != "indirect"))


def _side(
    document: Document, names: Names, organizations: dict[Offsets, str], named: set[Offsets]
) -> Side:
    """One document, facts aside. `named` are the quotes whose gold speaker has a name."""
    items: dict[str, Items] = {name: {} for name in RECORD_TYPES}
    parts: dict[str, Keys] = {name: set() for name in PARTS}
    mentions = {mention.id: mention for mention in document.mentions}
    own = items["mentions"]
    for m in document.mentions:
        own[m.start, m.end, m.label] = m.start, m.end, m.label, m.label
    own = items["dates"]
    for moment in document.dates:
        m = mentions.get(moment.mention or "", NOWHERE)
        own[m.start, m.end, moment.value] = m.start, m.end, moment.value, None
        if moment.type in CALENDAR and (coarser := month_and_year(moment.value)):
            parts["dates.month"].add((m.start, m.end, coarser[0]))
            parts["dates.year"].add((m.start, m.end, coarser[1]))
    own = items["counts"]
    for c in document.counts:
        m = mentions.get(c.mention or "", NOWHERE)
        amount = c.value, c.min, c.max, c.unit
        own[m.start, m.end, amount] = m.start, m.end, str(amount), None
        parts["counts.value"].add((m.start, m.end, amount[:3]))
        parts["counts.unit"].add((m.start, m.end, c.unit))
        parts["counts.bound"].add((m.start, m.end, c.bound))
        if c.of:
            key = m.start, m.end, c.of.start, c.of.end
            items["counted"][key] = m.start, m.end, c.of.text, None
    for q in document.quotes:
        start, end = q.start, q.end
        items["quotes"][start, end] = start, end, q.kind, None
        if q.cue:
            key = start, end, q.cue.start, q.cue.end
            items["cues"][key] = start, end, q.cue.text, None
        if q.speaker:
            s = q.speaker
            who: Hashable = plain(s.name or "") if (start, end) in named else (s.start, s.end)
            items["speakers"][start, end, who] = start, end, s.name or s.text, None
            parts["speakers.span"].add((start, end, s.start, s.end))
            if s.name:
                parts["speakers.name"].add((start, end, plain(s.name)))
    relations = _relations(document, mentions, names, items["relations"])
    return Side(items, parts, relations, organizations, names)


def _relations(
    document: Document, mentions: Mapping[str, Mention], names: Names, items: Items
) -> dict[RelationKey, tuple[Offsets, Offsets, float]]:
    """Put the relations into `items`, each triple once; `Side.relations` of them."""
    relations: dict[RelationKey, tuple[Offsets, Offsets, float]] = {}
    for r in document.relations:
        head, tail = mentions.get(r.head, NOWHERE), mentions.get(r.tail, NOWHERE)
        key = r.type, names.get(r.head), names.get(r.tail)
        if key not in relations:
            detail = f"{r.type}: {head.text} → {tail.text}"
            items[key] = head.start, head.end, detail, r.type
        if key not in relations or relations[key][2] < r.score:
            relations[key] = (head.start, head.end), (tail.start, tail.end), r.score
    return relations


@lru_cache(maxsize=100_000)
def month_and_year(value: str) -> tuple[str, str] | None:
    """A date's ISO 8601 value as far as the month and as far as the year; None without a year.

    A range whose two ends are cut to the same is that. A season, quarter or week is no month: it
    stays as it is.

    >>> month_and_year("2023-10-11/2023-11-02"), month_and_year("XXXX-SU"), month_and_year("P2W")
    (('2023-10/2023-11', '2023'), ('XXXX-SU', 'XXXX'), None)
    """
    months, years = [], []
    for end in value.split("/"):
        if not (match := YEAR_MONTH.match(end)):
            return None
        year, month, rest = match.groups()
        months.append(year + (month or rest))
        years.append(year)
    return "/".join(dict.fromkeys(months)), "/".join(dict.fromkeys(years))


def organization_by_span(document: Document) -> dict[Offsets, str]:
    """The organisation (id) that each of the spans names."""
    owner = {m: o.id for o in document.organizations for m in o.mentions}
    return {(m.start, m.end): owner[m.id] for m in document.mentions if m.id in owner}


def _names(document: Document, by_span: dict[Offsets, str], by_text: dict[str, str]) -> Names:
    """What each mention names: a gold organisation (its id), else the words without blanks.

    An ORG mention is the gold organisation that has this span, or else this text; or else the one
    that another mention of its own organisation is.
    """
    names: Names = {}
    for m in document.mentions:
        name = names[m.id] = plain(m.text)
        if m.label == "ORG" and (own := by_span.get((m.start, m.end)) or by_text.get(name)):
            names[m.id] = (own,)
    for organization in document.organizations:
        ids = [m for m in organization.mentions if m in names]
        rest = [i for i in ids if not isinstance(names[i], tuple)]
        if rest:
            shared = next((names[i] for i in ids if isinstance(names[i], tuple)), None)
            names |= dict.fromkeys(rest, shared or plain(organization.name))
    return names


def plain(words: str) -> str:
    """The words without their blanks."""
    return words if words.isalnum() else "".join(words.split())


def _facts(gold: Document, document: Document, names: Sequence[Names]) -> tuple[Items, Items]:
    """Facts paired one to one: the same kind, as many common actors as there are, at least one."""
    wanted, found = _described(gold, names[0]), _described(document, names[1])
    made: Items = {}
    free = {at: actors for at, (_, actors) in enumerate(wanted)}
    for at, (item, own) in enumerate(found):
        fits = [n for n in free if wanted[n][0][3] == item[3] and free[n] & own]
        best = max(fits, key=lambda n: len(free[n] & own), default=None)
        free.pop(-1 if best is None else best, None)
        made[("spurious", at) if best is None else ("gold", best)] = item
    return {("gold", at): item for at, (item, _) in enumerate(wanted)}, made


def _described(document: Document, names: Names) -> list[tuple[Item, Keys]]:
    """Each fact as an item, and what its actors name."""
    if not document.facts:
        return []
    members = {o.id: o.mentions for o in document.organizations}
    called = {o.id: o.name for o in document.organizations}
    return [
        (
            (f.start, f.end, f"{f.kind}: {', '.join(called.get(a, a) for a in f.actors)}", f.kind),
            {names[m] for a in f.actors for m in members.get(a, (a,)) if m in names},
        )
        for f in document.facts
    ]


def relaxed_matches(gold: Side, predicted: Side, mentions: Sequence[Mention]) -> int:
    """How many relations agree in type and both ends, an end being right where the names agree or
    the span overlaps a gold mention (of `mentions`) of the same name.

    Relations are paired one to one, those that agree strictly first.
    """
    wanted, found = gold.relations.keys(), predicted.relations.keys()
    right = len(wanted & found)
    left, rest = sorted(wanted - found, key=repr), sorted(found - wanted, key=repr)
    if not left or not rest:
        return right
    spans: dict[Hashable, list[Offsets]] = defaultdict(list)
    for m in mentions:
        spans[gold.names[m.id]].append((m.start, m.end))

    def agrees(name: Hashable, other: Hashable, where: Offsets) -> bool:
        return name == other or any(s < where[1] and where[0] < e for s, e in spans[name])

    for relation in rest:
        kind, head, tail = relation
        head_span, tail_span, _ = predicted.relations[relation]
        for candidate in left:
            its_kind, its_head, its_tail = candidate
            if (
                kind == its_kind
                and agrees(its_head, head, head_span)
                and agrees(its_tail, tail, tail_span)
            ):
                left.remove(candidate)
                right += 1
                break
    return right


def clusters(gold: Document, owners: dict[Offsets, str], wanted: dict[Offsets, str]) -> Items:
    """The organisations of one side as sets of gold mentions."""
    spans: dict[str, list[Offsets]] = defaultdict(list)
    for span, organization in sorted(owners.items()):
        if span in wanted:
            spans[organization].append(span)
    return {
        frozenset(own): (*own[0], " | ".join(gold.text[slice(*span)] for span in own), None)
        for own in spans.values()
    }
