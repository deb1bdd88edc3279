"""The recurrent encoder on a GPU learns what it learns on a CPU."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from lgtalent_ie.model.config import RecurrentConfig
from lgtalent_ie.model.encoder import RecurrentEncoder
from lgtalent_ie.model.pieces import TAGS

LENGTHS = {"one length": (9, 9, 9), "many lengths": (9, 1, 30)}


def gradients(encoder: RecurrentEncoder, lengths: tuple[int, ...], share: float) -> list[Tensor]:
    """The gradients of a mean that each state has so small a share of."""
    random = np.random.default_rng(0)
    total, device = sum(lengths), encoder.tags.weight.device
    inputs = [torch.from_numpy(random.integers(0, size, total)) for size in (50, 2 * len(TAGS), 64)]
    arrays = [tensor.to(device) for tensor in (*inputs, torch.arange(total))]
    with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
        states = encoder(*arrays, torch.tensor(lengths))
    (states.float().square().sum() * share).backward()
    return [p.grad.cpu() / share for p in encoder.lstm.parameters() if p.grad is not None]


@pytest.mark.gpu
@pytest.mark.parametrize("lengths", LENGTHS.values(), ids=LENGTHS.keys())
def test_small_gradients_reach_the_lstm_on_a_gpu(lengths: tuple[int, ...]) -> None:
    def fresh() -> RecurrentEncoder:
        torch.manual_seed(0)
        config = RecurrentConfig(8, 8, 8, 64, hidden_size=16, layers=2, dropout=0.0)
        return RecurrentEncoder(config, 50).train()

    expected = gradients(fresh(), lengths, 1.0)
    found = gradients(fresh().cuda(), lengths, 1e-9)
    assert len(found) == len(expected) == 16
    for one, other in zip(found, expected, strict=True):
        assert (one - other).norm() < 0.02 * other.norm()
