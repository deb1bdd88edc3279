"""Writings of a date that are not Korean: ISO 8601, English month names, wide and Chinese signs."""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import cache

from lgtalent_ie.records.dates_calendar import days_covered
from lgtalent_ie.tables import read_table

_ISO = re.compile(
    r"(?P<compact>\d{8})|(?P<value>\d{4}-(?:W\d\d(?:-[1-7])?|Q[1-4]))"
    r"|(?P<first>\d{4}-\d\d-\d\d)/(?P<last>\d{4}-\d\d-\d\d)"
)
_SIGNS = "０１２３４５６７８９年月日"
_RARE = re.compile(f"[{_SIGNS}]")
_WIDE = re.compile("[０-９]|(?<=[0-9０-９])[年月日]")
_PLAIN = {ord(wide): plain for wide, plain in zip(_SIGNS, "0123456789년월일", strict=True)}


def plain_signs(text: str) -> str:
    """The text with full-width digits and 年, 月, 日 behind digits in their usual writing.

    The length stays the same, so offsets hold: `plain_signs("３月") == "3월"`.
    """
    if _RARE.search(text) is None:
        return text
    return _WIDE.sub(lambda found: _PLAIN[ord(found.group())], text)


def iso_value(text: str) -> str | None:
    """The value of a date in those forms of ISO 8601 that the Korean grammar does not read.

    Compact days, weeks, days of a week, quarters (not ISO, but written alike) and intervals; None
    for all else and for days that do not exist.

    >>> iso_value("20260312"), iso_value("2026-W11-4"), iso_value("20261332")
    ('2026-03-12', '2026-03-12', None)
    """
    found = _ISO.fullmatch(text)
    if found is None:
        return None
    if found["compact"]:
        value = f"{text[:4]}-{text[4:6]}-{text[6:]}"
    elif found["first"]:
        value = text if found["first"] <= found["last"] else ""
    else:
        value = text
    if "W" in value and len(value) == 10:
        week = days_covered(value[:8])
        monday = date.fromisoformat(week[0]) if week else None
        value = (monday + timedelta(days=int(value[9]) - 1)).isoformat() if monday else ""
    return value if value and days_covered(value) else None


@cache
def month_names() -> dict[str, int]:
    """English name of a month, long or short → its number (`tables/date_english.tsv`)."""
    return {name: int(number) for name, number, *_ in read_table(__package__, "date_english")}


@cache
def _english() -> tuple[re.Pattern[str], re.Pattern[str]]:
    names = "|".join(sorted(month_names(), key=len, reverse=True))
    ending = "(?![0-9A-Za-z])"
    return (
        re.compile(
            rf"(?P<m>{names})\b\.? ?(?:(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\b(?!:))?"
            rf"(?:(?(d),? ?)(?P<y>\d{{4}}))?{ending}"
        ),
        re.compile(
            rf"(?P<d>\d{{1,2}})(?:st|nd|rd|th)? (?P<m>{names})\b\.?,? (?P<y>\d{{4}}){ending}"
        ),
    )


def english_date(text: str, at: int) -> tuple[int, tuple[tuple[str, int], ...]] | None:
    """Where an English date that starts at `at` ends, and its year, month and day as said.

    A month alone is none: `May` is a verb and `March` a name.

    >>> english_date("March 12, 2026", 0)
    (14, (('month', 3), ('day', 12), ('year', 2026)))
    """
    found = _english()[text[at : at + 1].isdigit()].match(text, at)
    if found is None or not (found["d"] or found["y"]):
        return None
    said = (("month", str(month_names()[found["m"]])), ("day", found["d"]), ("year", found["y"]))
    return found.end(), tuple((name, int(number)) for name, number in said if number)
