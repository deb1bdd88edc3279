"""Kinds of characters that the records tell apart."""

from __future__ import annotations

MIDDLE_DOTS = frozenset("·‧・ㆍ∙")
# All that may stand around a name; which of them pair as quotations is for quote_marks.
QUOTE_MARKS = frozenset("'\"‘’“”`´「」『』《》〈〉<>")
OPENING_BRACKETS, CLOSING_BRACKETS = frozenset("([（［〔"), frozenset(")]）］〕")


def is_hangul(character: str) -> bool:
    """True for a composed syllable 가 to 힣; `''` is none."""
    return "가" <= character <= "힣"


def is_latin(character: str) -> bool:
    """True for a letter A to Z of either case; `''` is none."""
    return character.isascii() and character.isalpha()
