"""Gold files that are wrong are refused with file and field; scores count what the README says."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from sample_gold import TEXT, counts, gold_data, scored, span, written

from lgtalent_ie.errors import DataError, InputError
from lgtalent_ie.evaluation.documents import (
    differences,
    evaluate_documents,
    score_documents,
)
from lgtalent_ie.evaluation.gold import (
    GoldDocument,
    as_document,
    check_text,
    load_gold,
    text_sha256,
)
from lgtalent_ie.evaluation.scores import DETAIL_ROWS, Score, Scores, score_table
from lgtalent_ie.evaluation.sources import find_text
from lgtalent_ie.schema import Document, Fact, Mention, Organization, Relation


@pytest.fixture
def gold(tmp_path: Path) -> GoldDocument:
    return load_gold(written(tmp_path, gold_data()))


@pytest.fixture
def perfect(gold: GoldDocument) -> Document:
    return as_document(gold, TEXT)


# ---------------------------------------------------------------- reading gold


def test_gold_is_read(gold: GoldDocument) -> None:
    assert gold.published == date(2023, 6, 22)
    assert gold.counts[0].of == tuple(span("석사급 연구원"))
    assert gold.quotes[0].continues is None
    assert [m.label for m in gold.mentions].count("ORG") == 5


def change(*path: str | int, to: object) -> Callable[[dict[str, Any]], None]:
    def apply(data: Any) -> None:
        for step in path[:-1]:
            data = data[step]
        data[path[-1]] = to

    return apply


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (change("format", to=2), "$.format"),
        (change("document", to="../sample"), "$.document"),
        (change("sha256", to="0" * 63), "$.sha256"),
        (change("published", to="2023-02-30"), "$.published"),
        (change("marked", to="gestern"), "$.marked"),
        (change("length", to="long"), "$.length"),
        (change("author", to="someone"), "author"),
        (change("mentions", 0, "label", to="COMPANY"), "$.mentions[0].label"),
        (change("mentions", 0, "end", to=0), "$.mentions[0]"),
        (change("mentions", 0, "end", to=10_000), "$.mentions[0]"),
        (change("mentions", 0, "text", to="새벽전자"), "$.mentions[0]"),
        (change("mentions", 1, "id", to="m1"), "$.mentions"),
        (change("organizations", 0, "mentions", to=["m1", "m99"]), "$.organizations[0]"),
        (change("organizations", 0, "mentions", to=["m1", "m5"]), "$.organizations[0]"),
        (change("organizations", 0, "name_mention", to="m3"), "$.organizations[0]"),
        (change("organizations", 1, "mentions", to=["m1", "m9"]), "$.organizations[1]"),
        (change("dates", 0, "mention", to="m1"), "$.dates[0]"),
        (change("dates", 0, "type", to="DAY"), "$.dates[0].type"),
        (change("counts", 0, "mention", to="m2"), "$.counts[0]"),
        (change("counts", 0, "of", to=[5, 5]), "$.counts[0]"),
        (change("counts", 0, "of", to=[5]), "$.counts[0].of"),
        (change("quotes", 0, "cue", to=[-1, 5]), "$.quotes[0]"),
        (change("quotes", 0, "continues", to=0), "$.quotes[0].continues"),
        (change("quotes", 0, "name_mention", to="m99"), "$.quotes[0]"),
        (change("relations", 0, "tail", to="m99"), "$.relations[0]"),
        (change("facts", 0, "actors", to=["m5"]), "$.facts[0]"),
        (change("facts", 0, "kind", to="party"), "$.facts[0].kind"),
        (change("facts", 0, "counts", to=["m99"]), "$.facts[0]"),
    ],
)
def test_wrong_gold_is_refused_with_file_and_field(
    tmp_path: Path, wrong: Callable[[dict[str, Any]], None], field: str
) -> None:
    data = gold_data()
    wrong(data)
    path = written(tmp_path, data)
    with pytest.raises(DataError) as caught:
        load_gold(path)
    assert str(path) in caught.value.given
    assert field in caught.value.given


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b"null"])
def test_a_file_that_is_no_gold(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "sample.json"
    path.write_bytes(content)
    with pytest.raises(DataError, match="gold"):
        load_gold(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.json"):
        load_gold(tmp_path / "none.json")


@pytest.mark.parametrize("text", [TEXT + " ", TEXT[:-1] + " ", TEXT.replace("\n", "\r\n"), ""])
def test_another_text_is_refused(gold: GoldDocument, text: str) -> None:
    with pytest.raises(DataError, match="sample"):
        check_text(gold, text)


# ---------------------------------------------------------------- scores


def test_gold_scores_all_right_against_itself(gold: GoldDocument, perfect: Document) -> None:
    records = scored(gold, perfect)
    assert {name: counts(s) for name, s in records.items() if name not in DETAIL_ROWS} == {
        "mentions": (9, 0, 0),
        "mentions/DATE": (1, 0, 0),
        "mentions/ORG": (5, 0, 0),
        "mentions/PERSON": (1, 0, 0),
        "mentions/QUANTITY": (1, 0, 0),
        "mentions/TITLE": (1, 0, 0),
        "organizations": (5, 0, 0),
        "dates": (1, 0, 0),
        "counts": (1, 0, 0),
        "counted": (1, 0, 0),
        "quotes": (1, 0, 0),
        "speakers": (1, 0, 0),
        "cues": (1, 0, 0),
        "relations": (2, 0, 0),
        "relations/org:partner": (1, 0, 0),
        "relations/talent:joined": (1, 0, 0),
        "facts": (1, 0, 0),
        "facts/hire": (1, 0, 0),
    }
    assert records["mentions"].f1 == 1.0
    assert differences(gold, perfect, TEXT) == ()
    assert {name: counts(records[name]) for name in DETAIL_ROWS} == {
        "mentions.exact": (9, 0, 0),
        "mentions.type": (9, 0, 0),
        "mentions.partial": (9, 0, 0),
        "organizations.ceaf_e": (2, 0, 0),
        "organizations.ceaf_m": (5, 0, 0),
        "organizations.muc": (3, 0, 0),
        "dates.month": (1, 0, 0),
        "dates.year": (1, 0, 0),
        "counts.value": (1, 0, 0),
        "counts.unit": (1, 0, 0),
        "counts.bound": (1, 0, 0),
        "speakers.span": (1, 0, 0),
        "speakers.name": (1, 0, 0),
        "relations.relaxed": (2, 0, 0),
    }


def test_an_empty_document_misses_all(gold: GoldDocument) -> None:
    records = scored(gold, Document(TEXT, "none"))
    assert counts(records["mentions"]) == (0, 0, 9)
    assert counts(records["relations"]) == (0, 0, 2)
    assert counts(records["organizations"]) == (0, 0, 5)
    assert records["mentions"].precision == records["mentions"].f1 == 0.0


def test_a_span_must_agree_at_both_ends(gold: GoldDocument, perfect: Document) -> None:
    first = replace(perfect.mentions[0], end=2, text="새벽")
    records = scored(gold, replace(perfect, mentions=(first, *perfect.mentions[1:])))
    assert counts(records["mentions"]) == (8, 1, 1)
    assert counts(records["mentions/ORG"]) == (4, 1, 1)


def test_a_label_must_agree(gold: GoldDocument, perfect: Document) -> None:
    first = replace(perfect.mentions[0], label="PRODUCT")
    records = scored(gold, replace(perfect, mentions=(first, *perfect.mentions[1:])))
    assert counts(records["mentions/ORG"]) == (4, 0, 1)
    assert counts(records["mentions/PRODUCT"]) == (0, 1, 0)


def test_a_date_must_have_the_value(gold: GoldDocument, perfect: Document) -> None:
    moment = replace(perfect.dates[0], value="2023-07-21")
    assert counts(scored(gold, replace(perfect, dates=(moment,)))["dates"]) == (0, 1, 1)


def test_a_record_without_its_mention_is_spurious(gold: GoldDocument, perfect: Document) -> None:
    moment = replace(perfect.dates[0], mention=None)
    assert counts(scored(gold, replace(perfect, dates=(moment,)))["dates"]) == (0, 1, 1)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [({"value": 10.0}, (1, 0, 0)), ({"value": 11}, (0, 1, 1)), ({"unit": "인"}, (0, 1, 1)),
     ({"value": None, "min": 10, "max": 11}, (0, 1, 1)), ({"bound": "approx"}, (1, 0, 0))],
)  # fmt: skip
def test_a_count_must_have_value_and_unit(
    gold: GoldDocument, perfect: Document, changed: dict[str, Any], expected: tuple[int, ...]
) -> None:
    count = replace(perfect.counts[0], **changed)
    assert counts(scored(gold, replace(perfect, counts=(count,)))["counts"]) == expected


def test_what_is_counted_is_a_score_of_its_own(gold: GoldDocument, perfect: Document) -> None:
    records = scored(gold, replace(perfect, counts=(replace(perfect.counts[0], of=None),)))
    assert counts(records["counts"]) == (1, 0, 0)
    assert counts(records["counted"]) == (0, 0, 1)


def test_a_speaker_is_right_by_name(gold: GoldDocument, perfect: Document) -> None:
    quote = perfect.quotes[0]
    assert quote.speaker is not None
    shorter = replace(quote.speaker, start=span("한가람")[0], end=span("한가람")[1])
    records = scored(gold, replace(perfect, quotes=(replace(quote, speaker=shorter),)))
    assert counts(records["speakers"]) == (1, 0, 0)
    stranger = replace(quote.speaker, name="한새벽")
    records = scored(gold, replace(perfect, quotes=(replace(quote, speaker=stranger),)))
    assert counts(records["speakers"]) == (0, 1, 1)
    assert counts(records["quotes"]) == (1, 0, 0)


def test_a_speaker_without_a_name_is_right_by_span(tmp_path: Path) -> None:
    data = gold_data()
    data["quotes"][0]["name_mention"] = None
    gold = load_gold(written(tmp_path, data))
    document = as_document(gold, TEXT)
    quote = document.quotes[0]
    assert quote.speaker is not None
    named = replace(quote.speaker, name="한가람")
    records = scored(gold, replace(document, quotes=(replace(quote, speaker=named),)))
    assert counts(records["speakers"]) == (1, 0, 0)
    shorter = replace(named, end=named.end - 1)
    records = scored(gold, replace(document, quotes=(replace(quote, speaker=shorter),)))
    assert counts(records["speakers"]) == (0, 1, 1)


def test_a_cue_must_have_the_span(gold: GoldDocument, perfect: Document) -> None:
    quote = replace(perfect.quotes[0], cue=None)
    assert counts(scored(gold, replace(perfect, quotes=(quote,)))["cues"]) == (0, 0, 1)


def test_a_relation_counts_under_any_name_of_the_organisation(
    gold: GoldDocument, perfect: Document
) -> None:
    same = (Relation("talent:joined", "m4", "m8", 0, 0, 1.0),
            Relation("org:partner", "m6", "m3", 0, 0, 1.0),
            Relation("org:partner", "m1", "m9", 0, 0, 1.0))  # fmt: skip
    records = scored(gold, replace(perfect, relations=same))
    assert counts(records["relations"]) == (2, 0, 0)
    turned = Relation("org:partner", "m9", "m8", 0, 0, 1.0)
    records = scored(gold, replace(perfect, relations=(turned,)))
    assert counts(records["relations/org:partner"]) == (0, 1, 1)


def test_a_relation_of_a_mention_that_gold_lacks_goes_by_text_or_cluster(
    gold: GoldDocument, perfect: Document
) -> None:
    start = span("새벽전자 상무")[0]
    longer = Mention("x1", "ORG", start, start + 7, "새벽전자 상무", 1.0)
    document = replace(
        perfect,
        mentions=(*perfect.mentions, longer),
        organizations=(Organization("o1", "새벽전자", (), ("x1", "m1")),),
        relations=(Relation("talent:joined", "m4", "x1", 0, 0, 1.0),),
    )
    assert counts(scored(gold, document)["relations/talent:joined"]) == (1, 0, 0)


@pytest.mark.parametrize(
    ("clusters", "precision", "recall"),
    [
        # Worked by hand: gold {m1 m6 m8} {m3 m9}.
        ([["m1", "m6", "m8"], ["m3", "m9"]], 1.0, 1.0),
        ([["m1", "m6", "m8", "m3", "m9"]], (3 * 3 / 5 + 2 * 2 / 5) / 5, 1.0),
        ([["m1"], ["m6"], ["m8"], ["m3"], ["m9"]], 1.0, (3 * 1 / 3 + 2 * 1 / 2) / 5),
        ([["m1", "m6"], ["m3", "m9"]], 1.0, (2 * 2 / 3 + 2) / 5),
        ([["m1", "m6", "m3"], ["m8", "m9"]], (2 * 2 / 3 + 1 / 3 + 2 * 1 / 2) / 5,
         (2 * 2 / 3 + 1 / 2 + 1 / 3 + 1 / 2) / 5),
        ([], 0.0, 0.0),
    ],
)  # fmt: skip
def test_b_cubed(
    gold: GoldDocument,
    perfect: Document,
    clusters: list[list[str]],
    precision: float,
    recall: float,
) -> None:
    made = tuple(Organization(f"o{n}", "", (), tuple(ids)) for n, ids in enumerate(clusters, 1))
    score = scored(gold, replace(perfect, organizations=made))["organizations"]
    assert score.precision == pytest.approx(precision)
    assert score.recall == pytest.approx(recall)


# ---------------------------------------------------------------- facts, documents, differences


def test_facts_are_paired_by_kind_and_a_common_actor(gold: GoldDocument, perfect: Document) -> None:
    fact = perfect.facts[0]
    more = replace(fact, actors=("o2", "o1"), date="2020")
    assert counts(scored(gold, replace(perfect, facts=(more,)))["facts"]) == (1, 0, 0)
    assert counts(scored(gold, replace(perfect, facts=(fact, more)))["facts"]) == (1, 1, 0)
    other: Fact = replace(fact, actors=("o2",))
    assert counts(scored(gold, replace(perfect, facts=(other,)))["facts"]) == (0, 1, 1)
    award = replace(fact, kind="award")
    records = scored(gold, replace(perfect, facts=(award,)))
    assert counts(records["facts/award"]) == (0, 1, 0)
    assert counts(records["facts/hire"]) == (0, 0, 1)


def test_scores_add_up_over_documents(gold: GoldDocument, perfect: Document) -> None:
    scores = score_documents([(gold, perfect, TEXT), (gold, Document(TEXT, "none"), TEXT)])
    assert scores.documents == 2
    assert counts(scores.records["mentions"]) == (9, 0, 9)
    assert scores.records["mentions"].recall == 0.5
    assert scores.records["mentions"].f1 == pytest.approx(2 / 3)


def test_differences_name_what_is_missed_and_spurious(
    gold: GoldDocument, perfect: Document
) -> None:
    document = replace(
        perfect,
        mentions=(replace(perfect.mentions[0], end=2, text="새벽"), *perfect.mentions[1:]),
        dates=(replace(perfect.dates[0], value="2023-07"),),
    )
    found = [tuple(d) for d in differences(gold, document, TEXT)]
    assert found == [
        ("mentions", "spurious", 0, 2, "새벽", "ORG"),
        ("mentions", "missed", 0, 4, "새벽전자", "ORG"),
        ("organizations", "missed", 0, 4, "새벽전자", "새벽전자 | 새벽전자 | 새벽"),
        ("organizations", "spurious", *span("새벽전자", 2), "새벽전자", "새벽전자 | 새벽"),
        ("dates", "missed", *span("21일"), "21일", "2023-06-21"),
        ("dates", "spurious", *span("21일"), "21일", "2023-07"),
    ]


# ---------------------------------------------------------------- folders, tables


def test_a_folder_is_scored_with_documents_on_disk(tmp_path: Path, perfect: Document) -> None:
    gold_dir, answers, texts = (tmp_path / name for name in ("gold", "answers", "texts"))
    for folder in (gold_dir, answers, texts):
        folder.mkdir()
    written(gold_dir, gold_data())
    (texts / "sample.txt").write_bytes(TEXT.encode())
    (answers / "sample.json").write_text(perfect.to_json(), encoding="utf-8")
    scores = evaluate_documents(gold_dir, answers, [tmp_path / "nowhere", texts])
    assert (scores.documents, scores.missing) == (1, ())
    assert scores.records["mentions"].f1 == 1.0
    (answers / "sample.json").write_text("{}", encoding="utf-8")
    with pytest.raises(InputError):
        evaluate_documents(gold_dir, answers, [texts])
    (answers / "sample.json").unlink()
    assert evaluate_documents(gold_dir, answers, [texts]).missing == ("sample: no prediction",)
    (texts / "sample.txt").unlink()
    assert evaluate_documents(gold_dir, answers, [texts]).missing == ("sample: no text",)


def test_a_folder_is_scored_with_a_callable(tmp_path: Path) -> None:
    written(tmp_path, gold_data())
    (tmp_path / "sample.txt").write_bytes(TEXT.encode())
    asked = []

    def predict(text: str, published: str | None) -> Document:
        asked.append((text, published))
        return Document(text, "none")

    scores = evaluate_documents(tmp_path, predict, [tmp_path])
    assert asked == [(TEXT, "2023-06-22")]
    assert counts(scores.records["mentions"]) == (0, 0, 9)


def test_a_folder_without_gold(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="without"):
        evaluate_documents(tmp_path, tmp_path, [])


def test_line_ends_of_a_text_are_kept(tmp_path: Path) -> None:
    data = gold_data()
    text = TEXT.replace("\n", "\r\n")
    data |= {"sha256": text_sha256(text), "length": len(text)}
    (tmp_path / "sample.txt").write_bytes(text.encode())
    assert find_text(load_gold(written(tmp_path, data)), [tmp_path]) == text


def test_scores_as_json_and_as_a_table(gold: GoldDocument, perfect: Document) -> None:
    scores = score_documents([(gold, replace(perfect, dates=()), TEXT)])
    made = json.loads(json.dumps(scores.to_dict()))
    assert made["documents"] == 1
    assert made["records"]["dates"] == {
        "precision": 0.0, "recall": 0.0, "f1": 0.0, "tp": 0, "fp": 0, "fn": 1
    }  # fmt: skip
    out = StringIO()
    Console(file=out, width=100).print(score_table(scores))
    line = next(line for line in out.getvalue().splitlines() if " mentions " in line)
    assert line.count("100.0") == 3
    missed = next(line for line in out.getvalue().splitlines() if " dates " in line)
    assert missed.count("0.0") == 3


def test_a_row_of_nothing_is_no_zero_in_the_table(gold: GoldDocument, perfect: Document) -> None:
    bare = msgspec.structs.replace(gold, quotes=())
    scores = score_documents([(bare, replace(perfect, quotes=()), TEXT)], resamples=10)
    out = StringIO()
    Console(file=out, width=110).print(score_table(scores))
    line = next(line for line in out.getvalue().splitlines() if " quotes " in line)
    assert "0.0" not in line and line.count("–") == 3


@settings(max_examples=30, deadline=None)
@given(st.sets(st.integers(0, 8)))
def test_a_part_of_gold_has_no_spurious_mention(kept: set[int]) -> None:
    gold = msgspec.convert(gold_data(), GoldDocument)
    perfect = as_document(gold, TEXT)
    some = tuple(mention for at, mention in enumerate(perfect.mentions) if at in kept)
    records = scored(gold, replace(perfect, mentions=some))
    assert counts(records["mentions"]) == (len(kept), 0, 9 - len(kept))
    assert records["organizations"].precision in (0.0, 1.0)
    missed = differences(gold, replace(perfect, mentions=some), TEXT)
    assert sum(d.record == "mentions" for d in missed) == 9 - len(kept)


def test_empty_scores() -> None:
    assert Scores().to_dict() == {"documents": 0, "missing": [], "records": {}}
    assert Score() + Score(1, 2, 1, 4) == Score(1, 2, 1, 4)
