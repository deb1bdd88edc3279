"""doccano JSON lines: entities with relations, older triples, the units its page counts."""

from __future__ import annotations

import json

import pytest
from hypothesis import assume, given, settings
from marked_samples import ORIGIN, documents, sample, seeds, spans_of, with_origin

from lgtalent_ie.annotation.formats import doccano
from lgtalent_ie.annotation.marked import LOSABLE, Marked, Origin
from lgtalent_ie.errors import DataError


def rows(path):
    return [json.loads(line) for line in path.read_text("utf-8").split("\n") if line]


def exported(tmp_path, *lines):
    path = tmp_path / "all.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    return path


def test_gold_comes_back_as_the_annotators(tmp_path) -> None:
    assert doccano.LOSES.issubset(LOSABLE)
    doccano.write(seeds(), tmp_path / "a.jsonl")
    assert doccano.read(tmp_path / "a.jsonl", ORIGIN) == [with_origin(m) for m in seeds()]


@given(marked=documents())
@settings(max_examples=30, deadline=None)
def test_any_document_comes_back(tmp_path_factory, marked) -> None:
    assume(marked.text)
    path = tmp_path_factory.mktemp("any") / "a.jsonl"
    doccano.write([marked], path)
    assert doccano.read(path, ORIGIN) == [marked]


@given(marked=documents(scores=True))
@settings(max_examples=10, deadline=None)
def test_scores_are_lost_as_said(tmp_path_factory, marked) -> None:
    assume(marked.gold.mentions)
    path = tmp_path_factory.mktemp("any") / "a.jsonl"
    doccano.write([marked], path)
    [back] = doccano.read(path, ORIGIN)
    assert spans_of(back.gold) == spans_of(marked.gold)
    assert all(m.score is None for m in back.gold.mentions)


def test_the_form_of_the_file(tmp_path) -> None:
    one = sample(
        "한빛 구미", ("ORG", "한빛"), ("LOCATION", "구미"), relations=(("org:partner", 1, 2),)
    )
    doccano.write([one, one], tmp_path / "a.jsonl")
    first, second = rows(tmp_path / "a.jsonl")
    assert first["text"] == "한빛 구미" and first["document"] == "sample"
    assert first["entities"] == [
        {"id": 0, "label": "ORG", "start_offset": 0, "end_offset": 2},
        {"id": 1, "label": "LOCATION", "start_offset": 3, "end_offset": 5},
    ]
    assert first["relations"] == [{"id": 2, "from_id": 0, "to_id": 1, "type": "org:partner"}]
    assert second["entities"][0]["id"] == 3, "ids are one for the whole file"


def test_offsets_count_utf16_units_as_the_page_does(tmp_path) -> None:
    marked = sample("🚀 한빛", ("ORG", "한빛"))
    doccano.write([marked], tmp_path / "a.jsonl")
    assert rows(tmp_path / "a.jsonl")[0]["entities"][0]["start_offset"] == 3
    doccano.write([marked], tmp_path / "b.jsonl", offsets="character")
    assert rows(tmp_path / "b.jsonl")[0]["entities"][0]["start_offset"] == 2
    assert doccano.read(tmp_path / "b.jsonl", ORIGIN, "character") == [marked]


def test_an_export_with_ids_of_its_own_and_comments_is_read(tmp_path) -> None:
    path = exported(tmp_path, {
        "id": 41, "text": "한빛 구미", "source": "own",
        "entities": [{"id": 907, "label": "LOCATION", "start_offset": 3, "end_offset": 5},
                     {"id": 911, "label": "ORG", "start_offset": 0, "end_offset": 2}],
        "relations": [{"id": 5, "from_id": 911, "to_id": 907, "type": "org:place_of_headquarters"}],
        "Comments": ["구미가 맞나?"],
    })  # fmt: skip
    [marked] = doccano.read(path, ORIGIN)
    assert marked.gold.document == "all-41" and marked.gold.annotators == ORIGIN.annotators
    [link] = marked.gold.relations
    by_id = {m.id: m.label for m in marked.gold.mentions}
    assert (by_id[link.head], by_id[link.tail]) == ("ORG", "LOCATION")
    assert marked.notes == (f"{path}, line 1: comment: 구미가 맞나?",)


@pytest.mark.parametrize("field", ["label", "labels"])
def test_triples_of_older_releases_are_read(tmp_path, field) -> None:
    path = exported(tmp_path, {"text": "한빛 구미", field: [[0, 2, "ORG"], [3, 5, "LOCATION"]]})
    [marked] = doccano.read(path, ORIGIN)
    assert spans_of(marked.gold) == [("ORG", 0, 2), ("LOCATION", 3, 5)]
    assert marked.gold.document == "all-1"


def test_a_name_with_folders_becomes_the_name_of_a_file(tmp_path) -> None:
    path = exported(tmp_path, {"text": "한빛", "label": [], "document": "2023/06/a"})
    assert doccano.read(path, ORIGIN)[0].gold.document == "2023_06_a"


def test_records_of_a_corrected_document_come_back(tmp_path) -> None:
    doccano.write(seeds()[:1], tmp_path / "a.jsonl")
    [row] = rows(tmp_path / "a.jsonl")
    gone = next(e for e in row["entities"] if e["label"] == "DATE")
    row["entities"].remove(gone)
    row["relations"] = [r for r in row["relations"] if gone["id"] not in (r["from_id"], r["to_id"])]
    row["id"] = 1
    [back] = doccano.read(exported(tmp_path, row), Origin(("b2",), ORIGIN.marked))
    assert len(back.gold.dates) == len(seeds()[0].gold.dates) - 1
    assert back.gold.quotes == seeds()[0].gold.quotes
    assert any("is gone: left out of dates" in note for note in back.notes)


def entity(**fields):
    return {"id": 1, "label": "ORG", "start_offset": 0, "end_offset": 2} | fields


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"entities": []}, "missing required field `text`"),
        ({"text": "한빛"}, "no entities"),
        ({"text": "한빛", "entities": [], "label": []}, "entities and label"),
        ({"text": "한빛", "entities": [{"id": 1}]}, r"\$.entities\[0\]"),
        ({"text": "한빛", "label": [[0, "ORG"]]}, r"\$.label\[0\]"),
        ({"text": "한빛", "entities": [entity(label="FIRM")]}, r"\$.entities\[0\]: label 'FIRM'"),
        ({"text": "한빛", "entities": [entity(end_offset=0)]}, r"\$.entities\[0\].*reversed"),
        ({"text": "한빛", "entities": [entity(end_offset=9)]}, r"\$.entities\[0\].*from 0 to 2"),
        ({"text": "🚀", "entities": [entity(end_offset=1)]}, "utf16 units"),
        ({"text": "한빛", "entities": [entity(), entity(id=2)]}, r"\$.entities\[1\].*overlaps"),
        ({"text": "한빛", "entities": [entity(end_offset=1), entity(start_offset=1)]}, "id twice"),
        ({"text": "한빛", "entities": [entity()], "relations": [{"from_id": 1, "to_id": 2, "type": "x"}]},
         r"no entity 2 - at `\$.relations\[0\]`"),
        ({"text": "한빛", "entities": [], "lgtalent": {"format": 1}}, r"\$.lgtalent"),
    ],
)  # fmt: skip
def test_a_line_that_is_not_right_is_refused_by_number(tmp_path, row, said) -> None:
    path = exported(tmp_path, {"text": "글", "label": []}, row)
    with pytest.raises(DataError, match=said) as error:
        doccano.read(path, ORIGIN)
    assert "all.jsonl, line 2" in str(error.value)


def test_no_json_and_no_lines_are_refused(tmp_path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text"\n')
    with pytest.raises(DataError, match=r"a\.jsonl, line 1"):
        doccano.read(tmp_path / "a.jsonl", ORIGIN)
    (tmp_path / "b.jsonl").write_text("")
    with pytest.raises(DataError, match="empty"):
        doccano.read(tmp_path / "b.jsonl", ORIGIN)


def test_what_doccano_refuses_is_not_written(tmp_path) -> None:
    with pytest.raises(DataError, match="an empty text"):
        doccano.write([sample("")], tmp_path / "a.jsonl")
    with pytest.raises(DataError, match="no document to write"):
        doccano.write([], tmp_path / "a.jsonl")
    with pytest.raises(DataError, match="half a surrogate pair"):
        doccano.write([Marked(sample("\ud83d").gold, "\ud83d")], tmp_path / "a.jsonl")
