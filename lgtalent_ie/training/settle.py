"""What dev settles once the weights are fixed: scores that mean chances, and two shifts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from lgtalent_ie.engine.runtime import Runtime
from lgtalent_ie.evaluation.calibration import (
    aligned_spans,
    expected_calibration_error,
    fit_sigmoid_temperature,
    fit_span_scores,
)
from lgtalent_ie.model.config import KLUE_RE, MENTION_HEAD, RELATIONS
from lgtalent_ie.model.decoding import sigmoid
from lgtalent_ie.model.loading import AnyTagger
from lgtalent_ie.model.tagger import WindowText
from lgtalent_ie.schema import LABELS
from lgtalent_ie.training.data import Labelled
from lgtalent_ie.training.dev_scores import best_shift, head_scores, pair_scores

# The score from which relations are reported. Between gold mentions 0.5 is best; between found
# ones, a fifth of them wrong, this is, on the 600 gold sentences (docs/experiments.md).
SURE = 0.65

# What may be added to the logit of O: both data sets mark less than the model would.
OUTSIDE_SHIFTS = np.arange(0.0, 1.25, 0.1)


@dataclass(frozen=True, slots=True)
class Calibration:
    """Expected calibration errors on the own dev sentences, before and after: mentions, relations.

    Two numbers a kind, fitted on the same sentences.
    """

    mentions: tuple[float, float]
    relations: tuple[float, float] | None

    def __str__(self) -> str:
        """A sentence for the model card."""
        parts = [f"mentions {self.mentions[0]:.3f} before, {self.mentions[1]:.3f} after"]
        if self.relations is not None:
            before, after = self.relations
            parts.append(f"relations of a tenth and more {before:.3f} before, {after:.3f} after")
        return (
            "Scores are fitted to be the chance of being right. Expected calibration error on the\n"
            f"own dev sentences (15 bins): {'; '.join(parts)}."
        )


def settle(
    tagger: AnyTagger, dev: Sequence[Labelled], windows: Sequence[WindowText]
) -> Calibration:
    """Fit the calibration and the shifts of a tagger on dev, in place."""
    runtime = Runtime(tagger, device=str(tagger.device))
    states = runtime.states(windows)
    # The rules weigh the doubts of the nine labels; the other heads answer alone.
    for head in tagger.config.heads:
        if head != MENTION_HEAD:
            shift_outside(runtime, head, dev, windows, states)
    own = [n for n, sentence in enumerate(dev) if sentence.own]
    gold = [aligned_spans(windows[n].morphemes, dev[n].spans[MENTION_HEAD], LABELS) for n in own]
    spans = fit_span_scores(runtime.head_logits([states[n] for n in own], MENTION_HEAD), gold)
    config = replace(tagger.config, platt=(spans.platt.slope, spans.platt.offset))
    relations = None
    if config.relations is not None and tagger.pairs is not None:
        scored = pair_scores(runtime, dev, windows, states)
        settled = config.relations
        # Of pairs without any relation no shift or threshold is better than another.
        if KLUE_RE in scored and scored[KLUE_RE][1].any():
            logits, klue = scored[KLUE_RE]
            settled = replace(settled, no_relation_shift=round(best_shift(logits, klue[:, 0]), 2))
        if RELATIONS in scored and scored[RELATIONS][1].any():
            logits, marked = scored[RELATIONS]
            temperature = fit_sigmoid_temperature(logits, marked > 0)
            relations = (errors(logits, marked > 0, 1.0), errors(logits, marked > 0, temperature))
            settled = replace(settled, temperature=temperature, threshold=SURE)
        config = replace(config, relations=settled)
        tagger.pairs.config = settled
    tagger.config = config
    return Calibration((spans.ece_before, spans.ece_after), relations)


def shift_outside(
    runtime: Runtime,
    head: str,
    dev: Sequence[Labelled],
    windows: Sequence[WindowText],
    states: Sequence[Tensor],
) -> None:
    """Add to the bias of a head's O what gives the best micro F1 on the dev sentences it is for."""
    numbers = [n for n, sentence in enumerate(dev) if head in sentence.spans]
    if not numbers:
        return
    layer = runtime.tagger.heads[head]
    assert isinstance(layer, nn.Linear)
    before = layer.bias[0].item()
    quality = []
    for shift in OUTSIDE_SHIFTS:
        set_outside(layer, before + shift)
        quality.append(head_scores(runtime, head, dev, windows, states, numbers)["micro"].f1)
    set_outside(layer, before + OUTSIDE_SHIFTS[int(np.argmax(quality))])


@torch.no_grad()
def set_outside(layer: nn.Linear, bias: float) -> None:
    """Set the bias of O."""
    layer.bias[0] = bias


def errors(logits: NDArray[np.float32], targets: NDArray[np.bool_], temperature: float) -> float:
    """Calibration error of what scores at least a tenth; the sea of noes says nothing."""
    scores = sigmoid((logits / temperature).astype(np.float64))  # [P, R]
    likely = scores >= 0.1
    return expected_calibration_error(scores[likely], targets[likely])
