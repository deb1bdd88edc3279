"""The recurrent encoder as a CPU likes it: what stands in every text is multiplied once.

Of what the shipped LSTMs multiply in their first layer, 69 % (`fast`) and 58 % (`base`) depend on a
morpheme alone, not on what is around it. So what the gates of that layer get from a kind of
morpheme is kept in a table with a row for each kind, and only new kinds are multiplied. The rest is
walked step by step, each step small enough to stay in the cache.

N morphemes, B windows, T steps, n windows that reach a step, H hidden_size, R rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from threading import Lock
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import linear

from lgtalent_ie.model.encoder import RecurrentEncoder
from lgtalent_ie.model.pieces import Kind, join_pieces, kinds_of
from lgtalent_ie.model.steps import time_major
from lgtalent_ie.model.tagger import RecurrentTagger, WindowText

# Kinds whose gates are kept: 42 MB for `fast`, 67 for `base`. Of the morphemes of 50,000 sentences
# of news, in random order, 84 % were among so many (89 among twice, 95 among all there were).
KINDS = 8192

# MKL multiplies fewer rows than these in another order: the last bit of a kind's gates would
# depend on how many others were new beside it.
FEWEST_ROWS = 4


class Gates(NamedTuple):
    """One layer, one direction. The gates are in the order input, forget, output, cell.

    Those of the cell are doubled, as tanh(x) = 2 × sigmoid(2x) - 1: one sigmoid, which torch is
    three times as fast at, does for all four.

    inputs:    float [4H, width], of the layer's inputs
    recurrent: float [H, 4H], of the step before
    bias:      float [4H]
    """

    inputs: Tensor
    recurrent: Tensor
    bias: Tensor


class Known(NamedTuple):
    """What is kept of the kinds of morphemes; a kind's place in `rows` is its row.

    rows:   kind → row
    tables: float [R, 4H] per direction, the gates of each kind
    uses:   int64 [R], how often each was met of late
    """

    rows: dict[Kind, int]
    tables: list[Tensor]
    uses: NDArray[np.int64]


class CpuReader:
    """Reads windows as `RecurrentTagger.hidden` does; states are the same but for rounding.

    It has a copy of the LSTM's weights and looks the vectors of a kind up when it first meets it:
    make another one once the tagger has been trained on. Threads may share one.
    """

    def __init__(self, tagger: RecurrentTagger) -> None:
        assert isinstance(tagger.encoder, RecurrentEncoder)
        self.tagger, self.encoder = tagger, tagger.encoder
        lstm = self.encoder.lstm
        self.layers = [layer_gates(lstm, number) for number in range(lstm.num_layers)]
        self.width = lstm.hidden_size
        self.known = self.empty(KINDS)
        self.lock = Lock()

    def empty(self, rows: int) -> Known:
        """A table with room for so many kinds, which takes memory as they come."""
        tables = [torch.empty(rows, 4 * self.width) for _ in self.layers[0]]
        return Known({}, tables, np.zeros(rows, dtype=np.int64))

    def prepare_all(self, windows: Sequence[WindowText]) -> list[list[Kind]]:
        """Each window as the kinds of its morphemes."""
        return [kinds_of(window.morphemes, window.text) for window in windows]

    def size(self, prepared: Sequence[Kind]) -> int:
        """Morphemes of a window."""
        return len(prepared)

    @torch.inference_mode()
    def hidden(self, prepared: Sequence[Sequence[Kind]]) -> Tensor:
        """Kinds of B windows, none of them empty → float [N, 2H]."""
        lengths = np.array([len(window) for window in prepared])  # [B]
        places, counts = time_major(lengths)  # [N], [T]
        with self.lock:
            rows, tables = self.look_up(list(chain.from_iterable(prepared)))  # [N], [R, 4H] each
        order, sizes = torch.from_numpy(places), counts.tolist()
        steps = torch.split(torch.from_numpy(rows[places]), sizes)  # [n] each
        buffer = torch.empty(sizes[0], 4 * self.width)
        states = None  # by steps
        for layer in self.layers:
            below, states = states, torch.empty(len(rows), 2 * self.width)
            for backward, gates in enumerate(layer):
                if below is None:
                    given: Iterable[Tensor] = (
                        torch.index_select(tables[backward], 0, some, out=buffer[: len(some)])
                        for some in in_turn(steps, backward)
                    )
                else:
                    opened = linear(below, gates.inputs, gates.bias)  # [N, 4H]
                    given = in_turn(torch.split(opened, sizes), backward)
                half = states[:, backward * self.width : (backward + 1) * self.width]  # [N, H]
                walk(given, in_turn(torch.split(half, sizes), backward), gates.recurrent)
        assert states is not None
        hidden = torch.empty_like(states)
        hidden[order] = states
        return hidden

    def look_up(self, kinds: Sequence[Kind]) -> tuple[NDArray[np.int64], list[Tensor]]:
        """The row of each of N kinds, int64 [N], and the tables they are rows of."""
        new = self.new_kinds(kinds)
        if len(self.known.rows) + len(new) > len(self.known.uses):
            self.forget(len(kinds))
            new = self.new_kinds(kinds)
        if new:
            self.learn(new)
        rows = np.array([self.known.rows[kind] for kind in kinds])  # [N]
        np.add.at(self.known.uses, rows, 1)
        return rows, self.known.tables

    def new_kinds(self, kinds: Iterable[Kind]) -> list[Kind]:
        """Those that have no row yet, each once."""
        return [kind for kind in dict.fromkeys(kinds) if kind not in self.known.rows]

    def learn(self, kinds: Sequence[Kind]) -> None:
        """Add rows for kinds that have none."""
        assert not self.encoder.training, "with dropout"
        padded = [*kinds, *[kinds[0]] * (FEWEST_ROWS - len(kinds))]
        pieces = join_pieces([self.tagger.pieces(padded)])
        inputs = self.encoder.inputs(
            *map(torch.from_numpy, (pieces.morphemes, pieces.tags, pieces.ngrams, pieces.offsets))
        )  # [new, width]
        at = len(self.known.rows)
        for table, gates in zip(self.known.tables, self.layers[0], strict=True):
            table[at : at + len(kinds)] = linear(inputs, gates.inputs, gates.bias)[: len(kinds)]
        self.known.rows.update(zip(kinds, range(at, at + len(kinds)), strict=True))

    def forget(self, room: int) -> None:
        """Keep the half of the kinds that was used most of late, with room for so many more.

        The tables are new ones, as another thread may be reading the old.
        """
        kinds, count = list(self.known.rows), len(self.known.rows)
        kept = np.sort(np.argsort(-self.known.uses[:count], kind="stable")[: KINDS // 2])
        fresh = self.empty(max(KINDS, len(kept) + room))
        for table, old in zip(fresh.tables, self.known.tables, strict=True):
            table[: len(kept)] = old[torch.from_numpy(kept)]
        fresh.uses[: len(kept)] = self.known.uses[kept] // 2
        fresh.rows.update((kinds[row], n) for n, row in enumerate(kept.tolist()))
        self.known = fresh


def in_turn(steps: Sequence[Tensor], backward: int) -> Sequence[Tensor]:
    """The steps as a direction walks them."""
    return steps[::-1] if backward else steps


def layer_gates(lstm: nn.LSTM, number: int) -> list[Gates]:
    """The weights of a layer of torch's LSTM, both directions, in the order of `Gates`.

    torch has them in the order input, forget, cell, output, and two offsets that are always added.
    """

    def ordered(rows: Tensor) -> Tensor:
        given, kept, cell, shown = rows.detach().float().chunk(4)  # [H, …] each
        return torch.cat([given, kept, shown, 2 * cell])

    found = []
    for end in (f"_l{number}", f"_l{number}_reverse"):
        bias = getattr(lstm, f"bias_ih{end}") + getattr(lstm, f"bias_hh{end}")
        recurrent = ordered(getattr(lstm, f"weight_hh{end}")).t().contiguous()
        found.append(Gates(ordered(getattr(lstm, f"weight_ih{end}")), recurrent, ordered(bias)))
    return found


def walk(given: Iterable[Tensor], outputs: Sequence[Tensor], recurrent: Tensor) -> None:
    """One direction of a layer, step by step, into `outputs`: float [n, H] per step.

    `given` are the gates that the inputs open, float [n, 4H] per step, which may be written over;
    `recurrent` is float [H, 4H]. Windows that end before others, or begin later on the way back,
    are the last rows of a step. Hochreiter and Schmidhuber 1997, with the forget gate of Gers 2000.
    """
    width = recurrent.shape[0]
    cells = recurrent.new_zeros(max(map(len, outputs)), width)  # [B, H]
    before = cells[:0]
    for gates, output in zip(given, outputs, strict=True):
        both = min(len(before), len(output))
        gates[:both].addmm_(before[:both], recurrent)
        opened, kept, shown, cell = torch.split(gates.sigmoid_(), width, 1)  # [n, H] each
        cells_now = cells[: len(output)]
        cells_now.mul_(kept).addcmul_(opened, cell, value=2).sub_(opened)
        torch.mul(torch.tanh(cells_now), shown, out=output)
        before = output
