"""Specification of records that are made like plain objects and are frozen all the same."""

from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError, asdict, dataclass, field, replace

import pytest

from lgtalent_ie.frozen import maker
from lgtalent_ie.schema import Count, Date

DATE = (None, "DATE", "2023-06", "2023-06-01", "2023-06-30", "END", True)
COUNT = (None, 0, 4, "2~3명", None, 2, 3, "명", "person", "exact", None, None)


@dataclass(frozen=True, slots=True)
class Basket:
    owner: str
    apples: list[int] = field(default_factory=list)


@pytest.mark.parametrize(("record", "values"), [(Date, DATE), (Count, COUNT)])
def test_a_made_record_is_the_record(record: type, values: tuple[object, ...]) -> None:
    made, usual = maker(record)(*values), record(*values)
    assert type(made) is record
    assert made == usual
    assert hash(made) == hash(usual)
    assert repr(made) == repr(usual)
    assert asdict(made) == asdict(usual)
    assert pickle.loads(pickle.dumps(made)) == usual


def test_a_made_record_is_frozen() -> None:
    made = maker(Date)(*DATE)
    with pytest.raises(FrozenInstanceError):
        made.value = "2024"  # type: ignore[misc]
    assert replace(made, value="2024").value == "2024"


def test_defaults_and_names_hold() -> None:
    assert maker(Date)(None, type="DATE", value="2023") == Date(None, "DATE", "2023")
    with pytest.raises(TypeError, match="value"):
        maker(Date)(None, "DATE")  # type: ignore[call-arg]


def test_no_two_records_share_a_default_list() -> None:
    make = maker(Basket)
    make("a").apples.append(1)
    assert make("b").apples == []


def test_what_has_more_to_do_than_fill_its_fields_is_refused() -> None:
    class Plain:
        pass

    @dataclass(frozen=True, slots=True)
    class Checked:
        number: int

        def __post_init__(self) -> None:
            assert self.number

    for record in (Plain, Checked):
        with pytest.raises(TypeError, match=record.__name__):
            maker(record)
