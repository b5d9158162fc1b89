# The table: what one stepi from the instruction's label must show. EXPECTED names every change of
# registers and of the rows' data and stacks; all else must stay as it was (tests/tools/exact_expect.h
# tells the notation). Facts are from the SDM, vol. 2 (each instruction) and vol. 3, chapter 6
# (interrupts and exceptions) and 17.3.1 (debug exceptions), and the APM where AMD differs.

#   modes    name         set-up                                instruction              expected

# Plain ones.
ROW ALL,     nop,         "",                                   "nop",                   ""
ROW ALL,     mov,         "",                                   "mov $0x1234, A",        "a=0x1234"
ROW ALL,     add,         "mov $-1, A",                         "add $1, A",             "a=0 CF=1 PF=1 AF=1 ZF=1"
ROW ALL,     mov_store,   "",                                   "mov C, DATA",           "[DATA]=c"
ROW ALL,     inc_mem,     "movb $0x7f, DATA",                   "incb DATA",             "[DATA].1=0x80 AF=1 SF=1 OF=1"
ROW ALL,     xlat,        "mov $DATA, B; movb $7, DATA+2; mov $2, A", "xlat",            "a=7"
ROW ALL,     cmpxchg,     "movw $5, DATA; mov $5, A",           "lock cmpxchgw %cx, DATA", "[DATA].2=c ZF=1 PF=1"
ROW ALL,     cmpxchg_no,  "movw $9, DATA; mov $5, A",           "lock cmpxchgw %cx, DATA", "a=9 CF=1 AF=1 SF=1 PF=1"
ROW ALL,     lock_inc,    "movw $1, DATA",                      "lock incw DATA",        "[DATA].2=2"
ROW ALL,     xadd,        "movw $1, DATA; mov $1, A",           "lock xaddw %ax, DATA",  "[DATA].2=2"
ROW ALL,     xchg,        "movw $1, DATA; mov $2, A",           "xchgw %ax, DATA",       "[DATA].2=2 a=1"
ROW ALL,     bts,         "movw $1, DATA",                      "lock btsw $3, DATA",    "[DATA].2=9"
ROW ALL,     cld,         "std",                                "cld",                   "DF=0"
ROW ALL,     fninit,      "",                                   "fninit",                "fctrl=? fstat=? ftag=? fiseg=? fioff=? foseg=? fooff=? fop=?"

# The stack.
ROW ALL,     push,        "",                                   "push A",                "push=a"
ROW ALL,     push_const,  "",                                   "push $0x1234",          "push=0x1234"
ROW ALL,     push_sp,     "",                                   "push SP",               "push=sp"
ROW ALL,     pop,         "push $0x1234",                       "pop A",                 "pop a=0x1234"
ROW ALL,     pop_sp,      "mov $STACK - 64, A; push A",         "pop SP",                "sp=STACK-64"
ROW ALL,     push_mem,    "movw $0x77, DATA; movw $0, DATA+2; movw $0, DATA+4; movw $0, DATA+6", "push DATA", "push=0x77"
ROW ALL,     pop_mem,     "push $0x78",                         "pop DATA",              "pop [DATA]=0x78"
ROW BELOW64, pusha,       "",                                   "pusha",                 "sp-=8*W [sp+7*W]=a [sp+6*W]=c [sp+5*W]=d [sp+4*W]=b [sp+3*W]=STACK [sp+2*W]=bp [sp+W]=si [sp]=di"
ROW ALL,     enter,       "",                                   "enter $16, $0",         "push=bp bp=sp sp-=16"
ROW ALL,     leave,       "push $0x77; mov SP, BP; push $0",    "leave",                 "sp=STACK bp=0x77"

# Jumps.
ROW ALL,     jmp,         "",                                   "jmp to_jmp",            "pc=to_jmp",     "nop; to_jmp:"
ROW ALL,     jmp_reg,     "mov $to_jmp_reg - ORG, A",           "jmp *A",                "pc=to_jmp_reg", "nop; to_jmp_reg:"
ROW ALL,     jz_not,      "",                                   "jz to_jz_not",          "",              "nop; to_jz_not:"
ROW ALL,     jnz,         "",                                   "jnz to_jnz",            "pc=to_jnz",     "nop; to_jnz:"
ROW ALL,     jcxz,        "mov $0, C",                          "JUMP_IF_C_0 to_jcxz",          "pc=to_jcxz",    "nop; to_jcxz:"
ROW ALL,     loop,        "mov $2, C",                          "loop to_loop",          "c-=1 pc=to_loop", "nop; to_loop:"
ROW ALL,     loop_last,    "mov $1, C",                          "loop to_loop_last",      "c=0",           "nop; to_loop_last:"
ROW ALL,     loop_self,   "mov $3, C",                          "loop loop_self",        "c=2 pc=loop_self then c=1 pc=loop_self then c=0"
ROW ALL,     call,        "",                                   "call near_target",      "push=return pc=near_target"
ROW ALL,     ret,         "",                                   "call near_target",      "at=near_target pop pc=next"
ROW ALL,     ret_const,   "push $0; push $0; push $ret_const_next - ORG", "ret $2 * W",  "sp=STACK"
ROW BELOW64, ljmp,        "",                                   "ljmp $CS_SEL, $to_ljmp - ORG", "pc=to_ljmp", "nop; to_ljmp:"
ROW BELOW64, lcall,       "",                                   "lcall $CS_SEL, $far_target - ORG", "push=cs push=return pc=far_target"
ROW BELOW64, lret_called, "",                                   "lcall $CS_SEL, $far_target - ORG", "at=far_target pc=next sp=STACK"
ROW ALL,     lret,        "mov %cs, A; push A; push $lret_next - ORG", "FAR_RETURN",           "sp=STACK"
ROW ALL,     iret,        "IRET_FRAME iret_next",               "INT_RETURN",                  "sp=STACK"
ROW ALL,     iret_flags,  "std; stc; IRET_FRAME iret_flags_next; cld; clc", "INT_RETURN",      "sp=STACK DF=1 CF=1"

# Flags, and interrupts that are allowed or not.
ROW ALL,     pushf,       "",                                   "pushf",                 "push=flags"
ROW ALL,     pushf_if,    "sti",                                "pushf",                 "push=flags"
ROW PROT | LONG, pushfw,  "",                                   "pushfw",                "sp-=2 [sp].2=flags"
ROW ALL,     popf,        "push $FLAGS | 0xcd5",                "popf",                  "pop CF=1 PF=1 AF=1 ZF=1 SF=1 DF=1 OF=1"
ROW ALL,     popf_if,     "push $FLAGS | 0x200",                "popf",                  "pop IF=1"
ROW ALL,     sti,         "",                                   "sti; sti_2: nop",       "IF=1 pc=sti_2 then"
ROW ALL,     cli,         "sti",                                "cli",                   "IF=0"
ROW ALL,     mov_ss,      "mov %ss, A",                         "mov %ax, %ss; mov_ss_2: nop", "pc=mov_ss_2 then"
ROW BELOW64, pop_ss,      "push %ss",                           "pop %ss; pop_ss_2: nop", "pop pc=pop_ss_2 then"
ROW ALL,     mov_ds,      "mov %ds, A",                         "mov %ax, %ds",          ""
ROW ALL,     irq_pending, "IRQ_PENDING",                        "sti; irq_2: nop; irq_3: nop", "IF=1 pc=irq_2 then pc=irq_3 then", "IRQ_OFF"
ROW KERNEL,  hlt,         "IRQ_ON; sti",                        "hlt",                   "",              "IRQ_OFF"
ROW KERNEL,  hlt_pending, "IRQ_PENDING",                        "sti; hlt_2: hlt",       "IF=1 pc=hlt_2 then", "IRQ_OFF"

# Strings.
ROW ALL,     stosb,       "",                                   "stosb",                 "[DATA+0x80].1=a di+=1"
ROW ALL,     movsb_down,  "movb $9, DATA; std",                 "movsb",                 "[DATA+0x80].1=9 si-=1 di-=1"
ROW ALL,     rep_stosb,   "mov $3, C",                          "rep stosb",             "[DATA+0x80].1=a di+=1 c=2 pc=rep_stosb then [DATA+0x81].1=a di+=1 c=1 pc=rep_stosb then [DATA+0x82].1=a di+=1 c=0"
ROW ALL,     rep_one,     "mov $1, C",                          "rep stosb",             "[DATA+0x80].1=a di+=1 c=0"
ROW ALL,     rep_none,    "mov $0, C",                          "rep stosb",             ""
ROW ALL,     rep_movsw,   "movw $1, DATA; movw $2, DATA+2; mov $2, C", "rep movsw",      "[DATA+0x80].2=1 si+=2 di+=2 c=1 pc=rep_movsw then [DATA+0x82].2=2 si+=2 di+=2 c=0"
ROW ALL,     repne_scasb, "movb $0, DATA+0x80; movb $0x1a, DATA+0x81; mov $5, C", "repne scasb", "di+=1 c=4 pc=repne_scasb PF=? AF=? then di+=1 c=3 ZF=1 PF=1 AF=0"

# Ports.
ROW ALL,     in,          "mov $PORT, D; mov $0, A",            "inb %dx, %al",          "a=0xff"
ROW ALL,     in_long,     "mov $PORT, D",                       "inl %dx, %eax",         "eax=0xffffffff"
ROW ALL,     out,         "mov $PORT, D",                       "outb %al, %dx",         ""
ROW ALL,     outs,        "mov $PORT, D",                       "outsb",                 "si+=1"
ROW ALL,     out_free,    "",                                   "outb %al, $FREE_PORT",  ""
ROW ALL,     out_out,     "mov $PORT, D",                       "outb %al, %dx; out_2: outw %ax, %dx; out_3: outl %eax, %dx", "pc=out_2 then pc=out_3 then"
ROW ALL,     insb,        "mov $PORT, D",                       "insb",                  "[DATA+0x80].1=0xff di+=1"
ROW ALL,     rep_insb,    "mov $PORT, D; mov $2, C",            "rep insb",              "[DATA+0x80].1=0xff di+=1 c=1 pc=rep_insb then [DATA+0x81].1=0xff di+=1 c=0"
ROW ALL,     rep_outsb,   "mov $PORT, D; mov $2, C",            "rep outsb",             "si+=1 c=1 pc=rep_outsb then si+=1 c=0"

# Where no memory is: reads give all ones, writes are lost.
ROW ALL,     mmio_read,   "mov $MMIO, B",                       "movl %fs:(B), %eax",    "eax=0xffffffff"
ROW ALL,     mmio_write,  "mov $MMIO, B",                       "movl %eax, %fs:(B)",    ""
ROW ALL,     mmio_writes, "mov $MMIO, B",                       "movl %eax, %fs:(B); mmio_2: movb %al, %fs:5(B)", "pc=mmio_2 then"
ROW ALL,     mmio_rmw,    "mov $MMIO, B",                       "incl %fs:(B)",          "PF=1 AF=1 ZF=1"
ROW ALL,     mmio_xchg,   "mov $MMIO, B",                       "xchgl %eax, %fs:(B)",   "eax=0xffffffff"
ROW ALL,     mmio_movs,   "mov $MMIO, SI",                      "movsb %fs:(SI), %es:(DI)", "[DATA+0x80].1=0xff si+=1 di+=1"
ROW ALL,     mmio_push,   "mov $MMIO, B",                       "push %fs:(B)",          "push=-1"

# What the hypervisor sees of the machine.
ROW ALL,     cpuid,       "mov $0, A",                          "cpuid",                 "eax=? ebx=? ecx=? edx=?", "mov $0, C"
ROW ALL,     rdtsc,       "",                                   "rdtsc",                 "eax=? edx=?"
ROW KERNEL,  wrmsr,       "movl $0xc0000102, %ecx; movl $0x5678, %eax; movl $0, %edx", "wrmsr", "k_gs_base=?"
ROW KERNEL,  rdmsr,       "movl $0xc0000102, %ecx; movl $0x5679, %eax; movl $0, %edx; wrmsr", "rdmsr", "eax=0x5679 edx=0"
ROW KERNEL,  mov_from_cr, "",                                   "mov %cr0, CR",          "xa=cr0"
ROW KERNEL,  mov_to_cr0,  "mov %cr0, CR; xorb $0x20, %al",      "mov CR, %cr0",          "cr0=xa", "xorb $0x20, %al; mov CR, %cr0"
ROW KERNEL,  mov_to_cr2,  "mov $0x1234, CR",                    "mov CR, %cr2",          "cr2=xa"
ROW KERNEL,  mov_to_cr3,  "mov %cr3, CR",                       "mov CR, %cr3",          ""
ROW KERNEL,  mov_to_cr4,  "mov %cr4, CR; xorb $4, %al",         "mov CR, %cr4",          "cr4=xa", "xorb $4, %al; mov CR, %cr4"
ROW KERNEL,  clts,        "mov %cr0, CR; orb $8, %al; mov CR, %cr0", "clts",             "cr0-=8"
ROW ALL,     smsw,        "",                                   "smsw %ax",              "ax=cr0"
ROW KERNEL,  lmsw,        "smsw %ax",                           "lmsw %ax",              ""
ROW KERNEL,  mov_to_dr,   "mov $0x1234, CR",                    "mov CR, %dr0",          "dr0=0x1234"
ROW KERNEL,  mov_from_dr, "mov $0x4321, CR; mov CR, %dr3; mov $0, CR", "mov %dr3, CR",   "xa=0x4321"
ROW KERNEL,  read_dr6,    "mov $0xffff0ff0, %eax; mov CR, %dr6; mov $0, CR", "mov %dr6, CR", "xa=0xffff0ff0"
ROW KERNEL,  read_dr7,    "",                                   "mov %dr7, CR",          "xa=0x400"
ROW KERNEL,  lgdt,        "sgdt DATA",                          "lgdt DATA",             ""
ROW KERNEL,  lidt,        "sidt DATA; decw DATA",               "lidt DATA",             "idtr_limit-=1", "incw DATA; lidt DATA"
ROW ALL,     sidt,        "",                                   "sidt DATA",             "[DATA].2=idtr_limit [DATA+2].4=idtr_base"

# Instructions that enter a handler by themselves.
ROW ALL,     int_n,       "",                                   "int $48",               "trap=48"
ROW ALL,     int_n_if,    "sti",                                "int $48",               "trap=48"
ROW ALL,     int_iret,    "",                                   "int $48",               "at=iret_48 leave"
ROW ALL,     int3,        "",                                   "int3",                  "trap=3"
ROW ALL,     int3_cd,     "",                                   ".byte 0xcd, 3",         "trap=3"
ROW BELOW64, into,        "mov $0x7f, A; addb $1, %al",         "into",                  "trap=4"
ROW BELOW64, into_not,    "",                                   "into",                  ""
ROW ALL,     icebp,       "",                                   ".byte 0xf1",            "trap=1"

# Faults. (On kvm_pvm a #NP in long mode is seen an instruction too late yet: later.)
ROW BELOW64, bound,       "mov $5, A; mov A, DATA; mov A, DATA+W", "bound C, DATA",      "fault=5"
ROW ALL,     ud2,         "",                                   "ud2",                   "fault=6"
ROW ALL,     div_zero,    "mov $0, C",                          "divb %cl",              "fault=0"
ROW ALL,     div_over,    "mov $1, C",                          "divb %cl",              "fault=0"
ROW ALL,     gp_wrmsr,    "movl $0x1234, %ecx",                  "wrmsr",                 "fault=13:0"
ROW PROT | LONG, gp_load, "mov $0xfff8, A",                     "mov %ax, %gs",          "fault=13:0xfff8"
ROW PROT | LONG, np_load, "mov $0x4b, A",                       "mov %ax, %gs",          "fault=11:0x48 later"
ROW USER,    gp_hlt,      "",                                   "hlt",                   "fault=13:0"
ROW USER,    gp_cr,       "",                                   "mov CR, %cr0",          "fault=13:0"
ROW LONG,    gp_address,  "movabs $0x800000000000, %rbx",       "movb (%rbx), %al",      "fault=13:0"
ROW LONG,    ss_address,  "movabs $0x800000000000, %rbp",       "movb (%rbp), %al",      "fault=12:0"
ROW PAGED | LONG, pf_read, "movl $UNMAPPED, %ebx",              "movb (%ebx), %al",      "fault=14:PFU cr2=UNMAPPED"
ROW PAGED | LONG, pf_write, "movl $UNMAPPED, %ebx",             "movb %al, (%ebx)",       "fault=14:PFU+2 cr2=UNMAPPED"
ROW PAGED | LONG, pf_jump, "movl $UNMAPPED, %ebx",              "jmp *B",                "pc=UNMAPPED then fault=14:PFU cr2=UNMAPPED"
ROW KERNEL,  nm,          "mov %cr0, CR; orb $8, %al; mov CR, %cr0", "fnop",             "fault=7", "clts"

# The guest's own single-stepping.
ROW ALL,     tf_set,      "push $FLAGS | 0x100",                "popf; tf_set_2: nop",   "pop TF=1 pc=tf_set_2 then trap=1 dr6=0xffff4ff0"
ROW ALL,     tf_pushf,    "push $FLAGS | 0x100",                "popf; tf_pushf_2: pushf", "pop TF=1 pc=tf_pushf_2 then push=flags trap=1 dr6=0xffff4ff0"
ROW ALL,     tf_in,       "mov $PORT, D; mov $0, A; push $FLAGS | 0x100", "popf; tf_in_2: inb %dx, %al", "pop TF=1 pc=tf_in_2 then a=0xff trap=1 dr6=0xffff4ff0"
ROW ALL,     tf_off,      "push $FLAGS; push $FLAGS | 0x100",   "popf; tf_off_2: popf; tf_off_3: nop", "pop TF=1 pc=tf_off_2 then pop TF=0 trap=1:tf_off_3 dr6=0xffff4ff0"
ROW ALL,     tf_ud2,      "push $FLAGS | 0x100",                "popf; tf_ud2_2: ud2",   "pop TF=1 pc=tf_ud2_2 then fault=6"

# Over a switch of the mode and back.
ROW REAL,    to_protected, "lgdtl %cs:switch_pointer - ORG; mov %cr0, %eax; mov %eax, %ebx; orb $1, %al", "mov %eax, %cr0; tp_1: ljmpl $8, $tp_2; .code32; tp_2: nop; tp_3: ljmp $0x10, $tp_4 - ORG; .code16; tp_4: mov %ebx, %cr0; tp_5: ljmp $CS_SEL, $to_protected_next - ORG", "cr0=eax pc=tp_1 then pc=tp_2 cs=8 cs_base=0 cs_limit=0xffffffff then pc=tp_3 then pc=tp_4 cs=0x10 cs_base=ORG cs_limit=0xffff then cr0=ebx pc=tp_5 then cs=CS_SEL"
ROW LONG0,   compatibility, "push $0x40; push $cm_1",           "FAR_RETURN; .code32; cm_1: nop; cm_2: ljmp $8, $compatibility_next; .code64", "sp=STACK cs=0x40 pc=cm_1 then pc=cm_2 then cs=8"

# System calls.
ROW LONG,    syscall,     "",                                   "syscall",               "c=next r11=flags cs=0x08 ss=0x10 pc=syscall_entry"
ROW LONG,    syscall_if,  "sti",                                "syscall",               "c=next r11=flags cs=0x08 ss=0x10 pc=syscall_entry IF=0"
ROW LONG3,   sysret,      "",                                   "syscall",               "at=syscall_entry pc=next cs=0x2b ss=0x23"
ROW PROT,    sysenter,    "mov $sysenter_next, D; mov SP, C",   "sysenter",              "pc=sysenter_entry sp=KSTACK cs=0x08 ss=0x10"
ROW LONG,    sysenter_ud, "",                                  "sysenter",              "fault=6"
ROW PROT3 | PAGED3, sysexit, "mov $sysexit_next, D; mov SP, C", "sysenter",              "at=sysenter_entry pc=next sp=STACK cs=0x1b ss=0x23"
