# All work on this project, by name. `make` alone prints the list.
#
# PYTHON=/path/to/python   the Python for .venv; without it the one that .venv has, else the first 3.11 or newer on PATH
# ARGS="-k cancel -x"      pytest's arguments in `make test`, in place of the default below: one process per core, where
#                          a process that is done takes over half of the tests that another has left
# URL=http://…             the server that `make conformance` tests, and that `make scoreboard` adds; QUICK=1 for a short run
# QUICK=1                  in `make test-wheel`, only the tests that an installation may fail although the source tree passes
# QUICK=1 ONLY="mock get"  a short run of `make bench`, and only the rows with these words in their title

ARGS  ?= -n auto --dist worksteal
VENV  := .venv
STAMP := $(VENV)/.installed
PY    := $(VENV)/bin/python
CODE  := $(wildcard codegen release wrapper mock conformance tests examples benchmarks)
LINT  := codegen/node_modules/.installed
STUDIO := studio/node_modules/.installed
CLIENTS := PYTHONPATH=tests $(PY) -m compatibility.environments

# An environment works only in the folder it was created in, and as long as its Python exists. If it does not, or PYTHON
# names another interpreter, it is created again.
IDENTITY := import os, sys; print(os.path.realpath(getattr(sys, "_base_executable", sys.executable)), *sys.version_info)
ifneq ($(shell test -x $(PY) && cat $(STAMP) 2>/dev/null),$(CURDIR))
.PHONY: $(STAMP)
else ifneq ($(PYTHON),)
ifneq ($(shell '$(PYTHON)' -c '$(IDENTITY)' 2>/dev/null),$(shell cat $(VENV)/.interpreter 2>/dev/null))
.PHONY: $(STAMP)
endif
endif

.DEFAULT_GOAL := help
.PHONY: help install demo generate update-spec spec-diff studio screenshots screens docs format check test test-slow \
	test-models test-all test-wheel conformance scoreboard bench dist release lock clean

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

install: $(STAMP) ## Set up .venv with everything pinned in requirements.lock
	@echo "$(VENV) is ready; source $(VENV)/bin/activate puts its commands on the PATH."

demo: $(STAMP) ## Make a video against the mock server: no token, no network, no bill
	@mkdir -p build/demo
	@$(VENV)/bin/zeroscope run "An astronaut riding a horse" --mock --mock-seed 0 --output build/demo/astronaut.mp4 --overwrite

generate: $(STAMP) ## Generate the client in generated/ from openapi.yaml
	@$(PY) -m codegen.generate

update-spec: $(STAMP) ## Update the input schema of openapi.yaml to a version of the model: FROM=FILE or FROM=live
	@$(PY) -m codegen.update "$$FROM" $(if $(DRY_RUN),--dry-run) $(if $(VERSION_ID),--version-id "$$VERSION_ID")

spec-diff: $(STAMP) ## List the changes of openapi.yaml and which are breaking: BASE=HEAD, another ref, or a file
	@$(PY) -m codegen.diff "$${BASE:-HEAD}" $(if $(SPEC),--spec "$$SPEC") $(if $(JSON),--json) \
		$(if $(FORMAT),--format "$$FORMAT")

studio: $(STUDIO) ## Format studio/ and build the mock server's web page from it
	@npm --prefix studio run --silent format
	@npm --prefix studio run --silent build

screens: $(STAMP) ## Write the screens of the command anew, in docs/screens
	@REWRITE_SCREENS=1 $(PY) -m pytest -q -n auto -m "slow or not slow" tests/client/cli/test_screens.py

screenshots: $(STAMP) ## Take the screenshots of the web page anew, for docs/
	@$(PY) -m pytest -q tests/studio/test_screenshots.py -k small
	@mkdir -p docs/screenshots && cp build/studio/docs/*.png docs/screenshots/

docs: $(STAMP) ## Build the site of the documentation into build/site
	@NO_MKDOCS_2_WARNING=1 PYTHONPATH=. $(PY) -m mkdocs build --strict --quiet
	@echo "Open build/site/index.html in a browser."

format: $(STAMP) ## Format the code and fix what can be fixed
	$(PY) -m ruff check --fix $(CODE)
	$(PY) -m ruff format $(CODE)

check: $(STAMP) $(LINT) $(STUDIO) ## Lint, types, layers, the spec's own lint, generated/ and the web page in step with their sources
	$(PY) -m ruff check $(CODE)
	$(PY) -m ruff format --check $(CODE)
	$(PY) -m mypy $(CODE) generated
	$(VENV)/bin/basedpyright $(CODE) generated
	$(VENV)/bin/lint-imports --no-cache
	$(PY) -m openapi_spec_validator openapi.yaml
	REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true codegen/node_modules/.bin/redocly lint openapi.yaml
	$(PY) -m codegen.generate --check
	npm --prefix studio run --silent check

test: $(STAMP) ## Run all tests but those marked slow, which `make test-slow` runs
	@$(CLIENTS) --quick
	@echo "Tests marked slow are left out; make test-slow runs them."
	@$(PY) -m pytest $(ARGS)

# Another client's process serves all tests of a file, so that the file stays on one core; those of our client need not
# (tests/conftest.py).
test-slow: ARGS = -n auto --dist loadfile
test-slow: $(STAMP) ## Run the slow tests, such as those that run other clients against the mock server
	@$(CLIENTS)
	@$(PY) -m pytest -m slow $(ARGS)

test-models: $(STAMP) ## Run the tests of models with the schemas in tests/models, and in another folder: DIR=…
	@$(CLIENTS) --quick
	@$(PY) -m pytest tests/models -m "slow or not slow" $(ARGS) $(if $(DIR),--models "$$DIR")

test-all: ## Run `make test` on each Python from 3.11 to 3.14 that is found
	@bash .ci/test-all

test-wheel: ## Test the wheel in dist/ as users install it, on each Python that is found
	@bash .ci/test-wheel

conformance: $(STAMP) ## Check a server against the spec: URL=http://… or else the mock server
	@$(VENV)/bin/zeroscope conformance $(URL) $(if $(QUICK),--quick)

scoreboard: $(STAMP) ## Run the conformance suite over the mock server, Prism, Mockoon and URL=http://…: docs/scoreboard.md
	@$(PY) -m benchmarks.scoreboard $(if $(QUICK),--quick) $(URL)

bench: $(STAMP) ## Compare the project with the alternatives: QUICK=1, ONLY="mock get"
	@$(PY) -m benchmarks $(if $(QUICK),--quick) $(if $(ONLY),--only "$$ONLY")

dist: $(STAMP) ## Build sdist and wheel into dist/, twice to compare them, with an SBOM and the licenses
	@$(PY) -m release dist

release: $(STAMP) ## Show what a release would change: VERSION=1.2.3; CONFIRM=1 makes it
	@$(PY) -m release version "$$VERSION" $(if $(CONFIRM),--confirm)

# A lock must hold on every machine, so it names neither a registry nor a folder.
lock: $(STAMP) ## Pin the newest of everything that pyproject.toml and the other clients allow
	@rm -rf build/lock && mkdir -p build/lock
	@$(VENV)/bin/uv pip compile pyproject.toml --all-extras --group dev --universal --python-version 3.11 \
		--system-certs --upgrade --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate \
		--custom-compile-command "make lock" --quiet --output-file build/lock/requirements.lock
	@if grep -n '://' build/lock/requirements.lock; then echo "A URL got into the lock." >&2; exit 1; fi
	@mv build/lock/requirements.lock requirements.lock
	@$(CLIENTS) --lock

clean: ## Remove all that these targets create, .venv included
	rm -rf .venv build dist codegen/node_modules studio/node_modules studio/src/control.d.ts .mypy_cache .pytest_cache .ruff_cache .hypothesis .schemathesis
	find $(CODE) generated -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamp is written last, so an interrupted setup is repeated. pip installs the pinned uv, which installs the rest
# several times as fast; where uv fails (it does not read pip's settings), pip installs that too. uv leaves compiling to
# the first import; where Python may not write the result, every start would compile again, so there uv does it.
$(STAMP): requirements.lock pyproject.toml
	@python=; seen=; \
	if [ -n "$$PYTHON" ]; then set -- "$$PYTHON"; \
	else set -- python3 python3.14 python3.13 python3.12 python3.11 python; fi; \
	for candidate; do \
		found=$$("$$candidate" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null) || continue; \
		seen="$$seen, $$candidate is $$found"; \
		if "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then python=$$candidate; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
		if [ -n "$$PYTHON" ] && [ -z "$$seen" ]; then seen=", $$PYTHON cannot be run"; fi; \
		seen=$${seen#, }; \
		echo "zeroscope needs Python 3.11 or newer, but $${seen:-none was found}." \
			"Install one, or name it: make $(or $(firstword $(MAKECMDGOALS)),install) PYTHON=/path/to/python3.12" >&2; \
		exit 1; \
	fi; \
	set -e; \
	echo "Setting up $(VENV) with Python $$found; this takes up to a minute, once."; \
	base=$$("$$python" -c 'import sys; print(getattr(sys, "_base_executable", sys.executable))'); \
	if ! "$$base" -m venv --clear $(VENV); then \
		echo "Python $$found could not create $(VENV); it may lack its modules venv and ensurepip" \
			"(on Debian and Ubuntu: apt install python3-venv)." >&2; \
		exit 1; \
	fi; \
	sed -n '/^uv==/,/[^\\]$$/p' requirements.lock > $(VENV)/uv.txt; \
	pip="$(PY) -m pip install --quiet --disable-pip-version-check"; \
	if ! { $$pip --require-hashes -r $(VENV)/uv.txt && \
		$(VENV)/bin/uv pip install --quiet --system-certs $${PYTHONDONTWRITEBYTECODE:+--compile-bytecode} \
			--python $(PY) --require-hashes -r requirements.lock; }; then \
		echo "uv could not install the packages, so pip does." >&2; \
		$$pip --require-hashes -r requirements.lock; \
	fi; \
	$$pip --no-deps --no-build-isolation --editable .; \
	"$$python" -c '$(IDENTITY)' > $(VENV)/.interpreter; \
	printf '%s\n' "$(CURDIR)" > $@

# node_modules goes first in `npm ci`, and this stamp with it.
%/node_modules/.installed: %/package.json %/package-lock.json %/.npmrc
	@command -v npm >/dev/null || { echo "This needs npm, which comes with Node.js 20.19 or newer: it runs the linter of openapi.yaml and builds the web page." >&2; exit 1; }
	@cd $* && npm ci --loglevel=error
	@touch $@
