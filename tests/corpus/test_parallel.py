"""Documents of several processes: those of one, in order, each with its own error."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from tiny_models import tiny_tagger

from lgtalent_ie import Document, Extractor
from lgtalent_ie.corpus import parallel
from lgtalent_ie.corpus.parallel import (
    checked,
    give_up,
    read_in_processes,
    sendable,
    split,
    start_reading,
)
from lgtalent_ie.corpus.work import Work
from lgtalent_ie.errors import EngineError, InputError, LgtalentError, ModelError
from lgtalent_ie.model.loading import save_model
from lgtalent_ie.model.tagger import WindowText

TEXTS = [f"새별전자 김한별 대표는 {n}일 연구원 {n + 1}명을 뽑았다고 말했다." for n in range(1, 29)]
DEADLY = "이 글은 읽는 이를 죽인다."


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "tiny"
    save_model(tiny_tagger(), folder)
    return folder


@pytest.fixture(scope="module")
def extractor(folder: Path) -> Extractor:
    return Extractor(folder, "cpu", [("새별전자", "NNP")], min_score=0.01)


def killed_by_text(work: Work) -> Callable[[parallel.Group], parallel.Read]:
    """As `start_reading`, but one text kills its process."""
    read = start_reading(work)

    def handle(group: parallel.Group) -> parallel.Read:
        if any(text == DEADLY for text, _ in group[1]):
            os._exit(9)
        return read(group)

    return handle


def test_documents_are_those_of_one_process_in_order(extractor: Extractor) -> None:
    published = [f"2023-06-{n:02}" for n in range(1, 29)]
    alone = list(extractor.extract_many(TEXTS, published))
    assert list(extractor.extract_many(TEXTS, published, workers=2)) == alone
    assert any(m.text == "새별전자" for document in alone for m in document.mentions)


def test_a_text_that_cannot_be_read_has_its_own_error(extractor: Extractor) -> None:
    results: Iterator[Any] = extractor.read_with(
        2,
        [(TEXTS[0], None), (None, None), (TEXTS[1], "gestern"), (TEXTS[2], None)],  # type: ignore[list-item]
    )
    found = list(results)
    assert [type(result) for result in found] == [Document, InputError, InputError, Document]
    assert "gestern" in str(found[2])
    stream = extractor.extract_many([TEXTS[0], None], workers=1)  # type: ignore[list-item]
    assert next(stream).text == TEXTS[0]
    with pytest.raises(InputError, match="NoneType"):
        next(stream)


def test_a_text_that_kills_its_process_costs_itself_alone(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parallel, "start_reading", killed_by_text)
    texts = [*TEXTS[:3], DEADLY, *TEXTS[3:5]]
    found = list(read_in_processes(Work(str(folder), "cpu"), [(t, None) for t in texts], 2))
    assert [isinstance(result, Document) for result in found] == [True] * 3 + [False] + [True] * 2
    assert "died on" in str(found[3])


@pytest.mark.parametrize("size", [1, 3, 20])
def test_where_the_model_fails_over_all_each_text_is_read_alone(
    extractor: Extractor, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    states = extractor.runtime.states

    def failing(windows: Sequence[WindowText]) -> Sequence[Any]:
        if any(window.text == TEXTS[1] for window in windows):
            raise MemoryError("no room")
        return states(windows)

    monkeypatch.setattr(extractor.runtime, "states", failing)
    found = list(extractor.extract_each([(text, None) for text in TEXTS[:size]]))
    assert [isinstance(one, Document) for one in found] == [n != 1 for n in range(size)]
    assert size == 1 or repr(found[1]) == "MemoryError('no room')"


def test_the_end_of_the_engine_is_no_fault_of_a_text(
    extractor: Extractor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ended(windows: object) -> None:
        raise EngineError("a process that has ended", "one that goes on", "start again")

    monkeypatch.setattr(extractor.runtime, "states", ended)
    with pytest.raises(EngineError):
        list(extractor.extract_each([(TEXTS[0], None), (TEXTS[1], None)]))


def test_what_cannot_be_sent_stays_here_and_keeps_its_place() -> None:
    dated: Any = [(threading.Lock(), None), (TEXTS[0], "2023-06-21"), (TEXTS[1], object())]
    wrong, right = checked(dated)
    assert right == [(TEXTS[0], date(2023, 6, 21))]
    assert {place: type(error) for place, error in wrong.items()} == {0: InputError, 2: InputError}
    assert split((wrong, right)) == [({0: wrong[0]}, []), ({}, right), ({0: wrong[2]}, [])]
    assert len(give_up((wrong, right), "a worker process died on this row")) == 3


def test_texts_are_taken_a_few_groups_ahead_and_no_more(
    extractor: Extractor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parallel, "grouped", lambda dated: ([one] for one in dated))
    numbers = count()
    stream = extractor.extract_many((f"{n}번째 글." for n in numbers), workers=1)
    assert next(stream).text == "0번째 글."
    assert next(numbers) < 10
    stream.close()  # type: ignore[attr-defined]


def test_no_model_and_no_workers_are_told(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="nowhere"):
        list(read_in_processes(Work(str(tmp_path / "nowhere"), "cpu"), [("하나.", None)], 1))
    with pytest.raises(InputError, match="workers=-1"):
        list(read_in_processes(Work(), [("하나.", None)], -1))


@pytest.mark.parametrize(
    "error, expected",
    [
        (InputError("a", "b", "c"), "a; accepted: b; to do: c"),
        (KeyError("x"), "KeyError: 'x'"),
    ],
)
def test_errors_reach_the_other_process(error: Exception, expected: str) -> None:
    sent = sendable(error)
    assert str(sent) == expected
    assert isinstance(sent, LgtalentError) == isinstance(error, LgtalentError)


def test_workers_make_the_same_extractor_in_any_folder(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names, words = tmp_path / "names.csv", tmp_path / "words.tsv"
    names.write_text("id,names\n1,새별전자\n", encoding="utf-8")
    words.write_text("새별전자\tNNP\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(parallel, "read_in_processes", lambda work, dated, workers: work)
    made = Extractor(folder, "cpu", "words.tsv", 0.5, "names.csv")
    made.min_score = 0.7
    work: Any = made.read_with(1, [])
    assert (work.model, work.device, work.min_score) == (str(folder), "cpu", 0.7)
    assert (work.user_dictionary, work.words, work.entities) == (str(words), None, str(names))
    work = Extractor(folder, "cpu", iter(["새별전자"])).read_with(1, [])
    assert (work.user_dictionary, work.words) == (None, ("새별전자",))
