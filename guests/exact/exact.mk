# The guests of the stepping table: one source, exact.s, assembled once a mode. Beside the usual
# files each gives
#   exact_NAME.rows  what the debugger has to show of each row, a line a row
GUEST_EXACT_16 := exact_real exact_segment
GUEST_EXACT_32 := exact_protected exact_protected_user exact_paging exact_paging_user
GUEST_EXACT_64 := exact_long exact_long_user
GUEST_EXACT := $(GUEST_EXACT_16) $(GUEST_EXACT_32) $(GUEST_EXACT_64)

guests: $(foreach suffix,bin rows labels,$(GUEST_EXACT:%=$(G)/%.$(suffix)))

$(G)/exact_real.elf:           EXACT_MODE := 0x01
$(G)/exact_segment.elf:        EXACT_MODE := 0x02
$(G)/exact_protected.elf:      EXACT_MODE := 0x04
$(G)/exact_protected_user.elf: EXACT_MODE := 0x08
$(G)/exact_paging.elf:         EXACT_MODE := 0x10
$(G)/exact_paging_user.elf:    EXACT_MODE := 0x20
$(G)/exact_long.elf:           EXACT_MODE := 0x40
$(G)/exact_long_user.elf:      EXACT_MODE := 0x80

# In real mode the second one lies in another segment, so that no offset is a linear address.
$(GUEST_EXACT_16:%=$(G)/%.elf) $(GUEST_EXACT_32:%=$(G)/%.elf): GUEST_AS := --32
$(GUEST_EXACT_64:%=$(G)/%.elf): GUEST_AS := --64
$(G)/exact_real.elf:            GUEST_LD := -m elf_i386 -Ttext 0x7c00
$(G)/exact_segment.elf:         GUEST_LD := -m elf_i386 -Ttext 0x10000
$(GUEST_EXACT_32:%=$(G)/%.elf): GUEST_LD := -m elf_i386 -Ttext 0x100000
$(GUEST_EXACT_64:%=$(G)/%.elf): GUEST_LD := -m elf_x86_64 -Ttext 0x100000

$(GUEST_EXACT:%=$(G)/%.elf): $(wildcard guests/exact/*.s) guests/exact/exact.mk
	@mkdir -p $(G)
	$(call say,AS,$@)
	$(Q)$(AS) $(GUEST_AS) --defsym MODE=$(EXACT_MODE) -g -o $(@:.elf=.o) guests/exact/exact.s
	$(Q)$(LD) --build-id=none -z noexecstack --no-warn-rwx-segments $(GUEST_LD) -o $@ $(@:.elf=.o)

$(G)/%.rows: $(G)/%.elf
	$(Q)objcopy -O binary --only-section=.rows --set-section-flags .rows=alloc $< $@
