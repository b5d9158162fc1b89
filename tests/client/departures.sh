#!/bin/bash
# A client goes, in each state that a session can be in: by its end, a reset, half a close. The next
# one finds a machine that has never been looked at.
. "$(dirname "$0")/../lib.sh"
. tests/client/hostile.inc

over_a_unix_socket()
{
    start_counting 2 unix
    run_hostile departures
    end_well
}

over_tcp()
{
    start_counting 1 tcp
    run_hostile departures
    end_well
}

TEST over_a_unix_socket
TEST over_tcp
