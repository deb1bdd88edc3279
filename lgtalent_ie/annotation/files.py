"""Files of marks: read and written whole, every error with the file's name and the line."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from lgtalent_ie.annotation.marked import Marked, checked
from lgtalent_ie.errors import DataError

T = TypeVar("T")
LINES = (".jsonl", ".ndjson")


def to_write(documents: Iterable[Marked], where: Path) -> Iterator[Marked]:
    """The documents, each checked; DataError where one is not right, or there is none."""
    found = False
    for marked in documents:
        found = True
        yield checked(marked, marked.gold.document)
    if not found:
        raise DataError(f"{where}: no document to write", "one or more", "check the selection")


def write_file(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise DataError(f"{path}: {error}", "a path to write to", "give another path") from error


def read_file(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: {error}", "a file to read", "check the path") from error


def file_name(name: str) -> str:
    """A document's name as the name of a file, whatever a tool called it.

    >>> file_name("2023/06/article")
    '2023_06_article'
    """
    return re.sub(r"[/\\\x00]", "_", name)


def utf8(text: str, where: str) -> bytes:
    """The text's UTF-8; DataError where it has half a surrogate pair, which no file can hold."""
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise DataError(
            f"{where}: half a surrogate pair at {error.start}", "a text that is valid Unicode",
            "correct the text and mark it again",
        ) from error  # fmt: skip


def text_of(content: bytes, where: str) -> str:
    """UTF-8 as text, line ends untouched; DataError, with the line, where it is none."""
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise DataError(
            f"{where}, line {line}: {error}", "UTF-8", "convert the file to UTF-8"
        ) from error


def text_beside(name: str, folders: Sequence[Path], where: str) -> str:
    """`<name>.txt` from the first folder that has it; DataError where none has."""
    for folder in folders:
        path = Path(folder) / f"{name}.txt"
        if path.is_file():
            return text_of(read_file(path), str(path))
    raise DataError(
        f"{where}: no text of {name!r}",
        f"{name}.txt in one of " + ", ".join(map(str, folders)), "name the folder of the texts",
    )  # fmt: skip


def decoded(content: bytes, kind: type[T], where: str, accepted: str) -> T:
    """JSON as `kind`; DataError with the line where it is no JSON, else with the JSON path."""
    try:
        return msgspec.json.decode(content, type=kind)
    except msgspec.ValidationError as error:
        raise DataError(f"{where}: {error}", accepted, "correct the file") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        said: Exception = error
        try:
            # The standard library knows the line.
            json.loads(text_of(content, where))
        except json.JSONDecodeError as named:
            said = named
        raise DataError(f"{where}: {said}", accepted, "correct the file") from error


def write_named(
    path: Path,
    named: Iterable[tuple[str, Any]],
    suffix: str,
    pretty: Callable[[Any, str], bytes],
) -> None:
    """JSON objects by name: a line each where `path` is JSON lines, else a file each in a folder.

    Raises DataError where two would be one file.
    """
    if path.suffix in LINES:
        write_file(path, b"".join(as_json(content, name) + b"\n" for name, content in named))
        return
    if path.suffix == suffix:
        raise DataError(f"{path}", "a folder, or a path that ends in .jsonl", "name a folder")
    for name, content in once(named, path):
        write_file(path / f"{name}{suffix}", pretty(content, name))


def once(named: Iterable[tuple[str, T]], where: Path) -> Iterator[tuple[str, T]]:
    """The same; DataError where a name comes twice."""
    names: set[str] = set()
    for name, content in named:
        if name in names:
            raise DataError(
                f"{where}: two documents named {name!r}", "a name for each",
                "write them to two folders",
            )  # fmt: skip
        names.add(name)
        yield name, content


def read_named(path: Path, suffix: str) -> Iterator[tuple[str, bytes]]:
    """(place, content) of the files of a folder by name, of one file, or of the lines of one."""
    if path.is_dir():
        files = sorted(path.glob(f"*{suffix}"))
        if not files:
            raise DataError(f"{path} without *{suffix}", f"*{suffix} files", "check the path")
        for file in files:
            yield str(file), read_file(file)
    elif path.suffix in LINES:
        found = list(lines_of(path))
        if not found:
            raise DataError(f"{path}, empty", "a JSON object a line", "check the path")
        yield from found
    else:
        yield str(path), read_file(path)


def lines_of(path: Path) -> Iterator[tuple[str, bytes]]:
    """(place, line) of a file's lines that are not blank."""
    for number, line in enumerate(read_file(path).split(b"\n"), 1):
        if line.strip():
            yield f"{path}, line {number}", line


def as_json(content: Any, where: str) -> bytes:
    """One line of JSON; DataError where a text in it cannot be UTF-8."""
    return utf8(json.dumps(content, ensure_ascii=False), where)


def as_pretty_json(content: Any, where: str) -> bytes:
    return utf8(json.dumps(content, ensure_ascii=False, indent=1) + "\n", where)
