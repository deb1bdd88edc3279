"""Sets of names that are one: union-find with path halving (Tarjan and van Leeuwen 1984)."""

from __future__ import annotations


class DisjointSets:
    """Disjoint sets of keys; the key seen first stands for its set."""

    __slots__ = ("_parent",)

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}

    def find(self, key: str) -> str:
        parent = self._parent
        parent.setdefault(key, key)
        while parent[key] != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    def join(self, first: str, second: str) -> None:
        self._parent[self.find(second)] = self.find(first)
