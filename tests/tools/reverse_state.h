/* The whole state of a stopped machine as tests/tools/reverse.c compares it: all that `g` shows of
 * each CPU, the bytes of all guest memory, and words about what else there is. Registers come
 * through the stub; memory is read out of the stub's process, past it. */
#ifndef TESTS_TOOLS_REVERSE_STATE_H
#define TESTS_TOOLS_REVERSE_STATE_H

#include "tests/tools/rsp.h"

#include <inttypes.h>
#include <sys/uio.h>

enum { CPUS_MAX = 16, REGIONS_MAX = 8, MORE_MAX = 40, PAGE = 4096, CHUNK = 256 * PAGE };

struct region {
    uint64_t gpa, size;
    uint64_t hva; /* in the process */
};

struct machine {
    struct rsp rsp;
    pid_t pid;
    unsigned cpus, shown; /* SHOWN: by `g`; 0: none was chosen yet */
    struct region regions[REGIONS_MAX];
    unsigned region_count;
    const char *more[MORE_MAX]; /* beside looks[]; WORD:COMMAND is COMMAND's lines with WORD */
    const char *file;           /* a disk, or NULL */
    const char *doing;          /* for messages */
    uint64_t number;            /* of the instruction, for messages */
};

/* One page that is not all zeros. */
struct page {
    uint64_t gpa, hash;
};

/* What was seen at one place. */
struct moment {
    bool seen;
    char *regs;   /* `g` of each CPU, one after the other */
    char *others; /* what monitor commands say; NULL: was not looked at, nor was memory */
    struct page *pages;
    size_t page_count;
    struct moment *before; /* another state that has the same number, or NULL: see keep_end() */
};

static _Noreturn __attribute__((format(printf, 2, 3))) void wrong(const struct machine *m,
                                                                  const char *format, ...)
{
    va_list args;
    printf("    %s, instruction %" PRIu64 ": ", m->doing, m->number);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    printf("\n");
    exit(1);
}

static void machine_die(void *context, const char *what)
{
    wrong(context, "%s", what);
}

static void *allocated(void *memory)
{
    if (memory)
        return memory;
    fprintf(stderr, "out of memory\n");
    exit(1);
}

static __attribute__((format(printf, 2, 3))) const char *ask(struct machine *m, const char *format,
                                                             ...)
{
    char packet[600];
    va_list args;
    va_start(args, format);
    vsnprintf(packet, sizeof packet, format, args);
    va_end(args);
    rsp_send_packet(&m->rsp, packet);
    rsp_answer(&m->rsp);
    return m->rsp.packet;
}

/* What the command prints. */
static __attribute__((format(printf, 2, 3))) const char *monitor(struct machine *m,
                                                                 const char *format, ...)
{
    char command[200], hex[2 * sizeof command + 1];
    va_list args;
    va_start(args, format);
    const int len = vsnprintf(command, sizeof command, format, args);
    va_end(args);
    for (int i = 0; i < len; i++)
        snprintf(hex + 2 * i, 3, "%02x", (unsigned char)command[i]);
    m->rsp.text[0] = 0;
    if (strcmp(ask(m, "qRcmd,%s", hex), "OK"))
        wrong(m, "monitor %s: %.200s", command, m->rsp.packet);
    return m->rsp.text;
}

/* ---- Where guest memory is */

static bool read_process(const struct machine *m, uint64_t hva, void *bytes, size_t len)
{
    const struct iovec here = {bytes, len}, there = {(void *)(uintptr_t)hva, len};
    return process_vm_readv(m->pid, &here, 1, &there, 1, 0) == (ssize_t)len;
}

/* The page of the process that begins with MARK, or 0. What a sanitizer maps for itself, terabytes,
 * is not looked through. */
static uint64_t find_mark(const struct machine *m, uint64_t mark)
{
    const uint64_t most = 1ull << 30;
    char path[64], line[512], rights[8];
    uint64_t start, end, found = 0, word;
    snprintf(path, sizeof path, "/proc/%d/maps", (int)m->pid);
    FILE *maps = fopen(path, "r");
    while (maps && !found && fgets(line, sizeof line, maps)) {
        if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %7s", &start, &end, rights) != 3)
            continue;
        if (strcmp(rights, "rw-p") || strchr(line, '[') || end - start > most)
            continue;
        for (uint64_t at = start; at < end && !found; at += PAGE)
            if (read_process(m, at, &word, sizeof word) && word == mark)
                found = at;
    }
    if (maps)
        fclose(maps);
    return found;
}

static uint64_t read_word(struct machine *m, uint64_t gpa)
{
    const char *colon = strchr(monitor(m, "xp /1xg 0x%" PRIx64, gpa), ':');
    if (!colon)
        wrong(m, "monitor xp: %s", m->rsp.text);
    return strtoull(colon + 1, NULL, 0);
}

/* By a word that is written to each region's start, and taken back. */
static void find_region(struct machine *m, struct region *region)
{
    const uint64_t mark = 0x51a7e51a7e000000 ^ region->gpa ^ (uint64_t)m->pid << 40;
    const uint64_t before = read_word(m, region->gpa);
    monitor(m, "pw /g 0x%" PRIx64 " 0x%" PRIx64, region->gpa, mark);
    region->hva = find_mark(m, mark);
    monitor(m, "pw /g 0x%" PRIx64 " 0x%" PRIx64, region->gpa, before);
    if (region->hva)
        return;
    printf("skip: stepvm's memory can't be read from here\n");
    exit(77);
}

static void find_memory(struct machine *m)
{
    char *const list = allocated(strdup(monitor(m, "memory list")));
    uint64_t first, last;
    for (const char *line = list; *line; line += strcspn(line, "\n") + 1) {
        if (sscanf(line, "0x%" SCNx64 "-0x%" SCNx64, &first, &last) == 2 &&
            m->region_count < REGIONS_MAX)
            m->regions[m->region_count++] = (struct region){first, last - first + 1, 0};
        if (!strchr(line, '\n'))
            break;
    }
    free(list);
    for (unsigned i = 0; i < m->region_count; i++)
        find_region(m, &m->regions[i]);
}

/* ---- Looking */

static uint64_t hash_of(const uint64_t *words)
{
    uint64_t hash = 0x9e3779b97f4a7c15, any = 0;
    for (unsigned i = 0; i < PAGE / 8; i++) {
        any |= words[i];
        hash = (hash ^ words[i]) * 0xff51afd7ed558ccd;
        hash ^= hash >> 32;
    }
    return any ? hash | 1 : 0;
}

static void add_page(struct moment *moment, uint64_t gpa, uint64_t hash)
{
    const size_t n = moment->page_count++;
    if ((n & (n - 1)) == 0)
        moment->pages = allocated(realloc(moment->pages, (2 * n + 1) * sizeof *moment->pages));
    moment->pages[n] = (struct page){gpa, hash};
}

enum { FILE_AT = 1 }; /* GPAs of the file's pages: this << 60 and up */

static void look_at_file(const struct machine *m, struct moment *moment)
{
    uint64_t page[PAGE / 8] = {0};
    FILE *file = fopen(m->file, "r");
    if (!file)
        wrong(m, "%s: %s", m->file, strerror(errno));
    for (uint64_t at = (uint64_t)FILE_AT << 60; fread(page, 1, PAGE, file) == PAGE; at += PAGE)
        if (hash_of(page))
            add_page(moment, at, hash_of(page));
    fclose(file);
}

static void look_at_memory(const struct machine *m, struct moment *moment)
{
    static uint64_t chunk[CHUNK / 8];
    for (const struct region *r = m->regions; r < m->regions + m->region_count; r++)
        for (uint64_t at = 0; at < r->size; at += PAGE) {
            const uint64_t left = r->size - at, in_chunk = at % CHUNK;
            if (!in_chunk && !read_process(m, r->hva + at, chunk, left < CHUNK ? left : CHUNK))
                wrong(m, "memory at 0x%" PRIx64 " can't be read: %s", r->gpa + at, strerror(errno));
            const uint64_t hash = hash_of(chunk + in_chunk / 8);
            if (hash)
                add_page(moment, r->gpa + at, hash);
        }
}

static char *append(char *text, const char *more)
{
    const size_t len = text ? strlen(text) : 0, n = strlen(more);
    text = allocated(realloc(text, len + n + 2));
    memcpy(text + len, more, n);
    strcpy(text + len + n, "\n");
    return text;
}

/* What has no register that `g` shows. What counts on while the machine is stopped is not among it.
 */
static const char *const looks[] = {
    "info cpus",       "screen",           "in 0x3f9",          "in 0x3fb",
    "in 0x3fc",        "in 0x3ff",         "msr efer",          "msr star",
    "msr lstar",       "msr cstar",        "msr fmask",         "msr kernel_gs_base",
    "msr sysenter_cs", "msr sysenter_esp", "msr sysenter_eip",  "msr apic_base",
    "msr pat",         "msr tsc_aux",      "msr mtrr_def_type", "msr misc_enable",
    "info pci",
};

static void machine_look_at(struct machine *m, const char *command)
{
    for (unsigned i = 0; i < MORE_MAX; i++)
        if (!m->more[i]) {
            m->more[i] = command;
            return;
        }
    wrong(m, "%s: too many to look at", command);
}

static void look_at(struct machine *m, struct moment *moment, const char *what)
{
    const char *colon = strchr(what, ':');
    char word[32] = "";
    if (colon)
        snprintf(word, sizeof word, "%.*s", (int)(colon - what), what);
    moment->others = append(moment->others, what);
    char *const said = allocated(strdup(monitor(m, "%s", colon ? colon + 1 : what))), *rest = NULL;
    for (char *line = strtok_r(said, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        if (strstr(line, word))
            moment->others = append(moment->others, line);
    free(said);
}

/* All of it, or with WHOLE false only registers. */
static struct moment look(struct machine *m, bool whole)
{
    struct moment moment = {.seen = true};
    for (unsigned i = 0; i < m->cpus; i++) {
        if (m->shown != i + 1 && strcmp(ask(m, "Hg%x", i + 1), "OK"))
            wrong(m, "Hg%x: %s", i + 1, m->rsp.packet);
        m->shown = i + 1;
        moment.regs = append(moment.regs, ask(m, "g"));
    }
    if (!whole)
        return moment;
    monitor(m, "cpu 0");
    for (unsigned i = 0; i < sizeof looks / sizeof looks[0]; i++)
        look_at(m, &moment, looks[i]);
    for (unsigned i = 0; i < MORE_MAX && m->more[i]; i++)
        look_at(m, &moment, m->more[i]);
    look_at_memory(m, &moment);
    if (m->file)
        look_at_file(m, &moment);
    return moment;
}

static void moment_free(struct moment *moment)
{
    free(moment->regs);
    free(moment->others);
    free(moment->pages);
    if (moment->before)
        moment_free(moment->before);
    free(moment->before);
    *moment = (struct moment){0};
}

/* ---- Comparing */

static const char *line_at(const char *text, size_t at, int *len)
{
    while (at && text[at - 1] != '\n')
        at--;
    *len = (int)strcspn(text + at, "\n");
    return text + at;
}

static void compare_text(const struct machine *m, const char *what, const char *expected,
                         const char *actual)
{
    size_t at = 0;
    int expected_len, actual_len;
    while (expected[at] && expected[at] == actual[at])
        at++;
    if (expected[at] == actual[at])
        return;
    const char *expected_line = line_at(expected, at, &expected_len);
    const char *actual_line = line_at(actual, at, &actual_len);
    wrong(m, "%s differ at character %d:\n      expected %.*s\n      got      %.*s", what,
          (int)(expected + at - expected_line), expected_len, expected_line, actual_len,
          actual_line);
}

static void compare_memory(const struct machine *m, const struct moment *expected,
                           const struct moment *actual)
{
    const struct page *a = expected->pages, *b = actual->pages;
    const struct page *a_end = a + expected->page_count, *b_end = b + actual->page_count;
    for (; a < a_end || b < b_end; a++, b++)
        if (a == a_end || (b < b_end && b->gpa < a->gpa))
            wrong(m, "the page at 0x%" PRIx64 " was all zeros", b->gpa);
        else if (b == b_end || a->gpa < b->gpa)
            wrong(m, "the page at 0x%" PRIx64 " was not all zeros", a->gpa);
        else if (a->hash != b->hash)
            wrong(m, "the page at 0x%" PRIx64 " was different", a->gpa);
}

static bool is_same(const struct moment *a, const struct moment *b)
{
    if (strcmp(a->regs, b->regs))
        return false;
    if (!a->others || !b->others)
        return true;
    return !strcmp(a->others, b->others) && a->page_count == b->page_count &&
           !memcmp(a->pages, b->pages, a->page_count * sizeof *a->pages);
}

static void compare(const struct machine *m, const struct moment *expected,
                    const struct moment *actual)
{
    for (const struct moment *other = expected->before; other; other = other->before)
        if (is_same(other, actual))
            return;
    compare_text(m, "registers", expected->regs, actual->regs);
    if (!expected->others || !actual->others)
        return;
    compare_text(m, "other things", expected->others, actual->others);
    compare_memory(m, expected, actual);
}

#endif
