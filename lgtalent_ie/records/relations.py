"""Relations: (type, head, tail) between mentions, read by rule from each sentence and by the model.

Two kinds of rules, both tables: patterns of neighbouring tokens (`윤하늘 한빛전자 사장`) and frames
of predicates with their arguments (`한빛전자는 20일 부산에서 '누리 데이'를 열었다`). What the model
proposes comes on top: rules carry arguments over clauses and sentences, the model knows wordings
that no table has.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lgtalent_ie.reading import Reading
from lgtalent_ie.records.arguments import (
    Context,
    Filler,
    arguments_of,
    complements_of,
)  # fmt: skip
from lgtalent_ie.records.clause_tokens import Token, without_brackets
from lgtalent_ie.records.clauses import Element, Phrase, Predicate, denied
from lgtalent_ie.records.names import (
    Names,
    fits,
    is_school,
    learn_employers,
    names_a_day,
    read_names,
)
from lgtalent_ie.records.patterns import (
    Pattern,
    find,
    needs,
    places_of_forms,
    relation_patterns,
    unmet,
)
from lgtalent_ie.records.pieces import Piece, read_clauses
from lgtalent_ie.records.proposals import Proposal
from lgtalent_ie.records.relation_found import Found
from lgtalent_ie.records.relation_lists import listed
from lgtalent_ie.records.relation_passes import (
    read_carried,
    read_groups,
    read_leaders,
    read_sole,
    read_units,
)  # fmt: skip
from lgtalent_ie.records.relation_tables import Argument, Frame, frames_of
from lgtalent_ie.records.relation_vetoes import is_contradicted
from lgtalent_ie.schema import Count, Date, Mention, Organization, Relation

# What is said of one name of a list in brackets is not said of the others.
ALONE = frozenset(("org:alternate_names", "per:alternate_names", "org:top_members/employees"))


def read_relations(
    reading: Reading,
    dates: Sequence[Date],
    counts: Sequence[Count],
    organizations: Sequence[Organization],
    pieces: Sequence[Piece],
    proposals: Sequence[Proposal] = (),
) -> tuple[Relation, ...]:
    """The relations of the document, one per type and pair of names, in the order of the text.

    `pieces` are those of `read_pieces`.

    Start and end are those of the sentence; `score` is that of the rule (its precision as judged
    on own sentences, a column of the tables) times a factor for each argument that had to be
    carried over from another clause or sentence, or the model's for one of its `proposals`; both
    times the score of the less certain mention. The better one is kept, and none below
    `relation_found.LEAST`. Never raises on any text.

    >>> [(r.type, r.head, r.tail) for r in read_relations(reading, (), (), organizations, pieces)]
    [('per:employee_of', 'm1', 'm2'), ('per:title', 'm1', 'm3')]
    """
    found = Found(read_names(reading, dates, counts, organizations), {})
    for piece in pieces:
        read_patterns(piece, found)
    learn_employers(found.names, found.relations.values())
    before = ""
    for piece, elements, context in read_clauses(pieces, found.names):
        read_frames(piece, elements, context, before, found)
        before = before if piece.quoted else piece.text
    read_carried(pieces, found)
    read_leaders(pieces, found)
    read_groups(pieces, found)
    read_units(pieces, found)
    read_sole(pieces, found)
    whole = [piece for piece in pieces if not piece.quoted]
    by_rule = tuple(found.relations.values())
    for proposal in proposals:
        piece = whole[proposal.sentence]
        if not is_contradicted(proposal, piece, by_rule):
            found.add(proposal.type, proposal.head, proposal.tail, piece, proposal.score)
    return tuple(sorted(found.relations.values(), key=lambda r: (r.start, r.type, r.head, r.tail)))


def read_patterns(piece: Piece, found: Found) -> None:
    """Relations of neighbouring tokens, with and without what stands in brackets."""
    titled: dict[str, str] = {}

    def is_of(mention: Mention, of_class: str) -> bool:
        return fits(mention, of_class, found.names)

    full = piece.tokens
    views = [full] if not any(t.form in "([" for t in full) else [full, without_brackets(full)]
    placed = [(tokens, places_of_forms(tokens)) for tokens in views]
    open_needs = [unmet(places) for _, places in placed]
    for pattern, needed in zip(relation_patterns(), needs().of_patterns, strict=True):
        for (tokens, places), missing in zip(placed, open_needs, strict=True):
            if needed & missing:
                continue
            for matched in find(pattern, tokens, places, is_of):
                if "h" in matched and "t" in matched:
                    emit(pattern, matched, tokens, piece, found, titled)


def emit(
    pattern: Pattern, matched: dict[str, Mention], tokens: Sequence[Token], piece: Piece,
    found: Found, titled: dict[str, str],
) -> None:  # fmt: skip
    """Add what one match of a pattern says; a title belongs to one person, or one list of them."""
    head, tail = matched["h"], matched["t"]
    affiliated = pattern.type == "affiliation"
    title = matched.get("i") if affiliated else tail if pattern.type == "per:title" else None
    if title is not None and titled.setdefault(title.id, head.id) != head.id:
        return
    if affiliated:
        # The first pattern that fits says where a title is held.
        if title is not None and titled.setdefault(f"at {title.id}", tail.id) != tail.id:
            return
        for person in listed(head, tokens):
            found.affiliate(person, tail, title, piece, pattern.score)
        return
    if pattern.type in ALONE:
        found.add(pattern.type, head, tail, piece, pattern.score)
        return
    for one in listed(head, tokens):
        for other in listed(tail, tokens):
            if one is head or other is tail:
                found.add(pattern.type, one, other, piece, pattern.score)


def read_frames(
    piece: Piece, elements: Sequence[Element], context: Context, before: str, found: Found
) -> None:
    """Relations of each predicate that a frame names."""
    for at, frames in cued("relation_frames", piece, elements, before):
        arguments = arguments_of(elements, at, context, found.names)
        for frame in frames:
            fill(frame, arguments, elements, piece, found)


def cued(
    table: str, piece: Piece, elements: Sequence[Element], before: str
) -> Iterator[tuple[int, list[Frame]]]:
    """Each predicate that is not denied with the frames of the table that name it.

    `before` is the sentence before, where a frame's context may stand as well.
    """
    cues = frames_of(table)
    for at, predicate in enumerate(elements):
        if not isinstance(predicate, Predicate) or denied(elements, at):
            continue
        frames = list(cues.get(predicate.lemma, ()))
        for noun in sorted(complements_of(elements, at)):
            frames += cues.get(f"{noun}>{predicate.lemma}", ())
            frames += cues.get(f"{noun}>*", ())
        fitting = [
            frame for frame in dict.fromkeys(frames)
            if not frame.context or any(w in piece.text or w in before for w in frame.context)
        ]  # fmt: skip
        if fitting:
            yield at, fitting


def fill(
    frame: Frame, arguments: dict[str, list[Filler]], elements: Sequence[Element], piece: Piece,
    found: Found,
) -> None:  # fmt: skip
    """Add the frame's relation for every head and tail its arguments give."""
    if frame.head.roles == ("pair",):
        # Those named together act with the one they are `com`, else with the first of them.
        heads = [f for f in arguments.get("subj", []) if f.mention.label == "ORG"]
        heads.sort(key=lambda f: f.mention.start)
        alone = not any(f.mention.label == "ORG" for f in arguments.get("com", ()))
        for other in heads[1:] if alone else ():
            if heads[0].phrase == other.phrase:
                score = frame.score * other.factor
                found.add(frame.type, heads[0].mention, other.mention, piece, score)
        return
    heads = fillers(frame.head, arguments, found.names)
    tails = fillers(frame.tail, arguments, found.names)
    for head in heads:
        for tail in tails:
            if head.mention is tail.mention:
                continue
            score = frame.score * head.factor * tail.factor
            if frame.type == "affiliation":
                appoint(head, tail, arguments, elements, piece, found, score)
            else:
                found.add(frame.type, head.mention, tail.mention, piece, score)


def appoint(
    person: Filler, title: Filler, arguments: dict[str, list[Filler]],
    elements: Sequence[Element], piece: Piece, found: Found, score: float,
) -> None:  # fmt: skip
    """Add the title a person takes on, and at which organisation.

    It stands before the title (`한빛학회 회장에`), else it is the one that appoints.
    """
    phrase = elements[title.phrase] if title.phrase >= 0 else None
    before = [
        m for m, _ in (phrase.mods if isinstance(phrase, Phrase) else ())
        if m.label == "ORG" and m.start < title.mention.start
    ]  # fmt: skip
    appointing = [f.mention for f in arguments.get("subj", ()) if f.mention.label == "ORG"]
    at = before[-1:] or appointing[:1]
    if at:
        found.affiliate(person.mention, at[0], title.mention, piece, score)
    else:
        found.add("per:title", person.mention, title.mention, piece, score)


def fillers(argument: Argument, arguments: dict[str, list[Filler]], names: Names) -> list[Filler]:
    """The fillers of the first of the argument's roles that has any of its label and class."""
    for role in argument.roles:
        of_role = [f for one in role.split("+") for f in arguments.get(one, ())]
        of_label = [f for f in of_role if f.mention.label == argument.label]
        chosen = [f for f in of_label if is_of_class(f, of_label, argument.of_class, names)]
        if argument.label == "DATE":
            chosen = [f for f in chosen if names_a_day(f.mention, names)]
        if chosen:
            return chosen
    return []


def is_of_class(filler: Filler, others: Sequence[Filler], of_class: str, names: Names) -> bool:
    """True where the filler is of the class; a name listed with schools is taken for one."""
    if not of_class:
        return True
    if of_class == "school" and filler.mention.label == "ORG":
        return any(is_school(o.mention.text) for o in others if o.phrase == filler.phrase)
    return fits(filler.mention, of_class, names)
