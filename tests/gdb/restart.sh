#!/bin/bash
# target extended-remote: the guest is run again after it was killed, has ended or was detached from.
. "$(dirname "$0")/../lib.sh"

# As run_gdb, connected as extended-remote.
run_extended()
{
    start_extended
    finish_gdb
}

start_extended()
{
    {
        echo "target extended-remote $gdb_address"
        printf '%s\n' 'printf "@connected@\n"'
        cat
        printf '%s\n' 'printf "@end@\n"'
    } >"$dir/gdb.commands"
    start_gdb_alone
}

start_ending() # label
{
    start_vm -S -f flat --address 0x7c00 --entry "$(label ending "$1")" "$GUESTS/ending.img"
}

run_twice()
{
    start_vm -S "$GUESTS/real.img"
    run_extended <<END
break *$(label real after_loop)
continue
printf "> %#lx dx %d word %d\n", \$pc, \$edx & 0xffff, *(short *)0x9000
set var *(short *)0x9000 = 77
run
printf "> %#lx dx %d word %d\n", \$pc, \$edx & 0xffff, *(short *)0x9000
delete
run &
interrupt
END
    expect_marked <<END
> $(label real after_loop) dx 50 word 0
> $(label real after_loop) dx 50 word 0
END
}

starts_at_the_first_instruction()
{
    start_vm -S "$GUESTS/real.img"
    run_extended <<END
tbreak *$(label real after_loop)
continue
starti
printf "> %#lx dx %d\n", \$pc, \$edx & 0xff
stepi
printf "> %d\n", \$pc > 0x7c00 && \$pc < 0x7c08
END
    expect_marked <<'END'
> 0x7c00 dx 128
> 1
END
}

# gdb's way with a stub that knows no vRun.
by_the_older_packet()
{
    start_vm -S "$GUESTS/spin.img"
    run_extended <<END
set remote run-packet off
break *$(label spin spin_b)
continue
run
printf "> %#lx\n", \$pc
starti
printf "> %#lx %d\n", \$pc, *(int *)0x9000
END
    expect_marked <<END
> $(label spin spin_b)
> 0x7c00 0
END
}

# The image's symbols are read once, and stay.
run_with_symbols()
{
    start_vm -S "$GUESTS/long.elf"
    run_extended <<'END'
break registers_set
continue
run
printf "> %d\n", $pc == &registers_set
starti
info symbol $pc
END
    expect_marked <<<'> 1'
    expect_line "$dir/gdb.out" '_start in section .text'
}

killed_is_not_running()
{
    start_vm -S "$GUESTS/spin.img"
    run_extended <<END
break *$(label spin spin_b)
continue
kill
info threads
x/i \$pc
monitor info cpus
run
printf "> %#lx\n", \$pc
END
    expect_marked <<<"> $(label spin spin_b)"
    expect_line "$dir/gdb.out" '[Inferior 1 (Remote target) killed]'
    expect_line "$dir/gdb.out" 'No threads.'
    expect_line "$dir/gdb.out" 'CPU 0 (boot), {{.*}}'
    expect_vm_runs
}

# Nobody can run it again: it ends as if killed.
leaving_what_was_killed()
{
    start_vm -S "$GUESTS/spin.img"
    run_extended <<<'kill'
    expect_vm_status 0
    expect_removed "$gdb_address"
}

after_its_own_end()
{
    start_ending debug_exit
    run_extended <<END
continue
printf "> %d\n", \$_exitcode
starti
printf "> %#lx\n", \$pc
continue
printf "> %d\n", \$_exitcode
END
    expect_marked <<END
> 67
> $(label ending debug_exit)
> 67
END
    expect_vm_status 67
}

after_power_off()
{
    start_ending "$1"
    run_extended <<END
run
run
starti
printf "> %#lx\n", \$pc
detach
END
    expect_equal "how often it ended" "$(grep -c 'exited normally' "$dir/gdb.out")" 2
    expect_marked <<<"> $(label ending "$1")"
    expect_vm_status 0
}

after_acpi_poweroff()
{
    after_power_off acpi_off
}

after_apm_poweroff()
{
    after_power_off apm_off
}

after_triple_fault()
{
    start_vm -S -f flat --address 0x7c00 --entry "$(label triple triple_real)" "$GUESTS/triple.img"
    run_extended <<'END'
continue
starti
printf "> %#lx\n", $pc
continue
kill
END
    expect_marked <<<"> $(label triple triple_real)"
    expect_equal "how often it died" "$(grep -c 'received signal SIGSEGV' "$dir/gdb.out")" 2
    expect_vm_status 0
}

# A breakpoint in 64-bit code, and a run that begins in 16-bit code again.
across_modes()
{
    start_vm -S "$GUESTS/modes.img"
    run_extended <<END
hbreak *$(label modes in64)
continue
show architecture
printf "> %#lx\n", \$pc
run
show architecture
printf "> %#lx\n", \$pc
starti
show architecture
printf "> %#lx\n", \$pc
END
    expect_marked <<END
> $(label modes in64)
> $(label modes in64)
> 0x7c00
END
}

detached_and_attached()
{
    start_vm -S "$GUESTS/spin.img"
    run_extended <<END
break *$(label spin spin_b)
continue
detach
info threads
monitor info cpus
$(gdb_waits)
attach 1
printf "> %d\n", *(int *)0x9000 > 1
delete
detach
starti
printf "> %#lx %d\n", \$pc, *(int *)0x9000
END
    expect_line "$dir/gdb.out" 'No threads.'
    expect_line "$dir/gdb.out" 'The machine runs, detached from (attach 1 stops it).'
    expect_marked <<'END'
> 1
> 0x7c00 0
END
    expect_vm_runs
}

ended_while_detached()
{
    start_ending debug_exit
    run_extended <<'END'
detach
END
    expect_vm_status 67
}

quit_leaves_it_running()
{
    start_vm -S "$GUESTS/spin.img"
    run_extended <<'END'
starti
quit
END
    expect_vm_runs
    counter_grows
}

# gdb is killed in each state: not running ends the machine, the others leave it to the next one.
killed_gdb()
{
    start_vm -S "$GUESTS/spin.img"
    start_extended <<END
$1
printf "> here\n"
shell sleep 100
END
    await_text "$dir/gdb.raw" '^> here'
    kill -KILL "$gdb_pid"
    wait "$gdb_pid"
}

killed_gdb_while_stopped()
{
    killed_gdb starti
    counter_grows
}

killed_gdb_while_running()
{
    killed_gdb 'run &'
    counter_grows
}

killed_gdb_while_detached()
{
    killed_gdb detach
    counter_grows
}

killed_gdb_while_not_running()
{
    killed_gdb kill
    expect_vm_status 0
}

disconnected_and_connected()
{
    start_vm -S "$GUESTS/spin.img"
    run_extended <<END
disconnect
target extended-remote $gdb_address
starti
printf "> %#lx\n", \$pc
disconnect
target remote $gdb_address
kill
END
    expect_marked <<<'> 0x7c00'
    expect_vm_status 0
}

sigterm_while_not_running()
{
    start_vm -S "$GUESTS/spin.img"
    start_extended <<'END'
kill
printf "> here\n"
shell sleep 100
END
    await_text "$dir/gdb.raw" '^> here'
    kill -TERM "$vm_pid"
    expect_vm_status 143
}

# The image has gone: it can't be loaded again, and nothing runs.
image_is_gone()
{
    cp "$GUESTS/spin.img" "$dir/image"
    start_vm -S "$dir/image"
    run_extended <<END
shell rm $dir/image
run
info threads
shell cp $GUESTS/spin.img $dir/image
starti
printf "> %#lx\n", \$pc
END
    expect_line "$dir/gdb.out" 'Running the default executable on the remote target failed; try "set remote exec-file"?'
    expect_line "$dir/gdb.out" 'No threads.'
    expect_marked <<<'> 0x7c00'
}

another_program()
{
    start_vm -S "$GUESTS/long.elf"
    run_extended <<END
set remote exec-file /bin/true
run
set remote exec-file long.elf
starti
info symbol \$pc
END
    expect_line "$dir/gdb.out" 'Running "/bin/true" on the remote target failed'
    expect_line "$dir/gdb.out" '_start in section .text'
}

# In plain remote mode an end is the end.
plain_run()
{
    start_vm -S "$GUESTS/spin.img"
    run_gdb <<'END'
run
kill
END
    expect_line "$dir/gdb.out" 'The "remote" target does not support "run".  Try "help target" or "continue".'
    expect_vm_status 0
}

monitor_quit()
{
    start_vm -S "$GUESTS/spin.img"
    run_extended <<'END'
monitor quit
END
    expect_line "$dir/gdb.out" 'Ending the machine.'
    expect_vm_status 0
}

monitor_quit_while_not_running()
{
    start_vm -S "$GUESTS/spin.img"
    run_extended <<'END'
kill
monitor quit
END
    expect_line "$dir/gdb.out" 'Ending the machine.'
    expect_vm_status 0
}

over_stdio()
{
    gdb_address="| $STEPVM --gdb - -S $GUESTS/spin.img"
    run_extended <<END
tbreak *$(label spin spin_b)
run
printf "> %#lx\n", \$pc
kill
END
    expect_marked <<<"> $(label spin spin_b)"
    await "stepvm to end" no_stepvm_of_ours
}

no_stepvm_of_ours()
{
    [ -z "$(our_processes stepvm)" ]
}

TEST run_twice
TEST starts_at_the_first_instruction
TEST by_the_older_packet
TEST run_with_symbols
TEST killed_is_not_running
TEST leaving_what_was_killed
TEST after_its_own_end
TEST after_acpi_poweroff
TEST after_apm_poweroff
TEST after_triple_fault
TEST across_modes
TEST detached_and_attached
TEST ended_while_detached
TEST quit_leaves_it_running
TEST killed_gdb_while_stopped
TEST killed_gdb_while_running
TEST killed_gdb_while_detached
TEST killed_gdb_while_not_running
TEST disconnected_and_connected
TEST sigterm_while_not_running
TEST image_is_gone
TEST another_program
TEST plain_run
TEST monitor_quit
TEST monitor_quit_while_not_running
TEST over_stdio
