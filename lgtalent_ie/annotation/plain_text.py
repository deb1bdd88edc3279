"""What the formats of text lines and of binary tables share: documents to write, files by line."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from lgtalent_ie.annotation.files import once, read_file, text_of, to_write, utf8, write_file
from lgtalent_ie.annotation.marked import Marked


def writable(documents: Iterable[Marked], path: Path) -> list[Marked]:
    """The documents; DataError where there are none, a name stands twice, or UTF-8 has no bytes.

    The last happens to texts with half a surrogate pair, which no file can hold.
    """
    named = ((marked.gold.document, marked) for marked in to_write(documents, path))
    given = [marked for _, marked in once(named, path)]
    for marked in given:
        utf8(marked.text, marked.gold.document)
    return given


def read_lines(path: Path) -> list[str]:
    r"""The lines of a UTF-8 file without their line ends, `\n` or `\r\n`.

    Other line separators of Unicode stay where they are, a byte order mark goes. Raises DataError
    where the file cannot be read, with the line where it is not UTF-8.
    """
    content = text_of(read_file(path), str(path)).removeprefix("\ufeff")
    return [line.removesuffix("\r") for line in content.split("\n")]


def write_lines(path: Path, lines: Iterable[str]) -> None:
    r"""Write lines to a UTF-8 file, each with a `\n`, on every system."""
    write_file(path, utf8("".join(f"{line}\n" for line in lines), str(path)))
