"""What someone decided about disagreements: read from JSON lines or a table.

A line of JSON is `{"id": …, "right": "kim"}` or `{"id": …, "replace": [record, …]}`, with records
in the form in which the disagreement lists them and none for "nothing stands here"; other fields
are those of the list of disagreements, which can so be filled in and given back. A line of a
table is `id<TAB>kim` or `id<TAB>[record, …]`. A line without an answer decides nothing.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from lgtalent_ie.errors import DataError
from lgtalent_ie.evaluation.disagreements import Disagreement
from lgtalent_ie.evaluation.spanned import RECORD_CLASSES, Record, describe


@dataclass(frozen=True, slots=True)
class Decision:
    """Whose word stands, or what stands in its place (as read, any JSON); one of the two is None.

    `where` is file and line, for messages.
    """

    where: str
    right: str | None = None
    replace: Any = None


class _Line(msgspec.Struct):
    """A line of JSON; what else a list of disagreements says is left aside."""

    id: str
    right: str | None = None
    replace: list[Any] | None = None


def read_decisions(path: Path) -> dict[str, Decision]:
    """Decisions by disagreement id; JSON lines where the name ends in .jsonl, else a table.

    Raises DataError with file and line where a line cannot be read, or decides twice.
    """
    try:
        lines = path.read_text("utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: {error}", "a file of decisions", "check the path") from error
    read = _json_line if path.suffix == ".jsonl" else _table_line
    found: dict[str, Decision] = {}
    for number, line in enumerate(lines, 1):
        where = f"{path}, line {number}"
        if not line.strip() or (read is _table_line and line.startswith("#")):
            continue
        own = read(line.rstrip("\r"), where)
        if own.right is not None and own.replace is not None:
            raise DataError(f"{where}: both `right` and `replace`", "one of them", "remove one")
        if own.right is None and own.replace is None:
            continue
        if own.id in found:
            raise DataError(
                f"{where}: {own.id!r} decided before, at {found[own.id].where}",
                "one decision for each disagreement", "remove one of the lines",
            )  # fmt: skip
        found[own.id] = Decision(where, own.right, own.replace)
    return found


def settle(item: Disagreement, decision: Decision) -> tuple[Record, ...]:
    """The records that stand after a decision.

    Raises DataError with file and line where it names an annotator who did not judge this, or its
    records are not of the disagreement's kind.
    """
    if decision.right is not None:
        if decision.right not in item.says:
            raise DataError(
                f"{decision.where}: {decision.right!r} is right about {item.id}",
                f"one of {', '.join(item.says)}", "correct the name",
            )  # fmt: skip
        return item.says[decision.right]
    kind = RECORD_CLASSES[item.kind]
    try:
        return tuple(msgspec.convert(record, kind) for record in decision.replace)
    except msgspec.ValidationError as error:
        example = next(record for own in item.says.values() for record in own)
        raise DataError(
            f"{decision.where}: {error}",
            f"{item.kind} such as {msgspec.json.encode(example).decode()} "
            f"({describe(example, None)})",
            "correct the record",
        ) from error


def check_known(decisions: Mapping[str, Decision], known: Container[str]) -> None:
    """DataError, with file and line, for a decision on what nobody disagrees about."""
    for name, decision in decisions.items():
        if name not in known:
            raise DataError(
                f"{decision.where}: no disagreement {name!r}",
                "ids of the list of disagreements", "list them again: the marks have changed",
            )  # fmt: skip


def _json_line(line: str, where: str) -> _Line:
    try:
        return msgspec.json.decode(line, type=_Line)
    except msgspec.DecodeError as error:
        raise DataError(
            f"{where}: {error}", '{"id": "…", "right": "NAME"} or {"id": "…", "replace": […]}',
            "correct the line",
        ) from error  # fmt: skip


def _table_line(line: str, where: str) -> _Line:
    name, tab, answer = line.partition("\t")
    name, answer = name.strip(), answer.strip()
    if not tab:
        raise DataError(f"{where}: {line!r}", "id<TAB>annotator or id<TAB>[record, …]",
                        "put a tab between them")  # fmt: skip
    if not answer.startswith("["):
        return _Line(name, answer or None)
    try:
        return _Line(name, replace=msgspec.json.decode(answer, type=list[Any]))
    except msgspec.DecodeError as error:
        raise DataError(f"{where}: {error}", "records as JSON: [{…}, …]", "correct it") from error
