"""From the model's labels to mentions: true offsets, whole numbers and dates, one id each.

Names are the model's. For dates, times and quantities the grammars know better where an expression
begins and ends, so there the model only decides whether a doubtful one is meant.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from lgtalent_ie.consistency import Candidate, make_consistent, overlaps
from lgtalent_ie.name_repairs import repair_names
from lgtalent_ie.quantity_repairs import repair_quantities
from lgtalent_ie.reading import Sentence
from lgtalent_ie.records.dates import find_dates, parse_date
from lgtalent_ie.records.numbers import find_quantities
from lgtalent_ie.records.quantities import parse_quantity
from lgtalent_ie.repairs import repair
from lgtalent_ie.schema import LABELS, Date, Label, Mention

if TYPE_CHECKING:
    from lgtalent_ie.model.decoding import LabelledSpan

NUMERIC: tuple[Label, ...] = ("DATE", "TIME", "QUANTITY")

# What the grammars are sure of and the model does not see.
GRAMMAR_SCORE = 0.9

# TIMEX3's bare parts of the day: TMO, TAF, TEV, TNI.
PART_OF_DAY = re.compile(r"T[A-Z]{2}$")
DAY_BEFORE = Date(None, "DATE", "2000-01-01", "2000-01-01", "2000-01-01")

# Brackets and marks that a mention neither begins nor ends with, unless their partner is inside.
OPENING = {"(": ")", "[": "]", "〈": "〉", "《": "》", "「": "」", "『": "』", "‘": "’", "“": "”"}
CLOSING = {closing: opening for opening, closing in OPENING.items()}
EDGES = frozenset(" \t'\"·,.:;…~-–/|") | frozenset(OPENING) | frozenset(CLOSING)


def read_mentions(
    text: str,
    sentences: Sequence[Sentence],
    labelled: Sequence[Sequence[LabelledSpan]],
    min_score: float = 0.0,
) -> tuple[Mention, ...]:
    """All mentions of the sentences in order, without overlap, those below `min_score` left out.

    `labelled` are the model's spans of each sentence, in morphemes.
    """
    kept: list[Candidate] = []
    for sentence, spans in zip(sentences, labelled, strict=True):
        named: list[Candidate] = []
        numeric: list[Candidate] = []
        for span in spans:
            start, end = trim(
                text, sentence.morphemes[span.first].start, sentence.morphemes[span.last].end
            )
            if start < end:
                found = Candidate(start, end, LABELS[span.label], span.score)
                (numeric if found.label in NUMERIC else named).append(found)
        kept += settle(text, sentence, repair(text, named), numeric)
    kept = repair_names(text, sentences, kept)
    consistent = make_consistent(text, sentences, kept)
    return number(text, [c for c in consistent if c.score >= min_score])


def trim(text: str, start: int, end: int) -> tuple[int, int]:
    """Leave blanks, marks and lone brackets outside: `'기계가 되다'` → `기계가 되다`.

    A bracket whose partner stands inside belongs to the name: `엑사원(EXAONE)`.
    """
    while start < end:
        first, last = text[start], text[end - 1]
        if OPENING.get(first) == last and last not in text[start : end - 1]:
            start, end = start + 1, end - 1
        elif first in EDGES and OPENING.get(first, "\0") not in text[start + 1 : end]:
            start += 1
        elif last in EDGES and CLOSING.get(last, "\0") not in text[start : end - 1]:
            end -= 1
        else:
            break
    return start, end


def settle(
    text: str, sentence: Sentence, named: Sequence[Candidate], numeric: Sequence[Candidate]
) -> list[Candidate]:
    """One sentence's candidates without overlap.

    Grammar matches that stand inside a name are part of it (`CVPR 2023`). Sure matches that the
    model overlooked are added, unsure ones are not. What only the model calls numeric is kept where
    it can be read.
    """
    chosen = list(named)
    matches = grammar_matches(text, sentence)
    for match, sure in matches:
        backing = [c for c in numeric if overlaps(c, match)]
        if any(overlaps(c, match) for c in named) or not (sure or backing):
            continue
        score = max((c.score for c in backing), default=GRAMMAR_SCORE)
        chosen.append(match._replace(score=score))
    chosen += [c for c in numeric if not any(overlaps(c, other) for other in chosen)]
    readable = [c for c in chosen if c.label not in NUMERIC or can_be_read(text, c)]
    return repair_quantities(text, sentence, readable, numeric)


def can_be_read(text: str, candidate: Candidate) -> bool:
    """True where a numeric candidate has a value and the guidelines count it.

    A bare part of the day (`저녁`) is no clock time, a bare number word (`하나`) has no unit.
    """
    surface = text[candidate.start : candidate.end]
    if candidate.label == "QUANTITY":
        count = parse_quantity(surface)
        return count is not None and (count.unit is not None or count.dimension != "other")
    # The day before stands for the dates told before, which `당시` and `이날` lean on.
    date = parse_date(surface, previous=DAY_BEFORE)
    return date is not None and not PART_OF_DAY.search(date.value)


def grammar_matches(text: str, sentence: Sentence) -> list[tuple[Candidate, bool]]:
    """What the grammars find in a sentence, with whether they are sure; dates before quantities."""
    piece, shift = text[sentence.start : sentence.end], sentence.start
    found = [
        (Candidate(m.start + shift, m.end + shift, m.label, 0.0), m.sure) for m in find_dates(piece)
    ]
    for quantity in find_quantities(piece):
        candidate = Candidate(quantity.start + shift, quantity.end + shift, "QUANTITY", 0.0)
        if not any(overlaps(candidate, date) for date, _ in found):
            found.append((candidate, quantity.sure))
    return found


def number(text: str, candidates: Sequence[Candidate]) -> tuple[Mention, ...]:
    """Mentions m1, m2 … in the order of the text."""
    return tuple(
        Mention(f"m{n}", c.label, c.start, c.end, text[c.start : c.end], round(c.score, 4))
        for n, c in enumerate(sorted(candidates), 1)
    )
