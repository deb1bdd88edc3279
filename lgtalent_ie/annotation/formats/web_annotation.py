"""W3C Web Annotation: one AnnotationCollection a document, as JSON-LD.

A mention is an annotation with the label as a tag and two selectors of the same words: a
TextPositionSelector, which counts code points, and a TextQuoteSelector with what stands before and
after. A relation is an annotation whose motivation is linking: its tag is the type, its two targets
are the annotations of head and tail, in this order (as Recogito writes them). The text and the
other records are terms of this project's own, the records as a JSON literal.

Model and vocabulary: https://www.w3.org/TR/annotation-model/ (2017).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import msgspec

from lgtalent_ie.annotation.carried import FIELD, carried, put_back, read_carried
from lgtalent_ie.annotation.files import (
    as_pretty_json,
    decoded,
    file_name,
    read_named,
    text_beside,
    to_write,
    write_named,
)
from lgtalent_ie.annotation.marked import (
    Marked,
    OffsetUnit,
    Origin,
    check_label,
    check_surface,
    from_mentions,
    placed,
)
from lgtalent_ie.errors import DataError
from lgtalent_ie.evaluation.gold import GoldMention, GoldRelation

LOSES: frozenset[str] = frozenset()
SUFFIX = ".jsonld"
ACCEPTED = "an AnnotationCollection or AnnotationPage of the W3C model, with its items inside"
TERMS = "urn:lgtalent:"
CONTEXT = [
    "http://www.w3.org/ns/anno.jsonld",
    {
        "text": f"{TERMS}text",
        "score": {"@id": f"{TERMS}score", "@type": "xsd:double"},
        FIELD: {"@id": f"{TERMS}gold", "@type": "@json"},
    },
]
# Characters before and after the words in a TextQuoteSelector.
AROUND = 32


class _Selector(msgspec.Struct):
    type: str
    start: int | None = None
    end: int | None = None
    exact: str | None = None
    prefix: str = ""
    suffix: str = ""


class _Target(msgspec.Struct):
    id: str | None = None
    source: str | None = None
    selector: list[_Selector] | _Selector | None = None


class _Body(msgspec.Struct):
    value: str
    purpose: str | None = None


class _Agent(msgspec.Struct):
    nickname: str | None = None
    name: str | list[str] | None = None
    id: str | None = None


class _Annotation(msgspec.Struct):
    body: list[_Body] | _Body
    target: list[_Target] | _Target
    id: str | None = None
    motivation: str | list[str] | None = None
    creator: list[_Agent] | _Agent | str | None = None
    created: datetime | None = None
    modified: datetime | None = None
    score: float | None = None


class _Page(msgspec.Struct):
    items: list[_Annotation] = []


class _Collection(msgspec.Struct):
    type: str | list[str]
    label: str | None = None
    first: _Page | None = None
    items: list[_Annotation] | None = None
    text: str | None = None
    lgtalent: dict[str, Any] | None = None


def write(documents: Iterable[Marked], path: Path, with_text: bool = True) -> None:
    """Write `<document>.jsonld` files to the folder `path`, or lines to a path ending in .jsonl.

    Raises DataError where there is no document, two of a folder have one name, or marks cannot be
    of their text.
    """
    rows = (
        (marked.gold.document, collection_of(marked, with_text))
        for marked in to_write(documents, path)
    )
    write_named(path, rows, SUFFIX, as_pretty_json)


def collection_of(marked: Marked, with_text: bool) -> dict[str, Any]:
    """The JSON-LD of a document; ids are relative to where the file lies."""
    gold, text = marked.gold, marked.text
    base = quote(gold.document, safe="")
    who = {
        "creator": [{"type": "Person", "nickname": name} for name in gold.annotators],
        "created": f"{gold.marked.isoformat()}T00:00:00Z",
    }

    def iri(mention: str) -> str:
        return f"{base}/{quote(mention, safe='')}"

    def annotation(own: str, motive: str, tag: str, target: Any, score: float | None) -> Any:
        body = {"type": "TextualBody", "purpose": "tagging", "value": tag}
        head = {"id": own, "type": "Annotation", "motivation": motive}
        scored = {} if score is None else {"score": score}
        return head | who | {"body": body, "target": target} | scored

    def target(m: GoldMention) -> dict[str, Any]:
        words = {
            "type": "TextQuoteSelector",
            "exact": text[m.start : m.end],
            "prefix": text[max(0, m.start - AROUND) : m.start],
            "suffix": text[m.end : m.end + AROUND],
        }
        place = {"type": "TextPositionSelector", "start": m.start, "end": m.end}
        return {"source": f"{base}.txt", "selector": [place, words]}

    items = [annotation(iri(m.id), "tagging", m.label, target(m), m.score) for m in gold.mentions]
    items += [
        annotation(
            f"{base}/relation/{number}", "linking", r.type,
            [{"id": iri(r.head)}, {"id": iri(r.tail)}], r.score,
        )
        for number, r in enumerate(gold.relations, 1)
    ]  # fmt: skip
    return {
        "@context": CONTEXT,
        "id": base,
        "type": "AnnotationCollection",
        "label": gold.document,
        **who,
        **({"text": text} if with_text else {}),
        FIELD: carried(gold),
        "total": len(items),
        "first": {"id": f"{base}/page", "type": "AnnotationPage", "startIndex": 0, "items": items},
    }


def read(
    path: Path, origin: Origin, offsets: OffsetUnit = "character", texts: Sequence[Path] = ()
) -> list[Marked]:
    """Read a folder of *.jsonld, one such file, or a .jsonl file with a document a line.

    A text that is not inside is `<label>.txt`, looked for in the folders `texts` and then beside
    the file. Annotations without a position are found by their words, where those stand once.

    Raises DataError, with the file and the line or the JSON path, where one is not of the form, the
    text is not found, an annotation has not one tag, a label is none of the nine, spans are
    reversed, overlap, lie outside the text or hold other words than the selector says, or a link
    has not two targets that are annotations of the file.
    """
    folders = [*texts, path if path.is_dir() else path.parent]
    return [
        marked_of(content, where, origin, offsets, folders)
        for where, content in read_named(path, SUFFIX)
    ]


def marked_of(
    content: bytes, where: str, origin: Origin, unit: OffsetUnit, folders: Sequence[Path]
) -> Marked:
    collection = decoded(content, _Collection, where, ACCEPTED)
    if collection.items is not None:
        items, at = collection.items, "$.items"
    elif collection.first is not None:
        items, at = collection.first.items, "$.first.items"
    else:
        raise DataError(f"{where}: no items", ACCEPTED, "put the pages into the file")
    written = read_carried(collection.lgtalent, f"{where}, $.{FIELD}")
    # The name of a file, or the place of a line in one, where nothing better is known.
    name = file_name(collection.label or Path(where).stem)
    text = collection.text if collection.text is not None else text_beside(name, folders, where)
    marks = [(f"{where}, {at}[{n}]", item) for n, item in enumerate(items)]
    spans_of = {place: item for place, item in marks if not links(item)}
    mentions = mentions_of(spans_of, text, unit)
    relations = [
        relation_of(item, {m.id for m in mentions}, place) for place, item in marks if links(item)
    ]
    first = origin if written is None else Origin(written.annotators, written.marked)
    who = origin_of(items, first, origin.guidelines)
    found = from_mentions(name, text, mentions, relations, who, where=where)
    return put_back(found, written, where)


def links(item: _Annotation) -> bool:
    return "linking" in as_list(item.motivation)


def as_list(value: Any) -> list[Any]:
    """JSON-LD lets one value stand for a list of one."""
    return value if isinstance(value, list) else [] if value is None else [value]


def tag_of(item: _Annotation, where: str) -> str:
    bodies: list[_Body] = as_list(item.body)
    tags = [body.value for body in bodies if body.purpose == "tagging"] or [
        body.value for body in bodies if body.purpose is None
    ]
    if len(tags) != 1:
        raise DataError(f"{where}: tags {tags}", "one body with purpose tagging", "correct it")
    return tags[0]


def mentions_of(items: dict[str, _Annotation], text: str, unit: OffsetUnit) -> list[GoldMention]:
    stated: dict[str, tuple[int, int]] = {}
    quotes: dict[str, _Selector] = {}
    for place, item in items.items():
        for target in as_list(item.target):
            for s in as_list(target.selector):
                if s.start is not None and s.end is not None:
                    stated[place] = s.start, s.end
                elif s.exact is not None:
                    quotes[place] = s
        if place not in stated and place not in quotes:
            raise DataError(
                f"{place}: no place in the text",
                "a TextPositionSelector or TextQuoteSelector", "correct it",
            )  # fmt: skip
    points = placed(list(stated.values()), text, unit, list(stated))
    spans = dict(zip(stated, points, strict=True))
    both = [place for place in quotes if place in spans]
    words = [quotes[place].exact or "" for place in both]
    check_surface([spans[place] for place in both], words, text, both)
    for place, selector in quotes.items():
        if place not in spans:
            spans[place] = found_by_words(selector, text, place)
    return [
        GoldMention(
            own_id(item, n), check_label(tag_of(item, place), place), *spans[place], item.score
        )
        for n, (place, item) in enumerate(items.items())
    ]


def found_by_words(selector: _Selector, text: str, where: str) -> tuple[int, int]:
    """Where prefix, words and suffix stand; DataError where not exactly once."""
    words = selector.exact or ""
    whole = selector.prefix + words + selector.suffix
    starts = [n for n in range(len(text)) if text.startswith(whole, n)] if words else []
    if len(starts) != 1:
        raise DataError(
            f"{where}: {words!r} with its surroundings stands {len(starts)} times in the text",
            "words that stand there once", "add a TextPositionSelector",
        )  # fmt: skip
    start = starts[0] + len(selector.prefix)
    return start, start + len(words)


def own_id(item: _Annotation, number: int) -> str:
    """The last part of the annotation's IRI."""
    return last_part(item.id) if item.id else f"a{number + 1}"


def last_part(iri: str) -> str:
    return unquote(iri.replace("#", "/").rstrip("/").rpartition("/")[2])


def relation_of(item: _Annotation, ids: set[str], where: str) -> GoldRelation:
    targets: list[_Target] = as_list(item.target)
    if len(targets) != 2:
        raise DataError(f"{where}: {len(targets)} targets", "head and tail", "correct the link")
    ends = []
    for target in targets:
        end = last_part(target.id or target.source or "")
        if end not in ids:
            raise DataError(f"{where}: no annotation {end!r}", "ids of annotations", "correct it")
        ends.append(end)
    return GoldRelation(tag_of(item, where), ends[0], ends[1], item.score)


def origin_of(items: Iterable[_Annotation], otherwise: Origin, guidelines: int) -> Origin:
    """All creators in order, the last day of a change; `otherwise` where nothing says so."""
    names: dict[str, None] = {}
    days: list[date] = []
    for item in items:
        for agent in as_list(item.creator):
            name = agent if isinstance(agent, str) else agent_name(agent)
            if name:
                names[name] = None
        days += [day.date() for day in (item.created, item.modified) if day]
    annotators = tuple(names) or otherwise.annotators
    return Origin(annotators, max(days, default=otherwise.marked), guidelines)


def agent_name(agent: _Agent) -> str | None:
    names = agent.nickname or agent.name or agent.id
    return names[0] if isinstance(names, list) else names
