"""The project's own five articles, whole: every record as it was last read and agreed with.

The golden files under tests/golden are lines a person can read. After a change that is meant to change
them: `python tests/test_seeds.py` writes them anew; read the difference before it is committed.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest

from lgtalent_ie import Document, extract
from lgtalent_ie.schema import Span, json_schema

ROOT = Path(__file__).parent.parent
SEEDS = sorted((ROOT / "seeds").glob("*.txt"))
GOLDEN = Path(__file__).parent / "golden"


def published() -> dict[str, str]:
    lines = (ROOT / "seeds" / "published.tsv").read_text(encoding="utf-8").splitlines()
    return dict(line.split("\t") for line in lines if not line.startswith("#"))


def read(path: Path) -> Document:
    # Bytes, for reading as text would turn line ends into others and move every offset.
    return extract(path.read_bytes().decode("utf-8"), published()[path.name])


def lines(document: Document) -> Iterator[str]:
    """Every record on a line, without scores."""
    surface = {m.id: m.text for m in document.mentions}
    name = {o.id: o.name for o in document.organizations}

    def text(span: Span | None) -> str:
        return span.text if span else "-"

    yield f"published {document.published}"
    for s in document.sections:
        yield f"section {s.kind} {s.start} {s.end}"
    for m in document.mentions:
        yield f"mention {m.label} {m.start} {m.end} {m.text}"
    for o in document.organizations:
        yield f"organization {o.name} | {', '.join(o.aliases)} | {' '.join(o.mentions)}"
    for d in document.dates:
        yield f"date {surface[d.mention or '']} | {d.type} {d.value} {d.first} {d.last} {d.mod} {d.relative}"
    for c in document.counts:
        values = f"{c.value} {c.min} {c.max} {c.unit} {c.dimension} {c.bound} {c.currency}"
        yield f"count {c.text} | {values} | {text(c.of)}"
    for q in document.quotes:
        speaker = q.speaker and (
            q.speaker.text,
            q.speaker.name,
            q.speaker.title,
            q.speaker.affiliation,
        )
        yield f"quote {q.id} {q.kind} {q.continues} {q.text} | {text(q.cue)} | {speaker}"
    for r in document.relations:
        yield f"relation {r.type} | {surface[r.head]} | {surface[r.tail]}"
    for f in document.facts:
        actors, partners = ([name[o] for o in group] for group in (f.actors, f.partners))
        counts = [surface[c] for c in f.counts]
        place, event = (surface.get(m or "") for m in (f.place, f.event))
        yield f"fact {f.kind} {f.date} | {actors} | {event} | {place} | {counts} | {partners}"
    for w in document.warnings:
        yield f"warning {w.code} {w.start} {w.end}"


@pytest.mark.parametrize("path", SEEDS, ids=lambda path: path.stem)
def test_every_record_is_as_it_was_agreed(path: Path) -> None:
    golden = (GOLDEN / f"{path.stem}.txt").read_text(encoding="utf-8").splitlines()
    assert list(lines(read(path))) == golden


@pytest.mark.parametrize("path", SEEDS, ids=lambda path: path.stem)
def test_offsets_hold_and_furniture_holds_no_mention(path: Path) -> None:
    document = read(path)
    for record in (*document.mentions, *document.counts, *document.quotes):
        assert document.text[record.start : record.end] == record.text
    outside = [s for s in document.sections if s.kind in ("furniture", "duplicate")]
    for mention in document.mentions:
        assert all(mention.end <= s.start or s.end <= mention.start for s in outside), mention
    jsonschema.validate(document.to_dict(), json_schema())


def test_no_seed_is_left_out() -> None:
    assert [p.stem for p in SEEDS] == sorted(p.stem for p in GOLDEN.glob("*.txt"))
    assert set(published()) == {p.name for p in SEEDS}


@pytest.mark.slow
@pytest.mark.skipif(
    not (ROOT / ".venv" / "installed").exists(), reason="make has not been run here"
)
def test_make_demo_prints_the_documents() -> None:
    done = subprocess.run(["make", "-s", "demo"], cwd=ROOT, capture_output=True, check=True)
    documents = json.loads(done.stdout)
    assert [Path(d["id"]).stem for d in documents] == [p.stem for p in SEEDS]
    assert all(d["mentions"] and d["quotes"] and d["facts"] for d in documents)


if __name__ == "__main__":
    for seed in SEEDS:
        (GOLDEN / f"{seed.stem}.txt").write_text("\n".join(lines(read(seed))) + "\n", "utf-8")
    sys.exit()
