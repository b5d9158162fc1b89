/* The files that are loaded beside a Multiboot kernel. */
#include "multiboot.h"

#include <errno.h>
#include <inttypes.h>

/* Always on a page, whether the header asks for it or not (MB1, 3.1.2; MB2, 3.1.11), and with
 * nothing else on its last one: kernels map them. */
static int place_module(struct multiboot *mb, struct multiboot_module *module, struct error *error)
{
    uint64_t size;
    if (!__builtin_add_overflow(module->image.size, MEMORY_PAGE - 1, &size) &&
        !multiboot_find_room(mb, size - size % MEMORY_PAGE, MEMORY_PAGE, &module->gpa))
        return 0;
    return image_error(&module->image, error, -ENOSPC,
                       "no room in guest RAM for a module of 0x%" PRIx64
                       " bytes (give more --memory)",
                       module->image.size);
}

int multiboot_place_modules(struct multiboot *mb, struct error *error)
{
    const struct boot_request *request = mb->request;
    for (unsigned i = 0; i < request->module_count; i++) {
        int r = image_open(&mb->modules[i].image, request->files, request->modules[i].path, error);
        if (r)
            return r;
        mb->module_count++;
        r = place_module(mb, &mb->modules[i], error);
        if (r)
            return r;
    }
    return 0;
}

int multiboot_load_modules(struct multiboot *mb, struct error *error)
{
    int r = 0;
    for (unsigned i = 0; !r && i < mb->module_count; i++) {
        const struct multiboot_module *m = &mb->modules[i];
        r = image_load(&m->image, 0, mb->memory, m->gpa, m->image.size, error);
    }
    return r;
}
