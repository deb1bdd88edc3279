"""Korean numerals: digits, Sino-Korean and native words, and their mixtures, read at one position.

Every reader here is bounded: no numeral is longer than a few dozen characters, so a hostile text
costs no more than its length. The words stand in `tables/number_words.tsv`, one kind each:

digit, small, big   일 · 십 백 천 · 만 억 조: `삼백만`, `1억2천만`, `3조 2000억`
ten, one, old       열 · 하나 한 · 석 넉 (before old counters only): `스물다섯`, `열두`
few                 두세, 서너: from `value` to `limit`
several             수십, 몇백: from `value` × unit to below `limit` × unit
part                반, ½: `value` is the fraction
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from typing import Literal

from lgtalent_ie.tables import read_table

Script = Literal["digits", "sino", "native", "old", "several", "part"]

_DIGIT = "0-9０-９"
_DIGITS = re.compile(
    rf"(?:[{_DIGIT}]{{1,3}}(?:[,，][{_DIGIT}]{{3}}){{1,6}}|[{_DIGIT}]{{1,18}})"
    rf"(?:[.．][{_DIGIT}]{{1,8}})?(?![{_DIGIT}])"
)
# After 만, 억 or 조 a blank may stand before the next group: 3조 2000억, 삼백만 이천; after 천
# only before three digits (3천 500여), and before 만 where no word begins there (2천 만 명).
_NEXT_DIGITS = re.compile(rf" (?=[{_DIGIT}]{{3}}(?![{_DIGIT}]))| (?=[만억](?: |원|명|달러))")
_NEXT_GROUP = re.compile(rf" (?=[{_DIGIT}]|[일이삼사오육칠팔구]?[천백십])")
_MORE = re.compile(r"여|남짓")
_MAX_TOKENS = 24
_ASCII = str.maketrans("０１２３４５６７８９．，", "0123456789.,")


@dataclass(frozen=True, slots=True)
class Numeral:
    """A numeral in a text. `value` is None where it is a range: then `low` and `high` hold.

    `more` is true with 여 or 남짓 behind it (`100여`), which makes the value approximate.
    """

    start: int
    end: int
    value: int | float | None
    low: int | float | None
    high: int | float | None
    script: Script
    more: bool = False


@dataclass(frozen=True, slots=True)
class NumberWord:
    """One row of the table of number words."""

    word: str
    kind: str
    value: Fraction
    limit: int
    example: str
    reads: str


@cache
def number_words() -> tuple[NumberWord, ...]:
    """The rows of `tables/number_words.tsv`.

    >>> number_words()[1].word, int(number_words()[1].value)
    ('일', 1)
    """
    return tuple(
        NumberWord(word, kind, Fraction(value), int(limit or 0), example, reads)
        for word, kind, value, limit, example, reads in read_table(__package__, "number_words")
    )


@dataclass(frozen=True, slots=True)
class _Lexicon:
    sino: dict[str, tuple[str, int]]
    values: dict[str, tuple[int, int]]
    parts: dict[str, float]
    native: re.Pattern[str]
    old: re.Pattern[str]
    several: re.Pattern[str]
    first: frozenset[str]


@cache
def _lexicon() -> _Lexicon:
    words = number_words()

    def one_of(*kinds: str) -> str:
        of_kind = sorted((w.word for w in words if w.kind in kinds), key=len, reverse=True)
        return "(?:" + "|".join(map(re.escape, of_kind)) + ")"

    sino = {w.word: (w.kind, int(w.value)) for w in words if w.kind in ("digit", "small", "big")}
    return _Lexicon(
        sino=sino,
        values={
            w.word: (int(w.value), w.limit or int(w.value))
            for w in words
            if w.kind in ("ten", "one", "old", "few", "several")
        },
        parts={w.word: float(w.value) for w in words if w.kind == "part"},
        native=re.compile(f"(?P<ten>{one_of('ten')})?(?P<one>{one_of('few', 'one')})?"),
        old=re.compile(one_of("old")),
        several=re.compile(
            f"(?P<word>{one_of('several')}) ?(?P<small>[십백천])?(?P<big>[만억조])?"
        ),
        first=frozenset(w.word[0] for w in words) | frozenset("0123456789０１２３４５６７８９"),
    )


def starts_numeral(character: str) -> bool:
    """Whether a numeral can begin with this character."""
    return character in _lexicon().first


def numerals_at(text: str, at: int) -> tuple[Numeral, ...]:
    """All readings of the numeral that starts at `at`, longest first; empty where there is none.

    >>> [(n.end, n.value) for n in numerals_at("3조 2000억", 0)]
    [(8, 3200000000000), (7, 3000000002000), (2, 3000000000000), (1, 3)]
    """
    if at >= len(text) or not starts_numeral(text[at]):
        return ()
    if plain := _plain_digits().match(text, at):
        return (Numeral(at, plain.end(), int(plain[0].replace(",", "")), None, None, "digits"),)
    found = _compound(text, at)
    found += [part for head in found if (part := _fraction(text, head))]
    if text[at].isdigit():
        return tuple(sorted(found, key=lambda n: -n.end))
    found += [
        tail
        for head in found
        if head.script == "sino" and text[head.end - 1] in "백천"
        for tail in _native(text, head.end, at, int(head.value or 0))
    ]
    found += _native(text, at, at, 0)
    found += _several(text, at)
    if old := _lexicon().old.match(text, at):
        value = _lexicon().values[old[0]][0]
        found.append(Numeral(at, old.end(), value, None, None, "old"))
    for length in (2, 1):
        share = _lexicon().parts.get(text[at : at + length])
        if share is not None and at + length <= len(text):
            found.append(Numeral(at, at + length, share, None, None, "part"))
    found.sort(key=lambda n: -n.end)
    return tuple(found)


@cache
def _plain_digits() -> re.Pattern[str]:
    """Digits with nothing behind them that could belong to the numeral, as most numbers are."""
    words = re.escape("".join(_lexicon().sino))
    return re.compile(
        rf"[0-9]{{1,3}}(?:,[0-9]{{3}}){{1,5}}(?![{_DIGIT}.,．，{words}여남분]| [만억])"
        rf"|[0-9]{{1,18}}(?![{_DIGIT}.,．，{words}여남분]| [만억])"
    )


def parse_number(text: str) -> int | float | None:
    """The value of a text that is one numeral; None for ranges (`수십`) and all else.

    Digits may be grouped by commas, full-width and signed. What no double can hold, and numerals
    of more than 64 characters, are None as well.

    >>> parse_number("1억2천만"), parse_number("3만 5,000여"), parse_number("스물다섯")
    (120000000, 35000, 25)
    >>> parse_number("3분의 1"), parse_number("수십"), parse_number("열심")
    (0.3333333333333333, None, None)
    """
    if len(text) > 256:
        return None
    text = text.strip()
    sign = -1 if text[:1] in ("-", "−", "－") else 1
    at = 1 if text[:1] in ("-", "−", "－", "+", "＋") else 0
    if len(text) > 64:
        return None
    for numeral in numerals_at(text, at):
        if numeral.end == len(text) and numeral.value is not None:
            return sign * numeral.value
    return None


def _compound(text: str, at: int) -> list[Numeral]:
    """Digits and Sino-Korean words by place value, one reading for every place it can end."""
    found: list[Numeral] = []
    sino = _lexicon().sino
    total: int | Fraction = 0
    group: int | Fraction = 0
    pending: int | Fraction | None = None
    small_limit, big_limit = 10**4, 10**20
    script: Script = "sino"
    more, position = False, at
    for _ in range(_MAX_TOKENS):
        kind = ""
        if digits := _DIGITS.match(text, position):
            plain = digits[0].translate(_ASCII).replace(",", "")
            value: int | Fraction = Fraction(plain) if "." in plain else int(plain)
            limit = small_limit if group else big_limit
            if pending is not None or more or value >= limit:
                break
            pending, script, end = value, "digits", digits.end()
        elif position >= len(text):
            break
        elif text[position] in sino:
            kind, unit = sino[text[position]]
            end = position + 1
            if kind == "digit":
                follows = sino.get(text[end : end + 1], ("", 0))[0]
                lone = script == "digits" and follows != "small"
                if pending is not None or more or lone or (unit == 0 and found):
                    break
                pending = unit
            elif kind == "small":
                if unit >= small_limit or more or (pending or 1) >= 10**4 or pending == 0:
                    break
                group += (1 if pending is None else pending) * unit
                pending, small_limit = None, unit
            else:
                section = group + (pending or 0)
                bare = section == 0 and (found or pending == 0 or text[position] not in "만萬")
                if unit >= big_limit or bare:
                    break
                total += (section or 1) * unit
                group, pending, small_limit, big_limit = 0, None, 10**4, unit
        elif found and not more and (extra := _MORE.match(text, position)):
            more, end = True, extra.end()
        else:
            break
        value_here = _plain(total + group + (pending or 0))
        found.append(Numeral(at, end, value_here, None, None, script, more))
        position = end
        if kind in ("", "small") and script == "digits" and _NEXT_DIGITS.match(text, position):
            position += kind == "small" or text[position + 1] in "만억"
        elif kind == "big" and position > at + 1 and _NEXT_GROUP.match(text, position):
            position += 1
    return found


def _native(text: str, at: int, start: int, base: int) -> list[Numeral]:
    """스물, 스물다섯, 두세, and with 여 or 남짓: the longest and the tens alone."""
    match = _lexicon().native.match(text, at)
    if match is None or match.end() == at:
        return []
    values = _lexicon().values
    low, high = values[match["one"]] if match["one"] else (0, 0)
    ten = values[match["ten"]][0] if match["ten"] else 0
    low, high = base + ten + low, base + ten + high
    if low == high:
        longest = Numeral(start, match.end(), low, None, None, "native")
    else:
        longest = Numeral(start, match.end(), None, low, high, "native")
    found = [longest]
    if extra := _MORE.match(text, match.end()):
        found.append(replace(longest, end=extra.end(), more=True))
    if match["ten"] and match["one"]:
        found.append(Numeral(start, match.end("ten"), base + ten, None, None, "native"))
    return found


def _several(text: str, at: int) -> list[Numeral]:
    """수십 (20~99), 수백만, 몇천, 십수: a range by the word's `value` and `limit`."""
    match = _lexicon().several.match(text, at)
    if match is None:
        return []
    bare = not match["small"] and not match["big"]
    if bare and match["word"] == "몇":
        return []
    sino = _lexicon().sino
    unit = (sino[match["small"]][1] if match["small"] else 1) * (
        sino[match["big"]][1] if match["big"] else 1
    )
    low, limit = _lexicon().values[match["word"]]
    end = match.end() if not bare else match.end("word")
    found = [Numeral(at, end, None, low * unit, limit * unit - 1, "several")]
    if extra := _MORE.match(text, end):
        found.append(Numeral(at, extra.end(), None, low * unit, limit * unit - 1, "several", True))
    return found


def _fraction(text: str, parts: Numeral) -> Numeral | None:
    """3분의 1 as a float, its denominator read already."""
    if parts.more or not parts.value or not text.startswith("분의", parts.end):
        return None
    at = parts.end + 2
    at += text.startswith(" ", at)
    for numerator in _compound(text, at):
        whole = numerator.value
        if whole is not None and not numerator.more and whole < parts.value:
            return Numeral(parts.start, numerator.end, whole / parts.value, None, None, "part")
    return None


def _plain(value: int | Fraction) -> int | float:
    if isinstance(value, int):
        return value
    return value.numerator if value.denominator == 1 else float(value)
