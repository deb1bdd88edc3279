r"""KLUE-NER's own TSV (Park et al. 2021): a sentence line with markup, then a character a line.

    ## klue-ner-v1_dev_00000_wikitree	<새벽전자:OG>가 왔다.
    새	B-OG
    벽	I-OG

The characters are the truth. The markup cannot be read back where the text has `<`, `:` or `>` of
its own, so it is written for people, and read only to see that it agrees (`klue-ner` and konec
differ here: konec has the bare text; both are accepted).

A document of several lines is one sentence a line, all with the document's name, each but the last
ending in its line end. Line ends and tabs cannot stand raw in the file: their cells are `\n`, `\r`
and `\t`, two characters where every other cell has one. KLUE's files have no such cells.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from lgtalent_ie.annotation.marked import RECORDS, Marked, Origin, check_label, from_mentions
from lgtalent_ie.annotation.plain_text import read_lines, writable, write_lines
from lgtalent_ie.annotation.tokens import Chunk, chunks_of, tags_of
from lgtalent_ie.errors import DataError
from lgtalent_ie.evaluation.gold import GoldMention

LOSES: frozenset[str] = frozenset({*RECORDS, "mention ids", "scores", "published", "origin"})
HEADER = (
    r"## 토큰, 레이블 구분자 : \t",
    r"## 토큰 구분자 : \n",
    r"## 문장 구분자 : \n\n",
    "## 주석 : ##",
    "## 컬럼명 : CHAR\tNE_TAG",
)
KLUE_NAMES = {
    "PERSON": "PS", "LOCATION": "LC", "ORG": "OG", "DATE": "DT", "TIME": "TI", "QUANTITY": "QT",
}  # fmt: skip
OWN_NAMES = {klue: own for own, klue in KLUE_NAMES.items()}
ESCAPES = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}
UNESCAPES = {written: character for character, written in ESCAPES.items()}
ACCEPTED = "`## id<TAB>sentence`, then a character, a tab and its BIO tag a line, then a blank line"

Labels = Literal["own", "klue"]


def write(documents: Iterable[Marked], path: Path, labels: Labels = "own") -> None:
    """Write documents to one file, with the nine labels or with KLUE's six.

    Raises DataError for a label that KLUE does not have (`only_klue` takes such mentions out), and
    as `plain_text.writable`.
    """
    lines = list(HEADER)
    for marked in writable(documents, path):
        name, text = marked.gold.document, marked.text
        if name != name.strip() or any(c in name for c in ESCAPES):
            accepted = "a name without tabs, line ends, and blanks around it"
            raise DataError(f"document {name!r}", accepted, "rename it")
        chunks = [(m.start, m.end, _written(m, labels, name)) for m in marked.gold.mentions]
        chunks.sort()
        for start, end in _sentences(text, chunks):
            inside = [(a - start, b - start, label) for a, b, label in chunks if start <= a < end]
            characters = [ESCAPES.get(c, c) for c in text[start:end]]
            lines.append(f"## {name}\t{_markup(characters, inside)}")
            tags = tags_of(inside, end - start, "bio")
            lines.extend(f"{c}\t{tag}" for c, tag in zip(characters, tags, strict=True))
            lines.append("")
    write_lines(path, lines)


def only_klue(marked: Marked) -> Marked:
    """The document with the mentions of KLUE's labels alone, and without any records.

    TITLE, EVENT and PRODUCT have no counterpart in KLUE-NER.
    """
    gold = marked.gold
    kept = [m for m in gold.mentions if m.label in KLUE_NAMES]
    origin = Origin(gold.annotators, gold.marked, gold.guidelines)
    return from_mentions(gold.document, marked.text, kept, (), origin, gold.published)


def _written(mention: GoldMention, labels: Labels, name: str) -> str:
    if labels == "own":
        return mention.label
    if mention.label not in KLUE_NAMES:
        raise DataError(
            f"{name}: {mention.label} at {mention.start}..{mention.end}",
            f"KLUE's labels, for {', '.join(KLUE_NAMES)}",
            "take these mentions out with only_klue, or write the nine labels",
        )
    return KLUE_NAMES[mention.label]


def _sentences(text: str, chunks: Iterable[Chunk]) -> Iterator[tuple[int, int]]:
    """The lines of a text with their line ends; one goes on where a mention runs over its end."""
    crossing = [(start, end) for start, end, _ in chunks if "\n" in text[start:end]]
    start = 0
    for at, character in enumerate(text, 1):
        if character == "\n" and at < len(text) and not any(a < at < b for a, b in crossing):
            yield start, at
            start = at
    yield start, len(text)


def _markup(characters: list[str], chunks: Iterable[Chunk]) -> str:
    pieces, at = [], 0
    for first, after, label in chunks:
        surface = "".join(characters[first:after])
        pieces += ["".join(characters[at:first]), f"<{surface}:{label}>"]
        at = after
    return "".join([*pieces, *characters[at:]])


@dataclass(slots=True)
class _Sentence:
    """One sentence as it stands in the file; `rows` are its cells, tags and their places."""

    name: str
    header: str
    where: str
    rows: list[tuple[str, str, str]] = field(default_factory=list)


def read(path: Path, origin: Origin) -> list[Marked]:
    """The documents of a file, with KLUE's labels or the nine, each sentence one of its own.

    Sentences of one name that follow one another are one document where all but the last end in a
    line end. Raises DataError with file and line for a line that is none of the format, a tag that
    goes on nothing, a label unknown, and a sentence line that says something else than its
    characters; and where there is no sentence.
    """
    sentences: list[_Sentence] = []
    for number, line in enumerate(read_lines(path), 1):
        where = f"{path}, line {number}"
        cell, tab, tag = line.partition("\t")
        if line.startswith("##") and number <= len(HEADER) and line == HEADER[number - 1]:
            continue
        if cell.startswith("##") and tab:
            sentences.append(_Sentence(cell.removeprefix("##").strip(), tag, where))
        elif line:
            if not sentences or not tab or len(UNESCAPES.get(cell, cell)) != 1 or "\t" in tag:
                raise DataError(f"{where}: {line[:40]!r}", ACCEPTED, "correct the line")
            sentences[-1].rows.append((cell, tag, where))
    if not sentences:
        raise DataError(f"{path}: no sentence", ACCEPTED, "check the path")
    return [_marked(group, origin) for group in _grouped(sentences)]


def _grouped(sentences: Iterable[_Sentence]) -> Iterator[list[_Sentence]]:
    """Sentences of one document together."""
    group: list[_Sentence] = []
    for sentence in sentences:
        if group:
            before = group[-1]
            broken = bool(before.rows) and before.rows[-1][0] == ESCAPES["\n"]
            if sentence.name != before.name or not broken:
                yield group
                group = []
        group.append(sentence)
    yield group


def _marked(group: Iterable[_Sentence], origin: Origin) -> Marked:
    name, text = "", ""
    mentions: list[GoldMention] = []
    for sentence in group:
        name = sentence.name
        characters = [cell for cell, _, _ in sentence.rows]
        places = [where for _, _, where in sentence.rows]
        chunks = list(chunks_of([tag for _, tag, _ in sentence.rows], places))
        bare = "".join(characters)
        if sentence.header.strip() not in (_markup(characters, chunks).strip(), bare.strip()):
            raise DataError(
                f"{sentence.where}: {sentence.header[:60]!r}, where the characters below say "
                f"{_markup(characters, chunks)[:60]!r}",
                "a sentence line that agrees with its characters", "correct one of the two",
            )  # fmt: skip
        for first, after, label in chunks:
            own = check_label(OWN_NAMES.get(label, label), places[first])
            start, end = len(text) + first, len(text) + after
            mentions.append(GoldMention(f"m{len(mentions) + 1}", own, start, end))
        text += "".join(UNESCAPES.get(cell, cell) for cell in characters)
    return from_mentions(name, text, mentions, (), origin)
