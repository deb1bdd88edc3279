"""Everything that one predicted document has wrong, what gold says beside what was predicted.

Scoring counts a wrong date as two items, the one that was missed and the one that is too much. Here
the two are one error, so that a person reads them together: what stands at the same place, or says
the same but for one part, is paired. Every item that scoring counts as missed or as spurious is on
the gold or on the predicted side of exactly one error.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass

from lgtalent_ie.evaluation.boundaries import boundary_kind
from lgtalent_ie.evaluation.documents import Difference
from lgtalent_ie.evaluation.gold import GoldDocument, Offsets, as_document
from lgtalent_ie.evaluation.items import Item, Items, Side, clusters, compared
from lgtalent_ie.evaluation.matching import MentionError, mention_errors
from lgtalent_ie.evaluation.scores import RECORD_TYPES
from lgtalent_ie.schema import Document

# A span of one side: start, end, and what it is in the record (`head`, `speaker`, … or nothing).
Part = tuple[int, int, str]

# What an error can be; in `boundary+type` the kind of boundary follows a stroke as well.
ERROR_CLASSES = (
    "boundary/particle", "boundary/bracket", "boundary/modifier", "boundary/other",
    "boundary+type", "type", "value", "argument", "missed", "spurious",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Statement:
    """What one side says: where it stands, under which label, and what else it says.

    The first of `parts` is what the record stands on. `value` is a normalised value, `words` are
    words of the text (names of members, actors, speakers): a report without texts leaves them out.
    `item` is the item as scoring has it. `score` is None for gold.
    """

    parts: tuple[Part, ...]
    label: str | None
    item: Item
    value: str = ""
    words: str = ""
    score: float | None = None

    @property
    def said(self) -> tuple[object, ...]:
        """All but the score: what two runs say alike."""
        return self.parts, self.label, self.value, self.words, self.item[2]


@dataclass(frozen=True, slots=True)
class DocumentError:
    """One error of a document; a side that says nothing is None.

    `kind` is one of `ERROR_CLASSES`. `value`: the same place, another value. `argument`: the same
    but for one part (head, tail, speaker, cue, what is counted, members, actors).
    """

    record: str
    kind: str
    gold: Statement | None
    predicted: Statement | None

    @property
    def place(self) -> Offsets:
        """Where the first side begins that says something: gold's, else the predicted one."""
        side = self.gold or self.predicted
        assert side is not None
        return side.item[0], side.item[1]

    def differences(self, text: str) -> Iterator[Difference]:
        """The items of the error as `documents.differences` lists them."""
        if self.gold:
            start, end, detail, _ = self.gold.item
            yield Difference(self.record, "missed", start, end, text[start:end], detail)
        if self.predicted:
            start, end, detail, _ = self.predicted.item
            yield Difference(self.record, "spurious", start, end, text[start:end], detail)


def document_errors(gold: GoldDocument, document: Document, text: str) -> list[DocumentError]:
    """The errors of one document, by record type and place.

    Raises DataError where the text is not the one that was marked.

    >>> [(e.record, e.kind) for e in document_errors(gold, document, text)]
    [('mentions', 'boundary/particle'), ('dates', 'value')]
    """
    wanted = as_document(gold, text)
    sides = compared(wanted, document)
    owners = sides[0].organizations, sides[1].organizations
    made = [_mention_error(e) for e in mention_errors(wanted.mentions, document.mentions, text)]
    for record in RECORD_TYPES[1:]:
        if record == "organizations":
            expected = clusters(wanted, owners[0], owners[0])
            found = clusters(wanted, owners[1], owners[0])
        else:
            expected, found = (side.items[record] for side in sides)
        own = _record_errors(record, expected, found, sides, (wanted, document))
        made += sorted(own, key=lambda error: error.place)
    return made


def _mention_error(error: MentionError) -> DocumentError:
    def side(span: Offsets | None, label: str | None, score: float | None) -> Statement | None:
        if span is None or label is None:
            return None
        return Statement(((*span, ""),), label, (*span, label, label), score=score)

    gold = side(error.gold, error.gold_label, None)
    predicted = side(error.predicted, error.predicted_label, error.score)
    return DocumentError("mentions", error.name, gold, predicted)


def _record_errors(
    record: str,
    expected: Items,
    found: Items,
    sides: tuple[Side, Side],
    documents: tuple[Document, Document],
) -> list[DocumentError]:
    """What of one record type only one side has, paired one to one, the best fits first."""
    text = documents[0].text
    missed, spurious = (
        {
            key: _statement(record, key, item, sides[at], documents[at], is_gold=at == 0)
            for key, item in own.items()
            if key not in other
        }
        for at, (own, other) in enumerate(((expected, found), (found, expected)))
    )
    fits = []
    for at, (ours, gold) in enumerate(missed.items()):
        for to, (theirs, predicted) in enumerate(spurious.items()):
            fit = _fit(record, (ours, gold), (theirs, predicted), text)
            if fit:
                fits.append((fit[0], at, to, ours, theirs, fit[1]))
    errors = []
    for *_, ours, theirs, kind in sorted(fits, key=lambda pair: pair[:3]):
        if ours in missed and theirs in spurious:
            errors.append(DocumentError(record, kind, missed.pop(ours), spurious.pop(theirs)))
    errors += [DocumentError(record, "missed", gold, None) for gold in missed.values()]
    errors += [DocumentError(record, "spurious", None, found) for found in spurious.values()]
    return errors


def _fit(
    record: str, gold: tuple[Hashable, Statement], predicted: tuple[Hashable, Statement], text: str
) -> tuple[int, str] | None:
    """(rank, kind) where the two are one error, the least rank first; else None."""
    (ours, mine), (theirs, other) = gold, predicted
    if record == "organizations":
        assert isinstance(ours, frozenset) and isinstance(theirs, frozenset)
        return (-len(ours & theirs), "argument") if ours & theirs else None
    if record == "relations":
        assert isinstance(ours, tuple) and isinstance(theirs, tuple)
        same = [a == b and a is not None for a, b in zip(ours[1:], theirs[1:], strict=True)]
        if all(same):
            return 0, "type"
        return (1, "argument") if ours[0] == theirs[0] and any(same) else None
    place, its_place = mine.parts[0][:2], other.parts[0][:2]
    if not _overlap(place, its_place):
        return None
    if record == "facts":
        return (0, "argument") if mine.label == other.label else (1, "type")
    if place != its_place:
        return 2, f"boundary/{boundary_kind(place, its_place, text)}"
    if record in ("dates", "counts"):
        return 0, "value"
    part, its_part = (side.parts[1][:2] if len(side.parts) > 1 else None for side in (mine, other))
    if record != "speakers" and part and its_part and _overlap(part, its_part):
        return 0, f"boundary/{boundary_kind(part, its_part, text)}"
    return 1, "argument"


def _overlap(first: Offsets, second: Offsets) -> bool:
    return first[0] < second[1] and second[0] < first[1]


def _statement(
    record: str, key: Hashable, item: Item, side: Side, document: Document, *, is_gold: bool
) -> Statement:
    """An item as one side of an error; the forms of the keys are those of `items`."""
    start, end, detail, label = item
    span: Part = (start, end, "")
    parts: tuple[Part, ...] = (span,)
    value = words = ""
    score: float | None = None
    match record, key:
        case "organizations", frozenset():
            parts = tuple((*own, "") for own in sorted(key))
            label, words = "ORG", detail
        case "dates", (_, _, str(iso)):
            is_time = (start, end, "TIME") in side.items["mentions"]
            label, value = "TIME" if is_time else "DATE", iso
        case "counts", (_, _, (number, least, most, unit)):
            shown = f"{least}–{most}" if number is None else str(number)
            label, value = "QUANTITY", f"{shown} {unit or ''}".strip()
        case "counted", (_, _, int(low), int(high)):
            label, parts = "QUANTITY", (span, (low, high, "of"))
        case "cues", (_, _, int(low), int(high)):
            parts = span, (low, high, "cue")
        case (("quotes" | "speakers"), _):
            quote = next(q for q in document.quotes if (q.start, q.end) == span[:2])
            score = quote.score
            if record == "quotes":
                label = quote.kind
            elif quote.speaker:
                parts = span, (quote.speaker.start, quote.speaker.end, "speaker")
                words = quote.speaker.name or ""
        case "relations", (str(kind), head_name, tail_name):
            head, tail, score = side.relations[kind, head_name, tail_name]
            ends = (*head, "head"), (*tail, "tail")
            # A record of a mention that is not there stands nowhere.
            parts = tuple(part for part in ends if part[0] >= 0) or (span,)
        case "facts", (_, int(at)):
            score = document.facts[at].score
            words = detail.removeprefix(f"{label}: ")
    return Statement(parts, label, item, value, words, None if is_gold else score)
