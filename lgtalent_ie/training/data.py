"""Rows of labelled sentences as training examples: morphemes with a target tag per head.

A row is `{"id", "text", "spans": [[start, end, label], …]}` (`klue-ner-*`, `konec-*`), or
`{"id", "text", "subject", "object", "label"}` (`klue-re-*`). KLUE as Hugging Face `datasets` has it
is read too (`klue_rows.py`). The project's own stand-off marks name a row by file and id and carry
no text.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from lgtalent_ie.alignment import align
from lgtalent_ie.errors import DataError
from lgtalent_ie.model.config import MENTION_HEAD, bio_tags
from lgtalent_ie.model.tagger import WindowText
from lgtalent_ie.morphemes import Analyzer
from lgtalent_ie.reading import Morpheme
from lgtalent_ie.schema import LABELS, Section
from lgtalent_ie.training.klue_rows import as_row
from lgtalent_ie.training.labels import (
    IGNORED,
    KLUE_LABELS,
    KONEC_LABELS,
    RELATION_TYPES,
    Spans,
    join_klue_chains,
    konec_coarse,
    mentions_of_konec,
    with_past,
)
from lgtalent_ie.training.marked_pairs import (
    MarkedPair,
    PairTargets,
    as_klue,
    klue_pair,
    own_pairs,
    pair_targets,
    with_inverses,
)
from lgtalent_ie.training.surnames import lost_surnames

HEADS: Mapping[str, tuple[str, ...]] = {
    MENTION_HEAD: LABELS,
    "konec": KONEC_LABELS,
    "klue": KLUE_LABELS,
}
KLUE_PERSON = "PS"
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Labelled:
    """One sentence with what is known of it.

    `spans` maps a head to its gold spans; where `partial` is true only the spans are known and all
    else stays out of the loss. `unsure` maps a head to the spans that stay out of its loss. `own`
    are sentences that this project marked itself. `pairs` are the pairs of mentions whose relation
    is known.
    """

    id: str
    text: str
    spans: Mapping[str, Spans]
    unsure: Mapping[str, Spans] = field(default_factory=dict)
    partial: bool = False
    own: bool = False
    pairs: tuple[MarkedPair, ...] = ()


@dataclass(frozen=True, slots=True)
class Example:
    """A window with its targets: int64 [N] per head, IGNORED where unknown; pairs, if any.

    `beliefs` are a teacher's tag probabilities, float16 [N, tags] per head; empty without one.
    """

    id: str
    window: WindowText
    targets: Mapping[str, NDArray[np.int64]]
    pairs: PairTargets | None = None
    beliefs: Mapping[str, NDArray[np.float16]] = field(default_factory=dict)


def read_rows(path: Path) -> list[Row]:
    """The rows of a JSONL file; DataError names the file and line that cannot be read."""
    rows = []
    try:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                row = as_row(msgspec.json.decode(line), f"{path}, line {number}", number)
                if not isinstance(row, dict) or not isinstance(row.get("text"), str):
                    raise DataError(f"{path}, line {number}", 'a JSON object with "text"', FIX)
                check_spans(row, f"{path}, line {number}")
                rows.append({**row, "text": letters_back(row["text"])})
    except (OSError, UnicodeDecodeError, msgspec.DecodeError) as error:
        raise DataError(f"{path}: {error}", "a UTF-8 JSONL file", FIX) from error
    return rows


def letters_back(text: str) -> str:
    """The text with letters where NFKC left jamo, as far as no offset moves.

    KLUE-NER's texts went through it and konec's did not; so they are the same again.

    >>> letters_back("재미있다\u110f\u110f")
    '재미있다ㅋㅋ'
    """
    clean = align(text, 0, len(text))
    return clean.text if list(clean.starts) == list(range(len(text))) else text


FIX = "check the file against the form that training/data.py documents"


def check_spans(row: Row, where: str) -> None:
    """DataError unless every span is [start, end, label] inside the text."""
    spans = row.get("spans", [])
    if not isinstance(spans, list):
        raise DataError(f"{where}: spans {spans!r}", "a list of [start, end, label]", FIX)
    for span in [*spans, *(row[key] for key in ("subject", "object") if key in row)]:
        well_formed = (
            isinstance(span, list) and len(span) == 3 and all(isinstance(o, int) for o in span[:2])
        )
        if not (well_formed and 0 <= span[0] < span[1] <= len(row["text"])):
            raise DataError(f"{where}: span {span}", "[start, end, label] inside the text", FIX)


def training_set(
    data: Path, annotations: Path | None, translated: Path | None = None
) -> list[Labelled]:
    """All training sentences of a data folder and of the project; own marks go before mapped ones.

    A tenth of the own sentences is left out: `own_dev_set` has them. `translated` is a file of
    `lgtalent translate`: konec sentences with KLUE's labels as a network would give them.
    """
    sentences = [
        *data_sentences(data, annotations, translated),
        *written_sentences(annotations),
    ]
    return [also_as_klue(s) for s in sentences if not (s.own and is_dev(s.id))]


def also_as_klue(sentence: Labelled) -> Labelled:
    """The sentence with KLUE-RE's labels of its own pairs, where no row of KLUE-RE has them."""
    known = {(p.head[:2], p.tail[:2]) for p in sentence.pairs if p.klue is not None}
    more = [p for p in as_klue(sentence.pairs) if (p.head[:2], p.tail[:2]) not in known]
    return replace(sentence, pairs=(*sentence.pairs, *more)) if more else sentence


def own_dev_set(data: Path, annotations: Path | None) -> list[Labelled]:
    """The tenth of the own sentences that picks settings and is not trained on."""
    sentences = [*data_sentences(data, annotations), *written_sentences(annotations)]
    return [
        replace(
            s,
            spans={MENTION_HEAD: s.spans[MENTION_HEAD]},
            pairs=tuple(pair for pair in s.pairs if pair.own is not None),
        )
        for s in sentences
        if s.own and is_dev(s.id)
    ]


def relation_dev_set(data: Path) -> list[Labelled]:
    """The dev sentences of KLUE-RE; their pairs alone, no mention."""
    return [
        Labelled(row["id"], row["text"], {}, pairs=(klue_pair(row),))
        for row in read_rows(data / "klue-re-dev.jsonl")
    ]


def is_dev(sentence_id: str) -> bool:
    """A tenth of all ids, the same on every machine."""
    return zlib.crc32(sentence_id.encode()) % 10 == 0


def written_sentences(annotations: Path | None) -> list[Labelled]:
    """The sentences that the project wrote itself: `written/*.jsonl`, rows with their text."""
    if annotations is None:
        return []
    return [
        own_sentence(row["id"], row["text"], row["spans"], row.get("relations"), str(path))
        for path in sorted((annotations / "written").glob("*.jsonl"))
        for row in read_rows(path)
    ]


def own_sentence(
    sentence_id: str,
    text: str,
    spans: Sequence[Sequence[Any]],
    relations: Sequence[Sequence[Any]] | None,
    where: str,
) -> Labelled:
    """A sentence of this project's own marks; its relations are known where they were marked."""
    mentions: Spans = [(s, e, label) for s, e, label in spans]
    pairs = () if relations is None else tuple(own_pairs(mentions, relations, where))
    return Labelled(sentence_id, text, {MENTION_HEAD: mentions}, own=True, pairs=pairs)


def data_sentences(
    data: Path, annotations: Path | None, translated: Path | None = None
) -> list[Labelled]:
    """The training sentences of a data folder."""
    own = own_marks(annotations) if annotations is not None else {}
    klue = {row["text"]: row for row in read_rows(data / "klue-ner-train.jsonl")}
    translations = read_translations(translated) if translated is not None else {}
    result = []
    for row in read_rows(data / "konec-train.jsonl"):
        sentence = labelled_konec(
            row, klue.get(row["text"]), own.get(("konec-train.jsonl", row["id"]))
        )
        if "klue" not in sentence.spans and row["id"] in translations:
            spans, unsure = translations[row["id"]]
            names, doubtful = lost_surnames(row["text"], [*spans, *unsure])
            spans = sorted([*spans, *((s, e, KLUE_PERSON) for s, e, _ in names)])
            unsure = unsure + doubtful
            sentence = replace(
                sentence,
                spans={**sentence.spans, "klue": spans},
                unsure={**sentence.unsure, "klue": unsure},
            )
        if "klue" in sentence.spans:
            dated = with_past(row["text"], sentence.spans["klue"])
            sentence = replace(sentence, spans={**sentence.spans, "klue": dated})
        result.append(sentence)
    relation_rows: dict[str, list[Row]] = {}
    for row in read_rows(data / "klue-re-train.jsonl"):
        relation_rows.setdefault(row["text"], []).append(row)
    for rows in relation_rows.values():
        marks = [own[key] for row in rows if (key := ("klue-re-train.jsonl", row["id"])) in own]
        result.append(labelled_relations(rows, marks[0] if marks else None))
    return result


def own_marks(folder: Path) -> dict[tuple[str, str], Labelled]:
    """(file, row id) → the own marks of that row, from `sentences/*.jsonl`, still without text."""
    marks: dict[tuple[str, str], Labelled] = {}
    for path in sorted((folder / "sentences").glob("*.jsonl")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            where = f"{path}, line {number}"
            try:
                row = msgspec.json.decode(line)
                marks[row["file"], row["id"]] = own_sentence(
                    row["id"], "", row["spans"], row.get("relations"), where
                )
            except (msgspec.DecodeError, KeyError, TypeError, ValueError) as error:
                raise DataError(f"{where}: {error}", "id, file, spans, relations", FIX) from error
    return marks


# A translated span of less than this score is left out of the loss.
SURE = 0.6


def read_translations(path: Path) -> dict[str, tuple[Spans, Spans]]:
    """Row id → KLUE spans and spans to leave out, from the file of `lgtalent translate`."""
    try:
        rows = [msgspec.json.decode(line) for line in path.read_bytes().splitlines()]
        return {
            row["id"]: (
                [(s, e, label) for s, e, label, score in row["spans"] if score >= SURE],
                [(s, e, label) for s, e, label, score in row["spans"] if score < SURE],
            )
            for row in rows
        }
    except (OSError, msgspec.DecodeError, KeyError, TypeError, ValueError) as error:
        raise DataError(
            f"{path}: {error}", "a file of `lgtalent translate`", "make it again"
        ) from error


def labelled_konec(row: Row, klue: Row | None, own: Labelled | None) -> Labelled:
    """A konec sentence, with KLUE's marks of the same sentence and own marks where there are.

    What the mapping to the nine labels leaves open is no doubt about konec's own label. Rows whose
    labels were put back (those with `unsure`) get the surnames that they lost (`surnames.py`).
    """
    fine: Spans = [(s, e, label) for s, e, label in row["spans"]]
    unsure: Spans = [(span[0], span[1], "?") for span in row.get("unsure", ())]
    if "unsure" in row:
        names, doubtful = lost_surnames(row["text"], [*fine, *unsure])
        fine, unsure = sorted([*fine, *names]), unsure + doubtful
    mentions, left_out = mentions_of_konec(row["text"], fine)
    if klue is not None:
        mentions = join_klue_chains(mentions, klue["spans"])
    spans = {
        MENTION_HEAD: own.spans[MENTION_HEAD] if own is not None else mentions,
        "konec": [(s, e, konec_coarse(label)) for s, e, label in fine],
    }
    if klue is not None:
        spans["klue"] = [(s, e, label) for s, e, label in klue["spans"]]
    if own is not None:
        return replace(own, text=row["text"], spans=spans, unsure={"konec": unsure})
    return Labelled(
        row["id"], row["text"], spans, {"konec": unsure, MENTION_HEAD: unsure + left_out}
    )


def labelled_relations(rows: Sequence[Row], own: Labelled | None) -> Labelled:
    """The KLUE-RE rows of one sentence: entity types are partial marks, own marks are whole."""
    first = rows[0]
    pairs = with_inverses([klue_pair(row) for row in rows])
    if own is not None:
        return replace(own, id=first["id"], text=first["text"], pairs=own.pairs + pairs)
    known: Spans = []
    for row in rows:
        for start, end, kind in (row["subject"], row["object"]):
            free = all(end <= s or e <= start for s, e, _ in known)
            if kind in RELATION_TYPES and free:
                known.append((start, end, RELATION_TYPES[kind]))
    return Labelled(
        first["id"], first["text"], {MENTION_HEAD: sorted(known)}, partial=True, pairs=pairs
    )


def examples(sentences: Iterable[Labelled], analyzer: Analyzer, longest: int) -> Iterator[Example]:
    """Analyse sentences and give every morpheme its targets; long ones are cut in windows."""
    for sentence in sentences:
        morphemes = analyse(sentence.text, analyzer)
        for start in range(0, len(morphemes), longest):
            piece = morphemes[start : start + longest]
            targets = {
                head: target_tags(piece, sentence, head) for head in HEADS if head in sentence.spans
            }
            pairs = pair_targets(piece, sentence.pairs)
            yield Example(sentence.id, WindowText(sentence.text, piece), targets, pairs)


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
    for start, end, _ in sentence.unsure.get(head, ()):
        for number, morpheme in enumerate(morphemes):
            if morpheme.start < end and start < morpheme.end:
                tags[number] = IGNORED
    return tags
