# Every way to build, check and show mds. `make` alone lists them.
#
# The tools come from requirements/*.txt and go to the cache, keyed by version; never from PATH, where an
# old one may stand.

SHELL       := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

CACHE ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/mds
export MDS_CACHE := $(CACHE)

UV_VERSION := $(shell sed -n 's/^uv==\([0-9.]*\).*/\1/p' requirements/uv.txt)
ATHERIS_VERSION := $(shell sed -n 's/^atheris==\([0-9.]*\).*/\1/p' requirements/fuzz.txt)
ATHERIS := $(CACHE)/atheris/$(ATHERIS_VERSION)
UV      := $(CACHE)/uv/$(UV_VERSION)/bin/uv
BIN     := .venv/bin
PYTHON  := $(BIN)/python
MEMBERS := protocol runtime operator gateway simulator tryout devcluster demo

# The same resolution everywhere: Linux x86-64, as the vendor libraries are.
COMPILE := pip compile --quiet --python-version 3.13 --python-platform x86_64-unknown-linux-gnu \
           --generate-hashes --no-header $(foreach m,$(MEMBERS),--no-emit-package mds-$(m))
# What is locked, and from what.
# The last four are those of the images: the same versions, and no more than each image needs.
NO_GUI       := --excludes requirements/vnpy-excludes.in
LOCKS        := uv build go fuzz dev operator gateway simulator nats
IN_uv        := requirements/uv.in
IN_build     := requirements/build.in
IN_go        := requirements/go.in
IN_fuzz      := requirements/fuzz.in
IN_dev       := pyproject.toml --group dev $(NO_GUI)
IN_operator  := operator/pyproject.toml -c requirements/dev.txt
IN_gateway   := gateway/pyproject.toml -c requirements/dev.txt $(NO_GUI)
IN_simulator := requirements/simulator.in -c requirements/dev.txt --no-deps
IN_nats      := requirements/nats.in -c requirements/dev.txt

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

# --- set-up ------------------------------------------------------------------------------------------------

.PHONY: setup
setup: .venv/ready ## the tools and the Python environment (every other target does this first)

$(UV):
	@echo "setup: uv $(UV_VERSION) into $(CACHE)"
	@python3 -m pip --version >/dev/null 2>&1 || { echo "setup: python3 has no pip; on Debian: apt-get install python3-pip" >&2; exit 1; }
	@python3 -m pip install --quiet --disable-pip-version-check --root-user-action ignore --upgrade \
	    --require-hashes --target $(CACHE)/uv/$(UV_VERSION) -r requirements/uv.txt

.venv/ready: requirements/dev.txt requirements/build.txt $(MEMBERS:%=%/pyproject.toml) | $(UV)
	@command -v c++ >/dev/null || { echo "setup: no C++ compiler, and vnpy_ctp has no Linux wheel; on Debian: apt-get install g++" >&2; exit 1; }
	@[ -d .venv ] || $(UV) venv --quiet --python 3.13
	@echo "setup: Python packages (the first time on a machine, vnpy_ctp is compiled: about a minute)"
	@$(UV) pip sync --quiet --require-hashes --build-constraints requirements/build.txt requirements/dev.txt
	@$(UV) pip install --quiet --no-deps $(MEMBERS:%=--editable %) --build-constraints requirements/build.txt
	@touch $@

.PHONY: lock
lock: | $(UV) ## write requirements/*.txt anew (UPGRADE=1 takes newer versions)
	@$(foreach l,$(LOCKS),$(UV) $(COMPILE) $(if $(UPGRADE),--upgrade) $(IN_$(l)) -o requirements/$(l).txt >/dev/null;)

.PHONY: generate
generate: .venv/ready ## write crds/, the chart's rules and dashboards, and the generated docs anew
	@$(PYTHON) -m mds_protocol.resources.generate
	@$(PYTHON) -m monitoring.generate

# Tools that praise themselves are heard only when they find something.
quietly = out=$$($(1) 2>&1) || { echo "$$out" >&2; exit 1; }

# --- checks ------------------------------------------------------------------------------------------------

.PHONY: check
check: .venv/ready ## format, lint, types, layers, workflows, and that generated files are current
	@$(BIN)/ruff format --check --quiet . || { echo "check: not formatted; run: make format" >&2; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(call quietly,$(BIN)/mypy)
	@# What a client installs, too: on the oldest Python, on any system.
	@$(call quietly,$(BIN)/mypy --python-version 3.12 --platform win32 protocol runtime)
	@$(call quietly,$(BIN)/lint-imports --no-logo)
	@$(BIN)/yamllint --strict .
	@$(call quietly,$(BIN)/zizmor --quiet --offline .github/workflows)
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
	@$(PYTHON) -m mds_protocol.resources.generate --check
	@$(PYTHON) -m monitoring.generate --check
	@$(MAKE) lock-check
	@echo "check: all good"

.PHONY: lock-check
lock-check: | $(UV)
	@tmp=$$(mktemp -d); trap "rm -rf $$tmp" EXIT; cp requirements/*.txt $$tmp; \
	$(foreach l,$(LOCKS),$(UV) $(COMPILE) $(IN_$(l)) -o $$tmp/$(l).txt >/dev/null;) \
	diff -ru requirements $$tmp --exclude '*.in' || { echo "check: requirements/*.txt are behind; run: make lock" >&2; exit 1; }

.PHONY: format
format: .venv/ready ## format and fix what can be fixed
	@$(BIN)/ruff check --quiet --fix . || true
	@$(BIN)/ruff format --quiet .

# --- tests -------------------------------------------------------------------------------------------------

# A module at a time to whichever of three workers is free, in the order of the command line: what waits for
# others comes first, and the many quick ones fill all to the end. Three on two cores, as most of them wait.
TOGETHER := --numprocesses=3 --dist=loadscope --no-loadscope-reorder
# What brings up clusters, and judges moments on them.
ALONE    := tests/e2e tests/chaos
KEEP     := --durations-to=.pytest_cache/durations

.PHONY: unit
unit: .venv/ready ## the tests that need no root, no network and no cluster
	@$(BIN)/pytest $(TOGETHER) tests/unit tests/oracle

.PHONY: test
test: .venv/ready ## everything: checks, all tests, on real parts and on a cluster of its own (root or Docker)
	@$(MAKE) --jobs=2 check parts
	@$(BIN)/pytest $(TOGETHER) $(KEEP)/together.json \
	    tests/component tests/unit tests/oracle
	@$(BIN)/pytest $(KEEP)/alone.json $(ALONE)

.PHONY: parts
parts: .venv/ready # of clusters and images, as far as they are missing
	@$(PYTHON) -m mds_devcluster build all monitoring
	@$(PYTHON) -m mds_devcluster images

.PHONY: durations
durations: .venv/ready ## where the time of the last `make test` went; writes docs/results/tests.json
	@$(PYTHON) -m tests.bench.durations

.PHONY: bench
bench: .venv/ready ## measure, side by side; writes docs/results/ (about 75 minutes, wants a quiet machine)
	@$(PYTHON) -m tests.bench.tick_cost
	@$(PYTHON) -m tests.bench.tick_cost --docs
	@$(PYTHON) -m tests.bench.longest_step
	@$(PYTHON) -m tests.bench.operator_scrape
	@$(PYTHON) -m tests.bench.dashboards
	@$(PYTHON) -m tests.bench.rules_cost
	@$(PYTHON) -m tests.bench.throughput
	@$(PYTHON) -m tests.bench.latency
	@$(PYTHON) -m tests.bench.burst
	@$(PYTHON) -m tests.bench.memory
	@$(PYTHON) -m tests.bench.gateway_scrape
	@$(PYTHON) -m tests.bench.last_values
	@$(PYTHON) -m tests.bench.moves

$(ATHERIS)/ready: | $(UV)
	@echo "fuzz: atheris $(ATHERIS_VERSION) into $(CACHE)"
	@$(UV) pip install --quiet --require-hashes --python $(PYTHON) --target $(ATHERIS) -r requirements/fuzz.txt
	@touch $@

.PHONY: fuzz
fuzz: .venv/ready $(ATHERIS)/ready ## decoders and the tick path under a fuzzer; writes docs/results/ (SECONDS=900; goes on from what it learnt)
	@PYTHONPATH=$(ATHERIS) $(PYTHON) -m tests.fuzz --seconds $(or $(SECONDS),900) $(ARGS)

.PHONY: soak
soak: .venv/ready ## an hour at 5,000 ticks/s; writes docs/soak.md (ARGS="--minutes 10" for less; wants a quiet machine)
	@$(PYTHON) -m tests.bench.soak $(ARGS)

.PHONY: first-day
first-day: .venv/ready ## what an operator meets on the first day, with the stream beside it; goes on where it was interrupted (20 minutes)
	@$(PYTHON) -m tests.bench.first_day $(ARGS)

.PHONY: chaos-once
chaos-once: .venv/ready ## the twelve kinds of fault with a mechanism of their own, once each, as tests (part of `make test`)
	@$(BIN)/pytest tests/chaos

.PHONY: chaos
chaos: .venv/ready ## each fault 5 times on a real cluster; goes on where it was interrupted; writes docs/results/ (60 minutes)
	@$(PYTHON) -m tests.bench.chaos $(ARGS)

.PHONY: alerts
alerts: .venv/ready ## every alert under its real fault on a real cluster; goes on where it was interrupted; writes docs/alerts-proved.md (40 minutes)
	@$(PYTHON) -m tests.bench.alerts $(ARGS)

.PHONY: week
week: .venv/ready ## a week of boundaries on a real cluster; goes on where it was interrupted; writes docs/week.md (20 minutes)
	@$(PYTHON) -m tests.bench.week $(ARGS)

.PHONY: pictures
pictures: .venv/ready ## the dashboards as pictures, drawn by Grafana's libraries; writes docs/images/dashboards/ (node, npm; 420 MB once)
	@$(PYTHON) -m monitoring.preview test
	@$(PYTHON) -m monitoring.preview enums
	@$(PYTHON) -m tests.bench.pictures

# --- seeing it ---------------------------------------------------------------------------------------------

.PHONY: try
try: .venv/ready ## a simulated exchange, a real NATS, two gateways and a failover (ARGS=--script without a terminal)
	@$(PYTHON) -m mds_tryout $(ARGS)

.PHONY: demo
demo: .venv/ready ## mds on a throwaway Kubernetes: installed with helm, three failovers, each counted (root or Docker)
	@$(PYTHON) -m mds_demo $(ARGS)

.PHONY: monitoring
monitoring: .venv/ready ## the demo with Prometheus, Alertmanager and dashboards: a failover as they show it (root or Docker; Node.js)
	@$(PYTHON) -m mds_demo monitoring $(ARGS)

.PHONY: down
down: .venv/ready ## remove every trace of the demo
	@$(PYTHON) -m mds_demo down $(ARGS)
