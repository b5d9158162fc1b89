#!/bin/bash
# lldb (14, Debian's) on the machine: what a person types at it, in each mode. The packets are in
# tests/protocol/lldb.c.
. "$(dirname "$0")/../lib.sh"

# One that comes late is no error: stepvm may have to wait for its turn. (lldb's own is 5 seconds.)
late_answers='settings set plugin.process.gdb-remote.packet-timeout 180'

# Starts lldb, connects it to the VM, gives it the commands on stdin. Arguments: the ELF file whose
# symbols are loaded before connecting, if any. What it says is in $dir/lldb.out.
run_lldb()
{
    skip_without lldb lldb
    {
        echo "$late_answers"
        [ $# = 0 ] || echo "target create $1"
        echo "process connect --plugin gdb-remote unix-connect://$gdb_address"
        cat
    } >"$dir/lldb.commands"
    # In batch mode it waits for each command's end, and ends at an error.
    HOME=$dir lldb -x --batch -s "$dir/lldb.commands" >"$dir/lldb.out" 2>"$dir/lldb.err" &
    await "lldb to end" process_gone $!
    wait $!
}

# $dir/lldb.out has these lines, in this order, whatever is between them.
expect_lldb()
{
    { while IFS= read -r line; do printf '...\n%s\n' "$line"; done && echo ...; } >"$dir/expected"
    expect_text "$dir/lldb.out" <"$dir/expected"
}

over_tcp()
{
    skip_without lldb lldb
    start_stepvm -S --gdb :0 "$GUESTS/long.elf"
    await_text "$dir/stderr" '127\.0\.0\.1:[0-9]+'
    port=$(sed -n 's/.*127\.0\.0\.1:\([0-9]*\).*/\1/p' "$dir/stderr")
    HOME=$dir lldb -x --batch -O "$late_answers" -o "gdb-remote $port" -o 'register read rip' -o detach \
        >"$dir/lldb.out" 2>&1
    expect_lldb <<END
* thread #1, name = 'CPU 0 (boot), long mode', stop reason = signal SIGTRAP
->  0x100000: movl   \$0x110000, %edi{{.*}}
     rip = 0x0000000000100000
Process 1 detached
END
    expect_vm_runs
}

long_mode()
{
    start_vm -S "$GUESTS/long.elf"
    run_lldb "$GUESTS/long.elf" <<END
target list
breakpoint set -a $(label long high_start)
continue
register read rip cr0 efer
register write rax 0x1122334455667788
register read rax
memory write 0x9000 1 2 3 0x2a
memory read -c 4 0x9000
memory region 0xffff800000000ff0
memory region 0xffff800000002000
memory region 0xffffffff800f1234
disassemble -s $(label long work) -c 2
thread step-inst
thread backtrace
detach
END
    expect_lldb <<END
    frame #0: 0x0000000000100000 long.elf\`_start at long.s:{{[0-9]+}}
* target #0: {{.*}}long.elf ( arch=x86_64-*-*, platform=host, pid=1, state=stopped )
Breakpoint 1: {{.*}}address = $(label long high_start)
* thread #1, name = 'CPU 0 (boot), long mode', stop reason = breakpoint 1.1
     rip = $(label long high_start){{.*}}
     cr0 = 0x80000011
    efer = 0x00000500
     rax = 0x1122334455667788
0x00009000: 01 02 03 2a{{.*}}
[0xffff800000000000-0xffff800000002000) rwx RAM
[0xffff800000002000-0xffff8{{[0-9a-f]+}}) ---
[0xffffffff800f0000-0xffffffff80100000) r-x BIOS ROM
    $(label long work){{.*}}: incl   0x9000
* thread #1, name = 'CPU 0 (boot), long mode', stop reason = instruction step into
  * frame #0: $(at long high_start+3) long.elf
Process 1 detached
END
    expect_vm_runs
}

watchpoint()
{
    start_vm -S "$GUESTS/long.elf"
    run_lldb <<END
breakpoint set -a $(label long work)
continue
breakpoint delete 1
watchpoint set expression -w write -s 4 -- 0x9000
continue
register read rip
continue
process kill
END
    expect_lldb <<END
Watchpoint created: Watchpoint 1: addr = 0x00009000 size = 4 state = enabled type = w
Watchpoint 1 hit:
old value: 0
new value: 1
* thread #1, name = 'CPU 0 (boot), long mode', stop reason = watchpoint 1
     rip = $(label long work_b)
Watchpoint 1 hit:
old value: 1
new value: 2
Process 1 exited with status = 9 (0x00000009){{.*}}
END
    expect_vm_status 0
}

protected_mode()
{
    start_vm -S "$GUESTS/protected.elf"
    run_lldb "$GUESTS/protected.elf" <<'END'
breakpoint set -n after_push
continue
register read edx eip
thread step-inst
register read edx
register write ecx 0x55aa
register read ecx
thread step-inst-over
detach
END
    expect_lldb <<END
* thread #1, name = 'CPU 0 (boot), protected mode', stop reason = signal SIGTRAP
Breakpoint 1: where = protected.elf\`after_push, address = 0x00$(printf %x "$(label protected after_push)")
    frame #0: {{0x.*}} protected.elf\`after_push at protected.s:{{[0-9]+}}
     eip = {{0x.*}}  protected.elf\`after_push
* thread #1, name = 'CPU 0 (boot), protected mode', stop reason = instruction step into
     edx = 0x2468ace0
     ecx = 0x000055aa
* thread #1, name = 'CPU 0 (boot), protected mode', stop reason = instruction step over
    frame #0: {{0x.*}} protected.elf\`after_pushf at protected.s:{{[0-9]+}}
END
}

# Addresses are linear; 16-bit code is disassembled as such.
real_mode()
{
    start_vm -S "$GUESTS/demo.img"
    run_lldb <<END
disassemble -s 0x7c00 -c 7
breakpoint set -a $(label demo after_int)
continue
register read eip raw_ip
thread step-inst
memory read -c 2 0x7dfe
detach
END
    expect_lldb <<END
->  0x7c00: cli    {{.*}}
    0x7c01: xorw   %ax, %ax
    0x7c09: movw   \$0x7c00, %sp{{.*}}
    0x7c0c: sti    {{.*}}
* thread #1, name = 'CPU 0 (boot), real mode', stop reason = breakpoint 1.1
     eip = 0x0000$(printf %x "$(label demo after_int)")
  raw_ip = 0x000000000000$(printf %x "$(label demo after_int)")
* thread #1, name = 'CPU 0 (boot), real mode', stop reason = instruction step into
0x00007dfe: 55 aa{{.*}}
END
}

# The program's architecture, i386, gives way to that of 16-bit code.
real_mode_with_symbols()
{
    start_vm -S "$GUESTS/demo.img"
    run_lldb "$GUESTS/demo.elf" <<'END'
breakpoint set -n before_read --skip-prologue false
continue
disassemble -c 2
thread step-over
detach
END
    expect_lldb <<'END'
    frame #0: 0x00007c00 demo.elf`_start at demo.s:{{[0-9]+}}
* thread #1, name = 'CPU 0 (boot), real mode', stop reason = breakpoint 1.1
->  {{0x.*}} <+0>: movb   $0x42, %ah
    {{0x.*}} <+2>: movb   {{0x.*}}, %dl
* thread #1, name = 'CPU 0 (boot), real mode', stop reason = step over
    frame #0: {{0x.*}} demo.elf`before_read at demo.s:{{[0-9]+}}
END
}

# Expressions read and write registers and memory; conditions are lldb's; reads are watched too.
expressions()
{
    start_vm -S "$GUESTS/long.elf"
    run_lldb <<END
breakpoint set -a $(label long work) -c '*(int *)0x9000 == 40'
continue
expression *(int *)0x9000
expression \$rdx = 5
register read rdx
expression *(int *)0x9000 = 70
breakpoint delete 1
watchpoint set expression -w read -s 4 -- 0x9000
continue
detach
END
    expect_lldb <<END
* thread #1, name = 'CPU 0 (boot), long mode', stop reason = breakpoint 1.1
(int) \$0 = 40
(unsigned long) \$1 = 5
     rdx = 0x0000000000000005
(int) \$2 = 70
* thread #1, name = 'CPU 0 (boot), long mode', stop reason = watchpoint 1
END
}

# lldb goes on with the registers that it was told of, and is told so; breakpoints and steps are right.
modes()
{
    start_vm -S "$GUESTS/modes.img"
    run_lldb <<END
breakpoint set -a $(label modes first_32)
breakpoint set -a $(label modes first_64)
breakpoint set -a $(label modes first_16)
continue
disassemble -A i386 -s \$pc -c 1
continue
thread step-inst
continue
register read eip
detach
END
    expect_lldb <<END
* thread #1, name = 'CPU 0 (boot), protected mode', stop reason = breakpoint 1.1
->  $(label modes first_32): movw   \$0x10, %ax
* thread #1, name = 'CPU 0 (boot), long mode', stop reason = breakpoint 2.1
* thread #1, name = 'CPU 0 (boot), long mode', stop reason = instruction step into
* thread #1, name = 'CPU 0 (boot), protected mode, 16-bit', stop reason = breakpoint 3.1
     eip = 0x0000$(printf %x "$(label modes first_16)")
END
    expect_line "$dir/lldb.out" "{{.*}}CPU 0 now runs 32-bit code; lldb goes on with the registers of 16-bit code (stepvm --gdb-arch x86-64 has all). Try: disassemble -A i386 -s \$pc{{.*}}"
}

two_cpus()
{
    start_vm -S -c 2 -f flat --mode protected "$GUESTS/smp.bin"
    run_lldb <<'END'
thread list
thread step-inst
thread list
register write ecx 0x111
thread select 2
register write ecx 0x222
thread select 1
register read ecx
thread select 2
register read ecx
detach
END
    expect_lldb <<'END'
* thread #1: tid = 0x0001, 0x00100000, name = 'CPU 0 (boot), protected mode', stop reason = signal SIGTRAP
  thread #2: tid = 0x0002, 0xfffffff0, name = 'CPU 1, real mode, waits for INIT/SIPI'
* thread #1: tid = 0x0001, 0x00100001, name = 'CPU 0 (boot), protected mode', stop reason = instruction step into
  thread #2: tid = 0x0002, 0xfffffff0, name = 'CPU 1, real mode, waits for INIT/SIPI'
     ecx = 0x00000111
     ecx = 0x00000222
END
}

# Typed while the guest runs: lldb reads commands from a pipe then, and goes on while it runs.
interrupted_and_left_running()
{
    local counts
    skip_without lldb lldb
    start_vm -S "$GUESTS/long.elf"
    mkfifo "$dir/commands"
    HOME=$dir lldb -x <"$dir/commands" >"$dir/lldb.out" 2>&1 &
    exec 3>"$dir/commands"
    echo "$late_answers" >&3
    echo "process connect --plugin gdb-remote unix-connect://$gdb_address" >&3
    await_text "$dir/lldb.out" 'stop reason = signal SIGTRAP'
    echo "continue" >&3
    await_text "$dir/lldb.out" 'Process 1 resuming'
    let_guest_run # it is to be in the middle of it
    echo "process interrupt" >&3
    await_text "$dir/lldb.out" 'stop reason = signal SIGINT'
    echo "memory read -f u -s 4 -c 1 $(label long COUNTER)" >&3
    await_text "$dir/lldb.out" '^0x00009000: [0-9]+'
    echo "detach" >&3
    await_text "$dir/lldb.out" 'Process 1 detached'
    exec 3>&-
    wait $!
    cp "$dir/lldb.out" "$dir/first.out"
    let_guest_run
    run_lldb <<<"memory read -f u -s 4 -c 1 $(label long COUNTER)"
    mapfile -t counts < <(sed -n 's/^0x00009000: //p' "$dir/first.out" "$dir/lldb.out")
    [[ ${#counts[@]} = 2 && ${counts[1]} -gt ${counts[0]} ]] ||
        fail "the guest should have counted on: ${counts[*]}"
}

TEST over_tcp
TEST long_mode
TEST watchpoint
TEST protected_mode
TEST real_mode
TEST real_mode_with_symbols
TEST expressions
TEST modes
TEST two_cpus
TEST interrupted_and_left_running
