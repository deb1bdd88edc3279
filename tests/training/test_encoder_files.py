"""An encoder comes back as it was written, whole or in parts, and is never half overwritten."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tiny_shards import SIZES, all_files
from torch import Tensor

from lgtalent_ie.errors import ModelError
from lgtalent_ie.model.config import AttentionConfig
from lgtalent_ie.model.encoder import PieceEncoder
from lgtalent_ie.training import encoder_files as module
from lgtalent_ie.training.encoder_files import (
    INDEX_FILE,
    MIB,
    EncoderConfig,
    load_encoder_weights,
    new_encoder,
    read_index,
    save_encoder,
)

ATTENTION = AttentionConfig(
    morpheme_size=8, tag_size=4, ngram_size=8, ngram_buckets=64, width=16, layers=1, heads=2,
    feed_forward=24,
)  # fmt: skip
SMALL_PART = 2_000 / MIB


def encoder_of(config: EncoderConfig = SIZES, seed: int = 0) -> PieceEncoder:
    torch.manual_seed(seed)
    return new_encoder(config, 5)


def matches(found: dict[str, Tensor], encoder: PieceEncoder) -> bool:
    state = {n: t for n, t in encoder.state_dict().items() if n != "morphemes.weight"}
    return found.keys() == state.keys() and all(
        torch.equal(found[name], state[name].half().float()) for name in state
    )


@pytest.mark.parametrize("config", [SIZES, ATTENTION], ids=["recurrent", "attention"])
@pytest.mark.parametrize("shard_size", [None, SMALL_PART, 15], ids=["whole", "small", "one part"])
def test_what_is_written_is_what_is_read(
    tmp_path: Path, config: EncoderConfig, shard_size: float | None
) -> None:
    encoder = encoder_of(config)
    save_encoder(encoder, config, tmp_path, shard_size)
    found_config, found = load_encoder_weights(tmp_path)
    assert found_config == config and matches(found, encoder)
    fresh = encoder_of(config, seed=1)
    fresh.load_state_dict({**found, "morphemes.weight": fresh.morphemes.weight})


def test_parts_are_no_larger_than_asked_for(tmp_path: Path) -> None:
    save_encoder(encoder_of(), SIZES, tmp_path, SMALL_PART)
    parts = sorted(tmp_path.glob("*.safetensors"))
    assert len(parts) > 2 and all(path.stat().st_size <= 2_000 for path in parts)
    assert parts[0].name == f"encoder-00001-of-{len(parts):05}.safetensors"
    # The table of n-grams, [64, 8] in 16 bit, fits; [64, 20] of the recurrent weights do not.
    assert {"ngrams.weight", "lstm.weight_ih_l0.rows-0"} <= read_index(tmp_path).keys()
    assert set(read_index(tmp_path).values()) == {path.name for path in parts}


def test_a_part_must_hold_a_row(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="larger --shard-size"):
        save_encoder(encoder_of(), SIZES, tmp_path, 200 / MIB)


@pytest.mark.parametrize("first", [None, SMALL_PART])
@pytest.mark.parametrize("second", [None, SMALL_PART])
def test_a_newer_encoder_replaces_one_of_the_same_config(
    tmp_path: Path, first: float | None, second: float | None
) -> None:
    newer = encoder_of(seed=1)
    save_encoder(encoder_of(), SIZES, tmp_path / "out", first)
    save_encoder(newer, SIZES, tmp_path / "out", second)
    assert matches(load_encoder_weights(tmp_path / "out")[1], newer)
    save_encoder(newer, SIZES, tmp_path / "anew", second)
    anew, out = all_files(tmp_path / "anew"), all_files(tmp_path / "out")
    assert len(out) == len(anew)


def test_an_encoder_of_another_config_is_not_overwritten(tmp_path: Path) -> None:
    save_encoder(encoder_of(), SIZES, tmp_path)
    before = all_files(tmp_path)
    wider = replace(SIZES, hidden_size=24)
    with pytest.raises(ModelError, match="choose another folder"):
        save_encoder(encoder_of(wider), wider, tmp_path)
    assert all_files(tmp_path) == before


@pytest.mark.parametrize("first", [None, SMALL_PART])
@pytest.mark.parametrize(
    "second, writes", [(None, 0), (SMALL_PART, 0), (SMALL_PART, 1), (SMALL_PART, 2)]
)
def test_a_full_disk_leaves_the_encoder_that_stood_there(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    first: float | None,
    second: float | None,
    writes: int,
) -> None:
    standing = encoder_of()
    save_encoder(standing, SIZES, tmp_path, first)
    save, left = module.save_file, writes

    def full(tensors: dict[str, Tensor], path: Path) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            path.write_bytes(b"half")
            raise OSError(28, "No space left on device")
        save(tensors, path)

    monkeypatch.setattr(module, "save_file", full)
    with pytest.raises(ModelError, match="No space left"):
        save_encoder(encoder_of(seed=1), SIZES, tmp_path, second)
    assert matches(load_encoder_weights(tmp_path)[1], standing)
    assert not list(tmp_path.glob("*.part"))


def test_a_missing_part_is_named(tmp_path: Path) -> None:
    save_encoder(encoder_of(), SIZES, tmp_path, SMALL_PART)
    part = sorted(tmp_path.glob("*.safetensors"))[1]
    part.unlink()
    with pytest.raises(ModelError, match=part.name):
        load_encoder_weights(tmp_path)


@pytest.mark.parametrize("name", ["lstm.weight_ih_l0.rows-0", "tags.weight"])
def test_weights_that_are_not_those_of_the_config_are_named(tmp_path: Path, name: str) -> None:
    save_encoder(encoder_of(), SIZES, tmp_path, SMALL_PART)
    index = json.loads((tmp_path / INDEX_FILE).read_bytes())
    del index["weight_map"][name]
    (tmp_path / INDEX_FILE).write_text(json.dumps(index), encoding="utf-8")
    with pytest.raises(ModelError, match=name.removesuffix(".rows-0")):
        load_encoder_weights(tmp_path)


@pytest.mark.parametrize(
    "name, content",
    [
        ("config.json", '{"version": 1}'),
        ("config.json", '{"version": 2, "recurrent": {}}'),
        ("config.json", '{"attention": {"width": 100, "heads": 3}}'),
        ("config.json", '{"model_type": "bert"'),
        (INDEX_FILE, "{}"),
        (INDEX_FILE, '{"weight_map": {"tags.weight": "../elsewhere.safetensors"}}'),
    ],
)
def test_damaged_files_are_named(tmp_path: Path, name: str, content: str) -> None:
    save_encoder(encoder_of(), SIZES, tmp_path, SMALL_PART)
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(ModelError, match=name.replace(".", r"\.")):
        load_encoder_weights(tmp_path)


def test_a_folder_without_an_encoder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"config\.json"):
        load_encoder_weights(tmp_path)
