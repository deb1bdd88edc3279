"""The engine: sentences in, log-probabilities per morpheme out, in the order they came."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray

from lgtalent_ie.engine.packing import batches, cut_windows
from lgtalent_ie.errors import InputError
from lgtalent_ie.model.config import MENTION_HEAD, bio_tags
from lgtalent_ie.model.decoding import LabelledSpan, best_tags, log_softmax, spans_of_tags
from lgtalent_ie.model.loading import AnyTagger
from lgtalent_ie.model.tagger import WindowText

# Pieces in one batch on a CPU; beyond this nothing gets faster on two cores, memory grows.
TOKEN_BUDGET = 4096


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

    The small steps of the recurrent tagger run on one CPU thread: where another process holds a
    core, two threads waited for each other and an article took seconds instead of tenths.
    """

    def __init__(self, tagger: AnyTagger, device: str = "auto", budget: int = TOKEN_BUDGET) -> None:
        self.tagger = tagger.to(choose_device(device)).eval()
        self.budget = budget
        recurrent_on_cpu = tagger.config.recurrent is not None and self.tagger.device.type == "cpu"
        self.threads = 1 if recurrent_on_cpu else None

    @torch.inference_mode()
    def logits(
        self, sentences: Sequence[WindowText], head: str = MENTION_HEAD
    ) -> list[NDArray[np.float32]]:
        """[N, tags of the head] per sentence; windows of a long one are merged by morpheme."""
        tags = len(bio_tags(self.tagger.config.heads[head]))
        results = [np.zeros((len(s.morphemes), tags), dtype=np.float32) for s in sentences]
        parts = []
        for number, sentence in enumerate(sentences):
            costs = self.tagger.costs(sentence)
            for window in cut_windows(costs, self.tagger.config.longest):
                piece = WindowText(sentence.text, sentence.morphemes[window.start : window.end])
                parts.append((number, window, sum(costs[window.start : window.end]), piece))
        for batch in batches([cost for _, _, cost, _ in parts], self.budget):
            prepared = [self.tagger.prepare(parts[n][3]) for n in batch]
            with cpu_threads(self.threads):
                hidden = self.tagger.hidden(prepared)  # type: ignore[arg-type]  # [N, hidden]
                logits = self.tagger.logits(hidden, head).float().cpu().numpy()  # [N, tags]
            at = 0
            for n in batch:
                number, window, _, piece = parts[n]
                kept = slice(
                    at + window.keep_start - window.start, at + window.keep_end - window.start
                )
                results[number][window.keep_start : window.keep_end] = logits[kept]
                at += len(piece.morphemes)
        return results

    def spans(
        self, sentences: Sequence[WindowText], head: str = MENTION_HEAD
    ) -> list[list[LabelledSpan]]:
        """The labelled spans of every sentence, in morpheme numbers, by constrained decoding."""
        filled = [n for n, sentence in enumerate(sentences) if sentence.morphemes]
        found: list[list[LabelledSpan]] = [[] for _ in sentences]
        if not filled:
            return found
        logits = self.logits([sentences[n] for n in filled], head)
        temperature = self.tagger.config.temperature if head == MENTION_HEAD else 1.0
        lengths = np.array([len(rows) for rows in logits], dtype=np.int64)
        log_probabilities = log_softmax(np.concatenate(logits), temperature)  # [N, tags]
        tags = best_tags(log_probabilities, lengths)  # [N]
        at = 0
        for n, length in zip(filled, lengths.tolist(), strict=True):
            found[n] = spans_of_tags(tags[at : at + length], log_probabilities[at : at + length])
            at += length
        return found
