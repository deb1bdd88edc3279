"""Quotations of an article: what was said, the verb that reports it, and who said it.

    marks ─▶ writer's sentences ─▶ speech or name ─▶ parts of one statement ─▶ speaker ─▶ Quote

`score` is a heuristic, not a probability. It starts from what shows that this is speech: 0.95 a
clause with a quotative particle and a reporting verb, 0.9 a phrase with both or the first of two
parts, 0.85 a reporting noun between, 0.75 marks and a predicate alone, 0.7 a headline with its
source, 0.55 to 0.6 a headline by its form. It loses 0.1 where the speaker is carried over from a
sentence before, 0.05 where only grammar speaks for the speaker, 0.1 where body text names none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from lgtalent_ie.reading import Reading
from lgtalent_ie.records.quote_cues import Cue, cue_of, verb_at
from lgtalent_ie.records.quote_kinds import Judged, judge
from lgtalent_ie.records.quote_marks import MARK_CHARACTERS
from lgtalent_ie.records.quote_page import QuotePage, open_page
from lgtalent_ie.records.quote_tables import reporting_verbs
from lgtalent_ie.records.speaker_names import People, identify, meet_people
from lgtalent_ie.records.speakers import (
    NAMING,
    Phrase,
    best_phrase,
    genitive_before,
    phrase_from,
    phrases_between,
)
from lgtalent_ie.schema import Organization, Quote, Span, Speaker

# A speaker is carried over from so many sentences before.
CARRIED_UNITS = 3
# A sentence that only names the source of the quotation next to it is no longer than this.
SHORT_UNIT = 160
# Marks inside marks inside marks: deeper ones are noise.
DEEPEST = 2
# What is quoted without marks: the sentence reports that and nothing beside it.
QUOTATIVE_ENDINGS = ("다고", "라고", "자고", "냐고")
POINTERS = frozenset({"이렇", "이렇게", "이같이", "다음", "이같", "이처럼", "이런"})


@dataclass(frozen=True, slots=True)
class Found:
    """A quotation with the phrase that names its source, before ids are given."""

    judged: Judged
    cue: Span | None
    phrase: Phrase | None
    continues: bool
    speakerless: bool


def read_quotes(reading: Reading, organizations: Sequence[Organization]) -> tuple[Quote, ...]:
    """The quotations of headline, body and captions, by offset.

    `organizations` are those of the document; their names stand in where a phrase like `이 회사`
    points back to one. Never raises: marks without a partner and text without sentences give none.

    >>> reading = make_reading(  # tests/helpers.py
    ...     '민서연 소장은 "문을 연다"고 말했다.', [("PERSON", "민서연"), ("TITLE", "소장")]
    ... )
    >>> read_quotes(reading, ())[0]
    Quote(id='q1', start=9, end=14, text='문을 연다', kind='direct', continues=None, score=0.95, \
cue=Span(start=17, end=20, text='말했다'), speaker=Speaker(start=0, end=6, text='민서연 소장', \
name='민서연', title='소장', affiliation=None, mention='m1'))
    """
    page = open_page(reading)
    judged = judge_all(page)
    people = meet_people(reading, organizations)
    quotes: list[Quote] = []
    by_unit: dict[int, list[Judged]] = {}
    for one in judged:
        by_unit.setdefault(one.unit, []).append(one)
    last_speakers: dict[int, Speaker | None] = {}
    previous: Speaker | None = None
    for unit, parts in by_unit.items():
        found = name_sources(page, unit, parts)
        carried = None
        if any(f.phrase is None and not f.speakerless for f in found):
            reported = any(f.cue is not None for f in found)
            carried = carry(page, people, unit, last_speakers, previous, reported)
        for at, source in enumerate(found):
            first = at
            while first and found[first].continues:
                first -= 1
            speaker = None
            if source.phrase is not None:
                speaker = identify(people, source.phrase.start, source.phrase.end, previous)
            elif not source.speakerless:
                speaker = carried
            content = source.judged.content
            quotes.append(
                Quote(
                    id=f"q{len(quotes) + 1}",
                    start=content.start,
                    end=content.end,
                    text=reading.text[content.start : content.end],
                    kind=source.judged.kind,
                    continues=quotes[len(quotes) - at + first].id if source.continues else None,
                    score=score_of(source, speaker, page.units[unit].kind == "headline"),
                    cue=source.cue,
                    speaker=speaker,
                )
            )
        last_speakers[unit] = quotes[-1].speaker
        previous = quotes[-1].speaker or previous
    return tuple(quotes)


def judge_all(page: QuotePage) -> list[Judged]:
    """All quotations that are speech. Read backwards: a part is judged by what it leads to."""
    kept: list[Judged] = []
    for quoted in reversed(page.quoted):
        if quoted.depth > DEEPEST:
            continue
        outside = len(kept) - count_inside(kept, quoted.closing)
        following = kept[outside - 1] if outside else None
        if following is not None and following.unit != page.unit_index(quoted.opening):
            following = None
        one = judge(page, quoted, following)
        if one is not None:
            # Marks inside a quotation are part of it.
            kept[outside:] = [one]
    kept.reverse()
    return kept


def count_inside(kept: Sequence[Judged], closing: int) -> int:
    """How many of the last kept quotations end before `closing`: those inside that pair."""
    count = 0
    while count < len(kept) and kept[-1 - count].quoted.closing < closing:
        count += 1
    return count


def name_sources(page: QuotePage, unit_index: int, parts: Sequence[Judged]) -> list[Found]:
    """The source of every quotation of one writer's sentence, as that sentence names it."""
    unit = page.units[unit_index]
    found: list[Found] = []
    opening_phrase: Phrase | None = None
    low = unit.start
    for at, one in enumerate(parts):
        stop = parts[at + 1].quoted.opening if at + 1 < len(parts) else unit.end
        before = phrases_between(page, low, one.quoted.opening)
        strict = at > 0 or one.tail.role not in ("link", "connective")
        subject = best_phrase(before, strict)
        own = None if unreported(one) else subject
        if at == 0:
            opening_phrase = subject
        cue, behind = one.cue, source_behind(page, one, stop)
        speakerless = unreported(one) or (cue is not None and cue.verb_class == "appear")
        if one.tail.role == "free" and cue is None and unit.kind != "headline":
            cue, beside = source_beside(page, unit_index, one)
            behind = behind or beside
        continues = at > 0 and own is None and goes_on(page, parts[at - 1], one)
        phrase = behind or own or genitive_before(page, low, one.quoted.opening)
        if phrase is None and at > 0 and not speakerless:
            phrase = found[-1].phrase if continues else opening_phrase
        if phrase is None and speakerless:
            phrase = next((p for p in reversed(before) if p.marked_by == "부터"), None)
        if phrase is not None and continues and found[-1].phrase is None:
            found = give_back(found, phrase)
        found.append(
            Found(
                one,
                cue_span(page, one, cue),
                phrase,
                continues,
                speakerless,
            )
        )
        low = one.quoted.closing + 1
    return found


def unreported(one: Judged) -> bool:
    """True where the subject of the sentence is not the source: `"…"라는 질문에`."""
    return one.tail.role == "adnominal" and (one.tail.answered or one.cue is None)


def give_back(found: list[Found], phrase: Phrase) -> list[Found]:
    """The source of the last part is that of those before: `"…"라며 "…"라고 민 교수는 말했다`."""
    at = len(found)
    while at > 0 and found[at - 1].phrase is None:
        at -= 1
        if not found[at].speakerless:
            found[at] = replace(found[at], phrase=phrase)
        if not found[at].continues:
            break
    return found


def goes_on(page: QuotePage, before: Judged, one: Judged) -> bool:
    """Are two quotations of one sentence parts of one statement?"""
    if one.tail.answered or before.tail.answered:
        return False
    if before.tail.role in ("connective", "list"):
        return True
    between = page.text[before.quoted.closing + 1 : one.quoted.opening].strip()
    if before.tail.role == "free":
        return between in ("", ",", "·")
    return before.tail.role == "link" and before.cue is not None and not before.cue.adnominal


def source_behind(page: QuotePage, one: Judged, stop: int) -> Phrase | None:
    """The source between the quotation and its verb, or behind a verb that modifies it."""
    cue, tail = one.cue, one.tail
    if cue is not None and cue.verb_class == "noun":
        return genitive_before(page, tail.end, cue.start)
    if tail.noun is not None and cue is None:
        return genitive_before(page, tail.end, tail.noun.start)
    if cue is not None and cue.start < stop and tail.role in ("link", "free", "connective"):
        between = phrases_between(page, tail.end, cue.start, bare=False)
        named = best_phrase(between, strict=True)
        if named is not None:
            return named
    if cue is not None and cue.adnominal and cue.end < stop:
        return phrase_from(page, cue.end, stop)
    if tail.role == "adnominal" and cue is None and tail.noun is None:
        return phrase_from(page, tail.end, stop)
    return None


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


def cue_span(page: QuotePage, one: Judged, cue: Cue | None) -> Span | None:
    """The reporting verb as written, or where none comes before the next part the connective."""
    tail = one.tail
    if cue is not None:
        return page.reading.span(cue.start, cue.end)
    if tail.role == "connective":
        return page.reading.span(tail.start, tail.end)
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


def score_of(one: Found, speaker: Speaker | None, headline: bool) -> float:
    """How sure the quotation is; see the head of this file."""
    score = one.judged.score
    if speaker is None:
        score -= 0.0 if headline or one.speakerless else 0.1
    elif one.phrase is None:
        score -= 0.1
    elif not one.phrase.named:
        score -= 0.05
    return round(max(0.0, min(1.0, score)), 2)
