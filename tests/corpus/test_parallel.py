"""Documents of several processes: those of one, in order, each with its own error."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from tiny_models import tiny_tagger

from lgtalent_ie import Document, Extractor
from lgtalent_ie.corpus import parallel
from lgtalent_ie.corpus.parallel import read_in_processes, sendable, start_reading
from lgtalent_ie.corpus.work import Work
from lgtalent_ie.errors import InputError, LgtalentError, ModelError
from lgtalent_ie.model.loading import save_model

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


def killed_by_text(work: Work) -> Callable[[parallel.Dated], parallel.Read]:
    """As `start_reading`, but one text kills its process."""
    read = start_reading(work)

    def handle(dated: parallel.Dated) -> parallel.Read:
        if any(text == DEADLY for text, _ in dated):
            os._exit(9)
        return read(dated)

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


def test_all_that_makes_an_extractor_is_handed_on(folder: Path, tmp_path: Path) -> None:
    names = tmp_path / "names.csv"
    names.write_text("id,names\n1,새별전자\n", encoding="utf-8")
    made = Extractor(folder, "cpu", iter(["새별전자"]), 0.5, names)
    work = Work(**made.given)
    assert (work.model, work.device, work.min_score) == (str(folder), "cpu", 0.5)
    assert (work.words, work.user_dictionary) == (("새별전자",), None)
    assert work.entities == str(names)
