"""Korean calendar expressions: where they stand (find_dates) and what they mean (parse_date)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Literal

from lgtalent_ie.records.dates_chains import Match
from lgtalent_ie.records.dates_foreign import plain_signs
from lgtalent_ie.records.dates_grammar import MAX_LENGTH, expression_at, expression_of
from lgtalent_ie.records.dates_lexicon import start_pattern
from lgtalent_ie.records.dates_reading import read_dates
from lgtalent_ie.records.dates_resolve import resolve
from lgtalent_ie.schema import Date

_CLOSING = re.compile("['’]")
# An expression and the particles behind it.
_WINDOW = MAX_LENGTH + 16

__all__ = ["DateMatch", "find_dates", "parse_date", "read_dates"]


# Behind a noun they belong to it (`총선 당시`), at the start of a sentence they are a date.
OPENERS = frozenset({"당시"})

_TERMS = ("1학기", "2학기")
_GRADE = re.compile("학년 ?$")


@dataclass(frozen=True, slots=True)
class DateMatch:
    """A calendar expression in a text, half-open in code points.

    `sure` is false where the same letters are often something else (`봄`, `한 주`), so that the
    model decides. Give one sentence at a time: some words are sure only where it begins.
    """

    start: int
    end: int
    label: Literal["DATE", "TIME"]
    sure: bool


def find_dates(text: str) -> tuple[DateMatch, ...]:
    """All calendar expressions of a text in order, without overlap.

    >>> text = "협회는 지난해 3월부터 매주 월요일 오후 6시에 모였다."
    >>> [(text[m.start:m.end], m.label) for m in find_dates(text)]
    [('지난해 3월', 'DATE'), ('매주 월요일', 'DATE'), ('오후 6시', 'TIME')]
    """
    text = plain_signs(text)
    found, at, sieve = [], 0, start_pattern()
    while start := sieve.search(text, at):
        begin = start.start()
        match = _expression(text[begin : begin + _WINDOW])
        if match and text[begin] in "'‘`":
            end = begin + match.end
            if _CLOSING.search(text, end, end + 40):
                # The mark opens a quotation ('10년 이상'), it does not shorten a year.
                begin += 1
                match = _expression(text[begin : begin + _WINDOW])
        if (
            match
            and text.startswith(_TERMS, begin)
            and _GRADE.search(text, max(0, begin - 3), begin)
        ):
            # 2학년 1학기 is a stage of a schooling, in whatever year it was.
            match = None
        if match is None:
            at = start.end()
            continue
        at = begin + match.end
        label: Literal["DATE", "TIME"] = "TIME" if match.expression.is_time else "DATE"
        sure = match.sure or (text[begin:at] in OPENERS and not text[:begin].strip())
        found.append(DateMatch(begin, at, label, sure))
    return tuple(found)


# Tables, menus and pasted pages repeat themselves; what was just read is not read again.
@lru_cache(maxsize=1024)
def _expression(window: str) -> Match | None:
    return expression_at(window, 0)


def parse_date(
    text: str,
    anchor: str | date | datetime | None = None,
    *,
    previous: Date | None = None,
    future: bool | None = None,
) -> Date | None:
    """The meaning of one calendar expression, None where the text is none or names no real day.

    Parameters
    ----------
    text: the expression, particles allowed (`지난 13일에는`).
    anchor: the day of writing; an ISO 8601 string, a date or a datetime. Without it a relative
        expression keeps what it says: `XXXX-XX-13`.
    previous: the date told before, for `이날`, `같은 달`, `이듬해`, and the day of a clock time.
    future: True where the sentence speaks of what is to come, False where of what has been.

    Values are ISO 8601 with the additions of TIMEX3 (TimeML 1.2.1): seasons `2023-SU`, quarters
    `2023-Q1`, halves `2023-H1`, weekends `2023-W25-WE`, decades `199`, centuries `20`, parts of the
    day `TMO`, sets such as `XXXX-WXX-1`. `first` and `last` are the days of the value, whatever
    `mod` says. An anchor string that is no ISO date counts as none.

    >>> parse_date("지난달 말", "2023-06-21")
    Date(mention=None, type='DATE', value='2023-05', first='2023-05-01', last='2023-05-31', \
mod='END', relative=True)
    >>> parse_date("13일").value, parse_date("2월 30일"), parse_date("16주간").value
    ('XXXX-XX-13', None, 'P16W')
    """
    if len(text) > MAX_LENGTH:
        return None
    return _parse(text, anchor, previous, future)


@lru_cache(maxsize=16384)
def _parse(
    text: str, anchor: str | date | datetime | None, previous: Date | None, future: bool | None
) -> Date | None:
    expression = expression_of(text)
    if expression is None:
        return None
    today = _read_anchor(anchor) if isinstance(anchor, str) else anchor
    return resolve(expression, today, previous, future)


@lru_cache(maxsize=1024)
def _read_anchor(anchor: str) -> date | None:
    try:
        return date.fromisoformat(anchor)
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(anchor)
    except ValueError:
        return None
