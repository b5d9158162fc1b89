/* The picture that a VGA's registers make of its memory: size, first cell, wrapping, cursor. */
#include "screen/text_screen.h"

#include "memory/layout.h"
#include "ram.h"

static struct text_screen screen;

/* 32 KiB of cells at 0xb8000, each with its number. */
static struct memory *numbered_memory(void)
{
    struct memory *memory = ram_new(LAYOUT_VGA + LAYOUT_VGA_SIZE);
    for (uint16_t i = 0; i < 0x4000; i++)
        memory_write(memory, 0xb8000 + 2u * i, &i, 2);
    return memory;
}

/* COLUMNS x ROWS cells of 16 lines from cell START on. */
static struct vga_state text_mode(unsigned columns, unsigned rows, unsigned start, unsigned cursor)
{
    const unsigned end = rows * 16 - 1;
    struct vga_state s = {.attribute_index = 0x20};
    s.graphics[6] = 0x0e;
    s.crtc[0x01] = (uint8_t)(columns - 1);
    s.crtc[0x07] = (uint8_t)((end >> 8 & 1) << 1 | (end >> 9 & 1) << 6);
    s.crtc[0x09] = 15;
    s.crtc[0x0a] = 13;
    s.crtc[0x0b] = 14;
    s.crtc[0x0c] = (uint8_t)(start >> 8);
    s.crtc[0x0d] = (uint8_t)start;
    s.crtc[0x0e] = (uint8_t)(cursor >> 8);
    s.crtc[0x0f] = (uint8_t)cursor;
    s.crtc[0x12] = (uint8_t)end;
    s.crtc[0x13] = (uint8_t)((columns + 1) / 2);
    return s;
}

static unsigned cell(unsigned index)
{
    return screen.cells[index].code | (unsigned)screen.cells[index].attribute << 8;
}

static void reads_a_page(void)
{
    struct memory *memory = numbered_memory();
    const struct vga_state s = text_mode(80, 25, 0x800, 0x800 + 3 * 80 + 7);
    text_screen_read(&screen, &s, memory);
    CHECK_EQ(screen.shows, TEXT_SCREEN_TEXT);
    CHECK_EQ(screen.columns, 80);
    CHECK_EQ(screen.rows, 25);
    CHECK_EQ(screen.address, 0xb9000);
    for (unsigned i = 0; i < 2000; i++)
        CHECK_EQ(cell(i), 0x800 + i);
    CHECK(screen.cursor_shown);
    CHECK_EQ(screen.cursor_row, 3);
    CHECK_EQ(screen.cursor_column, 7);
    CHECK(!screen.cursor_block);
    memory_free(memory);
}

static void skips_what_the_pitch_skips(void)
{
    struct memory *memory = numbered_memory();
    struct vga_state s = text_mode(40, 25, 0, 83);
    s.crtc[0x13] = 40; /* 80 cells a row, of which 40 are shown */
    s.crtc[0x0a] = 2;
    text_screen_read(&screen, &s, memory);
    CHECK_EQ(cell(39), 39);
    CHECK_EQ(cell(40), 80);
    CHECK_EQ(screen.cursor_row, 1);
    CHECK_EQ(screen.cursor_column, 3);
    CHECK(screen.cursor_block);
    memory_free(memory);
}

static void wraps_in_the_window(void)
{
    struct memory *memory = numbered_memory();
    const struct vga_state s = text_mode(80, 25, 0x3fff, 0);
    text_screen_read(&screen, &s, memory);
    CHECK_EQ(cell(0), 0x3fff);
    CHECK_EQ(cell(1), 0);
    CHECK_EQ(cell(1999), 1998);
    CHECK(screen.cursor_shown);
    CHECK_EQ(screen.cursor_column, 1);
    memory_free(memory);
}

static void cuts_what_is_too_large(void)
{
    struct memory *memory = numbered_memory();
    struct vga_state s = text_mode(256, 64, 0, 200);
    s.crtc[0x09] = 0; /* 1024 rows */
    text_screen_read(&screen, &s, memory);
    CHECK_EQ(screen.columns, TEXT_SCREEN_COLUMNS);
    CHECK_EQ(screen.rows, TEXT_SCREEN_ROWS);
    CHECK_EQ(cell(TEXT_SCREEN_COLUMNS), 256);
    CHECK(!screen.cursor_shown);
    s.crtc[0x13] = 0; /* all rows are the same one */
    text_screen_read(&screen, &s, memory);
    CHECK_EQ(cell(TEXT_SCREEN_COLUMNS), 0);
    CHECK(!screen.cursor_shown);
    memory_free(memory);
}

static void shows_no_text(void)
{
    struct memory *memory = ram_new(0x1000); /* and no VGA memory */
    struct vga_state s = text_mode(80, 25, 0, 0);
    text_screen_read(&screen, &s, memory);
    CHECK_EQ(screen.shows, TEXT_SCREEN_TEXT);
    CHECK_EQ(cell(0), 0);
    s.graphics[6] |= 1;
    text_screen_read(&screen, &s, memory);
    CHECK_EQ(screen.shows, TEXT_SCREEN_GRAPHICS);
    CHECK_EQ(screen.columns, 0);
    s.attribute_index = 0;
    text_screen_read(&screen, &s, memory);
    CHECK_EQ(screen.shows, TEXT_SCREEN_OFF);
    memory_free(memory);
}

int main(void)
{
    TEST(reads_a_page);
    TEST(skips_what_the_pitch_skips);
    TEST(wraps_in_the_window);
    TEST(cuts_what_is_too_large);
    TEST(shows_no_text);
    return check_done();
}
