r"""brat: a folder with NAME.txt and NAME.ann, with annotation.conf and visual.conf.

Offsets are code points. A type may have letters, digits, `_` and `-` only, so relations are named
as brat itself would: `org:top_members/employees` is `org_top_members_employees` in the file, and
visual.conf shows its real name.

brat reads a file line by line and compares the words of each span with the text, so a mention that
runs over a line break stands there in pieces, as brat's own page writes it, with the break as a
blank: `T1\tORG 0 2;3 6\t한빛 연구소`. Pieces with only breaks and blanks between them are read as
one mention; any other discontinuous span is refused.

What brat does not know travels beside it as NAME.json, our own stand-off file, which brat leaves
alone. Format: https://brat.nlplab.org/standoff.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from lgtalent_ie.annotation.carried import put_back
from lgtalent_ie.annotation.files import once, read_file, text_of, to_write, utf8, write_file
from lgtalent_ie.annotation.formats.standoff import as_object, dumped
from lgtalent_ie.annotation.labels import COLOURS, RELATION_TYPES
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
from lgtalent_ie.evaluation.gold import GoldMention, GoldRelation, Offsets, load_gold
from lgtalent_ie.schema import LABELS

LOSES: frozenset[str] = frozenset(("scores", "origin"))

# All that a program may take for the end of a line, and the tab that separates fields.
BREAK = re.compile(r"[\t\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
BLANKS = re.compile(rf"(?:{BREAK.pattern}| )+")
SPAN = re.compile(r"(T\S*)\t(\S+) ([0-9]+ [0-9]+(?:;[0-9]+ [0-9]+)*)\t(.*)")
RELATION = re.compile(r"(R\S*)\t(\S+) Arg1:(\S+) Arg2:(\S+)\s*")
NOTE = re.compile(r"(#\S*)\t(\S+ \S+)\t?(.*)")
FOREIGN = {"A": "attribute", "M": "attribute", "E": "event", "N": "normalisation", "*": "Equiv"}


def stored(relation: str) -> str:
    """A relation's name as brat stores it (`normalize_to_storage_form` of its projectconfig.py).

    >>> stored("org:top_members/employees")
    'org_top_members_employees'
    """
    return re.sub(r"[^a-zA-Z0-9_-]", "_", relation)


BY_STORED = {stored(relation): relation for relation in RELATION_TYPES}


def write(documents: Iterable[Marked], path: Path) -> None:
    """Write the files of each document, and the configuration, to the folder `path`.

    Raises DataError where there is no document or two have one name, a mention begins or ends with
    a line break, or a relation of another name than the guidelines' cannot be stored.
    """
    named = ((marked.gold.document, marked) for marked in to_write(documents, path))
    for name, marked in once(named, path):
        write_file(path / f"{name}.txt", utf8(marked.text, name))
        write_file(path / f"{name}.ann", utf8("".join(lines_of(marked)), name))
        write_file(path / f"{name}.json", dumped(as_object(marked, with_text=False), name))
    write_file(path / "annotation.conf", annotation_conf().encode())
    write_file(path / "visual.conf", visual_conf().encode())


def lines_of(marked: Marked) -> Iterator[str]:
    ids = {m.id: f"T{number}" for number, m in enumerate(marked.gold.mentions, 1)}
    for m in marked.gold.mentions:
        pieces = pieces_of(m, marked)
        offsets = ";".join(f"{start} {end}" for start, end in pieces)
        words = " ".join(marked.text[slice(*piece)] for piece in pieces)
        yield f"{ids[m.id]}\t{m.label} {offsets}\t{words}\n"
    for number, r in enumerate(marked.gold.relations, 1):
        if BY_STORED.get(stored(r.type), stored(r.type)) != r.type:
            raise DataError(
                f"{marked.gold.document}: relation {r.type!r}",
                "a relation of the guidelines, or letters, digits, _ and -", "rename it",
            )  # fmt: skip
        yield f"R{number}\t{stored(r.type)} Arg1:{ids[r.head]} Arg2:{ids[r.tail]}\n"


def pieces_of(m: GoldMention, marked: Marked) -> list[Offsets]:
    """The mention without the breaks in it."""
    pieces: list[Offsets] = []
    at = m.start
    for found in [*BREAK.finditer(marked.text, m.start, m.end), None]:
        end = m.end if found is None else found.start()
        if at < end:
            pieces.append((at, end))
        at = m.end if found is None else found.end()
    if not pieces or (pieces[0][0], pieces[-1][1]) != (m.start, m.end):
        raise DataError(
            f"{marked.gold.document}: mention {m.id!r} at {m.start}..{m.end} begins or ends with a "
            "line break or tab",
            "mentions that begin and end with a word", "mark it again",
        )  # fmt: skip
    return pieces


def annotation_conf() -> str:
    """Which labels and relations there are."""
    relations = (f"{stored(r)}\tArg1:<ENTITY>, Arg2:<ENTITY>" for r in RELATION_TYPES)
    sections = {"entities": LABELS, "relations": relations, "events": (), "attributes": ()}
    return "\n".join(f"[{name}]\n" + "".join(f"{x}\n" for x in xs) for name, xs in sections.items())


def visual_conf() -> str:
    """How they are shown."""
    labels = "".join(f"{stored(r)} | {r}\n" for r in RELATION_TYPES)
    colours = "".join(f"{label}\tfgColor:black, bgColor:{COLOURS[label]}\n" for label in LABELS)
    return f"[labels]\n{labels}\n[drawing]\nSPAN_DEFAULT\tborderColor:darken\n{colours}"


def read(path: Path, origin: Origin, offsets: OffsetUnit = "character") -> list[Marked]:
    """Read the folder `path`, by name; annotators' notes come back in `Marked.notes`.

    Raises DataError, with the file and the line, where one cannot be read, a label is none of the
    nine, a span is reversed, discontinuous, overlaps another, lies outside the text or holds other
    words than the line says, a relation names what is not there, or a line holds what this project
    does not know (attributes, events, normalisations, Equiv).
    """
    texts, marks = ({p.stem for p in path.glob(f"*{end}")} for end in (".txt", ".ann"))
    if not texts | marks:
        raise DataError(f"{path} without *.ann", "a folder of brat's files", "check the path")
    for name in sorted(texts ^ marks):
        there, missing = (".txt", ".ann") if name in texts else (".ann", ".txt")
        raise DataError(
            f"{path / name}{there} without {name}{missing}",
            "two files for each document", "add or remove one",
        )  # fmt: skip
    return [marked_of(path / name, name, origin, offsets) for name in sorted(texts)]


@dataclass(slots=True)
class _Lines:
    """What the lines of one file say; `where` is that of each span."""

    ids: dict[str, str] = field(default_factory=dict)
    labels: list[str] = field(default_factory=list)
    pieces: list[list[Offsets]] = field(default_factory=list)
    surfaces: list[str] = field(default_factory=list)
    where: list[str] = field(default_factory=list)
    relations: list[tuple[str, str, str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def marked_of(base: Path, name: str, origin: Origin, unit: OffsetUnit) -> Marked:
    text_file, file, beside = (base.parent / f"{name}{end}" for end in (".txt", ".ann", ".json"))
    text = text_of(read_file(text_file), str(text_file))
    lines = parsed(text_of(read_file(file), str(file)), str(file))
    spans = joined(lines, text, unit)
    check_surface(spans, lines.surfaces, text, lines.where, as_brat_writes)
    mentions = [
        GoldMention(own, check_label(label, place), *span)
        for own, label, span, place in zip(lines.ids, lines.labels, spans, lines.where, strict=True)
    ]
    relations = []
    for kind, head, tail, place in lines.relations:
        for end in (head, tail):
            if end not in lines.ids:
                raise DataError(f"{place}: no {end!r}", "ids of spans", "correct the line")
        relations.append(GoldRelation(BY_STORED.get(kind, kind), head, tail))
    found = from_mentions(name, text, mentions, relations, origin, where=str(file))
    written = load_gold(beside) if beside.is_file() else None
    return put_back(Marked(found.gold, text, tuple(lines.notes)), written, str(file))


def parsed(content: str, file: str) -> _Lines:
    lines = _Lines()
    for number, line in enumerate(content.split("\n"), 1):
        where = f"{file}, line {number}"
        line = line.removesuffix("\r")
        if not line.strip():
            continue
        if span := SPAN.fullmatch(line):
            own, label, offsets, words = span.groups()
            if own in lines.ids:
                raise DataError(f"{where}: {own!r} again", "an id for each", "correct the line")
            lines.ids[own] = where
            lines.labels.append(label)
            ends = (piece.split(" ") for piece in offsets.split(";"))
            lines.pieces.append([(int(start), int(end)) for start, end in ends])
            lines.surfaces.append(words)
            lines.where.append(where)
        elif relation := RELATION.fullmatch(line):
            _, kind, head, tail = relation.groups()
            lines.relations.append((kind, head, tail, where))
        elif note := NOTE.fullmatch(line):
            lines.notes.append(f"{where}: {note[2]}: {note[3]}")
        else:
            what = FOREIGN.get(line[0])
            raise DataError(
                f"{where}: {what or 'not a line of brat'}: {line[:60]!r}",
                "T lines (spans), R lines with Arg1 and Arg2 (relations), # lines (notes)",
                "remove the line" if what else "correct the line",
            )
    return lines


def joined(lines: _Lines, text: str, unit: OffsetUnit) -> list[Offsets]:
    """One span for each mention; DataError where words stand between its pieces."""
    flat = [piece for pieces in lines.pieces for piece in pieces]
    owners = [
        place for place, pieces in zip(lines.where, lines.pieces, strict=True) for _ in pieces
    ]
    found = iter(placed(flat, text, unit, owners))
    spans = []
    for pieces, place in zip(lines.pieces, lines.where, strict=True):
        own = [next(found) for _ in pieces]
        for (_, end), (start, _) in pairwise(own):
            between = text[end:start]
            if between.strip() or not BREAK.search(between):
                given = ";".join(f"{a} {b}" for a, b in pieces)
                raise DataError(
                    f"{place}: discontinuous span {given}", "one stretch of text",
                    "mark it as one, or as two",
                )  # fmt: skip
        spans.append((own[0][0], own[-1][1]))
    return spans


def as_brat_writes(words: str) -> str:
    """Breaks and blanks in a row as one blank: brat leaves breaks out or writes them as blanks."""
    return BLANKS.sub(" ", words)
