"""Organisations as clusters of mentions: B³, CEAF by entity and by mention, MUC.

The measures of coreference, over the spans of organisation mentions. They differ in what they do
with a predicted mention that is not gold: B³0 leaves it aside; CEAF and MUC keep it in its cluster,
as the reference scorer does (Pradhan et al. 2014, Scoring Coreference Partitions of Predicted
Mentions).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Literal

import numpy as np

from lgtalent_ie.errors import MissingExtraError
from lgtalent_ie.evaluation.scores import Score

Offsets = tuple[int, int]

# Which cluster each span belongs to.
Owners = Mapping[Offsets, str]


def b_cubed(gold: Owners, predicted: Owners) -> Score:
    """B³ (Bagga and Baldwin 1998, Algorithms for Scoring Coreference Chains) in the form B³0.

    The items are the gold mentions; a predicted one that is not gold is left aside, and a gold one
    that was not predicted has recall 0 (Stoyanov et al. 2009, Conundrums in Noun Phrase Coreference
    Resolution).

    >>> b_cubed({(0, 2): "a", (5, 7): "a"}, {(0, 2): "x", (5, 7): "y"})
    Score(right=2.0, predicted=2, recalled=1.0, gold=2)
    """
    both = [(own, predicted[span]) for span, own in gold.items() if span in predicted]
    together = Counter(both)
    gold_sizes, found_sizes = Counter(gold.values()), Counter(own for _, own in both)
    return Score(
        right=sum(n * n / found_sizes[pair[1]] for pair, n in together.items()),
        predicted=len(both),
        recalled=sum(n * n / gold_sizes[pair[0]] for pair, n in together.items()),
        gold=len(gold),
    )


def ceaf(gold: Owners, predicted: Owners) -> dict[Literal["ceaf_e", "ceaf_m"], Score]:
    """CEAF (Luo 2005, On Coreference Resolution Performance Metrics) with φ4 and with φ3.

    Gold and predicted clusters are paired one to one so that their likeness is greatest. By mention
    (φ3) it is the mentions that both have, out of all mentions; by entity (φ4) the Dice coefficient
    of the two clusters, out of all clusters. Raises MissingExtraError without scipy.

    >>> made = ceaf({(0, 2): "a", (5, 7): "a"}, {(0, 2): "x", (5, 7): "y"})
    >>> made["ceaf_m"].recall, round(made["ceaf_e"].recall, 4)
    (0.5, 0.6667)
    """
    try:
        from scipy.optimize import linear_sum_assignment  # type: ignore[import-untyped]
    except ImportError as error:
        raise MissingExtraError(
            "CEAF without scipy", "the extra annotate", "pip install 'lgtalent_ie[annotate]'"
        ) from error
    gold_sizes, found_sizes = Counter(gold.values()), Counter(predicted.values())
    together = Counter((own, predicted[span]) for span, own in gold.items() if span in predicted)
    dice = {
        pair: 2 * n / (gold_sizes[pair[0]] + found_sizes[pair[1]]) for pair, n in together.items()
    }
    owners, finders = {own for own, _ in together}, {own for _, own in together}
    if len(owners) == len(together) == len(finders):
        # No cluster has two to choose from.
        by_mention, by_entity = float(together.total()), sum(dice.values())
    else:
        rows = {own: at for at, own in enumerate(sorted(owners))}
        columns = {own: at for at, own in enumerate(sorted(finders))}
        sums = []
        for likeness in (together, dice):
            table = np.zeros((len(rows), len(columns)))  # [gold clusters, predicted clusters]
            for (own, other), value in likeness.items():
                table[rows[own], columns[other]] = value
            sums.append(float(table[linear_sum_assignment(table, maximize=True)].sum()))
        by_mention, by_entity = sums
    return {
        "ceaf_e": Score(by_entity, len(found_sizes), by_entity, len(gold_sizes)),
        "ceaf_m": Score(by_mention, len(predicted), by_mention, len(gold)),
    }


def muc(gold: Owners, predicted: Owners) -> Score:
    """MUC (Vilain et al. 1995, A Model-Theoretic Coreference Scoring Scheme): links between
    mentions that both have. A cluster of one mention has no link and counts for nothing.

    >>> muc({(0, 2): "a", (5, 7): "a", (8, 9): "a"}, {(0, 2): "x", (5, 7): "x"})
    Score(right=1, predicted=1, recalled=1, gold=2)
    """
    right, links = _kept_links(predicted, gold)
    recalled, gold_links = _kept_links(gold, predicted)
    return Score(right, links, recalled, gold_links)


def _kept_links(clusters: Owners, others: Owners) -> tuple[int, int]:
    """The links that hold the clusters together, those that `others` keep and all of them."""
    parts: dict[str, set[object]] = defaultdict(set)
    for span, own in clusters.items():
        # A mention that the other side lacks is a part of its own.
        parts[own].add(others.get(span, span))
    return len(clusters) - sum(map(len, parts.values())), len(clusters) - len(parts)
