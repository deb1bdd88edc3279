"""What a corpus run reads: files of tables and texts, found, ordered and looked at beforehand."""

from __future__ import annotations

import csv
import glob
import hashlib
import json
import os
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec

from lgtalent_ie.corpus.lines import GZIP, LineReader, decode_line
from lgtalent_ie.errors import InputError, MissingExtraError

Kind = Literal["jsonl", "csv", "parquet", "arrow", "text"]
KINDS: dict[str, Kind] = {
    ".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv", ".tsv": "csv", ".parquet": "parquet",
    ".arrow": "arrow", ".txt": "text", ".html": "text", ".htm": "text",
}  # fmt: skip
ZIPPED = ("jsonl", "csv")
ACCEPTED = (
    "files .jsonl .csv .tsv (each also .gz) .parquet .txt .html, folders of them, "
    "or a data set that `datasets` saved to disk"
)
# A folder that `Dataset.save_to_disk` wrote has this file; it names the data files in order.
DATASET_STATE = "state.json"
# Rows of JSON that are looked at for the names of columns.
SAMPLE_ROWS = 100
LONGEST_HEADER = 1 << 24


@dataclass(frozen=True, slots=True)
class Source:
    """One file. `columns` are names and, from Arrow, types; None where it has none or no rows.

    `error` says why it cannot be read. `size` is in bytes, `modified` in nanoseconds.
    """

    path: str
    kind: Kind
    size: int
    modified: int
    columns: tuple[tuple[str, Any], ...] | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Argument:
    """What one argument stands for, so that a later run can tell whether it is still the same."""

    path: str
    files: int
    bytes: int
    modified: int
    digest: str


@dataclass(frozen=True, slots=True)
class Inputs:
    """All files in the order they are read; `passed_over` counts others in folders by suffix."""

    sources: tuple[Source, ...]
    arguments: tuple[Argument, ...]
    passed_over: dict[str, int]


def find_inputs(arguments: Sequence[str], out: Path) -> Inputs:
    """The files that arguments (files, folders, patterns) stand for, in the order of their paths.

    A file that is there but cannot be read is a Source with an error. Raises InputError where an
    argument stands for nothing, a file of another kind, one file comes twice, or a folder holds
    `out`; MissingExtraError for Parquet without pyarrow.
    """
    sources: list[Source] = []
    known: list[Argument] = []
    passed_over: Counter[str] = Counter()
    for argument in arguments:
        found = [look_at(path, kind) for path, kind in expand(argument, passed_over)]
        if Path(argument).is_dir() and Path(argument).resolve() in (
            out.resolve(), *out.resolve().parents
        ):  # fmt: skip
            raise InputError(
                f"--out {out} within the input {argument}", "a folder that is not read",
                "write to another folder",
            )  # fmt: skip
        if not found:
            raise InputError(
                f"{argument}, where there is nothing to read", ACCEPTED, "check the path"
            )
        sources += found
        known.append(summary(argument, found))
    twice = [path for path, n in Counter(source.path for source in sources).items() if n > 1]
    if twice:
        raise InputError(f"{twice[0]} twice", "each file once", "leave one of the arguments out")
    return Inputs(tuple(sources), tuple(known), dict(sorted(passed_over.items())))


def summary(argument: str, sources: Iterable[Source]) -> Argument:
    """The files of an argument in one record."""
    digest = hashlib.sha256()
    files = size = modified = 0
    for source in sources:
        digest.update(f"{source.path}\t{source.size}\t{source.modified}\t{source.error}\n".encode())
        files, size = files + 1, size + source.size
        modified = max(modified, source.modified)
    return Argument(argument, files, size, modified, digest.hexdigest())


def kind_of(path: str) -> Kind | None:
    """The kind of a file by its name.

    >>> kind_of("news.JSONL.gz"), kind_of("news.pdf")
    ('jsonl', None)
    """
    name = path.lower()
    zipped = name.endswith(GZIP)
    kind = KINDS.get(Path(name.removesuffix(GZIP)).suffix)
    return None if zipped and kind not in ZIPPED else kind


def expand(argument: str, passed_over: Counter[str]) -> Iterator[tuple[str, Kind]]:
    """Paths and kinds of an argument's files, sorted."""
    if Path(argument).is_dir():
        yield from walk(argument, passed_over)
        return
    found = glob.glob(argument, recursive=True)  # noqa: PTH207 (a Path cannot glob from the root)
    paths = [argument] if Path(argument).exists() else sorted(found)
    for path in paths:
        kind = kind_of(path)
        if Path(path).is_dir():
            yield from walk(path, passed_over)
        elif kind is None:
            raise InputError(f"{path}, a file of another kind", ACCEPTED, "convert or rename it")
        else:
            yield Path(path).as_posix(), kind


def walk(folder: str, passed_over: Counter[str]) -> Iterator[tuple[str, Kind]]:
    """The files in a folder and the folders in it; hidden ones are passed over."""
    paths: list[str] = []
    data_sets: dict[str, list[str]] = {}
    for here, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        root = Path(here).as_posix()
        if DATASET_STATE in names and (files := data_files(Path(here))):
            data_sets[root] = files
            paths.append(root)
            continue
        for name in names:
            if kind_of(name) and not name.startswith("."):
                paths.append(f"{root}/{name}")
            else:
                passed_over[Path(name).suffix.lower() or name] += 1
    for path in sorted(paths):
        if path in data_sets:
            yield from ((file, "arrow") for file in data_sets[path])
        else:
            yield path, kind_of(path)  # type: ignore[misc]


def data_files(folder: Path) -> list[str]:
    """The files of a data set on disk, in order; none where the folder is something else."""
    try:
        state = json.loads((folder / DATASET_STATE).read_text(encoding="utf-8"))
        return [(folder / entry["filename"]).as_posix() for entry in state["_data_files"]]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def look_at(path: str, kind: Kind) -> Source:
    """A file's size, time and columns, or why it cannot be read."""
    size = modified = 0
    try:
        status = Path(path).stat()
        size, modified = status.st_size, status.st_mtime_ns
        return Source(path, kind, size, modified, columns_of(path, kind))
    except DAMAGE as error:
        return Source(path, kind, size, modified, error=f"cannot be read: {first_line(error)}")


# What gzip, csv, JSON and Arrow raise where a file is not what it should be; ArrowInvalid is a
# ValueError, and Arrow's other errors are of these kinds too.
DAMAGE = (OSError, EOFError, ValueError, zlib.error, csv.Error, NotImplementedError, KeyError)


def first_line(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return (str(error) or type(error).__name__).splitlines()[0]


def columns_of(path: str, kind: Kind) -> tuple[tuple[str, Any], ...] | None:
    """Names and Arrow types (None where it is no Arrow file) of a table's columns."""
    if kind == "text":
        return None
    if kind == "jsonl":
        return tuple((name, None) for name in json_columns(path)) or None
    if kind == "csv":
        with LineReader(path, LONGEST_HEADER) as lines:
            header, _ = csv_header(lines)
        return tuple((name, None) for name in header) or None
    arrow()
    if kind == "parquet":
        import pyarrow.parquet

        with pyarrow.parquet.ParquetFile(path) as file:
            schema = file.schema_arrow
    else:
        with open_arrow(path) as reader:
            schema = reader.schema
    return tuple((field.name, field.type) for field in schema)


def json_columns(path: str) -> list[str]:
    """The keys of the first rows that can be read, in the order they come."""
    names: dict[str, None] = {}
    seen = 0
    with LineReader(path, LONGEST_HEADER) as lines:
        for _, line in lines:
            try:
                row = msgspec.json.decode(decode_line(line or b"", lines.encoding))
            except (msgspec.DecodeError, ValueError):
                continue
            if isinstance(row, dict):
                names |= dict.fromkeys(row)
                seen += 1
            if seen == SAMPLE_ROWS:
                break
    return list(names)


def csv_header(lines: LineReader) -> tuple[list[str], str]:
    """The names in the first line and what stands between them; ValueError where one comes twice.

    That is the comma, the tab or the semicolon, whichever the line has most of.
    """
    for _, line in lines:
        text = decode_line(line or b"", lines.encoding)
        if text.strip():
            between = max(",\t;", key=text.count)
            header = next(csv.reader([text], delimiter=between))
            twice = [name for name, n in Counter(header).items() if n > 1]
            if twice:
                raise ValueError(f"two columns named {twice[0]!r}")
            return header, between
    return [], ","


def open_arrow(path: str) -> Any:
    """A reader of record batches of an Arrow file in either of its forms."""
    pa = arrow()
    mapped = pa.memory_map(path)
    try:
        return pa.ipc.open_stream(mapped)
    except pa.ArrowInvalid:
        mapped.seek(0)
        return pa.ipc.open_file(mapped)


def arrow() -> Any:
    """pyarrow; MissingExtraError without it."""
    try:
        import pyarrow as pa
        import pyarrow.ipc
    except ImportError as error:
        raise MissingExtraError(
            "Parquet or Arrow without pyarrow", "the extra `corpus`",
            "pip install 'lgtalent_ie[corpus]'",
        ) from error  # fmt: skip
    return pa
