"""Offsets of sentences and morphemes always refer to the text as given."""

from __future__ import annotations

import os
import signal
import unicodedata
from pathlib import Path

import pytest
from helpers import analyzer, make_reading
from hypothesis import given, settings
from hypothesis import strategies as st

from lgtalent_ie.alignment import INVISIBLE
from lgtalent_ie.errors import DictionaryError
from lgtalent_ie.morphemes import Analyzer
from lgtalent_ie.schema import Section

PLAIN = "새별전자는 지난달 말 연구원 12명을 뽑았다."

# The same sentence as Korean pages really carry it.
WRITINGS = {
    "plain": PLAIN,
    "decomposed": unicodedata.normalize("NFD", PLAIN),
    "half decomposed": unicodedata.normalize("NFD", PLAIN[:9]) + PLAIN[9:],
    "emoji": "🎉👩‍💻 " + PLAIN + " 😀",
    "tabs": PLAIN.replace(" ", "\t"),
    "zero width": "\ufeff" + PLAIN.replace("전자", "전\u200b자"),
    "soft hyphen": PLAIN.replace("연구원", "연구\u00ad원"),
    "carriage returns": "머리말입니다.\r\n" + PLAIN + "\r\n",
    "old Mac line ends": "머리말입니다.\r" + PLAIN + "\r",
    "control characters": PLAIN.replace("뽑았다", "뽑\x00았다"),
    "lone surrogate": PLAIN + " \ud83d 끝.",
    "no-break blanks": PLAIN.replace(" ", "\u00a0"),
}


def bare(text: str) -> str:
    """Composed, without invisible characters: what Kiwi was shown."""
    return unicodedata.normalize("NFC", "".join(c for c in text if c not in INVISIBLE))


@pytest.mark.parametrize("text", WRITINGS.values(), ids=WRITINGS.keys())
def test_morphemes_lie_where_their_form_is_written(text: str) -> None:
    morphemes = [m for s in make_reading(text).sentences for m in s.morphemes]
    nouns = {m.form: text[m.start : m.end] for m in morphemes if m.tag in ("NNG", "NNB", "SN")}
    assert {"연구원", "12", "명"} <= set(nouns) or "뽑\x00" in text
    for form, written in nouns.items():
        assert bare(written) == form


@pytest.mark.parametrize("text", WRITINGS.values(), ids=WRITINGS.keys())
def test_morphemes_are_in_order_inside_their_sentence(text: str) -> None:
    for sentence in make_reading(text).sentences:
        starts = [m.start for m in sentence.morphemes]
        assert starts == sorted(starts)
        assert all(sentence.start <= m.start <= m.end <= sentence.end for m in sentence.morphemes)


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet=st.characters(codec=None), max_size=60))
def test_any_text_gives_offsets_inside_it(text: str) -> None:
    section = [Section("body", 0, len(text))] if text else []
    for sentence in analyzer().sentences(text, section):
        assert 0 <= sentence.start < sentence.end <= len(text)
        for morpheme in sentence.morphemes:
            assert sentence.start <= morpheme.start <= morpheme.end <= sentence.end


def test_furniture_and_duplicates_are_not_analysed() -> None:
    text = "기사입니다.\n공유하기\n기사입니다."
    sections = [Section("body", 0, 6), Section("furniture", 7, 11), Section("duplicate", 12, 18)]
    assert [text[s.start : s.end] for s in analyzer().sentences(text, sections)] == ["기사입니다."]


def test_sentences_of_a_line_share_a_paragraph() -> None:
    reading = make_reading("하나가 왔다. 둘도 왔다.\n\n셋은 갔다.")
    assert [s.paragraph for s in reading.sentences] == [0, 0, 2]


def test_a_line_longer_than_kiwi_gets_at_once_is_read_whole() -> None:
    text = "사람이 왔다. " * 4000
    sentences = make_reading(text).sentences
    assert sentences[-1].end == len(text.rstrip())
    assert sum(m.form == "사람" for s in sentences for m in s.morphemes) == 4000


@pytest.mark.parametrize("as_file", [False, True])
def test_a_user_dictionary_teaches_names(as_file: bool, tmp_path: Path) -> None:
    path = tmp_path / "names.tsv"
    path.write_text("# 회사\n별빛누리온\tNNP\t5.0\n", encoding="utf-8")
    taught = Analyzer(path if as_file else [("별빛누리온", "NNP", 5.0)])
    text = "별빛누리온이 문을 열었다."
    forms = [m.form for m in taught.sentences(text, [Section("body", 0, len(text))])[0].morphemes]
    assert forms[0] == "별빛누리온"


@pytest.mark.parametrize(
    "entry", [("이름", "없는태그"), ("이름", "NNP", "높게"), ("", "NNP"), ("이름", "NNP", 1.0, 2)]
)
def test_a_wrong_dictionary_entry_is_named(entry: tuple[object, ...]) -> None:
    with pytest.raises(DictionaryError, match=r"NNP|이름"):
        Analyzer([entry])  # type: ignore[list-item]


def test_a_missing_dictionary_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DictionaryError, match=r"none\.tsv"):
        Analyzer(tmp_path / "none.tsv")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this platform")
def test_a_fork_reads_what_the_process_it_was_forked_from_reads() -> None:
    """A pool of Kiwi's own threads would not be there, and the fork would wait for it for ever."""
    text = PLAIN + "\n한빛대와 함께다."
    sections = [Section("body", 0, len(text))]
    here = analyzer().sentences(text, sections)
    pid = os.fork()
    if pid == 0:
        signal.alarm(60)
        os._exit(0 if analyzer().sentences(text, sections) == here else 1)
    assert len(here) == 2 and os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_threads_of_kiwi_read_what_the_one_that_asks_reads() -> None:
    lines = [PLAIN, "한빛대와 함께다."]
    text = "\n".join(lines)
    sections = [Section("body", 0, len(text))]
    assert Analyzer(num_workers=2).sentences(text, sections) == analyzer().sentences(text, sections)
