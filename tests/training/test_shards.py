"""A corpus becomes shards once; what is missing or damaged is named."""

from __future__ import annotations

import json
import lzma
from pathlib import Path

import numpy as np
import pytest
from helpers import analyzer
from tiny_shards import all_files, quiet, tiny_shards, write_corpus

from lgtalent_ie.errors import DataError
from lgtalent_ie.training import shards as module
from lgtalent_ie.training.masking import batch_plan
from lgtalent_ie.training.shards import (
    LONGEST_WINDOW,
    make_shards,
    read_manifest,
    read_paragraphs,
    read_shard,
    read_types,
    type_counts,
    windows,
)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SHARD_MORPHEMES", 500)
    monkeypatch.setattr(module, "PARAGRAPHS_AT_ONCE", 8)


def forms(folder: Path, number: int) -> list[list[str]]:
    parts = read_manifest(folder)
    types, shard = read_types(folder, parts), read_shard(folder, number, parts[number])
    return [
        [types[n >> 1][0] for n in shard.ids[start : start + length]]
        for start, length in zip(shard.starts, shard.lengths.astype(int), strict=True)
    ]


def test_a_window_holds_the_sentences_of_one_paragraph(tmp_path: Path) -> None:
    folder = tiny_shards(tmp_path)
    assert len(read_manifest(folder)) > 2
    for window in forms(folder, 0):
        assert "간호사" in window and window.count(".") == 3


def test_an_eojeol_begins_where_a_blank_stands_before_it() -> None:
    [window] = windows(["연구원을 새로 뽑았다."], analyzer())
    assert [form for (form, _), first in window if first] == ["연구원", "새로", "뽑"]


def test_a_long_paragraph_is_cut_into_windows_without_loss() -> None:
    sentence = ", ".join(f"연구원 {n}명" for n in range(100)) + "이 왔다."
    cut = list(windows([sentence], analyzer()))
    assert len(cut) > 1 and all(0 < len(window) <= LONGEST_WINDOW for window in cut)
    assert sum(key == ("연구원", "NNG") for window in cut for key, _ in window) == 100


def test_counts_of_types_are_those_of_the_corpus(tmp_path: Path) -> None:
    folder = tiny_shards(tmp_path)
    parts = read_manifest(folder)
    counts = dict(zip(read_types(folder, parts), type_counts(folder, parts), strict=True))
    assert counts["연구원", "NNG"] == counts["간호사", "NNG"] == 48
    assert sum(counts.values()) == sum(part["morphemes"] for part in parts)


def test_a_run_that_was_killed_goes_on_to_the_same_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = all_files(tiny_shards(tmp_path))
    folder, corpus = tmp_path / "killed", tmp_path / "corpus"
    write = module.write_shard

    def killed(folder: Path, number: int, *rest: object) -> dict[str, int]:
        if number == 1:
            (folder / "shard-0001.ids.npy").write_bytes(b"half a sha")
            raise KeyboardInterrupt
        return write(folder, number, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "write_shard", killed)
    with pytest.raises(KeyboardInterrupt):
        make_shards(corpus, folder, analyzer(), quiet)
    assert len(read_manifest(folder)) == 1
    monkeypatch.setattr(module, "write_shard", write)
    make_shards(corpus, folder, analyzer(), quiet)
    assert all_files(folder) == whole


def test_most_ends_it_early_and_more_goes_on(tmp_path: Path) -> None:
    corpus, folder = write_corpus(tmp_path / "corpus"), tmp_path / "shards"
    make_shards(corpus, folder, analyzer(), quiet, most=300)
    [part] = read_manifest(folder)
    assert 300 <= part["morphemes"] < 700
    make_shards(corpus, folder, analyzer(), quiet, most=900)
    assert len(read_manifest(folder)) > 1


def test_another_corpus_is_refused(tmp_path: Path) -> None:
    folder = tiny_shards(tmp_path)
    with pytest.raises(DataError, match="choose another folder"):
        make_shards(write_corpus(tmp_path / "other", 30), folder, analyzer(), quiet)


def test_a_full_disk_is_named_and_what_is_done_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*rest: object) -> None:
        raise OSError(28, "No space left on device")

    folder = tiny_shards(tmp_path)
    before = all_files(folder)
    (folder / "manifest.json").write_text(json.dumps(read_manifest(folder)[:1]), encoding="utf-8")
    monkeypatch.setattr(module, "write_shard", full)
    with pytest.raises(DataError, match="No space left"):
        make_shards(tmp_path / "corpus", folder, analyzer(), quiet)
    monkeypatch.undo()
    assert read_shard(folder, 0, read_manifest(folder)[0])
    assert all_files(folder).keys() == before.keys()


def test_statutes_count_a_quarter(tmp_path: Path) -> None:
    text = "\n".join(f"제{n}조는 그대로 둔다." for n in range(400))
    (tmp_path / "law.txt.xz").write_bytes(lzma.compress(text.encode()))
    assert 60 < len(read_paragraphs(tmp_path, seed=0)) < 140


def test_a_corpus_without_text_or_with_damage_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"without text"):
        read_paragraphs(tmp_path, seed=0)
    (tmp_path / "news.txt.xz").write_bytes(lzma.compress("하늘이 맑다.\n".encode() * 50)[:-9])
    with pytest.raises(DataError, match=r"news\.txt\.xz"):
        read_paragraphs(tmp_path, seed=0)


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40])


def one_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-7] ^= 1
    path.write_bytes(bytes(content))


@pytest.mark.parametrize("damage", [Path.unlink, cut_short, one_bit], ids=["gone", "short", "bit"])
@pytest.mark.parametrize("name", ["shard-0001.ids.npy", "shard-0001.lengths.npy"])
def test_a_missing_or_damaged_shard_is_named(tmp_path: Path, name: str, damage: object) -> None:
    folder = tiny_shards(tmp_path)
    damage(folder / name)  # type: ignore[operator]
    with pytest.raises(DataError, match=name.replace(".", r"\.")):
        list(batch_plan_once(folder))


def batch_plan_once(folder: Path) -> list[object]:
    plan = batch_plan(folder, 100, seed=0)
    morphemes = sum(part["morphemes"] for part in read_manifest(folder))
    return [next(plan) for _ in range(morphemes // 100)]


@pytest.mark.parametrize("damage", [Path.unlink, cut_short, one_bit], ids=["gone", "short", "bit"])
def test_missing_or_damaged_types_are_named(tmp_path: Path, damage: object) -> None:
    folder = tiny_shards(tmp_path)
    damage(folder / "shard-0000.types.tsv")  # type: ignore[operator]
    with pytest.raises(DataError, match=r"shard-0000\.types\.tsv"):
        read_types(folder, read_manifest(folder))


@pytest.mark.parametrize(
    "content", ["", "{}x", "[1]", '[{"morphemes": 3}]', '[{"morphemes": "3"}]']
)
def test_a_damaged_manifest_is_named(tmp_path: Path, content: str) -> None:
    with pytest.raises(DataError, match=r"manifest\.json"):
        read_manifest(tmp_path)
    (tmp_path / "manifest.json").write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=r"manifest\.json"):
        read_manifest(tmp_path)


def test_ids_beyond_the_types_are_named(tmp_path: Path) -> None:
    folder = tiny_shards(tmp_path)
    parts = [{k: v for k, v in p.items() if k != "crc32"} for p in read_manifest(folder)]
    ids = np.load(folder / "shard-0000.ids.npy")
    ids[0] = 1 << 20
    np.save(folder / "shard-0000.ids.npy", ids)
    with pytest.raises(DataError, match=r"shard-0000\.ids\.npy with type 524288"):
        type_counts(folder, parts)
