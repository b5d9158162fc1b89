/* Whole sessions, tracepoints too. The first byte is the target's setting, the rest a script
 * (conversation.h). */
#include "conversation.h"

const unsigned fuzz_rounds = 1000;
const char *const fuzz_goals[] = {
    "an ack",
    "a stop",
    "a stop on the way back",
    "a second client",
    "an end that is held",
    "a client that is waited for",
    "a hit that stops",
    "a hit that does not",
    "a hit that steps",
    "a trace without a client",
    "a trace that runs to the end",
    "a trace that ends by itself",
    "a frame that is looked at",
    NULL,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {data, size};
    struct conversation *c = conversation_begin((unsigned)fuzz_number(&in, 1));
    converse(c, in.at, in.left);
    conversation_end(c);
    return fuzz_verdict();
}
