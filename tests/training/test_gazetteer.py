"""Names and labels from defining sentences."""

from __future__ import annotations

import doctest
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner

from lgtalent_ie.cli import command
from lgtalent_ie.schema import LABELS
from lgtalent_ie.tables import read_table
from lgtalent_ie.training import gazetteer
from lgtalent_ie.training.gazetteer import (
    COMMON,
    FIRST_KNOWN,
    Definition,
    Seen,
    aliases,
    count,
    definition,
    heads,
    label_of,
    mine,
    settled,
)

ROWS = read_table("lgtalent_ie.training", "gazetteer_heads")


@pytest.mark.parametrize("head, label, example", ROWS, ids=[row[0] for row in ROWS])
def test_every_row_of_the_table_does_what_it_says(head: str, label: str, example: str) -> None:
    assert label in (*LABELS, COMMON) and head in example
    told = definition(example)
    assert told is not None and told.label == label
    assert told.names == (example.strip("《").replace("》", "(").split("(")[0],)


def test_no_head_stands_twice() -> None:
    assert len(heads()) == len(ROWS)


CASES: dict[str, tuple[str, tuple[str, ...], str]] = {
    "a company": ("새별전자는 여수에 본사를 둔 전자 기업이다.", ("새별전자",), "ORG"),
    "its legal form": ("주식회사 새별전자는 여수의 제조업체이다.", ("주식회사 새별전자", "새별전자"), "ORG"),
    "a legal form in brackets": ("(주)새별전자는 여수의 회사이다.", ("㈜새별전자", "새별전자"), "ORG"),
    "hanja and capitals in the gloss": ("새별과학원(새별科學院, SBIST)은 여수의 대학이다.", ("새별과학원", "SBIST"), "ORG"),
    "a marked alias": ("새별대학교(약칭: 새별대)는 여수에 있는 학교이다.", ("새별대학교", "새별대"), "ORG"),
    "a second name": ("가람당 또는 누리당은 어느 섬나라의 정당이다.", ("가람당", "누리당"), "ORG"),
    "a second name after a gloss": ("새별원(SBX) 또는 새빛원은 여수의 연구소이다.", ("새별원", "새빛원", "SBX"), "ORG"),
    "dates are no names": ("정하늘(鄭하늘, 1980년 3월 1일 ~)은 여수에서 난 시인이다.", ("정하늘",), "PERSON"),
    "a person's capitals are no alias": ("정하늘(JHN, 1980년 ~)은 여수에서 난 시인이다.", ("정하늘",), "PERSON"),
    "a title after a person's name": ("정하늘 장군(1880년 ~)은 여수 출신 군인이다.", ("정하늘",), "PERSON"),
    "two trades": ("정하늘(1980년 ~)은 여수 출신의 배우 겸 모델이다.", ("정하늘",), "PERSON"),
    "a work in its marks": ("《하늘은 푸르다》는 2031년에 나온 영화이다.", ("하늘은 푸르다",), "PRODUCT"),
    "one of several": ("가람도는 남쪽 바다의 섬 중 하나이다.", ("가람도",), "LOCATION"),
    "the first of two clauses": ("가람도는 남쪽 바다의 섬으로, 등대가 있다.", ("가람도",), "LOCATION") ,
    "an event": ("제3회 새별배(2031년)는 여수에서 열린 바둑 대회이다.", ("제3회 새별배",), "EVENT"),
    "a common noun": ("개나리(forsythia)는 봄에 꽃이 피는 나무의 일종이다.", ("개나리",), COMMON),
}  # fmt: skip


@pytest.mark.parametrize("sentence, names, label", CASES.values(), ids=CASES.keys())
def test_definitions(sentence: str, names: tuple[str, ...], label: str) -> None:
    told = definition(sentence)
    assert told is not None and (told.names, told.label) == (names, label)


NOTHING = {
    "no noun predicate": "새별전자(SBE)는 여수에서 배를 만든다.",
    "a head without a modifier": "정하늘은 시인이다.",
    "a pronoun": "그는 여수에서 난 시인이다.",
    "a text that goes on": "또한 새별전자는 여수의 회사이다.",
    "a relative clause": "맑은물만드는 사람들은 여수의 시민 단체이다.",
    "the wrong form of the particle": "새별전자은 여수의 회사이다.",
    "a phrase with a particle": "여수에서 새별전자(SBE)는 이름난 회사이다.",
    "a predicate inside a clause": "새별상은 시인이자 배우였던 사람을 기리는 상이다.",
    "a title in a long sentence": "정하늘은 여러 해 동안 배를 타고 먼 나라를 돌며 장사를 하다가 나이가 들어 고향으로 돌아와 글을 쓰기 시작한 마을의 시인이다.",
    "a name that says something else": "새별 초등학교는 여수에 있는 섬이다.",
    "one syllable": "별은 여수의 회사이다.",
    "a phrase that ends in a particle": "우리에게는 여수의 회사이다.",
    "nothing": "",
}  # fmt: skip


@pytest.mark.parametrize("sentence", NOTHING.values(), ids=NOTHING.keys())
def test_sentences_that_define_no_name(sentence: str) -> None:
    assert definition(sentence) is None


@pytest.mark.parametrize(
    ("phrase", "label"),
    [
        ("여수의 시립교향악단", "ORG"),
        ("여수의 정보 기관", "ORG"),
        ("몸속의 감각 기관", COMMON),
        ("여수의 강", "LOCATION"),
        ("여수의 장기자랑", None),
        ("여수의 소원", None),
    ],
)
def test_the_longest_head_counts(phrase: str, label: str | None) -> None:
    assert label_of(phrase) == label


@pytest.mark.parametrize(
    ("gloss", "label", "found"),
    [
        ("", "ORG", []),
        ("(1954년 ~, 여수)", "ORG", []),
        ("(새별大學校, 영어: Saebyeol, 약칭 새별대)", "ORG", ["새별대"]),
        ("(영어: SBTECH; 구 가람공업)", "ORG", ["SBTECH", "가람공업"]),
        ("(본명: 정가람, 1980년 ~)", "PERSON", ["정가람"]),
        ("(XVIII)", "EVENT", []),
        ("(SB)", "ORG", []),
    ],
)
def test_aliases(gloss: str, label: str, found: list[str]) -> None:
    assert aliases(gloss, label) == found


def test_sure_borders_and_places_are_kept_with_a_definition() -> None:
    assert definition("새별전자는 어느 섬의 회사이다.") == Definition(
        ("새별전자",), "ORG", False, False
    )
    assert definition("새별전자(SBE)는 한국의 회사이다.") == Definition(
        ("새별전자", "SBE"), "ORG", True, True
    )


def test_counts_are_of_definitions() -> None:
    counts = count(
        ["새별전자는 여수의 회사이다.", "새별전자(SBE)는 한국의 기업이다.", "비가 왔다."]
    )
    assert counts["새별전자"] == Seen(Counter(ORG=2), firm=True, placed=True)
    assert counts["SBE"].labels == Counter(ORG=1)
    assert len(counts) == 2


def test_a_name_of_two_labels_is_dropped_unless_one_is_marginal() -> None:
    company, island = "가람빛나(SBE1)는 한국의 회사이다.", "가람빛나(GR)는 한국의 섬이다."
    assert ("가람빛나", "ORG") in mine([company])
    assert "가람빛나" not in dict(mine([company, island]))
    assert dict(mine([company] * 10 + [island]))["가람빛나"] == "ORG"


def test_a_name_that_is_also_a_common_noun_is_dropped() -> None:
    plant = "가람빛나(garam)는 물가에 나는 풀의 일종이다."
    assert list(mine(["가람빛나(GRX)는 한국의 회사이다.", plant])) == [("GRX", "ORG")]


@pytest.mark.parametrize(
    "sentence",
    [
        "소나무(松)는 한국의 음악 그룹이다.",
        "《고백》은 2031년에 나온 영화이다.",
        "연방의회(聯邦議會)는 나라 사이에 세운 의회이다.",
        "《이순신》은 2031년에 나온 영화이다.",
        "이스라엘은 여수의 음악 단체이다.",
    ],
    ids=[
        "a word",
        "a work named by a word",
        "a compound placed nowhere",
        "a work named after a person",
        "a band named after a country",
    ],
)
def test_ordinary_words_are_dropped(sentence: str) -> None:
    assert definition(sentence) is not None
    assert list(mine([sentence])) == []


@pytest.mark.parametrize(
    ("sentence", "name"),
    [
        ("국방부(國防部)는 대한민국의 중앙행정기관이다.", "국방부"),
        ("전국철도노동조합은 1947년에 생긴 한국의 단체이다.", "전국철도노동조합"),
        ("《작은 나무의 고백》은 2031년에 나온 영화이다.", "작은 나무의 고백"),
    ],
)
def test_names_made_of_ordinary_words_stay_where_they_are_placed(sentence: str, name: str) -> None:
    assert name in dict(mine([sentence]))


def test_settled_counts_the_definitions_of_the_label() -> None:
    company = "가람빛나(GRX)는 한국의 회사이다."
    assert list(settled(count([company, company]))) == [("가람빛나", "ORG", 2), ("GRX", "ORG", 2)]


def test_kiwi_still_tells_words_of_its_dictionary_from_others() -> None:
    known, unknown = gazetteer._kiwi().tokenize(["소나무", "쿠릅빛돋"])
    assert all(token.id >= FIRST_KNOWN for token in known)
    assert any(token.id < FIRST_KNOWN for token in unknown)


def test_the_examples_in_the_docstrings() -> None:
    assert doctest.testmod(gazetteer).failed == 0


def test_the_command_writes_names_with_their_labels(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "wiki.txt").write_text(
        "새별로보틱스(SBRX)는 대한민국의 로봇 기업이다.\n정하늘(1980년 ~)은 한국의 시인이다.\n",
        encoding="utf-8",
    )
    out = tmp_path / "names.tsv"
    result = CliRunner().invoke(command, ["gazetteer", str(corpus), str(out)])
    assert result.exit_code == 0, result.output
    lines = out.read_text(encoding="utf-8").splitlines()
    assert sorted(lines) == ["SBRX\tORG", "새별로보틱스\tORG", "정하늘\tPERSON"]
