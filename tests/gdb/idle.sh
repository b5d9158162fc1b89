#!/bin/bash
# While nothing happens stepvm uses no CPU time, whatever has gone before: it waits, it does not look
# again and again.
. "$(dirname "$0")/../lib.sh"

# Of the VM, so far, in clock ticks.
cpu_ticks()
{
    local fields
    read -r -a fields < <(sed 's/.*) //' "/proc/$vm_pid/stat")
    echo $((fields[11] + fields[12])) # utime, stime: proc(5)
}

# One tick may come from the accounting of what was before; and where the machine has much to do, that
# itself may still be under way.
expect_idle()
{
    local before used tries
    for ((tries = 0; tries < 5; tries++)); do
        sleep 0.2
        before=$(cpu_ticks)
        sleep 1.5
        used=$(($(cpu_ticks) - before))
        [ $used -gt 1 ] || return 0
    done
    fail "$used clock ticks used in 1.5 s, again and again"
}

# gdb is given the commands on stdin, and what is idle is looked at when the last one is under way.
after()
{
    start_gdb < <(cat && printf 'printf "> there\\n"\n%s\n' "$1")
    await_text "$dir/gdb.raw" '^> there'
    expect_idle
    kill -KILL "$gdb_pid"
    wait "$gdb_pid" 2>/dev/null
}

after_steps()
{
    start_vm -S "$GUESTS/spin.img"
    after 'shell sleep 100' <<<'stepi 30'
}

after_steps_with_many_cpus()
{
    start_vm -S -c 4 "$GUESTS/spin.img"
    after 'shell sleep 100' <<<'stepi 30'
}

after_a_breakpoint()
{
    start_vm -S "$GUESTS/spin.img"
    after 'shell sleep 100' <<END
break *$(label spin spin_b)
continue
continue
END
}

in_a_step_that_waits()
{
    start_vm -S "$GUESTS/demo.img"
    after stepi <<END
break *$(label demo the_end)
continue
END
}

with_the_guest_halted()
{
    start_vm -S "$GUESTS/demo.img"
    after continue <<END
stepi 3
break *$(label demo the_end)
continue
END
}

TEST after_steps
TEST after_steps_with_many_cpus
TEST after_a_breakpoint
TEST in_a_step_that_waits
TEST with_the_guest_halted
