"""What a number counts across a particle: 연구원은 10명이다, 논문을 3편 냈다, 응답자 중 3명."""

from __future__ import annotations

from lgtalent_ie.reading import Morpheme
from lgtalent_ie.records.counted_lists import with_joined_before
from lgtalent_ie.records.counted_place import CHANGES, SIZES, Place, ends_in, suited
from lgtalent_ie.records.counted_ratios import PARTITIVES, counted_halved
from lgtalent_ie.records.noun_phrases import Role, noun_phrase_before, phrase_words
from lgtalent_ie.records.offsets import index_from, mention_at
from lgtalent_ie.records.quantities import NEUTRAL, bounds, parse_quantity
from lgtalent_ie.schema import Span

_TOPICS = ("JX", "JKS", "JKO")
_COMPARED = frozenset(("대비", "보다", "에", "비하", "어", "동기", "약"))
_LIMITS = frozenset(("까지", "부터", "마다", "밖에", "처럼", "보다"))
_BESIDE = frozenset(("보다", "비교", "비하", "대비", "가장", "최다", "최대"))
# Verbs that say how many: 연구원은 10명에 달한다, 10명을 넘는다, 10명으로 늘었다.
_AMOUNTS = (
    "달하", "이르", "그치", "불과", "육박", "못", "미치", "넘", "웃돌", "밑돌", "기록", "돌파",
    "늘", "줄", "되", "집계", "안", "머무르", "머물", "많", "적", "추산", "높", "낮",
    "추정", "예상", "전망", "확정", "압축", "요약", "나뉘", "나누", "시현", "달성", "유지",
)  # fmt: skip
# 이용자는 30만명으로 알려졌다.
_REPORTED = (
    "알리", "알려지", "나타나", "파악", "확인", "조사", "밝혀지", "드러나", "분석", "보이", "보고",
)  # fmt: skip
# 실적이 3억원대로 하락하다.
_CHANGED_TO = (*CHANGES, "급락", "급등", "떨어지", "치솟", "불어나", "쪼그라들")
# 정원을 30명으로 늘리다, 후보를 3명으로 압축하다.
_MOVES = (
    "늘리", "줄이", "확대", "축소", "압축", "제한", "한정", "증원", "감축", "증액", "감액", "올리",
    "낮추", "높이", "인상", "인하", "상향", "하향", "책정", "정하", "할인", "삭감", "깎", "추정",
    "전망", "예상", "제시", "설정", "편성", "추산", "산정", "확정", "수정", "잡", "결정",
)  # fmt: skip
# 목표를 3조원으로 제시하다
_SET = ("배정", "제안", "나누")
# 모두 합해 30명
_SUMMED = frozenset(("합하", "합치", "더하", "포함하"))
# What is done with a share of something.
_HELD = frozenset(
    "보유 소유 취득 매입 매수 매각 매도 인수 확보 출자 상속 증여 차지 반영".split()
)  # fmt: skip
# By dimension, what a far topic must be.
_FAR: dict[str, Role] = {"money": "sum", "person": "people", "item": "tally", "other": "tally"}
_FARTHEST = 40
_ENDS_SIZE = ("VCP", "JKO", "JKB", "SF", "SP", "EF")
_SCHOOLS = frozenset(("개교", "개 교"))
# 감독을 포함한 4명: who is among those counted.
_INCLUDING = frozenset(("포함", "비롯"))
_LONGEST_INCLUDED = 12


def counted_share(place: Place, at: int) -> Span | None:
    """참석 인원 중 20%, 응답자 가운데 3명, 응답자의 20%."""
    morphemes = place.sentence.morphemes
    if at == 0:
        return None
    before = morphemes[at - 1]
    if before.tag == "JX" and at > 1 and morphemes[at - 2].form in PARTITIVES:
        at, before = at - 1, morphemes[at - 2]
    if before.form in ("에서",) and at > 1 and morphemes[at - 2].form in PARTITIVES:
        at, before = at - 1, morphemes[at - 2]
    if before.form in PARTITIVES and before.tag.startswith("NN"):
        whole = noun_phrase_before(place.reading, place.sentence, at - 1, past_number=True)
        if whole is not None and whole.text in NEUTRAL:
            return None  # 전체 30가구 중
        whole = with_joined_before(place, whole)
        # 행사 중 3명이 다쳤다: there 중 is a time.
        during = place.count.dimension == "person" and whole and ends_in(whole.text, "activity")
        return None if during else whole
    if before.tag == "JKG" and place.count.dimension == "ratio":
        return noun_phrase_before(place.reading, place.sentence, at - 1)
    return None


def counted_across(place: Place, at: int) -> Span | None:
    """연구원은 10명이다, 연구원이 모두 10명, 논문을 3편 냈다, 기본급만 5억원."""
    morphemes = place.sentence.morphemes
    changed = at - _skip_change(place, at)
    at = _skip_included(place, at - changed)
    if at < 2 or not morphemes[at - 1].tag.startswith(_TOPICS):
        return None
    particle = morphemes[at - 1]
    if particle.form in _LIMITS:
        return None  # 지금까지 200만 부
    phrase = noun_phrase_before(place.reading, place.sentence, at - 1)
    phrase = with_joined_before(place, phrase)
    if place.count.dimension == "ratio":
        return phrase if phrase and _is_share(place, particle, phrase) else None
    if changed and particle.tag != "JKO":
        return phrase
    if particle.tag == "JKO":
        after = _follows(place)
        if after.tag.startswith("JKO") and at == place.first:
            return phrase  # 마스크를 30장을 보냈다
        if after.tag.startswith("JKO") or (after.tag.startswith("JKB") and not _is_moved(place)):
            return None
    elif particle.form not in ("만", "도") and not _says_how_many(place, particle, phrase):
        return None
    return phrase


def counted_so_often(place: Place, at: int) -> Span | None:
    """지진은 58회다, 이 해역의 지진은 39차례로 집계됐다: the event that is the topic."""
    after = _follows(place)
    told = after.tag.startswith("VCP") or after.form in ("로", "으로")
    topic = at > 1 and place.sentence.morphemes[at - 1].form in ("은", "는")
    return counted_across(place, at) if told and topic else None


def _is_share(place: Place, particle: Morpheme, phrase: Span) -> bool:
    """주식을 30% 보유하다, and of a poll: 안 간다고 답한 학생이 30%였다."""
    if place.count.unit != "%":
        return False
    behind = place.sentence.morphemes[place.last : place.last + 3]
    if particle.tag == "JKO" or particle.form == "만":
        return bool(behind) and behind[0].form in _HELD
    if ends_in(phrase.text, "share") and not any(m.form.startswith(CHANGES) for m in behind):
        return _says_how_many(place, particle, phrase)  # 지분은 30%다
    first = index_from(place.sentence.morphemes, phrase.start)
    polled = first > 0 and place.sentence.morphemes[first - 1].tag == "ETM"
    changes = any(m.form.startswith(CHANGES) for m in behind)
    if changes or not (polled and ends_in(phrase.text, "people")):
        return False
    return particle.form == "도" or _says_how_many(place, particle, phrase)


def _is_moved(place: Place) -> bool:
    """정원을 30명으로 늘렸다: the new number of the object."""
    behind = place.sentence.morphemes[place.last : place.last + 10]
    ends = [n for n, m in enumerate(behind) if m.tag in ("EC", "ETM", "EF", "SP")]
    behind = behind[: ends[0]] if ends else behind
    moved = any(m.form.startswith(_MOVES) for m in behind if m.tag.startswith(("V", "N")))
    return moved and any(m.form in ("으로", "로") for m in behind[:2])


def counted_times(place: Place, at: int) -> Span | None:
    """비용을 절반으로 줄였다, 보수를 두 배로 올렸다: the base of what the object becomes."""
    morphemes = place.sentence.morphemes
    if at < 2 or morphemes[at - 1].tag != "JKO" or not _is_moved(place):
        return None
    return noun_phrase_before(place.reading, place.sentence, at - 1)


def counted_part(place: Place, at: int) -> Span | None:
    """비용을 절반으로 줄였다, 정원의 절반, 국민 절반이: a half or a third of what it is of."""
    ways = (counted_times, counted_share, counted_halved)
    return next((of for way in ways if (of := way(place, at)) is not None), None)


def counted_apposed(place: Place, at: int) -> Span | None:
    """지난해 실적인 30억원: the sum is what the noun in front of 인 is."""
    morphemes = place.sentence.morphemes
    if at < 3 or place.count.dimension != "money":
        return None
    if (morphemes[at - 1].tag, morphemes[at - 2].tag) != ("ETM", "VCP"):
        return None
    return noun_phrase_before(place.reading, place.sentence, at - 2)


def counted_far(place: Place, at: int) -> Span | None:
    """영업이익은 비용이 늘어 30억원에 그쳤다: what the clause is about, further left.

    Only sums, people and tallies (판매량, 건수) are looked for so far away. Between them and the
    number stands no other number of the kind, unless the number is their total: 학생은 여자 3명,
    남자 4명 등 7명이다.
    """
    morphemes = place.sentence.morphemes
    last = place.last
    if last < len(morphemes) and morphemes[last].form == "(":
        closing = (n for n, m in enumerate(morphemes[last : last + 6], last) if m.form == ")")
        last = next(closing, last - 1) + 1  # 3억원(5%) 줄어든 9억원
    behind = morphemes[last : last + 1]
    changes = bool(behind) and behind[0].form.startswith(CHANGES)
    dimension = place.count.dimension
    role = _FAR.get(dimension)
    # 위원은 장관이 뽑는 3명, 국회가 뽑는 3명이다: each clause has its number.
    chosen = at > 0 and morphemes[at - 1].tag == "ETM"
    if role is None or changes or (chosen and dimension not in ("money", "person")):
        return None
    subordinate, closed = False, 0
    total = at > 0 and morphemes[at - 1].form == "등"
    for index in range(at - 1, max(0, at - _FARTHEST), -1):
        morpheme = morphemes[index]
        mention = mention_at(place.reading, morpheme.start)
        alike = mention is not None and not total and _dimension(mention.text) == dimension
        alike = alike and not (chosen and dimension == "person")
        closed += (morpheme.tag == "SSC") - (morpheme.tag == "SSO")
        if morpheme.tag in ("SF", "EF") or closed < 0 or alike:
            return None
        total_of = morpheme.form in ("어", "아", "여") and morphemes[index - 1].form in _SUMMED
        subordinate = subordinate or (morpheme.tag == "EC" and not total_of)
        goal = mention is None and morpheme.tag == "JKO" and dimension == "money"
        if goal and not subordinate and (of := _set_for(place, index)) is not None:
            return of
        if mention is not None or not morpheme.tag.startswith(("JX", "JKS")):
            continue
        if morpheme.tag == "JKS" and subordinate:
            continue  # the subject of 값이 올라
        if morpheme.form not in ("은", "는", "이", "가"):
            continue
        phrase = suited(place, noun_phrase_before(place.reading, place.sentence, index))
        army = phrase is not None and role == "people" and phrase.text.endswith("군")
        if phrase is not None and (ends_in(phrase.text, role) or army or dimension == "money"):
            if chosen and dimension == "person" and morpheme.tag != "JX":
                continue  # who chooses
            listed = chosen and _follows(place).tag in ("JC", "JKB")
            return phrase if listed or _says_how_many(place, morpheme, phrase) else None
        if morpheme.tag == "JX":
            return None
    return None


def _set_for(place: Place, at: int) -> Span | None:
    """수주 목표를 선박 3조원, 철도 2조원으로 제시하다: parts of the sum that is the object."""
    behind = place.sentence.morphemes[place.last : place.last + _FARTHEST]
    ends = [n for n, m in enumerate(behind) if m.tag in ("EC", "EF", "SF", "ETM", "JKO")]
    behind = behind[: ends[0]] if ends else behind
    to = next((n for n, m in enumerate(behind) if m.form in ("으로", "로")), None)
    if to is None or not any(m.form.startswith((*_MOVES, *_SET)) for m in behind[to:]):
        return None
    return suited(place, noun_phrase_before(place.reading, place.sentence, at))


def counted_of(place: Place, at: int) -> Span | None:
    """노래 중에는 '가을', '겨울' 등 3곡이 뽑혔다: the whole stands further left."""
    morphemes = place.sentence.morphemes
    if place.count.unit is None or place.count.dimension not in ("person", "item"):
        return None
    for index in range(at - 1, max(0, at - _FARTHEST), -1):
        morpheme = morphemes[index]
        if morpheme.tag in ("SF", "EF", "EC"):
            return None
        mention = mention_at(place.reading, morpheme.start)
        if mention is not None and mention.label == "QUANTITY":
            return None
        if morpheme.tag != "NNB" or morpheme.form not in PARTITIVES:
            continue
        if place.reading.text.startswith(("에서", "에는"), morpheme.end):
            whole = noun_phrase_before(place.reading, place.sentence, index)
            return None if whole is None or ends_in(whole.text, "activity") else whole
    return None


def counted_school(place: Place, at: int) -> Span | None:
    """학교 신청을 받으며, 2030년 90개교가 신청했다: the counter says of which noun it is."""
    if place.count.unit not in _SCHOOLS:
        return None
    morphemes = place.sentence.morphemes
    for index in range(at - 1, max(-1, at - 1 - _FARTHEST), -1):
        if morphemes[index].tag in ("SF", "EF"):
            return None
        if morphemes[index].form.endswith("학교") and morphemes[index].tag == "NNG":
            return noun_phrase_before(place.reading, place.sentence, index + 1)
    return None


def _dimension(text: str) -> str | None:
    count = parse_quantity(text)
    return count.dimension if count else None


def _skip_included(place: Place, at: int) -> int:
    """Before 감독을 포함한, 대표를 비롯한 in front of the number."""
    morphemes = place.sentence.morphemes
    if at < 5 or morphemes[at - 1].tag != "ETM" or morphemes[at - 3].form not in _INCLUDING:
        return at
    if morphemes[at - 4].tag != "JKO":
        return at
    for index in range(at - 5, max(0, at - _LONGEST_INCLUDED), -1):
        if mention_at(place.reading, morphemes[index].start) is None:
            if morphemes[index].tag in _TOPICS:
                return index + 1
            if morphemes[index].tag.startswith(("E", "S", "J")):
                break
    return at


def _skip_change(place: Place, at: int) -> int:
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
    if first >= at or not morphemes[first].form.startswith(CHANGES):
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


def _says_how_many(place: Place, particle: Morpheme, phrase: Span | None) -> bool:
    """Whether the number is what the sentence says of its topic, not an object or an adjunct."""
    after = _follows(place)
    following = place.sentence.morphemes[place.last : place.last + 6]
    if after.tag == "JC" and after.start == place.mention.end:
        # 이익은 지난해와 올해 3억원과 5억원이다
        other = mention_at(place.reading, after.end + 1)
        return other is not None and _dimension(other.text) == place.count.dimension
    if after.tag in ("JKG", "JC") or after.form in SIZES or _is_object(following):
        return False
    if not after.tag or after.tag.startswith(("VCP", "SF", "SP", "EF", "EC", "SS")):
        return True
    if after.form == "뿐":
        return True  # 합격자는 3명뿐이다
    ahead = place.reading.text[max(0, place.mention.start - 3) : place.mention.start]
    if after.form in ("으로", "로") and ahead.endswith(("모두 ", "크게 ")):
        return True  # 피해 학생이 모두 6명으로, 갈래는 크게 두 가지로
    if after.form in ("으로", "로") and len(following) > 1:
        behind = next((m for m in following if m.start > after.start), after)
        if behind.tag == "SP" or behind.form.startswith((*_REPORTED, *_CHANGED_TO)):
            return True  # 연구원은 17명으로, … 이용자는 30만명으로 알려졌다
    people = phrase is not None and (ends_in(phrase.text, "people") or phrase.text.endswith("군"))
    piece = place.count.dimension == "item" and particle.form in ("은", "는")
    if after.tag == "JKS" and (people or piece):
        return True  # 확진자가 16명이 나왔다, 이 책은 200만 부가 팔렸다
    if after.form == "에서" and _moves_on(place):
        return True  # 매출은 3억원에서 5억원으로 늘었다
    if after.form in ("으로", "로") and particle.tag == "JX" and phrase is not None:
        # 매출은 3억원으로 업계 최고다: a sum, or people, that are so many.
        role = _FAR.get(place.count.dimension)
        if role is not None and (ends_in(phrase.text, role) or phrase.text.endswith(" 수")):
            return True
    counted = place.count.dimension in ("person", "item") and particle.form in ("은", "는")
    who = phrase is not None and ends_in(phrase.text, "institution")
    if counted and not (who and place.count.dimension == "person") and after.form in ("으로", "로"):
        # 학교는 15곳으로 지난해보다 많다
        wider = place.sentence.morphemes[place.last : place.last + 12]
        if any(m.form in _BESIDE for m in wider):
            return True
    if any(
        morpheme.form.startswith(_AMOUNTS)
        for morpheme in following
        if morpheme.tag.startswith(("V", "NN", "MA")) and morpheme.form != "넘나들"
    ):
        return True
    # 연구원이 10명 합류했다: a number without particle floats behind its subject.
    subject = place.reading.text[max(0, particle.start - 4) : particle.start]
    floats = not after.tag.startswith("J") and particle.tag == "JKS"
    return floats and not subject.endswith(tuple(phrase_words("institution")))


def _moves_on(place: Place) -> bool:
    """Whether another amount and 로 follow: 3억원에서 5억원으로 늘다."""
    behind = place.sentence.morphemes[place.last + 1 : place.last + 16]
    ends = [n for n, m in enumerate(behind) if m.tag in ("EC", "EF", "SP", "JKO")]
    behind = behind[: ends[0]] if ends else behind
    words = (*_CHANGED_TO, *_AMOUNTS, *_MOVES)
    return any(m.form in ("으로", "로") for m in behind) and any(
        m.form.startswith(words) for m in behind if m.tag.startswith(("V", "NN"))
    )


def _is_object(following: tuple[Morpheme, ...]) -> bool:
    """판매가 100대 판매를 넘었다: the number is of the noun behind it."""
    noun, *rest = following or (None,)
    if noun is None or not noun.tag.startswith("NN"):
        return False
    return bool(rest) and rest[0].tag in ("JKO", "JKG")


def _follows(place: Place) -> Morpheme:
    """The morpheme behind the number and its 이상, 정도, 가량."""
    morphemes = place.sentence.morphemes
    for at, morpheme in enumerate(morphemes[place.last : place.last + 4], place.last + 1):
        # 매출은 3억원 수준이다, 수준을 기록했다; not 수준의 투자
        ends = at < len(morphemes) and morphemes[at].tag.startswith(_ENDS_SIZE)
        if morpheme.form in SIZES and ends:
            continue
        if morpheme.form not in bounds("after") and morpheme.form != "등":
            return morpheme
    end = place.mention.end
    return Morpheme("", "", end, end)
