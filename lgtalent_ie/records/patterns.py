"""The tables behind relations and facts, and the matcher for patterns of neighbouring tokens.

A pattern is a row of atoms that must stand side by side:

    h:PERSON LOCATION? t:ORG ..3 i:TITLE

`PERSON` a mention of that label, `h:`, `t:`, `i:` what it gives (head, tail, title), `ORG/money` a
mention of a class, `계열사|자회사` one of these morphemes, `@class` a noun of that class of
relation_nouns.tsv, `..3` up to three nouns, `?` may be left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from lgtalent_ie.schema import LABELS, Mention

if TYPE_CHECKING:
    from lgtalent_ie.records.clauses import Token

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
    """A row of relation_patterns.tsv."""

    type: str
    atoms: tuple[Atom, ...]
    score: float
    example: str
    expected: str


@dataclass(frozen=True, slots=True)
class Argument:
    """What a frame wants in one place: a mention of `label` (and class) in one of `roles`."""

    roles: tuple[str, ...]
    label: str
    of_class: str


@dataclass(frozen=True, slots=True)
class Frame:
    """A row of relation_frames.tsv or fact_frames.tsv.

    `cues` are predicates (`개최하`) or noun>predicate (`협약>맺`); `context` words of
    which one must stand in the sentence or the one before.
    """

    type: str
    cues: frozenset[str]
    head: Argument
    tail: Argument
    context: tuple[str, ...]
    score: float
    example: str
    expected: str


@cache
def rows(name: str) -> tuple[tuple[str, ...], ...]:
    """The lines of tables/<name>.tsv as columns; a line that starts with # or is blank is none."""
    text = (
        resources.files("lgtalent_ie.records").joinpath("tables", f"{name}.tsv").read_text("utf-8")
    )
    return tuple(
        tuple(column.strip() for column in line.split("\t"))
        for line in text.splitlines()
        if line.strip() and not line.startswith("#")
    )


@cache
def noun_classes() -> Mapping[str, frozenset[str]]:
    """Classes of nouns and predicates; `frame` holds every predicate the relation frames name."""
    classes: dict[str, set[str]] = {}
    for name, words, *_ in rows("relation_nouns"):
        classes.setdefault(name, set()).update(words.split())
    classes["frame"] = {
        cue for row in rows("relation_frames") for cue in row[1].split("|") if ">" not in cue
    }
    return {name: frozenset(words) for name, words in classes.items()}


@cache
def relation_types() -> Mapping[str, tuple[frozenset[str], frozenset[str]]]:
    """Type → the labels its head and its tail may have."""
    return {
        name: (frozenset(heads.split("|")), frozenset(tails.split("|")))
        for name, heads, tails, *_ in rows("relation_types")
    }


@cache
def relation_patterns() -> tuple[Pattern, ...]:
    """The patterns of neighbouring tokens, in the order of the table."""
    return tuple(
        Pattern(row[0], tuple(read_atom(a) for a in row[1].split()), float(row[2]), row[3], row[4])
        for row in rows("relation_patterns")
    )


@cache
def frames(table: str) -> tuple[Frame, ...]:
    """The rows of relation_frames or fact_frames."""
    return tuple(
        Frame(
            row[0], frozenset(row[1].split("|")), read_argument(row[2]), read_argument(row[3]),
            tuple(w for w in row[4].split("|") if w != "-"), float(row[5]), row[6], row[7],
        )
        for row in rows(table)
    )  # fmt: skip


@cache
def frames_of(table: str) -> Mapping[str, tuple[Frame, ...]]:
    """Cue → the frames of that table that name it."""
    found: dict[str, list[Frame]] = {}
    for frame in frames(table):
        for cue in frame.cues:
            found.setdefault(cue, []).append(frame)
    return {cue: tuple(named) for cue, named in found.items()}


def read_argument(text: str) -> Argument:
    """`subj,rel:ORG`, `obj+target:ORG/school` (both roles at once), or `-` for none."""
    roles, _, label = text.partition(":")
    label, _, of_class = label.partition("/")
    return Argument(tuple(roles.split(",")), label, of_class)


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
    return token.tag.startswith(GAP_TAGS) or token.form in ("·", "ㆍ")


def matches(atom: Atom, token: Token, fits: Fits) -> bool:
    """True where the token is what the atom asks for."""
    if atom.kind == "label":
        if token.mention is None or token.form not in atom.values:
            return False
        return not atom.of_class or fits(token.mention, atom.of_class)
    return token.mention is None and token.form in atom.values
