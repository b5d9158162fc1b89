/* Drawing a text screen on a terminal: what the bytes do there, and how many there are. */
#include "screen/screen_draw.h"

#include "screen/cp437.h"

#include "tests/check.h"

#include <stdlib.h>

/* ---- A terminal that knows what screen_draw sends, and nothing else */

#define MAX_COLUMNS 140
#define MAX_ROWS    70

struct terminal {
    unsigned columns, rows, row, column;
    char attribute[24]; /* the parameters of the last SGR */
    bool cursor, block;
    bool behind; /* the last column has been written: where the next one goes is open */
    struct {
        char text[4], attribute[24];
    } cells[MAX_ROWS][MAX_COLUMNS];
};

static struct terminal t;

static void clear_terminal(void)
{
    for (unsigned row = 0; row < MAX_ROWS; row++)
        for (unsigned column = 0; column < MAX_COLUMNS; column++) {
            strcpy(t.cells[row][column].text, " ");
            strcpy(t.cells[row][column].attribute, "0");
        }
}

static void start_terminal(unsigned columns, unsigned rows)
{
    memset(&t, 0, sizeof t);
    t.columns = columns;
    t.rows = rows;
    clear_terminal();
}

/* TEXT is what follows ESC [; returns its length. */
static size_t control(const char *text)
{
    const size_t parameters = strspn(text, "0123456789;? ");
    const char final = text[parameters];
    unsigned row = 1, column = 1;
    switch (final) {
    case 'H':
        sscanf(text, "%u;%u", &row, &column);
        CHECK(row >= 1 && row <= t.rows && column >= 1 && column <= t.columns);
        t.row = row - 1;
        t.column = column - 1;
        t.behind = false;
        break;
    case 'J':
        CHECK_EQ(strncmp(text, "2J", 2), 0);
        clear_terminal();
        break;
    case 'm':
        CHECK(parameters < sizeof t.attribute);
        snprintf(t.attribute, sizeof t.attribute, "%.*s", (int)parameters, text);
        break;
    case 'q':
        t.block = text[0] == '2';
        break;
    case 'h':
    case 'l':
        CHECK_EQ(strncmp(text, "?25", 3), 0);
        t.cursor = final == 'h';
        break;
    default:
        check_fail(__FILE__, __LINE__, "unknown control sequence: %.8s", text);
    }
    return parameters + 1;
}

static size_t character(const char *text)
{
    const unsigned char lead = (unsigned char)text[0];
    const size_t len = lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
    CHECK(lead >= ' ' && !t.behind && t.column < t.columns);
    snprintf(t.cells[t.row][t.column].text, 4, "%.*s", (int)len, text);
    strcpy(t.cells[t.row][t.column].attribute, t.attribute);
    t.behind = ++t.column == t.columns;
    return len;
}

static void show(const char *bytes, size_t len)
{
    for (size_t i = 0; i < len && !check_failures;)
        i += bytes[i] == '\033' ? 2 + control(bytes + i + 2) : character(bytes + i);
}

/* ---- */

static struct screen_draw draw;
static struct text_screen screen;

static void set_screen(unsigned columns, unsigned rows)
{
    memset(&screen, 0, sizeof screen);
    screen.shows = TEXT_SCREEN_TEXT;
    screen.columns = columns;
    screen.rows = rows;
    screen.blink = true;
    for (unsigned i = 0; i < columns * rows; i++)
        screen.cells[i] = (struct text_cell){' ', 0x07};
}

/* All that is to be drawn, with buffers of SIZE; how many bytes it took. */
static size_t update(size_t size)
{
    char buf[40000];
    size_t n, all = 0;
    while ((n = screen_draw(&draw, &screen, buf, size))) {
        CHECK(n <= size);
        show(buf, n);
        all += n;
        if (check_failures || all > 1000000)
            break;
    }
    return all;
}

static void check_terminal(void)
{
    for (unsigned row = 0; row < screen.rows && row < t.rows; row++)
        for (unsigned column = 0; column < screen.columns && column < t.columns; column++) {
            char utf8[CP437_UTF8_MAX + 1];
            const struct text_cell cell = screen.cells[row * screen.columns + column];
            utf8[cp437_to_utf8(cell.code, utf8)] = 0;
            if (strcmp(t.cells[row][column].text, utf8))
                check_fail(__FILE__, __LINE__, "row %u, column %u: expected '%s', got '%s'", row,
                           column, utf8, t.cells[row][column].text);
            if (check_failures)
                return;
        }
    const bool inside = screen.cursor_row < t.rows && screen.cursor_column < t.columns;
    CHECK_EQ(t.cursor, screen.cursor_shown && inside);
    if (t.cursor) {
        CHECK_EQ(t.row, screen.cursor_row);
        CHECK_EQ(t.column, screen.cursor_column);
        CHECK_EQ(t.block, screen.cursor_block);
    }
}

static void begin(unsigned columns, unsigned rows)
{
    start_terminal(columns, rows);
    screen_draw_begin(&draw, columns, rows);
}

static void has_the_colors_of_a_vga(void)
{
    static const struct {
        uint8_t attribute;
        bool blink;
        const char *sgr;
    } cases[] = {
        {0x07, true, "0;37;40"},   {0x1f, true, "0;97;44"},   {0x4e, true, "0;93;41"},
        {0x21, true, "0;34;42"},   {0x36, true, "0;33;46"},   {0x70, true, "0;30;47"},
        {0x87, true, "0;5;37;40"}, {0x87, false, "0;37;100"}, {0xc8, false, "0;90;101"},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        begin(80, 25);
        set_screen(80, 25);
        screen.blink = cases[i].blink;
        screen.cells[81] = (struct text_cell){'x', cases[i].attribute};
        update(40000);
        CHECK_STR(t.cells[1][1].text, "x");
        CHECK_STR(t.cells[1][1].attribute, cases[i].sgr);
        CHECK_STR(t.cells[1][2].attribute, "0;37;40");
    }
}

static void draws_what_has_changed(void)
{
    begin(80, 25);
    set_screen(80, 25);
    screen.cursor_shown = true;
    update(40000);
    check_terminal();
    CHECK_EQ(update(40000), 0);
    memcpy(&screen.cells[85], "h\007i\007", 4);
    char buf[256];
    size_t n = screen_draw(&draw, &screen, buf, sizeof buf);
    CHECK_EQ(n, strlen("\033[2;6Hhi\033[1;1H"));
    CHECK_MEM(buf, "\033[2;6Hhi\033[1;1H", n);
    show(buf, n);
    screen.cursor_row = 1;
    screen.cursor_column = 7;
    screen.cells[86].attribute = 0x1f;
    n = screen_draw(&draw, &screen, buf, sizeof buf);
    CHECK_EQ(n, strlen("\033[2;7H\033[0;97;44mi"));
    show(buf, n);
    check_terminal();
    screen.cursor_shown = false;
    CHECK_EQ(update(256), strlen("\033[?25l"));
    check_terminal();
}

/* Random changes on terminals that are larger, as large and smaller, with buffers of any size. */
static void shows_any_screen(void)
{
    static const unsigned sizes[][2] = {{80, 25}, {132, 60}, {40, 10}, {81, 24}, {1, 1}};
    static const unsigned modes[][2] = {{80, 25}, {80, 50}, {40, 25}, {132, 60}};
    srand(1);
    for (unsigned i = 0; i < 400 && !check_failures; i++) {
        if (i % 40 == 0)
            begin(sizes[i / 40 % 5][0], sizes[i / 40 % 5][1]);
        if (i % 13 == 0)
            set_screen(modes[i / 13 % 4][0], modes[i / 13 % 4][1]);
        for (unsigned n = (unsigned)rand() % 300; n; n--)
            screen.cells[(unsigned)rand() % (screen.columns * screen.rows)] =
                (struct text_cell){(uint8_t)rand(), (uint8_t)rand()};
        screen.cursor_shown = rand() % 3;
        screen.cursor_block = rand() % 2;
        screen.cursor_row = (unsigned)rand() % screen.rows;
        screen.cursor_column = (unsigned)rand() % screen.columns;
        update(SCREEN_DRAW_MIN + (unsigned)rand() % 3000);
        check_terminal();
        CHECK_EQ(update(SCREEN_DRAW_MIN), 0);
    }
}

static void says_what_is_not_shown(void)
{
    begin(80, 25);
    set_screen(80, 25);
    update(40000);
    memset(&screen, 0, sizeof screen);
    screen.shows = TEXT_SCREEN_GRAPHICS;
    update(40000);
    CHECK_STR(t.cells[0][0].text, "T");
    CHECK_STR(t.cells[1][0].text, " ");
    CHECK(!t.cursor);
    screen.shows = TEXT_SCREEN_OFF;
    update(40000);
    CHECK_STR(t.cells[0][0].text, " ");
    begin(5, 5);
    screen.shows = TEXT_SCREEN_GRAPHICS;
    update(40000);
    CHECK_STR(t.cells[0][4].text, "g");
}

int main(void)
{
    TEST(has_the_colors_of_a_vga);
    TEST(draws_what_has_changed);
    TEST(shows_any_screen);
    TEST(says_what_is_not_shown);
    return check_done();
}
