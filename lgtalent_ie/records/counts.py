"""Counts: every QUANTITY mention with its value and the noun phrase that it counts."""

from __future__ import annotations

import re
from dataclasses import replace

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
# Units of the table that are nouns of their own behind a number word: 두 나라, 세 과목.
_OWN_NOUNS = frozenset(("나라", "종목", "과목", "강좌", "학급", "선거구", "코스"))
_PARTICLES = "은는이가을를과와의도로,."
_AGE_GLOSS = re.compile(r"\((?:[^()\n]{1,16}[·,] ?)?$")
# Persons whose name is left out: 정모(52)씨, B(30·여), 아들(12).
_UNNAMED = re.compile(
    r"(?:(?<![A-Za-z])[A-Z]|[가-힣] ?모|씨|[여남]성?|딸|아들|아내|남편|부인|어머니|아버지|언니|누나"
    r"|동생)$"
)
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
    if count.dimension == "age" and count.min is not None and _is_product(reading, mention.start):
        # 아이폰 30대 are thirty pieces, not people in their thirties.
        count = replace(count, value=count.min, min=None, max=None, dimension="item")
    if _is_age(reading, mention, count):
        count = replace(count, dimension="age")
    elif count.unit == "층" and _FLOORS.match(after):
        count = replace(count, dimension="item")
    elif count.unit == "대" and _is_reign(after):
        count = replace(count, dimension="ordinal")
    of = None
    if sentence is not None and count.dimension not in _UNCOUNTED:
        of = _noun_inside(reading, mention, count)
        if of is not None and count.unit in _OWN_NOUNS:
            count = replace(count, unit=None)
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
    number, _, noun = mention.text.partition(" ")
    if not noun.strip() or (count.value is None and count.min is None):
        return None
    digits = any(character.isdigit() for character in number)
    if count.unit is None or count.dimension != "other":
        counts_noun = count.unit is None and count.dimension == "other" and not digits
        counts_noun |= count.unit in _OWN_NOUNS and not digits
    else:
        counts_noun = noun == count.unit and len(noun) > 1 and not units_at(noun, 0)
    if not counts_noun or noun.endswith("자릿수"):
        return None
    return reading.span(mention.end - len(noun), mention.end)
