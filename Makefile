# Two commands do all: `make demo` and `make test`.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
BUILT_FROM := pyproject.toml $(wildcard cpp/* cpp/python/*)

.PHONY: demo test lint types docs build lowest sanitize chaos clean

demo: $(VENV)/demo.ok
	$(BIN)/python -m skyseg.cli.demo

test: $(VENV)/test.ok
	sh scripts/with_display.sh $(BIN)/python -m pytest

lint: $(VENV)/test.ok
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/npe2 validate skyseg

types: $(VENV)/test.ok
	$(BIN)/mypy

# the site, in docs/_build/html: every example is executed, every warning an error
docs: $(VENV)/test.ok
	$(BIN)/python -m sphinx -b html -j auto -W --keep-going -q docs docs/_build/html

build: $(VENV)/test.ok
	rm -rf dist
	$(BIN)/python -m build --outdir dist .
	$(PYTHON) -m venv --clear $(VENV)-wheel
	$(VENV)-wheel/bin/python -m pip --disable-pip-version-check --quiet install dist/*.whl
	$(VENV)-wheel/bin/python -m pip --disable-pip-version-check --quiet install npe2
	cd / && $(abspath $(VENV)-wheel)/bin/python -c "import skyseg._loops; print('imported skyseg', skyseg.__version__, 'from the wheel')"
	cd / && $(abspath $(VENV)-wheel)/bin/npe2 validate skyseg
	cd / && $(abspath $(VENV)-wheel)/bin/python $(CURDIR)/scripts/check_bundle.py
	$(PYTHON) -m venv --clear $(VENV)-sdist
	sh scripts/without_node.sh $(VENV)-sdist/bin/python -m pip --disable-pip-version-check --quiet install dist/*.tar.gz
	cd / && $(abspath $(VENV)-sdist)/bin/python $(CURDIR)/scripts/check_bundle.py

# the oldest versions that pyproject.toml admits run the tests that need no window;
# old libraries use what newer ones below them have retired
lowest: $(VENV)/test.ok
	$(PYTHON) -m venv --clear $(VENV)-lowest
	$(BIN)/python scripts/lowest_versions.py > $(VENV)-lowest/constraints.txt
	$(VENV)-lowest/bin/python -m pip --disable-pip-version-check --quiet install \
		--constraint $(VENV)-lowest/constraints.txt --editable ".[distributed,photutils]" \
		"pytest==8.3.0" "hypothesis==6.120.0"
	$(VENV)-lowest/bin/python -m pytest -q -W default::DeprecationWarning tests/engine tests/imaging tests/methods tests/products tests/survey tests/test_settings.py

# the engine's tests and many wrong calls, with loops that stop at a wrong use of memory and at
# undefined behaviour
sanitize: $(VENV)/test.ok
	rm -rf build/sanitized
	$(PIP) install --no-deps --target build/sanitized --config-settings build-dir=build/sanitize \
		--config-settings cmake.define.SKYSEG_SANITIZE=ON .
	FUZZ_ROUNDS=2000 sh scripts/with_sanitizers.sh $(BIN)/python -S \
		-m pytest -q -p no:cacheprovider tests/engine

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/demo.ok: $(BUILT_FROM) | $(VENV)/bin/python
	$(PIP) install --editable .
	touch $@

$(VENV)/test.ok: $(BUILT_FROM) | $(VENV)/bin/python
	sh scripts/system_packages.sh
	$(PIP) install --editable ".[test]"
	touch $@

# what docs/promises.md promises, tried thousands of times; CHAOS="--seed 7 kills" for a part
chaos: $(VENV)/test.ok
	$(BIN)/python -m chaos $(CHAOS)
	$(MAKE) sanitize

clean:
	rm -rf $(VENV) $(VENV)-wheel $(VENV)-sdist $(VENV)-lowest build dist demo src/skyseg/_loops.*.*
