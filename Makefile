# Two commands matter: `make demo` (see it work) and `make test` (everything is checked). All make .venv themselves.

PYTHON ?= python3
BIN := .venv/bin
SHELL := /bin/bash

FUZZ_SECONDS ?= 60

.PHONY: demo run test check faults fuzz format bench clean

demo: .venv/installed
	$(BIN)/gateway demo

run: .venv/installed
	test -d instance || $(BIN)/gateway init instance
	$(BIN)/gateway run --config instance/gateway.yaml

# In parallel, but for the ratios of speed, which want the machine for themselves.
test: check
	$(BIN)/pytest --numprocesses auto --dist worksteal --ignore tests/benchmarks
	$(BIN)/pytest tests/benchmarks

check: .venv/tested
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# The long drills: kill -9 of the daemon at every step, and many times under load (docs/fault-tests.md).
faults: .venv/tested
	$(BIN)/pytest -m faults

# A search for inputs that break the library, FUZZ_SECONDS for each target; what it finds is in .fuzz/.
fuzz: .venv/tested
	$(BIN)/python -m pip install --quiet --disable-pip-version-check atheris \
		|| { echo 'make fuzz needs atheris, and atheris has no wheel for this Python or system'; exit 1; }
	for target in inspect explain translate acks; do \
		$(BIN)/python -m tests.fuzz.campaign $$target --seconds $(FUZZ_SECONDS) || exit 1; done

format: .venv/tested
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# About ten minutes; QUICK=1 takes smaller inputs, about one, and leaves benchmarks/results.md alone.
bench: .venv/tested
	$(BIN)/python -m benchmarks.bench

.venv/installed: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	touch $@

.venv/tested: .venv/installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	touch $@

clean:
	rm -rf .venv .fuzz instance .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
