"""Where a pretraining run stands, on disk: it is taken up there as if it had never stopped."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from lgtalent_ie.errors import LgtalentError, ModelError

CHECKPOINT_FILE = "checkpoint.safetensors"
# What AdamW remembers of every weight.
MOMENTS = ("exp_avg", "exp_avg_sq")


class PretrainingError(LgtalentError):
    """A run cannot go on."""


class Progress(NamedTuple):
    """Steps done and morphemes read in them."""

    step: int
    seen: int


def trained_tensors(module: nn.Module) -> dict[str, Tensor]:
    """What training changes, by name; Kiwi's frozen vectors can be had again without it."""
    return {name: p for name, p in module.named_parameters() if p.requires_grad}


def save_checkpoint(
    module: nn.Module,
    optimizer: torch.optim.Optimizer,
    settings: Mapping[str, Any],
    progress: Progress,
    folder: Path,
) -> None:
    """Trained weights, optimiser state and progress; the one before stays until this one is whole.

    `optimizer`, an AdamW, must hold `trained_tensors(module)` in their order. `settings`, of plain
    JSON, is what a run must share to go on from here. Raises PretrainingError where weights are no
    numbers or the disk is full.
    """
    trained = trained_tensors(module)
    if not torch.stack([p.detach().isfinite().all() for p in trained.values()]).all():
        raise PretrainingError(
            f"weights that are no numbers at step {progress.step}", "finite weights",
            f"lower --learning-rate in another folder; {folder} keeps its last good checkpoint",
        )  # fmt: skip
    tensors = {f"model/{name}": p.detach().cpu().contiguous() for name, p in trained.items()}
    names = list(trained)
    for number, state in optimizer.state_dict()["state"].items():
        for field, value in state.items():
            tensors[f"optimizer/{names[number]}/{field}"] = value.detach().cpu().contiguous()
    about = json.dumps({"progress": progress, "settings": settings})
    fresh = folder / (CHECKPOINT_FILE + ".part")
    try:
        save_file(tensors, fresh, metadata={"about": about})
        fresh.replace(folder / CHECKPOINT_FILE)
    except (OSError, SafetensorError) as error:
        raise PretrainingError(
            f"checkpoint {folder / CHECKPOINT_FILE}: {error}", "a folder with room for it",
            "make room and start the same command again: it goes on from the last checkpoint",
        ) from error  # fmt: skip
    finally:
        fresh.unlink(missing_ok=True)


def load_checkpoint(
    module: nn.Module,
    optimizer: torch.optim.Optimizer,
    settings: Mapping[str, Any],
    folder: Path,
) -> Progress:
    """Take up what `save_checkpoint` left, or begin at nothing where there is no checkpoint.

    Raises ModelError where the file is damaged, or of other settings or sizes.
    """
    path = folder / CHECKPOINT_FILE
    if not path.exists():
        return Progress(0, 0)
    try:
        with safe_open(path, "pt") as file:
            about = json.loads(file.metadata()["about"])
            tensors: dict[str, Tensor] = {n: file.get_tensor(n) for n in file.keys()}  # noqa: SIM118
        progress = Progress(*(int(number) for number in about["progress"]))
        saved = dict(about["settings"])
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise ModelError(
            f"{path}: {error!r}", "a whole checkpoint of `lgtalent pretrain`",
            "delete it to begin anew, or choose another folder",
        ) from error  # fmt: skip
    remedy = f"start with the settings of the checkpoint, or in another folder than {folder}"
    own = json.loads(json.dumps(settings))
    if saved != own:
        other = [name for name in sorted({*saved, *own}) if saved.get(name) != own.get(name)]
        raise ModelError(
            f"{path} with " + ", ".join(f"{name} {saved.get(name)}" for name in other),
            ", ".join(f"{name} {own.get(name)}" for name in other), remedy,
        )  # fmt: skip
    trained = trained_tensors(module)
    expected = {f"model/{name}": p.shape for name, p in trained.items()}
    if progress.step:
        for name, p in trained.items():
            expected |= {f"optimizer/{name}/{field}": p.shape for field in MOMENTS}
            expected[f"optimizer/{name}/step"] = torch.Size([])
    found = {name: tensor.shape for name, tensor in tensors.items()}
    if found != expected:
        names = sorted({*found, *expected})
        wrong = next(n for n in names if found.get(n) != expected.get(n))
        raise ModelError(
            f"{path} with {wrong} of {shape_name(found.get(wrong))}",
            f"{shape_name(expected.get(wrong))}", remedy,
        )  # fmt: skip
    states: dict[int, dict[str, Tensor]] = {}
    with torch.no_grad():
        for number, (name, parameter) in enumerate(trained.items()):
            parameter.copy_(tensors[f"model/{name}"])
            if progress.step:
                fields = ("step", *MOMENTS)
                states[number] = {f: tensors[f"optimizer/{name}/{f}"] for f in fields}
    optimizer.load_state_dict({**optimizer.state_dict(), "state": states})
    return progress


def shape_name(shape: torch.Size | None) -> str:
    """A shape for a message."""
    return "no shape, being absent" if shape is None else f"shape {list(shape)}"
