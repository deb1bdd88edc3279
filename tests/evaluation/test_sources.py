"""Gold, texts and predictions are found by name; what does not fit is named with file and line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lgtalent_ie.errors import DataError, InputError, LgtalentError
from lgtalent_ie.evaluation.documents import evaluate_documents
from lgtalent_ie.evaluation.gold import GoldDocument, decode_gold, text_sha256
from lgtalent_ie.evaluation.sources import (
    find_text,
    prediction_source,
    read_collections,
    read_document,
    read_gold,
)
from lgtalent_ie.schema import Count, Document, Mention, Quote, Span, Speaker

TEXT = '미르전자는 연구원 12명을 뽑았다. 소장은 "기쁘다"고 말했다.'


def gold_data(document: str = "a", **more: Any) -> dict[str, Any]:
    return {
        "format": 1, "document": document, "sha256": text_sha256(TEXT), "length": len(TEXT),
        "published": None, "guidelines": 1, "annotators": ["t"], "marked": "2026-01-15",
        "mentions": [{"id": "m1", "label": "ORG", "start": 0, "end": 4}],
    } | more  # fmt: skip


def gold(document: str = "a", **more: Any) -> GoldDocument:
    return decode_gold(json.dumps(gold_data(document, **more)).encode(), document)


def lines(path: Path, *rows: Mapping[str, Any]) -> Path:
    path.write_text("\n".join(json.dumps(row) for row in rows) + "\n", encoding="utf-8")
    return path


def found(text: str = TEXT) -> Document:
    return Document(text, "m", mentions=(Mention("m1", "ORG", 0, 4, text[:4], 0.9),))


def predicted(name: str, document: Document | None = None) -> dict[str, Any]:
    return {"id": name} | (document or found()).to_dict()


# ---------------------------------------------------------------- gold


def test_gold_is_a_folder_a_file_or_a_line_each(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.json").write_text(json.dumps(gold_data(name)))
    path = lines(tmp_path / "all.jsonl", gold_data("a"), gold_data("b"))
    names = [[g.document for g in read_gold(p)] for p in (tmp_path, path, tmp_path / "b.json")]
    assert names == [["a", "b"], ["a", "b"], ["b"]]


@pytest.mark.parametrize(
    ("content", "said"),
    [("", "without a line"), ("\n \n", "without a line"), ("{}\n", "line 1"),
     (json.dumps(gold_data()) + "\n" + json.dumps(gold_data()), "'a' 2 times"),
     (json.dumps(gold_data()) + "\n" + json.dumps(gold_data("b", length=3)), "line 2"),
     (json.dumps(gold_data(mentions=[{"id": "m1", "label": "FIRM", "start": 0, "end": 4}])), "line 1.*FIRM")],
)  # fmt: skip
def test_wrong_gold_is_named(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_text(content)
    with pytest.raises(DataError, match=said) as caught:
        read_gold(path)
    assert str(path) in caught.value.given


# ---------------------------------------------------------------- texts


def test_a_text_is_in_gold_in_a_file_or_in_a_row(tmp_path: Path) -> None:
    assert find_text(gold(text=TEXT), []) == TEXT
    assert find_text(gold(), [tmp_path]) is None
    (tmp_path / "a.txt").write_bytes(TEXT.encode())
    assert find_text(gold(), [tmp_path / "nowhere", tmp_path]) == TEXT
    lines(
        tmp_path / "rows.jsonl",
        {"id": "x", "text": "다른 글"},
        {"id": "r#1", "text": TEXT, "spans": []},
    )
    assert find_text(gold("rows.jsonl#r#1"), [tmp_path]) == TEXT
    assert find_text(gold("rows.jsonl#r2"), [tmp_path]) is None
    assert find_text(gold("others.jsonl#r1"), [tmp_path]) is None


def test_a_row_of_another_text_is_refused(tmp_path: Path) -> None:
    lines(tmp_path / "rows.jsonl", {"id": "r1", "text": TEXT + "."})
    with pytest.raises(DataError, match=r"rows\.jsonl#r1"):
        find_text(gold("rows.jsonl#r1"), [tmp_path])


@pytest.mark.parametrize("line", ["{", '{"id": "r1"}', '{"id": "x", "text": "가"}'])
def test_a_line_that_is_no_row_is_named(tmp_path: Path, line: str) -> None:
    first = json.dumps({"id": "x", "text": "나"})
    (tmp_path / "rows.jsonl").write_text(f"{first}\n{line}\n")
    with pytest.raises(DataError, match=r"rows\.jsonl, line 2"):
        find_text(gold("rows.jsonl#r1"), [tmp_path])


# ---------------------------------------------------------------- predictions


@pytest.mark.parametrize(
    ("name", "document"),
    [("a", "a"), ("a.txt", "a"), ("news/2023/a.txt", "a"), ("rows.jsonl#r1", "rows.jsonl#r1"),
     ("r1", "rows.jsonl#r1"), ("1.5억 투자", "1.5억 투자")],
)  # fmt: skip
def test_a_line_is_found_by_its_id(tmp_path: Path, name: str, document: str) -> None:
    path = lines(tmp_path / "found.jsonl", predicted("other"), predicted(name))
    unused: list[str] = []
    source = prediction_source(path, [gold(document)], unused)
    answer = source(gold(document), TEXT)
    assert isinstance(answer, Document) and answer.mentions == found().mentions
    assert unused == ["other"]


def test_a_gold_document_without_a_prediction_is_missing(tmp_path: Path) -> None:
    path = lines(tmp_path / "found.jsonl", predicted("a"))
    lines(tmp_path / "gold.jsonl", *(gold_data(name, text=TEXT) for name in "ab"))
    scores = evaluate_documents(tmp_path / "gold.jsonl", path, [])
    assert scores.documents == 1
    assert scores.missing == ("b: no prediction",)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([predicted("x")], r"found\.jsonl with 'x'"),  # no id that gold has
        ([predicted("a"), predicted("a")], "lines 1 and 2: both for 'a'"),
        ([predicted("p/a.txt"), predicted("q/a.txt")], "lines 1 and 2: both for 'a'"),
        ([predicted("a"), {"name": "b"}], "line 2"),
        ([["a"]], "line 1"),
    ],
)
def test_wrong_predictions_are_named(tmp_path: Path, rows: list[Any], said: str) -> None:
    path = lines(tmp_path / "found.jsonl", *rows)
    with pytest.raises(DataError, match=said):
        prediction_source(path, [gold()])


def test_a_line_for_two_documents_is_refused(tmp_path: Path) -> None:
    path = lines(tmp_path / "found.jsonl", predicted("r1"))
    with pytest.raises(DataError, match=r"'a\.jsonl#r1' and 'b\.jsonl#r1'"):
        prediction_source(path, [gold("a.jsonl#r1"), gold("b.jsonl#r1")])


def test_predictions_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.jsonl"):
        prediction_source(tmp_path / "none.jsonl", [gold()])


QUOTE = Quote(
    "q1", 25, 28, TEXT[25:28], "direct", None, 1.0,
    speaker=Speaker(20, 22, TEXT[20:22]), cue=Span(31, 34, TEXT[31:34]),
)  # fmt: skip
COUNT = Count(
    None, 6, 13, TEXT[6:13], 12, None, None, "명", "person", "exact", None, Span(6, 9, TEXT[6:9])
)


@pytest.mark.parametrize(
    ("document", "error", "said"),
    [
        (found(TEXT + "!"), InputError, "36 characters"),
        (replace(found(TEXT[::-1]), extracted=True), DataError, "its own text"),
        (replace(found(), mentions=(Mention("m1", "ORG", 1, 5, "미르전자", 1.0),)), DataError, "'미르전자' at 1..5"),
        (replace(found(), mentions=(Mention("m1", "ORG", 0, 4000, "미르전자", 1.0),)), DataError, "at 0..4000"),
        (replace(found(), quotes=(replace(QUOTE, start=23, end=26),)), DataError, "at 23..26"),
        (replace(found(), quotes=(replace(QUOTE, cue=Span(0, 2, "말했")),)), DataError, "at 0..2"),
        (replace(found(), counts=(replace(COUNT, of=Span(5, 8, "연구원")),)), DataError, "at 5..8"),
        (replace(found(), mentions=(Mention("m1", "FIRM", 0, 4, "미르전자", 1.0),)), InputError, "FIRM"),  # type: ignore[arg-type]
    ],
)  # fmt: skip
def test_a_prediction_of_another_text_is_named(
    document: Document, error: type[LgtalentError], said: str
) -> None:
    with pytest.raises(error, match=said) as caught:
        read_document(document.to_json().encode(), TEXT, "found.jsonl, line 7")
    assert "found.jsonl, line 7" in caught.value.given


def test_a_prediction_of_the_text_is_read() -> None:
    document = replace(found(), quotes=(QUOTE,), counts=(COUNT,))
    assert read_document(document.to_json().encode(), TEXT, "x") == document


def test_a_folder_of_folders_and_lines_is_several_collections(tmp_path: Path) -> None:
    def gold(name: str) -> str:
        return json.dumps(gold_data(name))

    for folder in ("gold/press", "gold/more/lines"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "gold/press/a.json").write_text(gold("a"))
    (tmp_path / "gold/press/b.json").write_text(gold("b"))
    (tmp_path / "gold/more/lines/c.jsonl").write_text(gold("c1") + "\n" + gold("c2") + "\n")
    found = read_collections(tmp_path / "gold")
    assert {name: [g.document for g in own] for name, own in found.items()} == {
        "c": ["c1", "c2"], "press": ["a", "b"],
    }  # fmt: skip
    alone = read_collections(tmp_path / "gold" / "press")
    assert alone == {"press": read_gold(tmp_path / "gold" / "press")}
    (tmp_path / "gold/more/d.jsonl").write_text(gold("a"))
    with pytest.raises(DataError, match="'a' 2 times"):
        read_collections(tmp_path / "gold")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="without"):
        read_collections(tmp_path / "empty")
