"""What is hidden is hidden whole; what is replaced is replaced in kind; batches come in order."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from tiny_shards import Tiny, generator, load_tiny, tiny_shards

from lgtalent_ie.engine.packing import batches
from lgtalent_ie.model.pieces import UNKNOWN, Pieces, character_ngrams
from lgtalent_ie.training.masking import (
    NOT_GUESSED,
    batch_plan,
    by_class,
    masked_batch,
    read_windows,
    replaced_batch,
)
from lgtalent_ie.training.shards import Shard, read_manifest, read_shard, type_counts


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Tiny:
    return load_tiny(tiny_shards(tmp_path_factory.mktemp("shards")))


def first_shard(tiny: Tiny) -> Shard:
    return read_shard(tiny.shards, 0, read_manifest(tiny.shards)[0])


def all_windows(shard: Shard) -> np.ndarray:
    return np.arange(len(shard.lengths))


def ngrams_of(pieces: Pieces, place: int) -> list[int]:
    ends = [*pieces.offsets[1:], len(pieces.ngrams)]
    return list(pieces.ngrams[pieces.offsets[place] : ends[place]])


def test_a_hidden_morpheme_shows_nothing_but_its_class(tiny: Tiny) -> None:
    shard = first_shard(tiny)
    numbers = all_windows(shard)
    types, begins, _ = read_windows(shard, numbers, crop=False)
    masked = masked_batch(shard, numbers, generator(), tiny.table, 0.3, crop=False)
    hidden = masked.pieces.morphemes == UNKNOWN
    assert 0.2 < hidden.mean() < 0.4
    for place, kind in enumerate(types):
        form, _ = tiny.types[kind]
        shown = [] if hidden[place] else list(character_ngrams(form, 64))
        assert ngrams_of(masked.pieces, place) == shown
    assert list(masked.pieces.tags) == list(tiny.table.tags[types] + begins)
    assert (masked.pieces.morphemes[~hidden] == tiny.table.rows[types][~hidden]).all()


def test_whole_eojeol_are_hidden(tiny: Tiny) -> None:
    shard = first_shard(tiny)
    numbers = all_windows(shard)
    _, begins, _ = read_windows(shard, numbers, crop=False)
    masked = masked_batch(shard, numbers, generator(), tiny.table, 0.3, crop=False)
    hidden = masked.pieces.morphemes == UNKNOWN
    per_eojeol = np.split(hidden, np.flatnonzero(begins)[1:])
    assert {len(set(eojeol)) for eojeol in per_eojeol} == {1}
    assert max(len(eojeol) for eojeol in per_eojeol) > 2


def test_the_targets_are_what_was_hidden_but_no_numbers_and_marks(tiny: Tiny) -> None:
    shard = first_shard(tiny)
    numbers = all_windows(shard)
    types, _, _ = read_windows(shard, numbers, crop=False)
    masked = masked_batch(shard, numbers, generator(), tiny.table, 0.3, crop=False)
    hidden = set(np.flatnonzero(masked.pieces.morphemes == UNKNOWN))
    wanted = [n for n in sorted(hidden) if tiny.types[types[n]][1] not in NOT_GUESSED]
    assert list(masked.places) == wanted and len(wanted) < len(hidden)
    assert list(masked.targets) == list(tiny.table.rows[types[masked.places]])


def test_cropped_windows_are_as_long_as_the_shortest(tiny: Tiny) -> None:
    shard = first_shard(tiny)
    numbers = np.concatenate([all_windows(shard), all_windows(shard)[:1]])
    shortest = int(shard.lengths.min())
    masked = masked_batch(shard, numbers, generator(), tiny.table, 0.3, crop=True)
    assert set(masked.pieces.lengths) == {shortest} and shard.lengths.max() > shortest
    assert len(masked.pieces.morphemes) == shortest * len(numbers)
    types, _, _ = read_windows(shard, numbers, crop=True)
    assert list(types[:shortest]) == list(shard.ids[:shortest] >> 1)


def test_a_replaced_word_is_another_of_its_class(tiny: Tiny) -> None:
    shard = first_shard(tiny)
    numbers = all_windows(shard)
    types, begins, _ = read_windows(shard, numbers, crop=False)
    classes = by_class(tiny.table, type_counts(tiny.shards, read_manifest(tiny.shards)))
    batch = replaced_batch(shard, numbers, generator(), tiny.table, classes, 0.3, crop=False)
    rows = tiny.table.rows[types]
    changed = batch.pieces.morphemes != rows
    assert list(batch.targets) == list(changed.astype(int))
    assert list(batch.places) == list(range(len(types)))
    assert 0.1 < changed.mean() < 0.3
    assert list(batch.pieces.tags) == list(tiny.table.tags[types] + begins)
    for place in np.flatnonzero(changed):
        form, tag = tiny.types[batch.pieces.morphemes[place] - 1]
        assert tag == tiny.types[types[place]][1]
        assert ngrams_of(batch.pieces, place) == list(character_ngrams(form, 64))


def test_replacements_are_drawn_by_their_frequency(tiny: Tiny) -> None:
    shard = first_shard(tiny)
    counts = np.ones(len(tiny.types), dtype=np.int64)
    nouns = [n for n, (_, tag) in enumerate(tiny.types) if tag == "NNG"]
    often = tiny.types.index(("연구원", "NNG"))
    counts[often] = 100 * len(nouns)
    classes = by_class(tiny.table, counts)
    numbers = all_windows(shard)
    types, _, _ = read_windows(shard, numbers, crop=False)
    batch = replaced_batch(shard, numbers, generator(), tiny.table, classes, 0.5, crop=False)
    changed = (batch.targets == 1) & np.isin(types, nouns)
    taken = batch.pieces.morphemes[changed] == tiny.table.rows[often]
    assert taken.mean() > 0.9


def test_every_window_comes_once_each_time_around(tiny: Tiny) -> None:
    shard = first_shard(tiny)
    once = len(list(batches(shard.lengths.tolist(), 200)))
    plan = [list(n) for _, n in islice(batch_plan(tiny.shards, 200, seed=3), 2 * once)]
    for half in (plan[:once], plan[once:]):
        assert sorted(n for numbers in half for n in numbers) == list(all_windows(shard))
    assert plan[:once] != plan[once:]


@pytest.mark.parametrize("skip", [1, 7, 40, 95])
def test_a_plan_can_be_taken_up_anywhere(tiny: Tiny, skip: int) -> None:
    whole = [list(n) for _, n in islice(batch_plan(tiny.shards, 200, seed=3), 100)]
    rest = [list(n) for _, n in islice(batch_plan(tiny.shards, 200, seed=3, skip=skip), 100 - skip)]
    assert rest == whole[skip:]


def test_shards_that_are_skipped_whole_are_not_read_again(
    tiny: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []

    def noted(folder: Path, number: int, part: dict[str, int]) -> Shard:
        read.append(number)
        return read_shard(folder, number, part)

    monkeypatch.setattr("lgtalent_ie.training.masking.read_shard", noted)
    next(batch_plan(tiny.shards, 200, seed=3, skip=1000))
    assert len(read) == 2
