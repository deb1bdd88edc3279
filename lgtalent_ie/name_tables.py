"""The tables behind the repairs of names, and the words of a sentence as they ask for them."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from functools import cache

from lgtalent_ie.consistency import Candidate
from lgtalent_ie.reading import Morpheme, Sentence
from lgtalent_ie.schema import Label
from lgtalent_ie.tables import read_table

NOUNS = frozenset(("NNG", "NNP", "SL", "SN", "XPN", "XSN", "XR", "SH"))
LONGEST_WORD = 40
KOREAN_NAME = re.compile(r"[가-힣]{2,4}$")
PARTICLES = "(?:은|는|이|가|을|를|의|와|과|도|에게|에|측|로|한테|께|까지|부터|라고|라는|며|만)?"


@cache
def name_words(kind: str) -> tuple[str, ...]:
    """The words of one kind in `name_words.tsv`, longest first: for `str.endswith`, for sets."""
    words = {row[0] for row in read_table("lgtalent_ie", "name_words") if row[1] == kind}
    return tuple(sorted(words, key=lambda word: (-len(word), word)))


@cache
def word_set(kind: str) -> frozenset[str]:
    """The words of one kind as a set."""
    return frozenset(name_words(kind))


@cache
def surnamed() -> re.Pattern[str]:
    """A bare surname before `씨`, with `모` for a withheld name: `윤 씨는`, `김모(35)씨가`."""
    surnames = "|".join(name_words("surname"))
    return re.compile(
        rf"(?<![\w'’])((?:{surnames})모?)(?:\([^()\n]{{1,12}}\))? ?씨{PARTICLES}(?![가-힣\w])"
    )


@cache
def relabelled() -> tuple[dict[str, tuple[frozenset[str], Label]], tuple[str, ...]]:
    """`name_labels.tsv`: whole names and endings → (labels it is taken from, label); all endings.

    Endings stand under `*` and the ending.
    """
    table: dict[str, tuple[frozenset[str], Label]] = {}
    endings = []
    for word, match, labels, label, _ in read_table("lgtalent_ie", "name_labels"):
        table["*" * (match == "ending") + word] = (frozenset(labels.split("|")), label)  # type: ignore[assignment]
        if match == "ending":
            endings.append(word)
    return table, tuple(sorted(endings, key=lambda word: (-len(word), word)))


@cache
def last_letters() -> frozenset[str]:
    """The last two letters of all endings of names: asking for them is quicker than for each."""
    return frozenset(ending[-2:] for ending in relabelled()[1])


@cache
def organization_endings() -> tuple[str, ...]:
    """How organisations end, as far as the tables know."""
    table, endings = relabelled()
    of_tables = {word for word in endings if table["*" + word][1] == "ORG"}
    return tuple(
        sorted(
            of_tables
            | word_set("unit")
            | word_set("state")
            | {form for kind, form, *_ in suffixes() if kind in ("ending", "unit", "public")}
        )
    )


def suffixes() -> tuple[tuple[str, ...], ...]:
    """The rows of the organisations' own table of endings."""
    return read_table("lgtalent_ie.records", "org_suffixes")


def is_korean_name(surface: str) -> bool:
    """True for two to four syllables that begin with a surname: `윤하늘`, `남궁새별`."""
    if not KOREAN_NAME.match(surface) or not surface.startswith(name_words("surname")):
        return False
    return len(surface) < 4 or surface[:2] in word_set("surname")


def placed(
    candidates: Sequence[Candidate],
    found: Sequence[Candidate],
    gives_way: Callable[[Candidate, Candidate], bool],
) -> list[Candidate]:
    """The sorted candidates with those found in their places, sorted, without overlap.

    One that is found counts where every candidate that it touches gives way to it.
    """
    if not found:
        return list(candidates)
    ends = [c.end for c in candidates]
    gone: set[Candidate] = set()
    added: list[Candidate] = []
    for new in sorted(found):
        first = bisect_right(ends, new.start)
        touching = []
        while first < len(candidates) and candidates[first].start < new.end:
            touching.append(candidates[first])
            first += 1
        clear = not added or added[-1].end <= new.start
        if clear and all(gives_way(candidate, new) for candidate in touching):
            gone.update(touching)
            added.append(new)
    return sorted([c for c in candidates if c not in gone] + added)


class Words:
    """The words of a sentence as its morphemes have them; made once a sentence, when asked."""

    def __init__(self, text: str, sentence: Sentence) -> None:
        self.text, self.sentence = text, sentence
        self.starts: list[int] = []

    def first_at(self, start: int) -> int:
        """The number of the first morpheme that begins at `start` or behind it."""
        if not self.starts:
            self.starts = [m.start for m in self.sentence.morphemes]
        return bisect_left(self.starts, start)

    def at(self, start: int, end: int) -> Sequence[Morpheme]:
        """The morphemes that begin within start..end."""
        return self.sentence.morphemes[self.first_at(start) : self.first_at(end)]

    def noun_after(self, start: int) -> int:
        """Where the noun ends that begins at `start`, as far as the next blank; `start` if none.

        A word of more than `LONGEST_WORD` letters is none.
        """
        morphemes = self.sentence.morphemes
        at, end = self.first_at(start), start
        while at < len(morphemes) and morphemes[at].tag in NOUNS and morphemes[at].start == end:
            end, at = morphemes[at].end, at + 1
            if end - start > LONGEST_WORD:
                return start
        return end

    def noun_before(self, end: int) -> int:
        """Where the word of nouns alone begins that ends at `end`; `end` if there is none."""
        start = max(self.text.rfind(" ", self.sentence.start, end) + 1, self.sentence.start)
        return start if start < end and self.noun_after(start) == end else end
