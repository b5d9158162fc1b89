/* The MultiProcessor table (MultiProcessor Specification 1.4, chapter 4). */
#ifndef VMM_PLATFORM_MP_H
#define VMM_PLATFORM_MP_H

#include "platform/platform.h"
#include "platform/writer.h"

/* The configuration table, at a multiple of 16. Returns where it begins. */
size_t mp_write(struct writer *w, const struct platform *platform);

#endif
