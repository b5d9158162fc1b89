#!/bin/bash
# The entries of Debian's kernel, from the first instruction into 64-bit mode, with gdb. Runs on any
# KVM: none of this takes more than some hundred thousand instructions.
. "$(dirname "$0")/../lib.sh"
. tests/linux/kernel.inc

KERNEL=0x1000000 # where it wants to be

# gdb commands that stop at the instruction with these bytes behind $1, at most $2 further on.
run_to_bytes()
{
    printf 'find /b1 %s, +%s, %s\nhbreak *$_\ncontinue\ndelete\n' "$@"
}

# What the tests say of where they are.
say_where='printf "> %#lx %d %d\n", $pc, ($cr0 >> 31) & 1, ($efer >> 10) & 1'

# From paging off in compatibility mode to 64-bit code: the kernel's own startup_32.
the_32_bit_entry_switches_to_64_bit_mode()
{
    need_kernel
    start_vm -S -m 256M --mode protected --append 'console=ttyS0' "$files/vmlinuz"
    {
        echo 'printf "> %#x %#x %#x %#x\n", $pc, $esi, $cs, $ds'
        echo 'printf "> %s\n", *(char **)($esi + 0x228)'
        run_to_bytes $KERNEL 0x200 '0x0f, 0x22, 0xc0' # mov %eax,%cr0
        printf '%s\n' 'printf "> %d %d\n", ($cr0 >> 31) & 1, ($efer >> 10) & 1'
        echo stepi
        printf '%s\n' 'printf "> %d %d\n", ($cr0 >> 31) & 1, ($efer >> 10) & 1'
        echo 'x/i $pc'
        echo stepi
        echo "$say_where"
        echo 'info registers cs'
    } >"$dir/commands"
    run_gdb <"$dir/commands"
    expect_marked <<'END'
> 0x1000000 0x20000 0x10 0x18
> console=ttyS0
> 0 0
> 1 1
> 0x1000200 1 1
END
    expect_line "$dir/gdb.out" '=> {{0x[0-9a-f]+}}:	lret'
    expect_line "$dir/gdb.out" 'cs             0x10                16'
}

# The setup code asks the BIOS for everything and enters the kernel as the 32-bit entry.
the_16_bit_entry_asks_the_bios()
{
    need_kernel
    start_vm -S -m 256M --mode real --append 'console=ttyS0 edd=off' "$files/vmlinuz"
    run_gdb <<END
printf "> %#x %#x %#x\n", \$pc, \$esp, \$eflags & 0x200
x/i \$pc
hbreak *$KERNEL
continue
printf "> %#x %d\n", \$pc, \$cr0 & 1
printf "> %d entries of the memory map\n", *(unsigned char *)(\$esi + 0x1e8)
printf "> RAM from 1 MiB on: %#llx\n", *(unsigned long long *)(\$esi + 0x2d8 + 20 * (*(unsigned char *)(\$esi + 0x1e8) - 2))
printf "> command line %s\n", *(char **)(\$esi + 0x228)
printf "> screen %d x %d\n", *(unsigned char *)(\$esi + 7), *(unsigned char *)(\$esi + 14)
END
    expect_marked <<'END'
> 0x20200 0x2e000 0
> 0x1000000 1
> {{[5-9]}} entries of the memory map
> RAM from 1 MiB on: 0xff00000
> command line console=ttyS0 edd=off
> screen 80 x 25
END
}

the_64_bit_entry_has_its_page()
{
    need_kernel
    start_vm -S -m 256M --append 'console=ttyS0' "$files/vmlinuz"
    run_gdb <<END
$say_where
printf "> %#lx %#x %#x\n", \$rsi, \$cs, \$ds
printf "> %.4s\n", (char *)(\$rsi + 0x202)
stepi 20
printf "> %d\n", \$pc > $KERNEL + 0x200 && \$pc < $KERNEL + 0x1000
END
    expect_marked <<'END'
> 0x1000200 1 1
> 0x20000 0x10 0x18
> HdrS
> 1
END
}

TEST the_32_bit_entry_switches_to_64_bit_mode
TEST the_16_bit_entry_asks_the_bios
TEST the_64_bit_entry_has_its_page
