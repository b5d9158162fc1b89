#include "debug/debug_state.h"

#include "debug/cpu/registers.h"
#include "record/snapshots.h"
#include "vcpu/cpu_dump.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int debug_new(struct debug **out, const struct debug_config *config, struct error *error)
{
    *out = NULL;
    struct debug *d = calloc(1, sizeof *d);
    if (!d)
        return error_set(error, -ENOMEM, "debugger: out of memory (free some and start again)");
    d->config = *config;
    int err = 0;
    if (config->client_arch && client_arch_parse(config->client_arch, &d->client_arch))
        err = error_set(error, -EINVAL,
                        "%.80s: no architecture to show gdb (auto, i8086, i386, x86-64)",
                        config->client_arch);
    if (!err)
        err = host_probe(config->host, &d->host, error);
    if (err)
        goto fail;
    d->breakpoints = breakpoints_new(config->memory, &d->host);
    d->catches = catches_new(config->memory, d->host.keeps_state);
    if (d->breakpoints && d->catches)
        d->run_control = run_control_new(config->memory, d->breakpoints, d->catches, &d->host);
    if (!d->run_control) {
        err = error_set(error, -errno, "debugger: %s (%s)", strerror(errno), error_remedy(errno));
        goto fail;
    }
    d->travel = (struct travel){
        .machine = config->parts,
        .has_unsaid = config->has_unsaid,
        .context = config->context,
        .run_control = d->run_control,
        .breakpoints = d->breakpoints,
    };
    *out = d;
    return 0;

fail:
    debug_free(d);
    return err;
}

void debug_free(struct debug *d)
{
    if (!d)
        return;
    debug_set_image(d, NULL, -1, false);
    run_control_free(d->run_control);
    breakpoints_free(d->breakpoints);
    catches_free(d->catches);
    free(d);
}

struct run_control *debug_run_control(struct debug *d)
{
    return d->run_control;
}

void debug_set_cpus(struct debug *d, struct vcpu *const *cpus, unsigned count)
{
    memcpy(d->cpus, cpus, count * sizeof *cpus);
    d->count = count;
    run_control_set_cpus(d->run_control, cpus, count);
}

/* ---- Target operations. THREAD is a vCPU's index plus one, checked by the stub. */

static struct vcpu *cpu_of(struct debug *d, int thread)
{
    return d->cpus[thread - 1];
}

static size_t op_thread_count(void *target)
{
    struct debug *d = target;
    return d->count;
}

static void op_thread_name(void *target, int thread, struct gdb_text *name)
{
    struct cpu_state state;
    struct kvm_mp_state mp;
    struct vcpu *vcpu = cpu_of(target, thread);
    gdb_text_printf(name, "CPU %d%s", thread - 1, thread == 1 ? " (boot)" : "");
    const bool knows_mp = !kvm_get_mp_state(vcpu_kvm(vcpu), &mp); /* first: it may start the CPU */
    if (!vcpu_read_state(vcpu, &state))
        gdb_text_printf(name, ", %s", cpu_mode_name(&state));
    if (!knows_mp)
        return;
    if (mp.mp_state == KVM_MP_STATE_HALTED)
        gdb_text_printf(name, ", halted");
    else if (mp.mp_state != KVM_MP_STATE_RUNNABLE)
        gdb_text_printf(name, ", waits for INIT/SIPI");
}

static enum gdb_arch op_arch(void *target, int thread)
{
    return client_arch_of(target, (unsigned)thread - 1);
}

/* Asked for when there is a client, for KVM takes its time to answer. If it can't be learned, the
 * client sees what every CPU has. */
static const struct cpu_features *features(struct debug *d)
{
    if (!d->features_known) {
        if (cpu_features_learn(vcpu_kvm(d->cpus[0]), &d->features))
            d->features = (struct cpu_features){0};
        d->features_known = true; /* once: from then on vCPUs' threads read it, all at a time */
    }
    return &d->features;
}

static uint64_t op_features(void *target)
{
    return features(target)->has;
}

static int op_read_registers(void *target, int thread, unsigned parts, struct gdb_x86_regs *regs)
{
    struct debug *d = target;
    const struct vcpu_snapshot *past = travel_state(&d->travel, (unsigned)thread - 1);
    int err = 0;
    if (past && !(parts & ~(unsigned)GDB_PART_BASE)) {
        registers_of(&past->regs, &past->sregs, regs);
    } else {
        if (past)
            travel_settle(&d->travel);
        err = registers_read(cpu_of(d, thread), features(d), parts, regs);
    }
    if (!err && d->raw_offsets)
        raw_offsets_show(regs);
    return err;
}

static int op_write_registers(void *target, int thread, const struct gdb_x86_regs *was,
                              const struct gdb_x86_regs *regs, struct gdb_text *why)
{
    struct debug *d = target;
    struct gdb_x86_regs now = *regs;
    if (d->raw_offsets)
        raw_offsets_take(was, &now);
    return registers_write(cpu_of(d, thread), features(d), d->config.memory, was, &now, why);
}

/* It asks for registers on a vCPU's thread: what is learned of them once must be known by then. */
static void op_set_hit_filter(void *target, gdb_hit_filter *filter, void *context)
{
    struct debug *d = target;
    features(d);
    run_control_set_filter(d->run_control, filter, context);
}

static const enum run_action run_actions[] = {
    [GDB_RESUME_CONTINUE] = RUN_CONTINUE,
    [GDB_RESUME_STEP] = RUN_STEP,
    [GDB_RESUME_STOP] = RUN_STOP,
};

/* The client's range is of what it is shown as the pc: of offsets, perhaps, which say too little of
 * where the code is. Then it is asked after each step. */
static struct run_order order_of(const struct debug *d, const struct gdb_resume *action)
{
    struct run_order order = {.action = run_actions[action->kind]};
    if (!d->raw_offsets)
        order.range = (struct step_range){action->start, action->end};
    return order;
}

static int op_resume(void *target, const struct gdb_resume *actions, size_t n)
{
    struct debug *d = target;
    struct run_order run[RUN_MAX_CPUS] = {{.action = RUN_HOLD}};
    for (size_t i = 0; i < n; i++)
        run[actions[i].thread - 1] = order_of(d, &actions[i]);
    if (d->non_stop)
        travel_leave(&d->travel);
    else if (travel_resume(&d->travel, run))
        return 0;
    step_over_begin(d, run);
    run_control_resume(d->run_control, run);
    return 0;
}

static void op_interrupt(void *target)
{
    struct debug *d = target;
    if (d->travel.under_way)
        travel_interrupt(&d->travel);
    else
        run_control_interrupt(d->run_control);
}

static int op_travel_back(void *target, int thread, enum gdb_travel how, struct gdb_text *why)
{
    struct debug *d = target;
    return travel_back(&d->travel, (unsigned)thread - 1, how, why);
}

static int op_set_non_stop(void *target, bool on)
{
    struct debug *d = target;
    d->non_stop = on;
    run_control_set_non_stop(d->run_control, on);
    return 0;
}

static void op_pause(void *target)
{
    struct debug *d = target;
    run_control_pause(d->run_control);
}

static void op_unpause(void *target)
{
    struct debug *d = target;
    run_control_unpause(d->run_control);
}

/* The guest runs on as if nobody had ever looked, unless a stop of its own came first: that one is
 * left for the machine to deal with. */
static void op_detach(void *target, gdb_hit_filter *filter, void *context)
{
    struct debug *d = target;
    travel_end(&d->travel);
    const bool posted = run_control_pause(d->run_control) && !d->non_stop;
    op_set_non_stop(d, false);
    step_over_end(d);
    op_set_hit_filter(d, filter, context);
    if (filter)
        breakpoints_leave_traces(d->breakpoints);
    else
        breakpoints_clear(d->breakpoints);
    catches_clear(d->catches);
    run_control_forget_client(d->run_control);
    d->physical_memory = false;
    if (posted)
        return;
    struct run_order run[RUN_MAX_CPUS];
    for (unsigned i = 0; i < d->count; i++)
        run[i] = (struct run_order){.action = RUN_CONTINUE};
    travel_leave(&d->travel);
    run_control_resume(d->run_control, run);
}

static void op_kill(void *target)
{
    struct debug *d = target;
    d->config.kill(d->config.context);
}

/* The first run found RAM zeroed; a reset leaves it as it is. */
static int op_restart(void *target, struct gdb_text *why)
{
    struct debug *d = target;
    struct error error;
    op_set_non_stop(d, false);
    step_over_end(d);
    snapshots_before_clear(d->config.snapshots);
    memory_clear_ram(d->config.memory);
    int err = d->config.reset(d->config.context, &error);
    if (err)
        gdb_text_printf(why, "%s", error.text);
    if (d->travel.recorder)
        recorder_restart(d->travel.recorder);
    d->current = d->chosen = 0;
    return err;
}

const struct gdb_target_ops debug_target_ops = {
    .thread_count = op_thread_count,
    .thread_name = op_thread_name,
    .arch = op_arch,
    .read_registers = op_read_registers,
    .write_registers = op_write_registers,
    .features = op_features,
    .read_memory = debug_read_memory,
    .write_memory = debug_write_memory,
    .physical_memory = debug_physical_memory,
    .set_physical_memory = debug_set_physical_memory,
    .memory_region = debug_memory_region,
    .physical_region = debug_physical_region,
    .insert_breakpoint = debug_insert_breakpoint,
    .remove_breakpoint = debug_remove_breakpoint,
    .set_hit_filter = op_set_hit_filter,
    .resume = op_resume,
    .travel_back = op_travel_back,
    .interrupt = op_interrupt,
    .set_non_stop = op_set_non_stop,
    .pause = op_pause,
    .unpause = op_unpause,
    .detach = op_detach,
    .kill = op_kill,
    .restart = op_restart,
    .image_name = debug_image_name,
    .image_size = debug_image_size,
    .read_image = debug_read_image,
    .step_interrupts = debug_step_interrupts,
    .set_step_interrupts = debug_set_step_interrupts,
    .monitor = debug_monitor,
};

/* ---- Time travel, for the polling thread */

int debug_record(struct debug *d, size_t limit, struct error *error)
{
    return travel_record(&d->travel, limit, error);
}

void debug_forget(struct debug *d)
{
    travel_forget(&d->travel);
}

bool debug_travels(const struct debug *d)
{
    return d->travel.under_way;
}

void debug_travel_on(struct debug *d)
{
    travel_on(&d->travel);
}

void debug_note_reset(struct debug *d)
{
    travel_note_reset(&d->travel);
}
