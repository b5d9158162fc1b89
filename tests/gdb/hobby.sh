#!/bin/bash
# The small operating system in guests/hobby, debugged from source with gdb: paging, user mode, system
# calls, tasks, interrupts, and a page fault.
#
# The PIT counts on while the machine stands, so at each resume the timer interrupts and another task
# may have the CPU: breakpoints are in functions that one program alone runs.
. "$(dirname "$0")/../lib.sh"

kernel=$GUESTS/hobby.elf

# Runs it to its end; a KVM that can't is skipped.
run_hobby()
{
    run_stepvm --gdb none -m 64M --disk "$GUESTS/hobby.tar,ro" "$kernel"
    ! grep -q 'kernel: exception 13 ' "$dir/console" || skip "this KVM has no 32-bit paging"
}

# gdb with what it reads on stdin, after a look whether this KVM has paging.
debug_hobby()
{
    start_vm -S -m 64M --disk "$GUESTS/hobby.tar,ro" "$kernel"
    {
        printf '%s\n' "tbreak paging_init" "continue" "finish" \
            'printf "> paging %d\n", ($cr0 >> 31) & 1'
        cat
        echo kill
    } >"$dir/session"
    run_gdb <"$dir/session"
    grep -q '^> paging 1' "$dir/gdb.out" || skip "this KVM has no 32-bit paging"
    sed -i '1,/^> paging 1/d' "$dir/gdb.out"
}

# What each of them prints, in its order; which of the tasks has the CPU is the timer's affair.
lines_of()
{
    tr -d '\r' <"$dir/console" | grep -aE "^$1" >"$dir/lines"
    expect_text "$dir/lines"
}

it_runs()
{
    run_hobby
    expect_equal "stepvm's exit status" "$vm_status" 0
    lines_of 'primes:' <<'END_TEXT'
primes: 25 below 100
primes: 1229 below 10000
primes: 17984 below 200000
END_TEXT
    lines_of '(This|Who)' <guests/hobby/motd.txt
    lines_of '(wild|kernel):' <<'END_TEXT'
kernel: hobby, a small operating system
kernel: memory up to 0x04000000
kernel: disk 0 has 20 blocks
wild: reads what it may not: refused
kernel: page fault at 0x4{{[0-9a-f]+}}: wild writes to 0x00100000, which is not allowed
kernel: wild is ended
kernel: all tasks have ended; the timer has switched some of them
END_TEXT
}

# From the ELF's entry on, before anything else has run.
c_by_name()
{
    start_vm -S -m 64M "$kernel"
    run_gdb <<'END_GDB'
break kernel_main
continue
backtrace
print/x magic
print info->mem_upper
tbreak memory_end
continue
finish
END_GDB
    expect_gdb <<'END_TEXT'
Breakpoint 1 at {{.*}}: file guests/hobby/kernel.c, line {{[0-9]+}}.
Continuing.

Breakpoint 1, kernel_main (magic=732803074, info={{.*}}) at guests/hobby/kernel.c:{{[0-9]+}}
{{[0-9]+}}	{
#0  kernel_main (magic=732803074, info={{.*}}) at guests/hobby/kernel.c:{{[0-9]+}}
#1  {{0x[0-9a-f]+}} in _start () at guests/hobby/boot.S:{{[0-9]+}}
$1 = 0x2badb002
$2 = 64512
...
Value returned is $3 = 67108864
END_TEXT
}

# From a program in ring 3 through the door into the kernel, and back. With interrupts off for the
# program, so that the timer does not give the CPU to another.
into_a_system_call_and_back()
{
    debug_hobby <<'END_GDB'
break print_file
continue
printf "> %s, ring %d, %d bytes\n", block, $cs & 3, size
set $eflags &= ~0x200
tbreak enter_kernel
continue
next
next
next
next
printf "> "
x/i $pc
stepi
printf "> ring %d\n", $cs & 3
info symbol $pc
backtrace 6
tbreak sys_read_block
continue
printf "> block %d\n", number
finish
up-silently
up-silently
up-silently
tbreak *$pc
continue
printf "> back with %d, ring %d: %.14s\n", $eax, $cs & 3, block
END_GDB
    expect_line "$dir/gdb.out" 'vector_128 in section .text{{.*}}'
    expect_line "$dir/gdb.out" '#0  <signal handler called>'
    expect_line "$dir/gdb.out" '#1  enter_kernel () at guests/hobby/user/start.S:{{[0-9]+}}'
    expect_line "$dir/gdb.out" '#2  0x4{{[0-9a-f]+}} in read_block ({{.*}}) at guests/hobby/user/system.c:{{[0-9]+}}'
    expect_line "$dir/gdb.out" '#5  0x4{{[0-9a-f]+}} in program_start () at guests/hobby/user/start.S:{{[0-9]+}}'
    expect_marked <<'END_TEXT'
> motd.txt, ring 3, 163 bytes
> => 0x4{{[0-9a-f]+}} <enter_kernel+{{[0-9]+}}>:	int    $0x80
> ring 0
> block 1
> back with 0, ring 3: This file lies
END_TEXT
}

# What a program has asked the kernel for is taken back, and asked for once more: the second way goes
# from ring 3 into the kernel on another stack, after all registers were written.
back_through_a_system_call()
{
    debug_hobby <<'END_GDB'
break print_file
continue
set $eflags &= ~0x200
tbreak enter_kernel
continue
monitor record on
set $begin = $sp
up
tbreak *$pc
continue
printf "> %.14s, ring %d\n", block, $cs & 3
watch -l block[0]
reverse-continue
printf "> ring %d, %.8s\n", $cs & 3, block
backtrace 4
delete
reverse-continue
printf "> ring %d, %d, %.8s\n", $cs & 3, $sp == $begin, block
set $edx = $edx
up
tbreak *$pc
continue
printf "> %.14s, ring %d\n", block, $cs & 3
monitor record status
END_GDB
    expect_line "$dir/gdb.out" '#1  ata_read ({{.*}}) at guests/hobby/ata.c:{{[0-9]+}}'
    expect_marked <<'END_TEXT'
> This file lies, ring 3
> ring 0, motd.txt
> ring 3, 1, motd.txt
> This file lies, ring 3
END_TEXT
}

# Each task has tables of its own, and the kernel is not for programs. Whose turn comes first is the
# timer's affair.
address_spaces()
{
    debug_hobby <<'END_GDB'
break print_file
break wild
continue
printf "> %s %#x %#x\n", current_task->name, $cr3, (unsigned) current_task->directory
eval "monitor walk %#lx", &block
eval "monitor walk %#lx", print_file
eval "monitor walk %#lx", kernel_main
monitor walk 0
continue
printf "> %s %#x %#x\n", current_task->name, $cr3, (unsigned) current_task->directory
END_GDB
    expect_line "$dir/gdb.out" '-> 0x{{[0-9a-f]+}} in a page of 4 KiB: user, writable, executable'
    expect_line "$dir/gdb.out" '-> 0x{{[0-9a-f]+}} in a page of 4 KiB: user, read-only, executable'
    expect_line "$dir/gdb.out" '-> 0x{{[0-9a-f]+}} in a page of 4 KiB: supervisor only, writable, executable'
    grep '^> ' "$dir/gdb.out" >"$dir/marks"
    expect_equal "who stopped" "$(cut -d' ' -f2 "$dir/marks" | sort | tr '\n' ' ')" 'cat wild '
    expect_equal "page directories" "$(cut -d' ' -f3 "$dir/marks" | sort -u | wc -l)" 2
    expect_equal "those of the tasks" "$(cut -d' ' -f4 "$dir/marks")" "$(cut -d' ' -f3 "$dir/marks")"
}

# A kernel variable, whoever runs: each switch is seen, with the way that led to it.
a_watchpoint_across_tasks()
{
    debug_hobby <<'END_GDB'
tbreak task_start
continue
watch current_task
continue
printf "> %s\n", current_task->name
continue
printf "> %s\n", current_task->name
backtrace 3
continue
printf "> %s\n", current_task->name
END_GDB
    expect_line "$dir/gdb.out" '#0  switch_to ({{.*}}) at guests/hobby/task.c:{{[0-9]+}}'
    expect_line "$dir/gdb.out" '#2  {{0x[0-9a-f]+}} in timer_interrupt () at guests/hobby/timer.c:{{[0-9]+}}'
    expect_marked <<'END_TEXT'
> primes
> cat
> {{wild|primes}}
END_TEXT
}

# The interrupted program is the frame below.
an_interrupt_handler()
{
    debug_hobby <<'END_GDB'
tbreak primes_below
continue
tbreak timer_interrupt
continue
printf "> %d tick\n", ticks + 1
backtrace
frame function primes
info locals
END_GDB
    expect_line "$dir/gdb.out" '#1  {{0x[0-9a-f]+}} in interrupt (frame={{.*}}) at guests/hobby/interrupt.c:{{[0-9]+}}'
    expect_line "$dir/gdb.out" '#2  <signal handler called>'
    expect_line "$dir/gdb.out" '{{#[0-9]+}}  {{.*}} in primes () at guests/hobby/user/primes.c:{{[0-9]+}}'
    expect_line "$dir/gdb.out" '{{#[0-9]+}}  {{.*}} in program_start () at guests/hobby/user/start.S:{{[0-9]+}}'
    expect_line "$dir/gdb.out" 'line = {size = {{[0-9]+}}, text = {{.*}}}'
}

# By single steps from there on, with interrupts off for the program again.
a_page_fault()
{
    debug_hobby <<'END_GDB'
tbreak wild.c:12
continue
printf "> kernel is %#x\n", (unsigned) kernel
set $eflags &= ~0x200
monitor break-on exception #PF
continue
printf "> cr2 %#x, ring %d\n", $cr2, $cs & 3
info symbol $pc
backtrace
monitor break-on off
tbreak page_fault
continue
printf "> error code %d of vector %d\n", frame->error, frame->vector
delete
continue
END_GDB
    expect_line "$dir/gdb.out" 'CPU 0: exception 14 (#PF), raised at 0x4{{[0-9a-f]+}}'
    expect_line "$dir/gdb.out" 'vector_14 in section .text{{.*}}'
    expect_line "$dir/gdb.out" '#1  wild () at guests/hobby/user/wild.c:12'
    expect_marked <<'END_TEXT'
> kernel is 0x100000
> cr2 0x100000, ring 0
> error code 7 of vector 14
END_TEXT
    expect_line "$dir/gdb.out" '[Inferior 1 (Remote target) exited normally]'
}

TEST it_runs
TEST c_by_name
TEST into_a_system_call_and_back
TEST back_through_a_system_call
TEST address_spaces
TEST a_watchpoint_across_tasks
TEST an_interrupt_handler
TEST a_page_fault
