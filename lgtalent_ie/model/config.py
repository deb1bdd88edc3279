"""What a model folder says about itself: `config.json`, read and checked without torch."""

from __future__ import annotations

from collections.abc import Mapping
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

# What a relation can hold between: the nine labels, and KLUE-RE's two types that are none of them.
ENTITY_TYPES = (*LABELS, "POH", "NOH")

# Which labels of head and tail can be in a relation at all; other pairs are not looked at.
RELATED: Mapping[str, frozenset[str]] = {
    "PERSON": frozenset(("TITLE", "ORG", "LOCATION", "DATE", "PERSON", "PRODUCT")),
    "ORG": frozenset(("PERSON", "ORG", "LOCATION", "DATE", "PRODUCT", "QUANTITY")),
    "EVENT": frozenset(("ORG", "DATE", "LOCATION", "QUANTITY")),
    "QUANTITY": frozenset(("ORG",)),
}

# The label sets of the pair head: the guidelines' relations, each a yes or no, and KLUE-RE's
# thirty, one of them; a label's place in the config is its place in the output.
RELATIONS, KLUE_RE = "relations", "klue_re"

# Every head predicts BIO tags over its own labels, in this order: O, B-first, I-first, B-second …
MENTION_HEAD = "mentions"

# Dimensions of an attention head that FlashAttention's kernels take.
HEAD_SIZES = range(8, 257, 8)


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
class AttentionConfig:
    """The compact encoder for a GPU: the same inputs, read by a transformer.

    Sizes are in dimensions; `feed_forward` is the inner size of the gated unit. Raises ModelError
    where the heads do not share the width evenly or come out at another size than `HEAD_SIZES`.
    """

    morpheme_size: int = 256
    tag_size: int = 32
    ngram_size: int = 64
    ngram_buckets: int = 32768
    width: int = 512
    layers: int = 8
    heads: int = 8
    feed_forward: int = 1408
    dropout: float = 0.1

    def __post_init__(self) -> None:
        if self.heads < 1 or self.width % self.heads or self.width // self.heads not in HEAD_SIZES:
            raise ModelError(
                f"width {self.width} with {self.heads} heads",
                f"a width of heads × {HEAD_SIZES[0]}, {HEAD_SIZES[1]}, … or {HEAD_SIZES[-1]}",
                "change width or heads, for example 512 and 8",
            )


@dataclass(frozen=True, slots=True)
class PretrainedConfig:
    """A Hugging Face encoder, kept in the model folder under `encoder/`."""

    hidden_size: int
    max_length: int


@dataclass(frozen=True, slots=True)
class RelationConfig:
    """The head over pairs of mentions.

    `labels` maps a label set (RELATIONS, KLUE_RE) to its labels. `threshold` is the score from
    which a relation is reported. `temperature` is fitted on dev, and so is `no_relation_shift`: it
    is added to KLUE-RE's logit of no relation, as that is rarer in its train data than in its dev.
    """

    size: int = 192
    attention_heads: int = 6
    dropout: float = 0.3
    labels: dict[str, tuple[str, ...]] = field(default_factory=dict)
    temperature: float = 1.0
    threshold: float = 0.5
    no_relation_shift: float = 0.0


@dataclass(frozen=True, slots=True)
class SharedTables:
    """The model folder, by name beside this one, whose vocabulary and tables a model uses.

    `crc32` is of the file of its vocabulary and the tables (`loading.tables_checksum`), so that a
    model is never read with the tables of another.
    """

    folder: str
    crc32: int

    def __post_init__(self) -> None:
        if Path(self.folder).name != self.folder or self.folder in ("", ".", ".."):
            raise ModelError(
                f"tables of the folder {self.folder!r}", "the name of a folder beside the model's",
                "copy both model folders again, side by side",
            )  # fmt: skip


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """Name and revision of a model, its encoder (exactly one of the three), its heads.

    `heads` maps the name of a head to its labels; `relations` is the head over pairs, if any;
    `platt` are slope and offset that make scores of mentions the chance of being right, fitted on
    dev (see `decoding.apply_platt`); `longest` is the window in morphemes; `tables` are those of
    another model, where it has none of its own.
    """

    name: str
    revision: str
    recurrent: RecurrentConfig | None = None
    pretrained: PretrainedConfig | None = None
    attention: AttentionConfig | None = None
    relations: RelationConfig | None = None
    heads: dict[str, tuple[str, ...]] = field(default_factory=lambda: {MENTION_HEAD: LABELS})
    platt: tuple[float, float] = (1.0, 0.0)
    longest: int = 256
    tables: SharedTables | None = None
    version: int = CONFIG_VERSION

    @property
    def hidden_size(self) -> int:
        """Width of what the encoder hands to the heads."""
        if self.recurrent is not None:
            return 2 * self.recurrent.hidden_size
        if self.attention is not None:
            return self.attention.width
        assert self.pretrained is not None
        return self.pretrained.hidden_size

    @property
    def compact(self) -> RecurrentConfig | AttentionConfig | None:
        """The encoder where it is one of the project's own, None where it is a pretrained one."""
        return self.recurrent or self.attention


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
    except ModelError as error:
        raise ModelError(f"{path}: {error.given}", error.accepted, remedy) from error
    if config.version != CONFIG_VERSION:
        raise ModelError(
            f"{path} of version {config.version}", f"version {CONFIG_VERSION}",
            "train the model again, or install the release that made it",
        )  # fmt: skip
    encoders = (config.recurrent, config.attention, config.pretrained)
    if sum(e is not None for e in encoders) != 1 or MENTION_HEAD not in config.heads:
        raise ModelError(f"{path} without exactly one encoder and a mention head", accepted, remedy)
    if any(label not in LABELS for label in config.heads[MENTION_HEAD]):
        raise ModelError(f"{path} with labels {config.heads[MENTION_HEAD]}", str(LABELS), remedy)
    return config
