/* H, T, qC, qfThreadInfo, qXfer:threads: a thread is a CPU. */
#include <errno.h>

#include "command.h"
#include "target_xml.h"

static void select_thread(struct gdb_session *s, int *selected, int thread)
{
    if (thread > 0 && !session_thread_exists(s, thread)) {
        reply_errno(&s->reply, ESRCH);
        return;
    }
    *selected = thread;
    reply_printf(&s->reply, "OK");
}

void cmd_general_thread(struct gdb_session *s, const struct command_args *args)
{
    select_thread(s, &s->general_thread, args->thread);
}

void cmd_resume_thread(struct gdb_session *s, const struct command_args *args)
{
    select_thread(s, &s->resume_thread, args->thread);
}

void cmd_thread_alive(struct gdb_session *s, const struct command_args *args)
{
    if (session_thread_exists(s, args->thread))
        reply_printf(&s->reply, "OK");
    else
        reply_errno(&s->reply, ESRCH);
}

void cmd_current_thread(struct gdb_session *s, const struct command_args *args)
{
    (void)args;
    if (s->state == SESSION_IDLE)
        reply_errno(&s->reply, ESRCH);
    else
        reply_printf(&s->reply, "QC%02x", (unsigned)session_thread(s));
}

void cmd_first_threads(struct gdb_session *s, const struct command_args *args)
{
    session_shown(s);
    s->threads_told = 0;
    cmd_next_threads(s, args);
}

void cmd_next_threads(struct gdb_session *s, const struct command_args *args)
{
    enum { AT_ONCE = 256 };
    (void)args;
    size_t count = session_thread_count(s);
    if (s->threads_told >= count) {
        reply_printf(&s->reply, "l");
        return;
    }
    for (size_t i = 0; i < AT_ONCE && s->threads_told < count; i++)
        reply_printf(&s->reply, "%c%02zx", i ? ',' : 'm', ++s->threads_told);
}

void thread_name(struct gdb_session *s, int thread, char *buf, size_t size)
{
    struct gdb_text name;
    gdb_text_init(&name, buf, size);
    if (s->ops->thread_name)
        s->ops->thread_name(s->target, thread, &name);
    if (!name.len)
        gdb_text_printf(&name, "CPU %d", thread - 1);
}

void cmd_thread_info(struct gdb_session *s, const struct command_args *args)
{
    char name[128];
    if (!session_thread_exists(s, args->thread)) {
        reply_errno(&s->reply, ESRCH);
        return;
    }
    thread_name(s, args->thread, name, sizeof(name));
    reply_hex(&s->reply, name, __builtin_strlen(name));
}

void cmd_threads(struct gdb_session *s, const struct command_args *args)
{
    struct buffer xml = {0};
    char name[128];
    session_shown(s);
    buffer_printf(&xml, "<?xml version=\"1.0\"?>\n<threads>\n");
    for (size_t i = 1; i <= session_thread_count(s); i++) {
        thread_name(s, (int)i, name, sizeof(name));
        buffer_printf(&xml, "<thread id=\"%zx\" core=\"%zu\">", i, i - 1);
        buffer_xml_escaped(&xml, name);
        buffer_printf(&xml, "</thread>\n");
    }
    buffer_printf(&xml, "</threads>\n");
    if (xml.failed)
        reply_errno(&s->reply, ENOMEM);
    else
        reply_part(&s->reply, buffer_bytes(&xml), xml.len, args->number[0], args->number[1]);
    buffer_free(&xml);
}
