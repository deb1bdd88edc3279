# Two commands do everything on a bare machine with Python 3.11 or later: make demo, make test.
# TORCH picks the build of torch; a CPU build is taken where the index has one.

PYTHON ?= python3
TORCH ?= torch==2.13.0
VENV := .venv
BIN := $(VENV)/bin
SHARED ?= ../shared

.PHONY: demo test lint unit slow scores wheel clean

demo: $(VENV)/installed
	$(BIN)/lgtalent extract seeds/*.txt --published-from seeds/published.tsv --to json

test: lint unit slow scores wheel

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet "$(TORCH)"

$(VENV)/installed: $(VENV)/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/installed-dev: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $@

lint: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

unit: $(VENV)/installed-dev
	$(BIN)/python -m pytest -q -n auto

slow: $(VENV)/installed-dev
	$(BIN)/python -m pytest -q -m slow -n auto

# Extracts the gold documents again and fails where a score falls by more than a point. The texts of
# the press articles and of the data are not part of the project: where they are not at hand this
# says so and goes on.
scores: $(VENV)/installed-dev
	$(BIN)/lgtalent evaluate documents annotations/gold/seeds --texts seeds --against annotations/scores-seeds.json
	$(BIN)/lgtalent evaluate documents annotations/gold/press --texts $(SHARED)/seeds --allow-missing --against annotations/scores-press.json
	$(BIN)/lgtalent evaluate documents annotations/gold/sentences --texts $(SHARED)/data --allow-missing --against annotations/scores-sentences.json

# The wheel must carry the model: it is installed in an empty environment and extracts from there.
wheel: $(VENV)/installed-dev
	rm -rf build/wheel && mkdir -p build/wheel
	$(BIN)/python -m build --wheel --outdir build/wheel . > build/wheel/log 2>&1 || (cat build/wheel/log; exit 1)
	$(PYTHON) -m venv build/wheel/venv
	build/wheel/venv/bin/python -m pip install --quiet "$(TORCH)"
	build/wheel/venv/bin/python -m pip install --quiet build/wheel/*.whl
	cd build/wheel && echo '올해 들어 박사급 연구원 10명이 LG AI연구원에 새로 합류했다.' | venv/bin/lgtalent extract - --published 2023-06-21 | grep -q "\"kind\":\"hire\""

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache
