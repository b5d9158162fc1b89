/* A fuzz target: a file of this folder with one function, which takes any bytes, keeps nothing and
 * frees everything. Three drivers call it: libFuzzer, AFL++ (both by `make fuzz`), and plain.c,
 * which needs neither and is in `make check`. */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include "tests/check.h"

#include <stdlib.h>

/* The target. Ends with `return fuzz_verdict();`. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* How many inputs plain.c makes: what takes half a second. */
extern const unsigned fuzz_rounds;

/* What inputs should bring about, up to NULL: those of plain.c must, for else they test nothing. */
extern const char *const fuzz_goals[];
/* Only plain.c counts. */
__attribute__((weak)) void fuzz_count(const char *what);
/* WHAT, one of them perhaps, has come about. */
__attribute__((unused)) static void fuzz_reached(const char *what)
{
    if (fuzz_count)
        fuzz_count(what);
}

/* A check that has failed is a crash, which is what fuzzers look for. */
__attribute__((unused)) static int fuzz_verdict(void)
{
    if (!check_failures)
        return 0;
    fflush(stdout);
    abort();
}

/* ---- Choices made of the input's bytes: 0 when there are no more */

struct fuzz_input {
    const uint8_t *at;
    size_t left;
};

/* The next BYTES (at most 8) as a number. */
__attribute__((unused)) static uint64_t fuzz_number(struct fuzz_input *in, size_t bytes)
{
    uint64_t value = 0;
    if (bytes > in->left)
        bytes = in->left;
    memcpy(&value, in->at, bytes);
    in->at += bytes;
    in->left -= bytes;
    return value;
}

/* The next BYTES, or as many as there are, in memory of their own, so that a look past their end is
 * seen; the caller frees it. */
__attribute__((unused)) static uint8_t *fuzz_copy(struct fuzz_input *in, size_t bytes, size_t *len)
{
    *len = bytes < in->left ? bytes : in->left;
    uint8_t *copy = malloc(*len ? *len : 1);
    memcpy(copy, in->at, *len);
    in->at += *len;
    in->left -= *len;
    return copy;
}

#endif
