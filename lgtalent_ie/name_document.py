"""What one place of a document says of a name in another: how long it is, and its short form."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import cache

from lgtalent_ie.consistency import NAMES, Candidate
from lgtalent_ie.name_tables import placed, relabelled
from lgtalent_ie.reading import Sentence
from lgtalent_ie.schema import Label

# Names of one beginning, and ends of events, that are looked for in a document.
MOST = 50


def grown(text: str, candidates: Sequence[Candidate]) -> list[Candidate]:
    """Names as long as the document has them elsewhere: `누리 테크` before ` 데이`.

    A name of two words or more that begins like a longer one of its label and goes on like it in
    the text is that one.
    """
    longer: dict[str, dict[tuple[str, Label], None]] = defaultdict(dict)
    for candidate in candidates:
        surface = text[candidate.start : candidate.end]
        if candidate.label in NAMES and " " in surface:
            named = longer[surface.split(" ", 1)[0]]
            if len(named) < MOST:
                named[surface, candidate.label] = None
    result: list[Candidate] = []
    for candidate in sorted(candidates):
        if result and candidate.start < result[-1].end:
            continue
        if candidate.label in NAMES and text[candidate.end : candidate.end + 1] == " ":
            surface = text[candidate.start : candidate.end]
            for name, label in longer.get(surface.split(" ", 1)[0], ()):
                if (
                    label == candidate.label and len(name) > len(surface)
                    and text.startswith(name, candidate.start) and " " in surface
                ):  # fmt: skip
                    candidate = candidate._replace(end=candidate.start + len(name))
                    break
        result.append(candidate)
    return result


@cache
def event_endings() -> tuple[str, ...]:
    """The endings of the table that make an event."""
    table, endings = relabelled()
    return tuple(ending for ending in endings if table["*" + ending][1] == "EVENT")


def with_tails(
    text: str, sentences: Sequence[Sentence], candidates: Sequence[Candidate]
) -> list[Candidate]:
    """Events told again by the end of their name: `누리 테크데이`, then `테크데이`.

    The end is the last word, and one that the table knows for an event's.
    """
    events = event_endings()
    tails: dict[str, float] = {}
    for candidate in candidates:
        if candidate.label != "EVENT":
            continue
        tail = text[candidate.start : candidate.end].rpartition(" ")[2]
        whole = candidate.end - candidate.start == len(tail)
        own_name = tail not in events or tail.endswith("데이")
        if not whole and own_name and tail.endswith(events) and len(tails) < MOST:
            tails.setdefault(tail, candidate.score)
    found: list[Candidate] = []
    for tail, score in tails.items():
        for sentence in sentences:
            at = text.find(tail, sentence.start, sentence.end)
            own = Candidate(at, at + len(tail), "EVENT", score)
            if at < 0 or text[at - 1 : at].isalnum():
                continue
            found.append(own)
    return placed(candidates, found, lambda _, __: False)
