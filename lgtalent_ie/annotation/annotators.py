"""Several annotators' folders of gold files, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from lgtalent_ie.errors import DataError
from lgtalent_ie.evaluation.gold import GoldDocument, load_gold
from lgtalent_ie.evaluation.sources import find_text


@dataclass(frozen=True, slots=True)
class MarkedFolders:
    """What all annotators marked: document → annotator → marks, and the texts that are known.

    `missing` says, one line each, which documents not all of them marked.
    """

    annotators: tuple[str, ...]
    documents: Mapping[str, Mapping[str, GoldDocument]]
    texts: Mapping[str, str]
    missing: tuple[str, ...] = ()


def read_folders(folders: Sequence[Path], texts: Sequence[Path] = ()) -> MarkedFolders:
    """Read two or more folders of gold files; each is one annotator, named by `folder_names`.

    A text is the one that any of the marks carry, else that of the folders `texts`.

    Raises DataError for fewer than two folders, one without gold files or given twice, no document
    in common, a document twice in a folder, or marks or a text of a document that differ.
    """
    if len(folders) < 2:
        raise DataError("one folder" if folders else "no folder", "two folders or more",
                        "give one for each annotator")  # fmt: skip
    names = folder_names(folders)
    marks = {name: read_folder(folder) for name, folder in zip(names, folders, strict=True)}
    documents: dict[str, dict[str, GoldDocument]] = {}
    missing = []
    for document in sorted({document for own in marks.values() for document in own}):
        without = [name for name in names if document not in marks[name]]
        if without:
            missing.append(f"{document}: not in {', '.join(without)}")
        else:
            documents[document] = {name: marks[name][document] for name in names}
    if not documents:
        raise DataError(
            f"no document in all of {', '.join(map(str, folders))}",
            "gold files with the same `document`", "check the folders",
        )  # fmt: skip
    known = {}
    for document, own in documents.items():
        for first, second in combinations(names, 2):
            if own[first].sha256 != own[second].sha256:
                raise DataError(
                    f"{document}: {first} and {second} marked different texts "
                    f"(sha256 {own[first].sha256[:12]}…, {own[second].sha256[:12]}…)",
                    "marks of the same text", "mark the same file, every blank included",
                )  # fmt: skip
        found = (find_text(gold, texts) for gold in own.values())
        text = next((text for text in found if text is not None), None)
        if text is not None:
            known[document] = text
    return MarkedFolders(names, documents, known, tuple(missing))


def read_folder(folder: Path) -> dict[str, GoldDocument]:
    """The gold files of one folder by their document; DataError where there is none, or one twice.

    Every problem names the file.
    """
    found: dict[str, GoldDocument] = {}
    for path in sorted(folder.glob("*.json")):
        gold = load_gold(path)
        if gold.document in found:
            raise DataError(
                f"{path}: document {gold.document!r} again", "each document once in a folder",
                "remove one of the files",
            )  # fmt: skip
        found[gold.document] = gold
    if not found:
        raise DataError(f"{folder} without *.json", "a folder of gold files", "check the path")
    return found


def folder_names(folders: Sequence[Path]) -> tuple[str, ...]:
    """The shortest ends of the paths that tell the folders apart.

    Raises DataError where a folder is given twice.

    >>> folder_names([Path("marks/kim"), Path("marks/lee")])
    ('kim', 'lee')
    >>> folder_names([Path("first/press"), Path("second/press")])
    ('first/press', 'second/press')
    """
    parts = [folder.resolve().parts for folder in folders]
    for folder, own in zip(folders, parts, strict=True):
        if parts.count(own) > 1:
            raise DataError(f"{folder} twice", "a folder for each annotator", "give another")
    length = next(n for n in range(1, 1 + max(map(len, parts)))
                  if len({own[-n:] for own in parts}) == len(parts))  # fmt: skip
    return tuple("/".join(own[-length:]) for own in parts)
