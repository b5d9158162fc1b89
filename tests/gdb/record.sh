#!/bin/bash
# `monitor record` and its kin: what was executed, listed and gone to; interrupts, a disk read and a
# guest's own end in the past.
. "$(dirname "$0")/../lib.sh"

# Numbers of instructions say where one is; memory is what it was there.
goto_and_history()
{
    start_vm -S "$GUESTS/watch.img"
    run_gdb <<END
monitor when
break *$(label watch before_write)
continue
monitor record on 1M
break *$(label watch after_string)
continue
monitor when
printf "> %#x %#x %#x %#x\n", \$cx, \$di & 0xffff, {short}0x9000, {short}0x9020
monitor history 3
monitor goto 1
maintenance flush register-cache
printf "> %d %#x\n", \$pc == $(label watch after_write), {short}0x9000
monitor goto 0
maintenance flush register-cache
printf "> %d %#x\n", \$pc == $(label watch before_write), {short}0x9000
monitor history 1
monitor goto 14
maintenance flush register-cache
printf "> %#x %#x %#x\n", \$cx, {int}0x9031, {short}0x9035
monitor when
stepi
printf "> %#x %#x %#x\n", \$cx, {int}0x9031, {short}0x9035
monitor goto 99
monitor goto x
monitor history 0
monitor record status
monitor record off
reverse-stepi
monitor when
END
    expect_marked <<'END'
> 0 0x9037 0x1122 0x1
> 1 0x1122
> 1 0
> 0x1 0x5a5a5a5a 0x5a
> 0 0x5a5a5a5a 0x5a5a
END
    expect_line "$dir/gdb.out" 'Nothing is recorded (monitor record on [LIMIT] begins to).'
    expect_line "$dir/gdb.out" 'usage: monitor history [N]'
    expect_line "$dir/gdb.out" '15 instructions were executed since recording began.'
    expect_line "$dir/gdb.out" \
        '        14  0x{{[0-9a-f]*}}: f3 aa  rcx=0x0  rdi=0x9037  [0x9036]=0x5a'
    expect_line "$dir/gdb.out" \
        '14 instructions were executed since recording began: in the past, 1 before the end.'
    expect_line "$dir/gdb.out" '99 can'\''t be reached: the log goes from 0 to 15.'
    expect_line "$dir/gdb.out" 'usage: monitor goto NUMBER'
    expect_line "$dir/gdb.out" \
        'The log reaches from 0 to 15: 0 of 1024 KiB, {{[0-9]*}} bytes an instruction.'
}

# Each of the instructions of a BIOS call, and what it has read from the disk.
a_disk_read_is_undone()
{
    start_vm -S "$GUESTS/watch.img"
    run_gdb <<END
break *$(label watch after_pop)
continue
monitor record on
break *$(label watch after_disk)
continue
printf "> %#x %#x\n", {short}0x9400, {unsigned short}(0x9400 + 510)
reverse-continue
printf "> %d %#x %#x\n", \$pc == $(label watch after_pop), {short}0x9400, {unsigned short}(0x9400 + 510)
continue
printf "> %d %#x %#x\n", \$pc == $(label watch after_disk), {short}0x9400, {unsigned short}(0x9400 + 510)
END
    expect_marked <<'END'
> 0x31fa 0xaa55
> 1 0 0
> 1 0x31fa 0xaa55
END
}

# The guest has ended by itself, and is still there to be looked at: back to its last interrupts (on
# a slow host there are hundreds), and forth to the end, which then is one.
an_end_is_kept()
{
    start_vm --record=4M -S "$GUESTS/timer.img"
    run_gdb <<END
continue
set \$n = {short}0x9000
break *$(label timer tick)
reverse-continue
printf "> %d\n", \$n - {short}0x9000
reverse-continue
printf "> %d\n", \$n - {short}0x9000
delete
reverse-continue
printf "> %#x %d\n", \$pc, {short}0x9000
tbreak *$(label timer five_ticks)
continue
printf "> %d\n", \$n - {short}0x9000
continue
continue
END
    expect_marked <<'END'
> 1
> 2
> 0x7c00 0
> 0
END
    expect_line "$dir/gdb.out" 'The guest has ended by itself (debug exit).{{.*}}'
    expect_equal 'said that output stays' "$(grep -c 'stays on the console' "$dir/gdb.out")" 1
    expect_equal 'ends of the history' "$(grep -c 'No more reverse-execution' "$dir/gdb.out")" 3
    expect_vm_status 33
}

# What is written in the past becomes the present, and what had come after it is gone.
writing_drops_the_future()
{
    start_vm -S "$GUESTS/watch.img"
    run_gdb <<END
break *$(label watch before_write)
continue
monitor record on
break *$(label watch after_rmw)
continue
monitor goto 2
maintenance flush register-cache
monitor when
set {short}0x9020 = 0x41
stepi
monitor when
continue
printf "> %#x\n", {short}0x9020
reverse-continue
printf "> %d %#x\n", \$pc == $(label watch before_write), {short}0x9020
stepi 2
printf "> %d %#x\n", \$pc == $(label watch after_same), {short}0x9020
stepi
printf "> %#x\n", {short}0x9020
set \$bx = 0x1234
reverse-stepi
printf "> %#x %#x\n", \$bx, {short}0x9020
END
    expect_marked <<'END'
> 0x42
> 1 0
> 1 0x41
> 0x41
> 0 0x41
END
    expect_line "$dir/gdb.out" \
        '2 instructions were executed since recording began: in the past, 4 before the end.'
    expect_line "$dir/gdb.out" '3 instructions were executed since recording began.'
}

# What the processor knows of page tables is forgotten where they go back.
page_tables_go_back()
{
    start_vm --record -S -f flat --mode long "$GUESTS/remap.bin"
    run_gdb <<END
break *$(label remap after_read)
continue
printf "> %#lx %#lx\n", \$rax, \$rbx
break *$(label remap before_remap)
reverse-continue
printf "> %d %#lx\n", \$pc == $(label remap before_remap), {long}0x200000
set \$r15 = 1
continue
printf "> %#lx %#lx\n", \$rax, \$rbx
END
    expect_marked <<'END'
> 0x22 0x11
> 1 0x11
> 0x11 0x11
END
}

# Each instruction is a line; a full disk is said.
saved_to_a_file()
{
    start_vm --record-file "$dir/history" -S "$GUESTS/watch.img"
    run_gdb <<END
monitor record save
break *$(label watch before_write)
continue
monitor record on
break *$(label watch after_string)
continue
reverse-stepi
monitor record save
monitor when
END
    expect_line "$dir/gdb.out" "15 instructions are in $dir/history."
    expect_line "$dir/gdb.out" \
        '14 instructions were executed since recording began: in the past, 1 before the end.'
    expect_equal lines "$(wc -l <"$dir/history")" 16
    expect_line "$dir/history" '         0  0x7c0d: {{[0-9a-f ]*}}  [0x9000]=0x1122'
    expect_line "$dir/history" '        14  0x{{[0-9a-f]*}}: f3 aa  rcx=0x0  rdi=0x9037  [0x9036]=0x5a'
}

a_full_disk_is_said()
{
    start_vm --record --record-file /dev/full -S "$GUESTS/watch.img"
    run_gdb <<END
stepi
monitor record save
stepi
monitor when
END
    expect_line "$dir/gdb.out" '/dev/full: writing it: No space left on device ({{.*}})'
    expect_line "$dir/gdb.out" '2 instructions were executed since recording began.'
}

# gdb steps a CPU off its breakpoint that did nothing more until the log's end: that step is live, and
# all go on.
a_cpu_that_did_nothing_more_goes_on()
{
    start_vm --record -S -c 4 -f flat --mode protected "$GUESTS/workers.bin"
    run_gdb <<END
break *$(label workers work)
continue
reverse-stepi
reverse-continue
continue
continue
continue
continue
continue
continue
monitor when
END
    expect_equal 'stops at the breakpoint' \
        "$(($(grep -c 'hit Breakpoint 1' "$dir/gdb.out") >= 5))" 1
}

# Who looked has gone: the guest that was kept for him ends.
a_kept_end_comes_at_detach()
{
    start_vm --record -S "$GUESTS/timer.img"
    run_gdb <<END
continue
detach
END
    expect_vm_status 33
}

limits()
{
    start_vm -S "$GUESTS/watch.img"
    run_gdb <<END
monitor record on 1
monitor record on 1T
monitor record on what
monitor record status
monitor record off
monitor history
reverse-stepi
END
    expect_line "$dir/gdb.out" '1: the log can have 64K to 64G {{.*}}'
    expect_line "$dir/gdb.out" 'usage: monitor record on [LIMIT]'
}

# The guest goes by steps, its timer as ever: 20,000 interrupts a second, of which each alone would
# take as long as their handler.
a_fast_timer_does_not_take_all()
{
    start_vm -S "$GUESTS/timer.img"
    run_gdb <<END
tbreak *$(label timer woken)
continue
set {char}$(label timer wait) = 0x90
set {char}($(label timer five_ticks) - 2) = 0xeb
set {short}0x9000 = 0
monitor out 0x43 0x34
monitor out 0x40 60
monitor out 0x40 0
monitor record on
break *$(label timer woken)
ignore 2 1000
continue
printf "> %d\n", \$pc == $(label timer woken)
printf "ticks %d\n", {short}0x9000
END
    expect_marked <<<"> 1"
    local ticks
    ticks=$(sed -n 's/^ticks //p' "$dir/gdb.out")
    # 3000 instructions of the loop, and 500 of them between two.
    [ "$ticks" -ge 1 ] && [ "$ticks" -le 7 ] || fail "$ticks interrupts came in"
}

# A segment register is its selector, and its base if that changes; MSRs and vectors have names, too.
history_names_what_changed()
{
    start_vm -S "$GUESTS/demo.img"
    run_gdb <<END
tbreak *$(label demo before_switch)
continue
monitor record on
tbreak *$(at demo stage_protected+6)
continue
monitor history
tbreak *$(label demo stage_long)
continue
monitor history
kill
END
    expect_line "$dir/gdb.out" '{{.*}} 0f 01 16 {{.*}}  gdtr_base=0x{{[0-9a-f]*}}  gdtr_limit=0x{{[0-9a-f]*}}'
    expect_line "$dir/gdb.out" '{{.*}}: ea 00 7e 08 00 ..  cs_limit=0xffffffff  cs=0x8{{.*}}'
    expect_line "$dir/gdb.out" '{{.*}}: 8e d8  ds_limit=0xffffffff  ds=0x10{{.*}}'
    expect_line "$dir/gdb.out" '{{.*}}: 0f 30  efer=0x100'
}

history_names_segments_bases_and_vectors()
{
    start_vm -S "$GUESTS/real.img"
    run_gdb <<END
tbreak *$(label real before_far)
continue
monitor record on
stepi
monitor history 1
kill
END
    expect_line "$dir/gdb.out" '{{.*}}: ea 00 00 00 10 ..  cs_base=0x10000  cs=0x1000'
    start_vm -S -f flat --mode long "$GUESTS/long.bin"
    run_gdb <<END
tbreak *$(label long high_start)
continue
monitor record on
tbreak *$(label long registers_set)
continue
monitor history 20
kill
END
    expect_line "$dir/gdb.out" '{{.*}}: 0f 10 05 {{.*}}  xmm0[0]=0x{{[0-9a-f]*}}  xmm0[1]=0x{{[0-9a-f]*}}'
}

# Several CPUs go in turns: whoever hits something, no other one goes on before all stop.
nobody_goes_on_after_a_hit()
{
    start_vm -S -c 3 "$GUESTS/smp_count.elf"
    run_gdb "$GUESTS/smp_count.elf" <<'END'
tbreak count_unguarded
continue
monitor record on
watch unguarded
set $i = 0
while $i < 8
continue
printf "> hit by %d\n", $_thread - 1
monitor history 1
set $i = $i + 1
end
kill
END
    sed -n 's/^.*> hit by //p' "$dir/gdb.out" >"$dir/hit"
    sed -n 's/^ *[0-9]*  CPU \([0-9]*\)  0x.*  \[0x[0-9a-f]*\]=.*/\1/p' "$dir/gdb.out" >"$dir/last"
    expect_equal "hits" "$(wc -l <"$dir/hit")" 8
    cmp "$dir/hit" "$dir/last" || fail "others went on: $(<"$dir/gdb.out")"
}

TEST goto_and_history
TEST history_names_what_changed
TEST history_names_segments_bases_and_vectors
TEST a_disk_read_is_undone
TEST an_end_is_kept
TEST writing_drops_the_future
TEST page_tables_go_back
TEST saved_to_a_file
TEST a_full_disk_is_said
TEST a_cpu_that_did_nothing_more_goes_on
TEST nobody_goes_on_after_a_hit
TEST a_kept_end_comes_at_detach
TEST limits
TEST a_fast_timer_does_not_take_all
