"""`lgtalent train`: from labelled data to a model folder, in one call."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from lgtalent_ie.evaluation.spans import Score
from lgtalent_ie.model.config import (
    KLUE_RE,
    RELATIONS,
    AttentionConfig,
    ModelConfig,
    RecurrentConfig,
    RelationConfig,
    SharedTables,
)
from lgtalent_ie.model.loading import AnyTagger, load_model, save_model, tables_checksum
from lgtalent_ie.model.pieces import Vocabulary
from lgtalent_ie.model.pretrained import PretrainedTagger, load_encoder, pretrained_config
from lgtalent_ie.model.tagger import RecurrentTagger, WindowText
from lgtalent_ie.morphemes import Analyzer
from lgtalent_ie.training.card import write_card
from lgtalent_ie.training.data import (
    HEADS,
    Example,
    Labelled,
    analyse,
    examples,
    labelled_konec,
    own_dev_set,
    read_rows,
    relation_dev_set,
    training_set,
)
from lgtalent_ie.training.dev_scores import headline, score_dev, write_scores
from lgtalent_ie.training.distill import SMALL, StudentSizes, student_of, with_beliefs
from lgtalent_ie.training.encoder_files import load_encoder_weights
from lgtalent_ie.training.finetune import Log, TrainingConfig, train
from lgtalent_ie.training.finetune_pairs import train_pairs
from lgtalent_ie.training.labels import KLUE_RELATIONS, OWN_RELATIONS
from lgtalent_ie.training.settle import settle
from lgtalent_ie.training.vector_files import vector_table

SCORES_FILE = "scores.json"

# Kiwi numbers its morphemes by frequency. The first 15,000 are kept whether they occurred in
# training or not.
FREQUENT_MORPHEMES = 15_000
MORPHEME_TABLE = "encoder.morphemes.weight"


def dev_set(data: Path) -> list[Labelled]:
    """The dev sentences with konec's and KLUE's gold; they pick settings, no more."""
    klue = {row["id"]: row for row in read_rows(data / "klue-ner-dev.jsonl")}
    rows = read_rows(data / "konec-dev.jsonl")
    return [labelled_konec(row, klue.get(row["id"]), None) for row in rows]


@dataclass(frozen=True, slots=True)
class Sources:
    """What a model is made from.

    `data` is the folder of labelled files; `annotations` the project's own marks; `translated` a
    file of `lgtalent translate`; `pretrained` a folder of `lgtalent pretrain`; `vectors` a file of
    Kiwi's vectors (made where it is not there); `encoder` a Hugging Face id or folder to fine-tune
    instead of the compact encoder; `start` a model folder to go on from instead of either.
    `teachers` are model folders to learn from, beside the labels: without `start` it is a smaller
    model that does, of the sizes of `student`, with the tables of the first of them.
    """

    data: Path
    annotations: Path | None = None
    translated: Path | None = None
    pretrained: Path | None = None
    vectors: Path | None = None
    encoder: str | None = None
    start: Path | None = None
    teachers: tuple[Path, ...] = ()
    student: StudentSizes = SMALL


def train_model(sources: Sources, out: Path, config: TrainingConfig, log: Log) -> None:
    """Train on the sources and write the folder `out`.

    The best epoch so far is always on disk; at the end the table of the compact encoder is cut to
    size, and the scores in the folder are those of what it then holds.
    """
    analyzer = Analyzer(num_workers=2)
    torch.manual_seed(config.seed)
    teachers = [load_model(folder) for folder in sources.teachers]
    if sources.start is not None:
        tagger: AnyTagger = load_model(sources.start)
    elif teachers:
        shared = tables_beside(sources.teachers[0], out)
        tagger = student_of(teachers[0], out.name, sources.student, shared)
    elif sources.encoder is not None:
        tagger = pretrained_tagger(out.name, sources.encoder)
    else:
        tagger = compact_tagger(out.name, sources)
    labelled = training_set(sources.data, sources.annotations, sources.translated)
    log(f"{len(labelled)} training sentences")
    training = list(examples(labelled, analyzer, 128))
    if teachers:
        training = with_beliefs(teachers, training, {s.id for s in labelled if s.own})
    dev = [
        *dev_set(sources.data),
        *own_dev_set(sources.data, sources.annotations),
        *relation_dev_set(sources.data),
    ]
    own = sum(sentence.own for sentence in labelled)

    def keep(tagger: AnyTagger, scores: dict[str, dict[str, Score]], calibration: str = "") -> None:
        save_model(tagger, out)
        write_scores(scores, out / SCORES_FILE)
        made = command(sources, config)
        pretrained = sources.pretrained is not None
        write_card(tagger.config, scores, own, made, out, pretrained, calibration)

    train(tagger, repeated(training, labelled, config), dev, analyzer, config, log, keep)
    windows = [WindowText(s.text, analyse(s.text, analyzer)) for s in dev]
    if isinstance(tagger, RecurrentTagger):
        train_pairs(tagger, training, dev, windows, config, log)
        save_model(cut_vocabulary(tagger, training), out)
        # What is scored is what is on disk, rounded tables and all.
        shipped = load_model(out)
        calibration = settle(shipped, dev, windows)
        scores = score_dev(shipped, dev, windows)
        log(f"cut and rounded: {headline(scores)}")
        keep(shipped, scores, str(calibration))


def tables_beside(teacher: Path, out: Path) -> SharedTables | None:
    """The teacher's tables where the new model will lie beside it, else None: it has its own."""
    if teacher.resolve().parent != out.resolve().parent:
        return None
    return SharedTables(teacher.name, tables_checksum(teacher))


def pretrained_tagger(name: str, encoder: str) -> AnyTagger:
    """A tagger of a Hugging Face encoder with untrained heads."""
    network, tokenizer = load_encoder(encoder)
    sizes = pretrained_config(network, tokenizer)
    longest = sizes.max_length - 2
    config = ModelConfig(name, "1", pretrained=sizes, heads=dict(HEADS), longest=longest)
    return PretrainedTagger(config, network, tokenizer)


def compact_tagger(name: str, sources: Sources) -> RecurrentTagger:
    """A compact tagger with untrained heads over Kiwi's vectors and, if there is one, a pretrained
    encoder.
    """
    vocabulary, table = vector_table(sources.vectors)
    sizes: RecurrentConfig | AttentionConfig = RecurrentConfig()
    state: dict[str, Tensor] = {}
    if sources.pretrained is not None:
        sizes, state = load_encoder_weights(sources.pretrained)
        sizes = replace(sizes, dropout=RecurrentConfig().dropout)
    config = ModelConfig(
        name,
        "2",
        recurrent=sizes if isinstance(sizes, RecurrentConfig) else None,
        attention=sizes if isinstance(sizes, AttentionConfig) else None,
        relations=RelationConfig(labels={RELATIONS: OWN_RELATIONS, KLUE_RE: KLUE_RELATIONS}),
        heads=dict(HEADS),
    )
    tagger = RecurrentTagger(config, vocabulary)
    tagger.encoder.load_state_dict(state | {"morphemes.weight": table}, strict=bool(state))
    return tagger


def cut_vocabulary(tagger: RecurrentTagger, training: Sequence[Example]) -> RecurrentTagger:
    """The tagger with only Kiwi's most frequent morphemes and those seen more than once.

    The vectors are frozen, so nothing has to be trained again. Of 70,000 rows 27,000 remain; on dev
    that cost at most 0.25 points of any head, and saves 11 of 25 MB. One that is cut stays so.
    """
    if tagger.vocabulary.cut:
        return tagger.eval()
    seen: Counter[int] = Counter()
    for example in training:
        for morpheme in example.window.morphemes:
            seen[tagger.vocabulary.row(morpheme.form, morpheme.tag.partition("-")[0])] += 1
    rows = [
        row for row in range(1, len(tagger.vocabulary)) if row < FREQUENT_MORPHEMES or seen[row] > 1
    ]
    kept, keys = set(rows), tagger.vocabulary.keys
    cut = [keys[row] for row in range(1, len(keys)) if row not in kept]
    vocabulary = Vocabulary([keys[row] for row in rows], cut)
    smaller = RecurrentTagger(tagger.config, vocabulary)
    state = dict(tagger.state_dict())
    state[MORPHEME_TABLE] = state[MORPHEME_TABLE][[0, *rows]]
    smaller.load_state_dict(state)
    return smaller.eval()


def repeated(
    training: list[Example], labelled: Sequence[Labelled], config: TrainingConfig
) -> list[Example]:
    """The examples with those of the own marks several times over."""
    own = {sentence.id for sentence in labelled if sentence.own}
    return training + (config.own_repeats - 1) * [e for e in training if e.id in own]


def command(sources: Sources, config: TrainingConfig) -> str:
    """The command line that makes the model again."""
    chosen = f" --encoder {sources.encoder}" if sources.encoder else ""
    chosen += " --start MODEL" if sources.start else ""
    chosen += len(sources.teachers) * " --teacher MODEL"
    if sources.teachers and sources.start is None:
        chosen += f" --layers {sources.student.layers} --width {sources.student.width}"
    chosen += " --pretrained ENCODER" if sources.pretrained else ""
    chosen += " --translated TRANSLATED" if sources.translated else ""
    return (
        f"lgtalent train --data DATA --annotations annotations --out FOLDER{chosen}"
        f" --epochs {config.epochs} --learning-rate {config.learning_rate:g}"
        f" --pair-epochs {config.pair_epochs} --seed {config.seed}"
    )
