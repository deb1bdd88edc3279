"""How the engine benchmark takes its figures: rates, latencies, memory, and this library's ways."""

from __future__ import annotations

import resource
import sys
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from copy import copy
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any, TypeVar

import numpy as np
import torch
from engine_encoders import Built, layer_weights, operations, parameters_of, token_counts
from engine_texts import Mix, eojeol_of

from lgtalent_ie import Extractor
from lgtalent_ie.engine.runtime import Part, Runtime
from lgtalent_ie.extractor import grouped
from lgtalent_ie.mentions import read_mentions
from lgtalent_ie.schema import Section

T = TypeVar("T")

# The number of texts that a measurement begins with, and by what it grows while there is time; how
# often a pass is repeated at most, and how many of them the time of a measurement is divided into.
FIRST_TEXTS, GROWTH = 8, 4
REPEATS, PASSES = 7, 8
# A search for the best batch size ends where two sizes in a row are this much slower than the best.
SLOWER = 0.95
LATENCIES = 300


@dataclass(frozen=True, slots=True)
class Setting:
    """What is measured with: the configuration of a CPU or of a GPU, and where it really runs.

    `device` is where tensors are, `gpu` whether the configuration is a GPU's: in a dry run that one
    goes through its steps on a CPU. `threads` are torch's.
    """

    device: str
    gpu: bool
    threads: int
    batch_sizes: tuple[int, ...]
    repeated: int
    dry_run: bool = False

    @property
    def dtype(self) -> torch.dtype:
        """What the rivals compute with."""
        return torch.bfloat16 if self.gpu else torch.float32


@dataclass(frozen=True, slots=True)
class Pass:
    """`texts` texts, read `repeats` times: the median of the seconds they took.

    `cores` are CPU seconds of this process by wall-clock seconds.
    """

    texts: int
    seconds: float
    repeats: int
    cores: float


def timed(call: Callable[[T], object], given: T) -> float:
    """Seconds of one call."""
    began = perf_counter()
    call(given)
    return perf_counter() - began


def measure(call: Callable[[int], object], count: int, seconds: float) -> Pass:
    """How long `call(n)` takes for as many texts of `count` as fit about eight times into the time.

    Each size is tried before it is measured, which warms up; a slow try is made twice, as the
    first of a size may have compiled something.
    """
    began = perf_counter()
    texts = min(count, FIRST_TEXTS)
    while True:
        taken = timed(call, texts)
        if texts < count and taken * GROWTH > seconds / PASSES:
            taken = min(taken, timed(call, texts))
        if texts == count or taken * GROWTH > seconds / PASSES:
            break
        texts = min(count, texts * GROWTH)
    more = min(count, int(texts * seconds / PASSES / max(taken, 1e-9)))
    if more > texts:
        texts, taken = more, timed(call, more)
    runs: list[float] = []
    cpu, wall = process_time(), perf_counter()
    while not runs or (len(runs) < REPEATS and perf_counter() - began + median(runs) < seconds):
        runs.append(timed(call, texts))
    used = (process_time() - cpu) / (perf_counter() - wall)
    return Pass(texts, median(runs), len(runs), used)


def in_turn(
    calls: Mapping[str, Callable[[Sequence[str]], object]], mix: Mix, seconds: float
) -> Iterator[dict[str, Any]]:
    """A row of the table of rates for each of several ways, measured pass by pass in turn.

    So what a machine does otherwise from minute to minute meets all of them alike. Each pass takes
    the next texts of the mix: what was read just before is in the cache of a processor.
    """
    began, at = perf_counter(), 0

    def some(count: int) -> Sequence[str]:
        nonlocal at
        at += count
        return [mix.texts[n % len(mix.texts)] for n in range(at - count, at)]

    count = min(len(mix.texts), FIRST_TEXTS)
    while True:
        taken = sum(timed(call, some(count)) for call in calls.values())
        if count == len(mix.texts) or taken * GROWTH > seconds / PASSES:
            break
        count = min(len(mix.texts), count * GROWTH)
    count = min(len(mix.texts), max(count, int(count * seconds / PASSES / max(taken, 1e-9))))
    passes: list[dict[str, dict[str, float]]] = []
    spent = 0.0
    while not passes or (len(passes) < REPEATS and perf_counter() - began + spent < seconds):
        passes.append({})
        for way, call in calls.items():
            texts, cpu = some(count), process_time()
            taken = max(timed(call, texts), 1e-9)
            passes[-1][way] = {
                "seconds": taken,
                "cores": (process_time() - cpu) / taken,
                "characters/s": sum(map(len, texts)) / taken,
                "eojeol/s": sum(map(eojeol_of, texts)) / taken,
                "documents/s": count / taken,
            }
        spent = sum(figures["seconds"] for figures in passes[-1].values())
    for way in calls:
        own = [figures[way] for figures in passes]
        medians = {name: median(figures[name] for figures in own) for name in own[0]}
        yield {"way": way, "mix": mix.name, "texts": count, "repeats": len(own), **medians}


def best_batch(
    call: Callable[[int, int], object], count: int, sizes: Sequence[int], seconds: float
) -> int:
    """The batch size, of those given in rising order, at which `call(texts, size)` is fastest.

    Larger ones are not tried once two in a row were slower, once memory ran out, or once the time
    is over; a size is tried with the same number of texts as the others, at least two batches of
    the largest where there are so many.
    """
    began = perf_counter()
    texts = min(count, FIRST_TEXTS)
    while texts < min(count, 2 * max(sizes)):
        if timed(partial(call, size=sizes[len(sizes) // 2]), texts) > seconds / 3 / len(sizes):
            break
        texts = min(count, texts * 2)
    best, shortest, worse = sizes[0], float("inf"), 0
    for size in sizes:
        try:
            taken = min(timed(partial(call, size=size), texts) for _ in range(2))
        except torch.cuda.OutOfMemoryError:
            break
        worse = worse + 1 if taken * SLOWER > shortest else 0
        if taken < shortest:
            best, shortest = size, taken
        if worse == 2 or size >= texts or perf_counter() - began > seconds:
            break
    return best


def rate(
    way: str, mix: Mix, done: Pass, tokens: Sequence[int] | None, flops: float | None
) -> dict[str, Any]:
    """One row of the table of rates; `tokens` are those of each text, `flops` of those read."""
    texts = mix.texts[: done.texts]
    row: dict[str, Any] = {
        "way": way,
        "mix": mix.name,
        "texts": done.texts,
        "seconds": done.seconds,
        "repeats": done.repeats,
        "cores": done.cores,
        "characters/s": sum(map(len, texts)) / done.seconds,
        "eojeol/s": sum(map(eojeol_of, texts)) / done.seconds,
        "documents/s": done.texts / done.seconds,
    }
    if tokens is not None:
        row["tokens/s"] = sum(tokens[: done.texts]) / done.seconds
    if flops is not None:
        row["TFLOPS"] = flops / done.seconds / 1e12
    return row


def latency(call: Callable[[int], object], count: int, seconds: float) -> dict[str, Any]:
    """Milliseconds that calls take one after the other, each with a text of its own, when warm."""
    for number in range(min(count, 5)):
        call(number)
    began = perf_counter()
    taken: list[float] = []
    while not taken or (len(taken) < LATENCIES and perf_counter() - began < seconds):
        at = perf_counter()
        call(len(taken) % count)
        taken.append(1000 * (perf_counter() - at))
    p50, p99 = np.percentile(taken, [50, 99])
    return {"p50 ms": float(p50), "p99 ms": float(p99), "calls": len(taken)}


def memory(device: str) -> dict[str, float]:
    """The most this process has had so far, in MiB: resident, and of tensors on the GPU."""
    found = {"resident MiB": resident_peak()}
    if device.startswith("cuda"):
        found["GPU MiB"] = torch.cuda.max_memory_allocated(device) / 1024**2
    return found


def resident_peak() -> float:
    """The most resident memory of this process so far, in MiB.

    Linux tells it in /proc; `ru_maxrss` may be that of the process which started this one.
    """
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)


def describe(built: Built, mix: Mix, compiled: str) -> dict[str, Any]:
    """What an encoder is, and whether the engine compiled it."""
    counts = token_counts(built, mix.texts)
    return {
        "weights": parameters_of(built.tagger),
        "weights of the layers": layer_weights(built.tagger),
        "token": "morpheme" if built.recurrent else "subword",
        "subwords an eojeol": sum(counts) / sum(map(eojeol_of, mix.texts)),
        "longest window": built.tagger.config.longest,
        "compiled": compiled,
    }


def own_tokens(built: Built, mix: Mix) -> list[int]:
    """Tokens of each text as this library's encoder counts them."""
    if built.recurrent:
        return [len(window.morphemes) for window in mix.windows]
    return token_counts(built, mix.texts)


def make_runtime(built: Built, setting: Setting, mix: Mix) -> tuple[Runtime, str]:
    """The engine, and whether torch compiled the encoder: tried on a GPU, where it is no LSTM.

    Where compiling fails, for want of a C compiler say, the engine goes without and the reason is
    told.
    """
    if setting.device == "cpu" or built.recurrent:
        return Runtime(built.tagger, setting.device), "no"
    try:
        runtime = Runtime(built.tagger, setting.device, compile=True)
        runtime.spans(mix.windows[:FIRST_TEXTS])
    except Exception as error:
        # Triton and inductor have errors of many kinds.
        return Runtime(built.tagger, setting.device), f"failed: {type(error).__name__}"
    return runtime, "yes"


@cache
def shipped_extractor() -> Extractor:
    """The extractor that lends its Kiwi to all others of this process."""
    return Extractor("fast", device="cpu")


def own_extractor(runtime: Runtime) -> Extractor:
    """An extractor around the engine."""
    extractor = copy(shipped_extractor())
    extractor.runtime = runtime
    return extractor


# --- this library's ways -------------------------------------------------------------------------

ENCODER = "encoder to labels"
ENGINE = "engine"
KIWI = "Kiwi"
PREPARE = "page and Kiwi"
MENTIONS = "mentions"
RECORDS = "records"


@dataclass(frozen=True, slots=True)
class Parts:
    """Windows as the encoder takes them; the first n texts are `parts[: ends[n]]`.

    `lengths` are those of the texts in morphemes.
    """

    parts: tuple[Part, ...]
    ends: tuple[int, ...]
    lengths: tuple[int, ...]
    made: dict[tuple[int, int], Sequence[Part]] = field(default_factory=dict)

    def between(self, start: int, end: int) -> Sequence[Part]:
        """Those of texts start..end, which are counted from 0 there; made once, in a warm pass."""
        if (start, end) not in self.made:
            some = self.parts[self.ends[start] : self.ends[end]]
            self.made[start, end] = [p._replace(sentence=p.sentence - start) for p in some]
        return self.made[start, end]


def prepared_parts(runtime: Runtime, mix: Mix, times: int) -> Parts:
    """The windows of a mix, prepared once and so many times over."""
    once, count = runtime.prepare(mix.windows), len(mix.windows)
    parts = [p._replace(sentence=p.sentence + n * count) for n in range(times) for p in once]
    sentences = [part.sentence for part in parts]
    ends = tuple(bisect_left(sentences, n) for n in range(times * count + 1))
    return Parts(tuple(parts), ends, tuple(len(w.morphemes) for w in mix.windows) * times)


def read_parts(runtime: Runtime, parts: Parts, texts: int) -> None:
    """Numbers in, labelled spans on the host out."""
    bounds = runtime.groups(parts.lengths[:texts])
    reading = (runtime.run(parts.between(a, b), b - a) for a, b in bounds)
    for _ in runtime.decode_each(reading):
        pass


def read_spans(runtime: Runtime, mix: Mix, texts: int) -> None:
    """Windows in, labelled spans on the host out."""
    runtime.spans(mix.windows[:texts])


def read_kiwi(extractor: Extractor, mix: Mix, texts: int) -> None:
    """Text in, sentences and morphemes out."""
    for text in mix.texts[:texts]:
        extractor.analyzer.sentences(text, [Section("body", 0, len(text))])


def read_prepared(extractor: Extractor, mix: Mix, texts: int) -> None:
    """Text in, everything out that comes before the model."""
    for text in mix.texts[:texts]:
        extractor.prepare(text)


def read_all_mentions(extractor: Extractor, mix: Mix, texts: int) -> None:
    """Text in, mentions out, in the groups of `extract_many`."""
    runtime = extractor.runtime
    for group in grouped((text, None) for text in mix.texts[:texts]):
        articles = [extractor.prepare(text) for text, _ in group]
        spans = iter(runtime.spans([w for article in articles for w in article.windows]))
        for article in articles:
            own = [next(spans) for _ in article.sentences]
            read_mentions(article.aligned.text, article.sentences, own, extractor.min_score)


def read_records(extractor: Extractor, mix: Mix, texts: int) -> None:
    """Text in, documents with all records out."""
    for _ in extractor.extract_many(mix.texts[:texts]):
        pass


def one_window(runtime: Runtime, mix: Mix, number: int) -> None:
    """One window to labelled spans."""
    runtime.spans([mix.windows[number]])


def one_text(extractor: Extractor, mix: Mix, number: int) -> None:
    """One text to a document."""
    extractor.extract(mix.texts[number])


def flops_of(built: Built, tokens: Sequence[int], texts: int) -> float:
    """Operations that the first so many texts need."""
    return operations(built.tagger, tokens[:texts])
