"""What a number counts across a particle: 연구원은 10명이다, 논문을 3편 냈다, 응답자 중 3명."""

from __future__ import annotations

from lgtalent_ie.reading import Morpheme
from lgtalent_ie.records.counted_place import CHANGES, SIZES, Place, ends_in, suited
from lgtalent_ie.records.noun_phrases import Role, noun_phrase_before, phrase_words
from lgtalent_ie.records.offsets import index_from, mention_at
from lgtalent_ie.records.quantities import bounds, parse_quantity
from lgtalent_ie.schema import Span

_TOPICS = ("JX", "JKS", "JKO")
_COMPARED = frozenset(("대비", "보다", "에", "비하", "어", "동기", "약"))
# Verbs that say how many: 연구원은 10명에 달한다, 10명을 넘는다, 10명으로 늘었다.
_AMOUNTS = (
    "달하", "이르", "그치", "불과", "육박", "못", "미치", "넘", "웃돌", "밑돌", "기록", "돌파",
    "늘", "줄", "되", "집계", "안", "머무르", "머물", "많", "적", "추산", "높", "낮",
    "추정", "예상", "전망", "확정", "압축", "요약", "나뉘", "나누", "시현", "달성",
)  # fmt: skip
# 이용자는 30만명으로 알려졌다.
_REPORTED = (
    "알리", "알려지", "나타나", "파악", "확인", "조사", "밝혀지", "드러나", "분석", "보이", "보고",
)  # fmt: skip
# 정원을 30명으로 늘리다, 후보를 3명으로 압축하다.
_MOVES = (
    "늘리", "줄이", "확대", "축소", "압축", "제한", "한정", "증원", "감축", "증액", "감액", "올리",
    "낮추", "높이", "인상", "인하", "상향", "하향", "책정", "정하",
)  # fmt: skip
# What is done with a share of something.
_HELD = frozenset(
    "보유 소유 취득 매입 매수 매각 매도 인수 확보 출자 상속 증여 차지 반영".split()
)  # fmt: skip
# By dimension, what a far topic must be.
_FAR: dict[str, Role] = {"money": "sum", "person": "people", "item": "tally", "other": "tally"}
_FARTHEST = 40
PARTITIVES = frozenset(("중", "가운데"))


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
    at -= changed
    if at < 2 or not morphemes[at - 1].tag.startswith(_TOPICS):
        return None
    particle = morphemes[at - 1]
    phrase = noun_phrase_before(place.reading, place.sentence, at - 1)
    if place.count.dimension == "ratio":
        return phrase if phrase and _is_share(place, particle, phrase) else None
    if changed and particle.tag != "JKO":
        return phrase
    if particle.tag == "JKO":
        after = _follows(place)
        if after.tag.startswith("JKO") or (after.tag.startswith("JKB") and not _is_moved(place)):
            return None
    elif particle.form not in ("만", "도") and not _says_how_many(place, particle, phrase):
        return None
    return phrase


def _is_share(place: Place, particle: Morpheme, phrase: Span) -> bool:
    """주식을 30% 보유하다, and of a poll: 안 간다고 답한 학생이 30%였다."""
    if place.count.unit != "%":
        return False
    behind = place.sentence.morphemes[place.last : place.last + 3]
    if particle.tag == "JKO" or particle.form == "만":
        return bool(behind) and behind[0].form in _HELD
    first = index_from(place.sentence.morphemes, phrase.start)
    polled = first > 0 and place.sentence.morphemes[first - 1].tag == "ETM"
    changes = any(m.form.startswith(CHANGES) for m in behind)
    if changes or not (polled and ends_in(phrase.text, "people")):
        return False
    return particle.form == "도" or _says_how_many(place, particle, phrase)


def _is_moved(place: Place) -> bool:
    """정원을 30명으로 늘렸다: the new number of the object."""
    behind = place.sentence.morphemes[place.last : place.last + 4]
    moved = any(m.form.startswith(_MOVES) for m in behind if m.tag.startswith(("V", "N")))
    return moved and any(m.form in ("으로", "로") for m in behind[:2])


def counted_far(place: Place, at: int) -> Span | None:
    """영업이익은 비용이 늘어 30억원에 그쳤다: what the clause is about, further left.

    Only sums, people and tallies (판매량, 건수) are looked for so far away. Between them and the
    number stands no other number of the kind, unless the number is their total: 학생은 여자 3명,
    남자 4명 등 7명이다.
    """
    morphemes = place.sentence.morphemes
    behind = morphemes[place.last : place.last + 1]
    changes = bool(behind) and behind[0].form.startswith(CHANGES)  # 3억원 줄어든 9억원
    dimension = place.count.dimension
    role = _FAR.get(dimension)
    chosen = dimension != "money" and at > 0 and morphemes[at - 1].tag == "ETM"
    if role is None or changes or chosen:  # 위원은 장관이 뽑는 3명이다
        return None
    subordinate = False
    total = at > 0 and morphemes[at - 1].form == "등"
    for index in range(at - 1, max(0, at - _FARTHEST), -1):
        morpheme = morphemes[index]
        mention = mention_at(place.reading, morpheme.start)
        alike = mention is not None and not total and _dimension(mention.text) == dimension
        if morpheme.tag in ("SF", "EF", "SSO") or alike:
            return None
        subordinate = subordinate or morpheme.tag == "EC"
        if mention is not None or not morpheme.tag.startswith(("JX", "JKS")):
            continue
        if morpheme.tag == "JKS" and subordinate:
            continue  # the subject of 값이 올라
        if morpheme.form not in ("은", "는", "이", "가"):
            continue
        phrase = suited(place, noun_phrase_before(place.reading, place.sentence, index))
        if phrase is not None and ends_in(phrase.text, role):
            return phrase if _says_how_many(place, morpheme, phrase) else None
        if morpheme.tag == "JX":
            return None
    return None


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


def _dimension(text: str) -> str | None:
    count = parse_quantity(text)
    return count.dimension if count else None


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
    if after.tag in ("JKG", "JC") or after.form in SIZES:
        return False
    if not after.tag or after.tag.startswith(("VCP", "SF", "SP", "EF", "EC", "SS")):
        return True
    if after.form == "뿐":
        return True  # 합격자는 3명뿐이다
    following = place.sentence.morphemes[place.last : place.last + 6]
    if after.form in ("으로", "로") and len(following) > 1:
        behind = next((m for m in following if m.start > after.start), after)
        if behind.tag == "SP" or behind.form.startswith(_REPORTED):
            return True  # 연구원은 17명으로, … 이용자는 30만명으로 알려졌다
    people = phrase is not None and ends_in(phrase.text, "people")
    if after.tag == "JKS" and particle.tag == "JKS" and people:
        return True  # 확진자가 16명이 나왔다
    if after.form in ("으로", "로") and particle.tag == "JX" and phrase is not None:
        # 매출은 3억원으로 업계 최고다: a sum, or people, that are so many.
        role = _FAR.get(place.count.dimension)
        if role is not None and ends_in(phrase.text, role):
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


def _follows(place: Place) -> Morpheme:
    """The morpheme behind the number and its 이상, 정도, 가량."""
    morphemes = place.sentence.morphemes
    for morpheme in morphemes[place.last : place.last + 3]:
        if morpheme.form not in bounds("after") and morpheme.form != "등":
            return morpheme
    end = place.mention.end
    return Morpheme("", "", end, end)
