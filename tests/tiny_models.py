"""Small taggers with random weights."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import torch

from lgtalent_ie.model.config import (
    KLUE_RE,
    MENTION_HEAD,
    RELATIONS,
    AttentionConfig,
    ModelConfig,
    RecurrentConfig,
    RelationConfig,
)
from lgtalent_ie.model.pieces import Vocabulary
from lgtalent_ie.model.tagger import RecurrentTagger
from lgtalent_ie.schema import LABELS
from lgtalent_ie.training.labels import KLUE_RELATIONS, OWN_RELATIONS

HEADS = {MENTION_HEAD: LABELS, "konec": ("OG", "PS"), "klue": ("OG", "PS")}
PAIR_HEAD = RelationConfig(
    size=8,
    attention_heads=2,
    dropout=0.0,
    labels={RELATIONS: OWN_RELATIONS, KLUE_RE: KLUE_RELATIONS},
)


def tiny_tagger(name: str = "tiny", seed: int = 0) -> RecurrentTagger:
    """A compact tagger of a few thousand weights."""
    torch.manual_seed(seed)
    recurrent = RecurrentConfig(
        morpheme_size=8,
        tag_size=4,
        ngram_size=8,
        ngram_buckets=64,
        hidden_size=8,
        layers=2,
        dropout=0.0,
    )
    vocabulary = Vocabulary([("연구원", "NNG"), ("", "SN"), ("이", "JKS")])
    return RecurrentTagger(
        ModelConfig(name, "1", recurrent=recurrent, heads=dict(HEADS)), vocabulary
    ).eval()


def tiny_pair_tagger(relations: RelationConfig = PAIR_HEAD) -> RecurrentTagger:
    """The compact tagger with a head over pairs."""
    tiny = tiny_tagger()
    torch.manual_seed(0)
    return RecurrentTagger(replace(tiny.config, relations=relations), tiny.vocabulary).eval()


def tiny_attention_tagger() -> RecurrentTagger:
    """A compact tagger whose encoder is a transformer."""
    tiny = tiny_tagger()
    torch.manual_seed(0)
    attention = AttentionConfig(
        morpheme_size=8, tag_size=4, ngram_size=8, ngram_buckets=64, width=16, layers=1, heads=2,
        feed_forward=16, dropout=0.0,
    )  # fmt: skip
    config = replace(tiny.config, recurrent=None, attention=attention)
    return RecurrentTagger(config, tiny.vocabulary).eval()


def tiny_encoder(folder: Path) -> Path:
    """A BERT of random weights with a character tokenizer, as a Hugging Face folder."""
    from transformers import BertConfig, BertModel, BertTokenizerFast

    characters = sorted(set("새별전자는지난달연구원12명을뽑았다.올해박사급이LGAI에로합류했음"))
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *characters]
    words += [f"##{character}" for character in characters]
    folder.mkdir(parents=True)
    (folder / "vocab.txt").write_text("\n".join(words) + "\n", encoding="utf-8")
    BertTokenizerFast(
        vocab_file=str(folder / "vocab.txt"), do_lower_case=False, model_max_length=64
    ).save_pretrained(folder)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(words), hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=16, max_position_embeddings=64,
    )  # fmt: skip
    BertModel(config).save_pretrained(folder)
    assert json.loads((folder / "config.json").read_text())["model_type"] == "bert"
    return folder
