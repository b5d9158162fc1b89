/* !, R, vRun, vAttach: extended mode, in which the client starts the machine anew. A target that
 * has no restart knows none of them. */
#include <errno.h>
#include <string.h>

#include "command.h"
#include "hex.h"
#include "program.h"
#include "stop_reply.h"

void cmd_extended(struct gdb_session *s, const struct command_args *args)
{
    (void)args;
    if (!s->ops->restart)
        return;
    s->extended = true;
    reply_printf(&s->reply, "OK");
}

/* Has no reply (GDB manual, "Packets"): the client asks `?` next. */
void cmd_restart(struct gdb_session *s, const struct command_args *args)
{
    (void)args;
    if (s->ops->restart)
        program_run(s, false);
}

/* ---- vRun */

enum { NAME_MAX_LEN = 4096 };

static void refuse(struct gdb_session *s, int err, const char *text)
{
    char buf[256];
    struct gdb_text why;
    gdb_text_init(&why, buf, sizeof(buf));
    gdb_text_printf(&why, "%s", text);
    reply_error(&s->reply, err, &why);
}

/* Reads hex text up to ';' or END at *AT, moves past it, and writes it to OUT, of NAME_MAX_LEN
 * bytes, as far as it fits. Returns its length, or -1 if it is no hex text. */
static int take_word(const char **at, const char *end, char *out)
{
    const char *stop = memchr(*at, ';', (size_t)(end - *at));
    char byte;
    size_t n = 0;
    for (stop = stop ? stop : end; *at < stop; *at += 2, n++) {
        if (stop - *at < 2 || !hex_decode(&byte, *at, 1))
            return -1;
        if (n < NAME_MAX_LEN - 1)
            out[n] = byte;
    }
    out[n < NAME_MAX_LEN ? n : NAME_MAX_LEN - 1] = 0;
    *at += *at < end;
    return (int)n;
}

/* What gdb takes for the program since an exec event has told it so. */
static bool stands_for_arch(const char *name)
{
    for (enum gdb_arch arch = GDB_ARCH_I8086; arch <= GDB_ARCH_X86_64; arch++)
        if (!strcmp(name, stop_arch_file(arch)))
            return true;
    return false;
}

/* NAME may leave out the folder. */
static bool is_image(const struct gdb_session *s, const char *name)
{
    const char *image = s->ops->image_name ? s->ops->image_name(s->target, 0) : NULL;
    const char *last = image ? strrchr(image, '/') : NULL;
    return image && (!strcmp(name, image) || (last && !strcmp(name, last + 1)));
}

void cmd_run_program(struct gdb_session *s, const struct command_args *args)
{
    const char *at = args->data, *end = at + args->len;
    char name[NAME_MAX_LEN], argument[NAME_MAX_LEN];
    if (!s->ops->restart)
        return;
    int len = take_word(&at, end, name), next = 0;
    bool arguments = at < end;
    while (len >= 0 && next >= 0 && at < end)
        next = take_word(&at, end, argument);
    if (len < 0 || next < 0) {
        reply_errno(&s->reply, EINVAL);
    } else if (len && !is_image(s, name) && !stands_for_arch(name)) {
        refuse(s, ENOENT,
               "only the image that the machine was started with can be run (unset "
               "`set remote exec-file`)");
    } else {
        if (arguments)
            session_remark(s, "The machine takes no arguments: those of `run` are ignored.\n");
        program_run(s, true);
    }
}

/* ---- vAttach */

void cmd_attach(struct gdb_session *s, const struct command_args *args)
{
    if (!s->ops->restart)
        return;
    if (args->number[0] != 1)
        refuse(s, ESRCH, "there is one machine, and its number is 1 (attach 1)");
    else if (program_is_let_go(s))
        program_seize(s, true);
    else if (s->state == SESSION_IDLE)
        refuse(s, ESRCH, "the machine has ended (run starts it anew)");
    else
        cmd_stop_reason(s, args);
}
