"""Values that need no anchor (clock times, sets), and what a Date record says of itself."""

from __future__ import annotations

import re
from datetime import date

from lgtalent_ie.frozen import maker
from lgtalent_ie.records import dates_calendar as calendar
from lgtalent_ie.records.dates_expressions import Calendar
from lgtalent_ie.schema import Date, DateType, Mod

make_date = maker(Date)
_PERIODS = {
    "year": "P1Y", "term": "P6M", "quarter": "P3M", "month": "P1M", "week": "P1W", "day": "P1D",
}  # fmt: skip
_PREFIX = re.compile(r"(\d{4})(?!\d)(?:-(\d\d)(?:-(\d\d))?)?")
_SAID = re.compile(r"(\d{4}|XXXX)(?!\d)(?:-(\d\d)(?:-(\d\d))?|-XX-(\d\d))?")


def record(
    value: str, mod: Mod | None, relative: bool, repeat: bool = False, time: bool = False
) -> Date:
    """The Date of a calendar value, with the days it covers; its mention is filled in later."""
    kind: DateType = "SET" if repeat else "TIME" if time else "DATE"
    days = None if repeat else calendar.days_covered(value)
    if days is None:
        return make_date(None, kind, value, None, None, mod, relative)
    return make_date(None, kind, value, days[0], days[1], mod, relative)


def parts_of(value: str) -> tuple[int, int | None, int | None] | None:
    """Year, month, day of a calendar value as far as it says: `parts_of("2023-06")`."""
    found = _PREFIX.match(value)
    if found is None:
        return None
    year, month, day = found.groups()
    return int(year), int(month) if month else None, int(day) if day else None


def said_parts(value: str) -> tuple[str, str | None, str | None] | None:
    """Year, month, day as written, also where only the smaller ones are known.

    >>> said_parts("XXXX-XX-31"), said_parts("XXXX-03")
    (('XXXX', None, '31'), ('XXXX', '03', None))
    """
    found = _SAID.match(value)
    return (found[1], found[2], found[3] or found[4]) if found else None


def known_day(of: Date | None) -> date | None:
    """The day of a record that says one; the first of a range."""
    parts = parts_of(of.value) if of is not None else None
    if parts is None or parts[1] is None or parts[2] is None:
        return None
    return calendar.day(parts[0], parts[1], parts[2])


def clock_value(point: Calendar) -> str | None:
    """`T18:00`, `TMO`; None where the hour cannot stand in the part of the day."""
    if point.hour is None:
        return f"T{point.daypart}"
    hour, half = point.hour, point.daypart
    if (
        (half in ("AF", "EV") and 1 <= hour < 12)
        or (half == "NI" and 6 <= hour <= 12)
        or (half == "DT" and 1 <= hour <= 5)
    ):
        hour += 12
    elif half == "MO" and hour == 12:
        hour = 0
    minute = point.minute or 0
    if hour == 24 and minute and half == "NI" and not point.has_day:
        hour = 0
    if hour > 24 or (hour == 24 and minute):
        return None
    return f"T{hour:02d}:{minute:02d}" + (f":{point.second:02d}" if point.second else "")


def set_value(point: Calendar) -> str:
    """The value of a set, as in TIMEX3.

    A named part keeps its form (매년 봄 is XXXX-SP), a whole period has its own (매년 is P1Y).
    No form names a week of each month, so 매달 첫째 월요일 is P1M like 매달.
    """
    year = "XXXX"
    if point.weekday is not None and not (point.nth or point.nth_week):
        return f"{year}-WXX-{point.weekday}"
    if point.workdays:
        return f"{year}-WXX-WD"
    if point.weekend and not point.nth:
        return f"{year}-WXX-WE"
    if point.season:
        return f"{year}-{point.season}"
    if point.half:
        return f"{year}-H{point.half}"
    if point.quarter:
        return f"{year}-Q{point.quarter}"
    month = "XX" if point.month is None else f"{point.month:02d}"
    if point.day is not None:
        return f"{year}-{month}-{point.day:02d}"
    if point.is_time:
        return f"{year}-{month}-XX" if point.repeat != "week" else f"{year}-WXX"
    if point.month is not None:
        return f"{year}-{month}"
    return _PERIODS.get(point.repeat or "", year)
