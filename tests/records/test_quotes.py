"""Quotations: what is speech, what reports it, who said it; the cases: cases/quotes.tsv."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

import pytest
from helpers import analyzer, make_reading, read_cases
from hypothesis import given, settings
from hypothesis import strategies as st

from lgtalent_ie.reading import Morpheme, Reading
from lgtalent_ie.records.quote_marks import CARRIED_LINES, find_quoted
from lgtalent_ie.records.quotes import read_quotes
from lgtalent_ie.schema import Label, Mention, Organization, Quote, Section, SectionKind
from lgtalent_ie.tables import read_table

PACKAGE = "lgtalent_ie.records"


def mentions_of(cell: str) -> list[tuple[str, str] | tuple[str, str, int]]:
    """`PERSON:민#2 ORG:한빛 대` → [("PERSON", "민", 2), ("ORG", "한빛 대")]."""
    found = []
    for part in re.split(r" (?=[A-Z]+:)", cell) if cell else []:
        label, surface = part.split(":", 1)
        surface, _, nth = surface.partition("#")
        found.append((label, surface, int(nth)) if nth else (label, surface))
    return found


def written(quote: Quote) -> str:
    """A quote as the case table writes it."""
    speaker = quote.speaker
    fields = [
        quote.kind,
        quote.text,
        quote.cue.text if quote.cue else "-",
        speaker.text if speaker else "-",
        (speaker.name if speaker else None) or "-",
        (speaker.title if speaker else None) or "-",
        (speaker.affiliation if speaker else None) or "-",
        quote.continues.removeprefix("q") if quote.continues else "-",
    ]
    return "|".join(fields)


def padded(cell: str) -> list[str]:
    """The expected quotes of a case with the fields that are left out filled in."""
    if not cell:
        return []
    return ["|".join((part.strip().split("|") + ["-"] * 8)[:8]) for part in cell.split(" ;; ")]


@pytest.mark.parametrize(("rule", "text", "mentions", "quotes"), read_cases("quotes"))
def test_case(rule: str, text: str, mentions: str, quotes: str) -> None:
    reading = make_reading(text, mentions_of(mentions))
    assert [written(q) for q in read_quotes(reading, ())] == padded(quotes), rule


@pytest.mark.parametrize(("stem", "verb_class", "example"), read_table(PACKAGE, "reporting_verbs"))
def test_reporting_verb(stem: str, verb_class: str, example: str) -> None:
    quotes = read_quotes(make_reading(example), ())
    if verb_class == "name":
        assert quotes == ()
        return
    assert len(quotes) == 1
    assert (quotes[0].speaker is None) == (verb_class in ("appear", "spread", "receive"))
    if verb_class == "receive":
        assert quotes[0].cue is None
        return
    words = example.rstrip(".").split()
    assert quotes[0].cue is not None
    assert quotes[0].cue.text == " ".join(words[-1 - stem.count(" ") :])


@pytest.mark.parametrize(
    ("form", "role", "example", "cue"), read_table(PACKAGE, "reporting_connectives")
)
def test_connective(form: str, role: str, example: str, cue: str) -> None:
    quotes = read_quotes(make_reading(example), ())
    assert len(quotes) == (2 if role == "connective" else 1)
    assert (quotes[0].cue.text if quotes[0].cue else "") == cue
    assert quotes[-1].continues == ("q1" if role == "connective" else None)
    speakers = {q.speaker.text for q in quotes if q.speaker}
    assert speakers == {"참가자들" if example.startswith("참가자들") else "민 대표"}


@pytest.mark.parametrize(("noun", "noun_class", "example"), read_table(PACKAGE, "quoted_nouns"))
def test_quoted_noun(noun: str, noun_class: str, example: str) -> None:
    quotes = read_quotes(make_reading(example), ())
    speech = noun_class in ("report", "text")
    assert [q.cue.text for q in quotes if q.cue] == (["내놓았다"] if speech else [])


@pytest.mark.parametrize(("noun", "refers", "example"), read_table(PACKAGE, "speaker_nouns"))
def test_speaker_noun(noun: str, refers: str, example: str) -> None:
    (quote,) = read_quotes(make_reading(example), ())
    assert quote.speaker is not None
    assert quote.speaker.text == re.sub(r"[은는]$", "", example.split(' "')[0])
    assert quote.score == 0.95
    assert refers in ("person", "organization", "document")


@pytest.mark.parametrize(("noun", "example"), read_table(PACKAGE, "speaker_relations"))
def test_who_belongs_to_a_person_is_another(noun: str, example: str) -> None:
    (quote,) = read_quotes(make_reading(example, [("PERSON", "윤하늘")]), ())
    assert quote.speaker is not None
    assert (quote.speaker.text, quote.speaker.name) == (f"윤하늘 {noun}", None)


@pytest.mark.parametrize(("form", "refers", "example"), read_table(PACKAGE, "speaker_pronouns"))
def test_speaker_pronoun(form: str, refers: str, example: str) -> None:
    first = example.split("은 ")[0].split(" ")[0]
    mentions = {
        "person": [("PERSON", first), ("TITLE", "원장")],
        "organization": [("ORG", first)],
        "group": [],
    }[refers]
    reading = make_reading(example, mentions)
    organizations = tuple(
        Organization("o1", "한빛", mentions=(m.id,)) for m in reading.mentions if m.label == "ORG"
    )
    (quote,) = read_quotes(reading, organizations)
    assert quote.speaker is not None
    assert quote.speaker.text == form
    assert quote.speaker.name == (first if refers == "person" else None)
    assert quote.speaker.affiliation == ("한빛" if refers == "organization" else None)


@pytest.mark.parametrize(("word", "example"), read_table(PACKAGE, "speaker_stops"))
def test_time_is_no_speaker(word: str, example: str) -> None:
    (quote,) = read_quotes(make_reading(example), ())
    assert quote.speaker is not None
    assert quote.speaker.text == "민 원장"


@pytest.mark.parametrize(
    ("ending", "role", "example", "content"), read_table(PACKAGE, "quotative_endings")
)
def test_ending_of_indirect_speech(ending: str, role: str, example: str, content: str) -> None:
    quotes = read_quotes(make_reading(example), ())
    assert [q.kind for q in quotes] == ["indirect"] * (2 if role == "connective" else 1)
    assert quotes[0].text == content
    assert quotes[0].cue is not None
    assert (quotes[0].cue.text in ("며", "면서")) == (role == "connective")
    assert {q.speaker.text for q in quotes if q.speaker} == {"민 소장"}


@pytest.mark.parametrize(("noun", "example", "content"), read_table(PACKAGE, "speech_settings"))
def test_setting_of_indirect_speech(noun: str, example: str, content: str) -> None:
    (quote,) = read_quotes(make_reading(example), ())
    assert (quote.kind, quote.text) == ("indirect", content)
    assert noun in example.removesuffix(content)


TABLES = [
    "quotative_endings",
    "speech_settings",
    "reporting_verbs",
    "reporting_connectives",
    "quoted_nouns",
    "speaker_nouns",
    "speaker_pronouns",
    "speaker_relations",
    "speaker_stops",
]


@pytest.mark.parametrize("table", TABLES)
def test_table_rows_are_distinct(table: str) -> None:
    keys = [row[0] for row in read_table(PACKAGE, table)]
    assert len(keys) == len(set(keys))


ALPHABET = st.text(alphabet="\"'“”‘’「」『』«» \n가나다고라며했LG.,2", max_size=60)


@settings(max_examples=60, deadline=None)
@given(ALPHABET)
def test_any_marks_give_offsets_that_hold(text: str) -> None:
    reading = make_reading(text)
    quotes = read_quotes(reading, ())
    assert list(quotes) == sorted(quotes, key=lambda q: q.start)
    for before, after in pairwise(quotes):
        assert before.end <= after.start
    for quote in quotes:
        assert text[quote.start : quote.end] == quote.text
        assert quote.text == quote.text.strip() != ""
        for span in (quote.cue, quote.speaker):
            assert span is None or text[span.start : span.end] == span.text
        assert 0 <= quote.score <= 1


@settings(max_examples=100, deadline=None)
@given(ALPHABET)
def test_pairs_nest_and_never_cross(text: str) -> None:
    found = find_quoted(text, [(0, len(text))])
    for one in found:
        assert one.opening < one.closing
        for other in found:
            assert not one.opening < other.opening < one.closing < other.closing


# Marks in their thousands, with the pairs they make on one line and how deep these nest. Of ‘“’”
# the pairs cross: the single marks count as apostrophes.
HOSTILE = {
    "straight": ('"' * 10_000, 5_000, 1),
    "never closed": ("“" * 10_000, 0, 0),
    "nested": ("“가" * 5_000 + "”" * 5_000, 5_000, 5_000),
    "single": ("'가" * 10_000, 5_000, 1),
    "reported": ('"가"고 ' * 5_000, 5_000, 1),
    "brackets": ("「" * 5_000 + "」" * 5_000, 5_000, 5_000),
    "crossing": ("‘“" * 3_000 + "’”" * 3_000, 3_000, 3_000),
}
PARTNERS = {'"': '"', "“": "”", "'": "'", "「": "」"}


@pytest.mark.parametrize("name", HOSTILE)
def test_ten_thousand_marks_find_their_partners(name: str) -> None:
    text, pairs, depths = HOSTILE[name]
    found = find_quoted(text, [(0, len(text))])
    assert len(found) == pairs
    assert {one.depth for one in found} == set(range(depths))
    assert all(text[one.closing] == PARTNERS[text[one.opening]] for one in found)


@pytest.mark.parametrize("name", HOSTILE)
def test_marks_on_thousands_of_lines_pair_with_marks_nearby(name: str) -> None:
    text, *_ = HOSTILE[name]
    found = find_quoted(text, [(at, at + 2) for at in range(0, len(text), 2)])
    marks = [at for one in found for at in (one.opening, one.closing)]
    assert marks == sorted(set(marks))
    assert all(text[one.closing] == PARTNERS[text[one.opening]] for one in found)
    assert all(one.closing - one.opening <= 2 * (CARRIED_LINES + 1) for one in found)


def test_speech_opened_on_every_line_and_never_closed_is_no_quotation() -> None:
    text = "“\n" * 10_000
    assert find_quoted(text, [(at, at + 1) for at in range(0, len(text), 2)]) == ()


def test_a_sentence_of_a_thousand_quotations_is_read_the_same_throughout() -> None:
    line = '민 소장은 "길을 찾았다"며 "꼭 온다"고 말했고 '
    text = line * 800
    quotes = read_quotes(make_reading(text), ())
    assert [quote.text for quote in quotes] == ["길을 찾았다", "꼭 온다"] * 800
    first, second = (line.index(quote.text) for quote in quotes[:2])
    assert [quote.start for quote in quotes[::2]] == list(range(first, len(text), len(line)))
    assert [quote.start for quote in quotes[1::2]] == list(range(second, len(text), len(line)))
    assert {quote.speaker.text for quote in quotes if quote.speaker} == {"민 소장"}


def test_five_thousand_speakers_each_say_their_own() -> None:
    lines = [
        make_reading(
            f'{name} 소장은 "길을 찾았다"고 말했다.\n', [("PERSON", name), ("TITLE", "소장")]
        )
        for name in ("민서연", "노경하", "양도윤", "구지우", "한보라")
    ]
    spread = [f"{first}{second}" for first in "가나다라마바사아자차" for second in "거너더러머버서"]
    text, sentences, mentions, names = "", [], [], []
    for number in range(5_000):
        line = lines[number % 5]
        name = line.mentions[0].text[0] + spread[number // 5 % 70] + " " + spread[number // 350]
        (sentence,) = line.sentences
        at, longer = len(text), len(name) - 3
        names.append(name)
        text += name + line.text[3:]
        moved = [
            Morpheme(m.form, m.tag, m.start + at + longer * (m.start > 0), m.end + at + longer)
            for m in sentence.morphemes
        ]
        sentences.append(
            replace(sentence, start=at, end=len(text) - 1, paragraph=number, morphemes=tuple(moved))
        )
        for m in line.mentions:
            start, end = m.start + at + longer * (m.start > 0), m.end + at + longer
            mentions.append(Mention(f"m{len(mentions)}", m.label, start, end, text[start:end], 1.0))
    reading = Reading(text, None, (), tuple(sentences), tuple(mentions))
    quotes = read_quotes(reading, ())
    assert [quote.speaker.name for quote in quotes if quote.speaker] == names
    assert len(set(names)) == 5_000


def sectioned(parts: list[tuple[SectionKind, str]], mentions: dict[str, Label]) -> Reading:
    """A reading of lines of the given kinds; the mentions are found by their first surface."""
    text = "\n".join(line for _, line in parts)
    sections, at = [], 0
    for kind, line in parts:
        sections.append(Section(kind, at, at + len(line)))
        at += len(line) + 1
    found = sorted((text.index(surface), surface, label) for surface, label in mentions.items())
    return Reading(
        text,
        None,
        tuple(sections),
        analyzer().sentences(text, sections),
        tuple(
            Mention(f"m{n}", label, start, start + len(surface), surface, 1.0)
            for n, (start, surface, label) in enumerate(found, 1)
        ),
    )


def test_headline_names_its_source_or_nobody() -> None:
    reading = sectioned(
        [
            ("headline", "민서연 소장 “전사적 힘 모으기”"),
            ("headline", '"아직 길은 멀다"…인재 찾는 기업들'),
            ("headline", "'칩의 눈' 학회서 사람 찾는 한빛랩"),
        ],
        {"민서연": "PERSON", "소장": "TITLE", "한빛랩": "ORG"},
    )
    first, second = read_quotes(reading, ())
    assert (first.text, first.cue) == ("전사적 힘 모으기", None)
    assert first.speaker is not None
    assert first.speaker.text == "민서연 소장"
    assert (second.text, second.cue, second.speaker) == ("아직 길은 멀다", None, None)


def test_speaker_is_not_carried_from_headline_or_caption() -> None:
    reading = sectioned(
        [
            ("headline", '민서연 소장 "우리는 끝까지 간다"'),
            ("caption", "민서연 소장이 칩을 들고 있다."),
            ("body", '"길을 찾았다"고 강조했다.'),
        ],
        {"민서연": "PERSON", "소장": "TITLE"},
    )
    assert [q.speaker.text if q.speaker else None for q in read_quotes(reading, ())] == [
        "민서연 소장",
        None,
    ]


def test_furniture_between_sentences_opens_and_closes_nothing() -> None:
    reading = sectioned(
        [
            ("body", "민서연 소장은 “길은 멀다."),
            ("furniture", "▶ “오늘의 특가” 보러 가기”"),
            ("body", '민서연 소장은 "그래도 간다"고 말했다.'),
        ],
        {"민서연": "PERSON"},
    )
    assert [q.text for q in read_quotes(reading, ())] == ["그래도 간다"]


def test_furniture_gives_no_quote() -> None:
    reading = make_reading('민 소장은 "길을 찾았다"고 말했다.')
    without = type(reading)(reading.text, None, reading.sections, (), ())
    assert read_quotes(without, ()) == ()
    assert read_quotes(make_reading(""), ()) == ()
