/* The poll loop's side: one listening place, one client with its session. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "program.h"
#include "trace.h"
#include "transport.h"

enum {
    INPUT_SIZE = 32 * 1024,
    REFUSED_DRAIN = 64 * 1024, /* bytes that a refused client may send before it is cut off */
};

struct gdb_server {
    struct gdb_server_config config;
    struct transport transport;
    struct printout printout; /* a client's breakpoints print, whoever reads it */
    struct trace trace;       /* a later client finds what an earlier one has begun */
    bool stdio, finished;

    bool connected;
    int in, out; /* the client's; equal on a socket */
    struct gdb_session session;
    bool gone;          /* it has hung up; what it sent before that still counts */
    bool asked_to_stop; /* the target was interrupted on behalf of this client */
    bool deaf;          /* writing failed: what the client has sent still counts, replies do not */
    uint8_t input[INPUT_SIZE];
    size_t input_len; /* read, but not yet taken by the session */

    int refused; /* the last client that was turned away, kept until it has read why; or -1 */
    size_t refused_bytes;

    bool serving; /* inside gdb_server_dispatch: the client is not to be closed under it */
};

static const char refusal[] = "E.another debugger is connected (end its session first)";

/* ---- The client */

static int connect_client(struct gdb_server *v, int in, int out)
{
    v->session = (struct gdb_session){
        .ops = v->config.ops,
        .target = v->config.target,
        .printout = &v->printout,
        .trace = v->config.trace,
        .trace_context = v->config.trace_context,
        .tracing = &v->trace,
    };
    int err = session_init(&v->session);
    if (err)
        return err;
    v->in = in;
    v->out = out;
    v->input_len = 0;
    v->asked_to_stop = v->deaf = v->gone = false;
    v->connected = true;
    return 0;
}

static void disconnect_client(struct gdb_server *v)
{
    v->connected = false;
    session_free(&v->session);
    if (v->stdio)
        v->finished = true;
    else
        close(v->in);
    v->in = v->out = -1;
}

/* A client finds the target stopped: its first bytes are read when that is so. */
static void ask_to_stop(struct gdb_server *v)
{
    if (v->asked_to_stop)
        return;
    v->asked_to_stop = true; /* first, as the stop may come while interrupt is called */
    if (v->session.state == SESSION_STOPPING)
        v->config.ops->interrupt(v->config.target);
}

/* Writes what can be written now. */
static void flush(struct gdb_server *v)
{
    size_t len;
    const void *bytes = session_output(&v->session, &len);
    while (len) {
        ssize_t n = v->deaf ? (ssize_t)len : transport_write(v->out, bytes, len);
        if (n == -EAGAIN)
            return;
        if (n < 0) {
            v->deaf = true;
            /* Unless it is known to have gone it would wait for ever for an answer. */
            if (!v->stdio)
                shutdown(v->out, SHUT_WR);
        } else {
            session_written(&v->session, (size_t)n);
        }
        bytes = session_output(&v->session, &len);
    }
}

/* Gives the session what has been read, up to one packet: some take a second, and a client can send
 * a thousand at once. Between two the poll loop has its turn. */
static void feed(struct gdb_server *v)
{
    size_t n = session_feed(&v->session, v->input, v->input_len);
    v->input_len -= n;
    if (v->input_len)
        memmove(v->input, v->input + n, v->input_len);
}

static void serve(struct gdb_server *v)
{
    flush(v);
    feed(v);
    session_print_text(&v->session);
    flush(v);
}

/* True if there is more to be fed as soon as the poll loop comes round. */
static bool has_backlog(const struct gdb_server *v)
{
    return v->input_len && session_takes_input(&v->session);
}

/* Reads once. False if there was nothing to be read. */
static bool receive(struct gdb_server *v)
{
    ssize_t n = transport_read(v->in, v->input + v->input_len, INPUT_SIZE - v->input_len);
    if (n > 0)
        v->input_len += (size_t)n;
    else if (n != -EAGAIN)
        v->gone = true;
    return n != -EAGAIN;
}

static bool wants_input(const struct gdb_server *v)
{
    return !v->gone && v->input_len < INPUT_SIZE && session_takes_input(&v->session);
}

/* Ends a session that is over. One that is so because memory ran out has not let go of the target.
 */
static void part(struct gdb_server *v)
{
    session_hang_up(&v->session);
    disconnect_client(v);
}

static void serve_or_part(struct gdb_server *v)
{
    serve(v);
    if (session_over(&v->session) || (v->gone && !has_backlog(v)))
        part(v);
}

static void dispatch_client(struct gdb_server *v)
{
    ask_to_stop(v);
    if (wants_input(v))
        receive(v);
    serve_or_part(v);
}

/* ---- The listener */

static void drop_refused(struct gdb_server *v)
{
    if (v->refused >= 0)
        close(v->refused);
    v->refused = -1;
}

/* Tells FD why it is refused: as the reply to the first packet that gdb sends, which gdb prints. It
 * is closed only when the client has closed: closing with its bytes unread would throw the reply
 * away on its side. */
static void refuse(struct gdb_server *v, int fd)
{
    struct buffer frame = {0};
    buffer_append(&frame, "+", 1);
    packet_frame(&frame, refusal, strlen(refusal));
    drop_refused(v);
    if (!frame.failed)
        transport_write(fd, buffer_bytes(&frame), frame.len);
    buffer_free(&frame);
    shutdown(fd, SHUT_WR);
    v->refused = fd;
    v->refused_bytes = 0;
}

static void dispatch_refused(struct gdb_server *v)
{
    char junk[4096];
    ssize_t n = transport_read(v->refused, junk, sizeof(junk));
    if (n == -EAGAIN)
        return;
    if (n > 0)
        v->refused_bytes += (size_t)n;
    if (n <= 0 || v->refused_bytes > REFUSED_DRAIN)
        drop_refused(v);
}

static void dispatch_listener(struct gdb_server *v)
{
    int fd = transport_accept(&v->transport);
    if (fd < 0)
        return;
    if (v->connected)
        dispatch_client(v); /* it may have gone before this one came, and left bytes to be read */
    if (v->connected) {
        refuse(v, fd);
        return;
    }
    if (connect_client(v, fd, fd))
        close(fd);
    else
        dispatch_client(v);
}

/* ---- The library's functions */

int gdb_server_open(struct gdb_server **out, const struct gdb_server_config *config,
                    struct gdb_text *why)
{
    *out = NULL;
    struct gdb_server *v = calloc(1, sizeof(*v));
    if (!v) {
        gdb_text_printf(why, "cannot start the gdb server: %s (free some memory)",
                        strerror(ENOMEM));
        return -ENOMEM;
    }
    v->config = *config;
    v->trace = (struct trace){.ops = config->ops, .target = config->target};
    v->in = v->out = v->refused = -1;
    v->printout = (struct printout){
        .elsewhere = config->print,
        .context = config->print_context,
        .fd = -1,
    };
    int err = transport_open(&v->transport, config->where, why);
    if (err) {
        free(v);
        return err;
    }
    v->config.where = NULL; /* the caller's, not needed again */
    v->stdio = v->transport.listener < 0;
    err = printout_init(&v->printout);
    if (!err)
        err = trace_init(&v->trace);
    if (!err && v->stdio)
        err = connect_client(v, STDIN_FILENO, STDOUT_FILENO);
    if (err) {
        gdb_text_printf(why, "cannot start the gdb server: %s (free some memory or descriptors)",
                        strerror(-err));
        gdb_server_close(v);
        return err;
    }
    *out = v;
    return 0;
}

void gdb_server_close(struct gdb_server *server)
{
    if (!server)
        return;
    if (server->connected)
        disconnect_client(server);
    drop_refused(server);
    transport_close(&server->transport);
    printout_free(&server->printout);
    trace_free(&server->trace);
    free(server);
}

const char *gdb_server_address(const struct gdb_server *server)
{
    return server->transport.address;
}

/* While the client's bytes are not wanted its descriptor is not polled at all: a hang-up, which
 * can't be unselected, would be reported again and again. It is found when reading goes on. With a
 * backlog what is waited for is there already: that little can be written. */
static size_t poll_client(struct gdb_server *v, struct pollfd *fds)
{
    size_t n = 0, pending;
    session_output(&v->session, &pending);
    pending += has_backlog(v);
    bool first = v->stdio && !v->asked_to_stop; /* its arrival is its first byte */
    if (first || wants_input(v))
        fds[n++] = (struct pollfd){.fd = v->in, .events = POLLIN};
    if (pending && n && v->in == v->out)
        fds[0].events |= POLLOUT;
    else if (pending)
        fds[n++] = (struct pollfd){.fd = v->out, .events = POLLOUT};
    if (session_takes_text(&v->session))
        fds[n++] = (struct pollfd){.fd = v->printout.fd, .events = POLLIN};
    return n;
}

size_t gdb_server_poll(struct gdb_server *server, struct pollfd fds[GDB_SERVER_FDS])
{
    size_t n = 0;
    if (server->transport.listener >= 0 && !transport_rest_ms(&server->transport))
        fds[n++] = (struct pollfd){.fd = server->transport.listener, .events = POLLIN};
    if (server->refused >= 0)
        fds[n++] = (struct pollfd){.fd = server->refused, .events = POLLIN};
    if (server->connected)
        n += poll_client(server, fds + n);
    assert(n <= GDB_SERVER_FDS);
    return n;
}

int gdb_server_timeout(const struct gdb_server *server)
{
    const int rest = transport_rest_ms(&server->transport);
    return rest ? rest : -1;
}

void gdb_server_dispatch(struct gdb_server *server, const struct pollfd *fds, size_t n)
{
    server->serving = true;
    bool client = false;
    for (size_t i = 0; i < n; i++)
        if (fds[i].revents && server->connected)
            client |= fds[i].fd == server->in || fds[i].fd == server->out ||
                      fds[i].fd == server->printout.fd;
    if (client)
        dispatch_client(server);
    for (size_t i = 0; i < n; i++) {
        if (!fds[i].revents)
            continue;
        if (fds[i].fd == server->refused)
            dispatch_refused(server);
        else if (fds[i].fd == server->transport.listener)
            dispatch_listener(server);
    }
    server->serving = false;
}

bool gdb_server_look(struct gdb_server *server)
{
    if (!server->connected || !server->asked_to_stop)
        return false;
    const bool received = wants_input(server) && receive(server);
    if (!received && !has_backlog(server))
        return false;
    server->serving = true;
    serve_or_part(server);
    server->serving = false;
    return true;
}

bool gdb_server_attached(const struct gdb_server *server)
{
    return server->connected;
}

bool gdb_server_finished(const struct gdb_server *server)
{
    return server->finished;
}

bool gdb_server_holds_ended(const struct gdb_server *server)
{
    return server->connected && program_is_held(&server->session);
}

bool gdb_server_report_stop(struct gdb_server *server, const struct gdb_stop *stop)
{
    if (!server->connected || server->session.left_in_peace)
        return false;
    session_stopped(&server->session, stop);
    if (server->serving)
        return true;
    serve_or_part(server);
    return true;
}
