"""Specification of the calendar expressions of schools, companies, schedules and history."""

from __future__ import annotations

import math
from datetime import date

import pytest

from lgtalent_ie.records.dates import find_dates, parse_date
from lgtalent_ie.records.dates_numerals import inexact_pair
from lgtalent_ie.records.dates_solar import solar_day
from lgtalent_ie.tables import read_table


@pytest.mark.parametrize(
    "row", read_table("lgtalent_ie.records", "date_reigns"), ids=lambda row: row[0]
)
def test_every_reign(row: tuple[str, ...]) -> None:
    name, first, last, example, value = row
    date_ = parse_date(example)
    assert date_ is not None and date_.value == value
    assert parse_date(f"{name} {int(last) - int(first) + 2}년") is None


SOLAR = read_table("lgtalent_ie.records", "date_solar")


def longitude_of_the_sun(days: float) -> float:
    """Degrees, to 0.01, so many days after noon of 2000-01-01 (Meeus, Astronomical Algorithms)."""
    mean, anomaly = 280.460 + 0.9856474 * days, math.radians(357.528 + 0.9856003 * days)
    return mean + 1.915 * math.sin(anomaly) + 0.020 * math.sin(2 * anomaly)


@pytest.mark.parametrize("row", SOLAR[1:], ids=lambda row: row[0])
def test_every_solar_year(row: tuple[str, ...]) -> None:
    """The sun reaches the longitude of a term between the midnights of its day in Korea."""
    year, *days = row
    for longitude, written in zip(map(int, SOLAR[0][1:]), days, strict=True):
        day = solar_day(int(year), longitude)
        assert day is not None and day.isoformat() == f"{year}-{written}"
        if longitude > 360:
            continue
        midnight = (day - date(2000, 1, 1)).days - 0.5 - 9 / 24
        begins, ends = (
            (longitude_of_the_sun(midnight + after) - longitude + 180) % 360 - 180
            for after in (0, 1)
        )
        assert begins < 0.02 and ends > -0.02


@pytest.mark.parametrize("row", SOLAR[1:], ids=lambda row: row[0])
def test_the_days_of_bok_are_of_the_stem_gyeong(row: tuple[str, ...]) -> None:
    """The seventh of ten stems: 20 to 29, 30 to 39 days after 하지, and 0 to 9 after 입추."""
    year = int(row[0])
    for number, term, least in ((361, 90, 20), (362, 90, 30), (363, 135, 0)):
        day, start = solar_day(year, number), solar_day(year, term)
        assert day is not None and start is not None
        # 2000-01-01 was a day of 무, the fifth stem.
        assert (4 + (day - date(2000, 1, 1)).days) % 10 == 6
        assert least <= (day - start).days < least + 10


def test_a_solar_term_outside_the_table_keeps_its_year() -> None:
    got = parse_date("1920년 입춘")
    assert solar_day(1939, 315) is None and got is not None and got.value == "1920"


@pytest.mark.parametrize(
    "text,pair",
    [
        ("이삼", (2, 3)),
        ("오륙", (5, 6)),
        ("구팔", None),
        ("일이", None),
        ("십이", None),
        ("삼", None),
    ],
)
def test_two_digits_in_a_row_say_about_how_many(text: str, pair: tuple[int, int] | None) -> None:
    assert inexact_pair(text) == pair


@pytest.mark.parametrize(
    "text,future,value",
    [("2학기", True, "2024-09/2025-02"), ("1학기", True, "2024-03/2024-08"), ("입춘", True, "2025-02-03")],
)  # fmt: skip
def test_future_makes_a_bare_period_look_forward(text: str, future: bool, value: str) -> None:
    date_ = parse_date(text, "2024-04-12", future=future)
    assert date_ is not None and date_.value == value


HOSTILE = [
    "말초말초", "1학기", "1학기 ", "월·", "월~", "1·", "1, ", "3Q", "'24.", "삼 ", "이삼 ", "여러 ",
    "2월 말 3월 초 ", "격주 금요일 ", "2024.3.1~", "매주 월~", "만 3년 ", "불기 ", "첫째 주 ", "Q3 ",
    "삼천이백", "4/12~", "세종 25년 ",
]  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE)
def test_a_piece_repeated_without_end_is_read_as_pieces_or_not_at_all(piece: str) -> None:
    text = piece * (100_000 // len(piece))
    assert parse_date(text, "2024-04-12") is None
    end = 0
    for match in find_dates(text):
        assert end <= match.start < match.end <= min(len(text), match.start + 96)
        end = match.end


@pytest.mark.parametrize("joint", ["·", "ㆍ", " · ", ", ", ","])
def test_numbers_in_a_row_share_their_unit_whatever_stands_between(joint: str) -> None:
    got = parse_date(f"3{joint}4월", "2024-04-12")
    assert got is not None and got.value == "2024-03/2024-04"
    assert parse_date(f"3{joint}6월", "2024-04-12") is None


def test_a_half_past_midnight_of_a_day_is_of_the_next_and_takes_no_day_told_before() -> None:
    told = parse_date("2024년 4월 12일")
    got = parse_date("밤 12시 30분", previous=told)
    assert got is not None and got.value == "T00:30"
    assert parse_date("13일 밤 12시 30분", "2024-04-12") is None
