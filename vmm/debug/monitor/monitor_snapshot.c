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

static bool find(const struct debug *d, const char *name, struct snapshot_row *row)
{
    for (size_t i = 0; snapshots_row(d->config.snapshots, i, row); i++)
        if (!strcmp(row->name, name))
            return true;
    return false;
}

void monitor_snapshot_save(struct debug *d, const char *args, struct gdb_text *out)
{
    struct error error;
    struct snapshot_row row;
    struct timespec begin;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    if (snapshots_save(d->config.snapshots, args, &error)) {
        gdb_text_printf(out, "snapshot save: %s\n", error.text);
        return;
    }
    const double ms = ms_since(&begin);
    if (find(d, args, &row))
        gdb_text_printf(out, "%s: saved in %.1f ms (%.1f MiB, %.1f of them its own)\n", row.name,
                        ms, mib(row.pages * MEMORY_PAGE), mib(row.own_pages * MEMORY_PAGE));
    const char *file = snapshots_file(d->config.snapshots);
    if (file && snapshots_write(d->config.snapshots, &error))
        gdb_text_printf(out, "snapshot save: not to %s, which has what it had: %s\n", file,
                        error.text);
    else if (file)
        gdb_text_printf(out, "%s: and in %s\n", args, file);
}

/* As after a reset: what stopped anyone is no longer so, and memory is another. In a recording it is
 * a change from outside. */
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
    gdb_text_printf(out, "%-*s  %s  %8.1f MiB, %.1f its own", (int)SNAPSHOT_NAME_MAX, row->name,
                    made, mib(row->pages * MEMORY_PAGE), mib(row->own_pages * MEMORY_PAGE));
    if (row->sectors)
        gdb_text_printf(out, "; %" PRIu64 " sectors of disks", row->sectors);
    gdb_text_printf(out, "%s\n", row->lost ? "; too much was written to disks: lost" : "");
}

void monitor_snapshot_list(struct debug *d, const char *args, struct gdb_text *out)
{
    struct snapshot_row row;
    size_t n = 0;
    (void)args;
    for (; snapshots_row(d->config.snapshots, n, &row); n++)
        print_row(&row, out);
    if (!n)
        gdb_text_printf(out, "There are none (monitor snapshot save NAME makes one).\n");
}
