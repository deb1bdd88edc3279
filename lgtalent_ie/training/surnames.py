"""Bare surnames that the labels of konec's training sentences lack.

Those labels were put back by how often each form carries each, and forms of one character, which
stand for many things, stayed without: of what these patterns find, 39 % before `씨` and 57 % before
a title have no label, where konec's own marks of the dev sentences lack 2 and 23 %. KLUE's labels
take them over from konec; of those before a title KLUE itself joins one in ten with it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from lgtalent_ie.name_tables import name_words, surnamed, word_set
from lgtalent_ie.repairs import title_endings
from lgtalent_ie.training.labels import UNSURE, Spans

# konec's label of a person's name.
PERSON = "PS_NAME"
# As often a determiner, a prefix or a noun before a title: `이 대표`, `한 선수`, `전 의원`.
# `윤 모씨`: whose name is withheld is no Mr 모.
WITHHELD = "모"
AMBIGUOUS = frozenset("이한전신현고주구유지원양손연국제대선인" + WITHHELD)


def lost_surnames(text: str, spans: Sequence[tuple[int, int, str]]) -> tuple[Spans, Spans]:
    """Surnames that no span touches: those that are names, and those that may be.

    >>> lost_surnames("최 의원과 배씨, 이 대표", [])
    ([(0, 1, 'PS_NAME'), (6, 7, 'PS_NAME')], [(10, 11, '?')])
    """
    free = [True] * len(text)
    for start, end, _ in spans:
        free[start:end] = [False] * (end - start)
    names: Spans = []
    doubtful: Spans = []
    for pattern, sure in ((surnamed(), True), (before_title(), False)):
        for match in pattern.finditer(text):
            start, end = match.span(1)
            if not all(free[start:end]):
                continue
            if match[1] not in ({WITHHELD} if sure else AMBIGUOUS):
                # Of `김모 씨` konec's marks hold the surname alone.
                names.append((start, start + len(match[1].removesuffix(WITHHELD)), PERSON))
            else:
                doubtful.append((start, end, UNSURE))
    return sorted(names), doubtful


@cache
def before_title() -> re.Pattern[str]:
    """A surname of one character before a blank and a word that ends as titles do."""
    surnames = "".join(word for word in name_words("surname") if len(word) == 1)
    titles = "|".join(sorted({*title_endings(), *word_set("title")}, key=len, reverse=True))
    particles = "은|는|이|가|을|를|의|와|과|도|에게|에|측|께서|께|께선|로|으로|님|이다|다|인"
    title = rf"(?:[가-힣]{{1,4}})??(?:{titles})(?:{particles})?"
    return re.compile(rf"(?<![\w'’])([{surnames}])(?= {title}(?![가-힣\w]))")
