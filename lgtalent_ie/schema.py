"""The output contract, version 1: Document and its records, JSON in and out, JSON Schema.

Offsets are Unicode code points into the text as given, half-open: `text[start:end] == record.text`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Literal

import msgspec

from lgtalent_ie.errors import InputError

SCHEMA_VERSION = 1

Label = Literal[
    "ORG", "PERSON", "TITLE", "LOCATION", "EVENT", "PRODUCT", "DATE", "TIME", "QUANTITY"
]
LABELS: tuple[Label, ...] = (
    "ORG", "PERSON", "TITLE", "LOCATION", "EVENT", "PRODUCT", "DATE", "TIME", "QUANTITY",
)  # fmt: skip
SectionKind = Literal["headline", "body", "caption", "furniture", "duplicate"]
DateType = Literal["DATE", "TIME", "DURATION", "SET"]
Mod = Literal["START", "MID", "END", "APPROX", "BEFORE", "AFTER"]
Dimension = Literal[
    "person", "item", "money", "ratio", "rank", "ordinal", "age", "length", "area", "weight",
    "temperature", "other",
]  # fmt: skip
Bound = Literal["exact", "approx", "at_least", "at_most"]
QuoteKind = Literal["direct", "partial", "indirect"]
FactKind = Literal[
    "hire", "recruiting_event", "programme", "lab_opening", "investment", "publication", "award",
    "appointment",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Section:
    """A stretch of the page; together the sections cover every line that is not blank."""

    kind: SectionKind
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of the text."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Mention:
    """A labelled span; `score` is the model's probability in 0..1."""

    id: str
    label: Label
    start: int
    end: int
    text: str
    score: float


@dataclass(frozen=True, slots=True)
class Organization:
    """One organisation of the document with all its mentions (ids) and other names."""

    id: str
    name: str
    aliases: tuple[str, ...] = ()
    mentions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Date:
    """A DATE or TIME mention with its ISO 8601 value.

    `first` and `last` are the first and last calendar day it covers (None for durations, sets and
    values that are not fully known). `relative` is true where the anchor was needed.
    """

    mention: str | None
    type: DateType
    value: str
    first: str | None = None
    last: str | None = None
    mod: Mod | None = None
    relative: bool = False


@dataclass(frozen=True, slots=True)
class Count:
    """A QUANTITY mention with its value and what it counts; the span covers both."""

    mention: str | None
    start: int
    end: int
    text: str
    value: int | float | None
    min: int | float | None
    max: int | float | None
    unit: str | None
    dimension: Dimension
    bound: Bound
    currency: str | None = None
    of: Span | None = None


@dataclass(frozen=True, slots=True)
class Speaker:
    """The phrase that names a quote's source, and who that is as far as the document says."""

    start: int
    end: int
    text: str
    name: str | None = None
    title: str | None = None
    affiliation: str | None = None
    mention: str | None = None


@dataclass(frozen=True, slots=True)
class Quote:
    """Reported speech; the span is the content without its marks. `continues` is a quote id."""

    id: str
    start: int
    end: int
    text: str
    kind: QuoteKind
    continues: str | None
    score: float
    cue: Span | None = None
    speaker: Speaker | None = None


@dataclass(frozen=True, slots=True)
class Relation:
    """(type, head, tail) between mentions (ids); start and end are those of the sentence."""

    type: str
    head: str
    tail: str
    start: int
    end: int
    score: float


@dataclass(frozen=True, slots=True)
class Fact:
    """A talent record. `actors` and `partners` are organisation ids, `event`, `place` and `counts`
    mention ids."""

    kind: FactKind
    actors: tuple[str, ...]
    event: str | None
    date: str | None
    place: str | None
    counts: tuple[str, ...]
    partners: tuple[str, ...]
    start: int
    end: int
    score: float


@dataclass(frozen=True, slots=True)
class Link:
    """An organisation led to a row of the user's list; `name` is the row's first name."""

    organization: str
    entity: str
    name: str
    score: float


@dataclass(frozen=True, slots=True)
class Warning:
    """Something the reader should know about this document; nothing is dropped without one."""

    code: str
    message: str
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """All that was read from one text.

    `text` is the text that the offsets refer to: the one given, or, where `extracted` is true, the
    one taken from an HTML page; only then does the JSON carry it. `links` is None, and not in the
    JSON, unless a list of organisations was given.
    """

    text: str
    model: str
    published: str | None = None
    sections: tuple[Section, ...] = ()
    mentions: tuple[Mention, ...] = ()
    organizations: tuple[Organization, ...] = ()
    dates: tuple[Date, ...] = ()
    counts: tuple[Count, ...] = ()
    quotes: tuple[Quote, ...] = ()
    relations: tuple[Relation, ...] = ()
    facts: tuple[Fact, ...] = ()
    warnings: tuple[Warning, ...] = ()
    extracted: bool = False
    links: tuple[Link, ...] | None = None

    def to_dict(self) -> dict[str, Any]:
        """The contract's JSON object as a dict, keys in the contract's order."""
        head: dict[str, Any] = {
            "schema_version": SCHEMA_VERSION,
            "model": self.model,
            "published": self.published,
            "length": len(self.text),
        }
        if self.extracted:
            head["text"] = self.text
        # Through JSON, so that tuples are lists as in any JSON object.
        named = RECORDS if self.links is None else (*RECORDS, "links")
        records = msgspec.json.encode({name: getattr(self, name) for name in named})
        return head | msgspec.json.decode(records, type=dict[str, Any])

    def to_json(self, indent: int | None = None) -> str:
        """The contract's JSON object; `indent` in blanks, None for one line."""
        line = msgspec.json.encode(self.to_dict())
        return (line if indent is None else msgspec.json.format(line, indent=indent)).decode()

    @classmethod
    def from_dict(cls, data: dict[str, Any], text: str | None = None) -> Document:
        """Read the contract's JSON object back; `text` where the object does not carry it.

        Raises InputError where the object is of another version or form, or of another text.
        """
        version = data.get("schema_version")
        if version != SCHEMA_VERSION:
            raise InputError(
                f"schema_version {version!r}", f"version {SCHEMA_VERSION}",
                "write the document again with this version of lgtalent_ie",
            )  # fmt: skip
        given = data.get("text", text)
        if given is None or len(given) != data.get("length"):
            raise InputError(
                f"a text of {None if given is None else len(given)} characters",
                f"the text the document was made from, {data.get('length')} characters",
                "pass text= as it was given to extract()",
            )
        record_fields = {f.name: data.get(f.name, ()) for f in fields(cls) if f.name in RECORDS}
        try:
            return msgspec.convert(
                {"text": given, "model": data["model"], "published": data.get("published"),
                 "extracted": "text" in data, "links": data.get("links")} | record_fields,
                cls,
            )  # fmt: skip
        except (msgspec.ValidationError, KeyError) as error:
            raise InputError(
                f"a document with {error}", "the output contract, version 1",
                "compare with lgtalent_ie.schema.json_schema()",
            ) from error  # fmt: skip

    @classmethod
    def from_json(cls, line: str | bytes, text: str | None = None) -> Document:
        """`from_dict` of a JSON string."""
        try:
            data = msgspec.json.decode(line)
        except msgspec.DecodeError as error:
            raise InputError(f"JSON with {error}", "one JSON object", "check the file") from error
        if not isinstance(data, dict):
            raise InputError(f"a JSON {type(data).__name__}", "one JSON object", "check the file")
        return cls.from_dict(data, text)


RECORDS = (
    "sections", "mentions", "organizations", "dates", "counts", "quotes", "relations", "facts",
    "warnings",
)  # fmt: skip


def json_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of `Document.to_dict()`."""
    schema = msgspec.json.schema(Document)
    document = schema["$defs"]["Document"]
    properties = document["properties"]
    del properties["extracted"]
    document["properties"] = {
        "schema_version": {"const": SCHEMA_VERSION},
        "model": properties.pop("model"),
        "published": properties.pop("published"),
        "length": {"type": "integer", "minimum": 0},
        "text": properties.pop("text"),
    } | properties
    document["required"] = ["schema_version", "model", "published", "length", *RECORDS]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | schema
