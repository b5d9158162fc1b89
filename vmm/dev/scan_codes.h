/* Scan sets 1 and 2 (IBM PS/2 Hardware Interface Technical Reference, "Scan Codes"). */
#ifndef VMM_DEV_SCAN_CODES_H
#define VMM_DEV_SCAN_CODES_H

#include <stdint.h>

#define SCAN_EXTENDED 0xe0 /* prefix, in both sets */
#define SCAN_BREAK    0xf0 /* prefix in set 2; set 1 has bit 7 for it */

/* What the keyboard controller makes of a byte of set 2: each below 0x80 is another one, as are 83
 * (F7) and 84 (SysRq); the rest, prefixes and replies, is left as it is. */
uint8_t scan_code_translate(uint8_t byte);
/* The set 2 code of a key by its make code in set 1, below 0x80. */
uint8_t scan_code_set2(uint8_t set1);

#endif
