/* The guest-physical map's constants. docs/MEMORY.md draws it and says why. */
#ifndef VMM_LAYOUT_H
#define VMM_LAYOUT_H

#define KiB 1024ull
#define MiB (1024 * KiB)
#define GiB (1024 * MiB)

#define LAYOUT_RAM_MIN (256 * KiB)
#define LAYOUT_RAM_MAX (1024 * GiB)

#define LAYOUT_BIOS_DATA      0x00000000ull /* interrupt vectors, BIOS data area */
#define LAYOUT_BIOS_DATA_SIZE 0x00000500ull
#define LAYOUT_LOW_RAM_END    0x000a0000ull /* 640 KiB: where the VGA window begins */
#define LAYOUT_EBDA           0x0009fc00ull /* its last KiB, kept for the BIOS as real ones do */
#define LAYOUT_VGA            0x000a0000ull /* 128 KiB; text memory is at 0xb8000 */
#define LAYOUT_VGA_SIZE       0x00020000ull
#define LAYOUT_TABLES         0x000e0000ull /* 64 KiB, read-only: ACPI and MP tables (vmm/platform) */
#define LAYOUT_TABLES_SIZE    0x00010000ull
#define LAYOUT_RSDP           LAYOUT_TABLES /* ACPI's root pointer, 36 bytes */
#define LAYOUT_ROM            0x000f0000ull /* 64 KiB: the BIOS services' ROM, segment 0xf000 */
#define LAYOUT_ROM_SIZE       0x00010000ull
#define LAYOUT_HIGH_RAM       0x00100000ull /* 1 MiB */
#define LAYOUT_HOLE           0xc0000000ull /* 3 GiB to 4 GiB: devices, no RAM */
#define LAYOUT_HOLE_END       0x100000000ull

/* What the host bridge decodes of the hole and of the I/O ports: BARs are put there. */
#define LAYOUT_PCI         0xe0000000ull
#define LAYOUT_PCI_SIZE    0x1ec00000ull
#define LAYOUT_PCI_IO      0xc000
#define LAYOUT_PCI_IO_SIZE 0x4000

#define LAYOUT_IOAPIC 0xfec00000ull
#define LAYOUT_LAPIC  0xfee00000ull
/* Intel's KVM keeps three pages for a TSS and one for an identity map (api.rst,
 * KVM_SET_TSS_ADDR and KVM_SET_IDENTITY_MAP_ADDR); below the largest firmware. */
#define LAYOUT_KVM_IDENTITY 0xfeffc000ull
#define LAYOUT_KVM_TSS      0xfeffd000ull
#define LAYOUT_KVM_SIZE     0x00004000ull /* both, side by side */

/* Firmware from a file (--bios) ends at 4 GiB, where the CPU's reset vector is in its last 16 bytes
 * (SDM vol. 3, 9.1.4), and in its place below 1 MiB is RAM, with a copy of its end at power-on. */
#define LAYOUT_FIRMWARE_UNIT (64 * KiB) /* its size is a multiple of this */
#define LAYOUT_FIRMWARE_MAX  (8 * MiB)
#define LAYOUT_SHADOW        0x000c0000ull
#define LAYOUT_SHADOW_SIZE   0x00040000ull
#define LAYOUT_SHADOW_COPY   (128 * KiB) /* at most, up to 1 MiB */

#define LAYOUT_BOOT_SECTOR 0x7c00ull
#define LAYOUT_IMAGE       0x100000ull /* flat images in protected and long mode */

/* What a flat or ELF image finds when it is entered in protected or long mode: a GDT, and in long
 * mode page tables that map the first 4 GiB onto themselves with 2 MiB pages (PML4, PDPT, four
 * page directories: 6 pages). In low RAM, so that 256 KiB do. */
#define LAYOUT_GDT              0x1000ull
#define LAYOUT_GDT_SIZE         0x1000ull /* its page; the TSS that TR needs is in it too */
#define LAYOUT_TSS              0x1080ull
#define LAYOUT_PAGE_TABLES      0x10000ull
#define LAYOUT_PAGE_TABLES_SIZE 0x6000ull
#define LAYOUT_STACK            0x7000ull /* initial stack pointer; it grows down */
/* From here on: what a kernel with a boot protocol is told, if there is room in low RAM. */
#define LAYOUT_BOOT_INFO 0x10000ull

/* What kernels find that are booted by the Linux or the PVH protocol: the zero page or PVH's start
 * information, or the 16-bit setup code with its heap and stack (up to 64 KiB); then the command
 * line; then setup data or PVH's lists. */
#define LAYOUT_HANDOVER            0x20000ull
#define LAYOUT_HANDOVER_SIZE       0x10000ull
#define LAYOUT_COMMAND_LINE        0x30000ull
#define LAYOUT_COMMAND_LINE_SIZE   0x0f000ull
#define LAYOUT_HANDOVER_LISTS      0x3f000ull
#define LAYOUT_HANDOVER_LISTS_SIZE 0x01000ull

#endif
