#!/bin/bash
# Breakpoints and watchpoints once more with a second vCPU beside: it waits to be started, and what
# is armed must be armed on it too; pages are not fenced against execution then.
export STEPVM_OPTIONS='-c 2'
for tests in breakpoints watchpoints; do
    bash "$(dirname "$0")/$tests.sh" | sed -E 's/^(ok|not ok|skip) /&two_vcpus_/'
done
