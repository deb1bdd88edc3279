"""Titles as far as they reach: the nouns before, the glosses behind, roles passed over."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from lgtalent_ie.consistency import Candidate, overlaps
from lgtalent_ie.name_tables import Words, is_korean_name, name_words, placed, word_set
from lgtalent_ie.reading import Sentence
from lgtalent_ie.repairs import title_endings
from lgtalent_ie.tables import read_table

ACRONYM = re.compile(r"[A-Z]{2,6}")
GLOSS = re.compile(r"\(([^()\n]{2,60})\)")
SOURCE = re.compile(r"[은는이가] ?[“\"]")
DEGREE = re.compile(
    r"(?<!\w)(?:(?:석|박)사|석·?박사)(?: ?후)?(?: ?과정)? ?(?:학생|과정생|연구원)(?![가-힣]{3})"
)
ROLE = 0.7
OFFICE = re.compile(r"\b(?:Officer|Scientist|President|Director|Engineer)\b")


@cache
def speakers() -> frozenset[str]:
    """Nouns of persons who are quoted without a name."""
    rows = read_table("lgtalent_ie.records", "speaker_nouns")
    return frozenset(row[0] for row in rows if row[1] == "person")


def titled(
    text: str, sentence: Sentence, words: Words, candidates: Sequence[Candidate]
) -> list[Candidate]:
    """Titles with the nouns before them: `윤하늘 [영상 전문가]`, `[영상 전문가] 윤하늘`."""
    candidates = with_roles(text, sentence, words, candidates)
    result: list[Candidate] = []
    for at, candidate in enumerate(candidates):
        before = result[-1] if result else None
        if candidate.label == "TITLE":
            after = candidates[at + 1] if at + 1 < len(candidates) else None
            if before and before.label == "PERSON" and len(result) > 1:
                # Between an organisation and a title a name that no person bears is the team's.
                person, body = result[-3:-1] if len(result) > 2 else (None, None)
                if (
                    person and body and person.label == "PERSON" and body.label == "ORG"
                    and text[person.end : body.start] == text[body.end : before.start] == " "
                    and text[before.end : candidate.start] == " "
                    and not is_korean_name(text[before.start : before.end])
                ):  # fmt: skip
                    result[-1] = candidate._replace(start=before.start)
                    continue
            candidate = with_modifier(text, words, before, candidate, after)
            if before and before.label == "TITLE" and text[before.end : candidate.start] == " ":
                surface = text[candidate.start : candidate.end]
                if surface in word_set("relational"):
                    result[-1] = before._replace(end=candidate.end)
                    continue
        result.append(candidate)
    return result


def with_roles(
    text: str, sentence: Sentence, words: Words, candidates: Sequence[Candidate]
) -> list[Candidate]:
    """The candidates and roles that the model passed over.

    A noun of the table right before a person (`전문가 윤하늘`, `멤버 윤하늘`), whoever a quotation
    is of (`한 참석자는 “…`), and students and fellows by their degree.
    """
    found: list[Candidate] = []
    for candidate in candidates:
        start = candidate.start - 1
        if candidate.label == "PERSON" and text[start : start + 1] == " ":
            role = words.noun_before(start)
            if text[role:start] in word_set("relational") | word_set("role"):
                found.append(Candidate(role, start, "TITLE", min(candidate.score, ROLE)))
    for source in SOURCE.finditer(text, sentence.start, sentence.end):
        first = max(text.rfind(" ", sentence.start, source.start()) + 1, sentence.start)
        if text[first : source.start()] in speakers():
            found.append(Candidate(first, source.start(), "TITLE", ROLE))
    if text.find("사", sentence.start, sentence.end) >= 0:
        for degree in DEGREE.finditer(text, sentence.start, sentence.end):
            own = Candidate(*degree.span(), "TITLE", ROLE)
            titled_there = any(c.label == "TITLE" and overlaps(c, own) for c in candidates)
            if titled_there or SOURCE.match(text, own.end):
                found.append(own)
    if not found:
        return list(candidates)
    groups = {n.start - 1 for n in found if text[n.start : n.end] == "멤버"}
    # What has members is no person.
    named = [
        c._replace(label="ORG") if c.label == "PERSON" and c.end in groups else c
        for c in candidates
    ]
    return placed(
        named,
        found,
        lambda c, new: c.label == "TITLE" and new.start <= c.start and c.end <= new.end,
    )


def with_modifier(
    text: str, words: Words, before: Candidate | None, title: Candidate, after: Candidate | None
) -> Candidate:
    """The title from the nouns on that stand between a person or an organisation and it."""
    surface = text[title.start : title.end]
    relational = surface.endswith(name_words("relational"))
    if text[title.start - 1 : title.start] != " " or not relational:
        return title
    left = before.end if before else words.sentence.start
    start, count = title.start, 0
    while start - 1 > left and text[start - 1] == " " and count < 3:
        earlier = words.noun_before(start - 1)
        word = text[earlier : start - 1]
        if earlier < left or not word or word in word_set("unnamed"):
            break
        start, count = earlier, count + 1
    if count == 0:
        return title
    named = before is not None and before.label == "PERSON"
    if named and text[before.end : start] == " ":  # type: ignore[union-attr]
        return title._replace(start=start)
    if after and after.label == "PERSON" and text[title.end : after.start] == " ":
        return title._replace(start=words.noun_before(title.start - 1))
    return title


def title_with_gloss(text: str, candidate: Candidate) -> Candidate | None:
    """`CTO(Chief Technology Officer, 최고기술책임자)` as the title it is, else None."""
    start, end, _, _ = candidate
    if not ACRONYM.fullmatch(text, start, end):
        return None
    gloss = GLOSS.match(text, end)
    if gloss is None:
        return None
    inner = gloss[1]
    if inner.endswith(title_endings()) or OFFICE.search(inner):
        return candidate._replace(end=gloss.end(), label="TITLE")
    return None
