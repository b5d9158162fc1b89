/* A VGA's registers, as text modes use them. Its memory is not here: text memory is guest RAM that
 * nobody watches (docs/MEMORY.md), and what it looks like on the screen follows from that and from
 * vga_text. No planes, no fonts, no graphics: their registers are kept and read back.
 * Source: IBM VGA XGA Technical Reference Manual, "Video Graphics Array"; names are its. */
#ifndef VMM_DEV_VGA_H
#define VMM_DEV_VGA_H

#include "board/bus.h"

#include <stdbool.h>
#include <stdint.h>

#define VGA_SEQUENCER 5
#define VGA_CRTC      25
#define VGA_GRAPHICS  9
#define VGA_ATTRIBUTE 21 /* 16 palette registers, then the mode control and others */
#define VGA_COLORS    256

struct vga_state {
    uint8_t miscellaneous, feature, pel_mask;
    uint8_t sequencer_index, sequencer[VGA_SEQUENCER];
    uint8_t crtc_index, crtc[VGA_CRTC];
    uint8_t graphics_index, graphics[VGA_GRAPHICS];
    uint8_t attribute_index; /* with bit 5, which lets the palette be seen */
    bool attribute_data;     /* the flip-flop: the next write to 3c0 is data */
    uint8_t attribute[VGA_ATTRIBUTE];
    uint8_t dac[VGA_COLORS][3]; /* red, green, blue; 6 bits each */
    uint8_t dac_read, dac_write, dac_component;
    bool dac_reading; /* what 3c7 tells: which of the two addresses was set last */
    uint8_t beam;     /* reads of the input status so far: what it tells of retraces */
};

struct vga {
    struct vga_state state;
};

extern const struct bus_ops vga_ops; /* 16 ports, 0x3c0 on a PC */
/* 12 ports each, 0x3b0 and 0x3d0: the miscellaneous output register says which answer. */
extern const struct bus_ops vga_mono_ops, vga_colour_ops;

void vga_init(struct vga *vga);
/* As after power-on: all registers 0, nothing is shown until a BIOS sets a mode. */
void vga_reset(struct vga *vga);

/* What of its memory a VGA in a text mode shows. */
struct vga_text {
    enum { VGA_OFF, VGA_GRAPHICS_MODE, VGA_TEXT_MODE } shows; /* the rest is for text only */
    unsigned columns, rows;
    uint32_t window; /* where text memory begins in the 128 KiB of the VGA's address range */
    uint32_t size;   /* of the window, in bytes: a power of two, cells beyond wrap to its start */
    uint32_t start;  /* of the first cell, in bytes from the window's start */
    uint32_t pitch;  /* bytes from one row to the next */
    uint32_t cursor; /* as START */
    bool cursor_shown;
    uint8_t cursor_top, cursor_bottom, cell_height; /* in scan lines, the cursor's inclusive */
    bool blink; /* bit 7 of an attribute blinks; else it is a brighter background */
};
struct vga_text vga_text(const struct vga_state *state);

#endif
