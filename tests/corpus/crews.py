"""Crews for tests: chunks are lists of numbers, and a number that is given up comes back negative."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path

import batch_hooks

from lgtalent_ie.corpus.workers import Crew


def pieces(chunk: list[int]) -> list[list[int]]:
    return [[number] for number in chunk]


def give_up(chunk: list[int], reason: str) -> list[int]:
    return [-number for number in chunk]


def crew(
    setup: object = batch_hooks.doubles, size: int = 2, share: bool = True
) -> Crew[list[int], list[int]]:
    return Crew(setup, size, pieces, give_up, share)  # type: ignore[arg-type]


def runs(pid: int) -> bool:
    """Whether a process is there and no zombie that nobody has buried."""
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False


def wait_for(true: Callable[[], bool], seconds: float = 60) -> None:
    """Wait until something is true; AssertionError where it does not come true."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it does not come true"
        time.sleep(0.02)


def wait_until_ended(pids: Iterable[int]) -> None:
    wait_for(lambda: not any(map(runs, pids)))
