/* Find the functions of libunicorn. */
#include "unicorn_api.h"
#include <dlfcn.h>
#include <string.h>

const char *unicorn_api_load(unicorn_api *api, const char *path)
{
    const struct {
        const char *name;
        void *slot;
    } wanted[] = {
        {"uc_version", &api->version},
        {"uc_open", &api->open},
        {"uc_close", &api->close},
        {"uc_reg_read", &api->reg_read},
        {"uc_reg_write", &api->reg_write},
        {"uc_reg_read_batch", &api->reg_read_batch},
        {"uc_mem_map_ptr", &api->mem_map_ptr},
        {"uc_mem_unmap", &api->mem_unmap},
        {"uc_hook_add", &api->hook_add},
        {"uc_hook_del", &api->hook_del},
        {"uc_emu_start", &api->emu_start},
        {"uc_emu_stop", &api->emu_stop},
        {"uc_ctl", &api->ctl},
        {"uc_strerror", &api->strerror},
    };
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL)
        return "it cannot be loaded";
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        void *found = dlsym(library, wanted[i].name);
        if (found == NULL)
            return "it lacks a function of the Unicorn 2 interface";
        memcpy(wanted[i].slot, &found, sizeof found);
    }
    if ((api->version(NULL, NULL) & 0xFFFFFF00) != UNI_VERSION)
        return "it is not version 2.1.4";
    return NULL;
}
