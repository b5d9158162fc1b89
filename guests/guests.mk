# The guests: small machine-code programs, built from source with the host's as and ld. Each gives
#   NAME.elf     with symbols and source lines, at the addresses where the code runs
#   NAME.img     the image: a bootable disk, which can be loaded as flat real-mode code too
#   NAME.bin     the image: flat protected-mode or long-mode code (its .elf can be booted as well)
#   NAME.rom     the image: a firmware of 64 KiB
#   NAME.elf     alone: a kernel with a boot protocol
#   NAME.labels  "ADDRESS NAME" of each label, for tests
GUEST_BOOT := demo modes real timer spin serial keys e820 ending reset triple faults watch ata cd ports \
              scancodes bench_int13 looked_at calls16 reads16 lost
GUEST_FLAT := protected mmio smp smp_step workers faults_protected fuzz virtio virtio_read calls32 reads32
GUEST_LONG := long watch_long remap calls64 reads64 parts
GUEST_ROM := rom bench_loop
GUEST_KERNEL := multiboot multiboot2 multiboot2_64 pvh bench
G := $(BUILD)/guests

.PHONY: guests demo
guests: $(GUEST_BOOT:%=$(G)/%.img) $(GUEST_FLAT:%=$(G)/%.bin) $(GUEST_LONG:%=$(G)/%.bin) \
        $(GUEST_ROM:%=$(G)/%.rom) \
        $(patsubst %,$(G)/%.labels,$(GUEST_BOOT) $(GUEST_FLAT) $(GUEST_LONG) $(GUEST_ROM) $(GUEST_KERNEL))

$(GUEST_BOOT:%=$(G)/%.elf): GUEST_AS := --32
$(GUEST_BOOT:%=$(G)/%.elf): GUEST_LD := -m elf_i386 -T guests/boot.ld
$(GUEST_FLAT:%=$(G)/%.elf): GUEST_AS := --32
$(GUEST_FLAT:%=$(G)/%.elf): GUEST_LD := -m elf_i386 -T guests/flat.ld
$(GUEST_LONG:%=$(G)/%.elf): GUEST_AS := --64
$(GUEST_LONG:%=$(G)/%.elf): GUEST_LD := -m elf_x86_64 -z max-page-size=4096 -T guests/long.ld
$(GUEST_ROM:%=$(G)/%.elf): GUEST_AS := --32
$(GUEST_ROM:%=$(G)/%.elf): GUEST_LD := -m elf_i386 -T guests/rom.ld
$(GUEST_KERNEL:%=$(G)/%.elf): GUEST_AS := --32
$(GUEST_KERNEL:%=$(G)/%.elf): GUEST_LD := -m elf_i386 -T guests/kernel.ld
$(GUEST_KERNEL:%=$(G)/%.elf): guests/kernel.ld guests/kernel32.inc guests/print32.inc
$(G)/multiboot2_64.elf: GUEST_AS := --64
$(G)/multiboot2_64.elf: GUEST_LD := -m elf_x86_64 -z max-page-size=4096 -T guests/kernel.ld
$(G)/multiboot2_64.elf: guests/multiboot2.s
$(G)/calls16.elf $(G)/calls32.elf $(G)/calls64.elf: guests/calls.inc
$(G)/reads16.elf $(G)/reads32.elf $(G)/reads64.elf: guests/reads.inc
$(G)/virtio.elf $(G)/virtio_read.elf: guests/virtio_driver.inc

$(G)/%.elf: guests/%.s guests/guests.mk guests/boot.ld guests/flat.ld guests/long.ld guests/rom.ld
	@mkdir -p $(G)
	$(call say,AS,$<)
	$(Q)$(AS) $(GUEST_AS) -g -o $(G)/$*.o $<
	$(Q)$(LD) --build-id=none -z noexecstack --no-warn-rwx-segments $(GUEST_LD) -o $@ $(G)/$*.o

$(G)/%.img $(G)/%.bin $(G)/%.rom: $(G)/%.elf
	$(Q)objcopy -O binary $< $@

$(G)/%.labels: $(G)/%.elf
	$(Q)nm $< | sed 's/ [^ ]* / /' > $@

include guests/exact/exact.mk
include guests/hobby/hobby.mk
include guests/smp_count/smp_count.mk
include guests/hostile/hostile.mk

# One file of C each, entered in protected mode; unoptimized, so that a line is one range.
GUEST_C := range trace corrupt
guests: $(GUEST_C:%=$(G)/%.elf) $(GUEST_C:%=$(G)/%.labels)
$(GUEST_C:%=$(G)/%.elf): $(G)/%.elf: guests/%.c guests/entry32.h guests/guests.mk guests/kernel.ld
	@mkdir -p $(G)
	$(call say,CC,$<)
	$(Q)$(CC) $(SMP_COUNT_CFLAGS) -O0 -c -o $(G)/$*.o $<
	$(Q)$(LD) --build-id=none -z noexecstack --no-warn-rwx-segments -m elf_i386 \
	    -T guests/kernel.ld -o $@ $(G)/$*.o

#: make demo                     boot the demo disk and show a session of gdb with it
demo: all
	@BUILD=$(BUILD) guests/demo.sh
