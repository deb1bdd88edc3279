"""`lgtalent pretrain`: from a folder of shards to a folder with an encoder, in one call."""

from __future__ import annotations

import json
import math
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from lgtalent_ie.engine.runtime import choose_device
from lgtalent_ie.errors import ModelError
from lgtalent_ie.model.config import AttentionConfig, RecurrentConfig
from lgtalent_ie.training.checkpoints import PretrainingError
from lgtalent_ie.training.encoder_files import (
    EncoderConfig,
    by_kind,
    check_free,
    load_encoder_weights,
    new_encoder,
    save_encoder,
)
from lgtalent_ie.training.masking import type_table
from lgtalent_ie.training.objectives import make_objective
from lgtalent_ie.training.pretrain import Log, PretrainingConfig, pretrain
from lgtalent_ie.training.shards import read_manifest, read_types, type_counts
from lgtalent_ie.training.vector_files import vector_table

LOG_FILE = "log.jsonl"
NGRAM_BUCKETS = 32_768
# The gated unit's inner size to the width, rounded to what a GPU likes.
FEED_FORWARD, ROUND_TO = 2.75, 64


@dataclass(frozen=True, slots=True)
class Sizes:
    """What the command line says of the encoder; None is its own default.

    `width` is what the encoder hands on, for the recurrent one that of both directions together.
    """

    encoder: str = "recurrent"
    layers: int | None = None
    width: int | None = None
    heads: int | None = None
    buckets: int = NGRAM_BUCKETS
    dropout: float = 0.0


def encoder_config(sizes: Sizes) -> EncoderConfig:
    """The config of an encoder; ModelError where its sizes do not go together.

    >>> encoder_config(Sizes(width=640)).hidden_size
    320
    """
    if sizes.encoder == "recurrent":
        recurrent = RecurrentConfig(ngram_buckets=sizes.buckets, dropout=sizes.dropout)
        width = sizes.width or 2 * recurrent.hidden_size
        return replace(recurrent, layers=sizes.layers or recurrent.layers, hidden_size=width // 2)
    attention = AttentionConfig(ngram_buckets=sizes.buckets, dropout=sizes.dropout)
    width = sizes.width or attention.width
    return replace(
        attention,
        layers=sizes.layers or attention.layers,
        width=width,
        heads=sizes.heads or max(1, width // 64),
        feed_forward=ROUND_TO * round(FEED_FORWARD * width / ROUND_TO),
    )


def run(
    shards: Path,
    out: Path,
    encoder: EncoderConfig,
    config: PretrainingConfig,
    *,
    device: str = "auto",
    minutes: float = math.inf,
    shard_size: float | None = None,
    vectors: Path | None = None,
    start: Path | None = None,
) -> None:
    """Pretrain an encoder on shards and write it to `out`, with its checkpoint and log.

    It begins untrained, or as the encoder in the folder `start` is, which must be of its sizes.

    `config.tokens` of 0 is all of the shards once. `minutes` counts from the call; it and Ctrl-C or
    a SIGTERM end the run after the step it is in, and the encoder as it is then is written. The
    same call again goes on from there. Raises DataError, ModelError and PretrainingError as
    `pretrain` and `save_encoder` do; what stood in `out` then still stands.
    """
    deadline = time.monotonic() + 60 * minutes
    chosen = choose_device(device)
    parts = read_manifest(shards)
    config = replace(config, tokens=config.tokens or sum(part["morphemes"] for part in parts))
    check_free(encoder, out)
    out.mkdir(parents=True, exist_ok=True)
    log = logger(out / LOG_FILE)
    vocabulary, vector_rows = vector_table(vectors)
    table = type_table(read_types(shards, parts), vocabulary, encoder.ngram_buckets)
    torch.manual_seed(config.seed)
    network = new_encoder(encoder, len(vocabulary))
    with torch.no_grad():
        network.morphemes.weight.copy_(vector_rows)
    if start is not None:
        network.load_state_dict(started(start, encoder), strict=False)
    recurrent = isinstance(encoder, RecurrentConfig)
    objective = make_objective(
        config.objective,
        table,
        type_counts(shards, parts),
        vector_rows,
        width=2 * encoder.hidden_size if isinstance(encoder, RecurrentConfig) else encoder.width,
        share=config.share,
        sampled=config.sampled,
        crop=recurrent,
    )
    log(json.dumps({"device": str(chosen), **by_kind_name(encoder), **asdict(config)}))
    with stopping() as stop:
        steps = pretrain(
            network.to(chosen),
            objective,
            shards,
            config,
            out,
            log,
            also_same={"encoder": by_kind_name(encoder), "morphemes": len(vocabulary)},
            minutes=(deadline - time.monotonic()) / 60,
            stop=stop,
        )
        # Nothing learnt is nothing to write, least of all over an encoder that stands there.
        if steps:
            save_encoder(network, encoder, out, shard_size)
    log(json.dumps({"steps": steps, "written": bool(steps), "stopped": stop()}))


def started(start: Path, encoder: EncoderConfig) -> dict[str, Tensor]:
    """The weights to begin with; ModelError where they are those of another encoder."""
    config, weights = load_encoder_weights(start)
    if config != encoder:
        raise ModelError(
            f"{start} with {config}", f"the sizes of this run, {encoder}",
            "give this run the same sizes, or leave out --start",
        )  # fmt: skip
    return weights


def by_kind_name(config: EncoderConfig) -> dict[str, dict[str, object]]:
    """The config as plain JSON under the name of its kind."""
    return {kind: asdict(sizes) for kind, sizes in by_kind(config).items()}


def logger(path: Path) -> Log:
    """Lines to standard error and to a file; PretrainingError where the disk is full."""

    def log(line: str) -> None:
        print(line, file=sys.stderr, flush=True)
        try:
            with path.open("a", encoding="utf-8") as file:
                file.write(line + "\n")
        except OSError as error:
            raise PretrainingError(
                f"log {path}: {error}", "a folder with room for it",
                "make room and start the same command again",
            ) from error  # fmt: skip

    return log


@contextmanager
def stopping() -> Iterator[Callable[[], bool]]:
    """Within the block Ctrl-C and SIGTERM only make the function true that it gives."""
    asked = threading.Event()
    kinds = (signal.SIGINT, signal.SIGTERM)
    before = {kind: signal.signal(kind, lambda *_: asked.set()) for kind in kinds}
    try:
        yield asked.is_set
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)
