/* In the words of QEMU's stub, which people's scripts send by `maintenance packet` (QEMU manual,
 * "GDB usage", "Changing single-stepping behaviour" and "Examining physical memory"):
 * Qqemu.sstep, whether interrupts come in while a thread steps, and Qqemu.PhyMemMode, whether
 * memory is read and written by guest-physical address. Extensions of gdb ask with a Q in place of
 * the q.
 */
#include <errno.h>

#include "command.h"
#include "hex.h"

enum { SSTEP_ENABLE = 1, SSTEP_NOIRQ = 2, SSTEP_NOTIMER = 4 };

static bool has_physical(const struct gdb_session *s)
{
    return s->ops->physical_memory && s->ops->set_physical_memory;
}

static bool has_sstep(const struct gdb_session *s)
{
    return s->ops->step_interrupts && s->ops->set_step_interrupts;
}

void cmd_qemu_supported(struct gdb_session *s, const struct command_args *args)
{
    (void)args;
    if (has_sstep(s))
        reply_printf(&s->reply, "sstepbits;sstep");
    if (has_physical(s))
        reply_printf(&s->reply, "%sPhyMemMode", s->reply.len ? ";" : "");
}

void cmd_step_bits(struct gdb_session *s, const struct command_args *args)
{
    (void)args;
    if (has_sstep(s))
        reply_printf(&s->reply, "ENABLE=%x,NOIRQ=%x,NOTIMER=%x", SSTEP_ENABLE, SSTEP_NOIRQ,
                     SSTEP_NOTIMER);
}

/* A timer's interrupts are held with the others. */
void cmd_step_mask(struct gdb_session *s, const struct command_args *args)
{
    (void)args;
    if (!has_sstep(s))
        return;
    bool let_in = s->ops->step_interrupts(s->target);
    reply_printf(&s->reply, "0x%x", SSTEP_ENABLE | (let_in ? 0 : SSTEP_NOIRQ | SSTEP_NOTIMER));
}

/* The number is hexadecimal, with 0x or without. Without ENABLE a step would not be one. */
void cmd_set_step_mask(struct gdb_session *s, const struct command_args *args)
{
    uint64_t mask;
    const char *text = args->data;
    size_t len = args->len;
    if (!has_sstep(s))
        return;
    if (len > 2 && text[0] == '0' && (text[1] | 0x20) == 'x') {
        text += 2;
        len -= 2;
    }
    if (!len || hex_number(text, len, &mask) != len || !(mask & SSTEP_ENABLE) ||
        mask > (SSTEP_ENABLE | SSTEP_NOIRQ | SSTEP_NOTIMER)) {
        reply_errno(&s->reply, EINVAL);
        return;
    }
    s->ops->set_step_interrupts(s->target, !(mask & SSTEP_NOIRQ));
    reply_printf(&s->reply, "OK");
}

void cmd_physical_memory(struct gdb_session *s, const struct command_args *args)
{
    (void)args;
    if (has_physical(s))
        reply_printf(&s->reply, "%d", s->ops->physical_memory(s->target));
}

void cmd_set_physical_memory(struct gdb_session *s, const struct command_args *args)
{
    if (!has_physical(s))
        return;
    s->ops->set_physical_memory(s->target, args->number[0]);
    reply_printf(&s->reply, "OK");
}
