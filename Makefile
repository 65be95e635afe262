# Betterwork. `make run` starts everything on a fresh machine; `make help` lists the rest.

PYTHON ?= python3
PORT ?= 8000
# For pytest: make test PYTEST_ARGS="tests/factories -x". The default uses both cores of a small
# machine and keeps each test file on one of them.
PYTEST_ARGS ?= -n 2 --dist loadfile

BIN := .venv/bin
SOURCES := manage.py betterwork factories assessments advisory reporting scripts tests
# Settings ask for addresses of stores; what only reads the code connects to none.
NOWHERE := DATABASE_URL=postgresql://none@127.0.0.1:9/none REDIS_URL=redis://127.0.0.1:9/0 \
	DATABASE_OWNER_URL=postgresql://none@127.0.0.1:9/none

.DEFAULT_GOAL := help
.PHONY: help run test bench setup setup-dev worker lint fix types migrate messages check lock stop

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: setup ## install what is missing, start everything; PORT=8123 takes another port
	@exec $(BIN)/python -m betterwork.supervisor --port $(PORT)

test: setup-dev ## the whole suite, browser tests included; PYTEST_ARGS="..." for a part
	@exec $(BIN)/python scripts/run_tests.py $(PYTEST_ARGS)

bench: setup ## measure the budgets: name value unit limit ok|over
	@exec $(BIN)/python manage.py bench

setup: ## install what make run needs
	@$(PYTHON) scripts/setup.py

setup-dev: ## and what tests, lint and types need
	@$(PYTHON) scripts/setup.py --dev

worker: setup ## one more Celery worker, beside a running make run
	@exec $(BIN)/python -m celery --app betterwork worker --concurrency 2 --loglevel INFO -n extra@%h

migrate: setup ## bring the database schema up to date
	@$(BIN)/python manage.py migrate --database owner

lint: setup-dev ## style of Python, templates and style sheets; who may import whom
	@$(BIN)/ruff check $(SOURCES)
	@$(BIN)/ruff format --check $(SOURCES)
# djlint only lints: its formatter puts line breaks beside inline elements, which readers see as
# spaces (around marks, figures and punctuation) and which phones would have to load.
	@$(BIN)/djlint templates --lint --quiet
	@$(BIN)/lint-imports
	@$(BIN)/python scripts/lint_css.py static
	@$(BIN)/python scripts/lint_templates.py templates

fix: setup-dev ## repair what lint can repair
	@$(BIN)/ruff check --fix $(SOURCES)
	@$(BIN)/ruff format $(SOURCES)

types: setup-dev ## strict type check
	@$(NOWHERE) $(BIN)/mypy

messages: setup-dev ## collect the translatable texts into locale/, compile them
	@$(BIN)/python manage.py makemessages --all --no-wrap --no-location --ignore=.venv --ignore=node_modules --ignore=var
	@$(BIN)/python scripts/compile_messages.py

check: ## exactly what CI runs
	@bash .ci/run

lock: ## pin the dependencies of pyproject.toml and package.json anew
	@bash scripts/lock.sh

stop: ## stop embedded stores that are still up
	@$(BIN)/python -P betterwork/stores.py stop
