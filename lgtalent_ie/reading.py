"""What every record is made from: text, sentences with their morphemes, mentions."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

import msgspec

from lgtalent_ie.schema import Label, Mention, Section, Span


class Morpheme(msgspec.Struct, frozen=True, gc=False):
    """One morpheme as Kiwi sees it; `text[start:end]` is what it covers, possibly shared or empty.

    `form` is the dictionary form (`하` + `었` for `했`), `tag` one of Kiwi's part-of-speech tags.
    A struct of msgspec because a text has thousands of them: a frozen dataclass takes several
    times as long to make, and Python's collector goes through all there are.
    """

    form: str
    tag: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of the article (never furniture, never a duplicate), without blanks around it.

    `paragraph` counts the lines of the page it stands on: sentences of one line share it.
    """

    start: int
    end: int
    kind: Literal["headline", "body", "caption"]
    paragraph: int
    morphemes: tuple[Morpheme, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """A text as read so far. Sentences and mentions are sorted by start and do not overlap.

    >>> reading.text_of(reading.mentions[0])
    'LG AI연구원'
    """

    text: str
    published: date | None
    sections: tuple[Section, ...]
    sentences: tuple[Sentence, ...]
    mentions: tuple[Mention, ...]

    def span(self, start: int, end: int) -> Span:
        """The text from start to end as a Span."""
        return Span(start, end, self.text[start:end])

    def sentence_at(self, offset: int) -> Sentence | None:
        """The sentence that holds the character at `offset`, None in furniture and between."""
        at = bisect_right(self.sentences, offset, key=lambda s: s.start) - 1
        if at < 0 or offset >= self.sentences[at].end:
            return None
        return self.sentences[at]

    def within(
        self, start: int, end: int, labels: Iterable[Label] | None = None
    ) -> tuple[Mention, ...]:
        """The mentions that lie wholly in start..end, of the given labels or of all."""
        wanted = None if labels is None else set(labels)
        first = bisect_right(self.mentions, start - 1, key=lambda m: m.start)
        last = bisect_right(self.mentions, end, key=lambda m: m.start)
        return tuple(
            m
            for m in self.mentions[first:last]
            if m.end <= end and (wanted is None or m.label in wanted)
        )

    def mention(self, mention_id: str) -> Mention:
        """The mention of that id; KeyError where there is none."""
        for mention in self.mentions:
            if mention.id == mention_id:
                return mention
        raise KeyError(mention_id)
