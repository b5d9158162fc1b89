/* A disk on the first ATA channel, read by programmed I/O. */
#ifndef HOBBY_ATA_H
#define HOBBY_ATA_H

#include <stdbool.h>
#include <stdint.h>

enum { ATA_BLOCK = 512 };

/* Asks drive DRIVE (0 or 1) what it is. Returns its blocks; 0: there is no disk. */
uint32_t ata_init(unsigned drive);

/* Block NUMBER of that disk to BUFFER. False: no such block, or it can't be read. */
bool ata_read(uint32_t number, void *buffer);

#endif
