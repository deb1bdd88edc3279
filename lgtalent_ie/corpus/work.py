"""What a worker of a corpus run does: rows in, lines or tables and reasons out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from lgtalent_ie.corpus.extraction import extract_items
from lgtalent_ie.corpus.flat import (
    Cells,
    Further,
    as_batches,
    flatten,
    further_cells,
    schemas,
)
from lgtalent_ie.corpus.parts import Form, Rejected
from lgtalent_ie.corpus.readers import Item
from lgtalent_ie.corpus.rows import Row
from lgtalent_ie.errors import EngineError
from lgtalent_ie.schema import Document

if TYPE_CHECKING:
    from lgtalent_ie.extractor import Extractor
    from lgtalent_ie.morphemes import DictionaryEntry

DOCUMENTS = "documents"

# Read once before workers are forked, so that what is made at first use (Kiwi's tables are) is
# there for all of them.
FIRST_TEXT = '한빛전자 김가람 대표는 13일 서울에서 "박사급 연구원 10명을 뽑았다"고 말했다.'
FIRST = Row(0, "", 0, "", FIRST_TEXT, "2023-06-21", {})


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows of one part, in order; `rejected` are those among them that were no articles.

    `hashes` are those of the ids of `rows`; `closes` is true where the part is full.
    """

    part: int
    rows: tuple[Row, ...]
    rejected: tuple[Rejected, ...] = ()
    hashes: tuple[int, ...] = ()
    closes: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a chunk's rows: pieces to append to each file, and the rows that failed."""

    documents: int
    content: dict[str, list[bytes]]
    rejected: tuple[Rejected, ...] = ()


@dataclass(frozen=True, slots=True)
class Work:
    """All that a worker needs to begin; it is pickled.

    `server` is the address of a process that holds the model (`engine.served`); without one the
    worker loads it to `device` itself. `words` are a user dictionary that is no file.
    """

    model: str | None = None
    device: str = "auto"
    user_dictionary: str | None = None
    entities: str | None = None
    min_score: float = 0.0
    published: str | None = None
    to: Form = "jsonl"
    further: tuple[Further, ...] = field(default_factory=tuple)
    one_thread: bool = True
    compile: bool = False
    server: str | None = None
    words: tuple[DictionaryEntry, ...] | None = None


def work_of(
    model: Path,
    device: str,
    user_dictionary: str | Path | tuple[DictionaryEntry, ...] | None,
    entities: str | Path | None,
    compile: bool,
    min_score: float,
) -> Work:
    """What the workers of an extractor need, paths whole."""
    words = user_dictionary if isinstance(user_dictionary, tuple) else None
    file = None if isinstance(user_dictionary, tuple) else user_dictionary
    return Work(
        model=str(model),
        device=device,
        user_dictionary=whole(file),
        entities=whole(entities),
        min_score=min_score,
        compile=compile,
        words=words,
    )


def whole(path: str | Path | None) -> str | None:
    """A path that means the same in every folder."""
    return None if path is None else str(Path(path).resolve())


def start_work(work: Work) -> Callable[[Chunk], Answer]:
    """Load all that is needed, once; the function that is returned extracts chunk after chunk.

    Raises as `Extractor`.
    """
    extractor = make_extractor(work)
    return lambda chunk: answer(lambda rows: extract_rows(extractor, rows, work), chunk.rows)


def make_extractor(work: Work) -> Extractor:
    """The extractor of a worker; raises as `Extractor`."""
    import torch

    from lgtalent_ie.extractor import Extractor

    if work.one_thread:
        torch.set_num_threads(1)
    device = work.device if work.server is None else "cpu"
    dictionary = work.user_dictionary if work.words is None else work.words
    extractor = Extractor(
        work.model, device, dictionary, work.min_score, work.entities, work.compile
    )
    if work.one_thread:
        extract_rows(extractor, [FIRST], work)
    if work.server is not None:
        from lgtalent_ie.engine.served import ServedRuntime

        extractor.runtime = ServedRuntime(extractor.runtime.tagger, work.server)
    return extractor


def answer(extract: Callable[[Sequence[Row]], Answer], rows: Sequence[Row]) -> Answer:
    """`extract` of the rows; where it fails over all, of each, so that the others are not lost."""
    try:
        return extract(rows)
    except EngineError:
        raise
    except Exception as error:
        if len(rows) == 1:
            reason = f"internal error, please report it: {type(error).__name__}: {error}"
            return Answer(0, {}, (rejected(rows[0], reason),))
    single = [answer(extract, [row]) for row in rows]
    content: dict[str, list[bytes]] = {}
    for one in single:
        for name, pieces in one.content.items():
            content.setdefault(name, []).extend(pieces)
    return Answer(
        sum(one.documents for one in single),
        content,
        tuple(r for one in single for r in one.rejected),
    )


def extract_rows(extractor: Extractor, rows: Sequence[Row], work: Work) -> Answer:
    """The documents of some rows, as they will be written."""
    items = (Item(row.id, row.text, row.published) for row in rows)
    done: list[tuple[Row, Document]] = []
    failed: list[Rejected] = []
    results = extract_items(extractor, items, work.published)
    for row, result in zip(rows, results, strict=True):
        if result.document is None:
            failed.append(rejected(row, str(result.error)))
        else:
            done.append((row, result.document))
    return Answer(len(done), rendered(done, work), tuple(failed))


def rendered(done: Sequence[tuple[Row, Document]], work: Work) -> dict[str, list[bytes]]:
    """Documents as JSON lines, or as Arrow streams by table."""
    if work.to == "jsonl":
        return {DOCUMENTS: [b"".join(as_line(row, document) for row, document in done)]}
    named = schemas(work.further)
    tables: dict[str, list[Cells]] = {name: [] for name in named}
    for row, document in done:
        flat = flatten(row.id, document)
        flat[DOCUMENTS][0] |= further_cells(row.columns, work.further)
        for name, cells in flat.items():
            tables[name] += cells
    return {name: [stream] for name, stream in as_batches(tables, named).items()}


def as_line(row: Row, document: Document) -> bytes:
    """`{"id": …, <the document>, "columns": {…}}`; the last where the row has further columns."""
    content = {"id": row.id} | document.to_dict()
    if row.columns:
        content["columns"] = row.columns
    # Dates and decimals that msgspec does not know, from Arrow, are written as they print.
    return msgspec.json.encode(content, enc_hook=str) + b"\n"


def rejected(row: Row, reason: str) -> Rejected:
    return Rejected(row.number, row.id, row.source, row.row, reason)


def split(chunk: Chunk) -> list[Chunk]:
    """A chunk for each row."""
    return [Chunk(chunk.part, (row,)) for row in chunk.rows] or [chunk]


def give_up(chunk: Chunk, reason: str) -> Answer:
    """The answer for rows that cannot be worked at."""
    return Answer(0, {}, tuple(rejected(row, reason) for row in chunk.rows))
