"""One article of our own with every kind of record, and an extractor that only the grammars speak in."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import msgspec
import torch
from tiny_models import tiny_tagger

from lgtalent_ie.annotation.marked import Marked, Origin, checked
from lgtalent_ie.evaluation.gold import (
    GoldCount,
    GoldDate,
    GoldDocument,
    GoldFact,
    GoldMention,
    GoldOrganization,
    GoldQuote,
    GoldRelation,
    text_sha256,
)
from lgtalent_ie.extractor import Extractor
from lgtalent_ie.model.loading import save_model

TEXT = (
    "🎓 새별전자는 2024년 3월 5일 연구원 12명을 뽑았다.\n"
    '김하늘 팀장은 "새별전자의 문은 늘 열려 있다"고 말했다.'
)
PERSON = Origin(("kim",), date(2026, 2, 3))
GRAMMAR_TEXT = "새별전자는 지난해 연구원 12명을 새로 뽑았다고 밝혔다."


def at(words: str, nth: int = 0) -> tuple[int, int]:
    start = -1
    for _ in range(nth + 1):
        start = TEXT.index(words, start + 1)
    return start, start + len(words)


def exported(name: str = "article") -> Marked:
    """The article as a model marked it."""
    spans = [
        ("ORG", at("새별전자")), ("DATE", at("2024년 3월 5일")), ("QUANTITY", at("12명")),
        ("PERSON", at("김하늘")), ("TITLE", at("팀장")), ("ORG", at("새별전자", 1)),
    ]  # fmt: skip
    gold = GoldDocument(
        1, name, text_sha256(TEXT), len(TEXT), date(2024, 3, 6), 1, ("tiny@1",), date(2026, 2, 1),
        tuple(GoldMention(f"m{n}", label, *span, 0.5) for n, (label, span) in enumerate(spans, 1)),
        organizations=(GoldOrganization("m1", ("m1", "m6")),),
        dates=(GoldDate("m2", "DATE", "2024-03-05"),),
        counts=(GoldCount("m3", 12, None, None, "명", "exact", "person", None, at("연구원")),),
        quotes=(GoldQuote(*at("새별전자의 문은 늘 열려 있다"), "direct", at("말했다"), at("김하늘 팀장"), "m4"),),
        relations=(GoldRelation("per:title", "m4", "m5", 0.8), GoldRelation("talent:joined", "m3", "m1", 0.9)),
        facts=(GoldFact("hire", ("m1",), 0, 32, None, "2024-03-05", None, ("m3",)),),
    )  # fmt: skip
    return checked(Marked(gold, TEXT), name)


def renamed(marked: Marked, name: str) -> Marked:
    """The same marks of another document, whose text goes on for a word."""
    text = marked.text + " 끝."
    gold = msgspec.structs.replace(
        marked.gold, document=name, sha256=text_sha256(text), length=len(text)
    )
    return Marked(gold, text)


def grammar_model(folder: Path) -> Path:
    """A tiny model that sees no names, so that dates and quantities are all there is."""
    tagger = tiny_tagger()
    with torch.no_grad():
        tagger.heads["mentions"].bias[0] = 100.0
    save_model(tagger, folder)
    return folder


def grammar_extractor(folder: Path) -> Extractor:
    return Extractor(grammar_model(folder), device="cpu")
