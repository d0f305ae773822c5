# A thin wrapper over the CMake presets; `make` alone lists what it can do.

JOBS ?= $(shell nproc 2>/dev/null || echo 2)
FUZZ_SECONDS ?= 60
BENCH ?=
PREFIX ?= /usr/local

CHAMPION := examples/champions/cartpole.json
BIN := build/release/bin
PRODUCTS := wannc wann wann_static wann_shared

.DEFAULT_GOAL := help
.PHONY: help deps demo build test bench asan tsan fuzz prove-kernels install deb dist clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

deps: ## install every Debian package that building and testing can use
	@scripts/install-deps test

demo: ## from a bare Debian machine to a compiled champion and how fast it is
	@scripts/install-deps demo
	@$(MAKE) --no-print-directory build
	@scripts/demo $(BIN) $(CHAMPION) build/demo

build: ## release build: build/release/bin, build/release/lib
	cmake --preset release
	cmake --build --preset release --parallel $(JOBS) --target $(PRODUCTS)

test: ## everything built, every test run
	@scripts/install-deps test
	cmake --preset release -DWANN_WERROR=ON
	cmake --build --preset release --parallel $(JOBS)
	ctest --preset release --parallel $(JOBS)

bench: ## the benchmarks: tables, and JSON under build/bench; BENCH=--quick takes a minute
	@scripts/install-deps bench
	cmake --preset release
	cmake --build --preset release --parallel $(JOBS)
	@scripts/bench build/release build/bench $(BENCH)

asan: ## the tests under the address and undefined behaviour sanitizers; CTEST='-R env' chooses
tsan: ## the tests under the thread sanitizer
asan tsan:
	cmake --preset $@ -DWANN_WERROR=ON
	cmake --build --preset $@ --parallel $(JOBS)
	ctest --preset $@ --parallel $(JOBS) $(CTEST)

fuzz: ## each fuzz target for FUZZ_SECONDS (60)
	@scripts/install-deps test
	cmake --preset fuzz
	cmake --build --preset fuzz --parallel $(JOBS)
	@scripts/fuzz build/fuzz $(FUZZ_SECONDS)

prove-kernels: ## the math kernels against MPFR, over every float (minutes)
	@scripts/install-deps test
	cmake --preset release
	cmake --build --preset release --parallel $(JOBS) --target prove_kernels prove_kernels_f64
	build/release/bench/prove_kernels
	build/release/bench/prove_kernels_f64

install: build ## install under PREFIX (/usr/local)
	cmake --install build/release --prefix $(PREFIX)

deb: build ## a Debian package in build/release
	cd build/release && cpack -G DEB

DIST ?= build/dist
VERSION = $(shell sed -n 's/^project.wann VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
dist: ## the committed sources as an archive in build/dist
	@mkdir -p $(DIST)
	git archive --prefix=wann-$(VERSION)/ -o $(abspath $(DIST))/wann-$(VERSION).tar.gz HEAD

clean: ## remove everything that was built
	rm -rf build
