"""The project's own marks are well formed, and hold no sentence that is not its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lgtalent_ie.evaluation.gold import check_text, load_gold
from lgtalent_ie.model.config import RELATED
from lgtalent_ie.schema import LABELS
from lgtalent_ie.training.labels import OWN_RELATIONS

ROOT = Path(__file__).parent.parent
ANNOTATIONS = ROOT / "annotations"
SENTENCES = sorted((ANNOTATIONS / "sentences").glob("*.jsonl"))
SECOND_PASS = ANNOTATIONS / "agreement" / "second_pass.jsonl"
SECOND_PASS_RELATIONS = ANNOTATIONS / "agreement" / "second_pass_relations.jsonl"
COUNTED = sorted((ANNOTATIONS / "counted").glob("*.jsonl"))
WRITTEN = sorted((ANNOTATIONS / "written").glob("*.jsonl"))
GOLD = sorted((ANNOTATIONS / "gold").rglob("*.json"))


def rows(path: Path) -> Iterator[dict[str, Any]]:
    return map(json.loads, path.read_text(encoding="utf-8").splitlines())


def check_spans(spans: list[Any], length: int) -> None:
    end = 0
    for start, stop, label in sorted(spans):
        assert end <= start < stop <= length
        assert label in LABELS
        end = stop


def check_relations(relations: list[Any], spans: list[Any], where: str) -> None:
    seen = set()
    for kind, head, tail in relations:
        assert kind in OWN_RELATIONS, where
        assert 0 <= head < len(spans) and 0 <= tail < len(spans) and head != tail, where
        labels = spans[head][2], spans[tail][2]
        assert labels[1] in RELATED[labels[0]], (where, kind, labels)
        owner = {"per": ("PERSON",), "org": ("ORG",), "event": ("EVENT",)}
        assert labels[0] in owner.get(kind.split(":")[0], labels), (where, kind, labels)
        assert (kind, head, tail) not in seen, (where, kind, head, tail)
        seen.add((kind, head, tail))


@pytest.mark.parametrize("path", [*SENTENCES, SECOND_PASS], ids=lambda path: path.stem)
def test_stand_off_marks_carry_no_text(path: Path) -> None:
    relations = {"relations"} if path in SENTENCES else set()
    for row in rows(path):
        assert set(row) == {"file", "id", "length", "spans"} | relations
        assert "train" in row["file"], "dev data is never marked for training"
        check_spans(row["spans"], row["length"])


@pytest.mark.parametrize("path", [*SENTENCES, *WRITTEN], ids=lambda path: path.stem)
def test_relations_hold_between_marked_mentions(path: Path) -> None:
    found = 0
    for row in rows(path):
        check_relations(row["relations"], row["spans"], row["id"])
        found += len(row["relations"])
    assert found > 0


def test_a_second_pass_over_relations_reads_the_marked_mentions() -> None:
    marked = {(row["file"], row["id"]): row for path in SENTENCES for row in rows(path)}
    marked |= {(path.name, row["id"]): row for path in WRITTEN for row in rows(path)}
    second = list(rows(SECOND_PASS_RELATIONS))
    assert len({(row["file"], row["id"]) for row in second}) == len(second)
    for row in second:
        assert set(row) == {"file", "id", "relations"}
        check_relations(row["relations"], marked[row["file"], row["id"]]["spans"], row["id"])
    assert 10 * len(second) >= sum(1 for path in SENTENCES for _ in rows(path))


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.stem)
def test_written_sentences_are_marked_inside_their_text(path: Path) -> None:
    for row in rows(path):
        assert set(row) == {"id", "text", "spans", "relations"}
        check_spans(row["spans"], len(row["text"]))
        for start, end, _ in row["spans"]:
            assert row["text"][start:end].strip() == row["text"][start:end]


@pytest.mark.parametrize("path", COUNTED, ids=lambda path: path.stem)
def test_what_is_counted_lies_inside_the_sentence(path: Path) -> None:
    for row in rows(path):
        assert set(row) == {"file", "id", "length", "of"}
        for number, counted in row["of"]:
            for start, end in filter(None, (number, counted)):
                assert 0 <= start < end <= row["length"]


def test_no_sentence_is_marked_twice_for_training() -> None:
    keys = [(r["file"], r["id"]) for p in SENTENCES for r in rows(p)]
    assert len(keys) == len(set(keys)) >= 1500
    texts = [row["text"] for path in WRITTEN for row in rows(path)]
    assert len(texts) == len(set(texts)) >= 1000


@pytest.mark.parametrize("path", GOLD, ids=lambda path: path.stem)
def test_gold_is_of_the_format(path: Path) -> None:
    gold = load_gold(path)
    assert gold.document == path.stem
    seed = ROOT / "seeds" / f"{gold.document}.txt"
    if seed.exists():
        check_text(gold, seed.read_bytes().decode("utf-8"))
