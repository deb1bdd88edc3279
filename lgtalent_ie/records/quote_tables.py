"""The word lists that quotations are read with; each is a table beside this file."""

from __future__ import annotations

from functools import cache

from lgtalent_ie.tables import read_table


@cache
def reporting_verbs() -> dict[str, str]:
    """Stem → class; an idiom is noun, blank, stem (`입 모으`).

    The classes say, stress, claim, ask, reply, urge, promise, judge, think, express and write are
    verbs whose subject is the source. `light` needs a reporting noun (`반응을 보이`), `appear`
    leaves the source unnamed (`지적이 나오`), `spread` does so and needs a reporting noun (`불만이
    커지`), the subject of `receive` hears it (`말을 듣`), `name` makes what is quoted a name
    (`라고 부르`).
    """
    return {row[0]: row[1] for row in read_table(__package__, "reporting_verbs")}


@cache
def connectives() -> dict[str, str]:
    """What may follow a closing mark → `link` (a verb follows), `connective` or `adnominal`."""
    return {row[0]: row[1] for row in read_table(__package__, "reporting_connectives")}


@cache
def quoted_nouns() -> dict[str, str]:
    """Nouns after `라는`: `report` (말, 반응, 설명), `text` (글, 편지), `matter` or `name`.

    What is a `text` or `matter` (점, 구호) is speech where it is a clause with a reporting verb
    behind it, what has a `name` (제목, 책) never.
    """
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
def speaker_relations() -> frozenset[str]:
    """Nouns for who belongs to the one named before and speaks instead: `민서연 어머니는`."""
    return frozenset(row[0] for row in read_table(__package__, "speaker_relations"))


@cache
def speaker_stops() -> frozenset[str]:
    """Nouns of time that may stand before a speaker without a particle (`이날 조 사장은`)."""
    return frozenset(row[0] for row in read_table(__package__, "speaker_stops"))


@cache
def quotative_endings() -> dict[str, str]:
    """Endings that report without marks → `link` (a verb follows) or `connective`."""
    return {row[0]: row[1] for row in read_table(__package__, "quotative_endings")}


@cache
def speech_settings() -> frozenset[str]:
    """Nouns for where or in what something is said: 간담회, 보도자료 (`간담회에서 … 말했다`)."""
    return frozenset(row[0] for row in read_table(__package__, "speech_settings"))
