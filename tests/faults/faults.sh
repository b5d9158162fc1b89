#!/bin/bash
# Each call that stepvm makes of its host fails, one a run: tests/faults/seam.h. Here each place in
# the program from where a call comes, once; `make faults` tries every single call, by each error.
. "$(dirname "$0")/../lib.sh"

# What faults prints of each scenario is a test of its own.
if [[ -r /dev/kvm && -w /dev/kvm ]]; then
    "$BUILD/tests/faults/faults" "$BUILD/tests/faults/stepvm" "$GUESTS"
    # What is only in a snapshot's way is called from places that have been tried already, and the
    # first KVM_RUNs only try what this KVM can do. (0xc008ae05: KVM_GET_SUPPORTED_CPUID)
    for call in calloc pread64 'ioctl 0xc008ae05' 'ioctl 0xae80'; do
        "$BUILD/tests/faults/faults" -f "$call" "$BUILD/tests/faults/stepvm" "$GUESTS" begin
    done
else
    echo "skip faults - /dev/kvm is not there or not allowed"
fi

# What is called of libc and can fail goes by way of the seam. The rest of what is called: what can't
# fail, or only by what has been tried otherwise (standard output: tests/faults/limits.sh).
nothing_is_forgotten()
{
    skip_without nm binutils
    local safe='_.*|std(out|err)|free|memc.*|mem(mem|move|set)|str.*|qsort|gai_strerror|free.*|.*printf|putc|fputs|fwrite|fflush|ferror|clearerr'
    safe+='|pthread_(cond|condattr|mutex)_.*|pthread_(self|join|kill|sigmask|setname_np|getcpuclockid)'
    safe+='|sig.*|raise|clock_gettime|time|timegm|gmtime_r|sched_.*|cfmakeraw|getenv|getpgrp|isatty'
    safe+='|tcgetpgrp|getpid|getrlimit64|waitpid|closedir|dirfd|readdir64|eventfd_(read|write)|stat64|setvbuf|getrandom|getaddrinfo|getnameinfo|memchr'
    [[ $BUILD != *-* ]] || skip "a sanitizer's build calls more"
    nm -u "$STEPVM" | sed 's/.* //; s/@.*//' | grep -vxE "$safe" | sort -u >"$dir/called"
    sed -n 's/^ *X(\([a-z0-9_]*\)).*/\1/p' tests/faults/seam.h | sort -u >"$dir/seam"
    expect_equal "what the seam lacks" "$(comm -23 "$dir/called" "$dir/seam" | tr '\n' ' ')" ""
}

TEST nothing_is_forgotten
