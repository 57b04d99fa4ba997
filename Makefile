# The two commands: `make serve` and `make test`. Everything else is for those who work on Polylect.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
VLLM_VENV ?= .venv-vllm
VLLM_MODEL ?= .models/smollm2-135m-instruct
VLLM_PORT ?= 8801

.PHONY: install serve test check check-vllm-extra lock format vllm vllm-install test-vllm gazetteer clean
.DEFAULT_GOAL := help

help: ## This list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

install: $(STAMP) ## Create .venv and install Polylect with its embedded backbone

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Polylect needs Python 3.11 or newer; name one: make PYTHON=python3.12 …" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[embedded,dev]'
	@touch $@

serve: install ## Start the service on 127.0.0.1:8000 (POLYLECT_HOST, POLYLECT_PORT)
	@exec $(BIN)/polylect serve

test: install ## Run the tests, one of them through the embedded model
	$(BIN)/python -m pytest -m 'not vllm'

check: install ## ruff, mypy strict, import-linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check-vllm-extra: install ## Prove that polylect-service[vllm] resolves, without installing it
	$(BIN)/uv pip compile --quiet --no-header --no-annotate --no-emit-index-url --extra vllm pyproject.toml \
	  | grep -E '^(vllm|fastapi|litellm|torch)=='

vllm-install: install ## Prepare .venv-vllm and a model folder (SmolLM2, converted from the embedded GGUF)
	VLLM_VENV=$(VLLM_VENV) deploy/vllm/install.sh
	$(VLLM_VENV)/bin/python deploy/vllm/convert_gguf.py

vllm: vllm-install ## Serve VLLM_MODEL (any Hugging Face id or folder) with vLLM on 127.0.0.1:8801
	@VLLM_VENV=$(VLLM_VENV) VLLM_MODEL=$(VLLM_MODEL) VLLM_PORT=$(VLLM_PORT) exec deploy/vllm/serve.sh

test-vllm: vllm-install ## Run the integration tests against a real vLLM
	VLLM_VENV=$(VLLM_VENV) VLLM_MODEL=$(VLLM_MODEL) $(BIN)/python -m pytest -m vllm tests/integration

format: install ## Put the code into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: install ## Pin the newest versions that fit into constraints.txt
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --no-header --no-annotate \
	  --no-emit-index-url --extra embedded --extra dev pyproject.toml -o constraints.txt

gazetteer: install ## Build the gazetteer of names anew from CLDR
	$(BIN)/python -m agents.detect.build_gazetteer

clean: ## Remove environments and caches (models stay)
	rm -rf $(VENV) $(VLLM_VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
