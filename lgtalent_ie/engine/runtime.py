"""The engine: sentences in, spans and scored pairs out, in the order they came."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lgtalent_ie.engine.device_decoding import start_decoding
from lgtalent_ie.engine.packing import (
    Window,
    batches,
    cut_windows,
    kept_rows,
    rectangles,
    sentence_lengths,
)
from lgtalent_ie.engine.states import States, together
from lgtalent_ie.errors import InputError
from lgtalent_ie.model.config import MENTION_HEAD
from lgtalent_ie.model.cpu_reader import CpuReader
from lgtalent_ie.model.decoding import (
    LabelledSpan,
    Platt,
    best_tags,
    log_softmax,
    spans_of_batch,
)
from lgtalent_ie.model.loading import AnyTagger
from lgtalent_ie.model.pairs import PairPlaces, join_pairs
from lgtalent_ie.model.pretrained import PretrainedTagger
from lgtalent_ie.model.tagger import WindowText
from lgtalent_ie.model.transfer import to_device

# Pieces in one batch on a CPU; beyond this nothing gets faster on two cores, memory grows.
TOKEN_BUDGET = 4096
# On a GPU: an encoder of RoBERTa-base's shape computes 11 teraflop on so many, tens of milliseconds
# beside which starting its kernels is little, and the widest array of a layer takes 0.4 GB.
CUDA_TOKEN_BUDGET = 65_536
# On a GPU `spans` reads and decodes so many budgets of morphemes at once: while what was found in
# them is gathered here, the next are computed there.
GPU_GROUP = 4
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


def decode_here(
    logits: NDArray[np.float32], lengths: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """As `decode_on_device`, of logits on the CPU."""
    log_probabilities = log_softmax(logits)  # [N, tags]
    tags = best_tags(log_probabilities, lengths)  # [N]
    return tags, log_probabilities[np.arange(len(tags)), tags]


class Part(NamedTuple):
    """What is read at once of a sentence: its number, the window and that as the encoder takes it.

    What a tagger prepares are numbers in arrays, so that a process without the device can make and
    send it.
    """

    sentence: int
    window: Window
    prepared: Any


class WindowReader(Protocol):
    """What reads windows for a `Runtime`: a tagger, or what stands for it on its device."""

    def prepare_all(self, windows: Sequence[WindowText]) -> Sequence[Any]: ...

    def size(self, prepared: Any) -> int: ...

    def hidden(self, prepared: Sequence[Any]) -> Tensor: ...


class SentenceReader(Protocol):
    """What reading an article asks of a model, here (`Runtime`) or served (`ServedRuntime`).

    `states` gives what stands for each sentence, as long as it has morphemes; the others take it.
    `budget` is the number of pieces that are read together, `ahead` how many groups of articles
    may be on the device while one before them is finished here.
    """

    tagger: AnyTagger
    budget: int
    ahead: int

    def states(self, sentences: Sequence[WindowText]) -> Sequence[Any]: ...

    def decode(self, states: Sequence[Any]) -> list[list[LabelledSpan]]: ...

    def pair_logits(
        self, states: Sequence[Any], pairs: Sequence[Sequence[PairPlaces]], label_set: str
    ) -> list[NDArray[np.float32]]: ...


def make_parts(
    sentences: Sequence[WindowText], tagger: AnyTagger, reader: WindowReader
) -> list[Part]:
    """Sentences cut into windows that the tagger can take, prepared for what reads them."""
    parts: list[tuple[int, Window]] = []
    for number, costs in enumerate(tagger.costs(sentences)):
        windows = cut_windows(costs, tagger.config.longest)
        parts += [(number, window) for window in windows]
    texts = [
        WindowText(sentences[n].text, sentences[n].morphemes[window.start : window.end])
        for n, window in parts
    ]
    return [
        Part(*part, prepared)
        for part, prepared in zip(parts, reader.prepare_all(texts), strict=True)
    ]


class Runtime:
    """A tagger on a device. `budget` is the number of pieces that are run together.

    The small steps of the recurrent encoder run on one CPU thread: where another process holds a
    core, two threads waited for each other and an article took seconds instead of tenths. There it
    is read by `CpuReader`, with the weights it has now, unless a `reader` is given: what prepares
    windows and reads what it has prepared.

    On a GPU the encoders compute in bfloat16 (cuDNN's LSTM in float16, as torch's autocast has it),
    and the heads in float32 behind them. Pretrained encoders of BERT's family are read without
    padding, with the weights they have now; with `compile` torch fuses their layers there, once the
    first batch comes, which pays in long runs and needs the C compiler that Triton asks for.
    Between batches the processor does not wait for the device.
    """

    def __init__(
        self,
        tagger: AnyTagger,
        device: str = "auto",
        budget: int | None = None,
        compile: bool = False,
        reader: WindowReader | None = None,
    ) -> None:
        self.tagger = tagger.to(choose_device(device)).eval()
        on_gpu = self.tagger.device.type == "cuda"
        default = CUDA_TOKEN_BUDGET if on_gpu else TOKEN_BUDGET
        self.budget = default if budget is None else budget
        recurrent_here = tagger.config.recurrent is not None and not on_gpu
        self.threads = 1 if recurrent_here else None
        if reader is None:
            reader = CpuReader(self.tagger) if recurrent_here else self.tagger  # type: ignore[arg-type]
        self.reader: WindowReader = reader
        packed = None
        if isinstance(self.tagger, PretrainedTagger):
            packed = self.tagger.pack(torch.bfloat16 if on_gpu else torch.float32)
        if packed is not None and compile and on_gpu:
            packed.compile_layers()
        # A packed encoder has weights of that type, and norms that autocast would make float32.
        self.autocast = on_gpu and packed is None
        self.decodes_on_device = on_gpu
        self.ahead = 1 if on_gpu else 0

    def states(self, sentences: Sequence[WindowText]) -> States:
        """float32 [n, hidden_size] per sentence, on the device: the one pass that all heads share.

        All of them are kept, in all 4 × hidden_size bytes a morpheme, so give no more sentences
        than the device has room for; what the encoder needs beside them is bounded by the budget.
        """
        return self.run(self.prepare(sentences), len(sentences))

    def prepare(self, sentences: Sequence[WindowText]) -> list[Part]:
        """Sentences cut into windows that the encoder can take; done on the CPU alone."""
        return make_parts(sentences, self.tagger, self.reader)

    @torch.inference_mode()
    def run(self, parts: Sequence[Part], sentences: int) -> States:
        """The states of so many sentences, of all their parts; as `states`.

        Windows of a long sentence are merged by morpheme. Where the device runs out of memory, the
        budget is halved, for all that follows too, and the batch is read in smaller ones; the error
        is raised only where a single window is too much.
        """
        sizes = [self.reader.size(part.prepared) for part in parts]
        placed = np.array([(p.sentence, *p.window) for p in parts], dtype=np.int64)  # [P, 5]
        placed = placed.reshape(-1, 5)
        lengths = sentence_lengths(placed, sentences)  # [sentences]
        starts = np.cumsum(lengths) - lengths  # [sentences]
        device = self.tagger.device
        size = (int(lengths.sum()), self.tagger.config.hidden_size)
        flat = torch.empty(size, dtype=torch.float32, device=device)
        waiting = deque(batches(sizes, self.budget))
        while waiting:
            batch = waiting.popleft()
            try:
                hidden = self.read([parts[n].prepared for n in batch])  # [N, hidden_size]
            except torch.cuda.OutOfMemoryError:
                if len(batch) == 1:
                    raise
                self.budget = max(1, min(self.budget, sum(sizes[n] for n in batch)) // 2)
                smaller = list(batches([sizes[n] for n in batch], self.budget))
                waiting.extendleft([batch[n] for n in some] for some in reversed(smaller))
                continue
            rows = kept_rows(placed[batch], starts)
            with cpu_threads(self.threads):
                if rows.taken is None:
                    [become] = to_device([torch.from_numpy(rows.become)], device)  # [K]
                else:
                    arrays = [torch.from_numpy(array) for array in (rows.become, rows.taken)]
                    become, taken = to_device(arrays, device)  # [K] each
                    hidden = hidden[taken]  # [K, hidden_size]
                flat.index_copy_(0, become, hidden)
        return States(flat, lengths)

    def read(self, prepared: Sequence[Any]) -> Tensor:
        """float32 [N, hidden_size]: one batch, the morphemes of all windows one after the other."""
        autocast = torch.autocast("cuda", torch.bfloat16, enabled=self.autocast)
        with cpu_threads(self.threads), autocast:
            return self.reader.hidden(prepared).float()

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
        all_states = together(states)
        with cpu_threads(self.threads):
            logits = self.tagger.logits(all_states.flat, head).cpu().numpy()  # [N, tags]
        return np.split(logits, all_states.bounds[1:-1])

    def spans(
        self, sentences: Sequence[WindowText], head: str = MENTION_HEAD
    ) -> list[list[LabelledSpan]]:
        """The labelled spans of every sentence, in morpheme numbers, by constrained decoding."""
        lengths = [len(sentence.morphemes) for sentence in sentences]
        reading = (self.states(sentences[a:b]) for a, b in self.groups(lengths))
        return [spans for group in self.decode_each(reading, head) for spans in group]

    def groups(self, lengths: Sequence[int]) -> Iterator[tuple[int, int]]:
        """Which of so many sentences go together, start and end: on a CPU all of them."""
        start = size = 0
        for number, length in enumerate(lengths, 1):
            size += length
            if number == len(lengths) or (self.ahead and size >= GPU_GROUP * self.budget):
                yield start, number
                start, size = number, 0

    def decode_each(
        self, reading: Iterable[Sequence[Tensor]], head: str = MENTION_HEAD
    ) -> Iterator[list[list[LabelledSpan]]]:
        """The labelled spans of groups of states; `reading` sets the device to work at each.

        What is to be done here for a group is done while a GPU computes the next.
        """
        coming = None
        for states in reading:
            if coming is not None:
                yield coming()
            coming = self.start_decoding(states, head)
        if coming is not None:
            yield coming()

    def decode(
        self, states: Sequence[Tensor], head: str = MENTION_HEAD
    ) -> list[list[LabelledSpan]]:
        """The labelled spans of every sentence, of its states; one copy comes back from a GPU."""
        return self.start_decoding(states, head)()

    @torch.inference_mode()
    def start_decoding(
        self, states: Sequence[Tensor], head: str
    ) -> Callable[[], list[list[LabelledSpan]]]:
        """What gives the spans of `decode` when it is called; a GPU computes them until then."""
        if not len(states):
            return list
        all_states = together(states)
        lengths = all_states.lengths  # [B]
        filled = lengths[lengths > 0]
        if not len(filled):
            return lambda: [[] for _ in lengths]
        with cpu_threads(self.threads):
            logits = self.tagger.logits(all_states.flat, head)  # [N, tags]
        decoded = (
            start_decoding(logits, filled)
            if self.decodes_on_device
            else partial(decode_here, logits.numpy(), filled)
        )
        platt = Platt(*self.tagger.config.platt) if head == MENTION_HEAD else None

        def answer() -> list[list[LabelledSpan]]:
            tags, chosen = decoded()  # [N] each
            return spans_of_batch(tags, chosen, lengths, platt)

        return answer

    @torch.inference_mode()
    def pair_logits(
        self, states: Sequence[Tensor], pairs: Sequence[Sequence[PairPlaces]], label_set: str
    ) -> list[NDArray[np.float32]]:
        """Logits of the pairs of every sentence, [P, labels] each; all pairs are scored in batches.

        Only where the model has a head over pairs (`config.relations`).
        """
        head = self.tagger.pairs
        assert head is not None
        labels, states = len(head.config.labels[label_set]), list(states)
        scored = [np.zeros((len(some), labels), dtype=np.float32) for some in pairs]
        parts = []
        for n, some in enumerate(pairs):
            size = max(FEWEST_PAIRS, PAIR_BUDGET // max(1, len(states[n])))
            parts += [(n, at, some[at : at + size]) for at in range(0, len(some), size)]
        heights, widths = [len(some) for _, _, some in parts], [len(states[n]) for n, _, _ in parts]
        some_logits: list[tuple[list[int], Tensor]] = []
        for batch in rectangles(heights, widths, PAIR_BUDGET):
            joined = join_pairs([parts[p][2] for p in batch], [widths[p] for p in batch])
            hidden = torch.cat([states[parts[p][0]] for p in batch])  # [N, hidden]
            with cpu_threads(self.threads):
                logits = head(hidden, joined.to(hidden.device))[label_set]  # [P, labels]
            some_logits.append((batch, logits))
        if not some_logits:
            return scored
        # In one copy, as each waits for all that came before it.
        rows = torch.cat([logits for _, logits in some_logits]).cpu().numpy()
        order = [p for batch, _ in some_logits for p in batch]
        ends = np.cumsum([heights[p] for p in order])[:-1]
        for p, own in zip(order, np.split(rows, ends), strict=True):
            n, at, some = parts[p]
            scored[n][at : at + len(some)] = own
        return scored
