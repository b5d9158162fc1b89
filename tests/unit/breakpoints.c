/* Which means carries which breakpoint, and what happens to the guest's bytes. */
#include "tests/unit/ram.h"

#include "debug/breakpoint/breakpoints.h"

#include <errno.h>

static struct memory *new_memory(void)
{
    struct memory *m = ram_new(0x10000);
    struct error error;
    CHECK_EQ(memory_add(m, 0xf0000, 0x10000, MEMORY_ROM, "ROM", &error), 0);
    return m;
}

/* What a host delivers: an int3 exit, execute and write debug registers. */
static const struct host_debug everything = {.int3 = true, .execute = true, .write = true};
static const struct host_debug only_int3 = {.int3 = true};
static const struct host_debug only_execute = {.execute = true};
static const struct host_debug nothing_at_all = {.flags = 0};

/* One vCPU in protected mode (CR0 1) or real mode (0), its IDT at 0, its GDT at 0x7000. */
static struct cpu_view view_in(const struct memory *m, uint64_t cr0, uint64_t stack)
{
    const struct kvm_regs regs = {.rsp = stack};
    const struct kvm_sregs sregs = {
        .cr0 = cr0, .idt = {.limit = 0x3ff}, .gdt = {.base = 0x7000, .limit = 0x17}};
    return cpu_view(m, &regs, &sregs);
}

static struct cpu_view view_of(const struct memory *m, uint64_t stack)
{
    return view_in(m, 1, stack);
}

static void plan(struct breakpoints *set)
{
    breakpoints_plan(set, NULL, 0);
}

static void lift(struct breakpoints *set, size_t overwritten)
{
    uint64_t first = 0;
    CHECK_EQ(breakpoints_lift(set, &first), overwritten);
}

static uint8_t byte_at(struct memory *m, uint64_t gpa)
{
    uint8_t byte = 0;
    memory_read(m, gpa, &byte, 1);
    return byte;
}

static enum breakpoint_carrier carrier_at(const struct breakpoints *set, uint64_t addr)
{
    const struct breakpoint *b = breakpoints_at(set, addr);
    CHECK(b != NULL);
    return b ? b->carrier : CARRIER_STEP;
}

static void insert_at(struct breakpoints *set, enum breakpoint_type type, uint64_t first,
                      unsigned n)
{
    for (uint64_t a = first; a < first + n; a++)
        CHECK_EQ(breakpoints_insert(set, type, a, true, a), 0);
}

static void debug_registers_come_first(void)
{
    struct memory *m = new_memory();
    struct breakpoints *set = breakpoints_new(m, &everything);
    struct debugregs registers;
    insert_at(set, BREAKPOINT_SOFTWARE, 0x1000, 5);
    plan(set);
    CHECK_EQ(carrier_at(set, 0x1003), CARRIER_DEBUGREG);
    CHECK_EQ(carrier_at(set, 0x1004), CARRIER_INT3);
    CHECK(breakpoints_any_int3(set));
    breakpoints_debugregs(set, &registers);
    CHECK_EQ(registers.used, 4);
    CHECK_EQ(registers.dr7, 0x4aa);
    CHECK_EQ(registers.addr[3], 0x1003);
    breakpoints_free(set);
    memory_free(m);
}

static void hardware_breakpoints_have_the_first_claim(void)
{
    struct memory *m = new_memory();
    struct breakpoints *set = breakpoints_new(m, &everything);
    insert_at(set, BREAKPOINT_SOFTWARE, 0x1000, 4);
    insert_at(set, BREAKPOINT_HARDWARE, 0x2000, 3);
    plan(set);
    CHECK_EQ(carrier_at(set, 0x2000), CARRIER_DEBUGREG);
    CHECK_EQ(carrier_at(set, 0x2002), CARRIER_DEBUGREG);
    CHECK_EQ(carrier_at(set, 0x1000), CARRIER_DEBUGREG);
    CHECK_EQ(carrier_at(set, 0x1001), CARRIER_INT3);
    CHECK_EQ(carrier_at(set, 0x1003), CARRIER_INT3);
    insert_at(set, BREAKPOINT_HARDWARE, 0x3000, 2); /* the fifth one is carried too */
    plan(set);
    CHECK_EQ(carrier_at(set, 0x3000), CARRIER_DEBUGREG);
    CHECK_EQ(carrier_at(set, 0x3001), CARRIER_INT3);
    CHECK_EQ(breakpoints_remove(set, BREAKPOINT_HARDWARE, 0x2000), 0);
    plan(set); /* and has a register as soon as one is free */
    CHECK_EQ(carrier_at(set, 0x3001), CARRIER_DEBUGREG);
    breakpoints_free(set);
    memory_free(m);
}

static void where_no_int3_can_be_there_is_stepping(void)
{
    struct memory *m = new_memory();
    struct breakpoints *set = breakpoints_new(m, &everything);
    insert_at(set, BREAKPOINT_HARDWARE, 0x1000, 4);
    breakpoints_insert(set, BREAKPOINT_SOFTWARE, 0xffff800000000000, false, 0); /* not mapped */
    breakpoints_insert(set, BREAKPOINT_SOFTWARE, 0x5000000, true, 0x5000000);   /* no memory */
    plan(set);
    CHECK_EQ(carrier_at(set, 0xffff800000000000), CARRIER_STEP);
    CHECK_EQ(carrier_at(set, 0x5000000), CARRIER_STEP);
    CHECK(breakpoints_any_stepped(set));
    breakpoints_free(set);
    memory_free(m);
}

static void a_host_that_delivers_less_gets_less(void)
{
    struct memory *m = new_memory();
    struct breakpoints *no_int3 = breakpoints_new(m, &only_execute);
    struct breakpoints *no_debugregs = breakpoints_new(m, &only_int3);
    struct breakpoints *nothing = breakpoints_new(m, &nothing_at_all);
    insert_at(no_int3, BREAKPOINT_SOFTWARE, 0x1000, 5);
    insert_at(no_debugregs, BREAKPOINT_HARDWARE, 0x1000, 1);
    insert_at(nothing, BREAKPOINT_SOFTWARE, 0x1000, 1);
    plan(no_int3);
    plan(no_debugregs);
    plan(nothing);
    CHECK_EQ(carrier_at(no_int3, 0x1003), CARRIER_DEBUGREG);
    CHECK_EQ(carrier_at(no_int3, 0x1004), CARRIER_STEP);
    CHECK(!breakpoints_any_int3(no_int3));
    CHECK_EQ(carrier_at(no_debugregs, 0x1000), CARRIER_INT3);
    CHECK_EQ(carrier_at(nothing, 0x1000), CARRIER_STEP);
    breakpoints_free(no_int3);
    breakpoints_free(no_debugregs);
    breakpoints_free(nothing);
    memory_free(m);
}

static void duplicates_and_both_types_at_one_address(void)
{
    struct memory *m = new_memory();
    struct breakpoints *set = breakpoints_new(m, &everything);
    CHECK_EQ(breakpoints_insert(set, BREAKPOINT_HARDWARE, 0x1000, true, 0x1000), 0);
    CHECK_EQ(breakpoints_insert(set, BREAKPOINT_SOFTWARE, 0x1000, true, 0x1000), 0);
    CHECK_EQ(breakpoints_insert(set, BREAKPOINT_SOFTWARE, 0x1000, true, 0x1000), 0);
    struct breakpoint_row row;
    CHECK(breakpoints_row(set, 1, &row));
    CHECK(!breakpoints_row(set, 2, &row));
    CHECK_EQ(breakpoints_at(set, 0x1000)->type, BREAKPOINT_SOFTWARE);
    CHECK_EQ(breakpoints_remove(set, BREAKPOINT_SOFTWARE, 0x1000), 0);
    CHECK_EQ(breakpoints_at(set, 0x1000)->type, BREAKPOINT_HARDWARE);
    CHECK_EQ(breakpoints_remove(set, BREAKPOINT_SOFTWARE, 0x1000), (uint64_t)-ENOENT);
    breakpoints_free(set);
    memory_free(m);
}

static void planting_and_lifting_give_the_bytes_back(void)
{
    struct memory *m = new_memory();
    struct breakpoints *set = breakpoints_new(m, &only_int3);
    const uint64_t except[] = {0x1001};
    memory_poke(m, 0x1000, "\x11\x22\x33", 3);
    memory_poke(m, 0xf0000, "\x44", 1);
    breakpoints_insert(set, BREAKPOINT_SOFTWARE, 0x1000, true, 0x1000);
    breakpoints_insert(set, BREAKPOINT_SOFTWARE, 0x1001, true, 0x1001);
    breakpoints_insert(set, BREAKPOINT_SOFTWARE, 0xf0000, true, 0xf0000); /* in ROM */
    CHECK_EQ(byte_at(m, 0x1000), 0x11); /* not before the guest runs */
    plan(set);
    breakpoints_plant(set, except, 1);
    CHECK_EQ(byte_at(m, 0x1000), 0xcc);
    CHECK_EQ(byte_at(m, 0x1001), 0x22);
    CHECK_EQ(byte_at(m, 0xf0000), 0xcc);
    lift(set, 0);
    CHECK_EQ(byte_at(m, 0x1000), 0x11);
    CHECK_EQ(byte_at(m, 0xf0000), 0x44);
    breakpoints_free(set);
    memory_free(m);
}

static void a_byte_that_the_guest_overwrote_stays(void)
{
    struct memory *m = new_memory();
    struct breakpoints *set = breakpoints_new(m, &only_int3);
    memory_poke(m, 0x1000, "\x11", 1);
    breakpoints_insert(set, BREAKPOINT_SOFTWARE, 0x1000, true, 0x1000);
    plan(set);
    breakpoints_plant(set, NULL, 0);
    memory_poke(m, 0x1000, "\x99", 1); /* a loader reads a sector here */
    lift(set, 1);
    CHECK_EQ(byte_at(m, 0x1000), 0x99);
    plan(set);
    breakpoints_plant(set, NULL, 0); /* and the breakpoint is there again on the next run */
    CHECK_EQ(byte_at(m, 0x1000), 0xcc);
    lift(set, 0);
    CHECK_EQ(byte_at(m, 0x1000), 0x99);
    breakpoints_free(set);
    memory_free(m);
}

static void what_the_machine_loads_is_broken_at_too(void)
{
    struct memory *m = new_memory();
    struct breakpoints *set = breakpoints_new(m, &only_int3);
    const uint64_t except[] = {0x1001};
    memory_poke(m, 0x1000, "\x11\x22", 2);
    insert_at(set, BREAKPOINT_SOFTWARE, 0x1000, 2);
    plan(set);
    breakpoints_plant(set, except, 1);
    breakpoints_hide(set);
    CHECK_EQ(byte_at(m, 0x1000), 0x11); /* what a disk write would see */
    memory_poke(m, 0x1000, "\x99", 1);  /* what a disk read brings */
    breakpoints_show(set);
    CHECK_EQ(byte_at(m, 0x1000), 0xcc);
    CHECK_EQ(byte_at(m, 0x1001), 0x22); /* was not planted */
    lift(set, 0);
    CHECK_EQ(byte_at(m, 0x1000), 0x99);
    breakpoints_show(set); /* nothing is planted any more */
    CHECK_EQ(byte_at(m, 0x1000), 0x99);
    breakpoints_free(set);
    memory_free(m);
}

static void two_addresses_of_one_byte(void)
{
    struct memory *m = new_memory();
    struct breakpoints *set = breakpoints_new(m, &only_int3);
    memory_poke(m, 0x1000, "\x11", 1);
    breakpoints_insert(set, BREAKPOINT_SOFTWARE, 0x1000, true, 0x1000);
    breakpoints_insert(set, BREAKPOINT_SOFTWARE, 0xffffffff80001000, true, 0x1000);
    plan(set);
    breakpoints_plant(set, NULL, 0);
    CHECK_EQ(byte_at(m, 0x1000), 0xcc);
    lift(set, 0);
    CHECK_EQ(byte_at(m, 0x1000), 0x11);
    breakpoints_free(set);
    memory_free(m);
}

static void there_is_a_limit(void)
{
    struct memory *m = new_memory();
    struct breakpoints *set = breakpoints_new(m, &everything);
    for (uint64_t a = 0; a < BREAKPOINTS_MAX; a++)
        if (breakpoints_insert(set, BREAKPOINT_SOFTWARE, a, true, a))
            check_fail(__FILE__, __LINE__, "breakpoint %d was refused", (int)a);
    CHECK_EQ(breakpoints_insert(set, BREAKPOINT_SOFTWARE, BREAKPOINTS_MAX, true, 0),
             (uint64_t)-ENOSPC);
    CHECK_EQ(breakpoints_insert(set, BREAKPOINT_SOFTWARE, 5, true, 5), 0); /* it is there */
    breakpoints_clear(set);
    struct breakpoint_row row;
    CHECK(!breakpoints_row(set, 0, &row));
    CHECK(!breakpoints_any_int3(set));
    breakpoints_free(set);
    memory_free(m);
}

/* ---- Fences and watchpoints */

static enum breakpoint_carrier watch_carrier(const struct breakpoints *set, size_t i)
{
    struct breakpoint_row row = {.carrier = CARRIERS};
    CHECK(breakpoints_row(set, i, &row));
    return row.carrier;
}

static void watch_at(struct breakpoints *set, const struct cpu_view *view,
                     enum breakpoint_type type, uint64_t addr, uint64_t len)
{
    CHECK_EQ(breakpoints_watch(set, type, addr, len, &view->space), 0);
}

static void an_int3_is_guarded_where_the_stack_is_not(void)
{
    struct memory *m = new_memory();
    struct breakpoints *set = breakpoints_new(m, &only_int3);
    const struct cpu_view view = view_of(m, 0x5000);
    insert_at(set, BREAKPOINT_SOFTWARE, 0x1000, 1);
    insert_at(set, BREAKPOINT_SOFTWARE, 0x5800, 1); /* the stack's page */
    insert_at(set, BREAKPOINT_SOFTWARE, 0x0600, 1); /* the IVT's: only read by the processor */
    breakpoints_plan(set, &view, 1);
    CHECK(breakpoints_at(set, 0x1000)->guarded);
    CHECK(!breakpoints_at(set, 0x5800)->guarded);
    CHECK(breakpoints_at(set, 0x600)->guarded);
    CHECK_EQ(memory_fenced(m, 0x1000), MEMORY_READ_ONLY);
    CHECK_EQ(memory_fenced(m, 0x5800), MEMORY_OPEN);
    breakpoints_clear(set);
    CHECK_EQ(memory_fenced(m, 0x1000), MEMORY_OPEN);
    breakpoints_free(set);
    memory_free(m);
}

/* There the first push of a stack that moves into a fenced page would be lost. */
static void in_real_mode_fences_go_with_steps(void)
{
    struct memory *m = new_memory();
    struct breakpoints *set = breakpoints_new(m, &only_int3);
    const struct cpu_view away = view_in(m, 0, 0x5000), inside = view_in(m, 0, 0x9010);
    insert_at(set, BREAKPOINT_SOFTWARE, 0x1000, 1);
    breakpoints_plan(set, &away, 1);
    CHECK(!breakpoints_at(set, 0x1000)->guarded);
    CHECK(!breakpoints_any_stepped(set));
    CHECK_EQ(breakpoints_watch(set, WATCH_WRITE, 0x9000, 1, &away.space), 0);
    breakpoints_plan(set, &away, 1);
    CHECK_EQ(memory_fenced(m, 0x9000), MEMORY_READ_ONLY);
    CHECK(breakpoints_any_stepped(set));
    CHECK(breakpoints_step_fences(set));
    CHECK(!breakpoints_fences_stack(set, &away));
    CHECK(breakpoints_fences_stack(set, &inside));
    breakpoints_free(set);
    memory_free(m);
}

/* As at power-on: IDTR's limit is 0xffff, but the processor reads 1 KiB of it. */
static void an_ivt_is_no_longer_than_it_is(void)
{
    struct memory *m = new_memory();
    const struct kvm_regs regs = {.rsp = 0x5000};
    const struct kvm_sregs sregs = {.idt = {.limit = 0xffff}};
    const struct cpu_view view = cpu_view(m, &regs, &sregs);
    CHECK(cpu_view_uses(&view, 0, false));
    CHECK(!cpu_view_uses(&view, 0, true));
    CHECK(!cpu_view_uses(&view, 0x1000, false));
    CHECK(cpu_view_uses(&view, 0x5000, true));
    memory_free(m);
}

/* The guest writes over a guarded int3, and reads there. */
static void a_guarded_int3_is_never_lost(void)
{
    struct memory *m = new_memory();
    struct breakpoints *set = breakpoints_new(m, &only_int3);
    const struct cpu_view view = view_of(m, 0x5000);
    struct watch_hit hit = {.is_hit = false};
    uint8_t bytes[4] = {1, 2, 3, 4};
    memory_poke(m, 0x1000, "\x11\x22\x33\x44", 4);
    insert_at(set, BREAKPOINT_SOFTWARE, 0x1001, 2);
    breakpoints_plan(set, &view, 1);
    breakpoints_plant(set, NULL, 0);
    CHECK(breakpoints_serve(set, 0x1000, bytes, 4, true, &hit));
    CHECK_EQ(byte_at(m, 0x1000), 1);
    CHECK_EQ(byte_at(m, 0x1001), 0xcc);
    CHECK_EQ(byte_at(m, 0x1002), 0xcc);
    memset(bytes, 0, sizeof bytes);
    CHECK(breakpoints_serve(set, 0x1000, bytes, 4, false, &hit));
    CHECK_MEM(bytes, "\1\2\3\4", 4);
    CHECK(!hit.is_hit);
    CHECK(!breakpoints_serve(set, 0x2000, bytes, 4, false, &hit)); /* not fenced */
    lift(set, 0);
    CHECK_EQ(byte_at(m, 0x1001), 2);
    CHECK_EQ(byte_at(m, 0x1002), 3);
    breakpoints_free(set);
    memory_free(m);
}

static void watchpoints_by_debug_registers(void)
{
    struct memory *m = new_memory();
    struct breakpoints *set = breakpoints_new(m, &everything);
    const struct cpu_view view = view_of(m, 0x5000);
    struct debugregs regs;
    struct watch_hit hit = {.is_hit = false};
    watch_at(set, &view, WATCH_WRITE, 0x9001, 6);  /* 1 + 2 + 3: 0x9001, 0x9002-3, 0x9004-6 */
    watch_at(set, &view, WATCH_ACCESS, 0xa000, 4); /* no register is left for it */
    breakpoints_plan(set, &view, 1);
    CHECK_EQ(watch_carrier(set, 0), CARRIER_DEBUGREG);
    CHECK_EQ(watch_carrier(set, 1), CARRIER_FENCE);
    debugregs_init(&regs);
    breakpoints_watch_debugregs(set, &regs);
    CHECK_EQ(regs.used, 4);
    CHECK_EQ(regs.addr[1], 0x9002);
    CHECK_EQ(regs.addr[3], 0x9006);
    /* LEN and R/W of DR3 to DR0: 1 byte, 2, 2, 1, all on writes (SDM vol. 3, 17.2.4) */
    CHECK_EQ(regs.dr7, 0x400 | 0xaa | 0x15510000);
    CHECK(!breakpoints_watch_fired(set, &regs, 0xffff0ff0, &hit));
    CHECK(breakpoints_watch_fired(set, &regs, 0xffff0ff2, &hit));
    CHECK_EQ(hit.type, WATCH_WRITE);
    CHECK_EQ(hit.addr, 0x9002);
    breakpoints_free(set);
    memory_free(m);
}

static void a_read_is_told_from_a_write_by_a_fence(void)
{
    struct memory *m = new_memory();
    struct breakpoints *set = breakpoints_new(m, &everything);
    const struct cpu_view view = view_of(m, 0x5000);
    struct watch_hit hit = {.is_hit = false};
    uint8_t byte = 7;
    watch_at(set, &view, WATCH_READ, 0x9001, 1);
    watch_at(set, &view, WATCH_READ, 0x5001, 1); /* the stack's page has to do without */
    breakpoints_plan(set, &view, 1);
    CHECK_EQ(watch_carrier(set, 0), CARRIER_FENCE);
    CHECK_EQ(watch_carrier(set, 1), CARRIER_DEBUGREG);
    CHECK_EQ(memory_fenced(m, 0x9000), MEMORY_CLOSED);
    CHECK(breakpoints_serve(set, 0x9001, &byte, 1, true, &hit));
    CHECK(!hit.is_hit);
    CHECK(breakpoints_serve(set, 0x9000, &byte, 1, false, &hit));
    CHECK(!hit.is_hit);
    CHECK(breakpoints_serve(set, 0x9001, &byte, 1, false, &hit));
    CHECK(hit.is_hit);
    CHECK_EQ(byte, 7);
    CHECK_EQ(hit.addr, 0x9001);
    breakpoints_free(set);
    memory_free(m);
}

static void what_can_not_be_fenced_is_compared(void)
{
    struct memory *m = new_memory();
    struct breakpoints *set = breakpoints_new(m, &only_execute);
    const struct cpu_view view = view_of(m, 0x5000);
    struct watch_hit hit = {.is_hit = false};
    watch_at(set, &view, WATCH_WRITE, 0x5ffe, 4); /* the last two bytes are in the next page */
    breakpoints_plan(set, &view, 1);
    CHECK_EQ(watch_carrier(set, 0), CARRIER_STEP);
    CHECK(breakpoints_any_stepped(set));
    const struct watch_accesses unknown = {.more = true};
    CHECK(!breakpoints_watch_stepped(set, &view.space, &unknown, &hit));
    memory_poke(m, 0x6000, "\1", 1);
    CHECK(breakpoints_watch_stepped(set, &view.space, &unknown, &hit));
    CHECK_EQ(hit.addr, 0x6000);
    hit.is_hit = false;
    CHECK(!breakpoints_watch_stepped(set, &view.space, &unknown, &hit)); /* told once */
    breakpoints_free(set);
    memory_free(m);
}

/* Two vCPUs step at a time. Which of them sees first that the value has changed is chance. */
static void a_step_is_asked_for_its_own_accesses_only(void)
{
    struct memory *m = new_memory();
    struct breakpoints *set = breakpoints_new(m, &only_execute);
    const struct cpu_view view = view_of(m, 0x5000);
    const struct watch_accesses none = {.count = 0};
    const struct watch_accesses beside = {
        {{0x5ffa, 4, true, true}, {0x6002, 8, true, true}}, 2, false};
    const struct watch_accesses writes = {{{0x5ff8, 8, false, true}}, 1, false};
    const struct watch_accesses reads = {{{0x6001, 1, true, false}}, 1, false};
    struct watch_hit hit = {.is_hit = false};
    watch_at(set, &view, WATCH_WRITE, 0x5ffe, 4);
    breakpoints_plan(set, &view, 1);
    CHECK_EQ(watch_carrier(set, 0), CARRIER_STEP);
    CHECK(breakpoints_any_watch_stepped(set));
    memory_poke(m, 0x5fff, "\1", 1);
    CHECK(!breakpoints_watch_stepped(set, &view.space, &none, &hit));
    CHECK(!breakpoints_watch_stepped(set, &view.space, &beside, &hit));
    CHECK(!breakpoints_watch_stepped(set, &view.space, &reads, &hit));
    CHECK(
        breakpoints_watch_stepped(set, &view.space, &writes, &hit)); /* it is still there to tell */
    CHECK_EQ(hit.addr, 0x5fff);
    hit.is_hit = false;
    CHECK(!breakpoints_watch_stepped(set, &view.space, &writes, &hit)); /* no change */
    breakpoints_free(set);
    memory_free(m);
}

static void a_step_shows_what_it_reads(void)
{
    struct memory *m = new_memory();
    const struct cpu_view view = view_of(m, 0x5000);
    const struct watch_accesses writes = {{{0x5ff8, 8, false, true}}, 1, false};
    const struct watch_accesses reads = {
        {{0x5010, 4, true, false}, {0x5fff, 3, true, false}}, 2, false};
    static const struct {
        enum breakpoint_type type;
        bool read, write;
    } rows[] = {{WATCH_WRITE, false, false}, {WATCH_READ, true, false}, {WATCH_ACCESS, true, true}};
    for (size_t i = 0; i < 3; i++) {
        struct breakpoints *set = breakpoints_new(m, &only_execute);
        struct watch_hit hit = {.is_hit = false};
        watch_at(set, &view, rows[i].type, 0x5ffe, 4);
        breakpoints_plan(set, &view, 1);
        CHECK_EQ(watch_carrier(set, 0), CARRIER_STEP);
        CHECK_EQ(breakpoints_watch_stepped(set, &view.space, &reads, &hit), rows[i].read);
        CHECK_EQ(hit.is_hit ? hit.addr : 0, rows[i].read ? 0x5fff : 0);
        hit.is_hit = false;
        CHECK_EQ(breakpoints_watch_stepped(set, &view.space, &writes, &hit), rows[i].write);
        CHECK_EQ(hit.is_hit ? hit.addr : 0, rows[i].write ? 0x5ffe : 0);
        breakpoints_free(set);
    }
    memory_free(m);
}

static void code_is_fenced_for_one_vcpu_only(void)
{
    struct memory *m = new_memory();
    struct breakpoints *set = breakpoints_new(m, &nothing_at_all);
    const struct cpu_view views[] = {view_of(m, 0x5000), view_of(m, 0x6000)};
    insert_at(set, BREAKPOINT_SOFTWARE, 0x1000, 1);
    breakpoints_plan(set, views, 1);
    CHECK_EQ(carrier_at(set, 0x1000), CARRIER_FENCE);
    CHECK(breakpoints_is_fenced_pc(set, &views[0].space, 0x1fff));
    CHECK(!breakpoints_is_fenced_pc(set, &views[0].space, 0x2000));
    breakpoints_plan(set, views, 2);
    CHECK_EQ(carrier_at(set, 0x1000), CARRIER_STEP);
    CHECK_EQ(memory_fenced(m, 0x1000), MEMORY_OPEN);
    breakpoints_free(set);
    memory_free(m);
}

/* While one vCPU runs alone its writes are seen by their values. */
static void open_fences_watch_by_value(void)
{
    struct memory *m = new_memory();
    struct breakpoints *set = breakpoints_new(m, &only_execute);
    const struct cpu_view view = view_of(m, 0x5000);
    struct watch_hit hit = {.is_hit = false};
    watch_at(set, &view, WATCH_ACCESS, 0x9000, 8);
    breakpoints_plan(set, &view, 1);
    CHECK_EQ(breakpoints_open(set, &view.space), 0);
    CHECK_EQ(memory_fenced(m, 0x9000), MEMORY_OPEN);
    memory_poke(m, 0x9003, "\1", 1);
    CHECK_EQ(breakpoints_close(set, &view.space, &hit), 0);
    CHECK_EQ(memory_fenced(m, 0x9000), MEMORY_CLOSED);
    CHECK(hit.is_hit);
    CHECK_EQ(hit.addr, 0x9003);
    breakpoints_free(set);
    memory_free(m);
}

static void a_thousand_watchpoints(void)
{
    struct memory *m = new_memory();
    struct breakpoints *set = breakpoints_new(m, &only_execute);
    const struct cpu_view view = view_of(m, 0x5000);
    struct watch_hit hit = {.is_hit = false};
    uint8_t byte = 0;
    for (uint64_t i = 0; i < 1000; i++)
        watch_at(set, &view, WATCH_WRITE, 0x8000 + 4 * i, 2);
    breakpoints_plan(set, &view, 1);
    unsigned fenced = 0;
    for (size_t i = 0; i < 1000; i++)
        fenced += watch_carrier(set, i) == CARRIER_FENCE;
    CHECK_EQ(fenced, 1000);
    CHECK(breakpoints_serve(set, 0x8f02, &byte, 1, true, &hit));
    CHECK(!hit.is_hit);
    CHECK(breakpoints_serve(set, 0x8f01, &byte, 1, true, &hit));
    CHECK_EQ(hit.addr, 0x8f01);
    for (uint64_t i = 0; i < 1000; i++)
        CHECK_EQ(breakpoints_unwatch(set, WATCH_WRITE, 0x8000 + 4 * i, 2), 0);
    breakpoints_plan(set, &view, 1);
    CHECK_EQ(memory_fenced(m, 0x8000), MEMORY_OPEN);
    breakpoints_free(set);
    memory_free(m);
}

static void hostile_watchpoints(void)
{
    struct memory *m = new_memory();
    struct breakpoints *set = breakpoints_new(m, &everything);
    const struct cpu_view view = view_of(m, 0x5000);
    const struct gva_space *space = &view.space;
    CHECK_EQ(breakpoints_watch(set, WATCH_WRITE, 0x1000, 0, space), (uint64_t)-EINVAL);
    CHECK_EQ(breakpoints_watch(set, WATCH_WRITE, ~0ull, 2, space), (uint64_t)-EINVAL);
    CHECK_EQ(breakpoints_watch(set, WATCH_WRITE, 0, ~0ull, space), (uint64_t)-E2BIG);
    CHECK_EQ(breakpoints_watch(set, WATCH_WRITE, 0, WATCH_MAX_LEN + 1, space), (uint64_t)-E2BIG);
    CHECK_EQ(breakpoints_unwatch(set, WATCH_WRITE, 0, 1), (uint64_t)-ENOENT);
    watch_at(set, &view, WATCH_WRITE, ~0ull, 1);
    watch_at(set, &view, WATCH_READ, 0xf0000 - 8,
             WATCH_MAX_LEN); /* a part is ROM, most is nothing */
    watch_at(set, &view, WATCH_READ, 0xf0000 - 8, WATCH_MAX_LEN); /* twice is once */
    breakpoints_plan(set, &view, 1);
    CHECK_EQ(watch_carrier(set, 1), CARRIER_STEP);
    struct breakpoint_row row;
    CHECK(!breakpoints_row(set, 2, &row));
    breakpoints_free(set);
    memory_free(m);
}

int main(void)
{
    TEST(an_ivt_is_no_longer_than_it_is);
    TEST(an_int3_is_guarded_where_the_stack_is_not);
    TEST(in_real_mode_fences_go_with_steps);
    TEST(a_guarded_int3_is_never_lost);
    TEST(watchpoints_by_debug_registers);
    TEST(a_read_is_told_from_a_write_by_a_fence);
    TEST(what_can_not_be_fenced_is_compared);
    TEST(a_step_is_asked_for_its_own_accesses_only);
    TEST(a_step_shows_what_it_reads);
    TEST(code_is_fenced_for_one_vcpu_only);
    TEST(open_fences_watch_by_value);
    TEST(a_thousand_watchpoints);
    TEST(hostile_watchpoints);
    TEST(debug_registers_come_first);
    TEST(hardware_breakpoints_have_the_first_claim);
    TEST(where_no_int3_can_be_there_is_stepping);
    TEST(a_host_that_delivers_less_gets_less);
    TEST(duplicates_and_both_types_at_one_address);
    TEST(planting_and_lifting_give_the_bytes_back);
    TEST(a_byte_that_the_guest_overwrote_stays);
    TEST(what_the_machine_loads_is_broken_at_too);
    TEST(two_addresses_of_one_byte);
    TEST(there_is_a_limit);
    return check_done();
}
