# The commands to remember. Each makes what it needs; `make demo` and `make test` work on a fresh clone.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
ARGS ?=

.PHONY: help setup demo test test-all check format bench grouping-report docs clean

help:
	@echo "make demo      the main job on this machine: collector, a small shop that fails, its errors in SQL (ARGS=--once ends by itself)"
	@echo "make test      the tests        make test-all   the slow ones too"
	@echo "make check     lint, types, import contracts    make format   put it in order"
	@echo "make bench     the benchmarks of DESIGN's budgets, as ratios within one run"
	@echo "make grouping-report   precision and recall of grouping on the labelled stack traces (ARGS=FOLDER: on others)"
	@echo "make docs      write the generated pages again"

setup: $(READY)

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "otel-errors needs Python 3.11 or later: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 2; }
	@$(PYTHON) -m venv $(VENV) || { echo "no virtual environment can be made: on Debian, apt-get install python3-venv"; exit 2; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@

demo: $(READY)
	$(BIN)/otel-errors demo $(ARGS)

test: $(READY)
	$(BIN)/python -m pytest -m "not slow" $(ARGS)

test-all: $(READY)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev,interop]' || echo "the tests beside other instrumentations are skipped: they can't be installed"
	$(BIN)/python -m pytest $(ARGS)

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(READY)
	$(BIN)/python -m benchmarks $(ARGS)

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis

grouping-report: $(READY)
	$(BIN)/python -m tests.golden.report $(ARGS)

docs: $(READY)
	$(BIN)/python docs/generate.py
