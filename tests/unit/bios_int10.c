/* INT 10h: text memory, the data area, registers, and what a terminal is sent. */
#include "bios_machine.h"

#include "bios/state.h"

#define SCREEN 0xb8000

static void int10(struct machine *m, uint16_t ax, uint16_t bx, uint16_t cx, uint16_t dx)
{
    machine_set16(m, CPU_RBX, bx);
    machine_set16(m, CPU_RCX, cx);
    machine_set16(m, CPU_RDX, dx);
    machine_call(m, 0x10, ax);
}

/* INT 10h with AX must change no register and no flag. */
static void int10_quiet(struct machine *m, uint16_t ax, uint16_t bx, uint16_t cx, uint16_t dx)
{
    machine_set16(m, CPU_RAX, ax);
    machine_set16(m, CPU_RBX, bx);
    machine_set16(m, CPU_RCX, cx);
    machine_set16(m, CPU_RDX, dx);
    struct cpu_state s = m->cpu;
    s.rip += 2;
    machine_call(m, 0x10, ax);
    CHECK_CPU(m, &s);
}

static void type(struct machine *m, const char *text)
{
    for (; *text; text++)
        int10_quiet(m, (uint16_t)(0x0e00 | (uint8_t)*text), 0x0007, 0, 0);
}

static uint16_t cell(const struct machine *m, unsigned row, unsigned column)
{
    return machine_word(m, SCREEN + (row * 80 + column) * 2);
}

static uint16_t cursor(const struct machine *m)
{
    return machine_word(m, 0x450);
}

/* The row's text without attributes or trailing blanks. */
static const char *row_text(const struct machine *m, unsigned row, char text[81])
{
    for (unsigned i = 0; i < 80; i++)
        text[i] = (char)cell(m, row, i);
    size_t len = 80;
    while (len && text[len - 1] == ' ')
        len--;
    text[len] = 0;
    return text;
}

static void begins_blank(void)
{
    struct machine *m = machine_new(NULL);
    CHECK_EQ(cell(m, 0, 0), 0x0720);
    CHECK_EQ(cell(m, 24, 79), 0x0720);
    CHECK_EQ(machine_byte(m, 0x449), 3);
    CHECK_EQ(machine_word(m, 0x44a), 80);
    CHECK_EQ(machine_word(m, 0x44c), 0x1000);
    CHECK_EQ(machine_word(m, 0x463), 0x3d4);
    CHECK_EQ(machine_byte(m, 0x484), 24);
    CHECK_EQ(machine_word(m, 0x485), 16);
    CHECK_CONSOLE(m, "");
    machine_free(m);
}

static void types_lines(void)
{
    struct machine *m = machine_new(NULL);
    char text[81];
    type(m, "Hello\r\nworld");
    CHECK_STR(row_text(m, 0, text), "Hello");
    CHECK_STR(row_text(m, 1, text), "world");
    CHECK_EQ(cursor(m), 0x0105);
    CHECK_CONSOLE(m, "Hello\r\nworld");
    type(m, "\r\n");
    CHECK_CONSOLE(m, "\r\n"); /* a line's end does not wait for the next line */
    type(m, "ab\n\rc");       /* the other order */
    CHECK_CONSOLE(m, "ab\r\nc");
    machine_free(m);
}

static void keeps_the_attribute_under_teletype(void)
{
    struct machine *m = machine_new(NULL);
    machine_set_word(m, SCREEN, 0x1e41);
    type(m, "B");
    CHECK_EQ(cell(m, 0, 0), 0x1e42);
    machine_free(m);
}

static void backspaces_and_rings(void)
{
    struct machine *m = machine_new(NULL);
    char text[81];
    type(m, "ax\b \bb\a");
    CHECK_STR(row_text(m, 0, text), "ab");
    CHECK_EQ(cursor(m), 0x0002);
    CHECK_CONSOLE(m, "ax\b \bb\a");
    type(m, "\b\b\b\b");
    CHECK_EQ(cursor(m), 0x0000);
    machine_free(m);
}

static void wraps_and_scrolls(void)
{
    struct machine *m = machine_new(NULL);
    char text[81], line[82];
    memset(line, 'x', 80);
    line[80] = 'y', line[81] = 0;
    type(m, line);
    CHECK_EQ(cursor(m), 0x0101);
    line[80] = 0;
    CHECK_STR(row_text(m, 0, text), line);
    CHECK_STR(row_text(m, 1, text), "y");
    line[80] = 0;
    CHECK_EQ(strncmp(m->console, line, 80), 0);
    CHECK_STR(m->console + 80, "\r\ny");
    for (unsigned i = 0; i < 24; i++)
        type(m, "\r\n");
    type(m, "end");
    CHECK_STR(row_text(m, 0, text), "y");
    CHECK_STR(row_text(m, 24, text), "end");
    CHECK_EQ(cursor(m), 0x1803);
    machine_free(m);
}

static void sends_a_line_feed_for_each_line_scrolled(void)
{
    struct machine *m = machine_new(NULL);
    for (unsigned i = 0; i < 30; i++)
        type(m, "x\r\n");
    char expected[128] = "";
    for (unsigned i = 0; i < 30; i++)
        strcat(expected, "x\r\n");
    CHECK_CONSOLE(m, expected);
    machine_free(m);
}

/* As GRUB's console does: write with AH=09h, then set the cursor behind it. */
static void reads_as_plain_text_when_grub_writes(void)
{
    struct machine *m = machine_new(NULL);
    for (const char *p = "grub> "; *p; p++) {
        int10(m, 0x0300, 0, 0, 0);
        uint16_t at = machine_get16(m, CPU_RDX);
        int10_quiet(m, (uint16_t)(0x0900 | (uint8_t)*p), 0x0007, 1, at);
        int10_quiet(m, 0x0200, 0, 0, (uint16_t)(at + 1));
    }
    CHECK_CONSOLE(m, "grub> ");
    int10_quiet(m, 0x0200, 0, 0, 0x0000);
    int10_quiet(m, 0x0920, 0x0007, 80 * 25, 0); /* clears the screen */
    CHECK_EQ(cell(m, 0, 0), 0x0720);
    CHECK_CONSOLE(m, "\r\n");
    type(m, "next");
    CHECK_CONSOLE(m, "next");
    machine_free(m);
}

static void follows_the_cursor(void)
{
    struct machine *m = machine_new(NULL);
    int10_quiet(m, 0x0200, 0, 0, 0x0203);
    type(m, "A"); /* into lines that are new to the terminal: spaces */
    CHECK_CONSOLE(m, "\n\n   A");
    int10_quiet(m, 0x0200, 0, 0, 0x0008);
    type(m, "B");
    CHECK_CONSOLE(m, "\033[2A\033[4CB");
    int10_quiet(m, 0x0200, 0, 0, 0x0100);
    type(m, "C");
    CHECK_CONSOLE(m, "\r\nC");
    int10_quiet(m, 0x0200, 0, 0, 0x014f);
    type(m, "D"); /* in the last column */
    CHECK_CONSOLE(m, "\033[78CD");
    int10_quiet(m, 0x0200, 0, 0, 0x014e);
    type(m, "E");
    CHECK_CONSOLE(m, "\r\033[78CE");
    int10_quiet(m, 0x0200, 0, 0, 0x0145);
    type(m, "F");
    CHECK_CONSOLE(m, "\033[10DF");
    machine_free(m);
}

static void shows_reverse_video(void)
{
    struct machine *m = machine_new(NULL);
    int10_quiet(m, 0x0941, 0x0070, 2, 0);
    int10_quiet(m, 0x0200, 0, 0, 0x0002);
    int10_quiet(m, 0x0942, 0x0007, 1, 0);
    CHECK_CONSOLE(m, "\033[7mAA\033[27mB");
    CHECK_EQ(cell(m, 0, 1), 0x7041);
    CHECK_EQ(cell(m, 0, 2), 0x0742);
    CHECK_EQ(cursor(m), 0x0002);
    machine_free(m);
}

static void translates_code_page_437(void)
{
    struct machine *m = machine_new(NULL);
    type(m, "\x81\xc4\xdb\xfb\x01");
    CHECK_CONSOLE(m, "\xc3\xbc\xe2\x94\x80\xe2\x96\x88\xe2\x88\x9a\xe2\x98\xba");
    machine_free(m);
}

static void reads_and_writes_cells(void)
{
    struct machine *m = machine_new(NULL);
    int10_quiet(m, 0x0200, 0, 0, 0x184f);
    int10_quiet(m, 0x0941, 0x001f, 0xffff, 0); /* cut at the screen's end */
    CHECK_EQ(cell(m, 24, 79), 0x1f41);
    CHECK_EQ(machine_word(m, SCREEN + 4000), 0x0720);
    int10_quiet(m, 0x0a42, 0x0033, 1, 0); /* AH=0Ah keeps the attribute */
    int10(m, 0x0800, 0, 0, 0);
    CHECK_EQ(machine_get16(m, CPU_RAX), 0x1f42);
    machine_free(m);
}

static void tells_cursor_and_mode(void)
{
    struct machine *m = machine_new(NULL);
    int10_quiet(m, 0x0100, 0, 0x2607, 0);
    int10_quiet(m, 0x0200, 0x0300, 0, 0x0a14); /* page 3 */
    CHECK_EQ(machine_word(m, 0x456), 0x0a14);
    CHECK_EQ(cursor(m), 0);
    int10(m, 0x0300, 0x0300, 0xffff, 0xffff);
    CHECK_EQ(machine_get16(m, CPU_RDX), 0x0a14);
    CHECK_EQ(machine_get16(m, CPU_RCX), 0x2607);
    int10(m, 0x0f00, 0xffaa, 0, 0);
    CHECK_EQ(machine_get16(m, CPU_RAX), 0x5003);
    CHECK_EQ(machine_get16(m, CPU_RBX), 0x00aa);
    machine_free(m);
}

static void sets_modes(void)
{
    struct machine *m = machine_new(NULL);
    struct bios_unknown unknown[4];
    type(m, "abc");
    int10_quiet(m, 0x0083, 0, 0, 0); /* without clearing */
    CHECK_EQ(cell(m, 0, 0), 0x0761);
    CHECK_EQ(cursor(m), 0);
    int10_quiet(m, 0x0001, 0, 0, 0);
    CHECK_EQ(cell(m, 0, 0), 0x0720);
    int10(m, 0x0f00, 0, 0, 0);
    CHECK_EQ(machine_get16(m, CPU_RAX), 0x2801);
    int10_quiet(m, 0x0200, 0, 0, 0x0027);
    type(m, "xy"); /* 40 columns: y is on the next row */
    CHECK_EQ(machine_word(m, SCREEN + 80), 0x0779);
    machine_call(m, 0x10, 0x0013); /* graphics */
    CHECK_EQ(m->cpu.rflags & CPU_FLAG_CF, CPU_FLAG_CF);
    CHECK_EQ(machine_byte(m, 0x449), 1);
    CHECK_EQ(bios_unknown_calls(m->bios, unknown, 4), 1);
    CHECK_EQ(unknown[0].vector, 0x10);
    machine_free(m);
}

static void switches_pages(void)
{
    struct machine *m = machine_new(NULL);
    int10_quiet(m, 0x0200, 0x0200, 0, 0x0000);
    int10_quiet(m, 0x0950, 0x0207, 1, 0); /* to a page that is not shown */
    CHECK_EQ(machine_word(m, SCREEN + 0x2000), 0x0750);
    CHECK_CONSOLE(m, "");
    int10_quiet(m, 0x0502, 0, 0, 0);
    CHECK_EQ(machine_byte(m, 0x462), 2);
    CHECK_EQ(machine_word(m, 0x44e), 0x2000);
    CHECK_EQ(m->console[0], 'P');
    machine_free(m);
}

/* Rows a to e in the screen's first five rows. */
static void fill_rows(struct machine *m)
{
    type(m, "aaaa\r\nbbbb\r\ncccc\r\ndddd\r\neeee");
}

static void scrolls_windows(void)
{
    struct machine *m = machine_new(NULL);
    char text[81];
    fill_rows(m);
    int10_quiet(m, 0x0601, 0x1700, 0x0101, 0x0302); /* rows 1-3, columns 1-2, up by one */
    CHECK_STR(row_text(m, 0, text), "aaaa");
    CHECK_STR(row_text(m, 1, text), "bccb");
    CHECK_STR(row_text(m, 2, text), "cddc");
    CHECK_STR(row_text(m, 3, text), "d  d");
    CHECK_EQ(cell(m, 3, 1), 0x1720);
    CHECK_EQ(cell(m, 3, 0), 0x0764);
    int10_quiet(m, 0x0702, 0x0700, 0x0000, 0x044f); /* rows 0-4 down by two */
    CHECK_STR(row_text(m, 0, text), "");
    CHECK_STR(row_text(m, 1, text), "");
    CHECK_STR(row_text(m, 2, text), "aaaa");
    CHECK_STR(row_text(m, 4, text), "cddc");
    int10_quiet(m, 0x0700, 0x0700, 0x0200, 0x024f); /* 0 lines: all of the window */
    CHECK_STR(row_text(m, 2, text), "");
    CHECK_STR(row_text(m, 3, text), "bccb");
    machine_free(m);
}

static void survives_bad_windows(void)
{
    static const struct {
        uint16_t ax, cx, dx;
    } cases[] = {
        {0x06ff, 0x0000, 0xffff}, {0x0701, 0x1900, 0xffff}, {0x0601, 0x0050, 0xffff},
        {0x0601, 0x0500, 0x044f}, {0x0701, 0x0005, 0x1804}, {0x06ff, 0xffff, 0x0000},
    };
    struct machine *m = machine_new(NULL);
    machine_set_word(m, SCREEN + 4000, 0x1234);
    machine_set_word(m, SCREEN - 2, 0x1234);
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++)
        int10_quiet(m, cases[i].ax, 0x0700, cases[i].cx, cases[i].dx);
    CHECK_EQ(machine_word(m, SCREEN + 4000), 0x1234);
    CHECK_EQ(machine_word(m, SCREEN - 2), 0x1234);
    machine_free(m);
}

static void survives_a_bad_data_area(void)
{
    struct machine *m = machine_new(NULL);
    for (uint64_t at = 0x449; at < 0x490; at++)
        memory_write(m->memory, at, "\xff", 1);
    machine_set_word(m, SCREEN + 0x7000 + 4000, 0x1234); /* behind the last page's rows */
    int10_quiet(m, 0x0e41, 0, 0, 0);
    int10_quiet(m, 0x0941, 0x0907, 0xffff, 0);
    int10_quiet(m, 0x0601, 0x0700, 0, 0xffff);
    int10(m, 0x0800, 0xff00, 0, 0);
    CHECK_EQ(machine_word(m, SCREEN + 0x7000 + 4000), 0x1234);
    machine_free(m);
}

static void writes_strings(void)
{
    struct machine *m = machine_new(NULL);
    char text[81];
    machine_set16(m, CPU_RBP, 0xfffe); /* the string wraps at its segment's end */
    memory_write(m->memory, 0x2fffe, "ab", 2);
    memory_write(m->memory, 0x20000, "c\nd", 3);
    int10_quiet(m, 0x1301, 0x0002, 5, 0x0102);
    CHECK_STR(row_text(m, 1, text), "  abc");
    CHECK_STR(row_text(m, 2, text), "     d");
    CHECK_EQ(cell(m, 1, 2), 0x0261);
    CHECK_EQ(cursor(m), 0x0206);
    machine_set16(m, CPU_RBP, 0);
    memory_write(m->memory, 0x20000, "x\x1ey\x4f", 4);
    int10_quiet(m, 0x1302, 0x0000, 2, 0x0500); /* with attributes, the cursor stays */
    CHECK_EQ(cell(m, 5, 0), 0x1e78);
    CHECK_EQ(cell(m, 5, 1), 0x4f79);
    CHECK_EQ(cursor(m), 0x0206);
    machine_segment(m, CPU_ES, 0xc800); /* no memory there */
    int10_quiet(m, 0x1301, 0x0007, 0xffff, 0x0700);
    CHECK_STR(row_text(m, 7, text), "");
    machine_free(m);
}

static void answers_queries(void)
{
    struct machine *m = machine_new(NULL);
    int10(m, 0x1200, 0xff10, 0xffff, 0);
    CHECK_EQ(machine_get16(m, CPU_RBX), 0x0003);
    CHECK_EQ(machine_get16(m, CPU_RCX), 0x0009);
    int10(m, 0x1a00, 0xffff, 0, 0);
    CHECK_EQ(machine_get16(m, CPU_RAX), 0x1a1a);
    CHECK_EQ(machine_get16(m, CPU_RBX), 0x0008);
    int10(m, 0x1130, 0x0600, 0, 0xaa00);
    CHECK_EQ(machine_get16(m, CPU_RCX), 16);
    CHECK_EQ(machine_get16(m, CPU_RDX), 0xaa18);
    CHECK_EQ(m->cpu.seg[CPU_ES].base, 0xf0000);
    int10(m, 0x4f00, 0, 0, 0); /* VBE: AL is not 4Fh, AH says failed */
    CHECK_EQ(machine_get16(m, CPU_RAX), 0x0100);
    int10(m, 0x1b00, 0, 0, 0);
    CHECK_EQ(machine_get16(m, CPU_RAX), 0x1b00);
    int10_quiet(m, 0x1003, 0x0000, 0, 0);
    machine_free(m);
}

/* What the VGA shows, in the words of INT 10h. */
static void check_vga(const struct machine *m, unsigned columns, unsigned rows, unsigned start,
                      unsigned cursor_cell)
{
    const struct vga_text text = vga_text(&m->vga.state);
    CHECK_EQ(text.shows, VGA_TEXT_MODE);
    CHECK_EQ(text.columns, columns);
    CHECK_EQ(text.rows, rows);
    CHECK_EQ(text.window, 0x18000);
    CHECK_EQ(text.start, start);
    CHECK_EQ(text.pitch, columns * 2);
    CHECK_EQ(text.cursor, start + cursor_cell * 2);
}

static void keeps_the_vga_in_step(void)
{
    struct machine *m = machine_new(NULL);
    check_vga(m, 80, 25, 0, 0);
    type(m, "ab\r\nc");
    check_vga(m, 80, 25, 0, 81);
    int10_quiet(m, 0x0200, 0, 0, 0x0a05);
    check_vga(m, 80, 25, 0, 805);
    int10_quiet(m, 0x0200, 0x0100, 0, 0x0102); /* page 1's is not seen yet */
    check_vga(m, 80, 25, 0, 805);
    int10_quiet(m, 0x0501, 0, 0, 0);
    check_vga(m, 80, 25, 0x1000, 82);
    int10(m, 0x0001, 0, 0, 0);
    check_vga(m, 40, 25, 0, 0);
    machine_free(m);
}

static void shapes_the_cursor(void)
{
    static const struct {
        uint16_t shape;
        uint8_t top, bottom;
        bool shown;
    } cases[] = {
        {0x0607, 13, 15, true},  /* a CGA's lines, scaled */
        {0x0007, 1, 15, true},   /* block */
        {0x0d0e, 13, 14, true},  /* as they are */
        {0x2607, 13, 15, false}, /* off */
        {0x0706, 15, 13, false}, /* ends before it begins */
    };
    struct machine *m = machine_new(NULL);
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        int10_quiet(m, 0x0100, 0, cases[i].shape, 0);
        const struct vga_text text = vga_text(&m->vga.state);
        CHECK_EQ(text.cursor_top, cases[i].top);
        CHECK_EQ(text.cursor_bottom, cases[i].bottom);
        CHECK_EQ(text.cursor_shown, cases[i].shown);
        CHECK_EQ(text.cell_height, 16);
    }
    machine_free(m);
}

static void has_fifty_rows(void)
{
    struct machine *m = machine_new(NULL);
    int10_quiet(m, 0x1112, 0, 0, 0);
    check_vga(m, 80, 50, 0, 0);
    CHECK_EQ(machine_byte(m, 0x484), 49);
    CHECK_EQ(machine_word(m, 0x485), 8);
    CHECK_EQ(machine_word(m, 0x44c), 0x2000);
    int10_quiet(m, 0x0200, 0, 0, 0x3100); /* the last row */
    type(m, "end\n");                     /* scrolls */
    CHECK_EQ(cell(m, 48, 0) & 0xff, 'e');
    CHECK_EQ(cell(m, 49, 0) & 0xff, ' ');
    int10_quiet(m, 0x0503, 0, 0, 0); /* of four pages */
    check_vga(m, 80, 50, 0x6000, 0);
    int10_quiet(m, 0x0504, 0, 0, 0);
    check_vga(m, 80, 50, 0, 49 * 80 + 3);
    int10_quiet(m, 0x1114, 0, 0, 0);
    check_vga(m, 80, 25, 0, 0);
    CHECK_EQ(machine_word(m, 0x44c), 0x1000);
    machine_free(m);
}

static void sets_colors(void)
{
    static const uint8_t brown[3] = {0x2a, 0x15, 0}, white[3] = {0x3f, 0x3f, 0x3f};
    static const uint8_t two[6] = {1, 2, 3, 4, 5, 6};
    struct machine *m = machine_new(NULL);
    const struct vga_state *vga = &m->vga.state;
    CHECK_MEM(vga->dac[0x14], brown, 3);
    CHECK_MEM(vga->dac[0x3f], white, 3);
    CHECK(vga_text(vga).blink);
    int10_quiet(m, 0x1003, 0x0000, 0, 0);
    CHECK(!vga_text(vga).blink);
    int10_quiet(m, 0x1003, 0x0001, 0, 0);
    CHECK(vga_text(vga).blink);
    int10_quiet(m, 0x1000, 0x2a07, 0, 0);
    CHECK_EQ(vga->attribute[7], 0x2a);
    int10_quiet(m, 0x1010, 0x0009, 0x0b0c, 0x0a00);
    CHECK_MEM(vga->dac[9], ((const uint8_t[3]){0x0a, 0x0b, 0x0c}), 3);
    memory_write(m->memory, m->cpu.seg[CPU_ES].base + 0x10, two, sizeof two);
    int10_quiet(m, 0x1012, 0x00fe, 0x0003, 0x0010); /* one too many for the table's end */
    CHECK_MEM(vga->dac[0xfe], two, sizeof two);
    CHECK_MEM(vga->dac[0], ((const uint8_t[3]){0, 0, 0}), 3);
    CHECK_EQ(vga->attribute_index & 0x20, 0x20); /* still seen */
    machine_free(m);
}

/* The sixteen colors' and the border's registers, one by one and from a table. */
static void sets_the_palette(void)
{
    uint8_t table[17];
    struct machine *m = machine_new(NULL);
    const struct vga_state *vga = &m->vga.state;
    int10_quiet(m, 0x1001, 0x0500, 0, 0);
    CHECK_EQ(vga->attribute[0x11], 5);
    for (uint8_t i = 0; i < sizeof table; i++)
        table[i] = 0x30 - i;
    memory_write(m->memory, m->cpu.seg[CPU_ES].base + 0x20, table, sizeof table);
    int10_quiet(m, 0x1002, 0, 0, 0x20);
    CHECK_MEM(vga->attribute, table, 16);
    CHECK_EQ(vga->attribute[0x11], table[16]);
    machine_segment(m, CPU_ES, 0xd000); /* nothing is there */
    int10_quiet(m, 0x1002, 0, 0, 0);
    int10_quiet(m, 0x1012, 0, 1, 0);
    CHECK_MEM(vga->attribute, table, 16);
    CHECK_EQ(vga->attribute_index & 0x20, 0x20);
    machine_free(m);
}

/* With no terminal that follows the screen, the BIOS's own words are on the screen. */
static void speaks_on_the_screen(void)
{
    struct machine *m = machine_new(NULL);
    char text[81];
    bios_say(m->bios, "to the console");
    CHECK_CONSOLE(m, "to the console\r\n");
    CHECK_STR(row_text(m, 0, text), "");
    bios_free(m->bios);
    m->config.console = NULL;
    m->bios = bios_new(&m->config);
    CHECK_EQ(bios_reset(m->bios, &(struct error){""}), 0);
    type(m, "guest");
    bios_say(m->bios, "the BIOS");
    CHECK_STR(row_text(m, 0, text), "guest");
    CHECK_STR(row_text(m, 1, text), "the BIOS");
    CHECK_EQ(cursor(m), 0x0200);
    machine_free(m);
}

int main(void)
{
    TEST(begins_blank);
    TEST(types_lines);
    TEST(keeps_the_attribute_under_teletype);
    TEST(backspaces_and_rings);
    TEST(wraps_and_scrolls);
    TEST(sends_a_line_feed_for_each_line_scrolled);
    TEST(reads_as_plain_text_when_grub_writes);
    TEST(follows_the_cursor);
    TEST(shows_reverse_video);
    TEST(translates_code_page_437);
    TEST(reads_and_writes_cells);
    TEST(tells_cursor_and_mode);
    TEST(sets_modes);
    TEST(switches_pages);
    TEST(scrolls_windows);
    TEST(survives_bad_windows);
    TEST(survives_a_bad_data_area);
    TEST(writes_strings);
    TEST(answers_queries);
    TEST(keeps_the_vga_in_step);
    TEST(shapes_the_cursor);
    TEST(has_fifty_rows);
    TEST(sets_colors);
    TEST(sets_the_palette);
    TEST(speaks_on_the_screen);
    return check_done();
}
