"""The smallest pieces of a calendar expression: dates in figures, numbers with a unit, words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from lgtalent_ie.records.dates_expressions import Effect
from lgtalent_ie.records.dates_numerals import NATIVE, SINO, sino_number
from lgtalent_ie.tables import read_table

BLANK = "[ \t\u00a0\u3000]"
DASH = "[~∼～〜–—-]"
GLOSS = r"\((?:이하 )?(?:현지|한국|미국|동부|서부|우리)[가-힣 ]{0,8}(?:시간|시각)?\)"


@dataclass(frozen=True, slots=True)
class Token:
    """One piece: a table word (`kind` is its class), a number with `unit`, or figures (`date`).

    `sets` are the fields of Calendar or Length that it fills.
    """

    kind: str
    end: int
    sure: bool
    sets: tuple[tuple[str, Any], ...] = ()
    unit: str = ""
    number: float = 0
    low: float | None = None
    high: float | None = None
    style: str = ""
    about: bool = False


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
def lunar_days() -> dict[tuple[str, int], str]:
    """(holiday, year) → its day (`tables/date_lunar.tsv`)."""
    days = {}
    for year, seollal, chuseok, _ in read_table(__package__, "date_lunar"):
        days["seollal", int(year)] = seollal
        days["chuseok", int(year)] = chuseok
    return days


@cache
def tails() -> dict[str, Effect]:
    """What may stand right after an expression → what it does to the value."""
    return {row[0]: row[1] for row in read_table(__package__, "date_tails")}  # type: ignore[misc]


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
    return re.compile(
        rf"(?<![가-힣A-Za-z0-9])[{hangul}]"
        r"|(?<![\dA-Za-z])(?<![\dA-Za-z][.,:/~∼～–-])(?:['’‘`](?=\d))?(?<!\d)\d"
    )


_UNITS = (
    "학년도|년도|년대|개년|년|개월|달|월|주일|주|일|시간|시|분기|분(?!의 ?[\\d일이삼])|초|세기|박"
)
_FIGURES = re.compile(
    rf"(?P<mark>['’‘`])?(?:(?P<low>\d{{1,4}}){BLANK}?{DASH}{BLANK}?)?"
    rf"(?P<n>\d{{1,4}}(?:\.\d{{1,2}})?)(?P<about>여)?{BLANK}?(?P<unit>{_UNITS})"
)
_NATIVE = re.compile(
    rf"(?P<n>{'|'.join(sorted(NATIVE, key=len, reverse=True))}){BLANK}?"
    rf"(?P<unit>(?<=한)해|(?<={BLANK})해|달|주일|(?<={BLANK})주|시간|시(?!간))"
)
_SINO = re.compile(
    rf"(?P<n>{SINO})(?P<unit>학년도|년도|년대|년|개월|월|주일|일|시간|시|분기|분|초|세기)"
)
_DATE = re.compile(
    rf"(?:(?P<y>\d{{4}})|(?P<mark>['’‘`])?(?P<yy>\d\d))(?P<sep>[./-]){BLANK}?(?P<m>\d{{1,2}})"
    rf"(?P=sep){BLANK}?(?P<d>\d{{1,2}})(?![\d]|[.,:/-]\d|-)(?:T(?P<h>\d\d):(?P<min>\d\d)"
    r"(?::(?P<s>\d\d)(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:?\d\d)?)?"
)
_MONTH = re.compile(rf"(?P<y>\d{{4}})(?P<sep>[.-]){BLANK}?(?P<m>\d{{1,2}})(?![\d가-힣%]|[.,:/-]\d)")
_CLOCK = re.compile(r"(?P<h>\d{1,2}):(?P<m>[0-5]\d)(?::(?P<s>[0-5]\d))?(?![\d:])")
_WEEKDAY_GLOSS = re.compile(r"\((?P<w>[월화수목금토일])(?:요일)?\)")


# A piece is asked for up to three times: as follower twice, as a start of its own once.
@lru_cache(maxsize=16)
def token_at(text: str, at: int) -> Token | None:
    """The longest piece that starts exactly at `at`, None where none does."""
    character = text[at : at + 1]
    if character.isdecimal() or character in "'’‘`":
        return _date(text, at) or _clock(text, at) or _figures(text, at) or _word(text, at)
    if character == "(":
        found = _WEEKDAY_GLOSS.match(text, at)
        if found:
            day = "월화수목금토일".index(found["w"]) + 1
            return Token("weekday_gloss", found.end(), True, (("weekday", day),))
        return None
    found_word, found_number = _word(text, at), _spelled(text, at)
    if found_word and found_number:
        return max(found_word, found_number, key=lambda token: token.end)
    return found_word or found_number


def _word(text: str, at: int) -> Token | None:
    pattern = _word_patterns().get(text[at : at + 1])
    found = pattern.match(text, at) if pattern else None
    if found is None:
        return None
    kind, sure, sets = words()[re.sub(BLANK, "", found.group())]
    return Token(kind, found.end(), sure, sets)


def full_year(number: int) -> int:
    """The year that two figures stand for: up to 49 this century, from 50 the last."""
    return number if number > 99 else number + (2000 if number < 50 else 1900)


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
            return Token("date", found.end(), not short or bool(found["mark"]), tuple(sets))
        return None
    found = _MONTH.match(text, at)
    if found and 1 <= int(found["m"]) <= 12 and 1800 <= int(found["y"]) <= 2199:
        sets = [("year", int(found["y"])), ("month", int(found["m"]))]
        return Token("year_month", found.end(), False, tuple(sets))
    return None


def _clock(text: str, at: int) -> Token | None:
    found = _CLOCK.match(text, at)
    # 1:10 is a ratio or a score as often as a time.
    if found is None or int(found["h"]) > 24:
        return None
    sets = [("hour", int(found["h"])), ("minute", int(found["m"]))]
    sets += [("second", int(found["s"]))] if found["s"] else []
    return Token("clock", found.end(), len(found["h"]) == 2, tuple(sets))


def _figures(text: str, at: int) -> Token | None:
    found = _FIGURES.match(text, at)
    if found is None:
        return None
    unit, number, end = found["unit"], float(found["n"]), found.end()
    if unit == "년도" and 0 < number < 50 and found["n"][0] != "0" and not found["mark"]:
        # 10년도 넘은: ten years with a particle.
        unit, end = "년", end - 1
    return Token(
        "number", end, unit != "주", unit=unit, number=number,
        low=float(found["low"]) if found["low"] else None,
        style="mark" if found["mark"] else "padded" if found["n"][0] == "0" else "figures",
        about=bool(found["about"]),
    )  # fmt: skip


def _spelled(text: str, at: int) -> Token | None:
    found = _NATIVE.match(text, at)
    if found:
        low, high = NATIVE[found["n"]]
        unit, number = found["unit"], high or low
        return Token(
            "number", found.end(), unit in ("달", "시간", "주일"), unit=unit, number=number,
            low=low if high else None, style="native",
        )  # fmt: skip
    found = _SINO.match(text, at)
    value = sino_number(found["n"]) if found else None
    if found is None or value is None:
        return None
    return Token(
        "number", found.end(), len(found["n"]) > 2, unit=found["unit"], number=value,
        style="sino" if len(found["n"]) > 1 or found["unit"] in ("년", "개월", "세기") else "short",
    )  # fmt: skip
