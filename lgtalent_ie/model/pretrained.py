"""A Hugging Face encoder in place of the compact one: subwords in, one vector per morpheme out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from lgtalent_ie.errors import MissingExtraError, ModelError
from lgtalent_ie.model.config import ModelConfig, PretrainedConfig
from lgtalent_ie.model.tagger import HeadedModule, WindowText


@dataclass(frozen=True, slots=True)
class Subwords:
    """One window: subword ids [S] with the special ones, and each morpheme's first subword [N]."""

    ids: Tensor
    firsts: Tensor


class PretrainedTagger(HeadedModule):
    """Heads over an encoder of the `transformers` library, which must have a fast tokenizer."""

    def __init__(self, config: ModelConfig, encoder: Any, tokenizer: Any) -> None:
        super().__init__(config)
        self.encoder = encoder
        self.tokenizer = tokenizer

    def costs(self, window: WindowText) -> list[int]:
        """Subwords per morpheme, at least one."""
        forms = [surface(window, n) for n in range(len(window.morphemes))]
        encoded = self.tokenizer(forms, add_special_tokens=False)["input_ids"] if forms else []
        return [max(1, len(ids)) for ids in encoded]

    def prepare(self, window: WindowText) -> Subwords:
        """Subwords of the stretch of text the morphemes cover; a window beyond the encoder's
        length (many subwords in one endless word) is answered from its part that fits."""
        assert self.config.pretrained is not None
        start = min(m.start for m in window.morphemes)
        end = max(m.end for m in window.morphemes)
        encoded = self.tokenizer(
            window.text[start:end].encode("utf-8", "replace").decode("utf-8"),
            return_offsets_mapping=True,
            truncation=True,
            max_length=self.config.pretrained.max_length,
        )
        spans = encoded["offset_mapping"]
        firsts, at = [], 0
        for morpheme in window.morphemes:
            place = morpheme.start - start
            while at + 1 < len(spans) and not covers(spans[at], place) and spans[at][0] <= place:
                at += 1
            if not covers(spans[at], place) and at > 0:
                at -= 1
            firsts.append(at)
        return Subwords(torch.tensor(encoded["input_ids"]), torch.tensor(firsts))

    def hidden(self, prepared: Sequence[Subwords]) -> Tensor:
        """Subwords of B windows → float [N, hidden_size]; the only place that pads."""
        pad = self.tokenizer.pad_token_id or 0
        ids = pad_sequence([p.ids for p in prepared], batch_first=True, padding_value=pad)  # [B, S]
        lengths = torch.tensor([len(p.ids) for p in prepared])  # [B]
        mask = torch.arange(ids.shape[1])[None, :] < lengths[:, None]  # [B, S]
        states = self.encoder(
            input_ids=ids.to(self.device), attention_mask=mask.long().to(self.device)
        ).last_hidden_state  # [B, S, hidden]
        rows = torch.cat([torch.full_like(p.firsts, n) for n, p in enumerate(prepared)])  # [N]
        places = torch.cat([p.firsts for p in prepared])  # [N]
        result: Tensor = states[rows, places]
        return result


def covers(span: tuple[int, int], place: int) -> bool:
    """True where a subword's characters include `place`."""
    return span[0] <= place < span[1]


def surface(window: WindowText, number: int) -> str:
    """The characters of one morpheme, `?` where it has none or none that can be encoded."""
    morpheme = window.morphemes[number]
    written = window.text[morpheme.start : morpheme.end]
    return written.encode("utf-8", "replace").decode("utf-8") or "?"


def load_encoder(source: str | Path) -> tuple[Any, Any]:
    """Encoder and fast tokenizer of a Hugging Face id or folder; safetensors weights only.

    Raises MissingExtraError without `transformers`, ModelError where nothing usable is there.
    """
    try:
        from transformers import AutoModel, AutoTokenizer
    except ImportError as error:
        raise MissingExtraError(
            f"encoder {source}", "an installation with transformers",
            "pip install 'lgtalent_ie[train]'",
        ) from error  # fmt: skip
    try:
        tokenizer = AutoTokenizer.from_pretrained(str(source), use_fast=True)
        encoder = AutoModel.from_pretrained(str(source), use_safetensors=True)
    except (OSError, ValueError, ImportError) as error:
        first_line = str(error).strip().split("\n")[0]
        raise ModelError(
            f"encoder {source}: {first_line}",
            "a Hugging Face encoder id or folder with safetensors weights and a tokenizer",
            "check the name and the network, or download the folder and pass its path",
        ) from error
    if not tokenizer.is_fast:
        raise ModelError(
            f"encoder {source} with a slow tokenizer", "an encoder with a fast tokenizer",
            "choose another encoder",
        )  # fmt: skip
    return encoder, tokenizer


def pretrained_config(encoder: Any, tokenizer: Any) -> PretrainedConfig:
    """Sizes of an encoder; the length leaves room for RoBERTa's two shifted positions."""
    positions = int(getattr(encoder.config, "max_position_embeddings", 512))
    return PretrainedConfig(
        hidden_size=int(encoder.config.hidden_size),
        max_length=min(512, positions - 2, int(min(tokenizer.model_max_length, 512))),
    )
