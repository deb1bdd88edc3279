"""HTML pages in, the text of their article out."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lgtalent_ie.errors import InputError
from lgtalent_ie.html import HtmlPage, is_html, read_html
from lgtalent_ie.page import read_page

TITLE = "다람쥐 연구소, 도토리 박사 열 명 영입"
FIRST = "다람쥐 연구소가 올해 도토리 저장 기술을 연구할 박사 열 명을 새로 뽑았다고 7일 밝혔다."
SECOND = "연구소는 숲속 대학과 손잡고 겨울잠 데이터를 함께 모으는 과제도 시작한다."
PAGE = f"""<!DOCTYPE html>
<html lang="ko"><head><meta charset="utf-8"><title>{TITLE} - 도토리신문</title>
<meta property="og:title" content="{TITLE}">
<meta property="article:published_time" content="2031-03-07T14:20:00+09:00"></head>
<body><nav><ul><li><a href="/p">정치</a></li><li><a href="/e">경제</a></li></ul></nav>
<article><h1>{TITLE}</h1>
<p>{FIRST}</p><p>{SECOND}</p>
<p>연구소장은 "도토리를 오래 두는 법을 찾을 사람을 더 모으겠다"며 "숲 밖으로도 나가겠다"고 말했다.</p>
<p>숲속 대학 총장은 학생 스무 명이 여름부터 연구소에서 실습한다고 덧붙였다.</p></article>
<div id="comments" class="comments"><p>첫 번째로 남긴 독자 의견입니다</p></div>
<footer><p>Copyright ⓒ 도토리신문. All rights reserved.</p></footer></body></html>"""


def test_the_article_with_its_headline_first() -> None:
    page = read_html(PAGE)
    lines = page.text.splitlines()
    assert lines[0] == TITLE
    assert lines.index(FIRST) < lines.index(SECOND)
    assert lines.count(TITLE) == 1


def test_title_and_date_come_from_the_page() -> None:
    page = read_html(PAGE)
    assert page.title == TITLE
    assert page.published == date(2031, 3, 7) or date.today() < date(2031, 3, 7)


def test_a_past_date_is_read() -> None:
    assert read_html(PAGE.replace("2031-03-07T", "2021-03-07T")).published == date(2021, 3, 7)


def test_comments_and_menus_are_left_out() -> None:
    text = read_html(PAGE).text
    assert "독자 의견" not in text
    assert "정치" not in text


def test_what_comes_out_reads_as_an_article() -> None:
    text = read_html(PAGE).text
    kinds = {text[s.start : s.end]: s.kind for s in read_page(text).sections}
    assert kinds[TITLE] == "headline"
    assert kinds[FIRST] == kinds[SECOND] == "body"


def test_a_page_that_is_no_article_gives_all_its_text() -> None:
    page = read_html("<html><body><div>도토리 창고 안내</div></body></html>")
    assert "도토리 창고 안내" in page.text


@pytest.mark.parametrize(
    "html", ["", "   ", "<html></html>", "<html><body><script>let a = 1</script></body></html>"]
)
def test_a_page_without_text_is_an_input_error_with_a_remedy(html: str) -> None:
    with pytest.raises(InputError, match="to do: check that the page"):
        read_html(html)


@pytest.mark.parametrize(
    "html",
    [
        "<html><body><p>도토리 창고가 <b>열렸다.</p></i></div>",
        "<p>도토리 창고가 열렸다.<table><tr><td>한 칸<p>두 칸",
        "\x00<html>\ud800<body>도토리 창고가 열렸다.</body>",
        '<?xml version="1.0" encoding="euc-kr"?><html><body><p>도토리 창고가 열렸다.</p></body></html>',
    ],
)
def test_broken_html_is_read_as_far_as_it_goes(html: str) -> None:
    assert "도토리 창고가" in read_html(html).text


@settings(max_examples=25, deadline=None)
@given(st.text(alphabet="<>/ap=\"'!-[]&;#다가\n\x00\ud800", max_size=80))
def test_no_html_gives_anything_but_a_page_or_an_input_error(html: str) -> None:
    try:
        page = read_html(html)
    except InputError:
        return
    assert isinstance(page, HtmlPage)
    assert page.text


@pytest.mark.parametrize(
    "text",
    [
        PAGE,
        "\ufeff\n<!doctype html>",
        "<HTML>",
        "<div><p>도토리</p></div>",
        "<?xml version='1.0'?>\n<html>",
    ],
)
def test_html_is_known(text: str) -> None:
    assert is_html(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "도토리 창고가 열렸다.",
        "<저작권자 ⓒ 도토리신문, 무단전재 금지>",
        "<앵커> 도토리 창고가 열렸습니다. <기자> 창고 앞입니다. <인터뷰> 반가워요.",
        "도토리 < 밤 그리고 p > q 인 경우 <b>한 번</b>",
        "제목 < 산업 < 기사본문 - 도토리신문",
    ],
)
def test_text_is_not_html(text: str) -> None:
    assert not is_html(text)
