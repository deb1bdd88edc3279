"""A short text with gold of every kind of record, for tests of reading and scoring gold."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lgtalent_ie.evaluation.documents import score_documents
from lgtalent_ie.evaluation.gold import GoldDocument, text_sha256
from lgtalent_ie.evaluation.scores import Score
from lgtalent_ie.schema import Document

TEXT = (
    "새벽전자는 21일 하늘대에서 채용 행사를 열고 석사급 연구원 10명을 뽑았다.\n"
    '한가람 새벽전자 상무는 "좋은 만남이었다"고 말했다. 새벽도 하늘대학교와 손잡는다.\n'
)


def span(words: str, nth: int = 1) -> list[int]:
    start = -1
    for _ in range(nth):
        start = TEXT.index(words, start + 1)
    return [start, start + len(words)]


def gold_data() -> dict[str, Any]:
    marked = [
        ("m1", "ORG", span("새벽전자")),
        ("m2", "DATE", span("21일")),
        ("m3", "ORG", span("하늘대")),
        ("m4", "QUANTITY", span("10명")),
        ("m5", "PERSON", span("한가람")),
        ("m6", "ORG", span("새벽전자", 2)),
        ("m7", "TITLE", span("상무")),
        ("m8", "ORG", span("새벽", 3)),
        ("m9", "ORG", span("하늘대학교")),
    ]
    return {
        "format": 1,
        "document": "sample",
        "sha256": text_sha256(TEXT),
        "length": len(TEXT),
        "published": "2023-06-22",
        "guidelines": 1,
        "annotators": ["a1"],
        "marked": "2026-01-15",
        "mentions": [
            {"id": name, "label": label, "start": start, "end": end}
            for name, label, (start, end) in marked
        ],
        "organizations": [
            {"name_mention": "m1", "mentions": ["m1", "m6", "m8"]},
            {"name_mention": "m9", "mentions": ["m3", "m9"]},
        ],
        "dates": [{"mention": "m2", "type": "DATE", "value": "2023-06-21"}],
        "counts": [
            {
                "mention": "m4",
                "value": 10,
                "min": None,
                "max": None,
                "unit": "명",
                "bound": "exact",
                "dimension": "person",
                "of": span("석사급 연구원"),
            }
        ],
        "quotes": [
            {
                "start": span("좋은 만남이었다")[0],
                "end": span("좋은 만남이었다")[1],
                "kind": "direct",
                "cue": span("말했다"),
                "speaker": span("한가람 새벽전자 상무"),
                "name_mention": "m5",
            }
        ],
        "relations": [
            {"type": "talent:joined", "head": "m4", "tail": "m1"},
            {"type": "org:partner", "head": "m8", "tail": "m9"},
        ],
        "facts": [
            {"kind": "hire", "actors": ["m6"], "start": 0, "end": 40, "counts": ["m4"]},
        ],
    }


def written(tmp_path: Path, data: object) -> Path:
    path = tmp_path / "sample.json"
    path.write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
    return path


def scored(gold: GoldDocument, document: Document) -> dict[str, Score]:
    return dict(score_documents([(gold, document, TEXT)]).records)


def counts(score: Score) -> tuple[float, float, float]:
    made = score.to_dict()
    return made["tp"], made["fp"], made["fn"]
