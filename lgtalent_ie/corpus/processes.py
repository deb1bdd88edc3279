"""How worker processes come to be: each started anew, or forked from one that has loaded it all.

A worker that is forked shares the pages of Kiwi, torch and the weights with the template it comes
from, and is there at once. `multiprocessing.forkserver` can preload modules only by importing them,
with nothing handed over and errors swallowed, so the template is made here.
"""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from multiprocessing.reduction import recv_handle, send_handle
from typing import Any, NoReturn, Protocol

from lgtalent_ie.errors import LgtalentError

READY, DONE, FAILED = "ready", "done", "failed"

Handle = Callable[[Any], Any]
Setup = Callable[[], Handle]

# What is in the environment of processes that are started here: they are the threads, and what
# Kiwi's allocator frees while it builds its tables goes back to the system (60 MB).
ENVIRONMENT = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "MIMALLOC_PURGE_DELAY": "0"}

# The order for a new worker; any other is the number of a worker that has ended.
FORK = 0


class EndedError(Exception):
    """A process that workers are to be forked from has ended; the message says how."""


@dataclass(frozen=True, slots=True, eq=False)
class Started:
    """A worker process and our end of its pipe.

    `ended` waits for its end and gives the exit code; None where nobody can tell any more.
    """

    connection: Connection
    pid: int
    ended: Callable[[], int | None]


class Source(Protocol):
    """Where workers come from. `start` raises EndedError where it has to be called again."""

    def start(self) -> Started: ...

    def stop(self) -> None: ...


def can_fork() -> bool:
    """Whether workers can be forked; macOS can, but its system libraries do not survive it."""
    return sys.platform == "linux"


class Spawned:
    """Workers that each are a new process and call `setup` themselves."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self.processes: list[BaseProcess] = []

    def start(self) -> Started:
        process, connection = spawn(work, self.setup)
        self.processes.append(process)
        assert process.pid is not None
        return Started(connection, process.pid, partial(self.bury, process))

    def bury(self, process: BaseProcess) -> int | None:
        end(process)
        self.processes.remove(process)
        return process.exitcode

    def stop(self) -> None:
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            end(process)
        self.processes.clear()


class Template:
    """Workers that are forked from one process, started anew itself, which has called `setup`.

    It is started with the first worker, and again with the next one where it has died; its workers
    die with it.
    """

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self.process: BaseProcess | None = None
        self.control: Connection | None = None
        self.ready = False

    def start(self) -> Started:
        """A worker; raises what `setup` raises, and EndedError where the template has died."""
        if self.process is None or self.control is None:
            self.process, self.control = spawn(be_template, self.setup)
            self.ready = False
        control, number = self.control, self.process.pid
        try:
            if not self.ready:
                word, content = control.recv()
                if word == FAILED:
                    raise content
                self.ready = True
            here, there = get_context("spawn").Pipe()
            # Ours must be the only other end, or its death would not be heard.
            with there:
                control.send(FORK)
                send_handle(control, there.fileno(), number)
            pid: int = control.recv()
        except (EOFError, OSError) as error:
            raise EndedError(how_it_ended(self.bury())) from error
        return Started(here, pid, partial(ended_fork, control, pid))

    def bury(self) -> int | None:
        process, control = self.process, self.control
        self.process = self.control = None
        if process is None or control is None:
            return None
        control.close()
        end(process)
        return process.exitcode

    def stop(self) -> None:
        if self.process is not None and not self.ready:
            self.process.terminate()
        # The end of its orders ends a template that is ready, after its workers.
        self.bury()


def spawn(target: Callable[..., None], setup: Setup) -> tuple[BaseProcess, Connection]:
    """A new process that runs `target(connection, setup)`, and our end of the connection."""
    context = get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=target, args=(there, setup), daemon=True)
    try:
        with worker_environment():
            process.start()
    finally:
        there.close()
    return process, here


def end(process: BaseProcess) -> None:
    """Wait for the end of a process that has been told to end; kill it where it does not."""
    process.join(5)
    if process.is_alive():
        process.kill()
        process.join(5)


def ended_fork(control: Connection, pid: int) -> int | None:
    """The exit code of a forked worker that has closed its pipe, by its template."""
    try:
        control.send(pid)
        code: int = control.recv()
    except (EOFError, OSError):
        return None
    return code


# --- in the other processes ----------------------------------------------------------------------


def work(connection: Connection, setup: Setup) -> None:
    """The life of a worker that is a process of its own."""
    # Ctrl-C reaches all processes of a terminal; the main one decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with ending_with(parent_sentinel()), telling(connection):
        serve(connection, setup())


def be_template(control: Connection, setup: Setup) -> None:
    """The life of a process that workers are forked from.

    Nothing here may leave a thread behind: only the one that forks is there in the child.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with telling(control):
        with ending_with(parent_sentinel()):
            handle = setup()
        release_memory()
        # The collector writes into every object it looks at, and what is written to is copied.
        gc.freeze()
        # Nothing is ever written to it: its end is the end of the template.
        life, held = os.pipe()
        control.send((READY, None))
        children: set[int] = set()
        try:
            while True:
                order = control.recv()
                if order == FORK:
                    pipe = recv_handle(control)
                    pid = os.fork()
                    if pid == 0:
                        be_fork(Connection(pipe), handle, life, (control.fileno(), held))
                    # Of each pipe there must be no other end but its worker's.
                    os.close(pipe)
                    children.add(pid)
                    control.send(pid)
                else:
                    children.remove(order)
                    control.send(reap(order))
        finally:
            for pid in children:
                reap(pid)


def be_fork(
    connection: Connection, handle: Handle, life: int, foreign: tuple[int, ...]
) -> NoReturn:
    """The life of a worker that was forked; it never returns into the life of the template.

    `foreign` are the ends of pipes that are the template's alone.
    """
    code = 1
    try:
        for pipe in foreign:
            os.close(pipe)
        with ending_with(life), telling(connection):
            serve(connection, handle)
        code = 0
    finally:
        with suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def serve(connection: Connection, handle: Handle) -> None:
    """Answer one chunk after another."""
    connection.send((READY, None))
    while True:
        connection.send((DONE, handle(connection.recv())))


@contextmanager
def telling(connection: Connection) -> Iterator[None]:
    """What goes wrong within is told; the end of the pipe is the end of the work."""
    try:
        yield
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return
    except LgtalentError as error:
        connection.send((FAILED, error))
    except Exception as error:
        connection.send((FAILED, RuntimeError(f"{type(error).__name__}: {error}")))


@contextmanager
def ending_with(other: int | None) -> Iterator[None]:
    """Within, this process ends when the other end of a pipe is closed, however far its work is."""
    if other is None:
        yield
        return
    left, leave = os.pipe()

    def watch() -> None:
        if left not in wait([other, left]):
            os._exit(1)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        os.close(leave)
        thread.join()
        os.close(left)


def parent_sentinel() -> int | None:
    parent = parent_process()
    return None if parent is None else parent.sentinel


def reap(pid: int) -> int:
    """The exit code of a child that has ended, or is of no use any more."""
    os.kill(pid, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def release_memory() -> None:
    """Give back to the system what was freed; only glibc keeps it and can be told to."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


@contextmanager
def worker_environment() -> Iterator[None]:
    """Processes started within have `ENVIRONMENT`."""
    before = {name: os.environ.get(name) for name in ENVIRONMENT}
    os.environ.update(ENVIRONMENT)
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
    if code is None:
        return "ended with the process that it was forked from"
    if code >= 0:
        return f"exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    return f"killed by {name}" + (" (often for want of memory)" if name == "SIGKILL" else "")
