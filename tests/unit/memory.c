/* memory.c: refusals, undoing, translation and copies at their edges. */
#include "memory_books.h"

#include <errno.h>
#include <sys/mman.h>

static int add(struct memory *m, uint64_t gpa, uint64_t size, enum memory_kind kind,
               const char *name)
{
    struct error error = {""};
    int rc = memory_add(m, gpa, size, kind, name, &error);
    if (rc)
        printf("    memory_add: %s\n", error.text);
    return rc;
}

/* Is a byte at P mapped in this process? */
static bool mapped(const void *p)
{
    unsigned char resident;
    return mincore((void *)((uintptr_t)p & ~(uintptr_t)(PAGE - 1)), 1, &resident) == 0;
}

static void adds_and_announces(void)
{
    struct books books;
    struct memory *m = new_map(&books, 8);
    CHECK_EQ(add(m, 0x100000, 16 * PAGE, MEMORY_RAM, "high"), 0);
    CHECK_EQ(add(m, 0, PAGE, MEMORY_ROM, "low"), 0);
    CHECK_EQ(books.calls, 2);
    const struct memory_region *r = memory_find(m, 0x100000 + 16 * PAGE - 1);
    CHECK(r != NULL);
    if (r) {
        CHECK_STR(r->name, "high");
        CHECK_EQ(r->gpa, 0x100000);
        CHECK_EQ(r->size, 16 * PAGE);
        CHECK_EQ(r->slot, 0);
        CHECK_EQ(r->kind, MEMORY_RAM);
        CHECK_EQ((uintptr_t)r->hva % PAGE, 0);
        check_same_slot(&books.slots[0],
                        &(struct memory_slot){0, r->gpa, r->size, r->hva, false, false});
        CHECK(memory_next(m, 1) == r);
        CHECK(memory_next(m, 0x100000) == r);
    }
    CHECK(memory_next(m, 0) == memory_find(m, 0));
    CHECK(memory_next(m, 0x100001) == NULL);
    CHECK(memory_find(m, PAGE) == NULL);
    CHECK(memory_find(m, 0xfffff) == NULL);
    CHECK(memory_find(m, 0x100000 + 16 * PAGE) == NULL);
    CHECK(memory_find(m, UINT64_MAX) == NULL);
    CHECK(memory_next(m, UINT64_MAX) == NULL);
    CHECK_EQ(memory_find(m, 0)->slot, 1);
    CHECK_EQ(books.slots[1].read_only, true);
    memory_free(m);
}

static void rom_is_as_ram_where_slots_cant_be_read_only(void)
{
    struct books books;
    struct memory *m = new_map_with(&books, 8, false);
    CHECK_EQ(add(m, 0, PAGE, MEMORY_ROM, "rom"), 0);
    CHECK_EQ(books.slots[0].read_only, false);
    CHECK_EQ(memory_write(m, 0, "x", 1), 0);
    memory_free(m);
}

static void ram_is_cleared_and_rom_is_not(void)
{
    struct books books;
    uint8_t bytes[2] = {0};
    struct memory *m = new_map(&books, 8);
    CHECK_EQ(add(m, 0, 2 * PAGE, MEMORY_RAM, "ram"), 0);
    CHECK_EQ(add(m, 2 * PAGE, PAGE, MEMORY_ROM, "rom"), 0);
    CHECK_EQ(add(m, 16 * PAGE, PAGE, MEMORY_RAM, "more"), 0);
    CHECK_EQ(memory_poke(m, 2 * PAGE - 1, "ab", 2), 2);
    CHECK_EQ(memory_poke(m, 17 * PAGE - 1, "c", 1), 1);
    memory_clear_ram(m);
    CHECK_EQ(memory_read(m, 2 * PAGE - 1, bytes, 2), 2);
    CHECK_MEM(bytes, "\0b", 2);
    CHECK_EQ(memory_read(m, 17 * PAGE - 1, bytes, 1), 1);
    CHECK_EQ(bytes[0], 0);
    CHECK_EQ(memory_resident(memory_find(m, 16 * PAGE)), 1); /* read again: not given back twice */
    CHECK_EQ(books.calls, 3);
    memory_free(m);
}

static void a_new_region_is_zeroed(void)
{
    struct books books;
    struct memory *m = new_map(&books, 8);
    uint8_t zero[64] = {0}, got[64];
    CHECK_EQ(add(m, 0, 4 * PAGE, MEMORY_RAM, "ram"), 0);
    memset(got, 0xff, sizeof got);
    CHECK_EQ(memory_read(m, 2 * PAGE - 32, got, sizeof got), sizeof got);
    CHECK_MEM(got, zero, sizeof zero);
    memory_free(m);
}

struct refusal {
    uint64_t gpa, size;
    int rc;
    const char *text;
};

/* Each refusal has its own text, and after all of them the map is as it was. */
static void refuses_with_a_reason(void)
{
    static const struct refusal refusals[] = {
        {0x5000, 0, -EINVAL, "can't map new at 0x5000: its size is 0"},
        {0x5001, PAGE, -EINVAL,
         "can't map new: address 0x5001 or size 0x1000 is misaligned (both must be multiples of "
         "0x1000)"},
        {0x5000, PAGE + 512, -EINVAL,
         "can't map new: address 0x5000 or size 0x1200 is misaligned (both must be multiples of "
         "0x1000)"},
        {0xfffffffffffff000, 2 * PAGE, -EINVAL,
         "can't map new: 0x2000 bytes at 0xfffffffffffff000 reach past the end of guest-physical "
         "addresses, 2^52"},
        {0xfffffffffffff000, PAGE, -EINVAL,
         "can't map new: 0x1000 bytes at 0xfffffffffffff000 reach past the end of guest-physical "
         "addresses, 2^52"},
        {0, 0xfffffffffffff000, -EINVAL,
         "can't map new: 0xfffffffffffff000 bytes at 0x0 reach past the end of guest-physical "
         "addresses, 2^52"},
        {0xffffffffff000, 2 * PAGE, -EINVAL,
         "can't map new: 0x2000 bytes at 0xffffffffff000 reach past the end of guest-physical "
         "addresses, 2^52"},
        {0x2000, PAGE, -EEXIST,
         "can't map new at 0x2000-0x2fff: it overlaps region ram at 0x1000-0x3fff"},
        {0, 2 * PAGE, -EEXIST,
         "can't map new at 0x0-0x1fff: it overlaps region ram at 0x1000-0x3fff"},
        {0x3000, 2 * PAGE, -EEXIST,
         "can't map new at 0x3000-0x4fff: it overlaps region ram at 0x1000-0x3fff"},
        {0, 16 * PAGE, -EEXIST,
         "can't map new at 0x0-0xffff: it overlaps region ram at 0x1000-0x3fff"},
        {0x8000, PAGE, -EEXIST,
         "can't map new at 0x8000-0x8fff: it overlaps window vga at 0x8000-0x9fff"},
        {0x5000, 4 * PAGE, -EEXIST,
         "can't map new at 0x5000-0x8fff: it overlaps window vga at 0x8000-0x9fff"},
        {0x9000, 4 * PAGE, -EEXIST,
         "can't map new at 0x9000-0xcfff: it overlaps window vga at 0x8000-0x9fff"},
    };
    struct books books;
    struct memory *m = new_map(&books, 8);
    struct error error;
    CHECK_EQ(add(m, 0x1000, 3 * PAGE, MEMORY_RAM, "ram"), 0);
    CHECK_EQ(memory_reserve(m, 0x8000, 2 * PAGE, "vga", &error), 0);
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        const struct refusal *r = &refusals[i];
        CHECK_EQ(memory_add(m, r->gpa, r->size, MEMORY_RAM, "new", &error), r->rc);
        CHECK_STR(error.text, r->text);
        CHECK_EQ(memory_reserve(m, r->gpa, r->size, "new", &error), r->rc);
        CHECK_STR(error.text, r->text);
    }
    CHECK_EQ(books.calls, 1);
    CHECK(memory_next(m, 0x1001) == NULL);
    CHECK_EQ(add(m, 0x4000, 4 * PAGE, MEMORY_RAM, "between"), 0);
    CHECK_EQ(memory_reserve(m, 0, PAGE, "below", &error), 0);
    CHECK_EQ(add(m, 0xffffffffff000, PAGE, MEMORY_RAM, "the last page"), 0);
    memory_free(m);
}

static void reserves_windows_for_regions_that_left(void)
{
    struct books books;
    struct memory *m = new_map(&books, 8);
    struct error error;
    CHECK_EQ(add(m, 0x1000, PAGE, MEMORY_RAM, "ram"), 0);
    CHECK_EQ(memory_reserve(m, 0x1000, PAGE, "dev", &error), -EEXIST);
    CHECK_EQ(memory_remove(m, 0x1000, &error), 0);
    CHECK_EQ(memory_reserve(m, 0x1000, PAGE, "dev", &error), 0);
    CHECK_EQ(memory_add(m, 0x1000, PAGE, MEMORY_RAM, "ram", &error), -EEXIST);
    CHECK(memory_find(m, 0x1000) == NULL);
    CHECK(memory_at(m, 0x1000, 1) == NULL);
    memory_free(m);
}

static void slots_run_out_and_are_used_again(void)
{
    struct books books;
    struct memory *m = new_map(&books, 3);
    struct error error;
    for (uint64_t i = 0; i < 3; i++)
        CHECK_EQ(add(m, i * PAGE, PAGE, MEMORY_RAM, "page"), 0);
    CHECK_EQ(memory_add(m, 0x10000, PAGE, MEMORY_RAM, "one more", &error), -ENOSPC);
    CHECK_STR(error.text, "can't map one more at 0x10000: all 3 memory slots that the hypervisor "
                          "has are taken");
    CHECK_EQ(books.calls, 3);
    CHECK_EQ(memory_remove(m, PAGE, &error), 0);
    CHECK_EQ(memory_find(m, 0)->slot, 0);
    CHECK_EQ(memory_find(m, 2 * PAGE)->slot, 2);
    CHECK_EQ(add(m, 0x10000, PAGE, MEMORY_RAM, "one more"), 0);
    CHECK_EQ(memory_find(m, 0x10000)->slot, 1);
    memory_free(m);

    m = new_map(&books, 0);
    CHECK_EQ(memory_add(m, 0, PAGE, MEMORY_RAM, "none", &error), -ENOSPC);
    memory_free(m);
}

static void an_addition_that_fails_changes_nothing(void)
{
    struct books books;
    struct memory *m = new_map(&books, 8);
    struct error error;
    books.fail = -EFAULT;
    CHECK_EQ(memory_add(m, 0x1000, PAGE, MEMORY_RAM, "ram", &error), -EFAULT);
    CHECK_STR(error.text, "can't map ram at 0x1000-0x1fff as slot 0: Bad address (see dmesg)");
    CHECK_EQ(books.calls, 1);
    CHECK(!mapped(books.last.hva));
    CHECK(memory_find(m, 0x1000) == NULL);
    CHECK(memory_next(m, 0) == NULL);
    books.fail = 0;
    CHECK_EQ(add(m, 0x1000, PAGE, MEMORY_RAM, "ram"), 0);
    CHECK_EQ(memory_find(m, 0x1000)->slot, 0);
    memory_free(m);
}

static void a_reservation_that_fails_changes_nothing(void)
{
    struct books books;
    struct memory *m = new_map(&books, 8);
    struct error error;
    /* No x86-64 process has 2^51 bytes of address space with 4-level paging, or ever that much
     * left with 5-level paging beside what else is tried here. */
    int rc = memory_add(m, 0, 1ull << 51, MEMORY_RAM, "too much", &error);
    if (rc == 0) {
        SKIP("this host maps 2^51 bytes");
    } else if (rc == -EINVAL) {
        SKIP("mmap is not the kernel's (valgrind)");
    } else {
        CHECK_EQ(rc, -ENOMEM);
        CHECK_STR(error.text, "can't reserve 0x8000000000000 bytes for too much: mmap: Cannot "
                              "allocate memory (give the guest less memory, or look at "
                              "vm.overcommit_memory and ulimit -v)");
        CHECK_EQ(books.calls, 0);
        CHECK(memory_next(m, 0) == NULL);
    }
    memory_free(m);
}

static void a_removal_that_fails_changes_nothing(void)
{
    struct books books;
    struct memory *m = new_map(&books, 8);
    struct error error;
    CHECK_EQ(add(m, 0x1000, 2 * PAGE, MEMORY_RAM, "ram"), 0);
    CHECK_EQ(memory_poke(m, 0x1000, "kept", 4), 4);
    const uint8_t *hva = memory_at(m, 0x1000, 1);

    CHECK_EQ(memory_remove(m, 0x2000, &error), -ENOENT);
    CHECK_STR(error.text, "can't unmap 0x2000: no region starts there");
    CHECK_EQ(memory_remove(m, 0, &error), -ENOENT);
    CHECK_EQ(memory_remove(m, 0x3000, &error), -ENOENT);
    CHECK_EQ(books.calls, 1);

    books.fail = -EBUSY;
    CHECK_EQ(memory_remove(m, 0x1000, &error), -EBUSY);
    CHECK_STR(error.text, "can't unmap ram at 0x1000, slot 0: Device or resource busy");
    CHECK(memory_at(m, 0x1000, 2 * PAGE) == hva);
    CHECK_MEM(hva, "kept", 4);

    books.fail = 0;
    CHECK_EQ(memory_remove(m, 0x1000, &error), 0);
    CHECK(!books.present[0]);
    CHECK(!mapped(hva));
    CHECK(memory_find(m, 0x1000) == NULL);
    memory_free(m);
}

static void free_unmaps_without_withdrawing(void)
{
    struct books books;
    struct memory *m = new_map(&books, 8);
    CHECK_EQ(add(m, 0, PAGE, MEMORY_RAM, "ram"), 0);
    const uint8_t *hva = memory_at(m, 0, 1);
    memory_free(m);
    CHECK_EQ(books.calls, 1);
    CHECK(!mapped(hva));
    memory_free(NULL);
}

static void translates_within_bounds(void)
{
    struct books books;
    struct memory *m = new_map(&books, 8);
    CHECK_EQ(add(m, 0x1000, 2 * PAGE, MEMORY_RAM, "ram"), 0);
    const uint8_t *base = memory_at(m, 0x1000, 2 * PAGE);
    CHECK(base == memory_find(m, 0x1000)->hva);
    CHECK(memory_at(m, 0x2fff, 1) == base + 0x1fff);
    CHECK(memory_at(m, 0x1800, 0x1800) == base + 0x800);
    CHECK(memory_at(m, 0x1800, 0x1801) == NULL);
    CHECK(memory_at(m, 0x1000, 2 * PAGE + 1) == NULL);
    CHECK(memory_at(m, 0xfff, 2) == NULL);
    CHECK(memory_at(m, 0x3000, 1) == NULL);
    CHECK(memory_at(m, 0x1000, 0) == NULL);
    CHECK(memory_at(m, 0x1800, UINT64_MAX) == NULL);
    CHECK(memory_at(m, UINT64_MAX, 2) == NULL);
    CHECK(memory_at(m, UINT64_MAX, UINT64_MAX) == NULL);
    memory_free(m);
}

static void copies_across_regions(void)
{
    struct books books;
    struct memory *m = new_map(&books, 8);
    CHECK_EQ(add(m, 2 * PAGE, PAGE, MEMORY_RAM, "second"), 0);
    CHECK_EQ(add(m, PAGE, PAGE, MEMORY_RAM, "first"), 0);
    CHECK_EQ(add(m, 3 * PAGE, PAGE, MEMORY_ROM, "rom"), 0);
    uint8_t out[16], in[16] = "0123456789abcdef";

    CHECK_EQ(memory_write(m, 2 * PAGE - 8, in, 16), 16);
    CHECK_MEM(memory_at(m, 2 * PAGE - 8, 8), "01234567", 8);
    CHECK_MEM(memory_at(m, 2 * PAGE, 8), "89abcdef", 8);
    CHECK_EQ(memory_read(m, 2 * PAGE - 8, out, 16), 16);
    CHECK_MEM(out, in, 16);

    CHECK_EQ(memory_write(m, 3 * PAGE - 4, in, 16), 4);
    CHECK_EQ(memory_write(m, 3 * PAGE, in, 16), 0);
    CHECK_MEM(memory_at(m, 3 * PAGE, 4), "\0\0\0\0", 4);
    CHECK_EQ(memory_poke(m, 3 * PAGE - 4, in, 16), 16);
    CHECK_MEM(memory_at(m, 3 * PAGE, 12), "456789abcdef", 12);

    CHECK_EQ(memory_read(m, 4 * PAGE - 3, out, 16), 3);
    CHECK_EQ(memory_read(m, 4 * PAGE, out, 16), 0);
    CHECK_EQ(memory_read(m, PAGE - 1, out, 16), 0);
    CHECK_EQ(memory_read(m, PAGE, out, 0), 0);
    CHECK_EQ(memory_read(m, UINT64_MAX - 3, out, 16), 0);
    CHECK_EQ(memory_poke(m, UINT64_MAX - 3, in, 16), 0);
    CHECK_EQ(memory_write(m, 4 * PAGE - 3, in, SIZE_MAX), 0);
    memory_free(m);
}

static void holes_stay_holes_and_gigabytes_cost_nothing(void)
{
    struct books books;
    struct memory *m = new_map(&books, 8);
    struct error error;
    int rc = memory_add(m, 0x100000000, 1ull << 40, MEMORY_RAM, "a tebibyte", &error);
    if (rc == -ENOMEM || rc == -EINVAL)
        SKIP("this host reserves no tebibyte (vm.overcommit_memory, ulimit -v, a sanitizer, "
             "valgrind)");
    else
        CHECK_EQ(rc, 0);
    if (rc == 0) {
        uint64_t last = 0x100000000 + (1ull << 40) - 1;
        CHECK_EQ(memory_poke(m, last, "x", 1), 1);
        CHECK_EQ(memory_poke(m, last, "xy", 2), 1);
        CHECK(memory_at(m, 0x100000000, 1ull << 40) != NULL);
        CHECK(memory_at(m, 0xffffffff, 1) == NULL);
    }
    memory_free(m);
}

/* memory_at crosses regions exactly when their host bytes lie side by side. mmap places
 * reservations downwards, so regions added from high to low are often neighbours; whether they are
 * is read from the regions themselves. */
static void translates_across_regions_if_the_host_bytes_touch(void)
{
    enum { N = 16 };
    struct books books;
    struct memory *m = new_map(&books, N);
    for (uint64_t i = 0; i < N / 2; i++)
        CHECK_EQ(add(m, (N - 1 - i) * PAGE, PAGE, MEMORY_RAM, "downwards"), 0);
    for (uint64_t i = 0; i < N / 2; i++)
        CHECK_EQ(add(m, i * PAGE, PAGE, MEMORY_RAM, "upwards"), 0);
    for (uint64_t i = 0; i < N; i++) {
        uint64_t reach = i;
        while (reach + 1 < N &&
               memory_find(m, (reach + 1) * PAGE)->hva == memory_find(m, reach * PAGE)->hva + PAGE)
            reach++;
        uint64_t len = (reach - i + 1) * PAGE;
        CHECK(memory_at(m, i * PAGE + 5, len - 5) == memory_find(m, i * PAGE)->hva + 5);
        CHECK(memory_at(m, i * PAGE + 5, len - 4) == NULL);
    }
    memory_free(m);
}

int main(void)
{
    TEST(adds_and_announces);
    TEST(rom_is_as_ram_where_slots_cant_be_read_only);
    TEST(a_new_region_is_zeroed);
    TEST(ram_is_cleared_and_rom_is_not);
    TEST(refuses_with_a_reason);
    TEST(reserves_windows_for_regions_that_left);
    TEST(slots_run_out_and_are_used_again);
    TEST(an_addition_that_fails_changes_nothing);
    TEST(a_reservation_that_fails_changes_nothing);
    TEST(a_removal_that_fails_changes_nothing);
    TEST(free_unmaps_without_withdrawing);
    TEST(translates_within_bounds);
    TEST(translates_across_regions_if_the_host_bytes_touch);
    TEST(copies_across_regions);
    TEST(holes_stay_holes_and_gigabytes_cost_nothing);
    return check_done();
}
