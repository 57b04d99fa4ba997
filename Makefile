# The two commands: `make serve` and `make test`. Everything else is for those who work on Polylect.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
VLLM_VENV ?= .venv-vllm
VLLM_MODEL ?= .models/smollm2-135m-instruct
VLLM_PORT ?= 8801
CLIENTS := tests/clients
# What is judged, and with which data: make eval TASK=blend_mcq ARM=plain LIMIT=40
TASK ?= --help
URL ?= http://127.0.0.1:8000/v1
DATA ?= data
LOGS ?= logs
OUT ?= report
CLIENTS_VENV ?= .venv-clients
CLIENTS_STAMP := $(CLIENTS_VENV)/.installed
ALIGNMENT_VENV ?= .venv-alignment
ALIGNMENT_STAMP := $(ALIGNMENT_VENV)/.installed
DOCS_VENV ?= .venv-docs
DOCS_STAMP := $(DOCS_VENV)/.installed
NPM_STAMP := $(CLIENTS)/npm/node_modules/.installed

.PHONY: alignment-install bench-adapters bench-alignment bench-council bench-embedding docs eval eval-detection eval-report install serve test check check-vllm-extra lock format vllm vllm-install test-vllm test-alignment test-clients test-docs test-scale gazetteer clean
.DEFAULT_GOAL := help

help: ## This list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

install: $(STAMP) ## Create .venv and install Polylect with its embedded backbone

$(STAMP): pyproject.toml constraints.txt sdk/pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Polylect needs Python 3.11 or newer; name one: make PYTHON=python3.12 …" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ./sdk
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
	  -c constraints.txt -e '.[embedded,playground,dev,evaluation,profile]'
	@touch $@

serve: install ## Start the service on 127.0.0.1:8000 (POLYLECT_HOST, POLYLECT_PORT)
	@exec $(BIN)/polylect serve

test: install ## Run the tests in two processes, then those of the embedded model, which wants all cores
	$(BIN)/python -m pytest -n 2 --dist loadfile --ignore tests/docs \
	  -m 'not embedded and not vllm and not clients and not docs and not scale and not alignment'
	$(BIN)/python -m pytest -m embedded tests/test_readme.py tests/contract tests/docs tests/service

test-scale: install ## Run the tests on a Ray of this machine
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[scale]'
	$(BIN)/python -m pytest -m scale tests/alignment tests/service

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

test-vllm: vllm-install alignment-install ## Run the integration tests against a real vLLM
	VLLM_VENV=$(VLLM_VENV) VLLM_MODEL=$(VLLM_MODEL) $(BIN)/python -m pytest -m vllm tests/integration

alignment-install: $(ALIGNMENT_STAMP) ## Prepare .venv-alignment, which trains adapters (torch, TRL, PEFT)

$(ALIGNMENT_STAMP): pyproject.toml alignment/constraints.txt
	$(PYTHON) -m venv $(ALIGNMENT_VENV)
	$(ALIGNMENT_VENV)/bin/python -m pip install --quiet --disable-pip-version-check \
	  -c alignment/constraints.txt -e '.[alignment,dev]'
	@touch $@

test-alignment: alignment-install ## Run the tests that train
	$(ALIGNMENT_VENV)/bin/python -m pytest -m alignment tests/alignment

bench-embedding: install ## Our engine for embeddings against the wheel's, one core: OPTIONS="--texts 200"
	$(BIN)/python bench/embedding.py $(OPTIONS)

bench-council: install vllm-install ## What a council costs on vLLM: OPTIONS="--repeat 3 --tokens 100 --conversation 1500"
	VLLM_VENV=$(VLLM_VENV) VLLM_MODEL=$(VLLM_MODEL) bench/council.sh $(OPTIONS)

bench-alignment: install alignment-install vllm-install ## Base against adapters of 10 to 300 samples: DATA=… (bench/alignment.sh)
	DATA=$(DATA) ALIGNMENT_VENV=$(ALIGNMENT_VENV) VLLM_VENV=$(VLLM_VENV) bench/alignment.sh

bench-adapters: install vllm-install ## One adapter for all voices against one a voice on vLLM: ADAPTER=… [BASE=…] (bench/adapters.sh)
	ADAPTER=$(ADAPTER) VLLM_VENV=$(VLLM_VENV) bench/adapters.sh $(OPTIONS)

test-clients: install $(CLIENTS_STAMP) $(NPM_STAMP) ## Run other people's clients against the service
	CLIENTS_VENV=$(CLIENTS_VENV) $(BIN)/python -m pytest -m clients $(CLIENTS) tests/docs tests/playground tests/sdk

docs: install $(DOCS_STAMP) ## Build the documentation into site/, strictly: a broken link ends it
	NO_MKDOCS_2_WARNING=1 POLYLECT_PYTHON=$(BIN)/python $(DOCS_VENV)/bin/mkdocs build --strict

test-docs: install $(DOCS_STAMP) ## Run the documentation's blocks, build its site, and look at what was built
	NO_MKDOCS_2_WARNING=1 DOCS_VENV=$(DOCS_VENV) $(BIN)/python -m pytest -m 'not clients and not embedded' tests/docs

$(DOCS_STAMP): docs/requirements.in docs/constraints.txt
	$(PYTHON) -m venv $(DOCS_VENV)
	$(DOCS_VENV)/bin/python -m pip install --quiet --disable-pip-version-check \
	  -c docs/constraints.txt -r docs/requirements.in
	@touch $@

$(CLIENTS_STAMP): $(CLIENTS)/requirements.in $(CLIENTS)/constraints.txt
	$(PYTHON) -m venv $(CLIENTS_VENV)
	$(CLIENTS_VENV)/bin/python -m pip install --quiet --disable-pip-version-check \
	  -c $(CLIENTS)/constraints.txt -r $(CLIENTS)/requirements.in
	@touch $@

$(NPM_STAMP): $(CLIENTS)/npm/package.json $(CLIENTS)/npm/package-lock.json
	@if command -v npm >/dev/null; then \
	  cd $(CLIENTS)/npm && npm ci --silent --ignore-scripts --no-audit --no-fund && touch node_modules/.installed; \
	  else echo "No npm: the JavaScript clients are not tested (apt-get install nodejs npm)." >&2; fi

eval: install ## Judge a running service: TASK= ARM= LIMIT= URL= DATA= LOGS= OPTIONS= (no TASK: help)
	$(BIN)/python -m evaluation.run $(TASK) $(ARM) $(if $(LIMIT),--limit $(LIMIT)) \
	  --url $(URL) --data $(DATA) --logs $(LOGS) $(OPTIONS)

eval-report: install ## Report on LOGS (logs, or scores.jsonl files): make eval-report OUT=report OPTIONS="--reference base"
	$(BIN)/python -m evaluation.report $(LOGS) --out $(OUT) $(OPTIONS)

eval-detection: install ## Every figure of detection on the development data: make eval-detection DATA=…
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[training]'
	$(BIN)/python -m training.figures --data $(DATA)

format: install ## Put the code into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock: install ## Pin the newest versions that fit into constraints.txt
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --no-header --no-annotate \
	  --no-emit-index-url --extra embedded --extra dev --extra redis --extra otel --extra evaluation --extra profile --extra training \
	  --extra playground --extra scale \
	  pyproject.toml -o constraints.txt
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --no-header --no-annotate \
	  --no-emit-index-url $(CLIENTS)/requirements.in -o $(CLIENTS)/constraints.txt
	$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --no-header --no-annotate \
	  --no-emit-index-url docs/requirements.in -o docs/constraints.txt
	echo 'torch==2.13.0' | $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --no-header \
	  --no-annotate --no-emit-index-url --extra alignment --extra dev pyproject.toml - -o alignment/constraints.txt

gazetteer: install ## Build the gazetteer of names anew from CLDR
	$(BIN)/python -m agents.detect.build_gazetteer

clean: ## Remove environments and caches (models stay)
	rm -rf $(VENV) $(VLLM_VENV) $(ALIGNMENT_VENV) $(CLIENTS_VENV) $(DOCS_VENV) site $(CLIENTS)/npm/node_modules build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
