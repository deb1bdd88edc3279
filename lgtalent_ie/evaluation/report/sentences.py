"""The stretches of a text that an error is shown in.

For reading alone: cut at line ends and at the marks that end sentences, without an analyser, so
that ten thousand errors take a moment and any text will do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

Offsets = tuple[int, int]

# Up to here a line is shown whole.
SHORT = 120
# A sentence is followed this far before and behind what is marked.
REACH = 160
# What is marked is shown up to this length, and at most so many stretches of one error.
LONGEST, MOST = 600, 4

SENTENCE_END = re.compile(r"""[.!?。…][)\]"'’”」』]*(?=\s)""")


def stretches(text: str, spans: Iterable[Offsets]) -> tuple[Offsets, ...]:
    """The sentences that hold the spans, in the order of the text, those that meet joined.

    >>> stretches("하늘은 맑다. 새벽은 차다.\\n밤은 길다.", [(15, 16)])
    ((0, 15), (16, 22))
    """
    found: list[Offsets] = []
    for start, end in sorted(_around(text, *span) for span in spans):
        if found and start <= found[-1][1] + 1:
            found[-1] = found[-1][0], max(end, found[-1][1])
        elif len(found) < MOST:
            found.append((start, end))
    return tuple(found)


def _around(text: str, start: int, end: int) -> Offsets:
    """The sentence or sentences of one span; blanks at its ends are left out, but for the span."""
    end = min(end, start + LONGEST)
    low, high = max(0, start - REACH), min(len(text), end + REACH)
    line = text.rfind("\n", low, start) + 1
    first = line or low
    stop = text.find("\n", end, high)
    last = high if stop < 0 else stop
    if last - first > SHORT:
        for match in SENTENCE_END.finditer(text, first, start):
            first = match.end()
        if ends := SENTENCE_END.search(text, max(start, end - 2), last):
            last = ends.end() if ends.end() >= end else last
    # Where the reach ends within a word, the word is left out.
    if first == low > 0 and not text[low - 1].isspace():
        blank = text.find(" ", low, start)
        first = low if blank < 0 else blank
    if last == high < len(text) and not text[high].isspace():
        blank = text.rfind(" ", end, high)
        last = high if blank < 0 else blank
    while first < start and text[first].isspace():
        first += 1
    while last > end and text[last - 1].isspace():
        last -= 1
    return first, last
