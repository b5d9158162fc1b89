/* A guest of the stepping table (guests/exact): its labels, and its rows, as the build left them
 * beside its image. */
#ifndef TESTS_TOOLS_EXACT_GUEST_H
#define TESTS_TOOLS_EXACT_GUEST_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXACT_ROWS_MAX = 256 }; /* the guest has a byte to skip each */

struct exact_row {
    char name[32];
    const char *expected; /* see exact_expect.h */
};

struct exact_guest {
    char *labels, *table; /* the files' texts */
    struct exact_row rows[EXACT_ROWS_MAX];
    unsigned row_count;
    uint64_t width; /* of the mode's own registers, in bytes */
    bool real, user, is_long;
};

static _Noreturn void exact_give_up(const char *what, const char *why)
{
    printf("exact: %s: %s\n", what, why);
    exit(1);
}

/* FOLDER/exact_NAME.SUFFIX as a text, which the caller owns. */
static char *exact_read(const char *folder, const char *name, const char *suffix)
{
    char path[512];
    snprintf(path, sizeof path, "%s/exact_%s.%s", folder, name, suffix);
    FILE *file = fopen(path, "r");
    char *text = NULL;
    size_t size = 0;
    if (!file || getdelim(&text, &size, 0, file) <= 0)
        exact_give_up(path, "can't be read (make guests builds it)");
    fclose(file);
    return text;
}

/* Finds label NAME, which is LEN bytes long. */
static bool exact_find_label(const struct exact_guest *g, const char *name, size_t len,
                             uint64_t *value)
{
    for (const char *line = g->labels; line && *line; line = strchr(line, '\n')) {
        line += *line == '\n';
        const char *label = strchr(line, ' ');
        if (label && !strncmp(label + 1, name, len) && label[1 + len] == '\n') {
            *value = strtoull(line, NULL, 16);
            return true;
        }
    }
    return false;
}

static uint64_t exact_label(const struct exact_guest *g, const char *name)
{
    uint64_t value;
    if (!exact_find_label(g, name, strlen(name), &value))
        exact_give_up(name, "no such label in the guest");
    return value;
}

/* The label that belongs to ROW: its name with SUFFIX. */
static uint64_t exact_row_label(const struct exact_guest *g, const struct exact_row *row,
                                const char *suffix)
{
    char name[64];
    snprintf(name, sizeof name, "%s%s", row->name, suffix);
    return exact_label(g, name);
}

static void exact_load(struct exact_guest *g, const char *folder, const char *name)
{
    char *rest;
    g->labels = exact_read(folder, name, "labels");
    g->table = exact_read(folder, name, "rows");
    for (char *line = strtok_r(g->table, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        if (g->row_count == EXACT_ROWS_MAX)
            exact_give_up(name, "too many rows");
        struct exact_row *row = &g->rows[g->row_count++];
        row->expected = strchr(line, ' ') + 1;
        snprintf(row->name, sizeof row->name, "%.*s", (int)(row->expected - line - 1), line);
    }
    const uint64_t mode = exact_label(g, "MODE");
    g->width = exact_label(g, "W");
    g->real = mode & exact_label(g, "REAL");
    g->user = mode & exact_label(g, "USER");
    g->is_long = mode & exact_label(g, "LONG");
}

#endif
