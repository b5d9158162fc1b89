#!/bin/bash
. "$(dirname "$0")/../lib.sh"
try()
{
    patience=200
    start_vm -S "$GUESTS/hobby.elf"
    run_gdb "$GUESTS/hobby.elf" <<'EOF'
set $eax=0x2badb002
set $ebx=0x9000
set {int}0x9000=1
set {int}0x9008=0xfc00
break kernel_main
c
bt
break sys_write
c
bt
finish
finish
finish
bt
finish
finish
delete
break timer_interrupt
c
bt
info locals
delete
watch current_task
c
bt
c
monitor walk 0x40100000
delete
break write
c
stepi
stepi
stepi
stepi
stepi
stepi
stepi
bt
finish
delete
monitor break-on exception #PF
c
bt
x/i $pc
monitor tss
kill
EOF
    cat $dir/connect.out
    cat $dir/gdb.out $dir/console
    fail x
}
TEST try
