# Citewell: `make chat` to use it, `make test` to test it, `make check` for all that CI runs.
# Needs Python 3.11 or newer, make and the package registry; everything lands in .venv.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PAPERS ?=
PORT   ?= 7860

DENO    := DENO_NO_UPDATE_CHECK=1 $(BIN)/deno
SCRIPTS := ui/assets/*.js ui/assets/chat/*.js
STYLES  := ui/assets/*.css eval/assets/*.css

.PHONY: chat test check slow lint audit screenshots clean

chat: $(VENV)/.installed  ## index on first start, serve the chat page
ifneq ($(strip $(PAPERS)),)
	$(BIN)/citewell index $(PAPERS)
endif
	$(BIN)/citewell serve --port $(PORT)

test: $(VENV)/.installed-dev  ## the whole suite but the long runs
	$(BIN)/python -m pytest -m "not slow"

slow: $(VENV)/.installed-dev  ## the long runs: many kills, soaks
	$(BIN)/python -m pytest -m slow

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(DENO) fmt --check --config .ci/deno.json $(STYLES) $(SCRIPTS)
	$(DENO) lint --config .ci/deno.json $(SCRIPTS)

check: lint test slow  ## exactly what CI runs

screenshots: $(VENV)/.installed-dev  ## the pictures of the page in ui/screenshots, made anew
	$(BIN)/python -m tests.browser.screenshots

audit: $(VENV)/.installed-dev  ## the pinned versions against published advisories; needs the network
	$(BIN)/python -m pip install --quiet --disable-pip-version-check pip-audit
	$(BIN)/pip-audit --requirement constraints.txt --no-deps --disable-pip

# PyTorch goes first: with a build installed, nothing else asks for another one.
$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Citewell needs Python 3.11 or newer: make PYTHON=python3.11 ...")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt torch
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
