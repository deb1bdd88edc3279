"""Units and counters: what stands behind a number, and what that makes of it.

`tables/units.tsv` has a row per unit and sense:

unit       as it is written
dimension  of the contract; `none` for what only looks like a unit (개월, 차전지) or makes a date
counts     the class of what is counted
currency   ISO 4217, money only
factor     size in the base of its dimension: one, metre, square metre, gram, cubic metre, watt,
           joule, byte, hertz, 1 for money of that currency; empty where there is none
scripts    which numerals take it: d digits, D digits also across a blank, s Sino-Korean words,
           n native words, N native words of one syllable also without a blank, o 서 너 석 넉,
           O the same without 너, which is `you` too
when       `near:…` one of these words stands before it; `tens` 10, 20 … 90; `>=n`; rows with a
           condition go before the row without
sure       whether number and unit alone make a quantity (`no`: the model decides)
example    an own sentence; the mention stands in [ ]
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal, get_args

from lgtalent_ie.schema import Dimension
from lgtalent_ie.tables import read_table

UnitDimension = Dimension | Literal["none"]
_DIMENSIONS = (*get_args(Dimension), "none")


@dataclass(frozen=True, slots=True)
class Unit:
    """One row of the table of units: a unit in one sense."""

    unit: str
    dimension: UnitDimension
    counts: str | None
    currency: str | None
    factor: float | None
    scripts: str
    when: str
    sure: bool
    example: str


@cache
def units() -> tuple[Unit, ...]:
    """The rows of `tables/units.tsv`.

    >>> units()[0].unit, units()[0].dimension
    ('명', 'person')
    """
    return tuple(_unit(*row) for row in read_table(__package__, "units"))


def units_at(text: str, at: int) -> tuple[Unit, ...]:
    """The units that stand at `at`, the longest first, of one unit the conditional senses first.

    >>> [(u.unit, u.dimension) for u in units_at("%포인트", 0)]
    [('%포인트', 'ratio'), ('%', 'ratio')]
    """
    lengths = _lengths().get(text[at : at + 1])
    return _units_of(text[at : at + lengths[0]]) if lengths else ()


def holds(unit: Unit, value: int | float | None, before: str) -> bool:
    """Whether the condition of `unit` holds for the number and the text in front of it."""
    if not unit.when:
        return True
    kind, _, rest = unit.when.partition(":")
    if kind == "near":
        return _any_of(rest).search(before) is not None
    if kind == "tens":
        return value in range(10, 100, 10)
    if kind.startswith(">="):
        return value is not None and value >= int(kind[2:])
    return True


def _unit(
    unit: str, dimension: str, counts: str, currency: str, factor: str, scripts: str, when: str,
    sure: str, example: str,
) -> Unit:  # fmt: skip
    for known in _DIMENSIONS:
        if known == dimension:
            return Unit(
                unit, known, counts or None, currency or None, _factor(factor), scripts, when,
                sure == "yes", example,
            )  # fmt: skip
    raise ValueError(f"units.tsv: {dimension!r} is no dimension, of {unit!r}")


@cache
def _any_of(words: str) -> re.Pattern[str]:
    """One of the words of a condition, which stand there with commas between."""
    return re.compile("|".join(map(re.escape, words.split(","))))


def _factor(written: str) -> float | None:
    return float(written.replace("10^", "1e")) if written else None


# The letters behind numbers repeat; they are compared with the table once.
@lru_cache(maxsize=4096)
def _units_of(following: str) -> tuple[Unit, ...]:
    """The units that `following` starts with."""
    senses = _senses()
    return tuple(
        unit for length in _lengths()[following[0]] for unit in senses.get(following[:length], ())
        if length <= len(following)
    )  # fmt: skip


@cache
def _lengths() -> dict[str, tuple[int, ...]]:
    """First character → the lengths of the units that begin with it, longest first."""
    lengths: dict[str, set[int]] = {}
    for unit in _senses():
        lengths.setdefault(unit[0], set()).add(len(unit))
    return {first: tuple(sorted(group, reverse=True)) for first, group in lengths.items()}


@cache
def _senses() -> dict[str, tuple[Unit, ...]]:
    """Unit as written → its senses, those with a condition first."""
    index: dict[str, list[Unit]] = {}
    for unit in units():
        index.setdefault(unit.unit, []).append(unit)
    order = ("near", "tens", ">", "")
    rank = {"": len(order)} | {name: at for at, name in enumerate(order) if name}

    def key(unit: Unit) -> int:
        kind = unit.when.partition(":")[0]
        return rank[">" if kind.startswith(">") else kind]

    return {name: tuple(sorted(group, key=key)) for name, group in index.items()}
