"""Relations that no pattern or predicate says: one candidate is left, or another name gives it.

Each pass looks at what the rules before it have found and fills in what is still open: the title of
the only person of a sentence, the employer of a head of that kind of organisation, the group whose
companies are listed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from lgtalent_ie.records.clause_tokens import Token
from lgtalent_ie.records.clauses import NEGATING
from lgtalent_ie.records.names import Names, fits, heads_unit, names_a_day, plain
from lgtalent_ie.records.pieces import Piece
from lgtalent_ie.records.relation_found import Found
from lgtalent_ie.records.relation_lists import LISTED
from lgtalent_ie.records.relation_tables import noun_classes
from lgtalent_ie.schema import Mention
from lgtalent_ie.tables import read_table

# Scores, by how often a pass was right on the marked sentences for training.
LEADER, CARRIED, GROUP, UNIT = 0.75, 0.7, 0.85, 0.75


@dataclass(frozen=True, slots=True)
class Sole:
    """A row of relation_sole.tsv: where the sentence names one `single`, the `other` is its own.

    `order` says where the other stands: before or after it, or any. `once`: of several others the
    nearest alone. `single_particle` and `other_particle`: what must follow them, nothing if empty.
    """

    type: str
    single: str
    other: str
    head: str
    order: str
    once: bool
    single_particle: frozenset[str]
    other_particle: frozenset[str]
    score: float
    example: str
    expected: str


@cache
def sole_rules() -> tuple[Sole, ...]:
    """The rows of relation_sole.tsv."""
    return tuple(
        Sole(
            row[0], row[1], row[2], row[3], row[4], row[5] == "once",
            frozenset(row[6].split("|")) - {"-"}, frozenset(row[7].split("|")) - {"-"},
            float(row[8]), row[9], row[10],
        )
        for row in read_table(__package__, "relation_sole")
    )  # fmt: skip


def mentions_of(piece: Piece, label: str) -> list[Mention]:
    """The mentions of a label in the piece, in order."""
    return [t.mention for t in piece.tokens if t.mention is not None and t.form == label]


def read_sole(pieces: Sequence[Piece], found: Found) -> None:
    """Give what stands beside the only organisation or event of a sentence to it."""
    for rule in sole_rules():
        side = 2 if rule.head == rule.single else 1
        types = (rule.type, *RIVALS.get(rule.type, ()))
        taken = {key[side] for key in found.relations if key[0] in types}
        having = {key[3 - side] for key in found.relations if key[0] == rule.type}
        for piece in pieces:
            singles = mentions_of(piece, rule.single)
            if not singles or len({found.names.key(m) for m in singles}) != 1:
                continue
            if rule.once and found.names.key(singles[0]) in having:
                continue
            for single, other in pairs(rule, piece, singles, taken, found.names):
                head, tail = (single, other) if rule.head == rule.single else (other, single)
                found.add(rule.type, head, tail, piece, rule.score)
                having.add(found.names.key(single))
                taken.add(found.names.key(other))


def pairs(
    rule: Sole, piece: Piece, singles: Sequence[Mention], taken: set[str], names: Names
) -> list[tuple[Mention, Mention]]:
    """The single and each of the others that the rule gives to it; `taken` have an owner."""
    tokens = piece.tokens
    if rule.type == "org:product" and any(t.form in NEGATING for t in tokens):
        return []
    places = {t.mention.id: at for at, t in enumerate(tokens) if t.mention is not None}
    followed = [m for m in singles if is_followed(places[m.id], rule.single_particle, tokens)]
    if not followed:
        return []
    single = followed[0]
    others = [
        m for m in mentions_of(piece, rule.other)
        if names.key(m) not in taken
        and is_followed(places[m.id], rule.other_particle, tokens)
        and (rule.order == "any" or (m.start < single.start) == (rule.order == "before"))
        and (m.label != "DATE" or dates_it(m, places[m.id], tokens, names))
    ]  # fmt: skip
    if rule.once:
        others = sorted(others, key=lambda m: abs(m.start - single.start))[:1]
    return [(single, other) for other in others]


def dates_it(date: Mention, at: int, tokens: Sequence[Token], names: Names) -> bool:
    """False for a duration, and for the day on which something is told."""
    return names_a_day(date, names) and not announces(at, tokens)


def announces(at: int, tokens: Sequence[Token]) -> bool:
    """True for the day something is said: `22일 한빛전자는 … 밝혔다`, `… 20일 밝혔다`."""
    saying = noun_classes()["saying"]
    following = tokens[at + 1] if at + 1 < len(tokens) else None
    if following is not None and following.form in saying:
        return True
    first = at == 0 and following is not None and following.form in ("ORG", "PERSON")
    return first and any(t.form in saying for t in tokens[at + 1 :])


def is_followed(at: int, particles: frozenset[str], tokens: Sequence[Token]) -> bool:
    """True where one of the particles follows the mention at `at`.

    Nouns and names of the same label may stand between. A label among the particles stands for a
    mention of it.
    """
    for token in tokens[at + 1 : at + 5] if particles else ():
        if token.form in particles:
            return True
        if token.form != tokens[at].form and not token.tag.startswith(("NN", "XSN", "SS")):
            return False
    return not particles


# A product that some person made is no product of the organisation that shows it.
RIVALS: Mapping[str, tuple[str, ...]] = {"org:product": ("per:product",)}
# Organisations named before, nearest first, that a head without one may belong to.
MOST_BEFORE = 200


def read_leaders(pieces: Sequence[Piece], found: Found) -> None:
    """Give `시장`, `총장`, `원장` without an organisation to the city, university … in the text."""
    names = found.names
    before: list[Mention] = []
    for piece in pieces:
        own = mentions_of(piece, "ORG")
        for person, title in titled(piece, found):
            surname = len(person.text) < 2
            if surname or names.key(person) in names.employer or title.text not in unit_titles():
                continue
            nearest = [
                *reversed([m for m in own if m.start < person.start]),
                *reversed(before[-MOST_BEFORE:]),
                *(m for m in own if m.start > person.start),
            ]
            at = [o for o in nearest if heads_unit(title.text, o.text)]
            if at:
                found.affiliate(person, at[0], title, piece, LEADER)
                names.employer[names.key(person)] = at[0]
        before += own


@cache
def unit_titles() -> frozenset[str]:
    """The titles that say of what kind of organisation someone is the head."""
    return frozenset(pair.split(">")[0] for pair in noun_classes()["unit_head"])


def titled(piece: Piece, found: Found) -> Iterator[tuple[Mention, Mention]]:
    """The persons of the piece that stand right before a title."""
    for at, token in enumerate(piece.tokens[:-1]):
        following = piece.tokens[at + 1]
        if token.form == "PERSON" and following.form == "TITLE":
            assert token.mention is not None and following.mention is not None
            yield token.mention, following.mention


def read_carried(pieces: Sequence[Piece], found: Found) -> None:
    """`누리대 윤하늘 총장, 서아라 처장`: who is listed after the head works there too."""
    names = found.names
    for piece in pieces:
        tokens = piece.tokens
        for at, token in enumerate(tokens):
            if token.form != "PERSON" or at < 4 or tokens[at - 1].form not in LISTED:
                continue
            last, person, organization = tokens[at - 2], tokens[at - 3], tokens[at - 4]
            if (last.form, person.form) != ("TITLE", "PERSON") or token.mention is None:
                continue
            following = tokens[at + 1] if at + 1 < len(tokens) else None
            if following is None or following.mention is None or following.form != "TITLE":
                continue
            assert person.mention is not None
            employer = names.employer.get(names.key(person.mention))
            before = organization.form == "ORG" or organization.form in LISTED
            if employer is None or not before or names.key(token.mention) in names.employer:
                continue
            if employer.start > person.mention.start:
                continue
            found.affiliate(token.mention, employer, following.mention, piece, CARRIED)
            names.employer[names.key(token.mention)] = employer


def read_groups(pieces: Sequence[Piece], found: Found) -> None:
    """`한빛전자, 한빛화학 등 7개 계열사`: members of the group that the document is about."""
    everything = [m for piece in pieces for m in mentions_of(piece, "ORG")]
    members = {key[1] for key in found.relations if key[0] == "org:member_of"}
    for piece in pieces:
        for row in subsidiaries(piece.tokens):
            if found.names.key(row[0]) in members:
                continue
            group = group_of(row, everything, found.names)
            for member in row if group is not None else ():
                assert group is not None
                found.add("org:member_of", member, group, piece, GROUP)
        for group, row in of_topic(piece.tokens):
            if group_of(row, [group], found.names) is group:
                for member in row:
                    found.add("org:member_of", member, group, piece, GROUP)


def of_topic(tokens: Sequence[Token]) -> Iterator[tuple[Mention, list[Mention]]]:
    """A group that is the topic, and the list of subjects: `한빛그룹은 한빛전자, 한빛화학이`."""
    for at, token in enumerate(tokens[:-2]):
        group = token.mention
        if token.form != "ORG" or group is None or not group.text.endswith("그룹"):
            continue
        if tokens[at + 1].form not in ("은", "는"):
            continue
        row, ahead = [], at + 2
        while ahead < len(tokens) and tokens[ahead].form == "ORG":
            row.append(tokens[ahead].mention)
            listed = ahead + 1 < len(tokens) and tokens[ahead + 1].form in LISTED
            ahead += 2 if listed else 1
            if not listed:
                break
        if len(row) > 1 and ahead < len(tokens) and tokens[ahead].form in ("이", "가", "등"):
            yield group, [m for m in row if m is not None]


def subsidiaries(tokens: Sequence[Token]) -> Iterator[list[Mention]]:
    """The lists of organisations that a word such as 계열사 closes or opens."""
    classes = noun_classes()
    for at, token in enumerate(tokens):
        if token.mention is not None or token.form not in classes["group_words"]:
            continue
        back = at - 1
        while back >= 0 and at - back < 6 and tokens[back].form != "ORG":
            if tokens[back].tag.startswith(("V", "E", "J")):
                break
            back -= 1
        row = []
        while back >= 0 and tokens[back].mention is not None and tokens[back].form == "ORG":
            row.append(tokens[back].mention)
            back -= 2 if back and tokens[back - 1].form in LISTED else len(tokens)
        if len(row) > 1:
            yield [m for m in reversed(row) if m is not None]
        ahead = at + 1
        while ahead < len(tokens) and tokens[ahead].form in ("이", "ᆫ", "인", "(", ":", "로", "는"):
            ahead += 1
        row = []
        while ahead < len(tokens) and tokens[ahead].form == "ORG":
            row.append(tokens[ahead].mention)
            ahead += 2 if tokens[min(ahead + 1, len(tokens) - 1)].form in LISTED else len(tokens)
        if len(row) > 1:
            yield [m for m in row if m is not None]


def group_of(row: Iterable[Mention], everything: Sequence[Mention], names: Names) -> Mention | None:
    """The group that most of the listed companies are named after; None where there is none.

    Of `한빛전자, 한빛화학` that is `한빛그룹` or `한빛`, wherever the document names it.
    """
    members = list(row)
    own = {names.key(m) for m in members}
    for mention in everything:
        stem = plain(mention.text).removesuffix("그룹")
        if names.key(mention) in own or len(stem) < 2:
            continue
        if sum(plain(m.text).startswith(stem) for m in members) * 2 > len(members):
            return mention
    return None


def read_units(pieces: Sequence[Piece], found: Found) -> None:
    """A department goes to the only university, a centre to the name that it begins with."""
    names = found.names
    members = {key[1] for key in found.relations if key[0] == "org:member_of"}
    for piece in pieces:
        own = mentions_of(piece, "ORG")
        schools = {
            names.key(o): o for o in own
            if fits(o, "school", names) and not fits(o, "department", names)
        }  # fmt: skip
        for unit in own if len(schools) == 1 else ():
            if names.key(unit) in members or names.key(unit) in schools:
                continue
            bare = not unit.text.split()[0].endswith(("대", "대학교", "대학원"))
            if bare and fits(unit, "department", names):
                found.add("org:member_of", unit, next(iter(schools.values())), piece, UNIT)
