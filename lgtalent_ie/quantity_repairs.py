"""Quantities that need their sentence: ages in brackets, counted nouns, what only looks like one.

The grammar reads a number with its unit wherever it stands, the model says what is meant. Some
expressions neither settles alone, and Korean does so by form and place: `윤하늘(34)` is an age,
`다시 한 번` and `한 명 한 명` count nothing, no number ends inside a noun (`시즌 3 주인공` holds no
three weeks).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence

from lgtalent_ie.consistency import NAMES, Candidate, overlaps
from lgtalent_ie.reading import Morpheme, Sentence
from lgtalent_ie.records.numbers import find_quantities
from lgtalent_ie.records.quantities import parse_quantity

# An age that the model has not seen, behind a name that it has.
AGE_SCORE = 0.8
# Below this the model is not sure of a name, or of a quantity that no grammar can read.
UNSURE = 0.5
OLDEST = 120
CONTEXT = 24

# (34), (34·여), (본명 윤하늘·34), (34. 가수): what stands before and behind an age.
AGE_OPENING = re.compile(r"[가-힣A-Za-z’'”\"] ?\((?:[^()\n]{1,20}[·,] ?)?$")
AGE_CLOSING = re.compile(r"\)|[·,.] ?[^()\n]{1,24}\)")
AGE_OF_NAME = re.compile(r"(?:씨|군|양|옹)?\((\d{2})(?=\)|·[남여]\))")
ONCE = re.compile(r"한 ?번(?!째)")
# `한 곳에 모았다`, `한 자리에 앉다`: together, of no number; not `단 한 곳에`.
TOGETHER = re.compile(
    r"(?<!단 )(?<!딱 )(?<!중 )(?<!데 )한 (?:곳|자리|군데|데)(?:에|으로)(?:서)? ?"
    r"(?:모|불러|부르|앉|있|서 |담|몰|합|뭉)"
)
# Before and behind 한 번 where it says how often: 단 한 번, 1년에 한 번, 한 번도.
COUNTED_BEFORE = re.compile(r"(?:단|딱|꼭|오직|연|월|주|일|하루|에|마다|최소한?|적어도|평생) ?$")
COUNTED_BEHIND = re.compile(r"도|의|뿐|만에|밖에|이다|이었|꼴|씩| ?이상")
TIME_AGO = re.compile(r"(?:시간|분|일|주|달|개월|년|여|째) ?만인$")
YEAR_IN_NAME = re.compile(r"(?:19|20)\d\d [가-힣]")
NATIVE = re.compile(r"(?:두|세|네|다섯|여섯|일곱|여덟|아홉|열) (?P<noun>[가-힣]{1,6})$")
# 460개 교가, 12개 국에서: written apart what is one counter elsewhere; not 3개 교실, 12개 국가.
APART = re.compile(
    r"(?<=개) (?:교(?=(?:가|는|를|에|의|와|로|에서|에는)?(?:[^가-힣]|$))"
    r"|국(?=(?:이|은|을|에|의|과|으로|에서)?(?:[^가-힣]|$)))"
)
DISTRICT = re.compile(r"[1-9]\d?구")
NOT_NOUNS = frozenset(("자릿수", "마리", "가지"))


def repair_quantities(
    text: str, sentence: Sentence, settled: Sequence[Candidate], numeric: Sequence[Candidate]
) -> list[Candidate]:
    """The candidates of one sentence, sorted, without overlap, quantities as the guidelines want.

    `settled` are its candidates so far and do not overlap; `numeric` is all that the model takes
    for a date, a time or a quantity, also what was not kept.

    >>> kept = repair_quantities("윤하늘(34)이 왔다", sentence, [윤하늘], [])
    >>> [(c.label, c.start, c.end) for c in kept]
    [('PERSON', 0, 3), ('QUANTITY', 4, 6)]
    """
    kept: list[Candidate] = []
    for candidate in sorted(settled):
        before = kept[-1] if kept else None
        if before and before.label == "LOCATION" and is_district(text, before, candidate):
            kept[-1] = before._replace(end=candidate.end)
        elif candidate.label == "QUANTITY":
            backed = any(c.label == "QUANTITY" and overlaps(candidate, c) for c in numeric)
            other_word = is_other_word(text, sentence, candidate, backed)
            if not other_word and not is_idle(text, sentence, candidate):
                apart = APART.match(text, candidate.end)
                kept.append(candidate._replace(end=apart.end()) if apart else candidate)
        elif candidate.label in NAMES:
            kept.append(as_quantity(text, sentence, candidate))
        elif not ends_inside_noun(text, sentence, candidate):
            kept.append(candidate)
    for candidate in numeric:
        if candidate.label != "QUANTITY" or any(overlaps(candidate, c) for c in kept):
            continue
        if is_meant(text, sentence, candidate):
            kept.append(candidate)
    if "(" in text[sentence.start : sentence.end]:
        kept += ages_of_names(text, kept)
    return sorted(kept)


def is_district(text: str, place: Candidate, candidate: Candidate) -> bool:
    """Whether what follows a place is the number of one of its districts: `파리 15구`."""
    gap = text[place.end : candidate.start]
    surface = text[candidate.start : candidate.end]
    return candidate.label == "QUANTITY" and gap == " " and DISTRICT.fullmatch(surface) is not None


def is_meant(text: str, sentence: Sentence, candidate: Candidate) -> bool:
    """Whether what the model takes for a quantity is one by its surroundings.

    An age in brackets, a noun behind a native number (`두 기수`), a unit that its noun makes one
    (`담배 한 갑`), the number of a series (`시즌 3`).
    """
    start, end = candidate.start, candidate.end
    surface = text[start:end]
    if surface.isdecimal():
        return is_age(text, start, end)
    if is_other_word(text, sentence, candidate, True) or is_idle(text, sentence, candidate):
        return False
    if native := NATIVE.match(surface):
        return candidate.score >= UNSURE and native["noun"] not in NOT_NOUNS
    count = parse_quantity(surface, before=text[max(0, start - CONTEXT) : start])
    return count is not None and count.unit is not None


def is_age(text: str, start: int, end: int) -> bool:
    """Whether bare digits are an age by their place: `정모(52)씨`, `여성(21)`, `B(30·여)`."""
    if int(text[start:end]) > OLDEST or end - start > 3:
        return False
    opening = AGE_OPENING.search(text, max(0, start - CONTEXT), start)
    return opening is not None and AGE_CLOSING.match(text, end) is not None


def ages_of_names(text: str, candidates: Sequence[Candidate]) -> list[Candidate]:
    """Ages of two digits right behind a person's name, where nothing else was found."""
    found = []
    for person in candidates:
        if person.label != "PERSON" or not (match := AGE_OF_NAME.match(text, person.end)):
            continue
        age = Candidate(match.start(1), match.end(1), "QUANTITY", min(AGE_SCORE, person.score))
        if not any(overlaps(age, c) for c in candidates):
            found.append(age)
    return found


def is_idle(text: str, sentence: Sentence, candidate: Candidate) -> bool:
    """Whether it counts nothing although it is spelled as a quantity.

    한 번 and 한 곳에 where they are adverbs, 한 명 한 명 (each one), a year before its event (`2031
    승강전`), and what the grammar does not read there, where the model hardly believes it either or
    a noun goes on without a blank (`5대강`).
    """
    start, end = candidate.start, candidate.end
    surface = text[start:end]
    if surface[0] == "한":
        if ONCE.match(surface):
            counted = COUNTED_BEFORE.search(text, max(0, start - 4), start)
            return not (counted or COUNTED_BEHIND.match(text, end))
        if TOGETHER.match(text, start):
            return True
        reach = len(surface) + 1
        again = text[end : end + reach].lstrip(" ").startswith(surface)
        return again or text[max(0, start - reach) : start].rstrip(" ").endswith(surface)
    if YEAR_IN_NAME.match(surface):
        count = parse_quantity(surface)
        return count is not None and count.dimension == "other"
    if candidate.score >= UNSURE and not is_glued(sentence, end):
        return False
    left = max(0, start - CONTEXT)
    return not any(m.start + left == start for m in find_quantities(text[left : end + CONTEXT]))


def is_other_word(text: str, sentence: Sentence, candidate: Candidate, backed: bool) -> bool:
    """Whether its number is another word: the 구조 of 구조팀, the 만 of `두 달 만인`.

    A noun that Kiwi sees there is believed where the model has not seen a quantity (`backed`).
    """
    start = candidate.start
    if any(map(str.isdigit, text[start : candidate.end])):
        return False
    first = morpheme_at(sentence, start)
    if first is None:
        return False
    if first.tag == "NNB" or TIME_AGO.search(text, max(0, start - 6), start + 2):
        return True
    return first.tag in ("NNG", "NNP") and first.end - start > 1 and not backed


def is_glued(sentence: Sentence, end: int) -> bool:
    """Whether a noun stands right behind `end`."""
    behind = morpheme_at(sentence, end)
    return behind is not None and behind.start == end and behind.tag in ("NNG", "NNP")


def as_quantity(text: str, sentence: Sentence, name: Candidate) -> Candidate:
    """An unsure name that is a plain quantity (`30박스`), or ends in one behind a particle."""
    surface = text[name.start : name.end]
    if name.score >= UNSURE or not any(map(str.isdigit, surface)):
        return name
    for match in find_quantities(surface):
        if match.end < len(surface):
            continue
        start = name.start + match.start
        if match.start == 0:
            return name if name.label == "ORG" else name._replace(label="QUANTITY")
        before = morpheme_at(sentence, start - 1 - (text[start - 1] == " "))
        if match.sure and before is not None and before.tag.startswith("J"):
            return name._replace(start=start, label="QUANTITY")
    return name


def ends_inside_noun(text: str, sentence: Sentence, candidate: Candidate) -> bool:
    """Whether its unit is the beginning of a noun of its own: the 주 of `3 주인공`."""
    last = morpheme_at(sentence, candidate.end - 1)
    if last is None or last.tag != "NNG" or last.end <= candidate.end:
        return False
    return candidate.start < last.start and text[last.start - 1] == " "


def morpheme_at(sentence: Sentence, offset: int) -> Morpheme | None:
    """The morpheme that covers the character at `offset`."""
    at = bisect_right(sentence.morphemes, offset, key=lambda m: m.start) - 1
    found = sentence.morphemes[at] if at >= 0 else None
    return found if found is not None and offset < found.end else None
