"""The command `lgtalent`. Exit codes: 0 all well, 1 some documents failed, 2 nothing done."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from lgtalent_ie import __version__
from lgtalent_ie.cli_annotate import annotate
from lgtalent_ie.cli_corpus import batch, timeline
from lgtalent_ie.cli_evaluate import evaluate
from lgtalent_ie.cli_output import open_output
from lgtalent_ie.cli_training import gazetteer, pretrain, shards, train, translate
from lgtalent_ie.errors import InputError, LgtalentError

if TYPE_CHECKING:
    from lgtalent_ie.corpus.extraction import Result

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
@click.option("--entities", type=click.Path(path_type=Path), metavar="CSV|JSON",
              help="Lead organisations to a list of your own: id, names (a|b|c).")  # fmt: skip
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path),
              help="Write to a file instead of standard output.")  # fmt: skip
def extract(
    inputs: tuple[str, ...], to: str, published: str | None, published_from: Path | None,
    model: str | None, device: str, user_dictionary: Path | None, min_score: float,
    entities: Path | None, output: Path | None,
) -> int:  # fmt: skip
    """Extract articles from text, HTML and JSONL files, folders, patterns, or - (standard input).

    A JSONL line is an object with "text" and, if known, "id" and "published".
    """
    from lgtalent_ie.corpus.extraction import extract_items
    from lgtalent_ie.corpus.readers import read_items
    from lgtalent_ie.extractor import Extractor, check_published

    check_published(published)
    dates = read_dates_table(published_from) if published_from else {}
    extractor = Extractor(model, device, user_dictionary, min_score, entities)
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


@command.command("schema")
def print_schema() -> None:
    """Print the JSON Schema of a document."""
    import msgspec

    from lgtalent_ie.schema import json_schema

    click.echo(msgspec.json.format(msgspec.json.encode(json_schema()), indent=2))


for subcommand in (
    batch, timeline, train, translate, gazetteer, shards, pretrain, evaluate, annotate,
):  # fmt: skip
    command.add_command(subcommand)


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
