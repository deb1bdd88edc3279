"""How fast the library is on this machine: start, throughput, hostile text, parsers.

    python scripts/benchmark.py                                    # all four, the shipped model
    python scripts/benchmark.py hostile parsers --json speed.json

Times are medians of wall-clock seconds. `hostile` compares size n with 2n: a ratio of about 2 is
linear, of 4 quadratic. Compare ratios between machines, and seconds on one machine only.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from itertools import count, cycle
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, ParamSpec, TypeVar
from unittest.mock import patch

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from lgtalent_ie import Extractor
    from lgtalent_ie.reading import Reading
    from lgtalent_ie.schema import Label

# The library is imported inside the functions: what it costs to load is measured too.

ROOT = Path(__file__).resolve().parents[1]
SEEDS = ROOT / "seeds"
CASES = ROOT / "tests" / "cases"

# After so many seconds a measurement is not repeated once more.
ENOUGH = 3.0

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Measure:
    """One row of a table: what was measured, and figures by the name of their column."""

    name: str
    figures: dict[str, float]


def median_seconds(call: Callable[[], object], repeats: int = 3) -> float:
    """The median of up to `repeats` runs; of fewer where they take more than ENOUGH together."""
    taken: list[float] = []
    while not taken or (len(taken) < repeats and sum(taken) < ENOUGH):
        began = perf_counter()
        call()
        taken.append(perf_counter() - began)
    return median(taken)


def in_fresh_process(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What the function returns in a new interpreter, which has not loaded the library yet."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *args, **kwargs).result()


def read_seeds() -> list[str]:
    """The example articles of the project."""
    return [path.read_text(encoding="utf-8") for path in sorted(SEEDS.glob("*.txt"))]


# --- start ---------------------------------------------------------------------------------------


def run_python(*arguments: str) -> None:
    """A Python of its own with the arguments, its output thrown away."""
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)


def seconds_of_articles(model: str | None, texts: Sequence[str]) -> list[float]:
    """How long each article takes, one after the other, once the extractor is made."""
    from lgtalent_ie import Extractor

    extractor, taken = Extractor(model), []
    for text in texts:
        began = perf_counter()
        extractor.extract(text)
        taken.append(perf_counter() - began)
    return taken


def measure_start(model: str | None, repeats: int = 3) -> list[Measure]:
    """From nothing to an answer; the bare interpreter is part of every time but the last two."""
    chosen = [] if model is None else ["--model", model]
    article = str(min(SEEDS.glob("*.txt")))
    commands = {
        "python alone": ("-c", "pass"),
        "import lgtalent_ie": ("-c", "import lgtalent_ie"),
        "lgtalent --help": ("-m", "lgtalent_ie", "--help"),
        "lgtalent extract, one article to JSON": (
            "-m", "lgtalent_ie", "extract", article, "--to", "json", *chosen,
        ),
    }  # fmt: skip
    rows = [
        Measure(name, {"seconds": median_seconds(partial(run_python, *command), repeats)})
        for name, command in commands.items()
    ]
    taken = [in_fresh_process(seconds_of_articles, model, read_seeds()[:2]) for _ in range(repeats)]
    first, second = (median(seconds) for seconds in zip(*taken, strict=True))
    return [
        *rows,
        Measure("first article of a process, library loaded", {"seconds": first}),
        Measure("second article of a process", {"seconds": second}),
    ]


# --- throughput ----------------------------------------------------------------------------------

RECORDS = (
    "read_organizations", "read_dates", "read_counts", "read_quotes", "read_relations",
    "read_facts",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stopwatch:
    """Seconds by stage; a step inside a step counts for its own stage only."""

    seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    inner: list[float] = field(default_factory=list)

    def time(self, stage: str, step: Callable[P, T]) -> Callable[P, T]:
        """The step, timed."""

        def timed(*args: P.args, **kwargs: P.kwargs) -> T:
            self.inner.append(0.0)
            began = perf_counter()
            try:
                return step(*args, **kwargs)
            finally:
                taken = perf_counter() - began
                self.seconds[stage] += taken - self.inner.pop()
                if self.inner:
                    self.inner[-1] += taken

        return timed


def watch_steps(extractor: Extractor, watch: Stopwatch) -> ExitStack:
    """Time the steps of the extractor from outside for as long as the result is open."""
    from lgtalent_ie import extractor as way

    steps: list[tuple[str, object, str]] = [
        ("page", way, "read_page"),
        ("page", way, "entity_repairs"),
        ("morphemes", extractor.analyzer, "sentences"),
        ("model", extractor.runtime, "spans"),
        ("mentions", way, "read_mentions"),
        *(("records", way, name) for name in RECORDS),
    ]
    with ExitStack() as stack:
        for stage, owner, name in steps:
            timed = watch.time(stage, getattr(owner, name))
            stack.enter_context(patch.object(owner, name, timed))
        return stack.pop_all()


def measure_throughput(model: str | None, seconds: float = 15.0) -> list[Measure]:
    """The seeds over and over for about so many seconds, at least once, after one to warm up.

    Medians over the articles, and where the time went. Kiwi and the model are loaded before.
    """
    from lgtalent_ie import Extractor

    extractor, texts, watch = Extractor(model), read_seeds(), Stopwatch()
    extractor.extract(texts[0])
    taken: list[float] = []
    characters: list[float] = []
    with watch_steps(extractor, watch):
        for number, text in enumerate(cycle(texts)):
            if number >= len(texts) and sum(taken) > seconds:
                break
            began = perf_counter()
            extractor.extract(text)
            taken.append(perf_counter() - began)
            characters.append(len(text) / taken[-1])
    total = sum(taken)
    stages = dict(watch.seconds) | {"rest": total - sum(watch.seconds.values())}
    rates = {"articles/s": 1 / median(taken), "characters/s": median(characters)}
    return [
        Measure("whole", rates | {"% of the time": 100.0}),
        *(Measure(stage, {"% of the time": 100 * s / total}) for stage, s in stages.items()),
    ]


# --- hostile text --------------------------------------------------------------------------------

# From a size in characters to the call that is timed; what the call is given is made here.
Prepare = Callable[[int], Callable[[], object]]
HANGUL = str.maketrans("0123456789", "가나다라마바사아자차")

PAGE_PIECES = ("가", "가나 기자 = ", "댓글\n", "[", "다. ", "&amp;")
DATE_PIECES = ("1", "1년 6개월 ", "11일부터 ", "올해 말 ")
QUANTITY_PIECES = ("1~", "1명", "9억 8만 ", "두 세 ")
QUOTE_PIECES = ('"', "“", '"가"고 ', '민 소장은 "길을 찾았다"며 ')

# One item of a list of names; {} is a number of its own for each, written in Hangul.
PEOPLE: tuple[tuple[Label | None, str], ...] = (
    ("PERSON", "윤{}"), (None, " "), ("ORG", "새{}전자"), (None, " "), ("TITLE", "상무"), (None, ", "),
)  # fmt: skip
GLOSSES: tuple[tuple[Label | None, str], ...] = (
    ("ORG", "새{}전자 {}연구소"), (None, "("), ("ORG", "{}연"), (None, "), "),
)  # fmt: skip
PROSE: tuple[tuple[Label | None, str], ...] = (
    (None, "올해 {}전자는 {}대와 손잡고 연구원 3명을 새로 뽑았다고 {}신문에 밝혔다. "),
)


def repeat(piece: str, size: int) -> str:
    """The piece as often as `size` characters hold it."""
    return piece * (size // len(piece))


def name_list(parts: Sequence[tuple[Label | None, str]], size: int) -> Reading:
    """The parts over and over on one line of about `size` characters; without sentences."""
    from lgtalent_ie.reading import Reading
    from lgtalent_ie.schema import Mention, Section

    pieces: list[str] = []
    mentions: list[Mention] = []
    at = 0
    for number in count():
        if at >= size:
            break
        for label, part in parts:
            piece = part.replace("{}", str(number).translate(HANGUL))
            if label:
                mention_id = f"m{len(mentions) + 1}"
                mentions.append(Mention(mention_id, label, at, at + len(piece), piece, 1.0))
            pieces.append(piece)
            at += len(piece)
    return Reading("".join(pieces), None, (Section("body", 0, at),), (), tuple(mentions))


def hostile_cases(extractor: Extractor) -> dict[str, Prepare]:
    """The readers and what they are given."""
    from lgtalent_ie.page import read_page
    from lgtalent_ie.reading import Reading
    from lgtalent_ie.records.dates import find_dates
    from lgtalent_ie.records.numbers import find_quantities
    from lgtalent_ie.records.organizations import read_organizations
    from lgtalent_ie.records.quotes import read_quotes
    from lgtalent_ie.records.relations import read_relations
    from lgtalent_ie.schema import Section

    def with_sentences(reading: Reading) -> Reading:
        sentences = extractor.analyzer.sentences(reading.text, reading.sections)
        return replace(reading, sentences=sentences)

    def of_piece(reader: Callable[[str], object], piece: str) -> Prepare:
        return lambda size: partial(reader, repeat(piece, size))

    def quotes(text: str) -> Callable[[], object]:
        line = Reading(text, None, (Section("body", 0, len(text)),), (), ())
        return partial(read_quotes, with_sentences(line), ())

    def quotes_of_piece(piece: str) -> Prepare:
        return lambda size: quotes(repeat(piece, size))

    def relations(size: int) -> Callable[[], object]:
        reading = with_sentences(name_list(PEOPLE, size))
        return partial(read_relations, reading, (), (), read_organizations(reading), ())

    return {
        **{f"read_page: {p.strip()} …": of_piece(read_page, p) for p in PAGE_PIECES},
        **{f"find_dates: {p.strip()} …": of_piece(find_dates, p) for p in DATE_PIECES},
        **{
            f"find_quantities: {p.strip()} …": of_piece(find_quantities, p) for p in QUANTITY_PIECES
        },
        **{f"read_quotes: {p.strip()} …": quotes_of_piece(p) for p in QUOTE_PIECES},
        "read_quotes: “““ … ”””": lambda size: quotes("“" * (size // 2) + "”" * (size // 2)),
        "read_organizations: names and glosses": lambda size: partial(
            read_organizations, name_list(GLOSSES, size)
        ),
        "read_relations: people in one sentence": relations,
        "extract: prose on one line": lambda size: partial(
            extractor.extract, name_list(PROSE, size).text
        ),
        # 175,000 syllables are half a megabyte of UTF-8.
        "extract: one word, 3.5 times as long": lambda size: partial(
            extractor.extract, "가" * (7 * size // 2)
        ),
    }


def measure_hostile(model: str | None, size: int = 50_000, repeats: int = 3) -> list[Measure]:
    """Each reader on `size` characters and on twice as many."""
    from lgtalent_ie import Extractor

    rows = []
    for name, prepare in hostile_cases(Extractor(model)).items():
        once, twice = (median_seconds(prepare(at), repeats) for at in (size, 2 * size))
        figures = {"seconds at n": once, "seconds at 2n": twice, "ratio": twice / once}
        rows.append(Measure(name, figures))
    return rows


# --- parsers -------------------------------------------------------------------------------------


def read_cases(name: str) -> list[list[str]]:
    """The rows of a case table, without comments."""
    lines = (CASES / f"{name}.tsv").read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if line.strip() and not line.startswith("#")]


def seconds_of_parser(parser: str, passes: int) -> tuple[int, float, float, float]:
    """How many texts; seconds of the first call, of the rest of the first pass, of a later pass."""
    began = perf_counter()
    import lgtalent_ie

    calls: list[Callable[[], object]]
    if parser == "parse_date":
        parse_date = lgtalent_ie.parse_date
        calls = [partial(parse_date, text, day or None) for text, day, *_ in read_cases("dates")]
    else:
        parse_quantity = lgtalent_ie.parse_quantity
        calls = [
            partial(parse_quantity, text, before=before, after=after)
            for text, before, after, *_ in read_cases("quantities")
        ]

    def run(calls: Sequence[Callable[[], object]]) -> None:
        for call in calls:
            call()

    run(calls[:1])
    first = perf_counter() - began
    cold = median_seconds(partial(run, calls[1:]), repeats=1)
    return len(calls), first, cold, median_seconds(partial(run, calls), passes)


def measure_parsers(repeats: int = 3, passes: int = 20) -> list[Measure]:
    """Calls a second on the case tables; cold: each text for the first time, nothing cached."""
    rows = []
    for parser in ("parse_date", "parse_quantity"):
        runs = [in_fresh_process(seconds_of_parser, parser, passes) for _ in range(repeats)]
        texts = runs[0][0]
        first, cold, warm = (median(run[at] for run in runs) for at in (1, 2, 3))
        figures = {
            "texts": float(texts),
            "seconds of import and first call": first,
            "calls/s cold": (texts - 1) / cold,
            "calls/s warm": texts / warm,
        }
        rows.append(Measure(parser, figures))
    return rows


# --- the command ---------------------------------------------------------------------------------


def machine() -> dict[str, object]:
    """What the figures were taken on; nothing that names the machine itself."""
    return {
        "platform": platform.platform(),
        "cpu_count": os.cpu_count(),
        "threads": os.environ.get("OMP_NUM_THREADS", "default"),
        "python": platform.python_version(),
        "torch": version("torch"),
        "lgtalent_ie": version("lgtalent_ie"),
    }


def print_table(section: str, rows: Sequence[Measure], console: Console) -> None:
    """One table for a section; its columns are the figures of its rows."""
    columns = list(dict.fromkeys(column for row in rows for column in row.figures))
    table = Table(section)
    for column in columns:
        table.add_column(column, justify="right")
    for row in rows:
        cells = [row.figures.get(column) for column in columns]
        table.add_row(escape(row.name), *("" if c is None else show(c) for c in cells))
    console.print(table)


def show(figure: float) -> str:
    """Three digits that count: 0.0123, 1.23, 12,300."""
    return f"{figure:,.0f}" if figure >= 100 else f"{figure:.3g}"


SECTIONS: dict[str, Callable[[str | None], list[Measure]]] = {
    "start": measure_start,
    "throughput": measure_throughput,
    "hostile": measure_hostile,
    "parsers": lambda _: measure_parsers(),
}


@click.command(help=__doc__)
@click.argument("sections", nargs=-1, type=click.Choice(list(SECTIONS)))
@click.option("--model", metavar="FOLDER|ID", help="Model; the shipped one where none is given.")
@click.option("--threads", type=click.IntRange(1), help="Threads of torch; its own choice else.")
@click.option("--json", "output", type=click.Path(dir_okay=False, path_type=Path),
              help="Write the figures to this file.")  # fmt: skip
def main(
    sections: tuple[str, ...], model: str | None, threads: int | None, output: Path | None
) -> None:
    """Measure and print; ModelError where a section needs a model and there is none."""
    if threads:
        # Torch and every process started here read this when they load.
        os.environ["OMP_NUM_THREADS"] = str(threads)
    console = Console()
    results: dict[str, list[dict[str, object]]] = {}
    console.print(", ".join(f"{what} {value}" for what, value in machine().items()))
    for section in sections or SECTIONS:
        rows = SECTIONS[section](model)
        print_table(section, rows, console)
        results[section] = [{"name": row.name, **row.figures} for row in rows]
    if output:
        taken = datetime.now(UTC).isoformat(timespec="seconds")
        report = {"date": taken, "machine": machine(), "model": model, "sections": results}
        text = json.dumps(report, ensure_ascii=False, indent=2)
        output.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
