/* qXfer:exec-file, qOffsets, qSymbol: the client's symbols. A gdb that was given no program asks
 * for the name of the image, and reads it by vFile (cmd_file.c). */
#include <inttypes.h>
#include <string.h>

#include "command.h"

void cmd_exec_file(struct gdb_session *s, const struct command_args *args)
{
    const char *name = NULL;
    if (s->ops->image_name)
        name = s->ops->image_name(s->target, session_thread(s));
    if (!name) {
        reply_printf(&s->reply, "E00");
        return;
    }
    reply_part(&s->reply, name, strlen(name), args->number[0], args->number[1]);
}

/* Only a gdb that has symbols asks this, when it connects. It takes 16-bit code for 32-bit code
 * then, as its ELF file says; after an exec event it goes by the description. */
void cmd_offsets(struct gdb_session *s, const struct command_args *args)
{
    uint64_t by;
    (void)args;
    s->has_symbols = true;
    s->arch_doubted = s->arch == GDB_ARCH_I8086;
    if (s->ops->image_offset && s->ops->image_offset(s->target, &by) && by)
        reply_printf(&s->reply, "Text=%" PRIx64 ";Data=%" PRIx64 ";Bss=%" PRIx64, by, by, by);
}

/* gdb sends it for each file with symbols, also for that of an exec event, which has none. */
void cmd_symbol(struct gdb_session *s, const struct command_args *args)
{
    (void)args;
    if (s->crossing.phase != CROSSING_HELD)
        s->has_symbols = true;
    reply_printf(&s->reply, "OK"); /* no symbol is needed of gdb */
}
