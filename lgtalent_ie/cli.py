"""The command `lgtalent`. Exit codes: 0 all well, 1 some documents failed, 2 nothing done."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from lgtalent_ie import __version__
from lgtalent_ie.errors import InputError, LgtalentError

if TYPE_CHECKING:
    from lgtalent_ie.corpus.extraction import Result
    from lgtalent_ie.evaluation.benchmark_command import Benchmark
    from lgtalent_ie.training.objectives import ObjectiveName

FAILED_SOME = 1
FAILED_ALL = 2


def main() -> None:
    """Entry point: own errors become one line on standard error, never a traceback."""
    try:
        status = command(standalone_mode=False)
        sys.exit(status if isinstance(status, int) else 0)
    except LgtalentError as error:
        fail(str(error))
    except click.ClickException as error:
        error.show()
        sys.exit(FAILED_ALL)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except BrokenPipeError:
        # The reader has seen enough; Python must not complain again while closing.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


def fail(message: str) -> None:
    """Say what is wrong and end."""
    click.echo(f"lgtalent: {message}", err=True)
    sys.exit(FAILED_ALL)


@click.group("lgtalent", context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="lgtalent")
def command() -> None:
    """Korean press articles in, structured data out."""


@command.command()
@click.argument("inputs", nargs=-1, required=True, metavar="FILE…")
@click.option("--to", type=click.Choice(["jsonl", "json", "table"]), default="jsonl",
              show_default=True, help="jsonl: one a line; json: an indented array.")  # fmt: skip
@click.option("--published", metavar="DATE", help="Publication date, for relative dates.")
@click.option("--published-from", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              metavar="TSV", help="Publication dates: file name<TAB>date a line.")  # fmt: skip
@click.option("--model", metavar="FOLDER|ID", help="Model folder or Hugging Face id.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda:0 …")
@click.option("--user-dictionary", type=click.Path(path_type=Path), metavar="TSV",
              help="Names that Kiwi does not know: form<TAB>tag<TAB>score a line.")  # fmt: skip
@click.option("--min-score", type=click.FloatRange(0, 1), default=0.0, show_default=True,
              help="Leave out mentions below this score.")  # fmt: skip
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path),
              help="Write to a file instead of standard output.")  # fmt: skip
def extract(
    inputs: tuple[str, ...], to: str, published: str | None, published_from: Path | None,
    model: str | None, device: str, user_dictionary: Path | None, min_score: float,
    output: Path | None,
) -> int:  # fmt: skip
    """Extract articles from text, HTML and JSONL files, folders, patterns, or - (standard input).

    A JSONL line is an object with "text" and, if known, "id" and "published".
    """
    from lgtalent_ie.corpus.extraction import extract_items
    from lgtalent_ie.corpus.readers import read_items
    from lgtalent_ie.extractor import Extractor, check_published

    check_published(published)
    dates = read_dates_table(published_from) if published_from else {}
    extractor = Extractor(model, device, user_dictionary, min_score)
    items = read_items(inputs, sys.stdin.buffer, dates)
    done = failed = 0
    with open_output(output) as stream, writer(to, stream) as write:
        for result in progress(extract_items(extractor, items, published)):
            if result.document is None:
                failed += 1
                click.echo(f"lgtalent: {result.id}: {result.error}", err=True)
            else:
                done += 1
                write(result)
    if failed:
        return FAILED_SOME if done else FAILED_ALL
    return 0


@command.command()
@click.option("--data", type=click.Path(path_type=Path), required=True,
              help="Folder with konec-*.jsonl, klue-ner-*.jsonl, klue-re-train.jsonl.")  # fmt: skip
@click.option("--annotations", type=click.Path(path_type=Path), help="Folder with own marks.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Model folder.")
@click.option("--pretrained", metavar="FOLDER", type=click.Path(path_type=Path),
              help="Start from an encoder of `lgtalent pretrain`.")  # fmt: skip
@click.option("--translated", type=click.Path(path_type=Path, dir_okay=False),
              help="More KLUE labels, a file of `lgtalent translate`.")  # fmt: skip
@click.option("--vectors", type=click.Path(path_type=Path, dir_okay=False),
              help="Kiwi's vectors, a file of `lgtalent pretrain`.")  # fmt: skip
@click.option("--start", metavar="FOLDER", type=click.Path(path_type=Path),
              help="Go on from this model.")  # fmt: skip
@click.option("--encoder", metavar="FOLDER|ID", help="Fine-tune this Hugging Face encoder.")
@click.option("--epochs", type=click.IntRange(1), show_default="7, or 3 with --encoder")
@click.option("--learning-rate", type=float, show_default="0.0015, or 0.00003 with --encoder")
@click.option("--minutes", type=float, default=60.0, show_default=True, help="Time limit.")
@click.option("--seed", type=int, default=20, show_default=True)
@click.option("--threads", type=click.IntRange(1), default=1, show_default=True,
              help="Threads of torch.")  # fmt: skip
def train(
    data: Path, annotations: Path | None, out: Path, pretrained: Path | None,
    translated: Path | None, vectors: Path | None, start: Path | None, encoder: str | None,
    epochs: int | None,
    learning_rate: float | None, minutes: float, seed: int, threads: int,
) -> None:  # fmt: skip
    """Train a model on labelled sentences and write it as a folder."""
    import torch

    from lgtalent_ie.training.finetune import TrainingConfig
    from lgtalent_ie.training.recipe import Sources, train_model

    torch.set_num_threads(threads)
    config = TrainingConfig(
        epochs=epochs or (3 if encoder else 7),
        learning_rate=learning_rate or (3e-5 if encoder else 1.5e-3),
        minutes=minutes,
        seed=seed,
    )
    sources = Sources(data, annotations, translated, pretrained, vectors, encoder, start)
    train_model(sources, out, config, click.echo)


@command.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.argument("out", metavar="OUT.jsonl", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--epochs", type=click.IntRange(1), default=12, show_default=True)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
def translate(data: Path, out: Path, epochs: int, seed: int) -> None:
    """Label the sentences of DATA that only konec labels as KLUE would, for more training data.

    DATA is a folder with konec-*.jsonl and klue-ner-*.jsonl; sentences that are in both teach how.
    """
    from lgtalent_ie.morphemes import Analyzer
    from lgtalent_ie.training.translate import TranslatorConfig, translate_konec

    config = TranslatorConfig(epochs=epochs, seed=seed)
    with open_output(out) as stream:
        translate_konec(data, stream, Analyzer(), config, click.echo)


@command.command()
@click.argument("corpus", type=click.Path(path_type=Path))
@click.argument("out", metavar="OUT.tsv", type=click.Path(dir_okay=False, path_type=Path))
def gazetteer(corpus: Path, out: Path) -> None:
    """Mine names and what they are from sentences of CORPUS that define them.

    CORPUS is a folder of *.txt or *.txt.xz, one paragraph a line; OUT.tsv gets name and label.
    """
    from lgtalent_ie.training.gazetteer import mine
    from lgtalent_ie.training.shards import read_paragraphs

    with open_output(out) as stream:
        for name, label in mine(read_paragraphs(corpus, seed=0)):
            stream.write(f"{name}\t{label}\n")


@command.command()
@click.argument("corpus", type=click.Path(path_type=Path))
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--tokens", type=click.IntRange(1), help="End after about so many morphemes.")
@click.option("--workers", type=click.IntRange(1), default=2, show_default=True,
              help="Threads of Kiwi.")  # fmt: skip
def shards(corpus: Path, folder: Path, tokens: int | None, workers: int) -> None:
    """Analyse raw text (*.txt, *.txt.xz, one paragraph a line) once, for `lgtalent pretrain`.

    The same command again goes on behind the last whole shard.
    """
    from lgtalent_ie.morphemes import Analyzer
    from lgtalent_ie.training.shards import make_shards

    make_shards(corpus, folder, Analyzer(num_workers=workers), click.echo, tokens)


@command.command()
@click.argument("shards", type=click.Path(path_type=Path))
@click.argument("out", type=click.Path(file_okay=False, path_type=Path))
@click.option("--minutes", type=click.FloatRange(0), default=math.inf, show_default="none",
              help="End early, cleanly; the schedule stays that of --tokens.")  # fmt: skip
@click.option("--tokens", type=click.IntRange(1), show_default="all of the shards once",
              help="Morphemes to read in all.")  # fmt: skip
@click.option("--batch", type=click.IntRange(1), default=4_000, show_default=True,
              help="Morphemes a step; about 131072 on a GPU.")  # fmt: skip
@click.option("--learning-rate", type=click.FloatRange(0, min_open=True),
              show_default="0.002, or 0.001 with attention")  # fmt: skip
@click.option("--objective", type=click.Choice(["guess", "detect"]), default="guess",
              show_default=True, help="Guess hidden words, or detect replaced ones.")  # fmt: skip
@click.option("--share", type=click.FloatRange(0, 1, min_open=True, max_open=True), default=0.25,
              show_default=True, help="Share of the words that is hidden or replaced.")  # fmt: skip
@click.option("--encoder", type=click.Choice(["recurrent", "attention"]), default="recurrent",
              show_default=True)  # fmt: skip
@click.option("--layers", type=click.IntRange(1), show_default="2, or 8 with attention")
@click.option("--width", type=click.IntRange(2), show_default="512",
              help="Dimensions of what the encoder hands on.")  # fmt: skip
@click.option("--heads", type=click.IntRange(1), show_default="width / 64",
              help="Attention heads.")  # fmt: skip
@click.option("--buckets", type=click.IntRange(1), default=32_768, show_default=True,
              help="Rows of the table of character n-grams.")  # fmt: skip
@click.option("--dropout", type=click.FloatRange(0, 1, max_open=True), default=0.0,
              show_default=True)  # fmt: skip
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda:0 …")
@click.option("--threads", type=click.IntRange(1), show_default="torch's own",
              help="Threads of torch.")  # fmt: skip
@click.option("--shard-size", type=click.FloatRange(0, min_open=True), metavar="MIB",
              help="Write the weights in parts of at most this size.")  # fmt: skip
@click.option("--vectors", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="Kiwi's vectors: read from this file, or written if there is none.")  # fmt: skip
@click.option("--seed", type=int, default=7, show_default=True)
def pretrain(
    shards: Path, out: Path, minutes: float, tokens: int | None, batch: int,
    learning_rate: float | None, objective: ObjectiveName, share: float, encoder: str,
    layers: int | None, width: int | None, heads: int | None, buckets: int, dropout: float,
    device: str, threads: int | None, shard_size: float | None, vectors: Path | None, seed: int,
) -> None:  # fmt: skip
    """Pretrain an encoder on the SHARDS of `lgtalent shards` and write it to the folder OUT.

    The same command again goes on from the checkpoint in OUT. Ctrl-C ends cleanly.
    """
    import torch

    from lgtalent_ie.training.pretrain import PretrainingConfig
    from lgtalent_ie.training.pretrain_command import Sizes, encoder_config, run

    if threads:
        torch.set_num_threads(threads)
    config = PretrainingConfig(
        objective=objective,
        tokens=tokens or 0,
        batch=batch,
        share=share,
        learning_rate=learning_rate or (1e-3 if encoder == "attention" else 2e-3),
        seed=seed,
    )
    sizes = encoder_config(Sizes(encoder, layers, width, heads, buckets, dropout))
    run(
        shards, out, sizes, config, device=device, minutes=minutes, shard_size=shard_size,
        vectors=vectors,
    )  # fmt: skip


@command.group()
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


@command.command("schema")
def print_schema() -> None:
    """Print the JSON Schema of a document."""
    import msgspec

    from lgtalent_ie.schema import json_schema

    click.echo(msgspec.json.format(msgspec.json.encode(json_schema()), indent=2))


def read_dates_table(path: Path) -> dict[str, str]:
    """File name → date from a table of two columns; InputError names the line that is wrong."""
    from lgtalent_ie.extractor import check_published

    dates = {}
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            name, tab, day = line.partition("\t")
            if not tab:
                raise InputError(f"{path}, line {number}: {line!r}", "name<TAB>date", "correct it")
            check_published(day.strip())
            dates[name.strip()] = day.strip()
    return dates


@contextmanager
def open_output(path: Path | None) -> Iterator[IO[str]]:
    """Standard output, or a file that appears under its name only when it is whole."""
    if path is None:
        sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
        yield sys.stdout
        return
    part = path.with_name(path.name + ".part")
    try:
        with part.open("w", encoding="utf-8", newline="\n") as stream:
            yield stream
        part.replace(path)
    except OSError as error:
        raise InputError(
            f"output {path}: {error.strerror}", "a writable file", "choose another"
        ) from error
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def writer(to: str, stream: IO[str]) -> Iterator[Callable[[Result], None]]:
    """A function that writes one result in the form asked for."""
    import msgspec

    if to == "table":
        from rich.console import Console

        from lgtalent_ie.view.table import print_document

        console = Console(file=stream)
        yield lambda result: print_document(result.document, result.id, console)  # type: ignore[arg-type]
        return

    written = 0

    def as_dict(result: Result) -> dict[str, Any]:
        assert result.document is not None
        return {"id": result.id} | result.document.to_dict()

    def write(result: Result) -> None:
        nonlocal written
        line = msgspec.json.encode(as_dict(result))
        if to == "jsonl":
            stream.write(line.decode() + "\n")
        else:
            stream.write(",\n" if written else "[\n")
            stream.write(msgspec.json.format(line, indent=2).decode())
        written += 1

    yield write
    if to == "json":
        stream.write("\n]\n" if written else "[]\n")


def progress(results: Iterator[Result]) -> Iterator[Result]:
    """The results, with a bar on standard error that appears after two seconds at a terminal."""
    from tqdm import tqdm

    return iter(tqdm(results, unit=" documents", delay=2, disable=not sys.stderr.isatty()))
