"""Training from data to a folder that extracts; runs are seeded; damage is named."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers import analyzer
from tiny_models import tiny_encoder, tiny_tagger

from lgtalent_ie import Extractor
from lgtalent_ie.model.config import MENTION_HEAD
from lgtalent_ie.model.tagger import RecurrentTagger
from lgtalent_ie.training.data import HEADS, Example, Labelled, examples
from lgtalent_ie.training.finetune import TrainingConfig, TrainingError, averaged, train
from lgtalent_ie.training.recipe import cut_vocabulary, train_model

TEXT = "새별전자가 정하늘 사장을 뽑았다."
SENTENCES = [
    Labelled(
        str(n), f"{name}전자가 연구원을 뽑았다.", {MENTION_HEAD: [(0, len(name) + 2, "ORG")]}, []
    )
    for n, name in enumerate(["새별", "한빛", "누리", "가람", "바다", "하늘"])
]
CONFIG = TrainingConfig(epochs=60, batch=20, learning_rate=3e-2, word_dropout=0.0, ema=0.5)


def tagger_for(seed: int = 0) -> RecurrentTagger:
    tiny = tiny_tagger()
    torch.manual_seed(seed)
    return RecurrentTagger(replace(tiny.config, heads=dict(HEADS)), tiny.vocabulary)


def training_examples() -> list[Example]:
    return list(examples(SENTENCES, analyzer(), 128))


def run(config: TrainingConfig, log: Sequence[str] = ()) -> tuple[RecurrentTagger, float]:
    tagger = tagger_for()
    lines = list(log)
    scores = train(tagger, training_examples(), SENTENCES[:2], analyzer(), config, lines.append)
    return tagger, scores[MENTION_HEAD]["micro"].f1


def test_a_small_set_is_learnt() -> None:
    assert run(CONFIG)[1] == 1.0


def test_the_same_seed_gives_the_same_weights() -> None:
    one, other = (run(replace(CONFIG, epochs=2))[0].state_dict() for _ in range(2))
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_a_loss_that_is_no_number_ends_the_run() -> None:
    tagger = tagger_for()
    with torch.no_grad():
        tagger.encoder.tags.weight.fill_(float("nan"))
    with pytest.raises(TrainingError, match="finite"):
        train(tagger, training_examples(), SENTENCES, analyzer(), CONFIG, print)


def test_averages_hold_only_inside_the_block() -> None:
    parameter = torch.nn.Parameter(torch.ones(2))
    with averaged([parameter], [torch.zeros(2)]):
        assert parameter.sum() == 0
    assert parameter.sum() == 2


def write_rows(path: Path, rows: list[dict[str, object]]) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")


def test_an_encoder_is_fine_tuned_and_extracts_without_network(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    for part in ("train", "dev"):
        row = {"id": "k1", "text": TEXT}
        write_rows(data / f"konec-{part}.jsonl", [row | {"spans": [[0, 4, "OGG_ECONOMY"]]}])
        write_rows(data / f"klue-ner-{part}.jsonl", [row | {"spans": [[0, 4, "OG"]]}])
    relation = {"id": "0", "text": "별전자.", "subject": [0, 3, "ORG"], "object": [0, 3, "PER"]}
    write_rows(data / "klue-re-train.jsonl", [relation])
    train_model(
        data, tmp_path / "model", TrainingConfig(epochs=1, learning_rate=3e-5), print,
        encoder=str(tiny_encoder(tmp_path / "encoder")),
    )  # fmt: skip
    names = {p.name for p in (tmp_path / "model").iterdir()}
    assert names == {"config.json", "model.safetensors", "encoder", "scores.json", "MODEL_CARD.md"}
    assert "--encoder" in (tmp_path / "model" / "MODEL_CARD.md").read_text(encoding="utf-8")
    document = Extractor(model=tmp_path / "model", device="cpu").extract(TEXT * 30)
    assert document.model == "model@1"
    assert all(document.text[m.start : m.end] == m.text for m in document.mentions)
    assert np.isfinite([m.score for m in document.mentions]).all()


def test_a_cut_vocabulary_keeps_the_vectors_of_what_it_keeps(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr("lgtalent_ie.training.recipe.FREQUENT_MORPHEMES", 2)
    tagger = tagger_for()
    smaller = cut_vocabulary(tagger, training_examples())
    # Row 1 is frequent, `이` (row 3) stands in no sentence and number words (row 2) neither.
    assert smaller.vocabulary.keys == [("", "OTHER"), ("연구원", "NNG")]
    assert torch.equal(smaller.encoder.morphemes.weight, tagger.encoder.morphemes.weight[[0, 1]])
    window = training_examples()[0].window
    assert torch.allclose(
        smaller.hidden([smaller.prepare(window)]), tagger.eval().hidden([tagger.prepare(window)])
    )
