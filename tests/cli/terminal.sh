#!/bin/bash
# The terminal is as it was, however stepvm ends; Ctrl-C typed at it ends the VM.
. "$(dirname "$0")/../lib.sh"

expect_restored()
{
    await "the session to end" process_gone "$script_pid"
    expect_equal "stepvm's exit status" "$(<"$dir/status")" "$1"
    cmp -s "$dir/before" "$dir/after" || fail "the terminal was changed:
$(diff "$dir/before" "$dir/after")"
}

guest_ends()
{
    on_a_terminal "$STEPVM --gdb none $GUESTS/timer.img"
    expect_restored 33
}

control_c()
{
    on_a_terminal "$STEPVM --gdb none $GUESTS/keys.img"
    await_text "$dir/screen" 'keys ready'
    printf '\003' >&7
    expect_restored 130
}

killed_politely()
{
    on_a_terminal "$STEPVM --gdb none $GUESTS/keys.img"
    await_text "$dir/screen" 'keys ready'
    kill -TERM "$(our_processes stepvm)"
    expect_restored 143
}

guest_dies()
{
    on_a_terminal "$STEPVM --gdb none -f flat --address 0x7c00 \
--entry $(label triple triple_real) $GUESTS/triple.img"
    expect_restored 2
}

# What is typed reaches the guest byte by byte, and is echoed by nobody else.
typed_keys()
{
    on_a_terminal "$STEPVM --gdb none $GUESTS/keys.img"
    await_text "$dir/screen" 'keys ready'
    printf 'abc' >&7
    await_text "$dir/screen" 'abc'
    printf 'q' >&7
    expect_restored 1
    expect_equal "times abc is on the screen" "$(grep -o abc "$dir/screen" | wc -l | tr -d ' ')" 1
}

TEST guest_ends
TEST control_c
TEST killed_politely
TEST guest_dies
TEST typed_keys
