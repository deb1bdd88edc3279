"""Articles from files, folders, patterns, standard input and JSONL, one after the other, lazily."""

from __future__ import annotations

import glob
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import msgspec

from lgtalent_ie.errors import InputError

SUFFIXES = (".txt", ".html", ".htm", ".jsonl")
STDIN = "-"

# Korean archives are UTF-8 or, the older ones, CP949; UTF-16 only with its byte order mark.
ENCODINGS = ("utf-8-sig", "cp949")


@dataclass(frozen=True, slots=True)
class Item:
    """One article to read, or what stands in its place: then `error` says why there is no text."""

    id: str
    text: str | None
    published: str | None = None
    error: InputError | None = None


def read_items(
    arguments: Iterable[str], stdin: BinaryIO, published: Mapping[str, str] | None = None
) -> Iterator[Item]:
    """The articles that command-line arguments stand for, in order; a bad one has an error.

    An argument is a file, a folder (all .txt, .html, .htm and .jsonl in it), a pattern such as
    `news/*.txt`, or `-` for standard input. `published` gives dates by file name.
    """
    for argument in arguments:
        if argument == STDIN:
            yield from read_bytes(STDIN, stdin.read())
            continue
        paths = expand(argument)
        if not paths:
            error = InputError(
                "nothing there to read",
                f"a file, a folder with {' '.join('*' + s for s in SUFFIXES)}, a pattern, or -",
                "check the path",
            )
            yield Item(argument, None, error=error)
        for path in paths:
            yield from read_file(path, (published or {}).get(path.name))


def expand(argument: str) -> list[Path]:
    """The files an argument stands for, sorted."""
    path = Path(argument)
    if path.is_dir():
        return sorted(p for p in path.rglob("*") if p.is_file() and p.suffix.lower() in SUFFIXES)
    if path.exists():
        return [path]
    found = glob.glob(argument, recursive=True)  # noqa: PTH207 (a Path cannot glob from the root)
    return sorted(Path(p) for p in found if Path(p).is_file())


def read_file(path: Path, published: str | None) -> Iterator[Item]:
    """The articles of one file."""
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = InputError(str(error.strerror), "a readable file", "check its permissions")
        yield Item(str(path), None, error=reason)
        return
    for item in read_bytes(str(path), data, is_jsonl=path.suffix.lower() == ".jsonl"):
        yield item if item.published else Item(item.id, item.text, published, item.error)


def read_bytes(name: str, data: bytes, is_jsonl: bool = False) -> Iterator[Item]:
    """The articles in a file's bytes: one of text or HTML, or one a line of JSONL."""
    try:
        text = decode(name, data)
    except InputError as error:
        yield Item(name, None, error=error)
        return
    if not (is_jsonl or text.lstrip().startswith('{"')):
        yield Item(name, text)
        return
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield read_row(f"{name}:{number}", line)


def decode(name: str, data: bytes) -> str:
    """Text of a file's bytes; InputError where no encoding fits."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    for encoding in ENCODINGS:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise InputError(
        f"{name}, which is neither UTF-8 nor CP949 text", "a text, HTML or JSONL file",
        "convert it to UTF-8",
    )  # fmt: skip


def read_row(where: str, line: str) -> Item:
    """An article from a line `{"text": …, "id": …, "published": …}`, the last two optional."""
    try:
        row = msgspec.json.decode(line)
        if not isinstance(row, dict):
            raise TypeError("no JSON object")
        text = row.get("text")
        if not isinstance(text, str):
            keys = ", ".join(row) or "none"
            raise TypeError(f"no string under 'text' (keys: {keys})")
    except (msgspec.DecodeError, TypeError) as error:
        reason = InputError(
            str(error),
            'a JSON object with "text" on each line',
            "correct or remove the line; `lgtalent batch --text-column` reads other names",
        )
        return Item(where, None, error=reason)
    published = row.get("published")
    return Item(str(row.get("id", where)), text, str(published) if published else None)
