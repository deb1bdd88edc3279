"""KLUE as Hugging Face `datasets` writes it becomes rows of the project's own form."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lgtalent_ie.errors import DataError
from lgtalent_ie.training.data import read_rows
from lgtalent_ie.training.klue_rows import NER_TAGS, RELATIONS, as_row
from lgtalent_ie.training.labels import KLUE_LABELS

Row = dict[str, Any]


def entities(text: str, tags: list[Any], **changes: Any) -> Row:
    return {"sentence": "", "tokens": list(text), "ner_tags": tags} | changes


def relation(**changes: Any) -> Row:
    return {
        "guid": "re-7", "sentence": "정하늘 사장이 왔다.", "source": "own",
        "subject_entity": {"word": "정하늘", "start_idx": 0, "end_idx": 2, "type": "PER"},
        "object_entity": {"word": "사장", "start_idx": 4, "end_idx": 5, "type": "POH"},
        "label": 29,
    } | changes  # fmt: skip


def entity(**changes: Any) -> Row:
    return {"word": "사장", "start_idx": 4, "end_idx": 5, "type": "POH"} | changes


def converted(row: Row) -> Any:
    return as_row(row, "dev.jsonl, line 7", 7)


def test_the_label_numbers_are_those_of_the_data_set() -> None:
    assert NER_TAGS[:5] == ("B-DT", "I-DT", "B-LC", "I-LC", "B-OG")
    assert NER_TAGS[-2:] == ("I-TI", "O")
    assert {tag[2:] for tag in NER_TAGS[:-1]} == set(KLUE_LABELS)
    assert len(set(RELATIONS)) == 30
    assert (RELATIONS[0], RELATIONS[18], RELATIONS[29]) == (
        "no_relation", "per:employee_of", "per:title",
    )  # fmt: skip


TAGGED: dict[str, tuple[str, list[Any], list[list[Any]]]] = {
    "numbers": ("새별 왔다", [4, 5, 12, 12, 12], [[0, 2, "OG"]]),
    "names": ("새별 왔다", ["B-OG", "I-OG", "O", "O", "O"], [[0, 2, "OG"]]),
    "a blank inside": ("새별 전자", [4, 5, 5, 5, 5], [[0, 5, "OG"]]),
    "at the end": ("온 새별", [12, 12, 4, 5], [[2, 4, "OG"]]),
    "one after the other": ("3일4일", [0, 1, 0, 1], [[0, 2, "DT"], [2, 4, "DT"]]),
    "an I that continues nothing": ("새별", [12, 5], []),
    "an I that continues another label": ("새별전자", [4, 3, 5, 5], [[0, 1, "OG"]]),
    "nothing": ("왔다", [12, 12], []),
}


@pytest.mark.parametrize("text, tags, spans", TAGGED.values(), ids=TAGGED.keys())
def test_tags_become_spans(text: str, tags: list[Any], spans: list[list[Any]]) -> None:
    assert converted(entities(text, tags)) == {"id": "7", "text": text, "spans": spans}


def test_a_token_of_two_characters_moves_what_follows() -> None:
    row = {"tokens": ["1\u3000", "새", "별"], "ner_tags": [12, 4, 5]}
    assert converted(row)["spans"] == [[2, 4, "OG"]]


@pytest.mark.parametrize("label", [29, "per:title"])
def test_the_last_character_of_an_entity_is_included(label: int | str) -> None:
    assert converted(relation(label=label)) == {
        "id": "re-7", "text": "정하늘 사장이 왔다.", "subject": [0, 3, "PER"],
        "object": [4, 6, "POH"], "label": "per:title", "source": "own",
    }  # fmt: skip


@pytest.mark.parametrize(
    "row",
    [
        {"id": "a", "text": "새별", "spans": [[0, 2, "OG"]]},
        {"id": "a", "text": "새별", "tokens": ["새"], "subject_entity": 3},
        {"id": "a"},
        ["새별"],
    ],
)
def test_any_other_row_is_unchanged(row: Any) -> None:
    assert converted(row) is row


@pytest.mark.parametrize(
    "row, says",
    [
        (entities("새별", [4]), "2 tokens, 1 tags"),
        (entities("새별", [4, 13]), "label 13"),
        (entities("새별", [4, -1]), "label -1"),
        (entities("새별", ["B-OG", "I-XX"]), "I-XX"),
        (entities("새별", [4, None]), "label None"),
        ({"tokens": ["새"]}, "ner_tags"),
        ({"ner_tags": [4]}, "tokens"),
        ({"tokens": [3], "ner_tags": [4]}, "a tag a token"),
        (relation(label=30), "label 30"),
        (relation(label="per:friend"), "per:friend"),
        ({k: v for k, v in relation().items() if k != "label"}, "without label"),
        ({k: v for k, v in relation().items() if k != "sentence"}, "sentence"),
        ({k: v for k, v in relation().items() if k != "object_entity"}, "object_entity"),
        (relation(object_entity=entity(end_idx=11)), "entity 4..11"),
        (relation(object_entity=entity(start_idx=-1)), "entity -1..5"),
        (relation(object_entity=entity(start_idx=6)), "entity 6..5"),
        (relation(object_entity=entity(start_idx="4")), "start_idx"),
        (relation(object_entity=entity(type="XXX")), "XXX"),
        (relation(object_entity={"word": "사장"}), "start_idx"),
    ],
)
def test_a_damaged_row_is_named_with_file_and_line(row: Row, says: str) -> None:
    with pytest.raises(DataError, match=r"dev\.jsonl, line 7") as error:
        converted(row)
    assert says in str(error.value)


def test_a_file_may_hold_either_form(tmp_path: Path) -> None:
    own = {"id": "a", "text": "새별", "spans": [[0, 2, "OG"]]}
    rows = [own, entities("새별", [4, 5]), relation()]
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    read = read_rows(path)
    assert read[0] == own and read[1] == own | {"id": "2"}
    assert read[2]["subject"] == [0, 3, "PER"]
