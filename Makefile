# The two commands that the README names set everything up on a machine with Python 3.11, make and git.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := -m pip install --quiet --disable-pip-version-check
TESTS := -m pytest -n auto --maxprocesses 8 --dist loadgroup
UV := uv==0.13.9

.PHONY: demo plan test check bench lock newest clean
demo: $(VENV)/ready
	@PATH="$(CURDIR)/$(BIN):$$PATH" sh examples/a-day/run.sh

plan: $(VENV)/ready
	@$(BIN)/visitsafe plan

# Side by side, one worker for each core; what loads the whole computer takes turns (tests/reliability).
test: $(VENV)/ready
	@env -u PYTHONDONTWRITEBYTECODE $(BIN)/python $(TESTS) $(ARGS)

# The tests on the newest releases that pyproject.toml allows, to see what a new release will change.
newest:
	@$(PYTHON) -m venv --clear .venv-newest
	@.venv-newest/bin/python $(PIP) --editable '.[dev]'
	@env -u PYTHONDONTWRITEBYTECODE .venv-newest/bin/python $(TESTS) $(ARGS)

# After a change of the dependencies in pyproject.toml; what is locked stays, unless: make lock UPGRADE=--upgrade
lock:
	@$(PYTHON) -m venv --clear .venv-lock
	@.venv-lock/bin/python $(PIP) $(UV)
	@.venv-lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --all-extras \
	  --no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock' $(UPGRADE) \
	  --output-file requirements.lock pyproject.toml

bench: $(VENV)/ready
	@env -u PYTHONDONTWRITEBYTECODE $(BIN)/python benchmarks/start_up.py

check: $(VENV)/ready
	@bash .ci/run

# Exactly what the lock names, by hash; pip takes no editable project beside hashes, so the project follows alone.
$(VENV)/ready: pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "visitsafe needs Python 3.11 or newer: make PYTHON=python3.11 ...")'
	@echo "Setting up visitsafe in $(VENV); this takes a minute, once."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python $(PIP) --require-hashes --requirement requirements.lock
	@$(BIN)/python $(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

clean:
	rm -rf $(VENV) .venv-newest .venv-lock
