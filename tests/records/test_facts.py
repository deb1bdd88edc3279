"""What facts are read, and from what they must not be."""

from __future__ import annotations

import re

import pytest
from helpers import make_reading, read_cases
from marked import Marked, read_marked

from lgtalent_ie.records.facts import COUNTED, read_facts
from lgtalent_ie.records.pieces import read_pieces
from lgtalent_ie.records.relation_tables import frames
from lgtalent_ie.records.relations import read_relations
from lgtalent_ie.schema import Fact


def read(text: str) -> tuple[Marked, tuple[Fact, ...]]:
    """The facts of a marked text; every DATE's value is its own text."""
    dates = {surface: surface for surface in re.findall(r"\[([^\[\]]{1,80})\]DATE", text)}
    marked = read_marked(text, dates=dates)
    pieces = read_pieces(marked.reading)
    relations = read_relations(
        marked.reading, marked.dates, marked.counts, marked.organizations, pieces
    )
    return marked, read_facts(
        marked.reading, marked.dates, marked.counts, marked.organizations, relations, pieces
    )


def facts_of(text: str) -> list[str]:
    """The facts of a marked text as `kind field=value …`."""
    marked, facts = read(text)
    text_of = {mention.id: mention.text for mention in marked.reading.mentions}
    name_of = {organization.id: organization.name for organization in marked.organizations}
    lines = []
    for fact in facts:
        fields = [
            ("actors", ",".join(name_of[a] for a in fact.actors)),
            ("event", text_of[fact.event] if fact.event else ""),
            ("date", fact.date or ""),
            ("place", text_of[fact.place] if fact.place else ""),
            ("counts", ",".join(text_of[c] for c in fact.counts)),
            ("partners", ",".join(name_of[p] for p in fact.partners)),
        ]
        lines.append(" ".join([fact.kind, *(f"{name}={value}" for name, value in fields if value)]))
    return sorted(lines)


def listed(expected: str) -> list[str]:
    return [] if expected == "-" else sorted(expected.split("; "))


@pytest.mark.parametrize(("text", "expected"), read_cases("facts"))
def test_case(text: str, expected: str) -> None:
    assert facts_of(text) == listed(expected)


@pytest.mark.parametrize("row", frames("fact_frames"), ids=lambda row: row.example)
def test_each_row_reads_its_own_example(row) -> None:  # type: ignore[no-untyped-def]
    assert facts_of(row.example) == listed(row.expected)


def test_rows_name_known_kinds() -> None:
    for row in frames("fact_frames"):
        assert row.type in COUNTED
        assert row.head.label == "ORG"
        assert 0 < row.score <= 1


def test_neighbouring_sentences_make_one_fact_that_spans_both() -> None:
    text = (
        "[한빛전자]ORG는 채용 행사 '[누리 데이]EVENT'를 열었다. "
        "[누리 데이]EVENT에 연구자 [25명]QUANTITY을 초청했다."
    )
    marked, facts = read(text)
    (fact,) = facts
    assert (fact.start, fact.end) == (0, len(marked.reading.text))
    assert len(fact.counts) == 1


def test_a_fact_without_a_known_organisation_is_none() -> None:
    marked, _ = read("[해오름]ORG은 연구원 [30명]QUANTITY을 채용했다.")
    pieces = read_pieces(marked.reading)
    assert read_facts(marked.reading, (), marked.counts, (), (), pieces) == ()


def test_a_date_without_a_record_gives_no_date() -> None:
    marked, _ = read("[해오름]ORG은 [지난해]DATE 연구원 [30명]QUANTITY을 채용했다.")
    pieces = read_pieces(marked.reading)
    (fact,) = read_facts(marked.reading, (), marked.counts, marked.organizations, (), pieces)
    assert fact.date is None


def test_no_text_gives_no_facts() -> None:
    reading = make_reading("")
    assert read_facts(reading, (), (), (), (), read_pieces(reading)) == ()
