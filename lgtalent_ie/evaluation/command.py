"""`lgtalent evaluate documents`: extract the gold articles, score, compare with recorded scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import click
import msgspec

from lgtalent_ie.errors import DataError
from lgtalent_ie.evaluation.documents import (
    differences,
    evaluate_documents,
    find_text,
    score_table,
)
from lgtalent_ie.evaluation.gold import load_gold
from lgtalent_ie.extractor import Extractor
from lgtalent_ie.schema import Document

# A recorded score may be undercut by this many points of F1 before the comparison fails.
TOLERANCE = 1.0


def run(
    gold: Path,
    folders: Sequence[Path],
    model: str | None,
    as_json: bool,
    list_differences: bool,
    against: Path | None,
    record: Path | None,
) -> int:
    """Print the scores; 1 where one has fallen against the recorded ones, else 0."""
    from rich.console import Console

    extractor = Extractor(model)
    documents: dict[str, Document] = {}

    def predict(text: str, published: str | date | None) -> Document:
        documents[text] = extractor.extract(text, published)
        return documents[text]

    scores = evaluate_documents(gold, predict, folders)
    if scores.documents == 0:
        where = ", ".join(map(str, folders))
        click.echo(f"nothing scored: none of the gold texts is in {where}", err=True)
        return 0
    console = Console()
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(scores.to_dict())))
    else:
        console.print(score_table(scores))
    for line in scores.missing:
        click.echo(f"not scored: {line}", err=True)
    if list_differences:
        for path in sorted(gold.glob("*.json")):
            marked = load_gold(path)
            text = find_text(marked, folders)
            if text is not None:
                click.echo(f"\n{marked.document}")
                for d in differences(marked, documents[text], text):
                    click.echo(f"{d.status:9}{d.record:14}{d.start:6} {d.text!r:40} {d.detail}")
    if record is not None:
        record.write_bytes(msgspec.json.format(msgspec.json.encode(scores.to_dict()["records"])))
    if against is None:
        return 0
    fallen = compare(read_recorded(against), scores.to_dict()["records"])
    for line in fallen:
        click.echo(f"fallen: {line}", err=True)
    return int(bool(fallen))


def read_recorded(path: Path) -> Mapping[str, Any]:
    """The scores that `--record` wrote."""
    try:
        recorded: Mapping[str, Any] = msgspec.json.decode(path.read_bytes())
    except (OSError, msgspec.DecodeError) as error:
        raise DataError(f"{path}: {error}", "a file that --record wrote", "record again") from error
    return recorded


def compare(recorded: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """One line for every record type (not each label) whose F1 has fallen beyond the tolerance."""
    return [
        f"{name}: {100 * was['f1']:.1f} → {100 * now.get(name, {'f1': 0.0})['f1']:.1f}"
        for name, was in recorded.items()
        if "/" not in name and 100 * (was["f1"] - now.get(name, {"f1": 0.0})["f1"]) > TOLERANCE
    ]
