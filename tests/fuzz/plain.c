/* The driver of a fuzz target that needs no fuzzer: its kept inputs, and others made of them, the
 * same ones at each run.
 *
 *     TARGET [-n ROUNDS] [-s SEED] [-t SECONDS] [-k FILE]     of tests/fuzz/corpus/TARGET
 *     TARGET FILE...                                          these alone
 *
 * -t: until so much time has passed, whatever ROUNDS. -k: each input is kept in FILE while it is
 * tried, so that after a crash it is the one. Beside what the target checks, no input may leave
 * memory or a file behind, take more than MEMORY_MAX, or go on for ever. */
#include "fuzz.h"
#include "samples.h"

#include <fcntl.h>
#include <getopt.h>
#include <malloc.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

enum { HANGS = 120 /* seconds */, GOALS_MAX = 64, MEMORY_MAX = 64 << 20 };

/* ---- Memory: what is allocated now, and most at a time. The sanitizers have their own. */

static atomic_long blocks, bytes, bytes_most;

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t align, size_t size);
void __libc_free(void *block);

static void *count_in(void *block)
{
    if (!block)
        return NULL;
    blocks++;
    const long now = bytes += (long)malloc_usable_size(block);
    if (now > bytes_most)
        bytes_most = now;
    return block;
}

static void count_out(void *block)
{
    if (!block)
        return;
    blocks--;
    bytes -= (long)malloc_usable_size(block);
}

void *malloc(size_t size)
{
    return count_in(__libc_malloc(size));
}

void *calloc(size_t n, size_t size)
{
    return count_in(__libc_calloc(n, size));
}

/* One that fails leaves the block: it is counted out and in again. */
void *realloc(void *block, size_t size)
{
    count_out(block);
    void *moved = __libc_realloc(block, size);
    count_in(moved || !size ? moved : block);
    return moved;
}

void *aligned_alloc(size_t align, size_t size)
{
    return count_in(__libc_memalign(align, size));
}

void free(void *block)
{
    count_out(block);
    __libc_free(block);
}

#endif

/* ---- What was brought about */

static unsigned long goals[GOALS_MAX];

void fuzz_count(const char *what)
{
    for (size_t i = 0; fuzz_goals[i]; i++)
        if (!strcmp(fuzz_goals[i], what))
            goals[i]++;
}

/* ---- One input */

static struct {
    const char *name, *keep;
    char what[300]; /* is being tried */
} now;

static void say(const char *text)
{
    if (write(STDOUT_FILENO, text, strlen(text)) < 0)
        _exit(1);
}

static void on_crash(int signal)
{
    say(signal == SIGALRM ? "    it does not end\n" : "    it crashes\n");
    say("not ok ");
    say(now.name);
    say(" - ");
    say(now.what);
    say("\n");
    _exit(1);
}

static void keep(const struct sample *input)
{
    FILE *file = fopen(now.keep, "wb");
    if (!file || fwrite(input->bytes, 1, input->len, file) != input->len || fclose(file)) {
        perror(now.keep);
        exit(1);
    }
}

static int lowest_free(void)
{
    const int fd = fcntl(STDIN_FILENO, F_DUPFD, 3);
    close(fd);
    return fd;
}

/* In memory of its own size, so that a look past its end is seen. */
static void try_input(const struct sample *input)
{
    const int files = lowest_free();
    if (now.keep)
        keep(input);
    uint8_t *copy = malloc(input->len ? input->len : 1);
    memcpy(copy, input->bytes, input->len);
    const long before = blocks;
    bytes_most = bytes;
    const long least = bytes;
    alarm(HANGS);
    LLVMFuzzerTestOneInput(copy, input->len);
    alarm(0);
    if (lowest_free() != files)
        check_fail(__FILE__, __LINE__, "it has left a file open");
    if (blocks != before)
        check_fail(__FILE__, __LINE__, "it has left %ld blocks of memory", blocks - before);
    if (bytes_most - least > MEMORY_MAX)
        check_fail(__FILE__, __LINE__, "it has taken %ld bytes of memory", bytes_most - least);
    free(copy);
    fuzz_verdict();
}

/* What libraries make once and keep, has been made by the second time. */
static void try_twice(const struct sample *input)
{
    LLVMFuzzerTestOneInput(input->bytes, input->len);
    try_input(input);
}

/* ---- All of them */

static unsigned long long rounds, seed = 0x5713e75713e7;
static time_t limit;
static struct samples samples;

static void kept_inputs(void)
{
    for (size_t i = 0; i < samples.count; i++) {
        snprintf(now.what, sizeof now.what, "%s", samples.names[i]);
        try_twice(&samples.all[i]);
    }
}

static void others_made_of_them(void)
{
    const time_t end = time(NULL) + limit;
    uint64_t random = seed;
    struct sample mutant = {.bytes = malloc(MUTANT_MAX)};
    unsigned long long round = 0;
    for (; limit ? time(NULL) < end : round < rounds; round++) {
        snprintf(now.what, sizeof now.what, "round %llu of seed 0x%llx (-k FILE keeps it)", round,
                 seed);
        mutate(&mutant, samples.all, samples.count, &random);
        try_input(&mutant);
    }
    free(mutant.bytes);
    if (limit)
        printf("    %llu inputs\n", round);
}

static void goals_are_reached(void)
{
    for (size_t i = 0; fuzz_goals[i]; i++)
        if (!goals[i])
            check_fail(__FILE__, __LINE__, "no input has brought about: %s", fuzz_goals[i]);
}

static void try_files(char **files)
{
    for (; *files; files++) {
        struct sample sample;
        sample_read(&sample, *files);
        snprintf(now.what, sizeof now.what, "%s", *files);
        try_twice(&sample);
        free(sample.bytes);
    }
}

int main(int argc, char **argv)
{
    static char buffer[BUFSIZ];
    char folder[300];
    setvbuf(stdout, buffer, _IOLBF, sizeof buffer);
    rounds = fuzz_rounds;
    now.name = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
    for (int option; (option = getopt(argc, argv, "n:s:t:k:")) != -1;)
        switch (option) {
        case 'n':
            rounds = strtoull(optarg, NULL, 0);
            break;
        case 's':
            seed = strtoull(optarg, NULL, 0);
            break;
        case 't':
            limit = strtol(optarg, NULL, 0);
            break;
        case 'k':
            now.keep = optarg;
            break;
        default:
            return 1;
        }
    signal(SIGALRM, on_crash);
    signal(SIGABRT, on_crash);
    signal(SIGSEGV, on_crash);
    signal(SIGBUS, on_crash);
    signal(SIGFPE, on_crash);
    if (optind < argc) {
        try_files(argv + optind);
        return check_done();
    }
    snprintf(folder, sizeof folder, "tests/fuzz/corpus/%s", now.name);
    samples_read(&samples, folder);
    TEST(kept_inputs);
    TEST(others_made_of_them);
    TEST(goals_are_reached);
    samples_free(&samples);
    return check_done();
}
