/* Guest memory kept and put back: by a process that shares its pages, and by copying them. */
#include "record/ram_copy.h"
#include "record/ram_keeper.h"
#include "tests/check.h"
#include "tests/unit/ram.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define HIGH  0x10000000u
#define PAGES 600u /* of the low region; the ROM has 4, the high one 5000 */
#define ALL   (PAGES + 4 + 5000)

static const struct pagemap no_pagemap = {.fd = -1};

static struct memory *make_memory(void)
{
    struct error error;
    struct memory *m = ram_new(PAGES * MEMORY_PAGE);
    CHECK_EQ(memory_add(m, PAGES * MEMORY_PAGE, 4 * MEMORY_PAGE, MEMORY_ROM, "ROM", &error), 0);
    CHECK_EQ(memory_add(m, HIGH, 5000 * MEMORY_PAGE, MEMORY_RAM, "high", &error), 0);
    return m;
}

static uint64_t page_gpa(unsigned page)
{
    return page < PAGES + 4 ? (uint64_t)page * MEMORY_PAGE
                            : HIGH + (uint64_t)(page - PAGES - 4) * MEMORY_PAGE;
}

static void scribble(struct memory *m, unsigned count)
{
    while (count--) {
        const uint64_t value = (uint64_t)random();
        memory_poke(m, page_gpa((unsigned)random() % ALL) + (uint64_t)random() % (MEMORY_PAGE - 8),
                    &value, 8);
    }
}

/* Of all memory. */
static uint64_t hash(const struct memory *m)
{
    uint64_t h = 1, words[MEMORY_PAGE / 8];
    for (unsigned i = 0; i < ALL; i++) {
        memory_read(m, page_gpa(i), words, sizeof words);
        for (unsigned k = 0; k < MEMORY_PAGE / 8; k++)
            if (words[k])
                h = (h ^ words[k] ^ (uint64_t)i << 10 ^ k) * 0x9e3779b97f4a7c15u;
    }
    return h;
}

/* As snapshots.c: all others are told what was written to so far. */
static struct ram_copy *save(struct memory *m, const struct pagemap *map, struct ram_copy **others,
                             unsigned count)
{
    struct ram_pages pages;
    CHECK_EQ(ram_pages_init(&pages, m), 0);
    uint64_t *own = ram_set_new(pages.count);
    ram_pages_add(&pages, map, pagemap_own, own);
    for (unsigned i = 0; i < count; i++)
        if (others[i])
            ram_copy_outdate(others[i], &pages, own);
    free(own);
    ram_pages_free(&pages);
    struct ram_copy *copy = ram_copy_save(m, map);
    CHECK(copy != NULL);
    return copy;
}

static uint64_t restore(struct ram_copy *copy, struct memory *m, const struct pagemap *map)
{
    struct error error;
    uint64_t changed;
    CHECK_EQ(ram_copy_restore(copy, m, map, &changed, &error), 0);
    return changed;
}

static void clear(struct memory *m, const struct pagemap *map, struct ram_copy **copies,
                  unsigned count)
{
    struct ram_pages pages;
    CHECK_EQ(ram_pages_init(&pages, m), 0);
    uint64_t *used = ram_set_new(pages.count);
    ram_pages_add(&pages, map, pagemap_used, used);
    for (unsigned i = 0; i < count; i++)
        if (copies[i])
            ram_copy_outdate(copies[i], &pages, used);
    free(used);
    ram_pages_free(&pages);
    memory_clear_ram(m);
}

/* Made, gone back to, forgotten and made anew in any order. */
static void goes_back_to_any_of_several(const struct pagemap *map, unsigned rounds)
{
    enum { N = 6 };
    struct memory *m = make_memory();
    struct ram_copy *copies[N] = {NULL};
    uint64_t hashes[N];
    for (unsigned round = 0; round < rounds; round++) {
        const unsigned i = (unsigned)random() % N;
        scribble(m, random() % 3 ? 50 : 0);
        if (random() % 16 == 0)
            clear(m, map, copies, N);
        if (!copies[i]) {
            copies[i] = save(m, map, copies, N);
            hashes[i] = hash(m);
        } else if (random() % 4) {
            restore(copies[i], m, map);
            CHECK_EQ(hash(m), hashes[i]);
            CHECK_EQ(restore(copies[i], m, map), 0); /* nothing more to write */
        } else {
            ram_copy_free(copies[i]);
            copies[i] = NULL;
        }
    }
    for (unsigned i = 0; i < N; i++)
        ram_copy_free(copies[i]);
    memory_free(m);
}

static void goes_back(void)
{
    struct pagemap map;
    pagemap_open(&map);
    CHECK(map.fd >= 0 && map.tells_own);
    srandom(3);
    goes_back_to_any_of_several(&map, 200);
    pagemap_close(&map);
}

static void goes_back_without_proc(void)
{
    srandom(4);
    goes_back_to_any_of_several(&no_pagemap, 40);
}

static void goes_back_by_an_old_kernel(void)
{
    struct pagemap map;
    pagemap_open(&map);
    map.tells_own = false;
    srandom(5);
    goes_back_to_any_of_several(&map, 40);
    pagemap_close(&map);
}

/* Runs TEST where the host gives no more descriptors: none for a process' socket. */
static void without_processes(void (*test)(void))
{
    struct rlimit limit, none;
    int pair[2];
    CHECK_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
    const int next = dup(STDIN_FILENO);
    close(next);
    none = (struct rlimit){(rlim_t)next + 1, limit.rlim_max}; /* one for the pagemap */
    CHECK_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
    const bool unlimited = !socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair);
    if (!unlimited) {
        struct ram_keeper *keeper = NULL;
        CHECK_EQ(ram_keeper_start(&keeper), -EMFILE);
        CHECK(keeper == NULL);
        test();
    }
    CHECK_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
    if (unlimited) {
        close(pair[0]);
        close(pair[1]);
        SKIP("the limit of descriptors is not the kernel's (valgrind)");
    }
}

static void goes_back_without_processes(void)
{
    without_processes(goes_back);
}

/* What is written to is what is fetched: no more, whoever was made in between. */
static void only_what_was_written_to_is_looked_at(void)
{
    struct pagemap map;
    struct ram_pages pages;
    struct ram_copy *copies[2] = {NULL};
    pagemap_open(&map);
    struct memory *m = make_memory();
    CHECK_EQ(ram_pages_init(&pages, m), 0);
    for (unsigned page = 0; page < 500; page++)
        memory_poke(m, page_gpa(page), "1", 1);
    copies[0] = save(m, &map, copies, 0);
    memory_poke(m, page_gpa(3), "2", 1);
    memory_poke(m, page_gpa(5), "1", 1); /* is written to, and the same */
    copies[1] = save(m, &map, copies, 1);
    memory_poke(m, page_gpa(5000), "1", 1);
    uint64_t *own = ram_set_new(pages.count);
    ram_pages_add(&pages, &map, pagemap_own, own);
    CHECK_EQ(ram_set_size(own, pages.count), 1);
    CHECK_EQ(ram_copy_outdated(copies[0], &pages, own), 3);
    CHECK_EQ(ram_copy_outdated(copies[1], &pages, own), 1);
    CHECK_EQ(restore(copies[0], m, &map), 2);
    CHECK_EQ(restore(copies[1], m, &map), 1);
    free(own);
    ram_pages_free(&pages);
    ram_copy_free(copies[0]);
    ram_copy_free(copies[1]);
    memory_free(m);
    pagemap_close(&map);
}

/* Neither saving nor restoring touches a page that nobody has. */
static void untouched_pages_stay_untouched(void)
{
    struct pagemap map;
    pagemap_open(&map);
    struct memory *m = make_memory();
    const struct memory_region *high = memory_find(m, HIGH);
    memory_poke(m, HIGH + 123 * MEMORY_PAGE, "1", 1);
    const int64_t before = memory_resident(high);
    struct ram_copy *copy = save(m, &map, NULL, 0);
    restore(copy, m, &map);
    CHECK_EQ(memory_resident(high), before);
    ram_copy_free(copy);
    memory_free(m);
    pagemap_close(&map);
}

static void another_map_does_not_fit(void)
{
    struct error error;
    struct pagemap map;
    pagemap_open(&map);
    struct memory *m = make_memory();
    memory_poke(m, HIGH + 50, "old", 4);
    struct ram_copy *copy = save(m, &map, NULL, 0);
    CHECK_EQ(ram_copy_fits(copy, m), 0);
    CHECK_EQ(memory_add(m, 0x80000000, MEMORY_PAGE, MEMORY_RAM, "more", &error), 0);
    CHECK_EQ(ram_copy_fits(copy, m), -ESTALE);
    struct ram_copy *more = save(m, &map, &copy, 1);
    CHECK_EQ(memory_remove(m, 0x80000000, &error), 0);
    CHECK_EQ(ram_copy_fits(copy, m), 0);
    CHECK_EQ(ram_copy_fits(more, m), -ESTALE);
    CHECK_EQ(memory_remove(m, HIGH, &error), 0);
    CHECK_EQ(ram_copy_fits(copy, m), -ESTALE);
    CHECK_EQ(memory_add(m, HIGH, 5000 * MEMORY_PAGE, MEMORY_ROM, "high", &error), 0);
    CHECK_EQ(ram_copy_fits(copy, m), -ESTALE);
    CHECK_EQ(memory_remove(m, HIGH, &error), 0);
    /* The same again, and other memory. */
    CHECK_EQ(memory_add(m, HIGH, 5000 * MEMORY_PAGE, MEMORY_RAM, "high", &error), 0);
    CHECK_EQ(ram_copy_fits(copy, m), 0);
    CHECK_EQ(restore(copy, m, &map), 1);
    char text[4];
    memory_read(m, HIGH + 50, text, 4);
    CHECK_STR(text, "old");
    ram_copy_free(copy);
    ram_copy_free(more);
    memory_free(m);
    pagemap_close(&map);
}

/* ---- The process */

/* A page of a mapping, so that the machine's allocator has none of it. */
static uint8_t *new_page(void)
{
    return mmap(NULL, MEMORY_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

/* The pid of the only child. */
static pid_t child(void)
{
    char path[64];
    int pid = 0;
    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    FILE *file = fopen(path, "r");
    if (file) {
        CHECK_EQ(fscanf(file, "%d", &pid), 1);
        fclose(file);
    }
    return pid;
}

/* Of those that it could have itself: valgrind's own are beyond the limit. */
static unsigned count_descriptors(pid_t pid)
{
    char path[64];
    unsigned n = 0;
    struct rlimit limit;
    CHECK_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
    snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
    DIR *dir = opendir(path);
    for (const struct dirent *entry; dir && (entry = readdir(dir));)
        n += entry->d_name[0] != '.' && strtoul(entry->d_name, NULL, 10) < limit.rlim_cur;
    if (dir)
        closedir(dir);
    return n;
}

static void it_has_nothing_but_its_socket_and_no_signal_ends_it(void)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGPIPE, SIGUSR1};
    struct ram_keeper *keeper;
    struct error error;
    const uint8_t *bytes;
    uint8_t *page = new_page();
    *page = 7;
    CHECK_EQ(ram_keeper_start(&keeper), 0);
    *page = 8;
    const uint8_t *const pages[] = {page};
    CHECK_EQ(ram_keeper_get(keeper, pages, 1, &bytes, &error), 0);
    const pid_t pid = child();
    if (pid) { /* CONFIG_PROC_CHILDREN */
        CHECK_EQ(count_descriptors(pid), 1);
        for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
            CHECK_EQ(kill(pid, signals[i]), 0);
    }
    CHECK_EQ(ram_keeper_get(keeper, pages, 1, &bytes, &error), 0);
    CHECK_EQ(*bytes, 7);
    ram_keeper_stop(keeper);
    CHECK_EQ(waitpid(-1, NULL, WNOHANG), -1); /* no zombie */
    CHECK_EQ(errno, ECHILD);
    munmap(page, MEMORY_PAGE);
}

static void its_end_is_told(void)
{
    struct ram_keeper *keeper;
    struct error error;
    const uint8_t *bytes;
    uint8_t *page = new_page();
    const uint8_t *const pages[] = {page};
    CHECK_EQ(ram_keeper_start(&keeper), 0);
    const pid_t pid = child();
    if (pid) {
        CHECK_EQ(ram_keeper_check(keeper, &error), 0);
        kill(pid, SIGKILL);
        CHECK_EQ(waitid(P_PID, (id_t)pid, &(siginfo_t){.si_pid = 0}, WEXITED | WNOWAIT), 0);
        CHECK_EQ(ram_keeper_get(keeper, pages, 1, &bytes, &error), -ESRCH);
        CHECK(strstr(error.text, "was ended by signal 9") != NULL);
        CHECK_EQ(ram_keeper_check(keeper, &error), -ESRCH);
    }
    ram_keeper_stop(keeper);
    CHECK_EQ(waitpid(-1, NULL, WNOHANG), -1);
    munmap(page, MEMORY_PAGE);
}

/* Each ends when its owner does, whoever else was forked off meanwhile. */
static void nobody_is_left_when_the_owner_is_killed(void)
{
    int pipe_ends[2];
    char byte;
    CHECK_EQ(pipe(pipe_ends), 0);
    const pid_t owner = fork();
    if (!owner) {
        struct ram_keeper *keepers[3];
        for (int i = 0; i < 3; i++)
            if (ram_keeper_start(&keepers[i]))
                _exit(1);
        kill(getpid(), SIGKILL);
    }
    close(pipe_ends[1]);
    CHECK_EQ(waitpid(owner, NULL, 0), owner);
    CHECK_EQ(read(pipe_ends[0], &byte, 1), 0); /* nobody has it, and so nobody is there */
    close(pipe_ends[0]);
}

/* ---- Which pages */

static void used_pages_are_told(void)
{
    struct pagemap map;
    uint64_t bits[PAGEMAP_MOST / 64];
    const size_t size = 200 * MEMORY_PAGE;
    uint8_t *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    pagemap_open(&map);
    madvise(at, size, MADV_NOHUGEPAGE);
    at[70 * MEMORY_PAGE] = 1;
    pagemap_used(&map, at, 200, bits);
    CHECK_EQ(bits[0], 0);
    CHECK_EQ(bits[1], 1u << 6);
    CHECK_EQ(bits[3], 0);
    pagemap_used(&no_pagemap, at, 200, bits);
    CHECK_EQ(bits[0], UINT64_MAX);
    munmap(at, size);
    pagemap_close(&map);
}

/* Of a huge page too. */
static void own_pages_are_told(void)
{
    enum { SIZE = 4 << 20, N = SIZE / MEMORY_PAGE };
    struct pagemap map;
    struct ram_keeper *keeper;
    uint64_t bits[PAGEMAP_MOST / 64];
    pagemap_open(&map);
    for (unsigned huge = 0; huge < 2; huge++) {
        uint8_t *at = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        madvise(at, SIZE, huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
        memset(at, 1, SIZE);
        pagemap_own(&map, at, N, bits);
        CHECK_EQ(ram_set_size(bits, N), N);
        CHECK_EQ(ram_keeper_start(&keeper), 0);
        pagemap_own(&map, at, N, bits);
        CHECK_EQ(ram_set_size(bits, N), 0);
        at[100 * MEMORY_PAGE] = 2;
        at[900 * MEMORY_PAGE] = 2;
        pagemap_own(&map, at, N, bits);
        CHECK(bits[100 / 64] >> 100 % 64 & 1);
        CHECK(bits[900 / 64] >> 900 % 64 & 1);
        CHECK(huge || ram_set_size(bits, N) == 2);
        ram_keeper_stop(keeper);
        munmap(at, SIZE);
    }
    pagemap_close(&map);
}

static void sets_are_those_of_their_bits(void)
{
    uint64_t *set = ram_set_new(130), *other = ram_set_new(130);
    CHECK_EQ(ram_set_next(set, 0, 130), 130);
    set[0] = 1ull << 63;
    other[2] = 2;
    ram_set_unite(set, other, 130);
    CHECK_EQ(ram_set_next(set, 0, 130), 63);
    CHECK_EQ(ram_set_next(set, 63, 130), 63);
    CHECK_EQ(ram_set_next(set, 64, 130), 129);
    CHECK_EQ(ram_set_next(set, 130, 130), 130);
    ram_set_fill(set, 130);
    CHECK_EQ(ram_set_size(set, 130), 130);
    free(set);
    free(other);
}

int main(void)
{
    TEST(goes_back);
    TEST(goes_back_without_proc);
    TEST(goes_back_by_an_old_kernel);
    TEST(goes_back_without_processes);
    TEST(only_what_was_written_to_is_looked_at);
    TEST(untouched_pages_stay_untouched);
    TEST(another_map_does_not_fit);
    TEST(it_has_nothing_but_its_socket_and_no_signal_ends_it);
    TEST(its_end_is_told);
    TEST(nobody_is_left_when_the_owner_is_killed);
    TEST(used_pages_are_told);
    TEST(own_pages_are_told);
    TEST(sets_are_those_of_their_bits);
    return check_done();
}
