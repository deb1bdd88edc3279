"""What many documents say together: which facts are one, in what order, from which sources."""

from __future__ import annotations

import random
from typing import Any

import pytest
from corpus_documents import told

from lgtalent_ie.corpus import merge
from lgtalent_ie.errors import InputError
from lgtalent_ie.schema import Document

HIRE: dict[str, Any] = {"kind": "hire", "actors": ["한빛전자"]}
FAIR: dict[str, Any] = {"kind": "recruiting_event", "actors": ["한빛전자"]}


def facts_of(*documents: Document) -> int:
    return len(merge(documents).facts)


ONE = {
    "the same day and no numbers": (HIRE | {"date": "2026-03-02"}, HIRE | {"date": "2026-03-02"}),
    "the same number within a month": (HIRE | {"people": 10}, HIRE | {"people": 10, "published": "2026-03-20"}),
    "one event under two spellings": (FAIR | {"event": "한빛 AI 데이"}, FAIR | {"event": "‘한빛 AI데이’"}),
    "an event before and after its day": (
        FAIR | {"event": "한빛 데이", "date": "2026-04-01", "published": "2026-03-20"},
        FAIR | {"event": "한빛 데이", "date": "2026-04-01", "published": "2026-06-20"},
    ),
    "a month and a day in it": (
        FAIR | {"event": "한빛 데이", "date": "2026-03"}, FAIR | {"event": "한빛 데이", "date": "2026-03-05"},
    ),
    "a common partner": (
        {"kind": "programme", "actors": ["한빛전자"], "partners": ("새벽대",)},
        {"kind": "programme", "actors": ["한빛전자"], "partners": ("새벽대",)},
    ),
    "a common place": (
        {"kind": "lab_opening", "actors": ["한빛전자"], "place": "판교"},
        {"kind": "lab_opening", "actors": ["한빛전자"], "place": "판교"},
    ),
    "an actor under a legal form": (HIRE | {"people": 3}, HIRE | {"people": 3, "actors": ["㈜한빛전자"]}),
}  # fmt: skip

TWO = {
    "another kind": (HIRE | {"people": 3}, HIRE | {"people": 3, "kind": "appointment"}),
    "another actor": (HIRE | {"people": 3}, HIRE | {"people": 3, "actors": ["새벽물산"]}),
    "another number": (HIRE | {"people": 3}, HIRE | {"people": 4}),
    "another number on one day": (
        HIRE | {"people": 3, "date": "2026-03-02"}, HIRE | {"people": 4, "date": "2026-03-02"},
    ),
    "another day": (
        FAIR | {"event": "한빛 데이", "date": "2026-03-02"}, FAIR | {"event": "한빛 데이", "date": "2026-03-09"},
    ),
    "another event": (FAIR | {"event": "한빛 데이"}, FAIR | {"event": "한빛 나이트"}),
    "the same number a season later": (HIRE | {"people": 3}, HIRE | {"people": 3, "published": "2026-06-02"}),
    "nothing in common but the actor": (HIRE, HIRE),
    "a number, and a day nobody knows": (HIRE | {"people": 3}, HIRE | {"people": 3, "published": None}),
}  # fmt: skip


@pytest.mark.parametrize("name", ONE)
def test_one_fact(name: str) -> None:
    first, second = (told(**kind) for kind in ONE[name])
    (fact,) = merge([("a", first), ("b", second)]).facts
    assert {s.document for s in fact.sources} == {"a", "b"}


@pytest.mark.parametrize("name", TWO)
def test_two_facts(name: str) -> None:
    assert facts_of(*(told(**kind) for kind in TWO[name])) == 2


def test_a_merged_fact_has_the_narrower_date_and_all_that_either_says() -> None:
    wide = told(
        "recruiting_event", ["한빛전자"], event="한빛 데이", date="2026-03", people=50, score=0.7
    )
    narrow = told(
        "recruiting_event",
        ["한빛전자"],
        event="한빛데이",
        date="2026-03-05",
        place="판교",
        score=0.9,
    )
    (fact,) = merge([wide, narrow]).facts
    assert (fact.date, fact.first, fact.last, fact.place) == (
        "2026-03-05",
        "2026-03-05",
        "2026-03-05",
        "판교",
    )
    assert [c.value for c in fact.counts] == [50]
    assert fact.score == 0.9
    assert [s.document for s in fact.sources] == ["d1", "d2"]


def test_the_timeline_is_in_order_of_days_and_undated_documents_come_last() -> None:
    timeline = merge(
        [
            ("late", told("hire", ["가나전자"], published="2026-05-01")),
            ("none", told("hire", ["다라전자"], published=None)),
            (
                "told late of an early day",
                told("hire", ["마바전자"], date="2025-12", published="2026-06-01"),
            ),
        ]
    )
    assert [f.sources[0].document for f in timeline.facts] == [
        "told late of an early day",
        "late",
        "none",
    ]
    assert [f.id for f in timeline.facts] == ["F1", "F2", "F3"]


def test_the_order_of_the_documents_does_not_matter() -> None:
    documents = [
        (
            f"{place}{n}",
            told("hire", [f"{name}전자"], people=n % 3, published=f"2026-03-{n + 1:02}"),
        )
        for place, name in (("a", "한빛"), ("b", "새벽"))
        for n in range(9)
    ]
    whole = merge(documents)
    shuffled = documents.copy()
    random.Random(3).shuffle(shuffled)
    assert merge(shuffled) == whole
    assert len(whole.facts) == 6


def test_a_relation_that_two_papers_state_is_one_with_two_sources() -> None:
    said = (("org:partner", "한빛전자", "새벽대"),)
    timeline = merge(
        [
            told("hire", ["한빛전자"], relations=said),
            told("hire", ["㈜한빛전자"], relations=(("org:partner", "㈜한빛전자", "새벽대학교"),)),
        ]
    )
    (relation,) = timeline.relations
    ids = {o.name: o.id for o in timeline.organizations}
    assert (relation.type, relation.head) == ("org:partner", ids["한빛전자"])
    assert [s.document for s in relation.sources] == ["d1", "d2"]


def test_two_documents_of_one_id_are_refused() -> None:
    with pytest.raises(InputError, match="2 documents with the id 'a'"):
        merge([("a", told(**HIRE)), ("a", told(**HIRE))])


def test_nothing_is_an_empty_timeline() -> None:
    assert merge([]).facts == ()
