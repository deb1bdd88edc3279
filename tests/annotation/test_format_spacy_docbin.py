"""spaCy's DocBin: nothing is lost, and what people change in spaCy counts."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from marked_samples import ORIGIN, seeds
from table_samples import marked_texts

from lgtalent_ie.annotation.formats.spacy_docbin import FIELD, LOSES, read, words_of, write
from lgtalent_ie.annotation.marked import Marked, Origin, from_mentions
from lgtalent_ie.errors import DataError, MissingExtraError
from lgtalent_ie.evaluation.gold import GoldDate, GoldMention, GoldOrganization, GoldRelation

spacy_tokens = pytest.importorskip("spacy.tokens")
spacy_vocab = pytest.importorskip("spacy.vocab")

OTHER = Origin(("b2",), date(2030, 1, 1))


def docs_in(path: Path) -> list:
    return list(spacy_tokens.DocBin().from_disk(path).get_docs(spacy_vocab.Vocab()))


def sample() -> Marked:
    marked = from_mentions(
        "기사", "한빛은 21일 왔다.",
        [GoldMention("m1", "ORG", 0, 2, 0.75), GoldMention("m2", "DATE", 4, 7)],
        [GoldRelation("a", "m1", "m2"), GoldRelation("b", "m1", "m1")], ORIGIN, date(2024, 3, 5),
    )  # fmt: skip
    records = {
        "organizations": (GoldOrganization("m1", ("m1",)),),
        "dates": (GoldDate("m2", "DATE", "2024-02-21"),),
    }
    return Marked(msgspec.structs.replace(marked.gold, **records), marked.text)


def test_gold_comes_back_with_every_record(tmp_path: Path) -> None:
    write(seeds(), tmp_path / "gold.spacy")
    assert read(tmp_path / "gold.spacy", OTHER) == list(seeds())
    assert not LOSES


def test_spacy_sees_text_and_entities(tmp_path: Path) -> None:
    write(seeds(), tmp_path / "gold.spacy")
    for doc, marked in zip(docs_in(tmp_path / "gold.spacy"), seeds(), strict=True):
        assert doc.text == marked.text
        seen = [(e.start_char, e.end_char, e.label_, e.id_) for e in doc.ents]
        assert seen == sorted((m.start, m.end, m.label, m.id) for m in marked.gold.mentions)


@given(marked_texts())
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_comes_back(tmp_path: Path, marked: Marked) -> None:
    write([marked], tmp_path / "a.spacy")
    assert read(tmp_path / "a.spacy", OTHER) == [marked]


@given(marked_texts())
def test_words_and_spaces_are_the_text(marked: Marked) -> None:
    words, spaces = words_of(marked.text, marked.gold.mentions)
    assert "".join(w + " " * s for w, s in zip(words, spaces, strict=True)) == marked.text
    assert all(words)


@pytest.mark.parametrize(
    ("text", "span", "words"),
    [
        ("한빛은  왔다", (0, 2), ["한빛", "은", " ", "왔다"]),
        (" 한빛\n", (1, 3), [" ", "한빛", "\n"]),
        ("한빛 왔다", (2, 5), ["한빛", " ", "왔다"]),
        ("한빛 왔다", (0, 3), ["한빛", " ", "왔다"]),
        ("한빛 \t 왔다", (0, 2), ["한빛", "\t ", "왔다"]),
    ],
)
def test_a_single_space_goes_with_its_word(
    text: str, span: tuple[int, int], words: list[str]
) -> None:
    assert words_of(text, [GoldMention("m1", "ORG", *span)])[0] == words


def test_entities_changed_in_spacy_count_and_the_rest_is_put_back(tmp_path: Path) -> None:
    path = tmp_path / "a.spacy"
    write([sample()], path)
    (doc,) = docs_in(path)
    doc.ents = [doc.char_span(0, 2, label="ORG"), doc.char_span(8, 11, label="TITLE")]
    spacy_tokens.DocBin(docs=[doc], store_user_data=True).to_disk(path)
    (back,) = read(path, OTHER)
    assert [(m.id, m.label) for m in back.gold.mentions] == [("m1", "ORG"), ("m3", "TITLE")]
    assert back.gold.organizations == sample().gold.organizations
    assert back.gold.dates == ()
    assert back.gold.relations == (GoldRelation("b", "m1", "m1"),)
    assert back.gold.annotators == OTHER.annotators
    assert any("m2" in note and "dates" in note for note in back.notes)
    assert any("a m1 m2 is gone" in note for note in back.notes)


def test_a_docbin_from_elsewhere_has_its_entities(tmp_path: Path) -> None:
    doc = spacy_tokens.Doc(spacy_vocab.Vocab(), words=["한빛", "왔다"], spaces=[True, False])
    doc.ents = [doc.char_span(0, 2, label="ORG")]
    spacy_tokens.DocBin(docs=[doc, doc]).to_disk(tmp_path / "a.spacy")
    first, second = read(tmp_path / "a.spacy", OTHER)
    assert (first.gold.document, second.gold.document) == ("a-1", "a-2")
    assert first.gold.mentions == (GoldMention("m1", "ORG", 0, 2),)
    doc.ents = [doc.char_span(0, 2, label="OG")]
    spacy_tokens.DocBin(docs=[doc]).to_disk(tmp_path / "a.spacy")
    with pytest.raises(DataError, match="document 1: label 'OG'"):
        read(tmp_path / "a.spacy", OTHER)


def test_files_that_are_no_docbin_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.spacy"
    spacy_tokens.DocBin().to_disk(path)
    for content, said in [(path.read_bytes(), "no documents"), (b"", "E1014"), (b"text", "E1014")]:
        path.write_bytes(content)
        with pytest.raises(DataError, match=said):
            read(path, ORIGIN)
    with pytest.raises(DataError, match="none"):
        read(tmp_path / "none", ORIGIN)


def test_marks_damaged_in_user_data_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.spacy"
    write([sample()], path)
    (doc,) = docs_in(path)
    doc.user_data[FIELD] = "{}"
    spacy_tokens.DocBin(docs=[doc], store_user_data=True).to_disk(path)
    with pytest.raises(DataError, match="document 1"):
        read(path, ORIGIN)


def test_without_spacy_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "spacy", None)
    with pytest.raises(MissingExtraError, match=r"lgtalent_ie\[annotate\]"):
        write([sample()], tmp_path / "a.spacy")


def test_the_module_imports_without_spacy() -> None:
    code = "import sys; import lgtalent_ie.annotation.formats.spacy_docbin; sys.exit('spacy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
