"""Counts: every QUANTITY mention with its value and the noun phrase that it counts.

Korean puts the counted noun in one of four places, tried in this order:

right   `14개 테이블`, `5개 대학`, `10명의 연구원` (a bare noun only behind 개, 가지, 대 …)
left    `박사급 연구원 10명`, `연구원 약 10명`
of      `참석 인원 중 20%`, `응답자의 20%`
across  `연구원은 10명이다`, `논문을 3편 냈다` (a particle between noun and number)

The phrase is the longest run of bare nouns up to its head, names and glosses in brackets included;
particles, endings, 등 and other mentions of time or number end it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from lgtalent_ie.reading import Morpheme, Reading, Sentence
from lgtalent_ie.records.characters import QUOTE_MARKS
from lgtalent_ie.records.noun_phrases import noun_phrase_after, noun_phrase_before, phrase_words
from lgtalent_ie.records.offsets import index_from, mention_at
from lgtalent_ie.records.quantities import NEUTRAL, bounds, parse_quantity
from lgtalent_ie.records.units import units_at
from lgtalent_ie.schema import Count, Mention, Span

_CONTEXT = 24
_UNCOUNTED = frozenset(("ordinal", "rank", "age", "temperature"))
# Of these only what follows with 의 is counted: 80mm의 비, 3억원의 보수.
_MEASURED = frozenset(("length",))
# How often something happens: only a noun right before it is counted (강연 20회).
_OCCASIONS = frozenset(("회", "번", "차례"))
# Counters that stand before a bare noun: 14개 테이블.
_BEFORE_NOUN = frozenset(("개", "가지", "대", "종", "종류", "쌍"))
_PARTITIVES = frozenset(("중", "가운데"))
_COMPARED = frozenset(("대비", "보다", "에", "비하", "어", "동기", "약"))
_BARE_LEAST = 10**4
_TOPICS = ("JX", "JKS", "JKO")
# Verbs that say how many: 연구원은 10명에 달한다, 10명을 넘는다, 10명으로 늘었다.
_AMOUNTS = (
    "달하", "이르", "그치", "불과", "육박", "못", "미치", "넘", "웃돌", "밑돌", "기록", "돌파",
    "늘", "줄", "되", "집계", "안", "머무르", "머물", "많", "적", "추산", "높", "낮",
)  # fmt: skip
# 100명을 넘는 전문가, 300명에 이르는 회원: the noun behind such a clause is what is counted.
_REACHING = ("넘", "웃돌", "달하", "이르", "육박", "가깝", "밑돌", "못", "미치")
# 매출은 10% 늘어난 30억원이다: a clause of change between a topic and its new amount.
_CHANGES = (
    "늘", "줄", "증가", "감소", "오르", "내리", "상승", "하락", "급증", "급감", "뛰", "불",
)  # fmt: skip
_AGE_GLOSS = re.compile(r"\((?:[^()\n]{1,16}[·,] ?)?$")
_FLOORS = re.compile(r"짜리| ?규모| ?높이| (?:건물|빌딩|아파트|오피스텔|주택|상가)")


@dataclass(frozen=True, slots=True)
class _Place:
    """A quantity in its sentence: the morphemes left of it end before `first`, right of it start
    at `last`."""

    reading: Reading
    sentence: Sentence
    mention: Mention
    count: Count
    first: int
    last: int


def read_counts(reading: Reading) -> tuple[Count, ...]:
    """One Count for every QUANTITY mention, in order; its span covers number and counted phrase.

    A mention without a readable number gives a Count without value, unit and bounds. Quantities
    outside the article's sentences keep `of` None.

    >>> [(c.text, c.value, c.of.text) for c in read_counts(reading)]   # doctest: +SKIP
    [('박사급 연구원 10명', 10, '박사급 연구원')]
    """
    counts: list[Count] = []
    before: Mention | None = None
    for mention in reading.mentions:
        if mention.label == "QUANTITY":
            count = _read(reading, mention)
            if before is not None:
                count = _respectively(reading, before, counts[-1], mention, count)
            counts.append(count)
            before = mention
    return tuple(counts)


def _respectively(
    reading: Reading, before: Mention, earlier: Count, mention: Mention, count: Count
) -> Count:
    """예산은 각각 3억원, 5억원: the second amount is of what the first is of."""
    text = reading.text
    listed = text[before.end : mention.start].strip() in (",", "·", "과", "와")
    shared = listed and text[: before.start].rstrip().endswith("각각")
    if not shared or count.of is not None or earlier.of is None or earlier.unit != count.unit:
        return count
    start, end = min(earlier.of.start, mention.start), max(earlier.of.end, mention.end)
    return replace(count, of=earlier.of, start=start, end=end, text=text[start:end])


def _read(reading: Reading, mention: Mention) -> Count:
    sentence = reading.sentence_at(mention.start)
    low = sentence.start if sentence else mention.start
    high = sentence.end if sentence else mention.end
    before = reading.text[max(low, mention.start - _CONTEXT) : mention.start]
    after = reading.text[mention.end : min(high, mention.end + _CONTEXT)]
    count = parse_quantity(mention.text, before=before, after=after) or _unread(mention)
    if count.dimension == "age" and count.min is not None and _is_product(reading, mention.start):
        # 아이폰 30대 are thirty pieces, not people in their thirties.
        count = replace(count, value=count.min, min=None, max=None, dimension="item")
    if _is_age(reading, mention, count):
        count = replace(count, dimension="age")
    elif count.unit == "층" and _FLOORS.match(after):
        count = replace(count, dimension="item")
    elif count.unit == "대" and after.split(" ")[-1 if after[:1] != " " else 1].startswith(
        tuple(phrase_words("reign"))
    ):
        count = replace(count, dimension="ordinal")
    of = None
    if sentence is not None and count.dimension not in _UNCOUNTED:
        place = _Place(
            reading, sentence, mention, count,
            index_from(sentence.morphemes, mention.start),
            index_from(sentence.morphemes, mention.end),
        )  # fmt: skip
        of = _noun_inside(place) or _counted(place)
        if of and _is_distributed(place, of):
            of = None
        if of and count.unit and of.start < mention.end and mention.start < of.end:
            of = None  # the analyser saw noun and number as one word
    start = min(mention.start, of.start) if of else mention.start
    end = max(mention.end, of.end) if of else mention.end
    return replace(
        count, mention=mention.id, start=start, end=end, text=reading.text[start:end], of=of
    )


def _is_product(reading: Reading, end: int) -> bool:
    while end and reading.text[end - 1] == " ":
        end -= 1
    mention = mention_at(reading, end - 1) if end else None
    return mention is not None and mention.label == "PRODUCT"


def _is_age(reading: Reading, mention: Mention, count: Count) -> bool:
    """A bare number in the brackets behind a person: 김하늘(34), 하늘(본명 김하늘·34)."""
    if count.unit is not None or count.dimension != "other" or not mention.text.isdecimal():
        return False
    opened = _AGE_GLOSS.search(reading.text, max(0, mention.start - 20), mention.start)
    if opened is None or int(mention.text) > 120:
        return False
    end = opened.start()
    while end and reading.text[end - 1] in " 씨'’\"”":
        end -= 1
    person = mention_at(reading, end - 1) if end else None
    return person is not None and person.label == "PERSON"


def _unread(mention: Mention) -> Count:
    return Count(
        mention.id, mention.start, mention.end, mention.text, None, None, None, None, "other",
        "exact",
    )  # fmt: skip


def _counted(place: _Place) -> Span | None:
    if place.count.dimension == "ratio" and place.count.unit is None:
        # 1:1 and 3 대 1 compare; 3분의 1 is a share of something, never a number of it.
        compares = any(joint in place.mention.text for joint in ":대")
        return None if compares else _share(place, _skip_adverbs(place))
    if place.last < len(place.sentence.morphemes):
        following = place.sentence.morphemes[place.last]
        number = mention_at(place.reading, following.start)
        if following.form == "연속" or (_is_size(place.count) and number is not None):
            return None  # 2경기 연속; 생수 2ℓ 30병
    at = _skip_size(place, _skip_adverbs(place))
    left = None
    if place.count.unit not in ("배", "곱절", "갑절") and place.count.dimension not in _MEASURED:
        left = noun_phrase_before(place.reading, place.sentence, at)
        if left and left.text.endswith(tuple(phrase_words("measure"))):
            return None
    right = _right(place, left)
    if right is not None or left is not None:
        return right or left
    if start := _behind_reaching(place):
        return _phrase_behind(place, start)
    if place.count.unit in _OCCASIONS or place.count.dimension in _MEASURED:
        return None
    return _share(place, at) or _listed(place, at) or _across(place, at)


def _noun_inside(place: _Place) -> Span | None:
    """두 배우, 세 자녀: a mention that ends in the noun itself instead of a counter."""
    number, _, noun = place.mention.text.partition(" ")
    if place.count.unit is not None or place.count.dimension != "other" or not noun.strip():
        return None
    if place.count.value is None or any(character.isdigit() for character in number):
        return None
    return place.reading.span(place.mention.end - len(noun), place.mention.end)


def _skip_adverbs(place: _Place) -> int:
    """Where the counted phrase ends: before 약, 최소, 모두, 총 and times in front of the number."""
    words = phrase_words("between").union(NEUTRAL, bounds("before"))
    at = place.first
    while at > 0:
        morpheme = place.sentence.morphemes[at - 1]
        mention = mention_at(place.reading, morpheme.start)
        surface = place.reading.text[morpheme.start : morpheme.end]
        if surface not in words if mention is None else mention.label not in ("DATE", "TIME"):
            break
        at -= 1
    return at


def _is_size(count: Count) -> bool:
    """Whether it measures one piece: 2ℓ, 10kg."""
    known = count.dimension in ("weight", "area", "length")
    return known or any(u.counts == "volume" for u in units_at(count.unit or "", 0))


def _skip_size(place: _Place, at: int) -> int:
    """Before the size of the pieces that are counted: 생수 2ℓ 30병."""
    morphemes = place.sentence.morphemes
    size = mention_at(place.reading, morphemes[at - 1].start) if at else None
    if size is None or size.label != "QUANTITY" or place.count.dimension != "item":
        return at
    count = parse_quantity(size.text)
    return index_from(morphemes, size.start) if count and _is_size(count) else at


def _skip_change(place: _Place, at: int) -> int:
    """Before 전년보다 10% 늘어난, where such a clause stands in front of the number."""
    morphemes = place.sentence.morphemes
    if at < 3 or morphemes[at - 1].tag != "ETM":
        return at
    verb = max(0, at - 4)
    amounts = [
        index for index in range(verb, at - 1)
        if (found := mention_at(place.reading, morphemes[index].start)) is not None
        and found.label == "QUANTITY"
    ]  # fmt: skip
    first = amounts[-1] + 1 if amounts else at
    if first >= at or not morphemes[first].form.startswith(_CHANGES):
        return at
    amount = mention_at(place.reading, morphemes[amounts[-1]].start)
    at = index_from(morphemes, amount.start) if amount else at
    while at > 0:
        owner = mention_at(place.reading, morphemes[at - 1].start)
        if not (owner is not None and owner.label in ("DATE", "TIME")) and not (
            owner is None and morphemes[at - 1].form in _COMPARED
        ):
            break
        at -= 1
    return at


def _right(place: _Place, left: Span | None) -> Span | None:
    morphemes, at = place.sentence.morphemes, place.last
    while at < len(morphemes) and morphemes[at].form in bounds("after"):
        at += 1
    if at >= len(morphemes):
        return None
    if morphemes[at].tag == "JKG":
        if left is not None or place.count.dimension == "ratio" or place.count.unit is None:
            return None
        return _phrase_behind(place, at + 1)
    at = place.last
    bare = place.count.unit is None and (place.count.value or 0) >= _BARE_LEAST
    if bare and place.count.dimension == "other" and left is None:
        # 200만 관객: a large number with its counter left out.
        return noun_phrase_after(place.reading, place.sentence, at, place.mention.end)
    if place.count.unit not in _BEFORE_NOUN or place.count.dimension != "item":
        return None
    if left is not None and morphemes[at].form in phrase_words("action"):
        return None
    return noun_phrase_after(place.reading, place.sentence, at, place.mention.end)


def _phrase_behind(place: _Place, at: int) -> Span | None:
    """The noun phrase from morpheme `at` on, an adjective before it (세 개의 큰 섬) left out."""
    morphemes = place.sentence.morphemes
    if at < len(morphemes) and morphemes[at].form in QUOTE_MARKS:
        at += 1
    pair = morphemes[at : at + 2]
    if len(pair) == 2 and pair[0].tag.startswith(("VA", "VV")) and pair[1].tag == "ETM":
        at += 2
    if at >= len(morphemes) or morphemes[at].form in phrase_words("measure"):
        return None
    return noun_phrase_after(place.reading, place.sentence, at, morphemes[at].start)


def _is_distributed(place: _Place, phrase: Span) -> bool:
    """사과와 배도 각각 3개: the number is of one of the two."""
    text = place.reading.text
    joined = text[: phrase.start].rstrip().endswith(("와", "과"))
    return joined and text[: place.mention.start].rstrip().endswith("각각")


def _behind_reaching(place: _Place) -> int | None:
    """Where the noun behind 을 넘는 or 에 이르는 begins; None where the clause has a subject."""
    morphemes, at = place.sentence.morphemes, place.last
    while at < len(morphemes) and morphemes[at].form in bounds("after"):
        at += 1
    if at >= len(morphemes) or not morphemes[at].tag.startswith(("JKO", "JKB", "JKS")):
        return None
    if place.first and morphemes[place.first - 1].tag == "JKS":
        return None
    behind = morphemes[at + 1 : at + 5]
    for number, morpheme in enumerate(behind):
        if morpheme.tag == "ETM":
            reaches = number > 0 and behind[0].form.startswith(_REACHING)
            return at + number + 2 if reaches else None
    return None


def _share(place: _Place, at: int) -> Span | None:
    """참석 인원 중 20%, 응답자 가운데 3명, 응답자의 20%."""
    morphemes = place.sentence.morphemes
    if at == 0:
        return None
    before = morphemes[at - 1]
    if before.tag == "JX" and at > 1 and morphemes[at - 2].form in _PARTITIVES:
        at, before = at - 1, morphemes[at - 2]
    if before.form in ("에서",) and at > 1 and morphemes[at - 2].form in _PARTITIVES:
        at, before = at - 1, morphemes[at - 2]
    if before.form in _PARTITIVES and before.tag.startswith("NN"):
        return noun_phrase_before(place.reading, place.sentence, at - 1, past_number=True)
    if before.tag == "JKG" and place.count.dimension == "ratio":
        return noun_phrase_before(place.reading, place.sentence, at - 1)
    return None


def _listed(place: _Place, at: int) -> Span | None:
    """교수, 학생 등 25명: the whole list of common nouns; a list of names counts nothing."""
    morphemes = place.sentence.morphemes
    if at == 0 or morphemes[at - 1].form not in ("등", "등등"):
        return None
    return noun_phrase_before(place.reading, place.sentence, at - 1, lists=True)


def _across(place: _Place, at: int) -> Span | None:
    """연구원은 10명이다, 연구원이 모두 10명, 논문을 3편 냈다, 기본급만 5억원."""
    morphemes = place.sentence.morphemes
    changed = at - _skip_change(place, at)
    at -= changed
    if at < 2 or not morphemes[at - 1].tag.startswith(_TOPICS):
        return None
    particle = morphemes[at - 1]
    if place.count.dimension == "ratio":
        return None
    if changed and particle.tag != "JKO":
        return noun_phrase_before(place.reading, place.sentence, at - 1)
    if particle.tag == "JKO":
        if _follows(place).tag.startswith(("JKO", "JKB")):
            return None
    elif particle.form not in ("만", "도") and not _says_how_many(place, particle):
        return None
    return noun_phrase_before(place.reading, place.sentence, at - 1)


def _says_how_many(place: _Place, particle: Morpheme) -> bool:
    """Whether the number is what the sentence says of its topic, not an object or an adjunct."""
    after = _follows(place)
    if after.tag in ("JKG", "JC"):
        return False
    if not after.tag or after.tag.startswith(("VCP", "SF", "SP", "EF", "EC", "SS")):
        return True
    following = place.sentence.morphemes[place.last : place.last + 6]
    if after.form in ("으로", "로") and len(following) > 1 and following[1].tag == "SP":
        return True  # 연구원은 17명으로, …
    if any(
        morpheme.form.startswith(_AMOUNTS)
        for morpheme in following
        if morpheme.tag.startswith(("V", "NN", "MA"))
    ):
        return True
    # 연구원이 10명 합류했다: a number without particle floats behind its subject.
    subject = place.reading.text[max(0, particle.start - 4) : particle.start]
    floats = not after.tag.startswith("J") and particle.tag == "JKS"
    return floats and not subject.endswith(tuple(phrase_words("institution")))


def _follows(place: _Place) -> Morpheme:
    """The morpheme behind the number and its 이상, 정도, 가량."""
    morphemes = place.sentence.morphemes
    for morpheme in morphemes[place.last : place.last + 3]:
        if morpheme.form not in bounds("after"):
            return morpheme
    end = place.mention.end
    return Morpheme("", "", end, end)
