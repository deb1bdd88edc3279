"""Periods that belong to the name of a sum: 지난해 4분기 영업이익, 연간 목표.

A bare date right in front of such a name restricts it as any noun does where the sum is that of
the period (sales, profits, orders, targets) or is what the sentence is about, as in 올해 예산은
3억원이다. Elsewhere, and as a day or a length of time, it says when something was done, as in
올해 예산 3억원을 썼다.
"""

from __future__ import annotations

import re

from lgtalent_ie.records.counted_place import Place, ends_in
from lgtalent_ie.records.offsets import mention_at
from lgtalent_ie.schema import Span

_PERIOD = re.compile(r"(?:년|년도|해|올|작년|내년|월|달|분기|반기|연말|연초|하루|[년해] ?[초말])$")
_LENGTH = re.compile(
    r"(?:최근|지난|향후|앞으로) ?\d{1,2} ?(?:년|개월|달|분기)$|(?:동안|간|당시|현재)$"
)
# Periods that are words of the phrase, no dates: 연간 목표.
_WORDS = ("연간", "분기", "상반기", "하반기", "당기")
_MOST = 3


def with_period(place: Place, phrase: Span) -> Span:
    """The phrase with the period in front of it, and with whose it is: 새별전자 3분기 매출."""
    text = place.reading.text
    if place.count.dimension not in ("money", "ratio") or phrase.start < 2:
        return phrase
    ahead = phrase.end <= place.mention.start and place.count.dimension == "money"
    topic = ahead and text.startswith(("은", "는"), phrase.end)
    if not topic and not ends_in(phrase.text, "flow"):
        return phrase
    start = phrase.start
    for _ in range(_MOST):
        before = _period_before(place, start)
        if before is None:
            break
        start = before
    if start == phrase.start:
        return phrase
    owner = mention_at(place.reading, start - 2) if start > 1 and text[start - 1] == " " else None
    if owner is not None and owner.label == "ORG" and owner.end == start - 1:
        start = max(owner.start, place.sentence.start)
    return place.reading.span(start, phrase.end)


def _period_before(place: Place, start: int) -> int | None:
    text = place.reading.text
    if start < 2 or text[start - 1] != " " or start <= place.sentence.start:
        return None
    date = mention_at(place.reading, start - 2)
    if date is not None:
        if date.label != "DATE" or date.end != start - 1 or date.start < place.sentence.start:
            return None
        period = _PERIOD.search(date.text) and not _LENGTH.search(date.text)
        return date.start if period else None
    word = text[max(0, start - 8) : start - 1].rpartition(" ")[2]
    return start - 1 - len(word) if word in _WORDS else None
