# Everything here needs only python3 (3.11 or newer, with venv), make and the package registries.
# The environment is built once into .venv from the lock files and built again when they change.

PYTHON ?= python3
BIN := .venv/bin
UV := $(BIN)/uv

.DEFAULT_GOAL := help
.PHONY: help demo test proofs check fix serve bench chaos docs lock clean

help: ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

demo: .venv/run ## set up and make three films and a contact sheet in ./demo/
	$(BIN)/filmgate demo

test: .venv/dev ## set up and run the tests
	$(BIN)/pytest -n 2 --dist worksteal -m "not long"

proofs: .venv/dev ## the long tests: vendors that lie and die, workers that are killed, one filmgate before another
	$(BIN)/pytest -n 2 --dist loadfile -m long

check: .venv/dev ## format, lint, types, import rules, docs in step with the code
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pytest -q -p no:cacheprovider tests/test_layers.py tests/test_documents.py

fix: .venv/dev ## format and mend what can be mended by itself
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

serve: .venv/run ## API, pages and a worker on http://127.0.0.1:8787
	$(BIN)/filmgate serve

bench: .venv/dev ## measure, each figure beside its limit; keeps the table in docs/performance.md
	$(BIN)/python -m bench

chaos: .venv/dev ## kill everything at random, then prove that every order is whole: RUNS=5 SEED=
	$(BIN)/python -m chaos --runs $(or $(RUNS),5) $(if $(SEED),--seed $(SEED))

docs: .venv/dev ## write the generated parts of the documents
	$(BIN)/python docs/generate.py

lock: .venv/uv ## resolve the lock files anew from pyproject.toml
	$(UV) pip compile -q --upgrade --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
	  -c constraints.txt pyproject.toml -o requirements.lock
	$(UV) pip compile -q --upgrade --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
	  --group dev -c constraints.txt -c requirements.lock pyproject.toml -o requirements-dev.lock

clean: ## remove the environment and what the tools left
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis demo

.venv/uv:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "filmgate needs Python 3.11 or newer, this is " + sys.version)'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "uv>=0.5"
	@touch $@

# The developers' environment holds everything the users' one does, so having it is enough for both.
.venv/run: .venv/uv requirements.lock pyproject.toml
	@if [ -f .venv/dev ]; then $(MAKE) --no-print-directory .venv/dev; else \
	  $(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock && \
	  $(UV) pip install --quiet --python $(BIN)/python --no-deps -e . ; fi
	@touch $@

.venv/dev: .venv/uv requirements-dev.lock pyproject.toml
	$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r requirements-dev.lock
	$(UV) pip install --quiet --python $(BIN)/python --no-deps -e .
	@touch $@
