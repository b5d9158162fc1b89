/* `monitor` commands: what a row of the table in monitor.c is made of. A command's handler lives
 * with its noun (monitor_info.c, ...); the table names them all, and `monitor help` is printed from
 * it. */
#ifndef VMM_DEBUG_MONITOR_H
#define VMM_DEBUG_MONITOR_H

#include "debug/debug_state.h"

/* Of two rows that a command's first words match, the one with the longer name is meant. */
struct monitor_command {
    const char *name;  /* its words, one space between each */
    const char *usage; /* of its arguments; NULL: it takes none, and any are refused */
    const char *help;
    /* ARGS: what follows the name, one space between each word; "" for nothing. All vCPUs are
     * parked; d->chosen is the one that a command about one vCPU is about. Says everything, errors
     * too, in OUT. */
    void (*run)(struct debug *d, const char *args, struct gdb_text *out);
};

/* The rows in alphabetical order: that of INDEX, or NULL past the last one. */
const struct monitor_command *monitor_command(size_t index);

/* What more there is to say of the command NAME than its row does: whole lines, each indented by
 * four spaces if it is an example. "" for nothing. For `monitor help COMMAND` and docs/MONITOR.md
 * (tests/tools/monitor_doc.c). monitor_details.c */
const char *monitor_details(const char *name);
/* The names that have details: that of INDEX, or NULL past the last one. */
const char *monitor_detailed(size_t index);

/* "usage: monitor NAME USAGE", for a handler that can't make sense of its arguments. */
void monitor_usage(const char *name, const char *usage, struct gdb_text *out);

/* For a command about one vCPU: its registers, with a line that names it if there are several.
 * False, with the reason in OUT, if they can't be read. */
bool monitor_read_sregs(struct debug *d, struct kvm_sregs *sregs, struct gdb_text *out);

/* client_arch.c */
void monitor_arch(struct debug *d, const char *args, struct gdb_text *out);

/* monitor_catch.c */
void monitor_break_on(struct debug *d, const char *args, struct gdb_text *out);
void monitor_break_on_list(struct debug *d, const char *args, struct gdb_text *out);
void monitor_break_on_off(struct debug *d, const char *args, struct gdb_text *out);

/* monitor_info.c */
void monitor_cpu(struct debug *d, const char *args, struct gdb_text *out);
void monitor_info_cpus(struct debug *d, const char *args, struct gdb_text *out);
void monitor_info_devices(struct debug *d, const char *args, struct gdb_text *out);
void monitor_info_host(struct debug *d, const char *args, struct gdb_text *out);
void monitor_info_registers(struct debug *d, const char *args, struct gdb_text *out);
void monitor_info_slots(struct debug *d, const char *args, struct gdb_text *out);

/* monitor_linux.c */
void monitor_linux(struct debug *d, const char *args, struct gdb_text *out);

/* monitor_memory.c */
void monitor_memory_add(struct debug *d, const char *args, struct gdb_text *out);
void monitor_memory_list(struct debug *d, const char *args, struct gdb_text *out);
void monitor_memory_remove(struct debug *d, const char *args, struct gdb_text *out);

/* monitor_record.c */
void monitor_goto(struct debug *d, const char *args, struct gdb_text *out);
void monitor_history(struct debug *d, const char *args, struct gdb_text *out);
void monitor_record_off(struct debug *d, const char *args, struct gdb_text *out);
void monitor_record_on(struct debug *d, const char *args, struct gdb_text *out);
void monitor_record_save(struct debug *d, const char *args, struct gdb_text *out);
void monitor_record_status(struct debug *d, const char *args, struct gdb_text *out);
void monitor_when(struct debug *d, const char *args, struct gdb_text *out);

/* monitor_screen.c */
void monitor_screen(struct debug *d, const char *args, struct gdb_text *out);

/* monitor_snapshot.c */
void monitor_snapshot_delete(struct debug *d, const char *args, struct gdb_text *out);
void monitor_snapshot_list(struct debug *d, const char *args, struct gdb_text *out);
void monitor_snapshot_restore(struct debug *d, const char *args, struct gdb_text *out);
void monitor_snapshot_save(struct debug *d, const char *args, struct gdb_text *out);

/* monitor_stats.c */
void monitor_info_exits(struct debug *d, const char *args, struct gdb_text *out);
void monitor_stats(struct debug *d, const char *args, struct gdb_text *out);

/* monitor_trace.c */
void monitor_trace(struct debug *d, const char *args, struct gdb_text *out);

/* monitor_irq.c */
void monitor_info_irq(struct debug *d, const char *args, struct gdb_text *out);
void monitor_info_lapic(struct debug *d, const char *args, struct gdb_text *out);
void monitor_info_pci(struct debug *d, const char *args, struct gdb_text *out);
void monitor_info_pic(struct debug *d, const char *args, struct gdb_text *out);
void monitor_info_pit(struct debug *d, const char *args, struct gdb_text *out);

/* monitor_msr.c */
void monitor_msr(struct debug *d, const char *args, struct gdb_text *out);

/* monitor_physical.c */
void monitor_pw(struct debug *d, const char *args, struct gdb_text *out);
void monitor_xp(struct debug *d, const char *args, struct gdb_text *out);

/* monitor_port.c */
void monitor_in(struct debug *d, const char *args, struct gdb_text *out);
void monitor_out(struct debug *d, const char *args, struct gdb_text *out);

/* monitor_tables.c */
void monitor_gdt(struct debug *d, const char *args, struct gdb_text *out);
void monitor_idt(struct debug *d, const char *args, struct gdb_text *out);
void monitor_ivt(struct debug *d, const char *args, struct gdb_text *out);
void monitor_tss(struct debug *d, const char *args, struct gdb_text *out);

/* monitor_walk.c */
void monitor_walk(struct debug *d, const char *args, struct gdb_text *out);

/* step_over.c */
void monitor_next16(struct debug *d, const char *args, struct gdb_text *out);

/* raw_offsets.c */
void monitor_realmode(struct debug *d, const char *args, struct gdb_text *out);

/* step_interrupts.c */
void monitor_step_irq(struct debug *d, const char *args, struct gdb_text *out);

#endif
