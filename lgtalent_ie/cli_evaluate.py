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
@click.argument("gold", type=click.Path(exists=True, path_type=Path))
@click.argument("predictions", metavar="[PRED]", required=False,
                type=click.Path(exists=True, path_type=Path))  # fmt: skip
@click.option("--texts", "folders", multiple=True, metavar="FOLDER",
              type=click.Path(path_type=Path), help="Where the articles are.")  # fmt: skip
@click.option("--model", metavar="FOLDER|ID", help="Model folder or Hugging Face id.")
@click.option("--json", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
              metavar="OUT", help="Write all scores to this file; - prints them.")  # fmt: skip
@click.option("--differences", is_flag=True, help="List what was missed and what was spurious.")
@click.option("--against", type=click.Path(dir_okay=False, path_type=Path), metavar="JSON",
              help="Recorded scores: end with 1 where one falls by more than a point.")  # fmt: skip
@click.option("--record", type=click.Path(dir_okay=False, path_type=Path), metavar="JSON",
              help="Write the scores and what was wrong to this file, for --against.")  # fmt: skip
@click.option("--report", type=click.Path(dir_okay=False, path_type=Path), metavar="HTML",
              help="Write a page to read in a browser: intervals, confusion, errors.")  # fmt: skip
@click.option("--before", type=click.Path(exists=True, path_type=Path), metavar="RUN",
              help="For the report: an earlier run, recorded by --record or as PRED.")  # fmt: skip
@click.option("--without-texts", is_flag=True,
              help="Leave the articles' words out of the report.")  # fmt: skip
@click.option("--allow-missing", is_flag=True,
              help="End with 0 also where some texts or predictions are missing.")  # fmt: skip
def evaluate_documents(
    gold: Path, predictions: Path | None, folders: tuple[Path, ...], model: str | None,
    json: Path | None, differences: bool, against: Path | None, record: Path | None,
    report: Path | None, before: Path | None, without_texts: bool, allow_missing: bool,
) -> int:  # fmt: skip
    """Score documents against GOLD: a folder of gold files, a file with one a line, or a folder of
    such folders and files, which the report tells apart.

    PRED is a folder of documents or a JSONL file of `lgtalent extract`; without it the texts are
    extracted now. Texts that GOLD does not hold are looked for in --texts, as DOCUMENT.txt or, for
    a document file.jsonl#id, as the row of that id in file.jsonl.

    Exit codes: 0 all well, 1 a score has fallen or some documents were not scored, 2 nothing done.
    """
    from lgtalent_ie.evaluation.command import ReportOptions, run

    if report is None and (before is not None or without_texts):
        raise click.UsageError("--before and --without-texts are for --report")
    if predictions is not None and model is not None:
        raise click.UsageError("PRED is scored as it is: leave --model out")
    return run(
        gold, predictions, folders, model=model, json=json, list_differences=differences,
        against=against, record=record, allow_missing=allow_missing,
        report=ReportOptions(report, before, not without_texts) if report else None,
    )  # fmt: skip


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
