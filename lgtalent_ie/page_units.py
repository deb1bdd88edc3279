"""A page cut into units: lines, and within a line the stretches between the cues inside it.

Each unit gets a role from its form alone: its wording (`tables/furniture_lines.tsv`,
`tables/menu_words.tsv`), its length, how it ends. Where it stands is for `page.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Literal, NamedTuple

from lgtalent_ie.tables import read_table

Role = Literal["furniture", "box", "end", "caption", "prose", "short", "copy"]


class Unit(NamedTuple):
    """A line or a stretch of one, without blanks around it.

    Roles: `furniture` by its wording; `box` and `end` end an article, `end` more surely; `caption`;
    `prose` whole sentences; `short` a line whose place decides; `copy` the unit before once more.
    """

    start: int
    end: int
    role: Role


class _Cut(NamedTuple):
    """Where a cue was found inside a line."""

    start: int
    end: int
    role: Role


# --- tables ------------------------------------------------------------------------------------

_LINE_END = re.compile("[\r\v\f\x1c\x1d\x1e\x85\u2028\u2029]")
_CUE_LENGTH = 160  # no furniture line that is known by its wording is longer
DATE = r"(?<!\d)(?:(?:19|20)\d{2}|\d{2})\s?[-./년]\s?\d{1,2}\s?[-./월]\s?\d{1,2}(?!\d)\s?[.일]?"
CLOCK = r"[T ]?\s?(?:오전|오후|AM|PM)?\s?\d{1,2}\s?[:시]\s?\d{2}(?::\d{2}|분)?(?:\s?[AP]M)?"
PARTS = {
    "{names}": r"[가-힣]{2,4}(?:\s?[·,/]\s?[가-힣]{2,4}|\s[가-힣]{3}){0,4}",
    "{role}": r"(?:(?:선임|수습|인턴|객원|전문|수석|과학전문|의학전문)\s?)?"
    r"(?:기자|특파원|논설위원|통신원|리포터|에디터|앵커|PD)",
    "{mail}": r"[A-Za-z0-9][A-Za-z0-9._%+-]{0,40}@[A-Za-z0-9-]{1,40}(?:\.[A-Za-z0-9-]{1,20}){1,4}",
    "{outlet}": r"(?:[가-힣A-Za-z0-9·]{0,10}(?:뉴스|뉴시스|일보|신문|경제|타임[스즈]|투데이|"
    r"데일리|비즈|방송|통신|저널|헤럴드|프레스|미디어|리안|매체|닷컴)(?:1|TV|핌|룸|와이어|맨|웨이|프리존|토마토)?)",
    "{place}": r"[가-힣]{2,6}",
    "{date}": DATE,
    "{clock}": CLOCK,
}


@cache
def _stamp() -> str:
    """A cue of publication or change with its date, as a pattern."""
    cues = "|".join(dict.fromkeys(row[1] for row in read_table(__package__, "published_cues")))
    return (
        rf"(?<![가-힣A-Za-z])(?:{cues})\s{{0,2}}[:：|ㅣ]?\s{{0,2}}{DATE}"
        rf"(?:\s?[(]?[월화수목금토일](?:요일)?[)]?)?(?:{CLOCK})?"
    )


@cache
def _menu_words() -> dict[str, Role]:
    roles: dict[str, Role] = {"box": "box", "share": "furniture", "menu": "furniture"}
    return {word: roles[group] for word, group in read_table(__package__, "menu_words")}


def _filled(pattern: str) -> str:
    """A table's pattern with its named parts filled in; no `\\s` of it crosses a line."""
    share = "|".join(
        re.escape(w) for w, group in read_table(__package__, "menu_words") if group == "share"
    )
    for part, meaning in (*PARTS.items(), ("{stamp}", _stamp()), ("{share}", f"(?:{share})")):
        pattern = pattern.replace(part, meaning)
    return _CLASS_OR_BLANK.sub(_within_a_line, pattern)


_BLANKS = " \t\xa0\u3000"
_CLASS_OR_BLANK = re.compile(r"\[(?:\\.|[^\]\\])*\]|\\s")


def _within_a_line(match: re.Match[str]) -> str:
    part = match.group()
    if part == r"\s":
        return f"[{_BLANKS}]"
    return part.replace(r"\s", _BLANKS + ("\n" if part.startswith("[^") else ""))


@cache
def _line_cues() -> re.Pattern[str]:
    """Matches a whole furniture line; the name of the group that matched is its role."""
    by_role: dict[str, list[str]] = {"end": [], "box": [], "furniture": []}
    for match, role, pattern, _ in read_table(__package__, "furniture_lines"):
        if match != "part":
            by_role[role].append(_filled(pattern) + (".*" if match == "start" else ""))
    return re.compile("|".join(f"(?P<{role}>{'|'.join(p)})" for role, p in by_role.items()))


@cache
def _part_cues() -> re.Pattern[str]:
    """Finds a wording that makes furniture of the line it stands in; the group is the role."""
    return re.compile(
        "|".join(
            f"(?P<{role}{number}>{_filled(pattern)})"
            for number, (match, role, pattern, _) in enumerate(
                read_table(__package__, "furniture_lines")
            )
            if match == "part"
        )
    )


@cache
def _inline_cues() -> tuple[
    tuple[re.Pattern[str], Literal["furniture", "box", "end", "caption"]], ...
]:
    """Patterns of furniture and credits that may begin or end inside a line."""
    form = {"start": "^[^\\S\\n]*(?:{})", "any": "(?:{})", "end": "(?:{})[^\\S\\n]*$"}
    cues = [
        (re.compile(form[where].format(_filled(pattern)), re.M), role)
        for where, role, pattern, _ in read_table(__package__, "inline_furniture")
    ]
    credits = [
        (re.compile(_filled(pattern), re.M), "caption")
        for place, pattern, _ in read_table(__package__, "caption_cues")
        if place == "credit"
    ]
    return tuple(cues + credits)  # type: ignore[arg-type]


@cache
def _caption_lines() -> re.Pattern[str]:
    """Matches a line that is a caption by its beginning or its end."""
    form = {"start": "^(?:{})", "ending": "(?:{})"}
    return re.compile(
        "|".join(
            form[place].format(_filled(pattern))
            for place, pattern, _ in read_table(__package__, "caption_cues")
            if place != "credit"
        )
    )


@cache
def _title_tails() -> re.Pattern[str]:
    return re.compile(
        "|".join(f"(?:{_filled(row[0])})" for row in read_table(__package__, "title_tails"))
    )


# --- units -------------------------------------------------------------------------------------

_BULLETS = " \t\xa0-–—=•·∙*▶▷►☞※>|◀◁▼▲▽+#_~"
_CLOSERS = "\"”’'」』)]"
# a full stop, or 다./요. to which the next sentence is glued; not `다."라고`
SENTENCE_END = re.compile(r"[.!?][\"”’'」』)\]]{0,2}(?=\s|$)|(?<=[다요])\.(?=[가-힣A-Z“‘◇■△▲\[(])")
_LETTER = re.compile(r"[^\W_]")


def trimmed(page: str, start: int, end: int) -> tuple[int, int]:
    piece = page[start:end]
    left = len(piece) - len(piece.lstrip())
    return start + left, max(start + left, start + len(piece.rstrip()))


def _lines(page: str) -> Iterator[tuple[int, int]]:
    """The lines that are not blank, without blanks around them."""
    at = 0
    for line in page.split("\n"):
        if line and not line.isspace():
            start = at + len(line) - len(line.lstrip())
            yield start, start + len(line.strip())
        at += len(line) + 1


def _cuts(page: str) -> list[_Cut]:
    """Furniture and credits inside lines, sorted, of overlapping ones the first."""
    found = [
        _Cut(*trimmed(page, m.start(), m.end()), role)
        for cue, role in _inline_cues()
        for m in cue.finditer(page)
    ]
    cuts: list[_Cut] = []
    for cut in sorted(found, key=lambda c: (c.start, -c.end)):
        if cut.start < cut.end and (not cuts or cut.start >= cuts[-1].end):
            cuts.append(cut)
    return cuts


def with_newlines(text: str) -> str:
    """The text with each kind of line break as one newline, so that offsets stay what they were."""
    return _LINE_END.sub("\n", text)


def read_units(page: str) -> list[Unit]:
    """The lines of the page cut at the cues inside them, each stretch with its role.

    `page` has newlines alone as line breaks (`with_newlines`).
    """
    units: list[Unit] = []
    cuts = _cuts(page)
    cuts.append(_Cut(len(page) + 1, len(page) + 1, "furniture"))
    at = 0
    head = True
    for start, end in _lines(page):
        inside = at
        while cuts[at].start < end:
            at += 1
        first, copied = _repetition(page, start, end) if end - start >= 24 else (end, end)
        if at == inside and first == end and not head:
            units.append(Unit(start, end, _role(page[start:end])))
            continue
        for left, right in ((start, first), (copied, end)):
            found = [
                cut._replace(end=min(cut.end, right))
                for cut in cuts[inside:at]
                if left <= cut.start < right
            ]
            units += _line_units(page, left, right, found, head)
            if left == start and copied > first:
                units.append(Unit(*trimmed(page, first, copied), "copy"))
        head = head and len(units) < 60 and units[-1].role != "prose"
    return units


def _line_units(page: str, start: int, end: int, cuts: list[_Cut], head: bool) -> list[Unit]:
    """The stretches of one line; what has no letter goes with the stretch before it."""
    units: list[Unit] = []

    def add(left: int, right: int, role: Role | None = None) -> None:
        left, right = trimmed(page, left, right)
        if left == right:
            return
        if units and right - left < 20 and not _LETTER.search(page, left, right):
            units[-1] = units[-1]._replace(end=right)
        else:
            units.append(Unit(left, right, role or _role(page[left:right])))

    for cut in cuts:
        begin = cut.start
        if cut.role == "caption":
            begin = _caption_start(page, start, cut, end)
        elif page[cut.start] in "/=" and _is_photo_text(page[start:begin].rstrip()):
            cut = cut._replace(role="caption")  # `… 전경. /도토리신문`: the sign-off is a credit
            begin = start
        add(start, begin)
        add(begin, cut.end, cut.role)
        start = cut.end
    tail = None
    if head and end - start <= _CUE_LENGTH:
        tail = _title_tails().search(page, start, end)
    if tail and tail.start() - start > 5 and _role(page[start : tail.start()]) == "short":
        add(start, tail.start())
        add(tail.start(), end, "furniture")
    else:
        add(start, end)
    return units


def _caption_start(page: str, start: int, credit: _Cut, end: int) -> int:
    """Where the caption begins whose credit is given: a short line wholly, else one sentence."""
    lead = page[start : credit.start].rstrip()
    ends = [start + m.end() for m in SENTENCE_END.finditer(lead)]
    if len(lead) <= 220 and len(ends) <= 2 and credit.end == end:
        return start
    ends = [e for e in ends if e < start + len(lead)]
    sentence = ends[-1] if ends else start
    return sentence if credit.start - sentence <= 220 else credit.start


def _repetition(page: str, start: int, end: int) -> tuple[int, int]:
    """Where the first part of a line ends, and where its copies after it (`XX`, `XX rest`)."""
    at = page.find(page[start : start + 8], start + 12, end)
    for _ in range(8):
        if at < 0:
            break
        copied = at
        while (after := _copy_end(page, start, at, copied, end)) is not None:
            copied = after
        if copied > at and len(squash(page[start:at])) >= 12:
            return at, copied
        at = page.find(page[start : start + 8], at + 1, end)
    return end, end


def _copy_end(page: str, start: int, stop: int, at: int, end: int) -> int | None:
    """Where the copy of page[start:stop] ends that begins at `at`, None where there is none."""
    while start < stop:
        if page[start].isspace():
            start += 1
        elif at < end and page[at].isspace():
            at += 1
        elif at < end and squash(page[start]) == squash(page[at]):
            start, at = start + 1, at + 1
        else:
            return None
    return at


def squash(piece: str) -> str:
    """A piece without blanks and with one style of quotation mark: what is compared word for word.

    >>> squash("‘도토리’ 창고")
    "'도토리'창고"
    """
    return _QUOTE.sub("'", "".join(piece.split()))


_QUOTE = re.compile('["“”‘’`´＂＇「」『』′″]')


# --- the role of a unit, from its form alone -----------------------------------------------------

_WORD = re.compile(r"[^\W\d_]")
_FINAL = re.compile(r"(?:[가-힣]|[A-Za-z]{2})[.][\"”’'」』)\]]{0,3}$")
_TOLD = re.compile(r"(?<!니)다[.\"”’')\]]{1,3}$")
_INNER = re.compile(r"(?<=[가-힣])[.?!][\"”’'」』)\]]{0,2}\s")
_TOKEN_BREAK = re.compile(r"[\s|·/>›»,:ㅣ<()\[\]-]+")


def _role(piece: str) -> Role:
    """What a stretch is by its wording, its length and how it ends."""
    if not _WORD.search(piece):
        return "furniture"
    prose = _is_prose(piece)
    told = prose and _TOLD.search(piece)  # news tells (`-다.`); furniture addresses the reader
    if len(piece) <= _CUE_LENGTH and not told:
        bare = piece.strip(_BULLETS)
        cue = _line_cues().fullmatch(bare) or (bare != piece and _line_cues().fullmatch(piece))
        if cue:
            return cue.lastgroup  # type: ignore[return-value]
        if len(bare) <= 80 and (word_role := _menu_role(bare)):
            return word_role
    if _is_caption(piece):
        return "caption"
    if len(piece) <= 300 and not told and (part := _part_cues().search(piece)):
        return part.lastgroup.rstrip("0123456789")  # type: ignore[union-attr,return-value]
    return "prose" if prose else "short"


def _menu_role(bare: str) -> Role | None:
    """The role of a line made of menu and button words alone; numbers may stand between them."""
    words = _menu_words()
    if bare in words:
        return words[bare]
    found: Role | None = None
    for token in _TOKEN_BREAK.split(bare):
        role = words.get(token)
        if role is None and token.strip("0123456789+.%"):
            return None
        if role is not None and found != "box":
            found = role
    return found


def _is_caption(piece: str) -> bool:
    found = _caption_lines().search(piece) if len(piece) <= _CUE_LENGTH else None
    return bool(found) and (found.start() == 0 or not _INNER.search(piece))  # type: ignore[union-attr]


def _is_photo_text(lead: str) -> bool:
    """One short sentence that does not tell news: what stands before a credit, not a sign-off."""
    shows = lead.endswith("있다.") or not _TOLD.search(lead)
    return len(lead) <= 120 and shows and not _INNER.search(lead)


def _is_prose(piece: str) -> bool:
    """Whole sentences: headlines and buttons are short and end without a full stop."""
    blanks = piece.count(" ")
    if len(piece) < 12 or blanks < 2:
        return len(piece) >= 120
    return bool(_FINAL.search(piece)) or len(piece) >= 120 or bool(_INNER.search(piece))
