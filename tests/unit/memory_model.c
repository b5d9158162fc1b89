/* memory.c against a naive model, in thousands of random steps from a fixed seed. The model holds
 * one word of "what is here" a page and answers every question by a loop over them. */
#include "memory_books.h"

#include <errno.h>

#define MODEL_PAGES 48
#define MODEL_SLOTS 24
#define MODEL_STEPS 8000

enum model_page { HOLE, RAM_PAGE, ROM_PAGE, WINDOW };

struct model {
    enum model_page page[MODEL_PAGES];
    int owner[MODEL_PAGES]; /* first page of the region */
    enum memory_access access[MODEL_PAGES];
    bool own_slot[MODEL_PAGES];
    uint8_t bytes[MODEL_PAGES * MEMORY_PAGE];
};

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static bool model_free(const struct model *model, unsigned first, unsigned pages)
{
    for (unsigned i = first; i < first + pages; i++)
        if (model->page[i] != HOLE)
            return false;
    return true;
}

static bool model_is_region(const struct model *model, unsigned page)
{
    return model->page[page] == RAM_PAGE || model->page[page] == ROM_PAGE;
}

/* Whether PAGE and the one before it are in the same slot. */
static bool model_joined(const struct model *model, unsigned page)
{
    return page > 0 && model_is_region(model, page) && model_is_region(model, page - 1) &&
           model->owner[page] == model->owner[page - 1] && !model->own_slot[page] &&
           !model->own_slot[page - 1];
}

/* How many numbers are taken. */
static unsigned model_slots(const struct model *model)
{
    unsigned count = 0;
    for (unsigned i = 0; i < MODEL_PAGES; i++)
        count += model_is_region(model, i) && !model_joined(model, i);
    return count;
}

static void model_step_add(struct model *model, struct memory *m, struct books *books, uint32_t *s)
{
    unsigned first = next_random(s) % MODEL_PAGES;
    unsigned pages = 1 + next_random(s) % 6;
    if (first + pages > MODEL_PAGES)
        pages = MODEL_PAGES - first;
    bool rom = next_random(s) % 4 == 0;
    books->fail = next_random(s) % 8 == 0 ? -EIO : 0;
    int expected = !model_free(model, first, pages)    ? -EEXIST
                   : model_slots(model) == MODEL_SLOTS ? -ENOSPC
                                                       : books->fail;
    struct error error;
    int rc = memory_add(m, first * PAGE, pages * PAGE, rom ? MEMORY_ROM : MEMORY_RAM, "r", &error);
    CHECK_EQ(rc, expected);
    books->fail = 0;
    if (expected)
        return;
    for (unsigned i = first; i < first + pages; i++) {
        model->page[i] = rom ? ROM_PAGE : RAM_PAGE;
        model->owner[i] = (int)first;
        model->access[i] = MEMORY_OPEN;
        model->own_slot[i] = false;
    }
    memset(model->bytes + first * PAGE, 0, pages * PAGE);
}

static void model_step_remove(struct model *model, struct memory *m, uint32_t *s)
{
    unsigned first = next_random(s) % MODEL_PAGES;
    bool is_start = model_is_region(model, first) && model->owner[first] == (int)first;
    struct error error;
    CHECK_EQ(memory_remove(m, first * PAGE, &error), is_start ? 0 : -ENOENT);
    if (!is_start)
        return;
    for (unsigned i = first; i < MODEL_PAGES; i++)
        if (model_is_region(model, i) && model->owner[i] == (int)first)
            model->page[i] = HOLE;
}

static void model_step_fence(struct model *model, struct memory *m, struct books *books,
                             uint32_t *s)
{
    const unsigned page = next_random(s) % MODEL_PAGES;
    const enum memory_access access = next_random(s) % 3;
    const struct model before = *model;
    const int calls = books->calls;
    int expected = 0;
    books->fail_mask = next_random(s) % 4 == 0 ? 1u << next_random(s) % 5 : 0;
    const uint32_t mask = books->fail_mask;
    if (!model_is_region(model, page)) {
        expected = -EFAULT;
    } else {
        model->own_slot[page] |= access != MEMORY_OPEN;
        model->access[page] = access;
        if (model_slots(model) > MODEL_SLOTS)
            expected = -ENOSPC;
    }
    const int rc = memory_fence(m, page * PAGE + next_random(s) % PAGE, access);
    if (expected == 0 && mask && mask < 1u << (books->calls - calls))
        expected = -EIO; /* one of the calls was made to fail */
    CHECK_EQ(rc, expected);
    if (expected)
        *model = before;
    books->fail_mask = 0;
}

static void model_step_unfence(struct model *model, struct memory *m)
{
    CHECK_EQ(memory_unfence_all(m), 0);
    memset(model->access, 0, sizeof model->access);
    memset(model->own_slot, 0, sizeof model->own_slot);
}

static void model_step_copy(struct model *model, struct memory *m, uint32_t *s)
{
    static uint8_t buf[5 * MEMORY_PAGE];
    uint64_t gpa = next_random(s) % (MODEL_PAGES * PAGE);
    size_t len = next_random(s) % sizeof buf, expected = 0;
    unsigned op = next_random(s) % 3; /* read, write, poke */
    memset(buf, (int)next_random(s), sizeof buf);
    while (expected < len && gpa + expected < MODEL_PAGES * PAGE) {
        enum model_page page = model->page[(gpa + expected) / PAGE];
        if (page == HOLE || page == WINDOW || (page == ROM_PAGE && op == 1))
            break;
        expected++;
    }
    if (op == 0) {
        CHECK_EQ(memory_read(m, gpa, buf, len), expected);
        CHECK_MEM(buf, model->bytes + gpa, expected);
    } else {
        CHECK_EQ((op == 1 ? memory_write : memory_poke)(m, gpa, buf, len), expected);
        memcpy(model->bytes + gpa, buf, expected);
    }
}

/* The slot, if any, in which the backend has PAGE of region R. */
static void model_compare_slot(const struct model *model, unsigned page,
                               const struct memory_region *r, const struct books *books)
{
    const struct memory_slot *slot = booked_at(books, page * PAGE);
    CHECK_EQ(slot != NULL, model->access[page] != MEMORY_CLOSED);
    if (!slot)
        return;
    unsigned first = page, end = page + 1;
    while (model_joined(model, first))
        first--;
    while (end < MODEL_PAGES && model_joined(model, end))
        end++;
    const struct memory_slot expected = {
        .slot = slot->slot,
        .gpa = first * PAGE,
        .size = (end - first) * PAGE,
        .hva = r->hva + (first * PAGE - r->gpa),
        .read_only = r->kind == MEMORY_ROM || model->access[page] == MEMORY_READ_ONLY,
    };
    check_same_slot(slot, &expected);
    CHECK(slot->slot < MODEL_SLOTS);
    if (first * PAGE == r->gpa)
        CHECK_EQ(slot->slot, r->slot);
}

static void model_compare(const struct model *model, const struct memory *m,
                          const struct books *books)
{
    for (unsigned i = 0; i < MODEL_PAGES; i++) {
        const struct memory_region *r = memory_find(m, i * PAGE + 7);
        CHECK_EQ(r != NULL, model_is_region(model, i));
        CHECK_EQ(memory_fenced(m, i * PAGE + 7), r ? model->access[i] : MEMORY_OPEN);
        CHECK(r || !booked_at(books, i * PAGE));
        if (!r || !model_is_region(model, i))
            continue;
        CHECK_EQ(r->gpa, (uint64_t)model->owner[i] * PAGE);
        CHECK_EQ(r->kind, model->page[i] == ROM_PAGE ? MEMORY_ROM : MEMORY_RAM);
        model_compare_slot(model, i, r, books);
        CHECK(memory_at(m, i * PAGE, PAGE) == r->hva + (i * PAGE - r->gpa));
        CHECK(memory_next(m, r->gpa) == r);
    }
}

static void agrees_with_a_naive_model(void)
{
    static struct model model;
    struct books books;
    struct memory *m = new_map(&books, MODEL_SLOTS);
    struct error error;
    uint32_t state = 20240229;
    CHECK_EQ(memory_reserve(m, 10 * PAGE, 2 * PAGE, "w", &error), 0);
    model.page[10] = model.page[11] = WINDOW;
    for (int i = 0; i < MODEL_STEPS && !check_failures; i++) {
        uint32_t what = next_random(&state) % 16;
        if (what == 0 && next_random(&state) % 8 == 0)
            model_step_unfence(&model, m);
        else if (what < 6)
            model_step_fence(&model, m, &books, &state);
        else if (what < 9)
            model_step_add(&model, m, &books, &state);
        else if (what < 11)
            model_step_remove(&model, m, &state);
        else
            model_step_copy(&model, m, &state);
        model_compare(&model, m, &books);
        if (check_failures)
            printf("    at step %d\n", i);
    }
    memory_free(m);
}

int main(void)
{
    TEST(agrees_with_a_naive_model);
    return check_done();
}
