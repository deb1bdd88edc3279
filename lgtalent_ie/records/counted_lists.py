"""Coordinated nouns that one number counts: 선수와 임원 30명, 30명의 교사 및 학생, 시민 등 30명.

Nouns that 와/과, 및 or a comma joins are counted together where they are of one kind: both are
people, institutions or sums, or end in one head (표창장과 감사장). What a comitative 와/과 joins is
of two kinds (학생과 면담). In a list that 등 closes, names stand first and common nouns last; of
people the common nouns alone are what the number counts, of things with names among them none.
"""

from __future__ import annotations

import re

from lgtalent_ie.reading import Morpheme
from lgtalent_ie.records.characters import QUOTE_MARKS
from lgtalent_ie.records.counted_place import Place, ends_in, text_before
from lgtalent_ie.records.noun_phrases import (
    Role,
    noun_phrase_after,
    noun_phrase_before,
    phrase_words,
)
from lgtalent_ie.records.offsets import index_from, mention_at
from lgtalent_ie.schema import Span

_AND = frozenset(("와", "과"))
_ITEMS = re.compile(r" 및 |, |[와과] |·")
_GIVEN = frozenset(("현금", "성금", "물품", "금품", "귀금속", "생필품", "성품"))
_MOST_JOINED = 4
_MOST_LISTED = 12
# Suffixes that make a noun a person: 신청인과 참고인, 당첨자와 후원자.
_PERSON_ENDINGS = tuple("인자원생객사")
_KINDS: tuple[Role, ...] = ("people", "institution", "sum")


def with_joined_before(place: Place, phrase: Span | None) -> Span | None:
    """The phrase in front of the number with what is joined to it further left.

    선수와 임원 30명, 신청인과 참고인, 피신청인 5명; not 사과와 배 각각 3상자.
    """
    if phrase is None or text_before(place, place.mention.start).endswith("각각"):
        return phrase
    morphemes = place.sentence.morphemes
    for _ in range(_MOST_JOINED):
        first = index_from(morphemes, phrase.start)
        if first < 2 or not _joins(place, morphemes[first - 1]):
            break
        joined = noun_phrase_before(place.reading, place.sentence, first - 1)
        if joined is None or _is_name(place, joined) or not _alike(place, joined, phrase):
            break
        phrase = place.reading.span(joined.start, phrase.end)
    return phrase


def with_joined_behind(place: Place, phrase: Span | None) -> Span | None:
    """The phrase behind the number with what is joined to it further right.

    30명의 선수와 임원들이, 18개 표창장 및 감사장을; not 30명의 학생과 교사 5명.
    """
    morphemes = place.sentence.morphemes
    end = phrase.end if phrase else 0
    for _ in range(_MOST_JOINED):
        if phrase is None:
            break
        at = index_from(morphemes, end)
        if at + 1 >= len(morphemes) or not _joins(place, morphemes[at]):
            break
        start = morphemes[at + 1].start
        joined = noun_phrase_after(place.reading, place.sentence, at + 1, start)
        if joined is None or _is_name(place, joined) or not _alike(place, phrase, joined):
            break
        end = joined.end
        if _ends_phrase(place, end):
            phrase = place.reading.span(phrase.start, end)
    return phrase


def listed(place: Place, at: int) -> Span | None:
    """교수, 학생 등 25명; of 윤하늘 시장, 시민, 교사 등 30명 the common nouns 시민, 교사."""
    morphemes = place.sentence.morphemes
    if at == 0 or morphemes[at - 1].form not in ("등", "등등"):
        return None
    end, start, named = at - 1, -1, False
    for _ in range(_MOST_LISTED):
        item = noun_phrase_before(place.reading, place.sentence, end)
        if item is not None and _is_name(place, item):
            # 의장 및 시의원, 주민 등: 시의원 is the first that is no name.
            item, named = _behind_and(place, item), True
        if item is None:
            named = True
            break
        start = item.start
        if named:
            break
        first = index_from(morphemes, start)
        if first < 2 or not _separates(place, morphemes[first - 1]):
            break
        owner = _shared_owner(place, first, item)
        if owner is not None:
            start = owner
            break
        end = first - 1
    if start < 0 or _is_in_total(place, start):
        return None
    first = index_from(morphemes, start)
    if end < at - 1 and first and morphemes[first - 1].form == "각":
        start = morphemes[first - 1].start  # 각 기관장, 주민 등
    phrase = place.reading.span(start, morphemes[at - 2].end)
    if place.count.dimension == "money":
        # 성금과 물품 등 3억원: together they are a sum, though the last is no name of one.
        given = any(ends_in(i, "sum") or i in _GIVEN for i in re.split(_ITEMS, phrase.text))
        return phrase if given and not named else None
    common = morphemes[at - 2].tag in ("NNG", "XSN") or _are_people(place, phrase)
    return phrase if not named or (place.count.dimension == "person" and common) else None


def _is_in_total(place: Place, start: int) -> bool:
    """경찰 9명과 가족 등 12명, ▲위원 ▲시민 등 12명: the items further left are counted, too."""
    text = place.reading.text
    before = text[max(0, start - 3) : start].rstrip()
    if before.endswith(("▲", "△", "◇", "○", "■", "●")):
        return True
    number = (
        mention_at(place.reading, start - 3)
        if start > 2 and before.endswith(("과", "와"))
        else None
    )
    return number is not None and number.label == "QUANTITY"


def without_institutions(place: Place, phrase: Span | None) -> Span | None:
    """Of 기관 및 담당자 30명 the people; 협회 및 기관 관계자 are all of them people."""
    if phrase is None or place.count.dimension != "person":
        return phrase
    left, joint, right = phrase.text.rpartition(" 및 ")
    if not joint or " " in right or not ends_in(right, "people") or ends_in(left, "people"):
        return phrase
    return place.reading.span(phrase.end - len(right), phrase.end)


def _separates(place: Place, morpheme: Morpheme) -> bool:
    surface = place.reading.text[morpheme.start : morpheme.end]
    return surface in (",", "、", "및") or (surface in _AND and morpheme.tag.startswith("J"))


def _joins(place: Place, morpheme: Morpheme) -> bool:
    """Like `_separates`; a comma joins people alone."""
    people = place.count.dimension == "person"
    return _separates(place, morpheme) and (morpheme.form != "," or people)


def _is_name(place: Place, item: Span) -> bool:
    """윤하늘 위원, 누리폰, '가을': one of those counted rather than what they are."""
    quoted = place.reading.text[item.end : item.end + 1] in QUOTE_MARKS
    if quoted or item.text[-1] in QUOTE_MARKS:
        return True
    base = item.text[: item.text.rfind("(")].rstrip() if item.text.endswith(")") else item.text
    last = mention_at(place.reading, item.start + len(base) - 1)
    named = last is not None and last.label in ("PRODUCT", "ORG", "LOCATION", "EVENT")
    return named or bool(place.reading.within(item.start, item.end, ("PERSON",)))


def _behind_and(place: Place, item: Span) -> Span | None:
    rest = item.text.rpartition(" 및 ")[2]
    if rest == item.text:
        return None
    behind = place.reading.span(item.end - len(rest), item.end)
    return None if _is_name(place, behind) else behind


def _alike(place: Place, left: Span, right: Span) -> bool:
    one, other = (s.text.rstrip("'’\"”").removesuffix("들") for s in (left, right))
    if place.count.dimension == "person":
        if left.text.endswith("들") and not right.text.endswith("들"):
            return False  # 연구원들과 직원 30명
        if one[-1:] == other[-1:] and one.endswith(_PERSON_ENDINGS):
            return True
        return _are_people(place, left) and _are_people(place, right)
    heads = one.rpartition(" ")[2], other.rpartition(" ")[2]
    if {*heads} & phrase_words("action"):
        return False
    if heads[0] == heads[1] and place.mention.end <= left.start:
        return False  # 70개 회원국과 새 회원국: the number is of the first
    same = one[-1:] == other[-1:] and place.count.dimension == "item"
    return same or any(ends_in(one, kind) and ends_in(other, kind) for kind in _KINDS)


def _are_people(place: Place, phrase: Span) -> bool:
    last = mention_at(place.reading, phrase.end - 1)
    title = last is not None and last.label == "TITLE"
    return title or phrase.text.endswith("들") or ends_in(phrase.text, "people")


def _ends_phrase(place: Place, end: int) -> bool:
    at = index_from(place.sentence.morphemes, end)
    following = place.sentence.morphemes[at : at + 1]
    if not following or mention_at(place.reading, following[0].start) is not None:
        return not following
    return following[0].tag.startswith(("J", "VCP")) or following[0].form in ("등", "중", "가운데")


def _shared_owner(place: Place, first: int, item: Span) -> int | None:
    """Where 한빛시 of 한빛시와 9개 군 관계자 begins: both are whose people they are."""
    name = mention_at(place.reading, place.sentence.morphemes[first - 2].start)
    own = mention_at(place.reading, item.start)
    if name is None or own is None or name.label not in ("ORG", "LOCATION"):
        return None
    joined = place.reading.text[name.end : item.start].strip() in _AND
    return name.start if joined and own.label in ("ORG", "LOCATION", "QUANTITY") else None
