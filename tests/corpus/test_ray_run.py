"""A run on a Ray cluster gives what a local run gives, whatever dies, and either continues the other.

The cluster is started here: a raylet and worker processes of this machine.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import batch_hooks
import pytest
import ray_hooks
from click.testing import CliRunner
from corpus_files import write_table

from lgtalent_ie.cli_corpus import batch
from lgtalent_ie.corpus.batch import Batch, Plan, make_plan, run_plan
from lgtalent_ie.corpus.parts import DIGEST
from lgtalent_ie.corpus.ray_actors import (
    TRIES,
    Failure,
    Stage,
    Step,
    as_table,
    contents,
    key_of,
)
from lgtalent_ie.corpus.ray_ledger import Ledger, Tries
from lgtalent_ie.corpus.ray_run import (
    Cluster,
    connected,
    import_ray,
    matched,
    run_on_ray,
)
from lgtalent_ie.corpus.rows import Row
from lgtalent_ie.corpus.work import Answer, Chunk
from lgtalent_ie.errors import InputError, MissingExtraError, ModelError

# --- without a cluster: what came back is held against what was given out -------------------------


def chunk_of(part: int, *names: str) -> Chunk:
    rows = tuple(Row(n, "a.jsonl", n, name, name, None, {}) for n, name in enumerate(names))
    return Chunk(part, rows, (), tuple(map(hash, names)), closes=True)


GROUPS = [[chunk_of(0, "가"), chunk_of(1, "나")], [chunk_of(2, "다")], [chunk_of(3, "라")]]


def answers_of(number: int) -> tuple[int, Any]:
    """What the cluster says of a group: each chunk's key and how many documents it gave."""
    return number, [(key_of(chunk), Answer(len(chunk.rows), {})) for chunk in GROUPS[number]]


def alone(group: list[Chunk]) -> list[tuple[Chunk, Sequence[Answer]]]:
    return [(chunk, [Answer(100 + chunk.part, {})]) for chunk in group]


def documents(*coming: tuple[int, Any]) -> list[tuple[int, int]]:
    """(part, documents) of all chunks, in order."""
    found = matched(iter(coming), GROUPS, alone)
    return [(chunk.part, one.documents) for chunk, [one] in found]


@pytest.mark.parametrize(
    "given_up, expected",
    [
        ([], [(0, 1), (1, 1), (2, 1), (3, 1)]),
        ([0], [(0, 100), (1, 101), (2, 1), (3, 1)]),
        ([1, 2], [(0, 1), (1, 1), (2, 102), (3, 103)]),
    ],
)
def test_chunks_have_the_cluster_s_answers_or_where_it_gave_up_our_own(
    given_up: list[int], expected: list[tuple[int, int]]
) -> None:
    coming = [(n, None) if n in given_up else answers_of(n) for n in range(len(GROUPS))]
    assert documents(*coming) == expected


@pytest.mark.parametrize("kept, first", [([0, 1], "a.jsonl:0"), ([0, 2], "a.jsonl:0"), ([], "")])
def test_a_missing_answer_ends_the_run(kept: list[int], first: str) -> None:
    with pytest.raises(InputError, match=f"rows from {first}.*start the same command again"):
        documents(*map(answers_of, kept))


def test_answers_about_other_rows_are_refused() -> None:
    number, found = answers_of(0)
    other = [(key_of(chunk_of(0, "하")), one) for _, one in found]
    with pytest.raises(InputError, match=r"changed near a\.jsonl"):
        documents((number, other))


def test_what_an_actor_cannot_load_is_told_as_it_told_it() -> None:
    with pytest.raises(ModelError, match="nowhere"):
        documents((0, Failure(ModelError("nowhere", "a model", "check the path"))))


def test_a_group_over_which_others_died_is_given_up() -> None:
    worked: list[list[Chunk]] = []
    begun: list[int] = []
    ended: list[int] = []

    class Count:
        def begin(self, number: int) -> int:
            begun.append(number)
            return TRIES + number

        def end(self, number: int) -> None:
            ended.append(number)

    stage = Stage(lambda: worked.append, Count())
    assert [list(contents(t)) for t in stage(as_table(0, GROUPS[0]))] == [[(0, None)]]
    assert worked == [GROUPS[0]] and ended == [0]
    assert [list(contents(t)) for t in stage(as_table(1, GROUPS[1]))] == [[(1, None)]]
    assert worked == [GROUPS[0]] and ended == [0] and begun == [0, 1]


def test_tries_are_counted_by_stage_until_a_group_is_done() -> None:
    ledger = Ledger()
    assert [ledger.begin("model", 7), ledger.begin("model", 7), ledger.begin("prepare", 7)] == [
        1,
        2,
        1,
    ]
    ledger.end("model", 7)
    ledger.end("model", 7)
    assert ledger.begin("model", 7) == 1 and ledger.begin("prepare", 7) == 2


def test_an_actor_that_cannot_work_says_so_for_each_group() -> None:
    def begin() -> Step:
        raise ModelError("nowhere", "a model", "check the path")

    stage = Stage(begin, Tries("all", None))
    [(_, first)] = [one for t in stage(as_table(0, GROUPS[0])) for one in contents(t)]
    [(_, handed_on)] = [one for t in stage(as_table(1, first)) for one in contents(t)]
    assert isinstance(first.error, ModelError) and str(handed_on.error) == str(first.error)


def test_groups_travel_as_arrow_tables() -> None:
    table = as_table(7, GROUPS[0])
    assert table.schema.names == ["number", "content"] and table.num_rows == 1
    assert list(contents(table)) == [(7, GROUPS[0])]


def test_without_ray_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray.data", None)
    with pytest.raises(MissingExtraError, match=r"lgtalent_ie\[corpus,ray\]"):
        import_ray()


@pytest.mark.parametrize("option", [["--address", "auto"], ["--num-gpus", "1"]])
def test_options_of_a_cluster_need_its_engine(option: list[str], tmp_path: Path) -> None:
    asked = [str(articles(tmp_path)), "--out", str(tmp_path / "out"), *option]
    result = CliRunner().invoke(batch, asked)
    assert result.exit_code == 2 and "belong to --engine ray" in result.output
    assert not (tmp_path / "out").exists()


def test_a_client_address_is_refused_with_what_to_do() -> None:
    with (
        pytest.raises(InputError, match="on a machine of the cluster"),
        connected(None, Cluster("ray://head:10001")),
    ):
        pass


# --- with one ------------------------------------------------------------------------------------

CPUS = Cluster(num_gpus=0)


@pytest.fixture(scope="module")
def ray() -> Iterator[Any]:
    """A cluster of three CPUs that says it has a GPU; it finds the modules of these tests."""
    pytest.importorskip("ray.data", reason="the extra `ray` is not installed")
    ray = import_ray()
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
    ray.init(
        num_cpus=3, num_gpus=1, include_dashboard=False, object_store_memory=100 << 20,
        logging_level="ERROR", log_to_driver=False,
    )  # fmt: skip
    yield ray
    ray.shutdown()
    if before is None:
        del os.environ["PYTHONPATH"]
    else:
        os.environ["PYTHONPATH"] = before


def articles(folder: Path, size: int = 60, **marked: str) -> Path:
    """Invented articles of one line; `marked` has words to add, by `row<number>`."""
    rows = [
        {
            "id": f"a{n}",
            "text": f"한빛전자는 지난달 {n % 28 + 1}일 박사급 연구원 {n + 2}명을 채용했다. "
            + marked.get(f"row{n}", ""),
            "published": "2026-03-02",
            "section": "산업",
        }
        for n in range(size)
    ]
    # One id twice, and one row without a text: they are rejected wherever the run is.
    rows[21]["id"] = "a3"
    rows[34]["text"] = ""
    return write_table(folder / "articles.jsonl", rows)


def plan_of(path: Path, out: Path, **options: Any) -> Plan:
    options = {"part_size": 4, "workers": 2} | options
    return make_plan(Batch((str(path),), out, **options))


def content(out: Path) -> dict[str, bytes]:
    """All files of a run's output by their name."""
    return {
        str(path.relative_to(out)): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file() and not path.name.startswith(".")
    }


@pytest.mark.slow
def test_a_worker_killed_in_the_middle_loses_and_doubles_nothing(ray: Any, tmp_path: Path) -> None:
    path = articles(tmp_path, row30=ray_hooks.FATAL)
    local = run_plan(plan_of(path, tmp_path / "local", workers=0))
    marks = tmp_path / "marks"
    marks.mkdir()
    rows: list[int] = []
    there = run_on_ray(
        plan_of(path, tmp_path / "ray"), CPUS, rows.append,
        partial(ray_hooks.killed_once, str(marks)),
    )  # fmt: skip
    assert (marks / "killed").exists() and len(list(marks.glob("pid-*"))) > 1
    assert there == local and (there.rows, there.documents, there.rejected) == (60, 58, 2)
    assert sum(rows) == 60
    assert content(tmp_path / "ray") == content(tmp_path / "local")


@pytest.mark.slow
def test_kiwi_before_the_stage_with_gpus_gives_the_same_tables(ray: Any, tmp_path: Path) -> None:
    path = articles(tmp_path)
    run_plan(plan_of(path, tmp_path / "local", workers=0, to="parquet"))
    run_on_ray(plan_of(path, tmp_path / "ray", to="parquet"), Cluster(num_gpus=0.5))
    assert content(tmp_path / "ray") == content(tmp_path / "local")


@pytest.mark.slow
def test_a_row_that_kills_each_worker_is_rejected_alone(ray: Any, tmp_path: Path) -> None:
    path = articles(tmp_path, row30=batch_hooks.DEADLY)
    hand = batch_hooks.by_hand
    run_plan(plan_of(path, tmp_path / "local", workers=1), setup=hand)
    there = run_on_ray(plan_of(path, tmp_path / "ray"), CPUS, setup=hand)
    assert (there.documents, there.rejected) == (57, 3)
    assert content(tmp_path / "ray") == content(tmp_path / "local")
    reasons = (tmp_path / "ray" / "part-00007" / "rejected.jsonl").read_text()
    assert "a worker process died on this row" in reasons and '"a30"' in reasons


@pytest.mark.slow
def test_either_engine_goes_on_where_the_other_stopped(ray: Any, tmp_path: Path) -> None:
    path, hand = articles(tmp_path), batch_hooks.by_hand
    whole = tmp_path / "whole"
    run_plan(plan_of(path, whole, workers=0), setup=hand)
    for name in ("ray", "local"):
        shutil.copytree(whole, tmp_path / name)
        (tmp_path / name / "summary.json").unlink()
        # A gap and the end are missing, as after a part that was found damaged and removed.
        for part in (3, 9, 10, 11, 12, 13, 14):
            shutil.rmtree(tmp_path / name / f"part-{part:05}")
    kept = (tmp_path / "ray" / "part-00001" / "part.json").stat().st_mtime_ns
    rows: list[int] = []
    # An actor on each CPU: nothing else may need one.
    run_on_ray(plan_of(path, tmp_path / "ray", workers=None), CPUS, rows.append, hand)
    run_plan(plan_of(path, tmp_path / "local", workers=0), setup=hand)
    assert sum(rows) == 28
    assert content(tmp_path / "ray") == content(tmp_path / "local") == content(whole)
    assert (tmp_path / "ray" / "part-00001" / "part.json").stat().st_mtime_ns == kept
    run_on_ray(plan_of(path, tmp_path / "ray"), CPUS, rows.append, hand)
    assert sum(rows) == 28


@pytest.mark.slow
def test_a_machine_with_another_model_ends_the_run(ray: Any, tmp_path: Path) -> None:
    plan = plan_of(articles(tmp_path), tmp_path / "ray")
    model = {"name": "mine@2", DIGEST: "0" * 64}
    with pytest.raises(InputError, match=r"the machine .* model name mine@2, now base@"):
        run_on_ray(replace(plan, settings=plan.settings | {"model": model}), CPUS)
    assert not list((tmp_path / "ray").glob("part-*"))


@pytest.mark.slow
@pytest.mark.parametrize("options, words", [({"workers": 4}, "1 to 3, the CPUs"), ({"workers": 0}, "1 to 3")])  # fmt: skip
def test_more_workers_than_the_cluster_has_are_refused(
    ray: Any, tmp_path: Path, options: dict[str, Any], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        run_on_ray(plan_of(articles(tmp_path), tmp_path / "ray", **options))


@pytest.mark.slow
def test_gpus_that_the_cluster_has_not_are_refused(ray: Any, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"2 GPUs for an actor.*at most the 1 of"):
        run_on_ray(plan_of(articles(tmp_path), tmp_path / "ray"), Cluster(num_gpus=2))
