"""The texts of the engine benchmark: three mixes of length, made of the project's own articles."""

from __future__ import annotations

import lzma
import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from statistics import NormalDist

from lgtalent_ie.errors import InputError
from lgtalent_ie.model.tagger import WindowText
from lgtalent_ie.morphemes import Analyzer
from lgtalent_ie.page import read_page
from lgtalent_ie.reading import Morpheme
from lgtalent_ie.schema import Section

# Median length in characters and spread (of a log-normal distribution), longest in characters.
ARTICLES = (1200, 0.35, 4000)
TAIL = (60, 1.4, 15_000)

SENTENCES_A_LINE = 3
# As many as the longest text may need.
MOST_SENTENCES = 1_000


@dataclass(frozen=True, slots=True)
class Mix:
    """Texts, and each of them as one window with all of its morphemes.

    The lengths are spread so that the first n texts are a fair sample of all, whatever n is.
    """

    name: str
    texts: tuple[str, ...]
    windows: tuple[WindowText, ...]

    def repeated(self, times: int) -> Mix:
        """The mix so many times over, the same objects again."""
        return Mix(self.name, self.texts * times, self.windows * times)

    @property
    def sizes(self) -> dict[str, int]:
        """Figures of the whole mix."""
        return {
            "texts": len(self.texts),
            "characters": sum(map(len, self.texts)),
            "eojeol": sum(map(eojeol_of, self.texts)),
            "morphemes": sum(len(window.morphemes) for window in self.windows),
            "characters of the longest": max(map(len, self.texts)),
        }


def eojeol_of(text: str) -> int:
    """Words between blanks."""
    return len(text.split())


def make_mixes(
    sentences: Sequence[str], characters: int, analyzer: Analyzer | None, seed: int = 0
) -> tuple[Mix, ...]:
    """News sentences, whole articles and a skewed tail, about so many characters each.

    Without an analyzer the texts have no windows.
    """
    draws = {
        "news": news(sentences, random.Random(seed)),
        "articles": stretches(sentences, random.Random(seed + 1), *ARTICLES),
        "tail": stretches(sentences, random.Random(seed + 2), *TAIL),
    }
    return tuple(
        analysed(name, tuple(filled(texts, characters)), analyzer) for name, texts in draws.items()
    )


def read_sentences(path: Path) -> list[str]:
    """The distinct lines of a UTF-8 file, `.xz` or plain; InputError where it cannot be read."""
    try:
        with (
            lzma.open(path, "rt", encoding="utf-8")
            if path.suffix == ".xz"
            else path.open(encoding="utf-8") as file
        ):
            found = dict.fromkeys(" ".join(line.split()) for line in file)
    except (OSError, UnicodeDecodeError, lzma.LZMAError) as error:
        raise InputError(
            f"{path}: {error}", "a text file, a sentence a line", "check the file"
        ) from error
    return [sentence for sentence in found if sentence.count(" ") >= 3 and len(sentence) < 300]


def sentences_of(files: Sequence[Path], analyzer: Analyzer) -> list[str]:
    """The distinct sentences of the articles in the files, what stands around them left out."""
    found: dict[str, None] = {}
    for file in files:
        text = file.read_text(encoding="utf-8")
        for sentence in analyzer.sentences(text, read_page(text).sections):
            words = text[sentence.start : sentence.end].split()
            if len(words) >= 4:
                found[" ".join(words)] = None
    return list(found)


def news(sentences: Sequence[str], draw: random.Random) -> Iterator[str]:
    """Sentences without end, half of them without some of their first words."""
    while True:
        words = draw.choice(sentences).split()
        first = draw.randrange(max(1, len(words) // 3)) if draw.random() < 0.5 else 0
        yield " ".join(words[first:])


def stretches(
    sentences: Sequence[str], draw: random.Random, median: int, spread: float, longest: int
) -> Iterator[str]:
    """Texts without end whose lengths follow a log-normal distribution.

    The quantiles are multiples of the golden ratio, modulo 1: evenly spread from the first on.
    """
    golden = (math.sqrt(5) - 1) / 2
    at = draw.random()
    while True:
        at = (at + golden) % 1
        quantile = min(max(at, 1e-6), 1 - 1e-6)
        size = median * math.exp(spread * NormalDist().inv_cdf(quantile))
        yield written(sentences, draw, min(longest, max(15, round(size))))


def written(sentences: Sequence[str], draw: random.Random, characters: int) -> str:
    """At most so many characters of shuffled sentences, three on a line, cut behind a word."""
    parts: list[str] = []
    size = 0
    for number, sentence in enumerate(
        cycle(draw.sample(sentences, min(len(sentences), MOST_SENTENCES))), 1
    ):
        parts.append(sentence + ("\n" if number % SENTENCES_A_LINE == 0 else " "))
        size += len(parts[-1])
        if size > characters:
            break
    text = "".join(parts)
    blank = max(text.rfind(" ", 0, characters + 1), text.rfind("\n", 0, characters + 1))
    return text[: blank if blank > 0 else characters].strip()


def filled(texts: Iterator[str], characters: int) -> Iterator[str]:
    """Texts until there are so many characters."""
    size = 0
    for text in texts:
        yield text
        size += len(text)
        if size >= characters:
            return


def analysed(name: str, texts: Sequence[str], analyzer: Analyzer | None) -> Mix:
    """The mix of the texts, read by Kiwi."""
    some = () if analyzer is None else texts
    windows = tuple(WindowText(text, morphemes_of(text, analyzer)) for text in some)  # type: ignore[arg-type]
    return Mix(name, tuple(texts), windows)


def morphemes_of(text: str, analyzer: Analyzer) -> tuple[Morpheme, ...]:
    """All morphemes of a text that is all article."""
    sentences = analyzer.sentences(text, [Section("body", 0, len(text))])
    return tuple(m for sentence in sentences for m in sentence.morphemes)
