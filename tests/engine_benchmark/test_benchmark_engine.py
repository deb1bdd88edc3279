"""The engine benchmark measures what it says; how fast anything is, is nothing a test decides."""

from __future__ import annotations

import json
import lzma
from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from click.testing import CliRunner

from lgtalent_ie.errors import InputError, LgtalentError

pytest.importorskip("transformers")

ROOT = Path(__file__).parents[2]


class Clock:
    """A clock that only calls move on, by so many seconds a text and so many a call."""

    def __init__(self, a_text: float, a_call: float = 0.0) -> None:
        self.now, self.a_text, self.a_call = 0.0, a_text, a_call
        self.texts: list[int] = []

    def __call__(self) -> float:
        return self.now

    def read(self, texts: int) -> None:
        self.texts.append(texts)
        self.now += self.a_call + texts * self.a_text


# --- texts ---------------------------------------------------------------------------------------


def test_three_mixes_each_text_with_all_of_its_morphemes(mixes: Any) -> None:
    assert [mix.name for mix in mixes] == ["news", "articles", "tail"]
    for mix in mixes:
        assert mix.sizes["characters"] >= 2_000
        for text, window in zip(mix.texts, mix.windows, strict=True):
            assert window.text == text
            assert window.morphemes[-1].end == len(text)
        assert mix.repeated(3).sizes["characters"] == 3 * mix.sizes["characters"]


def test_the_texts_of_a_seed_are_always_the_same(scripts: SimpleNamespace, mixes: Any) -> None:
    def drawn(seed: int) -> list[str]:
        return list(islice(scripts.texts.news(mixes[0].texts, Random(seed)), 9))

    assert drawn(1) == drawn(1) != drawn(2)


def test_the_first_texts_are_a_fair_sample_of_all(scripts: SimpleNamespace) -> None:
    draw = scripts.texts.stretches(["가나 다라 마바"] * 9, Random(0), 100, 1.0, 5_000)
    lengths = [len(next(draw)) for _ in range(200)]
    half = sum(length > 100 for length in lengths[:10])
    assert 4 <= half <= 6
    assert 90 <= sum(length > 100 for length in lengths) <= 110


def test_a_text_is_cut_behind_a_word_and_not_longer_than_asked(scripts: SimpleNamespace) -> None:
    text = scripts.texts.written(["하나 둘", "셋 넷"], Random(0), 9)
    assert len(text) <= 9
    assert set(text.split()) <= {"하나", "둘", "셋", "넷"}


# --- measures ------------------------------------------------------------------------------------


def test_a_pass_is_an_eighth_of_the_time_and_repeated(
    scripts: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(a_text=0.01)
    monkeypatch.setattr(scripts.measures, "perf_counter", clock)
    done = scripts.measures.measure(clock.read, 10_000, seconds=8)
    assert done.texts == 100
    assert done.seconds == pytest.approx(1)
    assert done.repeats >= 3
    assert clock.now <= 8


def test_few_texts_are_read_whole_and_not_for_ever(
    scripts: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(a_text=0.01)
    monkeypatch.setattr(scripts.measures, "perf_counter", clock)
    done = scripts.measures.measure(clock.read, 5, seconds=8)
    assert (done.texts, done.repeats) == (5, scripts.measures.REPEATS)


def test_a_call_too_slow_for_the_time_is_measured_once(
    scripts: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(a_text=5)
    monkeypatch.setattr(scripts.measures, "perf_counter", clock)
    done = scripts.measures.measure(clock.read, 1_000, seconds=1)
    assert (done.texts, done.seconds, done.repeats) == (8, 40, 1)


def test_ways_in_turn_meet_the_same_machine_and_new_texts(
    scripts: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(a_text=0.0)
    monkeypatch.setattr(scripts.measures, "perf_counter", clock)
    mix = scripts.texts.Mix("news", tuple(f"{n:05}" for n in range(100_000)), ())
    read: list[tuple[str, list[str]]] = []

    def way(name: str, a_text: float, texts: list[str]) -> None:
        read.append((name, texts))
        # The machine becomes slower by the minute.
        clock.now += len(texts) * a_text * (1 + clock.now / 60)

    calls = {"one": partial(way, "one", 0.001), "other": partial(way, "other", 0.002)}
    one, other = scripts.measures.in_turn(calls, mix, seconds=30)
    assert (one["way"], one["mix"]) == ("one", "news")
    assert one["texts"] == other["texts"] == len(read[-1][1])
    assert [name for name, _ in read] == ["one", "other"] * (len(read) // 2)
    assert [text for _, texts in read for text in texts] == list(
        mix.texts[: int(read[-1][1][-1]) + 1]
    )
    assert one["repeats"] >= 3
    assert one["characters/s"] / other["characters/s"] == pytest.approx(2, rel=0.1)
    assert clock.now < 40


def test_a_way_that_fails_is_told_and_the_others_are_measured(
    scripts: SimpleNamespace, mixes: Any
) -> None:
    def failing(texts: object) -> None:
        raise RuntimeError("no")

    calls = {"good": len, "bad": failing}
    rows = list(scripts.sections.rated_in_turn(calls, mixes[0], 0.02))
    assert rows[0] == ("gaps", {"what": "bad, news", "reason": "RuntimeError: no"})
    assert [(kind, row["way"]) for kind, row in rows[1:]] == [("rates", "good")]


def test_sentences_of_a_file_are_read_once_each(scripts: SimpleNamespace, tmp_path: Path) -> None:
    lines = "새별전자가 새 연구원 열 명을 뽑았다.\n짧은 줄.\n" * 2
    plain, packed = tmp_path / "a.txt", tmp_path / "a.txt.xz"
    plain.write_text(lines, encoding="utf-8")
    packed.write_bytes(lzma.compress(lines.encode()))
    for path in (plain, packed):
        assert scripts.texts.read_sentences(path) == ["새별전자가 새 연구원 열 명을 뽑았다."]
    plain.write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match=r"a\.txt"):
        scripts.texts.read_sentences(plain)


def test_the_best_batch_size_is_the_fastest(
    scripts: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(0)
    monkeypatch.setattr(scripts.measures, "perf_counter", clock)
    tried: list[int] = []

    def call(texts: int, size: int) -> None:
        tried.append(size)
        if size == 256:
            raise torch.cuda.OutOfMemoryError
        clock.now += texts * {1: 9, 8: 3, 32: 1, 64: 2, 128: 0.5}[size] / 1_000

    best = scripts.measures.best_batch
    assert best(call, 10_000, (1, 8, 32, 64), 1_000) == 32
    assert best(call, 10_000, (1, 8, 32, 64, 128, 256), 1_000) == 128
    tried.clear()
    assert best(call, 10_000, (32, 64, 8, 128), 1_000) == 32
    assert 128 not in tried, "two in a row were slower"


def test_latency_is_told_in_milliseconds(
    scripts: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(0, a_call=0.002)
    monkeypatch.setattr(scripts.measures, "perf_counter", clock)
    found = scripts.measures.latency(clock.read, 3, 10)
    assert found["p50 ms"] == pytest.approx(2) and found["p99 ms"] == pytest.approx(2)
    assert found["calls"] == scripts.measures.LATENCIES


def test_memory_is_that_of_this_process(scripts: SimpleNamespace) -> None:
    before = scripts.measures.memory("cpu")["resident MiB"]
    kept = bytearray(64 << 20)
    assert scripts.measures.memory("cpu")["resident MiB"] >= before > len(kept) / 1024**2


def test_a_rate_counts_the_texts_that_were_read(scripts: SimpleNamespace, mixes: Any) -> None:
    done = scripts.measures.Pass(2, 0.5, 3, 1.0)
    row = scripts.measures.rate("engine", mixes[0], done, [10, 20, 99], 1e12)
    first, second = mixes[0].texts[:2]
    assert row["tokens/s"] == 60
    assert row["characters/s"] == 2 * (len(first) + len(second))
    assert row["eojeol/s"] == 2 * len(f"{first} {second}".split())
    assert (row["documents/s"], row["TFLOPS"]) == (4, 2)


def test_prepared_texts_give_the_spans_of_their_windows(
    scripts: SimpleNamespace, roberta: Any, setting: Any, mixes: Any
) -> None:
    runtime, compiled = scripts.measures.make_runtime(roberta, setting, mixes[0])
    assert compiled == "no"
    articles = mixes[1]
    parts = scripts.measures.prepared_parts(runtime, articles, 2)
    assert len(parts.parts) > 2 * len(articles.texts) > 0, "an article is more than one window"
    texts = len(articles.texts) + 1
    some = parts.parts[: parts.ends[texts]]
    wanted = runtime.spans(articles.repeated(2).windows[:texts])
    assert any(wanted)
    assert runtime.decode(runtime.run(some, texts)) == wanted
    behind = runtime.decode(runtime.run(parts.between(1, texts), texts - 1))
    assert [[s[:3] for s in one] for one in behind] == [[s[:3] for s in one] for one in wanted[1:]]
    assert parts.ends[-1] == len(parts.parts)


# --- sections ------------------------------------------------------------------------------------


def test_sections_tell_what_is_wrong_and_go_on(
    scripts: SimpleNamespace, setting: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def bad(seconds: float) -> Iterator[Any]:
        raise RuntimeError("no /some/folder/models/x here\nmore")
        yield

    def good(seconds: float) -> Iterator[Any]:
        yield "rates", {"way": "w"}

    monkeypatch.setitem(
        scripts.sections.SECTIONS, "engine", lambda *_: [("first", bad), ("second", good)]
    )
    rows: list[Any] = []
    section = scripts.sections.Section("engine", "fast")
    scripts.sections.run_section(section, (), setting, 0.0, rows.append)
    own = {"encoder": "fast", "section": "engine", "processes": 1}
    reason = "RuntimeError: no x here"
    assert rows == [
        ("gaps", {**own, "what": "first", "reason": reason}),
        ("rates", {**own, "way": "w"}),
    ]


def test_steps_without_time_are_told_of(
    scripts: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = scripts.measures.Setting("cpu", False, 1, (1,), 1)
    known = partial(scripts.sections.told, "memory", {"resident MiB": 5.0})
    monkeypatch.setitem(
        scripts.sections.SECTIONS, "engine", lambda *_: [("late", None), ("memory", known)]
    )
    rows: list[Any] = []
    scripts.sections.run_section(scripts.sections.Section("engine"), (), real, 0.0, rows.append)
    late, memory = rows
    assert (late[0], late[1]["what"], late[1]["reason"]) == ("gaps", "late", "no time was left")
    assert memory[1]["resident MiB"] == 5.0


def test_the_plan_measures_each_encoder_on_both_sides(scripts: SimpleNamespace) -> None:
    sections = scripts.sections.plan(["roberta-base", "fast"], ("fast",), 4)
    assert [s.title for s in sections] == [
        "Kiwi", "roberta-base engine", "roberta-base rivals", "fast engine", "fast rivals",
        "fast turns", "fast turns",
    ]  # fmt: skip
    assert [s.processes for s in sections[-2:]] == [1, 4]
    rates = [
        {"encoder": "fast", "way": "pipeline", "mix": "news", "batch size": 32, "threads": 2},
        {"encoder": "base", "way": "pipeline", "mix": "news", "batch size": 8, "threads": 1},
    ]
    assert scripts.sections.with_best(sections[-1], rates).best == (("news", 32, 2),)


def test_errors_are_told_without_the_folders_of_the_machine(scripts: SimpleNamespace) -> None:
    reason = scripts.sections.reason_of
    assert reason(OSError("/a/b.c/model.txt: missing")) == "OSError: model.txt: missing"
    assert reason(LgtalentError("no model", "one", "make it")) == "no model"
    assert reason(ValueError()) == "ValueError: no message"


# --- report --------------------------------------------------------------------------------------


def report_of(*rates: tuple[str, str, str, int, float], section: str = "turns") -> dict[str, Any]:
    rows = [
        {"encoder": e, "way": w, "mix": m, "processes": p, "characters/s": float(f),
         "section": "Kiwi" if not e else "engine" if w == "engine" else section}
        for e, w, m, p, f in rates
    ]  # fmt: skip
    return {
        "date": "2026-01-02T03:04:05+00:00",
        "machine": {"CPU": "a CPU"},
        "settings": {"encoders": ["fast"], "processes": 2, "dry run": True},
        "mixes": {"news": {"texts": 3}},
        "encoders": {"fast": {"weights": 5, "compiled": "no"}},
        "rates": rows, "latencies": [], "memory": [], "gaps": [], "ratios": [],
    }  # fmt: skip


TEXT_RATES = (
    ("", "Kiwi", "news", 1, 100), ("fast", "mentions", "news", 1, 60),
    ("fast", "records", "news", 1, 40), ("fast", "pipeline", "news", 1, 20),
)  # fmt: skip


def test_ratios_compare_characters_and_leave_out_what_lacks(scripts: SimpleNamespace) -> None:
    report = report_of(
        *TEXT_RATES, ("fast", "mentions", "news", 2, 120), ("fast", "pipeline", "news", 2, 30)
    )
    assert {row["what"]: row["ratio"] for row in scripts.report.ratios(report)} == {
        "mentions / pipeline": 3.0,
        "records / pipeline": 2.0,
        "records / Kiwi": 0.4,
        "mentions, on 2 cores / pipeline": 6.0,
        "mentions / best of pipeline, on 2 cores": 4.0,
    }


def test_what_was_taken_in_turn_is_compared_with_nothing_else(scripts: SimpleNamespace) -> None:
    report = report_of(*TEXT_RATES, section="engine")
    alone = scripts.report.ratios(report)
    assert {row["what"]: row["ratio"] for row in alone} == {
        "mentions / pipeline": 3.0, "records / pipeline": 2.0, "records / Kiwi": 0.4,
    }  # fmt: skip
    report["rates"] += report_of(("fast", "mentions", "news", 1, 90))["rates"]
    assert "mentions / pipeline" not in {row["what"] for row in scripts.report.ratios(report)}
    report["rates"] += report_of(("fast", "pipeline", "news", 1, 10))["rates"]
    assert {row["ratio"] for row in scripts.report.ratios(report)} == {9.0}


def test_rates_of_processes_are_summed_where_all_told_theirs(scripts: SimpleNamespace) -> None:
    row = {"way": "records", "mix": "news", "characters/s": 10.0, "seconds": 1.0}
    rows = [row, {**row, "characters/s": 30.0, "seconds": 2.0}, {**row, "way": "Kiwi"}]
    (found,) = scripts.report.merged(rows, 2)
    assert (found["way"], found["characters/s"], found["seconds"]) == ("records", 40.0, 2.0)


def test_markdown_has_the_figures_and_no_blank_columns(scripts: SimpleNamespace) -> None:
    report = report_of(("fast", "engine", "news", 1, 12345.678))
    text = scripts.report.markdown(report)
    assert "A dry run" in text
    assert "| engine | news | 12,346 |" in text
    assert "| fast | 5 | no |" in text
    assert "None" not in text and "tokens/s" not in text


def test_the_share_of_the_peak_needs_a_known_gpu(scripts: SimpleNamespace) -> None:
    report = report_of()
    scripts.run.add(report, ("rates", {"TFLOPS": 98.95}))
    report["machine"]["GPU"] = "NVIDIA H200"
    scripts.run.add(report, ("rates", {"TFLOPS": 98.95}))
    assert "% of bf16 peak" not in report["rates"][0]
    assert report["rates"][1]["% of bf16 peak"] == pytest.approx(10)


# --- the command ---------------------------------------------------------------------------------


def test_a_dry_run_goes_through_the_configuration_of_a_gpu(scripts: SimpleNamespace) -> None:
    setting = scripts.run.settle("cuda", dry_run=True)
    assert setting.gpu and setting.dtype == torch.bfloat16
    assert setting.device == ("cuda" if torch.cuda.is_available() else "cpu")
    names = scripts.run.chosen_encoders(None, setting)
    assert names == ["roberta-base", "roberta-large", "fast"]


def test_on_a_gpu_the_large_shapes_get_most_of_the_time(scripts: SimpleNamespace) -> None:
    sections = scripts.sections.plan(["roberta-base", "fast"], ("fast",), 2)
    for kind, wanted in (
        ("cuda", [1, 4, 4, 1.5, 1.5, 1.5, 1.5]),
        ("cpu", [1, 1, 1, 1, 1, 2, 2]),
    ):
        setting = scripts.run.settle(kind, dry_run=True)
        assert [scripts.run.share_of(section, setting) for section in sections] == wanted


def test_the_lstm_rival_computes_as_the_engine_does(scripts: SimpleNamespace, roberta: Any) -> None:
    gpu = scripts.measures.Setting("cuda", True, 1, (1,), 1)
    lstm = SimpleNamespace(recurrent=True)
    assert scripts.sections.rival_dtype(lstm, gpu) == torch.float16
    assert scripts.sections.rival_dtype(roberta, gpu) == torch.bfloat16
    cpu = scripts.measures.Setting("cpu", False, 1, (1,), 1)
    assert scripts.sections.rival_dtype(lstm, cpu) == torch.float32


def test_unknown_encoders_are_named(scripts: SimpleNamespace) -> None:
    done = CliRunner().invoke(scripts.run.main, ["--encoders", "fast,slow", "--dry-run"])
    assert done.exit_code == 1
    assert "slow" in done.output


def test_time_that_is_over_leaves_a_whole_report(
    scripts: SimpleNamespace, tmp_path: Path, mixes: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scripts.run, "make_mixes", lambda sentences, characters, analyzer: mixes)
    output, tables = tmp_path / "r.json", tmp_path / "r.md"
    arguments = ["--minutes", "0.001", "--encoders", "fast", "--json", str(output)]
    done = CliRunner().invoke(scripts.run.main, [*arguments, "--markdown", str(tables)])
    assert done.exit_code == 0, done.output
    report = json.loads(output.read_text(encoding="utf-8"))
    assert report["rates"] == []
    assert {gap["reason"] for gap in report["gaps"]} == {"no time was left"}
    assert "## Not measured" in tables.read_text(encoding="utf-8")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["r.json", "r.md"]


def test_the_time_that_loading_took_counts(scripts: SimpleNamespace) -> None:
    assert 0 <= scripts.run.age() < 24 * 3600
    if Path("/proc/self/stat").exists():
        assert scripts.run.age() > 0


@pytest.mark.slow
def test_a_dry_run_measures_everything(scripts: SimpleNamespace, tmp_path: Path) -> None:
    output = tmp_path / "r.json"
    arguments = ["--dry-run", "--encoders", "fast,roberta-small", "--processes", "2"]
    done = CliRunner().invoke(scripts.run.main, [*arguments, "--json", str(output)])
    assert done.exit_code == 0, done.output
    report = json.loads(output.read_text(encoding="utf-8"))
    ways = {(row["encoder"], row["way"], row["processes"]) for row in report["rates"]}
    for way in (
        "encoder to labels",
        "engine",
        "mentions",
        "records",
        "pipeline",
        "pipeline, sorted",
    ):
        assert ("fast", way, 1) in ways and ("roberta-small", way, 1) in ways
    assert {("fast", way, 2) for way in ("Kiwi", "mentions", "records", "pipeline")} <= ways
    assert all(row["characters/s"] > 0 for row in report["rates"])
    assert {gap["what"] for gap in report["gaps"]} <= {"GLiNER's packing"}


@pytest.mark.slow
def test_processes_that_take_too_long_are_ended(scripts: SimpleNamespace) -> None:
    section = scripts.sections.Section("Kiwi", processes=2)
    setting = scripts.measures.Setting("cpu", False, 1, (1,), 1)
    rows = list(scripts.run.in_processes(section, (), setting, 0.0, 0.0))
    assert [row["reason"] for _, row in rows] == ["stopped, as its time was over"]
