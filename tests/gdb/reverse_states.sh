#!/bin/bash
# Time travel's promise: each state, to the bit, is there again when the machine goes back to it, one
# by one and from anywhere, and when it goes forth again. The guests of the stepping table, and those
# that talk to devices. REVERSE_SHARE=2: half as far through the table.
. "$(dirname "$0")/../lib.sh"

# travel CPUS STEPS EVERY ARGS...: stepvm with ARGS, stepped so far and back; memory and devices are
# looked at about every EVERY steps. Where it is nested, and slow, that is a fifth as often, and what
# takes many steps is gone back through once. REVERSE_TIMES makes it as many times longer,
# REVERSE_EVERY=1 looks at all each time, REVERSE_SEED chooses other places, REVERSE_ROUNDS says how
# often to go back and forth.
travel()
{
    local cpus=$1 steps=$(($2 * ${REVERSE_TIMES:-1})) every=$3 rounds=2 status
    if [ ! -e /sys/module/kvm_pvm ]; then
        every=$((every * 5))
        [ "$2" -lt 250 ] || rounds=1
    fi
    every=${REVERSE_EVERY:-$every}
    export REVERSE_ROUNDS=${REVERSE_ROUNDS:-$rounds}
    shift 3
    start_vm -S -c "$cpus" --serial none "$@"
    "$TOOLS/reverse" "$gdb_address" "$vm_pid" "$cpus" "$steps" "$every" "${REVERSE_SEED:-1}" \
        ${commands[@]+"${commands[@]}"} >"$dir/said"
    status=$?
    [ $status != 77 ] || skip "$(sed -n 's/^skip: //p' "$dir/said")"
    [ $status = 0 ] || fail "$(<"$dir/said")"
}

# rows MODE ARGS...: the rows of the stepping table, each an instruction with something about it; but
# for those that this KVM can't execute at all.
rows()
{
    local mode=$1 row
    local -a commands=() left_out
    [[ $mode == real || $mode == segment ]] || commands=(--run) # there the BIOS's timer comes in
    shift
    mkdir "$dir/exact"
    : >"$dir/rows"
    [ ! -e /sys/module/kvm_pvm ] ||
        "$TOOLS/exact" "$STEPVM" "$GUESTS" "$dir/exact" 1 "$mode" "$@" >"$dir/rows" ||
        give_up "$(<"$dir/rows")"
    grep -q '^skip .*_cpu - ' "$dir/rows" && skip "$(sed -n 's/^skip .*_cpu - //p' "$dir/rows")"
    read -ra left_out < <(sed -n 's/^skip .*does not execute://p' "$dir/rows")
    # Far on in the table it goes the same way each time only without what depends on the time.
    [[ ${#commands[@]} -eq 0 || ${REVERSE_TIMES:-1} -eq 1 ]] ||
        read -ra left_out < <(sed -nE 's/^(irq_pending|hlt|hlt_pending|rdtsc) .*/\1/p' \
            "$GUESTS/exact_$mode.rows" | tr '\n' ' ' && echo "${left_out[*]}")
    for row in "${left_out[@]}"; do
        row=$(grep -nm1 "^$row " "$GUESTS/exact_$mode.rows") || give_up "no row $row"
        commands+=("pw/b $(($(label "exact_$mode" SKIP) + ${row%%:*} - 1)) 1")
    done
    travel 1 $((400 / ${REVERSE_SHARE:-1})) 40 -m 2M "$@" "$GUESTS/exact_$mode.bin"
}

rows_real()      { rows real -f flat --address 0x7c00; }
rows_segment()   { rows segment -f flat --address 0x10000; }
rows_protected() { rows protected -f flat --mode protected; }
rows_user()      { rows protected_user -f flat --mode protected; }
rows_paging()    { rows paging -f flat --mode protected; }
rows_long()      { rows long -f flat --mode long; }
rows_long_user() { rows long_user -f flat --mode long; }

# The guest steps itself: KVM hides TF from who asks for the registers while it steps by it.
own_steps()
{
    local skip row=0 name
    local -a commands=(--run)
    skip=$(label exact_protected SKIP)
    while read -r name _; do
        [[ $name == tf_* ]] || commands+=("pw/b $((skip + row)) 1")
        row=$((row + 1))
    done <"$GUESTS/exact_protected.rows"
    commands+=("@$(label exact_protected tf_set_row)")
    travel 1 250 40 -m 2M -f flat --mode protected "$GUESTS/exact_protected.bin"
}

# Each part of the state, changed by each instruction that can; recorded while it runs, too. Rows of
# the guest that this KVM can't execute are left out.
parts()
{
    local every=1 tries row image=$dir/parts.bin
    local -a commands=(--run "step-irq on" "?info lapic" "?slave:info pic" "?   7  -:info irq"
        "?info registers" "?msr mtrr_phys_base0" "?msr mtrr_fix_64k_00000" "?msr spec_ctrl")
    cp "$GUESTS/parts.bin" "$image"
    if [ ! -e /sys/module/kvm_pvm ]; then
        every=8
        if grep -qE 'name.*(QEMU|TCG)' /proc/cpuinfo; then # whose version 7.2 aborts over cr8
            leave_out $(($(label parts cr8_row)))
            leave_out $(($(label parts clear_cr8_row)))
        fi
    fi
    for ((tries = 0; tries < 60; tries++)); do
        run_stepvm --gdb none -m 2M -f flat --mode long --entry "$(label parts try)" "$image"
        [ "$vm_status" != 1 ] || break
        row=$(tr -d '~' <"$dir/console" | tail -c 1)
        [ -n "$row" ] || give_up "the guest has not begun: $(<"$dir/stderr")"
        leave_out $(($(printf %d "'$row") - 0x21))
    done
    [ "$vm_status" = 1 ] || give_up "the guest does not end: $(<"$dir/stderr")"
    travel 1 1000 "$every" -m 1280K -f flat --mode long "$image"
}

leave_out()
{
    local at=$(($(label parts skip) - $(label parts _start) + $1))
    printf '\1' | dd of="$image" bs=1 seek=$at conv=notrunc 2>"$dir/dd" || give_up "$(<"$dir/dd")"
}

# BIOS calls, text on the screen, three modes.
demo()            { travel 1 250 40 -m 2M "$GUESTS/demo.img"; }
modes()           { travel 1 250 40 -m 2M "$GUESTS/modes.img"; }
memory_map()      { travel 1 250 40 -m 2M "$GUESTS/e820.img"; }
serial()          { travel 1 250 40 -m 2M "$GUESTS/ports.img"; }
keys()            { travel 1 100 20 -m 2M "$GUESTS/keys.img"; }
mmio()            { travel 1 100 20 -m 2M -f flat --mode protected "$GUESTS/mmio.bin"; }

interrupts()
{
    # It would end after five ticks, which come soon where steps take long.
    local commands=("step-irq on" "pw/b $(($(label timer woken) + 4)) 127")
    travel 1 250 40 -m 2M "$GUESTS/timer.img"
}

# What the guest dies of is one step back.
death()           { travel 1 50 1 -m 2M --entry "$(label triple triple_real)" "$GUESTS/triple.img"; }

four_cpus()       { travel 4 100 20 -m 2M -f flat --mode protected "$GUESTS/smp.bin"; }

# What an INIT and a SIPI do to the others belongs to the instruction that sent them: it is there at
# the first look.
cpus_are_started()
{
    local commands=(--hold)
    travel 4 90 20 -m 2M -f flat --mode protected "$GUESTS/smp.bin"
}

# Sectors written come back, in the file too.
disk()
{
    dd if=/dev/zero of="$dir/disk" bs=1M count=2 2>"$dir/dd" || give_up "$(<"$dir/dd")"
    local commands=("@$(label ata write_28)")
    REVERSE_FILE=$dir/disk travel 1 2600 200 -m 2M --disk "$dir/disk" "$GUESTS/ata.img"
}

TEST rows_real
TEST rows_segment
TEST rows_protected
TEST rows_user
TEST rows_paging
TEST rows_long
TEST rows_long_user
TEST own_steps
TEST parts
TEST demo
TEST modes
TEST memory_map
TEST serial
TEST keys
TEST mmio
TEST interrupts
TEST death
TEST four_cpus
TEST cpus_are_started
# With REVERSE_TIMES only: all of its boot goes by steps.
grub()
{
    local reason
    reason=$(tests/boot/prepare grub 2>&1) || skip "$reason"
    travel 1 2000 2000 -m 8M "$BUILD/boot-images/grub.img"
}

TEST disk
[ "${REVERSE_TIMES:-1}" = 1 ] || TEST grub
