"""From konec's and KLUE's labels to the nine of this library."""

from __future__ import annotations

import pytest

from lgtalent_ie.schema import LABELS
from lgtalent_ie.training.labels import (
    KLUE_LABELS,
    Spans,
    join_klue_chains,
    label_map,
    mentions_of_konec,
    with_past,
)


@pytest.mark.parametrize("source, label", label_map())
def test_every_row_of_the_table_does_what_it_says(source: str, label: str) -> None:
    mention = label_map()[source, label]
    if source == "klue":
        assert label in KLUE_LABELS and mention in LABELS
        return
    beside = [(4, 6, "PS_NAME")] if mention == "TITLE" else []
    mentions, unsure = mentions_of_konec("가나다 라마", [(0, 3, label), *beside])
    first = [m for m in mentions if m[0] == 0]
    assert first == ([] if mention in "?O" else [(0, 3, mention)])
    assert unsure == ([(0, 3, "?")] if mention == "?" else [])


CASES: dict[str, tuple[str, Spans, Spans, Spans]] = {
    "a title after a name": (
        "정하늘 교수가", [(0, 3, "PS_NAME"), (4, 6, "CV_OCCUPATION")],
        [(0, 3, "PERSON"), (4, 6, "TITLE")], [],
    ),
    "a title before a name": (
        "가수 정하늘", [(0, 2, "CV_OCCUPATION"), (3, 6, "PS_NAME")],
        [(0, 2, "TITLE"), (3, 6, "PERSON")], [],
    ),
    "organisations between name and title": (
        "정하늘 새별대 공학부 교수", [(0, 3, "PS_NAME"), (4, 7, "OGG_EDUCATION"),
        (8, 11, "OGG_EDUCATION"), (12, 14, "CV_POSITION")],
        [(0, 3, "PERSON"), (4, 11, "ORG"), (12, 14, "TITLE")], [],
    ),
    "a title without a name is left out": (
        "교수 여럿이", [(0, 2, "CV_OCCUPATION")], [], [(0, 2, "?")],
    ),
    "a country–city chain is one": (
        "독일 베를린에", [(0, 2, "LCP_COUNTRY"), (3, 6, "LCP_CAPITALCITY")], [(0, 6, "LOCATION")], [],
    ),
    "places apart stay apart": (
        "독일·베를린", [(0, 2, "LCP_COUNTRY"), (3, 6, "LCP_CAPITALCITY")],
        [(0, 2, "LOCATION"), (3, 6, "LOCATION")], [],
    ),
    "a venue behind a city is its own": (
        "서울 새별아트홀", [(0, 2, "LCP_CAPITALCITY"), (3, 8, "AF_BUILDING")],
        [(0, 2, "LOCATION"), (3, 8, "LOCATION")], [],
    ),
    "a place behind a venue too": (
        "새별아트홀 서울 마포", [(0, 5, "AF_BUILDING"), (6, 8, "LCP_CAPITALCITY"), (9, 11, "LCP_COUNTY")],
        [(0, 5, "LOCATION"), (6, 11, "LOCATION")], [],
    ),
    "unknown labels are nothing": ("하늘색", [(0, 3, "TM_COLOR")], [], []),
}  # fmt: skip


@pytest.mark.parametrize("text, spans, mentions, unsure", CASES.values(), ids=CASES.keys())
def test_rules(text: str, spans: Spans, mentions: Spans, unsure: Spans) -> None:
    assert mentions_of_konec(text, spans) == (mentions, unsure)


def test_klue_joins_what_konec_splits() -> None:
    konec = [(0, 4, "ORG"), (5, 9, "LOCATION"), (12, 14, "ORG")]
    assert join_klue_chains(konec, [(0, 9, "OG")]) == [(0, 9, "ORG"), (12, 14, "ORG")]
    assert join_klue_chains(konec, [(2, 9, "OG")]) == konec
    assert join_klue_chains(konec, [(0, 9, "LC")]) == konec


@pytest.mark.parametrize(
    "text, span, wanted",
    [
        ("그는 지난 3일 왔다", (6, 8, "DT"), (3, 8, "DT")),
        ("그는 지난 3일 왔다", (3, 8, "DT"), (3, 8, "DT")),
        ("그는 오는 3일 온다", (6, 8, "DT"), (6, 8, "DT")),
        ("지난 봄", (3, 4, "DT"), (3, 4, "DT")),
        ("지난 3명", (3, 5, "QT"), (3, 5, "QT")),
    ],
)
def test_klue_has_the_word_for_the_past_in_every_date_of_figures(
    text: str, span: tuple[int, int, str], wanted: tuple[int, int, str]
) -> None:
    assert with_past(text, [span]) == [wanted]
