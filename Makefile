# Backroom. `make run` starts the local stack, `make test` runs the tests, `make help` lists all targets.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= $(shell for p in python3.13 python3.12 python3.14 python3.11 python3; do $$p -c 'import sys; sys.exit(not (3,11) <= sys.version_info < (3,15))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
STAGE ?= dev
WORKERS ?= auto
export EXAMPLES ?= 1
export AWS_DEFAULT_REGION ?= $(or $(AWS_REGION),us-east-1)
export PYTHONPATH := .
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

# --- installation -------------------------------------------------------------------------------------------------

.venv/.installed: requirements.txt requirements-dev.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 to 3.14 is required; install it or set PYTHON to its path"; exit 1; }
	@echo "Installing the dependencies into .venv (once) …"
	@$(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --require-hashes --requirement requirements-dev.txt
	@$(BIN)/pip install --quiet --no-deps --no-build-isolation --no-index --editable .
	@touch $@

.venv-aws/.installed: infra/local/requirements-aws.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 to 3.14 is required; install it or set PYTHON to its path"; exit 1; }
	@echo "Installing the embedded AWS into .venv-aws (once) …"
	@$(PYTHON) -m venv .venv-aws
	@.venv-aws/bin/pip install --quiet --require-hashes --requirement infra/local/requirements-aws.txt
	@touch $@

.PHONY: install
install: .venv/.installed .venv-aws/.installed ## Install the dependencies into .venv and .venv-aws

LOCK := .venv-lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --custom-compile-command "make lock"

.venv-lock/.installed: requirements-lock.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 to 3.14 is required; install it or set PYTHON to its path"; exit 1; }
	@$(PYTHON) -m venv .venv-lock
	@.venv-lock/bin/pip install --quiet --require-hashes --requirement requirements-lock.txt
	@touch $@

.PHONY: lock
lock: .venv-lock/.installed ## Pin all dependencies with hashes for Python 3.11 to 3.14: edit requirements*.in first; ARGS=--upgrade takes the newest
	@$(LOCK) --output-file requirements-lock.txt requirements-lock.in
	@$(MAKE) --silent --no-print-directory .venv-lock/.installed
	@$(LOCK) $(ARGS) --constraint requirements-dev.in --output-file requirements.txt requirements.in
	@$(LOCK) $(ARGS) --constraint requirements.txt --output-file requirements-dev.txt requirements-dev.in
	@$(LOCK) $(ARGS) --output-file infra/local/requirements-aws.txt infra/local/requirements-aws.in

# --- run and test -------------------------------------------------------------------------------------------------

.PHONY: run
run: install ## Start the local stack: the bundle on 127.0.0.1:8000 (PORT=…), embedded AWS, sandboxes
	@exec $(BIN)/backroom run

.PHONY: browser
browser: install ## Install Chromium for the browser tests if it is missing
	@for name in chromium chromium-browser google-chrome google-chrome-stable; do \
		command -v $$name > /dev/null && exit 0; done; \
	if test "$$(id -u)" = 0 && command -v apt-get > /dev/null; then \
		apt-get update -qq > /dev/null && apt-get install -y -qq chromium > /dev/null; \
	else PLAYWRIGHT_BROWSERS_PATH=$(CURDIR)/.venv/browsers $(BIN)/playwright install chromium; fi

.PHONY: databases
databases: install ## Fetch MariaDB and PgBouncer for the tests if they are missing
	@$(BIN)/python -m infra.local.databases

.PHONY: test
test: install ## Run the test suite and list its slowest tests; EXAMPLES=10 tries ten times as many examples of each property
	@$(BIN)/pytest -n $(WORKERS) --dist worksteal -q --durations=50 --durations-min=5 $(ARGS)

FAST := tests/kit $(wildcard tests/*/domain) $(addprefix tests/test_,app.py docs.py house.py names.py time.py) \
	tests/infra/deploy/packaging/test_lock_files.py

.PHONY: test-fast
test-fast: install ## Run the tests of pure rules, kit and house rules: no browser, no database server, no deployment
	@$(BIN)/pytest -n $(WORKERS) --dist worksteal -q -m "not slow and not browser" $(FAST) $(ARGS)

# --- demo and operation -------------------------------------------------------------------------------------------

.PHONY: demo
demo: install ## Run the main use case with a real photo and show each result
	@$(BIN)/backroom demo

.PHONY: tick
tick: install ## Run one schedule of the running stack now: make tick NAME=retention-start_sweep
	@$(BIN)/backroom tick $(NAME)

.PHONY: ops
ops: install ## Run an operator command: make ops ARGS=--help
	@$(BIN)/backroom ops $(value ARGS)

# --- checks -------------------------------------------------------------------------------------------------------

.PHONY: check
check: static audit test ## Run all checks: format, lint, types, import rules, generated files, known advisories, tests

.PHONY: static
static: install ## Run all checks except the tests
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m infra.docs.generate --check

.PHONY: audit
audit: install ## Report known advisories of the locked packages; fail for those that are shipped
	@$(BIN)/python -m infra.audit

.PHONY: format
format: install ## Format the code and sort imports
	@$(BIN)/ruff format --quiet . && $(BIN)/ruff check --fix --quiet .

.PHONY: generate
generate: install ## Regenerate the generated files (docs/tables.md, …)
	@$(BIN)/python -m infra.docs.generate

# --- benchmarks and deployment ------------------------------------------------------------------------------------

.PHONY: bench
bench: install ## Benchmark against comparable libraries; results are ratios within one run
	@$(BIN)/python -m infra.bench

.PHONY: package
package: install ## Build the bundle and the template of each stack: STAGE is dev unless given
	@$(BIN)/backroom package --stage $(STAGE) --out build/$(STAGE)

.PHONY: deploy
deploy: install ## Package and deploy to the account of your AWS credentials, dev unless STAGE=prod; YES=1 does not ask (prod needs ALARM_EMAIL once)
	@$(BIN)/backroom deploy --stage $(STAGE) --out build/$(STAGE) $(if $(YES),--yes) \
		--alarm-email "$(ALARM_EMAIL)" --sql-subnets "$(SQL_SUBNETS)" --sql-security-groups "$(SQL_SECURITY_GROUPS)" \
		--domain "$(DOMAIN)" --certificate "$(CERTIFICATE)" --execute-api "$(EXECUTE_API)" --cors-origins "$(CORS_ORIGINS)"

.PHONY: rollback
rollback: install ## Deploy a stack's version before the last one: make rollback STAGE=dev CONTEXT=studio (or api, watch)
	@$(BIN)/backroom rollback --stage $(STAGE) --stack "$(CONTEXT)"

.PHONY: teardown
teardown: install ## Delete all stacks but data, in reverse order: make teardown STAGE=dev (prod needs CONFIRM=prod)
	@$(BIN)/backroom teardown --stage $(STAGE) --confirm "$(CONFIRM)"

.PHONY: clean
clean: ## Remove build output and local state (.local/); keep the virtual environments
	@rm -rf build .local .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
