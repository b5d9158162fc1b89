#!/bin/bash
# Watchpoints: every access that one is set for is told, after the instruction, and no other; what
# carries them is the host's affair.
. "$(dirname "$0")/../lib.sh"

# Runs the commands on stdin at the watch guest's label $1.
at_label()
{
    start_vm -S "$GUESTS/watch.img"
    run_gdb <<END
tbreak *$(label watch "$1")
continue
$(cat)
END
}

# Prints where each of $1 further stops is.
stops()
{
    local i
    for ((i = 0; i < $1; i++)); do
        printf 'continue\nprintf "> %%#lx\\n", $pc\n'
    done
}

a_write_is_told_with_both_values()
{
    at_label before_write <<END
watch *(short *)0x9000
$(stops 1)
END
    expect_gdb <<END
...
Hardware watchpoint 2: *(short *)0x9000
Continuing.

{{(Thread 1 hit )?}}Hardware watchpoint 2: *(short *)0x9000

Old value = 0
New value = 4386
$(printf '0x%08x' "$(label watch after_write)") in ?? ()
> $(label watch after_write)
END
}

# gdb itself passes over a write that changes nothing, but not if all accesses are asked for.
the_same_value_again()
{
    at_label before_write <<END
awatch *(short *)0x9000
$(stops 2)
END
    expect_marked <<END
> $(label watch after_write)
> $(label watch after_same)
END
    expect_line "$dir/gdb.out" 'Value = 4386'
}

a_read_is_no_write()
{
    at_label after_write <<END
rwatch *(char *)0x9011
watch *(char *)0x9011
$(stops 2)
END
    expect_marked <<END
> $(label watch after_read)
> $(label watch after_byte_write)
END
    expect_line "$dir/gdb.out" 'Hardware read watchpoint 2: *(char *)0x9011'
}

# One instruction, one stop.
reading_and_writing_at_once()
{
    at_label after_same <<END
awatch *(short *)0x9020
tbreak *$(label watch after_string)
$(stops 2)
END
    expect_marked <<END
> $(label watch after_rmw)
> $(label watch after_string)
END
}

# After each iteration of a string instruction that touches it. (SDM vol. 3, 17.3.1.2)
the_middle_of_a_string()
{
    at_label the_string <<END
watch *(char *)0x9033
tbreak *$(label watch after_string)
continue
printf "> %#lx di %#x cx %d\n", \$pc, \$edi & 0xffff, \$ecx & 0xffff
x/6bx 0x9031
$(stops 1)
END
    expect_marked <<END
> $(label watch the_string) di 0x9034 cx 3
> $(label watch after_string)
END
    expect_line "$dir/gdb.out" $'0x9031:\t0x5a\t0x5a\t0x5a\t0x00\t0x00\t0x00'
}

any_length_and_alignment()
{
    at_label before_write <<END
watch *(char (*)[4096])0x8ff1
watch *(char (*)[7])0x9031
$(stops 1)
delete 2
$(stops 6)
END
    {
        echo "> $(label watch after_write)"
        for i in 1 2 3 4 5; do echo "> $(label watch the_string)"; done
        echo "> $(label watch after_string)"
    } | expect_marked
}

# The page of the stack can't be taken from the processor.
a_local_variable()
{
    at_label after_string <<END
watch *(short *)0x6ffe
$(stops 1)
p/x *(short *)0x6ffe
END
    expect_marked <<END
> $(label watch after_push)
END
    expect_line "$dir/gdb.out" '$1 = 0x3344'
}

what_is_read_from_the_stack()
{
    at_label after_push <<END
rwatch *(char *)0x6fff
$(stops 1)
p/x \$bx
END
    expect_marked <<END
> $(label watch after_pop)
END
    expect_line "$dir/gdb.out" '$1 = 0x3344'
}

what_the_bios_reads_from_a_disk()
{
    at_label after_pop <<END
watch *(char *)0x9400
continue
p/x *(unsigned char *)0x9400
p *(unsigned char *)0x9400 == *(unsigned char *)0x7c00
END
    expect_line "$dir/gdb.out" 'Hardware watchpoint 2: *(char *)0x9400'
    expect_line "$dir/gdb.out" '$2 = 1'
}

conditions()
{
    at_label after_disk <<END
watch *(short *)0x9a00 if *(short *)0x9a00 == 5
$(stops 1)
p *(short *)0x9a00
END
    expect_marked <<END
> $(label watch after_count)
END
    expect_line "$dir/gdb.out" '$1 = 5'
}

# A thousand, each on a short of its own; only the last one's is written.
a_thousand_at_once()
{
    local i
    {
        for ((i = 0; i < 999; i++)); do printf 'watch *(short *)%d\n' $((0x8800 + 2 * i)); done
        echo "watch *(short *)0x9a00"
        stops 2
        echo 'monitor info breakpoints'
    } >"$dir/commands"
    at_label after_disk <"$dir/commands"
    expect_marked <<END
> $(label watch after_count)
> $(label watch after_count)
END
    expect_line "$dir/gdb.out" 'Hardware watchpoint 1001: *(short *)0x9a00'
    expect_line "$dir/gdb.out" \
        '0x0000000000008{{.*}}  watch     2 bytes  carried by fenced page (an exit at each access to it); real mode: at each instruction'
}

# Together with breakpoints, also at the very place where the watchpoint stops. No further than the
# push: the QEMU under the nested kvm_amd ends when an interrupt is pushed on watched memory.
breakpoints_beside_them()
{
    local name
    {
        for name in after_write after_same after_read after_byte_write after_rmw after_push; do
            echo "break *$(label watch $name)"
        done
        echo 'awatch *(short *)0x9020'
        echo 'watch *(short *)0x6ffe'
        stops 6
    } >"$dir/commands"
    at_label before_write <"$dir/commands"
    expect_marked <<END
> $(label watch after_write)
> $(label watch after_same)
> $(label watch after_read)
> $(label watch after_byte_write)
> $(label watch after_rmw)
> $(label watch after_push)
END
    expect_line "$dir/gdb.out" 'Hardware access (read/write) watchpoint 8: *(short *)0x9020'
    expect_line "$dir/gdb.out" 'Hardware watchpoint 9: *(short *)0x6ffe'
}

# A step over an access that is watched ends there, with the watchpoint's word.
stepping_over_one()
{
    at_label after_byte_write <<END
watch *(short *)0x9020
stepi
printf "> %#lx\n", \$pc
stepi
printf "> %#lx\n", \$pc
END
    expect_marked <<END
> $(label watch after_rmw)
> $(at watch after_rmw+3)
END
    expect_line "$dir/gdb.out" 'Hardware watchpoint 2: *(short *)0x9020'
}

# Set where no code is yet, overwritten by the guest as it copies the code there, twice.
breakpoints_that_a_loader_overwrites()
{
    local i round
    {
        for i in 0 1 2 3 4 5 6; do echo "break *$((0xa000 + i))"; done
        stops 14
        echo 'x/7bx 0xa000'
    } >"$dir/commands"
    at_label before_write <"$dir/commands"
    for round in 1 2; do
        for i in 0 1 2 3 4 5 6; do printf '> %#x\n' $((0xa000 + i)); done
    done | expect_marked
    expect_line "$dir/gdb.out" $'0xa000:\t0x90\t0x90\t0x90\t0x90\t0x90\t0x90\t0xc3'
}

# Deleted, disabled, set again; the guest runs on after gdb has gone.
they_come_and_go()
{
    at_label after_disk <<END
watch *(short *)0x9a00
$(stops 1)
disable 2
tbreak *$(label watch after_load)
$(stops 1)
enable 2
$(stops 1)
delete 2
tbreak *$(label watch after_load)
$(stops 1)
monitor info breakpoints
END
    expect_marked <<END
> $(label watch after_count)
> $(label watch after_load)
> $(label watch after_count)
> $(label watch after_load)
END
    expect_vm_runs
    run_gdb <<<'p *(unsigned short *)0x9a00 > 2'
    expect_line "$dir/gdb.out" '$1 = 1'
}

nonsense_is_refused()
{
    at_label before_write <<END
watch *(char (*)[2000000])0x1000
continue
END
    expect_line "$dir/gdb.out" 'Could not insert hardware watchpoint 2.'
}

# Whichever vCPU does it.
two_vcpus()
{
    start_vm -S -c 2 "$GUESTS/watch.img"
    run_gdb <<END
watch *(short *)0x9a00
$(stops 2)
END
    expect_marked <<END
> $(label watch after_count)
> $(label watch after_count)
END
}

# ---- Long mode

in_long_mode()
{
    # shellcheck disable=SC2086 # $cpus is an option and its value, or nothing
    start_vm -S -f flat --mode long ${cpus:-} "$GUESTS/watch_long.bin"
    run_gdb <<END
tbreak *$(label watch_long ready)
continue
$(cat)
END
}

# All in one page, so that one fence carries those that debug registers do not.
every_kind_of_write()
{
    local at
    {
        for at in 0x9010:1 0x9020:8 0x9030:8 0x9ffe:4 0x9040:4 0x9044:4 0x9050:16 0x9060:8; do
            echo "watch *(char (*)[${at#*:}])${at%:*}"
        done
        stops 8
    } >"$dir/commands"
    in_long_mode <"$dir/commands"
    for at in byte quad alias crossing lock xadd movups popq; do
        echo "> $(label watch_long after_$at)"
    done | expect_marked
}

# A fence sees who reads; a debug register only that someone does.
every_kind_of_read()
{
    in_long_mode <<END
rwatch *(int *)0x9070
rwatch *(int *)0x9074
tbreak *$(label watch_long the_string)
$(stops 3)
END
    expect_marked <<END
> $(label watch_long after_load)
> $(label watch_long after_compare)
> $(label watch_long the_string)
END
}

# Free-running, not by steps: KVM leaves the pc on the instruction even after its last iteration.
the_end_of_a_string()
{
    in_long_mode <<END
rwatch *(int *)0x9000
watch *(int *)0x9084
watch *(int *)0x9088
set var *(int *)0x9084 = 1
set var *(int *)0x9088 = 1
continue
printf "> %#lx rdi %#lx rcx %ld\n", \$pc, \$rdi, \$rcx
continue
printf "> %#lx rdi %#lx rcx %ld\n", \$pc, \$rdi, \$rcx
END
    expect_marked <<END
> $(label watch_long the_string) rdi 0x9088 rcx 1
> $(label watch_long after_string) rdi 0x908c rcx 0
END
}

# The page is opened for these, one at a time: what they change is seen by its value, what they read
# is worked out. The first one is only to have a fence where debug registers carry the others.
what_kvm_does_not_emulate()
{
    in_long_mode <<END
rwatch *(int *)0x9000
watch *(long *)0x9090
watch *(char (*)[8])0x9200
rwatch *(int *)0x9304
rwatch *(char *)0x932f
set \$pc = $(label watch_long unknown)
$(stops 4)
END
    skip_if_not_emulated
    expect_marked <<END
> $(label watch_long after_movq)
> $(label watch_long after_fxsave)
> $(label watch_long after_paddq)
> $(label watch_long after_psadbw)
END
}

# A page that was no stack's when it was fenced.
a_stack_that_moves_in()
{
    in_long_mode <<END
rwatch *(int *)0x9000
watch *(char *)0x9010
set \$pc = $(label watch_long stack_moves)
continue
printf "> %#lx rdx %#lx\n", \$pc, \$rdx
tbreak *$(label watch_long after_count)
continue
printf "> %#lx\n", \$pc
END
    expect_marked <<END
> $(label watch_long after_stack) rdx 0x1234
> $(label watch_long after_count)
END
}

# Six breakpoints in one routine, called by another linear address in between: nobody has asked for
# a stop there, and the guest, which has no IDT, must not see the int3.
breakpoints_and_an_alias()
{
    local name names=(routine routine_1 routine_2 routine_3 routine_4 routine_5)
    {
        for name in "${names[@]}"; do echo "break *$(label watch_long $name)"; done
        stops 12
        echo 'delete'
        echo "tbreak *$(label watch_long after_count)"
        stops 1
    } >"$dir/commands"
    in_long_mode <"$dir/commands"
    for name in "${names[@]}" "${names[@]}" after_count; do
        echo "> $(label watch_long "$name")"
    done | expect_marked
}

in_long_mode_with_two_vcpus()
{
    cpus='-c 2'
    every_kind_of_write
}

for test in a_write_is_told_with_both_values the_same_value_again a_read_is_no_write \
    reading_and_writing_at_once the_middle_of_a_string any_length_and_alignment a_local_variable \
    what_is_read_from_the_stack \
    what_the_bios_reads_from_a_disk conditions a_thousand_at_once breakpoints_beside_them \
    stepping_over_one breakpoints_that_a_loader_overwrites they_come_and_go nonsense_is_refused \
    two_vcpus every_kind_of_write every_kind_of_read the_end_of_a_string \
    what_kvm_does_not_emulate a_stack_that_moves_in breakpoints_and_an_alias \
    in_long_mode_with_two_vcpus; do
    TEST $test
done
