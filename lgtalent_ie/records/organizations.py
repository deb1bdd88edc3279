"""Which ORG mentions name the same organisation: one record each, with its fullest name.

Two surfaces are one organisation when they are equal after blanks, case, quotation marks and legal
forms are taken away (`㈜LG` and `LG`), when they differ in a known ending (`대학교`, `대`) or are
known names of one house (`tables/org_aliases.tsv`), when one is the gloss of the other in brackets,
or when one is the end of the other's chain and of no other (`AI연구원` for `LG AI연구원`).
Everything else stays apart: a house and its sub-unit, a group's companies, two branches.

The sets are kept by union-find with path halving (Tarjan and van Leeuwen 1984), so a document of n
mentions takes about n steps.
"""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise

from lgtalent_ie.reading import Reading
from lgtalent_ie.schema import Mention, Organization

# A name in the press has at most a dozen words; a longer one is equal only to itself.
MOST_LETTERS = 120
MOST_WORDS = 12
# Longest known name in words (`Massachusetts Institute of Technology` has four).
MOST_KNOWN_WORDS = 5
MOST_GLOSS = 80
OPENING, CLOSING = "(（[", ")）]"
QUOTES = "'\"‘’“”`「」『』<>《》〈〉"


@dataclass(frozen=True, slots=True)
class _Affixes:
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
class _Name:
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
    parts = {mention.text: _parts(mention.text) for mention in mentions}
    sets = _Sets()
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


def organization_key(surface: str) -> str:
    """What two surfaces of one organisation share as far as they alone can tell.

    >>> organization_key("㈜엘지전자"), organization_key("포스텍")
    ('lg전자', '포항공과대학교')
    """
    return _name(surface).key


class _Sets:
    """Disjoint sets of keys; the key seen first stands for its set."""

    __slots__ = ("_parent",)

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}

    def find(self, key: str) -> str:
        parent = self._parent
        parent.setdefault(key, key)
        while parent[key] != key:
            parent[key] = parent[parent[key]]
            key = parent[key]
        return key

    def join(self, first: str, second: str) -> None:
        self._parent[self.find(second)] = self.find(first)


# ---------------------------------------------------------------- surfaces


def _parts(surface: str) -> tuple[_Name, _Name | None]:
    """The name and, where the surface ends in brackets, the gloss in them.

    A legal form in brackets is no gloss, nor is one inside the name (`HR(Human Relations)팀`).
    """
    text = surface.strip()
    if text and text[-1] in CLOSING:
        opened = max(text.rfind(bracket) for bracket in OPENING)
        inner = text[opened + 1 : -1].strip()
        if opened > 0 and 0 < len(inner) <= MOST_GLOSS and text[opened:] not in _affixes().marks:
            return _name(text[:opened]), _name(inner)
    return _name(surface), None


def _name(surface: str) -> _Name:
    affixes = _affixes()
    text = surface if len(surface) <= MOST_LETTERS else ""
    for mark in affixes.marks:
        text = text.replace(mark, " ")
    written = [_term(_letters(word)) for word in _without_brackets(text).split()]
    words = _without_legal_forms([word for word in written if word])
    if not words:
        return _Name(surface, surface, 0, (surface,), None, surface, ())
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
    return _Name(
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
    for term, short in _affixes().terms:
        word = word.replace(term, short)
    return word


def _without_brackets(text: str) -> str:
    """The text without what stands in brackets; as it is where they are not closed."""
    kept: list[str] = []
    depth = 0
    for char in text:
        if char in OPENING:
            depth += 1
        elif char in CLOSING and depth:
            depth -= 1
        elif not depth:
            kept.append(char)
    remains = "".join(kept)
    return text if depth or not remains.strip() else remains


def _without_legal_forms(words: list[str]) -> list[str]:
    legals = _affixes().legals
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
    affixes = _affixes()
    for at in range(max(0, len(word) - affixes.longest_ending), len(word)):
        short = affixes.endings.get(word[at:])
        if short is not None:
            word = word[:at] + short
            break
    return word.replace("대학교", "대")


def _dropped(word: str, first: bool) -> str:
    """The word without `그룹`; nothing where it is only that, unless it is the first."""
    for drop in _affixes().drops:
        if word.endswith(drop) and (len(word) > len(drop) or not first):
            return word[: -len(drop)]
    return word


# ---------------------------------------------------------------- glosses


def _glosses(text: str, mentions: Sequence[Mention]) -> Iterator[tuple[Mention, Mention, bool]]:
    """Pairs (named, gloss) of neighbouring mentions, and whether a word such as `이하` says so."""
    for at, (named, gloss) in enumerate(pairwise(mentions)):
        if gloss.start - named.end > 12:
            continue
        between = text[named.end : gloss.start].strip(QUOTES + " ")
        if not between and named.end == gloss.start:
            # A page that lost its brackets: `인공지능연구소AIRL`.
            # Long names only, for `한빛` and `SDS` would be one company cut in two.
            if len(named.text) >= 5 and _is_hangul(named.text[-1]) and _is_acronym(gloss.text):
                yield named, gloss, False
            continue
        if not between or between[0] not in OPENING:
            continue
        announced = between[1:].strip(QUOTES + " :")
        if announced and announced not in _affixes().glosses:
            continue
        after = text[gloss.end : gloss.end + 4].lstrip(QUOTES + " ")
        if after[:1] and after[0] in CLOSING:
            yield named, gloss, bool(announced)
        elif after[:1] in ("·", ",", "/", "ㆍ") and at + 2 < len(mentions):
            second = mentions[at + 2]
            closed = text[second.end : second.end + 2].lstrip(QUOTES + " ")
            if (
                second.start - gloss.end <= 4
                and closed[:1]
                and closed[0] in CLOSING
                and _is_latin(gloss.text) != _is_latin(second.text)
            ):
                yield named, gloss, False
                yield named, second, False


def _may_gloss(named: _Name, gloss: _Name, announced: bool = False) -> bool:
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
    return _is_unit(named) and gloss.known is None and _is_latin(gloss.surface)


def _is_unit(name: _Name) -> bool:
    return name.key.endswith(_affixes().units)


def _is_latin(surface: str) -> bool:
    letters = [char for char in surface if char.isalpha()]
    return bool(letters) and all("a" <= char.casefold() <= "z" for char in letters)


def _is_hangul(char: str) -> bool:
    return "가" <= char <= "힣"


def _is_acronym(surface: str) -> bool:
    return _is_latin(surface) and len(surface) > 1 and surface[:2].isupper()


def _abbreviates(short: str, full: str) -> bool:
    """Whether all letters of the short one stand in the full one in this order."""
    letters = iter(full)
    return all(letter in letters for letter in short)


# ---------------------------------------------------------------- typing errors, shortened chains


def _join_mistyped(names: Sequence[_Name], sets: _Sets) -> set[str]:
    """Join a name whose last letter was typed twice with the name itself; their surfaces."""
    keys = {name.key for name in names}
    mistyped = set()
    for name in names:
        once = name.key[:-1]
        if len(once) > 2 and name.key[-1] == once[-1] and once in keys:
            sets.join(once, name.key)
            mistyped.add(name.surface)
    return mistyped


def _join_shortened(names: Sequence[_Name], sets: _Sets) -> None:
    """Join each name that is the end of exactly one other organisation's chain.

    The end of a chain is one of its words or more up to the last, alone (`AI연구원`) or after the
    first word (`한빛전자 AI연구소` for `한빛전자 기술본부 AI연구소`).
    """
    affixes = _affixes()
    ends: dict[str, set[str]] = defaultdict(set)
    for name in names:
        words = name.words[-MOST_WORDS:]
        for at in range(1, len(words)):
            if words[at - 1] not in affixes.places or at > 1:
                ends["".join(words[at:])].add(name.key)
        rest = name.rest[-MOST_WORDS:]
        for at in range(1, len(rest)):
            ends[f"{name.head} {''.join(rest[at:])}"].add(name.key)
        national = _without_national(name.key)
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


def _without_national(key: str) -> str | None:
    """`한국목재연구원` → `목재연구원`; None where the name is not that of a public body."""
    affixes = _affixes()
    if key.endswith(affixes.publics):
        for national in affixes.nationals:
            if key.startswith(national) and len(key) - len(national) >= 4:
                return key[len(national) :]
    return None


# ---------------------------------------------------------------- records


def _record(
    identity: str,
    group: Sequence[Mention],
    parts: dict[str, tuple[_Name, _Name | None]],
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
            not any(char in OPENING for char in form),
            any(map(_is_hangul, form)),
            _name(form).letters,
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


# ---------------------------------------------------------------- tables


def _rows(name: str) -> Iterator[list[str]]:
    table = files("lgtalent_ie") / "records" / "tables" / name
    for line in table.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            yield line.split("\t")


@cache
def _affixes() -> _Affixes:
    forms: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for kind, form, canonical, _ in _rows("org_suffixes.tsv"):
        forms[kind].append((form, canonical))
    for pairs in forms.values():
        pairs.sort(key=lambda pair: -len(pair[0]))

    def folded(kind: str) -> tuple[str, ...]:
        return tuple(_letters(form) for form, _ in forms[kind])

    return _Affixes(
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
    for canonical, forms, _ in _rows("org_aliases.tsv"):
        key = _term("".join(map(_letters, canonical.split())))
        for form in (canonical, *forms.split("|")):
            words = [letters for word in form.split() if (letters := _term(_letters(word)))]
            aliases["".join(words)] = key
            short["".join(_ending(word) for word in words)] = key
    return short | aliases
