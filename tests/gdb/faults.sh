#!/bin/bash
# stepi on an instruction that faults stops at the handler's first instruction, with the frame as
# the processor pushes it: the debugger's own trap flag is not in it.
. "$(dirname "$0")/../lib.sh"

# Real mode: IP, CS and FLAGS on the stack.
expect_real_fault() # instruction handler next
{
    run_gdb <<END
tbreak *$(label faults "$1")
continue
set \$before = \$eflags
stepi
printf "> %#x\n", \$pc
set \$flags = *(unsigned short *)(\$esp + 4)
printf "> ip %#x cs %#x flags changed %#x\n", *(unsigned short *)\$esp, *(unsigned short *)(\$esp + 2), (\$flags ^ \$before) & 0x7700
stepi
stepi
stepi
stepi
stepi
printf "> %#x\n", \$pc
END
    expect_marked <<END
> $(label faults "$2")
> ip $(label faults "$1") cs 0 flags changed 0
> $(label faults "$3")
END
}

undefined_opcode_in_real_mode()
{
    start_vm -S "$GUESTS/faults.img"
    expect_real_fault before_ud undefined after_ud
}

division_by_zero_in_real_mode()
{
    start_vm -S "$GUESTS/faults.img"
    expect_real_fault before_de divide after_de
}

# QEMU's software CPU, below the nested KVM, checks no limits in real mode (SDM vol. 3, 20.1.4).
general_protection_in_real_mode()
{
    start_vm -S "$GUESTS/faults.img"
    run_gdb <<END
tbreak *$(label faults before_gp)
continue
stepi
printf "> %#x\n", \$pc
END
    ! grep -qx "> $(label faults after_gp)" "$dir/gdb.out" || skip "this CPU checks no limits"
    start_vm -S "$GUESTS/faults.img"
    expect_real_fault before_gp protection after_gp
}

# Two faults one after the other, the second with an error code.
faults_in_protected_mode()
{
    start_vm -S -f flat --mode protected "$GUESTS/faults_protected.bin"
    run_gdb <<END
tbreak *$(label faults_protected before_ud)
continue
stepi
printf "> %#x\n", \$pc
x/3wx \$esp
printf "> eip %#x cs %#x TF %d\n", *(unsigned *)\$esp, *(unsigned *)(\$esp + 4), (*(unsigned *)(\$esp + 8) >> 8) & 1
stepi
stepi
printf "> %#x\n", \$pc
stepi
stepi
printf "> %#x\n", \$pc
printf "> error %#x eip %#x TF %d\n", *(unsigned *)\$esp, *(unsigned *)(\$esp + 4), (*(unsigned *)(\$esp + 12) >> 8) & 1
stepi
stepi
stepi
printf "> %#x\n", \$pc
END
    skip_if_not_emulated
    expect_marked <<END
> $(label faults_protected undefined)
> eip $(label faults_protected before_ud) cs 0x8 TF 0
> $(label faults_protected after_ud)
> $(label faults_protected protection)
> error 0xfff8 eip $(label faults_protected before_gp) TF 0
> $(label faults_protected after_gp)
END
}

TEST undefined_opcode_in_real_mode
TEST division_by_zero_in_real_mode
TEST general_protection_in_real_mode
TEST faults_in_protected_mode
