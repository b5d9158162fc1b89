#!/bin/bash
# Guests without a debugger: how the VM ends, what it prints, what it reads.
. "$(dirname "$0")/../lib.sh"

entry()
{
    run_stepvm --gdb none -f flat --address 0x7c00 --entry "$(label ending "$1")" \
        "$GUESTS/ending.img"
    expect_equal "stepvm's exit status" "$vm_status" "$2"
    expect_equal "stderr" "$(<"$dir/stderr")" ""
}

debug_exit_status()
{
    entry debug_exit 67
}

apm_poweroff()
{
    entry apm_off 0
}

acpi_poweroff()
{
    entry acpi_off 0
}

boots_and_prints()
{
    start_stepvm --gdb none "$GUESTS/demo.img"
    await_text "$dir/console" 'end of the demo'
    expect_text "$dir/console" <<'END'
stage_real: 16-bit code, the BIOS prints this
stage_real: read the other stages from the disk
stage_protected: 32-bit code, straight into the screen's memory
stage_long: 64-bit code, and the end of the demo
END
    expect_vm_runs
}

timer_interrupts()
{
    run_stepvm --gdb none "$GUESTS/timer.img"
    expect_equal "stepvm's exit status" "$vm_status" 33
    expect_text "$dir/console" <<<'five ticks'
}

# RAM below the EBDA, the EBDA, the ROM, RAM from 1 MiB on; nothing overlaps, all in order.
memory_map()
{
    run_stepvm --gdb none -m "$1" "$GUESTS/e820.img"
    expect_equal "stepvm's exit status" "$vm_status" 1
    expect_text "$dir/console"
}

memory_map_of_16_mebibytes()
{
    memory_map 16M <<'END'
0000000000000000 000000000009fc00 00000001 
000000000009fc00 0000000000000400 00000002 
00000000000e0000 0000000000020000 00000002 
0000000000100000 0000000000f00000 00000001 
...
END
}

memory_map_around_the_hole()
{
    memory_map 4G <<'END'
...
0000000000100000 00000000bff00000 00000001 
...
0000000100000000 0000000040000000 00000001 
...
END
}

# A line to the guest and its answer, through COM1.
serial_echo()
{
    mkfifo "$dir/input"
    vm_input=$dir/input
    exec 7<>"$dir/input"
    start_stepvm --gdb none "$GUESTS/serial.img"
    await_text "$dir/console" 'serial ready'
    printf 'hello, guest' >&7
    await_text "$dir/console" 'hello, guest'
    printf 'q' >&7
    expect_vm_status 1
    exec 7>&-
}

# Far more than any FIFO holds: nothing is lost.
serial_flood()
{
    local text
    mkfifo "$dir/input"
    vm_input=$dir/input
    exec 7<>"$dir/input"
    start_stepvm --gdb none "$GUESTS/serial.img"
    await_text "$dir/console" 'serial ready'
    text=$(printf '%0999d' 7)
    printf '%s.' "$text" >&7
    await_text "$dir/console" '7\.'
    expect_line "$dir/console" "$text."
    printf 'q' >&7
    expect_vm_status 1
}

# Keys by INT 16h, the screen by INT 10h.
keyboard()
{
    mkfifo "$dir/input"
    vm_input=$dir/input
    exec 7<>"$dir/input"
    start_stepvm --gdb none "$GUESTS/keys.img"
    await_text "$dir/console" 'keys ready'
    printf 'Hello 123' >&7
    await_text "$dir/console" 'Hello 123'
    printf 'q' >&7
    expect_vm_status 1
}

serial_to_a_file()
{
    start_stepvm --gdb none --serial "file:$dir/file" "$GUESTS/serial.img"
    await_text "$dir/file" 'serial ready'
    expect_equal "stdout" "$(<"$dir/console")" ""
}

serial_to_a_pty()
{
    start_stepvm --gdb none --serial pty "$GUESTS/serial.img"
    await_text "$dir/stderr" '/dev/pts/'
    pty=$(grep -oE '/dev/pts/[0-9]+' "$dir/stderr")
    exec 7<>"$pty"
    stty -echo raw <&7
    cat <&7 >"$dir/pty" &
    printf 'hello' >&7
    await_text "$dir/pty" 'hello'
    printf 'q' >&7
    expect_vm_status 1
}

serial_none()
{
    run_stepvm --gdb none --serial none "$GUESTS/timer.img"
    expect_equal "stepvm's exit status" "$vm_status" 33
    expect_equal "stdout" "$(<"$dir/console")" ""
}

triple_fault_status()
{
    run_stepvm --gdb none -f flat --mode "$1" --address 0x7c00 \
        --entry "$(label triple "triple_$1")" "$GUESTS/triple.img"
    expect_equal "stepvm's exit status" "$vm_status" 2
    grep -qiE '^stepvm: .*(triple fault|internal error)' "$dir/stderr" ||
        fail "it is not said: $(<"$dir/stderr")"
    grep -qiE '(rip|eip)[ =]' "$dir/stderr" || fail "no registers: $(<"$dir/stderr")"
}

triple_fault_in_real_mode()
{
    triple_fault_status real
}

triple_fault_in_protected_mode()
{
    triple_fault_status protected
}

triple_fault_in_long_mode()
{
    triple_fault_status long
}

reset_again_and_again()
{
    start_stepvm --gdb none -f flat --address 0x7c00 --entry "$(label reset "$1")" \
        "$GUESTS/reset.img"
    await "three boots" three_boots
    expect_vm_runs
}

three_boots()
{
    [ "$(grep -c booted "$dir/console")" -ge 3 ]
}

reset_by_8042()
{
    reset_again_and_again reset_8042
}

reset_by_port_92()
{
    reset_again_and_again reset_92
}

# As Ctrl-C at the terminal does.
sigint_ends_it()
{
    start_stepvm --gdb none "$GUESTS/demo.img"
    await_text "$dir/console" 'end of the demo'
    kill -INT "$vm_pid"
    expect_vm_status 130
}

hangup_ends_it()
{
    start_stepvm --gdb none "$GUESTS/demo.img"
    await_text "$dir/console" 'end of the demo'
    kill -HUP "$vm_pid"
    expect_vm_status 129
}

smallest_memory()
{
    run_stepvm --gdb none -m 256K "$GUESTS/timer.img"
    expect_equal "stepvm's exit status" "$vm_status" 33
}

tracing()
{
    run_stepvm --gdb none --trace kvm="$dir/trace" "$GUESTS/timer.img"
    expect_equal "stepvm's exit status" "$vm_status" 33
    for name in KVM_CREATE_VM KVM_SET_USER_MEMORY_REGION KVM_RUN; do
        grep -q "$name" "$dir/trace" || fail "no $name in the trace"
    done
}

TEST debug_exit_status
TEST apm_poweroff
TEST acpi_poweroff
TEST boots_and_prints
TEST timer_interrupts
TEST memory_map_of_16_mebibytes
TEST memory_map_around_the_hole
TEST serial_echo
TEST serial_flood
TEST keyboard
TEST serial_to_a_file
TEST serial_to_a_pty
TEST serial_none
TEST triple_fault_in_real_mode
TEST triple_fault_in_protected_mode
TEST triple_fault_in_long_mode
TEST reset_by_8042
TEST reset_by_port_92
TEST sigint_ends_it
TEST hangup_ends_it
TEST smallest_memory
TEST tracing
