"""What scoring documents gives: sums, ratios and intervals, for JSON and as a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lgtalent_ie.errors import MissingExtraError
from lgtalent_ie.evaluation.matching import MatchCounts

if TYPE_CHECKING:
    from rich.table import Table

    from lgtalent_ie.evaluation.calibration import Bin

RECORD_TYPES = (
    "mentions", "organizations", "dates", "counts", "counted", "quotes", "speakers", "cues",
    "relations", "facts",
)  # fmt: skip

# Part of a record, or the record by another measure.
DETAIL_ROWS = (
    "mentions.exact", "mentions.type", "mentions.partial",
    "organizations.ceaf_e", "organizations.ceaf_m", "organizations.muc",
    "dates.month", "dates.year",
    "counts.value", "counts.unit", "counts.bound",
    "speakers.span", "speakers.name",
    "relations.relaxed",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Score:
    """Sums of one record type; precision, recall and F1 in 0..1, 0 where there is nothing.

    `right` of the `predicted` items are right and `recalled` of the `gold` ones are found: the same
    whole number but for measures of clusters (B³, CEAF) and of partial matches.

    >>> Score(right=3, predicted=4, recalled=3, gold=6).f1
    0.6
    """

    right: float = 0
    predicted: float = 0
    recalled: float = 0
    gold: float = 0

    @property
    def precision(self) -> float:
        return self.right / self.predicted if self.predicted else 0.0

    @property
    def recall(self) -> float:
        return self.recalled / self.gold if self.gold else 0.0

    @property
    def f1(self) -> float:
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0

    def __add__(self, other: Score) -> Score:
        return Score(
            self.right + other.right,
            self.predicted + other.predicted,
            self.recalled + other.recalled,
            self.gold + other.gold,
        )

    def to_dict(self) -> dict[str, float]:
        """The ratios and tp, fp, fn, rounded to four places."""
        sums = {
            "tp": self.right,
            "fp": self.predicted - self.right,
            "fn": self.gold - self.recalled,
        }
        ratios = {"precision": self.precision, "recall": self.recall, "f1": self.f1}
        return {name: round(value, 4) for name, value in (ratios | sums).items()}


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores over documents.

    `records` is by record type (`RECORD_TYPES`); where there are labels, types or kinds, also by
    each of those (`mentions/ORG`, `relations/event:host`, `facts/hire`); and by the parts of a
    record or other measures of it (`DETAIL_ROWS`). `missing` says, one line each, which documents
    were not scored and why. `intervals` are those of F1, 0..1, where asked for; `areas` the areas
    under the precision-recall curves of mentions and relations by score; `calibration` the bins of
    mention scores, with their expected error `calibration_error`; `schemes` the five counts of
    SemEval-2013 by scheme; `errors` how many mentions are wrong by kind.
    """

    documents: int = 0
    records: Mapping[str, Score] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    intervals: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    areas: Mapping[str, float] = field(default_factory=dict)
    calibration_error: float | None = None
    calibration: tuple[Bin, ...] = ()
    schemes: Mapping[str, MatchCounts] = field(default_factory=dict)
    errors: Mapping[str, int] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """For JSON; a record's `f1_interval` is there where intervals were asked for."""
        records = {
            name: score.to_dict() | self._interval(name) for name, score in self.records.items()
        }
        made = {"documents": self.documents, "missing": list(self.missing), "records": records}
        if not self.documents:
            return made
        bins = [
            {
                "low": round(b.low, 4),
                "high": round(b.high, 4),
                "count": b.count,
                "mean_score": round(b.mean_score, 4),
                "share_correct": round(b.share_correct, 4),
            }
            for b in self.calibration
        ]
        error = self.calibration_error
        return made | {
            "auprc": {name: round(area, 4) for name, area in self.areas.items()},
            "calibration": {
                "expected_error": None if error is None else round(error, 4),
                "bins": bins,
            },
            "schemes": {name: counts.to_dict() for name, counts in self.schemes.items()},
            "errors": dict(self.errors),
        }

    def _interval(self, name: str) -> dict[str, list[float]]:
        ends = self.intervals.get(name)
        return {} if ends is None else {"f1_interval": [round(end, 4) for end in ends]}


def score_table(scores: Scores) -> Table:
    """The main scores as a table for `rich.console.Console().print`; the rest is in `to_dict`.

    Left out are the rows by relation type and fact kind. Raises MissingExtraError where rich is
    not installed.
    """
    try:
        from rich.table import Table
    except ImportError as error:
        raise MissingExtraError(
            "a table without rich", "rich installed", "pip install rich"
        ) from error
    table = Table(title=f"{scores.documents} documents", caption=_caption(scores))
    columns = ["record", "precision", "recall", "F1", "right", "spurious", "missed"]
    if scores.intervals:
        columns.insert(4, "95 %")
    for column in columns:
        table.add_column(column, justify="left" if column == "record" else "right", no_wrap=True)
    for name, score in scores.records.items():
        if name.startswith(("relations/", "facts/")):
            continue
        # A row of nothing has no ratio; 0.0 would read as all wrong.
        ratios = (score.precision, score.recall, score.f1)
        is_empty = not (score.predicted or score.gold)
        cells = ["–" if is_empty else f"{100 * ratio:.1f}" for ratio in ratios]
        if scores.intervals:
            ends = scores.intervals.get(name)
            cells.append("" if ends is None else f"{100 * ends[0]:.1f}–{100 * ends[1]:.1f}")
        cells += [f"{score.to_dict()[column]:.6g}" for column in ("tp", "fp", "fn")]
        table.add_row(name, *cells)
    return table


def _caption(scores: Scores) -> str | None:
    """The numbers that are no row."""
    parts = [f"{name} AUPRC {100 * area:.1f}" for name, area in scores.areas.items()]
    if scores.calibration_error is not None:
        parts.append(f"mentions ECE {100 * scores.calibration_error:.1f}")
    return " · ".join(parts) or None
