"""Sentences cut for the rules of relations and facts: a quotation is a piece of its own."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, islice

from lgtalent_ie.reading import Reading, Sentence
from lgtalent_ie.records.arguments import Context, next_context
from lgtalent_ie.records.clause_tokens import Token, headline_topic, linearise, without_brackets
from lgtalent_ie.records.clauses import Element, read_elements
from lgtalent_ie.records.names import Names
from lgtalent_ie.schema import Quote

# A sentence of more tokens is a list or noise; its end is left unread.
MOST_TOKENS = 1500


@dataclass(frozen=True, slots=True)
class Piece:
    """A sentence without its quotations, or one quotation in it.

    `elements` are the phrases and predicates of the tokens outside brackets.
    """

    sentence: Sentence
    tokens: list[Token]
    elements: list[Element]
    text: str
    quoted: bool


def read_pieces(reading: Reading, quotes: Sequence[Quote] = ()) -> list[Piece]:
    """Each sentence without its direct quotations, then each quotation in it."""
    spans = sorted({(q.start, q.end) for q in quotes if q.kind != "indirect"})
    ends = list(accumulate((end for _, end in spans), max))
    pieces: list[Piece] = []
    for sentence in reading.sentences:
        inside = []
        for start, end in islice(spans, bisect_right(ends, sentence.start), None):
            if start >= sentence.end:
                break
            if end > sentence.start:
                inside.append((max(start, sentence.start), min(end, sentence.end)))
        morphemes = sentence.morphemes[: MOST_TOKENS * 2]
        tokens = linearise(reading, sentence.start, sentence.end, morphemes, inside)
        text = reading.text[sentence.start : sentence.end]
        pieces.append(make_piece(sentence, tokens, text, False))
        for start, end in inside:
            tokens = linearise(reading, start, end, morphemes)
            pieces.append(make_piece(sentence, tokens, reading.text[start:end], True))
    return pieces


def make_piece(sentence: Sentence, tokens: list[Token], text: str, quoted: bool) -> Piece:
    """A piece, its phrases and predicates read."""
    tokens = tokens[:MOST_TOKENS]
    outside = without_brackets(tokens)
    ends = any(t.tag in ("EF", "SF") for t in outside[-4:])
    headline = not quoted and (sentence.kind == "headline" or not ends)
    elements = read_elements(headline_topic(outside, headline))
    return Piece(sentence, tokens, elements, text, quoted)


def read_clauses(
    pieces: Sequence[Piece], names: Names
) -> Iterator[tuple[Piece, list[Element], Context]]:
    """Each piece's phrases and predicates with what the sentences before hand on."""
    context = Context()
    for piece in pieces:
        yield piece, piece.elements, context
        if not piece.quoted:
            context = next_context(piece.elements, context, names)
