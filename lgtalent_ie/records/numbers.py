"""Where quantities stand in a text, by grammar alone: no model, no morphemes."""

from __future__ import annotations

import re
from functools import cache, lru_cache

import msgspec

from lgtalent_ie.records.characters import is_hangul
from lgtalent_ie.records.measure_units import Measure
from lgtalent_ie.records.measures import measure_at
from lgtalent_ie.records.numerals import MINUS, PLUS, VULGAR, number_words, parse_number
from lgtalent_ie.records.units import units

__all__ = ["QuantityMatch", "find_quantities", "parse_number"]


# What is looked at left of a quantity, and from its start on: a number, its unit, what follows.
_CONTEXT = 16
_WINDOW = 80
# How far apart the points of a list stand at most.
_LISTED = 120
_DIGIT = "0-9０-９"
_SIGNS = "$＄€£￡₩￦¥￥₹₫₽฿₱₺₴₦₪"


class QuantityMatch(msgspec.Struct, frozen=True, gc=False):
    """A span that reads as a quantity; `sure` is false where the context has to decide."""

    start: int
    end: int
    sure: bool


@cache
def _anchor() -> re.Pattern[str]:
    """Where a quantity can begin: digits, signs and symbols, number words at the head of a word.

    The lookaheads only save time: a number without unit or joint behind it is no quantity. The
    first character stands in front of all else, because a search that begins with a set of
    characters skips the others many times faster than one that begins with a lookbehind.
    """
    heads = "".join(sorted({word.word[0] for word in number_words()} - set(VULGAR)))
    inner = {character for word in number_words() for character in word.word[1:]}
    behind = re.escape("".join(sorted({unit.unit[0] for unit in units()} | inner)))
    return re.compile(
        rf"[{MINUS}{PLUS}△{_SIGNS}{_DIGIT}{VULGAR}ACEGHJKMNRSU제영마첫{heads}]"
        rf"(?<![A-Za-z{_DIGIT}].)(?<![{_DIGIT}][.,:/-].)"
        rf"(?:(?:(?<=[{_DIGIT}])|(?<=[{MINUS}{PLUS}])(?<![^\s(\[].)(?=[{_DIGIT}]))[{_DIGIT}]{{0,20}}+"
        rf"(?=[.,，．~∼〜～–—−·:/ \-여남분와과{VULGAR}{heads}{behind}])(?![{_DIGIT}])"
        rf"|(?:(?<![가-힣].)|(?<=(?<![가-힣])[약총근].))"
        rf"(?:(?<=제) ?[0-9일이삼사오육칠팔구십백]|(?<=영)하 ?[0-9]|(?<=마)(?:이너스|하) ?[0-9]"
        rf"|(?<=첫) ?번?째|(?<=[{heads}])(?=[ 여남분{heads}{behind}]))"
        rf"|(?<=[{_SIGNS}]) ?[0-9]|(?<=△)(?=[0-9])|(?<=[{VULGAR}])"
        r"|(?:(?<=[ACSR])|(?<=U)S|(?<=H)K|(?<=N)[TZ]|(?<=M)X|(?<=A)U|(?<=C)A)\$ ?[0-9]"
        r"|(?:(?<=U)SD|(?<=E)UR|(?<=K)RW|(?<=J)PY|(?<=C)(?:NY|AD|HF)|(?<=G)BP|(?<=R)MB|(?<=A)UD"
        r"|(?<=H)KD|(?<=S)GD) ?[0-9])"
    )


def _grown_together(text: str, start: int) -> bool:
    """Digits at the end of a Korean word, as in 시즌2도, where the unit may be a particle."""
    previous = text[start - 1] if start else " "
    if previous == "만":  # 만19세
        return start > 1 and is_hangul(text[start - 2])
    return is_hangul(previous) and previous not in "약총각단근"


def _is_bullet(text: str, at: int) -> bool:
    """△ in front of the points of a list, of which there are several, and not the minus sign."""
    if text[at - 1 : at] == "(":
        return False
    before, after = text[max(0, at - _LISTED) : at], text[at + 1 : at + _LISTED]
    return "△" in before or "△" in after


def find_quantities(text: str) -> tuple[QuantityMatch, ...]:
    """The quantities of a text, left to right, without overlap.

    Dates, times, durations, telephone and registration numbers, numbers inside names, 첫, 처음
    and the article 한 are none. Bounds stay outside: of `약 5억원 이상` the mention is `5억원`.

    >>> text = "연구원 100여 명이 3개 조로 나뉘어 2시간 토론했다"
    >>> [text[m.start : m.end] for m in find_quantities(text)]
    ['100여 명', '3개']
    """
    found: list[QuantityMatch] = []
    anchor, at = _anchor(), 0
    while match := anchor.search(text, at):
        start = match.start()
        left = max(0, start - _CONTEXT)
        measure = _measure(text[left : start + _WINDOW], start - left)
        if measure is not None and left + measure.end > start + _WINDOW - _CONTEXT:
            left, measure = 0, measure_at(text, start)
        if (
            measure is None
            or (not measure.sure and _grown_together(text, start))
            or (match[0] == "△" and _is_bullet(text, start))
        ):
            at = match.end() if match.end() > start else start + 1
            continue
        at = left + measure.end
        found.append(QuantityMatch(start, at, measure.sure))
    return tuple(found)


# Tables, menus and pasted pages repeat themselves; what was just read is not read again.
@lru_cache(maxsize=1024)
def _measure(window: str, at: int) -> Measure | None:
    return measure_at(window, at)
