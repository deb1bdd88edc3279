"""Encoders: pieces in, one vector per morpheme out, always flat. N morphemes, B windows."""

from __future__ import annotations

from contextlib import nullcontext

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from lgtalent_ie.model.config import AttentionConfig, RecurrentConfig
from lgtalent_ie.model.pieces import TAGS
from lgtalent_ie.model.steps import time_major
from lgtalent_ie.model.transfer import to_device


class PieceEncoder(nn.Module):
    """What every compact encoder begins with: morpheme, tag and character vectors.

    The morpheme vectors are Kiwi's and stay frozen, so that words which training never saw keep
    the place among their neighbours that they have there; what training has to say about a word
    goes through the n-grams.
    """

    def __init__(self, config: RecurrentConfig | AttentionConfig, vocabulary_size: int) -> None:
        super().__init__()
        self.morphemes = nn.Embedding(vocabulary_size, config.morpheme_size)
        self.morphemes.weight.requires_grad_(False)
        self.tags = nn.Embedding(2 * len(TAGS), config.tag_size)
        self.ngrams = nn.EmbeddingBag(config.ngram_buckets, config.ngram_size, mode="mean")
        self.dropout = nn.Dropout(config.dropout)
        self.input_size = config.morpheme_size + config.tag_size + config.ngram_size

    def inputs(self, morphemes: Tensor, tags: Tensor, ngrams: Tensor, offsets: Tensor) -> Tensor:
        """int64 [N], [N], [M], [N] (see `Pieces`) → float [N, input_size], with dropout."""
        vectors = [self.morphemes(morphemes), self.tags(tags), self.ngrams(ngrams, offsets)]
        joined: Tensor = self.dropout(torch.cat(vectors, dim=-1))  # [N, morpheme + tag + ngram]
        return joined


class RecurrentEncoder(PieceEncoder):
    """The vectors of `PieceEncoder` read by a two-way LSTM."""

    def __init__(self, config: RecurrentConfig, vocabulary_size: int) -> None:
        super().__init__(config, vocabulary_size)
        self.lstm = nn.LSTM(
            self.input_size,
            config.hidden_size,
            num_layers=config.layers,
            bidirectional=True,
            dropout=config.dropout if config.layers > 1 else 0.0,
        )

    def forward(
        self, morphemes: Tensor, tags: Tensor, ngrams: Tensor, offsets: Tensor, lengths: Tensor
    ) -> Tensor:
        """int64 [N], [N], [M], [N], [B] (see `Pieces`) → float [N, 2 × hidden_size]."""
        inputs = self.inputs(morphemes, tags, ngrams, offsets)  # [N, inputs]
        # Under autocast, of whichever type, cuDNN's LSTM computes in float16, where gradients as
        # small as those of a mean over a batch come out as 0.
        exact = self.training and inputs.is_cuda
        with torch.autocast("cuda", enabled=False) if exact else nullcontext():
            hidden: Tensor = self.dropout(self.read(inputs, lengths))
        return hidden

    def read(self, inputs: Tensor, lengths: Tensor) -> Tensor:
        """float [N, inputs], int64 [B] → float [N, 2 × hidden_size].

        `lengths` may stay on the CPU, which spares a GPU the way there.
        Windows of one length go as a block: of packed steps the CPU's backward pass writes a
        gradient as large as the batch for every step, which took five sixths of the time.
        """
        if bool((lengths == lengths[0]).all()):
            block = inputs.view(len(lengths), int(lengths[0]), -1).transpose(0, 1)  # [T, B, inputs]
            states, _ = self.lstm(block)  # [T, B, 2 × hidden]
            flat: Tensor = states.transpose(0, 1).reshape(len(inputs), -1)  # [N, 2 × hidden]
            return flat
        places, counts = time_major(lengths.cpu().numpy())
        [order] = to_device([torch.from_numpy(places)], inputs.device)  # [N]
        # A PackedSequence wants the number of windows at each step on the CPU.
        packed, _ = self.lstm(PackedSequence(inputs[order], torch.from_numpy(counts)))
        hidden = torch.empty_like(packed.data)
        hidden[order] = packed.data
        return hidden
