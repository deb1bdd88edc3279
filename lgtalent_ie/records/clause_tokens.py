"""A sentence as a row of tokens: mentions whole, quotations hidden, the analyser's slips undone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from lgtalent_ie.reading import Morpheme, Reading
from lgtalent_ie.records.characters import CLOSING_BRACKETS, OPENING_BRACKETS, QUOTE_MARKS
from lgtalent_ie.records.relation_tables import noun_classes
from lgtalent_ie.schema import Mention

# What Kiwi left glued to a mention's last morpheme, as particles with their tags.
GLUED_PARTICLES = {
    "은": "JX", "는": "JX", "도": "JX", "이": "JKS", "가": "JKS", "을": "JKO", "를": "JKO",
    "의": "JKG", "에": "JKB", "에서": "JKB", "와": "JKB", "과": "JKB", "로": "JKB", "으로": "JKB",
}  # fmt: skip

# Endings with the `하` of a verb in them, and what they are behind it.
GLUED_ENDINGS = {"한": ("ᆫ", "ETM"), "키": ("기", "ETN")}


class Token(msgspec.Struct, frozen=True, gc=False):
    """A mention (form = label, tag MENTION) or a morpheme outside all mentions."""

    form: str
    tag: str
    start: int
    end: int
    mention: Mention | None = None


def linearise(
    reading: Reading,
    start: int,
    end: int,
    morphemes: Iterable[Morpheme],
    hidden: Sequence[tuple[int, int]] = (),
) -> list[Token]:
    """The tokens of start..end; a hidden span (a quotation) becomes one QUOTE token."""
    covered = sorted(
        [(m.start, m.end, m) for m in reading.within(start, end)
         if not any(a <= m.start < b for a, b in hidden)]
        + [(a, b, None) for a, b in hidden],
        key=lambda c: c[0],
    )  # fmt: skip
    tokens: list[Token] = []
    at = 0

    def flush(limit: int) -> None:
        nonlocal at
        while at < len(covered) and covered[at][0] < limit:
            first, last, mention = covered[at]
            label = mention.label if mention else "QUOTE"
            tokens.append(Token(label, "MENTION" if mention else "QUOTE", first, last, mention))
            at += 1

    for morpheme in morphemes:
        if morpheme.end <= start or morpheme.start >= end:
            continue
        flush(morpheme.end)
        last_end = covered[at - 1][1] if at else -1
        if morpheme.start < last_end:
            rest = reading.text[last_end : morpheme.end]
            if morpheme.end > last_end and rest in GLUED_PARTICLES:
                tokens.append(Token(rest, GLUED_PARTICLES[rest], last_end, morpheme.end))
            elif not (morpheme.start == morpheme.end == last_end):
                continue
        elif morpheme.form not in QUOTE_MARKS:
            tag = morpheme.tag.partition("-")[0]
            tokens.append(Token(morpheme.form, tag, morpheme.start, morpheme.end))
    flush(end)
    return without_attributes(repaired(tokens))


def repaired(tokens: list[Token]) -> list[Token]:
    """Undo slips of the analyser.

    `설립한` as noun + `한`, `투자키로` as noun + `키` + `로`, and the particle of a name taken for
    the ending of a verb (`누리대는`).
    """
    nominal = noun_classes()["nominal"]
    kept: list[Token] = []
    for token in tokens:
        before = kept[-1] if kept else None
        ending = GLUED_ENDINGS.get(token.form)
        if (
            ending is not None and before is not None and token.mention is None
            and before.mention is None and before.form in nominal and before.end == token.start
            and token.tag in ("MM", "NNG", "NNB")
        ):  # fmt: skip
            kept.append(Token("하", "XSV", token.start, token.start))
            kept.append(Token(*ending, token.start, token.end))
        elif token.tag == "ETM" and token.form in ("은", "는") and before and before.mention:
            kept.append(Token(token.form, "JX", token.start, token.end))
        else:
            kept.append(token)
    return kept


def without_attributes(tokens: list[Token]) -> list[Token]:
    """The tokens without 전, 현, 당시, 故 … between names: a former president is one as well."""
    attributes = noun_classes()["attribute"]
    kept: list[Token] = []
    for at, token in enumerate(tokens):
        following = tokens[at + 1] if at + 1 < len(tokens) else None
        between = (
            token.mention is None and token.form in attributes
            and following is not None and following.form in ("ORG", "PERSON", "TITLE", "LOCATION")
            and kept
            and (kept[-1].form in ("ORG", "PERSON", "TITLE") or kept[-1].tag in ("SSC", "SSO"))
        )  # fmt: skip
        if not between:
            kept.append(token)
    return kept


def without_brackets(tokens: Sequence[Token]) -> list[Token]:
    """The tokens outside round and square brackets; an unclosed bracket hides nothing."""
    kept: list[Token] = []
    opened: list[int] = []
    for token in tokens:
        if token.mention is None and token.form in OPENING_BRACKETS:
            opened.append(len(kept))
            kept.append(token)
        elif token.mention is None and token.form in CLOSING_BRACKETS and opened:
            del kept[opened.pop() :]
        else:
            kept.append(token)
    return kept


def headline_topic(tokens: list[Token], headline: bool) -> list[Token]:
    """Read `한빛전자, 서울대와 …` in a headline as a topic, not as the start of a list."""
    if not headline or len(tokens) < 4 or tokens[0].form not in ("ORG", "PERSON"):
        return tokens
    comma = next((i for i, t in enumerate(tokens[:4]) if t.form == "," and t.mention is None), 0)
    if not 0 < comma < len(tokens) - 2 or any(t.mention is None for t in tokens[:comma]):
        return tokens
    following, after = tokens[comma + 1], tokens[comma + 2]
    same = following.mention is not None and following.form == tokens[comma - 1].form
    if same and (after.form in (",", "·", "등") or after.tag in ("JKS", "JX", "SE", "JKG")):
        return tokens
    topic = Token("는", "JX", tokens[comma].start, tokens[comma].end)
    return [*tokens[:comma], topic, *tokens[comma + 1 :]]
