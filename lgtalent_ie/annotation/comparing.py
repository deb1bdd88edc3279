"""What people changed in a document, and what rests on it: one finding for each change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lgtalent_ie.annotation.marked import Marked
from lgtalent_ie.evaluation.gold import GoldDocument, GoldFact, GoldMention, GoldQuote

# The record that a mention of a label has; every mention of it, where a document has any.
RECORD_OF: Mapping[str, str] = {
    "ORG": "organizations", "DATE": "dates", "TIME": "dates", "QUANTITY": "counts",
}  # fmt: skip
# So many mentions that moved by the same way were moved by a program, not by a person.
SHIFTED = 2


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to tell of an import; `needs_person` where it must be looked at once more.

    >>> print(Finding("marks.json", "article", "mention added", "ORG 3..7 '한빛전자'", False))
    marks.json: article: mention added: ORG 3..7 '한빛전자'
    """

    file: str
    document: str
    kind: str
    detail: str
    needs_person: bool

    def __str__(self) -> str:
        parts = (self.file, self.document, self.kind, self.detail)
        return ": ".join(part for part in parts if part)


def compare(was: Marked, now: Marked, file: str, valued: frozenset[str]) -> Iterator[Finding]:
    """All differences of two markings of one text whose mentions have the same ids.

    `valued` names the records (`organizations`, `dates`, `counts`) that mentions must have: a new
    mention without one is a finding.
    """
    document = was.gold.document

    def finding(kind: str, detail: str, needs_person: bool) -> Finding:
        return Finding(file, document, kind, detail, needs_person)

    fates = Fates(was, now)
    for shift, number in fates.shifts().items():
        if number >= SHIFTED:
            said = (
                f"{number} mentions stand {abs(shift)} characters "
                f"{'later' if shift > 0 else 'earlier'} than exported, none of another length: "
                "were they counted in other units?"
            )
            yield finding("offsets moved", said, True)
    for kind, detail in fates.mentions():
        yield finding(kind, detail, False)
    for kind, detail, needs_person in rests(was.gold, now.gold, fates):
        yield finding(kind, detail, needs_person)
    for detail in missing_records(was.gold, now.gold, fates, valued):
        yield finding("record missing", detail, True)


class Fates:
    """What became of each mention of a document."""

    def __init__(self, was: Marked, now: Marked) -> None:
        self.was, self.now = was, now
        self.old = {m.id: m for m in was.gold.mentions}
        self.new = {m.id: m for m in now.gold.mentions}

    def gone(self, mention: str | None) -> bool:
        """True where an exported mention is no longer there."""
        return mention is not None and mention not in self.new

    def relabelled(self, mention: str | None) -> bool:
        """True where it is there with another label."""
        return mention in self.new and self.old[mention].label != self.new[mention].label

    def respanned(self, mention: str | None) -> bool:
        """True where it is there with other words."""
        if mention not in self.new:
            return False
        old, new = self.old[mention], self.new[mention]
        return (old.start, old.end) != (new.start, new.end)

    def told(self, mention: str) -> str:
        """A mention as it was exported."""
        return described(self.old[mention], self.was.text)

    def became(self, mention: str) -> str:
        """What became of an exported mention, in words."""
        if self.gone(mention):
            return f"{self.told(mention)} was deleted"
        return f"{self.told(mention)} is now {described(self.new[mention], self.now.text)}"

    def mentions(self) -> Iterator[tuple[str, str]]:
        """(kind, detail) of each mention that was deleted, changed or added."""
        for mention in self.old:
            if self.gone(mention):
                yield "mention deleted", self.told(mention)
            elif self.relabelled(mention) or self.respanned(mention):
                yield "mention changed", self.became(mention)
        for mention, new in self.new.items():
            if mention not in self.old:
                yield "mention added", described(new, self.now.text)

    def shifts(self) -> Counter[int]:
        """How many mentions stand elsewhere with the same label and length, by how far."""
        left = {i: m for i, m in self.old.items() if self.gone(i)}
        added = [m for i, m in self.new.items() if i not in self.old]
        found: Counter[int] = Counter(
            self.new[i].start - m.start
            for i, m in self.old.items()
            if self.respanned(i) and m.end - m.start == self.new[i].end - self.new[i].start
        )
        for m in left.values():
            near = [
                n.start - m.start
                for n in added
                if n.label == m.label and n.end - n.start == m.end - m.start
            ]
            if near:
                found[min(near, key=abs)] += 1
        return found


def described(mention: GoldMention, text: str) -> str:
    """`ORG 3..7 '한빛전자'`."""
    words = text[mention.start : mention.end]
    return f"{mention.label} {mention.start}..{mention.end} {words!r}"


def rests(was: GoldDocument, now: GoldDocument, fates: Fates) -> Iterator[tuple[str, str, bool]]:
    """(kind, detail, needs a person) of relations and records whose mentions changed."""
    yield from relations(was, now, fates)
    yield from values(was, now, fates)
    for o in was.organizations:
        if fates.gone(o.name_mention) or fates.relabelled(o.name_mention):
            left = [m for m in o.mentions if not fates.gone(m) and not fates.relabelled(m)]
            said = f"the name of an organisation with {len(left)} other mentions"
            yield "record to check", f"{fates.became(o.name_mention)}: {said}", bool(left)
    for q in was.quotes:
        if q.name_mention is not None and changed(q.name_mention, fates):
            said = f"it names the speaker of the quote at {q.start}..{q.end}"
            needed = not fates.respanned(q.name_mention)
            if named_again(q, now.quotes, fates):
                needed = False
            yield "record to check", f"{fates.became(q.name_mention)}: {said}", needed
    for f in was.facts:
        for role, mention in parts(f):
            if changed(mention, fates):
                said = f"{role} of the fact {f.kind!r} at {f.start}..{f.end}"
                needed = fates.gone(mention) or fates.relabelled(mention)
                yield "record to check", f"{fates.became(mention)}: {said}", needed


def relations(
    was: GoldDocument, now: GoldDocument, fates: Fates
) -> Iterator[tuple[str, str, bool]]:
    """Relations that are gone, with or without their mentions, and new ones."""
    after = {(r.type, r.head, r.tail) for r in now.relations}
    before = {(r.type, r.head, r.tail) for r in was.relations}
    for kind, head, tail in sorted(before - after):
        lost = [m for m in (head, tail) if fates.gone(m)]
        told = f"{kind} from {fates.told(head)} to {fates.told(tail)}"
        if lost:
            yield "relation lost", f"{told}: {fates.became(lost[0])}", True
        else:
            yield "relation deleted", told, False
    for kind, head, tail in sorted(before & after):
        for mention in (head, tail):
            if fates.relabelled(mention):
                yield "record to check", f"{kind} rests on it: {fates.became(mention)}", True
    text = fates.now.text
    for kind, head, tail in sorted(after - before):
        ends = described(fates.new[head], text), described(fates.new[tail], text)
        yield "relation added", f"{kind} from {ends[0]} to {ends[1]}", False


def values(was: GoldDocument, now: GoldDocument, fates: Fates) -> Iterator[tuple[str, str, bool]]:
    """Dates and counts: gone with their mention, or with a value that is of other words."""
    for name, before, after in (
        ("date", was.dates, now.dates),
        ("count", was.counts, now.counts),
    ):
        kept = {record.mention: record for record in after}
        for record in before:
            mention = record.mention
            if fates.gone(mention) or (fates.relabelled(mention) and mention not in kept):
                yield "record dropped", f"{name} {record.value}: {fates.became(mention)}", False
            elif mention not in kept:
                yield "record dropped", f"{name} {record.value} of {fates.told(mention)}", False
            elif changed(mention, fates) and kept[mention] == record:
                said = f"{name} {record.value} may no longer be right: {fates.became(mention)}"
                yield "record to check", said, True


def named_again(q: GoldQuote, now: tuple[GoldQuote, ...], fates: Fates) -> bool:
    """True where the quote has a name that is there, which is not the one it had."""
    same = [n.name_mention for n in now if (n.start, n.end) == (q.start, q.end)]
    return any(name is not None and name != q.name_mention for name in same)


def changed(mention: str, fates: Fates) -> bool:
    return fates.gone(mention) or fates.relabelled(mention) or fates.respanned(mention)


def parts(fact: GoldFact) -> Iterator[tuple[str, str]]:
    """(role, mention) of all that a fact names."""
    yield from (("actor", m) for m in fact.actors)
    yield from (("partner", m) for m in fact.partners)
    yield from (("count", m) for m in fact.counts)
    if fact.event is not None:
        yield "event", fact.event
    if fact.place is not None:
        yield "place", fact.place


def missing_records(
    was: GoldDocument, now: GoldDocument, fates: Fates, valued: frozenset[str]
) -> Iterator[str]:
    """New or relabelled mentions without the record that their label asks for."""
    having = with_records(now)
    for mention in now.mentions:
        record = RECORD_OF.get(mention.label)
        is_new = mention.id not in fates.old or fates.relabelled(mention.id)
        if record in valued and is_new and mention.id not in having:
            yield f"{described(mention, fates.now.text)}: nothing in {record} names it"


def with_records(gold: GoldDocument) -> set[str]:
    """The mentions that an organisation, a date or a count is of."""
    named = {mention for o in gold.organizations for mention in o.mentions}
    return named | {d.mention for d in gold.dates} | {c.mention for c in gold.counts}
