/* The way back and forth through the log. */
#include "record/recorder_state.h"

#include <string.h>

static void apply_board(struct recorder *r, uint64_t word, uint64_t flips)
{
    uint64_t value;
    uint8_t *at = r->board.bytes + word * WORD;
    memcpy(&value, at, sizeof value);
    value ^= flips;
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
            r->ram_moved = ram_image_apply(r->ram, w.word, w.flips) || r->ram_moved;
        } else if (w.space < DELTA_CPUS) {
            recorder_apply_cpu(r, w.space, w.word, w.flips);
        } else if (w.space == DELTA_BOARD) {
            apply_board(r, w.word, w.flips);
        } else if (w.space >= DELTA_DISK) {
            disk_image_apply(r->disks, w.space - DELTA_DISK, w.word, w.flips);
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
        memory_read(r->machine->memory, w->word * WORD, &value, WORD);
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
        const uint64_t here = word_now(r, &w), other = w.flips ^ here;
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

/* Bytes of a word that FLIPS changes and that are among the LEN from GPA on. */
static bool touches(uint64_t word, uint64_t flips, uint64_t gpa, uint64_t len)
{
    for (unsigned i = 0; i < WORD; i++)
        if ((flips >> 8 * i & 0xff) && word * WORD + i - gpa < len)
            return true;
    return false;
}

bool recorder_touched(const struct recorder *r, uint64_t gpa, uint64_t len)
{
    struct delta_reader reader;
    struct delta_word w;
    delta_read(&reader, r->last.delta, r->last.len);
    while (delta_next(&reader, &w))
        if (w.space == DELTA_RAM && touches(w.word, w.flips, gpa, len))
            return true;
    return false;
}

static int settle_board(struct recorder *r)
{
    struct interrupts_kernel chips;
    int err = 0;
    bus_lock(r->machine->bus);
    if (r->board_touched)
        board_parts_restore(&r->machine->board, r->board.bytes);
    r->board.turns = bus_turns(r->machine->bus);
    bus_unlock(r->machine->bus);
    if (r->chips_touched) {
        memcpy(&chips, r->board.bytes + r->board.chips, sizeof chips);
        err = interrupts_write(r->machine->interrupts, &chips);
    }
    r->board_touched = r->chips_touched = false;
    return err;
}

static int settle_cpu(struct recorder *r, unsigned cpu)
{
    struct cpu_image *image = &r->cpus[cpu];
    struct kvm_cpu *kvm = vcpu_kvm(r->machine->cpus[cpu]);
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
    for (unsigned i = 0; i < r->machine->count; i++) {
        const int now = settle_cpu(r, i);
        err = err ? err : now;
    }
    return err;
}

/* Page tables may have moved with the rest. */
void recorder_run(struct recorder *r)
{
    bool paging = false;
    for (unsigned i = 0; i < r->machine->count; i++)
        paging = paging || recorder_has_paging(r, i);
    if (r->ram_moved && paging)
        memory_forget_translations(r->machine->memory);
    r->ram_moved = false;
}
