/* Where a guest of C begins: a stack, then run(), which it defines. */
#ifndef GUESTS_ENTRY32_H
#define GUESTS_ENTRY32_H

void run(void);

static unsigned char stack[4096] __attribute__((used));

asm(".globl _start\n"
    "_start: cld\n"
    "        movl $stack + 4096, %esp\n"
    "        xorl %ebp, %ebp\n"
    "        call run\n"
    "stop:   hlt\n"
    "        jmp stop\n");

#endif
