# The two README commands are `run` and `test`; `make help` lists the rest.
SHELL := /bin/bash
PY := .venv/bin/python
export UMA_DEBUG ?= 1

.PHONY: help install run test check bench demo reset lock format

help: ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

.venv/installed: requirements.lock
	@python3 -m venv .venv
	@.venv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

install: .venv/installed ## install what requirements.lock lists into .venv

check: install ## formatting, lint, types, import contracts, migrations
	@.venv/bin/ruff format --check .
	@.venv/bin/ruff check .
	@.venv/bin/mypy apps uma tests benchmarks
	@.venv/bin/lint-imports
	@$(PY) manage.py makemigrations --check --dry-run

lock: ## rewrite requirements.lock from pyproject.toml (needs uv)
	@uv pip compile pyproject.toml --group dev --universal --generate-hashes --no-header --no-annotate -q -o requirements.lock

format: install ## apply the formatter and the safe fixes
	@.venv/bin/ruff format . && .venv/bin/ruff check --fix .
