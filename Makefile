# Every command of the project. A bare `make` lists them; pre-commit and CI call the same ones.

VENV := .venv
BIN := $(VENV)/bin
PYTHON := $(BIN)/python
INSTALLED := $(VENV)/.installed
CONFORMANCE := tests/conformance
WEB_CLIENT := clients/web
MAKEFILE_SDKS := blender cpp godot python unity unreal
SERVE_CONFIG ?= configs/serve.yaml

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-core check format serve bench bench-peers protos protos-baseline conformance sdk-python sdk-web sdk-blender sdk-godot sdk-unity sdk-cpp sdk-unreal clean

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(INSTALLED) ## Create .venv and install everything into it; does nothing if nothing changed
	@:

demo: setup ## Generate assets into out/, then stream one from a server that it starts and stops
	@$(PYTHON) -m workers.demo

test: setup conformance-reader web-packages ## Run all tests: 20 to 35 minutes on two cores; installs npm packages
	$(BIN)/pytest

test-core: setup ## Run all tests but those of the SDKs in clients/; no network
	$(BIN)/pytest --ignore tests/clients

check: setup ## Check format, lint, types, layers and protos
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(PYTHON) protos/generate.py --check
	$(BIN)/buf lint
	$(BIN)/buf breaking --against protos/morphogen.binpb

format: setup ## Format the code and fix what the linter can fix
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

serve: setup ## Start the gRPC server (SERVE_CONFIG=configs/serve.yaml)
	$(BIN)/morphogen serve $(SERVE_CONFIG)

bench: setup ## Print every claim of speed and exactness; writes benchmarks/results/
	$(PYTHON) -m benchmarks

bench-peers: setup ## Measure other serving systems beside ours; installs them into .venv-peers/
	$(PYTHON) -m benchmarks.peers

protos: setup web-packages ## Regenerate the code of protos/morphogen in every SDK; TypeScript needs Node
	$(PYTHON) protos/generate.py
	$(PYTHON) clients/godot/generate.py
	$(PYTHON) clients/unity/metas.py
	npm --prefix $(WEB_CLIENT) --silent run gen

protos-baseline: setup ## Take the protos as they are for released: later changes must stay compatible with them
	$(BIN)/buf build -o protos/morphogen.binpb

conformance: setup web-packages ## Run every SDK over the conformance cases; writes docs/conformance.md
	$(PYTHON) clients/conformance/run.py

sdk-python: setup ## Pack and test the Python client in clients/python
	$(MAKE) -C clients/python sdktest PYTHON=$(abspath $(PYTHON))

sdk-web: setup web-packages ## Check, build and test the TypeScript SDK in clients/web; needs Node
	PYTHON=$(abspath $(PYTHON)) npm --prefix $(WEB_CLIENT) run sdktest

sdk-blender: setup ## Pack and test the Blender extension in clients/blender; installs Blender (370 MB), needs Python 3.11
	$(MAKE) -C clients/blender sdktest PYTHON=$(abspath $(PYTHON))

sdk-unity: setup ## Compile and test the Unity package in clients/unity; needs Mono (mono-mcs)
	$(MAKE) -C clients/unity sdktest PYTHON=$(abspath $(PYTHON))

sdk-godot: setup ## Check, pack and test the Godot addons in clients/godot; tests need godot3-server, godot3-runner, Xvfb
	$(MAKE) --no-print-directory -C clients/godot sdktest

sdk-cpp: setup ## Build and test the C++ SDK in clients/cpp; needs CMake, libcurl, grpc++, protobuf
	PYTHON=$(abspath $(PYTHON)) $(MAKE) --no-print-directory -C clients/cpp sdktest

sdk-unreal: setup ## Test what of the Unreal plugin in clients/unreal needs no engine; needs g++
	PYTHON=$(abspath $(PYTHON)) $(MAKE) --no-print-directory -C clients/unreal sdktest

clean: ## Remove .venv, all caches and what was built; out/ stays
	rm -rf $(VENV) .venv-peers $(CONFORMANCE)/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist
	rm -rf $(WEB_CLIENT)/node_modules $(WEB_CLIENT)/dist $(WEB_CLIENT)/examples/dist
	@for sdk in $(MAKEFILE_SDKS); do $(MAKE) --no-print-directory -C clients/$$sdk clean; done
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- behind the targets ------------------------------------------------------------------------------------------

# `ensurepip` is probed because some systems ship Python without it, and a venv cannot be made there.
$(PYTHON):
	@for candidate in python3.11 python3 python3.12 python3.13; do \
	    if $$candidate -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	        echo "Creating $(VENV) with $$($$candidate --version)"; \
	        exec $$candidate -m venv $(VENV); \
	    fi; \
	done; \
	echo "make setup: no Python 3.11 or later with the venv module was found on PATH" >&2; exit 1

# The first installation takes minutes and shows its progress, later ones are quiet.
PIP_INSTALL = $(PYTHON) -m pip install --disable-pip-version-check $(if $(wildcard $(INSTALLED)),-q) -c constraints.txt

# The build backend goes in first and pinned; an isolated build would fetch whatever version is newest.
$(INSTALLED): pyproject.toml constraints.txt | $(PYTHON)
	$(PIP_INSTALL) hatchling editables
	$(PIP_INSTALL) --no-build-isolation -e '.[dev]'
	@touch $@

# The glTF validator is a Node package: without Node its test is skipped; CI must not lose it silently.
.PHONY: conformance-reader
conformance-reader:
	@if command -v npm >/dev/null && [ -f $(CONFORMANCE)/package-lock.json ] && \
	    [ ! $(CONFORMANCE)/node_modules/.package-lock.json -nt $(CONFORMANCE)/package-lock.json ]; then \
	    npm ci --prefix $(CONFORMANCE) --no-audit --no-fund --loglevel=error || \
	    { echo "npm ci failed: the glTF conformance test will be skipped" >&2; [ -z "$$CI" ]; }; \
	fi

# Likewise the packages of the TypeScript SDK.
.PHONY: web-packages
web-packages:
	@if command -v npm >/dev/null && \
	    [ ! $(WEB_CLIENT)/node_modules/.package-lock.json -nt $(WEB_CLIENT)/package-lock.json ]; then \
	    npm ci --prefix $(WEB_CLIENT) --no-audit --no-fund --loglevel=error || \
	    { echo "npm ci failed: the tests of clients/web will be skipped" >&2; [ -z "$$CI" ]; }; \
	fi
