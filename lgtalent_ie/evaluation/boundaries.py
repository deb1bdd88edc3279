"""What two spans that overlap differ by: a particle, a bracket, a modifier, or something else.

The rules read the characters alone, so that a list of errors says the same whatever analyser, or
version of one, is installed. Particles (조사) are a closed class: a piece is one where it can be
cut into members of the table with the form that the syllable before each asks for (은 after a final
consonant, 는 after a vowel; 로 also after ㄹ) and where the word ends behind it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

BoundaryKind = Literal["particle", "bracket", "modifier", "other"]

Offsets = tuple[int, int]

# Brackets, and the quotation marks that guidelines leave outside of names.
BRACKETS = re.compile(r"""[()\[\]{}<>〈〉《》「」『』【】〔〕（）［］＜＞"'‘’“”`´]""")

# Particles and the forms of the copula 이다 that follow a name as a particle does, by what has to
# stand before: a final consonant, a vowel, or either.
AFTER_CONSONANT = frozenset(
    "은 이 을 과 으로 으로서 으로써 이나 이나마 이든 이든지 이라도 이라고 이라는 이라며 이란 이랑 "
    "이며 이면 이면서 이자 이고 이야 이야말로 이다 이었다 이던 이지만 아 이여".split()
)
AFTER_VOWEL = frozenset(
    "는 가 를 와 로 로서 로써 나 나마 든 든지 라도 라고 라는 라며 란 랑 며 면 면서 자 고 야 야말로 "
    "다 였다 던 지만 여".split()
)
AFTER_ANY = frozenset(
    "의 에 에서 에게 에게서 에다 에다가 께 께서 한테 한테서 도 만 까지 부터 마저 조차 보다 처럼 "
    "같이 만큼 마다 뿐 대로 밖에 커녕 하고 더러 인 일 치고 이라 라".split()
)
LONGEST = max(map(len, AFTER_CONSONANT | AFTER_VOWEL | AFTER_ANY))

HANGUL_FIRST, HANGUL_LAST, FINALS, RIEUL = "가", "힣", 28, 8


def boundary_kind(gold: Offsets, predicted: Offsets, text: str) -> BoundaryKind:
    """What two different spans of `text` that overlap differ by.

    `particle`: behind the shorter stands a particle, which the longer has, right or wrong (a name
    may end like one); `bracket`: the piece that only one has holds a bracket or a quotation mark;
    `modifier`: it is whole words before the shorter, for in Korean what modifies stands before its
    head; `other`: the rest, and spans that differ at both ends in two ways.

    >>> text = "하늘대 새벽 연구소는 열었다"
    >>> boundary_kind((0, 10), (0, 11), text), boundary_kind((4, 10), (0, 10), text)
    ('particle', 'modifier')
    """
    kinds = {_piece_kind(piece, text) for piece in _pieces(gold, predicted)}
    return kinds.pop() if len(kinds) == 1 else "other"


def _pieces(first: Offsets, second: Offsets) -> Iterator[tuple[int, int, bool]]:
    """What only one of the two has: start, end, whether it stands before what both have."""
    (low, high), (end, last) = sorted((first[0], second[0])), sorted((first[1], second[1]))
    if low < high:
        yield low, high, True
    if end < last:
        yield end, last, False


def _piece_kind(piece: tuple[int, int, bool], text: str) -> BoundaryKind:
    start, end, is_before = piece
    words = text[start:end]
    if BRACKETS.search(words):
        return "bracket"
    if is_before:
        # The particle of the word before, when a span begins too early within that word.
        inside_word = start > 0 and text[start - 1].isalnum() and words != words.rstrip()
        if inside_word and is_particle(words.rstrip(), text[start - 1]):
            return "particle"
        return "modifier" if words != words.rstrip() else "other"
    ends_word = end >= len(text) or not text[end].isalnum()
    is_attached = ends_word and start > 0 and is_particle(words, text[start - 1])
    return "particle" if is_attached else "other"


def is_particle(word: str, before: str) -> bool:
    """Whether `word` is one particle or several in a row after the character `before`.

    >>> is_particle("에서는", "국"), is_particle("는", "국"), is_particle("", "국")
    (True, False, False)
    """
    return any(
        _agrees(word[:cut], before) and (cut == len(word) or is_particle(word[cut:], word[cut - 1]))
        for cut in range(1, min(len(word), LONGEST) + 1)
    )


def _agrees(particle: str, before: str) -> bool:
    """Whether it is a particle of the table in the form that the character before asks for."""
    if particle in AFTER_ANY:
        return True
    if not HANGUL_FIRST <= before <= HANGUL_LAST:
        # How a digit or a Latin letter ends is a matter of reading it aloud.
        return particle in AFTER_CONSONANT or particle in AFTER_VOWEL
    final = (ord(before) - ord(HANGUL_FIRST)) % FINALS
    if final == RIEUL and particle in ("로", "로서", "로써"):
        return True
    return particle in (AFTER_CONSONANT if final else AFTER_VOWEL)
