"""Counts: every QUANTITY mention with its value and the noun phrase that it counts."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache

from lgtalent_ie.reading import Reading, Sentence
from lgtalent_ie.records.counted import counted_phrase
from lgtalent_ie.records.counted_place import Place
from lgtalent_ie.records.counted_shared import share_counted
from lgtalent_ie.records.noun_phrases import phrase_words
from lgtalent_ie.records.offsets import index_from, mention_at
from lgtalent_ie.records.quantities import parse_quantity
from lgtalent_ie.records.units import units_at
from lgtalent_ie.schema import Count, Mention, Span

_CONTEXT = 24
_UNCOUNTED = frozenset(("ordinal", "rank", "age", "temperature"))
_NUMBER_AND_NOUN = re.compile(r"(?:[\d.,]+|한|두|세|네)(?:[만천백]|여)* ?([가-힣]+)")
# 3남 is the third son where 중 or 의 stands before it.
_CHILD = frozenset(("남", "녀"))
_AGED = re.compile(r" ?(?:초반|중반|후반|남성|여성|남자|여자|남녀|부부|청년|노인|가장)")
# 460개 교, 12개 국: counters written apart.
_APART = ("개 교", "개 국")
_PARTICLES = "은는이가을를과와의도로,."
_AGE_GLOSS = re.compile(r"\((?:[^()\n]{1,16}[·,] ?)?$")
# Persons whose name is left out: 정모(52)씨, B(30·여), 아들(12).
_UNNAMED = re.compile(
    r"(?:(?<![A-Za-z])[A-Z]|[가-힣] ?모|씨|[여남]성?|딸|아들|아내|남편|부인|어머니|아버지|언니|누나"
    r"|동생)$"
)
# What is left of 자녀, 타자 where the unit that they begin with is taken.
_CUT = frozenset(("자", "타"))
_FLOORS = re.compile(r"짜리| ?규모| ?높이| (?:건물|빌딩|아파트|오피스텔|주택|상가)")


def read_counts(reading: Reading) -> tuple[Count, ...]:
    """One Count for every QUANTITY mention, in order; its span covers number and counted phrase.

    A mention without a readable number gives a Count without value, unit and bounds. Quantities
    outside the article's sentences keep `of` None.

    >>> [(c.text, c.value, c.of.text) for c in read_counts(reading)]   # doctest: +SKIP
    [('박사급 연구원 10명', 10, '박사급 연구원')]
    """
    mentions = [m for m in reading.mentions if m.label == "QUANTITY"]
    return tuple(share_counted(reading, [(m, _read(reading, m)) for m in mentions]))


def _read(reading: Reading, mention: Mention) -> Count:
    sentence = reading.sentence_at(mention.start)
    low = sentence.start if sentence else mention.start
    high = sentence.end if sentence else mention.end
    before = reading.text[max(low, mention.start - _CONTEXT) : mention.start]
    after = reading.text[mention.end : min(high, mention.end + _CONTEXT)]
    count = parse_quantity(mention.text, before=before, after=after) or _unread(mention)
    if count.unit == "개" and mention.text.endswith(_APART):
        count = replace(count, unit=mention.text[-3:])
    if count.dimension == "age" and count.min is not None and _is_product(reading, mention.start):
        # 아이폰 30대 are thirty pieces, not people in their thirties.
        count = replace(count, value=count.min, min=None, max=None, dimension="item")
    elif count.dimension == "age" and count.min is not None and _are_pieces(reading, mention):
        count = replace(count, value=count.min, min=None, max=None, dimension="item")
    elif count.dimension == "item" and count.unit == "대" and _AGED.match(after):
        count = replace(count, dimension="age")  # 휴대폰으로 만난 50대 중반 남자
    if _is_age(reading, mention, count):
        count = replace(count, dimension="age")
    elif count.unit == "층" and _FLOORS.match(after):
        count = replace(count, dimension="item")
    elif count.unit == "대" and _is_reign(after):
        count = replace(count, dimension="ordinal")
    of = None
    if sentence is not None and count.dimension not in _UNCOUNTED:
        of = _noun_inside(reading, mention, count)
        own = count.unit in phrase_words("own") or count.unit in _CUT
        people = of is not None and of.text in phrase_words("people")
        if of is not None and (own or people):
            count = replace(count, unit=None, dimension="person" if people else "item")
        of = of or _phrase_outside(reading, sentence, mention, count)
    start = min(mention.start, of.start) if of else mention.start
    end = max(mention.end, of.end) if of else mention.end
    return replace(
        count, mention=mention.id, start=start, end=end, text=reading.text[start:end], of=of
    )


def _phrase_outside(
    reading: Reading, sentence: Sentence, mention: Mention, count: Count
) -> Span | None:
    place = Place(
        reading, sentence, mention, count,
        index_from(sentence.morphemes, mention.start),
        index_from(sentence.morphemes, mention.end),
    )  # fmt: skip
    of = counted_phrase(place)
    # Where they overlap the analyser saw noun and number as one word.
    overlaps = of is not None and of.start < mention.end and mention.start < of.end
    return None if overlaps and count.unit else of


@cache
def _greatest() -> re.Pattern[str]:
    """Behind 10대, 30대: the nouns of which these are the greatest ones, no age."""
    nouns = "|".join(sorted(phrase_words("greatest")))
    particles = "은|는|이[ 가]|을|를|에|의|와|과|으?로|$"
    return re.compile(rf" (?:[가-힣]+ ){{0,2}}[가-힣]*(?:{nouns})(?=[^가-힣]|{particles})")


@cache
def _placed() -> re.Pattern[str]:
    """Behind 화장실 20대: what is done to pieces."""
    verbs = "|".join(sorted(phrase_words("placed")))
    return re.compile(rf"(?:규모)?(?:를|을)? ?(?:추가 |신규 )?(?:{verbs})")


def _are_pieces(reading: Reading, mention: Mention) -> bool:
    """10대 뉴스, 화장실 20대 설치: no people of that age."""
    text = reading.text
    if not mention.text.endswith("대"):
        return False
    if _greatest().match(text, mention.end):
        return True
    before = text[max(0, mention.start - 8) : mention.start]
    word = before.rstrip(" ").rpartition(" ")[2]
    known = before.endswith(" ") and word and not word.endswith(tuple(phrase_words("people")))
    return bool(known) and _placed().match(text, mention.end) is not None


def _is_reign(after: str) -> bool:
    """9대 총장, 5대 누리시의원: the number is of who held the post, one after the other."""
    if not after.startswith(" "):
        return False
    word, posts = after[1:].partition(" ")[0], tuple(phrase_words("reign"))
    return word.startswith(posts) or word.rstrip(_PARTICLES).endswith(posts)


def _is_product(reading: Reading, end: int) -> bool:
    while end and reading.text[end - 1] == " ":
        end -= 1
    mention = mention_at(reading, end - 1) if end else None
    return mention is not None and mention.label == "PRODUCT"


def _is_age(reading: Reading, mention: Mention, count: Count) -> bool:
    """A bare number in the brackets behind a person: 김하늘(34), 하늘(본명 김하늘·34), B(30·여)."""
    if count.unit is not None or count.dimension != "other" or not mention.text.isdecimal():
        return False
    opened = _AGE_GLOSS.search(reading.text, max(0, mention.start - 20), mention.start)
    if opened is None or int(mention.text) > 120:
        return False
    end = opened.start()
    while end and reading.text[end - 1] in " 씨'’\"”":
        end -= 1
    person = mention_at(reading, end - 1) if end else None
    if person is not None and person.label in ("PERSON", "TITLE"):
        return True
    return _UNNAMED.search(reading.text, max(0, end - 6), end) is not None


def _unread(mention: Mention) -> Count:
    return Count(
        mention.id, mention.start, mention.end, mention.text, None, None, None, None, "other",
        "exact",
    )  # fmt: skip


def _noun_inside(reading: Reading, mention: Mention, count: Count) -> Span | None:
    """두 배우, 세 나라, 160여 농가: a mention that ends in the noun itself, not in a counter."""
    if (of := _bare_noun(reading, mention)) is not None:
        return of
    number, _, noun = mention.text.partition(" ")
    if not noun.strip() or (count.value is None and count.min is None):
        return None
    digits = any(character.isdigit() for character in number)
    if noun in phrase_words("people"):
        return reading.span(mention.end - len(noun), mention.end)  # 두 정상
    if count.unit is None or count.dimension != "other":
        counts_noun = count.unit is None and count.dimension == "other" and not digits
        counts_noun |= count.unit in phrase_words("own") and not digits
    else:
        counts_noun = noun == count.unit and len(noun) > 1 and not units_at(noun, 0)
    if not counts_noun or noun.endswith("자릿수"):
        return None
    return reading.span(mention.end - len(noun), mention.end)


def _bare_noun(reading: Reading, mention: Mention) -> Span | None:
    """3당, 20여 성, 한 경기; not 3남 for the third son, nor 제3당."""
    found = _NUMBER_AND_NOUN.fullmatch(mention.text)
    if found is None:
        return None
    # 300만 관객, 1천여 시민; not 3이사, where the digit is glued to the noun.
    people = found[1] in phrase_words("people") and mention.text[found.start(1) - 1] in " 만천여"
    if found[1] not in phrase_words("bare") and not people:
        return None
    before = reading.text[max(0, mention.start - 4) : mention.start].rstrip()
    if before.endswith("제") or (found[1] in _CHILD and before.endswith(("중", "가운데", "의"))):
        return None
    return reading.span(mention.end - len(found[1]), mention.end)
