"""Parts of records, other measures of them, sums by document, areas, calibration, intervals."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sample_gold import TEXT, counts, gold_data, scored, span, written

from lgtalent_ie.errors import DataError
from lgtalent_ie.evaluation.documents import Ranked, per_document, score_documents, scores_of
from lgtalent_ie.evaluation.gold import GoldDocument, as_document, load_gold
from lgtalent_ie.evaluation.items import month_and_year
from lgtalent_ie.evaluation.scores import Score
from lgtalent_ie.schema import Document, Mention, Relation


@pytest.fixture
def gold(tmp_path: Path) -> GoldDocument:
    return load_gold(written(tmp_path, gold_data()))


@pytest.fixture
def perfect(gold: GoldDocument) -> Document:
    return as_document(gold, TEXT)


# ---------------------------------------------------------------- parts of records


@pytest.mark.parametrize(
    ("value", "right"),
    [("2023-06-21", "dates dates.month dates.year"), ("2023-06-20", "dates.month dates.year"),
     ("2023-06", "dates.month dates.year"), ("2023-07-21", "dates.year"), ("2023", "dates.year"),
     ("2022-06-21", ""), ("XXXX-06-21", "")],
)  # fmt: skip
def test_a_date_is_right_as_far_as_the_month_or_the_year(
    gold: GoldDocument, perfect: Document, value: str, right: str
) -> None:
    moment = replace(perfect.dates[0], value=value)
    records = scored(gold, replace(perfect, dates=(moment,)))
    assert {row for row in records if row.startswith("dates") and records[row].right} == set(
        right.split()
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2023-06-21", ("2023-06", "2023")), ("2023-06-21T18:00", ("2023-06", "2023")),
        ("2023-10-11/2023-11-16", ("2023-10/2023-11", "2023")),
        ("2022-12-30/2023-01-02", ("2022-12/2023-01", "2022/2023")),
        ("2023-SU", ("2023-SU", "2023")), ("2023-W15", ("2023-W15", "2023")),
        ("XXXX-XX-13", ("XXXX-XX", "XXXX")), ("2023", ("2023", "2023")),
        ("P16W", None), ("T18:00", None), ("2023/P1Y", None),
    ],
)  # fmt: skip
def test_year_and_month_of_a_value(value: str, expected: tuple[str, str] | None) -> None:
    assert month_and_year(value) == expected


def test_a_duration_has_no_month(gold: GoldDocument, perfect: Document) -> None:
    moment = replace(perfect.dates[0], type="DURATION")
    records = scored(gold, replace(perfect, dates=(moment,)))
    assert counts(records["dates"]) == (1, 0, 0)
    assert counts(records["dates.month"]) == (0, 0, 1)


@pytest.mark.parametrize(
    ("changed", "wrong"),
    [({"value": 11}, "counts counts.value"), ({"unit": "인"}, "counts counts.unit"),
     ({"bound": "approx"}, "counts.bound"), ({"of": None}, "counted"), ({}, "")],
)  # fmt: skip
def test_each_part_of_a_count_is_scored_alone(
    gold: GoldDocument, perfect: Document, changed: dict[str, Any], wrong: str
) -> None:
    records = scored(gold, replace(perfect, counts=(replace(perfect.counts[0], **changed),)))
    rows = ("counts", "counts.value", "counts.unit", "counts.bound", "counted")
    assert {row for row in rows if not records[row].right} == set(wrong.split())


def test_span_and_name_of_a_speaker_are_scored_alone(gold: GoldDocument, perfect: Document) -> None:
    quote = perfect.quotes[0]
    assert quote.speaker is not None
    start, end = span("한가람")
    changed = replace(quote.speaker, start=start, end=end)
    records = scored(gold, replace(perfect, quotes=(replace(quote, speaker=changed),)))
    assert counts(records["speakers.name"]) == (1, 0, 0)
    assert counts(records["speakers.span"]) == (0, 1, 1)
    nameless = replace(quote.speaker, name=None)
    records = scored(gold, replace(perfect, quotes=(replace(quote, speaker=nameless),)))
    assert counts(records["speakers.name"]) == (0, 0, 1)
    assert counts(records["speakers.span"]) == (1, 0, 0)


def test_a_relaxed_relation_needs_ends_that_overlap(gold: GoldDocument, perfect: Document) -> None:
    start, end = span("10명")
    longer = Mention("x4", "QUANTITY", start - 4, end, TEXT[start - 4 : end], 1.0)
    elsewhere = Mention("x5", "QUANTITY", start - 4, start, TEXT[start - 4 : start], 1.0)
    joined = Relation("talent:joined", "x4", "m1", 0, 0, 1.0)
    document = replace(perfect, mentions=(*perfect.mentions, longer, elsewhere))
    records = scored(gold, replace(document, relations=(joined,)))
    assert counts(records["relations"]) == (0, 1, 2)
    assert counts(records["relations.relaxed"]) == (1, 0, 1)
    for other in (
        replace(joined, head="x5"), replace(joined, type="org:partner"),
        replace(joined, head="m1", tail="x4"),
    ):  # fmt: skip
        records = scored(gold, replace(document, relations=(other,)))
        assert counts(records["relations.relaxed"]) == (0, 1, 2)


def test_two_relations_cannot_both_be_the_same_one(gold: GoldDocument, perfect: Document) -> None:
    start, end = span("10명")
    longer = Mention("x4", "QUANTITY", start - 4, end, TEXT[start - 4 : end], 1.0)
    both = tuple(Relation("talent:joined", head, "m1", 0, 0, 1.0) for head in ("x4", "m4"))
    document = replace(perfect, mentions=(*perfect.mentions, longer), relations=both)
    assert counts(scored(gold, document)["relations.relaxed"]) == (1, 1, 1)


def test_mentions_beyond_strict(gold: GoldDocument, perfect: Document) -> None:
    particle = replace(perfect.mentions[0], end=5, text=TEXT[:5])
    document = replace(perfect, mentions=(particle, *perfect.mentions[1:]))
    scores = score_documents([(gold, document, TEXT)])
    assert scores.records["mentions.partial"].right == 8.5
    assert counts(scores.records["mentions.type"]) == (9, 0, 0)
    assert counts(scores.records["mentions.exact"]) == (8, 1, 1)
    assert scores.errors == {"boundary/particle": 1}
    assert scores.schemes["strict"].counts() == (8, 1, 0, 0, 0)


# ---------------------------------------------------------------- scores of answers, intervals


def ranked(scores: list[float], right: list[bool], gold: int) -> Ranked:
    made = np.zeros(len(scores), np.int64), np.array(scores), np.array(right, dtype=bool)
    return Ranked(*made, np.array([gold]))


@pytest.mark.parametrize(
    ("scores", "right", "gold", "area"),
    [
        ([0.9, 0.8, 0.7], [True, False, True], 2, 0.5 * 1 + 0.5 * 2 / 3),
        ([0.9, 0.8, 0.7], [True, False, True], 4, 0.25 * 1 + 0.25 * 2 / 3),  # two never found
        ([0.5, 0.5], [True, False], 1, 0.5),  # equal scores are one point of the curve
        ([], [], 3, 0.0),
        ([0.9], [False], 0, None),
    ],
)
def test_the_area_under_the_curve(
    scores: list[float], right: list[bool], gold: int, area: float | None
) -> None:
    assert ranked(scores, right, gold).area() == (None if area is None else pytest.approx(area))


def test_the_area_is_scikit_learns_where_all_gold_was_found() -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    generator = np.random.default_rng(3)
    scores, right = generator.integers(0, 9, 60) / 9, generator.random(60) < 0.4
    expected = metrics.average_precision_score(right, scores)
    assert ranked(list(scores), list(right), int(right.sum())).area() == pytest.approx(expected)


def test_scores_of_mentions_are_held_against_gold(gold: GoldDocument, perfect: Document) -> None:
    sure = tuple(replace(m, score=0.75) for m in perfect.mentions[:4])
    wrong = replace(sure[0], end=2, text=TEXT[:2])
    scores = score_documents([(gold, replace(perfect, mentions=(wrong, *sure[1:])), TEXT)])
    assert scores.calibration_error == pytest.approx(0.0)  # three of four are right
    assert [b.count for b in scores.calibration] == [4]
    overrated = replace(perfect, mentions=(replace(wrong, score=1.0),))
    assert score_documents([(gold, overrated, TEXT)]).calibration_error == 1.0
    assert score_documents([(gold, Document(TEXT, "none"), TEXT)]).calibration_error is None


def test_the_best_score_of_a_relation_said_twice_counts(
    gold: GoldDocument, perfect: Document
) -> None:
    said = (Relation("talent:joined", "m4", "m1", 0, 0, 0.2),
            Relation("talent:joined", "m4", "m6", 0, 0, 0.9),
            Relation("org:partner", "m1", "m2", 0, 0, 0.5))  # fmt: skip
    sums = per_document([(gold, replace(perfect, relations=said), TEXT)])
    assert sorted(sums.relations.score.tolist()) == [0.5, 0.9]
    assert sums.relations.area() == pytest.approx(0.5)


def test_sums_are_by_document_so_that_documents_can_be_drawn(
    gold: GoldDocument, perfect: Document
) -> None:
    some = replace(perfect, mentions=perfect.mentions[:5], relations=())
    triples = [(gold, perfect, TEXT), (gold, some, TEXT)]
    sums = per_document(triples)
    assert sums.documents == ("sample", "sample")
    assert sums.values.shape == (2, len(sums.rows), 4)
    for at, triple in enumerate(triples):
        alone = score_documents([triple]).records
        for row, values in zip(sums.rows, sums.values[at], strict=True):
            assert alone.get(row, Score()) == Score(*values)
    twice = np.array([2, 0]) @ sums.values.reshape(2, -1)
    assert Score(*twice.reshape(-1, 4)[sums.rows.index("mentions")]) == Score(18, 18, 18, 18)


def test_intervals_are_of_documents(gold: GoldDocument, perfect: Document) -> None:
    some = replace(perfect, mentions=perfect.mentions[:3])
    sums = per_document([(gold, perfect, TEXT), (gold, some, TEXT)])
    scores = scores_of(sums, resamples=200)
    low, high = scores.intervals["mentions"]
    assert (low, high) == (0.5, 1.0)  # all three of nine, and all nine
    assert low < scores.records["mentions"].f1 < high
    assert scores.to_dict()["records"]["mentions"]["f1_interval"] == [0.5, 1.0]
    assert scores_of(per_document([(gold, perfect, TEXT)]), resamples=200).intervals == {}


def test_a_document_of_another_text_is_refused(gold: GoldDocument) -> None:
    with pytest.raises(DataError, match="sample"):
        score_documents([(gold, Document(TEXT + " ", "none"), TEXT)])


# ---------------------------------------------------------------- indirect speech


def test_indirect_speech_counts_where_gold_marks_it_and_nowhere_else(
    gold: GoldDocument, perfect: Document, tmp_path: Path
) -> None:
    spoken = replace(perfect.quotes[0], id="q9", start=0, end=3, kind="indirect", continues=None)
    more = replace(perfect, quotes=(*perfect.quotes, spoken))
    assert scored(gold, more)["quotes"] == scored(gold, perfect)["quotes"]
    data = gold_data()
    data["quotes"] = [*data["quotes"], {"start": 0, "end": 3, "kind": "indirect"}]
    marking = load_gold(written(tmp_path, data))
    assert scored(marking, more)["quotes"].f1 == 1.0
    assert scored(marking, perfect)["quotes"].f1 < 1.0
