r"""WebAnno TSV 3.3, the token table of INCEpTION and WebAnno; a folder with one file a document.

    #FORMAT=WebAnno TSV 3.3
    #T_SP=de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity|identifier|value
    #T_RL=webanno.custom.Relation|value|BT_de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity


    #Text=새벽전자가 하늘대와 만났다.
    1-1	0-4	새벽전자	*	ORG	_	_
    1-2	4-5	가	_	_	_	_
    1-3	6-9	하늘대	*	ORG	org:partner	1-1

The form is described in INCEpTION's user guide, "WebAnno TSV 3.3 File format"; where the guide and
the program part ways, this follows the program (`Tsv3XDeserializer`, `Escaping`). Offsets are
UTF-16 code units, always. Mentions are of INCEpTION's own layer of named entities; for relations a
project needs a layer `Relation` on them with a feature `value` before it can import the file. A
relation stands on the row of its tail.

The text is put together from its sentences, so they cover all of it: one begins at each line and
takes the blanks after it along. The program ends every text with a line end of its own, which is
not read. Tokens are cut where mentions begin and end; sub-tokens are read, as it writes them.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from lgtalent_ie.annotation.marked import (
    RECORDS,
    Marked,
    Origin,
    check_label,
    counted,
    encoded,
    from_mentions,
    placed,
)
from lgtalent_ie.annotation.plain_text import read_lines, writable, write_lines
from lgtalent_ie.annotation.tokens import (
    Offsets,
    Unit,
    cut,
    line_starts,
    mention_ends,
    tokens_of,
)
from lgtalent_ie.errors import DataError
from lgtalent_ie.evaluation.gold import GoldMention, GoldRelation

LOSES: frozenset[str] = frozenset(
    {*RECORDS, "mention ids", "scores", "published", "origin"} - {"relations"}
)
FORMAT = "#FORMAT=WebAnno TSV 3."
MENTION_LAYER = "de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity"
RELATION_LAYER = "webanno.custom.Relation"
NOTHING, NO_VALUE = "_", "*"
ACCEPTED = "WebAnno TSV 3.2 or 3.3 with one layer of spans and at most one of relations on it"
EXPORT = "export the document again"
# A blank stretch between two sentences that is longer than this is an offset gone wrong.
LONGEST_GAP = 1_000_000

_READABLE = {"\t": "t", "\n": "n", "\f": "f", "\r": "r", "\b": "b", "\\": "\\"}
_UNREADABLE = {written: character for character, written in _READABLE.items()}
_TEXT_SPECIAL = re.compile(r"[\x00-\x08\x09\x0a\x0c-\x1f\\]")
_VALUE_SPECIAL = re.compile(r"->|[\\\[\]|_;*\t\n]")
_STACKED = re.compile(r"(?:[^|\\]|\\.)+", re.DOTALL)
_NUMBERED = re.compile(r"(?P<value>.*)\[(?P<number>\d+)\]", re.DOTALL)
_REFERENCE = re.compile(r"(?P<unit>\d+-\d+(?:\.\d+)?)(?:\[(?P<head>\d+)_(?P<tail>\d+)\])?")
_UNIT = re.compile(r"\d+-\d+(?:\.\d+)?")
_OFFSETS = re.compile(r"(\d+)-(\d+)")


def write(documents: Iterable[Marked], path: Path, tokens: Unit = "morpheme") -> None:
    """Write `<document>.tsv` into the folder `path`, which is made where it is not there.

    Raises DataError for what the format cannot hold: an empty text, a mention that begins or ends
    with a blank, an empty type of a relation; and as `plain_text.writable`.
    """
    for marked in writable(documents, path):
        write_lines(path / f"{marked.gold.document}.tsv", _lines(marked, tokens))


def escape_text(text: str) -> str:
    r"""A line's text as the file has it: control characters and `\` behind a `\`."""
    return _TEXT_SPECIAL.sub(lambda c: "\\" + _READABLE.get(c[0], c[0]), text)


def unescape_text(written: str) -> str:
    r"""The text of a line of the file; a `\` before anything else stays.

    >>> unescape_text(r"새벽\t\\전자\_")
    '새벽\t\\전자\\_'
    """

    def character(found: re.Match[str]) -> str:
        after = found[1]
        return _UNREADABLE.get(after, after if after < " " else found[0])

    return re.sub(r"\\(.)", character, written, flags=re.DOTALL)


def escape_value(value: str) -> str:
    r"""A value of a feature as the file has it.

    >>> print(escape_value("per:employee_of"))
    per:employee\_of
    """
    return _VALUE_SPECIAL.sub(lambda c: "\\" + {"\t": "t", "\n": "n"}.get(c[0], c[0]), value)


def unescape_value(written: str) -> str:
    """The value of a feature from how the file has it."""
    return re.sub(
        r"\\(.)", lambda c: {"t": "\t", "n": "\n"}.get(c[1], c[1]), written, flags=re.DOTALL
    )


def _lines(marked: Marked, unit: Unit) -> Iterator[str]:
    gold, text = marked.gold, marked.text
    _check_writable(marked)
    tokens = cut(tokens_of(text, unit), mention_ends(gold.mentions))
    starts = line_starts(text, gold.mentions) or [0]
    before = text[: tokens[0][0]] if tokens else text
    if before.strip(" ") or not tokens:
        # A gap before the first token is read as spaces: other blanks need a token of their own.
        tokens.insert(0, (0, len(before)))
        starts[0] = 0
    ids = _units(tokens, starts)
    cells = _cells(gold.mentions, gold.relations, tokens, ids)
    units = _utf16(text)
    yield f"{FORMAT}3"
    yield f"#T_SP={MENTION_LAYER}|identifier|value"
    if gold.relations:
        yield f"#T_RL={RELATION_LAYER}|value|BT_{MENTION_LAYER}"
    yield ""
    for start, end in pairwise([*starts, len(text)]):
        yield ""
        last = end == len(text)
        # The reader ends every sentence with a line end, and takes it back where there is none.
        covered = text[start:end] if last else text[start:end].removesuffix("\n")
        yield from (f"#Text={escape_text(line)}" for line in covered.split("\n"))
        for at in range(bisect_left(tokens, (start,)), bisect_left(tokens, (end,))):
            first, after = tokens[at]
            row = [ids[at], f"{units[first]}-{units[after]}", escape_text(text[first:after])]
            row += cells[first] if gold.relations else cells[first][:2]
            yield "\t".join([*row, ""])


def _check_writable(marked: Marked) -> None:
    name, text = marked.gold.document, marked.text
    if not text:
        raise DataError(f"{name}: an empty text", "a text with characters", "leave it out")
    for m in marked.gold.mentions:
        if text[m.start].isspace() or text[m.end - 1].isspace():
            raise DataError(
                f"{name}: mention {m.id!r} at {m.start}..{m.end} begins or ends with a blank",
                "mentions from word to word: the format has no rows for blanks", "narrow it",
            )  # fmt: skip
    for relation in marked.gold.relations:
        if not relation.type or "\r" in relation.type:
            raise DataError(f"{name}: relation {relation.type!r}", "a type in words", "name it")


def _units(tokens: list[Offsets], starts: list[int]) -> list[str]:
    """Ids of the tokens: `sentence-token`, both from 1."""
    ids, sentence, number = [], 0, 0
    for start, _ in tokens:
        number += 1
        if sentence < len(starts) and start >= starts[sentence]:
            sentence, number = sentence + 1, 1
        ids.append(f"{sentence}-{number}")
    return ids


def _cells(
    mentions: Iterable[GoldMention],
    relations: Iterable[GoldRelation],
    tokens: list[Offsets],
    ids: list[str],
) -> dict[int, list[str]]:
    """identifier, value, type and head of the row of each token, by the token's start."""
    cells = {start: [NOTHING] * 4 for start, _ in tokens}
    place: dict[str, int] = {}
    number: dict[str, int] = {}
    for m in sorted(mentions, key=lambda m: m.start):
        first, after = bisect_left(tokens, (m.start,)), bisect_left(tokens, (m.end,))
        place[m.id] = first
        number[m.id] = 0 if after - first == 1 else len(number) + 1
        suffix = f"[{number[m.id]}]" if number[m.id] else ""
        for start, _ in tokens[first:after]:
            cells[start][:2] = NO_VALUE + suffix, m.label + suffix
    arcs: defaultdict[int, list[tuple[str, str]]] = defaultdict(list)
    for relation in relations:
        head = ids[place[relation.head]]
        if number[relation.head] or number[relation.tail]:
            head += f"[{number[relation.head]}_{number[relation.tail]}]"
        arcs[tokens[place[relation.tail]][0]].append((escape_value(relation.type), head))
    for start, arc in arcs.items():
        cells[start][2:] = "|".join(kind for kind, _ in arc), "|".join(head for _, head in arc)
    return cells


def _utf16(text: str) -> list[int]:
    """UTF-16 code units before each character, and before the end."""
    return counted(range(len(text) + 1), text, "utf16")


class _Columns(NamedTuple):
    """Places of what is read in a row, and how many columns a row has."""

    label: int
    other: tuple[int, ...]
    relation: int | None
    width: int


@dataclass(frozen=True, slots=True)
class _Row:
    unit: str
    offsets: Offsets
    surface: str
    cells: list[str]
    where: str


def read(path: Path, origin: Origin) -> list[Marked]:
    """The document of a file, or of all `*.tsv` of a folder in order of their names.

    The layer of the mentions may have any name and any one feature (beside `identifier`), so may
    that of the relations. Raises DataError with file and line for a layer or a value that would be
    lost, a row that is none, offsets at which the file's own tokens do not stand, and relations of
    mentions that are not there.
    """
    files = sorted(path.glob("*.tsv")) if path.is_dir() else [path]
    if not files:
        raise DataError(f"{path}: a folder without *.tsv", ACCEPTED, "check the path")
    return [_read_file(file, origin) for file in files]


def _read_file(path: Path, origin: Origin) -> Marked:
    lines = read_lines(path)
    if lines[0] not in (f"{FORMAT}2", f"{FORMAT}3"):
        raise DataError(f"{path}, line 1: {lines[0][:40]!r}", ACCEPTED, EXPORT)
    head = 1
    while head < len(lines) and lines[head].startswith("#T_"):
        head += 1
    columns = _columns(lines[1:head], path)
    text, rows = _content(lines, head, columns, path)
    spans = _spans(rows, text)
    found = _Annotations()
    for row, span in zip(rows, spans, strict=True):
        found.add(row, span, columns)
    name = path.name.removesuffix(".tsv")
    places = [where for _, _, where in found.mentions]
    marked = placed([span for _, span, _ in found.mentions], text, "character", places)
    mentions = [
        GoldMention(f"m{n}", check_label(label, where), *span)
        for n, ((label, _, where), span) in enumerate(zip(found.mentions, marked, strict=True), 1)
    ]
    relations = [] if columns.relation is None else list(_relations(rows, columns.relation, found))
    return from_mentions(name, text, mentions, relations, origin)


def _columns(header: Iterable[str], path: Path) -> _Columns:
    """The columns that the header's layers declare."""
    label, relation, layer = -1, None, ""
    other: list[int] = []
    count = 0
    for number, line in enumerate(header, 2):
        where = f"{path}, line {number}"
        kind, _, rest = line.partition("=")
        name, *features = [part for part in rest.split("|") if part]
        if kind == "#T_SP" and label < 0:
            named = [f for f in features if f != "identifier"]
            feature = "value" if "value" in named else named[0] if len(named) == 1 else ""
            if not feature or any("." in f for f in features):
                raise DataError(f"{where}: features {features}", "one with the label", EXPORT)
            label, layer = count + features.index(feature), name
            other = [count + at for at, f in enumerate(features) if f != feature]
        elif kind == "#T_RL" and relation is None and features[1:] == [f"BT_{layer}"]:
            relation = count
        else:
            raise DataError(
                f"{where}: layer {name}", ACCEPTED, "switch the layer off and export again"
            )
        count += max(len(features), 1)
    if label < 0:
        raise DataError(f"{path}: no layer of spans", ACCEPTED, "mark something and export again")
    return _Columns(label, tuple(other), relation, count)


def _content(lines: list[str], head: int, columns: _Columns, path: Path) -> tuple[str, list[_Row]]:
    """The text, put together as INCEpTION does, and all rows."""
    pieces: list[str] = []
    rows: list[_Row] = []
    sentence: list[str] = []
    units, is_open = 0, False
    for number, line in enumerate(lines[head:], head + 1):
        where = f"{path}, line {number}"
        if line.startswith("#Text=") and not is_open:
            sentence.append(unescape_text(line.removeprefix("#Text=")))
        elif line.startswith("#Sentence.id=") and not is_open:
            continue
        elif line:
            row = _row(line, columns, where)
            if sentence:
                begin = row.offsets[0]
                if units == begin + 1:
                    # There was no line end between the two sentences.
                    pieces[-1], units = pieces[-1][:-1], units - 1
                if not 0 <= begin - units <= LONGEST_GAP:
                    raise DataError(
                        f"{where}: a sentence at {begin} where the one before ends at {units}",
                        "sentences in order of the text", EXPORT,
                    )  # fmt: skip
                pieces += [" " * (begin - units), "\n".join(sentence) + "\n"]
                units = begin + len(encoded(pieces[-1], "utf16")) // 2
                sentence, is_open = [], True
            if not is_open:
                raise DataError(f"{where}: a row before any #Text=", ACCEPTED, EXPORT)
            rows.append(row)
        elif sentence:
            raise DataError(f"{where}: a sentence without tokens", ACCEPTED, EXPORT)
        else:
            is_open = False
    if not rows:
        raise DataError(f"{path}: no tokens", ACCEPTED, EXPORT)
    return "".join(pieces)[:-1], rows


def _spans(rows: Iterable[_Row], text: str) -> list[Offsets]:
    """The rows' offsets in code points; DataError where one holds other words than it says."""
    point = {unit: at for at, unit in enumerate(_utf16(text))}
    spans = []
    for row in rows:
        start, end = (point.get(offset, -1) for offset in row.offsets)
        standing = text[start:end] if 0 <= start <= end else "no characters"
        if standing not in (row.surface, unescape_text(row.surface), unescape_value(row.surface)):
            raise DataError(
                f"{row.where}: {row.surface!r} at {row.offsets[0]}-{row.offsets[1]}, where the "
                f"text has {standing!r}",
                "offsets in UTF-16 code units", "write the file again with offsets as Java counts",
            )  # fmt: skip
        spans.append((start, end))
    return spans


def _row(line: str, columns: _Columns, where: str) -> _Row:
    unit, *fields = line.split("\t")
    offsets = _OFFSETS.fullmatch(fields[0]) if fields else None
    cells = fields[2 : 2 + columns.width]
    rest = fields[2 + columns.width :]
    if not (_UNIT.fullmatch(unit) and offsets and len(cells) == columns.width) or any(rest):
        raise DataError(
            f"{where}: {line[:40]!r}",
            f"sentence-token, begin-end, token and {columns.width} columns", EXPORT,
        )  # fmt: skip
    return _Row(unit, (int(offsets[1]), int(offsets[2])), fields[1], cells, where)


class _Annotations:
    """The mentions of a file, and how relations name them: by number, or by unit.

    A mention over several rows has a number, and runs from the first of them to the last.
    """

    def __init__(self) -> None:
        self.mentions: list[tuple[str, Offsets, str]] = []
        self.by_number: dict[int, int] = {}
        self.by_unit: dict[str, int] = {}

    def add(self, row: _Row, span: Offsets, columns: _Columns) -> None:
        for at in columns.other:
            for value in _STACKED.findall(row.cells[at]):
                numbered = _NUMBERED.fullmatch(value)
                if (numbered["value"] if numbered else value) not in (NOTHING, NO_VALUE):
                    raise DataError(
                        f"{row.where}: {value!r} beside the label", "no other feature", "empty it"
                    )
        cell = row.cells[columns.label]
        for value in _STACKED.findall(cell) if cell != NOTHING else ():
            numbered = _NUMBERED.fullmatch(value)
            number = int(numbered["number"]) if numbered else 0
            label = unescape_value(numbered["value"] if numbered else value)
            if number in self.by_number:
                at = self.by_number[number]
                known, (start, _), where = self.mentions[at]
                if known != label:
                    raise DataError(
                        f"{row.where}: {label} where [{number}] was {known}", "one label", EXPORT
                    )
                self.mentions[at] = label, (start, span[1]), where
            else:
                at = len(self.mentions)
                self.mentions.append((label, span, row.where))
                if number:
                    self.by_number[number] = at
            self.by_unit.setdefault(row.unit, at)

    def find(self, unit: str, number: int, where: str) -> str:
        """The id of a mention; a number of 0 stands for the first of the unit."""
        at = self.by_number.get(number) if number else self.by_unit.get(unit)
        if at is None:
            raise DataError(
                f"{where}: no mention at {unit}, number {number}", "a mention of the file", EXPORT
            )
        return f"m{at + 1}"


def _relations(rows: Iterable[_Row], column: int, found: _Annotations) -> Iterator[GoldRelation]:
    for row in rows:
        kinds, heads = row.cells[column : column + 2]
        if kinds == heads == NOTHING:
            continue
        types, references = _STACKED.findall(kinds), _STACKED.findall(heads)
        matches = [_REFERENCE.fullmatch(reference) for reference in references]
        if len(types) != len(matches) or NO_VALUE in types:
            raise DataError(f"{row.where}: {kinds!r} from {heads!r}", "a type each", EXPORT)
        for kind, match in zip(types, matches, strict=True):
            if match is None:
                raise DataError(f"{row.where}: head {heads!r}", "1-1 or 1-1[0_2]", EXPORT)
            head = found.find(match["unit"], int(match["head"] or 0), row.where)
            tail = found.find(row.unit, int(match["tail"] or 0), row.where)
            yield GoldRelation(unescape_value(kind), head, tail)
