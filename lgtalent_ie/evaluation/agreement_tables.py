"""Agreement as tables on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from rich.table import Table

from lgtalent_ie.evaluation.agreement import Agreement, PairAgreement
from lgtalent_ie.evaluation.reliability import Statistic


def agreement_tables(found: Agreement) -> tuple[Table, Table, Table]:
    """Spans, records and attributes, for `rich.console.Console().print`.

    F1 and agreement in percent; kappa and alpha are at most 1. `given` is to how many of the items
    anyone gave the category of the row. Where a kappa rests on fewer items
    than the row has, their number stands behind it.
    """
    return (
        _pairs("spans", found.spans, found, overlap=True),
        _pairs("records", found.records, found, overlap=False),
        _attributes(found),
    )


def _pairs(title: str, rows: Sequence[PairAgreement], found: Agreement, overlap: bool) -> Table:
    pairs = len(found.annotators) > 2
    names = ("first", "second") if pairs else found.annotators
    columns = ["strict F1", "overlap F1"] if overlap else ["F1"]
    table = Table(title=f"{title}, {found.documents} documents")
    for column in (*(["annotators"] if pairs else []), "row", *names, *columns):
        words = column in ("annotators", "row")
        table.add_column(column, justify="left" if words else "right")
    for row in rows:
        if not (row.first_items or row.second_items) and "." in row.row:
            continue  # The parts of a record that nobody has.
        cells = [f"{row.first} – {row.second}"] if pairs else []
        values = [row.strict] if row.overlap is None else [row.strict, row.overlap]
        sizes = (str(row.first_items), str(row.second_items))
        table.add_row(*cells, row.row, *sizes, *(_percent(value) for value in values))
    if reasons := {row.strict.reason for row in rows if row.strict.reason}:
        table.caption = "–: " + "; ".join(sorted(reasons))
    return table


def _attributes(found: Agreement) -> Table:
    table = Table(title="attributes of what two or more marked")
    numbers = ("given", "items", "agree %", found.kappa, "alpha")
    for column in ("attribute", "row", *numbers, "undefined"):
        justify: Literal["left", "right"] = "right" if column in numbers else "left"
        table.add_column(column, justify=justify, overflow="fold")
    for row in found.attributes:
        kappa = _number(row.kappa)
        if row.kappa.value is not None and row.kappa.items < row.alpha.items:
            kappa += f" ({row.kappa.items})"
        reasons = dict.fromkeys(filter(None, (row.kappa.reason, row.alpha.reason)))
        table.add_row(
            row.attribute, row.row, str(row.given), str(row.alpha.items), _percent(row.observed),
            kappa, _number(row.alpha), "; ".join(reasons),
        )  # fmt: skip
    return table


def _percent(value: Statistic) -> str:
    return "–" if value.value is None else f"{100 * value.value:.1f}"


def _number(value: Statistic) -> str:
    return "–" if value.value is None else f"{value.value:.3f}"
