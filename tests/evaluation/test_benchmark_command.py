"""`lgtalent evaluate klue-ner|klue-re|konec`: what is printed, what is written, what is refused."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result
from helpers import analyzer
from tiny_models import tiny_tagger

from lgtalent_ie.cli import command
from lgtalent_ie.errors import DataError, LgtalentError, ModelError
from lgtalent_ie.model.loading import save_model
from lgtalent_ie.training import labels
from lgtalent_ie.training.klue_rows import RELATIONS

TEXT = "새별 12명"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model to which every morpheme is an organisation."""
    tagger = tiny_tagger()
    with torch.no_grad():
        for head in ("klue", "konec"):
            tagger.heads[head].bias[1] = 100.0
    folder = tmp_path_factory.mktemp("models") / "tiny"
    save_model(tagger, folder)
    return folder


@pytest.fixture(autouse=True)
def one_analyzer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kiwi is loaded once for all tests."""
    monkeypatch.setattr("lgtalent_ie.morphemes.Analyzer", analyzer)


@pytest.fixture
def pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Instead of a relation head: a title between all pairs, with three quarters."""

    def title(_runtime: object, rows: Sequence[Mapping[str, Any]], _analyzer: object) -> Any:
        own = np.full(30, 0.25 / 29, dtype=np.float32)
        own[RELATIONS.index("per:title")] = 0.75
        return np.tile(own, (len(rows), 1))

    module = ModuleType("lgtalent_ie.engine.pairs")
    module.pair_probabilities = title  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(labels, "KLUE_RELATIONS", RELATIONS, raising=False)


def write(path: Path, *rows: object) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path


def evaluate(*arguments: str | Path) -> Result:
    given = ["evaluate", *map(str, arguments)]
    return CliRunner().invoke(command, given, standalone_mode=False, catch_exceptions=True)


def report(*arguments: str | Path) -> dict[str, Any]:
    done = evaluate(*arguments, "--json")
    assert done.exception is None, done.exception
    printed: dict[str, Any] = json.loads(done.stdout)
    return printed


def refused(*arguments: str | Path) -> LgtalentError:
    error = evaluate(*arguments).exception
    assert isinstance(error, LgtalentError), error
    return error


def relation(**changes: object) -> dict[str, object]:
    row = {"id": "r1", "text": "정하늘 사장", "subject": [0, 3, "PER"], "object": [4, 6, "POH"]}
    return row | {"label": "per:title"} | changes


@pytest.mark.parametrize("benchmark, label", [("klue-ner", "OG"), ("konec", "OGG_ECONOMY")])
def test_entities_are_scored_and_written(
    benchmark: str, label: str, model: Path, tmp_path: Path
) -> None:
    file = write(tmp_path / "dev.jsonl", {"id": "a", "text": TEXT, "spans": [[3, 5, label]]})
    out = tmp_path / "out.jsonl"
    printed = report(benchmark, file, "--model", model, "--predictions", out)
    [answer] = map(json.loads, out.read_text(encoding="utf-8").splitlines())
    assert answer["id"] == "a"
    assert [3, 5, "OG"] in answer["spans"] and [5, 6, "OG"] in answer["spans"]
    precision = 1 / len(answer["spans"])
    f1 = round(100 * 2 * precision / (precision + 1), 4)
    assert printed["per_label"]["OG"] == {
        "precision": round(100 * precision, 4), "recall": 100.0, "f1": f1, "gold": 1,
    }  # fmt: skip
    assert printed["entity_f1_macro"] == printed["micro_f1"] == f1
    assert (printed["benchmark"], printed["file"]) == (benchmark, str(file))
    assert (printed["rows"], printed["model"]) == (1, "tiny@1")
    assert len(printed["per_label"]) == (6 if benchmark == "klue-ner" else 15)


def test_rows_of_hugging_face_score_as_our_own(model: Path, tmp_path: Path) -> None:
    tags = [12, 12, 12, 4, 5, 12]
    row = {"sentence": "새별 <12:OG>명", "tokens": list(TEXT), "ner_tags": tags}
    theirs = report("klue-ner", write(tmp_path / "theirs.jsonl", row), "--model", model)
    row = {"id": "a", "text": TEXT, "spans": [[3, 5, "OG"]]}
    ours = report("klue-ner", write(tmp_path / "ours.jsonl", row), "--model", model)
    assert theirs["micro_f1"] > 0
    assert theirs | {"file": ""} == ours | {"file": ""}


@pytest.mark.usefixtures("pairs")
def test_relations_are_scored_and_written(model: Path, tmp_path: Path) -> None:
    rows = [relation(), relation(id="r2", label="no_relation")]
    out = tmp_path / "out.jsonl"
    printed = report(
        "klue-re", write(tmp_path / "dev.jsonl", *rows), "--model", model, "--predictions", out
    )
    assert printed["micro_f1"] == 66.6667
    assert printed["auprc"] == pytest.approx((2 * 75.0 + 28 * 50.0) / 30, abs=1e-4)
    assert printed["per_label"]["per:title"]["gold"] == 1 and "entity_f1_macro" not in printed
    answers = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [(a["id"], a["label"]) for a in answers] == [("r1", "per:title"), ("r2", "per:title")]
    assert tuple(answers[0]["scores"]) == RELATIONS
    assert answers[0]["scores"]["per:title"] == 0.75


@pytest.mark.usefixtures("pairs")
@pytest.mark.parametrize("benchmark", ["konec", "klue-re"])
def test_the_table_names_every_number(benchmark: str, model: Path, tmp_path: Path) -> None:
    row = relation() | {"spans": [[0, 3, "PS_NAME"]]}
    done = evaluate(benchmark, write(tmp_path / "dev.jsonl", row), "--model", model)
    expected = {
        "konec": ["PS", "TR", "entity F1, macro", "F1, micro"],
        "klue-re": ["per:title", "F1, micro", "AUPRC"],
    }
    assert all(name in done.stdout for name in [*expected[benchmark], "1 rows, tiny@1"])


@pytest.mark.usefixtures("pairs")
@pytest.mark.parametrize(
    "benchmark, row, says",
    [
        ("klue-ner", {"id": "a", "text": TEXT, "spans": [[0, 2, "OGG_ECONOMY"]]}, "OGG_ECONOMY"),
        ("klue-ner", {"id": "a", "text": TEXT, "spans": [[0, 2, 4]]}, "label 4"),
        ("klue-ner", {"id": "a", "text": TEXT, "spans": [[0, 9, "OG"]]}, "inside the text"),
        ("klue-ner", {"id": "a", "text": TEXT, "spans": None}, "spans None"),
        ("klue-ner", {"id": "a", "text": TEXT}, "without spans"),
        ("konec", {"text": TEXT, "spans": []}, "without id"),
        ("konec", {"id": "a", "text": TEXT, "spans": [[0, 2, "XX_ANY"]]}, "XX_ANY"),
        ("klue-re", {"id": "a", "text": TEXT}, "without subject, object, label"),
        ("klue-re", relation(label="per:friend"), "per:friend"),
        ("klue-re", relation(label=["per:title"]), "per:title"),
        ("klue-re", relation(subject=[0, 30, "PER"]), "inside the text"),
        ("klue-re", relation(object=7), "inside the text"),
    ],
)
def test_a_row_of_another_form_is_named_with_file_and_line(
    benchmark: str, row: dict[str, object], says: str, model: Path, tmp_path: Path
) -> None:
    good = relation() | {"spans": []}
    file = write(tmp_path / "dev.jsonl", good, row)
    error = refused(benchmark, file, "--model", model, "--predictions", tmp_path / "out.jsonl")
    assert isinstance(error, DataError)
    assert "dev.jsonl, line 2" in str(error) and says in str(error)
    assert [path.name for path in tmp_path.iterdir()] == ["dev.jsonl"]


def test_a_file_without_rows_is_refused(tmp_path: Path) -> None:
    assert "without rows" in str(refused("konec", write(tmp_path / "dev.jsonl")))


def test_a_model_without_the_head_is_refused(tmp_path: Path) -> None:
    tagger = tiny_tagger("mine")
    del tagger.config.heads["klue"], tagger.heads["klue"]
    save_model(tagger, tmp_path / "mine")
    file = write(tmp_path / "dev.jsonl", {"id": "a", "text": TEXT, "spans": []})
    error = refused("klue-ner", file, "--model", tmp_path / "mine")
    assert isinstance(error, ModelError)
    assert "mine without the head 'klue'" in str(error) and "lgtalent train" in str(error)


@pytest.mark.usefixtures("pairs")
def test_probabilities_that_are_no_numbers_are_refused(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        sys.modules["lgtalent_ie.engine.pairs"], "pair_probabilities",
        lambda runtime, rows, analyzer: np.full((1, 30), np.nan),
    )  # fmt: skip
    error = refused("klue-re", write(tmp_path / "dev.jsonl", relation()), "--model", model)
    assert isinstance(error, ModelError) and "no numbers" in str(error)
