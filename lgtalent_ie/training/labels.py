"""From the label sets of the data to the nine labels of this library: a table, four rules."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from lgtalent_ie.schema import LABELS
from lgtalent_ie.tables import read_table
from lgtalent_ie.training.klue_rows import RELATIONS

Spans = list[tuple[int, int, str]]

# Targets that stay out of the loss.
IGNORED = -100

UNSURE = "?"
NOTHING = "O"

# The heads beside the mention head: konec's fifteen coarse types and KLUE's six.
KONEC_LABELS = tuple("AF AM CV DT EV FD LC MT OG PS PT QT TI TM TR".split())
KLUE_LABELS = ("PS", "LC", "OG", "DT", "TI", "QT")

# The relations of the guidelines: KLUE-RE's, and those of the talent domain.
KLUE_RELATIONS = RELATIONS
TALENT_RELATIONS = (
    "event:host", "event:date", "event:place", "event:attendance",
    "talent:joined", "talent:recruits_from", "org:partner", "org:invested",
)  # fmt: skip
OWN_RELATIONS = (*KLUE_RELATIONS[1:], *TALENT_RELATIONS)

# KLUE-RE gives the types of two spans a sentence; POH and NOH have no counterpart.
RELATION_TYPES = {"PER": "PERSON", "ORG": "ORG", "LOC": "LOCATION", "DAT": "DATE"}

# A sub-unit chain or a country–city chain stands in pieces in konec: such pieces are one mention.
# A venue behind a city (AF_BUILDING, AF_CULTURAL_ASSET …) is a mention of its own.
CHAINED = {"ORG": "OG", "LOCATION": "LC"}


@cache
def label_map() -> Mapping[tuple[str, str], str]:
    """(source, its label) → one of the nine labels, `O`, or `?` for left out of the loss."""
    mapping = {}
    for source, label, mention, _ in read_table(__package__, "label_map"):
        assert mention in (*LABELS, UNSURE, NOTHING), (source, label)
        mapping[source, label] = mention
    return mapping


def konec_coarse(label: str) -> str:
    """`OGG_ECONOMY` → `OG`, `TMI_SW` → `TM`: the first two letters are the coarse type."""
    return label[:2]


def mentions_of_konec(text: str, spans: Sequence[tuple[int, int, str]]) -> tuple[Spans, Spans]:
    """konec spans of one sentence as (mentions, spans to leave out of the loss).

    Titles count only beside a person's name, chains are joined, the rest is the table's.

    >>> mentions_of_konec("조성진 LG전자 부회장", [(0, 3, "PS_NAME"), (4, 8, "OGG_ECONOMY"),
    ...                                          (9, 12, "CV_POSITION")])
    ([(0, 3, 'PERSON'), (4, 8, 'ORG'), (9, 12, 'TITLE')], [])
    """
    mapping = label_map()
    fine = sorted(spans)
    mapped = [(s, e, mapping.get(("konec", label), NOTHING)) for s, e, label in fine]
    mentions: Spans = []
    unsure: Spans = []
    for number, (start, end, label) in enumerate(mapped):
        if label == "TITLE" and not beside_person(text, mapped, number):
            label = UNSURE
        if label == UNSURE:
            unsure.append((start, end, UNSURE))
        elif label != NOTHING:
            last = mentions[-1] if mentions else (0, 0, "")
            chained = fine[number][2].startswith(CHAINED.get(label, UNSURE)) and fine[number - 1][
                2
            ].startswith(CHAINED.get(label, UNSURE))
            if chained and label == last[2] and text[last[1] : start] == " ":
                mentions[-1] = (last[0], end, label)
            else:
                mentions.append((start, end, label))
    return mentions, unsure


def beside_person(text: str, mapped: Spans, number: int) -> bool:
    """True where a title follows a name (organisations may stand between) or a name follows it."""
    start, end, _ = mapped[number]
    for left_start, left_end, label in reversed(mapped[:number]):
        if start - left_end > 1 or text[left_end:start].strip():
            break
        if label == "PERSON":
            return True
        if label != "ORG":
            break
        start = left_start
    if number + 1 < len(mapped):
        right_start, _, label = mapped[number + 1]
        return label == "PERSON" and text[end:right_start] == " "
    return False


# KLUE's annotators take `지난` into a date of figures or leave it out: of the first 5,000 training
# sentences half take it in, of the dev sentences three in four.
PAST_WORD = "지난 "
PAST = re.compile(rf"(?<![가-힣]){PAST_WORD}$")


def with_past(text: str, klue: Iterable[Sequence[Any]]) -> Spans:
    """KLUE's spans, with `지난` before a date of figures always part of it.

    >>> with_past("지난 3일", [(3, 5, "DT")])
    [(0, 5, 'DT')]
    """
    spans = []
    for start, end, label in klue:
        if label == "DT" and text[start].isdigit() and PAST.search(text, 0, start):
            start -= len(PAST_WORD)
        spans.append((start, end, label))
    return spans


def join_klue_chains(mentions: Spans, klue: Iterable[tuple[int, int, str]]) -> Spans:
    """Widen organisations to KLUE's span where that joins what konec splits."""
    result = list(mentions)
    for start, end, label in klue:
        if label != "OG":
            continue
        inside = [m for m in result if start <= m[0] and m[1] <= end]
        crossing = [m for m in result if m not in inside and m[0] < end and start < m[1]]
        if inside and not crossing and any(m[2] == "ORG" for m in inside):
            result = sorted([m for m in result if m not in inside] + [(start, end, "ORG")])
    return result
