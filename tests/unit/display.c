/* The display's own keys, and how often it looks. */
#include "screen/display.h"

#include "tests/check.h"

static void takes_its_keys_out(void)
{
    static const struct {
        const char *typed, *left;
        enum display_key wanted;
    } cases[] = {
        {"abc", "abc", DISPLAY_NONE},
        {"a\001xb", "a", DISPLAY_QUIT}, /* the rest is nobody's any more */
        {"\001X", "", DISPLAY_QUIT},
        {"\001z", "", DISPLAY_SUSPEND},
        {"a\001\001b", "a\001b", DISPLAY_NONE},
        {"\001\001x", "\001x", DISPLAY_NONE},
        {"\001\001\001\001", "\001\001", DISPLAY_NONE},
        {"\001lq", "q", DISPLAY_NONE},
        {"\001?q", "q", DISPLAY_NONE},
        {"\003\032\034", "\003\032\034", DISPLAY_NONE},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++)
        for (size_t step = 1; step <= 8; step *= 8) { /* byte by byte, and at once */
            struct display d = {.console = NULL};
            char left[16] = "";
            enum display_key wanted = DISPLAY_NONE;
            const size_t all = strlen(cases[i].typed);
            for (size_t at = 0; at < all && wanted == DISPLAY_NONE; at += step) {
                uint8_t bytes[16];
                size_t len = all - at < step ? all - at : step;
                memcpy(bytes, cases[i].typed + at, len);
                wanted = display_filter(&d, bytes, &len);
                strncat(left, (const char *)bytes, len);
            }
            CHECK_STR(left, cases[i].left);
            CHECK_EQ(wanted, cases[i].wanted);
        }
}

static void looks_seldom_while_nothing_changes(void)
{
    struct display d = {.interval = DISPLAY_OFTEN_MS}; /* there is no terminal: nothing changes */
    int64_t now = 1000;
    int wait = 0;
    for (unsigned i = 0; i < 6; i++) {
        wait = display_refresh(&d, now);
        CHECK(wait > DISPLAY_OFTEN_MS && wait <= DISPLAY_SELDOM_MS);
        CHECK_EQ(display_refresh(&d, now + 10), wait - 10); /* not yet */
        now += wait;
    }
    CHECK_EQ(wait, DISPLAY_SELDOM_MS);
    display_refresh(&d, now);
    display_hurry(&d);
    CHECK_EQ(display_refresh(&d, now + 1), DISPLAY_OFTEN_MS - 1);
}

int main(void)
{
    TEST(takes_its_keys_out);
    TEST(looks_seldom_while_nothing_changes);
    return check_done();
}
