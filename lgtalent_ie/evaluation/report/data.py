"""What a report shows, collected from gold, predicted documents and texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from lgtalent_ie.errors import DataError
from lgtalent_ie.evaluation.command import Recorded
from lgtalent_ie.evaluation.documents import DocumentSums, per_document
from lgtalent_ie.evaluation.report.comparison import (
    Compared,
    Status,
    compare_errors,
    compare_recorded,
)
from lgtalent_ie.evaluation.report.errors import DocumentError, Statement, document_errors
from lgtalent_ie.evaluation.report.sentences import stretches
from lgtalent_ie.evaluation.scores import Score
from lgtalent_ie.evaluation.significance import intervals, paired_permutation
from lgtalent_ie.evaluation.sources import Triple

Earlier = Sequence[Triple] | Recorded
Floats = NDArray[np.float64]

# Stands for "no mention" in the confusion of labels.
NOTHING = ""


@dataclass(frozen=True, slots=True)
class Run:
    """One set of predictions: a name for people, and the model where the documents name one."""

    name: str
    model: str


@dataclass(frozen=True, slots=True)
class Source:
    """A collection of documents under one name."""

    name: str
    documents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Measured:
    """Ratios of one row and run in 0..1; `interval` is that of F1 at 95 %."""

    precision: float
    recall: float
    f1: float
    interval: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """A row of the scores (`mentions/ORG`, `dates`, …) of one source, or of all (None).

    `right` of `predicted` items are right, of `gold` items there are. `p` is that of the paired
    permutation test between the two runs.
    """

    source: int | None
    row: str
    now: Measured
    right: float
    predicted: float
    gold: float
    before: Measured | None = None
    p: float | None = None


@dataclass(frozen=True, slots=True)
class Confused:
    """How many mentions of gold label `gold` were predicted as `predicted`, whatever their ends.

    `NOTHING` on one side counts what was missed or is spurious.
    """

    source: int
    gold: str
    predicted: str
    count: int


@dataclass(frozen=True, slots=True)
class Sentence:
    """Where errors are shown: (start, end, text) of its stretches, the text None if left out."""

    source: int
    document: int
    stretches: tuple[tuple[int, int, str | None], ...]


@dataclass(frozen=True, slots=True)
class ReportError:
    """An error in a sentence (an index), with what became of it between the runs."""

    sentence: int
    status: Status | None
    now: DocumentError | None
    was: DocumentError | None


@dataclass(frozen=True, slots=True)
class ReportData:
    """All that the page shows. `runs` has this run and, where there is one, the earlier one."""

    runs: tuple[Run, ...]
    sources: tuple[Source, ...]
    scores: tuple[ScoreRow, ...]
    confusion: tuple[Confused, ...]
    errors: tuple[ReportError, ...]
    sentences: tuple[Sentence, ...]
    has_texts: bool = True
    missing: tuple[str, ...] = ()


def report_data(
    sources: Mapping[str, Sequence[Triple]],
    before: Mapping[str, Earlier] | None = None,
    *,
    names: tuple[str, str] = ("this run", "earlier run"),
    with_texts: bool = True,
    resamples: int = 1000,
    missing: Sequence[str] = (),
) -> ReportData:
    """Collect a report from (gold, predicted document, text) by source.

    `before` has for every source an earlier run on the same documents: as such triples, or as
    `command.read_recorded` gives it, of which less is known. Without `with_texts` no word of a text
    is in the report, only offsets, labels, values and units. `missing` says what was not scored.

    Raises DataError where there is no document, or the earlier run is of other documents; and as
    `documents.per_document`.

    >>> data = report_data({"seeds": triples})
    >>> data.errors[0].now.kind, data.scores[0].row
    ('boundary/particle', 'mentions')
    """
    if not any(sources.values()):
        raise DataError("a report of no document", "one scored document or more",
                        "check the gold and the texts")  # fmt: skip
    _check_before(sources, before)
    collected = _Collected([], {}, Counter(), with_texts)
    for number, (name, triples) in enumerate(sources.items()):
        earlier = before[name] if before else None
        for place, triple in enumerate(triples):
            was = earlier if earlier is None or isinstance(earlier, Recorded) else earlier[place]
            collected.add(number, place, triple, was)
    runs = [Run(names[0], _models(sources.values()))]
    if before:
        known = [own for own in before.values() if not isinstance(own, Recorded)]
        runs.append(Run(names[1], _models(known)))
    return ReportData(
        tuple(runs),
        tuple(Source(name, tuple(g.document for g, _, _ in own)) for name, own in sources.items()),
        tuple(_score_rows(sources, before, resamples)),
        tuple(Confused(*key, count) for key, count in sorted(collected.confusion.items())),
        tuple(collected.errors),
        tuple(collected.sentences),
        with_texts,
        tuple(missing),
    )


@dataclass(frozen=True, slots=True)
class _Collected:
    """What grows document by document; a dict keeps each sentence once, with its index."""

    errors: list[ReportError]
    sentences: dict[Sentence, int]
    confusion: Counter[tuple[int, str, str]]
    with_texts: bool

    def add(
        self, source: int, place: int, triple: Triple, before: Triple | Recorded | None
    ) -> None:
        gold, _, text = triple
        own = document_errors(*triple)
        self._confuse(source, triple, own)
        found: Iterable[Compared]
        if before is None:
            found = (Compared(None, error) for error in own)
        elif isinstance(before, Recorded):
            marks = (before.errors or {}).get(gold.document, frozenset())
            found = compare_recorded(own, marks, gold, text)
        else:
            found = compare_errors(own, document_errors(*before))
        for error in found:
            cut = stretches(text, _spans(error))
            sentence = Sentence(
                source, place, tuple((s, e, text[s:e] if self.with_texts else None) for s, e in cut)
            )
            at = self.sentences.setdefault(sentence, len(self.sentences))
            self.errors.append(ReportError(at, error.status, error.now, error.was))

    def _confuse(self, source: int, triple: Triple, errors: Sequence[DocumentError]) -> None:
        gold, document, _ = triple
        wanted = {(m.start, m.end, m.label) for m in gold.mentions}
        for m in document.mentions:
            if (m.start, m.end, m.label) in wanted:
                self.confusion[source, m.label, m.label] += 1
        for error in errors:
            if error.record == "mentions":
                labels = (side.label if side else None for side in (error.gold, error.predicted))
                ours, theirs = (label or NOTHING for label in labels)
                self.confusion[source, ours, theirs] += 1


def _spans(compared: Compared) -> list[tuple[int, int]]:
    """Where the sides of an error stand, first parts first."""
    errors = [error for error in (compared.now, compared.was) if error]
    sides: list[Statement] = [side for e in errors for side in (e.gold, e.predicted) if side]
    return [part[:2] for side in sides for part in side.parts]


def _check_before(
    sources: Mapping[str, Sequence[Triple]], before: Mapping[str, Earlier] | None
) -> None:
    if before is None:
        return
    if list(before) != list(sources):
        raise DataError(f"an earlier run of {', '.join(before)}", f"of {', '.join(sources)}",
                        "give both runs the same sources in one order")  # fmt: skip
    for name, triples in sources.items():
        earlier = before[name]
        if isinstance(earlier, Recorded):
            if earlier.errors is None:
                raise DataError(f"{name}: recorded scores without errors", "a file of format 2",
                                "write it again with --record")  # fmt: skip
            continue
        ours, theirs = ([(g.document, g.sha256) for g, _, _ in own] for own in (triples, earlier))
        if ours != theirs:
            other = sorted({d for d, _ in set(ours) ^ set(theirs)}) or ["another order"]
            raise DataError(
                f"{name}: an earlier run that is not of the same documents ({other[0]} …)",
                "two runs on the same documents", "predict what is missing, or leave it out",
            )  # fmt: skip


def _models(runs: Iterable[Sequence[Triple]]) -> str:
    return ", ".join(sorted({document.model for _, document, _ in chain.from_iterable(runs)}))


def _score_rows(
    sources: Mapping[str, Sequence[Triple]],
    before: Mapping[str, Earlier] | None,
    resamples: int,
) -> Iterable[ScoreRow]:
    """The rows of all sources together, where there is more than one, and of each."""
    sums = per_document(chain.from_iterable(sources.values()))
    known = [own for own in (before or {}).values() if not isinstance(own, Recorded)]
    # A recorded source has no sums: then its own rows have the recorded ratios, those of all none.
    earlier = None
    if before and len(known) == len(before):
        earlier = _same_rows(sums, per_document(chain.from_iterable(known)))
    start = 0
    spans: list[tuple[int | None, slice, Recorded | None]] = []
    for number, (name, triples) in enumerate(sources.items()):
        own = before.get(name) if before else None
        recorded = own if isinstance(own, Recorded) else None
        spans.append((number, slice(start, start + len(triples)), recorded))
        start += len(triples)
    if len(sources) > 1:
        spans.insert(0, (None, slice(0, start), None))
    for source, documents, recorded in spans:
        if documents.start < documents.stop:
            yield from _rows_of(sums, earlier, source, documents, recorded, resamples)


def _same_rows(sums: DocumentSums, other: DocumentSums) -> tuple[DocumentSums, Floats]:
    """The sums of the earlier run in the rows of both: [documents, rows, 4] for each run's."""
    rows = list(dict.fromkeys((*sums.rows, *other.rows)))
    values = np.zeros((len(other.documents), len(rows), 4))
    for at, row in enumerate(other.rows):
        values[:, rows.index(row)] = other.values[:, at]
    return other, values


def _rows_of(
    sums: DocumentSums,
    earlier: tuple[DocumentSums, Floats] | None,
    source: int | None,
    documents: slice,
    recorded: Recorded | None,
    resamples: int,
) -> Iterable[ScoreRow]:
    rows = list(sums.rows)
    now = sums.values[documents]  # [documents, rows, 4]
    was = None
    if earlier is not None:
        # A row that only the earlier run has says nothing right or wrong of this one.
        was = earlier[1][documents]
        now = np.concatenate([now, np.zeros((len(now), was.shape[1] - now.shape[1], 4))], axis=1)
        rows = list(dict.fromkeys((*rows, *earlier[0].rows)))
    ends, p = intervals(now, resamples=resamples), None
    was_ends = None if was is None else intervals(was, resamples=resamples)
    if was is not None:
        p = paired_permutation(now, was, resamples=resamples)
    for at, row in enumerate(rows):
        total = now[:, at].sum(0)
        total_was = None if was is None else was[:, at].sum(0)
        if not total.any() and (total_was is None or not total_was.any()):
            continue
        before = None
        if total_was is not None and was_ends is not None:
            before = _measured(total_was, was_ends[at])
        elif recorded and row in recorded.records:
            given = recorded.records[row]
            low, high = given.get("f1_interval", (np.nan, np.nan))
            before = Measured(given["precision"], given["recall"], given["f1"], _ends(low, high))
        chance = None if p is None or np.isnan(p[at]) else float(p[at])
        right, predicted, _, gold = total.tolist()
        yield ScoreRow(
            source, row, _measured(total, ends[at]), right, predicted, gold, before, chance
        )


def _measured(sums: Floats, ends: Floats) -> Measured:
    score = Score(*sums.tolist())
    return Measured(score.precision, score.recall, score.f1, _ends(*ends.tolist()))


def _ends(low: float, high: float) -> tuple[float, float] | None:
    return None if np.isnan(low) or np.isnan(high) else (float(low), float(high))
