"""A text as it should have been, and the way back to the text as it was given.

Pages carry decomposed syllables, zero-width and control characters, entities that lost their `&`.
No step could read `12\\u200b명`, and none may change the text. So a cleaned copy is read, and every
offset of what was found is led back to the text as given.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import fields, is_dataclass, replace
from functools import cache
from typing import Any, NamedTuple

from lgtalent_ie.schema import RECORDS, Document, Warning

# Format characters that join or separate nothing a reader sees.
INVISIBLE = frozenset("\u00ad\u200b\u200c\u200d\u2060\ufeff")

ODD_CHARACTERS = {
    "control_characters": re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f]"),
    "lone_surrogates": re.compile(r"[\ud800-\udfff]"),
}

# What most texts are made of; all of it is clean and composed.
PLAIN = re.compile(r"[\t\n\r -~가-힣“”‘’·…]*")

# Unicode's jamo for making syllables of, those of old Hangul in the second half.
INITIALS = re.compile("[\u1100-\u115f\ua960-\ua97c]")
VOWELS = re.compile("[\u1160-\u11a7\ud7b0-\ud7c6]")
CODAS = re.compile("[\u11a8-\u11ff\ud7cb-\ud7fb]")
JAMO = range(0x1100, 0x1200)
OLD_VOWELS = "\u119e\u318d"
FIRST_SYLLABLE, LAST_SYLLABLE, CODAS_OF_SYLLABLE = "가", "힣", 28


class Alignment(NamedTuple):
    """A cleaned text; its character i stands for `given[starts[i]:ends[i]]`."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where text[start:end] stands in the text as given."""
        first = self.starts[min(start, len(self.starts) - 1)]
        return first, self.ends[end - 1] if end > start else first


def align(
    given: str, start: int, end: int, repairs: Sequence[tuple[int, int, str]] = ()
) -> Alignment:
    """Clean given[start:end]: composed syllables, no invisible or control characters.

    `repairs` are (start, end, replacement) of broken entities, sorted, as `page.entity_repairs`
    finds them; those outside start..end are passed over.

    >>> align("한\\u200b글", 0, 3)
    Alignment(text='한글', starts=array('q', [0, 2]), ends=array('q', [1, 3]))
    """
    piece = given[start:end]
    inside = [repair for repair in repairs if start <= repair[0] and repair[1] <= end]
    if not inside and is_clean(piece):
        return Alignment(piece, range(start, end), range(start + 1, end + 1))
    characters: list[str] = []
    starts, ends = array("q"), array("q")

    def put(replacement: str, first: int, last: int) -> None:
        for character in replacement:
            characters.append(character)
            starts.append(first)
            ends.append(last)

    at = start
    for repair_start, repair_end, replacement in [*inside, (end, end, "")]:
        while at < repair_start:
            after = at + 1
            while after < repair_start and joins(given[after - 1], given[after]):
                after += 1
            put(clean_cluster(given[at:after]), at, after)
            at = after
        put(replacement, repair_start, repair_end)
        at = max(at, repair_end)
    return Alignment("".join(characters), starts, ends)


def is_clean(piece: str) -> bool:
    """True where the text needs no cleaning."""
    if PLAIN.fullmatch(piece):
        return True
    if not unicodedata.is_normalized("NFC", piece):
        return False
    return all(
        (c.isprintable() or c.isspace()) and c not in INVISIBLE and c not in lone_jamo()
        for c in set(piece)
    )


def joins(before: str, character: str) -> bool:
    """True for combining marks and for the vowel and the coda of a decomposed syllable."""
    if VOWELS.match(character):
        return INITIALS.match(before) is not None
    if CODAS.match(character):
        return VOWELS.match(before) is not None or is_open_syllable(before)
    return unicodedata.combining(character) != 0


def is_open_syllable(character: str) -> bool:
    """True for a composed syllable without a coda."""
    place = ord(character) - ord(FIRST_SYLLABLE)
    return FIRST_SYLLABLE <= character <= LAST_SYLLABLE and place % CODAS_OF_SYLLABLE == 0


@cache
def lone_jamo() -> Mapping[str, str]:
    """Jamo that make no syllable → the letters a writer typed, and the dot for the old vowel.

    NFKC, which KLUE's texts went through, turns the letters of `ㅋㅋ` and `ㅠㅠ` into jamo that no
    analyser knows. The old vowel stands between names, where a middle dot belongs.

    >>> "".join(lone_jamo()[jamo] for jamo in "\u110f\u1172\u119e")
    'ㅋㅠ·'
    """
    letters = {}
    for number in JAMO:
        name = unicodedata.name(chr(number), "").removeprefix("HANGUL ")
        kind, _, sound = name.partition(" ")
        if kind in ("CHOSEONG", "JUNGSEONG", "JONGSEONG"):
            with suppress(KeyError):
                letters[chr(number)] = unicodedata.lookup(f"HANGUL LETTER {sound}")
    return letters | dict.fromkeys(OLD_VOWELS, "·")


def clean_cluster(cluster: str) -> str:
    """What stands for one cluster of characters in the cleaned text."""
    if cluster in INVISIBLE:
        return ""
    if len(cluster) == 1:
        if "\ud800" <= cluster <= "\udfff":
            return "\ufffd"
        if not (cluster.isprintable() or cluster.isspace()):
            return " "
        return lone_jamo().get(cluster, cluster)
    if VOWELS.match(cluster):
        return "".join(lone_jamo().get(jamo, jamo) for jamo in cluster)
    # A cluster longer than any syllable is noise; its first character stands for it.
    return unicodedata.normalize("NFC", cluster) if len(cluster) <= 8 else cluster[0]


def character_warnings(given: str) -> tuple[Warning, ...]:
    """A warning each for control characters and lone surrogates, read as blanks and as U+FFFD."""
    warnings = []
    for code, pattern in ODD_CHARACTERS.items():
        if found := pattern.search(given):
            what = code.replace("_", " ")
            message = f"{len(pattern.findall(given))} {what}, the first at {found.start()}"
            warnings.append(Warning(code, message, found.start(), found.end()))
    return tuple(warnings)


def lead_back(document: Document, alignment: Alignment, given: str) -> Document:
    """A document of the cleaned text as the document of the text as given.

    Offsets and the texts they stand for become those of `given`; names and values stay clean.
    """
    if alignment.text == given:
        return document
    records = {name: led_back(getattr(document, name), alignment, given) for name in RECORDS}
    return replace(document, text=given, **records)


def led_back(value: Any, alignment: Alignment, given: str) -> Any:
    """A record, and all records inside it, with offsets into `given`."""
    if isinstance(value, tuple):
        return tuple(led_back(item, alignment, given) for item in value)
    if not is_dataclass(value) or isinstance(value, type):
        return value
    changes = {
        field.name: led_back(getattr(value, field.name), alignment, given)
        for field in fields(value)
        if is_dataclass(getattr(value, field.name)) or isinstance(getattr(value, field.name), tuple)
    }
    start, end = getattr(value, "start", None), getattr(value, "end", None)
    if start is not None and end is not None and alignment.starts:
        changes["start"], changes["end"] = alignment.span(start, end)
        if hasattr(value, "text"):
            changes["text"] = given[changes["start"] : changes["end"]]
    return replace(value, **changes)
