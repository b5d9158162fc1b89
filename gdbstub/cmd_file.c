/* vFile: the image, and the files that a change of architecture names; nothing else. They are
 * read-only and hold no state; the descriptor says which it is.
 *
 * At an exec event gdb opens the name it was told, warns if it can't, and takes the file's symbols
 * and architecture in place of those that it had. An empty file of S-records has neither: gdb 13
 * then keeps the symbols that it has, breakpoints on them included, and goes by the description
 * alone, which an ELF header can't agree with in 16-bit code. (GDB manual, "File-I/O Remote
 * Protocol Extension" and "Host I/O Packets".) */
#include <string.h>

#include "command.h"
#include "hex.h"
#include "stop_reply.h"

enum { FILEIO_ENOENT = 2, FILEIO_EBADF = 9, FILEIO_EUNKNOWN = 9999 }; /* gdb's, "Errno Values" */

/* The record that ends the file, with the start address 0: type 9, 3 bytes, their checksum. */
static const char no_program[] = "S9030000FC\n";
enum { NO_PROGRAM_SIZE = sizeof(no_program) - 1 };

enum { FD_NO_PROGRAM = 1, FD_IMAGE = 2 };

/* How many bytes one reply holds, each of which may be escaped. */
enum { READ_MAX = PACKET_SIZE / 2 - 32 };

static void fail(struct gdb_session *s, int err)
{
    reply_printf(&s->reply, "F-1,%x", (unsigned)err);
}

static bool is_open(struct gdb_session *s, uint64_t fd)
{
    bool known = fd == FD_NO_PROGRAM || (fd == FD_IMAGE && s->ops->image_name);
    if (!known)
        fail(s, FILEIO_EBADF);
    return known;
}

/* Whether ARGS name NAME; the name is hex. */
static bool is_named(const struct command_args *args, const char *name)
{
    size_t len = strlen(name);
    if (args->word_len != 2 * len)
        return false;
    for (size_t i = 0; i < len; i++) {
        char hex[2];
        hex_encode(hex, name + i, 1);
        if (memcmp(args->word + 2 * i, hex, 2))
            return false;
    }
    return true;
}

static bool names_an_arch(const struct command_args *args)
{
    return is_named(args, stop_arch_file(GDB_ARCH_I8086)) ||
           is_named(args, stop_arch_file(GDB_ARCH_I386)) ||
           is_named(args, stop_arch_file(GDB_ARCH_X86_64));
}

void cmd_file_open(struct gdb_session *s, const struct command_args *args)
{
    const char *image = s->ops->image_name ? s->ops->image_name(s->target, 0) : NULL;
    unsigned fd = 0;
    if (names_an_arch(args))
        fd = FD_NO_PROGRAM;
    else if (image && is_named(args, image))
        fd = FD_IMAGE;
    if (fd && !args->number[0]) /* flags 0: O_RDONLY */
        reply_printf(&s->reply, "F%x", fd);
    else
        fail(s, FILEIO_ENOENT);
}

static void read_no_program(struct gdb_session *s, uint64_t offset, size_t max)
{
    size_t start = offset < NO_PROGRAM_SIZE ? offset : NO_PROGRAM_SIZE;
    size_t n = NO_PROGRAM_SIZE - start < max ? NO_PROGRAM_SIZE - start : max;
    reply_printf(&s->reply, "F%zx;", n);
    reply_bytes(&s->reply, no_program + start, n);
}

/* The file may be shorter than it was, or gone wrong: then it is this that the client hears. */
static void read_image(struct gdb_session *s, uint64_t offset, size_t max)
{
    enum { HEAD = 2 * sizeof(size_t) + 2 }; /* F, digits and ; */
    int64_t n = s->ops->read_image(s->target, offset, s->reply.data + HEAD, max);
    if (n < 0 || (uint64_t)n > max) {
        fail(s, FILEIO_EUNKNOWN);
        return;
    }
    reply_printf(&s->reply, "F%zx;", (size_t)n);
    memmove(s->reply.data + s->reply.len, s->reply.data + HEAD, (size_t)n);
    reply_extend(&s->reply, (size_t)n);
}

void cmd_file_read(struct gdb_session *s, const struct command_args *args)
{
    size_t max = args->number[1] < READ_MAX ? args->number[1] : READ_MAX;
    if (!is_open(s, args->number[0]))
        return;
    if (args->number[0] == FD_IMAGE)
        read_image(s, args->number[2], max);
    else
        read_no_program(s, args->number[2], max);
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
    uint64_t fd = args->number[0];
    if (!is_open(s, fd))
        return;
    int64_t size = fd == FD_IMAGE ? s->ops->image_size(s->target) : NO_PROGRAM_SIZE;
    if (size < 0) {
        fail(s, FILEIO_EUNKNOWN);
        return;
    }
    big_endian(stat + MODE_AT, 4, REGULAR_READABLE);
    big_endian(stat + SIZE_AT, 8, (uint64_t)size);
    reply_printf(&s->reply, "F%x;", (unsigned)STAT_SIZE);
    reply_bytes(&s->reply, stat, sizeof(stat));
}

void cmd_file_close(struct gdb_session *s, const struct command_args *args)
{
    if (is_open(s, args->number[0]))
        reply_printf(&s->reply, "F0");
}

/* Whose file system: there is one only. */
void cmd_file_setfs(struct gdb_session *s, const struct command_args *args)
{
    (void)args;
    reply_printf(&s->reply, "F0");
}
