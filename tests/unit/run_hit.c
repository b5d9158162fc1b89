/* What becomes of a vCPU that has come to something inserted, by what the filter says. The vCPU is
 * a real one that never runs; that it has parked, and where, is played. */
#include "tests/check.h"
#include "tests/unit/ram.h"

#include "debug/run/run_state.h"

#include <unistd.h>

#define PC  0x7c00u
#define MAX 4

static struct fixture {
    struct kvm_host kvm;
    struct kvm_vm vm;
    struct bus *bus;
    struct vcpu_hooks hooks;
    struct vcpu *vcpu;
    struct host_debug host;
    struct memory *memory;
    struct breakpoints *breakpoints;
    struct catches *catches;
    struct run_control *rc;
    struct run_cpu *cpu;
    struct vcpu_stop stop;

    struct gdb_hit asked[MAX];
    unsigned times;
    enum gdb_verdict says[MAX]; /* to the first question, the second... */
} f;

static enum gdb_verdict filter(void *context, const struct gdb_hit *hit)
{
    (void)context;
    CHECK(run_control_is_asked(f.rc, 0));
    if (f.times >= MAX)
        return GDB_HIT_STOP;
    f.asked[f.times] = *hit;
    return f.says[f.times++];
}

static int make_cpu(struct error *error)
{
    int err = kvm_host_open(&f.kvm, "/dev/kvm", NULL, error);
    if (!err)
        err = kvm_vm_create(&f.vm, &f.kvm, error);
    if (!err)
        err = kvm_vm_create_irqchip(&f.vm, error);
    if (!err)
        err = vcpu_create(&f.vcpu, &f.vm, 0, 1, f.bus, &f.hooks, error);
    return err;
}

/* At linear PC. */
static void place_cpu(void)
{
    const struct kvm_regs regs = {.rip = PC, .rflags = 2};
    struct kvm_sregs sregs;
    CHECK_EQ(kvm_get_sregs(vcpu_kvm(f.vcpu), &sregs), 0);
    sregs.cs.base = 0;
    sregs.cs.selector = 0;
    CHECK_EQ(kvm_set_sregs(vcpu_kvm(f.vcpu), &sregs), 0);
    CHECK_EQ(kvm_set_regs(vcpu_kvm(f.vcpu), &regs), 0);
}

/* One that runs, with a filter that says GO_ON. False: the test is skipped. */
static bool begin(void)
{
    struct error error = {.text = ""};
    if (access("/dev/kvm", R_OK | W_OK)) {
        SKIP("no /dev/kvm that this user may open");
        return false;
    }
    memset(&f, 0, sizeof f);
    f.bus = bus_new();
    CHECK_EQ(make_cpu(&error), 0);
    CHECK_STR(error.text, "");
    place_cpu();
    f.memory = ram_new(0x10000);
    f.breakpoints = breakpoints_new(f.memory, &f.host);
    f.catches = catches_new(f.memory, true);
    f.rc = run_control_new(f.memory, f.breakpoints, f.catches, &f.host);
    run_control_set_cpus(f.rc, &f.vcpu, 1);
    run_control_set_filter(f.rc, filter, NULL);
    f.cpu = &f.rc->cpus[0];
    f.cpu->action = RUN_CONTINUE;
    f.stop = (struct vcpu_stop){.kind = VCPU_STOP_DEBUG};
    for (unsigned i = 0; i < MAX; i++)
        f.says[i] = GDB_HIT_GO_ON;
    return true;
}

static void end(void)
{
    run_control_free(f.rc);
    catches_free(f.catches);
    breakpoints_free(f.breakpoints);
    memory_free(f.memory);
    vcpu_destroy(f.vcpu);
    bus_free(f.bus);
    kvm_vm_close(&f.vm);
    kvm_host_close(&f.kvm);
}

static void insert(enum breakpoint_type type)
{
    CHECK_EQ(breakpoints_insert(f.breakpoints, type, PC, true, PC), 0);
}

static void watched(enum breakpoint_type type, uint64_t addr)
{
    f.cpu->step.hit = (struct watch_hit){.is_hit = true, .type = type, .addr = addr};
}

static void judge(void)
{
    run_hit_judge(f.rc, f.cpu, &f.stop);
}

/* ---- */

static void a_breakpoint_that_stops(void)
{
    if (!begin())
        return;
    insert(BREAKPOINT_SOFTWARE);
    f.says[0] = GDB_HIT_STOP;
    judge();
    CHECK_EQ(f.times, 1);
    CHECK_EQ(f.asked[0].kind, GDB_HIT_BREAKPOINT);
    CHECK_EQ(f.asked[0].thread, 1);
    CHECK_EQ(f.asked[0].pc, PC);
    CHECK(!f.asked[0].in_step && !f.asked[0].asked && !f.asked[0].traced_only);
    CHECK_EQ(f.cpu->again, AGAIN_NO);
    CHECK(!f.cpu->passed);
    CHECK(!run_control_is_asked(f.rc, 0));
    end();
}

static void a_breakpoint_that_does_not_is_left(void)
{
    if (!begin())
        return;
    insert(BREAKPOINT_HARDWARE);
    judge();
    CHECK_EQ(f.times, 1);
    CHECK_EQ(f.cpu->again, AGAIN_LEAVE);
    CHECK(f.cpu->passed);
    end();
}

static void a_tracepoint_stops_nobody(void)
{
    if (!begin())
        return;
    insert(BREAKPOINT_TRACE);
    f.says[0] = GDB_HIT_STOP;
    judge();
    CHECK_EQ(f.times, 1);
    CHECK(f.asked[0].traced_only);
    CHECK_EQ(f.cpu->again, AGAIN_LEAVE);
    end();
}

/* Each is asked for, and one of them is enough. */
static void a_watchpoint_and_a_breakpoint(void)
{
    if (!begin())
        return;
    insert(BREAKPOINT_SOFTWARE);
    watched(WATCH_WRITE, 0x1234);
    f.says[1] = GDB_HIT_STOP;
    judge();
    CHECK_EQ(f.times, 2);
    CHECK_EQ(f.asked[0].kind, GDB_HIT_WATCH);
    CHECK_EQ(f.asked[0].watch, GDB_WATCH_WRITE);
    CHECK_EQ(f.asked[0].addr, 0x1234);
    CHECK_EQ(f.asked[1].kind, GDB_HIT_BREAKPOINT);
    CHECK(!f.cpu->step.hit.is_hit); /* nobody shall hear of that one */
    CHECK_EQ(f.cpu->again, AGAIN_NO);
    end();
}

static void a_watchpoint_alone(void)
{
    if (!begin())
        return;
    watched(WATCH_READ, 0x1234);
    judge();
    CHECK_EQ(f.times, 1);
    CHECK_EQ(f.asked[0].watch, GDB_WATCH_READ);
    CHECK_EQ(f.cpu->again, AGAIN_FREELY);
    watched(WATCH_ACCESS, 0x1234);
    f.cpu->again = AGAIN_NO;
    f.says[1] = GDB_HIT_STOP;
    judge();
    CHECK_EQ(f.asked[1].watch, GDB_WATCH_ACCESS);
    CHECK(f.cpu->step.hit.is_hit);
    CHECK_EQ(f.cpu->again, AGAIN_NO);
    end();
}

/* GDB_HIT_STEP: once more, at the end of the next instruction, and no longer. */
static void asked_again_after_a_step(void)
{
    if (!begin())
        return;
    insert(BREAKPOINT_SOFTWARE);
    f.says[0] = GDB_HIT_STEP;
    judge();
    CHECK(f.cpu->asks);
    CHECK_EQ(f.cpu->again, AGAIN_LEAVE);
    CHECK_EQ(breakpoints_remove(f.breakpoints, BREAKPOINT_SOFTWARE, PC), 0);
    f.cpu->again = AGAIN_NO;
    judge();
    CHECK_EQ(f.times, 2);
    CHECK_EQ(f.asked[1].kind, GDB_HIT_STEPPED);
    CHECK(f.asked[1].asked && !f.asked[1].traced_only);
    CHECK(!f.cpu->asks);
    CHECK_EQ(f.cpu->again, AGAIN_FREELY);
    end();
}

/* The end of the client's own step is a stop whatever is said of a breakpoint there. */
static void the_clients_step(void)
{
    if (!begin())
        return;
    insert(BREAKPOINT_SOFTWARE);
    f.cpu->action = RUN_STEP;
    f.says[0] = GDB_HIT_STEP;
    judge();
    CHECK(f.asked[0].in_step);
    CHECK(!f.cpu->asks);
    CHECK_EQ(f.cpu->again, AGAIN_NO);
    CHECK_EQ(f.stop.kind, VCPU_STOP_DEBUG);
    end();
}

/* Where run control itself wants whoever comes. */
static void our_own_place(void)
{
    if (!begin())
        return;
    insert(BREAKPOINT_SOFTWARE);
    run_control_stop_at(f.rc, PC, false);
    judge();
    CHECK_EQ(f.times, 1);
    CHECK_EQ(f.cpu->again, AGAIN_NO);
    run_control_stop_nowhere(f.rc);
    judge();
    CHECK_EQ(f.cpu->again, AGAIN_LEAVE);
    end();
}

/* One that was kicked just as it had come there has stopped there, or leaves it. */
static void kicked_at_a_breakpoint(void)
{
    if (!begin())
        return;
    insert(BREAKPOINT_SOFTWARE);
    f.stop.kind = VCPU_STOP_KICKED;
    judge();
    CHECK_EQ(f.times, 1);
    CHECK_EQ(f.stop.kind, VCPU_STOP_KICKED);
    CHECK_EQ(f.cpu->again, AGAIN_LEAVE);
    f.cpu->again = AGAIN_NO;
    f.says[1] = GDB_HIT_STOP;
    judge();
    CHECK_EQ(f.stop.kind, VCPU_STOP_DEBUG);
    CHECK_EQ(f.cpu->again, AGAIN_NO);
    end();
}

/* In the midst of something, or ended: nobody is asked. */
static void not_yet_there(void)
{
    if (!begin())
        return;
    insert(BREAKPOINT_SOFTWARE);
    f.cpu->again = AGAIN_ALONE;
    judge();
    CHECK_EQ(f.cpu->again, AGAIN_ALONE);
    f.cpu->again = AGAIN_NO;
    f.stop.kind = VCPU_STOP_SHUTDOWN;
    judge();
    CHECK_EQ(f.stop.kind, VCPU_STOP_SHUTDOWN);
    CHECK_EQ(f.times, 0);
    end();
}

static void without_a_filter(void)
{
    if (!begin())
        return;
    insert(BREAKPOINT_SOFTWARE);
    run_control_set_filter(f.rc, NULL, NULL);
    judge();
    CHECK_EQ(f.times, 0);
    CHECK_EQ(f.cpu->again, AGAIN_NO);
    end();
}

/* ---- Non-stop: told to stop while it stands, parked for the moment, where a breakpoint has been
 * inserted meanwhile. Else it would be let off there when it is resumed, and nobody would hear. */

static struct run_event held_at_a_breakpoint(void)
{
    const struct run_order stop = {.action = RUN_STOP};
    struct run_event event = {.kind = RUN_EVENT_DIED};
    run_control_set_non_stop(f.rc, true);
    f.cpu->action = RUN_CONTINUE;
    run_control_pause(f.rc);
    insert(BREAKPOINT_SOFTWARE);
    run_control_resume(f.rc, &stop);
    run_control_unpause(f.rc);
    CHECK(run_control_take(f.rc, &event));
    CHECK_EQ(f.cpu->action, RUN_HOLD);
    struct run_event more;
    CHECK(!run_control_take(f.rc, &more));
    return event;
}

static void held_where_it_stops(void)
{
    if (!begin())
        return;
    f.says[0] = GDB_HIT_STOP;
    CHECK_EQ(held_at_a_breakpoint().kind, RUN_EVENT_BREAKPOINT);
    CHECK_EQ(f.times, 1);
    end();
}

static void held_where_it_does_not(void)
{
    if (!begin())
        return;
    CHECK_EQ(held_at_a_breakpoint().kind, RUN_EVENT_HELD);
    CHECK_EQ(f.times, 1);
    CHECK(!f.cpu->unasked);
    end();
}

static void held_and_nobody_to_ask(void)
{
    if (!begin())
        return;
    run_control_set_filter(f.rc, NULL, NULL);
    CHECK_EQ(held_at_a_breakpoint().kind, RUN_EVENT_BREAKPOINT);
    end();
}

/* It has been told of that one. */
static void held_where_it_has_stopped_before(void)
{
    if (!begin())
        return;
    f.cpu->leaving = true;
    CHECK_EQ(held_at_a_breakpoint().kind, RUN_EVENT_HELD);
    CHECK_EQ(f.times, 0);
    end();
}

/* ---- It goes on while another runs */

static bool begin_among(void)
{
    if (!begin())
        return false;
    insert(BREAKPOINT_SOFTWARE);
    f.rc->running = 1;
    return true;
}

static void goes(enum run_again again)
{
    CHECK(run_among_begin(f.rc, f.cpu, again));
    CHECK(f.cpu->running && vcpu_is_running(f.vcpu));
    CHECK_EQ(f.rc->running, 2);
    CHECK(!f.cpu->over);
}

/* It has parked by KIND, at linear PC. */
static void parks(enum vcpu_stop_kind kind, uint64_t pc)
{
    struct kvm_regs regs;
    CHECK_EQ(kvm_get_regs(vcpu_kvm(f.vcpu), &regs), 0);
    regs.rip = pc;
    CHECK_EQ(kvm_set_regs(vcpu_kvm(f.vcpu), &regs), 0);
    f.stop.kind = kind;
    f.cpu->running = f.cpu->among = false; /* as goes_on has it */
    f.rc->running--;
}

static void leaves_among_others(void)
{
    if (!begin_among())
        return;
    goes(AGAIN_LEAVE);
    CHECK(f.cpu->among && f.cpu->leaving);
    CHECK_EQ(f.cpu->step.action, STEP_ONE);
    parks(VCPU_STOP_DEBUG, PC + 1);
    CHECK(run_among_end(f.rc, f.cpu, &f.stop));
    CHECK(f.cpu->running && !f.cpu->among && !f.cpu->leaving);
    CHECK_EQ(f.cpu->step.action, STEP_FREE);
    end();
}

static void runs_on_from_a_watchpoint_among_others(void)
{
    if (!begin_among())
        return;
    goes(AGAIN_FREELY);
    CHECK(!f.cpu->among && !f.cpu->leaving);
    CHECK_EQ(f.cpu->step.action, STEP_FREE);
    end();
}

static void is_asked_about_after_its_step_among_others(void)
{
    if (!begin_among())
        return;
    f.cpu->asks = true;
    goes(AGAIN_FREELY);
    CHECK(f.cpu->among && f.cpu->asks);
    CHECK_EQ(f.cpu->step.action, STEP_ONE);
    end();
}

/* It has not left yet, and what it stands at was judged: it is not to hit that once more. */
static void kicked_before_it_has_left(void)
{
    if (!begin_among())
        return;
    goes(AGAIN_LEAVE);
    parks(VCPU_STOP_KICKED, PC);
    CHECK(run_among_end(f.rc, f.cpu, &f.stop));
    CHECK(f.cpu->over && f.cpu->leaving && !f.cpu->running);
    CHECK(!run_cpu_arrived(f.rc, f.cpu));
    end();
}

static void others_are_gathered_meanwhile(void)
{
    if (!begin_among())
        return;
    goes(AGAIN_LEAVE);
    parks(VCPU_STOP_DEBUG, PC + 1);
    f.rc->gathering = true;
    CHECK(run_among_end(f.rc, f.cpu, &f.stop));
    CHECK(!f.cpu->running && !f.cpu->over && !f.cpu->leaving);
    end();
}

static void comes_to_another_that_stops(void)
{
    if (!begin_among())
        return;
    CHECK_EQ(breakpoints_insert(f.breakpoints, BREAKPOINT_SOFTWARE, PC + 1, true, PC + 1), 0);
    goes(AGAIN_LEAVE);
    parks(VCPU_STOP_DEBUG, PC + 1);
    CHECK(!run_among_end(f.rc, f.cpu, &f.stop));
    CHECK(!f.cpu->running);
    end();
}

/* The machine as run control has it when somebody is to be alone, or all are to be parked. */
static void does_not_go_among_others(void)
{
    if (!begin_among())
        return;
    f.rc->gathering = true;
    CHECK(!run_among_begin(f.rc, f.cpu, AGAIN_LEAVE));
    f.rc->gathering = false;
    f.rc->stop_wanted = true;
    CHECK(!run_among_begin(f.rc, f.cpu, AGAIN_LEAVE));
    f.rc->stop_wanted = false;
    f.rc->running = 0;
    CHECK(!run_among_begin(f.rc, f.cpu, AGAIN_LEAVE));
    f.rc->running = 1;
    CHECK(!run_among_begin(f.rc, f.cpu, AGAIN_ALONE));
    CHECK(!run_among_begin(f.rc, f.cpu, AGAIN_REPLAN));
    CHECK(!run_among_begin(f.rc, f.cpu, AGAIN_NO));
    f.cpu->action = RUN_STEP;
    CHECK(!run_among_begin(f.rc, f.cpu, AGAIN_LEAVE));
    CHECK(!f.cpu->running && !f.cpu->among);
    end();
}

/* Where it is an int3 the others would run through it while it is lifted. */
static void an_int3_is_left_alone(void)
{
    if (!begin_among())
        return;
    f.host.int3 = true;
    run_plan(f.rc);
    breakpoints_plant(f.breakpoints, NULL, 0);
    CHECK(breakpoints_planted(f.breakpoints, PC));
    CHECK(!run_among_begin(f.rc, f.cpu, AGAIN_LEAVE));
    end();
}

int main(void)
{
    TEST(a_breakpoint_that_stops);
    TEST(a_breakpoint_that_does_not_is_left);
    TEST(a_tracepoint_stops_nobody);
    TEST(a_watchpoint_and_a_breakpoint);
    TEST(a_watchpoint_alone);
    TEST(asked_again_after_a_step);
    TEST(the_clients_step);
    TEST(our_own_place);
    TEST(kicked_at_a_breakpoint);
    TEST(not_yet_there);
    TEST(without_a_filter);
    TEST(held_where_it_stops);
    TEST(held_where_it_does_not);
    TEST(held_and_nobody_to_ask);
    TEST(held_where_it_has_stopped_before);
    TEST(leaves_among_others);
    TEST(runs_on_from_a_watchpoint_among_others);
    TEST(is_asked_about_after_its_step_among_others);
    TEST(kicked_before_it_has_left);
    TEST(others_are_gathered_meanwhile);
    TEST(comes_to_another_that_stops);
    TEST(does_not_go_among_others);
    TEST(an_int3_is_left_alone);
    return check_done();
}
