"""Where the guidelines draw a line that the training data draws otherwise: places and titles.

konec marks `미국 뉴욕` in two pieces and `미국 뉴욕 새별호텔` in three, film credits never have
`박사 과정 학생`, and a page that lost its brackets writes `최고운영책임자COO`. Three tables and a
few rules put such candidates right; everything else is left as the model said.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from lgtalent_ie.consistency import Candidate
from lgtalent_ie.schema import Label
from lgtalent_ie.tables import read_table

# What joins two halves of one title: `박사 과정 학생`, `박사 후 연구원`.
TITLE_JOINTS = frozenset({" 과정 ", " 후 ", " 후 과정 "})
NAMED: tuple[Label, ...] = ("ORG", "PERSON", "PRODUCT", "EVENT")
DISTRICTS = ("구", "시", "군", "주")
LOST_BRACKET = re.compile(r"[A-Z]{2,4}$")


@cache
def place_words(kind: str) -> frozenset[str]:
    """The `region` words, the `venue` endings or the whole `plain` venues of the table."""
    rows = read_table("lgtalent_ie", "places")
    return frozenset(word for word, its_kind, _ in rows if its_kind == kind)


@cache
def title_endings() -> tuple[str, ...]:
    """How titles of one word end."""
    return tuple(ending for ending, _ in read_table("lgtalent_ie", "titles"))


@cache
def common_nouns() -> frozenset[str]:
    """Words that alone are no name, whatever the model says."""
    return frozenset(word for word, _ in read_table("lgtalent_ie", "common_nouns"))


def repair(text: str, candidates: Sequence[Candidate]) -> list[Candidate]:
    """The candidates of one sentence, sorted, places and titles as the guidelines want them."""
    repaired: list[Candidate] = []
    for candidate in sorted(candidates):
        if candidate.label in NAMED and text[candidate.start : candidate.end] in common_nouns():
            continue
        candidate = retitle(text, candidate)
        pieces = split_venue(text, candidate)
        if repaired and (joined := join(text, repaired[-1], pieces[0])):
            plain = text[pieces[0].start : pieces[0].end] in place_words("plain")
            repaired[-1:] = split_venue(text, joined) if plain else [joined]
            pieces = pieces[1:]
        repaired += pieces
    return repaired


def retitle(text: str, candidate: Candidate) -> Candidate:
    """A PERSON that is spelled like a title is one: `최고운영책임자COO`, `석박통합과정생`."""
    surface = LOST_BRACKET.sub("", text[candidate.start : candidate.end])
    if candidate.label == "PERSON" and len(surface) > 4 and surface.endswith(title_endings()):
        return candidate._replace(label="TITLE")
    return candidate


def split_venue(text: str, candidate: Candidate) -> list[Candidate]:
    """A venue is a mention of its own: `일본 도쿄 | 새별호텔`; other places stay whole."""
    surface = text[candidate.start : candidate.end]
    if candidate.label != "LOCATION" or not ends_as_venue(surface):
        return [candidate]
    end = last = candidate.start
    for word in surface.split(" ")[:-1]:
        if not is_region(word):
            break
        end, last = end + len(word) + 1, end
    if text[end : candidate.end] in place_words("plain"):
        end = last  # a venue without a name has its city's: `도쿄 컨벤션 센터`
    if end == candidate.start:
        return [candidate]
    return [candidate._replace(end=end - 1), candidate._replace(start=end)]


def join(text: str, left: Candidate, right: Candidate) -> Candidate | None:
    """Two candidates that are one mention, as one; None where they are two."""
    gap = text[left.end : right.start]
    both = left._replace(end=right.end, score=min(left.score, right.score))
    if left.label == "PERSON" and right.label == "TITLE" and not gap:
        # A surname is a name (`조`+사장), the first letter of `조교수` is not.
        whole = text[left.start : right.end]
        return both._replace(label="TITLE") if whole in title_endings() else None
    if left.label != right.label:
        return None
    if gap == "(" and ")" in text[right.start : right.end]:
        # The bracket was opened inside the name: `새별연구원 TR(Talent)팀`.
        return both
    if left.label == "TITLE" and gap in TITLE_JOINTS:
        return both
    if left.label == "LOCATION" and gap == " ":
        words = text[left.start : left.end].split(" ")
        chain = all(map(is_region, words))
        other = text[right.start : right.end]
        if chain and other in place_words("plain"):
            return both
        venue = ends_as_venue(other)
        # A neighbourhood alone belongs to its venue, a region does not.
        if chain != venue:
            return both
    return None


def is_region(word: str) -> bool:
    """True for a country, a province, a city, a district; not for a neighbourhood."""
    return word in place_words("region") or (len(word) > 2 and word.endswith(DISTRICTS))


def ends_as_venue(surface: str) -> bool:
    """True for the name of a building or a site."""
    return surface.endswith(tuple(place_words("venue")))
