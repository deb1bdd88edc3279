"""Marks of one short article of the project's own, as one annotator makes them and as changed."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Any

import msgspec

from lgtalent_ie.evaluation.gold import GoldDocument
from lgtalent_ie.evaluation.spanned import Spanned, from_spans

TEXT = (
    "새벽전자는 지난 21일 하늘대에서 ‘별빛 인재의 밤’을 열고 석사급 연구원 10명을 뽑았다.\n"
    '한가람 새벽전자 상무는 "좋은 만남이었다"며 "또 오겠다"고 말했다.\n'
    "새벽은 하늘대학교와 손잡는다.\n"
)
MENTIONS = (
    ("m1", "ORG", "새벽전자", 1),
    ("m2", "DATE", "지난 21일", 1),
    ("m3", "ORG", "하늘대", 1),
    ("m4", "EVENT", "별빛 인재의 밤", 1),
    ("m5", "QUANTITY", "10명", 1),
    ("m6", "PERSON", "한가람", 1),
    ("m7", "ORG", "새벽전자", 2),
    ("m8", "TITLE", "상무", 1),
    ("m9", "ORG", "새벽", 3),
    ("m10", "ORG", "하늘대학교", 1),
)


def at(words: str, nth: int = 1) -> tuple[int, int]:
    """The nth place of the words in TEXT."""
    start = -1
    for _ in range(nth):
        start = TEXT.index(words, start + 1)
    return start, start + len(words)


def mention(name: str, label: str, words: str, nth: int = 1) -> dict[str, Any]:
    start, end = at(words, nth)
    return {"id": name, "label": label, "start": start, "end": end}


def marks(annotator: str = "kim", **changes: Any) -> GoldDocument:
    """All records of TEXT; `changes` are whole fields, or `mentions` to put in by their id.

    A mention given as None is left out.
    """
    first_quote, second_quote = at("좋은 만남이었다"), at("또 오겠다")
    mentions = {name: mention(name, *rest) for name, *rest in MENTIONS}
    mentions |= changes.pop("mentions", {})
    data = {
        "format": 1,
        "document": "article",
        "sha256": hashlib.sha256(TEXT.encode()).hexdigest(),
        "length": len(TEXT),
        "published": "2023-06-22",
        "guidelines": 1,
        "annotators": [annotator],
        "marked": "2026-01-15",
        "mentions": [m for m in mentions.values() if m is not None],
        "organizations": [
            {"name_mention": "m1", "mentions": ["m1", "m7", "m9"]},
            {"name_mention": "m10", "mentions": ["m3", "m10"]},
        ],
        "dates": [{"mention": "m2", "type": "DATE", "value": "2023-06-21"}],
        "counts": [count()],
        "quotes": [
            {"start": first_quote[0], "end": first_quote[1], "kind": "direct",
             "speaker": at("한가람 새벽전자 상무"), "name_mention": "m6"},
            {"start": second_quote[0], "end": second_quote[1], "kind": "direct",
             "speaker": at("한가람 새벽전자 상무"), "name_mention": "m6", "continues": 0},
        ],
        "relations": [
            {"type": "event:host", "head": "m4", "tail": "m1"},
            {"type": "talent:joined", "head": "m5", "tail": "m1"},
            {"type": "per:title", "head": "m6", "tail": "m8"},
        ],
        "facts": [fact()],
    }  # fmt: skip
    return msgspec.convert(data | changes, GoldDocument)


def count(**changes: Any) -> dict[str, Any]:
    return {
        "mention": "m5", "value": 10, "min": None, "max": None, "unit": "명", "bound": "exact",
        "dimension": "person", "of": at("석사급 연구원"),
    } | changes  # fmt: skip


def fact(**changes: Any) -> dict[str, Any]:
    sentence = {"start": 0, "end": TEXT.index("\n")}
    return {"kind": "hire", "actors": ["m1"], "event": "m4", "counts": ["m5"]} | sentence | changes


def from_records(spans: Spanned, annotator: str, text: str) -> GoldDocument:
    """Marks of any text."""
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    empty = GoldDocument(1, "any", sha256, len(text), None, 1, (), date(2026, 1, 15), ())
    return from_spans(spans, empty, (annotator,), date(2026, 1, 15))
