"""Merging: what all agree on goes in, the rest is settled, and nothing is lost without a word."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from two_annotators import TEXT, at, count, fact, from_records, marks, mention

from lgtalent_ie.annotation.annotators import folder_names, read_folders
from lgtalent_ie.annotation.decisions import Decision, check_known, read_decisions
from lgtalent_ie.annotation.merge_command import write_gold
from lgtalent_ie.annotation.merging import merge, unresolved
from lgtalent_ie.cli_annotate import annotate
from lgtalent_ie.errors import DataError
from lgtalent_ie.evaluation.disagreements import disagreements, to_lines
from lgtalent_ie.evaluation.gold import GoldDocument, load_gold
from lgtalent_ie.evaluation.spanned import (
    SpanDate,
    SpanFact,
    SpanMention,
    Spanned,
    SpanOrganization,
    SpanQuote,
    SpanRelation,
    to_spans,
)

LETTERS = "".join(chr(0xAC00 + 7 * n) for n in range(40))
KINDS = ("mentions", "organizations", "dates", "counts", "quotes", "relations", "facts")


@st.composite
def anyones_marks(draw: st.DrawFn) -> Spanned:
    """Marks of LETTERS: flat mentions, every ORG in an organisation, every DATE with a value."""
    ends = sorted(draw(st.lists(st.integers(0, 39), unique=True, max_size=16)))
    spans = list(zip(ends[::2], ends[1::2], strict=False))
    labels = draw(
        st.lists(
            st.sampled_from(["ORG", "DATE", "PERSON"]), min_size=len(spans), max_size=len(spans)
        )
    )
    mentions = tuple(SpanMention(label, *span) for label, span in zip(labels, spans, strict=True))  # type: ignore[arg-type]
    clusters: dict[int, list[tuple[int, int]]] = {}
    owner: dict[tuple[int, int], object] = {m.span: m.span for m in mentions}
    for m in mentions:
        if m.label == "ORG":
            owner[m.span] = draw(st.integers(0, 2))
            clusters.setdefault(owner[m.span], []).append(m.span)  # type: ignore[arg-type]
    pairs = (
        draw(st.lists(st.tuples(st.sampled_from(spans), st.sampled_from(spans)), max_size=5))
        if spans
        else []
    )
    relations = {
        (kind, owner[head], owner[tail]): SpanRelation(kind, head, tail)
        for kind, (head, tail) in zip("xyxyx", pairs, strict=False)
    }
    actors = (
        draw(
            st.lists(
                st.sampled_from([own[0] for own in clusters.values()]), unique=True, max_size=2
            )
        )
        if clusters
        else []
    )
    start = draw(st.integers(0, 20))
    quotes = draw(
        st.lists(st.sampled_from([(2, 9), (4, 9), (12, 20), (15, 30)]), unique=True, max_size=2)
    )
    return Spanned(
        mentions,
        tuple(SpanOrganization(own[0], tuple(own)) for own in clusters.values()),
        tuple(SpanDate(m.span, "DATE", draw(st.sampled_from(["2023", "2024"]))) for m in mentions if m.label == "DATE"),
        quotes=tuple(
            SpanQuote(*place, "direct", continues=quotes[0] if place > min(quotes) and place != quotes[0] else None)
            for place in sorted(quotes)
        ),
        relations=tuple(relations.values()),
        facts=(SpanFact("hire", tuple(sorted(actors)), start, start + 9),) if actors else (),
    )  # fmt: skip


def as_sets(gold: GoldDocument) -> dict[str, set[object]]:
    spans = to_spans(gold)
    return {kind: set(getattr(spans, kind)) for kind in KINDS}


TEXTS = st.sampled_from([None, LETTERS])


@given(anyones_marks(), TEXTS)
@settings(max_examples=30, deadline=None)
def test_marks_merged_with_themselves_stay_as_they_are(spans: Spanned, text: str | None) -> None:
    kim, lee = (from_records(spans, name, LETTERS) for name in ("kim", "lee"))
    merged = merge({"kim": kim, "lee": lee}, text)
    assert as_sets(merged.gold) == as_sets(kim) and merged.dropped == ()
    assert merged.gold.annotators == ("kim", "lee")


@given(anyones_marks(), anyones_marks(), TEXTS, st.booleans())
@settings(max_examples=60, deadline=None)
def test_the_marks_of_the_preferred_stand(
    one: Spanned, other: Spanned, text: str | None, first: bool
) -> None:
    kim, lee = from_records(one, "kim", LETTERS), from_records(other, "lee", LETTERS)
    pair = {"kim": kim, "lee": lee} if first else {"lee": lee, "kim": kim}
    merged = merge(pair, text, prefer="kim").gold
    assert as_sets(merged) == as_sets(kim)
    ordered = sorted(merged.mentions, key=lambda m: m.start)
    assert [m.id for m in ordered] == [f"m{n}" for n in range(1, len(ordered) + 1)]


@given(anyones_marks(), anyones_marks(), st.data())
@settings(max_examples=30, deadline=None)
def test_any_decisions_make_a_document_that_holds_what_both_marked(
    one: Spanned, other: Spanned, data: st.DataObject
) -> None:
    pair = {"kim": from_records(one, "kim", LETTERS), "lee": from_records(other, "lee", LETTERS)}
    listed = disagreements(pair, LETTERS)
    decisions = {
        item.id: Decision("here", right=data.draw(st.sampled_from(sorted(item.says))))
        for item in listed
    }
    merged = merge(pair, LETTERS, decisions)
    kim, lee, both = (as_sets(gold)["mentions"] for gold in (*pair.values(), merged.gold))
    assert kim & lee <= both <= kim | lee
    assert unresolved(pair, LETTERS, decisions) == ()


def settled(lee: GoldDocument, **decided: Any) -> GoldDocument:
    """The merge of kim's marks and lee's; `decided` is by kind what to say about the first."""
    pair = {"kim": marks(), "lee": lee}
    decisions = {}
    for item in disagreements(pair, TEXT):
        answer = decided[item.kind]
        decisions[item.id] = (
            Decision("here", answer) if isinstance(answer, str) else Decision("here", None, answer)
        )
    return merge(pair, TEXT, decisions).gold


def test_what_is_not_settled_is_listed() -> None:
    lee = marks("lee", dates=[], counts=[])
    with pytest.raises(DataError) as caught:
        merge({"kim": marks(), "lee": lee}, TEXT)
    start, end = at("지난 21일")
    assert f"article:dates:{start}-{end}" in str(caught.value)
    assert "2 disagreements" in str(caught.value) and "kim, lee" in str(caught.value)


def test_a_decision_settles_it() -> None:
    lee = marks("lee", dates=[{"mention": "m2", "type": "DATE", "value": "2023"}])
    assert settled(lee, dates="kim").dates[0].value == "2023-06-21"
    assert settled(lee, dates="lee").dates[0].value == "2023"
    replaced = [{"mention": at("지난 21일"), "type": "DATE", "value": "2023-06"}]
    assert settled(lee, dates=replaced).dates[0].value == "2023-06"
    assert settled(lee, dates=[]).dates == ()


def test_records_follow_a_mention_whose_end_moved() -> None:
    lee = marks("lee", mentions={"m4": mention("m4", "EVENT", "인재의 밤")})
    merged = settled(lee, mentions="lee")
    spans = to_spans(merged)
    assert SpanMention("EVENT", *at("인재의 밤")) in spans.mentions
    assert SpanRelation("event:host", at("인재의 밤"), at("새벽전자")) in spans.relations
    assert spans.facts[0].event == at("인재의 밤")


def test_a_replacement_takes_the_place_of_both() -> None:
    lee = marks("lee", mentions={"m4": mention("m4", "EVENT", "인재의 밤")})
    start, end = at("별빛 인재")
    merged = settled(lee, mentions=[{"label": "EVENT", "start": start, "end": end}])
    assert [(m.start, m.end) for m in merged.mentions if m.label == "EVENT"] == [(start, end)]
    # Its relation has no mention of either annotator left, but one that overlaps it.
    assert to_spans(merged).relations[0].tail == at("새벽전자")


def test_records_of_a_mention_that_went_go_and_are_told() -> None:
    lee = marks(
        "lee", mentions={"m5": None}, counts=[], facts=[fact(counts=[])],
        relations=[{"type": r.type, "head": r.head, "tail": r.tail} for r in marks().relations
                   if r.head != "m5"],
    )  # fmt: skip
    pair = {"kim": marks(), "lee": lee}
    decisions = {
        item.id: Decision("here", "lee" if item.kind == "mentions" else "kim")
        for item in disagreements(pair, TEXT)
    }
    merged = merge(pair, TEXT, decisions)
    assert merged.gold.counts == () and merged.gold.facts[0].counts == ()
    assert [r.type for r in merged.gold.relations] == ["event:host", "per:title"]
    assert [line.split(": ")[-1] for line in merged.dropped] == [
        "its head does not stand",
        "one of its counts does not stand",
    ]


def test_an_extra_mention_of_an_organisation_joins_it() -> None:
    lee = marks(
        "lee", mentions={"m9": None},
        organizations=[{"name_mention": "m1", "mentions": ["m1", "m7"]},
                       {"name_mention": "m10", "mentions": ["m3", "m10"]}],
    )  # fmt: skip
    merged = to_spans(settled(lee, mentions="kim"))
    assert merged.organizations[0].mentions == (at("새벽전자"), at("새벽전자", 2), at("새벽", 3))
    merged = to_spans(settled(lee, mentions="lee"))
    assert merged.organizations[0].mentions == (at("새벽전자"), at("새벽전자", 2))


def test_a_name_that_went_is_carried_by_the_next_of_the_same_words() -> None:
    lee = marks("lee", mentions={"m1": mention("m1", "ORG", "새벽전자는")})
    names = [o.name for o in to_spans(settled(lee, mentions=[])).organizations]
    assert names == [at("하늘대학교"), at("새벽전자", 2)]


def test_a_quote_goes_on_the_one_that_stands() -> None:
    quotes = msgspec.to_builtins(marks().quotes)
    start, end = at("만남이었다")
    lee = marks("lee", quotes=[quotes[0] | {"start": start, "end": end}, quotes[1]])
    merged = settled(lee, quotes="lee")
    assert (merged.quotes[0].start, merged.quotes[1].continues) == (start, 0)


def test_what_two_of_three_say_needs_no_decision() -> None:
    three = {
        "kim": marks(),
        "lee": marks("lee", counts=[count(bound="approx")]),
        "park": marks("park"),
    }
    with pytest.raises(DataError, match="article:counts"):
        merge(three, TEXT)
    assert merge(three, TEXT, majority=True).gold.counts[0].bound == "exact"
    # A decision stands against the majority, and the preferred where there is none.
    (item,) = disagreements(three, TEXT)
    decided = {item.id: Decision("here", "lee")}
    assert merge(three, TEXT, decided, majority=True).gold.counts[0].bound == "approx"
    assert merge(three, TEXT, prefer="lee").gold.counts[0].bound == "approx"


def test_who_prefers_nobody_known_is_told_the_names() -> None:
    with pytest.raises(DataError, match=r"no annotator 'choi'.*kim, lee"):
        merge({"kim": marks(), "lee": marks()}, prefer="choi")


def test_headings_have_to_agree_or_one_is_preferred() -> None:
    pair = {"kim": marks(), "lee": marks("lee", published=None, marked="2026-02-01")}
    with pytest.raises(DataError, match=r"published 2023-06-22 \(kim\), None \(lee\)"):
        merge(pair)
    merged = merge(pair, prefer="lee").gold
    assert merged.published is None and merged.marked.isoformat() == "2026-02-01"


def test_scores_do_not_outlive_the_merge() -> None:
    scored = {"m8": mention("m8", "TITLE", "상무") | {"score": 0.4}}
    merged = merge({"kim": marks(mentions=scored), "lee": marks()})
    assert {m.score for m in merged.gold.mentions} == {None}


@pytest.mark.parametrize(
    "decision, said",
    [
        (Decision("d.tsv, line 4", "choi"), r"d.tsv, line 4: 'choi' is right.*one of kim, lee"),
        (Decision("d.tsv, line 4", None, [{"mention": [1, 2]}]), r"d.tsv, line 4: .*`type`"),
        (
            Decision("d.tsv, line 4", None, [{"label": "ORG", "start": 0, "end": 2}]),
            "unknown field",
        ),
    ],
)
def test_a_decision_that_fits_not_is_refused_with_its_line(decision: Decision, said: str) -> None:
    pair = {"kim": marks(), "lee": marks("lee", dates=[])}
    (item,) = disagreements(pair, TEXT)
    with pytest.raises(DataError, match=said):
        merge(pair, TEXT, {item.id: decision})


def test_replacements_that_overlap_are_refused() -> None:
    lee = marks("lee", mentions={"m8": None}, relations=[])
    start, end = at("새벽전자 상무", 1)
    with pytest.raises(DataError, match="overlap"):
        settled(lee, mentions=[{"label": "TITLE", "start": start, "end": end}], relations="kim")


def test_what_a_replacement_leaves_bare_is_told() -> None:
    pair = {"kim": marks(), "lee": marks("lee", mentions={"m2": mention("m2", "DATE", "21일")})}
    (item,) = disagreements(pair, TEXT)
    start = at("지난 21일")[0]
    replaced = [{"label": "DATE", "start": start, "end": start + 5}]
    merged = merge(pair, TEXT, {item.id: Decision("here", None, replaced)})
    assert merged.gold.dates == ()
    assert merged.dropped == ("DATE 지난 21: has no record of its own",)


@pytest.mark.parametrize("suffix", [".jsonl", ".tsv"])
def test_decisions_are_read_from_lines_and_from_a_table(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"decisions{suffix}"
    if suffix == ".jsonl":
        rows = [{"id": "a", "right": "kim"}, {"id": "b", "replace": []}, {"id": "c", "says": {}}]
        path.write_text("\n\n".join(map(json.dumps, rows)))
    else:
        path.write_text("# who is right\na\tkim\r\n\nb\t[]\nc\t\n")
    found = read_decisions(path)
    assert found["a"].right == "kim" and found["b"].replace == [] and list(found) == ["a", "b"]
    assert found["b"].where == f"{path}, line 3" or found["b"].where == f"{path}, line 4"


@pytest.mark.parametrize(
    "name, content, said",
    [
        ("d.jsonl", '{"id": "a", "right": "kim"}\n{"right": "kim"}', "line 2: .*`id`"),
        ("d.jsonl", "a\tkim", "line 1: JSON is malformed"),
        ("d.jsonl", '{"id": "a", "right": "kim", "replace": []}', "line 1: both"),
        ("d.tsv", "a\tkim\nb", r"line 2: 'b'"),
        ("d.tsv", "a\tkim\na\tlee", r"line 2: 'a' decided before, at .*line 1"),
        ("d.tsv", "a\t[{]", "line 1: JSON is malformed"),
    ],
)
def test_decisions_that_cannot_be_read_are_refused(
    tmp_path: Path, name: str, content: str, said: str
) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(DataError, match=said):
        read_decisions(tmp_path / name)


def test_a_decision_on_nothing_is_refused() -> None:
    with pytest.raises(DataError, match=r"here: no disagreement 'a:dates:1-2'"):
        check_known({"a:dates:1-2": Decision("here", "kim")}, set())


# Folders and commands.


def folder(root: Path, name: str, *golds: GoldDocument) -> Path:
    for gold in golds:
        write_gold(gold, root / name / f"{gold.document}.json")
    return root / name


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """kim's and lee's folder, who differ in a count, and the text."""
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "article.txt").write_bytes(TEXT.encode())
    lee = marks("lee", counts=[count(bound="approx")])
    return folder(tmp_path, "kim", marks()), folder(tmp_path, "lee", lee)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(annotate, list(map(str, arguments)), standalone_mode=False)


def test_gold_is_written_as_it_was_read(tmp_path: Path) -> None:
    written = folder(tmp_path, "kim", marks()) / "article.json"
    assert load_gold(written) == marks()
    assert '\n{"id": "m1", "label": "ORG", "start": 0, "end": 4},\n' in written.read_text()


def test_agree_prints_tables_and_writes_what_to_settle(folders: tuple[Path, Path]) -> None:
    kim, lee = folders
    listed = kim.parent / "listed.jsonl"
    result = run(
        "agree", kim, lee, "--texts", kim.parent / "texts", "--disagreements", listed, "--list"
    )
    assert result.exit_code == 0 and not result.exception
    assert "overlap F1" in result.output and "1 disagreements" in result.output
    (line,) = listed.read_text().splitlines()
    assert json.loads(line)["kind"] == "counts"


def test_a_reader_that_closes_the_pipe_early_costs_no_list(
    folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(*_: object) -> None:
        raise BrokenPipeError

    monkeypatch.setattr(Console, "print", closed)
    listed = folders[0].parent / "listed.jsonl"
    assert run("agree", *folders, "--disagreements", listed).exception
    assert len(listed.read_text().splitlines()) > 0


def test_agree_speaks_json(folders: tuple[Path, Path]) -> None:
    result = run("agree", *folders, "--json")
    assert json.loads(result.stdout)["annotators"] == ["kim", "lee"]
    assert "no text: article" in result.stderr


def test_merge_takes_the_filled_in_list(folders: tuple[Path, Path]) -> None:
    kim, lee = folders
    pair = {"kim": load_gold(kim / "article.json"), "lee": load_gold(lee / "article.json")}
    (line,) = to_lines(disagreements(pair, TEXT))
    decisions = kim.parent / "decisions.jsonl"
    decisions.write_text(line.replace('"right":null', '"right":"lee"'))
    out = kim.parent / "out"
    common = ("merge", kim, lee, "--out", out, "--texts", kim.parent / "texts")
    assert "article:counts" in str(run(*common).exception) and not out.exists()
    assert run(*common, "--decisions", decisions).return_value == 0
    merged = load_gold(out / "article.json")
    assert merged.counts[0].bound == "approx" and merged.annotators == ("kim", "lee")
    assert run(*common, "--prefer", "kim").return_value == 0
    assert load_gold(out / "article.json").counts[0].bound == "exact"
    decisions.write_text(line.replace('"right":null', '"right":"lee"').replace("counts:", "dates:"))
    assert "no disagreement" in str(run(*common, "--decisions", decisions).exception)


def test_documents_of_one_alone_are_told(folders: tuple[Path, Path]) -> None:
    kim, lee = folders
    folder(kim.parent, "lee", marks("lee", document="other"))
    result = run("agree", kim, lee)
    assert result.return_value == 1 and "not compared: other: not in kim" in result.stderr
    result = run("merge", kim, lee, "--out", kim.parent / "out", "--prefer", "lee")
    assert result.return_value == 1 and "not merged: other: not in kim" in result.stderr
    assert [p.name for p in (kim.parent / "out").iterdir()] == ["article.json"]


def test_folders_are_named_by_what_tells_them_apart(tmp_path: Path) -> None:
    assert folder_names([Path("a/kim"), Path("a/lee")]) == ("kim", "lee")
    assert folder_names([Path("first/press"), Path("second/press")]) == (
        "first/press",
        "second/press",
    )
    with pytest.raises(DataError, match="twice"):
        folder_names([Path("a/kim"), Path("a/../a/kim")])


def test_folders_that_cannot_be_compared_are_refused(folders: tuple[Path, Path]) -> None:
    kim, lee = folders
    (kim.parent / "empty").mkdir()
    other = folder(kim.parent, "other", marks(document="other"))
    changed = folder(kim.parent, "changed", marks(sha256="0" * 64))
    for given_folders, said in (
        ([kim], "two folders or more"),
        ([kim, kim.parent / "empty"], r"empty without \*\.json"),
        ([kim, other], "no document in all of"),
        ([kim, changed], "kim and changed marked different texts"),
    ):
        with pytest.raises(DataError, match=said):
            read_folders(given_folders)
    (lee / "copy.json").write_bytes((lee / "article.json").read_bytes())
    with pytest.raises(DataError, match="'article' again"):
        read_folders([kim, lee])
