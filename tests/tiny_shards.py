"""A small corpus of own sentences, its shards, and an encoder to pretrain on them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from helpers import analyzer

from lgtalent_ie.model.config import RecurrentConfig
from lgtalent_ie.model.encoder import PieceEncoder
from lgtalent_ie.model.pieces import Vocabulary
from lgtalent_ie.training.encoder_files import new_encoder
from lgtalent_ie.training.masking import TypeTable, type_table
from lgtalent_ie.training.objectives import Objective, ObjectiveName, make_objective
from lgtalent_ie.training.shards import (
    Type,
    make_shards,
    read_manifest,
    read_types,
    type_counts,
)

NAMES = "새별 한빛 누리 가람 바다 하늘 노을 이슬".split()
SENTENCES = (
    "{}전자는 올해 연구원 {}명을 새로 뽑았다.",
    "{}대학교 졸업생 {}명이 행사에 모였다.",
    "{}병원은 간호사 {}명을 더 찾는다고 밝혔다.",
)
SIZES = RecurrentConfig(
    morpheme_size=8, tag_size=4, ngram_size=8, ngram_buckets=64, hidden_size=16, layers=1, dropout=0.0
)  # fmt: skip


def write_corpus(folder: Path, paragraphs: int = 48) -> Path:
    """One file of different paragraphs."""
    folder.mkdir(exist_ok=True)
    lines = (
        " ".join(s.format(NAMES[(n + at) % len(NAMES)], n + 2) for at, s in enumerate(SENTENCES))
        for n in range(paragraphs)
    )
    (folder / "own.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def tiny_shards(folder: Path) -> Path:
    """The shards of the corpus; how many depends on SHARD_MORPHEMES and PARAGRAPHS_AT_ONCE."""
    make_shards(write_corpus(folder / "corpus"), folder / "shards", analyzer(), quiet)
    return folder / "shards"


def quiet(line: str) -> None:
    """A log that nobody reads."""


@dataclass(frozen=True)
class Tiny:
    """Shards, what the encoder takes of their types, and its frozen vectors."""

    shards: Path
    types: list[Type]
    table: TypeTable
    vectors: torch.Tensor

    def encoder(self) -> PieceEncoder:
        """The same encoder every time."""
        torch.manual_seed(0)
        encoder = new_encoder(SIZES, len(self.vectors))
        with torch.no_grad():
            encoder.morphemes.weight.copy_(self.vectors)
        return encoder

    def objective(self, name: ObjectiveName) -> Objective:
        """The same objective every time."""
        torch.manual_seed(1)
        counts = type_counts(self.shards, read_manifest(self.shards))
        make = partial(make_objective, name, self.table, counts, self.vectors)
        return make(width=2 * SIZES.hidden_size, share=0.3, sampled=16, crop=True)


def load_tiny(shards: Path) -> Tiny:
    """What a run over the shards needs, every type with a random vector of its own."""
    types = read_types(shards, read_manifest(shards))
    vocabulary = Vocabulary(types)
    torch.manual_seed(2)
    vectors = torch.randn(len(vocabulary), SIZES.morpheme_size)
    vectors[0] = 0
    return Tiny(shards, types, type_table(types, vocabulary, SIZES.ngram_buckets), vectors)


def stems(types: Iterable[Type]) -> set[str]:
    """The forms alone."""
    return {form for form, _ in types}


def all_files(folder: Path) -> dict[str, bytes]:
    """Every file of a folder with its content."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def generator(seed: int = 0) -> np.random.Generator:
    """Random numbers for one batch."""
    return np.random.default_rng(seed)
