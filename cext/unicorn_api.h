/* The part of Unicorn 2.1.4's public C interface that the glue uses, found at run time in a shared library. */
#ifndef KORGM1_UNICORN_API_H
#define KORGM1_UNICORN_API_H
#include <stddef.h>
#include <stdint.h>

enum {   /* numbers of the public interface, Unicorn 2.1.4 */
    UNI_VERSION = 0x02010400,   /* its low byte is the release candidate, FF when there is none */
    UNI_ARCH_X86 = 4,
    UNI_MODE_16 = 2,
    UNI_OK = 0,
    UNI_ERR_FETCH_UNMAPPED = 8,
    UNI_ERR_FETCH_PROT = 14,
    UNI_PROT_READ = 1, UNI_PROT_WRITE = 2, UNI_PROT_EXEC = 4,
    UNI_HOOK_CODE = 1 << 2,
    UNI_HOOK_MEM_READ = 1 << 10,
    UNI_HOOK_MEM_WRITE = 1 << 11,
    UNI_MEM_WRITE = 17,
    UNI_REG_AX = 3, UNI_REG_BP = 6, UNI_REG_BX = 8, UNI_REG_CS = 11, UNI_REG_CX = 12, UNI_REG_DI = 14,
    UNI_REG_DS = 17, UNI_REG_DX = 18, UNI_REG_EFLAGS = 25, UNI_REG_ES = 28, UNI_REG_IP = 34, UNI_REG_SI = 45,
    UNI_REG_SP = 47, UNI_REG_SS = 49,
    UNI_CTL_TB_REMOVE_CACHE = 0x48000009,   /* (uint64_t start, uint64_t end) */
    UNI_CTL_TB_FLUSH = 0x4000000A,
    UNI_CTL_TCG_BUFFER_SIZE = 0x4400000D    /* (uint32_t bytes) */
};

typedef struct unicorn_api {
    unsigned (*version)(unsigned *major, unsigned *minor);
    int (*open)(int arch, int mode, void **uc);
    int (*close)(void *uc);
    int (*reg_read)(void *uc, int reg, void *value);
    int (*reg_write)(void *uc, int reg, const void *value);
    int (*reg_read_batch)(void *uc, const int *regs, void **values, int count);
    int (*mem_map_ptr)(void *uc, uint64_t address, size_t size, uint32_t perms, void *host);
    int (*mem_unmap)(void *uc, uint64_t address, size_t size);
    int (*hook_add)(void *uc, size_t *handle, int type, void *callback, void *user, uint64_t begin, uint64_t end, ...);
    int (*hook_del)(void *uc, size_t handle);
    int (*emu_start)(void *uc, uint64_t begin, uint64_t until, uint64_t timeout, size_t count);
    int (*emu_stop)(void *uc);
    int (*ctl)(void *uc, int control, ...);
    const char *(*strerror)(int code);
} unicorn_api;

/* Load the library at `path` and find its functions. NULL, or why not, a static text. The library stays loaded. */
const char *unicorn_api_load(unicorn_api *api, const char *path);
#endif
