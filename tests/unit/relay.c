/* The loop between its own thread and those of vCPUs: had by one at a time, and it always comes
 * home. */
#include "tests/check.h"

#include "relay.h"

enum { TAKERS = 4, ROUNDS = 200 };

static struct fixture {
    struct relay relay;
    pthread_t threads[TAKERS];
    atomic_bool stepping, over;
    unsigned served; /* by who has the loop, with no lock */
    unsigned holders;
} f;

static bool is_stepping(void *context)
{
    (void)context;
    return atomic_load(&f.stepping);
}

static bool lend(void)
{
    return relay_lend(&f.relay, is_stepping, NULL);
}

static void begin(bool stepping)
{
    relay_init(&f.relay);
    atomic_store(&f.stepping, stepping);
    atomic_store(&f.over, false);
    f.served = f.holders = 0;
}

static void hold(void)
{
    CHECK_EQ(++f.holders, 1);
    f.served++;
    f.holders--;
}

static void start(void *(*run)(void *argument), unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        pthread_create(&f.threads[i], NULL, run, NULL);
}

static void end(unsigned count)
{
    atomic_store(&f.over, true);
    for (unsigned i = 0; i < count; i++)
        pthread_join(f.threads[i], NULL);
    CHECK(!relay_take(&f.relay));
    relay_destroy(&f.relay);
}

static void at_home_it_is_not_taken(void)
{
    begin(false);
    CHECK(!relay_take(&f.relay));
    end(0);
}

static void it_stays_where_nothing_steps(void)
{
    begin(false);
    CHECK(!lend());
    end(0);
}

static void a_long_step_does_not_keep_it(void)
{
    begin(true);
    CHECK(!lend());
    end(0);
}

/* The step is over before is_stepping is asked: who ended it has the loop already. */
static bool ends_meanwhile(void *context)
{
    (void)context;
    CHECK(relay_take(&f.relay));
    hold();
    relay_give(&f.relay, false);
    return false;
}

static void a_step_may_end_while_it_is_lent(void)
{
    begin(true);
    CHECK(!relay_lend(&f.relay, ends_meanwhile, NULL));
    CHECK_EQ(f.served, 1);
    end(0);
}

/* Of one stop only. */
static void *serve_once(void *argument)
{
    (void)argument;
    while (!atomic_load(&f.over))
        if (relay_take(&f.relay)) {
            hold();
            relay_give(&f.relay, false);
        }
    return NULL;
}

static void one_of_many_takes_it(void)
{
    begin(true);
    start(serve_once, TAKERS);
    for (unsigned i = 0; i < ROUNDS; i++) {
        lend();
        hold();
    }
    CHECK(f.served > ROUNDS);
    end(TAKERS);
}

/* A client that steps without end. */
static void *serve_on(void *argument)
{
    (void)argument;
    while (!atomic_load(&f.over))
        if (relay_take(&f.relay)) {
            hold();
            relay_give(&f.relay, !relay_is_wanted(&f.relay));
        }
    return NULL;
}

static void who_steps_on_gives_it_back(void)
{
    begin(true);
    start(serve_on, 1);
    for (unsigned i = 0; i < 5; i++) {
        lend();
        hold();
    }
    end(1);
}

/* Steps within one hold: nobody else would ever see it lent. */
static void *serve_until_wanted(void *argument)
{
    (void)argument;
    while (!relay_take(&f.relay))
        ;
    while (!relay_is_wanted(&f.relay))
        hold();
    relay_give(&f.relay, true);
    return NULL;
}

static void it_is_asked_for(void)
{
    begin(true);
    start(serve_until_wanted, 1);
    while (!lend())
        ;
    CHECK(f.served > 0);
    end(1);
}

int main(void)
{
    TEST(at_home_it_is_not_taken);
    TEST(it_stays_where_nothing_steps);
    TEST(a_long_step_does_not_keep_it);
    TEST(a_step_may_end_while_it_is_lent);
    TEST(one_of_many_takes_it);
    TEST(who_steps_on_gives_it_back);
    TEST(it_is_asked_for);
    return check_done();
}
