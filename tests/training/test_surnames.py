"""Surnames that konec's training sentences lost."""

from __future__ import annotations

import pytest

from lgtalent_ie.training.surnames import AMBIGUOUS, lost_surnames

CASES = {
    "before 씨, with and without a blank": ("최씨는 배 씨와", ["최", "배"], []),
    "a determiner too, before 씨": ("이씨가 웃었다", ["이"], []),
    "withheld names": ("김모(49)씨와 윤 모씨가", ["김"], ["모"]),
    "before a title": ("문 의원과 강 대변인이", ["문", "강"], []),
    "before a title with its office": ("박 부위원장에게", ["박"], []),
    "a determiner as often": ("이 대표와 한 선수, 전 사장은", [], ["이", "한", "전"]),
    "inside a word": ("최대표는 씨앗을 김밥 사장과", [], []),
    "before another word": ("문 옆에 강 건너 박 속", [], []),
}


@pytest.mark.parametrize("text, names, doubtful", CASES.values(), ids=CASES.keys())
def test_cases(text: str, names: list[str], doubtful: list[str]) -> None:
    found, unsure = lost_surnames(text, [])
    assert [text[s:e] for s, e, _ in found] == names
    assert [text[s:e] for s, e, _ in unsure] == doubtful
    assert {label for *_, label in found} <= {"PS_NAME"}


def test_what_is_marked_or_unsure_stays_as_it_is() -> None:
    text = "최씨는 문 의원과 배씨를 만났다."
    assert lost_surnames(text, [(0, 1, "PS_NAME"), (4, 8, "CV_POSITION"), (10, 11, "?")]) == (
        [],
        [],
    )


def test_every_doubtful_surname_is_one_character() -> None:
    assert all(len(surname) == 1 for surname in AMBIGUOUS)
