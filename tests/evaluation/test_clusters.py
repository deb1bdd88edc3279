"""Measures of clusters: worked by hand, by trying all pairings, and what they agree on."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lgtalent_ie.evaluation.clusters import b_cubed, ceaf, muc

Owners = dict[tuple[int, int], str]


def owners(*clusters: str) -> Owners:
    """`ab c`: one cluster of the mentions a and b, and one of c."""
    return {(ord(m), ord(m) + 1): own for own in clusters for m in own}


def test_the_example_of_the_ceaf_paper() -> None:
    """Luo 2005, figure 1 and table 1: truth {1..5} {6 7} {8 9 A B C}, responses a to d."""
    truth = owners("12345", "67", "89ABC")
    responses = {
        "a": owners("12345", "6789ABC"),
        "b": owners("1234589ABC", "67"),
        "c": owners("123456789ABC"),
    }
    f1 = {
        name: (round(ceaf(truth, own)["ceaf_m"].f1, 3), round(ceaf(truth, own)["ceaf_e"].f1, 3))
        for name, own in responses.items()
    }
    assert f1 == {"a": (0.833, 0.733), "b": (0.583, 0.667), "c": (0.417, 0.294)}
    links = {name: round(muc(truth, own).f1, 3) for name, own in responses.items()}
    assert links == {"a": 0.947, "b": 0.947, "c": 0.9}


def test_singletons_have_no_links() -> None:
    score = muc(owners("a", "b"), owners("a", "b"))
    assert (score.right, score.predicted, score.gold, score.f1) == (0, 0, 0, 0.0)
    assert ceaf(owners("a", "b"), owners("a", "b"))["ceaf_e"].f1 == 1.0


def test_a_mention_that_gold_lacks_counts_in_ceaf_and_muc_and_not_in_b_cubed() -> None:
    gold, found = owners("ab"), owners("abx")
    assert b_cubed(gold, found).precision == 1.0
    assert ceaf(gold, found)["ceaf_m"].precision == 2 / 3
    assert ceaf(gold, found)["ceaf_e"].precision == pytest.approx(4 / 5)
    assert muc(gold, found).precision == 1 / 2


def test_nothing_found() -> None:
    gold = owners("ab", "c")
    for score in (b_cubed(gold, {}), muc(gold, {}), *ceaf(gold, {}).values()):
        assert (score.right, score.f1) == (0, 0.0)


partitions = st.dictionaries(
    st.integers(0, 7).map(lambda n: (n, n + 1)), st.sampled_from("wxyz"), max_size=7
)


@settings(max_examples=60, deadline=None)
@given(partitions, partitions)
def test_ceaf_is_the_best_of_all_pairings(gold: Owners, found: Owners) -> None:
    def members(side: Owners) -> list[set[tuple[int, int]]]:
        return [{span for span, own in side.items() if own == name} for name in set(side.values())]

    ours, theirs = members(gold), members(found)
    few, many = sorted((ours, theirs), key=len)
    pairings = [list(zip(few, order, strict=False)) for order in permutations(many, len(few))]
    made = ceaf(gold, found)
    best = max(sum(len(a & b) for a, b in pairing) for pairing in pairings)
    assert made["ceaf_m"].right == best
    dice = max(sum(2 * len(a & b) / (len(a) + len(b)) for a, b in pairing) for pairing in pairings)
    assert made["ceaf_e"].right == pytest.approx(dice)
    assert (made["ceaf_e"].predicted, made["ceaf_e"].gold) == (len(theirs), len(ours))


@settings(max_examples=40, deadline=None)
@given(partitions)
def test_gold_is_right_by_every_measure(gold: Owners) -> None:
    renamed = {span: f"other-{own}" for span, own in gold.items()}
    for score in (b_cubed(gold, renamed), muc(gold, renamed), *ceaf(gold, renamed).values()):
        assert score.right == score.predicted == score.recalled == score.gold
