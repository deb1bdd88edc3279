"""Our own stand-off files: all records, with or without the text, in a folder or as lines."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given, settings
from marked_samples import ORIGIN, ROOT, documents, sample, seeds

from lgtalent_ie.annotation.formats import standoff
from lgtalent_ie.annotation.marked import LOSABLE, Marked, counted
from lgtalent_ie.errors import DataError
from lgtalent_ie.evaluation.gold import GoldCount, GoldFact, GoldQuote


def test_nothing_is_lost() -> None:
    assert not standoff.LOSES and standoff.LOSES.issubset(LOSABLE)


@pytest.mark.parametrize("target", ["folder", "all.jsonl"])
def test_gold_comes_back_with_its_text_inside(tmp_path, target) -> None:
    standoff.write(seeds(), tmp_path / target)
    back = standoff.read(tmp_path / target, ORIGIN)
    assert sorted(back, key=lambda m: m.gold.document) == sorted(
        seeds(), key=lambda m: m.gold.document
    )


def test_gold_comes_back_without_its_text_where_the_text_lies_elsewhere(tmp_path) -> None:
    own = [
        marked for marked in seeds() if (ROOT / "seeds" / f"{marked.gold.document}.txt").exists()
    ]
    standoff.write(own, tmp_path, with_text=False)
    for marked in own:
        content = (tmp_path / f"{marked.gold.document}.json").read_text("utf-8")
        assert marked.text[:20] not in content
    assert standoff.read(tmp_path, ORIGIN, texts=[ROOT / "seeds"]) == own
    with pytest.raises(DataError, match=r"01_ai_day\.json: no text of '01_ai_day'"):
        standoff.read(tmp_path, ORIGIN)


def test_a_text_beside_the_file_is_found(tmp_path) -> None:
    marked = sample("한빛이 왔다.\r\n", ("ORG", "한빛"))
    standoff.write([marked], tmp_path, with_text=False)
    (tmp_path / "sample.txt").write_bytes(marked.text.encode())
    assert standoff.read(tmp_path / "sample.json", ORIGIN) == [marked]


def test_every_record_has_a_line_of_its_own(tmp_path) -> None:
    standoff.write(seeds()[:1], tmp_path)
    [file] = tmp_path.glob("*.json")
    lines = file.read_text("utf-8").split("\n")
    assert sum(line.startswith('{"id"') for line in lines) == len(seeds()[0].gold.mentions)


@given(marked=documents(scores=True))
@settings(max_examples=30, deadline=None)
def test_any_document_comes_back(tmp_path_factory, marked) -> None:
    path = tmp_path_factory.mktemp("any") / "a.jsonl"
    standoff.write([marked, marked], path)
    assert standoff.read(path, ORIGIN) == [marked, marked]


@pytest.mark.parametrize("unit", ["utf16", "byte"])
@pytest.mark.parametrize("inside", [True, False])
def test_a_file_that_counts_otherwise_is_read_in_code_points(tmp_path, unit, inside) -> None:
    text = "🚀 한빛이 “열 명”이라고 했다."
    gold = msgspec.structs.replace(
        sample(text, ("ORG", "한빛"), ("QUANTITY", "열 명")).gold,
        counts=(GoldCount("m2", 10, None, None, "명", "exact", "person", of=(2, 4)),),
        quotes=(GoldQuote(7, 10, "direct", cue=(14, 16), speaker=(2, 4)),),
        facts=(GoldFact("hire", ("m1",), 0, 18),),
    )
    at = counted(range(len(text) + 1), text, unit)

    def shifted(node):
        """All offsets of the JSON, and its length, in the other unit."""
        if isinstance(node, dict):
            return {
                key: at[value] if key in ("start", "end", "length") else shifted(value)
                for key, value in node.items()
            }
        if isinstance(node, list | tuple) and node and all(isinstance(x, int) for x in node):
            return [at[x] for x in node]
        return [shifted(x) for x in node] if isinstance(node, list | tuple) else node

    content = standoff.as_object(Marked(gold, text), inside)
    (tmp_path / "sample.json").write_text(json.dumps(shifted(content)), "utf-8")
    (tmp_path / "sample.txt").write_bytes(text.encode())
    assert standoff.read(tmp_path, ORIGIN, unit) == [Marked(gold, text)]
    with pytest.raises(DataError, match=rf"sample\.json.*read it with --offsets {unit}"):
        standoff.read(tmp_path, ORIGIN)


def changed(**fields) -> bytes:
    content = standoff.as_object(sample("한빛이 왔다.", ("ORG", "한빛")), with_text=True)
    return json.dumps(content | fields).encode()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{\n1", "line 2"),
        (b'{"format": 1}', "missing required field"),
        (b"\xff\xfe", "a.json"),
        (changed(format=2), r"\$.format"),
        (changed(text="다른 글"), "give the text as it was marked"),
        (changed(mentions=[{"id": "m1", "label": "FIRM", "start": 0, "end": 2}]), r"\$.mentions\[0\]"),
        (changed(mentions=[{"id": "m1", "label": "ORG", "start": 2, "end": 1}]), "or empty"),
        (changed(mentions=[{"id": f"m{n}", "label": "ORG", "start": n, "end": 3} for n in (0, 1)]), "overlap"),
        (changed(relations=[{"type": "x", "head": "m1", "tail": "m9"}]), "no mention 'm9'"),
    ],
)  # fmt: skip
def test_a_file_that_is_not_right_is_refused_by_name(tmp_path, content, said) -> None:
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(DataError, match=said) as error:
        standoff.read(tmp_path, ORIGIN)
    assert "a.json" in str(error.value)


def test_a_line_that_is_not_right_is_refused_by_number(tmp_path) -> None:
    (tmp_path / "a.jsonl").write_bytes(changed() + b"\n\n" + changed(format=3) + b"\n")
    with pytest.raises(DataError, match=r"a\.jsonl, line 3"):
        standoff.read(tmp_path / "a.jsonl", ORIGIN)


def test_an_empty_set_is_refused_on_both_ways(tmp_path) -> None:
    (tmp_path / "none.jsonl").write_bytes(b"\n")
    for path in (tmp_path, tmp_path / "none.jsonl", tmp_path / "away.json"):
        with pytest.raises(DataError, match="check the path"):
            standoff.read(path, ORIGIN)
    with pytest.raises(DataError, match="no document to write"):
        standoff.write([], tmp_path / "a")


def test_two_documents_of_one_name_are_not_written_over_each_other(tmp_path) -> None:
    marked = sample("한빛", ("ORG", "한빛"))
    with pytest.raises(DataError, match="two documents named 'sample'"):
        standoff.write([marked, marked], tmp_path)
    with pytest.raises(DataError, match=r"a folder, or a path that ends in \.jsonl"):
        standoff.write([marked], tmp_path / "a.json")


def test_half_a_surrogate_pair_cannot_be_written(tmp_path) -> None:
    marked = sample("한빛 \ud83d", ("ORG", "한빛"))
    with pytest.raises(DataError, match="half a surrogate pair"):
        standoff.write([marked], tmp_path / "a.jsonl")
    standoff.write([marked], tmp_path / "b.jsonl", with_text=False)
    assert b'"text"' not in (tmp_path / "b.jsonl").read_bytes()
