"""The model card describes every kind of encoder."""

from __future__ import annotations

import pytest

from lgtalent_ie.model.config import (
    AttentionConfig,
    ModelConfig,
    PretrainedConfig,
    RecurrentConfig,
)
from lgtalent_ie.training.card import describe

CONFIGS = {
    "A two-way LSTM of 3 layers, 128 units": ModelConfig(
        "a", "1", recurrent=RecurrentConfig(layers=3, hidden_size=128)
    ),
    "A transformer of 6 layers, 384 dimensions and 4 heads": ModelConfig(
        "a", "1", attention=AttentionConfig(layers=6, width=384, heads=4)
    ),
    "A fine-tuned Hugging Face encoder (768 dimensions)": ModelConfig(
        "a", "1", pretrained=PretrainedConfig(hidden_size=768, max_length=512)
    ),
}


@pytest.mark.parametrize(
    "says, config", CONFIGS.items(), ids=["recurrent", "attention", "pretrained"]
)
def test_the_architecture_in_a_sentence(says: str, config: ModelConfig) -> None:
    assert describe(config).startswith(says)
