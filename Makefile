# Every target can be run again. TORCH=0 leaves the libtorch worker out; CUDA=1 installs the libtorch
# that can use a GPU.
TORCH ?= 1
CUDA ?= 0
PREFIX ?= $(HOME)/.local

ifeq ($(TORCH),1)
setup_arguments = $(if $(filter 1,$(CUDA)),--torch-cuda,--torch)
torch_env = . scripts/torch-env.sh &&
endif

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup build demo test test-rig lint bench install clean

help: ## Show what there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: ## Install what the build needs (packages; libtorch into .torch/)
	@scripts/setup.sh $(setup_arguments)

.PHONY: setup-tests
setup-tests:
	@scripts/setup.sh --tests $(setup_arguments)

build: setup ## Build the release programs: vidaio and, unless TORCH=0, vidaio-torch
	cargo build --release --locked
ifeq ($(TORCH),1)
	$(torch_env) cargo build --release --locked -p vidaio-torch
endif

demo: build ## Make the fixture clips and score them, compressed and upscaled
	@scripts/demo.sh

test: setup-tests ## Run every test
	@rm -f target/skipped-tests.txt && mkdir -p target
ifeq ($(TORCH),1)
	$(torch_env) cargo build --locked -p vidaio-torch
	$(torch_env) cargo test --locked -p vidaio-torch
endif
	VIDAIO_SKIP_LIST=$(CURDIR)/target/skipped-tests.txt \
	VIDAIO_TEST_RIG=$(CURDIR)/.rig/bin/python \
	VIDAIO_TEST_TORCH=$(if $(filter 1,$(TORCH)),$(CURDIR)/target/debug/vidaio-torch) \
	cargo test --locked -p vidaio -p vidaio-worker-protocol
	@if [ -s target/skipped-tests.txt ]; then \
	  echo "$$(wc -l < target/skipped-tests.txt) tests were skipped:"; cat target/skipped-tests.txt; \
	else echo 'no test was skipped'; fi

test-rig: setup-tests ## Run the network's own Python client against vidaio mine
	@scripts/test-rig.sh

lint: setup ## Format, clippy and docs, without a warning
	cargo fmt --all --check
	$(torch_env) cargo clippy --locked --all-targets $(if $(filter 1,$(TORCH)),--workspace) -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --locked --no-deps -p vidaio -p vidaio-worker-protocol

bench: build ## Measure against peers; takes about half an hour
	@scripts/bench.sh $(if $(filter 1,$(TORCH)),--pieapp)

install: build ## Install the programs into PREFIX/bin
	install -D -t $(PREFIX)/bin target/release/vidaio target/release/vidaio-video
ifeq ($(TORCH),1)
	install -D -t $(PREFIX)/bin target/release/vidaio-torch
endif

clean: ## Remove what was built; .torch/ stays
	cargo clean
