/* INT 10h: video. Text modes of a VGA as far as loaders use them; no graphics, no fonts. */
#include "bios/bda.h"
#include "bios/rom.h"
#include "bios/screen.h"
#include "bios/state.h"

#include <string.h>

#define MODE_TEXT_MAX 3    /* modes 0 to 3 are colour text */
#define MODE_KEEP     0x80 /* in the mode: do not clear */

#define ARRAY_SIZE(a) (sizeof(a) / sizeof *(a))

static uint8_t page(const struct call *call)
{
    return call_get8(call, CALL_BH);
}

static void set_mode(struct call *call)
{
    uint8_t mode = call_get8(call, CALL_AL);
    if ((mode & ~MODE_KEEP) > MODE_TEXT_MAX)
        call_unknown(call);
    else
        screen_set_mode(call->bios, mode & (uint8_t)~MODE_KEEP, !(mode & MODE_KEEP));
}

static void set_cursor_shape(struct call *call)
{
    screen_set_cursor_shape(call->bios, call_get16(call, CPU_RCX));
}

static void set_cursor(struct call *call)
{
    struct screen_cursor cursor = {.column = call_get8(call, CALL_DL),
                                   .row = call_get8(call, CALL_DH)};
    screen_set_cursor(call->bios, page(call), cursor);
}

static void get_cursor(struct call *call)
{
    struct screen_cursor cursor = screen_cursor(call->bios, page(call));
    call_set8(call, CALL_DL, cursor.column);
    call_set8(call, CALL_DH, cursor.row);
    call_set16(call, CPU_RCX, bda_get16(call->bios->config.memory, BDA_CURSOR_SHAPE));
}

static void select_page(struct call *call)
{
    screen_set_page(call->bios, call_get8(call, CALL_AL));
}

static void scroll(struct call *call)
{
    struct screen_window window = {
        .top = call_get8(call, CALL_CH),
        .left = call_get8(call, CALL_CL),
        .bottom = call_get8(call, CALL_DH),
        .right = call_get8(call, CALL_DL),
    };
    screen_scroll(call->bios, window, call_get8(call, CALL_AL), call_get8(call, CALL_BH),
                  call_get8(call, CALL_AH) == 0x07);
}

static void read_cell(struct call *call)
{
    struct screen_cell cell = screen_cell(call->bios, page(call));
    call_set8(call, CALL_AL, cell.code);
    call_set8(call, CALL_AH, cell.attribute);
}

static void write_cells(struct call *call)
{
    screen_fill(call->bios, page(call), call_get8(call, CALL_AL), call_get8(call, CALL_BL),
                call_get16(call, CPU_RCX));
}

static void write_characters(struct call *call)
{
    screen_fill(call->bios, page(call), call_get8(call, CALL_AL), SCREEN_KEEP,
                call_get16(call, CPU_RCX));
}

/* The page in BH is not looked at, as in IBM's BIOS: loaders leave anything there. */
static void teletype(struct call *call)
{
    screen_teletype(call->bios, screen_active_page(call->bios), call_get8(call, CALL_AL),
                    SCREEN_KEEP);
}

static void get_mode(struct call *call)
{
    call_set8(call, CALL_AL, bda_get8(call->bios->config.memory, BDA_VIDEO_MODE));
    call_set8(call, CALL_AH, (uint8_t)screen_columns(call->bios));
    call_set8(call, CALL_BH, screen_active_page(call->bios));
}

/* Where the fonts are: they are blank, but have the right size. */
static void font_information(struct call *call)
{
    const struct memory *memory = call->bios->config.memory;
    call_set_segment(call, CPU_ES, ROM_SEGMENT);
    call_set16(call, CPU_RBP, rom_header()->blank_font);
    call_set16(call, CPU_RCX, bda_get16(memory, BDA_CHAR_HEIGHT));
    call_set8(call, CALL_DL, bda_get8(memory, BDA_LAST_ROW));
}

/* The ROM's fonts are taken for loaded; those of 1xh also set how many rows there are. */
static void fonts(struct call *call)
{
    static const struct {
        uint8_t al, height;
    } rows[] = {{0x11, 14}, {0x12, 8}, {0x14, 16}};
    static const uint8_t harmless[] = {0x01, 0x02, 0x03, 0x04};
    const uint8_t al = call_get8(call, CALL_AL);
    for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
        if (rows[i].al == al) {
            screen_set_cell_height(call->bios, rows[i].height);
            return;
        }
    if (al == 0x30)
        font_information(call);
    else if (!memchr(harmless, al, sizeof harmless))
        call_unknown(call);
}

static void alternate_select(struct call *call)
{
    if (call_get8(call, CALL_BL) != 0x10) {
        call_unknown(call);
        return;
    }
    call_set8(call, CALL_BH, 0);     /* colour */
    call_set8(call, CALL_BL, 3);     /* 256 KiB */
    call_set16(call, CPU_RCX, 0x09); /* CH: feature bits, CL: switches, of an EGA */
}

static void display_combination(struct call *call)
{
    if (call_get8(call, CALL_AL) != 0x00) {
        call_unknown(call);
        return;
    }
    call_set8(call, CALL_AL, 0x1a);    /* the function is there */
    call_set16(call, CPU_RBX, 0x0008); /* VGA with a colour monitor, no second display */
}

/* AL: bit 0 the cursor moves, bit 1 attributes are in the string. */
static void write_string(struct call *call)
{
    uint8_t mode = call_get8(call, CALL_AL), text_page = page(call);
    bool move = mode & 1, attributes = mode & 2;
    uint16_t offset = call_get16(call, CPU_RBP), count = call_get16(call, CPU_RCX);
    struct screen_cursor old = screen_cursor(call->bios, text_page);
    if (call_get8(call, CALL_DH) != 0xff) /* row 255: from the cursor on */
        set_cursor(call);
    for (unsigned i = 0; i < count; i++) {
        uint8_t cell[2] = {0, call_get8(call, CALL_BL)};
        if (!call_read(call, CPU_ES, offset, cell, attributes ? 2 : 1))
            break;
        offset = (uint16_t)(offset + (attributes ? 2 : 1));
        screen_teletype(call->bios, text_page, cell[0], cell[1]);
    }
    if (!move)
        screen_set_cursor(call->bios, text_page, old);
}

/* VBE: AL other than 4Fh says that it is not there, AH = 1 that the call failed. */
static void vbe(struct call *call)
{
    call_unknown(call);
    call_set16(call, CPU_RAX, 0x0100);
}

static const struct call_function functions[] = {
    {0x00, set_mode},
    {0x01, set_cursor_shape},
    {0x02, set_cursor},
    {0x03, get_cursor},
    {0x05, select_page},
    {0x06, scroll},
    {0x07, scroll},
    {0x08, read_cell},
    {0x09, write_cells},
    {0x0a, write_characters},
    {0x0b, call_ignore}, /* border colour, palette */
    {0x0e, teletype},
    {0x0f, get_mode},
    {0x10, int10_palette},
    {0x11, fonts},
    {0x12, alternate_select},
    {0x13, write_string},
    {0x1a, display_combination},
    {0x4f, vbe},
};

void int10_serve(struct call *call)
{
    call_serve(call, functions, ARRAY_SIZE(functions));
}
