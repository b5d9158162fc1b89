/* --trace rsp: each packet of gdb's as it passes, without its framing.
 *
 *     -> vCont;s:1
 *     <- T05thread:01;
 *
 * Of the polling thread alone. */
#ifndef VMM_RSP_TRACE_H
#define VMM_RSP_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct rsp_trace {
    FILE *out; /* not owned */
    bool on;
};

/* A packet, as gdb_server_config's trace has it: TRACE is a struct rsp_trace. What is no printable
 * ASCII is shown as \xNN. Nothing while it is off. */
void rsp_trace_packet(void *trace, bool from_client, const char *packet, size_t len);

#endif
