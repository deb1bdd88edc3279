"""Model folders: safetensors in and out, never a pickle, never half a model.

Big tables and matrices are stored as 8-bit integers with a scale per row, everything else as 16-bit
floats, and computed with as 32-bit floats. A small model may use the tables of a larger one that
lies beside it: they are most of either's size.
"""

from __future__ import annotations

import shutil
import tempfile
import zlib
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from lgtalent_ie.errors import ModelError
from lgtalent_ie.model.config import (
    MORPHEMES_FILE,
    WEIGHTS_FILE,
    SharedTables,
    read_config,
    write_config,
)
from lgtalent_ie.model.pieces import Vocabulary
from lgtalent_ie.model.pretrained import PretrainedTagger, load_encoder
from lgtalent_ie.model.tagger import RecurrentTagger

ENCODER_FOLDER = "encoder"
QUANTIZED = ("encoder.morphemes.weight", "encoder.ngrams.weight")
# What a model can share with another, beside its vocabulary.
TABLES = (*QUANTIZED, "encoder.tags.weight")
SCALE_SUFFIX = ".scale"
# Matrices of this many weights are stored in 8 bit as well.
LARGE_MATRIX = 1 << 16

AnyTagger = RecurrentTagger | PretrainedTagger


def save_model(tagger: AnyTagger, folder: Path) -> None:
    """Write a model folder; a good one that stood there is replaced in one step at the end."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        write_config(tagger.config, fresh)
        state = {name: tensor.detach().cpu() for name, tensor in tagger.state_dict().items()}
        if isinstance(tagger, PretrainedTagger):
            tagger.encoder.save_pretrained(fresh / ENCODER_FOLDER)
            tagger.tokenizer.save_pretrained(fresh / ENCODER_FOLDER)
            state = {n: t for n, t in state.items() if not n.startswith("encoder.")}
        elif tagger.config.tables is None:
            tagger.vocabulary.save(fresh)
        else:
            state = {name: tensor for name, tensor in state.items() if name not in TABLES}
        save_file(compress(state), fresh / WEIGHTS_FILE)
        # Made for its owner alone by mkdtemp; an installed model is for everyone.
        fresh.chmod(0o755)
        (fresh / WEIGHTS_FILE).chmod(0o644)
        if folder.exists():
            for kept in folder.glob("*.md"):
                shutil.copy2(kept, fresh / kept.name)
            old = fresh.with_name(fresh.name + "-old")
            folder.rename(old)
            fresh.rename(folder)
            shutil.rmtree(old)
        else:
            fresh.rename(folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def load_model(folder: Path) -> AnyTagger:
    """The tagger of a folder, in evaluation mode on the CPU.

    Raises ModelError where the folder is missing, damaged, foreign or of another version, or where
    the model that it shares tables with is not beside it.
    """
    config = read_config(folder)
    tagger: AnyTagger
    weights = read_weights(folder / WEIGHTS_FILE)
    if config.compact is not None:
        home = folder
        if config.tables is not None:
            home = folder.resolve().parent / config.tables.folder
            weights |= shared_tables(home, config.tables, folder)
        tagger = RecurrentTagger(config, Vocabulary.load(home))
    else:
        tagger = PretrainedTagger(config, *load_encoder(folder / ENCODER_FOLDER))
    state = expand(weights)
    missing, unexpected = tagger.load_state_dict(state, strict=False) if fits(tagger, state) else (
        ["weights of these sizes"], []
    )  # fmt: skip
    missing = [n for n in missing if config.compact is not None or not n.startswith("encoder.")]
    if missing or unexpected:
        raise ModelError(
            f"{folder / WEIGHTS_FILE}: without {missing[:3]}, with unknown {unexpected[:3]}",
            "the weights that belong to its config.json",
            "copy the model folder again, or train it again",
        )
    return tagger.eval()


def shared_tables(home: Path, tables: SharedTables, folder: Path) -> dict[str, Tensor]:
    """The tables of the model folder `home`; ModelError where they are not those `folder` needs."""
    if not home.is_dir() or tables_checksum(home) != tables.crc32:
        raise ModelError(
            f"{folder} beside {'another' if home.is_dir() else 'no'} {tables.folder}",
            f"the folder {tables.folder} that it was made with, beside it",
            "copy both model folders again, side by side",
        )  # fmt: skip
    return table_weights(home)


def table_weights(folder: Path) -> dict[str, Tensor]:
    """The tables of a model folder as they are stored."""
    names = {*TABLES, *(name + SCALE_SUFFIX for name in TABLES)}
    return {n: t for n, t in read_weights(folder / WEIGHTS_FILE).items() if n in names}


def tables_checksum(folder: Path) -> int:
    """CRC-32 of the vocabulary and the tables of a model folder; ModelError where it has none."""
    try:
        checksum = zlib.crc32((folder / MORPHEMES_FILE).read_bytes())
    except OSError as error:
        raise ModelError(
            f"{folder} without {MORPHEMES_FILE}: {error}", "a compact model with tables of its own",
            "copy the model folder again",
        ) from error  # fmt: skip
    for _, tensor in sorted(table_weights(folder).items()):
        checksum = zlib.crc32(tensor.contiguous().numpy().tobytes(), checksum)
    return checksum


def read_weights(path: Path) -> dict[str, Tensor]:
    """The tensors of a safetensors file; ModelError where it is anything else."""
    try:
        tensors: dict[str, Tensor] = load_file(path)
    except (OSError, SafetensorError) as error:
        raise ModelError(
            f"{path}: {error}", "a whole safetensors file (pickles are never loaded)",
            "copy the model folder again; convert other formats with the safetensors library",
        ) from error  # fmt: skip
    return tensors


def fits(tagger: AnyTagger, state: dict[str, Tensor]) -> bool:
    """True where no tensor of the file has another shape than the network's."""
    own = tagger.state_dict()
    return all(own[name].shape == tensor.shape for name, tensor in state.items() if name in own)


def compress(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Tables and large matrices to int8 [rows, size] and float16 scales [rows], else to float16."""
    small: dict[str, Tensor] = {}
    for name, tensor in state.items():
        if name in QUANTIZED or (tensor.ndim == 2 and tensor.numel() >= LARGE_MATRIX):
            scale = (tensor.abs().amax(1) / 127).clamp(min=1e-7).half()  # [rows]
            small[name] = (tensor / scale.float()[:, None]).round().clamp(-127, 127).to(torch.int8)
            small[name + SCALE_SUFFIX] = scale
        else:
            small[name] = tensor.half().contiguous()
    return small


def expand(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """What `compress` made, as float32."""
    return {
        name: tensor.float() * state[name + SCALE_SUFFIX].float()[:, None]
        if name + SCALE_SUFFIX in state
        else tensor.float()
        for name, tensor in state.items()
        if not name.endswith(SCALE_SUFFIX)
    }
