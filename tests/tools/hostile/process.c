/* stepvm from outside: what it holds, and whether it sleeps. */
#include <dirent.h>

#include "hostile.h"

static unsigned count_entries(const struct vm *vm, const char *folder)
{
    char path[64];
    unsigned count = 0;
    snprintf(path, sizeof path, "/proc/%s/%s", vm->pid, folder);
    DIR *dir = opendir(path);
    if (!dir)
        wrong(vm, "stepvm has ended (%s: %s)", path, strerror(errno));
    while (readdir(dir))
        count++;
    closedir(dir);
    return count - 2; /* . and .. */
}

unsigned long process_rss_kib(const struct vm *vm)
{
    char path[64], line[256];
    unsigned long kib = 0;
    snprintf(path, sizeof path, "/proc/%s/status", vm->pid);
    FILE *file = fopen(path, "r");
    if (!file)
        wrong(vm, "stepvm has ended (%s: %s)", path, strerror(errno));
    while (fgets(line, sizeof line, file))
        if (!strncmp(line, "VmRSS:", 6))
            kib = strtoul(line + 6, NULL, 10);
    fclose(file);
    return kib;
}

void process_look(const struct vm *vm, struct process *process)
{
    *process = (struct process){
        .fds = count_entries(vm, "fd"),
        .tasks = count_entries(vm, "task"),
        .rss_kib = process_rss_kib(vm),
    };
}

/* A sanitizer keeps what has been freed. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { RSS_COUNTS = false };
#else
enum { RSS_COUNTS = true };
#endif

void process_expect_at_rest(const struct vm *vm)
{
    struct process now;
    for (int tries = 0; tries < RSP_PATIENCE_MS / 10; tries++) {
        process_look(vm, &now);
        const bool less = now.rss_kib <= vm->at_rest.rss_kib + RSS_LEFT_KIB || !RSS_COUNTS;
        if (now.fds == vm->at_rest.fds && now.tasks == vm->at_rest.tasks && less)
            return;
        rsp_sleep_us(10000);
    }
    wrong(vm, "stepvm has %u descriptors, %u threads, %lu KiB; at rest it had %u, %u, %lu KiB",
          now.fds, now.tasks, now.rss_kib, vm->at_rest.fds, vm->at_rest.tasks, vm->at_rest.rss_kib);
}

void process_expect_bounded(const struct vm *vm)
{
    const unsigned long now = process_rss_kib(vm);
    if (RSS_COUNTS && now > vm->at_rest.rss_kib + RSS_OF_A_CLIENT_KIB)
        wrong(vm, "stepvm holds %lu KiB for one client; at rest it has %lu KiB",
              now - vm->at_rest.rss_kib, vm->at_rest.rss_kib);
}

/* The state is what follows the name, which stands in brackets and may have some of its own. */
static bool sleeps(const struct vm *vm)
{
    char path[96], text[512] = "";
    snprintf(path, sizeof path, "/proc/%s/task/%s/stat", vm->pid, vm->pid);
    FILE *file = fopen(path, "r");
    if (!file || !fgets(text, sizeof text, file))
        wrong(vm, "stepvm has ended (%s: %s)", path, strerror(errno));
    fclose(file);
    const char *state = strrchr(text, ')');
    return state && state[1] && state[2] == 'S';
}

void process_expect_asleep(const struct vm *vm)
{
    enum { LOOKS = 10 };
    int in_a_row = 0;
    for (int tries = 0; tries < RSP_PATIENCE_MS / 5 && in_a_row < LOOKS; tries++) {
        rsp_sleep_us(5000);
        in_a_row = sleeps(vm) ? in_a_row + 1 : 0;
    }
    if (in_a_row < LOOKS)
        wrong(vm, "stepvm's polling thread does not come to rest");
}
