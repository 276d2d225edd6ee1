# The two commands that a newcomer needs are `make demo` and `make test`; `make help` lists all.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev demo test check format servers bench model lock clean

help: ## list the commands
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or later is needed; this is $$($(PYTHON) --version). Try: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 2; }
	@echo "setup: making a virtual environment in $(VENV)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.ready: requirements.lock pyproject.toml | $(BIN)/python
	@echo "setup: installing what requirements.lock pins (about half a minute)"
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.ready-dev: requirements-dev.lock $(VENV)/.ready
	@echo "setup: installing the tools for tests and checks that requirements-dev.lock pins (about a minute)"
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

setup: $(VENV)/.ready ## install the program into .venv

setup-dev: $(VENV)/.ready-dev ## install the tools for tests and checks too

demo: $(VENV)/.ready ## run the main job on the sample incidents; results in out/
	@$(BIN)/digest run --config config/demo.yaml --month 2026-10

test: $(VENV)/.ready-dev ## run the tests
	@echo "test: running the tests (about two minutes)"
	@$(BIN)/pytest

check: $(VENV)/.ready-dev ## format, lint, types, import contracts
	@echo "check: format"; $(BIN)/ruff format --check .
	@echo "check: lint"; $(BIN)/ruff check .
	@echo "check: types"; $(BIN)/mypy
	@echo "check: import contracts"; $(BIN)/lint-imports

format: $(VENV)/.ready-dev ## format the code
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

servers: ## install the real servers that the system tests use (Debian, as root)
	@sh tests/servers/install.sh

bench: $(VENV)/.ready-dev ## timings, as ratios within one run; CORPUS=path for real reviews
	@$(BIN)/python tests/benchmarks/run.py $(if $(CORPUS),--corpus $(CORPUS))
	@$(if $(CORPUS),nice -n 10 env OMP_NUM_THREADS=1 PYTHONPATH=tests/benchmarks $(BIN)/python -m training.bench $(CORPUS))

model: $(VENV)/.ready-dev ## train the scoring models again; CORPUS=path, ONLY=words leaves out the encoder
	@test -n "$(CORPUS)" || { echo "model: say which corpus: make model CORPUS=path" >&2; exit 2; }
	@$(if $(ONLY),,$(BIN)/pip install --quiet --disable-pip-version-check --editable ".[model]")
	@nice -n 10 env OMP_NUM_THREADS=1 PYTHONPATH=tests/benchmarks $(BIN)/python -m training $(CORPUS) $(if $(ONLY),--only $(ONLY))

lock: $(VENV)/.ready-dev ## pin the newest versions again
	@$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --extra setup --no-annotate \
		--custom-compile-command "make lock" --output-file requirements.lock pyproject.toml
	@$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --extra setup --extra dev --extra encoder --no-annotate \
		--constraint requirements.lock --custom-compile-command "make lock" \
		--output-file requirements-dev.lock pyproject.toml

clean: ## remove what the commands made, the virtual environment too
	@rm -rf $(VENV) out dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis
