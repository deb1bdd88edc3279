"""What all readers of quantities share: the measure, and the unit behind a numeral."""

from __future__ import annotations

import re

import msgspec
from msgspec.structs import replace

from lgtalent_ie.records.characters import is_hangul
from lgtalent_ie.records.numerals import Numeral, numerals_at
from lgtalent_ie.records.units import Unit, holds, units_at
from lgtalent_ie.schema import Dimension

HANGUL = "가-힣"
# What may follow a unit in its eojeol: particles, copula, and suffixes that leave it a unit.
TAIL = re.compile(
    rf"(?![{HANGUL}])"
    "|이다|이며|이고|이라|이란|이었|이던|이지|이면|이어|이자|이나|인데|인지|인가|입니|였|이상|이하|이내"
    "|미만|초과|안팎|가량|정도|남짓|내외|짜리|어치|까지|부터|에서|에게|으로|로서|로써|마다|보다|처럼"
    "|만큼|대로|밖에|조차|마저|규모|수준|안에|가운데|중에|중의|전후|에는|에도|에만|이든|꼴로|가까이"
    "|에 |의 |이 |을 |이후|이전|뿐이|째다|이요|예요|이에|이네|이랑|배기|라고|라며|라는|내지"
    "|(?:[쯤씩당대선급용권꼴째뿐여])(?:다|이다|이며|이고|이라|이었|였|인데|라는|라고)"
    rf"|[이가은는을를의에도만로와과나씩쯤간당중대선급용권째뿐여인일꼴상하내외전후들치쪽끼다]{{1,3}}(?![{HANGUL}])"
)
# What is numbered by 호 without a blank: 시즌 4호골, 11호 홈런.
_HIT = re.compile(r"골|포(?!함)|홈런|도움")
LETTER = re.compile(r"[A-Za-z0-9]")
_NATIVE_ONLY = frozenset("nNoO")


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
        fits = tail_fits(text, unit, end)
        if unit.dimension == "none":
            if fits or not gap:
                return None
            continue
        if not _takes(unit, text, numeral, gap) and (not lenient or _is_word(unit, numeral, gap)):
            continue
        word = gap or numeral.script != "digits"
        if not fits and (word or not (unit.sure or lenient)):
            continue
        return unit, end, fits
    return None


def is_part_of_unit(text: str, numeral: Numeral) -> bool:
    """Whether the last word of the numeral begins its unit: 30경기, 7조항, 4조각."""
    return any(
        tail_fits(text, unit, numeral.end - 1 + len(unit.unit))
        for unit in units_at(text, numeral.end - 1)
        if len(unit.unit) > 1
    )


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
        if "s" not in scripts:
            return False
        # 오 미터; 이 and 일 are other words too often.
        spoken = gap and unit.sure and len(unit.unit) > 1 and text[numeral.start] not in "일이"
        return spoken or written > 1 or (numeral.value or 0) >= 10
    if numeral.script == "native":
        if "N" in scripts:
            return True
        return "n" in scripts and (gap or written > 1)
    if numeral.script == "old":
        return "o" in scripts or ("O" in scripts and text[numeral.start] != "너")
    if numeral.script == "several":
        return (written > 1 or gap or unit.unit == "차례") and any(s in scripts for s in "Dds")
    return False


def _is_word(unit: Unit, numeral: Numeral, gap: bool) -> bool:
    """십분, 백방: what only native numbers count stands behind no Sino-Korean word."""
    return numeral.script == "sino" and not gap and _NATIVE_ONLY.issuperset(unit.scripts)


def tail_fits(text: str, unit: Unit, end: int) -> bool:
    """Whether what stands behind the unit at `end` leaves it a unit."""
    if not text[end : end + 1].isalnum():
        return True
    last = unit.unit[-1]
    if last.isascii() and last.isalnum():
        return LETTER.match(text, end) is None
    if is_hangul(last):
        fits = TAIL.match(text, end) is not None
        return fits or (last == "호" and _HIT.match(text, end) is not None)
    return True


def of_unit(numeral: Numeral, start: int, end: int, unit: Unit, sure: bool) -> Measure | None:
    """The measure of a numeral and its unit; `20대` runs to 29."""
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


def scaled(text: str, first: Numeral, second: Numeral) -> int | float:
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


def negative(measure: Measure, start: int) -> Measure:
    """The measure below zero, from its sign on."""
    if measure.value is None:
        if measure.low is None or measure.high is None:
            return replace(measure, start=start)
        return replace(measure, start=start, low=-measure.high, high=-measure.low)
    return replace(measure, start=start, value=-measure.value)


def made(
    start: int, end: int, value: int | float | None, unit: str | None, dimension: Dimension,
    *, sure: bool,
) -> Measure:  # fmt: skip
    """A measure of one value that is exact."""
    return Measure(start, end, value, None, None, unit, dimension, None, None, False, sure)
