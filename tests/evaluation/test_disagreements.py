"""What is listed as a disagreement, what is not, and who says what."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from rich.console import Console
from two_annotators import TEXT, at, count, fact, marks, mention

from lgtalent_ie.errors import DataError
from lgtalent_ie.evaluation.disagreements import (
    Disagreement,
    disagreement_table,
    disagreements,
    to_lines,
)
from lgtalent_ie.evaluation.gold import GoldDocument
from lgtalent_ie.evaluation.spanned import SpanDate, SpanMention, describe, to_spans


def between(lee: GoldDocument, text: str | None = TEXT) -> tuple[Disagreement, ...]:
    return disagreements({"kim": marks(), "lee": lee}, text)


def kinds(lee: GoldDocument, text: str | None = TEXT) -> list[str]:
    return [item.kind for item in between(lee, text)]


def test_the_same_marks_under_other_ids_agree() -> None:
    renamed = {"m1": None, "x": mention("x", "ORG", "새벽전자")}
    lee = marks(
        "lee",
        mentions=renamed,
        organizations=[
            {"name_mention": "m7", "mentions": ["m9", "x", "m7"]},
            {"name_mention": "m10", "mentions": ["m3", "m10"]},
        ],
        relations=[
            {"type": "per:title", "head": "m6", "tail": "m8"},
            {"type": "talent:joined", "head": "m5", "tail": "m9"},
            {"type": "event:host", "head": "m4", "tail": "m7"},
        ],
        facts=[fact(actors=["m7"])],
    )
    assert between(lee) == ()
    # Without the text it is not known that both names are the same word.
    assert kinds(lee, None) == ["organizations"]


def test_an_end_that_differs_is_one_disagreement_with_its_date() -> None:
    (found,) = between(marks("lee", mentions={"m2": mention("m2", "DATE", "21일")}))
    assert found.id == f"article:mentions:{at('지난 21일')[0]}-{at('지난 21일')[1]}"
    assert found.text == "지난 21일"
    assert found.says == {
        "kim": (SpanMention("DATE", *at("지난 21일")),),
        "lee": (SpanMention("DATE", *at("21일")),),
    }
    assert found.told == {"kim": ("DATE 지난 21일",), "lee": ("DATE 21일",)}


def test_a_name_cut_in_two_is_one_disagreement() -> None:
    cut = {"m4": mention("m4", "EVENT", "별빛"), "x": mention("x", "EVENT", "인재의 밤")}
    (found,) = between(marks("lee", mentions=cut))
    assert [len(own) for own in found.says.values()] == [1, 2]


def test_records_of_a_mention_that_one_alone_has_are_no_disagreement_of_their_own() -> None:
    lee = marks(
        "lee",
        mentions={"m5": None, "m8": None},
        counts=[],
        relations=[{"type": "event:host", "head": "m4", "tail": "m1"}],
        facts=[fact(counts=[])],
    )
    assert kinds(lee) == ["mentions", "mentions", "facts"]


@pytest.mark.parametrize(
    "changes, said",
    [
        ({"dates": [{"mention": "m2", "type": "DATE", "value": "2023-06"}]}, "dates"),
        ({"dates": []}, "dates"),
        ({"counts": [count(bound="approx")]}, "counts"),
        ({"counts": [count(of=at("연구원"))]}, "counts"),
        ({"organizations": [{"name_mention": "m1", "mentions": ["m1", "m7"]},
                            {"name_mention": "m10", "mentions": ["m3", "m10"]},
                            {"name_mention": "m9", "mentions": ["m9"]}]}, "organizations"),
        ({"organizations": [{"name_mention": "m9", "mentions": ["m1", "m7", "m9"]},
                            {"name_mention": "m10", "mentions": ["m3", "m10"]}]}, "organizations"),
        ({"organizations": [{"name_mention": "m1", "mentions": ["m1", "m7", "m9"]},
                            {"name_mention": "m10", "mentions": ["m10"]}]}, "organizations"),
        ({"facts": [fact(kind="programme")]}, "facts"),
        ({"facts": [fact(date="2023-06-21")]}, "facts"),
        ({"facts": [fact(partners=["m3"])]}, "facts"),
        ({"facts": []}, "facts"),
    ],
)  # fmt: skip
def test_each_field_that_differs_is_a_disagreement(changes: dict[str, Any], said: str) -> None:
    assert kinds(marks("lee", **changes)) == [said]
    assert said in kinds(marks("lee", **changes), None)


@pytest.mark.parametrize(
    "change", [{"kind": "partial"}, {"cue": at("말했다")}, {"speaker": None}, {"name_mention": "m7"},
               {"continues": None}]
)  # fmt: skip
def test_each_field_of_a_quote_counts(change: dict[str, Any]) -> None:
    first, second = between_quotes()
    assert kinds(marks("lee", quotes=[first, second | change])) == ["quotes"]


def between_quotes() -> list[dict[str, Any]]:
    speaker = {"speaker": at("한가람 새벽전자 상무"), "name_mention": "m6"}
    places = at("좋은 만남이었다"), at("또 오겠다")
    first, second = ({"start": s, "end": e, "kind": "direct"} | speaker for s, e in places)
    return [first, second | {"continues": 0}]


def test_a_quote_goes_on_another_whatever_the_ends_of_that_are() -> None:
    first, second = between_quotes()
    start, end = at("만남이었다")
    assert kinds(marks("lee", quotes=[first | {"start": start, "end": end}, second])) == ["quotes"]


def test_relations_that_one_alone_tells_are_listed_where_the_other_has_both_ends() -> None:
    more = [{"type": "org:partner", "head": "m9", "tail": "m10"}]
    fewer = [{"type": "event:host", "head": "m4", "tail": "m1"}]
    told = [
        relation for own in between(marks("lee", relations=more)) for relation in own.told["kim"]
    ]
    assert told == ["event:host: 별빛 인재의 밤 → 새벽전자", "talent:joined: 10명 → 새벽전자",
                    "per:title: 한가람 → 상무"]  # fmt: skip
    assert kinds(marks("lee", relations=more)) == ["relations"] * 4
    assert kinds(marks("lee", relations=fewer)) == ["relations"] * 2


def test_a_relation_is_the_same_where_an_end_of_its_mention_is_disputed() -> None:
    lee = marks("lee", mentions={"m4": mention("m4", "EVENT", "인재의 밤")})
    assert kinds(lee) == ["mentions"]


def test_a_relation_told_by_two_mentions_is_told_once() -> None:
    relations = [
        {"type": r.type, "head": r.head, "tail": r.tail} for r in marks().relations
    ] + [{"type": "event:host", "head": "m4", "tail": "m9"}]  # fmt: skip
    assert between(marks("lee", relations=relations)) == ()


def test_facts_that_agree_do_not_hide_one_that_does_not() -> None:
    both = [fact(), fact(kind="programme")]
    kim, lee = marks(facts=both), marks("lee", facts=[fact()])
    (found,) = disagreements({"kim": kim, "lee": lee}, TEXT)
    assert [f.kind for f in found.says["kim"]] == ["programme"] and found.says["lee"] == ()


def test_a_majority_leaves_less_to_settle() -> None:
    park = marks("park", dates=[{"mention": "m2", "type": "DATE", "value": "2023"}])
    three = {"kim": marks(), "lee": marks("lee"), "park": park}
    (found,) = disagreements(three, TEXT)
    assert found.says["park"] == (SpanDate(at("지난 21일"), "DATE", "2023"),)
    assert disagreements(three, TEXT, majority=True) == ()
    # Two of four are no majority.
    four = three | {"choi": park}
    assert len(disagreements(four, TEXT, majority=True)) == 1


def test_clusters_that_three_join_only_together_are_a_disagreement() -> None:
    """Every two agree on what both have; together they join what kim keeps apart."""
    apart = [{"name_mention": "m1", "mentions": ["m1"]}, {"name_mention": "m3", "mentions": ["m3"]}]
    bare = {"dates": [], "counts": [], "quotes": [], "relations": [], "facts": []}
    left = {f"m{n}": None for n in (2, 4, 5, 6, 8, 9, 10)}
    kim = marks(mentions=left | {"m7": None}, organizations=apart, **bare)
    lee = marks("lee", mentions=left | {"m3": None},
                organizations=[{"name_mention": "m1", "mentions": ["m1", "m7"]}], **bare)  # fmt: skip
    park = marks("park", mentions=left | {"m1": None},
                 organizations=[{"name_mention": "m7", "mentions": ["m3", "m7"]}], **bare)  # fmt: skip
    found = disagreements({"kim": kim, "lee": lee, "park": park}, TEXT)
    assert [item.kind for item in found] == ["mentions"] * 3 + ["organizations"]


def test_ids_tell_kind_and_place_and_are_unique() -> None:
    lee = marks("lee", relations=[], facts=[], quotes=[], counts=[], dates=[])
    found = between(lee)
    assert len({item.id for item in found}) == len(found) == 8
    start, end = at("새벽전자")
    relations = [item.id for item in found if item.kind == "relations"]
    assert relations[:2] == [
        f"article:relations:{start}-{end}",
        f"article:relations:{start}-{end}#2",
    ]


def test_lines_can_be_filled_in_as_decisions() -> None:
    (line,) = to_lines(between(marks("lee", dates=[])))
    data = json.loads(line)
    assert data["right"] is None and data["kind"] == "dates" and data["text"] == "지난 21일"
    assert data["says"]["kim"] == [
        {"mention": [*at("지난 21일")], "type": "DATE", "value": "2023-06-21", "mod": None}
    ]
    assert data["says"]["lee"] == []
    assert data["told"]["kim"] == ["지난 21일 DATE 2023-06-21"]


def test_the_table_shows_every_side() -> None:
    console = Console(file=StringIO(), width=120)
    console.print(disagreement_table(between(marks("lee", mentions={"m8": None}, relations=[]))))
    printed = console.file.getvalue()  # type: ignore[attr-defined]
    assert "TITLE 상무" in printed and "—" in printed and "3 disagreements" in printed


def test_without_the_text_offsets_stand_for_words() -> None:
    (found,) = between(marks("lee", mentions={"m8": None}, relations=[
        {"type": r.type, "head": r.head, "tail": r.tail} for r in marks().relations[:2]
    ]), None)  # fmt: skip
    start, end = at("상무")
    assert found.text is None and found.told["kim"] == (f"TITLE {start}..{end}",)


def test_every_record_is_told_in_a_line() -> None:
    spans = to_spans(marks())
    assert describe(spans.organizations[1], TEXT) == "하늘대학교: 하늘대 | 하늘대학교"
    assert describe(spans.counts[0], TEXT) == (
        "10명 value=10 unit=명 bound=exact dimension=person of=석사급 연구원"
    )
    assert describe(spans.quotes[1], TEXT) == (
        "또 오겠다 kind=direct speaker=한가람 새벽전자 상무 name=한가람 continues=좋은 만남이었다"
    )
    assert describe(spans.facts[0], TEXT) == (
        f"0..{TEXT.index(chr(10))} kind=hire actors=새벽전자 event=별빛 인재의 밤 counts=10명"
    )


@pytest.mark.parametrize("text", [TEXT + " ", ""])
def test_another_text_is_refused(text: str) -> None:
    with pytest.raises(DataError, match="the text marked"):
        disagreements({"kim": marks(), "lee": marks()}, text)


def test_one_annotator_disagrees_with_nobody() -> None:
    with pytest.raises(DataError, match="two annotators or more"):
        disagreements({"kim": marks()}, TEXT)
