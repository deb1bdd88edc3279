"""The map of the records package."""

from __future__ import annotations

import re
from pathlib import Path

from lgtalent_ie import records


def test_the_map_names_every_module() -> None:
    assert records.__doc__ is not None
    modules = {path.stem for path in Path(records.__path__[0]).glob("*.py")} - {"__init__"}
    assert modules <= set(re.findall(r"\w+", records.__doc__))
