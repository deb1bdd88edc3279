"""A model in a process of its own: it answers as one at hand does, whoever asks and whoever dies."""

from __future__ import annotations

import os
import signal
import socket
import struct
import threading
from collections.abc import Iterator, Sequence
from copy import copy
from itertools import chain
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest
from tiny_models import tiny_pair_tagger

from lgtalent_ie import Extractor
from lgtalent_ie.engine.runtime import make_parts
from lgtalent_ie.engine.served import (
    Question,
    ServedRuntime,
    Server,
    connect,
    model_server,
    server_runtime,
)
from lgtalent_ie.errors import EngineError, ModelError
from lgtalent_ie.model.config import RELATIONS
from lgtalent_ie.model.decoding import LabelledSpan
from lgtalent_ie.model.loading import save_model
from lgtalent_ie.model.pairs import PairPlaces

Spans = Sequence[Sequence[LabelledSpan]]

TEXTS = [
    "새별전자는 지난달 연구원 12명을 뽑았다. 김한별 대표는 “올해도 더 뽑겠다”고 말했다.",
    "한빛대는 새별전자와 협약을 맺었다.",
    "",
    "박사급 연구원 30명이 새별전자에 합류했다. " * 40,
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "tiny"
    save_model(tiny_pair_tagger(), folder)
    return folder


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    with model_server(folder, "cpu") as address:
        yield address


@pytest.fixture(scope="module")
def extractor(folder: Path) -> Extractor:
    """One with the model at hand; Kiwi is large, so one for all tests."""
    return Extractor(folder, "cpu")


def served(extractor: Extractor, address: str) -> Extractor:
    """The same, with the model of a server."""
    other = copy(extractor)
    other.runtime = ServedRuntime(extractor.runtime.tagger, address)
    return other


def test_documents_are_those_of_a_model_at_hand(extractor: Extractor, address: str) -> None:
    here = list(extractor.extract_many(TEXTS))
    assert list(served(extractor, address).extract_many(TEXTS)) == here
    assert any(document.mentions for document in here)


def test_pairs_are_scored_on_the_states_of_the_last_question(
    extractor: Extractor, address: str
) -> None:
    here, there = extractor.runtime, ServedRuntime(extractor.runtime.tagger, address)
    windows = extractor.prepare(TEXTS[0]).windows
    pairs = [[PairPlaces(0, 1, 3, 5, "ORG", "QUANTITY")], [PairPlaces(2, 3, 0, 1, "ORG", "PERSON")]]
    expected = here.pair_logits([rows[:6] for rows in here.states(windows)], pairs, RELATIONS)
    there.states(windows[:1])
    found = there.pair_logits([rows[:6] for rows in there.states(windows)], pairs, RELATIONS)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_each_of_many_gets_its_own(extractor: Extractor, address: str) -> None:
    windows = [extractor.prepare(text).windows for text in TEXTS]
    here, tagger = extractor.runtime, extractor.runtime.tagger
    expected = [here.decode(here.states(some)) for some in windows]
    right: list[int] = []

    def ask(number: int) -> None:
        there = ServedRuntime(tagger, address)
        for _ in range(5):
            spans = there.decode(there.states(windows[number]))
            right.extend([number] * (near(spans, expected[number])))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(len(TEXTS))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(right) == sorted(5 * list(range(len(TEXTS))))


def near(found: Spans, expected: Spans) -> bool:
    """The same spans; their scores may be rounded differently, as batches are put together."""
    pairs = list(zip(chain(*found), chain(*expected), strict=True))
    return all(a[:3] == b[:3] and abs(a.score - b.score) < 1e-5 for a, b in pairs)


def test_one_who_leaves_in_the_middle_harms_nobody(extractor: Extractor, address: str) -> None:
    other = served(extractor, address)
    left = ServedRuntime(other.runtime.tagger, address)
    left.connection = connect(address)
    left.connection.send("no question at all")
    left.connection.close()
    assert other.extract(TEXTS[0]) == extractor.extract(TEXTS[0])


def test_a_question_that_fails_is_told_and_the_next_is_answered(
    extractor: Extractor, address: str
) -> None:
    runtime = ServedRuntime(extractor.runtime.tagger, address)
    with pytest.raises(RuntimeError, match="AttributeError"):
        runtime.ask("no question at all")  # type: ignore[arg-type]
    assert runtime.states([]) == []


def test_questions_that_come_together_are_read_together(
    extractor: Extractor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two ask while a third is answered: the device is set to work twice, not three times."""
    runs: list[int] = []
    read = Server.read

    def counting(server: Server, questions: list[object]) -> object:
        runs.append(len(questions))
        return read(server, questions)  # type: ignore[arg-type]

    monkeypatch.setattr(Server, "read", counting)
    windows = [extractor.prepare(text).windows for text in TEXTS[:3]]
    ours, theirs = get_context("spawn").Pipe()
    with socket.socket(socket.AF_UNIX) as listener:
        path = str(tmp_path / "here")
        listener.bind(path)
        listener.listen()
        clients = [ServedRuntime(extractor.runtime.tagger, path) for _ in windows]
        for client, some in zip(clients, windows, strict=True):
            client.connection = connect(path)
            parts = make_parts(some, client.tagger, client.tagger)
            client.connection.send(Question(parts, len(some)))
        server = Server(server_runtime(extractor.runtime.tagger, "cpu"), listener, theirs)
        thread = threading.Thread(target=server.run)
        thread.start()
        answers = [client.connection.recv() for client in clients if client.connection]
        ours.close()
        thread.join(10)
    assert [len(content) for _, content in answers] == [len(some) for some in windows]
    assert sum(runs) == 3
    assert not thread.is_alive()


def end_server(address: str) -> None:
    """Kill whichever process listens at the address."""
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(address)
        told = client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    os.kill(struct.unpack("3i", told)[0], signal.SIGKILL)


def test_the_end_of_the_server_is_no_fault_of_a_document(
    folder: Path, extractor: Extractor
) -> None:
    with model_server(folder, "cpu") as address:
        other = served(extractor, address)
        assert other.extract(TEXTS[0]).mentions
        end_server(address)
        with pytest.raises(EngineError, match="has ended"):
            list(other.extract_each([(TEXTS[0], None)]))


def test_a_model_that_cannot_be_loaded_is_told_to_who_asked_for_it(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="nothing"), model_server(tmp_path / "nothing", "cpu"):
        pass
