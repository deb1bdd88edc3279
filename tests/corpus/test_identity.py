"""Which organisations of many documents are one."""

from __future__ import annotations

import pytest

from lgtalent_ie.corpus.identity import unite_organizations
from lgtalent_ie.schema import Organization

# Documents, each a list of organisations (name, aliases) → how many organisations they are.
CASES = {
    "one name": ([[("한빛전자", ())], [("한빛전자", ())]], 1),
    "a legal form": ([[("㈜한빛전자", ())], [("한빛전자", ())]], 1),
    "a known ending": ([[("새벽대학교", ())], [("새벽대", ())]], 1),
    "a gloss that is a name elsewhere": ([[("한빛전자", ("HBE",))], [("HBE", ())]], 1),
    "a gloss of two": ([[("한빛전자", ("HB",))], [("한별은행", ("HB",))], [("HB", ())]], 3),
    "an end of a chain": ([[("한빛 AI연구원", ("AI연구원",))], [("AI연구원", ())]], 2),
    "the first word of a chain": ([[("한빛 AI연구원", ("한빛",))], [("한빛", ())]], 2),
    "companies of a group": ([[("한빛전자", ())], [("한빛화학", ())]], 2),
    "a chain of aliases": ([[("한빛전자", ("HBE",))], [("HBE", ("에이치비이",))], [("에이치비이", ())]], 1),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_organizations_are_one_or_not(name: str) -> None:
    documents, expected = CASES[name]
    given = [
        (
            f"d{n}",
            tuple(
                Organization(f"o{k}", o, aliases, ("m1",)) for k, (o, aliases) in enumerate(some)
            ),
        )
        for n, some in enumerate(documents)
    ]
    united, ids = unite_organizations(given)
    assert len(united) == expected
    assert len(ids) == sum(map(len, documents))
    assert {o.id for o in united} == set(ids.values())


def test_the_name_most_documents_use_stands_and_the_others_are_aliases() -> None:
    forms = ["한빛전자", "㈜한빛전자", "한빛전자"]
    given = [
        (f"d{n}", (Organization("o1", name, ("HBE",), ("m1", "m2")),))
        for n, name in enumerate(forms)
    ]
    (organization,), _ = unite_organizations(given)
    assert (organization.name, organization.aliases) == ("한빛전자", ("HBE", "㈜한빛전자"))
    assert (organization.documents, organization.mentions) == (3, 6)
