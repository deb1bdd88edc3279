"""Marked documents for the tests of formats: the seeds with their gold, and random ones."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path

import msgspec
from hypothesis import strategies as st

from lgtalent_ie.annotation.labels import RELATION_TYPES
from lgtalent_ie.annotation.marked import Marked, Origin, checked, from_mentions
from lgtalent_ie.evaluation.gold import GoldDocument, GoldMention, GoldRelation, load_gold
from lgtalent_ie.evaluation.sources import find_text
from lgtalent_ie.schema import LABELS

ROOT = Path(__file__).parents[2]
TEXTS = (ROOT / "seeds", ROOT.parent / "shared" / "seeds")
ORIGIN = Origin(("b1",), date(2026, 3, 2))

# What other tools count or write otherwise: surrogate pairs, joined emoji, combining characters,
# composed and decomposed Hangul, blanks, and everything that some program takes for a line end.
CHARACTERS = ["한", "빛", "ㄱ", "가", "e\u0301", "👩‍🔬", "🚀", "A", "7", "㈜", '"', "\\n", "<", "&"]
BLANKS = [" ", "\t", "\n", "\r\n", "\r", "\u3000", "\u2028", "\x85", "\x0b", "\u00a0"]


@cache
def seeds() -> tuple[Marked, ...]:
    """The gold documents whose texts are here: those of seeds/ always."""
    found = []
    for path in sorted((ROOT / "annotations" / "gold").rglob("*.json")):
        gold = load_gold(path)
        text = find_text(gold, TEXTS)
        if text is not None:
            found.append(checked(Marked(gold, text), str(path)))
    assert len(found) >= 5
    return tuple(found)


def with_origin(marked: Marked, origin: Origin = ORIGIN) -> Marked:
    """The same, as another annotator's."""
    gold = msgspec.structs.replace(
        marked.gold, annotators=origin.annotators, marked=origin.marked
    )  # fmt: skip
    return Marked(gold, marked.text)


def sample(text: str, *spans: tuple[str, str], relations: tuple[tuple[str, int, int], ...] = ()):
    """A document marked by (label, words), each found behind the one before."""
    at, mentions = 0, []
    for number, (label, words) in enumerate(spans, 1):
        at = text.index(words, at)
        mentions.append(GoldMention(f"m{number}", label, at, at + len(words)))
        at += len(words)
    links = [GoldRelation(kind, f"m{head}", f"m{tail}") for kind, head, tail in relations]
    return from_mentions("sample", text, mentions, links, ORIGIN)


@st.composite
def documents(draw: st.DrawFn, scores: bool = False, ends: bool = True) -> Marked:
    """A random text with random marks; `ends`: spans may begin and end with a line break."""
    words = st.lists(st.sampled_from(CHARACTERS), min_size=1, max_size=4).map("".join)
    blanks = st.lists(st.sampled_from(BLANKS), max_size=2).map("".join)
    pieces = draw(st.lists(st.tuples(words, blanks), max_size=8))
    text = draw(blanks) + "".join(word + blank for word, blank in pieces)
    flat = draw(st.lists(st.integers(0, len(text)), max_size=10, unique=True).map(sorted))
    score = st.floats(0, 1) if scores else st.none()
    spans = list(zip(flat[::2], flat[1::2], strict=False))
    if not ends:
        spans = [(a, b) for a, b in spans if text[a:b].strip() == text[a:b]]
    mentions = [
        GoldMention(f"m{number}", draw(st.sampled_from(LABELS)), a, b, draw(score))
        for number, (a, b) in enumerate(spans, 1)
    ]
    relations = []
    if mentions:
        pairs = st.tuples(
            st.sampled_from(RELATION_TYPES), *[st.integers(1, len(mentions)) for _ in "ht"]
        )  # fmt: skip
        for kind, head, tail in draw(st.lists(pairs, max_size=3)):
            relations.append(GoldRelation(kind, f"m{head}", f"m{tail}", draw(score)))
    name = draw(st.sampled_from(["a", "기사 01", "b.c", "x:y%20#z"]))
    return from_mentions(name, text, mentions, relations, ORIGIN, date(2025, 11, 3))


def spans_of(gold: GoldDocument) -> list[tuple[str, int, int]]:
    return [(m.label, m.start, m.end) for m in gold.mentions]
