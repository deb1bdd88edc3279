"""How pieces join into one calendar expression: `지난해` + `3월` + `말`, `사흘` + `전`."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from lgtalent_ie.records.characters import is_hangul, is_latin
from lgtalent_ie.records.dates_expressions import (
    Calendar,
    Effect,
    Expression,
    Length,
    Shift,
    Stretch,
)
from lgtalent_ie.records.dates_lexicon import (
    BLANK,
    DASH,
    GLOSS,
    Token,
    full_year,
    tail_pattern,
    tails,
    token_at,
)

_GAP = re.compile(f"{BLANK}{{0,2}}")
_GLOSS = re.compile(GLOSS)
_JOINT = re.compile(f"(?:{GLOSS})?(?:(?P<from>부터|에서){BLANK}{{0,2}}|{BLANK}?{DASH}{BLANK}?)")
_LEFT_OUT = re.compile(
    r"(?P<about>약|대략)? ?(?:최근|향후|앞으로|이르면|늦어도|총) ?|(?P<about2>약|대략) ?"
)
_HALF = re.compile(
    f"{BLANK}?반(?![가-힣])|{BLANK}?반(?=에|까지|부터|쯤|께|경|동안|간|만|이|을|가량)"
)
_SHIFT = re.compile(
    f"{BLANK}?(?P<side>전|뒤|후)(?![가-힣])|{BLANK}?(?P<side2>전|뒤|후)"
    "(?=에|의|부터|까지|쯤|엔|인|이|으로|로|만|과|보다|께)"
)
_SUFFIX = re.compile("간|째")
_SUFFIX_STARTS = frozenset("반전뒤후간째 \t\u00a0\u3000")
_PLAIN_TAIL = re.compile("(?:에는?|에도|엔|부터|까지|의|과|와|마다|동안|만에?|간|종일)(?![가-힣])")
_MAX_PIECES = 12
MAX_LENGTH = 80
"""Characters of the longest text that is still read as one expression."""

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
            "dayword",
            "holiday",
            "weekday",
            "nth_weekday",
            "edge",
            "same",
            "date",
            "year_month",
            "short_year",
        ]
    ),
    "direction": frozenset(
        ["year", "span", "month", "day", "holiday", "weekday", "edge", "short_year", "date"]
    ),
    "year": frozenset(["span", "month", "holiday", "part", "edge"]),
    "this_year": frozenset(["span", "month", "holiday", "part", "edge"]),
    "short_year": frozenset(["month", "part"]),
    "year_month": frozenset(["part"]),
    "span": frozenset(["part"]),
    "month": frozenset(["nth_week", "nth_weekday", "day", "dayword", "part"]),
    "week": frozenset(["weekday", "part", "day_name"]),
    "nth_week": frozenset(["weekday"]),
    "day": frozenset(["weekday", "weekday_gloss"]),
    "dayword": frozenset(["weekday", "weekday_gloss"]),
    "holiday": frozenset(["weekday_gloss"]),
    "date": frozenset(["weekday", "weekday_gloss"]),
    "daypart": frozenset(["hour", "clock"]),
    "moment": frozenset(["hour", "clock"]),
    "hour": frozenset(["minute"]),
    "minute": frozenset(["second"]),
}
_CLOCK_START = frozenset(["daypart", "moment", "hour", "clock"])
_NOT_ALONE = frozenset(["direction", "this_year", "short_year", "part"])
_LENGTH_UNITS = {
    "년": "Y", "개년": "Y", "해": "Y", "개월": "M", "달": "M", "주일": "W", "주": "W", "일": "D",
    "시간": "TH", "분": "TM", "초": "TS",
}  # fmt: skip
# Unit → class, field, what the number may be.
_CALENDAR_UNITS = {
    "년": ("year", "year", range(1000, 3000)),
    "년도": ("year", "year", range(3000)),
    "학년도": ("year", "year", range(3000)),
    "년대": ("year", "decade", range(3000)),
    "세기": ("year", "century", range(1, 100)),
    "분기": ("span", "quarter", range(1, 5)),
    "월": ("month", "month", range(1, 13)),
    "일": ("day", "day", range(1, 32)),
    "시": ("hour", "hour", range(25)),
    "분": ("minute", "minute", range(60)),
    "초": ("second", "second", range(60)),
}
_ORDER = ("Y", "M", "W", "D", "TH", "TM", "TS")


@dataclass(frozen=True, slots=True)
class Match:
    """An expression found in a text, from where the reader was put to `end`."""

    end: int
    expression: Expression
    sure: bool


def ends_well(text: str, end: int) -> bool:
    """Whether a word may end here: no letter follows, or a tail such as a particle."""
    following = text[end : end + 1]
    if not following or not following.isalnum() or is_latin(following):
        return True
    return is_hangul(following) and tail_pattern().match(text, end) is not None


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Stricter than `ends_well`, for short everyday words: 낮에 but not 낮은."""
    return (
        end - start > 2
        or not text[end : end + 1].isalpha()
        or (_PLAIN_TAIL.match(text, end) is not None)
    )


def expression_at(text: str, at: int, with_clock: bool = False) -> Match | None:
    """The longest expression that starts at `at`; day and clock in one where `with_clock`."""
    left = _simple(text, at, with_clock)
    if left is None or not isinstance(left.expression, Calendar):
        return left
    joint = _JOINT.match(text, left.end)
    right = _simple(text, joint.end(), with_clock) if joint else None
    if joint is None or right is None or not isinstance(right.expression, Calendar):
        return left
    end = right.end
    if joint["from"]:
        gloss = _GLOSS.match(text, end)
        end = gloss.end() if gloss else end
        if not text.startswith("까지", end):
            return left
        end += 2
    if left.expression.is_time != right.expression.is_time and not with_clock:
        return left
    return Match(end, Stretch(left.expression, right.expression), True)


def _simple(text: str, at: int, with_clock: bool) -> Match | None:
    first = token_at(text, at)
    if first is None:
        return None
    calendar = _calendar(text, first, with_clock)
    length = _length(text, first)
    best = calendar if calendar and (not length or calendar.end >= length.end) else length
    if best and not best.sure and not with_clock and not _stands_alone(text, at, best.end):
        return None
    return best


def _calendar(text: str, token: Token, with_clock: bool) -> Match | None:
    fields: dict[str, Any] = {}
    upto: tuple[str, Any] | None = None
    before, pieces, sure = "", 0, False
    best: tuple[int, dict[str, Any], tuple[str, Any] | None, bool] | None = None
    piece: Token | None = token
    while piece is not None and pieces < _MAX_PIECES:
        kind, sets, high = _reading(piece, before)
        opens_clock = kind in _CLOCK_START and (
            not before or (with_clock and before not in ("daypart", "direction", "hour"))
        )
        if not (opens_clock or kind in _FOLLOWS.get(before, ())) or upto is not None:
            break
        if before == "direction" and kind != "edge" and _is_relative(sets):
            break
        pieces += 1
        fields.update(sets)
        fields["about"] = fields.get("about", False) or piece.about
        sure = sure or piece.sure
        upto = high
        before, end = kind, piece.end
        if kind == "hour" and (half := _HALF.match(text, end)):
            fields["minute"], before, end = 30, "clock", half.end()
        whole = kind not in _NOT_ALONE or (pieces > 1 and kind != "short_year")
        # 지난 98년 is a year, 다음 10년 a length.
        whole = whole or (kind == "short_year" and pieces > 1 and fields["year"] < 2000)
        if whole and ends_well(text, end):
            best = (end, dict(fields), upto, sure)
        if kind in ("day", "date") and with_clock and (gloss := _GLOSS.match(text, end)):
            end = gloss.end()
        gap = _GAP.match(text, end)
        piece = token_at(text, gap.end() if gap else end)
    if best is None:
        return None
    end, fields, upto, sure = best
    known = Calendar(**fields)
    return Match(end, _stretch(known, upto) if upto else known, sure)


def _is_relative(sets: tuple[tuple[str, Any], ...]) -> bool:
    """Whether a word counts from a base of its own, so that no 지난 or 오는 stands before it."""
    return any(name.endswith(("_off", "repeat")) for name, _ in sets)


def _stretch(first: Calendar, upto: tuple[str, Any]) -> Stretch:
    name, high = upto
    return Stretch(first, replace(Calendar(), **{name: high}))


def _reading(
    piece: Token, before: str
) -> tuple[str, tuple[tuple[str, Any], ...], tuple[str, Any] | None]:
    """Class, fields and upper end of a piece within a calendar chain; class "" for none."""
    if piece.kind != "number":
        return piece.kind, piece.sets, None
    nothing: tuple[str, tuple[tuple[str, Any], ...], None] = ("", (), None)
    if piece.number != int(piece.number) or (piece.style == "short" and not before):
        return nothing
    number, low, unit = int(piece.number), piece.low, piece.unit
    if piece.style == "sino" and unit == "년" and number == 1000:
        return nothing
    if piece.style == "native" and unit != "시":
        return nothing
    if unit not in _CALENDAR_UNITS:
        return nothing
    kind, name, accepted = _CALENDAR_UNITS[unit]
    if unit == "년" and (piece.style == "mark" or number < 100):
        if low is None and piece.style != "mark":
            # 98년 3월 and 07년 3월 are dates, 1년 6월 is a year and a half.
            kind = "short_year" if number > 9 or piece.style == "padded" else ""
        elif low is not None and low < 1000 and piece.style != "mark":
            return nothing
        number = full_year(number) if low is None else int(low) // 100 * 100 + number
    elif number not in accepted:
        return nothing
    if name == "decade":
        # 20년대 and 10년대 are this century's, 80년대 the last one's.
        number = (number + (2000 if number < 30 else 1900) if number < 100 else number) // 10
        low = None if low is None else (low + 1900 if low < 100 else low) // 10
    elif unit in ("년도", "학년도"):
        number = full_year(number)
    if low is None:
        return kind, ((name, number),), None
    if low >= number and name not in ("day", "month", "hour"):
        return nothing
    if name not in ("year", "decade", "century") and int(low) not in accepted:
        return nothing
    return kind, ((name, int(low)),), (name, number)


def _length(text: str, token: Token) -> Match | None:
    piece: Token | None = token
    sure = False
    if token.kind == "direction":
        gap = _GAP.match(text, token.end)
        piece, sure = token_at(text, gap.end() if gap else token.end), True
    if piece is not None and piece.kind in ("length", "every"):
        sets = dict(piece.sets)
        length = Length(
            ((sets["unit"], sets["count"]),), sets.get("upto"), repeat=piece.kind == "every"
        )
        return _finish(text, piece.end, length, sure or piece.sure)
    pairs: list[tuple[str, float]] = []
    upto, about, end, best = None, False, token.end, None
    while piece is not None and piece.kind == "number" and upto is None:
        unit = _LENGTH_UNITS.get(piece.unit, "")
        if piece.unit == "월" and pairs and pairs[-1][0] == "Y":
            unit = "M"
        if piece.unit == "박" and not pairs:
            unit = "박"
        last = pairs[-1][0] if pairs else ""
        if not unit or piece.style == "mark" or (piece.style == "short" and not pairs):
            break
        if last and last != "박" and _ORDER.index(unit) <= _ORDER.index(last):
            break
        if last == "D" and unit[0] == "T":
            # 1일 8시간 is eight hours a day, not a day and eight hours.
            break
        if (unit == "Y" and piece.number > 1000) or (last == "박" and unit != "D"):
            break
        low = piece.low
        if low is not None and low >= piece.number:
            break
        pairs = [p for p in pairs if p[0] != "박"]
        pairs.append((unit, piece.number if low is None else low))
        upto = None if low is None else piece.number
        about, end, sure = about or piece.about, piece.end, sure or piece.sure
        if unit != "박":
            best = _finish(text, end, Length(tuple(pairs), upto, about), sure) or best
        gap = _GAP.match(text, end)
        piece = token_at(text, gap.end() if gap else end)
    return best


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
        return Match(shift.end(), Shift(length, -1 if side == "전" else 1), sure)
    suffix = _SUFFIX.match(text, end)
    if suffix and ends_well(text, suffix.end()):
        return Match(suffix.end(), length, True)
    return Match(end, length, sure) if ends_well(text, end) else None


_TAIL_BLANK = re.compile(f"{BLANK}?")


def tail_effect(text: str, end: int) -> Effect:
    """What the words right after an expression do to its value: `마다`, `동안`, `만에`, `쯤`."""
    gloss = _GLOSS.match(text, end)
    start = gloss.end() if gloss else end
    blank = _TAIL_BLANK.match(text, start)
    at = blank.end() if blank else start
    found = tail_pattern().match(text, at)
    if found is None:
        return "none"
    effect = tails().get(found.group(), "none")
    return effect if at == start or len(found.group()) > 1 or found.group() == "만 " else "none"


@lru_cache(maxsize=8192)
def expression_of(text: str, effect: Effect = "none") -> Expression | None:
    """The expression that a whole string is, with particles after it; None where it is none.

    `effect` is what stands after the string in its text (see `tail_effect`).
    """
    text = text.strip(" \t\r\n\u00a0\u3000")
    start, about = 0, effect == "about"
    if left_out := _LEFT_OUT.match(text):
        start = left_out.end()
        about = about or bool(left_out["about"] or left_out["about2"])
    match = expression_at(text, start, with_clock=True)
    if match is None:
        return None
    end = match.end
    for _ in range(4):
        rest = text[end:].strip(" .,")
        if not rest:
            break
        end += text[end:].index(rest[0])
        if gloss := _GLOSS.match(text, end):
            end = gloss.end()
            continue
        tail = tail_pattern().match(text, end)
        if tail is None:
            return None
        found = tails()[tail.group()]
        effect = found if found != "none" and effect == "none" else effect
        end = tail.end()
        if tail.group() in ("이후", "이전"):
            effect = "after" if tail.group() == "이후" else "before"
    if text[end:].strip(" .,"):
        return None
    return _with_effect(text, start, match, "about" if about and effect == "none" else effect)


def _with_effect(text: str, start: int, match: Match, effect: Effect) -> Expression | None:
    expression = match.expression
    if effect == "length" and not isinstance(expression, Length | Shift):
        first = token_at(text, start)
        length = _length(text, first) if first else None
        return length.expression if length and length.end == match.end else expression
    if effect == "about" and isinstance(expression, Calendar | Length):
        return replace(expression, about=True)
    if effect == "repeat" and isinstance(expression, Calendar):
        return replace(expression, repeat=expression.repeat or "plain")
    if effect == "repeat" and isinstance(expression, Length):
        return replace(expression, repeat=True)
    if effect in ("after", "before") and isinstance(expression, Calendar):
        return replace(expression, bound="AFTER" if effect == "after" else "BEFORE")
    return expression
