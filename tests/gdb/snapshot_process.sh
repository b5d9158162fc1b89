#!/bin/bash
# The processes that keep the memory of snapshots: what ends them and what does not, and how it goes
# without them.
. "$(dirname "$0")/../lib.sh"

flush='maintenance flush register-cache'

keepers()
{
    our_processes stepvm-snapshot
}

some_keepers() # how many
{
    [ "$(keepers | wc -l)" -eq "$1" ]
}

no_keeper()
{
    some_keepers 0
}

save_two()
{
    start_vm -S "$GUESTS/real.img"
    run_gdb <<'END'
monitor snapshot save one
monitor snapshot save two
END
    await "two processes that keep memory" some_keepers 2 # and have their name
}

nobody_is_left()
{
    local signal
    for signal in KILL TERM INT; do
        save_two
        kill "-$signal" "$vm_pid"
        await "stepvm to end" process_gone "$vm_pid"
        await "nobody to be left" no_keeper
    done
    save_two
    run_gdb <<'END'
monitor snapshot delete one
monitor snapshot delete two
END
    [ "$(cut -d' ' -f4 /proc/[0-9]*/stat 2>/dev/null | grep -cx "$vm_pid")" -eq 1 ] || # stepvm-files
        fail "they are still there, or not waited for"
}

# Ctrl-C in a terminal is for all of a process group, and Ctrl-Z: these are for stepvm alone.
signals_to_the_group_are_not_for_them()
{
    local pid
    save_two
    for pid in $(keepers); do
        kill -INT "$pid" && kill -TERM "$pid" && kill -TSTP "$pid" && kill -HUP "$pid"
    done
    run_gdb <<'END'
set var *(int *)0x30000 = 5
monitor snapshot restore one
maintenance flush register-cache
printf "> %d\n", *(int *)0x30000
END
    expect_marked <<<'> 0'
}

# By somebody, or by a kernel that is short of memory.
a_killed_one_is_told()
{
    local first
    save_two
    first=$(keepers | sort -n | head -1)
    kill -KILL "$first"
    await "it to end" some_keepers 1
    run_gdb <<END
monitor snapshot restore one
monitor snapshot restore two
$flush
printf "> %#lx\n", \$pc
monitor snapshot list
monitor snapshot save one
monitor snapshot restore one
END
    expect_line "$dir/gdb.out" "snapshot restore: one is lost: process $first, which kept its memory, was ended by signal 9 {{.*}}; save one anew"
    expect_marked <<<'> 0x7c00'
    expect_line "$dir/gdb.out" 'two: restored in {{.*}}'
    expect_line "$dir/gdb.out" 'one {{.*}}; lost: the process that kept its memory has ended'
    expect_line "$dir/gdb.out" 'one: restored in {{.*}}'
}

# Where stepvm can have no more descriptors.
without_processes_memory_is_copied()
{
    skip_without prlimit util-linux
    start_vm -S "$GUESTS/real.img"
    run_gdb <<END
shell set -- \$(ls /proc/$vm_pid/fd | sort -n); shift \$((\$# - 1)); prlimit --pid $vm_pid --nofile=\$((\$1 + 1))
monitor snapshot save one
set var *(int *)0x30000 = 5
monitor snapshot save two
monitor snapshot restore one
$flush
printf "> %d\n", *(int *)0x30000
monitor snapshot restore two
$flush
printf "> %d\n", *(int *)0x30000
END
    no_keeper || fail "there are processes"
    expect_marked <<'END'
> 0
> 5
END
}

TEST nobody_is_left
TEST signals_to_the_group_are_not_for_them
TEST a_killed_one_is_told
TEST without_processes_memory_is_copied
