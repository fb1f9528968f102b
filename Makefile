# Fritzy: `make` lists what there is to do. Needs git, make and Node >= 20 with npm; the rest is installed on first use.
SHELL := /bin/sh
.DEFAULT_GOAL := help
# The pinned Node 26 that npm brought, and the tools beside it.
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)
# Empty unless given: then the programs' own defaults hold.
export PORT HOST FRITZY_DATA CURRENCY LOG_LEVEL CLEAN

INSTALLED := node_modules/.package-lock.json
AGAINST ?= HEAD~1
# Room for the objects of many requests at once: with less, V8 copies them while they are still in use.
NODE_FLAGS := $(shell cat cmd/fritzy/node-flags)
# Where the engines are: the environment, else what make engines-up wrote, else where docker-compose publishes them.
ENGINES_ENV = $(addprefix --env-file=,scripts/compose.env $(wildcard .fritzy/engines/env))

.PHONY: help
help: ## List what there is to do
	@grep -hE '^[a-z-]+:.*## ' Makefile | awk -F ':.*## ' '{ printf "  make %-14s %s\n", $$1, $$2 }'

$(INSTALLED): package.json package-lock.json
	@sh scripts/install.sh

.PHONY: install
install: $(INSTALLED) ## Install what is missing

.PHONY: run
run: $(INSTALLED) ## Start the whole shop: make run [PORT=9000] [FRITZY_DATA=/some/folder]
	@exec node $(NODE_FLAGS) cmd/fritzy/main.ts

.PHONY: migrate-up
migrate-up: $(INSTALLED) ## Make the tables and topics of all services (waits up to a minute for engines that start)
	@node $(ENGINES_ENV) cmd/migrate/main.ts up

.PHONY: migrate-status
migrate-status: $(INSTALLED) ## Say what is made and what is pending; exit status 1 if something is
	@node $(ENGINES_ENV) cmd/migrate/main.ts status

.PHONY: run-all
run-all: $(INSTALLED) ## Start every service as a process of its own; one Ctrl-C ends all: make run-all [PORT=9000]
	@exec node $(ENGINES_ENV) scripts/run-all.ts

.PHONY: stop
stop: $(INSTALLED) ## End what make run-all started
	@node scripts/stop.ts

# Nothing if an embedded shop runs on the data folder, whose databases the programs then find; otherwise the engines.
SHOP_ENV = $(if $(wildcard $(or $(FRITZY_DATA),.fritzy)/postgres/postmaster.pid),,$(ENGINES_ENV))

.PHONY: dlq
dlq: $(INSTALLED) ## List events that could not be handled: make dlq [TOPIC=order.created] [SINCE=2h]
	@TOPIC='$(TOPIC)' SINCE='$(SINCE)' node $(SHOP_ENV) cmd/dlq/main.ts list

.PHONY: dlq-replay
dlq-replay: $(INSTALLED) ## Give them to their consumers again, each once: make dlq-replay TOPIC=order.created [SINCE=2h]
	@TOPIC='$(TOPIC)' SINCE='$(SINCE)' node $(SHOP_ENV) cmd/dlq/main.ts replay

.PHONY: seed
seed: $(INSTALLED) ## Fill the running shop's data folder: 10,000 products, 1,000 accounts, 5,000 orders
	@node scripts/seed.ts

.PHONY: reindex
reindex: $(INSTALLED) ## Rebuild the search index while the shop goes on: make reindex [SEARCH_URL=http://host:9200]
	@node $(SHOP_ENV) catalog/cmd/reindex/main.ts

.PHONY: test
test: $(INSTALLED) ## Run all tests that need no more than PostgreSQL: make test [ONLY=order/test]
	@node scripts/test.ts $(ONLY)

.PHONY: test-engines
test-engines: $(INSTALLED) ## Run the tests that need Kafka, Elasticsearch, OpenSearch, Redis: make test-engines [ONLY=platform]
	@node scripts/test.ts --engines $(ONLY)

.PHONY: engines
engines: $(INSTALLED) ## Collect Kafka, Elasticsearch, OpenSearch and Redis for tests and development, once
	@node scripts/engines.ts

.PHONY: engines-up
engines-up: engines ## Start 3 Kafka brokers, Elasticsearch, Redis and PostgreSQL on this machine
	@node scripts/engines-up.ts

.PHONY: engines-down
engines-down: $(INSTALLED) ## Stop what engines-up started: make engines-down [CLEAN=1 removes its data]
	@node scripts/engines-down.ts

.PHONY: coverage
coverage: $(INSTALLED) ## Run the same tests and require that they cover 85 % of the lines
	@node scripts/test.ts --coverage $(ONLY)

.PHONY: bench
bench: $(INSTALLED) ## Measure, and print ratios against named references
	@node bench/main.ts

.PHONY: bench-reindex
bench-reindex: $(INSTALLED) ## Rebuild the index of 100,000 products under load; fails if it loses, shows half or takes too much
	@node bench/reindex.ts

.PHONY: bench-idle
bench-idle: $(INSTALLED) ## Measure PostgreSQL's CPU for an idle shop, before and after 100,000 orders
	@node bench/idle.ts

.PHONY: lint
lint: $(INSTALLED) ## Check the code: lint, format, protobuf
	@oxlint --deny-warnings
	@oxfmt --check .
	@buf lint
	@buf format --diff --exit-code

.PHONY: lint-deploy
lint-deploy: $(INSTALLED) ## Check Dockerfile, docker-compose.yml and shell scripts; tools that are missing are named
	@sh scripts/lint-deploy.sh

.PHONY: check-image
check-image: $(INSTALLED) ## Build the container image and order from it; needs docker and root
	@sh scripts/check-image.sh

.PHONY: format
format: $(INSTALLED) ## Format the code
	@oxfmt .
	@buf format --write

.PHONY: typecheck
typecheck: $(INSTALLED) ## Check the types
	@tsc --noEmit

.PHONY: generate
generate: $(INSTALLED) ## Generate code from the .proto and .graphql files
	@buf generate
	@graphql-codegen --config codegen.ts --silent

.PHONY: breaking
breaking: $(INSTALLED) ## Check that .proto files stay compatible with AGAINST (a git revision; the commit before)
	@if git cat-file -e '$(AGAINST):account/pb/account.proto' 2>/dev/null; then \
	  buf breaking --against '.git#ref=$(AGAINST)'; \
	else echo "nothing to compare with at $(AGAINST)"; fi

.PHONY: check
check: lint typecheck coverage ## Lint, types, tests and coverage; .ci/run checks more, on a clean clone
