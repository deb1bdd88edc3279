"""The smallest pieces of a calendar expression: dates in figures, numbers with a unit, words."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Any

import msgspec

from lgtalent_ie.records.characters import is_latin
from lgtalent_ie.records.dates_expressions import Effect
from lgtalent_ie.records.dates_foreign import english_date, month_names
from lgtalent_ie.records.dates_numerals import NATIVE, SINO, sino_number
from lgtalent_ie.records.dates_units import NO_POINT, PointReading, full_year, point_reading
from lgtalent_ie.tables import read_table

BLANK = "[ \t\u00a0\u3000]"
BLANKS = frozenset(" \t\u00a0\u3000")
DASH = "[~∼～〜–—-]"
ZONE = r"(?:KST|JST|UTC|GMT|CET|CEST|E[SD]?T|P[SD]?T)"
GLOSS = rf"\((?:이하 )?(?:(?:현지|한국|미국|동부|서부|우리)[가-힣 ]{{0,8}}(?:시간|시각)?|{ZONE})\)"


class Token(msgspec.Struct, frozen=True, gc=False):
    """One piece: a table word (`kind` is its class), a number with `unit`, or figures (`date`).

    `length` counts its characters, `sets` are the fields of Calendar or Length that it fills,
    `style` is how a number is written: figures, padded (07), mark (’23), scaled (5천), sino, short
    (of one syllable), native; `point` what it says as a date. A struct of msgspec, for the reason
    that `dates_expressions` gives.
    """

    kind: str
    length: int
    sure: bool
    sets: tuple[tuple[str, Any], ...] = ()
    unit: str = ""
    number: float = 0
    low: float | None = None
    style: str = ""
    about: bool = False
    point: PointReading = NO_POINT


def _sets(cell: str) -> tuple[tuple[str, Any], ...]:
    pairs = (pair.split("=") for pair in cell.split(";"))
    return tuple((k, int(v) if v.lstrip("-").isdigit() else v) for k, v in pairs)


@cache
def words() -> dict[str, tuple[str, bool, tuple[tuple[str, Any], ...]]]:
    """Word without blanks → class, sure, what it sets (`tables/date_words.tsv`)."""
    return {
        row[0].replace(" ", ""): (row[1], row[3] == "y", _sets(row[2]))
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


def _alternatives(texts: list[str]) -> str:
    ordered = sorted(texts, key=len, reverse=True)
    return "|".join(re.escape(text).replace(r"\ ", f"{BLANK}?") for text in ordered)


@cache
def _word_patterns() -> dict[str, re.Pattern[str]]:
    by_first: dict[str, list[str]] = {}
    for row in read_table(__package__, "date_words"):
        by_first.setdefault(row[0][0], []).append(row[0])
    return {first: re.compile(_alternatives(texts)) for first, texts in by_first.items()}


@cache
def tail_pattern() -> re.Pattern[str]:
    """A tail right after an expression."""
    return re.compile(_alternatives(list(tails())))


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
    "회계연도|학년도|연도|년도|년대|개년|년|개월|달|월|주일|주차|주|일|시간|시즌|시|개 ?분기|분기"
    "|분(?!의 ?[\\d일이삼])|초|세기|박"
)
_FIGURES = re.compile(
    rf"(?P<mark>['’‘`])?(?:(?P<low>\d{{1,4}}){BLANK}?{DASH}{BLANK}?)?"
    rf"(?P<n>\d{{1,4}}(?:\.\d{{1,2}})?)(?P<scale>[천만](?= ?여? ?년))?(?P<about>여)?{BLANK}?"
    rf"(?P<unit>{_UNITS})"
)
_NATIVE = re.compile(
    rf"(?P<n>{'|'.join(sorted(NATIVE, key=len, reverse=True))}){BLANK}?"
    rf"(?P<unit>(?<=한)해|(?<={BLANK})해|달|주일|(?<={BLANK})주|시간|시(?!간))"
)
_SINO = re.compile(
    rf"(?P<n>{SINO})(?P<unit>학년도|년도|년대|년|개월|월|주일|일|시간|시|분기|분|초|세기)"
    rf"|(?P<apart>{SINO}){BLANK}(?P<of_apart>년|개월)"
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
_MONTH = re.compile(rf"(?P<y>\d{{4}})(?P<sep>[.-]){BLANK}?(?P<m>\d{{1,2}})(?![\d가-힣%]|[.,:/-]\d)")
_CLOCK = re.compile(
    r"(?P<h>\d{1,2}):(?P<m>[0-5]\d)(?::(?P<s>[0-5]\d))?(?![\d:])"
    r"(?: ?(?P<half>[AaPp])(?:[Mm]|\.[Mm]\.)(?![A-Za-z]))?"
)
_WEEKDAY_GLOSS = re.compile(r"\((?P<w>[월화수목금토일])(?:요일)?\)")


_SPELLED_STARTS = frozenset("영공일이삼사오육륙칠팔구십백천") | {word[0] for word in NATIVE}


def token_at(text: str, at: int) -> Token | None:
    """The longest piece that starts exactly at `at`, None where none does."""
    character = text[at : at + 1]
    if character.isdecimal() or character in "'’‘`":
        head = text[at + 1 : at + 6]
        if "." in head or "-" in head or "/" in head or ":" in head:
            token = _date(text, at) or _clock(text, at)
            if token is not None:
                return token
        return _figures(text, at) or _word(text, at) or english_token(text, at)
    if character == "(":
        found = _WEEKDAY_GLOSS.match(text, at)
        if found:
            day = "월화수목금토일".index(found["w"]) + 1
            return Token("weekday_gloss", found.end() - at, True, (("weekday", day),))
        return None
    if is_latin(character):
        return english_token(text, at)
    found_word = _word(text, at)
    if character not in _SPELLED_STARTS:
        return found_word
    found_number = _spelled(text, at)
    if found_word and found_number:
        return max(found_word, found_number, key=lambda token: token.length)
    return found_word or found_number


def _word(text: str, at: int) -> Token | None:
    pattern = _word_patterns().get(text[at : at + 1])
    found = pattern.match(text, at) if pattern else None
    return _word_token(found.group()) if found else None


# The same few surfaces make up all dates of all texts, so each is looked at once.
@lru_cache(maxsize=1024)
def _word_token(surface: str) -> Token:
    kind, sure, sets = words()[re.sub(BLANK, "", surface)]
    return Token(kind, len(surface), sure, sets)


def _date(text: str, at: int) -> Token | None:
    found = _DATE.match(text, at)
    if found:
        month, day = int(found["m"]), int(found["d"])
        short = found["y"] is None
        if 1 <= month <= 12 and 1 <= day <= 31:
            year = full_year(int(found["y"] or found["yy"]))
            sets = [("year", year), ("month", month), ("day", day)]
            if found["h"] and int(found["h"]) < 25:
                sets += [("hour", int(found["h"])), ("minute", int(found["min"]))]
                sets += [("second", int(found["s"]))] if found["s"] else []
            sure = not short or bool(found["mark"])
            return Token("date", found.end() - at, sure, tuple(sets))
        return None
    found = _DAY_OF_MONTH.match(text, at)
    if found and 1 <= int(found["m"]) <= 12 and 1 <= int(found["d"]) <= 31:
        sets = [("month", int(found["m"])), ("day", int(found["d"]))]
        return Token("date", found.end() - at, True, tuple(sets))
    found = _MONTH.match(text, at)
    if found and 1 <= int(found["m"]) <= 12 and 1800 <= int(found["y"]) <= 2199:
        sets = [("year", int(found["y"])), ("month", int(found["m"]))]
        return Token("year_month", found.end() - at, False, tuple(sets))
    return None


def _clock(text: str, at: int) -> Token | None:
    found = _CLOCK.match(text, at)
    # 1:10 is a ratio or a score as often as a time.
    if found is None or int(found["h"]) > 24:
        return None
    sets = [("hour", int(found["h"])), ("minute", int(found["m"]))]
    sets += [("second", int(found["s"]))] if found["s"] else []
    half = {"a": "MO", "p": "AF"}.get((found["half"] or "").lower())
    fields: tuple[tuple[str, Any], ...] = (*sets, ("daypart", half)) if half else tuple(sets)
    return Token("clock", found.end() - at, len(found["h"]) == 2, fields)


def english_token(text: str, at: int) -> Token | None:
    """`March 12, 2026`, `12 March 2026`, `Dec. 25`; sure only where the year is said."""
    found = english_date(text, at)
    if found is None:
        return None
    end, sets = found
    said = dict(sets)
    kind = "date" if "day" in said else "year_month"
    return Token(kind, end - at, "year" in said, sets)


def _figures(text: str, at: int) -> Token | None:
    found = _FIGURES.match(text, at)
    return _figures_token(found.group()) if found else None


@lru_cache(maxsize=4096)
def _figures_token(surface: str) -> Token | None:
    found = _FIGURES.fullmatch(surface)
    if found is None:
        return None
    unit, number, length = found["unit"].replace(" ", ""), float(found["n"]), len(surface)
    scale = {"천": 1000, "만": 10000}.get(found["scale"] or "")
    if unit == "년도" and 0 < number < 50 and found["n"][0] != "0" and not found["mark"]:
        # 10년도 넘은: ten years with a particle.
        unit, length = "년", length - 1
    style = "scaled" if scale else "padded" if found["n"][0] == "0" else "figures"
    return _number(
        length, unit not in ("주", "시즌"), unit, number * (scale or 1),
        float(found["low"]) if found["low"] else None,
        "mark" if found["mark"] else style, bool(found["about"]),
    )  # fmt: skip


def _number(
    length: int, sure: bool, unit: str, number: float, low: float | None, style: str,
    about: bool = False,
) -> Token:  # fmt: skip
    point = point_reading(unit, number, low, style, about)
    return Token("number", length, sure, (), unit, number, low, style, about, point)


def _spelled(text: str, at: int) -> Token | None:
    found = _NATIVE.match(text, at)
    if found:
        low, high = NATIVE[found["n"]]
        unit, number = found["unit"], high or low
        sure = unit in ("달", "시간", "주일")
        return _number(found.end() - at, sure, unit, number, low if high else None, "native")
    found = _SINO.match(text, at)
    written = (found["n"] or found["apart"]) if found else ""
    value = sino_number(written) if written else None
    # 이 년 and 이 개월 begin with a determiner as often as with a two.
    if found is None or value is None or (found["apart"] and value < 10):
        return None
    unit = found["unit"] or found["of_apart"]
    style = "sino" if len(written) > 1 or unit in ("년", "개월", "세기") else "short"
    return _number(found.end() - at, len(written) > 2, unit, value, None, style)


def after_gap(text: str, at: int) -> int:
    """Where the next piece can start: behind up to two blanks."""
    for _ in range(2):
        if text[at : at + 1] not in BLANKS:
            break
        at += 1
    return at
