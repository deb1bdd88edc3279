"""Texts in, documents out, in several processes: `Extractor.extract_many` with workers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import partial

from lgtalent_ie.corpus.batch import on_gpu, served
from lgtalent_ie.corpus.work import Work, make_extractor
from lgtalent_ie.corpus.workers import Crew
from lgtalent_ie.errors import InputError, LgtalentError
from lgtalent_ie.extractor import grouped
from lgtalent_ie.schema import Document

Dated = list[tuple[str, str | date | None]]
Read = list[Document | Exception]


def read_in_processes(
    work: Work, dated: Iterable[tuple[str, str | date | None]], workers: int
) -> Iterator[Document | Exception]:
    """For each (text, publication date) its document, or what went wrong with it alone, in order.

    Some groups of texts are taken ahead for each worker. A text that a worker dies of costs itself
    alone. Raises as `Extractor`, InputError for no number of workers.
    """
    if workers < 1:
        raise InputError(f"workers={workers}", "0 or more", "correct it, or leave it out")
    with served(work) as prepared:
        share = prepared.server is not None or not on_gpu(work.device)
        setup = partial(start_reading, prepared)
        crew: Crew[Dated, Read] = Crew(setup, workers, split, give_up, share)
        for _, answers in crew.run(grouped(dated)):
            for answer in answers:
                yield from answer


def start_reading(work: Work) -> Callable[[Dated], Read]:
    """Load all that is needed, once; the function that is returned reads group after group."""
    extractor = make_extractor(work)
    return lambda dated: [sendable(result) for result in extractor.extract_each(dated)]


def sendable(result: Document | Exception) -> Document | Exception:
    """What reaches another process whole; of foreign errors that is only what they say."""
    if isinstance(result, Document | LgtalentError):
        return result
    return RuntimeError(f"{type(result).__name__}: {result}")


def split(dated: Dated) -> list[Dated]:
    """A group for each text."""
    return [[one] for one in dated]


def give_up(dated: Dated, reason: str) -> Read:
    """What there is instead of documents for texts that cannot be worked at."""
    error = InputError(
        f"a text that a worker process died on ({reason})", "one that fits into memory",
        "leave it out, or read it alone to see what is wrong",
    )  # fmt: skip
    return [error for _ in dated]
