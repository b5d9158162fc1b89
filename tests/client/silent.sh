#!/bin/bash
# A client that asks, and does not read: nobody waits for it, and what waits for it stays bounded.
. "$(dirname "$0")/../lib.sh"
. tests/client/hostile.inc

silent()
{
    start_counting 1 unix
    run_hostile silent
    end_well
}

TEST silent
