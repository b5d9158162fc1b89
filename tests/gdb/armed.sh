#!/bin/bash
# KVM is armed for the next step while the client reads of the last one (kvm_kept.h). It must be seen
# in nothing but the time that it spares.
. "$(dirname "$0")/../lib.sh"

# So many vCont;s of the trace in $1 were followed by KVM_RUN, with no other call of KVM's before it.
entered_at_once()
{
    awk '/^-> / { step = /^-> vCont;s/ }
         /^\[/  { n += step && /KVM_RUN/; step = 0 }
         END    { print n + 0 }' "$1"
}

# A loop of six plain instructions.
armed_before_it_is_asked_for()
{
    local spared
    start_vm -S --trace kvm --trace rsp --bios "$GUESTS/bench_loop.rom"
    run_gdb <<END
hbreak *$(label bench_loop START)
continue
delete
stepi 60
kill
END
    await "stepvm to end" process_gone "$vm_pid"
    spared=$(entered_at_once "$dir/stderr")
    # Now and then the loop has just gone home (relay.h): that step begins as ever.
    [ "$spared" -ge 15 ] || fail "of 60 steps $spared had nothing to ask of KVM first: $(<"$dir/stderr")"
}

# While KVM is armed it hides TF from who reads the flags, and takes one that is set for its own.
trap_flag_of_the_client()
{
    start_vm -S "$GUESTS/demo.img"
    run_gdb <<'END'
stepi 3
set $eflags |= 0x100
printf "> TF %d\n", ($eflags >> 8) & 1
maintenance flush register-cache
printf "> TF %d\n", ($eflags >> 8) & 1
stepi
printf "> in the handler %d\n", $pc == *(unsigned short *)4 + *(unsigned short *)6 * 16
printf "> pushed TF %d\n", (*(unsigned short *)($sp + 4) >> 8) & 1
END
    expect_marked <<'END'
> TF 1
> TF 1
> in the handler 1
> pushed TF 1
END
}

# What is armed is for another instruction than the one that comes, or for one that the client leaves.
# (Two steps by one command: between commands gdb asks what makes KVM be armed anew.)
elsewhere_than_was_guessed()
{
    local code=$((0x7c00 + 0x40)) int=$(($(label demo _start) + 7))
    start_vm -S "$GUESTS/demo.img"
    run_gdb <<END
stepi 3
set var *(unsigned char *)$int = 0xcd
set var *(unsigned char *)($int + 1) = 0x12
stepi 2
printf "> int: %d\n", \$pc == *(unsigned short *)0x48 + *(unsigned short *)0x4a * 16
set \$cs = 0
set \$pc = $code
set var *(unsigned char *)$code = 0x90
stepi
printf "> nop: %#lx\n", \$pc
delete
END
    expect_marked <<END
> int: 1
> nop: $(printf '%#x' $((code + 1)))
END
}

TEST armed_before_it_is_asked_for
TEST trap_flag_of_the_client
TEST elsewhere_than_was_guessed
