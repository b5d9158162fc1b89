/* System calls: `int $0x80` with the number in EAX, up to two arguments in EBX and ECX; the result
 * comes in EAX. Also read by the programs, and by
 * assembly. */
#ifndef HOBBY_SYSTEM_CALL_H
#define HOBBY_SYSTEM_CALL_H

#define SYSTEM_CALL_VECTOR 0x80

#ifndef __ASSEMBLER__
enum system_call {
    SYSTEM_WRITE,      /* text, size: writes to the console; 0, or -1 if the text can't be read */
    SYSTEM_YIELD,      /* lets others run; 0 */
    SYSTEM_EXIT,       /* ends the task */
    SYSTEM_READ_BLOCK, /* number, buffer: 512 bytes of the disk; 0, or -1: no such block or buffer
                        */
};

struct frame;
void system_call(struct frame *frame);
#endif

#endif
