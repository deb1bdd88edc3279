"""Numbers that go on counting what another number of the sentence counts.

behind     합격자 3명 중 2명, 닭 9마리 … 30마리, 나머지 두 마리, 서울 30명, 부산 20명
parts      선수 30명 가운데 … 이 중 3명이 신인이고 2명이 주장이다, 확진자의 75%인 30명
changes    직원은 30명으로 지난해보다 3명 늘었다, 대상이 30명이며 3명은 풀려났다
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
# 상금 3억원과 30만원 상당의 책: what the second is the price of.
_WORTH = re.compile(r" ?(?:상당|어치|짜리|권|대의)")
# 2030년 48개, 2031년 60개교가: one noun for all of them.
_YEARLY = re.compile(r", (?:(?:19|20)\d\d년|[12]?\d월) ")
_FROM_TO = re.compile(r"에서 (?:약 |최근 |현재 |올해 |지난해 )?")
_PARTICLES = ("에는", "에", "은", "는", "까지", "까지는", "이", "가", "엔")
# 이중 15명이, 이 가운데 3명은: of those counted before; 13명이, 그리고 2명은 go on behind that.
_OF_THEM = re.compile(
    r"(?:^|[ ,\"“‘'])(?:이|그|이들|그들) ?(?:중|가운데)(?:에서|에|엔)?(?:는|도)? ?(?:약 |무려 )?$"
)
_AND_THEN = re.compile(r"(?:, |고 |며 |, ?그리고 |나머지 |으나 |지만 )$")
_RESULT = re.compile(r"[가-힣]ᆫ? 결과,? (?:모두 |총 )?$")
_CLAUSE_OF = re.compile(r"(?:이|은|만|도|가|는)(?![가-힣])")
# 직원은 30명으로 지난해보다 3명 늘었다; 대상이 30명이며 3명은 풀려났다.
_COMPARED = re.compile(r"(?:보다|대비|비해|비교해|비교하면|비교할 때|사이에?|새|만에) ?(?:약 )?$")
_CHANGED = re.compile(r"(?:이|가)? ?(?:더 )?(?:늘|줄|증가|감소|많|적)")
_IS_THEN = re.compile(
    r"(?:이며|이고|인데|이었고|이었으며|였고|였으며|이지만),? ?(?:이 중 |이중 |그중 )?"
)
# 점검반 3명(남 2명, 여 1명), 수주 목표를 선박 3조원, 철도 2조원으로
_LABEL = re.compile(r"(?:,|과|와|및) ?[가-힣A-Za-z·]{1,12}(?: [가-힣A-Za-z·]{1,10})? (?:약 )?")
_TOPIC = re.compile(r"(?:은|는|이|가|을|를) (?:[^,.]{1,24} )?(?:약 )?")
_NEXT_CLAUSE = 12
_NEXT_SHARE = 20
_PARTS_REACH = 80
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
            count = _labelled(reading, before, counts[-1], mention, count)
            count = _share_of_before(reading, before, counts[-1], mention, count)
            count = _part_of_before(reading, found, counts, mention, count)
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
    # 두 후보 가운데 한 명: the first has no counter, its noun is the one that both count.
    inside = earlier.of is not None and before.start < earlier.of.start
    inside = inside and earlier.of is not None and earlier.of.end == before.end
    kinds = count.dimension in ("person", "item") and (inside or _same_kind(count, earlier))
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
    sums = count.dimension == "money" and between.strip() in (",", "과", "와")
    sums = sums and not _WORTH.match(text, mention.end)
    dated = reading.within(before.end, mention.start, ("DATE",))
    if dated and between.startswith("에서 ") and dated[0].start == before.end + 3:
        between = between[:3] + text[dated[-1].end : mention.start].lstrip()
    changed = _FROM_TO.fullmatch(between) and text.startswith(("으로", "로"), mention.end)
    if (listed and shared) or (sums and earlier.of.end <= before.start) or changed:
        return _with(reading, mention, count, earlier)
    return count


def _labelled(
    reading: Reading, before: Mention, earlier: Count, mention: Mention, count: Count
) -> Count:
    """수주 목표를 선박 3조원, 철도 2조원으로: the parts of a sum under their names."""
    if count.of is not None or earlier.of is None or count.dimension != "money":
        return count
    text, of = reading.text, earlier.of
    if not _same_kind(count, earlier) or of.end > before.start:
        return count
    listed = _LABEL.fullmatch(text, before.end, mention.start)
    topic = _TOPIC.match(text, of.end, before.start + 1)
    # The first amount, too, has a label of its own, and no other sum is named between them.
    named = topic is not None and (topic.end() < before.start or before.start - of.end > 2)
    return _with(reading, mention, count, earlier) if listed and named else count


def _part_of_before(
    reading: Reading,
    found: Sequence[tuple[Mention, Count]],
    counts: list[Count],
    mention: Mention,
    count: Count,
) -> Count:
    """이중 15명이 신인이고 2명이 주장이다, 확진자의 75%인 30명, 지난해보다 3명 늘었다."""
    text = reading.text
    if count.of is not None or count.dimension not in ("person", "item", "money"):
        return count
    before, last = found[len(counts) - 1][0], counts[-1]
    between = text[before.end : mention.start]
    share = last.dimension == "ratio" and last.unit in ("%", None)
    if share and between in ("인 ", "인 약 "):
        return _with(reading, mention, count, last)
    if count.dimension == "money":
        return count
    sentence = reading.sentence_at(mention.start)
    low = sentence.start if sentence else mention.start
    near = takewhile(lambda earlier: earlier.start >= low, islice(reversed(counts), _NEAR))
    earlier = next((c for c in near if _same_kind(count, c)), None)
    if earlier is None or earlier.of is None:
        return count
    ahead = text[max(low, mention.start - 16) : mention.start]
    of_them = _OF_THEM.search(ahead) is not None
    across = earlier.of.end <= before.start and last is earlier
    changed = across and _COMPARED.search(ahead) and _CHANGED.match(text, mention.end)
    apart = across and _IS_THEN.fullmatch(between) and _CLAUSE_OF.match(text, mention.end)
    then = last is earlier and _AND_THEN.search(ahead) and _CLAUSE_OF.match(text, mention.end)
    chained = then and (
        _began_with_them(reading, earlier, before) or _are_parallel(text, earlier, before, mention)
    )
    # 주민 90명을 살핀 결과 3명이 아팠다
    found_out = across and _RESULT.search(ahead) and text.startswith("이", mention.end)
    if of_them or found_out or changed or apart or chained:
        return _with(reading, mention, count, earlier)
    return count


def _are_parallel(text: str, earlier: Count, before: Mention, mention: Mention) -> bool:
    """시민은 3명이 다치고 6명이 놀랐다, 승객 3명이 숨지고 6명이 다쳤다: with one particle."""
    if earlier.of is None or earlier.of.end > before.start:
        return False
    topic = text.startswith(("은", "는"), earlier.of.end)
    near = earlier.of.end + 1 >= before.start and mention.start - before.end <= _NEXT_CLAUSE
    particle = text[mention.end : mention.end + 1]
    return (topic or near) and particle == "이" and text.startswith(particle, before.end)


def _share_of_before(
    reading: Reading, before: Mention, earlier: Count, mention: Mention, count: Count
) -> Count:
    """응답자의 30%는 찬성, 60%는 반대했다: with one particle, each at the head of its clause.

    And of whom a poll asked: 학생 90명에게 물은 결과 30%가 찬성했다.
    """
    text = reading.text
    if count.of is not None or earlier.of is None or count.unit != "%":
        return count
    if earlier.dimension in ("person", "item") and earlier.of.end <= before.start:
        asked = text[max(before.end, mention.start - 8) : mention.start]
        told = _RESULT.search(asked) and text.startswith(("가", "는"), mention.end)
        sentence = reading.sentence_at(mention.start)
        known = told and sentence is not None and before.start >= sentence.start
        return _with(reading, mention, count, earlier) if known else count
    if (
        not _same_kind(count, earlier)
        or earlier.of.end > before.start
        or before.start - earlier.of.end > 2
    ):
        return count
    particle = text[before.end : before.end + 1]
    ahead = text[max(before.end, mention.start - 16) : mention.start]
    near = mention.start - before.end <= _NEXT_SHARE and _AND_THEN.search(ahead)
    alike = particle in ("이", "가", "은", "는") and text.startswith(particle, mention.end)
    return _with(reading, mention, count, earlier) if near and alike else count


def _began_with_them(reading: Reading, earlier: Count, before: Mention) -> bool:
    """Whether the count before is itself a part: 이 중 3명이 …, and now 2명이."""
    text = reading.text
    if earlier.of is None or earlier.of.end >= before.start:
        return False
    low = max(earlier.of.end, before.start - _PARTS_REACH)
    if _OF_THE_BEFORE.match(text, earlier.of.end, before.start):
        return True  # 피의자 중 3명은 … 2명은
    return re.search(r"[이그]들? ?(?:중|가운데)", text[low : before.start]) is not None


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
    alike = (
        c for c in near
        if _same_kind(count, c) and (c.of is not None or not listed)
        and not _is_inside(text, c.end, mention.start)
    )  # fmt: skip
    earlier = next(alike, None)
    if earlier is None or earlier.of is None:
        return count
    if reading.within(earlier.of.start, earlier.of.end, ("PERSON", "ORG")):
        return count  # 윤하늘(새별) 3건: whose they are
    return _with(reading, mention, count, earlier)


def _is_inside(text: str, end: int, start: int) -> bool:
    """Whether brackets around what ends at `end` have closed before `start`."""
    depth = 0
    for character in text[end:start]:
        depth += (character == ")") - (character == "(")
        if depth > 0:
            return True
    return False


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
    if count.of is not None or later.of is None:
        return count
    between = reading.text[mention.end : behind.start]
    part = between in ("인 ", "인 약 ") and later.dimension in ("person", "item")
    if part and count.dimension == "ratio" and later.of.end <= mention.start:
        return _with(reading, mention, count, later)  # 사진 90장 가운데 40%인 36장
    if later.of.start < behind.end:
        listed = count.dimension == later.dimension == "item" and _YEARLY.fullmatch(between)
        same = (later.unit or "").startswith(count.unit or " ")
        return _with(reading, mention, count, later) if listed and same else count
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
    if at > 1 and text[at - 1] == "(" and text.startswith(")", mention.end):
        place = mention_at(reading, at - 2)
        return place is not None and place.label == "LOCATION"  # 부산(3명), 대전(2명)
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
