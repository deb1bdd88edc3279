"""The head over pairs: what it reads of a sentence, and what it leaves alone."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from lgtalent_ie.model.config import KLUE_RE, RELATIONS, RelationConfig
from lgtalent_ie.model.pairs import (
    FARTHEST,
    PairHead,
    PairPlaces,
    Pairs,
    distance,
    join_pairs,
    mean_state,
)

HIDDEN = 6
CONFIG = RelationConfig(
    size=8, attention_heads=2, labels={RELATIONS: ("a", "b"), KLUE_RE: ("none", "c", "d")}
)
JOINED = PairPlaces(0, 2, 4, 5, "PERSON", "ORG")
HELD = PairPlaces(5, 7, 1, 3, "EVENT", "DATE")
ALONE = PairPlaces(0, 1, 0, 1, "ORG", "ORG")


@pytest.fixture
def head() -> PairHead:
    torch.manual_seed(0)
    return PairHead(CONFIG, HIDDEN).eval()


def states(*lengths: int) -> list[Tensor]:
    generator = torch.Generator().manual_seed(1)
    return [torch.randn(length, HIDDEN, generator=generator) for length in lengths]


def score(head: PairHead, hidden: Tensor, *pairs: PairPlaces) -> Tensor:
    """[P, 2 + 3], the pairs of one window."""
    logits = head(hidden, join_pairs([pairs], [len(hidden)]))
    return torch.cat([logits[RELATIONS], logits[KLUE_RE]], dim=1)


def test_a_logit_per_pair_label_set_and_label(head: PairHead) -> None:
    [hidden] = states(8)
    logits = head(hidden, join_pairs([[JOINED, HELD]], [8]))
    assert {name: tuple(rows.shape) for name, rows in logits.items()} == {
        RELATIONS: (2, 2),
        KLUE_RE: (2, 3),
    }


def test_pairs_scored_together_are_scored_as_one_by_one(head: PairHead) -> None:
    windows = states(9, 1, 30, 5)
    pairs = [[JOINED, HELD], [ALONE], [HELD, ALONE, JOINED], [JOINED]]
    together = head(torch.cat(windows), join_pairs(pairs, [len(w) for w in windows]))
    together = torch.cat([together[RELATIONS], together[KLUE_RE]], dim=1)
    alone = [score(head, w, p) for w, some in zip(windows, pairs, strict=True) for p in some]
    assert torch.allclose(together, torch.cat(alone), atol=1e-5)


def test_a_pair_sees_its_window_and_nothing_else(head: PairHead) -> None:
    before, own, after = states(7, 9, 12)
    pairs = join_pairs([[], [JOINED], []], [7, 9, 12])

    def scores(*windows: Tensor) -> Tensor:
        rows: Tensor = head(torch.cat(windows), pairs)[KLUE_RE]
        return rows

    as_it_is = scores(before, own, after)
    assert torch.allclose(scores(after[:7], own, after.flip(0)), as_it_is, atol=1e-5)
    changed = own.clone()
    changed[8] += 3.0  # Neither head nor tail, but in the window.
    assert not torch.allclose(scores(before, changed, after), as_it_is, atol=1e-3)


def test_head_and_tail_are_not_the_same(head: PairHead) -> None:
    [hidden] = states(9)
    there = PairPlaces(0, 2, 4, 5, "ORG", "ORG")
    back = PairPlaces(4, 5, 0, 2, "ORG", "ORG")
    assert not torch.allclose(score(head, hidden, there), score(head, hidden, back), atol=1e-3)


@pytest.mark.parametrize("types", [("ORG", "ORG"), ("PERSON", "DATE"), ("POH", "ORG")])
def test_types_matter(head: PairHead, types: tuple[str, str]) -> None:
    [hidden] = states(9)
    other = PairPlaces(*JOINED[:4], *types)
    assert not torch.allclose(score(head, hidden, JOINED), score(head, hidden, other), atol=1e-3)


def test_a_window_of_one_morpheme(head: PairHead) -> None:
    scores = score(head, states(1)[0], ALONE)
    assert scores.shape == (1, 5)
    assert torch.isfinite(scores).all()


def test_a_distance_counts_from_the_nearer_end() -> None:
    places = torch.arange(9)[None]
    found = distance(places, torch.tensor([3]), torch.tensor([5])) - FARTHEST
    assert found.tolist() == [[-3, -2, -1, 0, 0, 1, 2, 3, 4]]


def test_long_distances_are_one(head: PairHead) -> None:
    places = torch.arange(100)[None]
    found = distance(places, torch.tensor([50]), torch.tensor([51]))
    assert (found[0, :31] == 0).all() and found[0, 31] == 1
    assert (found[0, 70:] == 2 * FARTHEST).all() and found[0, 69] == 2 * FARTHEST - 1
    # Where all are equally far, it does not matter in which order they stand.
    [hidden] = states(60)
    pair = PairPlaces(0, 1, 2, 3, "PERSON", "ORG")
    far, near = hidden.clone(), hidden.clone()
    far[30:] = far[30:].flip(0)
    near[3:12] = near[3:12].flip(0)
    assert torch.allclose(score(head, far, pair), score(head, hidden, pair), atol=1e-5)
    assert not torch.allclose(score(head, near, pair), score(head, hidden, pair), atol=1e-3)


def test_a_span_is_the_mean_of_its_states() -> None:
    [hidden] = states(9)
    sums = torch.cat([torch.zeros(1, HIDDEN), hidden.cumsum(0)])
    found = mean_state(sums, torch.tensor([0, 4, 3]), torch.tensor([9, 5, 5]))
    means = torch.stack([hidden.mean(0), hidden[4], hidden[3:5].mean(0)])
    assert torch.allclose(found, means, atol=1e-6)


def test_joined_pairs_count_morphemes_of_the_whole_batch() -> None:
    joined = join_pairs([[JOINED], [], [HELD, ALONE]], [5, 3, 7])
    assert joined.spans.tolist() == [[0, 2, 4, 5], [13, 15, 9, 11], [8, 9, 8, 9]]
    assert joined.windows.tolist() == [[0, 5], [8, 15], [8, 15]]
    assert joined.types.tolist() == [[1, 0], [4, 6], [0, 0]]
    with pytest.raises(ValueError):
        join_pairs([[JOINED]], [5, 3])


def test_every_weight_learns_and_only_the_own_window_is_told(head: PairHead) -> None:
    before, own, after = (window.requires_grad_() for window in states(7, 9, 12))
    head.train()
    pairs = join_pairs([[], [JOINED, HELD], []], [7, 9, 12])
    logits = head(torch.cat([before, own, after]), pairs)
    sum(rows.square().sum() for rows in logits.values()).backward()  # type: ignore[union-attr]
    for name, parameter in head.named_parameters():
        assert parameter.grad is not None, name
        # What all keys share changes no attention weight.
        assert name == "keys.bias" or parameter.grad.abs().sum() > 0, name
    assert own.grad is not None and (own.grad.abs().sum(1) > 0).all()
    for other in (before, after):
        assert other.grad is not None and other.grad.abs().max() < 1e-5


def test_the_weights_keep_their_names(head: PairHead) -> None:
    # Model folders hold them under these names.
    assert set(head.state_dict()) == {
        "types.weight", "near_head.weight", "near_tail.weight", "bias.weight",
        *(
            f"{layer}.{kind}"
            for layer in ("keys", "values", "head", "tail", "query", "mix.0",
                          f"labels.{RELATIONS}", f"labels.{KLUE_RE}")
            for kind in ("weight", "bias")
        ),
    }  # fmt: skip


@pytest.mark.gpu
def test_a_gpu_scores_alike(head: PairHead) -> None:
    [hidden] = states(9)
    pairs: Pairs = join_pairs([[JOINED, HELD]], [9])
    device = torch.device("cuda")
    here = head(hidden, pairs)[KLUE_RE]
    there = head.to(device)(hidden.to(device), pairs.to(device))[KLUE_RE]
    assert torch.allclose(there.cpu(), here, atol=1e-4)
