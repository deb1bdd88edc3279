"""Worker processes: answers in order, a death costs one piece, and nobody outlives the run."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import batch_hooks
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lgtalent_ie.corpus.workers import AHEAD, Crew, how_it_ended, one_thread
from lgtalent_ie.errors import InputError, ModelError

HERE = Path(__file__).parent


def pieces(chunk: list[int]) -> list[list[int]]:
    return [[number] for number in chunk]


def give_up(chunk: list[int], reason: str) -> list[int]:
    return [-number for number in chunk]


def crew(setup: object = batch_hooks.doubles, size: int = 2) -> Crew[list[int], list[int]]:
    return Crew(setup, size, pieces, give_up)  # type: ignore[arg-type]


def test_answers_come_in_the_order_of_the_chunks() -> None:
    chunks = [[n, n + 1] for n in range(20, 60, 2)]
    assert list(crew(size=3).run(chunks)) == [(c, [[2 * n for n in c]]) for c in chunks]


def test_the_piece_that_kills_is_given_up_and_nothing_else_is_lost() -> None:
    chunks = [[1, 2], [3, 13, 4], [5], [13], [6]]
    found = list(crew().run(chunks))
    assert found == [
        ([1, 2], [[2, 4]]),
        ([3, 13, 4], [[6], [-13], [8]]),
        ([5], [[10]]),
        ([13], [[-13]]),
        ([6], [[12]]),
    ]


def test_a_piece_that_was_unlucky_once_is_tried_again(tmp_path: Path) -> None:
    setup = partial(batch_hooks.unlucky, str(tmp_path))
    assert list(crew(setup, 1).run([[14, 1]])) == [([14, 1], [[28], [2]])]


@pytest.mark.slow
@given(st.lists(st.lists(st.integers(10, 16), max_size=3), max_size=6), st.integers(1, 2))
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_dies_every_number_has_one_answer(chunks: list[list[int]], size: int) -> None:
    found = list(crew(size=size).run(chunks))
    assert [chunk for chunk, _ in found] == chunks
    for chunk, answers in found:
        flat = [number for answer in answers for number in answer]
        assert flat == [-n if n == 13 else 2 * n for n in chunk]


def test_chunks_are_read_no_further_ahead_than_they_can_be_worked_at() -> None:
    read = 0

    def counted() -> Iterator[list[int]]:
        nonlocal read
        for n in range(100, 160):
            read += 1
            yield [n]

    for done, _ in enumerate(crew(size=2).run(counted()), 1):
        assert read - done < AHEAD * 2


def test_workers_compute_on_one_thread_and_load_only_what_their_work_needs() -> None:
    [(_, [(pid, threads, heavy)])] = crew(batch_hooks.settings, 1).run([[1]])  # type: ignore[misc]
    assert pid != os.getpid() and threads == "1" and heavy == []


def test_the_environment_is_left_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    with one_thread():
        assert os.environ["OMP_NUM_THREADS"] == os.environ["MKL_NUM_THREADS"] == "1"
    assert os.environ["OMP_NUM_THREADS"] == "7" and "MKL_NUM_THREADS" not in os.environ


def test_what_a_worker_cannot_load_is_told_as_it_told_it() -> None:
    with pytest.raises(ModelError, match="model nowhere"):
        list(crew(partial(batch_hooks.no_model, None)).run([[1]]))


def test_workers_that_die_at_once_end_the_run() -> None:
    with pytest.raises(InputError, match=r"exit code 4.*--workers 0"):
        list(crew(partial(batch_hooks.dies_at_once, None)).run([[1]]))


def test_a_mistake_in_the_program_is_not_taken_for_a_bad_row() -> None:
    with pytest.raises(RuntimeError, match="KeyError: 'a mistake in the program'"):
        list(crew(batch_hooks.raises, 1).run([[1]]))


def test_a_run_that_is_given_up_leaves_no_process() -> None:
    running = crew(batch_hooks.doubles, 2)
    some = running.run([[n] for n in range(20, 40)])
    next(some)
    processes = [w.process for w in running.workers]
    some.close()  # type: ignore[attr-defined]
    assert processes and not any(process.is_alive() for process in processes)


def test_workers_end_with_a_main_process_that_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "main.py"
    script.write_text(
        "import batch_hooks\n"
        "from lgtalent_ie.corpus.workers import Crew\n"
        "if __name__ == '__main__':\n"
        "    list(Crew(batch_hooks.forever, 2, list, None).run([[1], [2]]))\n"
    )
    path = os.pathsep.join([str(HERE), *filter(None, sys.path)])
    main = subprocess.Popen(
        [sys.executable, script], stdout=subprocess.PIPE, env=os.environ | {"PYTHONPATH": path}
    )
    assert main.stdout is not None
    workers = [int(main.stdout.readline()) for _ in range(2)]
    main.kill()
    main.wait()
    end = time.monotonic() + 60
    while any(map(runs, workers)):
        assert time.monotonic() < end, "a worker goes on without its run"
        time.sleep(0.05)
    main.stdout.close()


def runs(pid: int) -> bool:
    """Whether a process is there and no zombie that nobody has buried."""
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("code, words", [(3, "exit code 3"), (-11, "SIGSEGV"), (-9, "memory"), (-99, "signal 99")])  # fmt: skip
def test_an_end_in_words(code: int, words: str) -> None:
    assert words in how_it_ended(code)
