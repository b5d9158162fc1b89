#!/bin/bash
# The kept conversations of tests/fuzz, and some made of them, at the real program. STEPVM_ROUNDS:
# how many of those.
. "$(dirname "$0")/../lib.sh"

# CORPUS: whatever these clients say, stepvm ends only where it is asked to, and answers the last.
survives()
{
    skip_without_kvm
    "$TOOLS/wire_fuzz" -n "${STEPVM_ROUNDS:-60}" -c "tests/fuzz/corpus/$1" "$dir/socket" \
        "$STEPVM" -S --serial none --gdb "unix:$dir/socket" "$GUESTS/demo.img" 2>"$dir/stderr" &&
        return
    fail "after this on stderr:"$'\n'"$(tail -n 20 "$dir/stderr")"
}

survives_any_session()
{
    survives session
}

survives_any_command()
{
    survives monitor
}

TEST survives_any_session
TEST survives_any_command
