"""Names put right by grammar and lexicon: where one ends, what belongs to it, what it is.

`repairs.py` levels what the model was taught otherwise. Here stand its slips: an organisation
that runs into the title behind it (`한빛 최고운영책임자COO`), a foreign name cut at its particle
(`하산 빈` from the rest), a team cut from its institute, a conference taken for a company. Each
needs a witness: a word of a table, or the morphemes between two mentions.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from lgtalent_ie.consistency import NAMES, Candidate
from lgtalent_ie.name_document import grown, with_tails
from lgtalent_ie.name_marks import quoted_names
from lgtalent_ie.name_tables import (
    Words,
    is_korean_name,
    last_letters,
    name_words,
    organization_endings,
    placed,
    relabelled,
    surnamed,
    word_set,
)
from lgtalent_ie.name_titles import title_with_gloss, titled
from lgtalent_ie.reading import Sentence
from lgtalent_ie.repairs import (
    LOST_BRACKET,
    ends_as_venue,
    is_region,
    join,
    place_words,
    title_endings,
)
from lgtalent_ie.schema import Label

# Below these scores a name needs a witness: on half of the gold sentences a quarter of such
# organisations and a third of such persons were right.
DOUBTFUL: dict[Label, float] = {"ORG": 0.35, "PERSON": 0.34, "TITLE": 0.3}
DOUBTFUL_NOUN = 0.5
CASES = frozenset(("JKB", "JKO"))
COMMON = frozenset(("NNG", "XPN", "XSN", "SN", "XR"))

VERSION = re.compile(r"(?: ?\([A-Za-z][\w .-]{0,30}\))? ?\d{1,2}\.\d{1,2}(?![\d.])")
UNIT_OF_GLOSS = re.compile(r"\([A-Za-z][^()\n]{1,40}\)(?:팀|실|부|센터|그룹|본부|랩|연구소|연구실)")
HAN_GLOSS = re.compile(r"\(([\u3400-\u9fff\uf900-\ufaff]{1,8})\)?$")
NEIGHBOURHOOD = re.compile(r"[가-힣]{1,5}\d{0,2}(?:동|읍|면|리|로|길|가)$")
DISTRICT = re.compile(r"[중동서남북]구$")
GOVERNING = ("시", "도", "구", "군", "주")
# `수학과와`: the `과` of a department, not `and`.
SUBJECT = re.compile("과(?=[와의에은를도 ](?![가-힣]))")
# … and behind a university before a person or title too: `누리대 물리학과 교수`.
SUBJECT_OF = re.compile("과(?= |[와의에은를도](?![가-힣]))")
SCHOOLS = ("대", "대학", "대학교")
TOPIC = ("은", "는", "을", "를")
PLACES_OF_BODIES = ("병원", "교회", "대학교", "학교", "경찰서")
# `윤하늘 주 | 유엔 대사`: the `주` of a post abroad, 駐.
POSTED = re.compile(
    r"(?: [가-힣]{1,8}){0,2}? ?[가-힣]{0,8}(?:대사|대사관|공사|총영사|대표부|공사관)"
)
PEOPLE_OF = re.compile(" 관계자(?!들)")
CANDIDATE = re.compile(r" ?후보(?![자군들가-힣])| ?후보(?=[는가를의도와로](?![가-힣]))")
# Units that belong to the name before them even alone.
OWNED = frozenset(("노조", "노동조합", "선별진료소", "분원", "분소"))
EVENT_HEADS = frozenset(("어워즈", "어워드", "챔피언십", "챔피언스리그", "월드컵", "선수권"))
SCORE_OF_GRAMMAR = 0.8
SURE = 0.9


def repair_names(
    text: str, sentences: Sequence[Sentence], candidates: Sequence[Candidate]
) -> list[Candidate]:
    """All candidates of a document, those that are names put right; sorted by sentence.

    Takes candidates of any label in any order, without overlap; gives them without overlap. Dates,
    times and quantities are only taken in where a name grows over them.

    >>> text = "윤하늘 한빛 최고운영책임자COO가"
    >>> [text[c.start : c.end] for c in repair_names(text, sentences, [
    ...     Candidate(0, 3, "PERSON", 0.9), Candidate(4, 15, "ORG", 0.9)])]
    ['윤하늘', '한빛', '최고운영책임자COO']
    """
    ordered = sorted(candidates)
    starts = [c.start for c in ordered]
    result: list[Candidate] = []
    for sentence in sentences:
        first = bisect_left(starts, sentence.start)
        own = ordered[first : bisect_left(starts, sentence.end, first)]
        result += repair_sentence(text, sentence, own)
    return with_tails(text, sentences, grown(text, result))


def repair_sentence(
    text: str, sentence: Sentence, candidates: Sequence[Candidate]
) -> list[Candidate]:
    """The candidates of one sentence, sorted, without overlap."""
    words = Words(text, sentence)
    pieces = [piece for c in candidates for piece in taken_apart(text, c)]
    pieces = put_together(text, words, pieces)
    pieces = [
        labelled(text, before, piece, after)
        for before, piece, after in zip([None, *pieces], pieces, [*pieces[1:], None], strict=False)
    ]
    pieces = quoted_names(text, sentence, pieces)
    pieces = titled(text, sentence, words, pieces)
    pieces = with_surnames(text, sentence, pieces)
    return [p for p in pieces if not is_doubtful(text, words, p)]


# ---------------------------------------------------------------- taken apart


def taken_apart(text: str, candidate: Candidate) -> Iterator[Candidate]:
    """One candidate as the two that it runs over, or without what is no part of a name."""
    start, end, label, _ = candidate
    surface = text[start:end]
    blank = surface.rfind(" ")
    if label == "TITLE":
        if surface.endswith("실") and surface[:-1].endswith(title_endings()):
            candidate = candidate._replace(end=end - 1)
        if surface not in word_set("address") or text.startswith((" 과정", "과정", " 후"), end):
            yield candidate
        return
    if label == "LOCATION":
        yield from place_apart(text, candidate)
        return
    if label not in NAMES:
        yield candidate
        return
    han = HAN_GLOSS.search(surface)
    if han and han.start() > 0 and surface[han.start() - 1] > "가":
        yield candidate._replace(end=start + han.start())
        yield candidate._replace(start=start + han.start(1), end=start + han.end(1))
        return
    if blank > 0:
        at, last = start + blank, surface[blank + 1 :]
        if label == "PERSON":
            if last == "분" or (last == "주" and POSTED.match(text, end)):
                yield candidate._replace(end=at)
                return
            if last in word_set("title"):
                yield candidate._replace(end=at)
                yield candidate._replace(start=at + 1, label="TITLE")
                return
            if (
                is_korean_name(surface[:blank])
                and last in place_words("region") and last not in word_set("particle")
            ):  # fmt: skip
                yield candidate._replace(end=at)
                yield candidate._replace(start=at + 1, label="LOCATION")
                return
        elif label == "ORG":
            bare = LOST_BRACKET.sub("", last)
            if bare.endswith(title_endings()) and not bare.endswith("연구원"):
                yield candidate._replace(end=at)
                yield candidate._replace(start=at + 1, label="TITLE")
                return
            head, _, name = surface.partition(" ")
            if surface.endswith("학") and head.endswith(SCHOOLS) and SUBJECT_OF.match(text, end):
                yield candidate._replace(end=end + 1)
                return
            if head.endswith(name_words("generic")) and not name.endswith(organization_endings()):
                yield candidate._replace(start=end - len(name))
                return
    if label == "ORG" and blank < 0:
        if surface.endswith(("매체", "업체")):
            return
        if surface.endswith("책임자"):
            # Of nobody here: `최고기술책임자(CTO) 산하`.
            return
        region = surface in place_words("region") and not surface.endswith(GOVERNING)
        if region and candidate.score < SURE:
            candidate = candidate._replace(label="LOCATION")
        elif surface.endswith("학") and SUBJECT.match(text, end):
            candidate = candidate._replace(end=end + 1)
    yield candidate


def place_apart(text: str, candidate: Candidate) -> Iterator[Candidate]:
    """A place that runs into a venue or a body: `서울 새별동 | 한빛호텔`, `대구 | 한빛교회`."""
    candidate = whole_place(text, candidate)
    surface = text[candidate.start : candidate.end]
    words = surface.split(" ")
    taken = 0
    while taken < len(words) - 1 and (
        is_region(words[taken])
        or (taken and (DISTRICT.match(words[taken]) or NEIGHBOURHOOD.match(words[taken])))
    ):
        taken += 1
    if taken and " ".join(words[taken:]) in place_words("plain"):
        taken -= 1  # a venue without a name has its city's
    is_body = words[-1].endswith(PLACES_OF_BODIES)
    if not taken and is_body and len(words) == 2 and len(words[1]) > 4:
        taken = 1
    rest = " ".join(words[taken:])
    at = candidate.end - len(rest)
    is_body = is_body or (rest.endswith(organization_endings()) and not ends_as_venue(rest))
    if taken and (is_body or ends_as_venue(rest)) and len(rest) > 2:
        yield candidate._replace(end=at - 1)
        yield candidate._replace(start=at, label="ORG" if is_body else "LOCATION")
    else:
        yield candidate


def whole_place(text: str, candidate: Candidate) -> Candidate:
    """A place without the particle it ends in, and with the rest of a word of the table."""
    start, end, _, _ = candidate
    if len(text[start:end].rpartition(" ")[2]) > 3 and text[end - 1] == "에" and end < len(text):
        return candidate if text[end].isalnum() else candidate._replace(end=end - 1)
    if text[end : end + 1] > "가":
        last = text.rfind(" ", start, end) + 1 or start
        for longer in (1, 2):
            behind = text[end + longer : end + longer + 1]
            if text[max(last, start) : end + longer] in place_words("region") and (
                behind < "가" or behind in "에의를은는로와가이서"
            ):
                return candidate._replace(end=end + longer)
    return candidate


# ---------------------------------------------------------------- put together


def put_together(text: str, words: Words, candidates: Sequence[Candidate]) -> list[Candidate]:
    """Halves of one name as one, and names with what belongs to them behind."""
    result: list[Candidate] = []
    for candidate in candidates:
        if result and candidate.start < result[-1].end:
            # A name has grown over it.
            continue
        if result and (one := joined(text, result[-1], candidate)):
            candidate = one
            result.pop()
        result.append(extended(text, words, candidate))
    return result


def joined(text: str, left: Candidate, right: Candidate) -> Candidate | None:
    """Two neighbours as one mention, None where they are two."""
    gap = text[left.end : right.start]
    both = left._replace(end=right.end, score=min(left.score, right.score))
    one, other = text[left.start : left.end], text[right.start : right.end]
    if left.label == right.label == "LOCATION" and is_region(other):
        return join(text, left, right)
    if left.label == "ORG" and right.label == "TITLE" and gap == " ":
        return both if other in word_set("unit") else None
    if left.label == "PERSON" and right.label in ("PERSON", "ORG"):
        if gap == " " and " " in one and one.rpartition(" ")[2] in word_set("particle"):
            return both._replace(label=right.label)
        if right.label == "PERSON":
            words = gap.split()
            if words and len(words) < 3 and gap[0] == gap[-1] == " " and particles(words):
                return both
            if gap == "-" and " " in one:
                return both
            # `아버지 윤하늘`: whoever has a Korean name has it whole.
            full = len(other) == 3 and is_korean_name(other)
            if gap == " " and not full and not (is_korean_name(one) and is_korean_name(other)):
                return both
    if gap != " ":
        return None
    if right.label == "ORG":
        if left.label == "ORG" and other.endswith(name_words("unit")):
            return both
        if left.label == "LOCATION" and other in word_set("state"):
            return both._replace(label="ORG")
    return None


def particles(words: Sequence[str]) -> bool:
    """True where all the words are particles of names: `빈`, `데 라`."""
    return all(word in word_set("particle") for word in words)


def extended(text: str, words: Words, candidate: Candidate) -> Candidate:
    """The candidate with what belongs to it behind, as far as no table forbids."""
    end, label = candidate.end, candidate.label
    glossed = label in ("ORG", "PERSON", "PRODUCT", "TITLE")
    if glossed and (found := title_with_gloss(text, candidate)):
        return found
    if label == "PRODUCT" and (version := VERSION.match(text, end)):
        return candidate._replace(end=version.end())
    if label == "ORG" and (unit := UNIT_OF_GLOSS.match(text, end)):
        return candidate._replace(end=unit.end())
    if label == "TITLE" and (running := CANDIDATE.match(text, end)):
        return candidate._replace(end=running.end())
    if label not in NAMES or text[end : end + 1] != " ":
        return candidate
    first = words.noun_after(end + 1)
    word = text[end + 1 : first]
    if not word:
        return candidate
    if label == "LOCATION" and word in word_set("state"):
        return candidate._replace(end=first, label="ORG")
    if label == "PERSON" and word == "정부":
        return candidate._replace(end=first, label="ORG")
    if label == "ORG":
        if word.endswith(name_words("unit")) and (word not in word_set("unit") or word in OWNED):
            return candidate._replace(end=first)
        second = words.noun_after(first + 1) if text[first : first + 1] == " " else first
        if text[first + 1 : second] in OWNED:
            return candidate._replace(end=second)
    if label != "PERSON" and word in EVENT_HEADS:
        return candidate._replace(end=first, label="EVENT")
    return candidate


# ---------------------------------------------------------------- labels


def labelled(
    text: str, before: Candidate | None, candidate: Candidate, after: Candidate | None
) -> Candidate:
    """The candidate with the label that the whole name or its ending has in the table.

    A site between a person and a title is who runs it. A person has acquaintances and aides; who
    has `관계자` is an organisation.
    """
    if candidate.label not in NAMES:
        return candidate
    table, endings = relabelled()
    surface = text[candidate.start : candidate.end]
    found = table.get(surface)
    if found is None and surface[-2:] in last_letters() and surface.endswith(endings):
        ending = next(word for word in endings if surface.endswith(word))
        found = table["*" + ending] if len(surface) > len(ending) else None
    if found is not None and candidate.label in found[0]:
        if found[1] == "LOCATION" and (
            (before and before.label == "PERSON" and text[before.end : candidate.start] == " ")
            or (after and after.label == "TITLE" and text[candidate.end : after.start] == " ")
        ):
            return candidate
        return candidate._replace(label=found[1])
    if found is None and candidate.label == "PERSON" and PEOPLE_OF.match(text, candidate.end):
        return candidate._replace(label="LOCATION" if surface in place_words("region") else "ORG")
    return candidate


# ---------------------------------------------------------------- surnames, doubts


def with_surnames(
    text: str, sentence: Sentence, candidates: Sequence[Candidate]
) -> list[Candidate]:
    """The candidates and every bare surname before `씨`, which the training data seldom has."""
    if text.find("씨", sentence.start, sentence.end) < 0:
        return list(candidates)
    found = [
        Candidate(*match.span(1), "PERSON", SCORE_OF_GRAMMAR)
        for match in surnamed().finditer(text, sentence.start, sentence.end)
    ]
    return placed(candidates, found, lambda c, new: c.start >= new.start and c.end < new.end)


def is_doubtful(text: str, words: Words, candidate: Candidate) -> bool:
    """True for a name that the model hardly believed and no table or morpheme speaks for."""
    least = DOUBTFUL.get(candidate.label)
    if least is None or candidate.score >= DOUBTFUL_NOUN:
        return False
    surface = text[candidate.start : candidate.end]
    if candidate.label == "ORG":
        if surface.endswith(organization_endings()) or surface.endswith(name_words("body")):
            return False
        tags = {m.tag for m in words.at(candidate.start, candidate.end)}
        return candidate.score < least or tags <= COMMON or not tags.isdisjoint(CASES)
    if candidate.label == "PERSON" and surface.endswith(TOPIC) and not is_korean_name(surface):
        return True
    return candidate.score < least
