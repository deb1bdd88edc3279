"""KLUE-NER's TSV: characters are the truth, whatever the markup of the sentence line looks like."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from marked_samples import ORIGIN, ROOT, seeds
from table_samples import kept, marked_texts

from lgtalent_ie.annotation.formats.klue_tsv import (
    HEADER,
    KLUE_NAMES,
    LOSES,
    OWN_NAMES,
    only_klue,
    read,
    write,
)
from lgtalent_ie.annotation.marked import LOSABLE, Marked, from_mentions
from lgtalent_ie.errors import DataError
from lgtalent_ie.evaluation.gold import GoldMention

KLUE_ROWS = ROOT.parent / "shared" / "data" / "klue-ner-train.jsonl"
DOCUMENT = from_mentions(
    "새벽_00001", "한빛은\t1:1", [GoldMention("m1", "ORG", 0, 2), GoldMention("m2", "QUANTITY", 4, 7)],
    [], ORIGIN,
)  # fmt: skip
ROWS = [
    *HEADER,
    "## 새벽_00001\t<한빛:OG>은\\t<1:1:QT>",
    "한\tB-OG",
    "빛\tI-OG",
    "은\tO",
    "\\t\tO",
    "1\tB-QT",
    ":\tI-QT",
    "1\tI-QT",
    "",
]


def file_of(tmp_path: Path, rows: list[str], end: str = "\n") -> Path:
    path = tmp_path / "a.tsv"
    path.write_bytes("".join(row + end for row in rows).encode())
    return path


def test_a_file_looks_as_klue_has_it(tmp_path: Path) -> None:
    write([DOCUMENT], tmp_path / "a.tsv", labels="klue")
    assert (tmp_path / "a.tsv").read_bytes().decode().split("\n")[:-1] == ROWS
    assert HEADER[4] == "## 컬럼명 : CHAR\tNE_TAG"


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_labels_of_klue_become_the_nine(tmp_path: Path, end: str) -> None:
    assert read(file_of(tmp_path, ROWS, end), ORIGIN) == [DOCUMENT]
    assert {OWN_NAMES[name] for name in KLUE_NAMES.values()} == set(KLUE_NAMES)


def test_the_sentence_line_may_be_the_bare_text(tmp_path: Path) -> None:
    rows = [*ROWS[:5], "## 새벽_00001\t한빛은\\t1:1", *ROWS[6:]]
    assert read(file_of(tmp_path, rows), ORIGIN) == [DOCUMENT]


def test_lines_of_a_document_are_sentences_of_one_name(tmp_path: Path) -> None:
    text = "새벽\r\n\n전자 A\nB"
    mentions = [GoldMention("m1", "ORG", 0, 2), GoldMention("m2", "PRODUCT", 8, 11)]
    marked = from_mentions("a", text, mentions, [], ORIGIN)
    write([marked], tmp_path / "a.tsv")
    lines = (tmp_path / "a.tsv").read_text("utf-8").split("\n")
    headers = [line for line in lines[5:] if line.startswith("## ")]
    assert headers == ["## a\t<새벽:ORG>\\r\\n", "## a\t\\n", "## a\t전자 <A\\nB:PRODUCT>"]
    assert read(tmp_path / "a.tsv", ORIGIN) == [marked]


def test_gold_comes_back(tmp_path: Path) -> None:
    write(seeds(), tmp_path / "gold.tsv")
    back = [kept(marked, LOSES) for marked in read(tmp_path / "gold.tsv", ORIGIN)]
    assert back == [kept(marked, LOSES) for marked in seeds()]
    assert set(LOSABLE) >= LOSES


def test_gold_comes_back_with_the_labels_of_klue(tmp_path: Path) -> None:
    six = [only_klue(marked) for marked in seeds()]
    write(six, tmp_path / "gold.tsv", labels="klue")
    back = [kept(marked, LOSES) for marked in read(tmp_path / "gold.tsv", ORIGIN)]
    assert back == [kept(marked, LOSES) for marked in six]
    assert 0 < len(six[0].gold.mentions) < len(seeds()[0].gold.mentions)
    assert {m.label for marked in six for m in marked.gold.mentions} == set(KLUE_NAMES)


@pytest.mark.skipif(not KLUE_ROWS.exists(), reason="KLUE-NER is not at hand")
def test_sentences_of_klue_come_back(tmp_path: Path) -> None:
    documents = []
    for line in KLUE_ROWS.read_text("utf-8").split("\n")[:200]:
        row = json.loads(line)
        mentions = [
            GoldMention(f"m{n}", OWN_NAMES[label], start, end)
            for n, (start, end, label) in enumerate(sorted(row["spans"]), 1)
        ]
        documents.append(from_mentions(row["id"], row["text"], mentions, [], ORIGIN))
    write(documents, tmp_path / "klue.tsv", labels="klue")
    assert read(tmp_path / "klue.tsv", ORIGIN) == documents


@given(marked_texts())
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_comes_back(tmp_path: Path, marked: Marked) -> None:
    write([marked], tmp_path / "a.tsv")
    assert [kept(m, LOSES) for m in read(tmp_path / "a.tsv", ORIGIN)] == [kept(marked, LOSES)]


@pytest.mark.parametrize(
    ("line", "changed", "said"),
    [
        (6, "한\tB-OG", "line 6: '한\\tB-OG'; accepted: `## id"),
        (6, "## 새벽_00001", "line 6: '## 새벽_00001'"),
        (6, "## 새벽_00001\t<한빛:PS>은\\t<1:1:QT>", "line 6: '<한빛:PS>은"),
        (7, "한", "line 7: '한'"),
        (7, "한빛\tB-OG", "line 7: '한빛\\tB-OG'"),
        (7, "한\tB-OG\tX", "line 7"),
        (7, "한\tO", "line 8: 'I-OG' after no OG"),
        (8, "빛\tI-PS", "line 8: 'I-PS' after no PS"),
        (9, "은\tA", "line 9: tag 'A'"),
        (13, "2\tI-QT", "line 6: '<한빛:OG>은"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, line: int, changed: str, said: str) -> None:
    rows = [changed if number == line else row for number, row in enumerate(ROWS, 1)]
    with pytest.raises(DataError) as error:
        read(file_of(tmp_path, rows), ORIGIN)
    assert said in str(error.value)


def test_an_unknown_label_is_named_with_its_line(tmp_path: Path) -> None:
    rows = [row.replace("QT", "CV") for row in ROWS]
    with pytest.raises(DataError, match="line 11: label 'CV'"):
        read(file_of(tmp_path, rows), ORIGIN)


@pytest.mark.parametrize("rows", [[], list(HEADER)])
def test_a_file_without_sentences_is_no_empty_list(tmp_path: Path, rows: list[str]) -> None:
    with pytest.raises(DataError, match="no sentence"):
        read(file_of(tmp_path, rows), ORIGIN)


def test_labels_that_klue_does_not_have_are_not_left_out_unasked(tmp_path: Path) -> None:
    marked = from_mentions("a", "한빛 사장", [GoldMention("m1", "TITLE", 3, 5)], [], ORIGIN)
    with pytest.raises(DataError, match=r"a: TITLE at 3\.\.5.*only_klue"):
        write([marked], tmp_path / "a.tsv", labels="klue")
    write([only_klue(marked)], tmp_path / "a.tsv", labels="klue")
    assert read(tmp_path / "a.tsv", ORIGIN)[0].gold.mentions == ()


def test_names_that_the_sentence_line_cannot_hold_are_refused(tmp_path: Path) -> None:
    for name in ("a\tb", "a\n", " a"):
        with pytest.raises(DataError, match="a name without"):
            write([from_mentions(name, "한빛", [], [], ORIGIN)], tmp_path / "a.tsv")
