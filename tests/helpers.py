"""Readings for tests: own sentences, real Kiwi, mentions named by their surface."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import cache
from pathlib import Path

from lgtalent_ie.morphemes import Analyzer
from lgtalent_ie.reading import Reading
from lgtalent_ie.schema import Label, Mention, Section
from lgtalent_ie.tables import rows_of

CASES = Path(__file__).parent / "cases"
# What the tests of benchmarks read.
TEXTS = (
    "새별전자는 지난달 박사급 연구원 12명을 뽑았다.",
    "올해 들어 세 번째다.",
    "한빛대 인공지능학과와 새별전자가 함께 여는 여름 학교에는 학생 40명이 참가해 두 주 동안 논문을 읽는다.",
)
MentionSpec = tuple[Label, str] | tuple[Label, str, int]


def read_cases(name: str) -> list[tuple[str, ...]]:
    r"""The rows of tests/cases/<name>.tsv; `\n` in a cell is a line break."""
    rows = rows_of((CASES / f"{name}.tsv").read_text("utf-8"))
    return [tuple(cell.replace("\\n", "\n") for cell in row) for row in rows]


@cache
def analyzer() -> Analyzer:
    """One analyser for all tests: loading Kiwi takes a second."""
    return Analyzer()


def find_nth(text: str, surface: str, nth: int = 1) -> int:
    """Start of the nth occurrence of surface, from 1; AssertionError where there is none."""
    start = -1
    for _ in range(nth):
        start = text.find(surface, start + 1)
        assert start >= 0, f"{surface!r} does not stand {nth} times in {text!r}"
    return start


def make_reading(
    text: str, mentions: Sequence[MentionSpec] = (), published: str | None = None
) -> Reading:
    """A reading of `text`, every line a body section, with the mentions given by surface."""
    sections, at = [], 0
    for line in text.splitlines(keepends=True):
        if line.strip():
            sections.append(Section("body", at, at + len(line.rstrip())))
        at += len(line)
    found = []
    for label, surface, *nth in mentions:
        start = find_nth(text, surface, *nth)
        found.append((start, start + len(surface), label))
    return Reading(
        text=text,
        published=date.fromisoformat(published) if published else None,
        sections=tuple(sections),
        sentences=analyzer().sentences(text, sections),
        mentions=tuple(
            Mention(f"m{n}", label, start, end, text[start:end], 1.0)
            for n, (start, end, label) in enumerate(sorted(found), 1)
        ),
    )
