"""Worker processes: answers in order, a death costs one piece, and nobody outlives the run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import batch_hooks
import pytest
from crews import crew, runs
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lgtalent_ie.corpus.workers import AHEAD
from lgtalent_ie.errors import InputError, ModelError


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


def test_a_chunk_that_takes_long_keeps_the_others_no_longer_than_it_takes(tmp_path: Path) -> None:
    """Also where all that may be read ahead is done before the first is."""
    chunks = [[n] for n in range(17, 17 + 4 * AHEAD)]
    setup = partial(batch_hooks.slow_at_first, str(tmp_path / "done"), 2 * AHEAD - 1)
    assert list(crew(setup).run(chunks)) == [(c, [[2 * c[0]]]) for c in chunks]


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


def test_what_a_worker_cannot_load_is_told_as_it_told_it() -> None:
    with pytest.raises(ModelError, match="model nowhere"):
        list(crew(partial(batch_hooks.no_model, None)).run([[1]]))


def test_workers_that_die_at_once_end_the_run() -> None:
    with pytest.raises(InputError, match=r"exit code 4.*--workers"):
        list(crew(partial(batch_hooks.dies_at_once, None)).run([[1]]))


def test_a_mistake_in_the_program_is_not_taken_for_a_bad_row() -> None:
    with pytest.raises(RuntimeError, match="KeyError: 'a mistake in the program'"):
        list(crew(batch_hooks.raises, 1).run([[1]]))


def test_a_run_that_is_given_up_leaves_no_process() -> None:
    running = crew(batch_hooks.doubles, 2)
    some = running.run([[n] for n in range(20, 40)])
    next(some)
    processes = [w.started.pid for w in running.workers]
    some.close()  # type: ignore[attr-defined]
    assert processes and not any(map(runs, processes))
