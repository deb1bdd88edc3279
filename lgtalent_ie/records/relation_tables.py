"""The tables behind relations and facts: classes of nouns, relation types, frames of predicates.

A frame says which arguments of which predicates stand in a relation or make a fact:

    org:partner  손잡  subj:ORG  com:ORG
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from lgtalent_ie.tables import read_table


@dataclass(frozen=True, slots=True)
class Argument:
    """What a frame wants in one place: a mention of `label` (and class) in one of `roles`."""

    roles: tuple[str, ...]
    label: str
    of_class: str


@dataclass(frozen=True, slots=True)
class Frame:
    """A row of relation_frames.tsv or fact_frames.tsv.

    `cues` are predicates (`개최하`) or noun>predicate (`협약>맺`, `공동>*` with
    any); `context` words of
    which one must stand in the sentence or the one before.
    """

    type: str
    cues: frozenset[str]
    head: Argument
    tail: Argument
    context: tuple[str, ...]
    score: float
    example: str
    expected: str


@cache
def noun_classes() -> Mapping[str, frozenset[str]]:
    """Classes of nouns and predicates; `frame` holds every predicate the relation frames name."""
    classes: dict[str, set[str]] = {}
    for name, words, *_ in read_table(__package__, "relation_nouns"):
        classes.setdefault(name, set()).update(words.split())
    classes["frame"] = {
        cue
        for row in read_table(__package__, "relation_frames")
        for cue in row[1].split("|")
        if ">" not in cue
    }
    return {name: frozenset(words) for name, words in classes.items()}


@cache
def relation_types() -> Mapping[str, tuple[frozenset[str], frozenset[str]]]:
    """Type → the labels its head and its tail may have."""
    return {
        name: (frozenset(heads.split("|")), frozenset(tails.split("|")))
        for name, heads, tails, *_ in read_table(__package__, "relation_types")
    }


@cache
def frames(table: str) -> tuple[Frame, ...]:
    """The rows of relation_frames or fact_frames."""
    return tuple(
        Frame(
            row[0], frozenset(row[1].split("|")), read_argument(row[2]), read_argument(row[3]),
            tuple(w for w in row[4].split("|") if w != "-"), float(row[5]), row[6], row[7],
        )
        for row in read_table(__package__, table)
    )  # fmt: skip


@cache
def frames_of(table: str) -> Mapping[str, tuple[Frame, ...]]:
    """Cue → the frames of that table that name it."""
    found: dict[str, list[Frame]] = {}
    for frame in frames(table):
        for cue in frame.cues:
            found.setdefault(cue, []).append(frame)
    return {cue: tuple(named) for cue, named in found.items()}


def read_argument(text: str) -> Argument:
    """`subj,rel:ORG`, `obj+target:ORG/school` (both roles at once), or `-` for none."""
    roles, _, label = text.partition(":")
    label, _, of_class = label.partition("/")
    return Argument(tuple(roles.split(",")), label, of_class)
