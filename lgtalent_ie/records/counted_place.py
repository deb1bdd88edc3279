"""A quantity in its sentence, and which noun phrases such a quantity can count at all."""

from __future__ import annotations

from dataclasses import dataclass

from lgtalent_ie.reading import Reading, Sentence
from lgtalent_ie.records.noun_phrases import Role, phrase_words
from lgtalent_ie.records.offsets import index_from, mention_at
from lgtalent_ie.schema import Count, Mention, Span

# 매출은 10% 늘어난 30억원이다: a clause of change between a topic and its new amount.
CHANGES = (
    "늘", "줄", "증가", "감소", "오르", "내리", "상승", "하락", "급증", "급감", "뛰", "불",
)  # fmt: skip
# Between a sum and its name: 3억원 상당의 예산.
SIZES = frozenset(("상당", "수준", "어치", "대", "짜리", "규모"))
# How often something happens: 강연 20회, 세 차례 회의.
OCCASIONS = frozenset(("회", "번", "차례"))
MULTIPLES = frozenset(("배", "곱절", "갑절"))
# How nouns of people and of groups of them end: 참가자, 선수단, 의료진.
GROUP_ENDINGS = tuple("자원생객사인민단진층군팀들")
# Counters whose number is not part of another noun's meaning, as that of 20대 청년 is.
_THINGS = ("개", "가지", "개국", "개사", "곳")
_PERSON_GAP = 24
_NEAR = 24
# Nouns that end as a measure's name does: no 거구, 거리 or 폭.
_NO_MEASURES = ("선거구", "볼거리", "먹거리", "놀거리", "즐길거리", "일거리", "조폭", "증폭")


@dataclass(frozen=True, slots=True)
class Place:
    """A quantity in its sentence: the morphemes left of it end before `first`, right of it start
    at `last`."""

    reading: Reading
    sentence: Sentence
    mention: Mention
    count: Count
    first: int
    last: int


def suited(place: Place, phrase: Span | None) -> Span | None:
    """The phrase, where it is something that such a number can count.

    Money is counted under its name alone; nothing that people have is counted as people; no phrase
    whose head says where (국내, 전 세계), names a measure (면적) or is the title of a named person
    is counted.
    """
    if phrase is None or _is_titled(place, phrase):
        return None
    dimension = place.count.dimension
    measure = dimension != "ratio" and ends_in(phrase.text, "measure")  # 면적의 20%
    if measure or ends_in(phrase.text, "region"):
        return None
    if dimension == "money" and not _is_sum(phrase.text):
        return None
    if dimension == "person" and ends_in(phrase.text, "belonging"):
        return None
    if dimension == "person" and _is_product(place, phrase):
        return None
    return phrase


def _is_sum(phrase: str) -> bool:
    """매출, 자금 규모, 소득 수준, CP(기업어음)."""
    named = phrase.removesuffix(" 규모").removesuffix(" 수준")
    gloss = phrase[phrase.rfind("(") + 1 : -1] if phrase.endswith(")") else named
    return ends_in(named, "sum") or ends_in(gloss, "sum")


def up_to_sum(place: Place, phrase: Span | None) -> Span | None:
    """The sum that the phrase begins with: 추가 투자 of 추가 투자 협약, 교비 of 교비 횡령 혐의."""
    shown = phrase
    while shown is not None and not _is_sum(shown.text):
        rest = shown.text.rpartition(" ")[0].rstrip()
        shown = place.reading.span(shown.start, shown.start + len(rest)) if rest else None
    return shown


def _is_product(place: Place, phrase: Span) -> bool:
    """누리톡 15만명: users of it, who are not named."""
    last = mention_at(place.reading, phrase.end - 1)
    return last is not None and last.label == "PRODUCT"


def without_number(place: Place, phrase: Span) -> Span:
    """대학 학생 of 전국 5개 대학 학생 120명: another number of things is no part of the phrase."""
    if (
        phrase.end > place.mention.start
        or "등" in place.reading.text[phrase.end : place.mention.start]
    ):
        return phrase
    if phrase.text.startswith("총 ") and place.count.dimension in ("person", "item"):
        phrase = place.reading.span(phrase.start + 2, phrase.end)  # 총 사진 90점
    numbers = place.reading.within(phrase.start, phrase.end, ("QUANTITY",))
    for number in reversed(numbers):
        rest = place.reading.text[number.end : phrase.end].lstrip()
        if number.text.endswith(_THINGS) and rest:
            return place.reading.span(phrase.end - len(rest), phrase.end)
    return phrase


def text_before(place: Place, offset: int) -> str:
    """The last characters in front of the offset, without the blank: a word or two."""
    return place.reading.text[max(0, offset - _NEAR) : offset].rstrip()


def ends_in(phrase: str, role: Role) -> bool:
    """Whether the phrase ends in a word of that role, a gloss and the plural left aside."""
    if phrase.endswith(")"):
        phrase = phrase[: phrase.rfind("(")].rstrip()
    phrase = phrase.rstrip("'’\"”").removesuffix("들")
    if role == "measure" and phrase.endswith(_NO_MEASURES):
        return False
    return phrase.endswith(tuple(phrase_words(role)))


def _is_titled(place: Place, phrase: Span) -> bool:
    """이하늘 의원 3명: the title belongs to the name in front of it, and nothing counts it."""
    title = mention_at(place.reading, phrase.end - 1)
    if title is None or title.label != "TITLE":
        return False
    people = place.reading.within(title.start - _PERSON_GAP, title.start, ("PERSON",))
    if not people:
        return False
    morphemes = place.sentence.morphemes
    between = range(
        index_from(morphemes, people[-1].end), index_from(morphemes, title.start)
    )  # fmt: skip
    return not any(
        morphemes[at].tag.startswith(("J", "E", "SP", "SF")) or morphemes[at].form == "등"
        for at in between
    )
