"""A timeline as tables, as a graph and on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from corpus_documents import told

from lgtalent_ie.cli import command
from lgtalent_ie.corpus import Timeline, merge
from lgtalent_ie.corpus.timeline_tables import tables, write_graphml, write_parquet

pa = pytest.importorskip("pyarrow")
nx = pytest.importorskip("networkx")


@pytest.fixture
def timeline() -> Timeline:
    return merge(
        [
            ("a", told("hire", ["한빛전자"], people=10, published="2026-02-01")),
            ("b", told("hire", ["한빛전자"], people=10, published="2026-02-03")),
            ("c", told("hire", ["한빛전자"], people=5, published="2026-05-03")),
            ("d", told("programme", ["한빛전자"], partners=("새벽대",), published="2026-05-04",
                       relations=(("org:partner", "한빛전자", "새벽대"),))),
        ]
    )  # fmt: skip


def test_who_hired_how_many_in_which_quarter(timeline: Timeline) -> None:
    rows = tables(timeline)["quarters"].to_pylist()
    assert [
        (r["quarter"], r["kind"], r["name"], r["facts"], r["documents"], r["people"]) for r in rows
    ] == [
        ("2026-Q1", "hire", "한빛전자", 1, 2, 10.0),
        ("2026-Q2", "hire", "한빛전자", 1, 1, 5.0),
        ("2026-Q2", "programme", "한빛전자", 1, 1, None),
    ]


@pytest.mark.parametrize(
    "date, quarter",
    [("2025", "2025"), ("2025-H1", "2025"), ("2025-08", "2025-Q3"), (None, "2026-Q1")],
)
def test_a_fact_that_tells_its_year_alone_is_put_in_no_quarter(
    date: str | None, quarter: str
) -> None:
    told_once = merge(
        [("a", told("hire", ["한빛전자"], people=10, date=date, published="2026-02-01"))]
    )
    for name in ("facts", "quarters"):
        assert [row["quarter"] for row in tables(told_once)[name].to_pylist()] == [quarter]


def test_ids_join_the_tables(timeline: Timeline) -> None:
    named = {name: table.to_pylist() for name, table in tables(timeline).items()}
    facts = {row["fact"] for row in named["facts"]}
    organizations = {row["organization"] for row in named["organizations"]}
    for name in ("fact_organizations", "fact_counts"):
        assert named[name]
        assert {row["fact"] for row in named[name]} <= facts
    assert {row["organization"] for row in named["fact_organizations"]} <= organizations
    assert {row["fact"] for row in named["sources"]} == facts | {None}
    (relation,) = named["relations"]
    assert {relation["head"], relation["tail"]} <= organizations
    assert (relation["head_name"], relation["tail_name"], relation["quarter"]) == (
        "한빛전자",
        "새벽대",
        "2026-Q2",
    )


def test_an_empty_timeline_has_the_same_columns(timeline: Timeline) -> None:
    empty = tables(Timeline((), (), ()))
    assert {name: table.schema for name, table in empty.items()} == {
        name: table.schema for name, table in tables(timeline).items()
    }


def test_parquet_files_hold_the_tables(timeline: Timeline, tmp_path: Path) -> None:
    import pyarrow.parquet

    write_parquet(timeline, tmp_path / "new" / "tables")
    for name, table in tables(timeline).items():
        assert pyarrow.parquet.read_table(tmp_path / "new" / "tables" / f"{name}.parquet").equals(
            table
        )


def test_the_graph_has_relations_and_partnerships_as_edges(
    timeline: Timeline, tmp_path: Path
) -> None:
    write_graphml(timeline, tmp_path / "graph.graphml")
    graph = nx.read_graphml(tmp_path / "graph.graphml")
    names = nx.get_node_attributes(graph, "name")
    assert sorted(
        (names[a], names[b], edge["type"], edge["quarter"]) for a, b, edge in graph.edges(data=True)
    ) == [
        ("한빛전자", "새벽대", "org:partner", "2026-Q2"),
        ("한빛전자", "새벽대", "programme:partner", "2026-Q2"),
    ]


def test_the_command_merges_files_of_extract(tmp_path: Path) -> None:
    lines = [
        json.dumps({"id": name} | told("hire", ["한빛전자"], people=10).to_dict()) for name in "ab"
    ]
    (tmp_path / "in.jsonl").write_text("\n".join(lines), encoding="utf-8")
    out = tmp_path / "out.jsonl"
    arguments = [
        "timeline",
        str(tmp_path / "in.jsonl"),
        "-o",
        str(out),
        "--tables",
        str(tmp_path / "t"),
    ]
    result = CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    (fact,) = map(json.loads, out.read_text(encoding="utf-8").splitlines())
    assert (fact["kind"], fact["actors"], [s["document"] for s in fact["sources"]]) == (
        "hire",
        ["한빛전자"],
        ["a", "b"],
    )
    assert (tmp_path / "t" / "quarters.parquet").exists()


@pytest.mark.parametrize("line", ["nonsense", "{}", "[]", '{"id": "a", "length": 3}'])
def test_a_line_that_is_no_document_is_named(line: str, tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    path.write_text("\n" + line, encoding="utf-8")
    result = CliRunner().invoke(command, ["timeline", str(path)])
    assert f"{path}, line 2" in str(result.exception)
