"""The relations of one document as they are found: one per type and pair of names."""

from __future__ import annotations

from dataclasses import dataclass

from lgtalent_ie.records.names import Names, is_executive, is_student, plain
from lgtalent_ie.records.pieces import Piece
from lgtalent_ie.records.relation_tables import noun_classes, relation_types
from lgtalent_ie.schema import Mention, Relation

# Said once, from the one that comes first to the other.
SYMMETRIC = frozenset(
    (
        "org:alternate_names", "org:partner", "per:alternate_names", "per:spouse", "per:siblings",
        "per:other_family",
    )
)  # fmt: skip
# Said from both ends.
INVERSE = {"per:children": "per:parents", "per:parents": "per:children"}
# Said from one end alone, whichever a rule finds.
TURNED = {"org:members": "org:member_of"}

# Of relations scored lower, the 13 on half of the marked gold sentences were all wrong: the model
# doubted one of the two mentions.
LEAST = 0.3


@dataclass(frozen=True, slots=True)
class Found:
    """The relations so far, one per type and pair of names; the better score wins."""

    names: Names
    relations: dict[tuple[str, str, str], Relation]

    def add(self, kind: str, head: Mention, tail: Mention, piece: Piece, score: float) -> None:
        """Keep the relation, and its inverse, where its labels and names allow it."""
        if kind in TURNED:
            kind, head, tail = TURNED[kind], tail, head
        self.keep(kind, head, tail, piece, score)
        if kind in INVERSE:
            self.keep(INVERSE[kind], tail, head, piece, score)

    def keep(self, kind: str, head: Mention, tail: Mention, piece: Piece, score: float) -> None:
        """Keep this one relation, `score` times that of the less certain mention."""
        heads, tails = relation_types().get(kind, ((), ()))
        score *= min(head.score, tail.score)
        if head.label not in heads or tail.label not in tails or score < LEAST:
            return
        head, tail = self.names.full(head), self.names.full(tail)
        if kind in SYMMETRIC and tail.start < head.start:
            head, tail = tail, head
        key = self.key(kind, head, tail)
        if key[1] == key[2] or (kind == "org:partner" and self.names.of_one_house(head, tail)):
            return
        if kind in SYMMETRIC and (kind, key[2], key[1]) in self.relations:
            key, head, tail = (kind, key[2], key[1]), tail, head
        known = self.relations.get(key)
        if known is None or score > known.score:
            sentence = piece.sentence
            self.relations[key] = Relation(
                kind, head.id, tail.id, sentence.start, sentence.end, round(score, 3)
            )

    def key(self, kind: str, head: Mention, tail: Mention) -> tuple[str, str, str]:
        """Under what the relation is kept; the names of one organisation are told apart."""
        if kind == "org:alternate_names":
            return kind, plain(head.text), plain(tail.text)
        return kind, self.names.key(head), self.names.key(tail)

    def affiliate(
        self, person: Mention, organization: Mention, title: Mention | None, piece: Piece,
        score: float,
    ) -> None:  # fmt: skip
        """Add what `윤하늘 한빛전자 사장` says: employer or school, title, leader, founder."""
        text = title.text if title is not None else ""
        if title is not None:
            self.add("per:title", person, title, piece, score)
        if text in noun_classes()["founder"]:
            self.add("org:founded_by", organization, person, piece, score)
            return
        student = bool(text) and is_student(text)
        kind = "per:schools_attended" if student else "per:employee_of"
        self.add(kind, person, organization, piece, score)
        if text and not student and is_executive(text, organization.text):
            self.add("org:top_members/employees", organization, person, piece, score)
