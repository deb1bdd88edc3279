"""Lines of large text files: one after the other, plain or gzip, UTF-8 or CP949, of bounded length.

Lines are cut as bytes, at line feeds, which are the same in both encodings, and decoded one by one:
what is passed over costs nothing, and an archive that was glued together of both can be read.
"""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import IO

GZIP = ".gz"
UTF8, CP949, UTF16 = "utf-8", "cp949", "utf-16"
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
UTF8_MARK = b"\xef\xbb\xbf"
SAMPLE_BYTES = 1 << 20


class LineReader:
    """The lines of a file with their numbers, from 1; `encoding` is that of most of its lines.

    A line of more than `longest` bytes comes as None, and no more than that of it is ever held.
    Raises OSError where the file cannot be read, EOFError and zlib.error where its gzip is damaged.
    """

    def __init__(self, path: str | Path, longest: int) -> None:
        self.longest = longest
        self.file: IO[bytes] = Path(path).open("rb")  # noqa: SIM115 (closed by `close`)
        zipped = str(path).lower().endswith(GZIP)
        self.stream: IO[bytes] = (
            gzip.GzipFile(fileobj=self.file) if zipped else self.file  # type: ignore[assignment]
        )
        try:
            sample = self.stream.read(SAMPLE_BYTES)
            self.stream.seek(0)
        except BaseException:
            self.file.close()
            raise
        self.encoding = UTF16 if sample.startswith(UTF16_MARKS) else sniff(sample)

    def __enter__(self) -> LineReader:
        return self

    def __exit__(self, *_: object) -> None:
        self.stream.close()
        self.file.close()

    def __iter__(self) -> Iterator[tuple[int, bytes | None]]:
        for number in count(1):
            line = self.line()
            if line == b"":
                return
            if number == 1 and line is not None:
                line = line.removeprefix(UTF8_MARK)
            yield number, line

    def line(self) -> bytes | None:
        """The next line with its end; None for one that is too long, empty behind the last."""
        if self.encoding == UTF16:
            return self.wide_line()
        line = self.stream.readline(self.longest + 1)
        if len(line) <= self.longest:
            return line
        while line and not line.endswith(b"\n"):
            line = self.stream.readline(SAMPLE_BYTES)
        return None

    def wide_line(self) -> bytes | None:
        """`line` of a UTF-16 file, as UTF-8."""
        if not isinstance(self.stream, io.TextIOWrapper):
            self.stream = io.TextIOWrapper(  # type: ignore[assignment]
                self.stream, encoding=UTF16, errors="replace", newline="\n"
            )
        line: str = self.stream.readline(self.longest + 1)  # type: ignore[assignment]
        if len(line) <= self.longest:
            return line.encode(errors="replace")
        while line and not line.endswith("\n"):
            line = self.stream.readline(SAMPLE_BYTES)  # type: ignore[assignment]
        return None


def sniff(sample: bytes) -> str:
    """The encoding of most lines of a file's beginning that say anything about it.

    A short line of CP949 can be good UTF-8 by chance, and a file of UTF-8 can have a broken line:
    the lines vote.

    >>> sniff("연구원\\n10명\\n".encode("cp949")), sniff("연구원\\nlab\\n".encode())
    ('cp949', 'utf-8')
    """
    lines = sample.split(b"\n")
    if len(sample) >= SAMPLE_BYTES and len(lines) > 1:
        # Cut somewhere, perhaps within a character.
        del lines[-1]
    votes = 0
    for line in lines:
        if not line.isascii():
            votes += 1 if decodes(line, UTF8) else -1 if decodes(line, CP949) else 0
    return CP949 if votes < 0 else UTF8


def decodes(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def decode_line(line: bytes, encoding: str) -> str:
    """A line's text, by the file's encoding or else the other; ValueError where neither fits.

    >>> decode_line("연구원".encode("cp949"), "utf-8")
    '연구원'
    """
    for candidate in (CP949, UTF8) if encoding == CP949 else (UTF8, CP949):
        try:
            return line.decode(candidate)
        except UnicodeDecodeError:
            continue
    raise ValueError("neither UTF-8 nor CP949")
