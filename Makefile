# make run: the product with the demonstration centre.
# make test: all checks that a change must pass.
# make help: the other targets.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help run demo test check format messages catalogues lock bench metrics coverage corpus nightly pictures model venv dev clean

PYTHON ?= python3
BIN := .venv/bin
RUN := .venv/.requirements
DEV := .venv/.requirements-dev
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard locale/*/LC_MESSAGES/*.po))
CODE := manage.py satisfaction workorders evaluations improvement tests benchmarks deploy docs
SCRIPTS := static/js tests/js
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes

help:
	@echo "make run       the product with its demonstration on http://127.0.0.1:8000 (BIND=… for another address)"
	@echo "make demo      reload the demonstration (deletes what was entered in it)"
	@echo "make test      lint, types, tests (REQUIRE_SERVICES=1: a skipped test fails)"
	@echo "make check     lint and types alone          make format    format code, scripts, styles, templates"
	@echo "make messages  extract messages (gettext)    make catalogues  compile them"
	@echo "make coverage  tests with coverage           make bench     benchmarks"
	@echo "make metrics   count imports, repeated names, and the files that three flows use"
	@echo "make corpus    read more than 1,000 generated uploads"
	@echo "make nightly   page walks for every combination of roles, and properties with many examples"
	@echo "make lock      lock the requirements again          make pictures  take the READMEs' screenshots again"
	@echo "make model     draw the picture of the data model again"

# --- Run ------------------------------------------------------------------------------------------
# Worker and beat run inside the web process here; REDIS_URL of the environment is ignored.
run: $(RUN) catalogues
	@DEMO=1 REDIS_URL= exec $(BIN)/python manage.py serve

demo: $(RUN) catalogues
	@DEMO=1 REDIS_URL= $(BIN)/python manage.py demo --reset

# --- Test -----------------------------------------------------------------------------------------
test: check
	@$(BIN)/python -m tests.run $(ARGS)

check: $(DEV) catalogues
	@$(BIN)/python -m tests.check

coverage: $(DEV) catalogues
	@$(BIN)/coverage run -m pytest -q && $(BIN)/coverage report

format: $(DEV)
	@$(BIN)/ruff check --fix --quiet $(CODE); $(BIN)/ruff format --quiet $(CODE)
	@$(BIN)/oxfmt $(SCRIPTS) static/css
	@$(BIN)/djangofmt --quiet templates

nightly: $(DEV) catalogues
	@WALKS=all HYPOTHESIS_PROFILE=nightly $(BIN)/python -m pytest -q -n 2 --dist loadgroup \
		tests/evaluations/test_two_worlds.py tests/test_rendering_queries.py tests/test_odd_addresses.py tests/e2e \
		tests/satisfaction/demo tests/evaluations/draw tests/evaluations/scores \
		tests/improvement/kpis tests/improvement/projects tests/satisfaction/sheets

# More than 1,000 generated files; the suite reads a sample of them.
corpus: $(DEV) catalogues
	@CORPUS=all $(BIN)/python -m pytest -q -n0 tests/satisfaction/sheets/test_corpus.py

bench: $(DEV) catalogues
	@$(BIN)/python -m benchmarks $(ARGS)

metrics: $(DEV) catalogues
	@$(BIN)/python -m tests.metrics

pictures: $(DEV) catalogues
	@$(BIN)/python -m docs.make_pictures $(ARGS)

model: $(DEV) catalogues
	@$(BIN)/python -m docs.make_data_model

# --- Messages: Chinese in the source, English in locale/ -------------------------------------------
catalogues: $(CATALOGUES)

%.mo: %.po | $(RUN)
	@# Without --use-fuzzy a fuzzy header excludes the file; fuzzy messages fail the tests.
	@$(BIN)/python -m babel.messages.frontend --quiet compile --use-fuzzy --input-file $< --output-file $@

messages: $(DEV)
	@command -v xgettext >/dev/null || { echo "make messages needs gettext (Debian: apt-get install gettext)"; exit 2; }
	@SECRET_KEY=messages $(BIN)/python manage.py makemessages --locale en --no-location --no-obsolete \
		--ignore '.venv/*' --ignore 'tests/*' --ignore 'var/*' --ignore 'benchmarks/*' --ignore 'deploy/*'

# --- Environment ------------------------------------------------------------------------------------
venv: $(RUN)
dev: $(DEV)

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed (make PYTHON=python3.12 …)."; exit 2; }
	@$(PYTHON) -m venv .venv || { rm -rf .venv; echo "Python's venv module is needed (Debian: apt-get install python3-venv)."; exit 2; }

$(RUN): requirements.txt | .venv/bin/python
	@echo "Installing the locked requirements …"
	@# An environment whose creation was interrupted has no pip.
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip >/dev/null
	@$(PIP) --requirement requirements.txt
	@touch $@

$(DEV): requirements-dev.txt | $(RUN)
	@echo "Installing what checks and tests need …"
	@$(PIP) --requirement requirements-dev.txt
	@touch $@

lock: $(DEV)
	@$(BIN)/pip-compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links --strip-extras requirements.in
	@$(BIN)/pip-compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links --strip-extras --allow-unsafe requirements-dev.in

clean:
	@rm -rf .mypy_cache .pytest_cache .ruff_cache .hypothesis htmlcov .coverage
