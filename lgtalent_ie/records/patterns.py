"""The matcher for patterns of neighbouring tokens.

A pattern is a row of atoms that must stand side by side:

    h:PERSON LOCATION? t:ORG ..3 i:TITLE

`PERSON` a mention of that label, `h:`, `t:`, `i:` what it gives (head, tail, title), `ORG/money` a
mention of a class, `계열사|자회사` one of these morphemes, `@class` a noun of that class of
relation_nouns.tsv, `..3` up to three nouns, `?` may be left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, reduce
from operator import or_
from typing import NamedTuple

from lgtalent_ie.records.characters import MIDDLE_DOTS
from lgtalent_ie.records.clause_tokens import Token
from lgtalent_ie.records.relation_tables import noun_classes
from lgtalent_ie.schema import LABELS, Mention
from lgtalent_ie.tables import read_table

GAP_TAGS = ("NN", "SL", "SN", "SH", "XPN", "XSN", "MM", "XR", "NR")
Fits = Callable[[Mention, str], bool]


@dataclass(frozen=True, slots=True)
class Atom:
    """One place of a pattern; `kind` is label, literal or gap."""

    kind: str
    values: frozenset[str]
    role: str = ""
    of_class: str = ""
    optional: bool = False
    longest: int = 1


@dataclass(frozen=True, slots=True)
class Pattern:
    """A row of relation_patterns.tsv.

    `starts` are the forms that its first token may have, `needs` those of each token it must have:
    most patterns fit nowhere in a sentence, and a look at its forms tells so.
    """

    type: str
    atoms: tuple[Atom, ...]
    score: float
    example: str
    expected: str
    starts: frozenset[str]
    needs: tuple[frozenset[str], ...]


class Needs(NamedTuple):
    """The sets of forms that patterns need, each as a bit of its own.

    `of_forms` has the bits of the sets that a form is in, `of_patterns` those of each pattern.
    """

    of_forms: Mapping[str, int]
    of_patterns: tuple[int, ...]


@cache
def needs() -> Needs:
    """The needs of `relation_patterns()`, in that order."""
    bits: dict[frozenset[str], int] = {}
    of_forms: dict[str, int] = {}
    for need in (need for pattern in relation_patterns() for need in pattern.needs):
        if need not in bits:
            bits[need] = 1 << len(bits)
            for form in need:
                of_forms[form] = of_forms.get(form, 0) | bits[need]
    of_patterns = (reduce(or_, (bits[need] for need in p.needs)) for p in relation_patterns())
    return Needs(of_forms, tuple(of_patterns))


def unmet(forms: Iterable[str]) -> int:
    """The bits of all needs that tokens of these forms leave open.

    >>> all(needed & unmet([]) for needed in needs().of_patterns)
    True
    """
    return ~reduce(or_, (needs().of_forms.get(form, 0) for form in forms), 0)


@cache
def relation_patterns() -> tuple[Pattern, ...]:
    """The patterns of neighbouring tokens, in the order of the table."""
    return tuple(
        read_pattern(kind, atoms, float(score), example, expected)
        for kind, atoms, score, example, expected, *_ in read_table(
            __package__, "relation_patterns"
        )
    )


def read_pattern(kind: str, atoms: str, score: float, example: str, expected: str) -> Pattern:
    """One pattern; its first atom is no gap, as that could be anything."""
    read = tuple(read_atom(atom) for atom in atoms.split())
    first = next(n for n, atom in enumerate(read) if not atom.optional)
    assert all(atom.kind != "gap" for atom in read[:first]), atoms
    starts = frozenset().union(*(atom.values for atom in read[: first + 1]))
    needs = tuple(atom.values for atom in read if not atom.optional)
    return Pattern(kind, read, score, example, expected, starts, needs)


def read_atom(text: str) -> Atom:
    """One atom of a pattern."""
    optional = text.endswith("?") and len(text) > 1
    body = text[:-1] if optional else text
    role = body[0] if body[:2] in ("h:", "t:", "i:") else ""
    body = body[2:] if role else body
    if body.startswith("..") and body[2:].isdigit():
        return Atom("gap", frozenset(), optional=True, longest=int(body[2:]))
    if body.startswith("@"):
        return Atom("literal", noun_classes()[body[1:]], role, optional=optional)
    label, _, of_class = body.partition("/")
    if label in LABELS:
        return Atom("label", frozenset((label,)), role, of_class, optional)
    return Atom("literal", frozenset(body.split("|")), role, optional=optional)


def places_of_forms(tokens: Sequence[Token]) -> dict[str, list[int]]:
    """Form → the numbers of the tokens that have it."""
    places: dict[str, list[int]] = {}
    for at, token in enumerate(tokens):
        places.setdefault(token.form, []).append(at)
    return places


def find(
    pattern: Pattern, tokens: Sequence[Token], places: Mapping[str, list[int]], fits: Fits
) -> Iterator[dict[str, Mention]]:
    """The mentions by role of every match, from the left; `places` are `places_of_forms(tokens)`.

    There is none where `unmet` leaves one of its needs open, so ask that first. Where this looks is
    bounded by the forms of the sentence; without either the patterns took half the time of all
    records.
    """
    for at in sorted(at for form in pattern.starts & places.keys() for at in places[form]):
        matched = match_at(pattern.atoms, tokens, at, fits)
        if matched is not None:
            yield matched


def match_at(
    atoms: Sequence[Atom], tokens: Sequence[Token], at: int, fits: Fits
) -> dict[str, Mention] | None:
    """The mentions by role where the atoms match from token `at` on, None where they do not.

    Gaps are tried from short to long; a pattern has few of them, so the work is bounded.
    """
    if not atoms:
        return {}
    atom, rest = atoms[0], atoms[1:]
    if atom.kind == "gap":
        for length in range(atom.longest + 1):
            if length and not (at + length <= len(tokens) and in_gap(tokens[at + length - 1])):
                return None
            found = match_at(rest, tokens, at + length, fits)
            if found is not None:
                return found
        return None
    if at < len(tokens) and matches(atom, tokens[at], fits):
        found = match_at(rest, tokens, at + 1, fits)
        if found is not None:
            mention = tokens[at].mention
            return found | {atom.role: mention} if atom.role and mention else found
    return match_at(rest, tokens, at, fits) if atom.optional else None


def in_gap(token: Token) -> bool:
    """True for a noun, a number or a middle dot outside all mentions; a comma is none."""
    if token.mention is not None or token.form in ("등", ","):
        return False
    return token.tag.startswith(GAP_TAGS) or token.form in MIDDLE_DOTS


def matches(atom: Atom, token: Token, fits: Fits) -> bool:
    """True where the token is what the atom asks for."""
    if atom.kind == "label":
        if token.mention is None or token.form not in atom.values:
            return False
        return not atom.of_class or fits(token.mention, atom.of_class)
    return token.mention is None and token.form in atom.values
