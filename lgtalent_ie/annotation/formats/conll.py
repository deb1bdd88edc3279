r"""CoNLL columns: a token a line with its offsets, its mentions and its tag, BIO or BIOES.

    # global.columns = FORM START END MENTION TAG
    # document = "article"
    # published = "2024-03-05"
    # text = "새벽전자가 하늘대와 만났다."
    # relation = ["org:partner", "m1", "m2"]
    새벽전자	0	4	m1:ORG:0-4	B-ORG
    가	4	5	_	O

Values of comment lines are JSON, so that the text stands there exactly, line ends included. A blank
line ends each line of the text, and each document. The tag is the last column, as other programs
expect it. A tag knows whole tokens only; MENTION, on a mention's first token, has its id (percent-
encoded), label and true offsets, several joined by `|`. A file without that column is read by its
tags. A line is a comment where it begins with `#` and has no tab.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from lgtalent_ie.annotation.marked import (
    Marked,
    OffsetUnit,
    Origin,
    check_label,
    check_surface,
    from_mentions,
    placed,
)
from lgtalent_ie.annotation.plain_text import read_lines, writable, write_lines
from lgtalent_ie.annotation.tokens import (
    Chunk,
    Offsets,
    Scheme,
    Unit,
    chunks_of,
    line_starts,
    scheme_of,
    tags_of,
    tokens_of,
)
from lgtalent_ie.errors import DataError
from lgtalent_ie.evaluation.gold import GoldMention, GoldRelation

LOSES: frozenset[str] = frozenset(
    {"organizations", "dates", "counts", "quotes", "facts", "scores", "origin"}
)
COLUMNS = "FORM START END MENTION TAG"
NO_MENTION = "_"
ACCEPTED = f"lines of {COLUMNS} (MENTION may be missing) after a line `# text = …`"
_MENTION = re.compile(r"(?P<id>[^:|]*):(?P<label>[^:|]*):(?P<start>\d+)-(?P<end>\d+)")


def write(
    documents: Iterable[Marked],
    path: Path,
    tokens: Unit = "morpheme",
    scheme: Scheme = "bio",
) -> None:
    """Write documents to one file; blanks around and within mentions are kept.

    Raises DataError for a mention that holds nothing but blanks, and as `plain_text.writable`.
    """
    lines = [f"# global.columns = {COLUMNS}"]
    for marked in writable(documents, path):
        lines.extend(_document_lines(marked, tokens, scheme))
    write_lines(path, lines)


def _document_lines(marked: Marked, unit: Unit, scheme: Scheme) -> Iterator[str]:
    gold, text = marked.gold, marked.text
    spans = tokens_of(text, unit)
    chunks, cells = _placed(gold.mentions, spans, gold.document)
    yield _comment("document", gold.document)
    if gold.published:
        yield _comment("published", gold.published.isoformat())
    yield _comment("text", text)
    for relation in gold.relations:
        yield _comment("relation", [relation.type, relation.head, relation.tail])
    breaks = set(line_starts(text, gold.mentions)[1:])
    tags = tags_of(chunks, len(spans), scheme)
    for (start, end), cell, tag in zip(spans, cells, tags, strict=True):
        if start in breaks:
            yield ""
        yield f"{text[start:end]}\t{start}\t{end}\t{cell}\t{tag}"
    yield ""


def _placed(
    mentions: Iterable[GoldMention], spans: Sequence[Offsets], name: str
) -> tuple[list[Chunk], list[str]]:
    """Mentions as chunks of tokens, and the MENTION column; a token is in the first chunk only."""
    chunks: list[Chunk] = []
    cells: list[list[str]] = [[] for _ in spans]
    starts, ends = [start for start, _ in spans], [end for _, end in spans]
    free = 0
    for m in sorted(mentions, key=lambda m: m.start):
        # The tokens that share a character with the mention.
        after, begin = bisect_left(starts, m.end), bisect_right(ends, m.start)
        if begin >= after:
            raise DataError(
                f"{name}: mention {m.id!r} at {m.start}..{m.end} holds blanks alone",
                "a mention with words in it", "take it out",
            )  # fmt: skip
        cells[begin].append(f"{quote(m.id, safe='')}:{m.label}:{m.start}-{m.end}")
        first, free = max(begin, free), max(after, free)
        if first < free:
            chunks.append((first, free, m.label))
    return chunks, ["|".join(cell) or NO_MENTION for cell in cells]


def _comment(key: str, value: Any) -> str:
    written = json.dumps(value, ensure_ascii=False)
    # JSON leaves the line separators of Unicode raw, and some readers break lines there.
    odd = r"[\x7f-\x9f\u2028\u2029]"
    return f"# {key} = " + re.sub(odd, lambda c: f"\\u{ord(c.group()):04x}", written)


@dataclass(slots=True)
class _Block:
    """One document of a file as read so far; `rows` are fields with the place they stand at."""

    name: str
    where: str
    published: date | None = None
    text: str | None = None
    relations: list[GoldRelation] = field(default_factory=list)
    rows: list[tuple[list[str], str]] = field(default_factory=list)


def read(path: Path, origin: Origin, offsets: OffsetUnit = "character") -> list[Marked]:
    """The documents of a file, BIO or BIOES, with or without the MENTION column.

    Raises DataError with file and line for a line that is no row, a form that does not stand at its
    offsets, tags that break their scheme or say something else than MENTION, and for no document.
    """
    blocks: list[_Block] = []
    for number, line in enumerate(read_lines(path), 1):
        where = f"{path}, line {number}"
        if line.startswith("#") and "\t" not in line:
            key, _, value = line.removeprefix("#").partition("=")
            if key.strip() == "document":
                blocks.append(_Block(_value(value, str, where), where))
            elif key.strip() in ("text", "published", "relation"):
                _add_comment(_last(blocks, where), key.strip(), value, where)
        elif line.strip():
            _last(blocks, where).rows.append((line.split("\t"), where))
    if not blocks:
        raise DataError(f"{path}: no document", ACCEPTED, "check the path")
    return [_marked(block, origin, offsets) for block in blocks]


def _last(blocks: list[_Block], where: str) -> _Block:
    if not blocks:
        raise DataError(f"{where}: before any `# document = …`", ACCEPTED, "put that line first")
    return blocks[-1]


def _add_comment(block: _Block, key: str, value: str, where: str) -> None:
    if key == "text":
        block.text = _value(value, str, where)
    elif key == "published":
        try:
            block.published = date.fromisoformat(_value(value, str, where))
        except ValueError as error:
            raise DataError(f"{where}: {error}", '"2024-03-05"', "correct the date") from error
    else:
        fields = _value(value, list, where)
        if len(fields) != 3 or not all(isinstance(item, str) for item in fields):
            raise DataError(f"{where}: relation {fields}", "[type, head, tail]", "correct it")
        block.relations.append(GoldRelation(*fields))


def _value(written: str, kind: type, where: str) -> Any:
    try:
        value = json.loads(written)
    except json.JSONDecodeError as error:
        raise DataError(f"{where}: {error}", "a JSON value after =", "correct it") from error
    if not isinstance(value, kind):
        raise DataError(f"{where}: {value!r}", f"a JSON {kind.__name__}", "correct it")
    return value


def _marked(block: _Block, origin: Origin, unit: OffsetUnit) -> Marked:
    if block.text is None:
        raise DataError(f"{block.where}: a document without its text", ACCEPTED, "add the line")
    places = [where for _, where in block.rows]
    width = len(block.rows[0][0]) if block.rows else 5
    for fields, where in block.rows:
        if len(fields) != width or width not in (4, 5):
            raise DataError(f"{where}: {len(fields)} columns", ACCEPTED, "correct the line")
    spans = _offsets([fields for fields, _ in block.rows], block.text, unit, places)
    tags = [fields[-1] for fields, _ in block.rows]
    chunks = list(chunks_of(tags, places))
    if width == 4:
        mentions = [
            GoldMention(f"m{n}", check_label(label, places[a]), spans[a][0], spans[b - 1][1])
            for n, (a, b, label) in enumerate(chunks, 1)
        ]
    else:
        mentions = _column_mentions(block, spans, tags, unit)
    return from_mentions(block.name, block.text, mentions, block.relations, origin, block.published)


def _offsets(
    rows: Sequence[list[str]], text: str, unit: OffsetUnit, places: Sequence[str]
) -> list[Offsets]:
    """Tokens in code points, each with its form at its offsets, in order."""
    written: list[Offsets] = []
    for row, place in zip(rows, places, strict=True):
        try:
            written.append((int(row[1]), int(row[2])))
        except ValueError as error:
            raise DataError(f"{place}: {error}", ACCEPTED, "write offsets as numbers") from error
    spans = placed(written, text, unit, places)
    check_surface(spans, [row[0] for row in rows], text, places)
    for (first, second), place in zip(pairwise(spans), places[1:], strict=False):
        if second < first:
            raise DataError(f"{place}: token {second} after {first}", "tokens in order", "sort")
    return spans


def _column_mentions(
    block: _Block, spans: Sequence[Offsets], tags: Sequence[str], unit: OffsetUnit
) -> list[GoldMention]:
    """The mentions of the MENTION column; DataError where the tags say something else."""
    items: list[tuple[re.Match[str], str]] = []
    for fields, where in block.rows:
        for item in fields[3].split("|") if fields[3] != NO_MENTION else ():
            match = _MENTION.fullmatch(item)
            if match is None:
                raise DataError(f"{where}: MENTION {item!r}", "id:LABEL:start-end, _", "correct it")
            items.append((match, where))
    places = [where for _, where in items]
    written = [(int(match["start"]), int(match["end"])) for match, _ in items]
    offsets = placed(written, block.text or "", unit, places)
    mentions = [
        GoldMention(unquote(match["id"]), check_label(match["label"], where), *span)
        for (match, where), span in zip(items, offsets, strict=True)
    ]
    chunks, cells = _placed(mentions, spans, block.name)
    expected = tags_of(chunks, len(spans), scheme_of(tags))
    for tag, wanted, cell, (fields, where) in zip(tags, expected, cells, block.rows, strict=True):
        if tag != wanted or (cell == NO_MENTION) != (fields[3] == NO_MENTION):
            raise DataError(
                f"{where}: MENTION {fields[3]!r} and tag {tag!r}",
                f"the tag {wanted!r}, and MENTION on the first token of a mention",
                "correct one of the two, or take the whole column MENTION out and keep the tags",
            )  # fmt: skip
    return mentions
