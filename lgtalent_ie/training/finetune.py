"""Training a tagger on labelled sentences: one seeded run, the best epoch on dev is kept."""

from __future__ import annotations

import copy
import json
import math
import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from lgtalent_ie.engine.packing import batches
from lgtalent_ie.engine.runtime import Runtime
from lgtalent_ie.errors import LgtalentError
from lgtalent_ie.evaluation.spans import Score, macro_f1, score_spans
from lgtalent_ie.model.config import MENTION_HEAD
from lgtalent_ie.model.loading import AnyTagger
from lgtalent_ie.model.pieces import UNKNOWN, Pieces
from lgtalent_ie.model.tagger import RecurrentTagger, WindowText
from lgtalent_ie.morphemes import Analyzer
from lgtalent_ie.training.data import HEADS, IGNORED, Example, Labelled, analyse

Log = Callable[[str], None]
Keep = Callable[[AnyTagger, dict[str, dict[str, Score]]], None]


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """Settings of a run. `batch` in morphemes; `minutes` ends the run early, cleanly.

    `partial_share` of the sentences of which only some spans are known take part in each epoch;
    `own_repeats` is how often the project's own marks do. `word_dropout` hides a morpheme's vector
    so that its characters must speak for it; `ema` averages the weights over steps (Polyak and
    Juditsky 1992).
    """

    epochs: int = 9
    batch: int = 2000
    partial_share: float = 0.15
    learning_rate: float = 2e-3
    weight_decay: float = 1e-2
    warmup: float = 0.05
    word_dropout: float = 0.1
    ema: float = 0.998
    minutes: float = 60.0
    seed: int = 20
    own_repeats: int = 3
    mention_weight: float = 1.0
    konec_weight: float = 0.5
    klue_weight: float = 1.0

    def weight(self, head: str) -> float:
        """The loss weight of a head."""
        return {MENTION_HEAD: self.mention_weight, "konec": self.konec_weight}.get(
            head, self.klue_weight
        )


class TrainingError(LgtalentError):
    """A run cannot go on."""


def keep_nothing(tagger: AnyTagger, scores: dict[str, dict[str, Score]]) -> None:
    """For runs whose weights matter only at the end."""


def train(
    tagger: AnyTagger,
    training: Sequence[Example],
    dev: Sequence[Labelled],
    analyzer: Analyzer,
    config: TrainingConfig,
    log: Log,
    keep: Keep = keep_nothing,
) -> dict[str, dict[str, Score]]:
    """Train in place; afterwards the tagger holds the best averaged weights. Returns dev scores.

    `keep` is called with tagger and scores whenever an epoch is the best so far, so that an
    interrupted run leaves a model behind.
    Raises TrainingError where the loss is no number.
    """
    random.seed(config.seed)
    np.random.seed(config.seed)
    torch.manual_seed(config.seed)
    prepared = [tagger.prepare(example.window) for example in training]
    costs = [len(example.window.morphemes) for example in training]
    parameters = [p for p in tagger.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(
        parameters, lr=config.learning_rate, weight_decay=config.weight_decay
    )
    partial = [n for n, example in enumerate(training) if is_partial(example)]
    whole = sorted(set(range(len(training))) - set(partial))
    taken = round(config.partial_share * len(partial))
    tokens = sum(costs[n] for n in whole) + config.partial_share * sum(costs[n] for n in partial)
    steps = max(1, config.epochs * math.ceil(tokens / config.batch))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: learning_rate_factor(step / steps, config.warmup)
    )
    average = [p.detach().clone() for p in parameters]
    dev_windows = [WindowText(s.text, analyse(s.text, analyzer)) for s in dev]
    best: tuple[float, dict[str, Tensor], dict[str, dict[str, Score]]] | None = None
    began, step = time.monotonic(), 0
    for epoch in range(config.epochs):
        tagger.train()
        losses = []
        for batch in shuffled_batches(whole + random.sample(partial, taken), costs, config.batch):
            loss = batch_loss(
                tagger, [prepared[n] for n in batch], [training[n] for n in batch], config
            )
            if not torch.isfinite(loss):
                raise TrainingError(
                    f"loss {loss.item()} at step {step}", "a finite loss",
                    "lower --learning-rate, or look for damaged rows in the data",
                )  # fmt: skip
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(parameters, 1.0)
            optimizer.step()
            schedule.step()
            step += 1
            # A short memory at first, or the average would carry the random start along.
            decay = min(config.ema, (1 + step) / (10 + step))
            for kept, now in zip(average, parameters, strict=True):
                kept.lerp_(now.detach(), 1 - decay)
            losses.append(loss.item())
        with averaged(parameters, average):
            scores = score_dev(tagger, dev, dev_windows)
            quality = selection_score(scores)
            if best is None or quality > best[0]:
                best = (quality, copy.deepcopy(tagger.state_dict()), scores)
                keep(tagger, scores)
        minutes = (time.monotonic() - began) / 60
        log(
            json.dumps(
                {
                    "epoch": epoch + 1,
                    "minutes": round(minutes, 1),
                    "loss": round(float(np.mean(losses)), 4),
                }
                | headline(scores)
            )
        )
        if minutes * (epoch + 2) / (epoch + 1) > config.minutes:
            break
    assert best is not None
    tagger.load_state_dict(best[1])
    tagger.eval()
    return best[2]


def learning_rate_factor(progress: float, warmup: float) -> float:
    """Linear up over the warm-up, then a half cosine down to zero."""
    if progress < warmup:
        return progress / warmup
    return 0.5 * (1 + math.cos(math.pi * min(1.0, (progress - warmup) / (1 - warmup))))


def is_partial(example: Example) -> bool:
    """True where hardly anything of the sentence is known."""
    known = sum(int((tags != IGNORED).sum()) for tags in example.targets.values())
    return 2 * known < len(example.window.morphemes)


def shuffled_batches(numbers: Sequence[int], costs: Sequence[int], budget: int) -> list[list[int]]:
    """Batches of examples of like length, made anew from jittered lengths, in random order."""
    jittered = [int(costs[n] * (1 + 0.1 * random.random())) + 1 for n in numbers]
    result = [[numbers[place] for place in batch] for batch in batches(jittered, budget)]
    random.shuffle(result)
    return result


def batch_loss(
    tagger: AnyTagger, prepared: Sequence[object], batch: Sequence[Example], config: TrainingConfig
) -> Tensor:
    """Weighted cross-entropy over all heads that the batch has targets for, per morpheme."""
    if isinstance(tagger, RecurrentTagger):
        prepared = [hide_words(pieces, config.word_dropout) for pieces in prepared]
    hidden = tagger.hidden(prepared)  # type: ignore[arg-type]  # [N, hidden]
    loss = hidden.new_zeros(())
    for head in HEADS:
        targets = np.concatenate(
            [
                e.targets[head] if head in e.targets else np.full(len(e.window.morphemes), IGNORED)
                for e in batch
            ]
        )
        gold = torch.from_numpy(targets).to(hidden.device)  # [N]
        known = int((gold != IGNORED).sum())
        if known:
            logits = tagger.logits(hidden, head)  # [N, tags]
            summed = nn.functional.cross_entropy(
                logits, gold, ignore_index=IGNORED, reduction="sum"
            )
            loss = loss + config.weight(head) * summed / len(gold)
    return loss


def hide_words(pieces: object, share: float) -> Pieces:
    """A copy of the pieces with a random share of the morphemes made unknown."""
    assert isinstance(pieces, Pieces)
    hidden = np.random.random(len(pieces.morphemes)) < share
    return replace(pieces, morphemes=np.where(hidden, UNKNOWN, pieces.morphemes))


@contextmanager
def averaged(parameters: Sequence[nn.Parameter], average: Sequence[Tensor]) -> Iterator[None]:
    """Within the block the parameters hold their averages."""
    own = [p.detach().clone() for p in parameters]
    set_values(parameters, average)
    try:
        yield
    finally:
        set_values(parameters, own)


@torch.no_grad()
def set_values(parameters: Sequence[nn.Parameter], values: Sequence[Tensor]) -> None:
    """Copy the values into the parameters."""
    for parameter, value in zip(parameters, values, strict=True):
        parameter.copy_(value)


def score_dev(
    tagger: AnyTagger, dev: Sequence[Labelled], windows: Sequence[WindowText]
) -> dict[str, dict[str, Score]]:
    """Strict scores per head on the sentences that have gold for it, own marks apart as `own`."""
    runtime = Runtime(tagger, device=str(tagger.device))
    scores = {}
    groups = [(head, False) for head in HEADS] + [(MENTION_HEAD, True)]
    for head, own in groups:
        labels = HEADS[head]
        numbers = [n for n, s in enumerate(dev) if head in s.spans and s.own == own]
        if not numbers:
            continue
        found = runtime.spans([windows[n] for n in numbers], head)
        pairs = []
        for n, spans in zip(numbers, found, strict=True):
            morphemes = windows[n].morphemes
            predicted = [
                (morphemes[s.first].start, morphemes[s.last].end, labels[s.label]) for s in spans
            ]
            pairs.append((dev[n].spans[head], outside(predicted, dev[n].unsure, head)))
        scores["own" if own else head] = score_spans(pairs)
    return scores


def outside(
    spans: Sequence[tuple[int, int, str]], unsure: Sequence[tuple[int, int, str]], head: str
) -> list[tuple[int, int, str]]:
    """Predictions of the mention head that touch no span of unknown label."""
    if head != MENTION_HEAD:
        return list(spans)
    return [s for s in spans if all(s[1] <= start or end <= s[0] for start, end, _ in unsure)]


def selection_score(scores: dict[str, dict[str, Score]]) -> float:
    """What picks the epoch: the mean of the heads' micro F1."""
    return float(np.mean([by_label["micro"].f1 for by_label in scores.values()]))


def headline(scores: dict[str, dict[str, Score]]) -> dict[str, float]:
    """What is worth a look after each epoch, in points."""
    values = {}
    for head, by_label in scores.items():
        values[f"{head} micro"] = by_label["micro"].f1
        for label in ("ORG", "OG"):
            if label in by_label:
                values[f"{head} {label}"] = by_label[label].f1
        if head == "klue":
            values["klue macro"] = macro_f1(by_label, HEADS["klue"])
    return {name: round(100 * value, 2) for name, value in values.items()}


def write_scores(scores: dict[str, dict[str, Score]], path: Path) -> None:
    """The scores as JSON, in points, for the model card."""
    table = {
        head: {
            label: {"precision": round(100 * s.precision, 2), "recall": round(100 * s.recall, 2),
                    "f1": round(100 * s.f1, 2), "gold": s.gold}
            for label, s in by_label.items()
        }
        for head, by_label in scores.items()
    }  # fmt: skip
    path.write_text(json.dumps(table, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
