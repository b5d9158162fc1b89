/* QNonStop, vStopped: the client's part in non-stop mode. */
#include <errno.h>

#include "command.h"
#include "non_stop.h"

void cmd_non_stop(struct gdb_session *s, const struct command_args *args)
{
    if (!non_stop_offered(s))
        return;
    int err = args->number[0] <= 1 ? non_stop_set(s, args->number[0]) : -EINVAL;
    if (err)
        reply_errno(&s->reply, err);
    else
        reply_printf(&s->reply, "OK");
}

void cmd_stop_taken(struct gdb_session *s, const struct command_args *args)
{
    (void)args;
    if (s->non_stop)
        non_stop_taken(s);
    else if (non_stop_offered(s))
        reply_errno(&s->reply, EINVAL);
}
