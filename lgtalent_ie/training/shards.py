"""Raw text as pretraining data: analysed once, kept in compact parts that can be moved one by one.

A folder of shards holds, for each number, `shard-0000.ids.npy` (uint32 [N], 2 × type + 1 where the
morpheme begins an eojeol), `shard-0000.lengths.npy` (uint16 [B], morphemes per window) and
`shard-0000.types.tsv` (the `form<TAB>tag` types that this shard saw first; a type's number counts
through the shards). `manifest.json` names the whole shards, in order.
"""

from __future__ import annotations

import json
import lzma
import random
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lgtalent_ie.errors import DataError
from lgtalent_ie.model.pieces import shape_of
from lgtalent_ie.reading import Sentence
from lgtalent_ie.schema import Section

if TYPE_CHECKING:
    from lgtalent_ie.morphemes import Analyzer

MANIFEST = "manifest.json"
LONGEST_WINDOW = 128
# 4 bytes a morpheme: 16 MB a shard, so that any way of copying files will take one.
SHARD_MORPHEMES = 4_000_000
PARAGRAPHS_AT_ONCE = 400

# What a source is worth beside the others; statutes and software manuals repeat themselves.
SHARES: Mapping[str, float] = {"law": 0.25, "mixed": 0.5}

Type = tuple[str, str]
Part = dict[str, Any]
Log = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Shard:
    """One part: ids uint32 [N] (memory-mapped), lengths uint16 [B] with sum N, starts int64 [B]."""

    ids: NDArray[np.uint32]
    lengths: NDArray[np.uint16]
    starts: NDArray[np.int64]


def read_paragraphs(corpus: Path, seed: int) -> list[str]:
    """The paragraphs of all `*.txt` and `*.txt.xz` files of a folder, by their shares, shuffled.

    Raises DataError where the folder has none or a file is damaged.
    """
    files = sorted([*corpus.glob("*.txt"), *corpus.glob("*.txt.xz")])
    if not files:
        raise DataError(
            f"corpus folder {corpus} without text", "*.txt or *.txt.xz, one paragraph a line",
            "check the path",
        )  # fmt: skip
    chance = random.Random(seed)
    paragraphs: list[str] = []
    for path in files:
        share = SHARES.get(path.name.partition(".")[0], 1.0)
        opened = lzma.open if path.suffix == ".xz" else open
        try:
            with opened(path, "rt", encoding="utf-8") as lines:
                stripped = (line.strip() for line in lines)
                paragraphs += [p for p in stripped if p and chance.random() < share]
        except (OSError, EOFError, lzma.LZMAError, UnicodeDecodeError) as error:
            raise DataError(
                f"{path}: {error}", "UTF-8 text, one paragraph a line", "copy the file again"
            ) from error
    chance.shuffle(paragraphs)
    return paragraphs


def make_shards(
    corpus: Path, folder: Path, analyzer: Analyzer, log: Log, most: int | None = None, seed: int = 0
) -> None:
    """Analyse a corpus into shards; started again, it goes on behind the last whole shard.

    `most` ends it after about that many morphemes. Raises DataError where the corpus cannot be
    read, is another one than the folder was begun with, or the disk is full.
    """
    folder.mkdir(parents=True, exist_ok=True)
    done = read_manifest(folder) if (folder / MANIFEST).exists() else []
    types = {key: n for n, key in enumerate(read_types(folder, done))}
    paragraphs = read_paragraphs(corpus, seed)
    if any(part.get("of", len(paragraphs)) != len(paragraphs) for part in done):
        raise DataError(
            f"{corpus} with {len(paragraphs)} paragraphs to go on with in {folder}",
            f"the corpus of {done[0]['of']} paragraphs that its first shards were made of",
            "choose another folder",
        )
    total, at = sum(part["morphemes"] for part in done), sum(part["paragraphs"] for part in done)
    log(f"{len(paragraphs)} paragraphs, {at} of them done in {len(done)} shards")
    remaining = iter(paragraphs[at:])
    while most is None or total < most:
        room = SHARD_MORPHEMES if most is None else min(SHARD_MORPHEMES, most - total)
        known, count = len(types), 0
        ids: list[int] = []
        lengths: list[int] = []
        while len(ids) < room and (some := list(islice(remaining, PARAGRAPHS_AT_ONCE))):
            count += len(some)
            for window in windows(some, analyzer):
                lengths.append(len(window))
                ids += [2 * types.setdefault(key, len(types)) + first for key, first in window]
        if not ids:
            break
        fresh = list(islice(types, known, None))
        try:
            sums = write_shard(folder, len(done), ids, lengths, fresh)
            about = {"morphemes": len(ids), "paragraphs": count, "types": len(fresh)}
            done.append({**about, "of": len(paragraphs), "crc32": sums})
            write_atomically(folder / MANIFEST, (json.dumps(done) + "\n").encode())
        except OSError as error:
            raise DataError(
                f"shard {len(done)} in {folder}: {error}", "a folder with room for it",
                "make room and start the same command again: it goes on where it stopped",
            ) from error  # fmt: skip
        total += len(ids)
        log(f"shard {len(done)}: {total} morphemes, {len(types)} types")


def windows(paragraphs: Sequence[str], analyzer: Analyzer) -> Iterator[list[tuple[Type, bool]]]:
    """The windows of some paragraphs: their sentences, as many as fit, never two paragraphs."""
    text = "\n".join(paragraphs)
    sections, at = [], 0
    for paragraph in paragraphs:
        sections.append(Section("body", at, at + len(paragraph)))
        at += len(paragraph) + 1
    window: list[tuple[Type, bool]] = []
    line = -1
    for sentence in analyzer.sentences(text, sections):
        keys = typed(sentence, text)
        if window and (sentence.paragraph != line or len(window) + len(keys) > LONGEST_WINDOW):
            yield window
            window = []
        line = sentence.paragraph
        for start in range(0, len(keys), LONGEST_WINDOW):
            if window and start:
                yield window
                window = []
            window = window + keys[start : start + LONGEST_WINDOW]
    if window:
        yield window


def typed(sentence: Sentence, text: str) -> list[tuple[Type, bool]]:
    """Every morpheme as its type, and whether it begins an eojeol."""
    result = []
    previous_end = -1
    for morpheme in sentence.morphemes:
        first = morpheme.start != previous_end and (
            morpheme.start == 0 or text[morpheme.start - 1].isspace()
        )
        result.append(((shape_of(morpheme.form), morpheme.tag.partition("-")[0]), first))
        previous_end = morpheme.end
    return result


def write_shard(
    folder: Path, number: int, ids: list[int], lengths: list[int], fresh: Iterable[Type]
) -> dict[str, int]:
    """Write the three files of a shard and return their checksums.

    They count only once the manifest names them, so that half a shard is written over.
    """
    stem = folder / f"shard-{number:04}"
    numbers, sizes = np.array(ids, dtype=np.uint32), np.array(lengths, dtype=np.uint16)
    types = "".join(f"{form}\t{tag}\n" for form, tag in fresh).encode()
    np.save(f"{stem}.ids.npy", numbers)
    np.save(f"{stem}.lengths.npy", sizes)
    Path(f"{stem}.types.tsv").write_bytes(types)
    crc32 = zlib.crc32
    return {"ids": crc32(numbers.data), "lengths": crc32(sizes.data), "types": crc32(types)}


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    fresh = path.with_name(path.name + ".part")
    try:
        fresh.write_bytes(content)
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


FIX = "copy the folder again, or make it with `lgtalent shards CORPUS FOLDER`"


def read_manifest(folder: Path) -> list[Part]:
    """What the shards of a folder hold; DataError where it is no such folder."""
    path = folder / MANIFEST
    try:
        parts = json.loads(path.read_text(encoding="utf-8"))
        wanted = ("morphemes", "paragraphs", "types")
        if not all(isinstance(part[name], int) for part in parts for name in wanted):
            raise ValueError(f"counts of {', '.join(wanted)} are no whole numbers")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"{path}: {error or type(error).__name__}", "a folder written by `lgtalent shards`", FIX
        ) from error
    return list(parts)


def read_types(folder: Path, parts: Sequence[Part]) -> list[Type]:
    """All types of the first shards in the order of their numbers; DataError where some lack."""
    types: list[Type] = []
    for number, part in enumerate(parts):
        path = folder / f"shard-{number:04}.types.tsv"
        try:
            content = path.read_bytes()
            lines = content.decode().split("\n")[:-1]
            rows = [(form, tag) for form, tag in (line.split("\t") for line in lines)]
        except (OSError, ValueError) as error:
            raise DataError(f"{path}: {error}", "lines of form<TAB>tag", FIX) from error
        if len(rows) != part["types"]:
            raise DataError(f"{path} with {len(rows)} types", f"{part['types']} types", FIX)
        check_sum(path, content, part, "types")
        types += rows
    return types


def read_shard(folder: Path, number: int, part: Part) -> Shard:
    """A shard, its ids memory-mapped; DataError where a file is missing, cut short or damaged."""
    stem = folder / f"shard-{number:04}"
    arrays = {}
    for name, kind in (("ids", np.uint32), ("lengths", np.uint16)):
        path = Path(f"{stem}.{name}.npy")
        try:
            array = np.load(path, mmap_mode="r")
        except (OSError, ValueError, EOFError) as error:
            raise DataError(f"{path}: {error}", "a whole shard", FIX) from error
        if array.dtype != kind or array.ndim != 1:
            raise DataError(f"{path} of {array.dtype}", np.dtype(kind).name, FIX)
        check_sum(path, array.data, part, name)
        arrays[name] = array
    ids, lengths = arrays["ids"], np.array(arrays["lengths"])
    ends = np.cumsum(lengths, dtype=np.int64)  # [B]
    if len(ids) != part["morphemes"] or not len(ends) or ends[-1] != len(ids) or not lengths.all():
        raise DataError(
            f"{stem}.ids.npy with {len(ids)} morphemes in windows of {lengths.sum(dtype=np.int64)}",
            f"{part['morphemes']} morphemes in windows", FIX,
        )  # fmt: skip
    return Shard(ids, lengths, ends - lengths)


def check_sum(path: Path, content: bytes | memoryview, part: Part, name: str) -> None:
    """DataError where a file is not what was written; folders of before have no checksums."""
    expected = part.get("crc32", {}).get(name)
    if expected is not None and zlib.crc32(content) != expected:
        raise DataError(f"{path}, damaged", f"the file whose CRC-32 is {expected}", FIX)


def type_counts(folder: Path, parts: Sequence[Part]) -> NDArray[np.int64]:
    """How often each type stands in the shards, int64 [V]; DataError where ids have no type."""
    total = sum(part["types"] for part in parts)
    counts = np.zeros(total, dtype=np.int64)  # [V]
    known = 0
    for number, part in enumerate(parts):
        found = np.bincount(read_shard(folder, number, part).ids >> 1)  # [types so far]
        known += part["types"]
        if len(found) > known:
            raise DataError(
                f"{folder}/shard-{number:04}.ids.npy with type {len(found) - 1}",
                f"the {known} types of the shards up to it", FIX,
            )  # fmt: skip
        counts[: len(found)] += found
    return counts
