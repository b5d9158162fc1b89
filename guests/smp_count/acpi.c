#include "smp_count.h"

#include <stdbool.h>
#include <stddef.h>

#define SEARCH_FROM 0xe0000 /* 5.2.5.1: at a multiple of 16 here */
#define SEARCH_END  0x100000

struct header {
    char signature[4];
    uint32_t length;
    uint8_t rest[28];
};

struct rsdp {
    char signature[8];
    uint8_t checksum, oem[6], revision;
    uint32_t rsdt;
};

static bool same(const char *a, const char *b, size_t len)
{
    while (len--)
        if (*a++ != *b++)
            return false;
    return true;
}

static const struct rsdp *find_rsdp(void)
{
    for (uintptr_t at = SEARCH_FROM; at < SEARCH_END; at += 16)
        if (same((const char *)at, "RSD PTR ", 8))
            return (const struct rsdp *)at;
    return NULL;
}

static const uint8_t *find_table(const struct rsdp *rsdp, const char *signature)
{
    const struct header *rsdt = (const struct header *)rsdp->rsdt;
    const uint32_t *tables = (const uint32_t *)(rsdt + 1);
    for (uint32_t i = 0; i < (rsdt->length - sizeof *rsdt) / 4; i++)
        if (same((const char *)tables[i], signature, 4))
            return (const uint8_t *)tables[i];
    return NULL;
}

/* 5.2.12: entries of a type and a length. */
static void read_madt(const uint8_t *madt, struct acpi *acpi)
{
    enum { LOCAL_APIC = 0, ENABLED = 1 };
    const uint32_t length = ((const struct header *)madt)->length;
    acpi->lapic = (volatile uint32_t *)*(const uintptr_t *)(madt + 36);
    for (const uint8_t *entry = madt + 44; entry < madt + length; entry += entry[1])
        if (entry[0] == LOCAL_APIC && (entry[4] & ENABLED) && acpi->cpus < MAX_CPUS)
            acpi->apic_ids[acpi->cpus++] = entry[3];
}

void acpi_read(struct acpi *acpi)
{
    const struct rsdp *rsdp = find_rsdp();
    const uint8_t *madt = rsdp ? find_table(rsdp, "APIC") : NULL;
    const uint8_t *fadt = rsdp ? find_table(rsdp, "FACP") : NULL;
    if (!madt || !fadt)
        return;
    acpi->pm_timer = *(const uint16_t *)(fadt + 76);
    read_madt(madt, acpi);
}
