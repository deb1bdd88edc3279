"""The commands under `lgtalent evaluate`: scores against gold and on published benchmarks."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lgtalent_ie.cli_output import open_output

if TYPE_CHECKING:
    from lgtalent_ie.evaluation.benchmark_command import Benchmark


@click.group()
def evaluate() -> None:
    """Measure extraction against gold."""


@evaluate.command("documents")
@click.argument("gold", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--texts", "folders", multiple=True, required=True, metavar="FOLDER",
              type=click.Path(path_type=Path), help="Where the articles are.")  # fmt: skip
@click.option("--model", metavar="FOLDER|ID", help="Model folder or Hugging Face id.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
@click.option("--differences", is_flag=True, help="List what was missed and what was spurious.")
@click.option("--against", type=click.Path(dir_okay=False, path_type=Path), metavar="JSON",
              help="Recorded scores: end with 1 where one falls by more than a point.")  # fmt: skip
@click.option("--record", type=click.Path(dir_okay=False, path_type=Path), metavar="JSON",
              help="Write the scores to this file.")  # fmt: skip
def evaluate_documents(
    gold: Path, folders: tuple[Path, ...], model: str | None, as_json: bool, differences: bool,
    against: Path | None, record: Path | None,
) -> int:  # fmt: skip
    """Extract the articles that stand-off gold was made on, and score every kind of record."""
    from lgtalent_ie.evaluation.command import run

    return run(gold, folders, model, as_json, differences, against, record)


def add_benchmark(benchmark: Benchmark, summary: str) -> None:
    """Give `lgtalent evaluate` a command that scores a model on a published benchmark."""

    @evaluate.command(benchmark, help=summary)
    @click.argument("file", metavar="FILE.jsonl",
                    type=click.Path(exists=True, dir_okay=False, path_type=Path))  # fmt: skip
    @click.option("--model", metavar="FOLDER|ID", help="Model folder or Hugging Face id.")
    @click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
    @click.option("--predictions", metavar="OUT.jsonl",
                  type=click.Path(dir_okay=False, path_type=Path),
                  help="Write what the model answers to this file.")  # fmt: skip
    def evaluate_benchmark(
        file: Path, model: str | None, as_json: bool, predictions: Path | None
    ) -> int:
        from lgtalent_ie.evaluation.benchmark_command import run

        with open_output(predictions) if predictions else nullcontext() as stream:
            return run(benchmark, file, model, as_json, stream)


add_benchmark("klue-ner", "Score entities: KLUE-NER's macro F1, and strict micro F1 on offsets.")
add_benchmark("klue-re", "Score relations: KLUE-RE's micro F1 and AUPRC.")
add_benchmark("konec", "Score entities: strict micro F1 over konec's 15 coarse labels.")
