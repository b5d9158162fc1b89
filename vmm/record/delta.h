/* What one recorded step has changed, as a list of 64-bit words: which word, and the exclusive or
 * of what it was and what it is. Applied to the later state it gives the earlier one, applied to
 * the earlier the later.
 *
 * A word is number WORD of a space; what its number means is the recorder's affair. Words that come
 * in ascending order, space by space, take the fewest bytes: two to four for a register. A word may
 * come more than once, each time counts. */
#ifndef VMM_RECORD_DELTA_H
#define VMM_RECORD_DELTA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    DELTA_CPU = 0,    /* + vCPU; word = offset in its struct vcpu_snapshot / 8 */
    DELTA_CPUS = 16,  /* so many */
    DELTA_BOARD = 16, /* devices; the recorder numbers their words */
    DELTA_RAM = 17,   /* word = GPA / 8 */
    DELTA_DISK = 18,  /* + disk; word = offset in its content / 8 */
    DELTA_DISKS = 14, /* so many */
    DELTA_SPACES = 32,
};

/* A delta in the making. BYTES and LEN are for record_log; whoever made it owns the bytes. */
struct delta {
    uint8_t *bytes;
    size_t len;
    size_t capacity; /* without the slack */
    size_t limit;
    unsigned space; /* of the word that came last */
    bool overflowed;
    uint64_t next; /* the word after it */
};

/* Empty, with no memory yet. It never holds more than LIMIT bytes. */
void delta_init(struct delta *delta, size_t limit);
void delta_free(struct delta *delta);

/* Empty again; it keeps its memory. */
static inline void delta_reset(struct delta *delta)
{
    delta->len = 0;
    delta->space = 0;
    delta->next = 0;
    delta->overflowed = false;
}

/* Adds one word; nothing if FLIPS is 0. SPACE < DELTA_SPACES. */
void delta_add(struct delta *delta, unsigned space, uint64_t word, uint64_t flips);

/* Adds each word in which the LEN bytes of NOW differ from those of WAS, and makes WAS what NOW is.
 * The first one is number FIRST of SPACE. A last word that is not whole counts as if zeros
 * followed. Returns whether there were any. Neither pointer need be aligned.
 *
 * NOW may be written meanwhile (a guest's RAM): each word that is added is read once, and what is
 * added is what WAS has changed by. WAS becomes NOW even if the delta overflows. */
bool delta_compare(struct delta *delta, unsigned space, uint64_t first, void *was, const void *now,
                   size_t len);

/* There was no room for a word, or no memory: what it holds is not whole, and goes on being not
 * whole until delta_reset. */
static inline bool delta_overflowed(const struct delta *delta)
{
    return delta->overflowed;
}

struct delta_word {
    unsigned space;
    uint64_t word, flips;
};

struct delta_reader {
    const uint8_t *at, *end;
    unsigned space;
    uint64_t next;
};

/* So many bytes after those of a delta can be read, whatever is there: reading words needs no look
 * at the end within one. Those of struct delta and record_log's have them. */
enum { DELTA_SLACK = 32 };

/* Begins with the first word of the LEN bytes at BYTES, which must stay as they are. */
static inline void delta_read(struct delta_reader *reader, const uint8_t *bytes, size_t len)
{
    *reader = (struct delta_reader){.at = bytes, .end = bytes + len};
}

/* What a word's first byte says, see delta.c. Here because reading must not cost a call a word. */
enum { DELTA_FAR = 6, DELTA_TO_RAM = 252, DELTA_TO_SPACE };
struct delta_shape {
    uint8_t distance;   /* words; DELTA_FAR: more of it follows */
    uint8_t shift, cut; /* bits below the bytes that follow, bits that those lack to 64 */
    uint8_t len;        /* bytes */
};
extern const struct delta_shape delta_shapes[256];

/* The next word, in the order in which they were added; false after the last. Bytes that no delta
 * has give some words, of spaces that exist, and an end. */
static inline bool delta_next(struct delta_reader *reader, struct delta_word *out)
{
    const uint8_t *at = reader->at;
    uint64_t flips;
    if (at >= reader->end)
        return false;
    if (*at >= DELTA_TO_RAM) {
        reader->space = *at == DELTA_TO_RAM ? DELTA_RAM : *++at % DELTA_SPACES;
        reader->next = 0;
        at++;
    }
    const struct delta_shape shape = delta_shapes[*at++];
    uint64_t word = reader->next + shape.distance;
    if (shape.distance == DELTA_FAR)
        for (unsigned shift = 0; shift < 64; shift += 7) {
            word += (uint64_t)(*at & 127) << shift;
            if (*at++ < 128)
                break;
        }
    __builtin_memcpy(&flips, at, sizeof flips);
    reader->at = at + shape.len;
    reader->next = word + 1;
    *out = (struct delta_word){reader->space, word, flips << shape.cut >> shape.cut << shape.shift};
    return reader->at <= reader->end;
}

#endif
