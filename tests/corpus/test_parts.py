"""Parts: each whole or not there, and a folder belongs to one run."""

from __future__ import annotations

import errno
import json
import os
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lgtalent_ie.corpus import parts as module
from lgtalent_ie.corpus import seen as seen_module
from lgtalent_ie.corpus.flat import as_batches, schemas
from lgtalent_ie.corpus.parts import (
    Part,
    PartWriter,
    Rejected,
    Summary,
    finished_parts,
    opened_run,
    read_ids,
    read_summary,
    write_summary,
)
from lgtalent_ie.corpus.seen import Seen, hash_id
from lgtalent_ie.errors import DataError, InputError

SETTINGS: dict[str, Any] = {
    "to": "jsonl", "part_size": 2,
    "inputs": [{"path": "a.jsonl", "bytes": 10, "digest": "x"}], "model": {"name": "m@1", "digest": "y"},
}  # fmt: skip
REASON = Rejected(1, "b", "a.jsonl", 2, "no text")


def write_part(out: Path, number: int) -> Part:
    writer = PartWriter(out, number, 2 * number, None)
    writer.add(1, {"documents": [b'{"id":"a"}\n']}, [REASON], [hash_id(f"a{number}")])
    return writer.commit()


def test_a_part_holds_documents_reasons_and_what_is_in_it(tmp_path: Path) -> None:
    part = write_part(tmp_path, 3)
    folder = tmp_path / "part-00003"
    assert (folder / "documents.jsonl").read_text() == '{"id":"a"}\n'
    assert json.loads((folder / "rejected.jsonl").read_text()) == {
        "number": 1, "id": "b", "source": "a.jsonl", "row": 2, "reason": "no text",
    }  # fmt: skip
    assert finished_parts(tmp_path) == {3: part}
    assert (part.first, part.rows, part.documents, part.rejected) == (6, 2, 1, 1)
    assert read_ids(tmp_path, [3]).tolist() == [hash_id("a3")]


def test_a_part_is_not_there_until_it_is_whole(tmp_path: Path) -> None:
    writer = PartWriter(tmp_path, 0, 0, None)
    writer.add(1, {"documents": [b"{}\n"]}, [], [1])
    assert finished_parts(tmp_path) == {}
    writer.abandon()
    assert list(tmp_path.iterdir()) == []


def test_tables_are_written_in_row_groups_and_empty_ones_with_columns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pq = pytest.importorskip("pyarrow.parquet")
    monkeypatch.setattr(module, "ROW_GROUP", 200)
    named = schemas()
    writer = PartWriter(tmp_path, 0, 0, named)
    for n in range(8):
        section = {"document": str(n), "kind": "body", "start": 0, "end": n}
        streams = as_batches({"sections": [section] * 3}, named)
        writer.add(1, {name: [stream] for name, stream in streams.items()}, [], [n])
    writer.commit()
    file = pq.ParquetFile(tmp_path / "part-00000" / "sections.parquet")
    assert file.metadata.num_rows == 24 and 1 < file.num_row_groups < 8
    assert file.read().column("end").to_pylist() == [n for n in range(8) for _ in range(3)]
    assert pq.read_table(tmp_path / "part-00000" / "facts.parquet").schema == named["facts"]


def test_a_full_disk_leaves_whole_parts_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_part(tmp_path, 0)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(module.os, "fsync", full)
    writer = PartWriter(tmp_path, 1, 2, None)
    writer.add(1, {"documents": [b"{}\n"]}, [], [1])
    with pytest.raises(InputError, match=r"No space left on device.*make room.*last whole part"):
        writer.commit()
    writer.abandon()
    assert [p.name for p in tmp_path.iterdir()] == ["part-00000"]


def test_leftovers_are_removed_and_the_run_goes_on(tmp_path: Path) -> None:
    with opened_run(tmp_path / "out", SETTINGS):
        write_part(tmp_path / "out", 0)
        (tmp_path / "out" / ".part-00001").mkdir()
        (tmp_path / "out" / ".part-00001" / "documents.jsonl").write_text("{half a")
    with opened_run(tmp_path / "out", SETTINGS):
        assert list(finished_parts(tmp_path / "out")) == [0]
        assert not (tmp_path / "out" / ".part-00001").exists()


OTHER: dict[str, tuple[dict[str, Any], str]] = {
    "form": ({"to": "parquet"}, "to jsonl, now parquet"),
    "input": ({"inputs": [{"path": "a.jsonl", "bytes": 11, "digest": "z"}]}, "inputs a.jsonl bytes 10, now 11"),
    "number of inputs": ({"inputs": []}, "inputs"),
    "content": ({"inputs": [{"path": "a.jsonl", "bytes": 10, "digest": "z"}]}, "inputs a.jsonl digest"),
    "model": ({"model": {"name": "n@1", "digest": "z"}}, "model name m@1, now n@1; accepted"),
    "file": (
        {"user_dictionary": {"path": "words.tsv", "digest": "z"}},
        "user_dictionary none, now words.tsv; accepted",
    ),
    "more inputs": (
        {"inputs": [{"path": "a.jsonl", "bytes": 10}, {"path": "b.jsonl", "bytes": 9}]},
        "inputs a.jsonl, now a.jsonl, b.jsonl; accepted",
    ),
    "more": ({"min_score": 0.5}, "min_score none, now 0.5"),
}  # fmt: skip


@pytest.mark.parametrize("change, says", OTHER.values(), ids=OTHER.keys())
def test_a_folder_belongs_to_one_run(change: dict[str, Any], says: str, tmp_path: Path) -> None:
    with opened_run(tmp_path / "out", SETTINGS):
        pass
    with pytest.raises(InputError) as caught, opened_run(tmp_path / "out", SETTINGS | change):
        pass
    assert says in str(caught.value) and "choose another folder" in str(caught.value)


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.docx").write_text("years of work")
    with pytest.raises(InputError, match="other files"), opened_run(tmp_path, SETTINGS):
        pass
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.docx"]


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(InputError, match="file/out"),
        opened_run(tmp_path / "file" / "out", SETTINGS),
    ):
        pass


def test_two_runs_cannot_write_to_one_folder(tmp_path: Path) -> None:
    failures: list[str] = []

    def second() -> None:
        try:
            with opened_run(tmp_path / "out", SETTINGS):
                pass
        except InputError as error:
            failures.append(str(error))

    with opened_run(tmp_path / "out", SETTINGS):
        thread = threading.Thread(target=second)
        thread.start()
        thread.join()
    assert "another run" in failures[0]
    second()
    assert len(failures) == 1


@pytest.mark.parametrize("damage", ["cut", "gone", "no part.json"])
def test_a_damaged_part_is_named(damage: str, tmp_path: Path) -> None:
    write_part(tmp_path, 0)
    lines = tmp_path / "part-00000" / "documents.jsonl"
    if damage == "cut":
        lines.write_text("{")
    else:
        (lines if damage == "gone" else lines.with_name("part.json")).unlink()
    with pytest.raises(DataError, match=r"part-00000.*remove this folder"):
        finished_parts(tmp_path)


def test_the_summary_is_there_at_the_end(tmp_path: Path) -> None:
    assert read_summary(tmp_path) is None
    write_summary(tmp_path, Summary(2, 3, 2, 1))
    assert read_summary(tmp_path) == Summary(2, 3, 2, 1)
    (tmp_path / "summary.json").write_text("{")
    with pytest.raises(DataError, match="remove it"):
        read_summary(tmp_path)


@given(
    st.lists(st.integers(0, 60), max_size=200),
    st.lists(st.integers(0, 2**64 - 1), max_size=30, unique=True),
    st.integers(1, 9),
)
@settings(deadline=None)
def test_an_id_is_new_once(keys: list[int], before: list[int], newest: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(seen_module, "NEWEST", newest)
        seen, plain = Seen(), set(before)
        seen.add_many(np.array(before, dtype=np.uint64))
        for key in [*keys, *before]:
            assert seen.add(key) == (key not in plain)
            plain.add(key)
        assert len(seen.runs) <= 9


def test_hashes_are_the_same_everywhere() -> None:
    assert hash_id("한빛") == hash_id("한빛") != hash_id("한빚")
    assert hash_id("") == 0xE4A6A0577479B2B4
