"""Hugging Face `datasets` on disk: a row a document, typed columns, nothing lost.

The columns are the fields of a gold file (`annotations/README.md`) and `text`; labels are a
ClassLabel, dates are dates, offsets int32, and the numbers of counts float64: a whole number comes
back as an int. The package is needed (`pip install 'lgtalent_ie[annotate]'`).
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from lgtalent_ie.annotation.marked import LABELS, Marked, Origin, checked
from lgtalent_ie.annotation.plain_text import writable
from lgtalent_ie.errors import DataError, MissingExtraError
from lgtalent_ie.evaluation.gold import GoldDocument

LOSES: frozenset[str] = frozenset()
NUMBERS = ("value", "min", "max")
# Beyond this a float64 skips whole numbers.
LARGEST = 2**53
ACCEPTED = "a data set that this format wrote, or one with the same columns"


def write(documents: Iterable[Marked], path: Path) -> None:
    """Write documents with `Dataset.save_to_disk` into the folder `path`.

    Raises MissingExtraError without `datasets`, DataError for a whole number of a count that a
    float64 cannot hold, and as `plain_text.writable`.
    """
    datasets = _datasets()
    rows = [_row(marked) for marked in writable(documents, path)]
    datasets.Dataset.from_list(rows, features=features()).save_to_disk(str(path))


def features() -> Any:
    """The columns and their types, as `datasets.Features`."""
    datasets = _datasets()
    text, offset = datasets.Value("string"), datasets.Value("int32")
    number, day = datasets.Value("float64"), datasets.Value("date32")
    flag, several = datasets.Value("bool"), [datasets.Value("string")]
    label = datasets.ClassLabel(names=list(LABELS))
    span = {"start": offset, "end": offset}
    return datasets.Features(
        {
            "format": offset, "document": text, "sha256": text, "length": offset,
            "published": day, "guidelines": offset, "annotators": several, "marked": day,
            "mentions": [{"id": text, "label": label, **span, "score": number}],
            "organizations": [{"name_mention": text, "mentions": several}],
            "dates": [{"mention": text, "type": text, "value": text, "mod": text}],
            "counts": [{
                "mention": text, **dict.fromkeys(NUMBERS, number), "unit": text, "bound": text,
                "dimension": text, "currency": text, "of": [offset],
            }],
            "quotes": [{
                **span, "kind": text, "cue": [offset], "speaker": [offset], "name_mention": text,
                "continues": offset,
            }],
            "relations": [{"type": text, "head": text, "tail": text, "score": number}],
            "facts": [{
                "kind": text, "actors": several, **span, "event": text, "date": text,
                "place": text, "counts": several, "partners": several,
            }],
            "text": text, "text_in_gold": flag,
        }
    )  # fmt: skip


def read(path: Path, origin: Origin) -> list[Marked]:
    """The documents of a folder that `write` made; the rows say themselves who marked them.

    Raises MissingExtraError without `datasets`, DataError with the row where the folder is no data
    set, has other columns, no rows, or marks that cannot be of their text.
    """
    datasets = _datasets()
    try:
        data = datasets.load_from_disk(str(path))
    except Exception as error:
        # Damaged files raise what Arrow, JSON or the file system raise.
        raise DataError(
            f"{path}: {type(error).__name__}: {error}", ACCEPTED, "check the folder, write it again"
        ) from error
    if not isinstance(data, datasets.Dataset):
        splits = ", ".join(data)
        raise DataError(f"{path}: splits {splits}", "one split", f"give for example {path}/train")
    expected = features()
    if data.features != expected:
        known = {**data.features}
        wrong = [name for name in {**expected, **known} if known.get(name) != expected.get(name)]
        raise DataError(f"{path}: columns {', '.join(wrong)}", ACCEPTED, "write it again")
    if not len(data):
        raise DataError(f"{path}: no rows", ACCEPTED, "check what was selected")
    return [_marked(row, f"{path}, row {number}") for number, row in enumerate(data)]


def _row(marked: Marked) -> dict[str, Any]:
    gold = marked.gold
    for count in gold.counts:
        for number in (count.value, count.min, count.max):
            if isinstance(number, int) and abs(number) > LARGEST:
                raise DataError(
                    f"{gold.document}: count {number} of {count.mention!r}",
                    f"whole numbers up to {LARGEST}", "leave the count out",
                )  # fmt: skip
    return {**_plain(gold), "text": marked.text, "text_in_gold": gold.text is not None}


def _plain(value: Any) -> Any:
    """Structs as dicts with all their fields, tuples as lists."""
    if isinstance(value, msgspec.Struct):
        return {name: _plain(getattr(value, name)) for name in value.__struct_fields__}
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def _marked(row: dict[str, Any], where: str) -> Marked:
    text = row["text"]
    fields = {key: value for key, value in row.items() if key != "text_in_gold"}
    fields["text"] = text if row["text_in_gold"] else None
    fields["mentions"] = [{**m, "label": LABELS[m["label"]]} for m in row["mentions"]]
    fields["counts"] = [{**c, **{key: _whole(c[key]) for key in NUMBERS}} for c in row["counts"]]
    try:
        gold = msgspec.convert(fields, GoldDocument)
    except msgspec.ValidationError as error:
        raise DataError(f"{where}: {error}", ACCEPTED, "correct the row") from error
    return checked(Marked(gold, text), where)


def _whole(number: float | None) -> float | None:
    return int(number) if number is not None and number.is_integer() else number


def _datasets() -> Any:
    try:
        import datasets
    except ImportError as error:
        raise MissingExtraError(
            "the format Hugging Face datasets", "an installation with datasets",
            "pip install 'lgtalent_ie[annotate]'",
        ) from error  # fmt: skip
    return datasets
