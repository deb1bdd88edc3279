"""One surface of an organisation taken apart: its legal form, ending and gloss, the house it names.

`tables/org_suffixes.tsv` has the parts of names by kind, `tables/org_aliases.tsv` the known names
of one house.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from lgtalent_ie.records.characters import CLOSING_BRACKETS, OPENING_BRACKETS
from lgtalent_ie.tables import read_table

# A name in the press has at most a dozen words; a longer one is equal only to itself.
MOST_LETTERS = 120
# Longest known name in words (`Massachusetts Institute of Technology` has four).
MOST_KNOWN_WORDS = 5
MOST_GLOSS = 80


@dataclass(frozen=True, slots=True)
class Affixes:
    """`org_suffixes.tsv` by kind, longest forms first."""

    terms: tuple[tuple[str, str], ...]
    endings: dict[str, str]
    longest_ending: int
    drops: tuple[str, ...]
    legals: frozenset[str]
    marks: tuple[str, ...]
    heads: tuple[tuple[str, str], ...]
    units: tuple[str, ...]
    glosses: frozenset[str]
    places: frozenset[str]
    publics: tuple[str, ...]
    nationals: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Name:
    """One surface taken apart.

    `key` is equal for two names of one organisation as far as the surface alone tells; `letters`
    counts those of the name as written without legal forms, `words` are its words in the short
    form, `known` is the key of the alias row that the whole name is in, and `head`, `rest` are the
    first word or known name and the words after it.
    """

    surface: str
    key: str
    letters: int
    words: tuple[str, ...]
    known: str | None
    head: str
    rest: tuple[str, ...]


def read_surface(surface: str) -> tuple[Name, Name | None]:
    """The name and, where the surface ends in brackets, the gloss in them.

    A legal form in brackets is no gloss, nor is one inside the name (`HR(Human Relations)팀`).
    """
    text = surface.strip()
    if text and text[-1] in CLOSING_BRACKETS:
        opened = max(text.rfind(bracket) for bracket in OPENING_BRACKETS)
        inner = text[opened + 1 : -1].strip()
        if opened > 0 and 0 < len(inner) <= MOST_GLOSS and text[opened:] not in affix_table().marks:
            return read_name(text[:opened]), read_name(inner)
    return read_name(surface), None


def read_name(surface: str) -> Name:
    """A surface without its gloss, taken apart.

    >>> read_name("㈜엘지전자").key, read_name("포스텍").key
    ('lg전자', '포항공과대학교')
    """
    affixes = affix_table()
    text = surface if len(surface) <= MOST_LETTERS else ""
    for mark in affixes.marks:
        text = text.replace(mark, " ")
    written = [_term(_letters(word)) for word in _without_brackets(text).split()]
    words = _without_legal_forms([word for word in written if word])
    if not words:
        return Name(surface, surface, 0, (surface,), None, surface, ())
    for spoken, latin in affixes.heads:
        if words[0].startswith(spoken) and len(words[0]) > len(spoken):
            words[0] = latin + words[0][len(spoken) :]
            break
    letters = sum(map(len, words))
    endless = [_ending(word) for word in words]
    plain = [_dropped(word, first=at == 0) for at, word in enumerate(endless)]
    known, taken = _known(words, endless, plain)
    rest = tuple(word for word in plain[taken:] if word)
    if known is None:
        head = plain[0]
        rest = tuple(word for word in plain[1:] if word)
    else:
        head = known
    return Name(
        surface,
        head + "".join(rest),
        letters,
        tuple(word for word in plain if word),
        known if known is not None and not rest else None,
        head,
        rest,
    )


def _known(
    words: Sequence[str], endless: Sequence[str], plain: Sequence[str]
) -> tuple[str | None, int]:
    """The alias row that the longest beginning of the words is in, and how many words that takes.

    The words as written go first: `현대차그룹` is a row of its own, `LG그룹` is not.
    """
    aliases = _aliases()
    for taken in range(min(len(words), MOST_KNOWN_WORDS), 0, -1):
        for version in (words, endless, plain):
            known = aliases.get("".join(version[:taken]))
            if known is not None:
                return known, taken
    return None, 0


def _letters(word: str) -> str:
    """Letters and digits only, one case, full-width folded: `전기·전자과` → `전기전자과`."""
    # U+318D, the Korean middle dot, counts as a letter in Unicode.
    folded = unicodedata.normalize("NFKC", word.replace("ㆍ", "")).casefold()
    return "".join(char for char in folded if char.isalnum() or char in "&+")


def _term(word: str) -> str:
    """The word with terms of the trade in their short form: `인공지능연구소` → `ai연구소`."""
    for term, short in affix_table().terms:
        word = word.replace(term, short)
    return word


def _without_brackets(text: str) -> str:
    """The text without what stands in brackets; as it is where they are not closed."""
    kept: list[str] = []
    depth = 0
    for char in text:
        if char in OPENING_BRACKETS:
            depth += 1
        elif char in CLOSING_BRACKETS and depth:
            depth -= 1
        elif not depth:
            kept.append(char)
    remains = "".join(kept)
    return text if depth or not remains.strip() else remains


def _without_legal_forms(words: list[str]) -> list[str]:
    legals = affix_table().legals
    kept = [word for word in words if word not in legals]
    if not kept:
        return words
    for legal in legals:
        # Latin ones are short and stand apart: `cisco` does not end in `co`.
        if not legal.isascii():
            if kept[0].startswith(legal) and kept[0] != legal:
                kept[0] = kept[0][len(legal) :]
            if kept[-1].endswith(legal) and kept[-1] != legal:
                kept[-1] = kept[-1][: -len(legal)]
    return kept


def _ending(word: str) -> str:
    """The word with its ending in the short form: `한빛대학교` → `한빛대`.

    A chain without blanks keeps its university inside: `한빛대학교의과대학` → `한빛대의대`.
    """
    affixes = affix_table()
    for at in range(max(0, len(word) - affixes.longest_ending), len(word)):
        short = affixes.endings.get(word[at:])
        if short is not None:
            word = word[:at] + short
            break
    return word.replace("대학교", "대")


def _dropped(word: str, first: bool) -> str:
    """The word without `그룹`; nothing where it is only that, unless it is the first."""
    for drop in affix_table().drops:
        if word.endswith(drop) and (len(word) > len(drop) or not first):
            return word[: -len(drop)]
    return word


def without_national(key: str) -> str | None:
    """`한국목재연구원` → `목재연구원`; None where the name is not that of a public body."""
    affixes = affix_table()
    if key.endswith(affixes.publics):
        for national in affixes.nationals:
            if key.startswith(national) and len(key) - len(national) >= 4:
                return key[len(national) :]
    return None


@cache
def affix_table() -> Affixes:
    """The rows of `org_suffixes.tsv`."""
    forms: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for kind, form, canonical, _ in read_table(__package__, "org_suffixes"):
        forms[kind].append((form, canonical))
    for pairs in forms.values():
        pairs.sort(key=lambda pair: -len(pair[0]))

    def folded(kind: str) -> tuple[str, ...]:
        return tuple(_letters(form) for form, _ in forms[kind])

    return Affixes(
        terms=tuple((form, _letters(short)) for form, short in forms["term"]),
        endings={_letters(form): short for form, short in forms["ending"]},
        longest_ending=max(len(form) for form, _ in forms["ending"]),
        drops=folded("drop"),
        legals=frozenset(folded("legal")),
        marks=tuple(form for form, _ in forms["mark"]),
        heads=tuple((form, _letters(latin)) for form, latin in forms["head"]),
        units=folded("unit"),
        glosses=frozenset(form for form, _ in forms["gloss"]),
        places=frozenset(folded("place")),
        publics=folded("public"),
        nationals=folded("national"),
    )


@cache
def _aliases() -> dict[str, str]:
    """Every known name, as written and with its ending short → the row's key."""
    aliases: dict[str, str] = {}
    short: dict[str, str] = {}
    for canonical, forms, _ in read_table(__package__, "org_aliases"):
        key = _term("".join(map(_letters, canonical.split())))
        for form in (canonical, *forms.split("|")):
            words = [letters for word in form.split() if (letters := _term(_letters(word)))]
            aliases["".join(words)] = key
            short["".join(_ending(word) for word in words)] = key
    return short | aliases
