"""The machine learning backend: Label Studio's protocol, question by question."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from annotated_article import GRAMMAR_TEXT, grammar_extractor

from lgtalent_ie.annotation import backend
from lgtalent_ie.annotation.formats.label_studio import labelling_config
from lgtalent_ie.annotation.labelling_config import read_config
from lgtalent_ie.annotation.marked import convert
from lgtalent_ie.errors import InputError
from lgtalent_ie.extractor import Extractor

pytest.importorskip("starlette", reason="the extra `serve` is not installed")
pytest.importorskip("httpx", reason="the extra `serve` is not installed")
from starlette.testclient import TestClient

OTHER_CONFIG = """<View><Header value="기사"/>
<Labels name="tag" toName="article"><Label value="QUANTITY"/><Label value="Sentiment"/></Labels>
<Text name="article" value="$body"/></View>"""


@pytest.fixture(scope="module")
def extractor(tmp_path_factory: pytest.TempPathFactory) -> Extractor:
    return grammar_extractor(tmp_path_factory.mktemp("backend") / "model")


@pytest.fixture
def client(extractor: Extractor) -> Iterator[TestClient]:
    with TestClient(backend.make_app(extractor), raise_server_exceptions=False) as client:
        yield client


def tasks(*texts: object, key: str = "text") -> list[dict[str, Any]]:
    """Tasks as Label Studio sends them, with the fields that nobody reads."""
    return [
        {
            "id": 40 + n,
            "data": {key: text, "published": "2024-03-06"},
            "project": 3,
            "is_labeled": False,
        }
        for n, text in enumerate(texts)
    ]


def predict(client: TestClient, *texts: object, config: str = "", **more: object) -> Any:
    key = read_config(config or labelling_config()).key
    body = {
        "tasks": tasks(*texts, key=key), "label_config": config or labelling_config(),
        "project": "3.1700000000", "params": {"login": None, "password": None, "context": None},
    }  # fmt: skip
    return client.post("/predict", json=body | more)


def test_it_says_that_it_is_up_and_which_model_it_has(client: TestClient) -> None:
    for path in ("/", "/health"):
        assert client.get(path).json()["status"] == "UP"
    assert client.get("/versions").json() == {"versions": ["tiny@1"]}


def test_setup_accepts_a_configuration_with_our_labels(client: TestClient) -> None:
    asked = {
        "project": "3.1700000000", "schema": labelling_config(), "hostname": "http://localhost:8080",
        "access_token": "0123", "extra_params": None,
    }  # fmt: skip
    answer = client.post("/setup", json=asked)
    assert (answer.status_code, answer.json()) == (200, {"model_version": "tiny@1"})


def test_a_prediction_has_regions_of_the_text_with_scores(client: TestClient) -> None:
    [found] = predict(client, GRAMMAR_TEXT).json()["results"]
    assert found["model_version"] == "tiny@1" and 0 < found["score"] <= 1
    regions = [item for item in found["result"] if item["type"] == "labels"]
    assert [r["value"]["labels"] for r in regions] == [["DATE"], ["QUANTITY"]]
    for region in regions:
        value = region["value"]
        assert GRAMMAR_TEXT[value["start"] : value["end"]] == value["text"]
        assert (region["from_name"], region["to_name"]) == ("label", "text")
        assert 0 < region["score"] <= 1
    assert len({region["id"] for region in regions}) == 2


def test_several_texts_are_one_batch_in_order(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches: list[int] = []
    many = Extractor.extract_many

    def counting(self: Extractor, texts: Any, published: Any = None) -> Any:
        batches.append(len(texts))
        return many(self, texts, published)

    monkeypatch.setattr(Extractor, "extract_many", counting)
    results = predict(client, "12명이 왔다.", "아무도 없다.", "🎓 34명이 갔다.").json()["results"]
    words = [[r["value"]["text"] for r in found["result"]] for found in results]
    assert (words, batches) == ([["12명"], [], ["34명"]], [3])
    assert predict(client).json()["results"] == []


def test_names_key_and_labels_are_the_configurations(client: TestClient) -> None:
    [found] = predict(client, GRAMMAR_TEXT, config=OTHER_CONFIG).json()["results"]
    [region] = found["result"]
    assert (region["from_name"], region["to_name"]) == ("tag", "article")
    assert region["value"]["labels"] == ["QUANTITY"], "the configuration has no DATE"


def test_offsets_are_code_points_or_what_an_old_page_counts(
    client: TestClient, extractor: Extractor
) -> None:
    text = "🎓🎓 12명이 왔다."
    [now] = predict(client, text).json()["results"]
    assert text[slice(*span_of(now))] == "12명"
    old = TestClient(backend.make_app(extractor, "utf16"))
    [before] = predict(old, text).json()["results"]
    assert span_of(before) == (5, 8)
    assert convert(span_of(before), text, "utf16") == list(span_of(now)) == [3, 6]


def span_of(found: Any) -> tuple[int, int]:
    value = found["result"][0]["value"]
    return value["start"], value["end"]


def test_relations_go_along_where_both_ends_are_shown(extractor: Extractor) -> None:
    document = extractor.extract("행사는 지난해 3월 열렸다.")
    from dataclasses import replace

    from lgtalent_ie.schema import Mention, Relation

    marks = (
        Mention("m1", "EVENT", 0, 2, "행사", 0.5),
        Mention("m2", "DATE", 4, 10, "지난해 3월", 0.9),
    )
    related = replace(
        document, mentions=marks, relations=(Relation("event:date", "m1", "m2", 0, 15, 0.7),)
    )
    assert backend.prediction(related, read_config(labelling_config()))["result"][-1] == {
        "type": "relation", "from_id": "m1", "to_id": "m2", "direction": "right",
        "labels": ["event:date"], "score": 0.7,
    }  # fmt: skip
    both = OTHER_CONFIG.replace('"QUANTITY"', '"EVENT"')
    assert [r["type"] for r in backend.prediction(related, read_config(both))["result"]] == [
        "labels"
    ]


def test_what_people_do_is_heard_and_training_is_not_promised(client: TestClient) -> None:
    told = client.post("/webhook", json={"action": "ANNOTATION_CREATED", "annotation": {"id": 1}})
    assert (told.status_code, told.json()["status"]) == (200, "ok")
    for answer in (
        client.post("/webhook", json={"action": "START_TRAINING"}),
        client.post("/train"),
    ):
        assert answer.status_code == 501 and "lgtalent train" in answer.json()["error"]


BAD = {
    "no JSON": ("/predict", b"{", 400, "/predict"),
    "a list": ("/predict", b"[]", 400, "tasks"),
    "no tasks": ("/predict", b'{"label_config": ""}', 400, "tasks"),
    "bytes": ("/setup", b"\xff\xfe", 400, "/setup"),
    "no configuration": ("/predict", b'{"tasks": []}', 400, "label_config"),
    "no XML": ("/setup", b'{"schema": "<View>"}', 400, "labelling configuration"),
    "no labels": ("/setup", b'{"schema": "<View/>"}', 400, "<Labels>"),
    "elsewhere": ("/prediction", b"{}", 404, "/prediction"),
}


@pytest.mark.parametrize("path, body, status, says", BAD.values(), ids=BAD.keys())
def test_bad_requests_get_the_reason(
    client: TestClient, path: str, body: bytes, status: int, says: str
) -> None:
    answer = client.post(path, content=body)
    assert answer.status_code == status
    assert says in answer.json()["error"]


@pytest.mark.parametrize(
    "text, says",
    [(None, "nothing under 'text'"), (7, "int"), ("<html><body><p>12명</p></body></html>", "HTML")],
)
def test_a_task_without_a_text_is_named(client: TestClient, text: object, says: str) -> None:
    answer = predict(client, "12명", text)
    assert answer.status_code == 400
    assert "task 41" in answer.json()["error"] and says in answer.json()["error"]


def test_asking_the_wrong_way_is_refused(client: TestClient) -> None:
    assert client.get("/predict").status_code == 405
    assert "error" in client.get("/predict").json()


def test_too_large_a_request_is_refused(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backend, "LARGEST_BODY", 100)
    answer = predict(client, GRAMMAR_TEXT)
    assert answer.status_code == 413 and "fewer tasks" in answer.json()["error"]


def test_a_fault_of_ours_is_told_as_one(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("out of paper")

    monkeypatch.setattr(backend, "predictions", broken)
    answer = predict(client, GRAMMAR_TEXT)
    assert answer.status_code == 500 and "out of paper" in answer.json()["error"]


CONFIGS = {
    "labels of a picture": '<View><RectangleLabels name="l" toName="t"/><Image name="t" value="$i"/></View>',
    "labels of nothing": '<View><Labels name="l" toName="u"><Label value="ORG"/></Labels><Text name="t" value="$t"/></View>',
    "other labels": '<View><Labels name="l" toName="t"><Label value="LOC"/></Labels><Text name="t" value="$t"/></View>',
    "a text from the web": '<View><Labels name="l" toName="t"><Label value="ORG"/></Labels><Text name="t" value="$t" valueType="url"/></View>',
    "a fixed text": '<View><Labels name="l" toName="t"><Label value="ORG"/></Labels><Text name="t" value="글"/></View>',
}


@pytest.mark.parametrize("xml", CONFIGS.values(), ids=CONFIGS.keys())
def test_a_configuration_that_cannot_be_served_is_refused(xml: str) -> None:
    with pytest.raises(InputError, match="labelling configuration"):
        read_config(xml)


def test_of_two_controls_the_one_on_the_text_counts() -> None:
    xml = (
        '<View><Labels name="a" toName="picture"><Label value="ORG"/></Labels>'
        '<Image name="picture" value="$i"/>'
        '<Labels name="b" toName="words"><Label value="PERSON"/></Labels>'
        '<Text name="words" value="$words"/></View>'
    )
    config = read_config(xml)
    assert (config.from_name, config.key, config.relations) == ("b", "words", None)
