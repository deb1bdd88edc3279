"""What a tagger scores on dev: mentions per head, relations, in the form the model card prints."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from lgtalent_ie.engine.runtime import Runtime
from lgtalent_ie.evaluation.spans import Score, macro_f1, score_spans, spans_in_text
from lgtalent_ie.model.config import ENTITY_TYPES, KLUE_RE, MENTION_HEAD, RELATIONS
from lgtalent_ie.model.loading import AnyTagger
from lgtalent_ie.model.pairs import PairPlaces
from lgtalent_ie.model.tagger import WindowText
from lgtalent_ie.training.data import HEADS, Labelled
from lgtalent_ie.training.labels import IGNORED, KLUE_RELATIONS, OWN_RELATIONS
from lgtalent_ie.training.marked_pairs import PairTargets, pair_targets

# What may be added to KLUE-RE's logit of no relation.
SHIFTS = np.arange(-1.0, 3.01, 0.1)


def score_dev(
    tagger: AnyTagger, dev: Sequence[Labelled], windows: Sequence[WindowText]
) -> dict[str, dict[str, Score]]:
    """Strict scores per head on the sentences that have gold for it, own marks apart as `own`.

    Relations are scored with gold mentions: `klue_re` with the best shift, `relations`
    from one half.
    """
    runtime = Runtime(tagger, device=str(tagger.device))
    states = runtime.states(windows)
    scores = {}
    for head, own in [(head, False) for head in HEADS] + [(MENTION_HEAD, True)]:
        numbers = [n for n, s in enumerate(dev) if head in s.spans and s.own == own]
        if numbers:
            name = "own" if own else head
            scores[name] = head_scores(runtime, head, dev, windows, states, numbers)
    if tagger.config.relations is not None:
        for label_set, (logits, gold) in pair_scores(runtime, dev, windows, states).items():
            if label_set == KLUE_RE:
                scores[label_set] = klue_re_scores(
                    logits, gold[:, 0], best_shift(logits, gold[:, 0])
                )
            else:
                scores[label_set] = own_relation_scores(logits > 0, gold > 0)
    return scores


def head_scores(
    runtime: Runtime,
    head: str,
    dev: Sequence[Labelled],
    windows: Sequence[WindowText],
    states: Sequence[Tensor],
    numbers: Sequence[int],
) -> dict[str, Score]:
    """Strict scores of one head on the sentences of these numbers."""
    found = runtime.decode([states[n] for n in numbers], head)
    pairs = []
    for n, spans in zip(numbers, found, strict=True):
        predicted = spans_in_text(dev[n].text, windows[n].morphemes, spans, HEADS[head])
        pairs.append((dev[n].spans[head], outside(predicted, dev[n].unsure.get(head, ()))))
    return score_spans(pairs)


def pair_scores(
    runtime: Runtime,
    dev: Sequence[Labelled],
    windows: Sequence[WindowText],
    states: Sequence[Tensor],
) -> dict[str, tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """Per label set the logits of all marked pairs [P, labels] and their gold [P, 1] or [P, R]."""
    targets = [pair_targets(w.morphemes, s.pairs) for s, w in zip(dev, windows, strict=True)]
    some = [n for n, target in enumerate(targets) if target is not None]
    if not some:
        return {}
    places = [places_of(target) for target in targets if target is not None]
    result = {}
    for label_set in (KLUE_RE, RELATIONS):
        logits = np.concatenate(runtime.pair_logits([states[n] for n in some], places, label_set))
        chosen = [target for target in targets if target is not None]
        if label_set == KLUE_RE:
            gold = np.concatenate([t.klue for t in chosen])[:, None].astype(np.float32)
            known = gold[:, 0] != IGNORED
        else:
            gold = np.concatenate([t.own for t in chosen])
            known = ~np.isnan(gold[:, 0])
        if known.any():
            result[label_set] = (logits[known], gold[known])
    return result


def places_of(targets: PairTargets) -> list[PairPlaces]:
    """The pairs as the engine takes them."""
    return [
        PairPlaces(spans[0], spans[1], spans[2], spans[3], ENTITY_TYPES[head], ENTITY_TYPES[tail])
        for spans, (head, tail) in zip(targets.spans.tolist(), targets.types.tolist(), strict=True)
    ]


def best_shift(logits: NDArray[np.float32], gold: NDArray[np.float32]) -> float:
    """What to add to the logit of no relation for the best micro F1; [P, 30], [P]."""
    scores = [klue_re_scores(logits, gold, shift)["micro"].f1 for shift in SHIFTS]
    return float(SHIFTS[int(np.argmax(scores))])


def klue_re_scores(
    logits: NDArray[np.float32], gold: NDArray[np.float32], shift: float
) -> dict[str, Score]:
    """Scores per label and micro, both without no_relation; [P, 30], [P]."""
    shifted = logits.copy()
    shifted[:, 0] += shift
    predicted = shifted.argmax(1)
    labels = range(1, len(KLUE_RELATIONS))
    return with_micro(
        {
            KLUE_RELATIONS[n]: Score(
                int(((predicted == n) & (gold == n)).sum()),
                int((predicted == n).sum()),
                int((gold == n).sum()),
            )
            for n in labels
        }
    )


def own_relation_scores(predicted: NDArray[np.bool_], gold: NDArray[np.bool_]) -> dict[str, Score]:
    """Scores per relation and micro; bool [P, R] both."""
    return with_micro(
        {
            label: Score(
                int((predicted[:, n] & gold[:, n]).sum()),
                int(predicted[:, n].sum()),
                int(gold[:, n].sum()),
            )
            for n, label in enumerate(OWN_RELATIONS)
        }
    )


def with_micro(scores: dict[str, Score]) -> dict[str, Score]:
    """The scores of labels that occur, and their sum as `micro`."""
    some = {label: s for label, s in scores.items() if s.gold or s.predicted}
    totals = [sum(getattr(s, f) for s in some.values()) for f in ("right", "predicted", "gold")]
    return {**some, "micro": Score(*totals)}


def outside(
    spans: Sequence[tuple[int, int, str]], unsure: Sequence[tuple[int, int, str]]
) -> list[tuple[int, int, str]]:
    """The predictions that touch no span of unknown label."""
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
