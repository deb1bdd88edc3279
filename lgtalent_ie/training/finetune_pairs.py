"""The head over pairs learns on alone, behind an encoder that is finished.

In joint training the relations must stay small beside the mentions, and a tenth of KLUE-RE's
sentences take part in an epoch. The states of a finished encoder are computed once, so that an
epoch over all pairs takes a minute on one core; on dev it adds two to three points to KLUE-RE.
"""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from lgtalent_ie.engine.runtime import Runtime
from lgtalent_ie.model.config import KLUE_RE
from lgtalent_ie.model.loading import AnyTagger
from lgtalent_ie.model.tagger import WindowText
from lgtalent_ie.training.data import Example, Labelled
from lgtalent_ie.training.dev_scores import (
    best_shift,
    klue_re_scores,
    own_relation_scores,
    pair_scores,
)
from lgtalent_ie.training.distill import READ_TOGETHER
from lgtalent_ie.training.finetune import (
    Log,
    TrainingConfig,
    averaged,
    check_loss,
    descend,
    follow,
    learning_rate_factor,
    pair_loss,
    shuffled_batches,
)

# The average of the weights forgets slower steps than these; an epoch has some eight hundred.
EMA = 0.995


def train_pairs(
    tagger: AnyTagger,
    training: Sequence[Example],
    dev: Sequence[Labelled],
    windows: Sequence[WindowText],
    config: TrainingConfig,
    log: Log,
) -> None:
    """Train the head over pairs in place, everything else frozen; the best epoch on dev is kept.

    All examples with pairs take part in every epoch, once. What stood before is kept where no epoch
    is better, and a tagger without such a head is left alone. `windows` are those of `dev`. Raises
    TrainingError where the loss is no number.
    """
    head = tagger.pairs
    some = [example for example in training if example.pairs is not None]
    if head is None or not some or not config.pair_epochs:
        return
    runtime = Runtime(tagger, device=str(tagger.device))
    states = half_states(runtime, [example.window for example in some])
    dev_states = runtime.states(windows)
    costs = [len(rows) for rows in states]
    parameters = list(head.parameters())
    optimizer = torch.optim.AdamW(
        parameters, lr=config.pair_learning_rate, weight_decay=config.weight_decay
    )
    steps = max(
        1, config.pair_epochs * len(shuffled_batches(range(len(some)), costs, config.batch))
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: learning_rate_factor(step / steps, config.warmup)
    )
    average = [p.detach().clone() for p in parameters]
    best = sum(dev_quality(runtime, dev, windows, dev_states).values())
    kept = copy.deepcopy(head.state_dict())
    began, step = time.monotonic(), 0
    for epoch in range(config.pair_epochs):
        head.train()
        losses = []
        for batch in shuffled_batches(range(len(some)), costs, config.batch):
            hidden = torch.cat([states[n] for n in batch]).float()  # [N, hidden]
            loss = pair_loss(head, hidden, [some[n] for n in batch], config)
            check_loss(loss, step)
            descend(loss, parameters, optimizer, schedule)
            step += 1
            follow(average, parameters, EMA, step)
            losses.append(loss.item())
        head.eval()
        with averaged(parameters, average):
            scores = dev_quality(runtime, dev, windows, dev_states)
            if sum(scores.values()) > best:
                best = sum(scores.values())
                kept = copy.deepcopy(head.state_dict())
        line = {
            "pair epoch": epoch + 1,
            "minutes": round((time.monotonic() - began) / 60, 1),
            "loss": round(float(np.mean(losses)), 4),
        }
        log(json.dumps(line | {name: round(100 * f1, 2) for name, f1 in scores.items()}))
    head.load_state_dict(kept)
    head.eval()


def half_states(runtime: Runtime, windows: Sequence[WindowText]) -> list[Tensor]:
    """float16 [morphemes, hidden_size] of each window."""
    return [
        rows.half()
        for start in range(0, len(windows), READ_TOGETHER)
        for rows in runtime.states(windows[start : start + READ_TOGETHER])
    ]


def dev_quality(
    runtime: Runtime,
    dev: Sequence[Labelled],
    windows: Sequence[WindowText],
    states: Sequence[Tensor],
) -> dict[str, float]:
    """Micro F1 of each label set between gold mentions: KLUE-RE's best shift, own from a half."""
    quality = {}
    for label_set, (logits, gold) in pair_scores(runtime, dev, windows, states).items():
        if label_set == KLUE_RE:
            shift = best_shift(logits, gold[:, 0])
            scores = klue_re_scores(logits, gold[:, 0], shift)
        else:
            scores = own_relation_scores(logits > 0, gold > 0)
        quality[f"{label_set} micro"] = scores["micro"].f1
    return quality
