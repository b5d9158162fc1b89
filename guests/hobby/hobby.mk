# The small operating system in guests/hobby. Gives
#   hobby.elf  the kernel with its three programs, a multiboot 1 image
#   hobby.tar  the disk that it reads: one file
# C without libc, so -m32 needs no 32-bit libraries; gcc and clang both do.
HOBBY_CFLAGS := -std=gnu11 -m32 -march=i686 -ffreestanding -fno-pic -fno-pie -fno-stack-protector \
    -fcf-protection=none -fno-asynchronous-unwind-tables -fno-omit-frame-pointer \
    -fno-strict-aliasing -Og -g -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes \
    -Wmissing-prototypes -Wformat=2 -Iguests/hobby
# A program may not call the kernel's memset, which compilers like to put in the place of a loop.
HOBBY_USER_CFLAGS := $(HOBBY_CFLAGS) -fno-builtin

HOBBY_SRC := $(wildcard guests/hobby/*.c guests/hobby/*.S guests/hobby/user/*.c \
    guests/hobby/user/*.S)
HOBBY_OBJ := $(patsubst guests/%,$(G)/%.o,$(basename $(HOBBY_SRC)))

guests: $(G)/hobby.elf $(G)/hobby.labels $(G)/hobby.tar

$(G)/hobby/user/%.o: guests/hobby/user/%.c guests/hobby/hobby.mk
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(HOBBY_USER_CFLAGS) -MMD -MP -c -o $@ $<

$(G)/hobby/%.o: guests/hobby/%.c guests/hobby/hobby.mk
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(HOBBY_CFLAGS) -MMD -MP -c -o $@ $<

$(G)/hobby/%.o: guests/hobby/%.S guests/hobby/hobby.mk
	@mkdir -p $(@D)
	$(call say,AS,$<)
	$(Q)$(CC) $(HOBBY_CFLAGS) -MMD -MP -c -o $@ $<

$(G)/hobby.elf: $(HOBBY_OBJ) guests/hobby/link.ld
	$(call say,LD,$@)
	$(Q)$(LD) --build-id=none -z noexecstack --no-warn-rwx-segments -m elf_i386 \
	    -T guests/hobby/link.ld -o $@ $(HOBBY_OBJ)

$(G)/hobby.tar: guests/hobby/motd.txt guests/hobby/hobby.mk
	@mkdir -p $(G)
	$(Q)tar --format=ustar --mtime=@0 --owner=0:0 --group=0:0 --numeric-owner --mode=644 \
	    -C guests/hobby -cf $@ motd.txt

-include $(wildcard $(G)/hobby/*.d $(G)/hobby/user/*.d)
