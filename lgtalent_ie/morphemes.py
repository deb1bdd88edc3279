"""Kiwi as this library uses it: sentences and morphemes with offsets into the text as given."""

from __future__ import annotations

import unicodedata
import warnings
from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING

from lgtalent_ie.alignment import Alignment, align
from lgtalent_ie.errors import DictionaryError
from lgtalent_ie.reading import Morpheme, Sentence
from lgtalent_ie.schema import Section

if TYPE_CHECKING:
    from kiwipiepy import Kiwi, Token

ARTICLE_KINDS = ("headline", "body", "caption")

# Kiwi's search is linear, its memory per call is not small: longer lines are cut at a blank.
LONGEST_LINE = 20_000

# How far behind the best a reading may lie and still be followed. Kiwi's own 8 takes a fifth more
# time and reads 0.1 % of morphemes otherwise; F1 on dev differs by -0.04 to +0.12.
CUTOFF = 5.0

KIWI_TAGS = frozenset(
    "NNG NNP NNB NR NP VV VA VX VCP VCN MM MAG MAJ IC JKS JKC JKG JKO JKB JKV JKQ JX JC EP EF EC "
    "ETN ETM XPN XSN XSV XSA XSM XR SF SP SS SSO SSC SE SO SW SL SH SN SB".split()
)

DictionaryEntry = str | tuple[str, str] | tuple[str, str, float]


class Analyzer:
    """Kiwi with an optional user dictionary; one instance may serve many documents.

    One worker is the thread that asks, more are threads of Kiwi's own, which do not survive a fork.

    `user_dictionary`: a path to Kiwi's own TSV form (`form<TAB>tag[<TAB>score]` a line, `#`
    comments), or a list of forms (taken as NNP), (form, tag) or (form, tag, score).

    >>> [m.form for m in Analyzer().sentences("LG가 왔다.", [Section("body", 0, 7)])[0].morphemes]
    ['LG', '가', '오', '었', '다', '.']
    """

    def __init__(
        self,
        user_dictionary: str | Path | Iterable[DictionaryEntry] | None = None,
        num_workers: int = 1,
    ) -> None:
        from kiwipiepy import Kiwi

        entries = [] if user_dictionary is None else list(read_dictionary(user_dictionary))
        self.own_threads = num_workers not in (0, 1)
        with warnings.catch_warnings():
            # 0 had another meaning before 0.21.
            warnings.simplefilter("ignore", DeprecationWarning)
            self.kiwi: Kiwi = Kiwi(num_workers=num_workers if self.own_threads else 0)
        self.kiwi.global_config.cutoff_threshold = CUTOFF
        for form, tag, score in entries:
            self.kiwi.add_user_word(form, tag, score)

    def sentences(self, text: str, sections: Iterable[Section]) -> tuple[Sentence, ...]:
        """The sentences of the article sections, with morphemes; furniture is passed over.

        A section never shares a sentence with another one.
        """
        lines = [
            (section, alignment)
            for section in sections
            if section.kind in ARTICLE_KINDS
            for start, end in cut(text, section.start, section.end)
            if (alignment := align(text, start, end)).text.strip()
        ]
        paragraphs = line_numbers(text, [alignment.starts[0] for _, alignment in lines])
        analysed = self.analyse([alignment.text for _, alignment in lines])
        found: list[Sentence] = []
        for (section, alignment), paragraph, line in zip(lines, paragraphs, analysed, strict=True):
            # Kiwi's own lists of sentences would have to be made first, and taken apart again.
            for _, tokens in groupby(line, attrgetter("sent_position")):
                morphemes = lead_back(tokens, alignment)
                found.append(
                    Sentence(
                        start=min(m.start for m in morphemes),
                        end=max(m.end for m in morphemes),
                        kind=section.kind,  # type: ignore[arg-type]
                        paragraph=paragraph,
                        morphemes=morphemes,
                    )
                )
        return tuple(found)

    def analyse(self, lines: Sequence[str]) -> Iterable[Sequence[Token]]:
        """The tokens of each line."""
        if self.own_threads:
            yield from self.kiwi.tokenize(lines)
        else:
            yield from (self.kiwi.tokenize(line) for line in lines)


def lead_back(tokens: Iterable[Token], alignment: Alignment) -> tuple[Morpheme, ...]:
    """Kiwi's tokens of the cleaned text as morphemes of the text as given."""
    if isinstance(alignment.starts, range):
        # Nothing was cleaned, as in most lines: the way back is a shift.
        shift = alignment.starts.start
        return tuple(
            Morpheme(t.form, t.tag, t.start + shift, t.start + t.len + shift) for t in tokens
        )
    return tuple(Morpheme(t.form, t.tag, *alignment.span(t.start, t.start + t.len)) for t in tokens)


def cut(text: str, start: int, end: int) -> Iterable[tuple[int, int]]:
    """start..end in stretches that Kiwi can take at once, cut at blanks where there are any."""
    while end - start > LONGEST_LINE:
        blank = text.rfind(" ", start + LONGEST_LINE // 2, start + LONGEST_LINE)
        middle = blank + 1 if blank >= 0 else start + LONGEST_LINE
        yield start, middle
        start = middle
    if start < end:
        yield start, end


def line_numbers(text: str, offsets: Sequence[int]) -> list[int]:
    """The number, from 0, of the line that each of the sorted offsets stands on."""
    numbers, line, at = [], 0, 0
    for offset in offsets:
        line += text.count("\n", at, offset)
        at = max(at, offset)
        numbers.append(line)
    return numbers


def read_dictionary(
    source: str | Path | Iterable[DictionaryEntry],
) -> Iterable[tuple[str, str, float]]:
    """(form, tag, score) of a user dictionary; DictionaryError names the entry that is wrong."""
    if isinstance(source, str | Path):
        try:
            lines = Path(source).read_text(encoding="utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise DictionaryError(
                f"user dictionary {source}: {error}", "a UTF-8 text file, one word a line",
                "check the path, or pass the words as a list",
            ) from error  # fmt: skip
        for number, line in enumerate(lines, 1):
            if line.strip() and not line.startswith("#"):
                yield check_entry(tuple(line.strip().split("\t")), f"{source}, line {number}")
    else:
        for entry in source:
            fields = (entry,) if isinstance(entry, str) else tuple(entry)
            yield check_entry(fields, f"user dictionary entry {entry!r}")


def check_entry(fields: tuple[object, ...], where: str) -> tuple[str, str, float]:
    """One dictionary entry with its defaults filled in."""
    form, tag, score = fields[0] if fields else None, "NNP", 0.0
    try:
        if len(fields) > 1:
            tag = str(fields[1])
        if len(fields) > 2:
            score = float(str(fields[2]))
        valid = isinstance(form, str) and form.strip() and tag in KIWI_TAGS and len(fields) <= 3
    except ValueError:
        valid = False
    if not valid:
        raise DictionaryError(
            f"{where}: {fields!r}", "form<TAB>tag<TAB>score, the last two optional",
            "write for example 챗엑사원<TAB>NNP",
        )  # fmt: skip
    return unicodedata.normalize("NFC", str(form).strip()), tag, score
