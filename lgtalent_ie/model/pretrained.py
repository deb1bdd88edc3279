"""A Hugging Face encoder in place of the compact one: subwords in, one vector per morpheme out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from lgtalent_ie.errors import MissingExtraError, ModelError
from lgtalent_ie.model.config import ModelConfig, PretrainedConfig
from lgtalent_ie.model.packed_bert import PackedEncoder, can_pack
from lgtalent_ie.model.tagger import HeadedModule, WindowText
from lgtalent_ie.model.transfer import to_device


@dataclass(frozen=True, slots=True)
class Subwords:
    """One window: subwords and where its morphemes begin among them. S subwords, N morphemes.

    ids:    int64 [S], with the special ones
    firsts: int64 [N], the first subword of each morpheme
    """

    ids: NDArray[np.int64]
    firsts: NDArray[np.int64]


class PretrainedTagger(HeadedModule):
    """Heads over an encoder of the `transformers` library, which must have a fast tokenizer.

    `encoder` is what is trained and saved. `packed` computes the same without padding, once `pack`
    has been called, and until training begins again.
    """

    packed: PackedEncoder | None

    def __init__(self, config: ModelConfig, encoder: Any, tokenizer: Any) -> None:
        super().__init__(config)
        self.encoder = encoder
        self.tokenizer = tokenizer
        self.packed = None

    def pack(self, dtype: torch.dtype) -> PackedEncoder | None:
        """Read windows unpadded and in `dtype` from now on, with the weights as they are now.

        Where the tagger moves to another device afterwards, it is to be packed again. Returns None
        where the encoder is of a type that cannot be packed: then it is left as it is.
        """
        packed = PackedEncoder(self.encoder, dtype).eval() if can_pack(self.encoder) else None
        # Not a part of this module: its weights are the encoder's, and are saved with that.
        object.__setattr__(self, "packed", packed)
        return packed

    def train(self, mode: bool = True) -> PretrainedTagger:
        """Training mode reads padded windows: dropout is the encoder's, and so are the weights."""
        if mode:
            self.packed = None
        super().train(mode)
        return self

    def costs(self, windows: Sequence[WindowText]) -> list[list[int]]:
        """Subwords per morpheme of every window, at least one each."""
        forms = [surface(window, n) for window in windows for n in range(len(window.morphemes))]
        # Most forms come often, and a call of the tokenizer takes as long for each.
        known = list(dict.fromkeys(forms))
        encoded = self.tokenize(known, add_special_tokens=False)["input_ids"] if known else []
        pieces = {form: max(1, len(ids)) for form, ids in zip(known, encoded, strict=True)}
        sizes = [pieces[form] for form in forms]
        edges = accumulate((len(window.morphemes) for window in windows), initial=0)
        return [sizes[start:end] for start, end in pairwise(edges)]

    def prepare_all(self, windows: Sequence[WindowText]) -> list[Subwords]:
        """Subwords of the stretch of text the morphemes of each window cover.

        A window beyond the encoder's length (many subwords in one endless word) is answered from
        its part that fits.
        """
        assert self.config.pretrained is not None
        if not windows:
            return []
        starts = [min(m.start for m in window.morphemes) for window in windows]
        ends = [max(m.end for m in window.morphemes) for window in windows]
        stretches = [
            window.text[start:end].encode("utf-8", "replace").decode("utf-8")
            for window, start, end in zip(windows, starts, ends, strict=True)
        ]
        encoded = self.tokenize(
            stretches,
            return_offsets_mapping=True,
            truncation=True,
            max_length=self.config.pretrained.max_length,
        )
        firsts = [
            first_subwords([m.start - start for m in window.morphemes], spans)
            for window, start, spans in zip(windows, starts, encoded["offset_mapping"], strict=True)
        ]
        return [
            Subwords(np.array(ids, dtype=np.int64), np.array(places, dtype=np.int64))
            for ids, places in zip(encoded["input_ids"], firsts, strict=True)
        ]

    def prepare(self, window: WindowText) -> Subwords:
        """Subwords of one window; see `prepare_all`."""
        [subwords] = self.prepare_all([window])
        return subwords

    def tokenize(self, texts: Sequence[str], **settings: Any) -> Any:
        """The fast tokenizer's answer for many texts at once, which it reads on all cores."""
        return self.tokenizer(
            list(texts), return_attention_mask=False, return_token_type_ids=False, **settings
        )

    def size(self, prepared: Subwords) -> int:
        """Subwords of a window."""
        return len(prepared.ids)

    def hidden(self, prepared: Sequence[Subwords]) -> Tensor:
        """Subwords of B windows → float [N, hidden_size]."""
        if self.packed is None:
            return self.padded(prepared)
        lengths = np.array([len(p.ids) for p in prepared])  # [B]
        counts = [len(p.firsts) for p in prepared]  # [B]
        firsts = np.concatenate([p.firsts for p in prepared])  # [N]
        firsts += np.repeat(np.cumsum(lengths) - lengths, counts)
        arrays = (np.concatenate([p.ids for p in prepared]), firsts)
        ids, places = to_device([torch.from_numpy(array) for array in arrays], self.device)
        result: Tensor = self.packed(ids, torch.from_numpy(lengths))[places]
        return result

    def padded(self, prepared: Sequence[Subwords]) -> Tensor:
        """The same through the encoder of the library; the only place that pads."""
        pad = self.tokenizer.pad_token_id or 0
        windows = [torch.from_numpy(p.ids) for p in prepared]
        ids = pad_sequence(windows, batch_first=True, padding_value=pad)  # [B, S]
        lengths = torch.tensor([len(p.ids) for p in prepared])  # [B]
        mask = torch.arange(ids.shape[1])[None, :] < lengths[:, None]  # [B, S]
        states = self.encoder(
            input_ids=ids.to(self.device), attention_mask=mask.long().to(self.device)
        ).last_hidden_state  # [B, S, hidden]
        rows = np.repeat(np.arange(len(prepared)), [len(p.firsts) for p in prepared])  # [N]
        places = np.concatenate([p.firsts for p in prepared])  # [N]
        result: Tensor = states[torch.from_numpy(rows), torch.from_numpy(places)]
        return result


def first_subwords(places: Sequence[int], spans: Sequence[tuple[int, int]]) -> list[int]:
    """Of each morpheme that begins at a place the subword that holds it, or the last before it."""
    firsts, at = [], 0
    for place in places:
        while at + 1 < len(spans) and not covers(spans[at], place) and spans[at][0] <= place:
            at += 1
        if not covers(spans[at], place) and at > 0:
            at -= 1
        firsts.append(at)
    return firsts


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
