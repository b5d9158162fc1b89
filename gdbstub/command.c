#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "command.h"
#include "hex.h"
#include "hit.h"
#include "non_stop.h"
#include "trace_client.h"

enum {
    STOPPED = SESSION_STOPPED,
    THREAD = 64, /* and the selected thread must not run, as it may in non-stop mode */
    SHOWN = STOPPED | THREAD,
    AT_REST = SESSION_STOPPED | SESSION_IDLE,
    HEARING = AT_REST | SESSION_ENDED,
    ACTIVE = SESSION_STOPPED | SESSION_RUNNING | SESSION_STOPPING,
    ALWAYS = ACTIVE | HEARING,
    TRACING = 128, /* unknown to a session without tracepoints */
    TRACE_HELD = STOPPED | TRACING,
    TRACE_ANY = ALWAYS | TRACING,
};

struct command {
    const char *name;
    const char *shape; /* words are arguments, the rest is literal, [...] may be left out */
    unsigned when;
    command_handler *handler;
};

/* clang-format off */
static const struct command commands[] = {
    /* packet                   arguments             when     handler */
    { "?",                      "",                   AT_REST, cmd_stop_reason },
    { "g",                      "",                   SHOWN,   cmd_read_registers },
    { "G",                      "hex",                SHOWN,   cmd_write_registers },
    { "p",                      "register",           SHOWN,   cmd_read_register },
    { "P",                      "register=hex",       SHOWN,   cmd_write_register },
    { "m",                      "addr,length",        STOPPED, cmd_read_memory },
    { "M",                      "addr,length:hex",    STOPPED, cmd_write_memory },
    { "x",                      "addr,length",        STOPPED, cmd_read_binary },
    { "X",                      "addr,length:data",   STOPPED, cmd_write_memory },
    { "qSearch:memory:",        "addr;length;data",   STOPPED, cmd_search },
    { "qCRC:",                  "addr,length",        STOPPED, cmd_crc },
    { "qXfer:memory-map:read::", "offset,length",     STOPPED, cmd_memory_map },
    { "qMemoryRegionInfo:",     "addr",               STOPPED, cmd_region },
    { "Z",                      "type,addr,kind[;data]", STOPPED, cmd_insert_breakpoint },
    { "z",                      "type,addr,kind",     STOPPED, cmd_remove_breakpoint },
    { "c",                      "[addr]",             STOPPED, cmd_continue },
    { "C",                      "signal[;addr]",      STOPPED, cmd_continue_signal },
    { "s",                      "[addr]",             STOPPED, cmd_step },
    { "S",                      "signal[;addr]",      STOPPED, cmd_step_signal },
    { "vCont?",                 "",                   AT_REST, cmd_resume_actions },
    { "vCont;",                 "data",               STOPPED, cmd_resume },
    { "bs",                     "",                   STOPPED, cmd_reverse_step },
    { "bc",                     "",                   STOPPED, cmd_reverse_continue },
    { "vCtrlC",                 "",                   ACTIVE,  cmd_interrupt },
    { "QNonStop:",              "number",             AT_REST, cmd_non_stop },
    { "vStopped",               "",                   HEARING, cmd_stop_taken },
    { "vMustReplyEmpty",        "",                   ALWAYS,  cmd_must_reply_empty },
    { "vKill;",                 "pid",                STOPPED, cmd_kill_reply },
    { "k",                      "",                   STOPPED, cmd_kill },
    { "D",                      "[;pid]",             ACTIVE,  cmd_detach },
    { "!",                      "",                   ALWAYS,  cmd_extended },
    { "R",                      "[restart]",          AT_REST, cmd_restart },
    { "vRun;",                  "data",               AT_REST, cmd_run_program },
    { "vAttach;",               "pid",                AT_REST, cmd_attach },
    { "Hg",                     "thread",             AT_REST, cmd_general_thread },
    { "Hc",                     "thread",             AT_REST, cmd_resume_thread },
    { "T",                      "thread",             HEARING, cmd_thread_alive },
    { "qC",                     "",                   AT_REST, cmd_current_thread },
    { "qfThreadInfo",           "",                   HEARING, cmd_first_threads },
    { "qsThreadInfo",           "",                   HEARING, cmd_next_threads },
    { "qThreadExtraInfo,",      "thread",             STOPPED, cmd_thread_info },
    { "qXfer:threads:read::",   "offset,length",      HEARING, cmd_threads },
    { "qXfer:features:read:",   "word:offset,length", STOPPED, cmd_features },
    { "qHostInfo",              "",                   STOPPED, cmd_host_info },
    { "qProcessInfo",           "",                   STOPPED, cmd_process_info },
    { "QThreadSuffixSupported", "",                   ALWAYS,  cmd_thread_suffix },
    { "QListThreadsInStopReply", "",                  ALWAYS,  cmd_list_threads },
    { "qThreadStopInfo",        "thread",             STOPPED, cmd_thread_stop },
    { "jThreadsInfo",           "",                   STOPPED, cmd_threads_info },
    { "qSupported",             "[:data]",            ALWAYS,  cmd_supported },
    { "QStartNoAckMode",        "",                   ALWAYS,  cmd_no_ack },
    { "qAttached",              "[:pid]",             ALWAYS,  cmd_attached },
    { "qXfer:exec-file:read:",  "word:offset,length", STOPPED, cmd_exec_file },
    { "qOffsets",               "",                   STOPPED, cmd_offsets },
    { "qSymbol:",               "data",               ALWAYS,  cmd_symbol },
    { "qRcmd,",                 "hex",                AT_REST, cmd_monitor },
    { "vFile:open:",            "word,flags,mode",    AT_REST, cmd_file_open },
    { "vFile:pread:",           "fd,count,offset",    AT_REST, cmd_file_read },
    { "vFile:fstat:",           "fd",                 AT_REST, cmd_file_stat },
    { "vFile:close:",           "fd",                 AT_REST, cmd_file_close },
    { "vFile:setfs:",           "pid",                AT_REST, cmd_file_setfs },
    { "QTinit",                 "",                   TRACE_HELD, cmd_trace_init },
    { "QTDP:",                  "data",               TRACE_HELD, cmd_trace_define },
    { "QTDPsrc:",               "data",               TRACE_HELD, cmd_trace_source },
    { "QTDV:",                  "data",               TRACE_HELD, cmd_trace_variable },
    { "QTEnable:",              "number:addr",        TRACE_HELD, cmd_trace_enable },
    { "QTDisable:",             "number:addr",        TRACE_HELD, cmd_trace_disable },
    { "QTro:",                  "data",               TRACE_HELD, cmd_trace_readonly },
    { "QTStart",                "",                   TRACE_HELD, cmd_trace_start },
    { "QTStop",                 "",                   TRACE_HELD, cmd_trace_stop },
    { "QTDisconnected:",        "number",             TRACE_ANY, cmd_trace_disconnected },
    { "QTBuffer:circular:",     "number",             TRACE_ANY, cmd_trace_circular },
    { "QTBuffer:size:",         "data",               TRACE_ANY, cmd_trace_size },
    { "QTNotes:",               "data",               TRACE_ANY, cmd_trace_notes },
    { "qTStatus",               "",                   TRACE_ANY, cmd_trace_status },
    { "qTP:",                   "number:addr",        TRACE_ANY, cmd_trace_hits },
    { "qTfP",                   "",                   TRACE_ANY, cmd_trace_first_point },
    { "qTsP",                   "",                   TRACE_ANY, cmd_trace_next_point },
    { "qTV:",                   "number",             TRACE_ANY, cmd_trace_value },
    { "qTfV",                   "",                   TRACE_ANY, cmd_trace_first_variable },
    { "qTsV",                   "",                   TRACE_ANY, cmd_trace_next_variable },
    { "QTFrame:",               "data",               TRACE_HELD, cmd_trace_find },
    { "qXfer:traceframe-info:read::", "offset,length", TRACE_HELD, cmd_trace_info },
    { "qTBuffer:",              "offset,length",      TRACE_HELD, cmd_trace_buffer },
    { "qqemu.Supported",        "",                   STOPPED, cmd_qemu_supported },
    { "qqemu.sstepbits",        "",                   STOPPED, cmd_step_bits },
    { "Qqemu.sstepbits",        "",                   STOPPED, cmd_step_bits },
    { "qqemu.sstep",            "",                   STOPPED, cmd_step_mask },
    { "Qqemu.sstep",            "",                   STOPPED, cmd_step_mask },
    { "Qqemu.sstep=",           "data",               STOPPED, cmd_set_step_mask },
    { "qqemu.PhyMemMode",       "",                   STOPPED, cmd_physical_memory },
    { "Qqemu.PhyMemMode:",      "number",             STOPPED, cmd_set_physical_memory },
};
/* clang-format on */

struct cursor {
    char *at, *end;
};

size_t command_thread_id(const char *text, size_t len, int *thread)
{
    if (len >= 2 && text[0] == '-' && text[1] == '1') {
        *thread = -1;
        return 2;
    }
    uint64_t number;
    size_t n = hex_number(text, len, &number);
    if (!n || number > INT32_MAX)
        return 0;
    *thread = (int)number;
    return n;
}

static bool parse_number(struct cursor *c, const char *until, struct command_args *a)
{
    (void)until;
    size_t n = hex_number(c->at, (size_t)(c->end - c->at), &a->number[a->numbers]);
    c->at += n;
    a->numbers += n > 0;
    return n;
}

static bool parse_thread(struct cursor *c, const char *until, struct command_args *a)
{
    (void)until;
    size_t n = command_thread_id(c->at, (size_t)(c->end - c->at), &a->thread);
    c->at += n;
    return n;
}

static bool parse_word(struct cursor *c, const char *until, struct command_args *a)
{
    a->word = c->at;
    while (c->at < c->end && *c->at != *until)
        c->at++;
    a->word_len = (size_t)(c->at - a->word);
    return true;
}

static bool parse_data(struct cursor *c, const char *until, struct command_args *a)
{
    (void)until;
    a->data = c->at;
    a->len = (size_t)(c->end - c->at);
    c->at = c->end;
    return true;
}

static bool parse_hex(struct cursor *c, const char *until, struct command_args *a)
{
    char *hex = c->at;
    parse_data(c, until, a);
    if (a->len % 2 || !hex_decode(hex, hex, a->len / 2))
        return false;
    a->len /= 2;
    hex[a->len] = 0;
    return true;
}

/* What a shape's words mean; any other word is a number, whose name says only what it is for. */
static const struct {
    const char *word;
    bool (*parse)(struct cursor *c, const char *until, struct command_args *a);
} words[] = {
    {"thread", parse_thread},
    {"word", parse_word},
    {"data", parse_data},
    {"hex", parse_hex},
};

static bool parse_argument(const char **shape, struct cursor *c, struct command_args *a)
{
    const char *word = *shape;
    while (isalpha((unsigned char)**shape))
        ++*shape;
    size_t len = (size_t)(*shape - word);
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strlen(words[i].word) == len && !memcmp(words[i].word, word, len))
            return words[i].parse(c, *shape, a);
    return parse_number(c, *shape, a);
}

/* Parses AT to END by SHAPE; all of it must be used. */
static bool parse(const char *shape, struct cursor c, struct command_args *a)
{
    while (*shape) {
        if (*shape == '[' && c.at == c.end)
            return true;
        if (*shape == '[' || *shape == ']') {
            shape++;
        } else if (isalpha((unsigned char)*shape)) {
            if (!parse_argument(&shape, &c, a))
                return false;
        } else if (c.at == c.end || *c.at++ != *shape++) {
            return false;
        }
    }
    return c.at == c.end;
}

enum { ROWS = sizeof(commands) / sizeof(commands[0]) };
_Static_assert(ROWS <= UINT8_MAX, "a row's number in the index");

/* The row of a packet, or NULL. A row without arguments is for that packet alone: `qC` is not the
 * beginning of `qCRC:`. */
static const struct command *find(const struct command_index *index, const char *packet, size_t len)
{
    const unsigned char letter = len ? (unsigned char)packet[0] : 0;
    if (letter >= COMMAND_LETTERS)
        return NULL;
    for (size_t i = index->first[letter]; i < index->end[letter]; i++) {
        const char *name = commands[i].name;
        size_t n = 0;
        while (n < len && name[n] && name[n] == packet[n])
            n++;
        if (!name[n] && (n == len || commands[i].shape[0]))
            return &commands[i];
    }
    return NULL;
}

void command_index_init(struct command_index *index)
{
    *index = (struct command_index){0};
    for (size_t i = ROWS; i-- > 0;) {
        const size_t letter = (unsigned char)commands[i].name[0];
        index->first[letter] = (uint8_t)i;
        if (!index->end[letter])
            index->end[letter] = (uint8_t)(i + 1);
    }
}

/* Cuts the ";thread:1;" from the end of a packet that can have it, where the client has said that
 * it writes this. False if there is no such thread. */
static bool cut_thread_suffix(struct gdb_session *s, char *packet, size_t *len)
{
    static const char mark[] = ";thread:";
    if (!s->client.thread_suffix || !*len || !strchr("gGpPmM", packet[0]))
        return true;
    char *suffix = memmem(packet, *len, mark, strlen(mark));
    if (!suffix)
        return true;
    const char *id = suffix + strlen(mark), *end = packet + *len;
    size_t n = command_thread_id(id, (size_t)(end - id), &s->packet_thread);
    *len = (size_t)(suffix - packet);
    *suffix = 0;
    return n && id + n + (id + n < end && id[n] == ';') == end &&
           session_thread_exists(s, s->packet_thread);
}

static bool allowed(const struct gdb_session *s, const struct command *command)
{
    bool shows = command->when & THREAD;
    bool runs = !s->frame.selected && non_stop_runs(s, session_thread(s));
    return command->when & s->state && !(shows && runs);
}

/* What has to wait until the target stops needs it to stand still in non-stop mode, too. */
static void handle(struct gdb_session *s, const struct command *command,
                   const struct command_args *args)
{
    bool held = !(command->when & SESSION_RUNNING) && non_stop_hold(s);
    command->handler(s, args);
    if (command->when & TRACING && !(command->when & SESSION_RUNNING))
        hit_update(s);
    if (held)
        non_stop_release(s);
}

static void run(struct gdb_session *s, char *packet, size_t len)
{
    const struct command *command = find(&s->commands, packet, len);
    struct command_args args = {.word = "", .data = ""};
    if (!command || (command->when & TRACING && !trace_offered(s)))
        return;
    struct cursor arguments = {packet + strlen(command->name), packet + len};
    if (!allowed(s, command))
        reply_errno(&s->reply, EBUSY);
    else if (!parse(command->shape, arguments, &args))
        reply_errno(&s->reply, EINVAL);
    else
        handle(s, command, &args);
}

void command_run(struct gdb_session *s, char *packet, size_t len)
{
    if (cut_thread_suffix(s, packet, &len))
        run(s, packet, len);
    else
        reply_errno(&s->reply, ESRCH);
    s->packet_thread = 0;
}
