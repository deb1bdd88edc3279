"""Work spread over processes: answers in order, memory bounded, and a death costs one piece.

Each worker has a pipe of its own and one piece of work at a time, so that it is known whose piece
killed it (executors that share a queue lose that, and every other piece with it), and the end of
the main process, however it ends, is the end of the pipe and so of the workers. Where they come
from is told in `processes`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from typing import Generic, TypeVar

from lgtalent_ie.corpus.processes import (
    FAILED,
    READY,
    EndedError,
    Source,
    Spawned,
    Started,
    Template,
    can_fork,
    how_it_ended,
)
from lgtalent_ie.errors import InputError

C = TypeVar("C")
A = TypeVar("A")

# Chunks for each worker that are given out or wait for an earlier one to be answered.
AHEAD = 3
# A row that a worker dies of may have been unlucky; it is tried once more before it is given up.
TRIES = 2
# Processes that die in a row before they have begun to work.
FAILED_STARTS = 3


@dataclass(slots=True)
class Task(Generic[C]):
    """A chunk, or one piece of a chunk that killed a worker."""

    number: int
    piece: int
    chunk: C
    deaths: int = 0


@dataclass(slots=True)
class Slot(Generic[C, A]):
    """A chunk whose answers are awaited, one for each of its pieces."""

    chunk: C
    answers: list[A | None] = field(default_factory=lambda: [None])


@dataclass(slots=True, eq=False)
class Worker(Generic[C]):
    """A process and what it works at."""

    started: Started
    ready: bool = False
    task: Task[C] | None = None


class Crew(Generic[C, A]):
    """`size` processes that call the result of `setup` on one chunk after another.

    `setup` is pickled: a function of a module, or `functools.partial` of one. It is called once, in
    a process that the others are forked from, unless the platform forbids that or `share` is false,
    as it has to be where what `setup` loads does not survive a fork (CUDA); then by each of them.
    Where a worker dies, its chunk is cut by `split` and the pieces are tried one by one; for the
    piece that kills again, `give_up(piece, reason)` is the answer.
    """

    def __init__(
        self,
        setup: Callable[[], Callable[[C], A]],
        size: int,
        split: Callable[[C], list[C]],
        give_up: Callable[[C, str], A],
        share: bool = True,
    ) -> None:
        self.size, self.split, self.give_up = size, split, give_up
        self.source: Source = Template(setup) if share and can_fork() else Spawned(setup)
        self.workers: list[Worker[C]] = []
        self.retries: deque[Task[C]] = deque()
        self.slots: dict[int, Slot[C, A]] = {}
        self.failed_starts = 0

    def run(self, chunks: Iterable[C]) -> Iterator[tuple[C, list[A]]]:
        """Each chunk with its answer, or with those of its pieces; in the order of `chunks`.

        Raises what `setup` raises, and InputError where workers die before they have begun.
        """
        coming = enumerate(chunks)
        first, more = 0, True
        try:
            for _ in range(self.size):
                self.start_worker()
            while more or self.slots:
                for worker in [w for w in self.workers if w.ready and w.task is None]:
                    task = self.retries.popleft() if self.retries else None
                    if task is None and more and len(self.slots) < AHEAD * self.size:
                        number, chunk = next(coming, (-1, None))
                        more = number >= 0
                        if more:
                            self.slots[number] = Slot(chunk)  # type: ignore[arg-type]
                            task = Task(number, 0, chunk)  # type: ignore[arg-type]
                    if task is None:
                        break
                    self.give(worker, task)
                if first in self.slots and None not in self.slots[first].answers:
                    slot = self.slots.pop(first)
                    first += 1
                    yield slot.chunk, slot.answers  # type: ignore[misc]
                    # Its place is free now: nobody may be at work before it is taken.
                    continue
                if self.slots or more:
                    self.listen()
        finally:
            self.stop()

    def listen(self) -> None:
        """Wait until a worker says something or dies, and take it in."""
        by_connection = {w.started.connection: w for w in self.workers}
        for connection in wait(list(by_connection)):
            worker = by_connection[connection]  # type: ignore[index]
            try:
                word, content = worker.started.connection.recv()
            except (EOFError, OSError):
                self.bury(worker)
                continue
            if word == FAILED:
                raise content
            if word == READY:
                worker.ready = True
            elif worker.task is not None:
                self.failed_starts = 0
                self.slots[worker.task.number].answers[worker.task.piece] = content
                worker.task = None

    def give(self, worker: Worker[C], task: Task[C]) -> None:
        worker.task = task
        # A worker that is dead already is noticed when it is listened to.
        with suppress(OSError):
            worker.started.connection.send(task.chunk)

    def bury(self, worker: Worker[C]) -> None:
        """See to what a dead worker has left, and start another."""
        worker.started.connection.close()
        code = worker.started.ended()
        self.workers.remove(worker)
        # Without a code it was its template that died, which is counted where that is met.
        if not worker.ready and code is not None:
            self.failed(how_it_ended(code))
        task = worker.task
        if task is not None:
            pieces = self.split(task.chunk)
            slot = self.slots[task.number]
            task.deaths += code is not None
            if code is None:
                # It was not the worker that died first, so it was not its piece either.
                self.retries.appendleft(task)
            elif len(pieces) > 1:
                slot.answers = [None] * len(pieces)
                tasks = [Task(task.number, n, piece) for n, piece in enumerate(pieces)]
                self.retries.extendleft(reversed(tasks))
            elif task.deaths < TRIES:
                self.retries.appendleft(task)
            else:
                reason = f"a worker process died on this row: {how_it_ended(code)}"
                slot.answers[task.piece] = self.give_up(task.chunk, reason)
        self.start_worker()

    def start_worker(self) -> None:
        while True:
            try:
                self.workers.append(Worker(self.source.start()))
                return
            except EndedError as error:
                self.failed(str(error))

    def failed(self, reason: str) -> None:
        """Count a process that was of no use; InputError where there were too many in a row."""
        self.failed_starts += 1
        if self.failed_starts >= FAILED_STARTS:
            raise InputError(
                f"worker processes that end before they have done anything ({reason})",
                "room for the model, and a script that is under `if __name__ == '__main__':`",
                "take fewer workers (--workers), or 0 to see what is wrong",
            )

    def stop(self) -> None:
        for worker in self.workers:
            worker.started.connection.close()
        self.workers.clear()
        self.source.stop()
