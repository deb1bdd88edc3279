"""Work spread over processes: answers in order, memory bounded, and a death costs one piece.

Each worker has a pipe of its own and one piece of work at a time, so that it is known whose piece
killed it (executors that share a queue lose that, and every other piece with it), and the end of
the main process, however it ends, is the end of the pipe and so of the workers.
"""

from __future__ import annotations

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, Generic, TypeVar

from lgtalent_ie.errors import InputError, LgtalentError

C = TypeVar("C")
A = TypeVar("A")

# Chunks for each worker that are given out or wait for an earlier one to be answered.
AHEAD = 3
# A row that a worker dies of may have been unlucky; it is tried once more before it is given up.
TRIES = 2
# Workers that die in a row before they are ready.
FAILED_STARTS = 3

READY, DONE, FAILED = "ready", "done", "failed"


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
    """A process, its pipe, and what it works at."""

    process: BaseProcess
    connection: Connection
    ready: bool = False
    task: Task[C] | None = None


class Crew(Generic[C, A]):
    """`size` processes that each call `setup` once and then its result on one chunk after another.

    `setup` is pickled: a function of a module, or `functools.partial` of one. Where a worker dies,
    its chunk is cut by `split` and the pieces are tried one by one; for the piece that kills again,
    `give_up(piece, reason)` is the answer.
    """

    def __init__(
        self,
        setup: Callable[[], Callable[[C], A]],
        size: int,
        split: Callable[[C], list[C]],
        give_up: Callable[[C, str], A],
    ) -> None:
        self.setup, self.size, self.split, self.give_up = setup, size, split, give_up
        self.context = get_context("spawn")
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
                while first in self.slots and None not in self.slots[first].answers:
                    slot = self.slots.pop(first)
                    first += 1
                    yield slot.chunk, slot.answers  # type: ignore[misc]
                if self.slots or more:
                    self.listen()
        finally:
            self.stop()

    def listen(self) -> None:
        """Wait until a worker says something or dies, and take it in."""
        by_connection = {w.connection: w for w in self.workers}
        for connection in wait(list(by_connection)):
            worker = by_connection[connection]  # type: ignore[index]
            try:
                word, content = worker.connection.recv()
            except (EOFError, OSError):
                self.bury(worker)
                continue
            if word == FAILED:
                raise content
            if word == READY:
                worker.ready, self.failed_starts = True, 0
            elif worker.task is not None:
                self.slots[worker.task.number].answers[worker.task.piece] = content
                worker.task = None

    def give(self, worker: Worker[C], task: Task[C]) -> None:
        worker.task = task
        # A worker that is dead already is noticed when it is listened to.
        with suppress(OSError):
            worker.connection.send(task.chunk)

    def bury(self, worker: Worker[C]) -> None:
        """See to what a dead worker has left, and start another."""
        worker.connection.close()
        worker.process.join(5)
        reason = how_it_ended(worker.process.exitcode)
        self.workers.remove(worker)
        if not worker.ready:
            self.failed_starts += 1
            if self.failed_starts >= FAILED_STARTS:
                raise InputError(
                    f"worker processes that end while they load the model ({reason})",
                    "room for a model in each",
                    "take fewer --workers, or --workers 0 to see what is wrong",
                )
        task = worker.task
        if task is not None:
            pieces = self.split(task.chunk)
            slot = self.slots[task.number]
            task.deaths += 1
            if len(pieces) > 1:
                slot.answers = [None] * len(pieces)
                tasks = [Task(task.number, n, piece) for n, piece in enumerate(pieces)]
                self.retries.extendleft(reversed(tasks))
            elif task.deaths < TRIES:
                self.retries.appendleft(task)
            else:
                reason = f"a worker process died on this row: {reason}"
                slot.answers[task.piece] = self.give_up(task.chunk, reason)
        self.start_worker()

    def start_worker(self) -> None:
        here, there = self.context.Pipe()
        process = self.context.Process(target=work, args=(there, self.setup), daemon=True)
        with one_thread():
            process.start()
        # Ours must be the only other end, or its death would not be heard.
        there.close()
        self.workers.append(Worker(process, here))

    def stop(self) -> None:
        for worker in self.workers:
            worker.connection.close()
            worker.process.terminate()
        for worker in self.workers:
            worker.process.join(5)
            if worker.process.is_alive():
                worker.process.kill()
        self.workers.clear()


def work(connection: Connection, setup: Callable[[], Callable[[Any], Any]]) -> None:
    """The life of a worker process."""
    # Ctrl-C reaches all processes of a terminal; the main one decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent()
    try:
        handle = setup()
        connection.send((READY, None))
        while True:
            connection.send((DONE, handle(connection.recv())))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return
    except LgtalentError as error:
        connection.send((FAILED, error))
    except Exception as error:
        connection.send((FAILED, RuntimeError(f"{type(error).__name__}: {error}")))


def end_with_parent() -> None:
    """End this process when the one that started it ends, however far it is in its work."""
    parent = parent_process()
    if parent is not None:

        def watch() -> None:
            wait([parent.sentinel])
            os._exit(1)

        threading.Thread(target=watch, daemon=True).start()


@contextmanager
def one_thread() -> Iterator[None]:
    """Processes started within compute on one thread each: they are the threads."""
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(dict.fromkeys(names, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def how_it_ended(code: int | None) -> str:
    """An exit code in words.

    >>> how_it_ended(-9), how_it_ended(3)
    ('killed by SIGKILL (often for want of memory)', 'exit code 3')
    """
    if code is None or code >= 0:
        return f"exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    return f"killed by {name}" + (" (often for want of memory)" if name == "SIGKILL" else "")
