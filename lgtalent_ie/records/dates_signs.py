"""Pieces of a date whose parts stand apart by signs: `3·4월`, `월~금요일`, `3Q24`."""

from __future__ import annotations

import re
from itertools import pairwise

from lgtalent_ie.records.dates_units import PointReading, full_year

BLANK = "[ \t\u00a0\u3000]"
BLANKS = frozenset(" \t\u00a0\u3000")
DASH = "[~∼～〜–—-]"
WEEKDAYS = "월화수목금토일"

_DOT = f"{BLANK}?[·ㆍ∙‧]{BLANK}?"
_NUMBERS = re.compile(
    rf"\d{{1,4}}+(?:(?:{_DOT}|, ?)\d{{1,4}}+){{1,4}}+{BLANK}?(?P<unit>년대|년|월|일|분기)"
)
_NAMES = re.compile(
    rf"(?P<first>[{WEEKDAYS}]){BLANK}?{DASH}{BLANK}?(?P<last>[{WEEKDAYS}])(?P<full>요일)?"
    rf"|[{WEEKDAYS}](?:(?:{_DOT}|, ?)[{WEEKDAYS}]){{1,5}}+(?P<full_list>요일)?"
)
# 1Q84 is a novel; of such short years only this century's are read.
_MARKED_YEAR = r"20\d\d|[0-4]\d"
_QUARTER = re.compile(
    rf"(?:(?P<q>[1-4])Q(?:['’]?(?P<y>{_MARKED_YEAR}))?|(?P<h>[12])H['’]?(?P<hy>{_MARKED_YEAR}))"
    r"(?![0-9A-Za-z])"
)
_FIELDS = {
    "월": ("month", "month", range(1, 13)), "일": ("day", "day", range(1, 32)),
    "분기": ("span", "quarter", range(1, 5)), "년": ("year", "year", range(1800, 2200)),
}  # fmt: skip

Piece = tuple[int, PointReading, bool]
"""Where a piece ends, what it says as a point, and whether it is sure to be a date."""


def listed_numbers(text: str, at: int) -> Piece | None:
    """Numbers in a row that share a unit (`3·4월`, `11, 12일`, `60·70년대`) as a range.

    None where they do not follow on one another: `3·6월` is two months, not four.
    """
    found = _NUMBERS.match(text, at)
    if found is None:
        return None
    numbers = [int(number) for number in re.findall(r"\d+", found.group())]
    pairs = list(pairwise(numbers))
    if found["unit"] == "년대":
        short = numbers[0] < 100
        if any((low + 10) % 100 != high % 100 for low, high in pairs) or numbers[0] % 10:
            return None
        first = (numbers[0] + 1900 * (short and numbers[0] >= 30) + 2000 * (numbers[0] < 30)) // 10
        return found.end(), ("year", {"decade": first}, ("decade", first + len(pairs))), True
    kind, name, accepted = _FIELDS[found["unit"]]
    if any(low + 1 != high for low, high in pairs):
        return None
    if numbers[0] not in accepted or numbers[-1] not in accepted:
        return None
    return found.end(), (kind, {name: numbers[0]}, (name, numbers[-1])), True


def listed_weekdays(text: str, at: int) -> Piece | None:
    """Weekdays that share their 요일, as a range: `월~금요일`, `토·일요일`.

    Without 요일 (`월~금`) the class is `weekdays`, which stands only behind a week; days that do
    not follow on one another (`월·수·금요일`) are `weekday_list`, which says no more than the week.
    """
    found = _NAMES.match(text, at)
    if found is None:
        return None
    names = found["first"] + found["last"] if found["first"] else found.group()
    days = [WEEKDAYS.index(name) + 1 for name in names.removesuffix("요일") if name in WEEKDAYS]
    full = bool(found["full"] or found["full_list"])
    if found["first"] is None and any(low + 1 != high for low, high in pairwise(days)):
        return found.end(), ("weekday_list", {}, None), True
    if days[0] >= days[-1]:
        return None
    kind = "weekday" if full else "weekdays"
    return found.end(), (kind, {"weekday": days[0]}, ("weekday", days[-1])), True


def quarter_mark(text: str, at: int) -> Piece | None:
    """A quarter or half as companies write it: `3Q`, `3Q24`, `4Q'23`, `1H24`."""
    found = _QUARTER.match(text, at)
    if found is None:
        return None
    fields = {"quarter": int(found["q"])} if found["q"] else {"half": int(found["h"])}
    year = found["y"] or found["hy"]
    if year:
        fields["year"] = full_year(int(year))
    return found.end(), ("span", fields, None), bool(year)
