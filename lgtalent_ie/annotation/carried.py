"""Records that other tools cannot show: sent along beside the marks, put back on reading.

Annotation tools know spans and relations. What else a document has (organisations, values of dates
and counts, quotes, facts) goes along unseen, as the stand-off gold that was written. People then
change the spans, so putting the records back has to find out which mention is which: one with the
same span, or the only one with the same label that overlaps. A record whose mention is gone cannot
stay; it is left out, and `Marked.notes` says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import msgspec

from lgtalent_ie.annotation.marked import Marked, check_same_text, checked
from lgtalent_ie.errors import DataError
from lgtalent_ie.evaluation.gold import (
    ACCEPTED,
    GoldDocument,
    GoldFact,
    GoldMention,
    GoldOrganization,
    GoldQuote,
    faults,
)

# The field that carries the gold in the formats that let a document have fields of its own.
FIELD = "lgtalent"
DATED, COUNTED = ("DATE", "TIME"), ("QUANTITY",)


def carried(gold: GoldDocument) -> dict[str, Any]:
    """What goes along: the gold as JSON, without its text."""
    content: dict[str, Any] = msgspec.to_builtins(msgspec.structs.replace(gold, text=None))
    return content


def read_carried(content: Any, where: str) -> GoldDocument | None:
    """What went along, None where nothing did; DataError where it is no gold of format 1."""
    if content is None:
        return None
    try:
        gold = msgspec.convert(content, GoldDocument)
    except msgspec.ValidationError as error:
        raise DataError(f"{where}: {error}", *ACCEPTED) from error
    for wrong in faults(gold):
        raise DataError(f"{where}: {wrong}", *ACCEPTED)
    return gold


def put_back(found: Marked, written: GoldDocument | None, where: str) -> Marked:
    """The marks found in a tool's file, with the other records as they were written.

    Name, publication date and guidelines are those written, as are the ids of mentions that were
    there before; annotators, day, mentions, relations and all scores are those found.

    Raises DataError where the text is not the one written.
    """
    if written is None:
        return found
    check_same_text(written, found.text, where)
    notes: list[str] = []
    new_id = same_mentions(written.mentions, found.gold.mentions)
    mentions = [msgspec.structs.replace(m, id=new_id[m.id]) for m in found.gold.mentions]
    gold = msgspec.structs.replace(
        written,
        annotators=found.gold.annotators,
        marked=found.gold.marked,
        mentions=tuple(in_order(mentions, written.mentions)),
        relations=tuple(
            msgspec.structs.replace(r, head=new_id[r.head], tail=new_id[r.tail])
            for r in found.gold.relations
        ),
        text=None,
    )
    kept = still_right(gold, notes)
    notes += moved(written, {m.id: m for m in mentions})
    said = tuple(f"{where}: {note}" for note in notes)
    return checked(Marked(kept, found.text, found.notes + said), where)


def same_mentions(old: Sequence[GoldMention], new: Sequence[GoldMention]) -> dict[str, str]:
    """Id of a new mention → its id from now on: that of the old mention which it is, or a free one.

    >>> old = [GoldMention("m1", "ORG", 0, 2), GoldMention("m2", "DATE", 5, 8)]
    >>> new = [GoldMention("T2", "DATE", 5, 9), GoldMention("m1", "ORG", 20, 22)]
    >>> same_mentions(old, new)
    {'T2': 'm2', 'm1': 'm3'}
    """
    by_span = {(m.start, m.end): m.id for m in old}
    ids = {m.id: by_span[m.start, m.end] for m in new if (m.start, m.end) in by_span}
    old_left = [m for m in old if m.id not in ids.values()]
    new_left = [m for m in new if m.id not in ids]
    for mention in new_left:
        near = [m for m in old_left if overlap(m, mention)]
        if len(near) == 1 and sum(overlap(near[0], m) for m in new_left) == 1:
            ids[mention.id] = near[0].id
    taken = {m.id for m in old}
    for mention in new:
        if mention.id not in ids:
            own, number = mention.id, len(old)
            while own in taken:
                number += 1
                own = f"m{number}"
            taken.add(own)
            ids[mention.id] = own
    return ids


def overlap(one: GoldMention, other: GoldMention) -> bool:
    return one.label == other.label and one.start < other.end and other.start < one.end


def in_order(mentions: Sequence[GoldMention], old: Sequence[GoldMention]) -> list[GoldMention]:
    """By place in the text where the old ones were, else the old ones in their order first."""
    if all(a.start <= b.start for a, b in pairwise(old)):
        return sorted(mentions, key=lambda m: (m.start, m.end))
    rank = {m.id: number for number, m in enumerate(old)}
    return sorted(mentions, key=lambda m: rank.get(m.id, len(old)))


def moved(written: GoldDocument, now: Mapping[str, GoldMention]) -> list[str]:
    """What to look at again: values of mentions whose words have changed."""
    valued = {d.mention for d in written.dates} | {c.mention for c in written.counts}
    return [
        f"mention {m.id!r} is now {now[m.id].start}..{now[m.id].end}, was {m.start}..{m.end}: "
        "look whether its value is still right"
        for m in written.mentions
        if m.id in valued and m.id in now and (m.start, m.end) != (now[m.id].start, now[m.id].end)
    ]


def still_right(gold: GoldDocument, notes: list[str]) -> GoldDocument:
    """The gold without what names mentions that are gone or have another label; `notes` grows."""
    labels: dict[str, str] = {m.id: m.label for m in gold.mentions}

    def fits(mention: str, accepted: Sequence[str], record: str) -> bool:
        label = labels.get(mention)
        if label in accepted or (label and not accepted):
            return True
        why = f"is {label} now" if label else "is gone"
        notes.append(f"mention {mention!r} {why}: left out of {record}")
        return False

    def organization(at: int, o: GoldOrganization) -> GoldOrganization | None:
        left = tuple(m for m in o.mentions if fits(m, ("ORG",), f"organizations[{at}]"))
        if not left:
            return None
        return GoldOrganization(o.name_mention if o.name_mention in left else left[0], left)

    def quote(at: int, q: GoldQuote) -> GoldQuote:
        if q.name_mention is None or fits(q.name_mention, (), f"quotes[{at}]"):
            return q
        return msgspec.structs.replace(q, name_mention=None)

    def fact(at: int, f: GoldFact) -> GoldFact | None:
        record = f"facts[{at}]"
        actors = tuple(m for m in f.actors if fits(m, ("ORG",), record))
        if f.actors and not actors:
            return None
        return msgspec.structs.replace(
            f,
            actors=actors,
            event=f.event if f.event is None or fits(f.event, (), record) else None,
            place=f.place if f.place is None or fits(f.place, (), record) else None,
            counts=tuple(m for m in f.counts if fits(m, (), record)),
            partners=tuple(m for m in f.partners if fits(m, ("ORG",), record)),
        )

    organizations = (organization(at, o) for at, o in enumerate(gold.organizations))
    facts = (fact(at, f) for at, f in enumerate(gold.facts))
    return msgspec.structs.replace(
        gold,
        organizations=tuple(filter(None, organizations)),
        dates=tuple(d for at, d in enumerate(gold.dates) if fits(d.mention, DATED, f"dates[{at}]")),
        counts=tuple(
            c for at, c in enumerate(gold.counts) if fits(c.mention, COUNTED, f"counts[{at}]")
        ),
        quotes=tuple(quote(at, q) for at, q in enumerate(gold.quotes)),
        facts=tuple(filter(None, facts)),
    )
