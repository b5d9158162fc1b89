/* A GDB remote-protocol server for x86 machines, on libc alone.
 *
 * A VMM fills a table of target operations (struct gdb_target_ops), opens a server, and polls the
 * server's file descriptors beside its own. The library knows nothing of how the machine runs.
 *
 *     bytes -> gdb_server -> gdb_session (packets, commands, replies) -> target operations
 *     target stops -> gdb_server_report_stop -> gdb_session -> bytes
 *
 * Everything here is called from one thread, the one that polls; the operations are called from
 * that thread too. Nothing is kept in file-scope variables: several servers may live in a process.
 * Protocol facts: the GDB manual, appendix "Remote Protocol". */
#ifndef GDBSTUB_GDBSTUB_H
#define GDBSTUB_GDBSTUB_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- Text that the target hands back: bounded, always terminated, cut where it would not fit. */

struct gdb_text {
    char *buf;
    size_t size; /* of buf, at least 1 */
    size_t len;  /* without the terminating 0; always < size */
};

/* Makes TEXT an empty text in BUF of SIZE bytes. */
void gdb_text_init(struct gdb_text *text, char *buf, size_t size);
__attribute__((format(printf, 2, 3))) void gdb_text_printf(struct gdb_text *text,
                                                           const char *format, ...);

/* ---- Registers */

/* What the client sees of a CPU; it decides the target description that the client is given. */
enum gdb_arch {
    GDB_ARCH_I8086,  /* 16-bit code: real mode, and protected mode in a 16-bit segment */
    GDB_ARCH_I386,   /* 32-bit code */
    GDB_ARCH_X86_64, /* 64-bit code */
};

/* Indexes of gdb_x86_regs.gpr and .seg: the numbers that instructions encode (SDM vol. 2, 3.1.1.1).
 */
enum { GDB_RAX, GDB_RCX, GDB_RDX, GDB_RBX, GDB_RSP, GDB_RBP, GDB_RSI, GDB_RDI };
enum { GDB_ES, GDB_CS, GDB_SS, GDB_DS, GDB_FS, GDB_GS, GDB_SEGS };

/* Indexes of gdb_x86_regs.msr: the MSRs that are registers for the client (SDM vol. 4, table 2-2;
 * those of KVM: the kernel's Documentation/virt/kvm/x86/msr.rst). */
enum gdb_msr {
    GDB_MSR_STAR,
    GDB_MSR_LSTAR,
    GDB_MSR_CSTAR,
    GDB_MSR_SFMASK,
    GDB_MSR_SYSENTER_CS,
    GDB_MSR_SYSENTER_ESP,
    GDB_MSR_SYSENTER_EIP,
    GDB_MSR_TSC,
    GDB_MSR_TSC_AUX,
    GDB_MSR_TSC_ADJUST,
    GDB_MSR_TSC_DEADLINE,
    GDB_MSR_APIC_BASE,
    GDB_MSR_PAT,
    GDB_MSR_MTRR_DEF_TYPE,
    GDB_MSR_MISC_ENABLE,
    GDB_MSR_DEBUGCTL,
    GDB_MSR_FEATURE_CONTROL,
    GDB_MSR_SPEC_CTRL,
    GDB_MSR_XSS,
    GDB_MSR_KVM_WALL_CLOCK,
    GDB_MSR_KVM_SYSTEM_TIME,
    GDB_MSR_KVM_ASYNC_PF,
    GDB_MSR_KVM_STEAL_TIME,
    GDB_MSR_KVM_EOI,
    GDB_MSRS
};

/* A CPU's registers as the client sees them. pc and gpr[GDB_RSP] are linear addresses, because gdb
 * knows no segments: outside 64-bit code the target adds the base of CS and SS, and takes a write
 * back the same way. The offsets themselves are raw_ip and raw_sp. Each field is at least as wide
 * as its register. */
struct gdb_x86_regs {
    uint64_t gpr[16];
    uint64_t pc;
    uint32_t eflags;
    uint32_t seg[GDB_SEGS]; /* selectors */

    uint8_t st[8][10]; /* x87 registers, st[0] is ST(0) */
    uint32_t fctrl, fstat, ftag, fiseg, fioff, foseg, fooff, fop; /* ftag: the full 16-bit form */
    uint8_t xmm[32][16];
    uint32_t mxcsr;
    uint8_t ymmh[32][16]; /* bits 128 to 255 of YMM */
    uint8_t zmmh[32][32]; /* bits 256 to 511 of ZMM */
    uint64_t k[8];        /* opmasks */
    uint32_t pkru;

    uint64_t raw_ip, raw_sp;
    uint64_t seg_base[GDB_SEGS];
    uint32_t seg_limit[GDB_SEGS]; /* in bytes: the last valid offset */
    uint32_t seg_attr[GDB_SEGS];  /* GDB_ATTR_* */
    uint64_t cr0, cr2, cr3, cr4, cr8, efer;
    uint64_t gdtr_base, idtr_base, ldtr_base, tr_base;
    uint32_t gdtr_limit, idtr_limit, ldtr_limit, tr_limit;
    uint32_t ldtr, tr; /* selectors */
    uint32_t ldtr_attr, tr_attr;
    uint64_t dr[8]; /* the guest's own; 4 and 5 are not used */
    uint64_t xcr0;
    uint64_t k_gs_base;
    uint64_t msr[GDB_MSRS];
};

/* Attributes of a segment register: bits 8 to 23 of the descriptor's second word without the
 * limit's (SDM vol. 3, 3.4.5), and whether the register is unusable (24.4.1). */
enum {
    GDB_ATTR_TYPE = 0xf, /* with S = 1 bit 0 is "accessed" */
    GDB_ATTR_S = 1 << 4,
    GDB_ATTR_DPL_SHIFT = 5, /* two bits */
    GDB_ATTR_P = 1 << 7,
    GDB_ATTR_AVL = 1 << 12,
    GDB_ATTR_L = 1 << 13,
    GDB_ATTR_DB = 1 << 14,
    GDB_ATTR_G = 1 << 15,
    GDB_ATTR_UNUSABLE = 1 << 16,
    GDB_ATTR_ALL = 0x1f0ff,
};

/* Which fields are wanted, for targets to which some cost more than others. */
enum {
    GDB_PART_GENERAL = 0, /* gpr, eflags, pc and the raw offsets, which are always read */
    GDB_PART_BASE = 1,    /* segment, control and table registers, which come with any other part */
    GDB_PART_FPU = 2,     /* st to pkru */
    GDB_PART_DEBUG = 4,   /* dr */
    GDB_PART_XCR0 = 8,
    GDB_PART_MSR = 16, /* k_gs_base, msr */
    GDB_PARTS_ALL = 31,
};

/* Registers that not every CPU has. */
enum {
    GDB_HAS_XCR0 = 1,
    GDB_HAS_AVX = 2,    /* ymmh[0] to [15] */
    GDB_HAS_AVX512 = 4, /* k, zmmh, xmm[16] on, ymmh[16] on; only with AVX */
    GDB_HAS_PKU = 8,    /* pkru */
};
#define GDB_HAS_MSR(msr) (UINT64_C(16) << (msr)) /* msr[enum gdb_msr] */

/* ---- Stops */

enum gdb_stop_kind {
    GDB_STOP_SIGNAL, /* the target is stopped and can be examined */
    GDB_STOP_EXITED, /* the machine has ended by itself: code is its exit status */
    GDB_STOP_KILLED, /* the machine has ended on a signal: code is its number */
};

enum gdb_stop_reason {
    GDB_REASON_NONE,
    GDB_REASON_SWBREAK,
    GDB_REASON_HWBREAK,
    GDB_REASON_WATCH,
    GDB_REASON_RWATCH,
    GDB_REASON_AWATCH,
    /* What was recorded begins, or ends, here: the target could not go on in the direction that it
     * was told to. From the end on it runs, if it is resumed again. */
    GDB_REASON_HISTORY_BEGIN,
    GDB_REASON_HISTORY_END,
};

/* gdb's signal numbers (GDB manual, "Remote Protocol": they are not the host's). */
enum { GDB_SIGINT = 2, GDB_SIGILL = 4, GDB_SIGTRAP = 5, GDB_SIGABRT = 6, GDB_SIGSEGV = 11 };

struct gdb_stop {
    enum gdb_stop_kind kind;
    int code;   /* signal number or exit status */
    int thread; /* who stopped; for GDB_STOP_SIGNAL only */
    enum gdb_stop_reason reason;
    uint64_t addr;      /* the data address, for the watch reasons */
    char message[1024]; /* printed on the client's console before the stop; "" for none. Last, and
                         * written and copied only as far as it goes: most stops have none */
};

/* ---- The target */

/* The values are the digit after Z and z. */
enum gdb_breakpoint_type {
    GDB_BREAK_SOFTWARE = 0,
    GDB_BREAK_HARDWARE = 1,
    GDB_WATCH_WRITE = 2,
    GDB_WATCH_READ = 3,
    GDB_WATCH_ACCESS = 4,
    /* No packet's digit: execution at an address, inserted by the stub itself while it has a hit
     * filter, which alone decides what comes of it. There may be another type at the same address.
     */
    GDB_TRACEPOINT = 5,
};

/* What becomes of a thread that has come to something that is inserted, or has ended a step. */
enum gdb_verdict {
    GDB_HIT_STOP,  /* as without a filter: a stop, but for a tracepoint or GDB_HIT_STEPPED */
    GDB_HIT_GO_ON, /* nobody need hear of it */
    GDB_HIT_STEP,  /* nobody need hear of it, but the filter is asked again after the thread's next
                      instruction, wherever that ends */
};

enum gdb_hit_kind {
    GDB_HIT_BREAKPOINT, /* the thread has come to pc, where a breakpoint or tracepoint is inserted,
                           by running or by a step; the instruction there is not done */
    GDB_HIT_WATCH,      /* an access: watch and addr say which; the instruction is done */
    GDB_HIT_STEPPED,    /* the end of an instruction that GDB_HIT_STEP asked for, with nothing
                           inserted at pc */
};

struct gdb_hit {
    enum gdb_hit_kind kind;
    int thread;
    uint64_t pc;                    /* linear */
    enum gdb_breakpoint_type watch; /* GDB_HIT_WATCH: of the watchpoint */
    uint64_t addr;                  /* GDB_HIT_WATCH: the first watched byte that was touched */
    bool in_step;     /* the client's own step ends here: it is a stop whatever the verdict */
    bool asked;       /* by GDB_HIT_STEP: this is the end of the very next instruction */
    bool traced_only; /* GDB_HIT_BREAKPOINT: nothing but a tracepoint is inserted at pc */
    bool replayed;    /* found in the log of what was executed, on the way back or forth; a watched
                         access on the way back: its instruction is undone. Nothing is traced */
};

/* Where one thread has both accessed what is watched and come to a breakpoint, it is asked for
 * each. */
typedef enum gdb_verdict gdb_hit_filter(void *context, const struct gdb_hit *hit);

enum gdb_resume_kind {
    GDB_RESUME_CONTINUE,
    GDB_RESUME_STEP,
    GDB_RESUME_STOP, /* in non-stop mode only: a thread that runs stops, with signal 0 */
};

/* How far the target goes back in time. */
enum gdb_travel {
    GDB_TRAVEL_STEP,     /* until the thread has undone one instruction */
    GDB_TRAVEL_CONTINUE, /* until something is hit */
};

/* What one thread does when the target is resumed. Threads that have no entry stay stopped; in
 * non-stop mode they stay as they are. */
struct gdb_resume {
    int thread;
    enum gdb_resume_kind kind;
    /* GDB_RESUME_STEP: once the thread has stepped it steps on, without a stop, while its pc is
     * START or above and below END. The target may stop it earlier, and does so where a breakpoint
     * or a watchpoint is hit, where a handler is entered, and where the architecture changes.
     * START == END: one step. */
    uint64_t start, end;
};

/* A run of addresses of one kind, as large as the target cares to find it. */
struct gdb_region {
    uint64_t start, last; /* the last address that is part of it */
    bool mapped;          /* if not, the rest is false and "" */
    bool read, write, execute;
    bool rom;
    char name[32]; /* what it is to the machine, as "RAM" */
};

/* The target operations. Threads are numbered 1 to thread_count() and never change. An operation
 * that a target lacks is NULL, and the client gets the empty reply, which says "not supported";
 * those marked (required) must be there. Unless another meaning is given, an operation returns 0
 * or -errno, and where it takes WHY it may write there what the client's user should read.
 * All but interrupt, detach and pause are called only while the target is stopped, or paused;
 * image_name for no thread, image_size and read_image while it runs, too. */
struct gdb_target_ops {
    size_t (*thread_count)(void *target);                                 /* (required) */
    void (*thread_name)(void *target, int thread, struct gdb_text *name); /* e.g. "CPU 0, halted" */
    enum gdb_arch (*arch)(void *target, int thread);                      /* (required) */

    /* Fills at least the fields of PARTS; the rest is undefined. (required) */
    int (*read_registers)(void *target, int thread, unsigned parts, struct gdb_x86_regs *regs);
    /* Takes over each field of REGS that differs from WAS, which is what read_registers gave, for
     * whatever parts; all or nothing. */
    int (*write_registers)(void *target, int thread, const struct gdb_x86_regs *was,
                           const struct gdb_x86_regs *regs, struct gdb_text *why);
    /* GDB_HAS_* of the machine's CPUs. It never changes. NULL: none. */
    uint64_t (*features)(void *target);

    /* LEN bytes at linear address ADDR as THREAD sees them. Returns how many bytes from the start
     * were transferred (short where the rest is not mapped), or -errno if not even one was. */
    int64_t (*read_memory)(void *target, int thread, uint64_t addr, void *buf, size_t len);
    int64_t (*write_memory)(void *target, int thread, uint64_t addr, const void *buf, size_t len);

    /* Whether read_memory and write_memory, and these alone, take guest-physical addresses (QEMU's
     * Qqemu.PhyMemMode). Off at the start of each session. Both or neither. */
    bool (*physical_memory)(void *target);
    void (*set_physical_memory)(void *target, bool on);
    /* The region that ADDR is in as THREAD sees it, unmapped ones too. */
    int (*memory_region)(void *target, int thread, uint64_t addr, struct gdb_region *region);
    /* The guest-physical regions that there are, in order of address: the one of INDEX; false past
     * the last. */
    bool (*physical_region)(void *target, size_t index, struct gdb_region *region);

    /* KIND is the packet's third number: the watched length, or the size of the instruction.
     * -EOPNOTSUPP for a TYPE the target does not have: the client gets the empty reply. */
    int (*insert_breakpoint)(void *target, enum gdb_breakpoint_type type, uint64_t addr,
                             uint64_t kind, struct gdb_text *why);
    int (*remove_breakpoint)(void *target, enum gdb_breakpoint_type type, uint64_t addr,
                             uint64_t kind, struct gdb_text *why);
    /* FILTER is asked once at each hit, before anyone hears of it, on the thread of the CPU that
     * has hit, several at a time perhaps, while others run. Within it read_registers, read_memory
     * and arch may be called for the thread of the hit: they show what a stopped client would see,
     * by linear addresses. interrupt, pause, detach and kill, and the end of the whole program,
     * wait for it: it may itself wait for the thread that polls, but not for long. NULL: none. Off
     * again by itself at detach. */
    void (*set_hit_filter)(void *target, gdb_hit_filter *filter, void *context);

    /* Sets the N threads in ACTIONS going. The stop that ends this arrives by
     * gdb_server_report_stop, later or from within this call's own event loop turn. In the past it
     * goes through the log; where that ends is a stop (GDB_REASON_HISTORY_END), but if a step of
     * one instruction, or something that is hit, has ended there already. (required) */
    int (*resume)(void *target, const struct gdb_resume *actions, size_t n);
    /* Goes back in the log of what was executed. All threads do, in the one order that they were
     * in: a step of THREAD undoes what the others did since its last instruction, too. It ends, by
     * gdb_server_report_stop as resume's does,
     * - where a thread's pc is that of a breakpoint, whose instruction is then not done: the reason
     *   is the breakpoint's, the pc as it is. One at which the thread stands before it has undone
     *   anything is none: gdb leaves it inserted there;
     * - before an instruction that has accessed what is watched, with memory as it was: gdb 13
     *   reads the watched value anew, shows a stop of `watch` only where that differs from what it
     *   read last, and goes on else. If nothing but the value is logged, a write of the same value
     *   need not be found;
     * - where it can go no further (GDB_REASON_HISTORY_BEGIN), but not where a step, or something
     *   that is hit, has ended it there already;
     * - at the end of the step, with the reason of a breakpoint that may be there, or by interrupt.
     * The hit filter is asked as in a run, at the state that the hit is in, with `replayed` set:
     * conditions are judged, and a breakpoint's commands print, as gdb's own dprintf does on the
     * way back. It may be called at any stop, never in non-stop mode.
     * -ENODATA: nothing is recorded. On an error, about which WHY is what the client's user reads,
     * nothing has changed, and no stop is reported.
     * NULL: not supported. Otherwise the client, which asks once, is told that it is. */
    int (*travel_back)(void *target, int thread, enum gdb_travel how, struct gdb_text *why);
    /* Asks a running target to stop; the stop arrives by gdb_server_report_stop. If the target is
     * stopped already the present stop is reported once more. Not in non-stop mode. (required) */
    void (*interrupt)(void *target);

    /* Non-stop mode: each thread that was resumed runs until it stops by itself or is told to; each
     * stop is of its thread alone and arrives by gdb_server_report_stop, those of several threads
     * one after the other; the other threads run on. Called while all threads are stopped, or
     * paused, and then they stay stopped: turning it off ends the pause. Off again by itself at
     * detach, kill and restart.
     * pause parks every thread for a moment, so that the other operations may be called although
     * threads run; unpause lets go on those that were running, and those that resume has set going
     * meanwhile. No stop is reported in between. All three or none. */
    int (*set_non_stop)(void *target, bool on);
    void (*pause)(void *target);
    void (*unpause)(void *target);

    /* The client has gone, or wants to: forget its breakpoints and let the machine run on, whatever
     * it was doing. With a FILTER the tracepoints stay, and their hits are asked about as
     * set_hit_filter says; NULL: they are forgotten, too. (required) */
    void (*detach)(void *target, gdb_hit_filter *filter, void *context);
    void (*kill)(void *target); /* end the machine (required) */
    /* Back to the first state, memory too, stopped before the first instruction; from a stop, or
     * from the end that was reported. What is inserted stays. When it returns the registers are the
     * new ones; the client is told by the caller. */
    int (*restart)(void *target, struct gdb_text *why);

    /* The image that the machine was loaded from, for clients that load symbols by themselves. Its
     * name, an absolute path that stays the same: NULL if there is none, or if THREAD, where it is
     * not 0, executes code that the image can't be the program of. Its size in bytes, or -errno;
     * its bytes: as read_memory, 0 at and past its end. All three or none. */
    const char *(*image_name)(void *target, int thread);
    int64_t (*image_size)(void *target);
    int64_t (*read_image)(void *target, uint64_t offset, void *buf, size_t len);
    /* How far from where its file says the image was loaded; false if that is not known. */
    bool (*image_offset)(void *target, uint64_t *offset);

    /* Whether interrupts are let in while a thread steps (QEMU's Qqemu.sstep). Both or neither. */
    bool (*step_interrupts)(void *target);
    void (*set_step_interrupts)(void *target, bool let_in);

    /* A `monitor` command's words; what it prints goes to OUT. Which thread its user has selected
     * is not known: gdb says so only when it next reads something of that thread. */
    int (*monitor)(void *target, const char *command, struct gdb_text *out);
};

/* ---- The server: one listening place, one client at a time */

struct gdb_server_config {
    const struct gdb_target_ops *ops;
    void *target;
    /* [HOST]:PORT (no host: 127.0.0.1; port 0: any free one), unix:PATH (mode 0600; a socket that
     * no one listens on is replaced), or - for stdin and stdout. */
    const char *where;
    /* Each packet as it passes, without framing, for --trace rsp; NULL for none. */
    void (*trace)(void *context, bool from_client, const char *packet, size_t len);
    void *trace_context;
    /* Text that commands of breakpoints print (gdb's agent dprintf) while no client can be shown
     * it: in non-stop mode, and when it has gone. On the threads of CPUs. NULL: it is lost. */
    void (*print)(void *context, const char *text, size_t len);
    void *print_context;
};

struct gdb_server;

/* Opens the server and listens. On error *OUT is NULL, WHY says in one line what was tried, what
 * the system said and what to do, and -errno is returned. The caller owns *OUT. */
int gdb_server_open(struct gdb_server **out, const struct gdb_server_config *config,
                    struct gdb_text *why);
/* Ends the session (a client is told nothing more, the target's operations are not called), closes
 * and removes the socket. NULL is fine. */
void gdb_server_close(struct gdb_server *server);

/* Where it listens, as gdb's `target remote` takes it ("127.0.0.1:1234", a path, "|" for stdio). */
const char *gdb_server_address(const struct gdb_server *server);

#define GDB_SERVER_FDS 4
/* Fills FDS with what to poll for now; returns how many of GDB_SERVER_FDS are used. */
size_t gdb_server_poll(struct gdb_server *server, struct pollfd fds[GDB_SERVER_FDS]);
/* For how many ms at most that may be polled for: then the server has others. -1: for ever. Asked
 * before gdb_server_poll, as what ends in between is to be polled for. */
int gdb_server_timeout(const struct gdb_server *server);
/* Serves what poll(2) found in the same N fds. Never blocks. */
void gdb_server_dispatch(struct gdb_server *server, const struct pollfd *fds, size_t n);
/* Serves what the client has sent, without poll(2), for a VMM that expects it now: one packet at
 * most. False if nothing has come. Never blocks. */
bool gdb_server_look(struct gdb_server *server);

/* True while a client is connected. On stdio: from the start until it hangs up. */
bool gdb_server_attached(const struct gdb_server *server);
/* True once there can be no further client (stdio whose peer has gone). */
bool gdb_server_finished(const struct gdb_server *server);

/* The target has stopped or ended. False if no client is there to hear it. A client's bytes are
 * read only once the target that it found running has stopped. After GDB_STOP_EXITED or _KILLED
 * the connection is closed when its last reply is sent (gdb_server_attached turns false); but see
 * gdb_server_holds_ended. */
bool gdb_server_report_stop(struct gdb_server *server, const struct gdb_stop *stop);

/* True while a client in extended mode (`target extended-remote`) holds a target that has ended by
 * itself (GDB_STOP_EXITED), or that it has killed, so as to start it again: the target must stay,
 * as it is. Its restart is called, or its kill. */
bool gdb_server_holds_ended(const struct gdb_server *server);

#endif
