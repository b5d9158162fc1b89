/* The VGA as the BIOS drives it: through its ports. Addresses are in cells from the start of text
 * memory; the VGA takes them modulo 64 Ki. */
#ifndef VMM_BIOS_VIDEO_H
#define VMM_BIOS_VIDEO_H

#include "bios/bios.h"

#include <stdint.h>

#define VIDEO_LINES 400u /* of scan, in all text modes */

/* Colour text of 80 or 40 columns, 25 rows of cells of 16 lines, and the standard palette. */
void video_set_mode(struct bios *bios, unsigned columns);
void video_set_cell_height(struct bios *bios, unsigned lines);
void video_set_start(struct bios *bios, unsigned cell);
void video_set_cursor(struct bios *bios, unsigned cell);
/* SHAPE as INT 10h has it: first line in the high byte (20h: no cursor), last one in the low byte,
 * of a CGA's eight lines if both are below 8. */
void video_set_cursor_shape(struct bios *bios, uint16_t shape, unsigned cell_height);

/* Palette register (or mode control, ...) INDEX of the attribute controller. */
void video_set_attribute(struct bios *bios, uint8_t index, uint8_t value);
uint8_t video_get_attribute(struct bios *bios, uint8_t index);
/* Entry INDEX of the DAC: red, green and blue. */
void video_set_color(struct bios *bios, uint8_t index, const uint8_t rgb[3]);

#endif
