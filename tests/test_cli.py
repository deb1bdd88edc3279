"""The command: what it reads, what it writes, how it fails. Never a traceback."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SENTENCE = "올해 들어 박사급 연구원 10명이 LG AI연구원에 새로 합류했다."


def lgtalent(*arguments: str | Path, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "lgtalent_ie", *map(str, arguments)]
    done = subprocess.run(command, input=given, capture_output=True, check=False, timeout=120)
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    return done


def documents(done: subprocess.CompletedProcess[bytes]) -> list[dict[str, object]]:
    return [json.loads(line) for line in done.stdout.decode().splitlines()]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A folder as people keep them: text, HTML, JSONL, an old encoding."""
    folder = tmp_path / "archive"
    (folder / "2023").mkdir(parents=True)
    (folder / "2023" / "a.txt").write_text(SENTENCE, encoding="utf-8")
    (folder / "b.txt").write_bytes(SENTENCE.encode("cp949"))
    rows = [{"id": "x1", "text": SENTENCE, "published": "2023-06-21"}, {"text": "안녕하세요."}]
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    (folder / "c.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    paragraph = (
        f"<p>{SENTENCE}</p>" * 1 + "<p>이 소식은 업계에서 큰 화제를 모으고 있다고 한다.</p>" * 3
    )
    (folder / "d.html").write_text(
        f"<html><head><title>소식</title></head><body><article>{paragraph}</article></body></html>",
        encoding="utf-8",
    )
    (folder / "notes.pdf").write_bytes(b"%PDF")
    return folder


def test_a_folder_is_read_whole_in_order(archive: Path) -> None:
    done = lgtalent("extract", archive)
    assert done.returncode == 0, done.stderr.decode()
    found = documents(done)
    assert [str(d["id"]).rpartition("/")[2] for d in found] == [
        "a.txt", "b.txt", "x1", "c.jsonl:2", "d.html",
    ]  # fmt: skip
    assert all("LG AI연구원" in json.dumps(d, ensure_ascii=False) for d in (found[0], found[1]))
    assert "text" in found[4] and "text" not in found[0]


def test_standard_input_a_date_and_the_example_of_the_readme() -> None:
    done = lgtalent("extract", "-", "--published", "2023-06-21", given=SENTENCE.encode())
    [document] = documents(done)
    assert document["dates"][0]["value"] == "2023"  # type: ignore[index]
    assert [f["kind"] for f in document["facts"]] == ["hire"]  # type: ignore[attr-defined]


@pytest.mark.parametrize("form", ["json", "table"])
def test_other_forms_of_output(form: str, archive: Path, tmp_path: Path) -> None:
    done = lgtalent("extract", archive / "2023", "--to", form, "-o", tmp_path / "out")
    assert done.returncode == 0 and done.stdout == b""
    written = (tmp_path / "out").read_text(encoding="utf-8")
    assert "LG AI연구원" in written
    assert form != "json" or len(json.loads(written)) == 1


def test_a_bad_document_is_reported_and_the_rest_go_on(archive: Path) -> None:
    (archive / "broken.jsonl").write_text('{"text": 3}\n{"text": "LG전자가 왔다."}\n{"te', "utf-8")
    (archive / "binary.txt").write_bytes(b"\xff\xff\x81\x00" * 9)
    done = lgtalent("extract", archive)
    assert done.returncode == 1
    assert len(documents(done)) == 6
    assert b"binary.txt" in done.stderr and b"broken.jsonl:1" in done.stderr
    assert b"broken.jsonl:3" in done.stderr


FAILURES = {
    "nothing there": (["extract", "nowhere.txt"], "nowhere.txt"),
    "no date": (["extract", "-", "--published", "gestern"], "2023-06-21"),
    "no model": (["extract", "-", "--model", "./nowhere"], "not there"),
    "no dictionary": (["extract", "-", "--user-dictionary", "none.tsv"], "none.tsv"),
    "no device": (["extract", "-", "--device", "toaster"], "toaster"),
    "no option": (["extract", "-", "--colour"], "--colour"),
    "no input": (["extract"], "FILE"),
    "no folder for output": (["extract", "-", "-o", "/nowhere/at/all"], "writable"),
    "score": (["extract", "-", "--min-score", "7"], "min-score"),
}


@pytest.mark.parametrize("arguments, says", FAILURES.values(), ids=FAILURES.keys())
def test_failures_say_what_to_do(arguments: list[str], says: str) -> None:
    done = lgtalent(*arguments, given=SENTENCE.encode())
    assert done.returncode == 2
    assert says in done.stderr.decode()


def test_dates_by_file_name(archive: Path, tmp_path: Path) -> None:
    table = tmp_path / "dates.tsv"
    table.write_text("# file\tpublished\na.txt\t2019-05-02\n", encoding="utf-8")
    done = lgtalent("extract", archive / "2023", "--published-from", table)
    assert [d["published"] for d in documents(done)] == ["2019-05-02"]
    table.write_text("a.txt\tspring\n", encoding="utf-8")
    assert lgtalent("extract", archive, "--published-from", table).returncode == 2


def test_help_and_import_do_not_load_the_heavy_libraries() -> None:
    code = "import lgtalent_ie.cli, sys; print({'torch', 'kiwipiepy', 'numpy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout.strip() == b"set()"
    assert b"extract" in lgtalent("--help").stdout


def test_the_schema_is_printed() -> None:
    schema = json.loads(lgtalent("schema").stdout)
    assert schema["$defs"]["Document"]["properties"]["schema_version"] == {"const": 1}
