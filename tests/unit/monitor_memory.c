/* `monitor memory` and `monitor screen` on memory that nobody runs in. */
#include "debug/monitor/monitor.h"

#include "memory_books.h"

struct fixture {
    struct books books;
    struct debug debug;
    struct bus *bus;
    struct memory *memory;
    struct text_screen screen;
    char text[8192];
};

static uint64_t no_read(void *context, uint64_t offset, unsigned len)
{
    (void)context, (void)offset, (void)len;
    return 0;
}

static void no_write(void *context, uint64_t offset, uint64_t value, unsigned len)
{
    (void)context, (void)offset, (void)value, (void)len;
}

static const struct bus_ops ops = {.read = no_read, .write = no_write};

/* 1 MiB of RAM, a device of 0x1800 bytes behind a gap of a page, and the same number of ports. */
static void set_up(struct fixture *f)
{
    struct error error;
    memset(f, 0, sizeof *f);
    f->memory = new_map(&f->books, 8);
    f->bus = bus_new();
    CHECK_EQ(memory_add(f->memory, 0, 256 * PAGE, MEMORY_RAM, "low RAM", &error), 0);
    CHECK_EQ(bus_add(f->bus, BUS_MMIO, 0x101000, 0x1800, &ops, NULL, "panel", &error), 0);
    CHECK_EQ(bus_add(f->bus, BUS_PIO, 0x3000, 0x1000, &ops, NULL, "ports", &error), 0);
    f->debug.config.memory = f->memory;
    f->debug.config.bus = f->bus;
    f->debug.breakpoints = breakpoints_new(f->memory, &f->debug.host);
}

static void tear_down(struct fixture *f)
{
    breakpoints_free(f->debug.breakpoints);
    memory_free(f->memory);
    bus_free(f->bus);
}

static void check_answer(struct fixture *f, const char *command, const char *expected)
{
    struct gdb_text out;
    gdb_text_init(&out, f->text, sizeof f->text);
    CHECK_EQ(debug_monitor(&f->debug, command, &out), 0);
    CHECK_STR(f->text, expected);
}

static void memory_is_added(void)
{
    struct fixture f;
    set_up(&f);
    check_answer(&f, "memory list", "0x000000000000-0x0000000fffff       1M  RAM  low RAM\n");
    check_answer(&f, "memory add ram 4K at 1M",
                 "0x000000100000-0x000000100fff       4K  RAM  added RAM\n");
    check_answer(&f, "memory add  rom 0x3000  at 0x103000",
                 "0x000000103000-0x000000105fff      12K  ROM  added ROM\n");
    check_answer(&f, "memory add ram 2G at 0x8000000000",
                 "0x008000000000-0x00807fffffff       2G  RAM  added RAM\n");
    check_answer(&f, "memory list",
                 "0x000000000000-0x0000000fffff       1M  RAM  low RAM\n"
                 "0x000000100000-0x000000100fff       4K  RAM  added RAM\n"
                 "0x000000103000-0x000000105fff      12K  ROM  added ROM\n"
                 "0x008000000000-0x00807fffffff       2G  RAM  added RAM\n");
    CHECK_EQ(booked_at(&f.books, 0x103000)->read_only, true);
    CHECK_EQ(booked_count(&f.books), 4);
    tear_down(&f);
}

static void what_collides_is_refused(void)
{
    static const struct {
        const char *command, *answer;
    } refused[] = {
        {"memory add ram 8K at 0xff000", "memory add: can't map added RAM at 0xff000-0x100fff: it "
                                         "overlaps region low RAM at 0x0-0xfffff\n"},
        {"memory add ram 8K at 1M", "memory add: the device panel is at 0x101000-0x1027ff (choose "
                                    "another place)\n"},
        {"memory add ram 4K at 0x102000", "memory add: the device panel is at 0x101000-0x1027ff "
                                          "(choose another place)\n"},
        {"memory add ram 1G at 0x200001", "memory add: can't map added RAM: address 0x200001 or "
                                          "size 0x40000000 is misaligned (both must be multiples "
                                          "of 0x1000)\n"},
        {"memory add ram 4K at 0xfffffffffffff000",
         "memory add: can't map added RAM: 0x1000 bytes at 0xfffffffffffff000 reach past the end "
         "of guest-physical addresses, 2^52\n"},
        {"memory add ram 1025G at 0x10000000000",
         "memory add: 0x10040000000 bytes are too many: at most 1024G at once, for KVM needs host "
         "memory for each page of them\n"},
        {"memory add ram 0xfffffffffffff000 at 0x10000000000",
         "memory add: 0xfffffffffffff000 bytes are too many: at most 1024G at once, for KVM needs "
         "host memory for each page of them\n"},
        {"memory add rom 0 at 0x200000",
         "memory add: can't map added ROM at 0x200000: its size is 0\n"},
    };
    struct fixture f;
    set_up(&f);
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        check_answer(&f, refused[i].command, refused[i].answer);
    CHECK_EQ(booked_count(&f.books), 1);
    f.books.fail = -EINVAL;
    check_answer(&f, "memory add ram 4K at 2M",
                 "memory add: can't map added RAM at 0x200000-0x200fff as slot 1: Invalid "
                 "argument (see dmesg)\n");
    tear_down(&f);
}

static void words_that_are_wrong(void)
{
    static const char *const wrong[] = {
        "memory add",
        "memory add ram",
        "memory add ram 4K",
        "memory add ram 4K 2M",
        "memory add ram 4K at",
        "memory add ram 4K in 2M",
        "memory add ram 4K att 2M",
        "memory add ram 4K at 2M now",
        "memory add ramm 4K at 2M",
        "memory add RAM 4K at 2M",
        "memory add ram 4Q at 2M",
        "memory add ram -4K at 2M",
        "memory add ram 4K at 0x",
        "memory add ram 99999999999999999999 at 2M",
        "memory add ram 0000000000000000000000000004096at 2M",
    };
    struct fixture f;
    set_up(&f);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        check_answer(&f, wrong[i], "usage: monitor memory add ram|rom SIZE at GPA\n");
    check_answer(&f, "memory remove", "usage: monitor memory remove GPA\n");
    check_answer(&f, "memory remove 0 0", "usage: monitor memory remove GPA\n");
    check_answer(&f, "memory remove all", "usage: monitor memory remove GPA\n");
    check_answer(&f, "memory list all", "usage: monitor memory list\n");
    CHECK_EQ(booked_count(&f.books), 1);
    tear_down(&f);
}

static void what_is_not_added_stays(void)
{
    struct fixture f;
    set_up(&f);
    check_answer(&f, "memory remove 0",
                 "memory remove: low RAM at 0x0 is the machine's own: it stays\n");
    check_answer(&f, "memory remove 0x1000",
                 "memory remove: no region begins at 0x1000 (monitor memory list shows where they "
                 "do)\n");
    check_answer(&f, "memory remove 0x200000",
                 "memory remove: no region begins at 0x200000 (monitor memory list shows where "
                 "they do)\n");
    CHECK_EQ(booked_count(&f.books), 1);
    tear_down(&f);
}

/* ---- The screen */

static void put_text(struct fixture *f, unsigned at, const char *text)
{
    for (; *text; text++, at++)
        f->screen.cells[at] = (struct text_cell){(uint8_t)*text, 0x1f};
}

static void give_screen(void *context, struct text_screen *screen)
{
    *screen = ((struct fixture *)context)->screen;
}

static void set_up_screen(struct fixture *f, unsigned columns, unsigned rows)
{
    set_up(f);
    f->debug.config.screen = give_screen;
    f->debug.config.context = f;
    f->screen.shows = TEXT_SCREEN_TEXT;
    f->screen.columns = columns;
    f->screen.rows = rows;
    f->screen.address = 0xb8000;
    f->screen.cursor_shown = true;
}

static void an_empty_screen(void)
{
    struct fixture f;
    set_up_screen(&f, 80, 25);
    check_answer(&f, "screen",
                 "(80x25 text from 0xb8000 on; the cursor is at row 0, column 0, from 0)\n");
    tear_down(&f);
}

/* The eighth bit and control codes have pictures; rows and columns that are blank at the end are
 * left out, those before them are not. */
static void text_on_the_screen(void)
{
    struct fixture f;
    set_up_screen(&f, 80, 25);
    put_text(&f, 0, "first  ");
    put_text(&f, 2 * 80 + 3, "\x01\x80\xdb\x7f");
    put_text(&f, 24 * 80 + 79, "x");
    f.screen.cursor_row = 24;
    f.screen.cursor_column = 7;
    check_answer(&f, "screen",
                 "first\n\n   \u263a\u00c7\u2588\u2302\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n"
                 "                                        "
                 "                                       x\n"
                 "(80x25 text from 0xb8000 on; the cursor is at row 24, column 7, from 0)\n");
    tear_down(&f);
}

static void other_pages_and_modes(void)
{
    struct fixture f;
    set_up_screen(&f, 40, 50);
    put_text(&f, 40, "second row");
    f.screen.address = 0xbb000;
    f.screen.cursor_shown = false;
    check_answer(&f, "screen",
                 "\nsecond row\n(40x50 text from 0xbb000 on; the cursor is not shown)\n");
    tear_down(&f);
}

static void no_text_no_screen(void)
{
    struct fixture f;
    set_up_screen(&f, 0, 0);
    f.screen.shows = TEXT_SCREEN_GRAPHICS;
    check_answer(&f, "screen", "screen: the VGA is in a graphics mode, which is not shown\n");
    f.screen.shows = TEXT_SCREEN_OFF;
    check_answer(&f, "screen",
                 "screen: the VGA shows nothing (no mode is set, or it is blanked)\n");
    tear_down(&f);
}

int main(void)
{
    TEST(memory_is_added);
    TEST(what_collides_is_refused);
    TEST(words_that_are_wrong);
    TEST(what_is_not_added_stays);
    TEST(an_empty_screen);
    TEST(text_on_the_screen);
    TEST(other_pages_and_modes);
    TEST(no_text_no_screen);
    return check_done();
}
