"""KLUE as the Hugging Face `datasets` library hands it out, as rows of this project's form.

`ner` has a token per character with a tag number, `re` has two entities whose last character is
included. A file of either is what `Dataset.to_json` writes.
"""

from __future__ import annotations

from typing import Any

from lgtalent_ie.errors import DataError

Row = dict[str, Any]

# The numbers of both data sets' ClassLabel features are places in these tuples.
NER_TAGS = (*(f"{p}-{label}" for label in "DT LC OG PS QT TI".split() for p in "BI"), "O")
RELATIONS = (
    "no_relation", "org:dissolved", "org:founded", "org:place_of_headquarters",
    "org:alternate_names", "org:member_of", "org:members", "org:political/religious_affiliation",
    "org:product", "org:founded_by", "org:top_members/employees",
    "org:number_of_employees/members", "per:date_of_birth", "per:date_of_death",
    "per:place_of_birth", "per:place_of_death", "per:place_of_residence", "per:origin",
    "per:employee_of", "per:schools_attended", "per:alternate_names", "per:parents",
    "per:children", "per:siblings", "per:spouse", "per:other_family", "per:colleagues",
    "per:product", "per:religion", "per:title",
)  # fmt: skip
ENTITY_TYPES = ("PER", "ORG", "LOC", "DAT", "POH", "NOH")

REMEDY = "write the file again with Dataset.to_json of the klue data set"


def as_row(row: Any, where: str, number: int) -> Any:
    """A KLUE row in this project's form; anything else unchanged.

    `where` names file and line for errors; `number` is the line's, and the id of a row that has
    none. Raises DataError where a key is missing, a label unknown, or a span not in the text.

    >>> as_row({"tokens": ["새", "별"], "ner_tags": [4, 5]}, "a.jsonl, line 7", 7)
    {'id': '7', 'text': '새별', 'spans': [[0, 2, 'OG']]}
    """
    if not isinstance(row, dict) or "text" in row:
        return row
    if "tokens" in row or "ner_tags" in row:
        return entity_row(row, where, number)
    if "subject_entity" in row or "object_entity" in row:
        return relation_row(row, where, number)
    return row


def entity_row(row: Row, where: str, number: int) -> Row:
    """A row of `ner`; tags as numbers or names. The text is its tokens, joined."""
    tokens, tags = (value(row, key, list, where) for key in ("tokens", "ner_tags"))
    if len(tokens) != len(tags) or not all(isinstance(token, str) for token in tokens):
        raise DataError(f"{where}: {len(tokens)} tokens, {len(tags)} tags", "a tag a token", REMEDY)
    names = [label_name(tag, NER_TAGS, where) for tag in tags]
    spans: list[list[Any]] = []
    at, inside = 0, ""
    for token, name in zip(tokens, names, strict=True):
        prefix, _, label = name.partition("-")
        if prefix == "B":
            spans.append([at, at + len(token), label])
        elif prefix == "I" and label == inside:
            spans[-1][1] = at + len(token)
        else:
            # An I that continues nothing is no entity to strict IOB2, by which KLUE is scored.
            label = ""
        at, inside = at + len(token), label
    return {"id": row.get("guid", str(number)), "text": "".join(tokens), "spans": spans}


def relation_row(row: Row, where: str, number: int) -> Row:
    """A row of `re`; the label as a number or a name."""
    text = value(row, "sentence", str, where)
    if "label" not in row:
        raise DataError(f"{where}: a row without label", "a relation of KLUE-RE", REMEDY)
    converted = {
        "id": row.get("guid", str(number)),
        "text": text,
        "subject": entity_span(value(row, "subject_entity", dict, where), text, where),
        "object": entity_span(value(row, "object_entity", dict, where), text, where),
        "label": label_name(row["label"], RELATIONS, where),
    }
    return converted | {key: row[key] for key in ("source",) if key in row}


def entity_span(entity: Row, text: str, where: str) -> list[Any]:
    """[start, end, type] of an entity whose `end_idx` is its last character."""
    start, last = (value(entity, key, int, where) for key in ("start_idx", "end_idx"))
    kind = value(entity, "type", str, where)
    if kind not in ENTITY_TYPES:
        raise DataError(f"{where}: entity type {kind!r}", ", ".join(ENTITY_TYPES), REMEDY)
    if not 0 <= start <= last < len(text):
        raise DataError(
            f"{where}: entity {start}..{last}", f"within 0..{len(text) - 1}, both included", REMEDY
        )
    return [start, last + 1, kind]


def value(row: Row, key: str, kind: type, where: str) -> Any:
    """The value of a key; DataError where it is missing or of another type."""
    if not isinstance(row.get(key), kind):
        raise DataError(f"{where}: {key}={row.get(key)!r}", f"{key} as {kind.__name__}", REMEDY)
    return row[key]


def label_name(label: Any, names: tuple[str, ...], where: str) -> str:
    """The name of a label that is given by its name or its number."""
    if isinstance(label, str) and label in names:
        return label
    if isinstance(label, int) and 0 <= label < len(names):
        return names[label]
    accepted = f"0..{len(names) - 1}, or a name such as {names[0]}"
    raise DataError(f"{where}: label {label!r}", accepted, REMEDY)
