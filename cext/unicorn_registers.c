/* The two-way exchange of registers. Inside a hook a new IP must be the last register written, alone: Unicorn 2.1.4
   forgets one written in a batch. */
#include "unicorn_state.h"
#include <string.h>

enum {
    ALIKE_FLAGS = V30_CY | V30_P | V30_AC | V30_Z | V30_S | V30_DIR | V30_V   /* kept in Unicorn's EFLAGS */
};

const int glue_general[8] = {UNI_REG_AX, UNI_REG_CX, UNI_REG_DX, UNI_REG_BX,
                             UNI_REG_SP, UNI_REG_BP, UNI_REG_SI, UNI_REG_DI};
static const int segments[4] = {UNI_REG_ES, UNI_REG_CS, UNI_REG_SS, UNI_REG_DS};

void glue_load_registers(unicorn_glue *g)
{
    static const int ids[9] = {UNI_REG_AX, UNI_REG_CX, UNI_REG_DX, UNI_REG_BX, UNI_REG_SP,
                               UNI_REG_BP, UNI_REG_SI, UNI_REG_DI, UNI_REG_EFLAGS};
    v30 *cpu = g->cpu;
    uint32_t flags = 0;
    void *to[9] = {&cpu->r[0], &cpu->r[1], &cpu->r[2], &cpu->r[3], &cpu->r[4],
                   &cpu->r[5], &cpu->r[6], &cpu->r[7], &flags};
    g->api.reg_read_batch(g->uc, ids, to, 9);
    cpu->psw = (uint16_t)((cpu->psw & ~ALIKE_FLAGS) | (flags & ALIKE_FLAGS));
    memcpy(g->held, cpu->r, sizeof g->held);
    g->held_psw = cpu->psw;
    g->newer = 0;
}

void glue_store_registers(unicorn_glue *g)
{
    v30 *cpu = g->cpu;
    for (int i = 0; i < 8; i++)
        if (cpu->r[i] != g->held[i])
            g->api.reg_write(g->uc, glue_general[i], &cpu->r[i]);
    memcpy(g->held, cpu->r, sizeof g->held);
    if ((cpu->psw ^ g->held_psw) & ALIKE_FLAGS) {
        uint32_t flags = 2u | (cpu->psw & ALIKE_FLAGS);
        g->api.reg_write(g->uc, UNI_REG_EFLAGS, &flags);
    }
    g->held_psw = cpu->psw;
    for (int i = 0; i < 4; i++)
        if (cpu->s[i] != g->held_s[i]) {
            g->api.reg_write(g->uc, segments[i], &cpu->s[i]);
            g->held_s[i] = cpu->s[i];
        }
    g->cs_base = (uint32_t)cpu->s[V30_PS] << 4;
    g->window = MEMORY - 16 - g->cs_base;
    if (g->window > LAST_OFFSET)
        g->window = LAST_OFFSET;
    g->sp = cpu->r[V30_SP];
}

uint32_t glue_expect(unicorn_glue *g, uint16_t pc)
{
    g->next = g->cs_base + pc;
    g->running = NULL;
    return g->next;
}

void glue_go_on_at(unicorn_glue *g, uint16_t pc)
{
    glue_expect(g, pc);
    g->api.reg_write(g->uc, UNI_REG_IP, &pc);
}
