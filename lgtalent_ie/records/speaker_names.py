"""Who a speaker's phrase names: full name, title and affiliation, from anywhere in the document."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lgtalent_ie.reading import Reading
from lgtalent_ie.records.offsets import index_from
from lgtalent_ie.records.quote_tables import speaker_pronouns, speaker_relations
from lgtalent_ie.records.speakers import NAMING
from lgtalent_ie.schema import Mention, Organization, Speaker

# How many mentions may follow a name as its affiliation and titles.
LONGEST_CHAIN = 4
# A bracket after a name (`민서연(사진)`) that holds no mention is passed over up to this length.
LONGEST_BRACKET = 12
# Candidates looked at for a surname; a page of one surname stays linear.
MOST_CANDIDATES = 50
# A phrase that ends so names a group, whoever is named in it.
GROUP_ENDINGS = ("실", "팀", "단", "캠프", "재단", "연구소", "위원회", "협회", "기획사", "소속사",
                 "본부", "대책위", "선대위", "인수위", "연대", "모임", "진영")  # fmt: skip
# `이 관계자`, `같은 관계자` go on about the one just quoted.
SAME = ("이", "같은", "해당", "그")
# A first word that is no surname though it has the form of one.
DETERMINERS = frozenset(
    ("한", "이", "그", "저", "또", "전", "현", "타", "모", "본", "각", "두", "세")
)


@dataclass(frozen=True, slots=True)
class Person:
    """A PERSON mention with the title and affiliation that stand next to it."""

    mention: Mention
    title: str | None
    affiliation: str | None


@dataclass(frozen=True, slots=True)
class People:
    """All persons of a document in order; `full` are those of a whole name, by first character."""

    reading: Reading
    persons: tuple[Person, ...]
    full: Mapping[str, Sequence[Person]]
    by_name: Mapping[str, Sequence[Person]]
    organizations: Mapping[str, str]


def meet_people(reading: Reading, organizations: Sequence[Organization]) -> People:
    """Read every PERSON mention with its neighbours."""
    persons = tuple(
        Person(mention, *neighbours(reading, at))
        for at, mention in enumerate(reading.mentions)
        if mention.label == "PERSON"
    )
    full: dict[str, list[Person]] = {}
    by_name: dict[str, list[Person]] = {}
    for person in persons:
        by_name.setdefault(person.mention.text, []).append(person)
        if len(person.mention.text) > 1:
            full.setdefault(person.mention.text[0], []).append(person)
            words = person.mention.text.split()
            if len(words) > 1:
                full.setdefault(words[-1], []).append(person)
    names = {mention: o.name for o in organizations for mention in o.mentions}
    return People(reading, persons, full, by_name, names)


def neighbours(reading: Reading, at: int) -> tuple[str | None, str | None]:
    """(title, affiliation) of the PERSON mention at index `at`.

    `민서연 한빛랩 소장`, `한빛랩 민서연 소장`, `한빛랩 소장 민서연`: what follows goes first.
    """
    after = chain(reading, at, 1)
    before = chain(reading, at, -1)
    title = next((m.text for m in reversed(after) if m.label == "TITLE"), None)
    affiliation = next((m.text for m in after if m.label == "ORG"), None) if title else None
    if title is None:
        title = next((m.text for m in before if m.label == "TITLE"), None)
    if affiliation is None:
        affiliation = next((m.text for m in before if m.label == "ORG"), None)
    return title, affiliation


def chain(reading: Reading, at: int, step: int) -> list[Mention]:
    """The ORG and TITLE mentions next to a name, nearest first, with nothing else between."""
    found: list[Mention] = []
    here = reading.mentions[at]
    for _ in range(LONGEST_CHAIN):
        at += step
        if not 0 <= at < len(reading.mentions):
            break
        there = reading.mentions[at]
        first, last = (here.end, there.start) if step > 0 else (there.end, here.start)
        if there.label not in ("ORG", "TITLE") or not is_gap(reading.text, first, last):
            break
        found.append(there)
        here = there
    return found


def is_gap(text: str, first: int, last: int) -> bool:
    """True for blanks, a short bracket, or 겸 between two mentions of one person."""
    if last - first > LONGEST_BRACKET + 4:
        return False
    between = text[first:last].strip(" ")
    if between.startswith("(") and between.endswith(")") and between.count("(") == 1:
        between = ""
    return "\n" not in between and between in ("", "(", "·", "겸", "의", "인")


def identify(people: People, start: int, end: int, previous: Speaker | None) -> Speaker:
    """The speaker whose phrase is text[start:end]; `previous` is the one of the quote before.

    Nothing is invented: name, title and affiliation are texts of mentions of this document.
    """
    reading = people.reading
    text = reading.text[start:end]
    inside = reading.within(start, end, NAMING)
    persons = [m for m in inside if m.label == "PERSON"]
    titles = [m for m in inside if m.label == "TITLE"]
    groups = [m for m in inside if m.label == "ORG"]
    person = persons[0] if persons and is_person(reading, start, end, persons[0]) else None
    if person is not None and len(persons) > 1:
        # `민 소장과 양 실장`: the record is that of the first.
        titles = [m for m in titles if m.start < persons[1].start]
        groups = [m for m in groups if m.start < persons[1].start]
    title = titles[-1].text if titles else None
    center = person or (titles[-1] if titles else None)
    affiliation = nearest(groups, center)
    refers = speaker_pronouns().get(text)
    known: Person | None = None
    if person is not None:
        known = full_person(people, person.text, title, person.start)
    elif refers == "person":
        known = antecedent(people, start, previous)
    elif (
        not groups
        and len(words := text.split()) > 1
        and words[0] not in DETERMINERS
        and len(words[0]) == 1
    ):
        known = full_person(people, words[0], title or words[-1], start)
    name = known.mention.text if known is not None else person.text if person is not None else None
    if name is not None:
        title = title or fact_near(people, name, start, "title")
        affiliation = affiliation or fact_near(people, name, start, "affiliation")
    elif refers == "organization" or text.startswith("이 회사"):
        affiliation = affiliation or organization_before(people, start)
    elif previous is not None and text.split()[0] in SAME and previous.title == title and title:
        name, affiliation = previous.name, affiliation or previous.affiliation
    first = person or (titles[-1] if titles else groups[-1] if groups else None)
    return Speaker(start, end, text, name, title, affiliation, first.id if first else None)


def is_person(reading: Reading, start: int, end: int, person: Mention) -> bool:
    """Does the phrase name the person, not only mention one, as `민 후보 대변인실` does?"""
    before = reading.text[start : person.start]
    head = reading.text[person.end : end].split()[-1:] or [""]
    bracketed = before.count("(") > before.count(")")
    ranked = head[0][:1].isdigit()  # 9단
    return not bracketed and (
        ranked or not (head[0].endswith(GROUP_ENDINGS) or head[0] in speaker_relations())
    )


def nearest(groups: Sequence[Mention], center: Mention | None) -> str | None:
    """Of several organisations in the phrase the one nearest to the person or the title."""
    if not groups:
        return None
    if center is None:
        return groups[-1].text
    return min(groups, key=lambda m: max(m.start - center.end, center.start - m.end)).text


def full_person(people: People, name: str, title: str | None, before: int) -> Person | None:
    """The person whose whole name a surname or last name shortens, nearest before the offset.

    One whose known title contradicts is passed over unless no other carries the name.
    """
    if len(name) > 2 and " " not in name and name not in people.full:
        return None
    candidates = people.full.get(name) or people.full.get(name[0]) or ()
    at = bisect_left(candidates, before, key=lambda p: p.mention.start)
    earlier = list(reversed(candidates[max(0, at - MOST_CANDIDATES) : at]))
    later = list(candidates[at : at + MOST_CANDIDATES])
    fit = [p for p in [*earlier, *later] if shortens(name, p.mention.text)]
    same_title = [p for p in fit if p.title is not None and p.title == title]
    open_title = [p for p in fit if p.title is None or title is None]
    if same_title or open_title:
        return (same_title or open_title)[0]
    # A title may change in the text (`LG전자 CEO` … `조 사장`): one bearer of the name is enough.
    return fit[0] if len({p.mention.text for p in fit}) == 1 else None


def shortens(short: str, full: str) -> bool:
    """`조` of `조주완`, `머스크` of `일론 머스크`; never `조` of `조지 부시`."""
    if len(full) <= len(short):
        return False
    if " " in full:
        return full.split()[-1] == short
    return (
        full.startswith(short)
        and len(full) <= 4
        and len(short) <= 2
        and (len(full) - len(short) <= 2)
    )


def fact_near(people: People, name: str, offset: int, field: str) -> str | None:
    """Title or affiliation of that name where it stands nearest before the offset, else after."""
    persons = people.by_name.get(name, ())
    at = bisect_left(persons, offset, key=lambda p: p.mention.start)
    earlier = reversed(persons[max(0, at - MOST_CANDIDATES) : at])
    for person in [*earlier, *persons[at : at + MOST_CANDIDATES]]:
        value: str | None = getattr(person, field)
        if value is not None:
            return value
    return None


def antecedent(people: People, offset: int, previous: Speaker | None) -> Person | None:
    """Whom `그` means: the person quoted before, unless another was named since."""
    at = bisect_left(people.persons, offset, key=lambda p: p.mention.start)
    if at == 0:
        return None
    person = people.persons[at - 1]
    if previous is not None and previous.name is not None and person.mention.start <= previous.end:
        return next(iter(people.by_name.get(previous.name, ())), None)
    if len(person.mention.text) == 1:
        return full_person(people, person.mention.text, person.title, person.mention.start)
    return person


def organization_before(people: People, offset: int) -> str | None:
    """Which organisation `이 회사` means: the last one named before, by its canonical name."""
    mentions = people.reading.mentions
    at = index_from(mentions, offset)
    for mention in reversed(mentions[max(0, at - MOST_CANDIDATES) : at]):
        if mention.label == "ORG":
            return people.organizations.get(mention.id, mention.text)
    return None
