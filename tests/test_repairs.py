"""Places and titles as the guidelines want them, whatever pieces the model gives."""

from __future__ import annotations

import pytest

from lgtalent_ie.consistency import Candidate
from lgtalent_ie.repairs import repair
from lgtalent_ie.schema import Label
from lgtalent_ie.tables import read_table


def repaired(text: str, *marks: tuple[str, Label]) -> list[str]:
    candidates, at = [], 0
    for surface, label in marks:
        start = text.index(surface, at)
        at = start + len(surface)
        candidates.append(Candidate(start, at, label, 0.9))
    return [f"{c.label} {text[c.start : c.end]}" for c in repair(text, candidates)]


@pytest.mark.parametrize("word, kind, example", read_table("lgtalent_ie", "places"))
def test_every_row_of_places(word: str, kind: str, example: str) -> None:
    assert word in example
    if kind == "plain":
        region = example.removesuffix(f" {word}")
        halves = [(region, "LOCATION"), (word, "LOCATION")]
        for marks in ([(example, "LOCATION")], halves):
            assert repaired(f"{example}에서 열렸다.", *marks) == [f"LOCATION {example}"]
        return
    chain, venue = example.split("|")
    text = f"{chain} {venue}에서 열렸다."
    assert repaired(text, (f"{chain} {venue}", "LOCATION")) == [
        f"LOCATION {chain}",
        f"LOCATION {venue}",
    ]
    assert repaired(text, (chain, "LOCATION"), (venue, "LOCATION")) == [
        f"LOCATION {chain}", f"LOCATION {venue}",
    ]  # fmt: skip


@pytest.mark.parametrize("ending, example", read_table("lgtalent_ie", "titles"))
def test_every_row_of_titles(ending: str, example: str) -> None:
    assert example.endswith(ending)
    label = "TITLE" if len(example) > 4 else "PERSON"
    assert repaired(f"{example}이 왔다.", (example, "PERSON")) == [f"{label} {example}"]


@pytest.mark.parametrize("word, example", read_table("lgtalent_ie", "common_nouns"))
def test_every_row_of_common_nouns(word: str, example: str) -> None:
    assert repaired(example, (word, "ORG")) == []
    assert repaired(f"새별{word}", (f"새별{word}", "ORG")) == [f"ORG 새별{word}"]


CASES: dict[str, tuple[str, list[tuple[str, Label]], list[str]]] = {
    "a country and its city are one": (
        "인도 벵갈루루에 갔다.", [("인도", "LOCATION"), ("벵갈루루", "LOCATION")], ["LOCATION 인도 벵갈루루"],
    ),
    "three links": (
        "미국 미시간 새별시에", [("미국 미시간", "LOCATION"), ("새별시", "LOCATION")], ["LOCATION 미국 미시간 새별시"],
    ),
    "places in a list are two": (
        "인도, 일본에 갔다.", [("인도", "LOCATION"), ("일본", "LOCATION")], ["LOCATION 인도", "LOCATION 일본"],
    ),
    "a neighbourhood belongs to its venue": (
        "새별동 한빛타워에서", [("새별동", "LOCATION"), ("한빛타워", "LOCATION")], ["LOCATION 새별동 한빛타워"],
    ),
    "a venue without a region stays whole": (
        "한빛 그랜드 호텔에서", [("한빛 그랜드 호텔", "LOCATION")], ["LOCATION 한빛 그랜드 호텔"],
    ),
    "a long venue": (
        "프랑스 파리 한빛 그랜드 호텔에서", [("프랑스 파리 한빛 그랜드 호텔", "LOCATION")],
        ["LOCATION 프랑스 파리", "LOCATION 한빛 그랜드 호텔"],
    ),
    "halves of a title": (
        "박사 과정 학생은", [("박사", "TITLE"), ("학생", "TITLE")], ["TITLE 박사 과정 학생"],
    ),
    "a plain venue behind a chain": (
        "일본 도쿄 컨벤션 센터에서", [("일본 도쿄", "LOCATION"), ("컨벤션 센터", "LOCATION")],
        ["LOCATION 일본", "LOCATION 도쿄 컨벤션 센터"],
    ),
    "two titles": (
        "사장 겸 의장은", [("사장", "TITLE"), ("의장", "TITLE")], ["TITLE 사장", "TITLE 의장"],
    ),
    "a title with its bracket lost": (
        "최고재무책임자CFO가", [("최고재무책임자CFO", "PERSON")], ["TITLE 최고재무책임자CFO"],
    ),
    "an assistant professor is no Mr Cho": (
        "조교수가 왔다.", [("조", "PERSON"), ("교수", "TITLE")], ["TITLE 조교수"],
    ),
    "a surname before its title": (
        "조사장이 왔다.", [("조", "PERSON"), ("사장", "TITLE")], ["PERSON 조", "TITLE 사장"],
    ),
    "a bracket opened inside a name": (
        "새별연구원 TR(Talent Hunt)팀이", [("새별연구원 TR", "ORG"), ("Talent Hunt)팀", "ORG")],
        ["ORG 새별연구원 TR(Talent Hunt)팀"],
    ),
    "a gloss behind a name": (
        "새별대(SBU)가", [("새별대", "ORG"), ("SBU", "ORG")], ["ORG 새별대", "ORG SBU"],
    ),
    "a name that ends like a title": ("오대표가 왔다.", [("오대표", "PERSON")], ["PERSON 오대표"]),
}  # fmt: skip


@pytest.mark.parametrize("text, marks, expected", CASES.values(), ids=CASES.keys())
def test_cases(text: str, marks: list[tuple[str, Label]], expected: list[str]) -> None:
    assert repaired(text, *marks) == expected
