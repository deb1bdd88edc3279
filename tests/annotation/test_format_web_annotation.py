"""W3C Web Annotation: two selectors for each mention, links for relations."""

from __future__ import annotations

import json
from datetime import date

import pytest
from hypothesis import given, settings
from marked_samples import ORIGIN, documents, sample, seeds, spans_of

from lgtalent_ie.annotation.formats import web_annotation
from lgtalent_ie.annotation.marked import Origin
from lgtalent_ie.errors import DataError
from lgtalent_ie.evaluation.gold import GoldRelation

TEXT = "🚀 한빛이 구미에 오고 한빛이 다시 갔다."


def mention(own="a/1", label="ORG", start=2, end=4, exact=None, **fields):
    selectors = []
    if start is not None:
        selectors.append({"type": "TextPositionSelector", "start": start, "end": end})
    if exact is not None:
        selectors.append({"type": "TextQuoteSelector", "exact": exact} | fields)
    return {
        "type": "Annotation", "id": own, "motivation": "tagging",
        "body": {"type": "TextualBody", "purpose": "tagging", "value": label},
        "target": {"source": "a.txt", "selector": selectors},
    }  # fmt: skip


def link(*targets, tag="org:partner"):
    return {
        "type": "Annotation", "id": "a/relation/1", "motivation": ["linking"],
        "body": [{"type": "TextualBody", "purpose": "tagging", "value": tag}],
        "target": [{"id": target} for target in targets],
    }  # fmt: skip


def page(tmp_path, *items, **fields):
    path = tmp_path / "a.jsonld"
    content = {"type": "AnnotationPage", "items": list(items), "text": TEXT} | fields
    path.write_text(json.dumps(content), "utf-8")
    return path


def test_nothing_is_lost_of_gold(tmp_path) -> None:
    assert not web_annotation.LOSES
    web_annotation.write(seeds(), tmp_path)
    expected = sorted(seeds(), key=lambda m: m.gold.document)
    assert web_annotation.read(tmp_path, Origin(("other",), date(2020, 1, 1))) == expected


@given(marked=documents(scores=True))
@settings(max_examples=30, deadline=None)
def test_any_document_comes_back(tmp_path_factory, marked) -> None:
    path = tmp_path_factory.mktemp("any")
    for target in (path / "folder", path / "a.jsonl"):
        web_annotation.write([marked], target)
        assert web_annotation.read(target, Origin(("other",), date(2020, 1, 1))) == [marked]


def test_the_form_of_a_collection() -> None:
    marked = sample(
        TEXT,
        ("ORG", "한빛"),
        ("LOCATION", "구미"),
        relations=(("org:place_of_headquarters", 1, 2),),
    )
    collection = web_annotation.collection_of(marked, with_text=True)
    assert collection["@context"][0] == "http://www.w3.org/ns/anno.jsonld"
    assert (collection["type"], collection["total"]) == ("AnnotationCollection", 3)
    first, second, relation = collection["first"]["items"]
    assert (first["id"], first["type"], first["motivation"]) == (
        "sample/m1",
        "Annotation",
        "tagging",
    )
    assert first["creator"] == [{"type": "Person", "nickname": "b1"}]
    assert first["created"] == "2026-03-02T00:00:00Z"
    assert first["body"] == {"type": "TextualBody", "purpose": "tagging", "value": "ORG"}
    # Code points, as the model asks for: the emoji counts one.
    assert first["target"] == {
        "source": "sample.txt",
        "selector": [
            {"type": "TextPositionSelector", "start": 2, "end": 4},
            {"type": "TextQuoteSelector", "exact": "한빛", "prefix": "🚀 ", "suffix": TEXT[4:]},
        ],
    }
    assert (relation["motivation"], relation["body"]["value"]) == (
        "linking",
        "org:place_of_headquarters",
    )
    assert relation["target"] == [{"id": first["id"]}, {"id": second["id"]}]


def test_without_the_text_inside_it_is_looked_for_beside(tmp_path) -> None:
    marked = sample(TEXT, ("ORG", "한빛"))
    web_annotation.write([marked], tmp_path, with_text=False)
    assert TEXT not in (tmp_path / "sample.jsonld").read_text("utf-8")
    with pytest.raises(DataError, match=r"sample\.jsonld: no text of 'sample'"):
        web_annotation.read(tmp_path, ORIGIN)
    (tmp_path / "sample.txt").write_bytes(TEXT.encode())
    assert web_annotation.read(tmp_path, ORIGIN) == [marked]


def test_the_file_of_another_program_is_read(tmp_path) -> None:
    first = mention("https://example.org/x/1#m-1") | {
        "creator": {"id": "https://example.org/kim", "name": ["김"]}, "created": "2026-01-02T00:00:00Z",
        "modified": "2026-01-05T10:00:00+09:00",
    }  # fmt: skip
    first["body"] = [
        first["body"],
        {"type": "TextualBody", "purpose": "commenting", "value": "좋음"},
    ]
    second = mention("2", "LOCATION", 6, 8) | {"creator": "acct:lee@example.org"}
    path = page(tmp_path, first, second, link("m-1", "2"))
    [marked] = web_annotation.read(path, ORIGIN)
    assert marked.gold.document == "a"
    assert (marked.gold.annotators, marked.gold.marked) == (
        ("김", "acct:lee@example.org"),
        date(2026, 1, 5),
    )
    assert marked.gold.relations == (GoldRelation("org:partner", "m-1", "2"),)


def test_words_without_a_position_are_found_where_they_stand_once(tmp_path) -> None:
    path = page(
        tmp_path, mention("1", "LOCATION", None, None, "구미"),
        mention("2", "ORG", None, None, "한빛", prefix="오고 "),
    )  # fmt: skip
    [marked] = web_annotation.read(path, ORIGIN)
    assert spans_of(marked.gold) == [("LOCATION", 6, 8), ("ORG", 13, 15)]


def test_other_units_are_named_and_read_on_request(tmp_path) -> None:
    path = page(tmp_path, mention(start=3, end=5, exact="한빛"))
    with pytest.raises(DataError, match=r"items\[0\].*read it with --offsets utf16"):
        web_annotation.read(path, ORIGIN)
    assert spans_of(web_annotation.read(path, ORIGIN, "utf16")[0].gold) == [("ORG", 2, 4)]


def untagged(**fields):
    return mention() | fields


@pytest.mark.parametrize(
    ("items", "said"),
    [
        ([mention(label="FIRM")], r"\$.items\[0\]: label 'FIRM'"),
        ([mention(start=4, end=2)], r"\$.items\[0\]: span 4\.\.2, reversed"),
        ([mention(end=99)], r"\$.items\[0\]: span 2\.\.99"),
        ([mention(), mention("2", "ORG", 3, 5)], r"\$.items\[1\]: span 3\.\.5 overlaps"),
        ([mention(), mention("b/1", "ORG", 6, 8)], "an id twice"),
        ([mention(exact="구미")], r"\$.items\[0\]: '구미' at 2\.\.4"),
        ([mention(start=None)], r"\$.items\[0\]: no place in the text"),
        ([mention(start=None, exact="한빛")], r"\$.items\[0\]: '한빛' .* 2 times"),
        ([mention(start=None, exact="없다")], r"\$.items\[0\]: '없다' .* 0 times"),
        ([mention(start=None, exact="")], r"0 times"),
        ([untagged(body=[])], r"\$.items\[0\]: tags \[\]"),
        ([untagged(body=[{"value": "ORG"}, {"value": "EVENT"}])], r"\$.items\[0\]: tags"),
        ([untagged(target="a.txt")], r"got `str` - at `\$.items\[0\].target`"),
        ([mention(), link("1")], r"\$.items\[1\]: 1 targets"),
        ([mention(), link("1", "9")], r"\$.items\[1\]: no annotation '9'"),
    ],
)  # fmt: skip
def test_an_annotation_that_is_not_right_is_refused_with_its_place(tmp_path, items, said) -> None:
    with pytest.raises(DataError, match=said) as error:
        web_annotation.read(page(tmp_path, *items), ORIGIN)
    assert "a.jsonld" in str(error.value)


def test_a_file_that_is_not_right_is_refused(tmp_path) -> None:
    path = tmp_path / "a.jsonld"
    for content, said in [
        ('{\n"type" 3}', "line 2"), ("{}", "missing required field `type`"),
        ('{"type": "AnnotationCollection", "first": "page1"}', r"\$.first"),
        ('{"type": "AnnotationCollection"}', "no items"),
    ]:  # fmt: skip
        path.write_text(content)
        with pytest.raises(DataError, match=said):
            web_annotation.read(path, ORIGIN)
    path.write_text(
        json.dumps({"type": "AnnotationPage", "text": TEXT, "lgtalent": {}, "items": []})
    )
    with pytest.raises(DataError, match=r"\$\.lgtalent"):
        web_annotation.read(path, ORIGIN)


def test_an_empty_set_is_refused_on_both_ways(tmp_path) -> None:
    with pytest.raises(DataError, match=r"without \*\.jsonld"):
        web_annotation.read(tmp_path, ORIGIN)
    with pytest.raises(DataError, match="no document to write"):
        web_annotation.write([], tmp_path)
