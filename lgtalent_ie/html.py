"""The article of an HTML page, by trafilatura (Barbaresi 2021), and the date the page gives."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from lgtalent_ie.errors import InputError, MissingExtraError

_TAG = re.compile(
    r"</?(?:html|head|body|div|p|span|meta|link|article|section|main|header|footer|nav|a|img|br|"
    r"h[1-6]|ul|ol|li|table|tr|td|script|style|title|figure)(?:\s[^<>]{0,400})?/?>",
    re.IGNORECASE,
)
_OPENING = re.compile(
    r"[\s\ufeff]{0,64}(?:<\?xml[^>]{0,200}>\s{0,64})?<(?:!doctype\s+html|html)\b", re.I
)
# what neither XML nor lxml can hold
_UNREADABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class HtmlPage:
    """The text of a page, one paragraph a line, headline first; title and date if it has them."""

    text: str
    title: str | None
    published: date | None


def is_html(text: str) -> bool:
    """Whether `text` is an HTML page and not the text of one; looks at its first 20,000 characters.

    >>> is_html("<!doctype html><title>다람쥐</title>"), is_html("<저작권자 ⓒ 도토리신문> 이달 <b>")
    (True, False)
    """
    start = text[:20_000]
    return bool(_OPENING.match(start)) or sum(1 for _ in _TAG.finditer(start)) >= 3


def read_html(html: str, url: str | None = None) -> HtmlPage:
    """The article of an HTML page; `url` helps to find its date.

    Comments are left out; where no article is found, all text of the page is taken. Raises
    InputError where the page holds no text at all, MissingExtraError without trafilatura.

    >>> page = "<html><title>다람쥐 연구소</title><body><p>연구소가 문을 열었다.</p></body></html>"
    >>> read_html(page).text
    '다람쥐 연구소\\n연구소가 문을 열었다.'
    """
    try:
        from trafilatura import bare_extraction, html2txt
    except ImportError as error:
        raise MissingExtraError(
            "an HTML page, but trafilatura cannot be imported",
            "text, or HTML where trafilatura and lxml_html_clean are installed",
            "pip install trafilatura lxml_html_clean, or pass the text of the page",
        ) from error
    clean = _UNREADABLE.sub(" ", html)
    found: Any = None
    failure: Exception | None = None
    try:
        found = bare_extraction(
            clean,
            url=url,
            favor_recall=True,
            include_comments=False,
            with_metadata=True,
            # the day of the first publication, and no guess from numbers somewhere on the page
            date_extraction_params={"original_date": True, "extensive_search": False},
        )
    except (
        Exception
    ) as error:  # whatever a parser does with a broken page, the caller gets one error
        failure = error
    title = _one_line(getattr(found, "title", None))
    text = _lines(getattr(found, "text", None))
    if not text:
        try:
            text = _lines(html2txt(clean))
        except Exception as error:
            failure = error
    if not text:
        raise InputError(
            f"an HTML page of {len(html)} characters without readable text",
            "a page with an article in its HTML, or plain text",
            "check that the page is not filled in by scripts, or pass its text",
        ) from failure
    if title and title not in text[: 4 * len(title) + 200]:
        text = f"{title}\n{text}"
    return HtmlPage(text, title, _day(getattr(found, "date", None)))


def _one_line(text: str | None) -> str | None:
    return " ".join(text.split()) or None if text else None


def _lines(text: str | None) -> str:
    """The lines that are not blank, trimmed."""
    return "\n".join(line.strip() for line in (text or "").splitlines() if line.strip())


def _day(written: str | None) -> date | None:
    try:
        return date.fromisoformat(written[:10]) if written else None
    except ValueError:
        return None
