"""Extracting many items: a bad document is reported and the rest go on."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lgtalent_ie.corpus.readers import Item
from lgtalent_ie.errors import LgtalentError
from lgtalent_ie.schema import Document

if TYPE_CHECKING:
    from datetime import date

    from lgtalent_ie.extractor import Extractor


@dataclass(frozen=True, slots=True)
class Result:
    """A document, or the reason in one line why there is none."""

    id: str
    document: Document | None
    error: str | None = None


def extract_items(
    extractor: Extractor, items: Iterable[Item], published: str | date | None = None
) -> Iterator[Result]:
    """One result per item, in order. An item's own date goes before `published`."""
    waiting: deque[Item] = deque()

    def readable() -> Iterator[tuple[str, str | date | None]]:
        for item in items:
            waiting.append(item)
            if item.text is not None:
                yield item.text, item.published or published

    for found in extractor.extract_each(readable()):
        yield from failed(waiting)
        item = waiting.popleft()
        if isinstance(found, LgtalentError):
            yield Result(item.id, None, str(found))
        elif isinstance(found, Exception):
            reason = f"internal error, please report it: {type(found).__name__}: {found}"
            yield Result(item.id, None, reason)
        else:
            yield Result(item.id, found)
    yield from failed(waiting)


def failed(waiting: deque[Item]) -> Iterator[Result]:
    """The results of items at the front that could not be read."""
    while waiting and waiting[0].text is None:
        item = waiting.popleft()
        yield Result(item.id, None, str(item.error))
