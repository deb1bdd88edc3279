"""Ratios and fractions: 1:1, 3 대 1, 3분의 1, 1/2, 절반, ½컵."""

from __future__ import annotations

import re

from lgtalent_ie.records.measure_units import HANGUL, TAIL, Measure, made, of_unit, tail_fits
from lgtalent_ie.records.numerals import Numeral, numerals_at
from lgtalent_ie.records.units import units_at

_VERSUS = re.compile(r" ?(?:(?P<colon>:)|대) ?")
_SLASHES = frozenset("/／⁄")
# What stands behind the first number of a ratio or a fraction.
RATIO_STARTS = frozenset(" :대") | _SLASHES
_RATIO_TAIL = re.compile(
    rf"(?![{HANGUL}:\d])|로|의|이|에|을|를|였|은|는|가|도|쯤|정도|까지|수준|비율"
)
# 일대일로 is as often the Belt and Road.
_SPOKEN_TAIL = re.compile(rf"(?![{HANGUL}])|의(?![{HANGUL}])|이[다었며고]")
_OF_PART = frozenset(("item", "length", "area", "weight", "other"))
_WHOLE_ONLY = frozenset(
    ("place", "organisation", "team", "class", "country", "game", "score", "vote", "occasion")
)
# Denominators that fractions of the press have; 5/6 and 3/2 alone are days and scores.
_PARTS = frozenset((*range(2, 11), 100, 1000))
_DATE_OR_PATH = frozenset("/／⁄.-0123456789")


def ratio(text: str, first: Numeral, lenient: bool = False) -> Measure | None:
    """1:1, 3 대 1, 수십대 1, and 3분의 1; the value is the quotient, None where that is not one."""
    if first.script == "part":
        return _fraction(text, first)
    if text[first.end : first.end + 1] in _SLASHES:
        return _slashed(text, first, lenient)
    joint = _VERSUS.match(text, first.end)
    if joint is None:
        return None
    if first.script == "sino":
        return None if joint["colon"] else _spoken(text, first, joint, lenient)
    if first.script not in ("digits", "several"):
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


def _spoken(text: str, first: Numeral, joint: re.Match[str], lenient: bool) -> Measure | None:
    """일대일, 십 대 일: in words with blanks around 대, as 이십대 are people."""
    for second in numerals_at(text, joint.end()):
        if second.script != "sino" or not second.value or first.value is None:
            continue
        even = text[first.start : first.end] == text[second.start : second.end] == "일"
        whole = lenient and second.end == len(text)
        if not (even or joint[0] == " 대 " or whole) or not _SPOKEN_TAIL.match(text, second.end):
            continue
        value = first.value / second.value
        return made(first.start, second.end, value, None, "ratio", sure=even)
    return None


def _slashed(text: str, first: Numeral, lenient: bool) -> Measure | None:
    """1/2 where there is a quantity, 1/3컵 anywhere: a proper fraction, no date and no score."""
    for second in numerals_at(text, first.end + 1):
        end = second.end
        if not isinstance(first.value, int) or not isinstance(second.value, int):
            continue
        if second.value not in _PARTS:
            continue
        if not 0 < first.value < second.value or text[end : end + 1] in _DATE_OR_PATH:
            continue
        if not (text[first.end - 1] + text[end - 1]).isdigit():
            continue
        value = first.value / second.value
        start = end + text.startswith(" ", end)
        for unit in units_at(text, start):
            after = start + len(unit.unit)
            if unit.counts == "food" and unit.sure and tail_fits(text, unit, after):
                part = Numeral(first.start, end, value, None, None, "part")
                return of_unit(part, first.start, after, unit, True)
        if lenient:
            return made(first.start, end, value, None, "ratio", sure=False)
    return None


def _fraction(text: str, part: Numeral) -> Measure | None:
    written = text[part.start : part.end]
    word = written[0] in "반절곱갑"
    if word and written != "반" and not TAIL.match(text, part.end):
        return None
    if part.end < len(text) and (not word or (written == "반" and text[part.end] == " ")):
        start = part.end + text.startswith(" ", part.end)
        for unit in units_at(text, start):
            end = start + len(unit.unit)
            fits = unit.sure and unit.dimension in _OF_PART and not unit.when
            if word and ("n" not in unit.scripts.lower() or unit.counts in _WHOLE_ONLY):
                continue
            if fits and tail_fits(text, unit, end):  # 3분의 1 컵, 반 다스
                return of_unit(part, part.start, end, unit, not word)
    if written == "반":
        return None
    return made(part.start, part.end, part.value, None, "ratio", sure=not word)
