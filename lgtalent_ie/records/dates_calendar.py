"""Calendar arithmetic and the days that an ISO 8601 / TIMEX3 value covers; knows no language."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, timedelta
from functools import lru_cache

SEASON_MONTHS = {"SP": 3, "SU": 6, "FA": 9, "WI": 12}
"""First month of each three-month season, as Korean meteorology counts them."""

_VALUE = re.compile(
    r"(?P<y>\d{4})(?:-(?P<m>\d\d)(?:-(?P<d>\d\d))?|-Q(?P<q>[1-4])|-H(?P<h>[12])"
    r"|-(?P<s>SP|SU|FA|WI)|-W(?P<w>\d\d)(?P<we>-WE|-WD)?)?(?:T[A-Z0-9:.]{2,12})?"
)
_DECADE, _CENTURY = re.compile(r"\d{3}"), re.compile(r"\d{2}")


def day(year: int, month: int, number: int) -> date | None:
    """That calendar day, None where there is none: `day(2023, 2, 30) is None`."""
    try:
        return date(year, month, number)
    except ValueError:
        return None


def shift_days(start: date, days: int) -> date | None:
    """`start` moved by days; None outside the years 1 to 9999."""
    try:
        return start + timedelta(days=days)
    except OverflowError:
        return None


def shift_months(year: int, month: int, months: int) -> tuple[int, int]:
    """Year and month moved by months: `shift_months(2023, 1, -1) == (2022, 12)`."""
    count = year * 12 + month - 1 + months
    return count // 12, count % 12 + 1


def year_of_cycle(place: int, near: int, forward: bool | None = None) -> int | None:
    """The year at that place (0 to 59) of the sexagenary cycle nearest to a year.

    With `forward` the next one or the last one, `near` itself among them. The year 4 began a cycle.

    >>> year_of_cycle(40, 2024), year_of_cycle(28, 2024), year_of_cycle(28, 2024, forward=True)
    (2024, 2012, 2072)
    """
    back = (near - 4 - place) % 60
    forward = back > 30 if forward is None else forward
    year = near - back + (60 if forward and back else 0)
    return year if 1 <= year <= 9999 else None


def last_of_month(year: int, month: int) -> date:
    """The month's last day."""
    return date(year, month, monthrange(year, month)[1])


def week_value(of: date) -> str:
    """The ISO 8601 week that holds a day: `week_value(date(2023, 6, 21)) == "2023-W25"`."""
    year, week, _ = of.isocalendar()
    return f"{year:04d}-W{week:02d}"


def nth_week(year: int, month: int, nth: int) -> date | None:
    """Monday of a month's nth week; week 1 holds the month's first Thursday (KS X ISO 8601).

    The last week is number -1.
    """
    thursday = nth_weekday(year, month, nth, 4)
    return shift_days(thursday, -3) if thursday else None


def nth_weekday(year: int, month: int, nth: int, weekday: int) -> date | None:
    """A month's nth Monday (weekday 1) … Sunday (7), the last as -1, None where there is none."""
    if not 1 <= year <= 9999:
        return None
    if nth < 0:
        last = last_of_month(year, month)
        return last - timedelta(days=(last.weekday() - weekday + 1) % 7)
    first = date(year, month, 1)
    found = first + timedelta(days=(weekday - 1 - first.weekday()) % 7 + 7 * (nth - 1))
    return found if found.month == month else None


# The same days and months stand in all records of a document.
@lru_cache(maxsize=16384)
def days_covered(value: str) -> tuple[str, str] | None:
    """First and last calendar day of a value, None for durations, sets and unknown parts.

    >>> days_covered("2023-Q1")
    ('2023-01-01', '2023-03-31')
    >>> days_covered("2023-10-11/2023-10-16")
    ('2023-10-11', '2023-10-16')
    """
    if "/" in value:
        first, _, last = value.partition("/")
        if len(last) < 6 and last.startswith("T"):
            last = first
        starts, ends = days_covered(first), days_covered(last)
        return (starts[0], ends[1]) if starts and ends else None
    try:
        span = _span(value)
    except (ValueError, OverflowError):
        return None
    return (span[0].isoformat(), span[1].isoformat()) if span else None


def _span(value: str) -> tuple[date, date] | None:
    if _CENTURY.fullmatch(value):
        # The 21st century runs from 2001 to 2100.
        return date(int(value) * 100 + 1, 1, 1), date(int(value) * 100 + 100, 12, 31)
    if _DECADE.fullmatch(value):
        return date(int(value) * 10, 1, 1), date(int(value) * 10 + 9, 12, 31)
    found = _VALUE.fullmatch(value)
    if found is None:
        return None
    year = int(found["y"])
    if found["d"]:
        only = date(year, int(found["m"]), int(found["d"]))
        return only, only
    if found["w"]:
        monday = date.fromisocalendar(year, int(found["w"]), 1)
        ends = {None: (0, 6), "-WE": (5, 6), "-WD": (0, 4)}[found["we"]]
        return monday + timedelta(days=ends[0]), monday + timedelta(days=ends[1])
    first, months = 1, 12
    if found["m"]:
        first, months = int(found["m"]), 1
    elif found["q"]:
        first, months = int(found["q"]) * 3 - 2, 3
    elif found["h"]:
        first, months = int(found["h"]) * 6 - 5, 6
    elif found["s"]:
        first, months = SEASON_MONTHS[found["s"]], 3
    return date(year, first, 1), last_of_month(*shift_months(year, first, months - 1))
