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
from lgtalent_ie.model.pieces import Kind, Pieces, Vocabulary, join_pieces, kinds_of, make_pieces
from lgtalent_ie.model.transfer import to_device
from lgtalent_ie.reading import Morpheme


@dataclass(frozen=True, slots=True)
class WindowText:
    """What is read together: morphemes with offsets into `text`."""

    text: str
    morphemes: Sequence[Morpheme]


class Tagger(Protocol):
    """What training and the engine ask of a network, whichever encoder it has."""

    config: ModelConfig

    def costs(self, windows: Sequence[WindowText]) -> list[list[int]]:
        """Pieces that each morpheme takes in the encoder, for every window."""

    def prepare(self, window: WindowText) -> object:
        """A window as the encoder wants it, on the CPU; done once, may be kept."""

    def prepare_all(self, windows: Sequence[WindowText]) -> Sequence[object]:
        """The same of many windows at once."""

    def size(self, prepared: object) -> int:
        """Pieces of a prepared window."""

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

    def costs(self, windows: Sequence[WindowText]) -> list[list[int]]:
        """One piece per morpheme."""
        return [[1] * len(window.morphemes) for window in windows]

    def prepare(self, window: WindowText) -> Pieces:
        """The window as flat arrays of numbers."""
        return self.pieces(kinds_of(window.morphemes, window.text))

    def pieces(self, kinds: Sequence[Kind]) -> Pieces:
        """Kinds of morphemes as flat arrays of numbers."""
        return make_pieces(kinds, self.vocabulary, self.encoder.ngrams.num_embeddings)

    def prepare_all(self, windows: Sequence[WindowText]) -> list[Pieces]:
        """Each window as flat arrays of numbers."""
        return [self.prepare(window) for window in windows]

    def size(self, prepared: Pieces) -> int:
        """Morphemes of a window."""
        return len(prepared.morphemes)

    def hidden(self, prepared: Sequence[Pieces]) -> Tensor:
        """Pieces of B windows → float [N, hidden_size]."""
        batch = join_pieces(prepared)
        arrays = (batch.morphemes, batch.tags, batch.ngrams, batch.offsets)
        tensors = to_device([torch.from_numpy(array) for array in arrays], self.device)
        # The lengths stay on the CPU: the encoders lay out their work by them.
        result: Tensor = self.encoder(*tensors, torch.from_numpy(batch.lengths))
        return result


def compact_encoder(config: ModelConfig, vocabulary_size: int) -> PieceEncoder:
    """The untrained compact encoder that a config names."""
    if config.attention is not None:
        return AttentionEncoder(config.attention, vocabulary_size)
    assert config.recurrent is not None
    return RecurrentEncoder(config.recurrent, vocabulary_size)
