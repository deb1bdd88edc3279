"""One sense per discourse: within one article the same name is the same kind of thing.

The model reads sentence by sentence. What it saw in one sentence helps in another: a name that is
mostly found is found everywhere, a word that is hardly ever taken for a name is none, and a name
labelled now one way and now another takes the label with more weight (Gale, Church and Yarowsky
1992; for names Krishnan and Manning 2006).
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from lgtalent_ie.reading import Sentence
from lgtalent_ie.schema import Label

NAMES: tuple[Label, ...] = ("ORG", "PERSON", "LOCATION", "EVENT", "PRODUCT")

# Labels that a gloss in brackets passes on, and what a gloss looks like.
GLOSSED: tuple[Label, ...] = ("ORG", "EVENT", "PRODUCT")
GLOSS = re.compile(r"\(([^()\n]{2,80})\)")
SEPARATORS = re.compile("[·,;/]")
PARTICLES = frozenset("은는이가을를와과의에도")
ACRONYM = re.compile(r"[A-Za-z][A-Za-z0-9&.-]{1,14}")

# Set by judgement and not tuned; docs/decisions.md has what levelling as a whole is worth.
MOSTLY = 0.5
HARDLY = 0.15
ENOUGH = 5
OUTWEIGHED = 0.35


class Candidate(NamedTuple):
    """A labelled span of the text that may become a mention."""

    start: int
    end: int
    label: Label
    score: float


def overlaps(one: Candidate, other: Candidate) -> bool:
    """True where two spans share a character."""
    return one.start < other.end and other.start < one.end


def make_consistent(
    text: str, sentences: Sequence[Sentence], candidates: Sequence[Candidate]
) -> list[Candidate]:
    """The candidates of one document with names levelled out, sorted, without overlap."""
    candidates = without_particles(text, candidates)
    introduced = introduced_labels(text, candidates)
    candidates = [
        c._replace(label=introduced.get(text[c.start : c.end], c.label)) if c.label in NAMES else c
        for c in candidates
    ]
    found: dict[str, list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        if candidate.label in NAMES and candidate.end - candidate.start > 1:
            found[text[candidate.start : candidate.end]].append(candidate)
    # Most names stand nowhere else, and counting letters is faster than looking at morphemes.
    again = {name for name, marked in found.items() if text.count(name) > len(marked)}
    places = occurrences(text, sentences, again) if again else {}
    taken = Taken(candidates if again else [])
    result = [c for c in candidates if text[c.start : c.end] not in found or c.label not in NAMES]
    for name, marked in found.items():
        free = [place for place in places.get(name, ()) if taken.is_free(*place)]
        share = len(marked) / (len(marked) + len(free))
        if share < HARDLY and len(free) >= ENOUGH:
            continue
        weights: Counter[Label] = Counter()
        for candidate in marked:
            weights[candidate.label] += candidate.score  # type: ignore[assignment]
        label = max(weights, key=lambda each: weights[each])
        total = sum(weights.values())
        for candidate in marked:
            outweighed = weights[candidate.label] < OUTWEIGHED * total
            result.append(candidate._replace(label=label) if outweighed else candidate)
        if share >= MOSTLY:
            score = weights[label] / len(marked)
            result += [Candidate(start, end, label, score) for start, end in free]
    return without_overlap(result)


def without_particles(text: str, candidates: Sequence[Candidate]) -> list[Candidate]:
    """`한빛대와` is `한빛대` where the document has that name too."""
    names = {(text[c.start : c.end], c.label) for c in candidates}
    return [
        c._replace(end=c.end - 1)
        if text[c.end - 1] in PARTICLES and (text[c.start : c.end - 1], c.label) in names
        else c
        for c in candidates
    ]


def introduced_labels(text: str, candidates: Sequence[Candidate]) -> dict[str, Label]:
    """Short names that the document introduces, with the label of what they stand for.

    `새학회(ABC) 2031`, an EVENT with ABC inside, makes ABC an EVENT everywhere; so does an EVENT
    right before `(ABC)`. The last word of a person's name of several words is that person.
    """
    labels: dict[str, Label] = {}
    for candidate in candidates:
        name = text[candidate.start : candidate.end]
        if candidate.label == "PERSON" and " " in name:
            labels.setdefault(name.rpartition(" ")[2], "PERSON")
        if candidate.label not in GLOSSED:
            continue
        for gloss in GLOSS.finditer(name):
            parts = (part.strip() for part in SEPARATORS.split(gloss[1]))
            labels |= {part: candidate.label for part in parts if ACRONYM.fullmatch(part)}
        behind = GLOSS.match(text, candidate.end)
        if behind and ACRONYM.fullmatch(behind[1]):
            labels.setdefault(behind[1], candidate.label)
    return labels


def occurrences(
    text: str, sentences: Sequence[Sentence], names: set[str]
) -> dict[str, list[tuple[int, int]]]:
    """Where the names stand as whole runs of morphemes that begin an eojeol or follow a mark."""
    longest = max(map(len, names), default=0)
    places: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for sentence in sentences:
        ends = sorted({m.end for m in sentence.morphemes})
        for start in starts_of_words(text, sentence):
            for end in ends:
                if end > start + longest:
                    break
                if end > start and text[start:end] in names:
                    places[text[start:end]].append((start, end))
    return places


def starts_of_words(text: str, sentence: Sentence) -> Iterator[int]:
    """Starts of morphemes with no letter or digit right before them."""
    for start in sorted({m.start for m in sentence.morphemes}):
        if start == 0 or not text[start - 1].isalnum():
            yield start


class Taken:
    """Which characters belong to a candidate already."""

    def __init__(self, candidates: Sequence[Candidate]) -> None:
        self.characters = {n for c in candidates for n in range(c.start, c.end)}

    def is_free(self, start: int, end: int) -> bool:
        """True where no candidate touches start..end."""
        return self.characters.isdisjoint(range(start, end))


def without_overlap(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Sorted by start; of two that overlap the longer one stays (guidelines: longest wins)."""
    kept: list[Candidate] = []
    for candidate in sorted(candidates, key=lambda c: (c.start, -c.end)):
        if not kept or kept[-1].end <= candidate.start:
            kept.append(candidate)
    return kept
