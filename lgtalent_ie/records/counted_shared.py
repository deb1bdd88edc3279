"""Numbers that go on counting what another number of the sentence counts.

behind     합격자 3명 중 2명, 닭 9마리 … 30마리, 나머지 두 마리, 서울 30명, 부산 20명
lists      매출은 2030년 3억원, 2031년 5억원, 7억원; 예산은 각각 3억원, 5억원
glosses    재산은 3억 달러(약 4천억원), 응답자 30명(60%)
ahead      최소 3만원에서 최대 9만원의 돈, 3억 달러, 약 4천억원의 재산
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice, takewhile

from lgtalent_ie.reading import Reading
from lgtalent_ie.records.offsets import mention_at
from lgtalent_ie.schema import Count, Mention

# 윤하늘 씨 등, 이 중, 총: no number like the one before.
_TOTAL = re.compile(r"(?:등|중|가운데|총|모두|합쳐) ?$")
_REST = re.compile(r"(?:나머지|남은) ?$")
_OF_THE_BEFORE = re.compile(r" ?(?:중|가운데)(?:에서)?(?:는|도)? ?(?:약 |최소 )?")
_RANGE = re.compile(r" ?(?:에서|부터) ?(?:최대 |최고 |많게는 |약 )?|, (?:약|한화로?) (?:약 )?")
_FROM_TO = re.compile(r"에서 (?:약 |최근 |현재 |올해 |지난해 )?")
_PARTICLES = ("에는", "에", "은", "는", "까지", "까지는", "이", "가", "엔")
# An amount is looked for among so many before it.
_NEAR = 32


def share_counted(reading: Reading, found: Sequence[tuple[Mention, Count]]) -> list[Count]:
    """The counts, those without `of` given that of the number that they go on from.

    `found` has every quantity with its count as it stands alone, in order of the text.
    """
    counts: list[Count] = []
    for at, (mention, count) in enumerate(found):
        if at:
            before = found[at - 1][0]
            count = _of_the_before(reading, before, counts[-1], mention, count)
            count = _in_list(reading, before, counts[-1], mention, count)
            count = _told_before(reading, counts, before, mention, count)
        counts.append(count)
    for at in range(len(found) - 2, -1, -1):
        own, behind = found[at][0], found[at + 1][0]
        counts[at] = _told_behind(reading, own, behind, counts[at], counts[at + 1])
    return counts


def _with(reading: Reading, mention: Mention, count: Count, earlier: Count) -> Count:
    if earlier.of is None:
        return count
    start, end = min(earlier.of.start, mention.start), max(earlier.of.end, mention.end)
    return replace(count, of=earlier.of, start=start, end=end, text=reading.text[start:end])


def _same_kind(count: Count, other: Count) -> bool:
    if count.dimension == "money":
        return other.dimension == "money" and count.currency == other.currency
    return count.unit == other.unit and count.dimension == other.dimension


def _of_the_before(
    reading: Reading, before: Mention, earlier: Count, mention: Mention, count: Count
) -> Count:
    """합격자 30명 중 10명: whatever the thirty are."""
    between = reading.text[before.end : mention.start]
    kinds = (count.dimension in ("person", "item")) and _same_kind(count, earlier)
    if not kinds or earlier.of is None or not _OF_THE_BEFORE.fullmatch(between):
        return count
    behind = count.of is not None and count.of.start >= mention.end
    return count if behind else _with(reading, mention, count, earlier)


def _in_list(
    reading: Reading, before: Mention, earlier: Count, mention: Mention, count: Count
) -> Count:
    """예산은 각각 3억원, 5억원; 매출은 3억원, 5억원; 매출이 3억원에서 5억원으로."""
    text = reading.text
    between = text[before.end : mention.start]
    if count.of is not None or earlier.of is None or not _same_kind(count, earlier):
        return count
    if text.startswith(("의", "급", "당", "대의", " 규모의"), mention.end):
        return count
    shared = text[max(0, before.start - 8) : before.start].rstrip().endswith("각각")
    listed = between.strip() in (",", "·", "과", "와")
    sums = count.dimension == "money" and between.strip() == ","
    dated = reading.within(before.end, mention.start, ("DATE",))
    if dated and between.startswith("에서 ") and dated[0].start == before.end + 3:
        between = between[:3] + text[dated[-1].end : mention.start].lstrip()
    changed = _FROM_TO.fullmatch(between) and text.startswith(("으로", "로"), mention.end)
    if (listed and shared) or (sums and earlier.of.end <= before.start) or changed:
        return _with(reading, mention, count, earlier)
    return count


def _told_before(
    reading: Reading, counts: list[Count], before: Mention, mention: Mention, count: Count
) -> Count:
    """Of what a number before counts: 배 한 쌍(2개), 닭 90마리를 길렀는데 30마리를 팔았다.

    The second only of things, of people and sums by place or year (서울 30명, 부산 20명), with the
    same counter, in one sentence.
    """
    text = reading.text
    if count.of is not None or text.startswith(("의", "급", "당"), mention.end):
        return count
    if text[before.end : mention.start] in ("(", "(약 ") and text.startswith(")", mention.end):
        return _with(reading, mention, count, counts[-1]) if _glosses(count, counts[-1]) else count
    ahead = text[max(0, mention.start - 12) : mention.start]
    apart = count.dimension == "item" or _REST.search(ahead) or _is_listed(reading, mention)
    if not apart or _TOTAL.search(ahead):
        return count
    sentence = reading.sentence_at(mention.start)
    low = sentence.start if sentence else mention.start
    near = takewhile(lambda earlier: earlier.start >= low, islice(reversed(counts), _NEAR))
    # Of a list (본사 9명, 서울 3명) one place may have counted nothing.
    listed = count.dimension != "item"
    alike = (c for c in near if _same_kind(count, c) and (c.of is not None or not listed))
    earlier = next(alike, None)
    if earlier is None or earlier.of is None:
        return count
    if reading.within(earlier.of.start, earlier.of.end, ("PERSON", "ORG")):
        return count  # 윤하늘(새별) 3건: whose they are
    return _with(reading, mention, count, earlier)


def _glosses(count: Count, earlier: Count) -> bool:
    """학생 30명(60%), 배 한 쌍(2개), 재산 3억 달러(약 4천억원)."""
    if count.dimension == "money":
        return earlier.dimension == "money" and count.currency != earlier.currency
    if count.dimension == "ratio":
        return earlier.dimension in ("person", "item")
    return count.dimension in ("person", "item")


def _told_behind(
    reading: Reading, mention: Mention, behind: Mention, count: Count, later: Count
) -> Count:
    """최소 3만원에서 최대 9만원의 돈; 3억 달러, 약 4천억원의 재산: of what follows both."""
    if count.of is not None or later.of is None or later.of.start < behind.end:
        return count
    if count.dimension != later.dimension or count.dimension not in ("money", "person"):
        return count
    between = reading.text[mention.end : behind.start]
    dates = reading.within(mention.end, behind.start, ("DATE",))
    if len(dates) == 1 and between.startswith(", "):
        # 올해 3억원, 내년에는 5억원의 이익
        apart = reading.text[dates[0].end : behind.start].strip() in ("", *_PARTICLES)
        apart = apart and dates[0].start == mention.end + 2
        return _with(reading, mention, count, later) if apart else count
    return _with(reading, mention, count, later) if _RANGE.fullmatch(between) else count


def _is_listed(reading: Reading, mention: Mention) -> bool:
    """서울 30명, 2031년 12명, 북한은 783달러: one number for each place or year."""
    text, at = reading.text, mention.start
    if at == 0 or text[at - 1] != " ":
        return False
    word = text[max(0, at - 4) : at - 1].rpartition(" ")[2]
    for particle in ("", *_PARTICLES):
        if not word.endswith(particle):
            continue
        end = at - 1 - len(particle)
        owner = mention_at(reading, end - 1) if end > 0 else None
        if owner is None or owner.end != end:
            continue
        if owner.label in ("LOCATION", "DATE"):
            return True
        after_comma = text[max(0, owner.start - 2) : owner.start] == ", "
        return owner.label in ("ORG", "PRODUCT") and not particle and after_comma
    return False
