#!/bin/bash
# A client that sends too much, or too little at a time: it is served, and so is the next.
. "$(dirname "$0")/../lib.sh"
. tests/client/hostile.inc

floods()
{
    start_counting 1 unix
    run_hostile floods
    end_well
}

TEST floods
