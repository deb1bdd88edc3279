"""Which mentions are one organisation; `{1:…}` in a table marks a mention of organisation 1."""

from __future__ import annotations

import pytest
from helpers import read_cases
from hypothesis import given, settings
from hypothesis import strategies as st

from lgtalent_ie.reading import Reading
from lgtalent_ie.records.organization_names import read_name
from lgtalent_ie.records.organizations import read_organizations
from lgtalent_ie.schema import Mention, Organization
from lgtalent_ie.tables import read_table

SUFFIXES = read_table("lgtalent_ie.records", "org_suffixes")
ALIASES = read_table("lgtalent_ie.records", "org_aliases")


def marked(line: str) -> tuple[Reading, list[str]]:
    """The reading of a line with `{1:…}` marks, and the number of each mention."""
    text = ""
    mentions: list[Mention] = []
    numbers: list[str] = []
    for piece in line.split("{"):
        number, colon, rest = piece.partition(":")
        if not (colon and number.isdigit()):
            text += piece
            continue
        surface, _, after = rest.partition("}")
        mention_id = f"m{len(mentions) + 1}"
        end = len(text) + len(surface)
        mentions.append(Mention(mention_id, "ORG", len(text), end, surface, 1.0))
        numbers.append(number)
        text += surface + after
    return Reading(text, None, (), (), tuple(mentions)), numbers


def of_surfaces(*surfaces: str) -> tuple[Organization, ...]:
    return read_organizations(marked(", ".join(f"{{1:{surface}}}" for surface in surfaces))[0])


def clusters(organizations: tuple[Organization, ...]) -> set[tuple[str, ...]]:
    return {organization.mentions for organization in organizations}


def expected_clusters(numbers: list[str]) -> set[tuple[str, ...]]:
    groups: dict[str, list[str]] = {}
    for at, number in enumerate(numbers, 1):
        groups.setdefault(number, []).append(f"m{at}")
    return {tuple(group) for group in groups.values()}


@pytest.mark.parametrize(
    ("text", "names"),
    [pytest.param(text, names, id=what) for what, text, names in read_cases("organizations")],
)
def test_cases(text: str, names: str) -> None:
    reading, numbers = marked(text)
    organizations = read_organizations(reading)
    assert clusters(organizations) == expected_clusters(numbers)
    for pair in names.split("; ") if names != "-" else []:
        number, _, name = pair.partition("=")
        first = f"m{numbers.index(number) + 1}"
        assert [o.name for o in organizations if first in o.mentions] == [name]


@pytest.mark.parametrize("example", [row[-1] for row in SUFFIXES])
def test_example_of_every_suffix_row(example: str) -> None:
    reading, numbers = marked(example)
    assert clusters(read_organizations(reading)) == expected_clusters(numbers)


@pytest.mark.parametrize(("canonical", "forms", "example"), ALIASES)
def test_every_alias_row(canonical: str, forms: str, example: str) -> None:
    reading, numbers = marked(example)
    assert clusters(read_organizations(reading)) == expected_clusters(numbers)
    assert len(of_surfaces(canonical, *forms.split("|"))) == 1


def test_no_two_alias_rows_share_a_key() -> None:
    names = [name for canonical, forms, _ in ALIASES for name in (canonical, *forms.split("|"))]
    assert len(set(names)) == len(names)
    assert len({read_name(row[0]).key for row in ALIASES}) == len(ALIASES)
    assert len(of_surfaces(*names)) == len(ALIASES)


def test_every_suffix_form_stands_once_in_its_kind() -> None:
    assert len({(kind, form) for kind, form, *_ in SUFFIXES}) == len(SUFFIXES)
    assert {len(row) for row in SUFFIXES} == {4}


def test_aliases_are_the_other_forms_in_order() -> None:
    assert of_surfaces("HBU", "LG", "한빛대", "LG그룹", "한빛대학교", "LG", "한빛대(HBU)") == (
        Organization("o1", "한빛대학교", ("HBU", "한빛대"), ("m1", "m3", "m5", "m7")),
        Organization("o2", "LG그룹", ("LG",), ("m2", "m4", "m6")),
    )


def test_other_labels_are_no_organisations() -> None:
    mentions = (
        Mention("m1", "PERSON", 0, 3, "한새벽", 1.0),
        Mention("m2", "ORG", 4, 8, "새벽전자", 1.0),
    )
    reading = Reading("한새벽 새벽전자", None, (), (), mentions)
    assert read_organizations(reading) == (Organization("o1", "새벽전자", (), ("m2",)),)


def test_a_page_without_organisations() -> None:
    assert read_organizations(Reading("", None, (), (), ())) == ()


SURFACES = st.one_of(
    st.text(alphabet="한빛대학교LG그룹 ㈜()（주)연구원'·AI", min_size=1, max_size=12),
    st.sampled_from(["LG", "LG AI연구원", "AI연구원", "MIT", "서울대", "㈜LG", "서울대학교"]),
    st.text(min_size=1, max_size=8),
)


@settings(max_examples=50, deadline=None)
@given(st.lists(SURFACES, max_size=12))
def test_every_mention_is_in_one_record(surfaces: list[str]) -> None:
    text, mentions = "", []
    for at, surface in enumerate(surfaces):
        mentions.append(Mention(f"m{at}", "ORG", len(text), len(text) + len(surface), surface, 1.0))
        text += surface + "("
    organizations = read_organizations(Reading(text, None, (), (), tuple(mentions)))
    ids = [mention for organization in organizations for mention in organization.mentions]
    assert sorted(ids) == sorted(mention.id for mention in mentions)
    for number, organization in enumerate(organizations, 1):
        assert organization.id == f"o{number}"
        assert organization.name not in organization.aliases
        assert len(set(organization.aliases)) == len(organization.aliases)
        assert organization.name in text
        own = [m for m in mentions if m.id in organization.mentions]
        assert list(organization.mentions) == [mention.id for mention in own]


@settings(max_examples=50, deadline=None)
@given(st.lists(SURFACES, min_size=1, max_size=8, unique=True))
def test_the_order_of_mentions_does_not_matter(surfaces: list[str]) -> None:
    def sets_of(order: list[str]) -> set[frozenset[str]]:
        mentions = tuple(
            Mention(surface, "ORG", 20 * at, 20 * at + len(surface), surface, 1.0)
            for at, surface in enumerate(order)
        )
        reading = Reading(" " * 20 * len(order), None, (), (), mentions)
        return {frozenset(o.mentions) for o in read_organizations(reading)}

    assert sets_of(surfaces) == sets_of(surfaces[::-1])


def test_of_five_thousand_mentions_each_name_goes_with_its_own_gloss() -> None:
    surfaces = [f"회사{at % 1500} 연구소{at % 700} {at % 40}팀" for at in range(2500)]
    line = " ".join(f"{{{at}:{name}}}({{{at}:R{at}L}})" for at, name in enumerate(surfaces))
    reading, numbers = marked(line)
    organizations = read_organizations(reading)
    assert clusters(organizations) == expected_clusters(numbers)
    assert [(o.name, o.aliases) for o in organizations] == [
        (name, (f"R{at}L",)) for at, name in enumerate(surfaces)
    ]


@pytest.mark.parametrize(
    "unit", ["대학교", "가 ", "(", "((주)", "LG", "가(나)", "'", "㈜", "ﷺ", "가 나"]
)
def test_a_hostile_name_is_one_organization_in_its_own_letters(unit: str) -> None:
    surface = unit * (100_000 // len(unit))
    mention = Mention("m1", "ORG", 0, len(surface), surface, 1.0)
    (organization,) = read_organizations(Reading(surface, None, (), (), (mention,)))
    assert organization.mentions == ("m1",)
    for name in (organization.name, *organization.aliases):
        assert name.strip()
        assert name in surface
