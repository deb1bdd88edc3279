"""Facts: the talent records an analyst wants, assembled from predicates and relations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import cast

from lgtalent_ie.reading import Reading, Sentence
from lgtalent_ie.records.arguments import Filler, arguments_of, complements_of
from lgtalent_ie.records.clauses import Element, Phrase, Predicate
from lgtalent_ie.records.names import Names, names_a_day, read_names
from lgtalent_ie.records.patterns import Frame, frames_of, noun_classes
from lgtalent_ie.records.relations import Piece, denied, fillers, read_clauses, read_pieces
from lgtalent_ie.schema import Count, Date, Dimension, Fact, FactKind, Mention, Organization, Relation

# What a fact of a kind may count, and whether it is about an event.
COUNTED: Mapping[str, tuple[Dimension, ...]] = {
    "hire": ("person",), "recruiting_event": ("person",), "programme": ("person", "money"),
    "lab_opening": ("person", "money"), "investment": ("money",), "publication": ("item",),
    "award": ("item", "rank"), "appointment": ("person",),
}  # fmt: skip
WITH_EVENT = frozenset(("recruiting_event", "programme", "publication", "award"))
COUNT_ROLES = ("obj", "subj", "bare", "mod", "submod", "target", "rel")


@dataclass(frozen=True, slots=True)
class Sources:
    """The records facts are assembled from, by mention id."""

    names: Names
    date_values: dict[str, str]
    relations: tuple[Relation, ...]
    event_keys: dict[str, str]


def read_facts(
    reading: Reading,
    dates: Sequence[Date],
    counts: Sequence[Count],
    organizations: Sequence[Organization],
    relations: Sequence[Relation],
) -> tuple[Fact, ...]:
    """The facts of the document in the order of the text.

    A fact needs an actor that is in `organizations`. Facts of one kind about one event, or of one
    kind and actor in neighbouring sentences, are one. `date` is the value of the Date record, or
    None. `score` is the frame's, times a factor for each argument that was carried over.

    >>> fact = read_facts(reading, dates, counts, organizations, relations)[0]
    >>> fact.kind, fact.actors, fact.date, fact.counts
    ('hire', ('o1',), '2023', ('m2',))
    """
    names = read_names(reading, dates, counts, organizations)
    for relation in relations:
        if relation.type == "per:employee_of" and relation.head in names.mentions:
            person = names.mentions[relation.head]
            if relation.tail in names.mentions:
                names.employer.setdefault(names.key(person), names.mentions[relation.tail])
    sources = Sources(
        names,
        {d.mention: d.value for d in dates if d.mention is not None},
        tuple(r for r in relations if r.head in names.mentions and r.tail in names.mentions),
        {m.id: names.key(m) for m in reading.mentions if m.label == "EVENT"},
    )
    found: list[tuple[int, Fact]] = []
    order = {sentence.start: n for n, sentence in enumerate(reading.sentences)}
    before = ""
    for piece, elements, context in read_clauses(list(read_pieces(reading, ())), names):
        for at, frame in cued(piece, elements, before):
            arguments = arguments_of(elements, at, context, names)
            fact = assemble(frame, elements, arguments, piece, sources)
            if fact is not None:
                found.append((order[piece.sentence.start], fact))
        before = piece.text
    return tuple(
        sorted((with_relations(f, sources) for f in merged(found, sources)), key=lambda f: f.start)
    )


@cache
def fact_frames() -> Mapping[str, tuple[Frame, ...]]:
    """Cue → rows of fact_frames.tsv."""
    return frames_of("fact_frames")


def cued(piece: Piece, elements: Sequence[Element], before: str) -> Iterator[tuple[int, Frame]]:
    """Each predicate that is not denied with the frames that name it."""
    cues = fact_frames()
    for at, predicate in enumerate(elements):
        if not isinstance(predicate, Predicate) or denied(elements, at):
            continue
        frames = list(cues.get(predicate.lemma, ()))
        for noun in complements_of(elements, at):
            frames += cues.get(f"{noun}>{predicate.lemma}", ())
        for frame in dict.fromkeys(frames):
            if not frame.context or any(w in piece.text or w in before for w in frame.context):
                yield at, frame


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
    event = next((f.mention for f in arguments.get("event", ())), None) if kind in WITH_EVENT else None
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
    acting = organization_ids((a.mention for a in actors), names)
    if not acting:
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
    """One fact per kind and event, and per kind and actor in neighbouring sentences."""
    kept: list[tuple[int, Fact]] = []
    for order, fact in found:
        for index, (last, known) in enumerate(kept):
            if same(known, fact, order - last, sources):
                kept[index] = (order if order - last <= 1 else last, join(known, fact, order - last))
                break
        else:
            kept.append((order, fact))
    return [fact for _, fact in kept]


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
    counts, partners, place, start, end = (
        list(fact.counts), list(fact.partners), fact.place, fact.start, fact.end,
    )  # fmt: skip
    for relation in sources.relations:
        tail = names.mentions[relation.tail]
        of_event = fact.event is not None and (
            sources.event_keys.get(relation.head) == sources.event_keys[fact.event]
        )
        if of_event and relation.type == "event:attendance" and fact.kind == "recruiting_event":
            counts.append(tail.id)
        if of_event and relation.type == "event:place" and fact.kind == "recruiting_event":
            place = place or tail.id
        if relation.type == "org:partner" and fact.start <= relation.start < fact.end:
            pair = organization_ids((names.mentions[relation.head], tail), names)
            if pair and set(pair) & set(fact.actors) and fact.kind == "programme":
                partners.extend(p for p in pair if p not in fact.actors)
    return replace(
        fact, counts=tuple(dict.fromkeys(counts)), partners=tuple(dict.fromkeys(partners)),
        place=place, start=start, end=end,
    )  # fmt: skip
