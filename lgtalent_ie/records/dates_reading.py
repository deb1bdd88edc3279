"""Dates of a whole document: anchor, order of telling, direction of each clause."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

from lgtalent_ie.reading import Morpheme, Reading, Sentence
from lgtalent_ie.records.dates_expressions import Calendar, Expression, Stretch
from lgtalent_ie.records.dates_grammar import MAX_LENGTH, expression_of, tail_effect
from lgtalent_ie.records.dates_lexicon import GLOSS
from lgtalent_ie.records.dates_point import known_day, parts_of
from lgtalent_ie.records.dates_resolve import resolve
from lgtalent_ie.records.offsets import index_from
from lgtalent_ie.schema import Date, Mention
from lgtalent_ie.tables import read_table

_LIST_GAP = re.compile(
    rf"(?:{GLOSS})?\s{{0,2}}(?:과|와|,|·|및|∙|하고|에 이어)?\s{{0,2}}(?:및\s{{0,2}})?"
)
_PREDICATES = ("VV", "VA", "VX", "VCP", "XSV", "XSA")
_MAX_MORPHEMES = 60


@dataclass(frozen=True, slots=True)
class _Told:
    """What was told before, newest first where a word asks for a day, a month or a year."""

    day: Date | None = None
    month: Date | None = None
    year: Date | None = None
    any: Date | None = None


@cache
def _cues() -> dict[tuple[str, str], frozenset[str]]:
    """(form, tag) → what it says about the dates before it (`tables/date_cues.tsv`)."""
    cues: dict[tuple[str, str], set[str]] = {}
    for form, tag, says, *_ in read_table(__package__, "date_cues"):
        cues.setdefault((form, tag), set()).add(says)
    return {key: frozenset(values) for key, values in cues.items()}


def _says(morpheme: Morpheme) -> frozenset[str]:
    return _cues().get((morpheme.form, morpheme.tag.split("-")[0]), frozenset())


def read_dates(reading: Reading) -> tuple[Date, ...]:
    """One Date for every DATE and TIME mention that can be read, in order.

    The anchor is `reading.published`; `이날` and `당시` take the date told before them; a bare day
    or month looks forward where its clause speaks of what is to come
    (`tables/date_cues.tsv`). A mention that cannot be read yields no record.

    >>> [(d.value, d.mod) for d in read_dates(reading)]  # 오는 25일 … 이달 초 …
    [('2023-06-25', None), ('2023-06', 'START')]
    """
    told, dates = _Told(), []
    before: tuple[Mention, Expression, Date] | None = None
    for mention in reading.mentions:
        if mention.label not in ("DATE", "TIME") or len(mention.text) > MAX_LENGTH:
            continue
        expression = expression_of(mention.text, tail_effect(reading.text, mention.end))
        if expression is None:
            continue
        sentence = reading.sentence_at(mention.start)
        if before is not None and sentence is not None and before[0].start >= sentence.start:
            expression = _inherited(reading, sentence, before, mention, expression)
        elif sentence is None or before is None or before[0].start < sentence.start:
            before = None
        future = _looks_forward(sentence, mention.end) if sentence else None
        previous = _wanted(expression, told, before)
        date = resolve(expression, reading.published, previous, future)
        if date is None:
            continue
        date = replace(date, mention=mention.id)
        dates.append(date)
        report = sentence is not None and _is_report(sentence, mention.end)
        told = _after(told, date, report and _day_in_sentence(before))
        before = (mention, expression, date)
    return tuple(dates)


def _day_in_sentence(before: tuple[Mention, Expression, Date] | None) -> bool:
    return before is not None and known_day(before[2]) is not None


def _wanted(
    expression: Expression, told: _Told, before: tuple[Mention, Expression, Date] | None
) -> Date | None:
    """The date told before that this expression counts from."""
    point = expression.first if isinstance(expression, Stretch) else expression
    if not isinstance(point, Calendar):
        return told.day
    if point.is_time and not point.has_day:
        # A clock time belongs to the day of its own sentence only; elsewhere it stays bare.
        same_sentence = before is not None and known_day(before[2]) is not None
        return before[2] if same_sentence and before is not None else None
    if point.same:
        return told.any
    if point.day_base == "previous":
        return told.day
    if point.month_base == "previous":
        return told.month
    return told.year if point.year_base == "previous" else told.any


def _after(told: _Told, date: Date, demoted: bool) -> _Told:
    """What is told once `date` is; the day of a report (15일 밝혔다) hides no event's."""
    parts = parts_of(date.value) if date.type in ("DATE", "TIME") else None
    if parts is None or demoted:
        return told
    return _Told(
        day=date if parts[2] is not None else told.day,
        month=date if parts[1] is not None else told.month,
        year=date,
        any=date,
    )


def _inherited(
    reading: Reading, sentence: Sentence, before: tuple[Mention, Expression, Date],
    mention: Mention, expression: Expression,
) -> Expression:  # fmt: skip
    """A bare month takes the year, a bare day in a list the month, of the date just before it."""
    earlier, said, date = before
    parts = parts_of(date.value)
    start = expression.first if isinstance(expression, Stretch) else expression
    if not isinstance(start, Calendar) or not isinstance(said, Calendar | Stretch) or parts is None:
        return expression
    source = said.first if isinstance(said, Stretch) else said
    if start.direction or start.has_year or start.is_time or start.month_off is not None:
        return expression
    listed = _LIST_GAP.fullmatch(reading.text, earlier.end, mention.start) is not None
    new = start
    if start.month or start.quarter or start.half or start.season:
        if source.has_year and (listed or not _has_predicate(sentence, earlier.end, mention.start)):
            new = replace(start, year=parts[0])
    elif start.day and source.has_month and listed and parts[1]:
        new = replace(start, year=parts[0], month=parts[1])
    return replace(expression, first=new) if isinstance(expression, Stretch) else new


def _morphemes_from(sentence: Sentence, offset: int) -> Sequence[Morpheme]:
    start = index_from(sentence.morphemes, offset)
    return sentence.morphemes[start : start + _MAX_MORPHEMES]


def _has_predicate(sentence: Sentence, start: int, end: int) -> bool:
    return any(
        morpheme.tag.startswith(_PREDICATES)
        for morpheme in _morphemes_from(sentence, start)
        if morpheme.start < end
    )


def _looks_forward(sentence: Sentence, offset: int) -> bool | None:
    """Whether the clause after a date speaks of what is to come; None where nothing says."""
    present, whole, decision = False, False, None
    for morpheme in _morphemes_from(sentence, offset):
        tag = morpheme.tag.split("-")[0]
        says = _says(morpheme)
        present = present or "present" in says
        ends = tag in ("EF", "EC") and morpheme.form.startswith(("ᆫ다", "는다"))
        said: bool | None = None
        if "past" in says:
            said = False
        elif "future" in says or (ends and present):
            said = True
        # A date before its sentence's topic (16일 협회는 …) belongs to the last verb of all, and
        # what stands inside a relative clause says nothing about it.
        whole = whole or (tag == "JX" and morpheme.form in ("은", "는") and decision is None)
        if said is not None and not (whole and tag == "ETM"):
            decision = said
            if not whole or (morpheme.form, tag) == ("따르", "VV"):
                return decision
        if tag == "EF" and not ends and not whole:
            return decision
    return decision


def _is_report(sentence: Sentence, offset: int) -> bool:
    """Whether a verb of reporting follows at once: `15일 밝혔다`."""
    following = [m for m in _morphemes_from(sentence, offset) if not m.tag.startswith("J")][:1]
    return any("report" in _says(morpheme) for morpheme in following)
