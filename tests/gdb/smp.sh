#!/bin/bash
# Several CPUs under gdb: one stops, and all are stopped before anyone hears of it. The guest is
# guests/workers.s: each CPU counts in counters[CPU] and does what orders[CPU] says.
. "$(dirname "$0")/../lib.sh"

# Starts the guest with $1 CPUs; with no client there they come to their work.
start_workers()
{
    start_vm -f flat --mode protected -c "$1" "$GUESTS/workers.bin"
    cpus=$1
}

# Gives the commands on stdin to gdb, when each CPU is at its work and stopped.
gdb_at_work()
{
    {
        cat <<END
define counter
  eval "output {unsigned}%d", $(label workers counters) + 4 * \$arg0
end
define order
  set {int}($(label workers orders) + 4 * \$arg0) = \$arg1
end
set \$started = 0
while \$started < $cpus
  hbreak *counted if \$esi == \$started
  continue
  delete
  set \$started = \$started + 1
end
END
        cat
    } >"$dir/at_work"
    run_gdb "$GUESTS/workers.elf" <"$dir/at_work"
}

# $1: break or hbreak. Three CPUs come to a breakpoint at the same time, again and again. Each time
# all have hit it, and the user hears of each, although gdb takes one of them off first.
all_hit()
{
    start_workers 3
    gdb_at_work <<END
set {int}$(label workers party) = 3
order 0 2
order 1 2
order 2 2
$1 *meet
set \$hits = 0
while \$hits < 300
  continue
  set \$hits = \$hits + 1
end
printf "> %d\n", {int}$(label workers meetings)
printf "> %d\n", {int}($(label workers meetings) + 4)
printf "> %d\n", {int}($(label workers meetings) + 8)
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

TEST all_hit_a_hardware_breakpoint
TEST all_hit_a_software_breakpoint
