"""The project's own marks are well formed, and hold no sentence that is not its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lgtalent_ie.evaluation.gold import check_text, load_gold
from lgtalent_ie.schema import LABELS

ROOT = Path(__file__).parent.parent
ANNOTATIONS = ROOT / "annotations"
STAND_OFF = [
    *(ANNOTATIONS / "sentences").glob("*.jsonl"),
    *(ANNOTATIONS / "agreement").glob("*.jsonl"),
]
WRITTEN = list((ANNOTATIONS / "written").glob("*.jsonl"))
GOLD = sorted((ANNOTATIONS / "gold").rglob("*.json"))


def rows(path: Path) -> Iterator[dict[str, Any]]:
    return map(json.loads, path.read_text(encoding="utf-8").splitlines())


def check_spans(spans: list[Any], length: int) -> None:
    end = 0
    for start, stop, label in sorted(spans):
        assert end <= start < stop <= length
        assert label in LABELS
        end = stop


@pytest.mark.parametrize("path", STAND_OFF, ids=lambda path: path.stem)
def test_stand_off_marks_carry_no_text(path: Path) -> None:
    for row in rows(path):
        assert set(row) == {"file", "id", "length", "spans"}
        assert "train" in row["file"], "dev data is never marked for training"
        check_spans(row["spans"], row["length"])


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.stem)
def test_written_sentences_are_marked_inside_their_text(path: Path) -> None:
    for row in rows(path):
        assert set(row) == {"id", "text", "spans"}
        check_spans(row["spans"], len(row["text"]))
        for start, end, _ in row["spans"]:
            assert row["text"][start:end].strip() == row["text"][start:end]


def test_no_sentence_is_marked_twice_for_training() -> None:
    keys = [
        (r["file"], r["id"]) for p in (ANNOTATIONS / "sentences").glob("*.jsonl") for r in rows(p)
    ]
    assert len(keys) == len(set(keys)) >= 1500
    texts = [row["text"] for path in WRITTEN for row in rows(path)]
    assert len(texts) == len(set(texts))


@pytest.mark.parametrize("path", GOLD, ids=lambda path: path.stem)
def test_gold_is_of_the_format(path: Path) -> None:
    gold = load_gold(path)
    assert gold.document == path.stem
    seed = ROOT / "seeds" / f"{gold.document}.txt"
    if seed.exists():
        check_text(gold, seed.read_bytes().decode("utf-8"))
