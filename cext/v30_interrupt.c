/* Interrupts, traps and what puts them off.
   Boundary rules measured on a V30: INT and IE are looked at once, between instructions; a segment register move, a
   prefix and POLL put off INT and NMI by one instruction, EI puts off INT; HALT ends on INT even with IE = 0.
   BRK = 1 when an instruction begins arms vector 1 behind it; another vectoring in between does not disarm it. */
#include "v30_core.h"

void v30_load_psw(v30 *c, uint16_t value)
{
    if (!(c->psw & V30_IE) && (value & V30_IE))
        c->shadow |= V30_SHADOW_INT;
    c->psw = (uint16_t)((value & V30_PSW_WRITABLE) | V30_PSW_ONES);
    if (c->md_writable && !(value & V30_MD))
        v30_emulate(c);
}

void v30_vector(insn *i, uint8_t vector)
{
    v30 *c = i->cpu;
    uint16_t table = (uint16_t)(vector * 4);
    uint16_t pc = v30_read16(i, 0, table);
    uint16_t ps = v30_read16(i, 0, (uint16_t)(table + 2));
    v30_push(i, c->psw);
    c->psw = (uint16_t)((c->psw & ~(V30_IE | V30_BRK)) | V30_MD);
    c->emulating = 0;
    v30_push(i, c->s[V30_PS]);
    v30_push(i, c->pc);
    c->s[V30_PS] = ps;
    c->pc = pc;
}

void v30_trap(insn *i, uint8_t vector, uint32_t clocks)
{
    i->clk += clocks;
    v30_vector(i, vector);
}

static uint32_t take(v30 *c, uint8_t vector, uint32_t clocks)
{
    insn i = {.cpu = c, .bus = c->bus, .clk = clocks};
    c->halted = 0;
    c->rep_active = 0;
    v30_vector(&i, vector);
    c->clock += i.clk;
    return i.clk;
}

static uint8_t acknowledge(v30 *c)
{
    board_bus *bus = c->bus;
    uint8_t vector = bus->int_ack(bus->user);
    if (bus->trace) {
        v30_trace(bus, CYCLE_INTA, 0, vector, 0);
        v30_trace(bus, CYCLE_INTA, 0, vector, 0);
    }
    return vector;
}

uint32_t v30_accept_interrupts(v30 *c)
{
    uint8_t shadow = c->shadow;
    if (!(c->int_line | c->nmi_latch | c->trap_armed | shadow) || c->stop)
        return 0;
    c->shadow = 0;
    if (c->trap_armed && !c->rep_active) {
        c->trap_armed = 0;
        return take(c, 1, V30_CLOCKS_BRK_FLAG);
    }
    if (c->nmi_latch && !(shadow & V30_SHADOW_NMI)) {
        uint32_t clocks = c->halted ? V30_CLOCKS_WAKE_NMI : V30_CLOCKS_NMI;
        c->nmi_latch = 0;
        return take(c, 2, clocks);
    }
    if (!c->int_line || (shadow & V30_SHADOW_INT))
        return 0;
    if (c->psw & V30_IE) {
        uint32_t clocks = c->halted ? V30_CLOCKS_WAKE_INT : V30_CLOCKS_INT;
        return take(c, acknowledge(c), clocks);
    }
    if (c->halted) {
        c->halted = 0;
        c->clock += V30_CLOCKS_WAKE;
        return V30_CLOCKS_WAKE;
    }
    return 0;
}
