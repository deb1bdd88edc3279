"""Label Studio tasks: annotations and predictions, relations both ways, who marked it."""

from __future__ import annotations

import json
from datetime import date
from xml.etree import ElementTree

import msgspec
import pytest
from hypothesis import given, settings
from marked_samples import ORIGIN, documents, sample, seeds, spans_of

from lgtalent_ie.annotation.formats import label_studio
from lgtalent_ie.annotation.labels import RELATION_TYPES
from lgtalent_ie.annotation.marked import Origin
from lgtalent_ie.errors import DataError
from lgtalent_ie.evaluation.gold import GoldRelation
from lgtalent_ie.schema import LABELS

TEXT = "🚀 한빛이 구미에\n공장을 세운다."


def region(own="a1", start=2, end=4, label="ORG", **fields):
    value = {"start": start, "end": end, "labels": [label]} | fields
    return {"id": own, "from_name": "label", "to_name": "text", "type": "labels", "value": value}


def link(kind=("org:partner",), head="a1", tail="a2", direction="right"):
    return {
        "type": "relation",
        "from_id": head,
        "to_id": tail,
        "direction": direction,
        "labels": list(kind),
    }


def exported(tmp_path, *result, task=None, **annotation):
    path = tmp_path / "all.json"
    tasks = [
        {"id": 7, "data": {"text": TEXT}, "annotations": [{"result": list(result)} | annotation]}
        | (task or {})
    ]
    path.write_text(json.dumps(tasks), "utf-8")
    return path


def test_nothing_is_lost_of_gold(tmp_path) -> None:
    assert not label_studio.LOSES
    label_studio.write(seeds(), tmp_path / "a.json")
    assert label_studio.read(tmp_path / "a.json", ORIGIN) == list(seeds())


@given(marked=documents())
@settings(max_examples=30, deadline=None)
def test_any_document_comes_back(tmp_path_factory, marked) -> None:
    path = tmp_path_factory.mktemp("any") / "a.json"
    label_studio.write([marked], path)
    assert label_studio.read(path, Origin(("other",), date(2020, 1, 1))) == [marked]


@given(marked=documents(scores=True))
@settings(max_examples=30, deadline=None)
def test_any_prediction_comes_back_with_its_scores(tmp_path_factory, marked) -> None:
    path = tmp_path_factory.mktemp("any") / "a.json"
    label_studio.write([marked], path)
    [task] = json.loads(path.read_text("utf-8"))
    assert ("predictions" in task) == any(m.score is not None for m in marked.gold.mentions)
    assert label_studio.read(path, ORIGIN) == [marked]


def test_the_configuration_offers_all_labels_and_relations() -> None:
    view = ElementTree.fromstring(label_studio.labelling_config())
    assert [label.get("value") for label in view.iter("Label")] == list(LABELS)
    assert len({label.get("background") for label in view.iter("Label")}) == len(LABELS)
    assert [relation.get("value") for relation in view.iter("Relation")] == list(RELATION_TYPES)
    [text] = view.iter("Text")
    [labels] = view.iter("Labels")
    assert labels.get("toName") == text.get("name") and text.get("value") == "$text"


def test_the_form_of_a_task(tmp_path) -> None:
    marked = sample(
        TEXT,
        ("ORG", "한빛"),
        ("LOCATION", "구미"),
        relations=(("org:place_of_headquarters", 1, 2),),
    )
    task = label_studio.task_of(marked)
    assert task["data"] == {"text": TEXT, "document": "sample", "published": None}
    [annotation] = task["annotations"]
    # Behind the emoji, counted in code points as the page counts.
    assert annotation["result"] == [
        region("m1", 2, 4, text="한빛"),
        region("m2", 6, 8, "LOCATION", text="구미"),
        link(("org:place_of_headquarters",), "m1", "m2"),
    ]
    view = ElementTree.fromstring(label_studio.labelling_config())
    names = {tag.get("name") for tag in view.iter() if tag.get("name")}
    assert names == {annotation["result"][0]["from_name"], annotation["result"][0]["to_name"]}


def test_a_prediction_has_the_mean_score_and_the_models_name(tmp_path) -> None:
    marked = sample(TEXT, ("ORG", "한빛"))
    gold = marked.gold
    scored = tuple(msgspec.structs.replace(m, score=0.5) for m in gold.mentions)
    task = label_studio.task_of(
        type(marked)(msgspec.structs.replace(gold, mentions=scored, annotators=("kobert@1",)), TEXT)
    )
    [prediction] = task["predictions"]
    assert (prediction["model_version"], prediction["score"]) == ("kobert@1", 0.5)
    assert prediction["result"][0]["score"] == 0.5 and "annotations" not in task


def test_an_export_says_who_marked_it_and_when(tmp_path) -> None:
    path = exported(tmp_path, region(), completed_by=3, updated_at="2026-05-04T23:10:00.1Z")
    [marked] = label_studio.read(path, ORIGIN)
    assert (marked.gold.annotators, marked.gold.marked) == (("3",), date(2026, 5, 4))
    assert marked.gold.document == "all-7"
    by_mail = {"id": 3, "email": "kim@example.org", "first_name": ""}
    path = exported(tmp_path, region(), completed_by=by_mail, created_at="2026-05-03T01:00:00Z")
    [marked] = label_studio.read(path, ORIGIN)
    assert (marked.gold.annotators, marked.gold.marked) == (("kim@example.org",), date(2026, 5, 3))
    [marked] = label_studio.read(exported(tmp_path, region()), ORIGIN)
    assert (marked.gold.annotators, marked.gold.marked) == (ORIGIN.annotators, ORIGIN.marked)


def test_records_come_back_as_another_annotators(tmp_path) -> None:
    task = label_studio.task_of(seeds()[0])
    task["annotations"][0] |= {"completed_by": 5, "updated_at": "2026-05-04T00:00:00Z"}
    gone = next(
        r for r in task["annotations"][0]["result"] if r.get("value", {}).get("labels") == ["DATE"]
    )
    task["annotations"][0]["result"] = [
        r for r in task["annotations"][0]["result"]
        if r is not gone and gone["id"] not in (r.get("from_id"), r.get("to_id"))
    ]  # fmt: skip
    path = tmp_path / "a.json"
    path.write_text(json.dumps(task), "utf-8")
    [back] = label_studio.read(path, ORIGIN)
    assert back.gold.annotators == ("5",) and back.gold.document == seeds()[0].gold.document
    assert len(back.gold.dates) == len(seeds()[0].gold.dates) - 1
    assert any("left out of dates" in note for note in back.notes)


def test_every_annotation_of_a_task_is_a_document_and_predictions_give_way(tmp_path) -> None:
    task = {
        "annotations": [
            {"result": [region()], "completed_by": 1},
            {"result": [region(end=3)], "completed_by": 2},
            {"result": [], "completed_by": 3, "was_cancelled": True},
        ],
        "predictions": [{"result": []}],
    }
    found = label_studio.read(exported(tmp_path, task=task), ORIGIN)
    assert [(m.gold.annotators, spans_of(m.gold)) for m in found] == [
        (("1",), [("ORG", 2, 4)]), (("2",), [("ORG", 2, 3)]),
    ]  # fmt: skip


def test_an_export_names_its_predictions_by_number(tmp_path) -> None:
    task = {"annotations": [{"result": [region()], "completed_by": 1}], "predictions": [7]}
    [found] = label_studio.read(exported(tmp_path, task=task), ORIGIN)
    assert spans_of(found.gold) == [("ORG", 2, 4)]


def test_a_task_without_marks_is_left_out_with_a_warning(tmp_path) -> None:
    path = exported(tmp_path, region())
    tasks = json.loads(path.read_text())
    skipped = {"data": {"text": "글"}, "annotations": [{"result": [], "was_cancelled": True}]}
    path.write_text(json.dumps([*tasks, skipped, {"data": {"text": "글"}}]))
    with pytest.warns(UserWarning, match=r"at `\$\[[12]\]`: task left out") as told:
        assert len(label_studio.read(path, ORIGIN)) == 1
    assert len(told) == 2


@pytest.mark.parametrize(
    ("direction", "ends"),
    [("right", [("a1", "a2")]), ("left", [("a2", "a1")]), ("bi", [("a1", "a2"), ("a2", "a1")])],
)
def test_relations_point_both_ways(tmp_path, direction, ends) -> None:
    path = exported(tmp_path, link(direction=direction), region(), region("a2", 6, 8, "LOCATION"))
    [marked] = label_studio.read(path, ORIGIN)
    assert marked.gold.relations == tuple(GoldRelation("org:partner", *pair) for pair in ends)


@pytest.mark.parametrize("words", ["구미에\n공장", "구미에\\n공장"])
def test_line_breaks_in_the_words_of_a_region_may_be_escaped(tmp_path, words) -> None:
    [marked] = label_studio.read(exported(tmp_path, region(start=6, end=12, text=words)), ORIGIN)
    assert spans_of(marked.gold) == [("ORG", 6, 12)]


def test_releases_that_counted_utf16_units_are_named_and_read_on_request(tmp_path) -> None:
    path = exported(tmp_path, region(start=3, end=5, text="한빛"))
    with pytest.raises(DataError, match=r"result\[0\].*read it with --offsets utf16"):
        label_studio.read(path, ORIGIN)
    assert spans_of(label_studio.read(path, ORIGIN, "utf16")[0].gold) == [("ORG", 2, 4)]


@pytest.mark.parametrize(
    ("result", "said"),
    [
        ([region(label="FIRM")], r"result\[0\]: label 'FIRM'"),
        ([region(labels=[])], r"result\[0\]: labels \[\]"),
        ([region(labels=["ORG", "EVENT"])], r"result\[0\]: labels"),
        ([region(start=4, end=2)], r"result\[0\]: span 4\.\.2, reversed"),
        ([region(end=99)], r"result\[0\]: span 2\.\.99"),
        ([region(), region("a2", 3, 5)], r"result\[1\]: span 3\.\.5 overlaps 2\.\.4 of .*result\[0\]"),
        ([region(), region()], "overlaps"),
        ([region(), region("a1", 6, 8)], "an id twice"),
        ([region(text="구미")], r"'구미' at 2\.\.4, where the text has '한빛'"),
        ([region(start="2")], r"Expected `int`, got `str` - at `\$\[0\]\.annotations\[0\]\.result\[0\]\.value\.start`"),
        ([{"type": "choices", "value": {"choices": ["x"]}}], r"'choices' - at `\$\[0\]\.annotations\[0\]\.result\[0\]\.type`"),
        ([region(), link()], r"result\[1\]: no region 'a2'"),
        ([region(), link((), tail="a1")], r"result\[1\]: a relation without a label"),
        ([region(), link(tail="a1", direction="up")], r"result\[1\]: direction 'up'"),
    ],
)  # fmt: skip
def test_a_result_that_is_not_right_is_refused_with_its_place(tmp_path, result, said) -> None:
    with pytest.raises(DataError, match=said) as error:
        label_studio.read(exported(tmp_path, *result), ORIGIN)
    assert "all.json" in str(error.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[\n{", "line 2"),
        ("[]", "without marks"),
        ("3", "Expected `object`"),
        ('[{"id": 1}]', r"missing required field `data` - at `\$\[0\]`"),
        ('[{"data": {"body": "글"}, "annotations": [{"result": []}]}]', r"\$\[0\]\.data: no text"),
        ('[{"data": {"text": "글"}, "meta": {"lgtalent": {}}, "annotations": [{"result": []}]}]', r"meta\.lgtalent"),
    ],
)  # fmt: skip
def test_a_file_that_is_not_right_is_refused(tmp_path, content, said) -> None:
    (tmp_path / "a.json").write_text(content)
    with pytest.raises(DataError, match=said) as error:
        label_studio.read(tmp_path / "a.json", ORIGIN)
    assert "a.json" in str(error.value)


def test_an_empty_set_is_not_written(tmp_path) -> None:
    with pytest.raises(DataError, match="no document to write"):
        label_studio.write([], tmp_path / "a.json")
