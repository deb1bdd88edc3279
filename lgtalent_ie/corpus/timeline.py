"""Many documents as one timeline: what several papers tell of one event becomes one fact.

A fact of one document and a fact of another are the same where kind and an actor agree and

- both name an event, the same one, or
- one or none names an event, and they share a day, or a count (value and unit), a partner or a
  place within thirty days of publication,

and where nothing contradicts: dates that do not cover each other, two different events. Copies of
one agency report are therefore one fact with many sources, and its score is the best of theirs, not
more: copies are no independent witnesses.
"""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from lgtalent_ie.corpus.identity import CorpusOrganization, unite_organizations
from lgtalent_ie.errors import InputError
from lgtalent_ie.records.dates_calendar import days_covered
from lgtalent_ie.schema import Count, Document, Fact, FactKind, Mention

# Papers write about a thing when it happens; the same numbers a season later are another thing.
NEWS_DAYS = 30
# Documents without a day come behind all others.
UNDATED = "9999"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a document says it: offsets of the sentences, half-open in code points."""

    document: str
    published: str | None
    start: int
    end: int
    score: float


@dataclass(frozen=True, slots=True)
class CountValue:
    """A count without its place in a text."""

    value: int | float | None
    min: int | float | None
    max: int | float | None
    unit: str | None
    dimension: str
    of: str | None


@dataclass(frozen=True, slots=True)
class CorpusFact:
    """A fact of the corpus; `actors` and `partners` are ids of its organisations.

    `first` and `last` are the days that `date` covers; without a date they are None, and the fact
    stands in the timeline where its first source was published.
    """

    id: str
    kind: FactKind
    actors: tuple[str, ...]
    partners: tuple[str, ...]
    event: str | None
    date: str | None
    first: str | None
    last: str | None
    place: str | None
    counts: tuple[CountValue, ...]
    score: float
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class CorpusRelation:
    """A relation of the corpus. An end is the id of an organisation, else its words."""

    type: str
    head: str
    tail: str
    score: float
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Timeline:
    """What many documents say; facts in order of their days."""

    organizations: tuple[CorpusOrganization, ...]
    facts: tuple[CorpusFact, ...]
    relations: tuple[CorpusRelation, ...]


def merge(documents: Iterable[Document | tuple[str, Document]]) -> Timeline:
    """One timeline of documents; the order in which they come does not matter.

    A document may come with its id; else it is named by its number, `d1` the first. A fact is
    compared with those of its actors and kind in the last thirty days, or of its own day.
    Raises InputError where two documents have one id.

    >>> text = "한빛전자는 2일 연구원 10명을 채용했다."
    >>> timeline = merge((name, extract(text, f"2026-03-0{n}")) for n, name in enumerate("ab", 2))
    >>> [(f.kind, f.date, [s.document for s in f.sources]) for f in timeline.facts]
    [('hire', '2026-03-02', ['a', 'b'])]
    """
    named = (
        (f"d{number}", given) if isinstance(given, Document) else given
        for number, given in enumerate(documents, 1)
    )
    ordered = sorted(named, key=lambda pair: (pair[1].published or UNDATED, pair[0]))
    for name, times in Counter(name for name, _ in ordered).items():
        if times > 1:
            raise InputError(
                f"{times} documents with the id {name!r}", "an id for each", "name them apart"
            )
    organizations, ids = unite_organizations((name, d.organizations) for name, d in ordered)
    kept: list[CorpusFact] = []
    recent: dict[tuple[str, str], list[int]] = defaultdict(list)
    of_day: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for name, document in ordered:
        since = news_since(document.published)
        for fact in document.facts:
            told = lift(fact, name, document, ids)
            candidates: set[int] = set()
            for actor in told.actors:
                late = recent[told.kind, actor]
                late[:] = [n for n in late if last_published(kept[n]) >= since]
                candidates.update(late, of_day.get((told.kind, actor, told.first or ""), ()))
            same = next((n for n in sorted(candidates, reverse=True) if agree(kept[n], told)), None)
            if same is None:
                same = len(kept)
                kept.append(told)
            else:
                kept[same] = join(kept[same], told)
            whole = kept[same]
            for actor in whole.actors:
                places = [recent[told.kind, actor]]
                if whole.first is not None and whole.first == whole.last:
                    places.append(of_day[told.kind, actor, whole.first])
                for some in places:
                    if same not in some:
                        some.append(same)
    facts = sorted(kept, key=lambda f: (when(f) or UNDATED, f.kind))
    return Timeline(
        organizations,
        tuple(replace(fact, id=f"F{number}") for number, fact in enumerate(facts, 1)),
        merge_relations(ordered, ids),
    )


def lift(fact: Fact, name: str, document: Document, ids: dict[tuple[str, str], str]) -> CorpusFact:
    """A document's fact in the corpus' terms, with that document as its only source."""
    mentions = {m.id: m for m in document.mentions}
    counts = {c.mention: c for c in document.counts}
    days = days_covered(fact.date) if fact.date else None
    return CorpusFact(
        id="",
        kind=fact.kind,
        actors=tuple(ids[name, a] for a in fact.actors if (name, a) in ids),
        partners=tuple(ids[name, p] for p in fact.partners if (name, p) in ids),
        event=mentions[fact.event].text if fact.event in mentions else None,
        date=fact.date,
        first=days[0] if days else None,
        last=days[1] if days else None,
        place=mentions[fact.place].text if fact.place in mentions else None,
        counts=tuple(count_value(counts[c]) for c in fact.counts if c in counts),
        score=fact.score,
        sources=(Source(name, document.published, fact.start, fact.end, fact.score),),
    )


def count_value(count: Count) -> CountValue:
    of = None if count.of is None else count.of.text
    return CountValue(count.value, count.min, count.max, count.unit, count.dimension, of)


def agree(known: CorpusFact, told: CorpusFact) -> bool:
    """True where two facts of one kind with a common actor are one; see the module's docstring."""
    if known.event and told.event and plain(known.event) != plain(told.event):
        return False
    if known.date and told.date and not covers(known, told) and not covers(told, known):
        return False
    if not near(known, told):
        return False
    if known.event and told.event:
        return True
    one_day = known.first is not None and known.first == known.last
    if one_day and (known.first, known.last) == (told.first, told.last):
        return not (known.counts and told.counts) or shares_count(known, told)
    if known.counts and told.counts:
        return shares_count(known, told)
    shared_partner = bool(set(known.partners) & set(told.partners))
    shared_place = bool(known.place and told.place and plain(known.place) == plain(told.place))
    return shared_partner or shared_place


def covers(wide: CorpusFact, narrow: CorpusFact) -> bool:
    """True where the days of the one hold all days of the other."""
    if wide.first is None or wide.last is None or narrow.first is None or narrow.last is None:
        return wide.date == narrow.date
    return wide.first <= narrow.first and narrow.last <= wide.last


def near(known: CorpusFact, told: CorpusFact) -> bool:
    """True where both are of one day, or a source of each was published within `NEWS_DAYS`."""
    if known.first is not None and known.first == known.last == told.first == told.last:
        return True
    days = [{s.published for s in fact.sources} for fact in (known, told)]
    if None in days[0] | days[1]:
        return days[0] == days[1]
    ordinals = [[date.fromisoformat(day).toordinal() for day in some if day] for some in days]
    return any(abs(a - b) <= NEWS_DAYS for a in ordinals[0] for b in ordinals[1])


def shares_count(known: CorpusFact, told: CorpusFact) -> bool:
    """True where both state one number of one unit."""
    return bool({amount(c) for c in known.counts} & {amount(c) for c in told.counts})


def amount(count: CountValue) -> tuple[object, ...]:
    return count.value, count.min, count.max, count.unit


def join(known: CorpusFact, told: CorpusFact) -> CorpusFact:
    """Both in one: the narrower date, what is missing filled in, every source once."""
    narrower = told if told.date and (known.date is None or covers(known, told)) else known
    amounts = {amount(c) for c in known.counts}
    return replace(
        known,
        actors=tuple(dict.fromkeys(known.actors + told.actors)),
        partners=tuple(
            p for p in dict.fromkeys(known.partners + told.partners) if p not in known.actors
        ),
        event=known.event or told.event,
        date=narrower.date,
        first=narrower.first,
        last=narrower.last,
        place=known.place or told.place,
        counts=known.counts + tuple(c for c in told.counts if amount(c) not in amounts),
        score=max(known.score, told.score),
        sources=known.sources + told.sources,
    )


def news_since(published: str | None) -> str:
    """The first day whose papers may tell the same news as one of that day."""
    if published is None:
        return UNDATED
    return (date.fromisoformat(published) - timedelta(days=NEWS_DAYS)).isoformat()


def last_published(fact: CorpusFact) -> str:
    return max(source.published or UNDATED for source in fact.sources)


def when(fact: CorpusFact) -> str | None:
    """The day that places a fact in the timeline: its own, else that of its first source."""
    published = [s.published for s in fact.sources if s.published]
    return fact.first or (min(published) if published else None)


def merge_relations(
    documents: Sequence[tuple[str, Document]], ids: dict[tuple[str, str], str]
) -> tuple[CorpusRelation, ...]:
    """Every (type, head, tail) once, with the sentences that say so, in order of first mention."""
    found: dict[tuple[str, str, str], list[Source]] = defaultdict(list)
    for name, document in documents:
        mentions = {m.id: m for m in document.mentions}
        owner = {m: ids[name, o.id] for o in document.organizations for m in o.mentions}
        for r in document.relations:
            ends = [end_name(mentions[end], owner) for end in (r.head, r.tail) if end in mentions]
            if len(ends) == 2:
                source = Source(name, document.published, r.start, r.end, r.score)
                found[r.type, ends[0], ends[1]].append(source)
    return tuple(
        CorpusRelation(*triple, max(s.score for s in sources), tuple(sources))
        for triple, sources in found.items()
    )


def end_name(mention: Mention, owner: dict[str, str]) -> str:
    return owner.get(mention.id, " ".join(mention.text.split()))


def plain(name: str) -> str:
    """A name without blanks, marks and case: `'LG AI DAY'` and `LG AI Day` are one event."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(c for c in folded if c.isalnum()) or folded
