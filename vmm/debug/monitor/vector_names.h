/* What the interrupt vectors of a PC in real mode are for. Pure. */
#ifndef VMM_DEBUG_VECTOR_NAMES_H
#define VMM_DEBUG_VECTOR_NAMES_H

/* By the IBM PC's BIOS: "disk services" for 0x13; NULL for one that has no name. */
const char *vector_name(unsigned vector);

#endif
