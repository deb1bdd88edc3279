"""Quantities in two units, and halves behind a unit: 3미터 50센티미터, 3할 2푼, 두 배 반."""

from __future__ import annotations

import re
from fractions import Fraction
from functools import cache

from lgtalent_ie.records.measure_units import HANGUL, tail_fits
from lgtalent_ie.records.numerals import Numeral, numerals_at
from lgtalent_ie.records.units import Unit, units_at

# What is written in two units, the second smaller: 3미터 50센티미터.
IN_TWO_UNITS = frozenset(("money", "length", "mass", "volume", "tenth"))
# 1m85, the way heights are written.
_CENTIMETRES = re.compile(r"[0-9]{2}(?![0-9.,:%A-Za-z])")
_HALF_TAIL = re.compile(
    rf"(?:[이가은는을를의도만에]|으로|에서|이다|이었다|이나|이상|쯤|가량)?(?![{HANGUL}])"
)
_BARE_HALF = re.compile(r"(?: (?![이반])|[^ 가-힣]|$)")
_NO_HALVES = frozenset(("place", "organisation", "team", "class", "country", "percent"))
_HALVED = frozenset(("ratio", "item", "age", "length", "area", "weight", "other"))


def continued(text: str, numeral: Numeral, unit: Unit, end: int) -> tuple[int | float | None, int]:
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
    if unit.counts not in IN_TWO_UNITS or unit.factor is None:
        return value, end
    if not (
        character.isdigit() or (numeral.script == "sino" and character in "일이삼사오육칠팔구십")
    ):
        return value, end
    size = least = _size(unit.factor)
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
            if not same or other.factor is None or not tail_fits(text, other, after):
                continue
            cents = other.unit == "센트" and unit.unit.endswith(("달러", "유로"))
            size = _size(other.factor)
            part = Fraction(str(numeral.value)) * size
            if (cents or other.currency == unit.currency) and size < least and part < least:
                return part, size, after
    return None


@cache
def _size(factor: float) -> Fraction:
    """A unit's size as it is written in the table: 0.01 and not the float next to it."""
    return Fraction(str(factor))


def _exactly(number: Fraction) -> int | float:
    return number.numerator if number.denominator == 1 else float(number)
