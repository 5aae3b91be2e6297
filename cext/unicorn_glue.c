/* The run loop of the Unicorn engine, and its life. 100000-10FFFF and what lies behind offset FFFF are not wrapped by
   Unicorn: they stay unmapped, or are the V30 core's. */
#include "unicorn_state.h"
#include <stdlib.h>
#include <string.h>

#define TRANSLATIONS (32u << 20)   /* bytes of host code; Unicorn's default is a gigabyte of address space */

/* The next block reaches into a page without memory: the instruction before which Unicorn stopped is the core's. */
static void after_fetch_fault(unicorn_glue *g)
{
    v30 *cpu = g->cpu;
    uint16_t ip = cpu->pc;
    g->api.reg_read(g->uc, UNI_REG_IP, &ip);
    glue_count(g, g->cs_base + ip);
    cpu->pc = ip;
    if (cpu->clock < g->limit)
        glue_run_core(g);
}

static void run_unicorn(unicorn_glue *g)
{
    int error;
    glue_store_registers(g);
    error = g->api.emu_start(g->uc, glue_expect(g, g->cpu->pc), NOWHERE, 0, 0);
    if (g->newer)
        glue_load_registers(g);
    if (error == UNI_ERR_FETCH_UNMAPPED || error == UNI_ERR_FETCH_PROT)
        after_fetch_fault(g);
    else if (error != UNI_OK)
        g->error = g->api.strerror(error);
}

void unicorn_glue_run(unicorn_glue *g)
{
    v30 *cpu = g->cpu;
    glue_attach_trace(g);
    if (memcmp(g->pages, g->board->page, sizeof g->pages) != 0)
        g->remap = 1;
    while (cpu->clock < cpu->horizon && g->error == NULL) {
        if (g->remap)
            glue_map_pages(g);
        glue_set_limit(g);
        if (g->limit == 0) {
            if (v30_step(cpu) == 0)
                v30_let_pass(cpu);
            g->delegated++;
        } else if (((uint32_t)cpu->s[V30_PS] << 4) + cpu->pc > MEMORY - 16)
            glue_run_core(g);
        else
            run_unicorn(g);
    }
}

uint64_t unicorn_glue_delegated(const unicorn_glue *g) { return g->delegated; }

const char *unicorn_glue_error(const unicorn_glue *g) { return g->error; }

unicorn_glue *unicorn_glue_new(const char *path, v30 *cpu, board_bus *bus, const char **why)
{
    unicorn_glue *g = calloc(1, sizeof *g);
    int error;
    *why = "there is no memory for it";
    if (g == NULL || (g->slots = calloc(MEMORY, sizeof *g->slots)) == NULL) {
        free(g);
        return NULL;
    }
    *why = unicorn_api_load(&g->api, path);
    if (*why != NULL) {
        unicorn_glue_free(g);
        return NULL;
    }
    error = g->api.open(UNI_ARCH_X86, UNI_MODE_16, &g->uc);
    if (error == UNI_OK)
        error = g->api.ctl(g->uc, UNI_CTL_TCG_BUFFER_SIZE, (uint32_t)TRANSLATIONS);
    if (error == UNI_OK)
        error = g->api.hook_add(g->uc, &g->code_hook, UNI_HOOK_CODE, (void *)glue_on_code, g, (uint64_t)1, (uint64_t)0);
    if (error != UNI_OK) {
        *why = g->api.strerror(error);
        unicorn_glue_free(g);
        return NULL;
    }
    g->cpu = cpu;
    g->board = bus;
    glue_make_bus(g);
    cpu->bus = &g->bus;
    g->held_psw = (uint16_t)~cpu->psw;
    for (int i = 0; i < 8; i++)
        g->held[i] = (uint16_t)~cpu->r[i];
    for (int i = 0; i < 4; i++)
        g->held_s[i] = (uint16_t)~cpu->s[i];
    glue_store_registers(g);
    return g;
}

void unicorn_glue_free(unicorn_glue *g)
{
    if (g == NULL)
        return;
    if (g->uc != NULL)
        g->api.close(g->uc);
    free(g->slots);
    free(g);
}
