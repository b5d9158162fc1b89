#include "record/snapshot_file.h"

#include "file.h"
#include "record/snapshot_state.h"
#include "record/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define VERSION 1
#define BODY    4096u /* where the first body may begin */

static const char magic[16] = "stepvm snapshot";

/* In the file's first sector: a disk writes that whole or not at all. */
struct file_head {
    char magic[sizeof magic];
    uint64_t version;
    uint64_t body, body_len, body_checksum;
    struct snapshot_id id;
    uint64_t checksum; /* of what is before it */
};
_Static_assert(sizeof(struct file_head) <= 512, "a sector");

struct snapshot_file {
    const char *path;
    int fd;
    bool empty;
    struct file_head head; /* if it is not empty */
};

static uint64_t head_checksum(const struct file_head *head)
{
    return stream_checksum(0, head, offsetof(struct file_head, checksum));
}

static int check_head(const struct snapshot_file *f, uint64_t size, struct error *error)
{
    const struct file_head *h = &f->head;
    if (memcmp(h->magic, magic, sizeof magic))
        return error_set(
            error, -EINVAL,
            "--snapshot-file: %.180s is no snapshot of stepvm's (name another file; it "
            "was not changed)",
            f->path);
    if (h->version != VERSION)
        return error_set(error, -EINVAL,
                         "--snapshot-file: %.180s is of version %" PRIu64
                         ", and this stepvm knows %d (delete it, or use the stepvm that made it)",
                         f->path, h->version, VERSION);
    if (h->checksum != head_checksum(h))
        return error_set(error, -EINVAL,
                         "--snapshot-file: %.180s is damaged: its head's checksum differs (delete "
                         "it)",
                         f->path);
    if (h->body < BODY || h->body > size || h->body_len > size - h->body)
        return error_set(error, -EINVAL,
                         "--snapshot-file: %.180s is cut short: %" PRIu64 " bytes, of %" PRIu64
                         " (delete it, or copy it anew)",
                         f->path, size, h->body + h->body_len);
    return 0;
}

/* What is behind the snapshot that is there goes: an older one, or half of one. */
static void cut(const struct snapshot_file *f)
{
    (void)!ftruncate(f->fd, f->empty ? 0 : (off_t)(f->head.body + f->head.body_len));
}

static int read_head(struct snapshot_file *f, struct error *error)
{
    struct stat st;
    if (fstat(f->fd, &st))
        return error_set(error, -errno, "--snapshot-file: looking at %.180s: %s (%s)", f->path,
                         strerror(errno), error_remedy(errno));
    if (!S_ISREG(st.st_mode))
        return error_set(error, -EINVAL, "--snapshot-file: %.180s is no regular file (name one)",
                         f->path);
    f->empty = st.st_size == 0;
    if (f->empty)
        return 0;
    const ssize_t n = file_read(f->fd, 0, &f->head, sizeof f->head);
    if (n < 0)
        return error_set(error, (int)n, "--snapshot-file: reading %.180s: %s (%s)", f->path,
                         strerror((int)-n), error_remedy((int)n));
    const int err = check_head(f, (uint64_t)st.st_size, error);
    if (!err && f->head.body + f->head.body_len < (uint64_t)st.st_size)
        cut(f);
    return err;
}

static int open_and_lock(struct snapshot_file *f, struct error *error)
{
    f->fd = open(f->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600);
    if (f->fd < 0)
        return error_set(error, -errno, "--snapshot-file: opening %.180s: %s (%s)", f->path,
                         strerror(errno), error_remedy(errno));
    const int err = flock(f->fd, LOCK_EX | LOCK_NB) ? -errno : 0;
    if (err == -EWOULDBLOCK)
        return error_set(
            error, err, "--snapshot-file: another stepvm uses %.180s (give each a file of its own)",
            f->path);
    if (err)
        return error_set(error, err, "--snapshot-file: locking %.180s: %s (%s)", f->path,
                         strerror(-err), error_remedy(-err));
    return read_head(f, error);
}

int snapshot_file_open(struct snapshot_file **out, const char *path, struct error *error)
{
    struct snapshot_file *f = calloc(1, sizeof *f);
    *out = NULL;
    if (!f)
        return error_set(error, -ENOMEM, "--snapshot-file: out of memory (free some)");
    f->path = path;
    const int err = open_and_lock(f, error);
    if (err)
        snapshot_file_close(f);
    else
        *out = f;
    return err;
}

void snapshot_file_close(struct snapshot_file *f)
{
    if (!f)
        return;
    if (f->fd >= 0)
        close(f->fd);
    free(f);
}

const char *snapshot_file_path(const struct snapshot_file *f)
{
    return f->path;
}

bool snapshot_file_is_empty(const struct snapshot_file *f)
{
    return f->empty;
}

/* ---- Writing */

/* Before the one that is there if it fits, else behind it. */
static uint64_t place(const struct snapshot_file *f, uint64_t len)
{
    if (f->empty || BODY + len <= f->head.body)
        return BODY;
    return (f->head.body + f->head.body_len + BODY - 1) / BODY * BODY;
}

static int write_body(struct stream *stream, struct snapshot_file *f,
                      const struct snapshot *snapshot, const struct machine_parts *machine,
                      const struct filled_pages *filled, struct error *error)
{
    stream_begin_write(stream, f->fd, place(f, snapshot_body_size(snapshot, machine, filled)));
    const int err = snapshot_body_write(snapshot, machine, filled, stream, error);
    if (err)
        return err;
    stream_end_write(stream);
    if (!stream->error && fdatasync(f->fd)) /* before anything says that it is there */
        stream->error = -errno;
    return stream->error ? error_set(error, stream->error, "%s (%s)", strerror(-stream->error),
                                     error_remedy(stream->error))
                         : 0;
}

/* On an error the head that was there is put back. *KNOWN: it is known which one is there now. */
static int write_head(struct snapshot_file *f, struct file_head *head, bool *known,
                      struct error *error)
{
    memcpy(head->magic, magic, sizeof magic);
    head->version = VERSION;
    head->checksum = head_checksum(head);
    int err = file_write(f->fd, 0, head, sizeof *head);
    if (!err && fdatasync(f->fd))
        err = -errno;
    *known =
        !err || f->empty || (!file_write(f->fd, 0, &f->head, sizeof f->head) && !fdatasync(f->fd));
    return err ? error_set(error, err, "%s (%s)", strerror(-err), error_remedy(err)) : 0;
}

static int write_all(struct snapshot_file *f, const struct snapshot *snapshot,
                     const struct snapshot_id *id, const struct machine_parts *machine,
                     const struct filled_pages *filled, struct error *error)
{
    struct stream *stream = malloc(sizeof *stream);
    if (!stream)
        return error_set(error, -ENOMEM, "out of memory (free some)");
    int err = write_body(stream, f, snapshot, machine, filled, error);
    struct file_head head = {
        .body = stream->offset - stream->written,
        .body_len = stream->written,
        .body_checksum = stream->checksum,
        .id = *id,
    };
    bool known = true;
    free(stream);
    if (!err)
        err = write_head(f, &head, &known, error);
    if (!err) {
        f->head = head;
        f->empty = false;
    }
    if (known)
        cut(f);
    return err;
}

int snapshot_file_write(struct snapshot_file *f, const struct snapshot *snapshot,
                        const struct snapshot_id *id, const struct machine_parts *machine,
                        const struct pagemap *map, struct error *error)
{
    struct filled_pages filled;
    int err = filled_pages_find(&filled, machine->memory, map);
    if (err)
        error_set(error, err, "out of memory (free some)");
    else
        err = write_all(f, snapshot, id, machine, &filled, error);
    filled_pages_free(&filled);
    return err;
}

/* ---- Reading */

static int finish_read(const struct snapshot_file *f, struct stream *stream, int err,
                       struct error *error)
{
    if (stream->error == -ENODATA)
        return error_set(error, -EINVAL, "it is cut short (copy it anew)");
    if (stream->error)
        return error_set(error, stream->error, "reading it: %s (%s)", strerror(-stream->error),
                         error_remedy(stream->error));
    if (err)
        return err;
    if (stream_left(stream) || stream->checksum != f->head.body_checksum)
        return error_set(error, -EINVAL, "it is damaged: its checksum differs (copy it anew)");
    return 0;
}

int snapshot_file_read(const struct snapshot_file *f, struct snapshot *snapshot,
                       const struct snapshot_id *id, const struct machine_parts *machine,
                       struct error *error)
{
    int err = snapshot_id_compare(&f->head.id, id, machine, error);
    struct stream *stream = err ? NULL : malloc(sizeof *stream);
    if (!err && !stream)
        err = error_set(error, -ENOMEM, "out of memory (free some)");
    if (err)
        return err;
    stream_begin_read(stream, f->fd, f->head.body, f->head.body_len);
    err = snapshot_body_read(snapshot, machine, stream, error);
    err = finish_read(f, stream, err, error);
    free(stream);
    return err;
}
