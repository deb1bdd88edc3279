"""Scores of whole documents against stand-off gold: mentions and every record made from them.

The rows of `RECORD_TYPES` are strict and micro-averaged over the documents: a span counts when both
ends agree. `DETAIL_ROWS` score part of a record, or score it by another measure; what every row
wants is told in `annotations/README.md`, section Scores. Organisations are clusters: see
`clusters`; mentions beyond strict: see `matching`; single tags: see `tokens`.

Every score comes from sums that each document has for itself (`per_document`), so that drawing
documents anew is a product of matrices.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lgtalent_ie.errors import DataError
from lgtalent_ie.evaluation.calibration import expected_calibration_error, reliability
from lgtalent_ie.evaluation.clusters import b_cubed, ceaf, muc
from lgtalent_ie.evaluation.gold import GoldDocument, as_document
from lgtalent_ie.evaluation.items import Item, Items, Side, clusters, compared, relaxed_matches
from lgtalent_ie.evaluation.matching import SCHEMES, MatchCounts, match_spans, mention_errors
from lgtalent_ie.evaluation.scores import DETAIL_ROWS, RECORD_TYPES, Score, Scores
from lgtalent_ie.evaluation.significance import intervals
from lgtalent_ie.evaluation.sources import (
    Predict,
    Triple,
    extracting,
    pairs_of,
    prediction_source,
    read_gold,
)
from lgtalent_ie.schema import Document

Floats = NDArray[np.float64]

# Right, predicted, recalled, gold.
Sums = tuple[float, float, float, float]

# Rows whose items also count by label, type or kind.
GROUPED = ("mentions", "relations", "facts")


@dataclass(frozen=True, slots=True)
class Ranked:
    """Answers with a score, of all documents: `document` [n], `score` [n] 0..1, `right` [n], and
    how many gold items each document has, `gold` [documents]."""

    document: NDArray[np.int64]
    score: Floats
    right: NDArray[np.bool_]
    gold: NDArray[np.int64]

    def area(self) -> float | None:
        """Area under the precision-recall curve, 0..1; None without gold.

        Average precision: the precision at each distinct score, weighted by the recall it adds.
        What is never found adds none, so that it counts against the area.
        """
        wanted = int(self.gold.sum())
        if not wanted:
            return None
        order = np.argsort(-self.score, kind="stable")  # [n]
        last = np.append(np.diff(self.score[order]) != 0, True)[: len(order)]  # [n]
        right = np.cumsum(self.right[order])[last]  # [points]
        precision = right / (np.flatnonzero(last) + 1)  # [points]
        return float((np.diff(right, prepend=0) * precision).sum() / wanted)


@dataclass(frozen=True, slots=True)
class DocumentSums:
    """What each document adds to the scores.

    `values` is [documents, rows, 4]: right, predicted, recalled and gold of `Score`, in the order
    of `documents` (names) and `rows`; `schemes` is [documents, 4, 5]: the counts of `MatchCounts`
    by `matching.SCHEMES`. `mentions` and `relations` are the answers with their scores; `errors`
    counts wrong mentions by kind.
    """

    documents: tuple[str, ...]
    rows: tuple[str, ...]
    values: Floats
    schemes: NDArray[np.int64]
    mentions: Ranked
    relations: Ranked
    errors: Mapping[str, int]

    def total(self) -> dict[str, Score]:
        """The scores over all documents by row."""
        sums = self.values.sum(0).tolist()  # [rows, 4]
        return {row: Score(*map(_whole, own)) for row, own in zip(self.rows, sums, strict=True)}


class Difference(NamedTuple):
    """One item that gold or the prediction has alone; `detail` says what the span does not."""

    record: str
    status: Literal["missed", "spurious"]
    start: int
    end: int
    text: str
    detail: str


def per_document(triples: Iterable[Triple]) -> DocumentSums:
    """The sums of each document, from (gold, predicted document, text).

    Raises DataError where a text is not the one its gold was marked on, or the predicted document
    is of another text.

    >>> sums = per_document([(gold, document, text)])
    >>> sums.values.shape == (1, len(sums.rows), 4)
    True
    """
    names: list[str] = []
    rows: dict[str, int] = {row: at for at, row in enumerate((*RECORD_TYPES, *DETAIL_ROWS))}
    # Of each sum its document and its row, and the sums: right, predicted, recalled, gold.
    owners: list[int] = []
    places: list[int] = []
    sums: list[Sums] = []
    schemes: list[list[tuple[int, ...]]] = []
    mentions, relations = _Answers(), _Answers()
    errors: Counter[str] = Counter()
    for number, (gold, document, text) in enumerate(triples):
        wanted = as_document(gold, text)
        _check_same_text(gold, document, text)
        names.append(gold.document)
        sides = compared(wanted, document)
        spans = [[(m.start, m.end, m.label) for m in side.mentions] for side in (wanted, document)]
        matches = match_spans(*spans)
        for row, own in _sums(wanted, sides, matches):
            owners.append(number)
            places.append(rows.setdefault(row, len(rows)))
            sums.append(own)
        schemes.append([matches[scheme].counts() for scheme in SCHEMES])
        expected = sides[0].items
        mentions.add([m.score for m in document.mentions], spans[1], expected["mentions"])
        scores = [score for _, _, score in sides[1].relations.values()]
        relations.add(scores, sides[1].relations, expected["relations"])
        if any(matches["strict"].counts()[1:]):
            errors.update(e.name for e in mention_errors(wanted.mentions, document.mentions, text))
    order = sorted(rows, key=_row_order)
    column = np.empty(len(rows), np.int64)  # [rows], where each is put
    column[[rows[row] for row in order]] = np.arange(len(rows))
    values = np.zeros((len(names), len(rows), 4))  # [documents, rows, 4]
    if sums:
        values[owners, column[places]] = sums
    return DocumentSums(
        tuple(names), tuple(order), values,
        np.array(schemes, np.int64).reshape(-1, len(SCHEMES), 5),
        mentions.ranked(), relations.ranked(), errors,
    )  # fmt: skip


class _Answers:
    """Answers with scores as they come, document by document."""

    def __init__(self) -> None:
        self.scores: list[float] = []
        self.right: list[bool] = []
        self.sizes: list[int] = []
        self.gold: list[int] = []

    def add(self, scores: list[float], keys: Collection[Hashable], gold: Items) -> None:
        self.scores += scores
        self.right += [key in gold for key in keys]
        self.sizes.append(len(scores))
        self.gold.append(len(gold))

    def ranked(self) -> Ranked:
        document = np.repeat(np.arange(len(self.sizes)), self.sizes)  # [n]
        scores, right = np.array(self.scores, np.float64), np.array(self.right, np.bool_)
        return Ranked(document, scores, right, np.array(self.gold, np.int64))


def _sums(
    gold: Document, sides: tuple[Side, Side], matches: Mapping[Any, MatchCounts]
) -> Iterator[tuple[str, Sums]]:
    """Every row that a document says something about: right, predicted, recalled, gold."""
    expected, found = sides
    for name, wanted in expected.items.items():
        made = found.items[name]
        if name == "organizations" or not (wanted or made):
            continue
        shared = wanted.keys() & made.keys()
        yield name, (len(shared), len(made), len(shared), len(wanted))
        if name in GROUPED:
            right = _by_group([wanted[key] for key in shared])
            predicted, total = _by_group(made.values()), _by_group(wanted.values())
            for group in predicted.keys() | total.keys():
                n = right.get(group, 0)
                yield f"{name}/{group}", (n, predicted.get(group, 0), n, total.get(group, 0))
    for name, ours in expected.parts.items():
        theirs = found.parts[name]
        if ours or theirs:
            both = len(ours & theirs)
            yield name, (both, len(theirs), both, len(ours))
    for scheme in SCHEMES[1:]:
        counts = matches[scheme]
        own = counts.right, counts.predicted, counts.right, counts.gold
        yield f"mentions.{scheme}", own
    if expected.organizations or found.organizations:
        owners = expected.organizations, found.organizations
        measures = {"": b_cubed(*owners), ".muc": muc(*owners)}
        measures |= {f".{measure}": score for measure, score in ceaf(*owners).items()}
        for measure, s in measures.items():
            yield f"organizations{measure}", (s.right, s.predicted, s.recalled, s.gold)
    if expected.relations or found.relations:
        both = relaxed_matches(expected, found, gold.mentions)
        own = both, len(found.relations), both, len(expected.relations)
        yield "relations.relaxed", own


def _by_group(items: Iterable[Item]) -> dict[str | None, int]:
    counts: dict[str | None, int] = {}
    for item in items:
        counts[item[3]] = counts.get(item[3], 0) + 1
    return counts


def _whole(number: float) -> float:
    return int(number) if number.is_integer() else number


def _row_order(row: str) -> tuple[int, str]:
    return RECORD_TYPES.index(row.split("/")[0].split(".")[0]), row


def _check_same_text(gold: GoldDocument, document: Document, text: str) -> None:
    if document.text != text:
        raise DataError(
            f"{gold.document}: a document of another text, {len(document.text)} characters",
            f"one of the text that was marked, {len(text)} characters",
            "extract the text that the gold was made on",
        )


def score_documents(triples: Iterable[Triple], resamples: int = 0) -> Scores:
    """Scores over (gold, predicted document, text).

    What has to agree: mentions (start, end, label); dates (span, value); counts (span, value or
    min and max, unit); counted (span, span of what is counted); quotes (start, end of the
    content); speakers (content, and the speaker's name where gold has one, else the speaker's
    span); cues (content, span); relations (type, head, tail as names, an organisation under any
    of its names, each triple once); facts (kind, at least one actor in common).

    With `resamples` the scores have 95 % intervals: percentiles of as many bootstrap samples of
    the documents. Raises DataError where `per_document` does.
    """
    return scores_of(per_document(triples), resamples)


def scores_of(sums: DocumentSums, resamples: int = 0) -> Scores:
    """The scores that the documents' sums add up to; `resamples` as in `score_documents`."""
    areas = {"mentions": sums.mentions.area(), "relations": sums.relations.area()}
    scores, right = sums.mentions.score, sums.mentions.right
    ends = {}
    if resamples and sums.documents:
        for row, own in zip(sums.rows, intervals(sums.values, resamples=resamples), strict=True):
            if not np.isnan(own).any():
                ends[row] = float(own[0]), float(own[1])
    return Scores(
        documents=len(sums.documents),
        records=sums.total(),
        intervals=ends,
        areas={name: area for name, area in areas.items() if area is not None},
        calibration_error=expected_calibration_error(scores, right) if len(right) else None,
        calibration=reliability(scores, right),
        schemes={
            scheme: MatchCounts(*counts)
            for scheme, counts in zip(SCHEMES, sums.schemes.sum(0).tolist(), strict=True)
        },
        errors=dict(sorted(sums.errors.items())),
    )


def differences(gold: GoldDocument, document: Document, text: str) -> tuple[Difference, ...]:
    """What gold or the prediction has alone, by record type and place, for reading errors.

    An organisation is listed where its set of gold mentions differs.

    >>> differences(gold, document, text)[0]
    Difference(record='mentions', status='missed', start=0, end=4, text='새벽전자', detail='ORG')
    """
    wanted = as_document(gold, text)
    sides = compared(wanted, document)
    items = {name: (sides[0].items[name], sides[1].items[name]) for name in RECORD_TYPES}
    owners = sides[0].organizations, sides[1].organizations
    items["organizations"] = (
        clusters(wanted, owners[0], owners[0]), clusters(wanted, owners[1], owners[0])
    )  # fmt: skip
    return tuple(
        Difference(
            name, "missed" if key in expected else "spurious", start, end, text[start:end], detail
        )
        for name, (expected, found) in items.items()
        for key, (start, end, detail, _) in sorted(
            (expected | found).items(), key=lambda pair: pair[1][:3]
        )
        if (key in expected) != (key in found)
    )


def evaluate_documents(
    gold: str | Path,
    predictions: str | Path | Predict,
    texts: Sequence[str | Path],
    resamples: int = 0,
) -> Scores:
    """Score all gold documents of a folder of `*.json` or of a file with one a line.

    `predictions` is a folder of documents as JSON, named as the gold documents; a JSONL file as
    `lgtalent extract` writes it; or a callable that makes a document of (text, publication date).
    Texts that gold does not hold itself are looked for in the folders `texts` in turn; see
    `sources.find_text`. A text or prediction that is not there is reported in `Scores.missing`.

    Raises DataError where there is no gold, or gold, a text or a prediction is not of that text;
    InputError where a prediction is no document.
    """
    documents = read_gold(gold)
    source = (
        extracting(predictions)
        if callable(predictions)
        else prediction_source(predictions, documents)
    )
    missing: list[str] = []
    scores = score_documents(pairs_of(documents, source, texts, missing), resamples)
    return replace(scores, missing=tuple(missing))
