#!/bin/bash
# Debian's kernel under gdb: without KASLR from its entry on, with KASLR once it runs.
. "$(dirname "$0")/../lib.sh"
. tests/linux/kernel.inc

# The kernel's own startup_64 runs at its physical address until it has changed page tables and
# jumped to where it is linked.
from_the_entry_to_start_kernel()
{
    skip_where_interpreted
    need_kernel
    start_vm -S -m 256M --append 'nokaslr console=ttyS0' "$files/vmlinuz"
    run_gdb "$files/symbols.elf" <<'END'
printf "> at the entry: %#lx\n", $pc
hbreak *0x1000000
continue
printf "> unpacked: %#lx\n", $pc
find /b1 0x1000000, +0x400, 0x0f, 0x22, 0xd8
hbreak *$_
continue
x/i $pc
set $before = $cr3
stepi
printf "> other page tables: %d\n", $cr3 != $before
set $steps = 0
while $pc < 0xffffffff80000000 && $steps < 40
  stepi
  set $steps = $steps + 1
end
printf "\n> virtual: %d\n", $pc >= 0xffffffff81000000 && $pc < 0xffffffff81001000
hbreak start_kernel
continue
printf "> start_kernel: %#lx\n", $pc
bt 1
monitor linux
monitor idt 14 1
END
    expect_marked <<END
> at the entry: 0x1000200
> unpacked: 0x1000000
> other page tables: 1
> virtual: 1
> start_kernel: $(symbol start_kernel)
END
    expect_line "$dir/gdb.out" '=> {{0x.*}}:	mov    %rax,%cr3'
    expect_line "$dir/gdb.out" '#0  {{0xffffffff[0-9a-f]+ in start_kernel \(\)}}'
    expect_line "$dir/gdb.out" 'Linux version {{6\..*}}'
    expect_line "$dir/gdb.out" '_text is at 0xffffffff81000000 (physical 0x1000000), linked at 0xffffffff81000000: moved by 0x0. In gdb:'
}

# Interrupted in the shell's endless loop: in user code, or where a timer's interrupt had just come.
stop_in_user_code()
{
    start_gdb <<'END'
continue
set $steps = 0
while ($cs & 3) != 3 && $steps < 20000
  stepi
  set $steps = $steps + 1
end
printf "\n> privilege level %d\n", $cs & 3
monitor linux
END
    interrupt_gdb
    finish_gdb
    expect_marked <<<'> privilege level 3'
}

# In a system call the functions' addresses say enough for gdb's first two frames: what is on the
# stack beyond them takes unwind information, which vmlinux has and symbols alone have not.
stop_in_a_system_call()
{
    start_gdb <<END
symbol-file -o $1 $files/symbols.elf
hbreak __x64_sys_newuname
continue
printf "> privilege level %d\n", \$cs & 3
bt 2
END
    await "gdb to continue" gdb_continued 1
    printf '\003uname -r\n' >&7 # Ctrl-C ends the loop
    finish_gdb
    expect_marked <<<'> privilege level 0'
    expect_line "$dir/gdb.out" '#0  {{0xf[0-9a-f]+ in __x64_sys_newuname \(\)}}'
    expect_line "$dir/gdb.out" '#1  {{0xf[0-9a-f]+ in do_syscall_64 \(\)}}'
}

symbols_follow_a_kernel_that_moved()
{
    local slide
    skip_where_interpreted
    need_kernel
    boot_kernel --append 'console=ttyS0 quiet panic=-1'
    await_shell
    printf 'while :; do :; done\n' >&7
    stop_in_user_code
    slide=$(sed -n 's/^    symbol-file -o \(0x[0-9a-f]*\) vmlinux$/\1/p' "$dir/gdb.out")
    [ -n "$slide" ] || give_up "no symbol-file command: $(<"$dir/gdb.out")"
    [ $((slide & 0x1fffff)) = 0 ] || fail "not whole pages: $slide"
    stop_in_a_system_call "$slide"
}

TEST from_the_entry_to_start_kernel
TEST symbols_follow_a_kernel_that_moved
