/* What `monitor help COMMAND` and docs/MONITOR.md say beyond a command's one line. */
#include "debug/monitor/monitor.h"

#include <string.h>

static const struct {
    const char *name, *text;
} details[] = {
    {"arch", "auto: each CPU as the code that it executes, and gdb is told when that changes. A\n"
             "name: every CPU always so, for a gdb whose program file would not go with anything\n"
             "else (as --gdb-arch does from the start). It counts from the next stop on. Without\n"
             "an argument: what is set, and what each CPU executes.\n"},
    {"break-on",
     "EVENT is one of\n"
     "\n"
     "    triple-fault              before the registers are lost\n"
     "    reset                     the guest resets the machine\n"
     "    mode                      a CPU goes to real, protected or long mode\n"
     "    exception N               a number, or a name as #GP\n"
     "    io PORT[-PORT] [r|w]      an access to these ports\n"
     "    mmio ADDR[-ADDR] [r|w]    an access where there is no memory\n"
     "    msr N                     wrmsr or rdmsr of this one\n"
     "\n"
     "What can be caught only by single steps makes the guest run by them; the list says\n"
     "so. All is forgotten when gdb goes.\n"},
    {"cpu", "The commands below that are about one CPU are about the one that stopped last, or,\n"
            "until the next stop, about this one (in non-stop mode until another is named). gdb's\n"
            "`thread` does not choose it: gdb does not tell stepvm which thread it has selected\n"
            "before it reads something of it.\n"},
    {"gdt", "    monitor gdt                     all of it\n"
            "    monitor gdt 0x28                the descriptor of one selector\n"
            "    monitor gdt 0x28 4              and the three after it\n"
            "\n"
            "As far as GDTR's limit goes. In real mode GDTR may mean nothing.\n"},
    {"goto",
     "    monitor goto 1200               1200 instructions after recording began\n"
     "\n"
     "Back or forth, to the very state. `monitor when` says where you are; breakpoints on the\n"
     "way are no stops. gdb shows old registers until `maintenance flush register-cache`.\n"},
    {"help", "COMMAND is a whole command, or its first words: `monitor help info`.\n"},
    {"history",
     "    monitor history                 the last ten\n"
     "    monitor history 100             the last hundred, up to 1000\n"
     "\n"
     "A line for each: its number, the linear address, the bytes, and what is another one after\n"
     "it: registers, [guest-physical memory], diskN[offset]; and a vector whose handler it ended\n"
     "in. A change of x87 or of the upper halves of AVX is not listed; xmm0[1] is XMM0's upper\n"
     "half. `from outside` is what the debugger or the host has changed.\n"},
    {"idt", "    monitor idt                     all gates\n"
            "    monitor idt 13                  that of one vector\n"
            "    monitor idt 0x20 16             16 of them from there on\n"
            "\n"
            "Of one CPU: see `cpu`.\n"},
    {"in", "    monitor in 0x64                 a byte\n"
           "    monitor in 0x1f0/w              two; /l: four\n"
           "\n"
           "As if an instruction had read it, with what that does to the device (a byte is taken\n"
           "from the keyboard, say). PICs, PIT and what else is in the kernel can't be reached:\n"
           "`info pic` and `info pit` show those.\n"},
    {"info breakpoints",
     "gdb takes its breakpoints out at each stop; then this shows those of the last run.\n"},
    {"info exits",
     "By KVM's names, as in `trace kvm`: IO and MMIO are accesses that stepvm serves (those\n"
     "to pages that are fenced for breakpoints too), DEBUG is a step or a breakpoint.\n"
     "(interrupted) is stepvm's own doing. Counted since it was started.\n"},
    {"info irq", "Each line with the device at it, how often that has raised it since stepvm was\n"
                 "started, and what the PIC and the IOAPIC make of it.\n"},
    {"info pci", "As the configuration space has it now: the guest's driver may have moved BARs,\n"
                 "turned them off, or disabled the interrupt. To read other registers:\n"
                 "\n"
                 "    monitor out 0xcf8/l 0x80001800  device 3, function 0, offset 0\n"
                 "    monitor in 0xcfc/l\n"},
    {"info registers",
     "What `info registers` of gdb shows, and what it does not: descriptors' attributes,\n"
     "and all in the words of the processor's manuals.\n"},
    {"ivt", "    monitor ivt                     all of it\n"
            "    monitor ivt 0x10                one\n"
            "    monitor ivt 0x10 16             16 of them from there on\n"
            "\n"
            "The table at 0 that real mode uses, in whatever mode the CPU is now.\n"},
    {"linux",
     "A kernel with KASLR moves itself by a random multiple of 2 MiB, and its symbols are\n"
     "elsewhere than in the file. This finds it in the page tables of one CPU (monitor cpu):\n"
     "the first page that is mapped from 0xffffffff80000000 on is its _text, if a banner\n"
     "\"Linux version\" follows. Prints the command that moves gdb's symbols there; vmlinux is\n"
     "the kernel's ELF file with symbols. Breakpoints set by name move with them.\n"
     "\n"
     "ADDR is where _text was linked, for a kernel with another PHYSICAL_START than usual:\n"
     "\n"
     "    (gdb) print &_text              before symbols were moved\n"
     "    (gdb) monitor linux 0xffffffff81000000\n"},
    {"memory add",
     "    monitor memory add ram 64M at 0x100000000\n"
     "    monitor memory add rom 32K at 0xc0000\n"
     "\n"
     "SIZE is as with -m, and both are multiples of 4096. RAM comes as zeros; ROM too, until\n"
     "the debugger writes to it (`restore FILE binary 0xc0000`), which the guest can't. Where\n"
     "memory or a device is already it is refused. The guest is not told: the BIOS's map\n"
     "(INT 15h, E820) stays as it was. What was added stays through resets, contents\n"
     "included, until it is removed (gdb's `run` zeroes all RAM). A gdb that connects later\n"
     "knows the ROM for read-only and does not write to it; `pw` does.\n"},
    {"memory remove",
     "Only whole regions that `memory add` has made. The guest then reads ones there, and\n"
     "what it writes is lost. A breakpoint or watchpoint in it stays set, and is carried by\n"
     "whatever still can (`info breakpoints`).\n"},
    {"msr",
     "    monitor msr 0xc0000080\n"
     "    monitor msr lstar 0xffffffff81000000\n"
     "\n"
     "Names as in the manuals, with or without IA32_ or MSR_,\n"
     "in either case. KVM says which ones there are and what they can hold; what it keeps of\n"
     "a value is shown.\n"},
    {"next16",
     "In 16-bit code gdb's `nexti` can't tell where a call returns to. This makes the next\n"
     "`stepi` a step over: a call, an int n, a loop or a repeated string instruction runs\n"
     "until the instruction behind it is reached, with the stack as high as before, so that\n"
     "a recursion does not end it. Breakpoints, Ctrl-C and whatever else stops a CPU end it\n"
     "too. Any other instruction is stepped as ever. To have it as a command:\n"
     "\n"
     "    define next16\n"
     "      monitor next16\n"
     "      stepi\n"
     "    end\n"
     "\n"
     "Interrupts come in meanwhile, and the CPUs that gdb resumes with it run. If the call\n"
     "never returns, neither does the step: Ctrl-C. If the guest resets the machine, it\n"
     "runs on. Not in non-stop mode.\n"},
    {"out", "    monitor out 0xe9 0x41           a byte\n"
            "    monitor out 0x604/w 0x2000      two; /l: four\n"
            "\n"
            "As if an instruction had written it. A reset or power-off that comes of it is done\n"
            "when the machine runs on. What is in the kernel can't be reached, as with `in`.\n"},
    {"pw", "    monitor pw 0x9000 0x11223344    four bytes\n"
           "    monitor pw/b 0x9000 0xff        one; /h two, /w four, /g eight\n"
           "\n"
           "RAM and ROM, past all page tables; shows what was there before. What is neither is\n"
           "not written to.\n"},
    {"realmode",
     "linear, the default: CS's base is added to pc and SS's base to sp, in all 16- and\n"
     "32-bit code, so that `x/i $pc`, breakpoints, `x/8xh $sp` and `bt` are right without\n"
     "further ado. raw: $pc and $sp are what the CPU has in IP and SP, as QEMU gives them,\n"
     "for scripts that add $cs * 16 by themselves; a write sets IP and SP.\n"
     "\n"
     "Breakpoints are at linear addresses in either case. With raw, and a base that is not\n"
     "0, gdb therefore does not see that it stopped at one (SIGTRAP, no number, no commands,\n"
     "no condition), and what compares or unwinds pc does not work: `finish`, `until`,\n"
     "`nexti` over a call, `x/i $pc`, symbols. `stepi` and `continue` do.\n"},
    {"record off", "The present state stays. In the past: what came after it is forgotten, too.\n"},
    {"record on",
     "    monitor record on               a log of 256 MiB\n"
     "    monitor record on 4G            64K to 64G\n"
     "\n"
     "From then on the guest goes by steps, and of each the log keeps what it has changed: some\n"
     "10 to 20 bytes. When it is full, the oldest fall out. gdb's reverse-stepi, reverse-step,\n"
     "reverse-next, reverse-finish and reverse-continue go back, to breakpoints and watchpoints;\n"
     "stepi and continue go forth again, through the log to its end, and then live. To write a\n"
     "register or memory in the past drops what came after it. stepvm --record begins with the\n"
     "first instruction.\n"},
    {"reset",
     "As if the power had been switched off and on: devices, BIOS, the image loaded anew,\n"
     "CPUs at their first instruction. Breakpoints stay, and so does memory that was added\n"
     "by `memory add`. gdb, which is not told, shows old registers until `maintenance\n"
     "flush register-cache` or a step.\n"},
    {"screen",
     "The characters that the VGA shows, without colours and without what is blank at the\n"
     "end: text memory at 0xb8000 by the registers (size, first cell, cursor). It is only\n"
     "looked at. `stepvm --display` shows it all the time, in colour.\n"},
    {"snapshot delete", "    monitor snapshot delete booted\n"
                        "\n"
                        "The others stay whole, and so does the one in a file.\n"},
    {"snapshot list",
     "Of each how much memory was written to since (which is what it takes, and what going\n"
     "back to it writes), and how many sectors of disks it keeps.\n"},
    {"snapshot restore",
     "CPUs, devices, memory and disks; any number of times, and what was saved later stays,\n"
     "too. Breakpoints stay. Time goes on, what was printed stays printed, what was typed and\n"
     "not yet read waits. gdb, which is not told, shows old registers until `maintenance flush\n"
     "register-cache` or a step.\n"},
    {"snapshot save",
     "    monitor snapshot save booted    the machine as it is at this stop\n"
     "    monitor snapshot restore booted\n"
     "\n"
     "Each keeps of memory and of disks what is written over from then on: of disks up to 256\n"
     "MiB for all of them; memory is shared with a process of its own, stepvm-snapshot, until\n"
     "it is written to. There can be 32. One of the same name is replaced. They are gone when\n"
     "stepvm ends, but the one saved last stays in the file that --snapshot-file names.\n"},
    {"stats",
     "Of each region of guest-physical memory: its pages of 4 KiB, how many of them have\n"
     "host memory behind them, and, after `stats dirty on`, how many the guest has written\n"
     "to since the last `stats`. (What BIOS calls and the debugger write does not count; by\n"
     "some KVMs a page that the guest uses for the first time does, written to or not.)\n"
     "Noting them costs an exit inside KVM at the first write to a page after each look;\n"
     "`stats dirty off` ends it. Then the exits of all CPUs together (each by itself: `info\n"
     "exits`) and KVM's calls by name, both since stepvm was started.\n"},
    {"step-irq",
     "off: an interrupt that comes while gdb steps waits until the guest runs freely, so\n"
     "that `stepi` does not land in the timer's handler again and again. on: it is\n"
     "delivered, and a step may end in its handler.\n"},
    {"trace",
     "rsp: each packet of this protocol; kvm: each call of KVM, decoded, with its\n"
     "result and the time it took. They go to the file that --trace KIND=FILE named at the\n"
     "start, else to stepvm's standard error; a debugger can name no file. Without an\n"
     "argument: what is on, and where it goes. A sum of the calls that were traced comes\n"
     "at stepvm's end.\n"},
    {"walk",
     "Each level's entry, where it is and its flags, then the\n"
     "guest-physical address and what the page allows, or why there is none. gdb hands the\n"
     "words of a monitor command on as they are; for an address that it knows:\n"
     "\n"
     "    eval \"monitor walk %#lx\", $pc\n"},
    {"xp", "    monitor xp 0x9000               four bytes, hexadecimal\n"
           "    monitor xp/8xb 0x9000           eight of one\n"
           "\n"
           "As gdb's x: a count, a format of x d u o c, a size of b h w g. Past all page tables;\n"
           "devices are not touched.\n"},
};

const char *monitor_details(const char *name)
{
    for (size_t i = 0; i < sizeof details / sizeof details[0]; i++)
        if (!strcmp(details[i].name, name))
            return details[i].text;
    return "";
}

const char *monitor_detailed(size_t index)
{
    return index < sizeof details / sizeof details[0] ? details[index].name : NULL;
}
