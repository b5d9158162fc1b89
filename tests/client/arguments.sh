#!/bin/bash
# Packets whose arguments mean harm: each is answered, and stepvm goes on.
. "$(dirname "$0")/../lib.sh"
. tests/client/hostile.inc

one_cpu()
{
    start_counting 1 unix
    run_hostile arguments
    end_well
}

four_cpus()
{
    start_counting 4 tcp
    run_hostile arguments
    end_well
}

TEST one_cpu
TEST four_cpus
