/* m, M, x, X: memory as the selected thread sees it. */
#include <errno.h>

#include "arch_change.h"
#include "command.h"
#include "hex.h"
#include "trace_client.h"

/* The most bytes of one read: as hex, or with each byte escaped, they fit in a packet. */
enum { READ_MAX = PACKET_SIZE / 2 - 8 };

/* Bytes from ADDR on, no more than LEN, that do not pass the end of the address space. */
static size_t readable(uint64_t addr, uint64_t len)
{
    uint64_t left = UINT64_MAX - addr; /* one less than there are */
    uint64_t most = len < READ_MAX ? len : READ_MAX;
    return most - 1 > left ? left + 1 : most;
}

/* Reads into the last N bytes of the N * WIDTH that are added to the reply. Returns how many bytes
 * could be read; the reply is an error if none. */
static size_t read_into_reply(struct gdb_session *s, const struct command_args *a, size_t width)
{
    size_t n = a->number[1] ? readable(a->number[0], a->number[1]) : 0;
    if (!n) {
        reply_errno(&s->reply, EINVAL);
        return 0;
    }
    char *to = reply_extend(&s->reply, n * width) + n * (width - 1);
    int64_t got = s->frame.selected
                      ? trace_read_memory(s, a->number[0], to, n)
                      : s->ops->read_memory(s->target, session_thread(s), a->number[0], to, n);
    if (got <= 0 || (uint64_t)got > n) {
        reply_errno(&s->reply, got < 0 ? (int)got : EFAULT);
        return 0;
    }
    s->reply.len -= (n - (size_t)got) * width;
    return (size_t)got;
}

void cmd_read_memory(struct gdb_session *s, const struct command_args *args)
{
    if (!s->ops->read_memory)
        return;
    arch_change_read(s, args->number[0], args->number[1]);
    size_t asked = args->number[1] ? readable(args->number[0], args->number[1]) : 0;
    size_t n = read_into_reply(s, args, 2);
    if (n)
        hex_encode(s->reply.data, s->reply.data + asked, n);
}

/* GDB 16's binary read: 'b' and the bytes. Nothing but the 'b' answers a read of nothing, by which
 * a client asks whether the packet is known. */
void cmd_read_binary(struct gdb_session *s, const struct command_args *args)
{
    if (!s->ops->read_memory)
        return;
    arch_change_read(s, args->number[0], args->number[1]);
    reply_bytes(&s->reply, "b", 1);
    if (args->number[1])
        read_into_reply(s, args, 1);
}

void cmd_write_memory(struct gdb_session *s, const struct command_args *args)
{
    uint64_t addr = args->number[0];
    if (!s->ops->write_memory || trace_refuses_write(s))
        return;
    if (args->len != args->number[1] || (args->len && args->len - 1 > UINT64_MAX - addr)) {
        reply_errno(&s->reply, EINVAL);
        return;
    }
    int64_t n = (int64_t)args->len;
    if (n)
        n = s->ops->write_memory(s->target, session_thread(s), addr, args->data, args->len);
    if (n == (int64_t)args->len)
        reply_printf(&s->reply, "OK");
    else
        reply_errno(&s->reply, n < 0 ? (int)n : EFAULT);
}
