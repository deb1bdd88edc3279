"""spaCy's DocBin: mentions as `doc.ents`, all other marks beside them, nothing lost.

`doc.text` is the text, character for character; tokens are eojeol, cut where mentions begin and
end, and stretches of blanks. `doc.user_data["lgtalent"]` holds the marks as a gold file does.
spaCy itself is needed (`pip install 'lgtalent_ie[annotate]'`), a model of it is not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from lgtalent_ie.annotation.carried import FIELD, put_back
from lgtalent_ie.annotation.files import read_file, write_file
from lgtalent_ie.annotation.marked import Marked, Origin, check_label, checked, from_mentions
from lgtalent_ie.annotation.plain_text import writable
from lgtalent_ie.annotation.tokens import Offsets, cut, mention_ends
from lgtalent_ie.errors import DataError, MissingExtraError
from lgtalent_ie.evaluation.gold import GoldMention, decode_gold

if TYPE_CHECKING:
    from spacy.tokens import Doc

LOSES: frozenset[str] = frozenset()
ACCEPTED = "a DocBin written by spaCy 3 with its user data"


def write(documents: Iterable[Marked], path: Path) -> None:
    """Write documents to one file, as `spacy train` takes it.

    Raises MissingExtraError without spaCy, and DataError as `plain_text.writable`.
    """
    spacy_tokens, vocab = _spacy()
    store = spacy_tokens.DocBin(store_user_data=True)
    for marked in writable(documents, path):
        words, spaces = words_of(marked.text, marked.gold.mentions)
        doc = spacy_tokens.Doc(vocab, words=words, spaces=spaces)
        doc.ents = [
            doc.char_span(m.start, m.end, label=m.label, span_id=m.id) for m in marked.gold.mentions
        ]
        doc.user_data[FIELD] = msgspec.json.encode(marked.gold).decode()
        store.add(doc)
    write_file(path, store.to_bytes())


def words_of(text: str, mentions: Iterable[GoldMention]) -> tuple[list[str], list[bool]]:
    """Words and, for each, whether a single space that is no word of its own follows.

    That space goes with the word before it, unless a mention begins or ends around it there.

    >>> words_of("한빛은  21일 왔다", [GoldMention("m1", "ORG", 0, 2)])
    (['한빛', '은', ' ', '21일', '왔다'], [False, True, False, True, False])
    """
    begins, ends = {m.start for m in mentions}, {m.end for m in mentions}
    words: list[str] = []
    spaces: list[bool] = []
    stretches: list[Offsets] = [match.span() for match in re.finditer(r"\s+|\S+", text)]
    # A space that could go with the word before it is cut off the blanks it stands in.
    loose = [a + 1 for a, _ in stretches if a and text[a] == " " and a not in begins]
    for start, end in cut(stretches, mention_ends(mentions) | set(loose)):
        after_word = bool(words) and not text[start - 1].isspace()
        if text[start:end] == " " and after_word and not (start in begins or end in ends):
            spaces[-1] = True
        else:
            words.append(text[start:end])
            spaces.append(False)
    return words, spaces


def read(path: Path, origin: Origin) -> list[Marked]:
    """The documents of a file; of one that was not written here, the entities alone.

    Such a document is named after the file and its place in it, from 1, and has `origin`. So has
    one whose entities were changed: they count, and the notes say which other marks had to go.
    Raises MissingExtraError without spaCy, DataError where the file is no DocBin or has none.
    """
    spacy_tokens, vocab = _spacy()
    content = read_file(path)
    try:
        docs = list(spacy_tokens.DocBin().from_bytes(content).get_docs(vocab))
    except Exception as error:
        # What foreign bytes raise depends on how far zlib, msgpack and spaCy get with them.
        raise DataError(
            f"{path}: {type(error).__name__}: {error}", ACCEPTED, "write the file again"
        ) from error
    if not docs:
        raise DataError(f"{path}: no documents", ACCEPTED, "check what was selected")
    return [
        _marked(doc, f"{path.stem}-{n}", f"{path}, document {n}", origin)
        for n, doc in enumerate(docs, 1)
    ]


def _marked(doc: Doc, name: str, where: str, origin: Origin) -> Marked:
    entities = [
        GoldMention(f"m{n}", check_label(e.label_, where), e.start_char, e.end_char)
        for n, e in enumerate(doc.ents, 1)
    ]
    found = from_mentions(name, doc.text, entities, (), origin)
    if FIELD not in doc.user_data:
        return found
    written = decode_gold(str(doc.user_data[FIELD]).encode(), where)
    spans = {(m.start, m.end, m.label) for m in entities}
    if spans == {(m.start, m.end, m.label) for m in written.mentions}:
        return checked(Marked(written, doc.text), where)
    back = put_back(found, written, where)
    left = {m.id for m in back.gold.mentions}
    relations = tuple(r for r in written.relations if r.head in left and r.tail in left)
    gone = [r for r in written.relations if r not in relations]
    notes = tuple(f"{where}: {r.type} {r.head} {r.tail} is gone with a mention" for r in gone)
    gold = msgspec.structs.replace(back.gold, relations=relations)
    return Marked(gold, back.text, back.notes + notes)


def _spacy() -> tuple[Any, Any]:
    """spaCy's module of documents, and an empty vocabulary: no model, no tokenizer."""
    try:
        from spacy import tokens, vocab
    except ImportError as error:
        raise MissingExtraError(
            "the format spaCy DocBin", "an installation with spacy",
            "pip install 'lgtalent_ie[annotate]'",
        ) from error  # fmt: skip
    return tokens, vocab.Vocab()
