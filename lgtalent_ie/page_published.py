"""When an article was published, as its page tells."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from functools import cache

from lgtalent_ie.page_units import CLOCK, DATE, PARTS
from lgtalent_ie.schema import Section
from lgtalent_ie.tables import read_table

_DATE_PARTS = re.compile(r"(\d{2,4})\s?[-./년]\s?(\d{1,2})\s?[-./월]\s?(\d{1,2})")
_STAMP_DATE = re.compile(DATE)
_BARE_STAMP = re.compile(
    rf"(?:{PARTS['{outlet}']}\s{{1,3}})?(?:19|20)\d{{2}}[-./]\s?\d{{1,2}}[-./]\s?\d{{1,2}}\.?"
    rf"{CLOCK}(?:\.\d{{1,6}})?(?:Z|[+-]\d\d:?\d\d)?"
)
# `2031.03.07 14:20 송고`, at the end of its line alone: `수정 … 입력 …` has its cues before
_CUE_AFTER = re.compile(
    rf"(?:{CLOCK})?[ \t]?(?:송고|입력|등록|게재|승인|작성|발행)[ \t)]{{0,4}}(?:\n|$)"
)


@cache
def _published_cues() -> tuple[re.Pattern[str], ...]:
    """One pattern for each rank of cue, matching a cue at the end of what stands before a date."""
    ranks: dict[str, list[str]] = {}
    for rank, cue, *_ in read_table(__package__, "published_cues"):
        ranks.setdefault(rank, []).append(cue)
    return tuple(
        re.compile(rf"(?<![가-힣A-Za-z])(?:{'|'.join(ranks[rank])})\s{{0,3}}[:：|ㅣ]?\s{{0,3}}$")
        for rank in sorted(ranks)
    )


def read_published(page: str, sections: Sequence[Section]) -> date | None:
    """The date of publication: a cue of publication, else one of change, else a bare clock stamp.

    Dates in the article's own sentences and a date with its weekday alone (the day of the visit)
    do not count.
    """
    found: dict[int, date] = {}
    article = False
    for section in sections:
        article = article or section.kind == "body"
        if section.kind != "furniture":
            continue
        for match in _STAMP_DATE.finditer(page, section.start, section.end):
            day = _day(match.group())
            if day is None:
                continue
            before = page[max(0, match.start() - 24) : match.start()]
            ranks = [n for n, cue in enumerate(_published_cues()) if cue.search(before)]
            if not ranks and _CUE_AFTER.match(page, match.end()):
                ranks = [0]
            if ranks:
                found.setdefault(ranks[0], day)
            elif not article and _BARE_STAMP.fullmatch(page, section.start, section.end):
                found.setdefault(9, day)
        if 0 in found:
            break
    return found[min(found)] if found else None


def _day(written: str) -> date | None:
    """`31-03-07` as a day of this century or, from 70 on, of the last; None if there is none."""
    parts = _DATE_PARTS.match(written)
    if not parts:
        return None
    year, month, day = (int(part) for part in parts.groups())
    year += 0 if year >= 100 else 1900 if year >= 70 else 2000
    try:
        return date(year, month, day) if 1950 <= year <= 2100 else None
    except ValueError:
        return None
