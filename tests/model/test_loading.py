"""A model folder comes back as it was saved, or says what is wrong with it."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from helpers import make_reading
from tiny_models import tiny_encoder, tiny_tagger

from lgtalent_ie.engine.runtime import Runtime
from lgtalent_ie.errors import ModelError
from lgtalent_ie.model.config import SharedTables
from lgtalent_ie.model.loading import (
    TABLES,
    compress,
    expand,
    load_model,
    save_model,
    tables_checksum,
)
from lgtalent_ie.model.locate import is_hub_id, locate_model
from lgtalent_ie.model.tagger import RecurrentTagger, WindowText

TEXT = "새별전자는 지난달 연구원 12명을 뽑았다."


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save_model(tiny_tagger(), tmp_path / "tiny")
    return tmp_path / "tiny"


def test_a_loaded_model_answers_like_the_saved_one(folder: Path) -> None:
    window = WindowText(TEXT, make_reading(TEXT).sentences[0].morphemes)
    before = Runtime(tiny_tagger(), "cpu").logits([window])[0]
    after = Runtime(load_model(folder), "cpu").logits([window])[0]
    assert after == pytest.approx(before, abs=2e-2)


def test_saving_over_a_model_keeps_its_card_and_leaves_nothing_else(folder: Path) -> None:
    (folder / "MODEL_CARD.md").write_text("card")
    save_model(tiny_tagger(seed=1), folder)
    assert (folder / "MODEL_CARD.md").read_text() == "card"
    assert [p.name for p in folder.parent.iterdir()] == ["tiny"]


def test_tables_lose_less_than_a_hundredth_of_their_largest_value() -> None:
    table = {"encoder.ngrams.weight": torch.randn(50, 16), "heads.mentions.bias": torch.randn(19)}
    back = expand(compress(table))
    for name, tensor in table.items():
        assert (back[name] - tensor).abs().max() < 0.01 * tensor.abs().max()


def test_large_matrices_are_stored_in_a_quarter_of_their_size() -> None:
    matrix = torch.randn(1024, 256) * torch.rand(1024, 1)
    small = compress({"encoder.lstm.weight_hh_l0": matrix})
    stored = sum(t.numel() * t.element_size() for t in small.values())
    assert stored < 0.26 * matrix.numel() * matrix.element_size()
    back = expand(small)["encoder.lstm.weight_hh_l0"]
    largest = matrix.abs().amax(1, keepdim=True)
    assert ((back - matrix).abs() <= 0.005 * largest + 1e-7).all()


@pytest.fixture
def sharing(folder: Path) -> Path:
    """A model that uses the tables of `folder`, beside it."""
    large = load_model(folder)
    assert isinstance(large, RecurrentTagger)
    shared = SharedTables(folder.name, tables_checksum(folder))
    torch.manual_seed(5)
    small = RecurrentTagger(replace(large.config, name="small", tables=shared), large.vocabulary)
    tables = {n: t for n, t in large.state_dict().items() if n in TABLES}
    small.load_state_dict(tables, strict=False)
    save_model(small.eval(), folder.parent / "small")
    return folder.parent / "small"


def test_a_model_uses_the_tables_beside_it(sharing: Path, folder: Path) -> None:
    assert not (sharing / "morphemes.txt").exists()
    small, large = load_model(sharing), load_model(folder)
    assert isinstance(small, RecurrentTagger) and isinstance(large, RecurrentTagger)
    assert small.vocabulary.keys == large.vocabulary.keys
    for name in TABLES:
        assert torch.equal(small.state_dict()[name], large.state_dict()[name])
    window = WindowText(TEXT, make_reading(TEXT).sentences[0].morphemes)
    assert Runtime(small, "cpu").spans([window]) is not None


def test_the_tables_of_another_model_are_refused(sharing: Path, folder: Path) -> None:
    save_model(tiny_tagger(seed=9), folder)
    with pytest.raises(ModelError, match=f"beside another {folder.name}"):
        load_model(sharing)


def test_a_model_without_the_one_beside_it_says_so(sharing: Path, folder: Path) -> None:
    folder.rename(folder.with_name("moved"))
    with pytest.raises(ModelError, match=f"beside no {folder.name}.*side by side"):
        load_model(sharing)


@pytest.mark.parametrize("name", ["../base", "/models/base", "", ".."])
def test_tables_lie_beside_the_model_and_nowhere_else(sharing: Path, name: str) -> None:
    damage_config(sharing, tables={"folder": name, "crc32": 0})
    with pytest.raises(ModelError, match="beside"):
        load_model(sharing)


def damage_config(folder: Path, **changes: object) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


DAMAGES = {
    "no config": (lambda f: (f / "config.json").unlink(), "without config.json"),
    "config cut off": (lambda f: (f / "config.json").write_bytes(b'{"name":'), "config.json"),
    "config of another kind": (lambda f: (f / "config.json").write_text("[]"), "config.json"),
    "future version": (lambda f: damage_config(f, version=9), "version 9"),
    "unknown labels": (lambda f: damage_config(f, heads={"mentions": ["NOSE"]}), "NOSE"),
    "no encoder": (lambda f: damage_config(f, recurrent=None), "exactly one encoder"),
    "no weights": (lambda f: (f / "model.safetensors").unlink(), "model.safetensors"),
    "weights cut off": (
        lambda f: (f / "model.safetensors").write_bytes((f / "model.safetensors").read_bytes()[:999]),
        "whole safetensors file",
    ),
    "a pickle instead": (
        lambda f: (f / "model.safetensors").write_bytes(pickle.dumps({"a": 1})),
        "pickles are never loaded",
    ),
    "no vocabulary": (lambda f: (f / "morphemes.txt").unlink(), "morphemes.txt"),
    "vocabulary of another form": (lambda f: (f / "morphemes.txt").write_text("a b\n"), "form<TAB>tag"),
    "another vocabulary": (lambda f: (f / "morphemes.txt").write_text("a\tSL\n"), "weights"),
}  # fmt: skip


@pytest.mark.parametrize("damage, says", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_damaged_folder_is_told_apart(folder: Path, damage, says: str) -> None:  # type: ignore[no-untyped-def]
    damage(folder)
    with pytest.raises(ModelError, match=says) as error:
        load_model(folder)
    assert str(folder) in str(error.value)
    assert "to do:" in str(error.value)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="not there"):
        load_model(locate_model(tmp_path / "nothing"))


def test_shipped_models_have_names_unless_a_folder_has_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert locate_model(None) == locate_model("base")
    assert locate_model("fast") == locate_model("base").parent / "fast"
    (tmp_path / "fast").mkdir()
    assert locate_model("fast") == Path("fast")


def test_a_plain_encoder_says_that_it_must_be_fine_tuned(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="lgtalent train --encoder"):
        load_model(tiny_encoder(tmp_path / "bert"))


@pytest.mark.parametrize(
    "name, hub",
    [("klue/roberta-base", True), ("./models/base", False), ("/models/base", False),
     ("a/b/c", False), ("base", False), ("~/base", False)],
)  # fmt: skip
def test_hub_ids_and_paths(name: str, hub: bool) -> None:
    assert is_hub_id(name) is hub
