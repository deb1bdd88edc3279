"""The script that scores what numbers count."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

from lgtalent_ie.errors import DataError
from lgtalent_ie.evaluation.spans import Score
from lgtalent_ie.schema import Count, Document, Mention, Span

TEXT = "새별전자는 연구원 12명과 차 3대를 더했다."
MARKS = [[[10, 13], [6, 9]], [[17, 19], [15, 16]]]
SCRIPT = Path(__file__).parents[1] / "scripts" / "score_counted.py"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("score_counted", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["score_counted"] = module
    spec.loader.exec_module(module)
    return module


def write(folder: Path, length: int) -> Path:
    row = {"file": "a.jsonl", "id": "1", "length": length, "of": MARKS}
    (folder / "a.jsonl").write_text(json.dumps({"id": "1", "text": TEXT}), encoding="utf-8")
    (folder / "round.jsonl").write_text(json.dumps(row), encoding="utf-8")
    return folder / "round.jsonl"


class Reader:
    """Finds the first number and what it counts, the second without."""

    def extract_many(self, texts: list[str]) -> list[Document]:
        mentions = (
            Mention("m1", "QUANTITY", 10, 13, "12명", 1.0),
            Mention("m2", "QUANTITY", 17, 19, "3대", 1.0),
        )
        known = Count("m1", 6, 13, "", 12, None, None, "명", "person", "exact", of=Span(6, 9, ""))
        bare = Count("m2", 17, 19, "", 3, None, None, "대", "item", "exact")
        return [Document(text, "m", mentions=mentions, counts=(known, bare)) for text in texts]


def test_a_phrase_is_right_where_both_ends_are(script: ModuleType, tmp_path: Path) -> None:
    sentences = list(script.read_round(write(tmp_path, len(TEXT)), tmp_path))
    assert sentences == [(TEXT, {(10, 13): (6, 9), (17, 19): (15, 16)})]
    assert script.score(sentences, Reader()) == Score(right=1, predicted=1, gold=2)


def test_a_text_that_is_not_the_marked_one_is_named(script: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"a\.jsonl, row 1"):
        list(script.read_round(write(tmp_path, len(TEXT) + 1), tmp_path))
