#!/bin/bash
# What the guest, the client and the user do at the same moment: nobody is forgotten.
. "$(dirname "$0")/../lib.sh"

# ---- A client that can do what gdb would not: packets without acks, over file descriptor 5.

# Starts stepvm with the arguments and connects.
start_with_client()
{
    start_stepvm --gdb :0 "$@"
    await_text "$dir/stderr" 'target remote '
    port=$(sed -n 's/.*target remote .*:\([0-9]*\)$/\1/p' "$dir/stderr")
    connect_client
}

connect_client()
{
    exec 5<>"/dev/tcp/127.0.0.1/$port"
    ask QStartNoAckMode
    expect_equal "the answer to QStartNoAckMode" "$reply" OK
    printf + >&5
}

# Sends packet $1.
tell()
{
    local i sum=0 code
    for ((i = 0; i < ${#1}; i++)); do
        printf -v code %d "'${1:i:1}"
        sum=$(((sum + code) % 256))
    done
    printf '$%s#%02x' "$1" $sum >&5
}

# Waits for the next packet; $reply is its content. Texts for the user are passed over.
hear()
{
    local sum
    while true; do
        IFS= read -r -d '#' -t "$patience" -u 5 reply &&
            IFS= read -r -N 2 -t "$patience" -u 5 sum ||
            give_up "no answer within $patience s, or the connection has ended"
        reply=${reply#*\$}
        [[ $reply == O?* && $reply != OK ]] || return
    done
}

ask()
{
    tell "$1"
    hear
}

interrupt()
{
    printf '\003' >&5
}

# The next packet is a stop by signal $1 (hexadecimal).
expect_stop()
{
    hear
    [[ $reply == T$1* ]] || fail "expected a stop T$1, got '$reply'"
}

# ---- Resets

# The guest asks for a reset at the moment at which the client asks for a stop: it gets one.
interrupt_in_a_reset()
{
    local i
    start_with_client -S -f flat --address 0x7c00 --entry "$(label reset reset_92)" \
        "$GUESTS/reset.img"
    for ((i = 0; i < 150; i++)); do
        tell 'vCont;c'
        [ $((i % 3)) -eq 0 ] || sleep "0.00$((i % 10))"
        interrupt
        expect_stop 02
    done
}

# The same for who comes while the guest resets.
attach_in_a_reset()
{
    local i
    start_with_client -S -f flat --address 0x7c00 --entry "$(label reset reset_92)" \
        "$GUESTS/reset.img"
    for ((i = 0; i < 50; i++)); do
        exec 5>&-
        connect_client
        ask '?'
        [[ $reply == T0[25]* ]] || fail "not stopped: $reply"
    done
}

# A client in non-stop mode leaves, or kills the machine, while the guest resets it: the next one finds
# it stopped, and so does who starts it anew.
leave_in_a_reset()
{
    local i
    start_with_client -S -f flat --address 0x7c00 --entry "$(label reset reset_92)" \
        "$GUESTS/reset.img"
    for ((i = 0; i < 90; i++)); do
        ask QNonStop:1
        ask !
        ask vCont\;c
        [ $((i % 5)) -eq 0 ] || sleep "0.00$((i % 10))"
        case $((i % 3)) in
        0) ask D ;;
        1)
            ask vKill\;1
            ask vRun\;
            [[ $reply == T05* ]] || fail "did not start: $reply"
            ;;
        esac
        exec 5>&-
        connect_client
        ask '?'
        [[ $reply == T0[25]* ]] || fail "not stopped: $reply"
    done
}

# A breakpoint holds across a reset, and leaves no byte of its own in the image that is loaded anew.
# More of them than a CPU has debug registers: some are in memory.
breakpoints_across_a_reset()
{
    local at before
    start_with_client -S -f flat --address 0x7c00 --entry "$(label reset reset_92)" \
        "$GUESTS/reset.img"
    ask m7c00,40
    before=$reply
    for at in 0 1 2 3 4 5 6 7; do
        ask "Z0,$(printf %x $(($(label reset text) + at))),1" # is never reached
    done
    ask "Z0,$(printf %x "$(label reset reset_92)"),1"
    for at in 1 2 3; do
        tell 'vCont;c'
        expect_stop 05
        ask m7c00,40
        expect_equal "the image" "$reply" "$before"
    done
    ask D
    exec 5>&-
    connect_client
    ask m7c00,40
    expect_equal "the image" "$reply" "$before"
}

# Where the guest wanted KVM to keep its clock (MSR 4b564d01h, bit 0: enabled), another guest is now.
reset_stops_the_paravirtual_clock()
{
    start_vm -S "$GUESTS/spin.img"
    run_gdb <<'END'
hbreak *0x7c00
set *(unsigned *)0x8000 = 0x01b0300f
set *(unsigned *)0x8004 = 0x000092e6
set *(unsigned *)0x8010 = 0x0000320f
set $eax = 0x9101
set $edx = 0
set $ecx = 0x4b564d01
set $pc = 0x8000
continue
printf "> %#lx\n", $pc
set $ecx = 0x4b564d01
set $eax = 0x5555
set $pc = 0x8010
stepi
printf "> %#lx %#x\n", $pc, $eax
END
    expect_marked <<'END'
> 0x7c00
> 0x8012 0
END
}

# ---- Non-stop mode

# When the last CPU that ran has stopped, no breakpoint's byte is left in memory: neither to be read
# there, nor to stay when that breakpoint is removed. More of them than a CPU has debug registers.
memory_when_all_have_stopped()
{
    local at before
    start_with_client -S "$GUESTS/spin.img"
    ask m7c00,40
    before=$reply
    ask QNonStop:1
    expect_equal "the answer to QNonStop" "$reply" OK
    for at in spin_b after_hlt halt_sti awake; do
        ask "Z0,$(printf %x "$(label spin $at)"),1"
        ask "Z0,$(printf %x $(($(label spin $at) + 1))),1"
    done
    for at in 1 2 3; do
        ask vCont\;c
        expect_equal "the answer to vCont" "$reply" OK
        hear
        [[ $reply == %Stop:T05* ]] || fail "expected a stop, got '$reply'"
        ask m7c00,40
        expect_equal "the code" "$reply" "$before"
        ask vStopped
        expect_equal "the answer to vStopped" "$reply" OK
    done
    for at in halt_sti awake; do
        ask "z0,$(printf %x "$(label spin $at)"),1"
        ask "z0,$(printf %x $(($(label spin $at) + 1))),1"
    done
    ask m7c00,40
    expect_equal "the code" "$reply" "$before"
}

# The client starts the machine anew while all its CPUs run: they do again, and nobody waits for one
# that was set going before the others.
restart_while_all_run()
{
    local times
    start_with_client -S -f flat --mode protected -c 4 "$GUESTS/smp.bin"
    ask QNonStop:1
    ask !
    for times in 1 2 3; do
        ask vCont\;c
        expect_equal "the answer to vCont" "$reply" OK
        ask vRun\;
        expect_equal "the answer to vRun" "${reply%%thread*}" T05
        ask '?'
        [[ $reply == T05* ]] || fail "not stopped: $reply"
        ask vStopped
    done
}

# As connect_client; who comes before the last one's end has been read is turned away.
connect_in_turn()
{
    local tries
    for ((tries = 0; tries < 500; tries++)); do
        exec 5<>"/dev/tcp/127.0.0.1/$port"
        ask QStartNoAckMode
        [ "$reply" != OK ] || break
        exec 5>&-
        sleep 0.01
    done
    printf + >&5
}

# The client goes, and what it has sent is yet to be read: steps, with a question between them, so
# that the thread that steps is the one that reads them.
gone_amid_steps()
{
    local round
    start_with_client -S "$GUESTS/spin.img"
    for ((round = 0; round < 30; round++)); do
        printf '%s' '$vCont;s#b8$?#3f$vCont;s#b8' >&5
        exec 5>&-
        connect_in_turn
        ask '?'
        [[ $reply == T* ]] || fail "round $round: not stopped: $reply"
    done
}

# ---- CPUs

# The PC as the client sees it.
ask_pc()
{
    ask p8
    reply=${reply/0\* /0000}
    reply=0x${reply:6:2}${reply:4:2}${reply:2:2}${reply:0:2}
}

# A step over hlt while the one who could wake it is held is that alone; the next one ends when it
# has woken, and no instruction later.
steps_over_a_halt_beside_another()
{
    local at
    start_with_client -S -c 2 "$GUESTS/spin.img"
    ask "P8=$(printf '%04x' "$(label spin halt_sti)" | sed 's/\(..\)\(..\)/\2\1/')0000"
    expect_equal "the answer to P" "$reply" OK
    for at in $(($(label spin halt_sti) + 1)) $(label spin awake) $(label spin awake) \
        $(($(label spin awake) + 5)); do
        tell vCont\;s:1
        expect_stop 05
        ask_pc
        expect_equal "the pc" $((reply)) $((at))
    done
}

# A CPU that waits for another one to start it, and stands at a breakpoint, keeps nobody.
breakpoint_where_a_cpu_waits()
{
    start_with_client -S -f flat --mode protected -c 4 "$GUESTS/smp.bin"
    ask "Z1,fffffff0,1"
    expect_equal "the answer to Z1" "$reply" OK
    ask "Z1,$(printf %x "$(label smp count_3)"),1"
    tell 'vCont;c'
    expect_stop 05
    [[ $reply == *thread:01* ]] || fail "not the first CPU: $reply"
}

# An access to where nothing is that crosses a page reaches the VMM in parts of 3 bytes and 1.
mmio_across_a_page()
{
    start_vm -S -f flat --mode protected "$GUESTS/mmio.bin"
    run_gdb <<END
run-to $(label mmio before_read)
set \$ebx = 0xd0000ffd
stepi
printf "> %#lx %#x\n", \$pc, \$eax
run-to $(label mmio before_write)
set \$ebx = 0xd0000fff
stepi
printf "> %#lx\n", \$pc
set \$ebx = 0xd0000ffd
set \$pc = $(label mmio before_write)
tbreak *$(label mmio after_write)
continue
printf "> %#lx\n", \$pc
END
    expect_marked <<END
> $(label mmio after_read) 0xffffffff
> $(label mmio after_write)
> $(label mmio after_write)
END
    expect_vm_runs
}

# ---- Signals

# With a debugger there Ctrl-C belongs to the guest, however often it is typed.
sigint_with_a_client()
{
    local times
    start_with_client -S "$GUESTS/spin.img"
    for times in {1..40}; do
        kill -INT "$vm_pid"
        ask '?'
    done
    expect_equal "the stop" "${reply%%thread*}" T05
    expect_vm_runs
}

# $1: signal; $2: what the client hears, who waits for a stop.
signal_with_a_client()
{
    start_with_client -S "$GUESTS/spin.img"
    tell 'vCont;c'
    ask qAttached # is answered while the guest runs, so it does
    kill "-$1" "$vm_pid"
    hear
    expect_equal "what the client hears" "$reply" "$2"
    expect_vm_status $((128 + 0x${2#X}))
}

sigterm_with_a_client()
{
    signal_with_a_client TERM X0f
}

sighup_with_a_client()
{
    signal_with_a_client HUP X01
}

sigterm_with_a_client_that_is_stopped()
{
    start_with_client -S "$GUESTS/spin.img"
    kill -TERM "$vm_pid"
    expect_vm_status 143
}

# ---- Ends

# Over a pipe the client's leaving ends the VM; its exit status is the guest's nevertheless.
exit_status_over_stdio()
{
    skip_without_kvm
    mkfifo "$dir/to"
    "$STEPVM" --gdb - -S -f flat --address 0x7c00 --entry "$(label ending debug_exit)" \
        --serial none "$GUESTS/ending.img" <"$dir/to" >"$dir/console" 2>"$dir/stderr" &
    vm_pid=$!
    exec 7>"$dir/to"
    printf '+$vCont;c#a8' >&7
    expect_vm_status 67
    exec 7>&-
    grep -q '\$W43#' "$dir/console" || fail "the client was told: $(<"$dir/console")"
}

poweroff_is_told()
{
    start_with_client -S -f flat --address 0x7c00 --entry "$(label ending acpi_off)" \
        "$GUESTS/ending.img"
    ask 'vCont;c'
    expect_equal "what the client hears" "$reply" W00
    expect_vm_status 0
}

# A step that ends the machine: there is no stop to report, only the end.
step_onto_the_end()
{
    start_with_client -S -f flat --address 0x7c00 --entry "$(label ending debug_exit)" \
        "$GUESTS/ending.img"
    tell 'vCont;s'
    expect_stop 05
    ask 'vCont;s'
    expect_equal "what the client hears" "$reply" W43
    expect_vm_status 67
}

# As gdb does it: a running guest is stopped first.
kill_after_an_interrupt()
{
    start_with_client -S "$GUESTS/spin.img"
    tell 'vCont;c'
    interrupt
    expect_stop 02
    tell k
    expect_vm_status 0
}

# A dead guest that nobody looks at any more ends the VM.
detach_from_the_dead()
{
    start_with_client -S -f flat --mode protected --address 0x7c00 \
        --entry "$(label triple triple_protected)" "$GUESTS/triple.img"
    ask 'vCont;c'
    [[ $reply == T0[46b]* ]] || fail "not dead: $reply"
    ask D
    expect_vm_status 2
}

hang_up_on_the_dying()
{
    start_with_client -S -f flat --mode protected --address 0x7c00 \
        --entry "$(label triple triple_protected)" "$GUESTS/triple.img"
    tell 'vCont;c'
    exec 5>&-
    expect_vm_status 2
}

TEST interrupt_in_a_reset
TEST attach_in_a_reset
TEST leave_in_a_reset
TEST breakpoints_across_a_reset
TEST reset_stops_the_paravirtual_clock
TEST memory_when_all_have_stopped
TEST restart_while_all_run
TEST gone_amid_steps
TEST steps_over_a_halt_beside_another
TEST breakpoint_where_a_cpu_waits
TEST mmio_across_a_page
TEST sigint_with_a_client
TEST sigterm_with_a_client
TEST sighup_with_a_client
TEST sigterm_with_a_client_that_is_stopped
TEST exit_status_over_stdio
TEST poweroff_is_told
TEST step_onto_the_end
TEST kill_after_an_interrupt
TEST detach_from_the_dead
TEST hang_up_on_the_dying
