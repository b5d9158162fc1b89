/* What is printed on the client's console: by the stub, and by commands of breakpoints. */
#include <stdio.h>
#include <string.h>

#include "hex.h"
#include "session.h"

enum {
    PRINT_CHUNK = 2048,    /* bytes of text in one O packet */
    TEXT_HIGH = 64 * 1024, /* with this much unread by the client, commands' text waits */
};

/* ---- The stub's own */

void session_print(struct gdb_session *s, const char *text, size_t len)
{
    char chunk[1 + 2 * PRINT_CHUNK];
    chunk[0] = 'O'; /* and not all of it cleared: most stops print nothing */
    for (size_t n; len; text += n, len -= n) {
        n = len < PRINT_CHUNK ? len : PRINT_CHUNK;
        hex_encode(chunk + 1, text, n);
        session_send(s, chunk, 1 + 2 * n);
    }
}

void session_remark(struct gdb_session *s, const char *text)
{
    size_t len = strlen(s->console);
    snprintf(s->console + len, sizeof(s->console) - len, "%s", text);
}

void session_print_pending(struct gdb_session *s)
{
    size_t len = strlen(s->console);
    if (!len)
        return;
    session_print(s, s->console, len);
    if (s->console[len - 1] != '\n')
        session_print(s, "\n", 1);
    s->console[0] = 0;
}

/* ---- Commands' */

static bool may_print(const struct gdb_session *s)
{
    return s->printout && s->waited_for && !s->non_stop;
}

bool session_takes_text(const struct gdb_session *s)
{
    return may_print(s) && s->out.wire.len < TEXT_HIGH && s->out.unacked.len < TEXT_HIGH;
}

/* False if there was none. */
static bool print_some(struct gdb_session *s)
{
    char text[PRINT_CHUNK];
    const size_t len = printout_take(s->printout, text, sizeof(text));
    session_print(s, text, len);
    return len;
}

void session_print_text(struct gdb_session *s)
{
    while (session_takes_text(s) && print_some(s))
        ;
}

void session_begin_text(struct gdb_session *s)
{
    s->keeps_text = s->printout && s->inserted.with_lists;
    if (s->keeps_text)
        printout_keep(s->printout);
}

void session_hurry_text(struct gdb_session *s)
{
    if (s->keeps_text)
        printout_hurry(s->printout);
}

void session_end_text(struct gdb_session *s)
{
    if (!s->keeps_text)
        return;
    while (may_print(s) && print_some(s))
        ;
    printout_release(s->printout);
    s->keeps_text = false;
}
