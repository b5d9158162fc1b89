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

# At the entry of the BIOS's INT 13h: f000:e009.
offsets_are_shown_raw()
{
    start_vm -S "$GUESTS/demo.img"
    run_gdb <<END
monitor realmode
monitor realmode odd
break *$(label demo after_int)-2
continue
delete
stepi
printf "> linear: %d %#lx\n", \$pc == \$cs * 16 + \$raw_ip, \$sp
monitor realmode raw
maintenance flush register-cache
printf "> raw: %d %d %#x\n", \$pc == \$raw_ip, \$sp == \$raw_sp, \$cs
x/2i \$cs * 16 + \$pc
stepi
printf "> stepped: %d, %d\n", \$pc == \$raw_ip, \$pc < 0x10000
set \$pc = \$pc - 2
set \$sp = \$sp - 4
printf "> written: %d %d\n", \$pc == \$raw_ip, \$sp == \$raw_sp
set \$raw_ip = 0x1234
maintenance flush register-cache
printf "> written: %#lx\n", \$pc
monitor realmode linear
maintenance flush register-cache
printf "> linear: %#lx %#lx\n", \$pc, \$sp
END
    expect_marked <<'END'
> linear: 1 0x7bfa
> raw: 1 1 0xf000
> stepped: 1, 1
> written: 1 1
> written: 0x1234
> linear: 0xf1234 0x7bf6
END
    expect_line "$dir/gdb.out" "linear: gdb is given pc and sp with the segment's base added"
    expect_line "$dir/gdb.out" 'raw: gdb is given pc and sp as IP and SP'
    expect_line "$dir/gdb.out" 'usage: monitor realmode [linear|raw]'
}

TEST unknown_words_change_nothing
TEST kvm_is_traced_while_it_is_on
TEST packets_are_traced_while_it_is_on
TEST tracing_is_switched_again_and_again
TEST offsets_are_shown_raw
