#!/bin/bash
# `monitor` commands that are about the machine's insides: memory that comes and goes, what is
# counted, the screen.
. "$(dirname "$0")/../lib.sh"

nowhere=0xd0000000 # where the guest mmio touches nothing

# RAM is there for the guest while it is there, and nothing of it afterwards.
ram_comes_and_goes()
{
    start_vm -S -f flat --mode protected "$GUESTS/mmio.bin"
    run_gdb <<END
break *$(label mmio before_write)
continue
printf "> first read: %#x\n", \$eax
x/wx $nowhere
monitor memory add ram 64K at $nowhere
set {int}($nowhere + 0xfffc) = 0x55
break *$(label mmio second_read)
continue
printf "> written: %#x %#x %#x\n", {int}$nowhere, {int}($nowhere + 4), {int}($nowhere + 0xfffc)
stepi
printf "> second read: %#x\n", \$edx
set \$pc = $(label mmio second_read)
monitor memory remove $nowhere
stepi
printf "> read of nothing: %#x\n", \$edx
x/wx $nowhere
monitor memory list
END
    expect_marked <<'END'
> first read: 0xffffffff
> written: 0x12345678 0 0x55
> second read: 0x56
> read of nothing: 0xff
END
    expect_equal 'reads of nothing by gdb' \
        "$(grep -c 'Cannot access memory at address 0xd0000000' "$dir/gdb.out")" 2
    expect_line "$dir/gdb.out" '0x0000d0000000-0x0000d000ffff      64K  RAM  added RAM'
    expect_line "$dir/gdb.out" '0x0000d0000000-0x0000d000ffff  removed'
    expect_line "$dir/gdb.out" '0x000000100000-0x000007ffffff     127M  RAM  RAM'
}

# The debugger writes to it, the guest does not; a reset leaves it as it is.
rom_is_the_debuggers_to_write()
{
    start_vm -S -f flat --mode protected "$GUESTS/mmio.bin"
    printf 'ROM here' >"$dir/rom"
    run_gdb <<END
monitor memory add rom 4K at $nowhere
restore $dir/rom binary $nowhere
break *$(label mmio after_read)
break *$(label mmio after_second_read)
continue
printf "> %#x\n", \$eax
continue
printf "> %#x %#x\n", \$edx, {int}$nowhere
monitor reset
maintenance flush register-cache
printf "> %#x %#x\n", \$pc, {int}$nowhere
END
    expect_marked <<'END'
> 0x204d4f52
> 0x4f 0x204d4f52
> 0x100000 0x204d4f52
END
}

# Code in it runs freely, is broken into, and is gone.
code_in_it_runs()
{
    start_vm -S -f flat --mode protected "$GUESTS/mmio.bin"
    # incl 0xd0000800; jmp back
    start_gdb <<END
monitor memory add ram 8K at $nowhere
set {int}$nowhere = 0x080005ff
set {int}($nowhere + 4) = 0xf8ebd000
set \$pc = $nowhere
break *$nowhere
continue
printf "> %d\n", {int}($nowhere + 0x800)
continue
printf "> %d\n", {int}($nowhere + 0x800)
delete
continue
printf "> many: %d, %d\n", {int}($nowhere + 0x800) > 100, \$pc == $nowhere || \$pc == $nowhere + 6
monitor memory remove $nowhere
break *$nowhere
stepi
set \$pc = $(label mmio _start)
delete
stepi
printf "> %#x\n", \$pc
END
    interrupt_gdb 3
    finish_gdb
    expect_marked <<END
> 1
> 2
> many: 1, 1
> $(label mmio before_read)
END
    expect_vm_runs
}

# Whatever carries them (monitor info breakpoints): what is set in a region outlives it.
watched_memory_comes_and_goes()
{
    start_vm -S -f flat --mode protected "$GUESTS/mmio.bin"
    run_gdb <<END
monitor memory add ram 16K at $nowhere
break *$(label mmio second_read)
set \$ebx = $nowhere
set \$pc = $(label mmio before_write)
set \$ecx = 1
watch *(int *)$nowhere
watch *(int *)($nowhere + 0x1000)
rwatch *(int *)($nowhere + 0x2000)
break *($nowhere + 0x3000)
break *($nowhere + 0x3010)
break *($nowhere + 0x3020)
break *($nowhere + 0x3030)
continue
printf "> hit: %d, pc %#x\n", {int}$nowhere, \$pc
monitor memory remove $nowhere
set \$pc = $(label mmio before_write)
set \$ecx = 2
continue
printf "> no hit: pc %#x\n", \$pc
monitor memory add ram 16K at $nowhere
printf "> zeros: %d\n", {int}$nowhere
set \$pc = $(label mmio before_write)
set \$ecx = 3
continue
printf "> hit: %d, pc %#x\n", {int}$nowhere, \$pc
END
    expect_marked <<END
> hit: 1, pc $(label mmio after_write)
> no hit: pc $(label mmio second_read)
> zeros: 0
> hit: 3, pc $(label mmio after_write)
END
}

# 0x9000 is all that the loop writes to, if no timer comes; at once after each look. A page that the
# guest uses for the first time may count too.
pages_and_exits_are_counted()
{
    start_vm -S -c 2 "$GUESTS/spin.img"
    start_gdb <<END
set \$eflags = \$eflags & ~0x200
monitor stats dirty on
monitor stats
continue
monitor stats
monitor stats
continue
monitor stats
monitor info exits
monitor stats dirty off
monitor stats
monitor stats dirty
END
    interrupt_gdb 1
    interrupt_gdb 2
    finish_gdb
    grep -E ' low RAM$' "$dir/gdb.out" | awk '{print $2, $3, $5}' >"$dir/marked.out"
    expect_text "$dir/marked.out" <<'END'
RAM 160 0
RAM 160 {{[12]}}
RAM 160 0
RAM 160 1
RAM 160 -
END
    expect_line "$dir/gdb.out" 'on: the pages that the guest writes to are noted from now on'
    expect_line "$dir/gdb.out" 'off: no dirty pages are noted'
    expect_line "$dir/gdb.out" 'dirty: not noted now (monitor stats dirty on)'
    expect_line "$dir/gdb.out" 'usage: monitor stats [dirty on|off]'
    expect_line "$dir/gdb.out" 'exit                        CPU 0        CPU 1'
    expect_line "$dir/gdb.out" '(interrupted) {{ *[1-9][0-9]* +[1-9][0-9]*}}'
    expect_line "$dir/gdb.out" 'KVM_RUN {{ +[0-9]+}}'
    expect_line "$dir/gdb.out" 'KVM_CREATE_VCPU                         3'
}

# The dirty page is also seen where a fence has cut its slot, and is written through one.
dirty_pages_beside_fences()
{
    start_vm -S -f flat --mode protected "$GUESTS/mmio.bin"
    run_gdb <<END
monitor memory add ram 64K at $nowhere
monitor stats dirty on
set \$ebx = $nowhere
set \$ecx = 1
set \$pc = $(label mmio before_write)
rwatch *(int *)($nowhere + 0x5000)
break *$(label mmio after_write)
continue
monitor stats
set \$pc = $(label mmio before_write)
set \$ebx = $nowhere + 0x5008
continue
monitor stats
END
    grep -E ' added RAM$' "$dir/gdb.out" | awk 'NF == 7 {print $3, $5}' >"$dir/marked.out"
    expect_text "$dir/marked.out" <<'END'
16 1
16 1
END
}

# In non-stop mode a CPU runs before and after each of them.
memory_changes_while_a_cpu_runs()
{
    local i
    start_vm -S -c 2 "$GUESTS/spin.img"
    {
        echo 'set non-stop on'
        echo "target remote $gdb_address"
        printf '%s\n' 'printf "@connected@\n"' 'thread 1' 'continue &'
        for i in 1 2 3 4 5 6 7 8; do
            echo 'monitor stats dirty on'
            echo "monitor memory add ram 64K at $nowhere"
            echo "monitor pw $nowhere $i"
            echo "monitor xp 0x9000"
            echo "monitor xp $nowhere"
            echo "monitor memory remove $nowhere"
            echo 'monitor stats dirty off'
            echo 'monitor trace kvm on'
            echo 'monitor trace kvm off'
            printf '%s\n' 'set $seen = *(int *)0x9000' 'while *(int *)0x9000 == $seen' end
        done
        printf '%s\n' 'monitor memory list' 'printf "@end@\n"' kill
    } >"$dir/gdb.commands"
    start_gdb_alone
    finish_gdb
    expect_equal 'values of a counter' \
        "$(grep '^0x0000000000009000: ' "$dir/gdb.out" | sort -u | wc -l)" 8
    expect_equal 'regions removed' "$(grep -c 'removed$' "$dir/gdb.out")" 8
    expect_line "$dir/gdb.out" '0x00000000d0000000: 0x00000008'
    expect_nowhere "$dir/gdb.out" 'usage:|can.t'
}

the_screen_is_shown()
{
    start_vm -S "$GUESTS/demo.img"
    run_gdb <<END
break *$(label demo before_read)
continue
monitor screen
set {short}(0xb8000 + 160 * 24) = 0x1fdb
monitor screen
monitor out 0x3d4 0x0c
monitor out 0x3d5 0x07
monitor out 0x3d4 0x0d
monitor out 0x3d5 0x80
monitor screen
monitor out 0x3c4/w 0x2001
monitor screen
END
    grep -vE "^$|^port " "$dir/gdb.out" | sed '1,/^Breakpoint 1,/d' >"$dir/screen.out"
    expect_text "$dir/screen.out" <<END
stage_real: 16-bit code, the BIOS prints this
(80x25 text from 0xb8000 on; the cursor is at row 1, column 0, from 0)
stage_real: 16-bit code, the BIOS prints this
█
(80x25 text from 0xb8000 on; the cursor is at row 1, column 0, from 0)
█
(80x25 text from 0xb8f00 on; the cursor is not shown)
screen: the VGA shows nothing (no mode is set, or it is blanked)
END
}

TEST ram_comes_and_goes
TEST rom_is_the_debuggers_to_write
TEST code_in_it_runs
TEST watched_memory_comes_and_goes
TEST pages_and_exits_are_counted
TEST dirty_pages_beside_fences
TEST memory_changes_while_a_cpu_runs
TEST the_screen_is_shown
