"""What stands at an offset: morphemes and mentions are sorted by start and never overlap."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from operator import attrgetter

from lgtalent_ie.reading import Morpheme, Reading
from lgtalent_ie.schema import Mention

_start = attrgetter("start")


def index_from(items: Sequence[Morpheme] | Sequence[Mention], offset: int) -> int:
    """Index of the first item that starts at or after the offset; their number where none does."""
    return bisect_left(items, offset, key=_start)


def mention_at(reading: Reading, offset: int) -> Mention | None:
    """The mention that covers the character at the offset."""
    at = bisect_right(reading.mentions, offset, key=_start) - 1
    if at < 0 or offset >= reading.mentions[at].end:
        return None
    return reading.mentions[at]
