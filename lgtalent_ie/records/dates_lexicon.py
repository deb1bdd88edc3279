"""The smallest pieces of a calendar expression: dates in figures, numbers with a unit, words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Any

import msgspec

from lgtalent_ie.records.characters import is_hangul
from lgtalent_ie.records.dates_expressions import Effect
from lgtalent_ie.records.dates_foreign import english_date, month_names
from lgtalent_ie.records.dates_numerals import NATIVE, SINO, inexact_pair, sino_number
from lgtalent_ie.records.dates_signs import (
    BLANK,
    BLANKS,
    DASH,
    WEEKDAYS,
    Piece,
    listed_numbers,
    listed_weekdays,
    quarter_mark,
)
from lgtalent_ie.records.dates_units import NO_POINT, PointReading, full_year, point_reading
from lgtalent_ie.tables import read_table

ZONE = r"(?:KST|JST|UTC|GMT|CET|CEST|E[SD]?T|P[SD]?T)"
GLOSS = rf"\((?:이하 )?(?:(?:현지|한국|미국|동부|서부|우리)[가-힣 ]{{0,8}}(?:시간|시각)?|{ZONE})\)"


class Token(msgspec.Struct, frozen=True, gc=False):
    """One piece: a table word (`kind` is its class), a number with `unit`, or figures (`date`).

    `length` counts its characters. `point` is what it says as a date: its class, the fields of
    Calendar (of Length, where it is a length) that it fills, and the end of a range. `style` is how
    a number is written: figures, padded (07), mark (’23), scaled (5천), sino, short (of one
    syllable), apart (of one syllable before a blank), native; `joined` says that signs stand
    between its digits, as in dates and clock times. A struct of msgspec, for the reason that
    `dates_expressions` gives.
    """

    kind: str
    length: int
    sure: bool
    point: PointReading = NO_POINT
    unit: str = ""
    number: float = 0
    low: float | None = None
    style: str = ""
    about: bool = False
    joined: bool = False


def _fields(cell: str) -> dict[str, Any]:
    pairs = (pair.split("=") for pair in cell.split(";"))
    return {k: int(v) if v.lstrip("-").isdigit() else v for k, v in pairs}


@cache
def words() -> dict[str, tuple[str, bool, dict[str, Any]]]:
    """Word without blanks → class, sure, what it sets (`tables/date_words.tsv`)."""
    return {
        row[0].replace(" ", ""): (row[1], row[3] == "y", _fields(row[2]))
        for row in read_table(__package__, "date_words")
    }


@cache
def tails() -> dict[str, Effect]:
    """What may stand right after an expression → what it does to the value."""
    return {row[0]: row[1] for row in read_table(__package__, "date_tails")}  # type: ignore[misc]


@cache
def heads() -> dict[str, Effect]:
    """The word right before an expression → what it does to the value: 징역 makes 6월 a length."""
    return {row[0]: row[1] for row in read_table(__package__, "date_heads")}  # type: ignore[misc]


def _alternatives(texts: Iterable[str]) -> str:
    """A pattern of the longest of the texts, with their blanks or without.

    What they begin with in common is read once, so that a long table costs no more than its words.

    >>> _alternatives(["지난", "지난해", "지난달"])
    '지난(?:해|달|)'
    """
    tree: dict[str, Any] = {}
    for text in texts:
        nodes = [tree]
        for character in text:
            part = BLANK if character == " " else re.escape(character)
            nodes = [node.setdefault(part, {}) for node in nodes] + nodes * (character == " ")
        for node in nodes:
            node[""] = {}
    return _pattern_of(tree)


def _pattern_of(tree: dict[str, Any]) -> str:
    if len(tree) == 1:
        part, rest = next(iter(tree.items()))
        return part + (_pattern_of(rest) if rest else "")
    ends = [""] if "" in tree else []
    parts = [part + (_pattern_of(rest) if rest else "") for part, rest in tree.items() if part]
    return f"(?:{'|'.join(parts + ends)})"


@cache
def _word_patterns() -> dict[str, re.Pattern[str]]:
    by_first: dict[str, list[str]] = {}
    for row in read_table(__package__, "date_words"):
        by_first.setdefault(row[0][0], []).append(row[0])
    return {first: re.compile(_alternatives(texts)) for first, texts in by_first.items()}


@cache
def tail_pattern() -> re.Pattern[str]:
    """A tail right after an expression."""
    return re.compile(_alternatives(tails()))


@cache
def start_pattern() -> re.Pattern[str]:
    """Where an expression can start; a cheap sieve for the scan over a whole text."""
    firsts = set(_word_patterns()) | {n[0] for n in NATIVE} | set("영일이삼사오육칠팔구십백천")
    hangul = "".join(sorted(c for c in firsts if not c.isdigit()))
    months = "|".join(sorted({name[:3] for name in month_names()}))
    return re.compile(
        rf"(?<![가-힣A-Za-z0-9])(?:[{hangul}]|(?:{months}))"
        r"|(?<![\dA-Za-z])(?<![\dA-Za-z][.,:/~∼～–-])(?:['’‘`](?=\d))?(?<!\d)\d"
    )


_UNITS = (
    "(?:년(?:도|대|)|월|일|시(?:간|즌|)|분(?:기|(?!의 ?[\\d일이삼]))|주(?:일|차|)"
    "|개(?:월|년| ?분기)|달|초|박|세기|연도|학년도|회계연도|사업연도)"
)
# Most numbers: digits and a unit, nothing between or around.
_PLAIN_FIGURES = re.compile(rf"\d{{1,4}}+{BLANK}?{_UNITS}")
_FIGURES = re.compile(
    rf"(?P<mark>['’‘`])?(?:(?P<low>\d{{1,4}}+){BLANK}?{DASH}{BLANK}?)?"
    rf"(?P<n>\d{{1,3}}+,\d{{3}}+|\d{{1,4}}+(?:\.\d{{1,2}}+)?+)"
    rf"(?P<scale>[천만](?= ?여? ?년))?(?P<about>여)?{BLANK}?(?P<unit>{_UNITS})"
)
_NATIVE = re.compile(
    rf"(?P<n>{_alternatives(NATIVE)}){BLANK}?"
    rf"(?P<unit>(?<=한)해|(?<={BLANK})해|달|주일|(?<={BLANK})주|시간|시(?!간))"
)
_SINO = re.compile(
    rf"(?P<n>{SINO})(?:(?P<unit>학년도|년도|년대|년|개월|월|주일|일|시간|시|분기|분|초|세기)"
    rf"|{BLANK}(?P<apart>년|개월|월|주일|주(?=간)|일|시간|분|초)"
    rf"|(?P<more>여){BLANK}?(?P<of_more>년|개월|일|시간|분|초))"
)
_DATE = re.compile(
    rf"(?:(?P<y>\d{{4}})|(?P<mark>['’‘`])?(?P<yy>\d\d))(?P<sep>[./-]){BLANK}?(?P<m>\d{{1,2}})"
    rf"(?P=sep){BLANK}?(?P<d>\d{{1,2}})(?![\d]|[.,:/-]\d|-)(?:T(?P<h>\d\d):(?P<min>\d\d)"
    r"(?::(?P<s>\d\d)(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:?\d\d)?|\.(?= ?\([월화수목금토일]\)))?"
)
# 3. 2.(월) and 3/2(월): without its weekday it is as often a decimal or a chapter.
_DAY_OF_MONTH = re.compile(
    rf"(?P<m>\d{{1,2}})(?P<sep>[./]){BLANK}?(?P<d>\d{{1,2}})\.?"
    rf"(?={BLANK}?\([월화수목금토일](?:요일)?\))"
)
_MONTH = re.compile(
    rf"(?:(?P<y>\d{{4}})(?P<sep>[.-])|['’‘`](?P<yy>\d\d)\.){BLANK}?(?P<m>\d{{1,2}})"
    r"(?:월|(?![\d가-힣%]|[.,:/-]\d))"
)
# `2024 상반기 공개채용`: the year of a half or a quarter needs no 년.
_YEAR_OF_PART = re.compile(
    rf"(?P<y>(?:19|20)\d\d)(?={BLANK}(?:[상하]반기|[1-4](?:분기|사분기|[/·]4분기)))"
)
_CLOCK = re.compile(
    r"(?P<h>\d{1,2}):(?P<m>[0-5]\d)(?::(?P<s>[0-5]\d))?(?![\d:])"
    r"(?: ?(?P<half>[AaPp])(?:[Mm]|\.[Mm]\.)(?![A-Za-z]))?"
)
_WEEKDAY_GLOSS = re.compile(r"\((?P<w>[월화수목금토일])(?:요일)?\)")


_FIGURE_STARTS = frozenset("0123456789'’‘`")
_SPELLED_STARTS = frozenset("영공일이삼사오육륙칠팔구십백천") | {word[0] for word in NATIVE}


def token_at(text: str, at: int) -> Token | None:
    """The longest piece that starts exactly at `at`, None where none does."""
    if at >= len(text):
        return None
    character = text[at]
    if character in _FIGURE_STARTS:
        return _figures(text, at, character)
    pattern = _word_patterns().get(character)
    found = pattern.match(text, at) if pattern else None
    word = _word_token(found.group()) if found else None
    if character in _SPELLED_STARTS and (number := _spelled(text, at)):
        return word if word and word.length >= number.length else number
    if word is not None:
        return word
    if is_hangul(character):
        return _joined(listed_weekdays(text, at), at) if character in WEEKDAYS else None
    if character.isdecimal():
        return _figures(text, at, character)
    return _weekday_gloss(text, at) if character == "(" else english_token(text, at)


def _figures(text: str, at: int, first: str) -> Token | None:
    """A piece that begins with a digit or the mark of a short year."""
    found = _PLAIN_FIGURES.match(text, at) or _FIGURES.match(text, at)
    token = _figures_token(found.group()) if found else None
    if token is None or token.joined:
        head = text[at + 1 : at + 6]
        if "." in head or "-" in head or "/" in head or ":" in head:
            token = _date(text, at) or _clock(text, at) or token
    if token is not None:
        return token
    if bare := _YEAR_OF_PART.match(text, at):
        return _piece("year", 4, True, {"year": int(bare["y"])})
    pattern = _word_patterns().get(first)
    found = pattern.match(text, at) if pattern else None
    if found:
        return _word_token(found.group())
    # 3·4분기 is a word, the third quarter, and never a list.
    return english_token(text, at) or _joined(
        quarter_mark(text, at) or listed_numbers(text, at), at
    )


def _joined(piece: Piece | None, at: int) -> Token | None:
    if piece is None:
        return None
    end, point, sure = piece
    return Token(point[0], end - at, sure, point)


def _weekday_gloss(text: str, at: int) -> Token | None:
    found = _WEEKDAY_GLOSS.match(text, at)
    if found is None:
        return None
    day = "월화수목금토일".index(found["w"]) + 1
    return _piece("weekday_gloss", found.end() - at, True, {"weekday": day})


# The same few surfaces make up all dates of all texts, so each is looked at once.
@lru_cache(maxsize=1024)
def _word_token(surface: str) -> Token:
    kind, sure, fields = words()[re.sub(BLANK, "", surface)]
    return _piece(kind, len(surface), sure, fields)


def _piece(kind: str, length: int, sure: bool, fields: dict[str, Any]) -> Token:
    """A token that is no number: its class is the same whether a date is read or a length."""
    return Token(kind, length, sure, (kind, fields, None))


def _date(text: str, at: int) -> Token | None:
    found = _DATE.match(text, at)
    if found:
        month, day = int(found["m"]), int(found["d"])
        short = found["y"] is None
        if 1 <= month <= 12 and 1 <= day <= 31:
            year = full_year(int(found["y"] or found["yy"]))
            fields = {"year": year, "month": month, "day": day}
            if found["h"] and int(found["h"]) < 25:
                fields |= {"hour": int(found["h"]), "minute": int(found["min"])}
                fields |= {"second": int(found["s"])} if found["s"] else {}
            sure = not short or bool(found["mark"])
            return _piece("date", found.end() - at, sure, fields)
        return None
    found = _DAY_OF_MONTH.match(text, at)
    if found and 1 <= int(found["m"]) <= 12 and 1 <= int(found["d"]) <= 31:
        fields = {"month": int(found["m"]), "day": int(found["d"])}
        return _piece("date", found.end() - at, True, fields)
    found = _MONTH.match(text, at)
    if found and 1 <= int(found["m"]) <= 12 and (found["yy"] or 1800 <= int(found["y"]) <= 2199):
        fields = {"year": full_year(int(found["y"] or found["yy"])), "month": int(found["m"])}
        return _piece("year_month", found.end() - at, False, fields)
    return None


def _clock(text: str, at: int) -> Token | None:
    found = _CLOCK.match(text, at)
    # 1:10 is a ratio or a score as often as a time.
    if found is None or int(found["h"]) > 24:
        return None
    fields: dict[str, Any] = {"hour": int(found["h"]), "minute": int(found["m"])}
    fields |= {"second": int(found["s"])} if found["s"] else {}
    half = {"a": "MO", "p": "AF"}.get((found["half"] or "").lower())
    fields |= {"daypart": half} if half else {}
    return _piece("clock", found.end() - at, len(found["h"]) == 2, fields)


def english_token(text: str, at: int) -> Token | None:
    """`March 12, 2026`, `12 March 2026`, `Dec. 25`; sure only where the year is said."""
    found = english_date(text, at)
    if found is None:
        return None
    end, said = found[0], dict(found[1])
    return _piece("date" if "day" in said else "year_month", end - at, "year" in said, said)


@lru_cache(maxsize=4096)
def _figures_token(surface: str) -> Token | None:
    found = _FIGURES.fullmatch(surface)
    if found is None:
        return None
    unit, length = found["unit"].replace(" ", ""), len(surface)
    number = float(found["n"].replace(",", ""))
    scale = {"천": 1000, "만": 10000}.get(found["scale"] or "")
    if unit == "년도" and 0 < number < 50 and found["n"][0] != "0" and not found["mark"]:
        # 10년도 넘은: ten years with a particle.
        unit, length = "년", length - 1
    # 2,000년 is a count of years, 2000년 a year.
    counted = scale or "," in found["n"]
    style = "scaled" if counted else "padded" if found["n"][0] == "0" else "figures"
    return _number(
        length, unit not in ("주", "시즌"), unit, number * (scale or 1),
        float(found["low"]) if found["low"] else None,
        "mark" if found["mark"] else style, bool(found["about"]),
        bool(found["low"]) or "." in surface,
    )  # fmt: skip


def _number(
    length: int, sure: bool, unit: str, number: float, low: float | None, style: str,
    about: bool = False, joined: bool = False,
) -> Token:  # fmt: skip
    point = point_reading(unit, number, low, style, about)
    return Token("number", length, sure, point, unit, number, low, style, about, joined)


# 이삼 년, 사오 개월; but 삼사월 is a month with its name.
_INEXACT_UNITS = frozenset(["년", "개월", "주일", "시간", "분"])
_CLEAR_UNITS = frozenset(["년", "개월", "세기", "주일", "주"])
# 이 년 and 이 시간 begin with a determiner as often as with a two, 일 시간 with 일, work.
_AFTER = {"이": frozenset(["개월"]), "일": frozenset(["개월", "월", "일", "분", "초"])}
_WORDS_TOO = frozenset(_AFTER)


def _spelled(text: str, at: int) -> Token | None:
    found = _NATIVE.match(text, at)
    if found:
        low, high = NATIVE[found["n"]]
        unit, number = found["unit"], high or low
        sure = unit in ("달", "시간", "주일")
        return _number(found.end() - at, sure, unit, number, low if high else None, "native")
    found = _SINO.match(text, at)
    written = found["n"] if found else ""
    value = sino_number(written) if written else None
    if found is None or value is None:
        return None
    length, unit = found.end() - at, found["unit"] or found["apart"] or found["of_more"]
    if found["more"]:
        return _number(length, True, unit, value, None, "sino", True) if value > 9 else None
    pair = inexact_pair(written) if unit in _INEXACT_UNITS else None
    if pair:
        return _number(length, False, unit, pair[1], pair[0], "sino")
    clear = unit in _CLEAR_UNITS
    if found["apart"] and (value == 0 or (written in _WORDS_TOO and unit not in _AFTER[written])):
        return None
    apart = "apart" if found["apart"] else "short"
    style = "sino" if len(written) > 1 or clear else apart
    return _number(length, len(written) > 2, unit, value, None, style)


def after_gap(text: str, at: int) -> int:
    """Where the next piece can start: behind up to two blanks."""
    size = len(text)
    if at < size and text[at] in BLANKS:
        at += 1
        if at < size and text[at] in BLANKS:
            at += 1
    return at
