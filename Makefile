# Each target is a short script in scripts/; the environment they share is scripts/env.sh.

.DEFAULT_GOAL := help
.PHONY: help run example test setup leptos fmt doc package lint deny build layout unit browser engines client fuzz libfuzzer bench clean-tools
.NOTPARALLEL:

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## Set up, build in release and serve http://127.0.0.1:3000
	@scripts/run.sh

example: setup-run ## Build examples/leptos in release and serve http://127.0.0.1:4001
	@scripts/build.sh example
	@mkdir -p data/example && DATA=data/example target/release/example-leptos

test: ## Set up, then run everything: format, lint, build, packages, unit, integration, API and browser tests
	@scripts/test.sh

setup: ## Install what is missing for `run` and `test`, into .tools/ where possible
	@scripts/setup.sh test

leptos: setup-run ## Install cargo-leptos, for `cargo leptos watch` and `cargo leptos end-to-end`
	@scripts/setup-leptos.sh

fmt: ## Format the Rust code
	@cargo fmt --all

doc: ## Build the documentation of the two libraries, in target/doc (ARGS go to cargo doc: ARGS=--open)
	@scripts/doc.sh $(ARGS)

package: ## Make the packages of the two libraries, in target/package
	@scripts/package.sh

lint: setup-run ## Clippy for the server, the library, the fuzz targets and the browser half; compiles the tests
	@scripts/lint.sh

deny: ## Licences, sources and known weaknesses of what we use (ARGS go to cargo deny check)
	@scripts/deny.sh $(ARGS)

build: setup-run ## Build the site and the server in release
	@scripts/build.sh

layout: build ## The program in the layout of the image, as another user with a read-only root, and the systemd unit
	@scripts/layout.sh

unit: setup-run ## Unit and integration tests (ARGS go to cargo test)
	@scripts/unit.sh $(ARGS)

browser: setup build ## Browser tests (ARGS go to Playwright: ARGS='--grep revoke')
	@scripts/build.sh example
	@scripts/browser.sh $(ARGS)

engines: setup build ## One journey in Firefox and WebKit (ENGINES='firefox' leaves the other out; ARGS go to Playwright)
	@scripts/engines.sh $(ARGS)

client: setup build ## The real Better Auth client, and our plugin in it, against this server
	@scripts/client.sh

fuzz: setup build ## What the OpenAPI document allows and forbids (ARGS go to schemathesis)
	@scripts/fuzz.sh $(ARGS)

libfuzzer: setup-run ## Cookies, headers, bodies, forms and events by cargo-fuzz, FUZZ_SECONDS=60 each (ARGS name targets)
	@scripts/libfuzzer.sh $(ARGS)

bench: setup-run ## Speed and memory beside better-auth and a bare route, about 20 minutes (ARGS='requests rows' names sections)
	@scripts/build.sh bench
	@scripts/bench.sh $(ARGS)

clean-tools: ## Remove what `setup` installed in this folder
	rm -rf .tools tools/node_modules client/node_modules end2end/node_modules end2end/client/node_modules

.PHONY: setup-run
setup-run:
	@scripts/setup.sh
