"""What a number counts: the noun phrase, by its place beside the number.

Korean puts the counted noun in one of these places, tried in this order:

right   `14개 테이블`, `5개 대학`, `10명의 연구원` (a bare noun only behind 개, 가지, 대 …, people
        behind 명, sums behind 원, occasions behind 차례)
left    `박사급 연구원 10명`, `연구원 약 10명`, in brackets `사망자(3명)`
of      `참석 인원 중 20%`, `응답자의 20%`
across  `연구원은 10명이다`, `논문을 3편 냈다` (a particle between noun and number)

The phrase is the longest run of bare nouns up to its head, names and glosses in brackets included;
particles, endings, 등 and other mentions of time or number end it. Not every noun in such a place
is counted: money is only counted under its name (`상금 3억원`, not the car of that price), of
people nothing that belongs to them (`3명의 이름`), of no number a person who holds a title. What
stands behind the number is found in `counted_behind`, across particles in `counted_topics`, in
lists in `counted_lists`; `counted_ratios` has the bases of shares, `counted_periods` the dates that
belong to sums, `counted_nothing` the numbers that count nothing.
"""

from __future__ import annotations

from lgtalent_ie.records.characters import QUOTE_MARKS, is_hangul
from lgtalent_ie.records.counted_behind import counted_behind, past_reaching, phrase_behind
from lgtalent_ie.records.counted_lists import (
    listed,
    with_joined_before,
    without_institutions,
)
from lgtalent_ie.records.counted_nothing import counts_nothing
from lgtalent_ie.records.counted_periods import with_period
from lgtalent_ie.records.counted_place import (
    CHANGES,
    GROUP_ENDINGS,
    MULTIPLES,
    OCCASIONS,
    Place,
    ends_in,
    suited,
    text_before,
    up_to_sum,
    without_number,
)
from lgtalent_ie.records.counted_ratios import counted_base
from lgtalent_ie.records.counted_topics import (
    counted_across,
    counted_apposed,
    counted_far,
    counted_of,
    counted_part,
    counted_school,
    counted_share,
    counted_so_often,
    counted_times,
)
from lgtalent_ie.records.noun_phrases import noun_phrase_before, phrase_words
from lgtalent_ie.records.offsets import index_from, mention_at
from lgtalent_ie.records.quantities import NEUTRAL, bounds, parse_quantity
from lgtalent_ie.records.units import units_at
from lgtalent_ie.schema import Count, Span

# Of these only what follows with 의 is counted: 80mm의 비, 3억원의 보수.
_MEASURED = frozenset(("length",))
# 100회 특집, 50회 방송: the occasion is one of a series.
_EDITIONS = frozenset(("특집", "기념", "방송", "방영", "연재", "예고", "생일", "졸업식"))
# What a side or a player has made counts nothing else (시즌 10골, 팀이 18승).
_ACHIEVED = frozenset(("score", "game"))
# Counters of places where people are.
_PLACES = ("개", "곳", "개소", "개교", "개사", "군데")
# Counters that are the people counted, so that 의 says what is theirs.
_OWNERS = frozenset(("사람", "팀"))
# Kiwi takes the 최소 of 최소 승객 110명 for a noun of the phrase.
_AT_LEAST = "최소 "
# 개봉 3일째 100만명: the noun is of the time, not of the number.
_SINCE = ("째", "만", "만에", "후", "뒤", "간", "동안")


def counted_phrase(place: Place) -> Span | None:
    """The noun phrase outside the mention that the quantity counts, None where nothing is.

    >>> counted_phrase(place).text   # of [10명] in 박사급 연구원 10명   # doctest: +SKIP
    '박사급 연구원'
    """
    if counts_nothing(place):
        return None
    phrase = _phrase(place)
    return with_period(place, without_number(place, phrase)) if phrase else None


def _phrase(place: Place) -> Span | None:
    count, text = place.count, place.reading.text
    if count.unit in _OWNERS and text.startswith("의", place.mention.end):
        return _members(place)  # 두 사람의 앞날
    if count.dimension == "ratio" and count.unit is None:
        # 1:1 and 3 대 1 compare; 3분의 1 is a share of something, never a number of it.
        compares = any(joint in place.mention.text for joint in ":대")
        return None if compares else counted_part(place, _skip_adverbs(place))
    if _continues(place) or _is_achieved(count):
        return None
    at = _skip_size(place, _skip_adverbs(place))
    left = None if _is_since(place, at) else _left(place, at)
    if left and ends_in(left.text, "measure"):
        return None
    right = counted_behind(place, left)
    if right is not None or left is not None:
        return _of_all(place, right or left)
    # 요금의 2%에 해당하는 금액, 득표율 30%를 넘긴 사람: the share of something, or a rate.
    owned = at > 0 and place.sentence.morphemes[at - 1].tag.startswith(("JKG", "NN", "XSN"))
    shared = count.dimension == "ratio" and owned
    if not shared and (start := past_reaching(place)):
        phrase = phrase_behind(place, start)
        if phrase is not None and count.dimension == "ratio" and ends_in(phrase.text, "rate"):
            return None  # 2%이던 금리
        if phrase is not None:  # 8000건이 넘을 정도 goes on below
            money = count.dimension == "money"
            return suited(place, up_to_sum(place, phrase) if money else phrase)
    if count.dimension in _MEASURED:
        return None
    if count.unit in OCCASIONS:
        return counted_so_often(place, at)
    if count.unit in MULTIPLES:
        return counted_times(place, at) or counted_share(place, at)
    near = (counted_share, counted_base, listed, _glossed, counted_apposed)
    ways = (*near, counted_across, counted_far, counted_of, counted_school)
    for way in ways:
        of = way(place, at)
        if of is not None and (way is listed or (of := suited(place, of))):
            return _of_all(place, of)
    return None


def _members(place: Place) -> Span | None:
    """20팀의 청년 작가: whom the teams consist of; nothing of 두 팀의 실력차."""
    if place.count.unit == "사람":
        return None
    phrase = phrase_behind(place, place.last + 1)
    return phrase if phrase and ends_in(phrase.text, "people") else None


def _is_achieved(count: Count) -> bool:
    """12승, 95점; not the 점 of 작품 30점."""
    senses = (u for u in units_at(count.unit or "", 0) if u.unit == count.unit)
    return any(u.counts in _ACHIEVED and u.dimension == count.dimension for u in senses)


def _continues(place: Place) -> bool:
    """2경기 연속; 생수 2ℓ 30병, where the size is not yet the number."""
    morphemes, at = place.sentence.morphemes, place.last
    if at < len(morphemes) and morphemes[at].form == "연속":
        return True
    words = phrase_words("between").union(NEUTRAL, bounds("before"))
    while at < len(morphemes) and morphemes[at].form in words:
        at += 1
    if at >= len(morphemes) or not _is_size(place.count):
        return False
    return mention_at(place.reading, morphemes[at].start) is not None


def _of_all(place: Place, phrase: Span | None) -> Span | None:
    """None for 사과와 배도 각각 3개: the number is of one of the two."""
    if phrase is None:
        return None
    joined = text_before(place, phrase.start).endswith(("와", "과"))
    each = text_before(place, place.mention.start).endswith("각각")
    return None if joined and each else phrase


def _skip_adverbs(place: Place) -> int:
    """Where the counted phrase ends: before 약, 최소, 모두, 총 and times in front of the number."""
    words = phrase_words("between").union(NEUTRAL, bounds("before"))
    at = place.first
    while at > 0:
        morpheme = place.sentence.morphemes[at - 1]
        if [m.form for m in place.sentence.morphemes[max(0, at - 2) : at]] == ["크", "게"]:
            at -= 2  # 갈래는 크게 두 가지다
            continue
        if at > 1 and morpheme.form == "으로":
            if place.sentence.morphemes[at - 2].form != "기준":
                break
            at -= 2  # 지원자는 3일 기준으로 12명이다
            continue
        mention = mention_at(place.reading, morpheme.start)
        surface = place.reading.text[morpheme.start : morpheme.end]
        stuck = is_hangul(place.reading.text[max(0, morpheme.start - 1)]) and morpheme.start > 0
        if mention is None and (surface not in words or stuck):
            break  # 소총 3정: no total
        if mention is not None and mention.label not in ("DATE", "TIME"):
            break
        at -= 1
    return at


def _is_since(place: Place, at: int) -> bool:
    """Whether a time that counts from the noun before it stands between that and the number."""
    if at == place.first:
        return False
    time = mention_at(place.reading, place.sentence.morphemes[at].start)
    return time is not None and time.label == "DATE" and time.text.endswith(_SINCE)


def _is_size(count: Count) -> bool:
    """Whether it measures one piece: 2ℓ, 10kg."""
    known = count.dimension in ("weight", "area", "length")
    return known or any(u.counts == "volume" for u in units_at(count.unit or "", 0))


def _skip_size(place: Place, at: int) -> int:
    """Before the size of the pieces that are counted: 생수 2ℓ 30병."""
    morphemes = place.sentence.morphemes
    size = mention_at(place.reading, morphemes[at - 1].start) if at else None
    if size is None or size.label != "QUANTITY" or place.count.dimension != "item":
        return at
    count = parse_quantity(size.text)
    return index_from(morphemes, size.start) if count and _is_size(count) else at


def _left(place: Place, at: int) -> Span | None:
    """박사급 연구원 10명, 지분 10%."""
    count = place.count
    if count.unit in MULTIPLES or count.dimension in _MEASURED:
        return None
    if count.unit == "번" and place.mention.text[0].isdecimal():
        return None  # 비례대표 2번, 버스 731번
    behind = place.sentence.morphemes[max(0, at - 2) : at]
    if [m.tag for m in behind] == ["NP", "XSN"] and behind[1].form == "들":
        return place.reading.span(behind[0].start, behind[1].end)  # 이들 3명
    phrase = without_institutions(place, noun_phrase_before(place.reading, place.sentence, at))
    if phrase is None:
        return _force(place, at)
    if count.dimension == "person" and phrase.text.startswith(_AT_LEAST):
        phrase = place.reading.span(phrase.start + len(_AT_LEAST), phrase.end)
    if ends_in(phrase.text, "measure"):
        return phrase
    phrase = with_joined_before(place, phrase)
    phrase = suited(place, phrase)
    if phrase is None:
        return None
    if count.dimension == "ratio" and (ends_in(phrase.text, "rate") or _is_changed(place)):
        return None
    between = place.sentence.morphemes[at : place.first]
    if count.dimension == "ratio" and any(m.form == "역시" for m in between):
        return None  # 제조업 역시 3%로
    if count.unit == "회" and _is_part(place, phrase):
        return None
    if count.dimension in ("person", "item") and _is_where(place, phrase):
        return None
    return phrase


def _force(place: Place, at: int) -> Span | None:
    """경찰 8명, 사이버수사팀 6명: an organisation that is the people who are counted."""
    if place.count.dimension != "person" or at == 0 or at != place.first:
        return None
    name = mention_at(place.reading, place.sentence.morphemes[at - 1].start)
    if name is None or name.label != "ORG" or not ends_in(name.text, "force"):
        return None
    return place.reading.span(name.start, name.end)


def _is_where(place: Place, phrase: Span) -> bool:
    """5개 부처 90명: the places have a number of their own, and the people no name."""
    own = place.reading.within(phrase.start, phrase.end, ("QUANTITY",))
    number = own[-1] if own else mention_at(place.reading, max(0, phrase.start - 2))
    if number is None or number.label != "QUANTITY" or not number.text.endswith(_PLACES):
        return False
    if not own and place.reading.text[number.end : phrase.start] != " ":
        return False  # 15곳(마을 14곳)
    if place.count.dimension == "item":
        # 9개 시군 30개소: one noun behind its own number; not 9개 대학 학과 30개.
        rest = place.reading.text[max(number.end, phrase.start) : phrase.end].strip()
        return " " not in rest
    last = phrase.text.removesuffix("들")
    return not ends_in(last, "people") and not last.endswith(GROUP_ENDINGS)


def _is_part(place: Place, phrase: Span) -> bool:
    """드라마 '누리' 100회, 100회 특집: its hundredth part."""
    name = len(phrase.text.rstrip("'’\"”》」>")) + phrase.start - 1
    last = mention_at(place.reading, name)
    behind = place.sentence.morphemes[place.last : place.last + 1]
    shown = bool(behind) and behind[0].form in _EDITIONS
    ends = place.reading.text[phrase.end - 1 : phrase.end + 1]
    quoted = any(character in QUOTE_MARKS for character in ends)
    return shown or quoted or (last is not None and last.label == "PRODUCT")


def _is_changed(place: Place) -> bool:
    """매출 10% 증가: the ratio says by how much, not how much of it."""
    behind = place.sentence.morphemes[place.last : place.last + 3]
    words = (*phrase_words("change"), *CHANGES)
    return any(m.form.startswith(words) for m in behind if m.tag.startswith(("N", "V", "XR")))


def _glossed(place: Place, at: int) -> Span | None:
    """사망자(3명), 예산(30억원), 정원: 30명: people and sums with their number in brackets."""
    morphemes, text = place.sentence.morphemes, place.reading.text
    if at > 1 and morphemes[at - 1].form == ":":
        return noun_phrase_before(place.reading, place.sentence, at - 1)
    if at == 0 or morphemes[at - 1].form != "(" or text[place.mention.end :][:1] != ")":
        return None
    phrase = noun_phrase_before(place.reading, place.sentence, at - 1)
    if phrase is None or phrase.end != morphemes[at - 1].start:
        return None
    if place.count.dimension == "person":
        return phrase if ends_in(phrase.text, "people") else None
    return phrase if place.count.dimension == "money" else None
