"""How fast the library is on this machine: from the start of a process to the scores of an archive.

    python scripts/benchmark.py                                    # all of them, the shipped model
    python scripts/benchmark.py mentions --model fast --threads 1
    python scripts/benchmark.py hostile parsers --json speed.json

Times are medians of wall-clock seconds. `hostile` compares size n with 2n: a ratio of about 2 is
linear, of 4 quadratic. Ratios can be compared between machines, seconds only on one and the same.
"""

from __future__ import annotations

import gc
import json
import os
import platform
import random
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import partial
from importlib.metadata import version
from itertools import count, cycle, islice
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, ParamSpec, TypeVar, cast
from unittest.mock import patch

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

# The library is imported inside the functions: what it costs to load is measured as well.
if TYPE_CHECKING:
    from lgtalent_ie import Document, Extractor
    from lgtalent_ie.evaluation.gold import GoldDocument
    from lgtalent_ie.reading import Reading
    from lgtalent_ie.schema import Label

ROOT = Path(__file__).resolve().parents[1]
SEEDS = sorted((ROOT / "seeds").glob("*.txt"))
CASES = ROOT / "tests" / "cases"

# A measurement that has taken so many seconds in all is not repeated once more.
ENOUGH = 3.0

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Measure:
    """One row of a table: what was measured, and its figures by the name of their column."""

    name: str
    figures: dict[str, float]


def median_seconds(call: Callable[[], object], repeats: int) -> float:
    """The median of `repeats` runs; of fewer, at least one, where they take more than ENOUGH.

    The garbage collector rests meanwhile, as in `timeit`: a full collection that falls into one
    size and not into the other would look like quadratic time.
    """
    taken: list[float] = []
    gc.disable()
    try:
        while not taken or (len(taken) < repeats and sum(taken) < ENOUGH):
            began = perf_counter()
            call()
            taken.append(perf_counter() - began)
    finally:
        gc.enable()
    return median(taken)


def in_fresh_process(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What the function returns in a new interpreter, which has not loaded the library yet."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *args, **kwargs).result()


# --- start ---------------------------------------------------------------------------------------


def run_python(*arguments: str) -> None:
    """A Python of its own with these arguments, its output thrown away."""
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)


def load(model: str | None) -> Extractor:
    """An extractor with the model; ModelError where there is none."""
    from lgtalent_ie import Extractor

    return Extractor(model)


def seconds_of_articles(model: str | None, texts: Sequence[str]) -> list[float]:
    """How long each article takes, one after the other, once there is an extractor."""
    extractor = load(model)
    return [median_seconds(partial(extractor.extract, text), 1) for text in texts]


def measure_start(model: str | None, repeats: int = 3) -> list[Measure]:
    """From nothing to an answer: articles in a process that has loaded all, and whole processes."""
    texts = [path.read_text(encoding="utf-8") for path in SEEDS[:2]]
    taken = [in_fresh_process(seconds_of_articles, model, texts) for _ in range(repeats)]
    first, second = (median(run[at] for run in taken) for at in (0, 1))
    chosen = [] if model is None else ["--model", model]
    commands = {
        "python alone": ["-c", "pass"],
        "import lgtalent_ie": ["-c", "import lgtalent_ie"],
        "lgtalent --help": ["-m", "lgtalent_ie", "--help"],
        "lgtalent extract, one article to JSON": [
            "-m", "lgtalent_ie", "extract", str(SEEDS[0]), "--to", "json", *chosen,
        ],
    }  # fmt: skip
    seconds = {
        name: median_seconds(partial(run_python, *command), repeats)
        for name, command in commands.items()
    }
    seconds |= {"first article, model loaded": first, "second article": second}
    return [Measure(name, {"seconds": figure}) for name, figure in seconds.items()]


# --- throughput ----------------------------------------------------------------------------------

RECORDS = (
    "read_organizations read_dates read_counts read_quotes read_pieces read_relations read_facts"
).split()


def timed(stage: str, step: Callable[P, T], seconds: dict[str, float]) -> Callable[P, T]:
    """The step as it is, its time added to that of its stage."""

    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        began = perf_counter()
        try:
            return step(*args, **kwargs)
        finally:
            seconds[stage] += perf_counter() - began

    return run


def watch_steps(extractor: Extractor, stack: ExitStack) -> dict[str, float]:
    """Seconds by stage, counted from outside until the stack is closed."""
    from lgtalent_ie import extractor as way

    steps: list[tuple[str, object, str]] = [
        ("page", way, "read_page"),
        ("alignment", way, "entity_repairs"),
        ("alignment", way, "align"),
        ("alignment", way, "lead_back"),
        ("morphemes", extractor.analyzer, "sentences"),
        ("model", extractor.runtime, "states"),
        ("model", extractor.runtime, "decode"),
        ("model", way, "propose_relations"),
        ("mentions", way, "read_mentions"),
        *(("records", way, name) for name in RECORDS),
    ]
    seconds: dict[str, float] = defaultdict(float)
    for stage, owner, name in steps:
        stack.enter_context(patch.object(owner, name, timed(stage, getattr(owner, name), seconds)))
    return seconds


def measure_throughput(extractor: Extractor, seconds: float = 15.0) -> list[Measure]:
    """The seeds over and over for about so many seconds, at least once; one to warm up before.

    Rates are medians over the articles. What belongs to none of the steps is the rest.
    """
    texts = [path.read_text(encoding="utf-8") for path in SEEDS]
    extractor.extract(texts[0])
    taken: list[float] = []
    rates: list[float] = []
    with ExitStack() as stack:
        stages = watch_steps(extractor, stack)
        for number, text in enumerate(cycle(texts)):
            if number >= len(texts) and sum(taken) > seconds:
                break
            began = perf_counter()
            extractor.extract(text)
            taken.append(perf_counter() - began)
            rates.append(len(text) / taken[-1])
    stages["rest"] = sum(taken) - sum(stages.values())
    whole = {"articles/s": 1 / median(taken), "characters/s": median(rates)}
    return [
        Measure("whole", whole | {"% of time": 100.0}),
        *(Measure(name, {"% of time": 100 * s / sum(taken)}) for name, s in stages.items()),
    ]


# --- mentions ------------------------------------------------------------------------------------


def seconds_of_seeds(model: str | None, passes: int) -> tuple[float, float]:
    """How long the seeds take so many times over: text in and mentions out, and all records out."""
    from lgtalent_ie.extractor import grouped
    from lgtalent_ie.mentions import read_mentions

    extractor = load(model)
    runtime = extractor.runtime
    texts = [path.read_text(encoding="utf-8") for path in SEEDS] * passes

    def mentions() -> None:
        for group in grouped((text, None) for text in texts):
            articles = [extractor.prepare(text) for text, _ in group]
            found = runtime.decode(runtime.states([w for a in articles for w in a.windows]))
            spans = iter(found)
            for a in articles:
                own = [next(spans) for _ in a.sentences]
                read_mentions(a.aligned.text, a.sentences, own, extractor.min_score)

    def everything() -> None:
        for _ in extractor.extract_many(texts):
            pass

    extractor.extract(texts[0])
    return median_seconds(mentions, 1), median_seconds(everything, 1)


def measure_mentions(model: str | None, passes: int = 20) -> list[Measure]:
    """Eojeol a second of one process, and of one on every core together."""
    eojeol = sum(len(path.read_text(encoding="utf-8").split()) for path in SEEDS) * passes
    rows = []
    for processes in dict.fromkeys((1, os.cpu_count() or 1)):
        with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
            runs = list(pool.map(seconds_of_seeds, [model] * processes, [passes] * processes))
        sums = [sum(eojeol / seconds for seconds in column) for column in zip(*runs, strict=True)]
        names = "mentions, eojeol/s", "everything, eojeol/s"
        rows.append(Measure(f"{processes} processes", dict(zip(names, sums, strict=True))))
    return rows


# --- hostile text --------------------------------------------------------------------------------

# Reader, piece, and how many times the size asked for. The piece is repeated on one line: {} is a
# number of its own in Hangul each time, [x]LABEL a mention; what stands before … fills the first
# half, what stands behind it the second. 200,000 syllables are 0.6 megabytes.
HOSTILE: tuple[tuple[str, str, int], ...] = (
    *(("read_page", piece, 1) for piece in ("가", "가나 기자 = ", "댓글\n", "[", "다. ", "&amp;")),
    *(("find_dates", piece, 1) for piece in ("1", "1년 6개월 ", "11일부터 ", "올해 말 ")),
    *(("find_quantities", piece, 1) for piece in ("1~", "1명", "9억 8만 ", "두 세 ")),
    *(("read_quotes", piece, 1) for piece in ('"', "“", "“…”", '"가"고 ', '민 씨는 "가"며 ')),
    ("read_organizations", "[새{}전자 {}연구소]ORG([{}연]ORG), ", 1),
    ("read_relations", "[윤{}]PERSON [새{}전자]ORG [상무]TITLE, ", 1),
    ("extract", "올해 {}전자는 {}대와 손잡고 연구원 3명을 뽑았다고 {}신문에 밝혔다. ", 1),
    ("extract", "가", 4),
)
HANGUL = str.maketrans("0123456789", "가나다라마바사아자차")
MARKED = re.compile(r"\[([^\[\]]+)\]([A-Z]+)")


def line_of(piece: str, size: int) -> Reading:
    """About `size` characters made of the piece, with its mentions, without sentences."""
    from lgtalent_ie.reading import Reading
    from lgtalent_ie.schema import Mention, Section

    halves = piece.split("…")
    parts: list[str] = []
    mentions: list[Mention] = []
    at = 0
    for number in count():
        if at >= size:
            break
        half = halves[0] if 2 * at < size else halves[-1]
        item = half.replace("{}", str(number).translate(HANGUL))
        # Text, surface, label, text, surface, label … text.
        for nth, part in enumerate(MARKED.split(item)):
            if nth % 3 == 2:
                surface, mention_id = parts[-1], f"m{len(mentions) + 1}"
                start, label = at - len(surface), cast("Label", part)
                mentions.append(Mention(mention_id, label, start, at, surface, 1.0))
            else:
                parts.append(part)
                at += len(part)
    return Reading("".join(parts), None, (Section("body", 0, at),), (), tuple(mentions))


def prepare(reader: str, line: Reading, extractor: Extractor) -> Callable[[], object]:
    """The call that is timed; all that the reader needs is made here."""
    from lgtalent_ie.page import read_page
    from lgtalent_ie.records.dates import find_dates
    from lgtalent_ie.records.numbers import find_quantities
    from lgtalent_ie.records.organizations import read_organizations
    from lgtalent_ie.records.pieces import read_pieces
    from lgtalent_ie.records.quotes import read_quotes
    from lgtalent_ie.records.relations import read_relations

    of_texts: dict[str, Callable[[str], object]] = {
        "read_page": read_page, "find_dates": find_dates, "find_quantities": find_quantities,
        "extract": extractor.extract,
    }  # fmt: skip
    if reader in of_texts:
        return partial(of_texts[reader], line.text)
    if reader == "read_organizations":
        return partial(read_organizations, line)
    reading = replace(line, sentences=extractor.analyzer.sentences(line.text, line.sections))
    organizations = read_organizations(reading)
    if reader == "read_quotes":
        return partial(read_quotes, reading, organizations)
    return lambda: read_relations(reading, (), (), organizations, read_pieces(reading))


def measure_hostile(extractor: Extractor, size: int = 50_000, repeats: int = 3) -> list[Measure]:
    """Each reader on `size` characters and on twice as many."""
    rows = []
    for reader, piece, times in HOSTILE:
        lines = [line_of(piece, size * times), line_of(piece, 2 * size * times)]
        once, twice = (median_seconds(prepare(reader, x, extractor), repeats) for x in lines)
        figures = {"n": float(len(lines[0].text)), "seconds at n": once, "seconds at 2n": twice}
        name = f"{reader}: {piece.strip()[:16]}"
        rows.append(Measure(name, figures | {"ratio": twice / once}))
    return rows


# --- parsers -------------------------------------------------------------------------------------


def read_cases(name: str) -> list[list[str]]:
    """The rows of a case table of the tests."""
    lines = (CASES / f"{name}.tsv").read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if line.strip() and not line.startswith("#")]


def rates_of_parser(parser: str, passes: int) -> list[tuple[str, float]]:
    """Figures of one parser in this process, which must not have loaded it before."""
    began = perf_counter()
    from lgtalent_ie import parse_date, parse_quantity
    from lgtalent_ie.records import dates, quantities

    calls: list[Callable[[], object]]
    if parser == "parse_date":
        calls = [partial(parse_date, row[0], row[1] or None) for row in read_cases("dates")]
    else:
        rows = read_cases("quantities")
        calls = [partial(parse_quantity, row[0], before=row[1], after=row[2]) for row in rows]

    def run(some: Sequence[Callable[[], object]]) -> None:
        # A text that was read a moment ago is only remembered; here each is to be read.
        dates._parse.cache_clear()
        quantities._parse.cache_clear()
        again(some)

    def again(some: Sequence[Callable[[], object]]) -> None:
        for call in some:
            call()

    run(calls[:1])
    first = perf_counter() - began
    cold = median_seconds(partial(run, calls[1:]), 1)
    warm = median_seconds(partial(run, calls), passes)
    remembered = median_seconds(partial(again, calls), passes)
    return [
        ("seconds of the first", first),
        ("calls/s cold", (len(calls) - 1) / cold),
        ("calls/s warm", len(calls) / warm),
        ("calls/s again", len(calls) / remembered),
    ]


def measure_parsers(repeats: int = 3, passes: int = 20) -> list[Measure]:
    """The parsers on the case tables of the tests, in fresh processes.

    The first call loads the library and its tables; cold is the rest of the first pass, warm a
    later pass over the same texts, of which no answer is remembered; again is one that may be.
    """
    rows = []
    for parser in ("parse_date", "parse_quantity"):
        runs = [in_fresh_process(rates_of_parser, parser, passes) for _ in range(repeats)]
        columns = zip(*runs, strict=True)
        rows.append(Measure(parser, {same[0][0]: median(f for _, f in same) for same in columns}))
    return rows


# --- scores --------------------------------------------------------------------------------------

SCORED, DISTINCT, MENTIONS = 10_000, 1_000, 30


def invented(number: int) -> tuple[GoldDocument, Document, str]:
    """Gold of thirty mentions and as many records, and a prediction that a tenth of is wrong."""
    from lgtalent_ie.evaluation import gold as g
    from lgtalent_ie.schema import LABELS

    draw = random.Random(number)
    text, mentions = "", []
    for n in range(MENTIONS):
        label = draw.choice((*LABELS, "ORG", "ORG", "DATE", "QUANTITY"))
        word = "".join(draw.choices("가나다라마바사", k=draw.choice((2, 3, 4))))
        mentions.append(g.GoldMention(f"m{n}", label, len(text), len(text) + len(word)))
        text += word + draw.choice(("는 ", "의 ", ", ", "에서 여러 사람이 모여 "))
    of = {label: [m.id for m in mentions if m.label == label] for label in LABELS}
    pairs = [draw.sample(mentions, 2) for _ in range(10)]
    gold = g.GoldDocument(
        1, f"d{number}", g.text_sha256(text), len(text), None, 1, ("a",), date(2026, 1, 1),
        tuple(mentions),
        tuple(g.GoldOrganization(m, (m,)) for m in of["ORG"]),
        tuple(g.GoldDate(m, "DATE", f"20{n + 10}-06") for n, m in enumerate(of["DATE"])),
        tuple(
            g.GoldCount(m, n, None, None, "명", "exact", "person")
            for n, m in enumerate(of["QUANTITY"])
        ),
        tuple(g.GoldQuote(at, at + 9, "direct", (at + 10, at + 12)) for at in (0, 20, 40)),
        tuple(g.GoldRelation("org:partner", a.id, b.id) for a, b in pairs),
        tuple(g.GoldFact("hire", (m,), 0, 10) for m in of["ORG"][:3]),
    )  # fmt: skip
    document = g.as_document(gold, text)
    kept = tuple(m for m in document.mentions if draw.random() > 0.1)
    return gold, replace(document, mentions=kept), text


def measure_scores(documents: int = SCORED) -> list[Measure]:
    """Seconds to score documents of thirty mentions each, and the 95 % intervals beside."""
    from lgtalent_ie.evaluation.documents import per_document, scores_of

    distinct = [invented(number) for number in range(min(DISTINCT, documents))]
    triples = list(islice(cycle(distinct), documents))
    sums = per_document(triples)
    seconds = {
        f"scoring {documents:,} documents": median_seconds(partial(per_document, triples), 1),
        "intervals, 1,000 resamples": median_seconds(partial(scores_of, sums, 1000), 1),
    }
    return [Measure(name, {"seconds": figure}) for name, figure in seconds.items()]


# --- the command ---------------------------------------------------------------------------------

MEASURES: dict[str, Callable[[str | None], list[Measure]]] = {
    "start": measure_start,
    "throughput": lambda model: measure_throughput(load(model)),
    "mentions": measure_mentions,
    "hostile": lambda model: measure_hostile(load(model)),
    "parsers": lambda _: measure_parsers(),
    "scores": lambda _: measure_scores(),
}


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


def table_of(section: str, rows: Sequence[Measure]) -> Table:
    """One table for a section, a column for each figure, three digits or more of each."""
    columns = list(dict.fromkeys(column for row in rows for column in row.figures))
    table = Table(section)
    for column in columns:
        table.add_column(column, justify="right")
    for row in rows:
        figures = [row.figures.get(column) for column in columns]
        shown = ["" if f is None else f"{f:,.0f}" if f >= 100 else f"{f:.3g}" for f in figures]
        table.add_row(escape(row.name), *shown)
    return table


@click.command()
@click.argument("sections", nargs=-1, type=click.Choice(list(MEASURES)))
@click.option("--model", metavar="FOLDER|ID", help="Model; the shipped one where none is given.")
@click.option("--threads", type=click.IntRange(1), help="Threads of torch, else as it chooses.")
@click.option("--json", "output", type=click.Path(dir_okay=False, path_type=Path),
              help="Write the figures to this file.")  # fmt: skip
def main(
    sections: tuple[str, ...], model: str | None, threads: int | None, output: Path | None
) -> None:
    """Measure how fast this machine is: the SECTIONS named, or all of them."""
    from lgtalent_ie.errors import LgtalentError

    if threads:
        # Torch reads this when it is loaded, here and in every process started from here.
        os.environ["OMP_NUM_THREADS"] = str(threads)
    console = Console()
    console.print(", ".join(f"{what} {value}" for what, value in machine().items()))
    measured: dict[str, list[dict[str, object]]] = {}
    for section in sections or MEASURES:
        try:
            rows = MEASURES[section](model)
        except LgtalentError as error:
            raise click.ClickException(str(error)) from error
        console.print(table_of(section, rows))
        measured[section] = [{"name": row.name, **row.figures} for row in rows]
    if output:
        report = {
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": machine(),
            "model": Path(model).name if model else "shipped",
            "sections": measured,
        }
        text = json.dumps(report, ensure_ascii=False, indent=2)
        output.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
