# The tests' targets. JOBS: how many tests run at once.
JOBS ?= 2

.PHONY: check check-nested
#: make check [JOBS=2]           all tests; those that can't run here say why
check: tests
	@BUILD=$(BUILD) tests/run -j $(JOBS)

#: make check-nested [JOBS=2]    those that need KVM under the ordinary kvm_amd, in nested guests
check-nested: tests
	@BUILD=$(BUILD) JOBS=$(JOBS) tests/nested/check.sh

.PHONY: bench
#: make bench [ROWS=PATTERN]     what stepvm costs, beside QEMU: all rows, or those whose name matches
bench: tests
	@BUILD=$(BUILD) tests/bench.sh

.PHONY: docs
#: make docs                     docs/MONITOR.md, from the table of monitor commands
docs: tests
	$(Q)$(BUILD)/tests/tools/monitor_doc > docs/MONITOR.md

.PHONY: fuzz fuzz-targets
#: make fuzz [TARGET=] [TIME=60]  fuzzers for TIME seconds a target: libFuzzer, AFL++ or neither
fuzz:
	@tests/fuzz.sh
# With a fuzzer (FUZZER=libfuzzer or afl) as well: tests/fuzz.sh says how.
fuzz-targets: $(FUZZ_BIN)
.PHONY: check-sanitizers check-sanitizers-quick check-valgrind
sanitizers = +$(Q)BUILD=$(BUILD) CC="$(CC)" JOBS=$(JOBS) MAKE="$(MAKE)" tests/sanitizers.sh $(1) $(TESTS)
#: make check-sanitizers [TESTS=] the tests under Address-, UndefinedBehavior- and ThreadSanitizer
check-sanitizers:
	$(call sanitizers,all)
#: make check-sanitizers-quick   a part of them, in some minutes
check-sanitizers-quick:
	$(call sanitizers,quick)
#: make check-valgrind [TESTS=]  the unit tests under valgrind
check-valgrind:
	$(call sanitizers,valgrind)
# The program once more, with a seam to the host: tests/faults/seam.h.
FAULTS_SRC := $(filter-out tests/faults/seam.c,$(wildcard tests/faults/*.c))
SEAM_CALLS := $(shell sed -n 's/^ *X(\([a-z0-9_]*\)).*/\1/p' tests/faults/seam.h)

$(BUILD)/tests/faults/stepvm: $(call obj,vmm/main.c tests/faults/seam.c) $(BUILD)/libvmm.a \
                              $(BUILD)/libgdbstub.a
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -fno-lto $(addprefix -Wl$(comma)--wrap=,$(SEAM_CALLS)) -o $@ $^
$(BUILD)/tests/faults/faults: $(call obj,$(FAULTS_SRC))
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^
tests: $(BUILD)/tests/faults/stepvm $(BUILD)/tests/faults/faults

.PHONY: faults
#: make faults [SCENARIOS=...]   every call of the host made to fail in turn: an hour or two
faults: tests
	@$(BUILD)/tests/faults/faults -a $(BUILD)/tests/faults/stepvm $(BUILD)/guests $(SCENARIOS)

.PHONY: soak
#: make soak [MINUTES=60]        random operations for that long: descriptors, threads, memory constant
MINUTES ?= 60
soak: tests
	@BUILD=$(BUILD) tests/soak.sh $(MINUTES)

.PHONY: coverage
#: make coverage [TESTS=]        lines and functions that the tests reach, file by file (gcov)
coverage:
	+$(Q)BUILD=$(BUILD) CC="$(CC)" JOBS=$(JOBS) MAKE="$(MAKE)" tests/coverage.sh $(TESTS)
