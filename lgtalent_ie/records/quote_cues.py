"""What stands behind a quotation: the connective, and the reporting verb it leads to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from lgtalent_ie.reading import Morpheme
from lgtalent_ie.records.characters import is_hangul
from lgtalent_ie.records.quote_page import QuotePage
from lgtalent_ie.records.quote_tables import connectives, quoted_nouns, reporting_verbs

TailRole = Literal["link", "connective", "adnominal", "case", "list", "free"]

# A stem is at most so many morphemes: 털 + 어 + 놓, 힘 + 주, 쏘 + 아 + 붙이.
LONGEST_STEM = 5
# The longest connective of the table, and how far a reporting noun stands behind an adnominal one.
LONGEST_FORM = 5
NOUN_WITHIN = 8
# No writer's sentence needs more to get to its verb; a page of marks without verbs stays linear.
LONGEST_TAIL = 120
# The classes of nouns that a light verb reports with.
SPOKEN_NOUNS = ("report", "text")
# Verbs that have what is quoted for their subject or for what is heard.
UNNAMING = ("appear", "spread", "receive")
# The particles a verb may report with (`"…"를 강조했다`, `"…"로 평가했다`), and how near it stands.
QUOTING_CASES = ("을", "를", "으로", "로")
NEAR = 3

STEM_TAGS = ("NNG", "NNP", "XR", "MAG", "VV", "VA", "VX", "XSV", "XSA", "XPN")
VERB_TAGS = ("VV", "VA", "VX", "XSV", "XSA")
OBJECT_TAGS = ("JKO", "JKS", "JX")
# Verbs with another everyday sense report only where no other verb comes between.
EVERYDAY = frozenset(
    ("쓰", "적", "올리", "남기", "보", "꼽", "받", "알리", "웃", "드러내", "다지", "여기", "바라",
     "느끼")
)  # fmt: skip

# Of these the ones that go with 라며: `"…"라며 웃었다`.
SAID_WITH = frozenset(("쓰", "적", "남기", "웃", "올리"))

# A blank may stand before these: `"…" 라고 말했다`.
DETACHED = frozenset(
    ("고", "라고", "이라고", "며", "라며", "이라며", "면서", "라면서", "이라면서", "라는", "이라는")
)
# Particles behind a quoted noun that leave the subject of the sentence the source.
MANNER = frozenset(("로", "으로", "과", "와"))
# These never stand without one.
SPOKEN_LINKS = ("하고", "하며", "하면서")


@dataclass(frozen=True, slots=True)
class Cue:
    """A reporting verb or noun as it stands; `first` is the index of its first morpheme."""

    start: int
    end: int
    verb_class: str
    first: int
    adnominal: bool


@dataclass(frozen=True, slots=True)
class QuotedNoun:
    """The noun behind `라는`; `answered` where it takes 에 (`질문에`): what follows answers it.

    `manner` where it takes 로 or 과 (`말로`, `약속과 함께`): who does the rest says it.
    """

    noun_class: str
    start: int
    answered: bool
    manner: bool


@dataclass(frozen=True, slots=True)
class Tail:
    """What follows a closing mark; `form` is the connective or particle written at start..end."""

    role: TailRole
    form: str
    start: int
    end: int
    cue: Cue | None
    noun: QuotedNoun | None = None

    @property
    def answered(self) -> bool:
        """True where the quotation is a question, a request … that another one answers."""
        return self.noun is not None and self.noun.answered


def read_tail(page: QuotePage, closing: int, stop: int, clause: bool) -> Tail:
    """Read what follows the closing mark up to `stop`, the next quotation or the sentence's end.

    `clause`: a predicate stands in the marks; free-standing words without one report nothing.
    """
    at = closing + 1
    found = match_connective(page, at, stop)
    if found is not None:
        form, start = found
        role: TailRole = connectives()[form]  # type: ignore[assignment]
        end = start + len(form)
        noun = noun_after(page, end, stop) if role == "adnominal" else None
        return Tail(role, form, start, end, find_cue(page, end, stop, role), noun)
    start = at
    while start < stop and page.text[start].isspace():
        start += 1
    index = page.index_at(start)
    word = page.morphemes[index].form if index < len(page.morphemes) else ""
    if start < stop and word == "등":
        return Tail("list", word, start, start + 1, find_cue(page, start, stop, "list"))
    if start == at and start < stop and page.text[start].isalpha():
        end = start + len(word)
        near = min(stop, end + NEAR) if word in QUOTING_CASES else start
        return Tail("case", word, start, end, find_cue(page, start, near, "case"))
    return Tail("free", "", start, start, find_cue(page, start, stop, "free") if clause else None)


def match_connective(page: QuotePage, at: int, stop: int) -> tuple[str, int] | None:
    """The longest connective at `at`, or one blank behind it, and where it starts."""
    text = page.text
    for start in (at, at + 1):
        if start > at and not text[at : at + 1].isspace():
            break
        for length in range(min(LONGEST_FORM, stop - start), 0, -1):
            form = text[start : start + length]
            if form not in connectives() or (start > at and not form_stands_apart(form)):
                continue
            if start == at and form in SPOKEN_LINKS:
                continue
            end = start + length
            if end >= len(text) or not text[end].isalnum() or starts_word(page, end):
                return form, start
    return None


def form_stands_apart(form: str) -> bool:
    """True for what may follow a closing mark behind a blank."""
    return form in DETACHED or form in SPOKEN_LINKS


def starts_word(page: QuotePage, offset: int) -> bool:
    """True where a content word starts although no blank stands before it: `"…"고말했다`."""
    index = page.index_at(offset)
    if index >= len(page.morphemes) or page.morphemes[index].start != offset:
        return False
    return page.morphemes[index].tag.startswith(("NN", "NP", "VV", "VA", "XR", "MAG"))


def noun_after(page: QuotePage, start: int, stop: int) -> QuotedNoun | None:
    """The noun of the table that an adnominal connective leads to."""
    first = page.index_at(start)
    for index in range(first, min(first + NOUN_WITHIN, len(page.morphemes))):
        morpheme = page.morphemes[index]
        if morpheme.start >= stop:
            break
        if morpheme.tag.startswith("NN") and morpheme.form in quoted_nouns():
            after = page.morphemes[min(index + 1, len(page.morphemes) - 1)]
            if after.tag.startswith(("NN", "XSN")) and after.start == morpheme.end:
                continue
            form = after.form if after.tag in ("JKB", "JC") else ""
            return QuotedNoun(
                quoted_nouns()[morpheme.form], morpheme.start, form == "에", form in MANNER
            )
    return None


def find_cue(page: QuotePage, start: int, stop: int, role: TailRole) -> Cue | None:
    """The reporting verb between start and stop, or the reporting noun with a copula."""
    morphemes = page.morphemes
    first = index = page.index_at(start)
    last = min(len(morphemes), first + LONGEST_TAIL)
    noun_seen = verb_seen = False
    while index < last and morphemes[index].start < stop:
        morpheme = morphemes[index]
        if morpheme.tag.startswith("NN") and quoted_nouns().get(morpheme.form) in SPOKEN_NOUNS:
            if is_copula(morphemes, index + 1) and not verb_seen and role in ("adnominal", "free"):
                return cue_of(page, index, index + 1, "noun")
            noun_seen = True
        found = verb_at(page, index)
        if found is None:
            if morpheme.tag.startswith(("VV", "XSV")):
                if noun_seen and role == "adnominal" and morphemes[index - 1].tag == "JKO":
                    return None  # `확신을 줬다`: what the noun says has its own verb
                verb_seen = True
            index += 1
            continue
        end, stem = found
        verb_class = reporting_verbs()[stem]
        if stem == "하" and not noun_seen and is_other_ha(morphemes, index, first):
            pass
        elif reports(verb_class, stem, role, noun_seen, verb_seen):
            return cue_of(page, index, end, verb_class)
        verb_seen = True
        index = end + 1
    return None


def reports(verb_class: str, stem: str, role: TailRole, noun_seen: bool, verb_seen: bool) -> bool:
    """Does a verb found in the tail report what is quoted?"""
    if role == "adnominal" and verb_seen and not noun_seen:
        return False
    if stem == "하":
        return (role == "link" and not verb_seen) or noun_seen
    if verb_class in ("light", "spread", "receive"):
        return noun_seen
    if verb_class == "appear":
        return noun_seen or (role == "link" and not verb_seen)
    if stem in EVERYDAY:
        near = role == "link" or (role == "connective" and stem in SAID_WITH)
        return noun_seen or (near and not verb_seen)
    if verb_class == "name":
        return not verb_seen
    return True


def is_other_ha(morphemes: Sequence[Morpheme], index: int, first: int) -> bool:
    """True for the 하다 of `인사를 하다` and of `심장이라고 할 수 있다`, which report nothing."""
    after = morphemes[min(index + 1, len(morphemes) - 1)]
    possible = after.tag == "ETM" and after.form in ("ᆯ", "을")
    return possible or (index > first and morphemes[index - 1].tag == "JKO")


def verb_at(page: QuotePage, index: int) -> tuple[int, str] | None:
    """The longest stem of the table that starts at this morpheme: (index of its end, stem)."""
    morphemes, verbs = page.morphemes, reporting_verbs()
    tag = morphemes[index].tag
    if not tag.startswith(STEM_TAGS) or tag.startswith(("VX", "XS")):
        return None
    best = longest_stem(page, index, "")
    if morphemes[index].tag.startswith("NN"):
        verb = index + 1
        if verb < len(morphemes) and morphemes[verb].tag in OBJECT_TAGS:
            verb += 1
        if verb < len(morphemes) and morphemes[verb].tag.startswith(STEM_TAGS):
            idiom = longest_stem(page, verb, morphemes[index].form + " ")
            best = idiom if idiom is not None else best
    return best if best is None or best[1] in verbs else None


def longest_stem(page: QuotePage, index: int, prefix: str) -> tuple[int, str] | None:
    """Join morphemes from `index` on and keep the longest join that is a stem of the table."""
    morphemes, verbs = page.morphemes, reporting_verbs()
    full = short = prefix
    best: tuple[int, str] | None = None
    for at in range(index, min(index + LONGEST_STEM, len(morphemes))):
        morpheme = morphemes[at]
        apart = at > index and page.begins_eojeol(at)
        if apart and not morpheme.tag.startswith("XS") and morphemes[at - 1].form != "못":
            break
        if morpheme.tag == "EC" and morpheme.form in ("어", "아"):
            full += linking_vowel(full)
        elif morpheme.tag.startswith(STEM_TAGS):
            full, short = full + morpheme.form, short + morpheme.form
        else:
            break
        if morpheme.tag.startswith(VERB_TAGS):
            if full in verbs:
                best = (at, full)
            elif short in verbs:
                best = (at, short)
    return best


def linking_vowel(stem: str) -> str:
    """어 or 아 as vowel harmony writes it; the analyser gives 어 for both."""
    vowel = (ord(stem[-1]) - ord("가")) // 28 % 21 if is_hangul(stem[-1:]) else -1
    return "아" if vowel in (0, 8) and stem[-1] != "하" else "어"


def is_copula(morphemes: Sequence[Morpheme], index: int) -> bool:
    """True for 이다 at this index."""
    return index < len(morphemes) and morphemes[index].tag.startswith("VCP")


def cue_of(page: QuotePage, first: int, last: int, verb_class: str, alone: bool = True) -> Cue:
    """The cue from its first stem morpheme to the end of its endings, no punctuation.

    `alone`: a verb behind it may be part of it or report instead.
    """
    morphemes = page.morphemes
    at = last
    while at + 1 < len(morphemes) and not page.begins_eojeol(at + 1):
        after = morphemes[at + 1]
        if morphemes[at].tag == "ETM" or not after.tag.startswith(
            ("EP", "EF", "EC", "ET", "VX", "VV", "XSV", "JX", "JK", "VCP")
        ):
            break
        at += 1
    linked = (morphemes[at].tag, morphemes[at].form) == ("EC", "어")
    if linked and alone and at + 1 < len(morphemes):
        # `강조해 왔다` is one verb, `힘주어 말했다` two of which the second reports.
        behind = at + 1
        if (morphemes[behind].tag, morphemes[behind].form) == ("VX", "오"):
            return cue_of(page, first, behind, verb_class, alone=False)
        second = verb_at(page, behind) if page.begins_eojeol(behind) else None
        if second is not None and reporting_verbs()[second[1]] == "say":
            return cue_of(page, behind, second[0], "say", alone=False)
    end = max(m.end for m in morphemes[first : at + 1])
    return Cue(morphemes[first].start, end, verb_class, first, morphemes[at].tag == "ETM")


def first_verb(page: QuotePage, start: int, stop: int) -> Cue | None:
    """Whatever verb comes first behind `고` or `라고`, where the table knows none."""
    first = page.index_at(start)
    for index in range(first, min(first + LONGEST_TAIL, len(page.morphemes))):
        morpheme = page.morphemes[index]
        if morpheme.start >= stop:
            break
        if morpheme.tag.startswith("VV"):
            return cue_of(page, index, index, "other")
        if morpheme.tag.startswith("XSV"):
            return cue_of(page, index - 1 if index > first else index, index, "other")
    return None
