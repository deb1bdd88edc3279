"""Which part of a page is the article, what is furniture, what stands twice, and when it appeared.

A page is cut into units: lines, and within a line the stretches between bylines, credits, stamps
and copyright notes (`tables/inline_furniture.tsv`, `tables/caption_cues.tsv`). Each unit gets a
role from its form alone; then the place of the unit on the page decides. A cue that ends articles
(`tables/furniture_lines.tsv`, roles `box` and `end`) holds until a run of real prose follows.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from html import unescape
from itertools import pairwise
from typing import NamedTuple

from lgtalent_ie.page_published import read_published
from lgtalent_ie.page_units import (
    SENTENCE_END,
    Role,
    Unit,
    read_units,
    squash,
    trimmed,
    with_newlines,
)
from lgtalent_ie.schema import Section, SectionKind, Warning


@dataclass(frozen=True, slots=True)
class Page:
    """The sections of a text, its publication date where it tells one, and what is odd about it."""

    sections: tuple[Section, ...]
    published: date | None
    warnings: tuple[Warning, ...]


def read_page(text: str) -> Page:
    """The sections of `text`: sorted, each on one line, together all that is not blank.

    Never raises; what is odd comes back as warnings: `empty`, `no_article`, `not_korean`,
    `duplicate_body`.

    >>> lines = ["다람쥐 연구소, 박사 모신다", "입력 2031.03.07 14:20", "박사 열 명을 새로 뽑았다."]
    >>> page = read_page("\\n".join(lines))
    >>> [section.kind for section in page.sections], page.published
    (['headline', 'furniture', 'body'], datetime.date(2031, 3, 7))
    """
    page = with_newlines(text)
    units = read_units(page)
    pieces = _without_copies(page, units, _kinds(page, units))
    sections = _sections(page, pieces)
    return Page(sections, read_published(page, sections), _warnings(text, sections))


# --- the kind of a unit, from its place ---------------------------------------------------------

_POLITE = re.compile(r"(?:니다|세요|까요|[해어아에예]요|죠|십시오)[.!?]?$")
_SERVICE = re.compile(
    r"이용|서비스|기사|뉴스|본문|글자|댓글|구독|후원|로그인|회원|클릭|설정|변경|제공|요약|번역|광고|확인|독자|페이지|입력"
)
_SUBHEAD = "◇◆■□▣◈"
_ITEM = re.compile(r"[▲△▽▼○●◎▷①-⑳ⓐ-ⓩ•·]|[-–―]\s|\d{1,2}[.)]\s|[QA]\s?[.:]|[가나다라마바사아][.)]\s")
_ASKS = re.compile(r"(?:까|나|가|요|지|냐|는지|니)[?!][\"”’']?$")


_WORD_START = re.compile(r"(?<![가-힣A-Za-z0-9])[가-힣A-Za-z0-9]{2}")


def _words(piece: str) -> set[str]:
    """The first two characters of each word: close to its stem in Korean, blind to particles."""
    return {word.lower() for word in _WORD_START.findall(piece)}


def _share_known(piece: str, vocabulary: set[str]) -> float:
    words = _words(piece)
    return len(words & vocabulary) / len(words) if words else 0.0


def _is_polite(piece: str) -> bool:
    """Written to the reader (`-니다`, `-세요`), not about the world; quotations do not count."""
    return bool(_POLITE.search(piece)) and not any(c in piece for c in '"“”')


class _Segment(NamedTuple):
    """The units from one article-ending cue to the next; `prose` are those that may be article."""

    first: int
    last: int
    cue: Role | None
    prose: list[int]


def _segments(page: str, units: Sequence[Unit]) -> list[_Segment]:
    style = [
        (_is_polite(page[u.start : u.end]), u.end - u.start) for u in units if u.role == "prose"
    ]
    polite_page = sum(n for polite, n in style if polite) > sum(
        n for polite, n in style if not polite
    )
    segments = [_Segment(0, len(units), None, [])]
    for at, unit in enumerate(units):
        if unit.role in ("box", "end"):
            segments[-1] = segments[-1]._replace(last=at)
            segments.append(_Segment(at + 1, len(units), unit.role, []))
        elif unit.role == "prose":
            piece = page[unit.start : unit.end]
            service = _is_polite(piece) and (not polite_page) and (
                len(segments[-1].prose) == 0 or bool(_SERVICE.search(piece))
            )  # fmt: skip
            if not service:
                segments[-1].prose.append(at)
    return segments


def _kinds(page: str, units: Sequence[Unit]) -> list[SectionKind]:
    """The kind of each unit."""
    kinds: list[SectionKind] = ["furniture"] * len(units)
    vocabulary: set[str] = set()
    open_segments: list[_Segment] = []
    written, closed = 0, False
    for segment in _segments(page, units):
        closed = (closed or segment.cue == "end") if open_segments else False
        prose = [page[units[at].start : units[at].end] for at in segment.prose]
        if open_segments and not _resumes(prose, vocabulary, written, closed):
            continue
        closed = False
        for at, piece in zip(segment.prose, prose, strict=True):
            kinds[at] = "body"
            if written < 50_000:
                vocabulary |= _words(piece[:50_000])
            written += len(piece)
        if segment.prose or not open_segments:
            open_segments.append(segment)
        if not written:
            open_segments.clear()
    if not written:
        return _kinds_without_prose(page, units, kinds)
    _head_kinds(page, units, kinds, kinds.index("body"), vocabulary)
    for number, segment in enumerate(open_segments):
        _segment_kinds(page, units, kinds, segment, vocabulary, resumed=number > 0)
    _credit_kinds(page, units, kinds)
    return kinds


def _related(vocabulary: set[str]) -> float:
    """The share of known words from which on a text is of the same article.

    Measured on 2,696 sentences of KLUE-NER's news: sentences of other news share 0.03, 0.07, 0.14,
    0.20 of their words with a vocabulary of 57, 113, 216, 407; those of the article itself share
    0.2 to 0.35. The line lies between the two.
    """
    return min(0.35, 0.08 + 0.0008 * len(vocabulary))


def _resumes(prose: Sequence[str], vocabulary: set[str], written: int, closed: bool) -> bool:
    """Whether the prose after an article-ending cue is the article going on.

    `written` is how many characters of it stand before; `closed` after a sure end.
    """
    total = sum(map(len, prose))
    if written < 300 and total >= max(100, written):
        return True  # what stands before was a summary or a caption
    if total < 60 or (closed and (len(prose) < 2 or total < 200)):
        return False
    known = sum(len(piece) * _share_known(piece[:600], vocabulary) for piece in prose) / total
    return known >= _related(vocabulary) or (len(prose) >= 3 and total > 2 * written)


def _head_kinds(
    page: str, units: Sequence[Unit], kinds: list[SectionKind], body: int, vocabulary: set[str]
) -> None:
    """Title and deck before the first body unit: the lines that share words with the body."""
    candidates = [
        at for at in range(body)
        if units[at].role == "short" and _is_headline_like(page[units[at].start : units[at].end])
    ]  # fmt: skip
    for at in range(body):
        if units[at].role == "caption":
            kinds[at] = "caption"
    if not candidates:
        return
    known = {
        at: _share_known(page[units[at].start : units[at].end], vocabulary) for at in candidates
    }
    keys = [squash(page[units[at].start : units[at].end]) for at in candidates]
    times = Counter(keys)
    # a title sums up the body: it shares more words with it than a paragraph does
    enough = min(0.3, _related(vocabulary) + 0.05)
    title = next(
        (at for at, key in zip(candidates, keys, strict=True) if times[key] > 1),
        next(
            (at for at in candidates if known[at] >= enough), max(candidates, key=known.__getitem__)
        ),
    )
    for at in candidates:
        if at == title or known[at] >= (enough if at < title else min(0.2, enough)):
            kinds[at] = "headline"


def _is_headline_like(piece: str) -> bool:
    return len(piece) >= 6 and piece.count(" ") >= 1 and len(_words(piece)) >= 2


def _segment_kinds(
    page: str, units: Sequence[Unit], kinds: list[SectionKind], segment: _Segment,
    vocabulary: set[str], resumed: bool,
) -> None:  # fmt: skip
    """Subheads, items and captions between the body units of one stretch of the article."""
    if not segment.prose:
        return
    first, last = segment.prose[0], segment.prose[-1]
    for at in range(segment.first if resumed else first, segment.last):
        unit, piece = units[at], page[units[at].start : units[at].end]
        if unit.role == "caption":
            kinds[at] = "caption"
        elif unit.role == "short" and first < at < last:
            kinds[at] = _inner_kind(piece, vocabulary)
        elif unit.role == "short":
            known = _share_known(piece, vocabulary)
            if at < first and known >= 0.5 and _is_headline_like(piece):
                kinds[at] = "headline"
            elif at > last and kinds[at - 1] in ("body", "headline") and (
                _ITEM.match(piece) or piece[0] in _SUBHEAD or at == len(units) - 1
            ) and known >= 0.3:  # fmt: skip
                kinds[at] = _inner_kind(piece, vocabulary) if piece[0] in _SUBHEAD else "body"
    _drop_link_lists(page, units, kinds, first, last, vocabulary)


def _inner_kind(piece: str, vocabulary: set[str]) -> SectionKind:
    """A short line between paragraphs: subhead, item of a list, question, or a button."""
    if piece[0] in _SUBHEAD:
        return "headline"
    if _ITEM.match(piece) or _ASKS.search(piece) or len(piece) > 90:
        return "body"
    if len(piece) <= 15 and not _share_known(piece, vocabulary):
        return "furniture"
    return "headline"


def _drop_link_lists(
    page: str,
    units: Sequence[Unit],
    kinds: list[SectionKind],
    first: int,
    last: int,
    vocabulary: set[str],
) -> None:
    """Four and more short lines in a row that the article shares no words with are links."""
    run: list[int] = []
    for at in range(first, last + 1):
        if units[at].role == "short":
            run.append(at)
            continue
        if len(run) >= 4:
            shares = [_share_known(page[units[r].start : units[r].end], vocabulary) for r in run]
            if sum(shares) / len(shares) < _related(vocabulary):
                for r in run:
                    kinds[r] = "furniture"
        run = []


def _credit_kinds(page: str, units: Sequence[Unit], kinds: list[SectionKind]) -> None:
    """A short line above a line that is a credit alone is its caption, but not the title."""
    title = kinds.index("headline") if "headline" in kinds else -1
    for at in range(len(units) - 1, title + 1, -1):
        above, unit = units[at - 1], units[at]
        if kinds[at] == "caption" and kinds[at - 1] == "headline" and above.role == "short":
            bare = page[unit.start] in "[(<【/ⓒ©" or unit.end - unit.start <= 20
            same = squash(page[above.start : above.end]) == squash(page[unit.start : unit.end])
            if same or (bare and unit.role == "caption"):
                kinds[at - 1] = "caption"


def _kinds_without_prose(
    page: str, units: Sequence[Unit], kinds: list[SectionKind]
) -> list[SectionKind]:
    """A page of no whole sentence: a headline, a notice, one sentence without its full stop."""
    shorts = sum(unit.role == "short" for unit in units)
    written = False
    for at, unit in enumerate(units):
        piece = page[unit.start : unit.end]
        if unit.role == "end" and written:
            break
        if unit.role == "caption":
            kinds[at] = "caption"
        elif unit.role == "short" and (shorts == 1 or _is_headline_like(piece)):
            written = True
            sentence = piece.endswith("다") and piece.count(" ") >= 3 and "…" not in piece
            kinds[at] = "body" if sentence or _ITEM.match(piece) else "headline"
    return kinds


# --- copies --------------------------------------------------------------------------------------


def _without_copies(
    page: str, units: Sequence[Unit], kinds: Sequence[SectionKind]
) -> list[tuple[int, int, SectionKind]]:
    """The pieces of the page; lines and sentences that stood before are duplicates."""
    seen: set[str] = set()
    pieces: list[tuple[int, int, SectionKind]] = []
    before: SectionKind = "furniture"
    for unit, kind in zip(units, kinds, strict=True):
        line = squash(page[unit.start : unit.end])
        if unit.role == "copy":
            pieces.append(
                (unit.start, unit.end, "furniture" if before == "furniture" else "duplicate")
            )
            continue
        if unit.role not in ("furniture", "box", "end") and line in seen and len(line) >= 8:
            kind = "duplicate"
        if kind in ("furniture", "duplicate"):
            pieces.append((unit.start, unit.end, kind))
        else:
            pieces += _sentences_once(page, unit, kind, before, seen)
            seen.add(line)
        before = pieces[-1][2]
    return pieces


_STOP = re.compile(r"[.!?]")


def _sentences_once(
    page: str, unit: Unit, kind: SectionKind, before: SectionKind, seen: set[str]
) -> Iterator[tuple[int, int, SectionKind]]:
    """The sentences of a unit, those seen before as duplicates; short ones beside another only."""
    if unit.role == "short" and not _STOP.search(page, unit.start, unit.end):
        yield unit.start, unit.end, kind  # one piece, and its key is that of the line
        return
    ends = [m.end() for m in SENTENCE_END.finditer(page, unit.start, unit.end)]
    if not ends or ends[-1] != unit.end:
        ends.append(unit.end)
    open_quote, keys = False, []
    for start, end in pairwise([unit.start, *ends]):
        sentence = page[start:end]
        key = squash(sentence)
        copy = (
            key in seen
            and not open_quote
            and (len(key) >= 15 or (before == "duplicate" and len(key) > 3))
        )
        before = "duplicate" if copy else kind
        keys.append(key)
        if sentence.count("“") + sentence.count("”") + sentence.count('"') & 1:
            open_quote = not open_quote
        yield start, end, before
    seen.update(keys)


def _sections(page: str, pieces: Sequence[tuple[int, int, SectionKind]]) -> tuple[Section, ...]:
    """Pieces of one kind joined where they touch on one line, blanks trimmed."""
    joined: list[tuple[int, int, SectionKind]] = []
    for start, end, kind in pieces:
        start, end = trimmed(page, start, end)
        if start == end:
            continue
        if joined and joined[-1][2] == kind and "\n" not in page[joined[-1][1] : start]:
            joined[-1] = (joined[-1][0], end, kind)
        else:
            joined.append((start, end, kind))
    return tuple(Section(kind, start, end) for start, end, kind in joined)


# --- broken entities -----------------------------------------------------------------------------

_ENTITY = re.compile(
    r"&(?:amp;)*(?:[A-Za-z]{2,8}|#\d{1,6}|#x[0-9A-Fa-f]{1,5});"
    r"|(?<=[A-Z0-9가-힣])amp;(?=[A-Z0-9가-힣])|(?<![A-Za-z&;])amp;(?=[\s#a-z])"
    r"|(?<![A-Za-z&])(?:quot|nbsp|lsquo|rsquo|ldquo|rdquo|middot|hellip|#0?3[49]|#x27);"
    r"|(?<![A-Za-z&])(?:lt;(?=\S)|lt;(?=[^\n]{0,80}gt;))|(?<=[^\sA-Za-z&])gt;|(?<=lt;[^\s])gt;"
)


def entity_repairs(text: str) -> tuple[tuple[int, int, str], ...]:
    """(start, end, replacement) of each entity left in the text, with or without its `&`.

    >>> entity_repairs("연구개발Ramp;D 예산 &quot;증액&quot;")
    ((5, 9, '&'), (14, 20, '"'), (22, 28, '"'))
    """
    repairs = []
    for match in _ENTITY.finditer(text):
        entity = match.group()
        while entity.startswith("&amp;"):
            entity = "&" + entity[5:]
        meant = (
            unescape(entity if entity.startswith("&") else "&" + entity) if entity != "&" else "&"
        )
        if not meant.endswith(";") or len(meant) == 1:
            repairs.append((match.start(), match.end(), meant.replace("\xa0", " ")))
    return tuple(repairs)


# --- warnings ------------------------------------------------------------------------------------

_LETTER = re.compile(r"[^\W\d_]")
_HANGUL = re.compile(r"[가-힣ㄱ-ㆎᄀ-ᇿ]")


def _warnings(text: str, sections: Sequence[Section]) -> tuple[Warning, ...]:
    warnings = []
    article = [s for s in sections if s.kind in ("headline", "body", "caption")]
    if not text.strip():
        warnings.append(Warning("empty", "the text is empty or blank"))
    elif not article:
        warnings.append(
            Warning("no_article", "no line of the page reads as an article", 0, len(text))
        )
    written = "".join(text[section.start : section.end] for section in article)
    hangul = len(_HANGUL.findall(written))
    # Letters are counted only where so few of all characters are Hangul that it may matter.
    letters = len(_LETTER.findall(written)) if hangul < len(written) / 10 else hangul
    if hangul < letters / 10:
        message = f"{hangul} of {letters} letters are Hangul: this library reads Korean"
        warnings.append(Warning("not_korean", message, article[0].start, article[-1].end))
    return (*warnings, *_duplicate_body(sections))


def _duplicate_body(sections: Sequence[Section]) -> tuple[Warning, ...]:
    """A warning where half of the body, and no less than 150 characters, stands twice."""
    copies = [s for s in sections if s.kind == "duplicate"]
    copied = sum(s.end - s.start for s in copies)
    body = sum(s.end - s.start for s in sections if s.kind == "body")
    if copied < 150 or 2 * copied < body:
        return ()
    message = f"{copied} characters of the article stand twice; the first occurrence is kept"
    return (Warning("duplicate_body", message, copies[0].start, copies[-1].end),)
