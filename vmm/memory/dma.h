/* Guest memory as a device reaches it that is a bus master. What lies behind is known only where
 * the machine is put together. */
#ifndef VMM_DMA_H
#define VMM_DMA_H

#include <stdbool.h>
#include <stdint.h>

struct dma {
    /* Host address of the LEN bytes at GPA, or NULL if one of them is not there (or, for a WRITE,
     * is not RAM), or if they do not lie side by side in host memory. Any GPA and LEN. Between
     * begin and end only; the guest may change the bytes at any moment. */
    void *(*at)(void *context, uint64_t gpa, uint64_t len, bool write);
    /* Around what one access to a register of the device leads to, or a piece of it. */
    void (*begin)(void *context);
    void (*end)(void *context);
    /* All that an access leads to would take too long at once: the device is to be called again,
     * before the guest's next instruction, or when the CPU goes on. */
    void (*unfinished)(void *context);
    void *context;
};

#endif
