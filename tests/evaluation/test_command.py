"""`lgtalent evaluate documents`: scores, the comparison with recorded ones, what is missing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from click.testing import CliRunner
from tiny_models import tiny_tagger

from lgtalent_ie.cli import command
from lgtalent_ie.errors import DataError
from lgtalent_ie.evaluation.command import ReportOptions, compare, mark, read_recorded, run
from lgtalent_ie.evaluation.documents import Difference
from lgtalent_ie.evaluation.gold import text_sha256
from lgtalent_ie.model.loading import save_model
from lgtalent_ie.schema import Document

TEXT = "새별전자는 지난해 연구원 12명을 새로 뽑았다고 밝혔다."


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model, a text, and gold that says that 12명 is a quantity."""
    tagger = tiny_tagger()
    with torch.no_grad():
        tagger.heads["mentions"].bias[0] = 100.0  # sees no names, so that only the grammars speak
    save_model(tagger, tmp_path / "model")
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "a.txt").write_bytes(TEXT.encode())
    gold = {
        "format": 1, "document": "a", "sha256": text_sha256(TEXT), "length": len(TEXT),
        "published": "2023-06-21", "guidelines": 1, "annotators": ["t"], "marked": "2024-01-01",
        "mentions": [{"id": "m1", "label": "QUANTITY", "start": 14, "end": 17}],
    }  # fmt: skip
    (tmp_path / "gold").mkdir()
    (tmp_path / "gold" / "a.json").write_text(json.dumps(gold))
    return tmp_path


def evaluate(folder: Path, texts: str = "texts", **options: Any) -> int:
    return run(folder / "gold", None, [folder / texts], model=str(folder / "model"), **options)


def test_scores_are_recorded_and_compared(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record, out = folder / "scores.json", folder / "out.json"
    assert evaluate(folder, record=record, json=out) == 0
    assert evaluate(folder, against=record) == 0
    made = json.loads(record.read_text())
    assert made["records"] == json.loads(out.read_text())["records"]
    assert made["records"]["mentions/QUANTITY"]["recall"] == 1.0
    made["records"]["mentions"]["f1"] += 0.02
    # As if 지난해 had not been found before.
    errors = made["errors"]["a"]
    assert ["mentions", "spurious", 6, 9] in [own[:4] for own in errors]
    made["errors"]["a"] = [own for own in errors if own[0] != "mentions"]
    record.write_text(json.dumps(made))
    capsys.readouterr()
    assert evaluate(folder, against=record) == 1
    said = capsys.readouterr().err
    assert "fallen: mentions" in said
    assert "new spurious mentions a      6 '지난해' DATE" in said
    assert said.count("new spurious") == 1


def test_scores_can_be_printed_as_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate(folder, json=Path("-")) == 0
    made = json.loads(capsys.readouterr().out)
    assert made["documents"] == 1
    assert set(made) == {
        "documents", "missing", "records", "auprc", "calibration", "schemes", "errors"
    }  # fmt: skip
    assert made["errors"] == {"spurious": 1}


def test_a_record_without_errors_lists_those_of_today(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record = folder / "scores.json"
    record.write_text(json.dumps({"mentions": {"f1": 0.9}}))
    assert evaluate(folder, against=record) == 1
    said = capsys.readouterr().err
    assert "no errors to compare with" in said
    assert "spurious mentions a      6 '지난해' DATE" in said


def test_a_record_holds_no_words(folder: Path) -> None:
    record = folder / "scores.json"
    evaluate(folder, record=record)
    assert "지난해" not in record.read_text()
    other = Difference("mentions", "spurious", 6, 9, "지난달", "DATE")
    assert mark(other)[:4] == ("mentions", "spurious", 6, 9)
    assert mark(other) not in (read_recorded(record).errors or {})["a"]
    assert mark(other._replace(text="지난해")) in (read_recorded(record).errors or {})["a"]


def test_differences_are_listed_with_their_text(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    evaluate(folder, list_differences=True)
    printed = capsys.readouterr().out
    assert "spurious" in printed and "'지난해'" in printed


def test_what_is_not_scored_is_told_and_the_exit_code_says_so(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = json.loads((folder / "gold" / "a.json").read_text())
    (folder / "gold" / "b.json").write_text(json.dumps(data | {"document": "b"}))
    record = folder / "scores.json"
    assert evaluate(folder, record=record) == 1
    assert "not scored: b: no text" in capsys.readouterr().err
    assert evaluate(folder, allow_missing=True, against=record) == 0
    assert "not compared" in capsys.readouterr().err
    assert evaluate(folder, texts="elsewhere") == 2
    assert "nothing scored: 2 gold documents" in capsys.readouterr().err
    assert evaluate(folder, texts="elsewhere", allow_missing=True) == 0
    assert "nothing scored" in capsys.readouterr().err


def test_predictions_are_scored_without_a_model(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [
        {"id": f"texts/{name}.txt"} | Document(TEXT, "none").to_dict() for name in ("a", "other")
    ]
    (folder / "found.jsonl").write_text("\n".join(map(json.dumps, lines)))
    found = CliRunner().invoke(
        command,
        ["evaluate", "documents", str(folder / "gold"), str(folder / "found.jsonl"),
         "--texts", str(folder / "texts")],
        standalone_mode=False,
    )  # fmt: skip
    assert found.return_value == 0
    assert "no gold for 1 predictions, such as 'texts/other.txt'" in found.output
    assert "mentions/QUANTITY" in found.output


@pytest.mark.parametrize(
    ("content", "said"),
    [("", "Expecting|truncated"), ("[]", "array"), ('{"format": 3, "records": {}, "errors": {}}', "format 3"),
     ('{"format": 2, "records": {}}', "errors"), ('{"mentions": 1}', "int")],
)  # fmt: skip
def test_a_file_that_is_no_record(folder: Path, content: str, said: str) -> None:
    path = folder / "scores.json"
    path.write_text(content)
    with pytest.raises(DataError, match=said) as caught:
        read_recorded(path)
    assert str(path) in caught.value.given


def test_a_missing_record_is_named(folder: Path) -> None:
    with pytest.raises(DataError, match=r"none\.json"):
        evaluate(folder, against=folder / "none.json")


@pytest.mark.parametrize(
    "now, fallen", [(0.895, []), (0.889, ["mentions: 90.0 → 88.9"]), (0.95, [])]
)
def test_a_point_is_the_tolerance(now: float, fallen: list[str]) -> None:
    recorded = {name: {"f1": 1.0} for name in ("mentions/ORG", "mentions.type")}
    recorded["mentions"] = {"f1": 0.9}
    assert compare(recorded, {"mentions": {"f1": now}, "mentions/ORG": {"f1": 0.0}}) == fallen


def test_a_record_type_that_is_gone_has_fallen() -> None:
    assert compare({"dates": {"f1": 0.5}}, {}) == ["dates: 50.0 → 0.0"]


def test_the_report_is_written_beside_the_table(folder: Path) -> None:
    record, page = folder / "scores.json", folder / "report.html"
    assert evaluate(folder, record=record) == 0
    assert evaluate(folder, report=ReportOptions(page, before=record)) == 0
    assert TEXT[:6] in page.read_text("utf-8")
    assert evaluate(folder, report=ReportOptions(page, with_texts=False)) == 0
    assert TEXT[:6] not in page.read_text("utf-8")


def test_options_of_the_report_need_the_report(folder: Path) -> None:
    arguments = ["evaluate", "documents", str(folder / "gold"), "--without-texts"]
    result = CliRunner().invoke(command, arguments)
    assert result.exit_code == 2
    assert "--report" in result.output
