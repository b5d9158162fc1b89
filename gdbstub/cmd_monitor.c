/* qRcmd: gdb's `monitor` command. Errors are printed too: gdb 13 shows an E.text here wrongly. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "program.h"

enum { OUTPUT_MAX = 64 * 1024 };

void cmd_monitor(struct gdb_session *s, const struct command_args *args)
{
    if (!s->ops->monitor)
        return;
    char *buf = malloc(OUTPUT_MAX);
    if (!buf) {
        reply_errno(&s->reply, ENOMEM);
        return;
    }
    struct gdb_text out;
    gdb_text_init(&out, buf, OUTPUT_MAX);
    int err = 0;
    if (program_is_let_go(s))
        gdb_text_printf(&out, "The machine runs, detached from (attach 1 stops it).\n");
    else
        err = s->ops->monitor(s->target, args->data, &out);
    if (err && !out.len)
        gdb_text_printf(&out, "monitor %s: %s\n", args->data, strerror(abs(err)));
    session_print_pending(s);
    session_print(s, buf, out.len);
    free(buf);
    reply_printf(&s->reply, "OK");
}
