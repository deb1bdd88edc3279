"""Kiwi's vectors as an encoder takes them, and as a file for machines without Kiwi."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from lgtalent_ie.errors import DataError, LgtalentError
from lgtalent_ie.model.loading import QUANTIZED, SCALE_SUFFIX, compress, expand, read_weights
from lgtalent_ie.model.pieces import Vocabulary, read_keys

# Of 70,488; the rest are the rarest.
MOST_MORPHEMES = 70_000
# Unit vectors over 256 dimensions are small beside the other inputs; 8 makes them alike.
VECTOR_SCALE = 8.0

TABLE, KEYS = QUANTIZED[0], "keys"


def vector_table(path: Path | None) -> tuple[Vocabulary, Tensor]:
    """The vocabulary, and its table float32 [rows, 256] whose row 0, the unknown one, is zeros.

    They come from `path`, or from Kiwi in half a minute where there is no such file or path; the
    file is then written. Both ways they are rounded to 8 bits, as shipped models have them. Raises
    DataError where the file is damaged or cannot be written.
    """
    if path is None or not path.exists():
        keys, table = table_of_kiwi()
        tensors = compress({TABLE: table})
        if path is not None:
            write_vectors(path, keys, tensors)
    else:
        keys, tensors = read_vectors(path)
    return Vocabulary(keys), expand(tensors)[TABLE]


def table_of_kiwi() -> tuple[list[tuple[str, str]], Tensor]:
    """Kiwi's most frequent morphemes and their table [1 + morphemes, 256]."""
    from lgtalent_ie.morphemes import Analyzer
    from lgtalent_ie.training.kiwi_vectors import kiwi_vectors

    keys, vectors = kiwi_vectors(Analyzer().kiwi)
    kept = VECTOR_SCALE * torch.from_numpy(vectors[:MOST_MORPHEMES])
    return keys[:MOST_MORPHEMES], torch.cat([torch.zeros(1, kept.shape[1]), kept])


def write_vectors(path: Path, keys: list[tuple[str, str]], tensors: dict[str, Tensor]) -> None:
    """Write the file whole or not at all: 8-bit rows, their scales, and the morphemes."""
    lines = "".join(f"{form}\t{tag}\n" for form, tag in keys).encode()
    fresh = path.with_name(path.name + ".part")
    try:
        save_file({**tensors, KEYS: torch.frombuffer(bytearray(lines), dtype=torch.uint8)}, fresh)
        fresh.chmod(0o644)
        fresh.replace(path)
    except OSError as error:
        raise DataError(f"{path}: {error}", "a place for 19 MB", "choose another path") from error
    finally:
        fresh.unlink(missing_ok=True)


def read_vectors(path: Path) -> tuple[list[tuple[str, str]], dict[str, Tensor]]:
    """What `write_vectors` wrote."""
    try:
        tensors = read_weights(path)
        keys = read_keys(tensors.pop(KEYS).numpy().tobytes().decode())
        if set(tensors) != {TABLE, TABLE + SCALE_SUFFIX} or len(tensors[TABLE]) != len(keys) + 1:
            raise ValueError("not a row for each morpheme")
    except (LgtalentError, KeyError, ValueError) as error:
        raise DataError(
            f"{path}: {error}", "a file that `lgtalent pretrain --vectors` wrote",
            "delete it: it is made again from Kiwi",
        ) from error  # fmt: skip
    return keys, tensors
