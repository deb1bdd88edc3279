"""Extracting many items: a bad document is reported and the rest go on."""

from __future__ import annotations

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
    for item in items:
        if item.text is None:
            yield Result(item.id, None, str(item.error))
            continue
        try:
            document = extractor.extract(item.text, item.published or published)
        except LgtalentError as error:
            yield Result(item.id, None, str(error))
        except Exception as error:  # one broken document must not end a run over an archive
            yield Result(
                item.id, None, f"internal error, please report it: {type(error).__name__}: {error}"
            )
        else:
            yield Result(item.id, document)
