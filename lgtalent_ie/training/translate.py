"""`lgtalent translate`: the sentences that only konec labels, labelled as KLUE would label them.

konec labels every KLUE-NER sentence finely, KLUE's own six labels are at hand for a quarter of
them. The two part ways on one span in six: KLUE joins chains that konec splits, draws some borders
elsewhere and leaves kinds out. A small network that reads konec's labels beside the words learns
this from the sentences that have both, and then translates the others: more training data for a
head that sees the words alone. One label set as a feature in learning another is the adaptation of
annotation standards of Jiang, Huang and Liu (2009).

On dev, with konec's gold to read, twelve epochs gave 86.4 micro and 85.1 macro F1 against KLUE's
gold.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from lgtalent_ie.engine.runtime import cpu_threads
from lgtalent_ie.errors import DataError
from lgtalent_ie.evaluation.spans import Score, Span, macro_f1, score_spans
from lgtalent_ie.model.config import RecurrentConfig, bio_tags
from lgtalent_ie.model.decoding import best_tags, log_softmax, spans_of_tags
from lgtalent_ie.model.encoder import PieceEncoder
from lgtalent_ie.model.pieces import Pieces, Vocabulary, join_pieces, kinds_of, make_pieces
from lgtalent_ie.morphemes import Analyzer
from lgtalent_ie.reading import Morpheme
from lgtalent_ie.training.data import FIX, analyse, read_rows
from lgtalent_ie.training.finetune import Log, TrainingError, descend, learning_rate_factor
from lgtalent_ie.training.labels import KLUE_LABELS
from lgtalent_ie.training.vector_files import vector_table

Row = dict[str, Any]
ScoredSpan = tuple[int, int, str, float]

SIZES = RecurrentConfig(hidden_size=160, layers=1, dropout=0.35)
# Dimensions of a konec tag, and its dropout: a low one, for the tag is what is translated.
MARK_SIZE, MARK_DROPOUT = 128, 0.1


@dataclass(frozen=True, slots=True)
class TranslatorConfig:
    """Settings of a run: `batch` in morphemes, `warmup` a share of all steps."""

    epochs: int = 12
    seed: int = 0
    batch: int = 1500
    learning_rate: float = 2.5e-3
    weight_decay: float = 1e-2
    warmup: float = 0.03


@dataclass(frozen=True, slots=True)
class Marked:
    """A sentence as the network reads it: words, and konec's tags as `marks`, int64 [N]."""

    id: str
    morphemes: tuple[Morpheme, ...]
    pieces: Pieces
    marks: NDArray[np.int64]


class Translator(PieceEncoder):
    """Morphemes and one label set's tags in, logits of another label set's tags out."""

    def __init__(self, vectors: Tensor, marks: int, tags: int) -> None:
        super().__init__(SIZES, len(vectors))
        with torch.no_grad():
            self.morphemes.weight.copy_(vectors)
        self.marks = nn.Embedding(marks, MARK_SIZE)
        self.mark_dropout = nn.Dropout(MARK_DROPOUT)
        inputs = self.input_size + MARK_SIZE
        self.lstm = nn.LSTM(inputs, SIZES.hidden_size, SIZES.layers, bidirectional=True)
        self.out = nn.Linear(2 * SIZES.hidden_size, tags)

    def forward(self, sentences: Sequence[Marked]) -> Tensor:
        """B sentences of one length T → float [B × T, tags].

        One length, so that they go as a block: see `RecurrentEncoder.read`.
        """
        batch = join_pieces([sentence.pieces for sentence in sentences])
        arrays = (batch.morphemes, batch.tags, batch.ngrams, batch.offsets)
        words = self.inputs(*(torch.from_numpy(array) for array in arrays))  # [B × T, inputs]
        numbers = torch.from_numpy(np.concatenate([s.marks for s in sentences]))  # [B × T]
        marks = self.mark_dropout(self.marks(numbers))  # [B × T, mark_size]
        joined = torch.cat([words, marks], dim=-1)  # [B × T, inputs + mark_size]
        block = joined.view(len(sentences), -1, joined.shape[1]).transpose(0, 1)  # [T, B, …]
        states, _ = self.lstm(block)  # [T, B, 2 × hidden]
        flat = states.transpose(0, 1).reshape(len(joined), -1)  # [B × T, 2 × hidden]
        logits: Tensor = self.out(self.dropout(flat))  # [B × T, tags]
        return logits


def translate_konec(
    data: Path, stream: IO[str], analyzer: Analyzer, config: TranslatorConfig, log: Log
) -> dict[str, Score]:
    """Write KLUE's labels for the konec-train sentences that KLUE-NER train lacks.

    `data` holds konec-train, konec-dev, klue-ner-train and klue-ner-dev; texts that are the same
    letter by letter are one sentence. `stream` gets a row `{"id", "spans": [[start, end, label,
    score], …]}` for each sentence, in konec's order, offsets half-open in code points, and is
    written to only when all are there. Dev is neither trained on nor picks anything: its scores,
    strict, against KLUE's gold are logged at the end and returned. The same seed gives the same
    rows on the same machine.

    Raises DataError where a file is missing or damaged or two files share no sentence,
    TrainingError where the loss is no number.
    """
    konec, klue = read_both(data, "train")
    konec_dev, klue_dev = read_both(data, "dev")
    vocabulary, vectors = vector_table(None)
    # Labels that only dev has are not known to the network: it reads them as unsure.
    fine = begin_tags(sorted({label for row in konec for _, _, label in row["spans"]}))
    targets = begin_tags(KLUE_LABELS)

    def read(rows: Iterable[Row]) -> list[Marked]:
        return [marked(row, fine, vocabulary, analyzer) for row in rows]

    both = read(row for row in konec if row["text"] in klue)
    gold = [klue[row["text"]] for row in konec if row["text"] in klue]
    rest = read(row for row in konec if row["text"] not in klue)
    log(f"{len(both)} sentences to learn from, {len(rest)} to translate")
    # The recurrence is too small for two threads, and one makes the same sums everywhere.
    with cpu_threads(1):
        torch.manual_seed(config.seed)
        network = Translator(vectors, 2 + 2 * len(fine), len(bio_tags(KLUE_LABELS)))
        tags = [tag_numbers(s.morphemes, g, targets) for s, g in zip(both, gold, strict=True)]
        learn(network, both, tags, config, log)
        rows = [
            {"id": sentence.id, "spans": [[s, e, label, round(p, 4)] for s, e, label, p in spans]}
            for sentence, spans in zip(rest, predict(network, rest, config.batch), strict=True)
        ]
        known = [row for row in konec_dev if row["text"] in klue_dev]
        found = predict(network, read(known), config.batch)
    scores = score_spans(
        (klue_dev[row["text"]], [(s, e, label) for s, e, label, _ in spans])
        for row, spans in zip(known, found, strict=True)
    )
    log(json.dumps({"dev sentences": len(known)} | points(scores)))
    for row in rows:
        stream.write(json.dumps(row, ensure_ascii=False) + "\n")
    return scores


def read_both(data: Path, part: str) -> tuple[list[Row], dict[str, list[Span]]]:
    """konec's rows of "train" or "dev", and KLUE's spans by the text of their sentence."""
    paths = data / f"konec-{part}.jsonl", data / f"klue-ner-{part}.jsonl"
    konec, klue_rows = labelled_rows(paths[0]), labelled_rows(paths[1])
    for row in klue_rows:
        for _, _, label in row["spans"]:
            if label not in KLUE_LABELS:
                raise DataError(
                    f"{paths[1]}, row {row['id']}: label {label}", ", ".join(KLUE_LABELS), FIX
                )
    klue = {row["text"]: [(s, e, label) for s, e, label in row["spans"]] for row in klue_rows}
    if not any(row["text"] in klue for row in konec):
        raise DataError(
            f"{paths[0]} and {paths[1]} without a sentence in common",
            "konec's and KLUE's labels of the same sentences, letter by letter",
            "take both files from one version of KLUE-NER",
        )
    return konec, klue


def labelled_rows(path: Path) -> list[Row]:
    """The rows of a file; DataError where one has no id, or no spans that name their label."""
    rows = read_rows(path)
    for number, row in enumerate(rows, 1):
        spans = row.get("spans")
        if not isinstance(row.get("id"), str) or spans is None:
            raise DataError(f"{path}, line {number} without id or spans", "both", FIX)
        if not all(isinstance(label, str) for _, _, label in spans):
            raise DataError(f"{path}, line {number}: spans {spans}", "labels that are names", FIX)
    return rows


def begin_tags(labels: Sequence[str]) -> dict[str, int]:
    """Label → the number of its B tag; that of its I tag is one more.

    >>> begin_tags(("ORG", "DATE"))
    {'ORG': 1, 'DATE': 3}
    """
    tags = bio_tags(tuple(labels))
    return {label: tags.index(f"B-{label}") for label in labels}


def tag_numbers(
    morphemes: Sequence[Morpheme], spans: Iterable[Span], begin: Mapping[str, int]
) -> NDArray[np.int64]:
    """BIO tag numbers, int64 [N]; a morpheme belongs to a span that it overlaps."""
    tags = np.zeros(len(morphemes), dtype=np.int64)
    for start, end, label in spans:
        for place, number in enumerate(overlapping(morphemes, start, end)):
            tags[number] = begin[label] + (place > 0)
    return tags


def overlapping(morphemes: Sequence[Morpheme], start: int, end: int) -> list[int]:
    """The numbers of the morphemes that stand in start..end, wholly or in part."""
    return [n for n, m in enumerate(morphemes) if m.start < end and start < m.end]


def marked(row: Row, fine: Mapping[str, int], vocabulary: Vocabulary, analyzer: Analyzer) -> Marked:
    """A konec row as the network reads it.

    Beside konec's tags there is one more, the last: something may stand here. It goes to spans that
    the row calls unsure, where no other tag is, and to labels that `fine` does not have.
    """
    morphemes = analyse(row["text"], analyzer)
    spans: list[Span] = [(s, e, label) for s, e, label in row["spans"]]
    marks = tag_numbers(morphemes, (span for span in spans if span[2] in fine), fine)
    unsure = [(span[0], span[1]) for span in row.get("unsure", ())]
    unsure += [(s, e) for s, e, label in spans if label not in fine]
    for start, end in unsure:
        for number in overlapping(morphemes, start, end):
            if marks[number] == 0:
                marks[number] = 1 + 2 * len(fine)
    pieces = make_pieces(kinds_of(morphemes, row["text"]), vocabulary, SIZES.ngram_buckets)
    return Marked(row["id"], morphemes, pieces, marks)


def blocks(numbers: Iterable[int], lengths: Sequence[int], budget: int) -> Iterator[list[int]]:
    """Batches of sentences of one length, of at most `budget` morphemes or of one sentence.

    `numbers` may be any of the places in `lengths`; empty sentences are left out.

    >>> list(blocks([0, 1, 2, 3, 4], [2, 3, 2, 0, 2], 5))
    [[0, 2], [4], [1]]
    """
    by_length: dict[int, list[int]] = {}
    for number in numbers:
        if lengths[number]:
            by_length.setdefault(lengths[number], []).append(number)
    for length, same in by_length.items():
        size = max(1, budget // length)
        yield from (same[at : at + size] for at in range(0, len(same), size))


def learn(
    network: Translator,
    sentences: Sequence[Marked],
    tags: Sequence[NDArray[np.int64]],
    config: TranslatorConfig,
    log: Log,
) -> None:
    """Train in place; `tags` are the targets, int64 [N] a sentence. The last epoch is what stays.

    torch's seed is the caller's, the order of the sentences comes of `config.seed`.
    """
    order = np.random.default_rng(config.seed)
    lengths = [len(sentence.morphemes) for sentence in sentences]
    parameters = [p for p in network.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(
        parameters, lr=config.learning_rate, weight_decay=config.weight_decay
    )
    # However the sentences are shuffled, a length makes the same number of blocks.
    steps = config.epochs * len(list(blocks(range(len(sentences)), lengths, config.batch)))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: learning_rate_factor(step / max(1, steps), config.warmup)
    )
    began = time.monotonic()
    network.train()
    for epoch in range(config.epochs):
        batches = list(blocks(order.permutation(len(sentences)).tolist(), lengths, config.batch))
        losses = []
        for place in order.permutation(len(batches)).tolist():
            gold = torch.from_numpy(np.concatenate([tags[n] for n in batches[place]]))  # [N]
            logits = network([sentences[n] for n in batches[place]])  # [N, tags]
            loss = nn.functional.cross_entropy(logits, gold)
            if not torch.isfinite(loss):
                raise TrainingError(
                    f"loss {loss.item()} in epoch {epoch + 1}", "a finite loss",
                    "look for damaged rows in the data, or try another --seed",
                )  # fmt: skip
            descend(loss, parameters, optimizer, schedule)
            losses.append(loss.item())
        minutes = round((time.monotonic() - began) / 60, 1)
        mean = round(sum(losses) / max(1, len(losses)), 4)
        log(json.dumps({"epoch": epoch + 1, "minutes": minutes, "loss": mean}))
    network.eval()


@torch.inference_mode()
def predict(
    network: Translator, sentences: Sequence[Marked], budget: int
) -> list[list[ScoredSpan]]:
    """KLUE's spans of every sentence with their scores, by constrained decoding."""
    network.eval()
    lengths = [len(sentence.morphemes) for sentence in sentences]
    results: list[list[ScoredSpan]] = [[] for _ in sentences]
    for batch in blocks(range(len(sentences)), lengths, budget):
        logits = network([sentences[n] for n in batch]).numpy()  # [B × T, tags]
        log_probabilities = log_softmax(logits)  # [B × T, tags]
        length = lengths[batch[0]]
        tags = best_tags(log_probabilities, np.full(len(batch), length))  # [B × T]
        for place, number in enumerate(batch):
            own = slice(place * length, (place + 1) * length)
            morphemes = sentences[number].morphemes
            results[number] = [
                (morphemes[s.first].start, morphemes[s.last].end, KLUE_LABELS[s.label], s.score)
                for s in spans_of_tags(tags[own], log_probabilities[own])
            ]
    return results


def points(scores: dict[str, Score]) -> dict[str, float]:
    """Micro and macro F1 and that of every label, in points."""
    values = {"micro": scores["micro"].f1, "macro": macro_f1(scores, KLUE_LABELS)}
    values |= {label: scores[label].f1 for label in KLUE_LABELS if label in scores}
    return {name: round(100 * value, 2) for name, value in values.items()}
