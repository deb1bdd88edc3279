"""Documents as flat tables: every record a row, typed columns, and the input's own beside them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from corpus_documents import told
from hypothesis import given
from hypothesis import strategies as st

from lgtalent_ie.corpus import flat
from lgtalent_ie.corpus.flat import (
    DOCUMENT_COLUMNS,
    Further,
    as_batches,
    flatten,
    further_cells,
    further_columns,
    schemas,
)
from lgtalent_ie.corpus.sources import Source
from lgtalent_ie.schema import (
    Count,
    Date,
    Document,
    Fact,
    Link,
    Mention,
    Organization,
    Quote,
    Relation,
    Section,
    Span,
    Speaker,
    Warning,
)

pa = pytest.importorskip("pyarrow")

# Every kind of record once, over a text of which only the length counts.
WHOLE = Document(
    text="글" * 60,
    model="hand@1",
    published="2026-03-05",
    sections=(Section("headline", 0, 9), Section("body", 10, 60)),
    mentions=(
        Mention("m1", "ORG", 0, 4, "한빛전자", 0.9),
        Mention("m2", "QUANTITY", 5, 8, "10명", 0.8),
        Mention("m3", "DATE", 9, 11, "올해", 0.7),
        Mention("m4", "PERSON", 12, 15, "김새벽", 0.9),
        Mention("m5", "ORG", 16, 19, "새벽대", 0.9),
        Mention("m6", "LOCATION", 20, 22, "뉴욕", 0.9),
        Mention("m7", "EVENT", 23, 28, "한빛의 밤", 0.9),
        Mention("m8", "QUANTITY", 29, 33, "2~3명", 0.9),
    ),
    organizations=(
        Organization("o1", "한빛전자", ("HBE",), ("m1",)),
        Organization("o2", "새벽대", (), ("m5",)),
    ),
    dates=(Date("m3", "DATE", "2026", "2026-01-01", "2026-12-31", None, True),),
    counts=(
        Count("m2", 3, 8, "연구원 10명", 10, None, None, "명", "person", "exact", None, Span(3, 4, "연구원")),
        Count("m8", 29, 33, "2~3명", None, 2, 3, "명", "person", "exact"),
    ),
    quotes=(
        Quote("q1", 30, 40, "문을 연다", "direct", None, 0.9, Span(41, 44, "말했다"),
              Speaker(12, 20, "김새벽 새벽대 교수", "김새벽", "교수", "새벽대", "m4")),
        Quote("q2", 45, 50, "온다", "partial", "q1", 0.8),
    ),
    relations=(Relation("talent:joined", "m2", "m1", 0, 30, 0.8),),
    facts=(
        Fact("hire", ("o1", "o2"), "m7", "2025", "m6", ("m2", "m8"), ("o2",), 0, 30, 0.7),
        Fact("programme", (), None, None, None, (), (), 0, 30, 0.6),
    ),
    warnings=(Warning("no_date", "a date would help"),),
    links=(Link("o1", "E7", "한빛", 0.9),),
)  # fmt: skip


def rows(table: str, document: Document = WHOLE) -> list[dict[str, Any]]:
    """The rows of a table as they come back from Arrow."""
    streams = as_batches(flatten("a", document), schemas())
    return pa.ipc.open_stream(streams[table]).read_all().to_pylist() if table in streams else []


def test_every_record_is_a_row() -> None:
    sizes = {name: len(rows(name)) for name in schemas()}
    assert sizes == {
        "documents": 1, "sections": 2, "mentions": 8, "organizations": 2, "dates": 1, "counts": 2,
        "quotes": 2, "relations": 1, "facts": 3, "links": 1,
    }  # fmt: skip
    assert {row["document"] for name in schemas() for row in rows(name)} == {"a"}


def test_the_row_of_a_document() -> None:
    assert rows("documents") == [
        {"document": "a", "published": date(2026, 3, 5), "model": "hand@1", "length": 60, "text": None,
         "warnings": ["no_date"], "other_columns": None}
    ]  # fmt: skip
    [page] = rows("documents", replace(WHOLE, extracted=True, published=None))
    assert page["text"] == WHOLE.text and page["published"] is None


def test_counts_carry_the_counted_words() -> None:
    first, second = rows("counts")
    assert (first["value"], first["unit"], first["counted"], first["counted_start"]) == (
        10.0,
        "명",
        "연구원",
        3,
    )
    assert (second["value"], second["min"], second["max"], second["counted"]) == (
        None,
        2.0,
        3.0,
        None,
    )


def test_quotes_carry_who_said_it() -> None:
    first, second = rows("quotes")
    who = ("speaker", "name", "title", "affiliation", "mention", "cue")
    assert [first[k] for k in who] == [
        "김새벽 새벽대 교수",
        "김새벽",
        "교수",
        "새벽대",
        "m4",
        "말했다",
    ]
    assert [second[k] for k in who] == [None] * 6 and second["continues"] == "q1"


def test_relations_carry_words_and_organisations() -> None:
    [row] = rows("relations")
    assert (row["head_text"], row["head_organization"]) == ("10명", None)
    assert (row["tail"], row["tail_text"], row["tail_organization"]) == ("m1", "한빛전자", "o1")


def test_a_fact_is_a_row_for_each_actor() -> None:
    first, second, other = rows("facts")
    assert [(r["fact"], r["actor"], r["name"]) for r in (first, second, other)] == [
        ("f1", "o1", "한빛전자"), ("f1", "o2", "새벽대"), ("f2", None, None),
    ]  # fmt: skip
    assert (first["event"], first["place"], first["partners"]) == ("한빛의 밤", "뉴욕", ["새벽대"])
    assert (first["date"], first["first"], first["last"]) == (
        "2025",
        date(2025, 1, 1),
        date(2025, 12, 31),
    )
    # Ten, and two at the least.
    assert (first["people"], first["year"], first["counts"]) == (12.0, 2025, ["m2", "m8"])
    # Without a date of its own a fact is of the year of publication, and without counts of nobody.
    assert (other["people"], other["year"], other["first"]) == (None, 2026, None)
    assert rows("facts", replace(WHOLE, published=None))[2]["year"] is None


def test_dates_are_dates_where_python_knows_them() -> None:
    [row] = rows("dates")
    assert (row["text"], row["first"], row["relative"]) == ("올해", date(2026, 1, 1), True)
    odd = replace(WHOLE, dates=(Date(None, "DATE", "10000", "10000-01-01", None),))
    [row] = rows("dates", odd)
    assert (row["text"], row["first"], row["value"]) == (None, None, "10000")


def test_a_number_beyond_all_floats_is_no_number() -> None:
    [row] = rows("counts", replace(WHOLE, counts=(replace(WHOLE.counts[0], value=10**400),)))
    assert row["value"] is None and row["text"] == "연구원 10명"


def test_an_empty_table_has_its_columns_too() -> None:
    empty = Document(text="", model="hand@1")
    assert set(as_batches(flatten("a", empty), schemas())) == {"documents"}
    assert schemas()["links"].names == ["document", "organization", "entity", "name", "score"]
    assert schemas()["documents"].names == list(DOCUMENT_COLUMNS)
    for name, schema in schemas().items():
        assert schema.names[0] == "document", name


@given(st.integers(0, 3), st.integers(0, 500), st.booleans())
def test_people_are_counted_once_for_each_actor(actors: int, people: int, dated: bool) -> None:
    document = told(
        "hire",
        [f"회사{n}" for n in range(actors)],
        people=people,
        date="2024-05" if dated else None,
    )
    found = rows("facts", document)
    assert len(found) == max(1, actors)
    assert {row["people"] for row in found} == {float(people)}
    assert {row["year"] for row in found} == {2024 if dated else 2026}


def source(*columns: tuple[str, Any]) -> Source:
    return Source("in", "jsonl", 1, 1, columns)


def test_further_columns_keep_the_type_that_all_files_agree_in() -> None:
    number, text = pa.int64(), pa.string()
    sources = [
        source(("id", text), ("n", number), ("s", text)),
        source(("n", number), ("s", number), ("x", None)),
    ]
    assert further_columns(sources, ("id",)) == (
        Further("n", "n", number), Further("s", "s", None), Further("x", "x", None),
    )  # fmt: skip


def test_a_name_that_the_table_has_itself_is_given_another() -> None:
    sources = [source(("length", None), ("input_length", None), ("id", None), ("document", None))]
    assert [(f.name, f.column) for f in further_columns(sources, ("id",))] == [
        ("length", "input_input_length"), ("input_length", "input_length"), ("document", "input_document"),
    ]  # fmt: skip


def test_columns_that_no_one_foresaw_are_kept_as_json() -> None:
    further = (Further("section", "section", None), Further("page", "page", pa.int64()))
    cells = further_cells(
        {"section": ["a", 1], "page": 3, "tags": {"b": Decimal("1.5")}, "day": date(2026, 3, 2)},
        further,
    )
    assert cells["section"] == '["a",1]' and cells["page"] == 3
    assert json.loads(cells["other_columns"]) == {"tags": {"b": "1.5"}, "day": "2026-03-02"}
    assert further_cells({}, further) == {"section": None, "page": None}


def test_the_documentation_names_every_column() -> None:
    text = flat.__doc__ or ""
    for name, schema in schemas().items():
        assert name in text
        assert [c for c in schema.names if c not in text] == []
