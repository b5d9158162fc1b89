/* The seam between stepvm and its host, which these tests own: stepvm's objects linked anew, with
 * each call that can fail going by way of here (ld --wrap). One of them is made to fail, cut short,
 * or met by a signal, as a block of memory says that is shared with whoever started the program;
 * what was called is noted there. Product and seam know nothing of each other. */
#ifndef TESTS_FAULTS_SEAM_H
#define TESTS_FAULTS_SEAM_H

#include <stdbool.h>
#include <stdint.h>

/* By the linker's names. seam.c has the wrapper of each; tests/tests.mk reads this list. */
#define SEAM_CALLS(X)                                                                              \
    X(accept4)                                                                                     \
    X(bind)                                                                                        \
    X(calloc)                                                                                      \
    X(close)                                                                                       \
    X(connect)                                                                                     \
    X(eventfd)                                                                                     \
    X(fchmod)                                                                                      \
    X(fclose)                                                                                      \
    X(fcntl64)                                                                                     \
    X(fdatasync)                                                                                   \
    X(flock)                                                                                       \
    X(fopen64)                                                                                     \
    X(fork)                                                                                        \
    X(fstat64)                                                                                     \
    X(ftruncate64)                                                                                 \
    X(getsockname)                                                                                 \
    X(grantpt)                                                                                     \
    X(inotify_add_watch)                                                                           \
    X(inotify_init1)                                                                               \
    X(ioctl)                                                                                       \
    X(listen)                                                                                      \
    X(lseek64)                                                                                     \
    X(lstat64)                                                                                     \
    X(madvise)                                                                                     \
    X(malloc)                                                                                      \
    X(mincore)                                                                                     \
    X(mkostemp64)                                                                                  \
    X(mmap64)                                                                                      \
    X(munmap)                                                                                      \
    X(open64)                                                                                      \
    X(opendir)                                                                                     \
    X(poll)                                                                                        \
    X(posix_openpt)                                                                                \
    X(prctl)                                                                                       \
    X(pread64)                                                                                     \
    X(pthread_create)                                                                              \
    X(ptsname_r)                                                                                   \
    X(pwrite64)                                                                                    \
    X(read)                                                                                        \
    X(realloc)                                                                                     \
    X(reallocarray)                                                                                \
    X(realpath)                                                                                    \
    X(recv)                                                                                        \
    X(recvmsg)                                                                                     \
    X(send)                                                                                        \
    X(sendmsg)                                                                                     \
    X(setsockopt)                                                                                  \
    X(shutdown)                                                                                    \
    X(signalfd)                                                                                    \
    X(socket)                                                                                      \
    X(socketpair)                                                                                  \
    X(strdup)                                                                                      \
    X(strndup)                                                                                     \
    X(syscall)                                                                                     \
    X(tcgetattr)                                                                                   \
    X(tcsetattr)                                                                                   \
    X(unlink)                                                                                      \
    X(unlockpt)                                                                                    \
    X(write)

#define SEAM_ENUM(name) SEAM_##name,
enum seam_call { SEAM_CALLS(SEAM_ENUM) SEAM_KINDS };

/* In place of an errno. */
enum {
    SEAM_SHORT = -1,   /* one byte only is read or written */
    SEAM_EMPTY = -2,   /* end of file; nothing could be written */
    SEAM_SIGNAL = -64, /* and less: signal SEAM_SIGNAL - n comes before the call, which goes on */
};

enum { SEAM_LOG = 32768 };

struct seam {
    /* What is to happen: the NTH call (from 1) of KIND, and with ALWAYS each one after it. ioctl's
     * requests are counted apart. KIND is SEAM_KINDS: nothing is. */
    uint32_t kind, request, nth;
    int32_t error;
    bool always;
    bool helper; /* it is the process that stepvm forks whose calls count, not stepvm itself */

    /* What has happened. */
    uint32_t hits;
    uint32_t calls;      /* all of them: the first SEAM_LOG are logged */
    int32_t descriptors; /* more are open at the end than at the start */
    bool ended;          /* DESCRIPTORS is known */
    struct seam_log {
        uint16_t kind;
        uint32_t request;
        uint32_t site; /* the return address, from where the program begins */
    } log[SEAM_LOG];
};

/* The environment's variable that has the number of the descriptor of a struct seam. */
#define SEAM_VARIABLE "STEPVM_SEAM"

#endif
