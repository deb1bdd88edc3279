"""The formats by name: what each module under `formats/` has, for code that is told the name."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from lgtalent_ie.errors import InputError

if TYPE_CHECKING:
    from lgtalent_ie.annotation.marked import Marked, OffsetUnit, Origin

UNITS = ("character", "utf16", "byte")
FORMATS = (
    "standoff", "label_studio", "doccano", "brat", "webanno_tsv", "conll", "klue_tsv",
    "spacy_docbin", "hf_datasets", "web_annotation",
)  # fmt: skip


class Format(Protocol):
    """A module of `lgtalent_ie.annotation.formats`."""

    LOSES: frozenset[str]

    def write(self, documents: Iterable[Marked], path: Path) -> None:
        """Write all documents."""

    def read(self, path: Path, origin: Origin) -> list[Marked]:
        """Read all documents."""


def format_named(name: str) -> Format:
    """The module of a format; InputError where there is none of that name."""
    if name not in FORMATS:
        raise InputError(f"format {name!r}", ", ".join(FORMATS), "choose one of them")
    module = import_module(f"lgtalent_ie.annotation.formats.{name}")
    return cast("Format", module)


def read_marks(name: str, path: Path, origin: Origin, offsets: OffsetUnit | None) -> list[Marked]:
    """Read documents, their offsets counted in `offsets`; None as the format has it.

    Raises InputError for another unit where a format can only be read as it is, else what the
    format's `read` raises.
    """
    chosen = format_named(name)
    if offsets is None:
        return chosen.read(path, origin)
    if "offsets" not in signature(chosen.read).parameters:
        raise InputError(
            f"--offsets {offsets} with {name}, which has no offsets to convert",
            f"--offsets {'|'.join(UNITS)} with a format that stores offsets",
            "leave it out",
        )
    return chosen.read(path, origin, offsets=offsets)  # type: ignore[call-arg]
