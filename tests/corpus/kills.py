"""Kill a corpus run at random moments until it is done, and compare it with one left in peace.

python tests/corpus/kills.py --kills 50          # with a tiny model, minutes
python tests/corpus/kills.py --kills 50 --hand   # the same without a model, faster
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

import batch_hooks

from lgtalent_ie.corpus.batch import Batch, make_plan, run_plan
from lgtalent_ie.corpus.parts import part_name

TESTS = Path(__file__).parent.parent
ROWS, PART = 120, 7


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


def kill_until_done(
    start: Callable[[Path], list[str]], out: Path, whole: dict[str, bytes], seconds: float, kills: int,
    chance: random.Random,
) -> tuple[int, int, int]:  # fmt: skip
    """(kills, halves, rounds): runs into fresh folders are killed until there were so many kills.

    `halves` is the number of kills that left half a part; `rounds` that of the runs.
    `seconds` is how long a run takes. AssertionError where a round ends with other files than
    `whole`, or a part that was there is not the same after a kill.
    """
    killed = halves = rounds = 0
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(TESTS), str(TESTS / "corpus"), *filter(None, sys.path)])
    }
    while killed < kills:
        rounds += 1
        folder = out.with_name(f"{out.name}{rounds}")
        while True:
            process = subprocess.Popen(
                start(folder), env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
            )
            assert process.stderr is not None
            if killed < kills and killed_in_time(process, folder, seconds, chance):
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
    process: subprocess.Popen[bytes], folder: Path, seconds: float, chance: random.Random
) -> bool:
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
        process.send_signal(signal.SIGKILL)
        process.wait()
        return True


def experiment(
    folder: Path, kills: int, with_model: bool, workers: int, seed: int = 0
) -> tuple[int, int, int]:
    """Run in peace, then be killed; (kills, halves, rounds) as `kill_until_done`."""
    given = folder / "in.jsonl"
    write_input(given)
    model = write_model(folder / "model") if with_model else None
    begun = time.monotonic()
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(TESTS), str(TESTS / "corpus"), *filter(None, sys.path)])
    }
    done = subprocess.run(
        command(given, folder / "peace", model, workers), env=environment, capture_output=True,
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
    return kill_until_done(
        lambda out: command(given, out, model, workers), folder / "killed", whole, seconds, kills,
        random.Random(seed),
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--hand", action="store_true", help="without a model")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        killed, halves, rounds = experiment(
            Path(folder), given.kills, not given.hand, given.workers, given.seed
        )
    print(f"{killed} kills in {rounds} runs, {halves} within a part: nothing lost, nothing doubled")


if __name__ == "__main__":
    if sys.argv[1:2] == ["by-hand"]:
        run_by_hand(sys.argv[2:])
    else:
        sys.path.insert(0, str(TESTS))
        main()
