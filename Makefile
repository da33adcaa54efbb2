# Needs Python 3.11 or later and make; brings everything else itself. `make help` lists the targets.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: run test unit oracles browser real ci lint types style docs bench lock clean help static

# What is compiled once is not compiled again by each of the many processes that are started.
unexport PYTHONDONTWRITEBYTECODE

BIN := .venv/bin
MANAGE := $(BIN)/python manage.py
# The first of these that is new enough. PYTHON=... chooses another.
PYTHON ?= $(shell for name in python3.11 python3.12 python3.13 python3.14 python3 python; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)
# Companies look into their own TLS: trust what the machine trusts, not only what uv and node carry.
UV_BINARY := .venv/uv/bin/uv
UV := $(UV_BINARY) --quiet --no-progress --system-certs
CERTIFICATES := $(wildcard /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/cert.pem)
NPM := NODE_EXTRA_CA_CERTS="$${NODE_EXTRA_CA_CERTS:-$(firstword $(CERTIFICATES))}" PATH="$(CURDIR)/$(BIN):$$PATH"
TRANSLATIONS := $(wildcard cxhub/locale/*/LC_MESSAGES/*.po)

run: .venv/runtime static  ## Start everything with demo data, on PORT (8000)
	@exec $(MANAGE) up --demo

test: unit oracles browser real  ## All tests but those that take minutes

unit: .venv/development static
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile -m "not browser and not real and not oracle and not naive and not long $(LESS)"

# By file: most of them share what is read once.
oracles: .venv/development static  ## What others, plain loops and paper say
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile -m "(oracle or naive) and not long"

# Dealt out one by one: they take from a second to a minute.
browser: .venv/development static
	$(BIN)/python -m pytest -n auto --maxprocesses 2 --maxschedchunk 1 -m "not long" tests/browser

real: .venv/development static
	$(BIN)/python -m pytest -n auto --maxprocesses 2 --dist loadscope -m "real and not servers and not long"

ci: test  ## The long tests too: kill campaigns, large imports, benchmarks
	$(BIN)/python -m pytest -m long

lint: types style  ## Types, style, templates, missing migrations, generated pages

types: .venv/development
	$(BIN)/mypy

style: .venv/development $(TRANSLATIONS:.po=.mo)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/djade --check $$(find cxhub/templates */templates -name '*.html' | sort -u)
	$(MANAGE) makemigrations --check --dry-run
	$(MANAGE) describe_metrics --check

docs: .venv/development $(TRANSLATIONS:.po=.mo)  ## Write the generated pages in docs/
	$(MANAGE) describe_roles
	$(MANAGE) describe_metrics

bench: .venv/runtime  ## Print the benchmarks
	$(MANAGE) bench recompute
	$(MANAGE) bench series
	$(MANAGE) bench pages
	$(MANAGE) bench api
	$(MANAGE) bench import
	$(MANAGE) bench send
	$(MANAGE) bench answer

lock: $(UV_BINARY)  ## Choose versions anew: requirements*.in to requirements*.txt
	$(UV) pip compile --upgrade --universal --python-version 3.11 --generate-hashes \
		--custom-compile-command "make lock" requirements.in -o requirements.txt
	$(UV) pip compile --upgrade --universal --python-version 3.11 --generate-hashes \
		--custom-compile-command "make lock" requirements-dev.in -o requirements-dev.txt

clean:  ## Remove what was built or installed; the data in var/ stays
	rm -rf .venv node_modules build

help:  ## This list
	@while IFS= read -r line; do case "$$line" in [a-z]*:*"##"*) \
		printf '  make %-8s %s\n' "$${line%%:*}" "$${line##*## }";; esac; done < Makefile

static: build/static/.made $(TRANSLATIONS:.po=.mo)

# In a folder of its own, because a sync removes whatever the lock does not name.
$(UV_BINARY):
	@test -n "$(PYTHON)" || { echo "cxhub needs Python 3.11 or later on the PATH, or PYTHON=/path/to/it." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) cannot make virtual environments. On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@echo "Installing Python packages into .venv"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --target .venv/uv "uv>=0.9"

# Without a development stamp only what runs is installed; with one, all of it, so that `make run` removes no test tool.
.venv/runtime: requirements.txt requirements-dev.txt | $(UV_BINARY)
	@if test -e .venv/development; then $(MAKE) --no-print-directory .venv/development; \
		else $(UV) pip sync --python $(BIN)/python requirements.txt; fi
	@touch $@

.venv/development: requirements.txt requirements-dev.txt | $(UV_BINARY)
	@$(UV) pip sync --python $(BIN)/python requirements.txt requirements-dev.txt
	@touch .venv/runtime $@

node_modules/.made: package.json package-lock.json | .venv/runtime
	@echo "Installing front-end packages into node_modules"
	@$(NPM) npm ci --silent
	@touch $@

build/static/.made: node_modules/.made cxhub/management/commands/build_frontend.py
	@$(MANAGE) build_frontend
	@touch $@

%.mo: %.po | .venv/runtime
	@$(MANAGE) compile_messages
	@touch $@
