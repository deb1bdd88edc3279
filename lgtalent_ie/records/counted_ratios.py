"""What a share is of: 국민 절반, 목표 대비 80%, 매출에서 수출이 차지하는 비중은 30%."""

from __future__ import annotations

from lgtalent_ie.records.counted_lists import with_joined_before
from lgtalent_ie.records.counted_place import CHANGES, Place, ends_in, suited
from lgtalent_ie.records.noun_phrases import noun_phrase_before, phrase_words
from lgtalent_ie.records.offsets import mention_at
from lgtalent_ie.schema import Span

PARTITIVES = frozenset(("중", "가운데"))
# Names of a share: 매출 가운데 수출의 비중.
_SHARES = ("비중", "비율", "몫")
# 목표 대비 80%를 달성했다 is a share of it; 80% 늘었다 is a change.
_REACHED = ("달성", "채우", "확보", "불과", "그치", "해당", "달하", "이르", "소진", "집행", "충족")
_TAKEN = ("차지", "점하", "비중")
_FARTHEST = 16


def counted_base(place: Place, at: int) -> Span | None:
    """What a per cent is a share of, where that stands apart from it."""
    if place.count.dimension != "ratio" or at < 2:
        return None
    morphemes = place.sentence.morphemes
    before = morphemes[at - 1]
    # 대비 is a word between phrase and number.
    compared = next(
        (n for n in range(place.first - 1, max(0, at - 2), -1) if morphemes[n].form == "대비"), 0
    )  # fmt: skip
    if compared and _follows_any(place, _REACHED) and not _follows_any(place, CHANGES):
        return _noun(place, compared)
    if before.form == "에서" and _follows_any(place, _TAKEN):
        # 매출에서 30%를 차지하다, 시장 내에서 30%
        inside = morphemes[at - 2].form in ("내", "안", "중", "가운데")
        return _noun(place, at - 2 if inside else at - 1)
    if before.tag not in ("JX", "JKS") or not morphemes[at - 2].form.endswith(_SHARES):
        return None
    for index in range(at - 2, max(0, at - _FARTHEST), -1):
        morpheme = morphemes[index]
        if morpheme.tag in ("EC", "EF", "SF", "SP", "JX"):
            return None
        partitive = morpheme.form in PARTITIVES and morpheme.tag in ("NNB", "NNG")
        taken = any(m.form == "차지" for m in morphemes[index:at])
        if partitive or (morpheme.form == "에서" and taken):
            return _noun(place, index)
    return None


def counted_halved(place: Place, at: int) -> Span | None:
    """국민 절반, 정원 3분의 1을: a half or a third of the noun in front of it."""
    text, end = place.reading.text, place.mention.end
    if at != place.first or text[place.mention.start - 1 : place.mention.start] != " ":
        return None
    if not text.startswith(("이", "가", "을", "를", "은", "는", "(", " 이상", " 가량"), end):
        return None
    phrase = noun_phrase_before(place.reading, place.sentence, at)
    known = phrase and not ends_in(phrase.text, "rate") and not ends_in(phrase.text, "change")
    return suited(place, phrase) if known else None


def _noun(place: Place, at: int) -> Span | None:
    phrase = noun_phrase_before(place.reading, place.sentence, at, past_number=True)
    if phrase is None or phrase.text in phrase_words("adverbial"):
        return None
    if mention_at(place.reading, phrase.start) is None and ends_in(phrase.text, "activity"):
        return None
    return with_joined_before(place, phrase)


def _follows_any(place: Place, words: tuple[str, ...]) -> bool:
    behind = place.sentence.morphemes[place.last : place.last + 6]
    ends = [n for n, m in enumerate(behind) if m.tag in ("EC", "EF", "SP", "SF")]
    behind = behind[: ends[0]] if ends else behind
    return any(m.form.startswith(words) for m in behind if m.tag.startswith(("V", "N", "XR")))
