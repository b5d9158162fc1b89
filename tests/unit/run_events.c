/* Which events run control posts, and that whoever polls for them hears of each once. CPUs that run
 * are played: none is set going here, which would take KVM. */
#include "tests/unit/ram.h"

#include "debug/run/run_state.h"

#include <poll.h>

static struct fixture {
    struct host_debug host;
    struct memory *memory;
    struct breakpoints *breakpoints;
    struct catches *catches;
    struct run_control *rc;
} f;

/* With COUNT CPUs, in non-stop mode all held. */
static void begin(unsigned count, bool non_stop)
{
    f.memory = ram_new(0x10000);
    f.breakpoints = breakpoints_new(f.memory, &f.host);
    f.catches = catches_new(f.memory, true);
    f.rc = run_control_new(f.memory, f.breakpoints, f.catches, &f.host);
    run_control_set_cpus(f.rc, (struct vcpu *[RUN_MAX_CPUS]){0}, count);
    if (non_stop)
        run_control_set_non_stop(f.rc, true);
}

static void end(void)
{
    run_control_free(f.rc);
    catches_free(f.catches);
    breakpoints_free(f.breakpoints);
    memory_free(f.memory);
}

static bool is_readable(void)
{
    struct pollfd fd = {.fd = run_control_fd(f.rc), .events = POLLIN};
    return poll(&fd, 1, 0) == 1;
}

/* The next one, as who polls gets it; none: cpu is 99. */
static struct run_event take(void)
{
    struct run_event event = {.cpu = 99};
    if (is_readable() && !run_control_take(f.rc, &event))
        event.cpu = 99;
    return event;
}

/* Parked for the moment, CPU is to go on when that is over. */
static void goes(unsigned cpu)
{
    f.rc->cpus[cpu].action = RUN_CONTINUE;
}

static void hold(unsigned cpu)
{
    struct run_order orders[RUN_MAX_CPUS] = {{.action = RUN_HOLD}};
    orders[cpu].action = RUN_STOP;
    run_control_resume(f.rc, orders);
}

/* CPU is about to go on, but has been caught: WHY. */
static void caught(unsigned cpu, const char *why)
{
    struct run_cpu *c = &f.rc->cpus[cpu];
    goes(cpu);
    c->pending = c->stepped = true;
    c->stop = (struct vcpu_stop){.kind = VCPU_STOP_DEBUG};
    snprintf(c->why, sizeof c->why, "%s", why);
}

static void each_is_told_once_and_in_order(void)
{
    begin(3, true);
    for (unsigned i = 0; i < 3; i++)
        goes(i);
    run_control_pause(f.rc);
    hold(2);
    hold(2); /* is held already */
    hold(0);
    hold(1);
    CHECK(!is_readable());
    CHECK_EQ(take().cpu, 99);
    run_control_unpause(f.rc);
    static const unsigned order[] = {2, 0, 1};
    for (unsigned i = 0; i < 3; i++) {
        const struct run_event event = take();
        CHECK_EQ(event.cpu, order[i]);
        CHECK_EQ(event.kind, RUN_EVENT_HELD);
    }
    CHECK_EQ(take().cpu, 99);
    end();
}

/* The machine's wish comes first, and who stopped in the same moment is not forgotten over it. */
static void a_stop_beside_a_request(void)
{
    begin(2, true);
    goes(0);
    goes(1);
    run_control_pause(f.rc);
    hold(1);
    run_control_request(f.rc, RUN_REQUEST_RESET, 0);
    CHECK_EQ(take().cpu, 99);
    run_control_unpause(f.rc);
    CHECK_EQ(take().kind, RUN_EVENT_REQUEST);
    const struct run_event event = take();
    CHECK_EQ(event.cpu, 1);
    CHECK_EQ(event.kind, RUN_EVENT_HELD);
    end();
}

/* CPU 0 was stopped long ago by what it had been caught at: CPU 1's wish has nothing to do with it.
 */
static void a_request_beside_one_that_was_caught(void)
{
    begin(2, true);
    run_control_pause(f.rc);
    caught(0, "a port");
    run_control_unpause(f.rc);
    CHECK_EQ(take().kind, RUN_EVENT_CAUGHT);
    run_control_pause(f.rc);
    run_control_request(f.rc, RUN_REQUEST_RESET, 0);
    run_control_unpause(f.rc);
    CHECK_EQ(take().kind, RUN_EVENT_REQUEST);
    end();
}

/* The access that made the request is what it was caught at. */
static void a_request_of_one_that_is_caught(void)
{
    begin(1, true);
    run_control_pause(f.rc);
    caught(0, "a port");
    run_control_request(f.rc, RUN_REQUEST_RESET, 0);
    run_control_unpause(f.rc);
    CHECK_EQ(take().kind, RUN_EVENT_CAUGHT);
    CHECK_EQ(take().cpu, 99);
    CHECK(run_control_requested(f.rc));
    end();
}

/* A client leaves, or kills the machine, before a request is served: it is not served under who
 * comes next, but when the machine is to run again. */
static void a_request_when_non_stop_ends(void)
{
    begin(1, true);
    goes(0);
    run_control_pause(f.rc);
    run_control_request(f.rc, RUN_REQUEST_EXIT, 33);
    run_control_unpause(f.rc);
    run_control_pause(f.rc);
    run_control_set_non_stop(f.rc, false);
    CHECK_EQ(take().cpu, 99);
    CHECK(run_control_requested(f.rc));
    f.rc->cpus[0].action = RUN_HOLD;
    run_control_resume(f.rc, (struct run_order[RUN_MAX_CPUS]){{.action = RUN_HOLD}});
    const struct run_event event = take();
    CHECK_EQ(event.kind, RUN_EVENT_REQUEST);
    CHECK_EQ(event.request, RUN_REQUEST_EXIT);
    CHECK_EQ(event.value, 33);
    CHECK_EQ(take().cpu, 99);
    end();
}

static void what_is_untold_when_non_stop_ends(void)
{
    begin(2, true);
    goes(0);
    goes(1);
    run_control_pause(f.rc);
    hold(0);
    hold(1);
    run_control_unpause(f.rc);
    run_control_set_non_stop(f.rc, false);
    CHECK_EQ(take().cpu, 99);
    end();
}

static void what_is_untold_at_a_reset(void)
{
    begin(2, true);
    goes(0);
    goes(1);
    run_control_pause(f.rc);
    hold(0);
    hold(1);
    run_control_forget(f.rc);
    run_control_unpause(f.rc);
    for (unsigned i = 0; i < 2; i++) {
        const struct run_event event = take();
        CHECK_EQ(event.cpu, i);
        CHECK_EQ(event.kind, RUN_EVENT_RESET);
    }
    end();
}

/* CPU has stopped so, and nobody has heard of it. */
static struct run_cpu *untold(unsigned cpu, enum vcpu_stop_kind kind)
{
    struct run_cpu *c = &f.rc->cpus[cpu];
    c->pending = c->came_to_one = true;
    c->stop = (struct vcpu_stop){.kind = kind};
    return c;
}

/* The next client may set a breakpoint where the last one had its own, and a hit of that one waits:
 * it is none of the new one's. That a CPU has died stays true. */
static void what_is_untold_when_the_client_goes(void)
{
    begin(2, false);
    const struct run_cpu *hit = untold(0, VCPU_STOP_DEBUG);
    const struct run_cpu *dead = untold(1, VCPU_STOP_SHUTDOWN);
    run_control_forget_client(f.rc);
    CHECK(!hit->pending);
    CHECK(dead->pending);
    end();
}

/* All-stop mode: asked to stop when it has, it says so once more. */
static void an_interrupt_when_stopped(void)
{
    begin(1, false);
    run_control_interrupt(f.rc);
    run_control_interrupt(f.rc);
    const struct run_event event = take();
    CHECK_EQ(event.kind, RUN_EVENT_STEPPED);
    CHECK(event.interrupted);
    CHECK_EQ(take().cpu, 99);
    end();
}

int main(void)
{
    TEST(each_is_told_once_and_in_order);
    TEST(a_stop_beside_a_request);
    TEST(a_request_beside_one_that_was_caught);
    TEST(a_request_of_one_that_is_caught);
    TEST(a_request_when_non_stop_ends);
    TEST(what_is_untold_when_non_stop_ends);
    TEST(what_is_untold_at_a_reset);
    TEST(what_is_untold_when_the_client_goes);
    TEST(an_interrupt_when_stopped);
    return check_done();
}
