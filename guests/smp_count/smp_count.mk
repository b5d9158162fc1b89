# The guest in guests/smp_count: smp_count.elf, in C without libc, and entered in protected mode.
SMP_COUNT_CFLAGS := $(filter-out -Iguests/hobby,$(HOBBY_CFLAGS))
SMP_COUNT_OBJ := $(patsubst guests/%,$(G)/%.o,$(basename $(wildcard guests/smp_count/*.[cS])))

guests: $(G)/smp_count.elf $(G)/smp_count.labels

$(G)/smp_count/%.o: guests/smp_count/%.c guests/smp_count/smp_count.mk
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(SMP_COUNT_CFLAGS) -MMD -MP -c -o $@ $<

$(G)/smp_count/%.o: guests/smp_count/%.S guests/smp_count/smp_count.mk
	@mkdir -p $(@D)
	$(call say,AS,$<)
	$(Q)$(CC) $(SMP_COUNT_CFLAGS) -MMD -MP -c -o $@ $<

$(G)/smp_count.elf: $(SMP_COUNT_OBJ) guests/kernel.ld
	$(call say,LD,$@)
	$(Q)$(LD) --build-id=none -z noexecstack --no-warn-rwx-segments -m elf_i386 \
	    -T guests/kernel.ld -o $@ $(SMP_COUNT_OBJ)

-include $(wildcard $(G)/smp_count/*.d)
