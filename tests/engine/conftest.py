"""A small tagger of each family."""

from __future__ import annotations

import pytest
from tiny_models import HEADS, tiny_attention_tagger, tiny_encoder, tiny_tagger

from lgtalent_ie.model.config import ModelConfig
from lgtalent_ie.model.loading import AnyTagger
from lgtalent_ie.model.pretrained import PretrainedTagger, load_encoder, pretrained_config


@pytest.fixture(scope="module", params=["recurrent", "attention", "pretrained"])
def tagger(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AnyTagger:
    if request.param == "recurrent":
        return tiny_tagger()
    if request.param == "attention":
        return tiny_attention_tagger()
    encoder, tokenizer = load_encoder(tiny_encoder(tmp_path_factory.mktemp("hf") / "bert"))
    sizes = pretrained_config(encoder, tokenizer)
    config = ModelConfig("tiny", "1", pretrained=sizes, heads=HEADS, longest=sizes.max_length - 2)
    return PretrainedTagger(config, encoder, tokenizer).eval()
