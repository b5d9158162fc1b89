#!/bin/bash
# A PVH kernel: a guest of our own checks the state it is entered in and prints what it is given.
. "$(dirname "$0")/../lib.sh"

it_is_told_everything()
{
    printf 'hello, module' >"$dir/initrd"
    run_stepvm --gdb none -v -m 32M --append 'a=b c' --initrd "$dir/initrd" "$GUESTS/pvh.elf"
    expect_equal "stepvm's exit status" "$vm_status" 1
    expect_text "$dir/console" <<'END'
magic 336ec578
state checked
version 00000001 flags 00000000
command line: a=b c
module 01fff000-01fff00d sum 000004e6: 
map 0000000000000000 000000000009fc00 00000001
map 000000000009fc00 0000000000000400 00000002
map 00000000000e0000 0000000000020000 00000002
map 0000000000100000 0000000001f00000 00000001
map 00000000fec00000 0000000001400000 00000002
rsdp 20445352
end
END
    expect_line "$dir/stderr" 'stepvm: a PVH kernel (ELF32), {{[0-9]+}} segments at 0x100000-0x{{[0-9a-f]+}}, entered at 0x{{[0-9a-f]+}} in protected mode, its start information at 0x20000'
    expect_line "$dir/stderr" "stepvm: $dir/initrd, the initial ramdisk, at 0x1fff000-0x1fff00c"
}

# What both say, without where things are: QEMU has its ROMs and tables elsewhere.
without_differences()
{
    tr -d '\r' | sed -E '/^map .* 00000002$/d; s/^module [0-9a-f]+-[0-9a-f]+/module/
        s/^(map 0000000000100000 ).*/\1/'
}

qemu_tells_the_same()
{
    skip_without qemu-system-x86_64 qemu-system-x86
    printf 'hello, module' >"$dir/initrd"
    timeout "$patience" qemu-system-x86_64 -accel tcg -m 32 -nodefaults -display none \
        -serial "file:$dir/qemu.out" -device isa-debug-exit,iobase=0xf4,iosize=4 \
        -kernel "$GUESTS/pvh.elf" -append 'a=b c' -initrd "$dir/initrd" >"$dir/qemu.log" 2>&1
    expect_equal "QEMU's exit status" $? 1
    run_stepvm --gdb none -m 32M --append 'a=b c' --initrd "$dir/initrd" "$GUESTS/pvh.elf"
    without_differences <"$dir/console" >"$dir/console.same"
    without_differences <"$dir/qemu.out" | expect_text "$dir/console.same"
}

# --format says otherwise than the note.
as_an_elf_file_it_is_entered_elsewhere()
{
    run_stepvm --gdb none --format elf "$GUESTS/pvh.elf"
    expect_text "$dir/console" <<<'entered by its ELF header'
}

gdb_has_its_symbols()
{
    start_vm -S --append 'a=b c' "$GUESTS/pvh.elf"
    run_gdb <<'END'
printf "> entry %d\n", $pc == (long)&pvh_start
printf "> magic %#x, %s\n", *(int *)$ebx, *(char **)($ebx + 24)
break show_map
continue
bt
END
    expect_marked <<'END'
> entry 1
> magic 0x336ec578, a=b c
END
    expect_line "$dir/gdb.out" '#0  show_map () at guests/pvh.s:{{[0-9]+}}'
}

TEST it_is_told_everything
TEST qemu_tells_the_same
TEST as_an_elf_file_it_is_entered_elsewhere
TEST gdb_has_its_symbols
