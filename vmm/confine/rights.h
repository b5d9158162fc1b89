/* What a process can give up for good: privileges, and descriptors that it was started with. Each
 * is the calling thread's and those made after it: call before there are others. */
#ifndef VMM_CONFINE_RIGHTS_H
#define VMM_CONFINE_RIGHTS_H

#include <stdint.h>

/* No program that this process executes gains privileges (PR_SET_NO_NEW_PRIVS). 0 or -errno. */
int rights_gain_none(void);

/* Gives up all capabilities but those of KEEP (bits by CAP_...), in each set that the kernel has:
 * permitted, effective, inheritable, ambient and, where that is allowed, bounding. 0 or -errno. */
int rights_drop(uint64_t keep);

/* Closes what this process was started with beside its standard descriptors: all above 2 that are
 * not close-on-exec, for what stepvm opens is. */
void rights_close_inherited(void);
/* Closes all but FD, the standard ones too. */
void rights_close_all_but(int fd);

#endif
