/* The kept inputs of a folder, in the order of their names. */
#ifndef TESTS_FUZZ_SAMPLES_H
#define TESTS_FUZZ_SAMPLES_H

#include "mutate.h"

#include <dirent.h>
#include <stdio.h>

struct samples {
    struct sample *all;
    char (*names)[256];
    size_t count;
};

/* Ends the program if PATH can't be read. */
static inline void sample_read(struct sample *sample, const char *path)
{
    FILE *file = fopen(path, "rb");
    sample->bytes = malloc(MUTANT_MAX);
    if (!file || !sample->bytes) {
        perror(path);
        exit(1);
    }
    sample->len = fread(sample->bytes, 1, MUTANT_MAX, file);
    fclose(file);
}

static inline int samples_wanted(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* Ends the program if FOLDER has none. */
static inline void samples_read(struct samples *samples, const char *folder)
{
    struct dirent **entries;
    const int n = scandir(folder, &entries, samples_wanted, alphasort);
    if (n <= 0) {
        fprintf(stderr, "%s: no inputs there (run this where the source is)\n", folder);
        exit(1);
    }
    samples->count = (size_t)n;
    samples->all = calloc(samples->count, sizeof *samples->all);
    samples->names = calloc(samples->count, sizeof *samples->names);
    for (size_t i = 0; i < samples->count; i++) {
        char path[4096];
        snprintf(samples->names[i], sizeof samples->names[i], "%s", entries[i]->d_name);
        snprintf(path, sizeof path, "%s/%s", folder, samples->names[i]);
        sample_read(&samples->all[i], path);
        free(entries[i]);
    }
    free(entries);
}

static inline void samples_free(struct samples *samples)
{
    for (size_t i = 0; i < samples->count; i++)
        free(samples->all[i].bytes);
    free(samples->all);
    free(samples->names);
}

#endif
