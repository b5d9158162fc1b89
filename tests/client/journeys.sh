#!/bin/bash
# Ctrl-C on the way back and forth through what was recorded is heard where no client takes part:
# while conditions that are false are judged.
. "$(dirname "$0")/../lib.sh"
. tests/client/hostile.inc

one_cpu()
{
    start_counting 1 unix
    run_hostile journeys
    end_well
}

two_cpus()
{
    start_counting 2 unix
    run_hostile journeys
    end_well
}

TEST one_cpu
TEST two_cpus
