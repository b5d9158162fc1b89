#!/bin/bash
# What stepvm costs, with QEMU (where it is installed and its KVM starts) beside it. `make bench`, or
# `make bench ROWS=PATTERN` for those rows only whose name matches (an extended regular expression).
# Numbers only: nothing here passes or fails.
. "$(dirname "$0")/lib.sh"
. tests/bench/rows.inc
. tests/bench/vms.inc
. tests/bench/growth.inc
. tests/bench/report.inc

[[ -r /dev/kvm && -w /dev/kvm ]] || { echo "bench: /dev/kvm is not there or not allowed"; exit 0; }
bench_begin

section 'Round trips over TCP'
row 'vCont;s' goal='7x 75%' ours="steps @ $seconds" limit="limit spinning $seconds"
row 'vCont;s, then g' goal=6x ours="looks @ $seconds"
row 'steps within vCont;r' goal=80% ours="ranges @ $seconds" theirs=- limit="limit step $seconds"
row '  beside exact steps' ours="ranges @ $seconds" theirs=- limit="limit guarded $seconds"
row 'stepi in gdb' ours="stepi @ $seconds" limit="stepi_alone $seconds"
row 'false conditions' goal='50x 70%' ours="conditions @ $seconds" theirs='conditions_by_gdb @ 300' limit="limit hit $seconds"
row 'trace hits: $regs and 16 bytes' ours="traces @ $seconds" theirs=- limit="limit hit $seconds"

section 'Guest memory read and written'
make_data 64
row 'm, random bytes' unit=MB/s goal=10x ours="reads @ m $our_read 64 $seconds" theirs="reads @ m $their_read 64 $seconds" \
    limit="served $our_read 2 $seconds"
row 'x (QEMU: m), random bytes' unit=MB/s goal=30x ours="reads @ x $our_read 64 $seconds" \
    theirs="reads @ m $their_read 64 $seconds" limit="served $our_read 1 $seconds"
row 'X written (QEMU: M), random bytes' unit=MB/s ours="writes @ X $our_read $seconds" \
    theirs="writes @ M $their_write $seconds"
runs=3 row 'gdb: dump binary memory, random bytes' unit=MB/s ours='dump @ 8' \
    limit='dump_alone 8 random'
no_data
runs=3 row 'gdb: dump binary memory, zeros' unit=MB/s goal=5x ours='dump @ 32' theirs='dump @ 8' \
    limit='dump_alone 32 zeros'

section 'Start, memory, idle'
row 'start to the first answered packet' unit=ms digits=1 goal='<5' ours='started ours' theirs='started theirs' \
    limit='started bare'
row "memory beside the guest's RAM, RSS" unit=MiB digits=2 goal='<3' ours='resident @'
row 'CPU time in half a second, stopped' unit=ms digits=2 goal='<0.1' ours='idle @ 0.5'

section 'Time travel'
row 'instructions put into the log' theirs=- ours="logged $seconds"
row 'instructions recorded' theirs=- goal='>50000' ours="recorded @ $seconds recorded"
row 'instructions gone back over' goal='>20000000' theirs=- ours="recorded @ $seconds undone"
row '  with rwatch set' theirs=- ours="recorded @ $seconds watched"
row 'false conditions on the way back' theirs=- ours="recorded @ $seconds judged"
row 'bytes of log an instruction' unit=B theirs=- ours="recorded @ $seconds bytes"
row 'instructions undone in the log' theirs=- goal='>20000000' ours="undo $seconds"

section 'Snapshots'
snapshot_rows

section 'Guests at work'
guests_at_work

section 'How cost grows'
growth

bench_end
