"""Where quantities stand in a text, by grammar alone: no model, no morphemes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache

from lgtalent_ie.records.characters import is_hangul
from lgtalent_ie.records.measures import Measure, measure_at
from lgtalent_ie.records.numerals import number_words, parse_number
from lgtalent_ie.records.units import units

__all__ = ["QuantityMatch", "find_quantities", "parse_number"]


# What is looked at left of a quantity, and from its start on: a number, its unit, what follows.
_CONTEXT = 16
_WINDOW = 80


@dataclass(frozen=True, slots=True)
class QuantityMatch:
    """A span that reads as a quantity; `sure` is false where the context has to decide."""

    start: int
    end: int
    sure: bool


@cache
def _anchor() -> re.Pattern[str]:
    """Where a quantity can begin: digits, signs and symbols, number words at the head of a word.

    The lookaheads only save time: a number without unit or joint behind it is no quantity.
    """
    heads = "".join(sorted({word.word[0] for word in number_words()} - set("½¼¾⅛")))
    inner = {character for word in number_words() for character in word.word[1:]}
    behind = re.escape("".join(sorted({unit.unit[0] for unit in units()} | inner)))
    return re.compile(
        r"(?<![A-Za-z0-9０-９])(?<![0-9０-９][.,:/-])"
        r"(?:(?:US|HK|NT|NZ|MX|A|C|S|R)?[$＄€£₩￦¥￥₹₫₽] ?[0-9]|[½¼¾⅛]"
        r"|(?:USD|EUR|KRW|JPY|CNY|GBP) ?[0-9]"
        r"|(?:(?<![^\s(\[])[-−+＋])?[0-9０-９]{1,21}"
        rf"(?=[.,，．~∼〜～–—−·: \-여남분{heads}{behind}])(?![0-9０-９])"
        r"|(?:(?<![가-힣])|(?<=(?<![가-힣])[약총근]))"
        r"(?:제 ?[0-9일이삼사오육칠팔구십백]|영하 ?[0-9]|마(?:이너스|하) ?[0-9]|첫 ?번?째"
        rf"|[{heads}](?=[ 여남분{heads}{behind}])))"
    )


def _grown_together(text: str, start: int) -> bool:
    """Digits at the end of a Korean word, as in 시즌2도, where the unit may be a particle."""
    previous = text[start - 1] if start else " "
    return is_hangul(previous) and previous not in "약총각단근"


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
        if measure is None or (not measure.sure and _grown_together(text, start)):
            at = match.end() if match.end() > start else start + 1
            continue
        at = left + measure.end
        found.append(QuantityMatch(start, at, measure.sure))
    return tuple(found)


# Tables, menus and pasted pages repeat themselves; what was just read is not read again.
@lru_cache(maxsize=1024)
def _measure(window: str, at: int) -> Measure | None:
    return measure_at(window, at)
