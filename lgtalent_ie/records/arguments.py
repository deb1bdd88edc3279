"""The arguments of one predicate: which mentions fill which role, own or carried over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lgtalent_ie.records.clauses import Element, Phrase, Predicate
from lgtalent_ie.records.names import Names
from lgtalent_ie.records.relation_tables import noun_classes
from lgtalent_ie.schema import Label, Mention

# Factors on a pattern's score, by how sure the argument is. Chosen by hand on own sentences.
OWN, INHERITED, RELATIVE_TOPIC, BORROWED, INDIRECT, ANAPHOR, BEFORE = (
    1.0,
    0.95,
    0.85,
    0.85,
    0.9,
    0.8,
    0.75,
)

ORIGIN_NOUNS = frozenset(("출신", "소속", "졸업생", "재학생", "출신인"))
HOST_NOUNS = frozenset(("주최", "주관", "주도", "공동"))


@dataclass(frozen=True, slots=True)
class Filler:
    """A mention in a role; `phrase` is the index of its phrase, so lists can be told apart."""

    mention: Mention
    factor: float
    phrase: int


# Sentences in a row that may leave out the organisation they go on about.
MOST_SILENT = 6


@dataclass(frozen=True, slots=True)
class Context:
    """What the sentences before hand on: the organisation and event in focus, and a lone number."""

    organization: Mention | None = None
    event: Mention | None = None
    quantity: Mention | None = None
    age: int = 9


def arguments_of(
    elements: Sequence[Element], at: int, context: Context, names: Names
) -> dict[str, list[Filler]]:
    """Role → fillers of the predicate at `at`.

    Roles are the cases of its phrases, `rel` (the noun an attributive clause stands before),
    `isubj` (a subject of its own, not one handed down to an attributive clause), `topic` (one
    beside a subject), `employer` (of a person who is the subject), `mod`, `submod`, `relmod`,
    `instmod` (mentions inside the object, subject, …), `by`, `from`, `memberof`, `event` (what it
    is about), `next` (the object that the clause shares with the next one) and `about` (a topic
    of another predicate before it).
    """
    predicate = elements[at]
    assert isinstance(predicate, Predicate)
    found: dict[str, list[Filler]] = {}

    def put(role: str, index: int, factor: float) -> None:
        phrase = elements[index]
        assert isinstance(phrase, Phrase)
        factor *= INDIRECT if phrase.indirect else 1.0
        for mention in phrase.heads:
            found.setdefault(role, []).append(Filler(mention, factor, index))
        for mention, following in phrase.mods:
            for name in mod_roles(role, phrase, following):
                found.setdefault(name, []).append(Filler(mention, factor * 0.95, index))
        resolved = resolve(phrase.anaphor, context)
        if resolved is not None:
            found.setdefault(role, []).append(Filler(resolved, factor * ANAPHOR, index))

    owned = [
        (index, phrase)
        for index in range(at - 1, max(-1, at - 60), -1)
        if isinstance(phrase := elements[index], Phrase) and phrase.owner == at
    ]
    # `A는 B가 왔다고 밝혔다`: the topic belongs to the verb of saying.
    subjects = [index for index, phrase in owned if phrase.case == "subj"]
    subjects = subjects or [index for index, phrase in owned if phrase.case == "topic"]
    for index, phrase in owned:
        if phrase.case not in ("subj", "topic"):
            put(phrase.case, index, OWN)
    for index, phrase in owned:
        if phrase.case == "topic" and index not in subjects:
            put("topic", index, OWN)
    for index in subjects:
        put("subj", index, OWN)
        put("isubj", index, OWN)
    if predicate.ending == "rel":
        head = relative_head(elements, at)
        if head is not None:
            put("rel", head, OWN)
    # An attributive clause with an object of its own lacks its subject: the noun it stands before.
    if not subjects and not (predicate.ending == "rel" and found.get("obj")):
        index, factor, carried = inherited_subject(elements, at, context)
        if index >= 0:
            put("subj", index, factor)
            if predicate.ending != "rel":
                put("isubj", index, factor)
        elif carried is not None:
            for role in ("subj", "isubj"):
                found.setdefault(role, []).append(Filler(carried, factor, -1))
    objects = any(phrase.case == "obj" for _, phrase in owned)
    if not objects and "obj" not in found and predicate.ending == "conn":
        shared = next_object(elements, at)
        if shared is not None:
            put("next", shared, INHERITED)
    for index in range(max(0, at - 60), at):
        phrase = elements[index]
        if isinstance(phrase, Phrase) and phrase.case == "topic" and index not in subjects:
            put("about", index, INHERITED)
    if context.organization is not None and context.age < 2:
        found["focus"] = [Filler(context.organization, BEFORE, -1)]
    add_employers(found, names)
    if context.organization is not None and context.age < MOST_SILENT:
        for index in subjects:
            phrase = elements[index]
            if isinstance(phrase, Phrase) and is_agent(phrase):
                acting = Filler(context.organization, ANAPHOR, index)
                found.setdefault("employer", []).append(acting)
    add_event(elements, at, found, context)
    bare = [f for f in found.get("bare", ()) if f.phrase == at - 1]
    if bare and "obj" not in found:
        found["obj"] = bare
    return found


def inherited_subject(
    elements: Sequence[Element], at: int, context: Context
) -> tuple[int, float, Mention | None]:
    """The subject from another clause (its phrase and factor), else from the sentence before."""
    predicate = elements[at]
    relative = isinstance(predicate, Predicate) and predicate.ending == "rel"
    borrowed = -1
    for index in range(at - 1, -1, -1):
        phrase = elements[index]
        if not isinstance(phrase, Phrase) or phrase.case not in ("subj", "topic"):
            continue
        if phrase.case == "topic" or not attributive(elements, phrase):
            if not relative:
                return index, INHERITED, None
            if phrase.case == "topic":
                return index, RELATIVE_TOPIC, None
        elif borrowed < 0:
            borrowed = index
    if relative:
        return -1, 0.0, None
    if context.quantity is not None and gives_reason(elements):
        return -1, BEFORE, context.quantity
    if borrowed >= 0:
        return borrowed, BORROWED, None
    carried = context.organization if context.age < MOST_SILENT else None
    return -1, BEFORE * BORROWED**context.age, carried


def attributive(elements: Sequence[Element], phrase: Phrase) -> bool:
    """True where the phrase belongs to a clause that stands before a noun."""
    owner = elements[phrase.owner] if phrase.owner >= 0 else None
    return isinstance(owner, Predicate) and owner.ending == "rel"


def gives_reason(elements: Sequence[Element]) -> bool:
    """True for a sentence such as `행사에 참석하기 위해서다`, which goes on with the one before."""
    last = [e for e in elements[-4:] if isinstance(e, Predicate)]
    return any(p.lemma == "위하" for p in last[-2:]) and last[-1].lemma in ("이", "위하")


def add_employers(found: dict[str, list[Filler]], names: Names) -> None:
    """Let a person who is the subject act for the organisation the document gives for them."""
    for filler in list(found.get("subj", ())):
        employer = names.employer.get(names.key(filler.mention))
        if filler.mention.label == "PERSON" and employer is not None:
            acting = Filler(employer, filler.factor * ANAPHOR, filler.phrase)
            found.setdefault("employer", []).append(acting)


def is_agent(phrase: Phrase) -> bool:
    """True for `채용단이`, `담당자들은` without a name: they act for the one in focus."""
    bare = not phrase.heads and not phrase.mods and phrase.nouns[-1:]
    return bool(bare) and phrase.nouns[-1] in noun_classes()["agents"]


def add_event(
    elements: Sequence[Element], at: int, found: dict[str, list[Filler]], context: Context
) -> None:
    """Find the event a predicate is about: its own argument, else one named before it."""
    for role in ("dat", "loc", "obj", "subj", "mod", "rel"):
        own = [f for f in found.get(role, ()) if f.mention.label == "EVENT"]
        if own:
            found["event"] = own
            return
    for index in range(at - 1, -1, -1):
        phrase = elements[index]
        if not isinstance(phrase, Phrase):
            continue
        named = (
            [] if attributive(elements, phrase) else [m for m in phrase.heads if m.label == "EVENT"]
        )
        if not named and phrase.anaphor == "EVENT" and context.event is not None:
            named = [context.event]
        if named:
            found["event"] = [Filler(m, BORROWED, index) for m in named]
            return


def relative_head(elements: Sequence[Element], at: int) -> int | None:
    """Index of the phrase that the attributive predicate at `at` stands before."""
    for index in range(at + 1, min(len(elements), at + 5)):
        element = elements[index]
        if isinstance(element, Predicate):
            # `열린 같은 행사`, `채용 설명회인 누리 데이`: attributives stack up before their noun.
            if element.ending == "rel" and (element.lemma == "이" or index == at + 1):
                continue
            return None
        if element.case != "comp":
            return index
        owner = elements[element.owner]
        if not element.heads and isinstance(owner, Predicate) and owner.ending != "rel":
            # `해오름은 그가 만든 회사다`: what was made is the topic.
            return next(
                (i for i, e in enumerate(elements[:at]) if isinstance(e, Phrase)
                 and e.owner == element.owner and e.case in ("topic", "subj")),
                None,
            )  # fmt: skip
    return None


def next_object(elements: Sequence[Element], at: int) -> int | None:
    """Index of the phrase that the next predicate has for an object, or stands before.

    `누리군이 주최하고 재단이 주관하는 축제`: the first clause shares what the second one is about.
    """
    for index in range(at + 1, len(elements)):
        element = elements[index]
        if isinstance(element, Phrase):
            if element.case == "obj":
                return index
        elif element.ending == "rel":
            return relative_head(elements, index)
        elif element.ending != "conn":
            return None
    return None


def mod_roles(role: str, phrase: Phrase, following: str) -> tuple[str, ...]:
    """The roles a mention inside a phrase of `role` plays."""
    roles = []
    if role in ("obj", "dat", "target", "bare"):
        roles.append("mod")
    if role == "obj":
        roles.append("objmod")
    if role == "subj":
        roles.append("submod")
    if role == "rel":
        roles.append("relmod")
    if role == "inst":
        roles.append("instmod")
    if following in ORIGIN_NOUNS:
        roles.append("from")
    owned_by = phrase.nouns[-1] if following == "의" and phrase.nouns else following
    if owned_by in noun_classes()["belonging"]:
        roles.append("joins")
    if following in HOST_NOUNS:
        roles.append("by")
    if role == "comp" and phrase.nouns[-1:] and phrase.nouns[-1] in noun_classes()["unit_words"]:
        roles.append("memberof")
    return tuple(roles)


def resolve(anaphor: Label | None, context: Context) -> Mention | None:
    """The mention that `이 회사` or `이날 행사` stands for."""
    if anaphor == "ORG":
        return context.organization
    return context.event if anaphor == "EVENT" else None


def complements_of(elements: Sequence[Element], at: int) -> frozenset[str]:
    """The nouns that name the act with a light verb, such as 협약 in `협약을 맺다`."""
    predicate = elements[at]
    assert isinstance(predicate, Predicate)
    found = {predicate.compound} if predicate.compound else set()
    for element in elements[max(0, at - 8) : at]:
        if (
            isinstance(element, Phrase)
            and element.owner == at
            and element.nouns
            and element.case != "subj"
        ):
            found.add(element.nouns[-1])
            if len(element.nouns) > 1:
                found.add("".join(element.nouns[-2:]))
    for element in elements[max(0, at - 2) : at]:
        if isinstance(element, Phrase) and element.nouns and element.owner == at:
            found.add(element.nouns[-1])
    return frozenset(found)


def next_context(elements: Sequence[Element], context: Context, names: Names) -> Context:
    """What the sentence hands on: its topic, its last event, and a number that is its subject."""
    organization, event, quantity = None, context.event, None
    every = [e for e in elements if isinstance(e, Phrase) and e.case in ("topic", "subj")]
    subjects = [p for p in every if p.case == "topic" or not attributive(elements, p)]
    if not subjects and any(isinstance(e, Predicate) and e.ending != "rel" for e in elements):
        subjects = every
    for phrase in sorted(subjects, key=lambda p: p.case != "topic"):
        for mention in phrase.heads:
            employer = names.employer.get(names.key(mention)) if mention.label == "PERSON" else None
            organization = organization or (mention if mention.label == "ORG" else employer)
    if not organization and any(p.anaphor == "ORG" for p in subjects):
        organization = context.organization
    if not organization and any(m.label == "QUANTITY" for p in subjects for m in p.heads):
        # `15명이 한빛랩에서 실습을 시작했다`: where they do it.
        at = [p for p in elements if isinstance(p, Phrase) and p.case == "loc"]
        organization = next((m for p in at for m in p.heads if m.label == "ORG"), None)
    for element in elements:
        if isinstance(element, Phrase):
            for mention in (*(m for m, _ in element.mods), *element.heads):
                event = mention if mention.label == "EVENT" else event
    if subjects and subjects[-1].case == "subj" and subjects[-1].heads[:1]:
        last = subjects[-1].heads[0]
        quantity = last if last.label == "QUANTITY" else None
    age = 0 if organization is not None else context.age + (1 if not subjects else 2)
    return Context(organization or context.organization, event, quantity, age)
