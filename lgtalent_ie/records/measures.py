"""One measure at one position: a number with its unit, a range, a ratio, an ordinal, money.

The grammar behind `numbers.find_quantities` (which looks everywhere) and
`quantities.parse_quantity` (which is told where to look).
"""

from __future__ import annotations

import re

from msgspec.structs import replace

from lgtalent_ie.records.measure_money import SYMBOLS, money, symbol_at
from lgtalent_ie.records.measure_ratios import RATIO_STARTS, ratio
from lgtalent_ie.records.measure_two_units import continued
from lgtalent_ie.records.measure_units import (
    LETTER,
    TAIL,
    Measure,
    is_part_of_unit,
    made,
    negative,
    of_unit,
    scaled,
    unit_behind,
)
from lgtalent_ie.records.numerals import MINUS, PLUS, Numeral, numerals_at
from lgtalent_ie.records.units import Unit, units_at

# Around 조 as an article: the law in front, the clause behind; no sum of money.
_LAW = re.compile(r"(?:법|법률|시행령|헌법|규칙|조례|규정|협약|정관) ?$")
_CLAUSE_BEHIND = re.compile(r" ?제? ?[0-9]{1,3}항")
_SUM_BEHIND = re.compile(r" ?(?:[0-9,]+[천백십]?[억만]|원|달러|엔|유로|위안|여)")
_RANGE = re.compile(r" ?[~∼〜～] ?|[–—−-]| ?내지 ?")
_NEIGHBOURS = re.compile(r"·|, ?")
# A joint stands right behind the first number or behind its unit, the longest of 12 characters.
_ANY_JOINT = re.compile("[~∼〜～–—−·,내-]")
_FARTHEST_JOINT = 16
_FIRST = re.compile(r"첫 ?번째|첫째")
_MARKS = frozenset("첫제영마△" + PLUS + MINUS) | {symbol[0] for symbol in SYMBOLS}
# 한 before these counts; before others (한 곳, 한 번) it is as often an article.
_ONE_COUNTS = frozenset(("명", "개", "건", "마리", "권", "골", "대", "살"))
_BARE_LEAST = 10**4
_RANGED = frozenset(("digits", "sino", "several"))
_FIGURES = frozenset("0123456789０１２３４５６７８９")
_PER_HOUR = re.compile(r"[시분초]속(?:은|이|으로|의)? ?(?:약|최대|최고|최소|평균|무려)? ?$")
_TILDE = re.compile(rf" ?[~∼〜～] ?(?P<below>[{MINUS}]|영하 ?)?")


def measure_at(text: str, at: int, before: str = "", lenient: bool = False) -> Measure | None:
    """The measure that starts at `at`, None where there is none.

    `before` is what stands in front of `text`, for units with several senses. A lenient reader
    trusts that there is a quantity and takes homographs for numbers.

    >>> measure = measure_at("연봉 1900만달러", 3)
    >>> measure.value, measure.unit, measure.currency
    (19000000, '달러', 'USD')
    """
    context = before[-16:] + text[max(0, at - 16) : at] if at or before else ""
    if text[at : at + 1] in _MARKS:
        marked, measure = _marked(text, at, context, lenient)
        if marked:
            return measure
    for numeral in numerals_at(text, at):
        following = text[numeral.end : numeral.end + 1]
        if following in _FIGURES:
            continue
        if text[numeral.end - 1] in "조경" and (
            is_part_of_unit(text, numeral) or _is_article(text, numeral, context)
        ):
            continue
        related = following in RATIO_STARTS or numeral.script == "part"
        measure = (
            (ratio(text, numeral, lenient) if related else None)
            or _range(text, numeral, context, lenient)
            or _counted(text, numeral, context, lenient)
            or _bare(text, numeral, lenient)
        )
        if measure is not None:
            if measure.dimension == "length" and "속" in context and _PER_HOUR.search(context):
                return replace(measure, dimension="other", counts="speed")
            return measure
    return None


def _marked(text: str, at: int, context: str, lenient: bool) -> tuple[bool, Measure | None]:
    """Whether a mark, a sign or a word opens the measure at `at`, and that measure."""
    if first := _FIRST.match(text, at):
        unit = "번째" if first[0].endswith("번째") else "째"
        return True, made(at, first.end(), 1, unit, "ordinal", sure=False)
    if symbol := symbol_at(text, at):
        return True, money(text, at, symbol)
    if text.startswith("제", at):
        return True, _ordinal(text, at, context, lenient)
    if text.startswith("영하", at):
        number_at = at + 2 + text.startswith(" ", at + 2)
        measure = _below_zero(text, at, number_at, "영하", lenient)
        if measure is None and (measure := measure_at(text, number_at, "영하", lenient)):
            measure = negative(measure, at)
        return True, measure if measure and measure.dimension == "temperature" else None
    if text[at] == "△":
        return True, _loss(text, at, lenient)
    if text[at] == "마":
        return _with_word(text, at, lenient)
    if text[at] in MINUS + PLUS and at + 1 < len(text):
        if text[at] in MINUS:
            context += "영하"  # -10도 is no angle
            if span := _below_zero(text, at, at + 1, context, lenient):
                return True, span
        measure = measure_at(text, at + 1, context, lenient) if text[at + 1].isdigit() else None
        if measure is None:
            return True, None
        return True, negative(measure, at) if text[at] in MINUS else replace(measure, start=at)
    return False, None


def _loss(text: str, at: int, lenient: bool) -> Measure | None:
    """△2.1%, △ 300억원: the minus of Korean accounts. ▲ is none."""
    start = at + 1 + text.startswith(" ", at + 1)
    measure = measure_at(text, start, "", lenient) if text[start : start + 1].isdigit() else None
    if measure is None or measure.dimension in ("ordinal", "rank", "age"):
        return None
    return negative(measure, at)


def _with_word(text: str, at: int, lenient: bool) -> tuple[bool, Measure | None]:
    """마이너스 10도, 마하 3; 마흔 is no mark."""
    if text.startswith("마하", at):
        start = at + 2 + text.startswith(" ", at + 2)
        for numeral in numerals_at(text, start):
            if numeral.script == "digits" and not units_at(text, numeral.end):
                speed = made(at, numeral.end, numeral.value, "마하", "other", sure=True)
                return True, replace(speed, counts="speed", more=numeral.more)
        return True, None
    if not text.startswith("마이너스", at):
        return False, None
    start = at + 4 + text.startswith(" ", at + 4)
    if text[start : start + 1] in _MARKS - {"영"}:
        return True, None
    measure = measure_at(text, start, "영하", lenient)
    if measure is None or measure.dimension in ("ordinal", "rank", "person", "item"):
        return True, None
    return True, _below_zero(text, at, start, "영하", lenient) or negative(measure, at)


def _below_zero(text: str, at: int, start: int, context: str, lenient: bool) -> Measure | None:
    """-3~5도, 영하 10~영하 5도: the sign is of the first number, the second may have its own."""
    for first in numerals_at(text, start):
        joint = _TILDE.match(text, first.end)
        if joint is None or first.value is None:
            continue
        for second in numerals_at(text, joint.end()):
            behind = unit_behind(text, second, context, lenient)
            if behind is None or second.value is None:
                continue
            low, high = -first.value, -second.value if joint["below"] else second.value
            if text[at] not in MINUS and not joint["below"]:
                low, high = sorted((-first.value, -second.value))  # 영하 3~5도
            if low < high:
                unit, end, fits = behind
                span = replace(second, start=at, value=None, low=low, high=high)
                return of_unit(span, at, end, unit, unit.sure and fits)
    return None


def _is_article(text: str, numeral: Numeral, context: str) -> bool:
    """Whether 조 numbers an article of a law and is no trillion: 누리법 12조, 12조 4항."""
    end = numeral.end
    if text[end - 1] != "조" or not text[end - 2].isdigit() or _SUM_BEHIND.match(text, end):
        return False
    return _LAW.search(context) is not None or _CLAUSE_BEHIND.match(text, end) is not None


def _counted(text: str, numeral: Numeral, context: str, lenient: bool) -> Measure | None:
    behind = unit_behind(text, numeral, context, lenient)
    if behind is None:
        return None
    unit, end, fits = behind
    if unit.dimension == "ordinal" and "조" in text[numeral.start : numeral.end]:
        return None  # 12조 4항: article and clause are two numbers
    joined = False
    if end < len(text):
        value, longer = continued(text, numeral, unit, end)
        if longer > end:
            numeral, end, fits = replace(numeral, value=value), longer, True
            joined = unit.counts == "tenth"  # 3할2푼
        elif unit.dimension == "money" and text[end] == "대":
            return _about(text, numeral, end, unit, unit.sure and fits)
    homograph = (numeral.script in ("native", "old") and numeral.value == 1) and (
        unit.unit not in _ONE_COUNTS
    )
    lone_word = numeral.script == "sino" and numeral.end - numeral.start == 1
    sure = (unit.sure or joined) and fits and not homograph and not lone_word
    return of_unit(numeral, numeral.start, end, unit, sure)


def _about(text: str, numeral: Numeral, end: int, unit: Unit, sure: bool) -> Measure | None:
    """3만원대: 대 behind money belongs to it and makes it approximate; not 3만원대출."""
    if TAIL.match(text, end + 1):
        return of_unit(replace(numeral, more=True), numeral.start, end + 1, unit, unit.sure)
    return of_unit(numeral, numeral.start, end, unit, sure)


def _range(text: str, first: Numeral, context: str, lenient: bool) -> Measure | None:
    """2~3명, 20만∼30만 달러, 10%~20%, 2-3명; and neighbours: 1·2위, 5, 6명."""
    if first.script not in _RANGED:
        return None
    at = first.end
    if not _ANY_JOINT.search(text, at, at + _FARTHEST_JOINT):
        return None
    unit_of_first: Unit | None = None
    separator = _RANGE.match(text, at)
    neighbours = None if separator else _NEIGHBOURS.match(text, at)
    if separator is None and neighbours is None:
        behind = unit_behind(text, first, context, lenient=True)
        if behind is None:
            return None
        unit_of_first, at, _ = behind
        separator = _RANGE.match(text, at)
    joint = separator or neighbours
    if joint is None:
        return None
    for second in numerals_at(text, joint.end()):
        if second.script != first.script:
            continue
        behind = unit_behind(text, second, context, lenient)
        if behind is None:
            continue
        unit, end, fits = behind
        if first.value is None or second.value is None:
            low, high = first.low, second.high  # 수십~수백 명
        else:
            low, high = scaled(text, first, second), second.value
        if low is None or high is None:
            continue
        if unit_of_first is not None and unit_of_first.unit != unit.unit:
            continue
        if low >= high or (neighbours and high - low != (low / first.value if first.value else 1)):
            continue
        span = Numeral(first.start, second.end, None, low, high, first.script, second.more)
        if unit.dimension == "money" and text.startswith("대", end):
            return _about(text, span, end, unit, unit.sure and fits)
        return of_unit(span, first.start, end, unit, unit.sure and fits)
    return None


def _bare(text: str, numeral: Numeral, lenient: bool) -> Measure | None:
    """50억, 수백만: a large number with its unit left out."""
    largest = numeral.value if numeral.value is not None else numeral.high
    if lenient:
        if numeral.end != len(text):
            return None
    elif (
        numeral.script not in ("digits", "several")
        or (largest or 0) < _BARE_LEAST
        or text[numeral.end - 1] not in "만억조경여"
        or not TAIL.match(text, numeral.end)
        or units_at(text, numeral.end)
        or LETTER.match(text, numeral.end)
    ):
        return None
    more = numeral.more or numeral.script == "several"
    return Measure(
        numeral.start, numeral.end, numeral.value, numeral.low, numeral.high, None, "other", None,
        None, more, False,
    )  # fmt: skip


def _ordinal(text: str, at: int, context: str, lenient: bool) -> Measure | None:
    """제46회, 제 3차; 제1 without a counter; 제삼 and 제오차 where there is a quantity."""
    start = at + 1
    start += text.startswith(" ", start)
    for numeral in numerals_at(text, start):
        if text[numeral.end - 1] in "조경":
            continue  # 제59조 is an article of a law
        behind = unit_behind(text, numeral, context, lenient)
        if behind is not None and behind[0].unit == "자":
            return None  # 제3자 is another one, no number of letters
        if behind is not None and behind[0].dimension != "money":  # 제1원전 is no sum
            unit, end, fits = behind
            place = made(at, end, numeral.value, unit.unit, "ordinal", sure=fits)
            return replace(place, counts=unit.counts)
        alone = TAIL.match(text, numeral.end) and not LETTER.match(text, numeral.end)
        digits = numeral.script == "digits" and text[numeral.end - 1].isdigit()
        spoken = lenient and numeral.end == len(text) and text[start] not in "일이사"
        if alone and (digits or spoken) and start == at + 1:
            return made(at, numeral.end, numeral.value, None, "ordinal", sure=False)
    return None
