"""The engine: sentences in, spans and scored pairs out, in the order they came."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lgtalent_ie.engine.packing import batches, cut_windows, rectangles
from lgtalent_ie.errors import InputError
from lgtalent_ie.model.config import MENTION_HEAD
from lgtalent_ie.model.decoding import (
    LabelledSpan,
    Platt,
    apply_platt,
    best_tags,
    log_softmax,
    spans_of_tags,
)
from lgtalent_ie.model.loading import AnyTagger
from lgtalent_ie.model.pairs import PairPlaces, join_pairs
from lgtalent_ie.model.tagger import WindowText

# Pieces in one batch on a CPU; beyond this nothing gets faster on two cores, memory grows.
TOKEN_BUDGET = 4096
# Pairs times morphemes of the longest sentence in one batch of pairs; of one sentence at least so
# many pairs go together, as each batch reads the whole sentence.
PAIR_BUDGET = 32_768
FEWEST_PAIRS = 16


def choose_device(device: str) -> torch.device:
    """`auto` takes CUDA where there is one; InputError where the device is unknown or not there."""
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        chosen = torch.device(device)
        torch.empty(1, device=chosen)
    except (RuntimeError, AssertionError) as error:
        raise InputError(
            f"device={device!r}: {str(error).splitlines()[0]}",
            "auto, cpu, or a device of this machine such as cuda:0",
            "pass device='auto'",
        ) from error  # fmt: skip
    return chosen


@contextmanager
def cpu_threads(count: int | None) -> Iterator[None]:
    """Within the block torch uses `count` threads; None leaves its setting alone."""
    before = torch.get_num_threads()
    if count is None or count == before:
        yield
        return
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


class Runtime:
    """A tagger on a device. `budget` is the number of pieces that are run together.

    The small steps of the recurrent encoder run on one CPU thread: where another process holds a
    core, two threads waited for each other and an article took seconds instead of tenths. On a GPU
    the compact encoders compute in bfloat16, and the heads in float32 behind them.
    """

    def __init__(self, tagger: AnyTagger, device: str = "auto", budget: int = TOKEN_BUDGET) -> None:
        self.tagger = tagger.to(choose_device(device)).eval()
        self.budget = budget
        recurrent_on_cpu = tagger.config.recurrent is not None and self.tagger.device.type == "cpu"
        self.threads = 1 if recurrent_on_cpu else None
        self.bfloat16 = tagger.config.compact is not None and self.tagger.device.type == "cuda"

    @torch.inference_mode()
    def states(self, sentences: Sequence[WindowText]) -> list[Tensor]:
        """float [n, hidden_size] per sentence, on the device: the one pass that all heads share.

        Windows of a long sentence are merged by morpheme. Where the device runs out of memory, the
        budget is halved, for all that follows too, and the batch is read in smaller ones; the error
        is raised only where a single window is too much.
        """
        parts = []
        for number, sentence in enumerate(sentences):
            costs = self.tagger.costs(sentence)
            for window in cut_windows(costs, self.tagger.config.longest):
                piece = WindowText(sentence.text, sentence.morphemes[window.start : window.end])
                parts.append((number, window, sum(costs[window.start : window.end]), piece))
        found: dict[tuple[int, int], Tensor] = {}
        costs = [cost for _, _, cost, _ in parts]
        waiting = deque(batches(costs, self.budget))
        while waiting:
            batch = waiting.popleft()
            try:
                hidden = self.read([parts[n][3] for n in batch])  # [N, hidden_size]
            except torch.cuda.OutOfMemoryError:
                if len(batch) == 1:
                    raise
                self.budget = max(1, min(self.budget, sum(costs[n] for n in batch)) // 2)
                smaller = list(batches([costs[n] for n in batch], self.budget))
                waiting.extendleft([batch[n] for n in some] for some in reversed(smaller))
                continue
            at = 0
            for n in batch:
                number, window, _, piece = parts[n]
                kept = slice(
                    at + window.keep_start - window.start, at + window.keep_end - window.start
                )
                found[number, window.start] = hidden[kept]  # [kept, hidden]
                at += len(piece.morphemes)
        by_sentence: list[list[Tensor]] = [[] for _ in sentences]
        for number, start in sorted(found):
            by_sentence[number].append(found[number, start])
        nothing = torch.zeros(0, self.tagger.config.hidden_size, device=self.tagger.device)
        return [torch.cat(some) if some else nothing for some in by_sentence]

    def read(self, windows: Sequence[WindowText]) -> Tensor:
        """float32 [N, hidden_size]: one batch, the morphemes of all windows one after the other."""
        prepared = [self.tagger.prepare(window) for window in windows]
        autocast = torch.autocast("cuda", torch.bfloat16, enabled=self.bfloat16)
        with cpu_threads(self.threads), autocast:
            return self.tagger.hidden(prepared).float()  # type: ignore[arg-type]

    @torch.inference_mode()
    def logits(
        self, sentences: Sequence[WindowText], head: str = MENTION_HEAD
    ) -> list[NDArray[np.float32]]:
        """[n, tags of the head] per sentence."""
        return self.head_logits(self.states(sentences), head)

    @torch.inference_mode()
    def head_logits(self, states: Sequence[Tensor], head: str) -> list[NDArray[np.float32]]:
        """float [n, hidden_size] per sentence → [n, tags of the head] per sentence."""
        if not states:
            return []
        with cpu_threads(self.threads):
            logits = self.tagger.logits(torch.cat(list(states)), head).cpu().numpy()  # [N, tags]
        return np.split(logits, np.cumsum([len(s) for s in states])[:-1])

    def spans(
        self, sentences: Sequence[WindowText], head: str = MENTION_HEAD
    ) -> list[list[LabelledSpan]]:
        """The labelled spans of every sentence, in morpheme numbers, by constrained decoding."""
        return self.decode(self.states(sentences), head)

    def decode(
        self, states: Sequence[Tensor], head: str = MENTION_HEAD
    ) -> list[list[LabelledSpan]]:
        """The labelled spans of every sentence, of its states."""
        filled = [n for n, rows in enumerate(states) if len(rows)]
        found: list[list[LabelledSpan]] = [[] for _ in states]
        if not filled:
            return found
        logits = self.head_logits([states[n] for n in filled], head)
        lengths = np.array([len(rows) for rows in logits], dtype=np.int64)
        log_probabilities = log_softmax(np.concatenate(logits))  # [N, tags]
        tags = best_tags(log_probabilities, lengths)  # [N]
        at = 0
        for n, length in zip(filled, lengths.tolist(), strict=True):
            spans = spans_of_tags(tags[at : at + length], log_probabilities[at : at + length])
            found[n] = spans if head != MENTION_HEAD else [self.calibrated(s) for s in spans]
            at += length
        return found

    def calibrated(self, span: LabelledSpan) -> LabelledSpan:
        """The span with the chance of being right as its score."""
        platt = Platt(*self.tagger.config.platt)
        return span._replace(score=float(apply_platt(span.score, platt)))

    @torch.inference_mode()
    def pair_logits(
        self, states: Sequence[Tensor], pairs: Sequence[Sequence[PairPlaces]], label_set: str
    ) -> list[NDArray[np.float32]]:
        """Logits of the pairs of every sentence, [P, labels] each; all pairs are scored in batches.

        Only where the model has a head over pairs (`config.relations`).
        """
        head = self.tagger.pairs
        assert head is not None
        labels = len(head.config.labels[label_set])
        scored = [np.zeros((len(some), labels), dtype=np.float32) for some in pairs]
        parts = []
        for n, some in enumerate(pairs):
            size = max(FEWEST_PAIRS, PAIR_BUDGET // max(1, len(states[n])))
            parts += [(n, at, some[at : at + size]) for at in range(0, len(some), size)]
        heights, widths = [len(some) for _, _, some in parts], [len(states[n]) for n, _, _ in parts]
        for batch in rectangles(heights, widths, PAIR_BUDGET):
            joined = join_pairs([parts[p][2] for p in batch], [widths[p] for p in batch])
            hidden = torch.cat([states[parts[p][0]] for p in batch])  # [N, hidden]
            with cpu_threads(self.threads):
                logits = head(hidden, joined.to(hidden.device))[label_set]  # [P, labels]
            ends = np.cumsum([heights[p] for p in batch])[:-1]
            for p, rows in zip(batch, np.split(logits.cpu().numpy(), ends), strict=True):
                n, at, some = parts[p]
                scored[n][at : at + len(some)] = rows
        return scored
