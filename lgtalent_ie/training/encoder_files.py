"""A pretrained encoder on disk: `config.json`, and its weights in one file or in parts.

Parts follow Hugging Face: `encoder-00001-of-00003.safetensors` … and an index that says which
tensor is where. A tensor larger than a part is cut by rows into `name.rows-0`, `name.rows-4096` …
Kiwi's frozen vectors are not among the weights, as Kiwi has them.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import torch
from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor, nn

from lgtalent_ie.errors import ModelError
from lgtalent_ie.model.config import AttentionConfig, ModelConfig, RecurrentConfig
from lgtalent_ie.model.encoder import PieceEncoder
from lgtalent_ie.model.loading import read_weights
from lgtalent_ie.model.tagger import compact_encoder
from lgtalent_ie.training.checkpoints import trained_tensors

EncoderConfig = RecurrentConfig | AttentionConfig

CONFIG_FILE = "config.json"
ENCODER_FILE = "encoder.safetensors"
INDEX_FILE = "encoder.safetensors.index.json"
PARTS = "encoder*-?????-of-?????.safetensors"
VERSION = 1

MIB = 1 << 20
# What a tensor takes in the header of a file beside its name, and what every file takes.
HEADER_ENTRY, HEADER_START = 128, 64
ROWS = re.compile(r"(.+)\.rows-(\d+)")
FIX = "copy the folder again, or run the same `lgtalent pretrain` command again"


@dataclass(frozen=True, slots=True)
class EncoderFolder:
    """`config.json`: exactly one of the two encoders."""

    recurrent: RecurrentConfig | None = None
    attention: AttentionConfig | None = None
    version: int = VERSION


def new_encoder(config: EncoderConfig, vocabulary_size: int) -> PieceEncoder:
    """An untrained encoder; its morpheme table is random and frozen."""
    model = ModelConfig("encoder", "1", **by_kind(config))
    return compact_encoder(model, vocabulary_size)


def by_kind(config: EncoderConfig) -> dict[str, Any]:
    """The config under the name of its kind."""
    return {"recurrent" if isinstance(config, RecurrentConfig) else "attention": config}


def save_encoder(
    encoder: nn.Module, config: EncoderConfig, folder: Path, shard_size: float | None = None
) -> None:
    """Write what was trained of an encoder, in 16 bit; `shard_size` in MiB makes parts of it.

    At every moment the folder holds one whole encoder: the one that stood there until the new one
    is complete. Raises ModelError where the folder holds an encoder of another config, the disk is
    full, or a row of a tensor alone is larger than a part.
    """
    folder.mkdir(parents=True, exist_ok=True)
    check_free(config, folder)
    tensors = {
        name: tensor.detach().cpu().half().contiguous()
        for name, tensor in trained_tensors(encoder).items()
    }
    if not (folder / CONFIG_FILE).exists():
        about = msgspec.json.format(msgspec.json.encode(EncoderFolder(**by_kind(config))), indent=2)
        write(folder / CONFIG_FILE, about + b"\n")
    if shard_size is None:
        write(folder / ENCODER_FILE, tensors)
        (folder / INDEX_FILE).unlink(missing_ok=True)
        written = set()
    else:
        written = write_parts(tensors, folder, int(shard_size * MIB))
        (folder / ENCODER_FILE).unlink(missing_ok=True)
    for path in folder.glob(PARTS):
        if path.name not in written:
            path.unlink()


def check_free(config: EncoderConfig, folder: Path) -> None:
    """ModelError where a folder holds an encoder of another config."""
    if (folder / CONFIG_FILE).exists() and (standing := read_encoder_config(folder)) != config:
        raise ModelError(
            f"{config} for {folder}", f"the encoder that it holds, {standing}",
            "choose another folder",
        )  # fmt: skip


def write_parts(tensors: dict[str, Tensor], folder: Path, most: int) -> set[str]:
    """Write parts of at most `most` bytes each, then the index that makes them count.

    Parts that an index in the folder names are not touched, so another stem is taken for these.
    """
    parts: list[dict[str, Tensor]] = []
    room = 0
    for name, tensor in cut_rows(tensors, most).items():
        size = stored_size(name, tensor)
        if not parts or size > room:
            parts.append({})
            room = most - HEADER_START
        parts[-1][name] = tensor
        room -= size
    standing = set(read_index(folder).values()) if (folder / INDEX_FILE).exists() else set()
    stem = "encoder-next" if any(n.startswith("encoder-0") for n in standing) else "encoder"
    weight_map: dict[str, str] = {}
    for number, part in enumerate(parts, 1):
        file = f"{stem}-{number:05}-of-{len(parts):05}.safetensors"
        write(folder / file, part)
        weight_map |= dict.fromkeys(part, file)
    total = sum(t.numel() * t.element_size() for t in tensors.values())
    index = {"metadata": {"total_size": total}, "weight_map": weight_map}
    write(folder / INDEX_FILE, (json.dumps(index, indent=2) + "\n").encode())
    return set(weight_map.values())


def cut_rows(tensors: dict[str, Tensor], most: int) -> dict[str, Tensor]:
    """The tensors, those that are larger than a part cut into as many rows as fit."""
    pieces: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        if HEADER_START + stored_size(name, tensor) <= most:
            pieces[name] = tensor
            continue
        room = most - HEADER_START - stored_size(f"{name}.rows-{len(tensor)}", tensor[:0])
        rows = room // (tensor[:1].numel() * tensor.element_size())
        if rows < 1:
            raise ModelError(
                f"parts of {most / MIB:g} MiB", f"parts that hold a row of {name}",
                "choose a larger --shard-size",
            )  # fmt: skip
        for start in range(0, len(tensor), rows):
            pieces[f"{name}.rows-{start}"] = tensor[start : start + rows].contiguous()
    return pieces


def stored_size(name: str, tensor: Tensor) -> int:
    """Bytes that a tensor takes at most in a file."""
    return tensor.numel() * tensor.element_size() + len(name) + HEADER_ENTRY


def write(path: Path, content: bytes | dict[str, Tensor]) -> None:
    """Write a file whole or not at all; ModelError where the disk is full."""
    fresh = path.with_name(path.name + ".part")
    try:
        if isinstance(content, bytes):
            fresh.write_bytes(content)
        else:
            save_file(content, fresh)
            fresh.chmod(0o644)
        fresh.replace(path)
    except (OSError, SafetensorError) as error:
        raise ModelError(
            f"{path}: {error}", "a folder with room for it",
            "make room and start the same command again: the checkpoint has all that was learnt",
        ) from error  # fmt: skip
    finally:
        fresh.unlink(missing_ok=True)


def read_encoder_config(folder: Path) -> EncoderConfig:
    """The config of a folder that `save_encoder` wrote; ModelError where it is none."""
    path = folder / CONFIG_FILE
    try:
        about = msgspec.json.decode(path.read_bytes(), type=EncoderFolder, strict=True)
    except (OSError, msgspec.DecodeError, ModelError) as error:
        raise ModelError(f"{path}: {error}", "an encoder of `lgtalent pretrain`", FIX) from error
    config = about.recurrent or about.attention
    if config is None or about.version != VERSION or (about.recurrent and about.attention):
        raise ModelError(
            f"{path} of version {about.version}", f"one encoder, version {VERSION}", FIX
        )
    return config


def read_index(folder: Path) -> dict[str, str]:
    """Tensor name → file, from the index of a folder of parts; ModelError where it is damaged."""
    path = folder / INDEX_FILE
    try:
        weight_map = msgspec.convert(json.loads(path.read_bytes())["weight_map"], dict[str, str])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{path}: {error!r}", "an index of safetensors parts", FIX) from error
    if any(Path(file).name != file for file in weight_map.values()):
        raise ModelError(f"{path} with files elsewhere", "files beside the index", FIX)
    return weight_map


def load_encoder_weights(folder: Path) -> tuple[EncoderConfig, dict[str, Tensor]]:
    """The config and the weights, float32, of an encoder in one file or in parts.

    They are all the encoder has but `morphemes.weight`, Kiwi's vectors. Raises ModelError where a
    file is missing or damaged, or the weights are not those of the config.
    """
    config = read_encoder_config(folder)
    if (folder / INDEX_FILE).exists():
        weight_map = read_index(folder)
        files = {file: read_weights(folder / file) for file in sorted(set(weight_map.values()))}
        lacking = [name for name, file in weight_map.items() if name not in files[file]]
        if lacking:
            raise ModelError(f"{folder} without {lacking[0]}", "what its index names", FIX)
        stored = {name: files[file][name] for name, file in weight_map.items()}
    else:
        stored = read_weights(folder / ENCODER_FILE)
    tensors = {name: tensor.float() for name, tensor in join_rows(stored).items()}
    with torch.device("meta"):
        expected = trained_tensors(new_encoder(config, 1))
    found = {name: tensor.shape for name, tensor in tensors.items()}
    if found != {name: tensor.shape for name, tensor in expected.items()}:
        wrong = [n for n in {**expected, **found} if n not in found or n not in expected]
        wrong = wrong or [n for n in expected if found[n] != expected[n].shape]
        raise ModelError(
            f"{folder} where {wrong[0]} is otherwise", "the weights that belong to its config.json",
            FIX,
        )  # fmt: skip
    return config, tensors


def join_rows(stored: dict[str, Tensor]) -> dict[str, Tensor]:
    """The tensors, those that `cut_rows` cut whole again."""
    whole: dict[str, Tensor] = {}
    cut: dict[str, dict[int, Tensor]] = {}
    for name, tensor in stored.items():
        if match := ROWS.fullmatch(name):
            cut.setdefault(match[1], {})[int(match[2])] = tensor
        else:
            whole[name] = tensor
    for name, pieces in cut.items():
        whole[name] = torch.cat([pieces[start] for start in sorted(pieces)])
    return whole
