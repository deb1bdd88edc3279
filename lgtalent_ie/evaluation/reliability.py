"""Chance-corrected agreement on categories: Cohen's and Fleiss' kappa, Krippendorff's alpha.

An item is what each annotator who judged it says: `{"kim": "ORG", "lee": "EVENT"}`. A statistic
that is not defined on the items given is None with the reason, never a silent 1.0 or 0.0.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

Item = Mapping[str, Hashable]


@dataclass(frozen=True, slots=True)
class Statistic:
    """A value, the number of items it rests on, and where it is None the reason."""

    value: float | None
    items: int
    reason: str | None = None


NO_ITEMS = "no item that the annotators share"


def observed_agreement(items: Iterable[Item]) -> Statistic:
    """Share of agreeing pairs of annotators, averaged over the items that two or more judged.

    >>> observed_agreement([{"a": 1, "b": 1}, {"a": 1, "b": 2}])
    Statistic(value=0.5, items=2, reason=None)
    """
    shares = [_agreeing(list(item.values())) for item in items if len(item) > 1]
    if not shares:
        return Statistic(None, 0, NO_ITEMS)
    return Statistic(sum(shares) / len(shares), len(shares))


def cohen_kappa(items: Iterable[Item], first: str, second: str) -> Statistic:
    """Cohen's kappa (1960, A coefficient of agreement for nominal scales) of two annotators.

    Rests on the items that both judged. Chance is each annotator's own share of every category.

    >>> pairs = zip("xxxxyyyy", "xxxyyyyx", strict=True)
    >>> cohen_kappa([{"a": a, "b": b} for a, b in pairs], "a", "b")
    Statistic(value=0.5, items=8, reason=None)
    """
    pairs = [(item[first], item[second]) for item in items if first in item and second in item]
    if (undefined := _undefined(pairs)) is not None:
        return undefined
    own, others = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    observed = sum(a == b for a, b in pairs) / len(pairs)
    expected = sum(own[category] * others[category] for category in own) / len(pairs) ** 2
    return Statistic((observed - expected) / (1 - expected), len(pairs))


def fleiss_kappa(items: Iterable[Item], annotators: Sequence[str]) -> Statistic:
    """Fleiss' kappa (1971, Measuring nominal scale agreement among many raters).

    Rests on the items that all the annotators judged, for it asks for as many judgements of every
    item. Chance is the share of every category over all judgements.
    """
    rows = [[item[name] for name in annotators] for item in items if set(annotators) <= set(item)]
    if (undefined := _undefined(rows)) is not None:
        return undefined
    observed = sum(map(_agreeing, rows)) / len(rows)
    totals = Counter(category for row in rows for category in row)
    expected = sum(n * n for n in totals.values()) / totals.total() ** 2
    return Statistic((observed - expected) / (1 - expected), len(rows))


def krippendorff_alpha(items: Iterable[Item]) -> Statistic:
    """Krippendorff's alpha for nominal data (2011, Computing Krippendorff's Alpha-Reliability).

    Rests on the items that two or more judged; annotators may be missing from some.
    1 − observed / expected disagreement, over pairs of judgements: those of one item, every item
    weighing as many as it has judgements, and those of all items together.
    """
    rows = [list(item.values()) for item in items if len(item) > 1]
    if (undefined := _undefined(rows)) is not None:
        return undefined
    totals = Counter(category for row in rows for category in row)
    n = totals.total()
    observed = sum(len(row) * (1 - _agreeing(row)) for row in rows)
    expected = sum(count * (n - count) for count in totals.values()) / (n - 1)
    return Statistic(1 - observed / expected, len(rows))


def _agreeing(values: Sequence[Hashable]) -> float:
    """Share of the pairs of judgements that agree."""
    same = sum(count * (count - 1) for count in Counter(values).values())
    return same / (len(values) * (len(values) - 1))


def _undefined(rows: Sequence[Sequence[Hashable]]) -> Statistic | None:
    """Why nothing can be said, None where something can."""
    if not rows:
        return Statistic(None, 0, NO_ITEMS)
    categories = {category for row in rows for category in row}
    if len(categories) == 1:
        return Statistic(None, len(rows), f"one category only: {categories.pop()}")
    return None
