"""Facts: the talent records an analyst wants, assembled from predicates and relations."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

from lgtalent_ie.reading import Reading
from lgtalent_ie.records.arguments import Filler, arguments_of
from lgtalent_ie.records.clauses import Element, Phrase, Predicate
from lgtalent_ie.records.names import Names, learn_employers, names_a_day, read_names
from lgtalent_ie.records.pieces import Piece, read_clauses
from lgtalent_ie.records.relation_tables import Frame, noun_classes
from lgtalent_ie.records.relations import cued, fillers
from lgtalent_ie.schema import (
    Count,
    Date,
    Dimension,
    Fact,
    FactKind,
    Mention,
    Organization,
    Relation,
)

# What a fact of a kind may count, and whether it is about an event.
COUNTED: Mapping[str, tuple[Dimension, ...]] = {
    "hire": ("person",), "recruiting_event": ("person",), "programme": ("person", "money"),
    "lab_opening": ("person", "money"), "investment": ("money",), "publication": ("item",),
    "award": ("item", "rank"), "appointment": ("person",),
}  # fmt: skip
WITH_EVENT = frozenset(("recruiting_event", "programme", "publication", "award"))
COUNT_ROLES = ("obj", "subj", "bare", "mod", "submod", "target", "rel", "dat")


@dataclass(frozen=True, slots=True)
class Sources:
    """The records facts are assembled from.

    `date_values` and `event_keys` are by mention id, `partnerships` are the `org:partner` relations
    by start, `of_event` has all relations whose head is an event, by its key.
    """

    names: Names
    date_values: dict[str, str]
    event_keys: dict[str, str]
    partnerships: tuple[Relation, ...]
    of_event: Mapping[str, Sequence[Relation]]


def read_facts(
    reading: Reading,
    dates: Sequence[Date],
    counts: Sequence[Count],
    organizations: Sequence[Organization],
    relations: Sequence[Relation],
    pieces: Sequence[Piece],
) -> tuple[Fact, ...]:
    """The facts of the document in the order of the text.

    `pieces` are those of `read_pieces`; what a quotation says is opinion and makes no fact.
    A fact needs an actor that is in `organizations`. Facts of one kind about one event, or of one
    kind and actor in neighbouring sentences, are one. `date` is the value of the Date record, or
    None. `score` is the frame's, times a factor for each argument that was carried over.

    >>> fact = read_facts(reading, dates, counts, organizations, relations, pieces)[0]
    >>> fact.kind, fact.actors, fact.date, fact.counts
    ('hire', ('o1',), '2023', ('m2',))
    """
    names = read_names(reading, dates, counts, organizations)
    learn_employers(names, relations)
    event_keys = {m.id: names.key(m) for m in reading.mentions if m.label == "EVENT"}
    usable = [r for r in relations if r.head in names.mentions and r.tail in names.mentions]
    of_event: dict[str, list[Relation]] = defaultdict(list)
    for relation in usable:
        if relation.head in event_keys:
            of_event[event_keys[relation.head]].append(relation)
    sources = Sources(
        names,
        {d.mention: d.value for d in dates if d.mention is not None},
        event_keys,
        tuple(sorted((r for r in usable if r.type == "org:partner"), key=lambda r: r.start)),
        of_event,
    )
    found: list[tuple[int, Fact]] = []
    order = {sentence.start: n for n, sentence in enumerate(reading.sentences)}
    before = ""
    for piece, elements, context in read_clauses(pieces, names):
        if piece.quoted:
            continue
        for at, frames in cued("fact_frames", piece, elements, before):
            arguments = arguments_of(elements, at, context, names)
            facts = (assemble(frame, elements, arguments, piece, sources) for frame in frames)
            found += [(order[piece.sentence.start], fact) for fact in facts if fact is not None]
        before = piece.text
    return tuple(
        sorted((with_relations(f, sources) for f in merged(found, sources)), key=lambda f: f.start)
    )


def assemble(
    frame: Frame, elements: Sequence[Element], arguments: dict[str, list[Filler]],
    piece: Piece, sources: Sources,
) -> Fact | None:  # fmt: skip
    """The fact of one predicate, None where it has no actor or lacks what the frame needs."""
    names = sources.names
    actors = fillers(frame.head, arguments, names)
    needed = fillers(frame.tail, arguments, names) if frame.tail.label else []
    actors = [a for a in actors if all(a.mention is not n.mention for n in needed)]
    if not actors or (frame.tail.label and not needed):
        return None
    kind = cast(FactKind, frame.type)
    event = event_of(frame, arguments, needed) if kind in WITH_EVENT else None
    dates = [f.mention for f in arguments.get("date", ())] or outer_dates(elements)
    dates = [d for d in dates if names_a_day(d, names) and d.id in sources.date_values]
    places = [
        f.mention for role in ("loc", "dat") for f in arguments.get(role, ())
        if f.mention.label == "LOCATION"
    ]  # fmt: skip
    counted = [
        f.mention for role in COUNT_ROLES for f in arguments.get(role, ())
        if names.dimension_of.get(f.mention.id) in COUNTED[kind]
    ]  # fmt: skip
    opened = needed if frame.tail.of_class in ("lab", "academy") else []
    acting = organization_ids((a.mention for a in (*actors, *opened)), names)
    if not acting or (kind in ("award", "appointment") and actors[0].phrase < 0):
        return None
    partners = organization_ids(
        (f.mention for f in arguments.get("com", ()) if f.mention.label == "ORG"), names
    )
    return Fact(
        kind, acting, event.id if event else None,
        sources.date_values[dates[0].id] if dates else None,
        places[0].id if places else None,
        tuple(dict.fromkeys(m.id for m in sorted(counted, key=lambda m: m.start))),
        tuple(p for p in partners if p not in acting),
        piece.sentence.start, piece.sentence.end, round(frame.score * actors[0].factor, 3),
    )  # fmt: skip


def event_of(
    frame: Frame, arguments: dict[str, list[Filler]], needed: Sequence[Filler]
) -> Mention | None:
    """The event the fact is about; a conference where some unnamed event was held is not it."""
    if frame.tail.label == "EVENT":
        return needed[0].mention
    if frame.type in ("publication", "award"):
        return next((f.mention for f in arguments.get("event", ())), None)
    own = (f.mention for role in ("obj", "mod") for f in arguments.get(role, ()))
    return next((m for m in own if m.label == "EVENT"), None)


def outer_dates(elements: Sequence[Element]) -> list[Mention]:
    """The dates of the sentence that belong to no attributive clause."""
    found: list[Mention] = []
    for phrase in elements:
        if not isinstance(phrase, Phrase) or phrase.case != "date":
            continue
        owner = elements[phrase.owner] if phrase.owner >= 0 else None
        saying = isinstance(owner, Predicate) and owner.lemma in noun_classes()["saying"]
        if not saying and not (isinstance(owner, Predicate) and owner.ending == "rel"):
            found.extend(phrase.heads)
    return found


def organization_ids(mentions: Iterable[Mention], names: Names) -> tuple[str, ...]:
    """Ids of the organisations, each once; a mention of none is passed over."""
    ids = (names.organization_of.get(mention.id) for mention in mentions)
    return tuple(dict.fromkeys(i for i in ids if i is not None))


def merged(found: Sequence[tuple[int, Fact]], sources: Sources) -> list[Fact]:
    """One fact per kind and event, and per kind and actor in neighbouring sentences.

    `found` is (number of the sentence, fact) in the order of the sentences.
    """
    kept: list[tuple[int, Fact]] = []
    near: list[int] = []
    by_event: dict[tuple[str, str], list[int]] = defaultdict(list)
    for order, fact in found:
        # Only facts of the sentence before, and those about the same event, can be the same.
        near = [index for index in near if order - kept[index][0] <= 1]
        told = by_event[fact.kind, sources.event_keys[fact.event]] if fact.event else []
        for index in sorted({*near, *told}):
            last, known = kept[index]
            if same(known, fact, order - last, sources):
                both = join(known, fact, order - last)
                kept[index] = order if order - last <= 1 else last, both
                break
        else:
            index, both = len(kept), fact
            kept.append((order, fact))
            near.append(index)
        if both.event:
            known_as = by_event[both.kind, sources.event_keys[both.event]]
            if index not in known_as:
                known_as.append(index)
    facts = [fact for _, fact in kept]
    # A job fair called a programme is told once, as the event it is.
    fairs = {sources.event_keys[f.event] for f in facts if f.kind == "recruiting_event" and f.event}
    return [
        f for f in facts
        if f.kind != "programme" or f.event is None or sources.event_keys[f.event] not in fairs
    ]  # fmt: skip


def same(known: Fact, fact: Fact, distance: int, sources: Sources) -> bool:
    """True where both are one fact told twice."""
    if known.kind != fact.kind:
        return False
    shared = bool(set(known.actors) & set(fact.actors))
    if known.event and fact.event:
        return sources.event_keys[known.event] == sources.event_keys[fact.event] and (
            shared or distance <= 1
        )
    if not shared or distance > 1:
        return False
    if known.kind in ("hire", "appointment", "investment") and distance:
        return False
    if known.kind == "lab_opening" and known.actors[1:] and fact.actors[1:]:
        return bool(set(known.actors[1:]) & set(fact.actors[1:]))
    if distance and known.kind == "recruiting_event":
        # Told after another, somewhere else: one more.
        elsewhere = fact.place is not None and sources.names.differ(known.place, fact.place)
        later = bool(known.event and not fact.event and fact.date and not known.date)
        if (elsewhere and not known.event) or later:
            return False
    return not (known.date and fact.date and known.date != fact.date)


def join(known: Fact, fact: Fact, distance: int) -> Fact:
    """Both in one; what the first says stands, the second fills in."""
    near = distance <= 1
    return replace(
        known,
        actors=tuple(dict.fromkeys(known.actors + fact.actors)),
        event=known.event or fact.event,
        date=known.date or fact.date,
        place=known.place or fact.place,
        counts=tuple(dict.fromkeys(known.counts + fact.counts)),
        partners=tuple(dict.fromkeys(known.partners + fact.partners)),
        end=max(known.end, fact.end) if near else known.end,
        score=max(known.score, fact.score),
    )


def with_relations(fact: Fact, sources: Sources) -> Fact:
    """Fill in what the relations say about the fact's event, and its partners."""
    names = sources.names
    counts, partners = list(fact.counts), list(fact.partners)
    place, date = fact.place, fact.date
    if fact.kind == "programme":
        for relation in within(sources.partnerships, fact.start, fact.end):
            ends = names.mentions[relation.head], names.mentions[relation.tail]
            pair = organization_ids(ends, names)
            if set(pair) & set(fact.actors):
                partners.extend(p for p in pair if p not in fact.actors)
    if fact.kind == "recruiting_event" and fact.event is not None:
        for relation in sources.of_event.get(sources.event_keys[fact.event], ()):
            inside = fact.start <= relation.start < fact.end
            if relation.type == "event:attendance":
                counts.append(relation.tail)
            elif relation.type == "event:place" and inside:
                place = place or relation.tail
            elif relation.type == "event:date" and inside:
                date = date or sources.date_values.get(relation.tail)
    by_name = {names.key(names.mentions[c]): c for c in reversed(counts)}
    return replace(
        fact,
        counts=tuple(sorted(by_name.values(), key=lambda c: names.mentions[c].start)),
        partners=tuple(dict.fromkeys(partners)),
        place=place,
        date=date,
    )


def within(relations: Sequence[Relation], start: int, end: int) -> Sequence[Relation]:
    """Those that start in the span, of relations in the order of their starts."""
    first = bisect_left(relations, start, key=lambda r: r.start)
    return relations[first : bisect_left(relations, end, key=lambda r: r.start)]
