"""Rows: every kind of file gives the same articles, and what is none says why."""

from __future__ import annotations

import gzip
import json
from datetime import date, datetime
from pathlib import Path

import pytest
from corpus_files import ROWS, TABLES, rows_of_files, write_table
from hypothesis import given
from hypothesis import strategies as st

from lgtalent_ie.corpus import counting
from lgtalent_ie.corpus.counting import count_rows
from lgtalent_ie.corpus.lines import SAMPLE_BYTES, LineReader, decode_line, sniff
from lgtalent_ie.corpus.rows import BadRowError, Columns, as_id, as_published, check_columns
from lgtalent_ie.corpus.sources import find_inputs, kind_of
from lgtalent_ie.errors import InputError

pa = pytest.importorskip("pyarrow")
SENTENCE = "한빛전자는 올해 연구원을 뽑았다."


@pytest.mark.parametrize("kind", TABLES)
def test_every_kind_of_table_gives_the_same_rows(kind: str, tmp_path: Path) -> None:
    path = write_table(tmp_path / f"news.{kind}", ROWS)
    found = list(rows_of_files(path))
    assert [(r.number, r.id, r.text, r.published, r.error) for r in found] == [
        (n, row["id"], row["text"], row["published"] or None, None) for n, row in enumerate(ROWS)
    ]
    assert [r.columns for r in found] == [{"section": row["section"]} for row in ROWS]
    assert [r.row for r in found] == [1, 2, 3]


@pytest.mark.parametrize("kind", TABLES)
@pytest.mark.parametrize("start", [1, 2, 3, 4, 7])
def test_a_run_can_begin_at_any_row(kind: str, start: int, tmp_path: Path) -> None:
    paths = [write_table(tmp_path / f"{name}.{kind}", ROWS) for name in "ab"]
    assert list(rows_of_files(*paths, start=start)) == list(rows_of_files(*paths))[start:]


def test_a_data_set_on_disk_is_read_without_the_package_that_wrote_it(tmp_path: Path) -> None:
    data = tmp_path / "archive" / "news"
    for n, row in enumerate(ROWS):
        write_table(data / f"data-{n}.arrow", [row])
    write_table(data / "cache-1.arrow", ROWS)
    files = [{"filename": f"data-{n}.arrow"} for n in (2, 0, 1)]
    (data / "state.json").write_text(json.dumps({"_data_files": files}))
    assert [r.id for r in rows_of_files(tmp_path / "archive")] == ["a3", "a1", "a2"]


def test_a_data_set_that_datasets_saved(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    data = datasets.Dataset.from_list(ROWS)
    data.select([2, 0]).save_to_disk(str(tmp_path / "one"))
    datasets.DatasetDict({"dev": data, "train": data}).save_to_disk(str(tmp_path / "splits"))
    assert [r.id for r in rows_of_files(tmp_path / "one")] == ["a3", "a1"]
    assert len(list(rows_of_files(tmp_path / "splits"))) == 6


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "utf-16"])
@pytest.mark.parametrize("kind", ["jsonl", "csv", "jsonl.gz", "txt"])
def test_the_encoding_is_found(encoding: str, kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"old.{kind}"
    if kind == "txt":
        path.write_bytes(SENTENCE.encode(encoding))
        assert [r.text for r in rows_of_files(path)] == [SENTENCE]
    else:
        write_table(path, ROWS, encoding)
        assert [(r.id, r.text) for r in rows_of_files(path)] == [(r["id"], r["text"]) for r in ROWS]


def test_an_archive_glued_together_of_two_encodings_is_read_line_by_line(tmp_path: Path) -> None:
    lines = [
        json.dumps({"id": str(n), "text": f"{SENTENCE} {n}"}, ensure_ascii=False) for n in range(9)
    ]
    raw = [line.encode("cp949" if n in (1, 4) else "utf-8") for n, line in enumerate(lines)]
    (tmp_path / "mixed.jsonl").write_bytes(b"\n".join(raw))
    assert [r.text for r in rows_of_files(tmp_path / "mixed.jsonl")] == [
        f"{SENTENCE} {n}" for n in range(9)
    ]


@given(
    st.lists(
        st.text(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), min_size=12), min_size=1
    )
)
def test_lines_of_korean_come_back_from_either_encoding(lines: list[str]) -> None:
    for encoding in ("utf-8", "cp949"):
        data = "\n".join(lines).encode(encoding)
        assert [decode_line(line, sniff(data)) for line in data.split(b"\n")] == lines


BAD = {
    "no JSON": ('{"text": "한빛', "no JSON"),
    "no object": ('["text"]', "list where an object"),
    "no text": ('{"id": "b", "text": null}', "is empty"),
    "blank text": ('{"id": "b", "text": " \\n "}', "is empty"),
    "number for text": ('{"id": "b", "text": 3}', "holds int, not text"),
    "no date": ('{"id": "b", "text": "왔다.", "published": "spring"}', "'spring', no date"),
    "list for id": ('{"id": [], "text": "왔다."}', "holds list, not an id"),
    "too long": ('{"id": "b", "text": "%s"}' % ("가" * 201), "201 characters, longer than 200"),
}  # fmt: skip


@pytest.mark.parametrize("line, reason", BAD.values(), ids=BAD.keys())
def test_a_bad_row_is_a_row_with_its_reason(line: str, reason: str, tmp_path: Path) -> None:
    good = json.dumps(ROWS[0], ensure_ascii=False)
    (tmp_path / "in.jsonl").write_text(f"{good}\n\n{line}\n{good}\n", "utf-8")
    first, bad, last = rows_of_files(tmp_path / "in.jsonl", columns=Columns(longest=200))
    assert bad.error is not None and reason in bad.error and bad.text is None
    assert (bad.number, bad.row, last.row) == (1, 3, 4)
    assert bad.id == ("b" if '"b"' in line else f"{tmp_path}/in.jsonl:3")
    assert first.text == last.text == ROWS[0]["text"]


def test_a_line_in_no_encoding_is_a_bad_row(tmp_path: Path) -> None:
    line = json.dumps({"text": SENTENCE}, ensure_ascii=False).encode()
    (tmp_path / "in.jsonl").write_bytes(
        b"\n".join([line, line[:14] + b"\xff\xff" + line[14:], line])
    )
    assert [r.error is None for r in rows_of_files(tmp_path / "in.jsonl")] == [True, False, True]


def test_bad_rows_of_csv_do_not_swallow_the_others(tmp_path: Path) -> None:
    rows = [
        "id,text",
        "1,왔다.",
        "2,갔다.,뭐",
        '3,"안에 "따옴표"가 있다"',
        "4,왔다.",
        "",
        "5,\udcff",
        "6,왔다.",
    ]
    (tmp_path / "in.csv").write_bytes("\r\n".join(rows).encode("utf-8", "surrogateescape"))
    found = list(rows_of_files(tmp_path / "in.csv"))
    assert [(r.id, r.error is None) for r in found if r.error is None] == [
        ("1", True),
        ("4", True),
        ("6", True),
    ]
    assert [r.row for r in found if r.error] == [2, 3, 5]
    assert "3 columns where the header has 2" in str(found[1].error)


def test_a_quotation_mark_that_is_never_closed_is_told(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text('id,text\n1,왔다.\n2,"갔다.\n3,왔다.\n', "utf-8")
    good, bad = rows_of_files(tmp_path / "in.csv")
    assert good.error is None and "quotation mark" in str(bad.error)


@pytest.mark.parametrize("between", [",", ";", "\t"])
def test_what_stands_between_the_columns_is_seen_in_the_header(
    between: str, tmp_path: Path
) -> None:
    (tmp_path / "in.csv").write_text(f"id{between}text\n1{between}왔다.\n", "utf-8")
    assert [r.text for r in rows_of_files(tmp_path / "in.csv")] == ["왔다."]


def test_missing_ids_are_the_file_and_the_row(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text(
        '\n{"text": "왔다."}\n{"id": "", "text": "갔다."}\n', "utf-8"
    )
    (tmp_path / "a.txt").write_text("왔다.", "utf-8")
    assert [r.id for r in rows_of_files(tmp_path)] == [
        f"{tmp_path}/a.txt", f"{tmp_path}/in.jsonl:2", f"{tmp_path}/in.jsonl:3",
    ]  # fmt: skip


def test_a_huge_article_is_rejected_without_being_held(tmp_path: Path) -> None:
    (tmp_path / "big.txt").write_bytes(b"a" * 50_000)
    [row] = rows_of_files(tmp_path / "big.txt", columns=Columns(longest=1_000))
    assert "50000 bytes, longer than 1000" in str(row.error)
    (tmp_path / "in.jsonl").write_bytes(b"x" * 300 + b"\nshort\n" + b"y" * 400)
    with LineReader(tmp_path / "in.jsonl", longest=100) as lines:
        assert list(lines) == [(1, None), (2, b"short\n"), (3, None)]


def test_a_page_may_have_ten_times_as_many_characters_as_a_text(tmp_path: Path) -> None:
    page = "<!doctype html><html><body>" + "<p>왔다.</p>" * 90 + "</body></html>"
    for name, text in (("a.html", page), ("b.txt", page.replace("<", "(")), ("c.html", page * 11)):
        (tmp_path / name).write_text(text, "utf-8")
    found = rows_of_files(tmp_path, columns=Columns(longest=len(page) - 1))
    assert [r.error is None for r in found] == [True, False, False]


def test_a_folder_is_read_in_the_order_of_its_paths(tmp_path: Path) -> None:
    for name in ("b/2.txt", "b/1.html", "a.txt", "c.csv", ".hidden/x.txt", "b/notes.pdf", ".x.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("text\n왔다.\n", "utf-8")
    inputs = find_inputs([str(tmp_path)], Path("elsewhere"))
    assert [Path(s.path).name for s in inputs.sources] == ["a.txt", "1.html", "2.txt", "c.csv"]
    assert inputs.passed_over == {".pdf": 1, ".txt": 1}


def test_wrong_column_names_are_one_error_with_those_that_are_there(tmp_path: Path) -> None:
    rows = [{"번호": 1, "본문": SENTENCE, "날짜": "20260302"}]
    paths = [write_table(tmp_path / f"in.{kind}", rows) for kind in ("csv", "jsonl", "parquet")]
    inputs = find_inputs([str(tmp_path)], Path("elsewhere"))
    with pytest.raises(
        InputError, match=r"in\.csv without the column 'text' \(and 2 more.*번호, 본문, 날짜"
    ):
        check_columns(inputs.sources, Columns())
    columns = Columns("번호", "본문", "날짜")
    check_columns(inputs.sources, columns)
    for path in paths:
        [row] = rows_of_files(path, columns=columns)
        assert (row.id, row.text, row.published) == ("1", SENTENCE, "2026-03-02")
    with pytest.raises(InputError, match="'저자'"):
        check_columns(inputs.sources, Columns("저자", "본문"))
    with pytest.raises(InputError, match="three columns"):
        check_columns(inputs.sources, Columns("본문", "본문"))


WRONG = {
    "nothing there": (["nowhere.jsonl"], "nothing to read"),
    "another kind": (["notes.pdf"], "another kind"),
    "twice": (["in.txt", "*.txt"], "twice"),
    "empty folder": (["empty"], "nothing to read"),
    "output within": (["."], "within the input"),
}


@pytest.mark.parametrize("arguments, says", WRONG.values(), ids=WRONG.keys())
def test_arguments_that_cannot_be_meant(
    arguments: list[str], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.pdf").write_bytes(b"%PDF")
    (tmp_path / "in.txt").write_text("왔다.", "utf-8")
    with pytest.raises(InputError, match=says):
        find_inputs(arguments, tmp_path / "out")


def test_a_damaged_file_ends_in_a_row_that_says_so(tmp_path: Path) -> None:
    whole = write_table(
        tmp_path / "in.jsonl.gz", [{"id": str(n), "text": f"{n}번 기사가 왔다."} for n in range(99)]
    )
    data = whole.read_bytes()
    whole.write_bytes(data[: len(data) // 2])
    (tmp_path / "cut.parquet").write_bytes(b"PAR1 and nothing else")
    (tmp_path / "fake.csv.gz").write_bytes(b"no gzip")
    found = list(rows_of_files(tmp_path))
    assert [(Path(r.source).name, r.error is not None) for r in found if r.error] == [
        ("cut.parquet", True), ("fake.csv.gz", True), ("in.jsonl.gz", True),
    ]  # fmt: skip
    assert found[-1].error and list(rows_of_files(tmp_path, start=2)) == found[2:]


def test_a_file_that_vanishes_stops_the_run(tmp_path: Path) -> None:
    path = write_table(tmp_path / "in.jsonl", ROWS)
    rows = rows_of_files(path)
    path.unlink()
    with pytest.raises(InputError, match="goes on where it stopped"):
        next(rows)


@pytest.mark.parametrize(
    "given, day",
    [("2026-03-02", "2026-03-02"), ("2026-03-02T10:11:12", "2026-03-02"), ("20260302", "2026-03-02"), (20260302, "2026-03-02"),
     (20260302.0, "2026-03-02"), ("2026.03.02", "2026-03-02"), ("2026. 3. 2. 10:10", "2026-03-02"), ("2026/3/2", "2026-03-02"),
     (date(2026, 3, 2), "2026-03-02"), (datetime(2026, 3, 2, 9), "2026-03-02"), ("", None), (None, None), (float("nan"), None)],
)  # fmt: skip
def test_dates_as_archives_write_them(given: object, day: str | None) -> None:
    assert as_published(given, "published") == day


@pytest.mark.parametrize("given", ["2026-13-01", "2026.02.30", "어제", True, "1772409600000"])
def test_what_is_no_date_is_no_date(given: object) -> None:
    with pytest.raises(BadRowError):
        as_published(given, "published")


@pytest.mark.parametrize("given, name", [(7, "7"), (7.0, "7"), (7.5, "7.5"), ("", None), (None, None), (float("nan"), None), ("가".encode("cp949"), "가")])  # fmt: skip
def test_ids_as_tables_hold_them(given: object, name: str | None) -> None:
    assert as_id(given, "id") == name


def test_text_of_parquet_in_another_encoding(tmp_path: Path) -> None:
    table = pa.table({"text": pa.array([SENTENCE.encode("cp949"), b"\xff\xff\x00"], pa.binary())})
    pa.parquet.write_table(table, tmp_path / "in.parquet")
    good, bad = rows_of_files(tmp_path / "in.parquet")
    assert good.text == SENTENCE and "neither UTF-8 nor CP949" in str(bad.error)


@pytest.mark.parametrize("name, kind", [("a.JSONL", "jsonl"), ("a.csv.gz", "csv"), ("a.parquet.gz", None), ("a.txt.gz", None), ("a", None)])  # fmt: skip
def test_kinds_by_name(name: str, kind: str | None) -> None:
    assert kind_of(name) == kind


@pytest.mark.parametrize("kind", TABLES)
def test_rows_are_counted_or_guessed(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [{"id": str(n), "text": f"{n}번 기사가 왔다."} for n in range(100, 400)]
    path = write_table(tmp_path / f"in.{kind}", rows)
    sources = find_inputs([str(path)], Path("elsewhere")).sources
    assert count_rows(sources, Columns()) == (300, True)
    monkeypatch.setattr(counting, "READ_WHOLE", 0)
    monkeypatch.setattr(counting, "SAMPLE", 1 << 12)
    guessed, exact = count_rows(sources, Columns())
    assert 270 <= guessed <= 330 and exact == (kind in ("parquet", "arrow"))


def test_a_sample_that_ends_within_a_character_misleads_nobody() -> None:
    data = ("가" * 400_000).encode()
    assert sniff(data[: SAMPLE_BYTES - 1]) == "utf-8"


def test_gzip_is_read_as_it_comes(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl.gz").write_bytes(
        gzip.compress(b'{"text": "a"}\n') + gzip.compress(b'{"text": "b"}\n')
    )
    assert [r.text for r in rows_of_files(tmp_path / "in.jsonl.gz")] == ["a", "b"]
