/* An ELF file's segments on their way to their physical addresses: for each format whose kernels
 * are ELF files. */
#ifndef VMM_BOOT_ELF_SEGMENTS_H
#define VMM_BOOT_ELF_SEGMENTS_H

#include "elf_file.h"
#include "places.h"

#include "memory/memory.h"
#include "vcpu/cpu_state.h"

#include <stdint.h>

/* Checks that each segment has a place (image_check_place) in guest RAM, and that none overlaps
 * another. One that holds only headers need not be there: *LEFT_OUT says how many of those had no
 * place and were taken out of ELF. 0, or -ERANGE or -ENOEXEC with ERROR set. */
int elf_check_segments(const struct image *image, struct elf_file *elf, const struct memory *memory,
                       enum cpu_mode mode, unsigned *left_out, struct error *error);

/* The physical address of the first instruction. e_entry is virtual by the ABI; kernels that are
 * linked high but entered without paging give the physical one, which then lies in no segment's
 * virtual range. 0, or -ENOEXEC with ERROR set if it is in no segment at all. */
int elf_find_entry(const struct image *image, const struct elf_file *elf, uint64_t *entry,
                   struct error *error);

/* Loads the segments, which were checked, and clears what of them is not in the file. 0, or -errno
 * with ERROR set. */
int elf_load_segments(const struct image *image, const struct elf_file *elf, struct memory *memory,
                      struct error *error);

/* The first and the last physical address of all segments together. */
void elf_extent(const struct elf_file *elf, uint64_t *first, uint64_t *last);

/* Takes their places in PLACES. */
void elf_take_segments(const struct elf_file *elf, struct places *places);

#endif
