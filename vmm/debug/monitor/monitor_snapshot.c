/* `monitor snapshot`: the whole machine kept by name, and gone back to. */
#include "debug/monitor/monitor.h"

#include "record/snapshots.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

static double ms_since(const struct timespec *begin)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - begin->tv_sec) * 1e3 +
           (double)(now.tv_nsec - begin->tv_nsec) / 1e6;
}

static double mib(uint64_t bytes)
{
    return (double)bytes / (1 << 20);
}

void monitor_snapshot_save(struct debug *d, const char *args, struct gdb_text *out)
{
    struct error error;
    struct timespec begin;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    if (snapshots_save(d->config.snapshots, args, &error)) {
        gdb_text_printf(out, "snapshot save: %s\n", error.text);
        return;
    }
    gdb_text_printf(out, "%s: saved in %.1f ms\n", args, ms_since(&begin));
    const char *file = snapshots_file(d->config.snapshots);
    if (file && snapshots_write(d->config.snapshots, &error))
        gdb_text_printf(out, "snapshot save: not to %s, which has what it had: %s\n", file,
                        error.text);
    else if (file)
        gdb_text_printf(out, "%s: and in %s\n", args, file);
}

/* As after a reset: what stopped anyone is no longer so, and memory is another. In a recording it
 * is a change from outside. */
static void forget_all(struct debug *d)
{
    travel_note_reset(&d->travel);
    step_over_end(d);
    run_control_forget(d->run_control);
    breakpoints_outdate(d->breakpoints);
    d->current = d->chosen = 0;
}

void monitor_snapshot_restore(struct debug *d, const char *args, struct gdb_text *out)
{
    struct error error;
    struct timespec begin;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    const int err = snapshots_restore(d->config.snapshots, args, &error);
    if (err != -EINVAL && err != -ENOENT && err != -ESTALE)
        forget_all(d);
    if (err)
        gdb_text_printf(out, "snapshot restore: %s\n", error.text);
    else
        gdb_text_printf(out,
                        "%s: restored in %.1f ms; breakpoints are kept. gdb shows old registers "
                        "and memory until `maintenance flush register-cache`, or a step.\n",
                        args, ms_since(&begin));
}

void monitor_snapshot_delete(struct debug *d, const char *args, struct gdb_text *out)
{
    struct error error;
    if (snapshots_delete(d->config.snapshots, args, &error))
        gdb_text_printf(out, "snapshot delete: %s\n", error.text);
    else
        gdb_text_printf(out, "%s: deleted\n", args);
}

static void print_row(const struct snapshot_row *row, struct gdb_text *out)
{
    char made[32] = "";
    struct tm tm;
    if (gmtime_r(&row->made, &tm))
        strftime(made, sizeof made, "%Y-%m-%d %H:%M:%SZ", &tm);
    gdb_text_printf(out, "%-*s  %s  written to since: %.1f MiB of memory", (int)SNAPSHOT_NAME_MAX,
                    row->name, made, mib(row->pages * MEMORY_PAGE));
    if (row->sectors)
        gdb_text_printf(out, ", %" PRIu64 " sectors of disks", row->sectors);
    if (row->lost)
        gdb_text_printf(out, "; lost: too much was written to disks");
    else if (row->gone)
        gdb_text_printf(out, "; lost: the process that kept its memory has ended");
    gdb_text_printf(out, "\n");
}

void monitor_snapshot_list(struct debug *d, const char *args, struct gdb_text *out)
{
    struct snapshot_row rows[SNAPSHOTS_MAX];
    const size_t n = snapshots_rows(d->config.snapshots, rows);
    (void)args;
    for (size_t i = 0; i < n; i++)
        print_row(&rows[i], out);
    if (!n)
        gdb_text_printf(out, "There are none (monitor snapshot save NAME makes one).\n");
}
