"""Numbers, units and quantities: case tables, every row of the rule tables, hostile input."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from helpers import read_cases
from hypothesis import given, settings
from hypothesis import strategies as st

from lgtalent_ie.records.measures import measure_at
from lgtalent_ie.records.numbers import find_quantities, parse_number
from lgtalent_ie.records.numerals import NumberWord, number_words, numerals_at
from lgtalent_ie.records.quantities import BoundWord, bound_words, parse_quantity
from lgtalent_ie.records.units import Unit, units

SOME_TEXT = st.text(
    alphabet="0123456789,.:~-·여만억천백십수한두세명원%대번째위제 가은을약중등()", max_size=60
)


def as_number(written: str) -> int | float | None:
    if not written or written == "-":
        return None
    return float(written) if "." in written else int(written)


def unmarked(sentence: str) -> tuple[str, list[tuple[int, int, bool]]]:
    """The sentence without its marks, and the spans in [ ] (sure) and { } (not sure)."""
    text, spans, opened = "", [], 0
    for character in sentence:
        if character in "[{":
            opened = len(text)
        elif character in "]}":
            spans.append((opened, len(text), character == "]"))
        else:
            text += character
    return text, spans


@pytest.mark.parametrize(("text", "value"), read_cases("numbers"))
def test_number(text: str, value: str) -> None:
    number, expected = parse_number(text), as_number(value)
    assert number == expected
    assert type(number) is type(expected)


@pytest.mark.parametrize(
    ("text", "before", "after", "value", "low", "high", "unit", "dimension", "bound", "currency"),
    read_cases("quantities"),
)
def test_quantity(
    text: str, before: str, after: str, value: str, low: str, high: str,
    unit: str, dimension: str, bound: str, currency: str,
) -> None:  # fmt: skip
    count = parse_quantity(text, before=before, after=after)
    if dimension == "none":
        assert count is None
        return
    assert count is not None
    assert count.value == as_number(value)
    assert (count.min, count.max) == (as_number(low), as_number(high))
    assert (count.unit or "", count.dimension, count.bound) == (unit, dimension, bound)
    assert (count.currency or "", count.mention, count.of) == (currency, None, None)
    assert (count.start, count.end, count.text) == (0, len(text), text)


@pytest.mark.parametrize("sentence", [row[0] for row in read_cases("quantity_spans")])
def test_where_quantities_stand(sentence: str) -> None:
    text, expected = unmarked(sentence)
    found = [(m.start, m.end, m.sure) for m in find_quantities(text)]
    assert [(text[a:b], sure) for a, b, sure in found] == [
        (text[a:b], sure) for a, b, sure in expected
    ]
    assert found == expected


@pytest.mark.parametrize("word", number_words(), ids=lambda w: w.word)
def test_number_word(word: NumberWord) -> None:
    longest = numerals_at(word.example, 0)[0]
    assert longest.end == len(word.example)
    if "~" in word.reads:
        assert f"{longest.low}~{longest.high}" == word.reads
    else:
        assert longest.value == as_number(word.reads)


@pytest.mark.parametrize("unit", units(), ids=lambda u: f"{u.unit}-{u.dimension}-{u.when[:4]}")
def test_unit(unit: Unit) -> None:
    text, expected = unmarked(unit.example)
    found = find_quantities(text)
    assert [text[m.start : m.end] for m in found] == [text[a:b] for a, b, _ in expected]
    if unit.dimension == "none":
        assert not found
        return
    measure = measure_at(text, found[-1].start)
    assert measure is not None
    assert (measure.unit, measure.dimension) == (unit.unit, unit.dimension)
    assert (measure.currency, measure.counts) == (unit.currency, unit.counts)
    assert found[-1].sure == unit.sure


def test_units_are_many_and_every_sense_is_one_row() -> None:
    assert len(units()) >= 200
    keys = [(u.unit, u.when) for u in units()]
    assert len(set(keys)) == len(keys)
    assert all((u.currency is not None) == (u.dimension == "money") for u in units())


@pytest.mark.parametrize("word", bound_words(), ids=lambda w: f"{w.side}-{w.word}")
def test_bound_word(word: BoundWord) -> None:
    text, [(start, end, _)] = unmarked(word.example)
    count = parse_quantity(text[start:end], before=text[:start], after=text[end:])
    assert count is not None
    assert count.bound == word.bound
    assert (start, end) in [(m.start, m.end) for m in find_quantities(text)]


def test_a_modifier_that_is_not_next_to_the_number_does_not_bind_it() -> None:
    count = parse_quantity("30명", before="최소 기간을 줄여 ", after="이 왔고 이상 없이 마쳤다")
    assert count is not None
    assert count.bound == "exact"


def test_number_of_the_sign_and_the_digits() -> None:
    assert parse_number("9" * 18) == 10**18 - 1
    assert parse_number("9" * 100_000) is None
    assert parse_number("1" + ",000" * 30_000) is None


@given(st.integers(0, 10**15))
@settings(max_examples=60, deadline=None)
def test_digits_read_back(number: int) -> None:
    assert parse_number(str(number)) == number
    assert parse_number(f"{number:,}") == number
    count = parse_quantity(f"{number:,}명")
    assert count is not None
    assert (count.value, count.unit) == (number, "명")


@given(st.integers(1, 9999), st.integers(0, 9999))
@settings(max_examples=60, deadline=None)
def test_place_value_reads_back(high: int, low: int) -> None:
    value = high * 10**4 + low
    assert parse_number(f"{high}만{low or ''}") == value
    assert parse_number(f"{high}만 {low}" if low else f"{high}만") == value


@given(SOME_TEXT | st.text(max_size=40))
@settings(max_examples=150, deadline=None)
def test_spans_are_ordered_apart_and_tight(text: str) -> None:
    found = find_quantities(text)
    assert all(0 <= m.start < m.end <= len(text) for m in found)
    assert all(a.end <= b.start for a, b in pairwise(found))
    assert all(text[m.start : m.end].strip() == text[m.start : m.end] for m in found)
    for match in found:
        assert parse_quantity(text[match.start : match.end]) is not None


@given(SOME_TEXT | st.text(max_size=40))
@settings(max_examples=150, deadline=None)
def test_a_count_has_a_value_or_an_ordered_range(text: str) -> None:
    count = parse_quantity(text)
    if count is not None and count.min is not None:
        assert count.max is not None
        assert count.value is None
        assert count.min < count.max
    assert count is None or (count.currency is not None) == (count.dimension == "money")
    assert parse_number(text) is None or re.search(r"\S", text)


# A piece, how often it stands there, and what it says once: nothing, or a quantity and its value.
HOSTILE = {
    "digits": ("7", 100_000, None, None),
    "commas": ("1,000", 20_000, None, None),
    "dots": ("1.1.", 25_000, None, None),
    "ratios": ("1:", 50_000, None, None),
    "ranges": ("1~", 50_000, None, None),
    "places": ("일만", 50_000, None, None),
    "groups": ("9억 8만 ", 16_000, "9억 8만", 900_080_000),
    "several": ("수십 ", 33_000, None, None),
    "money": ("$", 100_000, None, None),
    "units": ("1명", 50_000, "1명", 1),
    "slashes": ("1/", 50_000, None, None),
    "losses": ("△", 100_000, None, None),
    "big words": ("만", 100_000, None, None),
    "pairs": ("이삼", 50_000, None, None),
    "dense sums": ("1만2천3백원", 14_000, "1만2천3백원", 12_300),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_of_a_piece_repeated_without_end_nothing_is_made_up(name: str) -> None:
    piece, times, quantity, value = HOSTILE[name]
    text = piece * times
    starts = range(0, len(text), len(piece)) if quantity else ()
    assert [(m.start, m.end) for m in find_quantities(text)] == [
        (start, start + len(quantity or "")) for start in starts
    ]
    count = parse_quantity(text)
    assert (count.value if count else None) == value
    assert count is None or (count.start, count.end, count.text) == (0, len(text), text)
    assert parse_number(text) is None


def test_number_words_without_end_are_no_quantities() -> None:
    text = "두 세 " * 25_000
    assert find_quantities(text) == ()
    assert parse_number(text) is None


def test_a_quantity_behind_many_blanks_is_found_at_its_place() -> None:
    (match,) = find_quantities(" " * 100_000 + "3명")
    assert (match.start, match.end) == (100_000, 100_002)
