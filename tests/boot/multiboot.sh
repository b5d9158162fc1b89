#!/bin/bash
# Multiboot kernels: guests of our own check the state they are entered in and print what they are
# given. Version 1's is compared with what QEMU gives, version 2's with GRUB's under QEMU.
. "$(dirname "$0")/../lib.sh"

# Two modules, of which the second has more than a page.
make_modules()
{
    printf 'hello, module' >"$dir/small"
    head -c 5000 /dev/zero | tr '\0' '\1' >"$dir/large"
}

# The modules' sums are of bytes: 'hello, module' has 0x4e6; 5000 ones have 0x1388.
version_1_is_told_everything()
{
    make_modules
    run_stepvm --gdb none -v -m 32M --append 'a=b c' --module "$dir/small,x y" \
        --module "$dir/large" --disk "$GUESTS/spin.img" "$GUESTS/multiboot.elf"
    expect_equal "stepvm's exit status" "$vm_status" 1
    expect_text "$dir/console" <<END
magic 2badb002
state checked
flags 0000126f
memory 0000027f 00007c00
boot device 80ffffff
command line: $GUESTS/multiboot.elf a=b c
module {{[0-9a-f]+}}000-{{[0-9a-f]+}}00d sum 000004e6: $dir/small x y
module {{[0-9a-f]+}}000-{{[0-9a-f]+}}388 sum 00001388: $dir/large
symbol _start
map 0000000000000000 000000000009fc00 00000001
map 000000000009fc00 0000000000000400 00000002
map 00000000000{{[ef]}}0000 00000000000{{[12]}}0000 00000002
map 0000000000100000 0000000001f00000 00000001
map 00000000fec00000 0000000001400000 00000002
loader: stepvm {{[0-9.]+}}
framebuffer 000b8000 000000a0 00000050 00000019 00000210
end
END
    expect_line "$dir/stderr" 'stepvm: a Multiboot 1 kernel, ELF32 for i386 at 0x100000-0x{{[0-9a-f]+}}, entered at 0x{{[0-9a-f]+}} in protected mode'
    expect_line "$dir/stderr" "stepvm: module 2, $dir/large, at 0x{{[0-9a-f]+}}000-0x{{[0-9a-f]+}}387"
    expect_line "$dir/stderr" 'stepvm: its ELF sections outside segments at 0x{{[0-9a-f]+}}-0x{{[0-9a-f]+}}'
    expect_line "$dir/stderr" 'stepvm: information at 0x10000-0x{{[0-9a-f]+}}'
}

expect_version_2()
{
    run_stepvm --gdb none -m 32M --append 'a=b c' --module "$dir/small,x y" \
        --module "$dir/large" --disk "$GUESTS/spin.img" "$GUESTS/$1.elf"
    expect_equal "stepvm's exit status" "$vm_status" 1
    expect_text "$dir/console" <<'END'
magic 36d76289
state checked
command line: a=b c
loader: stepvm {{[0-9.]+}}
module {{[0-9a-f]+}}000-{{[0-9a-f]+}}00d sum 000004e6: x y
module {{[0-9a-f]+}}000-{{[0-9a-f]+}}388 sum 00001388: 
memory 0000027f 00007c00
boot device 00000080 ffffffff
map 0000000000000000 000000000009fc00 00000001
map 000000000009fc00 0000000000000400 00000002
map 00000000000{{[ef]}}0000 00000000000{{[12]}}0000 00000002
map 0000000000100000 0000000001f00000 00000001
map 00000000fec00000 0000000001400000 00000002
framebuffer 000b8000 000000a0 00000050 00000019 00000210
symbol _start
rsdp of 00000014
rsdp of 00000024
end
END
}

version_2_is_told_everything()
{
    make_modules
    expect_version_2 multiboot2
    expect_version_2 multiboot2_64
}

# With as little memory as there can be, and no room for the kernel.
too_little_memory_is_said()
{
    make_modules
    head -c 2097152 /dev/zero >"$dir/huge"
    run_stepvm --gdb none -m 1M "$GUESTS/multiboot.elf"
    expect_equal "stepvm's exit status" "$vm_status" 1
    expect_line "$dir/stderr" 'stepvm: {{.*}}segment 0, {{.*}}: no RAM at 0x100000; {{.*}}'
    run_stepvm --gdb none -m 2M --module "$dir/huge" "$GUESTS/multiboot.elf"
    expect_equal "stepvm's exit status" "$vm_status" 1
    expect_line "$dir/stderr" "stepvm: loading $dir/huge: no room in guest RAM for a module of 0x200000 bytes (give more --memory)"
}

# ---- Other loaders

# What QEMU tells of a machine of its own: addresses, what lies in its memory, its name; and what
# only one of the two gives. What is left is the state, the strings, the modules' bytes and the order.
without_differences()
{
    tr -d '\r' | sed -E '/^(flags|memory|boot device|symbol|loader|framebuffer|map|rsdp|tag)/d
        s/^module [0-9a-f]{8}-[0-9a-f]{8}/module/'
}

# Runs QEMU's software CPU with the arguments to the guest's end.
run_qemu()
{
    skip_without qemu-system-x86_64 qemu-system-x86
    timeout "$patience" qemu-system-x86_64 -accel tcg -m 32 -nodefaults -display none \
        -serial "file:$dir/qemu.out" -device isa-debug-exit,iobase=0xf4,iosize=4 "$@" \
        >"$dir/qemu.log" 2>&1
    expect_equal "QEMU's exit status" $? 1
}

expect_same()
{
    without_differences <"$dir/console" >"$dir/console.same"
    without_differences <"$dir/qemu.out" | expect_text "$dir/console.same"
}

qemu_tells_the_same()
{
    make_modules
    run_qemu -kernel "$GUESTS/multiboot.elf" -append 'a=b c' -initrd "$dir/small x y,$dir/large"
    run_stepvm --gdb none -m 32M --append 'a=b c' --module "$dir/small,x y" --module "$dir/large" \
        "$GUESTS/multiboot.elf"
    expect_line "$dir/qemu.out" end
    expect_same
}

grub_tells_the_same()
{
    skip_without grub-mkrescue grub-common
    skip_without xorriso xorriso
    skip_without mformat mtools
    [ -d /usr/lib/grub/i386-pc ] || skip "no GRUB for BIOSes (apt-get install grub-pc-bin)"
    make_modules
    mkdir -p "$dir/iso/boot/grub" && cp "$GUESTS/multiboot2_64.elf" "$dir/small" "$dir/iso/boot/"
    printf '%s\n' 'multiboot2 /boot/multiboot2_64.elf a=b c' 'module2 /boot/small x y' boot \
        >"$dir/iso/boot/grub/grub.cfg"
    grub-mkrescue --fonts= --locales= --themes= -d /usr/lib/grub/i386-pc \
        --install-modules='biosdisk iso9660 multiboot2 normal' -o "$dir/grub.iso" "$dir/iso" \
        >"$dir/grub.log" 2>&1 || give_up "grub-mkrescue: $(<"$dir/grub.log")"
    run_qemu -cdrom "$dir/grub.iso"
    run_stepvm --gdb none -m 32M --append 'a=b c' --module "$dir/small,x y" \
        "$GUESTS/multiboot2_64.elf"
    expect_line "$dir/qemu.out" end
    expect_same
}

# ---- gdb

# The file is gdb's own find, by what stepvm tells it of.
gdb_has_symbols_from_the_first_instruction()
{
    start_vm -S "$GUESTS/multiboot.elf"
    run_gdb <<'END'
printf "> entry %d eax %#x paging %d interrupts %d\n", $pc == (long)&_start, $eax, $cr0 >> 31 & 1, $eflags >> 9 & 1
printf "> cs %#x ds %#x ss %#x\n", $cs, $ds, $ss
printf "> flags %#x loader %s\n", *(int *)$ebx, *(char **)($ebx + 64)
info symbol $pc
stepi
info symbol $pc
break show_mmap
continue
info symbol $pc
printf "> entry size %d\n", **(int **)($ebp + 48)
monitor reset
maintenance flush register-cache
printf "> again %d eax %#x flags %#x\n", $pc == (long)&_start, $eax, *(int *)$ebx
END
    expect_line "$dir/gdb.out" '_start in section .text{{.*}}'
    expect_line "$dir/gdb.out" 'stack_set in section .text{{.*}}'
    expect_line "$dir/gdb.out" 'show_mmap in section .text{{.*}}'
    expect_marked <<'END'
> entry 1 eax 0x2badb002 paging 0 interrupts 0
> cs 0x8 ds 0x10 ss 0x10
> flags 0x126d loader stepvm {{[0-9.]+}}
> entry size 20
> again 1 eax 0x2badb002 flags 0x126d
END
}

# An ELF64 file that is entered in 32-bit code: shown to gdb as x86-64, it has its symbols.
gdb_debugs_an_elf64_kernel()
{
    start_vm -S --gdb-arch x86-64 "$GUESTS/multiboot2_64.elf"
    run_gdb <<'END'
printf "> eax %#x\n", $eax
info symbol $pc
break shown
continue
info symbol $pc
printf "> last tag %d, %d bytes\n", *(int *)($rdi - 8), *(int *)($rdi - 4)
END
    expect_line "$dir/gdb.out" '_start in section .text{{.*}}'
    expect_line "$dir/gdb.out" 'shown in section .text{{.*}}'
    expect_marked <<'END'
> eax 0x36d76289
> last tag 0, 8 bytes
END
}

TEST version_1_is_told_everything
TEST version_2_is_told_everything
TEST too_little_memory_is_said
TEST qemu_tells_the_same
TEST grub_tells_the_same
TEST gdb_has_symbols_from_the_first_instruction
TEST gdb_debugs_an_elf64_kernel
