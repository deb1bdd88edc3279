"""Writings that are calendar expressions only as a whole string: `주 3회`, `4. 12.`, `3PM`.

In running text the same letters are too often something else, so the scan for dates leaves them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from msgspec.structs import replace

from lgtalent_ie.records.dates_expressions import Calendar, Expression, Length, Stretch
from lgtalent_ie.records.dates_signs import BLANK, DASH
from lgtalent_ie.records.dates_units import full_year
from lgtalent_ie.tables import read_table

_COUNT = "(?:[0-9]{1,3}|한두|두세|서너|너댓|한|두|세|네|다섯|여섯|일곱|여덟|아홉|열)"
_TIMES = re.compile(
    rf"(?P<each>[가-힣0-9 ]{{1,12}}?)(?P<by>에|마다|당)? ?(?:평균|약|최대|최소|단)? ?"
    rf"{_COUNT}(?: ?{DASH} ?{_COUNT})? ?(?:번|회|차례)(?:씩|꼴|정도){{0,2}}(?:로|의)?"
)
_UNITS = {
    "연": "Y", "연간": "Y", "매년": "Y", "해마다": "Y", "월": "M", "매달": "M", "매월": "M",
    "주": "W", "매주": "W", "일": "D", "매일": "D", "하루": "D", "일주일": "W",
    "분기": "Q", "매분기": "Q", "매 분기": "Q", "한 달": "M", "한달": "M",
}  # fmt: skip
_HALF_YEARS = frozenset(["반기", "매반기", "매 반기"])
_DAY = r"(\d{1,2})\. ?(\d{1,2})\."
_DAYS = re.compile(rf"{_DAY}(?: ?{DASH} ?{_DAY})?")
_YEARS = re.compile(rf"(\d{{4}}) ?{DASH} ?(\d{{4}})")
_MONTH = re.compile(r"(\d{4})/(\d{1,2})")
_SLASHED = re.compile(rf"(\d{{1,2}})/(\d{{1,2}})(?: ?{DASH} ?(\d{{1,2}})/(\d{{1,2}}))?")
_YEAR_MARK = r"['’]?(?P<{}>20\d\d|\d\d)"
_QUARTER = re.compile(
    rf"(?:Q(?P<q>[1-4]){BLANK}?{_YEAR_MARK.format('y')}|(?P<q2>[1-4])Q (?P<y2>20\d\d)"
    rf"|(?P<h>[12])H (?P<hy>20\d\d)|(?P<y3>20\d\d) ?(?:Q(?P<q3>[1-4])|(?P<q4>[1-4])Q))"
)
_FISCAL = re.compile(
    rf"(?:FY ?{_YEAR_MARK.format('y')}|(?:회계|사업)연도 ?(?P<y2>\d{{4}})년?)(?: ?(?P<q>[1-4])Q)?"
)
_REIGN = re.compile(r"(?P<name>[가-힣]{2,4}) ?(?P<n>\d{1,2})년")
_HOUR = re.compile(r"(\d{1,2}) ?([ap])\.?m\.?", re.IGNORECASE)
_YEAR_RANGE = range(1800, 2200)


def whole_expression(text: str, read: Callable[[str], Expression | None]) -> Expression | None:
    """What a string says that no rule of the running text reads; None where it is no date.

    `read` reads the length that a frequency counts by: the 이틀 of `이틀에 한 번`.
    """
    if text[-1:] not in _LAST:
        return None
    if found := _HOUR.fullmatch(text):
        hour, half = int(found[1]), {"a": "MO", "p": "AF"}[found[2].lower()]
        return Calendar(hour=hour, minute=0, daypart=half) if 1 <= hour <= 12 else None
    if text[-1] == "년":
        return _year_counted(text)
    if found := _QUARTER.fullmatch(text):
        number = found["q"] or found["q2"] or found["q3"] or found["q4"]
        year = full_year(int(found["y"] or found["y2"] or found["y3"] or found["hy"]))
        return (
            Calendar(year=year, quarter=int(number))
            if number
            else Calendar(year=year, half=int(found["h"]))
        )
    if found := _FISCAL.fullmatch(text):
        year, quarter = full_year(int(found["y"] or found["y2"])), int(found["q"] or 0) or None
        return Calendar(year=year, quarter=quarter)
    if found := _MONTH.fullmatch(text):
        year, month = int(found[1]), int(found[2])
        return Calendar(year=year, month=month) if year in _YEAR_RANGE and month < 13 else None
    if found := _YEARS.fullmatch(text):
        first, last = int(found[1]), int(found[2])
        known = first in _YEAR_RANGE and last in _YEAR_RANGE and first < last
        return Stretch(Calendar(year=first), Calendar(year=last)) if known else None
    if found := _DAYS.fullmatch(text) or _SLASHED.fullmatch(text):
        numbers = [int(number) for number in found.groups() if number]
        if not all(1 <= number <= (31, 12)[n % 2 == 0] for n, number in enumerate(numbers)):
            return None
        start, *end = (Calendar(month=m, day=d) for m, d in zip(*[iter(numbers)] * 2, strict=True))
        return Stretch(start, end[0]) if end else start
    return _frequency(text, read)


_LAST = frozenset("0123456789.mMQ년번회례씩꼴도로의")


@cache
def _reigns() -> dict[str, tuple[int, int]]:
    """Name of a king or an era → its first year and its last (`tables/date_reigns.tsv`)."""
    return {
        name: (int(first), int(last))
        for name, first, last, *_ in read_table(__package__, "date_reigns")
    }


def _year_counted(text: str) -> Calendar | None:
    """A year counted by a king or an era, 세종 25년, or behind 회계연도."""
    if found := _FISCAL.fullmatch(text):
        return Calendar(year=int(found["y2"])) if found["y2"] else None
    found = _REIGN.fullmatch(text)
    if found is None or found["name"] not in _reigns():
        return None
    first, last = _reigns()[found["name"]]
    year = first + int(found["n"]) - 1
    return Calendar(year=year) if first <= year <= last else None


def _frequency(text: str, read: Callable[[str], Expression | None]) -> Expression | None:
    """So many times in every such period; TIMEX3 keeps the number outside of the value."""
    found = _TIMES.fullmatch(text)
    if found is None:
        return None
    each = found["each"].strip()
    if each in _HALF_YEARS:
        return Length((("M", 6.0),), repeat=True)
    if unit := _UNITS.get(each):
        return Length(((unit, 1.0),), repeat=True)
    # 3년에 한 번, but not 3년 한 번.
    length = read(each) if found["by"] else None
    return replace(length, repeat=True) if isinstance(length, Length) else None


def minutes_before(point: Calendar) -> Calendar | None:
    """The clock time that 3시 15분 전 says; None where the minutes are too many to be meant so."""
    hour, minute, half = point.hour, point.minute, point.daypart
    if hour is None or not hour or not minute or minute > 20 or point.second or point.repeat:
        return None
    if hour == 12 and half == "MO":
        return None
    half = "MO" if hour == 12 and half == "AF" else half
    if hour == 1 and half in ("AF", "DT"):
        # A quarter to one in the afternoon is at noon.
        return replace(point, hour=12, minute=60 - minute, daypart="AF")
    return replace(point, hour=hour - 1, minute=60 - minute, daypart=half)
