"""Rows of labelled sentences as training examples: morphemes with a target tag per head.

A row is `{"id", "text", "spans": [[start, end, label], …]}` (`klue-ner-*`, `konec-*`), or
`{"id", "text", "subject", "object", "label"}` (`klue-re-*`). The project's own stand-off marks name
a row by file and id and carry no text.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from lgtalent_ie.errors import DataError
from lgtalent_ie.model.config import MENTION_HEAD, bio_tags
from lgtalent_ie.model.tagger import WindowText
from lgtalent_ie.morphemes import Analyzer
from lgtalent_ie.reading import Morpheme
from lgtalent_ie.schema import LABELS, Section
from lgtalent_ie.training.labels import (
    KLUE_LABELS,
    KONEC_LABELS,
    RELATION_TYPES,
    Spans,
    join_klue_chains,
    konec_coarse,
    mentions_of_konec,
)

HEADS: Mapping[str, tuple[str, ...]] = {
    MENTION_HEAD: LABELS,
    "konec": KONEC_LABELS,
    "klue": KLUE_LABELS,
}
IGNORED = -100

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Labelled:
    """One sentence with what is known of it.

    `spans` maps a head to its gold spans; where `partial` is true only the spans are known and all
    else stays out of the loss. `unsure` spans stay out of every head's loss. `own` are sentences
    that this project marked itself.
    """

    id: str
    text: str
    spans: Mapping[str, Spans]
    unsure: Spans
    partial: bool = False
    own: bool = False


@dataclass(frozen=True, slots=True)
class Example:
    """A window with its targets: int64 [N] per head, IGNORED where unknown."""

    id: str
    window: WindowText
    targets: Mapping[str, NDArray[np.int64]]


def read_rows(path: Path) -> list[Row]:
    """The rows of a JSONL file; DataError names the file and line that cannot be read."""
    rows = []
    try:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                row = msgspec.json.decode(line)
                if not isinstance(row, dict) or not isinstance(row.get("text"), str):
                    raise DataError(f"{path}, line {number}", 'a JSON object with "text"', FIX)
                check_spans(row, f"{path}, line {number}")
                rows.append(row)
    except (OSError, UnicodeDecodeError, msgspec.DecodeError) as error:
        raise DataError(f"{path}: {error}", "a UTF-8 JSONL file", FIX) from error
    return rows


FIX = "check the file against the form that training/data.py documents"


def check_spans(row: Row, where: str) -> None:
    """DataError unless every span is [start, end, label] inside the text."""
    for span in row.get("spans", ()):
        well_formed = len(span) == 3 and all(isinstance(o, int) for o in span[:2])
        if not (well_formed and 0 <= span[0] < span[1] <= len(row["text"])):
            raise DataError(f"{where}: span {span}", "[start, end, label] inside the text", FIX)


def training_set(data: Path, annotations: Path | None) -> list[Labelled]:
    """All training sentences of a data folder and of the project; own marks go before mapped ones.

    A tenth of the own sentences is left out: `own_dev_set` has them.
    """
    sentences = [*data_sentences(data, annotations), *written_sentences(annotations)]
    return [s for s in sentences if not (s.own and is_dev(s.id))]


def own_dev_set(data: Path, annotations: Path | None) -> list[Labelled]:
    """The tenth of the own sentences that picks settings and is not trained on."""
    sentences = [*data_sentences(data, annotations), *written_sentences(annotations)]
    own = [s for s in sentences if s.own and is_dev(s.id)]
    return [replace(s, spans={MENTION_HEAD: s.spans[MENTION_HEAD]}) for s in own]


def is_dev(sentence_id: str) -> bool:
    """A tenth of all ids, the same on every machine."""
    return zlib.crc32(sentence_id.encode()) % 10 == 0


def written_sentences(annotations: Path | None) -> list[Labelled]:
    """The sentences that the project wrote itself: `written/*.jsonl`, rows with their text."""
    if annotations is None:
        return []
    return [
        Labelled(
            row["id"], row["text"], {MENTION_HEAD: [tuple(s) for s in row["spans"]]}, [], own=True
        )
        for path in sorted((annotations / "written").glob("*.jsonl"))
        for row in read_rows(path)
    ]


def data_sentences(data: Path, annotations: Path | None) -> list[Labelled]:
    """The training sentences of a data folder."""
    own = own_marks(annotations) if annotations is not None else {}
    klue = {row["text"]: row for row in read_rows(data / "klue-ner-train.jsonl")}
    result = [
        labelled_konec(row, klue.get(row["text"]), own.get(("konec-train.jsonl", row["id"])))
        for row in read_rows(data / "konec-train.jsonl")
    ]
    relation_rows: dict[str, list[Row]] = {}
    for row in read_rows(data / "klue-re-train.jsonl"):
        relation_rows.setdefault(row["text"], []).append(row)
    for rows in relation_rows.values():
        marks = [own[key] for row in rows if (key := ("klue-re-train.jsonl", row["id"])) in own]
        result.append(labelled_relations(rows, marks[0] if marks else None))
    return result


def own_marks(folder: Path) -> dict[tuple[str, str], Spans]:
    """(file, row id) → spans, from `sentences/*.jsonl` of the annotations folder."""
    marks: dict[tuple[str, str], Spans] = {}
    for path in sorted((folder / "sentences").glob("*.jsonl")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            try:
                row = msgspec.json.decode(line)
                marks[row["file"], row["id"]] = [(s, e, label) for s, e, label in row["spans"]]
            except (msgspec.DecodeError, KeyError, TypeError, ValueError) as error:
                raise DataError(
                    f"{path}, line {number}: {error}", "id, file, spans", FIX
                ) from error
    return marks


def labelled_konec(row: Row, klue: Row | None, own: Spans | None) -> Labelled:
    """A konec sentence, with KLUE's marks of the same sentence and own marks where there are."""
    fine: Spans = [(s, e, label) for s, e, label in row["spans"]]
    unsure: Spans = [(span[0], span[1], "?") for span in row.get("unsure", ())]
    mentions, left_out = mentions_of_konec(row["text"], fine)
    if klue is not None:
        mentions = join_klue_chains(mentions, klue["spans"])
    spans = {
        MENTION_HEAD: own if own is not None else mentions,
        "konec": [(s, e, konec_coarse(label)) for s, e, label in fine],
    }
    if klue is not None:
        spans["klue"] = [(s, e, label) for s, e, label in klue["spans"]]
    if own is not None:
        return Labelled(row["id"], row["text"], spans, [], own=True)
    return Labelled(row["id"], row["text"], spans, unsure + left_out)


def labelled_relations(rows: Sequence[Row], own: Spans | None) -> Labelled:
    """The KLUE-RE rows of one sentence: entity types are partial marks, own marks are whole."""
    first = rows[0]
    if own is not None:
        return Labelled(first["id"], first["text"], {MENTION_HEAD: own}, [], own=True)
    known: Spans = []
    for row in rows:
        for start, end, kind in (row["subject"], row["object"]):
            free = all(end <= s or e <= start for s, e, _ in known)
            if kind in RELATION_TYPES and free:
                known.append((start, end, RELATION_TYPES[kind]))
    return Labelled(first["id"], first["text"], {MENTION_HEAD: sorted(known)}, [], partial=True)


def examples(sentences: Iterable[Labelled], analyzer: Analyzer, longest: int) -> Iterator[Example]:
    """Analyse sentences and give every morpheme its targets; long ones are cut in windows."""
    for sentence in sentences:
        morphemes = analyse(sentence.text, analyzer)
        for start in range(0, len(morphemes), longest):
            piece = morphemes[start : start + longest]
            targets = {
                head: target_tags(piece, sentence, head) for head in HEADS if head in sentence.spans
            }
            yield Example(sentence.id, WindowText(sentence.text, piece), targets)


def analyse(text: str, analyzer: Analyzer) -> tuple[Morpheme, ...]:
    """The morphemes of a text that is all article, its sentences one after the other."""
    sentences = analyzer.sentences(text, [Section("body", 0, len(text))] if text else [])
    return tuple(m for sentence in sentences for m in sentence.morphemes)


def target_tags(morphemes: Sequence[Morpheme], sentence: Labelled, head: str) -> NDArray[np.int64]:
    """BIO tag numbers of one head, int64 [N]; a morpheme belongs to a span that it overlaps."""
    numbers = {tag: n for n, tag in enumerate(bio_tags(HEADS[head]))}
    tags = np.full(len(morphemes), IGNORED if sentence.partial else 0, dtype=np.int64)
    for start, end, label in sentence.spans[head]:
        inside = [n for n, m in enumerate(morphemes) if m.start < end and start < m.end]
        for place, number in enumerate(inside):
            tags[number] = numbers[("B-" if place == 0 else "I-") + label]
    for start, end, _ in sentence.unsure:
        for number, morpheme in enumerate(morphemes):
            if morpheme.start < end and start < morpheme.end:
                tags[number] = IGNORED
    return tags
