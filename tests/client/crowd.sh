#!/bin/bash
# 1,000 clients at once, with descriptors for them and without, and 1,000 one after the other.
. "$(dirname "$0")/../lib.sh"
. tests/client/hostile.inc

over_a_unix_socket()
{
    start_counting 1 unix
    run_hostile crowd cycles
    end_well
}

over_tcp()
{
    start_counting 1 tcp
    run_hostile crowd cycles
    end_well
}

TEST over_a_unix_socket
TEST over_tcp
