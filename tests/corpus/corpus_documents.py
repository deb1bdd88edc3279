"""Documents made by hand, as an extractor would make them of a sentence each."""

from __future__ import annotations

from lgtalent_ie.schema import Count, Document, Fact, FactKind, Mention, Organization, Relation


def told(
    kind: FactKind,
    actors: list[str],
    *,
    published: str | None = "2026-03-02",
    date: str | None = None,
    event: str | None = None,
    place: str | None = None,
    people: int | None = None,
    partners: tuple[str, ...] = (),
    relations: tuple[tuple[str, str, str], ...] = (),
    aliases: dict[str, tuple[str, ...]] | None = None,
    score: float = 0.9,
) -> Document:
    """A document with one fact, and relations between names."""
    names = list(dict.fromkeys([*actors, *partners, *(n for _, h, t in relations for n in (h, t))]))
    mentions = [Mention(f"m{n}", "ORG", n, n + 1, name, 1.0) for n, name in enumerate(names)]
    organizations = [
        Organization(f"o{n}", name, (aliases or {}).get(name, ()), (f"m{n}",))
        for n, name in enumerate(names)
    ]
    own = {name: n for n, name in enumerate(names)}
    counts = []
    if event:
        mentions.append(Mention("e", "EVENT", 90, 91, event, 1.0))
    if place:
        mentions.append(Mention("p", "LOCATION", 92, 93, place, 1.0))
    if people is not None:
        mentions.append(Mention("c", "QUANTITY", 94, 95, f"{people}명", 1.0))
        counts.append(
            Count("c", 94, 95, f"{people}명", people, None, None, "명", "person", "exact")
        )
    fact = Fact(
        kind, tuple(f"o{own[a]}" for a in actors), "e" if event else None, date,
        "p" if place else None, ("c",) if counts else (), tuple(f"o{own[p]}" for p in partners),
        0, 100, score,
    )  # fmt: skip
    return Document(
        text=" " * 100,
        model="hand@1",
        published=published,
        mentions=tuple(mentions),
        organizations=tuple(organizations),
        counts=tuple(counts),
        relations=tuple(
            Relation(kind, f"m{own[h]}", f"m{own[t]}", 0, 100, 0.8) for kind, h, t in relations
        ),
        facts=(fact,),
    )
