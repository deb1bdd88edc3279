"""The report as one HTML file: template, styles and script of this folder around the data.

The page fetches nothing. Words of articles reach it as JSON in which every `<` and every character
that a browser or an editor might take for more than a letter is escaped, and the script puts them
on the page as text, never as HTML. A content security policy names its one script and its one style
sheet by their digests, so that nothing else would run.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

from lgtalent_ie import __version__
from lgtalent_ie.cli_output import open_output
from lgtalent_ie.evaluation.report.comparison import STATUSES
from lgtalent_ie.evaluation.report.data import Measured, ReportData, ReportError
from lgtalent_ie.evaluation.report.errors import ERROR_CLASSES, Statement
from lgtalent_ie.evaluation.scores import RECORD_TYPES
from lgtalent_ie.schema import LABELS

# `<`, `>` and `&` could end the script element; the others are ends of lines to JavaScript, marks
# that turn the direction of writing, invisible characters, and halves of surrogate pairs.
UNSAFE = re.compile(
    "[<>&\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff"
    "\ud800-\udfff]"
)


def write_report(data: ReportData, path: str | Path) -> None:
    """Write the page; a file that is there is replaced, its folder has to be there.

    Raises InputError where the file cannot be written.

    >>> write_report(report_data({"seeds": triples}), "report.html")
    """
    with open_output(Path(path)) as stream:
        stream.write(report_html(data))


def report_html(data: ReportData) -> str:
    """The page as a string; the same data make the same page."""
    style, script = _asset("report.css"), _asset("list.js") + _asset("report.js")
    parts = {
        "style": style,
        "script": script,
        "style-digest": _digest(style),
        "script-digest": _digest(script),
        "data": encode(data),
    }
    # In one pass, so that nothing that is put in is looked through again.
    return re.sub(
        r"\{\{([a-z-]+)\}\}", lambda match: parts[match.group(1)], _asset("template.html")
    )


def _asset(name: str) -> str:
    return (files("lgtalent_ie.evaluation.report") / name).read_text("utf-8")


def _digest(content: str) -> str:
    return "sha256-" + b64encode(sha256(content.encode()).digest()).decode()


def encode(data: ReportData) -> str:
    """The data as compact JSON that is safe within a script element.

    Errors are rows of numbers: sentence, record, kind, status, gold, predicted, and of the earlier
    run kind and predicted; -1 and 0 stand for nothing. A side is [[start, end, part, …], label,
    value, words, score]; labels, values, words and parts are places in `strings`.
    """
    pool: dict[str, int] = {"": 0}

    def place(word: str | None) -> int:
        return pool.setdefault(word or "", len(pool))

    def side(statement: Statement | None) -> Any:
        if statement is None:
            return 0
        parts = [n for start, end, part in statement.parts for n in (start, end, place(part))]
        words = statement.words if data.has_texts else ""
        score = None if statement.score is None else round(statement.score, 4)
        return [parts, place(statement.label), place(statement.value), place(words), score]

    def row(error: ReportError) -> list[Any]:
        main = error.now or error.was
        assert main is not None
        status = -1 if error.status is None else STATUSES.index(error.status)
        now, was = error.now, error.was
        return [
            error.sentence, RECORD_TYPES.index(main.record), place(main.kind), status,
            side(main.gold), side(now.predicted if now else None),
            place(was.kind) if was else -1, side(was.predicted if was else None),
        ]  # fmt: skip

    content = {
        "version": __version__,
        "runs": [[run.name, run.model] for run in data.runs],
        "sources": [[source.name, source.documents] for source in data.sources],
        "records": RECORD_TYPES,
        "labels": LABELS,
        "classes": ERROR_CLASSES,
        "statuses": STATUSES,
        "hasTexts": data.has_texts,
        "missing": data.missing,
        "scores": [
            [-1 if s.source is None else s.source, s.row, _ratios(s.now), _ratios(s.before),
             _short((s.right, s.predicted, s.gold)), s.p]
            for s in data.scores
        ],
        "confusion": [[c.source, c.gold, c.predicted, c.count] for c in data.confusion],
        "sentences": [[s.source, s.document, s.stretches] for s in data.sentences],
        "errors": [row(error) for error in data.errors],
        "strings": list(pool),
    }  # fmt: skip
    plain = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return UNSAFE.sub(lambda match: f"\\u{ord(match.group()):04x}", plain)


def _ratios(measured: Measured | None) -> Any:
    if measured is None:
        return 0
    ends = measured.interval or (None, None)
    ratios = (measured.precision, measured.recall, measured.f1, *ends)
    # Six places, for the page rounds once more.
    return [None if ratio is None else round(ratio, 6) for ratio in ratios]


def _short(numbers: Iterable[float]) -> list[float]:
    """Whole numbers as such, others with two places."""
    return [int(n) if float(n).is_integer() else round(n, 2) for n in numbers]
