#include "rsp_trace.h"

void rsp_trace_packet(void *trace, bool from_client, const char *packet, size_t len)
{
    const struct rsp_trace *t = trace;
    if (!t->on)
        return;
    fputs(from_client ? "-> " : "<- ", t->out);
    for (size_t i = 0; i < len; i++) {
        const unsigned char c = (unsigned char)packet[i];
        if (c >= 0x20 && c < 0x7f)
            putc(c, t->out);
        else
            fprintf(t->out, "\\x%02x", c);
    }
    putc('\n', t->out);
    fflush(t->out);
}
