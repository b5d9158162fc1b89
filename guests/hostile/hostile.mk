# The guest in guests/hostile: hostile.elf, a multiboot image in C without libc.
HOSTILE_CFLAGS := $(filter-out -Iguests/hobby,$(HOBBY_CFLAGS)) -O2 -mgeneral-regs-only -I.
HOSTILE_OBJ := $(patsubst guests/%,$(G)/%.o,$(basename $(wildcard guests/hostile/*.[cS])))

guests: $(G)/hostile.elf $(G)/hostile.labels

$(G)/hostile/%.o: guests/hostile/%.c guests/hostile/hostile.mk
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(HOSTILE_CFLAGS) -MMD -MP -c -o $@ $<

$(G)/hostile/%.o: guests/hostile/%.S guests/hostile/hostile.mk
	@mkdir -p $(@D)
	$(call say,AS,$<)
	$(Q)$(CC) $(HOSTILE_CFLAGS) -MMD -MP -c -o $@ $<

$(G)/hostile.elf: $(HOSTILE_OBJ) guests/kernel.ld
	$(call say,LD,$@)
	$(Q)$(LD) --build-id=none -z noexecstack --no-warn-rwx-segments -m elf_i386 \
	    -T guests/kernel.ld -o $@ $(HOSTILE_OBJ)

-include $(wildcard $(G)/hostile/*.d)
