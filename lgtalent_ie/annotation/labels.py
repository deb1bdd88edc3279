"""What people see of the labels in other tools: nine colours, and the relations there are."""

from __future__ import annotations

from collections.abc import Mapping

from lgtalent_ie.schema import Label
from lgtalent_ie.training.labels import OWN_RELATIONS

# Paul Tol's "light" scheme (SRON technical note SRON/EPS/TN/09-002, 2021): made to be told apart by
# everyone when black words stand on them.
COLOURS: Mapping[Label, str] = {
    "ORG": "#77AADD",
    "PERSON": "#FFAABB",
    "TITLE": "#EEDD88",
    "LOCATION": "#44BB99",
    "EVENT": "#EE8866",
    "PRODUCT": "#AAAA00",
    "DATE": "#99DDFF",
    "TIME": "#DDDDDD",
    "QUANTITY": "#BBCC33",
}
RELATION_TYPES: tuple[str, ...] = OWN_RELATIONS
