"""The way of one document with the shipped model, and what bad input gets."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from itertools import count
from pathlib import Path

import jsonschema
import pytest
import torch
from tiny_models import PAIR_HEAD, tiny_pair_tagger

from lgtalent_ie import Document, Extractor, default_extractor, extract, extract_many
from lgtalent_ie.errors import InputError
from lgtalent_ie.extractor import READ_AHEAD
from lgtalent_ie.model.config import MENTION_HEAD
from lgtalent_ie.model.loading import save_model
from lgtalent_ie.records.relation_tables import relation_types
from lgtalent_ie.schema import LABELS, json_schema

SENTENCE = "올해 들어 박사급 연구원 10명이 LG AI연구원에 새로 합류했다."


@pytest.fixture(scope="module")
def document() -> Document:
    return extract(SENTENCE, published="2023-06-21")


def test_the_organisation_the_date_and_the_count(document: Document) -> None:
    assert [o.name for o in document.organizations] == ["LG AI연구원"]
    assert [(d.value, d.relative) for d in document.dates] == [("2023", True)]
    [count] = document.counts
    assert (count.value, count.unit, count.dimension) == (10, "명", "person")
    assert count.of is not None and count.of.text == "박사급 연구원"
    assert count.text == "박사급 연구원 10명"


def test_the_relation_and_the_fact(document: Document) -> None:
    surface = {m.id: m.text for m in document.mentions}
    assert ("talent:joined", "10명", "LG AI연구원") in {
        (r.type, surface[r.head], surface[r.tail]) for r in document.relations
    }
    [fact] = document.facts
    assert (fact.kind, fact.date, fact.actors) == ("hire", "2023", ("o1",))
    assert SENTENCE[fact.start : fact.end] == SENTENCE


def test_the_json_keeps_the_contract_and_comes_back(document: Document) -> None:
    data = document.to_dict()
    jsonschema.validate(data, json_schema())
    assert list(data)[:4] == ["schema_version", "model", "published", "length"]
    assert Document.from_json(document.to_json(), SENTENCE) == document


@pytest.mark.parametrize("damage", [{"schema_version": 2}, {"mentions": 3}, {"length": 7}])
def test_json_of_another_form_is_refused(document: Document, damage: dict[str, object]) -> None:
    with pytest.raises(InputError):
        Document.from_dict(document.to_dict() | damage, SENTENCE)


def test_html_gives_the_text_it_was_read_from() -> None:
    rest = (
        "<p>이 소식은 업계에서 큰 화제를 모으고 있다고 한다. 관계자들은 반가움을 감추지 않았다.</p>"
    )
    page = f"<html><body><article><p>{SENTENCE}</p>{rest}</article></body></html>"
    document = extract(page, published="2023-06-21")
    assert document.to_dict()["text"] == document.text
    assert all(document.text[m.start : m.end] == m.text for m in document.mentions)
    assert "10명" in {m.text for m in document.mentions}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: unicodedata.normalize("NFD", text),
        lambda text: text.replace("명이", "\u200b명이").replace("구원", "구\u00ad원"),
        lambda text: "\ufeff" + text.replace(" ", "\u00a0"),
        lambda text: "\r\n\t" + text + "\r\n",
    ],
    ids=["decomposed", "invisible characters", "no-break blanks", "line ends"],
)
def test_the_same_is_read_however_the_page_writes_it(
    spoil: Callable[[str], str], document: Document
) -> None:
    text = spoil(SENTENCE)
    spoilt = extract(text, published="2023-06-21")
    assert [(c.value, c.unit) for c in spoilt.counts] == [(10, "명")]
    assert [d.value for d in spoilt.dates] == [d.value for d in document.dates]
    assert [f.kind for f in spoilt.facts] == ["hire"]
    assert [text[m.start : m.end] for m in spoilt.mentions] == [m.text for m in spoilt.mentions]


def test_the_date_stamp_of_the_page_is_the_anchor_unless_the_caller_gives_one() -> None:
    page = f"새별전자 인재 영입\n등록 2019.04.22 10:10\n{SENTENCE} 회사는 앞으로도 사람을 더 뽑겠다고 밝혔다."
    assert extract(page).published == "2019-04-22"
    assert extract(page, published="2023-06-21").published == "2023-06-21"
    assert extract(SENTENCE).published is None


def test_many_documents_come_lazily_and_in_order() -> None:
    taken: list[str] = []

    def texts():  # type: ignore[no-untyped-def]
        for text in ("하나.", SENTENCE, "셋."):
            taken.append(text)
            yield text

    stream = extract_many(texts(), ["2020-01-01", "2023-06-21", None])
    assert not taken
    assert next(stream).published == "2020-01-01"
    assert [d.published for d in stream] == ["2023-06-21", None]
    assert taken == ["하나.", SENTENCE, "셋."]


def test_texts_are_read_a_few_ahead_and_no_more() -> None:
    numbers = count()
    stream = extract_many(f"{n}번째 글." for n in numbers)
    assert next(stream).text == "0번째 글."
    assert next(numbers) <= READ_AHEAD
    long = iter([SENTENCE * 1000, SENTENCE, "셋."])
    next(extract_many(long))
    assert next(long) == SENTENCE


def test_many_together_are_read_as_each_alone() -> None:
    texts = [
        SENTENCE,
        "",
        "비가 왔다.",
        f"{SENTENCE}\n\n{SENTENCE}",
        "<html><body><p>하나.</p></body></html>",
    ]
    for alone, together in zip(map(extract, texts), extract_many(texts), strict=True):
        assert without_scores(together) == without_scores(alone)
        scores = zip(together.mentions, alone.mentions, strict=True)
        assert all(abs(one.score - other.score) < 1e-4 for one, other in scores)


def without_scores(document: Document) -> Document:
    mentions = tuple(replace(m, score=0.0) for m in document.mentions)
    relations = tuple(replace(r, score=0.0) for r in document.relations)
    return replace(document, mentions=mentions, relations=relations)


def test_a_bad_text_raises_when_its_turn_has_come() -> None:
    stream = extract_many(["하나.", None, "셋."])  # type: ignore[list-item]
    assert next(stream).text == "하나."
    with pytest.raises(InputError, match="NoneType"):
        next(stream)


def test_each_document_has_its_own_error() -> None:
    one, bad, three = default_extractor().extract_each(
        [("하나.", None), ("둘.", "gestern"), ("셋.", None)]
    )
    assert isinstance(one, Document) and isinstance(three, Document)
    assert isinstance(bad, InputError)


@pytest.mark.parametrize(
    "published",
    ["2023-06-21", date(2023, 6, 21), datetime(2023, 6, 21, 9), "2023-06-21T09:00:00+09:00"],
)
def test_dates_of_all_kinds_are_taken(published: object) -> None:
    assert extract("어제 왔다.", published=published).published == "2023-06-21"  # type: ignore[arg-type]


@pytest.mark.parametrize("published", ["gestern", "2023-13-01", "", 20230621, "2023-06-21 or so"])
def test_no_date_is_refused_with_an_example(published: object) -> None:
    with pytest.raises(InputError, match="2023-06-21"):
        extract(SENTENCE, published=published)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", [None, b"bytes", 3, ["list"]])
def test_anything_but_a_string_is_refused(text: object) -> None:
    with pytest.raises(InputError, match=type(text).__name__):
        extract(text)  # type: ignore[arg-type]


def test_the_fast_model_is_found_by_its_name_and_reads_the_same_sentence() -> None:
    document = Extractor(model="fast", device="cpu").extract(SENTENCE, "2023-06-21")
    assert document.model.startswith("fast@")
    assert [o.name for o in document.organizations] == ["LG AI연구원"]
    assert [(c.value, c.unit) for c in document.counts] == [(10, "명")]


def test_below_the_minimum_score_nothing_is_kept() -> None:
    assert Extractor(min_score=1.0).extract(SENTENCE).mentions == ()


def test_the_head_over_pairs_adds_relations_to_those_of_rules(tmp_path: Path) -> None:
    documents = {}
    for threshold in (0.0, 1.01):
        tagger = tiny_pair_tagger(replace(PAIR_HEAD, threshold=threshold))
        with torch.no_grad():
            tagger.heads[MENTION_HEAD].bias[1 + 2 * LABELS.index("ORG")] += 9  # type: ignore[index, operator]
        folder = tmp_path / str(threshold)
        save_model(tagger, folder)
        documents[threshold] = Extractor(folder, device="cpu").extract(f"비가 왔다.\n{SENTENCE}")
    everything, nothing = documents.values()
    assert everything.mentions == nothing.mentions
    labels = {m.id: m.label for m in everything.mentions}
    added = set(everything.relations) - set(nothing.relations)
    assert added
    for relation in added:
        heads, tails = relation_types()[relation.type]
        assert labels[relation.head] in heads
        assert labels[relation.tail] in tails
        assert everything.text[relation.start : relation.end] in ("비가 왔다.", SENTENCE)
    jsonschema.validate(everything.to_dict(), json_schema())


BAD = {
    "empty": ("", "empty"),
    "blank": (" \n\t\r\n", "empty"),
    "only furniture": ("공유하기\n댓글 0\n글자크기\n", "no_article"),
    "lone surrogates": ("새별전자\ud800가 사람을 12명 뽑았다고 밝혔다.", "lone_surrogates"),
    "control characters": ("새별전자\x00\x01가 사람을 12명 뽑았다고 밝혔다.", "control_characters"),
    "another language": ("The quick brown fox jumped over the lazy dog in 2023.", "not_korean"),
    "unclosed quotation": ('사장은 "좋은 날이라고 말했다. 그리고 돌아갔다.', None),
    "10,000 quotation marks": ("“말했다" * 5000 + "”" * 5000, None),
    "one endless word": ("가" * 50_000, None),
    "digits": ("1" * 100_000, None),
    "dates": ("1일 " * 20_000, None),
    "emoji": ("😀" * 5000, None),
    "line ends": ("\r\n" * 50_000, "empty"),
    "zero width": ("\u200b" * 5000, None),
}


@pytest.mark.parametrize("text, warning", BAD.values(), ids=BAD.keys())
def test_bad_input_gives_a_document_with_right_offsets(text: str, warning: str | None) -> None:
    document = extract(text)
    assert all(text[m.start : m.end] == m.text for m in document.mentions)
    assert warning is None or warning in {w.code for w in document.warnings}


def test_random_debris_never_fails() -> None:
    random.seed(5)
    pieces = [
        '"',
        "“",
        "”",
        "LG전자",
        "12명",
        "지난 3월",
        "(",
        ")",
        "\n",
        " ",
        "은 ",
        "말했다.",
        "‘",
        "이날 ",
        "%",
    ]
    for _ in range(60):
        text = "".join(random.choices(pieces, k=80))
        document = extract(text, published="2023-06-21")
        for record in (*document.mentions, *document.counts, *document.quotes):
            assert text[record.start : record.end] == record.text
        jsonschema.validate(document.to_dict(), json_schema())


@pytest.mark.slow
def test_a_megabyte_on_one_line_is_read() -> None:
    sentences = (
        f"{n}번 새별전자는 지난달 연구원 12명을 새로 뽑았다고 밝혔다. " for n in range(29_000)
    )
    text = "".join(sentences)[:1_000_000]
    document = extract(text)
    assert sum(m.text == "12명" for m in document.mentions) > 25_000
