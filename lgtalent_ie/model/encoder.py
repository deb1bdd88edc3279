"""Encoders: pieces in, one vector per morpheme out, always flat. N morphemes, B windows."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from lgtalent_ie.model.config import RecurrentConfig
from lgtalent_ie.model.pieces import TAGS


class RecurrentEncoder(nn.Module):
    """Morpheme, tag and character vectors read by a two-way LSTM.

    The morpheme vectors are Kiwi's and stay frozen, so that words which training never saw keep
    the place among their neighbours that they have there; what training has to say about a word
    goes through the n-grams.
    """

    def __init__(self, config: RecurrentConfig, vocabulary_size: int) -> None:
        super().__init__()
        self.morphemes = nn.Embedding(vocabulary_size, config.morpheme_size)
        self.morphemes.weight.requires_grad_(False)
        self.tags = nn.Embedding(2 * len(TAGS), config.tag_size)
        self.ngrams = nn.EmbeddingBag(config.ngram_buckets, config.ngram_size, mode="mean")
        self.dropout = nn.Dropout(config.dropout)
        self.lstm = nn.LSTM(
            config.morpheme_size + config.tag_size + config.ngram_size,
            config.hidden_size,
            num_layers=config.layers,
            bidirectional=True,
            dropout=config.dropout if config.layers > 1 else 0.0,
        )

    def forward(
        self, morphemes: Tensor, tags: Tensor, ngrams: Tensor, offsets: Tensor, lengths: Tensor
    ) -> Tensor:
        """int64 [N], [N], [M], [N], [B] (see `Pieces`) → float [N, 2 × hidden_size]."""
        inputs = torch.cat(
            [self.morphemes(morphemes), self.tags(tags), self.ngrams(ngrams, offsets)], dim=-1
        )  # [N, morpheme + tag + ngram]
        inputs = self.dropout(inputs)
        order, batch_sizes = time_major(lengths)
        packed = PackedSequence(inputs[order], batch_sizes)  # [N, inputs], step by step
        states, _ = self.lstm(packed)
        hidden = torch.empty_like(states.data)  # [N, 2 × hidden]
        hidden[order] = states.data
        result: Tensor = self.dropout(hidden)
        return result


def time_major(lengths: Tensor) -> tuple[Tensor, Tensor]:
    """Where a PackedSequence wants each morpheme of a flat batch.

    Returns the flat index of every packed place [N] and the number of windows at each step [T], the
    latter on the CPU, as PackedSequence demands.
    """
    window_order = torch.argsort(lengths, descending=True, stable=True)  # [B]
    sorted_lengths = lengths[window_order]  # [B]
    starts = (torch.cumsum(lengths, 0) - lengths)[window_order]  # [B]
    steps = torch.arange(int(sorted_lengths[0]), device=lengths.device)  # [T]
    alive = steps[:, None] < sorted_lengths[None, :]  # [T, B]
    places = steps[:, None] + starts[None, :]  # [T, B]
    return places[alive], alive.sum(1).cpu()
