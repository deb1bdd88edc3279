"""`lgtalent shards` and `lgtalent pretrain`, from text to an encoder on disk."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest
import torch
from click.testing import CliRunner, Result
from helpers import analyzer
from tiny_shards import all_files, tiny_shards, write_corpus

from lgtalent_ie.cli import command
from lgtalent_ie.errors import DataError, LgtalentError, ModelError
from lgtalent_ie.model.config import AttentionConfig, RecurrentConfig
from lgtalent_ie.model.loading import compress
from lgtalent_ie.training import pretrain as loop
from lgtalent_ie.training import vector_files
from lgtalent_ie.training.encoder_files import load_encoder_weights
from lgtalent_ie.training.pretrain_command import Sizes, encoder_config
from lgtalent_ie.training.shards import read_manifest, read_types
from lgtalent_ie.training.vector_files import TABLE, vector_table, write_vectors

SIZES = "--width 16 --layers 1 --buckets 64 --threads 1".split()
RUN = [*SIZES, *"--tokens 3000 --batch 300".split()]


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_shards(tmp_path_factory.mktemp("shards"))


@pytest.fixture(scope="module")
def vectors(shards: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of random vectors, so that none need be asked of Kiwi."""
    keys = read_types(shards, read_manifest(shards))
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("vectors") / "vectors.safetensors"
    write_vectors(path, keys, compress({TABLE: torch.randn(len(keys) + 1, 256)}))
    return path


def pretrain(shards: Path, out: Path, vectors: Path, *more: str) -> Result:
    arguments = ["pretrain", str(shards), str(out), "--vectors", str(vectors), *RUN, *more]
    return CliRunner().invoke(command, arguments)


def log_of(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "log.jsonl").read_text("utf-8").splitlines()]


def test_text_becomes_shards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lgtalent_ie.morphemes.Analyzer", lambda num_workers: analyzer())
    corpus = write_corpus(tmp_path / "corpus")
    arguments = ["shards", str(corpus), str(tmp_path / "shards"), "--workers", "1"]
    result = CliRunner().invoke(command, arguments)
    assert result.exit_code == 0 and "48 paragraphs" in result.output
    [part] = read_manifest(tmp_path / "shards")
    assert part["paragraphs"] == 48


def test_shards_become_an_encoder(
    shards: Path, vectors: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "LOG_EVERY", 2)
    result = pretrain(shards, tmp_path, vectors)
    assert result.exit_code == 0, result.output
    config, weights = load_encoder_weights(tmp_path)
    assert config == RecurrentConfig(hidden_size=8, layers=1, ngram_buckets=64, dropout=0.0)
    assert "lstm.weight_hh_l0" in weights and "morphemes.weight" not in weights
    first, *lines, last = log_of(tmp_path)
    assert first["objective"] == "guess" and first["recurrent"]["hidden_size"] == 8
    assert lines and all(line["loss"] > 0 and line["tokens_per_second"] > 0 for line in lines)
    assert last == {"steps": 11, "written": True, "stopped": False}
    assert str(lines[0]["loss"]) in result.stderr


def test_a_run_begins_with_the_encoder_of_another(
    shards: Path, vectors: Path, tmp_path: Path
) -> None:
    assert pretrain(shards, tmp_path / "one", vectors).exit_code == 0
    barely = ("--learning-rate", "1e-12", "--seed", "8")
    begun = pretrain(shards, tmp_path / "two", vectors, "--start", str(tmp_path / "one"), *barely)
    assert begun.exit_code == 0, begun.output
    one, two = (load_encoder_weights(tmp_path / name)[1] for name in ("one", "two"))
    assert all(torch.allclose(two[name], one[name], atol=1e-4) for name in one)


def test_an_encoder_of_other_sizes_is_no_start(shards: Path, vectors: Path, tmp_path: Path) -> None:
    assert pretrain(shards, tmp_path / "one", vectors).exit_code == 0
    start = ("--start", str(tmp_path / "one"), "--layers", "2")
    error = pretrain(shards, tmp_path / "two", vectors, *start).exception
    assert isinstance(error, ModelError)
    assert "the sizes of this run" in str(error)


def test_an_attention_encoder_in_parts(shards: Path, vectors: Path, tmp_path: Path) -> None:
    more = "--encoder attention --heads 2 --objective detect --shard-size 0.02".split()
    result = pretrain(shards, tmp_path, vectors, *more)
    assert result.exit_code == 0, result.output
    parts = list(tmp_path.glob("encoder-*.safetensors"))
    assert len(parts) > 1 and all(path.stat().st_size <= 0.02 * 2**20 for path in parts)
    config, _ = load_encoder_weights(tmp_path)
    assert isinstance(config, AttentionConfig) and config.width == 16


def test_minutes_end_it_with_an_encoder_and_more_go_on(
    shards: Path, vectors: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "LOG_EVERY", 1)
    # A clock that goes on by a minute whenever it is looked at.
    clock = iter(range(0, 10**9, 60))
    monkeypatch.setattr(loop.time, "monotonic", lambda: float(next(clock)))
    result = pretrain(shards, tmp_path, vectors, "--minutes", "30")
    monkeypatch.undo()
    assert result.exit_code == 0, result.output
    before = log_of(tmp_path)
    assert 0 < before[-1]["steps"] < 11 and before[-1]["written"]
    assert load_encoder_weights(tmp_path)
    assert pretrain(shards, tmp_path, vectors).exit_code == 0
    assert log_of(tmp_path)[-1]["steps"] == 11


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_after_the_step_with_an_encoder(
    shards: Path,
    vectors: Path,
    tmp_path: Path,
    kind: signal.Signals,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(loop, "LOG_EVERY", 1)
    line = loop.progress_line

    def interrupted(progress: Any, *rest: Any) -> str:
        if progress.step == 3:
            os.kill(os.getpid(), kind)
        return line(progress, *rest)

    monkeypatch.setattr(loop, "progress_line", interrupted)
    handlers = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    result = pretrain(shards, tmp_path, vectors)
    assert result.exit_code == 0, result.output
    assert log_of(tmp_path)[-1] == {"steps": 3, "written": True, "stopped": True}
    assert load_encoder_weights(tmp_path)
    assert handlers == (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM))


def test_a_run_without_a_step_writes_no_encoder(
    shards: Path, vectors: Path, tmp_path: Path
) -> None:
    result = pretrain(shards, tmp_path, vectors, "--minutes", "0")
    assert result.exit_code == 0 and not (tmp_path / "config.json").exists()


def test_another_encoder_is_refused_before_anything_is_done(
    shards: Path, vectors: Path, tmp_path: Path
) -> None:
    pretrain(shards, tmp_path, vectors)
    before = all_files(tmp_path)
    with pytest.raises(ModelError, match="choose another folder"):
        raise error_of(pretrain(shards, tmp_path, vectors, "--width", "32"))
    assert all_files(tmp_path) == before


def test_a_folder_without_shards_is_named(vectors: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"manifest\.json"):
        raise error_of(pretrain(tmp_path, tmp_path / "out", vectors))
    assert not (tmp_path / "out").exists()


def error_of(result: Result) -> LgtalentError:
    """The error that `lgtalent` would say in one line."""
    assert isinstance(result.exception, LgtalentError), result.output
    return result.exception


def test_widths_are_those_of_what_is_handed_on() -> None:
    recurrent = encoder_config(Sizes(width=640))
    assert isinstance(recurrent, RecurrentConfig) and recurrent.hidden_size == 320
    attention = encoder_config(Sizes("attention", width=768, layers=12))
    assert isinstance(attention, AttentionConfig)
    assert (attention.heads, attention.feed_forward, attention.layers) == (12, 2112, 12)
    assert encoder_config(Sizes("attention")) == AttentionConfig(dropout=0.0)


def test_vectors_are_kept_for_machines_without_kiwi(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = [("새별", "NNP"), ("연구원", "NNG")]
    table = torch.randn(3, 256)
    monkeypatch.setattr(vector_files, "table_of_kiwi", lambda: (keys, table))
    path = tmp_path / "vectors.safetensors"
    made, kept, direct = vector_table(path), vector_table(path), vector_table(None)
    assert made[0].keys == kept[0].keys == [("", "OTHER"), *keys]
    assert torch.equal(made[1], kept[1]) and torch.equal(made[1], direct[1])
    assert torch.allclose(made[1], table, atol=0.03)


@pytest.mark.parametrize("damage", [b"", b"pickled", None], ids=["empty", "foreign", "short"])
def test_a_damaged_vector_file_is_named(
    vectors: Path, tmp_path: Path, damage: bytes | None
) -> None:
    path = tmp_path / "vectors.safetensors"
    path.write_bytes(vectors.read_bytes()[:-9] if damage is None else damage)
    with pytest.raises(DataError, match=r"vectors\.safetensors"):
        vector_table(path)
