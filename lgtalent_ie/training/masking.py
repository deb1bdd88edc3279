"""From shards to batches for pretraining: words hidden or replaced, and what is to be said of them.

Whole eojeol are hidden, as a sentence with half a word in it gives the other half away ("whole word
masking", Devlin et al. 2019). What a hidden morpheme keeps is its word class; its vector and its
characters are gone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lgtalent_ie.engine.packing import batches
from lgtalent_ie.model.pieces import TAG_IDS, UNKNOWN, Pieces, Vocabulary, character_ngrams
from lgtalent_ie.training.shards import Shard, Type, read_manifest, read_shard

# Classes whose members share one vector or have little to guess: numbers, Latin, marks.
NOT_GUESSED = frozenset("SN SL SH SF SP SS SSO SSC SE SO SW SB W_URL W_EMAIL W_SERIAL".split())


@dataclass(frozen=True, slots=True)
class TypeTable:
    """What the encoder takes of every type. V types, M n-grams.

    rows:    int64 [V], rows of the vocabulary
    tags:    int64 [V], 2 × tag
    ngrams:  int64 [M], hash buckets, all types one after the other
    starts:  int64 [V + 1], where in `ngrams` each type's begin
    guessed: bool [V], true where a hidden one is to be guessed, or one may be replaced
    """

    rows: NDArray[np.int64]
    tags: NDArray[np.int64]
    ngrams: NDArray[np.int64]
    starts: NDArray[np.int64]
    guessed: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Corrupted:
    """A batch with words hidden or replaced: of K of its N morphemes something is to be said.

    places:  int64 [K], which morphemes
    targets: int64 [K], what is right: the row of the vocabulary, or 1 where one was replaced
    """

    pieces: Pieces
    places: NDArray[np.int64]
    targets: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ByClass:
    """The unigram distribution within each word class. V types.

    order: int64 [V], the types, class by class
    ends:  int64 [V], their counts in that order, summed up
    first: int64 [V], the sum before the class of each type
    total: int64 [V], the sum of its class
    """

    order: NDArray[np.int64]
    ends: NDArray[np.int64]
    first: NDArray[np.int64]
    total: NDArray[np.int64]


def type_table(types: Sequence[Type], vocabulary: Vocabulary, buckets: int) -> TypeTable:
    """The features of all types, once; a million take about fifteen seconds."""
    rows = np.array([vocabulary.row(form, tag) for form, tag in types], dtype=np.int64)
    grams = [character_ngrams(form, buckets) for form, _ in types]
    starts = np.concatenate([[0], np.cumsum([len(g) for g in grams])]).astype(np.int64)
    open_class = np.array([tag not in NOT_GUESSED for _, tag in types])
    return TypeTable(
        rows=rows,
        tags=np.array([2 * TAG_IDS.get(tag, 0) for _, tag in types], dtype=np.int64),
        ngrams=np.array([gram for some in grams for gram in some], dtype=np.int64),
        starts=starts,
        guessed=open_class & (rows != UNKNOWN),
    )


def by_class(table: TypeTable, counts: NDArray[np.int64]) -> ByClass:
    """Counts int64 [V] of the types (see `type_counts`) made ready for drawing from."""
    order = np.argsort(table.tags, kind="stable")  # [V]
    ends = np.cumsum(counts[order])  # [V]
    _, classes, sizes = np.unique(table.tags[order], return_inverse=True, return_counts=True)
    class_ends = ends[np.cumsum(sizes) - 1]  # [classes]
    class_firsts = np.concatenate([[0], class_ends[:-1]])  # [classes]
    place = np.empty_like(order)
    place[order] = classes
    return ByClass(order, ends, class_firsts[place], (class_ends - class_firsts)[place])


def batch_plan(
    folder: Path, budget: int, seed: int, skip: int = 0
) -> Iterator[tuple[Shard, NDArray[np.int64]]]:
    """Batches without end: a shard and the numbers int64 [B] of windows of like length in it.

    Shard after shard, each shuffled anew every time around; the same for the same seed, so that a
    run can be taken up at batch `skip`.
    """
    parts = read_manifest(folder)
    sizes: dict[int, int] = {}
    passed, around = 0, 0
    while True:
        for number, part in enumerate(parts):
            # How many batches a shard makes depends on its lengths alone, not on the shuffling.
            if number in sizes and passed + sizes[number] <= skip:
                passed += sizes[number]
                continue
            shard = read_shard(folder, number, part)
            chance = np.random.default_rng((seed, around, number))
            shuffled = chance.permutation(len(shard.lengths))
            planned = list(batches(shard.lengths[shuffled].tolist(), budget))
            sizes[number] = len(planned)
            for place in chance.permutation(len(planned)):
                passed += 1
                if passed > skip:
                    yield shard, shuffled[planned[place]]
        around += 1


def masked_batch(
    shard: Shard,
    windows: NDArray[np.int64],
    chance: np.random.Generator,
    table: TypeTable,
    share: float,
    crop: bool,
) -> Corrupted:
    """One batch with about `share` of its eojeol hidden; their morphemes are to be guessed.

    `crop` makes all windows as long as the shortest, for `RecurrentEncoder.read`; in batches of
    4,000 morphemes that costs one in 500, in batches of 131,072 one in 20.
    """
    types, begins, lengths = read_windows(shard, windows, crop)
    first = np.zeros(len(types), dtype=np.int64)  # [N]
    first[np.cumsum(lengths) - lengths] = 1
    eojeol = np.cumsum(begins | first) - 1  # [N]
    hidden = (chance.random(int(eojeol[-1]) + 1) < share)[eojeol]  # [N]
    places = np.flatnonzero(hidden & table.guessed[types])
    pieces = make_batch(types, begins, lengths, table, hidden)
    return Corrupted(pieces, places, table.rows[types[places]])


def replaced_batch(
    shard: Shard,
    windows: NDArray[np.int64],
    chance: np.random.Generator,
    table: TypeTable,
    classes: ByClass,
    share: float,
    crop: bool,
) -> Corrupted:
    """One batch with about `share` of its words replaced by others of their class.

    Of every morpheme it is to be said whether it was. One that happens to be drawn in its own
    place counts as not replaced, as in ELECTRA (Clark et al. 2020).
    """
    types, begins, lengths = read_windows(shard, windows, crop)
    chosen = np.flatnonzero((chance.random(len(types)) < share) & table.guessed[types])
    before = types[chosen]
    points = classes.first[before] + chance.integers(0, classes.total[before])
    replaced = types.copy()
    replaced[chosen] = classes.order[np.searchsorted(classes.ends, points, side="right")]
    pieces = make_batch(replaced, begins, lengths, table, np.zeros(len(types), dtype=np.bool_))
    return Corrupted(pieces, np.arange(len(types)), (replaced != types).astype(np.int64))


def read_windows(
    shard: Shard, windows: NDArray[np.int64], crop: bool
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Types [N], whether each begins an eojeol [N], lengths [B] of some windows of a shard."""
    lengths = shard.lengths[windows].astype(np.int64)  # [B]
    if crop:
        lengths[:] = lengths.min()
    offsets = np.cumsum(lengths) - lengths  # [B]
    ids = shard.ids[np.repeat(shard.starts[windows] - offsets, lengths) + np.arange(lengths.sum())]
    return (ids >> 1).astype(np.int64), (ids & 1).astype(np.int64), lengths


def make_batch(
    types: NDArray[np.int64],
    begins: NDArray[np.int64],
    lengths: NDArray[np.int64],
    table: TypeTable,
    hidden: NDArray[np.bool_],
) -> Pieces:
    """The pieces of some windows; hidden morphemes show only their word class."""
    counts = np.where(hidden, 0, table.starts[types + 1] - table.starts[types])  # [N]
    offsets = np.cumsum(counts) - counts  # [N]
    # Where each n-gram stands in the table: the type's start, and as many on as into its morpheme.
    places = np.repeat(table.starts[types] - offsets, counts) + np.arange(counts.sum())  # [M]
    return Pieces(
        morphemes=np.where(hidden, UNKNOWN, table.rows[types]),
        tags=table.tags[types] + begins,
        ngrams=table.ngrams[places],
        offsets=offsets,
        lengths=lengths,
    )
