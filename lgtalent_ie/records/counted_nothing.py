"""Numbers that count nothing outside themselves: rates, kinds, ranks, physical quantities.

1인당 소득, 3000t급 화물선, 1인 미디어, 6번 확진자, 1면 머리기사, 시속 90km, 6만kW, 30㎏의 작은 개.
"""

from __future__ import annotations

import re

from lgtalent_ie.records.counted_place import Place, ends_in, text_before
from lgtalent_ie.records.noun_phrases import noun_phrase_before, phrase_words
from lgtalent_ie.records.offsets import mention_at
from lgtalent_ie.records.units import units_at

# Not how many there are, but of which kind each is.
_KINDS = frozenset(("인승", "인실", "인용"))
# Physical quantities that nothing consists of, unlike 쌀 10톤 or 물 3ℓ.
_PHYSICAL = frozenset(("power", "speed", "angle", "temperature", "fuel economy"))
_SPEEDS = ("시속", "초속", "분속", "풍속")
_PER = re.compile(r" ?당(?![가-힣])")
# 한빛항공 990편: the number of a flight; not 한빛항공 12편, 여객기 120편.
_FLIGHT = re.compile(r"[가-힣A-Za-z] ?(?:항공|에어) ?$")
_FLIGHT_NUMBER = re.compile(r"\d{3,4}편")
# 1면 톱, 3면에 실리다: the page of a paper.
_PAGE = re.compile(r" ?(?:머리기사|머리|톱|기사|에(?:는|서)? )")
# 친일파 90인 명단, 당선인 9인 명단
_PERSON_ENDINGS = tuple("자원생객사인파민들")
# How big one of them is: 10㎏의 작은 개.
_ONE_THING = frozenset(("작", "크", "거대", "가볍", "무겁", "육중", "날씬", "통통", "건장"))


def counts_nothing(place: Place) -> bool:
    """Whether no noun near the number can be what it counts."""
    count, text, end = place.count, place.reading.text, place.mention.end
    if place.mention.text.endswith(("당", "자릿수")) or text.startswith("당", end):
        return True  # 1인당, 3명당, 두 자릿수
    if _PER.match(text, end):
        return True  # 인구 10만명 당
    if text.startswith("급", end) or count.unit in _KINDS:
        return True  # 3000t급 화물선, 7인승 차량
    if any(u.counts in _PHYSICAL for u in units_at(count.unit or "", 0) if u.unit == count.unit):
        return True
    before = text_before(place, place.mention.start)
    if before.endswith(_SPEEDS):
        return True
    if _FLIGHT_NUMBER.fullmatch(place.mention.text) and _FLIGHT.search(before):
        return True
    digits = place.mention.text[0].isdecimal()
    if digits and count.unit == "면" and _PAGE.match(text, end):
        return True
    if count.unit == "권" and text.startswith("역", end):
        return True  # 동부, 서부 2권역
    if count.unit in ("남", "녀"):
        return True  # 3남 중 차남: where not the noun itself is counted
    behind = place.sentence.morphemes[place.last : place.last + 1]
    sized = count.dimension in ("area", "weight", "length")
    if sized and behind and behind[0].form in phrase_words("measure"):
        return True  # 9만㎡ 면적에, 3km 길이의
    if count.dimension in ("weight", "length") and _is_of_one(place):
        return True
    if digits and count.unit == "대" and _is_in_line(place):
        return True
    return _is_numbered(place) or _is_crew(place) or _is_list_of(place)


def _next_noun(place: Place) -> str:
    """The noun behind the number, across a blank, the empty string where none is there."""
    following = place.sentence.morphemes[place.last : place.last + 1]
    if not following or not following[0].tag.startswith(("NN", "XPN", "SL", "XR")):
        return ""
    apart = following[0].start == place.mention.end + 1
    return following[0].form if apart and following[0].tag != "NNB" else ""


def _is_numbered(place: Place) -> bool:
    """6번 확진자, 9번 교향곡, 3번 출구."""
    text = place.mention.text
    exact = text[0].isdecimal() and text.endswith("번") and "여" not in text
    noun = _next_noun(place)
    return exact and bool(noun) and noun not in phrase_words("between") and noun != "이상"


def _is_in_line(place: Place) -> bool:
    """1대 왕 윤하늘, 3대 쇼군: who held a post, one after the other."""
    following = place.sentence.morphemes[place.last : place.last + 1]
    owner = mention_at(place.reading, following[0].start) if following else None
    return owner is not None and owner.label == "PERSON"


def _is_crew(place: Place) -> bool:
    """1인 미디어, 4인 가족, 2인 1조: how many each has."""
    noun = _next_noun(place)
    if place.count.unit != "인" or not place.mention.text[:1].isdecimal() or not noun:
        return False
    if noun.endswith(tuple(phrase_words("people"))) or noun in ("이상", "이하", "이내", "미만"):
        return False
    return noun_phrase_before(place.reading, place.sentence, place.first) is None


def _is_list_of(place: Place) -> bool:
    """친일 행위 90인 명단: the list is of them, and what they have done no people."""
    if place.count.dimension != "person" or _next_noun(place) not in phrase_words("belonging"):
        return False
    phrase = noun_phrase_before(place.reading, place.sentence, place.first)
    known = phrase and (ends_in(phrase.text, "people") or phrase.text.endswith(_PERSON_ENDINGS))
    return not known


def _is_of_one(place: Place) -> bool:
    """10㎏의 작은 개, 80㎏의 남자: what one weighs."""
    behind = place.sentence.morphemes[place.last : place.last + 5]
    if not behind or behind[0].form != "의":
        return False
    sized = any(m.form in _ONE_THING for m in behind[1:] if m.tag.startswith(("VA", "XR")))
    if sized and place.count.dimension == "weight":
        return True
    owner = mention_at(place.reading, behind[1].start) if len(behind) > 1 else None
    person = owner is not None and owner.label in ("PERSON", "TITLE")
    return person or (len(behind) > 1 and ends_in(behind[1].form, "people"))
