#!/bin/bash
# Several CPUs of a guest in C (guests/smp_count) that finds them in the ACPI tables: its lock holds,
# and what it counts beside the lock is a data race that a watchpoint shows.
. "$(dirname "$0")/../lib.sh"

guest=$GUESTS/smp_count.elf

counts_on_each_cpu()
{
    run_stepvm --gdb none -c 3 "$guest"
    expect_equal "stepvm's exit status" "$vm_status" 1
    expect_text "$dir/console" <<'END'
CPUs: 3
rounds: 300
guarded: 300
unguarded: {{[1-9][0-9]*}}
END
}

one_cpu_needs_no_others()
{
    run_stepvm --gdb none "$guest"
    expect_equal "stepvm's exit status" "$vm_status" 1
    expect_text "$dir/console" <<'END'
CPUs: 1
rounds: 100
guarded: 100
unguarded: 100
END
}

# At each hit one CPU is inside, and it is the one that has hit; its ticket is out; and in the end
# each has been there.
breakpoint_in_the_critical_section()
{
    start_vm -S -c 3 "$guest"
    run_gdb "$guest" <<'END'
set language c
break count_guarded
set $hits = 0
set $right = 0
set $wait = 0
set $who = 0
while $hits < 60
  continue
  set $hits = $hits + 1
  set $who = $who | (1 << ($_thread - 1))
  set $inside = 0
  set $cpu = 0
  while $cpu < 3
    set $inside = $inside + (cpus[$cpu].where == INSIDE)
    set $wait = $wait + (cpus[$cpu].where == WAITING)
    set $cpu = $cpu + 1
  end
  if $inside == 1 && cpus[$_thread - 1].where == INSIDE && next_ticket != now_served
    set $right = $right + 1
  end
end
printf "> %d of %d, CPUs %#x, others waited: %d\n", $right, $hits, $who, $wait > 0
END
    expect_marked <<<'> 60 of 60, CPUs 0x7, others waited: 1'
}

# Where the other CPUs are when one is inside.
the_others_are_elsewhere()
{
    start_vm -S -c 3 "$guest"
    run_gdb "$guest" <<'END'
break count_guarded if guarded > 20
continue
info threads
END
    expect_equal "CPUs in count_guarded" "$(grep -cE '^[* ] +[123] +Thread .* count_guarded \(' \
        "$dir/gdb.out")" 1
    expect_equal "CPUs in all" "$(grep -cE '^[* ] +[123] +Thread ' "$dir/gdb.out")" 3
}

# Each write of the unguarded counter stops. Sooner or later the other CPU has read it before: what
# that one will write undoes this.
watchpoint_finds_the_race()
{
    start_vm -S -c 2 "$guest"
    run_gdb "$guest" <<'END'
tbreak count_unguarded
continue
watch unguarded
set $hits = 0
set $lost = 0
while $hits < 150 && !$lost
  continue
  set $hits = $hits + 1
  set $me = $_thread - 1
  set $lost = cpus[$me].seen < unguarded && cpus[1 - $me].seen < unguarded && cpus[1 - $me].where == BETWEEN
end
printf "> %d\n", $lost
print $hits
print cpus[0]@2
END
    expect_marked <<<'> 1'
}

TEST counts_on_each_cpu
TEST one_cpu_needs_no_others
TEST breakpoint_in_the_critical_section
TEST the_others_are_elsewhere
TEST watchpoint_finds_the_race
