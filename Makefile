# `make` alone lists what there is. Works with GNU make 3.81 and later.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PY := .venv/bin/python
PIP := $(PY) -m pip install --quiet --disable-pip-version-check
UV_LOCK := $(PY) -m uv --quiet pip compile --universal --python-version 3.11 --generate-hashes --no-header
# A stamp carries its lock's checksum, so the environment is set up again only when the lock changes.
RUNTIME := .venv/.runtime-$(shell cksum < requirements.lock | cut -d' ' -f1)
DEV := .venv/.dev-$(shell cksum < requirements-dev.lock | cut -d' ' -f1)
SEED := 1
MINUTES := 8
LOAD := 1
PROJECTS := 10000
SERVICES := run-intake run-eligibility run-funding run-monitoring

.PHONY: help run run-kafka $(SERVICES) cli test test-clients test-faults check lint shape types imports migrations schemas bench bench-interest bench-ledger audit-code audit-dependencies sbom alterations attack faults recovery mutants sdk format lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' Makefile

run: $(RUNTIME) ## all four services in one process with their own PostgreSQL (ARGS="--once", "--port 0")
	@exec $(PY) -m deploy.all_in_one $(ARGS)

run-kafka: $(RUNTIME) ## the same as four processes with an Apache Kafka between them (Java, Maven; ARGS as above)
	@exec $(PY) -m deploy.run_kafka $(ARGS)

run-intake: ## 项目储备 alone (own process, schema and role)
run-eligibility: ## 政策审核 alone
run-funding: ## 资金管理 alone
run-monitoring: ## 跟踪监测 alone
$(SERVICES): $(RUNTIME)
	@exec $(PY) -m deploy.serve $(@:run-%=%) $(ARGS)

cli: $(RUNTIME) ## the operator's command, as ./tenghuan (ARGS="parked list")
	@exec ./tenghuan $(ARGS)

test: $(DEV) ## the tests that guard the product (ARGS="-k interest -n 0")
	@PYTHONDONTWRITEBYTECODE= $(PY) -m pytest -n 3 --dist loadfile --no-loadscope-reorder -m "not faults and not clients" $(ARGS)

test-clients: $(DEV) ## generated clients compile and file a declaration; linters of the API documents (npm)
	@PYTHONDONTWRITEBYTECODE= $(PY) -m pytest -n 2 --dist loadfile -m clients $(ARGS)

test-faults: $(DEV) ## a campaign of 60 seconds, and the planted bugs that a campaign must find
	@PYTHONDONTWRITEBYTECODE= $(PY) -m pytest -n 0 -m faults $(ARGS)

check: lint shape types imports audit-code test ## everything that must hold before a change goes in (migrations, schemas: among the tests)

lint: $(DEV) ## style and common mistakes
	@$(PY) -m ruff check . && $(PY) -m ruff format --check --quiet .

shape: $(DEV) ## file and function lengths, first lines of docstrings
	@$(PY) -m deploy.checks.shape

types: $(DEV) ## mypy, strict
	@$(PY) -m mypy

imports: $(DEV) ## who may import whom
	@$(PY) -c 'from importlinter.cli import lint_imports_command; lint_imports_command()'

audit-code: $(DEV) ## bandit: weaknesses in the code that nobody reviewed (deploy/checks/audit_code.toml)
	@$(PY) -m deploy.checks.audit_code

audit-dependencies: $(DEV) ## pip-audit: known vulnerabilities of the locked packages (network; ARGS="-s osv")
	@$(PY) -m deploy.checks.audit_dependencies $(ARGS)

sbom: $(DEV) ## bills of materials (CycloneDX, with hashes and licences) in build/sbom
	@$(PY) -m deploy.checks.sbom

migrations: $(DEV) ## the migrations build exactly the tables in the models
	@$(PY) -m pytest -q tests/deploy/test_migrations.py

schemas: $(DEV) ## no published event changed its shape
	@$(PY) -m pytest -q tests/shared/contracts

faults: $(DEV) ## inject every kind of fault into the suite on a real broker, check that nothing is lost (SEED=1 MINUTES=8 LOAD=1)
	@exec $(PY) -m faults --seed $(SEED) --minutes $(MINUTES) --load $(LOAD)

alterations: $(DEV) ## a thousand random alterations of sealed records and files by hand, each to be found (SEED=11)
	@TENGHUAN_ALTERATIONS=1000 TENGHUAN_SEED=$(or $(SEED),11) $(PY) -m pytest -q -n 0 tests/shared/sealing/test_alterations.py

attack: $(RUNTIME) ## attack a suite of its own on loopback, print what held and what did not (ARGS="walls")
	@exec $(PY) -m attacks $(ARGS)

recovery: $(DEV) ## recovery times: one fault at a time under a steady load (SEED=1)
	@exec $(PY) -m faults --seed $(SEED) --recovery

bench: $(DEV) ## measure throughput and latency on this machine
	@$(PY) -m bench $(ARGS)

bench-interest: $(DEV) ## 1,000 loans of 24 months recomputed; 10,000 random projects agree with the oracle (PROJECTS=10000)
	@$(PY) -m bench interest
	@TENGHUAN_INTEREST_PROJECTS=$(PROJECTS) $(PY) -m pytest -q -n 0 tests/funding/interest/test_oracle.py

bench-ledger: $(DEV) ## a release of 200 projects out of one budget, five ways; single acts; backends killed meanwhile
	@$(PY) -m bench release_batch

mutants: $(DEV) ## change one place of the source at a time: does a test fail? (ARGS="sql --sample 300 --seed 1", routes, pure, replay)
	@exec nice -n 15 $(PY) -m mutants $(ARGS)

sdk: $(RUNTIME) ## OpenAPI documents, Python client and TypeScript client in build/sdk (Node with npm)
	@$(PY) -m deploy.sdk $(ARGS)

format: $(DEV) ## lay the code out
	@$(PY) -m ruff check --fix --quiet . ; $(PY) -m ruff format --quiet .

lock: $(PY) ## resolve the requirements again into the three lock files
	@$(PIP) uv==0.13.9
	@$(UV_LOCK) --upgrade pyproject.toml -o requirements.lock
	@$(UV_LOCK) --upgrade pyproject.toml --extra dev -c requirements.lock -o requirements-dev.lock
	@$(UV_LOCK) --upgrade deploy/sdk/python/requirements.in -o requirements-sdk.lock

clean: ## forget all local data (var/), keep the Python environment
	@if [ -e var/postgres ] && [ -x $(PY) ]; then $(PY) -m deploy.local.postgres remove var/postgres; fi
	@if [ -e var/kafka ] && [ -x $(PY) ]; then $(PY) -m deploy.local.kafka.node remove var/kafka; fi
	@if [ -e var/faults ] && [ -x $(PY) ]; then $(PY) -c 'from faults.__main__ import FOLDER, clear; clear(FOLDER)'; fi
	@rm -rf var

$(PY):
	@python=$$(sh deploy/checks/python.sh) && "$$python" -m venv --clear .venv || { rm -rf .venv; exit 1; }

$(RUNTIME): | $(PY)
	@echo "Installing what Tenghuan runs on into .venv (once, about a minute)"
	@$(PIP) --require-hashes -r requirements.lock
	@rm -f .venv/.runtime-* && touch $@

$(DEV): | $(PY)
	@echo "Installing what Tenghuan runs on and the developer's tools into .venv (once, about a minute)"
	@$(PIP) --require-hashes -r requirements-dev.lock
	@rm -f .venv/.dev-* .venv/.runtime-* && touch $@ $(RUNTIME)
