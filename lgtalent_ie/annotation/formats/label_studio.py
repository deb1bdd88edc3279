r"""Label Studio: a JSON file of tasks, and the labelling configuration that goes with it.

Offsets are code points: the page counts `[...node.textContent].length`, and its own tests say so
(`ner/emoji`, checked for 1.23). Releases of before 2022 counted UTF-16 code units, which
`offsets="utf16"` reads. A line break in a region's words is written `\n` in two characters there,
`\r\n` as two of them.

Marks with scores are written as a prediction, for people to correct, others as an annotation; both
keep the ids of mentions. The other records travel in the task's `meta`.
"""

from __future__ import annotations

import warnings
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from lgtalent_ie.annotation.carried import FIELD, carried, put_back, read_carried
from lgtalent_ie.annotation.files import (
    as_pretty_json,
    decoded,
    file_name,
    read_file,
    to_write,
    write_file,
)
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
from lgtalent_ie.evaluation.gold import GoldDocument, GoldMention, GoldRelation, iso
from lgtalent_ie.schema import LABELS

LOSES: frozenset[str] = frozenset()
ACCEPTED = "tasks as Label Studio exports them as JSON"
# Names of the tags in the configuration, by which results say what they belong to.
LABELS_TAG, TEXT_TAG = "label", "text"


class _Value(msgspec.Struct):
    start: int
    end: int
    labels: list[str] = []
    text: str | None = None


class _Region(msgspec.Struct, tag_field="type", tag="labels"):
    id: str
    value: _Value
    score: float | None = None


class _Relation(msgspec.Struct, tag_field="type", tag="relation"):
    from_id: str
    to_id: str
    direction: str = "right"
    labels: list[str] | None = None
    score: float | None = None


class _User(msgspec.Struct):
    id: int | None = None
    email: str | None = None


class _Marks(msgspec.Struct):
    """An annotation or a prediction."""

    result: list[_Region | _Relation]
    completed_by: int | _User | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    was_cancelled: bool | None = False


class _Task(msgspec.Struct):
    data: dict[str, Any]
    id: int | str | None = None
    meta: Any = None
    annotations: list[_Marks] | None = None
    # Exported as JSON, tasks name their predictions by number; in an import they stand themselves.
    predictions: list[_Marks | int] | None = None


def labelling_config() -> str:
    """The labelling configuration for a project: nine labels with colours, our relations.

    >>> print("\\n".join(labelling_config().splitlines()[:3]))
    <View>
      <Relations>
        <Relation value="org:dissolved" />
    """
    view = ET.Element("View")
    relations = ET.SubElement(view, "Relations")
    for relation in RELATION_TYPES:
        ET.SubElement(relations, "Relation", value=relation)
    labels = ET.SubElement(view, "Labels", name=LABELS_TAG, toName=TEXT_TAG)
    for label in LABELS:
        ET.SubElement(labels, "Label", value=label, background=COLOURS[label])
    ET.SubElement(view, "Text", name=TEXT_TAG, value="$text")
    # Blanks and line breaks as they are: people mark by them.
    ET.SubElement(view, "Style").text = ".htx-text{ white-space: pre-wrap; }"
    ET.indent(view)
    return ET.tostring(view, encoding="unicode") + "\n"


def write(documents: Iterable[Marked], path: Path) -> None:
    """Write the tasks of all documents to one JSON file for Label Studio to import.

    Raises DataError where there is no document, or marks cannot be of their text.
    """
    tasks = [task_of(marked) for marked in to_write(documents, path)]
    write_file(path, as_pretty_json(tasks, str(path)))


def task_of(marked: Marked) -> dict[str, Any]:
    """One task, as Label Studio's import and its ML backends take it."""
    gold = marked.gold
    result = list(results_of(marked))
    scores = [m.score for m in gold.mentions if m.score is not None]
    task: dict[str, Any] = {
        "data": {"text": marked.text, "document": gold.document, "published": iso(gold.published)},
        "meta": {FIELD: carried(gold)},
    }
    if scores or any(r.score is not None for r in gold.relations):
        prediction: dict[str, Any] = {
            "model_version": ", ".join(gold.annotators), "result": result,
        }  # fmt: skip
        if scores:
            prediction["score"] = sum(scores) / len(scores)
        return task | {"predictions": [prediction]}
    return task | {"annotations": [{"result": result}]}


def results_of(marked: Marked) -> Iterator[dict[str, Any]]:
    for m in marked.gold.mentions:
        words = marked.text[m.start : m.end]
        yield {
            "id": m.id, "from_name": LABELS_TAG, "to_name": TEXT_TAG, "type": "labels",
            "value": {"start": m.start, "end": m.end, "text": words, "labels": [m.label]},
        } | scored(m.score)  # fmt: skip
    for r in marked.gold.relations:
        yield {
            "type": "relation", "from_id": r.head, "to_id": r.tail, "direction": "right",
            "labels": [r.type],
        } | scored(r.score)  # fmt: skip


def scored(score: float | None) -> dict[str, float]:
    return {} if score is None else {"score": score}


def read(path: Path, origin: Origin, offsets: OffsetUnit = "character") -> list[Marked]:
    """Read exported tasks: one document for each annotation, or for each prediction without one.

    Annotators are their e-mail addresses or numbers, the day that of the last change; where an
    annotation has none, as before an import, those written, else `origin`. An annotation that its
    annotator skipped counts as none; a task that is left with nothing gives a UserWarning.

    Raises DataError, with the file and the JSON path, where it is not of the form, a result is
    none of labels or relations, a region has not one label of the nine, spans are reversed,
    overlap, lie outside the text or hold other words than the region says, or a relation has no
    label or names a region that is not there.
    """
    content = read_file(path)
    kind: Any = list[_Task] if content.lstrip()[:1] == b"[" else _Task
    read_tasks = decoded(content, kind, str(path), ACCEPTED)
    tasks: list[_Task] = read_tasks if isinstance(read_tasks, list) else [read_tasks]
    found: list[Marked] = []
    for at, task in enumerate(tasks):
        own = list(marked_of(task, path, at, origin, offsets))
        if not own:
            said = f"{path}: no annotation that is not skipped - at `$[{at}]`: task left out"
            warnings.warn(said, stacklevel=2)
        found += own
    if not found:
        raise DataError(f"{path} without marks", ACCEPTED, "export annotated tasks")
    return found


def marked_of(
    task: _Task, path: Path, at: int, origin: Origin, unit: OffsetUnit
) -> Iterator[Marked]:
    where = f"{path}, $[{at}]"
    text = task.data.get(TEXT_TAG)
    if not isinstance(text, str):
        raise DataError(f"{where}.data: no text", "`text` in data", "export again")
    meta = task.meta if isinstance(task.meta, dict) else {}
    written = read_carried(meta.get(FIELD), f"{where}.meta.{FIELD}")
    name = str(task.data.get("document") or f"{path.stem}-{at if task.id is None else task.id}")
    kind = "annotations" if task.annotations else "predictions"
    for number, marks in enumerate(task.annotations or task.predictions or ()):
        if isinstance(marks, _Marks) and not marks.was_cancelled:
            place = f"{where}.{kind}[{number}]"
            who = origin_of(marks, written, origin)
            found = marks_of(marks, file_name(name), text, who, unit, f"{place}.result")
            yield put_back(found, written, place)


def origin_of(marks: _Marks, written: GoldDocument | None, origin: Origin) -> Origin:
    """Who marked: as Label Studio says, else as was written, else `origin`."""
    if marks.completed_by is None:
        if written is None:
            return origin
        return Origin(written.annotators, written.marked, written.guidelines)
    user = marks.completed_by
    name = user if isinstance(user, int) else user.email or user.id
    day = marks.updated_at or marks.created_at
    annotators = origin.annotators if name is None else (str(name),)
    return Origin(annotators, day.date() if day else origin.marked, origin.guidelines)


def marks_of(
    marks: _Marks, name: str, text: str, origin: Origin, unit: OffsetUnit, where: str
) -> Marked:
    regions = {f"{where}[{at}]": r for at, r in enumerate(marks.result) if isinstance(r, _Region)}
    places = list(regions)
    spans = placed([(r.value.start, r.value.end) for r in regions.values()], text, unit, places)
    checkable = [n for n, r in enumerate(regions.values()) if r.value.text is not None]
    check_surface(
        [spans[n] for n in checkable],
        [regions[places[n]].value.text or "" for n in checkable],
        text,
        [places[n] for n in checkable],
        as_page_writes,
    )
    mentions = []
    for (place, region), span in zip(regions.items(), spans, strict=True):
        if len(region.value.labels) != 1:
            raise DataError(f"{place}: labels {region.value.labels}", "one label", "correct it")
        label = check_label(region.value.labels[0], place)
        mentions.append(GoldMention(region.id, label, *span, region.score))
    ids = {m.id for m in mentions}
    relations: list[GoldRelation] = []
    for at, relation in enumerate(marks.result):
        if isinstance(relation, _Relation):
            relations += relations_of(relation, ids, f"{where}[{at}]")
    return from_mentions(name, text, mentions, relations, origin, where=where)


def relations_of(r: _Relation, ids: set[str], where: str) -> Iterator[GoldRelation]:
    """One for each label; `left` points back, `bi` stands for both."""
    if not r.labels:
        raise DataError(
            f"{where}: a relation without a label", "one of the configuration", "choose its label"
        )
    for end in (r.from_id, r.to_id):
        if end not in ids:
            raise DataError(f"{where}: no region {end!r}", "ids of regions", "export again")
    if r.direction not in ("right", "left", "bi"):
        raise DataError(f"{where}: direction {r.direction!r}", "right, left or bi", "correct it")
    for label in r.labels:
        if r.direction != "left":
            yield GoldRelation(label, r.from_id, r.to_id, r.score)
        if r.direction != "right":
            yield GoldRelation(label, r.to_id, r.from_id, r.score)


def as_page_writes(words: str) -> str:
    r"""Line breaks alike, be they written as they are or as a backslash and an n."""
    return words.replace("\\n", "\n").replace("\r", "\n")
