"""Whole calendar expressions: one point or length, or two points joined to a range (`11~16일`)."""

from __future__ import annotations

import re

from msgspec.structs import replace

from lgtalent_ie.records.characters import is_hangul
from lgtalent_ie.records.dates_chains import Match, calendar_chain, length_chain, point_behind
from lgtalent_ie.records.dates_expressions import (
    Calendar,
    Effect,
    Expression,
    Length,
    Shift,
    Stretch,
)
from lgtalent_ie.records.dates_foreign import iso_value, plain_signs
from lgtalent_ie.records.dates_lexicon import (
    GLOSS,
    ZONE,
    after_gap,
    tail_pattern,
    tails,
    token_at,
)
from lgtalent_ie.records.dates_signs import BLANK, BLANKS, DASH
from lgtalent_ie.records.dates_whole import minutes_before, whole_expression

_GLOSS = re.compile(GLOSS)
_JOINT = re.compile(
    rf"(?:{GLOSS})?(?:(?P<from>부터|에서){BLANK}{{0,2}}|\.?{BLANK}?(?P<dash>{DASH}){BLANK}?)"
)
_JOINT_STARTS = BLANKS | frozenset("(부에.~∼～〜–—-")
# 2024.3.1~3.15 and 2024. 3. 1. ~ 15.
_LAST_DAY = re.compile(
    rf"(?:(?P<m>\d{{1,2}})\.{BLANK}?)?(?P<d>\d{{1,2}})(?![\d가-힣%:]|\.{BLANK}?\d)"
)
_LEFT_OUT = re.compile(
    r"(?P<about>약|대략)? ?(?:최근|과거|향후|앞으로|이르면|늦어도|총) ?|(?P<about2>약|대략|거의) ?"
    r"|(?:만|꼬박|무려|불과|장장) (?=[\d하이사나닷열보한두세석넉])"
    r"|(?:현지|한국|미국|우리|동부|서부) ?(?:시간|시각)(?:으로)? ?"
)
_LEFT_OUT_STARTS = frozenset("약대최과향앞이늦총현한미우동서거만꼬무불장 ")
_ZONE = re.compile(rf"{ZONE}(?![A-Za-z])")
_PLAIN_TAIL = re.compile("(?:에는?|에도|엔|부터|까지|의|과|와|마다|동안|만에?|간|종일)(?![가-힣])")
_AROUND = frozenset(" .,")
# No other particle follows these: 봄가을 is no 봄 with 가 and 을.
_CLOSING = frozenset("은는이가을를")
MAX_LENGTH = 80
"""Characters of the longest text that is still read as one expression."""


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Stricter than `ends_well`, for short everyday words: 낮에 but not 낮은."""
    return (
        end - start > 2
        or not text[end : end + 1].isalpha()
        or (_PLAIN_TAIL.match(text, end) is not None)
    )


def expression_at(text: str, at: int, with_clock: bool = False) -> Match | None:
    """The longest expression that starts at `at`.

    `with_clock` reads what is known to be one expression: day and clock in one, and a range whose
    까지 was left outside.
    """
    left = _simple(text, at, with_clock)
    if left is None or left.end == len(text) or text[left.end] not in _JOINT_STARTS:
        return left
    if not isinstance(left.expression, Calendar):
        return left
    joint = _JOINT.match(text, left.end)
    if joint is None:
        return _turned(text, left, after_gap(text, left.end), with_clock) or left
    right = _simple(text, joint.end(), with_clock)
    if right is None:
        return _to_day(text, at, left, joint) or left
    if joint["from"] and not text.startswith("까지", right.end):
        turned = _turned(text, left, joint.end(), with_clock)
        if turned:
            return turned
    if with_clock and joint["from"] and isinstance(right.expression, Length):
        return Match(right.end, Stretch(left.expression, right.expression), True)
    if not isinstance(right.expression, Calendar):
        return left
    end = right.end
    if joint["from"]:
        gloss = _GLOSS.match(text, end)
        end = gloss.end() if gloss else end
        if text.startswith("까지", end):
            end += 2
        elif not with_clock:
            return left
    if left.expression.is_time != right.expression.is_time and not with_clock:
        return left
    return Match(end, Stretch(left.expression, right.expression), True)


def _turned(text: str, left: Match, at: int, with_clock: bool) -> Match | None:
    """From the end of one period to the start of the next: `2월 말 3월 초`."""
    first = left.expression
    if not isinstance(first, Calendar) or first.part != "END" or first.is_time:
        return None
    right = _simple(text, at, with_clock)
    last = right.expression if right else None
    if right is None or not isinstance(last, Calendar) or last.part != "START" or last.is_time:
        return None
    # 연말 연초 is the end of one year and the start of another that nothing names.
    same = replace(first, part="START") == last
    if same or first.has_month != last.has_month:
        return None
    return Match(right.end, Stretch(first, last), True)


def _to_day(text: str, at: int, left: Match, joint: re.Match[str]) -> Match | None:
    """A range of days in figures whose end leaves out what its start said: `2024.3.1~3.15`."""
    first = left.expression
    found = _LAST_DAY.match(text, joint.end())
    if found is None or not isinstance(first, Calendar) or joint["dash"] in (None, "-"):
        return None
    written = "." in text[at : left.end]
    if not written or first.is_time or first.year is None or first.day is None:
        return None
    month, day = int(found["m"] or 0) or None, int(found["d"])
    if not 1 <= day <= 31 or not 1 <= (month or 1) <= 12:
        return None
    return Match(found.end(), Stretch(first, Calendar(month=month, day=day)), True)


def _simple(text: str, at: int, with_clock: bool) -> Match | None:
    first = token_at(text, at)
    if first is None:
        return None
    best = calendar_chain(text, at, first, with_clock)
    if best is None or best.end < len(text):
        # No length is longer than a point that takes the whole text.
        length = length_chain(text, at, first, whole=with_clock)
        if length and isinstance(length.expression, Shift):
            shift, behind = length.expression, after_gap(text, length.end)
            length = point_behind(text, shift, behind, with_clock) or length
        if length and (best is None or best.end < length.end):
            best = length
    if with_clock or best is None or best.sure or _stands_alone(text, at, best.end):
        return best
    return None


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


def expression_of(text: str, effect: Effect = "none") -> Expression | None:
    """The expression that a whole string is, with particles after it; None where it is none.

    `effect` is what stands after the string in its text (see `tail_effect`).
    """
    text = plain_signs(text.strip(" \t\r\n\u00a0\u3000"))
    return _chained(text, effect) or whole_expression(text, expression_of)


def _chained(text: str, effect: Effect) -> Expression | None:
    """The expression that the chain of pieces in a string makes, with particles after it."""
    if text[-1:].isdigit() and (value := iso_value(text)):
        return Calendar(value=value)
    start, about = 0, effect == "about"
    if text[:1] in _LEFT_OUT_STARTS and (left_out := _LEFT_OUT.match(text)):
        start = left_out.end()
        about = about or bool(left_out["about"] or left_out["about2"])
    match = expression_at(text, start, with_clock=True)
    if match is None:
        return None
    end, size = match.end, len(text)
    if end == size and effect == "none" and not about:
        return match.expression
    if text[end:].strip() == "전" and isinstance(match.expression, Calendar):
        earlier = minutes_before(match.expression)
        if earlier is not None:
            return earlier
    closed = False
    for _ in range(4):
        while end < size and text[end] in _AROUND:
            end += 1
        if end == size:
            break
        if not is_hangul(text[end]) and (
            outside := _GLOSS.match(text, end) or _ZONE.match(text, end)
        ):
            end = outside.end()
            continue
        tail = tail_pattern().match(text, end)
        if tail is None or closed:
            return None
        closed = tail.group() in _CLOSING
        word, end = tail.group(), tail.end()
        found = tails().get(word) or tails()[re.sub(BLANK, " ", word)]
        if found == "about":
            about = True
        elif word in ("이후", "이전"):
            effect = "after" if word == "이후" else "before"
        elif effect == "none":
            effect = found
    if end < size and text[end:].strip(" .,"):
        return None
    expression = _with_effect(text, start, match, effect)
    return approximate(expression) if about and expression else expression


def approximate(expression: Expression) -> Expression:
    """The same said with 약 or 쯤; a range has no such mark."""
    if isinstance(expression, Shift):
        return replace(expression, length=replace(expression.length, about=True))
    if isinstance(expression, (Calendar, Length)):
        return replace(expression, about=True)
    return expression


def _is_bare_day(expression: Expression) -> bool:
    """Whether an expression is a day in figures by which one may also count: 3일, 2~3일, 15일."""
    ends = (expression.first, expression.last) if isinstance(expression, Stretch) else (expression,)
    return all(
        isinstance(end, Calendar) and end == Calendar(day=end.day)
        and end.day is not None and (end.day <= 10 or end.day % 5 == 0 or end.day % 7 == 0)
        for end in ends
    )  # fmt: skip


def _with_effect(text: str, start: int, match: Match, effect: Effect) -> Expression | None:
    expression = match.expression
    if effect == "length" and not isinstance(expression, (Length, Shift)):
        first = token_at(text, start)
        length = length_chain(text, start, first, loose=True) if first else None
        return length.expression if length and length.end == match.end else expression
    if effect == "repeat" and _is_bare_day(expression):
        # 3일마다 is every three days, 13일마다 the 13th of every month.
        first = token_at(text, start)
        length = length_chain(text, start, first) if first else None
        expression = length.expression if length else expression
    if effect == "repeat" and isinstance(expression, Calendar):
        return replace(expression, repeat=expression.repeat or "plain")
    if effect == "repeat" and isinstance(expression, Length):
        return replace(expression, repeat=True)
    if effect in ("after", "before") and isinstance(expression, Calendar):
        return replace(expression, bound="AFTER" if effect == "after" else "BEFORE")
    return expression
