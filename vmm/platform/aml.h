/* AML: how objects are written (ACPI 6.4, chapter 20), as far as a DSDT without methods needs it;
 * and the resource descriptors in it (6.4).
 *
 *     size_t device = aml_device(w, "COM1");
 *     aml_name(w, "_UID");
 *     aml_integer(w, 1);
 *     aml_end(w, device);
 */
#ifndef VMM_PLATFORM_AML_H
#define VMM_PLATFORM_AML_H

#include "platform/writer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What has a length begins and ends; the one begun last is ended first. */
size_t aml_scope(struct writer *w, const char *name);
size_t aml_device(struct writer *w, const char *name);
size_t aml_package(struct writer *w, uint8_t elements);
void aml_end(struct writer *w, size_t begin);

/* Names have up to four characters. The object that NAME is for follows. */
void aml_name(struct writer *w, const char *name);
void aml_integer(struct writer *w, uint64_t value);
/* Three letters and four hexadecimal digits: "PNP0A03" (6.1.5). */
void aml_eisa_id(struct writer *w, const char *id);

/* A buffer of descriptors, as _CRS is. */
size_t aml_resources(struct writer *w);
void aml_resources_end(struct writer *w, size_t begin);

/* SIZE ports from PORT on, of which all 16 address lines are decoded. */
void aml_ports(struct writer *w, uint16_t port, uint8_t size);
/* An ISA interrupt: an edge, not shared. */
void aml_irq(struct writer *w, uint8_t irq);

/* What a bridge hands on to its bus. LAST is the last address in it. */
void aml_bus_window(struct writer *w, uint16_t first, uint16_t last);
void aml_port_window(struct writer *w, uint16_t first, uint16_t last);
void aml_memory_window(struct writer *w, uint32_t first, uint32_t last);

#endif
