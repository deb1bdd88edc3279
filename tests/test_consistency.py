"""Names are levelled out over a document."""

from __future__ import annotations

from helpers import make_reading

from lgtalent_ie.consistency import Candidate, make_consistent
from lgtalent_ie.schema import Label


def level(text: str, *marked: tuple[str, int, Label, float]) -> list[tuple[str, str]]:
    """Marked by (surface, nth occurrence from 0, label, score)."""
    candidates = []
    for surface, nth, label, score in marked:
        start = -1
        for _ in range(nth + 1):
            start = text.index(surface, start + 1)
        candidates.append(Candidate(start, start + len(surface), label, score))
    found = make_consistent(text, make_reading(text).sentences, candidates)
    return [(c.label, text[c.start : c.end]) for c in found]


def test_a_name_that_is_mostly_found_is_found_everywhere() -> None:
    text = "새별전자가 왔다. 새별전자는 컸다. 새별전자도 갔다."
    marks = [("새별전자", n, "ORG", 0.9) for n in (0, 2)]
    assert level(text, *marks) == [("ORG", "새별전자")] * 3  # type: ignore[arg-type]


def test_a_part_of_another_word_is_not_the_name() -> None:
    text = "나라가 왔다. 우리나라는 컸다."
    assert level(text, ("나라", 0, "ORG", 0.9)) == [("ORG", "나라")]


def test_a_word_hardly_ever_taken_for_a_name_is_none() -> None:
    text = "AI가 왔다. " + "AI는 컸다. " * 8
    assert level(text, ("AI", 0, "ORG", 0.6)) == []


def test_a_rare_name_is_left_alone_where_there_is_little_to_go_by() -> None:
    text = "AI가 왔다. AI는 컸다. AI도 갔다."
    assert level(text, ("AI", 0, "PRODUCT", 0.6)) == [("PRODUCT", "AI")]


def test_an_outweighed_label_gives_way() -> None:
    text = "새별컵이 왔다. 새별컵은 컸다. 새별컵도 갔다."
    marks = [("새별컵", 0, "EVENT", 0.9), ("새별컵", 1, "EVENT", 0.8), ("새별컵", 2, "ORG", 0.5)]
    assert level(text, *marks) == [("EVENT", "새별컵")] * 3  # type: ignore[arg-type]


def test_two_real_senses_stay() -> None:
    text = "새별파크를 찾았다. 새별파크는 밝혔다."
    marks = [("새별파크", 0, "LOCATION", 0.9), ("새별파크", 1, "ORG", 0.9)]
    assert level(text, *marks) == [("LOCATION", "새별파크"), ("ORG", "새별파크")]  # type: ignore[arg-type]


def test_numbers_and_titles_are_not_levelled() -> None:
    text = "10명이 왔다. 10명은 갔다. 사장은 왔다. 사장도 갔다."
    marks = [("10명", 0, "QUANTITY", 0.9), ("사장", 0, "TITLE", 0.9)]
    assert level(text, *marks) == [("QUANTITY", "10명"), ("TITLE", "사장")]  # type: ignore[arg-type]


def test_of_two_that_overlap_the_longer_stays() -> None:
    text = "새별전자 연구소가 왔다. 새별전자가 갔다."
    marks = [("새별전자 연구소", 0, "ORG", 0.6), ("새별전자", 1, "ORG", 0.9)]
    assert level(text, *marks) == [("ORG", "새별전자 연구소"), ("ORG", "새별전자")]  # type: ignore[arg-type]


def test_a_gloss_inside_a_name_says_what_the_short_name_is() -> None:
    text = "국제 새별 학회(ISBC·Bird Club) 2031이 열렸다. ISBC는 크다. ISBC에 갔다."
    marks = [("국제 새별 학회(ISBC·Bird Club) 2031", 0, "EVENT", 0.7)]
    marks += [("ISBC는"[:4], n, "ORG", 0.9) for n in (1, 2)]
    assert [label for label, _ in level(text, *marks)] == ["EVENT"] * 3  # type: ignore[arg-type]


def test_a_gloss_behind_a_name_is_the_same_thing() -> None:
    text = "새별학회(ISBC)가 열렸다. ISBC는 크다."
    marks = [("새별학회", 0, "EVENT", 0.7), ("ISBC", 0, "ORG", 0.9), ("ISBC", 1, "ORG", 0.9)]
    assert [label for label, _ in level(text, *marks)] == ["EVENT"] * 3  # type: ignore[arg-type]


def test_a_person_or_place_in_brackets_is_no_gloss() -> None:
    text = "정하늘(LA)이 왔다. LA는 크다."
    marks = [("정하늘", 0, "PERSON", 0.9), ("LA", 0, "LOCATION", 0.9), ("LA", 1, "LOCATION", 0.9)]
    assert [label for label, _ in level(text, *marks)] == ["PERSON", "LOCATION", "LOCATION"]  # type: ignore[arg-type]


def test_a_particle_is_no_part_of_a_name_the_document_has_without_it() -> None:
    text = "한빛대에 갔다. 한빛대와는 다르다."
    marks = [("한빛대", 0, "ORG", 0.9), ("한빛대와", 0, "ORG", 0.9)]
    assert level(text, *marks) == [("ORG", "한빛대"), ("ORG", "한빛대")]  # type: ignore[arg-type]


def test_the_last_word_of_a_foreign_name_is_the_person() -> None:
    text = "테오 새별스가 왔다. 새별스가 갔다."
    marks = [("테오 새별스", 0, "PERSON", 0.9), ("새별스", 1, "ORG", 0.9)]
    assert level(text, *marks) == [("PERSON", "테오 새별스"), ("PERSON", "새별스")]  # type: ignore[arg-type]
