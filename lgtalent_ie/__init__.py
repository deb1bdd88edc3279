"""Korean press articles in, structured data out.

>>> from lgtalent_ie import extract
>>> doc = extract("올해 박사급 연구원 10명이 LG AI연구원에 합류했다.", published="2023-06-21")
>>> doc.counts[0].text, doc.counts[0].value, doc.counts[0].unit
('박사급 연구원 10명', 10, '명')
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from lgtalent_ie.errors import LgtalentError
    from lgtalent_ie.extractor import Extractor
    from lgtalent_ie.records.dates import parse_date
    from lgtalent_ie.records.numbers import parse_number
    from lgtalent_ie.records.quantities import parse_quantity
    from lgtalent_ie.schema import Document

__version__ = "0.1.0"

__all__ = [
    "Document",
    "Extractor",
    "LgtalentError",
    "extract",
    "extract_many",
    "parse_date",
    "parse_number",
    "parse_quantity",
]

# Torch and Kiwi take seconds to load: a name is imported when it is first asked for.
HOMES = {
    "Document": "lgtalent_ie.schema",
    "Extractor": "lgtalent_ie.extractor",
    "LgtalentError": "lgtalent_ie.errors",
    "parse_date": "lgtalent_ie.records.dates",
    "parse_number": "lgtalent_ie.records.numbers",
    "parse_quantity": "lgtalent_ie.records.quantities",
}


def __getattr__(name: str) -> Any:
    if name in HOMES:
        return getattr(import_module(HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


@cache
def default_extractor() -> Extractor:
    """The extractor behind `extract`, with the shipped model; made at the first call."""
    from lgtalent_ie.extractor import Extractor

    return Extractor()


def extract(text: str, published: str | date | None = None) -> Document:
    """`Extractor.extract` with the shipped model."""
    return default_extractor().extract(text, published)


def extract_many(
    texts: Iterable[str],
    published: Iterable[str | date | None] | None = None,
    workers: int = 0,
) -> Iterator[Document]:
    """`Extractor.extract_many` with the shipped model."""
    return default_extractor().extract_many(texts, published, workers)
