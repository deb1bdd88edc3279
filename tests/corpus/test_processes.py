"""Where workers come from: one process that has loaded everything, and nobody outlives the run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import batch_hooks
import pytest
from crews import crew, runs, wait_until_ended

from lgtalent_ie.corpus.processes import can_fork, how_it_ended, worker_environment
from lgtalent_ie.errors import InputError

HERE = Path(__file__).parent

forks = pytest.mark.skipif(not can_fork(), reason="workers are forked on Linux only")


# ---- forked


@forks
def test_what_workers_need_is_loaded_once(tmp_path: Path) -> None:
    setup = partial(batch_hooks.noted, str(tmp_path / "calls"))
    chunks = [[n] for n in range(20, 40)]
    assert len(list(crew(setup, size=3).run(chunks))) == len(chunks)
    assert len((tmp_path / "calls").read_text().split()) == 1


@forks
def test_a_worker_that_dies_is_replaced_without_loading(tmp_path: Path) -> None:
    setup = partial(batch_hooks.noted, str(tmp_path / "calls"))
    assert list(crew(setup).run([[13], [20], [13]])) == [([13], [[-13]]), ([20], [[40]]), ([13], [[-13]])]  # fmt: skip
    assert len((tmp_path / "calls").read_text().split()) == 1


@forks
def test_a_worker_that_is_killed_from_outside_is_replaced(tmp_path: Path) -> None:
    running = crew(partial(batch_hooks.noted, str(tmp_path / "calls")))
    some = running.run([[n] for n in range(20, 60)])
    found = [next(some)]
    killed = running.workers[0].started.pid
    os.kill(killed, signal.SIGKILL)
    found += some
    assert [answers for _, answers in found] == [[[2 * n]] for n in range(20, 60)]
    assert len((tmp_path / "calls").read_text().split()) == 1 and not runs(killed)


@forks
def test_workers_have_their_memory_in_common() -> None:
    for _, [own] in crew(batch_hooks.large).run([[1], [2], [3]]):
        assert 0 < own < 32  # type: ignore[operator]


@forks
def test_all_workers_come_from_one_process_that_is_not_the_main_one() -> None:
    found = [answer for _, [answer] in crew(batch_hooks.whose).run([[n] for n in range(9)])]
    pids, templates = {pid for pid, _ in found}, {parent for _, parent in found}
    assert len(templates) == 1 and not pids & templates and os.getpid() not in pids | templates


@forks
def test_the_death_of_the_process_they_come_from_costs_nothing(tmp_path: Path) -> None:
    setup = partial(batch_hooks.orphaned, str(tmp_path / "calls"), 2)
    chunks = [[20, 21], [15, 22], [23], [24], [25]]
    found = list(crew(setup).run(chunks))
    assert found == [(chunk, [[2 * n for n in chunk]]) for chunk in chunks]
    templates = (tmp_path / "calls").read_text().split()
    assert len(templates) == 3 and not any(runs(int(pid)) for pid in templates)


@forks
def test_where_that_process_dies_again_and_again_the_run_ends(tmp_path: Path) -> None:
    setup = partial(batch_hooks.orphaned, str(tmp_path / "calls"), 99)
    with pytest.raises(InputError, match=r"SIGKILL.*want of memory.*--workers"):
        list(crew(setup).run([[15], [15], [15]]))


# ---- each on its own


def test_what_does_not_survive_a_fork_is_loaded_by_each(tmp_path: Path) -> None:
    setup = partial(batch_hooks.noted, str(tmp_path / "calls"))
    chunks = [[n] for n in range(20, 30)]
    assert len(list(crew(setup, size=2, share=False).run([*chunks, [13, 30]]))) == 11
    # Two, and one more for each of the two times that 13 killed.
    assert len(set((tmp_path / "calls").read_text().split())) >= 3


# ---- the end


@pytest.mark.parametrize("share", [True, False], ids=["forked", "each on its own"])
def test_nobody_outlives_a_main_process_that_is_killed(share: bool, tmp_path: Path) -> None:
    main = started_main(tmp_path, share)
    assert main.stdout is not None
    others = {int(pid) for _ in range(2) for pid in main.stdout.readline().split()} - {main.pid}
    assert len(others) == (3 if share and can_fork() else 2)
    main.kill()
    main.wait()
    wait_until_ended(others)
    main.stdout.close()


@forks
def test_workers_do_not_outlive_the_process_they_come_from(tmp_path: Path) -> None:
    main = started_main(tmp_path, share=True)
    assert main.stdout is not None
    worker, template = map(int, main.stdout.readline().split())
    os.kill(template, signal.SIGKILL)
    wait_until_ended([worker, template])
    main.kill()
    main.wait()
    main.stdout.close()


def started_main(folder: Path, share: bool) -> subprocess.Popen[bytes]:
    """A process with two workers that say their numbers and never answer."""
    script = folder / "main.py"
    script.write_text(
        "import batch_hooks\n"
        "from lgtalent_ie.corpus.workers import Crew\n"
        "if __name__ == '__main__':\n"
        f"    list(Crew(batch_hooks.forever, 2, list, None, {share}).run([[1], [2]]))\n"
    )
    path = os.pathsep.join([str(HERE), *filter(None, sys.path)])
    return subprocess.Popen(
        [sys.executable, script], stdout=subprocess.PIPE, env=os.environ | {"PYTHONPATH": path}
    )


# ---- small things


def test_the_environment_is_left_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    with worker_environment():
        assert os.environ["OMP_NUM_THREADS"] == os.environ["MKL_NUM_THREADS"] == "1"
    assert os.environ["OMP_NUM_THREADS"] == "7" and "MKL_NUM_THREADS" not in os.environ


@pytest.mark.parametrize("code, words", [(3, "exit code 3"), (-11, "SIGSEGV"), (-9, "memory"), (-99, "signal 99"), (None, "forked")])  # fmt: skip
def test_an_end_in_words(code: int | None, words: str) -> None:
    assert words in how_it_ended(code)
