"""Which errors of a run are new, changed or unchanged against an earlier one, which are fixed."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from lgtalent_ie.evaluation.command import Mark, mark
from lgtalent_ie.evaluation.documents import Difference
from lgtalent_ie.evaluation.gold import GoldDocument
from lgtalent_ie.evaluation.report.errors import DocumentError, Statement

Status = Literal["new", "changed", "unchanged", "fixed"]
STATUSES: tuple[Status, ...] = ("new", "changed", "unchanged", "fixed")


@dataclass(frozen=True, slots=True)
class Compared:
    """An error and what became of it; `was` is the error of the earlier run where it was another.

    For a fixed error `now` is None.
    """

    status: Status | None
    now: DocumentError | None
    was: DocumentError | None = None


def compare_errors(
    now: Iterable[DocumentError], before: Iterable[DocumentError]
) -> Iterator[Compared]:
    """The errors of a document in two runs, today's first.

    unchanged: both sides said the same, whatever the score. changed: the same gold item is wrong in
    another way. fixed: an error of the earlier run that neither is.
    """
    earlier = {_identity(error): error for error in before}
    by_gold = {key: error for error in earlier.values() if (key := _gold_identity(error))}
    left = dict(earlier)
    current = list(now)
    same = {_identity(error) for error in current} & earlier.keys()
    for error in current:
        identity = _identity(error)
        was = by_gold.get(_gold_identity(error))
        if identity in same:
            left.pop(identity, None)
            yield Compared("unchanged", error)
        elif was is not None and _identity(was) in left:
            left.pop(_identity(was))
            yield Compared("changed", error, was)
        else:
            yield Compared("new", error)
    for error in left.values():
        yield Compared("fixed", None, error)


def _identity(error: DocumentError) -> Hashable:
    sides = (side and side.said for side in (error.gold, error.predicted))
    return error.record, *sides


def _gold_identity(error: DocumentError) -> Hashable | None:
    return (error.record, error.gold.said) if error.gold else None


def compare_recorded(
    now: Iterable[DocumentError], recorded: Collection[Mark], gold: GoldDocument, text: str
) -> Iterator[Compared]:
    """As `compare_errors`, with an earlier run of which only `command.mark` of each item is known.

    changed: one side of the error is recorded and the other is not. A fixed error has the span and,
    for a mention that was missed, gold's label; what else it said is not in the record.
    """
    left = set(recorded)
    for error in now:
        marks = {mark(difference) for difference in error.differences(text)}
        known = marks & left
        # Two errors may share a mark where one document says the same thing twice.
        yield Compared(
            "unchanged" if known == marks else "changed" if known else "new", error
        )  # fmt: skip
        left -= known
    labels = {(m.start, m.end): m.label for m in gold.mentions}
    for own in sorted(left):
        record, status, start, end, _ = own
        label = labels.get((start, end)) if record == "mentions" and status == "missed" else None
        if label and mark(Difference(record, "missed", start, end, text[start:end], label)) != own:
            label = None
        side = Statement(((start, end, ""),), label, (start, end, label or "", None))
        missed = status == "missed"
        yield Compared(
            "fixed", None,
            DocumentError(record, status, side if missed else None, None if missed else side),
        )  # fmt: skip
