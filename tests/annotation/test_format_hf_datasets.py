"""Hugging Face datasets on disk: typed columns, nothing lost."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from marked_samples import ORIGIN, seeds
from table_samples import marked_texts

from lgtalent_ie.annotation.formats.hf_datasets import LOSES, features, read, write
from lgtalent_ie.annotation.marked import Marked, Origin, from_mentions
from lgtalent_ie.errors import DataError, MissingExtraError
from lgtalent_ie.evaluation.gold import GoldCount, GoldDocument, GoldMention
from lgtalent_ie.schema import LABELS

datasets = pytest.importorskip("datasets")
pyarrow = pytest.importorskip("pyarrow")

OTHER = Origin(("b2",), date(2030, 1, 1))


def counted(value: float | None, low: float | None = None) -> Marked:
    marked = from_mentions("a", "박사 10명", [GoldMention("m1", "QUANTITY", 3, 6, 0.5)], [], ORIGIN)
    count = GoldCount("m1", value, low, None, "명", "exact", "person", None, (0, 2))
    return Marked(msgspec.structs.replace(marked.gold, counts=(count,)), marked.text)


def test_gold_comes_back_with_every_record(tmp_path: Path) -> None:
    write(seeds(), tmp_path / "gold")
    assert read(tmp_path / "gold", OTHER) == list(seeds())
    assert not LOSES


def test_columns_are_the_fields_of_a_gold_file_typed(tmp_path: Path) -> None:
    write(seeds(), tmp_path / "gold")
    data = datasets.load_from_disk(str(tmp_path / "gold"))
    assert set(data.column_names) == {*GoldDocument.__struct_fields__, "text_in_gold"}
    assert data.features == features()
    assert data.features["published"].dtype == "date32"
    mention = data[0]["mentions"][0]
    first = seeds()[0].gold.mentions[0]
    assert LABELS[mention["label"]] == first.label
    assert (
        data[0]["text"][mention["start"] : mention["end"]]
        == seeds()[0].text[first.start : first.end]
    )


@given(marked_texts())
@settings(
    deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_text_comes_back(tmp_path_factory: pytest.TempPathFactory, marked: Marked) -> None:
    path = tmp_path_factory.mktemp("any")
    write([marked], path)
    assert read(path, OTHER) == [marked]


@pytest.mark.parametrize(("value", "low"), [(10, None), (2.5, None), (None, 7), (2**53, 0)])
def test_numbers_of_counts_keep_their_type(
    tmp_path: Path, value: float | None, low: float | None
) -> None:
    write([counted(value, low)], tmp_path / "a")
    (back,) = read(tmp_path / "a", OTHER)
    (count,) = back.gold.counts
    assert [(type(n), n) for n in (count.value, count.min)] == [(type(n), n) for n in (value, low)]
    assert back == counted(value, low)


def test_a_text_inside_the_gold_stays_inside(tmp_path: Path) -> None:
    marked = counted(10)
    inside = Marked(msgspec.structs.replace(marked.gold, text=marked.text), marked.text)
    write([inside], tmp_path / "a")
    assert read(tmp_path / "a", OTHER) == [inside]


def test_a_number_that_would_change_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="a: count 9007199254740993 of 'm1'"):
        write([counted(2**53 + 1)], tmp_path / "a")


def test_rows_that_cannot_be_right_are_named(tmp_path: Path) -> None:
    write([counted(10)], tmp_path / "a")
    (row,) = datasets.load_from_disk(str(tmp_path / "a"))
    for change, said in [
        ({"text": "박사 11명"}, "sha256"),
        ({"dates": [{"mention": "m1", "type": "DATE", "value": "2024", "mod": None}]}, "row 0: mention 'm1'"),
        ({"quotes": [{"start": 0, "end": 1, "kind": "loud", "cue": None, "speaker": None,
                      "name_mention": None, "continues": None}]}, "row 0: Invalid enum value 'loud'"),
        ({"mentions": [{"id": "m1", "label": 0, "start": 3, "end": 30, "score": None}]}, "row 0: span 3..30"),
    ]:  # fmt: skip
        path = tmp_path / said[-8:].strip()
        datasets.Dataset.from_list([{**row, **change}], features=features()).save_to_disk(str(path))
        with pytest.raises(DataError) as error:
            read(path, ORIGIN)
        assert said in str(error.value)


def test_folders_that_hold_something_else_are_refused(tmp_path: Path) -> None:
    foreign = datasets.Dataset.from_list([{"text": "한빛", "tags": [1]}])
    foreign.save_to_disk(str(tmp_path / "foreign"))
    datasets.DatasetDict({"train": foreign}).save_to_disk(str(tmp_path / "splits"))
    write([counted(10)], tmp_path / "empty")
    (file,) = (tmp_path / "empty").glob("*.arrow")
    schema = pyarrow.ipc.open_stream(file.read_bytes()).schema
    with pyarrow.OSFile(str(file), "wb") as sink, pyarrow.ipc.new_stream(sink, schema) as out:
        out.write_table(schema.empty_table())
    (tmp_path / "file").write_text("text")
    for name, said in [
        ("foreign", "columns .*mentions.*tags"),
        ("splits", "splits train.*splits/train"),
        ("empty", "no rows"),
        ("file", "Error"),
        ("none", "Error"),
    ]:
        with pytest.raises(DataError, match=said):
            read(tmp_path / name, ORIGIN)


def test_without_datasets_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(MissingExtraError, match=r"lgtalent_ie\[annotate\]"):
        write([counted(10)], tmp_path / "a")
