"""Quantities by their place in the sentence: ages, nouns behind numbers, what counts nothing."""

from __future__ import annotations

from itertools import pairwise

import pytest
from helpers import make_reading
from hypothesis import given, settings
from hypothesis import strategies as st

from lgtalent_ie.consistency import Candidate, overlaps
from lgtalent_ie.quantity_repairs import is_age, repair_quantities
from lgtalent_ie.schema import Label

Mark = tuple[Label, str, float]


def marked(text: str, marks: list[Mark]) -> list[Candidate]:
    found: list[Candidate] = []
    for label, surface, score in marks:
        start = text.index(surface, found[-1].end if found else 0)
        found.append(Candidate(start, start + len(surface), label, score))
    return found


def repaired(text: str, settled: list[Mark], numeric: list[Mark]) -> list[tuple[Label, str]]:
    [sentence] = make_reading(text).sentences
    kept = repair_quantities(text, sentence, marked(text, settled), marked(text, numeric))
    return [(c.label, text[c.start : c.end]) for c in kept]


ADDED = {
    "an age behind a name": ("새별 배우 윤하늘(34)이 왔다.", "34"),
    "an age between name and 씨": ("운전자 A(46)씨가 멈췄다.", "46"),
    "an age and the sex": ("언니(50·여)가 먼저 알렸다.", "50"),
    "the sex and an age": ("전모(여·46)씨가 신고했다.", "46"),
    "an age behind another name": ("가수 하늘(본명 윤누리·35)이 노래했다.", "35"),
    "an age and a gloss": ("배우 누리(50. 尹)가 나왔다.", "50"),
    "an age behind a common noun": ("확진자는 여성(21)으로 학생이다.", "21"),
    "an age behind a blank": ("집주인 송 모 (77)씨가 말했다.", "77"),
    "a noun behind a native number": ("두 기수가 나란히 달렸다.", "두 기수"),
    "a unit that its noun makes one": ("담배 한 갑을 샀다.", "한 갑"),
    "the number of a series": ("드라마 시즌 3 촬영을 마쳤다.", "시즌 3"),
}


@pytest.mark.parametrize("text, quantity", ADDED.values(), ids=ADDED.keys())
def test_what_the_model_sees_is_kept_by_its_place(text: str, quantity: str) -> None:
    assert repaired(text, [], [("QUANTITY", quantity, 0.9)]) == [("QUANTITY", quantity)]


LEFT_OUT = {
    "a telephone number": ("상담실(1339)에 물었다.", "1339"),
    "a year": ("수영의 윤하늘(1993)이 가진 기록이다.", "1993"),
    "a number in an address": ("새별로 38 누리집으로 갔다.", "38"),
    "an electoral district": ("윤하늘(새별당·안산6) 의원이다.", "6"),
    "a number word alone": ("사과를 하나 더 먹었다.", "하나"),
    "an age beyond all": ("윤하늘(340)이 왔다.", "340"),
}


@pytest.mark.parametrize("text, quantity", LEFT_OUT.values(), ids=LEFT_OUT.keys())
def test_other_bare_numbers_stay_out(text: str, quantity: str) -> None:
    assert repaired(text, [], [("QUANTITY", quantity, 0.9)]) == []


IDLE = {
    "once more": ("다시 한 번 도전한다.", "한 번"),
    "just once": ("누구나 한번쯤 해 본다.", "한번"),
    "together": ("참가자를 한 곳에 불러 모았다.", "한 곳"),
    "at once": ("사진을 한 번에 올린다.", "한 번"),
    "a year before its event": ("새별 2031 승강전에서 졌다.", "2031 승강전"),
    "the beginning of a name": ("홍콩 4대천왕으로 불린다.", "4대"),
    "the only just of a duration": ("두 달 만인 오늘 돌아왔다.", "만인"),
}


@pytest.mark.parametrize("text, quantity", IDLE.values(), ids=IDLE.keys())
def test_what_counts_nothing_is_dropped(text: str, quantity: str) -> None:
    mark: Mark = ("QUANTITY", quantity, 0.9)
    assert repaired(text, [mark], [mark]) == []


KEPT = {
    "only once": ("단 한 번 이겼다.", "한 번"),
    "not once": ("한 번도 지지 않았다.", "한 번"),
    "once a year": ("1년에 한 번 열린다.", "한 번"),
    "at least once": ("최소한 한 번 이상 들었다.", "한 번"),
    "one person": ("지원자 한 명이 남았다.", "한 명"),
    "the first": ("한 번째 줄에 앉았다.", "한 번째"),
    "a noun that is no year's": ("모두 2031 상자가 왔다.", "2031 상자"),
}


@pytest.mark.parametrize("text, quantity", KEPT.values(), ids=KEPT.keys())
def test_what_says_how_often_or_how_many_stays(text: str, quantity: str) -> None:
    mark: Mark = ("QUANTITY", quantity, 0.9)
    assert repaired(text, [mark], [mark]) == [("QUANTITY", quantity)]


@pytest.mark.parametrize(
    "text, quantity, whole",
    [
        ("올해는 60개 교가 신청했다.", "60개", "60개 교"),
        ("학생들은 12개 국에서 왔다.", "12개", "12개 국"),
        ("도서관에 3개 교실을 더했다.", "3개", "3개"),
        ("세계 12개 국가에서 왔다.", "12개", "12개"),
        ("시는 4개 교도소를 살폈다.", "4개", "4개"),
    ],
)
def test_a_counter_written_apart_is_whole(text: str, quantity: str, whole: str) -> None:
    assert repaired(text, [("QUANTITY", quantity, 0.9)], []) == [("QUANTITY", whole)]


def test_a_district_belongs_to_its_city() -> None:
    marks: list[Mark] = [("LOCATION", "파리", 0.9), ("QUANTITY", "15구", 0.6)]
    assert repaired("파리 15구의 식당이다.", marks, []) == [("LOCATION", "파리 15구")]
    marks = [("LOCATION", "파리", 0.9), ("QUANTITY", "시신 3구", 0.6)]
    apart = [("LOCATION", "파리"), ("QUANTITY", "시신 3구")]
    assert repaired("파리 시신 3구를 찾았다.", marks, []) == apart


def test_each_one_of_many_is_no_count() -> None:
    marks: list[Mark] = [("QUANTITY", "한 명", 0.9), ("QUANTITY", "한 명", 0.9)]
    assert repaired("학생 한 명 한 명이 발표했다.", marks, marks) == []


def test_a_noun_that_begins_with_number_words_is_a_noun() -> None:
    text = "구조팀은 곧 떠났다."
    assert repaired(text, [("QUANTITY", "구조팀", 0.9)], []) == []
    told: Mark = ("QUANTITY", "구조팀", 0.9)
    assert repaired(text, [told], [told]) == [("QUANTITY", "구조팀")]


def test_no_duration_ends_inside_a_noun() -> None:
    text = "그가 시즌 3 주인공으로 뽑혔다."
    settled: list[Mark] = [("DATE", "3 주", 0.8)]
    assert repaired(text, settled, [("QUANTITY", "시즌 3", 0.8)]) == [("QUANTITY", "시즌 3")]
    assert repaired("축제는 3 주 동안 열린다.", settled, []) == [("DATE", "3 주")]


@pytest.mark.parametrize(
    "score, expected",
    [(0.3, []), (0.6, [("QUANTITY", "3중대")])],
)
def test_what_no_grammar_reads_needs_a_sure_model(
    score: float, expected: list[tuple[Label, str]]
) -> None:
    mark: Mark = ("QUANTITY", "3중대", score)
    assert repaired("훈련은 3중대 차례다.", [mark], [mark]) == expected


UNSURE_NAMES = {
    "a plain quantity": (
        "책 30박스를 실었다.", [("PRODUCT", "30박스", 0.3)], [("QUANTITY", "30박스")],
    ),
    "a subject and its sum": (
        "새별이 $400을 낸다.", [("PRODUCT", "새별이 $400", 0.3)], [("QUANTITY", "$400")],
    ),
    "a troop": ("병사는 52사단에 있다.", [("ORG", "52사단", 0.3)], [("ORG", "52사단")]),
    "a sure name": ("'30박스'를 틀었다.", [("PRODUCT", "30박스", 0.8)], [("PRODUCT", "30박스")]),
    "a name that ends in a number": (
        "새별폰 30대가 팔렸다.", [("PRODUCT", "새별폰 30대", 0.3)], [("PRODUCT", "새별폰 30대")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("text, settled, expected", UNSURE_NAMES.values(), ids=UNSURE_NAMES.keys())
def test_unsure_names_that_are_quantities(
    text: str, settled: list[Mark], expected: list[tuple[Label, str]]
) -> None:
    assert repaired(text, settled, []) == expected


def test_an_age_that_the_model_overlooks_scores_no_better_than_its_name() -> None:
    text = "윤하늘(34)과 정누리(29·여)가 왔다."
    [sentence] = make_reading(text).sentences
    people = marked(text, [("PERSON", "윤하늘", 0.95), ("PERSON", "정누리", 0.6)])
    kept = repair_quantities(text, sentence, people, [])
    ages = [(text[c.start : c.end], c.score) for c in kept if c.label == "QUANTITY"]
    assert ages == [("34", 0.8), ("29", 0.6)]


def test_the_place_of_an_age() -> None:
    text = "정모(52)씨와 공모(제3자·52호)"
    first, second = text.index("52"), text.rindex("52")
    assert is_age(text, first, first + 2)
    assert not is_age(text, second, second + 2)


PIECES = st.sampled_from(
    ["윤하늘", "(34)", "(30·여)", "한 번", "한 명", "두 기수", "2031 승강전", "3 주인공", "씨", ",",
     "12명", "만인", "구조팀", " ", "시즌 3", "%", "$400", "다.", "이"]
)  # fmt: skip


@given(st.lists(PIECES, min_size=1, max_size=12), st.data())
@settings(max_examples=60, deadline=None)
def test_any_marks_give_candidates_in_order_without_overlap(
    words: list[str], data: st.DataObject
) -> None:
    text = "".join(words).strip() or "윤"
    whole = make_reading(text).sentences
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8, unique=True)))
    labels = st.sampled_from(["PERSON", "PRODUCT", "QUANTITY", "DATE"])
    marks = [
        Candidate(start, end, data.draw(labels), 0.4)  # type: ignore[arg-type]
        for start, end in pairwise(cuts)
    ]
    for sentence in whole:
        kept = repair_quantities(text, sentence, marks[::2], marks)
        assert kept == sorted(kept)
        for one, other in pairwise(kept):
            assert not overlaps(one, other)
        assert all(0 <= c.start < c.end <= len(text) for c in kept)
