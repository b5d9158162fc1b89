/* The header that all tables have, and the tables that lead to the others. */
#include "platform/acpi.h"

#define OEM_ID       "STEPVM"
#define OEM_TABLE    "STEPVM"
#define HEADER_SIZE  36
#define AT_LENGTH    4
#define AT_CHECKSUM  9
#define RSDP_SIZE    36
#define RSDP_1_SIZE  20 /* the part that ACPI 1.0 knew, with a checksum of its own */
#define FACS_SIZE    64
#define FACS_VERSION 2

size_t acpi_begin(struct writer *w, const char *signature, uint8_t revision)
{
    put_align(w, 16);
    const size_t begin = w->size;
    put_text(w, signature, 4);
    put32(w, 0); /* length */
    put8(w, revision);
    put8(w, 0); /* checksum */
    put_text(w, OEM_ID, 6);
    put_text(w, OEM_TABLE, 8);
    put32(w, 1); /* OEM revision */
    put_text(w, "STVM", 4);
    put32(w, 1); /* the creator's */
    return begin;
}

void acpi_end(struct writer *w, size_t begin)
{
    const size_t length = w->size - begin;
    patch32(w, begin + AT_LENGTH, (uint32_t)length);
    patch8(w, begin + AT_CHECKSUM, checksum(w->bytes + begin, length));
}

/* 5.2.5.3. In the first bytes, which were left for it. */
static void rsdp_write(uint8_t *bytes, uint32_t rsdt, uint32_t xsdt)
{
    struct writer w = {bytes, 0, RSDP_SIZE};
    put_text(&w, "RSD PTR ", 8);
    put8(&w, 0); /* checksum of the first RSDP_1_SIZE bytes */
    put_text(&w, OEM_ID, 6);
    put8(&w, 2); /* revision */
    put32(&w, rsdt);
    put32(&w, RSDP_SIZE);
    put64(&w, xsdt);
    put32(&w, 0); /* checksum of all, and three reserved bytes */
    patch8(&w, 8, checksum(bytes, RSDP_1_SIZE));
    patch8(&w, 32, checksum(bytes, RSDP_SIZE));
}

/* 5.2.7 and 5.2.8: the same list, in words of 32 and of 64 bits. */
static void root_tables_write(struct writer *w, uint32_t base, struct platform_places *places)
{
    size_t begin = acpi_begin(w, "RSDT", 1);
    places->rsdt = base + (uint32_t)begin;
    put32(w, places->fadt);
    put32(w, places->madt);
    acpi_end(w, begin);

    begin = acpi_begin(w, "XSDT", 1);
    places->xsdt = base + (uint32_t)begin;
    put64(w, places->fadt);
    put64(w, places->madt);
    acpi_end(w, begin);
}

void acpi_write(struct writer *w, const struct platform *platform, uint32_t base, uint32_t facs,
                struct platform_places *places)
{
    put_zeros(w, RSDP_SIZE);
    put_align(w, 16);
    places->dsdt = base + (uint32_t)w->size;
    dsdt_write(w, platform);
    put_align(w, 16);
    places->madt = base + (uint32_t)w->size;
    madt_write(w, platform);
    put_align(w, 16);
    places->fadt = base + (uint32_t)w->size;
    fadt_write(w, platform, places->dsdt, facs);
    root_tables_write(w, base, places);
    rsdp_write(w->bytes, places->rsdt, places->xsdt);
}

/* 5.2.10 */
void platform_write_facs(uint8_t bytes[FACS_SIZE])
{
    struct writer w = {bytes, 0, FACS_SIZE};
    put_text(&w, "FACS", 4);
    put32(&w, FACS_SIZE);
    put_zeros(&w, 24); /* hardware signature, waking vectors, global lock, flags: none, free */
    put8(&w, FACS_VERSION);
    put_zeros(&w, FACS_SIZE - w.size);
}
