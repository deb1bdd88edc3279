"""Encoders of BERT's family over one flat sequence, without padding, from Hugging Face weights.

BERT (Devlin et al. 2019), ELECTRA, RoBERTa and XLM-R differ in their embeddings alone. The layers
are post-norm; queries, keys and values come from one product, and a short window costs no more than
its own places.

S pieces, B windows, W the width, H heads of D dimensions, W = H × D.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from lgtalent_ie.model.windows import Windows, attend, place_windows

# `model_type` of the encoders that can be packed, and of those that count positions from behind
# the padding's id and leave padding out of the count.
PACKED_TYPES = frozenset(("bert", "electra", "roberta", "xlm-roberta"))
COUNTED_FROM_PADDING = frozenset(("roberta", "xlm-roberta"))

# What follows attention in a layer: the layer, its input and what attention gave → its output.
FinishLayer = Callable[["PackedLayer", Tensor, Tensor], Tensor]


def can_pack(encoder: Any) -> bool:
    """True where `PackedEncoder` computes what this Hugging Face encoder does."""
    config = encoder.config
    return (
        config.model_type in PACKED_TYPES
        and not getattr(config, "is_decoder", False)
        # Until transformers 5 there were others, which add to the attention's scores.
        and getattr(config, "position_embedding_type", "absolute") in ("absolute", None)
    )


class PackedEncoder(nn.Module):
    """What a Hugging Face encoder computes without dropout, on unpadded windows; for inference.

    Its weights are those of `encoder` as they are now, in `dtype`; where that is theirs they are
    shared, but for the joined ones. They have no gradient.
    """

    def __init__(self, encoder: Any, dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        embeddings, config = encoder.embeddings, encoder.config
        self.dtype = dtype
        self.head_size = config.hidden_size // config.num_attention_heads
        counted = config.model_type in COUNTED_FROM_PADDING
        self.padding: int | None = config.pad_token_id if counted else None
        self.words = taken_table(embeddings.word_embeddings.weight, dtype)
        # Every piece is of the first type.
        kind = embeddings.token_type_embeddings.weight[0]
        self.positions = taken_table(embeddings.position_embeddings.weight + kind, dtype)
        self.norm = taken_norm(embeddings.LayerNorm, dtype)
        project = getattr(encoder, "embeddings_project", None)
        self.project = None if project is None else taken_linear(dtype, project)
        layers = [PackedLayer(layer, self.head_size, dtype) for layer in encoder.encoder.layer]
        self.layers = nn.ModuleList(layers)
        self.finish: FinishLayer = finish_layer

    def compile_layers(self, backend: str | Callable[..., Any] = "inductor") -> None:
        """Let `torch.compile` fuse what follows attention, when the first batch comes.

        One function serves all layers and any number of pieces, so it is compiled once. Attention
        stays outside: its kernel takes the length of the longest window as a plain number. Where
        torch would compile too often (torch 2.4 does so for every layer), the rest goes uncompiled.
        """
        # With `fullgraph` that would be an error, in the middle of a run.
        self.finish = torch.compile(finish_layer, backend=backend)

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """int64 [S], [B] → float [S, W]. `lengths` may stay on the CPU, which spares a GPU a wait.

        Raises IndexError on a CPU where a window is longer than the encoder has positions.
        """
        windows = place_windows(lengths, len(ids), self.head_size, ids.device, self.dtype)
        places = windows.places if self.padding is None else self.count(ids, windows)  # [S]
        states: Tensor = self.norm(self.words(ids) + self.positions(places))  # [S, W]
        if self.project is not None:
            states = self.project(states)
        for layer in self.layers:
            assert isinstance(layer, PackedLayer)
            attended = layer.attend(states, windows)  # [S, W]
            if self.finish is not finish_layer:
                torch._dynamo.maybe_mark_dynamic(states, 0)
                torch._dynamo.maybe_mark_dynamic(attended, 0)
            states = self.finish(layer, states, attended)  # [S, W]
        return states

    def count(self, ids: Tensor, windows: Windows) -> Tensor:
        """int64 [S] → [S]: RoBERTa's positions, which go on at the next piece that is no padding.

        Padding has the position of its own id; a text that spells its name holds some.
        """
        assert self.padding is not None
        counted = (ids != self.padding).long()  # [S]
        running = counted.cumsum(0)  # [S]
        before = (running - counted)[windows.starts]  # [S]
        return (running - before) * counted + self.padding


class PackedLayer(nn.Module):
    """The weights of one layer of a Hugging Face encoder."""

    def __init__(self, layer: Any, head_size: int, dtype: torch.dtype) -> None:
        super().__init__()
        own, after = layer.attention.self, layer.attention.output
        self.head_size = head_size
        self.queries_keys_values = taken_linear(dtype, own.query, own.key, own.value)
        self.attention_out = taken_linear(dtype, after.dense)
        self.attention_norm = taken_norm(after.LayerNorm, dtype)
        self.unit_in = taken_linear(dtype, layer.intermediate.dense)
        self.activation = layer.intermediate.intermediate_act_fn
        self.unit_out = taken_linear(dtype, layer.output.dense)
        self.unit_norm = taken_norm(layer.output.LayerNorm, dtype)

    def attend(self, states: Tensor, windows: Windows) -> Tensor:
        """float [S, W] → [S, W]: what each piece takes from its window."""
        projected = self.queries_keys_values(states)  # [S, 3 × W]
        heads = projected.view(len(states), 3, -1, self.head_size)  # [S, 3, H, D]
        queries, keys, values = heads.unbind(1)  # [S, H, D] each
        return attend(queries, keys, values, windows).flatten(1)


def finish_layer(layer: PackedLayer, states: Tensor, attended: Tensor) -> Tensor:
    """float [S, W], [S, W] → [S, W]: the layer's output, of its input and what attention gave."""
    middle = layer.attention_norm(layer.attention_out(attended) + states)  # [S, W]
    inner = layer.activation(layer.unit_in(middle))  # [S, inner]
    finished: Tensor = layer.unit_norm(layer.unit_out(inner) + middle)
    return finished


def taken(tensor: Tensor, dtype: torch.dtype) -> nn.Parameter:
    """A weight without gradient; the same memory where it is of that dtype already."""
    return nn.Parameter(tensor.detach().to(dtype), requires_grad=False)


def taken_table(weight: Tensor, dtype: torch.dtype) -> nn.Embedding:
    """The table of an embedding."""
    return nn.Embedding.from_pretrained(weight.detach().to(dtype))  # type: ignore[no-untyped-call, no-any-return]


def taken_linear(dtype: torch.dtype, *parts: nn.Linear) -> nn.Linear:
    """Linear layers of one input as one, their outputs side by side."""
    joined = nn.Linear(parts[0].in_features, sum(p.out_features for p in parts), device="meta")
    for name in ("weight", "bias"):
        tensors: list[Tensor] = [getattr(part, name) for part in parts]
        tensor = tensors[0] if len(tensors) == 1 else torch.cat(tensors)
        setattr(joined, name, taken(tensor, dtype))
    return joined


def taken_norm(norm: nn.LayerNorm, dtype: torch.dtype) -> nn.LayerNorm:
    """A norm of the same weights."""
    same = nn.LayerNorm(norm.normalized_shape, norm.eps, device="meta")
    same.weight, same.bias = taken(norm.weight, dtype), taken(norm.bias, dtype)
    return same
