"""The results of the engine benchmark: ratios, and the Markdown made of the JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from engine_measures import ENCODER, ENGINE, KIWI, MENTIONS, RECORDS
from engine_sections import TURNS
from pipeline_rivals import GLINER, PIPELINE, SORTED

Report = dict[str, Any]
Row = Mapping[str, Any]

# Figures that count rows of several processes together, each process its own.
SUMMED = ("characters/s", "eojeol/s", "documents/s", "texts", "cores", "resident MiB", "GPU MiB")


def merged(rows: Sequence[Row], processes: int) -> Iterator[dict[str, Any]]:
    """The rows of several processes as one for each way and mix: rates are summed.

    Rows that not all processes have are left out.
    """
    groups: dict[tuple[object, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row.get(k) for k in ("way", "mix", "after")), []).append(row)
    for group in groups.values():
        if len(group) == processes:
            sums = {k: sum(row[k] for row in group) for k in SUMMED if k in group[0]}
            slowest = {k: max(row[k] for row in group) for k in ("seconds",) if k in group[0]}
            yield {**group[0], **sums, **slowest}


def speed(
    report: Report, encoder: str, mix: str, way: str, processes: int = 1, turns: bool = False
) -> float | None:
    """Characters a second, taken in turn with other ways or not; None where it was not measured."""
    for row in report["rates"]:
        if (row["encoder"], row["mix"], row["way"], row["processes"], in_turns(row)) == (
            encoder, mix, way, processes, turns,
        ):  # fmt: skip
            found: float = row["characters/s"]
            return found
    return None


def in_turns(row: Row) -> bool:
    """Whether a row was taken in turn with others."""
    return row.get("section") == TURNS


def ratios(report: Report) -> list[dict[str, Any]]:
    """How many times as many characters a second one way reads as another; what lacks is left out.

    All are of the same run and the same texts, so that they can be compared between machines.
    """
    cores = report["settings"]["processes"]
    found: list[dict[str, Any]] = []

    def add(what: str, encoder: str, mix: str, one: float | None, others: Sequence[Any]) -> None:
        known = [other for other in others if other]
        if one and known:
            row = {"what": what, "encoder": encoder, "mix": mix, "ratio": one / max(known)}
            found.append(row)

    for encoder in report["settings"]["encoders"]:
        for mix in report["mixes"]:
            of = (report, encoder, mix)
            for rival in (PIPELINE, SORTED, GLINER):
                other = [speed(*of, rival)]
                for way in (ENCODER, ENGINE):
                    add(f"{way} / {rival}", encoder, mix, speed(*of, way), other)
            # Both sides of a ratio are taken in turn, or neither.
            one = partial(speed, *of, turns=bool(speed(*of, MENTIONS, turns=True)))
            for way in (MENTIONS, RECORDS):
                add(f"{way} / {PIPELINE}", encoder, mix, one(way), [one(PIPELINE)])
            kiwi = one(KIWI) or speed(report, "", mix, KIWI)
            add(f"{RECORDS} / {KIWI}", encoder, mix, one(RECORDS), [kiwi])
            if cores > 1:
                many = partial(speed, *of, processes=cores, turns=True)
                together = f"on {cores} cores"
                for way in (MENTIONS, RECORDS):
                    rivals = [one(PIPELINE), many(PIPELINE)]
                    add(f"{way}, {together} / {PIPELINE}", encoder, mix, many(way), rivals[:1])
                    add(f"{way} / best of {PIPELINE}, {together}", encoder, mix, many(way), rivals)
                bound = [many(KIWI)]
                add(f"{RECORDS} / {KIWI}, {together}", encoder, mix, many(RECORDS), bound)
    return found


# --- Markdown ------------------------------------------------------------------------------------


def shown(value: object) -> str:
    """A figure with three digits or more; blank where there is none."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table; columns whose cells are all figures stand right."""
    aligned = [
        "---:" if all(isinstance(row[n], int | float | None) for row in rows) else "---"
        for n in range(len(columns))
    ]
    lines = [columns, aligned, *([shown(cell) for cell in row] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def picked(rows: Sequence[Row], columns: Sequence[str]) -> str:
    """A table of these figures of the rows, without columns that nothing stands in."""
    kept = [c for c in columns if any(row.get(c) not in (None, "") for row in rows)]
    return table(kept, [[row.get(column) for column in kept] for row in rows])


def markdown(report: Report) -> str:
    """The whole report as Markdown."""
    settings, machine = report["settings"], report["machine"]
    parts = [f"# Engine, {report['date'][:10]}, {machine.get('GPU') or machine['CPU']}"]
    if settings["dry run"]:
        parts.append("**A dry run: tiny shapes and a few texts. The figures mean nothing.**")
    parts.append(
        "Made by `scripts/benchmark_engine.py`; what the rows mean stands in `README.md`. Rates and"
        " ratios are medians of one run."
    )
    facts = {**machine, **{k: v for k, v in settings.items() if k != "encoders"}}
    parts.append(table(("machine and settings", ""), [(k, str(v)) for k, v in facts.items()]))
    mixes = [{"mix": name, **sizes} for name, sizes in report["mixes"].items()]
    parts += ["## Texts", picked(mixes, list(mixes[0]))]
    if report["encoders"]:
        rows = [{"encoder": name, **what} for name, what in report["encoders"].items()]
        parts += ["## Encoders", picked(rows, list(rows[0]))]
    if report["ratios"]:
        parts += ["## Ratios", "Characters a second of the first, by those of the second."]
        parts.append(ratio_table(report["ratios"], list(report["mixes"])))
    turns = [row for row in report["rates"] if in_turns(row)]
    singles = [row for row in report["rates"] if row not in turns]
    columns = "tokens/s eojeol/s characters/s documents/s".split()
    more = ("% of bf16 peak", "batch size", "threads", "cores")
    for encoder in ("", *settings["encoders"]):
        rows = [row for row in singles if row["encoder"] == encoder]
        if rows:
            parts += [f"## Rates: {encoder or 'before the model'}"]
            parts.append(picked(rows, ("way", "mix", *columns, *more)))
    if turns:
        parts += ["## Rates taken in turn, in one process and in several together"]
        parts.append(picked(turns, ("encoder", "processes", "way", "mix", *columns[1:], "cores")))
    if report["latencies"]:
        parts += ["## Latency of one text", picked(
            report["latencies"], ("encoder", "way", "text", "p50 ms", "p99 ms", "calls")
        )]  # fmt: skip
    if report["memory"]:
        columns = [*"encoder section processes after".split(), "resident MiB", "GPU MiB"]
        parts.append("## Memory: the most so far, of all processes of the row together")
        parts.append(picked(report["memory"], columns))
    if report["gaps"]:
        parts += ["## Not measured", picked(report["gaps"], ("encoder", "what", "reason"))]
    return "\n\n".join(parts) + "\n"


def ratio_table(rows: Sequence[Row], mixes: Sequence[str]) -> str:
    """A row for each pair of ways and encoder, a column for each mix."""
    cells: dict[tuple[str, str], dict[str, float]] = {}
    for row in rows:
        cells.setdefault((row["encoder"], row["what"]), {})[row["mix"]] = row["ratio"]
    lines = [(*key, *(by_mix.get(mix) for mix in mixes)) for key, by_mix in cells.items()]
    return table(("encoder", "what", *mixes), lines)
