"""Names in quotation marks take the label of the noun before them: `드라마 '푸른 창'`.

The noun and the name stand in apposition; what is quoted as speech is longer, ends as a clause or
has a particle of speech behind it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from lgtalent_ie.consistency import NAMES, Candidate
from lgtalent_ie.name_tables import placed
from lgtalent_ie.reading import Sentence
from lgtalent_ie.schema import Label
from lgtalent_ie.tables import read_table

MARKED = re.compile(r"[‘'“\"『《〈「]([^‘’'“”\"『』《》〈〉「」\n]{2,30})[’'”\"』》〉」]")
WORD_BEFORE = re.compile(r"[가-힣A-Za-z·]+$")
LONGEST_WORD = 12
SPOKEN = re.compile(r"(?:[다요죠까라자네]|[.?!…])$")
REPORTED = re.compile(" ?(?:라고|이라고|고 |며|라며|이라며|라는|이라는|란 |는 )")
GLOSS = re.compile(r"\(([^()\n]{2,40})\)")
GLOSS_INSIDE = re.compile(r"[^()]+(\(([^()\n]{2,40})\))")
# `‘로봇의 봄’이라 불리는 학회`: what something is called that is likened to another has no name.
CALLED = re.compile(
    r"[‘'“\"]([^‘’'“”\"\n]{1,12}의 [^‘’'“”\"\n ]{1,10})[’'”\"]"
    r"(?:으로|로|이라고|라고|이라|라)(?:도|는)? ?(?:불리|불린|불릴|불려|통하|통한|꼽히|꼽힌|비유)"
)
SCORE = 0.7


@cache
def apposed() -> dict[str, Label]:
    """Nouns before a quoted name, with the label they give it."""
    return {
        row[0]: row[1].removeprefix("apposed ")  # type: ignore[misc]
        for row in read_table("lgtalent_ie", "name_words")
        if row[1].startswith("apposed ")
    }


def quoted_names(text: str, sentence: Sentence, candidates: Sequence[Candidate]) -> list[Candidate]:
    """The candidates, names in marks behind a noun of the table whole and under its label."""
    found: list[Candidate] = []
    glosses: dict[tuple[int, int], Label] = {}
    for match in MARKED.finditer(text, sentence.start, sentence.end):
        label = label_of(text, sentence.start, match.start())
        if label is None or SPOKEN.search(match[1]) or REPORTED.match(text, match.end()):
            continue
        start, end = match.span(1)
        inner = GLOSS_INSIDE.fullmatch(text, start, end)
        if inner:
            found.append(Candidate(*inner.span(2), label, SCORE))
            end = inner.start(1)
        found.append(Candidate(start, end, label, SCORE))
        behind = GLOSS.match(text, match.end())
        if behind:
            glosses[behind.span(1)] = label
    likened = {m.span(1) for m in CALLED.finditer(text, sentence.start, sentence.end)}
    if likened:
        candidates = [c for c in candidates if (c.start, c.end) not in likened]
    if glosses:
        candidates = [
            c._replace(label=glosses.get((c.start, c.end), c.label)) if c.label in NAMES else c
            for c in candidates
        ]
    return placed(candidates, found, gives_way)


def gives_way(known: Candidate, new: Candidate) -> bool:
    """True where the model's name is within the marks and not surely of that label already."""
    sure = known.label in ("EVENT", new.label) and known.score >= SCORE
    return new.start <= known.start and known.end <= new.end and not sure


def label_of(text: str, first: int, end: int) -> Label | None:
    """The label that the noun before `end` gives a quoted name: `동아리`, `동아리인`."""
    end -= text[end - 1 : end] == " "
    before = WORD_BEFORE.search(text[max(first, end - LONGEST_WORD) : end])
    if before is None:
        return None
    nouns = apposed()
    for noun in (before[0], before[0].removesuffix("인")):
        for at in range(max(0, len(noun) - 6), len(noun)):
            if noun[at:] in nouns:
                return nouns[noun[at:]]
    return None
