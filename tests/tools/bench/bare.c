/* The least that a VMM can do before it answers a client: what the start of one is compared with.
 */
#include "bench.h"

#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define BELOW_4G (3ull << 30)
#define FROM_4G  (4ull << 30)

int bare_call(int fd, unsigned long request, const void *argument, const char *name)
{
    const int rc = ioctl(fd, request, argument);
    if (rc < 0)
        give_up(name);
    return rc;
}

void *bare_map(size_t size, int flags, int fd)
{
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, fd, 0);
    if (at == MAP_FAILED)
        give_up("mmap");
    return at;
}

static void add_slot(int vm, uint32_t slot, uint64_t gpa, uint64_t size, uint8_t *memory)
{
    const struct kvm_userspace_memory_region region = {
        .slot = slot,
        .guest_phys_addr = gpa,
        .memory_size = size,
        .userspace_addr = (uintptr_t)memory,
    };
    if (size)
        bare_call(vm, KVM_SET_USER_MEMORY_REGION, &region, "KVM_SET_USER_MEMORY_REGION");
}

/* As a PC has it: what does not fit below the devices lies above them. */
static void add_memory(int vm, uint64_t size)
{
    uint8_t *memory = bare_map(size, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
    const uint64_t low = size < BELOW_4G ? size : BELOW_4G;
    add_slot(vm, 0, 0, low, memory);
    add_slot(vm, 1, FROM_4G, size - low, memory + low);
}

static void make_vm(uint64_t memory, unsigned long cpus)
{
    const struct kvm_pit_config pit = {0};
    const int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
    if (kvm < 0)
        give_up("/dev/kvm");
    const int vm = bare_call(kvm, KVM_CREATE_VM, NULL, "KVM_CREATE_VM");
    add_memory(vm, memory);
    bare_call(vm, KVM_CREATE_IRQCHIP, NULL, "KVM_CREATE_IRQCHIP");
    bare_call(vm, KVM_CREATE_PIT2, &pit, "KVM_CREATE_PIT2");
    const int size = bare_call(kvm, KVM_GET_VCPU_MMAP_SIZE, NULL, "KVM_GET_VCPU_MMAP_SIZE");
    for (unsigned long i = 0; i < cpus; i++) {
        const int cpu = bare_call(vm, KVM_CREATE_VCPU, (const void *)i, "KVM_CREATE_VCPU");
        bare_map((size_t)size, MAP_SHARED, cpu);
    }
}

static int listen_at(const char *path)
{
    struct sockaddr_storage address = {0};
    socklen_t len;
    const int fd = client_unix_socket(path, &address, &len);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, len) || listen(fd, 1))
        give_up(path);
    return fd;
}

/* Stays until it is killed: its VM is not to be taken apart within the time that is measured. */
void bench_bare(char **args)
{
    static const char answer[] = "+$#00";
    char question[256];
    make_vm(number_of(args[1]), number_of(args[2]));
    const int client = accept(listen_at(args[0]), NULL, NULL);
    if (client < 0 || recv(client, question, sizeof question, 0) <= 0 ||
        send(client, answer, strlen(answer), MSG_NOSIGNAL) < 0)
        give_up("the client");
    pause();
}
