"""A corpus run: articles of any number of files to documents or tables, in parts (see `parts`)."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from lgtalent_ie import __version__
from lgtalent_ie.corpus.flat import Further, further_columns, schemas
from lgtalent_ie.corpus.parts import (
    DIGEST,
    Form,
    Part,
    PartWriter,
    Rejected,
    Summary,
    check_settings,
    finished_parts,
    opened_run,
    read_ids,
    read_summary,
    write_summary,
)
from lgtalent_ie.corpus.rows import (
    BadRowError,
    Columns,
    Row,
    as_published,
    check_columns,
    read_rows,
)
from lgtalent_ie.corpus.seen import Seen, hash_id
from lgtalent_ie.corpus.sources import Inputs, arrow, find_inputs
from lgtalent_ie.corpus.work import Answer, Chunk, Work, give_up, rejected, split, start_work
from lgtalent_ie.corpus.workers import Crew
from lgtalent_ie.errors import InputError
from lgtalent_ie.model.config import WEIGHTS_FILE, read_config
from lgtalent_ie.model.locate import locate_model

PART_SIZE = 1000
# A chunk is some articles: enough for the model to read together, few enough to be soon done.
CHUNK_ROWS = 64
CHUNK_CHARACTERS = 20_000
CHUNK_REJECTED = 1000

Handle = Callable[[Chunk], Answer]
Setup = Callable[[Work], Handle]
# A chunk and what became of it.
Answered = tuple[Chunk, Sequence[Answer]]


@dataclass(frozen=True, slots=True)
class Batch:
    """A run as it was asked for. `part_size` is in rows; `workers` None chooses by the machine.

    `compile` is `Extractor`'s.
    """

    inputs: tuple[str, ...]
    out: Path
    to: Form = "jsonl"
    part_size: int = PART_SIZE
    workers: int | None = None
    columns: Columns = field(default_factory=Columns)
    published: str | None = None
    model: str | None = None
    device: str = "auto"
    user_dictionary: Path | None = None
    entities: Path | None = None
    min_score: float = 0.0
    compile: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """A run that can begin: files found and looked at, settings as `run.json` keeps them."""

    batch: Batch
    inputs: Inputs
    further: tuple[Further, ...]
    settings: dict[str, Any]
    done: dict[int, Part]
    summary: Summary | None


def make_plan(batch: Batch) -> Plan:
    """Find and check everything before a model is loaded; writes nothing.

    Raises InputError for inputs that are not there, wrong columns, or a folder of another run;
    ModelError for no model; MissingExtraError for Parquet without pyarrow.
    """
    try:
        published = as_published(batch.published, "published")
    except BadRowError as error:
        raise InputError(
            f"--published {batch.published}", "a date such as 2023-06-21", "correct it"
        ) from error
    if batch.to == "parquet":
        arrow()
    inputs = find_inputs(batch.inputs, batch.out)
    check_columns(inputs.sources, batch.columns)
    further = further_columns(inputs.sources, batch.columns.used)
    settings = {
        "lgtalent_ie": __version__,
        "inputs": [
            asdict(a) | {"modified": datetime.fromtimestamp(a.modified / 1e9, UTC).isoformat()}
            for a in inputs.arguments
        ],
        "to": batch.to,
        "part_size": batch.part_size,
        "columns": asdict(batch.columns),
        "published": published,
        "model": model_settings(locate_model(batch.model)),
        "user_dictionary": file_settings(batch.user_dictionary),
        "entities": file_settings(batch.entities),
        "min_score": batch.min_score,
    }
    check_settings(batch.out, settings)
    done = finished_parts(batch.out) if batch.out.is_dir() else {}
    return Plan(batch, inputs, further, settings, done, read_summary(batch.out))


def model_settings(folder: Path) -> dict[str, str]:
    """Name and weights of a model; ModelError where there is none."""
    config = read_config(folder)
    return {"name": f"{config.name}@{config.revision}", DIGEST: file_digest(folder / WEIGHTS_FILE)}


def file_settings(path: Path | None) -> dict[str, str] | None:
    return None if path is None else {"path": str(path), DIGEST: file_digest(path)}


def file_digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(
            f"{path}: {error.strerror}", "a readable file", "check the path"
        ) from error


def run_plan(
    plan: Plan, on_rows: Callable[[int], None] = lambda rows: None, setup: Setup = start_work
) -> Summary:
    """Do what is left of a run; `on_rows` hears of every so many rows that are done.

    Raises InputError where the disk is full or the inputs hold no row at all; the parts that are
    whole stay, and the same run goes on behind them.
    """
    batch = plan.batch

    def answers(done: Collection[int]) -> closing[Generator[Answered, None, None]]:
        seen = Seen()
        seen.add_many(read_ids(batch.out, sorted(done)))
        first = next(n for n in range(len(done) + 1) if n not in done)
        rows = read_rows(plan.inputs.sources, batch.columns, first * batch.part_size)
        some = chunks(rows, batch.part_size, frozenset(done), seen)
        return closing(answered(plan, some, setup))

    return carry_out(plan, answers, on_rows)


def carry_out(
    plan: Plan,
    answers: Callable[[Collection[int]], AbstractContextManager[Iterator[Answered]]],
    on_rows: Callable[[int], None],
) -> Summary:
    """Write the parts that a run still lacks; `answers` gives what they hold, for the parts done.

    Raises as `run_plan`.
    """
    batch = plan.batch
    with opened_run(batch.out, plan.settings):
        done = finished_parts(batch.out)
        summary = read_summary(batch.out)
        if summary is not None:
            return summary
        with answers(done) as coming:
            write_parts(plan, coming, done, on_rows)
        if not done:
            raise InputError(
                f"{', '.join(batch.inputs)} without a row", "one article or more", "check the files"
            )
        parts = done.values()
        summary = Summary(
            len(parts),
            sum(part.rows for part in parts),
            sum(part.documents for part in parts),
            sum(part.rejected for part in parts),
        )
        write_summary(batch.out, summary)
        return summary


def chunks(
    rows: Iterable[Row], part_size: int, done: frozenset[int], seen: Seen
) -> Iterator[Chunk]:
    """Rows in chunks that never reach over the end of a part; parts in `done` are passed over.

    Where a chunk ends depends on the rows of its part alone, and so do the numbers of the model,
    which can differ in the last digit with what it reads together.
    """
    good: list[Row] = []
    bad: list[Rejected] = []
    hashes: list[int] = []
    characters = part = 0
    for row in rows:
        part, place = divmod(row.number, part_size)
        if part in done:
            continue
        key = hash_id(row.id)
        if row.error is not None or row.text is None:
            bad.append(rejected(row, row.error or "no text"))
        elif not seen.add(key):
            bad.append(rejected(row, f"the id {row.id!r} for the second time; the first is taken"))
        else:
            good.append(row)
            hashes.append(key)
            characters += len(row.text)
        closes = place == part_size - 1
        full = characters >= CHUNK_CHARACTERS or len(good) >= CHUNK_ROWS
        if closes or full or len(bad) >= CHUNK_REJECTED:
            yield Chunk(part, tuple(good), tuple(bad), tuple(hashes), closes)
            good, bad, hashes, characters = [], [], [], 0
    if good or bad:
        yield Chunk(part, tuple(good), tuple(bad), tuple(hashes))


def answered(plan: Plan, some: Iterable[Chunk], setup: Setup) -> Generator[Answered, None, None]:
    """Each chunk with what became of it, worked at in this process or in others."""
    batch = plan.batch
    workers = choose_workers(batch.workers, batch.device)
    work = Work(
        batch.model, batch.device, as_text(batch.user_dictionary), as_text(batch.entities),
        batch.min_score, plan.settings["published"], batch.to, plan.further, one_thread=workers > 0,
        compile=batch.compile,
    )  # fmt: skip
    if workers:
        with served(work) as prepared:
            share = prepared.server is not None or not on_gpu(batch.device)
            setup_here = partial(setup, prepared)
            crew: Crew[Chunk, Answer] = Crew(setup_here, workers, split, give_up, share)
            yield from crew.run(some)
    else:
        handle = setup(work)
        for chunk in some:
            yield chunk, [handle(chunk)]


@contextmanager
def served(work: Work) -> Iterator[Work]:
    """The work, with a process that holds the model on the GPU for all workers, where there is one.

    Raises as `model_server`.
    """
    if not on_gpu(work.device) or not can_serve():
        yield work
        return
    from lgtalent_ie.engine.served import model_server

    with model_server(work.model, work.device, work.compile) as address:
        yield replace(work, server=address)


def can_serve() -> bool:
    """Whether processes can ask each other through a socket in a folder; on Windows not."""
    return hasattr(socket, "AF_UNIX")


def as_text(path: Path | None) -> str | None:
    return None if path is None else str(path)


def choose_workers(workers: int | None, device: str) -> int:
    """As asked for, else one a core; 0 (this process) where they cannot share a GPU's model."""
    if workers is not None:
        return workers
    if on_gpu(device) and not can_serve():
        return 0
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def on_gpu(device: str) -> bool:
    """Whether a model on this device is not on the CPU."""
    return has_gpu() if device == "auto" else not device.startswith("cpu")


def has_gpu() -> bool:
    """Whether torch finds a GPU; torch is loaded only where a driver of one is installed."""
    if not (Path("/proc/driver/nvidia/version").exists() or shutil.which("nvidia-smi")):
        return False
    import torch

    return torch.cuda.is_available()


def write_parts(
    plan: Plan,
    coming: Iterable[Answered],
    done: dict[int, Part],
    on_rows: Callable[[int], None],
) -> None:
    """Write the parts as their rows come and enter them in `done`; half a part is removed."""
    batch = plan.batch
    tables = schemas(plan.further) if batch.to == "parquet" else None
    writer: PartWriter | None = None
    try:
        for chunk, answers in coming:
            if writer is None:
                first = chunk.part * batch.part_size
                writer = PartWriter(batch.out, chunk.part, first, tables)
            for one in answers:
                writer.add(one.documents, one.content, (), ())
            failed = [*chunk.rejected, *(r for one in answers for r in one.rejected)]
            writer.add(0, {}, sorted(failed, key=lambda r: r.number), chunk.hashes)
            if chunk.closes:
                done[chunk.part] = writer.commit()
                writer = None
            on_rows(len(chunk.rows) + len(chunk.rejected))
        if writer is not None:
            part = writer.commit()
            done[part.number] = part
            writer = None
    finally:
        if writer is not None:
            writer.abandon()
