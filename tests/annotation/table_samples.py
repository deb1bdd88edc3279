"""Random marked documents for the table formats, and what such a format leaves of a document."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import msgspec
from hypothesis import strategies as st
from marked_samples import ORIGIN

from lgtalent_ie.annotation.marked import LABELS, RECORDS, Marked, from_mentions
from lgtalent_ie.evaluation.gold import GoldMention, GoldRelation

# Besides what all formats meet, the characters that these give a meaning to.
PIECES = (
    "새벽전자", "하늘대", "가", "의 ", " ", "  ", "\n", "\r\n", "\t", "\u00a0", "\u3000", "🙂", "👩‍🔬", "e\u0301",
    "\u1112\u1161\u11ab", "\u200b", "\ufeff", "<", ">", ":", "|", "_", "[1]", "*", "->", ";", "\\", "\\n", "#Text=",
    "##", "-", "\u2028", "\x85", "\x0b", "\x07", "21일", "10명", "\"", ".", "A",
)  # fmt: skip


def texts(min_size: int = 0) -> st.SearchStrategy[str]:
    any_text = st.lists(st.sampled_from(PIECES) | st.characters(codec="utf-8"), max_size=25)
    return any_text.map("".join).filter(lambda text: len(text) >= min_size)


@st.composite
def marked_texts(draw: st.DrawFn, edges_may_be_blank: bool = True, min_size: int = 0) -> Marked:
    """A text with mentions that do not overlap and relations between them."""
    text = draw(texts(min_size))
    cuts = sorted(draw(st.sets(st.integers(0, len(text)), max_size=8)))
    mentions = []
    for start, end in pairwise(cuts):
        is_blank = not text[start:end].strip()
        has_blank = text[start].isspace() or text[end - 1].isspace()
        if is_blank or (has_blank and not edges_may_be_blank) or not draw(st.booleans()):
            continue
        label = draw(st.sampled_from(LABELS))
        mentions.append(GoldMention(f"m{len(mentions) + 1}", label, start, end))
    ids = st.sampled_from([m.id for m in mentions] or [""])
    types = st.sampled_from(
        ["org:partner", "per:employee_of", "org:top_members/employees", "a|b->[1];*"]
    )
    relations = (
        draw(st.lists(st.builds(GoldRelation, types, ids, ids), max_size=4)) if mentions else []
    )
    published = draw(st.none() | st.dates(date(1990, 1, 1), date(2030, 1, 1)))
    return from_mentions("문서", text, mentions, relations, ORIGIN, published)


def kept(marked: Marked, loses: frozenset[str]) -> Marked:
    """What is left of a document in a format: mentions renumbered where it has no ids."""
    gold = marked.gold
    changes = {name: () for name in RECORDS if name in loses}
    mentions = sorted(gold.mentions, key=lambda m: m.start)
    relations = [] if "relations" in loses else list(gold.relations)
    if "mention ids" in loses:
        new = {m.id: f"m{n}" for n, m in enumerate(mentions, 1)}
        mentions = [msgspec.structs.replace(m, id=new[m.id]) for m in mentions]
        relations = [
            msgspec.structs.replace(r, head=new[r.head], tail=new[r.tail]) for r in relations
        ]
    if "scores" in loses:
        mentions = [msgspec.structs.replace(m, score=None) for m in mentions]
        relations = [msgspec.structs.replace(r, score=None) for r in relations]
    relations.sort(key=lambda r: (r.type, r.head, r.tail))
    changes |= {"mentions": tuple(mentions), "relations": tuple(relations)}
    if "published" in loses:
        changes["published"] = None
    if "origin" in loses:
        changes |= {"annotators": ORIGIN.annotators, "marked": ORIGIN.marked}
        changes["guidelines"] = ORIGIN.guidelines
    return Marked(msgspec.structs.replace(gold, **changes), marked.text)
