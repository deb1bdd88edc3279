"""Counts: what is counted, the record's span, and mentions that say little."""

from __future__ import annotations

import pytest
from helpers import MentionSpec, make_reading, read_cases
from hypothesis import given, settings
from hypothesis import strategies as st

from lgtalent_ie.reading import Reading
from lgtalent_ie.records.counts import read_counts
from lgtalent_ie.records.noun_phrases import phrase_word_rows, phrase_words
from lgtalent_ie.records.numbers import find_quantities
from lgtalent_ie.schema import LABELS, Count, Label, Mention, Section


def named(others: str) -> list[MentionSpec]:
    specs: list[MentionSpec] = []
    for other in filter(None, others.split("|")):
        label, surface = other.split(":", 1)
        specs.extend((known, surface) for known in LABELS if known == label)
    return specs


def count_of(reading: Reading, surface: str) -> Count:
    mention = next(m for m in reading.mentions if m.text == surface and m.label == "QUANTITY")
    return next(c for c in read_counts(reading) if c.mention == mention.id)


@pytest.mark.parametrize(("text", "quantity", "counted", "others"), read_cases("counted"))
def test_what_is_counted(text: str, quantity: str, counted: str, others: str) -> None:
    reading = make_reading(text, [("QUANTITY", quantity), *named(others)])
    count = count_of(reading, quantity)
    assert (count.of.text if count.of else "-") == counted
    if count.of:
        assert text[count.of.start : count.of.end] == count.of.text
        assert count.start <= count.of.start < count.of.end <= count.end
    assert text[count.start : count.end] == count.text
    assert quantity in count.text


@pytest.mark.parametrize("row", phrase_word_rows(), ids=lambda row: f"{row[0]}-{row[1][0]}")
def test_phrase_words(row: tuple[str, tuple[str, ...], str]) -> None:
    role, words, example = row
    text = example.translate(str.maketrans("", "", "<>[]"))
    assert any(word in text for word in words)
    assert phrase_words("adverbial") >= set(words) or role != "adverbial"
    bracketed = example[example.index("[") + 1 : example.index("]")]
    quantity = bracketed.translate(str.maketrans("", "", "<>"))
    count = count_of(make_reading(text, [("QUANTITY", quantity)]), quantity)
    counted = example[example.index("<") + 1 : example.index(">")] if "<" in example else None
    assert (count.of.text if count.of else None) == counted


@pytest.mark.parametrize(
    ("text", "quantity", "dimension"),
    [
        ("두 형제가 왔다.", "두 형제", "person"),
        ("300만 관객이 봤다.", "300만 관객", "person"),
        ("3남매가 자랐다.", "3남매", "person"),
        ("두 나라가 손잡았다.", "두 나라", "item"),
    ],
)
def test_a_noun_that_is_counted_itself_is_no_unit(text: str, quantity: str, dimension: str) -> None:
    count = count_of(make_reading(text, [("QUANTITY", quantity)]), quantity)
    assert (count.unit, count.dimension) == (None, dimension)


def test_the_record_covers_phrase_and_number() -> None:
    text = "올해 석사급 개발자 약 12명이 들어왔다."
    [count] = read_counts(make_reading(text, [("QUANTITY", "12명")]))
    assert count.text == "석사급 개발자 약 12명"
    assert (count.mention, count.value, count.unit, count.bound) == ("m1", 12, "명", "approx")


def test_a_phrase_behind_the_number_ends_the_record() -> None:
    text = "행사장에는 탁자 대신 8개 좌석이 놓였다."
    [count] = read_counts(make_reading(text, [("QUANTITY", "8개")]))
    assert count.text == "8개 좌석"
    assert count.of is not None
    assert count.of.text == "좌석"


def test_the_bound_is_read_in_the_sentence_only() -> None:
    text = "목표는 최소\n30명이 왔다."
    [count] = read_counts(make_reading(text, [("QUANTITY", "30명")]))
    assert count.bound == "exact"


def test_one_count_for_every_quantity_in_order() -> None:
    text = "석사 3명과 박사 10명이 다수의 논문 20편을 냈다."
    surfaces = ["3명", "10명", "다수", "20편"]
    counts = read_counts(make_reading(text, [("QUANTITY", s) for s in surfaces]))
    assert [c.mention for c in counts] == ["m1", "m2", "m3", "m4"]
    assert [c.value for c in counts] == [3, 10, None, 20]
    assert (counts[2].unit, counts[2].dimension, counts[2].bound) == (None, "other", "exact")


def test_other_labels_are_no_counts() -> None:
    text = "한울전자는 2031년 문을 열었다."
    assert read_counts(make_reading(text, [("ORG", "한울전자"), ("DATE", "2031년")])) == ()


def test_a_quantity_outside_the_sentences_counts_nothing() -> None:
    text = "박사 10명"
    mention = Mention("m1", "QUANTITY", 3, 6, "10명", 1.0)
    [count] = read_counts(Reading(text, None, (Section("furniture", 0, 6),), (), (mention,)))
    assert (count.of, count.text, count.value) == (None, "10명", 10)


def test_pieces_of_a_product_are_no_age() -> None:
    text = "직원들에게 누리폰 30대를 나눠 줬다."
    reading = make_reading(text, [("PRODUCT", "누리폰"), ("QUANTITY", "30대")])
    [count] = read_counts(reading)
    assert (count.value, count.min, count.dimension) == (30, None, "item")


WORDS = st.sampled_from(
    ["연구원", "박사급", "교수,", "등", "중", "10명", "3개", "은", "의", "약", "최소", "(AI)",
     "'가'", "·", "및", "2024년", "한울전자", "5억원", "이다.", "\n"]
)  # fmt: skip


@given(st.lists(WORDS, max_size=14), st.sampled_from(["ORG", "DATE", "PERSON", "PRODUCT"]))
@settings(max_examples=60, deadline=None)
def test_any_sentence_gives_counts_whose_offsets_hold(words: list[str], label: Label) -> None:
    text = " ".join(words)
    base = make_reading(text)
    quantities = [(m.start, m.end, "QUANTITY") for m in find_quantities(text)]
    names = [
        (at, at + 4, label) for at in range(len(text)) if text.startswith("한울전자", at)
    ]  # fmt: skip
    mentions = tuple(
        Mention(f"m{n}", known, start, end, text[start:end], 1.0)
        for n, (start, end, name) in enumerate(sorted(quantities + names), 1)
        for known in LABELS
        if known == name
    )
    reading = Reading(text, None, base.sections, base.sentences, mentions)
    counts = read_counts(reading)
    assert [c.mention for c in counts] == [m.id for m in mentions if m.label == "QUANTITY"]
    for count in counts:
        assert text[count.start : count.end] == count.text
        if count.of:
            assert text[count.of.start : count.of.end] == count.of.text == count.of.text.strip()
            assert count.start <= count.of.start < count.of.end <= count.end


def test_every_count_of_a_long_list_is_read() -> None:
    text = "연구원 10명, " * 1500
    base = make_reading(text)
    mentions = tuple(
        Mention(f"m{n}", "QUANTITY", m.start, m.end, text[m.start : m.end], 1.0)
        for n, m in enumerate(find_quantities(text), 1)
    )
    counts = read_counts(Reading(text, None, base.sections, base.sentences, mentions))
    assert [c.mention for c in counts] == [f"m{n}" for n in range(1, 1501)]
    assert [c.start for c in counts] == list(range(0, len(text), len("연구원 10명, ")))
    assert {(c.text, c.value, c.unit) for c in counts} == {("연구원 10명", 10, "명")}
    assert {c.of.text if c.of else None for c in counts} == {"연구원"}
