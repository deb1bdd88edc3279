"""Names in a row share what is said of one of them: `윤하늘·서아라 의원`, `누리대, 온누리대 등`."""

from __future__ import annotations

from collections.abc import Sequence

from lgtalent_ie.records.characters import MIDDLE_DOTS
from lgtalent_ie.records.clause_tokens import Token
from lgtalent_ie.schema import Mention

LISTED = MIDDLE_DOTS | {",", "와", "과", "및", "랑", "ᆞ", "-", "하고", "이랑"}

# Longer rows of persons are casts and line-ups; what stands behind them is of the last one alone.
MOST_LISTED = 6


def listed(mention: Mention, tokens: Sequence[Token]) -> list[Mention]:
    """The mention and, for an organisation, product or person, those it is listed with.

    A person in the row who has a title of their own (`배우 윤하늘, 가수 서아라`) ends it, and what
    stands in brackets behind a person is theirs alone.
    """
    if mention.label not in ("ORG", "PRODUCT", "PERSON"):
        return [mention]
    at = next((i for i, t in enumerate(tokens) if t.mention is mention), -1)
    found = [mention]
    if mention.label == "PERSON" and at + 1 < len(tokens) and tokens[at + 1].form == "(":
        return found
    for step in (-1, 1):
        index = at + step
        while 0 <= index < len(tokens) - 1 and tokens[index].form in LISTED:
            other = tokens[index + step] if index + step >= 0 else tokens[index]
            if other.mention is None or other.form != mention.label:
                break
            if mention.label == "PERSON" and (
                has_title(tokens, index + step, step) or (step < 0 and separate(tokens, index, at))
            ):
                break
            found.append(other.mention)
            index += 2 * step
    return found if mention.label != "PERSON" or len(found) <= MOST_LISTED else [mention]


def has_title(tokens: Sequence[Token], at: int, step: int) -> bool:
    """True where the person at `at` has a title or an affiliation on the side away from the list.

    Of `서아라, 윤하늘 의원` the one to the left is looked at from its left side, of `배우 서아라,
    윤하늘` the one to the right from its right side.
    """
    beside = tokens[at + step] if 0 <= at + step < len(tokens) else None
    return beside is not None and beside.form in ("TITLE", "ORG")


def separate(tokens: Sequence[Token], comma: int, at: int) -> bool:
    """True for `윤하늘, 서아라 누리대 교수`: the affiliation is of the one behind the comma."""
    return tokens[comma].form == "," and tokens[at + 1].form in ("ORG", "LOCATION")
