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
people nothing that belongs to them (`3명의 이름`), of no number a person who holds a title.
"""

from __future__ import annotations

from lgtalent_ie.records.characters import QUOTE_MARKS, is_hangul
from lgtalent_ie.records.counted_lists import (
    listed,
    with_joined_before,
    with_joined_behind,
    without_institutions,
)
from lgtalent_ie.records.counted_place import (
    CHANGES,
    SIZES,
    Place,
    ends_in,
    suited,
    text_before,
    up_to_sum,
)
from lgtalent_ie.records.counted_topics import (
    PARTITIVES,
    counted_across,
    counted_apposed,
    counted_far,
    counted_halved,
    counted_of,
    counted_share,
)
from lgtalent_ie.records.noun_phrases import noun_phrase_after, noun_phrase_before, phrase_words
from lgtalent_ie.records.offsets import index_from, mention_at
from lgtalent_ie.records.quantities import NEUTRAL, bounds, parse_quantity
from lgtalent_ie.records.units import units_at
from lgtalent_ie.schema import Count, Span

# Of these only what follows with 의 is counted: 80mm의 비, 3억원의 보수.
_MEASURED = frozenset(("length",))
# How often something happens: 강연 20회, 세 차례 회의.
_OCCASIONS = frozenset(("회", "번", "차례"))
# 100회 특집, 50회 방송: the occasion is one of a series.
_EDITIONS = frozenset(("특집", "기념", "방송", "방영", "연재", "예고", "생일", "졸업식"))
# What a side or a player has made counts nothing else (시즌 10골, 팀이 18승).
_ACHIEVED = frozenset(("score", "game"))
# Counters that stand before a bare noun: 14개 테이블.
_BEFORE_NOUN = frozenset(("개", "가지", "대", "종", "종류", "쌍"))
# Counters that may stand so, too: 300여척 어선.
_PIECES = frozenset(("척", "마리", "권", "채", "그루", "편", "건", "곳", "개소", "군데"))
_BARE_LEAST = 10**4
# Not how many there are, but of which kind each is.
_KINDS = frozenset(("인승", "인실", "인용"))
# Counters that are the people counted, so that 의 says what is theirs.
_OWNERS = frozenset(("사람", "팀"))
# 개봉 3일째 100만명: the noun is of the time, not of the number.
_SINCE = ("째", "만", "만에", "후", "뒤", "간", "동안")
# 100명을 넘는 전문가, 300명에 이르는 회원: the noun behind such a clause is what is counted.
_REACHING = (
    "넘", "웃돌", "달하", "이르", "육박", "가깝", "밑돌", "못", "미치", "되", "안", "불과", "해당",
)  # fmt: skip
# What may stand in a short clause between 의 and its noun: 세 개의 잘 다듬은 돌.
_CLAUSE = ("MAG", "MM", "VA", "VV", "VX", "XR", "XSV", "XSA", "EP", "EC", "ETM", "NNG")
_LONGEST_CLAUSE = 7


def counted_phrase(place: Place) -> Span | None:
    """The noun phrase outside the mention that the quantity counts, None where nothing is.

    >>> counted_phrase(place).text   # of [10명] in 박사급 연구원 10명   # doctest: +SKIP
    '박사급 연구원'
    """
    count, text = place.count, place.reading.text
    if place.mention.text.endswith(("당", "자릿수")) or text[place.mention.end :][:1] == "당":
        return None  # 1인당, 3명당, 두 자릿수
    if text.startswith("급", place.mention.end) or count.unit in _KINDS:
        return None  # 3000t급 화물선, 7인승 차량
    if count.unit in _OWNERS and text.startswith("의", place.mention.end):
        return _members(place)  # 두 사람의 앞날
    if count.dimension == "ratio" and count.unit is None:
        # 1:1 and 3 대 1 compare; 3분의 1 is a share of something, never a number of it.
        compares = any(joint in place.mention.text for joint in ":대")
        return None if compares else counted_halved(place, _skip_adverbs(place))
    if _continues(place) or _is_achieved(count):
        return None
    at = _skip_size(place, _skip_adverbs(place))
    left = None if _is_since(place, at) else _left(place, at)
    if left and ends_in(left.text, "measure"):
        return None
    right = _right(place, left)
    if right is not None or left is not None:
        return _of_all(place, right or left)
    if start := _behind_reaching(place):
        phrase = _phrase_behind(place, start)
        if phrase is not None:  # 8000건이 넘을 정도 goes on below
            money = count.dimension == "money"
            return suited(place, up_to_sum(place, phrase) if money else phrase)
    if count.unit in _OCCASIONS or count.dimension in _MEASURED:
        return None
    near = (counted_share, listed, _glossed, counted_apposed)
    ways = (*near, counted_across, counted_far, counted_of)
    return next((_of_all(place, of) for way in ways if (of := suited(place, way(place, at)))), None)


def _members(place: Place) -> Span | None:
    """20팀의 청년 작가: whom the teams consist of; nothing of 두 팀의 실력차."""
    if place.count.unit == "사람":
        return None
    phrase = _phrase_behind(place, place.last + 1)
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
    if count.unit in ("배", "곱절", "갑절") or count.dimension in _MEASURED:
        return None
    if count.unit == "번" and place.mention.text[0].isdecimal():
        return None  # 비례대표 2번, 버스 731번
    behind = place.sentence.morphemes[max(0, at - 2) : at]
    if [m.tag for m in behind] == ["NP", "XSN"] and behind[1].form == "들":
        return place.reading.span(behind[0].start, behind[1].end)  # 이들 3명
    phrase = without_institutions(place, noun_phrase_before(place.reading, place.sentence, at))
    if phrase is None or ends_in(phrase.text, "measure"):
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
    return phrase


def _is_part(place: Place, phrase: Span) -> bool:
    """드라마 '누리' 100회, 100회 특집: its hundredth part."""
    name = len(phrase.text.rstrip("'’\"”》」>")) + phrase.start - 1
    last = mention_at(place.reading, name)
    behind = place.sentence.morphemes[place.last : place.last + 1]
    shown = bool(behind) and behind[0].form in _EDITIONS
    return shown or (last is not None and last.label == "PRODUCT")


def _is_changed(place: Place) -> bool:
    """매출 10% 증가: the ratio says by how much, not how much of it."""
    behind = place.sentence.morphemes[place.last : place.last + 3]
    words = (*phrase_words("change"), *CHANGES)
    return any(m.form.startswith(words) for m in behind if m.tag.startswith(("N", "V", "XR")))


def _right(place: Place, left: Span | None) -> Span | None:
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
        if count.unit is None:
            return None
        if left is not None and not _holds_number(place, left):
            return None
        phrase = _phrase_behind(place, at + 1)
        phrase = up_to_sum(place, phrase) if money else _without_last(place, phrase)
        acts = phrase and count.dimension == "person" and ends_in(phrase.text, "action")
        # 3명의 사례 발표
        return None if acts else with_joined_behind(place, suited(place, phrase))
    if left is None and (behind := _bare_behind(place, at if money else place.last)):
        return behind
    if count.unit not in _BEFORE_NOUN or count.dimension != "item":
        return None
    if left is not None and morphemes[place.last].form in phrase_words("action"):
        return None
    phrase = noun_phrase_after(place.reading, place.sentence, place.last, place.mention.end)
    return with_joined_behind(place, _without_people(place, phrase))


def _shared_out(place: Place, at: int) -> Span | None:
    """30%의 응답자, 20%의 지분: those of whom it is a share, not the rate that it is."""
    phrase = None if place.count.unit in ("배", "곱절", "갑절") else _phrase_behind(place, at)
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
    return phrase if count.unit in _OCCASIONS and _is_often(place) else None


def _without_last(place: Place, phrase: Span | None) -> Span | None:
    """In 40명의 회원 명단 the people are 회원."""
    rest, _, last = phrase.text.rpartition(" ") if phrase else ("", "", "")
    people = place.count.dimension == "person" and last in phrase_words("belonging")
    counted = ends_in(rest, "people") or rest.endswith("일자리")
    if phrase is None or not rest or not (people and counted):
        return phrase
    return place.reading.span(phrase.start, phrase.start + len(rest))


def _is_argument(place: Place, phrase: Span) -> bool:
    """Whether a particle follows it, so that it is no modifier and no predicate."""
    at = index_from(place.sentence.morphemes, phrase.end)
    following = place.sentence.morphemes[at : at + 1]
    if not following:
        return False
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
    if place.count.unit != "개" or not things or not ends_in(people, "people"):
        return phrase
    return place.reading.span(phrase.start, phrase.start + len(things.removesuffix(" 및")))


def _holds_number(place: Place, phrase: Span) -> bool:
    """12개 대학 150명의 학생: the phrase in front is itself of a number, that of the places."""
    numbers = place.reading.within(phrase.start, phrase.end, ("QUANTITY",))
    return bool(numbers) and not ends_in(phrase.text, "people")


def _phrase_behind(place: Place, at: int) -> Span | None:
    """The noun phrase from morpheme `at` on, a clause before it (세 개의 아주 큰 섬) left out."""
    morphemes = place.sentence.morphemes
    if at < len(morphemes) and morphemes[at].form in QUOTE_MARKS:
        at += 1
    if [m.tag for m in morphemes[at : at + 2]] == ["NP", "JKG"]:
        at += 2  # 30점에 이르는 그의 작품
    at = _past_clause(place, at)
    if at >= len(morphemes) or morphemes[at].form in phrase_words("measure"):
        return None
    return noun_phrase_after(place.reading, place.sentence, at, morphemes[at].start)


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


def _behind_reaching(place: Place) -> int | None:
    """Where the noun behind 을 넘는 or 에 이르는 begins; None where the clause has a subject."""
    morphemes, at = place.sentence.morphemes, place.last
    while at < len(morphemes) and morphemes[at].form in bounds("after"):
        at += 1
    if at >= len(morphemes):
        return None
    was = at + 1 if morphemes[at].form in SIZES else at
    if [m.form for m in morphemes[was : was + 2]] in (["이", "던"], ["이", "었던"]):
        return was + 2  # 3억원 수준이던 매출
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
            verb = behind[0].form
            reaches = number > 0 and verb.startswith(_REACHING) and verb != "넘나들"
            return at + number + 2 if reaches else None
    return None


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
