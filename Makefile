# Two commands matter: `make demo` (see it work) and `make test` (everything is checked). Both make .venv themselves.

PYTHON ?= python3
BIN := .venv/bin
SHELL := /bin/bash

.PHONY: demo run test check format clean

demo: .venv/installed
	$(BIN)/gateway demo

run: .venv/installed
	test -d instance || $(BIN)/gateway init instance
	$(BIN)/gateway run --config instance/gateway.yaml

test: check
	$(BIN)/pytest

check: .venv/tested
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/tested
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.venv/installed: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	touch $@

.venv/tested: .venv/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	touch $@

clean:
	rm -rf .venv instance .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
