"""Where a sentence names its source: the noun phrase before 은/는/이/가, 에 따르면, 의 (말이다)."""

from __future__ import annotations

from dataclasses import dataclass

from lgtalent_ie.records.characters import MIDDLE_DOTS
from lgtalent_ie.records.offsets import mention_at
from lgtalent_ie.records.quote_marks import MARK_CHARACTERS
from lgtalent_ie.records.quote_page import QuotePage
from lgtalent_ie.records.quote_tables import speaker_nouns, speaker_pronouns, speaker_stops
from lgtalent_ie.schema import Label, Mention

# The labels of mentions that name a source.
NAMING: tuple[Label, ...] = ("PERSON", "ORG", "TITLE")
# What a noun phrase is made of; brackets and mentions are taken whole.
PHRASE_TAGS = ("NNG", "NNP", "NNB", "NR", "NP", "SN", "SL", "SH", "XR", "XPN", "XSN", "MM")
NOUN_TAGS = ("NNG", "NNP", "NNB", "NR", "NP", "SN", "SL", "SH", "XSN")
JOINERS = MIDDLE_DOTS | frozenset("&-./+㈜㈔")
PERSON_ENDINGS = ("자", "생", "원", "장", "인", "사", "측", "들", "진", "팀", "관", "가", "님")
# No name of a source is longer; a page without particles stays linear.
LONGEST_PHRASE = 40
LONGEST_BRACKET = 30
FROM = frozenset(("으로부터", "로부터", "에게서", "한테서"))

# How likely a phrase is the source, by what marks it; the nearest wins among equals.
# 께서 honours a subject, whose words are cited speaks rather than who cites them, a topic may hold
# over clauses, 에 따르면 yields to a real subject.
WEIGHTS = {"께서": 3.0, "인용": 2.5, "subject": 2.2, "topic": 2.0, "역시": 2.0, "bare": 1.9,
           "도": 1.85, "따르면": 1.8, "subject of a clause": 1.0, "modifier": 0.5,
           "부터": 0.5}  # fmt: skip
# `민 소장의 말을 인용해`, `노 교수를 인용해`: what may stand between the source and the verb.
CITED = frozenset(("말", "발언", "설명", "주장", "진술", "증언", "입", "얘기", "이야기", "전언",
                   "보도", "성명", "기사"))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase that may name a source; `named` where a mention or a noun of the tables says so."""

    start: int
    end: int
    marked_by: str
    named: bool

    @property
    def weight(self) -> float:
        return WEIGHTS[self.marked_by] + (10.0 if self.named else 0.0)


def best_phrase(phrases: list[Phrase], strict: bool = False) -> Phrase | None:
    """The likeliest source of those found, nearest to the end among equals.

    `strict`: only phrases that a mention or a noun of the tables vouches for.
    """
    fit = [
        p for p in phrases if p.marked_by not in ("modifier", "부터") and (p.named or not strict)
    ]
    return max(reversed(fit), key=lambda p: p.weight, default=None)


def phrases_between(page: QuotePage, low: int, high: int, bare: bool = True) -> list[Phrase]:
    """Every phrase between two offsets that a particle marks as a possible source, in order.

    `bare`: also a phrase without a particle that ends right at `high` (`조 사장 “…”`).
    """
    morphemes = page.morphemes
    first, last = page.index_at(low), page.index_at(high)
    found: list[Phrase] = []
    bracket_end = first
    for index in range(first, last):
        morpheme = morphemes[index]
        if morpheme.tag == "SSO" and index >= bracket_end:
            bracket_end = bracket_after(page, index, last)
        if index == first or index < bracket_end:
            continue
        marked_by = mark_of(page, index, last)
        if marked_by is None or in_mention(page, morpheme.start):
            continue
        phrase = phrase_ending(page, last_noun(page, index, marked_by), low, marked_by)
        if phrase is not None:
            found.append(phrase)
    if bare and last > first:
        at = last - 1
        while at > first and page.text[morphemes[at].start] in ":,…=＝":
            at -= 1
        phrase = phrase_ending(page, at, low, "bare")
        if phrase is not None and phrase.named:
            found.append(phrase)
    return found


def mark_of(page: QuotePage, index: int, last: int) -> str | None:
    """How the morpheme at `index` marks the noun before it as a source, None where it does not."""
    morphemes = page.morphemes
    morpheme, before = morphemes[index], morphemes[index - 1]
    noun = before.tag.startswith(NOUN_TAGS) or before.tag == "SSC" or before.form == "%"
    if not noun and page.text[before.start] not in MARK_CHARACTERS:
        return None
    if morpheme.tag == "JX" and morpheme.form in ("은", "는"):
        return "topic"
    if morpheme.tag == "JX" and morpheme.form == "도":
        return "도"
    if morpheme.tag == "JKS":
        if morpheme.form.startswith("께서"):
            return "께서"
        return subject_kind(page, index, last)
    if morpheme.form == "께서":
        return "께서"
    if morpheme.tag == "MAG" and morpheme.form == "역시":
        return "역시"
    if morpheme.tag == "JKB" and morpheme.form in FROM:
        return "부터"
    if morpheme.tag == "JKO" and index + 1 < last:
        return "인용" if morphemes[index + 1].form in ("인용", "빌리") else None
    if morpheme.tag == "JKB" and morpheme.form == "에" and index + 1 < last:
        return "따르면" if morphemes[index + 1].form in ("따르", "의하") else None
    return None


def last_noun(page: QuotePage, index: int, marked_by: str) -> int:
    """Index of the last noun of the phrase that the particle at `index` marks."""
    morphemes = page.morphemes
    at = index - 1
    if marked_by == "인용" and morphemes[at].form in CITED:
        at -= 2 if at > 1 and morphemes[at - 1].tag == "JKG" else 1
    elif at > 0 and morphemes[at].form == "등" and morphemes[at].tag == "NNB":
        at -= 1
    return at


def subject_kind(page: QuotePage, index: int, last: int) -> str:
    """Whose subject 이/가 marks: the quotation's own, a clause's before it, or a modifier's."""
    for at in range(index + 1, min(last, index + LONGEST_PHRASE)):
        tag = page.morphemes[at].tag
        if tag == "ETN" and page.morphemes[min(at + 1, last - 1)].tag == "JKO":
            continue  # `민 소장이 말하기를`
        if tag in ("ETM", "ETN"):
            return "modifier"
        if tag in ("EC", "EF"):
            return "subject of a clause"
    return "subject"


def phrase_ending(page: QuotePage, index: int, low: int, marked_by: str) -> Phrase | None:
    """The noun phrase whose last morpheme stands at `index`, cut at relative clauses and time."""
    morphemes = page.morphemes
    if index < 0 or morphemes[index].start < low:
        return None
    if page.text[morphemes[index].start] in MARK_CHARACTERS:
        # `'새벽 모임'은`: a name in marks.
        name = mention_at(page.reading, morphemes[index].start - 1)
        whole = name is not None and page.text[name.start - 1 : name.start] in MARK_CHARACTERS
        if name is None or not whole or name.label not in ("ORG", "PERSON") or name.start < low:
            return None
        return Phrase(name.start, name.end, marked_by, True)
    at = index
    start_index = index + 1
    while at >= 0 and index - at < LONGEST_PHRASE and morphemes[at].start >= low:
        morpheme = morphemes[at]
        if morpheme.tag == "SSC" and page.text[morpheme.start] not in MARK_CHARACTERS:
            opening = bracket_before(page, at, low)
            if opening is None:
                break
            start_index, at = opening, opening - 1
        elif belongs(page, at, start_index):
            start_index, at = at, at - 1
        else:
            break
    start_index = trim(page, start_index, index)
    if start_index > index:
        return None
    start, end = morphemes[start_index].start, morphemes[index].end
    split = mention_at(page.reading, start)
    if split is not None and split.label in NAMING:
        # A mention that the analyser split otherwise is part of the phrase as a whole.
        start = split.start
    for mention in page.reading.within(start, end, ("PERSON",)):
        # `추진민서연 소장`: two lines of a page glued together.
        if page.text[mention.start - 1 : mention.start].isalnum() and mention.start > start:
            start = mention.start
    if not page.text[start:end].strip():
        return None
    return Phrase(start, end, marked_by, names_source(page, start, end, index))


def bracket_before(page: QuotePage, closing: int, low: int) -> int | None:
    """Index of the bracket that opens the one at `closing`, if it opens near by."""
    for at in range(closing - 1, max(-1, closing - LONGEST_BRACKET), -1):
        morpheme = page.morphemes[at]
        if morpheme.start < low:
            return None
        if morpheme.tag == "SSO" and page.text[morpheme.start] not in MARK_CHARACTERS:
            return at
    return None


def bracket_after(page: QuotePage, opening: int, last: int) -> int:
    """Index behind the bracket that closes the one at `opening`; `opening` where none is near."""
    if page.text[page.morphemes[opening].start] in MARK_CHARACTERS:
        return opening
    for at in range(opening + 1, min(last, opening + LONGEST_BRACKET)):
        if page.morphemes[at].tag == "SSC":
            return at + 1
    return opening


def belongs(page: QuotePage, at: int, following: int) -> bool:
    """Is the morpheme part of the phrase whose rest begins at index `following`?"""
    morpheme = page.morphemes[at]
    if in_mention(page, morpheme.start):
        return True
    if morpheme.tag.startswith(PHRASE_TAGS) or morpheme.form == "%":
        return True
    after = page.morphemes[following] if following < len(page.morphemes) else None
    if after is None:
        return False
    if morpheme.tag == "JKG" and at and page.morphemes[at - 1].tag.startswith(NOUN_TAGS):
        return page.morphemes[at - 1].form not in speaker_stops()
    if morpheme.form == "또":
        return after.form in ("다른", "한")
    if morpheme.tag == "JC":
        return True
    if morpheme.form == "같" or (morpheme.tag == "ETM" and page.morphemes[at - 1].form == "같"):
        # `같은 관계자`, not `바다와 같은 사람`.
        first = at if morpheme.form == "같" else at - 1
        return first == 0 or page.morphemes[first - 1].tag not in ("JKB", "JC")
    if morpheme.form == ",":
        return parts_names(page, at, following)
    return page.text[morpheme.start : morpheme.end] in JOINERS and not page.begins_eojeol(following)


def parts_names(page: QuotePage, at: int, following: int) -> bool:
    """True for the comma of `민서연, 노경하 소장은`: persons or groups on both sides."""
    before = mention_at(page.reading, page.morphemes[max(0, at - 1)].start)
    after = mention_at(page.reading, page.morphemes[following].start)
    if before is None or after is None:
        return False
    persons = before.label in ("PERSON", "TITLE") and after.label == "PERSON"
    return persons or before.label == after.label == "ORG"


def in_mention(page: QuotePage, offset: int) -> bool:
    """True where a name or title covers the character."""
    mention = mention_at(page.reading, offset)
    return mention is not None and mention.label in NAMING


def trim(page: QuotePage, start: int, last: int) -> int:
    """Leave out what stands before the phrase without being part of it: time, particles, dots."""
    morphemes = page.morphemes
    dates = (
        page.reading.within(morphemes[start].start, morphemes[last].end, ("DATE", "TIME", "EVENT"))
        if start <= last
        else ()
    )
    cut = start
    for at in range(start, last + 1):
        morpheme = morphemes[at]
        dated = any(m.start <= morpheme.start < m.end for m in dates)
        timed = page.begins_eojeol(at) and eojeol_at(page, at, last) in speaker_stops()
        if timed:
            while at < last and not page.begins_eojeol(at + 1):
                at += 1
        if dated or (timed and not in_mention(page, morpheme.start)):
            cut = at + 1
    while cut <= last:
        morpheme = morphemes[cut]
        number = (
            morpheme.tag == "SN"
            and cut < last
            and morphemes[cut + 1].form in ("일", "월", "년", "시", "분", "주", "회")
        )
        if number and not in_mention(page, morpheme.start):
            cut += 2
        elif (
            morpheme.tag.startswith(("J", "XS", "SP", "SS", "SE", "NNB"))
            and not in_mention(page, morpheme.start)
            and (morpheme.tag != "SSO")
        ):
            cut += 1
        else:
            break
    return cut


def eojeol_at(page: QuotePage, first: int, last: int) -> str:
    """The eojeol that begins at index `first`, up to index `last`."""
    at = first
    while at < last and not page.begins_eojeol(at + 1):
        at += 1
    return page.text[page.morphemes[first].start : page.morphemes[at].end]


def names_source(page: QuotePage, start: int, end: int, last: int) -> bool:
    """Does the head of the phrase name someone who can speak?"""
    reading, morphemes = page.reading, page.morphemes
    head = last
    if morphemes[head].tag == "SSC":
        opening = bracket_before(page, head, start)
        head = opening - 1 if opening is not None and opening > 0 else head
    head_start = morphemes[head].start
    for mention in reading.within(start, end):
        if mention.start <= head_start < mention.end:
            return mention.label in NAMING or counts_sources(page, start, mention)
    if page.text[start:end] in speaker_pronouns():
        return True
    word = head_word(page, head)
    if word in speaker_nouns():
        return True
    if word.endswith("들") and len(word) > 2:
        return word[:-1] in speaker_nouns() or word[:-1].endswith(PERSON_ENDINGS)
    if morphemes[head].tag == "NNP":
        # A name that no mention covers: the model may have missed it.
        covered = reading.within(max(0, start - 1), end + 1)
        return not any(m.start <= head_start < m.end for m in covered)
    longest = next((word[n:] for n in range(1, len(word)) if word[n:] in speaker_nouns()), "")
    return len(longest) >= 2 or longest in ("씨", "측")


def counts_sources(page: QuotePage, start: int, mention: Mention) -> bool:
    """True for the numbers of `노경하 9단` and `응답자의 30%`, whose phrase begins at `start`."""
    if mention.label != "QUANTITY":
        return False
    before = page.text[start : mention.start].rstrip().removesuffix("의").split()
    ranked = mention.text.endswith("단") and page.reading.within(start, mention.start, ("PERSON",))
    return bool(ranked) or (bool(before) and before[-1] in speaker_nouns())


def head_word(page: QuotePage, last: int) -> str:
    """The last eojeol of the phrase up to its particle."""
    at = last
    while (
        at > 0
        and not page.begins_eojeol(at)
        and page.morphemes[at - 1].tag.startswith((*PHRASE_TAGS, "MAG"))
    ):
        at -= 1
    return page.text[page.morphemes[at].start : page.morphemes[last].end]


def phrase_from(page: QuotePage, start: int, stop: int) -> Phrase | None:
    """The source that `밝힌`, `말한` stands before: `"…"고 밝힌 민 교수는`."""
    morphemes = page.morphemes
    first = page.index_at(start)
    at = first
    while at < len(morphemes) and morphemes[at].start < stop and at - first < LONGEST_PHRASE:
        if not (morphemes[at].tag.startswith(PHRASE_TAGS) or in_mention(page, morphemes[at].start)):
            break
        at += 1
    if at == first or morphemes[first].tag.startswith("NNB"):
        return None
    phrase = phrase_ending(page, at - 1, start, "topic")
    return phrase if phrase is not None and phrase.named else None


def next_phrase(page: QuotePage, start: int, stop: int) -> Phrase | None:
    """The first named phrase that a particle marks behind `start`: `… 약속과 함께 민 소장이`."""
    for phrase in phrases_between(page, start, stop, bare=False):
        if phrase.named and phrase.marked_by not in ("따르면", "인용"):
            return phrase
    return None


def predicate_of(page: QuotePage, head: Phrase, stop: int) -> Phrase | None:
    """Who the copula says that the head is: `…고 말한 사람은 민 소장이다`."""
    morphemes = page.morphemes
    first = page.index_at(head.end)
    for at in range(first, min(first + LONGEST_PHRASE, len(morphemes))):
        if morphemes[at].start >= stop:
            break
        if morphemes[at].tag.startswith("VCP") and at > first:
            phrase = phrase_ending(page, at - 1, head.end, "topic")
            return phrase if phrase is not None and phrase.named else None
    return None


def genitive_before(page: QuotePage, low: int, high: int) -> Phrase | None:
    """The source before 의 that ends at `high`: `민 대표의 "…"라는 말`, `민 대표의 | 말이다`."""
    last = page.index_at(high) - 1
    if last < 1 or page.morphemes[last].tag != "JKG" or page.morphemes[last].start < low:
        return None
    phrase = phrase_ending(page, last - 1, low, "topic")
    return phrase if phrase is not None and phrase.named else None
