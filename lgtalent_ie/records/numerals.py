"""Korean numerals: digits, Sino-Korean and native words, and their mixtures, read at one position.

Every reader here is bounded: no numeral is longer than a few dozen characters, so a hostile text
costs no more than its length. The words stand in `tables/number_words.tsv`, one kind each:

digit, small, big   일 · 십 백 천 · 만 억 조: `삼백만`, `1억2천만`, `3조 2000억`
ten, one, old       열 · 하나 한 · 석 넉 (before old counters only): `스물다섯`, `열두`
few                 두세, 서너: from `value` to `limit`
about               여남은, 열댓: about `value`
pair                이삼 (십): from `value` to `limit` × unit, as 사오백, 오륙 명
several             수십, 몇백: from `value` × unit to below `limit` × unit
part                반, ½: `value` is the fraction
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from operator import attrgetter
from typing import Literal

import msgspec
from msgspec.structs import replace

from lgtalent_ie.tables import read_table

Script = Literal["digits", "sino", "native", "old", "several", "part"]

# Signs before a number; the en dash is what typesetters make of a minus. The hyphen comes first, so
# that both can stand in a class of a pattern as they are.
MINUS = "-−–－"
PLUS = "+＋"
_DIGIT = "0-9０-９"
_DIGITS = re.compile(
    rf"(?:[{_DIGIT}]{{1,3}}(?:[,，][{_DIGIT}]{{3}}){{1,6}}|[{_DIGIT}]{{1,18}})"
    rf"(?:[.．][{_DIGIT}]{{1,8}})?(?![{_DIGIT}])"
)
# After 만, 억 or 조 a blank may stand before the next group: 3조 2000억, 삼백만 이천; after 천
# only before three digits (3천 500여) or a place (2천 5백, 이천 삼백), and before 만 where no word
# begins there (2천 만 명). 만 alone stands before ages too (만 십오 세), so 천 or 백 must follow.
_NEXT_DIGITS = re.compile(
    rf" (?=[{_DIGIT}]{{3}}(?![{_DIGIT}]))| (?=[만억](?: |원|명|달러))| (?=[{_DIGIT}][백십])"
)
_NEXT_GROUP = re.compile(rf" (?=[{_DIGIT}]|[일이삼사오육칠팔구]?[천백십])")
_BEHIND_ONE_WORD = re.compile(r" (?=[일이삼사오육칠팔구]?[천백])")
_NEXT_PLACE = re.compile(r" (?=[일이삼사오육칠팔구]?[백십])| (?=[만억](?: |원|명|달러))")
# 일점오, 삼점일사억; 점이 before a blank is the noun and its particle.
_SPELLED = re.compile(r"점(?!이(?![가-힣]))(?P<digits>[영공일이삼사오육칠팔구]{1,8})")
_PARTS_OF = re.compile(r" ?분의 ?")
_MORE = re.compile(r"여|남짓")
_MORE_STARTS = frozenset("여남")
VULGAR = "½¼¾⅛⅓⅔⅜⅝⅞⅕⅖⅗⅘⅙⅚"
_AND = frozenset("와과" + VULGAR)
# 만 19세: an age in front of which 만 is no ten thousand, also without the blank.
_AGED = re.compile(rf"만[{_DIGIT}]{{1,2}}(?![{_DIGIT}.,천백십])")
_MAX_TOKENS = 24
# No denominator is longer, commas and all.
_WITHIN = 48
_MAX_DECIMALS = 8
_FIGURES = frozenset("0123456789０１２３４５６７８９")
_ASCII = str.maketrans("０１２３４５６７８９．", "0123456789.", ",，")
_TENTHS = 10**_MAX_DECIMALS
_END = attrgetter("end")
_NATIVE_KINDS, _SINO_KINDS = frozenset(("ten", "one", "few")), frozenset(("digit", "small", "big"))


class Numeral(msgspec.Struct, frozen=True, gc=False):
    """A numeral in a text. `value` is None where it is a range: then `low` and `high` hold.

    `more` is true with 여 or 남짓 behind it (`100여`), which makes the value approximate. A struct
    of msgspec because a frozen dataclass takes several times as long to make, and every place
    where a numeral can end makes one.
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
    parts: dict[str, int | float]
    native: re.Pattern[str]
    old: re.Pattern[str]
    several: re.Pattern[str]
    pairs: re.Pattern[str]
    about: re.Pattern[str]
    first: dict[str, frozenset[str]]


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
            if w.kind in ("ten", "one", "old", "few", "several", "pair", "about")
        },
        parts={w.word: _number(w.value) for w in words if w.kind == "part"},
        native=re.compile(
            f"(?:(?P<ten>{one_of('ten')})(?: (?={one_of('few', 'one')}))?)?"
            f"(?P<one>{one_of('few', 'one')})?"
        ),
        old=re.compile(one_of("old")),
        several=re.compile(
            f"(?P<word>{one_of('several')}) ?(?P<small>[십백천])?(?P<big>[만억조])?"
        ),
        pairs=re.compile(
            f"(?P<word>{one_of('pair')})(?P<small>[십백천])?(?P<big>[만억조])?(?P<more>여|남짓)?"
        ),
        about=re.compile(one_of("about")),
        first={
            character: frozenset(w.kind for w in words if w.word[0] == character)
            for character in {w.word[0] for w in words} | _FIGURES
        },
    )


def numeral_starts() -> frozenset[str]:
    """The characters that a numeral can begin with."""
    return frozenset(_lexicon().first)


def numerals_at(text: str, at: int) -> tuple[Numeral, ...]:
    """All readings of the numeral that starts at `at`, longest first; empty where there is none.

    >>> [(n.end, n.value) for n in numerals_at("3조 2000억", 0)]
    [(8, 3200000000000), (7, 3000000002000), (2, 3000000000000), (1, 3)]
    """
    lexicon = _lexicon()
    kinds = lexicon.first.get(text[at : at + 1])
    if kinds is None:
        return ()
    if text[at] in _FIGURES:
        if plain := _plain_digits().match(text, at):
            return (Numeral(at, plain.end(), _value_of(plain[0]), None, None, "digits"),)
        found = _compound(text, at)
        if not found:
            return ()
        if text.find("분의", at, at + _WITHIN) >= 0:
            found += [part for head in found if (part := _fraction(text, head))]
        if text[found[0].end : found[0].end + 1] in _AND and (both := _with_part(text, found[0])):
            found.append(both)
    else:
        found = _words(text, at, kinds, lexicon)
    found.sort(key=_END, reverse=True)
    return tuple(found)


def _words(text: str, at: int, kinds: frozenset[str], lexicon: _Lexicon) -> list[Numeral]:
    """The readings of a numeral that begins with a word of these kinds."""
    found: list[Numeral] = []
    if not kinds.isdisjoint(_SINO_KINDS):
        found = _compound(text, at)
        if text.find("분의", at, at + _WITHIN) >= 0:
            found += [part for head in found if (part := _fraction(text, head))]
        found += [
            tail
            for head in found
            if head.script == "sino" and text[head.end - 1] in "백천"
            for tail in _native(text, _behind_hundred(text, head.end), at, int(head.value or 0))
        ]
        if "점" in text[at : at + _MAX_TOKENS]:
            found += [part for head in found for part in _spelled_decimals(text, head)]
    if not kinds.isdisjoint(_NATIVE_KINDS):
        found += _native(text, at, at, 0)
    if "several" in kinds:
        found += _several(text, at)
    if "old" in kinds and (old := lexicon.old.match(text, at)):
        value = lexicon.values[old[0]][0]
        found.append(Numeral(at, old.end(), value, None, None, "old"))
    if "about" in kinds and (about := lexicon.about.match(text, at)):
        value = lexicon.values[about[0]][0]
        found.append(Numeral(at, about.end(), value, None, None, "native", True))
    if "pair" in kinds and (pair := lexicon.pairs.match(text, at)):
        found += _pair(pair)
    if "part" in kinds:
        for length in (4, 3, 2, 1):
            share = lexicon.parts.get(text[at : at + length])
            if share is not None and at + length <= len(text):
                found.append(Numeral(at, at + length, share, None, None, "part"))
    return found


def _pair(match: re.Match[str]) -> list[Numeral]:
    """이삼십 (20~30), 오륙 명, 사오십만여; 일이 needs a place, as 이 is a particle too."""
    lexicon = _lexicon()
    small, big = match["small"], match["big"]
    if match["word"] == "일이" and not small and not big:
        return []
    low, high = lexicon.values[match["word"]]
    unit = (lexicon.sino[small][1] if small else 1) * (lexicon.sino[big][1] if big else 1)
    more = match["more"] is not None
    return [Numeral(match.start(), match.end(), None, low * unit, high * unit, "sino", more)]


def _behind_hundred(text: str, end: int) -> int:
    """Where the native word begins behind 백 or 천: 백열둘, 백 열두 명 (but 이천 두 곳)."""
    return end + (text[end - 1] == "백" and text.startswith(" ", end))


def _spelled_decimals(text: str, head: Numeral) -> list[Numeral]:
    """일점오 as 1.5, 이점오억 as 250000000, with a reading for every place it can end."""
    match = _SPELLED.match(text, head.end)
    if match is None or head.script != "sino" or head.more:
        return []
    lexicon, found = _lexicon(), []
    digits = "".join(str(lexicon.sino[word][1]) for word in match["digits"])
    for count in range(len(digits), 0, -1):
        exact = Fraction(f"{head.value}.{digits[:count]}")
        end = match.start("digits") + count
        found.append(Numeral(head.start, end, _number(exact), None, None, "sino"))
    kind, unit = lexicon.sino.get(text[match.end() : match.end() + 1], ("", 0))
    if kind == "big":
        scaled = _number(Fraction(f"{head.value}.{digits}") * unit)
        found.append(Numeral(head.start, match.end() + 1, scaled, None, None, "sino"))
    return found


def _number(exact: Fraction) -> int | float:
    """The fraction as an int where it is whole, else as the nearest float."""
    return exact.numerator if exact.denominator == 1 else float(exact)


def _value_of(plain: str) -> int | float:
    """The value of ASCII digits with commas and a decimal point, an int where it is whole."""
    plain = plain.replace(",", "")
    if "." not in plain:
        return int(plain)
    whole, _, decimals = plain.partition(".")
    return float(plain) if decimals.strip("0") else int(whole)


@cache
def _plain_digits() -> re.Pattern[str]:
    """Digits with nothing behind them that could belong to the numeral, as most numbers are."""
    words = re.escape("".join(_lexicon().sino))
    return re.compile(
        rf"(?>[0-9]{{1,3}}(?:,[0-9]{{3}}){{1,5}}|[0-9]{{1,18}})(?:\.[0-9]{{1,{_MAX_DECIMALS}}})?+"
        rf"(?![{_DIGIT}.,．，{words}여남분와과{VULGAR}]| (?:[만억]|분의))"
    )


def parse_number(text: str) -> int | float | None:
    """The value of a text that is one numeral; None for ranges (`수십`) and all else.

    Digits may be grouped by commas, full-width and signed, the sign also a word; proper fractions,
    decimals in words and ordinals are read too. What no double can hold, and numerals of more
    than 64 characters, are None as well.

    >>> parse_number("1억2천만"), parse_number("3만 5,000여"), parse_number("스물다섯")
    (120000000, 35000, 25)
    >>> parse_number("3분의 1"), parse_number("수십"), parse_number("열심")
    (0.3333333333333333, None, None)
    >>> parse_number("마이너스 삼점일사"), parse_number("2와 3/4"), parse_number("열두 번째")
    (-3.14, 2.75, 12)
    """
    if len(text) > 256:
        return None
    text = text.strip()
    sign = -1 if text[:1] in {*MINUS, "△"} else 1
    at = 1 if text[:1] in {*MINUS, *PLUS, "△"} else 0
    at += text.startswith("△ ")
    if len(text) > 64:
        return None
    value = _whole(text, at)
    if value is None:
        if at == 0 and (word := _SIGN_WORD.match(text)):
            sign, at = (-1 if word[1] == "마이너스" else 1), word.end()
        value = _spoken(text[at:])
    return None if value is None else sign * value


def _whole(text: str, at: int = 0) -> int | float | None:
    """The value of the numeral that is all of `text` from `at` on."""
    for numeral in numerals_at(text, at):
        if numeral.end == len(text) and numeral.value is not None:
            return numeral.value
    return None


_SIGN_WORD = re.compile(r"(마이너스|플러스) ?(?=\S)")
# A blank behind a place word or before 분의, which no numeral in a text has so freely.
_LOOSE_BLANK = re.compile(r"(?<=[십백천만억조]) (?=[일이삼사오육칠팔구십백천만억조]|분의)")
# 1억 하고도 2천만: a place word, more of it.
_BESIDES = re.compile(r"(?<=[만억조]) ?하고도 (?=[0-9일이삼사오육칠팔구십백천])")
_SLASHED = re.compile(rf"([{_DIGIT}]{{1,9}}) ?[/／⁄] ?([{_DIGIT}]{{1,9}})")
_MIXED = re.compile(r"(?P<whole>[^ ]{1,20}?)(?:[와과] ?| (?=[0-9]+[/／⁄]))(?P<part>.+)")
_PLACE = re.compile(r"제 ?(?P<sino>.+)|(?P<any>.+?) ?번째|(?P<native>.+)째")
_POINT = re.compile(
    r"(?P<whole>[영공일이삼사오육칠팔구십백천만]+) ?점 ?"
    r"(?P<digits>[영공일이삼사오육칠팔구](?: ?[영공일이삼사오육칠팔구]){0,7})"
)


def _spoken(text: str) -> int | float | None:
    """The value of what only a text that is all number can mean: 이천 삼백, 영 점 오, 1/2, 제3."""
    joined = _LOOSE_BLANK.sub("", _BESIDES.sub("", text))
    value = _whole(joined)
    if value is not None:
        return value
    if point := _POINT.fullmatch(joined):
        whole = _whole(point["whole"])
        digits = "".join(str(_lexicon().sino[w][1]) for w in point["digits"].replace(" ", ""))
        return _number(Fraction(f"{whole}.{digits}")) if isinstance(whole, int) else None
    if slashed := _SLASHED.fullmatch(text):
        part, parts = int(slashed[1]), int(slashed[2])
        return part / parts if part < parts else None
    if place := _PLACE.fullmatch(joined):
        return _place(place)
    if mixed := _MIXED.fullmatch(joined):
        whole, rest = _whole(mixed["whole"]), _part(mixed["part"])
        return whole + rest if isinstance(whole, int) and rest is not None else None
    return None


def _part(text: str) -> float | None:
    """A proper fraction: 3분의 1, 3/4, ½, 반."""
    if slashed := _SLASHED.fullmatch(text):
        part, parts = int(slashed[1]), int(slashed[2])
        return part / parts if part < parts else None
    value = _whole(text)
    return value if isinstance(value, float) and 0 < value < 1 else None


def _place(place: re.Match[str]) -> int | None:
    """제3, 세 번째, 셋째: the number of the place."""
    written = place["sino"] or place["any"] or place["native"]
    if written == "첫" and not place["sino"]:
        return 1
    for numeral in numerals_at(written, 0):
        if numeral.end != len(written) or not isinstance(numeral.value, int):
            continue
        native = numeral.script == "native"
        fits = not native if place["sino"] else native or numeral.script == "digits"
        if fits and not numeral.more:
            return numeral.value
    return None


def _compound(text: str, at: int) -> list[Numeral]:
    """Digits and Sino-Korean words by place value, one reading for every place it can end."""
    found: list[Numeral] = []
    sino = _lexicon().sino
    # All sums are whole numbers of 1 / one, so that 1.1만 is 11000 and no fraction is ever made.
    one, total, group = 1, 0, 0
    pending: int | None = None
    small_limit, big_limit = 10**4, 10**20
    script: Script = "sino"
    more, position = False, at
    for _ in range(_MAX_TOKENS):
        character = text[position : position + 1]
        if character in sino:
            kind, unit = sino[character]
            end = position + 1
            if kind == "digit":
                follows = sino.get(text[end : end + 1], ("", 0))[0]
                lone = script == "digits" and follows != "small"
                if pending is not None or more or lone or (unit == 0 and found):
                    break
                pending = unit * one
            elif kind == "small":
                if unit >= small_limit or more or (pending or one) >= 10**4 * one or pending == 0:
                    break
                group += (one if pending is None else pending) * unit
                pending, small_limit = None, unit
            else:
                section = group + (pending or 0)
                bare = section == 0 and (found or pending == 0 or character not in "만萬")
                if unit >= big_limit or bare:
                    break
                if section == 0 and _AGED.match(text, position):
                    found.append(Numeral(at, end, unit, None, None, script))
                    break
                total += (section or one) * unit
                group, pending, small_limit, big_limit = 0, None, 10**4, unit
        elif character in _FIGURES and (digits := _DIGITS.match(text, position)):
            if pending is not None or more:
                break
            whole, _, decimals = digits[0].translate(_ASCII).partition(".")
            if decimals and one == 1:
                one, total, group = _TENTHS, total * _TENTHS, group * _TENTHS
            pending = int(whole + decimals) * (one // 10 ** len(decimals))
            if pending >= (small_limit if group else big_limit) * one:
                break
            kind, script, end = "", "digits", digits.end()
        elif character in _MORE_STARTS and found and not more:
            extra = _MORE.match(text, position)
            if extra is None:
                break
            kind, more, end = "", True, extra.end()
        else:
            break
        value = total + group + (pending or 0)
        shown = value if one == 1 else _unscaled(value, one)
        found.append(Numeral(at, end, shown, None, None, script, more))
        position = end
        if text[position : position + 1] != " ":
            continue
        if kind in ("", "small") and script == "digits" and _NEXT_DIGITS.match(text, position):
            position += kind == "small" or text[position + 1] in "만억"
        elif kind == "big":
            follows_on = _NEXT_GROUP if position > at + 1 else _BEHIND_ONE_WORD
            position += follows_on.match(text, position) is not None
        elif kind == "small" and script == "sino" and _NEXT_PLACE.match(text, position):
            position += 1
    return found


def _unscaled(value: int, one: int) -> int | float:
    """The value of so many 1 / one, an int where it is whole."""
    whole, rest = divmod(value, one)
    return value / one if rest else whole


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
    if low != high and match["one"] and " " in match["one"]:  # 한 두름 is one, not one or two
        end = match.start("one") + match["one"].index(" ")
        found.append(
            Numeral(
                start,
                end,
                base + ten + values[text[match.start("one") : end]][0],
                None,
                None,
                "native",
            )
        )
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
    joint = _PARTS_OF.match(text, parts.end)
    if joint is None or parts.more or not parts.value:
        return None
    for numerator in _compound(text, joint.end()):
        whole = numerator.value
        if whole is not None and not numerator.more and whole < parts.value:
            return Numeral(parts.start, numerator.end, whole / parts.value, None, None, "part")
    return None


def _with_part(text: str, whole: Numeral) -> Numeral | None:
    """5와 3분의 1, 5⅓: a whole number and a fraction."""
    follows = text[whole.end]
    if not isinstance(whole.value, int):
        return None
    if follows in "와과":
        start = whole.end + 1 + text.startswith(" ", whole.end + 1)
        parts = _compound(text, start) if text[start : start + 1] in _FIGURES else ()
        found = next((p for head in parts if (p := _fraction(text, head))), None)
        if found is None or found.value is None:
            return None
        return Numeral(whole.start, found.end, whole.value + found.value, None, None, "digits")
    value = whole.value + _lexicon().parts[follows]
    return Numeral(whole.start, whole.end + 1, value, None, None, "digits")
