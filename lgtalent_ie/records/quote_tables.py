"""The word lists that quotations are read with; each is a table beside this file."""

from __future__ import annotations

from functools import cache

from lgtalent_ie.tables import read_table


@cache
def reporting_verbs() -> dict[str, str]:
    """Stem → class; an idiom is noun, blank, stem (`입 모으`).

    The classes say, stress, claim, ask, reply, urge, promise, judge, think, express and write are
    verbs whose subject is the source. `light` needs a reporting noun (`반응을 보이`), `appear`
    leaves the source unnamed (`지적이 나오`), `name` makes what is quoted a name (`라고 부르`).
    """
    return {row[0]: row[1] for row in read_table(__package__, "reporting_verbs")}


@cache
def connectives() -> dict[str, str]:
    """What may follow a closing mark → `link` (a verb follows), `connective` or `adnominal`."""
    return {row[0]: row[1] for row in read_table(__package__, "reporting_connectives")}


@cache
def quoted_nouns() -> dict[str, str]:
    """Nouns after `라는`: `report` (말, 반응, 설명) or `name` (이름, 제목, 구호)."""
    return {row[0]: row[1] for row in read_table(__package__, "quoted_nouns")}


@cache
def speaker_nouns() -> dict[str, str]:
    """Nouns that name a source → person, organization or document."""
    return {row[0]: row[1] for row in read_table(__package__, "speaker_nouns")}


@cache
def speaker_pronouns() -> dict[str, str]:
    """Phrases that point back to a source → person, organization or group."""
    return {row[0]: row[1] for row in read_table(__package__, "speaker_pronouns")}


@cache
def speaker_stops() -> frozenset[str]:
    """Nouns of time that may stand before a speaker without a particle (`이날 조 사장은`)."""
    return frozenset(row[0] for row in read_table(__package__, "speaker_stops"))
