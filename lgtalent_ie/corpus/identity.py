"""Which organisations of many documents are one.

Within a document `records/organizations.py` has settled it. Between documents only names count: two
organisations are one where their full names agree (`㈜한빛전자` and `한빛전자`), and where a gloss
or another name of the one (`HBE`) is the name of the other and belongs to no third. A name that is
only the end or the beginning of a fuller one (`AI연구원` of `한빛 AI연구원`) is never a bridge: in
the next document it is another's.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from lgtalent_ie.records.disjoint_sets import DisjointSets
from lgtalent_ie.records.organization_names import Name, read_name, read_surface
from lgtalent_ie.schema import Organization


@dataclass(frozen=True, slots=True)
class CorpusOrganization:
    """An organisation of the corpus; `documents` and `mentions` count where it is named.

    `name` is the full name that most documents use, `aliases` every other form, the frequent first.
    """

    id: str
    name: str
    aliases: tuple[str, ...]
    documents: int
    mentions: int


def unite_organizations(
    documents: Iterable[tuple[str, tuple[Organization, ...]]],
) -> tuple[tuple[CorpusOrganization, ...], dict[tuple[str, str], str]]:
    """The organisations of the corpus, and the id there of each (document id, organisation id).

    >>> a = Organization("o1", "한빛전자", ("HBE",), ("m1", "m2"))
    >>> b = Organization("o1", "㈜한빛전자", (), ("m1",))
    >>> united, ids = unite_organizations([("a", (a,)), ("b", (b,))])
    >>> united
    (CorpusOrganization(id='O1', name='한빛전자', aliases=('HBE', '㈜한빛전자'), documents=2, \
mentions=3),)
    >>> ids
    {('a', 'o1'): 'O1', ('b', 'o1'): 'O1'}
    """
    members: dict[str, list[tuple[str, Organization]]] = defaultdict(list)
    owners: dict[str, set[str]] = defaultdict(set)
    for document, organizations in documents:
        for organization in organizations:
            full = taken_apart(organization.name)
            members[full.key].append((document, organization))
            for alias in organization.aliases:
                own, gloss = read_surface(alias)
                for other in (own, gloss):
                    if other is not None and not is_part(other, full):
                        owners[other.key].add(full.key)
    sets = DisjointSets()
    for alias_key, full_keys in owners.items():
        # An alias of two organisations says nothing about either.
        if alias_key in members and len(full_keys) == 1:
            sets.join(next(iter(full_keys)), alias_key)
    united: list[CorpusOrganization] = []
    ids: dict[tuple[str, str], str] = {}
    roots: dict[str, list[str]] = defaultdict(list)
    for key in members:
        roots[sets.find(key)].append(key)
    for number, keys in enumerate(roots.values(), 1):
        group = [member for key in keys for member in members[key]]
        united.append(record(f"O{number}", group))
        ids |= {(document, o.id): f"O{number}" for document, o in group}
    return tuple(united), ids


def record(name: str, members: list[tuple[str, Organization]]) -> CorpusOrganization:
    """One record of all its members; names are counted once a document."""
    names = Counter(o.name for _, o in members)
    chosen = max(names, key=lambda n: (names[n], taken_apart(n).letters))
    forms = names + Counter(alias for _, o in members for alias in o.aliases)
    aliases = tuple(form for form, _ in forms.most_common() if form != chosen)
    documents = len({document for document, _ in members})
    return CorpusOrganization(
        name, chosen, aliases, documents, sum(len(o.mentions) for _, o in members)
    )


def is_part(short: Name, full: Name) -> bool:
    """True where a name is nothing but some first or last words of another."""
    size = len(short.words)
    return size < len(full.words) and short.words in (full.words[:size], full.words[-size:])


@lru_cache(maxsize=65536)
def taken_apart(surface: str) -> Name:
    """`read_name`, remembered: a corpus says the same names over and over."""
    return read_name(surface)
