# The BIOS services' ROM. bios.elf is kept for its symbols: `add-symbol-file build/bios.elf` in gdb.
OBJCOPY ?= objcopy

$(BUILD)/bios.elf: vmm/bios/rom.S vmm/bios/rom.mk
	@mkdir -p $(@D)
	$(call say,AS,$<)
	$(Q)$(AS) --32 -g -o $@.o $<
	$(Q)$(LD) -m elf_i386 --build-id=none -Ttext=0xf0000 -e bios_boot -o $@ $@.o
	@rm -f $@.o

$(BUILD)/bios.bin: $(BUILD)/bios.elf
	$(Q)$(OBJCOPY) -O binary -j .text $< $@

$(BUILD)/obj/vmm/bios/rom_blob.o: $(BUILD)/bios.bin
$(BUILD)/obj/vmm/bios/rom_blob.o: CPPFLAGS += -DBIOS_BIN='"$(BUILD)/bios.bin"'
