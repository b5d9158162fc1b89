#include "paging.h"

#include "console.h"
#include "memory.h"

enum { ENTRIES = 1024 }; /* of a table and of the directory */
enum { CR0_PAGING = 1u << 31, CR0_WRITE_PROTECT = 1 << 16 };

/* From link.ld. What is loaded, and where the programs run. */
extern char kernel_end[], user_text_load[], user_data_load[];
extern char user_text_start[], user_text_end[], user_data_start[], user_data_end[];

/* The tables for addresses below KERNEL_END, which every directory points to. */
enum { KERNEL_TABLES = KERNEL_END / (ENTRIES * PAGE_SIZE) };
static uint32_t kernel_tables[KERNEL_TABLES][ENTRIES] __attribute__((aligned(PAGE_SIZE)));

static uintptr_t next_frame; /* of physical memory that nobody has */

/* A page of memory, zeroed. */
static void *frame_new(void)
{
    if (next_frame == KERNEL_END)
        panic("out of memory");
    void *frame = (void *)next_frame;
    next_frame += PAGE_SIZE;
    return memset(frame, 0, PAGE_SIZE);
}

/* The entry of the page table for ADDRESS; the table is made if there is none. */
static uint32_t *table_entry(uint32_t *directory, uintptr_t address)
{
    uint32_t *entry = &directory[address / PAGE_SIZE / ENTRIES];
    if (!(*entry & PAGE_PRESENT))
        *entry = (uintptr_t)frame_new() | PAGE_PRESENT | PAGE_WRITABLE | PAGE_USER;
    uint32_t *table = (uint32_t *)(*entry & -PAGE_SIZE);
    return &table[address / PAGE_SIZE % ENTRIES];
}

static void map(uint32_t *directory, uintptr_t address, void *frame, uint32_t rights)
{
    *table_entry(directory, address) = (uintptr_t)frame | PAGE_PRESENT | rights;
}

static void map_shared(uint32_t *directory, uintptr_t start, uintptr_t end, char *loaded)
{
    for (uintptr_t page = start; page < end; page += PAGE_SIZE)
        map(directory, page, loaded + (page - start), PAGE_USER);
}

static void map_copies(uint32_t *directory, uintptr_t start, uintptr_t end, const char *loaded)
{
    for (uintptr_t page = start; page < end; page += PAGE_SIZE) {
        void *frame = memcpy(frame_new(), loaded + (page - start), PAGE_SIZE);
        map(directory, page, frame, PAGE_USER | PAGE_WRITABLE);
    }
}

uint32_t *address_space_new(void)
{
    uint32_t *directory = frame_new();
    for (size_t i = 0; i < KERNEL_TABLES; i++)
        directory[i] = (uintptr_t)kernel_tables[i] | PAGE_PRESENT | PAGE_WRITABLE;
    map_shared(directory, (uintptr_t)user_text_start, (uintptr_t)user_text_end, user_text_load);
    map_copies(directory, (uintptr_t)user_data_start, (uintptr_t)user_data_end, user_data_load);
    map(directory, USER_STACK, frame_new(), PAGE_USER | PAGE_WRITABLE);
    return directory;
}

void address_space_enter(uint32_t *directory)
{
    asm volatile("movl %0, %%cr3" : : "r"(directory) : "memory");
}

void paging_init(uintptr_t memory)
{
    if (memory < KERNEL_END)
        panic("too little memory");
    next_frame = ((uintptr_t)kernel_end + PAGE_SIZE - 1) & -PAGE_SIZE;
    for (uintptr_t page = PAGE_SIZE; page < KERNEL_END; page += PAGE_SIZE)
        kernel_tables[0][page / PAGE_SIZE] = page | PAGE_PRESENT | PAGE_WRITABLE;

    address_space_enter(address_space_new());
    uint32_t cr0;
    asm volatile("movl %%cr0, %0" : "=r"(cr0));
    asm volatile("movl %0, %%cr0" : : "r"(cr0 | CR0_PAGING | CR0_WRITE_PROTECT) : "memory");
}

static bool page_allows(const uint32_t *directory, uintptr_t address, uint32_t rights)
{
    const uint32_t entry = directory[address / PAGE_SIZE / ENTRIES];
    if ((entry & rights) != rights)
        return false;
    const uint32_t *table = (const uint32_t *)(entry & -PAGE_SIZE);
    return (table[address / PAGE_SIZE % ENTRIES] & rights) == rights;
}

bool user_may_access(const uint32_t *directory, uintptr_t address, size_t size, bool write)
{
    const uint32_t rights = PAGE_PRESENT | PAGE_USER | (write ? PAGE_WRITABLE : 0);
    if (address < USER_START || address >= USER_END || size > USER_END - address)
        return false;
    for (uintptr_t page = address & -PAGE_SIZE; page < address + size; page += PAGE_SIZE)
        if (!page_allows(directory, page, rights))
            return false;
    return true;
}
