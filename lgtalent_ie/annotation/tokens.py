"""Texts in tokens with true offsets, and tags on tokens: IOB2 and BIOES.

IOB2 is the scheme of Tjong Kim Sang and Veenstra (1999, Representing Text Chunks) in which every
chunk begins with B; BIOES marks the last token (E) and the only one (S) too.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import pairwise
from typing import Literal

from lgtalent_ie.errors import DataError
from lgtalent_ie.evaluation.gold import GoldMention
from lgtalent_ie.morphemes import Analyzer
from lgtalent_ie.schema import Section

Unit = Literal["morpheme", "eojeol"]
Scheme = Literal["bio", "bioes"]
Offsets = tuple[int, int]
# First token, the one after the last, label.
Chunk = tuple[int, int, str]

OUTSIDE = "O"
_STRICT = "a B before every I, of the same label (in BIOES also an E at the end)"


def tokens_of(text: str, unit: Unit) -> list[Offsets]:
    """The tokens of a text, without blanks; every other character is in exactly one.

    `eojeol`: what stands between blanks. `morpheme`: eojeol cut where Kiwi sees a boundary that
    lies in no other morpheme (`했다` is `했` + `다`: `하` and `었` share a syllable).

    >>> tokens_of("새벽이 왔다", "eojeol")
    [(0, 3), (4, 6)]
    >>> tokens_of("새벽이 왔다", "morpheme")
    [(0, 2), (2, 3), (4, 5), (5, 6)]
    """
    eojeol = [match.span() for match in re.finditer(r"\S+", text)]
    return eojeol if unit == "eojeol" else cut(eojeol, morpheme_boundaries(text))


def morpheme_boundaries(text: str) -> set[int]:
    """Offsets where one of Kiwi's morphemes ends or begins and none goes on."""
    sentences = _analyzer().sentences(text, [Section("body", 0, len(text))])
    spans = [(m.start, m.end) for sentence in sentences for m in sentence.morphemes]
    inside = {at for start, end in spans for at in range(start + 1, end)}
    return {at for span in spans for at in span} - inside


@cache
def _analyzer() -> Analyzer:
    return Analyzer()


def cut(tokens: Iterable[Offsets], boundaries: Iterable[int]) -> list[Offsets]:
    """The tokens, cut at all boundaries that lie inside them.

    >>> cut([(0, 3), (4, 6)], [2, 3, 4])
    [(0, 2), (2, 3), (4, 6)]
    """
    ordered = sorted(set(boundaries))
    pieces: list[Offsets] = []
    for start, end in tokens:
        inside = ordered[bisect_left(ordered, start + 1) : bisect_left(ordered, end)]
        pieces.extend(pairwise([start, *inside, end]))
    return pieces


def mention_ends(mentions: Iterable[GoldMention]) -> set[int]:
    """All offsets at which a mention begins or ends."""
    return {at for mention in mentions for at in (mention.start, mention.end)}


def line_starts(text: str, mentions: Iterable[GoldMention]) -> list[int]:
    r"""Offsets at which lines begin, past their leading blanks; no line begins inside a mention.

    The first is that of the first character that is no blank; a blank text has none.

    >>> line_starts("새벽\n\n 한빛", [])
    [0, 5]
    """
    starts = [match.end() for match in re.finditer(r"(?:\A|\n)\s*(?=\S)", text)]
    crossing = [(m.start, m.end) for m in mentions if "\n" in text[m.start : m.end]]
    return [at for at in starts if not any(start < at < end for start, end in crossing)]


def tags_of(chunks: Iterable[Chunk], length: int, scheme: Scheme) -> list[str]:
    """A tag for each of `length` tokens.

    >>> tags_of([(0, 2, "ORG"), (3, 4, "DATE")], 4, "bioes")
    ['B-ORG', 'E-ORG', 'O', 'S-DATE']
    """
    tags = [OUTSIDE] * length
    for first, after, label in chunks:
        prefixes = ["B", *"I" * (after - first - 1)]
        if scheme == "bioes":
            prefixes[-1] = "E" if len(prefixes) > 1 else "S"
        tags[first:after] = [f"{prefix}-{label}" for prefix in prefixes]
    return tags


def scheme_of(tags: Iterable[str]) -> Scheme:
    """The scheme of valid tags: only BIOES has E and S, and every chunk of it has one of them."""
    return "bioes" if any(tag.startswith(("E-", "S-")) for tag in tags) else "bio"


def chunks_of(tags: Sequence[str], where: Sequence[str]) -> Iterator[Chunk]:
    """The chunks of IOB2 or BIOES tags, read strictly.

    Raises DataError, which names the place in `where` of the same index, where a tag is neither or
    does not go on what stands before it.

    >>> list(chunks_of(["B-ORG", "I-ORG", "O"], ["line 1", "line 2", "line 3"]))
    [(0, 2, 'ORG')]
    """
    scheme = scheme_of(tags)
    first, label = -1, ""
    for at, tag in enumerate([*tags, OUTSIDE]):
        prefix, _, name = tag.partition("-")
        goes_on = prefix == "I" or (prefix == "E" and scheme == "bioes")
        known = goes_on or prefix == "B" or (prefix == "S" and scheme == "bioes")
        place = where[min(at, len(where) - 1)] if where else ""
        if tag != OUTSIDE and not (known and name):
            raise DataError(f"{place}: tag {tag!r}", "B-, I- (E-, S-) and a label, or O", "fix it")
        if goes_on and (first < 0 or name != label):
            raise DataError(f"{place}: {tag!r} after no {name}", _STRICT, "correct the tags")
        if first >= 0 and not goes_on:
            if scheme == "bioes":
                raise DataError(
                    f"{place}: {label} without its end before {tag!r}", _STRICT, "correct the tags"
                )
            yield first, at, label
            first = -1
        if prefix == "B":
            first, label = at, name
        elif prefix == "S":
            yield at, at + 1, name
        elif prefix == "E":
            yield first, at + 1, label
            first = -1
