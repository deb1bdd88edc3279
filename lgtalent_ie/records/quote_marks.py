"""Quotation marks of all styles, paired: a pure function of the text, linear in its length.

Straight marks look the same at both ends, so a line decides for itself: an even number is paired by
position, an odd one by what stands around each mark. Curly marks and brackets nest. A double mark
or bracket left open may be closed in one of the next lines, as a speech over paragraphs is. One
opener and one closer of different styles that a line leaves over make a pair too (`“좋다'고`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from lgtalent_ie.records.characters import is_latin

Style = Literal["double", "single", "bracket"]
Role = Literal["open", "close", "either"]
Mark = tuple[int, Role]
Pair = tuple[int, int]

# One family per kind of mark: its openers, its closers, its marks that may be either.
FAMILIES: tuple[tuple[Style, str, str, str], ...] = (
    ("double", "“„‟〝❝", "”〞〟❞", '"＂'),
    ("double", "«", "»", ""),
    ("single", "‘‚‛", "’", "'＇"),
    ("single", "‹", "›", ""),
    ("bracket", "「", "」", ""),
    ("bracket", "『", "』", ""),
)
MARKS = re.compile("[" + "".join(o + c + e for _, o, c, e in FAMILIES) + "]")
MARK_CHARACTERS = frozenset("".join(o + c + e for _, o, c, e in FAMILIES))
ROLES: tuple[Role, ...] = ("open", "close", "either")
FAMILY_OF: dict[str, tuple[int, Role]] = {
    mark: (number, role)
    for number, (_, *groups) in enumerate(FAMILIES)
    for marks, role in zip(groups, ROLES, strict=True)
    for mark in marks
}

# A speech that runs on over lines is followed this far and no further.
CARRIED_LINES = 6


@dataclass(frozen=True, slots=True)
class Quoted:
    """What stands in a pair of marks; `opening` and `closing` are the offsets of the marks.

    `depth` is 0 for outermost pairs, 1 for pairs inside one, and so on.
    """

    opening: int
    closing: int
    style: Style
    depth: int


def find_quoted(text: str, lines: Iterable[tuple[int, int]]) -> tuple[Quoted, ...]:
    """The pairs of marks in the given stretches (start, end; one per line), by opening mark.

    Apostrophes (`LG's`, `’23년`) are no marks; a mark without its partner gives no pair.

    >>> find_quoted('그는 "좋다"고 했다.', [(0, 13)])
    (Quoted(opening=3, closing=6, style='double', depth=0),)
    """
    found: list[tuple[int, int, Style]] = []
    carried: dict[int, tuple[int, int]] = {}
    for number, (start, end) in enumerate(lines):
        by_family = marks_of_line(text, start, end)
        alone: list[Mark] = []
        for family, (style, *_) in enumerate(FAMILIES):
            marks = by_family.get(family, [])
            opening, since = carried.get(family, (-1, number))
            if opening >= 0 and marks:
                del carried[family]
                again = at_start(text, opening) and text[start : marks[0][0]].strip() == ""
                straight = marks[0][1] == "either" and len(marks) % 2 == 1
                if marks[0][1] == "close" or (straight and closes(text, marks[0][0])):
                    found.append((opening, marks[0][0], style))
                    marks = marks[1:]
                elif again and len(marks) > 1 and marks[1][1] == "close":
                    # Every paragraph of one speech opens with a mark, only the last one closes.
                    found.append((opening, marks[1][0], style))
                    marks = marks[2:]
            elif number - since > CARRIED_LINES:
                del carried[family]
            doubled, marks = pair_doubled(text, marks)
            pairs, left = pair_marks(text, marks)
            found.extend((first, last, style) for first, last in pairs)
            found.extend((first, last, "double") for first, last in doubled)
            paired = {at for pair in pairs for at in pair}
            alone.extend(mark for mark in marks if mark[0] not in paired)
            # Single marks left open are apostrophes far more often than speech over paragraphs.
            if left is not None and style != "single":
                again = opening >= 0 and marks[0][0] == left and at_start(text, left)
                carried[family] = (opening if again else left, number)
        mixed = pair_mixed(text, alone)
        if mixed is not None:
            found.append(mixed)
            carried = {f: place for f, place in carried.items() if place[0] != mixed[0]}
    return nest(found)


def at_start(text: str, offset: int) -> bool:
    """True where nothing but blanks stands before the offset on its line."""
    at = offset
    while at > 0 and text[at - 1] in " \t\u3000":
        at -= 1
    return at == 0 or text[at - 1] in "\r\n"


def marks_of_line(text: str, start: int, end: int) -> dict[int, list[Mark]]:
    """The marks of one line by family, apostrophes left out."""
    by_family: dict[int, list[Mark]] = {}
    years: dict[int, list[Mark]] = {}
    for match in MARKS.finditer(text, start, end):
        at = match.start()
        family, role = FAMILY_OF[text[at]]
        if FAMILIES[family][0] == "single":
            before, after = text[at - 1 : at], text[at + 1 : at + 2]
            if is_latin(before) and is_latin(after):
                continue
            if is_short_year(text, at):
                years.setdefault(family, []).append((at, role))
                continue
        by_family.setdefault(family, []).append((at, role))
    for family, marks in years.items():
        # `'23년 계획'`: the year's mark opens a quotation where the others do not pair without it.
        others = by_family.get(family, [])
        if len(others) % 2:
            by_family[family] = sorted([*others, marks[0]])
    return by_family


def is_short_year(text: str, at: int) -> bool:
    """True where the mark at `at` stands for the century: `'23년`, `’24 회계연도`."""
    digits, after = text[at + 1 : at + 3], text[at + 3 : at + 4]
    before = text[at - 1 : at] if at else ""
    return (
        len(digits) == 2
        and digits.isdigit()
        and (not before or not before.isalnum())
        and (after == "년" or (bool(after) and after in " ~-～"))
    )


def opens(text: str, at: int) -> bool:
    """True where the mark at `at` stands as an opening one: a blank before it, none behind."""
    before, after = text[at - 1 : at] if at else "", text[at + 1 : at + 2]
    return (not before or before.isspace() or before in "([,=:") and (
        after.isalnum() or (bool(after) and after in MARK_CHARACTERS)
    )


def closes(text: str, at: int) -> bool:
    """True where the mark at `at` stands as a closing one: no blank before it, no figure behind."""
    before, after = text[at - 1 : at] if at else "", text[at + 1 : at + 2]
    return bool(before) and not before.isspace() and not (after.isascii() and after.isalnum())


def pair_doubled(text: str, marks: Sequence[Mark]) -> tuple[list[Pair], list[Mark]]:
    """Straight marks typed twice for one (`''좋다''`): the outer ones, and the rest."""
    pairs: list[Pair] = []
    rest: list[Mark] = []
    n = 0
    while n < len(marks):
        ends = [at for at, role in marks[n : n + 4] if role == "either"]
        if (
            len(ends) == 4
            and (ends[1], ends[3]) == (ends[0] + 1, ends[2] + 1)
            and hugs(text, ends[1], ends[2])
            and opens(text, ends[0])
            and closes(text, ends[3])
        ):
            pairs.append((ends[0], ends[3]))
            n += 4
        else:
            rest.append(marks[n])
            n += 1
    return pairs, rest


def pair_mixed(text: str, alone: Sequence[Mark]) -> tuple[int, int, Style] | None:
    """The pair of two styles that one line leaves over: `“좋다'고`; None unless it is plain."""
    openers = [at for at, role in alone if role != "close" and opens(text, at)]
    closers = [at for at, role in alone if role != "open" and closes(text, at)]
    if len(openers) != 1 or len(closers) != 1 or openers[0] >= closers[0]:
        return None
    opening, closing = openers[0], closers[0]
    if not hugs(text, opening, closing) or text[opening] == text[closing]:
        return None
    styles = {FAMILIES[FAMILY_OF[text[at]][0]][0] for at in (opening, closing)}
    return opening, closing, "double" if "double" in styles else "single"


def pair_marks(text: str, marks: Sequence[Mark]) -> tuple[list[Pair], int | None]:
    """Pairs of one family on one line, and the opener left over, if any."""
    if not marks:
        return [], None
    straight = [mark for mark in marks if mark[1] == "either"]
    if len(straight) == len(marks):
        if len(marks) % 2 == 0:
            return by_position(marks), None
        return by_context(text, marks)
    directed, _ = by_direction([mark for mark in marks if mark[1] != "either"])
    if len(straight) % 2 == 0 and len(directed) * 2 + len(straight) == len(marks):
        # `“선배가 "좋다"고 했다”`: each style for itself.
        return sorted(directed + by_position(straight)), None
    pairs, open_marks = by_direction(marks)
    if len(pairs) * 2 < len(marks) and len(marks) % 2 == 0:
        positional = by_position(marks)
        # Marks typed the wrong way round (`”좋다“`) still hug what they quote.
        if all(hugs(text, first, last) for first, last in positional):
            return positional, None
    return pairs, open_marks[-1] if open_marks else None


def by_position(marks: Sequence[Mark]) -> list[Pair]:
    """First with second, third with fourth."""
    return [(marks[n][0], marks[n + 1][0]) for n in range(0, len(marks), 2)]


def by_direction(marks: Sequence[Mark]) -> tuple[list[Pair], list[int]]:
    """Pairs as brackets nest; a straight mark closes what is open, or else opens."""
    pairs: list[Pair] = []
    open_marks: list[int] = []
    for at, role in marks:
        if role == "open" or (role == "either" and not open_marks):
            open_marks.append(at)
        elif open_marks:
            pairs.append((open_marks.pop(), at))
    return sorted(pairs), open_marks


def by_context(text: str, marks: Sequence[Mark]) -> tuple[list[Pair], int | None]:
    """An odd number of straight marks: one behind a blank opens, one before it closes.

    With the opener that is left over at the end of the line.
    """
    pairs: list[Pair] = []
    opening: int | None = None
    for at, _ in marks:
        blank_before = at == 0 or text[at - 1].isspace()
        blank_after = at + 1 >= len(text) or text[at + 1].isspace()
        if opening is not None and not blank_before:
            pairs.append((opening, at))
            opening = None
        elif not blank_after and not (at and text[at - 1].isdigit()):
            opening = at
    return pairs, opening if opening is not None and opens(text, opening) else None


def hugs(text: str, opening: int, closing: int) -> bool:
    """True where no blank stands inside the marks next to them."""
    inside = text[opening + 1 : closing]
    return bool(inside) and not inside[0].isspace() and not inside[-1].isspace()


def nest(found: list[tuple[int, int, Style]]) -> tuple[Quoted, ...]:
    """Sort pairs, drop those that cross another, number their depth.

    Of two crossing pairs the single marks go first: one of them is likely an apostrophe.
    """
    found.sort(key=lambda pair: (pair[0], -pair[1]))
    kept: list[Quoted | None] = []
    enclosing: list[int] = []
    for opening, closing, style in found:
        while enclosing and (top := kept[enclosing[-1]]) is not None and top.closing < opening:
            enclosing.pop()
        crossed = False
        while enclosing and (top := kept[enclosing[-1]]) is not None and top.closing < closing:
            if top.style == "single" and style != "single":
                kept[enclosing.pop()] = None
            else:
                crossed = True
                break
        if not crossed:
            kept.append(Quoted(opening, closing, style, len(enclosing)))
            enclosing.append(len(kept) - 1)
    return tuple(quoted for quoted in kept if quoted is not None)
