"""Quotations of an article: what was said, the verb that reports it, and who said it.

    marks ─▶ writer's sentences ─▶ speech or name ─▶ parts of one statement ─▶ speaker ─▶ Quote
    sentences without marks ─▶ quote_indirect ─────────────────────────────────────────▶ Quote

`score` is a heuristic, not a probability. It starts from what shows that this is speech: 0.95 a
clause with a quotative particle and a reporting verb, 0.9 a phrase with both or the first of two
parts, 0.85 a reporting noun between, 0.75 marks and a predicate alone, 0.7 a headline with its
source, 0.55 to 0.6 a headline by its form. It loses 0.1 where the speaker is carried over from a
sentence before, 0.05 where only grammar speaks for the speaker, 0.1 where body text names none.
Speech without marks has 0.85, 0.75 with a speaker carried over, 0.65 with none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from lgtalent_ie.reading import Reading
from lgtalent_ie.records.quote_cues import UNNAMING, Cue
from lgtalent_ie.records.quote_indirect import read_indirect
from lgtalent_ie.records.quote_kinds import Judged, judge
from lgtalent_ie.records.quote_neighbours import actor_behind, carry, signature, source_beside
from lgtalent_ie.records.quote_page import QuotePage, open_page
from lgtalent_ie.records.speaker_names import People, identify, meet_people
from lgtalent_ie.records.speakers import (
    Phrase,
    best_phrase,
    genitive_before,
    next_phrase,
    phrase_from,
    phrases_between,
    predicate_of,
)
from lgtalent_ie.schema import Organization, Quote, Span, Speaker

# Marks inside marks inside marks: deeper ones are noise.
DEEPEST = 2
# `말한 뒤`, `밝힌 후`, `강조한 데 이어`, `말한 다음` lead to the next part.
AFTER_SAYING = frozenset("뒤후데다")
# `…고 말한 사람은 민 소장이다`: who it was stands behind.
CLEFT_HEADS = frozenset(("사람", "이", "인물", "쪽", "곳", "주인공"))


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
                speaker = carried or acting(page, people, unit, source, previous)
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
    indirect = read_indirect(page, people, quotes, last_speakers)
    return in_order([*quotes, *indirect])


def in_order(quotes: Sequence[Quote]) -> tuple[Quote, ...]:
    """The quotations by offset, with the ids `q1`, `q2` … of that order."""
    ordered = sorted(quotes, key=lambda quote: quote.start)
    ids = {quote.id: f"q{n}" for n, quote in enumerate(ordered, 1)}
    return tuple(
        replace(q, id=ids[q.id], continues=ids[q.continues] if q.continues else None)
        for q in ordered
    )


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
        unnamed = one.cue is not None and one.cue.verb_class in UNNAMING
        own = None if unreported(one) or unnamed else subject
        if at == 0:
            opening_phrase = subject
        cue, behind = one.cue, source_behind(page, one, stop)
        speakerless = unreported(one) or unnamed
        if one.tail.role == "free" and cue is None and unit.kind != "headline":
            cue, beside = source_beside(page, unit_index, one)
            behind = behind or beside or signature(page, unit_index, one)
        continues = at > 0 and own is None and goes_on(page, parts[at - 1], one)
        phrase = behind or own or genitive_before(page, low, one.quoted.opening)
        if phrase is None and at > 0 and not speakerless:
            phrase = found[-1].phrase if continues else opening_phrase
        if phrase is None:
            between = phrases_between(page, one.tail.end, cue.start) if unnamed and cue else []
            phrase = next((p for p in (*between, *before[::-1]) if p.marked_by == "부터"), None)
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


def acting(
    page: QuotePage, people: People, unit: int, source: Found, previous: Speaker | None
) -> Speaker | None:
    """Who acts in the sentence behind a quotation that nothing else names a source of."""
    if source.cue is not None or page.units[unit].kind == "headline":
        return None
    phrase = actor_behind(page, unit, source.judged)
    return identify(people, phrase.start, phrase.end, previous) if phrase is not None else None


def unreported(one: Judged) -> bool:
    """True where the subject of the sentence is not the source: `"…"라는 질문에`."""
    tail = one.tail
    manner = tail.noun is not None and tail.noun.manner
    return tail.role == "adnominal" and (tail.answered or (one.cue is None and not manner))


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
    cue = before.cue
    if before.tail.role != "link" or cue is None:
        return False
    return not cue.adnominal or page.text[cue.end : cue.end + 3].lstrip()[:1] in AFTER_SAYING


def source_behind(page: QuotePage, one: Judged, stop: int) -> Phrase | None:
    """The source between the quotation and its verb, or behind a verb that modifies it."""
    cue, tail = one.cue, one.tail
    if cue is not None and cue.verb_class == "noun":
        return genitive_before(page, tail.end, cue.start)
    if tail.noun is not None:
        # `"…"는 민 소장의 말을 업체는 전했다`: whose word it is goes before who passes it on.
        owner = genitive_before(page, tail.end, tail.noun.start)
        if owner is None and cue is None and tail.noun.manner:
            owner = next_phrase(page, tail.noun.start, stop)
        if owner is not None or cue is None:
            return owner
    if cue is not None and cue.start < stop and tail.role in ("link", "free", "connective"):
        between = phrases_between(page, tail.end, cue.start, bare=False)
        named = best_phrase(between, strict=True)
        if named is not None:
            return named
    if cue is not None and cue.adnominal and cue.end < stop:
        head = phrase_from(page, cue.end, stop)
        if head is not None and page.text[head.start : head.end] in CLEFT_HEADS:
            return predicate_of(page, head, stop) or head
        return head
    if tail.role == "adnominal" and cue is None and tail.noun is None:
        return phrase_from(page, tail.end, stop)
    return None


def cue_span(page: QuotePage, one: Judged, cue: Cue | None) -> Span | None:
    """The reporting verb as written, or where none comes before the next part the connective."""
    tail = one.tail
    if cue is not None and cue.verb_class == "receive":
        return None
    if cue is not None:
        return page.reading.span(cue.start, cue.end)
    if tail.role == "connective":
        return page.reading.span(tail.start, tail.end)
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
