"""Who is who in one document, and what class a name or title belongs to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from lgtalent_ie.reading import Reading
from lgtalent_ie.records.relation_tables import noun_classes
from lgtalent_ie.schema import Count, Date, Mention, Organization, Relation

SURNAMES_OF_TWO = frozenset(("남궁", "황보", "제갈", "선우", "독고", "사공", "서문", "동방"))


@dataclass(frozen=True, slots=True)
class Names:
    """One key per organisation, person and other name of the document.

    `employer` maps a person's key to the organisation the document gives for them; `durations` are
    the mentions that name no calendar day. `called` has the names of an
    organisation by its key, `houses` all that a house may be called, without `그룹`.
    """

    mentions: dict[str, Mention]
    organization_of: dict[str, str]
    dimension_of: dict[str, str]
    full_names: dict[str, Mention]
    employer: dict[str, Mention]
    durations: frozenset[str]
    called: Mapping[str, Collection[str]] = field(default_factory=dict)
    houses: frozenset[str] = frozenset()

    def key(self, mention: Mention) -> str:
        """Equal for two mentions of one thing, as far as the document says."""
        if mention.label == "ORG":
            return self.organization_of.get(mention.id, plain(mention.text))
        return plain(self.full(mention).text)

    def differ(self, one: str | None, other: str | None) -> bool:
        """True where the mentions of these ids are not of one thing; nothing differs from one."""
        if one is None or other is None:
            return one is not other
        return self.key(self.mentions[one]) != self.key(self.mentions[other])

    def of_one_house(self, one: Mention, other: Mention) -> bool:
        """True for `한빛전자` and `한빛연구원` where the document names `한빛` or `한빛그룹` too.

        An organisation and one that is named after it are of one house as well.
        """
        return not self.houses_of(one).isdisjoint(self.houses_of(other))

    def houses_of(self, mention: Mention) -> set[str]:
        """What the names of an organisation begin with that is a name of its own."""
        names = self.called.get(self.key(mention), (plain(mention.text),))
        return {name[:n] for name in names for n in range(2, len(name) + 1)} & self.houses

    def full(self, mention: Mention) -> Mention:
        """The full name before it that a surname or a last name stands for, else the mention."""
        return self.full_names.get(mention.id, mention)


def read_names(
    reading: Reading,
    dates: Sequence[Date],
    counts: Sequence[Count],
    organizations: Sequence[Organization],
) -> Names:
    """The names of a document; persons of one surname are told apart by nearness."""
    full_names: dict[str, Mention] = {}
    by_part: dict[str, Mention] = {}
    for mention in reading.mentions:
        if mention.label != "PERSON":
            continue
        text = mention.text
        if text in by_part and by_part[text].text != text:
            full_names[mention.id] = by_part[text]
        elif " " in text:
            by_part[text.rsplit(" ", 1)[1]] = mention
        elif 2 < len(text) <= 4:
            by_part[text[:2] if text[:2] in SURNAMES_OF_TWO else text[0]] = mention
    called: dict[str, set[str]] = defaultdict(set)
    of_id = {mention: o.id for o in organizations for mention in o.mentions}
    for mention in reading.mentions:
        if mention.label == "ORG":
            name = plain(mention.text)
            called[of_id.get(mention.id, name)].add(name)
    return Names(
        {mention.id: mention for mention in reading.mentions},
        of_id,
        {c.mention: c.dimension for c in counts if c.mention is not None},
        full_names,
        {},
        frozenset(d.mention for d in dates if d.mention and d.type in ("DURATION", "SET", "TIME")),
        called,
        frozenset(name.removesuffix("그룹") for own in called.values() for name in own),
    )


def learn_employers(names: Names, relations: Iterable[Relation]) -> None:
    """Note for each person the first organisation that `per:employee_of` gives them."""
    for relation in relations:
        if relation.type == "per:employee_of":
            person, employer = (names.mentions.get(i) for i in (relation.head, relation.tail))
            if person is not None and employer is not None:
                names.employer.setdefault(names.key(person), employer)


def plain(text: str) -> str:
    """The name without blanks, in one case.

    >>> plain("AI 누리 데이")
    'ai누리데이'
    """
    return "".join(text.split()).casefold()


def without_gloss(name: str) -> str:
    """The name up to its first bracket: `누리대(NRU)` → `누리대`."""
    return name.split("(")[0].strip()


def fits(mention: Mention, of_class: str, names: Names) -> bool:
    """True where the mention is of the class a rule names: person, money, school, employer, …"""
    if of_class in ("person", "money", "item"):
        return names.dimension_of.get(mention.id) == of_class
    if of_class == "relative_year":
        return plain(mention.text) in noun_classes()["relative_year"]
    if of_class == "year":
        return plain(mention.text).endswith(tuple(noun_classes()["year_word"]))
    if of_class == "school":
        return is_school(mention.text)
    if of_class == "employer":
        return not is_school(mention.text)
    if of_class == "settled":
        return plain(mention.text) not in noun_classes()["everywhere"]
    if of_class in ("department", "leader", "lab", "unit", "academy"):
        return without_gloss(mention.text).endswith(tuple(noun_classes()[of_class]))
    return False


def names_a_day(mention: Mention, names: Names) -> bool:
    """False for durations and for `이날`, which say nothing of their own."""
    return (
        mention.id not in names.durations
        and plain(mention.text) not in noun_classes()["vague_date"]
    )


def is_school(name: str) -> bool:
    """True for the name of a school or one of its departments.

    >>> is_school("누리대 전자공학과"), is_school("현대")
    (True, False)
    """
    classes = noun_classes()
    bare = without_gloss(name)
    words = bare.split()
    if not words or bare.endswith(tuple(classes["no_school"])):
        return False
    return any(w in classes["school"] or w.endswith(tuple(classes["school_ending"])) for w in words)


def is_student(title: str) -> bool:
    """True for 박사과정생, 재학생, 졸업생 …: the organisation is a school then."""
    return plain(without_gloss(title)).endswith(tuple(noun_classes()["student"]))


def is_executive(title: str, organization: str) -> bool:
    """True for the top of that organisation: 사장, CEO, and X장 of an organisation named … X.

    >>> is_executive("원장", "한빛연구원"), is_executive("소장", "한빛전자")
    (True, False)
    """
    classes = noun_classes()
    words = title.replace("(", " ").replace(")", " ").replace("·", " ").replace("/", " ").split()
    if any(word in classes["executive"] for word in words):
        return True
    # A gloss may stick to the title once its brackets are lost: 최고경영자CEO.
    if any(word.startswith(tuple(e for e in classes["executive"] if len(e) > 4)) for word in words):
        return True
    last = words[-1] if words else ""
    if last.endswith(tuple(classes["executive_ending"])):
        return True
    return heads_unit(title, organization)


def heads_unit(title: str, organization: str) -> bool:
    """True for the head of that kind of organisation, by its name.

    >>> heads_unit("총장", "누리대"), heads_unit("총장", "한빛전자")
    (True, False)
    """
    last = (without_gloss(title).split() or [""])[-1]
    pairs = noun_classes()["unit_head"]
    named = without_gloss(organization)
    endings = tuple(p.split(">")[1] for p in pairs if last.endswith(p.split(">")[0]))
    if endings and named.endswith(endings):
        return True
    return len(last) > 1 and last.endswith("장") and named.endswith(last[:-1])
