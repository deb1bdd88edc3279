"""Rows become examples with a tag per morpheme; damaged rows are named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from helpers import analyzer

from lgtalent_ie.errors import DataError
from lgtalent_ie.model.config import MENTION_HEAD, bio_tags
from lgtalent_ie.training.data import (
    HEADS,
    IGNORED,
    Labelled,
    examples,
    labelled_relations,
    read_rows,
    training_set,
)
from lgtalent_ie.training.labels import Spans

TEXT = "새별전자가 정하늘 사장을 뽑았다."


def tags_of(sentence: Labelled, head: str = MENTION_HEAD) -> list[tuple[str, str]]:
    [example] = examples([sentence], analyzer(), 128)
    names = bio_tags(HEADS[head])
    return [
        (TEXT[m.start : m.end], "-" if tag == IGNORED else names[tag])
        for m, tag in zip(example.window.morphemes, example.targets[head], strict=True)
    ]


def test_spans_become_bio_tags() -> None:
    spans: Spans = [(0, 4, "ORG"), (6, 9, "PERSON"), (10, 12, "TITLE")]
    tags = tags_of(Labelled("a", TEXT, {MENTION_HEAD: spans}, []))
    named = [(surface, tag) for surface, tag in tags if tag != "O"]
    assert named[0] in (("새별전자", "B-ORG"), ("새별", "B-ORG"))
    assert named[-1] == ("사장", "B-TITLE")
    assert all(tag[:2] in ("B-", "I-") for _, tag in named)
    assert ("가", "O") in tags


def test_unsure_spans_are_left_out_of_the_loss() -> None:
    tags = dict(tags_of(Labelled("a", TEXT, {MENTION_HEAD: []}, [(10, 12, "?")])))
    assert tags["사장"] == "-"
    assert tags["가"] == "O"


def test_partial_sentences_say_nothing_of_the_rest() -> None:
    row = {"id": "7", "text": TEXT, "subject": [6, 9, "PER"], "object": [10, 12, "POH"]}
    tags = tags_of(labelled_relations([row], None))
    assert {tag for _, tag in tags} == {"-", "B-PERSON", "I-PERSON"} - (
        set() if len([t for _, t in tags if t != "-"]) > 1 else {"I-PERSON"}
    )


def test_a_long_sentence_is_cut_in_windows_without_loss() -> None:
    sentence = Labelled("a", TEXT * 60, {MENTION_HEAD: []}, [])
    made = list(examples([sentence], analyzer(), 50))
    assert len(made) > 5
    assert all(len(e.window.morphemes) <= 50 for e in made)
    assert made[-1].window.morphemes[-1].end == len(sentence.text)


def write(path: Path, rows: list[dict[str, object]]) -> None:
    path.write_text(
        "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), encoding="utf-8"
    )


def write_data(folder: Path) -> None:
    """A data folder of one sentence in every file."""
    konec = [{"id": "k1", "text": TEXT, "spans": [[0, 4, "OGG_ECONOMY"]], "unsure": []}]
    klue = [{"id": "k1", "text": TEXT, "spans": [[0, 4, "OG"]]}]
    relation = {
        "id": "0",
        "text": "별.",
        "subject": [0, 1, "ORG"],
        "object": [0, 1, "PER"],
        "label": "x",
    }
    for part in ("train", "dev"):
        write(folder / f"konec-{part}.jsonl", konec)
        write(folder / f"klue-ner-{part}.jsonl", klue)
        write(folder / f"klue-re-{part}.jsonl", [relation])


def test_own_marks_go_before_mapped_ones(tmp_path: Path) -> None:
    write_data(tmp_path)
    (tmp_path / "sentences").mkdir()
    mark = {"file": "konec-train.jsonl", "id": "k1", "spans": [[6, 9, "PERSON"]]}
    write(tmp_path / "sentences" / "a.jsonl", [mark])
    mapped, _ = training_set(tmp_path, None)
    own, _ = training_set(tmp_path, tmp_path)
    assert mapped.spans[MENTION_HEAD] == [(0, 4, "ORG")] and not mapped.own
    assert own.spans[MENTION_HEAD] == [(6, 9, "PERSON")] and own.own
    assert own.spans["klue"] == [(0, 4, "OG")]


@pytest.mark.parametrize(
    "line, says",
    [
        ('{"id": "1"}', '"text"'),
        ('{"text": "가", "spans": [[0, 2, "OG"]]}', "inside the text"),
        ('{"text": "가", "spans": [[1, 0, "OG"]]}', "inside the text"),
        ('{"text": "가", "spans": [["0", 1, "OG"]]}', "inside the text"),
        ('{"text": ', "JSONL"),
    ],
)
def test_a_damaged_row_is_named_with_its_file(line: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(line + "\n", encoding="utf-8")
    with pytest.raises(DataError, match=says) as error:
        read_rows(path)
    assert "rows.jsonl" in str(error.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"konec-train\.jsonl|klue-ner-train\.jsonl"):
        training_set(tmp_path, None)
