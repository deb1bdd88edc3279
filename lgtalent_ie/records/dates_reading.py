"""Dates of a whole document: anchor, order of telling, direction of each clause."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from msgspec.structs import replace

from lgtalent_ie.reading import Morpheme, Reading, Sentence
from lgtalent_ie.records.dates_expressions import (
    Calendar,
    Effect,
    Expression,
    Length,
    Shift,
    Stretch,
)
from lgtalent_ie.records.dates_grammar import MAX_LENGTH, approximate, expression_of, tail_effect
from lgtalent_ie.records.dates_lexicon import GLOSS, heads
from lgtalent_ie.records.dates_resolve import resolve
from lgtalent_ie.records.dates_signs import DASH
from lgtalent_ie.records.dates_units import full_year
from lgtalent_ie.records.dates_values import known_day, parts_of, said_parts
from lgtalent_ie.records.offsets import index_from
from lgtalent_ie.schema import Date, Mention
from lgtalent_ie.tables import read_table

_LIST_GAP = re.compile(
    rf"(?:{GLOSS})?\s{{0,2}}(?:과|와|,|·|및|∙|하고|에 이어)?\s{{0,2}}(?:및\s{{0,2}})?"
)
# Years without 년, where a mention says that they are years: 2018∼2020, ’15~’18, 2019.
_BARE_YEARS = re.compile(rf"['’‘]?(\d{{4}}|(?<=['’‘])\d\d)(?: ?{DASH} ?['’‘]?(\d{{2}}|\d{{4}}))?")
# 854년에 is a year, 200년에 걸쳐 a length.
_IN_THE_YEAR = re.compile("에(?:는|도)? (?!걸쳐|걸친|한 번|한번|이르)")
_HEAD = re.compile("(?<![가-힣])([가-힣]{1,4}) ?$")
_EACH = re.compile(
    r" ?(?:평균 |약 |최대 |최소 )?(?:[0-9][0-9,.]{0,8}|[가-힣]{1,3}) ?[가-힣%]{0,4}씩(?![가-힣])"
)
_PREDICATES = ("VV", "VA", "VX", "VCP", "XSV", "XSA")
_MAX_MORPHEMES = 60


@dataclass(frozen=True, slots=True)
class _Told:
    """What was told before, newest first where a word asks for a day, a month or a year."""

    day: Date | None = None
    month: Date | None = None
    year: Date | None = None
    period: Date | None = None
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
        expression = _expression(reading, mention)
        if expression is None:
            continue
        sentence = reading.sentence_at(mention.start)
        if before is not None and sentence is not None and before[0].start >= sentence.start:
            expression = _inherited(reading, sentence, before, mention, expression)
        elif sentence is None or before is None or before[0].start < sentence.start:
            before = None
        future = _looks_forward(sentence, mention.end) if sentence else None
        if future is None and _is_limit(reading, mention, expression):
            future = True
        previous = _wanted(expression, told, before)
        date = resolve(expression, reading.published, previous, future)
        if date is None:
            continue
        date = dataclasses.replace(date, mention=mention.id)
        dates.append(date)
        report = sentence is not None and _is_report(sentence, mention.end)
        told = _after(told, date, report and _day_in_sentence(before))
        before = (mention, expression, date)
    return tuple(dates)


def _expression(reading: Reading, mention: Mention) -> Expression | None:
    """What the mention says, with what the words around it make of it."""
    text = reading.text
    head = _HEAD.search(text, max(0, mention.start - 6), mention.start)
    effect: Effect = heads().get(head[1], "none") if head else "none"
    if effect == "none":
        effect = tail_effect(text, mention.end)
    expression = _known_expression(mention.text, effect)
    if expression is None and mention.label == "DATE":
        return _bare_years(mention.text)
    if expression is not None and head and head[1] in ("약", "대략"):
        expression = approximate(expression)
    if isinstance(expression, Length) and _EACH.match(text, mention.end):
        # 하루 90분씩: so much in every day.
        expression = replace(expression, repeat=True)
    if (
        isinstance(expression, Length) and len(expression.pairs) == 1
        and expression.pairs[0][0] == "Y" and 100 <= expression.pairs[0][1] < 1000
        and not (expression.about or expression.upto) and _IN_THE_YEAR.match(text, mention.end)
    ):  # fmt: skip
        return Calendar(year=int(expression.pairs[0][1]))
    return expression


# A document says 지난해 many times.
_known_expression = lru_cache(maxsize=4096)(expression_of)


def _bare_years(text: str) -> Expression | None:
    found = _BARE_YEARS.fullmatch(text)
    if found is None:
        return None
    first = full_year(int(found[1]))
    if found[2] is None:
        return Calendar(year=first)
    last = int(found[2])
    last = last if last > 99 else first // 100 * 100 + last
    return Stretch(Calendar(year=first), Calendar(year=last)) if first < last else None


def _is_limit(reading: Reading, mention: Mention, expression: Expression) -> bool:
    """Whether a day is the end of something (20일까지 받는다), which lies ahead if nothing says."""
    last = expression.last if isinstance(expression, Stretch) else expression
    bounded = mention.text.endswith("까지") or reading.text.startswith("까지", mention.end)
    return bounded and isinstance(last, Calendar) and last.has_day


def _day_in_sentence(before: tuple[Mention, Expression, Date] | None) -> bool:
    return before is not None and known_day(before[2]) is not None


def _wanted(
    expression: Expression, told: _Told, before: tuple[Mention, Expression, Date] | None
) -> Date | None:
    """The date told before that this expression counts from."""
    point = expression.first if isinstance(expression, Stretch) else expression
    if isinstance(point, Shift):
        unit = point.length.pairs[-1][0]
        return (told.year if unit == "Y" else told.month if unit == "M" else None) or told.day
    if not isinstance(point, Calendar):
        return told.day
    if point.is_time and not point.has_day:
        # A clock time belongs to the day of its own sentence only; elsewhere it stays bare.
        same_sentence = before is not None and known_day(before[2]) is not None
        return before[2] if same_sentence and before is not None else None
    if point.same:
        return told.any
    if point.same_span:
        return told.period
    if point.day_base == "previous":
        return told.day
    if point.month_base == "previous":
        return told.month
    return told.year if point.year_base == "previous" else told.any


def _after(told: _Told, date: Date, demoted: bool) -> _Told:
    """What is told once `date` is; the day of a report (15일 밝혔다) hides no event's."""
    if demoted or date.type not in ("DATE", "TIME"):
        return told
    parts = said_parts(date.value)
    if parts is None:
        # 1980년대, 21세기: told, but no year of their own.
        return dataclasses.replace(told, any=date) if date.value.isdigit() else told
    year, month, day = parts
    return _Told(
        day=date if day is not None else told.day,
        month=date if month is not None else told.month,
        year=date if year != "XXXX" else told.year,
        period=date if day is None or "/" in date.value else told.period,
        any=date if len(date.value.strip("X-WT")) > 0 else told.any,
    )


def _inherited(
    reading: Reading, sentence: Sentence, before: tuple[Mention, Expression, Date],
    mention: Mention, expression: Expression,
) -> Expression:  # fmt: skip
    """A bare month takes the year, a bare day in a list the month, of the date just before it."""
    earlier, said, date = before
    parts = parts_of(date.value)
    start = expression.first if isinstance(expression, Stretch) else expression
    if not isinstance(start, Calendar) or not isinstance(said, Calendar | Stretch):
        return expression
    source = said.first if isinstance(said, Stretch) else said
    if start.direction or start.has_year or start.is_time or start.month_off is not None:
        return expression
    listed = _LIST_GAP.fullmatch(reading.text, earlier.end, mention.start) is not None
    new = start
    if source.repeat and not start.day and (start.season or start.month):
        # 해마다 봄과 가을에: what repeats goes on repeating.
        new = replace(start, repeat="plain")
    elif parts is None:
        return expression
    elif start.month or start.quarter or start.half or start.season:
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
    present, whole, past_clause, decision = False, False, False, None
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
        if said is not None and not ((whole or past_clause) and tag == "ETM"):
            decision = said
            if not whole or (morpheme.form, tag) == ("따르", "VV"):
                return decision
        # 5월 장터를 열어 책을 산 손님에게 …: a later relative clause is not about the date either.
        past_clause = past_clause or tag == "EC"
        if tag == "EF" and not ends and not whole:
            return decision
    return decision


def _is_report(sentence: Sentence, offset: int) -> bool:
    """Whether a verb of reporting follows at once: `15일 밝혔다`."""
    following = [m for m in _morphemes_from(sentence, offset) if not m.tag.startswith("J")][:1]
    return any("report" in _says(morpheme) for morpheme in following)
