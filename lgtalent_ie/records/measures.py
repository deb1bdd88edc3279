"""One measure at one position: a number with its unit, a range, a ratio, an ordinal, money.

The grammar behind `numbers.find_quantities` (which looks everywhere) and
`quantities.parse_quantity` (which is told where to look).
"""

from __future__ import annotations

import re
from fractions import Fraction

import msgspec
from msgspec.structs import replace

from lgtalent_ie.records.characters import is_hangul
from lgtalent_ie.records.numerals import Numeral, numerals_at
from lgtalent_ie.records.units import Unit, holds, units_at
from lgtalent_ie.schema import Dimension

_HANGUL = "가-힣"
# What may follow a unit in its eojeol: particles, copula, and suffixes that leave it a unit.
_TAIL = re.compile(
    rf"(?![{_HANGUL}])"
    "|이다|이며|이고|이라|이란|이었|이던|이지|이면|이어|이자|이나|인데|인지|입니|였|이상|이하|이내"
    "|미만|초과|안팎|가량|정도|남짓|내외|짜리|어치|까지|부터|에서|에게|으로|로서|로써|마다|보다|처럼"
    "|만큼|대로|밖에|조차|마저|규모|수준|안에|가운데|중에|중의|전후|에는|에도|에만|이든|꼴로|가까이"
    "|에 |의 |이 |을 |이후|이전|뿐이|째다|다[.!]|다$|이요|예요|이에"
    rf"|[이가은는을를의에도만로와과나씩쯤간당중대선급용권째뿐여인일꼴상하내외전후들치쪽끼]{{1,3}}(?![{_HANGUL}])"
)
# What is numbered by 호 without a blank: 시즌 4호골, 11호 홈런.
_HIT = re.compile(r"골|포(?!함)|홈런|도움")
# Around 조 as an article: the law in front, the clause behind; no sum of money.
_LAW = re.compile(r"(?:법|법률|시행령|헌법|규칙|조례|규정|협약|정관) ?$")
_CLAUSE_BEHIND = re.compile(r" ?제? ?[0-9]{1,3}항")
_SUM_BEHIND = re.compile(r" ?(?:[0-9,]+[천백십]?[억만]|원|달러|엔|유로|위안|여)")
_LETTER = re.compile(r"[A-Za-z0-9]")
_RANGE = re.compile(r" ?[~∼〜～] ?|[–—−-]")
_NEIGHBOURS = re.compile(r"·|, ?")
# A joint stands right behind the first number or behind its unit, the longest of 12 characters.
_ANY_JOINT = re.compile("[~∼〜～–—−·,-]")
_FARTHEST_JOINT = 16
_VERSUS = re.compile(r" ?(?:(?P<colon>:)|대) ?")
_VERSUS_STARTS = frozenset(" :대")
_RATIO_TAIL = re.compile(
    rf"(?![{_HANGUL}:\d])|로|의|이|에|을|를|였|은|는|가|도|쯤|정도|까지|수준|비율"
)
_FIRST = re.compile(r"첫 ?번째|첫째")
_SYMBOLS = {
    "US$": "USD", "HK$": "HKD", "NT$": "TWD", "NZ$": "NZD", "MX$": "MXN", "A$": "AUD",
    "C$": "CAD", "S$": "SGD", "R$": "BRL",
    "$": "USD", "＄": "USD", "€": "EUR", "£": "GBP", "₩": "KRW", "￦": "KRW", "¥": "JPY",
    "￥": "JPY", "₹": "INR", "₫": "VND", "₽": "RUB",
    "USD": "USD", "EUR": "EUR", "KRW": "KRW", "JPY": "JPY", "CNY": "CNY", "GBP": "GBP",
}  # fmt: skip
_LONGEST_SYMBOL = max(map(len, _SYMBOLS))
_MARKS = frozenset("첫제영마-−＋+") | {symbol[0] for symbol in _SYMBOLS}
_MILLIONS = re.compile(r" ?(million|billion|trillion)(?![A-Za-z])")
_SCALES = {"million": 10**6, "billion": 10**9, "trillion": 10**12}
# 한 before these counts; before others (한 곳, 한 번) it is as often an article.
_ONE_COUNTS = frozenset(("명", "개", "건", "마리", "권", "골", "대", "살"))
_BARE_LEAST = 10**4
_TILDE = re.compile(r" ?[~∼〜～] ?(?P<below>[-−]|영하 ?)?")
# What is written in two units, the second smaller: 3미터 50센티미터.
_IN_TWO_UNITS = frozenset(("money", "length", "mass", "volume"))
# 1m85, the way heights are written.
_CENTIMETRES = re.compile(r"[0-9]{2}(?![0-9.,:%A-Za-z])")
_HALF_TAIL = re.compile(rf"(?:[이가은는을를의도만에]|으로|에서)?(?![{_HANGUL}])")
_BARE_HALF = re.compile(r"(?: (?![이반])|[^ 가-힣]|$)")
_NO_HALVES = frozenset(("place", "organisation", "team", "class", "country", "percent"))
_HALVED = frozenset(("ratio", "item", "age", "length", "area", "weight", "other"))
_OF_PART = frozenset(("item", "length", "area", "weight", "other"))


class Measure(msgspec.Struct, frozen=True, gc=False):
    """A quantity as written: its number, or `low` and `high` of a range, and its unit.

    `unit` is None for ratios, fractions and bare numbers; `more` says that 여, 남짓 or 수십
    makes it approximate; `sure` that no reading but a quantity is likely.
    """

    start: int
    end: int
    value: int | float | None
    low: int | float | None
    high: int | float | None
    unit: str | None
    dimension: Dimension
    currency: str | None
    counts: str | None
    more: bool
    sure: bool


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
        if text[numeral.end - 1] in "조경" and (
            _is_part_of_unit(text, numeral) or _is_article(text, numeral, context)
        ):
            continue
        measure = (
            _ratio(text, numeral)
            or _range(text, numeral, context, lenient)
            or _counted(text, numeral, context, lenient)
            or _bare(text, numeral, lenient)
        )
        if measure is not None:
            return measure
    return None


def _marked(text: str, at: int, context: str, lenient: bool) -> tuple[bool, Measure | None]:
    """Whether a mark, a sign or a word opens the measure at `at`, and that measure."""
    if first := _FIRST.match(text, at):
        unit = "번째" if first[0].endswith("번째") else "째"
        return True, _made(at, first.end(), 1, unit, "ordinal", sure=False)
    if symbol := _symbol(text, at):
        return True, _money(text, at, symbol)
    if text.startswith("제", at):
        return True, _ordinal(text, at, context)
    if text.startswith("영하", at):
        number_at = at + 2 + text.startswith(" ", at + 2)
        measure = _below_zero(text, at, number_at, "영하", lenient)
        if measure is None and (measure := measure_at(text, number_at, "영하", lenient)):
            measure = _negative(measure, at)
        return True, measure if measure and measure.dimension == "temperature" else None
    if text[at] == "마":
        return _with_word(text, at, lenient)
    if text[at : at + 1] in ("-", "−", "＋", "+") and at + 1 < len(text):
        if text[at] in "-−":
            context += "영하"  # -10도 is no angle
            if span := _below_zero(text, at, at + 1, context, lenient):
                return True, span
        measure = measure_at(text, at + 1, context, lenient) if text[at + 1].isdigit() else None
        if measure is None:
            return True, None
        return True, _negative(measure, at) if text[at] in "-−" else replace(measure, start=at)
    return False, None


def _with_word(text: str, at: int, lenient: bool) -> tuple[bool, Measure | None]:
    """마이너스 10도, 마하 3; 마흔 is no mark."""
    if text.startswith("마하", at):
        start = at + 2 + text.startswith(" ", at + 2)
        for numeral in numerals_at(text, start):
            if numeral.script == "digits" and not units_at(text, numeral.end):
                made = _made(at, numeral.end, numeral.value, "마하", "other", sure=True)
                return True, replace(made, counts="speed", more=numeral.more)
        return True, None
    if not text.startswith("마이너스", at):
        return False, None
    start = at + 4 + text.startswith(" ", at + 4)
    if text[start : start + 1] in _MARKS - {"영"}:
        return True, None
    measure = measure_at(text, start, "영하", lenient)
    if measure is None or measure.dimension in ("ordinal", "rank", "person", "item"):
        return True, None
    return True, _below_zero(text, at, start, "영하", lenient) or _negative(measure, at)


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
            if text[at] not in "-−" and not joint["below"]:
                low, high = sorted((-first.value, -second.value))  # 영하 3~5도
            if low < high:
                unit, end, fits = behind
                span = replace(second, start=at, value=None, low=low, high=high)
                return _of_unit(span, at, end, unit, unit.sure and fits)
    return None


def unit_behind(
    text: str, numeral: Numeral, context: str, lenient: bool = False
) -> tuple[Unit, int, bool] | None:
    """The unit behind a numeral, where it ends, and whether what follows suits a unit."""
    gap = text.startswith(" ", numeral.end)
    start = numeral.end + gap
    value = numeral.value if numeral.value is not None else numeral.high
    for unit in units_at(text, start):
        end = start + len(unit.unit)
        if unit.when and not holds(unit, value, context):
            continue
        fits = _tail_fits(text, unit, end)
        if unit.dimension == "none":
            if fits or not gap:
                return None
            continue
        if not lenient and not _takes(unit, text, numeral, gap):
            continue
        word = gap or numeral.script != "digits"
        if not fits and (word or not (unit.sure or lenient)):
            continue
        return unit, end, fits
    return None


def _is_part_of_unit(text: str, numeral: Numeral) -> bool:
    """Whether the last word of the numeral begins its unit: 30경기, 7조항, 4조각."""
    return any(
        _tail_fits(text, unit, numeral.end - 1 + len(unit.unit))
        for unit in units_at(text, numeral.end - 1)
        if len(unit.unit) > 1
    )


def _is_article(text: str, numeral: Numeral, context: str) -> bool:
    """Whether 조 numbers an article of a law and is no trillion: 누리법 12조, 12조 4항."""
    end = numeral.end
    if text[end - 1] != "조" or not text[end - 2].isdigit() or _SUM_BEHIND.match(text, end):
        return False
    return _LAW.search(context) is not None or _CLAUSE_BEHIND.match(text, end) is not None


def _takes(unit: Unit, text: str, numeral: Numeral, gap: bool) -> bool:
    """Whether the unit goes with this script, across this gap."""
    scripts = unit.scripts
    written = numeral.end - numeral.start
    if numeral.script == "digits":
        word = not text[numeral.end - 1].isdigit()
        return "D" in scripts or ("d" in scripts and (not gap or word))
    if numeral.script == "sino":
        if unit.unit == "점" and text.startswith("만점", numeral.start):
            return False  # 5점 만점
        return "s" in scripts and (written > 1 or (numeral.value or 0) >= 10)
    if numeral.script == "native":
        if "N" in scripts:
            return True
        return "n" in scripts and (gap or written > 1)
    if numeral.script == "old":
        return "o" in scripts
    if numeral.script == "several":
        return (written > 1 or gap or unit.unit == "차례") and any(s in scripts for s in "Dds")
    return False


def _tail_fits(text: str, unit: Unit, end: int) -> bool:
    if not text[end : end + 1].isalnum():
        return True
    last = unit.unit[-1]
    if last.isascii() and last.isalnum():
        return _LETTER.match(text, end) is None
    if is_hangul(last):
        fits = _TAIL.match(text, end) is not None
        return fits or (last == "호" and _HIT.match(text, end) is not None)
    return True


def _counted(text: str, numeral: Numeral, context: str, lenient: bool) -> Measure | None:
    behind = unit_behind(text, numeral, context, lenient)
    if behind is None:
        return None
    unit, end, fits = behind
    if unit.dimension == "ordinal" and "조" in text[numeral.start : numeral.end]:
        return None  # 12조 4항: article and clause are two numbers
    if end < len(text):
        value, longer = _continued(text, numeral, unit, end)
        if longer > end:
            numeral, end, fits = replace(numeral, value=value), longer, True
    homograph = (numeral.script in ("native", "old") and numeral.value == 1) and (
        unit.unit not in _ONE_COUNTS
    )
    lone_word = numeral.script == "sino" and numeral.end - numeral.start == 1
    sure = unit.sure and fits and not homograph and not lone_word
    return _of_unit(numeral, numeral.start, end, unit, sure)


def _continued(text: str, numeral: Numeral, unit: Unit, end: int) -> tuple[int | float | None, int]:
    """A smaller unit or a half behind the unit: 20달러 50센트, 1m85, 두 배 반."""
    value = numeral.value
    blank = text[end] == " "
    character = text[end + 1 : end + 2] if blank else text[end]
    if value is None or numeral.more:
        return value, end
    if character == "반":
        if not (blank and isinstance(value, int) and unit.dimension in _HALVED):
            return value, end
        ends = (_BARE_HALF if unit.unit == "개" else _HALF_TAIL).match(text, end + 2)
        halves = unit.counts not in _NO_HALVES and ends is not None
        return (value + 0.5, end + 2) if halves else (value, end)
    if unit.counts not in _IN_TWO_UNITS or unit.factor is None:
        return value, end
    if not (
        character.isdigit() or (numeral.script == "sino" and character in "일이삼사오육칠팔구십")
    ):
        return value, end
    size = least = Fraction(str(unit.factor))
    total = Fraction(str(value)) * size
    for _ in range(2):
        smaller = _smaller(text, end, numeral.script, unit, least)
        if smaller is None:
            break
        part, least, end = smaller
        total += part
    else:
        return _exactly(total / size), end
    if least < size:
        return _exactly(total / size), end
    if unit.unit in ("m", "ｍ", "미터") and value < 10 and isinstance(value, int):
        written = _CENTIMETRES.match(text, end)
        if written and not units_at(text, written.end()):
            return _exactly(value + Fraction(int(written[0]), 100)), written.end()
    return value, end


def _smaller(
    text: str, end: int, script: str, unit: Unit, least: Fraction
) -> tuple[Fraction, Fraction, int] | None:
    """What the next number with its unit adds, the size of that unit, and where it ends."""
    for numeral in numerals_at(text, end + text.startswith(" ", end)):
        if numeral.value is None or numeral.more or numeral.script != script:
            continue
        for other in units_at(text, numeral.end + text.startswith(" ", numeral.end)):
            after = numeral.end + text.startswith(" ", numeral.end) + len(other.unit)
            same = other.counts == unit.counts and other.dimension == unit.dimension
            if not same or other.factor is None or not _tail_fits(text, other, after):
                continue
            cents = other.unit == "센트" and unit.unit.endswith(("달러", "유로"))
            size = Fraction(str(other.factor))
            part = Fraction(str(numeral.value)) * size
            if (cents or other.currency == unit.currency) and size < least and part < least:
                return part, size, after
    return None


def _exactly(number: Fraction) -> int | float:
    return number.numerator if number.denominator == 1 else float(number)


def _of_unit(numeral: Numeral, start: int, end: int, unit: Unit, sure: bool) -> Measure | None:
    if unit.dimension == "none":
        return None
    value, low, high = numeral.value, numeral.low, numeral.high
    if unit.counts == "decade":
        last = value if value is not None else high
        if last is not None:
            value, low, high = None, low if value is None else value, last + 9
    return Measure(
        start, end, value, low, high, unit.unit, unit.dimension, unit.currency, unit.counts,
        numeral.more or numeral.script == "several", sure,
    )  # fmt: skip


def _range(text: str, first: Numeral, context: str, lenient: bool) -> Measure | None:
    """2~3명, 20만∼30만 달러, 10%~20%, 2-3명; and neighbours: 1·2위, 5, 6명."""
    if first.value is None or first.script not in ("digits", "sino"):
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
        if second.value is None or second.script != first.script:
            continue
        behind = unit_behind(text, second, context, lenient)
        if behind is None:
            continue
        unit, end, fits = behind
        low, high = _scaled(text, first, second), second.value
        if unit_of_first is not None and unit_of_first.unit != unit.unit:
            continue
        if low >= high or (neighbours and high != low + 1):
            continue
        span = Numeral(first.start, second.end, None, low, high, first.script, second.more)
        return _of_unit(span, first.start, end, unit, unit.sure and fits)
    return None


def _scaled(text: str, first: Numeral, second: Numeral) -> int | float:
    """2~3만: the first number takes the scale word of the second where it is the smaller one."""
    low = first.value or 0
    written = text[second.start : second.end].rstrip("여")
    digits = written.rstrip("십백천만억조경")
    if digits == written or not text[first.end - 1].isdigit():
        return low
    for coefficient in numerals_at(digits, 0):
        if coefficient.end == len(digits) and coefficient.value and second.value:
            if low < coefficient.value:
                return low * round(second.value / coefficient.value)
            return low
    return low


def _ratio(text: str, first: Numeral) -> Measure | None:
    """1:1, 3 대 1, 수십대 1, and 3분의 1; the value is the quotient, None where that is not one."""
    if first.script == "part":
        return _fraction(text, first)
    if text[first.end : first.end + 1] not in _VERSUS_STARTS:
        return None
    joint = _VERSUS.match(text, first.end)
    if joint is None or first.script not in ("digits", "several"):
        return None
    colon = joint["colon"]
    for second in numerals_at(text, joint.end()):
        if second.script != "digits" or second.value is None:
            continue
        if not _RATIO_TAIL.match(text, second.end):
            continue
        if not text[second.end - 1].isdigit() or units_at(text, second.end):
            continue
        digits = second.end - second.start
        clock = digits == 2 and second.value < 60 and (first.value or 0) <= 24
        if colon and (clock or digits > 4 or first.end - first.start > 4):
            continue
        divisor = second.value
        value, low, high = (
            None if number is None or not divisor else number / divisor
            for number in (first.value, first.low, first.high)
        )
        more = first.script == "several"
        return Measure(
            first.start, second.end, value, low, high, None, "ratio", None, None, more, True
        )
    return None


def _fraction(text: str, part: Numeral) -> Measure | None:
    written = text[part.start : part.end]
    if written == "반" or (written == "절반" and not _TAIL.match(text, part.end)):
        return None
    if part.end < len(text) and written != "절반":
        start = part.end + text.startswith(" ", part.end)
        for unit in units_at(text, start):
            end = start + len(unit.unit)
            fits = unit.sure and unit.dimension in _OF_PART and not unit.when
            if fits and _tail_fits(text, unit, end):  # 3분의 1 컵
                return _of_unit(part, part.start, end, unit, True)
    return _made(part.start, part.end, part.value, None, "ratio", sure=written != "절반")


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
        or not _TAIL.match(text, numeral.end)
        or units_at(text, numeral.end)
        or _LETTER.match(text, numeral.end)
    ):
        return None
    more = numeral.more or numeral.script == "several"
    return Measure(
        numeral.start, numeral.end, numeral.value, numeral.low, numeral.high, None, "other", None,
        None, more, False,
    )  # fmt: skip


def _symbol(text: str, at: int) -> str | None:
    for length in range(_LONGEST_SYMBOL, 0, -1):
        if text[at : at + length] in _SYMBOLS:
            return text[at : at + length]
    return None


def _money(text: str, at: int, symbol: str) -> Measure | None:
    start = at + len(symbol)
    start += text.startswith(" ", start)
    for numeral in numerals_at(text, start):
        if numeral.script != "digits":
            continue
        value, end = numeral.value, numeral.end
        if (scale := _MILLIONS.match(text, end)) and value is not None:
            scaled = value * _SCALES[scale[1]]
            value, end = int(scaled) if scaled == int(scaled) else scaled, scale.end()
        measure = _made(at, end, value, symbol, "money", sure=True)
        return replace(measure, currency=_SYMBOLS[symbol], counts="money", more=numeral.more)
    return None


def _ordinal(text: str, at: int, context: str) -> Measure | None:
    """제46회, 제 3차; 제1 without a counter."""
    start = at + 1
    start += text.startswith(" ", start)
    for numeral in numerals_at(text, start):
        if numeral.script not in ("digits", "sino") or numeral.value is None:
            continue
        if text[numeral.end - 1] in "조경":
            continue  # 제59조 is an article of a law
        behind = unit_behind(text, numeral, context)
        if behind is not None and behind[0].dimension != "money":  # 제1원전 is no sum
            unit, end, fits = behind
            made = _made(at, end, numeral.value, unit.unit, "ordinal", sure=fits)
            return replace(made, counts=unit.counts)
        alone = _TAIL.match(text, numeral.end) and not _LETTER.match(text, numeral.end)
        digits = numeral.script == "digits" and text[numeral.end - 1].isdigit()
        if alone and digits and start == at + 1:
            return _made(at, numeral.end, numeral.value, None, "ordinal", sure=False)
    return None


def _negative(measure: Measure, start: int) -> Measure:
    if measure.value is None:
        if measure.low is None or measure.high is None:
            return replace(measure, start=start)
        return replace(measure, start=start, low=-measure.high, high=-measure.low)
    return replace(measure, start=start, value=-measure.value)


def _made(
    start: int, end: int, value: int | float | None, unit: str | None, dimension: Dimension,
    *, sure: bool,
) -> Measure:  # fmt: skip
    return Measure(start, end, value, None, None, unit, dimension, None, None, False, sure)
