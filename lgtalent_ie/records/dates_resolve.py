"""From an expression to a Date record: durations, distances and ranges; points in dates_point."""

from __future__ import annotations

import dataclasses
from datetime import date, datetime, timedelta

from msgspec.structs import replace

from lgtalent_ie.records import dates_calendar as calendar
from lgtalent_ie.records.dates_expressions import Calendar, Expression, Length, Shift, Stretch
from lgtalent_ie.records.dates_point import Point
from lgtalent_ie.records.dates_values import (
    clock_value,
    known_day,
    make_date,
    parts_of,
    record,
    set_value,
)
from lgtalent_ie.schema import Date, Mod

_MONTHS = {"Y": 12, "Q": 3, "M": 1}
_UNKNOWN = {"Y": "XXXX", "Q": "XXXX-QX", "M": "XXXX-XX", "W": "XXXX-WXX", "D": "XXXX-XX-XX"}


def resolve(
    expression: Expression, anchor: date | None, previous: Date | None, future: bool | None
) -> Date | None:
    """The Date record of an expression, without its mention; None where no such day exists."""
    if isinstance(expression, Calendar):
        return Point(expression, anchor, previous, future).date()
    if isinstance(expression, Length):
        return _length(expression)
    if isinstance(expression, Shift):
        return _shift(expression, anchor, previous, future)
    return _stretch(expression, anchor, previous, future)


def duration_value(pairs: tuple[tuple[str, float], ...]) -> str:
    """ISO 8601 duration: `duration_value((("Y", 1), ("M", 6))) == "P1Y6M"`.

    Quarters are three months, a number that is not said (수년) is the X of TIMEX3: `PXY`.
    """
    days = clock = ""
    for unit, number in pairs:
        if unit == "Q":
            unit, number = "M", 3 * number
        if unit[0] == "T":
            clock += _written(number) + unit[1]
        else:
            days += _written(number) + unit
    return f"P{days}T{clock}" if clock else f"P{days}"


def _written(number: float) -> str:
    return f"{number:g}" if number >= 0 else "X"


def _length(length: Length) -> Date:
    value = duration_value(length.pairs)
    if length.upto is not None:
        unit, _ = length.pairs[-1]
        value += "/" + duration_value((*length.pairs[:-1], (unit, length.upto)))
    mod: Mod | None = "APPROX" if length.about else None
    return make_date(None, "SET" if length.repeat else "DURATION", value, mod=mod)


def _shift(
    shift: Shift, anchor: date | None, previous: Date | None, future: bool | None
) -> Date | None:
    pairs, about = shift.length.pairs, shift.length.about or shift.length.upto is not None
    mod: Mod | None = "APPROX" if about else None
    unit = pairs[-1][0]
    if unit[0] == "T":
        moment = _moved_clock(shift, anchor)
        if moment:
            return record(moment, mod, True, time=True)
        value = _length(shift.length).value
        return make_date(None, "DURATION", value, mod="BEFORE" if shift.sign < 0 else "AFTER")
    # What followed in a story (사흘 뒤 숨졌다) counts from the day told before.
    told = _told_start(previous, unit) if shift.sign > 0 and future is False else None
    base = told or anchor
    numbers = [number for _, number in pairs]
    if base is None or min(numbers) < 0:
        return record(_UNKNOWN[unit], mod, True)
    moved: date | None = base
    for name, number in pairs:
        if moved is None or number != int(number):
            return None
        count = int(number) * shift.sign
        if name in _MONTHS:
            year, month = calendar.shift_months(moved.year, moved.month, count * _MONTHS[name])
            if not 1 <= year <= 9998:
                return None
            moved = date(year, month, min(moved.day, calendar.last_of_month(year, month).day))
        else:
            moved = calendar.shift_days(moved, count * (7 if name == "W" else 1))
    return None if moved is None else record(_as_fine_as(unit, moved), mod, True)


def _as_fine_as(unit: str, moved: date) -> str:
    """The value of the year, quarter, month, week or day of that unit that holds a day."""
    if unit == "Y":
        return f"{moved.year:04d}"
    if unit == "Q":
        return f"{moved.year:04d}-Q{(moved.month + 2) // 3}"
    if unit == "W":
        return calendar.week_value(moved)
    return moved.isoformat()[: 7 if unit == "M" else 10]


def _told_start(previous: Date | None, unit: str) -> date | None:
    """The day that a distance in a story counts from: for years, a year that was told will do."""
    if (day := known_day(previous)) or previous is None:
        return day
    year, month, _ = parts_of(previous.value) or (None, None, None)
    if year is None or unit not in ("Y", "M") or (unit == "M" and month is None):
        return None
    return calendar.day(year, month or 1, 1)


def _moved_clock(shift: Shift, anchor: date | None) -> str | None:
    if not isinstance(anchor, datetime) or any(number < 0 for _, number in shift.length.pairs):
        return None
    seconds = {"TH": 3600, "TM": 60, "TS": 1}
    try:
        move = timedelta(seconds=sum(seconds[unit] * n for unit, n in shift.length.pairs))
        return (anchor + shift.sign * move).isoformat(timespec="minutes")[:16]
    except (KeyError, OverflowError):
        return None


def _stretch(
    stretch: Stretch, anchor: date | None, previous: Date | None, future: bool | None
) -> Date | None:
    left, right = stretch.first, stretch.last
    if isinstance(right, Length):
        return _for_so_long(resolve(left, anchor, previous, future), right)
    if left.repeat or left.workdays:
        return _repeated(left, right)
    start_anchor, start_future = anchor, future
    year_left_out = right.has_year and left.month and right.year_base != "previous"
    month_left_out = right.month_off is not None and left.day and not left.has_month
    if (year_left_out or month_left_out) and not (left.has_year or left.direction):
        # 11월부터 내년 2월까지, 28일부터 내달 3일까지: the start counts back from the end.
        end = resolve(right, anchor, previous, future)
        start_anchor = date.fromisoformat(end.first) if end and end.first else None
        start_future = None
    first = resolve(left, start_anchor, previous, start_future)
    if first is None or first.type == "SET":
        return None
    carried: dict[str, object] = {}
    known = parts_of(first.value)
    if right.is_time and not right.has_day and left.is_time:
        return record(f"{first.value}/{_later_clock(left, right)}", None, first.relative, time=True)
    if not right.has_year and right.decade is None:
        carried = {
            "year": known[0] if known else left.year,
            "year_off": None if known else left.year_off,
            "year_base": left.year_base, "direction": None if known else left.direction,
        }  # fmt: skip
        if right.day is not None and not right.has_month:
            carried["month"] = known[1] if known else left.month
            carried["month_off"] = None if known else left.month_off
            carried["month_base"] = left.month_base
    if left.part is not None and first.mod is not None and right.part is None:
        first = dataclasses.replace(first, mod=None)
    if right.weekday is not None and right.day is None and right.week_off is None:
        carried = {"week_off": left.week_off, "direction": left.direction}
    if right.day_off is not None or right.month_off is not None or right.year_off is not None:
        carried = {}
    full = replace(right, **carried)
    last = resolve(full, anchor, first if known else previous, future)
    if last is None:
        return None
    if known and last.first and first.first and last.first < first.first:
        later = _one_later(full, right)
        last = resolve(later, anchor, previous, future) if later else None
        if last is None or last.first is None or last.first < first.first:
            return None
    relative = first.relative or last.relative
    value = f"{first.value}/{last.value}"
    return record(value, last.mod, relative, time=left.is_time and right.is_time)


def _repeated(left: Calendar, right: Calendar) -> Date | None:
    """A range that returns: 매주 월요일부터 금요일까지, 매년 12월~이듬해 2월, 매일 9~18시."""
    first = Point(left, None, None, None).date()
    if first is None or first.value.startswith("P"):
        return None
    if left.is_time:
        clock = _later_clock(left, right) if right.is_time and not right.has_day else None
        value = f"{first.value}/{clock}"
        return record(value, None, False, repeat=True, time=True) if clock else None
    if right.is_time or right.year is not None:
        return None
    month = left.month if right.day is not None and not right.has_month else right.month
    last = set_value(replace(right, repeat=left.repeat, month=month))
    if last.startswith("P") or last.count("-") != first.value.count("-"):
        return None
    return record(f"{first.value}/{last}", right.part, False, repeat=True)


def _for_so_long(first: Date | None, length: Length) -> Date | None:
    """A stretch of that length whose start is `first`: 15일부터 `사흘간`, 5월부터 `두 달간`."""
    (unit, number), *smaller = length.pairs
    parts = parts_of(first.value) if first and first.type == "DATE" else None
    whole = number == int(number) and number >= 1 and length.upto is None and not smaller
    if first is None or parts is None or not whole or "/" in first.value or unit[0] == "T":
        return None
    year, month, day = parts
    months, days = {"Y": 12, "Q": 3, "M": 1}.get(unit, 0), {"W": 7, "D": 1}.get(unit, 0)
    if (
        (days and day is None)
        or (unit != "Y" and month is None)
        or first.value[4:5] not in ("", "-")
    ):
        return None
    last_year, last_month = calendar.shift_months(year, month or 1, int(number) * months)
    if not 1 <= last_year <= 9998 or (month is None and first.value != f"{year:04d}"):
        return None
    if day is None:
        end = calendar.shift_days(date(last_year, last_month, 1), -1)
        last = end.isoformat()[: 7 if month else 4] if end else None
    else:
        longest = calendar.last_of_month(last_year, last_month).day
        start = date(last_year, last_month, min(day, longest))
        end = calendar.shift_days(start, int(number) * days - 1)
        last = end.isoformat() if end else None
    mod: Mod | None = "APPROX" if length.about else None
    return record(f"{first.value}/{last}", mod, first.relative) if last else None


def _later_clock(left: Calendar, right: Calendar) -> str | None:
    """The later of two clock times, in the half of the day that fits (오전 9시~6시)."""
    halves = [right.daypart] if right.daypart else [left.daypart, "AF"]
    clocks = [clock_value(replace(right, daypart=half)) for half in halves]
    start = clock_value(left)
    if right.hour == 0 and not right.minute and start and start > "T00:00":
        return "T24:00"
    later = [clock for clock in clocks if clock and start and clock > start]
    return later[0] if later else clocks[0]


def _one_later(full: Calendar, right: Calendar) -> Calendar | None:
    """The range's end a month or a year on, where only that makes it follow the start."""
    if full.year is None:
        return None
    if right.day is not None and not right.has_month and full.month is not None:
        year, month = calendar.shift_months(full.year, full.month, 1)
        return replace(full, year=year, month=month)
    if right.month is not None or right.quarter is not None or right.half is not None:
        return replace(full, year=full.year + 1)
    return None
