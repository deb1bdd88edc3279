"""Organisations of a text led to the rows of a user's list."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lgtalent_ie.errors import InputError
from lgtalent_ie.records.linking import (
    Entity,
    entity_list,
    link_organizations,
    read_entities,
)
from lgtalent_ie.schema import Document, Link, Organization

LIST = entity_list(
    [
        Entity("E1", ("한빛전자", "HBE", "Hanbit Electronics")),
        Entity("E2", ("한빛화학",)),
        Entity("E3", ("새벽대학교", "새벽대")),
        Entity("E4", ("중앙회",)),
        Entity("E5", ("중앙회",)),
    ]
)

# (name, aliases) → (id, score) of the best row, None where there is none.
CASES: dict[str, tuple[str, tuple[str, ...], tuple[str, float] | None]] = {
    "the full name": ("한빛전자", (), ("E1", 1.0)),
    "a legal form": ("㈜한빛전자", (), ("E1", 1.0)),
    "a blank": ("한빛 전자", (), ("E1", 1.0)),
    "another name of the list": ("HBE", (), ("E1", 1.0)),
    "letters of another case": ("hanbit electronics", (), ("E1", 1.0)),
    "a gloss in brackets": ("한빛일렉(HBE)", (), ("E1", 1.0)),
    "an ending": ("새벽대", (), ("E3", 1.0)),
    "another name of the text": ("한빛일렉", ("HBE",), ("E1", 0.9)),
    "a name of two rows": ("중앙회", (), ("E4", 0.5)),
    "a company of the same group": ("한빛물산", (), None),
    "a sub-unit": ("한빛전자 인공지능연구소", (), None),
    "nothing alike": ("누리은행", (), None),
    "too short to be alike": ("한빛", (), None),
}


@pytest.mark.parametrize("name", CASES)
def test_the_best_row(name: str) -> None:
    text, aliases, expected = CASES[name]
    links = link_organizations((Organization("o1", text, aliases, ("m1",)),), LIST)
    assert (links[0].entity, links[0].score) == expected if expected else not links


def test_a_typing_error_is_only_alike() -> None:
    some = entity_list([Entity("E1", ("한빛반도체장비기술원",)), Entity("E2", ("누리반도체",))])
    (link,) = link_organizations((Organization("o1", "한빛반도채장비기술원", (), ("m1",)),), some)
    assert link.entity == "E1"
    assert 0.55 < link.score < 0.8


def test_rows_that_share_a_name_share_its_score() -> None:
    links = link_organizations((Organization("o1", "중앙회", (), ("m1",)),), LIST)
    assert links == (Link("o1", "E4", "중앙회", 0.5), Link("o1", "E5", "중앙회", 0.5))


@given(st.lists(st.text(max_size=12), max_size=5), st.text(max_size=12))
def test_scores_are_shares_and_links_name_rows_of_the_list(names: list[str], text: str) -> None:
    usable = [Entity(f"E{n}", (name,)) for n, name in enumerate(names) if name.strip()]
    links = link_organizations((Organization("o1", text, (), ("m1",)),), entity_list(usable))
    assert all(0 < link.score <= 1 for link in links)
    assert {link.entity for link in links} <= {entity.id for entity in usable}


def test_json_and_csv_are_one_list(tmp_path: Path) -> None:
    rows = [{"id": "E1", "names": ["한빛전자", "HBE"]}, {"id": "E2", "names": ["새벽,물산"]}]
    (tmp_path / "list.json").write_text(json.dumps(rows), encoding="utf-8")
    (tmp_path / "list.csv").write_text(
        '\ufeffid,names\r\nE1,한빛전자|HBE\r\nE2,"새벽,물산"\r\n', encoding="utf-8", newline=""
    )
    assert read_entities(tmp_path / "list.json") == read_entities(tmp_path / "list.csv")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", "id,name\nE1,한빛\n", "columns"),
        ("a.csv", "id,names\nE1\n", "line 2 without names"),
        ("a.csv", "id,names\nE1,한빛\nE1,새벽\n", "'E1' 2 times"),
        ("a.csv", "id,names\nE1, \n", "'E1' without a name"),
        ("a.json", "{}", "array"),
        ("a.json", '[{"id": "E1"}]', "names"),
        ("a.json", '[{"id": "E1", "names": []}]', "without a name"),
    ],
)  # fmt: skip
def test_a_list_of_another_form_is_refused(
    name: str, content: str, said: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=said):
        read_entities(tmp_path / name)


def test_links_travel_in_the_json_only_where_they_were_asked_for() -> None:
    link = Link("o1", "E1", "한빛전자", 1.0)
    asked = Document("한빛", "m@1", links=(link,))
    assert asked.to_dict()["links"] == [
        {"organization": "o1", "entity": "E1", "name": "한빛전자", "score": 1.0}
    ]
    assert Document.from_json(asked.to_json(), "한빛") == asked
    assert "links" not in Document("한빛", "m@1").to_dict()
    assert Document("한빛", "m@1", links=()).to_dict()["links"] == []
