#include "record/recorder_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void recorder_apply_cpu(struct recorder *r, unsigned cpu, uint64_t word, uint64_t xor)
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
void recorder_take_over(struct recorder *r, unsigned cpu, const struct delta *delta)
{
    struct delta_reader reader;
    struct delta_word w;
    delta_read(&reader, delta->bytes, delta->len);
    while (delta_next(&reader, &w))
        if (w.space == DELTA_CPU + cpu)
            recorder_apply_cpu(r, cpu, w.word, w.xor);
    r->cpus[cpu].touched = 0; /* KVM has it already */
}

/* Adds what has changed of PARTS, read anew. */
int recorder_compare_cpu(struct recorder *r, unsigned cpu, unsigned parts)
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

void recorder_compare_devices(struct recorder *r)
{
    struct board_image *b = &r->board;
    bus_lock(r->config.bus);
    for (size_t i = 0; i < b->count; i++)
        delta_compare(&r->delta, DELTA_BOARD, b->offsets[i] / WORD, b->bytes + b->offsets[i],
                      b->list[i].at, b->list[i].size);
    b->turns = bus_turns(r->config.bus);
    bus_unlock(r->config.bus);
}

int recorder_compare_chips(struct recorder *r)
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
        recorder_compare_devices(r);
    return chips ? recorder_compare_chips(r) : 0;
}

/* What is written to now and then only. */
int recorder_compare_rest(struct recorder *r, bool chips)
{
    const int err = disk_image_take(r->disks, &r->delta);
    return err ? err : compare_board(r, chips);
}

static size_t whole_words(size_t size)
{
    return (size + WORD - 1) / WORD * WORD;
}

int recorder_make_board(struct recorder *r)
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
