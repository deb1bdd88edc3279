"""What worker processes of tests run instead of a model: light, quick, and mortal.

Worker processes import this module by its name; it must not import pytest or torch.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Sequence

from lgtalent_ie.corpus.rows import Row
from lgtalent_ie.corpus.work import Answer, Chunk, Work, answer, rejected, rendered
from lgtalent_ie.errors import ModelError
from lgtalent_ie.schema import Count, Document, Fact, Mention, Organization, Span

DEADLY, FAILING, SLOW = "DEADLY", "FAILING", "SLOW"


def told(text: str, published: str | None) -> Document:
    """A document in which the first word hires as many people as the text has characters."""
    name, size = text.split()[0], len(text)
    return Document(
        text=text,
        model="hand@1",
        published=published,
        mentions=(
            Mention("m1", "ORG", 0, len(name), name, 0.9),
            Mention("m2", "QUANTITY", 0, 1, f"{size}명", 0.8),
        ),
        organizations=(Organization("o1", name, (), ("m1",)),),
        counts=(
            Count("m2", 0, 1, f"연구원 {size}명", size, None, None, "명", "person", "exact", None,
                  Span(0, 1, "연구원")),
        ),
        facts=(Fact("hire", ("o1",), None, None, None, ("m2",), (), 0, size, 0.7),),
    )  # fmt: skip


def by_hand(work: Work) -> Callable[[Chunk], Answer]:
    """Instead of `work.start_work`: marked texts kill the process, fail, or take their time."""

    def extract(rows: Sequence[Row]) -> Answer:
        done, failed = [], []
        for row in rows:
            text = row.text or ""
            if DEADLY in text:
                os._exit(3)
            if FAILING in text:
                raise ValueError("a text that nothing can be done with")
            if SLOW in text:
                time.sleep(0.01)
            if "refused" in text:
                failed.append(rejected(row, "refused"))
            else:
                done.append((row, told(text, row.published or work.published)))
        return Answer(len(done), rendered(done, work), tuple(failed))

    return lambda chunk: answer(extract, chunk.rows)


def no_model(work: Work) -> Callable[[Chunk], Answer]:
    raise ModelError("model nowhere", "a model folder", "check the path")


def dies_at_once(work: Work) -> Callable[[Chunk], Answer]:
    os._exit(4)


# For the crew alone: chunks are lists of numbers.


def doubles() -> Callable[[list[int]], list[int]]:
    """Doubles numbers; kills the process at 13, kills it the first time at 14 (see `unlucky`)."""

    def handle(chunk: list[int]) -> list[int]:
        for number in chunk:
            if number == 13:
                os._exit(1)
            time.sleep(0.002 if number % 3 else 0.0)
        return [2 * number for number in chunk]

    return handle


def unlucky(folder: str) -> Callable[[list[int]], list[int]]:
    """Kills the process the first two times that it meets 14."""

    def handle(chunk: list[int]) -> list[int]:
        for times in range(2):
            mark = f"{folder}/{times}"
            if 14 in chunk and not os.path.exists(mark):  # noqa: PTH110
                open(mark, "w").close()  # noqa: PTH123
                os._exit(1)
        return [2 * number for number in chunk]

    return handle


def raises() -> Callable[[list[int]], list[int]]:
    def handle(chunk: list[int]) -> list[int]:
        raise KeyError("a mistake in the program")

    return handle


def settings() -> Callable[[list[int]], tuple[int, str | None, list[str]]]:
    """What a worker finds: its number, its threads, and the heavy modules it has loaded."""
    heavy = [name for name in ("torch", "kiwipiepy", "pyarrow") if name in sys.modules]
    return lambda chunk: (os.getpid(), os.environ.get("OMP_NUM_THREADS"), heavy)


def slow_at_first(file: str, others: int) -> Callable[[list[int]], list[int]]:
    """Doubles numbers; the first chunk that is tried waits until so many others have been."""

    def handle(chunk: list[int]) -> list[int]:
        # Two that begin at one time must not wait for each other: only one can make a file.
        try:
            open(file + ".first", "x").close()  # noqa: PTH123
            first = True
        except FileExistsError:
            first = False
        with open(file, "ab") as done:  # noqa: PTH123
            done.write(b".")
        while first and os.stat(file).st_size <= others:  # noqa: PTH116
            time.sleep(0.001)
        # Until the last of them has been answered, too.
        time.sleep(0.1 if first else 0.0)
        return [2 * number for number in chunk]

    return handle


def noted(file: str) -> Callable[[list[int]], list[int]]:
    """As `doubles`; each call of it leaves a line with its process number in a file."""
    with open(file, "a") as calls:  # noqa: PTH123
        calls.write(f"{os.getpid()}\n")
    return doubles()


def orphaned(file: str, times: int) -> Callable[[list[int]], list[int]]:
    """As `noted`; at 15 it kills the process that it was forked from, the first so many times."""
    handle = noted(file)

    def mortal(chunk: list[int]) -> list[int]:
        with open(file) as calls:  # noqa: PTH123
            killed = len(calls.readlines()) - 1
        if 15 in chunk and killed < times:
            os.kill(os.getppid(), signal.SIGKILL)
            time.sleep(60)
        return handle(chunk)

    return mortal


def whose() -> Callable[[list[int]], tuple[int, int]]:
    """The numbers of the worker and of the process that it was forked from."""
    return lambda chunk: (os.getpid(), os.getppid())


def large() -> Callable[[list[int]], int]:
    """How much memory a worker has for itself, in MB, where 64 MB were made before it."""
    content = bytearray(os.urandom(1 << 20) * 64)

    def handle(chunk: list[int]) -> int:
        assert content
        with open("/proc/self/smaps_rollup") as file:  # noqa: PTH123
            lines = [line.split() for line in file]
        own = sum(int(line[1]) for line in lines if line[0].startswith("Private_"))
        return own // 1024

    return handle


def forever() -> Callable[[list[int]], int]:
    """Says the numbers of its process and of that one's parent, and never answers."""

    def handle(chunk: list[int]) -> int:
        print(os.getpid(), os.getppid(), flush=True)
        time.sleep(600)
        return 0

    return handle
