"""The noun phrase next to a number: the longest run of bare nouns, read from its head outwards.

Names (mentions) are taken whole, also where their morphemes are not nouns; a gloss in brackets and
a short quoted name inside the run belong to it (`인공지능(AI) 연구자`, `'청년 인재' 지원자`).
Particles, endings, bound nouns and mentions of time end the run, and so does an adverbial noun
(`그 결과`, `지난해`), which has no particle but modifies the verb. `tables/phrase_words.tsv` lists
words by role: adverbial; between (phrase and number: `지원자 평균 20명`); action (what is done with
the things, not the things: `공장 2개 증설`); institution (subjects that count others); measure
(names of a size or sum, of which nothing is counted: `연면적 300㎡`); reign (what 대 numbers:
`21대 국회`); region (says where, is no place that could be counted); people, belonging (to people)
and activity (within which something happens); sum and tally (an amount of money, a number of things
has it as its name); flow (a sum that is of a period: `4분기 매출`); rate, change and share (of
ratios: `성장률 3%`, `매출 3% 증가`, `3% 지분`); own and bare (nouns that native numbers and digits
count without a counter: `두 나라`, `3당`); greatest (`10대 뉴스`) and placed (`20대 설치`: pieces,
no age); force (organisations that are people: `경찰 8명`).
"""

from __future__ import annotations

from functools import cache
from typing import Literal

from lgtalent_ie.reading import Morpheme, Reading, Sentence
from lgtalent_ie.records.characters import MIDDLE_DOTS, is_hangul
from lgtalent_ie.records.offsets import index_from, mention_at
from lgtalent_ie.records.quantities import bounds
from lgtalent_ie.schema import Span
from lgtalent_ie.tables import read_table

_DETERMINERS = frozenset(
    ("이", "그", "저", "각", "전", "현", "양", "본", "총", "해당", "이번", "옛")
)
# 역사상, 편의상 are adverbs, too.
_ADVERBIAL_SUFFIXES = frozenset(("당", "씩", "째", "쯤", "끼리", "여", "상"))
# What the analyser cuts off a noun that it does not know: 한돈, 왜선, 여야.
_CUT_OFF = ("MM", "MAG", "NNB", "NR", "IC")
# 오늘 아침 군용기 2대: behind an adverb of time these are one, too; not 아침 식사 3끼.
_PARTS_OF_DAY = frozenset(("아침", "낮", "밤", "저녁", "점심"))
_NOUN_TAGS = ("NNG", "NNP", "XSN", "XPN", "XR", "SL", "SH")
_BY_EACH = frozenset((("별", "XSN"), ("씩", "XSN"), ("끼리", "XSN")))
_JOINTS = MIDDLE_DOTS | frozenset("/&-․•")
_PARTICLES = frozenset(("와", "과", "의", "을", "를", "은", "는", "이", "가", "도", "로"))
_MARKS = {")": "(", "]": "[", "’": "‘", "”": "“", "'": "'", '"': '"', "」": "「", "》": "《"}
# A name at the head of the phrase owns the number or is the place of it; nothing is counted.
_OWNERS = frozenset(("ORG", "PERSON", "LOCATION", "EVENT", "DATE", "TIME"))
_TIMES = frozenset(("DATE", "TIME"))
# 여름 인턴 자리: inside a phrase a season modifies as any noun does.
_SEASONS = frozenset(("봄", "여름", "가을", "겨울"))
# Quantities that modify a noun: 5개 대학 학생 100명, 20대 청년 30명, 1차 합격자 8명.
_ATTRIBUTIVE = (
    "개", "가지", "대", "차", "급", "세대", "학년", "등급", "단계", "순위", "기", "개국",
)  # fmt: skip
# 5∼12세 어린이, 1인당 GDP: an age or a share of each that is part of the noun's meaning.
_AGES = ("세", "살")
_PER_HEAD = ("GDP", "GNI", "소득", "총생산")
# 연결 기준 매출액: how accounts are drawn up, no time or place.
_ACCOUNTS = frozenset(("연결", "별도", "개별", "IFRS"))
# 취임 초기, 시즌 막판: behind a noun the part of its time.
_PARTS_OF_TIME = frozenset(("초기", "초반", "중반", "후반", "말기", "막판"))
# 자금 규모가, 소득 수준 3만 달러: with a noun of its own the name of an amount.
_EXTENTS = frozenset(("규모", "수준"))
_LONGEST = 24
_LONGEST_INSERT = 32

Role = Literal[
    "adverbial", "between", "action", "institution", "measure", "reign", "region", "people",
    "belonging", "activity", "sum", "flow", "tally", "rate", "change", "share",
    "own", "bare", "greatest", "placed", "force",
]  # fmt: skip


@cache
def phrase_word_rows() -> tuple[tuple[str, tuple[str, ...], str], ...]:
    """The rows of `tables/phrase_words.tsv`: role, words, and an example for one of them."""
    rows = read_table(__package__, "phrase_words")
    return tuple((role, tuple(words.split()), example) for role, words, example in rows)


@cache
def phrase_words(role: Role) -> frozenset[str]:
    """All words of one role.

    >>> "결과" in phrase_words("adverbial")
    True
    """
    return frozenset(
        w for row_role, words, _ in phrase_word_rows() if row_role == role for w in words
    )


def noun_phrase_before(
    reading: Reading,
    sentence: Sentence,
    at: int,
    *,
    past_number: bool = False,
) -> Span | None:
    """The noun phrase whose head ends the morphemes before index `at`, None where there is none.

    With `past_number` a quantity at its end is stepped over (`지원자 200명` 중).
    """
    morphemes = sentence.morphemes
    if past_number and at > 0:
        number = mention_at(reading, morphemes[at - 1].start)
        if number is not None and number.label == "QUANTITY":
            at = index_from(morphemes, number.start)
    if at == 0:
        return None
    head = morphemes[at - 1]
    opens = head.tag == "SS" and reading.text[head.start - 1 : head.start] in ("", " ", "(")
    if head.tag == "SSO" or (opens and reading.text[head.end : head.end + 1] != " "):
        return None
    if head.tag == "SSC" and reading.text[head.start] == ")":
        base = _opening(reading, morphemes, at, "(") - 1
        if 0 <= base < at - 3 and all(m.tag == "SH" for m in morphemes[base + 2 : at - 1]):
            return noun_phrase_before(reading, sentence, base + 1)  # 식객(食客) 3명
        named = mention_at(reading, morphemes[base].start) if 0 <= base < at - 1 else None
        if named is not None and named.label in _OWNERS:
            return None  # 윤하늘(새별전자), 새별전자(대표 윤하늘)
    owner = mention_at(reading, head.start)
    army = owner is not None and owner.label == "ORG" and owner.text.endswith("군")
    if owner is not None and not army and owner.label in (*_OWNERS, "QUANTITY"):
        return None
    extent = head.form in _EXTENTS and at > 1 and _is_bare_noun(reading, morphemes[at - 2])
    # 확진자 수: a number has the name of what it is the number of.
    tally = head.form == "수" and at > 1 and morphemes[at - 2].tag.startswith(("NN", "XSN"))
    if head.tag == "NNB" and not tally:
        return None
    if owner is None and head.form in phrase_words("adverbial") and not extent:
        return None
    left = at
    while left > 0 and at - left < _LONGEST:
        taken = left == at and (extent or tally)
        step = left - 1 if taken else _step_left(reading, morphemes, left, at)
        if step == left:
            break
        left = step
    left = _without_edge(reading, morphemes, left, at)
    if left >= at:
        return None
    left = _word_start(reading, morphemes, left)
    start = morphemes[left].start
    if start and reading.text[start - 1].isdecimal() and mention_at(reading, start) is None:
        if morphemes[left].tag != "SL" or mention_at(reading, start - 1) is not None:
            return None  # 7과정 19회
        while start and reading.text[start - 1].isdecimal():
            start -= 1  # 3D 프린터
    return _unquoted(reading, start, _end(morphemes[at - 1], reading))


def noun_phrase_after(reading: Reading, sentence: Sentence, at: int, position: int) -> Span | None:
    """The noun phrase that begins with morpheme `at`, only blanks between it and `position`."""
    morphemes = sentence.morphemes
    right = at
    while right < len(morphemes) and right - at < _LONGEST:
        if reading.text[position : morphemes[at].start].strip():
            return None
        step = _step_right(reading, morphemes, right)
        if step == right:
            break
        right = step
    while right > at and not morphemes[right - 1].tag.startswith((*_NOUN_TAGS, "SSC", "SN")):
        right -= 1
    if right > at and (morphemes[right - 1].form, morphemes[right - 1].tag) in _BY_EACH:
        right -= 1  # 네 가지 테마별로, 두 개 팀씩
    if right < len(morphemes) and right > at:
        following = morphemes[right]
        number = mention_at(reading, following.start)
        verb = following.tag.startswith(("VV", "VA")) and (
            following.start == morphemes[right - 1].end
        )
        if verb or following.tag.startswith(("XSV", "XSA")):
            right = _eojeol_start(reading, morphemes, at, right)
        elif number is not None and number.label == "QUANTITY":
            right = _first_eojeol(reading, morphemes, at, right)
    prefix = at < len(morphemes) and morphemes[at].tag == "XPN"  # 대규모 is not 10만원대
    if right <= at or (morphemes[at].form in _not_counted() and not prefix):
        return None
    first = mention_at(reading, morphemes[at].start)
    start = first.start if first is not None else morphemes[at].start
    return reading.span(start, _end(morphemes[right - 1], reading))


@cache
def _not_counted() -> frozenset[str]:
    return phrase_words("adverbial").union(bounds("after"))


def _end(morpheme: Morpheme, reading: Reading) -> int:
    mention = mention_at(reading, morpheme.start)
    return max(morpheme.end, mention.end) if mention is not None else morpheme.end


def _step_left(reading: Reading, morphemes: tuple[Morpheme, ...], left: int, at: int) -> int:
    """The index after one more member is taken on the left; `left` itself where the phrase ends."""
    morpheme, at_head = morphemes[left - 1], left == at
    surface = reading.text[morpheme.start : morpheme.end]
    mention = mention_at(reading, morpheme.start)
    if "\n" in reading.text[morpheme.end : morphemes[min(left, len(morphemes) - 1)].start]:
        return left
    per_head = morphemes[at - 1].form.endswith(_PER_HEAD)
    if not at_head and _is_word(reading, morphemes[left], "총"):
        return left  # 6개 분야 총 사업비
    if mention is not None:
        if mention.label in _TIMES and (at_head or mention.text not in _SEASONS):
            return left
        head = morphemes[at - 1].form
        ages = mention.text.endswith(_AGES) and head.endswith(tuple(phrase_words("people")))
        per_head = per_head and "당" in reading.text[mention.end - 1 : mention.end + 1]
        attributive = mention.text.endswith(_ATTRIBUTIVE) or ages or per_head
        if mention.label == "QUANTITY" and not attributive:
            return left
        return min(left - 1, index_from(morphemes, mention.start))
    if morpheme.tag in ("SSC", "SSO", "SS") and surface in _MARKS:
        around = reading.text[max(0, morpheme.start - 1)], reading.text[morpheme.end]
        if surface in "'\"" and around[0] == " " and around[1] != " ":
            return left  # it opens what the phrase stands in: '소득 수준
        return _opening(reading, morphemes, left, _MARKS[surface])
    if not at_head and _is_cut_off(reading, morphemes, left - 1):
        return left - 1
    if (
        not at_head
        and left > 1
        and (morphemes[left - 2].form, morphemes[left - 2].tag) == ("매", "MM")
    ):
        return left  # 매 경기 안타 1개
    in_day = surface in _PARTS_OF_DAY and left > 1 and not at_head
    if in_day and morphemes[left - 2].form in phrase_words("adverbial"):
        return left
    number = mention_at(reading, morpheme.start - 1) if morpheme.start else None
    if number is not None and number.label == "QUANTITY" and surface in _PARTICLES:
        return left  # Kiwi takes the 와 of 50%와 for a noun
    if morpheme.form == "기준" and not at_head and _is_of_accounts(reading, morphemes, left - 1):
        return left - 1  # 연결기준 매출액
    part_of_time = surface in _PARTS_OF_TIME and left > 1 and not at_head
    if part_of_time and _is_bare_noun(reading, morphemes[left - 2]):
        return left
    if morpheme.form in phrase_words("adverbial") and morpheme.form != "이번":
        # 국내 전 임원: all of them, not a time.
        return left - 1 if morpheme.tag == "MM" and not at_head else left
    for_use = (morpheme.form, morpheme.tag) == ("용", "XSN") and left > 2 and not at_head
    if for_use and morphemes[left - 2].tag == "NNB" and morphemes[left - 3].tag in ("NR", "SN"):
        return left - 3  # 일회용 마스크
    if morpheme.tag == "XSN" and morpheme.form in _ADVERBIAL_SUFFIXES:
        return left - 1 if per_head and morpheme.form == "당" else left
    if morpheme.tag.startswith(_NOUN_TAGS):
        return left - 1
    if at_head:
        return left
    # 우리 측 인원
    if surface == "측" and left > 1 and morphemes[left - 2].tag.startswith("N"):
        return left - 1
    if morpheme.tag == "NP" and surface in ("우리", "저희"):
        return left - 1
    if surface in _JOINTS or surface == "및" or (morpheme.tag == "MM" and surface in _DETERMINERS):
        return left - 1
    if morpheme.tag == "SN" and left > 1 and morphemes[left - 2].tag in ("SL", "NNP"):
        return left - 1
    return left


def _is_cut_off(reading: Reading, morphemes: tuple[Morpheme, ...], at: int) -> bool:
    """Whether it is the first part of a word that goes on with a noun: 한 of 한돈."""
    morpheme, noun = morphemes[at], morphemes[at + 1]
    if morpheme.tag not in _CUT_OFF or morpheme.form in ("및", "등", "약", "총", "각"):
        return False
    glued = morpheme.end == noun.start and noun.tag.startswith("NN") and noun.tag != "NNB"
    first = morpheme.start == 0 or not is_hangul(reading.text[morpheme.start - 1])
    return glued and first and mention_at(reading, noun.start) is None


def _word_start(reading: Reading, morphemes: tuple[Morpheme, ...], left: int) -> int:
    """The first morpheme of the word that begins before `left`: 내·외부 인사, 주당배당금, 지메일.

    `left` itself where a particle or a verb stands there, as in 발표한연구원.
    """
    at = left
    while at and morphemes[at - 1].end == morphemes[at].start:
        morpheme = morphemes[at - 1]
        surface = reading.text[morpheme.start : morpheme.end]
        # Kiwi reads the first syllable of a name that it does not know as a connective.
        ending = morpheme.tag == "EC" and reading.text[morpheme.start - 1 : morpheme.start] == " "
        joint = surface in _JOINTS and at > 1 and morphemes[at - 2].end == morpheme.start
        known = morpheme.tag.startswith((*_NOUN_TAGS, "NNB")) or joint or ending
        other = mention_at(reading, morpheme.start) is not None
        if not known or other or morpheme.form in phrase_words("adverbial"):
            return left
        at -= 1
        if ending:
            break
    return at


def _is_of_accounts(reading: Reading, morphemes: tuple[Morpheme, ...], at: int) -> bool:
    """연결 기준, K-IFRS 기준, or one word with a noun before it that is no time: 연결기준."""
    before = morphemes[at - 1] if at else None
    if before is None or not _is_bare_noun(reading, before):
        return False
    return before.form in _ACCOUNTS or before.end == morphemes[at].start


def _is_word(reading: Reading, morpheme: Morpheme, form: str) -> bool:
    """Whether the form stands between blanks."""
    start, end = morpheme.start, morpheme.end
    return morpheme.form == form and reading.text[max(0, start - 1) : end + 1] == f" {form} "


def _is_bare_noun(reading: Reading, morpheme: Morpheme) -> bool:
    noun = morpheme.tag.startswith(("NN", "SL")) and morpheme.tag != "NNB"
    return noun and mention_at(reading, morpheme.start) is None


def _opening(reading: Reading, morphemes: tuple[Morpheme, ...], left: int, mark: str) -> int:
    """The index of the mark that opens what `left - 1` closes; `left` where it is too far off."""
    close = morphemes[left - 1]
    for at in range(left - 2, max(-1, left - 14), -1):
        opening = morphemes[at]
        if close.start - opening.start > _LONGEST_INSERT or opening.tag.startswith(("SF", "EF")):
            break
        if reading.text[opening.start : opening.end] == mark:
            gloss = mark in "(["
            attached = at > 0 and morphemes[at - 1].tag.startswith((*_NOUN_TAGS, "SN"))
            return at if attached or not gloss else left
    return left


def _without_edge(reading: Reading, morphemes: tuple[Morpheme, ...], left: int, at: int) -> int:
    """Drop joints at the left edge, and a determiner of the head itself (이 연구원 → 연구원)."""
    while left < at:
        morpheme = morphemes[left]
        surface = reading.text[morpheme.start : morpheme.end]
        if mention_at(reading, morpheme.start) is not None or morpheme.tag in ("SSO", "SS"):
            break
        determiner = morpheme.tag == "MM" or morpheme.form == "이번"
        rest = reading.text[morpheme.end : morphemes[at - 1].end].strip()
        if left + 1 < at and _is_cut_off(reading, morphemes, left):
            break
        # 본상: what is written as one word with its noun is part of it.
        of_head = determiner and " " not in rest and reading.text[morpheme.end] == " "
        # 총 사업비 is another sum than 사업비, 옛 제품 are other things than 제품.
        of_head = of_head and morpheme.form not in ("총", "옛")
        member = determiner or morpheme.tag.startswith((*_NOUN_TAGS, "SN", "NP"))
        if member and not (of_head or morpheme.tag == "XSN" or surface in _JOINTS):
            break
        left += 1
    return left


def _unquoted(reading: Reading, start: int, end: int) -> Span:
    """A phrase that is one quotation, without its marks."""
    opening, close = reading.text[start], reading.text[end - 1]
    quoted = _MARKS.get(close) == opening and opening not in "([" and end - start > 2
    if quoted and close not in reading.text[start + 1 : end - 1]:
        return reading.span(start + 1, end - 1)
    return reading.span(start, end)


def _step_right(reading: Reading, morphemes: tuple[Morpheme, ...], right: int) -> int:
    morpheme = morphemes[right]
    surface = reading.text[morpheme.start : morpheme.end]
    mention = mention_at(reading, morpheme.start)
    if mention is not None:
        if mention.label in _TIMES or mention.label == "QUANTITY":
            return right
        return max(right + 1, index_from(morphemes, mention.end))
    after = morphemes[right + 1 : right + 2]
    if morpheme.form in ("규모", "수준") and right > 0 and after and after[0].tag.startswith("NN"):
        return right + 1  # 전국 규모 대회
    dash = surface == "-" and reading.text[morpheme.end : morpheme.end + 1] == " "
    if (morpheme.form in _not_counted() and morpheme.tag != "XPN") or dash:
        return right
    ours = morpheme.tag == "NP" and surface in ("우리", "저희")
    if morpheme.tag.startswith(_NOUN_TAGS) or surface in _JOINTS or ours:
        return right + 1
    if surface == "(":
        for at in range(right + 1, min(len(morphemes), right + 10)):
            if reading.text[morphemes[at].start : morphemes[at].end] == ")":
                noun = at + 1 < len(morphemes) and morphemes[at + 1].tag.startswith(_NOUN_TAGS)
                return at + 1 if noun else right
    return right


def _eojeol_start(reading: Reading, morphemes: tuple[Morpheme, ...], at: int, right: int) -> int:
    """Without the last eojeol: in 과제 수행하다 only 과제 is a noun of the phrase."""
    right -= 1
    while right > at and reading.text[morphemes[right].start - 1] != " ":
        right -= 1
    return right


def _first_eojeol(reading: Reading, morphemes: tuple[Morpheme, ...], at: int, right: int) -> int:
    """Up to the first blank: in 5개 대학 학생 100명 the five are 대학."""
    for index in range(at + 1, right):
        if reading.text[morphemes[index].start - 1] == " ":
            return index
    return right
