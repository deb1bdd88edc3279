"""Morphemes as the compact encoder takes them: numbers in flat arrays, no padding.

A batch is one long sequence of morphemes with the lengths of its windows beside it, so that the
same arrays serve a recurrent encoder today and a packed attention encoder on a GPU.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lgtalent_ie.errors import ModelError
from lgtalent_ie.model.config import MORPHEMES_FILE
from lgtalent_ie.reading import Morpheme

UNKNOWN = 0

# Kiwi's tags, and its marks of web addresses and the like; a tag outside the list is `OTHER`.
TAGS = tuple(
    "OTHER NNG NNP NNB NR NP VV VA VX VCP VCN MM MAG MAJ IC JKS JKC JKG JKO JKB JKV JKQ JX JC EP "
    "EF EC ETN ETM XPN XSN XSV XSA XSM XR SF SP SS SSO SSC SE SO SW SL SH SN SB UN W_URL W_EMAIL "
    "W_HASHTAG W_MENTION W_SERIAL W_EMOJI Z_CODA Z_SIOT".split()
)
TAG_IDS: Mapping[str, int] = {tag: n for n, tag in enumerate(TAGS)}


@dataclass(frozen=True, slots=True)
class Pieces:
    """One window or one batch of windows. N morphemes, M n-grams, B windows.

    morphemes: int64 [N], rows of the vocabulary, 0 where Kiwi has no vector
    tags:      int64 [N], 2 × tag + 1 where the morpheme begins an eojeol
    ngrams:    int64 [M], hash buckets of the characters, all morphemes one after the other
    offsets:   int64 [N], where in `ngrams` each morpheme's begin
    lengths:   int64 [B], morphemes per window
    """

    morphemes: NDArray[np.int64]
    tags: NDArray[np.int64]
    ngrams: NDArray[np.int64]
    offsets: NDArray[np.int64]
    lengths: NDArray[np.int64]


class Vocabulary:
    """The morphemes that have a vector, a row each; row 0 is the unknown one.

    `cut` are morphemes that Kiwi knows but whose vector the model does without. They take row 0, as
    words hidden in training did, and not the vector Kiwi keeps for words it does not know.
    """

    def __init__(
        self, keys: Iterable[tuple[str, str]], cut: Iterable[tuple[str, str]] = ()
    ) -> None:
        self.keys = [("", "OTHER"), *keys]
        self.cut = list(cut)
        self.rows = dict.fromkeys(self.cut, UNKNOWN)
        self.rows |= {key: n for n, key in enumerate(self.keys) if n}

    def __len__(self) -> int:
        return len(self.keys)

    def row(self, form: str, tag: str) -> int:
        """The row of a morpheme; Kiwi has one vector for all numbers, all Latin words and so on."""
        row = self.rows.get((form, tag))
        return self.rows.get(("", tag), UNKNOWN) if row is None else row

    def save(self, folder: Path) -> None:
        """Write `form<TAB>tag` lines, the rows in order, a blank line, and those that are cut."""
        parts = ["".join(f"{form}\t{tag}\n" for form, tag in self.keys[1:])]
        parts.append("".join(f"{form}\t{tag}\n" for form, tag in self.cut))
        (folder / MORPHEMES_FILE).write_text("\n".join(parts), encoding="utf-8", newline="\n")

    @classmethod
    def load(cls, folder: Path) -> Vocabulary:
        """Read what `save` wrote; ModelError where the file is missing or not of this form."""
        path = folder / MORPHEMES_FILE
        try:
            rows, _, cut = path.read_text(encoding="utf-8").partition("\n\n")
            return cls(read_keys(rows), read_keys(cut))
        except (OSError, ValueError) as error:
            raise ModelError(
                f"{path}: {error}", "lines of form<TAB>tag",
                "copy the model folder again, or train it again",
            ) from error  # fmt: skip


def read_keys(lines: str) -> list[tuple[str, str]]:
    """(form, tag) of each line; ValueError where a line has not two columns."""
    return [(form, tag) for form, tag in (line.split("\t") for line in lines.split("\n") if line)]


# What the encoder sees of a morpheme: form, tag, and whether it begins an eojeol.
Kind = tuple[str, str, bool]


def kinds_of(morphemes: Iterable[Morpheme], text: str) -> list[Kind]:
    """The kind of each morpheme of a window, whose offsets are those of `text`.

    >>> [begins for form, tag, begins in kinds_of(morphemes, "연구원 12명이")]
    [True, True, False, False]
    """
    kinds: list[Kind] = []
    previous_end = -1
    for morpheme in morphemes:
        start = morpheme.start
        begins = start != previous_end and (start == 0 or text[start - 1].isspace())
        kinds.append((morpheme.form, morpheme.tag, begins))
        previous_end = morpheme.end
    return kinds


def make_pieces(kinds: Sequence[Kind], vocabulary: Vocabulary, buckets: int) -> Pieces:
    """The pieces of one window of at least one morpheme."""
    rows, tags, offsets = [], [], []
    ngrams: list[int] = []
    for form, full_tag, begins in kinds:
        tag = full_tag.partition("-")[0]
        offsets.append(len(ngrams))
        ngrams.extend(character_ngrams(form, buckets))
        rows.append(vocabulary.row(form, tag))
        tags.append(2 * TAG_IDS.get(tag, 0) + begins)
    return Pieces(
        morphemes=np.array(rows, dtype=np.int64),
        tags=np.array(tags, dtype=np.int64),
        ngrams=np.array(ngrams, dtype=np.int64),
        offsets=np.array(offsets, dtype=np.int64),
        lengths=np.array([len(rows)], dtype=np.int64),
    )


def shape_of(form: str) -> str:
    """What the characters of a morpheme are read as: digits alike, no capitals, both ends if long.

    >>> shape_of("GPT4")
    'gpt0'
    """
    shape = "".join("0" if c.isdigit() else c for c in form.lower())
    return shape[:12] + shape[-12:] if len(shape) > 24 else shape


@lru_cache(maxsize=1 << 14)
def character_ngrams(form: str, buckets: int) -> tuple[int, ...]:
    """Hash buckets of a morpheme's characters, pairs and triples, with its borders marked.

    These are fastText's subwords (Bojanowski et al. 2017), hashed by CRC-32, which is the same on
    every machine.
    """
    shape = shape_of(form)
    framed = f"<{shape}>"
    grams = [framed[i : i + n] for n in (2, 3) for i in range(len(framed) - n + 1)]
    return tuple(
        zlib.crc32(gram.encode("utf-8", "replace")) % buckets for gram in (*shape, *grams, framed)
    )


def join_pieces(windows: Sequence[Pieces]) -> Pieces:
    """Several windows as one batch."""
    shifts = np.cumsum([0] + [len(w.ngrams) for w in windows[:-1]])
    return Pieces(
        morphemes=np.concatenate([w.morphemes for w in windows]),
        tags=np.concatenate([w.tags for w in windows]),
        ngrams=np.concatenate([w.ngrams for w in windows]),
        offsets=np.concatenate([w.offsets + s for w, s in zip(windows, shifts, strict=True)]),
        lengths=np.concatenate([w.lengths for w in windows]),
    )
