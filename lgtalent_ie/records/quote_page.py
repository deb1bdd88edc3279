"""The page as quotations are read from it: morphemes in one row, marks, writer's sentences.

A sentence splitter may cut inside a quotation; the writer's sentence goes on behind it. So the
sentence boundaries inside a pair of marks are taken away again, here and once.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from lgtalent_ie.reading import Morpheme, Reading, Sentence
from lgtalent_ie.records.characters import is_hangul
from lgtalent_ie.records.quote_marks import MARK_CHARACTERS, Quoted, find_quoted


@dataclass(frozen=True, slots=True)
class Unit:
    """A writer's sentence: `“…. ….”라고 말했다.` is one, however many sentences are quoted."""

    start: int
    end: int
    kind: Literal["headline", "body", "caption"]
    paragraph: int


@dataclass(frozen=True, slots=True)
class QuotePage:
    """`morphemes` of all sentences in the order of the text; `starts` are their offsets."""

    reading: Reading
    morphemes: Sequence[Morpheme]
    starts: Sequence[int]
    quoted: tuple[Quoted, ...]
    units: tuple[Unit, ...]

    @property
    def text(self) -> str:
        return self.reading.text

    def index_at(self, offset: int) -> int:
        """Index of the first morpheme that starts at or after the offset."""
        return bisect_left(self.starts, offset)

    def between(self, start: int, end: int) -> Sequence[Morpheme]:
        """The morphemes that lie in start..end."""
        inside = self.morphemes[self.index_at(start) : self.index_at(end)]
        return inside if not inside or inside[-1].end <= end else inside[:-1]

    def unit_index(self, offset: int) -> int:
        """Index of the unit that holds the offset, or of the last one before it."""
        return max(0, bisect_right(self.units, offset, key=lambda unit: unit.start) - 1)

    def begins_eojeol(self, index: int) -> bool:
        """True where a blank, or nothing, stands before the morpheme."""
        if index == 0:
            return True
        start = self.morphemes[index].start
        return start > self.morphemes[index - 1].end and self.text[start - 1].isspace()


def open_page(reading: Reading) -> QuotePage:
    """Lay the sentences of the article out for quotations; furniture has no sentences."""
    morphemes = tuple(m for sentence in reading.sentences for m in sentence.morphemes)
    lines: list[tuple[int, int]] = []
    paragraph = -1
    for sentence in reading.sentences:
        # Furniture inside a line parts it: its marks pair with none of the article's.
        apart = bool(lines) and reading.text[lines[-1][1] : sentence.start].strip() != ""
        if sentence.paragraph == paragraph and lines and not apart:
            lines[-1] = (lines[-1][0], max(lines[-1][1], sentence.end))
        else:
            lines.append((sentence.start, sentence.end))
            paragraph = sentence.paragraph
    quoted = find_quoted(reading.text, lines)
    return QuotePage(
        reading=reading,
        morphemes=morphemes,
        starts=tuple(m.start for m in morphemes),
        quoted=quoted,
        units=tuple(join_sentences(reading, quoted)),
    )


def join_sentences(reading: Reading, quoted: Sequence[Quoted]) -> list[Unit]:
    """The writer's sentences: boundaries that a pair of marks spans are taken away."""
    outer = [q for q in quoted if q.depth == 0]
    openings = [q.opening for q in outer]
    units: list[Unit] = []
    for sentence in reading.sentences:
        at = bisect_left(openings, sentence.start) - 1
        inside = at >= 0 and sentence.start <= outer[at].closing
        if units and (inside or goes_on(reading.text, units[-1], sentence)):
            last = units[-1]
            units[-1] = Unit(last.start, sentence.end, last.kind, last.paragraph)
        else:
            units.append(Unit(sentence.start, sentence.end, sentence.kind, sentence.paragraph))
    return units


def goes_on(text: str, unit: Unit, sentence: Sentence) -> bool:
    """True where a splitter cut behind a closing mark although the sentence goes on: `'…' 방송`."""
    end = unit.end
    if sentence.paragraph != unit.paragraph or sentence.kind != unit.kind or end < 2:
        return False
    if text[end - 1] not in MARK_CHARACTERS or not is_hangul(text[sentence.start]):
        return False
    return sentence.start == end or text[end - 2] not in ".!?…"
