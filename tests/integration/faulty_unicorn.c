/* A library that looks like Unicorn's and passes everything on to it, but for the faults a test plants: behind an
   instruction that Unicorn executes, a register or a byte of its memory comes out wrong. */
#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>

enum { HOOK_CODE = 1 << 2, CX = 12 };

typedef void (*code_hook)(void *uc, uint64_t address, uint32_t size, void *user);

static struct {
    unsigned (*version)(unsigned *major, unsigned *minor);
    int (*open)(int arch, int mode, void **uc);
    int (*close)(void *uc);
    int (*reg_read)(void *uc, int reg, void *value);
    int (*reg_write)(void *uc, int reg, const void *value);
    int (*reg_read_batch)(void *uc, const int *regs, void **values, int count);
    int (*mem_map_ptr)(void *uc, uint64_t address, size_t size, uint32_t perms, void *host);
    int (*mem_unmap)(void *uc, uint64_t address, size_t size);
    int (*mem_read)(void *uc, uint64_t address, void *bytes, size_t size);
    int (*mem_write)(void *uc, uint64_t address, const void *bytes, size_t size);
    int (*hook_add)(void *uc, size_t *handle, int type, void *callback, void *user, uint64_t begin, uint64_t end, ...);
    int (*hook_del)(void *uc, size_t handle);
    int (*emu_start)(void *uc, uint64_t begin, uint64_t until, uint64_t timeout, size_t count);
    int (*emu_stop)(void *uc);
    int (*ctl)(void *uc, int control, ...);
    const char *(*strerror)(int code);
} real;

/* The fault: behind the instruction at `address` (-1: any) whose first byte is `opcode` (-1: any), executed when CX is
   `cx` (-1: whatever), as the `nth` or later instruction since Unicorn was started, `times` in all (-1: always), the
   register `reg` (0: none) and the byte at `place` (-1: none) are exclusive-ored with `wrong`. */
static struct {
    int64_t address, place;
    int opcode, cx, reg, nth, times;
    uint16_t wrong;
} fault = {.times = 0};

static code_hook callback;
static int pending, leaves, executed;

void plant(int64_t address, int opcode, int cx, int nth, int times, int reg, int64_t place, uint16_t wrong)
{
    fault.address = address;
    fault.opcode = opcode;
    fault.cx = cx;
    fault.nth = nth;
    fault.times = times;
    fault.reg = reg;
    fault.place = place;
    fault.wrong = wrong;
    pending = 0;
}

static int is_the_one(void *uc, uint64_t address)
{
    uint16_t cx = 0;
    uint8_t opcode = 0;
    real.reg_read(uc, CX, &cx);
    real.mem_read(uc, address, &opcode, 1);
    return fault.times != 0 && (fault.address < 0 || (uint64_t)fault.address == address)
           && (fault.opcode < 0 || fault.opcode == opcode) && (fault.cx < 0 || fault.cx == cx) && executed >= fault.nth;
}

static void strike(void *uc)
{
    uint16_t value = 0;
    uint8_t byte = 0;
    pending = 0;
    fault.times -= fault.times > 0;
    if (fault.reg) {
        real.reg_read(uc, fault.reg, &value);
        value ^= fault.wrong;
        real.reg_write(uc, fault.reg, &value);
    }
    if (fault.place >= 0) {
        real.mem_read(uc, (uint64_t)fault.place, &byte, 1);
        byte ^= (uint8_t)fault.wrong;
        real.mem_write(uc, (uint64_t)fault.place, &byte, 1);
    }
}

static void on_code(void *uc, uint64_t address, uint32_t size, void *user)
{
    int one;
    if (pending)
        strike(uc);
    one = is_the_one(uc, address);
    leaves = 0;
    callback(uc, address, size, user);
    if (!leaves) {   /* neither stopped nor sent elsewhere: Unicorn executes it */
        pending = one;
        executed++;
    }
}

unsigned uc_version(unsigned *major, unsigned *minor) { return real.version(major, minor); }
int uc_open(int arch, int mode, void **uc) { return real.open(arch, mode, uc); }
int uc_close(void *uc) { return real.close(uc); }
int uc_reg_read(void *uc, int reg, void *value) { return real.reg_read(uc, reg, value); }
int uc_reg_read_batch(void *uc, const int *regs, void **values, int count)
{
    return real.reg_read_batch(uc, regs, values, count);
}
int uc_mem_map_ptr(void *uc, uint64_t address, size_t size, uint32_t perms, void *host)
{
    return real.mem_map_ptr(uc, address, size, perms, host);
}
int uc_mem_unmap(void *uc, uint64_t address, size_t size) { return real.mem_unmap(uc, address, size); }
int uc_hook_del(void *uc, size_t handle) { return real.hook_del(uc, handle); }
const char *uc_strerror(int code) { return real.strerror(code); }
/* what the glue calls has one argument of 4 bytes, or up to two of 8, which pass through as two of 8 */
int uc_ctl(void *uc, int control, uint64_t a, uint64_t b) { return real.ctl(uc, control, a, b); }

int uc_reg_write(void *uc, int reg, const void *value)
{
    leaves |= reg == 34;   /* IP */
    return real.reg_write(uc, reg, value);
}

int uc_hook_add(void *uc, size_t *handle, int type, void *function, void *user, uint64_t begin, uint64_t end)
{
    if (type == HOOK_CODE) {
        callback = (code_hook)function;
        function = (void *)on_code;
    }
    return real.hook_add(uc, handle, type, function, user, begin, end);
}

int uc_emu_start(void *uc, uint64_t begin, uint64_t until, uint64_t timeout, size_t count)
{
    pending = executed = 0;
    return real.emu_start(uc, begin, until, timeout, count);
}

int uc_emu_stop(void *uc)
{
    leaves = 1;
    return real.emu_stop(uc);
}

/* 1, or 0 when the library at `path` is not Unicorn's. */
int use(const char *path)
{
    static const char *const names[] = {
        "uc_version", "uc_open", "uc_close", "uc_reg_read", "uc_reg_write", "uc_reg_read_batch", "uc_mem_map_ptr",
        "uc_mem_unmap", "uc_mem_read", "uc_mem_write", "uc_hook_add", "uc_hook_del", "uc_emu_start", "uc_emu_stop",
        "uc_ctl", "uc_strerror",
    };
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL), **slots = (void **)&real;
    if (library == NULL)
        return 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if ((slots[i] = dlsym(library, names[i])) == NULL)
            return 0;
    return 1;
}
