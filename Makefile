# The two README commands are `run` and `test`; `make help` lists the rest.
SHELL := /bin/bash
PY := .venv/bin/python
# Three for two cores: a test that waits for a process, an alarm or a lease leaves its core to another.
WORKERS ?= 3
export UMA_DEBUG ?= 1

.PHONY: help screenshots install assets run stop reset demo token test check types rules browser bench mutants schema lock format audit sbom

help: ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

# --- the platform on this machine -------------------------------------------------------------

run: assets ## start the platform here, walk one journey, say "ready"; Ctrl-C stops it
	@exec $(PY) -m uma.stack run

stop: install ## stop what `make run` started in another terminal
	@$(PY) -m uma.stack stop

reset: install ## clear the data that `make run` keeps in .local/
	@$(PY) -m uma.stack reset

demo: install ## walk the journey through the API of the running platform
	@test -f .local/env || { echo "Nothing has run here yet: make run" >&2; exit 1; }
	@. .local/env && $(PY) manage.py demo --base "$$UMA_WEB_URL"

token: install ## sign in at the running platform and print the tokens: make token PHONE=+12025550101 ROLE=rider
	@test -f .local/env || { echo "Nothing has run here yet: make run" >&2; exit 1; }
	@. .local/env && $(PY) manage.py sign_in "$(or $(PHONE),+12025550101)" --role "$(or $(ROLE),rider)" --base "$$UMA_WEB_URL"

# --- gates ------------------------------------------------------------------------------------

test: assets ## all gates, then the suite; a part of it: make test ARGS="tests/wallet -q"
ifdef ARGS
	@$(PY) -m pytest $(ARGS)
else
	@$(MAKE) --no-print-directory --jobs=3 check browser
	@$(PY) -m pytest -n $(WORKERS) -m "not bench" --ignore tests/faults
	@$(PY) -m pytest tests/faults  # these are judged by time: nothing else runs beside them
endif

check: types rules ## formatting, lint, types, import contracts, production settings, migrations

types: install
	@.venv/bin/mypy

rules: install
	@.venv/bin/ruff format --check --quiet .
	@.venv/bin/ruff check --quiet .
	@.venv/bin/lint-imports --no-logo
	@$(PY) -m pytest -qq --no-summary tests/kernel/test_checks.py -k deployment_checks
	@$(PY) -m uma.stack.disposable bash deploy/check-migrations

browser:
	@bash deploy/make-browser >&2
	@bash deploy/make-tool prometheus prometheus promtool >&2
	@bash deploy/make-tool prometheus-alertmanager prometheus-alertmanager amtool >&2
	@bash deploy/make-tool nginx nginx >&2
	@bash deploy/make-tool age age age-keygen >&2
	@bash deploy/make-tool "pgbouncer libc-ares2" pgbouncer >&2

bench: assets ## measure, against the limit measured in the same run: benchmarks/results.md
	@bash deploy/make-office >&2
	@$(PY) -m pytest -q -m bench tests/bench
	@$(PY) -m benchmarks
	@$(PY) -m benchmarks.nightly
	@$(PY) -m benchmarks.fraud_world

mutants: assets ## take each lock, constraint and trigger away once and see its test go red; a part: make mutants ARGS="lock payments"
	@$(PY) -m tests.mutants $(ARGS)

schema: install ## rewrite the committed OpenAPI document
	@$(PY) manage.py spectacular --file docs/openapi.yaml

format: install ## apply the formatter and the safe fixes
	@.venv/bin/ruff format . && .venv/bin/ruff check --fix .

# --- what all of it stands on -----------------------------------------------------------------

install: .venv/installed ## install what requirements.lock lists into .venv

assets: install ## build what the pages load: static/web/ from web/, words from locale/
	@$(PY) -m uma.stack assets

.venv/installed: requirements.lock
	@bash deploy/make-venv

screenshots: assets ## take the documentation's pictures of the running demo city
	@UMA_DEBUG=1 DJANGO_SETTINGS_MODULE=uma.settings $(PY) -c "import django; django.setup(); from tests.browser import pictures; pictures.main()"

lock: ## rewrite both locks from pyproject.toml (needs uv)
	@uv pip compile pyproject.toml --group build --group dev --universal --generate-hashes --no-header --no-annotate -q -o requirements.lock
	@uv pip compile pyproject.toml --constraints requirements.lock --universal --generate-hashes --no-header --no-annotate -q -o deploy/serving.lock

# Tools of their own, beside ours: what they need is no part of what is served.
.local/audit/installed:
	@$(PY) -m venv .local/audit && .local/audit/bin/pip install --quiet pip-audit cyclonedx-bom && touch $@

audit: .local/audit/installed ## look what is known against the packages of both locks (asks the advisories' servers)
	@.local/audit/bin/pip-audit --disable-pip --require-hashes -r requirements.lock
	@npm audit --prefix web

sbom: .local/audit/installed ## write what the image is made of: .local/sbom.json (CycloneDX)
	@.local/audit/bin/cyclonedx-py requirements deploy/serving.lock --of JSON -o .local/sbom.json
