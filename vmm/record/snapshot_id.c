#include "record/snapshot_id.h"

#include "file.h"
#include "record/stream.h"
#include "vcpu/vcpu_cpuid.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define READ_WHOLE (256ull << 20) /* a larger disk is known by when it was written to */
#define ON_VIRTIO  0x100u

int snapshot_id_cpuid(struct kvm_host *host, unsigned cpus, uint64_t *sum)
{
    const struct kvm_cpuid2 *supported;
    const int err = kvm_get_supported_cpuid(host, &supported);
    if (err)
        return err;
    struct kvm_cpuid2 *cpuid = vcpu_cpuid_make(supported, 0, cpus);
    if (cpuid)
        *sum = stream_checksum(0, cpuid->entries, cpuid->nent * sizeof cpuid->entries[0]);
    const bool made = cpuid;
    free(cpuid);
    return made ? 0 : -ENOMEM;
}

/* ---- Disks */

static int checksum_file(int fd, uint64_t size, uint64_t *sum)
{
    char *buffer = malloc(STREAM_BUFFER);
    ssize_t n = buffer ? 1 : -ENOMEM;
    *sum = 1;
    for (uint64_t at = 0; n > 0 && at < size; at += (uint64_t)n) {
        n = file_read(fd, at, buffer, STREAM_BUFFER);
        if (n > 0)
            *sum = stream_checksum(*sum, buffer, (size_t)n);
    }
    free(buffer);
    return n < 0 ? (int)n : 0;
}

static int disk_content(const struct disk *disk, uint64_t *content)
{
    struct stat st;
    if (fstat(disk->fd, &st))
        return -errno;
    if (disk->sectors <= READ_WHOLE / DISK_SECTOR)
        return checksum_file(disk->fd, disk->sectors * DISK_SECTOR, content);
    const uint64_t words[] = {(uint64_t)st.st_size, (uint64_t)st.st_mtim.tv_sec,
                              (uint64_t)st.st_mtim.tv_nsec};
    *content = stream_checksum(2, words, sizeof words);
    return 0;
}

static int add_disk(struct snapshot_id *id, const struct disk *disk, bool on_virtio,
                    struct error *error)
{
    struct snapshot_id_disk *to = &id->disks[id->disk_count++];
    to->sectors = disk->sectors;
    to->access = disk->snapshot ? DISK_SNAPSHOT : disk->writable ? DISK_WRITABLE : DISK_READ_ONLY;
    to->access |= on_virtio ? ON_VIRTIO : 0;
    const int err = disk_content(disk, &to->content);
    return err ? error_set(error, err, "reading %.180s: %s (%s)", disk->path, strerror(-err),
                           error_remedy(err))
               : 0;
}

static const struct disk *disk_at(const struct machine_parts *machine, uint64_t i)
{
    return i < machine->drives->count ? &machine->drives->disks[i] : &machine->drives->cd;
}

/* ---- The whole */

static void add_memory(struct snapshot_id *id, const struct memory *memory)
{
    const struct memory_region *r = memory_next(memory, 0);
    for (; r; r = memory_next(memory, r->gpa + r->size)) {
        const uint64_t words[] = {r->gpa, r->size, r->kind};
        id->memory += r->size;
        id->map = stream_checksum(id->map, words, sizeof words);
    }
}

static void add_devices(struct snapshot_id *id, const struct board_parts *board)
{
    for (size_t i = 0; i < board->count; i++) {
        const uint64_t size = board->list[i].size;
        id->devices =
            stream_checksum(id->devices, board->list[i].name, strlen(board->list[i].name));
        id->devices = stream_checksum(id->devices, &size, sizeof size);
    }
    id->board_size = board_parts_size(board);
}

int snapshot_id_make(struct snapshot_id *id, const struct machine_parts *machine, uint64_t cpuid,
                     struct error *error)
{
    const struct drives *drives = machine->drives;
    *id = (struct snapshot_id){
        .cpus = machine->count,
        .cpuid = cpuid,
        .xsave_size = vcpu_kvm(machine->cpus[0])->vm->host->xsave_size,
    };
    add_memory(id, machine->memory);
    add_devices(id, &machine->board);
    int err = 0;
    for (unsigned i = 0; !err && i < drives->count; i++)
        err = add_disk(id, &drives->disks[i], drives->on_virtio[i], error);
    return err || !drives->has_cd ? err : add_disk(id, &drives->cd, false, error);
}

static int compare_disks(const struct snapshot_id *there, const struct snapshot_id *here,
                         const struct machine_parts *machine, struct error *error)
{
    if (there->disk_count != here->disk_count)
        return error_set(error, -EINVAL,
                         "it was made with %" PRIu64 " disks, and there are %" PRIu64
                         " now (the same IMAGE and --disk)",
                         there->disk_count, here->disk_count);
    for (uint64_t i = 0; i < here->disk_count; i++) {
        const struct snapshot_id_disk *a = &there->disks[i], *b = &here->disks[i];
        const char *path = disk_at(machine, i)->path;
        if (a->sectors != b->sectors || a->access != b->access)
            return error_set(
                error, -EINVAL,
                "it was made with another disk in place of %.90s, or with other rights "
                "to it (the same --disk, --write, --snapshot)",
                path);
        if (a->content != b->content)
            return error_set(error, -EINVAL,
                             "%.90s was written to since (next time start it with ,snapshot, or "
                             "--snapshot: then its file does not change)",
                             path);
    }
    return 0;
}

int snapshot_id_compare(const struct snapshot_id *there, const struct snapshot_id *here,
                        const struct machine_parts *machine, struct error *error)
{
    const uint64_t mib = 1 << 20, up = mib - 1; /* the hole below 1 MiB counts, as in --memory */
    if (there->memory != here->memory)
        return error_set(error, -EINVAL,
                         "it is of a machine with %" PRIu64
                         " MiB of memory, and this one has %" PRIu64 " (--memory)",
                         (there->memory + up) / mib, (here->memory + up) / mib);
    if (there->cpus != here->cpus)
        return error_set(error, -EINVAL,
                         "it is of a machine with %" PRIu64 " CPU%s, and this one has %" PRIu64
                         " (--cpus)",
                         there->cpus, there->cpus == 1 ? "" : "s", here->cpus);
    if (there->map != here->map || there->devices != here->devices ||
        there->board_size != here->board_size)
        return error_set(error, -EINVAL,
                         "it is of a machine with other devices or another map of memory (the same "
                         "options, IMAGE's kind, and version of stepvm)");
    if (there->cpuid != here->cpuid || there->xsave_size != here->xsave_size)
        return error_set(error, -EINVAL,
                         "it was made where CPUs have other features (CPUID): on another host, or "
                         "another kernel");
    return compare_disks(there, here, machine, error);
}
