"""How often a group of chunks has been tried on a Ray cluster: so a row that kills is found out.

Ray tries a task again whenever its actor dies, without end: it cannot know that the task is why.
This module loads nothing heavy, as the ledger is a process of its own.
"""

from __future__ import annotations

import importlib
from collections import Counter
from dataclasses import dataclass
from typing import Any


class Ledger:
    """An actor: how often each group of each stage has been begun, as long as it is not ended."""

    def __init__(self) -> None:
        self.begun: Counter[tuple[str, int]] = Counter()

    def begin(self, stage: str, number: int) -> int:
        """Which try at this group it is, from 1."""
        self.begun[stage, number] += 1
        return self.begun[stage, number]

    def end(self, stage: str, number: int) -> None:
        """Forget the group: it has been done."""
        self.begun.pop((stage, number), None)


@dataclass(frozen=True, slots=True)
class Tries:
    """The ledger, an actor's handle, as the actors of one stage see it."""

    stage: str
    ledger: Any

    def begin(self, number: int) -> int:
        """Which try at this group it is, from 1."""
        ray = importlib.import_module("ray")
        return int(ray.get(self.ledger.begin.remote(self.stage, number)))

    def end(self, number: int) -> None:
        """The group has been done."""
        self.ledger.end.remote(self.stage, number)
