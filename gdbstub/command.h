/* The packets: one table row each, with the shape of its arguments, the states it is allowed in,
 * and its handler. Arguments are parsed here and nowhere else; what has not the shape is refused.
 */
#ifndef GDBSTUB_COMMAND_H
#define GDBSTUB_COMMAND_H

#include "session.h"

struct command_args {
    uint64_t number[4]; /* in the order of the shape; those left out are 0 */
    unsigned numbers;   /* how many were there */
    int thread;         /* a thread id; -1 all, 0 any */
    const char *word;   /* text up to the next separator, not terminated */
    size_t word_len;
    const char *data; /* the rest of the packet, decoded if it was hex; a 0 follows it */
    size_t len;
    /* Where there is none both are "". */
};

/* Runs the packet of LEN bytes, which it may change: the reply is in s->reply afterwards. An
 * unknown packet gets the empty reply. */
void command_run(struct gdb_session *s, char *packet, size_t len);

void command_index_init(struct command_index *index);

/* Reads the thread id that TEXT starts with (hex, 0, or -1). Returns its length, 0 if it is none.
 */
size_t command_thread_id(const char *text, size_t len, int *thread);

typedef void command_handler(struct gdb_session *s, const struct command_args *args);

/* cmd_memory.c */
command_handler cmd_read_memory, cmd_read_binary, cmd_write_memory;
/* cmd_search.c, cmd_region.c */
command_handler cmd_search, cmd_crc, cmd_memory_map, cmd_region;
/* cmd_lldb.c */
command_handler cmd_host_info, cmd_process_info, cmd_thread_suffix, cmd_list_threads;
command_handler cmd_thread_stop, cmd_threads_info;
/* cmd_register.c */
command_handler cmd_read_registers, cmd_write_registers, cmd_read_register, cmd_write_register;
/* cmd_breakpoint.c */
command_handler cmd_insert_breakpoint, cmd_remove_breakpoint;
/* cmd_run.c */
command_handler cmd_stop_reason, cmd_continue, cmd_continue_signal, cmd_step, cmd_step_signal;
command_handler cmd_resume, cmd_resume_actions, cmd_interrupt, cmd_detach, cmd_kill, cmd_kill_reply;
/* cmd_reverse.c */
command_handler cmd_reverse_step, cmd_reverse_continue;
/* cmd_non_stop.c */
command_handler cmd_non_stop, cmd_stop_taken;
/* cmd_restart.c */
command_handler cmd_extended, cmd_restart, cmd_run_program, cmd_attach;
/* cmd_query.c */
command_handler cmd_supported, cmd_no_ack, cmd_attached, cmd_must_reply_empty;
command_handler cmd_features;
/* cmd_thread.c */
command_handler cmd_general_thread, cmd_resume_thread, cmd_thread_alive, cmd_current_thread;
command_handler cmd_first_threads, cmd_next_threads, cmd_thread_info, cmd_threads;
/* cmd_monitor.c */
command_handler cmd_monitor;
/* cmd_image.c */
command_handler cmd_exec_file, cmd_offsets, cmd_symbol;
/* cmd_file.c */
command_handler cmd_file_open, cmd_file_read, cmd_file_stat, cmd_file_close, cmd_file_setfs;
/* cmd_trace.c */
command_handler cmd_trace_init, cmd_trace_start, cmd_trace_stop, cmd_trace_status, cmd_trace_size;
command_handler cmd_trace_circular, cmd_trace_disconnected, cmd_trace_notes, cmd_trace_readonly;
/* cmd_trace_point.c */
command_handler cmd_trace_define, cmd_trace_source, cmd_trace_enable, cmd_trace_disable;
command_handler cmd_trace_hits, cmd_trace_first_point, cmd_trace_next_point, cmd_trace_variable;
command_handler cmd_trace_value, cmd_trace_first_variable, cmd_trace_next_variable;
/* cmd_trace_frame.c */
command_handler cmd_trace_find, cmd_trace_info, cmd_trace_buffer;
/* cmd_qemu.c */
command_handler cmd_qemu_supported, cmd_step_bits, cmd_step_mask, cmd_set_step_mask;
command_handler cmd_physical_memory, cmd_set_physical_memory;

/* Answers a qXfer request for the part of DOCUMENT at OFFSET, at most LEN bytes. */
void reply_part(struct reply *r, const void *document, size_t size, uint64_t offset, uint64_t len);

/* Writes THREAD's name, which is never "". */
void thread_name(struct gdb_session *s, int thread, char *buf, size_t size);
/* Whether the target can tell what memory is where, as qXfer:memory-map has to. */
bool memory_map_known(const struct gdb_session *s);

#endif
