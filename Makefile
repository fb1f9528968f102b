# `make` lists the targets. Needs git, make and Node >= 20 with npm; everything else is installed on first use.
SHELL := /bin/sh
.DEFAULT_GOAL := help
# The pinned Node 26 and the development tools that npm installed.
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)
# An empty variable selects the default of the program.
export PORT HOST FRITZY_DATA CURRENCY CURRENCY_DECIMALS SHOP_NAME LOG_LEVEL CLEAN

INSTALLED := node_modules/.package-lock.json
# A young generation that holds the objects of many concurrent requests: with less, V8 copies them while they are in use.
NODE_FLAGS := $(shell cat cmd/fritzy/node-flags)
# The URLs of the engines, in order of precedence: the environment, the file of make engines-up, the ports of docker-compose.
ENGINES_ENV = $(addprefix --env-file=,scripts/compose.env $(wildcard .fritzy/engines/env))

.PHONY: help
help: ## List the targets
	@awk -f scripts/help.awk Makefile

$(INSTALLED): package.json package-lock.json
	@sh scripts/install.sh

##@ Use

.PHONY: run
run: $(INSTALLED) ## Run all services in one process [PORT=9000] [FRITZY_DATA=/some/folder]
	@exec node $(NODE_FLAGS) cmd/fritzy/main.ts

.PHONY: seed
seed: $(INSTALLED) ## Add 10,000 products, 1,000 accounts and 5,000 orders
	@exec node scripts/seed.ts

.PHONY: token
token: $(INSTALLED) ## Print an access token for an hour [ROLE=support]
	@ROLE='$(ROLE)' node cmd/token/main.ts

.PHONY: rotate-keys
rotate-keys: $(INSTALLED) ## Add a key of access tokens; old ones stay valid until they expire
	@node cmd/rotate-keys/main.ts

.PHONY: install
install: $(INSTALLED) ## Install the pinned packages if they are missing

##@ Develop

.PHONY: test
test: $(INSTALLED) ## Run the tests that need only PostgreSQL [ONLY=order/test]
	@node scripts/test.ts $(ONLY)

.PHONY: test-engines
test-engines: $(INSTALLED) ## Run the tests that need Kafka, Elasticsearch, OpenSearch or Redis
	@node scripts/test.ts --engines $(ONLY)

.PHONY: test-long
test-long: $(INSTALLED) ## Run all tests with the full number of rounds; test and test-engines use fewer
	@node scripts/test.ts --long
	@node scripts/test.ts --long --engines

.PHONY: coverage
coverage: $(INSTALLED) ## Run the tests of make test; fail if less than 85 % of the lines are covered
	@node scripts/test.ts --coverage $(ONLY)

.PHONY: check
check: lint typecheck coverage ## Run lint, typecheck and coverage; .ci/run runs more checks, on a clean clone

.PHONY: lint
lint: $(INSTALLED) ## Check code, format, GraphQL and protobuf files
	@oxlint --deny-warnings
	@eslint --max-warnings 0 graphql/graph
	@oxfmt --check .
	@buf lint
	@buf format --diff --exit-code

.PHONY: typecheck
typecheck: $(INSTALLED) ## Check the types
	@tsc --noEmit

.PHONY: format
format: $(INSTALLED) ## Format the code
	@oxfmt .
	@buf format --write

.PHONY: generate
generate: $(INSTALLED) ## Generate code from .proto and .graphql files
	@buf generate
	@graphql-codegen --config codegen.ts --silent

.PHONY: breaking
# Without AGAINST: .proto files against the previous commit, schema.graphql against the last release.
breaking: PROTO_BASE = $(or $(AGAINST),HEAD~1)
breaking: $(INSTALLED) ## Check .proto files and schema.graphql for breaking changes [AGAINST=v1.0]
	@if git cat-file -e '$(PROTO_BASE):account/pb/account.proto' 2>/dev/null; then \
	  buf breaking --against '.git#ref=$(PROTO_BASE)'; \
	else echo "protobuf: skipped: $(PROTO_BASE) has no .proto files"; fi
	@node scripts/breaking-schema.ts $(AGAINST)

.PHONY: lint-deploy
lint-deploy: $(INSTALLED) ## Check Dockerfile, docker-compose.yml and shell scripts
	@sh scripts/lint-deploy.sh

.PHONY: check-image
check-image: $(INSTALLED) ## Build the container image, run it and place an order; needs docker and root
	@sh scripts/check-image.sh

.PHONY: bench
bench: $(INSTALLED) ## Measure throughput against references in the same run
	@node bench/main.ts

.PHONY: bench-compare
bench-compare: $(INSTALLED) ## Compare the throughput with that of another revision [AGAINST=v1.0]
	@node bench/compare.ts $(or $(AGAINST),HEAD~1)

.PHONY: bench-reindex
bench-reindex: $(INSTALLED) ## Measure and check an index rebuild of 100,000 products under load
	@node bench/reindex.ts

.PHONY: bench-search
bench-search: $(INSTALLED) ## Measure searches in PostgreSQL among 100,000 products; fail above 50 ms
	@node bench/search-postgres.ts

.PHONY: bench-sign-in
bench-sign-in: $(INSTALLED) ## Measure the cost of permissions, and whether times show accounts
	@node bench/sign-in.ts

.PHONY: bench-idle
bench-idle: $(INSTALLED) ## Measure the CPU time of an idle PostgreSQL, before and after 100,000 orders
	@node bench/idle.ts

##@ Operate

.PHONY: run-all
run-all: $(INSTALLED) ## Run each service in its own process; Ctrl-C stops all of them [PORT=9000]
	@exec node $(ENGINES_ENV) scripts/run-all.ts

.PHONY: stop
stop: $(INSTALLED) ## Stop the processes that make run-all started
	@node scripts/stop.ts

.PHONY: migrate-up
migrate-up: $(INSTALLED) ## Create the tables and topics of all services; wait up to 60 s per engine
	@node $(ENGINES_ENV) cmd/migrate/main.ts up

.PHONY: migrate-status
migrate-status: $(INSTALLED) ## List applied and pending migrations; exits with status 1 if any is pending
	@node $(ENGINES_ENV) cmd/migrate/main.ts status

# Empty if `make run` runs on the data folder: the programs then find its databases. Otherwise the URLs of the engines.
SHOP_ENV = $(if $(wildcard $(or $(FRITZY_DATA),.fritzy)/postgres/postmaster.pid),,$(ENGINES_ENV))

.PHONY: dlq
dlq: $(INSTALLED) ## List dead letters [TOPIC=order.created] [SINCE=2h]
	@TOPIC='$(TOPIC)' SINCE='$(SINCE)' node $(SHOP_ENV) cmd/dlq/main.ts list

.PHONY: dlq-replay
dlq-replay: $(INSTALLED) ## Replay the dead letters of a topic, each once: TOPIC=order.created [SINCE=2h]
	@TOPIC='$(TOPIC)' SINCE='$(SINCE)' node $(SHOP_ENV) cmd/dlq/main.ts replay

.PHONY: reindex
reindex: $(INSTALLED) ## Rebuild the search index while the shop runs [SEARCH_URL=http://host:9200]
	@node $(SHOP_ENV) catalog/cmd/reindex/main.ts

.PHONY: search-report
search-report: $(INSTALLED) ## Rank the expected products of your queries: FILE=queries.csv [FORMAT=csv]
	@FILE='$(FILE)' FORMAT='$(FORMAT)' node $(SHOP_ENV) catalog/cmd/search-report/main.ts

.PHONY: engines
engines: $(INSTALLED) ## Install Kafka, Elasticsearch, OpenSearch and Redis for tests and development
	@node scripts/engines.ts

.PHONY: engines-up
engines-up: engines ## Start 3 Kafka brokers, Elasticsearch, Redis and PostgreSQL in the background
	@node scripts/engines-up.ts

.PHONY: engines-down
engines-down: $(INSTALLED) ## Stop the engines of make engines-up [CLEAN=1 also deletes their data]
	@node scripts/engines-down.ts
