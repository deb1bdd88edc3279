"""`lgtalent evaluate documents`: scores, the comparison with recorded ones, what is missing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from tiny_models import tiny_tagger

from lgtalent_ie.errors import DataError
from lgtalent_ie.evaluation.command import compare, run
from lgtalent_ie.evaluation.gold import text_sha256
from lgtalent_ie.model.loading import save_model

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


def evaluate(folder: Path, texts: str = "texts", **options: object) -> int:
    defaults = {"as_json": False, "list_differences": False, "against": None, "record": None}
    settings = defaults | options
    return run(folder / "gold", [folder / texts], str(folder / "model"), **settings)  # type: ignore[arg-type]


def test_scores_are_recorded_and_compared(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = folder / "scores.json"
    assert evaluate(folder, record=record) == 0
    assert evaluate(folder, against=record, as_json=True) == 0
    scores = json.loads(record.read_text())
    assert scores["mentions/QUANTITY"]["recall"] == 1.0
    scores["mentions"]["f1"] += 0.02
    record.write_text(json.dumps(scores))
    assert evaluate(folder, against=record) == 1
    assert "fallen: mentions" in capsys.readouterr().err


def test_differences_are_listed_with_their_text(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    evaluate(folder, list_differences=True)
    printed = capsys.readouterr().out
    assert "spurious" in printed and "'지난해'" in printed


def test_texts_that_are_not_there_are_told(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate(folder, texts="elsewhere", against=folder / "none.json") == 0
    assert "nothing scored" in capsys.readouterr().err


def test_a_missing_record_is_named(folder: Path) -> None:
    with pytest.raises(DataError, match=r"none\.json"):
        evaluate(folder, against=folder / "none.json")


@pytest.mark.parametrize(
    "now, fallen", [(0.895, []), (0.889, ["mentions: 90.0 → 88.9"]), (0.95, [])]
)
def test_a_point_is_the_tolerance(now: float, fallen: list[str]) -> None:
    recorded = {"mentions": {"f1": 0.9}, "mentions/ORG": {"f1": 1.0}}
    assert compare(recorded, {"mentions": {"f1": now}, "mentions/ORG": {"f1": 0.0}}) == fallen


def test_a_record_type_that_is_gone_has_fallen() -> None:
    assert compare({"dates": {"f1": 0.5}}, {}) == ["dates: 50.0 → 0.0"]
