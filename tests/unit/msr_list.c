/* The named MSRs: no name and no number twice, and found by both. */
#include "tests/check.h"

#include "debug/cpu/msr_list.h"
#include "gdbstub/gdbstub.h"

static void finds_each_by_name_and_number(void)
{
    CHECK(msr_rows >= GDB_MSRS);
    for (size_t i = 0; i < msr_rows; i++) {
        if (!msr_list[i].name) {
            check_fail(__FILE__, __LINE__, "row %zu has no name", i);
            continue;
        }
        CHECK(msr_by_name(msr_list[i].name) == &msr_list[i]);
        CHECK(msr_by_number(msr_list[i].number) == &msr_list[i]);
    }
    CHECK(!msr_by_name(""));
    CHECK(!msr_by_name("lsta"));
    CHECK(!msr_by_name("LSTAR"));
    CHECK(!msr_by_number(UINT32_MAX));
}

/* SDM vol. 4, table 2-2. */
static void numbers_are_the_manuals(void)
{
    CHECK_EQ(msr_list[GDB_MSR_LSTAR].number, 0xc0000082);
    CHECK_EQ(msr_list[GDB_MSR_TSC].number, 0x10);
    CHECK_EQ(msr_list[GDB_MSR_PAT].number, 0x277);
    CHECK_EQ(msr_list[GDB_MSR_MTRR_DEF_TYPE].number, 0x2ff);
    CHECK_STR(msr_by_number(0x1b)->name, "apic_base");
    CHECK(msr_by_name("star")->writable);
    CHECK(!msr_by_name("mtrr_cap")->writable);
}

int main(void)
{
    TEST(finds_each_by_name_and_number);
    TEST(numbers_are_the_manuals);
    return check_done();
}
