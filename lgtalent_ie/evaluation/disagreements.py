"""What annotators disagree about, for someone to settle: as JSON lines and as a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from lgtalent_ie.evaluation.aligned import Aligned, Group, align
from lgtalent_ie.evaluation.gold import GoldDocument
from lgtalent_ie.evaluation.spanned import Record, RecordKind, describe, kinds

if TYPE_CHECKING:
    from rich.table import Table


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Records of one kind about one thing on which the annotators differ.

    `says` is by annotator what those who judged it say, nothing where they saw nothing. `text` is
    what stands at start..end, None where the text is not known, and `told` is `says` in words, or
    offsets without the text. `id` is made of the place, so it stays the same when other
    disagreements are settled.
    """

    id: str
    document: str
    kind: RecordKind
    start: int
    end: int
    says: Mapping[str, tuple[Record, ...]]
    told: Mapping[str, tuple[str, ...]]
    text: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """For JSON; `right` is null, for the one who settles it to fill in."""
        return {
            "id": self.id,
            "document": self.document,
            "kind": self.kind,
            "start": self.start,
            "end": self.end,
            "text": self.text,
            "told": self.told,
            "says": msgspec.to_builtins(self.says),
            "right": None,
        }


def disagreements(
    marks: Mapping[str, GoldDocument], text: str | None = None, majority: bool = False
) -> tuple[Disagreement, ...]:
    """What the annotators (name → marks of one document) disagree about.

    With `majority`, only what no more than half of them agree on. With the text, words are
    compared where it does not matter which mention carries them: without it there are more.

    Raises DataError for fewer than two annotators or marks of different texts.

    >>> disagreements({"kim": kim, "lee": lee}, text)[0].id
    'article:mentions:4-11'
    """
    document = next((gold.document for gold in marks.values()), "")
    found = identified(document, align(marks, text))
    return tuple(
        disagreement(name, document, group, text)
        for name, group in found.items()
        if not group.winners(majority)
    )


def disagreement(name: str, document: str, group: Group, text: str | None) -> Disagreement:
    """A group as the disagreement it is."""
    words = None if text is None else text[group.start : group.end]
    told = {who: tuple(describe(record, text) for record in own) for who, own in group.says.items()}
    place = group.start, group.end
    return Disagreement(name, document, group.kind, *place, group.says, told, words)


def identified(document: str, aligned: Aligned) -> dict[str, Group]:
    """The groups by kind and place under ids: document, kind, offsets, `#2` for a second there."""
    order = {kind: n for n, kind in enumerate(kinds())}
    seen: Counter[str] = Counter()
    found = {}
    for group in sorted(aligned.groups, key=lambda g: (order[g.kind], g.start, g.end)):
        name = f"{document}:{group.kind}:{group.start}-{group.end}"
        seen[name] += 1
        found[name if seen[name] == 1 else f"{name}#{seen[name]}"] = group
    return found


def to_lines(found: Iterable[Disagreement]) -> Iterable[str]:
    """One JSON object a line, which a decisions file may be made of: fill in `right`."""
    return (msgspec.json.encode(item.to_dict()).decode() + "\n" for item in found)


def disagreement_table(found: Sequence[Disagreement]) -> Table:
    """The disagreements as a table for `rich.console.Console().print`.

    `—` stands for nothing seen, a blank for an annotator who did not judge it.
    """
    from rich.table import Table
    from rich.text import Text

    names = list(dict.fromkeys(name for item in found for name in item.says))
    table = Table(title=f"{len(found)} disagreements", show_lines=True)
    for column in ("id", "text", *names):
        table.add_column(column, overflow="fold")
    for item in found:
        cells = ("\n".join(item.told[name]) or "—" if name in item.told else "" for name in names)
        table.add_row(item.id, Text(item.text or ""), *map(Text, cells))
    return table
