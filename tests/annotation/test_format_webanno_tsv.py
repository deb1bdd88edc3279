"""WebAnno TSV 3.3 as INCEpTION writes and reads it."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from marked_samples import ORIGIN, seeds
from table_samples import kept, marked_texts

from lgtalent_ie.annotation.formats.webanno_tsv import (
    LOSES,
    MENTION_LAYER,
    RELATION_LAYER,
    escape_text,
    escape_value,
    read,
    unescape_text,
    unescape_value,
    write,
)
from lgtalent_ie.annotation.marked import LOSABLE, Marked, from_mentions
from lgtalent_ie.annotation.tokens import Unit
from lgtalent_ie.errors import DataError
from lgtalent_ie.evaluation.gold import GoldMention, GoldRelation

DOCUMENT = from_mentions(
    "기사",
    " 🙂 새벽 전자의 한빛\n\n10명",
    [
        GoldMention("m1", "ORG", 3, 8),
        GoldMention("m2", "PRODUCT", 10, 12),
        GoldMention("m3", "QUANTITY", 14, 17),
    ],
    [
        GoldRelation("org:product", "m1", "m2"),
        GoldRelation("a_b", "m3", "m2"),
        GoldRelation("org:number_of_employees/members", "m1", "m3"),
    ],
    ORIGIN,
)
ROWS = [
    "#FORMAT=WebAnno TSV 3.3",
    f"#T_SP={MENTION_LAYER}|identifier|value",
    f"#T_RL={RELATION_LAYER}|value|BT_{MENTION_LAYER}",
    "",
    "",
    "#Text=🙂 새벽 전자의 한빛",
    "#Text=",
    "1-1\t1-3\t🙂\t_\t_\t_\t_\t",
    "1-2\t4-6\t새벽\t*[1]\tORG[1]\t_\t_\t",
    "1-3\t7-9\t전자\t*[1]\tORG[1]\t_\t_\t",
    "1-4\t9-10\t의\t_\t_\t_\t_\t",
    "1-5\t11-13\t한빛\t*\tPRODUCT\torg:product|a\\_b\t1-2[1_0]|2-1\t",
    "",
    "#Text=10명",
    "2-1\t15-18\t10명\t*\tQUANTITY\torg:number\\_of\\_employees/members\t1-2[1_0]\t",
]
SEVERAL = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def file_of(tmp_path: Path, rows: list[str], end: str = "\n") -> Path:
    path = tmp_path / "기사.tsv"
    path.write_bytes("".join(row + end for row in rows).encode())
    return path


def utf16(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def text_in_inception(content: str) -> str:
    """How `Tsv3XDeserializer.readContent` puts a document's text together."""
    text, sentence = "", ""
    for line in content.split("\n"):
        if line.startswith("#Text="):
            sentence += unescape_text(line[6:]) + "\n"
        elif sentence:
            begin = int(line.split("\t")[1].split("-")[0])
            if utf16(text) > begin:
                assert utf16(text) == begin + 1
                assert text[-1] == "\n"
                text = text[:-1]
            text += " " * (begin - utf16(text)) + sentence
            sentence = ""
    return text


def test_a_file_looks_as_inception_writes_it(tmp_path: Path) -> None:
    write([DOCUMENT], tmp_path, tokens="eojeol")
    assert (tmp_path / "기사.tsv").read_bytes().decode().split("\n")[:-1] == ROWS


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_file_is_read_with_its_relations(tmp_path: Path, end: str) -> None:
    (back,) = read(file_of(tmp_path, ROWS, end), ORIGIN)
    assert kept(back, LOSES) == kept(DOCUMENT, LOSES)
    assert len(back.gold.relations) == 3


def test_without_relations_no_layer_of_them_is_asked_for(tmp_path: Path) -> None:
    write([from_mentions("a", "한빛", [GoldMention("m1", "ORG", 0, 2)], [], ORIGIN)], tmp_path)
    rows = (tmp_path / "a.tsv").read_text("utf-8").split("\n")
    assert rows[2:] == ["", "", "#Text=한빛", "1-1\t0-2\t한빛\t*\tORG\t", ""]


@pytest.mark.parametrize("unit", get_args(Unit))
def test_gold_comes_back(tmp_path: Path, unit: Unit) -> None:
    write(seeds(), tmp_path / "out", tokens=unit)
    back = {marked.gold.document: kept(marked, LOSES) for marked in read(tmp_path / "out", ORIGIN)}
    assert back == {marked.gold.document: kept(marked, LOSES) for marked in seeds()}
    assert set(LOSABLE) >= LOSES
    for marked in seeds():
        content = (tmp_path / "out" / f"{marked.gold.document}.tsv").read_bytes().decode()
        assert text_in_inception(content) == marked.text + "\n"


@given(marked_texts(edges_may_be_blank=False, min_size=1))
@SEVERAL
def test_any_text_comes_back(tmp_path: Path, marked: Marked) -> None:
    write([marked], tmp_path, tokens="eojeol")
    path = tmp_path / f"{marked.gold.document}.tsv"
    assert text_in_inception(path.read_bytes().decode()) == marked.text + "\n"
    assert [kept(m, LOSES) for m in read(path, ORIGIN)] == [kept(marked, LOSES)]


@pytest.mark.parametrize("text", ["\\t\t\r\\\\", "\x00\x1f\x0b\x0c", "a\\_b[1]|*;", "\\"])
def test_escapes_come_back(text: str) -> None:
    assert unescape_text(escape_text(text)) == text
    assert unescape_value(escape_value(text)) == text
    assert not set("\t\r\n") & set(escape_text(text))


def test_values_are_escaped_as_the_guide_says() -> None:
    assert escape_value("[a|b_c->d;e*f\\g]\t\n") == r"\[a\|b\_c\->d\;e\*f\\g\]\t\n"


def test_sub_tokens_and_other_layer_names_are_read(tmp_path: Path) -> None:
    rows = [
        "#FORMAT=WebAnno TSV 3.3",
        "#T_SP=webanno.custom.Span|label",
        "#T_RL=webanno.custom.Link|kind|BT_webanno.custom.Span",
        "",
        "",
        "#Sentence.id=s1",
        "#Text=한빛전자가 새벽전자연구소와",
        "1-1\t0-5\t한빛전자가\t_\t_\t_\t",
        "1-1.1\t0-4\t한빛전자\tORG\t_\t_\t",
        "1-2\t6-14\t새벽전자연구소와\t_\t_\t_\t",
        "1-2.1\t6-13\t새벽전자연구소\tORG[2]\torg:partner\t1-1.1[0_2]\t",
    ]
    (marked,) = read(file_of(tmp_path, rows), ORIGIN)
    assert [(m.start, m.end) for m in marked.gold.mentions] == [(0, 4), (6, 13)]
    assert marked.gold.relations == (GoldRelation("org:partner", "m1", "m2"),)
    assert marked.text == "한빛전자가 새벽전자연구소와"


def test_a_mention_from_within_one_token_into_another_is_one(tmp_path: Path) -> None:
    rows = [
        "#FORMAT=WebAnno TSV 3.2",
        f"#T_SP={MENTION_LAYER}|value",
        "",
        "#Text=(주)한빛 전자가",
        "1-1\t0-5\t(주)한빛\t_",
        "1-1.1\t3-5\t한빛\tORG[1]",
        "1-2\t6-9\t전자가\t_",
        "1-2.1\t6-8\t전자\tORG[1]",
    ]
    (marked,) = read(file_of(tmp_path, rows), ORIGIN)
    assert [(m.label, m.start, m.end) for m in marked.gold.mentions] == [("ORG", 3, 8)]


def test_gaps_before_sentences_are_blanks(tmp_path: Path) -> None:
    rows = [
        *ROWS[:2],
        "",
        "",
        "#Text=한",
        "1-1\t2-3\t한\t_\t_\t",
        "",
        "#Text=빛",
        "2-1\t6-7\t빛\t_\t_\t",
    ]
    assert read(file_of(tmp_path, rows), ORIGIN)[0].text == "  한\n  빛"


@pytest.mark.parametrize(
    ("line", "changed", "said"),
    [
        (1, "#FORMAT=WebAnno TSV 2.0", "line 1: '#FORMAT=WebAnno TSV 2.0'"),
        (2, "#T_CH=x.Link|referenceType|referenceRelation", "line 2: layer x.Link"),
        (2, "#T_SP=webanno.custom.Span|a|b", "line 2: features ['a', 'b']"),
        (3, f"#T_SP=x.POS|PosValue|BT_{MENTION_LAYER}", "line 3: layer x.POS"),
        (3, "#T_RL=x.Relation|value|BT_x.POS", "line 3: layer x.Relation"),
        (6, "", "line 8: a row before any #Text="),
        (8, "1-1\t1-3\t🙂\t_\t_\t_", "line 8: '1-1"),
        (8, "1-1\t1:3\t🙂\t_\t_\t_\t_", "line 8: '1-1"),
        (8, "1-1\t1-3\t🙂\t_\t_\t_\t_\t_", "line 8: '1-1"),
        (8, "1-1\t1-2\t🙂\t_\t_\t_\t_", "line 8: '🙂' at 1-2"),
        (9, "1-2\t3-5\t새벽\t*[1]\tORG[1]\t_\t_", "line 9: '새벽' at 3-5"),
        (9, "1-2\t6-4\t새벽\t*[1]\tORG[1]\t_\t_", "line 9: '새벽' at 6-4"),
        (9, "1-2\t4-6\t새벽\tQ42[1]\tORG[1]\t_\t_", "line 9: 'Q42[1]' beside the label"),
        (9, "1-2\t4-6\t새벽\t*[1]\tPERSON[1]\t_\t_", "line 10: ORG where [1] was PERSON"),
        (9, "1-2\t4-6\t새벽\t*[1]|*[2]\tORG[1]|ORG[2]\t_\t_", "overlaps"),
        (12, "1-5\t11-13\t한빛\t*\t*\t_\t_", "line 12: label '*'"),
        (12, "1-5\t11-13\t한빛\t*\tFIRMA\t_\t_", "line 12: label 'FIRMA'"),
        (12, "1-5\t11-13\t한빛\t*\tPRODUCT\torg:product\t1-1", "line 12: no mention at 1-1"),
        (12, "1-5\t11-13\t한빛\t*\tPRODUCT\torg:product\t1-2[9_0]", "line 12: no mention at 1-2, number 9"),
        (12, "1-5\t11-13\t한빛\t*\tPRODUCT\torg:product\there", "line 12: head 'here'"),
        (12, "1-5\t11-13\t한빛\t*\tPRODUCT\t*\t1-2[1_0]", "line 12: '*' from"),
        (12, "1-5\t11-13\t한빛\t*\tPRODUCT\ta|b\t1-2[1_0]", "line 12: 'a|b' from"),
        (14, "#Comment", "line 14: '#Comment'"),
        (15, "", "line 15: a sentence without tokens"),
        (15, "2-1\t5-8\t10명\t*\tQUANTITY\t_\t_", "line 15: a sentence at 5"),
        (15, "2-1\t1500000000-1500000003\t10명\t*\tQUANTITY\t_\t_", "line 15: a sentence at 1500000000"),
    ],
)  # fmt: skip
def test_a_wrong_line_is_named(tmp_path: Path, line: int, changed: str, said: str) -> None:
    rows = [changed if number == line else row for number, row in enumerate(ROWS, 1)]
    if line == 6:
        rows[6] = ""
    with pytest.raises(DataError) as error:
        read(file_of(tmp_path, rows), ORIGIN)
    assert said in str(error.value)


def test_files_and_folders_with_nothing_in_them_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="a folder without"):
        read(tmp_path, ORIGIN)
    for rows, said in [
        (ROWS[:4], "no tokens"),
        ([ROWS[0], *ROWS[3:]], "no layer of spans"),
        ([], "line 1"),
    ]:
        with pytest.raises(DataError, match=said):
            read(file_of(tmp_path, rows), ORIGIN)


def test_what_the_format_cannot_hold_is_refused(tmp_path: Path) -> None:
    mention = GoldMention("m1", "ORG", 2, 4)
    for text, relations, said in [
        ("", [], "an empty text"),
        ("새벽 전자", [], r"'m1' at 2\.\.4 begins or ends with a blank"),
        ("새벽전자", [GoldRelation("", "m1", "m1")], "relation ''"),
    ]:
        marked = from_mentions("a", text, [mention] if text else [], relations, ORIGIN)
        with pytest.raises(DataError, match=said):
            write([marked], tmp_path)
