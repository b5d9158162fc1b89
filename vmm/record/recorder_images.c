#include "record/recorder_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void recorder_apply_cpu(struct recorder *r, unsigned cpu, uint64_t word, uint64_t flips)
{
    struct cpu_image *image = &r->cpus[cpu];
    uint64_t *words = (uint64_t *)(void *)&image->state;
    words[word] ^= flips;
    if (word < r->extents[0].size / WORD) { /* RUN's are the first, and nearly all */
        image->touched |= VCPU_PART_RUN;
        return;
    }
    for (unsigned i = 1; i < PARTS; i++)
        if (word * WORD - r->extents[i].offset < r->extents[i].size)
            image->touched |= 1u << i;
}

void recorder_take_over(struct recorder *r, unsigned cpu, const struct delta *delta)
{
    struct delta_reader reader;
    struct delta_word w;
    delta_read(&reader, delta->bytes, delta->len);
    while (delta_next(&reader, &w))
        if (w.space == DELTA_CPU + cpu)
            recorder_apply_cpu(r, cpu, w.word, w.flips);
    r->cpus[cpu].touched = 0; /* KVM has it already */
}

int recorder_compare_cpu(struct recorder *r, unsigned cpu, unsigned parts)
{
    struct cpu_image *image = &r->cpus[cpu];
    uint8_t *was = (uint8_t *)(image->is_shown ? &image->shown : &image->state);
    const uint8_t *now = (const uint8_t *)&r->now;
    if (parts & VCPU_PART_MSRS)
        r->now.msrs = image->state.msrs; /* which there are is known */
    const int err = vcpu_snapshot_save(vcpu_kvm(r->machine->cpus[cpu]), parts, &r->now);
    for (unsigned i = 0; !err && i < PARTS; i++) {
        const struct vcpu_snapshot_extent e = r->extents[i];
        if (parts & 1u << i)
            delta_compare(&r->delta, DELTA_CPU + cpu, e.offset / WORD, was + e.offset,
                          now + e.offset, e.size);
    }
    return err;
}

void recorder_compare_devices(struct recorder *r)
{
    const struct board_parts *parts = &r->machine->board;
    size_t offset = 0;
    bus_lock(r->machine->bus);
    for (size_t i = 0; i < parts->count; i++) {
        const struct board_part *part = &parts->list[i];
        delta_compare(&r->delta, DELTA_BOARD, offset / WORD, r->board.bytes + offset, part->at,
                      part->size);
        offset += board_part_size(part);
    }
    r->board.turns = bus_turns(r->machine->bus);
    bus_unlock(r->machine->bus);
}

int recorder_compare_chips(struct recorder *r)
{
    struct interrupts_kernel chips;
    memset(&chips, 0, sizeof chips);
    const int err = interrupts_read(r->machine->interrupts, &chips);
    if (!err)
        delta_compare(&r->delta, DELTA_BOARD, r->board.chips / WORD,
                      r->board.bytes + r->board.chips, &chips, sizeof chips);
    return err;
}

static int compare_board(struct recorder *r, bool chips)
{
    if (bus_turns(r->machine->bus) != r->board.turns)
        recorder_compare_devices(r);
    return chips ? recorder_compare_chips(r) : 0;
}

int recorder_compare_rest(struct recorder *r, bool chips)
{
    const int err = disk_image_take(r->disks, &r->delta);
    return err ? err : compare_board(r, chips);
}

int recorder_make_board(struct recorder *r)
{
    r->board.chips = board_parts_size(&r->machine->board);
    /* A word more: the last one need not be whole. */
    r->board.bytes = calloc(1, r->board.chips + sizeof(struct interrupts_kernel) + WORD);
    return r->board.bytes ? 0 : -ENOMEM;
}
