"""Kill a corpus run at random moments until it is done, and compare it with one left in peace.

python tests/corpus/kills.py --kills 50                      # with a tiny model, minutes
python tests/corpus/kills.py --kills 50 --hand               # the same without a model, faster
python tests/corpus/kills.py --kills 50 --model models/fast --victim group
python tests/corpus/kills.py --kills 10 --model models/fast --victim worker

The victim is the main process, all processes of the run at one time, or single workers; where a
worker dies the run goes on by itself.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

import batch_hooks

from lgtalent_ie.corpus.batch import Batch, make_plan, run_plan
from lgtalent_ie.corpus.parts import part_name

TESTS = Path(__file__).parent.parent
ROWS, PART = 120, 7
# Kills of workers in one run: fewer than a row survives in the worst of cases.
IN_ONE_RUN = 2

Victim = Literal["main", "group", "worker"]


def write_input(path: Path, rows: int = ROWS) -> None:
    """Rows of every sort: good ones, ids that come twice, ids that are missing, and bad ones."""
    lines = []
    for n in range(rows):
        text = f"한빛{n % 7}전자는 올해 연구원 {n}명을 뽑았다. {batch_hooks.SLOW}"
        row: dict[str, object] = {"id": f"a{n - 5 if n % 11 == 10 else n}", "text": text, "n": n}
        if n % 13 == 5:
            del row["id"]
        if n % 17 == 3:
            row["text"] = None
        lines.append(json.dumps(row, ensure_ascii=False) + "\n")
    path.write_text("".join(lines), encoding="utf-8")


def write_model(folder: Path) -> Path:
    """A tagger of random weights."""
    from tiny_models import tiny_tagger

    from lgtalent_ie.model.loading import save_model

    save_model(tiny_tagger(), folder)
    return folder


def command(input_file: Path, out: Path, model: Path | None, workers: int) -> list[str]:
    """The command of a run; without a model this file runs it by hand."""
    common = [
        str(input_file),
        "--out",
        str(out),
        "--part-size",
        str(PART),
        "--workers",
        str(workers),
    ]
    if model is None:
        return [sys.executable, __file__, "by-hand", *common]
    return [sys.executable, "-m", "lgtalent_ie", "batch", *common, "--model", str(model)]


def run_by_hand(arguments: list[str]) -> None:
    """`lgtalent batch` with `batch_hooks.by_hand` in the place of the model."""
    given, _, out, _, size, _, workers = arguments
    batch = Batch((given,), Path(out), part_size=int(size), workers=int(workers))
    run_plan(make_plan(batch), setup=batch_hooks.by_hand)


def content(out: Path) -> dict[str, bytes]:
    """All files of the parts; what stands beside them may differ."""
    return {p.relative_to(out).as_posix(): p.read_bytes() for p in out.rglob("part-*/*")}


def environment() -> dict[str, str]:
    path = os.pathsep.join([str(TESTS), str(TESTS / "corpus"), *filter(None, sys.path)])
    return os.environ | {"PYTHONPATH": path}


def kill_until_done(
    start: Callable[[Path], list[str]], out: Path, whole: dict[str, bytes], seconds: float, kills: int,
    chance: random.Random, group: bool = False,
) -> tuple[int, int, int]:  # fmt: skip
    """(kills, halves, rounds): runs into fresh folders are killed until there were so many kills.

    `halves` is the number of kills that left half a part; `rounds` that of the runs.
    `seconds` is how long a run takes. AssertionError where a round ends with other files than
    `whole`, or a part that was there is not the same after a kill.
    """
    killed = halves = rounds = 0
    while killed < kills:
        rounds += 1
        folder = out.with_name(f"{out.name}{rounds}")
        while True:
            process = subprocess.Popen(
                start(folder), env=environment(), stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE, start_new_session=True,
            )  # fmt: skip
            assert process.stderr is not None
            if killed < kills and killed_in_time(process, folder, seconds, chance, group):
                process.stderr.close()
                killed += 1
                print(f"\rkill {killed}, run {rounds}", end="", file=sys.stderr, flush=True)
                halves += any(folder.glob(".part-*"))
                parts = content(folder) if folder.exists() else {}
                assert parts.items() <= whole.items(), "a part is not as it should be"
                continue
            code = process.wait(600)
            said = process.stderr.read().decode()
            process.stderr.close()
            # 1: rows were rejected, as they should be.
            assert code in (0, 1), said
            break
        assert content(folder) == whole, f"round {rounds}: something is lost or doubled"
    return killed, halves, rounds


def killed_in_time(
    process: subprocess.Popen[bytes], folder: Path, seconds: float, chance: random.Random,
    group: bool,
) -> bool:  # fmt: skip
    """Kill a run at a random moment, mostly soon after it has begun to write; False if it is done.

    A run that is killed while it loads has nothing to lose.
    """
    begun = time.monotonic()
    wait = chance.random() * seconds
    if chance.random() < 0.8:
        # The parts that are there, and some more.
        aim = part_name(len(list(folder.glob("part-*"))) + chance.randrange(4))
        half, whole = folder / f".{aim}", folder / aim
        left = half.stat().st_ino if half.exists() else None
        while process.poll() is None and time.monotonic() < begun + 600 and not whole.exists():
            with suppress(FileNotFoundError):
                if half.stat().st_ino != left:
                    break
            time.sleep(0.001)
        wait = chance.random() * 0.1
    try:
        process.wait(wait)
        return False
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL) if group else process.kill()
        process.wait()
        return True


def kill_workers(
    start: Callable[[Path], list[str]], out: Path, whole: dict[str, bytes], kills: int,
    chance: random.Random,
) -> tuple[int, int]:  # fmt: skip
    """(kills, runs): workers are killed, at most `IN_ONE_RUN` of each run, which goes on.

    AssertionError where it ends with other documents than `whole`; in scores the last digit may
    differ, as what a dead worker was at is read row by row.
    """
    killed = runs = 0
    while killed < kills:
        runs += 1
        folder = out.with_name(f"{out.name}{runs}")
        process = subprocess.Popen(
            start(folder), env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        assert process.stderr is not None
        here = 0
        while process.poll() is None:
            if here < IN_ONE_RUN and killed < kills and any(folder.glob("*part-*")):
                time.sleep(chance.random())
                there = workers_of(process.pid)
                with suppress(ProcessLookupError):
                    if there:
                        os.kill(chance.choice(there), signal.SIGKILL)
                        here, killed = here + 1, killed + 1
                        print(f"\rkill {killed}, run {runs}", end="", file=sys.stderr, flush=True)
            time.sleep(0.01)
        said = process.stderr.read().decode()
        process.stderr.close()
        assert process.returncode in (0, 1), said
        assert told(content(folder)) == told(whole), f"run {runs}: something is lost or doubled"
    return killed, runs


def workers_of(main: int) -> list[int]:
    """The processes that were forked from the one that the main process has spawned."""
    spawned = [pid for pid in children(main) if children(pid)]
    return [worker for pid in spawned for worker in children(pid)]


def children(pid: int) -> list[int]:
    found: list[int] = []
    with suppress(FileNotFoundError, ProcessLookupError):
        for file in Path(f"/proc/{pid}/task").glob("*/children"):
            found += map(int, file.read_text().split())
    return found


def told(files: dict[str, bytes]) -> list[Any]:
    """What the lines of documents and rejections say, without scores, in order."""

    def bare(given: Any) -> Any:
        if isinstance(given, dict):
            return {name: bare(value) for name, value in given.items() if name != "score"}
        return [bare(one) for one in given] if isinstance(given, list) else given

    return [
        bare(json.loads(line)) for name, data in sorted(files.items()) if name.endswith(".jsonl")
        for line in data.splitlines()
    ]  # fmt: skip


def experiment(
    folder: Path, kills: int, with_model: bool, workers: int, seed: int = 0,
    model: Path | None = None, victim: Victim = "main",
) -> tuple[int, int, int]:  # fmt: skip
    """Run in peace, then be killed; (kills, halves, rounds) as `kill_until_done`.

    The model is a tiny one where it is not given.
    """
    given = folder / "in.jsonl"
    write_input(given)
    if with_model and model is None:
        model = write_model(folder / "model")
    begun = time.monotonic()
    done = subprocess.run(
        command(given, folder / "peace", model, workers), env=environment(), capture_output=True,
        check=False,
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stderr.decode()
    seconds = time.monotonic() - begun
    whole = content(folder / "peace")
    documents = [
        json.loads(line) for name, data in whole.items() if name.endswith("documents.jsonl")
        for line in data.splitlines()
    ]  # fmt: skip
    rejected = [
        json.loads(line) for name, data in whole.items() if name.endswith("rejected.jsonl")
        for line in data.splitlines()
    ]  # fmt: skip
    numbers = [d["columns"]["n"] for d in documents] + [r["number"] for r in rejected]
    assert sorted(numbers) == list(range(ROWS)), "every row is a document or a reason"
    assert len({d["id"] for d in documents}) == len(documents)

    def start(out: Path) -> list[str]:
        return command(given, out, model, workers)

    chance, out = random.Random(seed), folder / "killed"
    if victim == "worker":
        killed, runs = kill_workers(start, out, whole, kills, chance)
        return killed, 0, runs
    return kill_until_done(start, out, whole, seconds, kills, chance, victim == "group")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--hand", action="store_true", help="without a model")
    parser.add_argument("--model", type=Path, help="a model folder instead of a tiny model")
    parser.add_argument("--victim", choices=["main", "group", "worker"], default="main")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        killed, halves, rounds = experiment(
            Path(folder), given.kills, not given.hand, given.workers, given.seed, given.model,
            given.victim,
        )  # fmt: skip
    print(f"{killed} kills in {rounds} runs, {halves} within a part: nothing lost, nothing doubled")


if __name__ == "__main__":
    if sys.argv[1:2] == ["by-hand"]:
        run_by_hand(sys.argv[2:])
    else:
        sys.path.insert(0, str(TESTS))
        main()
