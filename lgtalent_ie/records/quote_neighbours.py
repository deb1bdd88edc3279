"""What the sentences around a quotation say of its source: next to it, or carried over."""

from __future__ import annotations

from lgtalent_ie.records.quote_cues import Cue, cue_of, verb_at
from lgtalent_ie.records.quote_kinds import Judged
from lgtalent_ie.records.quote_marks import MARK_CHARACTERS
from lgtalent_ie.records.quote_page import QuotePage
from lgtalent_ie.records.quote_tables import reporting_verbs, speaker_pronouns
from lgtalent_ie.records.speaker_names import People, identify
from lgtalent_ie.records.speakers import (
    NAMING,
    Phrase,
    best_phrase,
    genitive_before,
    phrase_ending,
    phrases_between,
)
from lgtalent_ie.schema import Speaker

# A speaker is carried over from so many sentences before.
CARRIED_UNITS = 3
# A sentence that only names the source of the quotation next to it is no longer than this.
SHORT_UNIT = 160
# What is quoted without marks: the sentence reports that and nothing beside it.
QUOTATIVE_ENDINGS = ("다고", "라고", "자고", "냐고")
POINTERS = frozenset({"이렇", "이렇게", "이같이", "다음", "이같", "이처럼", "이런"})
# What a name that stands behind a quotation by itself begins with: `“…” - 민 소장`.
SIGNS = tuple("(-–—―=~")
LONGEST_SIGNATURE = 40


def source_beside(
    page: QuotePage, unit_index: int, one: Judged
) -> tuple[Cue | None, Phrase | None]:
    """Cue and source in the short sentence after (`… 말이다.`) or before (`이렇게 말했다.`)."""
    unit = page.units[unit_index]
    ends = not page.text[one.quoted.closing + 1 : unit.end].strip(" .,")
    if ends and unit_index + 1 < len(page.units):
        after = page.units[unit_index + 1]
        if after.kind == unit.kind and after.end - after.start <= SHORT_UNIT:
            found = reporting_unit(page, after.start, after.end, pointer=False)
            if leads_on(page, unit_index + 1):
                found = None
            # A verb in the next paragraph rather leads to what is quoted there.
            same = after.paragraph == unit.paragraph
            if found is not None and (same or (found[0] and found[0].verb_class == "noun")):
                return found
    if unit_index and one.quoted.opening == unit.start:
        before = page.units[unit_index - 1]
        if before.kind == unit.kind and before.end - before.start <= SHORT_UNIT:
            # Behind a quotation `민 소장은 말했다.` belongs to that one, unless it says `이렇게`.
            behind = (
                page.text[max(0, before.start - 2) : before.start]
                .rstrip()
                .endswith(tuple(MARK_CHARACTERS))
            )
            pointer = behind or before.paragraph != unit.paragraph
            found = reporting_unit(page, before.start, before.end, pointer)
            if found is not None:
                return found
    return None, None


def leads_on(page: QuotePage, unit_index: int) -> bool:
    """True for `민 소장은 이렇게 말했다.` with a quotation of its own behind it."""
    unit = page.units[unit_index]
    if unit_index + 1 >= len(page.units):
        return False
    following = page.text[page.units[unit_index + 1].start]
    pointing = any(m.form in POINTERS for m in page.between(unit.start, unit.end))
    return pointing and following in MARK_CHARACTERS


def reporting_unit(
    page: QuotePage, start: int, end: int, pointer: bool
) -> tuple[Cue | None, Phrase | None] | None:
    """Cue and source of a sentence that only reports; `pointer`: it must say `이렇게`."""
    first, last = page.index_at(start), page.index_at(end)
    morphemes = page.morphemes[first:last]
    if any(m.tag in ("SSO", "JKQ") for m in morphemes):
        return None
    pointing = any(m.form in POINTERS for m in morphemes)
    if pointer and not pointing:
        return None
    if any(m.tag == "EC" and m.form.endswith(QUOTATIVE_ENDINGS) for m in morphemes):
        return None
    for index in range(last - 1, first - 1, -1):
        found = verb_at(page, index)
        if found is not None and reporting_verbs()[found[1]] not in ("name", "appear", "light"):
            cue = cue_of(page, index, found[0], reporting_verbs()[found[1]])
            if page.text[cue.end : end].strip(" .!:"):
                return None
            phrase = best_phrase(phrases_between(page, start, cue.start, bare=False), strict=True)
            if phrase is None or (not pointing and cue.start - phrase.end > 12):
                return None
            return cue, phrase
        tag = page.morphemes[index].tag
        if tag.startswith("VCP") and index - 1 > first:
            noun = index - 1
            phrase = genitive_before(page, start, page.morphemes[noun].start)
            return None if phrase is None else (cue_of(page, noun, index, "noun"), phrase)
    return None


def signature(page: QuotePage, unit_index: int, one: Judged) -> Phrase | None:
    """The source that stands alone behind the quotation: `“…” (민 소장)`, `“…” - 민 소장`."""
    unit = page.units[unit_index]
    end = unit.end
    rest = page.text[one.quoted.closing + 1 : end].strip().strip("".join(SIGNS))
    if not rest and unit_index + 1 < len(page.units):
        after = page.units[unit_index + 1]
        end = after.end if after.kind == unit.kind else end
    behind = page.text[one.quoted.closing + 1 : end]
    words = behind.strip().rstrip(").")
    if not words.startswith(SIGNS) or len(words) > LONGEST_SIGNATURE or "\n\n" in behind:
        return None
    start = page.text.find(words, one.quoted.closing + 1)
    last = page.index_at(start + len(words)) - 1
    phrase = phrase_ending(page, last, start, "bare")
    if phrase is None or not phrase.named or phrase.end < start + len(words):
        return None
    return None if page.text[start : phrase.start].strip(" )" + "".join(SIGNS)) else phrase


def actor_behind(page: QuotePage, unit_index: int, one: Judged) -> Phrase | None:
    """The person whom the next sentence begins with: `“….” 민 소장이 고개를 저었다.`"""
    unit = page.units[unit_index]
    if page.text[one.quoted.closing + 1 : unit.end].strip(" .,"):
        return None
    if unit_index + 1 >= len(page.units):
        return None
    after = page.units[unit_index + 1]
    beside = after.kind == unit.kind and after.paragraph == unit.paragraph
    quoting = any(c in MARK_CHARACTERS for c in page.text[after.start : after.end])
    if not beside or quoting or after.end - after.start > SHORT_UNIT:
        return None
    if leads_on(page, unit_index + 1):
        return None
    for phrase in phrases_between(page, after.start, after.end, bare=False)[:1]:
        person = page.reading.within(phrase.start, phrase.end, ("PERSON",)) or (
            speaker_pronouns().get(page.text[phrase.start : phrase.end]) == "person"
        )
        if phrase.start == after.start and phrase.named and person:
            return phrase
    return None


def carry(
    page: QuotePage,
    people: People,
    unit_index: int,
    last_speakers: dict[int, Speaker | None],
    previous: Speaker | None,
    reported: bool,
) -> Speaker | None:
    """The speaker of the sentences before, where this one leaves its source out.

    `reported`: a cue stands here; without one only the same paragraph is looked at.
    """
    unit = page.units[unit_index]
    if unit.kind == "headline":
        return None
    for at in range(unit_index - 1, max(-1, unit_index - 1 - CARRIED_UNITS), -1):
        before = page.units[at]
        if before.kind != unit.kind:
            return None
        if not reported and before.paragraph != unit.paragraph:
            return None
        if at in last_speakers:
            return last_speakers[at]
        phrases = [
            p
            for p in phrases_between(page, before.start, before.end, bare=False)
            if p.marked_by in ("topic", "subject", "께서", "역시", "도")
            and people.reading.within(p.start, p.end, NAMING)
        ]
        phrase = best_phrase(phrases, strict=True)
        if phrase is not None:
            return identify(people, phrase.start, phrase.end, previous)
    return None
