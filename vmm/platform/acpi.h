/* ACPI's tables, one function each. */
#ifndef VMM_PLATFORM_ACPI_H
#define VMM_PLATFORM_ACPI_H

#include "platform/platform.h"
#include "platform/writer.h"

/* Begins a table with the header that all have (5.2.6), and ends it: its length and checksum are
 * put in then. SIGNATURE has four characters. Returns where it begins. */
size_t acpi_begin(struct writer *w, const char *signature, uint8_t revision);
void acpi_end(struct writer *w, size_t begin);

/* All of them, behind room for the RSDP; BASE as in platform_write_tables. */
void acpi_write(struct writer *w, const struct platform *platform, uint32_t base, uint32_t facs,
                struct platform_places *places);

/* The fixed hardware (5.2.9). */
void fadt_write(struct writer *w, const struct platform *platform, uint32_t dsdt, uint32_t facs);
/* The interrupt controllers (5.2.12). */
void madt_write(struct writer *w, const struct platform *platform);
/* Everything else, in AML (5.2.11.1). */
void dsdt_write(struct writer *w, const struct platform *platform);

#endif
