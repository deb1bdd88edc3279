"""From one calendar point to its ISO 8601 / TIMEX3 value: anchor, date told before, direction."""

from __future__ import annotations

import re
from datetime import date, timedelta

from lgtalent_ie.records import dates_calendar as calendar
from lgtalent_ie.records.dates_expressions import Calendar
from lgtalent_ie.records.dates_lexicon import lunar_days
from lgtalent_ie.schema import Date, DateType, Mod

_PREFIX = re.compile(r"(\d{4})(?!\d)(?:-(\d\d)(?:-(\d\d))?)?")
_LONGEST = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def record(
    value: str, mod: Mod | None, relative: bool, repeat: bool = False, time: bool = False
) -> Date:
    """The Date of a calendar value, with the days it covers; its mention is filled in later."""
    days = None if repeat else calendar.days_covered(value)
    first, last = days or (None, None)
    kind: DateType = "SET" if repeat else "TIME" if time else "DATE"
    return Date(None, kind, value, first, last, mod, relative)


def parts_of(value: str) -> tuple[int, int | None, int | None] | None:
    """Year, month, day of a calendar value as far as it says: `parts_of("2023-06")`."""
    found = _PREFIX.match(value)
    if found is None:
        return None
    year, month, day = found.groups()
    return int(year), int(month) if month else None, int(day) if day else None


def known_day(of: Date | None) -> date | None:
    """The day of a record that says one; the first of a range."""
    parts = parts_of(of.value) if of is not None else None
    if parts is None or parts[1] is None or parts[2] is None:
        return None
    return calendar.day(parts[0], parts[1], parts[2])


class Point:
    """One calendar expression under resolution; `relative` is set once the anchor was needed."""

    def __init__(
        self, point: Calendar, anchor: date | None, previous: Date | None, future: bool | None
    ) -> None:
        self.point, self.anchor, self.future = point, anchor, future
        self.previous = previous
        self.relative = False

    def date(self) -> Date | None:
        point = self.point
        # 새벽 2시 is an exact hour though 새벽 alone is the start of the morning.
        part = point.part if point.hour is None else None
        mod: Mod | None = part or point.bound or ("APPROX" if point.about else None)
        if point.same:
            told = self.previous
            if told is None or told.type not in ("DATE", "TIME"):
                return None
            return record(told.value, told.mod, True, time=told.type == "TIME")
        bare = point.is_time and not (point.has_day or point.repeat)
        value = None if bare else self._repeated() if point.repeat else self._day_or_period()
        if point.is_time:
            clock = self.clock()
            if clock is None:
                return None
            if value is None and point.has_day:
                return None
            value = (self._day_told() if value is None else value) + clock
            return record(value, mod, self.relative, bool(point.repeat), time=True)
        if value is None:
            return None
        return record(value, mod, self.relative, bool(point.repeat) or bool(point.workdays))

    def clock(self) -> str | None:
        """`T18:00`, `TMO`; None where the hour cannot stand in the part of the day."""
        point = self.point
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
        if hour > 24 or (hour == 24 and minute):
            return None
        return f"T{hour:02d}:{minute:02d}" + (f":{point.second:02d}" if point.second else "")

    def _day_told(self) -> str:
        told = known_day(self.previous)
        if told is None or self.previous is None:
            return ""
        self.relative = self.previous.relative
        return told.isoformat()

    def _repeated(self) -> str:
        point, year = self.point, "XXXX"
        if point.weekday is not None:
            return f"{year}-WXX-{point.weekday}"
        if point.weekend:
            return f"{year}-WXX-WE"
        if point.repeat == "week":
            return f"{year}-WXX"
        if point.season:
            return f"{year}-{point.season}"
        if point.half:
            return f"{year}-H{point.half}"
        if point.repeat == "quarter" or point.quarter:
            return f"{year}-Q{point.quarter or 'X'}"
        if point.month is None and point.day is None and point.repeat not in ("month", "day"):
            return year if not point.is_time else "XXXX-XX-XX"
        month = "XX" if point.month is None else f"{point.month:02d}"
        if point.day is None:
            return f"{year}-{month}" + ("-XX" if point.repeat == "day" else "")
        return f"{year}-{month}-{point.day:02d}"

    def _base(self, which: str, need: int, off: int) -> tuple[int, int | None, int | None] | None:
        """Parts of the date to count from, as fine as `need` (1 year, 2 month, 3 day)."""
        self.relative = True
        if which == "previous" and self.previous is not None:
            parts = parts_of(self.previous.value)
            if parts and parts[need - 1] is not None:
                return parts
        # 전날 and 전년 count from the day of writing where nothing was told before.
        if (which == "anchor" or off < 0) and self.anchor is not None:
            return self.anchor.year, self.anchor.month, self.anchor.day
        return None

    def _day_or_period(self) -> str | None:
        point = self.point
        if point.century is not None:
            return f"{point.century - 1:02d}"
        if point.decade is not None:
            return f"{point.decade:03d}"
        if point.workdays:
            return "XXXX-WXX-WD"
        if point.day_off is not None:
            parts = self._base(point.day_base, 3, point.day_off)
            if parts is None or parts[1] is None or parts[2] is None:
                return "XXXX-XX-XX"
            told = calendar.day(parts[0], parts[1], parts[2])
            moved = calendar.shift_days(told, point.day_off) if told else None
            return moved.isoformat() if moved else None
        bare_weekday = point.weekday is not None and not (point.day or point.nth_week or point.nth)
        if point.week_off is not None or point.weekend or bare_weekday:
            return self._week()
        year = self._year()
        if point.season or point.half or point.quarter or point.quarter_off is not None:
            return self._span(year)
        if point.lunar is not None:
            return self._lunar(year)
        return self._month_and_day(year)

    def _year(self) -> int | None:
        point = self.point
        if point.year is not None:
            return point.year
        if point.year_off is None:
            return None
        parts = self._base(point.year_base, 1, point.year_off)
        back = -1 if point.direction == "past" and point.part else 0
        return parts[0] + point.year_off + back if parts else None

    def _month_and_day(self, year: int | None) -> str | None:
        point = self.point
        month, day = point.month, point.day
        if point.month_off is not None:
            parts = self._base(point.month_base, 2, point.month_off)
            if parts and parts[1]:
                back = -1 if point.direction == "past" and point.part else 0
                year, month = calendar.shift_months(parts[0], parts[1], point.month_off + back)
            elif point.day is None:
                return "XXXX-XX"
        elif month is not None and year is None and not point.has_year:
            if day is not None and day > _LONGEST[month - 1]:
                return None
            year = self._year_of_month(month, day)
        elif day is not None and month is None and not point.has_year:
            return self._month_of_day(day)
        if month is not None and year is not None and (point.nth_week or point.nth):
            return self._nth(year, month)
        if point.nth_week or point.nth:
            return None
        if day is not None:
            if month is not None and day > _LONGEST[month - 1]:
                return None
            if year is not None and month is not None and not calendar.day(year, month, day):
                return None
        shown_year = "XXXX" if year is None else f"{year:04d}"
        shown_month = "XX" if month is None else f"{month:02d}"
        if day is not None:
            return f"{shown_year}-{shown_month}-{day:02d}"
        return shown_year if month is None else f"{shown_year}-{shown_month}"

    def _nth(self, year: int, month: int) -> str | None:
        point = self.point
        if point.nth and point.weekday:
            found = calendar.nth_weekday(year, month, point.nth, point.weekday)
            return found.isoformat() if found else None
        monday = calendar.nth_week(year, month, point.nth_week or 1)
        if monday is None:
            return None
        if point.weekday:
            return (monday + timedelta(days=point.weekday - 1)).isoformat()
        return calendar.week_value(monday)

    def _forward(self) -> bool:
        return self.point.direction in ("next", "following") or (
            self.point.direction is None and self.future is True
        )

    def _year_of_month(self, month: int, day: int | None) -> int | None:
        self.relative = True
        today = self.anchor
        if today is None:
            return None
        strict = self.point.direction in ("past", "next")
        step = 1 if self._forward() else -1
        if self.point.direction == "this":
            return today.year
        for year in range(today.year, today.year + 9 * step, step):
            if day is None or (not strict and self.future is not True):
                there = (year, month, 0)
                here = (today.year, today.month, 0)
                if day is not None and calendar.day(year, month, day) is None:
                    continue
            else:
                if calendar.day(year, month, day) is None:
                    continue
                there, here = (year, month, day), (today.year, today.month, today.day)
            if there == here and not (self.point.direction == "next" and day is not None):
                return year
            if (there > here) == (step > 0) and there != here:
                return year
        return None

    def _month_of_day(self, day: int) -> str | None:
        self.relative = True
        today, step = self.anchor, 1 if self._forward() else -1
        if today is None:
            return f"XXXX-XX-{day:02d}"
        for months in range(3):
            year, month = calendar.shift_months(today.year, today.month, months * step)
            found = calendar.day(year, month, day) if 1 <= year <= 9999 else None
            if found is None:
                continue
            base = date(today.year, today.month, today.day)
            if found == base and self.point.direction not in ("next", "following"):
                return found.isoformat()
            if (found > base) if step > 0 else (found < base):
                return found.isoformat()
        return None

    def _week(self) -> str | None:
        point, today = self.point, self.anchor
        self.relative = self.relative or bool(
            point.week_off is not None or point.direction or point.weekday is not None
        )
        known = point.week_off is not None or point.direction is not None
        if point.weekend and not known and self.future is not True:
            return "XXXX-WXX-WE"
        if today is None:
            suffix = "-WE" if point.weekend else f"-{point.weekday}" if point.weekday else ""
            return f"XXXX-WXX{suffix}"
        base = date(today.year, today.month, today.day)
        self.relative = True
        weeks = point.week_off
        if weeks is None:
            target = 6 if point.weekend else (point.weekday or 1)
            weeks = {"this": 0, "following": 1}.get(point.direction or "", 0)
            gap = target - base.isoweekday()
            if point.direction == "past":
                weeks = -1 if point.weekend or gap >= 0 else 0
            elif self._forward() and point.direction != "following":
                weeks = 1 if gap < 0 or (gap == 0 and point.direction == "next") else 0
            elif point.direction is None and gap > 0:
                weeks = -1
        monday = calendar.shift_days(base, 7 * weeks - base.weekday())
        if monday is None:
            return None
        if point.weekday is not None:
            named = calendar.shift_days(monday, point.weekday - 1)
            return named.isoformat() if named else None
        return calendar.week_value(monday) + ("-WE" if point.weekend else "")

    def _span(self, year: int | None) -> str | None:
        point, today = self.point, self.anchor
        name = f"Q{point.quarter}" if point.quarter else f"H{point.half}" if point.half else ""
        name = point.season or name
        if point.quarter_off is not None:
            parts = self._base("anchor", 2, point.quarter_off)
            if parts is None or parts[1] is None:
                return "XXXX-QX"
            month = (parts[1] - 1) // 3 * 3 + 1
            moved, month = calendar.shift_months(parts[0], month, 3 * point.quarter_off)
            return f"{moved:04d}-Q{(month + 2) // 3}"
        if year is not None:
            return f"{year:04d}-{name}"
        if point.has_year:
            return f"XXXX-{name}"
        named = point.direction is not None or self.future is True
        if point.season and not named:
            return f"XXXX-{name}"
        self.relative = True
        if today is None:
            return f"XXXX-{name}"
        now = today.isoformat()[:10]
        years = range(today.year - 2, today.year + 3)
        spans = [
            (f"{y:04d}-{name}", calendar.days_covered(f"{y:04d}-{name}")) for y in years if y > 0
        ]
        known = [(value, days) for value, days in spans if days]
        if point.direction == "past":
            fitting = [value for value, days in known if days[1] < now][-1:]
        elif point.direction in ("next", "following"):
            fitting = [value for value, days in known if days[0] > now][:1]
        elif point.direction == "this" or self.future is True:
            fitting = [value for value, days in known if days[1] >= now][:1]
        else:
            fitting = [value for value, days in known if days[0] <= now][-1:]
        return fitting[0] if fitting else None

    def _lunar(self, year: int | None) -> str | None:
        point, today = self.point, self.anchor
        if year is not None:
            return lunar_days().get((point.lunar or "", year))
        if point.has_year or today is None:
            return None
        self.relative = True
        now = today.isoformat()[:10]
        days = sorted(d for (name, _), d in lunar_days().items() if name == point.lunar)
        if self._forward() or point.direction == "this":
            return next((d for d in days if d >= now), None)
        return next((d for d in reversed(days) if d <= now), None)
