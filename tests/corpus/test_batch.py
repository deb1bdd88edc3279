"""Corpus runs: nothing lost, nothing doubled, whatever happens on the way."""

from __future__ import annotations

import errno
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import batch_hooks
import kills
import pytest
from batch_hooks import by_hand
from click.testing import CliRunner, Result
from corpus_files import ROWS, write_table
from hypothesis import given, settings
from hypothesis import strategies as st

from lgtalent_ie.cli import command
from lgtalent_ie.corpus import batch as module
from lgtalent_ie.corpus import parts as parts_module
from lgtalent_ie.corpus.batch import (
    PART_SIZE,
    Batch,
    Plan,
    choose_workers,
    chunks,
    make_plan,
    run_plan,
)
from lgtalent_ie.corpus.parts import Summary
from lgtalent_ie.corpus.rows import LONGEST_TEXT, Columns, Row
from lgtalent_ie.corpus.seen import Seen
from lgtalent_ie.errors import DataError, InputError, MissingExtraError, ModelError
from lgtalent_ie.schema import json_schema


def jsonl(out: Path, name: str = "documents") -> list[dict[str, Any]]:
    """The lines of all parts, in order."""
    files = sorted(out.glob(f"part-*/{name}.jsonl"))
    return [json.loads(line) for file in files for line in file.read_text("utf-8").splitlines()]


def articles(folder: Path, texts: list[str], name: str = "in.jsonl") -> Path:
    return write_table(
        folder / name, [{"id": f"a{n}", "text": text} for n, text in enumerate(texts)]
    )


def run(given: Path | Batch, out: Path | None = None, **options: Any) -> Summary:
    """A run in this process, by hand."""
    batch = given if isinstance(given, Batch) else Batch((str(given),), out or given.parent / "out")
    return run_plan(make_plan(replace(batch, **{"workers": 0, **options})), setup=by_hand)


# ---- what comes out


def test_documents_come_in_the_order_of_the_rows_with_their_columns(tmp_path: Path) -> None:
    summary = run(write_table(tmp_path / "in.csv", ROWS), part_size=2, published="2026-01-01")
    assert summary == Summary(parts=2, rows=3, documents=3, rejected=0)
    found = jsonl(tmp_path / "out")
    assert [d["id"] for d in found] == ["a1", "a2", "a3"]
    assert [d["published"] for d in found] == ["2026-03-02", "2026-03-05", "2026-01-01"]
    assert [d["columns"] for d in found] == [{"section": row["section"]} for row in ROWS]
    known = json_schema()["$defs"]["Document"]["properties"]
    assert set(found[0]) - set(known) == {"id", "columns"}


def test_tables_join_and_carry_the_columns(tmp_path: Path) -> None:
    pq = pytest.importorskip("pyarrow.parquet")
    rows = [{**row, "page": n, "length": "short"} for n, row in enumerate(ROWS)]
    run(write_table(tmp_path / "in.parquet", rows), to="parquet", part_size=2)
    documents = pq.read_table(tmp_path / "out" / "part-00000" / "documents.parquet").to_pylist()
    assert [(d["document"], d["page"], d["input_length"]) for d in documents] == [
        ("a1", 0, "short"),
        ("a2", 1, "short"),
    ]
    names = {path.name for path in (tmp_path / "out" / "part-00001").glob("*.parquet")}
    assert {"mentions.parquet", "links.parquet", "quotes.parquet", "facts.parquet"} <= names


def test_the_query_of_the_readme_who_hired_how_many_by_year(tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    rows = [
        {"id": n, "text": text, "published": day}
        for n, (text, day) in enumerate(
            [("한빛전자 " + "가" * 5, "2025-03-02"), ("한빛전자 " + "가" * 15, "2025-11-02"), ("새벽대 " + "가" * 6, "2026-01-02"),
             ("한빛전자 " + "가" * 25, "2026-01-02")]
        )
    ]  # fmt: skip
    run(write_table(tmp_path / "in.jsonl", rows), to="parquet", part_size=3)
    query = """
        select year, name, sum(people) as people, count(distinct document) as articles
        from '{out}/part-*/facts.parquet'
        where kind = 'hire' and people is not null
        group by year, name order by year, people desc
    """.format(out=tmp_path / "out")
    assert duckdb.sql(query).fetchall() == [
        (2025, "한빛전자", 30.0, 2), (2026, "한빛전자", 30.0, 1), (2026, "새벽대", 10.0, 1),
    ]  # fmt: skip


# ---- what is rejected


def test_bad_rows_go_to_a_side_file_with_the_reason(tmp_path: Path) -> None:
    texts = ["왔다. 하나", "refused", "왔다. 셋", " ", f"{batch_hooks.FAILING} 다섯", "왔다. 여섯"]
    assert run(articles(tmp_path, texts)) == Summary(1, 6, 3, 3)
    found = jsonl(tmp_path / "out", "rejected")
    assert [(r["number"], r["id"], r["row"]) for r in found] == [
        (1, "a1", 2),
        (3, "a3", 4),
        (4, "a4", 5),
    ]
    assert found[0]["reason"] == "refused" and "is empty" in found[1]["reason"]
    assert "ValueError: a text that nothing" in found[2]["reason"]
    assert found[0]["source"] == f"{tmp_path}/in.jsonl"


def test_the_second_row_of_an_id_is_rejected_also_after_a_restart(tmp_path: Path) -> None:
    names = ["x", "y", "x", "z", "y", "w", "z"]
    rows = [{"id": name, "text": f"{n} 왔다."} for n, name in enumerate(names)]
    path = write_table(tmp_path / "in.jsonl", rows)
    stopped(path, after_parts=2)
    run(path, part_size=2)
    assert [d["id"] for d in jsonl(tmp_path / "out")] == ["x", "y", "z", "w"]
    assert [(r["number"], r["reason"][:12]) for r in jsonl(tmp_path / "out", "rejected")] == [
        (2, "the id 'x' f"), (4, "the id 'y' f"), (6, "the id 'z' f"),
    ]  # fmt: skip


def test_a_row_that_was_rejected_does_not_take_its_id(tmp_path: Path) -> None:
    rows = [{"id": "x", "text": ""}, {"id": "x", "text": "왔다."}]
    assert run(write_table(tmp_path / "in.jsonl", rows)).documents == 1


def test_a_huge_article_takes_nothing_down(tmp_path: Path) -> None:
    path = articles(tmp_path, ["왔다.", "가" * 300, "갔다."])
    assert run(path, columns=Columns(longest=200)) == Summary(1, 3, 2, 1)
    assert (
        "300 characters, longer than 200 characters; --longest"
        in jsonl(tmp_path / "out", "rejected")[0]["reason"]
    )


def test_a_worker_that_dies_costs_the_row_that_killed_it(tmp_path: Path) -> None:
    texts = [f"{n} 왔다." for n in range(9)]
    texts[4] = batch_hooks.DEADLY
    summary = run(articles(tmp_path, texts), workers=2, part_size=3)
    assert summary == Summary(3, 9, 8, 1)
    [found] = jsonl(tmp_path / "out", "rejected")
    assert found["id"] == "a4" and "worker process died on this row: exit code 3" in found["reason"]
    assert [d["id"] for d in jsonl(tmp_path / "out")] == [f"a{n}" for n in range(9) if n != 4]


# ---- stopped and started again


def stopped(path: Path, after_parts: int, part_size: int = 2) -> None:
    """A run that the disk stops behind some parts."""
    real, left = parts_module.to_disk, after_parts

    def full(given: Path) -> None:
        nonlocal left
        if given.name.startswith(".part-"):
            left -= 1
            if left < 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts_module, "to_disk", full)
        with pytest.raises(InputError, match="No space left"):
            run(path, part_size=part_size)


def test_a_full_disk_leaves_whole_parts_and_the_run_goes_on(tmp_path: Path) -> None:
    path = articles(tmp_path, [f"{n} 왔다." for n in range(7)])
    stopped(path, after_parts=2)
    assert {p.name for p in (tmp_path / "out").iterdir()} == {
        ".lock",
        "part-00000",
        "part-00001",
        "run.json",
    }
    before = {p: p.stat().st_mtime_ns for p in (tmp_path / "out").glob("part-*")}
    assert run(path, part_size=2) == Summary(4, 7, 7, 0)
    assert {p: p.stat().st_mtime_ns for p in before} == before
    assert [d["id"] for d in jsonl(tmp_path / "out")] == [f"a{n}" for n in range(7)]


def test_a_part_that_was_taken_away_is_made_again(tmp_path: Path) -> None:
    path = articles(tmp_path, [f"{n} 왔다." for n in range(7)])
    stopped(path, after_parts=3)
    for file in (tmp_path / "out" / "part-00001").iterdir():
        file.unlink()
    (tmp_path / "out" / "part-00001").rmdir()
    run(path, part_size=2)
    assert [d["id"] for d in jsonl(tmp_path / "out")] == [f"a{n}" for n in range(7)]


def test_a_run_that_is_done_does_nothing(tmp_path: Path) -> None:
    path = articles(tmp_path, ["왔다."])
    first = run(path)
    batch = Batch((str(path),), tmp_path / "out", workers=1)
    assert run_plan(make_plan(batch), setup=batch_hooks.no_model) == first


@given(
    st.lists(st.sampled_from(["good", "good", "good", "bad", "twice", "refused"]), min_size=1, max_size=12),
    st.integers(1, 5),
    st.integers(0, 4),
)  # fmt: skip
@settings(max_examples=12, deadline=None)
def test_wherever_a_run_stops_the_end_is_the_same(kinds: list[str], size: int, stop: int) -> None:
    rows = []
    for n, kind in enumerate(kinds):
        text = {"bad": "", "refused": "refused"}.get(kind, f"{n} 왔다.")
        rows.append({"id": f"a{n // 2 * 2 if kind == 'twice' else n}", "text": text})
    with tempfile.TemporaryDirectory() as folder:
        path = write_table(Path(folder) / "in.jsonl", rows)
        summary = run(path, Path(folder) / "peace", part_size=size)
        if stop < summary.parts:
            stopped(path, stop, size)
        assert run(path, part_size=size) == summary
        assert kills.content(Path(folder) / "out") == kills.content(Path(folder) / "peace")
        numbers = [d["id"] for d in jsonl(Path(folder) / "out")]
        assert len(numbers) == len(set(numbers)) == summary.documents
        assert summary.documents + len(jsonl(Path(folder) / "out", "rejected")) == len(kinds)


@pytest.mark.slow
@pytest.mark.parametrize("with_model", [False, True], ids=["by hand", "with a model"])
def test_killed_at_random_moments_nothing_is_lost_or_doubled(
    with_model: bool, tmp_path: Path
) -> None:
    killed, _, _ = kills.experiment(
        tmp_path, kills=10, with_model=with_model, workers=1 if with_model else 2
    )
    assert killed == 10


# ---- chunks


@given(
    st.lists(st.tuples(st.integers(1, 30_000), st.booleans()), max_size=40),
    st.integers(1, 12),
    st.frozensets(st.integers(0, 5)),
)
@settings(deadline=None)
def test_chunks_hold_every_row_once_and_never_two_parts(
    sizes: list[tuple[int, bool]], part_size: int, done: frozenset[int]
) -> None:
    rows = [
        Row(n, "in", n, str(n), "가" * size if good else None, None, {}, None if good else "bad")
        for n, (size, good) in enumerate(sizes)
    ]
    found = list(chunks(iter(rows), part_size, done, Seen()))
    numbers = [r.number for c in found for r in (*c.rows, *c.rejected)]
    assert sorted(numbers) == [n for n in range(len(rows)) if n // part_size not in done]
    for chunk in found:
        assert {r.number // part_size for r in (*chunk.rows, *chunk.rejected)} == {chunk.part}
        assert len(chunk.hashes) == len(chunk.rows)
    full = {c.part for c in found if c.closes}
    assert full == set(range(len(rows) // part_size)) - done


# ---- the command


def lgtalent(*arguments: object) -> Result:
    return CliRunner().invoke(command, ["batch", *map(str, arguments)], standalone_mode=False)


def test_a_dry_run_says_what_would_be_done_and_does_nothing(tmp_path: Path) -> None:
    path = write_table(tmp_path / "news" / "in.csv", ROWS)
    (tmp_path / "news" / "notes.pdf").write_bytes(b"")
    out = tmp_path / "out"
    said = lgtalent(
        tmp_path / "news", "--out", out, "--part-size", 2, "--dry-run", "--workers", 3
    ).stdout
    for words in (
        f"{path}", "1 .pdf", "column 'id'", "column 'text'", "along      section", "rows       3",
        "model      base@", "workers    3", "jsonl in parts of 2 rows", "0 done, 2 to do",
    ):  # fmt: skip
        assert words in said
    assert not out.exists()


def test_a_dry_run_of_a_run_that_was_stopped(tmp_path: Path) -> None:
    path = articles(tmp_path, [f"{n} 왔다." for n in range(7)])
    stopped(path, after_parts=1)
    arguments = (path, "--out", tmp_path / "out", "--dry-run", "--part-size")
    assert "1 done, 3 to do" in lgtalent(*arguments, 2).stdout
    assert "part_size 2, now 3" in str(lgtalent(*arguments, 3).exception)


def test_the_defaults_are_those_of_the_library() -> None:
    defaults = {p.name: p.default for p in command.commands["batch"].params}  # type: ignore[attr-defined]
    assert defaults["longest"] == LONGEST_TEXT and defaults["part_size"] == PART_SIZE


@pytest.fixture
def hand(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The command, by hand."""
    real = module.run_plan

    def run_by_hand(plan: Plan, on_rows: Any) -> Summary:
        return real(plan, on_rows, by_hand)

    monkeypatch.setattr(module, "run_plan", run_by_hand)
    yield


@pytest.mark.parametrize(
    "texts, code", [(["왔다."], 0), (["왔다.", "refused"], 1), (["refused"], 2)]
)
@pytest.mark.usefixtures("hand")
def test_the_exit_code_says_how_it_went(texts: list[str], code: int, tmp_path: Path) -> None:
    done = lgtalent(articles(tmp_path, texts), "--out", tmp_path / "out", "--workers", 0)
    assert done.return_value == code
    assert f"{len(texts)} rows, {texts.count('왔다.')} documents" in done.stderr
    assert ("rejected.jsonl" in done.stderr) == (code > 0)


WRONG: dict[str, tuple[list[str], type[Exception], str]] = {
    "no column": (["--text-column", "본문"], InputError, "one of its columns: id, text"),
    "no date": (["--published", "spring"], InputError, "2023-06-21"),
    "no model": (["--model", "./nowhere"], ModelError, "nowhere"),
    "no dictionary": (["--user-dictionary", "none.tsv"], InputError, "none.tsv"),
}  # fmt: skip


@pytest.mark.parametrize("options, error, says", WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_is_said_before_anything_is_written(
    options: list[str], error: type[Exception], says: str, tmp_path: Path
) -> None:
    path = articles(tmp_path, ["왔다."])
    done = lgtalent(path, "--out", tmp_path / "out", *options)
    assert isinstance(done.exception, error)
    assert says in str(done.exception)
    assert not (tmp_path / "out").exists()


def test_inputs_that_changed_are_not_taken_for_those_of_before(tmp_path: Path) -> None:
    path = articles(tmp_path, [f"{n} 왔다." for n in range(7)])
    stopped(path, after_parts=1)
    articles(tmp_path, ["다른 기사"] * 7)
    with pytest.raises(InputError, match=r"in\.jsonl bytes .* choose another folder"):
        run(path, part_size=2)


def test_inputs_without_a_row_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text("\n")
    with pytest.raises(InputError, match="without a row"):
        run(tmp_path / "in.jsonl")


def test_parquet_without_pyarrow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = articles(tmp_path, ["왔다."])
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match="lgtalent_ie"):
        run(path, to="parquet")
    assert run(path).documents == 1


def test_a_damaged_part_is_named_before_the_run(tmp_path: Path) -> None:
    path = articles(tmp_path, [f"{n} 왔다." for n in range(7)])
    stopped(path, after_parts=2)
    (tmp_path / "out" / "part-00000" / "documents.jsonl").write_text("{")
    with pytest.raises(DataError, match="part-00000"):
        run(path, part_size=2)


def test_workers_are_chosen_by_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    assert choose_workers(None, "cpu") >= 1 and choose_workers(5, "auto") == 5
    monkeypatch.setattr(module, "has_gpu", lambda: True)
    assert choose_workers(None, "auto") >= 1 and choose_workers(None, "cuda:1") >= 1
    monkeypatch.setattr(module, "can_serve", lambda: False)
    assert (choose_workers(None, "auto"), choose_workers(None, "cuda:1")) == (0, 0)
    monkeypatch.setattr(module, "has_gpu", lambda: False)
    assert choose_workers(None, "auto") >= 1


@pytest.mark.slow
def test_workers_of_a_gpu_ask_one_process_that_holds_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The processor stands in for the GPU."""
    path = tmp_path / "in.jsonl"
    kills.write_input(path, 24)
    model = str(kills.write_model(tmp_path / "model"))
    for name, workers in (("here", 0), ("served", 2)):
        monkeypatch.setattr(module, "on_gpu", lambda device, name=name: name == "served")
        asked = Batch((str(path),), tmp_path / name, part_size=9, model=model, device="cpu", workers=workers)  # fmt: skip
        run_plan(make_plan(asked))
    assert kills.content(tmp_path / "served") == kills.content(tmp_path / "here")


@pytest.mark.slow
def test_the_command_with_a_model_in_two_processes_writes_what_one_writes(tmp_path: Path) -> None:
    kills.write_input(tmp_path / "in.jsonl", 24)
    model = kills.write_model(tmp_path / "model")
    for workers in (0, 2):
        done = lgtalent(tmp_path / "in.jsonl", "--out", tmp_path / f"out{workers}", "--model", model, "--part-size", 9, "--workers", workers)  # fmt: skip
        assert done.return_value == 1, done.stderr
    assert kills.content(tmp_path / "out0") == kills.content(tmp_path / "out2")
    found = jsonl(tmp_path / "out2")
    assert found[0]["model"] == "tiny@1" and found[0]["mentions"]
