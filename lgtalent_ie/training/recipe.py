"""`lgtalent train`: from labelled data to a model folder, in one call."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch

from lgtalent_ie.evaluation.spans import Score
from lgtalent_ie.model.config import ModelConfig, RecurrentConfig
from lgtalent_ie.model.loading import AnyTagger, save_model
from lgtalent_ie.model.pieces import Vocabulary
from lgtalent_ie.model.pretrained import PretrainedTagger, load_encoder, pretrained_config
from lgtalent_ie.model.tagger import RecurrentTagger
from lgtalent_ie.morphemes import Analyzer
from lgtalent_ie.training.card import write_card
from lgtalent_ie.training.data import (
    HEADS,
    Example,
    Labelled,
    examples,
    labelled_konec,
    own_dev_set,
    read_rows,
    training_set,
)
from lgtalent_ie.training.finetune import Log, TrainingConfig, train, write_scores
from lgtalent_ie.training.kiwi_vectors import kiwi_vectors

SCORES_FILE = "scores.json"


def dev_set(data: Path) -> list[Labelled]:
    """The dev sentences with konec's and KLUE's gold; they pick settings, no more."""
    klue = {row["id"]: row for row in read_rows(data / "klue-ner-dev.jsonl")}
    rows = read_rows(data / "konec-dev.jsonl")
    return [labelled_konec(row, klue.get(row["id"]), None) for row in rows]


def train_model(
    data: Path,
    out: Path,
    config: TrainingConfig,
    log: Log,
    annotations: Path | None = None,
    encoder: str | None = None,
    recurrent: RecurrentConfig | None = None,
    vocabulary_size: int = 70_000,
) -> None:
    """Train on the files of `data` (and the own marks of `annotations`) and write the folder `out`.

    `encoder` is a Hugging Face id or folder to fine-tune instead of the compact encoder. The rows
    of the vocabulary are Kiwi's most frequent morphemes.
    """
    analyzer = Analyzer(num_workers=2)
    torch.manual_seed(config.seed)
    if encoder is None:
        tagger: AnyTagger = compact_tagger(
            out.name, analyzer, recurrent or RecurrentConfig(), vocabulary_size
        )
    else:
        network, tokenizer = load_encoder(encoder)
        sizes = pretrained_config(network, tokenizer)
        tagger = PretrainedTagger(
            ModelConfig(
                out.name, "1", pretrained=sizes, heads=dict(HEADS), longest=sizes.max_length - 2
            ),
            network, tokenizer,
        )  # fmt: skip
    labelled = training_set(data, annotations)
    log(f"{len(labelled)} training sentences")
    training = repeated(list(examples(labelled, analyzer, 128)), labelled, annotations, config)
    dev = [*dev_set(data), *own_dev_set(data, annotations)]
    own = sum(sentence.own for sentence in labelled)

    def keep(scores: dict[str, dict[str, Score]]) -> None:
        save_model(tagger, out)
        write_scores(scores, out / SCORES_FILE)
        write_card(tagger.config, scores, own, command(encoder, config), out)

    train(tagger, training, dev, analyzer, config, log, keep)


def compact_tagger(
    name: str, analyzer: Analyzer, recurrent: RecurrentConfig, vocabulary_size: int
) -> RecurrentTagger:
    """An untrained compact tagger whose morpheme table holds Kiwi's vectors."""
    keys, vectors = kiwi_vectors(analyzer.kiwi)
    vocabulary = Vocabulary(keys[:vocabulary_size])
    tagger = RecurrentTagger(
        ModelConfig(name, "1", recurrent=recurrent, heads=dict(HEADS)), vocabulary
    )
    with torch.no_grad():
        tagger.encoder.morphemes.weight.zero_()
        # Unit vectors over 256 dimensions are small beside the other inputs; 8 makes them alike.
        tagger.encoder.morphemes.weight[1:] = 8 * torch.from_numpy(vectors[:vocabulary_size])
    return tagger


def repeated(
    training: list[Example],
    labelled: Sequence[Labelled],
    annotations: Path | None,
    config: TrainingConfig,
) -> list[Example]:
    """The examples with those of the own marks several times over."""
    if annotations is None:
        return training
    own = {sentence.id for sentence in labelled if sentence.own}
    return training + (config.own_repeats - 1) * [e for e in training if e.id in own]


def command(encoder: str | None, config: TrainingConfig) -> str:
    """The command line that makes the model again."""
    chosen = f" --encoder {encoder}" if encoder else ""
    return (
        f"lgtalent train --data DATA --annotations annotations --out FOLDER{chosen}"
        f" --epochs {config.epochs} --learning-rate {config.learning_rate:g} --seed {config.seed}"
    )
