"""Two or more annotators' marks of one document made into one.

What all agree on goes in (with `majority`, what more than half of them do); the rest is settled by
decisions, or by the word of one of them. Records follow their mentions: those of a mention that
did not stand go with it, and what rested on it moves to another mention of the same thing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec

from lgtalent_ie.annotation.decisions import Decision, settle
from lgtalent_ie.errors import DataError
from lgtalent_ie.evaluation.aligned import Aligned, Group, Index, align, overlap, plain
from lgtalent_ie.evaluation.disagreements import Disagreement, disagreement, identified
from lgtalent_ie.evaluation.gold import GoldDocument, Offsets
from lgtalent_ie.evaluation.spanned import (
    Record,
    SpanCount,
    SpanDate,
    SpanFact,
    SpanMention,
    Spanned,
    SpanOrganization,
    SpanQuote,
    SpanRelation,
    describe,
    from_spans,
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Merged:
    """One document of all annotators; `dropped` tells what stood but lost what it rested on."""

    gold: GoldDocument
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Settled:
    """A group and what stands of it; `source` is whose words they are, None for a replacement."""

    group: Group
    records: tuple[Record, ...]
    source: str | None


def unresolved(
    marks: Mapping[str, GoldDocument],
    text: str | None = None,
    decisions: Mapping[str, Decision] | None = None,
    prefer: str | None = None,
    majority: bool = False,
) -> tuple[Disagreement, ...]:
    """The disagreements that keep `merge` (which see) from merging."""
    return _settle(marks, align(marks, text), text, decisions or {}, prefer, majority)[1]


def merge(
    marks: Mapping[str, GoldDocument],
    text: str | None = None,
    decisions: Mapping[str, Decision] | None = None,
    prefer: str | None = None,
    majority: bool = False,
) -> Merged:
    """One document from the annotators' marks (name → marks), its mentions renumbered from m1.

    A disagreement (`disagreements.disagreements`, which gives the ids) is settled by its decision;
    without one by more than half of those who judged it, where `majority` is given; without them
    by `prefer`, the name of an annotator. Decisions on other documents are left aside. Scores are
    not kept: what people settled has none. With the text, fewer things are disagreements.

    Raises DataError, which lists them, where disagreements are left; where the annotators' texts
    differ, or without `prefer` their guidelines or dates of publication; and where a decision
    makes no well-formed document.

    >>> merge({"kim": kim, "lee": lee}, text, prefer="kim").gold.annotators
    ('kim', 'lee')
    """
    aligned = align(marks, text)
    settled, left = _settle(marks, aligned, text, decisions or {}, prefer, majority)
    if left:
        raise unresolved_error(left, marks)
    golds = list(marks.values())
    if prefer is None and (clash := heading_clash(marks)):
        raise DataError(clash, "the same from all annotators", "correct the files")
    like = golds[0] if prefer is None else marks[prefer]
    spans, dropped = _Merge(aligned, text, prefer).spans(settled)
    annotators = tuple(dict.fromkeys(name for gold in golds for name in gold.annotators))
    carried = next((gold.text for gold in golds if gold.text is not None), None)
    like = msgspec.structs.replace(like, text=carried)
    return Merged(from_spans(spans, like, annotators, max(g.marked for g in golds)), dropped)


def heading_clash(marks: Mapping[str, GoldDocument]) -> str | None:
    """What annotators differ in before any mark: the date of publication, the guidelines.

    >>> heading_clash({"kim": kim, "lee": lee})
    'article: published 2023-06-22 (kim), None (lee)'
    """
    for field in ("published", "guidelines"):
        given = {name: getattr(gold, field) for name, gold in marks.items()}
        if len(set(given.values())) > 1:
            listed = ", ".join(f"{value} ({name})" for name, value in given.items())
            return f"{next(iter(marks.values())).document}: {field} {listed}"
    return None


def unresolved_error(left: Iterable[Disagreement], annotators: Iterable[str]) -> DataError:
    """The error that lists what nothing settles."""
    ids = [item.id for item in left]
    return DataError(
        f"{len(ids)} disagreements that nothing settles: {', '.join(ids)}",
        "a decision for each",
        f"write them down, or let the marks of one stand: {', '.join(annotators)}",
    )


def _settle(
    marks: Mapping[str, GoldDocument],
    aligned: Aligned,
    text: str | None,
    decisions: Mapping[str, Decision],
    prefer: str | None,
    majority: bool,
) -> tuple[list[Settled], tuple[Disagreement, ...]]:
    """What stands of each group, and what nothing settles."""
    if prefer is not None and prefer not in marks:
        raise DataError(f"no annotator {prefer!r}", ", ".join(marks), "correct the name")
    document = next(iter(marks.values())).document
    settled: list[Settled] = []
    left: list[Disagreement] = []
    for name, group in identified(document, aligned).items():
        if group.kind in ("dates", "counts") and not left and not _stands(group, settled):
            continue  # The mention went, and its value with it.
        disputed = len(group.camps) > 1
        winners = group.winners(majority)
        if disputed and name in decisions:
            decision = decisions[name]
            records = settle(disagreement(name, document, group, text), decision)
            settled.append(Settled(group, records, decision.right))
        elif winners or (prefer is not None and prefer in group.says):
            source = prefer if not winners or prefer in winners else winners[0]
            assert source is not None
            settled.append(Settled(group, group.says[source], source))
        else:
            left.append(disagreement(name, document, group, text))
    return settled, tuple(left)


def _stands(group: Group, settled: Iterable[Settled]) -> bool:
    """Whether the mention of a date or count is one, with a label for such a value."""
    labels = ("DATE", "TIME") if group.kind == "dates" else ("QUANTITY",)
    return any(
        isinstance(m, SpanMention) and m.span == (group.start, group.end) and m.label in labels
        for part in settled
        if part.group.kind == "mentions"
        for m in part.records
    )


class _Merge:
    """The merge of one document: finds for every span a record names the mention that stands."""

    def __init__(self, aligned: Aligned, text: str | None, prefer: str | None) -> None:
        self.aligned, self.text = aligned, text
        # Whose mention is asked first by what names it is known.
        self.order = sorted(aligned.indexes, key=lambda name: name != prefer)
        self.index = Index({}, {})
        self.dropped: list[str] = []

    def spans(self, settled: Iterable[Settled]) -> tuple[Spanned, tuple[str, ...]]:
        parts = list(settled)
        mentions = tuple(_of(parts, SpanMention))
        organizations = tuple(self.organizations(mentions, parts))
        self.index = Index.of(Spanned(mentions, organizations), self.text)
        found = Spanned(
            mentions,
            organizations,
            tuple(d for d in _of(parts, SpanDate) if self.has_mention(d)),
            tuple(c for c in _of(parts, SpanCount) if self.has_mention(c)),
            tuple(self.quotes(parts)),
            tuple(self.relations(parts)),
            tuple(self.facts(parts)),
        )
        self.tell_bare(found)
        return found, tuple(self.dropped)

    def organizations(
        self, mentions: Iterable[SpanMention], parts: Iterable[Settled]
    ) -> Iterator[SpanOrganization]:
        standing = {m.span for m in mentions if m.label == "ORG"}
        for part in parts:
            if part.group.kind != "organizations":
                continue
            said = [
                o
                for own in part.group.says.values()
                for o in own
                if isinstance(o, SpanOrganization)
            ]
            clusters = list(_of([part], SpanOrganization))
            members = [set(o.mentions) for o in clusters]
            # Mentions that only another annotator has: they go where their fellows are.
            for other in said if part.source is not None else ():
                fellows = set(other.mentions)
                extra = fellows - set[Offsets]().union(*members)
                fit = max(members, key=lambda own: len(own & fellows), default=None)
                if fit is not None and fit & fellows:
                    fit |= extra
                elif extra:
                    clusters.append(other)
                    members.append(extra)
            for cluster, own in zip(clusters, members, strict=True):
                if own & standing:
                    name = self.name(cluster, own & standing, [o.name for o in said])
                    yield SpanOrganization(name, tuple(sorted(own & standing)))

    def name(
        self, cluster: SpanOrganization, own: set[Offsets], others: Iterable[Offsets]
    ) -> Offsets:
        """The mention that carries the name, or the next best of those that stand."""
        if cluster.name in own:
            return cluster.name
        if self.text is not None:
            words = plain(self.text, cluster.name)
            for span in sorted(own):
                if plain(self.text, span) == words:
                    return span
        name = next((span for span in others if span in own), min(own))
        self.tell(cluster, f"its name stands no more, that at {name[0]}..{name[1]} does")
        return name

    def quotes(self, parts: Iterable[Settled]) -> Iterator[SpanQuote]:
        sourced = [
            (r, part.source) for part in parts for r in part.records if isinstance(r, SpanQuote)
        ]
        places = sorted(quote.span for quote, _ in sourced)
        for quote, source in sourced:
            name = quote.name and self.find(quote.name, source)
            if quote.name and name is None:
                self.tell(quote, "the mention of the speaker's name does not stand")
            before = None
            if quote.continues is not None:
                earlier = [p for p in places if p < quote.span and overlap(p, quote.continues)]
                before = (
                    quote.continues if quote.continues in earlier else max(earlier, default=None)
                )
                if before is None:
                    self.tell(quote, "the quote it continues does not stand")
            yield msgspec.structs.replace(quote, name=name, continues=before)

    def relations(self, parts: Iterable[Settled]) -> Iterator[SpanRelation]:
        kept: list[SpanRelation] = []
        same = self.index.same
        for part in parts:
            for relation in _of([part], SpanRelation):
                head, tail = (self.find(s, part.source) for s in (relation.head, relation.tail))
                if head is None or tail is None:
                    end = "head" if head is None else "tail"
                    self.tell(relation, f"left out: its {end} does not stand")
                    continue
                # Two may have become one where the mentions they rested on did.
                if not any(
                    other.type == relation.type
                    and same(head, self.index, other.head)
                    and same(tail, self.index, other.tail)
                    for other in kept
                ):
                    kept.append(SpanRelation(relation.type, head, tail))
        yield from kept

    def facts(self, parts: Iterable[Settled]) -> Iterator[SpanFact]:
        for part in parts:
            for fact in _of([part], SpanFact):
                fields: dict[str, Any] = {}
                for field in ("event", "place"):
                    span = getattr(fact, field)
                    fields[field] = span and self.find(span, part.source)
                    if span and fields[field] is None:
                        self.tell(fact, f"its {field} does not stand")
                for field in ("actors", "partners", "counts"):
                    label = None if field == "counts" else "ORG"
                    spans = [self.find(s, part.source, label) for s in getattr(fact, field)]
                    fields[field] = tuple(dict.fromkeys(s for s in spans if s is not None))
                    if None in spans:
                        self.tell(fact, f"one of its {field} does not stand")
                if fact.actors and not fields["actors"]:
                    self.tell(fact, "left out: no actor stands")
                else:
                    yield msgspec.structs.replace(fact, **fields)

    def has_mention(self, value: SpanDate | SpanCount) -> bool:
        """Whether the mention of a value stands; only a replacement can have another."""
        if value.mention in self.index.labels:
            return True
        self.tell(value, "left out: its mention does not stand")
        return False

    def find(self, span: Offsets, source: str | None, label: str | None = None) -> Offsets | None:
        """The standing mention that is the one at `span` of `source`; of anyone where None."""
        asked = self.order if source is None else [source]
        own = next((i for n in asked if span in (i := self.aligned.indexes[n]).labels), None)
        if own is None:  # A replacement's own span.
            return span if span in self.index.labels else None
        found = self.index.find(span, own.names[span], own.labels[span])
        return found if label is None or self.index.labels.get(found or span) == label else None

    def tell_bare(self, found: Spanned) -> None:
        """Tell what replacements left bare: mentions whose value or organisation nobody gave."""
        bare = _bare(found)
        for spans in self.aligned.records.values():
            bare -= _bare(spans)
        for m in sorted(bare, key=lambda m: m.span):
            self.tell(m, "has no record of its own")

    def tell(self, record: Record, what: str) -> None:
        self.dropped.append(f"{describe(record, self.text)}: {what}")


def _of(parts: Iterable[Settled], kind: type[T]) -> Iterator[T]:
    return (r for part in parts for r in part.records if isinstance(r, kind))


def _bare(spans: Spanned) -> set[SpanMention]:
    """The mentions that should have a date, a count or an organisation and have none."""
    owned = {
        "ORG": {span for o in spans.organizations for span in o.mentions},
        "DATE": {d.mention for d in spans.dates},
        "QUANTITY": {c.mention for c in spans.counts},
    }
    owned["TIME"] = owned["DATE"]
    return {m for m in spans.mentions if m.label in owned and m.span not in owned[m.label]}
