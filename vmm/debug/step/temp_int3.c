#include "debug/step/temp_int3.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#define INT3    0xcc
#define BUCKETS 1024u
#define NODES   4096u /* all 256 handlers of 16 vCPUs with IDTs of their own */
#define NONE    0xffffu

struct node {
    uint64_t gpa;
    uint16_t next;   /* in its bucket, or in the list of free ones */
    uint16_t owners; /* who share it */
    uint8_t saved;   /* the guest's byte */
    bool own;        /* we have written the int3; else it was there */
};

/* All under lock, but for the atomics. A node is in use while it has owners. */
struct temp_int3 {
    struct memory *memory;
    pthread_mutex_t lock;
    uint16_t buckets[BUCKETS];
    struct node nodes[NODES];
    uint16_t free;
    atomic_uint used;
    atomic_bool expected;
};

struct temp_int3 *temp_int3_new(struct memory *memory)
{
    struct temp_int3 *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    t->memory = memory;
    pthread_mutex_init(&t->lock, NULL);
    for (unsigned i = 0; i < BUCKETS; i++)
        t->buckets[i] = NONE;
    for (unsigned i = 0; i < NODES; i++)
        t->nodes[i].next = (uint16_t)(i + 1 < NODES ? i + 1 : NONE);
    return t;
}

void temp_int3_free(struct temp_int3 *t)
{
    if (t)
        pthread_mutex_destroy(&t->lock);
    free(t);
}

/* Handlers lie some bytes apart, often 8 or 16. */
static uint16_t *bucket_of(struct temp_int3 *t, uint64_t gpa)
{
    return &t->buckets[(gpa ^ gpa >> 4 ^ gpa >> 12) % BUCKETS];
}

static struct node *find(struct temp_int3 *t, uint64_t gpa)
{
    for (uint16_t i = *bucket_of(t, gpa); i != NONE; i = t->nodes[i].next)
        if (t->nodes[i].gpa == gpa)
            return &t->nodes[i];
    return NULL;
}

/* vCPUs execute these bytes while they are written. */
static uint8_t load(const uint8_t *byte)
{
    return __atomic_load_n(byte, __ATOMIC_SEQ_CST);
}

static void store(uint8_t *byte, uint8_t value)
{
    __atomic_store_n(byte, value, __ATOMIC_SEQ_CST);
}

static void write_int3(struct node *node, uint8_t *byte)
{
    node->saved = load(byte);
    node->own = node->saved != INT3;
    if (node->own)
        store(byte, INT3);
}

static void write_saved(const struct node *node, uint8_t *byte)
{
    if (node->own && load(byte) == INT3)
        store(byte, node->saved);
}

static bool plant(struct temp_int3 *t, uint64_t gpa)
{
    struct node *node = find(t, gpa);
    uint8_t *byte = memory_at(t->memory, gpa, 1);
    if (node) {
        node->owners++;
        return true;
    }
    if (!byte || t->free == NONE)
        return false;
    const uint16_t i = t->free;
    node = &t->nodes[i];
    t->free = node->next;
    node->gpa = gpa;
    node->owners = 1;
    node->next = *bucket_of(t, gpa);
    *bucket_of(t, gpa) = i;
    write_int3(node, byte);
    atomic_fetch_add(&t->used, 1);
    return true;
}

static void lift(struct temp_int3 *t, uint64_t gpa)
{
    struct node *node = find(t, gpa);
    if (!node || --node->owners)
        return;
    uint8_t *byte = memory_at(t->memory, gpa, 1);
    if (byte)
        write_saved(node, byte);
    const uint16_t i = (uint16_t)(node - t->nodes);
    uint16_t *link = bucket_of(t, gpa);
    while (*link != i)
        link = &t->nodes[*link].next;
    *link = node->next;
    node->next = t->free;
    t->free = i;
    atomic_fetch_sub(&t->used, 1);
}

void temp_int3_plant(struct temp_int3 *t, struct temp_site *sites, size_t n)
{
    pthread_mutex_lock(&t->lock);
    for (size_t i = 0; i < n; i++)
        sites[i].planted = plant(t, sites[i].gpa);
    pthread_mutex_unlock(&t->lock);
}

void temp_int3_lift(struct temp_int3 *t, struct temp_site *sites, size_t n)
{
    pthread_mutex_lock(&t->lock);
    for (size_t i = 0; i < n; i++) {
        if (sites[i].planted)
            lift(t, sites[i].gpa);
        sites[i].planted = false;
    }
    pthread_mutex_unlock(&t->lock);
}

bool temp_int3_is_at(struct temp_int3 *t, uint64_t gpa)
{
    if (!atomic_load(&t->used))
        return false;
    pthread_mutex_lock(&t->lock);
    const struct node *node = find(t, gpa);
    const bool ours = node && node->own;
    pthread_mutex_unlock(&t->lock);
    return ours;
}

void temp_int3_uncover(struct temp_int3 *t, uint64_t gpa, uint8_t *byte)
{
    if (!atomic_load(&t->used))
        return;
    pthread_mutex_lock(&t->lock);
    const struct node *node = find(t, gpa);
    if (node && node->own && *byte == INT3)
        *byte = node->saved;
    pthread_mutex_unlock(&t->lock);
}

static void for_each(struct temp_int3 *t, bool show)
{
    for (unsigned i = 0; i < BUCKETS && atomic_load(&t->used); i++)
        for (uint16_t n = t->buckets[i]; n != NONE; n = t->nodes[n].next) {
            uint8_t *byte = memory_at(t->memory, t->nodes[n].gpa, 1);
            if (!byte)
                continue;
            if (show)
                write_int3(&t->nodes[n], byte);
            else
                write_saved(&t->nodes[n], byte);
        }
}

void temp_int3_hide(struct temp_int3 *t)
{
    pthread_mutex_lock(&t->lock);
    for_each(t, false);
}

void temp_int3_show(struct temp_int3 *t)
{
    for_each(t, true);
    pthread_mutex_unlock(&t->lock);
}

void temp_int3_expect(struct temp_int3 *t, bool expected)
{
    atomic_store(&t->expected, expected);
}

bool temp_int3_is_expected(const struct temp_int3 *t)
{
    return atomic_load(&t->expected);
}
