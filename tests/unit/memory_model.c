/* memory.c against a naive model, in thousands of random steps from a fixed seed. The model holds
 * one word of "what is here" a page and answers every question by a loop over them. */
#include "memory_books.h"

#include <errno.h>

#define MODEL_PAGES 48
#define MODEL_SLOTS 12
#define MODEL_STEPS 4000

enum model_page { HOLE, RAM_PAGE, ROM_PAGE, WINDOW };

struct model {
    enum model_page page[MODEL_PAGES];
    int owner[MODEL_PAGES]; /* first page of the region */
    uint8_t bytes[MODEL_PAGES * MEMORY_PAGE];
    unsigned regions;
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

static void model_step_add(struct model *model, struct memory *m, struct books *books, uint32_t *s)
{
    unsigned first = next_random(s) % MODEL_PAGES;
    unsigned pages = 1 + next_random(s) % 6;
    if (first + pages > MODEL_PAGES)
        pages = MODEL_PAGES - first;
    bool rom = next_random(s) % 4 == 0;
    books->fail = next_random(s) % 8 == 0 ? -EIO : 0;
    int expected = !model_free(model, first, pages) ? -EEXIST
                   : model->regions == MODEL_SLOTS  ? -ENOSPC
                                                    : books->fail;
    struct error error;
    int rc = memory_add(m, first * PAGE, pages * PAGE, rom ? MEMORY_ROM : MEMORY_RAM, "r", &error);
    CHECK_EQ(rc, expected);
    books->fail = 0;
    if (expected)
        return;
    model->regions++;
    for (unsigned i = first; i < first + pages; i++) {
        model->page[i] = rom ? ROM_PAGE : RAM_PAGE;
        model->owner[i] = (int)first;
    }
    memset(model->bytes + first * PAGE, 0, pages * PAGE);
}

static void model_step_remove(struct model *model, struct memory *m, uint32_t *s)
{
    unsigned first = next_random(s) % MODEL_PAGES;
    bool is_start = (model->page[first] == RAM_PAGE || model->page[first] == ROM_PAGE) &&
                    model->owner[first] == (int)first;
    struct error error;
    CHECK_EQ(memory_remove(m, first * PAGE, &error), is_start ? 0 : -ENOENT);
    if (!is_start)
        return;
    model->regions--;
    for (unsigned i = first; i < MODEL_PAGES; i++)
        if (model->page[i] != HOLE && model->page[i] != WINDOW && model->owner[i] == (int)first)
            model->page[i] = HOLE;
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

static void model_compare(const struct model *model, const struct memory *m,
                          const struct books *books)
{
    unsigned present = 0;
    for (unsigned i = 0; i < MODEL_SLOTS; i++)
        present += books->present[i];
    CHECK_EQ(present, model->regions);
    for (unsigned i = 0; i < MODEL_PAGES; i++) {
        const struct memory_region *r = memory_find(m, i * PAGE + 7);
        bool is_region = model->page[i] == RAM_PAGE || model->page[i] == ROM_PAGE;
        CHECK_EQ(r != NULL, is_region);
        if (!r || !is_region)
            continue;
        CHECK_EQ(r->gpa, (uint64_t)model->owner[i] * PAGE);
        CHECK_EQ(r->kind, model->page[i] == ROM_PAGE ? MEMORY_ROM : MEMORY_RAM);
        CHECK(books->present[r->slot]);
        CHECK_MEM(&books->slots[r->slot], r, sizeof *r);
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
        uint32_t what = next_random(&state) % 8;
        if (what < 2)
            model_step_add(&model, m, &books, &state);
        else if (what < 3)
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
