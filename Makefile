# The two README commands are `run` and `test`; `make help` lists the rest.
SHELL := /bin/bash
PY := .venv/bin/python
WORKERS ?= 2
export UMA_DEBUG ?= 1

.PHONY: help install run stop reset demo test check bench schema lock format

help: ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

# --- the platform on this machine -------------------------------------------------------------

run: install ## start the platform here, walk one journey, say "ready"; Ctrl-C stops it
	@exec $(PY) -m uma.stack run

stop: install ## stop what `make run` started in another terminal
	@$(PY) -m uma.stack stop

reset: install ## clear the data that `make run` keeps in .local/
	@$(PY) -m uma.stack reset

demo: install ## walk the journey through the API of the running platform
	@test -f .local/env || { echo "Nothing has run here yet: make run" >&2; exit 1; }
	@. .local/env && $(PY) manage.py demo --base "$$UMA_WEB_URL"

# --- gates ------------------------------------------------------------------------------------

test: install ## all gates, then the suite; a part of it: make test ARGS="tests/wallet -q"
ifdef ARGS
	@$(PY) -m pytest $(ARGS)
else
	@$(MAKE) --no-print-directory check
	@$(PY) -m pytest -n $(WORKERS) --dist loadgroup
endif

check: install ## formatting, lint, types, import contracts, migrations
	@.venv/bin/ruff format --check --quiet .
	@.venv/bin/ruff check --quiet .
	@.venv/bin/mypy apps uma tests benchmarks
	@.venv/bin/lint-imports --no-logo
	@$(PY) -m uma.stack.disposable bash deploy/check-migrations

bench: install ## measure, against the limit measured in the same run: benchmarks/results.md
	@$(PY) -m benchmarks

schema: install ## rewrite the committed OpenAPI document
	@$(PY) manage.py spectacular --file docs/openapi.yaml

format: install ## apply the formatter and the safe fixes
	@.venv/bin/ruff format . && .venv/bin/ruff check --fix .

# --- what all of it stands on -----------------------------------------------------------------

install: .venv/installed ## install what requirements.lock lists into .venv

.venv/installed: requirements.lock
	@bash deploy/make-venv

lock: ## rewrite requirements.lock from pyproject.toml (needs uv)
	@uv pip compile pyproject.toml --group dev --universal --generate-hashes --no-header --no-annotate -q -o requirements.lock
