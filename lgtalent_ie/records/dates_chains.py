"""How pieces chain to one calendar point (`지난해` + `3월` + `말`) or length (`1년` + `6개월`)."""

from __future__ import annotations

import re
from typing import Any

import msgspec
from msgspec.structs import replace

from lgtalent_ie.records.characters import is_latin
from lgtalent_ie.records.dates_expressions import Calendar, Expression, Length, Shift, Stretch
from lgtalent_ie.records.dates_lexicon import (
    GLOSS,
    Token,
    after_gap,
    tail_pattern,
    token_at,
)
from lgtalent_ie.records.dates_signs import BLANK, BLANKS
from lgtalent_ie.records.dates_units import NO_POINT, PointReading

_GLOSS = re.compile(GLOSS)
_HALF = re.compile(
    f"{BLANK}?반(?![가-힣])|{BLANK}?반(?=에|까지|부터|쯤|께|경|동안|간|만|이|을|가량)"
)
_SHIFT = re.compile(
    f"(?P<more>여)?{BLANK}?(?:(?P<side>전|뒤|후)(?![가-힣])|(?P<side2>전|뒤|후)"
    "(?=에|의|부터|까지|쯤|엔|인|이|으로|로|만|과|보다|께))"
)
_SUFFIX = re.compile("간|째")
_SUFFIX_STARTS = BLANKS | frozenset("반여전뒤후간째")
_MAX_PIECES = 12
_NONE: frozenset[str] = frozenset()

# Which class of piece may follow which; "" is the start.
_FOLLOWS: dict[str, frozenset[str]] = {
    "": frozenset(
        [
            "direction",
            "year",
            "this_year",
            "span",
            "month",
            "week",
            "day",
            "today",
            "dayword",
            "holiday",
            "weekday",
            "nth_week",
            "nth_weekday",
            "edge",
            "same",
            "date",
            "year_month",
            "short_year",
            "era",
            "dangi",
            "buddhist",
            "lunar",
            "term",
            "last_day",
            "each_week",
        ]
    ),
    "direction": frozenset(
        ["year", "span", "month", "day", "holiday", "weekday", "edge", "short_year", "date", "term"]
    ),
    "year": frozenset(
        [
            "span",
            "month",
            "holiday",
            "part",
            "edge",
            "term",
            "lunar",
            "edge_day",
            "last_day",
            "same_span",
            "month_then",
            "today",
            "nth_week",
            "nth_weekday",
            "nth_weekend",
        ]
    ),
    "this_year": frozenset(["span", "month", "holiday", "part", "edge", "term", "lunar"]),
    "era": frozenset(["year"]),
    "dangi": frozenset(["year"]),
    "buddhist": frozenset(["year"]),
    "lunar": frozenset(["month"]),
    "short_year": frozenset(["month", "part", "span", "term"]),
    "year_month": frozenset(["part"]),
    "span": frozenset(["part", "edge_day", "last_day"]),
    "term": frozenset(["part"]),
    "month": frozenset(
        [
            "nth_week",
            "nth_weekday",
            "nth_weekend",
            "day",
            "dayword",
            "part",
            "edge_day",
            "last_day",
        ]
    ),
    "week": frozenset(["weekday", "weekdays", "part"]),
    "each_week": frozenset(["weekday", "weekdays", "weekday_list"]),
    "nth_week": frozenset(["weekday"]),
    "day": frozenset(["weekday", "weekday_gloss", "holiday"]),
    "today": frozenset(["weekday", "weekday_gloss", "holiday"]),
    "dayword": frozenset(["weekday", "weekday_gloss"]),
    "holiday": frozenset(["weekday_gloss", "day"]),
    "date": frozenset(["weekday", "weekday_gloss"]),
    "daypart": frozenset(["hour", "clock"]),
    "moment": frozenset(["hour", "clock"]),
    "hour": frozenset(["minute"]),
    "minute": frozenset(["second"]),
}
_CLOCK_START = frozenset(["daypart", "moment", "hour", "clock"])
_NO_CLOCK_BEHIND = frozenset(["daypart", "direction", "hour", "clock"])
_PICKY = frozenset(["direction", "holiday", "era", "dangi", "buddhist", "short_year"])
_RELATIVE = frozenset(
    name for name in Calendar.__struct_fields__ if name.endswith(("_off", "repeat"))
)
_GLOSSED = frozenset(["day", "today", "date"])
# 2월의 마지막 월요일, 올해의 마지막 날.
_POSSESSED = frozenset(["nth_week", "nth_weekday", "nth_weekend", "edge_day", "last_day"])
# Unit of a distance → what it says, as class and field, and what may stand behind it.
_IN_A_PERIOD = {
    "Y": ("year", "year_off", frozenset(["span", "month", "holiday", "today"])),
    "W": ("week", "week_off", frozenset(["weekday"])),
    "D": ("day", "day_off", frozenset(["daypart", "hour", "clock"])),
}
_NOT_ALONE = frozenset(
    [
        "direction",
        "this_year",
        "short_year",
        "part",
        "era",
        "dangi",
        "buddhist",
        "lunar",
        "nth_week",
    ]
)
_LENGTH_UNITS = {
    "년": "Y", "개년": "Y", "해": "Y", "개월": "M", "달": "M", "주일": "W", "주": "W", "일": "D",
    "주차": "W", "개분기": "Q", "시간": "TH", "분": "TM", "초": "TS",
}  # fmt: skip
# Lengths only where the words around say so: 3분기 연속, 징역 6월.
_LOOSE_UNITS = {"분기": "Q", "월": "M"}
_LENGTH_STARTS = frozenset(["direction", "length", "every", "number"])
# 박 counts nights, of which a length says the days; a word has no unit.
_COUNTED_UNITS = frozenset(["", "박", *_LENGTH_UNITS])
# 단기 5년 is a short term of five years.
_LEAST_YEAR = {"dangi": 3000, "buddhist": 1000}
_ONE_SYLLABLE = frozenset(["short", "apart"])
# What 격주, 격월 and 격년 may name the day of; its place in the week or month has no value.
_EACH_OTHER = {
    "W": frozenset(["weekday"]), "M": frozenset(["day", "nth_week", "nth_weekday"]),
    "Y": frozenset(["month"]),
}  # fmt: skip
_ORDER = ("Y", "Q", "M", "W", "D", "TH", "TM", "TS")


class Match(msgspec.Struct, frozen=True, gc=False):
    """An expression found in a text, from where the reader was put to `end`."""

    end: int
    expression: Expression
    sure: bool


def ends_well(text: str, end: int) -> bool:
    """Whether a word may end here: no letter follows, or a tail such as a particle."""
    if end == len(text):
        return True
    following = text[end]
    if "가" <= following <= "힣":
        return tail_pattern().match(text, end) is not None
    return not following.isalnum() or is_latin(following)


def calendar_chain(
    text: str,
    at: int,
    token: Token,
    with_clock: bool,
    before: str = "",
    known: dict[str, Any] | None = None,
) -> Match | None:
    """The longest calendar point whose first piece is `token` at `at`.

    `before` and `known` are the class and fields of what was said before: a year, -2 of today's,
    for the 여름 of 2년 전 여름.
    """
    # 삼월 is rare outside of 삼월 일일, and 이월 is carried over.
    month_word = False
    if token.style in _ONE_SYLLABLE and not before:
        month_word = token.unit == "월"
        if not month_word:
            return None
    known = known or {}
    follows, size = _FOLLOWS[before], len(text)
    best: tuple[int, dict[str, Any], tuple[str, Any] | None, bool] | None = None
    sure, piece = False, token
    for pieces in range(1, _MAX_PIECES + 1):
        kind, fields, upto = piece.point
        if before in _PICKY:
            kind, fields, upto = _behind(before, piece)
        if kind not in follows and (
            kind not in _CLOCK_START or (before and (not with_clock or before in _NO_CLOCK_BEHIND))
        ):
            break
        known = {**known, **fields} if known else fields
        sure = sure or piece.sure
        end = at + piece.length
        if kind == "hour" and end < size and (half := _HALF.match(text, end)):
            known = {**known, "minute": 30}
            kind, end = "clock", half.end()
        whole = kind not in _NOT_ALONE or (pieces > 1 and _may_end(kind, fields))
        if month_word and pieces == 1:
            whole = with_clock
        if end == size:
            best = (end, known, upto, sure) if whole else best
            break
        blank = text[end] in BLANKS
        if whole and (blank or ends_well(text, end)):
            best = end, known, upto, sure
        follows = _FOLLOWS.get(kind, _NONE)
        if upto is not None or (follows is _NONE and not with_clock):
            break
        if with_clock and text[end] == "(" and kind in _GLOSSED:
            gloss = _GLOSS.match(text, end)
            end = gloss.end() if gloss else end
            blank = text[end : end + 1] in BLANKS
        at = end + 1 if blank else end
        if blank and at < size and text[at] in BLANKS:
            at += 1
        following = token_at(text, at)
        if following is None and text[end : end + 1] == "의" and text[end + 1 : end + 2] in BLANKS:
            at = after_gap(text, end + 1)
            following = token_at(text, at)
            if following is not None and following.kind not in _POSSESSED:
                break
        if following is None:
            break
        before, piece = kind, following
    if best is None:
        return None
    end, known, upto, sure = best
    point = Calendar(**known)
    return Match(end, _stretch(point, upto) if upto else point, sure)


def _may_end(kind: str, fields: dict[str, Any]) -> bool:
    """Whether what says nothing alone may end a chain: 지난 98년 is a year, 다음 10년 a length."""
    return kind != "short_year" or fields["year"] < 2000


def _behind(before: str, piece: Token) -> PointReading:
    """What a piece says behind 지난, a holiday, ’24년, 서기 or 단기; class "" where it is apart."""
    kind, fields, _ = piece.point
    if before == "direction":
        # A word that counts from a base of its own takes no direction.
        return NO_POINT if kind != "edge" and not _RELATIVE.isdisjoint(fields) else piece.point
    if before == "holiday":
        # 추석 전날, but not 추석 3일.
        apart = kind == "day" and fields.get("day_base") != "previous"
        return NO_POINT if apart else piece.point
    if before == "short_year":
        # 최근 20년 여름 is no summer of 2020, 20년 상반기 a half of it.
        return NO_POINT if "season" in fields else piece.point
    if piece.kind != "number":
        return piece.point
    least = _LEAST_YEAR.get(before, 0)
    if piece.unit != "년" or piece.about or piece.number <= least:
        return NO_POINT
    return "year", {"year": int(piece.number)}, None


def _stretch(first: Calendar, upto: tuple[str, Any]) -> Stretch:
    name, high = upto
    return Stretch(first, replace(Calendar(), **{name: high}))


def length_chain(
    text: str, at: int, token: Token, loose: bool = False, whole: bool = False
) -> Match | None:
    """The longest duration, or distance from now (`사흘 전`), whose first piece is `token`.

    With `loose` also what is a calendar date elsewhere: `3분기` 연속, 징역 `6월`. With `whole`
    also distances of one syllable, which stand in running text for other words: `오분 전`.
    """
    if token.kind not in _LENGTH_STARTS or not (token.unit in _COUNTED_UNITS or loose):
        return None
    piece: Token | None = token
    sure = False
    if token.kind == "direction":
        at = after_gap(text, at + token.length)
        piece, sure = token_at(text, at), True
    if piece is not None and piece.kind in ("length", "every"):
        _, fields, _ = piece.point
        length = Length(
            ((fields["unit"], fields["count"]),), fields.get("upto"), repeat=piece.kind == "every"
        )
        found = _finish(text, at + piece.length, length, sure or piece.sure)
        return _each_other(text, found, fields["unit"]) if found and length.repeat else found
    pairs: list[tuple[str, float]] = []
    upto, about, best = None, False, None
    while piece is not None and piece.kind == "number" and upto is None:
        unit = _LENGTH_UNITS.get(piece.unit, "")
        if loose and not pairs:
            unit = unit or _LOOSE_UNITS.get(piece.unit, "")
        if piece.unit == "월" and pairs and pairs[-1][0] == "Y":
            unit = "M"
        if piece.unit == "박" and not pairs:
            unit = "박"
        last = pairs[-1][0] if pairs else ""
        short = piece.style in _ONE_SYLLABLE and not pairs
        if not unit or piece.style == "mark" or (short and not whole):
            break
        if last and last != "박" and _ORDER.index(unit) <= _ORDER.index(last):
            break
        if last == "D" and unit[0] == "T":
            # 1일 8시간 is eight hours a day, not a day and eight hours.
            break
        a_year = unit == "Y" and piece.number > 1000
        if a_year and not (piece.about or piece.style == "scaled"):
            break
        if last == "박" and unit != "D":
            break
        low = piece.low
        if low is not None and low >= piece.number:
            break
        if last == "박":
            pairs.clear()
        pairs.append((unit, piece.number if low is None else low))
        upto = None if low is None else piece.number
        about, sure = about or piece.about, sure or piece.sure
        # 3주차 is the third week of something; its 차 stands outside, as in 3년 차.
        end = at + piece.length - (piece.unit == "주차")
        if unit != "박":
            found = _finish(text, end, Length(tuple(pairs), upto, about), sure)
            if found and (
                not short or isinstance(found.expression, Shift)
                # 삼 일 is a day as well as days, 삼 일간 is not.
                or (piece.style == "apart" and (unit != "D" or text[found.end - 1] == "간"))
            ):  # fmt: skip
                best = found
        if short:
            break
        at = after_gap(text, end)
        piece = token_at(text, at)
    return best


def _each_other(text: str, every: Match, unit: str) -> Match:
    """The day named behind 격주 or 격월 taken in; the value stays that of the interval."""
    at = after_gap(text, every.end)
    token = token_at(text, at)
    if token is None or token.point[0] not in _EACH_OTHER.get(unit, _NONE):
        return every
    named = calendar_chain(text, at, token, False)
    return replace(every, end=named.end) if named else every


def point_behind(text: str, shift: Shift, at: int, with_clock: bool) -> Match | None:
    """A point of the period that `shift` leads to, from `at` on: 2년 전 `3월`, 사흘 뒤 `2시`."""
    (unit, number), *smaller = shift.length.pairs
    if smaller or unit not in _IN_A_PERIOD or shift.length.upto is not None or shift.length.about:
        return None
    token = token_at(text, at)
    before, name, kinds = _IN_A_PERIOD[unit]
    if token is None or token.point[0] not in kinds or number != int(number) or number < 1:
        return None
    if unit == "D" and not with_clock:
        return None
    return calendar_chain(text, at, token, with_clock, before, {name: int(number) * shift.sign})


def _finish(text: str, end: int, length: Length, sure: bool) -> Match | None:
    if text[end : end + 1] not in _SUFFIX_STARTS:
        return Match(end, length, sure) if ends_well(text, end) else None
    half = _HALF.match(text, end)
    unit, number = length.pairs[-1]
    if half and length.upto is None and unit not in ("TM", "TS"):
        smaller = {"Y": ("M", 6.0), "TH": ("TM", 30.0)}.get(unit)
        pairs = (*length.pairs, smaller) if smaller else (*length.pairs[:-1], (unit, number + 0.5))
        length, end = replace(length, pairs=pairs), half.end()
    shift = _SHIFT.match(text, end)
    if shift:
        side = shift["side"] or shift["side2"]
        length = replace(length, about=True) if shift["more"] else length
        return Match(shift.end(), Shift(length, -1 if side == "전" else 1), sure)
    suffix = _SUFFIX.match(text, end)
    if suffix and ends_well(text, suffix.end()):
        return Match(suffix.end(), length, True)
    return Match(end, length, sure) if ends_well(text, end) else None
