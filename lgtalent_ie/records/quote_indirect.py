"""Indirect speech: what a source said, without marks (`민 소장은 사람을 더 뽑겠다고 밝혔다`).

    quotative ending ─▶ reporting verb behind it ─▶ source ─▶ where its words begin ─▶ Quote

The content is the clause up to 고 or 며, without the copula that carries it (`…할 예정`이라고), as
it is in marks. It begins behind the source, the day of the report and the place of it
(`12일 기자간담회에서`). Precision goes first: hearsay (`…다고 한다`), beliefs and what somebody
did not say are left out.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from lgtalent_ie.records.offsets import mention_at
from lgtalent_ie.records.quote_cues import Cue, find_cue, match_connective
from lgtalent_ie.records.quote_marks import MARK_CHARACTERS, Quoted
from lgtalent_ie.records.quote_neighbours import carry
from lgtalent_ie.records.quote_page import QuotePage
from lgtalent_ie.records.quote_tables import quotative_endings, speech_settings
from lgtalent_ie.records.speaker_names import People, identify
from lgtalent_ie.records.speakers import (
    Phrase,
    best_phrase,
    eojeol_at,
    phrase_from,
    phrases_between,
)
from lgtalent_ie.schema import Mention, Quote, Speaker

# Classes of verbs whose subject said something; 보도하다, 생각하다 tell of texts and thoughts.
SAYING = frozenset(("say", "stress", "claim", "ask", "reply", "urge", "promise", "judge"))
# A source stands no further before its words end than so many morphemes.
LONGEST_CLAUSE = 120
# How far the place where something was said may reach, and the verbs it is told with.
LONGEST_SETTING = 24
SETTING_CASES = frozenset(("에서", "에", "서", "로", "으로", "에게", "께"))
SETTING_VERBS = frozenset(("통하", "갖", "열", "가지", "마련하"))
TOPICS = ("topic", "께서", "역시", "인용")
SUBJECTS = ("subject", "도", "subject of a clause", "따르면")
OPENERS = frozenset(("이어", "이어서", "또", "또한", "특히", "다만", "아울러", "그러면서", "한편"))
# Times of the report; `올해`, `내년` rather belong to what is said.
REPORT_TIMES = frozenset(
    ("이날", "전날", "이튿날", "다음날", "그날", "당시", "이때", "그때", "앞서", "직후")
)
SCORE = 0.85


@dataclass(frozen=True, slots=True)
class Ending:
    """A quotative ending: the words before it end at `end`, what follows begins at `behind`."""

    role: str
    end: int
    behind: int


@dataclass(frozen=True, slots=True)
class Speech:
    """The document as indirect speech is read from it.

    `outer` are the outermost pairs of marks and `openings` their offsets; `last_speakers` is by
    unit the source of what was quoted last in it.
    """

    page: QuotePage
    people: People
    outer: Sequence[Quoted]
    openings: Sequence[int]
    last_speakers: dict[int, Speaker | None]


def read_indirect(
    page: QuotePage,
    people: People,
    quotes: Sequence[Quote],
    last_speakers: Mapping[int, Speaker | None],
) -> list[Quote]:
    """The indirect speech of body and captions; `quotes` are those in marks, in order.

    `last_speakers` is by unit the source of its last quotation. An id is `i` and the offset;
    `continues` is the id of a part read here or of one of `quotes`.

    >>> page = open_page(make_reading("새솔전자는 부산에 새 공장을 짓는다고 밝혔다."))
    >>> [(q.kind, q.text, q.cue.text) for q in read_indirect(page, people, (), {})]
    [('indirect', '부산에 새 공장을 짓는다', '밝혔다')]
    """
    outer = [quoted for quoted in page.quoted if quoted.depth == 0]
    speech = Speech(page, people, outer, [q.opening for q in outer], dict(last_speakers))
    starts = [quote.start for quote in quotes]
    found: list[Quote] = []
    previous: Speaker | None = None
    for index, unit in enumerate(page.units):
        first, last = bisect_left(starts, unit.start), bisect_left(starts, unit.end)
        if unit.kind != "headline":
            made = read_unit(speech, index, quotes[first:last], previous)
            if made and (first == last or quotes[last - 1].start < made[-1].start):
                speech.last_speakers[index] = made[-1].speaker
            found.extend(made)
        previous = speech.last_speakers.get(index) or previous
    return found


def read_unit(
    speech: Speech, index: int, quotes: Sequence[Quote], previous: Speaker | None
) -> list[Quote]:
    """The indirect speech of one writer's sentence; `quotes` are those in marks within it."""
    page, unit = speech.page, speech.page.units[index]
    low = unit.start
    made: list[Quote] = []
    before: Quote | None = None
    waiting: list[Ending] = []
    left = list(quotes)
    for ending in endings_between(speech, unit.start, unit.end):
        while left and left[0].end <= ending.end:
            before = left.pop(0)
            previous = before.speaker or previous
            low, waiting = max(low, behind_quote(page, before, ending.end)), []
        if waiting and new_source(page, waiting[-1].behind, ending.end):
            low, waiting = waiting[-1].behind, []
        if ending.end <= (waiting[-1].behind if waiting else low):
            continue
        if ending.role == "connective":
            waiting.append(ending)
            continue
        stop = left[0].start - 1 if left else unit.end
        cue = reporting_cue(page, ending, stop)
        if cue is None:
            continue
        parts = statement(speech, index, [*waiting, ending], cue, (low, stop), before, previous)
        low, waiting = cue.end, []
        if parts:
            made.extend(parts)
            before, previous = parts[-1], parts[-1].speaker or previous
    if waiting:
        # `사람을 더 뽑겠다며 협력을 당부했다`
        stop = left[0].start - 1 if left else unit.end
        cue = reporting_cue(page, waiting[-1], stop)
        if cue is not None:
            made.extend(statement(speech, index, waiting, cue, (low, stop), before, previous))
    return made


def statement(
    speech: Speech,
    index: int,
    parts: Sequence[Ending],
    cue: Cue,
    place: tuple[int, int],
    before: Quote | None,
    previous: Speaker | None,
) -> list[Quote]:
    """The parts of one statement, which stand in `place`, as quotes; none where it is hearsay.

    `before` is what the sentence quotes before it, `previous` the speaker quoted last.
    """
    page, people = speech.page, speech.people
    low, stop = place
    phrase = source_of(page, (low, parts[0].end), parts[-1], cue, stop, before)
    according = phrase is not None and phrase.marked_by == "따르면"
    if cue.verb_class == "light" and not (is_past(page, cue) or according):
        return []
    speaker = before.speaker if before is not None else None
    if phrase is not None:
        speaker = identify(people, phrase.start, phrase.end, previous)
    elif before is None and not has_subject(page, low, parts[-1].end):
        speaker = carry(page, people, index, speech.last_speakers, previous, reported=True)
    if speaker is None and cue.verb_class == "light":
        return []
    between = page.reading.within(parts[-1].behind, cue.start, ("DATE",))
    begin = low
    if phrase is not None and phrase.end < parts[0].end:
        begin = behind_particle(page, phrase.end)
    joined = None
    if before is not None and before.cue is not None and phrase is None:
        joined = before.continues or before.id
    made: list[Quote] = []
    for part in parts:
        start, end = content_start(page, begin, part.end, not between), part.end
        begin = part.behind
        if not is_whole(speech, start, end):
            continue
        spoken = cue if part is parts[-1] else None
        made.append(
            Quote(
                id=f"i{start}",
                start=start,
                end=end,
                text=page.text[start:end],
                kind="indirect",
                continues=joined,
                score=score_of(speaker, phrase),
                cue=page.reading.span(*((spoken.start, spoken.end) if spoken else (end, begin))),
                speaker=speaker,
            )
        )
        joined = joined or made[0].id
    return made


def endings_between(speech: Speech, low: int, high: int) -> Iterator[Ending]:
    """Every quotative ending outside marks: 고 or 며 behind a sentence's ending, in order."""
    page, morphemes = speech.page, speech.page.morphemes
    for index in range(page.index_at(low) + 1, page.index_at(high)):
        morpheme = morphemes[index]
        if morpheme.tag not in ("EC", "JKQ"):
            continue
        at = bisect_right(speech.openings, morpheme.start) - 1
        quoted = at >= 0 and morpheme.start <= speech.outer[at].closing
        if quoted or page.text[morpheme.start - 1] in MARK_CHARACTERS:
            continue
        if morpheme.tag == "JKQ":
            if morpheme.form != "하고":
                yield Ending("link", morpheme.start, morpheme.end)
            continue
        form = next((form for form in quotative_endings() if morpheme.form.endswith(form)), None)
        if form is not None:
            end = morpheme.end - len(form) + 1
            copula = morphemes[index - 1]
            end = copula.start if copula.tag == "VCP" else end
            yield Ending(quotative_endings()[form], end, morpheme.end)


def new_source(page: QuotePage, low: int, high: int) -> bool:
    """True where a source is named between two parts: the first belongs to another clause."""
    named = phrases_between(page, no_further(page, low, high), high, bare=False)
    return any(p.named and p.marked_by in TOPICS for p in named)


def reporting_cue(page: QuotePage, ending: Ending, stop: int) -> Cue | None:
    """The verb right behind the ending, where it says that something was said."""
    cue = find_cue(page, ending.behind, stop, "link")
    if cue is None or cue.verb_class not in (*SAYING, "light"):
        return None
    morphemes = page.morphemes
    first = page.index_at(ending.behind)
    for index in range(first, cue.first):
        morpheme, after = morphemes[index], morphemes[index + 1]
        if morpheme.tag == "EF" or (morpheme.tag == "EC" and morpheme.form not in ("어", "아")):
            return None
        if morpheme.tag.startswith(("VV", "XSV")) and after.tag != "EC":
            return None
    if cue.verb_class == "light" and (cue.first != first or morphemes[first].form != "하"):
        return None
    last = page.index_at(cue.end)
    forms = [m.form for m in morphemes[cue.first : last] if m.tag == "EC"]
    if any(form.endswith(("면", "어도", "더라도", *quotative_endings())) for form in forms):
        return None
    behind = morphemes[last] if last < len(morphemes) else None
    if behind is not None and (behind.tag == "JKQ" or behind.form in ("않", "못하")):
        return None
    if behind is not None and cue.adnominal and cue.verb_class == "light" and behind.form != "바":
        return None
    return cue


def is_past(page: QuotePage, cue: Cue) -> bool:
    """True for 했다, not for the hearsay of 한다."""
    return any(m.tag == "EP" and m.form in ("었", "았") for m in page.between(cue.start, cue.end))


def has_subject(page: QuotePage, low: int, high: int) -> bool:
    """True where some subject stands before the verb: it may be the source, known or not.

    Behind `이어`, `또` the source is the one of the sentence before, whatever the words are about.
    """
    low = no_further(page, low, high)
    first, last = page.index_at(low), page.index_at(high)
    if first < last and eojeol_at(page, first, last) in OPENERS:
        return False
    forms = [(m.tag, m.form) for m in page.morphemes[first:last]]
    if (("JKB", "에서"), ("JX", "는")) in pairwise(forms):
        # `현장에서는`, `설문에서는` stand for a source.
        return True
    return any(p.marked_by != "modifier" for p in phrases_between(page, low, high, bare=False))


def no_further(page: QuotePage, low: int, high: int) -> int:
    """`low`, or the offset LONGEST_CLAUSE morphemes before `high` where that comes later."""
    first = max(page.index_at(low), page.index_at(high) - LONGEST_CLAUSE)
    return max(low, page.starts[first]) if first < len(page.starts) else low


def source_of(
    page: QuotePage,
    words: tuple[int, int],
    ending: Ending,
    cue: Cue,
    stop: int,
    before: Quote | None,
) -> Phrase | None:
    """The source: between the words and the verb, behind a verb that modifies it, or before all.

    Of several before the words the first: `한빛랩은 새 칩은 내년에 나온다고 밝혔다`.
    """
    between = best_phrase(phrases_between(page, ending.behind, cue.start, bare=False), strict=True)
    if between is not None:
        return between
    if cue.adnominal:
        behind = phrase_from(page, cue.end, stop)
        if behind is not None:
            return behind
    low, high = words
    start = no_further(page, low, high)
    named = [p for p in phrases_between(page, start, high, bare=False) if p.named]
    if before is not None:
        # Going on behind a quotation, only a new topic is a new source.
        named = [p for p in named if p.marked_by in TOPICS]
    for kinds in (TOPICS, SUBJECTS):
        for phrase in named:
            if phrase.marked_by in kinds:
                return phrase
    return None


def behind_quote(page: QuotePage, quote: Quote, limit: int) -> int:
    """Where the writer goes on behind a quotation: past its verb, or past 며."""
    if quote.cue is not None and quote.end < quote.cue.start and quote.cue.end <= limit:
        return quote.cue.end
    closing = quote.end
    while closing < limit and page.text[closing] not in MARK_CHARACTERS:
        closing += 1
    found = match_connective(page, closing + 1, limit)
    return found[1] + len(found[0]) if found is not None else closing + 1


def behind_particle(page: QuotePage, offset: int) -> int:
    """Where the eojeol that holds the character before the offset ends, `따르면` and commas too."""
    at = page.index_at(offset)
    morphemes = page.morphemes
    while at < len(morphemes) and (
        not page.begins_eojeol(at) or morphemes[at].form in ("따르", "의하", "역시", "등")
    ):
        at += 1
    return morphemes[at].start if at < len(morphemes) else offset


def content_start(page: QuotePage, start: int, end: int, dated: bool) -> int:
    """Where the words begin: behind conjunctions, the day (if `dated`) and place of the report."""
    morphemes = page.morphemes
    last = page.index_at(end)
    index = page.index_at(start)
    begin = index
    while index < last:
        morpheme = morphemes[index]
        mention = mention_at(page.reading, morpheme.start)
        word = eojeol_at(page, index, last - 1).rstrip(",")
        if dated and mention is not None and is_report_day(mention):
            index = page.index_at(mention.end)
        elif morpheme.tag.startswith(("SP", "SSO", "SSC")) and (
            index == begin or morpheme.tag == "SP"
        ):
            index = behind_bracket(page, index, last)
        elif word in OPENERS or (word in REPORT_TIMES and mention is None):
            index += 1
            while index < last and not page.begins_eojeol(index):
                index += 1
        else:
            behind = behind_setting(page, index, last)
            if behind is None:
                break
            index = behind
        begin = index
    return morphemes[begin].start if begin < last else start


def is_report_day(mention: Mention) -> bool:
    """True for `12일`, `이날`; `오는 12일` is of the content."""
    text = mention.text
    return mention.label == "DATE" and (
        text in REPORT_TIMES or (text.endswith("일") and text[:-1].isdigit())
    )


def behind_bracket(page: QuotePage, index: int, last: int) -> int:
    """Index behind a comma, or behind the bracket that opens at `index`: `(현지시간)`."""
    if page.morphemes[index].tag == "SSO":
        if page.text[page.morphemes[index].start] in MARK_CHARACTERS:
            return last
        for at in range(index, min(last, index + LONGEST_SETTING)):
            if page.morphemes[at].tag == "SSC":
                return at + 1
    return index + 1


def behind_setting(page: QuotePage, index: int, last: int) -> int | None:
    """Index behind `간담회에서`, `회견을 열고`, `보도자료를 통해`; None where none begins here."""
    morphemes = page.morphemes
    behind = None
    for at in range(index, min(last - 1, index + LONGEST_SETTING)):
        morpheme, after = morphemes[at], morphemes[at + 1]
        if morpheme.tag in ("EC", "EF", "JX", "JKS"):
            break
        if not morpheme.tag.startswith(("NN", "SL", "XSN")) or not is_setting(page, at):
            continue
        if after.tag == "JKB" and after.form in SETTING_CASES:
            behind = at + 2
        elif after.tag == "JKO" and at + 3 < last and morphemes[at + 3].tag == "EC":
            behind = at + 4 if morphemes[at + 2].form in SETTING_VERBS else behind
    return behind


def is_setting(page: QuotePage, at: int) -> bool:
    """Does the noun that ends at this morpheme say where things are said?"""
    end = page.morphemes[at].end
    first = at
    while first > 0 and not page.begins_eojeol(first):
        first -= 1
        word = page.text[page.morphemes[first].start : end]
        if word in speech_settings():
            return True
    return page.text[page.morphemes[at].start : end] in speech_settings()


def is_whole(speech: Speech, start: int, end: int) -> bool:
    """True where words are left on one line and no mark among them has its partner outside."""
    text = speech.page.text[start:end]
    if "\n" in text or not any(c.isalnum() for c in text):
        return False
    first, last = bisect_left(speech.openings, start), bisect_left(speech.openings, end)
    pairs = sum(quoted.closing < end for quoted in speech.outer[first:last])
    return sum(c in MARK_CHARACTERS for c in text) == 2 * pairs


def score_of(speaker: Speaker | None, phrase: Phrase | None) -> float:
    """0.85 with its source in the sentence, less where it is carried over or missing."""
    if speaker is None:
        return round(SCORE - 0.2, 2)
    return SCORE if phrase is not None else round(SCORE - 0.1, 2)
