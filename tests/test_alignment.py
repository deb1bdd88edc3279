"""What is found in the cleaned text stands where it says in the text as given."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lgtalent_ie.alignment import align, character_warnings, lead_back, lone_jamo
from lgtalent_ie.page import entity_repairs
from lgtalent_ie.schema import Count, Document, Mention, Section, Span, Warning


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="가각힣ㄱ안\u1100\u1161\u11a8\u119ea\u0301 \u200b\t\n&;", max_size=40))
def test_the_aligned_characters_stand_for_what_is_written(text: str) -> None:
    aligned = align(text, 0, len(text))
    assert len(aligned.text) == len(aligned.starts) == len(aligned.ends)
    for character, start, end in zip(aligned.text, aligned.starts, aligned.ends, strict=True):
        written = text[start:end]
        letters = {lone_jamo().get(jamo) for jamo in written}
        as_written = {" "} | letters | set(unicodedata.normalize("NFC", written))
        assert character in as_written
    assert list(aligned.starts) == sorted(aligned.starts)


CASES = {
    "nothing to do": ("연구원 12명", "연구원 12명"),
    "decomposed": (unicodedata.normalize("NFD", "연구원 12명"), "연구원 12명"),
    "zero width": ("연구\u200b원 12\ufeff명", "연구원 12명"),
    "soft hyphen": ("연구\u00ad원 12명", "연구원 12명"),
    "control character": ("연구원\x0012명", "연구원 12명"),
    "lone surrogate": ("연구원\ud800 12명", "연구원\ufffd 12명"),
    "line ends stay": ("연구원\r\n12명\t", "연구원\r\n12명\t"),
    "emoji stay": ("🎉연구원 12명", "🎉연구원 12명"),
    "a broken entity": ("연구Ramp;D 12명", "연구R&D 12명"),
    "letters that NFKC made jamo": ("좋다\u110f\u110f 12명", "좋다ㅋㅋ 12명"),
    "the old vowel as a dot": ("서울\u119e부산ㆍ대구 12명", "서울·부산·대구 12명"),
    "accents are joined": ("cafe\u0301 12명", "café 12명"),
}


@pytest.mark.parametrize("text, clean", CASES.values(), ids=CASES.keys())
def test_cleaning_and_the_way_back(text: str, clean: str) -> None:
    aligned = align(text, 0, len(text), entity_repairs(text))
    assert aligned.text == clean
    start, end = aligned.span(clean.index("12"), len(clean.rstrip()))
    assert unicodedata.normalize("NFC", text[start:end]).replace("\ufeff", "") == "12명"
    assert aligned.span(0, len(clean)) == (0, len(text))


def test_a_vowel_that_makes_no_syllable_is_no_part_of_the_word_before() -> None:
    text = "정하늘\u1172\u1172"
    aligned = align(text, 0, len(text))
    assert aligned.text == "정하늘ㅠㅠ"
    assert aligned.span(0, 3) == (0, 3)


@pytest.mark.parametrize("syllable", ["\u1112\u119e\u11ab", "\ua960\u1161", "\u1112\ud7b0\ud7cb"])
def test_syllables_of_old_hangul_stay_whole(syllable: str) -> None:
    aligned = align(f"{syllable}글", 0, len(syllable) + 1)
    assert aligned.text == f"{syllable}글"
    assert list(aligned.starts) == [0] * len(syllable) + [len(syllable)]


def test_a_document_is_led_back_with_all_its_records() -> None:
    given_text = "연구\u200b원 12\u200b명"
    clean = align(given_text, 0, len(given_text))
    count = Count(
        "m1",
        0,
        7,
        "연구원 12명",
        12,
        None,
        None,
        "명",
        "person",
        "exact",
        None,
        Span(0, 3, "연구원"),
    )
    document = Document(
        clean.text, "m",
        sections=(Section("body", 0, 7),),
        mentions=(Mention("m1", "QUANTITY", 4, 7, "12명", 1.0),),
        counts=(count,),
        warnings=(Warning("whole", "no place"),),
    )  # fmt: skip
    back = lead_back(document, clean, given_text)
    assert back.text == given_text
    assert back.mentions[0].text == "12\u200b명" == given_text[back.mentions[0].start :]
    assert back.counts[0].of == Span(0, 4, "연구\u200b원")
    assert back.sections == (Section("body", 0, len(given_text)),)
    assert back.warnings == document.warnings


def test_a_clean_document_is_returned_as_it_is() -> None:
    document = Document("연구원", "m")
    assert lead_back(document, align("연구원", 0, 3), "연구원") is document


def test_odd_characters_are_told() -> None:
    codes = [(w.code, w.start) for w in character_warnings("가\x01나\ud800다\x02")]
    assert codes == [("control_characters", 1), ("lone_surrogates", 3)]
    assert character_warnings("가\t나\n") == ()
