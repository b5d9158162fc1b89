/* qXfer:memory-map (gdb) and qMemoryRegionInfo (lldb): what kind of memory is where. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "command.h"
#include "target_xml.h"

/* ---- gdb's map. gdb keeps it for the whole session, takes what is not in it for inaccessible, and
 * uses linear addresses, which may mean other memory later. So the map says only where ROM is to be
 * seen now; all the rest is RAM for gdb, and whether it is there a read tells. */

static void map_row(struct buffer *xml, const char *type, uint64_t first, uint64_t last)
{
    buffer_printf(xml, "<memory type=\"%s\" start=\"0x%" PRIx64 "\" length=\"0x%" PRIx64 "\"/>\n",
                  type, first, last - first + 1);
}

/* In two rows where it crosses the middle: the length of all there is has no number. */
static void map_ram(struct buffer *xml, uint64_t first, uint64_t last)
{
    const uint64_t middle = 1ull << 63;
    if (first < middle && last >= middle) {
        map_row(xml, "ram", first, middle - 1);
        first = middle;
    }
    map_row(xml, "ram", first, last);
}

/* Whether a client that means what REGION is called by its physical address sees it there; REGION
 * is cut to what it sees. */
static bool is_seen(struct gdb_session *s, struct gdb_region *region)
{
    struct gdb_region linear;
    if (s->ops->physical_memory && s->ops->physical_memory(s->target))
        return true;
    if (s->ops->memory_region(s->target, session_thread(s), region->start, &linear) || !linear.rom)
        return false;
    if (linear.last < region->last)
        region->last = linear.last;
    return true;
}

static void memory_map(struct gdb_session *s, struct buffer *xml)
{
    struct gdb_region region;
    uint64_t first = 0;
    buffer_printf(xml, "<?xml version=\"1.0\"?>\n"
                       "<!DOCTYPE memory-map PUBLIC \"+//IDN gnu.org//DTD GDB Memory Map V1.0//EN\""
                       " \"http://sourceware.org/gdb/gdb-memory-map.dtd\">\n<memory-map>\n");
    for (size_t i = 0; s->ops->physical_region(s->target, i, &region); i++) {
        if (!region.rom || !is_seen(s, &region))
            continue;
        if (first < region.start)
            map_ram(xml, first, region.start - 1);
        map_row(xml, "rom", region.start, region.last);
        first = region.last + 1;
    }
    map_ram(xml, first, UINT64_MAX);
    buffer_printf(xml, "</memory-map>\n");
}

bool memory_map_known(const struct gdb_session *s)
{
    return s->ops->memory_region && s->ops->physical_region;
}

void cmd_memory_map(struct gdb_session *s, const struct command_args *args)
{
    struct buffer xml = {0};
    if (!memory_map_known(s))
        return;
    memory_map(s, &xml);
    if (xml.failed)
        reply_errno(&s->reply, ENOMEM);
    else
        reply_part(&s->reply, buffer_bytes(&xml), xml.len, args->number[0], args->number[1]);
    buffer_free(&xml);
}

/* ---- lldb's question about one address. It asks on from each region's end, and stops only where
 * that is the last address: a region up to there is made one byte shorter. */

void cmd_region(struct gdb_session *s, const struct command_args *args)
{
    struct gdb_region r;
    if (!s->ops->memory_region)
        return;
    int err = s->ops->memory_region(s->target, session_thread(s), args->number[0], &r);
    if (err) {
        reply_errno(&s->reply, err);
        return;
    }
    uint64_t size = r.last - r.start + (r.last < UINT64_MAX);
    reply_printf(&s->reply, "start:%" PRIx64 ";size:%" PRIx64 ";", r.start, size);
    if (!r.mapped)
        return;
    reply_printf(&s->reply, "permissions:%s%s%s;name:", r.read ? "r" : "", r.write ? "w" : "",
                 r.execute ? "x" : "");
    reply_hex(&s->reply, r.name, strlen(r.name));
    reply_printf(&s->reply, ";");
}
