#include "record/recorder.h"

#include "record/disk_image.h"
#include "record/ram_image.h"
#include "record/record_log.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define WORD       sizeof(uint64_t)
#define CPUS       DELTA_CPUS
#define TURN_STEPS 64 /* that one vCPU takes before the next has its turn */

enum { PARTS = 6 }; /* of a vCPU: VCPU_PART_* are their bits */

/* Devices' state and that of KVM's chips, one part after the other, each from a word's start on. */
struct board_image {
    const struct board_part *list; /* the devices' own: where to read and write */
    size_t count;
    size_t *offsets;
    uint8_t *bytes;
    size_t chips, size; /* CHIPS: where struct interrupts_kernel begins */
    uint64_t turns;     /* bus_turns when it was compared last */
};

struct cpu_image {
    struct vcpu_snapshot state;
    /* What KVM gave back for the state that a journey has put there, which may be another word for
     * the same: what differs from it has been changed since. */
    struct vcpu_snapshot shown;
    bool is_shown;
    unsigned touched; /* VCPU_PART_* that the journey has changed */
    bool lost;        /* KVM may have lost any of it */
};

struct recorder {
    struct recorder_config config;
    struct record_log *log;
    struct delta delta; /* of the step that is being noted */
    struct vcpu_snapshot now;
    struct cpu_image *cpus;
    struct vcpu_snapshot_extent extents[PARTS]; /* of the parts, in order of their bits */
    struct board_image board;
    struct ram_image *ram;
    struct disk_image *disks;
    bool board_touched, chips_touched;
    bool ram_moved;           /* by journeys, since vCPUs ran */
    struct record_entry last; /* what back and forward went over */
    bool went_back;           /* then */
    uint64_t lost;
    const char *lost_why;
    bool broken; /* until recorder_restart */

    pthread_mutex_t running; /* held by the vCPU whose turn it is */
    pthread_mutex_t next;    /* and by the one that waits for it */
    bool turn[CPUS];
    unsigned steps; /* in this turn */
};

/* ---- Images */

static void apply_cpu(struct recorder *r, unsigned cpu, uint64_t word, uint64_t xor)
{
    struct cpu_image *image = &r->cpus[cpu];
    uint64_t *words = (uint64_t *)(void *)&image->state;
    words[word] ^= xor;
    if (word < r->extents[0].size / WORD) { /* RUN's are the first, and nearly all */
        image->touched |= VCPU_PART_RUN;
        return;
    }
    for (unsigned i = 1; i < PARTS; i++)
        if (word * WORD - r->extents[i].offset < r->extents[i].size)
            image->touched |= 1u << i;
}

/* The words of DELTA from byte FROM on, which are this vCPU's, in its state, too. */
static void take_over(struct recorder *r, unsigned cpu, const struct delta *delta)
{
    struct delta_reader reader;
    struct delta_word w;
    delta_read(&reader, delta->bytes, delta->len);
    while (delta_next(&reader, &w))
        if (w.space == DELTA_CPU + cpu)
            apply_cpu(r, cpu, w.word, w.xor);
    r->cpus[cpu].touched = 0; /* KVM has it already */
}

/* Adds what has changed of PARTS, read anew. */
static int compare_cpu(struct recorder *r, unsigned cpu, unsigned parts)
{
    struct cpu_image *image = &r->cpus[cpu];
    uint8_t *was = (uint8_t *)(image->is_shown ? &image->shown : &image->state);
    const uint8_t *now = (const uint8_t *)&r->now;
    if (parts & VCPU_PART_MSRS)
        r->now.msrs = image->state.msrs; /* which there are is known */
    const int err = vcpu_snapshot_save(vcpu_kvm(r->config.cpus[cpu]), parts, &r->now);
    for (unsigned i = 0; !err && i < PARTS; i++) {
        const struct vcpu_snapshot_extent e = r->extents[i];
        if (parts & 1u << i)
            delta_compare(&r->delta, DELTA_CPU + cpu, e.offset / WORD, was + e.offset,
                          now + e.offset, e.size);
    }
    return err;
}

static void compare_devices(struct recorder *r)
{
    struct board_image *b = &r->board;
    bus_lock(r->config.bus);
    for (size_t i = 0; i < b->count; i++)
        delta_compare(&r->delta, DELTA_BOARD, b->offsets[i] / WORD, b->bytes + b->offsets[i],
                      b->list[i].at, b->list[i].size);
    b->turns = bus_turns(r->config.bus);
    bus_unlock(r->config.bus);
}

static int compare_chips(struct recorder *r)
{
    struct interrupts_kernel chips;
    memset(&chips, 0, sizeof chips);
    const int err = interrupts_read(r->config.interrupts, &chips);
    if (!err)
        delta_compare(&r->delta, DELTA_BOARD, r->board.chips / WORD,
                      r->board.bytes + r->board.chips, &chips, sizeof chips);
    return err;
}

static int compare_board(struct recorder *r, bool chips)
{
    if (bus_turns(r->config.bus) != r->board.turns)
        compare_devices(r);
    return chips ? compare_chips(r) : 0;
}

/* What is written to now and then only. */
static int compare_rest(struct recorder *r, bool chips)
{
    const int err = disk_image_take(r->disks, &r->delta);
    return err ? err : compare_board(r, chips);
}

static size_t whole_words(size_t size)
{
    return (size + WORD - 1) / WORD * WORD;
}

static int make_board(struct recorder *r)
{
    struct board_image *b = &r->board;
    b->list = r->config.parts->list;
    b->count = r->config.parts->count;
    b->offsets = calloc(b->count + 1, sizeof *b->offsets);
    for (size_t i = 0; b->offsets && i < b->count; i++) {
        b->offsets[i] = b->chips;
        b->chips += whole_words(b->list[i].size);
    }
    b->size = b->chips + whole_words(sizeof(struct interrupts_kernel));
    b->bytes = calloc(1, b->size);
    return b->offsets && b->bytes ? 0 : -ENOMEM;
}

/* All images from what is there now, and no history. */
static int look_at_all(struct recorder *r)
{
    int err = 0;
    ram_image_free(r->ram);
    r->ram = ram_image_new(r->config.memory);
    if (!r->ram)
        return -errno;
    for (unsigned i = 0; !err && i < r->config.count; i++) {
        vcpu_kvm(r->config.cpus[i])->sync_events = true;
        err = vcpu_snapshot_save(vcpu_kvm(r->config.cpus[i]), VCPU_PARTS_ALL, &r->cpus[i].state);
        r->cpus[i].lost = r->cpus[i].is_shown = false;
        r->cpus[i].touched = 0;
    }
    for (unsigned i = 0; i < PARTS; i++)
        r->extents[i] = vcpu_snapshot_extent(vcpu_kvm(r->config.cpus[0]), &r->cpus[0].state,
                                             (enum vcpu_part)(1u << i));
    compare_devices(r);
    if (!err)
        err = compare_chips(r);
    delta_reset(&r->delta);
    record_log_clear(r->log);
    r->broken = err != 0;
    return err;
}

/* ---- Its life */

int recorder_new(struct recorder **out, const struct recorder_config *config, size_t limit,
                 struct error *error)
{
    *out = NULL;
    struct recorder *r = calloc(1, sizeof *r);
    int err = r ? 0 : -ENOMEM;
    if (err)
        goto fail;
    r->config = *config;
    pthread_mutex_init(&r->running, NULL);
    pthread_mutex_init(&r->next, NULL);
    delta_init(&r->delta, limit);
    r->cpus = calloc(config->count, sizeof *r->cpus);
    r->log = record_log_new(limit);
    r->disks = disk_image_new(config->disks, config->disk_count, config->bus, limit);
    if (!r->cpus || !r->log || !r->disks)
        err = -errno;
    if (!err)
        err = make_board(r);
    if (!err)
        err = look_at_all(r);
    if (err)
        goto fail;
    *out = r;
    return 0;

fail:
    error_set(error, err, "recording: %s (%s)", strerror(-err), error_remedy(err));
    recorder_free(r);
    return err;
}

void recorder_free(struct recorder *r)
{
    if (!r)
        return;
    for (unsigned i = 0; i < r->config.count; i++)
        vcpu_kvm(r->config.cpus[i])->sync_events = false;
    ram_image_free(r->ram);
    disk_image_free(r->disks);
    record_log_free(r->log);
    delta_free(&r->delta);
    free(r->board.offsets);
    free(r->board.bytes);
    free(r->cpus);
    pthread_mutex_destroy(&r->next);
    pthread_mutex_destroy(&r->running);
    free(r);
}

int recorder_restart(struct recorder *r)
{
    return look_at_all(r);
}

/* ---- Noting */

/* What could not be noted can't be undone: the history ends here. */
static void give_up(struct recorder *r, const char *why)
{
    record_log_clear(r->log);
    r->lost++;
    r->lost_why = why;
}

static void append(struct recorder *r, unsigned cpu, unsigned flags, int vector)
{
    const struct record_entry entry = {
        .cpu = (uint8_t)cpu,
        .flags = (uint8_t)flags,
        .vector = (int16_t)vector,
        .delta = r->delta.bytes,
        .len = r->delta.len,
    };
    if (delta_overflowed(&r->delta))
        give_up(r, "one step changed more than the log can hold");
    else if (record_log_append(r->log, &entry) == -E2BIG)
        r->lost++, r->lost_why = "one step changed more than the log can hold";
    delta_reset(&r->delta);
}

static bool is_usable(struct recorder *r)
{
    if (!r->broken && ram_image_is_outdated(r->ram)) {
        give_up(r, "the memory map has changed");
        r->broken = true;
    }
    return !r->broken;
}

/* ERR: something of the delta could not be had. */
static void end_note(struct recorder *r, int err, unsigned cpu, unsigned flags, int vector)
{
    const bool any = r->delta.len || delta_overflowed(&r->delta);
    if (err) {
        give_up(r, "KVM did not say what a step had changed");
        delta_reset(&r->delta);
        r->broken = true;
    } else if (any || (flags & RECORD_INSN)) {
        append(r, cpu, flags, vector);
    }
}

static bool is_awake(const struct recorder *r, unsigned cpu)
{
    return r->cpus[cpu].state.mp_state.mp_state == KVM_MP_STATE_RUNNABLE;
}

static void take_turn(struct recorder *r, unsigned cpu)
{
    if (r->config.count == 1 || r->turn[cpu])
        return;
    pthread_mutex_lock(&r->next);
    pthread_mutex_lock(&r->running);
    pthread_mutex_unlock(&r->next);
    r->turn[cpu] = true;
    r->steps = 0;
}

static void end_turn(struct recorder *r, unsigned cpu)
{
    if (!r->turn[cpu])
        return;
    r->turn[cpu] = false;
    pthread_mutex_unlock(&r->running);
}

void recorder_enter(struct recorder *r, unsigned cpu)
{
    if (is_awake(r, cpu))
        take_turn(r, cpu);
}

void recorder_leave(struct recorder *r, unsigned cpu)
{
    end_turn(r, cpu);
}

static bool has_paging(const struct recorder *r, unsigned cpu)
{
    return r->cpus[cpu].state.sregs.cr0 & 1u << 31;
}

void recorder_stepped(struct recorder *r, unsigned cpu, const struct recorder_step *step)
{
    unsigned parts = VCPU_PART_RUN | step->parts;
    const bool delivered = step->vector >= 0;
    take_turn(r, cpu);
    r->cpus[cpu].is_shown = false;
    if (!is_awake(r, cpu))
        parts |= VCPU_PART_MP | VCPU_PART_LAPIC;
    if (delivered)
        parts |= VCPU_PART_DEBUG | VCPU_PART_LAPIC;
    if (is_usable(r)) {
        int err = compare_cpu(r, cpu, parts);
        if (!err && !(step->no_memory && !delivered && !has_paging(r, cpu)))
            err = ram_image_compare(r->ram, &r->delta);
        if (!err)
            err = compare_rest(r, step->chips || delivered);
        end_note(r, err, cpu, RECORD_INSN, step->vector);
    }
    if (++r->steps >= TURN_STEPS)
        end_turn(r, cpu);
}

void recorder_died(struct recorder *r, unsigned cpu, bool lost)
{
    take_turn(r, cpu);
    r->cpus[cpu].is_shown = false;
    if (is_usable(r)) {
        int err = ram_image_compare(r->ram, &r->delta);
        if (!err && lost)
            vcpu_snapshot_restore(vcpu_kvm(r->config.cpus[cpu]), VCPU_PARTS_ALL,
                                  &r->cpus[cpu].state);
        else if (!err)
            err = compare_cpu(r, cpu, VCPU_PARTS_ALL);
        if (!err)
            err = compare_rest(r, true);
        end_note(r, err, cpu, RECORD_DEATH, -1);
    }
    r->cpus[cpu].lost = true;
    end_turn(r, cpu);
}

/* The LAPICs, KVM's chips: what runs on in them by itself is no change of the debugger's. */
enum { FROM_OUTSIDE = VCPU_PARTS_ALL & ~VCPU_PART_LAPIC };

bool recorder_sync(struct recorder *r, bool all)
{
    const bool past = !record_log_at_end(r->log);
    int err = 0;
    if (!is_usable(r)) {
        recorder_restart(r);
        return past;
    }
    for (unsigned i = 0; !err && i < r->config.count; i++) {
        const size_t len = r->delta.len;
        err = compare_cpu(r, i, all ? VCPU_PARTS_ALL : FROM_OUTSIDE);
        if (r->cpus[i].is_shown && r->delta.len > len)
            take_over(r, i, &r->delta);
    }
    if (!err)
        err = ram_image_compare(r->ram, &r->delta);
    if (!err)
        err = compare_rest(r, all);
    end_note(r, err, 0, RECORD_OUTSIDE, -1);
    return past && record_log_at_end(r->log);
}

/* ---- Going */

static void apply_board(struct recorder *r, uint64_t word, uint64_t xor)
{
    uint64_t value;
    uint8_t *at = r->board.bytes + word * WORD;
    memcpy(&value, at, sizeof value);
    value ^= xor;
    memcpy(at, &value, sizeof value);
    if (word * WORD >= r->board.chips)
        r->chips_touched = true;
    else
        r->board_touched = true;
}

static void apply(struct recorder *r, const struct record_entry *entry)
{
    struct delta_reader reader;
    struct delta_word w;
    delta_read(&reader, entry->delta, entry->len);
    while (delta_next(&reader, &w))
        if (w.space == DELTA_RAM) {
            r->ram_moved = ram_image_apply(r->ram, w.word, w.xor) || r->ram_moved;
        } else if (w.space < DELTA_CPUS) {
            apply_cpu(r, w.space, w.word, w.xor);
        } else if (w.space == DELTA_BOARD) {
            apply_board(r, w.word, w.xor);
        } else if (w.space >= DELTA_DISK) {
            disk_image_apply(r->disks, w.space - DELTA_DISK, w.word, w.xor);
        }
    r->last = *entry;
}

static bool go(struct recorder *r, struct recorder_place *place,
               bool (*over)(struct record_log *log, struct record_entry *out))
{
    struct record_entry entry;
    if (!over(r->log, &entry))
        return false;
    apply(r, &entry);
    r->went_back = over == record_log_back;
    *place = (struct recorder_place){entry.cpu, entry.flags, entry.vector};
    return true;
}

bool recorder_back(struct recorder *r, struct recorder_place *place)
{
    return go(r, place, record_log_back);
}

bool recorder_forward(struct recorder *r, struct recorder_place *place)
{
    return go(r, place, record_log_forward);
}

bool recorder_next(struct recorder *r, struct recorder_place *place)
{
    struct record_entry entry;
    if (!record_log_forward(r->log, &entry))
        return false;
    *place = (struct recorder_place){entry.cpu, entry.flags, entry.vector};
    return record_log_back(r->log, &entry);
}

/* The word as it is here. */
static uint64_t word_now(const struct recorder *r, const struct delta_word *w)
{
    uint64_t value = 0;
    if (w->space < DELTA_CPUS)
        memcpy(&value, (const uint8_t *)&r->cpus[w->space].state + w->word * WORD, WORD);
    else if (w->space == DELTA_BOARD)
        memcpy(&value, r->board.bytes + w->word * WORD, WORD);
    else if (w->space == DELTA_RAM)
        memory_read(r->config.memory, w->word * WORD, &value, WORD);
    return value;
}

void recorder_each_change(const struct recorder *r,
                          void (*visit)(void *context, const struct recorder_change *change),
                          void *context)
{
    struct delta_reader reader;
    struct delta_word w;
    delta_read(&reader, r->last.delta, r->last.len);
    while (delta_next(&reader, &w)) {
        const uint64_t here = word_now(r, &w), other = here ^ w.xor ;
        const struct recorder_change change = {w.space, w.word, r->went_back ? here : other,
                                               r->went_back ? other : here};
        visit(context, &change);
    }
}

const struct vcpu_snapshot *recorder_cpu(const struct recorder *r, unsigned cpu)
{
    return &r->cpus[cpu].state;
}

uint64_t recorder_pc(const struct recorder *r, unsigned cpu)
{
    const struct vcpu_snapshot *state = recorder_cpu(r, cpu);
    return vcpu_linear_pc_of(&state->regs, &state->sregs);
}

/* Bytes of a word that XOR changes and that are among the LEN from GPA on. */
static bool touches(uint64_t word, uint64_t xor, uint64_t gpa, uint64_t len)
{
    for (unsigned i = 0; i < WORD; i++)
        if ((xor >> 8 * i & 0xff) && word * WORD + i - gpa < len)
            return true;
    return false;
}

bool recorder_touched(const struct recorder *r, uint64_t gpa, uint64_t len)
{
    struct delta_reader reader;
    struct delta_word w;
    delta_read(&reader, r->last.delta, r->last.len);
    while (delta_next(&reader, &w))
        if (w.space == DELTA_RAM && touches(w.word, w.xor, gpa, len))
            return true;
    return false;
}

static int settle_board(struct recorder *r)
{
    struct board_image *b = &r->board;
    int err = 0;
    bus_lock(r->config.bus);
    for (size_t i = 0; r->board_touched && i < b->count; i++)
        memcpy(b->list[i].at, b->bytes + b->offsets[i], b->list[i].size);
    b->turns = bus_turns(r->config.bus);
    bus_unlock(r->config.bus);
    if (r->chips_touched) {
        struct interrupts_kernel chips;
        memcpy(&chips, b->bytes + b->chips, sizeof chips);
        err = interrupts_write(r->config.interrupts, &chips);
    }
    r->board_touched = r->chips_touched = false;
    return err;
}

static int settle_cpu(struct recorder *r, unsigned cpu)
{
    struct cpu_image *image = &r->cpus[cpu];
    struct kvm_cpu *kvm = vcpu_kvm(r->config.cpus[cpu]);
    const unsigned parts = image->lost ? VCPU_PARTS_ALL : image->touched;
    int err = parts ? vcpu_snapshot_restore(kvm, parts, &image->state) : 0;
    if (!err && parts) {
        image->shown.msrs = image->state.msrs;
        err = vcpu_snapshot_save(kvm, FROM_OUTSIDE, &image->shown);
        image->is_shown = !err;
    }
    image->touched = 0;
    image->lost = false;
    return err;
}

int recorder_settle(struct recorder *r)
{
    int err = disk_image_flush(r->disks);
    const int board = settle_board(r);
    err = err ? err : board;
    for (unsigned i = 0; i < r->config.count; i++) {
        const int now = settle_cpu(r, i);
        err = err ? err : now;
    }
    return err;
}

/* Page tables may have moved with the rest. */
void recorder_run(struct recorder *r)
{
    bool paging = false;
    for (unsigned i = 0; i < r->config.count; i++)
        paging = paging || has_paging(r, i);
    if (r->ram_moved && paging)
        memory_forget_translations(r->config.memory);
    r->ram_moved = false;
}

/* ---- */

struct recorder_status recorder_status(const struct recorder *r)
{
    return (struct recorder_status){
        .here = record_log_number(r->log),
        .first = record_log_first(r->log),
        .last = record_log_last(r->log),
        .entries = record_log_entries(r->log),
        .used = record_log_used(r->log),
        .limit = record_log_limit(r->log),
        .lost = r->lost,
        .lost_why = r->lost_why,
    };
}

bool recorder_at_end(const struct recorder *r)
{
    return record_log_at_end(r->log);
}
