"""Rows become examples with a tag per morpheme; damaged rows are named."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from helpers import analyzer

from lgtalent_ie.errors import DataError
from lgtalent_ie.model.config import MENTION_HEAD, bio_tags
from lgtalent_ie.training.data import (
    HEADS,
    IGNORED,
    Labelled,
    examples,
    is_dev,
    labelled_konec,
    labelled_relations,
    own_dev_set,
    own_sentence,
    read_rows,
    read_translations,
    relation_dev_set,
    training_set,
)
from lgtalent_ie.training.labels import KLUE_RELATIONS, OWN_RELATIONS, Spans
from lgtalent_ie.training.marked_pairs import MarkedPair
from lgtalent_ie.training.recipe import dev_set

TEXT = "새별전자가 정하늘 사장을 뽑았다."
TITLE_ROW = {
    "id": "7", "text": TEXT, "subject": [6, 9, "PER"], "object": [10, 12, "POH"], "label": "per:title",
}  # fmt: skip
EMPLOYEE_ROW = {
    "id": "8", "text": TEXT, "subject": [6, 9, "PER"], "object": [0, 4, "ORG"], "label": "per:employee_of",
}  # fmt: skip
TITLE_PAIR = MarkedPair((6, 9, "PERSON"), (10, 12, "POH"), klue="per:title")
EMPLOYEE_PAIR = MarkedPair((6, 9, "PERSON"), (0, 4, "ORG"), klue="per:employee_of")
EMPLOYER_PAIR = MarkedPair((0, 4, "ORG"), (6, 9, "PERSON"), klue="org:top_members/employees")
KLUE_PAIRS = (TITLE_PAIR, EMPLOYEE_PAIR, EMPLOYER_PAIR)
OWN_SPANS = [[0, 4, "ORG"], [6, 9, "PERSON"], [10, 12, "TITLE"]]
OWN_RELATION = ["per:title", 1, 2]


def tags_of(sentence: Labelled, head: str = MENTION_HEAD) -> list[tuple[str, str]]:
    [example] = examples([sentence], analyzer(), 128)
    names = bio_tags(HEADS[head])
    return [
        (TEXT[m.start : m.end], "-" if tag == IGNORED else names[tag])
        for m, tag in zip(example.window.morphemes, example.targets[head], strict=True)
    ]


def test_spans_become_bio_tags() -> None:
    spans: Spans = [(0, 4, "ORG"), (6, 9, "PERSON"), (10, 12, "TITLE")]
    tags = tags_of(Labelled("a", TEXT, {MENTION_HEAD: spans}))
    named = [(surface, tag) for surface, tag in tags if tag != "O"]
    assert named[0] in (("새별전자", "B-ORG"), ("새별", "B-ORG"))
    assert named[-1] == ("사장", "B-TITLE")
    assert all(tag[:2] in ("B-", "I-") for _, tag in named)
    assert ("가", "O") in tags


def test_unsure_spans_are_left_out_of_the_loss() -> None:
    unsure = {MENTION_HEAD: [(10, 12, "?")]}
    sentence = Labelled("a", TEXT, {MENTION_HEAD: [], "konec": []}, unsure)
    tags = dict(tags_of(sentence))
    assert tags["사장"] == "-"
    assert tags["가"] == "O"
    assert dict(tags_of(sentence, "konec"))["사장"] == "O", "of other heads it is known"


def test_a_label_without_a_counterpart_is_unsure_for_the_mention_head_alone() -> None:
    # An occupation beside no name may or may not be a title; to konec it is one either way.
    row = {"id": "k1", "text": TEXT, "spans": [[10, 12, "CV_OCCUPATION"]], "unsure": [[0, 4]]}
    klue = {"id": "k1", "text": TEXT, "spans": [[0, 4, "OG"]]}
    mapped = labelled_konec(row, klue, None)
    assert dict(tags_of(mapped))["사장"] == "-"
    assert dict(tags_of(mapped, "konec"))["사장"] == "B-CV"
    assert dict(tags_of(mapped, "klue"))["사장"] == "O"
    first = {head: tags_of(mapped, head)[0][1] for head in (MENTION_HEAD, "konec", "klue")}
    assert first == {MENTION_HEAD: "-", "konec": "-", "klue": "B-OG"}
    own = own_sentence("k1", "", OWN_SPANS, None, "a")
    marked = labelled_konec(row, None, own)
    assert tags_of(marked)[0][1] == "B-ORG" and tags_of(marked, "konec")[0][1] == "-"


def test_partial_sentences_say_nothing_of_the_rest() -> None:
    tags = tags_of(labelled_relations([TITLE_ROW], None))
    assert {tag for _, tag in tags} == {"-", "B-PERSON", "I-PERSON"} - (
        set() if len([t for _, t in tags if t != "-"]) > 1 else {"I-PERSON"}
    )


def test_a_long_sentence_is_cut_in_windows_without_loss() -> None:
    sentence = Labelled("a", TEXT * 60, {MENTION_HEAD: []})
    made = list(examples([sentence], analyzer(), 50))
    assert len(made) > 5
    assert all(len(e.window.morphemes) <= 50 for e in made)
    assert made[-1].window.morphemes[-1].end == len(sentence.text)


def write(path: Path, rows: list[dict[str, object]]) -> None:
    path.write_text(
        "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), encoding="utf-8"
    )


def write_data(folder: Path) -> None:
    """A data folder of one sentence in every file."""
    konec = [{"id": "k1", "text": TEXT, "spans": [[0, 4, "OGG_ECONOMY"]], "unsure": []}]
    klue = [{"id": "k1", "text": TEXT, "spans": [[0, 4, "OG"]]}]
    relation = {
        "id": "0",
        "text": "별.",
        "subject": [0, 1, "ORG"],
        "object": [0, 1, "PER"],
        "label": "org:top_members/employees",
    }
    for part in ("train", "dev"):
        write(folder / f"konec-{part}.jsonl", konec)
        write(folder / f"klue-ner-{part}.jsonl", klue)
        write(folder / f"klue-re-{part}.jsonl", [relation])


def test_own_marks_go_before_mapped_ones(tmp_path: Path) -> None:
    write_data(tmp_path)
    (tmp_path / "sentences").mkdir()
    mark = {"file": "konec-train.jsonl", "id": "k1", "spans": [[6, 9, "PERSON"]]}
    write(tmp_path / "sentences" / "a.jsonl", [mark])
    mapped, _ = training_set(tmp_path, None)
    own, _ = training_set(tmp_path, tmp_path)
    assert mapped.spans[MENTION_HEAD] == [(0, 4, "ORG")] and not mapped.own
    assert own.spans[MENTION_HEAD] == [(6, 9, "PERSON")] and own.own
    assert own.spans["klue"] == [(0, 4, "OG")]


def write_own(folder: Path, *marks: dict[str, object]) -> None:
    """An annotations folder of stand-off marks, and of two own sentences, one of them for dev."""
    (folder / "sentences").mkdir()
    (folder / "written").mkdir()
    write(folder / "sentences" / "a.jsonl", list(marks))
    own = {"text": "한빛대가 왔다.", "spans": [[0, 3, "ORG"]], "relations": []}
    write(folder / "written" / "a.jsonl", [{"id": name} | own for name in WRITTEN])


# The first is one of the tenth that picks settings.
WRITTEN = (
    next(f"w{n}" for n in range(99) if is_dev(f"w{n}")),
    next(f"w{n}" for n in range(99) if not is_dev(f"w{n}")),
)


def test_marked_relations_say_of_every_pair_what_it_is() -> None:
    sentence = own_sentence("a", TEXT, OWN_SPANS, [OWN_RELATION], "a.jsonl")
    assert sentence.own and sentence.spans[MENTION_HEAD][0] == (0, 4, "ORG")
    known = {(pair.head[2], pair.tail[2]): pair.own for pair in sentence.pairs}
    assert known == {
        ("PERSON", "TITLE"): {"per:title"},
        ("PERSON", "ORG"): frozenset(),
        ("ORG", "PERSON"): frozenset(),
    }


def test_without_marked_relations_nothing_is_known_of_them() -> None:
    assert own_sentence("a", TEXT, OWN_SPANS, None, "a.jsonl").pairs == ()
    assert len(own_sentence("a", TEXT, OWN_SPANS, [], "a.jsonl").pairs) == 3


def test_the_rows_of_a_sentence_are_its_pairs_and_their_inverses() -> None:
    sentence = labelled_relations([TITLE_ROW, EMPLOYEE_ROW], None)
    assert sentence.partial and not sentence.own
    assert sentence.spans == {MENTION_HEAD: [(0, 4, "ORG"), (6, 9, "PERSON")]}
    assert sentence.pairs == KLUE_PAIRS


def test_own_marks_of_a_klue_row_are_whole_and_keep_its_pairs() -> None:
    own = own_sentence("8", "", OWN_SPANS, [OWN_RELATION], "a.jsonl")
    sentence = labelled_relations([TITLE_ROW, EMPLOYEE_ROW], own)
    assert (sentence.id, sentence.text) == ("7", TEXT)
    assert sentence.own and not sentence.partial
    assert sentence.spans == own.spans
    assert sentence.pairs == (*own.pairs, *KLUE_PAIRS)


def test_own_relations_go_into_training(tmp_path: Path) -> None:
    write_data(tmp_path)
    write(tmp_path / "klue-re-train.jsonl", [TITLE_ROW, EMPLOYEE_ROW])
    marks = {"spans": OWN_SPANS, "relations": [OWN_RELATION]}
    konec = {"file": "konec-train.jsonl", "id": "k1"} | marks
    write_own(tmp_path, konec, {"file": "klue-re-train.jsonl", "id": "8"} | marks)
    of_konec, of_klue, written = training_set(tmp_path, tmp_path)
    assert (of_konec.text, of_klue.text, written.id) == (TEXT, TEXT, WRITTEN[1])
    own = own_sentence("", "", OWN_SPANS, [OWN_RELATION], "").pairs
    assert of_konec.pairs == (*own, TITLE_PAIR), "once more, in KLUE-RE's labels"
    assert of_klue.pairs == (*own, *KLUE_PAIRS), "KLUE-RE's own rows go before"


def test_the_own_dev_set_has_own_pairs_alone(tmp_path: Path) -> None:
    write_data(tmp_path)
    number = next(str(n) for n in range(99) if is_dev(str(n)))
    write(tmp_path / "klue-re-train.jsonl", [TITLE_ROW | {"id": number}])
    marks = {"spans": OWN_SPANS, "relations": [OWN_RELATION]}
    write_own(tmp_path, {"file": "klue-re-train.jsonl", "id": number} | marks)
    of_klue, written = own_dev_set(tmp_path, tmp_path)
    assert (of_klue.id, written.id) == (number, WRITTEN[0])
    assert set(of_klue.spans) == {MENTION_HEAD}
    assert len(of_klue.pairs) == 3 and TITLE_PAIR not in of_klue.pairs
    trained = {sentence.id for sentence in training_set(tmp_path, tmp_path)}
    assert trained == {"k1", WRITTEN[1]}


@pytest.mark.parametrize("relations", [[["per:title", 1, 9]], [["per:title", 1]], [7], 7], ids=str)
def test_marks_with_damaged_relations_are_named(relations: object, tmp_path: Path) -> None:
    write_data(tmp_path)
    mark = {"file": "konec-train.jsonl", "id": "k1", "spans": OWN_SPANS, "relations": relations}
    write_own(tmp_path, mark)
    with pytest.raises(DataError, match=r"a\.jsonl, line 1"):
        training_set(tmp_path, tmp_path)


def test_relation_dev_has_pairs_and_no_mentions(tmp_path: Path) -> None:
    write(tmp_path / "klue-re-dev.jsonl", [TITLE_ROW, EMPLOYEE_ROW])
    found = relation_dev_set(tmp_path)
    assert [sentence.id for sentence in found] == ["7", "8"]
    assert [sentence.pairs for sentence in found] == [(TITLE_PAIR,), (EMPLOYEE_PAIR,)]
    assert not any(sentence.spans for sentence in found)


def test_examples_carry_the_pairs_of_their_window() -> None:
    # The same sentence twice; a pair from the one to the other fits in no window of one.
    again = len(TEXT) + 1
    far = MarkedPair((6, 9, "PERSON"), (again, again + 4, "ORG"), klue="no_relation")
    pairs = (EMPLOYEE_PAIR, far, MarkedPair((0, 4, "ORG"), (6, 9, "PERSON"), own=frozenset()))
    sentence = Labelled("a", f"{TEXT} {TEXT}", {}, pairs=pairs)
    [whole] = examples([sentence], analyzer(), 128)
    assert whole.pairs is not None and len(whole.pairs.spans) == 3 and whole.targets == {}
    once = sum(m.end <= len(TEXT) for m in whole.window.morphemes)
    first, *rest = examples([sentence], analyzer(), once)
    assert first.pairs is not None and all(example.pairs is None for example in rest)
    assert first.pairs.klue.tolist() == [KLUE_RELATIONS.index("per:employee_of"), IGNORED]
    assert np.isnan(first.pairs.own[0]).all()
    assert first.pairs.own[1].tolist() == [0.0] * len(OWN_RELATIONS)


def test_translations_are_klue_labels_where_there_are_none(tmp_path: Path) -> None:
    write_data(tmp_path)
    konec = [
        {"id": name, "text": text, "spans": [[0, 4, "OGG_ECONOMY"]]}
        for name, text in [("k1", TEXT), ("k2", f"{TEXT} "), ("k3", f"{TEXT}  ")]
    ]
    write(tmp_path / "konec-train.jsonl", konec)
    path = tmp_path / "translated.jsonl"
    spans = [[0, 4, "OG", 0.97], [6, 9, "PS", 0.6], [10, 12, "QT", 0.59]]
    write(path, [{"id": name, "spans": spans} for name in ("k1", "k2")])
    sure, unsure = [(0, 4, "OG"), (6, 9, "PS")], [(10, 12, "QT")]
    assert read_translations(path)["k2"] == (sure, unsure)

    by_id = {s.id: s for s in training_set(tmp_path, None, path)}
    assert by_id["k1"].spans["klue"] == [(0, 4, "OG")], "KLUE's own marks go before"
    assert by_id["k2"].spans["klue"] == sure and by_id["k2"].unsure["klue"] == unsure
    assert "klue" not in by_id["k3"].spans
    tags = dict(tags_of(by_id["k2"], "klue"))
    assert tags["사장"] == "-" and tags["가"] == "O"
    assert dict(tags_of(by_id["k2"], "konec"))["사장"] == "O", "of other heads it is known"
    assert all("klue" not in s.spans for s in own_dev_set(tmp_path, None))


@pytest.mark.parametrize(
    "content",
    [b"{", b"[]\n", b'{"id": "k1"}\n', b'{"id": "k1", "spans": [[0, 4, "OG"]]}\n', b"\xff\n"],
    ids=repr,
)
def test_a_damaged_file_of_translations_is_named(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "translated.jsonl"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"translated\.jsonl"):
        read_translations(path)
    with pytest.raises(DataError, match="missing"):
        read_translations(tmp_path / "missing")


@pytest.mark.parametrize(
    "line, says",
    [
        ('{"id": "1"}', '"text"'),
        ('{"text": "가", "spans": [[0, 2, "OG"]]}', "inside the text"),
        ('{"text": "가", "spans": [[1, 0, "OG"]]}', "inside the text"),
        ('{"text": "가", "spans": [["0", 1, "OG"]]}', "inside the text"),
        ('{"text": ', "JSONL"),
    ],
)
def test_a_damaged_row_is_named_with_its_file(line: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(line + "\n", encoding="utf-8")
    with pytest.raises(DataError, match=says) as error:
        read_rows(path)
    assert "rows.jsonl" in str(error.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"konec-train\.jsonl|klue-ner-train\.jsonl"):
        training_set(tmp_path, None)


def test_sentences_whose_labels_were_put_back_get_their_surnames() -> None:
    text = "최씨는 이 대표를 만났다."
    row = {"id": "k1", "text": text, "spans": [[6, 8, "CV_POSITION"]], "unsure": []}
    put_back = labelled_konec(row, None, None)
    assert put_back.spans["konec"] == [(0, 1, "PS"), (6, 8, "CV")]
    assert put_back.spans[MENTION_HEAD] == [(0, 1, "PERSON")]
    assert (4, 5, "?") in put_back.unsure["konec"]
    del row["unsure"]
    gold = labelled_konec(row, None, None)
    assert gold.spans["konec"] == [(6, 8, "CV")] and gold.unsure["konec"] == []


def test_klue_and_konec_meet_in_sentences_that_lost_their_letters(tmp_path: Path) -> None:
    write_data(tmp_path)
    written, folded = "정하늘 지난 3일 왔다ㅋㅋ", "정하늘 지난 3일 왔다\u110f\u110f"
    konec = [{"id": "k1", "text": written, "spans": [[0, 3, "PS_NAME"], [4, 9, "DT_DAY"]]}]
    klue = [{"id": "k1", "text": folded, "spans": [[0, 3, "PS"], [7, 9, "DT"]]}]
    for name, rows in (("konec", konec), ("klue-ner", klue)):
        write(tmp_path / f"{name}-train.jsonl", rows)
        write(tmp_path / f"{name}-dev.jsonl", rows)
    [sentence] = [s for s in training_set(tmp_path, None) if s.id == "k1"]
    assert sentence.spans["klue"] == [(0, 3, "PS"), (4, 9, "DT")]
    [dev] = dev_set(tmp_path)
    assert dev.spans["klue"] == [(0, 3, "PS"), (7, 9, "DT")], "dev's gold stays what it is"
