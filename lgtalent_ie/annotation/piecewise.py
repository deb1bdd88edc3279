"""Reading a file of marks in spite of its faults: every fault is told, and the rest is read.

The formats refuse a file at its first fault. Here a file that is refused is read again in pieces,
a document each, and the marks of a document that is refused once more, each mark alone (in the
formats that people mark in: Label Studio, doccano, brat). What is left without the faulty marks is
looked at as a whole, for marks that overlap and relations of what is not there.
"""

from __future__ import annotations

import json
import shutil
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from lgtalent_ie.annotation.files import LINES
from lgtalent_ie.annotation.marked import Marked, OffsetUnit, Origin
from lgtalent_ie.annotation.tools import read_marks
from lgtalent_ie.errors import DataError

# The suffix of a folder's files, a document each.
FILES = {"standoff": ".json", "web_annotation": ".jsonld", "webanno_tsv": ".tsv"}

Read = Callable[[Path], list[Marked]]


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a document, or all of a file, was refused; `reason` names the place within the file."""

    file: str
    reason: str


@dataclass(frozen=True, slots=True)
class Piece:
    """One document of a file: a copy of its own to read, and the name of the place it stands at.

    `renamed` turns what the copy's errors say into what the file's would.
    """

    file: str
    path: Path
    renamed: tuple[tuple[str, str], ...] = ()

    def said(self, error: DataError | str) -> str:
        """An error of the copy, told of the file."""
        words = str(error)
        for old, new in self.renamed:
            words = words.replace(old, new)
        return words


def read_all(
    name: str, path: Path, origin: Origin, offsets: OffsetUnit | None = None
) -> tuple[list[tuple[str, Marked]], list[Fault]]:
    """All documents that can be read, each with the file it is from, and every fault of the rest.

    CoNLL, KLUE's TSV, DocBin and data sets are read as one: there only the first fault is found.
    """

    def read(file: Path) -> list[Marked]:
        return read_marks(name, file, origin, offsets)

    if not path.exists():
        raise DataError(f"{path}, which is not there", "a file or folder", "check the path")
    faults: list[Fault] = []
    try:
        whole = noticed(read, path, Piece(str(path), path), faults)
        return [(str(path), marked) for marked in whole], faults
    except DataError as error:
        first = error
    found: list[tuple[str, Marked]] = []
    faults = []
    with TemporaryDirectory() as scratch:
        pieces = list(pieces_of(name, path, Path(scratch)))
        for piece in pieces:
            try:
                documents = noticed(read, piece.path, piece, faults)
                found += [(piece.file, marked) for marked in documents]
            except DataError as error:
                own = list(faults_within(name, piece, read))
                faults += own or [Fault(piece.file, piece.said(error))]
    # A fault of the whole that no piece has: two files of a name, nothing to read.
    return found, faults or [Fault(str(path), str(first))]


def noticed(read: Read, path: Path, piece: Piece, faults: list[Fault]) -> list[Marked]:
    """What `read` returns; what it warns of becomes a fault."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", UserWarning)
        documents = read(path)
    faults += [
        Fault(piece.file, piece.said(str(w.message)))
        for w in said
        if w.category is UserWarning and str(path) in str(w.message)
    ]
    return documents


def pieces_of(name: str, path: Path, scratch: Path) -> Iterator[Piece]:
    """The documents of a file, in its order; of a format that is read as one, nothing."""
    if name == "brat":
        stems = {p.stem for end in (".txt", ".ann") for p in path.glob(f"*{end}")}
        for number, stem in enumerate(sorted(stems)):
            folder = scratch / str(number)
            folder.mkdir()
            for file in path.glob(f"{glob_escaped(stem)}.*"):
                shutil.copy(file, folder)
            yield Piece(str(path / f"{stem}.ann"), folder, ((str(folder), str(path)),))
    elif name in FILES and path.is_dir():
        yield from (Piece(str(file), file) for file in sorted(path.glob(f"*{FILES[name]}")))
    elif path.suffix in LINES or name == "doccano":
        copy = scratch / path.name
        for number, line in enumerate(path.read_bytes().split(b"\n")):
            if line.strip():
                # Blank lines before it, so that errors count its lines right.
                folder = scratch / str(number)
                folder.mkdir()
                copy = folder / path.name
                copy.write_bytes(b"\n" * number + line + b"\n")
                yield Piece(str(path), copy, ((str(copy), str(path)),))
    elif name == "label_studio":
        tasks = json_of(path)
        for number, task in enumerate(tasks if isinstance(tasks, list) else ()):
            folder = scratch / str(number)
            folder.mkdir()
            copy = folder / path.name
            copy.write_text(json.dumps([task]), encoding="utf-8")
            renamed = (str(copy), str(path)), ("$[0]", f"$[{number}]")
            yield Piece(str(path), copy, renamed)


def faults_within(name: str, piece: Piece, read: Read) -> Iterator[Fault]:
    """Every fault of the marks of a piece that was refused; nothing where all are right alone."""
    split = {"label_studio": task_marks, "doccano": row_marks, "brat": line_marks}.get(name)
    if split is None:
        return
    wrong: set[int] = set()
    try:
        marks = split(piece.path)
    except (ValueError, TypeError, KeyError, AttributeError, OSError):
        return
    for number, (place, write_alone) in enumerate(marks.alone):
        write_alone()
        try:
            read(piece.path)
        except DataError as error:
            wrong.add(number)
            words = piece.said(error)
            yield Fault(piece.file, words.replace(*place) if place else words)
        finally:
            marks.restore()
    if wrong:
        marks.write_without(wrong)
        try:
            read(piece.path)
        except DataError as error:
            yield Fault(piece.file, f"without the marks above: {piece.said(error)}")


@dataclass(frozen=True, slots=True)
class _Marks:
    """Ways to rewrite a piece's file: each mark alone (and how its place is called), and without
    some; and as it was."""

    alone: list[tuple[tuple[str, str] | None, Callable[[], object]]]
    write_without: Callable[[set[int]], object]
    restore: Callable[[], object]


def task_marks(path: Path) -> _Marks:
    """The regions of a Label Studio task."""
    before = path.read_bytes()
    [task] = json.loads(before)
    kind = "annotations" if task.get("annotations") else "predictions"
    places = [
        (at, number)
        for at, marks in enumerate(task[kind])
        for number, region in enumerate(marks["result"])
        if region.get("type") == "labels"
    ]

    def write(changed: dict[str, Any]) -> None:
        path.write_text(json.dumps([changed]), encoding="utf-8")

    def alone(at: int, number: int) -> Callable[[], object]:
        marks = task[kind][at]
        only = [{**marks, "result": [marks["result"][number]]}]
        return lambda: write({**task, "meta": None, kind: only})

    def without(wrong: set[int]) -> None:
        gone = {places[n] for n in wrong}
        kept = []
        for at, marks in enumerate(task[kind]):
            left = [r for n, r in enumerate(marks["result"]) if (at, n) not in gone]
            lost = {marks["result"][n].get("id") for a, n in gone if a == at}
            left = [r for r in left if not {r.get("from_id"), r.get("to_id")} & (lost - {None})]
            kept.append({**marks, "result": left})
        write({**task, "meta": None, kind: kept})

    return _Marks(
        [((f"{kind}[0].result[0]", f"{kind}[{a}].result[{n}]"), alone(a, n)) for a, n in places],
        without,
        lambda: path.write_bytes(before),
    )


def row_marks(path: Path) -> _Marks:
    """The entities of a line of doccano."""
    before = path.read_bytes()
    row = json.loads(before)
    key = "label" if row.get("entities") is None else "entities"
    marks = row[key]
    blank = b"\n" * (before.count(b"\n") - 1)

    def write(kept: list[Any], relations: list[Any]) -> None:
        changed = {k: v for k, v in row.items() if k != "lgtalent"} | {key: kept}
        if key == "entities":
            changed["relations"] = relations
        path.write_bytes(blank + json.dumps(changed).encode() + b"\n")

    def without(wrong: set[int]) -> None:
        lost = {marks[n]["id"] for n in wrong} if key == "entities" else set()
        relations = row.get("relations") or []
        left = [r for r in relations if not {r["from_id"], r["to_id"]} & lost]
        write([m for n, m in enumerate(marks) if n not in wrong], left)

    def alone(number: int) -> Callable[[], object]:
        return lambda: write([marks[number]], [])

    return _Marks(
        [((f"$.{key}[0]", f"$.{key}[{n}]"), alone(n)) for n in range(len(marks))],
        without,
        lambda: path.write_bytes(before),
    )


def line_marks(path: Path) -> _Marks:
    """The T lines of a brat file, and each other line that is no relation."""
    [file] = path.glob("*.ann")
    before = file.read_bytes()
    lines = before.decode().split("\n")
    # What travels beside the marks has faults of its own, which are not theirs.
    beside = {other: other.read_bytes() for other in path.glob("*.json")}
    numbers = [n for n, line in enumerate(lines) if line.strip() and not line.startswith("R")]

    def write(kept: Callable[[int], bool]) -> None:
        text = "\n".join(line if kept(n) else "" for n, line in enumerate(lines))
        file.write_bytes(text.encode())
        for other in beside:
            other.unlink(missing_ok=True)

    def restore() -> None:
        file.write_bytes(before)
        for other, content in beside.items():
            other.write_bytes(content)

    def alone(number: int) -> Callable[[], object]:
        return lambda: write(lambda n: n == number)

    def without(wrong: set[int]) -> None:
        gone = {numbers[n] for n in wrong}
        lost = {lines[n].split("\t")[0] for n in gone}

        def kept(n: int) -> bool:
            named = {word.partition(":")[2] for word in lines[n].split()}
            return n not in gone and not (lines[n].startswith("R") and named & lost)

        write(kept)

    return _Marks([(None, alone(n)) for n in numbers], without, restore)


def json_of(path: Path) -> Any:
    """The JSON of a file, None where it is none."""
    try:
        return json.loads(path.read_bytes())
    except (ValueError, OSError):
        return None


def glob_escaped(stem: str) -> str:
    """The stem as a pattern that matches nothing else."""
    return "".join(f"[{c}]" if c in "*?[" else c for c in stem)
