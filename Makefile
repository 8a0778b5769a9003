# Everything a person does with this repository. `make` alone lists it.
#
# No target needs another to be run first, and what has been set up already costs milliseconds.
# Slow set-up that does not depend on this checkout is kept in CACHE and shared by all checkouts.

SHELL := /bin/sh
.SHELLFLAGS := -eu -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# The newest first; `make venv PYTHONS=3.12` takes another.
PYTHONS ?= 3.13 3.12 3.11
# Your inventory for `make backup`; without one the embedded lab is started.
INVENTORY ?=
# More words for ansible-playbook, pytest or the benchmark: make backup ARGS='--diff --limit site1'
ARGS ?=

VENV := $(CURDIR)/.venv
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/prime.netops
LAB := $(CURDIR)/build/lab
NETBOX := $(CURDIR)/build/netbox
# Ansible finds this checkout first, although a copy may be installed in the home directory.
IN_VENV = PATH="$(VENV)/bin:$$PATH" ANSIBLE_COLLECTIONS_PATH=$(wildcard $(VENV)/lib/python3.*/site-packages)
# The cached environment of a lock file: its name, and the Pythons to choose from.
cached = $(CACHE)/venvs/$(1)-$(shell sha256sum tests/requirements/$(1).txt | cut -c1-12)-$(firstword $(2))
TOOLS = $(call cached,tools,$(PYTHONS))
BENCH = $(call cached,bench,$(PYTHONS))

##@ Use it

.PHONY: help
help: ## list the targets
	@awk -f tests/tools/help.awk $(MAKEFILE_LIST)

.PHONY: venv
venv: ## set up .venv with all that a checkout needs
	@tests/tools/venv.sh $(VENV) tests/requirements/test.txt $(PYTHONS)
	@tests/tools/link.sh $(VENV)/lib/python3.*/site-packages

.PHONY: backup
backup: venv ## back up INVENTORY=..., or the embedded lab, with ARGS='...' for ansible-playbook
	@$(IN_VENV) python -m tests.tools.backup $(LAB) "$(INVENTORY)" $(ARGS)

.PHONY: lab
lab: venv ## start the embedded lab (25 simulated devices) and leave it running
	@$(VENV)/bin/python -m tests.lab.fleet up --state $(LAB)

.PHONY: lab-down
lab-down: venv ## stop the embedded lab
	@$(VENV)/bin/python -m tests.lab.fleet down --state $(LAB)

.PHONY: netbox
netbox: venv packages ## start a NetBox with 200 devices to try the inventory on; ARGS='--devices 10000'
	@$(VENV)/bin/python -m tests.lab.netbox up --state $(NETBOX) $(ARGS)

.PHONY: netbox-down
netbox-down: venv ## stop it
	@$(VENV)/bin/python -m tests.lab.netbox down --state $(NETBOX)

.PHONY: docs
docs: venv collection ## write the plugins' and roles' reference to build/docs
	@$(IN_VENV) tests/tools/docs.sh

##@ Check it

.PHONY: test
test: ## run everything, side by side, and say how long each part took
	@tests/tools/venv.sh $(VENV) tests/requirements/test.txt $(PYTHONS)
	@$(VENV)/bin/python tests/tools/run_parts.py packages,venv,tools \
	    netbox-tests,integration,test-faults,sanity,unit,matrix-2.16,molecule,matrix-2.19,matrix-2.21,lint,importer,types,style,changelog

.PHONY: unit
unit: venv ## the unit tests; ARGS='-k word' for some of them
	@$(VENV)/bin/pytest tests/unit $(ARGS)

.PHONY: integration
integration: venv packages ## the tests against real routers, the lab and real servers
	@$(VENV)/bin/pytest tests/integration --ignore=tests/integration/netbox $(ARGS)

.PHONY: netbox-tests
netbox-tests: venv packages ## the tests of the inventory against a real NetBox, made once in the cache
	@$(VENV)/bin/pytest tests/integration/netbox $(ARGS)

.PHONY: test-faults
test-faults: venv packages ## kill, fill, damage and lock what a backup needs, then resume
	@$(VENV)/bin/pytest tests/faults $(ARGS)

.PHONY: gates
gates: ## every check that runs none of our code: style, types, changelog, lint, importer, sanity
	@$(MAKE) venv tools
	@$(VENV)/bin/python tests/tools/run_parts.py sanity,lint,importer,types,style,changelog

.PHONY: style types changelog lint importer molecule
style: venv ## ruff: format and lint
types: venv ## mypy --strict on plugin_utils
changelog: tools ## antsibull-changelog lint
lint: venv tools ## ansible-lint, profile production
importer: venv tools ## galaxy-importer on the built collection
molecule: venv tools ## the role on the lab: converge, idempotence, verify
style types changelog lint importer molecule:
	@tests/tools/gates.sh $@ $(VENV) $(TOOLS)

.PHONY: sanity
sanity: collection ## ansible-test sanity on the installed collection
	@$(VENV)/bin/python tests/tools/sanity.py $(CACHE) $(ARGS)

.PHONY: matrix-2.16 matrix-2.19 matrix-2.21
matrix-2.16: ## unit tests and one lab run on ansible-core 2.16
matrix-2.19: ## the same on ansible-core 2.19
matrix-2.21: ## the same on ansible-core 2.21
matrix-2.16 matrix-2.19 matrix-2.21: venv
	@tests/tools/matrix.sh $(@:matrix-%=%) $(CACHE) $(VENV)

.PHONY: bench
bench: venv ## measure against plain nornir and network_cli; writes build/bench/*.json
	@tests/tools/venv.sh $(BENCH) tests/requirements/bench.txt $(PYTHONS)
	@BENCH=$(BENCH) $(VENV)/bin/python -m tests.benchmarks backup $(ARGS)

.PHONY: bench-netbox
bench-netbox: venv packages ## measure the inventory against nb_inventory on a NetBox with 10,000 devices
	@tests/tools/venv.sh $(BENCH) tests/requirements/bench.txt $(PYTHONS)
	@BENCH=$(BENCH) $(VENV)/bin/python -m tests.benchmarks netbox $(ARGS)

.PHONY: bench-compliance
bench-compliance: venv ## measure judging configurations, beside other parsers
	@$(VENV)/bin/python -m tests.benchmarks compliance $(ARGS)

##@ Look after it

.PHONY: format
format: venv ## put the code into its form
	@$(IN_VENV) ruff check --fix-only --quiet .
	@$(IN_VENV) ruff format .

.PHONY: collection
collection: venv ## build the collection and install it into build/galaxy
	@tests/tools/collection.sh $(VENV)/bin

.PHONY: tools
tools: ## set up the tools with needs of their own (ansible-lint, molecule, ...)
	@tests/tools/venv.sh $(TOOLS) tests/requirements/tools.txt $(PYTHONS)

.PHONY: packages
packages: ## install the Debian packages that the tests need (bindep.txt), or name them
	@tests/tools/packages.sh

.PHONY: lock
lock: ## lock the requirements anew; ARGS=--upgrade takes newer versions
	@python=$$(tests/tools/python.sh $(PYTHONS)); \
	[ -x $(CACHE)/uv/bin/uv ] || { $$python -m venv $(CACHE)/uv && $(CACHE)/uv/bin/pip install --quiet uv; }; \
	tests/tools/lock.sh $(CACHE)/uv/bin/uv $(ARGS)

.PHONY: clean
clean: ## remove what was built here (.venv and build); the shared cache stays
	@[ ! -e $(LAB)/ready.json ] || $(MAKE) lab-down
	@[ ! -e $(NETBOX)/ready.json ] || $(MAKE) netbox-down
	@rm -rf $(VENV) $(VENV).lock build .mypy_cache .pytest_cache .ruff_cache .hypothesis
