"""Scores of whole documents against stand-off gold: mentions and every record made from them.

A gold file holds offsets only, so scoring needs the text it was marked on, which is found by name
in folders that the caller gives.

All scores are strict and micro-averaged over the documents: a span counts when both ends agree.
Organisations are scored by B³ (Bagga and Baldwin 1998, Algorithms for Scoring Coreference Chains)
in the form B³0 of Stoyanov et al. 2009 (Conundrums in Noun Phrase Coreference Resolution): the
items are the gold mentions, a predicted mention that is not gold is left aside, and a gold mention
that was not predicted has recall 0.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, field
from operator import add
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from lgtalent_ie import schema
from lgtalent_ie.errors import DataError, MissingExtraError
from lgtalent_ie.evaluation.gold import (
    GoldDocument,
    Offsets,
    as_document,
    check_text,
    iso,
    load_gold,
)
from lgtalent_ie.schema import Document, Mention

if TYPE_CHECKING:
    from rich.table import Table

RECORD_TYPES = (
    "mentions", "organizations", "dates", "counts", "counted", "quotes", "speakers", "cues",
    "relations", "facts",
)  # fmt: skip

Predict = Callable[[str, str | None], Document]


@dataclass(frozen=True, slots=True)
class Score:
    """Sums of one record type; precision, recall and F1 in 0..1, 0 where there is nothing.

    `right` of the `predicted` items are right and `recalled` of the `gold` ones are found: the same
    whole number but for B³, whose items are right and found in part.

    >>> Score(right=3, predicted=4, recalled=3, gold=6).f1
    0.6
    """

    right: float = 0
    predicted: int = 0
    recalled: float = 0
    gold: int = 0

    @property
    def precision(self) -> float:
        return self.right / self.predicted if self.predicted else 0.0

    @property
    def recall(self) -> float:
        return self.recalled / self.gold if self.gold else 0.0

    @property
    def f1(self) -> float:
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0

    def __add__(self, other: Score) -> Score:
        return Score(*map(add, astuple(self), astuple(other)))

    def to_dict(self) -> dict[str, float]:
        """The ratios and tp, fp, fn, rounded to four places."""
        sums = {
            "tp": self.right,
            "fp": self.predicted - self.right,
            "fn": self.gold - self.recalled,
        }
        ratios = {"precision": self.precision, "recall": self.recall, "f1": self.f1}
        return {name: round(value, 4) for name, value in (ratios | sums).items()}


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores over documents.

    `records` is by record type (`RECORD_TYPES`) and, where there are labels, types or kinds, also
    by each of those: `mentions/ORG`, `relations/event:host`, `facts/hire`. `missing` says, one line
    each, which documents were not scored and why.
    """

    documents: int = 0
    records: Mapping[str, Score] = field(default_factory=dict)
    missing: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        records = {name: score.to_dict() for name, score in self.records.items()}
        return {"documents": self.documents, "missing": list(self.missing), "records": records}


class Difference(NamedTuple):
    """One item that gold or the prediction has alone; `detail` says what the span does not."""

    record: str
    status: Literal["missed", "spurious"]
    start: int
    end: int
    text: str
    detail: str


def score_documents(pairs: Iterable[tuple[GoldDocument, Document, str]]) -> Scores:
    """Scores over (gold, predicted document, text).

    What has to agree: mentions (start, end, label); dates (span, value); counts (span, value or
    min and max, unit); counted (span, span of what is counted); quotes (start, end of the
    content); speakers (content, and the speaker's name where gold has one, else the speaker's
    span); cues (content, span); relations (type, head, tail as names, an organisation under any
    of its names, each triple once); facts (kind, at least one actor in common).

    Raises DataError where a text is not the one its gold was marked on.
    """
    documents = 0
    records = {name: Score() for name in RECORD_TYPES}
    for gold, document, text in pairs:
        wanted = as_document(gold, text)
        documents += 1
        records["organizations"] += _b_cubed(wanted, document)
        for name, (expected, found) in _items(wanted, document).items():
            for key, item in (found | expected).items():
                right = int(key in expected and key in found)
                score = Score(right, int(key in found), right, int(key in expected))
                for row in (name, f"{name}/{item.group}") if item.group else (name,):
                    records[row] = records.get(row, Score()) + score
    order = sorted(records, key=lambda row: (RECORD_TYPES.index(row.split("/")[0]), row))
    return Scores(documents, {row: records[row] for row in order})


def differences(gold: GoldDocument, document: Document, text: str) -> tuple[Difference, ...]:
    """What gold or the prediction has alone, by record type and place, for reading errors.

    An organisation is listed where its set of gold mentions differs.

    >>> differences(gold, document, text)[0]
    Difference(record='mentions', status='missed', start=0, end=4, text='새벽전자', detail='ORG')
    """
    wanted = as_document(gold, text)
    items = _items(wanted, document)
    items["organizations"] = _clusters(wanted, wanted), _clusters(wanted, document)
    return tuple(
        Difference(name, "missed" if key in expected else "spurious", *item[:2],
                   text[slice(*item[:2])], item.detail)
        for name, (expected, found) in items.items()
        for key, item in sorted((expected | found).items(), key=lambda pair: pair[1][:3])
        if (key in expected) != (key in found)
    )  # fmt: skip


class _Item(NamedTuple):
    """A record as far as it is compared: where it stands, what it says, its label or type."""

    start: int
    end: int
    detail: str
    group: str | None = None


_Side = dict[Hashable, _Item]
_Names = dict[str, Hashable]


def _items(gold: Document, document: Document) -> dict[str, tuple[_Side, _Side]]:
    """By record type the items of both, under keys that are equal where they agree."""
    named = {(q.start, q.end) for q in gold.quotes if q.speaker and q.speaker.name}
    names = _names(gold, gold), _names(gold, document)
    expected, found = _side(gold, names[0], named), _side(document, names[1], named)
    items = {name: (expected[name], found[name]) for name in RECORD_TYPES}
    return items | {"facts": _facts(gold, document, names)}


def _side(document: Document, names: _Names, named: set[Offsets]) -> dict[str, _Side]:
    """The items of one document, facts aside. `named` are the quotes whose gold has a name."""
    side: dict[str, _Side] = {name: {} for name in RECORD_TYPES}
    mentions = {mention.id: mention for mention in document.mentions}
    # A record whose mention is not there agrees with nothing.
    nowhere = Mention("", "ORG", -1, -1, "", 0.0)
    for m in document.mentions:
        side["mentions"][m.start, m.end, m.label] = _Item(m.start, m.end, m.label, m.label)
    for moment in document.dates:
        m = mentions.get(moment.mention or "", nowhere)
        side["dates"][m.start, m.end, moment.value] = _Item(m.start, m.end, moment.value)
    for c in document.counts:
        m = mentions.get(c.mention or "", nowhere)
        value = (c.value, c.min, c.max, c.unit)
        side["counts"][m.start, m.end, value] = _Item(m.start, m.end, str(value))
        if c.of:
            side["counted"][m.start, m.end, c.of.start, c.of.end] = _Item(m.start, m.end, c.of.text)
    for q in document.quotes:
        side["quotes"][q.start, q.end] = _Item(q.start, q.end, q.kind)
        if q.cue:
            key = (q.start, q.end, q.cue.start, q.cue.end)
            side["cues"][key] = _Item(q.start, q.end, q.cue.text)
        if q.speaker:
            s = q.speaker
            who: Hashable = _plain(s.name or "") if (q.start, q.end) in named else (s.start, s.end)
            side["speakers"][q.start, q.end, who] = _Item(q.start, q.end, s.name or s.text)
    for r in document.relations:
        head, tail = (mentions.get(end, nowhere) for end in (r.head, r.tail))
        detail = f"{r.type}: {head.text} → {tail.text}"
        item = _Item(head.start, head.end, detail, r.type)
        side["relations"].setdefault((r.type, names.get(r.head), names.get(r.tail)), item)
    return side


def _names(gold: Document, document: Document) -> _Names:
    """What each mention names: a gold organisation (its id), else the words without blanks.

    An ORG mention is the gold organisation that has this span, or else this text; or else the one
    that another mention of its own organisation is.
    """
    by_span = _organization_by_span(gold)
    by_text = {_plain(gold.text[slice(*span)]): own for span, own in by_span.items()}
    names: _Names = {}
    for m in document.mentions:
        names[m.id] = _plain(m.text)
        own = by_span.get((m.start, m.end)) or by_text.get(_plain(m.text))
        if m.label == "ORG" and own:
            names[m.id] = (own,)
    for organization in document.organizations:
        ids = [m for m in organization.mentions if m in names]
        shared = next((names[i] for i in ids if isinstance(names[i], tuple)), None)
        name = shared or _plain(organization.name)
        names |= {i: name for i in ids if not isinstance(names[i], tuple)}
    return names


def _organization_by_span(document: Document) -> dict[Offsets, str]:
    owner = {m: o.id for o in document.organizations for m in o.mentions}
    return {(m.start, m.end): owner[m.id] for m in document.mentions if m.id in owner}


def _plain(words: str) -> str:
    return "".join(words.split())


def _facts(gold: Document, document: Document, names: Sequence[_Names]) -> tuple[_Side, _Side]:
    """Facts paired one to one: the same kind, as many common actors as there are, at least one."""

    def actors(side: Document, fact: schema.Fact, own: _Names) -> set[Hashable]:
        members = {o.id: o.mentions for o in side.organizations}
        return {own[m] for a in fact.actors for m in members.get(a, (a,)) if m in own}

    def item(side: Document, fact: schema.Fact) -> _Item:
        name = {o.id: o.name for o in side.organizations}
        who = ", ".join(name.get(actor, actor) for actor in fact.actors)
        return _Item(fact.start, fact.end, f"{fact.kind}: {who}", fact.kind)

    found: _Side = {}
    free = {at: actors(gold, fact, names[0]) for at, fact in enumerate(gold.facts)}
    for at, fact in enumerate(document.facts):
        own = actors(document, fact, names[1])
        fits = [n for n in free if gold.facts[n].kind == fact.kind and free[n] & own]
        best = max(fits, key=lambda n: len(free[n] & own), default=None)
        free.pop(-1 if best is None else best, None)
        found[("spurious", at) if best is None else ("gold", best)] = item(document, fact)
    return {("gold", at): item(gold, fact) for at, fact in enumerate(gold.facts)}, found


def _b_cubed(gold: Document, document: Document) -> Score:
    """Sums over the gold mentions; see the module's docstring."""
    wanted, found = _organization_by_span(gold), _organization_by_span(document)
    both = {span: (wanted[span], found[span]) for span in wanted if span in found}
    together = Counter(both.values())
    gold_sizes, found_sizes = Counter(wanted.values()), Counter(own for _, own in both.values())
    return Score(
        right=sum(together[pair] / found_sizes[pair[1]] for pair in both.values()),
        predicted=len(both),
        recalled=sum(together[pair] / gold_sizes[pair[0]] for pair in both.values()),
        gold=len(wanted),
    )


def _clusters(gold: Document, document: Document) -> _Side:
    """The document's organisations as sets of gold mentions."""
    wanted = _organization_by_span(gold)
    spans: dict[str, list[Offsets]] = defaultdict(list)
    for span, organization in sorted(_organization_by_span(document).items()):
        if span in wanted:
            spans[organization].append(span)
    return {
        frozenset(own): _Item(*own[0], " | ".join(gold.text[slice(*span)] for span in own))
        for own in spans.values()
    }


def evaluate_documents(
    gold_dir: str | Path, predictions: str | Path | Predict, texts: Sequence[str | Path]
) -> Scores:
    """Score all gold files of a folder.

    `predictions` is a folder of documents as JSON, named as the gold files, or a callable that
    makes one of (text, publication date). `<document>.txt` is looked for in the folders `texts` in
    turn. A text or prediction that is not there is reported in `Scores.missing`.

    Raises DataError where there is no gold, or gold or a text is not as marked; InputError where a
    prediction is no document of that text.
    """
    paths = sorted(Path(gold_dir).glob("*.json"))
    if not paths:
        raise DataError(f"{gold_dir} without *.json", "a folder of gold files", "check the path")
    missing: list[str] = []

    def pairs() -> Iterable[tuple[GoldDocument, Document, str]]:
        for path in paths:
            gold = load_gold(path)
            text = find_text(gold, texts)
            if text is None:
                missing.append(f"{gold.document}: no text")
            elif callable(predictions):
                yield gold, predictions(text, iso(gold.published)), text
            elif (answer := Path(predictions) / path.name).is_file():
                yield gold, Document.from_json(answer.read_bytes(), text), text
            else:
                missing.append(f"{gold.document}: no prediction")

    scores = score_documents(pairs())
    return Scores(scores.documents, scores.records, tuple(missing))


def find_text(gold: GoldDocument, folders: Sequence[str | Path]) -> str | None:
    """The text the gold was marked on, from the first folder that has its file; None without.

    Raises DataError where the file is not the text marked.
    """
    for folder in folders:
        path = Path(folder) / f"{gold.document}.txt"
        if path.is_file():
            # Bytes, for reading as text would turn \\r\\n into \\n and move every offset.
            text = path.read_bytes().decode("utf-8", "replace")
            check_text(gold, text)
            return text
    return None


def score_table(scores: Scores) -> Table:
    """The scores as a table for `rich.console.Console().print`.

    Raises MissingExtraError where rich is not installed.
    """
    try:
        from rich.table import Table
    except ImportError as error:
        raise MissingExtraError(
            "a table without rich", "rich installed", "pip install rich"
        ) from error
    table = Table(title=f"{scores.documents} documents")
    for column in ("record", "precision", "recall", "F1", "right", "spurious", "missed"):
        table.add_column(column, justify="left" if column == "record" else "right")
    for name, score in scores.records.items():
        ratios = (f"{100 * ratio:.1f}" for ratio in (score.precision, score.recall, score.f1))
        sums = (f"{score.to_dict()[column]:.6g}" for column in ("tp", "fp", "fn"))
        table.add_row(name, *ratios, *sums)
    return table
