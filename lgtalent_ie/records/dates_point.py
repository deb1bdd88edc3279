"""From one calendar point to its ISO 8601 / TIMEX3 value: anchor, date told before, direction."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

import msgspec
from msgspec.structs import replace

from lgtalent_ie.records import dates_calendar as calendar
from lgtalent_ie.records.dates_expressions import Calendar
from lgtalent_ie.records.dates_lunar import lunar_day, lunar_days
from lgtalent_ie.records.dates_solar import solar_day
from lgtalent_ie.records.dates_values import (
    clock_value,
    known_day,
    parts_of,
    record,
    said_parts,
    set_value,
)
from lgtalent_ie.schema import Date, Mod

_YEARS = re.compile(r"(?:^|(?<=/))(?:\d{4}|XXXX)(?!\d)")
_BEFORE_CHRIST = 1
_LONGEST = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def _term_value(year: int | None, term: int) -> str:
    known, following = ("XXXX", "XXXX") if year is None else (f"{year:04d}", f"{year + 1:04d}")
    return f"{known}-03/{known}-08" if term == 1 else f"{known}-09/{following}-02"


class Point(msgspec.Struct, gc=False):
    """One calendar expression under resolution; `relative` is set once the anchor was needed."""

    point: Calendar
    anchor: date | None
    previous: Date | None
    future: bool | None
    relative: bool = False

    def date(self) -> Date | None:
        point = self.point
        # 새벽 2시 is an exact hour though 새벽 alone is the start of the morning.
        part = point.part if point.hour is None else None
        mod: Mod | None = part or point.bound or ("APPROX" if point.about else None)
        if point.value is not None:
            return record(point.value, mod, False)
        if point.same or point.same_span:
            return self._same(mod)
        if point.hour is not None or point.daypart is not None:
            return self._time(mod)
        value = set_value(point) if point.repeat else self._day_or_period()
        if value is None:
            return None
        return record(value, mod, self.relative, bool(point.repeat or point.workdays))

    def _time(self, mod: Mod | None) -> Date | None:
        point, has_day = self.point, self.point.has_day
        value = None
        if point.repeat:
            value = set_value(point)
        elif has_day:
            value = self._day_or_period()
        clock = clock_value(point)
        if clock is None or (value is None and has_day):
            return None
        value = (self._day_told() if value is None else value) + clock
        repeat = bool(point.repeat or point.workdays)
        return record(value, mod, self.relative, repeat, time=True)

    def _same(self, mod: Mod | None) -> Date | None:
        """이날, 같은 달, 지난해 같은 기간: what was told before, or that of another year."""
        if not self.point.same:
            value = self._same_span()
            return None if value is None else record(value, mod, True)
        told = self.previous
        if told is None or told.type not in ("DATE", "TIME"):
            return record("XXXX", None, True)
        return record(told.value, told.mod, True, time=told.type == "TIME")

    def _day_told(self) -> str:
        told = known_day(self.previous)
        point = self.point
        # 밤 12시 30분 of a day is half past midnight of the next.
        after_midnight = point.hour == 12 and point.minute and point.daypart == "NI"
        if told is None or self.previous is None or after_midnight:
            return ""
        self.relative = self.previous.relative
        return told.isoformat()

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
        if point.era == _BEFORE_CHRIST:
            # ISO 8601 counts with a year 0, which is 1 BC; a century has no value there.
            alone = Calendar(year=point.year, era=point.era) == replace(
                point, about=False, part=None, bound=None
            )
            if point.year == 1:
                return "0000"
            return f"-{point.year - 1:04d}" if alone and point.year else None
        if point.century is not None:
            return f"{point.century - 1:02d}"
        if point.decade is not None:
            return f"{point.decade:03d}"
        if point.workdays:
            return "XXXX-WXX-WD"
        if point.day_off is not None:
            return self._moved_day(point.day_off)
        if point.edge_day is not None:
            return self._edge_day(point.edge_day)
        bare_weekday = point.weekday is not None and not (point.day or point.nth_week or point.nth)
        if point.week_off is not None or bare_weekday or (point.weekend and not point.nth):
            return self._week()
        year = self._year()
        if point.season or point.half or point.quarter or point.quarter_off is not None:
            return self._span(year)
        if point.term is not None:
            return self._term(year, point.term)
        if point.longitude is not None:
            return self._solar(year, point.longitude)
        if point.lunar is not None and (point.day is None or point.lunar == 0):
            return self._lunar(year)
        value = self._month_and_day(year)
        return self._agreeing(value, year) if point.weekday and point.day else value

    def _agreeing(self, value: str | None, year: int | None) -> str | None:
        """A day said with its weekday (30일(금)) in the direction in which the two agree."""
        for forward in (None, True, False):
            if forward is not None:
                if self.point.direction is not None or self.point.has_year:
                    break
                other = Point(self.point, self.anchor, self.previous, forward)
                found = other._month_and_day(year)
            else:
                found = value
            days = calendar.days_covered(found) if found else None
            if days and date.fromisoformat(days[0]).isoweekday() == self.point.weekday:
                return found
        return value

    def _moved_day(self, days: int) -> str | None:
        """전날, 사흘 뒤의 날: so many days from today, from the day told before, from a holiday."""
        point = self.point
        if (point.lunar or point.longitude) is not None or (
            point.month and (point.day or point.nth)
        ):
            holiday = Point(replace(point, day_off=None), self.anchor, self.previous, self.future)
            value = holiday._day_or_period()
            self.relative = holiday.relative
            covered = calendar.days_covered(value) if value else None
            if covered is None:
                return value
            moved = calendar.shift_days(date.fromisoformat(covered[0]), days)
            return moved.isoformat() if moved else None
        parts = self._base(point.day_base, 3, days)
        if parts is None or parts[1] is None or parts[2] is None:
            said = said_parts(self.previous.value) if self.previous else None
            if point.day_base == "previous" and days == 0 and said and said[2]:
                return "-".join((said[0], said[1] or "XX", said[2]))
            return "XXXX-XX-XX"
        year = parts[0] + (point.year_off or 0) if point.year is None else point.year
        told = calendar.day(year, parts[1], parts[2])
        moved = calendar.shift_days(told, days) if told else None
        return moved.isoformat() if moved else None

    def _edge_day(self, which: str) -> str | None:
        """The first or the last day of the period that the rest of the point says."""
        period = Point(replace(self.point, edge_day=None), self.anchor, self.previous, self.future)
        value = period._day_or_period()
        self.relative = period.relative
        days = calendar.days_covered(value) if value else None
        if days is not None:
            return days[which == "last"]
        if value == "XXXX" and not self.point.has_year:
            # 말일 alone is that of this month.
            self.relative, today = True, self.anchor
            if today is None:
                return "XXXX-XX-XX"
            return calendar.last_of_month(today.year, today.month).isoformat()
        return {"first": "XXXX-01-01", "last": "XXXX-12-31"}[which] if value == "XXXX" else None

    def _same_span(self) -> str | None:
        """지난해 같은 기간: the period told before, moved to the year that is said."""
        year = self._year()
        told = self.previous
        said = said_parts(told.value) if told is not None and told.type == "DATE" else None
        if told is None or said is None:
            return "XXXX" if year is None else f"{year:04d}"
        if year is None or said[0] == "XXXX":
            return _YEARS.sub("XXXX" if year is None else f"{year:04d}", told.value)
        ends = told.value.rpartition("/")[2]
        move = year - int(said_year[0] if (said_year := parts_of(ends)) else said[0])
        if self.point.year_base == "previous" and self.point.year_off is not None:
            move = self.point.year_off
        value = _YEARS.sub(lambda found: f"{int(found.group()) + move:04d}", told.value)
        return value if calendar.days_covered(value) else None

    def _year(self) -> int | None:
        point = self.point
        if point.year is not None:
            return point.year + (point.era or 0)
        if point.new_year is not None:
            # Before the turn of the year 새해 is the next one, behind it the one that began.
            self.relative = True
            coming = point.direction == "next"
            return self.anchor.year + (coming or self.anchor.month > 6) if self.anchor else None
        if point.cycle is not None:
            self.relative = True
            forward = self._forward() if point.direction else None
            return (
                calendar.year_of_cycle(point.cycle, self.anchor.year, forward)
                if self.anchor
                else None
            )
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
            said = said_parts(self.previous.value) if self.previous else None
            if parts and parts[1]:
                back = -1 if point.direction == "past" and point.part else 0
                its_year, month = calendar.shift_months(parts[0], parts[1], point.month_off + back)
                year = year if point.has_year else its_year
            elif point.month_base == "previous" and point.month_off == 0 and said and said[1]:
                month = int(said[1])
            elif day is None:
                return "XXXX-XX" if year is None else f"{year:04d}-XX"
        elif year is None and not (month is None and day is None) and not point.has_year:
            if month is None:
                return None if day is None else self._month_of_day(day)
            if day is not None and day > _LONGEST[month - 1]:
                return None
            year = self._year_of_month(month, day)
        if point.nth_week or point.nth:
            return self._nth(year, month)
        if day is not None:
            if month is not None and day > _LONGEST[month - 1]:
                return None
            if year is not None and month is not None:
                found = calendar.day(year, month, day)
                return found.isoformat() if found else None
        shown_year = "XXXX" if year is None else f"{year:04d}"
        shown_month = "XX" if month is None else f"{month:02d}"
        if day is not None:
            return f"{shown_year}-{shown_month}-{day:02d}"
        return shown_year if month is None else f"{shown_year}-{shown_month}"

    def _nth(self, year: int | None, month: int | None) -> str | None:
        """The nth week, weekend or weekday of a month, of this month, or the edge of a year."""
        point = self.point
        if month is None and not point.has_year:
            self.relative = True
            if self.anchor is None:
                return f"XXXX-WXX-{point.weekday}" if point.weekday else None
            year, month = self.anchor.year, self.anchor.month
        elif month is None:
            # 올해 첫 월요일, 2024년 마지막 주.
            month = {1: 1, -1: 12}.get(point.nth or point.nth_week or 0)
        if year is None or month is None:
            return None
        if point.nth and point.weekend:
            saturday = calendar.nth_weekday(year, month, point.nth, 6)
            return f"{calendar.week_value(saturday)}-WE" if saturday else None
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

    def _term(self, year: int | None, term: int) -> str | None:
        """A half of the school year: March to August, September to February (고등교육법)."""
        today = self.anchor
        if term == 0:
            self.relative = True
            if today is None:
                return "XXXX-XX/XXXX-XX"
            # Terms counted from the year 0 on; January and February close the last one.
            terms = 2 * today.year + (today.month > 8) - (today.month < 3)
            terms += {"past": -1, "next": 1}.get(self.point.direction or "", 0)
            return _term_value(terms // 2, terms % 2 + 1)
        if year is not None or self.point.has_year:
            return _term_value(year, term)
        if today is None and self.point.direction is None:
            # With no day to count from, 1학기 is as often the stage of a schooling.
            return None
        return self._nearest(lambda its_year: _term_value(its_year, term))

    def _solar(self, year: int | None, longitude: int) -> str | None:
        """The day of a solar term, the year alone where its day is not known."""
        today = self.anchor
        if year is not None:
            day = solar_day(year, longitude)
            return day.isoformat() if day else f"{year:04d}"
        self.relative = True
        if self.point.has_year or today is None:
            return "XXXX"
        now, step = date(today.year, today.month, today.day), 1 if self._forward() else -1
        if self.point.direction == "this":
            day = solar_day(now.year, longitude)
            return day.isoformat() if day else None
        for its_year in (now.year, now.year + step):
            day = solar_day(its_year, longitude)
            if day and (day >= now if step > 0 else day <= now):
                return day.isoformat()
        return None

    def _span(self, year: int | None) -> str | None:
        point = self.point
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
        return self._nearest(
            lambda its_year: f"XXXX-{name}" if its_year is None else f"{its_year:04d}-{name}"
        )

    def _nearest(self, value_of: Callable[[int | None], str]) -> str | None:
        """The value of the year in which a period that returns lies on the side that is meant."""
        point, today = self.point, self.anchor
        self.relative = True
        if today is None:
            return value_of(None)
        now = today.isoformat()[:10]
        ahead = point.direction in ("next", "following")
        whole = point.direction == "this" or self.future is True
        years = range(max(1, today.year - 2), today.year + 3)
        for its_year in years if point.direction != "past" and (ahead or whole) else years[::-1]:
            value = value_of(its_year)
            days = calendar.days_covered(value)
            if days is None:
                continue
            if point.direction == "past":
                fits = days[1] < now
            else:
                fits = days[0] > now if ahead else days[1] >= now if whole else days[0] <= now
            if fits:
                return value
        return None

    def _lunar(self, year: int | None) -> str | None:
        point, today = self.point, self.anchor
        month, day = divmod(point.lunar, 100) if point.lunar else (point.month, point.day)
        known = "XXXX" if year is None else f"{year:04d}"
        if month is None or day is None:
            # A lunar month is no solar one; all but the last two end in the same year.
            return known if month is None or month < 11 else "XXXX"
        self.relative = self.relative or year is None
        if year is not None:
            found = lunar_day(year, month, day)
            return found.isoformat() if found else known if month < 11 and day < 31 else None
        if point.has_year or today is None:
            return "XXXX"
        now, days = date(today.year, today.month, today.day), lunar_days(month, day)
        if self._forward() or point.direction == "this":
            return next((d.isoformat() for d in days if d >= now), None)
        return next((d.isoformat() for d in reversed(days) if d <= now), None)
