"""The loop through Label Studio itself: export, its backend's marks, people's work, import.

Runs where `label_studio` is installed, or where the environment variable LABEL_STUDIO names its
executable (it wants other versions of libraries than this project, so an environment of its own is
best). Its first start makes a database, which takes minutes on a slow machine.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from annotated_article import PERSON, TEXT, exported, grammar_extractor, renamed

from lgtalent_ie.annotation.formats import label_studio
from lgtalent_ie.annotation.importing import import_marks
from lgtalent_ie.annotation.marked import Marked, Origin, from_document, from_mentions
from lgtalent_ie.extractor import Extractor

pytestmark = pytest.mark.slow
TOKEN = "0123456789abcdef0123456789abcdef01234567"
EMAIL = "annotator@example.org"
START_SECONDS = 900


def executable() -> str:
    """Label Studio's command; skips where there is none."""
    named = os.environ.get("LABEL_STUDIO")
    if named:
        assert shutil.which(named), f"LABEL_STUDIO={named} is no executable"
        return named
    beside = Path(sys.executable).with_name("label-studio")
    if importlib.util.find_spec("label_studio") and beside.exists():
        return str(beside)
    pytest.skip("Label Studio is not installed, and LABEL_STUDIO does not name its executable")


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A client of a Label Studio of our own, with its data in a scratch folder."""
    command = executable()
    httpx = pytest.importorskip("httpx", reason="the extra `serve` is not installed")
    data, port = tmp_path_factory.mktemp("label_studio"), free_port()
    environment = os.environ | {
        "LABEL_STUDIO_BASE_DATA_DIR": str(data), "COLLECT_ANALYTICS": "false",
        "LATEST_VERSION_CHECK": "false", "SENTRY_DSN": "", "FRONTEND_SENTRY_DSN": "",
        # The backend of this test has a loopback address, which Label Studio asks only where its
        # own list of forbidden networks is replaced; the other private ones stay forbidden.
        "USE_DEFAULT_BANNED_SUBNETS": "false",
        "USER_ADDITIONAL_BANNED_SUBNETS": "10.0.0.0/8,169.254.0.0/16,172.16.0.0/12,192.168.0.0/16",
    }  # fmt: skip
    arguments = [
        command, "start", "--no-browser", "--internal-host", "127.0.0.1", "--port", str(port),
        "--username", EMAIL, "--password", "of-no-use-1", "--user-token", TOKEN,
        "--enable-legacy-api-token",
    ]  # fmt: skip
    with (data / "log").open("wb") as log:
        process = subprocess.Popen(arguments, env=environment, stdout=log, stderr=log)
        client = httpx.Client(
            base_url=f"http://127.0.0.1:{port}", timeout=120,
            headers={"Authorization": f"Token {TOKEN}"},
        )  # fmt: skip
        try:
            wait_until_up(client, process, data / "log", httpx.TransportError)
            yield client
        finally:
            client.close()
            process.terminate()
            process.wait(30)


def wait_until_up(client: Any, process: Any, log: Path, not_yet: type[Exception]) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        assert process.poll() is None, log.read_text("utf-8", "replace")[-2000:]
        try:
            if client.get("/api/projects/").status_code == 200:
                return
        except not_yet:
            pass
        time.sleep(2)
    pytest.fail("Label Studio did not start: " + log.read_text("utf-8", "replace")[-2000:])


@pytest.fixture(scope="module")
def extractor(tmp_path_factory: pytest.TempPathFactory) -> Extractor:
    return grammar_extractor(tmp_path_factory.mktemp("model") / "model")


@pytest.fixture(scope="module")
def backend(extractor: Extractor) -> Iterator[str]:
    """The address of our backend, which answers on a thread."""
    uvicorn = pytest.importorskip("uvicorn", reason="the extra `serve` is not installed")
    from lgtalent_ie.annotation.backend import make_app

    port = free_port()
    config = uvicorn.Config(make_app(extractor), host="127.0.0.1", port=port, log_level="warning")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(30)


def answered(response: Any) -> Any:
    assert response.status_code < 300, response.text[:2000]
    return response.json()


def project(studio: Any, title: str) -> int:
    config = label_studio.labelling_config()
    number: int = answered(
        studio.post("/api/projects/", json={"title": title, "label_config": config})
    )["id"]
    return number


def tasks_of(studio: Any, number: int) -> list[dict[str, Any]]:
    found = answered(
        studio.get("/api/tasks/", params={"project": number, "fields": "all", "page_size": 100})
    )
    tasks: list[dict[str, Any]] = sorted(found["tasks"], key=lambda task: task["id"])
    return tasks


def export(studio: Any, number: int, path: Path) -> Path:
    response = studio.get(f"/api/projects/{number}/export", params={"exportType": "JSON"})
    assert response.status_code == 200, response.text[:2000]
    path.write_bytes(response.content)
    return path


def send(studio: Any, number: int, documents: list[Marked], path: Path) -> None:
    """Import what we export, as its own page would: the file."""
    label_studio.write(documents, path)
    with path.open("rb") as file:
        sent = answered(studio.post(f"/api/projects/{number}/import", files={"file": file}))
    assert sent["task_count"] == len(documents)


def test_what_we_export_comes_back_as_it_went(studio: Any, tmp_path: Path) -> None:
    documents = [exported(), renamed(exported(), "second")]
    number = project(studio, "round trip")
    send(studio, number, documents, tmp_path / "tasks.json")
    for task in tasks_of(studio, number):
        # What its page does when someone takes the pre-annotation over as it is.
        [prediction] = task["predictions"]
        answered(
            studio.post(
                f"/api/tasks/{task['id']}/annotations/", json={"result": prediction["result"]}
            )
        )
    path = export(studio, number, tmp_path / "export.json")
    known = {marked.gold.document: marked for marked in documents}
    found = import_marks("label_studio", path, PERSON, known)
    assert found.findings == ()
    for marked in found.documents:
        was = known[marked.gold.document].gold
        assert [(m.id, m.label, m.start, m.end) for m in marked.gold.mentions] == [
            (m.id, m.label, m.start, m.end) for m in was.mentions
        ]
        assert (marked.gold.dates, marked.gold.quotes, marked.gold.facts) == (
            was.dates, was.quotes, was.facts,
        )  # fmt: skip
    own = import_marks("label_studio", path, PERSON, keep_origin=True)
    user = answered(studio.get("/api/current-user/whoami"))["id"]
    assert {marked.gold.annotators for marked in own.documents} == {(str(user),)}


def test_our_backend_marks_its_tasks_and_people_correct_them(
    studio: Any, backend: str, extractor: Extractor, tmp_path: Path
) -> None:
    texts = {
        "🎓 article": TEXT,
        "whales": "먼바다에서 고래 34마리가 물을 뿜으며 지난해 3월 지나갔다.",
    }
    bare = [from_mentions(name, text, (), (), PERSON) for name, text in texts.items()]
    number = project(studio, "backend")
    rows = [
        {"data": {"text": marked.text, "document": marked.gold.document, "published": "2024-03-06"}}
        for marked in bare
    ]
    answered(studio.post(f"/api/projects/{number}/import", json=rows))
    connected = answered(
        studio.post("/api/ml/", json={"project": number, "url": backend, "title": "lgtalent_ie"})
    )
    assert connected["state"] in ("CO", "DI") and connected["url"] == backend
    versions = answered(studio.get(f"/api/ml/{connected['id']}/versions"))
    assert versions["versions"] == ["tiny@1"]

    answered(
        studio.post(
            "/api/dm/actions", params={"id": "retrieve_tasks_predictions", "project": number},
            json={"selectedItems": {"all": True, "excluded": []}},
        )
    )  # fmt: skip
    tasks = tasks_of(studio, number)
    known = {}
    for task in tasks:
        [prediction] = task["predictions"]
        text = task["data"]["text"]
        document = extractor.extract(text, "2024-03-06")
        regions = [item["value"] for item in prediction["result"] if item["type"] == "labels"]
        assert prediction["model_version"] == "tiny@1" and 0 < prediction["score"] <= 1
        assert [(r["start"], r["end"], r["labels"]) for r in regions] == [
            (m.start, m.end, [m.label]) for m in document.mentions
        ]
        assert regions, text
        name = task["data"]["document"]
        origin = Origin((document.model,), date(2026, 1, 1))
        known[name] = from_document(document, name, origin)
        # A person takes the first region out and keeps the others.
        kept = [item for item in prediction["result"] if item.get("id") != "m1"]
        answered(studio.post(f"/api/tasks/{task['id']}/annotations/", json={"result": kept}))

    path = export(studio, number, tmp_path / "export.json")
    found = import_marks("label_studio", path, PERSON, known)
    deleted = [f.document for f in found.findings if f.kind == "mention deleted"]
    assert sorted(deleted) == sorted(texts)
    for marked in found.documents:
        was = known[marked.gold.document].gold
        assert [m.id for m in marked.gold.mentions] == [m.id for m in was.mentions[1:]]
        values = {c.mention: c.value for c in marked.gold.counts}
        values |= {d.mention: d.value for d in marked.gold.dates}
        assert set(values) == {m.id for m in marked.gold.mentions}, "values of what was kept"


def test_a_backend_that_is_wrong_for_the_project_is_refused(studio: Any, backend: str) -> None:
    other = '<View><Labels name="l" toName="t"><Label value="Cat"/></Labels><Text name="t" value="$text"/></View>'
    number = answered(studio.post("/api/projects/", json={"title": "cats", "label_config": other}))[
        "id"
    ]
    refused = studio.post("/api/ml/", json={"project": number, "url": backend, "title": "wrong"})
    assert refused.status_code == 400
    assert "incompatible with the current labeling configuration" in json.dumps(refused.json())
