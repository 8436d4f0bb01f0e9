# The two commands that the README names set everything up on a machine with Python 3.11, make and git.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: demo plan test check bench clean
demo: $(VENV)/ready
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh examples/a-day/run.sh

plan: $(VENV)/ready
	@$(BIN)/visitsafe plan

# Side by side, one worker for each core; what loads the whole computer takes turns (tests/reliability).
test: $(VENV)/ready
	@env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m pytest -n auto --maxprocesses 8 --dist loadgroup

bench: $(VENV)/ready
	@env -u PYTHONDONTWRITEBYTECODE $(BIN)/python benchmarks/start_up.py

check: $(VENV)/ready
	@bash .ci/run

$(VENV)/ready: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "visitsafe needs Python 3.11 or newer: make PYTHON=python3.11 ...")'
	@echo "Setting up visitsafe in $(VENV); this takes a minute, once."
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) --upgrade pip
	@$(PIP) --editable '.[dev]'
	@touch $@

clean:
	rm -rf $(VENV)
