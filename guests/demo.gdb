# The session that `make demo` shows. A comment becomes a line of explanation, an empty line stays,
# any other line is shown as typed and then carried out. MACHINE stands for the VM's address.

# stepvm waits before the first instruction of the disk's boot sector; gdb connects to it.
# The symbols are the demo's own: build/guests/demo.elf, made from guests/demo.s.
target remote MACHINE
add-symbol-file build/guests/demo.elf

# Real mode: gdb disassembles 16-bit code, and $pc is the linear address CS * 16 + IP.
x/6i $pc
stepi
stepi
info registers eip esp cs eflags

# Any byte of guest memory can be read: the boot sector's signature at its end,
# and the text that it is going to print.
x/2xb 0x7dfe
x/s &real_text

# A breakpoint after the BIOS call that reads the other sectors; the carry flag (CF) is not
# among the flags: it went well.
break after_int
continue
info registers eflags

# On to protected mode. gdb hears that the CPU's mode has changed, and follows:
# 32-bit code, 32-bit registers, PE set in CR0.
break stage_protected
continue
x/4i $pc
info registers eip cs cr0

# And to long mode: 64-bit registers, paging on, reached through page tables at CR3.
break stage_long
continue
x/4i $pc
info registers rip cs cr0 cr3 efer
x/2xg 0x1000

# The end: the CPU is about to halt. What it printed is in the screen's memory:
# each character is followed by its color.
break the_end
continue
info registers rax r8
x/20cb 0xb8000+10*160

# That was the demo; this ends the virtual machine.
kill
