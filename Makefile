# stepvm: `make` builds, `make demo` shows, `make check` tests. `make help` lists the rest.

PREFIX  ?= /usr/local
DESTDIR ?=
BUILD   ?= build
VERSION := 0.1.0

ifeq ($(origin CC),default)
CC := gcc
endif

# make V=1 shows each command whole.
ifeq ($(V),1)
Q   :=
say :=
else
Q   := @
say  = @echo "  $(1)  $(2)";
endif

WARNINGS := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
            -Wold-style-definition -Wpointer-arith -Wcast-qual -Wwrite-strings -Wundef \
            -Wformat=2 -Wvla -Wimplicit-fallthrough
OPTIMIZE ?= -O2
CPPFLAGS += -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DSTEPVM_VERSION='"$(VERSION)"' -I. -Ivmm
CFLAGS   += -std=gnu11 -g $(OPTIMIZE) $(WARNINGS) -fno-strict-aliasing -fstack-protector-strong -pthread
LDFLAGS  += -pthread

# make SANITIZER=address|undefined|thread, or address,undefined, builds into a folder of its own.
comma := ,
ifneq ($(SANITIZER),)
override BUILD := $(BUILD)-$(subst $(comma),-,$(SANITIZER))
CFLAGS  += -fsanitize=$(SANITIZER) -fno-omit-frame-pointer -fno-sanitize-recover=all
LDFLAGS += -fsanitize=$(SANITIZER)
# A sanitizer's run-time opens files, maps memory and traces: the sandbox is without its filter then.
CPPFLAGS += -DSTEPVM_NO_FILTER='"this build has a sanitizer, which needs more"'
endif
ifeq ($(SANITIZER),address,undefined)
# Shared, each brings its own way to report, and what the second finds comes to no file.
LDFLAGS += -static-libasan -static-libubsan
endif
ifneq ($(findstring thread,$(SANITIZER)),)
# It says that it does not see fences. Ours order what the guest sees of a ring (dev/virtqueue.c);
# between threads of our own there are none.
CFLAGS  += -Wno-tsan
endif

# What calls the targets of tests/fuzz: plain.c, or the fuzzer that `make fuzz` has (tests/tests.mk).
FUZZER ?= plain

# make COVERAGE=1 too; make coverage uses it.
ifneq ($(COVERAGE),)
override BUILD := $(BUILD)-coverage
OPTIMIZE := -O1 -fno-inline
CFLAGS  += --coverage -Wno-error # at -O1 gcc knows less of what it warns of
LDFLAGS += --coverage
# What was reached is written at the exit, by opening files.
CPPFLAGS += -DSTEPVM_NO_FILTER='"this build notes what is reached, which opens files"'
endif

# The parts that each step runs through, small functions in many files, are linked as one (link-time
# optimization): a step takes 7 % less. Their objects hold plain code as well, for the library, the
# tests, and `make LTO=`, with which the program is linked in one second in place of seven.
LTO ?= $(if $(SANITIZER)$(COVERAGE)$(findstring clang,$(CC)),,-flto=auto)
HOT_FOLDERS := gdbstub vmm vmm/debug $(addprefix vmm/debug/,breakpoint cpu run step) \
               vmm/kvm vmm/memory vmm/vcpu

obj = $(patsubst %,$(BUILD)/obj/%.o,$(basename $(1)))

STUB_SRC := $(wildcard gdbstub/*.c)
VMM_SRC  := $(filter-out vmm/main.c,$(wildcard vmm/*.c vmm/*/*.c vmm/*/*/*.c))
ROM_SRC  := vmm/bios/rom_blob.S
UNIT_SRC := $(wildcard tests/unit/*.c tests/protocol/*.c)
UNIT_BIN := $(patsubst tests/%.c,$(BUILD)/tests/%,$(UNIT_SRC))
FUZZ_DRIVER := $(if $(filter plain,$(FUZZER)),$(call obj,tests/fuzz/plain.c))
FUZZ_SRC := $(filter-out tests/fuzz/plain.c,$(wildcard tests/fuzz/*.c))
FUZZ_BIN := $(patsubst tests/%.c,$(BUILD)/tests/%,$(FUZZ_SRC))
TOOL_SRC := $(wildcard tests/tools/*.c)
BENCH_SRC := $(wildcard tests/tools/bench/*.c)
HOSTILE_SRC := $(wildcard tests/tools/hostile/*.c)
TOOL_BIN := $(patsubst tests/%.c,$(BUILD)/tests/%,$(TOOL_SRC))

.PHONY: all tests
all: $(BUILD)/stepvm $(BUILD)/libgdbstub.a guests

ifneq ($(LTO),)
$(call obj,$(wildcard $(addsuffix /*.c,$(HOT_FOLDERS)))): CFLAGS += -flto -ffat-lto-objects
endif

# The library shows its gdb_ names only, so that it can be linked into any VMM. The program takes its
# parts, and so do tests of them; that the names are enough is seen where tests/faults links it.
$(BUILD)/libgdbstub.a: $(BUILD)/obj/libgdbstub.o
$(BUILD)/obj/libgdbstub.o: $(call obj,$(STUB_SRC))
	$(call say,LD,$@)
	$(Q)ld -r -o $@ $^
	$(Q)objcopy --wildcard --keep-global-symbol='gdb_*' --remove-section='.gnu.*lto_*' $@

$(BUILD)/libvmm.a: $(call obj,$(VMM_SRC) $(ROM_SRC))
$(BUILD)/%.a:
	@mkdir -p $(@D)
	@rm -f $@
	$(call say,AR,$@)
	$(Q)$(AR) rcs $@ $^

$(BUILD)/stepvm: $(call obj,vmm/main.c $(STUB_SRC)) $(BUILD)/libvmm.a
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) $(or $(LTO),-fno-lto) -o $@ $^

$(BUILD)/obj/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/obj/%.o: %.S Makefile
	@mkdir -p $(@D)
	$(call say,AS,$<)
	$(Q)$(CC) $(CPPFLAGS) -MMD -MP -c -o $@ $<

TOOL_FOLDERS := $(BUILD)/tests/tools/bench $(BUILD)/tests/tools/hostile
tests: all $(UNIT_BIN) $(FUZZ_BIN) $(TOOL_BIN) $(TOOL_FOLDERS)
$(UNIT_BIN) $(FUZZ_BIN) $(TOOL_BIN): $(BUILD)/tests/%: $(BUILD)/obj/tests/%.o
$(FUZZ_BIN): $(FUZZ_DRIVER)
$(BUILD)/tests/tools/bench: $(call obj,$(BENCH_SRC))
$(call obj,$(BENCH_SRC)): OPTIMIZE := -O3
$(BUILD)/tests/tools/hostile: $(call obj,$(HOSTILE_SRC))
$(UNIT_BIN) $(FUZZ_BIN) $(TOOL_BIN) $(TOOL_FOLDERS): $(call obj,$(STUB_SRC)) $(BUILD)/libvmm.a
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(LDFLAGS) -fno-lto $(FUZZ_LINK) -o $@ $(filter %.o,$^) $(filter %.a,$^)

include vmm/bios/rom.mk
include guests/guests.mk
include tests/tests.mk

.PHONY: install clean format compile_commands.json help
install: all
	install -Dm755 $(BUILD)/stepvm $(DESTDIR)$(PREFIX)/bin/stepvm
	install -Dm644 docs/stepvm.1 $(DESTDIR)$(PREFIX)/share/man/man1/stepvm.1
	install -Dm644 docs/stepvm.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/stepvm
	install -Dm644 $(BUILD)/bios.elf $(DESTDIR)$(PREFIX)/share/stepvm/bios.elf
	install -Dm644 $(BUILD)/libgdbstub.a $(DESTDIR)$(PREFIX)/lib/libgdbstub.a
	install -Dm644 gdbstub/gdbstub.h $(DESTDIR)$(PREFIX)/include/gdbstub.h

clean:
	rm -rf $(BUILD) build-address build-undefined build-address-undefined build-thread build-coverage compile_commands.json

format:
	git ls-files '*.c' '*.h' | xargs clang-format -i

# One entry a source file, for clangd; made by make itself, so that no tool is needed.
compile_commands.json:
	@{ echo '['; sep=; for f in $(STUB_SRC) $(VMM_SRC) vmm/main.c $(UNIT_SRC) $(FUZZ_SRC) $(TOOL_SRC) \
	    $(BENCH_SRC) $(HOSTILE_SRC); do \
	  printf '%s{"directory":"%s","file":"%s","command":"%s"}\n' "$$sep" "$(CURDIR)" "$$f" \
	    "$(CC) $(subst ",\\\",$(CPPFLAGS)) $(CFLAGS) -c $$f"; sep=,; done; echo ']'; } > $@

help:
	@sed -n 's/^#: //p' Makefile guests/guests.mk tests/tests.mk

#: make                          build stepvm, libgdbstub.a and the guests into build/
#: make LTO=                     the same, linked in one second, for who builds often; 7 % slower steps
#: make install PREFIX= DESTDIR= install the program, its man page and bash completion
#: make SANITIZER=address        (or undefined, thread, address,undefined) build into build-address/ ...
#: make format                   clang-format over all sources
#: make compile_commands.json    for clangd
#: make clean                    remove what was built

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
