# Everything that is done to this repository, by name. Needs rustup, python3, gcc and make; `make test` and `make demo` install the rest
# (as root or with sudo that asks no password) or stop with the one line to run.

PYTHON ?= python3
CARGO ?= cargo
ENVIRONMENT = $(PYTHON) tools/environment.py
PREFIX ?= /usr/local
DESTDIR ?=
LIBDIR ?= lib
INCLUDEDIR ?= include

.DEFAULT_GOAL := help
.PHONY: help doctor prepare test test-long demo round bench install format third-party vectors header instructions corpus clean

help:
	@echo "make doctor         list what this machine lacks, its download size and disk use"
	@echo "make test           run every test; ends with 'N passed, 0 failed'"
	@echo "make test-long      the longer searches; writes tests/long/RESULTS.md"
	@echo "make demo           five hospitals, one server: joint statistics and a joint model on real data"
	@echo "make round          one run across all hosts: R serves, C++ controls, Python, C++, R and firmware contribute"
	@echo "make bench          measure, beside Flower, and write docs/benchmarks.md"
	@echo "make install        the C library, for pkg-config and CMake: PREFIX=/usr/local DESTDIR= LIBDIR=lib INCLUDEDIR=include"
	@echo "make format         format the sources"
	@echo "make third-party    write THIRD-PARTY.md from the lock files"
	@echo "make vectors        write tests/vectors/*.json"
	@echo "make header         write include/cloakwork.h from ffi"
	@echo "make instructions   write the instruction counts that 'make test' compares with"
	@echo "make corpus         let the fuzz targets look for new inputs and keep the smallest set"
	@echo "make clean          remove everything built"

doctor:
	@$(PYTHON) tools/machine.py doctor

prepare:
	@$(PYTHON) tools/machine.py prepare

# For a part of it: make test ONLY="clippy layers"
test: prepare
	@$(PYTHON) tools/test.py $(ONLY)

test-long: prepare
	@$(PYTHON) tools/long.py

demo: prepare
	@$(ENVIRONMENT) run examples/python/demo

round: prepare
	@$(ENVIRONMENT) run tests/hosts/round.py

bench: prepare
	@$(ENVIRONMENT) run benchmarks

# Needs cargo and python3 alone.
install:
	@$(PYTHON) tools/install.py --prefix "$(PREFIX)" --destdir "$(DESTDIR)" --libdir "$(LIBDIR)" --includedir "$(INCLUDEDIR)"

format:
	$(CARGO) fmt --all
	@$(ENVIRONMENT) run -m ruff format bindings/python tools tests examples benchmarks

third-party:
	$(PYTHON) tools/dependencies.py write

vectors:
	@$(ENVIRONMENT) run tests/vectors/generate.py

header:
	CLOAK_BLESS=1 $(CARGO) test --quiet --package cloakwork-ffi --test header

instructions: prepare
	$(PYTHON) tools/instructions.py write

corpus: prepare
	$(PYTHON) tools/fuzz.py search 60

clean:
	rm -rf build target
