"""`lgtalent translate`: konec's labels as KLUE would give them, learnt where both are known."""

from __future__ import annotations

import doctest
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result
from helpers import analyzer

from lgtalent_ie.cli import command
from lgtalent_ie.errors import DataError, InputError, LgtalentError
from lgtalent_ie.model.pieces import Vocabulary
from lgtalent_ie.training import translate, vector_files
from lgtalent_ie.training.data import analyse
from lgtalent_ie.training.finetune import TrainingError
from lgtalent_ie.training.translate import (
    TranslatorConfig,
    begin_tags,
    blocks,
    marked,
    tag_numbers,
    translate_konec,
)

Row = dict[str, Any]

PEOPLE = "한빛 노을 바다 이슬".split()
CITIES = "여수 강릉 제천 목포 공주 김천 논산 밀양".split()
TOWNS = "가람읍 누리읍 솔빛읍 새벽읍".split()
KEYS = [("에서", "JKB"), ("명", "NNB"), ("팀", "NNG"), ("", "SN"), ("및", "MAJ"), ("사장", "NNG")]


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A handful of random vectors instead of Kiwi's 70,000, and a table of few n-grams."""
    monkeypatch.setattr(translate, "SIZES", replace(translate.SIZES, ngram_buckets=1024))
    table = torch.randn(len(KEYS) + 1, 256, generator=torch.Generator().manual_seed(0))
    monkeypatch.setattr(vector_files, "table_of_kiwi", lambda: (KEYS, table))


def sentence(name: str, number: int) -> tuple[Row, Row]:
    """One sentence as konec labels it and as KLUE does.

    KLUE makes one span of a city and the town behind it, two where `및` stands between them, and
    none of a title. Who is a person and who an organisation, konec alone says.
    """
    who = PEOPLE[number % len(PEOPLE)]
    city, town = CITIES[number % len(CITIES)], TOWNS[number // 3 % len(TOWNS)]
    people = f"{number + 2}명"
    joined, person = number % 3 < 2, number // 2 % 2
    text = f"{who} 팀이 {city}{' ' if joined else ' 및 '}{town}에서 사장 {people}을 봤다."

    def span(surface: str, label: str) -> list[Any]:
        return [text.index(surface), text.index(surface) + len(surface), label]

    konec = [
        span(who, "PS_NAME" if person else "OGG_SPORTS"),
        span(city, "LCP_CITY"),
        span(town, "LCP_COUNTY"),
        span("사장", "CV_POSITION"),
        span(people, "QT_MAN_COUNT"),
    ]
    places = [span(f"{city} {town}", "LC")] if joined else [span(city, "LC"), span(town, "LC")]
    klue = [span(who, "PS" if person else "OG"), *places, span(people, "QT")]
    row = {"id": f"{name}-{number}", "text": text}
    return row | {"spans": konec, "unsure": []}, row | {"spans": klue}


def write(path: Path, rows: list[Row]) -> None:
    lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_text("".join(lines), encoding="utf-8")


TRAIN = [sentence("train", number) for number in range(60)]
DEV = [sentence("dev", number) for number in range(61, 69)]
# Every fourth sentence of konec-train is not in KLUE's file.
UNKNOWN = TRAIN[3::4]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    write(folder / "konec-train.jsonl", [konec for konec, _ in TRAIN])
    write(
        folder / "klue-ner-train.jsonl",
        [klue for konec, klue in TRAIN if (konec, klue) not in UNKNOWN],
    )
    write(folder / "konec-dev.jsonl", [konec for konec, _ in DEV])
    write(folder / "klue-ner-dev.jsonl", [klue for _, klue in DEV])
    return folder


def translated(data: Path, seed: int = 0) -> str:
    stream = io.StringIO()
    config = TranslatorConfig(epochs=2, seed=seed, batch=100)
    translate_konec(data, stream, analyzer(), config, lambda line: None)
    return stream.getvalue()


def rows_of(lines: str) -> list[Row]:
    return [json.loads(line) for line in lines.splitlines()]


def test_what_klue_joins_is_joined_and_what_it_leaves_out_is_left_out(data: Path) -> None:
    stream, log = io.StringIO(), list[str]()
    config = TranslatorConfig(epochs=6, batch=100)
    scores = translate_konec(data, stream, analyzer(), config, log.append)
    rows = rows_of(stream.getvalue())
    assert [row["id"] for row in rows] == [konec["id"] for konec, _ in UNKNOWN]
    found = [[span[:3] for span in row["spans"]] for row in rows]
    assert found == [klue["spans"] for _, klue in UNKNOWN]
    assert {tuple(row) for row in rows} == {("id", "spans")}
    assert all(0.5 < span[3] <= 1 for row in rows for span in row["spans"])
    assert scores["micro"].f1 == 1 and scores["PS"].gold == 4
    assert log[0] == "45 sentences to learn from, 15 to translate"
    assert [json.loads(line)["epoch"] for line in log[1:-1]] == list(range(1, 7))
    # The toy has four of KLUE's six labels; one that never occurs counts 0.
    assert json.loads(log[-1]) == {
        "dev sentences": 8, "micro": 100, "macro": 66.67, "PS": 100, "LC": 100, "OG": 100, "QT": 100,
    }  # fmt: skip


def test_the_same_seed_gives_the_same_rows_and_another_seed_others(data: Path) -> None:
    first = translated(data)
    assert any(row["spans"] for row in rows_of(first))
    assert translated(data) == first
    assert translated(data, seed=1) != first


def test_dev_changes_nothing(data: Path) -> None:
    before = translated(data)
    write(data / "klue-ner-dev.jsonl", [klue | {"spans": []} for _, klue in DEV])
    assert translated(data) == before


def test_an_empty_sentence_has_a_row(data: Path) -> None:
    rows = [konec for konec, _ in TRAIN]
    write(data / "konec-train.jsonl", [{"id": "empty", "text": "", "spans": []}, *rows])
    assert rows_of(translated(data))[0] == {"id": "empty", "spans": []}


def test_tags_begin_and_go_on() -> None:
    text = "여수 가람읍에서"
    morphemes = analyse(text, analyzer())
    tags = tag_numbers(morphemes, [(0, 6, "LC")], begin_tags(("PS", "LC")))
    inside = sum(m.start < 6 for m in morphemes)
    assert tags.tolist() == [3] + [4] * (inside - 1) + [0] * (len(morphemes) - inside)


def test_unsure_spans_and_unknown_labels_are_read_as_something_that_may_be_there() -> None:
    fine = begin_tags(("LCP_CITY",))
    row = {
        "id": "a",
        "text": "여수 사장 3명",
        "spans": [[0, 2, "LCP_CITY"], [6, 8, "QT_MAN_COUNT"]],
        "unsure": [[0, 5]],
    }
    read = marked(row, fine, Vocabulary(KEYS), analyzer())
    assert [row["text"][m.start : m.end] for m in read.morphemes] == ["여수", "사장", "3", "명"]
    assert read.marks.tolist() == [1, 3, 3, 3]


def test_batches_are_of_one_length_and_leave_nothing_out() -> None:
    lengths = np.random.default_rng(0).integers(0, 6, 50).tolist()
    made = list(blocks(range(50), lengths, 7))
    assert sorted(n for batch in made for n in batch) == [n for n in range(50) if lengths[n]]
    assert all(len({lengths[n] for n in batch}) == 1 for batch in made)
    assert all(len(batch) == 1 or sum(lengths[n] for n in batch) <= 7 for batch in made)
    assert list(blocks([0], [9], 7)) == [[0]]


FILES = [f"{name}-{part}.jsonl" for name in ("konec", "klue-ner") for part in ("train", "dev")]


@pytest.mark.parametrize("file", FILES)
def test_a_missing_file_is_named(file: str, data: Path) -> None:
    (data / file).unlink()
    with pytest.raises(DataError, match=file):
        translated(data)


@pytest.mark.parametrize("part", ["train", "dev"])
def test_files_without_a_sentence_in_common_are_named(part: str, data: Path) -> None:
    other = {"id": "x", "text": "아무도 오지 않았다.", "spans": []}
    write(data / f"klue-ner-{part}.jsonl", [other])
    with pytest.raises(DataError, match=f"konec-{part}.*klue-ner-{part}.*in common"):
        translated(data)


@pytest.mark.parametrize(
    "file, row, says",
    [
        ("klue-ner-train", {"spans": [[0, 1, "XX"]]}, "row a: label XX"),
        ("konec-train", {"spans": None}, "line 1"),
        ("konec-train", {"spans": [[0, 1, 7]]}, "line 1"),
        ("konec-train", {"spans": [[0, 9, "LC"]]}, "line 1"),
        ("konec-dev", {"id": 3}, "line 1"),
    ],
)
def test_a_damaged_row_is_named(file: str, row: Row, says: str, data: Path) -> None:
    damaged = {"id": "a", "text": "가", "spans": []} | row
    damaged = {key: value for key, value in damaged.items() if value is not None}
    path = data / f"{file}.jsonl"
    write(path, [damaged])
    with pytest.raises(DataError, match=f"{file}.*{says}"):
        translated(data)


def test_a_loss_that_is_no_number_ends_the_run(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = torch.full((len(KEYS) + 1, 256), torch.nan)
    monkeypatch.setattr(
        "lgtalent_ie.training.translate.vector_table", lambda _: (Vocabulary(KEYS), broken)
    )
    with pytest.raises(TrainingError, match="loss nan in epoch 1"):
        translated(data)


def test_the_examples_of_the_docstrings_are_true() -> None:
    assert doctest.testmod(translate).failed == 0


def run(data: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> Result:
    monkeypatch.setattr("lgtalent_ie.morphemes.Analyzer", analyzer)
    return CliRunner().invoke(command, ["translate", str(data), str(out), "--epochs", "1"])


def test_the_command_writes_a_file(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out.jsonl"
    out.write_text("before")
    result = run(data, out, monkeypatch)
    assert result.exit_code == 0, result.output
    assert [row["id"] for row in rows_of(out.read_text("utf-8"))] == [k["id"] for k, _ in UNKNOWN]
    assert "15 to translate" in result.output and '"macro"' in result.output


@pytest.mark.parametrize("error", [None, KeyboardInterrupt], ids=["a damaged file", "Ctrl-C"])
def test_a_file_that_stands_there_stays_until_the_new_one_is_whole(
    error: type[BaseException] | None, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out.jsonl"
    out.write_text("before")

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    if error is None:
        (data / "klue-ner-dev.jsonl").write_text("{", encoding="utf-8")
    else:
        monkeypatch.setattr("lgtalent_ie.training.translate.predict", interrupted)
    result = run(data, out, monkeypatch)
    assert result.exit_code != 0 and out.read_text() == "before"
    assert [path.name for path in tmp_path.glob("out*")] == ["out.jsonl"]
    assert error is not None or isinstance(result.exception, LgtalentError)


def test_a_place_that_cannot_be_written_is_found_out_first(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = run(data, tmp_path / "nowhere" / "out.jsonl", monkeypatch)
    assert isinstance(result.exception, InputError) and "to learn from" not in result.output
