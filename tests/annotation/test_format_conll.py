"""CoNLL columns: what goes in comes out, and what contradicts itself is refused by line."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from marked_samples import ORIGIN, seeds
from table_samples import kept, marked_texts

from lgtalent_ie.annotation.formats.conll import LOSES, read, write
from lgtalent_ie.annotation.marked import LOSABLE, Marked, from_mentions
from lgtalent_ie.annotation.tokens import Scheme, Unit
from lgtalent_ie.errors import DataError
from lgtalent_ie.evaluation.gold import GoldMention, GoldRelation

DOCUMENT = from_mentions(
    "기사",
    "새벽전자가 🙂 하늘대와\r\n21일 만났다.",
    [
        GoldMention("m1", "ORG", 0, 4),
        GoldMention("m2", "ORG", 8, 11),
        GoldMention("d", "DATE", 14, 17),
    ],
    [GoldRelation("org:partner", "m1", "m2")],
    ORIGIN,
    date(2024, 3, 5),
)
ROWS = [
    "# global.columns = FORM START END MENTION TAG",
    '# document = "기사"',
    '# published = "2024-03-05"',
    '# text = "새벽전자가 🙂 하늘대와\\r\\n21일 만났다."',
    '# relation = ["org:partner", "m1", "m2"]',
    "새벽전자가\t0\t5\tm1:ORG:0-4\tB-ORG",
    "🙂\t6\t7\t_\tO",
    "하늘대와\t8\t12\tm2:ORG:8-11\tB-ORG",
    "",
    "21일\t14\t17\td:DATE:14-17\tB-DATE",
    "만났다.\t18\t22\t_\tO",
    "",
]
SEVERAL = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def file_of(tmp_path: Path, rows: list[str]) -> Path:
    path = tmp_path / "a.conll"
    path.write_bytes("".join(f"{row}\n" for row in rows).encode())
    return path


def rows_with(changes: dict[int, str]) -> list[str]:
    """The file above with other lines, by number from 1; an empty one is left out."""
    changed = [changes.get(number, row) for number, row in enumerate(ROWS, 1)]
    return [row for number, row in enumerate(changed, 1) if row or number not in changes]


def test_a_file_looks_as_documented(tmp_path: Path) -> None:
    write([DOCUMENT], tmp_path / "a.conll", tokens="eojeol")
    assert (tmp_path / "a.conll").read_bytes().decode().split("\n")[:-1] == ROWS
    assert read(file_of(tmp_path, ROWS), ORIGIN) == [DOCUMENT]


def test_bioes_marks_ends_and_single_tokens(tmp_path: Path) -> None:
    mentions = [GoldMention("m1", "ORG", 0, 9), GoldMention("m2", "QUANTITY", 10, 13)]
    marked = from_mentions("a", "새벽 전자 연구소 10명", mentions, [], ORIGIN)
    write([marked], tmp_path / "a", tokens="eojeol", scheme="bioes")
    lines = (tmp_path / "a").read_text("utf-8").split("\n")
    tags = [line.rsplit("\t", 1)[1] for line in lines if "\t" in line]
    assert tags == ["B-ORG", "I-ORG", "E-ORG", "S-QUANTITY"]


def test_morphemes_part_a_name_from_its_particle(tmp_path: Path) -> None:
    mentions = [GoldMention("m1", "ORG", 0, 5)]
    write([from_mentions("a", "서울대학교가 왔다.", mentions, [], ORIGIN)], tmp_path / "a")
    content = (tmp_path / "a").read_text("utf-8")
    assert "\n가\t5\t6\t_\tO\n" in content
    assert "\n다\t8\t9\t_\tO\n" in content


def test_of_two_mentions_in_a_token_the_first_has_the_tag(tmp_path: Path) -> None:
    mentions = [GoldMention("a|1", "ORG", 0, 2), GoldMention("", "ORG", 3, 7)]
    marked = from_mentions("a", "한빛·새벽 전자가", mentions, [], ORIGIN)
    write([marked], tmp_path / "a", tokens="eojeol")
    rows = (tmp_path / "a").read_text("utf-8").split("\n")[3:5]
    assert rows == ["한빛·새벽\t0\t5\ta%7C1:ORG:0-2|:ORG:3-7\tB-ORG", "전자가\t6\t9\t_\tB-ORG"]
    assert read(tmp_path / "a", ORIGIN) == [marked]


@pytest.mark.parametrize("unit", get_args(Unit))
@pytest.mark.parametrize("scheme", get_args(Scheme))
def test_gold_comes_back(tmp_path: Path, unit: Unit, scheme: Scheme) -> None:
    write(seeds(), tmp_path / "gold.conll", tokens=unit, scheme=scheme)
    back = [kept(marked, LOSES) for marked in read(tmp_path / "gold.conll", ORIGIN)]
    assert back == [kept(marked, LOSES) for marked in seeds()]
    assert set(LOSABLE) >= LOSES


@given(marked_texts(), st.sampled_from(get_args(Scheme)))
@SEVERAL
def test_any_text_comes_back(tmp_path: Path, marked: Marked, scheme: Scheme) -> None:
    write([marked], tmp_path / "a", tokens="eojeol", scheme=scheme)
    assert [kept(m, LOSES) for m in read(tmp_path / "a", ORIGIN)] == [kept(marked, LOSES)]


@given(marked_texts())
@settings(SEVERAL, max_examples=10)
def test_any_text_comes_back_in_morphemes(tmp_path: Path, marked: Marked) -> None:
    write([marked], tmp_path / "a", tokens="morpheme")
    assert [kept(m, LOSES) for m in read(tmp_path / "a", ORIGIN)] == [kept(marked, LOSES)]


def test_without_mention_column_the_tags_count(tmp_path: Path) -> None:
    rows = [
        '# document = "a"',
        '# text = "새벽 전자 10명"',
        '# relation = ["org:number_of_employees/members", "m1", "m2"]',
        "새벽\t0\t2\tB-ORG",
        "전자\t3\t5\tE-ORG",
        "10명\t6\t9\tS-QUANTITY",
    ]
    (marked,) = read(file_of(tmp_path, rows), ORIGIN)
    assert marked.gold.mentions == (
        GoldMention("m1", "ORG", 0, 5),
        GoldMention("m2", "QUANTITY", 6, 9),
    )
    assert marked.gold.annotators == ORIGIN.annotators
    assert marked.gold.relations[0].tail == "m2"


@pytest.mark.parametrize(
    ("unit", "emoji", "after"), [("utf16", "6\t8", "9\t13"), ("byte", "16\t20", "21\t33")]
)
def test_offsets_of_other_units_are_found_out_and_converted(
    tmp_path: Path, unit: str, emoji: str, after: str
) -> None:
    end = {"utf16": 5, "byte": 15}[unit]
    rows = [
        '# document = "a"',
        '# text = "새벽전자가 🙂 하늘대와"',
        f"새벽전자가\t0\t{end}\tO",
        f"🙂\t{emoji}\tO",
        f"하늘대와\t{after}\tB-ORG",
    ]
    path = file_of(tmp_path, rows)
    (marked,) = read(path, ORIGIN, unit)
    assert marked.gold.mentions == (GoldMention("m1", "ORG", 8, 12),)
    with pytest.raises(DataError, match=r"line \d.*--offsets"):
        read(path, ORIGIN)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({2: ""}, "line 2: before any `# document"),
        ({2: "# document = 기사"}, "line 2: Expecting value"),
        ({2: "# document = 7"}, "line 2: 7; accepted: a JSON str"),
        ({3: '# published = "gestern"'}, "line 3: Invalid isoformat"),
        ({4: ""}, "line 2: a document without its text"),
        ({5: '# relation = ["org:partner", "m1"]'}, "line 5: relation"),
        ({5: '# relation = ["org:partner", "m1", "m7"]'}, "no mention 'm7'"),
        ({6: "새벽전자가\t0\t5"}, "line 6: 3 columns"),
        ({7: "🙂\t6\t7\tO"}, "line 7: 4 columns"),
        ({7: "🙂\tsix\t7\t_\tO"}, "line 7: invalid literal"),
        ({7: "🙂\t7\t6\t_\tO"}, "line 7: span 7..6, reversed or empty"),
        ({7: "☹\t6\t7\t_\tO"}, "line 7: '☹' at 6..7"),
        ({11: "만났다.\t18\t99\t_\tO"}, "line 11: span 18..99"),
        ({7: ROWS[7], 8: ROWS[6]}, "line 8: token (6, 7) after (8, 12)"),
        ({7: ROWS[5].replace("m1", "m9")}, "line 7: span 0..5 overlaps"),
        ({6: "새벽전자가\t0\t5\tm1:ORG:0-4\tO"}, "line 6: MENTION 'm1:ORG:0-4' and tag 'O'"),
        ({6: "새벽전자가\t0\t5\tm1:ORG:0-4\tB-PERSON"}, "line 6: MENTION"),
        ({6: "새벽전자가\t0\t5\t_\tO", 7: "🙂\t6\t7\tm1:ORG:0-4\tO"}, "line 6: MENTION '_'"),
        ({6: "새벽전자가\t0\t5\tm1-ORG-0-4\tB-ORG"}, "line 6: MENTION 'm1-ORG-0-4'"),
        ({6: "새벽전자가\t0\t5\tm1:FIRMA:0-4\tB-FIRMA"}, "line 6: label 'FIRMA'"),
        ({6: "새벽전자가\t0\t5\tm1:ORG:0-40\tB-ORG"}, "line 6: span 0..40"),
        ({6: "새벽전자가\t0\t5\tm1:ORG:0-4|m3:ORG:3-5\tB-ORG"}, "line 6: span 3..5 overlaps 0..4"),
        ({7: "🙂\t6\t7\t_\tI-DATE"}, "line 7: 'I-DATE' after no DATE"),
        ({7: "🙂\t6\t7\t_\tX-ORG"}, "line 7: tag 'X-ORG'"),
        ({7: "🙂\t6\t7\t_\tB"}, "line 7: tag 'B'"),
        ({11: "만났다.\t18\t22\t_\tS-DATE"}, "line 7: ORG without its end before 'O'"),
    ],
)  # fmt: skip
def test_a_wrong_line_is_named(tmp_path: Path, changes: dict[int, str], said: str) -> None:
    with pytest.raises(DataError) as error:
        read(file_of(tmp_path, rows_with(changes)), ORIGIN)
    assert said in str(error.value)


@pytest.mark.parametrize("content", [b"", b"# global.columns = FORM\n\n"])
def test_a_file_without_documents_is_no_empty_list(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(DataError, match="no document"):
        read(tmp_path / "a", ORIGIN)


def test_a_file_that_is_not_utf8_or_not_there_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes("# document\n한빛".encode("cp949"))
    with pytest.raises(DataError, match="line 2"):
        read(tmp_path / "a", ORIGIN)
    with pytest.raises(DataError, match="none"):
        read(tmp_path / "none", ORIGIN)


def test_what_no_column_can_hold_is_refused(tmp_path: Path) -> None:
    blank = from_mentions("a", "새벽  왔다", [GoldMention("m1", "ORG", 2, 4)], [], ORIGIN)
    half = from_mentions("a", "새벽\ud83d", [], [], ORIGIN)
    for documents, said in [
        ([blank], "holds blanks alone"),
        ([half], "half a surrogate pair at 2"),
        ([DOCUMENT, DOCUMENT], "two documents named '기사'"),
        ([], "no document"),
    ]:
        with pytest.raises(DataError, match=said):
            write(documents, tmp_path / "a", tokens="eojeol")
        assert not (tmp_path / "a").exists()
