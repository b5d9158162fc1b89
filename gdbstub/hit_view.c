#include "hit_view.h"

#include <errno.h>
#include <string.h>

void hit_view_init(struct hit_view *v, const struct gdb_target_ops *ops, void *target,
                   const struct gdb_hit *hit)
{
    v->ops = ops;
    v->target = target;
    v->hit = hit;
    v->parts = 0;
}

int hit_view_fetch(struct hit_view *v, unsigned parts)
{
    if (!(parts & ~v->parts))
        return 0;
    parts |= v->parts;
    const int err = v->ops->read_registers(v->target, v->hit->thread, parts, &v->regs);
    v->parts = err ? 0 : parts;
    return err;
}

int hit_view_register(struct hit_view *v, unsigned number, uint64_t *value)
{
    const struct x86_reg *reg = x86_reg_find(v->layout, number);
    uint8_t bytes[X86_REG_MAX] = {0};
    if (!reg || reg->bits > 64)
        return -EINVAL;
    const int err = hit_view_fetch(v, reg->part);
    if (err)
        return err;
    x86_reg_get(reg, &v->regs, bytes);
    memcpy(value, bytes, sizeof(*value));
    return 0;
}

uint64_t hit_view_address(const struct hit_view *v, uint64_t addr)
{
    return v->layout.arch == GDB_ARCH_X86_64 ? addr : (uint32_t)addr;
}

int64_t hit_view_memory(const struct hit_view *v, uint64_t addr, void *buf, size_t len)
{
    return v->ops->read_memory(v->target, v->hit->thread, hit_view_address(v, addr), buf, len);
}
