# Two commands carry the rest: `make run` serves the tool, `make test` checks it.
# They need Python 3.11 or newer and make; everything else is fetched into .venv.

PYTHON ?= $(firstword $(foreach p,python3 python3.14 python3.13 python3.12 python3.11 python,\
  $(shell $(p) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $(p))) python3)
VENV_PYTHON = $(if $(filter Windows_NT,$(OS)),.venv/Scripts/python.exe,.venv/bin/python)

.DEFAULT_GOAL := help
.PHONY: help run test lint mutation attack bench screenshots released lock clean

help: ## Show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

run: ## Install what is missing, then serve at http://localhost:8501
	@$(PYTHON) renovation/bootstrap run $(ARGS)

test: ## Install what is missing, then check style, types, imports and behaviour (ARGS goes to pytest)
	@$(PYTHON) renovation/bootstrap test $(ARGS)

lint: ## Only style, types and imports
	@$(PYTHON) renovation/bootstrap lint

mutation: ## Plant small faults one at a time and print those that no test notices (ARGS="--sample 300 --seed 1")
	@$(PYTHON) renovation/bootstrap mutation $(ARGS)

attack: ## Kill, cut, race, guess and crowd at full length (hours; the short forms run with the tests)
	@$(PYTHON) renovation/bootstrap attack $(ARGS)

bench: ## Measure against the peers and print the tables
	@$(PYTHON) renovation/bootstrap bench $(ARGS)

screenshots: ## Write one picture per page into docs/screenshots
	@$(PYTHON) renovation/bootstrap screenshots $(ARGS)

released: ## Keep a database file of this version in tests/data/released, for the tests of later ones
	@$(VENV_PYTHON) tests/store/released.py

# Both locks come from pyproject.toml. `uv` is needed for this target only (pip install uv).
LOCK = uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
  --no-header --no-annotate --quiet
lock: ## Renew run.lock and test.lock after a change in pyproject.toml
	$(LOCK) --output-file renovation/bootstrap/run.lock
	$(LOCK) --group test --output-file renovation/bootstrap/test.lock

clean: ## Remove what can be made again (never the data in .renovation)
	rm -rf .venv benchmarks/.venv-* static/vendor static/cache .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
