/* DR7's fields as SDM vol. 3, 17.2.4 lays them out. */
#include "tests/check.h"

#include "debug/breakpoint/debugreg.h"

static void an_empty_set_has_only_the_fixed_bit(void)
{
    struct debugregs set;
    debugregs_init(&set);
    CHECK_EQ(set.dr7, 0x400);
    CHECK_EQ(set.used, 0);
}

static void each_register_has_its_fields(void)
{
    struct debugregs set;
    debugregs_init(&set);
    CHECK(debugregs_add(&set, 0x7c00, DEBUGREG_EXECUTE, 1));
    CHECK_EQ(set.dr7, 0x400 | 2);
    CHECK(debugregs_add(&set, 0x1002, DEBUGREG_WRITE, 2)); /* R/W1 = 01, LEN1 = 01, G1 */
    CHECK_EQ(set.dr7, 0x400 | 2 | 8 | 0x500000);
    CHECK(debugregs_add(&set, 0x1004, DEBUGREG_ACCESS, 4)); /* R/W2 = 11, LEN2 = 11 */
    CHECK_EQ(set.dr7, 0x400 | 2 | 8 | 0x20 | 0x0f500000);
    CHECK(debugregs_add(&set, 0x1008, DEBUGREG_WRITE, 8)); /* R/W3 = 01, LEN3 = 10 */
    CHECK_EQ(set.dr7, 0x400 | 2 | 8 | 0x20 | 0x80 | 0x9f500000);
    CHECK_EQ(set.addr[3], 0x1008);
    CHECK_EQ(set.used, 4);
}

static void what_does_not_fit_changes_nothing(void)
{
    struct debugregs set, before;
    debugregs_init(&set);
    before = set;
    CHECK(!debugregs_add(&set, 0x1001, DEBUGREG_WRITE, 2)); /* not aligned */
    CHECK(!debugregs_add(&set, 0x1000, DEBUGREG_WRITE, 3)); /* no such length */
    CHECK(!debugregs_add(&set, 0x1000, DEBUGREG_WRITE, 0));
    CHECK(!debugregs_add(&set, 0x1000, DEBUGREG_EXECUTE, 2)); /* execute: LEN must be 0 */
    CHECK_MEM(&set, &before, sizeof set);
    for (int i = 0; i < DEBUGREG_COUNT; i++)
        CHECK(debugregs_add(&set, 0x1000u + (unsigned)i, DEBUGREG_EXECUTE, 1));
    before = set;
    CHECK(!debugregs_add(&set, 0x2000, DEBUGREG_EXECUTE, 1));
    CHECK_MEM(&set, &before, sizeof set);
}

int main(void)
{
    TEST(an_empty_set_has_only_the_fixed_bit);
    TEST(each_register_has_its_fields);
    TEST(what_does_not_fit_changes_nothing);
    return check_done();
}
