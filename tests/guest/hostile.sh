#!/bin/bash
# The hostile guest (guests/hostile): nonsense at ports, devices and disks, states of the CPU that
# nobody sets up, random code, code that writes over itself, BIOS calls; alone, and under a client
# that sets breakpoints anywhere, steps, or writes random registers and memory
# (tests/tools/hostile_guest.c).
#
# STEPVM_SEEDS is how many seeds each pair of them gets (1), STEPVM_SEED the first one (1),
# STEPVM_KINDS what the guest does (all).
. "$(dirname "$0")/../lib.sh"

# shellcheck disable=SC2206 # several words
kinds=(${STEPVM_KINDS:-ports devices disk state code self bios})

# tries MODE KIND ROUNDS OPTION...
tries()
{
    local mode=$1 kind=$2 rounds=$3
    shift 3
    skip_without_kvm
    "$TOOLS/hostile_guest" "$STEPVM" "$GUESTS/hostile.elf" "$mode" "$kind" "$rounds" \
        "${STEPVM_SEED:-1}" "${STEPVM_SEEDS:-1}" "$dir" "$@" >"$dir/said" 2>&1 ||
        fail "$(<"$dir/said")"
    [ -z "${STEPVM_SEEDS:-}" ] || cat "$dir/said" >&2
}

# The same, with disks: ATA, and virtio of either kind.
tries_with_disks()
{
    truncate -s 4M "$dir/disk"
    tries "$@" --disk "$dir/disk" --disk "$dir/disk,ro,virtio" --disk "$dir/disk,virtio"
}

each_kind()
{
    local mode=$1 kind
    shift
    for kind in "${kinds[@]}"; do
        tries_with_disks "$mode" "$kind" "$@"
    done
}

alone()
{
    each_kind free 5
}

under_breakpoints_and_watchpoints()
{
    each_kind watched 10
}

under_steps()
{
    each_kind stepped 10
}

with_registers_and_memory_written()
{
    each_kind written 10
}

with_two_cpus()
{
    tries_with_disks free state 10 -c 2
    tries_with_disks watched any 10 -c 2
    tries_with_disks stepped state 10 -c 2
}

# One notification of a virtio disk for some 1.8 TB.
a_flood_is_interrupted()
{
    truncate -s 16G "$dir/large"
    tries free flood 1 -m 128M --disk "$dir/large,virtio"
    tries watched flood 1 -m 128M --disk "$dir/large,virtio"
    tries stepped flood 1 -m 128M --disk "$dir/large,virtio"
}

# In pieces, but the guest does not see it.
a_flood_is_served()
{
    [[ " ${kinds[*]} " == *' disk '* ]] || skip "no disks are among STEPVM_KINDS"
    truncate -s 200M "$dir/large"
    run_stepvm --gdb none -m 4352K --append 'kind=flood rounds=1' --disk "$dir/large,virtio" \
        "$GUESTS/hostile.elf"
    expect_equal "stepvm's exit status" "$vm_status" 33
    expect_line "$dir/console" served
}

TEST alone
TEST under_breakpoints_and_watchpoints
TEST under_steps
TEST with_registers_and_memory_written
TEST with_two_cpus
TEST a_flood_is_interrupted
TEST a_flood_is_served
