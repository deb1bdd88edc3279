"""Marks back from people: what they changed, what that breaks, what is kept, what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unicodedata import normalize

import msgspec
import pytest
from annotated_article import PERSON, TEXT, at, exported, renamed

from lgtalent_ie.annotation.formats import brat, conll, doccano, klue_tsv, label_studio, standoff
from lgtalent_ie.annotation.importing import (
    Imported,
    difference,
    import_marks,
    read_exported,
    valued_records,
)
from lgtalent_ie.annotation.marked import Marked, OffsetUnit, convert, counted, without_scores
from lgtalent_ie.annotation.tools import FORMATS, format_named
from lgtalent_ie.errors import DataError, InputError
from lgtalent_ie.evaluation.gold import GoldMention

Edit = Callable[[Any], None]


def task_file(folder: Path, *edits: Edit, documents: tuple[Marked, ...] = ()) -> Path:
    """What Label Studio gives back after people have worked: predictions turned annotations."""
    path = folder / "tasks.json"
    label_studio.write(documents or (exported(),), path)
    tasks = json.loads(path.read_text("utf-8"))
    for task in tasks:
        [prediction] = task.pop("predictions")
        task["annotations"] = [{"result": prediction["result"]}]
    for edit in edits:
        edit(tasks[0]["annotations"][0]["result"])
    path.write_text(json.dumps(tasks), "utf-8")
    return path


def imported(path: Path, *documents: Marked, form: str = "label_studio", **more: Any) -> Imported:
    known = {marked.gold.document: marked for marked in documents or (exported(),)}
    return import_marks(form, path, PERSON, known, **more)


def kinds(found: Imported) -> list[tuple[str, bool]]:
    return [(finding.kind, finding.needs_person) for finding in found.findings]


def region(result: list[Any], number: int) -> Any:
    return next(item for item in result if item.get("id") == f"m{number}")


def delete(number: int, relations: bool = True) -> Edit:
    """Delete a mention, as Label Studio does with the relations that name it."""

    def edit(result: list[Any]) -> None:
        name = f"m{number}"
        result[:] = [
            item for item in result
            if item.get("id") != name
            and not (relations and name in (item.get("from_id"), item.get("to_id")))
        ]  # fmt: skip

    return edit


def respan(number: int, start: int, end: int) -> Edit:
    def edit(result: list[Any]) -> None:
        region(result, number)["value"].update(start=start, end=end, text=TEXT[start:end])

    return edit


def relabel(number: int, label: str) -> Edit:
    return lambda result: region(result, number)["value"].update(labels=[label])


def add(label: str, words: str) -> Edit:
    start, end = at(words)
    value = {"start": start, "end": end, "text": words, "labels": [label]}
    new = {"id": "x9Yz", "from_name": "label", "to_name": "text", "type": "labels", "value": value}
    return lambda result: result.append(new)


def test_marks_that_nobody_changed_come_back_as_they_went_but_for_who_made_them(
    tmp_path: Path,
) -> None:
    found = imported(task_file(tmp_path))
    assert found.findings == ()
    expected = msgspec.structs.replace(
        without_scores(exported().gold), annotators=("kim",), marked=PERSON.marked
    )
    assert found.documents == (Marked(expected, TEXT),)


def test_a_deleted_number_takes_its_count_along_and_its_relation_and_fact_need_a_person(
    tmp_path: Path,
) -> None:
    found = imported(task_file(tmp_path, delete(3)))
    assert kinds(found) == [
        ("note", False), ("note", False),
        ("mention deleted", False),
        ("relation lost", True),
        ("record dropped", False),
        ("record to check", True),
    ]  # fmt: skip
    [lost, fact] = found.conflicts
    assert "talent:joined" in lost.detail and "'12명'" in lost.detail
    assert "count of the fact 'hire'" in fact.detail
    gold = found.documents[0].gold
    assert gold.counts == () and gold.facts[0].counts == ()
    assert [d.value for d in gold.dates] == ["2024-03-05"], "of a mention that nobody touched"


def test_a_date_of_other_words_is_kept_and_must_be_looked_at(tmp_path: Path) -> None:
    start, end = at("3월 5일")
    found = imported(task_file(tmp_path, respan(2, start, end)))
    assert ("mention changed", False) in kinds(found)
    [conflict] = found.conflicts
    assert conflict.kind == "record to check"
    assert "2024-03-05 may no longer be right" in conflict.detail and "'3월 5일'" in conflict.detail


def test_a_deleted_name_of_a_speaker_needs_a_person(tmp_path: Path) -> None:
    found = imported(task_file(tmp_path, delete(4)))
    said = [conflict.detail for conflict in found.conflicts]
    assert any("names the speaker of the quote" in detail for detail in said)
    assert any("per:title" in detail for detail in said)
    assert found.documents[0].gold.quotes[0].name_mention is None
    assert found.documents[0].gold.quotes[0].cue is not None


def test_a_deleted_name_of_an_organisation_needs_a_person(tmp_path: Path) -> None:
    found = imported(task_file(tmp_path, delete(1)))
    assert any("1 other mentions" in conflict.detail for conflict in found.conflicts)
    assert found.documents[0].gold.organizations[0].mentions == ("m6",)


def test_without_the_export_what_travelled_along_still_tells_what_rests_on_a_change(
    tmp_path: Path,
) -> None:
    found = import_marks("label_studio", task_file(tmp_path, delete(3)), PERSON)
    assert [c.kind for c in found.conflicts] == ["note", "note"]
    assert "'m3' is gone" in found.conflicts[0].detail


def test_new_mentions_need_the_records_that_such_mentions_have(tmp_path: Path) -> None:
    found = imported(task_file(tmp_path, add("ORG", "연구원"), relabel(5, "PERSON")))
    assert ("mention added", False) in kinds(found) and ("mention changed", False) in kinds(found)
    assert [c.kind for c in found.conflicts] == ["record to check", "record missing"]
    assert "per:title rests on it" in found.conflicts[0].detail
    assert "nothing in organizations names it" in found.conflicts[1].detail
    assert valued_records([exported()]) == {"organizations", "dates", "counts"}


def test_relations_that_people_took_out_or_drew_are_told(tmp_path: Path) -> None:
    def edit(result: list[Any]) -> None:
        result[:] = [item for item in result if item.get("labels") != ["per:title"]]
        result.append(
            {
                "type": "relation",
                "from_id": "m4",
                "to_id": "m1",
                "direction": "right",
                "labels": ["per:employee_of"],
            }
        )

    found = imported(task_file(tmp_path, edit))
    assert kinds(found) == [("relation deleted", False), ("relation added", False)]
    assert "'김하늘'" in found.findings[1].detail
    assert found.conflicts == ()


def test_mentions_that_all_moved_by_the_same_were_counted_in_other_units(tmp_path: Path) -> None:
    def shift(result: list[Any]) -> None:
        for item in result:
            if item["type"] == "labels":
                start, end = item["value"]["start"] + 1, item["value"]["end"] + 1
                item["value"].update(start=start, end=end, text=TEXT[start:end])

    found = imported(task_file(tmp_path, shift))
    [moved] = [f for f in found.findings if f.kind == "offsets moved"]
    assert moved.needs_person and "6 mentions stand 1 characters later" in moved.detail


def test_offsets_in_other_units_are_named_and_can_be_converted(tmp_path: Path) -> None:
    def in_utf16(result: list[Any]) -> None:
        for item in result:
            if item["type"] == "labels":
                value = item["value"]
                value["start"], value["end"] = counted(
                    [value["start"], value["end"]], TEXT, "utf16"
                )

    path = task_file(tmp_path, in_utf16)
    refused = imported(path)
    assert refused.documents == () and "--offsets utf16" in refused.conflicts[0].detail
    assert imported(path, offsets="utf16").findings == ()


def test_units_are_refused_for_a_format_without_offsets(tmp_path: Path) -> None:
    klue_tsv.write([exported()], tmp_path / "a.tsv")
    with pytest.raises(InputError, match="no offsets to convert"):
        imported(tmp_path / "a.tsv", form="klue_tsv", offsets="byte")


def test_every_fault_of_a_task_is_told_and_the_other_documents_are_read(tmp_path: Path) -> None:
    second = renamed(exported(), "second")
    path = task_file(
        tmp_path, relabel(1, "COMPANY"), relabel(3, "NUMBER"), respan(4, 3, 9000),
        documents=(exported(), second),
    )  # fmt: skip
    found = imported(path, exported(), second)
    assert [marked.gold.document for marked in found.documents] == ["second"]
    reasons = [f.detail for f in found.conflicts if f.kind == "refused"]
    assert len(reasons) == 3
    for number, words in enumerate(("'COMPANY'", "'NUMBER'", "9000")):
        place = f"$[0].annotations[0].result[{(0, 2, 3)[number]}]"
        assert words in reasons[number] and place in reasons[number], reasons
        assert str(path) in reasons[number]


def test_every_fault_of_a_brat_folder_is_told_with_its_line(tmp_path: Path) -> None:
    brat.write([exported(), renamed(exported(), "second")], tmp_path)
    file = tmp_path / "article.ann"
    lines = file.read_text("utf-8").replace("ORG ", "COMPANY ", 1).split("\n")
    lines[3] = lines[3].replace("김하늘", "김바다")
    file.write_text("\n".join(lines), "utf-8")
    found = imported(tmp_path, exported(), renamed(exported(), "second"), form="brat")
    assert [marked.gold.document for marked in found.documents] == ["second"]
    reasons = [f.detail for f in found.conflicts if f.kind == "refused"]
    assert len(reasons) == 2
    assert f"{file}, line 1" in reasons[0] and "COMPANY" in reasons[0]
    assert f"{file}, line 4" in reasons[1] and "김바다" in reasons[1]


def test_every_fault_of_a_doccano_line_is_told(tmp_path: Path) -> None:
    path = tmp_path / "all.jsonl"
    doccano.write([renamed(exported(), "second"), exported()], path)
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    for entity in rows[1]["entities"][:2]:
        entity["label"] = "WHAT"
    path.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    found = imported(path, exported(), renamed(exported(), "second"), form="doccano")
    reasons = [f.detail for f in found.conflicts if f.kind == "refused"]
    assert [f"line 2, $.entities[{n}]" in reason for n, reason in enumerate(reasons)] == [True] * 2
    assert [marked.gold.document for marked in found.documents] == ["second"]


def test_marks_that_overlap_are_found_behind_the_faults_of_single_ones(tmp_path: Path) -> None:
    start, _ = at("팀장")
    found = imported(task_file(tmp_path, relabel(1, "X"), respan(4, at("김하늘")[0], start + 1)))
    reasons = [f.detail for f in found.conflicts]
    assert len(reasons) == 2 and "overlap" in reasons[1]


def test_a_relation_of_a_deleted_mention_left_in_the_file_is_refused(tmp_path: Path) -> None:
    found = imported(task_file(tmp_path, delete(5, relations=False)))
    [conflict] = found.conflicts
    assert "no region 'm5'" in conflict.detail and found.documents == ()


def test_a_changed_text_is_told_and_left_out(tmp_path: Path) -> None:
    path = tmp_path / "all.conll"
    changed = TEXT.replace("\n", "\r\n")
    gold = msgspec.structs.replace(renamed(exported(), "article").gold, document="article")
    marks = [GoldMention(m.id, m.label, m.start, m.end) for m in gold.mentions[:3]]
    from lgtalent_ie.annotation.marked import from_mentions

    conll.write([from_mentions("article", changed, marks, (), PERSON)], path)
    found = imported(path, form="conll")
    [conflict] = found.conflicts
    assert conflict.kind == "text changed" and "only line ends differ" in conflict.detail
    assert found.documents == ()


@pytest.mark.parametrize(
    "was, now, says",
    [
        ("가나", "가나다", "from 2 on"),
        ("한빛", normalize("NFD", "한빛"), "only the composition"),
        ("가 나", "가나", "only blanks"),
    ],
)
def test_where_two_texts_part(was: str, now: str, says: str) -> None:
    assert says in difference(was, now)


def test_a_format_that_knows_spans_alone_gets_its_records_and_ids_back(tmp_path: Path) -> None:
    klue_tsv.write([exported()], tmp_path / "a.tsv")
    found = imported(tmp_path / "a.tsv", form="klue_tsv")
    assert found.findings == ()
    [marked] = found.documents
    was = without_scores(exported().gold)
    assert (marked.gold.mentions, marked.gold.relations) == (was.mentions, was.relations)
    assert (marked.gold.dates, marked.gold.facts) == (was.dates, was.facts)
    alone = import_marks("klue_tsv", tmp_path / "a.tsv", PERSON)
    assert alone.documents[0].gold.dates == () and alone.findings == ()


def test_records_come_back_where_the_tool_was_not_given_them(tmp_path: Path) -> None:
    path = task_file(tmp_path)
    tasks = json.loads(path.read_text("utf-8"))
    del tasks[0]["meta"]
    path.write_text(json.dumps(tasks), "utf-8")
    assert imported(path).documents[0].gold.counts == exported().gold.counts


def test_a_document_that_comes_twice_is_taken_once_or_not_at_all(tmp_path: Path) -> None:
    path = task_file(tmp_path)
    tasks = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps(tasks * 2), "utf-8")
    same = imported(path)
    assert kinds(same) == [("duplicate document", False)] and len(same.documents) == 1
    other = json.loads(json.dumps(tasks[0]))
    del other["annotations"][0]["result"][1]
    path.write_text(json.dumps([*tasks, other]), "utf-8")
    unlike = imported(path)
    assert unlike.documents == ()
    assert "annotate merge" in unlike.conflicts[0].detail


def test_one_text_under_two_names_is_told(tmp_path: Path) -> None:
    standoff.write([exported("one"), exported("two")], tmp_path)
    found = imported(tmp_path, exported("one"), exported("two"), form="standoff")
    assert [c.kind for c in found.conflicts] == ["duplicate document"]


def test_documents_that_were_not_exported_or_did_not_come_back_are_told(tmp_path: Path) -> None:
    path = task_file(tmp_path)
    found = imported(path, renamed(exported(), "other"), renamed(exported(), "another"))
    assert kinds(found) == [
        ("unknown document", True), ("document missing", False), ("document missing", False),
    ]  # fmt: skip


def test_a_skipped_task_is_told(tmp_path: Path) -> None:
    path = task_file(tmp_path, documents=(exported(), renamed(exported(), "second")))
    tasks = json.loads(path.read_text("utf-8"))
    tasks[1]["annotations"][0]["was_cancelled"] = True
    path.write_text(json.dumps(tasks), "utf-8")
    found = imported(path, exported(), renamed(exported(), "second"))
    assert ("refused", True) in kinds(found) and ("document missing", False) in kinds(found)


def test_a_file_that_is_none_is_refused_whole(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("[{")
    found = imported(tmp_path / "a.json")
    assert found.documents == () and "a.json" in found.conflicts[0].detail
    with pytest.raises(DataError, match="not there"):
        imported(tmp_path / "b.json")


def test_what_was_exported_is_read_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "x.exported.jsonl"
    standoff.write([exported()], tmp_path / "x.jsonl")
    path.write_bytes((tmp_path / "x.jsonl").read_bytes())
    assert read_exported(path) == {"article": exported()}
    path.write_text("\n{}\n")
    with pytest.raises(DataError, match="line 2"):
        read_exported(path)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_there_by_its_name(name: str) -> None:
    module = format_named(name)
    assert callable(module.write) and callable(module.read) and isinstance(module.LOSES, frozenset)


def test_an_unknown_format_is_refused_with_the_list() -> None:
    with pytest.raises(InputError, match="brat"):
        format_named("prodigy")


@pytest.mark.parametrize("unit", ["utf16", "byte"])
def test_stand_off_in_other_units_is_converted(tmp_path: Path, unit: OffsetUnit) -> None:
    standoff.write([exported()], tmp_path)
    path = tmp_path / "article.json"
    content = json.loads(path.read_text("utf-8"))
    for mention in content["mentions"]:
        mention["start"], mention["end"] = counted([mention["start"], mention["end"]], TEXT, unit)
    for record in ("organizations", "dates", "counts", "quotes", "relations", "facts"):
        del content[record]
    path.write_text(json.dumps(content), "utf-8")
    found = import_marks("standoff", path, PERSON, None, unit)
    spans = [(m.start, m.end) for m in found.documents[0].gold.mentions]
    assert spans == [(m.start, m.end) for m in exported().gold.mentions]
    assert convert([0], TEXT, unit) == [0]
