#!/bin/bash
# Watchpoints of reads and accesses, back in time: the log has no reads, and they are found all the
# same, each at its instruction and no other. The labels of guests/reads.inc say what each does.
. "$(dirname "$0")/../lib.sh"

# The addresses of the labels of reads$1 that begin with one of $2 (as r,rw) and _, in the order in
# which they are executed, once for each iteration.
accesses()
{
    local address name n
    sort "$GUESTS/reads$1.labels" | while read -r address name; do
        [[ ,$2, == *,${name%%_*},* && $name == *_* ]] || continue
        n=1
        [[ $name != *_x4 ]] || n=4
        for (( ; n > 0; n--)); do
            printf '> %#x\n' "0x$address"
        done
    done
}

# Does $1 $2 times, and says each time where that is.
places()
{
    local i
    for ((i = 0; i < $2; i++)); do
        printf '%s\nprintf "> %%#lx\\n", $pc\n' "$1"
    done
}

# In reads$1, recorded to its end: back to each of the accesses that $2 is set for, which are those
# of the labels $3, and to the beginning; and forth again to each, and to the end.
back_and_forth()
{
    accesses "$1" "$3" >"$dir/accesses"
    local n
    n=$(wc -l <"$dir/accesses")
    start_of_bits reads "$1"
    run_gdb <<END
tbreak *$(label "reads$1" begin)
continue
monitor record on
tbreak *$(label "reads$1" finished)
continue
$2 *(int *)$(label "reads$1" DATA)
$(places reverse-continue $((n + 1)))
printf "> forth\n"
$(places continue $((n + 1)))
END
    sed '/forth/,$d' "$dir/gdb.out" >"$dir/back.out"
    grep '^> ' "$dir/back.out" >"$dir/back"
    { tac "$dir/accesses" && echo "> $(label "reads$1" begin)"; } >"$dir/expected"
    cmp -s "$dir/expected" "$dir/back" || fail "the way back stops elsewhere:
$(diff "$dir/expected" "$dir/back")"
    expect_equal "stops on the way forth" \
        "$(sed '1,/forth/d' "$dir/gdb.out" | grep -c '^Value = \|^New value = ')" "$n"
}

accesses_16()
{
    back_and_forth 16 awatch r,w,rw
}

accesses_32()
{
    back_and_forth 32 awatch r,w,rw
}

accesses_64()
{
    back_and_forth 64 awatch r,w,rw
}

reads_16()
{
    back_and_forth 16 rwatch r,rw
}

reads_32()
{
    back_and_forth 32 rwatch r,rw
}

reads_64()
{
    back_and_forth 64 rwatch r,rw
}

# Of gdb's output on stdin, what `monitor when` says.
numbers()
{
    sed -n 's/^\([0-9]*\) instructions were executed.*/\1/p'
}

# Where the debugger was told of accesses while the guest really made them, by whatever means this
# host has, it is told of them on the way back.
as_forwards()
{
    local finished
    finished=$(label "reads$1" finished)
    start_of_bits reads "$1"
    cat >"$dir/walk.gdb" <<END
while \$pc != $finished && \$n < 200
  continue
  set \$n = \$n + 1
  if \$pc != $finished
    monitor when
  end
end
printf "> back\n"
while \$pc != $(label "reads$1" begin) && \$n > 0
  reverse-continue
  set \$n = \$n - 1
  monitor when
end
END
    run_gdb <<END
tbreak *$(label "reads$1" begin)
continue
monitor record on
awatch *(int *)$(label "reads$1" DATA)
break *$finished
set \$n = 0
source $dir/walk.gdb
END
    sed '/^> back/,$d' "$dir/gdb.out" | numbers | awk '{print $1 - 1}' >"$dir/there"
    sed '1,/^> back/d' "$dir/gdb.out" | numbers | grep -v '^0$' | tac >"$dir/back"
    [ "$(wc -l <"$dir/there")" -gt 40 ] || fail "few accesses: $(<"$dir/gdb.out")"
    cmp -s "$dir/there" "$dir/back" || fail "the way back tells of other accesses:
$(diff "$dir/there" "$dir/back")"
}

as_forwards_16()
{
    as_forwards 16
}

as_forwards_32()
{
    as_forwards 32
}

as_forwards_64()
{
    as_forwards 64
}

TEST accesses_16
TEST accesses_32
TEST accesses_64
TEST reads_16
TEST reads_32
TEST reads_64
TEST as_forwards_16
TEST as_forwards_32
TEST as_forwards_64
