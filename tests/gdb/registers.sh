#!/bin/bash
# Every register of each mode: what the guest put there is shown, what gdb writes reaches the CPU.
. "$(dirname "$0")/../lib.sh"

# Runs guest $1 in mode $2 to label $3, then the commands on stdin.
at_label()
{
    start_vm -S -f flat --mode "$2" "$GUESTS/$1.bin"
    run_gdb <<END
tbreak *$(label "$1" "$3")
continue
$(cat)
END
}

general_protected()
{
    at_label protected protected registers_set <<'END'
printf "> %x %x %x %x\n", $eax, $ebx, $ecx, $edx
printf "> %x %x %x\n", $esi, $edi, $ebp
printf "> %#lx %#lx\n", $eip, $esp
END
    expect_marked <<END
> 11111111 22222222 33333333 44444444
> 55555555 66666666 77777777
> $(label protected registers_set) 0x7000
END
}

general_long()
{
    at_label long long registers_set <<'END'
printf "> %lx %lx\n", $rax, $rbx
printf "> %lx %lx %lx %lx\n", $r8, $r9, $r10, $r11
printf "> %lx %lx %lx %lx\n", $r12, $r13, $r14, $r15
printf "> %#lx %#lx\n", $rip, $rsp
END
    expect_marked <<END
> 123456789abcdef 123456789abcdf0
> 123456789abcdf7 123456789abcdf8 123456789abcdf9 123456789abcdfa
> 123456789abcdfb 123456789abcdfc 123456789abcdfd 123456789abcdfe
> $(label long registers_set) 0x7000
END
}

units_protected()
{
    at_label protected protected units_set <<'END'
printf "> %#x %#x %#x\n", $fctrl, $fstat, $ftag
print/x $xmm0.v4_int32
print/x $xmm7.v4_int32
printf "> %#x\n", $mxcsr
END
    expect_marked <<'END'
> 0x37f 0 0xffff
> 0x1f80
END
    expect_line "$dir/gdb.out" '$1 = {0x3020100, 0x7060504, 0xb0a0908, 0xf0e0d0c}'
    expect_line "$dir/gdb.out" '$2 = {0x3020100, 0x7060504, 0xb0a0908, 0xf0e0d0c}'
}

units_long()
{
    at_label long long registers_set <<'END'
printf "> %#x %#x %#x\n", $fctrl, $fstat, $ftag
printf "> %#lx %#lx\n", $xmm15.v2_int64[0], $xmm15.v2_int64[1]
printf "> %#x\n", $mxcsr
END
    expect_marked <<'END'
> 0x37f 0 0xffff
> 0x706050403020100 0xf0e0d0c0b0a0908
> 0x1f80
END
}

# After fld1 and fldpi: TOP = 6, two registers valid (SDM vol. 1, 8.1).
x87_loads()
{
    at_label protected protected units_set <<END
set \$pc = $(label protected x87)
tbreak *$(label protected x87_done)
continue
printf "> %.5f %.1f\n", \$st0, \$st1
printf "> %#x %#x %#x\n", \$fctrl, \$fstat, \$ftag
END
    skip_if_not_emulated
    expect_marked <<'END'
> 3.14159 1.0
> 0x37f 0x3000 0xfff
END
}

control_long()
{
    at_label long long registers_set <<'END'
info registers cr0 cr4 efer
printf "> %#lx\n", $cr3
END
    expect_line "$dir/gdb.out" 'cr0 {{ +0x8000[0-9a-f]+ +\[ PE .*PG \]}}'
    expect_line "$dir/gdb.out" 'cr4 {{ +.*\[.* PAE .*OSFXSR.*\]}}'
    expect_line "$dir/gdb.out" 'efer {{ +0x[0-9a-f]+ +\[ .*LME LMA .*\]}}'
    expect_marked <<<"> $(label long PML4)"
}

# Writes, one a line: `register value`; read back from the CPU after an instruction has run.
write_and_read_back()
{
    local register value
    while read -r register value; do
        echo "set \$$register = $value"
    done <"$dir/writes"
    echo 'stepi'
    while read -r register value; do
        echo "printf \"> $register \""
        echo "output/x \$$register"
        echo 'echo \n'
    done <"$dir/writes"
}

# $1: more that is marked after them.
expect_read_back()
{
    local register value
    while read -r register value; do
        echo "> $register $value"
    done <"$dir/writes" >"$dir/expected"
    [ $# = 0 ] || echo "> $1" >>"$dir/expected"
    expect_marked <"$dir/expected"
}

write_real()
{
    cat >"$dir/writes" <<'END'
eax 0xdeadbeef
ebx 0x12345678
ecx 0xffffffff
edx 0x80000000
esi 0x11111111
edi 0x22222222
ebp 0x33333333
esp 0x7000
es 0x1234
fs 0x4321
gs 0xb800
cr2 0xabcd000
cr3 0x5000
END
    start_vm -S "$GUESTS/real.img"
    run_gdb <<END
tbreak *$(label real before_push)
continue
set \$pc = $(label real after_outs)
$(write_and_read_back)
printf "> %#lx\n", \$pc
END
    expect_read_back "$(label real before_rep)"
}

write_protected()
{
    cat >"$dir/writes" <<'END'
eax 0xdeadbeef
ebx 0x12345678
ecx 0xffffffff
edx 0x80000000
esi 0x11111111
edi 0x22222222
ebp 0x33333333
esp 0x7123
cr2 0xabcdef01
mxcsr 0x1fa0
fctrl 0x27f
END
    at_label protected protected units_set <<<"$(write_and_read_back)"
    expect_read_back
}

write_long()
{
    cat >"$dir/writes" <<'END'
rax 0xdeadbeefcafebabe
rbx 0x1122334455667788
rcx 0xffffffffffffffff
rdx 0x8000000000000000
rsi 0x1
rdi 0x7fffffffffffffff
rbp 0xffffffff80101000
rsp 0x7ff8
r8 0x8888888888888888
r9 0x9999999999999999
r10 0xaaaaaaaaaaaaaaaa
r11 0xbbbbbbbbbbbbbbbb
r12 0xcccccccccccccccc
r13 0xdddddddddddddddd
r14 0xeeeeeeeeeeeeeeee
r15 0xf0f0f0f0f0f0f0f0
fs_base 0xffff800000000000
gs_base 0x123456789
k_gs_base 0xffffffff80101000
cr2 0xffff800000002000
cr8 0x3
mxcsr 0x1fa0
END
    at_label long long registers_set <<<"$(write_and_read_back)"
    expect_read_back
}

write_units()
{
    at_label long long registers_set <<'END'
set $st0 = 1.5
set $st1 = -2.25
set $xmm0.v2_int64[0] = 0x1111222233334444
set $xmm15.v2_int64[1] = 0x5555666677778888
stepi
printf "> %.2f %.2f\n", $st0, $st1
printf "> %#lx %#lx\n", $xmm0.v2_int64[0], $xmm0.v2_int64[1]
printf "> %#lx %#lx\n", $xmm15.v2_int64[0], $xmm15.v2_int64[1]
END
    expect_marked <<'END'
> 1.50 -2.25
> 0x1111222233334444 0xf0e0d0c0b0a0908
> 0x706050403020100 0x5555666677778888
END
}

# The guest itself sees what was written: pushf pushes the flags.
write_flags()
{
    at_label protected protected before_pushf <<'END'
set $eflags = 0x8d5
printf "> %#x\n", $eflags
stepi
printf "> %#x\n", *(int *)$esp
info registers eflags
END
    expect_marked <<'END'
> 0x8d7
> 0x8d7
END
    expect_line "$dir/gdb.out" 'eflags         0x8d7               [ CF{{ *1?}} PF AF ZF SF OF ]'
}

# A value that the CPU would refuse is refused here, with nothing changed.
bad_values_are_refused()
{
    at_label long long registers_set <<'END'
set $cr8 = 0x10
printf "> %#lx\n", $cr8
set $mxcsr = 0xffff0000
printf "> %#x\n", $mxcsr
END
    expect_marked <<'END'
> 0
> 0x1f80
END
}

# KVM would take most of these, and fail to enter the guest with them.
what_no_cpu_holds()
{
    at_label long long registers_set <<'END'
set $eflags = 0xffffffff
set $eflags = 0x20002
set $cr8 = 0x10
set $efer = 0xffffffff
set $fs_base = 0x8000000000000000
set $cs_attr = $cs_attr | 0x6000
printf "> %#x %#x %#lx %#lx %d\n", $eflags, $cr8, $efer, $fs_base, ($cs_attr & 0x6000) == 0x2000
set $eflags = 0xd5
set $cr8 = 0xf
set $efer = 0x501
set $fs_base = 0xffff800000000000
printf "> %#x %#x %#lx %#lx\n", $eflags, $cr8, $efer, $fs_base
stepi
END
    expect_marked <<'END'
> 0x82 0 0x500 0 1
> 0xd7 0xf 0x501 0xffff800000000000
END
    sed -n "s/^Could not write.*failure reply 'E\.//p" "$dir/gdb.out" >"$dir/refused.out"
    expect_text "$dir/refused.out" <<'END'
bits 0xffc08028 of eflags are reserved'
VM of eflags: real and long mode have no virtual-8086 mode'
KVM takes this value of cr8, but does not keep it'
KVM refuses this value of efer: Invalid argument'
0x8000000000000000 is no base of fs: not a canonical address'
cs: in long mode a code segment can't have both L and D set'
END
}

TEST general_protected
TEST general_long
TEST units_protected
TEST units_long
TEST x87_loads
TEST control_long
TEST write_real
TEST write_protected
TEST write_long
TEST write_units
TEST write_flags
TEST bad_values_are_refused
TEST what_no_cpu_holds
