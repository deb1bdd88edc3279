"""Texts in, documents out, in several processes: `Extractor.extract_many` with workers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import partial

from lgtalent_ie.corpus.batch import on_gpu, served
from lgtalent_ie.corpus.work import Work, make_extractor
from lgtalent_ie.corpus.workers import Crew
from lgtalent_ie.errors import InputError, LgtalentError
from lgtalent_ie.extractor import Dated, check_published, check_text, grouped
from lgtalent_ie.schema import Document

Read = list[Document | Exception]
# A group on its way: what cannot be sent, by its place, and the rest.
Group = tuple[dict[int, Exception], Dated]


def read_in_processes(
    work: Work, dated: Iterable[tuple[str, str | date | None]], workers: int
) -> Iterator[Document | Exception]:
    """For each (text, publication date) its document, or what went wrong with it alone, in order.

    Three groups of texts (`extractor.grouped`) are taken ahead for each worker; where `dated`
    raises, their documents are lost. A text that a worker dies of costs itself alone. Raises as
    `Extractor`, InputError for no number of workers, EngineError where what holds a GPU's model
    ends.
    """
    if workers < 1:
        raise InputError(f"workers={workers}", "0 or more", "correct it, or leave it out")
    with served(work) as prepared:
        share = prepared.server is not None or not on_gpu(work.device)
        setup = partial(start_reading, prepared)
        crew: Crew[Group, Read] = Crew(setup, workers, split, give_up, share)
        for _, answers in crew.run(map(checked, grouped(dated))):
            for answer in answers:
                yield from answer


def checked(dated: Dated) -> Group:
    """A group whose texts and dates are what they should be; anything else stays here."""
    wrong: dict[int, Exception] = {}
    right: Dated = []
    for place, (text, published) in enumerate(dated):
        try:
            right.append((check_text(text), check_published(published)))
        except InputError as error:
            wrong[place] = error
    return wrong, right


def start_reading(work: Work) -> Callable[[Group], Read]:
    """Load all that is needed, once; the function that is returned reads group after group."""
    extractor = make_extractor(work)

    def read(group: Group) -> Read:
        wrong, right = group
        results = [sendable(result) for result in extractor.extract_each(right)]
        for place in sorted(wrong):
            results.insert(place, wrong[place])
        return results

    return read


def sendable(result: Document | Exception) -> Document | Exception:
    """What reaches another process whole; of foreign errors that is only what they say."""
    if isinstance(result, Document | LgtalentError):
        return result
    return RuntimeError(f"{type(result).__name__}: {result}")


def split(group: Group) -> list[Group]:
    """A group for each text."""
    wrong, right = group
    coming = iter(right)
    places = range(len(wrong) + len(right))
    return [({0: wrong[n]}, []) if n in wrong else ({}, [next(coming)]) for n in places]


def give_up(group: Group, reason: str) -> Read:
    """What there is instead of documents for texts that cannot be worked at."""
    error = InputError(
        f"a text: {reason}", "one that fits into memory",
        "leave it out, or read it alone to see what is wrong",
    )  # fmt: skip
    return [error for _ in (*group[0], *group[1])]
