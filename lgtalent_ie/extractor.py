"""The way of one document, top to bottom: the one file that calls every step."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from lgtalent_ie.alignment import Alignment, align, character_warnings, lead_back
from lgtalent_ie.engine.runtime import TOKEN_BUDGET, Runtime, SentenceReader
from lgtalent_ie.errors import EngineError, InputError
from lgtalent_ie.html import is_html, read_html
from lgtalent_ie.mentions import read_mentions
from lgtalent_ie.model.decoding import LabelledSpan
from lgtalent_ie.model.loading import load_model
from lgtalent_ie.model.locate import locate_model
from lgtalent_ie.model.tagger import WindowText
from lgtalent_ie.morphemes import Analyzer, DictionaryEntry
from lgtalent_ie.page import Page, entity_repairs, read_page
from lgtalent_ie.reading import Reading, Sentence
from lgtalent_ie.records.counts import read_counts
from lgtalent_ie.records.dates import read_dates
from lgtalent_ie.records.facts import read_facts
from lgtalent_ie.records.linking import link_organizations, read_entities
from lgtalent_ie.records.organizations import read_organizations
from lgtalent_ie.records.pieces import read_pieces
from lgtalent_ie.records.proposals import propose_relations
from lgtalent_ie.records.quotes import read_quotes
from lgtalent_ie.records.relations import read_relations
from lgtalent_ie.schema import Document

# How far `extract_many` reads ahead: some thousand morphemes fill a batch on a CPU.
READ_AHEAD = 256
TOGETHER = 20_000

Dated = list[tuple[str, str | date | None]]

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Prepared:
    """An article on its way to the model; `anchor` is the day relative dates are counted from."""

    text: str
    aligned: Alignment
    page: Page
    anchor: date | None
    sentences: tuple[Sentence, ...]
    extracted: bool

    @property
    def windows(self) -> list[WindowText]:
        """The sentences as the model takes them."""
        return [WindowText(self.aligned.text, s.morphemes) for s in self.sentences]


@dataclass(frozen=True, slots=True)
class Begun:
    """Articles that the model reads together, and the states of all their sentences in a row."""

    prepared: list[Prepared | Exception]
    states: Sequence[Any]


class Extractor:
    """Reads Korean press articles; holds Kiwi and the model, so make one and use it often.

    Parameters
    ----------
    model: a model folder, a Hugging Face id of one, or None for the model that is shipped.
    device: `auto` (CUDA where there is one), `cpu`, `cuda:0` …
    user_dictionary: names that Kiwi does not know; a file or a list, see `morphemes.Analyzer`.
    min_score: mentions below this score, 0..1, are left out.
    entities: a list of organisations (CSV or JSON, see `records.linking.read_entities`) that those
        of the document are led to, as `Document.links`.
    compile: on a GPU, fuse the layers of a pretrained encoder; the first texts then take a minute
        and a C compiler is needed, so for long runs.

    Raises ModelError, DictionaryError or InputError where one of them cannot be used.
    """

    def __init__(
        self,
        model: str | Path | None = None,
        device: str = "auto",
        user_dictionary: str | Path | Iterable[DictionaryEntry] | None = None,
        min_score: float = 0.0,
        entities: str | Path | None = None,
        compile: bool = False,
    ) -> None:
        folder = locate_model(model)
        self.runtime: SentenceReader = Runtime(load_model(folder), device, compile=compile)
        if user_dictionary is not None and not isinstance(user_dictionary, str | Path):
            user_dictionary = tuple(user_dictionary)
        self.analyzer = Analyzer(user_dictionary)
        # What workers make the same extractor with, wherever they are then.
        self.made_with = (folder.resolve(), device, user_dictionary, entities, compile)
        self.min_score = min_score
        self.entities = read_entities(entities) if entities is not None else None

    def extract(self, text: str, published: str | date | None = None) -> Document:
        """Everything that one article says.

        `text` is plain text or an HTML page (then the offsets refer to the text taken from it,
        which is `Document.text`). `published` is the day relative dates are counted from; without
        it the page's own date stamp is, if there is one.

        Raises InputError where `text` is no string or `published` is no date.
        """
        prepared = self.prepare(text, published)
        states = self.runtime.states(prepared.windows)
        return self.finish(prepared, states, self.runtime.decode(states))

    def extract_many(
        self,
        texts: Iterable[str],
        published: Iterable[str | date | None] | None = None,
        workers: int = 0,
    ) -> Iterator[Document]:
        """Documents of many texts, in order; `published` has a date for each text.

        Texts are read a few ahead, as the model is faster over many sentences: on a CPU at most
        `READ_AHEAD` of them or `TOGETHER` characters, on a GPU about 30 times as many. Raises as
        `extract`, when that text's turn has come.

        With `workers` that many processes read them, three groups of texts ahead each. They take
        seconds to start, so that is for thousands of texts; a script that asks for them does so
        under `if __name__ == "__main__":`, as each of them imports it. `read_with` gives errors in
        the place of documents instead of raising them.
        """
        dated = (
            ((text, None) for text in texts)
            if published is None
            else zip(texts, published, strict=True)
        )
        for result in self.read_with(workers, dated):
            if isinstance(result, Exception):
                raise result
            yield result

    def read_with(
        self, workers: int, dated: Iterable[tuple[str, str | date | None]]
    ) -> Iterator[Document | Exception]:
        """As `extract_each`, in so many processes; 0 is this one."""
        if workers == 0:
            return self.extract_each(dated)
        from lgtalent_ie.corpus.parallel import read_in_processes
        from lgtalent_ie.corpus.work import work_of

        return read_in_processes(work_of(*self.made_with, self.min_score), dated, workers)

    def extract_each(
        self, dated: Iterable[tuple[str, str | date | None]]
    ) -> Iterator[Document | Exception]:
        """For each (text, publication date) its document, or what went wrong with it alone."""
        begun: deque[tuple[Dated, Begun | Exception]] = deque()
        for group in grouped(dated, self.runtime.budget / TOKEN_BUDGET):
            begun.append((group, caught(self.begin, group)))
            if len(begun) > self.runtime.ahead:
                yield from self.results(*begun.popleft())
        for rest in begun:
            yield from self.results(*rest)

    def results(self, group: Dated, begun: Begun | Exception) -> list[Document | Exception]:
        """What a group gives; where the model fails over all of it, each text is read alone."""
        results: list[Document | Exception] | Exception = (
            begun if isinstance(begun, Exception) else caught(lambda: list(self.end(begun)))
        )
        if not isinstance(results, Exception):
            return results
        if len(group) == 1:
            return [results]
        return [result for one in group for result in self.extract_each([one])]

    def begin(self, group: Sequence[tuple[str, str | date | None]]) -> Begun:
        """A group on its way; what its states are a GPU may not yet have computed."""
        prepared = [caught(self.prepare, text, published) for text, published in group]
        windows = [w for p in prepared if not isinstance(p, Exception) for w in p.windows]
        return Begun(prepared, self.runtime.states(windows))

    def end(self, begun: Begun) -> Iterator[Document | Exception]:
        """The documents of a group, decoded together: alone a short text takes longer to decode."""
        rows = zip(begun.states, self.runtime.decode(begun.states), strict=True)
        for p in begun.prepared:
            if isinstance(p, Exception):
                yield p
            else:
                own = list(islice(rows, len(p.sentences)))
                yield caught(self.finish, p, [s for s, _ in own], [spans for _, spans in own])

    def prepare(self, text: str, published: str | date | None = None) -> Prepared:
        """What comes before the model: page, sentences and morphemes."""
        given = check_published(published)
        text = check_text(text)
        html = read_html(text) if is_html(text) else None
        text = text if html is None else html.text
        aligned = align(text, 0, len(text), entity_repairs(text))
        page = read_page(aligned.text)
        return Prepared(
            text,
            aligned,
            page,
            given or (html.published if html else None) or page.published,
            self.analyzer.sentences(aligned.text, page.sections),
            extracted=html is not None,
        )

    def finish(
        self, prepared: Prepared, states: Sequence[Any], labelled: Sequence[Sequence[LabelledSpan]]
    ) -> Document:
        """What comes behind the model: mentions and records.

        `states` are those of the sentences, float [n, hidden_size] each (`Runtime.states`), and
        `labelled` the model's spans in them (`Runtime.decode`).
        """
        aligned, page, sentences = prepared.aligned, prepared.page, prepared.sentences
        mentions = read_mentions(aligned.text, sentences, labelled, self.min_score)
        reading = Reading(aligned.text, prepared.anchor, page.sections, sentences, mentions)

        organizations = read_organizations(reading)
        dates = read_dates(reading)
        counts = read_counts(reading)
        quotes = read_quotes(reading, organizations)
        proposals = propose_relations(reading, self.runtime, states)
        pieces = read_pieces(reading, quotes)
        relations = read_relations(reading, dates, counts, organizations, pieces, proposals)
        facts = read_facts(reading, dates, counts, organizations, relations, pieces)

        config = self.runtime.tagger.config
        document = Document(
            text=aligned.text,
            model=f"{config.name}@{config.revision}",
            published=prepared.anchor.isoformat() if prepared.anchor else None,
            sections=page.sections,
            mentions=mentions,
            organizations=organizations,
            dates=dates,
            counts=counts,
            quotes=quotes,
            relations=relations,
            facts=facts,
            warnings=page.warnings,
            extracted=prepared.extracted,
            links=link_organizations(organizations, self.entities) if self.entities else None,
        )
        document = lead_back(document, aligned, prepared.text)
        return replace(document, warnings=character_warnings(prepared.text) + document.warnings)


def grouped(
    dated: Iterable[tuple[str, str | date | None]], size: float = 1.0
) -> Iterator[list[tuple[str, str | date | None]]]:
    """The texts in groups that the model reads together, so many times what suits a CPU."""
    group: list[tuple[str, str | date | None]] = []
    characters = 0
    for text, published in dated:
        group.append((text, published))
        characters += len(text) if isinstance(text, str) else 0
        if characters >= TOGETHER * size or len(group) >= READ_AHEAD * size:
            yield group
            group, characters = [], 0
    if group:
        yield group


def caught(step: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | Exception:
    """What a step gives, or the exception it ends with: one document must not stop the others."""
    try:
        return step(*args, **kwargs)
    except EngineError:
        raise
    except Exception as error:
        return error


def check_text(text: object) -> str:
    """The text; InputError where it is anything but a string."""
    if not isinstance(text, str):
        raise InputError(
            f"a text of type {type(text).__name__}", "str",
            "decode bytes first, or pass the file to the `lgtalent extract` command",
        )  # fmt: skip
    return text


def check_published(published: object) -> date | None:
    """A day from a date or an ISO 8601 string; InputError where it is neither."""
    if published is None:
        return None
    if isinstance(published, date):
        return date(published.year, published.month, published.day)
    try:
        if not isinstance(published, str):
            raise ValueError("neither a date nor a string")
        return datetime.fromisoformat(published).date()
    except ValueError as error:
        raise InputError(
            f"published={published!r}", "a date or a string such as '2023-06-21'",
            "correct it, or leave it out: then the page's own date stamp is used",
        ) from error  # fmt: skip
