"""F1 of what numbers count, on the rounds of `annotations/counted`.

    python scripts/score_counted.py ../shared/data --model base

The rounds are stand-off: DATA holds the files that their lines name. Of each round only the marked
numbers are scored, found by the library or not; a phrase is right where both ends are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click
import msgspec

from lgtalent_ie.errors import DataError, LgtalentError
from lgtalent_ie.evaluation.sources import row_texts
from lgtalent_ie.evaluation.spans import Score
from lgtalent_ie.extractor import Extractor
from lgtalent_ie.schema import Document

ROUNDS = Path(__file__).parent.parent / "annotations" / "counted"
Place = tuple[int, int]
Marks = dict[Place, Place | None]


def read_round(path: Path, data: Path) -> Iterator[tuple[str, Marks]]:
    """(text, number → what it counts) of every line; DataError where a text is not the one."""
    for line in path.read_bytes().splitlines():
        row: dict[str, Any] = msgspec.json.decode(line)
        text = row_texts(data / row["file"]).get(row["id"], "")
        if len(text) != row["length"]:
            raise DataError(
                f"{row['file']}, row {row['id']}: {len(text)} characters",
                f"the text of {row['length']} that was marked", "take the data's own version",
            )  # fmt: skip
        yield text, {tuple(number): tuple(of) if of else None for number, of in row["of"]}


def counted_in(document: Document) -> Marks:
    """Number → what it counts, of a document."""
    mentions = {mention.id: mention for mention in document.mentions}
    return {
        (mentions[count.mention].start, mentions[count.mention].end): (
            (count.of.start, count.of.end) if count.of else None
        )
        for count in document.counts
        if count.mention is not None
    }


def score(sentences: Sequence[tuple[str, Marks]], extractor: Extractor) -> Score:
    """What is right, found and marked."""
    right = found = marked = 0
    documents = extractor.extract_many([text for text, _ in sentences])
    for (_, marks), document in zip(sentences, documents, strict=True):
        own = counted_in(document)
        for number, of in marks.items():
            marked += of is not None
            found += own.get(number) is not None
            right += of is not None and own.get(number) == of
    return Score(right, found, marked)


@click.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--model", default=None, help="Model name or folder; the shipped base without it.")
def main(data: Path, model: str | None) -> None:
    """Print precision, recall and F1 of every round."""
    try:
        extractor = Extractor(model=model)
        for path in sorted(ROUNDS.glob("*.jsonl")):
            figures = score(list(read_round(path, data)), extractor)
            ratios = (figures.precision, figures.recall, figures.f1)
            shown = " ".join(f"{100 * ratio:5.1f}" for ratio in ratios)
            click.echo(f"{path.stem:8} {shown}  ({figures.gold} marked)")
    except (LgtalentError, OSError) as error:
        raise click.ClickException(str(error)) from error


if __name__ == "__main__":
    main()
