# Two commands to begin with: `make demo` shows the simulator doing its job, `make test` checks everything.
# Each makes .venv where it is missing or older than pyproject.toml. Another Python: make PYTHON=python3.13 test

PYTHON ?= python3
BIN := .venv/bin
comma := ,
PIP := $(BIN)/python -m pip install -qq --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help demo test lint browser sdk fuzz simulate kill soak mutate nightly bench bench-peers
# A target whose recipe failed half-way is not done.
.DELETE_ON_ERROR:

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

demo: .venv/plain.stamp ## See one callout challenged, failed and delivered, over real HTTPS
	@$(BIN)/python -m simulator demo

test: lint ## Check everything: types, lint, floors and tests
	@$(BIN)/python -m pytest -q -n 2 --dist worksteal

lint: .venv/test.stamp ## Check types, lint, format and floors
	@$(BIN)/python -m ruff check --quiet
	@$(BIN)/python -m ruff format --check --quiet || { echo "To mend it: $(BIN)/ruff format"; exit 1; }
	@floors=$$($(BIN)/lint-imports 2>&1) || { echo "$$floors"; exit 1; }
	@$(BIN)/python -m mypy

browser: .venv/browser.stamp ## Drive the page in a real Chromium
	@$(BIN)/python -m pytest -q -m browser tests/browser

sdk: .venv/sdk.stamp ## Drive the simulator with other people's clients, unmodified
	@$(BIN)/python -m pytest -q -m sdk tests/sdk

fuzz: .venv/fuzz.stamp ## Throw generated requests at every operation of the API (FUZZ_EXAMPLES=100 each)
	@$(BIN)/python -m pytest -q -m fuzz tests/fuzz

simulate: .venv/test.stamp ## Live 10,000 seeded lives of the engine, each held to every law
	@$(BIN)/python -m tests.simulation.simulate

kill: .venv/test.stamp ## Kill a running server 200 times (KILLS=10 for fewer), and miss nothing
	@KILLS=$${KILLS:-200} $(BIN)/python -m pytest -q tests/kill

soak: .venv/test.stamp ## Mixed load with faults for half an hour (SOAK=60 for a minute): nothing grows
	@SOAK=$${SOAK:-1800} $(BIN)/python -m pytest -q -m soak -o faulthandler_timeout=0 tests/soak

mutate: .venv/test.stamp ## Plant small faults in the core and the journal, and see the tests notice (ONLY=core/engine)
	@$(BIN)/python -m tests.mutation.mutate $(ONLY)

nightly: ## All of these at their full size, one after the other (hours)
	@$(MAKE) kill simulate
	@FUZZ_EXAMPLES=$${FUZZ_EXAMPLES:-1000} $(MAKE) fuzz
	@HYPOTHESIS_PROFILE=nightly $(BIN)/python -m pytest -q tests/stateful
	@$(MAKE) soak mutate

bench: .venv/fuzz.stamp .venv/browser.stamp ## Measure, and write what was measured into tests/bench/RESULTS.md
	@$(BIN)/python -m tests.bench

bench-peers: .venv/test.stamp ## Install what `make bench` measures us against, into a cache of its own
	@$(BIN)/python -m tests.bench.peers

# $(call install,EXTRAS) makes .venv where it is missing or broken, and installs the project into it.
define install
	@command -v $(PYTHON) >/dev/null || { echo "make: there is no '$(PYTHON)' here. Install Python 3.11 or newer" \
		"(Debian, Ubuntu: apt-get install python3 python3-venv), or name one: make PYTHON=/path/to/python" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "make: $$($(PYTHON) --version) is too old:" \
		"Python 3.11 or newer is needed. Name one: make PYTHON=python3.13" >&2; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || { \
		$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "make: $$($(PYTHON) --version) cannot make a virtual" \
		"environment. Install the package python3-venv (Debian, Ubuntu: apt-get install python3-venv), then try again" >&2; exit 1; }; \
		$(PYTHON) -m venv --clear .venv; }
	@echo "Installing into .venv ..."
	@$(PIP) --editable '.$(1)'
endef

.venv/plain.stamp: pyproject.toml
	$(call install)
	@touch $@

.venv/test.stamp: pyproject.toml
	$(call install,[test])
	@touch .venv/plain.stamp $@

.venv/sdk.stamp: .venv/test.stamp
	$(call install,[test$(comma)sdk])
	@$(PIP) --no-deps simple-zuora-client==0.1.6
	@touch $@

.venv/fuzz.stamp: .venv/test.stamp
	$(call install,[test$(comma)fuzz])
	@touch $@

.venv/browser.stamp: .venv/test.stamp
	$(call install,[test$(comma)browser])
	@touch $@
