"""The benchmark measures what it says; how fast anything is, is nothing a test decides."""

from __future__ import annotations

import json
from contextlib import ExitStack
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest
from click.testing import CliRunner
from tiny_models import tiny_tagger

from lgtalent_ie import Extractor, page
from lgtalent_ie import extractor as way
from lgtalent_ie.evaluation.gold import check_text, faults
from lgtalent_ie.model.loading import save_model

SCRIPTS = Path(__file__).parents[1] / "scripts"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("models") / "tiny"
    save_model(tiny_tagger(), folder)
    return str(folder)


@pytest.fixture(scope="module")
def extractor(model: str) -> Extractor:
    return Extractor(model)


@pytest.fixture
def benchmark(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script as a module; fresh processes find it on the same path."""
    monkeypatch.syspath_prepend(str(SCRIPTS))
    return import_module("benchmark")


def test_the_median_of_a_few_runs(benchmark: ModuleType) -> None:
    runs: list[int] = []
    assert benchmark.median_seconds(lambda: runs.append(1), 3) >= 0
    assert len(runs) == 3


def test_a_slow_call_is_not_repeated(
    benchmark: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter(range(0, 100, 10))
    monkeypatch.setattr(benchmark, "perf_counter", lambda: next(clock))
    runs: list[int] = []
    assert benchmark.median_seconds(lambda: runs.append(1), 3) == 10
    assert len(runs) == 1


@pytest.mark.slow
def test_start_measures_processes_and_articles(benchmark: ModuleType, model: str) -> None:
    rows = {row.name: row.figures["seconds"] for row in benchmark.measure_start(model, 1)}
    assert len(rows) == 6
    assert min(rows.values()) > 0


def test_throughput_says_where_the_time_goes(benchmark: ModuleType, extractor: Extractor) -> None:
    whole, *stages = benchmark.measure_throughput(extractor, 0)
    assert whole.figures["characters/s"] > whole.figures["articles/s"] > 0
    names = {"alignment", "page", "morphemes", "model", "mentions", "records", "rest"}
    assert {stage.name for stage in stages} == names
    assert sum(stage.figures["% of time"] for stage in stages) == pytest.approx(100)
    assert all(stage.figures["% of time"] > 0 for stage in stages)


def test_steps_are_as_before_once_they_were_timed(
    benchmark: ModuleType, extractor: Extractor
) -> None:
    before = dict(vars(way))
    with ExitStack() as stack:
        seconds = benchmark.watch_steps(extractor, stack)
        assert way.read_page is not page.read_page
        extractor.extract("박사급 연구원 10명이 새로 왔다.")
        assert set(seconds) == {"alignment", "page", "morphemes", "model", "mentions", "records"}
    assert dict(vars(way)) == before
    assert "sentences" not in vars(extractor.analyzer)
    assert not {"states", "decode"} & set(vars(extractor.runtime))


def test_a_line_is_made_of_its_piece_with_true_offsets(benchmark: ModuleType) -> None:
    line = benchmark.line_of("[윤{}]PERSON [새{}전자]ORG, ", 20)
    assert line.text == "윤가 새가전자, 윤나 새나전자, 윤다 새다전자, "
    assert [m.label for m in line.mentions] == ["PERSON", "ORG"] * 3
    assert all(line.text[m.start : m.end] == m.text for m in line.mentions)
    assert benchmark.line_of("“…”", 6).text == "“““”””"
    assert benchmark.line_of("[", 3).text == "[[["


def test_hostile_text_reaches_every_reader_and_gives_them_work(
    benchmark: ModuleType, extractor: Extractor
) -> None:
    found = set()
    for reader, piece, _ in benchmark.HOSTILE:
        answer = benchmark.prepare(reader, benchmark.line_of(piece, 200), extractor)()
        if answer:
            found.add(reader)
    assert found == {reader for reader, *_ in benchmark.HOSTILE}


def test_hostile_compares_two_sizes(benchmark: ModuleType, extractor: Extractor) -> None:
    rows = benchmark.measure_hostile(extractor, 40, 1)
    assert len({row.name for row in rows}) == len(rows) == len(benchmark.HOSTILE)
    for row in rows:
        figures = row.figures
        assert figures["n"] >= 40
        assert figures["ratio"] == figures["seconds at 2n"] / figures["seconds at n"]


def test_parsers_answer_cold_and_warm(benchmark: ModuleType) -> None:
    for row in benchmark.measure_parsers(1, 1):
        assert list(row.figures) == [
            "seconds of the first", "calls/s cold", "calls/s warm", "calls/s again",
        ]  # fmt: skip
        assert min(row.figures.values()) > 0


def test_the_command_prints_tables_and_writes_json(
    benchmark: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [benchmark.Measure("read [x]", {"seconds": 0.5}), benchmark.Measure("b", {"n": 12345})]
    monkeypatch.setitem(benchmark.MEASURES, "start", lambda model: rows)
    output = tmp_path / "speed.json"
    done = CliRunner().invoke(benchmark.main, ["start", "--json", str(output)])
    assert done.exit_code == 0, done.output
    assert "read [x]" in done.output and "12,345" in done.output
    report = json.loads(output.read_text(encoding="utf-8"))
    assert report["sections"] == {
        "start": [{"name": "read [x]", "seconds": 0.5}, {"name": "b", "n": 12345}]
    }
    assert {"platform", "cpu_count", "python", "torch"} <= set(report["machine"])
    assert report["date"][:2] == "20"


def test_a_model_that_is_not_there_is_named(benchmark: ModuleType, tmp_path: Path) -> None:
    missing = str(tmp_path / "none")
    done = CliRunner().invoke(benchmark.main, ["throughput", "--model", missing])
    assert done.exit_code == 1
    assert missing in done.output.replace("\n", "")


@pytest.mark.slow
def test_mentions_are_measured_in_one_process_and_on_every_core(
    benchmark: ModuleType, model: str
) -> None:
    rows = benchmark.measure_mentions(model, passes=1)
    assert rows[0].name == "1 processes"
    for row in rows:
        assert set(row.figures) == {"mentions, eojeol/s", "everything, eojeol/s"}
        assert all(figure > 0 for figure in row.figures.values())


def test_what_is_scored_is_wrong_in_a_tenth_and_right_in_the_rest(benchmark: ModuleType) -> None:
    gold, document, text = benchmark.invented(3)
    check_text(gold, text)
    assert not list(faults(gold))
    assert len(gold.mentions) == 30
    assert 0 < len(document.mentions) < 30
    rows = benchmark.measure_scores(documents=4)
    assert [row.name for row in rows] == ["scoring 4 documents", "intervals, 1,000 resamples"]
