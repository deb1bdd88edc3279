"""Names of the model put right: every row of the tables, and cases with the words around them."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from helpers import analyzer
from hypothesis import given, settings
from hypothesis import strategies as st

from lgtalent_ie.consistency import Candidate
from lgtalent_ie.morphemes import Analyzer
from lgtalent_ie.name_repairs import repair_names
from lgtalent_ie.schema import LABELS, Label, Section
from lgtalent_ie.tables import read_table

MARK = re.compile(r"\[([^\[\]]+)\]([A-Z]+)(?: (0\.\d+))?")


@pytest.fixture(scope="module", name="analyzer")
def an_analyzer() -> Analyzer:
    return analyzer()


def unmarked(marked: str) -> tuple[str, list[Candidate]]:
    """`[윤하늘]PERSON 씨` → the text, and a candidate for each mark; a score may stand behind."""
    text, candidates, at = "", [], 0
    for mark in MARK.finditer(marked):
        text += marked[at : mark.start()]
        label: Label = mark[2]  # type: ignore[assignment]
        end = len(text) + len(mark[1])
        candidates.append(Candidate(len(text), end, label, float(mark[3] or 0.9)))
        text, at = text + mark[1], mark.end()
    return text + marked[at:], candidates


def check(analyzer: Analyzer, given_marks: str, wanted_marks: str) -> None:
    text, candidates = unmarked(given_marks)
    same, wanted = unmarked(wanted_marks)
    assert text == same
    sentences = analyzer.sentences(text, [Section("body", 0, len(text))])
    found = repair_names(text, sentences, candidates)
    names = [f"{c.label} {text[c.start : c.end]}" for c in found]
    assert names == [f"{c.label} {text[c.start : c.end]}" for c in wanted]


@pytest.mark.parametrize("word, kind, before, after", read_table("lgtalent_ie", "name_words"))
def test_every_row_of_words(
    analyzer: Analyzer, word: str, kind: str, before: str, after: str
) -> None:
    assert word in before
    check(analyzer, before, after)


@pytest.mark.parametrize(
    "word, match, labels, label, before", read_table("lgtalent_ie", "name_labels")
)
def test_every_row_of_labels(
    analyzer: Analyzer, word: str, match: str, labels: str, label: str, before: str
) -> None:
    text, (candidate,) = unmarked(before)
    assert text[candidate.start : candidate.end].endswith(word)
    for taken in labels.split("|"):
        surface = text[candidate.start : candidate.end]
        rest = text[candidate.end :]
        check(analyzer, f"[{surface}]{taken}{rest}", f"[{surface}]{label}{rest}")
    assert label not in labels.split("|")


CASES = {
    "an organisation that runs into a title": (
        "[윤하늘]PERSON [한빛 최고재무책임자CFO]ORG가",
        "[윤하늘]PERSON [한빛]ORG [최고재무책임자CFO]TITLE가",
    ),
    "an institute whose name ends like a title stays": (
        "[한빛 미래연구원]ORG은", "[한빛 미래연구원]ORG은",
    ),
    "a person that runs into a country": (
        "[서아라 노르웨이]PERSON([NW]ORG) 대사", "[서아라]PERSON [노르웨이]LOCATION([NW]ORG) 대사",
    ),
    "a particle that is also a city": ("[하산 빈]PERSON [나디르]PERSON이", "[하산 빈 나디르]PERSON이"),
    "a particle before an institute": (
        "[하산 빈]PERSON [나디르 공과대학교]ORG에서", "[하산 빈 나디르 공과대학교]ORG에서",
    ),
    "a particle the model left out": (
        "[카를로스]PERSON 다 [마타 로샤]PERSON가", "[카를로스 다 마타 로샤]PERSON가",
    ),
    "halves of a double name": ("[엘라 로위]PERSON-[핀]PERSON이", "[엘라 로위-핀]PERSON이"),
    "two Korean names are two": (
        "[윤하늘]PERSON [서아라]PERSON 씨가", "[윤하늘]PERSON [서아라]PERSON 씨가",
    ),
    "a Christian name": ("[윤하늘]PERSON [프란체스카]PERSON 수녀", "[윤하늘 프란체스카]PERSON 수녀"),
    "a cast": ("바다([윤하늘 분]PERSON)는", "바다([윤하늘]PERSON 분)는"),
    "a post abroad": (
        "[하산 노르 주]PERSON [가온국]LOCATION [대사]TITLE는",
        "[하산 노르]PERSON 주 [가온국]LOCATION [대사]TITLE는",
    ),
    "whose people speak": (
        "[새별마트]PERSON 관계자는 [하산]PERSON 측",
        "[새별마트]ORG 관계자는 [하산]PERSON 측",
    ),
    "whose people speak, by the table": (
        "[미국]PERSON 관계자는 [윤하늘]PERSON 관계자들",
        "[미국]LOCATION 관계자는 [윤하늘]PERSON 관계자들",
    ),
    "what it is likened to": (
        "‘[로봇의 봄]PRODUCT’이라 불리는 [누리콘]EVENT",
        "‘로봇의 봄’이라 불리는 [누리콘]EVENT",
    ),
    "what it is called": ("‘[누리봇]PRODUCT’으로 불리는 로봇", "‘[누리봇]PRODUCT’으로 불리는 로봇"),
    "a subject of a university": (
        "[누리대 물리학]ORG과 석박통합과정생",
        "[누리대 물리학과]ORG 석박통합과정생",
    ),
    "no post": ("[하산 주]PERSON 이사는", "[하산 주]PERSON 이사는"),
    "Chinese characters behind a name": ("[고운]PERSON([孤雲]PERSON)은", "[고운]PERSON([孤雲]PERSON)은"),
    "Chinese characters within a name": ("[고운(孤雲)]PERSON은", "[고운]PERSON([孤雲]PERSON)은"),
    "a title with its gloss": (
        "[윤하늘]PERSON [CTO]ORG([Chief Technology Officer]ORG, [최고기술책임자]TITLE)는",
        "[윤하늘]PERSON [CTO(Chief Technology Officer, 최고기술책임자)]TITLE는",
    ),
    "a product with its gloss and version": (
        "[온새미]PRODUCT([ONSAEMI]PRODUCT) 2.0을", "[온새미(ONSAEMI) 2.0]PRODUCT을",
    ),
    "a count behind a product is none of it": (
        "[온새미]PRODUCT 3개를", "[온새미]PRODUCT 3개를",
    ),
    "a team with a gloss inside": (
        "[한빛연구원 HR]ORG([Human Relations]ORG)팀이", "[한빛연구원 HR(Human Relations)팀]ORG이",
    ),
    "a unit of an institute": ("[한빛연구원]ORG [보스턴 분소]ORG를", "[한빛연구원 보스턴 분소]ORG를"),
    "a unit the model left out": ("[한빛연구원]ORG 음성랩은 컸다.", "[한빛연구원 음성랩]ORG은 컸다."),
    "a union": ("[한빛항공]ORG 조종사 노조가", "[한빛항공 조종사 노조]ORG가"),
    "schools in a list are two": (
        "[누리대]ORG, [온누리대 전자공학과]ORG에서", "[누리대]ORG, [온누리대 전자공학과]ORG에서",
    ),
    "a government named by its head": ("[윤하늘]PERSON 정부에서", "[윤하늘 정부]ORG에서"),
    "the award behind a name": ("[도토리]ORG 어워즈에서", "[도토리 어워즈]EVENT에서"),
    "a neighbourhood between city and venue": (
        "[부산 새별동 한빛호텔]LOCATION에서", "[부산 새별동]LOCATION [한빛호텔]LOCATION에서",
    ),
    "a hospital is a body": (
        "[대구 한빛병원]LOCATION에서", "[대구]LOCATION [한빛병원]ORG에서",
    ),
    "a site that a person runs": (
        "[윤하늘]PERSON [한빛사이언스파크]ORG [사장]TITLE",
        "[윤하늘]PERSON [한빛사이언스파크]ORG [사장]TITLE",
    ),
    "a venue without a name": ("[도쿄 컨벤션 센터]LOCATION에서", "[도쿄 컨벤션 센터]LOCATION에서"),
    "a venue without a name in a chain": (
        "[일본 도쿄 컨벤션 센터]LOCATION에서", "[일본]LOCATION [도쿄 컨벤션 센터]LOCATION에서",
    ),
    "a place that has lost its last letter": ("[인도 벵갈루]LOCATION루에", "[인도 벵갈루루]LOCATION에"),
    "a city the model took for a company": (
        "[인도]LOCATION [첸나이]ORG 0.4에서", "[인도 첸나이]LOCATION 0.4에서",
    ),
    "the nouns between a person and the title": (
        "[윤하늘]PERSON 차세대 음성 [연구그룹장]TITLE은", "[윤하늘]PERSON [차세대 음성 연구그룹장]TITLE은",
    ),
    "the team between an organisation and the title": (
        "[윤하늘]PERSON [한빛연구원]ORG [피플커넥션스]PERSON [팀장]TITLE은",
        "[윤하늘]PERSON [한빛연구원]ORG [피플커넥션스 팀장]TITLE은",
    ),
    "an expert the model passed over": (
        "음향 전문가 [윤하늘]PERSON이", "[음향 전문가]TITLE [윤하늘]PERSON이",
    ),
    "who runs for an office": ("[총리]TITLE 후보가", "[총리 후보]TITLE가"),
    "candidates are no title": ("[총리]TITLE 후보군이", "[총리]TITLE 후보군이"),
    "a room is no title": ("[윤하늘]PERSON [의원실]TITLE은", "[윤하늘]PERSON [의원]TITLE실은"),
    "the source of a quotation": ("한 참석자는 “놀랐다”고 했다.", "한 [참석자]TITLE는 “놀랐다”고 했다."),
    "somebody who took part and says nothing": ("한 참석자는 놀랐다.", "한 참석자는 놀랐다."),
    "a student by degree": (
        "[누리대]ORG 박사 과정 학생은 “놀랐다”고", "[누리대]ORG [박사 과정 학생]TITLE은 “놀랐다”고",
    ),
    "a fellow by degree": ("[박사]TITLE 후 [연구원]TITLE인", "[박사 후 연구원]TITLE인"),
    "a group and its member": (
        "[새벽별]PERSON 멤버 [윤하늘]PERSON 씨", "[새벽별]ORG [멤버]TITLE [윤하늘]PERSON 씨",
    ),
    "a name that is withheld": ("[송]PERSON모(35)씨가", "[송모]PERSON(35)씨가"),
    "a seed is nobody": ("이 씨앗은 작다.", "이 씨앗은 작다."),
    "a doubtful common noun": ("[전등]ORG 0.45이 켜졌다.", "전등이 켜졌다."),
    "a doubtful name with the ending of one": (
        "[새별위원회]ORG 0.45가 섰다.", "[새별위원회]ORG 0.45가 섰다.",
    ),
    "a noun with its particle is nobody": (
        "[희망은]PERSON 0.4 [윤하늘]PERSON 회장의", "희망은 [윤하늘]PERSON 회장의",
    ),
    "a series with its gloss in the marks": (
        "캠페인 '시작(START)'에", "캠페인 '[시작]EVENT([START]EVENT)'에",
    ),
    "the same name, shortened": (
        "[누리 테크 데이]EVENT가 열렸다. [누리 테크]EVENT 데이는",
        "[누리 테크 데이]EVENT가 열렸다. [누리 테크 데이]EVENT는",
    ),
    "an event told by its end": (
        "[누리 테크데이]EVENT가 열렸다. 올해 테크데이는", "[누리 테크데이]EVENT가 열렸다. 올해 [테크데이]EVENT는",
    ),
    "speech behind a noun is no name": ("영화 “이제 시작이다”라고", "영화 “이제 시작이다”라고"),
}  # fmt: skip


@pytest.mark.parametrize("before, after", CASES.values(), ids=CASES.keys())
def test_cases(analyzer: Analyzer, before: str, after: str) -> None:
    check(analyzer, before, after)


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["윤하늘", "한빛 사장", "하산 빈", "누리 테크 데이", "서울 새별동 호텔", "(孤雲)", "CTO(사장)"]),
            st.sampled_from(LABELS), st.sampled_from([" ", "", "-", " 씨 ", "'", " 빈 ", "(", ") 2.0"]),
            st.floats(0, 1),
        ),
        max_size=8,
    )
)  # fmt: skip
def test_what_comes_out_is_sorted_apart_and_within_the_text(
    parts: list[tuple[str, Label, str, float]],
) -> None:
    text, candidates = "", []
    for surface, label, gap, score in parts:
        candidates.append(Candidate(len(text), len(text) + len(surface), label, score))
        text += surface + gap
    sentences = analyzer().sentences(text, [Section("body", 0, len(text))]) if text.strip() else ()
    found = repair_names(text, sentences, candidates)
    assert found == sorted(found)
    assert all(0 <= c.start < c.end <= len(text) for c in found)
    assert all(one.end <= other.start for one, other in pairwise(found))
