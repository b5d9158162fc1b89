#!/bin/bash
# gdb's symbols: a gdb that was given nothing has those of the ELF image; those of `file` survive
# what the CPU does.
. "$(dirname "$0")/../lib.sh"

# gdb as a user starts it: with the options $1, connected to the VM.
plain_gdb()
{
    {
        echo "target remote $gdb_address"
        printf '%s\n' 'printf "@connected@\n"'
        cat
        printf '%s\n' 'printf "@end@\n"'
    } >"$dir/gdb.commands"
    [ -z "${1:-}" ] || sed -i "1i file $1" "$dir/gdb.commands"
    start_gdb_alone
    finish_gdb
}

bare_gdb_on_elf64()
{
    start_vm -S "$GUESTS/long.elf"
    plain_gdb <<'END'
info symbol $pc
break registers_set
continue
info line *$pc
info symbol $pc
END
    expect_nowhere "$dir/connect.out" 'No executable|No symbol|[Ee]rror|No such'
    expect_line "$dir/connect.out" '_start () at guests/long.s:{{[0-9]+}}'
    expect_line "$dir/gdb.out" '_start in section .text'
    expect_line "$dir/gdb.out" 'Breakpoint 1, registers_set () at guests/long.s:{{[0-9]+}}'
    expect_line "$dir/gdb.out" 'registers_set in section .high'
}

bare_gdb_on_elf32()
{
    start_vm -S "$GUESTS/protected.elf"
    plain_gdb <<'END'
info symbol $pc
END
    expect_nowhere "$dir/connect.out" 'No executable|No symbol|[Ee]rror|No such'
    expect_line "$dir/gdb.out" '_start in section .text'
}

# The name, as the host knows the file, whatever it was called by.
by_its_real_name()
{
    mkdir "$dir/a" "$dir/b"
    cp "$GUESTS/long.elf" "$dir/a/the image.elf"
    ln -s "../a/the image.elf" "$dir/b/link"
    start_vm -S "$dir/b/../b/link"
    plain_gdb <<'END'
info symbol $pc
info files
END
    expect_line "$dir/gdb.out" '_start in section .text'
    expect_line "$dir/gdb.out" "Symbols from \"target:$dir/a/the image.elf\"."
}

# The bytes are those of the file that was loaded, though another has its name now.
after_a_rebuild()
{
    cp "$GUESTS/long.elf" "$dir/image.elf"
    start_vm -S "$dir/image.elf"
    cp "$GUESTS/protected.elf" "$dir/new.elf"
    mv "$dir/new.elf" "$dir/image.elf"
    plain_gdb <<<'info symbol $pc'
    expect_line "$dir/gdb.out" '_start in section .text'
}

# Cut short under us: gdb complains, and debugs on.
cut_short()
{
    cp "$GUESTS/long.elf" "$dir/image.elf"
    start_vm -S "$dir/image.elf"
    : >"$dir/image.elf"
    plain_gdb <<'END'
stepi
printf "> %#lx\n", $pc
END
    expect_marked <<<"> $(at long _start+5)"
    expect_vm_runs
}

no_other_file_is_read()
{
    start_vm -S "$GUESTS/long.elf"
    plain_gdb <<'END'
remote get /etc/passwd /dev/null
remote get guests/long.s /dev/null
remote put Makefile /tmp/x
remote delete /tmp/x
END
    expect_text "$dir/gdb.out" <<'END'
Remote I/O error: No such file or directory
Remote I/O error: No such file or directory
Remote I/O error: {{.*}}
Remote I/O error: Function not implemented
END
}

# A disk has no symbols: gdb says that it was given no program, and that is all it says.
disks_have_none()
{
    start_vm -S "$GUESTS/demo.img"
    plain_gdb <<<'info symbol $pc'
    expect_line "$dir/connect.out" 'warning: No executable has been specified and target does not support'
    expect_line "$dir/gdb.out" 'No symbol matches $pc.'
}

# An ELF32 file given before connecting: 16-bit code is shown as such from the first stop on, and
# symbols and breakpoints by name live through all modes.
file_before_connecting()
{
    start_vm -S "$GUESTS/modes.img"
    plain_gdb "$GUESTS/modes.elf" <<'END'
break main16
break in32
break in64
break back16
continue
show architecture
x/i $pc
continue
info symbol $pc
continue
info symbol $pc
x/i $pc
continue
info symbol $pc
show architecture
list in64,in64
END
    expect_nowhere "$dir/gdb.out" 'can.t open|could not open|[Ee]rror|No symbol'
    expect_line "$dir/gdb.out" "=> $(label modes main16) <main16>:	incl   0x600"
    expect_line "$dir/gdb.out" 'in32 in section .text of {{.*}}modes.elf'
    expect_line "$dir/gdb.out" 'in64 in section .text of {{.*}}modes.elf'
    expect_line "$dir/gdb.out" "=> $(label modes in64) <in64>:	nop"
    expect_line "$dir/gdb.out" 'back16 in section .text of {{.*}}modes.elf'
    expect_line "$dir/gdb.out" 'Breakpoint 4, back16 () at guests/modes.s:{{[0-9]+}}'
    expect_line "$dir/gdb.out" '{{[0-9]+}}	in64:   nop'
    [ "$(grep -c 'currently "i8086"' "$dir/gdb.out")" = 2 ] || fail "not i8086 twice: $(<"$dir/gdb.out")"
}

file_after_connecting()
{
    start_vm -S "$GUESTS/modes.img"
    plain_gdb <<END
file $GUESTS/modes.elf
break in32
break in64
continue
continue
info symbol \$pc
END
    expect_nowhere "$dir/gdb.out" 'can.t open|could not open|[Ee]rror|No symbol'
    expect_line "$dir/gdb.out" 'in64 in section .text of {{.*}}modes.elf'
}

TEST bare_gdb_on_elf64
TEST bare_gdb_on_elf32
TEST by_its_real_name
TEST after_a_rebuild
TEST cut_short
TEST no_other_file_is_read
TEST disks_have_none
TEST file_before_connecting
TEST file_after_connecting
