"""The modules of the engine benchmark, and small things to run them on."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from helpers import TEXTS

from lgtalent_ie.morphemes import Analyzer

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def scripts() -> Iterator[SimpleNamespace]:
    """The modules of the script by their last name."""
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        names = ("texts", "encoders", "measures", "sections", "report")
        found = {name: import_module(f"engine_{name}") for name in names}
        yield SimpleNamespace(
            **found, rivals=import_module("pipeline_rivals"), run=import_module("benchmark_engine")
        )
    finally:
        sys.path.remove(str(ROOT / "scripts"))


@pytest.fixture(scope="module")
def mixes(scripts: SimpleNamespace) -> Any:
    analyzer = Analyzer()
    return scripts.texts.make_mixes(scripts.run.seed_sentences(analyzer), 2_000, analyzer)


@pytest.fixture(scope="module")
def roberta(scripts: SimpleNamespace) -> Any:
    return scripts.encoders.build("roberta-base", TEXTS, tiny=True)


@pytest.fixture
def setting(scripts: SimpleNamespace) -> Any:
    return scripts.measures.Setting("cpu", False, 1, (1, 8), 1, dry_run=True)
