"""What a model folder says about itself: `config.json`, read and checked without torch."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from lgtalent_ie.errors import ModelError
from lgtalent_ie.schema import LABELS

CONFIG_VERSION = 1
CONFIG_FILE = "config.json"
WEIGHTS_FILE = "model.safetensors"
MORPHEMES_FILE = "morphemes.txt"

# Every head predicts BIO tags over its own labels, in this order: O, B-first, I-first, B-second …
MENTION_HEAD = "mentions"


@dataclass(frozen=True, slots=True)
class RecurrentConfig:
    """The compact encoder: frozen morpheme vectors, hashed character n-grams, a two-way LSTM.

    Sizes are in dimensions; `ngram_buckets` is the number of rows of the n-gram table.
    """

    morpheme_size: int = 256
    tag_size: int = 32
    ngram_size: int = 64
    ngram_buckets: int = 16384
    hidden_size: int = 256
    layers: int = 2
    dropout: float = 0.35


@dataclass(frozen=True, slots=True)
class PretrainedConfig:
    """A Hugging Face encoder, kept in the model folder under `encoder/`."""

    hidden_size: int
    max_length: int


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """Name and revision of a model, its encoder (exactly one of the two), its heads.

    `heads` maps the name of a head to its labels; `temperature` divides the logits of the mention
    head before scores are taken; `longest` is the window in morphemes.
    """

    name: str
    revision: str
    recurrent: RecurrentConfig | None = None
    pretrained: PretrainedConfig | None = None
    heads: dict[str, tuple[str, ...]] = field(default_factory=lambda: {MENTION_HEAD: LABELS})
    temperature: float = 1.0
    longest: int = 256
    version: int = CONFIG_VERSION

    @property
    def hidden_size(self) -> int:
        """Width of what the encoder hands to the heads."""
        if self.recurrent is not None:
            return 2 * self.recurrent.hidden_size
        assert self.pretrained is not None
        return self.pretrained.hidden_size


def bio_tags(labels: tuple[str, ...]) -> tuple[str, ...]:
    """The BIO tags of a head, in the order of its output.

    >>> bio_tags(("ORG", "DATE"))
    ('O', 'B-ORG', 'I-ORG', 'B-DATE', 'I-DATE')
    """
    return ("O", *(f"{prefix}-{label}" for label in labels for prefix in "BI"))


def write_config(config: ModelConfig, folder: Path) -> None:
    """Write `config.json`."""
    line = msgspec.json.format(msgspec.json.encode(config), indent=2)
    (folder / CONFIG_FILE).write_bytes(line + b"\n")


def read_config(folder: Path) -> ModelConfig:
    """Read and check `config.json`; ModelError says what is wrong and what to do."""
    path = folder / CONFIG_FILE
    accepted = f"a model folder of lgtalent_ie (with {CONFIG_FILE} and {WEIGHTS_FILE})"
    remedy = "leave model= out for the shipped model, or make one with `lgtalent train`"
    if not folder.is_dir():
        raise ModelError(f"model folder {folder}, which is not there", accepted, remedy)
    try:
        data: Any = msgspec.json.decode(path.read_bytes())
    except FileNotFoundError as error:
        raise ModelError(f"folder {folder} without {CONFIG_FILE}", accepted, remedy) from error
    except (OSError, msgspec.DecodeError) as error:
        raise ModelError(f"{path}: {error}", accepted, remedy) from error
    if isinstance(data, dict) and "model_type" in data and "heads" not in data:
        raise ModelError(
            f"{folder}, a plain {data['model_type']} encoder without a mention head", accepted,
            f"fine-tune it first: lgtalent train --encoder {folder} --out FOLDER",
        )  # fmt: skip
    try:
        config = msgspec.convert(data, ModelConfig)
    except msgspec.ValidationError as error:
        raise ModelError(f"{path}: {error}", accepted, remedy) from error
    if config.version != CONFIG_VERSION:
        raise ModelError(
            f"{path} of version {config.version}", f"version {CONFIG_VERSION}",
            "train the model again, or install the release that made it",
        )  # fmt: skip
    if (config.recurrent is None) == (
        config.pretrained is None
    ) or MENTION_HEAD not in config.heads:
        raise ModelError(f"{path} without exactly one encoder and a mention head", accepted, remedy)
    if any(label not in LABELS for label in config.heads[MENTION_HEAD]):
        raise ModelError(f"{path} with labels {config.heads[MENTION_HEAD]}", str(LABELS), remedy)
    return config
