#!/bin/bash
# Several CPUs under gdb, all-stop: one stops, and all are stopped before anyone hears of it.
. "$(dirname "$0")/../lib.sh"
. tests/gdb/workers.inc

# ---- Looking

before_they_are_started()
{
    start_vm -S -f flat --mode protected -c 4 "$GUESTS/workers.bin"
    run_gdb "$GUESTS/workers.elf" <<<'info threads'
    expect_gdb <<'END'
  Id   Target Id                                        Frame{{ *}}
* 1    Thread 1 (CPU 0 (boot), protected mode)          _start () at guests/workers.s:{{[0-9]+}}
  2    Thread 2 (CPU 1, real mode, waits for INIT/SIPI) 0xfffffff0 in ?? ()
  3    Thread 3 (CPU 2, real mode, waits for INIT/SIPI) 0xfffffff0 in ?? ()
  4    Thread 4 (CPU 3, real mode, waits for INIT/SIPI) 0xfffffff0 in ?? ()
END
}

# INIT and SIPI reach a CPU that is parked when it next runs, or when KVM is asked for its state: what
# is shown and written from then on is where it begins.
started_while_it_was_parked()
{
    start_vm -S -f flat --mode protected -c 2 "$GUESTS/workers.bin"
    run_gdb <<END
hbreak *$(label workers wake_others)
continue
set scheduler-locking on
stepi
stepi
printf "> %d\n", \$pc == $(label workers others_woken)
info threads
thread 2
printf "> %#x %#x %#x %#x\n", \$pc, \$cs, \$cs_base, \$raw_ip
set \$ebx = 0x12345678
printf "> %#x %#x\n", \$pc, \$ebx
set scheduler-locking off
hbreak *$(label workers begin_other)
continue
printf "> %d %#x\n", \$pc == $(label workers begin_other), \$ebx
END
    expect_marked <<'END'
> 1
> 0x8000 0x800 0x8000 0
> 0x8000 0x12345678
> 1 0x12345678
END
}

at_work()
{
    local cpu
    start_workers 4
    gdb_at_work <<END
$(for cpu in 1 2 3; do
        echo "set $(cell orders $cpu) = 1"
        echo "hbreak *rest if \$esi == $cpu" # stays: it is stepped off, whoever else runs
        echo continue
    done)
set \$before = $(cell counters 0)
hbreak *worked if \$esi == 0 && $(cell counters 0) > \$before
continue
printf "> all at work\n"
info threads
thread apply all bt
END
    sed '1,/^> all at work/d' "$dir/gdb.out" >"$dir/looked.out"
    expect_text "$dir/looked.out" <<'END'
  Id   Target Id                                Frame{{ *}}
* 1    Thread 1 (CPU 0 (boot), protected mode)  {{worked|work}} () at guests/workers.s:{{[0-9]+}}
  2    Thread 2 (CPU 1, protected mode, halted) rested () at guests/workers.s:{{[0-9]+}}
  3    Thread 3 (CPU 2, protected mode, halted) rested () at guests/workers.s:{{[0-9]+}}
  4    Thread 4 (CPU 3, protected mode, halted) rested () at guests/workers.s:{{[0-9]+}}

Thread 4 (Thread 4 (CPU 3, protected mode, halted)):
#0  rested () at guests/workers.s:{{[0-9]+}}
...
Thread 1 (Thread 1 (CPU 0 (boot), protected mode)):
#0  {{worked|work}} () at guests/workers.s:{{[0-9]+}}
#1  {{.*}} forever () at guests/workers.s:{{[0-9]+}}
END
}

# All are counted on, and each is stopped when one is.
sixteen()
{
    local cpu
    start_workers 16
    gdb_at_work <<END
printf "> threads %d\n", \$_inferior_thread_count
$(for cpu in {0..15}; do echo "set \$before_$cpu = $(cell counters "$cpu")"; done)
hbreak *counted if \$esi == 15
continue
$(for cpu in {0..15}; do echo "set \$now_$cpu = $(cell counters "$cpu")"; done)
info threads
$(for cpu in {0..15}; do
        echo "printf \"> %d\\n\", \$now_$cpu == $(cell counters "$cpu") && \$now_$cpu > 0"
    done)
END
    {
        echo '> threads 16'
        for cpu in {0..15}; do echo '> 1'; done
    } >"$dir/expected"
    expect_marked <"$dir/expected"
    expect_equal "threads" "$(grep -c 'Thread [0-9]* (CPU [0-9]*[^)]*' "$dir/gdb.out")" 16
}

# ---- Steps

# Steps thread 2 three times with scheduler-locking $1: the other one stands still.
others_stand_still()
{
    start_workers 2
    gdb_at_work <<END
set scheduler-locking $1
thread 1
set \$eip_1 = \$eip
set \$count_1 = $(cell counters 0)
thread 2
set \$pc = count
set \$count_2 = $(cell counters 1)
$2
printf "> %d\n", \$pc == $(label workers counted)
$2
printf "> %d\n", \$pc == $(label workers counted_2)
printf "> %d %d\n", $(cell counters 1) - \$count_2, $(cell counters 0) - \$count_1
thread 1
printf "> %d\n", \$eip == \$eip_1
END
    expect_marked <<'END'
> 1
> 1
> 1 0
> 1
END
}

stepi_with_scheduler_locking_on()
{
    others_stand_still on stepi
}

step_with_scheduler_locking_step()
{
    others_stand_still step step
}

# Without it the others run while one steps.
stepi_lets_the_others_run()
{
    start_workers 2
    gdb_at_work <<END
thread 2
set \$count = $(cell counters 0)
step-while $(cell counters 0)==\$count 5000
printf "> %d %d\n", $(cell counters 0) > \$count, \$steps > 0
END
    expect_marked <<<'> 1 1'
}

# ---- Breakpoints

each_hits()
{
    start_workers 4
    gdb_at_work <<END
hbreak *counted
set \$seen = 0
set \$hits = 0
set \$wrong = 0
while \$seen != 15 && \$hits < 2000
  continue
  set \$hits = \$hits + 1
  set \$seen = \$seen | (1 << \$esi)
  if \$_thread != \$esi + 1 || \$pc != $(label workers counted)
    set \$wrong = \$wrong + 1
  end
end
printf "> %d %d\n", \$seen, \$wrong
END
    expect_marked <<<'> 15 0'
}

# On one host CPU: from hit to hit of a breakpoint that only the first CPU comes to, the others
# count on. (Not each time, where the host has much else to do.)
the_others_get_time()
{
    start_vm -S -f flat --mode protected -c 3 "$GUESTS/smp.bin"
    if [ "$(nproc)" != 1 ]; then
        skip_without taskset util-linux
        taskset -a -p 1 "$vm_pid" >/dev/null 2>&1 || skip "taskset may not choose a CPU here"
    fi
    run_gdb <<END
hbreak *$(label smp count_3)
set \$hits = 0
set \$still_1 = 0
set \$still_2 = 0
while \$hits < 140
  set \$count_1 = {int}0x9004
  set \$count_2 = {int}0x9008
  continue
  if \$hits >= 40
    set \$still_1 = \$still_1 + ({int}0x9004 == \$count_1)
    set \$still_2 = \$still_2 + ({int}0x9008 == \$count_2)
  end
  set \$hits = \$hits + 1
end
printf "stood still: %d %d of 100\n", \$still_1, \$still_2
printf "> %d\n", \$still_1 < 40 && \$still_2 < 40
END
    expect_marked <<<'> 1'
}

# $1: break or hbreak. Three CPUs come to a breakpoint at the same time, again and again. Each time
# all have hit it, and the user hears of each, although gdb takes one of them off first.
all_hit()
{
    start_workers 3
    gdb_at_work <<END
set {int}$(label workers party) = 3
set $(cell orders 0) = 2
set $(cell orders 1) = 2
set $(cell orders 2) = 2
$1 *meet
set \$hits = 0
while \$hits < 300
  continue
  set \$hits = \$hits + 1
end
printf "> %d\n", $(cell meetings 0)
printf "> %d\n", $(cell meetings 1)
printf "> %d\n", $(cell meetings 2)
END
    # As many as were heard of; the last ones may stand at it still.
    expect_marked <<'END'
> {{99|100}}
> {{99|100}}
> {{99|100}}
END
}

all_hit_a_hardware_breakpoint()
{
    all_hit hbreak
}

all_hit_a_software_breakpoint()
{
    all_hit break
}

# A step that ends unheard, because another CPU has hit a breakpoint, is no stop later on.
steps_that_nobody_waits_for()
{
    start_workers 2
    gdb_at_work <<END
hbreak *counted if \$esi == 1
thread 1
set \$stops = 0
while \$stops < 20
  thread 1
  next 3
  set \$stops = \$stops + 1
end
delete
tbreak *worked if \$esi == 1
continue
printf "> %d %d\n", \$esi, \$pc == $(label workers worked)
END
    expect_nowhere "$dir/gdb.out" 'SIG'
    expect_marked <<<'> 1 1'
}

# ---- hlt

# One that is to leave a breakpoint at a hlt does not keep the others from running.
breakpoint_at_a_halt()
{
    start_workers 2
    gdb_at_work <<END
set $(cell orders 1) = 1
hbreak *rest
continue
printf "> %d %d\n", \$esi, \$pc == $(label workers rest)
set \$count = $(cell counters 0)
hbreak *counted if \$esi == 0 && $(cell counters 0) > \$count + 1000
continue
printf "> %d %d\n", \$esi, \$pc == $(label workers counted)
thread 2
printf "> %d\n", \$pc == $(label workers rested)
info threads
END
    expect_marked <<'END'
> 1 1
> 0 1
> 1
END
    expect_line "$dir/gdb.out" '* 2    Thread 2 (CPU 1, protected mode, halted) rested{{.*}}'
}

# With the others held nobody could end such a step.
step_over_a_halt_alone()
{
    start_workers 2
    gdb_at_work <<END
set $(cell orders 1) = 1
tbreak *rest
continue
set scheduler-locking on
stepi
printf "> %d\n", \$pc == $(label workers rested)
END
    expect_marked <<<'> 1'
}

# Ctrl-C while one is halted and one counts. Both go on as they were.
ctrl_c_beside_a_halt()
{
    start_workers 2
    start_gdb_at_work <<END
set $(cell orders 1) = 1
hbreak *rest
continue
delete
set \$count = $(cell counters 0)
continue
printf "> %d\n", $(cell counters 0) > \$count
thread 2
printf "> %d\n", \$pc == $(label workers rested)
set \$count = $(cell counters 0)
set \$count_1 = $(cell counters 1)
continue
printf "> %d %d\n", $(cell counters 0) > \$count, $(cell counters 1) == \$count_1
thread 2
printf "> %d\n", \$pc == $(label workers rested)
END
    interrupt_gdb 2
    interrupt_gdb 3
    finish_gdb
    expect_equal "times interrupted" "$(grep -c 'signal SIGINT' "$dir/gdb.out")" 2
    expect_marked <<'END'
> 1
> 1
> 1 1
> 1
END
}

# Each hit is of the one CPU that writes there, at its write, and none is lost, while others that
# write beside it run: also where a KVM without data watchpoints has all of them step.
watchpoint_finds_its_writer()
{
    start_workers 3
    gdb_at_work <<END
watch $(cell counters 2)
set \$hits = 0
while \$hits < 100
  set \$before = $(cell counters 2)
  continue
  set \$hits = \$hits + 1
  if \$esi != 2 || \$pc != $(label workers counted) || $(cell counters 2) != \$before + 1
    printf "> hit %d: CPU %d at %#x, %d -> %d\n", \$hits, \$esi, \$pc, \$before, $(cell counters 2)
  end
end
printf "> %d hits\n", \$hits
END
    expect_marked <<<"> 100 hits"
}

# $1 rwatch or awatch. What is read lies beside the GDT, which no fence may keep from the processor.
watchpoint_finds_its_reader()
{
    start_workers 3
    gdb_at_work <<END
$1 $(cell orders 2)
set \$hits = 0
while \$hits < 20
  continue
  set \$hits = \$hits + 1
  if \$esi != 2 || \$pc != $(label workers counted_2) + 7
    printf "> hit %d: CPU %d at %#x\n", \$hits, \$esi, \$pc
  end
end
printf "> %d hits\n", \$hits
END
    expect_marked <<<"> 20 hits"
}

read_watchpoint_finds_its_reader()
{
    watchpoint_finds_its_reader rwatch
}

access_watchpoint_finds_its_reader()
{
    watchpoint_finds_its_reader awatch
}

TEST before_they_are_started
TEST started_while_it_was_parked
TEST at_work
TEST sixteen
TEST stepi_with_scheduler_locking_on
TEST step_with_scheduler_locking_step
TEST stepi_lets_the_others_run
TEST each_hits
TEST the_others_get_time
TEST all_hit_a_hardware_breakpoint
TEST all_hit_a_software_breakpoint
TEST steps_that_nobody_waits_for
TEST breakpoint_at_a_halt
TEST step_over_a_halt_alone
TEST ctrl_c_beside_a_halt
TEST watchpoint_finds_its_writer
TEST read_watchpoint_finds_its_reader
TEST access_watchpoint_finds_its_reader
