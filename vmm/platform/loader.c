#include "platform/loader.h"

#include <assert.h>
#include <string.h>

#define FACS_SIZE 64 /* and its alignment: 5.2.10 */

/* Offsets of ACPI 6.4: 5.2.5.3, 5.2.6, 5.2.9. */
enum {
    RSDP_CHECKSUM = 8,
    RSDP_RSDT = 16,
    RSDP_FIRST_SIZE = 20, /* what the first checksum is of */
    RSDP_XSDT = 24,
    RSDP_EXTENDED_CHECKSUM = 32,
    TABLE_LENGTH = 4,
    TABLE_CHECKSUM = 9,
    TABLE_HEADER = 36,
    FADT_FACS = 36,
    FADT_DSDT = 40,
    FADT_X_DSDT = 140,
};

_Static_assert(sizeof(struct loader_command) == 128, "the commands are read by the guest");

static struct loader_command *add(struct loader *l, enum loader_operation operation)
{
    assert(l->count < LOADER_COMMANDS_MAX);
    struct loader_command *command = &l->commands[l->count++];
    command->operation = operation;
    return command;
}

static void allocate(struct loader *l, const char *file, uint32_t alignment, enum loader_zone zone)
{
    struct loader_command *command = add(l, LOADER_ALLOCATE);
    strcpy(command->allocate.file, file);
    command->allocate.alignment = alignment;
    command->allocate.zone = (uint8_t)zone;
}

/* All pointers are to tables. */
static void add_pointer(struct loader *l, const char *in, uint32_t offset, uint8_t size)
{
    struct loader_command *command = add(l, LOADER_ADD_POINTER);
    strcpy(command->pointer.in, in);
    strcpy(command->pointer.to, LOADER_TABLES_FILE);
    command->pointer.offset = offset;
    command->pointer.size = size;
}

static void add_checksum(struct loader *l, const char *file, uint32_t offset, uint32_t start,
                         uint32_t length)
{
    struct loader_command *command = add(l, LOADER_ADD_CHECKSUM);
    strcpy(command->checksum.file, file);
    command->checksum.offset = offset;
    command->checksum.start = start;
    command->checksum.length = length;
}

static uint32_t table_length(const struct loader *l, uint32_t table)
{
    uint32_t length;
    memcpy(&length, l->tables + table + TABLE_LENGTH, sizeof length);
    return length;
}

static void add_table_checksum(struct loader *l, uint32_t table)
{
    add_checksum(l, LOADER_TABLES_FILE, table + TABLE_CHECKSUM, table, table_length(l, table));
}

/* RSDT and XSDT: nothing but pointers. */
static void link_root(struct loader *l, uint32_t table, uint8_t pointer_size)
{
    const uint32_t end = table + table_length(l, table);
    for (uint32_t at = table + TABLE_HEADER; at < end; at += pointer_size)
        add_pointer(l, LOADER_TABLES_FILE, at, pointer_size);
    add_table_checksum(l, table);
}

static void link_fadt(struct loader *l, uint32_t fadt)
{
    add_pointer(l, LOADER_TABLES_FILE, fadt + FADT_FACS, 4);
    add_pointer(l, LOADER_TABLES_FILE, fadt + FADT_DSDT, 4);
    add_pointer(l, LOADER_TABLES_FILE, fadt + FADT_X_DSDT, 8);
    add_table_checksum(l, fadt);
}

static void link_rsdp(struct loader *l)
{
    add_pointer(l, LOADER_RSDP_FILE, RSDP_RSDT, 4);
    add_pointer(l, LOADER_RSDP_FILE, RSDP_XSDT, 8);
    add_checksum(l, LOADER_RSDP_FILE, RSDP_CHECKSUM, 0, RSDP_FIRST_SIZE);
    add_checksum(l, LOADER_RSDP_FILE, RSDP_EXTENDED_CHECKSUM, 0, LOADER_RSDP_SIZE);
}

void loader_fill(struct loader *l, const struct platform *platform)
{
    struct platform_places places;
    memset(l, 0, sizeof *l);
    platform_write_facs(l->tables);
    uint8_t *rsdp = l->tables + FACS_SIZE;
    platform_write_tables(platform, FACS_SIZE, 0, rsdp, sizeof l->tables - FACS_SIZE, &places);
    l->tables_size = places.mp; /* the MP table is firmware's own, and behind the others */
    memcpy(l->rsdp, rsdp, sizeof l->rsdp);

    allocate(l, LOADER_RSDP_FILE, 16, LOADER_BELOW_1M);
    allocate(l, LOADER_TABLES_FILE, FACS_SIZE, LOADER_HIGH);
    link_fadt(l, places.fadt);
    link_root(l, places.rsdt, 4);
    link_root(l, places.xsdt, 8);
    link_rsdp(l);
}
