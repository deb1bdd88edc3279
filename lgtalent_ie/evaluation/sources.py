"""Where scoring reads from: gold, the texts it was marked on, and what was predicted for them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path, PurePath

import msgspec

from lgtalent_ie.errors import DataError, InputError
from lgtalent_ie.evaluation.gold import (
    GoldDocument,
    check_text,
    iso,
    load_gold,
    load_gold_lines,
)
from lgtalent_ie.schema import Document, Span

# Makes a document of a text and its publication date.
Predict = Callable[[str, str | None], Document]
# The document predicted for a gold document and its text, or why there is none.
Source = Callable[[GoldDocument, str], Document | str]
# Gold, what was predicted, the text of both.
Triple = tuple[GoldDocument, Document, str]

# Stands between the name of a file with a text a line and the id of the line.
ROW_MARK = "#"
NO_PREDICTION = "no prediction"


def read_collections(path: str | Path) -> dict[str, list[GoldDocument]]:
    """The gold of a folder, of a file, or of a folder of both, by the collection that it is in.

    A folder with `*.json` in it, a `.json` or a `.jsonl` file is one collection, of its own name.
    In any other folder every folder with `*.json` and every `.jsonl` file below it is one.

    Raises DataError where there is none, two documents have one name, or as `gold.load_gold`.
    """
    path = Path(path)
    if not path.is_dir() or any(path.glob("*.json")):
        found = {path.stem: read_gold(path)}
    else:
        parts = sorted({*(file.parent for file in path.rglob("*.json")), *path.rglob("*.jsonl")})
        found = {part.stem: read_gold(part) for part in parts}
        if not found:
            raise DataError(
                f"{path} without *.json or *.jsonl", "gold files, in folders or one a line",
                "check the path",
            )  # fmt: skip
        if len(found) < len(parts):
            raise DataError(f"{path}: two collections of one name", "a name each", "rename one")
    check_names([gold for own in found.values() for gold in own], path)
    return found


def read_gold(path: str | Path) -> list[GoldDocument]:
    """All gold documents of a folder of `*.json`, of one such file, or of a file with one a line.

    Raises DataError where there is none, two have one name, or as `gold.load_gold`.
    """
    path = Path(path)
    if path.is_dir():
        documents = [load_gold(file) for file in sorted(path.glob("*.json"))]
        if not documents:
            raise DataError(f"{path} without *.json", "a folder of gold files", "check the path")
    elif path.suffix == ".json":
        documents = [load_gold(path)]
    else:
        documents = list(load_gold_lines(path))
        if not documents:
            raise DataError(f"{path} without a line", "a gold document a line", "check the path")
    check_names(documents, path)
    return documents


def check_names(documents: Sequence[GoldDocument], path: Path) -> None:
    """DataError where two gold documents have one name."""
    for name, times in Counter(gold.document for gold in documents).items():
        if times > 1:
            raise DataError(f"{path}: {name!r} {times} times", "each document once", "keep one")


def pairs_of(
    documents: Iterable[GoldDocument],
    source: Source,
    texts: Sequence[str | Path],
    missing: list[str],
) -> Iterator[Triple]:
    """(gold, predicted document, text) of each document; `missing` gets a line for the rest."""
    for gold in documents:
        text = find_text(gold, texts)
        answer = "no text" if text is None else source(gold, text)
        if text is None or isinstance(answer, str):
            missing.append(f"{gold.document}: {answer}")
        else:
            yield gold, answer, text


def extracting(predict: Predict) -> Source:
    """Documents made on the spot from (text, publication date)."""
    return lambda gold, text: predict(text, iso(gold.published))


def find_text(gold: GoldDocument, folders: Sequence[str | Path]) -> str | None:
    """The text the gold was marked on; None where it is nowhere.

    The gold itself may hold it; else the folders are searched in turn, for `<document>.txt` and,
    where the document is named `file.jsonl#id`, for the row of that id (`{"id", "text"}`) of that
    file. Raises DataError where what is found is not the text marked, or a row is none.
    """
    if gold.text is not None:
        return gold.text
    file, mark, row = gold.document.partition(ROW_MARK)
    for folder in map(Path, folders):
        path = folder / f"{gold.document}.txt"
        text = None
        if path.is_file():
            # Bytes, for reading as text would turn \\r\\n into \\n and move every offset.
            text = path.read_bytes().decode("utf-8", "replace")
        elif mark and (folder / file).is_file():
            text = row_texts(folder / file).get(row)
        if text is not None:
            check_text(gold, text)
            return text
    return None


def row_texts(path: Path) -> Mapping[str, str]:
    """The texts of a file's rows (`{"id", "text"}` a line) by id; DataError where a row is none."""
    return _rows(path, path.stat().st_mtime_ns)


class _Row(msgspec.Struct):
    """A line of labelled data, as far as it is needed here."""

    id: str | int
    text: str


@lru_cache(maxsize=16)
def _rows(path: Path, _changed: int) -> dict[str, str]:
    """The texts of a file's rows by id; `_changed` is its time, for a file may be written anew."""
    rows: dict[str, str] = {}
    accepted = 'an object with "id" and "text" a line'
    for number, line in enumerate(path.read_bytes().split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            row = msgspec.json.decode(line, type=_Row)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise DataError(f"{path}, line {number}: {error}", accepted, "correct it") from error
        if str(row.id) in rows:
            raise DataError(f"{path}, line {number}: id {row.id!r} again", accepted, "keep one")
        rows[str(row.id)] = row.text
    return rows


class _Id(msgspec.Struct):
    """The name of a predicted document."""

    id: str | int


def prediction_source(
    path: str | Path, gold: Sequence[GoldDocument], unused: list[str] | None = None
) -> Source:
    """What gives the predicted documents of a folder or a JSONL file.

    In a folder a document is `<document>.json`. A line of JSONL has an `id`: the document's name;
    or a path whose last part is the name, with or without `.txt`; or, where the document is
    `file.jsonl#row`, the row. Raises DataError where the path is not there, a line is no object
    with an id, no id is that of a gold document, or two lines are for one document. `unused` gets
    the names of what is for no gold document.
    """
    path = Path(path)
    if path.is_dir():
        names = {g.document for g in gold}
        others = (file.name for file in sorted(path.glob("*.json")) if file.stem not in names)
        (unused if unused is not None else []).extend(others)
        return _folder_source(path)
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        accepted = "a folder of documents, or a JSONL file of `lgtalent extract`"
        raise DataError(f"{path}: {error.strerror}", accepted, "check the path") from error
    return _lines_source(path, lines, gold, unused if unused is not None else [])


def _folder_source(folder: Path) -> Source:
    def read(gold: GoldDocument, text: str) -> Document | str:
        path = folder / f"{gold.document}.json"
        if not path.is_file():
            return NO_PREDICTION
        return read_document(path.read_bytes(), text, str(path))

    return read


def _lines_source(
    path: Path, lines: Sequence[bytes], gold: Sequence[GoldDocument], unused: list[str]
) -> Source:
    by_id, by_name = _line_numbers(path, lines)
    chosen: dict[str, int] = {}
    users: dict[int, str] = {}
    for document in (g.document for g in gold):
        row = document.partition(ROW_MARK)[2]
        found = by_id.get(document) or by_name.get(document) or by_id.get(row) or []
        if not found:
            continue
        if len(found) > 1:
            where = " and ".join(str(number + 1) for number in found[:2])
            raise DataError(
                f"{path}, lines {where}: both for {document!r}", "one line for a document",
                "keep one",
            )  # fmt: skip
        if found[0] in users:
            raise DataError(
                f"{path}, line {found[0] + 1}: for {users[found[0]]!r} and {document!r}",
                "a line for each document", "write the documents' whole names as ids",
            )  # fmt: skip
        chosen[document] = found[0]
        users[found[0]] = document
    if gold and not chosen:
        given = ", ".join(map(repr, list(by_id)[:2])) or "no line"
        raise DataError(
            f"{path} with {given} …", f"ids such as {gold[0].document!r}",
            "give the predictions for this gold",
        )  # fmt: skip
    unused += [own for own, numbers in by_id.items() for n in numbers if n not in users]

    def read(document: GoldDocument, text: str) -> Document | str:
        number = chosen.get(document.document)
        if number is None:
            return NO_PREDICTION
        return read_document(lines[number], text, f"{path}, line {number + 1}")

    return read


def _line_numbers(
    path: Path, lines: Sequence[bytes]
) -> tuple[dict[str, list[int]], dict[str, list[int]]]:
    """Places of lines, from 0, by id, and by the last part of an id that is a path."""
    by_id: dict[str, list[int]] = defaultdict(list)
    by_name: dict[str, list[int]] = defaultdict(list)
    for number, line in enumerate(lines):
        if not line.strip():
            continue
        try:
            own = str(msgspec.json.decode(line, type=_Id).id)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            accepted = 'a line of `lgtalent extract`: a document with "id"'
            raise DataError(
                f"{path}, line {number + 1}: {error}", accepted, "correct it"
            ) from error
        by_id[own].append(number)
        name = PurePath(own).name
        for alias in {name, name.removesuffix(".txt")} - {own}:
            by_name[alias].append(number)
    return dict(by_id), dict(by_name)


def read_document(content: bytes, text: str, where: str) -> Document:
    """A predicted document of `text` from its JSON.

    Raises InputError, which names `where`, where it is no document of the output contract or has a
    label that is none, DataError where its words are not those of the text at its offsets.
    """
    try:
        document = Document.from_json(content, text)
    except InputError as error:
        raise InputError(f"{where}: {error.given}", error.accepted, error.remedy) from error
    if document.text != text:
        raise _other_text(where, f"its own text of {len(document.text)} characters")
    for span in _spans(document):
        if text[span.start : span.end] != span.text or span.start < 0:
            given = f"{span.text!r} at {span.start}..{span.end}"
            raise _other_text(where, f"{given}, where it has {text[span.start : span.end]!r}")
    return document


def _spans(document: Document) -> Iterator[Span]:
    yield from document.mentions  # type: ignore[misc]
    for count in document.counts:
        if count.of:
            yield count.of
    for quote in document.quotes:
        yield Span(quote.start, quote.end, quote.text)
        if quote.cue:
            yield quote.cue
        if quote.speaker:
            yield Span(quote.speaker.start, quote.speaker.end, quote.speaker.text)


def _other_text(where: str, found: str) -> DataError:
    return DataError(
        f"{where}: {found}", "a document of the text that the gold was marked on",
        "extract that text; offsets are code points, half-open",
    )  # fmt: skip
