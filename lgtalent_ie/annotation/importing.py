"""Marks back from people: read, compared with what was exported, records kept, conflicts told.

A correction is what people are asked for, and is told in a line. A conflict is what they could not
know or see in their tool: it needs a person once more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from lgtalent_ie.annotation.carried import put_back
from lgtalent_ie.annotation.comparing import RECORD_OF, Finding, compare
from lgtalent_ie.annotation.marked import RECORDS, Marked, OffsetUnit, Origin, without_scores
from lgtalent_ie.annotation.piecewise import read_all
from lgtalent_ie.annotation.tools import format_named
from lgtalent_ie.errors import DataError
from lgtalent_ie.evaluation.gold import GoldDocument, load_gold_lines


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import found: documents to keep, without scores, and every finding, in order."""

    documents: tuple[Marked, ...]
    findings: tuple[Finding, ...]

    @property
    def conflicts(self) -> tuple[Finding, ...]:
        """The findings that need a person."""
        return tuple(finding for finding in self.findings if finding.needs_person)


def import_marks(
    name: str,
    path: Path,
    origin: Origin,
    exported: Mapping[str, Marked] | None = None,
    offsets: OffsetUnit | None = None,
    keep_origin: bool = False,
) -> Imported:
    """Read the marks of a file or folder and compare them with what was `exported`, by document.

    Records that the format does not hold, or that its tool does not show, are taken from the
    export; those of mentions that people left alone stay as they are. Documents that cannot be
    read, that come twice with different marks, or whose text has changed are told and left out.
    The annotators are those of `origin`, also where the file names others, unless `keep_origin`.

    Raises DataError where there is no such file, InputError for an unknown format or unit.
    """
    read, faults = read_all(name, path, origin, offsets)
    findings = [Finding(f.file, "", "refused", f.reason, True) for f in faults]
    once, twice = without_doubles(read)
    findings += twice
    kept: list[Marked] = []
    valued = valued_records(exported.values() if exported else ())
    for file, marked in once:
        document = marked.gold.document
        # With the export at hand the comparison says the same, and what of it needs a person.
        alone = exported is None
        findings += [Finding(file, document, "note", note, alone) for note in marked.notes]
        if exported is not None:
            was = exported_as(marked, exported)
            if was is None:
                said = "was not exported: nothing to compare it with"
                findings.append(Finding(file, document, "unknown document", said, True))
            elif marked.text != was.text:
                said = difference(was.text, marked.text)
                findings.append(Finding(file, document, "text changed", said, True))
                continue
            else:
                marked = restored(marked, was, format_named(name).LOSES, file)
                findings += compare(was, marked, file, valued)
        kept.append(replace(marked, gold=signed(marked.gold, origin, keep_origin), notes=()))
    if exported:
        names = {exported_as(marked, exported) for _, marked in read}
        findings += [
            Finding(str(path), document, "document missing", "exported, but not here", False)
            for document, was in exported.items()
            if was not in names
        ]
    return Imported(tuple(kept), tuple(findings))


def read_exported(path: Path) -> dict[str, Marked]:
    """The stand-off file beside an export, by document.

    Raises DataError with the line where it is not one, or a document has no text.
    """
    found: dict[str, Marked] = {}
    for gold in load_gold_lines(path):
        if gold.text is None:
            raise DataError(
                f"{path}: {gold.document!r} without its text", "the file that export wrote",
                "give that file",
            )  # fmt: skip
        found[gold.document] = Marked(msgspec.structs.replace(gold, text=None), gold.text)
    return found


def exported_as(marked: Marked, exported: Mapping[str, Marked]) -> Marked | None:
    """The export of a document, by its name, else by its text."""
    named = exported.get(marked.gold.document)
    if named is not None:
        return named
    return next((m for m in exported.values() if m.gold.sha256 == marked.gold.sha256), None)


def without_doubles(
    read: Iterable[tuple[str, Marked]],
) -> tuple[list[tuple[str, Marked]], list[Finding]]:
    """Documents that come once or always alike, and what is to be said of the others."""
    by_name: dict[str, list[tuple[str, Marked]]] = defaultdict(list)
    for file, marked in read:
        by_name[marked.gold.document].append((file, marked))
    once: list[tuple[str, Marked]] = []
    findings = []
    for document, same in by_name.items():
        file, first = same[0]
        if len(same) == 1:
            once.append(same[0])
        elif all(alike(first, other) for _, other in same):
            once.append(same[0])
            said = f"{len(same)} times with the same marks: taken once"
            findings.append(Finding(file, document, "duplicate document", said, False))
        else:
            who = {", ".join(other.gold.annotators) for _, other in same}
            said = (
                f"{len(same)} times with different marks ({'; '.join(sorted(who))}), left out: "
                "import each annotator's alone, then `lgtalent annotate merge`"
            )
            findings.append(Finding(file, document, "duplicate document", said, True))
    by_text: dict[str, str] = {}
    for file, marked in once:
        other = by_text.setdefault(marked.gold.sha256, marked.gold.document)
        if other != marked.gold.document:
            said = f"the same text as {other!r}"
            findings.append(Finding(file, marked.gold.document, "duplicate document", said, True))
    return once, findings


def alike(one: Marked, other: Marked) -> bool:
    """True where two documents have the same text, mentions and relations, whatever their ids."""

    def marks(gold: GoldDocument) -> tuple[object, object]:
        spans = {m.id: (m.start, m.end, m.label) for m in gold.mentions}
        relations = {(r.type, spans[r.head], spans[r.tail]) for r in gold.relations}
        return set(spans.values()), relations

    return one.text == other.text and marks(one.gold) == marks(other.gold)


def restored(found: Marked, was: Marked, loses: frozenset[str], file: str) -> Marked:
    """The marks found, with the ids and records of the export where they have been lost.

    A format loses them always; a tool where it was not given them, as when the marks came to it
    from `serve`.
    """
    hidden = [record for record in RECORDS if record != "relations"]
    if not loses & set(RECORDS) and any(getattr(found.gold, record) for record in hidden):
        return found
    with_all = put_back(replace(found, notes=()), was.gold, file)
    if "relations" not in loses:
        return with_all
    there = {m.id for m in with_all.gold.mentions}
    relations = tuple(r for r in was.gold.relations if {r.head, r.tail} <= there)
    return replace(with_all, gold=msgspec.structs.replace(with_all.gold, relations=relations))


def signed(gold: GoldDocument, origin: Origin, keep_origin: bool) -> GoldDocument:
    """The marks as a person's: without scores, and with who made them."""
    gold = without_scores(gold)
    if keep_origin:
        return gold
    return msgspec.structs.replace(gold, annotators=origin.annotators, marked=origin.marked)


def valued_records(exported: Iterable[Marked]) -> frozenset[str]:
    """The records that mentions must have in these documents: those that any of them has."""
    documents = list(exported)
    return frozenset(
        record
        for record in RECORD_OF.values()
        if any(getattr(marked.gold, record) for marked in documents)
    )


def difference(was: str, now: str) -> str:
    """Where two texts part, and what it may come from.

    >>> difference("첫 줄\\r\\n끝", "첫 줄\\n끝")
    "from 3 on: '\\\\r\\\\n끝' is now '\\\\n끝'; only line ends differ"
    """
    pairs = zip(was, now, strict=False)
    at = next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(was), len(now)))
    why = next((said for said, fold in FOLDS if fold(was) == fold(now)), "")
    return f"from {at} on: {was[at : at + 12]!r} is now {now[at : at + 12]!r}{why}"


def composed(text: str) -> str:
    from unicodedata import normalize

    return normalize("NFC", text)


FOLDS = (
    ("; only line ends differ", lambda text: text.replace("\r\n", "\n").replace("\r", "\n")),
    ("; only blanks differ", lambda text: "".join(text.split())),
    ("; only the composition of syllables differs", composed),
)


def lines(findings: Iterable[Finding]) -> Iterator[str]:
    """One line a finding, those that need a person first."""
    for finding in sorted(findings, key=lambda finding: not finding.needs_person):
        yield str(finding)
