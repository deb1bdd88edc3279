"""How fast the engine is, side by side with what a user would take in its place.

    python scripts/benchmark_engine.py --json FILE.json --markdown FILE.md
    python scripts/benchmark_engine.py --device cpu --encoders fast --minutes 3
    python scripts/benchmark_engine.py --dry-run --device cuda     # every step, tiny, without a GPU

docs/benchmarks/README.md says what is measured and how to read it. The run ends by itself: what was
measured until then is in the files, which are written again with every figure.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import platform
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from multiprocessing.connection import Connection, wait
from pathlib import Path
from time import time
from typing import Any

import click
import torch
from benchmark import machine as software
from engine_encoders import ENCODERS, SHAPES, need_transformers, peak_of
from engine_measures import Setting
from engine_report import Report, markdown, merged, ratios
from engine_sections import (
    TURNS,
    Barrier,
    Row,
    Section,
    plan,
    reason_of,
    run_section,
    usable_cores,
    with_best,
)
from engine_texts import Mix, make_mixes, read_sentences, sentences_of
from rich.console import Console

from lgtalent_ie.engine.runtime import choose_device
from lgtalent_ie.errors import InputError, LgtalentError
from lgtalent_ie.model.locate import SHIPPED
from lgtalent_ie.morphemes import Analyzer

ROOT = Path(__file__).resolve().parents[1]

# Characters of each mix that are all different, and how often the engine reads them over on a GPU,
# which would be through with them before a clock could tell.
CHARACTERS = {"cpu": 60_000, "cuda": 200_000}
REPEATED_ON_GPU = 10
# So many times the characters are there for ways in turn, each pass of which takes new texts.
TEXTS_IN_TURN = 8

DEFAULT_ENCODERS = {
    "cpu": ("fast", "base", "roberta-small"),
    "cuda": ("roberta-base", "roberta-large", "fast", "base"),
}
BATCH_SIZES = {"cpu": (1, 8, 32, 64), "cuda": (8, 32, 64, 128, 256, 512)}

# What sections get of the time in a GPU's configuration, beside the 1 of Kiwi: CUDA and torch's
# compiler take half a minute before the first figure of a RoBERTa shape, which must not be lost.
GPU_SHARES = {"shapes": 4.0, "shipped": 1.5}

# What the ways that begin with text get on a CPU, where they are what is compared.
TURNS_SHARE = 2.0

# A section may run so much longer than its share before it is stopped, in parts of the share.
GRACE = 0.5
# Seconds kept for stopping processes and writing the last figures.
RESERVE = 5.0
# Loading takes no longer, whatever a process is told of its age in a sandbox.
LOADING = 60.0


def describe_machine(device: str) -> dict[str, object]:
    """What the figures are taken on; nothing that names the machine itself."""
    found: dict[str, object] = {"CPU": cpu_model(), "cores": usable_cores(), **software()}
    for package in ("transformers", "tokenizers", "kiwipiepy", "gliner"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    if device.startswith("cuda"):
        found["GPU"] = torch.cuda.get_device_name(device)
        found["CUDA"] = torch.version.cuda
    return found


def cpu_model() -> str:
    """The CPU as it calls itself."""
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def seed_sentences(analyzer: Analyzer) -> list[str]:
    """The sentences of the project's own articles."""
    return sentences_of(sorted((ROOT / "seeds").glob("[0-9]*.txt")), analyzer)


def settle(device: str, dry_run: bool) -> Setting:
    """The configuration; in a dry run that of a GPU goes through its steps where there is none."""
    asked = device.partition(":")[0]
    without = dry_run and asked == "cuda" and not torch.cuda.is_available()
    chosen = "cpu" if without else str(choose_device(device))
    gpu = without or chosen.startswith("cuda")
    kind = "cuda" if gpu else "cpu"
    sizes = BATCH_SIZES[kind][:2] if dry_run else BATCH_SIZES[kind]
    repeated = REPEATED_ON_GPU if gpu else 1
    return Setting(chosen, gpu, torch.get_num_threads(), sizes, repeated, dry_run)


def age() -> float:
    """Seconds since this process began, as torch takes some to load; 0 where nothing tells.

    Field 22 of Linux's /proc/self/stat is the start in clock ticks after that of the machine.
    """
    with suppress(ImportError, OSError, ValueError, IndexError):
        from time import CLOCK_BOOTTIME, clock_gettime

        fields = Path("/proc/self/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        began = int(fields[19]) / os.sysconf("SC_CLK_TCK")
        return max(0.0, clock_gettime(CLOCK_BOOTTIME) - began)
    return 0.0


# --- processes -----------------------------------------------------------------------------------


def enter(
    connection: Connection,
    section: Section,
    mixes: Sequence[Mix],
    setting: Setting,
    deadline: float,
    barrier: Barrier | None,
) -> None:
    """What a process of a section does: measure, and send each row home."""
    run_section(section, mixes, setting, deadline, connection.send, barrier)
    connection.close()


def in_processes(
    section: Section, mixes: Sequence[Mix], setting: Setting, deadline: float, stop: float
) -> Iterator[Row]:
    """The rows of a section, each of its processes a fresh one; those left at `stop` are ended."""
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(section.processes) if section.processes > 1 else None
    connections: list[Connection] = []
    processes = []
    for _ in range(section.processes):
        here, there = context.Pipe(duplex=False)
        process = context.Process(
            target=enter, args=(there, section, mixes, setting, deadline, barrier), daemon=False
        )
        process.start()
        there.close()
        connections.append(here)
        processes.append(process)
    broken = None
    try:
        waiting = list(connections)
        while waiting and not broken:
            ready = wait(waiting, max(0.0, stop - time()))
            broken = None if ready else "stopped, as its time was over"
            for connection in ready:
                assert isinstance(connection, Connection)
                try:
                    yield connection.recv()
                except (EOFError, OSError):
                    waiting.remove(connection)
        for process in processes:
            process.join(0 if broken else RESERVE)
            if process.exitcode and not broken:
                broken = f"a process ended with code {process.exitcode}"
    finally:
        left = [process for process in processes if process.is_alive()]
        for process in left:
            process.terminate()
        for process in left:
            process.join(1)
            process.kill()
    if broken:
        yield "gaps", {"encoder": section.encoder, "what": section.title, "reason": broken}


def in_this_process(
    section: Section, mixes: Sequence[Mix], setting: Setting, deadline: float, stop: float
) -> Iterator[Row]:
    """The rows of a section in this process, for a dry run: no process has to start."""
    rows: list[Row] = []
    run_section(section, mixes, setting, deadline, rows.append)
    yield from rows


# --- the run -------------------------------------------------------------------------------------


def add(report: Report, row: Row) -> None:
    """One row more in the report."""
    kind, figures = row
    if kind == "encoders":
        name, left_out = figures["encoder"], ("encoder", "section", "processes")
        known = report[kind].setdefault(name, {})
        known.update((k, v) for k, v in figures.items() if k not in left_out)
        return
    peak = peak_of(report["machine"].get("GPU"))
    if peak and figures.get("TFLOPS"):
        figures["% of bf16 peak"] = 100 * figures["TFLOPS"] / peak
    report[kind].append(figures)


def share_of(section: Section, setting: Setting) -> float:
    """How much of the time a section gets, beside the others."""
    if section.kind == TURNS and not setting.gpu:
        return TURNS_SHARE
    if not setting.gpu or not section.encoder:
        return 1.0
    return GPU_SHARES["shapes" if section.encoder in SHAPES else "shipped"]


def run_sections(
    report: Report,
    sections: Sequence[Section],
    mixes: Sequence[Mix],
    fresh: Sequence[Mix],
    setting: Setting,
    end: float,
    written: Callable[[], None],
) -> None:
    """All sections, each with its share of the time that is left when its turn comes.

    Ways that are measured in turn read `fresh` texts.
    """
    shares = [share_of(section, setting) for section in sections]
    for number, section in enumerate(sections):
        share = (end - time()) * shares[number] / sum(shares[number:])
        if share <= 0:
            gap = {"encoder": section.encoder, "what": section.title, "reason": "no time was left"}
            add(report, ("gaps", gap))
            continue
        deadline = time() + share
        stop = min(end, deadline + GRACE * share)
        if section.kind == TURNS:
            section = with_best(section, report["rates"])
        inline = setting.dry_run and section.processes == 1
        run = in_this_process if inline else in_processes
        several: dict[str, list[dict[str, Any]]] = {"rates": [], "memory": []}
        given = fresh if section.kind == TURNS else mixes
        for kind, figures in run(section, given, setting, deadline, stop):
            if section.processes > 1 and kind in several:
                several[kind].append(figures)
            elif kind != "gaps" or figures not in report["gaps"]:
                add(report, (kind, figures))
                written()
        for kind, rows in several.items():
            for row in merged(rows, section.processes):
                add(report, (kind, row))
        written()


def write(report: Report, output: Path | None, tables: Path | None) -> None:
    """Both files, each replaced in one step."""
    report["ratios"] = ratios(report)
    text = json.dumps(report, ensure_ascii=False, indent=1) + "\n"
    for path, content in ((output, text), (tables, markdown(report))):
        if path is not None:
            fresh = path.with_name(f".{path.name}.part")
            fresh.write_text(content, encoding="utf-8")
            fresh.replace(path)


def chosen_encoders(names: str | None, setting: Setting) -> list[str]:
    """The encoders of `--encoders`, or of the configuration; InputError where one is unknown."""
    usual = DEFAULT_ENCODERS["cuda" if setting.gpu else "cpu"]
    if setting.dry_run:
        # What `base` goes through, `fast` does as well.
        usual = tuple(name for name in usual if name != "base")
    chosen = names.split(",") if names else usual
    wrong = [name for name in chosen if name not in ENCODERS]
    if wrong:
        raise InputError(f"--encoders with {wrong[0]!r}", ", ".join(ENCODERS), "correct the list")
    return list(dict.fromkeys(chosen))


@click.command()
@click.option("--encoders", metavar="NAMES",
              help=f"Some of {','.join(ENCODERS)}, in the order they are measured in.")  # fmt: skip
@click.option("--device", default="auto", help="auto, cpu, or a device such as cuda:0.")
@click.option("--minutes", default=9.5, type=click.FloatRange(min=0, min_open=True),
              help="The run ends after so many, whatever it is at.", show_default=True)  # fmt: skip
@click.option("--processes", type=click.IntRange(1), help="Processes together; as many as cores.")
@click.option("--threads", type=click.IntRange(1), help="Threads of torch, else as it chooses.")
@click.option("--texts", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="Sentences, one a line, .txt or .xz, instead of those of seeds/.")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Go through every step with tiny shapes.")
@click.option("--json", "output", type=click.Path(dir_okay=False, path_type=Path),
              help="Write the results to this file.")  # fmt: skip
@click.option("--markdown", "tables", type=click.Path(dir_okay=False, path_type=Path),
              help="Write tables of the results to this file.")  # fmt: skip
def main(
    encoders: str | None,
    device: str,
    minutes: float,
    processes: int | None,
    threads: int | None,
    texts: Path | None,
    dry_run: bool,
    output: Path | None,
    tables: Path | None,
) -> None:
    """Measure the engine and its rivals, texts of three mixes of length, in one run."""
    end = time() - min(age(), LOADING) + 60 * minutes - RESERVE
    console = Console(stderr=True)
    if threads:
        torch.set_num_threads(threads)
    try:
        need_transformers()
        setting = settle(device, dry_run)
        names = chosen_encoders(encoders, setting)
        together = processes or (min(2, usable_cores()) if dry_run else usable_cores())
        characters = 1_500 if dry_run else CHARACTERS["cuda" if setting.gpu else "cpu"]
        analyzer = Analyzer()
        sentences = read_sentences(texts) if texts else seed_sentences(analyzer)
        mixes = make_mixes(sentences, characters, analyzer)
        fresh = make_mixes(sentences, TEXTS_IN_TURN * characters, None)
    except LgtalentError as error:
        raise click.ClickException(str(error)) from error
    report: Report = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": describe_machine(setting.device),
        "settings": {
            "encoders": names, "configuration": "GPU" if setting.gpu else "CPU",
            "threads of torch": setting.threads, "processes": together, "minutes": minutes,
            "dry run": dry_run, "sentences": len(sentences),
            "of": texts.name if texts else "seeds",
        },
        "mixes": {mix.name: mix.sizes for mix in mixes},
        "encoders": {}, "rates": [], "latencies": [], "memory": [], "gaps": [], "ratios": [],
    }  # fmt: skip

    def written() -> None:
        write(report, output, tables)

    sections = plan(names, SHIPPED, together)
    try:
        run_sections(report, sections, mixes, fresh, setting, end, written)
    except KeyboardInterrupt:
        add(report, ("gaps", {"encoder": "", "what": "the rest", "reason": "interrupted"}))
    except Exception as error:
        add(report, ("gaps", {"encoder": "", "what": "the rest", "reason": reason_of(error)}))
        raise
    finally:
        written()
    console.print(markdown(report), markup=False, highlight=False, soft_wrap=True)


if __name__ == "__main__":
    main()
