# The commands of README and CI. `make` alone lists them.
#
# Settings reach the server unchanged, as in `make run PORT=8123 MODELS=folder`: make exports its variables.

PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
VENV ?= .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help run test check docs bench train-demo compare-demo clean check-javascript test-javascript

help:
	@echo 'make run     open the explorer (PORT=8123 to serve there, MODELS=folder to add your own models)'
	@echo 'make test    run the whole test suite (ARGS="-k name" to choose)'
	@echo 'make check   lint and check types, of Python and (with npm) of JavaScript'
	@echo 'make docs    build the documentation into the folder site'
	@echo 'make bench   measure speed (ARGS="decode" to choose)'
	@echo 'make train-demo    train the included model again from its seeds (on Debian, 75 minutes)'
	@echo 'make compare-demo  also train the models it is compared with, and measure all of them'
	@echo 'make clean   remove the environment and all build results; recordings and models stay'

run: $(VENV)/run.stamp
	@$(BIN)/python -m backend

# One worker per file, in order: Playwright leaves an event loop running, so tests with their own loop must run first.
# Three workers of one thread each on two cores: browser tests spend part of their time waiting for sound and screen.
WORKERS ?= --numprocesses 3 --dist loadfile --no-loadscope-reorder

test: $(VENV)/dev.stamp test-javascript
	OMP_NUM_THREADS=1 OMP_WAIT_POLICY=passive $(BIN)/python -m pytest -rs --durations=12 $(WORKERS) $(ARGS)

JAVASCRIPT := 'frontend/**/*.js' 'tests/js/**/*.js' eslint.config.js jsconfig.json package.json

check: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/mypy
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory check-javascript; \
	else echo 'Skipped the JavaScript checks: npm is not installed.'; [ -z '$(SIM_EXPLORER_REQUIRE_JAVASCRIPT)' ]; fi

check-javascript: node_modules/.stamp
	npx tsc --project jsconfig.json
	npx eslint .
	npx prettier --check --log-level warn $(JAVASCRIPT)

test-javascript:
	@if command -v node >/dev/null; then node --test --test-reporter=spec $$(find tests/js -name '*.test.js' | sort); \
	else echo 'Skipped the JavaScript tests: node is not installed.'; [ -z '$(SIM_EXPLORER_REQUIRE_JAVASCRIPT)' ]; fi

docs: $(VENV)/docs.stamp
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet

bench: $(VENV)/run.stamp
	$(BIN)/python -m benchmarks $(ARGS)

TRAIN := $(MAKE) --jobs 3 --file trainer/pretrained/Makefile PYTHON='$(BIN)/python'

train-demo: $(VENV)/train.stamp
	@$(TRAIN) ship

compare-demo: $(VENV)/train.stamp
	@$(TRAIN) compare

clean:
	rm -rf $(VENV) build site *.egg-info .pytest_cache .mypy_cache .ruff_cache test-results node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp is newer than pyproject.toml once its requirements are installed; the next call then installs nothing.

$(VENV)/run.stamp: pyproject.toml | $(BIN)/pip
	@echo 'Installing the explorer into $(VENV); torch is large, so the first time takes minutes ...'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/dev.stamp: pyproject.toml | $(BIN)/pip
	@echo 'Installing the explorer and its test tools into $(VENV); torch is large, so the first time takes minutes ...'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,docs]'
	@touch $(VENV)/run.stamp $@

$(VENV)/docs.stamp: pyproject.toml | $(BIN)/pip
	@echo 'Installing the documentation tools into $(VENV) ...'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[docs]'
	@touch $(VENV)/run.stamp $@

$(VENV)/train.stamp: pyproject.toml | $(BIN)/pip
	@echo 'Installing the trainer and all it can measure into $(VENV); torch is large, so the first time takes minutes ...'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[synth,g722,measures]'
	@touch $(VENV)/run.stamp $@

node_modules/.stamp: package.json package-lock.json
	npm ci --no-fund --no-audit
	@touch $@

$(BIN)/pip:
	@test -n '$(PYTHON)' || { echo 'Python 3.11 or newer is needed; name one with PYTHON=...' >&2; exit 1; }
	@echo 'Making the environment $(VENV) ...'
	@'$(PYTHON)' -m venv $(VENV)
