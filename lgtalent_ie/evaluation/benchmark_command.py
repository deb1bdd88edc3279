"""`lgtalent evaluate klue-ner|klue-re|konec`: read a benchmark file, run a model on it, score."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal

import click
import msgspec
import numpy as np

from lgtalent_ie.errors import DataError, ModelError
from lgtalent_ie.evaluation.benchmarks import BenchmarkScores, entity_scores, relation_scores
from lgtalent_ie.evaluation.spans import Span, spans_in_text

if TYPE_CHECKING:
    from rich.table import Table

    from lgtalent_ie.engine.runtime import Runtime
    from lgtalent_ie.model.config import ModelConfig
    from lgtalent_ie.morphemes import Analyzer

Benchmark = Literal["klue-ner", "klue-re", "konec"]
Row = dict[str, Any]

# The head that answers each benchmark of entities.
HEADS: Mapping[str, str] = {"klue-ner": "klue", "konec": "konec"}

REMEDY = "check the file and that it belongs to the benchmark named"


@dataclass(frozen=True, slots=True)
class Outcome:
    """Scores, and a row per sentence with what the model answered."""

    scores: BenchmarkScores
    predictions: Sequence[Row]


def run(
    benchmark: Benchmark,
    file: Path,
    model: str | None,
    as_json: bool,
    predictions: IO[str] | None,
) -> int:
    """Print the scores of a model on a file; write its predictions, one JSON object a line.

    Raises DataError where the file is not of the benchmark's form, ModelError where the model
    cannot be used or lacks the head.
    """
    from lgtalent_ie.engine.runtime import Runtime
    from lgtalent_ie.model.loading import load_model
    from lgtalent_ie.model.locate import locate_model
    from lgtalent_ie.morphemes import Analyzer
    from lgtalent_ie.training.data import read_rows

    rows = read_rows(file)
    if not rows:
        raise DataError(f"{file} without rows", "a row of JSON a line", REMEDY)
    score = score_relations if benchmark == "klue-re" else score_entities
    check = check_relation if benchmark == "klue-re" else check_entities
    for number, row in enumerate(rows, 1):
        check(row, benchmark, f"{file}, line {number}")
    runtime = Runtime(load_model(locate_model(model)))
    outcome = score(benchmark, rows, runtime, Analyzer())
    if predictions is not None:
        for row in outcome.predictions:
            predictions.write(msgspec.json.encode(row).decode() + "\n")
    config = runtime.tagger.config
    about = {"file": str(file), "rows": len(rows), "model": f"{config.name}@{config.revision}"}
    if as_json:
        report = {"benchmark": benchmark} | about | outcome.scores.to_dict()
        click.echo(msgspec.json.format(msgspec.json.encode(report)))
    else:
        from rich.console import Console

        title = f"{file.name}: {len(rows)} rows, {about['model']}"
        Console().print(benchmark_table(outcome.scores, title))
    return 0


def check_entities(row: Row, benchmark: Benchmark, where: str) -> None:
    """DataError unless a row has an id and spans with labels of the benchmark."""
    labels = entity_labels(benchmark)
    check_keys(row, ("id", "spans"), where)
    for _, _, label in row["spans"]:
        if not isinstance(label, str) or coarse(label, benchmark) not in labels:
            raise DataError(f"{where}: label {label!r}", f"{benchmark}: {' '.join(labels)}", REMEDY)


def check_relation(row: Row, benchmark: Benchmark, where: str) -> None:
    """DataError unless a row has an id, two entities and one of KLUE-RE's labels."""
    from lgtalent_ie.training.labels import KLUE_RELATIONS

    check_keys(row, ("id", "subject", "object", "label"), where)
    if row["label"] not in KLUE_RELATIONS:
        raise DataError(f"{where}: label {row['label']!r}", ", ".join(KLUE_RELATIONS), REMEDY)


def check_keys(row: Row, keys: Iterable[str], where: str) -> None:
    """DataError that names the keys that are missing."""
    if missing := [key for key in keys if key not in row]:
        raise DataError(f"{where}: a row without {', '.join(missing)}", ", ".join(keys), REMEDY)


def entity_labels(benchmark: Benchmark) -> tuple[str, ...]:
    """The labels that a benchmark of entities is scored on."""
    from lgtalent_ie.training.labels import KLUE_LABELS, KONEC_LABELS

    return KLUE_LABELS if benchmark == "klue-ner" else KONEC_LABELS


def coarse(label: str, benchmark: Benchmark) -> str:
    """The label as it is scored: konec's by their coarse type."""
    from lgtalent_ie.training.labels import konec_coarse

    return konec_coarse(label) if benchmark == "konec" else label


def score_entities(
    benchmark: Benchmark, rows: Sequence[Row], runtime: Runtime, analyzer: Analyzer
) -> Outcome:
    """Spans of the benchmark's head against the rows' own."""
    head = HEADS[benchmark]
    require_head(runtime.tagger.config, head)
    predicted = predict_spans([row["text"] for row in rows], runtime, analyzer, head)
    sentences = [
        (row["text"], [(s, e, coarse(label, benchmark)) for s, e, label in row["spans"]], found)
        for row, found in zip(rows, predicted, strict=True)
    ]
    answers = [{"id": row["id"], "spans": f} for row, f in zip(rows, predicted, strict=True)]
    return Outcome(entity_scores(sentences, entity_labels(benchmark)), answers)


def require_head(config: ModelConfig, head: str) -> None:
    """ModelError where a model has no head of this name."""
    if head not in config.heads:
        raise ModelError(
            f"model {config.name} without the head {head!r}; it has {', '.join(config.heads)}",
            f"a model with the head {head!r}",
            "leave --model out for the shipped one, or train one with `lgtalent train`",
        )


def predict_spans(
    texts: Sequence[str], runtime: Runtime, analyzer: Analyzer, head: str
) -> list[list[Span]]:
    """The spans of one head in every text, in code points."""
    from lgtalent_ie.model.tagger import WindowText
    from lgtalent_ie.training.data import analyse

    windows = [WindowText(text, analyse(text, analyzer)) for text in texts]
    labels = runtime.tagger.config.heads[head]
    return [
        spans_in_text(window.text, window.morphemes, spans, labels)
        for window, spans in zip(windows, runtime.spans(windows, head), strict=True)
    ]


def score_relations(
    benchmark: Benchmark, rows: Sequence[Row], runtime: Runtime, analyzer: Analyzer
) -> Outcome:
    """The relation of every row's pair of entities against its own."""
    from lgtalent_ie.engine.pairs import pair_probabilities
    from lgtalent_ie.training.labels import KLUE_RELATIONS

    probabilities = pair_probabilities(runtime, rows, analyzer)  # [rows, 30]
    if not np.isfinite(probabilities).all():
        raise ModelError(
            f"model {runtime.tagger.config.name}, whose probabilities are no numbers",
            "finite weights", "train it again, or leave --model out for the shipped one",
        )  # fmt: skip
    gold = np.array([KLUE_RELATIONS.index(row["label"]) for row in rows])  # [rows]
    answers = [
        {
            "id": row["id"],
            "label": KLUE_RELATIONS[int(own.argmax())],
            "scores": dict(zip(KLUE_RELATIONS, own.tolist(), strict=True)),
        }
        for row, own in zip(rows, probabilities, strict=True)
    ]
    return Outcome(relation_scores(gold, probabilities, KLUE_RELATIONS), answers)


def benchmark_table(scores: BenchmarkScores, title: str) -> Table:
    """The scores in points for `rich.console.Console().print`, the averages last."""
    from rich.table import Table

    table = Table(title=title)
    for column in ("label", "precision", "recall", "F1", "gold"):
        table.add_column(column, justify="left" if column == "label" else "right")
    for label, score in scores.per_label.items():
        ratios = (f"{100 * ratio:.2f}" for ratio in (score.precision, score.recall, score.f1))
        table.add_row(label, *ratios, str(score.gold))
    table.add_section()
    names = {"entity_f1_macro": "entity F1, macro", "micro_f1": "F1, micro", "auprc": "AUPRC"}
    for name, number in scores.averages().items():
        table.add_row(names[name], "", "", f"{number:.2f}")
    return table
