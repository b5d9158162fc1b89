/* vFile: the files that a change of architecture names. gdb opens the name it was told and would
 * warn if it found nothing; an ELF header without sections or segments is enough, and its class and
 * machine agree with the description. 16-bit code has none, as an ELF header can't say i8086: with
 * one of class 32 gdb would go on as i386. Files are read-only and hold no state; the descriptor is
 * the index. (GDB manual, "File-I/O Remote Protocol Extension" and "Host I/O Packets".) */
#include <elf.h>
#include <string.h>

#include "command.h"
#include "hex.h"
#include "stop_reply.h"

enum { FILEIO_ENOENT = 2, FILEIO_EBADF = 9 }; /* gdb's numbers, "Errno Values" */

#define IDENT(class)                                                                               \
    {                                                                                              \
        ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, class, ELFDATA2LSB, EV_CURRENT                         \
    }

static const Elf32_Ehdr i386_header = {
    .e_ident = IDENT(ELFCLASS32),
    .e_type = ET_EXEC,
    .e_machine = EM_386,
    .e_version = EV_CURRENT,
    .e_ehsize = sizeof(Elf32_Ehdr),
};

static const Elf64_Ehdr x86_64_header = {
    .e_ident = IDENT(ELFCLASS64),
    .e_type = ET_EXEC,
    .e_machine = EM_X86_64,
    .e_version = EV_CURRENT,
    .e_ehsize = sizeof(Elf64_Ehdr),
};

static const struct file {
    const void *data;
    size_t size;
} files[] = {
    [GDB_ARCH_I386] = {&i386_header, sizeof(i386_header)},
    [GDB_ARCH_X86_64] = {&x86_64_header, sizeof(x86_64_header)},
};
#define FILES (sizeof(files) / sizeof(files[0]))

static void fail(struct gdb_session *s, int err)
{
    reply_printf(&s->reply, "F-1,%x", (unsigned)err);
}

/* The file of the descriptor in ARGS, or NULL, with the error in the reply. */
static const struct file *file_of(struct gdb_session *s, const struct command_args *args)
{
    uint64_t fd = args->number[0];
    if (fd < FILES && files[fd].data)
        return &files[fd];
    fail(s, FILEIO_EBADF);
    return NULL;
}

void cmd_file_open(struct gdb_session *s, const struct command_args *args)
{
    for (size_t i = 0; i < FILES; i++) {
        const char *name = stop_arch_file((enum gdb_arch)i);
        char hex[64];
        size_t len = strlen(name);
        hex_encode(hex, name, len);
        if (files[i].data && args->word_len == 2 * len && !memcmp(args->word, hex, 2 * len) &&
            !args->number[0]) { /* flags 0: O_RDONLY */
            reply_printf(&s->reply, "F%zx", i);
            return;
        }
    }
    fail(s, FILEIO_ENOENT);
}

void cmd_file_read(struct gdb_session *s, const struct command_args *args)
{
    const struct file *file = file_of(s, args);
    if (!file)
        return;
    uint64_t offset = args->number[2] < file->size ? args->number[2] : file->size;
    size_t n = file->size - offset;
    if (n > args->number[1])
        n = args->number[1];
    reply_printf(&s->reply, "F%zx;", n);
    reply_bytes(&s->reply, (const char *)file->data + offset, n);
}

static void big_endian(uint8_t *at, size_t bytes, uint64_t value)
{
    for (; bytes; value >>= 8)
        at[--bytes] = (uint8_t)value;
}

/* The 64 bytes of the protocol's own struct stat ("struct stat"): mode at 8, size at 28. */
void cmd_file_stat(struct gdb_session *s, const struct command_args *args)
{
    enum { STAT_SIZE = 64, MODE_AT = 8, SIZE_AT = 28, REGULAR_READABLE = 0100444 };
    uint8_t stat[STAT_SIZE] = {0};
    const struct file *file = file_of(s, args);
    if (!file)
        return;
    big_endian(stat + MODE_AT, 4, REGULAR_READABLE);
    big_endian(stat + SIZE_AT, 8, file->size);
    reply_printf(&s->reply, "F%x;", (unsigned)STAT_SIZE);
    reply_bytes(&s->reply, stat, sizeof(stat));
}

void cmd_file_close(struct gdb_session *s, const struct command_args *args)
{
    if (file_of(s, args))
        reply_printf(&s->reply, "F0");
}

/* Whose file system: there is one only. */
void cmd_file_setfs(struct gdb_session *s, const struct command_args *args)
{
    (void)args;
    reply_printf(&s->reply, "F0");
}
