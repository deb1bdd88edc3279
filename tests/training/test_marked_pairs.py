"""Which pairs of a sentence are trained on, and what is known of them."""

from __future__ import annotations

import numpy as np
import pytest
from helpers import make_reading

from lgtalent_ie.errors import DataError
from lgtalent_ie.model.config import ENTITY_TYPES, RELATED
from lgtalent_ie.reading import Morpheme
from lgtalent_ie.training.labels import IGNORED, KLUE_RELATIONS, OWN_RELATIONS, Spans
from lgtalent_ie.training.marked_pairs import (
    INVERSES,
    UNRELATED,
    MarkedPair,
    as_klue,
    klue_pair,
    own_pairs,
    pair_targets,
    places,
    with_inverses,
)

TEXT = "새별전자 정하늘 사장은 올해 한빛대와 손잡았다."
ORG, PERSON, TITLE, DATE, SCHOOL = SPANS = [
    (0, 4, "ORG"), (5, 8, "PERSON"), (9, 11, "TITLE"), (13, 15, "DATE"), (16, 19, "ORG"),
]  # fmt: skip
RELATIONS = [
    ["per:employee_of", 1, 0],
    ["per:title", 1, 2],
    ["org:partner", 0, 4],
    ["org:alternate_names", 0, 4],
]


def morphemes() -> list[Morpheme]:
    return [m for sentence in make_reading(TEXT).sentences for m in sentence.morphemes]


def test_all_pairs_that_could_be_related_are_known_of_an_own_sentence() -> None:
    found = own_pairs(SPANS, RELATIONS, "a.jsonl")
    known = {(pair.head, pair.tail): pair.own for pair in found}
    assert len(found) == len(known) == 10
    assert known[PERSON, ORG] == {"per:employee_of"}
    assert known[ORG, SCHOOL] == {"org:partner", "org:alternate_names"}
    assert known[SCHOOL, ORG] == known[PERSON, SCHOOL] == known[ORG, DATE] == frozenset()
    assert all(tail[2] in RELATED[head[2]] for head, tail in known)
    assert all(pair.klue is None for pair in found)


def test_what_cannot_be_related_is_not_looked_at() -> None:
    assert own_pairs([TITLE, DATE], [], "a.jsonl") == []
    assert own_pairs([ORG], [], "a.jsonl") == []
    assert own_pairs([], [], "a.jsonl") == []


@pytest.mark.parametrize(
    "relation",
    [
        ["per:boss_of", 1, 0],
        ["no_relation", 1, 0],
        ["per:title", 2, 1],
        ["per:title", 1, 5],
        ["per:title", 1, -3],
        ["per:title", "1", 2],
        ["org:partner", 0, 0],
        ["per:title", 1],
        [],
        "per:title",
    ],
    ids=str,
)
def test_a_relation_that_does_not_fit_is_named(relation: object) -> None:
    with pytest.raises(DataError, match=r"a\.jsonl, line 3: relation"):
        own_pairs(SPANS, [*RELATIONS, relation], "a.jsonl, line 3")  # type: ignore[list-item]


ROW = {
    "id": "7",
    "text": TEXT,
    "subject": [5, 8, "PER"],
    "object": [9, 11, "POH"],
    "label": "per:title",
}


def test_a_klue_row_is_one_pair() -> None:
    assert klue_pair(ROW) == MarkedPair(PERSON, (9, 11, "POH"), klue="per:title")


@pytest.mark.parametrize(
    "change",
    [{"label": "per:boss_of"}, {"label": None}, {"object": [9, 11, "ANIMAL"]}],
    ids=str,
)
def test_a_row_that_is_not_klues_is_named(change: dict[str, object]) -> None:
    with pytest.raises(DataError, match="row 7"):
        klue_pair({**ROW, **change})
    for missing in ("subject", "object", "label"):
        with pytest.raises(DataError, match="row 7"):
            klue_pair({key: value for key, value in ROW.items() if key != missing})


def test_targets_are_numbers_of_morphemes_types_and_labels() -> None:
    own = MarkedPair(PERSON, ORG, own=frozenset(["per:employee_of"]))
    pairs = [klue_pair(ROW), own, MarkedPair(ORG, PERSON, own=frozenset())]
    found = pair_targets(morphemes(), pairs)
    assert found is not None
    for row, pair in zip(found.spans.tolist(), pairs, strict=True):
        for (first, end), span in zip((row[:2], row[2:]), (pair.head, pair.tail), strict=True):
            assert morphemes()[first].start == span[0] and morphemes()[end - 1].end == span[1]
    types = [[ENTITY_TYPES[n] for n in row] for row in found.types]
    assert types == [["PERSON", "POH"], ["PERSON", "ORG"], ["ORG", "PERSON"]]
    assert found.klue.tolist() == [KLUE_RELATIONS.index("per:title"), IGNORED, IGNORED]
    assert np.isnan(found.own[0]).all()
    assert [OWN_RELATIONS[n] for n in np.flatnonzero(found.own[1])] == ["per:employee_of"]
    assert (found.own[2] == 0).all()
    assert (found.spans.dtype, found.own.dtype) == (np.int64, np.float32)


def test_no_relation_is_known_to_be_none() -> None:
    found = pair_targets(morphemes(), [klue_pair({**ROW, "label": "no_relation"})])
    assert found is not None and found.klue.tolist() == [0]


def test_both_ends_must_lie_in_the_window() -> None:
    spans: Spans = [ORG, PERSON, TITLE]
    pairs = own_pairs(spans, [], "a.jsonl")
    window = [m for m in morphemes() if m.start >= PERSON[0]]
    found = pair_targets(window, pairs)
    assert found is not None
    assert [[ENTITY_TYPES[n] for n in row] for row in found.types] == [["PERSON", "TITLE"]]
    assert found.spans[0, 0] == 0
    assert pair_targets(window[-1:], pairs) is None
    assert pair_targets([], pairs) is None
    assert pair_targets(morphemes(), []) is None


def test_a_span_takes_every_morpheme_that_it_touches() -> None:
    text = [Morpheme(f, "NNG", s, e) for f, s, e in [("가나", 0, 2), ("다라", 2, 4), ("마", 5, 6)]]
    assert places(text, (1, 3, "ORG")) == (0, 2)
    assert places(text, (5, 6, "ORG")) == (2, 3)
    assert places(text, (4, 5, "ORG")) == ()


@pytest.mark.parametrize(("label", "turned"), INVERSES.items())
def test_inverses_are_labels_and_turn_back(label: str, turned: str) -> None:
    assert label in KLUE_RELATIONS and INVERSES[turned] == label


def test_a_pair_has_an_inverse_where_its_tail_can_be_a_subject() -> None:
    members = MarkedPair(ORG, (20, 24, "ORG"), klue="org:members")
    found = with_inverses([members, MarkedPair(ORG, (30, 32, "LOCATION"), klue="no_relation")])
    assert found[2:] == (MarkedPair((20, 24, "ORG"), ORG, klue="org:member_of"),)


def test_a_row_of_its_own_goes_before_an_inverse() -> None:
    row = MarkedPair(PERSON, ORG, klue="per:employee_of")
    turned = MarkedPair(ORG, PERSON, klue="no_relation")
    assert with_inverses([row, turned]) == (row, turned)


def test_own_relations_in_klues_labels_and_types() -> None:
    own = [
        MarkedPair(PERSON, TITLE, own=frozenset(("per:title",))),
        MarkedPair(ORG, SCHOOL, own=frozenset(("org:partner", "org:member_of"))),
        MarkedPair(ORG, SCHOOL, own=frozenset(("org:partner",))),
        MarkedPair(ORG, PERSON, own=frozenset(("org:founded_by", "org:top_members/employees"))),
        MarkedPair(TITLE, PERSON, own=frozenset(("per:title",))),
        MarkedPair(PERSON, ORG, klue="per:employee_of"),
    ]
    assert as_klue(own) == [
        MarkedPair(PERSON, (9, 11, "POH"), klue="per:title"),
        MarkedPair(ORG, SCHOOL, klue="org:member_of"),
    ]


def test_one_in_so_many_unrelated_pairs_stands_for_klues() -> None:
    unrelated = [
        MarkedPair((n, n + 1, "ORG"), (n + 3, n + 5, "ORG"), own=frozenset()) for n in range(4000)
    ]
    found = as_klue(unrelated)
    assert all(pair.klue == "no_relation" for pair in found)
    assert len(found) == pytest.approx(4000 / UNRELATED, rel=0.15)
    assert as_klue(reversed(unrelated)) == found[::-1], "the same whatever the order"
