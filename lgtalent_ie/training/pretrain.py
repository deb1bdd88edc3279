"""The loop of `lgtalent pretrain`: an encoder learns from raw text, whatever the objective.

The schedule counts morphemes: the learning rate falls over `tokens` of them, however many steps
they take and however often the run is stopped and taken up again.
"""

from __future__ import annotations

import json
import math
import time
import zlib
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import asdict, dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from lgtalent_ie.training.checkpoints import (
    PretrainingError,
    Progress,
    load_checkpoint,
    save_checkpoint,
    trained_tensors,
)
from lgtalent_ie.training.masking import Corrupted, batch_plan
from lgtalent_ie.training.objectives import Objective, ObjectiveName
from lgtalent_ie.training.shards import Shard, read_manifest

Log = Callable[[str], None]
Item = TypeVar("Item")
Made = TypeVar("Made")
Windows = NDArray[np.int64]

LOG_EVERY = 50
BATCHES_AHEAD = 8
# A thread makes some four million morphemes a second; a GPU may take more.
GPU_FEEDERS = 4

# Dense bf16 operations a second by the makers' data sheets; of several names that a chip's holds,
# the first.
PEAKS = {
    "H200 NVL": 835e12,
    "H200": 989e12,
    "H100 NVL": 835e12,
    "H100 PCIe": 756e12,
    "H100": 989e12,
    "A100": 312e12,
    "L40S": 362e12,
    "L40": 181e12,
    "L4": 121e12,
}


@dataclass(frozen=True, slots=True)
class PretrainingConfig:
    """Settings of a run. `batch` in morphemes, `tokens` in all, which sets the schedule.

    `share` of the words are hidden or replaced; `sampled` other morphemes are compared with each
    right one (`guess` alone).
    """

    objective: ObjectiveName = "guess"
    tokens: int = 20_000_000
    batch: int = 4_000
    share: float = 0.25
    sampled: int = 4096
    learning_rate: float = 2e-3
    weight_decay: float = 1e-2
    warmup: float = 0.03
    seed: int = 7


class Batch(NamedTuple):
    """`Corrupted` as tensors: what the encoder takes (see `Pieces`), places and targets [K]."""

    inputs: list[Tensor]
    places: Tensor
    targets: Tensor


def never() -> bool:
    """For runs that nothing but their end stops."""
    return False


def pretrain(
    encoder: nn.Module,
    objective: Objective,
    shards: Path,
    config: PretrainingConfig,
    folder: Path,
    log: Log,
    *,
    also_same: Mapping[str, Any] | None = None,
    minutes: float = math.inf,
    stop: Callable[[], bool] = never,
    every: float = 5.0,
) -> int:
    """Train in place until `config.tokens`, `minutes` or `stop()`; returns the steps done in all.

    Every `every` minutes, and at the end, a checkpoint is written to `folder`; a run that finds one
    there goes on behind it, with the same batches and random numbers as if it had never stopped: on
    a CPU with the same losses and weights, bit for bit. It must share its config, its shards and
    `also_same` (plain JSON) with the run that left the checkpoint.

    Raises PretrainingError where the loss is no number or the disk full, ModelError where the
    checkpoint is of other settings, DataError where a shard is missing or damaged. The last good
    checkpoint stands afterwards.
    """
    device = next(encoder.parameters()).device
    on_gpu = device.type == "cuda"
    module = nn.ModuleDict({"encoder": encoder, "head": objective.head.to(device)})
    parameters = list(trained_tensors(module).values())
    optimizer = torch.optim.AdamW(
        parameters, lr=config.learning_rate, weight_decay=config.weight_decay, betas=(0.9, 0.98),
        fused=on_gpu,
    )  # fmt: skip
    parts = read_manifest(shards)
    data = f"{len(parts)} parts, CRC-32 {zlib.crc32(json.dumps(parts).encode())}"
    settings = {**asdict(config), "shards": data, **(also_same or {})}
    folder.mkdir(parents=True, exist_ok=True)
    step, seen = load_checkpoint(module, optimizer, settings, folder)
    began = saved = logged = time.monotonic()
    seen_then, losses = seen, []
    weights = layer_weights(encoder)
    module.train()
    make = partial(make_batch, objective, config.seed, on_gpu)
    plan = enumerate(batch_plan(shards, config.batch, config.seed, skip=step), step)
    with closing(ahead(make, plan, threads=GPU_FEEDERS if on_gpu else 1)) as batches:
        while seen < config.tokens and not stop() and time.monotonic() - began < 60 * minutes:
            batch = next(batches)
            torch.manual_seed(config.seed * 1_000_003 + step)
            for group in optimizer.param_groups:
                group["lr"] = config.learning_rate * rate(seen / config.tokens, config.warmup)
            loss = batch_loss(encoder, objective.head, batch, device)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(parameters, 1.0)
            optimizer.step()
            step += 1
            seen += len(batch.inputs[0])
            # Looking at a loss makes the host wait for the device, so they are kept for later.
            losses.append(loss.detach())
            if len(losses) == LOG_EVERY or seen >= config.tokens:
                mean = mean_loss(losses, step, folder)
                now = time.monotonic()
                speed = (seen - seen_then) / (now - logged)
                log(progress_line(Progress(step, seen), config, mean, speed, weights, device))
                seen_then, logged, losses = seen, now, []
            if time.monotonic() - saved >= 60 * every:
                mean_loss(losses, step, folder)
                save_checkpoint(module, optimizer, settings, Progress(step, seen), folder)
                saved = time.monotonic()
    mean_loss(losses, step, folder)
    save_checkpoint(module, optimizer, settings, Progress(step, seen), folder)
    module.eval()
    return step


def make_batch(
    objective: Objective, seed: int, pinned: bool, numbered: tuple[int, tuple[Shard, Windows]]
) -> Batch:
    """A batch of the plan; it has its own random numbers, whichever thread makes it."""
    number, (shard, windows) = numbered
    return to_tensors(
        objective.corrupt(shard, windows, np.random.default_rng((seed, 1, number))), pinned
    )


def to_tensors(corrupted: Corrupted, pinned: bool) -> Batch:
    """The arrays as tensors on the CPU, in pinned memory where a GPU is to fetch them."""
    p = corrupted.pieces
    arrays = (p.morphemes, p.tags, p.ngrams, p.offsets, p.lengths)
    tensors = [torch.from_numpy(a) for a in (*arrays, corrupted.places, corrupted.targets)]
    if pinned:
        tensors = [tensor.pin_memory() for tensor in tensors]
    return Batch(tensors[:-2], *tensors[-2:])


def ahead(
    make: Callable[[Item], Made], items: Iterator[Item], threads: int
) -> Generator[Made, None, None]:
    """`make` of every item, in their order, some of them made ahead by threads.

    What goes wrong in the making is raised where its result would have come.
    """
    pool = ThreadPoolExecutor(threads)
    try:
        first = islice(items, BATCHES_AHEAD)
        waiting = deque(pool.submit(make, item) for item in first)
        while waiting:
            made = waiting.popleft().result()
            waiting.extend(pool.submit(make, item) for item in islice(items, 1))
            yield made
    finally:
        pool.shutdown(cancel_futures=True)


def batch_loss(encoder: nn.Module, head: nn.Module, batch: Batch, device: torch.device) -> Tensor:
    """Mean loss of one batch, in bfloat16 where the device is a GPU."""
    *flat, lengths = batch.inputs
    with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
        arrays = [tensor.to(device, non_blocking=True) for tensor in flat]
        # The lengths stay on the CPU: the encoders lay out their work by them.
        hidden = encoder(*arrays, lengths)  # [N, hidden]
        places = batch.places.to(device, non_blocking=True)  # [K]
        loss: Tensor = head(hidden[places], batch.targets.to(device, non_blocking=True))
        return loss


def rate(done: float, warmup: float) -> float:
    """Linear up over the warm-up, then linear down to a twentieth."""
    if done < warmup:
        return done / warmup
    return 1 - 0.95 * (done - warmup) / (1 - warmup)


def mean_loss(losses: list[Tensor], step: int, folder: Path) -> float:
    """The mean loss of the steps before `step`; PretrainingError where one is no number."""
    values: list[float] = torch.stack(losses).tolist() if losses else []
    for number, value in enumerate(values, step - len(values)):
        if not math.isfinite(value):
            raise PretrainingError(
                f"loss {value} at step {number}", "a finite loss",
                f"lower --learning-rate in another folder; {folder} keeps its last good checkpoint",
            )  # fmt: skip
    return sum(values) / max(1, len(values))


def progress_line(
    progress: Progress,
    config: PretrainingConfig,
    loss: float,
    speed: float,
    weights: int,
    device: torch.device,
) -> str:
    """A line of the log: loss and morphemes a second since the last line, and on a GPU more.

    `share_of_peak` counts two operations a layer weight forward and four backward (Kaplan et al.
    2020) against the chip's dense bf16 peak; tables, attention scores and the head count nothing.
    """
    line: dict[str, float] = {
        "step": progress.step,
        "tokens": progress.seen,
        "of": config.tokens,
        "loss": round(loss, 4),
        "tokens_per_second": round(speed),
    }
    peak = bf16_peak(device)
    if peak is not None:
        line["share_of_peak"] = round(6 * weights * speed / peak, 4)
        line["gpu_gigabytes"] = round(torch.cuda.max_memory_allocated(device) / 1e9, 1)
    return json.dumps(line)


def layer_weights(encoder: nn.Module) -> int:
    """How many weights each morpheme is multiplied with: all but those of tables."""
    tables = (nn.Embedding, nn.EmbeddingBag)
    own = [m for m in encoder.modules() if not isinstance(m, tables)]
    return sum(p.numel() for module in own for p in module.parameters(recurse=False))


def bf16_peak(device: torch.device) -> float | None:
    """Dense bf16 operations a second of a device; None where it is not known."""
    if device.type != "cuda":
        return None
    name = torch.cuda.get_device_name(device)
    return next((peak for chip, peak in PEAKS.items() if chip in name), None)
