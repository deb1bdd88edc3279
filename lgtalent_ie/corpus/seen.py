"""Which ids have come before, in eight bytes each: a set of strings would outgrow the memory."""

from __future__ import annotations

from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

# Ids in the set that takes new ones; full, it becomes a sorted array.
NEWEST = 1 << 16


def hash_id(name: str) -> int:
    """64 bits of an id. Among ten million ids two share theirs with a chance of 3 in a million."""
    return int.from_bytes(blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest())


class Seen:
    """A set of hashes: a small set of the newest and sorted arrays, each over twice the next."""

    def __init__(self) -> None:
        self.newest: set[int] = set()
        self.runs: list[NDArray[np.uint64]] = []

    def add(self, key: int) -> bool:
        """True where the key is new."""
        if key in self.newest or any(holds(run, key) for run in self.runs):
            return False
        self.newest.add(key)
        if len(self.newest) >= NEWEST:
            self.add_many(np.fromiter(self.newest, np.uint64, len(self.newest)))
            self.newest.clear()
        return True

    def add_many(self, keys: NDArray[np.uint64]) -> None:
        """Take in uint64 [N] at once, without looking for them."""
        run = np.sort(keys)
        while self.runs and len(self.runs[-1]) <= 2 * len(run):
            run = np.sort(np.concatenate([self.runs.pop(), run]), kind="stable")
        self.runs.append(run)


def holds(run: NDArray[np.uint64], key: int) -> bool:
    at = int(np.searchsorted(run, np.uint64(key)))
    return at < len(run) and int(run[at]) == key
