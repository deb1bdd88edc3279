"""The sections of the engine benchmark: what one process measures, step by step, in its time."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from threading import BrokenBarrierError
from time import time
from typing import Any, Protocol

import torch
from engine_encoders import Built, build, parameters_of, token_counts
from engine_measures import (
    ENCODER,
    ENGINE,
    KIWI,
    MENTIONS,
    PREPARE,
    RECORDS,
    Setting,
    best_batch,
    describe,
    flops_of,
    in_turn,
    latency,
    make_runtime,
    measure,
    memory,
    one_text,
    one_window,
    own_extractor,
    own_tokens,
    prepared_parts,
    rate,
    read_all_mentions,
    read_kiwi,
    read_parts,
    read_prepared,
    read_records,
    read_spans,
    shipped_extractor,
)
from engine_texts import Mix
from pipeline_rivals import (
    GLINER,
    PIPELINE,
    SORTED,
    GlinerPacking,
    make_pipeline,
    read_sorted,
    read_with,
)

from lgtalent_ie import Extractor
from lgtalent_ie.engine.runtime import Runtime, cpu_threads
from lgtalent_ie.errors import LgtalentError

# No single measurement takes longer, however much time is left; a dry run's take next to nothing.
LONGEST, SHORTEST = 8.0, 0.02
# A step of ways in turn measures four of them, and may take as much longer.
TURNS, WAYS_IN_TURN = "turns", 4

Row = tuple[str, dict[str, Any]]
Step = Callable[[float], Iterator[Row]]


class Barrier(Protocol):
    """What makes processes wait for each other."""

    def wait(self, timeout: float | None = None) -> int:
        """Wait until all have come."""


@dataclass(frozen=True, slots=True)
class Section:
    """A stretch of the run: a kind of SECTIONS, with an encoder or none, in some processes.

    `best` are the pipeline's batch size and threads that a section before found, by mix.
    """

    kind: str
    encoder: str = ""
    processes: int = 1
    best: tuple[tuple[str, int, int], ...] = ()

    @property
    def title(self) -> str:
        """What it is called where it is told about."""
        return f"{self.encoder} {self.kind}".strip()


def run_section(
    section: Section,
    mixes: Sequence[Mix],
    setting: Setting,
    deadline: float,
    send: Callable[[Row], object],
    barrier: Barrier | None = None,
) -> None:
    """Measure what belongs to a section until `deadline`, in seconds since the epoch."""
    alone = section.processes == 1
    torch.set_num_threads(setting.threads if alone else 1)
    # The threads of tokenizers that read side by side would stand in each other's way.
    parallel = "true" if alone and setting.threads > 1 else "false"
    os.environ.setdefault("TOKENIZERS_PARALLELISM", parallel)

    own = {
        "encoder": section.encoder,
        "section": section.kind,
        "processes": section.processes,
    }

    def tagged(row: Row) -> None:
        send((row[0], own | row[1]))

    try:
        steps = SECTIONS[section.kind](section, mixes, setting)
    except Exception as error:
        tagged(("gaps", {"what": section.kind, "reason": reason_of(error)}))
        return
    for number, (what, step) in enumerate(steps):
        # Unspent time goes to the steps that follow.
        longest = LONGEST * (WAYS_IN_TURN if section.kind == TURNS else 1)
        seconds = min(longest, (deadline - time()) / (len(steps) - number))
        if setting.dry_run:
            seconds = SHORTEST
        try:
            if barrier is not None:
                barrier.wait(max(1.0, deadline - time()))
            if seconds < SHORTEST and not takes_no_time(step):
                tagged(("gaps", {"what": what, "reason": "no time was left"}))
                continue
            for row in step(seconds):
                tagged(row)
        except BrokenBarrierError:
            tagged(("gaps", {"what": what, "reason": "another process ended or was late"}))
        except Exception as error:
            tagged(("gaps", {"what": what, "reason": reason_of(error)}))


def takes_no_time(step: Step) -> bool:
    """True where a step only tells what is known, which is done however late it is."""
    return isinstance(step, partial) and step.func in (told, remembered)


def reason_of(error: Exception) -> str:
    """An error in a line, without the folders of this machine."""
    said = error.given if isinstance(error, LgtalentError) else str(error)
    line = re.sub(r"(?:/[\w.~+-]+)+/", "", (said.strip() or "no message").splitlines()[0])
    return (
        line[:300] if isinstance(error, LgtalentError) else f"{type(error).__name__}: {line[:300]}"
    )


def built_of(section: Section, mixes: Sequence[Mix], setting: Setting, rival: bool = True) -> Built:
    """The encoder of a section, its tokenizer made of all texts."""
    texts = [text for mix in mixes for text in mix.texts]
    return build(section.encoder, texts, rival, tiny=setting.dry_run)


# --- steps ---------------------------------------------------------------------------------------


def rated(
    way: str,
    call: Callable[[int], object],
    mix: Mix,
    seconds: float,
    tokens: Sequence[int] | None = None,
    built: Built | None = None,
) -> Iterator[Row]:
    """The rate of a way over a mix."""
    done = measure(call, len(mix.texts), seconds)
    flops = None if built is None or tokens is None else flops_of(built, tokens, done.texts)
    yield "rates", rate(way, mix, done, tokens, flops)


def late(
    way: str, what: str, call: Callable[[int], object], count: int, seconds: float
) -> Iterator[Row]:
    """The latency of a way over single texts."""
    yield "latencies", {"way": way, "text": what, **latency(call, count, seconds)}


def remembered(what: str, device: str, seconds: float) -> Iterator[Row]:
    """The peak of memory so far."""
    yield "memory", {"after": what, **memory(device)}


def told(kind: str, figures: dict[str, Any], seconds: float) -> Iterator[Row]:
    """What is known already."""
    yield kind, figures


def searched(
    way: str,
    call: Callable[..., object],
    mix: Mix,
    setting: Setting,
    built: Built,
    seconds: float,
) -> Iterator[Row]:
    """The rate of `call(texts, size=…)` over the first texts of a mix, at its best.

    The best is the batch size and, on a CPU, one thread or all that torch has been given.
    """
    size = best_batch(call, len(mix.texts), setting.batch_sizes, seconds / 2)
    best, threads = partial(call, size=size), setting.threads
    if not setting.gpu and threads > 1:
        threads = best_threads(best, len(mix.texts), (threads, 1), seconds / 4)
    torch.set_num_threads(threads)
    tokens = token_counts(built, mix.texts)
    for kind, row in rated(way, best, mix, seconds / 2, tokens, built):
        yield kind, row | {"batch size": size, "threads": threads}
    torch.set_num_threads(setting.threads)


def best_threads(
    call: Callable[[int], object], count: int, choices: Sequence[int], seconds: float
) -> int:
    """The number of torch's threads with which a call reads most texts a second."""
    rates = {}
    for threads in choices:
        torch.set_num_threads(threads)
        done = measure(call, count, seconds / len(choices))
        rates[threads] = done.texts / done.seconds
    return max(rates, key=lambda threads: rates[threads])


# --- sections ------------------------------------------------------------------------------------


def kiwi_steps(section: Section, mixes: Sequence[Mix], setting: Setting) -> list[tuple[str, Step]]:
    """Kiwi alone: the bound of everything that begins with text."""
    extractor = shipped_extractor()
    return [
        (f"{way}, {mix.name}", partial(rated, way, partial(read, extractor, mix), mix))
        for mix in mixes
        for way, read in ((KIWI, read_kiwi), (PREPARE, read_prepared))
    ]


def engine_steps(
    section: Section, mixes: Sequence[Mix], setting: Setting
) -> list[tuple[str, Step]]:
    """This library: windows to labels, latency, text to mentions, text to records, memory."""
    steps = [started(setting)]
    built = built_of(section, mixes, setting, rival=False)
    news, articles = mixes[0], mixes[1]
    runtime, compiled = make_runtime(built, setting, news)
    extractor = own_extractor(runtime)
    facts = describe(built, news, compiled)
    steps.append(("description", partial(told, "encoders", facts)))
    for once in mixes:
        tokens = own_tokens(built, once) * setting.repeated
        mix = once.repeated(setting.repeated)
        parts = prepared_parts(runtime, once, setting.repeated)
        ways = {
            ENCODER: partial(read_parts, runtime, parts),
            ENGINE: partial(read_spans, runtime, mix),
        }
        for way, call in ways.items():
            step = partial(rated, way, call, mix, tokens=tokens, built=built)
            steps.append((f"{way}, {mix.name}", step))
    steps.append(("memory", partial(remembered, ENGINE, setting.device)))
    for what, mix in (("sentence", news), ("article", articles)):
        ones = {
            ENGINE: partial(one_window, runtime, mix),
            RECORDS: partial(one_text, extractor, mix),
        }
        for way, one in ones.items():
            step = partial(late, way, what, one, len(mix.texts))
            steps.append((f"latency of one {what}, {way}", step))
    for mix in mixes:
        call = partial(read_all_mentions, extractor, mix)
        steps.append((f"{MENTIONS}, {mix.name}", partial(rated, MENTIONS, call, mix)))
    call = partial(read_records, extractor, articles)
    steps.append((f"{RECORDS}, articles", partial(rated, RECORDS, call, articles)))
    steps.append(("memory", partial(remembered, RECORDS, setting.device)))
    return steps


def rival_steps(section: Section, mixes: Sequence[Mix], setting: Setting) -> list[tuple[str, Step]]:
    """The pipeline, the pipeline over sorted texts, GLiNER's packing; latency and memory."""
    steps = [started(setting)]
    built = built_of(section, mixes, setting)
    dtype = rival_dtype(built, setting)
    pipeline = make_pipeline(built, setting.device, dtype)
    facts = {"weights of the rival": parameters_of(built.rival)}
    steps.append(("description", partial(told, "encoders", facts)))
    for mix in mixes:
        stride = mix.name != "news"
        for way, read in ((PIPELINE, read_with), (SORTED, read_sorted)):
            call = prefix(partial(read, pipeline, stride=stride), mix)
            step = partial(searched, way, call, mix, setting, built)
            steps.append((f"{way}, {mix.name}", step))
    for what, mix in (("sentence", mixes[0]), ("article", mixes[1])):
        one = partial(one_with, pipeline, mix)
        step = partial(late, PIPELINE, what, one, len(mix.texts))
        steps.append((f"latency of one {what}, {PIPELINE}", step))
    steps.append(("memory", partial(remembered, PIPELINE, setting.device)))
    try:
        packing = GlinerPacking(built, setting.device, dtype)
    except LgtalentError as error:
        gap = {"what": GLINER, "reason": reason_of(error)}
        return [*steps, (GLINER, partial(told, "gaps", gap))]
    for mix in mixes:
        step = partial(searched, GLINER, prefix(packing.read, mix), mix, setting, built)
        steps.append((f"{GLINER}, {mix.name}", step))
    return steps


def rival_dtype(built: Built, setting: Setting) -> torch.dtype:
    """What the rival computes with: cuDNN's LSTM in float16, as this library's, on a GPU.

    Before torch 2.10 it took no bfloat16, and what torch did instead was many times slower.
    """
    on_cuda = setting.device.startswith("cuda")
    return torch.float16 if built.recurrent and on_cuda else setting.dtype


def started(setting: Setting) -> tuple[str, Step]:
    """The memory that the process has before there is an encoder, as the first step."""
    return "memory", partial(told, "memory", {"after": "start", **memory(setting.device)})


def prefix(read: Callable[..., object], mix: Mix) -> Callable[..., object]:
    """`read` as a call with a number of texts and a batch size."""
    return lambda texts, size: read(mix.texts[:texts], size=size)


def one_with(pipeline: Any, mix: Mix, number: int) -> None:
    """One text of the mix through the pipeline."""
    read_with(pipeline, [mix.texts[number]], 1, mix.name != "news")


def turns_steps(section: Section, mixes: Sequence[Mix], setting: Setting) -> list[tuple[str, Step]]:
    """The ways that begin with text, pass by pass in turn; in several processes beside others.

    The pipeline has the batch size and threads it liked best alone, beside others one thread. On a
    GPU it takes part in one process only.
    """
    alone = section.processes == 1
    built = built_of(section, mixes, setting)
    extractor = own_extractor(Runtime(built.tagger, setting.device))
    ways = {KIWI: read_kiwi, MENTIONS: read_all_mentions, RECORDS: read_records}
    calls: dict[str, Callable[[Sequence[str]], object]] = {
        way: partial(read_texts, read, extractor) for way, read in ways.items()
    }
    pipeline = None
    if alone or not setting.gpu:
        pipeline = make_pipeline(built, setting.device, rival_dtype(built, setting))
    best = {mix: (size, threads) for mix, size, threads in section.best}
    steps: list[tuple[str, Step]] = []
    for mix in mixes:
        own = dict(calls)
        if pipeline is not None:
            size, threads = best.get(mix.name, (setting.batch_sizes[0], setting.threads))
            reading = partial(read_with, pipeline, size=size, stride=mix.name != "news")
            own[PIPELINE] = partial(with_threads, threads if alone else 1, reading)
        steps.append((f"in turn, {mix.name}", partial(rated_in_turn, own, mix)))
    steps.append(("memory", partial(remembered, RECORDS, setting.device)))
    return steps


def read_texts(
    read: Callable[[Extractor, Mix, int], object], extractor: Extractor, texts: Sequence[str]
) -> None:
    """One of this library's ways over texts."""
    read(extractor, Mix("", tuple(texts), ()), len(texts))


def with_threads(
    threads: int, read: Callable[[Sequence[str]], object], texts: Sequence[str]
) -> None:
    """A way with so many threads of torch."""
    with cpu_threads(threads):
        read(texts)


def rated_in_turn(
    calls: Mapping[str, Callable[[Sequence[str]], object]], mix: Mix, seconds: float
) -> Iterator[Row]:
    """The rates of several ways over a mix; one that fails is told of and left out."""
    able = {}
    for way, call in calls.items():
        try:
            call(mix.texts[:1])
            able[way] = call
        except Exception as error:
            yield "gaps", {"what": f"{way}, {mix.name}", "reason": reason_of(error)}
    for row in in_turn(able, mix, seconds) if able else ():
        yield "rates", row


SECTIONS: dict[str, Callable[..., list[tuple[str, Step]]]] = {
    "Kiwi": kiwi_steps,
    "engine": engine_steps,
    "rivals": rival_steps,
    TURNS: turns_steps,
}


def plan(encoders: Sequence[str], shipped: Sequence[str], processes: int) -> list[Section]:
    """The sections in their order: what comes last is lost first where time is short."""
    sections = [Section("Kiwi")]
    for name in encoders:
        sections += [Section("engine", name), Section("rivals", name)]
    counts = (1, processes) if processes > 1 else (1,)
    own = [name for name in encoders if name in shipped]
    return sections + [Section(TURNS, name, count) for count in counts for name in own]


def with_best(section: Section, rates: Sequence[dict[str, Any]]) -> Section:
    """The section, told what the pipeline's best batch sizes and threads were."""
    found = [
        (row["mix"], row["batch size"], row["threads"])
        for row in rates
        if row["encoder"] == section.encoder and row["way"] == PIPELINE and "batch size" in row
    ]
    return replace(section, best=tuple(found))


def usable_cores() -> int:
    """CPU cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
