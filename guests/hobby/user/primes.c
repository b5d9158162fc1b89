/* Counts prime numbers, and does not mind that others want the CPU: the timer must take it. */
#include "programs.h"
#include "system.h"

#include <stdbool.h>

static bool is_prime(uint32_t number)
{
    for (uint32_t divisor = 2; divisor * divisor <= number; divisor++)
        if (number % divisor == 0)
            return false;
    return number >= 2;
}

static uint32_t primes_below(uint32_t limit)
{
    uint32_t count = 0;
    for (uint32_t number = 0; number < limit; number++)
        if (is_prime(number))
            count++;
    return count;
}

void primes(void)
{
    static const uint32_t limits[] = {100, 10000, 200000};
    struct line line = {.size = 0};
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        line_text(&line, "primes: ");
        line_number(&line, primes_below(limits[i]));
        line_text(&line, " below ");
        line_number(&line, limits[i]);
        line_end(&line);
    }
}
