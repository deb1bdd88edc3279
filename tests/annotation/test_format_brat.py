"""brat folders: spans over line breaks, names of relations, what brat cannot say."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from marked_samples import ORIGIN, documents, sample, seeds, spans_of, with_origin

from lgtalent_ie.annotation.formats import brat
from lgtalent_ie.annotation.labels import RELATION_TYPES
from lgtalent_ie.annotation.marked import LOSABLE, counted
from lgtalent_ie.errors import DataError
from lgtalent_ie.evaluation.gold import GoldRelation

TEXT = "한빛 연구소\n구미 공장\n"


def folder(tmp_path, lines: str, text: str = TEXT):
    (tmp_path / "a.txt").write_bytes(text.encode())
    (tmp_path / "a.ann").write_bytes(lines.encode())
    return tmp_path


def test_gold_comes_back_as_the_annotators(tmp_path) -> None:
    assert brat.LOSES.issubset(LOSABLE)
    brat.write(seeds(), tmp_path)
    expected = sorted((with_origin(m) for m in seeds()), key=lambda m: m.gold.document)
    assert brat.read(tmp_path, ORIGIN) == expected


@given(marked=documents(ends=False))
@settings(max_examples=40, deadline=None)
def test_any_document_comes_back(tmp_path_factory, marked) -> None:
    path = tmp_path_factory.mktemp("any")
    brat.write([marked], path)
    assert brat.read(path, ORIGIN) == [marked]


@given(marked=documents(ends=False))
@settings(max_examples=40, deadline=None)
def test_every_line_is_one_line_to_every_reader_and_holds_the_words_of_its_pieces(
    tmp_path_factory, marked
) -> None:
    path = tmp_path_factory.mktemp("any")
    brat.write([marked], path)
    [file] = path.glob("*.ann")
    text = file.with_suffix(".txt").read_bytes().decode()
    lines = file.read_bytes().decode().splitlines()
    assert len(lines) == len(marked.gold.mentions) + len(marked.gold.relations)
    for line in lines[: len(marked.gold.mentions)]:
        number, place, words = line.split("\t")
        label, offsets = place.split(" ", 1)
        pieces = [[int(at) for at in piece.split(" ")] for piece in offsets.split(";")]
        assert re.fullmatch(r"T\d+", number) and label.isupper()
        # What brat itself asks for: `TextAnnotations._parse_textbound_annotation`.
        assert words == " ".join(text[a:b] for a, b in pieces)
    for line in lines[len(marked.gold.mentions) :]:
        assert re.fullmatch(r"R\d+\t[a-zA-Z0-9_-]+ Arg1:T\d+ Arg2:T\d+", line)


def test_another_programs_parser_reads_the_gold(tmp_path) -> None:
    bioc = pytest.importorskip("bioc.brat")
    validator = pytest.importorskip("bioc.brat.validator")
    brat.write(seeds(), tmp_path)
    for marked in seeds():
        stem = tmp_path / marked.gold.document
        with (
            stem.with_suffix(".txt").open(encoding="utf-8", newline="") as text,
            stem.with_suffix(".ann").open(encoding="utf-8", newline="") as lines,
        ):
            document = bioc.load(text, lines)
        assert document.text == marked.text
        found = [(e.type, *e.total_span) for e in document.entities]
        assert sorted(found) == sorted(spans_of(marked.gold))
        assert len(list(document.relations)) == len(marked.gold.relations)
        validator.validate(document)


def test_the_form_of_the_files(tmp_path) -> None:
    marked = sample(
        TEXT, ("ORG", "한빛 연구소"), ("LOCATION", "구미"), relations=(("org:top_members/employees", 1, 2),)
    )  # fmt: skip
    brat.write([marked], tmp_path)
    assert (tmp_path / "sample.ann").read_text("utf-8") == (
        "T1\tORG 0 6\t한빛 연구소\nT2\tLOCATION 7 9\t구미\n"
        "R1\torg_top_members_employees Arg1:T1 Arg2:T2\n"
    )
    assert (tmp_path / "sample.txt").read_bytes().decode() == TEXT
    conf = (tmp_path / "annotation.conf").read_text()
    assert conf.startswith("[entities]\nORG\nPERSON\n") and "\n[attributes]\n" in conf
    assert "\norg_top_members_employees\tArg1:<ENTITY>, Arg2:<ENTITY>\n" in conf
    visual = (tmp_path / "visual.conf").read_text()
    assert "\norg_top_members_employees | org:top_members/employees\n" in visual
    assert "\nORG\tfgColor:black, bgColor:#77AADD\n" in visual


def test_no_two_relations_are_stored_under_one_name() -> None:
    assert len(brat.BY_STORED) == len(RELATION_TYPES)


def test_a_mention_over_a_line_break_stands_in_pieces(tmp_path) -> None:
    marked = sample("한빛\r\n연구소와", ("ORG", "한빛\r\n연구소"))
    brat.write([marked], tmp_path)
    assert (tmp_path / "sample.ann").read_text("utf-8") == "T1\tORG 0 2;4 7\t한빛 연구소\n"
    assert brat.read(tmp_path, ORIGIN) == [marked]


@pytest.mark.parametrize("line", ["T1\tORG 3 9\t연구소 구미", "T1\tORG 3 6;7 9\t연구소 구미"])
def test_line_breaks_are_blanks_in_the_words_of_a_line(tmp_path, line) -> None:
    [marked] = brat.read(folder(tmp_path, line), ORIGIN)
    assert spans_of(marked.gold) == [("ORG", 3, 9)]


def test_notes_are_kept_for_a_person_to_read(tmp_path) -> None:
    lines = "T1\tORG 0 6\t한빛 연구소\n#1\tAnnotatorNotes T1\t확인 필요\n"
    [marked] = brat.read(folder(tmp_path, lines), ORIGIN)
    assert marked.notes == (f"{tmp_path / 'a.ann'}, line 2: AnnotatorNotes T1: 확인 필요",)
    assert [m.id for m in marked.gold.mentions] == ["T1"]


def test_relations_of_other_projects_keep_their_names(tmp_path) -> None:
    lines = "T1\tORG 0 2\t한빛\nT2\tORG 3 6\t연구소\nR1\tPart-of Arg1:T2 Arg2:T1\r\n"
    [marked] = brat.read(folder(tmp_path, lines), ORIGIN)
    assert marked.gold.relations == (GoldRelation("Part-of", "T2", "T1"),)


def test_records_of_a_corrected_document_come_back(tmp_path) -> None:
    first = seeds()[0]
    brat.write([first], tmp_path)
    [file] = tmp_path.glob("*.ann")
    lines = file.read_text("utf-8").split("\n")
    mention = next(n for n, m in enumerate(first.gold.mentions) if m.label == "QUANTITY")
    gone = f"T{mention + 1}"
    kept = [line for line in lines if not re.search(rf"\b{gone}\b", line)]
    file.write_text("\n".join(kept) + "#1\tAnnotatorNotes T1\t좋음\n", "utf-8")
    [back] = brat.read(tmp_path, ORIGIN)
    assert len(back.gold.mentions) == len(first.gold.mentions) - 1
    assert len(back.gold.counts) == len(first.gold.counts) - 1
    assert back.gold.organizations == first.gold.organizations
    assert any("is gone: left out of counts" in note for note in back.notes)
    file.with_suffix(".json").unlink()
    [alone] = brat.read(tmp_path, ORIGIN)
    assert spans_of(alone.gold) == spans_of(back.gold) and alone.gold.counts == ()


ONE = "T1\tORG 0 6\t한빛 연구소\n"


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (ONE + "T2\tORG 7 9;10 12\t구미 공장", "line 2: discontinuous span 7 9;10 12"),
        (ONE + "T2\tFIRM 7 9\t구미", "line 2: label 'FIRM'"),
        (ONE + "T2\tLOCATION 9 7\t구미", "line 2: span 9..7, reversed"),
        (ONE + "T2\tLOCATION 7 99\t구미", "line 2: span 7..99.*--offsets utf16"),
        (ONE + "T2\tLOCATION 3 9\t연구소 구미", "line 2: span 3..9 overlaps 0..6 of .*line 1"),
        (ONE + "T2\tLOCATION 7 9\t공장", "line 2: '공장' at 7..9, where the text has '구미'"),
        (ONE + "T1\tLOCATION 7 9\t구미", "line 2: 'T1' again"),
        (ONE + "T2 LOCATION 7 9 구미", "line 2: not a line of brat"),
        (ONE + "T2\tLOCATION 7 9", "line 2: not a line of brat"),
        (ONE + "R1\torg_partner Arg1:T1 Arg2:T9", "line 2: no 'T9'"),
        (ONE + "R1\torg_partner Head:T1 Tail:T1", "line 2: not a line of brat"),
        (ONE + "A1\tSure T1", "line 2: attribute"),
        (ONE + "M1\tNegation T1", "line 2: attribute"),
        (ONE + "E1\tHire:T1 Who:T1", "line 2: event"),
        (ONE + "N1\tReference T1 Wikidata:Q1\t한빛", "line 2: normalisation"),
        (ONE + "*\tEquiv T1 T2", "line 2: Equiv"),
    ],
)
def test_a_line_that_is_not_right_is_refused_by_number(tmp_path, lines, said) -> None:
    with pytest.raises(DataError, match=said) as error:
        brat.read(folder(tmp_path, lines), ORIGIN)
    assert str(tmp_path / "a.ann") in str(error.value)


@pytest.mark.parametrize("unit", ["utf16", "byte"])
def test_other_units_are_named_and_read_on_request(tmp_path, unit) -> None:
    text = "🚀한빛 연구소와 구미의 공장이 있는 곳까지"
    start, end = counted([1, 3], text, unit)
    path = folder(tmp_path, f"T1\tORG {start} {end}\t한빛\n", text)
    with pytest.raises(DataError, match=f"line 1.*read it with --offsets {unit}"):
        brat.read(path, ORIGIN)
    assert spans_of(brat.read(path, ORIGIN, unit)[0].gold) == [("ORG", 1, 3)]


def test_a_folder_that_is_not_right_is_refused(tmp_path) -> None:
    with pytest.raises(DataError, match=r"without \*\.ann"):
        brat.read(tmp_path, ORIGIN)
    (tmp_path / "a.txt").write_bytes(b"\xff")
    with pytest.raises(DataError, match=r"a\.txt without a\.ann"):
        brat.read(tmp_path, ORIGIN)
    (tmp_path / "a.ann").write_bytes(b"")
    with pytest.raises(DataError, match=r"a\.txt, line 1.*UTF-8"):
        brat.read(tmp_path, ORIGIN)


@pytest.mark.parametrize(
    ("marked", "said"),
    [
        (sample("한빛\n", ("ORG", "한빛\n")), "begins or ends with a line break"),
        (sample("\n", ("ORG", "\n")), "begins or ends with a line break"),
        (sample("한빛 구미", ("ORG", "한빛"), ("ORG", "구미"), relations=(("함께", 1, 2),)), "relation '함께'"),
        (sample("한빛 구미", ("ORG", "한빛"), ("ORG", "구미"), relations=(("org_partner", 1, 2),)), "'org_partner'"),
    ],
)  # fmt: skip
def test_what_brat_could_not_give_back_is_not_written(tmp_path, marked, said) -> None:
    with pytest.raises(DataError, match=said):
        brat.write([marked], tmp_path)


def test_an_empty_set_or_a_name_twice_is_not_written(tmp_path) -> None:
    with pytest.raises(DataError, match="no document to write"):
        brat.write([], tmp_path)
    with pytest.raises(DataError, match="two documents named 'sample'"):
        brat.write([sample("가"), sample("가")], tmp_path)
