# Citewell: `make chat` to use it, `make test` to test it, `make check` for all that CI runs.
# Needs Python 3.11 or newer, make and the package registry; everything lands in .venv.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PEERS  := .venv-peers
PAPERS ?=
ROWS   ?=
PORT   ?= 7860

DENO    := DENO_NO_UPDATE_CHECK=1 $(BIN)/deno
SCRIPTS := ui/assets/*.js ui/assets/chat/*.js
STYLES  := ui/assets/*.css eval/assets/*.css

.PHONY: chat test check slow lint audit screenshots bench clean

chat: $(VENV)/.installed  ## index on first start, serve the chat page
ifneq ($(strip $(PAPERS)),)
	$(BIN)/citewell index $(PAPERS)
endif
	$(BIN)/citewell serve --port $(PORT)

test: $(VENV)/.installed-dev  ## the whole suite but the long runs
	$(BIN)/python -m pytest -m "not slow" --numprocesses auto --maxprocesses 4 --dist loadfile

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

bench: $(VENV)/.installed-dev $(PEERS)/.installed  ## how fast it is, beside what one would pick instead; ROWS="ask serve" for some
	$(BIN)/python -m eval.benchmarks.suite --peers $(PEERS)/bin/python --work .citewell/bench $(addprefix --only ,$(ROWS))

audit: $(VENV)/.installed-dev  ## the pinned versions against published advisories; needs the network
	$(BIN)/python -m pip install --quiet --disable-pip-version-check pip-audit
	$(BIN)/pip-audit --requirement constraints.txt --no-deps --disable-pip --strict

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

# An environment of their own, made as ours is: PyTorch first.
$(PEERS)/.installed: eval/benchmarks/peers/requirements.txt
	test -x $(PEERS)/bin/python || $(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check -c $< torch
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	touch $@

clean:
	rm -rf $(VENV) $(PEERS) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
