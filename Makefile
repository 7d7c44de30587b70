# Everything a person or CI does with a checkout. Needs Python 3.11 or newer and a package index.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed

.PHONY: run test check format bench bench-peers torture clean

$(STAMP): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable . --group dev
	touch $@

run: $(STAMP)          ## open the console on the living demonstration
	$(BIN)/parcours demo

test: $(STAMP)         ## every test, on all cores
	$(BIN)/python -m pytest -n auto --dist worksteal

check: $(STAMP)        ## format, lint, types, import contracts, tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -n auto --dist worksteal

format: $(STAMP)       ## rewrite the code in the project's format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(STAMP)        ## the figures that the project promises, as ratios in one run
	$(BIN)/python -m bench

bench-peers: $(STAMP)  ## the console beside lnav, toolong, VisiData, sqlite3 and grep, where they are installed
	$(BIN)/python -m bench.peers

torture: $(STAMP)      ## long versions of the crash, fuzz and load tests
	PARCOURS_TORTURE=1 $(BIN)/python -m pytest -n auto --dist worksteal -m torture

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache dist
