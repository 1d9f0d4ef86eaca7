# Each target sets itself up: a machine with Python 3.11 or newer is enough.
PYTHON ?= python3
VENV ?= .venv
VENV_LOAD ?= .venv-load
BIN := $(VENV)/bin
BEHAVE_ARGS ?=
PYTEST_ARGS ?=
SAMPLE ?= commit/8
PROVE_ARGS ?=
USERS ?= 50
WORKERS ?= 2
TIME ?= 30
LOAD_ARGS ?=

# behave looks for the class of -f terminal before it looks into the folder that it runs in
FIND_THE_SUITE := 'import pathlib, sysconfig; pathlib.Path(sysconfig.get_path("purelib"), "users-acceptance.pth").write_text("import sys; sys.path.append(\"\")\n")'

.PHONY: contract test prove peers report docs bench pictures load lint clean

contract: $(VENV)/.run  ## test the API at BASE_URL, or the embedded one
	$(BIN)/behave --tags=@contract $(BEHAVE_ARGS)

test: $(VENV)/.dev  ## the project's own tests, without those on real servers, which `make peers` runs
	$(BIN)/pytest -n auto --dist worksteal -m "not peers" --sample=$(SAMPLE) $(PYTEST_ARGS)

prove: $(VENV)/.dev  ## the suite against broken and unusual APIs
	$(BIN)/python -m support.prove $(PROVE_ARGS)

peers: $(VENV)/.dev  ## the suite against real servers
	$(BIN)/python -m support.peers.check

report: $(VENV)/.run  ## a run, and its Allure report
	$(BIN)/python -m support.reporting.report

docs: $(VENV)/.run  ## the features as a static site
	$(BIN)/python -m support.reporting.docs

bench: $(VENV)/.dev  ## the benchmarks
	for one in journal cleanup race http2 growth; do $(BIN)/python -m support.bench.$$one; done

load: $(VENV_LOAD)/.load  ## many users at once on the API at BASE_URL, or on the embedded one
	$(VENV_LOAD)/bin/python -m support.load --users $(USERS) --workers $(WORKERS) --time $(TIME) $(LOAD_ARGS)

pictures: $(VENV)/.dev  ## the pictures of the README; needs Node and Chromium
	$(BIN)/python -m support.bench.pictures

lint: $(VENV)/.dev  ## format, style, types and layers
	! git grep -nE '^(<{7}|>{7}) '
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports

$(VENV)/.run: requirements.txt Makefile
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@$(BIN)/python -c $(FIND_THE_SUITE)
	touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.run
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@

$(VENV_LOAD)/.load: requirements-load.txt Makefile
	test -x $(VENV_LOAD)/bin/python || $(PYTHON) -m venv $(VENV_LOAD)
	$(VENV_LOAD)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-load.txt
	touch $@

clean:  ## everything that can be made again
	rm -rf $(VENV) $(VENV_LOAD) reports node_modules .pytest_cache .mypy_cache .ruff_cache
