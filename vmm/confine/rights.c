#include "confine/rights.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

int rights_gain_none(void)
{
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ? -errno : 0;
}

/* ---- Capabilities */

static void drop_bounding(uint64_t keep)
{
    for (int cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
        if (!(keep >> cap & 1))
            prctl(PR_CAPBSET_DROP, cap, 0, 0, 0); /* takes CAP_SETPCAP, which users have not */
}

int rights_drop(uint64_t keep)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
    drop_bounding(keep);
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); /* Linux 4.3 */
    if (syscall(SYS_capget, &header, data))
        return -errno;
    for (unsigned i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
        const uint32_t mask = (uint32_t)(keep >> 32 * i);
        data[i].permitted &= mask;
        data[i].effective &= mask;
        data[i].inheritable = 0;
    }
    return syscall(SYS_capset, &header, data) ? -errno : 0;
}

/* ---- Descriptors */

static bool is_this(int fd, int kept)
{
    return fd == kept;
}

static bool is_ours_or_standard(int fd, int last_standard)
{
    const int flags = fcntl(fd, F_GETFD);
    return fd <= last_standard || flags < 0 || flags & FD_CLOEXEC;
}

/* Without /proc: each number that could be one. */
static void close_by_number(bool (*keep)(int fd, int argument), int argument)
{
    struct rlimit limit;
    int end = 65536;
    if (!getrlimit(RLIMIT_NOFILE, &limit) && limit.rlim_cur < (rlim_t)end)
        end = (int)limit.rlim_cur;
    for (int fd = 0; fd < end; fd++)
        if (!keep(fd, argument))
            close(fd);
}

static void close_unless(bool (*keep)(int fd, int argument), int argument)
{
    DIR *dir = opendir("/proc/self/fd");
    if (!dir) {
        close_by_number(keep, argument);
        return;
    }
    for (const struct dirent *entry; (entry = readdir(dir));) {
        const int fd = atoi(entry->d_name); /* "." and "..": 0 */
        if (entry->d_name[0] != '.' && fd != dirfd(dir) && !keep(fd, argument))
            close(fd);
    }
    closedir(dir);
}

void rights_close_inherited(void)
{
    close_unless(is_ours_or_standard, STDERR_FILENO);
}

void rights_close_all_but(int fd)
{
    close_unless(is_this, fd);
}
