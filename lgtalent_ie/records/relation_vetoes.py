"""What the model proposes although the sentence says otherwise.

The head over pairs has read sentences of people who come, hardly any of people who go: to it a
company that lets 300 people go has them; nor has it of those who are given money. Predicates and
rules know better.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

from lgtalent_ie.records.arguments import complements_of
from lgtalent_ie.records.clauses import Element, Phrase, Predicate, denied
from lgtalent_ie.records.pieces import Piece
from lgtalent_ie.records.proposals import Proposal
from lgtalent_ie.records.relation_tables import frames_of, noun_classes
from lgtalent_ie.schema import Mention, Relation

JOINED, ATTENDANCE, INVESTED = "talent:joined", "event:attendance", "org:invested"


def is_contradicted(proposal: Proposal, piece: Piece, by_rule: Iterable[Relation]) -> bool:
    """Whether the sentence or a rule speaks against what the model proposes.

    Nobody joins in a sentence where people leave, or where every hiring is denied; those who a rule
    says are hired are not the guests of an event; who is given an investment has made none.
    """
    if proposal.type == JOINED:
        return not_joined(piece.elements)
    if proposal.type == ATTENDANCE:
        return any(r.type == JOINED and r.head == proposal.tail.id for r in by_rule)
    return proposal.type == INVESTED and is_given(piece.elements, proposal.head)


def is_given(elements: Sequence[Element], mention: Mention) -> bool:
    """Whether the mention is the subject of a sentence about an investment received."""
    receiving = noun_classes()["receiving"]
    subject = any(
        isinstance(e, Phrase) and e.case in ("subj", "topic") and mention in e.heads
        for e in elements
    )
    return subject and any(
        element.lemma in receiving
        or any(f"{noun}>{element.lemma}" in receiving for noun in complements_of(elements, at))
        for at, element in enumerate(elements)
        if isinstance(element, Predicate)
    )


def not_joined(elements: Sequence[Element]) -> bool:
    """Whether predicates say that people left, or did not come, and none that they came."""
    leaving = noun_classes()["leaving"]
    against = False
    for at, element in enumerate(elements):
        if not isinstance(element, Predicate):
            continue
        if element.lemma in joining():
            if not denied(elements, at):
                return False
            against = True
        elif element.lemma in leaving and not denied(elements, at):
            against = True
    return against


@cache
def joining() -> frozenset[str]:
    """The verbs by which the frames know that somebody joins."""
    cues = frames_of("relation_frames")
    return frozenset(
        cue for cue, frames in cues.items()
        if ">" not in cue and any(frame.type == JOINED for frame in frames)
    ) - {"되"}  # fmt: skip
