"""Which lines of a page are article; the tables, the cases, and what holds for any text."""

from __future__ import annotations

import re
from datetime import date

import pytest
from helpers import read_cases
from hypothesis import given, settings
from hypothesis import strategies as st

from lgtalent_ie import page_units
from lgtalent_ie.page import Page, entity_repairs, read_page
from lgtalent_ie.tables import read_table

TITLE = "다람쥐 연구소, 도토리 박사 열 명 새로 뽑아"
BODY = (
    "다람쥐 연구소가 올해 도토리 저장 기술을 연구할 박사급 연구원 열 명을 새로 뽑았다고 7일 밝혔다.",
    "연구소는 숲속 대학과 손잡고 겨울잠 데이터를 함께 모으는 과제도 시작한다.",
    '연구소장은 "도토리를 오래 두는 법을 찾을 사람을 더 모으겠다"고 말했다.',
    "숲속 대학 총장은 학생 스무 명이 여름부터 창고 로봇을 만드는 실습을 한다고 덧붙였다.",
)


def kinds(text: str) -> list[tuple[str, str]]:
    """(kind, text) of each section."""
    return [(s.kind, text[s.start : s.end]) for s in read_page(text).sections]


def pieces(text: str, kind: str) -> list[str]:
    return [piece for found, piece in kinds(text) if found == kind]


def in_context(place: str, line: str) -> str:
    """A page of a title and four paragraphs with the line before, inside or after them."""
    lines = [TITLE, *BODY]
    lines.insert({"head": 0, "inside": 3, "after": 5}[place], line)
    return "\n".join(lines)


@pytest.mark.parametrize(("place", "line", "kind"), read_cases("page_lines"))
def test_line_in_its_context(place: str, line: str, kind: str) -> None:
    text = in_context(place, line)
    found = kinds(text)
    at = text.index(line) if place != "after" else text.rindex(line)
    of_line = {s.kind for s in read_page(text).sections if at <= s.start < at + len(line)}
    assert of_line == {kind}
    assert [piece for _, piece in found if piece in BODY] == list(
        BODY if kind != "duplicate" or line not in BODY else [*BODY, line]
    )


@pytest.mark.parametrize(("place", "line", "kind"), read_cases("page_lines"))
def test_the_article_around_a_line_stays_article(place: str, line: str, kind: str) -> None:
    text = in_context(place, line)
    assert set(BODY) <= set(pieces(text, "body"))
    assert TITLE in pieces(text, "headline")


# --- every row of every table ------------------------------------------------------------------


@pytest.mark.parametrize(
    "row", read_table("lgtalent_ie", "furniture_lines"), ids=lambda row: row[3]
)
def test_furniture_line_row(row: tuple[str, ...]) -> None:
    match, _, pattern, example = row
    own = re.compile(page_units._filled(pattern))
    bare = example.strip(page_units._BULLETS)
    if match == "line":
        assert own.fullmatch(bare) or own.fullmatch(example)
    else:
        assert (own.match(bare) or own.match(example)) if match == "start" else own.search(example)
    assert example in pieces(in_context("after", example), "furniture")


@pytest.mark.parametrize("row", read_table("lgtalent_ie", "menu_words"), ids=lambda row: row[0])
def test_menu_word_row(row: tuple[str, ...]) -> None:
    assert row[0] in pieces(in_context("head", row[0]), "furniture")
    assert row[0] in pieces(in_context("after", row[0]), "furniture")


@pytest.mark.parametrize(
    "row", read_table("lgtalent_ie", "inline_furniture"), ids=lambda row: row[3]
)
def test_inline_furniture_row(row: tuple[str, ...]) -> None:
    before, furniture, after = re.split("[⟦⟧]", row[3])
    line = before + furniture + after
    text = in_context("head", line)
    sections = [s for s in read_page(text).sections if s.end <= len(line)]
    found = [text[s.start : s.end] for s in sections if s.kind == "furniture"]
    if row[1] == "end":
        assert found[0].startswith(furniture)
    else:
        assert found == [furniture]
        assert [text[s.start : s.end] for s in sections if s.kind != "furniture"] == [
            part.strip() for part in (before, after) if part.strip()
        ]


@pytest.mark.parametrize("row", read_table("lgtalent_ie", "caption_cues"), ids=lambda row: row[2])
def test_caption_row(row: tuple[str, ...]) -> None:
    _, pattern, example = row
    assert re.search(page_units._filled(pattern), example)
    assert example in pieces(in_context("inside", example), "caption")


@pytest.mark.parametrize("row", read_table("lgtalent_ie", "title_tails"), ids=lambda row: row[1])
def test_title_tail_row(row: tuple[str, ...]) -> None:
    title, tail, _ = re.split("[⟦⟧]", row[1])
    found = kinds("\n".join([title + tail, *BODY]))
    assert found[:2] == [("headline", title), ("furniture", tail.strip())]


@pytest.mark.parametrize("row", read_table("lgtalent_ie", "published_cues"), ids=lambda row: row[2])
def test_published_row(row: tuple[str, ...]) -> None:
    _, _, example, day = row
    assert read_page(in_context("head", example)).published == date.fromisoformat(day)


# --- publication date --------------------------------------------------------------------------


@pytest.mark.parametrize(("head", "published"), read_cases("published"))
def test_published(head: str, published: str) -> None:
    found = read_page("\n".join([TITLE, head, *BODY])).published
    assert (found.isoformat() if found else "none") == published


def test_the_first_cue_counts_not_that_of_a_link_below() -> None:
    text = "\n".join([TITLE, "등록 2031.03.07 14:20", *BODY, "관련기사", "등록 2032.01.01 09:00"])
    assert read_page(text).published == date(2031, 3, 7)


# --- broken entities ---------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "found", "meant"), read_cases("entities"))
def test_entity_repairs(text: str, found: str, meant: str) -> None:
    repairs = entity_repairs(text)
    assert [text[start:end] for start, end, _ in repairs] == found.split()
    assert [new for *_, new in repairs] == [w.replace("␣", " ") for w in meant.split()]


# --- what stands twice -------------------------------------------------------------------------


def test_a_body_pasted_twice_counts_once() -> None:
    text = "\n".join([TITLE, *BODY, "/도토리뉴스", *BODY, "/도토리뉴스"])
    assert pieces(text, "body") == list(BODY)
    assert pieces(text, "duplicate") == list(BODY)
    (warning,) = read_page(text).warnings
    assert warning.code == "duplicate_body"
    assert text[warning.start : warning.end] == "\n".join(BODY)


def test_a_summary_is_kept_and_its_sentence_below_is_the_copy() -> None:
    line = f"{BODY[0]} {BODY[1]}"
    text = "\n".join([TITLE, BODY[0], "본문 보기", line, *BODY[2:]])
    assert kinds(text)[3:5] == [("duplicate", BODY[0]), ("body", BODY[1])]


def test_a_caption_pasted_twice_on_one_line() -> None:
    caption = "도토리 창고 모습. 사진=한가람 기자 garam@dotori.example"
    text = "\n".join([TITLE, caption + caption, *BODY])
    assert kinds(text)[1:3] == [("caption", caption), ("duplicate", caption)]


def test_a_short_sentence_may_come_twice() -> None:
    text = "\n".join(
        [TITLE, BODY[0] + " 이유는 있다.", BODY[1], BODY[2] + " 이유는 있다.", BODY[3]]
    )
    assert pieces(text, "duplicate") == []


def test_a_sentence_inside_a_quotation_is_no_copy() -> None:
    first = "겨울에는 모두가 숲 밖으로 나가야 한다."
    text = "\n".join(
        [TITLE, first, BODY[0], f"소장은 “봄은 온다. {first} 그렇다.”고 말했다.", BODY[1]]
    )
    assert pieces(text, "duplicate") == []


# --- inside a line -----------------------------------------------------------------------------


def test_a_byline_between_deck_and_body() -> None:
    deck = "연구소, 숲속 대학과 도토리 과제…박사 모시기 경쟁"
    byline = "한가람 기자·한국도토리협회 공동취재단 ="
    assert kinds("\n".join([f"{deck} {byline} {BODY[0]}", *BODY[1:]]))[:3] == [
        ("headline", deck), ("furniture", byline), ("body", BODY[0]),
    ]  # fmt: skip


def test_a_subhead_in_the_middle_of_a_line_stays_with_the_body() -> None:
    line = f"{BODY[0]} ◇ 겨울잠 데이터도 함께"
    assert line in pieces("\n".join([TITLE, line, *BODY[1:]]), "body")


def test_a_mail_address_after_the_last_sentence() -> None:
    text = "\n".join([TITLE, *BODY[:3], BODY[3] + " garam@dotori.example"])
    assert kinds(text)[-2:] == [("body", BODY[3]), ("furniture", "garam@dotori.example")]


def test_a_credit_between_two_paragraphs_on_one_line() -> None:
    caption = "도토리 창고를 살피는 연구원. [사진제공=다람쥐 연구소]"
    text = "\n".join([TITLE, f"{BODY[0]} {caption} {BODY[1]}", *BODY[2:]])
    assert kinds(text)[1:4] == [("body", BODY[0]), ("caption", caption), ("body", BODY[1])]


def test_a_page_on_one_line() -> None:
    text = f"{TITLE} 입력 2031.03.07 14:20 {' '.join(BODY)} 한가람 기자 garam@dotori.example"
    assert kinds(text) == [
        ("headline", TITLE), ("furniture", "입력 2031.03.07 14:20"), ("body", " ".join(BODY)),
        ("furniture", "한가람 기자 garam@dotori.example"),
    ]  # fmt: skip


# --- after the end -----------------------------------------------------------------------------


def test_links_after_the_copyright_line_are_furniture() -> None:
    links = [
        "'곰 가족' 밤나무 숲에 나타나",
        '"왜 내 도토리만 없나"…다람쥐의 눈물',
        "겨울잠 깨운 봄비",
    ]
    text = "\n".join([TITLE, *BODY, "저작권자 ⓒ 도토리신문 무단전재 및 재배포 금지", *links])
    assert set(links) <= set(pieces(text, "furniture"))


def test_a_box_of_links_inside_the_article_does_not_end_it() -> None:
    links = ["곰 가족, 밤나무 숲에 나타나", "봄비에 깬 개구리"]
    text = "\n".join([TITLE, *BODY[:2], "관련기사", *links, *BODY[2:]])
    assert pieces(text, "body") == list(BODY)
    assert set(links) <= set(pieces(text, "furniture"))


def test_other_news_after_the_end_stays_out() -> None:
    other = [
        "가수 별님이 새 노래를 발표하고 전국 순회공연에 나선다고 소속사가 전했다.",
        "야구 대표팀은 평가전에서 연장 접전 끝에 한 점 차로 이겼다.",
    ]
    text = "\n".join([TITLE, *BODY, "Copyright © 도토리신문. All rights reserved.", *other])
    assert pieces(text, "body") == list(BODY)


def test_a_byline_above_the_body_does_not_end_the_article() -> None:
    text = "\n".join([TITLE, "한가람 기자 garam@dotori.example", "댓글 0", *BODY])
    assert pieces(text, "body") == list(BODY)


def test_a_page_in_polite_style_is_an_article_too() -> None:
    body = [
        "다람쥐 연구소가 올해 도토리 저장 기술을 연구할 박사 열 명을 새로 뽑았습니다.",
        "연구소는 숲속 대학과 손잡고 겨울잠 데이터를 함께 모으는 과제도 시작합니다.",
        "숲속 대학 학생 스무 명도 여름부터 창고 로봇을 만드는 실습에 들어갑니다.",
    ]
    assert pieces("\n".join([TITLE, *body]), "body") == body


@pytest.mark.parametrize("text", ["다람쥐 연구소는 올해 박사 열 명을 새로 뽑았다", BODY[0]])
def test_one_sentence_alone_is_body(text: str) -> None:
    assert kinds(text) == [("body", text)]


def test_one_headline_alone_is_a_headline() -> None:
    assert kinds(TITLE) == [("headline", TITLE)]


# --- warnings ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "empty"),
        (" \n\t ", "empty"),
        ("로그인\n댓글 0\nCopyright © 도토리신문", "no_article"),
        ("The squirrel lab hired ten new doctors this year, it said on Friday.", "not_korean"),
        ("\n".join([*BODY, *BODY]), "duplicate_body"),
    ],
)
def test_warning(text: str, code: str) -> None:
    assert [warning.code for warning in read_page(text).warnings] == [code]


def test_a_clean_article_has_no_warning() -> None:
    assert read_page("\n".join([TITLE, *BODY])).warnings == ()


# --- any text ----------------------------------------------------------------------------------

_SCRAPS = [
    TITLE, *BODY, "관련기사", "댓글", " ", "\n", "\r\n", "\u2028", "(사진=숲)", "기자 =", "a@b.kr", "ⓒ",
    "입력 2031.03.07", "&amp;", "lt;", "“", '"', "다.", "\x00", "\ud800", "◇", "[", "🐿",
]  # fmt: skip


def check(text: str) -> Page:
    """What holds for every text: all that is not blank is covered once, in order, line by line."""
    page = read_page(text)
    covered = [False] * len(text)
    before = 0
    for section in page.sections:
        assert before <= section.start < section.end <= len(text)
        piece = text[section.start : section.end]
        assert piece == piece.strip()
        assert len(piece.splitlines()) == 1
        covered[section.start : section.end] = [True] * len(piece)
        before = section.end
    assert all(c.isspace() or covered[at] for at, c in enumerate(text))
    for start, end, new in entity_repairs(text):
        assert 0 <= start < end <= len(text)
        assert len(new) <= 2
    return page


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(_SCRAPS), max_size=14).map("".join))
def test_scraps_of_pages_are_covered(text: str) -> None:
    assert check(text) == read_page(text)


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(), max_size=60))
def test_any_text_is_covered(text: str) -> None:
    assert isinstance(check(text), Page)


@pytest.mark.parametrize(
    "text",
    [
        "가" * 100_000, "가나 기자 = " * 10_000, "a." * 50_000 + "@", "[" * 100_000, "다. " * 33_000,
        '"' * 100_000, "사진=" * 30_000, "댓글\n" * 30_000, "공유 " * 30_000, "&amp;" * 20_000,
        "2031.03." * 12_000, "저작권자 ⓒ " * 14_000, "가 " * 50_000, "도토리 창고 모습 " * 10_000,
    ],
    ids=lambda text: text[:10],
)  # fmt: skip
def test_of_a_scrap_repeated_without_end_at_most_a_line_is_article(text: str) -> None:
    page = check(text)
    article = [s for s in page.sections if s.kind in ("headline", "body", "caption")]
    assert sum(section.end - section.start for section in article) <= 40
    assert page.published is None
    assert {warning.code for warning in page.warnings} <= {"no_article", "duplicate_body"}
    assert page.warnings
    entities = [(at, at + 5, "&") for at in range(0, len(text), 5)] if text[0] == "&" else []
    assert list(entity_repairs(text)) == entities


# --- whole pages ---------------------------------------------------------------------------------

PAGES = {
    "portal with a summary": [
        ("headline", "한빛연구원, 겨울 인턴 마흔 명 뽑는다"), ("furniture", "도토리신문 2031. 10. 12. 14:03"),
        ("furniture", "댓글 1"), ("furniture", "글자크기 설정"), ("furniture", "자동요약"),
        ("body", "한빛연구원이 석·박사 과정 학생을 대상으로 겨울 인턴 마흔 명을 뽑는다고 12일 밝혔다."),
        ("furniture", "닫기"), ("furniture", "남성 여성"), ("furniture", "느림 보통 빠름"),
        ("duplicate", "한빛연구원이 석·박사 과정 학생을 대상으로 겨울 인턴 마흔 명을 뽑는다고 12일 밝혔다."),
        ("body", "서류는 오는 31일까지 받는다. 합격자는 12월부터 연구원들과 함께 과제를 한다."),
        ("body", '한빛연구원 관계자는 "인턴 가운데 절반은 정규직으로 뽑을 계획"이라고 했다.'),
        ("furniture", "이누리 (nuri@dotori.example)"),
        ("furniture", "Copyright © 도토리신문. 무단전재 및 재배포 금지."),
        ("furniture", "- 오늘도 눈 펑펑…퇴근길 비상"), ("furniture", "이 뉴스의 타임톡은 종료되었습니다."),
    ],
    "newspaper with deck and credits": [
        ("furniture", "경제"), ("headline", "한빛전자, 최고AI책임자에 이누리 박사 영입"),
        ("headline", "“3년 안에 세계 톱5 연구 조직으로”"), ("furniture", "노을빛 기자"),
        ("furniture", "입력 2031.02.11. 09:30"), ("caption", "이누리 한빛전자 신임 최고AI책임자. /한빛전자"),
        ("body", "한빛전자가 이누리(45) 전 숲속대 교수를 최고AI책임자(CAIO)로 영입했다고 11일 밝혔다."),
        ("caption", "그래픽=김다온"),
        ("body", "이 CAIO는 “연구 조직을 200명으로 늘려 3년 안에 세계 톱5로 키우겠다”고 했다."),
        ("furniture", "많이 본 뉴스"), ("furniture", "“집 팔아 산 주식” 개미의 최후"),
        ("furniture", "로그인을 하시면 100자평을 등록할 수 있습니다."),
    ],
    "agency with dateline": [
        ("furniture", "검색어 입력폼"), ("headline", "한빛그룹, 서울서 AI 인재 포럼…석·박사 120명 참석"),
        ("furniture", "송고시간2031-09-03 10:00"), ("furniture", "공유 댓글"),
        ("headline", "한빛전자·한빛화학 등 6개 계열사 채용 상담"), ("caption", "한빛그룹 AI 인재 포럼 현장"),
        ("caption", "[한빛그룹 제공. 재판매 및 DB 금지]"),
        ("body", "한빛그룹은 3일 서울에서 석·박사 과정 학생 120명을 초청해 'AI 인재 포럼'을 열었다고 밝혔다."),
        ("body", "행사에는 한빛전자와 한빛화학 등 6개 계열사가 참여해 채용 상담을 했다."),
        ("furniture", "dodam@dotori.example"), ("furniture", "#한빛그룹 #AI #인재"),
        ("furniture", "이 시각 주요뉴스"), ("furniture", "폭우에 전국 곳곳 통제…출근길 혼잡"),
    ],
    "community board": [
        ("furniture", "자유게시판"), ("headline", '한빛전자 "해외 AI 인재 500명 더 뽑는다"'),
        ("furniture", "도토리맨"), ("furniture", "IP 10.0.*.12"),
        ("furniture", "https://news.example/article/001/0001"),
        ("body", "한빛전자가 2033년까지 해외에서 AI 인재 500명을 더 뽑는다."),
        ("body", "회사는 미국과 인도의 대학을 돌며 채용 설명회를 연다. 지난해에는 120명을 뽑았다."),
        ("furniture", "추천 15"), ("furniture", "댓글 • 2"), ("furniture", "숲지기"),
        ("furniture", "와 대단하네요 저도 지원해볼까요"),
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", PAGES)
def test_whole_page(name: str) -> None:
    expected = PAGES[name]
    assert kinds("\n\n".join(line for _, line in expected)) == expected
