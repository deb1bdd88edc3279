"""From data to a folder that extracts: whichever encoder it starts from, all sources are used."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from helpers import analyzer
from tiny_models import tiny_encoder, tiny_tagger

from lgtalent_ie import Extractor
from lgtalent_ie.cli import command as lgtalent
from lgtalent_ie.model.config import KLUE_RE, RELATIONS, RecurrentConfig
from lgtalent_ie.model.loading import QUANTIZED, compress, load_model
from lgtalent_ie.model.tagger import RecurrentTagger
from lgtalent_ie.training import recipe
from lgtalent_ie.training.data import HEADS, Labelled, examples
from lgtalent_ie.training.distill import StudentSizes
from lgtalent_ie.training.encoder_files import new_encoder, save_encoder
from lgtalent_ie.training.finetune import TrainingConfig
from lgtalent_ie.training.labels import KLUE_RELATIONS, OWN_RELATIONS
from lgtalent_ie.training.recipe import (
    Sources,
    command,
    compact_tagger,
    cut_vocabulary,
    repeated,
    train_model,
)
from lgtalent_ie.training.vector_files import write_vectors

TEXT = "새별전자가 정하늘 사장을 뽑았다."
CONFIG, DEFAULT = TrainingConfig(epochs=1), TrainingConfig()
KEYS = [("새별", "NNP"), ("전자", "NNG"), ("사장", "NNG"), ("이", "JKS")]
SIZES = RecurrentConfig(
    morpheme_size=8, tag_size=4, ngram_size=8, ngram_buckets=64, hidden_size=8, layers=1
)


def write_rows(path: Path, *rows: dict[str, Any]) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of a sentence or two in every file; Kiwi is loaded once for all tests."""
    monkeypatch.setattr(recipe, "Analyzer", lambda num_workers: analyzer())
    folder = tmp_path / "data"
    relation = {
        "id": "0", "text": TEXT, "subject": [6, 9, "PER"], "object": [0, 4, "ORG"],
        "label": "per:employee_of",
    }  # fmt: skip
    for part in ("train", "dev"):
        row = {"id": "k1", "text": TEXT}
        other = {"id": "k2", "text": f"올해 {TEXT}", "spans": [[3, 7, "OGG_ECONOMY"]]}
        write_rows(folder / f"konec-{part}.jsonl", row | {"spans": [[0, 4, "OGG_ECONOMY"]]}, other)
        write_rows(folder / f"klue-ner-{part}.jsonl", row | {"spans": [[0, 4, "OG"]]})
        write_rows(folder / f"klue-re-{part}.jsonl", relation)
    return folder


@pytest.fixture
def sources(data: Path, tmp_path: Path) -> Sources:
    """Everything that a compact model is made from, all small."""
    translated = write_rows(tmp_path / "klue.jsonl", {"id": "k2", "spans": [[3, 7, "OG", 0.9]]})
    annotations = tmp_path / "annotations"
    own = {"spans": [[0, 4, "ORG"], [6, 9, "PERSON"]], "relations": [["per:employee_of", 1, 0]]}
    annotations.mkdir()
    # Of these two the second picks settings.
    for name in ("own", "w1"):
        write_rows(annotations / "written" / f"{name}.jsonl", {"id": name, "text": TEXT} | own)
    torch.manual_seed(3)
    table = torch.cat([torch.zeros(1, 8), torch.randn(len(KEYS), 8)])
    vectors = tmp_path / "vectors.safetensors"
    write_vectors(vectors, KEYS, compress({QUANTIZED[0]: table}))
    save_encoder(new_encoder(SIZES, 2), SIZES, tmp_path / "pretrained")
    return Sources(data, annotations, translated, tmp_path / "pretrained", vectors)


def test_a_compact_model_is_made_from_all_sources(sources: Sources, tmp_path: Path) -> None:
    log: list[str] = []
    train_model(sources, tmp_path / "model", CONFIG, log.append)
    folder = tmp_path / "model"
    names = {path.name for path in folder.iterdir()}
    assert names == {
        "config.json", "model.safetensors", "morphemes.txt", "scores.json", "MODEL_CARD.md"
    }  # fmt: skip
    assert log[0] == "4 training sentences"
    scores = json.loads((folder / "scores.json").read_text(encoding="utf-8"))
    assert set(scores) == {*HEADS, "own", RELATIONS, KLUE_RE}
    card = (folder / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert "--pretrained ENCODER --translated TRANSLATED" in card

    tagger = load_model(folder)
    assert tagger.config.recurrent == replace(SIZES, dropout=RecurrentConfig().dropout)
    assert tagger.config.relations is not None
    assert tagger.config.relations.labels == {RELATIONS: OWN_RELATIONS, KLUE_RE: KLUE_RELATIONS}
    document = Extractor(model=folder, device="cpu").extract(TEXT)
    assert all(document.text[m.start : m.end] == m.text for m in document.mentions)


def test_a_compact_tagger_starts_from_the_pretrained_encoder(sources: Sources) -> None:
    assert sources.pretrained is not None
    tagger = compact_tagger("m", sources)
    _, weights = recipe.load_encoder_weights(sources.pretrained)
    state = tagger.encoder.state_dict()
    assert weights and all(torch.equal(state[name], weights[name]) for name in weights)
    assert tagger.vocabulary.keys[1:] == KEYS
    assert (state["morphemes.weight"][0] == 0).all() and state["morphemes.weight"][1:].any()


def test_an_encoder_is_fine_tuned_and_extracts_without_network(data: Path, tmp_path: Path) -> None:
    encoder = str(tiny_encoder(tmp_path / "encoder"))
    config = replace(CONFIG, learning_rate=3e-5)
    train_model(Sources(data, encoder=encoder), tmp_path / "model", config, print)
    names = {p.name for p in (tmp_path / "model").iterdir()}
    assert names == {"config.json", "model.safetensors", "encoder", "scores.json", "MODEL_CARD.md"}
    assert "--encoder" in (tmp_path / "model" / "MODEL_CARD.md").read_text(encoding="utf-8")
    document = Extractor(model=tmp_path / "model", device="cpu").extract(TEXT * 30)
    assert document.model == "model@1"
    assert all(document.text[m.start : m.end] == m.text for m in document.mentions)
    assert np.isfinite([m.score for m in document.mentions]).all()


def test_a_cut_vocabulary_keeps_the_vectors_of_what_it_keeps(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(recipe, "FREQUENT_MORPHEMES", 2)
    tiny = tiny_tagger()
    tagger = RecurrentTagger(replace(tiny.config, heads=dict(HEADS)), tiny.vocabulary).eval()
    sentences = [Labelled(n, f"{n}전자가 연구원을 뽑았다.", {}) for n in ("새별", "한빛")]
    training = list(examples(sentences, analyzer(), 128))
    smaller = cut_vocabulary(tagger, training)
    # Row 1 is frequent, `이` (row 3) stands in no sentence and number words (row 2) neither.
    assert smaller.vocabulary.keys == [("", "OTHER"), ("연구원", "NNG")]
    assert torch.equal(smaller.encoder.morphemes.weight, tagger.encoder.morphemes.weight[[0, 1]])
    window = training[0].window
    assert torch.allclose(
        smaller.hidden([smaller.prepare(window)]), tagger.hidden([tagger.prepare(window)])
    )


def test_own_sentences_are_repeated() -> None:
    labelled = [Labelled("a", TEXT, {}, own=True), Labelled("b", TEXT, {})]
    training = list(examples(labelled, analyzer(), 128))
    ids = [example.id for example in repeated(training, labelled, TrainingConfig(own_repeats=3))]
    assert sorted(ids) == ["a", "a", "a", "b"]


def test_the_card_says_how_to_make_the_model_again() -> None:
    config = TrainingConfig(epochs=4, learning_rate=2e-3, seed=5)
    plain = "lgtalent train --data DATA --annotations annotations --out FOLDER"
    settings = "--epochs 4 --learning-rate 0.002 --pair-epochs 4 --seed 5"
    here = Path("here")
    assert command(Sources(here), config) == f"{plain} {settings}"
    assert command(Sources(here, translated=here, pretrained=here), config) == (
        f"{plain} --pretrained ENCODER --translated TRANSLATED {settings}"
    )
    assert command(Sources(here, encoder="a/b"), config) == f"{plain} --encoder a/b {settings}"


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What `lgtalent train` hands to `train_model`, which is not run."""
    calls: list[tuple[Any, ...]] = []
    monkeypatch.setattr(recipe, "train_model", lambda *given: calls.append(given))
    return calls


def test_the_command_names_its_sources(called: list[tuple[Any, ...]]) -> None:
    line = (
        "train --data d --annotations a --out o --pretrained p --translated t.jsonl"
        " --vectors v.safetensors --epochs 2 --seed 3 --minutes 7"
    )
    done = CliRunner().invoke(lgtalent, line.split(), standalone_mode=False)
    assert done.exception is None, done.exception
    [(sources, out, config, _)] = called
    assert sources == Sources(
        Path("d"), Path("a"), Path("t.jsonl"), Path("p"), Path("v.safetensors")
    )
    assert out == Path("o")
    assert config == TrainingConfig(epochs=2, seed=3, minutes=7.0)


def test_a_teacher_makes_sentences_of_two_marks_worth_more(called: list[tuple[Any, ...]]) -> None:
    line = "train --data d --out o --teacher base --layers 2 --width 64"
    done = CliRunner().invoke(lgtalent, line.split(), standalone_mode=False)
    assert done.exception is None, done.exception
    [(sources, _, config, _)] = called
    assert (sources.teachers, sources.student) == ((Path("base"),), StudentSizes(2, 64))
    assert config.partial_share > TrainingConfig().partial_share


@pytest.mark.parametrize(
    "options, epochs", [("", 4), ("--pair-epochs 0", 0), ("--pair-epochs 9", 9)]
)
def test_the_head_over_pairs_has_epochs_of_its_own(
    options: str, epochs: int, called: list[tuple[Any, ...]]
) -> None:
    line = f"train --data d --out o {options}"
    done = CliRunner().invoke(lgtalent, line.split(), standalone_mode=False)
    assert done.exception is None, done.exception
    [(_, _, config, _)] = called
    assert config.pair_epochs == epochs


@pytest.mark.parametrize(
    "options, epochs, learning_rate",
    [
        ("", DEFAULT.epochs, DEFAULT.learning_rate),
        ("--encoder a/b", 3, 3e-5),
        ("--encoder a/b --learning-rate 1e-5", 3, 1e-5),
    ],
)
def test_the_command_knows_what_suits_an_encoder(
    options: str, epochs: int, learning_rate: float, called: list[tuple[Any, ...]]
) -> None:
    line = f"train --data d --out o {options}"
    done = CliRunner().invoke(lgtalent, line.split(), standalone_mode=False)
    assert done.exception is None, done.exception
    [(sources, _, config, _)] = called
    assert sources == Sources(Path("d"), encoder="a/b" if options else None)
    assert (config.epochs, config.learning_rate) == (epochs, learning_rate)
