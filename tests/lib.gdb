# Commands of the tests' own. As definitions, because gdb prints prompts between the lines of an
# `if` or `while` that it reads from its stdin.

# An answer that comes late is no error: stepvm may have to wait for its turn. (gdb's own is 2 seconds.)
set remotetimeout 180

# run-to ADDRESS: to be there; nothing happens if the CPU is there already.
define run-to
  if $pc != $arg0
    tbreak *$arg0
    continue
  end
end

# step-while CONDITION LIMIT: stepi until the condition (without spaces) is false, but at most LIMIT
# times; $steps says how often.
define step-while
  set $steps = 0
  while ($arg0) && $steps < $arg1
    stepi
    set $steps = $steps + 1
  end
end
