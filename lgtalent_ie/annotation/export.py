"""Articles for people to mark: chosen, pre-annotated, named, in the format of their tool."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import tee
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import msgspec

from lgtalent_ie.annotation.marked import Marked, Origin, checked, from_document
from lgtalent_ie.annotation.selection import Choice, Look, choose, look, profile
from lgtalent_ie.annotation.tools import format_named
from lgtalent_ie.corpus.readers import SUFFIXES, Item
from lgtalent_ie.errors import DataError, LgtalentError
from lgtalent_ie.evaluation.gold import load_gold, load_gold_lines, text_sha256
from lgtalent_ie.evaluation.sources import find_text

if TYPE_CHECKING:
    from lgtalent_ie.extractor import Extractor

BESIDE = ".exported.jsonl"
# Told something for people to read, and whether it means that an article was left out.
Tell = Callable[[str, bool], None]


def tell_nobody(message: str, failed: bool) -> None:
    """Say nothing."""


@dataclass(frozen=True, slots=True)
class Selection:
    """How many articles and which: see `selection.choose`."""

    number: int
    balance: float = 0.5
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Exported:
    """A document to mark, and why it was chosen; None where all are taken as they come."""

    marked: Marked
    choice: Choice | None = None


def export_articles(
    extractor: Extractor,
    items: Callable[[], Iterable[Item]],
    selection: Selection | None = None,
    published: str | date | None = None,
    marked_before: Collection[str] = (),
    tell: Tell = tell_nobody,
) -> Iterator[Exported]:
    """Articles with the model's marks and scores, best to mark first, lazily.

    `items` is called once to look at all articles and once more to read those chosen, so no more
    than a profile of each is held; without a `selection` once, and the articles come as they are.
    `marked_before` are SHA-256 of texts that have marks already: they are left out, and what is
    like them comes late. Articles that cannot be read, and texts seen before, are told.
    """
    names: set[str] = set()
    chosen: Iterator[tuple[Item, Choice | None]]
    if selection is None:
        chosen = ((item, None) for item in known(items(), marked_before, tell))
    else:
        chosen = selected(extractor, items, selection, marked_before, tell)
    told, given = tee(chosen)
    dated = ((item.text or "", item.published or published) for item, _ in given)
    for (item, choice), document in zip(told, extractor.extract_each(dated), strict=True):
        if isinstance(document, LgtalentError):
            tell(f"{item.id}: {document}", True)
        elif isinstance(document, Exception):
            said = f"internal error, please report it: {type(document).__name__}: {document}"
            tell(f"{item.id}: {said}", True)
        else:
            origin = Origin((document.model,), date.today())
            name = unique(document_name(item.id), names)
            yield Exported(from_document(document, name, origin), choice)


def selected(
    extractor: Extractor,
    items: Callable[[], Iterable[Item]],
    selection: Selection,
    marked_before: Collection[str],
    tell: Tell,
) -> Iterator[tuple[Item, Choice | None]]:
    """The articles chosen, in the order of the choice."""
    pool: list[Look] = []
    places: list[int] = []
    before = []
    seen: set[str] = set()
    for place, item in enumerate(items()):
        text = plain_text(item, tell)
        if text is None or repeated(item, text, seen, tell):
            continue
        if text_sha256(text) in marked_before:
            before.append(profile(text))
            continue
        pool.append(look(extractor, text))
        places.append(place)
    choices = choose(pool, selection.number, selection.balance, selection.seed, before)
    tell(f"{len(choices)} of {len(pool)} articles chosen; {len(before)} were marked before", False)
    wanted = {places[c.place]: number for number, c in enumerate(choices)}
    found = [(wanted[place], item) for place, item in enumerate(items()) if place in wanted]
    for number, item in sorted(found, key=lambda pair: pair[0]):
        yield item, choices[number]


def known(items: Iterable[Item], marked_before: Collection[str], tell: Tell) -> Iterator[Item]:
    """The articles that can be read, each text once, those marked before left out."""
    seen: set[str] = set()
    for item in items:
        text = plain_text(item, tell)
        if text is None or repeated(item, text, seen, tell):
            continue
        if text_sha256(text) not in marked_before:
            yield item


def plain_text(item: Item, tell: Tell) -> str | None:
    """The text that is marked: of an HTML page the article's; None, and told why, without one."""
    from lgtalent_ie.html import is_html, read_html

    try:
        if item.text is None:
            tell(str(item.error), True)
            return None
        return read_html(item.text).text if is_html(item.text) else item.text
    except LgtalentError as error:
        tell(f"{item.id}: {error}", True)
        return None


def repeated(item: Item, text: str, seen: set[str], tell: Tell) -> bool:
    """True, and told, where the text has come before."""
    own = text_sha256(text)
    if own in seen:
        tell(f"{item.id}: a text that came before: left out", False)
        return True
    seen.add(own)
    return False


def export_gold(
    folder: Path, texts: Sequence[Path], selection: Selection | None, tell: Tell = tell_nobody
) -> Iterator[Exported]:
    """Gold files (*.json, *.jsonl) with their texts, without any model.

    A `selection` goes by difference alone, as nothing is uncertain. A missing text is told.

    Raises DataError where there is no gold file, one is damaged, or a text is not the one marked.
    """
    files = sorted(p for p in folder.iterdir() if p.suffix in (".json", ".jsonl"))
    if not files:
        raise DataError(f"{folder} without *.json", "a folder of gold files", "check the path")
    found = []
    for file in files:
        for gold in load_gold_lines(file) if file.suffix == ".jsonl" else [load_gold(file)]:
            text = find_text(gold, texts)
            if text is None:
                tell(f"{file}: no text of {gold.document!r} in {', '.join(map(str, texts))}", True)
            else:
                bare = msgspec.structs.replace(gold, text=None)
                found.append(checked(Marked(bare, text), str(file)))
    if selection is None:
        yield from map(Exported, found)
        return
    pool = [Look(0.0, profile(marked.text)) for marked in found]
    for choice in choose(pool, selection.number, 0.0, selection.seed):
        yield Exported(found[choice.place], choice)


def write_export(exported: Iterable[Exported], name: str, path: Path) -> tuple[int, Path]:
    """Write the documents for people, and beside it the stand-off lines to compare them with later.

    Returns the number of documents and the path of the stand-off lines (`<path>.exported.jsonl`).

    Raises InputError for an unknown format, DataError where there is nothing to write or the format
    cannot hold it.
    """
    chosen = format_named(name)
    documents = [e.marked for e in exported]
    if not documents:
        raise DataError("no article to export", "one or more", "see what was told above")
    path.parent.mkdir(parents=True, exist_ok=True)
    chosen.write(documents, path)
    beside = path.with_name(path.name + BESIDE)
    with beside.open("wb") as lines:
        for marked in documents:
            lines.write(msgspec.json.encode(msgspec.structs.replace(marked.gold, text=marked.text)))
            lines.write(b"\n")
    return len(documents), beside


def sha256_of_gold(folders: Iterable[Path]) -> set[str]:
    """The texts that the gold files of these folders were marked on."""
    found = set()
    for folder in folders:
        found |= {load_gold(file).sha256 for file in folder.rglob("*.json")}
        found |= {gold.sha256 for f in folder.rglob("*.jsonl") for gold in load_gold_lines(f)}
    return found


def document_name(item: str) -> str:
    """The name of a document from that of its file or row.

    >>> document_name("news/2023/한빛.txt"), document_name("rows.jsonl:7"), document_name("a/b c")
    ('한빛', 'rows.jsonl_7', 'b c')
    """
    last = PurePosixPath(item.replace("\\", "/")).name or item
    stem, _, suffix = last.rpartition(".")
    name = stem if stem and f".{suffix.lower()}" in SUFFIXES else last
    return re.sub(r"[/\\\x00:\t\r\n]", "_", name).strip() or "article"


def unique(name: str, names: set[str]) -> str:
    """The name, with a number where it is taken: every document of an export has its own."""
    own, number = name, 1
    while own in names:
        number += 1
        own = f"{name}-{number}"
    names.add(own)
    return own


def without_marks(exported: Iterable[Exported]) -> Iterator[Exported]:
    """The same documents with nothing marked, for people who should not see what a model thinks."""
    for e in exported:
        gold = msgspec.structs.replace(
            e.marked.gold, mentions=(), organizations=(), dates=(), counts=(), quotes=(),
            relations=(), facts=(),
        )  # fmt: skip
        yield replace(e, marked=Marked(gold, e.marked.text))
