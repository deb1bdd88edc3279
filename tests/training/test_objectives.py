"""The heads say how wrong states are; a sample of the vocabulary stands for all of it."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from lgtalent_ie.training.objectives import Detector, Guesser

ROWS, SIZE, WIDTH = 20, 6, 8
COUNTS = torch.tensor([0.0, *(2.0 ** (n % 7) for n in range(ROWS - 1))])


def guesser(sampled: int) -> Guesser:
    torch.manual_seed(0)
    made = Guesser(WIDTH, torch.randn(ROWS, SIZE), COUNTS, sampled)
    nn.init.normal_(made.bias)
    return made


def full_loss(head: Guesser, states: Tensor, targets: Tensor) -> Tensor:
    """Cross-entropy over all rows that occur."""
    query = nn.functional.normalize(head.project(states), dim=1) * head.scale
    logits = query @ head.vectors[1:].T + head.bias[1:]
    return nn.functional.cross_entropy(logits, targets - 1)


def test_a_large_sample_gives_the_loss_and_gradient_over_all_rows() -> None:
    head = guesser(sampled=200_000)
    states, targets = torch.randn(30, WIDTH), torch.randint(1, ROWS, (30,))
    sampled, full = head(states, targets), full_loss(head, states, targets)
    assert sampled.item() == pytest.approx(full.item(), rel=0.01)
    one = torch.autograd.grad(sampled, head.project.weight)[0]
    other = torch.autograd.grad(full, head.project.weight)[0]
    assert torch.allclose(one, other, atol=0.02 * float(other.abs().max()))


def test_a_small_sample_draws_to_the_same_chances() -> None:
    """Where the logits are the true chances, rare or frequent, nothing pulls them away."""
    head = guesser(sampled=2)
    head.project.weight.data.zero_()
    head.project.bias.data.zero_()
    targets = torch.repeat_interleave(torch.arange(1, ROWS), 1 + torch.arange(1, ROWS) // 2)
    head.bias.data[1:] = torch.log(torch.bincount(targets)[1:].float())
    rounds = 600
    for _ in range(rounds):
        head(torch.zeros(len(targets), WIDTH), targets).backward()
    pull = head.bias.grad[1:] / rounds
    chances = torch.bincount(targets)[1:] / len(targets)
    assert (pull.abs() / chances).max() < 0.4


def test_what_fits_costs_less() -> None:
    head, detector = guesser(sampled=50), Detector(WIDTH)
    states, targets = torch.randn(30, WIDTH), torch.randint(1, ROWS, (30,))
    for module, right, wrong in (
        (head, targets, targets % (ROWS - 1) + 1),
        (detector, targets % 2, 1 - targets % 2),
    ):
        optimizer = torch.optim.Adam(module.parameters(), lr=0.05)
        for _ in range(60):
            optimizer.zero_grad()
            module(states, right).backward()
            optimizer.step()
        assert module(states, right) < 0.5 * module(states, wrong)


def test_nothing_to_guess_costs_nothing() -> None:
    head = guesser(sampled=5)
    loss = head(torch.zeros(0, WIDTH), torch.zeros(0, dtype=torch.int64))
    loss.backward()
    assert loss == 0 and torch.isfinite(head.scale.grad)
