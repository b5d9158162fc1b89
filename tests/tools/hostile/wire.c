/* Bytes to stepvm, whether they are packets or not. */
#include "hostile.h"

enum { SETTLE_MS = 100 }; /* nothing more comes, or is taken, by then */

size_t frame(const char *content, char *framed, size_t size)
{
    unsigned sum = 0;
    for (const char *p = content; *p; p++)
        sum += (unsigned char)*p;
    const int len = snprintf(framed, size, "$%s#%02x", content, sum & 0xff);
    return (size_t)len < size ? (size_t)len : size - 1;
}

uint8_t scatter(uint32_t *state)
{
    *state = *state * 1664525 + 1013904223; /* Numerical Recipes' */
    return (uint8_t)(*state >> 24);
}

/* Reads what is there. False at its end. */
static bool read_away(struct vm *vm)
{
    const ssize_t n = recv(vm->rsp.fd, vm->rsp.in, sizeof vm->rsp.in, MSG_DONTWAIT);
    return n > 0 || (n < 0 && errno == EAGAIN);
}

bool pour(struct vm *vm, const void *bytes, size_t len)
{
    const char *at = bytes;
    while (len) {
        struct pollfd p = {.fd = vm->rsp.fd, .events = POLLIN | POLLOUT};
        if (poll(&p, 1, RSP_PATIENCE_MS) <= 0)
            wrong(vm, "stepvm neither takes what is sent nor answers");
        if (p.revents & (POLLIN | POLLHUP | POLLERR) && !read_away(vm))
            return false;
        if (!(p.revents & POLLOUT))
            continue;
        const ssize_t n = send(vm->rsp.fd, at, len, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && errno != EAGAIN)
            return false;
        at += n > 0 ? n : 0;
        len -= n > 0 ? (size_t)n : 0;
    }
    return true;
}

bool pour_byte(struct vm *vm, char byte, size_t times)
{
    char bytes[4096];
    bool open = true;
    memset(bytes, byte, sizeof bytes);
    for (size_t n; times && open; times -= n) {
        n = times < sizeof bytes ? times : sizeof bytes;
        open = pour(vm, bytes, n);
    }
    return open;
}

size_t cram(struct vm *vm, const char *bytes, size_t most)
{
    char block[4096]; /* of whole ones: bytes one by one cost the kernel more than us */
    const size_t len = strlen(bytes), size = sizeof block / len * len;
    for (size_t i = 0; i < size; i++)
        block[i] = bytes[i % len];
    size_t sent = 0;
    while (sent < most) {
        struct pollfd p = {.fd = vm->rsp.fd, .events = POLLOUT};
        if (poll(&p, 1, SETTLE_MS) <= 0)
            break;
        const size_t from = sent % size, left = size - from;
        const ssize_t n = send(vm->rsp.fd, block + from, left < most - sent ? left : most - sent,
                               MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && errno != EAGAIN)
            wrong(vm, "sending: %s", strerror(errno));
        sent += n > 0 ? (size_t)n : 0;
    }
    return sent;
}

void drain(struct vm *vm)
{
    struct pollfd p = {.fd = vm->rsp.fd, .events = POLLIN};
    while (poll(&p, 1, SETTLE_MS) > 0 && read_away(vm))
        ;
    vm->rsp.in_len = 0;
}
