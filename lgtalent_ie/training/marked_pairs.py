"""Relations as training targets: which pairs of a sentence are looked at, and what they are."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lgtalent_ie.errors import DataError
from lgtalent_ie.model.config import ENTITY_TYPES, RELATED
from lgtalent_ie.reading import Morpheme
from lgtalent_ie.training.labels import (
    IGNORED,
    KLUE_RELATIONS,
    OWN_RELATIONS,
    RELATION_TYPES,
    Spans,
)

Span = tuple[int, int, str]

# What KLUE-RE says of a pair, and says then of the pair the other way round.
INVERSES: Mapping[str, str] = {
    "no_relation": "no_relation",
    "org:alternate_names": "org:alternate_names",
    "org:member_of": "org:members",
    "org:members": "org:member_of",
    "org:top_members/employees": "per:employee_of",
    "per:employee_of": "org:top_members/employees",
    "per:alternate_names": "per:alternate_names",
    "per:parents": "per:children",
    "per:children": "per:parents",
    "per:siblings": "per:siblings",
    "per:spouse": "per:spouse",
    "per:other_family": "per:other_family",
    "per:colleagues": "per:colleagues",
}
# KLUE-RE's subjects are these alone, and its types of what is no name.
SUBJECTS = frozenset(("PERSON", "ORG"))
KLUE_TYPES = {"TITLE": "POH", "PRODUCT": "POH", "EVENT": "POH", "QUANTITY": "NOH", "TIME": "DATE"}
# Of an own sentence's unrelated pairs one in so many is taken: all would be six times the others.
UNRELATED = 8


@dataclass(frozen=True, slots=True)
class MarkedPair:
    """Two spans with the relations that are known to hold, or not to, from head to tail.

    `klue`: the label of KLUE-RE, where it is known. `own`: all relations of the guidelines, where
    they are known; the empty set says there is none.
    """

    head: Span
    tail: Span
    klue: str | None = None
    own: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class PairTargets:
    """The pairs of a window. P pairs, R relations.

    spans: int64 [P, 4], head start, head end, tail start, tail end in morphemes; ends not included
    types: int64 [P, 2], numbers in ENTITY_TYPES
    klue:  int64 [P], numbers in KLUE_RELATIONS, IGNORED where unknown
    own:   float32 [P, R], 1 where the relation of OWN_RELATIONS holds, NaN where unknown
    """

    spans: NDArray[np.int64]
    types: NDArray[np.int64]
    klue: NDArray[np.int64]
    own: NDArray[np.float32]


def own_pairs(spans: Spans, relations: Iterable[Sequence[Any]], where: str) -> list[MarkedPair]:
    """All pairs of an own sentence that could be related, with what they are.

    `relations` are [type, head, tail] with numbers of spans; DataError where they do not fit.
    """
    known: dict[tuple[int, int], set[str]] = {}
    for relation in relations:
        if not is_relation(relation, spans):
            raise DataError(
                f"{where}: relation {relation}",
                "[type, head, tail] with the numbers of two spans that can be so related",
                "correct the line",
            )
        kind, head, tail = relation
        known.setdefault((head, tail), set()).add(kind)
    return [
        MarkedPair(spans[head], spans[tail], own=frozenset(known.get((head, tail), ())))
        for head in range(len(spans))
        for tail in range(len(spans))
        if head != tail and spans[tail][2] in RELATED.get(spans[head][2], ())
    ]


def as_klue(pairs: Iterable[MarkedPair]) -> list[MarkedPair]:
    """What own pairs say in KLUE-RE's labels and types, as pairs beside them.

    A pair with one of KLUE-RE's relations has it as label, one with several is left out. Half as
    many again as KLUE-RE's rows, and worth more on dev than all of their inverses.

    >>> [p.klue for p in as_klue([MarkedPair((0, 3, "PERSON"), (4, 6, "TITLE"),
    ...                                      own=frozenset(("per:title",)))])]
    ['per:title']
    """
    found = []
    for pair in pairs:
        if pair.own is None or pair.head[2] not in SUBJECTS:
            continue
        known = [relation for relation in pair.own if relation in KLUE_RELATIONS]
        places = f"{pair.head[:2]}{pair.tail[:2]}".encode()
        if len(known) == 1:
            label = known[0]
        elif not pair.own and zlib.crc32(places) % UNRELATED == 0:
            label = KLUE_RELATIONS[0]
        else:
            continue
        start, end, kind = pair.tail
        found.append(MarkedPair(pair.head, (start, end, KLUE_TYPES.get(kind, kind)), klue=label))
    return found


def is_relation(relation: Any, spans: Spans) -> bool:
    """True for [type, head, tail] of a known type between two spans that can be related."""
    if not isinstance(relation, list | tuple) or len(relation) != 3:
        return False
    kind, head, tail = relation
    if not all(isinstance(n, int) and 0 <= n < len(spans) for n in (head, tail)):
        return False
    related = spans[tail][2] in RELATED.get(spans[head][2], ())
    return kind in OWN_RELATIONS and head != tail and related


def klue_pair(row: Mapping[str, Any]) -> MarkedPair:
    """The one pair of a KLUE-RE row; DataError where the entities or the label are not KLUE's."""
    spans = [row[key] for key in ("subject", "object") if key in row]
    ends: list[Span] = [(s, e, RELATION_TYPES.get(kind, kind)) for s, e, kind in spans]
    label = row.get("label")
    if len(ends) < 2 or label not in KLUE_RELATIONS or any(e[2] not in ENTITY_TYPES for e in ends):
        raise DataError(
            f"KLUE-RE row {row.get('id')}: {spans}, label {label!r}",
            "subject and object with KLUE-RE's types, and one of its labels", "correct the row",
        )  # fmt: skip
    return MarkedPair(ends[0], ends[1], klue=label)


def with_inverses(pairs: Sequence[MarkedPair]) -> tuple[MarkedPair, ...]:
    """KLUE-RE's pairs of a sentence, and what they say of the same two the other way round.

    Half as many again: rare labels like `org:members` and `per:siblings` gain most.

    >>> lead, firm = (0, 3, "PERSON"), (4, 8, "ORG")
    >>> [p.klue for p in with_inverses([MarkedPair(lead, firm, klue="per:employee_of")])]
    ['per:employee_of', 'org:top_members/employees']
    """
    known = {(pair.head[:2], pair.tail[:2]) for pair in pairs}
    turned = [
        MarkedPair(pair.tail, pair.head, klue=inverse)
        for pair in pairs
        if (inverse := INVERSES.get(pair.klue or "")) is not None
        and pair.tail[2] in SUBJECTS
        and (pair.tail[:2], pair.head[:2]) not in known
    ]
    return (*pairs, *turned)


def pair_targets(morphemes: Sequence[Morpheme], pairs: Sequence[MarkedPair]) -> PairTargets | None:
    """The pairs of which both ends lie in the window; None where there is none."""
    found = []
    for pair in pairs:
        head, tail = (places(morphemes, span) for span in (pair.head, pair.tail))
        if head and tail:
            found.append((pair, head + tail))
    if not found:
        return None
    own = np.full((len(found), len(OWN_RELATIONS)), np.nan, dtype=np.float32)
    for row, (pair, _) in zip(own, found, strict=True):
        if pair.own is not None:
            row[:] = [relation in pair.own for relation in OWN_RELATIONS]
    return PairTargets(
        spans=np.array([spans for _, spans in found], dtype=np.int64),
        types=np.array(
            [[ENTITY_TYPES.index(s[2]) for s in (p.head, p.tail)] for p, _ in found],
            dtype=np.int64,
        ),
        klue=np.array(
            [KLUE_RELATIONS.index(p.klue) if p.klue else IGNORED for p, _ in found],
            dtype=np.int64,
        ),
        own=own,
    )


def places(morphemes: Sequence[Morpheme], span: Span) -> tuple[int, ...]:
    """The first morpheme that a span overlaps and the one behind its last; () where none does."""
    inside = [n for n, m in enumerate(morphemes) if m.start < span[1] and span[0] < m.end]
    return (inside[0], inside[-1] + 1) if inside else ()
