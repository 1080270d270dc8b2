# `make demo` and `make test` are all that a newcomer needs; `make help` lists the rest.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# What is installed is what is locked, file by file: pip checks the hash of each. Those that come as source are built
# with tools that are locked too.
INSTALL := -m pip install --quiet --disable-pip-version-check
LOCKED := $(INSTALL) --require-hashes --no-build-isolation
AUDIT := .audit
# What one process has compiled the next one finds: a suite starts hundreds, each of which would compile all anew.
unexport PYTHONDONTWRITEBYTECODE
# Many tests wait for brokers and workers: four processes keep two cores busy while some of them wait.
PROCESSES ?= 4
# Imports and previews give way to all else: beside tests of other processes at the usual niceness they would get nothing
# for minutes. So all that tests start gives way alike.
NICE = nice -n 19
# Files in the order of their names: those of the whole service come first. In xdist's own order, by the number of tests,
# they would come last, and one process would wait for the other's.
SUITE = pytest --numprocesses $(PROCESSES) --dist loadfile --no-loadscope-reorder

# Each process collects all tests, and would compile them by itself. One that does so first, unmeasured, costs half a
# minute and spares several; and a module that cannot be imported is told before anything runs.
COLLECT = @$(BIN)/pytest --collect-only --quiet >build/collected.txt || { tail -n 40 build/collected.txt; exit 1; }

# Of each of these the suite has to run as much as pyproject.toml says.
COVERED := fingerprint streams

.PHONY: help demo test coverage check format kafka milvus train bench-accuracy bench-lanes bench-speed bench-understand chaos fuzz golden odd-media \
	schemas audit lock clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

demo: $(STAMP) ## start everything, find an edited copy of a real video, show the result (KEEP=1, VIDEO=path)
	@$(BIN)/python -m streams.demo $(if $(KEEP),--keep) $(if $(VIDEO),--video "$(VIDEO)")

# Only where no test may be skipped, in CI, does the suite run all that it is to run.
test: $(if $(filter true,$(CI)),coverage,suite) ## run the whole test suite (PROCESSES=4)

.PHONY: suite
suite: $(STAMP)
	@mkdir -p build
	$(COLLECT)
	$(NICE) $(BIN)/$(SUITE)

coverage: $(STAMP) ## run the suite, and see how much of the code it runs (PROCESSES=4)
	@mkdir -p build/coverage
	$(COLLECT)
	$(BIN)/coverage erase
	$(NICE) $(BIN)/coverage run -m $(SUITE)
	$(BIN)/coverage combine --quiet
	@for package in $(COVERED); do \
		$(BIN)/coverage report --include "$$package/*" >build/coverage/$$package.txt || failed=1; \
		echo "$$package: $$(grep -E '^(TOTAL|Coverage failure)' build/coverage/$$package.txt)"; \
	done; \
	echo "what is not run: $(COVERED:%=build/coverage/%.txt)"; test -z "$$failed"

chaos: $(STAMP) ## let faults of every kind strike, and see that nothing is lost (ROUNDS=100, WORKERS=2, SEED=n, ARGS=--help)
	PYTHONPATH=tests $(BIN)/python -m chaos $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(WORKERS),--workers $(WORKERS)) \
		$(if $(SEED),--seed $(SEED)) $(ARGS)

fuzz: $(STAMP) ## give changed inputs to every parser, and see that none breaks (SECONDS=3600, SEED=n, ARGS=--help)
	$(BIN)/python $(LOCKED) --requirement requirements-fuzz.txt
	PYTHONPATH=tests $(BIN)/python -m fuzz $(if $(SECONDS),--seconds $(SECONDS)) \
		$(if $(SEED),--seed $(SEED)) $(ARGS)

odd-media: $(STAMP) ## read odd files of every container, codec and kind that FFmpeg makes (needs ffmpeg; ARGS=--help)
	PYTHONPATH=tests $(BIN)/python -m odd_media $(ARGS)

check: $(STAMP) ## lint, types, layers, dependencies
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .

format: $(STAMP) ## put the code into its form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

kafka: $(STAMP) ## run Apache Kafka as one local node (needs Java 17 and Maven)
	$(BIN)/python docker/kafka/run.py

milvus: $(STAMP) ## run one Milvus server (x86-64 Linux; as root, or where users may have namespaces)
	$(BIN)/python docker/milvus/run.py

schemas: $(STAMP) ## write the JSON Schemas and the AsyncAPI document anew
	$(BIN)/python -m schemas.generators

.PHONY: reference tune
reference: $(STAMP) ## write the reference pages of the documentation anew
	$(BIN)/python -m streams.reference

tune: $(STAMP) ## say what moving each number of a stage of the engine by a quarter does (STAGE=hough, ARGS=--help)
	$(BIN)/python -m benchmarks.tune $(or $(STAGE),--list) $(ARGS)

train: $(STAMP) ## make the trained package data anew (IMAGES=folder)
	$(BIN)/python $(LOCKED) --no-deps --requirement requirements-train.txt
	$(BIN)/python -m fingerprint.train $(IMAGES)

bench-accuracy: $(STAMP) ## measure what is found, against peers (ARGS=--help lists options)
	$(BIN)/python $(LOCKED) --requirement requirements-bench.txt
	$(BIN)/python -m benchmarks.accuracy $(ARGS)

bench-lanes: $(STAMP) ## measure how long live jobs take beside an import (ARGS=--help lists options)
	$(BIN)/python -m benchmarks.lanes $(ARGS)

bench-understand: $(STAMP) ## measure ads found, chains of copies told, upkeep (ARGS=--help lists options)
	$(BIN)/python -m benchmarks.broadcast $(ARGS)
	$(BIN)/python -m benchmarks.lineage $(ARGS)
	$(BIN)/python -m benchmarks.upkeep

bench-speed: $(STAMP) ## measure cost against decoding (ARGS=--help lists options)
	$(BIN)/python $(LOCKED) --requirement requirements-bench.txt
	$(BIN)/python -m benchmarks.speed $(ARGS)

golden: $(STAMP) ## write down anew what the engine stores and answers, which a test compares with to the bit
	PYTHONPATH=tests $(BIN)/python -m support.golden

audit: $(STAMP) $(AUDIT)/.installed ## ask for advisories on what is locked, and list what is installed (build/sbom.json)
	$(AUDIT)/bin/python .ci/advisories.py requirements.txt requirements-*.txt
	@mkdir -p build
	$(AUDIT)/bin/cyclonedx-py environment $(BIN)/python --pyproject pyproject.toml --output-reproducible \
		--output-format JSON --output-file build/sbom.json

# Versions that are locked stay where pyproject.toml still takes them: UPGRADE="--upgrade", or "--upgrade-package NAME".
LOCK = SSL_CERT_FILE="$${SSL_CERT_FILE:-$$PIP_CERT}" \
	UV_DEFAULT_INDEX="$${UV_DEFAULT_INDEX:-$$($(AUDIT)/bin/python -m pip config get global.index-url 2>/dev/null)}" \
	$(AUDIT)/bin/uv pip compile --quiet --generate-hashes --python-version 3.11 \
	--python-platform x86_64-manylinux_2_28 --no-annotate --no-header --no-emit-index-url $(UPGRADE)

lock: $(AUDIT)/.installed ## write the versions and hashes of all dependencies anew (UPGRADE="--upgrade-package NAME")
	$(LOCK) --extra dev --extra s3 --output-file requirements.txt pyproject.toml
	cp requirements.txt requirements-runtime.txt  # what is tested: the same versions are taken wherever they can be
	$(LOCK) --extra s3 --output-file requirements-runtime.txt pyproject.toml
	$(LOCK) --group build --output-file requirements-build.txt
	$(LOCK) --group bench --constraint requirements.txt --output-file requirements-bench.txt
	$(LOCK) --group fuzz --constraint requirements.txt --output-file requirements-fuzz.txt
	$(LOCK) --group train --no-deps --output-file requirements-train.txt
	$(LOCK) --group audit --output-file requirements-audit.txt

clean: ## remove the environment and everything fetched or made
	rm -rf $(VENV) $(AUDIT) build .footage .demo .kafka .milvus .chaos .fuzz .bench .mypy_cache .ruff_cache .pytest_cache

$(STAMP): pyproject.toml requirements.txt requirements-build.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python $(INSTALL) --require-hashes --only-binary :all: --requirement requirements-build.txt
	$(BIN)/python $(LOCKED) --requirement requirements.txt
	$(BIN)/python $(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(AUDIT)/.installed: requirements-audit.txt
	$(PYTHON) -m venv $(AUDIT)
	$(AUDIT)/bin/python $(INSTALL) --require-hashes --only-binary :all: --requirement requirements-audit.txt
	@touch $@
