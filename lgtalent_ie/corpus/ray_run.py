"""A corpus run on a Ray cluster: the rows, parts and files of `batch`, worked at by any machine.

    this machine          CPU actors         GPU actors, where there are any       this machine
    rows ─▶ groups ─────▶ page, Kiwi ──────▶ model, records, tables ─────────────▶ parts

Without GPUs one kind of actor does both: on a CPU cluster handing sentences on costs 7 % and saves
nothing (`docs/scale.md`). Groups of chunks and their answers travel as Arrow tables through Ray's
object store, so machines need no common file system, only this package, the model and the word
lists under the same paths, and each actor compares these with those of the run.

Where an actor or its machine dies, Ray gives its group to another. A group over which several have
died is worked at here, row by row where it must be. What must come back is known, as the rows are
read here a second time. Parts are those of a local run: either engine goes on where the other
stopped.
"""

from __future__ import annotations

import importlib
import logging
from collections.abc import Callable, Collection, Generator, Iterable, Iterator
from contextlib import chdir, closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lgtalent_ie.corpus.batch import Answered, Plan, Setup, carry_out, chunks
from lgtalent_ie.corpus.parts import (
    Rejected,
    Summary,
    read_ids,
)
from lgtalent_ie.corpus.ray_actors import (
    Failure,
    Stage,
    Step,
    as_table,
    begin_all,
    begin_finishing,
    begin_preparing,
    contents,
    key_of,
)
from lgtalent_ie.corpus.ray_ledger import Ledger, Tries
from lgtalent_ie.corpus.rows import Columns, Row, read_rows
from lgtalent_ie.corpus.seen import Seen
from lgtalent_ie.corpus.sources import Source
from lgtalent_ie.corpus.work import Answer, Chunk, Work, give_up, split, start_work
from lgtalent_ie.corpus.workers import Crew
from lgtalent_ie.errors import InputError, MissingExtraError

if TYPE_CHECKING:
    import pyarrow as pa

# Chunks in a task: some seconds of a core, beside which Ray's milliseconds for a task are nothing.
GROUP = 4
# Python around the model keeps a core busy and a GPU idle: several actors share one.
GPU_SHARE = 1 / 8
# Kiwi and the page cost a core a bit less than what an actor does around the model.
MODELS_PER_CPU = 3 / 5

NODE_LABEL = "ray.io/node-id"
AGAIN = "start the same command again: it goes on behind the last whole part"


@dataclass(frozen=True, slots=True)
class Cluster:
    """Where a run is worked at.

    address: `auto` or HOST:PORT; None takes the cluster of this machine, or starts one for the run.
    num_gpus: share of a GPU for each actor that holds the model, 0 for none; None takes `GPU_SHARE`
        where the cluster has GPUs.
    """

    address: str | None = None
    num_gpus: float | None = None


def run_on_ray(
    plan: Plan,
    cluster: Cluster | None = None,
    on_rows: Callable[[int], None] = lambda rows: None,
    setup: Setup = start_work,
) -> Summary:
    """`batch.run_plan` on a Ray cluster: `plan.batch.workers` actors, None for one a CPU.

    Call it on a machine of the cluster: this one reads the input and writes the parts. `setup` is
    what an actor does where one kind of them does all.

    Raises as `run_plan`; MissingExtraError without ray; InputError where the cluster cannot be
    reached, has not the CPUs or GPUs asked for, or a machine of it has another model, word list or
    version of this package.
    """
    ray = import_ray()
    batch = plan.batch

    @contextmanager
    def answers(done: Collection[int]) -> Iterator[Iterator[Answered]]:
        reader = Reader(
            plan.inputs.sources, batch.columns, batch.part_size, str(batch.out),
            tuple(sorted(done)), str(Path.cwd()),
        )  # fmt: skip
        with (
            connected(ray, cluster or Cluster()) as there,
            closing(on_cluster(ray, plan, there, reader, setup)) as coming,
        ):
            alone = partial(work_alone, plan_work(plan), setup)
            yield matched(coming, reader.groups(), alone)

    return carry_out(plan, answers, on_rows)


def plan_work(plan: Plan) -> Work:
    """What an actor needs to begin, with paths that do not depend on where it runs."""
    batch = plan.batch
    model = batch.model
    if model is not None and Path(model).is_dir():
        model = str(Path(model).resolve())
    return Work(
        model, batch.device, absolute(batch.user_dictionary), absolute(batch.entities),
        batch.min_score, plan.settings["published"], batch.to, plan.further,
    )  # fmt: skip


def absolute(path: Path | None) -> str | None:
    return None if path is None else str(path.resolve())


# --- this machine --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reader:
    """What is left to read of a run; each call of `groups` reads it from the beginning, alike.

    Paths are relative to `folder`, in which the run was started.
    """

    sources: tuple[Source, ...]
    columns: Columns
    part_size: int
    out: str
    done: tuple[int, ...]
    folder: str

    def groups(self) -> Iterator[list[Chunk]]:
        """The chunks of all parts that are not done, some at a time."""
        seen = Seen()
        seen.add_many(read_ids(Path(self.out), self.done))
        first = next(n for n in range(len(self.done) + 1) if n not in self.done)
        rows = read_rows(self.sources, self.columns, first * self.part_size)
        some = chunks(rows, self.part_size, frozenset(self.done), seen)
        while group := list(islice(some, GROUP)):
            yield group

    def tables(self, _: pa.Table) -> Iterator[pa.Table]:
        """The groups as tables of one row."""
        with chdir(self.folder):
            for number, group in enumerate(self.groups()):
                yield as_table(number, group)


def matched(
    coming: Iterator[tuple[int, Any]],
    groups: Iterable[list[Chunk]],
    alone: Callable[[list[Chunk]], Iterable[Answered]],
) -> Iterator[Answered]:
    """Each chunk with its answers, from the cluster or, where it gave them up, by `alone`.

    Raises what actors raise that cannot work, and InputError where answers are missing or are those
    of other rows.
    """
    for expected, group in enumerate(groups):
        number, found = next(coming, (None, None))
        if isinstance(found, Failure):
            raise found.error
        if number != expected:
            raise InputError(
                f"a Ray cluster without an answer for rows from {place_of(group)} on",
                "one that is there to the end", AGAIN,
            )  # fmt: skip
        if found is None:
            yield from alone(group)
            continue
        if [key for key, _ in found] != [key_of(chunk) for chunk in group]:
            raise InputError(
                f"input that has changed near {place_of(group)}",
                "files that stay as they are while they are read", "use another --out for them",
            )  # fmt: skip
        for chunk, (_, one) in zip(group, found, strict=True):
            yield chunk, [one]


def place_of(group: list[Chunk]) -> str:
    """Where a group begins, for messages."""
    first: Row | Rejected = (group[0].rows or group[0].rejected)[0]
    return f"{first.source}:{first.row}"


def work_alone(work: Work, setup: Setup, group: list[Chunk]) -> Iterator[Answered]:
    """Each chunk with its answers by a process of this machine; rows that kill it are given up."""
    here = replace(work, device="cpu")
    crew: Crew[Chunk, Answer] = Crew(partial(setup, here), 1, split, give_up)
    yield from crew.run(group)


# --- the cluster ---------------------------------------------------------------------------------


def import_ray() -> Any:
    """ray with ray.data; MissingExtraError without it."""
    try:
        importlib.import_module("ray.data")
    except ImportError as error:
        raise MissingExtraError(
            f"--engine ray without ray ({error})", "the extra `ray`",
            "pip install 'lgtalent_ie[corpus,ray]' on each machine of the cluster",
        ) from error  # fmt: skip
    return importlib.import_module("ray")


@contextmanager
def connected(ray: Any, cluster: Cluster) -> Iterator[Cluster]:
    """A connection for the run; one that the caller has already made is used and left open."""
    if (cluster.address or "").startswith("ray://"):
        raise InputError(
            f"--address {cluster.address}, a client's", "auto, or HOST:PORT of the cluster",
            "give the command on a machine of the cluster, with --address auto",
        )  # fmt: skip
    own = not ray.is_initialized()
    if own:
        try:
            ray.init(cluster.address, logging_level=logging.ERROR, log_to_driver=False)
            # Its reports would break the progress bar into pieces.
            logging.getLogger("ray.data").setLevel(logging.ERROR)
        except (ConnectionError, ValueError, RuntimeError) as error:
            raise InputError(
                f"--address {cluster.address}: {str(error).splitlines()[0]}",
                "the address of a Ray cluster that this machine belongs to",
                "run `ray start` on each machine, and the command on one of them",
            ) from error
    try:
        yield cluster
    finally:
        if own:
            ray.shutdown()


def on_cluster(
    ray: Any, plan: Plan, cluster: Cluster, reader: Reader, setup: Setup
) -> Generator[tuple[int, Any], None, None]:
    """(number, answers) of the groups that the cluster has worked at, in order."""
    stages = plan_stages(ray, plan, cluster, setup)
    context = ray.data.DataContext.get_current().copy()
    # A block, and so a task, for each row of the tables.
    context.target_max_block_size = 1
    context.execution_options.preserve_order = True
    context.enable_progress_bars = False
    here = {NODE_LABEL: ray.get_runtime_context().get_node_id()}
    ledger = ray.remote(Ledger).options(num_cpus=0, label_selector=here).remote()
    with ray.data.DataContext.current(context):
        # Actors may hold every CPU there is, so what feeds them must ask for none.
        groups = ray.data.from_arrow(as_table(0, None)).map_batches(
            reader.tables, batch_size=1, batch_format="pyarrow", num_cpus=0, label_selector=here
        )
        for name, stage in stages.items():
            groups = groups.map_batches(
                Stage, fn_constructor_args=(stage.begin, Tries(name, ledger)), batch_size=1,
                batch_format="pyarrow", num_cpus=stage.num_cpus, num_gpus=stage.num_gpus or None,
                compute=ray.data.ActorPoolStrategy(size=stage.actors),
            )  # fmt: skip
        batches = groups.iter_batches(batch_size=None, batch_format="pyarrow")
    try:
        for table in batches:
            yield from contents(table)
    except ray.exceptions.RayError as error:
        raise InputError(
            f"a Ray cluster that stopped: {str(error).strip().splitlines()[-1]}",
            "one that is there to the end",
            AGAIN,
        ) from error
    finally:
        ray.kill(ledger)


@dataclass(frozen=True, slots=True)
class StagePlan:
    """Actors of one kind; `begin` is called in each of them and gives what it does."""

    begin: Callable[[], Step]
    actors: int
    num_cpus: float = 1.0
    num_gpus: float = 0.0


def plan_stages(ray: Any, plan: Plan, cluster: Cluster, setup: Setup) -> dict[str, StagePlan]:
    """One stage, or two where the model has GPUs, for the machines that are there."""
    there = ray.cluster_resources()
    cpus, gpus = int(there.get("CPU", 0)), there.get("GPU", 0.0)
    share = cluster.num_gpus if cluster.num_gpus is not None else GPU_SHARE if gpus else 0.0
    if share > gpus:
        raise InputError(
            f"{share:g} GPUs for an actor", f"at most the {gpus:g} of the cluster", "ask for less"
        )
    workers = plan.batch.workers
    if workers is not None and not 1 <= workers <= cpus:
        raise InputError(
            f"--workers {workers}", f"1 to {cpus}, the CPUs of the cluster", "leave it out"
        )
    work = plan_work(plan)
    if not share:
        work = replace(work, device="cpu" if work.device == "auto" else work.device)
        all_work = partial(begin_all, plan.settings, work, setup)
        return {"all": StagePlan(all_work, workers or cpus)}
    models = max(1, min(int(gpus / share), int(cpus * MODELS_PER_CPU)))
    return {
        "prepare": StagePlan(
            partial(begin_preparing, plan.settings, work), workers or max(1, cpus - models)
        ),
        # They ask for no CPU, or the first stage could leave them none on the machines with GPUs.
        "model": StagePlan(partial(begin_finishing, plan.settings, work), models, 0.0, share),
    }
