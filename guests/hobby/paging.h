/* Paging: 4 KiB pages through two levels of tables (SDM vol. 3, 4.3).
 *
 *   0x00000000  nothing, so that a null pointer faults (one page)
 *   0x00001000  the kernel: physical memory, one to one, up to KERNEL_END; the same for every task
 *   USER_START  a task's own: the programs' code (shared, read-only), data and stack (its copies)
 *   USER_END    nothing */
#ifndef HOBBY_PAGING_H
#define HOBBY_PAGING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE_SIZE  0x1000u
#define KERNEL_END 0x00800000u
#define USER_START 0x40000000u
#define USER_STACK 0x4ffff000u /* its only page */
#define USER_END   0x50000000u

/* Bits of an entry of a page table or of the directory. */
enum { PAGE_PRESENT = 1, PAGE_WRITABLE = 2, PAGE_USER = 4 };

/* Switches paging on. MEMORY: where physical memory ends, at least KERNEL_END. */
void paging_init(uintptr_t memory);

/* A page directory for one task, with the programs mapped and a stack. Never freed: the tasks that
 * there are were all there from the start. */
uint32_t *address_space_new(void);
void address_space_enter(uint32_t *directory);

/* Whether a program in DIRECTORY may itself read (or write) the SIZE bytes at ADDRESS. */
bool user_may_access(const uint32_t *directory, uintptr_t address, size_t size, bool write);

#endif
