"""What a quantity says: value or range, unit, dimension, currency, and how exact it is.

`tables/bounds.tsv` lists the words that bound a number, those before it (약, 최소) and those after
it (이상, 을 넘는). Where several stand, a limit (`at_least`, `at_most`) goes before `approx`, and
the limit in front of the number before the one behind it: `약 10명 이상` is at least ten.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal, get_args

from msgspec.structs import replace

from lgtalent_ie.frozen import maker
from lgtalent_ie.records.characters import is_hangul, is_latin
from lgtalent_ie.records.measure_units import Measure
from lgtalent_ie.records.measures import measure_at
from lgtalent_ie.records.numerals import MINUS, PLUS, numeral_starts, numerals_at
from lgtalent_ie.schema import Bound, Count
from lgtalent_ie.tables import read_table

# Adverbs that may stand between a bounding word and its number without changing either.
NEUTRAL = frozenset(
    "모두 총 전체 각각 각 다시 무려 단 겨우 고작 또 합쳐 도합 통틀어 불과 자그마치 물경".split()
)
# What is numbered by a bare number behind it: 시즌 3, 파트2.
NUMBERED = frozenset(
    "시즌 시리즈 파트 레벨 단계 챕터 스테이지 라운드 세트 넘버 타입 클래스 버전 코스 권역".split()
)
_PARTICLE = re.compile(
    r"(?:을|를|이|가|에|도|은|는|의|로|으로)?(?:도|는|만)? ?"
    r"(?:(?:훨씬|크게|약간|훌쩍|살짝|다소|조금) )?"
)
# What is ranked by size: 10대 그룹, 20대 대기업.
_LARGEST = re.compile(
    r" (?:대?그룹|대?기업|재벌|은행|건설사|증권사|금융|로펌|대학|국정|과제|전략|강국|수출국|산업"
    r"|뉴스|도시|의혹|공약|품목|교역국)"
)
_JOINTS = "-–—:/⁄.,"
_LONGEST_MENTION = 80
_WINDOW = 24
_MAX_STARTS = 12
_make_count = maker(Count)


@dataclass(frozen=True, slots=True)
class BoundWord:
    """One row of the table of bounds."""

    word: str
    side: Literal["before", "after"]
    bound: Bound
    example: str


@cache
def bound_words() -> tuple[BoundWord, ...]:
    """The rows of `tables/bounds.tsv`.

    >>> bound_words()[0].word, bound_words()[0].bound
    ('약', 'approx')
    """
    known = {bound: bound for bound in get_args(Bound)}
    return tuple(
        BoundWord(word, "before" if side == "before" else "after", known[bound], example)
        for word, side, bound, example in read_table(__package__, "bounds")
    )


@cache
def bounds(side: Literal["before", "after"]) -> Mapping[str, Bound]:
    """Word → bound, of the words that bound a number from one side."""
    return {row.word: row.bound for row in bound_words() if row.side == side}


def parse_quantity(text: str, *, before: str = "", after: str = "") -> Count | None:
    """Read a QUANTITY mention; `before` and `after` are the text next to it.

    Offsets of the Count are relative to `text`; `mention` and `of` are None. Of a range `min` and
    `max` hold and `value` is None; 수십 is 20 to 99. A ratio's value is its quotient with no unit:
    `1:1` is 1.0, `3 대 1` is 3.0; of `수십대 1` the quotient is a range. `20대` as an age is 20 to
    29. None where the text holds no number: nothing is made up.

    >>> count = parse_quantity("1900만달러", before="투자금은 약 ")
    >>> count.value, count.unit, count.dimension, count.currency, count.bound
    (19000000, '달러', 'money', 'USD', 'approx')
    >>> count = parse_quantity("2~3명")
    >>> count.value, count.min, count.max, count.bound
    (None, 2, 3, 'exact')
    """
    parse = _parse if len(text) <= _LONGEST_MENTION else _parse.__wrapped__
    return parse(text, before[-_WINDOW:], after[:_WINDOW])


# One mention is read at several steps, and an article says the same number again.
@lru_cache(maxsize=16384)
def _parse(text: str, before: str, after: str) -> Count | None:
    shown = text[:_LONGEST_MENTION]
    measure = _measure_in(shown, before)
    if measure is None:
        return None
    if measure.counts == "decade" and measure.end == len(shown):
        measure = _of_rank(measure, after)
    elif measure.unit is None and (name := _numbered(shown, measure)):
        measure = replace(measure, unit=name, dimension="ordinal")
    before = (before + shown[: measure.start])[-_WINDOW:]
    after = (shown[measure.end :] + after)[:_WINDOW]
    return _make_count(
        mention=None,
        start=0,
        end=len(text),
        text=text,
        value=measure.value,
        min=measure.low,
        max=measure.high,
        unit=measure.unit,
        dimension=measure.dimension,
        bound=bound_of(before, after, measure.more),
        currency=measure.currency,
        of=None,
    )


def _of_rank(measure: Measure, after: str) -> Measure:
    """10대 그룹, 30대 기업: so many of the largest, not people in their tens."""
    low, high = measure.low, measure.high
    if low is None or high is None or high - low != 9 or not _LARGEST.match(after):
        return measure
    return replace(measure, value=low, low=None, high=None, dimension="item", counts="thing")


def _numbered(text: str, measure: Measure) -> str | None:
    """The word in front of a bare number that the number is of: 시즌 of `시즌 3`."""
    if measure.dimension != "other" or measure.end != len(text):
        return None
    word = text[: measure.start].strip()
    return word if word in NUMBERED else None


def bound_of(before: str, after: str, more: bool = False) -> Bound:
    """The bound that the words around a number give it; `more`: 여, 남짓 or 수십 is inside.

    >>> bound_of("지원자는 약 ", "이 넘는다"), bound_of("", "가 왔다", more=True)
    ('at_least', 'approx')
    """
    ahead = _bound_before(before) if before else "exact"
    if ahead == "at_least" or ahead == "at_most":
        return ahead
    behind = _bound_after(after) if after else "exact"
    if behind == "at_least" or behind == "at_most":
        return behind
    return "approx" if more or ahead == "approx" or behind == "approx" else "exact"


def _bound_before(before: str) -> Bound:
    found: Bound = "exact"
    before = before.rstrip(" ")
    for _ in range(3):
        word = before[max(before.rfind(" "), before.rfind("(")) + 1 :].lstrip("['\"‘“,")
        bound = bounds("before").get(word)
        if bound is None and word not in NEUTRAL:
            break
        if bound in ("at_least", "at_most"):
            return bound
        found = bound or found
        before = before[: len(before) - len(word)].rstrip(" ")
    return found


def _bound_after(after: str) -> Bound:
    found: Bound = "exact"
    at = 0
    for _ in range(2):
        # 10명 정도 이상, 10명가량을 넘는: a limit may stand behind an approximation.
        particle = _PARTICLE.match(after, at)
        word, here, begun = "", at, -1
        for start in (at, at + after.startswith(" ", at), particle.end() if particle else at):
            if start == begun or after[start : start + 1] not in _after_starts():
                continue
            begun, match = start, _after_word().match(after, start)
            if match and len(match[0]) > len(word) and _ends_word(match[0], after, start):
                word, here = match[0], start
        if not word:
            break
        found, at = bounds("after")[word], here + len(word)
        if found != "approx":
            break
    return found


@cache
def _after_starts() -> frozenset[str]:
    """First characters of the words behind a number."""
    return frozenset(word[0] for word in bounds("after"))


@cache
def _after_word() -> re.Pattern[str]:
    """A word behind a number, the longest that fits."""
    words = sorted(bounds("after"), key=lambda word: -len(word))
    return re.compile("|".join(map(re.escape, words)))


def _ends_word(word: str, after: str, start: int) -> bool:
    """여, 대, 선, 쯤 stick to the number and are not the first syllable of another word."""
    if len(word) > 1:
        return True
    following = after[start + 1 : start + 3]
    stuck = start == 0 or word == "쯤"
    return stuck and (not following or following[0] in " 이가은는을를의에도로다,.")


def _measure_in(text: str, before: str) -> Measure | None:
    """The measure of a mention: strictly read, else leniently, else its first number alone."""
    starts: list[int] = []
    opening = _starts()
    for at, character in enumerate(text):
        if character in opening and _may_start(text, at, character):
            if measure := measure_at(text, at, before):
                return measure
            whole = None if at else measure_at(text, 0, before, lenient=True)
            if whole is not None and whole.end == len(text):
                return whole  # 이 미터 오 센티미터
            if not character.isalpha() or not character.isascii():
                starts.append(at)
            if len(starts) == _MAX_STARTS:
                break
    for at in starts[:1]:
        if measure := measure_at(text, at, before, lenient=True):
            return measure
    for at in starts[:1]:
        for numeral in numerals_at(text, at):
            unit = text[numeral.end :].strip() or None
            if unit and (len(unit) > 8 or any(c.isdigit() or c in _JOINTS for c in unit)):
                continue
            if numeral.script == "native" and text.startswith(" ", numeral.end):
                unit = None  # 두 배우: the noun itself is counted
            elif numeral.script != "digits":
                continue
            return Measure(
                at, len(text), numeral.value, numeral.low, numeral.high, unit, "other", None,
                None, numeral.more, False,
            )  # fmt: skip
    return None


@cache
def _starts() -> frozenset[str]:
    """What a number or the mark in front of it can begin with."""
    return numeral_starts() | frozenset(
        "제첫영마△$＄€£￡¥￥₩￦₹₫₽฿₱₺₴₦₪UHNACSRMEKJG" + MINUS + PLUS
    )


def _may_start(text: str, at: int, character: str) -> bool:
    """Whether a number can begin here: not inside another number, a Latin or a Korean word."""
    previous = text[at - 1] if at else " "
    if previous in _JOINTS or previous.isdigit() or is_latin(previous):
        return False
    if character == "△":
        return True
    if character in MINUS + PLUS:
        return previous in " (" and text[at + 1 : at + 2].isdigit()
    return not (is_hangul(character) and is_hangul(previous))
