/* The recorder's life: what is a place, and what a restart leaves of what was before it. The vCPUs
 * are real ones that never run; what steps change is played. */
#include "tests/check.h"
#include "tests/unit/temp_file.h"

#include "record/recorder_state.h"

#include <errno.h>
#include <unistd.h>

#define LIMIT   (1u << 20)
#define SECTORS 4
#define CPUS    2 /* at most */

struct bench {
    struct kvm_host host;
    struct kvm_vm vm;
    struct interrupts interrupts;
    struct vcpu_hooks hooks;
    struct vcpu *cpus[CPUS];
    struct temp_file file;
    struct drives drives;
    struct machine_parts machine;
    struct recorder *recorder;
    bool refuses; /* the hypervisor does not log what is written */
};

static int set_slot(void *context, const struct memory_slot *slot, bool present)
{
    const struct bench *b = context;
    (void)present;
    return b->refuses && slot->log_dirty ? -ENOMEM : 0;
}

/* The guest has not written; what the test writes is noted by the memory itself. */
static int get_dirty(void *context, const struct memory_slot *slot, uint64_t *bitmap)
{
    (void)context, (void)slot, (void)bitmap;
    return 0;
}

static int make_vm(struct bench *b, struct error *error)
{
    int err = kvm_host_open(&b->host, "/dev/kvm", NULL, error);
    if (!err)
        err = kvm_vm_create(&b->vm, &b->host, error);
    if (!err)
        err = kvm_vm_create_irqchip(&b->vm, error);
    if (!err)
        err = interrupts_init(&b->interrupts, &b->vm, error);
    for (unsigned i = 0; !err && i < b->machine.count; i++)
        err =
            vcpu_create(&b->cpus[i], &b->vm, i, b->machine.count, b->machine.bus, &b->hooks, error);
    return err;
}

static void make_parts(struct bench *b, unsigned count, struct error *error)
{
    static const uint8_t bytes[SECTORS * DISK_SECTOR];
    const struct memory_backend backend = {.set_slot = set_slot,
                                           .get_dirty = get_dirty,
                                           .context = b,
                                           .max_slots = 8,
                                           .has_read_only = true};
    temp_file(&b->file, bytes, sizeof bytes);
    CHECK_EQ(disk_open(&b->drives.disks[0], b->file.path, DISK_WRITABLE, error), 0);
    b->drives.count = 1;
    b->machine.memory = memory_new(&backend);
    CHECK_EQ(memory_add(b->machine.memory, 0, 0x10000, MEMORY_RAM, "RAM", error), 0);
    b->machine.bus = bus_new();
    b->machine.interrupts = &b->interrupts;
    b->machine.cpus = b->cpus;
    b->machine.count = count;
    b->machine.drives = &b->drives;
}

/* A recorder of COUNT vCPUs that has begun. False: the test is skipped. */
static bool start_with(struct bench *b, unsigned count)
{
    struct error error = {.text = ""};
    if (access("/dev/kvm", R_OK | W_OK)) {
        SKIP("no /dev/kvm that this user may open");
        return false;
    }
    memset(b, 0, sizeof *b);
    make_parts(b, count, &error);
    int err = make_vm(b, &error);
    if (!err)
        err = recorder_new(&b->recorder, &b->machine, LIMIT, &error);
    CHECK_EQ(err, 0);
    CHECK_STR(error.text, "");
    return !err;
}

static bool start(struct bench *b)
{
    return start_with(b, 1);
}

static void stop(struct bench *b)
{
    recorder_free(b->recorder);
    for (unsigned i = 0; i < b->machine.count; i++)
        vcpu_destroy(b->cpus[i]);
    disk_close(&b->drives.disks[0]);
    bus_free(b->machine.bus);
    memory_free(b->machine.memory);
    kvm_vm_close(&b->vm);
    kvm_host_close(&b->host);
    temp_file_remove(&b->file);
}

/* A step that has written VALUE to address 0. */
static void step(struct bench *b, uint64_t value)
{
    const struct recorder_step what = {.vector = -1};
    memory_poke(b->machine.memory, 0, &value, sizeof value);
    recorder_enter(b->recorder, 0);
    recorder_stepped(b->recorder, 0, &what);
    recorder_leave(b->recorder, 0);
}

static uint64_t word(const struct bench *b)
{
    uint64_t value = 0;
    memory_read(b->machine.memory, 0, &value, sizeof value);
    return value;
}

/* ---- */

static void goes_back_and_forth(void)
{
    struct bench b;
    struct recorder_place place;
    if (!start(&b))
        return;
    step(&b, 1);
    step(&b, 2);
    recorder_sync(b.recorder, false);
    CHECK(recorder_back(b.recorder, &place));
    CHECK_EQ(place.flags, RECORD_INSN);
    CHECK_EQ(word(&b), 1);
    CHECK(recorder_back(b.recorder, &place));
    CHECK_EQ(word(&b), 0);
    CHECK(!recorder_back(b.recorder, &place));
    CHECK(recorder_forward(b.recorder, &place));
    CHECK_EQ(word(&b), 1);
    CHECK_EQ(recorder_settle(b.recorder), 0);
    stop(&b);
}

/* There is something to step back from, though nothing is different. */
static void a_death_that_changes_nothing_is_a_place(void)
{
    struct bench b;
    struct recorder_place place;
    if (!start(&b))
        return;
    step(&b, 1);
    for (unsigned i = 0; i < 2; i++) { /* the first may find what the step has not looked for */
        recorder_enter(b.recorder, 0);
        recorder_died(b.recorder, 0, false);
    }
    recorder_sync(b.recorder, false);
    for (unsigned i = 0; i < 2; i++) {
        CHECK(recorder_back(b.recorder, &place));
        CHECK_EQ(place.flags, RECORD_DEATH);
        CHECK_EQ(word(&b), 1);
    }
    CHECK(recorder_back(b.recorder, &place));
    CHECK_EQ(place.flags, RECORD_INSN);
    CHECK_EQ(word(&b), 0);
    stop(&b);
}

/* The history is gone, and steps are noted again once a restart succeeds. */
static void a_restart_that_fails_leaves_no_history(void)
{
    struct bench b;
    struct recorder_place place;
    if (!start(&b))
        return;
    step(&b, 1);
    b.refuses = true;
    CHECK(recorder_restart(b.recorder) < 0);
    step(&b, 2);
    recorder_sync(b.recorder, false);
    CHECK(!recorder_back(b.recorder, &place));
    recorder_settle(b.recorder);
    CHECK_EQ(word(&b), 2);
    b.refuses = false;
    recorder_sync(b.recorder, false);
    step(&b, 3);
    recorder_sync(b.recorder, false);
    CHECK(recorder_back(b.recorder, &place));
    CHECK_EQ(word(&b), 2);
    CHECK(!recorder_back(b.recorder, &place));
    stop(&b);
}

/* What was written to a disk and not noted yet when it came. */
static void a_restart_takes_no_disk_write_back(void)
{
    struct bench b;
    struct recorder_place place;
    uint8_t written[DISK_SECTOR], now[DISK_SECTOR];
    if (!start(&b))
        return;
    memset(written, 7, sizeof written);
    CHECK_EQ(disk_write(&b.drives.disks[0], 1, written, 1), 0);
    CHECK_EQ(recorder_restart(b.recorder), 0);
    step(&b, 1);
    recorder_sync(b.recorder, false);
    while (recorder_back(b.recorder, &place))
        ;
    CHECK_EQ(recorder_settle(b.recorder), 0);
    CHECK_EQ(word(&b), 0);
    CHECK_EQ(disk_read(&b.drives.disks[0], 1, now, 1), 0);
    CHECK_MEM(now, written, sizeof now);
    stop(&b);
}

/* It is not, for all that comes after it. */
static void a_disk_write_is_taken_back(void)
{
    struct bench b;
    struct recorder_place place;
    uint8_t bytes[DISK_SECTOR];
    static const uint8_t zeros[DISK_SECTOR];
    if (!start(&b))
        return;
    CHECK_EQ(recorder_restart(b.recorder), 0);
    memset(bytes, 7, sizeof bytes);
    CHECK_EQ(disk_write(&b.drives.disks[0], 1, bytes, 1), 0);
    step(&b, 1);
    recorder_sync(b.recorder, false);
    while (recorder_back(b.recorder, &place))
        ;
    CHECK_EQ(recorder_settle(b.recorder), 0);
    CHECK_EQ(disk_read(&b.drives.disks[0], 1, bytes, 1), 0);
    CHECK_MEM(bytes, zeros, sizeof bytes);
    stop(&b);
}

static bool somebody_has_the_turn(struct bench *b)
{
    if (pthread_mutex_trylock(&b->recorder->running))
        return true;
    pthread_mutex_unlock(&b->recorder->running);
    return false;
}

/* Where a step has ended may be a stop: until the others have been told of that, none goes on. */
static void a_turn_does_not_end_with_a_step(void)
{
    const struct recorder_step what = {.vector = -1};
    struct bench b;
    if (!start_with(&b, 2))
        return;
    for (unsigned i = 0; i < 200; i++) {
        recorder_enter(b.recorder, 0);
        recorder_stepped(b.recorder, 0, &what);
        CHECK(somebody_has_the_turn(&b));
    }
    recorder_died(b.recorder, 0, false);
    CHECK(somebody_has_the_turn(&b));
    recorder_leave(b.recorder, 0);
    CHECK(!somebody_has_the_turn(&b));
    stop(&b);
}

int main(void)
{
    TEST(goes_back_and_forth);
    TEST(a_death_that_changes_nothing_is_a_place);
    TEST(a_restart_that_fails_leaves_no_history);
    TEST(a_restart_takes_no_disk_write_back);
    TEST(a_disk_write_is_taken_back);
    TEST(a_turn_does_not_end_with_a_step);
    return check_done();
}
