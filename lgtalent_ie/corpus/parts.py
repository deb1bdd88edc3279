"""The output of a corpus run: a folder of parts, each whole or not there.

    out/run.json             what is read and how; a run with anything else is refused
    out/part-00000/          the input's rows 0 … part_size-1, and so on
        documents.jsonl      or documents.parquet, mentions.parquet, … (`flat`)
        rejected.jsonl       rows that gave no document: number, id, source, row, reason
        ids.npy              uint64 [N], hashes of the ids that were taken
        part.json            numbers of rows, and the sizes of the files
    out/summary.json         once all is done

A part is written as `.part-00000`, forced to disk and renamed, which file systems do at once or not
at all. Parts hold what the input's rows are, not what was done when: a run that goes on behind the
whole ones ends with the same folder.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from lgtalent_ie.corpus.sources import arrow
from lgtalent_ie.errors import DataError, InputError

if TYPE_CHECKING:
    import pyarrow as pa

Form = Literal["jsonl", "parquet"]
RUN, SUMMARY, PART, REJECTED, IDS, LOCK = (
    "run.json", "summary.json", "part.json", "rejected.jsonl", "ids.npy", ".lock",
)  # fmt: skip
DIGEST = "digest"
# Bytes of a table that are gathered before they are written as a row group.
ROW_GROUP = 16 << 20


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that gave no document; numbers as in `rows.Row`."""

    number: int
    id: str
    source: str
    row: int
    reason: str


@dataclass(frozen=True, slots=True)
class Part:
    """A whole part: its number, its first row, and how many rows became what."""

    number: int
    first: int
    rows: int
    documents: int
    rejected: int
    files: dict[str, int]


@dataclass(frozen=True, slots=True)
class Summary:
    """What a finished run has done."""

    parts: int
    rows: int
    documents: int
    rejected: int


def part_name(number: int) -> str:
    return f"part-{number:05}"


@contextmanager
def opened_run(out: Path, settings: Mapping[str, Any]) -> Iterator[None]:
    """Hold the folder for a run: begun now, or the same run going on; leftovers are removed.

    Raises InputError where another run holds it, or it belongs to a run of other settings or to
    something else altogether, or cannot be written.
    """
    from filelock import FileLock, Timeout

    with said_plainly(out):
        out.mkdir(parents=True, exist_ok=True)
        check_settings(out, settings)
        lock = FileLock(out / LOCK)
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            raise InputError(
                f"--out {out}, which another run is writing to", "a folder of its own",
                "wait for that run, or choose another folder",
            ) from error  # fmt: skip
    try:
        with said_plainly(out):
            # Another run may have been here between the first look and the lock.
            check_settings(out, settings)
            for leftover in out.glob(".part-*"):
                shutil.rmtree(leftover)
            if not (out / RUN).exists():
                write_whole(out / RUN, msgspec.json.format(msgspec.json.encode(settings)))
        yield
    finally:
        lock.release()


def check_settings(out: Path, settings: Mapping[str, Any]) -> None:
    """InputError where the folder belongs to another run, with what is different."""
    try:
        known = msgspec.json.decode((out / RUN).read_bytes())
    except FileNotFoundError as error:
        if out.is_dir() and any(not path.name.startswith(".") for path in out.iterdir()):
            raise InputError(
                f"--out {out}, which holds other files", "an empty or a new folder, or one that "
                "this command wrote", "choose another folder",
            ) from error  # fmt: skip
        return
    except (OSError, msgspec.DecodeError) as error:
        raise InputError(
            f"{out / RUN}: {error}", "the file that a run wrote", "choose another folder"
        ) from error
    now = msgspec.json.decode(msgspec.json.encode(settings))
    different = [
        said for name in {**known, **now} for said in compare(name, known.get(name), now.get(name))
    ]
    if different:
        raise InputError(
            f"--out {out} of a run with {'; '.join(different[:5])}",
            "the same inputs and settings, to go on with it",
            "give the command as it was, or choose another folder",
        )


def compare(name: str, known: Any, now: Any) -> Iterator[str]:
    """What is different, in words."""
    if known == now:
        return
    if isinstance(known, dict) and isinstance(now, dict):
        keys = [key for key in {**known, **now} if known.get(key) != now.get(key)]
        # A digest says nothing to a reader; it is named where nothing else differs.
        for key in [key for key in keys if key != DIGEST] or keys:
            yield from compare(f"{name} {key}", known.get(key), now.get(key))
    elif isinstance(known, list) and isinstance(now, list) and len(known) == len(now):
        for old, new in zip(known, now, strict=True):
            label = old.get("path", "") if isinstance(old, dict) else ""
            yield from compare(f"{name} {label}".strip(), old, new)
    else:
        yield f"{name} {in_words(known)}, now {in_words(now)}"


def in_words(setting: Any) -> str:
    """A setting as a reader knows it: files by their paths, `none` for what was left out."""
    if isinstance(setting, list):
        return ", ".join(in_words(each) for each in setting) or "none"
    if isinstance(setting, dict) and "path" in setting:
        return str(setting["path"])
    return "none" if setting is None else str(setting)


def finished_parts(out: Path) -> dict[int, Part]:
    """The whole parts by number; DataError where one is damaged."""
    parts = {}
    for folder in sorted(out.glob("part-*")):
        try:
            part = msgspec.json.decode((folder / PART).read_bytes(), type=Part)
            sizes = {name: (folder / name).stat().st_size for name in part.files}
            if sizes != part.files or folder.name != part_name(part.number):
                raise ValueError("sizes of files are not those written down")
        except (OSError, ValueError) as error:
            raise DataError(
                f"{folder}: {error}", "a part as it was written",
                "remove this folder and start the same command again: it is made anew",
            ) from error  # fmt: skip
        parts[part.number] = part
    return parts


def read_ids(out: Path, parts: Sequence[int]) -> NDArray[np.uint64]:
    """uint64 [N]: the hashes of all ids that these parts took."""
    arrays = [np.load(out / part_name(n) / IDS, allow_pickle=False) for n in parts]
    return np.concatenate(arrays) if arrays else np.empty(0, dtype=np.uint64)


def read_summary(out: Path) -> Summary | None:
    """What the run has done, None where it is not at its end."""
    try:
        return msgspec.json.decode((out / SUMMARY).read_bytes(), type=Summary)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise DataError(
            f"{out / SUMMARY}: {error}", "the file as it was written",
            "remove it and start the same command again",
        ) from error  # fmt: skip


def write_summary(out: Path, summary: Summary) -> None:
    with said_plainly(out):
        write_whole(out / SUMMARY, msgspec.json.encode(summary))


class PartWriter:
    """A part that is being written; `commit` makes it count, `abandon` removes it.

    `tables` are the schemas of Parquet files, None for JSON lines.
    """

    def __init__(
        self, out: Path, number: int, first: int, tables: Mapping[str, pa.Schema] | None
    ) -> None:
        self.out, self.number, self.first = out, number, first
        self.folder = out / f".{part_name(number)}"
        self.documents = 0
        self.rejected = 0
        self.hashes: list[int] = []
        with said_plainly(out):
            self.folder.mkdir()
            self.reasons: IO[bytes] = (self.folder / REJECTED).open("wb")
            self.lines: IO[bytes] | None = None
            self.tables: dict[str, TableFile] = {}
            if tables is None:
                self.lines = (self.folder / "documents.jsonl").open("wb")
            else:
                self.tables = {
                    name: TableFile(self.folder / f"{name}.parquet", schema)
                    for name, schema in tables.items()
                }

    def add(
        self,
        documents: int,
        content: Mapping[str, Sequence[bytes]],
        rejected: Sequence[Rejected],
        hashes: Sequence[int],
    ) -> None:
        """Append the next rows: documents as lines or Arrow streams by table, and reasons."""
        with said_plainly(self.out):
            for name, pieces in content.items():
                for piece in pieces:
                    if self.lines is not None:
                        self.lines.write(piece)
                    else:
                        self.tables[name].add(piece)
            for reason in rejected:
                self.reasons.write(msgspec.json.encode(reason) + b"\n")
        self.documents += documents
        self.rejected += len(rejected)
        self.hashes += hashes

    def commit(self) -> Part:
        """Close the files, force them to disk and give the folder its name."""
        with said_plainly(self.out):
            for table in self.tables.values():
                table.close()
            for file in (self.lines, self.reasons):
                if file is not None:
                    file.close()
            np.save(self.folder / IDS, np.array(self.hashes, dtype=np.uint64))
            part = Part(
                self.number, self.first, self.documents + self.rejected, self.documents,
                self.rejected,
                {path.name: path.stat().st_size for path in sorted(self.folder.iterdir())},
            )  # fmt: skip
            (self.folder / PART).write_bytes(msgspec.json.encode(part) + b"\n")
            for path in self.folder.iterdir():
                to_disk(path)
            to_disk(self.folder)
            self.folder.rename(self.out / part_name(self.number))
            to_disk(self.out)
        return part

    def abandon(self) -> None:
        """Remove what has been written; nothing more is said where even that fails."""
        for file in (self.lines, self.reasons, *self.tables.values()):
            try:
                if file is not None:
                    file.close()
            except OSError:
                continue
        shutil.rmtree(self.folder, ignore_errors=True)


class TableFile:
    """A Parquet file that grows by Arrow streams; small ones are gathered into row groups."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        arrow()
        import pyarrow.parquet

        self.schema = schema
        self.writer = pyarrow.parquet.ParquetWriter(path, schema, compression="zstd")
        self.waiting: list[pa.RecordBatch] = []
        self.bytes = 0

    def add(self, stream: bytes) -> None:
        """Append the batches of an Arrow stream."""
        for batch in arrow().ipc.open_stream(stream):
            self.waiting.append(batch)
            self.bytes += batch.nbytes
        if self.bytes >= ROW_GROUP:
            self.flush()

    def flush(self) -> None:
        if self.waiting:
            self.writer.write_table(arrow().Table.from_batches(self.waiting, self.schema))
        self.waiting, self.bytes = [], 0

    def close(self) -> None:
        """Write the rest; a table without rows is a file with its columns."""
        try:
            self.flush()
        finally:
            self.writer.close()


def write_whole(path: Path, content: bytes) -> None:
    """Write a file whole or not at all, and force it to disk."""
    fresh = path.with_name(f".{path.name}")
    fresh.write_bytes(content + b"\n")
    to_disk(fresh)
    fresh.replace(path)
    to_disk(path.parent)


def to_disk(path: Path) -> None:
    """Force a file or a folder to disk; systems that cannot open folders go without."""
    try:
        handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    except PermissionError:
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def said_plainly(out: Path) -> Iterator[None]:
    """InputError for what the file system says: a full disk, a folder that cannot be written."""
    try:
        yield
    except OSError as error:
        raise InputError(
            f"--out {out}: {error.strerror or error}", "a folder with room that can be written",
            "make room and start the same command again: it goes on behind the last whole part",
        ) from error  # fmt: skip
