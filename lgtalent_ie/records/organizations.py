"""Which ORG mentions name the same organisation: one record each, with its fullest name.

Two surfaces are one organisation when they are equal after blanks, case, quotation marks and legal
forms are taken away (`㈜LG` and `LG`), when they differ in a known ending (`대학교`, `대`) or are
known names of one house (`tables/org_aliases.tsv`), when one is the gloss of the other in brackets,
or when one is the end of the other's chain and of no other (`AI연구원` for `LG AI연구원`).
Everything else stays apart: a house and its sub-unit, a group's companies, two branches.

A document of n mentions takes about n steps.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

from lgtalent_ie.reading import Reading
from lgtalent_ie.records.characters import (
    CLOSING_BRACKETS,
    MIDDLE_DOTS,
    OPENING_BRACKETS,
    QUOTE_MARKS,
    is_hangul,
    is_latin,
)
from lgtalent_ie.records.disjoint_sets import DisjointSets
from lgtalent_ie.records.organization_names import (
    Name,
    affix_table,
    read_name,
    read_surface,
    without_national,
)
from lgtalent_ie.schema import Mention, Organization

# Words of a chain that are looked at from its end; names have fewer.
MOST_WORDS = 12
# What may stand between a name or its gloss and the bracket.
_AROUND_GLOSS = "".join(QUOTE_MARKS) + " "


def read_organizations(reading: Reading) -> tuple[Organization, ...]:
    """The organisations that the ORG mentions name, in order of first mention.

    `name` is the longest form as written, counted in letters and digits without legal forms: no
    gloss, no form with a letter typed twice, none with brackets, none without Hangul, where there
    is another; of equally long ones the most frequent, then the first. `aliases` are the other
    forms in order. Every ORG mention is in exactly one record.

    >>> text = "한빛대(HBU)는 LG전자와 손잡았다. 한빛대학교는 LG에도 간다."
    >>> read_organizations(reading)  # with the five ORG mentions of that text
    (Organization(id='o1', name='한빛대학교', aliases=('한빛대', 'HBU'),
                  mentions=('m1', 'm2', 'm4')),
     Organization(id='o2', name='LG전자', aliases=(), mentions=('m3',)),
     Organization(id='o3', name='LG', aliases=(), mentions=('m5',)))
    """
    mentions = [mention for mention in reading.mentions if mention.label == "ORG"]
    parts = {mention.text: read_surface(mention.text) for mention in mentions}
    sets = DisjointSets()
    glosses: set[str] = set()
    for own, gloss in parts.values():
        if gloss is not None and _may_gloss(own, gloss):
            sets.join(own.key, gloss.key)
            glosses.add(gloss.surface)
    for named, gloss_mention, announced in _glosses(reading.text, mentions):
        first, second = parts[named.text][0], parts[gloss_mention.text][0]
        if first.key == second.key:
            continue
        if _may_gloss(first, second, announced):
            sets.join(first.key, second.key)
            glosses.add(gloss_mention.text)
    names = [own for own, _ in parts.values()]
    mistyped = _join_mistyped(names, sets)
    _join_shortened(names, sets)

    members: dict[str, list[Mention]] = defaultdict(list)
    for mention in mentions:
        members[sets.find(parts[mention.text][0].key)].append(mention)
    return tuple(
        _record(f"o{number}", group, parts, glosses, mistyped)
        for number, group in enumerate(members.values(), 1)
    )


# ---------------------------------------------------------------- glosses


def _glosses(text: str, mentions: Sequence[Mention]) -> Iterator[tuple[Mention, Mention, bool]]:
    """Pairs (named, gloss) of neighbouring mentions, and whether a word such as `이하` says so."""
    for at, (named, gloss) in enumerate(pairwise(mentions)):
        if gloss.start - named.end > 12:
            continue
        between = text[named.end : gloss.start].strip(_AROUND_GLOSS)
        if not between and named.end == gloss.start:
            # A page that lost its brackets: `인공지능연구소AIRL`.
            # Long names only, for `한빛` and `SDS` would be one company cut in two.
            if len(named.text) >= 5 and is_hangul(named.text[-1]) and _is_acronym(gloss.text):
                yield named, gloss, False
            continue
        if between[:1] not in OPENING_BRACKETS:
            continue
        announced = between[1:].strip(_AROUND_GLOSS + ":")
        if announced and announced not in affix_table().glosses:
            continue
        after = text[gloss.end : gloss.end + 4].lstrip(_AROUND_GLOSS)
        if after[:1] in CLOSING_BRACKETS:
            yield named, gloss, bool(announced)
        elif after[:1] in MIDDLE_DOTS | {",", "/"} and at + 2 < len(mentions):
            second = mentions[at + 2]
            closed = text[second.end : second.end + 2].lstrip(_AROUND_GLOSS)
            if (
                second.start - gloss.end <= 4
                and closed[:1] in CLOSING_BRACKETS
                and _is_in_latin(gloss.text) != _is_in_latin(second.text)
            ):
                yield named, gloss, False
                yield named, second, False


def _may_gloss(named: Name, gloss: Name, announced: bool = False) -> bool:
    """Whether the name in brackets can be another name of the one before them.

    Not the parent (`LG전자(LG)`), the sub-unit (`서울대(컴퓨터공학부)`), or another known house.
    """
    if named.known is not None and gloss.known is not None:
        return named.known == gloss.known
    if announced:
        return True
    if named.key.startswith(gloss.key) or gloss.key.startswith(named.key):
        return False
    if _abbreviates(gloss.key, named.key) or _is_unit(named) == _is_unit(gloss):
        return True
    # Latin acronyms do not say that they are units; a known house after a sub-unit is where that
    # belongs: `비전연구실(MIT)`.
    return _is_unit(named) and gloss.known is None and _is_in_latin(gloss.surface)


def _is_unit(name: Name) -> bool:
    return name.key.endswith(affix_table().units)


def _is_in_latin(surface: str) -> bool:
    letters = [char for char in surface if char.isalpha()]
    return bool(letters) and all(map(is_latin, letters))


def _is_acronym(surface: str) -> bool:
    return _is_in_latin(surface) and len(surface) > 1 and surface[:2].isupper()


def _abbreviates(short: str, full: str) -> bool:
    """Whether all letters of the short one stand in the full one in this order."""
    letters = iter(full)
    return all(letter in letters for letter in short)


# ---------------------------------------------------------------- typing errors, shortened chains


def _join_mistyped(names: Sequence[Name], sets: DisjointSets) -> set[str]:
    """Join a name whose last letter was typed twice with the name itself; their surfaces.

    A doubled digit is another name (`창업팀1`, `창업팀11`).
    """
    keys = {name.key for name in names}
    mistyped = set()
    for name in names:
        once = name.key[:-1]
        doubled = name.key[-1] == once[-1:] and not name.key[-1].isdigit()
        if len(once) > 2 and doubled and once in keys:
            sets.join(once, name.key)
            mistyped.add(name.surface)
    return mistyped


def _join_shortened(names: Sequence[Name], sets: DisjointSets) -> None:
    """Join each name that is the end of exactly one other organisation's chain.

    The end of a chain is one of its words or more up to the last, alone (`AI연구원`) or after the
    first word (`한빛전자 AI연구소` for `한빛전자 기술본부 AI연구소`).
    """
    affixes = affix_table()
    ends: dict[str, set[str]] = defaultdict(set)
    for name in names:
        words = name.words[-MOST_WORDS:]
        for at in range(1, len(words)):
            if words[at - 1] not in affixes.places or at > 1:
                ends["".join(words[at:])].add(name.key)
        rest = name.rest[-MOST_WORDS:]
        for at in range(1, len(rest)):
            ends[f"{name.head} {''.join(rest[at:])}"].add(name.key)
        national = without_national(name.key)
        if national is not None:
            ends[national].add(name.key)
    # Longer chains first, so that a chain and its own short forms count as one candidate.
    for name in sorted(names, key=lambda name: -len(name.words)):
        if name.known is not None:
            continue
        wanted = [name.key]
        if name.rest:
            wanted.append(f"{name.head} {''.join(name.rest)}")
        candidates = {sets.find(key) for end in wanted for key in ends.get(end, ())}
        candidates.discard(sets.find(name.key))
        if len(candidates) == 1:
            sets.join(candidates.pop(), name.key)


# ---------------------------------------------------------------- records


def _record(
    identity: str,
    group: Sequence[Mention],
    parts: dict[str, tuple[Name, Name | None]],
    glosses: set[str],
    mistyped: set[str],
) -> Organization:
    often: Counter[str] = Counter()
    for mention in group:
        own, gloss = parts[mention.text]
        often[own.surface.strip()] += 1
        if gloss is not None:
            often[gloss.surface.strip()] += 1

    def fullness(form: str) -> tuple[bool, bool, bool, bool, int, int]:
        return (
            form not in glosses,
            form not in mistyped,
            not any(char in OPENING_BRACKETS for char in form),
            any(map(is_hangul, form)),
            read_name(form).letters,
            often[form],
        )

    # max keeps the first of equals, and Counter the order of first occurrence.
    name = max(often, key=fullness)
    return Organization(
        id=identity,
        name=name,
        aliases=tuple(form for form in often if form != name),
        mentions=tuple(mention.id for mention in group),
    )
