"""Organisations of a document led to a list that the user brings: ids of companies, say.

A name on the list and a name in the text are compared as `organizations.py` compares names: blanks,
case, quotation marks, legal forms and known endings do not count (`㈜한빛전자`, `한빛 전자`). Where
no name agrees, the one with the most letter pairs in common is taken (Dice 1945), for spelling
errors and variants.
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from lgtalent_ie.errors import InputError
from lgtalent_ie.records.organization_names import read_surface
from lgtalent_ie.schema import Link, Organization

# Judged, not fitted: what agreement of a full name, of another name in the text and of a name that
# is only alike are worth.
FULL, OTHER, ALIKE = 1.0, 0.9, 0.8
# Below this share of common letter pairs two names are two names.
LEAST_ALIKE = 0.75
# Names between which single letters may differ by chance of typing.
FEWEST_LETTERS = 4
SEPARATOR = "|"


class Entity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A row of the user's list: an id and the names it goes by, the full one first."""

    id: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EntityList:
    """A list ready to be looked up in.

    `by_key` has the ids behind a name's key, `by_pair` the keys that a pair of letters is in.
    """

    names: Mapping[str, str]
    by_key: Mapping[str, tuple[str, ...]]
    by_pair: Mapping[str, tuple[str, ...]]


def read_entities(path: str | Path) -> EntityList:
    """Read a list: JSON `[{"id": "E1", "names": ["한빛전자", "HBE"]}, …]`, or CSV with the columns
    `id` and `names`, the latter divided by `|`.

    Raises InputError with the line where the file is of another form, an id stands twice or has no
    name.
    """
    path = Path(path)
    accepted = 'JSON [{"id", "names": [...]}, …] or CSV with the columns id and names (a|b|c)'
    remedy = "correct the list"
    try:
        if path.suffix.lower() == ".json":
            entities = msgspec.json.decode(path.read_bytes(), type=list[Entity])
        else:
            entities = read_csv(path)
    except (OSError, ValueError, KeyError, csv.Error) as error:
        raise InputError(f"{path}: {error}", accepted, remedy) from error
    for repeated, times in Counter(e.id for e in entities).items():
        if times > 1:
            raise InputError(f"{path}: id {repeated!r} {times} times", accepted, remedy)
    for entity in entities:
        if not any(name.strip() for name in entity.names):
            raise InputError(f"{path}: id {entity.id!r} without a name", accepted, remedy)
    return entity_list(entities)


def read_csv(path: Path) -> list[Entity]:
    """The rows of a CSV file; KeyError or ValueError where columns lack."""
    with path.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.DictReader(lines)
        if not {"id", "names"} <= set(reader.fieldnames or ()):
            raise ValueError(f"columns {reader.fieldnames}")
        found = []
        for row in reader:
            if row["names"] is None:
                raise ValueError(f"line {reader.line_num} without names")
            found.append(Entity(row["id"], tuple(row["names"].split(SEPARATOR))))
        return found


def entity_list(entities: Iterable[Entity]) -> EntityList:
    """A list that can be looked up in, of rows with at least one name each."""
    names: dict[str, str] = {}
    by_key: dict[str, list[str]] = defaultdict(list)
    by_pair: dict[str, list[str]] = defaultdict(list)
    for entity in entities:
        names[entity.id] = next(name.strip() for name in entity.names if name.strip())
        for key in dict.fromkeys(k for name in entity.names if name.strip() for k in keys(name)):
            if entity.id not in by_key[key]:
                by_key[key].append(entity.id)
            if len(by_key[key]) == 1:
                for pair in set(pairs(key)):
                    by_pair[pair].append(key)
    return EntityList(
        names,
        {key: tuple(ids) for key, ids in by_key.items()},
        {pair: tuple(some) for pair, some in by_pair.items()},
    )


def link_organizations(
    organizations: Sequence[Organization], entities: EntityList
) -> tuple[Link, ...]:
    """The row of the list that each organisation is, best first where several are possible.

    `score` is in 0..1: 1.0 where the full name agrees, 0.9 where another name of the text does, at
    most 0.8 where names are only alike; divided by the number of rows that share the name.
    An organisation that is not on the list has no link.

    >>> some = entity_list([Entity("E1", ("한빛전자", "HBE")), Entity("E2", ("새벽물산",))])
    >>> link_organizations((Organization("o1", "㈜한빛전자", (), ("m1",)),), some)
    (Link(organization='o1', entity='E1', name='한빛전자', score=1.0),)
    """
    return tuple(link for o in organizations for link in links_of(o, entities))


def links_of(organization: Organization, entities: EntityList) -> list[Link]:
    """The links of one organisation, the best first."""
    found: dict[str, float] = {}
    for worth, names in ((FULL, (organization.name,)), (OTHER, organization.aliases)):
        for key in dict.fromkeys(k for name in names for k in keys(name)):
            ids = entities.by_key.get(key, ())
            for entity in ids:
                found[entity] = max(found.get(entity, 0.0), worth / len(ids))
    if not found:
        found = alike(organization.name, entities)
    ordered = sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))
    return [
        Link(organization.id, entity, entities.names[entity], round(score, 3))
        for entity, score in ordered
    ]


def alike(name: str, entities: EntityList) -> dict[str, float]:
    """The rows whose name has most letter pairs in common with this one, with scores."""
    key = keys(name)[0]
    if len(key) < FEWEST_LETTERS:
        return {}
    own = Counter(pairs(key))
    shared: Counter[str] = Counter()
    for pair in own:
        shared.update(entities.by_pair.get(pair, ()))
    best: dict[str, float] = {}
    for other, common in shared.items():
        likeness = 2 * common / (len(own) + len(set(pairs(other))))
        if likeness >= LEAST_ALIKE and len(other) >= FEWEST_LETTERS:
            best[other] = likeness
    top = max(best.values(), default=0.0)
    ids = {i for other, likeness in best.items() if likeness == top for i in entities.by_key[other]}
    return {entity: ALIKE * top / len(ids) for entity in ids}


def keys(name: str) -> list[str]:
    """What a name is compared by: itself, and its gloss in brackets."""
    own, gloss = read_surface(name)
    return [own.key] + ([gloss.key] if gloss is not None else [])


def pairs(key: str) -> list[str]:
    """Neighbouring letters, the ends marked."""
    framed = f" {key} "
    return [framed[at : at + 2] for at in range(len(framed) - 1)]
