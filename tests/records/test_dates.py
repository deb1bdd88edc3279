"""Specification of calendar expressions: spans, values, and the dates of a whole document."""

from __future__ import annotations

import re
from datetime import date, datetime

import pytest
from helpers import make_reading, read_cases
from hypothesis import given, settings
from hypothesis import strategies as st

from lgtalent_ie.records.dates import find_dates, parse_date, read_dates
from lgtalent_ie.records.dates_calendar import days_covered, nth_week, nth_weekday
from lgtalent_ie.records.dates_foreign import iso_value, plain_signs
from lgtalent_ie.records.dates_lunar import lunar_day
from lgtalent_ie.records.dates_numerals import sino_number
from lgtalent_ie.schema import Date
from lgtalent_ie.tables import read_table

BEFORE = Date(None, "DATE", "2023-05-03", "2023-05-03", "2023-05-03")


@pytest.mark.parametrize(
    "text,anchor,value,mod,kind,first,last", [*read_cases("dates"), *read_cases("dates_press")]
)
def test_value(
    text: str, anchor: str, value: str, mod: str, kind: str, first: str, last: str
) -> None:
    date_ = parse_date(text, anchor or None)
    if not value:
        assert date_ is None
        return
    assert date_ is not None
    got = (date_.value, date_.mod or "", date_.type, date_.first or "", date_.last or "")
    assert got == (value, mod, kind, first, last)


@pytest.mark.parametrize("marked", [row[0] for row in read_cases("date_spans")])
def test_spans(marked: str) -> None:
    """`[…]` marks a DATE, `<…>` a TIME; nothing else may be found."""
    text, expected = "", []
    for part in re.findall(r"\[[^]]*]|<[^>]*>|[^[<]+", marked):
        if part[0] in "[<":
            part, label = part[1:-1], "DATE" if part[0] == "[" else "TIME"
            expected.append((len(text), part, label))
        text += part
    found = [(m.start, text[m.start : m.end], m.label) for m in find_dates(text)]
    assert found == expected


@pytest.mark.parametrize("marked,published,expected", read_cases("date_documents"))
def test_values_in_their_sentences(marked: str, published: str, expected: str) -> None:
    text, mentions = "", []
    for part in re.findall(r"\[[^]]*]|<[^>]*>|[^[<]+", marked):
        if part[0] in "[<":
            part, sign = part[1:-1], "" if part[0] == "[" else "~"
            mentions.append(f"{sign}{part}#{text.count(part) + 1}")
        text += part
    assert "; ".join(values(text, mentions, published or None)) == (
        "" if expected == "-" else expected
    )


@pytest.mark.parametrize(
    "row", read_table("lgtalent_ie.records", "date_words"), ids=lambda row: row[0]
)
def test_every_word_of_the_table(row: tuple[str, ...]) -> None:
    _, _, _, sure, example, value = row
    date_ = parse_date(example, "2023-06-21", previous=BEFORE)
    assert date_ is not None and date_.value == value
    assert sure in ("y", "n")


@pytest.mark.parametrize(
    "row", read_table("lgtalent_ie.records", "date_lunar"), ids=lambda row: row[0]
)
def test_every_lunar_year(row: tuple[str, ...]) -> None:
    year, seollal, chuseok, _, lengths, example = row
    assert set(lengths.split()) == {"29", "30"} and len(lengths.split()) in (12, 13)
    chuseok_read, seollal_read = parse_date(example), parse_date(f"{year}년 설날")
    assert chuseok_read is not None and chuseok_read.value == chuseok
    assert seollal_read is not None and seollal_read.value == seollal


@pytest.mark.parametrize(
    "row", read_table("lgtalent_ie.records", "date_tails"), ids=lambda row: row[0].strip()
)
def test_every_tail(row: tuple[str, ...]) -> None:
    """The expression ends before its tail, and the two together still have a value."""
    marked = row[2]
    inside = marked[1 : marked.index("]")]
    text = marked.replace("[", "").replace("]", "")
    spans = [text[m.start : m.end] for m in find_dates(text)]
    assert spans in ([inside], [text.strip()], [text[: len(inside) + len(row[0])]])
    assert parse_date(inside, "2023-06-21", previous=BEFORE) is not None


@pytest.mark.parametrize(
    "row", read_table("lgtalent_ie.records", "date_cues"), ids=lambda row: "/".join(row[:3])
)
def test_every_cue(row: tuple[str, ...]) -> None:
    form, tag, _, example, published, value = row
    surface = example[example.index("[") + 1 : example.index("]")]
    text = example.replace("[", "").replace("]", "")
    reading = make_reading(text, [("DATE", surface)], published)
    tags = {(m.form, m.tag.split("-")[0]) for s in reading.sentences for m in s.morphemes}
    assert (form, tag) in tags
    assert [d.value for d in read_dates(reading)] == [value]


@pytest.mark.parametrize(
    "row", read_table("lgtalent_ie.records", "date_heads"), ids=lambda row: row[0]
)
def test_every_head(row: tuple[str, ...]) -> None:
    word, _, example, value = row
    surface = example[example.index("[") + 1 : example.index("]")]
    assert f"{word} [{surface}]" in example
    assert values(example.replace("[", "").replace("]", ""), [surface]) == [value]


@pytest.mark.parametrize(
    "row", read_table("lgtalent_ie.records", "date_english"), ids=lambda row: row[0]
)
def test_every_english_month(row: tuple[str, ...]) -> None:
    name, number, example, value = row
    got = parse_date(example)
    assert name in example and got is not None and got.value == value
    assert int(value[5:7]) == int(number)
    assert [(m.start, m.end) for m in find_dates(f"({example})")] == [(1, len(example) + 1)]
    assert parse_date(name) is None


def values(text: str, mentions: list[str], published: str | None = "2023-06-21") -> list[str]:
    """Values of the mentions given by surface; `~` before one marks a TIME; `#2` the second."""
    specs = []
    for mention in mentions:
        label = "TIME" if mention[0] == "~" else "DATE"
        surface, _, nth = mention.lstrip("~").partition("#")
        specs.append((label, surface, int(nth or 1)))
    reading = make_reading(text, specs, published)  # type: ignore[arg-type]
    return [d.value for d in read_dates(reading)]


@pytest.mark.parametrize(
    "text,mentions,expected",
    [
        ("조합은 15일 이렇게 밝혔다.", ["15일"], ["2023-06-15"]),
        (
            "조합은 13일 부산에서 장터를 열었다고 15일 밝혔다. 이날 장터에는 손님이 몰렸다.",
            ["13일", "15일", "이날"], ["2023-06-13", "2023-06-15", "2023-06-13"],
        ),
        (
            "조합은 15일 밝혔다. 이날 회의에는 모두가 왔다.",
            ["15일", "이날"], ["2023-06-15", "2023-06-15"],
        ),
        (
            "지난해 6월 장터가 처음 열렸다. 같은 달 조합도 생겼다. 이듬해 회원이 늘었다.",
            ["지난해 6월", "같은 달", "이듬해"], ["2022-06", "2022-06", "2023"],
        ),
        ("장터는 2022년 3월과 5월에 열렸다.", ["2022년 3월", "5월"], ["2022-03", "2022-05"]),
        ("장터는 2021년에는 8월, 11월에 열렸다.", ["2021년", "8월", "11월"],
         ["2021", "2021-08", "2021-11"]),
        (
            "2020년 문을 연 조합은 5월 장터를 열었다.", ["2020년", "5월"], ["2020", "2023-05"],
        ),
        ("장터는 5월 3일과 10일 열렸다.", ["5월 3일", "10일"], ["2023-05-03", "2023-05-10"]),
        ("회의는 20일 시청에서 오후 6시에 열렸다.", ["20일", "~오후 6시"],
         ["2023-06-20", "2023-06-20T18:00"]),
        ("회의는 20일 열렸다. 문은 오후 6시에 닫았다.", ["20일", "~오후 6시"],
         ["2023-06-20", "T18:00"]),
        ("21일 업계에 따르면 조합은 9월 장터를 열 예정이다.", ["21일", "9월"],
         ["2023-06-21", "2023-09"]),
        ("조합은 오는 25일 장터를 연다고 20일 밝혔다.", ["오는 25일", "20일"],
         ["2023-06-25", "2023-06-20"]),
        ("조합은 25일 장터를 개최한다고 20일 밝혔다.", ["25일", "20일"],
         ["2023-06-25", "2023-06-20"]),
        ("16일 조합은 새로 지을 건물의 그림을 내걸었다.", ["16일"], ["2023-06-16"]),
        ("20일 조합은 장터를 열 계획이라고 밝혔다.", ["20일"], ["2023-06-20"]),
        ("25일 조합은 새로 지은 건물에서 장터를 열 예정이다.", ["25일"], ["2023-06-25"]),
        ("장터는 10일 동안 열렸다.", ["10일"], ["P10D"]),
        ("장터는 3년 만에 열렸다.", ["3년"], ["P3Y"]),
        ("장터는 일요일마다 열린다.", ["일요일"], ["XXXX-WXX-7"]),
        ("그는 10일 다쳤고 사흘 뒤 숨졌다.", ["10일", "사흘 뒤"], ["2023-06-10", "2023-06-13"]),
        ("당시 조합은 작았다.", ["당시"], ["XXXX"]),
        ("장터는 작년 5월 열렸다. 당시 손님이 많았다.", ["작년 5월", "당시"],
         ["2022-05", "2022-05"]),
    ],
)  # fmt: skip
def test_document(text: str, mentions: list[str], expected: list[str]) -> None:
    assert values(text, mentions) == expected


def test_without_publication_date_nothing_is_invented() -> None:
    text = "조합은 지난 13일 장터를 열었다. 이날 손님이 많았다. 전날에는 적었다. 내달에도 연다."
    assert values(text, ["지난 13일", "이날", "전날", "내달"], None) == [
        "XXXX-XX-13", "XXXX-XX-13", "XXXX-XX-XX", "XXXX-XX",
    ]  # fmt: skip


def test_records_name_their_mentions_and_skip_the_unreadable() -> None:
    reading = make_reading(
        "행사는 2월 30일과 3월 2일 열렸다.",
        [("DATE", "2월 30일"), ("DATE", "3월 2일")], "2023-06-21",
    )  # fmt: skip
    assert [(d.mention, d.value, d.relative) for d in read_dates(reading)] == [
        ("m2", "2023-03-02", True)
    ]


def test_a_time_close_to_its_hour_is_approximate() -> None:
    reading = make_reading("불은 오후 3시 30분께 꺼졌다.", [("TIME", "오후 3시 30분")])
    assert [(d.value, d.mod) for d in read_dates(reading)] == [("T15:30", "APPROX")]


@pytest.mark.parametrize(
    "text,future,value",
    [("13일", True, "2023-07-13"), ("25일", True, "2023-06-25"), ("21일", True, "2023-06-21"),
     ("5월", True, "2024-05"), ("6월", True, "2023-06"), ("9월", True, "2023-09"),
     ("금요일", True, "2023-06-23"), ("하반기", True, "2023-H2"), ("3분기", True, "2023-Q3"),
     ("지난 13일", True, "2023-06-13"), ("13일", False, "2023-06-13"),
     ("12월 25일", True, "2023-12-25"), ("추석", True, "2023-09-29")],
)  # fmt: skip
def test_future_makes_a_bare_date_look_forward(text: str, future: bool, value: str) -> None:
    date_ = parse_date(text, "2023-06-21", future=future)
    assert date_ is not None and date_.value == value


@pytest.mark.parametrize(
    "text,value",
    [("이날", "2023-05-03"), ("같은 날", "2023-05-03"), ("당시", "2023-05-03"),
     ("전날", "2023-05-02"), ("이튿날", "2023-05-04"), ("다음 날", "2023-05-04"),
     ("같은 달", "2023-05"), ("같은 달 8일", "2023-05-08"), ("같은 해", "2023"),
     ("같은 해 10월", "2023-10"), ("이듬해", "2024"), ("이듬해 3월", "2024-03"),
     ("그해 말", "2023"), ("이날 오후 6시", "2023-05-03T18:00"), ("오후 6시", "2023-05-03T18:00")],
)  # fmt: skip
def test_words_that_point_back(text: str, value: str) -> None:
    date_ = parse_date(text, "2024-06-21", previous=BEFORE)
    assert date_ is not None and date_.value == value


def test_relative_says_that_the_anchor_was_needed() -> None:
    asked = {text: parse_date(text, "2023-06-21") for text in ("지난해", "2022년", "13일", "사흘")}
    assert {text: d and d.relative for text, d in asked.items()} == {
        "지난해": True, "2022년": False, "13일": True, "사흘": False,
    }  # fmt: skip


@pytest.mark.parametrize("anchor", ["2023-06-21", date(2023, 6, 21), datetime(2023, 6, 21, 9, 30)])
def test_the_anchor_may_be_text_date_or_moment(anchor: str | date) -> None:
    got = parse_date("어제", anchor)
    assert got is not None and got.value == "2023-06-20"


def test_hours_ago_count_from_a_moment() -> None:
    got = parse_date("3시간 전", datetime(2023, 6, 21, 1, 30))
    assert got is not None and (got.value, got.type) == ("2023-06-20T22:30", "TIME")


def test_an_anchor_that_is_no_date_counts_as_none() -> None:
    got = parse_date("13일", "gestern")
    assert got is not None and got.value == "XXXX-XX-13"


@pytest.mark.parametrize("text,sure", [("봄", False), ("하루", False), ("가을", True),
    ("5월", True), ("주말", True), ("100주", False), ("이날", True)])  # fmt: skip
def test_sure(text: str, sure: bool) -> None:
    assert [m.sure for m in find_dates(text)] == [sure]


@pytest.mark.parametrize("spelled,number", [("이천이십삼", 2023), ("이공이삼", 2023), ("십", 10),
    ("이십일", 21), ("백오", 105), ("십십", None), ("일십백", None),
    ("일이삼사오", None)])  # fmt: skip
def test_sino_numbers(spelled: str, number: int | None) -> None:
    assert sino_number(spelled) == number


def test_weeks_of_a_month() -> None:
    assert nth_week(2023, 8, 1) == date(2023, 7, 31)
    assert nth_week(2023, 2, 5) is None
    assert nth_weekday(2023, 2, 5, 1) is None


def test_a_week_is_also_counted_from_the_end_of_its_month() -> None:
    assert nth_week(2026, 3, -1) == date(2026, 3, 23)
    assert nth_weekday(2026, 2, -1, 6) == date(2026, 2, 28)


@pytest.mark.parametrize(
    "year,month,day,solar",
    [(2024, 8, 15, date(2024, 9, 17)), (2023, 3, 1, date(2023, 4, 20)), (2024, 1, 30, None),
     (2024, 13, 1, None), (1939, 1, 1, None), (2025, 6, 29, date(2025, 7, 23))],
)  # fmt: skip
def test_days_of_the_lunar_year_pass_over_leap_months(
    year: int, month: int, day: int, solar: date | None
) -> None:
    assert lunar_day(year, month, day) == solar


def test_wide_signs_keep_their_places() -> None:
    assert plain_signs("日 정부는 ３月 1日") == "日 정부는 3월 1일"


@pytest.mark.parametrize(
    "text,value",
    [("20260312", "2026-03-12"), ("2026-W11-4", "2026-03-12"), ("2026-W54", None),
     ("20260230", None), ("2026-03-15/2026-03-12", None), ("2026-03-12", None)],
)  # fmt: skip
def test_iso_forms_of_their_own(text: str, value: str | None) -> None:
    assert iso_value(text) == value


@given(st.dates(date(1900, 1, 1), date(2199, 12, 31)))
@settings(max_examples=60, deadline=None)
def test_a_full_date_is_its_day_in_every_writing(day: date) -> None:
    for form in ("{0}년 {1}월 {2}일", "{0}.{1}.{2}.", "{0}-{1:02d}-{2:02d}", "{0}년{1}월{2}일에"):
        got = parse_date(form.format(day.year, day.month, day.day))
        assert got is not None and got.value == got.first == got.last == day.isoformat()


@given(st.dates(date(1990, 1, 1), date(2100, 12, 31)), st.integers(1, 31))
@settings(max_examples=60, deadline=None)
def test_a_bare_day_is_the_nearest_on_its_side(anchor: date, number: int) -> None:
    past, coming = parse_date(f"지난 {number}일", anchor), parse_date(f"오는 {number}일", anchor)
    assert past and coming and past.first and coming.first
    assert past.first <= anchor.isoformat() < coming.first
    assert int(past.first[8:]) == int(coming.first[8:]) == number
    assert (date.fromisoformat(coming.first) - date.fromisoformat(past.first)).days <= 62


@given(
    st.text(
        "0123456789년월일시분 ~-./:지난올해말초중순오는부터까지(화)'반전후간마다X,", max_size=40
    )
)
@settings(max_examples=200, deadline=None)
def test_anything_goes_in_without_an_error(text: str) -> None:
    end = 0
    for match in find_dates(text):
        assert end <= match.start < match.end <= len(text)
        end = match.end
    for anchor in (None, "2023-06-21", "0001-01-01", "9999-12-31"):
        got = parse_date(text, anchor, previous=BEFORE, future=True)
        if got is not None and got.first and got.last:
            assert got.first <= got.last and days_covered(got.value) is not None


@pytest.mark.parametrize("blank", " \t\u00a0\u3000")
@pytest.mark.parametrize("text", ["지난_주말", "올_한_해", "6월_20일", "10일 만_에", "3년 만_의"])
def test_blanks_of_every_kind_are_blanks_inside_a_word(text: str, blank: str) -> None:
    usual = parse_date(text.replace("_", " "), "2023-06-21")
    assert usual is not None
    assert parse_date(text.replace("_", blank), "2023-06-21") == usual


# A piece, and the date or time that it names each time it stands there.
HOSTILE = [
    ("1", None), ("지난 ", None), ("'23", None), ("십", None), ("3~", None), ("1.", None),
    ("2023.1.", None), ("(월)", None), ("한 ", None), ("12:", None), (" ", None),
    ("일월화수", None), ("지난 번 ", None),
    ("올해 말 ", "올해 말"), ("오전 ", "오전"), ("11일부터 ", "11일"), ("1년 6개월 ", "1년 6개월"),
]  # fmt: skip


@pytest.mark.parametrize(("piece", "expression"), HOSTILE)
def test_of_a_piece_repeated_without_end_nothing_is_made_up(
    piece: str, expression: str | None
) -> None:
    text = piece * (100_000 // len(piece))
    starts = range(0, len(text), len(piece)) if expression else ()
    assert [(m.start, m.end) for m in find_dates(text)] == [
        (start, start + len(expression or "")) for start in starts
    ]
    assert parse_date(text, "2023-06-21") is None


def test_days_grown_together_are_days_or_nothing() -> None:
    text = "1일" * 50_000
    assert {text[match.start : match.end] for match in find_dates(text)} <= {"1일"}
    assert parse_date(text, "2023-06-21") is None


@pytest.mark.parametrize(
    "text, sure", [("당시 그는 몰랐다.", True), ("총선 당시 그는 몰랐다.", False)]
)
def test_a_word_that_leans_on_a_noun_is_sure_only_at_the_start(text: str, sure: bool) -> None:
    assert [m.sure for m in find_dates(text)] == [sure]
