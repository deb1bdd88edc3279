"""What a Korean calendar expression says before any anchor is known: four small trees.

They are structs of msgspec because a frozen dataclass of thirty fields takes ten times as long to
make, and every date that is read makes one. None can hold itself, so the collector of cycles need
not know them (`gc=False`).
"""

from __future__ import annotations

from typing import Literal

import msgspec

Direction = Literal["past", "next", "this", "following"]
Base = Literal["anchor", "previous"]
Effect = Literal["none", "repeat", "length", "about", "after", "before"]


class Calendar(msgspec.Struct, frozen=True, gc=False):
    """A point or period of the calendar, from coarse to fine; `_off` fields count from a base.

    `value` is an ISO 8601 value given as such; `era` is added to the year (단기: -2333; None for
    the common era unsaid, 0 said; 1 says that the years count back, 기원전); `cycle` is the place
    of a year in the sexagenary cycle, from 0 (갑자) to 59 (계해); `lunar` is a day of the lunar
    year as month * 100 + day, 0 where month and day say it; `longitude` is that of the sun on the
    day of a solar term, or the number of a 복 (`dates_solar`); `term` is a half of the school year,
    0 for the one of today.
    """

    value: str | None = None

    direction: Direction | None = None
    year: int | None = None
    year_off: int | None = None
    year_base: Base = "anchor"
    era: int | None = None
    new_year: int | None = None
    cycle: int | None = None
    decade: int | None = None
    century: int | None = None
    half: int | None = None
    term: int | None = None
    quarter: int | None = None
    quarter_off: int | None = None
    season: str | None = None
    month: int | None = None
    month_off: int | None = None
    month_base: Base = "anchor"
    week_off: int | None = None
    nth_week: int | None = None
    nth: int | None = None
    day: int | None = None
    day_off: int | None = None
    day_base: Base = "anchor"
    edge_day: Literal["first", "last"] | None = None
    lunar: int | None = None
    longitude: int | None = None
    weekday: int | None = None
    weekend: int | None = None
    workdays: int | None = None
    same: int | None = None
    same_span: int | None = None
    part: Literal["START", "MID", "END"] | None = None
    daypart: str | None = None
    hour: int | None = None
    minute: int | None = None
    second: int | None = None
    repeat: str | None = None
    about: bool = False
    bound: Literal["AFTER", "BEFORE"] | None = None

    @property
    def is_time(self) -> bool:
        """Whether it names a clock time or a part of the day."""
        return self.hour is not None or self.daypart is not None

    @property
    def has_day(self) -> bool:
        """Whether anything in it says which day it is."""
        return not (
            self.day is None and self.day_off is None and self.weekday is None
            and self.lunar is None and self.same is None and self.weekend is None
            and self.workdays is None and self.edge_day is None and self.longitude is None
        )  # fmt: skip

    @property
    def has_year(self) -> bool:
        """Whether its year is said, in figures or by a word such as 올해."""
        return not (
            self.year is None and self.year_off is None
            and self.new_year is None and self.cycle is None
        )  # fmt: skip

    @property
    def has_month(self) -> bool:
        """Whether its month is said, in figures or by a word such as 이달."""
        return self.month is not None or self.month_off is not None


class Length(msgspec.Struct, frozen=True, gc=False):
    """A duration: (ISO unit, number) pairs from coarse to fine; TH, TM, TS are clock units.

    `upto` is the upper end of an inexact length (`3~4년`), in the unit of the last pair.
    """

    pairs: tuple[tuple[str, float], ...]
    upto: float | None = None
    about: bool = False
    repeat: bool = False

    @property
    def is_time(self) -> bool:
        """Whether it is counted in hours or less."""
        return all(unit[0] == "T" for unit, _ in self.pairs)


class Shift(msgspec.Struct, frozen=True, gc=False):
    """A length before (sign -1) or after (sign 1) the anchor: `사흘 전`."""

    length: Length
    sign: int

    @property
    def is_time(self) -> bool:
        """Whether it is counted in hours or less."""
        return self.length.is_time


class Stretch(msgspec.Struct, frozen=True, gc=False):
    """From one calendar expression to another (`11~16일`), or for so long (`15일부터 사흘간`)."""

    first: Calendar
    last: Calendar | Length

    @property
    def is_time(self) -> bool:
        """Whether both ends are clock times of one day."""
        return self.first.is_time


Expression = Calendar | Length | Shift | Stretch
