/* Interrupts during steps: the guest gets on at least as long as their handlers took. */
#include "debug/step/step_pace.h"

#include "tests/check.h"

static unsigned until_free(struct step_pace *pace)
{
    unsigned n = 0;
    while (step_pace_holds(pace) && n < 2 * STEP_PACE_MAX) {
        step_pace_count(pace, false, true);
        n++;
    }
    return n;
}

/* One that came in, and LENGTH instructions of its handler with the iret. */
static void handle(struct step_pace *pace, unsigned length)
{
    step_pace_count(pace, true, false);
    for (unsigned i = 1; i < length; i++)
        step_pace_count(pace, false, false);
    step_pace_count(pace, false, true);
}

static void holds_nothing_at_first(void)
{
    struct step_pace pace = {0};
    CHECK(!step_pace_holds(&pace));
    step_pace_count(&pace, false, false); /* nor after code that keeps them out */
    step_pace_count(&pace, false, true);
    CHECK(!step_pace_holds(&pace));
}

static void the_guest_gets_its_share(void)
{
    struct step_pace pace = {0};
    handle(&pace, 1);
    CHECK_EQ(until_free(&pace), STEP_PACE - 1);
    handle(&pace, 1000);
    CHECK_EQ(until_free(&pace), STEP_PACE + 999 * STEP_PACE_SHARE - 1);
    handle(&pace, 3 * STEP_PACE_MAX);
    CHECK_EQ(until_free(&pace), STEP_PACE_MAX - 1);
}

/* What keeps interrupts out later is the guest's own doing. */
static void only_the_handler_counts(void)
{
    struct step_pace pace = {0};
    handle(&pace, 10);
    for (unsigned i = 0; i < 1000; i++)
        step_pace_count(&pace, false, false);
    CHECK_EQ(until_free(&pace), STEP_PACE + 9 * STEP_PACE_SHARE - 1);
}

static void one_that_halts_owes_nothing(void)
{
    struct step_pace pace = {0};
    handle(&pace, 100);
    CHECK(step_pace_holds(&pace));
    step_pace_forget(&pace);
    CHECK(!step_pace_holds(&pace));
}

int main(void)
{
    TEST(holds_nothing_at_first);
    TEST(the_guest_gets_its_share);
    TEST(only_the_handler_counts);
    TEST(one_that_halts_owes_nothing);
    return check_done();
}
