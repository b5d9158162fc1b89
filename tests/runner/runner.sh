#!/bin/bash
# The runner itself: each way in which a test can fail is told from success.
. "$(dirname "$0")/../lib.sh"

# Writes an executable script with the commands on stdin.
script()
{
    { echo '#!/bin/bash'; cat; } >"$dir/$1"
    chmod +x "$dir/$1"
}

counts_each_line()
{
    script some <<<'echo "ok a"; echo "ok b"; echo "skip c - no c here"'
    tests/run "$dir/some" >"$dir/output"
    expect_equal "exit status" $? 0
    expect_text "$dir/output" <<EOF
skip $dir/some: c - no c here
2 passed, 0 failed, 1 skipped
EOF
}

tells_the_slowest()
{
    script slow <<<'sleep 2; echo "ok a"'
    script quick <<<'echo "ok b"'
    STEPVM_TEST_TIMES=1 tests/run "$dir/quick" "$dir/slow" >"$dir/output"
    expect_text "$dir/output" <<EOF
{{[1-9][0-9]*}} s $dir/slow
2 passed, 0 failed, 0 skipped
EOF
}

shows_a_failure_in_full()
{
    script some <<<'echo "ok a"; echo "    expected 1, got 2"; echo "not ok b - why"; exit 1'
    tests/run "$dir/some" >"$dir/output"
    expect_equal "exit status" $? 1
    expect_text "$dir/output" <<EOF
---- $dir/some failed; all it printed:
ok a
    expected 1, got 2
not ok b - why
----
1 passed, 1 failed, 0 skipped
EOF
}

# $1: what the runner says of a test whose commands are on stdin; $2: its limit.
expect_whole_failure()
{
    script some
    TMPDIR=$dir tests/run -t "${2:-$patience}" "$dir/some" >"$dir/output"
    expect_equal "exit status" $? 1
    grep '^not ok' "$dir/output" >"$dir/failed"
    expect_text "$dir/failed" <<<"not ok $dir/some - $1"
}

silence_is_failure()
{
    expect_whole_failure 'printed no result; exit status 0' <<<'echo hello'
}

bad_status_is_failure()
{
    expect_whole_failure 'exit status 3, though nothing is said to have failed' \
        <<<'echo "ok a"; exit 3'
}

time_out_is_failure()
{
    expect_whole_failure 'timed out after 5 s' 5 <<<'echo "ok a"; trap "" TERM; sleep 100 & wait'
}

left_process_is_failure()
{
    expect_whole_failure 'left processes behind: {{[0-9]+}} sleep' <<<'echo "ok a"; sleep 100 &'
    expect_equal "processes left" "$(grep -ls "TMPDIR=$dir/" /proc/*/environ)" ""
}

left_file_is_failure()
{
    expect_whole_failure 'left files behind: ./x' <<<'echo "ok a"; : >"$TMPDIR/x"'
}

missing_test_is_failure()
{
    tests/run "$dir/none" >"$dir/output"
    expect_equal "exit status" $? 1
    expect_equal "last line" "$(tail -n 1 "$dir/output")" "0 passed, 1 failed, 0 skipped"
}

runs_several_at_once()
{
    # Each waits for the other: one after the other they would time out.
    mkfifo "$dir/a" "$dir/b"
    script one <<<"echo x >$dir/a; read -r x <$dir/b; echo ok one"
    script two <<<"read -r x <$dir/a; echo x >$dir/b; echo ok two"
    tests/run -j 2 -t "$patience" "$dir/one" "$dir/two" >"$dir/output"
    expect_equal "exit status" $? 0
    expect_text "$dir/output" <<<"2 passed, 0 failed, 0 skipped"
}

bad_numbers_are_refused()
{
    tests/run -j 0 >"$dir/output" 2>&1
    expect_equal "exit status" $? 1
    expect_text "$dir/output" <<<"tests/run: -j and -t take a number from 1 up, not '0'"
}

TEST counts_each_line
TEST tells_the_slowest
TEST shows_a_failure_in_full
TEST silence_is_failure
TEST bad_status_is_failure
TEST time_out_is_failure
TEST left_process_is_failure
TEST left_file_is_failure
TEST missing_test_is_failure
TEST runs_several_at_once
TEST bad_numbers_are_refused
