"""What a number counts behind it: 14개 테이블, 10명의 연구원, 100명을 넘는 회원, 30억원의 매출.

A bare noun is counted behind 개, 가지, 대 …, people behind 명, sums behind 원, occasions behind
차례; behind 의 any noun is that the number can count, a clause between them left out.
"""

from __future__ import annotations

import re

from lgtalent_ie.records.characters import QUOTE_MARKS
from lgtalent_ie.records.counted_lists import with_joined_behind
from lgtalent_ie.records.counted_place import (
    GROUP_ENDINGS,
    MULTIPLES,
    OCCASIONS,
    SIZES,
    Place,
    ends_in,
    suited,
    text_before,
    up_to_sum,
)
from lgtalent_ie.records.counted_ratios import PARTITIVES
from lgtalent_ie.records.noun_phrases import noun_phrase_after, phrase_words
from lgtalent_ie.records.offsets import index_from, mention_at
from lgtalent_ie.records.quantities import NEUTRAL, bounds
from lgtalent_ie.schema import Span

# Counters that stand before a bare noun: 14개 테이블.
_BEFORE_NOUN = frozenset(("개", "가지", "대", "종", "종류", "쌍"))
# 22개 시군 관광지 현황: the number is of the areas; 시군 교육청 are as many themselves.
_AREAS = re.compile(
    r"(?:시[·‧]?군(?:[·‧]?구)?|시[·‧]?도|군[·‧]?구|구[·‧]?군|읍[·‧]?면(?:[·‧]?동)?|자치구|부처) "
)
_OFFICES = tuple("청 의회 협의회 지자체 회의 센터 소 시장 위원회 지부 기관 마을".split())
# Counters that may stand so, too: 300여척 어선.
_PIECES = frozenset(("척", "마리", "권", "채", "그루", "편", "건", "곳", "개소", "군데"))
_BARE_LEAST = 10**4
# What is done to people or institutions, in a noun behind theirs: 9개 기관 평가, 3명의 의사 표창.
_DONE_TO = frozenset(
    "서훈 포상 표창 초청 파견 영입 추천 위촉 임명 징계 해임 격려 평가 점검 조사 감사 시상 심사 방문"
    " 순회 견학 공모 대상 구조 치료 진료".split()
)
_PERSON_ENDINGS = tuple("자원생객사인가")
# What is done with an event: 한 차례도 회의를 열지 않았다.
_HELD = frozenset("하 실시 개최 진행 열 갖 거치 치르 시행 가지 받 이행".split())
# 100명을 넘는 전문가, 300명에 이르는 회원: the noun behind such a clause is what is counted.
_REACHING = (
    "넘", "웃돌", "달하", "이르", "육박", "가깝", "밑돌", "못", "미치", "되", "안", "불과", "해당",
)  # fmt: skip
# Counters that are the institutions counted, so that 의 says what is theirs: 8개사의 보험.
_INSTITUTIONS = frozenset(("개사", "개국", "개교", "개 국", "개 교"))
# What may stand in a short clause between 의 and its noun: 세 개의 잘 다듬은 돌.
_CLAUSE = ("MAG", "MM", "VA", "VV", "VX", "XR", "XSV", "XSA", "EP", "EC", "ETM", "NNG")
_LONGEST_CLAUSE = 7


def counted_behind(place: Place, left: Span | None) -> Span | None:
    """The noun phrase behind the mention that it counts; `left` is the one in front of it.

    >>> counted_behind(place, None).text   # of [14개] in 14개 테이블   # doctest: +SKIP
    '테이블'
    """
    morphemes, at, count = place.sentence.morphemes, place.last, place.count
    while at < len(morphemes) and morphemes[at].form in bounds("after"):
        at += 1
    money = count.dimension == "money"
    if money and at < len(morphemes) and morphemes[at].form in SIZES:
        at += 1
    if at >= len(morphemes):
        return None
    stuck = morphemes[at].form == "의" and morphemes[at].start == place.mention.end
    if morphemes[at].tag == "JKG" or stuck:  # Kiwi takes the 의 of 30%의 for a noun
        if count.dimension == "ratio":
            return _shared_out(place, at + 1)
        if count.unit is None or count.unit in _INSTITUTIONS:
            return None
        phrase = phrase_behind(place, at + 1)
        if left is not None and not _replaces(place, left, phrase):
            return None
        phrase = up_to_sum(place, phrase) if money else _without_last(place, phrase)
        acts = phrase and count.dimension == "person" and ends_in(phrase.text, "action")
        # 3명의 사례 발표
        return None if acts else with_joined_behind(place, suited(place, phrase))
    if left is None and (event := _never(place)):
        return event
    if left is None and (behind := _bare_behind(place, at if money else place.last)):
        return behind
    if count.unit not in _BEFORE_NOUN or count.dimension != "item":
        return None
    if left is not None and morphemes[place.last].form in phrase_words("action"):
        return None
    start = place.last if left is not None else _past_adjective(place, place.last)
    if start == place.last:
        phrase = noun_phrase_after(place.reading, place.sentence, start, place.mention.end)
    else:
        phrase = phrase_behind(place, start)
    return with_joined_behind(place, _without_people(place, phrase))


def _shared_out(place: Place, at: int) -> Span | None:
    """30%의 응답자, 20%의 지분: those of whom it is a share, not the rate that it is."""
    phrase = None if place.count.unit in MULTIPLES else phrase_behind(place, at)
    ranked = text_before(place, place.mention.start).endswith(("상위", "하위"))
    if phrase is None or ranked:
        return None
    plural = phrase.text.endswith("들")
    known = plural or any(ends_in(phrase.text, r) for r in ("people", "share", "institution"))
    return phrase if known else None


def _bare_behind(place: Place, at: int) -> Span | None:
    """What a counter other than 개 counts although nothing joins them.

    200만 관객, 20여명 주민들, 수천억원대 손실, 5% 지분, 두 차례 회의.
    """
    count, morphemes = place.count, place.sentence.morphemes
    bare = count.unit is None and (count.value or 0) >= _BARE_LEAST and count.dimension == "other"
    if at >= len(morphemes) or (not bare and place.reading.text[place.mention.end] == "("):
        return None
    phrase = noun_phrase_after(place.reading, place.sentence, at, morphemes[at].start)
    if phrase is None or bare:
        return phrase if phrase is None or at == place.last else None
    if count.dimension == "ratio":
        word = phrase.text.split(" ")[0]
        share = word in phrase_words("share")
        return place.reading.span(phrase.start, phrase.start + len(word)) if share else None
    if count.dimension == "money":
        # 280억원 투자 및 …; 30억원 투자하다 has no noun.
        return suited(place, up_to_sum(place, phrase))
    if phrase.text in phrase_words("action") or not _is_argument(place, phrase):
        return None
    if count.dimension == "person":
        if phrase.text.endswith((" 전원", " 모두")):
            phrase = place.reading.span(phrase.start, phrase.end - 3)  # 9명 이사 전원
        people = phrase.text.endswith("들") or ends_in(phrase.text, "people")
        return phrase if people and count.unit in ("명", "인") else None
    if count.unit in _PIECES and count.dimension == "item":
        before = place.sentence.morphemes[place.first - 1].form if place.first else ""
        return None if before == "등" else phrase  # 정류장 등 30곳 외벽
    if count.unit not in OCCASIONS or not _is_often(place):
        return None
    return None if _is_manner(place, phrase) else phrase


def _is_manner(place: Place, phrase: Span) -> bool:
    """두 차례 사기 혐의로 걸렸다: for what it happened so often."""
    at = index_from(place.sentence.morphemes, phrase.end)
    following = place.sentence.morphemes[at : at + 1]
    return bool(following) and following[0].form in ("로", "으로")


def _never(place: Place) -> Span | None:
    """한 차례도 점검을 하지 않았다: the event that is the object."""
    morphemes, at = place.sentence.morphemes, place.last
    if place.count.unit not in OCCASIONS or at + 1 >= len(morphemes):
        return None
    if (morphemes[at].form, morphemes[at].tag) != ("도", "JX"):
        return None
    start = morphemes[at + 1].start
    phrase = noun_phrase_after(place.reading, place.sentence, at + 1, start)
    end = index_from(morphemes, phrase.end) if phrase else len(morphemes)
    held = morphemes[end : end + 2]
    if len(held) < 2 or held[0].tag != "JKO" or held[1].form not in _HELD:
        return None
    return phrase


def _without_last(place: Place, phrase: Span | None) -> Span | None:
    """In 40명의 회원 명단 the people are 회원."""
    rest, _, last = phrase.text.rpartition(" ") if phrase else ("", "", "")
    done = last in phrase_words("belonging") or last in _DONE_TO
    people = place.count.dimension == "person" and done
    counted = ends_in(rest, "people") or rest.endswith(("일자리", *_PERSON_ENDINGS))
    if phrase is None or not rest or not (people and counted):
        return phrase
    return place.reading.span(phrase.start, phrase.start + len(rest))


def _is_argument(place: Place, phrase: Span) -> bool:
    """Whether a particle follows it, so that it is no modifier and no predicate."""
    at = index_from(place.sentence.morphemes, phrase.end)
    following = place.sentence.morphemes[at : at + 1]
    if not following:
        return False
    number = mention_at(place.reading, following[0].start)
    if number is not None and number.label == "QUANTITY" and place.count.dimension == "item":
        return True  # 9개소 경로당 30명
    if following[0].form in ("끝", "만"):
        return True  # 세 차례 협상 끝에
    return following[0].tag.startswith("J") or following[0].form in PARTITIVES


def _is_often(place: Place) -> bool:
    """Whether 회 is how often, as 번 and 차례 always are: 4회 is mostly the fourth."""
    if place.count.unit != "회":
        return True
    word = text_before(place, place.mention.start).rpartition(" ")[2]
    words = phrase_words("between").union(phrase_words("adverbial"), NEUTRAL, bounds("before"))
    return word in words


def _without_people(place: Place, phrase: Span | None) -> Span | None:
    """In 5개 대학 관계자 the five are 대학: 개 never counts people."""
    if phrase is None or phrase.text in phrase_words("action"):
        return None
    things, _, people = phrase.text.rpartition(" ")
    if place.count.unit == "개" and _AREAS.match(phrase.text) and not people.endswith(_OFFICES):
        # 9개 시군 관광지 실태
        first = phrase.text.partition(" ")[0]
        return place.reading.span(phrase.start, phrase.start + len(first))
    acts = people in _DONE_TO and ends_in(things, "institution")  # 9개 기관 평가
    if place.count.unit != "개" or not things or not (acts or ends_in(people, "people")):
        return phrase
    return place.reading.span(phrase.start, phrase.start + len(things.removesuffix(" 및")))


def _replaces(place: Place, left: Span, phrase: Span | None) -> bool:
    """Whether the number is of the noun behind 의 although one stands in front of it, too."""
    return _holds_number(place, left) or _are_people(place, left, phrase)


def _are_people(place: Place, left: Span, phrase: Span | None) -> bool:
    """사진 속 4명의 학생: what is in front of the number are no people, what is behind it are."""
    if phrase is None or place.count.dimension != "person" or not ends_in(phrase.text, "people"):
        return False
    return not left.text.endswith(GROUP_ENDINGS) and not ends_in(left.text, "people")


def _holds_number(place: Place, phrase: Span) -> bool:
    """12개 대학 150명의 학생: the phrase in front is itself of a number, that of the places."""
    numbers = place.reading.within(phrase.start, phrase.end, ("QUANTITY",))
    return bool(numbers) and not ends_in(phrase.text, "people")


def phrase_behind(place: Place, at: int) -> Span | None:
    """The noun phrase from morpheme `at` on, a clause before it (세 개의 아주 큰 섬) left out."""
    morphemes = place.sentence.morphemes
    if at < len(morphemes) and morphemes[at].form in QUOTE_MARKS:
        at += 1
    if [m.tag for m in morphemes[at : at + 2]] == ["NP", "JKG"]:
        at += 2  # 30점에 이르는 그의 작품
    at = _past_owner(place, _past_clause(place, at))
    if at >= len(morphemes) or morphemes[at].form in phrase_words("measure"):
        return None
    return noun_phrase_after(place.reading, place.sentence, at, morphemes[at].start)


def _past_owner(place: Place, at: int) -> int:
    """Behind 한빛당의 of 6명의 한빛당의 간부들, a gloss in brackets included."""
    morphemes = place.sentence.morphemes
    owner = mention_at(place.reading, morphemes[at].start) if at < len(morphemes) else None
    if owner is None or owner.label not in ("ORG", "LOCATION"):
        return at
    end = index_from(morphemes, owner.end)
    if morphemes[end : end + 1] and morphemes[end].form == "(":
        closing = (n for n in range(end, min(end + 5, len(morphemes))) if morphemes[n].form == ")")
        end = next(closing, end) + 1
    owns = end < len(morphemes) and morphemes[end].tag == "JKG"
    return end + 1 if owns else at


def _past_adjective(place: Place, at: int) -> int:
    """두 가지 결정적인 요인, 세 가지 새로운 길: behind an adjective; of 세 개 사려는 옷 `at`."""
    past = _past_clause(place, at)
    clause = place.sentence.morphemes[at:past]
    verb = any(m.tag.startswith(("VV", "VX", "XSV", "EC")) for m in clause)
    return at if verb or not clause or clause[-1].tag != "ETM" else past


def _past_clause(place: Place, at: int) -> int:
    """Behind 새, 큰, 가장 젊은, 서로 다른, 잘 다듬은; `at` itself where there is no such clause."""
    morphemes = place.sentence.morphemes
    for index in range(at, min(at + _LONGEST_CLAUSE, len(morphemes))):
        tag = morphemes[index].tag
        likely = tag == "VCP" and morphemes[index - 1].form == "적"  # 획기적인
        if not (tag.startswith(_CLAUSE) or likely or morphemes[index].form == "적"):
            return at
        if tag == "ETM" or (tag == "MM" and index == at):
            following = morphemes[index + 1 : index + 2]
            again = bool(following) and following[0].tag.startswith(("MM", "VA"))
            return _past_clause(place, index + 1) if again else index + 1
    return at


def past_reaching(place: Place) -> int | None:
    """Where the noun behind 을 넘는 or 에 이르는 begins; None where the clause has a subject."""
    morphemes, at = place.sentence.morphemes, place.last
    while at < len(morphemes) and morphemes[at].form in bounds("after"):
        at += 1
    if at >= len(morphemes):
        return None
    was = at + 1 if morphemes[at].form in SIZES else at
    if [m.form for m in morphemes[was : was + 2]] in (["이", "던"], ["이", "었던"]):
        return was + 2  # 3억원 수준이던 매출
    near = morphemes[at].tag == "JX" and morphemes[at].form in ("은", "는")
    if near and morphemes[at + 1 : at + 2] and morphemes[at + 1].form == "가깝":
        return None  # 두 사람은 가까운 친구다
    bare = morphemes[at].form in ("넘", "웃돌", "밑돌", "가깝")
    if bare and morphemes[at].tag.startswith(("VV", "VA")):
        at -= 1  # 100명 넘는 회원
    elif not morphemes[at].tag.startswith(("JKO", "JKB", "JKS", "JX")):
        return None
    if place.first and morphemes[place.first - 1].tag.startswith(("JKS", "JKO")):
        return None
    behind = morphemes[at + 1 : at + 5]
    for number, morpheme in enumerate(behind):
        if morpheme.tag == "ETM":
            if morpheme.form.endswith(("다는", "라는")):
                return None  # 피해액은 3억원에 달한다는 조사
            verb = behind[0].form
            reaches = number > 0 and verb.startswith(_REACHING) and verb != "넘나들"
            return at + number + 2 if reaches else None
    return None
