# Alertveil's commands. `make help` lists them; CONTRIBUTING.md says when to use which.
#
# PYTHON=…  the interpreter to build .venv from (default: the first of python3, python3.11 … python3.14 that fits)
# ARGS=…    further arguments for the word's own program:  make up ARGS="--port 9000"   make test ARGS="tests/core -k quiet"
# WORKERS=… test processes (default: one more than cores)
# SECONDS=… how long the coverage-guided fuzzer runs (default: 300)

SHELL := /bin/sh
MAKEFLAGS += --no-print-directory
PYTHON ?=
ARGS ?=
WORKERS ?= auto
SECONDS ?= 300
BIN := .venv/bin

# Where it is set, every process that a command or a test starts would compile all of its modules anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup up test check format bench chaos fuzz docs lock

help: ## list these words with what each does
	@awk 'BEGIN {FS = ":.*## "} /^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' Makefile

setup: ## make .venv from the locked, hashed versions (done once; offline and instant afterwards)
	@PYTHON="$(PYTHON)" sh tools/setup.sh

# `exec`: make hands a SIGTERM to the process it started, so that has to be alertveil itself and no shell in between.
# `setpriv --pdeathsig`, where Linux has it: a make that was killed with -9 leaves nothing running either.
up: setup ## start everything on embedded parts with a demo workspace; Ctrl-C stops it
	@if setpriv --pdeathsig TERM true 2>/dev/null; then exec setpriv --pdeathsig TERM $(BIN)/alertveil up $(ARGS); \
	else exec $(BIN)/alertveil up $(ARGS); fi

test: setup ## run every test on embedded parts
	@exec $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

check: setup ## lint, format, types, import contracts, migrations, dependency audit, house rules
	@exec $(BIN)/python tools/check.py $(ARGS)

format: setup ## rewrite the code in the project's format
	@$(BIN)/ruff check --fix-only --quiet . && exec $(BIN)/ruff format .

bench: setup ## measure speed and memory beside bare Celery and Alertmanager; prints a table and JSON
	@exec $(BIN)/alertveil bench $(ARGS)

chaos: setup ## kill workers, Redis and schedulers under load; count what was lost or repeated
	@exec $(BIN)/python tools/chaos.py $(ARGS)

fuzz: setup ## coverage-guided on the privacy engine (SECONDS=300), then hypothesis with many examples and fresh seeds
	@$(BIN)/python tools/fuzz_privacy.py $(SECONDS)
	@HYPOTHESIS_PROFILE=fuzz exec $(BIN)/python -m pytest -n $(WORKERS) -m hypothesis --timeout=3600 $(ARGS)

docs: setup ## check the docs: links, anchors, code they point to
	@exec $(BIN)/python tools/check_docs.py $(ARGS)

lock: setup ## resolve the dependencies again and check every supported Python and platform (UPGRADE=1: newest versions)
	@UPGRADE="$(UPGRADE)" sh tools/lock.sh
	@exec $(BIN)/python tools/check_lock.py
