"""Which articles people should mark first: those the model doubts most, unlike those chosen before.

Uncertainty sampling (Lewis and Gale 1994) by least confidence: a doubt is one minus the chance that
a decision of the model is right. As totals favour long texts and means drown in sure words (Settles
and Craven 2008), an article counts by the mean of its `DECISIONS` greatest doubts. Doubts are of
the spans that the model marks, and of the morphemes it leaves out, where a mention may have begun.

Difference is maximal marginal relevance (Carbonell and Goldstein 1998): each choice weighs its
uncertainty against its likeness to the nearest article chosen so far. Without any weight on
uncertainty this is the greedy k-centre choice (Gonzalez 1985; Sener and Savarese 2018). Likeness is
the cosine of hashed character bigrams and trigrams (Weinberger et al. 2009), weighted by how few
articles have them; no model is asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lgtalent_ie.errors import InputError

if TYPE_CHECKING:
    from lgtalent_ie.extractor import Extractor

DECISIONS = 10
BUCKETS = 2048
GRAMS = (2, 3)
# Odd 32-bit numbers of Knuth's multiplicative hashing, one for each place in an n-gram.
_FACTORS = (2654435761, 2246822519, 3266489917)

Profile = NDArray[np.float16]


@dataclass(frozen=True, slots=True)
class Look:
    """What choosing knows of an article: its uncertainty, 0..1, and its profile [BUCKETS]."""

    uncertainty: float
    profile: Profile


@dataclass(frozen=True, slots=True)
class Choice:
    """An article chosen: its place in the pool, its uncertainty, and its likeness (cosine) to the
    nearest of those chosen before it."""

    place: int
    uncertainty: float
    likeness: float


def look(extractor: Extractor, text: str) -> Look:
    """One pass of the encoder over an article of plain text, without making any record."""
    return Look(uncertainty(doubts(extractor, text)), profile(text))


def doubts(extractor: Extractor, text: str) -> list[float]:
    """One minus the calibrated score of each span, and for each morpheme that no span holds the
    probability that one begins there; in no order."""
    from lgtalent_ie.engine.runtime import Runtime
    from lgtalent_ie.model.config import MENTION_HEAD
    from lgtalent_ie.model.decoding import Platt, best_tags, log_softmax, spans_of_batch

    runtime = extractor.runtime
    assert isinstance(runtime, Runtime)
    platt = Platt(*runtime.tagger.config.platt)
    states = runtime.states(extractor.prepare(text).windows)
    found: list[float] = []
    for logits in runtime.head_logits([rows for rows in states if len(rows)], MENTION_HEAD):
        logs = log_softmax(logits)  # [n, tags]
        length = np.array([len(logs)])
        tags = best_tags(logs, length)  # [n]
        [spans] = spans_of_batch(tags, logs[np.arange(len(tags)), tags], length, platt)
        found += [1 - span.score for span in spans]
        begins = np.exp(logs[:, 1::2]).sum(1)  # [n]
        found += begins[tags == 0].tolist()
    return found


def uncertainty(doubts: Iterable[float]) -> float:
    """Mean of the ten greatest doubts; of a text with fewer, the rest are sure.

    >>> uncertainty([0.5, 0.5] + [0.0] * 90)
    0.1
    """
    return sum(sorted(doubts, reverse=True)[:DECISIONS]) / DECISIONS


def profile(text: str) -> Profile:
    """float16 [BUCKETS]: one and the logarithm of how often the n-grams of each bucket occur."""
    codes = np.frombuffer(" ".join(text.split()).encode("utf-32-le", "surrogatepass"), np.uint32)
    counts = np.zeros(BUCKETS)
    for size in GRAMS:
        places = len(codes) - size + 1
        if places < 1:
            continue
        hashed = np.full(places, size, np.uint32)  # [places]
        for at in range(size):
            hashed = (hashed ^ codes[at : at + places]) * np.uint32(_FACTORS[at])
            hashed ^= hashed >> np.uint32(15)
        counts += np.bincount(hashed % np.uint32(BUCKETS), minlength=BUCKETS)
    return np.where(counts > 0, 1 + np.log(np.maximum(counts, 1)), 0).astype(np.float16)


def choose(
    pool: Sequence[Look],
    number: int,
    balance: float = 0.5,
    seed: int = 0,
    before: Sequence[Profile] = (),
) -> list[Choice]:
    """The best `number` articles of the pool, best first; all of them where it has no more.

    `balance` weighs uncertainty, scaled to 0..1 over the pool, against likeness: 1 takes the most
    uncertain whatever they say, 0 the most different. `before` are profiles of articles that have
    been marked already: what is like them comes late. `seed` settles ties.

    Raises InputError for a number below one and a balance outside 0..1.

    >>> texts = ["새별전자 채용", "새별전자 채용!", "바다의 고래"]
    >>> looks = [Look(doubt, profile(text)) for doubt, text in zip((0.3, 0.3, 0.1), texts)]
    >>> [choice.place for choice in choose(looks, 2, balance=0.3)]
    [1, 2]
    """
    if number < 1 or not 0 <= balance <= 1:
        raise InputError(
            f"number={number}, balance={balance}",
            "a number of one or more, a balance from 0 to 1",
            "correct it",
        )
    if not pool:
        return []
    profiles = _weighted(pool, before)
    own, old = profiles[: len(pool)], profiles[len(pool) :]
    raw = np.array([look.uncertainty for look in pool])
    spread = raw.max() - raw.min()
    scaled = (raw - raw.min()) / spread if spread > 0 else np.zeros(len(pool))
    nearest = (own @ old.T).max(1) if len(old) else np.zeros(len(pool), np.float32)  # [pool]
    order = np.random.default_rng(seed).permutation(len(pool))
    open_ = np.ones(len(pool), dtype=bool)
    chosen: list[Choice] = []
    while len(chosen) < min(number, len(pool)):
        worth = np.where(open_, balance * scaled - (1 - balance) * nearest, -np.inf)
        best = int(order[worth[order].argmax()])
        open_[best] = False
        chosen.append(Choice(best, float(raw[best]), float(nearest[best])))
        nearest = np.maximum(nearest, own @ own[best])
    return chosen


def _weighted(pool: Sequence[Look], before: Sequence[Profile]) -> NDArray[np.floating[Any]]:
    """float32 [pool + before, BUCKETS] of length one, weighted by inverse document frequency."""
    profiles = np.stack([*(look.profile for look in pool), *before]).astype(np.float32)
    having = (profiles > 0).sum(0)
    profiles *= np.log((1 + len(profiles)) / (1 + having)) + 1
    lengths = np.linalg.norm(profiles, axis=1, keepdims=True)
    return np.asarray(profiles / np.maximum(lengths, 1e-9), dtype=np.float32)
