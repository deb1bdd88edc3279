"""A document as tables on a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from lgtalent_ie.schema import Count, Document, Quote


def print_document(document: Document, name: str, console: Console) -> None:
    """Print the records of one document, a table for each kind that has any."""
    console.rule(f"{name}  ({document.published or 'no date'})", align="left")
    surface = {m.id: m.text for m in document.mentions}
    names = {o.id: o.name for o in document.organizations}

    rows: dict[tuple[str, ...], list[tuple[str, ...]]] = {
        ("organization", "also", "mentions"): [
            (o.name, ", ".join(o.aliases), str(len(o.mentions))) for o in document.organizations
        ],
        ("date", "type", "value", "mod"): [
            (surface.get(d.mention or "", ""), d.type, d.value, d.mod or "") for d in document.dates
        ],
        ("count", "value", "unit", "of", "bound"): [
            (c.text, count_value(c), c.unit or "", c.of.text if c.of else "", c.bound)
            for c in document.counts
        ],
        ("speaker", "quote", "cue"): [
            (speaker_name(q), q.text, q.cue.text if q.cue else "") for q in document.quotes
        ],
        ("relation", "head", "tail", "score"): [
            (r.type, surface[r.head], surface[r.tail], f"{r.score:.2f}") for r in document.relations
        ],
        ("fact", "actors", "event", "date", "place", "counts", "partners"): [
            (
                f.kind,
                ", ".join(names[a] for a in f.actors),
                surface.get(f.event or "", ""),
                f.date or "",
                surface.get(f.place or "", ""),
                ", ".join(surface[c] for c in f.counts),
                ", ".join(names[p] for p in f.partners),
            )
            for f in document.facts
        ],
        ("warning", "message"): [(w.code, w.message) for w in document.warnings],
    }
    for columns, lines in rows.items():
        if lines:
            table = Table(*columns, header_style="bold", box=None, pad_edge=False)
            for line in lines:
                table.add_row(*(cell.replace("[", r"\[") for cell in line))
            console.print(table, "")


def count_value(count: Count) -> str:
    """`10`, or `2–3` for a range."""
    return str(count.value) if count.value is not None else f"{count.min}–{count.max}"


def speaker_name(quote: Quote) -> str:
    """The speaker's name, else the phrase that names the source."""
    if quote.speaker is None:
        return ""
    return quote.speaker.name or quote.speaker.text
