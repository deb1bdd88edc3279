"""Articles as rows, of every kind of file, streamed in an order that is always the same.

What cannot be used as an article is a row with an error, never nothing: numbers of rows depend on
the files alone, so that a run that was stopped finds its place again.
"""

from __future__ import annotations

import csv
import gzip
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from lgtalent_ie.corpus.lines import LineReader, decode_line
from lgtalent_ie.corpus.readers import decode
from lgtalent_ie.corpus.sources import (
    DAMAGE,
    Source,
    csv_header,
    first_line,
    open_arrow,
)
from lgtalent_ie.errors import InputError
from lgtalent_ie.html import is_html

ID, TEXT, PUBLISHED = "id", "text", "published"
# An article of this length, a hundred times the usual, takes half a minute and half a GB.
LONGEST_TEXT = 300_000
# Characters of a page's source for one of its text.
MARKUP = 10
# Bytes of a character at most, escaped in JSON; and room for the other columns of a row.
BYTES_PER_CHARACTER = 6
ROOM = 1 << 24
BATCH_ROWS = 64
_DAY = re.compile(r"(\d{4})\s?[./]\s?(\d{1,2})\s?[./]\s?(\d{1,2})\.?(?=\D|$)")

Record = tuple[int, Any]


@dataclass(frozen=True, slots=True)
class Columns:
    """Where the article stands in a row; None for a column that may be missing: `id`, `published`.

    `longest` is the number of characters that a text may have, and a tenth of what HTML may.
    """

    id: str | None = None
    text: str = TEXT
    published: str | None = None
    longest: int = LONGEST_TEXT

    @property
    def used(self) -> tuple[str, str, str]:
        """The names of the columns that are read, id, text and date."""
        return self.id or ID, self.text, self.published or PUBLISHED


@dataclass(frozen=True, slots=True)
class Row:
    """An article, or in `error` the reason why it is none (then `text` is None).

    `number` counts from 0 over all files, `row` from 1 in `source`: lines of JSONL, records of CSV,
    rows of Parquet. `columns` are the further columns.
    """

    number: int
    source: str
    row: int
    id: str
    text: str | None
    published: str | None
    columns: dict[str, Any]
    error: str | None = None


class BadRowError(Exception):
    """A row that is no article, with the reason."""


def check_columns(sources: Sequence[Source], columns: Columns) -> None:
    """InputError with the columns that are there where a table has not those that are asked for.

    Also where one column is named for two things.
    """
    if len(set(columns.used)) < len(columns.used):
        raise InputError(
            f"the columns {', '.join(columns.used)} for id, text and date", "three columns",
            "name them with --id-column, --text-column and --published-column",
        )  # fmt: skip
    asked = [name for name in (columns.id, columns.text, columns.published) if name is not None]
    wrong: list[tuple[Source, list[str]]] = []
    for source in sources:
        if source.columns is not None:
            names = [name for name, _ in source.columns]
            if missing := [name for name in asked if name not in names]:
                wrong.append((source, missing))
    if wrong:
        source, missing = wrong[0]
        others = f" (and {len(wrong) - 1} more files)" if len(wrong) > 1 else ""
        raise InputError(
            f"{source.path} without the column {', '.join(map(repr, missing))}{others}",
            "one of its columns: " + ", ".join(name for name, _ in source.columns or ()),
            "name them with --id-column, --text-column and --published-column",
        )


def read_rows(sources: Sequence[Source], columns: Columns, start: int = 0) -> Iterator[Row]:
    """The rows of all sources from number `start` on, in order.

    Raises InputError where a file that could be read before cannot be read any more.
    """
    number = 0
    for source in sources:
        rows = count_known(source) if number < start else None
        if rows is not None and number + rows <= start:
            number += rows
            continue
        found = records(source, columns)
        skipped = sum(1 for _ in islice(found, max(0, start - number)))
        number += skipped
        for row, raw in found:
            yield make_row(number, source, row, raw, columns)
            number += 1


def count_known(source: Source) -> int | None:
    """The number of rows where the file says it without being read."""
    if source.kind == "text" or source.error is not None:
        return 1
    if source.kind == "parquet":
        import pyarrow.parquet

        return int(pyarrow.parquet.read_metadata(source.path).num_rows)
    return None


def make_row(number: int, source: Source, row: int, raw: Any, columns: Columns) -> Row:
    """A row of a raw record: cells checked and turned into what an article needs."""
    # A text file is one article and is known by its path alone.
    name = source.path if source.kind == "text" else f"{source.path}:{row}"
    found: str | None = None
    cells: dict[str, Any] = {}
    try:
        cells = cells_of(source, raw, columns)
        id_column, text_column, published_column = columns.used
        found = as_id(cells.pop(id_column, None), id_column)
        text = as_text(cells.pop(text_column, None), text_column, columns.longest)
        published = as_published(cells.pop(published_column, None), published_column)
    except BadRowError as error:
        return Row(number, source.path, row, found or name, None, None, {}, str(error))
    return Row(number, source.path, row, found or name, text, published, cells)


def records(source: Source, columns: Columns) -> Iterator[Record]:
    """(row, raw record) of a source; raw records cost little until `cells_of` reads them.

    Where a file is damaged its last record is a BadRowError; InputError where it cannot be read.
    """
    row = 0
    try:
        if source.error is not None:
            raise BadRowError(source.error)
        if source.kind == "text":
            yield 1, None
        elif source.kind == "jsonl":
            for row, raw in json_lines(source.path, columns):
                yield row, raw
        elif source.kind == "csv":
            for row, raw in csv_records(source.path, columns):
                yield row, raw
        else:
            for raw in arrow_records(source):
                row += 1
                yield row, raw
    except BadRowError as error:
        yield row + 1, error
    except DAMAGE as error:
        # Arrow's own errors are OSErrors without a number.
        if isinstance(error, OSError) and error.errno and not isinstance(error, gzip.BadGzipFile):
            raise InputError(
                f"{source.path}: {first_line(error)}", "a file that can be read to its end",
                "start the same command again when it can: it goes on where it stopped",
            ) from error  # fmt: skip
        yield row + 1, BadRowError(f"damaged behind row {row}: {first_line(error)}")


def json_lines(path: str, columns: Columns) -> Iterator[Record]:
    """(line, bytes and encoding) of the lines that are not blank."""
    with LineReader(path, columns.longest * BYTES_PER_CHARACTER + ROOM) as lines:
        for number, line in lines:
            if line is None or line.strip():
                yield number, (line, lines.encoding)


def csv_records(path: str, columns: Columns) -> Iterator[Record]:
    """(record, header and cells or BadRowError) of a CSV file; the header is not counted."""
    with LineReader(path, columns.longest * BYTES_PER_CHARACTER + ROOM) as lines:
        header, between = csv_header(lines)
        if not header:
            return
        bad: list[str] = []

        def decoded() -> Iterator[str]:
            for number, line in lines:
                if line is None:
                    bad.append(f"line {number} is too long")
                    yield "\n"
                    continue
                try:
                    yield decode_line(line, lines.encoding)
                except ValueError as error:
                    bad.append(f"line {number} is {error}")
                    yield line.decode("ascii", "replace")

        csv.field_size_limit(columns.longest + ROOM)
        reader = csv.reader(decoded(), delimiter=between, strict=True)
        row = 0
        while True:
            try:
                cells = next(reader, None)
            except csv.Error as error:
                bad.append(f"{error} (is a quotation mark missing before it?)")
                cells = []
            if cells is None:
                return
            if not cells and not bad:
                continue
            row += 1
            yield row, (BadRowError("; ".join(bad)) if bad else (header, cells))
            bad.clear()


def arrow_records(source: Source) -> Iterator[Any]:
    """(batch, place in it) of every row of a Parquet or Arrow file."""
    if source.kind == "parquet":
        import pyarrow.parquet

        # Read in pieces instead of whole row groups: these can be larger than the memory.
        with pyarrow.parquet.ParquetFile(
            source.path, buffer_size=1 << 20, pre_buffer=False
        ) as file:
            for batch in file.iter_batches(BATCH_ROWS, use_threads=False):
                yield from ((batch, place) for place in range(batch.num_rows))
        return
    with open_arrow(source.path) as reader:
        if hasattr(reader, "num_record_batches"):
            batches = (reader.get_batch(n) for n in range(reader.num_record_batches))
        else:
            batches = iter(reader)
        for batch in batches:
            yield from ((batch, place) for place in range(batch.num_rows))


def cells_of(source: Source, raw: Any, columns: Columns) -> dict[str, Any]:
    """The cells of a raw record by column; BadRowError where it has none."""
    if isinstance(raw, BadRowError):
        raise raw
    if source.kind == "text":
        return {columns.text: read_text(source, columns.longest)}
    if source.kind == "jsonl":
        return json_cells(*raw)
    if source.kind == "csv":
        header, cells = raw
        if len(cells) != len(header):
            raise BadRowError(f"{len(cells)} columns where the header has {len(header)}")
        return dict(zip(header, cells, strict=True))
    batch, place = raw
    names = batch.schema.names
    return {name: arrow_cell(batch.column(n), place, name) for n, name in enumerate(names)}


def read_text(source: Source, longest: int) -> str:
    """The text of a file; BadRowError where it is too long, not readable, or in no encoding."""
    try:
        size = Path(source.path).stat().st_size
        if size > longest * MARKUP * 4:
            raise BadRowError(too_long(f"{size} bytes", longest))
        text = decode(source.path, Path(source.path).read_bytes())
    except OSError as error:
        raise BadRowError(f"cannot be read: {first_line(error)}") from error
    except InputError as error:
        raise BadRowError("neither UTF-8 nor CP949 text") from error
    if not text.strip():
        raise BadRowError("no text: the file is empty")
    return text


def json_cells(line: bytes | None, encoding: str) -> dict[str, Any]:
    if line is None:
        raise BadRowError("a line too long to be an article; see --longest")
    try:
        cells = msgspec.json.decode(decode_line(line, encoding))
    except ValueError as error:
        raise BadRowError(f"no JSON: {error}") from error
    if not isinstance(cells, dict):
        raise BadRowError(f"a JSON {type(cells).__name__} where an object was expected")
    return cells


def arrow_cell(column: Any, place: int, name: str) -> Any:
    """A cell as Python has it; text in another encoding than the file promises is decoded."""
    try:
        return column[place].as_py()
    except UnicodeDecodeError as error:
        if not hasattr(column[place], "as_buffer"):
            raise BadRowError(f"the column {name!r} holds text that is not UTF-8") from error
        return decoded(column[place].as_buffer().to_pybytes(), name)
    except ValueError:
        # Nanoseconds, which Python's datetime cannot hold.
        return str(column[place])


def as_id(cell: Any, name: str) -> str | None:
    """An id as a string; None where the cell is empty."""
    if cell is None or cell == "" or cell != cell:
        return None
    if isinstance(cell, bytes | str):
        return decoded(cell, name)
    if isinstance(cell, float) and cell.is_integer():
        # A column of whole numbers with gaps, as pandas writes it.
        return str(int(cell))
    if isinstance(cell, bool | list | dict):
        raise BadRowError(f"the column {name!r} holds {type(cell).__name__}, not an id")
    return str(cell)


def as_text(cell: Any, name: str, longest: int) -> str:
    """The article; BadRowError where there is none or too much of it."""
    if cell is None or cell != cell:
        raise BadRowError(f"no text: the column {name!r} is empty")
    if not isinstance(cell, bytes | str):
        raise BadRowError(f"the column {name!r} holds {type(cell).__name__}, not text")
    text = decoded(cell, name)
    if len(text) > longest and not (len(text) <= longest * MARKUP and is_html(text)):
        raise BadRowError(too_long(f"{len(text)} characters", longest))
    if not text.strip():
        raise BadRowError(f"no text: the column {name!r} is empty")
    return text


def as_published(cell: Any, name: str) -> str | None:
    """A day or moment in ISO 8601; `2023.06.21` and 20230621 are read as well.

    >>> as_published("2023. 6. 21. 10:10", "published")
    '2023-06-21'
    """
    if cell is None or cell == "" or cell != cell:
        return None
    if isinstance(cell, date):
        return cell.isoformat()[:10]
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    given = decoded(cell, name) if isinstance(cell, bytes | str) else str(cell)
    if not given.strip():
        return None
    dotted = _DAY.match(given.strip())
    try:
        if dotted:
            return date(*map(int, dotted.groups())).isoformat()
        return datetime.fromisoformat(given.strip()).date().isoformat()
    except ValueError as error:
        raise BadRowError(
            f"the column {name!r} holds {given[:40]!r}, no date such as 2023-06-21"
        ) from error


def decoded(cell: bytes | str, name: str) -> str:
    """A cell of text; BadRowError where it is in no known encoding or no Unicode at all."""
    try:
        text = decode(name, cell) if isinstance(cell, bytes) else cell
        text.encode()
    except InputError as error:
        raise BadRowError(f"the column {name!r} is neither UTF-8 nor CP949") from error
    except UnicodeEncodeError as error:
        raise BadRowError(f"the column {name!r} holds half a surrogate pair") from error
    return text


def too_long(size: str, longest: int) -> str:
    return f"a text of {size}, longer than {longest} characters; --longest allows more"
