/* Descriptors, gates and task-state segments in words (SDM vol. 3, 3.4.5, 3.5, 6.11, 6.14.1, 8.2.1,
 * 8.7), and tables in lines. */
#include "tests/unit/ram.h"

#include "debug/monitor/table_runs.h"
#include "debug/monitor/table_text.h"
#include "vcpu/cpu_state.h"

static char buf[65536];
static struct gdb_text out;

static struct gdb_text *empty(void)
{
    gdb_text_init(&out, buf, sizeof buf);
    return &out;
}

static void check_descriptor(uint64_t low, uint64_t high, bool wide, const char *expected)
{
    descriptor_print(low, high, wide, empty());
    CHECK_STR(buf, expected);
}

static void segments(void)
{
    check_descriptor(0x00cf9b000000ffff, 0, false,
                     "code, 32-bit            0x00000000          0xffffffff  0    readable, "
                     "accessed");
    check_descriptor(0x00af9a000000ffff, 0, true,
                     "code, 64-bit            0x00000000          0xffffffff  0    readable");
    check_descriptor(0x12009e345678ffff, 0, false,
                     "code, 16-bit            0x12345678          0x0000ffff  0    readable, "
                     "conforming");
    check_descriptor(0x00ef98000000ffff, 0, false,
                     "code, L and D set       0x00000000          0xffffffff  0    execute only");
    check_descriptor(0x00dff3000000ffff, 0, false,
                     "data                    0x00000000          0xffffffff  3    writable, "
                     "accessed, AVL");
    check_descriptor(0x000094000000ffff, 0, false,
                     "data, 16-bit stack      0x00000000          0x0000ffff  0    read-only, "
                     "expand-down");
    check_descriptor(0x0040120000000fff, 0, false,
                     "data                    0x00000000          0x00000fff  0    not present, "
                     "writable");
}

static void system_segments(void)
{
    check_descriptor(0x00008b0010800067, 0, false,
                     "TSS, 32-bit, busy       0x00001080          0x00000067  0    present");
    check_descriptor(0x1200890010800067, 0xffffffff, true,
                     "TSS, 64-bit             0xffffffff12001080  0x00000067  0    present");
    check_descriptor(0x000081001080002b, 0, false,
                     "TSS, 16-bit             0x00001080          0x0000002b  0    present");
    check_descriptor(0x000082001000000f, 0, false,
                     "LDT                     0x00001000          0x0000000f  0    present");
    check_descriptor(0x0000810000000000, 0, true, /* no 16-bit ones there */
                     "reserved, type 0x1       0x0000810000000000  -           0    present");
    check_descriptor(0x1234ec0500085678, 0, false,
                     "call gate, 32-bit       0x0008:0x12345678               3    parameters: 5, "
                     "present");
    check_descriptor(0x1234840500085678, 0, false,
                     "call gate, 16-bit       0x0008:0x00005678               0    parameters: 5, "
                     "present");
    check_descriptor(0x12348c0000185678, 0xffff8000, true,
                     "call gate, 64-bit       0x0018:0xffff800012345678       0    present");
    check_descriptor(0x0000650000280000, 0, false,
                     "task gate               TSS selector 0x0028             3    not present");
    CHECK(descriptor_is_double(0x0000890000000000, true));
    CHECK(descriptor_is_double(0x0000820000000000, true));
    CHECK(descriptor_is_double(0x00008c0000000000, true));
    CHECK(!descriptor_is_double(0x0000890000000000, false));
    CHECK(!descriptor_is_double(0x0000990000000000, true)); /* code */
    CHECK(!descriptor_is_double(0x00008e0000000000, true));
}

static void check_gate(uint64_t low, uint64_t high, bool wide, const char *expected)
{
    const uint64_t bytes[2] = {low, high};
    gate_print((const uint8_t *)bytes, wide, empty());
    CHECK_STR(buf, expected);
}

static void gates(void)
{
    check_gate(0x12348e0000085678, 0, false,
               "interrupt gate, 32-bit  0x0008:0x12345678          0    -    present");
    check_gate(0x1234ef0000085678, 0, false,
               "trap gate, 32-bit       0x0008:0x12345678          3    -    present");
    check_gate(0x1234860000085678, 0, false,
               "interrupt gate, 16-bit  0x0008:0x00005678          0    -    present");
    check_gate(0x0000850000280000, 0, false,
               "task gate               TSS selector 0x0028        0    -    present");
    check_gate(0x12340e0000085678, 0, false,
               "interrupt gate, 32-bit  0x0008:0x12345678          0    -    not present");
    check_gate(0x80108e0200181234, 0xffffffff, true,
               "interrupt gate, 64-bit  0x0018:0xffffffff80101234  0    2    present");
    check_gate(0x80108600001812ff, 0, true, /* 16 bits */
               "not a gate              0x0018:0x00000000000012ff  0    0    type 0x6");
    check_gate(0x00cf9a000000ffff, 0, false,
               "not a gate              0x0000:0x00cfffff          0    -    type 0x1a");
    check_gate(
        0x00000c000000ffff, 0, false, /* a call gate is none for interrupts */
        "not a gate              0x0000:0x0000ffff          0    -    type 0xc, not present");
}

static void task_state_segments(void)
{
    uint8_t tss[TSS_MAX];
    for (unsigned i = 0; i < sizeof tss; i++)
        tss[i] = (uint8_t)i;
    CHECK_EQ(tss_kind_of(9, true), TSS_64);
    CHECK_EQ(tss_kind_of(11, false), TSS_32);
    CHECK_EQ(tss_kind_of(3, false), TSS_16);
    tss_print(tss, sizeof tss, TSS_64, 0x67, empty());
    CHECK_STR(buf, "  rsp0   0x0b0a090807060504  rsp1   0x131211100f0e0d0c\n"
                   "  rsp2   0x1b1a191817161514  ist1   0x2b2a292827262524\n"
                   "  ist2   0x333231302f2e2d2c  ist3   0x3b3a393837363534\n"
                   "  ist4   0x434241403f3e3d3c  ist5   0x4b4a494847464544\n"
                   "  ist6   0x535251504f4e4d4c  ist7   0x5b5a595857565554\n"
                   "  I/O map at offset 0x6766: past the limit, so there is none\n");
    tss[0x66] = 0x68, tss[0x67] = 0;
    tss_print(tss, sizeof tss, TSS_32, 0x2067, empty());
    CHECK_STR(buf, "  link   0x0100      esp0   0x07060504  ss0    0x0908      esp1   0x0f0e0d0c\n"
                   "  ss1    0x1110      esp2   0x17161514  ss2    0x1918      cr3    0x1f1e1d1c\n"
                   "  eip    0x23222120  eflags 0x27262524  eax    0x2b2a2928  ecx    0x2f2e2d2c\n"
                   "  edx    0x33323130  ebx    0x37363534  esp    0x3b3a3938  ebp    0x3f3e3d3c\n"
                   "  esi    0x43424140  edi    0x47464544  es     0x4948      cs     0x4d4c\n"
                   "  ss     0x5150      ds     0x5554      fs     0x5958      gs     0x5d5c\n"
                   "  ldt    0x6160      trap   0x6564\n"
                   "  I/O map at offset 0x68\n");
    tss_print(tss, sizeof tss, TSS_32, 0x69, empty());
    CHECK(strstr(buf, "  I/O map at offset 0x68\n"));
    tss_print(tss, sizeof tss, TSS_32, 0x68, empty()); /* equal is past it: SDM vol. 1, 19.5.2 */
    CHECK(strstr(buf, "  I/O map at offset 0x68: past the limit, so there is none\n"));
    tss_print(tss, 5, TSS_16, 4, empty()); /* too short for ss0 */
    CHECK_STR(buf, "  link   0x0100      sp0    0x0302\n"
                   "  (the rest is not there)\n");
    tss_print(tss, 0, TSS_64, 0, empty());
    CHECK_STR(buf, "  (the rest is not there)\n");
}

/* ---- Tables */

static void print_low(const struct table *table, const struct table_entry *entry, unsigned index,
                      bool alone, struct gdb_text *text)
{
    (void)table, (void)index;
    gdb_text_printf(text, "%02x%s", entry->bytes[0], alone ? " alone" : "");
    if (entry->slots == 2)
        gdb_text_printf(text, " and %02x", entry->bytes[8]);
}

static bool is_ff(uint64_t low, bool wide)
{
    return wide && (low & 0xff) == 0xff;
}

static struct table table_at(const struct gva_space *space, uint64_t base, unsigned count)
{
    return (struct table){
        .space = space,
        .base = base,
        .entry_size = 8,
        .count = count,
        .more = "monitor gdt",
        .number_scale = 8,
        .digits = 4,
        .wide = true,
        .is_double = is_ff,
        .print = print_low,
        .empty = "null",
    };
}

static void equal_entries_share_a_line(void)
{
    struct memory *m = ram_new(0x10000);
    const struct gva_space space = {.memory = m};
    struct table table = table_at(&space, 0x1000, 8192);
    const uint64_t entries[] = {0, 1, 1, 1, 2, 0xff, 0x55, 0, 0};
    memory_poke(m, 0x1000, entries, sizeof entries);
    table_print(&table, 0, 8192, empty());
    CHECK_STR(buf, "0x0000         null\n"
                   "0x0008-0x0018  01\n"
                   "0x0020         02 alone\n"
                   "0x0028         ff alone and 55\n"
                   "0x0038-0xeff8  null\n"
                   "0xf000-0xfff8  no memory at 0x10000\n");
    table_print(&table, 2, 3, empty());
    CHECK_STR(buf, "0x0010-0x0018  01\n"
                   "0x0020         02 alone\n");
    table.count = 6; /* the second half is past the limit */
    table_print(&table, 5, 8192, empty());
    CHECK_STR(buf, "0x0028         ff alone\n");
    memory_free(m);
}

static void a_table_at_the_end_of_the_address_space(void)
{
    struct memory *m = ram_new(0x10000);
    const struct gva_space space = {.memory = m, .mode = {.efer = CPU_EFER_LMA}};
    const struct table table = table_at(&space, UINT64_MAX, 8192);
    table_print(&table, 0, 8192, empty());
    CHECK_STR(buf, "0x0000         no memory at 0xffffffffffffffff\n"
                   "0x0008-0xfff8  null\n");
    memory_free(m);
}

static void a_long_table_is_cut_with_a_word(void)
{
    struct memory *m = ram_new(0x20000);
    const struct gva_space space = {.memory = m};
    const struct table table = table_at(&space, 0x1000, 8192);
    for (uint64_t i = 0; i < 8192; i++) {
        const uint64_t entry = i << 8 | 1;
        memory_poke(m, 0x1000 + 8 * i, &entry, sizeof entry);
    }
    table_print(&table, 0, 8192, empty());
    const char *end = strrchr(buf, '.');
    CHECK_STR(end ? end - 2 : "", "... cut after 256 lines; the rest: monitor gdt 0x800\n");
    table_print(&table, 8192 - 256, 8192, empty());
    CHECK_EQ(strlen(buf), 256 * strlen("0x0000         01 alone\n"));
    memory_free(m);
}

int main(void)
{
    TEST(segments);
    TEST(system_segments);
    TEST(gates);
    TEST(task_state_segments);
    TEST(equal_entries_share_a_line);
    TEST(a_table_at_the_end_of_the_address_space);
    TEST(a_long_table_is_cut_with_a_word);
    return check_done();
}
