"""What a user would take in this library's place, with an encoder of the same shape.

(a) the token-classification pipeline of `transformers`, (b) the same over texts sorted by length,
(c) GLiNER's packing of several texts into one sequence, over the same encoder and head.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from typing import Any

import torch
from engine_encoders import MAX_LENGTH, Built, need_transformers
from torch import Tensor

from lgtalent_ie.errors import InputError, MissingExtraError

PIPELINE = "pipeline"
SORTED = "pipeline, sorted"
GLINER = "GLiNER's packing"

# Subwords that two windows of a long text share, so that a mention at a border is read whole.
STRIDE = 128


def make_pipeline(built: Built, device: str, dtype: torch.dtype) -> Any:
    """The pipeline as its documentation shows it, the model in the type given."""
    transformers = need_transformers()
    return transformers.pipeline(
        "token-classification",
        model=built.rival.to(dtype),
        tokenizer=built.tokenizer,
        aggregation_strategy="simple",
        device=device,
    )


@cache
def need_whole_texts(tokenizer: Any) -> None:
    """InputError where the tokenizer drops what follows the first window of a long text.

    So do tokenizers 0.23.1 and 0.23.2 (huggingface/tokenizers#2091); a rival that reads less is
    faster. A tokenizer is tried once.
    """
    text = "가 " * MAX_LENGTH + "나"
    windows = tokenizer(
        text, truncation=True, max_length=MAX_LENGTH // 2, stride=STRIDE // 2,
        return_overflowing_tokens=True, return_offsets_mapping=True,
    )  # fmt: skip
    if max(end for offsets in windows["offset_mapping"] for _, end in offsets) < len(text):
        raise InputError(
            f"tokenizers {version('tokenizers')}, which drops what follows the first window",
            "a version that reads long texts whole",
            "pip install 'tokenizers!=0.23.1,!=0.23.2'",
        )


def read_with(pipeline: Any, texts: Sequence[str], size: int, stride: bool) -> list[Any]:
    """The entities of every text; with `stride` long ones are read in windows that overlap.

    InputError where the pipeline's tokenizer would drop all windows but the first.
    """
    if stride:
        need_whole_texts(pipeline.tokenizer)
    options = {"stride": STRIDE} if stride else {}
    found: list[Any] = pipeline(list(texts), batch_size=size, **options)
    return found


def read_sorted(pipeline: Any, texts: Sequence[str], size: int, stride: bool) -> list[Any]:
    """The same, the longest texts first, and the answers back in the order of the texts."""
    order = sorted(range(len(texts)), key=lambda n: -len(texts[n]))
    read = read_with(pipeline, [texts[n] for n in order], size, stride)
    found: list[Any] = [None] * len(texts)
    for n, entities in zip(order, read, strict=True):
        found[n] = entities
    return found


def gliner_version() -> str:
    """The version; MissingExtraError where it is not installed or cannot be imported."""
    try:
        import gliner
    except ImportError as error:
        # What the package says may name a path of this machine: the kind of the error is enough.
        given = "is not installed" if error.name == "gliner" else f"needs {error.name}"
        raise MissingExtraError(
            f"gliner {given}", "an installation with gliner", "pip install gliner"
        ) from error
    return str(gliner.__version__)


class GlinerPacking:
    """GLiNER's packing (`gliner.infer_packing`) before the encoder and the head of the rival.

    Windows of several texts stand in one stream of 512 subwords, and a mask of [512, 512] keeps
    them apart; as in `gliner.modeling.encoder` the mask is added to the scores of attention.
    Positions begin anew with each window, so that the labels are those of the windows alone.
    InputError where the encoder has no attention, MissingExtraError where gliner is not there.
    """

    def __init__(self, built: Built, device: str, dtype: torch.dtype) -> None:
        if built.recurrent:
            raise InputError(
                "a mask of attention, which a recurrent encoder has no place for",
                "an attention encoder", "name a RoBERTa shape",
            )  # fmt: skip
        gliner_version()
        self.model = built.rival.to(device, dtype)
        self.tokenizer = built.tokenizer
        self.device, self.dtype = device, dtype

    def read(self, texts: Sequence[str], size: int) -> list[list[tuple[int, int, int]]]:
        """(label, start, end) of each text's entities, `size` texts packed at a time.

        Neighbouring subwords of one label make an entity. InputError as in `read_with`.
        """
        found: list[list[tuple[int, int, int]]] = []
        for at in range(0, len(texts), size):
            some = list(texts[at : at + size])
            encoded = self.tokenizer(
                some, truncation=True, max_length=MAX_LENGTH, stride=STRIDE,
                return_overflowing_tokens=True, return_offsets_mapping=True,
            )  # fmt: skip
            if any(len(window) == MAX_LENGTH for window in encoded["input_ids"]):
                need_whole_texts(self.tokenizer)
            tags = [t.tolist() for t in self.tags(encoded["input_ids"])]
            entities: list[dict[tuple[int, int, int], None]] = [{} for _ in some]
            owners = encoded["overflow_to_sample_mapping"]
            for owner, own, offsets in zip(owners, tags, encoded["offset_mapping"], strict=True):
                entities[owner].update(dict.fromkeys(runs(own, offsets)))
            found += [list(some) for some in entities]
        return found

    @torch.inference_mode()
    def tags(self, windows: Sequence[Sequence[int]]) -> list[Tensor]:
        """Subwords of windows, the special ones among them → int64 [n] tags, on the host."""
        from gliner.infer_packing import unpack_spans

        packed, logits = self.logits(windows)
        found: list[Tensor] = unpack_spans(logits.argmax(-1).cpu(), packed)
        return found

    @torch.inference_mode()
    def logits(self, windows: Sequence[Sequence[int]]) -> tuple[Any, Tensor]:
        """The packed streams, and float [streams, T, tags]."""
        from gliner.infer_packing import InferencePackingConfig, pack_requests

        pad = self.tokenizer.pad_token_id
        packed = pack_requests(
            [{"input_ids": list(ids)} for ids in windows], InferencePackingConfig(MAX_LENGTH), pad
        )
        # RoBERTa counts positions from the one behind the padding's.
        positions = torch.full_like(packed.input_ids, pad)  # [streams, T]
        for row, (offsets, lengths) in enumerate(zip(packed.offsets, packed.lengths, strict=True)):
            for offset, length in zip(offsets, lengths, strict=True):
                positions[row, offset : offset + length] = torch.arange(pad + 1, pad + 1 + length)
        together = packed.pair_attention_mask.to(self.device)  # [streams, T, T]
        # Padding sees everything: a row without anything to see has no softmax.
        together |= ~packed.attention_mask.to(self.device).bool()[:, :, None]
        mask = torch.zeros(together.shape, dtype=self.dtype, device=self.device)
        mask.masked_fill_(~together, torch.finfo(self.dtype).min)
        logits: Tensor = self.model(
            input_ids=packed.input_ids.to(self.device),
            position_ids=positions.to(self.device),
            attention_mask=mask[:, None],
        ).logits
        return packed, logits


def runs(tags: Sequence[int], offsets: Sequence[tuple[int, int]]) -> list[tuple[int, int, int]]:
    """(label, start, end) of the entities of one window; tags are O, B-0, I-0, B-1, I-1 …

    >>> runs([0, 1, 2, 2, 3, 0], [(0, 0), (0, 2), (2, 3), (4, 5), (5, 6), (0, 0)])
    [(0, 0, 5), (1, 5, 6)]
    """
    found: list[tuple[int, int, int]] = []
    before = 0
    for tag, (start, end) in zip(tags, offsets, strict=True):
        if tag and start < end:
            label = (tag - 1) // 2
            if found and tag % 2 == 0 and before and (before - 1) // 2 == label:
                found[-1] = (label, found[-1][1], end)
            else:
                found.append((label, start, end))
        before = tag
    return found
