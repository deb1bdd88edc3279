"""What the model says and what the grammars know become mentions without overlap."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from helpers import find_nth, make_reading

from lgtalent_ie.mentions import read_mentions, trim
from lgtalent_ie.model.decoding import LabelledSpan
from lgtalent_ie.reading import Sentence
from lgtalent_ie.schema import LABELS, Label


class Told:
    """A model that answers what the test tells it: (label, surface, score)."""

    def __init__(self, *answers: tuple[Label, str, float]) -> None:
        self.answers = answers

    def spans(self, text: str, sentences: Sequence[Sentence]) -> list[list[LabelledSpan]]:
        found: list[list[LabelledSpan]] = [[] for _ in sentences]
        for label, surface, score in self.answers:
            for n, sentence in enumerate(sentences):
                start = text.find(surface)
                inside = [
                    place
                    for place, m in enumerate(sentence.morphemes)
                    if start <= m.start < start + len(surface)
                ]
                if start >= 0 and inside:
                    number = LABELS.index(label)
                    found[n].append(LabelledSpan(number, inside[0], inside[-1], score))
        return [sorted(spans, key=lambda s: s.first) for spans in found]


def mentions_of(text: str, *answers: tuple[Label, str, float]) -> list[tuple[str, str]]:
    sentences = make_reading(text).sentences
    found = read_mentions(text, sentences, Told(*answers).spans(text, sentences))
    return [(m.label, m.text) for m in found]


CASES = {
    "a name is the model's": (
        "새별전자가 문을 열었다.", [("ORG", "새별전자", 0.9)], [("ORG", "새별전자")],
    ),
    "a sure number needs no model": (
        "새별전자가 연구원 12명을 뽑았다.", [], [("QUANTITY", "12명")],
    ),
    "a date takes the grammar's ends": (
        "오는 13일에 문을 연다.", [("DATE", "13일", 0.8)], [("DATE", "오는 13일")],
    ),
    "a number inside a name is part of it": (
        "학회 '비전 2031'에서 발표했다.", [("EVENT", "비전 2031", 0.8)], [("EVENT", "비전 2031")],
    ),
    "a bare part of the day is no clock time": (
        "저녁에 만났다.", [("TIME", "저녁", 0.9)], [],
    ),
    "a word that leans on the date before": (
        "당시 그는 몰랐다.", [], [("DATE", "당시")],
    ),
    "a number word without a unit counts nothing": (
        "하나를 골랐다.", [("QUANTITY", "하나", 0.9)], [],
    ),
    "what the model alone sees must have a value": (
        "첫해에 약 절반이 왔다.", [("DATE", "첫해", 0.9), ("QUANTITY", "절반", 0.9)], [("QUANTITY", "절반")],
    ),
    "marks around a name stay outside": (
        "'새별 인재의 날'을 열었다.", [("EVENT", "'새별 인재의 날'", 0.7)], [("EVENT", "새별 인재의 날")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("text, told, expected", CASES.values(), ids=CASES.keys())
def test_mentions(text: str, told: list[tuple[Label, str, float]], expected: list[object]) -> None:
    assert mentions_of(text, *told) == expected


@pytest.mark.parametrize(
    "written, kept",
    [("'기계'", "기계"), ("별곰(STAR) 2.0", "별곰(STAR) 2.0"), ("(주)새별", "(주)새별"),
     ("새별(", "새별"), (" 새별, ", "새별"), ("“”", ""), ("㈜새별", "㈜새별"), ("새별)", "새별")],
)  # fmt: skip
def test_trim(written: str, kept: str) -> None:
    start, end = trim(written, 0, len(written))
    assert written[start:end] == kept


def test_ids_count_in_the_order_of_the_text_and_offsets_hold() -> None:
    text = "지난해 새별전자는 12명을, 올해 정하늘 사장은 30명을 뽑았다."
    told = Told(("PERSON", "정하늘", 0.5), ("ORG", "새별전자", 0.9))
    sentences = make_reading(text).sentences
    found = read_mentions(text, sentences, told.spans(text, sentences))
    assert [m.id for m in found] == [f"m{n}" for n in range(1, len(found) + 1)]
    assert all(text[m.start : m.end] == m.text for m in found)
    assert [m.start for m in found] == sorted(m.start for m in found)
    assert find_nth(text, "새별전자") in {m.start for m in found}


def test_a_minimum_score_leaves_out_what_is_below() -> None:
    text = "정하늘 사장이 새별전자에 왔다."
    told = Told(("PERSON", "정하늘", 0.4), ("ORG", "새별전자", 0.9))
    sentences = make_reading(text).sentences
    found = read_mentions(text, sentences, told.spans(text, sentences), 0.5)
    assert [m.text for m in found] == ["새별전자"]
