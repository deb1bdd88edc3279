"""Agreement of annotators: hand-computed values, and what is not defined said, never 1.0 or 0.0."""

from __future__ import annotations

import json
from io import StringIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching
from sklearn.metrics import cohen_kappa_score
from two_annotators import TEXT, count, fact, marks, mention

from lgtalent_ie.errors import DataError
from lgtalent_ie.evaluation.agreement import (
    Agreement,
    AttributeAgreement,
    PairAgreement,
    agreement,
    matched,
)
from lgtalent_ie.evaluation.agreement_tables import agreement_tables
from lgtalent_ie.evaluation.reliability import (
    NO_ITEMS,
    Statistic,
    cohen_kappa,
    fleiss_kappa,
    krippendorff_alpha,
    observed_agreement,
)

# Ten subjects by fourteen raters, Fleiss' kappa 0.210: how often each subject got each category.
FLEISS_EXAMPLE = (
    "0 0 0 0 14", "0 2 6 4 2", "0 0 3 5 6", "0 3 9 2 0", "2 2 8 1 1", "7 7 0 0 0", "3 2 6 3 0",
    "2 5 3 2 2", "6 5 2 1 0", "0 2 2 3 7",
)  # fmt: skip
# Krippendorff 2011, part C: four observers, twelve units, nominal alpha 0.743.
KRIPPENDORFF_EXAMPLE = ("123321412...", "1233224125.3", ".3332342251.", "12332441251.")
CATEGORIES = st.sampled_from("xyz")


def items(*columns: str) -> list[dict[str, str]]:
    """One item for each place of the annotators' words; a point is no judgement."""
    return [
        {f"a{n}": value for n, value in enumerate(row) if value != "."}
        for row in zip(*columns, strict=True)
    ]


def test_fleiss_kappa_of_the_known_example() -> None:
    rows = [
        [
            str(category)
            for category, times in enumerate(map(int, row.split()))
            for _ in range(times)
        ]
        for row in FLEISS_EXAMPLE
    ]
    found = fleiss_kappa(
        items(*map("".join, zip(*rows, strict=True))), [f"a{n}" for n in range(14)]
    )
    assert (found.value, found.items) == (pytest.approx(0.20993, abs=1e-5), 10)


def test_krippendorff_alpha_of_the_known_example() -> None:
    found = krippendorff_alpha(items(*KRIPPENDORFF_EXAMPLE))
    assert (found.value, found.items) == (pytest.approx(0.743421, abs=1e-6), 11)


def test_cohen_kappa_by_hand() -> None:
    # 6 of 8 agree; by chance (4 · 4 + 4 · 4) / 64 = 0.5.
    assert cohen_kappa(items("xxxxyyyy", "xxxyyyyx"), "a0", "a1") == Statistic(0.5, 8)


@given(st.lists(st.tuples(CATEGORIES, CATEGORIES), min_size=1, max_size=30))
@settings(max_examples=40, deadline=None)
def test_cohen_kappa_is_that_of_scikit_learn(pairs: list[tuple[str, str]]) -> None:
    one, other = zip(*pairs, strict=True)
    found = cohen_kappa(items("".join(one), "".join(other)), "a0", "a1")
    if len({*one, *other}) == 1:
        assert found.value is None
    else:
        assert found.value == pytest.approx(cohen_kappa_score(one, other))


@given(st.lists(st.lists(CATEGORIES, min_size=3, max_size=3), min_size=2, max_size=20))
@settings(max_examples=40, deadline=None)
def test_alpha_is_fleiss_kappa_but_for_the_number_of_judgements(rows: list[list[str]]) -> None:
    judged = items(*map("".join, zip(*rows, strict=True)))
    alpha, kappa = krippendorff_alpha(judged), fleiss_kappa(judged, ["a0", "a1", "a2"])
    n = 3 * len(rows)
    if kappa.value is None or alpha.value is None:
        assert kappa == alpha
    else:
        assert 1 - alpha.value == pytest.approx((1 - kappa.value) * (n - 1) / n)


@given(st.lists(st.text("xyz.", min_size=4, max_size=4), min_size=1, max_size=12))
@settings(max_examples=40, deadline=None)
def test_alpha_is_what_its_definition_says(rows: list[str]) -> None:
    units = [[value for value in row if value != "."] for row in rows]
    units = [unit for unit in units if len(unit) > 1]
    judgements = [value for unit in units for value in unit]
    n = len(judgements)
    within = sum(
        sum(a != b for a in unit for b in unit) / (len(unit) - 1) for unit in units
    )  # fmt: skip
    between = sum(a != b for a in judgements for b in judgements)
    found = krippendorff_alpha(items(*map("".join, zip(*rows, strict=True))))
    if between:
        assert found.value == pytest.approx(1 - within / n / (between / n / (n - 1)))
    else:
        assert found.value is None and found.reason


def test_one_category_is_no_agreement_by_chance() -> None:
    judged = items("xxx", "xxx")
    said = "one category only: x"
    assert observed_agreement(judged) == Statistic(1.0, 3)
    assert cohen_kappa(judged, "a0", "a1") == Statistic(None, 3, said)
    assert fleiss_kappa(judged, ["a0", "a1"]) == Statistic(None, 3, said)
    assert krippendorff_alpha(judged) == Statistic(None, 3, said)


def test_nothing_shared_is_no_value() -> None:
    judged = items("x.", ".y")
    for found in (
        observed_agreement(judged),
        cohen_kappa(judged, "a0", "a1"),
        fleiss_kappa(judged, ["a0", "a1"]),
        krippendorff_alpha(judged),
    ):
        assert found == Statistic(None, 0, NO_ITEMS)


def test_fleiss_rests_on_what_all_judged_and_alpha_on_what_two_did() -> None:
    judged = items("xxyy", "xyyy", "x.yx")
    assert fleiss_kappa(judged, ["a0", "a1", "a2"]).items == 3
    assert krippendorff_alpha(judged).items == 4


@st.composite
def flat(draw: st.DrawFn) -> list[tuple[int, int]]:
    ends = draw(st.lists(st.integers(0, 30), unique=True, max_size=14))
    ends = sorted(ends)[: len(ends) // 2 * 2]
    return list(zip(ends[::2], ends[1::2], strict=True))


@given(flat(), flat())
@settings(max_examples=60, deadline=None)
def test_overlap_pairs_as_many_as_can_be(
    own: list[tuple[int, int]], others: list[tuple[int, int]]
) -> None:
    if not own or not others:
        assert matched(own, others) == 0
        return
    edges = np.array([[a[0] < b[1] and b[0] < a[1] for b in others] for a in own], int)
    assert matched(own, others) == (maximum_bipartite_matching(csr_array(edges)) >= 0).sum()


def span_row(found: Agreement, row: str) -> PairAgreement:
    return next(r for r in found.spans if r.row == row)


def attribute(found: Agreement, name: str, row: str = "all") -> AttributeAgreement:
    return next(a for a in found.attributes if (a.attribute, a.row) == (name, row))


def second() -> dict[str, object]:
    """Another reading: the date is shorter, the title is none, the event is a product."""
    return {
        "mentions": {
            "m2": mention("m2", "DATE", "21일"),
            "m4": mention("m4", "PRODUCT", "별빛 인재의 밤"),
            "m8": None,
        },
        "relations": [
            {"type": "org:product", "head": "m4", "tail": "m7"},
            {"type": "talent:joined", "head": "m5", "tail": "m9"},
        ],
        "counts": [count(value=10.0, unit=None, bound="at_least")],
        "facts": [fact(event=None)],
    }


def test_spans_agree_by_label_strictly_and_where_they_overlap() -> None:
    found = agreement({"article": {"kim": marks(), "lee": marks("lee", **second())}})
    # Ten and nine mentions, seven the same; the date overlaps too.
    assert span_row(found, "all").strict == Statistic(pytest.approx(14 / 19), 19)
    assert span_row(found, "all").overlap == Statistic(pytest.approx(16 / 19), 19)
    assert span_row(found, "DATE").strict == Statistic(0.0, 2)
    assert span_row(found, "DATE").overlap == Statistic(1.0, 2)
    assert span_row(found, "ORG").strict == Statistic(1.0, 10)
    assert (span_row(found, "TITLE").first_items, span_row(found, "TITLE").second_items) == (1, 0)
    assert "TIME" not in {r.row for r in found.spans}


def test_attributes_of_what_both_marked() -> None:
    found = agreement(
        {"article": {"kim": marks(), "lee": marks("lee", **second())}}, {"article": TEXT}
    )
    # Eight spans in common: kim says 5 ORG, EVENT, QUANTITY, PERSON, lee PRODUCT for EVENT.
    label = attribute(found, "label")
    assert found.kappa == "Cohen's kappa" and label.observed == Statistic(7 / 8, 8)
    chance = (5 * 5 + 1 + 1) / 64
    assert label.kappa.value == pytest.approx((7 / 8 - chance) / (1 - chance))
    event = attribute(found, "label", "EVENT")
    assert (event.given, event.kappa.value) == (1, pytest.approx(0.0))
    assert attribute(found, "label", "ORG").alpha.value == 1.0
    # The same number written otherwise is the same; one item of one category says nothing.
    assert attribute(found, "count value").observed.value == 1.0
    assert attribute(found, "count value").kappa == Statistic(None, 1, "one category only: 10")
    assert attribute(found, "count bound").kappa == Statistic(0.0, 1)
    assert attribute(found, "count unit").observed.value == 0.0
    assert attribute(found, "date value").alpha == Statistic(None, 0, NO_ITEMS)
    assert attribute(found, "speaker name").observed == Statistic(1.0, 2)


def test_a_relation_is_the_same_pair_by_any_mention_of_an_organisation() -> None:
    found = agreement({"article": {"kim": marks(), "lee": marks("lee", **second())}})
    kinds = attribute(found, "relation type")
    assert kinds.observed == Statistic(0.5, 2)
    assert attribute(found, "relation type", "talent:joined").kappa.value == 1.0


def test_two_types_of_one_pair_count_each() -> None:
    both = [*marks().relations]
    extra = {"type": "event:partner", "head": "m4", "tail": "m1"}
    lee = marks(
        "lee", relations=[{"type": r.type, "head": r.head, "tail": r.tail} for r in both] + [extra]
    )
    found = agreement({"article": {"kim": marks(), "lee": lee}})
    assert attribute(found, "relation type", "event:host").observed.value == 1.0
    assert attribute(found, "relation type").observed.value == pytest.approx(2 / 3)
    assert attribute(found, "relation type", "event:partner").given == 1


def test_speakers_are_words_so_they_need_the_text() -> None:
    found = agreement({"article": {"kim": marks(), "lee": marks("lee")}})
    name = attribute(found, "speaker name")
    assert name.kappa.value is None and "give the texts" in str(name.kappa.reason)
    assert all(r.strict.value is None and "texts" in str(r.strict.reason) for r in found.records)


def test_records_are_scored_as_documents_are() -> None:
    found = agreement(
        {"article": {"kim": marks(), "lee": marks("lee", **second())}}, {"article": TEXT}
    )
    records = {r.row: r for r in found.records}
    assert records["mentions"].strict.value == pytest.approx(14 / 19)
    assert records["relations"].strict == Statistic(pytest.approx(2 / 5), 5)
    assert records["facts"].strict.value == 1.0
    assert (records["counts"].first_items, records["counts"].strict.value) == (1, 0.0)


def test_three_annotators_pair_by_pair_and_together() -> None:
    lee = marks("lee", counts=[count(bound="approx")])
    found = agreement({"article": {"kim": marks(), "lee": lee, "park": marks("park")}})
    pairs = {(r.first, r.second) for r in found.spans}
    assert pairs == {("kim", "lee"), ("kim", "park"), ("lee", "park")}
    bound = attribute(found, "count bound")
    assert found.kappa == "Fleiss' kappa" and bound.observed.value == pytest.approx(1 / 3)
    # One item, two of three: 1/3 seen, (4 + 1) / 9 by chance.
    assert bound.kappa.value == pytest.approx((1 / 3 - 5 / 9) / (4 / 9))


def test_sums_of_all_documents_make_one_value() -> None:
    pair = {"kim": marks(), "lee": marks("lee", mentions={"m8": None}, relations=[])}
    found = agreement({"one": pair, "two": {"kim": marks(), "lee": marks("lee")}})
    assert found.documents == 2
    assert span_row(found, "TITLE").strict == Statistic(pytest.approx(2 / 3), 3)


def test_nothing_marked_is_no_f1() -> None:
    nothing = {"mentions": dict.fromkeys([f"m{n}" for n in range(1, 11)])} | dict.fromkeys(
        ("organizations", "dates", "counts", "quotes", "relations", "facts"), ()
    )
    found = agreement({"a": {"kim": marks(**nothing), "lee": marks("lee", **nothing)}})
    assert span_row(found, "all").strict == Statistic(None, 0, "neither has any")


@pytest.mark.parametrize(
    "documents, said",
    [
        ({}, "no document"),
        ({"a": {"kim": marks()}}, "two annotators or more"),
        ({"a": {"kim": marks(), "lee": marks()}, "b": {"kim": marks(), "park": marks()}}, "b: marks"),
        ({"a": {"kim": marks(), "lee": marks(length=len(TEXT) + 1)}}, "marks of the same text"),
        ({"a": {"kim": marks(), "lee": marks(mentions={"x": mention("x", "ORG", "하늘")})}}, "overlap"),
        ({"a": {"kim": marks(), "lee": marks(mentions={"m8": None})}}, "no mention 'm8'"),
    ],
)  # fmt: skip
def test_what_cannot_be_compared_is_refused(documents: dict, said: str) -> None:
    with pytest.raises(DataError, match=said):
        agreement(documents)


def test_the_text_has_to_be_the_one_marked() -> None:
    with pytest.raises(DataError, match="the text marked"):
        agreement({"a": {"kim": marks(), "lee": marks()}}, {"a": TEXT + " "})


def test_agreement_goes_to_json_and_tables() -> None:
    found = agreement(
        {"article": {"kim": marks(), "lee": marks("lee", **second())}}, {"article": TEXT}, ["b: …"]
    )
    data = json.loads(json.dumps(found.to_dict()))
    assert data["missing"] == ["b: …"] and data["annotators"] == ["kim", "lee"]
    assert {"value": None, "items": 0, "reason": NO_ITEMS} in [
        a["alpha"] for a in data["attributes"]
    ]
    console = Console(file=StringIO(), width=160)
    for table in agreement_tables(found):
        console.print(table)
    printed = console.file.getvalue()  # type: ignore[attr-defined]
    assert "73.7" in printed and "one category only: 10" in printed and "kim" in printed
