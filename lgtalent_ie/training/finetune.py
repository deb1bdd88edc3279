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

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from lgtalent_ie.engine.packing import batches
from lgtalent_ie.errors import LgtalentError
from lgtalent_ie.evaluation.spans import Score
from lgtalent_ie.model.config import KLUE_RE, MENTION_HEAD, RELATIONS
from lgtalent_ie.model.loading import AnyTagger
from lgtalent_ie.model.pairs import PairHead, Pairs
from lgtalent_ie.model.pieces import UNKNOWN, Pieces
from lgtalent_ie.model.tagger import RecurrentTagger, WindowText
from lgtalent_ie.morphemes import Analyzer
from lgtalent_ie.training.data import HEADS, Example, Labelled, analyse
from lgtalent_ie.training.dev_scores import headline, score_dev, selection_score
from lgtalent_ie.training.labels import IGNORED
from lgtalent_ie.training.marked_pairs import PairTargets

Log = Callable[[str], None]
Keep = Callable[[AnyTagger, dict[str, dict[str, Score]]], None]


@dataclass(frozen=True, slots=True)
class TrainingConfig:
    """Settings of a run. `batch` in morphemes; `minutes` ends the epochs early, cleanly.

    `partial_share` of the sentences of which only some spans are known take part in each epoch;
    `own_repeats` is how often the project's own marks do. `word_dropout` hides a morpheme's vector
    so that its characters must speak for it; `ema` averages the weights over steps (Polyak and
    Juditsky 1992). Where a teacher's beliefs are known, `belief_share` of a head's loss follows
    them and the rest the labels. `pair_epochs` more over all pairs follow for the head over pairs
    alone (`finetune_pairs.py`).
    """

    epochs: int = 7
    batch: int = 2000
    partial_share: float = 0.1
    learning_rate: float = 1.5e-3
    weight_decay: float = 1e-2
    warmup: float = 0.05
    word_dropout: float = 0.1
    ema: float = 0.998
    minutes: float = 60.0
    seed: int = 20
    own_repeats: int = 4
    mention_weight: float = 1.0
    konec_weight: float = 1.0
    klue_weight: float = 1.0
    klue_re_weight: float = 2.0
    relation_weight: float = 1.0
    belief_share: float = 0.7
    pair_epochs: int = 4
    pair_learning_rate: float = 7e-4

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
            check_loss(loss, step)
            descend(loss, parameters, optimizer, schedule)
            step += 1
            follow(average, parameters, config.ema, step)
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


def check_loss(loss: Tensor, step: int) -> None:
    """TrainingError where the loss is no number."""
    if not torch.isfinite(loss):
        raise TrainingError(
            f"loss {loss.item()} at step {step}", "a finite loss",
            "lower --learning-rate, or look for damaged rows in the data",
        )  # fmt: skip


def descend(
    loss: Tensor,
    parameters: Sequence[nn.Parameter],
    optimizer: torch.optim.Optimizer,
    schedule: torch.optim.lr_scheduler.LRScheduler,
) -> None:
    """One step down the gradient, its norm at most 1."""
    optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(parameters, 1.0)
    optimizer.step()
    schedule.step()


def follow(
    average: Sequence[Tensor], parameters: Sequence[nn.Parameter], ema: float, step: int
) -> None:
    """Move the running averages towards the parameters, after so many steps."""
    # A short memory at first, or the average would carry the random start along.
    decay = min(ema, (1 + step) / (10 + step))
    for kept, now in zip(average, parameters, strict=True):
        kept.lerp_(now.detach(), 1 - decay)


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
    """Batches of examples of one length, in random order, as `RecurrentEncoder.read` likes them.

    What is left over of each length shares batches with its neighbours.
    """
    by_length: dict[int, list[int]] = {}
    for n in random.sample(numbers, len(numbers)):
        by_length.setdefault(costs[n], []).append(n)
    result: list[list[int]] = []
    left: list[int] = []
    for length, some in by_length.items():
        size = max(1, budget // max(1, length))
        whole = len(some) - len(some) % size
        result += [some[at : at + size] for at in range(0, whole, size)]
        left += some[whole:]
    mixed = batches([costs[n] for n in left], budget)
    result += [[left[place] for place in batch] for batch in mixed]
    random.shuffle(result)
    return result


def batch_loss(
    tagger: AnyTagger, prepared: Sequence[object], batch: Sequence[Example], config: TrainingConfig
) -> Tensor:
    """Weighted cross-entropy over all heads that the batch has targets for, per morpheme."""
    if isinstance(tagger, RecurrentTagger):
        prepared = [hide_words(pieces, config.word_dropout) for pieces in prepared]
    # On a GPU the encoder computes in bfloat16, as it does when it reads; the heads do not.
    with torch.autocast("cuda", torch.bfloat16, enabled=tagger.device.type == "cuda"):
        hidden = tagger.hidden(prepared).float()  # type: ignore[arg-type]  # [N, hidden]
    loss = hidden.new_zeros(())
    for head in HEADS:
        loss = loss + config.weight(head) * head_loss(tagger, hidden, head, batch, config)
    if tagger.pairs is not None:
        loss = loss + pair_loss(tagger.pairs, hidden, batch, config)
    return loss


def head_loss(
    tagger: AnyTagger, hidden: Tensor, head: str, batch: Sequence[Example], config: TrainingConfig
) -> Tensor:
    """The loss of one head over a batch, per morpheme: labels, and beliefs where there are any."""
    targets = np.concatenate(
        [
            e.targets[head] if head in e.targets else np.full(len(e.window.morphemes), IGNORED)
            for e in batch
        ]
    )
    gold = torch.from_numpy(targets).to(hidden.device)  # [N]
    known = bool((gold != IGNORED).any())
    believed = any(head in e.beliefs for e in batch)
    loss = hidden.new_zeros(())
    if not known and not believed:
        return loss
    logits = tagger.logits(hidden, head)  # [N, tags]
    share = config.belief_share if believed else 0.0
    if known:
        summed = nn.functional.cross_entropy(logits, gold, ignore_index=IGNORED, reduction="sum")
        loss = loss + (1 - share) * summed
    if believed:
        beliefs = np.concatenate([e.beliefs[head] for e in batch])  # [N, tags]
        loss = loss + share * soft_cross_entropy(logits, torch.from_numpy(beliefs).to(logits))
    return loss / len(gold)


def soft_cross_entropy(logits: Tensor, beliefs: Tensor) -> Tensor:
    """Summed cross-entropy of logits against probabilities, float [N, tags] both."""
    return -(beliefs * torch.log_softmax(logits, dim=1)).sum()


def pair_loss(
    head: PairHead, hidden: Tensor, batch: Sequence[Example], config: TrainingConfig
) -> Tensor:
    """Weighted losses of all marked pairs of a batch, per morpheme as the other heads' are."""
    joined = join_targets(batch)
    if joined is None:
        return hidden.new_zeros(())
    targets, windows = joined
    pairs = Pairs(
        *(torch.from_numpy(a).to(hidden.device) for a in (targets.spans, targets.types, windows))
    )
    logits = head(hidden, pairs)  # per label set [P, labels]
    klue = torch.from_numpy(targets.klue).to(hidden.device)  # [P]
    loss = config.klue_re_weight * nn.functional.cross_entropy(
        logits[KLUE_RE], klue, ignore_index=IGNORED, reduction="sum"
    )
    own = torch.from_numpy(targets.own).to(hidden.device)  # [P, R]
    known = ~own[:, 0].isnan()  # [P]
    loss = loss + config.relation_weight * nn.functional.binary_cross_entropy_with_logits(
        logits[RELATIONS][known], own[known], reduction="sum"
    )
    return loss / len(hidden)


def join_targets(batch: Sequence[Example]) -> tuple[PairTargets, NDArray[np.int64]] | None:
    """The pairs of all windows of a batch, and the window of each, int64 [P, 2]."""
    lengths = [len(example.window.morphemes) for example in batch]
    starts = np.cumsum([0, *lengths[:-1]])
    some = [
        (e.pairs, start, start + length)
        for e, start, length in zip(batch, starts.tolist(), lengths, strict=True)
        if e.pairs is not None
    ]
    if not some:
        return None
    joined = PairTargets(
        spans=np.concatenate([pairs.spans + start for pairs, start, _ in some]),
        types=np.concatenate([pairs.types for pairs, _, _ in some]),
        klue=np.concatenate([pairs.klue for pairs, _, _ in some]),
        own=np.concatenate([pairs.own for pairs, _, _ in some]),
    )
    windows = [[start, end] for pairs, start, end in some for _ in pairs.klue]
    return joined, np.array(windows, dtype=np.int64)


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
