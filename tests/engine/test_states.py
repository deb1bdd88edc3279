"""States of many sentences lie in one tensor and are read one by one as if each were its own."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from lgtalent_ie.engine.states import States, join_states, together

LENGTHS = [3, 0, 2, 1]
ROWS = [torch.full((n, 4), float(at)) for at, n in enumerate(LENGTHS)]


def same(some: object, others: list[Tensor]) -> bool:
    found = list(some)  # type: ignore[call-overload]
    return len(found) == len(others) and all(map(torch.equal, found, others))


def test_sentences_come_out_as_they_went_in() -> None:
    states = together(ROWS)
    assert same(states, ROWS)
    assert same([states[n] for n in range(4)], ROWS)
    assert torch.equal(states[-1], ROWS[-1])
    assert states.flat.shape == (6, 4)
    assert together(states) is states
    with pytest.raises(IndexError):
        states[4]


@pytest.mark.parametrize(
    "which", [slice(1, 3), slice(None), slice(2, 2), slice(3, 1), slice(-2, None)]
)
def test_a_slice_shares_the_memory(which: slice) -> None:
    states = together(ROWS)
    some = states[which]
    assert same(some, ROWS[which])
    assert some.flat.untyped_storage().data_ptr() == states.flat.untyped_storage().data_ptr()


def test_steps_are_refused() -> None:
    with pytest.raises(ValueError, match="steps of 2"):
        together(ROWS)[::2]


def test_states_are_joined_in_their_order() -> None:
    some = [
        together(ROWS[:2]),
        together(ROWS[2:]),
        States(torch.zeros(0, 4), np.zeros(2, np.int64)),
    ]
    assert same(join_states(some), [*ROWS, torch.zeros(0, 4), torch.zeros(0, 4)])
    assert join_states(some[:1]) is some[0]
