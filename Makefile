# Everything a person does with this checkout. `make` alone lists it.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
# One more than the two cores of a small machine: many tests wait for a clock, a lease or a killed process.
WORKERS ?= 3

export PYTHON
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1

.DEFAULT_GOAL := help
.PHONY: help run setup test check fmt bench docs system lock

help: ## List what can be done here
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: setup ## Serve the demo: page, console and worker on this machine (ARGS="--port 9000" is passed on)
	@$(BIN)/porchlight up --demo $(ARGS)

setup: $(INSTALLED) ## Make .venv from the hashed lock; leaves .venv/bin/porchlight

$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Porchlight needs Python 3.11 or newer; set PYTHON=...")'
	@test -x $(BIN)/pip || $(PYTHON) -m venv --clear $(VENV) || \
		{ echo "Python cannot make virtual environments here; on Debian: apt-get install python3-venv" >&2; exit 1; }
	@echo "Installing the packages of requirements.lock into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --require-hashes --requirement requirements.lock
	@$(BIN)/python -m pip install -qq --no-deps --no-build-isolation --editable .
	@touch $@

test: setup ## Run the tests, except the slow ones (ARGS="tests/domain -k reach" is passed on)
	@$(BIN)/python -m pytest -n $(WORKERS) -m "not slow" $(ARGS)

check: setup ## Everything that CI checks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint --quiet --lint templates
	.ci/audit
	$(BIN)/python -m pytest -n $(WORKERS)

fmt: setup ## Format the code and mend what can be mended
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup ## Measure side by side with nginx; prints the table of bench/README.md
	@$(BIN)/python -m bench $(ARGS)

docs: setup ## Write the generated pages of docs/ and check every link
	@$(BIN)/python docs/generate.py
	@$(BIN)/python -m pytest -q tests/test_docs.py

system: ## Install the optional programs: Debian packages and Node packages (root or sudo)
	@.ci/system

lock: ## Resolve pyproject.toml anew into requirements.lock, hashes and no host
	@$(PYTHON) -m venv --clear $(VENV)-lock
	@$(VENV)-lock/bin/pip install --quiet pip-tools
	@$(VENV)-lock/bin/pip-compile --quiet --upgrade --extra dev --generate-hashes --allow-unsafe --strip-extras \
		--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-annotate --no-header \
		--output-file requirements.lock pyproject.toml
	@rm -rf $(VENV)-lock
