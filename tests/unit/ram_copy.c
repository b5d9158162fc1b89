/* Guest memory copied and put back: what is in use, what is shared, what is written. */
#include "record/ram_copy.h"
#include "record/pages_used.h"
#include "tests/check.h"
#include "tests/unit/ram.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define HIGH  0x10000000u
#define PAGES 600u /* of the low region; the ROM has 4, the high one 5000 */

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

static uint64_t random_gpa(void)
{
    return page_gpa((unsigned)random() % (PAGES + 4 + 5000));
}

static void scribble(struct memory *m, unsigned count)
{
    while (count--) {
        const uint64_t value = (uint64_t)random();
        memory_poke(m, random_gpa() + (uint64_t)random() % (MEMORY_PAGE - 8), &value, 8);
    }
}

/* Of all memory; pages that were never touched stay so. */
static uint64_t hash(const struct memory *m, int used)
{
    uint64_t h = 1;
    struct ram_copy *image = ram_copy_save(m, used, NULL);
    for (uint64_t i = 0; i < ram_copy_page_count(image); i++) {
        const uint64_t *words = ram_copy_page(image, i);
        for (unsigned k = 0; words && k < MEMORY_PAGE / 8; k++)
            h = (h ^ words[k] ^ i << 10 ^ k) * 0x9e3779b97f4a7c15u;
    }
    ram_copy_free(image);
    return h;
}

static void goes_back_to_any_of_several(int used)
{
    struct memory *m = make_memory();
    struct ram_copy *images[8];
    uint64_t hashes[8];
    srandom(3);
    for (unsigned i = 0; i < 8; i++) {
        scribble(m, 100);
        images[i] = ram_copy_save(m, used, i ? images[i - 1] : NULL);
        hashes[i] = hash(m, used);
        CHECK(i == 0 || hashes[i] != hashes[i - 1]);
    }
    for (unsigned round = 0; round < 50; round++) {
        const unsigned i = (unsigned)random() % 8;
        scribble(m, round % 3 ? 50 : 0);
        ram_copy_restore(images[i], m, used);
        CHECK_EQ(hash(m, used), hashes[i]);
        CHECK_EQ(ram_copy_restore(images[i], m, used), 0); /* nothing more to write */
    }
    for (unsigned i = 0; i < 8; i++) /* in any order: shared pages stay for the others */
        ram_copy_free(images[i * 5 % 8]);
    memory_free(m);
}

static void goes_back(void)
{
    const int used = pages_used_open();
    CHECK(used >= 0);
    goes_back_to_any_of_several(used);
    close(used);
}

static void goes_back_without_proc(void)
{
    goes_back_to_any_of_several(-1);
}

static void zeros_and_what_is_alike_take_no_room(void)
{
    const int used = pages_used_open();
    struct memory *m = make_memory();
    const uint8_t one = 1, zero = 0;
    for (unsigned page = 0; page < 10; page++)
        memory_poke(m, page_gpa(page), &one, 1);
    memory_poke(m, page_gpa(20), &zero, 1); /* in use, and zeros */
    memory_poke(m, page_gpa(PAGES), &one, 1);
    struct ram_copy *first = ram_copy_save(m, used, NULL);
    CHECK_EQ(ram_copy_pages(first), 11);
    CHECK_EQ(ram_copy_own_pages(first), 11);
    CHECK_EQ(ram_copy_page_count(first), PAGES + 4 + 5000);
    memory_poke(m, page_gpa(3) + 4000, &one, 1);
    memory_poke(m, page_gpa(4), &zero, 1);
    memory_poke(m, page_gpa(5000), &one, 1);
    struct ram_copy *second = ram_copy_save(m, used, first);
    CHECK_EQ(ram_copy_pages(second), 11);
    CHECK_EQ(ram_copy_own_pages(second), 2);
    CHECK_EQ(ram_copy_own_pages(first), 2);
    CHECK_EQ(ram_copy_restore(first, m, used), 3);
    ram_copy_free(first);
    CHECK_EQ(ram_copy_own_pages(second), 11);
    CHECK_EQ(ram_copy_restore(second, m, used), 3);
    ram_copy_free(second);
    memory_free(m);
    close(used);
}

/* Neither saving nor restoring touches a page that nobody has. */
static void untouched_pages_stay_untouched(void)
{
    const int used = pages_used_open();
    struct memory *m = make_memory();
    const struct memory_region *high = memory_find(m, HIGH);
    const uint8_t one = 1;
    memory_poke(m, HIGH + 123 * MEMORY_PAGE, &one, 1);
    const int64_t before = memory_resident(high);
    struct ram_copy *image = ram_copy_save(m, used, NULL);
    ram_copy_restore(image, m, used);
    CHECK_EQ(memory_resident(high), before);
    ram_copy_free(image);
    memory_free(m);
    close(used);
}

static void another_map_does_not_fit(void)
{
    struct error error;
    struct memory *m = make_memory();
    struct ram_copy *image = ram_copy_save(m, -1, NULL);
    CHECK(ram_copy_fits(image, m));
    CHECK_EQ(memory_add(m, 0x80000000, MEMORY_PAGE, MEMORY_RAM, "more", &error), 0);
    CHECK(!ram_copy_fits(image, m));
    struct ram_copy *more = ram_copy_save(m, -1, image); /* shares nothing with what is unlike */
    CHECK_EQ(memory_remove(m, 0x80000000, &error), 0);
    CHECK(ram_copy_fits(image, m));
    CHECK(!ram_copy_fits(more, m));
    CHECK_EQ(memory_remove(m, HIGH, &error), 0);
    CHECK(!ram_copy_fits(image, m));
    CHECK_EQ(memory_add(m, HIGH, 5000 * MEMORY_PAGE, MEMORY_ROM, "high", &error), 0);
    CHECK(!ram_copy_fits(image, m));
    ram_copy_free(image);
    ram_copy_free(more);
    memory_free(m);
}

static void used_pages_are_told(void)
{
    const int used = pages_used_open();
    uint64_t bits[PAGES_USED_MOST / 64];
    const size_t size = 200 * MEMORY_PAGE;
    uint8_t *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    madvise(at, size, MADV_NOHUGEPAGE);
    at[70 * MEMORY_PAGE] = 1;
    pages_used(used, at, 200, bits);
    CHECK_EQ(bits[0], 0);
    CHECK_EQ(bits[1], 1u << 6);
    CHECK_EQ(bits[3], 0);
    pages_used(-1, at, 200, bits);
    CHECK_EQ(bits[0], UINT64_MAX);
    munmap(at, size);
    close(used);
}

int main(void)
{
    TEST(goes_back);
    TEST(goes_back_without_proc);
    TEST(zeros_and_what_is_alike_take_no_room);
    TEST(untouched_pages_stay_untouched);
    TEST(another_map_does_not_fit);
    TEST(used_pages_are_told);
    return check_done();
}
