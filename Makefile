# The commands of this repository; `make help` lists them. CMake does the work.
MAKEFLAGS += --no-print-directory
# One compiler more than cores keeps them busy while others read.
JOBS ?= $(shell expr $$(nproc) + 1)
TEST_JOBS ?= $(shell nproc)

.PHONY: help run test torture simulate demo bench scorer fmt clean release
.DEFAULT_GOAL := help

help: ## Shows this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1	\2/p' Makefile | expand -t 16

run: ## Builds a release and serves on 127.0.0.1:8080 until Ctrl-C
	@scripts/setup build
	@$(MAKE) release
	@exec scripts/run

test: ## Builds and runs every test
	@scripts/setup build test
	@$(MAKE) build/dev/build.ninja
	@cmake --build build/dev --parallel $(JOBS)
	@ctest --test-dir build/dev --no-tests=error -j $(TEST_JOBS) --output-on-failure

torture: ## Runs the long forms of the torture tests: hours; TORTURE="FILE..." chooses
	@scripts/setup build test
	@$(MAKE) build/dev/build.ninja
	@cmake --build build/dev --parallel $(JOBS) --target nipd nip_plugins test_plugins torture_shim
	@cd tests/torture && NIP_LONG_TESTS=1 NIP_BIN_DIR=$(CURDIR)/build/dev/bin \
	  NIP_TORTURE_SHIM=$(CURDIR)/build/dev/tests/torture/torture_shim.so \
	  python3 -B -m pytest -q -p no:cacheprovider --tb=short $(TORTURE)

simulate: ## Runs the broker in NIP_SEEDS simulated worlds (100000) from NIP_FIRST_SEED on (1)
	@scripts/setup build test
	@$(MAKE) build/dev/build.ninja
	@cmake --build build/dev --parallel $(JOBS) --target simulation
	@for part in First Second; do NIP_SEEDS=$${NIP_SEEDS:-100000} build/dev/bin/simulation \
	  --gtest_filter="*$${part}Part*" & all="$$all $$!"; done; for each in $$all; do wait $$each || exit 1; done

demo: ## Kills nipd -9 under load and counts what was lost
	@scripts/setup build test
	@$(MAKE) release
	@scripts/demo

bench: ## Builds and runs the micro-benchmarks
	@scripts/setup build bench
	@cmake --preset release -DNIP_BENCH=ON
	@$(MAKE) release
	@for each in build/release/bin/*_bench; do echo "== $$each"; $$each --benchmark_min_time=0.2 || exit 1; done

scorer: ## Compares scorers in simulated worlds and draws docs/internals/scorer/*.svg (an hour or so; SEEDS=3 is quicker)
	@scripts/setup build bench
	@cmake --preset release -DNIP_BENCH=ON
	@cmake --build build/release --parallel $(JOBS) --target scorer_sim
	@mkdir -p docs/internals/scorer
	@build/release/bin/scorer_sim --seeds $(or $(SEEDS),20) --plots docs/internals/scorer

fmt: ## Formats every source
	@scripts/setup test
	@git ls-files -co --exclude-standard -- '*.cpp' '*.hpp' '*.c' '*.h' | xargs clang-format-19 -i

clean: ## Removes what was built
	@rm -rf build

release: build/release/build.ninja
	@cmake --build build/release --parallel $(JOBS)

# Later changes of the build files are seen by ninja itself.
build/%/build.ninja: CMakePresets.json
	@cmake --preset $*
	@touch $@
