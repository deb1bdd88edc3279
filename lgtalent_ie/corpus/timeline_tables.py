"""A timeline as flat tables for DuckDB, pandas and spreadsheets, and as a graph."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lgtalent_ie.corpus.timeline import CorpusFact, CorpusRelation, Timeline, when
from lgtalent_ie.errors import MissingExtraError

if TYPE_CHECKING:
    import pyarrow as pa

Row = dict[str, Any]


def tables(timeline: Timeline) -> dict[str, pa.Table]:
    """Arrow tables by name; ids join them.

    `organizations` (organization, name, aliases, documents, mentions); `facts` (fact, kind, event,
    date, first, last, quarter, place, score, documents); `fact_organizations` (fact, role actor or
    partner, organization, name); `fact_counts` (fact, value, min, max, unit, dimension, counted);
    `relations` (relation, type, head, head_name, tail, tail_name, quarter, score, documents; head
    and tail are organisations or null); `sources` (fact, relation, document, published, start, end,
    score; one of fact and relation is null); `quarters` (quarter, kind, organization, name, facts,
    documents, people: the persons that the facts count).

    A quarter is `2026-Q1`, of the fact's own day or else of its first source, null without either;
    `2026` of a fact that tells no more than its year.
    Raises MissingExtraError where pyarrow is not installed.
    """
    try:
        import pyarrow as pa
    except ImportError as error:
        raise MissingExtraError(
            "tables without pyarrow", "the extra `corpus`", "pip install 'lgtalent_ie[corpus]'"
        ) from error
    return {
        name: pa.Table.from_pylist(list(rows), schema=pa.schema(columns(pa)[name]))
        for name, rows in table_rows(timeline).items()
    }


def columns(pa: Any) -> dict[str, list[tuple[str, Any]]]:
    """Names and types of the columns, so that an empty table has them too."""
    text, number, real = pa.string(), pa.int64(), pa.float64()
    return {
        "organizations": [
            ("organization", text), ("name", text), ("aliases", pa.list_(text)),
            ("documents", number), ("mentions", number),
        ],
        "facts": [
            ("fact", text), ("kind", text), ("event", text), ("date", text), ("first", text),
            ("last", text), ("quarter", text), ("place", text), ("score", real),
            ("documents", number),
        ],
        "fact_organizations": [
            ("fact", text), ("role", text), ("organization", text), ("name", text),
        ],
        "fact_counts": [
            ("fact", text), ("value", real), ("min", real), ("max", real), ("unit", text),
            ("dimension", text), ("counted", text),
        ],
        "relations": [
            ("relation", text), ("type", text), ("head", text), ("head_name", text),
            ("tail", text), ("tail_name", text), ("quarter", text), ("score", real),
            ("documents", number),
        ],
        "sources": [
            ("fact", text), ("relation", text), ("document", text), ("published", text),
            ("start", number), ("end", number), ("score", real),
        ],
        "quarters": [
            ("quarter", text), ("kind", text), ("organization", text), ("name", text),
            ("facts", number), ("documents", number), ("people", real),
        ],
    }  # fmt: skip


def table_rows(timeline: Timeline) -> dict[str, Iterator[Row]]:
    """The rows of every table, as plain dictionaries."""
    names = {o.id: o.name for o in timeline.organizations}
    numbered = {f"R{n}": r for n, r in enumerate(timeline.relations, 1)}
    return {
        "organizations": (
            {"organization": o.id, "name": o.name, "aliases": list(o.aliases),
             "documents": o.documents, "mentions": o.mentions}
            for o in timeline.organizations
        ),
        "facts": map(fact_row, timeline.facts),
        "fact_organizations": (
            {"fact": f.id, "role": role, "organization": o, "name": names[o]}
            for f in timeline.facts
            for role, some in (("actor", f.actors), ("partner", f.partners))
            for o in some
        ),
        "fact_counts": (
            {"fact": f.id, "value": c.value, "min": c.min, "max": c.max, "unit": c.unit,
             "dimension": c.dimension, "counted": c.of}
            for f in timeline.facts
            for c in f.counts
        ),
        "relations": (relation_row(name, r, names) for name, r in numbered.items()),
        "sources": source_rows(timeline, numbered),
        "quarters": quarter_rows(timeline, names),
    }  # fmt: skip


def fact_row(fact: CorpusFact) -> Row:
    return {
        "fact": fact.id, "kind": fact.kind, "event": fact.event, "date": fact.date,
        "first": fact.first, "last": fact.last, "quarter": quarter_of(fact),
        "place": fact.place, "score": fact.score,
        "documents": len({s.document for s in fact.sources}),
    }  # fmt: skip


def relation_row(name: str, relation: CorpusRelation, names: dict[str, str]) -> Row:
    published = [s.published for s in relation.sources if s.published]
    return {
        "relation": name, "type": relation.type,
        "head": relation.head if relation.head in names else None,
        "head_name": names.get(relation.head, relation.head),
        "tail": relation.tail if relation.tail in names else None,
        "tail_name": names.get(relation.tail, relation.tail),
        "quarter": quarter(min(published, default=None)), "score": relation.score,
        "documents": len({s.document for s in relation.sources}),
    }  # fmt: skip


def source_rows(timeline: Timeline, relations: dict[str, CorpusRelation]) -> Iterator[Row]:
    told = [(f.id, None, s) for f in timeline.facts for s in f.sources]
    said = [(None, name, s) for name, r in relations.items() for s in r.sources]
    for fact, relation, s in [*told, *said]:
        yield {
            "fact": fact, "relation": relation, "document": s.document, "published": s.published,
            "start": s.start, "end": s.end, "score": s.score,
        }  # fmt: skip


def quarter_rows(timeline: Timeline, names: dict[str, str]) -> Iterator[Row]:
    """Who did what in which quarter: one row for each quarter, kind and actor."""
    groups: dict[tuple[str | None, str, str], list[CorpusFact]] = defaultdict(list)
    for fact in timeline.facts:
        for actor in fact.actors:
            groups[quarter_of(fact), fact.kind, actor].append(fact)
    for (time, kind, actor), facts in sorted(groups.items(), key=lambda g: (g[0][0] or "", g[0])):
        people = [c.value for f in facts for c in f.counts if c.dimension == "person" and c.value]
        yield {
            "quarter": time, "kind": kind, "organization": actor, "name": names[actor],
            "facts": len(facts),
            "documents": len({s.document for f in facts for s in f.sources}),
            "people": float(sum(people)) if people else None,
        }  # fmt: skip


def quarter(day: str | None) -> str | None:
    """The quarter of an ISO day.

    >>> quarter("2026-05-02")
    '2026-Q2'
    """
    return None if day is None else f"{day[:4]}-Q{(int(day[5:7]) + 2) // 3}"


def quarter_of(fact: CorpusFact) -> str | None:
    """The quarter of a fact; the year alone where what it tells is longer than a quarter."""
    first, last = quarter(fact.first), quarter(fact.last)
    if first is not None and last is not None and first != last:
        return first[:4]
    return quarter(when(fact))


def write_parquet(timeline: Timeline, folder: Path) -> None:
    """`<table>.parquet` for every table; what stood there before is replaced."""
    named = tables(timeline)
    import pyarrow.parquet

    folder.mkdir(parents=True, exist_ok=True)
    for name, table in named.items():
        part = folder / f"{name}.parquet.part"
        pyarrow.parquet.write_table(table, part)
        part.replace(folder / f"{name}.parquet")


def write_graphml(timeline: Timeline, path: Path) -> None:
    """Organisations and other names as nodes, relations and partnerships as edges, in GraphML.

    A node has `name`, `kind` (organization or name) and `documents`; an edge `type`, `quarter`,
    `score` and `documents`. Raises MissingExtraError where networkx is not installed.
    """
    try:
        import networkx as nx
    except ImportError as error:
        raise MissingExtraError(
            "GraphML without networkx", "the extra `corpus`", "pip install 'lgtalent_ie[corpus]'"
        ) from error
    graph = nx.MultiDiGraph()
    for o in timeline.organizations:
        graph.add_node(o.id, name=o.name, kind="organization", documents=o.documents)
    for relation in timeline.relations:
        for end in (relation.head, relation.tail):
            if end not in graph:
                graph.add_node(end, name=end, kind="name")
        row = relation_row("", relation, {})
        add_edge(graph, relation.head, relation.tail, relation.type, row)
    for fact in timeline.facts:
        for actor in fact.actors:
            for partner in fact.partners:
                add_edge(graph, actor, partner, f"{fact.kind}:partner", fact_row(fact))
    part = path.with_name(path.name + ".part")
    nx.write_graphml(graph, part)
    part.replace(path)


def add_edge(graph: Any, head: str, tail: str, kind: str, row: Row) -> None:
    """An edge; GraphML knows no null, so what is not known is left out."""
    known = {k: row[k] for k in ("quarter", "score", "documents") if row[k] is not None}
    graph.add_edge(head, tail, type=kind, **known)
