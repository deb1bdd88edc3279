"""Gold and predictions for the tests of the report: own sentences with what a page may trip over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from lgtalent_ie.evaluation.gold import (
    GoldDocument,
    GoldMention,
    as_document,
    load_gold,
    text_sha256,
)
from lgtalent_ie.evaluation.sources import Triple
from lgtalent_ie.schema import Document, Label, Mention

ROOT = Path(__file__).parents[1]

# What ends a script, quotes an attribute, turns the direction of writing, or is no letter at all.
NASTY = (
    "새벽전자</script><script>document.title='hit'</script>는 \"<b onclick='x'>하늘대\"와 🦊손을 "
    "\u202e잡았다\u2066. 다람\u200b쥐 연구소\u2028도 &amp; 함께했다."
)

Marks = Sequence[tuple[Label, str]]


def gold_of(text: str, marks: Marks, name: str = "sample") -> GoldDocument:
    """Gold with the first occurrence of each of the words marked."""
    mentions = tuple(
        GoldMention(f"m{n}", label, text.index(words), text.index(words) + len(words))
        for n, (label, words) in enumerate(marks, 1)
    )
    return GoldDocument(
        1, name, text_sha256(text), len(text), None, 1, ("a1",), date(2026, 1, 5), mentions
    )


def document_of(text: str, marks: Marks, score: float = 0.75) -> Document:
    """A document with mentions alone, as a model gives it."""
    mentions = tuple(
        Mention(f"x{n}", label, text.index(words), text.index(words) + len(words), words, score)
        for n, (label, words) in enumerate(marks, 1)
    )
    return Document(text, "tiny@1", mentions=mentions)


def triple_of(text: str, gold: Marks, found: Marks, name: str = "sample") -> Triple:
    return gold_of(text, gold, name), document_of(text, found), text


def nasty() -> Triple:
    """A document whose words are dangerous in HTML, in JavaScript and to the eye."""
    return triple_of(
        NASTY,
        [("ORG", "새벽전자"), ("ORG", "하늘대"), ("ORG", "다람\u200b쥐 연구소"), ("EVENT", "🦊손")],
        [("ORG", "새벽전자</script>"), ("PERSON", "하늘대"), ("ORG", "연구소"), ("EVENT", "손")],
        "<img src=x onerror=\"document.title='hit'\">",
    )


def second_pass() -> list[Triple]:
    """The project's own articles: gold, and its second, independent marks as the prediction."""
    triples = []
    for path in sorted((ROOT / "annotations/gold/seeds").glob("*.json")):
        gold = load_gold(path)
        text = (ROOT / "seeds" / f"{gold.document}.txt").read_bytes().decode()
        other = as_document(load_gold(ROOT / "annotations/agreement/gold_seeds" / path.name), text)
        mentions = tuple(
            replace(m, score=0.5 + (at % 50) / 100) for at, m in enumerate(other.mentions)
        )
        triples.append((gold, replace(other, model="second@1", mentions=mentions), text))
    return triples


def many_errors(count: int) -> list[Triple]:
    """`count` errors in documents of fifty sentences, one a sentence: missed, spurious, wrong."""
    kinds: list[tuple[Marks, Marks]] = [
        ([("ORG", "한빛재단")], []),
        ([], [("ORG", "한빛재단")]),
        ([("ORG", "한빛재단")], [("ORG", "한빛재단은")]),
        ([("ORG", "한빛재단")], [("EVENT", "한빛재단")]),
    ]
    triples = []
    for first in range(0, count, 50):
        numbers = range(first, min(first + 50, count))
        sentences = [f"제{n}호 한빛재단은 오늘도 사람을 찾는다고 알렸다." for n in numbers]
        gold, found, at = [], [], 0
        for n, sentence in zip(numbers, sentences, strict=True):
            ours, theirs = kinds[n % 4]
            gold += [(label, at + sentence.index(w), len(w)) for label, w in ours]
            found += [(label, at + sentence.index(w), len(w)) for label, w in theirs]
            at += len(sentence) + 1
        text = "\n".join(sentences)
        marks = tuple(GoldMention(f"m{i}", la, s, s + w) for i, (la, s, w) in enumerate(gold))
        mentions = tuple(
            Mention(f"x{i}", la, s, s + w, text[s : s + w], 0.6)
            for i, (la, s, w) in enumerate(found)
        )
        own = gold_of(text, [], f"page-{first:05}")
        own = GoldDocument(
            1, own.document, own.sha256, own.length, None, 1, ("a1",), own.marked, marks
        )
        triples.append((own, Document(text, "tiny@1", mentions=mentions), text))
    return triples
