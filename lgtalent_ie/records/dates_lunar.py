"""The Korean lunar calendar as a table: a day of the lunar year as a day of the solar one.

`tables/date_lunar.tsv` has a row a year, 1940 to 2049, made with the public tables of the Korea
Astronomy and Space Science Institute as the library korean_lunar_calendar 0.4 holds them. The
Chinese calendar differs by a day now and then (설날 1997, 2027, 2028).
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

from lgtalent_ie.tables import read_table


@cache
def _months() -> dict[tuple[int, int], tuple[date, int]]:
    """(year, month) → its first day and how many it has; leap months are left out."""
    months = {}
    for year, first, _, leap, lengths, _ in read_table(__package__, "date_lunar"):
        start, month = date.fromisoformat(first), 0
        for number, days in enumerate(map(int, lengths.split())):
            if not leap or number != int(leap):
                month += 1
                months[int(year), month] = start, days
            start += timedelta(days=days)
    return months


def lunar_day(year: int, month: int, day: int) -> date | None:
    """The solar day of a lunar one; None outside the table and where the month has no such day.

    >>> lunar_day(2024, 8, 15)
    datetime.date(2024, 9, 17)
    """
    first, days = _months().get((year, month), (None, 0))
    return first + timedelta(days=day - 1) if first and 1 <= day <= days else None


@cache
def lunar_days(month: int, day: int) -> tuple[date, ...]:
    """That lunar day in every year of the table, in order."""
    return tuple(
        found
        for year, its_month in _months()
        if its_month == month and (found := lunar_day(year, month, day))
    )
