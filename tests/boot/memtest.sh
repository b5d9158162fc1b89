#!/bin/bash
# Debian's memtest86+, booted as the Linux kernel that it pretends to be: it draws on the screen
# itself, reads the keyboard itself, and restarts the machine.
. "$(dirname "$0")/../lib.sh"

need_image()
{
    reason=$(tests/boot/prepare memtest_kernel 2>&1) || skip "$reason"
    image=$BUILD/boot-images/memtest_kernel.img
}

# What the guest's screen shows now, in $dir/screen; the VM runs on.
look()
{
    start_gdb <<'END'
monitor screen
detach
END
    finish_gdb
    cp "$dir/gdb.out" "$dir/screen"
}

shows()
{
    process_gone "$vm_pid" && return # to be found out by who waits
    look
    grep -qE -e "$1" "$dir/screen"
}

await_screen()
{
    await "'$1' on the screen" shows "$1"
    ! process_gone "$vm_pid" || skip_if_not_emulated_here
}

# A KVM without hardware under it emulates kernel-mode code, and has no FPU there.
skip_if_not_emulated_here()
{
    ! grep -q 'could not emulate' "$dir/stderr" ||
        skip "this KVM does not run FPU instructions in kernel mode"
    give_up "stepvm has ended: $(<"$dir/stderr")"
}

# The line that is being tested, the menu that a key opens and another one closes, and the restart.
tests_memory_and_listens()
{
    need_image
    mkfifo "$dir/input"
    vm_input=$dir/input
    exec 7<>"$vm_input"
    start_vm -v -m 32M "$image"
    await_screen 'Testing: .* of 31\.6MB'
    expect_line "$dir/screen" '      Memtest86+ v{{[0-9.]+}}      │{{.*}}'
    expect_line "$dir/screen" 'Memory  :   32MB {{.*}}'
    expect_line "$dir/screen" '{{.*}}Errors: 0{{ *}}'
    printf '\eOP' >&7 # F1
    await_screen ' Settings:'
    printf '\e[21~' >&7 # F10
    await_screen 'Moving inversions|Testing: '
    printf '\e' >&7
    await_text "$dir/stderr" 'the guest resets the machine'
    await_screen 'Memtest86\+ v'
}

drawn_on_the_terminal()
{
    skip_without script bsdutils
    need_image
    skip_without_kvm
    mkfifo "$dir/typed"
    exec 7<>"$dir/typed"
    script -q -c "stty rows 25 columns 80; $STEPVM --display --gdb none -m 32M $image 2>$dir/stderr" \
        /dev/null <"$dir/typed" >"$dir/screen.log" 2>&1 &
    vm_pid=$!
    await "memtest86+ on the terminal" drawn_or_over
    drawn || skip_if_not_emulated_here
    printf '\001x' >&7
    await "stepvm to end" process_gone "$vm_pid"
}

# In several colors, even the name.
drawn()
{
    sed $'s/\e\\[[0-9;]*m//g' "$dir/screen.log" | grep -q 'Memtest86+ v'
}

drawn_or_over()
{
    drawn || process_gone "$vm_pid"
}

TEST tests_memory_and_listens
TEST drawn_on_the_terminal
