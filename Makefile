# Every target can be run again. TORCH=0 leaves the libtorch worker out; CUDA=1 installs the libtorch
# that can use a GPU.
TORCH ?= 1
CUDA ?= 0
PREFIX ?= $(HOME)/.local

ifneq ($(filter-out 0 1,$(TORCH)),)
$(error TORCH is $(TORCH), but must be 0 or 1)
endif
ifeq ($(TORCH),1)
setup_arguments = $(if $(filter 1,$(CUDA)),--torch-cuda,--torch)
torch_env = . scripts/torch-env.sh &&
packages = --workspace
worker = -p vidaio-torch
else
packages = -p vidaio -p vidaio-worker-protocol
endif

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup build demo test test-core test-rig kill fuzz lint bench deb test-deb install clean

help: ## Show what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: ## Install what the build needs (packages; libtorch into .torch/)
	@scripts/setup.sh $(setup_arguments)

.PHONY: setup-tests
setup-tests:
	@scripts/setup.sh --tests $(setup_arguments)

build: setup ## Build the programs with everything: vidaio and, unless TORCH=0, vidaio-torch
	$(torch_env) cargo build --release --locked -p vidaio $(worker)

# Without the chain and the miner, which take longer to build than all that scores. `make build` puts the programs
# with everything in the same place.
demo: setup ## Build the scoring programs, make the fixture clips and score them, compressed and upscaled
	$(torch_env) cargo build --release --locked --no-default-features -p vidaio $(worker)
	@scripts/demo.sh target/release

# The worker and vidaio are built in one go, so that what they share is built once.
test: setup-tests ## Run every test
	@rm -f target/skipped-tests.txt && mkdir -p target
	$(torch_env) VIDAIO_SKIP_LIST=$(CURDIR)/target/skipped-tests.txt \
	VIDAIO_TEST_RIG=$(CURDIR)/.rig/bin/python \
	VIDAIO_TEST_TORCH=$(if $(filter 1,$(TORCH)),$(CURDIR)/target/debug/vidaio-torch) \
	cargo test --locked $(packages)
	@scripts/skipped.sh target/skipped-tests.txt

# SKIP has parts of the names of tests that are left out; a module's name with its colons leaves out the module.
test-core: setup-tests ## Run every test of the build without the chain and the miner
	@rm -f target/skipped-tests.txt && mkdir -p target
	VIDAIO_SKIP_LIST=$(CURDIR)/target/skipped-tests.txt \
	VIDAIO_TEST_TORCH=$(wildcard $(CURDIR)/target/debug/vidaio-torch) \
	cargo test --locked -p vidaio --no-default-features -- $(addprefix --skip ,$(SKIP))
	@scripts/skipped.sh target/skipped-tests.txt

test-rig: setup-tests ## Run the network's own Python client against vidaio mine
	@$(torch_env) scripts/test-rig.sh $(packages)

# All commands together are killed so often; the tests do it 50 times.
RUNS ?= 1000

kill: setup-tests ## Kill compress, upscale and mine at RUNS random moments; nothing may be lost or half-written
	$(torch_env) VIDAIO_KILLS='$(RUNS)' cargo test --locked $(packages) --test it -- killed_at_random_moments

MINUTES ?= 10

fuzz: ## Feed every reader, or TARGET, for MINUTES with what AFL++ makes up
	@scripts/setup.sh
	@scripts/fuzz.sh '$(MINUTES)' $(TARGET)

lint: setup ## Format, clippy, docs and licences, without a warning
	cargo fmt --all --check
	cargo fmt --manifest-path fuzz/Cargo.toml --check
	@cargo metadata --locked --format-version 1 --manifest-path fuzz/Cargo.toml >/dev/null
	$(torch_env) cargo clippy --locked --all-targets $(packages) -- -D warnings
	cargo clippy --locked --all-targets -p vidaio --no-default-features -- -D warnings
	cargo clippy --locked -p vidaio --no-default-features --features subnet -- -D warnings
	$(torch_env) RUSTDOCFLAGS='-D warnings' cargo doc --locked --no-deps $(packages)
	@scripts/deny.sh

bench: setup ## Measure against peers; takes about an hour, half of it to build
	$(torch_env) cargo build --profile dist --locked -p vidaio $(worker)
	@scripts/bench.sh $(if $(filter 1,$(TORCH)),--pieapp)

deb: setup ## Make the Debian packages in target/debian; takes about 20 minutes
	@scripts/deb.sh $(if $(filter 1,$(TORCH)),--torch)

test-deb: ## Install the packages into a clean Debian 12, use them, remove them
	@scripts/test-deb.sh target/debian

install: build ## Install the programs into PREFIX/bin
	install -D -t '$(PREFIX)/bin' target/release/vidaio target/release/vidaio-video
ifeq ($(TORCH),1)
	install -D -t '$(PREFIX)/bin' target/release/vidaio-torch
endif

clean: ## Remove what was built; .torch/ stays
	cargo clean
