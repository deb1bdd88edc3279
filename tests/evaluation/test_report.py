"""The report's data: every difference is one error, safe in HTML, compared between two runs."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections import Counter
from dataclasses import replace
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from report_samples import (
    document_of,
    gold_of,
    many_errors,
    nasty,
    second_pass,
    triple_of,
)

from lgtalent_ie import schema
from lgtalent_ie.errors import DataError, InputError
from lgtalent_ie.evaluation.command import Recorded, read_recorded, recording
from lgtalent_ie.evaluation.documents import differences, score_documents
from lgtalent_ie.evaluation.gold import GoldDocument, GoldMention, as_document
from lgtalent_ie.evaluation.report.data import NOTHING, ReportData, report_data
from lgtalent_ie.evaluation.report.errors import ERROR_CLASSES, document_errors
from lgtalent_ie.evaluation.report.page import encode, report_html, write_report
from lgtalent_ie.evaluation.report.sentences import MOST, stretches
from lgtalent_ie.evaluation.sources import Triple
from lgtalent_ie.schema import Document, Mention

TEXT = (
    "새벽전자는 21일 하늘대에서 채용 행사를 열고 석사급 연구원 10명을 뽑았다.\n"
    '한가람 새벽전자 상무는 "좋은 만남이었다"고 말했다. 새벽도 하늘대학교와 손잡는다.\n'
)


def span(words: str, nth: int = 1) -> tuple[int, int]:
    start = -1
    for _ in range(nth):
        start = TEXT.index(words, start + 1)
    return start, start + len(words)


def full_gold() -> GoldDocument:
    marks: list[tuple[str, tuple[int, int]]] = [
        ("ORG", span("새벽전자")), ("DATE", span("21일")), ("ORG", span("하늘대")),
        ("QUANTITY", span("10명")), ("PERSON", span("한가람")), ("ORG", span("새벽전자", 2)),
        ("TITLE", span("상무")), ("ORG", span("새벽", 3)), ("ORG", span("하늘대학교")),
    ]  # fmt: skip
    data = msgspec.to_builtins(gold_of(TEXT, [])) | {
        "mentions": [
            {"id": f"m{n}", "label": label, "start": start, "end": end}
            for n, (label, (start, end)) in enumerate(marks, 1)
        ],
        "organizations": [
            {"name_mention": "m1", "mentions": ["m1", "m6", "m8"]},
            {"name_mention": "m9", "mentions": ["m3", "m9"]},
        ],
        "dates": [{"mention": "m2", "type": "DATE", "value": "2023-06-21"}],
        "counts": [
            {"mention": "m4", "value": 10, "min": None, "max": None, "unit": "명",
             "bound": "exact", "dimension": "person", "of": span("석사급 연구원")}
        ],
        "quotes": [
            {"start": span("좋은 만남이었다")[0], "end": span("좋은 만남이었다")[1],
             "kind": "direct", "cue": span("말했다"), "speaker": span("한가람 새벽전자 상무"),
             "name_mention": "m5"}
        ],
        "relations": [{"type": "org:partner", "head": "m1", "tail": "m9"}],
        "facts": [{"kind": "hire", "actors": ["m1"], "start": 0, "end": 41}],
    }  # fmt: skip
    return msgspec.convert(data, GoldDocument)


def full_document(**changes: Any) -> Document:
    return replace(as_document(full_gold(), TEXT), model="tiny@1", **changes)


def found(**changes: Any) -> list[tuple[str, str]]:
    return [
        (e.record, e.kind) for e in document_errors(full_gold(), full_document(**changes), TEXT)
    ]


RIGHT = as_document(full_gold(), TEXT)
DATE, COUNT, QUOTE, RELATION, FACT = (
    RIGHT.dates[0], RIGHT.counts[0], RIGHT.quotes[0], RIGHT.relations[0], RIGHT.facts[0],
)  # fmt: skip


def piece(words: str) -> schema.Span:
    return schema.Span(*span(words), words)


def test_a_document_that_is_right_has_no_error() -> None:
    assert found() == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"dates": (replace(DATE, value="2023-05-21"),)}, [("dates", "value")]),
        ({"dates": ()}, [("dates", "missed")]),
        ({"counts": (replace(COUNT, value=12),)}, [("counts", "value")]),
        ({"counts": (replace(COUNT, of=piece("연구원")),)}, [("counted", "boundary/modifier")]),
        ({"counts": (replace(COUNT, of=piece("행사")),)}, [("counted", "argument")]),
        (
            {"quotes": (replace(QUOTE, end=QUOTE.end + 1, cue=None, speaker=None),)},
            [("quotes", "boundary/bracket"), ("speakers", "missed"), ("cues", "missed")],
        ),
        ({"quotes": (replace(QUOTE, cue=piece("손잡는다")),)}, [("cues", "argument")]),
        (
            {"quotes": (replace(QUOTE, speaker=schema.Speaker(*span("하늘대"), "하늘대", "하늘대")),)},
            [("speakers", "argument")],
        ),
        ({"relations": (replace(RELATION, type="org:member_of"),)}, [("relations", "type")]),
        ({"relations": (replace(RELATION, tail="m5"),)}, [("relations", "argument")]),
        ({"relations": ()}, [("relations", "missed")]),
        ({"facts": (replace(FACT, kind="award"),)}, [("facts", "type")]),
        ({"facts": (replace(FACT, actors=("o2",)),)}, [("facts", "argument")]),
        ({"facts": (FACT, replace(FACT, start=42, end=60))}, [("facts", "spurious")]),
        (
            {"organizations": (replace(RIGHT.organizations[0], mentions=("m1", "m6")), RIGHT.organizations[1])},
            [("organizations", "argument")],
        ),
    ],
)  # fmt: skip
def test_what_stands_at_the_same_place_is_one_error(
    changes: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert found(**changes) == expected


def listed(triple: Triple) -> tuple[Counter[object], Counter[object]]:
    gold, document, text = triple
    errors = document_errors(gold, document, text)
    assert {e.kind for e in errors} <= {
        *ERROR_CLASSES, *(f"boundary+type/{k}" for k in ("particle", "bracket", "modifier", "other"))
    }  # fmt: skip
    own = Counter(d for e in errors for d in e.differences(text))
    return own, Counter(differences(gold, document, text))


@pytest.mark.parametrize("triple", second_pass(), ids=lambda triple: triple[0].document)
def test_every_item_missed_or_spurious_is_on_one_side_of_one_error(triple: Triple) -> None:
    own, expected = listed(triple)
    assert own == expected and expected


LETTERS = "새벽 하늘대는 (가람)을 만났다. "
MARKS = st.lists(
    st.tuples(st.integers(0, len(LETTERS) - 2), st.integers(1, 6), st.sampled_from(["ORG", "EVENT"])),
    max_size=6,
)  # fmt: skip


@given(MARKS, MARKS)
@settings(max_examples=60, deadline=None)
def test_any_two_markings_give_each_difference_once(gold: list[Any], predicted: list[Any]) -> None:
    def mentions(marks: list[Any]) -> tuple[Mention, ...]:
        spans = {(start, min(len(LETTERS), start + width), label) for start, width, label in marks}
        return tuple(
            Mention(f"m{n}", label, start, end, LETTERS[start:end], 0.5)
            for n, (start, end, label) in enumerate(sorted(spans))
        )

    wanted = msgspec.structs.replace(
        gold_of(LETTERS, []), mentions=tuple(
            GoldMention(m.id, m.label, m.start, m.end)
            for m in mentions(gold)
        ),
    )  # fmt: skip
    own, expected = listed((wanted, Document(LETTERS, "t", mentions=mentions(predicted)), LETTERS))
    assert own == expected


def test_scores_stand_for_all_sources_and_for_each() -> None:
    seeds, other = second_pass(), many_errors(8)
    data = report_data({"seeds": seeds, "short": other}, resamples=20)
    mentions = {row.source: row for row in data.scores if row.row == "mentions"}
    assert set(mentions) == {None, 0, 1}
    assert mentions[None].gold == mentions[0].gold + mentions[1].gold
    scores = score_documents(seeds)
    for row in data.scores:
        if row.source == 0:
            assert row.now.f1 == pytest.approx(scores.records[row.row].f1)
    low, high = mentions[0].now.interval or (1, 0)
    assert 0 < low <= mentions[0].now.f1 <= high <= 1
    assert mentions[1].now.interval is None  # one document has no spread


def test_confusion_counts_every_mention_once() -> None:
    triples = second_pass()
    confusion = report_data({"seeds": triples}, resamples=1).confusion
    gold = sum(len(g.mentions) for g, _, _ in triples)
    predicted = sum(len(document.mentions) for _, document, _ in triples)
    assert sum(c.count for c in confusion if c.gold != NOTHING) == gold
    assert sum(c.count for c in confusion if c.predicted != NOTHING) == predicted


def statuses(now: Triple, before: Triple | Recorded) -> list[tuple[str | None, str]]:
    earlier = before if isinstance(before, Recorded) else [before]
    data = report_data({"s": [now]}, {"s": earlier}, resamples=5)
    return [(e.status, (e.now or e.was).kind) for e in data.errors]  # type: ignore[union-attr]


GOLD = [("ORG", "새벽전자"), ("DATE", "21일"), ("ORG", "하늘대")]
NOW = [("EVENT", "새벽전자"), ("ORG", "하늘대에서"), ("PERSON", "한가람")]
BEFORE = [("EVENT", "새벽전자"), ("DATE", "21일"), ("PERSON", "하늘대"), ("TITLE", "상무")]


def test_errors_are_new_changed_unchanged_or_fixed() -> None:
    made = statuses(triple_of(TEXT, GOLD, NOW), triple_of(TEXT, GOLD, BEFORE))  # type: ignore[arg-type]
    assert made == [
        ("unchanged", "type"),
        ("new", "missed"),
        ("changed", "boundary/particle"),
        ("new", "spurious"),
        ("fixed", "spurious"),
    ]


def test_a_score_that_moved_is_no_change() -> None:
    gold, _, text = triple_of(TEXT, GOLD, NOW)  # type: ignore[arg-type]
    runs = [(gold, document_of(TEXT, NOW, score), text) for score in (0.9, 0.4)]  # type: ignore[arg-type]
    assert {status for status, _ in statuses(*runs)} == {"unchanged"}


def test_a_recorded_run_compares_as_far_as_it_knows(tmp_path: Path) -> None:
    earlier = triple_of(TEXT, GOLD, BEFORE)  # type: ignore[arg-type]
    path = tmp_path / "recorded.json"
    path.write_text(recording(score_documents([earlier]), [earlier]), "utf-8")
    recorded = read_recorded(path)
    now = triple_of(TEXT, GOLD, NOW)  # type: ignore[arg-type]
    assert {status for status, _ in statuses(earlier, recorded)} == {"unchanged"}
    made = Counter(status for status, _ in statuses(now, recorded))
    # Of the person gold does not have and the title, no more than the place is known.
    assert made == {"unchanged": 1, "new": 2, "changed": 1, "fixed": 2}
    data = report_data({"s": [now]}, {"s": recorded}, resamples=5)
    before = next(row.before for row in data.scores if row.row == "mentions")
    assert before and before.f1 == pytest.approx(2 / 7, abs=1e-4)


def test_two_runs_have_a_chance_and_both_scores() -> None:
    seeds = second_pass()
    right = [(g, as_document(g, text), text) for g, _, text in seeds]
    data = report_data({"s": right}, {"s": seeds}, resamples=40, names=("now", "then"))
    row = next(row for row in data.scores if row.row == "mentions")
    assert row.now.f1 == 1 and row.before and row.before.f1 < 1
    assert row.p is not None and 0 < row.p < 1
    assert {e.status for e in data.errors} == {"fixed"}
    assert [(run.name, run.model) for run in data.runs] == [("now", "gold"), ("then", "second@1")]


def test_bad_input_is_refused() -> None:
    triples = second_pass()
    with pytest.raises(DataError, match="no document"):
        report_data({"seeds": []})
    with pytest.raises(DataError, match="not of the same documents"):
        report_data({"seeds": triples}, {"seeds": triples[1:]})
    with pytest.raises(DataError, match="same sources"):
        report_data({"seeds": triples}, {"press": triples})
    with pytest.raises(DataError, match="without errors"):
        report_data({"seeds": triples}, {"seeds": Recorded({})})


def read(html: str) -> dict[str, Any]:
    (content,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', html)
    data: dict[str, Any] = json.loads(content)
    return data


def test_no_word_of_a_text_can_end_the_script_or_turn_the_page() -> None:
    html = report_html(report_data({"<s>&": [nasty()]}, resamples=5))
    assert html.count("</script>") == 2 and html.count("<script") == 2
    assert 'onerror="' not in html and "<b onclick" not in html
    assert not re.search("[\u200b\u2028\u202e\u2066]", html)
    data = read(html)
    assert data["sources"] == [["<s>&", [nasty()[0].document]]]
    shown = "".join(text for _, _, own in data["sentences"] for _, _, text in own)
    assert "</script><script>" in shown and "\u202e" in shown and "🦊" in shown


def test_a_lone_surrogate_is_written() -> None:
    text = "새벽\ud83e전자가 왔다."
    data = report_data({"s": [triple_of(text, [("ORG", "새벽\ud83e전자")], [])]}, resamples=5)
    report_html(data).encode()


def test_the_page_is_whole_and_runs_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    write_report(report_data({"s": second_pass()}, resamples=5), path)
    html = path.read_text("utf-8")
    shell = html.replace(encode(report_data({"s": second_pass()}, resamples=5)), "")
    assert not re.search(r"\{\{[a-z-]+\}\}", shell)
    assert not re.search(r"https?://|\bsrc=|@import|url\(|<link", shell)
    for tag in ("script", "style"):
        (content,) = re.findall(f"<{tag}>(.*?)</{tag}>", shell, re.DOTALL)
        digest = b64encode(sha256(content.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in shell


def test_the_same_data_make_the_same_page() -> None:
    pages = {report_html(report_data({"s": second_pass()}, resamples=5)) for _ in range(2)}
    assert len(pages) == 1


def test_a_page_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere"):
        write_report(report_data({"s": [nasty()]}, resamples=1), tmp_path / "nowhere" / "r.html")


def words_of(data: ReportData) -> set[str]:
    """Stretches of Hangul of two letters or more on the page's data."""
    return set(re.findall("[가-힣]{2,}", encode(data)))


def test_without_texts_no_word_of_an_article_is_in_the_page() -> None:
    gold = full_gold()
    changed = full_document(
        dates=(), organizations=RIGHT.organizations[1:], relations=(), facts=(),
        mentions=RIGHT.mentions[1:], counts=(replace(COUNT, of=None),),
        quotes=(replace(QUOTE, speaker=None, cue=None),),
    )  # fmt: skip
    runs = {"s": [(gold, changed, TEXT)]}, {"s": [(gold, full_document(quotes=()), TEXT)]}
    assert words_of(report_data(*runs, resamples=5)) >= {"한가람", "새벽전자", "만남이었다"}
    bare = report_data(*runs, with_texts=False, resamples=5)
    assert words_of(bare) == set()
    assert len(bare.errors) == len(report_data(*runs, resamples=5).errors)


@given(st.text('가나 .\n"”', min_size=1, max_size=900), st.data())
@settings(max_examples=80, deadline=None)
def test_what_is_marked_is_shown(text: str, data: st.DataObject) -> None:
    starts = data.draw(st.lists(st.integers(0, len(text) - 1), min_size=1, max_size=3))
    spans = [(s, data.draw(st.integers(s + 1, min(len(text), s + 300)))) for s in starts]
    cut = stretches(text, spans)
    assert all(0 <= s < e <= len(text) for s, e in cut) and len(cut) <= MOST
    assert all(a[1] < b[0] for a, b in pairwise(cut))
    for start, end in spans:
        assert any(s <= start and end <= e for s, e in cut)


def test_a_sentence_of_a_long_line_is_shown_alone() -> None:
    line = "앞 문장은 꽤 길어서 줄 하나에 다 들어가지만 보여 줄 까닭은 없다. " * 3
    text = f"{line}하늘대가 문을 열었다. {line}"
    start = text.index("하늘대")
    ((low, high),) = stretches(text, [(start, start + 3)])
    assert text[low:high] == "하늘대가 문을 열었다."
