"""Numbers spelled in Hangul as they stand in dates: Sino-Korean (이천이십삼) and native (열두)."""

from __future__ import annotations

from functools import lru_cache

from lgtalent_ie.records.numerals import parse_number

_ROWS = "일이삼사오육칠팔구"
_DIGITS = {c: n for n, c in enumerate("영일이삼사오육칠팔구")} | {"공": 0, "륙": 6}
SINO = "[영공일이삼사오육륙칠팔구십백천]{1,8}"

NATIVE = {
    "한": (1, None), "두": (2, None), "세": (3, None), "석": (3, None),
    "네": (4, None), "넉": (4, None), "다섯": (5, None), "여섯": (6, None), "일곱": (7, None),
    "여덟": (8, None), "아홉": (9, None), "열": (10, None), "열한": (11, None),
    "열두": (12, None), "열세": (13, None), "열네": (14, None), "열다섯": (15, None),
    "스무": (20, None), "서른": (30, None), "한두": (1, 2), "두세": (2, 3), "두서너": (2, 4),
    "두어": (2, 3), "서너": (3, 4), "너댓": (4, 5), "네댓": (4, 5), "대여섯": (5, 6),
    "예닐곱": (6, 7),
}  # fmt: skip
_ONES = ["", "한", "두", "세", "네", "다섯", "여섯", "일곱", "여덟", "아홉"]
_TENS = ["열", "스물", "서른", "마흔", "쉰", "예순", "일흔", "여든", "아흔"]
NATIVE |= {
    ten + one: (10 * tens + ones, None)
    for tens, ten in enumerate(_TENS, 1)
    for ones, one in enumerate(_ONES)
}
"""Native determiner numerals: (value, upper end of an inexact pair or None)."""


def inexact_pair(text: str) -> tuple[int, int] | None:
    """Two digits in a row that say about how many, None for all else.

    >>> inexact_pair("이삼"), inexact_pair("오륙"), inexact_pair("구팔"), inexact_pair("십이")
    ((2, 3), (5, 6), None, None)
    """
    if len(text) != 2:
        return None
    low, high = (_ROWS.find(digit) + 1 for digit in text.replace("륙", "육"))
    # 일이 is as often a noun with its particle.
    return (low, high) if low > 1 and high == low + 1 else None


@lru_cache(maxsize=1024)
def sino_number(text: str) -> int | None:
    """The number up to 9999 that a text of `SINO` spells, None where it spells none.

    >>> sino_number("이천이십삼"), sino_number("이공이삼"), sino_number("십이"), sino_number("십십")
    (2023, 2023, 12, None)
    """
    if all(character in _DIGITS for character in text):
        # 이공이삼: digit by digit, as years are read.
        return int("".join(str(_DIGITS[c]) for c in text)) if 1 <= len(text) <= 4 else None
    number = parse_number(text.replace("륙", "육"))
    return number if isinstance(number, int) and number < 10000 else None
