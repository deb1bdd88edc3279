"""Readings from sentences with their mentions marked up: `[윤하늘]PERSON [사장]TITLE`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from helpers import MentionSpec, make_reading

from lgtalent_ie.reading import Reading
from lgtalent_ie.schema import Count, Date, Dimension, Organization

MARK = re.compile(r"\[([^\[\]]{1,80})\]([A-Z]{3,8})")
UNITS: tuple[tuple[Dimension, tuple[str, ...]], ...] = (
    ("person", ("명", "여명", "인", "여 명", "사람")),
    ("money", ("원", "달러", "유로", "엔")),
    ("ratio", ("%",)),
)


@dataclass(frozen=True)
class Marked:
    """A reading with the records relations and facts are read from, made by the simplest means."""

    reading: Reading
    dates: tuple[Date, ...]
    counts: tuple[Count, ...]
    organizations: tuple[Organization, ...]


def read_marked(
    text: str, published: str | None = None, dates: dict[str, str] | None = None
) -> Marked:
    """One organisation per name, dimensions from the last characters, dates as given."""
    specs: list[MentionSpec] = []
    plain, at = "", 0
    starts: list[tuple[str, str, int]] = []
    for mark in MARK.finditer(text):
        plain += text[at : mark.start()]
        starts.append((mark[2], mark[1], len(plain)))
        plain += mark[1]
        at = mark.end()
    plain += text[at:]
    for label, surface, start in starts:
        nth = sum(plain.startswith(surface, i) for i in range(start + 1))
        specs.append((label, surface, nth))  # type: ignore[arg-type]
    reading = make_reading(plain, specs, published)
    by_name: dict[str, list[str]] = {}
    for mention in reading.mentions:
        if mention.label == "ORG":
            by_name.setdefault(mention.text, []).append(mention.id)
    counts = []
    for mention in reading.mentions:
        if mention.label == "QUANTITY":
            unit: Dimension = next((d for d, ends in UNITS if mention.text.endswith(ends)), "item")
            counts.append(
                Count(
                    mention.id,
                    mention.start,
                    mention.end,
                    mention.text,
                    None,
                    None,
                    None,
                    None,
                    unit,
                    "exact",
                )
            )
    values = dates or {}
    return Marked(
        reading,
        tuple(Date(m.id, "DATE", values[m.text]) for m in reading.mentions if m.text in values),
        tuple(counts),
        tuple(
            Organization(f"o{n}", name, (), tuple(ids))
            for n, (name, ids) in enumerate(by_name.items(), 1)
        ),
    )
