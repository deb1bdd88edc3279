"""How well two or more annotators' marks of the same documents agree.

Spans: F1 of every two, strict and overlapping, by label. Records: F1 of every two as
`documents.score_documents` counts it. Attributes of what was agreed on: kappa and alpha of
`reliability`. What is not defined is None with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any, NamedTuple

from lgtalent_ie.errors import DataError
from lgtalent_ie.evaluation.aligned import Index, check_same_text, linked, overlap, plain
from lgtalent_ie.evaluation.documents import score_documents
from lgtalent_ie.evaluation.gold import GoldDocument, Offsets, as_document
from lgtalent_ie.evaluation.reliability import (
    Statistic,
    cohen_kappa,
    fleiss_kappa,
    krippendorff_alpha,
    observed_agreement,
)
from lgtalent_ie.evaluation.spanned import SpanCount, Spanned, SpanRelation, to_spans
from lgtalent_ie.schema import LABELS

# Attributes that are categories by themselves are also looked at one category against the rest.
CATEGORIES = ("label", "relation type")
ATTRIBUTES = (
    "label", "date type", "date value", "date mod", "count value", "count unit", "count bound",
    "count dimension", "quote kind", "speaker name", "relation type",
)  # fmt: skip
ALL = "all"
AND = " + "
NO_TEXT = "the words are not known: give the texts"

Marks = Mapping[str, GoldDocument]


@dataclass(frozen=True, slots=True)
class PairAgreement:
    """F1 of two annotators on one label, or one row of records; `first` stands for gold.

    `overlap` pairs spans of one label one to one that share a character; None for records.
    """

    first: str
    second: str
    row: str
    first_items: int
    second_items: int
    strict: Statistic
    overlap: Statistic | None = None


@dataclass(frozen=True, slots=True)
class AttributeAgreement:
    """Agreement of all annotators on one attribute of spans that two or more of them marked.

    `row` is "all", a mention label, or for CATEGORIES one category against the rest; to `given`
    of the items at least one annotator gave that category. `kappa` is Cohen's for two annotators
    and else Fleiss', which rests on the items that all of them judged.
    """

    attribute: str
    row: str
    given: int
    observed: Statistic
    kappa: Statistic
    alpha: Statistic


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement over documents.

    `kappa` names the kappa; `missing` tells what was not compared and why.
    """

    documents: int
    annotators: tuple[str, ...]
    kappa: str
    spans: tuple[PairAgreement, ...]
    records: tuple[PairAgreement, ...]
    attributes: tuple[AttributeAgreement, ...]
    missing: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


class Judgement(NamedTuple):
    """What each annotator says of one attribute of one thing, and the label that all give it."""

    attribute: str
    label: str | None
    values: Mapping[str, str]


def agreement(
    documents: Mapping[str, Marks],
    texts: Mapping[str, str] | None = None,
    missing: Sequence[str] = (),
) -> Agreement:
    """Agreement of the annotators on documents (document → annotator → marks).

    All documents have the same annotators, two or more. `texts` are by document: records and
    speakers' names are compared on the documents that have one. `missing` is passed on.

    Raises DataError for no document, fewer than two annotators, documents of different annotators,
    or marks of different texts.

    >>> found = agreement({"a": {"kim": kim, "lee": lee}}, {"a": text})
    >>> found.spans[0].row, found.spans[0].strict
    ('all', Statistic(value=0.8, items=10, reason=None))
    """
    texts = texts or {}
    annotators = tuple(next(iter(documents.values()), ()))
    for document, marks in documents.items():
        check_same_text(marks, texts.get(document))
        if tuple(marks) != annotators:
            raise DataError(
                f"{document}: marks of {', '.join(marks)}", f"of {', '.join(annotators)}",
                "leave out what not all have marked",
            )  # fmt: skip
    if not documents:
        raise DataError("no document", "documents that all annotators marked", "check the folders")
    spans = {
        document: {name: to_spans(gold) for name, gold in marks.items()}
        for document, marks in documents.items()
    }
    pairs = tuple(combinations(annotators, 2))
    judged = [
        judgement
        for document, records in spans.items()
        for judgement in judgements(records, texts.get(document))
    ]
    return Agreement(
        len(documents),
        annotators,
        "Cohen's kappa" if len(annotators) == 2 else "Fleiss' kappa",
        tuple(row for one, other in pairs for row in span_agreement(spans.values(), one, other)),
        tuple(row for one, other in pairs for row in _records(documents, texts, one, other)),
        tuple(_attributes(judged, annotators, with_texts=bool(texts))),
        tuple(missing),
    )


def span_agreement(
    documents: Iterable[Mapping[str, Spanned]], first: str, second: str
) -> list[PairAgreement]:
    """F1 of two annotators' mentions over all and by label, from the sums of all documents."""
    marked = [[document[name].mentions for name in (first, second)] for document in documents]
    rows = []
    for row in (ALL, *LABELS):
        first_items = second_items = strict = near = 0
        for sides in marked:
            own = [{(m.label, m.span) for m in side if row in (ALL, m.label)} for side in sides]
            first_items, second_items = first_items + len(own[0]), second_items + len(own[1])
            strict += len(own[0] & own[1])
            near += sum(
                matched(*(sorted(s for label, s in side if label == each) for side in own))
                for each in LABELS
            )
        if row == ALL or first_items or second_items:
            total = first_items + second_items
            scores = (_f1(right, total) for right in (strict, near))
            rows.append(PairAgreement(first, second, row, first_items, second_items, *scores))
    return rows


def matched(own: Sequence[Offsets], others: Sequence[Offsets]) -> int:
    """How many of two sorted lists of flat spans pair one to one so that each pair overlaps.

    The most there can be: in text order, the pair that ends first never stands in another's way.

    >>> matched([(0, 4), (6, 9)], [(2, 7), (8, 9)])
    2
    """
    pairs = one = other = 0
    while one < len(own) and other < len(others):
        if overlap(own[one], others[other]):
            pairs, one, other = pairs + 1, one + 1, other + 1
        elif own[one][1] <= others[other][0]:
            one += 1
        else:
            other += 1
    return pairs


def judgements(records: Mapping[str, Spanned], text: str | None) -> Iterator[Judgement]:
    """The attributes of what two or more annotators marked in one document.

    Mentions, dates and counts are the same at the same span, quotes with the same content,
    relations between the same things. Speakers' names are their words: without text there are none.
    """
    labels: dict[Offsets, dict[str, str]] = {}
    for name, spans in records.items():
        for m in spans.mentions:
            labels.setdefault(m.span, {})[name] = m.label

    said: dict[tuple[str, Offsets], dict[str, str]] = {}

    def say(attribute: str, place: Offsets, name: str, value: object) -> None:
        said.setdefault((attribute, place), {})[name] = "none" if value is None else str(value)

    for name, spans in records.items():
        for m in spans.mentions:
            say("label", m.span, name, m.label)
        for d in spans.dates:
            say("date type", d.mention, name, d.type)
            say("date value", d.mention, name, d.value)
            say("date mod", d.mention, name, d.mod)
        for c in spans.counts:
            say("count value", c.mention, name, _count_value(c))
            say("count unit", c.mention, name, c.unit)
            say("count bound", c.mention, name, c.bound)
            say("count dimension", c.mention, name, c.dimension)
        for q in spans.quotes:
            say("quote kind", q.span, name, q.kind)
            if text is not None:
                say("speaker name", q.span, name, q.name and plain(text, q.name))
    for (attribute, place), values in said.items():
        if len(values) > 1:
            given = set(labels.get(place, {}).values())
            yield Judgement(attribute, given.pop() if len(given) == 1 else None, values)
    yield from _relation_types(records, text)


def _relation_types(records: Mapping[str, Spanned], text: str | None) -> Iterator[Judgement]:
    """The types that two or more annotators give to the same head and tail."""
    indexes = {name: Index.of(spans, text) for name, spans in records.items()}

    def same(one: tuple[str, SpanRelation], other: tuple[str, SpanRelation]) -> bool:
        (a, first), (b, second) = one, other
        ends = ((first.head, second.head), (first.tail, second.tail))
        return all(indexes[a].same(own, indexes[b], its) for own, its in ends)

    items = [(name, r) for name, spans in records.items() for r in spans.relations]
    for part in linked(items, same):
        types: dict[str, set[str]] = {}
        for name, relation in part:
            types.setdefault(name, set()).add(relation.type)
        if len(types) > 1:
            values = {name: AND.join(sorted(own)) for name, own in types.items()}
            yield Judgement("relation type", None, values)


def _count_value(count: SpanCount) -> str:
    """The same words for the same number, 3 or 3.0."""
    values = (count.value, count.min, count.max)
    value, least, most = ("none" if v is None else f"{v:.12g}" for v in values)
    return value if count.value is not None else f"{least}..{most}"


def _attributes(
    judged: Sequence[Judgement], annotators: Sequence[str], with_texts: bool
) -> Iterator[AttributeAgreement]:
    for attribute in ATTRIBUTES:
        own = [j for j in judged if j.attribute == attribute]
        if attribute == "speaker name" and not with_texts:
            nothing = Statistic(None, 0, NO_TEXT)
            yield AttributeAgreement(attribute, ALL, 0, nothing, nothing, nothing)
            continue
        rows: dict[str, list[Mapping[str, str]]] = {ALL: [j.values for j in own]}
        if attribute in CATEGORIES:
            # Compared one against the rest, as Fleiss (1971) takes each category by itself.
            found = {each for j in own for value in j.values.values() for each in value.split(AND)}
            for category in sorted(found):
                rows[category] = [
                    {n: str(category in value.split(AND)) for n, value in j.values.items()}
                    for j in own
                ]
        elif len(labels := {j.label for j in own}) > 1:
            for label in sorted(filter(None, labels)):
                rows[label] = [j.values for j in own if j.label == label]
        for row, items in rows.items():
            kappa = (
                cohen_kappa(items, *annotators)
                if len(annotators) == 2
                else fleiss_kappa(items, annotators)
            )
            observed, alpha = observed_agreement(items), krippendorff_alpha(items)
            given = len(items)
            if attribute in CATEGORIES and row != ALL:
                given = sum("True" in item.values() for item in items)
            yield AttributeAgreement(attribute, row, given, observed, kappa, alpha)


def _records(
    documents: Mapping[str, Marks], texts: Mapping[str, str], first: str, second: str
) -> Iterator[PairAgreement]:
    """Rows of score_documents with the first annotator's marks as gold."""
    known = [(marks, texts[document]) for document, marks in documents.items() if document in texts]
    scores = score_documents(
        (marks[first], as_document(marks[second], text), text) for marks, text in known
    )
    for row, score in scores.records.items():
        own, others = round(score.gold), round(score.predicted)
        reason = "neither has any" if known else NO_TEXT
        none = Statistic(None, 0, reason)
        value = Statistic(score.f1, own + others) if own or others else none
        yield PairAgreement(first, second, row, own, others, value)


def _f1(right: int, total: int) -> Statistic:
    if not total:
        return Statistic(None, 0, "neither has any")
    return Statistic(2 * right / total, total)
