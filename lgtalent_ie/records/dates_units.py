"""What a number with its unit says as a point of the calendar: `3월`, `2023학년도`, `98년`."""

from __future__ import annotations

from typing import Any

PointReading = tuple[str, dict[str, Any], tuple[str, Any] | None]
"""Class of a piece, the fields of Calendar that it fills, and the field and end of a range."""
NO_POINT: PointReading = ("", {}, None)

# Unit → class, field, what the number may be.
_CALENDAR_UNITS = {
    "년": ("year", "year", range(1000, 3000)),
    "년도": ("year", "year", range(3000)),
    "학년도": ("year", "year", range(3000)),
    "회계연도": ("year", "year", range(1000, 3000)),
    "사업연도": ("year", "year", range(1000, 3000)),
    "시즌": ("year", "year", range(1900, 2200)),
    "년대": ("year", "decade", range(3000)),
    "세기": ("year", "century", range(1, 100)),
    "분기": ("span", "quarter", range(1, 5)),
    "월": ("month", "month", range(1, 13)),
    "주차": ("nth_week", "nth_week", range(1, 7)),
    "일": ("day", "day", range(1, 32)),
    "시": ("hour", "hour", range(25)),
    "분": ("minute", "minute", range(60)),
    "초": ("second", "second", range(60)),
}


def full_year(number: int) -> int:
    """The year that two figures stand for: up to 49 this century, from 50 the last."""
    return number if number > 99 else number + (2000 if number < 50 else 1900)


def point_reading(
    unit: str, exact: float, low: float | None, style: str, about: bool
) -> PointReading:
    """A number with its unit as a piece of a calendar date, `NO_POINT` where it is none.

    `low` is the first number of a range, `style` how the number is written (see `Token`).

    >>> point_reading("월", 3, None, "figures", False)
    ('month', {'month': 3}, None)
    """
    if exact != int(exact) or about or style == "scaled" or unit not in _CALENDAR_UNITS:
        return NO_POINT
    number = int(exact)
    if style == "sino" and unit == "년" and number == 1000:
        return NO_POINT
    if style == "native" and unit != "시":
        return NO_POINT
    kind, name, accepted = _CALENDAR_UNITS[unit]
    if unit == "시즌" and number < 100 and (low is None or low < 1900):
        return NO_POINT
    if unit in ("년", "시즌") and (style == "mark" or number < 100):
        if low is None and style != "mark":
            # 98년 3월 and 07년 3월 are dates, 1년 6월 is a year and a half.
            kind = "short_year" if number > 9 or style == "padded" else ""
        elif low is not None and low < 1000 and style != "mark":
            return NO_POINT
        number = full_year(number) if low is None else int(low) // 100 * 100 + number
    elif number not in accepted:
        return NO_POINT
    if name == "decade":
        # 20년대 and 10년대 are this century's, 80년대 the last one's.
        number = (number + (2000 if number < 30 else 1900) if number < 100 else number) // 10
        low = None if low is None else (low + 1900 if low < 100 else low) // 10
    elif unit in ("년도", "학년도"):
        number = full_year(number)
    if low is None:
        return kind, {name: number}, None
    if low >= number and name not in ("day", "month", "hour"):
        return NO_POINT
    if name not in ("year", "decade", "century") and int(low) not in accepted:
        return NO_POINT
    return kind, {name: int(low)}, (name, number)
