"""Which records of several annotators speak of the same thing, and who agrees with whom.

Records are grouped kind by kind. What a group holds depends on the kind:

- mentions, quotes: what overlaps, so that a name cut in two and the whole name are one group;
- dates, counts: the records of one mention, of the annotators who marked exactly that mention;
- organisations: clusters that share a mention; compared on the mentions that both have;
- relations: same type between the same things; where a boundary is disputed, overlapping ones;
- facts: all that agree in full, then those of an actor and a stretch of text in common.

An annotator who could not have said it (who has no such mention at all) does not judge the group:
the dispute is about the mention, and is listed there.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TypeVar

from lgtalent_ie.errors import DataError
from lgtalent_ie.evaluation.gold import GoldDocument, Offsets, check_text
from lgtalent_ie.evaluation.spanned import (
    Record,
    RecordKind,
    SpanFact,
    SpanMention,
    Spanned,
    SpanOrganization,
    SpanQuote,
    SpanRelation,
    extent,
    to_spans,
)

Names = frozenset[Hashable]
SaidRelation = tuple[str, SpanRelation]
SaidFact = tuple[str, SpanFact]
T = TypeVar("T")
Spread = TypeVar("Spread", SpanMention, SpanQuote)


@dataclass(frozen=True, slots=True)
class Group:
    """Records of one kind about one thing.

    `says` is by annotator what those who judged it say, nothing where they saw nothing;
    `camps` are the annotators who agree with one another, each in one camp.
    """

    kind: RecordKind
    start: int
    end: int
    says: Mapping[str, tuple[Record, ...]]
    camps: tuple[tuple[str, ...], ...]

    def winners(self, majority: bool = False) -> tuple[str, ...]:
        """The annotators who agree if they are all, with `majority` more than half; else none."""
        largest = max(self.camps, key=len)
        needed = len(self.says) // 2 + 1 if majority else len(self.says)
        return largest if len(largest) >= needed else ()


@dataclass(frozen=True, slots=True)
class Index:
    """The mentions of one set of marks: their labels, and by what each may be known.

    A mention is known by its span, an ORG also by those of its organisation; where the text is
    known also by its words.
    """

    labels: Mapping[Offsets, str]
    names: Mapping[Offsets, Names]

    @classmethod
    def of(cls, spans: Spanned, text: str | None) -> Index:
        names: dict[Offsets, Names] = {}
        for m in spans.mentions:
            own: set[Hashable] = {m.span}
            if text is not None:
                own.add((m.label, plain(text, m.span)))
            names[m.span] = frozenset(own)
        for o in spans.organizations:
            members = [span for span in o.mentions if span in names]
            shared = frozenset[Hashable]().union(*(names[span] for span in members))
            names |= dict.fromkeys(members, shared)
        return cls({m.span: m.label for m in spans.mentions}, names)

    def find(self, span: Offsets, known: Names, label: str | None) -> Offsets | None:
        """The mention that is the one at `span` of other marks, there `known` by these names.

        The same span; or the nearest known by one of the same names; or one that overlaps it and
        has the same label. None where there is none. A number is not known by its words: the same
        type between the same things may be told twice, but two of `10명` are seldom the same ten.
        """
        if span in self.labels:
            return span
        alike = [
            s
            for s, names in self.names.items()
            if label != "QUANTITY" and not names.isdisjoint(known)
        ]
        alike = alike or [s for s in self.labels if overlap(s, span)]
        alike = [s for s in alike if label is None or self.labels[s] == label]
        return min(alike, key=lambda s: (abs(s[0] - span[0]), s), default=None)

    def same(self, own: Offsets, other: Index, its: Offsets, near: bool = False) -> bool:
        """Whether two mentions are the same thing; `near`, whether they may be but for an end."""
        if not self.names[own].isdisjoint(other.names[its]):
            return True
        return near and overlap(own, its) and self.labels[own] == other.labels[its]


@dataclass(frozen=True, slots=True)
class Aligned:
    """The groups of a document, by kind and place, and what each annotator marked."""

    groups: tuple[Group, ...]
    records: Mapping[str, Spanned]
    indexes: Mapping[str, Index]


def align(marks: Mapping[str, GoldDocument], text: str | None = None) -> Aligned:
    """Group the records of two or more annotators (name → marks) of one document.

    With the text, words are compared where it does not matter which mention carries them.
    Raises DataError where the marks are of different texts, or are not well formed.
    """
    check_same_text(marks, text)
    records = {name: to_spans(gold) for name, gold in marks.items()}
    indexes = {name: Index.of(spans, text) for name, spans in records.items()}
    groups = [
        *_mentions(records),
        *_organizations(records, indexes, text),
        *_values(records, indexes, "dates"),
        *_values(records, indexes, "counts"),
        *_quotes(records, text),
        *_relations(records, indexes),
        *_facts(records, indexes),
    ]
    return Aligned(tuple(groups), records, indexes)


def check_same_text(marks: Mapping[str, GoldDocument], text: str | None = None) -> None:
    """DataError for fewer than two annotators, or marks of different texts."""
    if len(marks) < 2:
        raise DataError(f"marks of {', '.join(marks) or 'nobody'}", "two annotators or more",
                        "give another's marks of the same document")  # fmt: skip
    for one, other in combinations(marks, 2):
        first, second = marks[one], marks[other]
        if (first.sha256, first.length) != (second.sha256, second.length):
            raise DataError(
                f"{first.document}: {one} marked a text of {first.length} characters, sha256 "
                f"{first.sha256[:12]}…, {other} one of {second.length}, {second.sha256[:12]}…",
                "marks of the same text", "mark the same file, every blank included",
            )  # fmt: skip
    for gold in marks.values() if text is not None else ():
        check_text(gold, text or "")


def plain(text: str, span: Offsets) -> str:
    """The words at a span without blanks."""
    return "".join(text[slice(*span)].split())


def overlap(one: Offsets, other: Offsets) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def linked(items: Sequence[T], same: Callable[[T, T], bool]) -> list[list[T]]:
    """The items in connected components, in order of their first."""
    parts: list[list[T]] = []
    for item in items:
        fit = [part for part in parts if any(same(other, item) for other in part)]
        if not fit:
            parts.append([item])
            continue
        fit[0].append(item)
        for part in fit[1:]:
            fit[0].extend(part)
        parts = [part for part in parts if not any(part is gone for gone in fit[1:])]
    return parts


def _mentions(records: Mapping[str, Spanned]) -> Iterable[Group]:
    for part in _overlapping(records, lambda spans: spans.mentions):
        says = {name: _own(part, name) for name in records}
        yield _group("mentions", says, _equal(says))


def _organizations(
    records: Mapping[str, Spanned], indexes: Mapping[str, Index], text: str | None
) -> Iterable[Group]:
    items: list[tuple[str, SpanOrganization]] = []
    for name, spans in records.items():
        items += [(name, o) for o in spans.organizations]
        owned = {span for o in spans.organizations for span in o.mentions}
        if owned:  # One without an organisation is one of its own, for those who marked any.
            alone = (m.span for m in spans.mentions if m.label == "ORG" and m.span not in owned)
            items += [(name, SpanOrganization(span, (span,))) for span in alone]

    def share(one: tuple[str, SpanOrganization], other: tuple[str, SpanOrganization]) -> bool:
        return not set(one[1].mentions).isdisjoint(other[1].mentions)

    def word(span: Offsets) -> Hashable:
        return span if text is None else plain(text, span)

    for part in linked(items, share):
        says = {name: own for name in records if (own := _own(part, name))}

        def same(a: str, b: str, says: Mapping[str, Sequence[SpanOrganization]] = says) -> bool:
            left, right = indexes[a].labels, indexes[b].labels
            both = {span for span in left if left[span] == right.get(span) == "ORG"}
            names = [
                {frozenset(both & set(o.mentions)): o.name for o in says[side]} for side in (a, b)
            ]
            for side in names:
                side.pop(frozenset(), None)
            return names[0].keys() == names[1].keys() and all(
                word(own) == word(its)
                for cluster, own in names[0].items()
                if (its := names[1][cluster]) in both and own in both
            )

        group = _group("organizations", says, same)
        if len(group.camps) == 1 and any(len(own) > 1 for own in says.values()):
            # Every two agree on what both have, but together they join what one keeps apart.
            group = replace(group, camps=tuple((name,) for name in says))
        yield group


def _values(
    records: Mapping[str, Spanned], indexes: Mapping[str, Index], kind: RecordKind
) -> Iterable[Group]:
    labels = ("DATE", "TIME") if kind == "dates" else ("QUANTITY",)
    own = {name: list(getattr(spans, kind)) for name, spans in records.items()}
    for place in sorted({record.mention for values in own.values() for record in values}):
        says = {
            name: tuple(record for record in values if record.mention == place)
            for name, values in own.items()
            if indexes[name].labels.get(place) in labels
        }
        yield _group(kind, says, _equal(says))


def _quotes(records: Mapping[str, Spanned], text: str | None) -> Iterable[Group]:
    parts = _overlapping(records, lambda spans: spans.quotes)
    # A quote goes on another whatever the ends of that are.
    home = {(name, q.span): n for n, part in enumerate(parts) for name, q in part}

    def form(name: str, quote: SpanQuote) -> tuple[Hashable, ...]:
        known = quote.name and (quote.name if text is None else plain(text, quote.name))
        before = quote.continues and home[name, quote.continues]
        return (*quote.span, quote.kind, quote.cue, quote.speaker, known, before)

    for part in parts:
        says = {name: _own(part, name) for name in records}
        forms = {name: [form(name, quote) for quote in own] for name, own in says.items()}
        yield _group("quotes", says, _equal(forms))


def _relations(records: Mapping[str, Spanned], indexes: Mapping[str, Index]) -> Iterable[Group]:
    items = [(name, r) for name, spans in records.items() for r in spans.relations]

    def same(one: SaidRelation, other: SaidRelation, near: bool = False) -> bool:
        (a, first), (b, second) = one, other
        return first.type == second.type and all(
            indexes[a].same(own, indexes[b], its, near)
            for own, its in ((first.head, second.head), (first.tail, second.tail))
        )

    whole: list[list[SaidRelation]] = []
    for part in linked(items, same):
        judges = {name for name, _ in part}
        fit = next(
            (
                other
                for other in whole
                if judges.isdisjoint(name for name, _ in other)
                and any(same(a, b, near=True) for a in other for b in part)
            ),
            None,
        )
        if fit is None:
            whole.append(part)
        else:
            fit.extend(part)
    for part in whole:
        says = {
            name: own
            for name in records
            if (own := _own(part, name)) or any(_could_say(r, indexes, name) for r in part)
        }
        # Told by two mentions of one thing, a relation is still one.
        told = {name: len(linked([(name, r) for r in own], same)) for name, own in says.items()}
        yield _group("relations", says, _equal(told))


def _could_say(item: tuple[str, SpanRelation], indexes: Mapping[str, Index], name: str) -> bool:
    """Whether an annotator has both ends of another's relation."""
    its = indexes[item[0]]
    return all(
        indexes[name].find(span, its.names[span], its.labels[span])
        for span in (item[1].head, item[1].tail)
    )


def _facts(records: Mapping[str, Spanned], indexes: Mapping[str, Index]) -> Iterable[Group]:
    items = [(name, f) for name, spans in records.items() for f in spans.facts]

    def same(one: SaidFact, other: SaidFact) -> bool:
        (a, first), (b, second) = one, other

        def match(own: Iterable[Offsets | None], its: Iterable[Offsets | None]) -> bool:
            left, right = (list(filter(None, side)) for side in (own, its))
            alike = [[indexes[a].same(x, indexes[b], y, near=True) for y in right] for x in left]
            every = all(map(any, alike)) and all(map(any, zip(*alike, strict=True)))
            return len(left) == len(right) and every

        return (
            (first.kind, first.start, first.end, first.date)
            == (second.kind, second.start, second.end, second.date)
            and match([first.event], [second.event])
            and match([first.place], [second.place])
            and match(first.actors, second.actors)
            and match(first.counts, second.counts)
            and match(first.partners, second.partners)
        )

    def kin(one: SaidFact, other: SaidFact) -> bool:
        (a, first), (b, second) = one, other
        return overlap((first.start, first.end), (second.start, second.end)) and any(
            indexes[a].same(x, indexes[b], y, near=True)
            for x in first.actors
            for y in second.actors
        )

    rest: list[SaidFact] = []
    for part in linked(items, lambda one, other: one[0] != other[0] and same(one, other)):
        if sorted(name for name, _ in part) == sorted(records):
            yield _group("facts", {name: _own(part, name) for name in records}, lambda a, b: True)
        else:
            rest += part
    for part in linked(rest, kin):
        says = {name: _own(part, name) for name in records}

        def agree(a: str, b: str, says: Mapping[str, Sequence[SpanFact]] = says) -> bool:
            return len(says[a]) == len(says[b]) and all(
                any(same((a, own), (b, its)) for its in says[b]) for own in says[a]
            )

        yield _group("facts", says, agree)


def _overlapping(
    records: Mapping[str, Spanned], of: Callable[[Spanned], Iterable[Spread]]
) -> list[list[tuple[str, Spread]]]:
    """All annotators' records in stretches that overlap."""
    items = [(name, record) for name, spans in records.items() for record in of(spans)]
    parts: list[list[tuple[str, Spread]]] = []
    end = 0
    for name, record in sorted(items, key=lambda item: item[1].span):
        if not parts or record.start >= end:
            parts.append([])
        parts[-1].append((name, record))
        end = max(end, record.end)
    return parts


def _own(part: Iterable[tuple[str, T]], name: str) -> tuple[T, ...]:
    return tuple(record for whose, record in part if whose == name)


def _equal(forms: Mapping[str, object]) -> Callable[[str, str], bool]:
    """Whether two annotators' forms are equal."""
    return lambda one, other: forms[one] == forms[other]


def _group(
    kind: RecordKind, says: Mapping[str, tuple[Record, ...]], same: Callable[[str, str], bool]
) -> Group:
    camps: list[list[str]] = []
    for name in says:
        fit = next((camp for camp in camps if all(same(other, name) for other in camp)), None)
        if fit is None:
            camps.append([name])
        else:
            fit.append(name)
    places = [extent(record) for own in says.values() for record in own]
    start, end = min(places)[0], max(end for _, end in places)
    if kind in ("organizations", "relations"):  # These reach over the page: say where they begin.
        end = min(places)[1]
    return Group(kind, start, end, says, tuple(map(tuple, camps)))
