"""`lgtalent evaluate documents`: extract or read documents, score, compare with recorded scores."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path
from typing import Any

import click
import msgspec

from lgtalent_ie.cli_output import open_output
from lgtalent_ie.errors import DataError
from lgtalent_ie.evaluation.documents import Difference, differences, score_documents
from lgtalent_ie.evaluation.gold import GoldDocument
from lgtalent_ie.evaluation.scores import Scores, score_table
from lgtalent_ie.evaluation.sources import (
    Source,
    Triple,
    extracting,
    pairs_of,
    prediction_source,
    read_collections,
)

# A recorded score may be undercut by this many points of F1 before the comparison fails.
TOLERANCE = 1.0
RECORD_FORMAT = 2
RESAMPLES = 1000

OK, SOME, NONE = 0, 1, 2

# An error as it is recorded: record, missed or spurious, start, end, digest of the detail.
Mark = tuple[str, str, int, int, str]


@dataclass(frozen=True, slots=True)
class Recorded:
    """The scores that `--record` wrote, by row as in JSON, and the errors of each document.

    A file of the first format has scores alone: `errors` is None.
    """

    records: Mapping[str, Any]
    errors: Mapping[str, frozenset[Mark]] | None = None


@dataclass(frozen=True, slots=True)
class ReportOptions:
    """Where the HTML report goes, what it is compared with, and whether it carries the texts.

    `before` is what `--record` wrote or, as PRED, a folder or file of documents.
    """

    path: Path
    before: Path | None = None
    with_texts: bool = True


def run(
    gold: Path,
    predictions: Path | None = None,
    folders: Sequence[Path] = (),
    *,
    model: str | None = None,
    json: Path | None = None,
    list_differences: bool = False,
    against: Path | None = None,
    record: Path | None = None,
    allow_missing: bool = False,
    report: ReportOptions | None = None,
) -> int:
    """Print the scores. 0 where all were scored and none has fallen, 1 where not, 2 where nothing
    was scored; with `allow_missing` what was not scored is listed, and no more."""
    collections = read_collections(gold)
    documents = [document for own in collections.values() for document in own]
    recorded = None if against is None else read_recorded(against)
    unused: list[str] = []
    source = (
        _extraction(model)
        if predictions is None
        else prediction_source(predictions, documents, unused)
    )
    missing: list[str] = []
    triples = list(pairs_of(documents, source, folders, missing))
    for line in missing:
        click.echo(f"not scored: {line}", err=True)
    if unused:
        click.echo(f"no gold for {len(unused)} predictions, such as {unused[0]!r}", err=True)
    if not triples:
        where = ", ".join(map(str, folders)) or "--texts is not given"
        click.echo(f"nothing scored: {len(missing)} gold documents ({where})", err=True)
        return OK if allow_missing else NONE
    scores = replace(score_documents(triples, RESAMPLES), missing=tuple(missing))
    _print(scores, triples, json, list_differences)
    if record is not None:
        with open_output(record) as stream:
            stream.write(recording(scores, triples))
    if report is not None:
        _report(report, collections, folders, triples, missing)
    status = OK if allow_missing or not missing else SOME
    if recorded is None:
        return status
    if missing:
        click.echo(f"not compared with {against}: it is of all documents", err=True)
        return status
    return _compare(recorded, scores, triples) or status


def _report(
    options: ReportOptions,
    collections: Mapping[str, Sequence[GoldDocument]],
    folders: Sequence[Path],
    triples: Sequence[Triple],
    missing: Sequence[str],
) -> None:
    # The report reads `mark` and `Recorded` from here.
    from lgtalent_ie.evaluation.report.data import report_data
    from lgtalent_ie.evaluation.report.page import write_report

    names = {gold.document: name for name, own in collections.items() for gold in own}

    def by_collection(triples: Iterable[Triple]) -> dict[str, list[Triple]]:
        found: dict[str, list[Triple]] = defaultdict(list)
        for triple in triples:
            found[names[triple[0].document]].append(triple)
        return found

    now = by_collection(triples)
    before: Mapping[str, Recorded | list[Triple]] | None = None
    if options.before is not None and options.before.suffix == ".json":
        recorded = read_recorded(options.before)
        before = {name: of_documents(recorded, own) for name, own in now.items()}
    elif options.before is not None:
        documents = [gold for own in collections.values() for gold in own]
        source = prediction_source(options.before, documents, [])
        before = by_collection(pairs_of(documents, source, folders, []))
    data = report_data(now, before, with_texts=options.with_texts, missing=tuple(missing))
    write_report(data, options.path)


def of_documents(recorded: Recorded, triples: Sequence[Triple]) -> Recorded:
    """What was recorded, with the errors of these documents alone."""
    if recorded.errors is None:
        return recorded
    own = {gold.document for gold, _, _ in triples}
    errors = {name: marks for name, marks in recorded.errors.items() if name in own}
    return replace(recorded, errors=errors)


def _extraction(model: str | None) -> Source:
    from lgtalent_ie.extractor import Extractor

    return extracting(Extractor(model).extract)


def _print(
    scores: Scores, triples: Sequence[Triple], json: Path | None, list_differences: bool
) -> None:
    to_stdout = json is not None and str(json) == "-"
    if json is not None:
        with open_output(None if to_stdout else json) as stream:
            encoded = msgspec.json.format(msgspec.json.encode(scores.to_dict()))
            stream.write(encoded.decode() + "\n")
    if not to_stdout:
        from rich.console import Console

        # A pipe or a log has no width; the table has one of its own.
        console = Console(width=None if sys.stdout.isatty() else 110)
        console.print(score_table(scores))
    if list_differences:
        for gold, document, text in triples:
            click.echo(f"\n{gold.document}")
            for d in differences(gold, document, text):
                click.echo(f"{d.status:9}{d.record:14}{d.start:6} {d.text!r:40} {d.detail}")


def _compare(recorded: Recorded, scores: Scores, triples: Sequence[Triple]) -> int:
    """1, with what has fallen and what changed on standard error, or 0."""
    fallen = compare(recorded.records, scores.to_dict()["records"])
    for line in fallen:
        click.echo(f"fallen: {line}", err=True)
    if fallen:
        rows = {line.split(":")[0] for line in fallen}
        for line in changes(recorded, triples, rows):
            click.echo(line, err=True)
    return SOME if fallen else OK


def compare(recorded: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """One line for every record type whose F1 has fallen beyond the tolerance.

    Not each label, nor other measures of the same record (`mentions/ORG`, `mentions.type`).
    """
    return [
        f"{name}: {100 * was['f1']:.1f} → {100 * now.get(name, {'f1': 0.0})['f1']:.1f}"
        for name, was in recorded.items()
        if "/" not in name
        and "." not in name
        and 100 * (was["f1"] - now.get(name, {"f1": 0.0})["f1"]) > TOLERANCE
    ]


def changes(recorded: Recorded, triples: Sequence[Triple], rows: set[str]) -> list[str]:
    """One line for each error of `rows` that is new since the record, or gone.

    A record without errors cannot tell old from new: then all errors of today are listed.
    """
    lines = []
    for gold, document, text in triples:
        found = {
            mark(d): f"{d.start:6} {d.text!r} {d.detail}" for d in differences(gold, document, text)
        }
        old = None if recorded.errors is None else recorded.errors.get(gold.document, frozenset())
        for own, said in found.items():
            if own[0] in rows and (old is None or own not in old):
                lines.append(f"{'new ' if old is not None else ''}{own[1]} {own[0]} "
                             f"{gold.document} {said}")  # fmt: skip
        for own in sorted((old or frozenset()) - found.keys()):
            if own[0] in rows:
                lines.append(
                    f"no longer {own[1]} {own[0]} {gold.document} {own[2]:6} "
                    f"{text[own[2] : own[3]]!r}"
                )
    if recorded.errors is None:
        lines.insert(0, "the record has no errors to compare with; all of today's:")
    return lines


def mark(difference: Difference) -> Mark:
    """An error without its words: they may belong to a publisher, so that only a digest stays."""
    d = difference
    digest = blake2b(f"{d.text}\0{d.detail}".encode("utf-8", "surrogatepass"), digest_size=4)
    return d.record, d.status, d.start, d.end, digest.hexdigest()


def recording(scores: Scores, triples: Sequence[Triple]) -> str:
    """What `--record` writes: the scores, and every error as `mark` makes it, one a line.

    Errors rather than all items: gold is at hand when they are compared, so that an item that is no
    error is known to have been right, and a document has a tenth as many errors as items.
    """
    errors = {
        gold.document: sorted(mark(d) for d in differences(gold, document, text))
        for gold, document, text in triples
    }
    head = msgspec.json.encode({"format": RECORD_FORMAT, "records": scores.to_dict()["records"]})
    lines = msgspec.json.format(head).decode().removesuffix("\n}")
    documents = [
        f"    {msgspec.json.encode(name).decode()}: ["
        + ",".join(f"\n      {msgspec.json.encode(own).decode()}" for own in marks)
        + ("\n    ]" if marks else "]")
        for name, marks in errors.items()
    ]
    return lines + ',\n  "errors": {\n' + ",\n".join(documents) + "\n  }\n}\n"


class _File(msgspec.Struct, forbid_unknown_fields=True):
    format: int
    records: dict[str, dict[str, Any]]
    errors: dict[str, list[Mark]]


def read_recorded(path: Path) -> Recorded:
    """The scores and errors that `--record` wrote, or the scores of the first format.

    Raises DataError where the file is not there or is neither.
    """
    try:
        content = path.read_bytes()
        given = msgspec.json.decode(content, type=dict[str, Any])
        if "format" not in given:
            return Recorded(msgspec.json.decode(content, type=dict[str, dict[str, Any]]))
        made = msgspec.json.decode(content, type=_File)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: {error}", "a file that --record wrote", "record again") from error
    if made.format != RECORD_FORMAT:
        raise DataError(
            f"{path}: format {made.format}", f"format {RECORD_FORMAT}", "record again"
        )  # fmt: skip
    return Recorded(made.records, {name: frozenset(own) for name, own in made.errors.items()})
