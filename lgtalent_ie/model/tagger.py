"""The whole network: one encoder, and a linear head per label set on top of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn

from lgtalent_ie.model.attention import AttentionEncoder
from lgtalent_ie.model.config import ModelConfig, bio_tags
from lgtalent_ie.model.encoder import PieceEncoder, RecurrentEncoder
from lgtalent_ie.model.pairs import PairHead
from lgtalent_ie.model.pieces import Pieces, Vocabulary, join_pieces, make_pieces
from lgtalent_ie.reading import Morpheme


@dataclass(frozen=True, slots=True)
class WindowText:
    """What is read together: morphemes with offsets into `text`."""

    text: str
    morphemes: Sequence[Morpheme]


class Tagger(Protocol):
    """What training and the engine ask of a network, whichever encoder it has."""

    config: ModelConfig

    def costs(self, window: WindowText) -> list[int]:
        """Pieces that each morpheme takes in the encoder."""

    def prepare(self, window: WindowText) -> object:
        """A window as the encoder wants it, on the CPU; done once, may be kept."""

    def hidden(self, prepared: Sequence[object]) -> Tensor:
        """float [N, hidden_size], the morphemes of all windows one after the other."""

    def logits(self, hidden: Tensor, head: str) -> Tensor:
        """float [N, hidden_size] → [N, tags of the head]."""


class HeadedModule(nn.Module):
    """The heads, shared by both kinds of tagger."""

    pairs: PairHead | None

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.heads = nn.ModuleDict(
            {
                name: nn.Linear(config.hidden_size, len(bio_tags(labels)))
                for name, labels in config.heads.items()
            }
        )
        self.pairs = PairHead(config.relations, config.hidden_size) if config.relations else None

    def logits(self, hidden: Tensor, head: str) -> Tensor:
        """float [N, hidden_size] → [N, tags of the head]."""
        result: Tensor = self.heads[head](hidden)
        return result

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return next(self.parameters()).device


class RecurrentTagger(HeadedModule):
    """The compact tagger of this project, over whichever compact encoder its config names."""

    def __init__(self, config: ModelConfig, vocabulary: Vocabulary) -> None:
        super().__init__(config)
        self.vocabulary = vocabulary
        self.encoder = compact_encoder(config, len(vocabulary))

    def costs(self, window: WindowText) -> list[int]:
        """One piece per morpheme."""
        return [1] * len(window.morphemes)

    def prepare(self, window: WindowText) -> Pieces:
        """The window as flat arrays of numbers."""
        buckets = self.encoder.ngrams.num_embeddings
        return make_pieces(window.morphemes, self.vocabulary, buckets, window.text)

    def hidden(self, prepared: Sequence[Pieces]) -> Tensor:
        """Pieces of B windows → float [N, hidden_size]."""
        batch = join_pieces(prepared)
        arrays = (batch.morphemes, batch.tags, batch.ngrams, batch.offsets, batch.lengths)
        tensors = [torch.from_numpy(array).to(self.device) for array in arrays]
        result: Tensor = self.encoder(*tensors)
        return result


def compact_encoder(config: ModelConfig, vocabulary_size: int) -> PieceEncoder:
    """The untrained compact encoder that a config names."""
    if config.attention is not None:
        return AttentionEncoder(config.attention, vocabulary_size)
    assert config.recurrent is not None
    return RecurrentEncoder(config.recurrent, vocabulary_size)
