/* What the BIOS services share: their state, and one call with its registers and guest memory. */
#ifndef VMM_BIOS_STATE_H
#define VMM_BIOS_STATE_H

#include "bios/bios.h"
#include "bios/mirror.h"

#define BIOS_MAX_UNKNOWN 64 /* further kinds of unknown calls are not counted */

/* What a guest's calls change; the rest is in its memory. */
struct bios_state {
    struct bios_unknown unknown[BIOS_MAX_UNKNOWN];
    size_t unknown_count;
    bool keyboard_held; /* its interface is disabled, because the keyboard buffer is full */
};

struct bios {
    struct bios_state state;
    struct bios_config config;
    struct mirror mirror; /* where the terminal is, which no going back changes */
    struct disk diskette; /* drive 0, if the CD is booted as one; else it has no sectors */
    struct disk_geometry diskette_geometry;
};

/* ---- One call */

struct call {
    struct bios *bios;
    struct cpu_state *state;
    uint8_t vector;
    uint64_t resume; /* rip when the call is done: behind the OUT, unless a service changes it */
    bool poweroff;
};

/* Registers, numbered as instructions encode them (SDM vol. 2, 3.1.1.1); 16 and 32 bits by CPU_RAX
 * and so on. A 16-bit write leaves the rest of the register alone. */
enum call_reg8 { CALL_AL, CALL_CL, CALL_DL, CALL_BL, CALL_AH, CALL_CH, CALL_DH, CALL_BH };

uint8_t call_get8(const struct call *call, enum call_reg8 reg);
uint16_t call_get16(const struct call *call, int reg);
uint32_t call_get32(const struct call *call, int reg);
void call_set8(struct call *call, enum call_reg8 reg, uint8_t value);
void call_set16(struct call *call, int reg, uint16_t value);
void call_set32(struct call *call, int reg, uint32_t value);

/* A segment register as real mode loads it. */
void call_set_segment(struct call *call, int seg, uint16_t selector);
/* The call does not return to its caller: the CPU goes on at SELECTOR:OFFSET. */
void call_jump(struct call *call, uint16_t selector, uint16_t offset);

/* The words that INT pushed, which the ROM's IRET takes: 0 IP, 1 CS, 2 FLAGS. 0 if there is no
 * memory there; a write is then dropped. */
uint16_t call_frame_get(const struct call *call, unsigned word);
/* Sets or clears FLAG (CPU_FLAG_CF, CPU_FLAG_ZF) in the caller's flags. */
void call_set_flag(struct call *call, uint16_t flag, bool set);

/* LEN bytes at SEG:OFFSET, LEN up to 64 KiB; the offset wraps there as a 16-bit program's does.
 * False, with nothing transferred, if one of them is not in RAM (to read: or ROM). */
bool call_read(const struct call *call, int seg, uint16_t offset, void *buf, size_t len);
bool call_write(struct call *call, int seg, uint16_t offset, const void *buf, size_t len);
/* Linear address of SEG:OFFSET. */
uint64_t call_linear(const struct call *call, int seg, uint16_t offset);

/* Host address of LEN bytes of guest RAM at GPA, or NULL if one of them is ROM or nothing. */
void *call_ram(const struct call *call, uint64_t gpa, uint64_t len);

/* ---- Functions of an interrupt, by AH */

struct call_function {
    uint8_t ah;
    void (*serve)(struct call *call);
};

/* Serves the call by the first of the N functions in TABLE with its AH, or as an unknown one. */
void call_serve(struct call *call, const struct call_function *table, size_t n);
/* A function that is not there: carry is set, and it is counted. */
void call_unknown(struct call *call);
/* A function that needs nothing done; the second one clears carry. */
void call_ignore(struct call *call);
void call_succeed(struct call *call);

/* Shows TEXT of the BIOS's own on the console, from a new line on. */
void bios_say(struct bios *bios, const char *text);

/* ---- The services */

void int09_serve(struct call *call); /* the ROM's handler has read a scan code, which is in AL */
void int10_serve(struct call *call);
void int11_serve(struct call *call);
void int12_serve(struct call *call);
void int13_serve(struct call *call);
/* Before the first call: makes drive 0 of a CD that is booted as a diskette. */
void int13_plug_diskette(struct bios *bios);
void int14_serve(struct call *call);
void int15_serve(struct call *call);
void int16_serve(struct call *call);
void int17_serve(struct call *call);
void int18_serve(struct call *call);
void int19_serve(struct call *call);
void int1a_serve(struct call *call);
/* Before the keyboard buffer is looked at: takes scan codes from the controller, for INT 09h may
 * not have come yet. (A caller that has interrupts on for a moment only, as GRUB, can't count on
 * it.) If a guest has hooked INT 09h, only where interrupts are off. Lets the keyboard send on if
 * there is room again. */
void int09_poll(struct call *call);
/* INT 10h AH=10h. */
void int10_palette(struct call *call);
/* INT 15h AH=87h and 88h; AH=E8h; AH=53h. */
void int15_move_block(struct call *call);
void int15_extended_memory(struct call *call);
void int15_memory_map(struct call *call);
void int15_apm(struct call *call);
/* Ends an INT 15h call whose function is not there: AH=86h, carry. */
void int15_unsupported(struct call *call);

#endif
