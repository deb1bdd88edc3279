"""What actors of a Ray cluster do with groups of chunks (see `ray_run`); needs no Ray itself."""

from __future__ import annotations

import pickle
import socket
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from lgtalent_ie import __version__
from lgtalent_ie.corpus.batch import Setup, file_digest, model_settings
from lgtalent_ie.corpus.parts import DIGEST, compare
from lgtalent_ie.corpus.rows import Row
from lgtalent_ie.corpus.sources import arrow
from lgtalent_ie.corpus.work import Answer, Chunk, Work, answer, extract_rows
from lgtalent_ie.errors import InputError, LgtalentError
from lgtalent_ie.extractor import Begun, Extractor, Prepared, caught
from lgtalent_ie.model.locate import locate_model
from lgtalent_ie.morphemes import Analyzer
from lgtalent_ie.schema import Document

if TYPE_CHECKING:
    import pyarrow as pa

# Actors that may die over a group; machines that are taken away count like rows that kill.
TRIES = 3

NUMBER, CONTENT = "number", "content"

# What tells a chunk: its part, the hashes of its ids, how many of its rows are no articles.
Key = tuple[int, tuple[int, ...], int]
Step = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Failure:
    """In the place of answers: why an actor cannot work at all."""

    error: Exception


def key_of(chunk: Chunk) -> Key:
    return chunk.part, chunk.hashes, len(chunk.rejected)


def as_table(number: int, content: Any) -> pa.Table:
    """One row: the number of a group, and its chunks, or what has become of them, pickled."""
    pa = arrow()
    pickled = pa.array([pickle.dumps(content, pickle.HIGHEST_PROTOCOL)], pa.large_binary())
    return pa.table({NUMBER: pa.array([number], pa.int64()), CONTENT: pickled})


def contents(table: pa.Table) -> Iterator[tuple[int, Any]]:
    """The rows of tables as `as_table` makes them."""
    for number, content in zip(table.column(NUMBER), table.column(CONTENT), strict=True):
        yield number.as_py(), pickle.loads(content.as_buffer())


class Attempts(Protocol):
    """Counts how often a group has been begun, wherever that was."""

    def begin(self, number: int) -> int: ...
    def end(self, number: int) -> None: ...


class Stage:
    """An actor: begins once, then takes group after group.

    A group over which others have died is given up: its content becomes None. That and a `Failure`
    are handed on as they are.
    """

    def __init__(self, begin: Callable[[], Step], attempts: Attempts) -> None:
        self.step: Step | Failure = told(begin)
        self.attempts = attempts

    def __call__(self, table: pa.Table) -> Iterator[pa.Table]:
        for number, content in contents(table):
            yield as_table(number, self.work(number, content))

    def work(self, number: int, content: Any) -> Any:
        if content is None or isinstance(content, Failure):
            return content
        if isinstance(self.step, Failure):
            return self.step
        if self.attempts.begin(number) > TRIES:
            return None
        found = told(partial(self.step, content))
        self.attempts.end(number)
        return found


def told(step: Callable[[], Any]) -> Any:
    """What the step gives, or the Failure it ends with."""
    try:
        return step()
    except LgtalentError as error:
        return Failure(error)
    except Exception as error:
        return Failure(RuntimeError(f"{type(error).__name__}: {error}"))


def check_machine(settings: dict[str, Any], work: Work) -> None:
    """InputError where this machine would not extract what the run's others do."""
    here = {
        "lgtalent_ie": __version__,
        "model": model_settings(locate_model(work.model)),
        "user_dictionary": list_digest(work.user_dictionary),
        "entities": list_digest(work.entities),
    }
    asked = {name: settings[name] for name in here}
    for name in ("user_dictionary", "entities"):
        asked[name] = asked[name] and {DIGEST: asked[name][DIGEST]}
    different = [said for name in here for said in compare(name, asked[name], here[name])]
    if different:
        raise InputError(
            f"the machine {socket.gethostname()}, of a run with {'; '.join(different)}",
            "the same on each machine of the cluster", "install there what the run began with",
        )  # fmt: skip


def list_digest(path: str | None) -> dict[str, str] | None:
    return None if path is None else {DIGEST: file_digest(Path(path))}


def begin_all(settings: dict[str, Any], work: Work, setup: Setup) -> Step:
    """All the work in one actor: chunks → answers."""
    check_machine(settings, work)
    handle = setup(work)
    return lambda group: [(key_of(chunk), handle(chunk)) for chunk in group]


def begin_preparing(settings: dict[str, Any], work: Work) -> Step:
    """Page and Kiwi: chunks → the same with what comes before the model of each row."""
    check_machine(settings, work)
    extractor = Preparing(work.user_dictionary)

    def prepare(row: Row) -> Prepared | Exception:
        return caught(extractor.prepare, row.text or "", row.published or work.published)

    return lambda group: [(chunk, [prepare(row) for row in chunk.rows]) for chunk in group]


def begin_finishing(settings: dict[str, Any], work: Work) -> Step:
    """The model and what comes behind it: prepared chunks → answers."""
    import torch

    check_machine(settings, work)
    torch.set_num_threads(1)
    extractor = Extractor(
        work.model, work.device, work.user_dictionary, work.min_score, work.entities, work.compile
    )

    def finish(chunk: Chunk, prepared: Sequence[Prepared | Exception]) -> Answer:
        by_row = dict(zip((row.number for row in chunk.rows), prepared, strict=True))

        def extract(rows: Sequence[Row]) -> Answer:
            behind = Finishing(extractor, [by_row[row.number] for row in rows])
            return extract_rows(behind, rows, work)  # type: ignore[arg-type]

        return answer(extract, chunk.rows)

    return lambda group: [(key_of(chunk), finish(chunk, prepared)) for chunk, prepared in group]


class Preparing(Extractor):
    """The half of an extractor that comes before the model, and holds none."""

    def __init__(self, user_dictionary: str | None) -> None:
        self.analyzer = Analyzer(user_dictionary)


@dataclass(frozen=True, slots=True)
class Finishing:
    """The other half, in the place of an extractor: documents of texts that are prepared."""

    extractor: Extractor
    prepared: list[Prepared | Exception]

    def extract_each(self, dated: Iterable[object]) -> Iterator[Document | Exception]:
        """`Extractor.extract_each`; of `dated` only the number is used."""
        assert sum(1 for _ in dated) == len(self.prepared)
        windows = [w for p in self.prepared if not isinstance(p, Exception) for w in p.windows]
        yield from self.extractor.end(Begun(self.prepared, self.extractor.runtime.states(windows)))
