#!/bin/bash
# `monitor` commands that are about stepvm itself and how it shows the machine.
. "$(dirname "$0")/../lib.sh"

unknown_words_change_nothing()
{
    start_vm -S "$GUESTS/demo.img"
    run_gdb <<'END'
monitor trace maybe
monitor trace rsp
monitor trace rsp on now
monitor trace rsp onn
monitor nothing
monitor help nothing
monitor trace
END
    expect_gdb <<'END'
usage: monitor trace [rsp|kvm on|off]
usage: monitor trace [rsp|kvm on|off]
usage: monitor trace [rsp|kvm on|off]
usage: monitor trace [rsp|kvm on|off]
monitor: no command "nothing" (monitor help lists them)
help: no command "nothing" (monitor help lists them)
rsp: off
kvm: off
END
    expect_nowhere "$dir/stderr" '^(->|<-|\[)'
}

# From a while of a guest that runs, just the calls of that while.
kvm_is_traced_while_it_is_on()
{
    start_vm -S "$GUESTS/timer.img"
    run_gdb <<'END'
stepi
monitor trace kvm on
stepi
monitor trace kvm off
stepi
kill
END
    expect_line "$dir/gdb.out" "kvm: on, to stepvm's standard error"
    expect_line "$dir/gdb.out" 'kvm: off'
    await "stepvm to end" process_gone "$vm_pid"
    expect_equal 'KVM_RUN in the trace' "$(grep -c '^\[vcpu 0\] KVM_RUN' "$dir/stderr")" 1
    grep -qE '^ +1 .* KVM_RUN$' "$dir/stderr" || fail "no sum: $(<"$dir/stderr")"
}

packets_are_traced_while_it_is_on()
{
    start_vm -S --trace rsp="$dir/rsp" "$GUESTS/demo.img"
    run_gdb <<'END'
monitor trace
monitor trace rsp off
x/bx 0x9120
monitor trace rsp on
x/bx 0x9121
END
    expect_line "$dir/gdb.out" "rsp: on, to $dir/rsp"
    expect_line "$dir/gdb.out" 'rsp: off'
    grep -q '^-> m9121' "$dir/rsp" || fail 'the read while it was on is missing'
    expect_nowhere "$dir/rsp" '^-> m9120'
}

# vCPUs ask whether they are traced while they run.
tracing_is_switched_again_and_again()
{
    local i
    start_vm -S -c 2 "$GUESTS/spin.img"
    for i in 1 2 3 4 5 6 7 8 9 10; do
        printf 'monitor trace kvm %s\nstepi 20\n' "$([ $((i % 2)) = 1 ] && echo on || echo off)"
    done >"$dir/commands"
    run_gdb <"$dir/commands"
    expect_vm_runs
    expect_nowhere "$dir/stderr" 'WARNING|ERROR'
}

TEST unknown_words_change_nothing
TEST kvm_is_traced_while_it_is_on
TEST packets_are_traced_while_it_is_on
TEST tracing_is_switched_again_and_again
